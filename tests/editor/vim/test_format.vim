" gq in a chat.
let s:long = 'one two three four five six seven eight nine ten eleven'
let s:short = ['one two three four five six seven eight', 'nine ten eleven']

function! s:gq(lines, keys) abort
  call Chat(a:lines)
  execute 'normal!' a:keys
  return getline(1, '$')
endfunction

function! Test_prose() abort
  call assert_equal(s:short, s:gq([s:long], 'gqG'))
  call assert_equal(s:short[1], getline('.'))
  call assert_equal(['a b', '', 'c'], s:gq(['a', 'b', '', 'c'], 'gqG'))
  normal! u
  call assert_equal(['a', 'b', '', 'c'], getline(1, '$'))
endfunction

function! Test_what_stays() abort
  for l:stays in [['%% user'], ['%% assistant finish=stop in=31 out=212 cost=0.00021 a=b'],
        \ ['```', s:long, 'x', '```'], ['~~~~', '~~~', s:long, '~~~~'], ['# ' . s:long],
        \ ['| a | b |', '| - | - |'], ['%%% user'], ['   ````py', '```', s:long, '````'],
        \ ['    ```', s:long, '    ```']]
    let l:lines = ['a', 'b'] + l:stays + ['c', s:long]
    let l:wanted = ['a b'] + l:stays + ['c ' . s:short[0][:-7], 'eight ' . s:short[1]]
    call assert_equal(l:wanted, s:gq(l:lines, 'gqG'), string(l:stays))
    call assert_equal('eight nine ten eleven', getline('.'))
    call assert_equal(l:stays, s:gq(l:stays, 'gqG'))
  endfor
endfunction

function! Test_parts() abort
  let l:lines = ['%% user', '', '```', s:long, '%% assistant', s:long, '```', 'a', 'b', '%% user', 'c']
  call assert_equal(l:lines, s:gq(l:lines, '4Ggqq'))
  call assert_equal(l:lines, s:gq(l:lines, '8GgqG'), 'the fence is open since line 7')
  call assert_equal(l:lines[0:4] + s:short + l:lines[6:], s:gq(l:lines, '6Ggqq'), 'a marker ends a fence')
  call assert_equal(l:lines[0:4] + s:short + l:lines[6:], s:gq(l:lines, '3Ggq4j'), 'in one go, too')
  let l:front = ['---', 'a: b', 'c: d', '---']
  call assert_equal(l:front + ['x y'], s:gq(l:front + ['x', 'y'], 'gqG'))
  call assert_equal(l:front + ['x'], s:gq(l:front + ['x'], 'gqj'))
endfunction

function! Test_lists_and_quotes() abort
  call assert_equal(['- one two three four five six seven', '  eight nine ten eleven', '- b'],
        \ s:gq(['- ' . s:long, '- b'], 'gqG'))
  call assert_equal(['> one two three four five six seven', '> eight nine ten eleven'],
        \ s:gq(['> ' . s:long], 'gqG'))
endfunction

function! Test_folded() abort
  call Chat(['%% context', 'a', 'b', '```', 'c', 'd', '```', '%% user', 'e', 'f'])
  1,7fold
  call assert_equal(1, foldclosed(1))
  normal! ggVGgq
  call assert_equal(['%% context', 'a b', '```', 'c', 'd', '```', '%% user', 'e f'], getline(1, '$'))
  call assert_equal(1, &foldenable)
endfunction

function! Test_nothing_is_forged() abort
  let l:first = repeat('x', 39)
  call assert_equal([l:first, '%%% user'], s:gq([l:first . ' %% user'], 'gqG'))
  call assert_equal([l:first, '%%%% user', 'b'], s:gq([l:first . ' %%% user', '', 'b'], 'gqG')[0:1] + ['b'])
endfunction

function! Test_typing() abort
  call Chat([''])
  setlocal formatoptions+=t
  execute 'normal! i' . s:long
  call assert_equal(s:short, getline(1, '$'))
endfunction

source tests/editor/vim/run.vim
