" What the host may do to a buffer: make room for a reply, add to it, end it.
" Everything subtle about editing a buffer under its user is in here.
"
" A reply is known by an id that the editor gives out. Its anchors: 'end' is
" where the turn that was sent ends; 'head' is the line of its marker; 'text'
" is the region that grows; 'tail' is the line of the marker after it. An edit
" joins the undo step of the one before it exactly if nobody else has changed
" the buffer meanwhile (changedtick); else a new step is begun, so that the
" user's own changes stay steps of their own.

let s:replies = {}
let s:last_id = 0

" Numbers of a reply's anchors and virtual text.
let s:KEYS = {'end': 1, 'head': 2, 'text': 3, 'tail': 4, 'reasoning': 5, 'status': 6}
function! s:key(id, what) abort
  return a:id * 8 + s:KEYS[a:what]
endfunction

" Prepare a reply to the turn that ends with row (0-based). rest is the row
" where the turns begin that a fork leaves behind, -1 if there are none.
function! deepchat#buf#expect(buf, row, rest) abort
  let s:last_id += 1
  let l:len = strlen(get(getbufline(a:buf, a:row + 1), 0, ''))
  call deepchat#port#anchor(a:buf, s:key(s:last_id, 'end'), a:row, l:len, a:row, l:len)
  let s:replies[s:last_id] = {'id': s:last_id, 'buf': a:buf, 'rest': a:rest, 'seq': 0,
        \ 'begun': 0, 'bytes': 0, 'tick': -1, 'undo_seq': 0}
  return s:last_id
endfunction

" The id of the reply that runs in buf, 0 if none does.
function! deepchat#buf#running(buf) abort
  for l:reply in values(s:replies)
    if l:reply.buf == a:buf && !has_key(l:reply, 'done')
      return l:reply.id
    endif
  endfor
  return 0
endfunction

" True if a reply runs in any buffer.
function! deepchat#buf#any_running() abort
  return !empty(filter(values(s:replies), '!has_key(v:val, "done")'))
endfunction

" ---- edits -----------------------------------------------------------------

" True if an edit at row should wait: an operator of the user is pending, or a
" selection active, and the lines they count would move, or half a key.
function! s:user_is_busy(buf, row) abort
  if a:buf != bufnr('%')
    return 0
  endif
  return mode(1) =~# '^\%(no\|[vV\x16sS\x13]\)' && a:row < max([line('.'), line('v')])
        \ || deepchat#port#halfway()
endfunction

" Join the last edit's undo step, or begin a new one.
function! s:open_step(reply) abort
  let l:typing = a:reply.buf == bufnr('%') && mode() =~# '^[iR]'
  if getbufvar(a:reply.buf, 'changedtick') == a:reply.tick
    call deepchat#port#undo_join(a:reply.buf)
    let a:reply.typing = l:typing && get(a:reply, 'typing', 0)
  else
    call deepchat#port#undo_break(a:reply.buf)
    let a:reply.typing = l:typing
  endif
endfunction

" What the user goes on typing must not become part of our step. An old Neovim
" saves a line for undo once only in insert mode, so there the cursor's line is
" saved again, by an edit of nothing, if we have just changed it (rows) or the
" user is typing (which may change the number of lines).
function! s:close_step(reply, rows) abort
  let a:reply.undo_seq = deepchat#port#undo_seq(a:reply.buf)
  if a:reply.buf == bufnr('%') && mode(1) !=# 'n'
    call deepchat#port#undo_break(a:reply.buf)
    let l:row = line('.') - 1
    let l:ours = l:row >= a:rows[0] && l:row <= a:rows[1]
    if deepchat#port#saves_once() && mode() =~# '^[iR]' && (l:ours || a:reply.typing)
      call deepchat#port#insert(a:reply.buf, l:row, 0, [''])
    endif
    call deepchat#port#typing_goes_on()
  endif
  let a:reply.tick = getbufvar(a:reply.buf, 'changedtick')
endfunction

