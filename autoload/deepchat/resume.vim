" :DeepResume: replies that a crash of the editor or the host interrupted. The
" host finds them in its journal, this puts them into their chats.

let s:cpo = &cpoptions
set cpoptions&vim

let s:mods = ''
let s:found = []
let s:coming = {}
let s:list = 0
let s:asked = 0

" :DeepResume
function! deepchat#resume#command(mods) abort
  let s:mods = a:mods
  let s:found = []
  let s:asked = 1
  call s:send('resume', {'settings': deepchat#settings()})
endfunction

" True if the user has looked already.
function! deepchat#resume#is_asked() abort
  return s:asked
endfunction

function! s:send(op, args) abort
  let l:why = deepchat#host#send(a:op, a:args)
  if l:why !=# ''
    call deepchat#ui#error(l:why)
  endif
endfunction

" Host: what the journal holds that no chat file has, newest first; a list of
" maps: file chat project model started finish lost writing question bytes.
" more: further ones come in another call.
function! deepchat#resume#show(entries, more) abort
  let s:found += a:entries
  if a:more
    return
  endif
  if empty(s:found)
    call deepchat#ui#say('nothing to resume')
  elseif len(s:found) == 1
    call s:take(s:found[0])
  else
    call deepchat#wait#later(function('s:show_list', [s:found]))
  endif
endfunction

" Ask the host for the texts of an entry. Returns 0 if they are not all there.
function! s:take(entry) abort
  if a:entry.writing
    call deepchat#ui#say(printf('still coming in (%d bytes so far); :DeepResume again', a:entry.bytes))
    return 0
  endif
  let s:coming[a:entry.file] = extend({'user': [], 'turns': []}, a:entry)
  call s:send('restore', {'file': a:entry.file})
  return 1
endfunction

" Host: a piece of a part ('user' or 'turns') of the entry of file; part is
" 'gone' if it cannot be had. Returns 1 if more may come.
function! deepchat#resume#piece(file, part, text, last) abort
  let l:entry = get(s:coming, a:file, {})
  if empty(l:entry)
    return 0
  endif
  if a:part !=# 'gone'
    call add(l:entry[a:part], a:text)
    if !a:last
      return 1
    endif
  endif
  call remove(s:coming, a:file)
  if a:part ==# 'gone'
    call deepchat#ui#error('that reply is not there any more')
    return 0
  endif
  let l:entry.user = join(l:entry.user, '')
  let l:entry.turns = join(l:entry.turns, '')
  call deepchat#wait#later(function('s:restore', [l:entry]))
  return 1
endfunction

" ---- the list --------------------------------------------------------------

function! s:show_list(entries) abort
  if s:list > 0 && bufexists(s:list)
    execute 'bwipeout' str2nr(s:list)
  endif
  if !deepchat#ui#open(s:mods . ' new')
    return
  endif
  setlocal modifiable buftype=nofile bufhidden=wipe noswapfile nobuflisted nowrap undolevels=-1
  execute 'silent keepalt file' fnameescape('[DeepResume]')
  let s:list = bufnr('%')
  let b:deepchat_entries = a:entries
  call setline(1, map(copy(a:entries), {_, e -> s:describe(e)}))
  setlocal nomodifiable nomodified cursorline
  nnoremap <buffer> <silent> <nowait> <CR> :<C-U>call <SID>pick()<CR>
  nnoremap <buffer> <silent> <nowait> dd :<C-U>call <SID>discard()<CR>
  nnoremap <buffer> <silent> <nowait> q :<C-U>call <SID>leave()<CR>
  call deepchat#ui#say(len(a:entries) . ' replies; <CR> restores, dd discards, q closes')
endfunction

function! s:describe(entry) abort
  let l:state = a:entry.writing ? 'coming in' : a:entry.lost !=# '' ? 'taken out' : a:entry.finish
  return printf('%s  %-11s  %7d bytes  %s  %s', strftime('%m-%d %H:%M', a:entry.started), l:state,
        \ a:entry.bytes, fnamemodify(a:entry.chat, ':t'), substitute(a:entry.question, '[[:cntrl:]]', ' ', 'g'))
endfunction

function! s:leave() abort
  if winnr('$') > 1
    close
  else
    enew
  endif
endfunction

function! s:pick() abort
  if s:take(b:deepchat_entries[line('.') - 1])
    call s:leave()
  endif
endfunction

function! s:discard() abort
  let l:at = line('.') - 1
  let l:entry = b:deepchat_entries[l:at]
  if l:entry.writing
    call s:take(l:entry)
    return
  endif
  call s:send('forget', {'file': l:entry.file})
  call remove(b:deepchat_entries, l:at)
  if empty(b:deepchat_entries)
    call s:leave()
  else
    setlocal modifiable
    silent delete _
    setlocal nomodifiable nomodified
  endif
  call deepchat#ui#say(printf('discarded %d bytes of a reply of %s', l:entry.bytes,
        \ strftime('%H:%M', l:entry.started)))
