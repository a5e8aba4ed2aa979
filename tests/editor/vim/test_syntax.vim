" What is highlighted as what, and what is concealed.
syntax on

function! s:chat(lines) abort
  call Chat(a:lines)
  setlocal conceallevel=2 columns=100 lines=30
  let &l:filetype = ''
  setlocal syntax=deepchat
endfunction

" Name of the group at a column, or at the first place of a text, in line lnum.
function! s:group(lnum, where) abort
  let l:col = type(a:where) == v:t_string ? stridx(getline(a:lnum), a:where) + 1 : a:where
  return synIDattr(synID(a:lnum, l:col, 1), 'name')
endfunction

function! Test_markers() abort
  for l:role in ['System', 'User', 'Assistant', 'Reasoning', 'Context', 'Call', 'Tool', 'Alternate', 'Note']
    let l:marker = '%% ' . tolower(l:role)
    call s:chat([l:marker, 'x', l:marker . ' a=b c=%20', l:marker . 's', l:marker . ' a', '%' . l:marker])
    for l:lnum in [1, 3]
      call assert_equal('DeepChat' . l:role, s:group(l:lnum, 1))
      call assert_equal('DeepChat' . l:role, s:group(l:lnum, strlen(l:marker)))
      call assert_equal(0, synconcealed(l:lnum, strlen(l:marker))[0])
    endfor
    let l:shown = l:role ==# 'Context'
    call assert_equal(l:shown ? ['deepchatFrom', 0] : ['deepchatPairs', 1],
          \ [s:group(3, ' a='), synconcealed(3, strlen(l:marker) + 1)[0]])
    call assert_equal(['', '', 0], [s:group(2, 1), s:group(4, 1), synconcealed(4, 9)[0]])
    call assert_equal('DeepChatNearMiss', s:group(5, 1))
    call assert_equal(['deepchatEscape', ''], [s:group(6, 1), s:group(6, 'r')])
    call assert_notequal('', synIDattr(synIDtrans(hlID('DeepChat' . l:role)), 'name'))
  endfor
endfunction

function! Test_near_misses() abort
  let l:near = ['%% User', '%%user', ' %% user', '%%  user', '%% user:', '%% ASSISTANT', "\t%% tool",
        \ '%% user  a=b']
  let l:far = ['%% users', '%%', '%%% User', '% user', 'a %% user', '100%% userland']
  call s:chat(l:near + l:far)
  for l:lnum in range(1, len(l:near))
    call assert_equal('DeepChatNearMiss', s:group(l:lnum, strlen(getline(l:lnum))), getline(l:lnum))
  endfor
  for l:lnum in range(len(l:near) + 1, line('$'))
    call assert_equal('', s:group(l:lnum, 1), getline(l:lnum))
  endfor
endfunction

function! Test_front_matter() abort
  let l:body = ['# c', 'model: m', '---', '# h', '%% user', '', '---', 'a: b']
  call s:chat(['---'] + l:body)
  call assert_equal(['deepchatDelimiter', 'deepchatFrontComment', 'deepchatFrontKey', 'deepchatFront'],
        \ [s:group(1, 1), s:group(2, 1), s:group(3, 1), s:group(3, 8)])
  call assert_equal(['deepchatDelimiter', 'deepchatHeading', 'DeepChatUser', 'deepchatRule', ''],
        \ [s:group(4, 1), s:group(5, 1), s:group(6, 1), s:group(8, 1), s:group(9, 1)])
  call s:chat(['', '---'] + l:body)
  call assert_equal(['deepchatRule', ''], [s:group(2, 1), s:group(4, 1)])
  call s:chat(['---', '', 'Some text.', 'a: b'])
  call assert_equal(['deepchatRule', '', ''], [s:group(1, 1), s:group(3, 1), s:group(4, 1)])
  call s:chat(['---', 'a: b', '%% user', 'c: d'])
  call assert_equal(['deepchatFrontKey', 'DeepChatUser', ''], map([2, 3, 4], 's:group(v:val, 1)'))
endfunction

