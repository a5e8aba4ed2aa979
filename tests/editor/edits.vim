" For test_random.c. What the test types is in capitals, and only that; its
" tokens look like QABZ.

function! Tokens() abort
  let l:found = []
  call substitute(join(getline(1, '$')), '\CQ[A-J]\+Z', '\=add(l:found, submatch(0))', 'g')
  return join(l:found)
endfunction

function! s:part(pattern) abort
  return substitute(join(getline(1, '$')), '\C' . a:pattern, '', 'g')
endfunction

" The reply's own text: lines between its marker and the next user's.
function! Reply() abort
  let [l:first, l:last] = s:body()
  return substitute(join(getline(l:first, l:last), "\n"), '\C[A-Z]', '', 'g')
endfunction

function! s:body() abort
  let l:lines = getline(1, '$')
  let l:head = match(l:lines, '^%% assistant')
  let l:tail = match(l:lines, '^%% user$', l:head)
  return [l:head + 3, l:tail - 1]
endfunction

" Put the cursor where: 0 the draft, 1 the question, 2 between words of the
" reply, 3 at its end.
function! Place(where, random) abort
  let [l:first, l:last] = s:body()
  let l:line = a:where == 0 ? line('$') : a:where == 1 ? search('^%% user$', 'wn') + 2
        \ : a:where == 3 ? l:last : l:first + a:random % max([l:last - l:first + 1, 1])
  call cursor(l:line, 9999)
  if a:where == 2
    let l:col = stridx(getline('.'), ' ', a:random / 7 % max([strlen(getline('.')), 1]))
    call cursor(0, l:col < 0 ? 9999 : l:col + 1)
  endif
endfunction

" Press u or <C-r> once. Returns what it changed: 'u' the user's text, 't' the
" rest, 'ut' both, '' neither.
function! Step(key) abort
  let l:before = [s:part('[^A-Z]\+'), s:part('[A-Z[:space:]]\+')]
  silent execute 'normal!' a:key
  let l:after = [s:part('[^A-Z]\+'), s:part('[A-Z[:space:]]\+')]
  return (l:before[0] ==# l:after[0] ? '' : 'u') . (l:before[1] ==# l:after[1] ? '' : 't')
endfunction

" Undo and redo count steps with nothing in between. Returns '', or 't' if text
" of the reply was gone meanwhile, or what is wrong.
function! There_and_back(count) abort
  let l:text = getline(1, '$')
  let l:done = 0
  let l:took = ''
  for l:n in range(a:count)
    let l:at = undotree().seq_cur
    let l:what = Step('u')
    if l:what ==# 'ut'
      return 'one u took both'
    endif
    let l:took = l:what ==# 't' ? 't' : l:took
    let l:done += undotree().seq_cur != l:at
  endfor
  for l:n in range(l:done)
    call Step("\<C-r>")
  endfor
  return getline(1, '$') ==# l:text ? l:took : 'redo lost text'
endfunction