" Run one edit of a reply: the action returns the rows that it has changed, as
" [first, last]. Returns 'ok', or 'retry' for what an edit may throw because of
" the state that the editor is in; other errors are thrown.
function! s:edit(reply, action, arguments) abort
  if !getbufvar(a:reply.buf, '&modifiable')
    return 'retry'
  endif
  let l:readonly = getbufvar(a:reply.buf, '&readonly')
  if l:readonly
    call setbufvar(a:reply.buf, '&readonly', 0)
  endif
  try
    call s:open_step(a:reply)
    call s:close_step(a:reply, call(a:action, a:arguments))
  catch /\<E\%(11\|523\|565\|578\|788\|21\):\|Failed to save undo\|not .modifiable\|textlock/
    return 'retry'
  finally
    if l:readonly
      call setbufvar(a:reply.buf, '&readonly', 1)
    endif
  endtry
  return 'ok'
endfunction

" ---- begin -----------------------------------------------------------------

" Host: the request of reply id is on its way; make room for the answer. about
" has chat_dir. Returns a map with file (the chat's path, '' if it has none),
" or 'retry', or why there is no place: 'gone', 'deleted'.
function! deepchat#buf#begin(id, about) abort
  let l:reply = get(s:replies, a:id, {})
  if empty(l:reply) || !bufloaded(l:reply.buf)
    return 'gone'
  endif
  if !l:reply.begun
    let l:at = deepchat#port#anchor_at(l:reply.buf, s:key(a:id, 'end'))
    if empty(l:at)
      return 'deleted'
    endif
    if s:user_is_busy(l:reply.buf, l:at[2])
      return 'retry'
    endif
    let l:word = s:edit(l:reply, function('s:make_room'), [l:reply, l:at[2]])
    if l:word !=# 'ok'
      return l:word
    endif
    call deepchat#buf#status(a:id, get(l:reply, 'status', ''))
  endif
  if deepchat#file#autosave(l:reply.buf) && deepchat#file#name(l:reply.buf, a:about.chat_dir)
    call s:save(l:reply.buf)
  endif
  call deepchat#turn#refold(l:reply.buf)
  call deepchat#port#event('DeepChatStart', s:event(l:reply, {}))
  return {'file': deepchat#file#path(l:reply.buf)}
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
" row; in a fork the turns below become an alternate in the same edit.
function! s:make_room(reply, row) abort
  let l:buf = a:reply.buf
  let l:count = s:line_count(l:buf)
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
    call deepchat#port#anchor(l:buf, s:key(a:reply.id, l:what), l:head + l:below, 0, l:head + l:below, 0)
  endfor
  let a:reply.begun = 1
  call s:follow_end(a:reply)
  return [l:first, l:first + len(l:lines) - 1]
endfunction

" A cursor that stood at the end of the turn that was sent goes on to the new
" turn's empty line.
function! s:follow_end(reply) abort
  let l:last = s:line_count(a:reply.buf)
  for l:win in win_findbuf(a:reply.buf)
    if line('.', l:win) > a:reply.sent_row && line('.', l:win) <= a:reply.first
          \ && !(l:win == win_getid() && mode(1) =~# '^\%(no\|[vV\x16sS\x13]\)')
      call deepchat#port#cursor(l:win, l:last, 0)
    endif
  endfor
endfunction

" ---- text ------------------------------------------------------------------

" Host: add text to replies. batch is a list of [id, seq, kind, text]; kind is
" 'text' or 'reasoning'. Returns a word for each: 'ok'; 'dup', it was there
" already; 'retry', not now; 'deleted' or 'undone', the user took the region
" away; 'gone', there is no such reply or buffer; else an error. The trouble of
" one is not that of the others.
function! deepchat#buf#append(batch) abort
  let l:words = map(copy(a:batch), {_, piece -> s:try_append(piece)})
  call deepchat#port#redraw()
  return l:words
endfunction

function! s:try_append(piece) abort
  try
    return call('s:append', a:piece)
  catch /^Vim:Interrupt$/
    return 'retry'
  catch
    return v:exception
  endtry
endfunction

function! s:append(id, seq, kind, text) abort
  let l:reply = get(s:replies, a:id, {})
  if empty(l:reply) || !bufloaded(l:reply.buf)
    return 'gone'
  endif
  if a:seq <= l:reply.seq
    return 'dup'
  endif
  if !l:reply.begun
    return 'retry'
  endif
  let l:word = s:alive(l:reply)
  if l:word !=# 'ok'
    return l:word
  endif
  let l:at = a:kind ==# 'text' ? l:reply.place : s:region(l:reply, a:kind)
  if s:user_is_busy(l:reply.buf, l:at[2])
    return 'retry'
  endif
  return s:edit(l:reply, function('s:insert'), [l:reply, a:seq, a:kind, l:at, a:text])
endfunction

" 'ok' if the place of the reply is still its place; that of its text is noted.
function! s:alive(reply) abort
  if has_key(a:reply, 'reloaded')
    return 'deleted'
  endif
  let l:text = deepchat#port#anchor_at(a:reply.buf, s:key(a:reply.id, 'text'))
  let l:head = deepchat#port#anchor_at(a:reply.buf, s:key(a:reply.id, 'head'))
  if empty(l:text) || empty(l:head) || l:head[0] >= l:text[0]
        \ || get(getbufline(a:reply.buf, l:head[0] + 1), 0, '') !~# '^%% assistant\>'
    return 'deleted'
  endif
  if a:reply.bytes > 0 && l:text[0] == l:text[2] && l:text[1] == l:text[3]
    return 'deleted'
  endif
  if getbufvar(a:reply.buf, 'changedtick') != a:reply.tick
        \ && deepchat#port#undo_seq(a:reply.buf) < a:reply.undo_seq
    return 'undone'
  endif
  let a:reply.place = l:text
  return 'ok'
endfunction

" Where text of this kind goes. The reasoning's region is made above the
" answer's marker when its first piece comes.
function! s:region(reply, kind) abort
  let l:what = a:kind ==# 'reasoning' && !has_key(a:reply, 'reasoning') ? 'head' : a:kind
  return deepchat#port#anchor_at(a:reply.buf, s:key(a:reply.id, l:what))
endfunction

" seq is noted as soon as the text is in: behind it the user may interrupt.
function! s:insert(reply, seq, kind, at, text) abort
  let l:lines = split(a:text, "\n", 1)
  if a:kind ==# 'reasoning' && !has_key(a:reply, 'reasoning')
    let l:block = ['%% reasoning', ''] + l:lines + ['']
    call deepchat#port#replace(a:reply.buf, a:at[0], 0, l:block)
    let l:head = a:at[0] + len(l:block)
    call deepchat#port#anchor(a:reply.buf, s:key(a:reply.id, 'head'), l:head, 0, l:head, 0)
    call deepchat#port#anchor(a:reply.buf, s:key(a:reply.id, 'reasoning'), a:at[0] + 2, 0,
          \ l:head - 2, strlen(l:lines[-1]))
    let a:reply.reasoning = 1
    let a:reply.seq = a:seq
    return [a:at[0], l:head - 1]
  endif
  let l:row = a:at[2]
  let l:col = min([a:at[3], strlen(get(getbufline(a:reply.buf, l:row + 1), 0, ''))])
  let l:followers = s:followers(a:reply.buf, l:row, l:col)
  call deepchat#port#insert(a:reply.buf, l:row, l:col, l:lines)
  let a:reply.seq = a:seq
  let a:reply.bytes += a:kind ==# 'text' ? strlen(a:text) : 0
  call s:follow(a:reply, a:kind, l:followers, l:row, l:lines)
  return [l:row, l:row + len(l:lines) - 1]
endfunction

" Windows of buf that an insertion at [row, col] concerns, as lists [window,
" what to do]: 'end', the cursor stands on the last character there and goes
" with it; 'last', it stands on the last line of the buffer, which must stay in
" view; else the place on the line where the text goes that it shall keep,
" whatever the editor makes of it.
function! s:followers(buf, row, col) abort
  let l:found = []
  for l:win in win_findbuf(a:buf)
    let [l:line, l:at] = deepchat#port#cursor_at(l:win)
    let l:free = l:win != win_getid() || mode(1) =~# '^n'
    if l:line == a:row + 1
      let l:last = s:last_len(getbufline(a:buf, l:line)[0], a:col)
      call add(l:found, [l:win, l:free && l:at >= a:col - l:last ? 'end' : [l:at, a:col]])
    elseif l:win != win_getid() && l:line == s:line_count(a:buf)
      call add(l:found, [l:win, 'last'])
    endif
  endfor
  return l:found
endfunction

" Bytes of the last character before col. The line may be long: no character
" that a model writes has more than 16 with all that is put over it.
function! s:last_len(line, col) abort
  let l:from = max([a:col - 16, 0])
  return strlen(matchstr(strpart(a:line, l:from, a:col - l:from), '.$'))
endfunction

function! s:line_count(buf) abort
  return a:buf == bufnr('%') ? line('$') : getbufinfo(a:buf)[0].linecount
endfunction

function! s:follow(reply, kind, followers, row, lines) abort
  for [l:win, l:place] in a:followers
    if l:place is# 'last'
      call deepchat#port#cursor(l:win, s:line_count(a:reply.buf), deepchat#port#cursor_at(l:win)[1])
    elseif l:place is# 'end'
      let l:at = s:region(a:reply, a:kind)
      call deepchat#port#cursor(l:win, l:at[2] + 1, max([l:at[3] - 1, 0]))
    elseif l:place[0] <= l:place[1]
      call deepchat#port#cursor(l:win, a:row + 1, l:place[0])
    else
      let l:before = len(a:lines) > 1 ? l:place[1] : 0
      call deepchat#port#cursor(l:win, a:row + len(a:lines), l:place[0] - l:before + strlen(a:lines[-1]))
    endif
  endfor
endfunction

" ---- the end ---------------------------------------------------------------

" Host: reply id has ended. about has finish line pairs refused got_text
" seconds pieces tokens_in tokens_out cost, and lost if its text has no place
" any more. Returns 'retry', or a map: saved, the reply is in a saved file;
" alive, it is in the buffer and may be saved later.
function! deepchat#buf#finish(id, about) abort
  let l:reply = get(s:replies, a:id, {})
  if empty(l:reply)
    return {'saved': 0, 'alive': 0}
  endif
  if !has_key(l:reply, 'done')
    let l:alive = l:reply.begun && bufloaded(l:reply.buf) && !has_key(a:about, 'lost')
          \ && s:alive(l:reply) ==# 'ok'
    if l:alive
      let l:action = a:about.got_text ? 's:set_marker' : 's:take_back'
      if s:edit(l:reply, function(l:action), [l:reply, a:about]) !=# 'ok'
        return 'retry'
      endif
    endif
    let l:reply.done = 1
    let l:reply.alive = l:alive
  endif
  return s:settle(l:reply, a:about)
endfunction

" What follows the last edit. The host calls finish() again if it fails.
function! s:settle(reply, about) abort
  call s:clear_looks(a:reply)
  let l:result = {'saved': a:reply.alive && s:save(a:reply.buf), 'alive': a:reply.alive}
  if !has_key(a:reply, 'told')
    let a:reply.told = 1
    call s:tell(a:reply, a:about)
  endif
  if l:result.saved || !l:result.alive || !a:about.got_text
    call s:drop(a:reply)
  endif
  call deepchat#chat#next_in_queue(a:reply.buf, a:about.finish)
  return l:result
endfunction

function! s:set_marker(reply, about) abort
  let l:row = deepchat#port#anchor_at(a:reply.buf, s:key(a:reply.id, 'head'))[0]
  call deepchat#port#replace(a:reply.buf, l:row, 1, ['%% assistant' . a:about.pairs])
  call deepchat#port#anchor(a:reply.buf, s:key(a:reply.id, 'head'), l:row, 0, l:row, 0)
  return [l:row, l:row]
endfunction

" Not a byte of the reply came: take its markers away again. What the user
" typed meanwhile joins the turn that is unanswered.
function! s:take_back(reply, about) abort
  let l:buf = a:reply.buf
  let l:head = deepchat#port#anchor_at(l:buf, s:key(a:reply.id, 'head'))[0]
  let l:tail = deepchat#port#anchor_at(l:buf, s:key(a:reply.id, 'tail'))
  let l:count = s:line_count(l:buf)
  let l:tail_row = empty(l:tail) ? l:head : l:tail[0]
  if getbufline(l:buf, l:tail_row + 1)[0] !~# '^%% user\s*$'
    let l:tail_row = l:head
  endif
  let l:inside = s:trimmed(getbufline(l:buf, l:head + 2, l:tail_row))
  let l:below = s:trimmed(getbufline(l:buf, l:tail_row + 2, '$'))
  let l:first = a:reply.keep_blank || !s:blank(l:buf, l:head - 1) ? l:head : l:head - 1
  let l:typed = l:inside + (empty(l:inside) || empty(l:below) ? [] : ['']) + l:below
  let l:typed = empty(l:typed) || a:reply.keep_blank ? l:typed : [''] + l:typed
  call deepchat#port#replace(l:buf, l:first, l:count - l:first, l:typed)
  return [l:first, l:first + len(l:typed) - 1]
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

" Say how it ended, and fire the event: exactly one for each reply.
function! s:tell(reply, about) abort
  let l:event = s:event(a:reply, a:about)
  if has_key(a:about, 'lost') && a:about.lost !=# 'gone'
    call deepchat#ui#say('reply taken out; stopped (:DeepResume has it)')
  elseif a:about.finish ==# 'stopped'
    call deepchat#ui#say(a:about.got_text
          \ ? printf('stopped, %s tokens kept', s:count(a:about.pieces)) : 'stopped; nothing came yet')
  elseif a:about.line !=# '' && index(['error', 'interrupted'], a:about.finish) >= 0
    call s:show_error(a:reply, a:about)
  elseif a:about.line !=# ''
    call deepchat#ui#say(a:about.line)
  endif
  if bufloaded(a:reply.buf)
    call deepchat#ui#decorate(a:reply.buf, l:event)
    call deepchat#turn#refold(a:reply.buf)
    call deepchat#syntax#fences(a:reply.buf)
  endif
  call deepchat#port#event(a:about.finish ==# 'stopped' ? 'DeepChatStopped'
        \ : index(['error', 'interrupted'], a:about.finish) >= 0 ? 'DeepChatError'
        \ : 'DeepChatDone', l:event)
