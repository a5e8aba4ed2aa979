" Turns in a chat buffer: what is a marker, where turns begin and end, moving
" between them, their folds, and gq. What a marker is is said in
" src/core/marker.h; this agrees with it byte for byte.

let s:cpo = &cpoptions
set cpoptions&vim

let s:ROLE = '\(system\|user\|assistant\|reasoning\|context\|call\|tool\|alternate\|note\)'
" Without backslashes in [], which 'cpoptions' may leave as they stand.
let s:PAIRS = '\%( [a-z][a-z0-9_-]*=\%([^' . "\x01-\x20\x7f" . '=%]\|%\x\x\)*\)*[ ' . "\t\r" . ']*$'
" The old engine: to make a pattern ready takes it less than half the time.
let s:SHAPE = '\%#=1\m\C^%%\+ ' . s:ROLE . s:PAIRS
let s:MARKER = '\m\C^%% ' . s:ROLE . s:PAIRS
let s:REST_MAX = 1022
let s:FOLDED = '\m\C^%% \%(reasoning\|context\|call\|tool\|alternate\)' . s:PAIRS
let s:CHUNK = 200
" Most markers that are looked for are near.
let s:NEAR = 16
" Places whose last marker is remembered.
let s:SEEN = 50
let s:seen = {}
" Lines whose kind is remembered: to make the pattern ready takes longer than
" all else.
let s:KNOWN = 200
let s:known = {}

" ---- markers ---------------------------------------------------------------

" [kind, role] of a line: kind is 'marker', 'escaped' or '' for other text.
function! deepchat#turn#kind(line) abort
  if a:line[0:1] !=# '%%'
    return ['', '']
  elseif has_key(s:known, a:line)
    return copy(s:known[a:line])
  endif
  let s:known = len(s:known) < s:KNOWN ? s:known : {}
  let s:known[a:line] = s:kind(a:line)
  return copy(s:known[a:line])
endfunction

