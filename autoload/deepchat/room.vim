" The place of an answer in a chat: the markers and the empty turn that are made
" for it, a fork, the marker's pairs at the end, and taking all that away again.
" One of the kinds of buf.vim; 'end' is where the turn that was sent ends.

let s:cpo = &cpoptions
set cpoptions&vim

" Prepare a reply to the turn that ends with row (0-based). rest is the row
" where the turns begin that a fork leaves behind, -1 if there are none. Returns
" its id.
function! deepchat#room#expect(buf, row, rest) abort
  let l:reply = deepchat#buf#expect(a:buf, s:KIND, {'rest': a:rest})
  let l:len = strlen(get(getbufline(a:buf, a:row + 1), 0, ''))
  call deepchat#buf#anchor(l:reply, 'end', a:row, l:len, a:row, l:len)
  return l:reply.id
endfunction

function! s:begin(reply, about) abort
  let l:at = deepchat#buf#anchor_at(a:reply, 'end')
  if empty(l:at)
    return 'deleted'
  endif
  if deepchat#buf#user_is_busy(a:reply.buf, l:at[2])
    return 'retry'
  endif
  return deepchat#buf#edit(a:reply, function('s:make_room'), [a:reply, l:at[2]])
endfunction

" The request is on its way: the chat gets a name and is written. Also for other
" kinds of answers in chats.
function! deepchat#room#started(reply, about) abort
  let a:reply.model = a:about.model
  if deepchat#file#autosave(a:reply.buf) && deepchat#file#name(a:reply.buf, a:about.chat_dir)
    call deepchat#buf#save(a:reply.buf)
  endif
  call deepchat#turn#refold(a:reply.buf)
  return deepchat#file#path(a:reply.buf)
endfunction

" True if the text at at still stands under its marker. As started().
function! deepchat#room#alive(reply, at) abort
  let l:head = deepchat#buf#anchor_at(a:reply, 'head')
  return !empty(l:head) && l:head[0] < a:at[0]
        \ && get(getbufline(a:reply.buf, l:head[0] + 1), 0, '') =~# '^%% assistant\>'
endfunction

" What shows the answer besides its text. As started().
function! deepchat#room#looks(reply, event) abort
  if a:event.row >= 0
    call deepchat#continue#note_end(a:reply.buf, a:event.row + 1)
  endif
  call deepchat#ui#decorate(a:reply.buf, a:event)
  call deepchat#turn#refold(a:reply.buf)
  call deepchat#syntax#fences(a:reply.buf)
endfunction

" Save the chat. As started().
function! deepchat#room#save(reply) abort
  return deepchat#buf#save(a:reply.buf)
endfunction

function! s:blank(buf, row) abort
  return get(getbufline(a:buf, a:row + 1), 0, 'x') =~# '^\s*$'
endfunction