function! Test_markdown() abort
  for [l:line, l:where, l:group] in [
        \ ['# head', 1, 'deepchatHeading'], ['###### head', 'head', 'deepchatHeading'],
        \ ['#head', 1, ''],
        \ ['####### x', 1, ''], ['    # x', 5, ''], ['- item', 1, 'deepchatListMark'], ['- item', 'i', ''],
        \ ['  12. item', '12', 'deepchatListMark'], ['1) item', 1, 'deepchatListMark'], ['-item', 1, ''],
        \ ['> said', 1, 'deepchatQuote'], ['> said **so**', 'so', 'deepchatBold'], ['---', 1, 'deepchatRule'],
        \ ['* * *', 1, 'deepchatRule'], ['___', 1, 'deepchatRule'], ['--', 1, ''],
        \ ['a **b c** d', 'b', 'deepchatBold'], ['a **b c** d', 'd', ''],
        \ ['a __b c__ d', 'b', 'deepchatBold'],
        \ ['a *b c* d', 'b', 'deepchatItalic'], ['a *b c* d', 'd', ''],
        \ ['a _b c_ d', 'b', 'deepchatItalic'],
        \ ['snake_case_name', 'case', ''], ['2 * 3 * 4', '3', ''], ['a *b', 'b', ''], ['a **b', 'b', ''],
        \ ['a `b *c* d` e', 'c', 'deepchatCode'], ['a `b` e', 'e', ''], ['``a`b`` c', 'b', 'deepchatCode'],
        \ ['``a`b`` c', 'c', ''], ['a ` b', 'b', ''], ['# a `b`', 'b', 'deepchatCode'],
        \ ['[t](u/v) w', 't', 'deepchatLink'], ['[t](u/v) w', 'u', 'deepchatTarget'], ['[t](u/v) w', 'w', ''],
        \ ['![t](u.png)', 1, 'deepchatLink'], ['see https://a.b/c?d. ok', 'https', 'deepchatUrl'],
        \ ['see https://a.b/c d', ' d', '']]
    call s:chat(['', l:line, ''])
    call assert_equal(l:group, s:group(2, l:where), l:line)
    call assert_equal('', s:group(3, 1))
  endfor
endfunction

function! Test_fences() abort
  let l:wanted = ['deepchatFenceMark', 'deepchatFence', 'deepchatFence', 'deepchatFenceMark']
  let l:wanted += ['deepchatHeading']
  for [l:open, l:inside, l:close] in [['```', '# a', '```'], ['~~~', '# a', '~~~'], ['````c', '```', '`````'],
        \ ['   ```', '    ```', '  ```'], ['    ```', '# a', '    ```'], ["\t```x", '# a', "\t```"],
        \ ['~~~ a`b', '```', '~~~~'], ['```', '~~~', '```  ']]
    call s:chat([l:open, l:inside, '%% User', l:close, '# b'])
    let l:groups = map([1, 2, 3, 4, 5], 's:group(v:val, strlen(getline(v:val)))')
    call assert_equal(l:wanted, l:groups, l:open)
  endfor
  call s:chat(['```a`', 'x', '``', 'x'])
  call assert_equal(['', ''], [s:group(2, 1), s:group(4, 1)])
  call s:chat(['```', 'x', '%% assistant finish=stop', '# a', '```', '%%% user', '%% users'])
  call assert_equal(['deepchatFence', 'DeepChatAssistant', 'deepchatHeading', 'deepchatFenceMark',
        \ 'deepchatEscape', 'deepchatFence'], map([2, 3, 4, 5, 6, 7], 's:group(v:val, 1)'))
endfunction

function! Test_languages() abort
  let l:lines = ['%% assistant', '```py', 'def f(): return "a', '```', '``` Python', 'def f(): pass', '```',
        \ '```pythonic', 'def', '```', '    ~~~c++', '    int main() {', '    ~~~', 'x', '```2html', '```']
  call s:chat(l:lines)
  let l:loaded = []
  while 1
    let l:word = deepchat#syntax#load_next()
    if l:word ==# ''
      break
    endif
    call add(l:loaded, l:word)
  endwhile
  call assert_equal(['py', 'python', 'c++'], l:loaded)
  call assert_match('^python', s:group(3, 1))
  call assert_match('^python', s:group(6, 1))
  call assert_equal(['deepchatFenceMark', 'deepchatFenceMark', 'deepchatFence'],
        \ [s:group(2, 1), s:group(4, 1), s:group(9, 1)])
  call assert_match('^c', s:group(12, 'int'))
  call assert_equal(['', 'deepchat'], [s:group(14, 1), b:current_syntax])
  call append(14, ['%% assistant', '```python', 'x = """', '%% user', '# head'])
  call assert_equal(['DeepChatUser', 'deepchatHeading'], map([18, 19], 's:group(v:val, 1)'),
        \ 'a turn ends the code')
  call assert_equal('', deepchat#syntax#load_next())
endfunction

function! Test_at_most_eight() abort
  let l:lines = []
  for l:name in ['c', 'lua', 'vim', 'json', 'yaml', 'toml', 'diff', 'make', 'go', 'awk']
    let l:lines += ['```' . l:name, 'x', '```']
  endfor
  call s:chat(l:lines)
  let l:count = 0
  while deepchat#syntax#load_next() !=# '' && l:count < 20
    let l:count += 1
  endwhile
  call assert_equal(8, l:count)
endfunction

" The state is found from the last marker, or from some hundred lines above.
function! Test_sync() abort
  call s:chat(['%% user', '```'] + repeat(['x'], 300) + ['%% user', '# head']
        \ + repeat(['text'], 3000) + ['# head'])
  call cursor(line('$'), 1)
  normal! zt
  call assert_equal('deepchatHeading', s:group(line('$'), 1))
  call assert_equal('deepchatHeading', s:group(304, 1))
  call s:chat(['%% user', '```'] + repeat(['x'], 150) + ['# code'])
  call cursor(line('$'), 1)
  call assert_equal('deepchatFence', s:group(line('$'), 1))
endfunction

source tests/editor/vim/run.vim