function! s:kind(line) abort
  let l:rest = matchstr(a:line, '[^%].*')
  if strlen(substitute(l:rest, '\r$', '', '')) > s:REST_MAX
    return ['', '']
  endif
  let l:found = matchlist(a:line, s:SHAPE)
  if empty(l:found)
    return ['', '']
  endif
  return [a:line[2] ==# '%' ? 'escaped' : 'marker', l:found[1]]
endfunction

" The role if the line is a marker, else ''.
function! deepchat#turn#is_marker(line) abort
  if a:line[0:2] !=# '%% '
    return ''
  endif
  return deepchat#turn#kind(a:line)[1]
endfunction

" A line of content as it stands in a chat file.
function! deepchat#turn#escape(line) abort
  return deepchat#turn#kind(a:line)[0] ==# '' ? a:line : '%' . a:line
endfunction

" The opposite: a line of a chat file as content.
function! deepchat#turn#unescape(line) abort
  return deepchat#turn#kind(a:line)[0] ==# 'escaped' ? a:line[1:] : a:line
endfunction

" [line, role] of the last marker in buf, or down to a line of it; [0, ''] if
" there is none. A send asks several times, so what was found is remembered
" until the text changes.
function! deepchat#turn#last_marker(buf, ...) abort
  let l:end = a:0 > 0 ? a:1 : s:line_count(a:buf)
  let l:key = join([a:buf, getbufvar(a:buf, 'changedtick'), l:end])
  if !has_key(s:seen, l:key)
    let s:seen = extend(len(s:seen) < s:SEEN ? s:seen : {}, {l:key : s:find_marker(a:buf, l:end)})
  endif
  return copy(s:seen[l:key])
endfunction

function! s:find_marker(buf, last) abort
  let l:end = a:last
  let l:chunk = s:NEAR
  while l:end > 0
    let l:first = max([l:end - l:chunk + 1, 1])
    let l:lines = reverse(getbufline(a:buf, l:first, l:end))
    let l:at = match(l:lines, '^%% ')
    while l:at >= 0
      let l:role = deepchat#turn#is_marker(l:lines[l:at])
      if l:role !=# ''
        return [l:first + len(l:lines) - 1 - l:at, l:role]
      endif
      let l:at = match(l:lines, '^%% ', l:at + 1)
    endwhile
    let l:end = l:first - 1
    let l:chunk = s:CHUNK
  endwhile
  return [0, '']
endfunction

" Last line of the turn that line lnum of buf belongs to.
function! deepchat#turn#range_end(buf, lnum) abort
  let l:last = s:line_count(a:buf)
  let l:first = a:lnum + 1
  while l:first <= l:last
    let l:lines = getbufline(a:buf, l:first, l:first + s:CHUNK - 1)
    let l:at = match(l:lines, '^%% ')
    while l:at >= 0
      if deepchat#turn#is_marker(l:lines[l:at]) !=# ''
        return l:first + l:at - 1
      endif
      let l:at = match(l:lines, '^%% ', l:at + 1)
    endwhile
    let l:first += s:CHUNK
  endwhile
  return l:last
endfunction

function! s:line_count(buf) abort
  return a:buf == bufnr('%') ? line('$') : get(get(getbufinfo(a:buf), 0, {}), 'linecount', 0)
endfunction

" ---- moving ----------------------------------------------------------------

" The cursor to the count-th marker below it, or above it if count is negative;
" as far as there are any. It does not go round the ends.
function! deepchat#turn#jump(count) abort
  let l:flags = a:count < 0 ? 'bW' : 'W'
  for l:step in range(abs(a:count))
    if search(s:MARKER, l:step == 0 ? l:flags . 's' : l:flags) == 0
      break
    endif
  endfor
endfunction

" ---- folds -----------------------------------------------------------------

" Close a fold over each turn of buf that is not part of the talk and has none
" yet, in every window that shows it. Folds that exist are left as they are.
" The whole buffer is looked at once in a window, then only its last turns, or
" the lines from first to last if these are given.
function! deepchat#turn#refold(buf, ...) abort
  let l:range = a:0 > 0 ? printf('%d, %d', a:1, a:2) : ''
  for l:window in win_findbuf(a:buf)
    if l:window == win_getid() && mode(1) =~# '^\%(no\|[vV\x16sS\x13]\)'
      continue
    endif
    try
      call win_execute(l:window, 'call deepchat#turn#refold_window(' . l:range . ')')
    catch
      continue
    endtry
  endfor
endfunction

" The same for the current window.
function! deepchat#turn#refold_window(...) abort
  if &foldmethod !=# 'manual'
    return
  endif
  let l:view = winsaveview()
  let l:whole = get(w:, 'deepchat_folded', 0) != bufnr('%')
  try
    for [l:first, l:last] in call('s:to_fold', l:whole ? [1] : [0] + a:000)
      if foldlevel(l:first) == 0 && (l:view.lnum < l:first || l:view.lnum > l:last)
        execute printf('%d,%dfold', l:first, l:last)
      endif
    endfor
    let w:deepchat_folded = bufnr('%')
  finally
    call winrestview(l:view)
  endtry
endfunction

" [first, last] lines of turns to fold, the last ones first. Moves the cursor.
" Reasoning without an answer is shown. While a reply runs its reasoning still
" grows, and is left for the end; its alternates grow in a fold that holds the
" empty line behind them.
function! s:to_fold(whole, ...) abort
  let l:found = []
  let l:growing = deepchat#buf#running(bufnr('%')) > 0 ? s:answer_from_end(2) : line('$')
  let l:alternates = deepchat#buf#growing(bufnr('%'))
  let l:stop = a:whole ? 1 : a:0 > 0 ? a:1 : max([s:answer_from_end(3), 1])
  call cursor(a:0 > 0 ? a:2 : line('$'), 1)
  let l:lnum = search(s:FOLDED, 'bcW', l:stop)
  while l:lnum > 0
    let l:next = search(s:MARKER, 'nW')
    let l:last = l:next > 0 ? l:next - 1 : line('$')
    let l:last = index(l:alternates, l:lnum) >= 0 ? l:last : prevnonblank(l:last)
    if l:last > l:lnum && !(getline(l:lnum) =~# '^%% r' && (l:lnum > l:growing || s:is_empty_answer(l:next)))
      call add(l:found, [l:lnum, l:last])
    endif
    let l:lnum = search(s:FOLDED, 'bW', l:stop)
  endwhile
  return l:found
endfunction

" True if in line lnum begins an answer that has no text.
function! s:is_empty_answer(lnum) abort
  let l:below = nextnonblank(a:lnum + 1)
  return a:lnum > 0 && getline(a:lnum) =~# '^%% assistant\>'
        \ && (l:below == 0 || deepchat#turn#is_marker(getline(l:below)) !=# '')
endfunction

" Line of the nth answer from the end, 0 if there are fewer. Moves the cursor.
function! s:answer_from_end(n) abort
  call cursor(line('$'), col([line('$'), '$']))
  for l:step in range(a:n)
    let l:lnum = search('\m\C^%% assistant\>', 'bW')
    if l:lnum == 0
      return 0
    endif
  endfor
  return l:lnum
endfunction

" 'foldtext': role, what it comes from, how long that is, its first line.
function! deepchat#turn#foldtext() abort
  let l:marker = getline(v:foldstart)
  let l:role = deepchat#turn#is_marker(l:marker)
  if l:role ==# ''
    return foldtext()
  endif
  let l:from = matchstr(l:marker, ' \%(from\|name\)=\zs\S*')
  let l:from = substitute(l:from, '%\([0-7]\x\)', '\=nr2char("0x" . submatch(1))', 'g')
  let l:text = s:first_text(v:foldstart + 1, min([v:foldend, v:foldstart + 20]))
  let l:stale = !empty(get(b:, 'deepchat_stale', {})) && deepchat#attach#is_stale(bufnr('%'), l:marker)
  let l:count = s:text_count(v:foldstart + 1, v:foldend, l:role ==# 'context')
  let l:line = printf('+ %s%s (%d %s%s)%s', l:role, l:from ==# '' ? '' : ' ' . l:from, l:count,
        \ l:count == 1 ? 'line' : 'lines', l:stale ? ', changed since' : '', l:text ==# '' ? ' ' : ': ' . l:text . ' ')
  return substitute(l:line, '[[:cntrl:]]', ' ', 'g')
endfunction

" How many lines of text are in this range, without the blank ones at its ends
" and, if fenced, the fences around it.
function! s:text_count(first, last, fenced) abort
  let l:first = nextnonblank(a:first)
  let l:last = prevnonblank(a:last)
  if l:first == 0 || l:first > l:last
    return 0
  endif
  let l:fence = matchstr(getline(l:first), '^\%(```\|\~\~\~\)')
  let l:around = a:fenced && l:first < l:last && l:fence !=# '' && getline(l:last) =~# '^\M' . l:fence
  return l:last - l:first + 1 - (l:around ? 2 : 0)
endfunction

" The first line in this range that is neither blank nor a fence.
function! s:first_text(first, last) abort
  for l:line in getline(a:first, a:last)
    if l:line =~# '\S' && l:line !~# '^\s*\%(```\|\~\~\~\)'
      return trim(strpart(deepchat#turn#unescape(l:line), 0, 400))
    endif
  endfor
  return ''
endfunction

" ---- gq --------------------------------------------------------------------

" 'formatexpr': the text between markers, fences, headings and tables is
" formatted, each stretch by itself; those lines stay as they are, and no line
" becomes a marker by being broken.
function! deepchat#turn#formatexpr() abort
  if mode() =~# '^[iR]'
    return 1
  endif
  let l:last = v:lnum + v:count - 1
  let l:below = line('$') - l:last
  let l:stretches = s:stretches(v:lnum, l:last)
  let l:folds = &l:foldenable
  setlocal nofoldenable
  try
    for [l:from, l:to] in reverse(l:stretches)
      call s:format(l:from, l:to)
    endfor
  finally
    let &l:foldenable = l:folds
  endtry
  call cursor(line('$') - l:below, 1)
  return 0
endfunction

" gw formats as gq does without 'formatexpr'.
function! s:format(from, to) abort
  let l:below = line('$') - a:to
  execute printf('keepjumps normal! %dGgw%dG', a:from, a:to)
  for l:lnum in range(a:from, line('$') - l:below)
    let l:line = getline(l:lnum)
    if deepchat#turn#kind(l:line)[0] !=# ''
      call setline(l:lnum, '%' . l:line)
    endif
  endfor
endfunction

" [first, last] of each run of lines in this range that may be formatted.
function! s:stretches(first, last) abort
  let l:found = []
  let l:fence = ''
  let l:lnum = max([s:turn_start(a:first), s:front_end() + 1])
  for l:line in getline(l:lnum, a:last)
    let [l:fixed, l:fence] = s:read_line(l:line, l:fence)
    if !l:fixed && l:lnum >= a:first
      if !empty(l:found) && l:found[-1][1] == l:lnum - 1
        let l:found[-1][1] = l:lnum
      else
        call add(l:found, [l:lnum, l:lnum])
      endif
    endif
    let l:lnum += 1
  endfor
  return l:found
endfunction

" [whether the line must stay as it is, how the fence ends that is open behind
" it].
function! s:read_line(line, fence) abort
  let l:kind = deepchat#turn#kind(a:line)[0]
  if l:kind ==# 'marker'
    return [1, '']
  elseif a:fence !=# ''
    return [1, a:line =~# a:fence ? '' : a:fence]
  endif
  let l:ticks = matchstr(a:line, '^\s*\zs\%(`\{3,}\ze[^`]*$\|\~\{3,}\)')
  if l:ticks !=# ''
    return [1, (a:line =~# '^ \{0,3}\S' ? '^ \{0,3}' : '^\s\+') . escape(l:ticks, '~') . '[`~]*\s*$']
  endif
  return [l:kind !=# '' || a:line =~# '^ \{0,3}#\{1,6}\s\|^\s*|', '']
endfunction

" The last line of the front matter, 0 if there is none.
function! s:front_end() abort
  return getline(1) =~# '^---\r\?$' ? match(getline(1, 200), '^---\r\?$', 1) + 1 : 0
endfunction

" The line that the turn of lnum begins with.
function! s:turn_start(lnum) abort
  let l:view = winsaveview()
  call cursor(a:lnum, 1)
  let l:start = search(s:MARKER, 'bcnW')
  call winrestview(l:view)
  return max([l:start, 1])
endfunction

let &cpoptions = s:cpo
unlet s:cpo
