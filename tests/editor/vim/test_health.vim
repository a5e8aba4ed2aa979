" :DeepHealth and the report for :checkhealth. The host is played here.
let s:sent = []
let s:why = ''
let s:answers = [['ok', "settings\nare valid"], ['warn', 'server: h answers with status 500']]
let s:about = {}

function! s:play(program) abort
  let s:program = a:program
  call deepchat#host#wants()
  function! deepchat#host#program() abort
    return s:program
  endfunction
  function! deepchat#host#running() abort
    return 1
  endfunction
  function! deepchat#host#about() abort
    return s:about
  endfunction
  function! deepchat#host#send(op, args) abort
    call add(s:sent, a:op)
    if s:why ==# ''
      call timer_start(1, {-> deepchat#health#show(s:answers)})
    endif
    return s:why
  endfunction
endfunction

function! s:program(lines) abort
  let l:path = tempname()
  call writefile(['#!/bin/sh'] + a:lines, l:path)
  call setfperm(l:path, 'rwx------')
  return l:path
endfunction

function! Test_checks() abort
  let l:version = deepchat#host#wants().version
  call s:play(s:program(['echo deepchat-host ' . l:version]))
  let l:checks = deepchat#health#checks()
  call assert_equal(['ok', 'ok', 'ok'], map(copy(l:checks), 'v:val[0]'))
  call assert_match('^\%(Neovim\|Vim\) \d', l:checks[0][1])
  call assert_equal([s:program, 'plugin ' . l:version . ', protocol 1'], map(l:checks[1:], 'v:val[1]'))
  let s:about = {'protocol': 7, 'version': l:version}
  call assert_equal(['error', 'protocol: host speaks 7, plugin 1; run :DeepBuild'],
        \ deepchat#health#checks()[2])
  let s:about = {'protocol': 1, 'version': '0.0.9'}
  call assert_match('host 0.0.9 runs', deepchat#health#checks()[2][1])
  let s:about = {}
  call s:play(s:program(['echo deepchat-host 9.9.9']))
  call assert_match('^host is 9.9.9, plugin', deepchat#health#checks()[2][1])
  call s:play(s:program(['echo libcurl.so.4 is missing; exit 127']))
  call assert_equal([['error', s:program . ' does not run; run :DeepBuild'],
        \ ['info', 'libcurl.so.4 is missing']], deepchat#health#checks()[1:])
  call s:play('/nonexistent')
  call assert_equal([['error', "no program '/nonexistent'; run :DeepBuild"]], deepchat#health#checks()[1:])
endfunction

function! Test_report() abort
  call s:play('/nonexistent')
  call assert_equal(s:answers, deepchat#health#report()[2:])
  let s:why = 'not built'
  call assert_equal([['error', 'not built']], deepchat#health#report()[2:])
  let s:why = ''
endfunction

function! Test_command() abort
  call s:play('/nonexistent')
  edit one
  let l:other = bufnr('%')
  edit two
  call deepchat#health#show(s:answers)
  call assert_equal([['']], [getbufline(l:other, 1, '$')], 'no health buffer is open')
  call deepchat#health#command('vertical')
  let l:buf = bufnr('%')
  call deepchat#health#report()
  call deepchat#health#show(s:answers)
  call assert_equal(['ok    settings are valid', 'warn  server: h answers with status 500'],
        \ getline(5, '$'))
  call assert_equal(['DeepChat', ''], getline(1, 2))
  call assert_equal([0, 0, 'nofile'], [&modifiable, &modified, &buftype])
  close
  call deepchat#health#show(s:answers)
  call assert_equal([0, ['']], [bufexists(l:buf), getline(1, '$')])
  only!
endfunction

source tests/editor/vim/run.vim
