" What is a reference, and what only looks like one.

function! s:found(lines) abort
  let l:found = deepchat#reference#find(a:lines)
  return join(map(l:found, 'join([v:val.kind, v:val.name, v:val.first, v:val.last], "|")'))
endfunction

function! Test_words() abort
  for [l:line, l:want] in [
        \ ['@file:a.c', 'file|a.c|0|0'],
        \ ['see @file:a.c:10-20, and (#file:b.c:3).', 'file|a.c|10|20 file|b.c|3|3'],
        \ ['\@file:a x@file:b @@file:c @file: @files:d @file:e', 'file|e|0|0'],
        \ ['@buffer @buffer:x/y.c:3 @buffers @buffer-x #buffer!', 'buffer||0|0 buffer|x/y.c|3|3 buffer||0|0'],
        \ ['@selection, @diff; @quickfix? @diagnostics.', 'selection||0|0 diff||0|0 quickfix||0|0 diagnostics||0|0'],
        \ ['@diff-tool @diffs @diff:x @selection/ @File:x', ''],
        \ ['@file:my\ file.txt:1 "@file:q\\x" ''@file:y''', 'file|my file.txt|1|1 file|q\x|0|0 file|y|0|0'],
        \ ['@file:f(1).c @file:f(1) (@file:g(2)) [@file:a[1]]', 'file|f(1).c|0|0 file|f(1)|0|0 file|g(2)|0|0 file|a[1]|0|0'],
        \ ['*@file:c* **bold** @file:d**', 'file|d|0|0'],
        \ ['@file:a:0 @file:a:3-0 @file:a:5-2', 'file|a:0|0|0 file|a:3-0|0|0 file|a|5|2'],
        \ ["@file:\u00e4/\u00f6.c @file:~/x @file:/etc/y", "file|\u00e4/\u00f6.c|0|0 file|~/x|0|0 file|/etc/y|0|0"],
        \ ['# diff', ''], ['#diff', 'diff||0|0'], ["\t@diff", 'diff||0|0'],
        \ ]
    call assert_equal(l:want, s:found([l:line]), l:line)
  endfor
endfunction

function! Test_code() abort
  for [l:lines, l:want] in [
        \ [['`@file:a` ``@file:b ` `` @file:c `@file:d'], 'file|c|0|0'],
        \ [['`a', '@file:b` @file:c', '', '@file:d`'], 'file|c|0|0 file|d|0|0'],
        \ [['\`@file:a @file:b\` @file:c'], 'file|b\`|0|0 file|c|0|0'],
        \ [['`x`@file:a @file:b`x`'], 'file|b|0|0'],
        \ [['```', '@file:a', '```', '@file:b', '~~~~ x', '@file:c', '~~~', '~~~~~', '@file:d'], 'file|b|0|0 file|d|0|0'],
        \ [['````', '```', '@file:a', '```', '````', '@file:b'], 'file|b|0|0'],
        \ [['- x', '  ```', '  @file:a', '  ```', '@file:b', '```', '@file:c'], 'file|b|0|0'],
        \ [['``` a`b', '@file:a'], 'file|a|0|0'],
        \ ]
    call assert_equal(l:want, s:found(l:lines), string(l:lines))
  endfor
endfunction

" A paragraph that nobody has typed holds none; the next one may.
function! Test_long_paragraph() abort
  let l:filler = repeat(['word `word'], 6000)
  call assert_equal('file|b|0|0', s:found(['@file:a'] + l:filler + ['', '@file:b']))
endfunction

" What is written comes back.
function! Test_turns() abort
  for l:lines in [['a'], [''], ['', 'a', ''], ['```', 'x', '```'], ['`````', '%% user', '%%% user'], ['  ```']]
    let l:turn = deepchat#context#turn("x y%=\t:1", l:lines, 'c')
    call assert_equal(l:lines, deepchat#context#lines(l:turn))
    call assert_equal("%% context from=x%20y%25%3D%09:1", l:turn[0])
    call assert_equal('context', deepchat#turn#is_marker(l:turn[0]))
    call assert_equal([], filter(l:turn[1:], 'deepchat#turn#is_marker(v:val) !=# ""'))
    call assert_equal("x y%=\t:1", deepchat#context#decode(matchstr(l:turn[0], '=\zs.*')))
  endfor
  for l:turn in [['%% context'], ['%% context', '', 'text', ''], ['%% context', '', '```', ''], ['%% context', '', '```', 'a']]
    call assert_equal([], deepchat#context#lines(l:turn))
  endfor
  let l:long = deepchat#context#turn(repeat('%', 5000), [], '')[0]
  call assert_equal('context', deepchat#turn#is_marker(l:long))
endfunction
source tests/editor/vim/run.vim