endfunction

function! s:show_error(reply, about) abort
  call deepchat#ui#error(a:about.line)
  if a:about.got_text || !bufloaded(a:reply.buf)
    return
  endif
  let l:at = deepchat#port#anchor_at(a:reply.buf, s:key(a:reply.id, 'end'))
  if !empty(l:at)
    call deepchat#ui#error_below(a:reply.buf, l:at[2], a:about.line)
  endif
endfunction

function! s:count(number) abort
  return substitute(string(a:number), '\d\zs\ze\%(\d\d\d\)\+$', ',', 'g')
endfunction

" g:deepchat_event, and what Lua callbacks get as data.
function! s:event(reply, about) abort
  let g:deepchat_event = {'kind': 'chat', 'buf': a:reply.buf,
        \ 'file': deepchat#file#path(a:reply.buf),
        \ 'finish': get(a:about, 'finish', ''),
        \ 'error': get(a:about, 'finish', '') =~# 'error\|interrupted' ? get(a:about, 'line', '') : '',
        \ 'tokens_in': get(a:about, 'tokens_in', v:null),
        \ 'tokens_out': get(a:about, 'tokens_out', v:null),
        \ 'cost': get(a:about, 'cost', v:null),
        \ 'seconds': get(a:about, 'seconds', 0.0),
        \ 'rounds': get(a:about, 'finish', '') ==# '' ? 0 : 1,
        \ 'row': s:head_row(a:reply)}
  return g:deepchat_event
