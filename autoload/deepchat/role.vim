" Roles: prompts in Markdown files, used as "/name" in front of a command's
" text. Those of the user stand before those that come with the plugin.

" Names of the roles there are, sorted.
function! deepchat#role#names() abort
  let l:names = {}
  for l:dir in s:dirs()
    for l:file in isdirectory(l:dir) ? readdir(l:dir, 'v:val =~# "^[^. ][^ ]*\\.md$"') : []
      let l:names[l:file[:-4]] = 1
    endfor
  endfor
  return sort(keys(l:names))
endfunction

function! s:dirs() abort
  let l:home = empty($XDG_CONFIG_HOME) ? $HOME . '/.config' : $XDG_CONFIG_HOME
  return [l:home . '/deepchat/roles', deepchat#host#root() . '/roles']
endfunction
