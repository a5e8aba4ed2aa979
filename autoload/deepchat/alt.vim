" Alternates: what else was answered to a question. They stand above the answer
" and below the question, the oldest first, and are never sent. One that was
" only an answer is that text with that marker's pairs; anything more, such as
" its reasoning or the turns that a fork left behind, is those turns, their
" markers escaped. Answers are numbered from the oldest: the pair alt=2 says
" that the one in place is the second of them, without it it is the last.

let s:cpo = &cpoptions
set cpoptions&vim

let s:DIFF_MOST = 8

" ---- where they are --------------------------------------------------------

" Line of the marker of buf's last answer, 0 if there is none.
function! deepchat#alt#last_answer(buf) abort
  let [l:lnum, l:role] = deepchat#turn#last_marker(a:buf)
  while l:lnum > 0 && l:role !=# 'assistant'
    let [l:lnum, l:role] = deepchat#turn#last_marker(a:buf, l:lnum - 1)
  endwhile
  return l:lnum
endfunction

" Line of the marker of the answer that line lnum belongs to, its alternates and
" its reasoning included; of the last one if lnum is in another turn.
function! s:answer_at(buf, lnum) abort
  let [l:at, l:role] = deepchat#turn#last_marker(a:buf, a:lnum)
  while l:role ==# 'alternate' || l:role ==# 'reasoning'
    let l:at = deepchat#turn#range_end(a:buf, l:at) + 1
    let l:role = deepchat#turn#is_marker(get(getbufline(a:buf, l:at), 0, ''))
  endwhile
  return l:role ==# 'assistant' ? l:at : deepchat#alt#last_answer(a:buf)
endfunction

" The answer with its marker in line lnum, and its alternates: first, the line
" where it begins with its reasoning; alternates, the lines of their markers;
" top, the first line of all; number and count, which of how many it is.
function! deepchat#alt#group(buf, lnum) abort
  let l:group = {'lnum': a:lnum, 'first': a:lnum, 'alternates': []}
  let [l:at, l:role] = deepchat#turn#last_marker(a:buf, a:lnum - 1)
  while l:role ==# 'reasoning'
    let l:group.first = l:at
    let [l:at, l:role] = deepchat#turn#last_marker(a:buf, l:at - 1)
  endwhile
  while l:role ==# 'alternate'
    call insert(l:group.alternates, l:at)
    let [l:at, l:role] = deepchat#turn#last_marker(a:buf, l:at - 1)
  endwhile
  let l:group.top = get(l:group.alternates, 0, l:group.first)
  let l:group.count = len(l:group.alternates) + 1
  let l:number = str2nr(matchstr(getbufline(a:buf, a:lnum)[0], ' alt=\zs\d\+\ze\%( \|$\)'))
  let l:group.number = l:number > 0 && l:number < l:group.count ? l:number : l:group.count
  return l:group
endfunction

" The last line of the alternates that begin below line lnum, lnum if none do.
function! deepchat#alt#end(buf, lnum) abort
  let l:end = a:lnum
  while deepchat#turn#is_marker(get(getbufline(a:buf, l:end + 1), 0, '')) ==# 'alternate'
    let l:end = deepchat#turn#range_end(a:buf, l:end + 1)
  endwhile
  return l:end
endfunction

" '2/3' for the answer with its marker in line lnum, '' if it is the only one.
function! deepchat#alt#place(buf, lnum) abort
  let l:group = deepchat#alt#group(a:buf, a:lnum)
  return l:group.count > 1 ? l:group.number . '/' . l:group.count : ''
endfunction

" ---- turns and alternates --------------------------------------------------