endfunction

function! s:head_row(reply) abort
  let l:at = a:reply.begun && bufloaded(a:reply.buf)
        \ ? deepchat#port#anchor_at(a:reply.buf, s:key(a:reply.id, 'head')) : []
  return empty(l:at) ? -1 : l:at[0]
endfunction

function! s:clear_looks(reply) abort
  if bufloaded(a:reply.buf)
    call deepchat#port#virtual(a:reply.buf, s:key(a:reply.id, 'status'), 0, [], 0)
  endif
  call deepchat#ui#set_status(a:reply.buf, '')
endfunction

function! s:drop(reply) abort
  for l:what in ['end', 'head', 'text', 'tail', 'reasoning']
    call deepchat#port#anchor_drop(a:reply.buf, s:key(a:reply.id, l:what))
  endfor
  call remove(s:replies, a:reply.id)
endfunction

" Write the chat if autosave is on. Returns 1 if the file has all of buf now.
function! s:save(buf) abort
  if !deepchat#file#autosave(a:buf) || !deepchat#file#save(a:buf)
    return 0
  endif
  let l:tick = getbufvar(a:buf, 'changedtick')
  for l:reply in filter(values(s:replies), 'v:val.buf == a:buf')
    let l:reply.tick = l:tick
  endfor
  return 1
