-- From Neovim 0.8 on the name is known before *.md is asked for, so that no
-- "markdown" FileType event comes first. deepchat.vim does it for the others.
if vim.fn.has('nvim-0.8') == 1 then
  vim.filetype.add({ pattern = { ['.*%.deepchat%.md'] = 'deepchat' } })
end
