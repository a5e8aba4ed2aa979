-- :checkhealth deepchat: what :DeepHealth says, in the form of each Neovim.
local M = {}

function M.check()
  local health = vim.health or require('health')
  local function say(name)
    return health[name] or health['report_' .. name]
  end
  say('start')('deepchat')
  for _, line in ipairs(vim.fn['deepchat#health#report']()) do
    say(line[1])(line[2])
  end
end

return M