endfunction

" The buffer was written by the user: finished replies in it are safe.
function! deepchat#buf#saved(buf) abort
  if !empty(getbufvar(a:buf, 'deepchat_restored', []))
    call deepchat#resume#saved(a:buf)
  endif
  for l:reply in filter(values(s:replies), 'v:val.buf == a:buf')
    let l:reply.tick = getbufvar(a:buf, 'changedtick')
    if has_key(l:reply, 'done')
      call deepchat#host#send('saved', {'id': l:reply.id})
      call s:drop(l:reply)
    endif
  endfor
endfunction

" The buffer goes, and with it finished replies that are in no file. Their ids:
" the host need not wait for them any more.
function! deepchat#buf#unloaded(buf) abort
  let l:done = filter(values(s:replies), 'v:val.buf == a:buf && has_key(v:val, "done")')
  for l:reply in l:done
    call s:drop(l:reply)
  endfor
  return map(l:done, 'v:val.id')
endfunction

" What was sent from buf goes out from another one: not a word about it.
function! deepchat#buf#moved(buf) abort
  for l:reply in filter(values(s:replies), 'v:val.buf == a:buf')
    call s:drop(l:reply)
  endfor
endfunction

" The buffer was read from its file again: anchors survive that, the text that
" they stood in does not.
function! deepchat#buf#reloaded(buf) abort
  for l:reply in filter(values(s:replies), 'v:val.buf == a:buf')
    let l:reply.reloaded = 1
  endfor
