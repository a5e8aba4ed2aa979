" :DeepBuild, with a Makefile of the test's own.
let s:root = tempname()
let s:said = []

function! s:play() abort
  call mkdir(s:root, 'p')
  call deepchat#host#root()
  call deepchat#ui#status(0)
  function! deepchat#host#root() abort
    return s:root
  endfunction
  function! deepchat#host#program() abort
    return s:root . '/host'
  endfunction
  function! deepchat#ui#say(text) abort
    call add(s:said, a:text)
  endfunction
  function! deepchat#ui#error(text) abort
    call add(s:said, 'error: ' . a:text)
  endfunction
  let s:said = []
endfunction

function! s:build(recipe) abort
  call writefile(['all:'] + map(copy(a:recipe), '"\t@" . v:val'), s:root . '/Makefile')
  call deepchat#build#command()
endfunction

" Wait until so many messages have been said.
function! s:wait(count) abort
  let l:start = reltime()
  while len(s:said) < a:count && reltimefloat(reltime(l:start)) < 20
    sleep 5m
  endwhile
endfunction

function! Test_success() abort
  call s:play()
  call s:build(['printf "#!/bin/sh\necho deepchat-host 9.8.7\n" >host', 'chmod +x host', 'echo made'])
  call deepchat#build#command()
  call s:wait(3)
  call assert_equal(['building...', 'a build is running already', 'built 9.8.7'], s:said)
  call assert_equal(1, winnr('$'))
endfunction

function! Test_failure() abort
  call s:play()
  call s:build(['echo out', 'echo err >&2', 'printf "half\001"', 'exit 3'])
  call s:wait(2)
  call assert_equal(['building...', 'error: build failed; the log is in the window below'], s:said)
  call assert_equal([2, 1], [winnr('$'), winnr()])
  wincmd b
  let l:text = join(sort(getline(1, '$')), '|')
  call assert_match('^err|half |make.* 3|out$', l:text)
  call assert_equal(['nofile', 0], [&buftype, &modifiable])
  close
endfunction

function! Test_no_make() abort
  call s:play()
  let l:path = $PATH
  let $PATH = '/nonexistent'
  call deepchat#build#command()
  let $PATH = l:path
  call assert_equal(['error: make cannot be run: make is not installed'], s:said)
endfunction

source tests/editor/vim/run.vim
