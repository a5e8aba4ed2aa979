" Chat files. From Neovim 0.8 on deepchat.lua has named them already. The
" others ask for *.md first, and a "markdown" event would load a file type
" plugin and five syntaxes only to have them undone: while a chat file is read,
" that event is ignored.

let s:cpo = &cpoptions
set cpoptions&vim

function! s:hold() abort
  if !exists('s:ignored') && &eventignore !~? '\<\%(all\|filetype\)\>'
    let s:ignored = &eventignore
    set eventignore+=FileType
    call timer_start(0, function('s:release'))
  endif
endfunction

" Called when the file is read, or by the timer where it could not be.
function! s:release(...) abort
  if exists('s:ignored')
    let &eventignore = s:ignored
    unlet s:ignored
  endif
endfunction

if !exists('*nvim_cmd')
  autocmd BufReadPre *.deepchat.md call s:hold()
endif
autocmd BufNewFile,BufRead *.deepchat.md
      \ call s:release() | if &filetype !=# 'deepchat' | set filetype=deepchat | endif

let &cpoptions = s:cpo
unlet s:cpo