endfunction

" ---- putting it back -------------------------------------------------------

" Open the chat of an entry and put the reply into it.
function! s:restore(entry) abort
  if !s:open(a:entry)
    return
  endif
  let l:buf = bufnr('%')
  if deepchat#buf#running(l:buf) > 0
    call deepchat#ui#error('a reply is running here; :DeepStop first')
    return
  elseif deepchat#chat#is_fixed(l:buf)
    return
  endif
  let l:old = getbufline(l:buf, 1, '$')
  let [l:first, l:count, l:with_user] = s:place(l:old, a:entry)
  let l:lines = s:numbered(split(substitute(a:entry.turns, '\n$', '', ''), "\n", 1), l:old, l:first)
  if l:with_user
    let l:lines = ['%% user', '']
          \ + map(split(a:entry.user, "\n", 1), {_, l -> deepchat#turn#escape(l)}) + [''] + l:lines
  endif
  if l:first + l:count >= len(l:old)
    let l:lines += ['%% user', '', '']
  endif
  if l:first > 0 && l:old[l:first - 1] !~# '^\s*$'
    let l:lines = [''] + l:lines
  endif
  call deepchat#port#undo_break(l:buf)
  call deepchat#port#replace(l:buf, l:first, l:count, l:lines)
  call deepchat#chat#to_end()
  call deepchat#chat#shown(l:buf)
  call setbufvar(l:buf, 'deepchat_restored', getbufvar(l:buf, 'deepchat_restored', []) + [a:entry.file])
  if deepchat#file#autosave(l:buf)
        \ && deepchat#file#name(l:buf, deepchat#file#chat_dir()) && deepchat#file#save(l:buf)
    call deepchat#resume#saved(l:buf)
  endif
  call deepchat#ui#say(printf('restored %d bytes of a reply (%s)', a:entry.bytes, a:entry.finish))
endfunction

" Turns that go between lines below row first: where alternates are among them,
" the answer is the one in front of these, behind those that stand there.
function! s:numbered(turns, lines, first) abort
  let l:at = match(a:turns, '^%% assistant\>')
  if deepchat#turn#is_marker(a:turns[0]) !=# 'alternate' || l:at < 0
    return a:turns
  endif
  let l:number = 1
  for l:row in range(a:first - 1, 0, -1)
    let l:role = deepchat#turn#is_marker(a:lines[l:row])
    if l:role ==# 'alternate'
      let l:number += 1
    elseif l:role !=# ''
      break
    endif
  endfor
  let l:turns = copy(a:turns)
  let l:turns[l:at] .= ' alt=' . l:number
  return l:turns
endfunction

" The file of buf has all of it: the journal need not keep what was restored.
function! deepchat#resume#saved(buf) abort
  for l:file in getbufvar(a:buf, 'deepchat_restored', [])
    call deepchat#host#send('forget', {'file': l:file})
  endfor
  call setbufvar(a:buf, 'deepchat_restored', [])
endfunction

" Go to the chat of an entry. Returns 0 where no window can be opened.
function! s:open(entry) abort
  if deepchat#ui#is_cmdwin()
    return 0
  endif
  let l:chat = a:entry.chat ==# '' ? s:unanswered(a:entry) : a:entry.chat
  let l:buf = l:chat !=# '' && bufexists(l:chat) ? bufnr(fnameescape(l:chat)) : 0
  if l:buf > 0 && bufwinnr(l:buf) > 0
    execute bufwinnr(l:buf) 'wincmd w'
  elseif l:buf > 0 && bufloaded(l:buf)
    return deepchat#ui#open(s:mods . ' sbuffer ' . l:buf)
  elseif filereadable(l:chat)
    return deepchat#ui#open_file(s:mods, l:chat)
  else
    if deepchat#chat#open(s:mods, 1) == 0
      return 0
    endif
    let b:deepchat_project = a:entry.project ==# '' ? b:deepchat_project : a:entry.project
  endif
  return 1
endfunction

" The chat that a crash caught between its getting a file and the journal being
" told: the one with this question and an empty answer to it, '' if none has.
function! s:unanswered(entry) abort
  let l:dir = deepchat#file#dir(deepchat#file#chat_dir(), a:entry.project)
  for l:name in isdirectory(l:dir) ? readdir(l:dir, 'v:val =~# "\\.deepchat\\.md$"') : []
    let l:path = l:dir . '/' . l:name
    let l:lines = getftime(l:path) < a:entry.started ? [] : readfile(l:path)
    let [l:first, l:count, l:with_user] = s:place(l:lines, a:entry)
    if !l:with_user && l:count > 0 && deepchat#turn#is_marker(l:lines[l:first]) ==# 'assistant'
          \ && s:turn_text(l:lines[l:first + 1 :]) ==# ''
      return l:path
    endif
  endfor
  return ''
endfunction

" Where the reply belongs: [lines above it, lines to replace, whether the
" user's turn has to be written too]. A part of the reply that stands behind
" the user's turn already, and an empty turn at the end, are replaced. A draft
" at the end stays there.
function! s:place(lines, entry) abort
  let l:at = len(a:lines) - 1
  let l:draft = -1
  while l:at >= 0
    let l:role = deepchat#turn#is_marker(a:lines[l:at])
    if l:role ==# 'user' && s:same(a:lines[l:at + 1 :], a:entry.user)
      return s:behind(a:lines, l:at, a:entry)
    endif
    if l:role !=# '' && l:draft < 0
      let l:draft = l:role ==# 'user' && s:turn_text(a:lines[l:at + 1 :]) !=# '' ? l:at : len(a:lines)
    endif
    let l:at -= 1
  endwhile
  if l:draft >= 0 && l:draft < len(a:lines)
    return [l:draft, 0, 1]
  endif
  let l:end = len(a:lines)
  while l:end > 0 && (a:lines[l:end - 1] =~# '^\s*$' || a:lines[l:end - 1] ==# '%% user')
    let l:end -= 1
  endwhile
  return [l:end, len(a:lines) - l:end, 1]
endfunction

" True if the turn that begins with these lines is text.
function! s:same(lines, text) abort
  let l:lines = split(s:turn_text(a:lines), "\n", 1)
  return join(map(l:lines, {_, l -> deepchat#turn#unescape(l)}), "\n") ==# trim(a:text)
endfunction

function! s:turn_text(lines) abort
  let l:end = s:next(a:lines, 0)
  return l:end == 0 ? '' : trim(join(a:lines[: l:end - 1], "\n"))
endfunction

" The row of the first marker from row on, or of the end.
function! s:next(lines, row) abort
  let l:row = match(a:lines, '^%% ', a:row)
  while l:row >= 0 && deepchat#turn#is_marker(a:lines[l:row]) ==# ''
    let l:row = match(a:lines, '^%% ', l:row + 1)
  endwhile
  return l:row < 0 ? len(a:lines) : l:row
endfunction

" Behind the user's turn at row at, and what a fork has put away there.
function! s:behind(lines, at, entry) abort
  let l:whole = s:texts(a:entry.turns)
  let l:first = s:next(a:lines, a:at + 1)
  while l:first < len(a:lines) && deepchat#turn#is_marker(a:lines[l:first]) ==# 'alternate'
        \ && !s:is_part(a:lines, l:first, l:whole)
    let l:first = s:next(a:lines, l:first + 1)
  endwhile
  let l:end = l:first
  while l:end < len(a:lines) && s:is_part(a:lines, l:end, l:whole)
    let l:end = s:next(a:lines, l:end + 1)
  endwhile
  return [l:first, l:end - l:first, 0]
endfunction

" Lists of the texts of turns by their roles. An alternate's is also that of the
" answer in it: as such it stands in a chat while it comes.
function! s:texts(turns) abort
  let l:lines = split(a:turns, "\n", 1)
  let l:texts = {}
  let l:row = s:next(l:lines, 0)
  while l:row < len(l:lines)
    let l:role = deepchat#turn#is_marker(l:lines[l:row])
    let l:texts[l:role] = get(l:texts, l:role, []) + [s:turn_text(l:lines[l:row + 1 :])]
    let l:next = s:next(l:lines, l:row + 1)
    if l:role ==# 'alternate'
      let l:turns = deepchat#alt#to_turns(l:lines[l:row : l:next - 1])
      let l:at = match(l:turns, '^%% assistant\>')
      let l:texts[l:role] += l:at < 0 ? [] : [s:turn_text(l:turns[l:at + 1 :])]
    endif
    let l:row = l:next
  endwhile
  return l:texts
endfunction

" True if the turn at row is something the restored reply replaces: how one of
" its turns begins, or an empty turn.
function! s:is_part(lines, row, whole) abort
  let l:role = deepchat#turn#is_marker(a:lines[a:row])
  let l:text = s:turn_text(a:lines[a:row + 1 :])
  return l:text ==# '' || !empty(filter(copy(get(a:whole, l:role, [])), {_, whole -> stridx(whole, l:text) == 0}))
endfunction

let &cpoptions = s:cpo
unlet s:cpo
