" :DeepChats: saved chats, the latest first, to pick one from, or what a pattern
" finds in them. The list is there at once; what stands in the files is read
" bit by bit, so that no key has to wait for thousands of them.

let s:cpo = &cpoptions
set cpoptions&vim

" Seconds to read files in one go: before the list is shown, and later.
let s:AT_FIRST = 0.02
let s:AT_ONCE = 0.008

let s:HITS_MAX = 10000

" Markers, escaped ones, and little else: turn.vim knows exactly but is slow.
let s:MARKER = '\C^%%\+ \l\+\%( \l[a-z0-9_-]*=\S*\)*\s*$'

" By path: [[time, size] of the file, what it holds].
let s:known = {}

let s:list = 0

" :DeepChats[!] [pattern]
function! deepchat#chats#command(mods, all, pattern) abort
  if getcmdwintype() !=# ''
    call deepchat#ui#error('no list opens from the command-line window')
    return
  endif
  stopinsert
  let l:chats = s:find(a:all ? '' : getbufvar('%', 'deepchat_project', deepchat#file#project(bufnr('%'))))
  if empty(l:chats)
    call deepchat#ui#say(a:all ? 'no saved chats' : 'no saved chats of this project; :DeepChats! has all')
  elseif a:pattern ==# ''
    call s:show(a:mods, l:chats, a:all)
  else
    call s:search(a:mods, l:chats, a:pattern)
  endif
endfunction

" The chats of a project, '' for all, the latest first: each [time, path].
function! s:find(project) abort
  let l:top = deepchat#file#chat_dir()
  let l:dirs = a:project !=# '' ? [deepchat#file#dir(l:top, a:project)]
        \ : [l:top] + map(s:names(l:top, '.'), {_, name -> l:top . '/' . name})
  let l:chats = []
  for l:dir in filter(l:dirs, 'isdirectory(v:val)')
    for l:name in s:names(l:dir, '\.deepchat\.md$')
      let l:path = l:dir . '/' . l:name
      call add(l:chats, [getftime(l:path), l:path])
    endfor
  endfor
  return reverse(sort(l:chats))
endfunction

" Names in a folder; none if it cannot be read.
function! s:names(dir, pattern) abort
  let l:names = []
  silent! let l:names = readdir(a:dir, {name -> name =~# a:pattern})
  return l:names
endfunction

" Paths of buffers that are not as their files are.
function! s:unwritten() abort
  let l:found = {}
  for l:info in getbufinfo({'bufloaded': 1, 'bufmodified': 1})
    let l:found[fnamemodify(l:info.name, ':p')] = l:info.bufnr
  endfor
  return l:found
endfunction

function! s:lines(path, unwritten) abort
  try
    return has_key(a:unwritten, a:path) ? getbufline(a:unwritten[a:path], 1, '$') : readfile(a:path)
  catch
    return []
  endtry
endfunction

" ---- what a chat holds -----------------------------------------------------

" Its title, how many turns it has, and what it has cost.
function! s:about(path, unwritten) abort
  let l:state = [getftime(a:path), getfsize(a:path)]
  let l:known = get(s:known, a:path, [[]])
  if l:known[0] ==# l:state && !has_key(a:unwritten, a:path)
    return l:known[1]
  endif
  let l:lines = s:lines(a:path, a:unwritten)
  let l:first = match(l:lines, '\S', get(l:lines, 0, '') ==# '---' ? index(l:lines, '---', 1) + 1 : 0)
  let l:about = s:count(l:lines, l:first)
  let l:title = s:title(l:lines, l:first)
  let l:about.title = l:title ==# '' ? fnamemodify(a:path, ':t:r:r') : l:title
  if !has_key(a:unwritten, a:path)
    let s:known[a:path] = [l:state, l:about]
  endif
  return l:about
endfunction

" first: the row where the chat begins, behind its front matter; what is not
" below a marker there is a user turn. An alternate may hold turns, with escaped
" markers; they have cost, too.
function! s:count(lines, first) abort
  let l:about = {'turns': a:first >= 0 && a:lines[a:first] !~# s:MARKER, 'cost': 0.0, 'sure': 1}
  let [l:role, l:last] = ['', -1]
  let l:at = match(a:lines, s:MARKER)
  while l:at >= 0
    let l:line = a:lines[l:at]
    if l:line[2] ==# ' '
      let [l:role, l:last] = [matchstr(l:line, '\l\+'), l:at]
      let l:about.turns += l:role ==# 'user' || l:role ==# 'assistant'
    endif
    if l:line =~# '=' && (l:line[2] ==# ' ' || l:role ==# 'alternate')
      let l:about.cost += str2float(matchstr(l:line, ' cost=\zs\S*')) + str2float(matchstr(l:line, ' est=\zs\S*'))
      let l:about.sure = l:about.sure && l:line !~# ' est='
    endif
    let l:at = match(a:lines, s:MARKER, l:at + 1)
  endwhile
  let l:about.turns -= l:role ==# 'user' && match(a:lines, '\S', l:last + 1) < 0
  return l:about
endfunction

" The title in the front matter, else the first words of the user.
function! s:title(lines, first) abort
  let l:row = a:first > 0 ? match(a:lines[: a:first - 1], '^title:\s*\S') : -1
  if l:row > 0
    return s:clean(substitute(matchstr(a:lines[l:row], ':\s*\zs.*'), '^"\(.*\)"$', '\1', ''))
  endif
  let l:first = a:first
  if l:first >= 0 && deepchat#turn#is_marker(a:lines[l:first]) !=# ''
    let l:first = match(a:lines, '\C^%% user\s*$') + 1
    let l:first = l:first > 0 ? match(a:lines, '\S', l:first) : -1
  endif
  let l:line = l:first < 0 ? '' : a:lines[l:first]
  return deepchat#turn#is_marker(l:line) ==# '' ? s:clean(deepchat#turn#unescape(l:line)) : ''
endfunction

function! s:clean(text) abort
  return trim(substitute(strpart(a:text, 0, 400), '[[:cntrl:]]', ' ', 'g'))
endfunction

" ---- the list --------------------------------------------------------------

function! s:show(mods, chats, all) abort
  if s:list > 0 && bufexists(s:list)
    execute 'bwipeout' str2nr(s:list)
  endif
  if !deepchat#ui#open(a:mods . ' new')
    return
  endif
  setlocal modifiable buftype=nofile bufhidden=wipe noswapfile nobuflisted nowrap undolevels=-1
  execute 'silent keepalt file' fnameescape('[DeepChats]')
  let s:list = bufnr('%')
  let b:deepchat_chats = a:chats
  let l:now = localtime()
  call setline(1, map(copy(a:chats), {_, chat -> s:age(l:now - chat[0], chat[0])}))
  call s:fill({'buf': bufnr('%'), 'row': 0, 'chats': a:chats, 'all': a:all, 'now': l:now}, s:AT_FIRST)
  setlocal nomodified cursorline
  nnoremap <buffer> <silent> <nowait> <CR> :<C-U>call <SID>pick()<CR>
  nnoremap <buffer> <silent> <nowait> q :<C-U>call <SID>leave()<CR>
  call deepchat#ui#say(len(a:chats) . (len(a:chats) == 1 ? ' chat' : ' chats') . '; <CR> opens, q closes')
endfunction

" Say what the chats from row on hold, as many as time allows, then the others.
function! s:fill(list, seconds) abort
  if !bufloaded(a:list.buf)
    return
  endif
  let [l:unwritten, l:start, l:lines] = [s:unwritten(), reltime(), []]
  while a:list.row + len(l:lines) < len(a:list.chats) && reltimefloat(reltime(l:start)) < a:seconds
    call add(l:lines, s:line(a:list, a:list.chats[a:list.row + len(l:lines)], l:unwritten))
  endwhile
  call setbufvar(a:list.buf, '&modifiable', 1)
  call setbufline(a:list.buf, a:list.row + 1, l:lines)
  call setbufvar(a:list.buf, '&modifiable', 0)
  call setbufvar(a:list.buf, '&modified', 0)
  let a:list.row += len(l:lines)
  if a:list.row < len(a:list.chats)
    call timer_start(1, {-> s:fill(a:list, s:AT_ONCE)})
  endif
endfunction

function! s:line(list, chat, unwritten) abort
  let l:about = s:about(a:chat[1], a:unwritten)
  return printf('%s %4d turn%s %10s  %s%s', s:age(a:list.now - a:chat[0], a:chat[0]), l:about.turns,
        \ l:about.turns == 1 ? ' ' : 's', s:price(l:about),
        \ a:list.all ? fnamemodify(a:chat[1], ':h:t') . ': ' : '', l:about.title)
endfunction

function! s:price(about) abort
  return a:about.cost == 0 ? '' : (a:about.sure ? '' : '~') . deepchat#sum#dollars(a:about.cost)
endfunction

function! s:age(seconds, time) abort
  let l:minutes = a:seconds / 60
  return printf('%10s', l:minutes < 1 ? 'now' : l:minutes < 60 ? l:minutes . ' min'
        \ : l:minutes < 1440 ? l:minutes / 60 . ' h'
        \ : l:minutes < 20160 ? l:minutes / 1440 . ' d' : strftime('%Y-%m-%d', a:time))
endfunction

function! s:leave() abort
  if winnr('$') + tabpagenr('$') > 2
    close
  else
    enew
  endif
endfunction

" The chat under the cursor: in its window if it has one, else in this one.
function! s:pick() abort
  let l:path = b:deepchat_chats[line('.') - 1][1]
  if !filereadable(l:path)
    call deepchat#ui#error(getftype(l:path) ==# '' ? 'that chat is not there any more' : 'that chat cannot be read')
    return
  endif
  let l:buf = bufexists(l:path) ? bufnr(fnameescape(l:path)) : 0
  if l:buf > 0 && bufwinnr(l:buf) > 0
    call s:leave()
    execute bufwinnr(l:buf) 'wincmd w'
  else
    execute 'edit' fnameescape(l:path)
    call deepchat#chat#to_end()
  endif
  let b:deepchat_project = deepchat#file#owner(l:path)
  call deepchat#chat#note_last(bufnr('%'))
endfunction

" ---- the hits of a pattern -------------------------------------------------

" Case counts as in a search; what is behind a backslash makes nothing "smart".
function! s:search(mods, chats, pattern) abort
  let l:plain = substitute(a:pattern, '\\[%_]\?.', '', 'g')
  let l:pattern = (&smartcase && l:plain !=# tolower(l:plain) ? '\C' : '') . a:pattern
  try
    call match('', l:pattern)
  catch
    call deepchat#ui#error('bad pattern: ' . matchstr(v:exception, 'E\d\+: \zs.*'))
    return
  endtry
  let l:hits = s:hits(a:chats, l:pattern)
  if empty(l:hits)
    call deepchat#ui#say('no saved chat has ' . a:pattern)
    return
  endif
  call setqflist([], ' ', {'title': ':DeepChats ' . a:pattern, 'items': l:hits})
  if deepchat#ui#open(a:mods . ' copen') && len(l:hits) >= s:HITS_MAX
    call deepchat#ui#say(printf('the first %d hits; a longer pattern has fewer', s:HITS_MAX))
  endif
endfunction

function! s:hits(chats, pattern) abort
  let [l:hits, l:unwritten] = [[], s:unwritten()]
  for l:path in map(copy(a:chats), 'v:val[1]')
    let l:lines = s:lines(l:path, l:unwritten)
    let l:at = match(l:lines, a:pattern)
    while l:at >= 0 && len(l:hits) < s:HITS_MAX
      if deepchat#turn#is_marker(l:lines[l:at]) ==# ''
        call add(l:hits, {'filename': l:path, 'lnum': l:at + 1, 'col': match(l:lines[l:at], a:pattern) + 1,
              \ 'module': matchstr(s:about(l:path, l:unwritten).title, '^.*\%<40v.'), 'text': l:lines[l:at]})
      endif
      let l:at = match(l:lines, a:pattern, l:at + 1)
    endwhile
  endfor
  return l:hits
endfunction

let &cpoptions = s:cpo
unlet s:cpo
