" :DeepAttach, and what has become of the sources of context turns since: those
" that differ now are marked, and :DeepAttach! takes them anew. Nothing changes
" a turn by itself.

let s:cpo = &cpoptions
set cpoptions&vim

" Virtual text keys from here on are those of marks.
let s:KEYS = 700000
" Lines that are looked at in one go.
let s:AT_ONCE = 2000
let s:MOST = 1048576
let s:AGAIN_MS = 50
let s:WORDS = ' changed since'

let s:rounds = {}

augroup deepchat_attach
  autocmd!
  autocmd BufWritePost,FocusGained * call deepchat#attach#check_all()
augroup END

" ---- :DeepAttach -----------------------------------------------------------

" :DeepAttach[!] {file...}
function! deepchat#attach#command(mods, bang, ...) abort
  if a:bang
    call s:refresh(bufnr('%'), a:000)
  elseif a:0 == 0
    call deepchat#ui#error('which file? :DeepAttach {file...}')
  else
    call s:attach(a:mods, s:named(a:000))
  endif
endfunction

" [name, first, last] of each file, wildcards expanded to files. What stands for
" none is as it was written, but for what <Tab> puts before a "$" and its like.
function! s:named(names) abort
  let l:found = []
  for l:given in a:names
    let l:file = deepchat#reference#lines(l:given)
    let l:there = getftype(l:file.name) !=# ''
    let l:wild = l:file.name =~# '[*?[]' && stridx(l:file.name, '`') < 0 && !l:there
    let l:name = l:there || l:wild ? l:file.name : substitute(l:file.name, '\\\(\W\)', '\1', 'g')
    " allow(glob): the user's own words, and no backtick in them
    let l:paths = filter(l:wild ? glob(l:file.name, 0, 1) : [], '!isdirectory(v:val)')
    for l:path in empty(l:paths) ? [l:name] : l:paths
      let l:whole = fnamemodify(l:path, ':p')
      call add(l:found, [getftype(l:whole) ==# '' ? l:path : l:whole, l:file.first, l:file.last])
    endfor
  endfor
  return l:found
endfunction

function! s:attach(mods, files) abort
  let l:buf = deepchat#chat#open(a:mods, 0)
  if l:buf == 0 || deepchat#chat#is_held(l:buf) || deepchat#chat#is_fixed(l:buf)
        \ || !deepchat#allow#ask(l:buf, map(copy(a:files), 'v:val[0]'))
    return
  endif
  let [l:have, l:sources] = [s:have(l:buf), []]
  for [l:path, l:first, l:last] in a:files
    let l:source = deepchat#source#file(l:buf, l:path, l:first, l:last)
    if index(l:have, l:source.from) < 0
      let l:have += [l:source.from]
      let l:sources += [l:source]
    endif
  endfor
  if empty(l:sources)
    call deepchat#ui#say('attached already; :DeepAttach! takes what has changed')
    return
  endif
  call deepchat#context#gather(deepchat#buf#new_id(), l:buf, l:sources, {why -> s:attached(l:buf, l:sources, why)})
endfunction

" What stands above the last turn of buf.
function! s:have(buf) abort
  return map(deepchat#context#above(a:buf, deepchat#turn#last_marker(a:buf)[0]), 'v:val[1]')
endfunction

function! s:attached(buf, sources, why) abort
  if a:why !=# '' || !bufloaded(a:buf)
    call deepchat#ui#error(s:reword(a:why, 'attached'))
    return
  endif
  let [l:have, l:lines] = [s:have(a:buf), []]
  for l:source in filter(copy(a:sources), 'index(l:have, v:val.from) < 0')
    let l:lines += deepchat#context#turn(l:source.from, l:source.lines, l:source.language)
  endfor
  call s:edit(a:buf, function('s:put'), [a:buf, l:lines])
endfunction

function! s:put(buf, lines) abort
  call deepchat#chat#add_context(a:buf, a:lines)
  return [0, deepchat#buf#line_count(a:buf) - 1]
endfunction

" The reasons are those of a send.
function! s:reword(why, done) abort
  let l:why = substitute(a:why, '\<nothing was sent\>', 'nothing was ' . a:done, '')
  return l:why ==# '' ? 'the chat was closed; nothing was ' . a:done : l:why
endfunction

" An undo step of its own, once the user lets it.
function! s:edit(buf, action, arguments) abort
  if bufloaded(a:buf) && deepchat#buf#edit({'buf': a:buf, 'tick': -1}, a:action, a:arguments) is# 'retry'
    call timer_start(s:AGAIN_MS, {-> s:edit(a:buf, a:action, a:arguments)})
  else
    call deepchat#attach#check(a:buf)
  endif
endfunction

" ---- :DeepAttach! ----------------------------------------------------------

" Take anew what differs: of all context turns, or of those from these files.
function! s:refresh(buf, names) abort
  if &filetype !=# 'deepchat'
    call deepchat#ui#error('this buffer is not a chat; :DeepChat opens one')
    return
  elseif deepchat#chat#is_held(a:buf) || deepchat#chat#is_fixed(a:buf)
    return
  endif
  let l:only = map(s:named(a:names), 'deepchat#allow#find(a:buf, v:val[0])')
  let l:sources = s:sources(a:buf, l:only)
  if empty(l:sources)
    call deepchat#ui#say('no context turn here comes from ' . (empty(a:names) ? 'a file' : 'that'))
  elseif deepchat#allow#ask(a:buf, map(filter(copy(l:sources), 'has_key(v:val, "path")'), 'v:val.path'))
    let l:job = {'buf': a:buf, 'left': len(l:sources), 'sources': l:sources, 'why': ''}
    for l:source in copy(l:sources)
      call deepchat#context#gather(deepchat#buf#new_id(), a:buf, [l:source], function('s:gathered', [l:job]))
    endfor
  endif
endfunction

" The sources of the context turns of buf that can be had again, once each.
function! s:sources(buf, only) abort
  let l:found = {}
  for l:line in filter(getbufline(a:buf, 1, '$'), 'v:val[0:10] ==# "%% context "')
    let l:from = s:from(l:line)
    let l:source = deepchat#source#again(a:buf, l:from)
    let l:file = get(l:source, 'file', deepchat#allow#find(a:buf, get(l:source, 'path', '')))
    if !empty(l:source) && (empty(a:only) || index(a:only, l:file) >= 0)
      let l:found[l:from] = extend(l:source, {'from': l:from})
    endif
  endfor
  return values(l:found)
endfunction

function! s:from(marker) abort
  return deepchat#turn#is_marker(a:marker) !=# 'context' ? ''
        \ : deepchat#context#decode(matchstr(a:marker, ' from=\zs\S*'))
endfunction

function! s:gathered(job, why) abort
  let a:job.left -= 1
  let a:job.why = a:why ==# '' ? a:job.why : a:why
  if a:job.left == 0
    call s:edit(a:job.buf, function('s:replace'), [a:job])
  endif
endfunction

" One edit: the turns that differ from what was got, the last ones first.
function! s:replace(job) abort
  let l:known = {}
  for l:source in filter(copy(a:job.sources), 'has_key(v:val, "lines")')
    let l:known[l:source.from] = l:source
  endfor
  let [l:count, l:rows] = [0, [0, 0]]
  for l:lnum in reverse(s:turns(a:job.buf))
    let l:source = get(l:known, s:from(getbufline(a:job.buf, l:lnum)[0]), {})
    if !empty(l:source)
      let l:last = deepchat#turn#range_end(a:job.buf, l:lnum)
      let l:old = getbufline(a:job.buf, l:lnum, l:last)
      if deepchat#context#lines(l:old) !=# l:source.lines
        let l:new = deepchat#context#turn(l:source.from, l:source.lines, l:source.language)
        call deepchat#port#replace(a:job.buf, l:lnum - 1, len(l:old), [l:old[0]] + l:new[1:])
        let l:rows = [l:lnum - 1, max([l:rows[1], l:lnum + len(l:new)])]
        let l:count += 1
      endif
    endif
  endfor
  call s:tell(l:count, a:job.why)
  call deepchat#turn#refold(a:job.buf)
  return l:rows
endfunction

function! s:tell(count, why) abort
  let l:done = a:count == 0 ? 'no context turn has changed'
        \ : printf('%d context turn%s taken anew', a:count, a:count == 1 ? '' : 's')
  if a:why ==# ''
    call deepchat#ui#say(l:done)
  else
    call deepchat#ui#error(substitute(a:why, '\%(^nothing was sent; \|; nothing was sent$\)', '', '') . '; ' . l:done)
  endif
endfunction

" Lines of the markers of context turns in buf.
function! s:turns(buf) abort
  let l:found = []
  let l:lines = getbufline(a:buf, 1, '$')
  let l:at = match(l:lines, '^%% context ')
  while l:at >= 0
    let l:found += deepchat#turn#is_marker(l:lines[l:at]) ==# 'context' ? [l:at + 1] : []
    let l:at = match(l:lines, '^%% context ', l:at + 1)
  endwhile
  return l:found
endfunction

" ---- what has changed since ------------------------------------------------

" True if the source of this marker's turn has changed, as far as was looked.
function! deepchat#attach#is_stale(buf, marker) abort
  return has_key(getbufvar(a:buf, 'deepchat_stale', {}), s:from(a:marker))
endfunction

" Look at the sources of all chats in windows.
function! deepchat#attach#check_all() abort
  for l:window in getwininfo()
    if getbufvar(l:window.bufnr, '&filetype') ==# 'deepchat'
      call deepchat#attach#check(l:window.bufnr)
    endif
  endfor
endfunction

" The user has changed buf, where a mark may not stand at its turn any more.
function! deepchat#attach#edited(buf) abort
  if getbufvar(a:buf, 'deepchat_stale_marks', 0) > 0 && deepchat#buf#running(a:buf) == 0
    call deepchat#attach#check(a:buf)
  endif
endfunction

" Look at the sources of the context turns of buf, bit by bit, so that no key
" has to wait; a later round ends this one.
function! deepchat#attach#check(buf) abort
  let s:rounds[a:buf] = get(s:rounds, a:buf, 0) + 1
  let l:round = {'buf': a:buf, 'number': s:rounds[a:buf], 'next': 1, 'stale': {}, 'rows': []}
  call timer_start(1, {-> s:step(l:round)})
endfunction

function! s:step(round) abort
  if !bufloaded(a:round.buf) || s:rounds[a:round.buf] != a:round.number
    return
  endif
  let l:lines = getbufline(a:round.buf, a:round.next, a:round.next + s:AT_ONCE - 1)
  let l:at = match(l:lines, '^%% context ')
  if l:at >= 0
    call s:look(a:round, a:round.next + l:at)
    let a:round.next += l:at + 1
  else
    let a:round.next += s:AT_ONCE
  endif
  if l:at < 0 && len(l:lines) < s:AT_ONCE
    call s:show(a:round)
  else
    call timer_start(1, {-> s:step(a:round)})
  endif
endfunction

function! s:look(round, lnum) abort
  let l:from = s:from(getbufline(a:round.buf, a:lnum)[0])
  let l:now = l:from ==# '' ? [0, []] : s:now(a:round.buf, l:from)
  if !l:now[0]
    return
  endif
  let l:turn = getbufline(a:round.buf, a:lnum, deepchat#turn#range_end(a:round.buf, a:lnum))
  if deepchat#context#lines(l:turn) !=# l:now[1]
    let a:round.stale[l:from] = 1
    let a:round.rows += [a:lnum - 1]
  endif
endfunction

" [1, lines] of a source as it is now; [0, []] if nobody knows.
function! s:now(buf, from) abort
  let l:source = deepchat#source#again(a:buf, a:from)
  if has_key(l:source, 'why')
    return [1, []]
  elseif has_key(l:source, 'lines')
    return [1, l:source.lines]
  endif
  let l:file = deepchat#allow#find(a:buf, get(l:source, 'path', ''))
  let l:size = getfsize(l:file)
  if l:file ==# '' || getftype(l:file) !=# 'file' || !filereadable(l:file) || l:size < 0 || l:size > s:MOST
    return [0, []]
  endif
  let l:lines = s:read(l:file)
  return [1, l:source.first == 0 ? l:lines : l:source.last > len(l:lines) ? [] : l:lines[l:source.first - 1 : l:source.last - 1]]
endfunction

" As the host reads it.
function! s:read(file) abort
  let l:lines = readfile(a:file, 'b')
  if get(l:lines, 0, '')[0:2] ==# "\xef\xbb\xbf"
    let l:lines[0] = l:lines[0][3:]
  endif
  let l:ended = l:lines[:-2]
  if !empty(l:ended) && match(l:ended, '[^\r]$\|^$') < 0
    let l:lines = map(l:ended, 'v:val[:-2]') + l:lines[-1:]
  endif
  return len(l:lines) > 1 && l:lines[-1] ==# '' ? l:lines[:-2] : l:lines
endfunction

function! s:show(round) abort
  let l:marks = getbufvar(a:round.buf, 'deepchat_stale_marks', 0)
  for l:at in range(max([l:marks, len(a:round.rows)]))
    let l:row = get(a:round.rows, l:at, -1)
    call deepchat#port#virtual(a:round.buf, s:KEYS + l:at, max([l:row, 0]),
          \ l:row < 0 ? [] : [[s:WORDS, 'DeepChatStatus']], 0)
  endfor
  call setbufvar(a:round.buf, 'deepchat_stale_marks', len(a:round.rows))
  call setbufvar(a:round.buf, 'deepchat_stale', a:round.stale)
endfunction

let &cpoptions = s:cpo
unlet s:cpo
