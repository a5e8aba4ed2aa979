" Sourced at the end of each test_*.vim: runs its Test_ functions and writes one
" line for each assertion that failed to the file $DC_RESULT. To run one:
"   DC_RESULT=out vim  -u NONE -i NONE -n -N -es -S tests/editor/vim/test_turn.vim
"   DC_RESULT=out nvim -u NONE -i NONE -n --headless -S tests/editor/vim/test_turn.vim
" in the plugin's folder. No host is started.
let &runtimepath = getcwd() . ',' . &runtimepath
let g:deepchat = {'host': '/nonexistent'}
set noswapfile hidden nomore

" A window with lines in a buffer whose syntax and options are those of a chat.
function! Chat(lines) abort
  enew!
  call setline(1, a:lines)
  let &l:undolevels = &g:undolevels
  setlocal foldmethod=manual formatexpr=deepchat#turn#formatexpr() textwidth=40
  setlocal formatoptions+=qln comments=fb:*,fb:-,fb:+,n:>
  call cursor(1, 1)
  return bufnr('%')
endfunction

for s:test in getcompletion('Test_', 'function')
  try
    execute 'call' substitute(s:test, '(.*', '', '') . '()'
  catch
    call add(v:errors, s:test . ': ' . v:throwpoint . ': ' . v:exception)
  endtry
endfor
call writefile(v:errors, $DC_RESULT)
qall!
