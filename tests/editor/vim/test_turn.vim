" Markers, turns, moving, folds.
function! Test_kind() abort
  let l:long = repeat('x', 1022 - strlen(' user a='))
  for [l:line, l:kind, l:role] in [
        \ ['%% user', 'marker', 'user'], ['%% system', 'marker', 'system'],
        \ ['%% assistant', 'marker', 'assistant'], ['%% reasoning', 'marker', 'reasoning'],
        \ ['%% context', 'marker', 'context'], ['%% call', 'marker', 'call'],
        \ ['%% tool', 'marker', 'tool'], ['%% alternate', 'marker', 'alternate'],
        \ ['%% note', 'marker', 'note'], ['%% user ', 'marker', 'user'],
        \ ["%% user \t\r", 'marker', 'user'], ["%% user\t", 'marker', 'user'],
        \ ['%% user a=b c-d_1=', 'marker', 'user'], ['%% user a=%20é', 'marker', 'user'],
        \ ['%% user a=b ', 'marker', 'user'], ['%%% user', 'escaped', 'user'],
        \ ['%%%%% note a=b', 'escaped', 'note'],
        \ ['%% user a=' . l:long, 'marker', 'user'],
        \ ['%% user a=' . l:long . "\r", 'marker', 'user'],
        \ ['%%%%% user a=' . l:long, 'escaped', 'user'],
        \ ['%% user a=x' . l:long, '', ''], ['%% user a=' . l:long . ' ', '', ''],
        \ ['%% User', '', ''], ['%%user', '', ''], [' %% user', '', ''], ['%  user', '', ''],
        \ ['%% users', '', ''], ['%% use', '', ''], ['%%  user', '', ''], ['% user', '', ''],
        \ ['%% user a', '', ''], ['%% user  a=b', '', ''], ['%% user a=b  c=d', '', ''],
        \ ['%% user A=b', '', ''], ['%% user 1=b', '', ''], ['%% user a=b=c', '', ''],
        \ ['%% user a=%2', '', ''], ['%% user a=%zz', '', ''], ["%% user a=b\x01", '', ''],
        \ ["%% user a=\x7f", '', ''], ["%% user a=b\tc=d", '', ''], ["%% user\n", '', ''],
        \ ['', '', ''], ['%%', '', ''], ['text', '', '']]
    call assert_equal([l:kind, l:role], deepchat#turn#kind(l:line), l:line)
    call assert_equal(l:kind ==# 'marker' ? l:role : '', deepchat#turn#is_marker(l:line), l:line)
    call assert_equal(l:line, deepchat#turn#unescape(deepchat#turn#escape(l:line)), l:line)
    call assert_equal(l:kind !=# '', deepchat#turn#escape(l:line) !=# l:line, l:line)
  endfor
  set ignorecase
  call assert_equal('', deepchat#turn#is_marker('%% USER'))
  set noignorecase
endfunction

function! s:talk() abort
  return ['---', 'model: m', '---', '%% system', '', 'be', '', '%% context from=a%20b', '', '```', 'x', '```',
        \ '', '%% user', '', 'q', '', '%% reasoning', '', 'hm', 'well', '', '%% assistant finish=stop', '',
        \ 'a', '', '%%% user', '', '%% user', '']
endfunction

function! Test_last_marker() abort
  let l:buf = Chat(s:talk())
  call assert_equal([29, 'user'], deepchat#turn#last_marker(l:buf))
  enew!
  call assert_equal([29, 'user'], deepchat#turn#last_marker(l:buf))
  call assert_equal([0, ''], deepchat#turn#last_marker(bufnr('%')))
  for l:below in [198, 199, 200, 201, 400, 401]
    let l:lines = ['%% note', '', '%% assistant'] + repeat(['%% near'], l:below)
    call assert_equal([3, 'assistant'], deepchat#turn#last_marker(Chat(l:lines)), l:below)
  endfor
endfunction

function! Test_range_end() abort
  let l:buf = Chat(s:talk())
  for [l:lnum, l:end] in [[1, 3], [3, 3], [4, 7], [7, 7], [8, 13], [23, 28], [27, 28], [29, 30], [30, 30]]
    call assert_equal(l:end, deepchat#turn#range_end(l:buf, l:lnum), l:lnum)
  endfor
  for l:below in [0, 1, 199, 200, 201, 400]
    let l:lines = ['%% note'] + repeat(['%% near'], l:below) + ['%% user']
    call assert_equal(l:below + 1, deepchat#turn#range_end(Chat(l:lines), 1), l:below)
  endfor
endfunction

function! Test_jump() abort
  call Chat(s:talk())
  for [l:from, l:count, l:to] in [[1, 1, 4], [4, 1, 8], [5, 2, 14], [1, 99, 29], [29, 1, 29],
        \ [30, -1, 29], [29, -1, 23], [24, -3, 14], [24, -99, 4], [4, -1, 4], [2, -1, 2]]
    call cursor(l:from, 1)
    call deepchat#turn#jump(l:count)
    call assert_equal(l:to, line('.'), l:from . ' ' . l:count)
  endfor
  call cursor(6, 1)
  call deepchat#turn#jump(2)
  execute "normal! \<C-o>"
  call assert_equal(6, line('.'))
endfunction

function! Test_jump_maps() abort
  source plugin/deepchat.vim
  call Chat(s:talk())
  nmap ]] <Plug>(deepchat-next-turn)
  xmap ]] <Plug>(deepchat-next-turn)
  omap ]] <Plug>(deepchat-next-turn)
  call cursor(15, 1)
  normal v]]y
  call assert_equal(["\nq\n\n%"], [@"])
  call cursor(15, 1)
  normal v2]]y
  call assert_equal(10, count(@", "\n") + 2)
  call cursor(15, 1)
  normal d]]
  call assert_equal(['%% user', '%% reasoning'], getline(14, 15))
  normal! u
  call cursor(14, 1)
  normal d2]]
  call assert_equal('%% assistant finish=stop', getline(14))
endfunction

function! s:folds() abort
  return map(range(1, line('$')), 'foldclosed(v:val)')
endfunction

function! Test_refold() abort
  let l:buf = Chat(s:talk())
  call deepchat#turn#refold(l:buf)
  call assert_equal([8, 12], [foldclosed(8), foldclosedend(8)])
  call assert_equal([18, 21], [foldclosed(18), foldclosedend(18)])
  call assert_equal([-1, -1, -1, -1], map([4, 14, 23, 29], 'foldclosed(v:val)'))
  8foldopen
  call deepchat#turn#refold(l:buf)
  call assert_equal([-1, 1, 18], [foldclosed(8), foldlevel(8), foldclosed(18)])
  call append('$', ['%% alternate', '', 'old', '', '%% call name=f', '{}', '%% tool', '1', '', '', '%% tool',
        \ '', '%% user'])
  call cursor(37, 1)
  call deepchat#turn#refold(l:buf)
  call assert_equal([31, 33, 35, 36], [foldclosed(31), foldclosedend(31), foldclosed(35), foldclosedend(35)])
  call assert_equal([0, 37], [foldlevel(37), line('.')], 'not around the cursor')
  call assert_equal(0, foldlevel(41), 'nothing to hide')
  call cursor(1, 1)
  call deepchat#turn#refold(l:buf)
  call assert_equal([37, 38, -1], [foldclosed(37), foldclosedend(37), foldclosed(8)])
endfunction

" What still grows is left alone, and so are windows that fold by themselves.
function! Test_refold_while_running() abort
  let l:buf = Chat(s:talk())
  call deepchat#buf#any_running()
  function! deepchat#buf#running(buf) abort
    return 1
  endfunction
  call deepchat#turn#refold(l:buf)
  call assert_equal([8, -1], [foldclosed(8), foldclosed(18)])
  function! deepchat#buf#running(buf) abort
    return 0
  endfunction
  call deepchat#turn#refold(l:buf)
  call assert_equal([8, 18], [foldclosed(8), foldclosed(18)])
  call Chat(s:talk())
  setlocal foldmethod=marker
  call deepchat#turn#refold(bufnr('%'))
  call assert_equal(s:talk(), getline(1, '$'))
endfunction

function! Test_refold_windows() abort
  let l:buf = Chat(s:talk())
  let l:first = win_getid()
  split
  normal! zE
  setlocal foldmethod=indent
  new
  call cursor(1, 1)
  call deepchat#turn#refold(l:buf)
  call assert_equal(-1, foldclosed(1))
  call win_gotoid(l:first)
  call assert_equal(8, foldclosed(8))
  only!
endfunction

function! Test_foldtext() abort
  call Chat(['%% context from=a%20b.md:1-2', '', '```md', '', "\tfirst\x01 line", '```', '%% tool id=1', '',
        \ '%%% user', '', '%% reasoning', '%% user', 'x', 'y', '%% context', '', '```', '%% alternate', '', '```', 'a', '```'])
  call assert_equal('+ context a b.md:1-2 (2 lines): first  line ', s:text(1, 6))
  call assert_equal('+ tool (1 line): %% user ', s:text(7, 10))
  call assert_equal('+ reasoning (0 lines) ', s:text(11, 11))
  call assert_equal('+ context (1 line) ', s:text(15, 17))
  call assert_equal('+ alternate (3 lines): a ', s:text(18, 22))
  setlocal foldtext=deepchat#turn#foldtext()
  call assert_match('^+ context a b.md', foldtextresult(1))
  13,14fold
  call assert_match('2 lines: x', foldtextresult(13))
endfunction

function! s:text(first, last) abort
  let l:saved = &foldtext
  setlocal foldtext=deepchat#turn#foldtext()
  let l:text = foldtextresult(a:first)
  if l:text ==# ''
    execute a:first . ',' . a:last . 'fold'
    set foldminlines=0
    let l:text = foldtextresult(a:first)
    set foldminlines=1
  endif
  let &foldtext = l:saved
  return l:text
endfunction

source tests/editor/vim/run.vim