" Without the empty line on each side that is structure.
function! s:body(lines) abort
  let l:first = get(a:lines, 0, 'x') ==# '' ? 1 : 0
  let l:last = len(a:lines) - (len(a:lines) > l:first && a:lines[-1] ==# '' ? 1 : 0)
  return l:last > l:first ? a:lines[l:first : l:last - 1] : []
endfunction

" The pairs of a marker, with the blank before them, but for alt=.
function! s:pairs(marker) abort
  return substitute(matchstr(a:marker, '^%% \l\+\zs.\{-}\ze\s*$'), ' alt=\S*', '', 'g')
endfunction

function! s:opens_turns(pairs, body) abort
  return a:pairs ==# '' && get(a:body, 0, '') =~# '^%%% ' && deepchat#turn#kind(a:body[0])[0] ==# 'escaped'
endfunction

" Rows of markers in lines.
function! s:markers(lines) abort
  return filter(range(len(a:lines)), 'deepchat#turn#is_marker(a:lines[v:val]) !=# ""')
endfunction

" Turns, the first line being a marker, as an alternate with an empty line
" behind it.
function! deepchat#alt#from_turns(turns) abort
  let [l:pairs, l:body] = [s:pairs(a:turns[0]), s:body(a:turns[1:])]
  if deepchat#turn#is_marker(a:turns[0]) ==# 'assistant' && len(s:markers(a:turns)) == 1
        \ && !s:opens_turns(l:pairs, l:body)
    return ['%% alternate' . l:pairs, ''] + l:body + ['']
  endif
  let l:turns = s:body(s:numbered(a:turns, 0))
  return ['%% alternate', ''] + map(l:turns, 'deepchat#turn#escape(v:val)') + ['']
endfunction

" The opposite, without an empty line behind it.
function! deepchat#alt#to_turns(lines) abort
  let [l:pairs, l:body] = [s:pairs(a:lines[0]), s:body(a:lines[1:])]
  return s:opens_turns(l:pairs, l:body) ? map(l:body, 'deepchat#turn#unescape(v:val)')
        \ : ['%% assistant' . l:pairs, ''] + l:body
endfunction

" Turns whose answer has this number on its marker, 0 for none.
function! s:numbered(turns, number) abort
  let l:turns = copy(a:turns)
  for l:row in s:markers(l:turns)
    if deepchat#turn#is_marker(l:turns[l:row]) ==# 'assistant'
      let l:turns[l:row] = '%% assistant' . s:pairs(l:turns[l:row]) . (a:number > 0 ? ' alt=' . a:number : '')
      break
    endif
  endfor
  return l:turns
endfunction

" True if turns are more than one answer: what stands below goes with them.
function! s:goes_on(turns) abort
  let l:roles = map(s:markers(a:turns), 'deepchat#turn#is_marker(a:turns[v:val])')
  return join(l:roles) !~# '^\%(reasoning \)*assistant$'
endfunction

" The lines of each alternate of a group.
function! s:alternates(buf, group) abort
  return map(copy(a:group.alternates), 'getbufline(a:buf, v:val, deepchat#turn#range_end(a:buf, v:val))')
endfunction

" ---- :DeepAlt --------------------------------------------------------------

" :DeepAlt[!] [n]. number is 0 if there is none.
function! deepchat#alt#command(mods, bang, number, word) abort
  let l:group = &filetype ==# 'deepchat' ? s:group_here() : {}
  if &filetype !=# 'deepchat'
    call deepchat#ui#error('this buffer is not a chat; :DeepChat opens one')
  elseif a:word !=# ''
    call deepchat#ui#error(':DeepAlt takes a number, not "' . a:word . '"')
  elseif l:group.count == 0
    call deepchat#ui#error('no answer in this chat; nothing to choose from')
  elseif l:group.count == 1
    call deepchat#ui#error('this answer has no alternates; :DeepRetry makes one')
  elseif a:number > l:group.count
    call deepchat#ui#error(printf('no answer %d; there are %d here', a:number, l:group.count))
  elseif a:bang
    call s:side_by_side(a:mods, bufnr('%'), l:group, a:number)
  else
    call s:choose(l:group, a:number > 0 ? a:number : l:group.number % l:group.count + 1)
  endif
endfunction

" The count-th alternate behind the one in place, or before it if count is
" negative, round the ends.
function! deepchat#alt#step(count) abort
  let l:group = &filetype ==# 'deepchat' ? s:group_here() : {'count': 0}
  let l:number = l:group.count > 1 ? (l:group.number - 1 + a:count) % l:group.count : 0
  call deepchat#alt#command('', 0, l:group.count > 1 ? (l:number < 0 ? l:number + l:group.count : l:number) + 1 : 0, '')
endfunction

" For :DeepAlt: the numbers there are.
function! deepchat#alt#complete(lead, line, pos) abort
  let l:group = &filetype ==# 'deepchat' ? s:group_here() : {'count': 0}
  return filter(map(range(1, l:group.count), 'string(v:val)'), {_, word -> stridx(word, a:lead) == 0})
endfunction

function! s:group_here() abort
  let l:lnum = s:answer_at(bufnr('%'), line('.'))
  return l:lnum > 0 ? deepchat#alt#group(bufnr('%'), l:lnum) : {'count': 0}
endfunction

" Put answer number of the group in place.
function! s:choose(group, number) abort
  let l:buf = bufnr('%')
  if deepchat#chat#is_fixed(l:buf)
    return
  elseif &readonly
    call deepchat#ui#error('this chat is read-only; nothing was done')
    return
  elseif deepchat#buf#running(l:buf) > 0
    call deepchat#ui#error('a reply is running here; :DeepStop first')
    return
  endif
  if a:number != a:group.number
    call deepchat#turn#refold(l:buf, a:group.top, a:group.top + s:swap(l:buf, a:group, a:number) - 1)
    call deepchat#ui#decorate(l:buf, {})
    call deepchat#syntax#fences(l:buf)
  endif
  call deepchat#ui#say(printf('answer %d/%d', a:number, a:group.count))
endfunction

" All that is exchanged is written anew below, then the old lines go, so that
" folds go with them. Returns how many lines there are now.
function! s:swap(buf, group, number) abort
  let l:all = s:alternates(a:buf, a:group)
  let l:turns = deepchat#alt#to_turns(l:all[a:number - (a:number > a:group.number ? 2 : 1)])
  let l:whole = s:goes_on(l:turns)
  let l:count = line('$')
  let l:last = l:whole ? l:count : deepchat#turn#range_end(a:buf, a:group.lnum)
  let l:old = getline(a:group.first, l:last)
  call insert(l:all, deepchat#alt#from_turns(l:whole ? s:with_end(l:old) : l:old), a:group.number - 1)
  call remove(l:all, a:number - 1)
  let l:lines = []
  for l:alternate in l:all
    let l:lines += l:alternate + (l:alternate[-1] ==# '' ? [] : [''])
  endfor
  let l:answer = len(l:lines)
  let l:number = a:number < a:group.count ? a:number : 0
  let l:lines += s:numbered(l:whole ? s:with_end(l:turns) : l:turns, l:number)
  if l:whole
    let l:lines += l:lines[-1] =~# '^%% ' ? ['', ''] : []
  elseif l:last < l:count || l:old[-1] ==# ''
    let l:lines += ['']
  endif
  let l:places = s:places(a:buf, a:group, l:last, len(l:lines), l:answer)
  call deepchat#port#replace(a:buf, l:last, 0, l:lines)
  call deepchat#port#replace(a:buf, a:group.top - 1, l:last - a:group.top + 1, [])
  for [l:window, l:line, l:col] in l:places
    call deepchat#port#cursor(l:window, min([l:line, line('$')]), l:col)
  endfor
  return len(l:lines)
endfunction

" Where the cursors of the windows will be: those in what is exchanged at the
" text of the answer.
function! s:places(buf, group, last, len, answer) abort
  let l:places = []
  for l:window in win_findbuf(a:buf)
    let [l:line, l:col] = deepchat#port#cursor_at(l:window)
    if l:line > a:last
      let l:line += a:len - (a:last - a:group.top + 1)
    elseif l:line >= a:group.top
      let [l:line, l:col] = [a:group.top + a:answer + 2, 0]
    endif
    call add(l:places, [l:window, l:line, l:col])
  endfor
  return l:places
endfunction

" Turns to the end of a chat, without blank lines there, the last one being the
" user's: by that such an alternate is known when it is put back.
function! s:with_end(turns) abort
  let l:turns = copy(a:turns)
  while l:turns[-1] =~# '^\s*$'
    call remove(l:turns, -1)
  endwhile
  let l:role = deepchat#turn#is_marker(l:turns[s:markers(l:turns)[-1]])
  return l:turns + (l:role ==# 'user' ? [] : ['', '%% user'])
endfunction

" ---- side by side ----------------------------------------------------------

" Answers in windows of a tab, in diff mode: all of them, or number and the one
" in place.
function! s:side_by_side(mods, buf, group, number) abort
  if getcmdwintype() !=# ''
    call deepchat#ui#error('not in a window of this kind; nothing was done')
    return
  endif
  let l:all = map(s:alternates(a:buf, a:group), 's:plain(deepchat#alt#to_turns(v:val))')
  let l:last = deepchat#turn#range_end(a:buf, a:group.lnum)
  call insert(l:all, s:plain(getbufline(a:buf, a:group.first, l:last)), a:group.number - 1)
  let l:numbers = a:number > 0 ? uniq(sort([a:number, a:group.number], 'n')) : range(1, len(l:all))
  if len(l:numbers) > s:DIFF_MOST
    let l:numbers = l:numbers[: s:DIFF_MOST - 1]
    call deepchat#ui#say(printf('diff mode takes %d; :DeepAlt! {n} shows another one', s:DIFF_MOST))
  endif
  for l:number in l:numbers
    if l:number == l:numbers[0]
      let l:opened = deepchat#ui#open(a:mods . ' tab new')
    else
      let l:opened = deepchat#ui#open('rightbelow vertical new')
    endif
    if !l:opened
      return
    endif
    call s:show(a:buf, l:number, l:all)
  endfor
  wincmd =
endfunction

function! s:show(buf, number, all) abort
  let l:name = printf('deepchat-alt://%d/%d', a:buf, a:number)
  if bufexists(l:name)
    execute 'bwipeout' bufnr(l:name)
  endif
  execute 'silent noautocmd keepalt file' fnameescape(l:name)
  setlocal modifiable buftype=nofile bufhidden=wipe noswapfile nomodeline nobuflisted undolevels=-1
  call setline(1, empty(a:all[a:number - 1]) ? [''] : a:all[a:number - 1])
  setlocal nomodifiable syntax=deepchat
  let &l:statusline = printf(' answer %d/%d', a:number, len(a:all))
  diffthis
  setlocal wrap linebreak foldcolumn=0
endfunction

" The text of an answer alone; where there is more than that, the turns.
function! s:plain(turns) abort
  let l:turns = copy(a:turns)
  if deepchat#turn#is_marker(l:turns[0]) ==# 'assistant' && len(s:markers(l:turns)) == 1
    return map(s:body(l:turns[1:]), 'deepchat#turn#unescape(v:val)')
  endif
  return s:body(s:numbered(l:turns, 0))
endfunction

let &cpoptions = s:cpo
unlet s:cpo