" The lines from row on as one alternate turn: markers in them are escaped.
function! s:fork(buf, row) abort
  let l:lines = getbufline(a:buf, a:row + 1, '$')
  while !empty(l:lines) && (l:lines[-1] =~# '^\s*$' || l:lines[-1] =~# '^%% user\s*$')
    call remove(l:lines, -1)
  endwhile
  if empty(l:lines)
    return []
  endif
  return ['%% alternate', ''] + map(l:lines, {_, l -> deepchat#turn#escape(l)}) + ['']
endfunction

" The markers, the empty reply and the next turn, under the turn that ends in
" row, and what that takes along above it; in a fork the turns below become an
" alternate in the same edit.
function! s:make_room(reply, row) abort
  let l:buf = a:reply.buf
  let l:count = deepchat#buf#line_count(l:buf)
  let l:fork = a:reply.rest >= 0
  let l:first = l:fork ? a:reply.rest : a:row + 1
  let l:lines = s:blank(l:buf, l:first - 1) ? [] : ['']
  let l:lines += l:fork ? s:fork(l:buf, a:reply.rest) : []
  let l:head = l:first + len(l:lines)
  let l:typed = !l:fork && l:first < l:count
  let l:lines += ['%% assistant', '', '', '', '%% user', ''] + (l:typed ? [] : [''])
  let a:reply.first = l:first
  let a:reply.sent_row = a:row
  let a:reply.keep_blank = s:blank(l:buf, a:row)
  call deepchat#port#replace(l:buf, l:first, l:fork ? l:count - l:first : 0, l:lines)
  for [l:what, l:below] in [['head', 0], ['text', 2], ['tail', 4]]
    call deepchat#buf#anchor(a:reply, l:what, l:head + l:below, 0, l:head + l:below, 0)
  endfor
  let a:reply.begun = 1
  call s:follow_end(a:reply)
  let [l:more, l:top] = deepchat#context#insert(a:reply, a:row)
  return [min([l:top, l:first]), l:first + len(l:lines) + l:more - 1]
endfunction

" A cursor that stood at the end of the turn that was sent goes on to the new
" turn's empty line.
function! s:follow_end(reply) abort
  let l:last = deepchat#buf#line_count(a:reply.buf)
  for l:win in win_findbuf(a:reply.buf)
    if line('.', l:win) > a:reply.sent_row && line('.', l:win) <= a:reply.first
          \ && !(l:win == win_getid() && mode(1) =~# '^\%(no\|[vV\x16sS\x13]\)')
      call deepchat#port#cursor(l:win, l:last, 0)
    endif
  endfor
endfunction

" The end of an answer that has text. As started().
function! deepchat#room#set_marker(reply, about) abort
  let l:pairs = deepchat#model#pairs(a:reply, a:about.pairs)
  let l:choices = map(copy(get(a:about, 'choices', [])), {_, pairs -> pairs ==# '' ? '' : deepchat#model#pairs(a:reply, pairs)})
  let [l:alt, l:top] = deepchat#choice#end(a:reply, {'pairs': l:pairs, 'choices': l:choices})
  let l:row = deepchat#buf#anchor_at(a:reply, 'head')[0]
  let l:more = s:typed_behind(getbufline(a:reply.buf, l:row + 1)[0])
  call deepchat#port#replace(a:reply.buf, l:row, 1, ['%% assistant' . l:pairs . l:alt] + l:more)
  call deepchat#buf#anchor(a:reply, 'head', l:row, 0, l:row, 0)
  return [l:top < 0 ? l:row : l:top, l:row + len(l:more)]
endfunction

" What the user has written on the line of a marker, which makes it none, as
" lines below it.
function! s:typed_behind(line) abort
  let l:text = deepchat#turn#is_marker(a:line) ==# '' ? matchstr(a:line, '^%% assistant\s*\zs.*') : ''
  return l:text ==# '' ? [] : ['', deepchat#turn#escape(l:text)]
endfunction

" Not a byte of the reply came: take its markers away again. What the user
" typed meanwhile joins the turn that is unanswered.
function! s:take_back(reply, about) abort
  let l:buf = a:reply.buf
  let l:head = deepchat#buf#anchor_at(a:reply, 'head')[0]
  let l:tail = deepchat#buf#anchor_at(a:reply, 'tail')
  let l:count = deepchat#buf#line_count(l:buf)
  let l:tail_row = empty(l:tail) ? l:head : l:tail[0]
  if getbufline(l:buf, l:tail_row + 1)[0] !~# '^%% user\s*$'
    let l:tail_row = l:head
  endif
  let l:inside = s:trimmed(s:typed_behind(getbufline(l:buf, l:head + 1)[0]) + getbufline(l:buf, l:head + 2, l:tail_row))
  let l:below = s:trimmed(getbufline(l:buf, l:tail_row + 2, '$'))
  let l:first = a:reply.keep_blank || !s:blank(l:buf, l:head - 1) ? l:head : l:head - 1
  let l:typed = l:inside + (empty(l:inside) || empty(l:below) ? [] : ['']) + l:below
  let l:typed = empty(l:typed) || a:reply.keep_blank ? l:typed : [''] + l:typed
  call deepchat#port#replace(l:buf, l:first, l:count - l:first, l:typed)
  let [l:less, l:top] = deepchat#context#remove(a:reply)
  return [l:less > 0 ? l:top : l:first, l:first + len(l:typed) - l:less - 1]
endfunction

" Without empty lines around them.
function! s:trimmed(lines) abort
  let l:lines = copy(a:lines)
  while !empty(l:lines) && l:lines[0] =~# '^\s*$'
    call remove(l:lines, 0)
  endwhile
  while !empty(l:lines) && l:lines[-1] =~# '^\s*$'
    call remove(l:lines, -1)
  endwhile
  return l:lines
endfunction

let s:KIND = {'name': 'chat', 'begin': function('s:begin'), 'started': function('deepchat#room#started'),
      \ 'alive': function('deepchat#room#alive'), 'done': function('deepchat#room#set_marker'),
      \ 'undone': function('s:take_back'), 'looks': function('deepchat#room#looks'),
      \ 'save': function('deepchat#room#save')}

let &cpoptions = s:cpo
unlet s:cpo
