" An editor that cannot run the plugin says so, in one line.
function! s:said(command) abort
  runtime plugin/deepchat.vim
  let l:windows = winnr('$')
  let l:said = execute(a:command)
  call assert_equal(l:windows, winnr('$'), a:command)
  return split(l:said, "\n")
endfunction

function! Test_fit() abort
  call assert_equal('', deepchat#unfit())
endfunction

function! Test_encoding() abort
  if has('nvim')
    return
  endif
  set encoding=latin1
  let l:want = "deepchat: 'encoding' is latin1; DeepChat needs :set encoding=utf-8"
  for l:command in ['DeepChat hello', 'DeepSend', 'DeepStop', 'DeepStop!', 'DeepModel', 'DeepResume', 'DeepLog',
        \ 'DeepHealth', 'DeepBuild', "execute 'normal' \"\<Plug>(deepchat-send)\""]
    call assert_equal([l:want], s:said(l:command), l:command)
  endfor
  let l:file = tempname() . '.deepchat.md'
  let l:said = s:said('edit ' . l:file . ' | write | edit! | bwipeout')
  call assert_equal([], filter(l:said, 'v:val =~# "deepchat: \\|\\<E\\d"'))
  set encoding=utf-8
endfunction

function! Test_compatible() abort
  if has('nvim')
    return
  endif
  set compatible
  let l:said = s:said('DeepChat hello')
  set nocompatible encoding=utf-8
  call assert_equal(["deepchat: 'compatible' is set; DeepChat needs :set nocompatible"], l:said)
endfunction

source tests/editor/vim/run.vim