endfunction

" ---- status and trouble ----------------------------------------------------

" Host: what reply id is doing, shown where its text will be.
function! deepchat#buf#status(id, text) abort
  let l:reply = get(s:replies, a:id, {})
  if empty(l:reply) || !bufloaded(l:reply.buf) || has_key(l:reply, 'done')
    return
  endif
  let l:reply.status = a:text
  call deepchat#ui#set_status(l:reply.buf, a:text ==# '' ? 'streaming' : a:text)
  let l:at = deepchat#port#anchor_at(l:reply.buf, s:key(a:id, l:reply.begun ? 'text' : 'end'))
  if !empty(l:at)
    call deepchat#port#virtual(l:reply.buf, s:key(a:id, 'status'), l:at[2],
          \ a:text ==# '' ? [] : [[' ' . a:text, 'DeepChatStatus']], 0)
  endif
endfunction

" Host: one line for the user.
function! deepchat#buf#notice(text) abort
  call deepchat#ui#error(a:text)
endfunction

" Host: another living process has this chat; pid is 0 if it is unknown.
function! deepchat#buf#locked(buf, pid) abort
  if bufloaded(a:buf)
    call deepchat#chat#locked(a:buf, a:pid)
  endif
endfunction

" The host has died: end what runs, as the host would have. why it will not run
" again, or ''. Returns 1 if that was told with a reply.
function! deepchat#buf#host_gone(why) abort
  let l:told = 0
  for l:reply in values(s:replies)
    if has_key(l:reply, 'done')
      continue
    endif
    let l:got = l:reply.bytes > 0 || has_key(l:reply, 'reasoning')
    let l:about = {'finish': l:got ? 'interrupted' : 'error', 'got_text': l:got,
          \ 'pairs': ' finish=interrupted', 'pieces': 0, 'refused': 0,
          \ 'line': l:got ? 'the host stopped; reply kept, :DeepResume has all of it'
          \ : a:why !=# '' ? a:why : 'the host stopped; nothing lost'}
    let l:told = 1
    if deepchat#buf#finish(l:reply.id, l:about) is# 'retry'
      let l:reply.done = 1
      call s:clear_looks(l:reply)
    endif
  endfor
  return l:told
endfunction
