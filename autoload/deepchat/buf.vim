" What the host may do to a buffer: make room for a reply, add to it, end it.
" Everything subtle about editing a buffer under its user is in here.
"
" A reply is known by an id that the editor gives out. Its anchors: 'text' is
" the region that grows; 'head' is the line of its marker and 'tail' that of the
" one after it, where there are such; 'end' is where something is said before it
" begins. An edit joins the undo step of the one before it exactly if nobody
" else has changed the buffer meanwhile (changedtick); else a new step is begun,
" so that the user's own changes stay steps of their own.
"
" What a reply is, and where, is its kind: a dictionary of functions, each in
" the file of its command (room.vim is the first to look at). reply is the
" reply's own dictionary, with id buf kind bytes and what the kind puts there.
"   name              for g:deepchat_event
"   begin(reply, about)  make the place, or find it, and put the anchor 'text'
"                     there; 'ok', or else as deepchat#buf#begin()
"   started(reply, about)  the place is there; returns the chat's path or ''
"   alive(reply, at)  true if the place is still one, its text being at at
"   first(reply, at)  optional: an edit in front of the first text, which joins
"                     it; returns where the text goes, as at
"   done(reply, about)  optional, an edit: the end of a reply that has text
"   undone(reply, about)  optional, an edit: the end of one that has none
"   looks(reply, event)  bring up to date what else shows the reply
"   save(reply)       true if the text is safe by now
"   types_on          optional: in insert mode, too, a cursor at the end of the
"                     text goes with it
" An edit returns the rows that it has changed, as [first, last].

let s:cpo = &cpoptions
set cpoptions&vim

let s:replies = {}
let s:last_id = 0

" Numbers of a reply's anchors and virtual text.
let s:KEYS = {'end': 1, 'head': 2, 'text': 3, 'tail': 4, 'reasoning': 5, 'status': 6, 'context': 7}
function! s:key(id, what) abort
  return a:id * 8 + s:KEYS[a:what]
endfunction

" The next id.
function! deepchat#buf#new_id() abort
  let s:last_id += 1
  return s:last_id
endfunction

" A new reply in buf, of this kind; members are the kind's own.
function! deepchat#buf#expect(buf, kind, members) abort
  let l:reply = extend({'id': deepchat#buf#new_id(), 'buf': a:buf, 'kind': a:kind, 'seq': 0,
        \ 'begun': 0, 'bytes': 0, 'tick': -1, 'place_tick': -1, 'undo_seq': 0}, a:members)
  let s:replies[l:reply.id] = l:reply
  return l:reply
endfunction

" The reply with this id, {} if it has ended.
function! deepchat#buf#get(id) abort
  let l:reply = get(s:replies, a:id, {})
  return has_key(l:reply, 'done') ? {} : l:reply
endfunction

" Put an anchor of a reply there, or move it.
function! deepchat#buf#anchor(reply, what, row, col, end_row, end_col) abort
  call deepchat#port#anchor(a:reply.buf, s:key(a:reply.id, a:what), a:row, a:col, a:end_row, a:end_col)
endfunction

" Where it is, [] if it is gone. Lines that were put in right above a marker
" stand inside of its anchor.
function! deepchat#buf#anchor_at(reply, what) abort
  let l:at = deepchat#port#anchor_at(a:reply.buf, s:key(a:reply.id, a:what))
  let l:moved = a:what ==# 'head' && !empty(l:at) && l:at[0] < l:at[2]
        \ && deepchat#turn#is_marker(get(getbufline(a:reply.buf, l:at[2] + 1), 0, '')) !=# ''
  return l:moved ? [l:at[2], 0, l:at[2], 0] : l:at
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

" The ids of all that run in buf: more than one only where there are places for
" them.
function! deepchat#buf#all_running(buf) abort
  return map(filter(values(s:replies), 'v:val.buf == a:buf && !has_key(v:val, "done")'), 'v:val.id')
endfunction

" Lines of the markers of alternates that grow in buf.
function! deepchat#buf#growing(buf) abort
  let l:found = []
  for l:id in deepchat#buf#all_running(a:buf)
    let l:found += map(deepchat#choice#all(s:replies[l:id]), 'deepchat#choice#lnum(v:val)')
  endfor
  return l:found
endfunction

" True if a reply runs in buf at this place, or around it.
function! deepchat#buf#is_taken(buf, row, col) abort
  for l:id in deepchat#buf#all_running(a:buf)
    let l:at = deepchat#buf#anchor_at(s:replies[l:id], 'text')
    if !empty(l:at) && s:is_in_order([l:at[0], l:at[1]], [a:row, a:col])
          \ && s:is_in_order([a:row, a:col], [l:at[2], l:at[3]])
      return 1
    endif
  endfor
  return 0
endfunction

function! s:is_in_order(a, b) abort
  return a:a[0] < a:b[0] || a:a[0] == a:b[0] && a:a[1] <= a:b[1]
endfunction

" True if a reply runs in any buffer.
function! deepchat#buf#any_running() abort
  return !empty(filter(values(s:replies), '!has_key(v:val, "done")'))
endfunction

" ---- edits -----------------------------------------------------------------

" True if an edit at row should wait: an operator of the user is pending, or a
" selection active, and the lines they count would move, or half a key.
function! deepchat#buf#user_is_busy(buf, row) abort
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

" Run the action. What comes above the view of the current window does not move
" it: an editor sees to that in other windows, but takes this one's edits for
" the user's own.
function! s:in_place(buf, action, arguments) abort
  let l:top = a:buf == bufnr('%') ? line('w0') : 0
  let l:at = line('.')
  let l:rows = call(a:action, a:arguments)
  if l:rows[0] + 1 < l:top && line('.') > l:at
    call winrestview({'topline': l:top + line('.') - l:at})
  endif
  return l:rows
endfunction

" Run one edit of a reply: the action returns the rows that it has changed, as
" [first, last]. Returns 'ok', or 'retry' for what an edit may throw because of
" the state that the editor is in; other errors are thrown.
function! deepchat#buf#edit(reply, action, arguments) abort
  if !getbufvar(a:reply.buf, '&modifiable')
    return 'retry'
  endif
  let l:readonly = getbufvar(a:reply.buf, '&readonly')
  if l:readonly
    call setbufvar(a:reply.buf, '&readonly', 0)
  endif
  try
    call s:open_step(a:reply)
    call s:close_step(a:reply, s:in_place(a:reply.buf, a:action, a:arguments))
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
" has chat_dir, the model that is asked and, for an answer that is gone on with,
" back. Returns a map with file (the chat's path, '' if it has none), or 'retry',
" or why there is no place: 'gone', 'deleted'.
function! deepchat#buf#begin(id, about) abort
  let l:reply = get(s:replies, a:id, {})
  if empty(l:reply) || !bufloaded(l:reply.buf)
    return 'gone'
  endif
  if !l:reply.begun
    let l:word = l:reply.kind.begin(l:reply, a:about)
    if l:word !=# 'ok'
      return l:word
    endif
    let l:reply.begun = 1
    call deepchat#buf#status(a:id, get(l:reply, 'status', ''))
  endif
  let l:file = l:reply.kind.started(l:reply, a:about)
  call deepchat#port#event('DeepChatStart', deepchat#tell#event(l:reply, {}))
  return {'file': l:file}
endfunction

" ---- text ------------------------------------------------------------------

" Host: add text to replies. batch is a list of [id, seq, kind, text], with the
" number of the choice behind it for an answer besides the first, which counts
" by itself; kind is 'text', 'anew' for text that replaces all there is, or
" 'reasoning'. Returns a word for each: 'ok'; 'dup', it was there already;
" 'retry', not now; 'deleted' or 'undone', the user took the region away;
" 'dropped', only that of this choice; 'gone', there is no such reply or buffer;
" else an error. The trouble of one is not that of the others.
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

function! s:append(id, seq, kind, text, ...) abort
  let l:reply = get(s:replies, a:id, {})
  if empty(l:reply) || !bufloaded(l:reply.buf)
    return 'gone'
  endif
  let l:lane = a:0 > 0 ? deepchat#choice#lane(l:reply, a:1) : l:reply
  if a:seq <= l:lane.seq
    return 'dup'
  endif
  if !l:reply.begun
    return 'retry'
  endif
  let l:word = s:alive(l:reply)
  if l:word !=# 'ok'
    return l:word
  endif
  return a:0 > 0 ? deepchat#choice#append(l:lane, a:seq, a:kind, a:text, function('s:insert'))
        \ : s:append_first(l:reply, a:seq, a:kind, a:text)
endfunction

function! s:append_first(reply, seq, kind, text) abort
  let l:at = a:kind ==# 'reasoning' ? s:region(a:reply, a:kind) : a:reply.place
  if empty(l:at)
    let a:reply.seq = a:seq
    return 'ok'
  endif
  if deepchat#buf#user_is_busy(a:reply.buf, l:at[2])
    return 'retry'
  endif
  let l:word = deepchat#buf#edit(a:reply, function('s:insert'), [a:reply, a:seq, a:kind, l:at, a:text])
  if l:word ==# 'ok' && a:kind !=# 'reasoning'
    let a:reply.place_tick = a:reply.tick
  endif
  return l:word
endfunction

" 'ok' if the place of the reply is still its place; that of its text is noted.
" It stands where the last text was put if nothing has changed since.
function! s:alive(reply) abort
  if has_key(a:reply, 'reloaded')
    return 'deleted'
  elseif getbufvar(a:reply.buf, 'changedtick') == a:reply.place_tick
    return 'ok'
  endif
  let l:place = deepchat#buf#place(a:reply)
  if empty(l:place)
    return 'deleted'
  endif
  if getbufvar(a:reply.buf, 'changedtick') != a:reply.tick
        \ && deepchat#port#undo_seq(a:reply.buf) < a:reply.undo_seq
    return 'undone'
  endif
  let a:reply.place = l:place
  return 'ok'
endfunction

" Where the text of a reply or lane stands, [] if it has no place.
function! deepchat#buf#place(reply) abort
  let l:text = deepchat#buf#anchor_at(a:reply, 'text')
  if empty(l:text) || !a:reply.kind.alive(a:reply, l:text)
    return []
  endif
  return a:reply.bytes > 0 && l:text[0] == l:text[2] && l:text[1] == l:text[3] ? [] : l:text
endfunction

" Where text of this kind goes. The reasoning's region is made above the
" answer's marker when its first piece comes; where there is no marker it goes
" nowhere: [].
function! s:region(reply, kind) abort
  let l:what = a:kind !=# 'reasoning' ? 'text' : has_key(a:reply, 'reasoning') ? 'reasoning' : 'head'
  return deepchat#buf#anchor_at(a:reply, l:what)
endfunction

" seq is noted as soon as the text is in: behind it the user may interrupt.
function! s:insert(reply, seq, kind, at, text) abort
  let l:lines = split(a:text, "\n", 1)
  if a:kind ==# 'reasoning' && !has_key(a:reply, 'reasoning')
    let l:block = ['%% reasoning', ''] + l:lines + ['']
    call deepchat#port#replace(a:reply.buf, a:at[0], 0, l:block)
    let l:head = a:at[0] + len(l:block)
    call deepchat#buf#anchor(a:reply, 'head', l:head, 0, l:head, 0)
    call deepchat#buf#anchor(a:reply, 'reasoning', a:at[0] + 2, 0, l:head - 2, strlen(l:lines[-1]))
    let a:reply.reasoning = 1
    let a:reply.seq = a:seq
    return [a:at[0], l:head - 1]
  endif
  let l:at = a:kind !=# 'reasoning' && a:reply.bytes == 0 && has_key(a:reply.kind, 'first')
        \ ? a:reply.kind.first(a:reply, a:at) : a:at
  if a:kind ==# 'anew'
    let l:at = deepchat#buf#cut(a:reply, l:at, l:at[0], l:at[1])
  endif
  let l:row = l:at[2]
  let l:col = min([l:at[3], strlen(get(getbufline(a:reply.buf, l:row + 1), 0, ''))])
  let l:followers = s:followers(a:reply, l:row, l:col)
  call deepchat#port#insert(a:reply.buf, l:row, l:col, l:lines)
  let a:reply.seq = a:seq
  if a:kind !=# 'reasoning'
    let a:reply.bytes += strlen(a:text)
    let a:reply.place = l:at[:1] + [l:row + len(l:lines) - 1, strlen(l:lines[-1]) + (len(l:lines) > 1 ? 0 : l:col)]
  endif
  call s:follow(a:reply, a:kind, l:followers, l:row, l:lines)
  if len(l:lines) > 1 && get(a:reply, 'status', '') !=# ''
    call s:show_status(a:reply)
  endif
  return [l:row, l:row + len(l:lines) - 1]
endfunction

" Part of an edit: the end of a reply's text goes, from row, col on; its text is
" at at. Returns where it is then.
function! deepchat#buf#cut(reply, at, row, col) abort
  let l:head = strpart(getbufline(a:reply.buf, a:row + 1)[0], 0, a:col)
  let l:tail = strpart(getbufline(a:reply.buf, a:at[2] + 1)[0], a:at[3])
  call deepchat#port#replace(a:reply.buf, a:row, a:at[2] - a:row + 1, [l:head . l:tail])
  call deepchat#buf#anchor(a:reply, 'text', a:at[0], a:at[1], a:row, a:col)
  return [a:at[0], a:at[1], a:row, a:col]
endfunction

" Windows of a reply's buffer that an insertion at [row, col] concerns, as lists
" [window, what to do]: 'end', the cursor stands on the last character there and
" goes with it; 'behind', it stands behind that; 'last', it stands on the last
" line of the buffer, which must stay in view; else the place on the line where
" the text goes that it shall keep, whatever the editor makes of it.
function! s:followers(reply, row, col) abort
  let l:found = []
  for l:win in win_findbuf(a:reply.buf)
    let [l:line, l:at] = deepchat#port#cursor_at(l:win)
    let l:free = l:win != win_getid() || mode(1) =~# '^n'
    if l:line == a:row + 1
      let l:text = getbufline(a:reply.buf, l:line)[0]
      let l:near = l:at >= a:col - s:last_len(l:text, a:col) && (l:at < a:col || a:col >= strlen(l:text))
      let l:types = !l:free && has_key(a:reply.kind, 'types_on') && mode() =~# '^[iR]' && l:at == a:col
      call add(l:found, [l:win, l:free && l:near ? 'end' : l:types ? 'behind' : [l:at, a:col]])
    elseif l:win != win_getid() && l:line == deepchat#buf#line_count(a:reply.buf)
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

" Lines of buf, which may be hidden.
function! deepchat#buf#line_count(buf) abort
  return a:buf == bufnr('%') ? line('$') : getbufinfo(a:buf)[0].linecount
endfunction

function! s:follow(reply, kind, followers, row, lines) abort
  for [l:win, l:place] in a:followers
    if l:place is# 'last'
      call deepchat#port#cursor(l:win, deepchat#buf#line_count(a:reply.buf), deepchat#port#cursor_at(l:win)[1])
    elseif l:place is# 'end' || l:place is# 'behind'
      let l:at = a:kind ==# 'reasoning' ? s:region(a:reply, a:kind) : a:reply.place
      let l:col = l:place is# 'end' ? max([l:at[3] - 1, 0]) : l:at[3]
      call deepchat#port#cursor(l:win, l:at[2] + 1, l:col)
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
" seconds pieces rounds tokens_in tokens_out cost; choices, a list of the pairs
" of the answers besides the first, '' for what did not come; and lost if its text has no
" place any more: then it was stopped, even if the server has said all of it;
" violations, see deepchat#schema#show().
" Returns 'retry', or a map: saved, the reply is in a saved file; alive, it is
" in the buffer and may be saved later.
function! deepchat#buf#finish(id, about) abort
  let l:reply = get(s:replies, a:id, {})
  if empty(l:reply)
    return {'saved': 0, 'alive': 0}
  endif
  if !has_key(l:reply, 'done')
    let l:alive = l:reply.begun && bufloaded(l:reply.buf) && !has_key(a:about, 'lost')
          \ && s:alive(l:reply) ==# 'ok'
    if l:alive
      let l:what = a:about.got_text ? 'done' : 'undone'
      if has_key(l:reply.kind, l:what)
            \ && deepchat#buf#edit(l:reply, l:reply.kind[l:what], [l:reply, a:about]) !=# 'ok'
        return 'retry'
      endif
    endif
    let l:reply.done = 1
    let l:reply.alive = l:alive
  endif
  return s:settle(l:reply, has_key(a:about, 'lost') ? extend({'finish': 'stopped'}, a:about, 'keep') : a:about)
endfunction

" What follows the last edit. The host calls finish() again if it fails.
function! s:settle(reply, about) abort
  call s:clear_looks(a:reply)
  let l:result = {'saved': a:reply.alive && a:reply.kind.save(a:reply), 'alive': a:reply.alive}
  if !has_key(a:reply, 'told')
    let a:reply.told = 1
    call deepchat#tell#end(a:reply, a:about)
  endif
  if l:result.saved || !l:result.alive || !a:about.got_text
    call s:drop(a:reply)
  endif
  call deepchat#chat#next_in_queue(a:reply.buf, a:about.finish)
  return l:result
endfunction

function! s:clear_looks(reply) abort
  if bufloaded(a:reply.buf)
    call deepchat#port#virtual(a:reply.buf, s:key(a:reply.id, 'status'), 0, [], 0)
  endif
  let l:others = map(deepchat#buf#all_running(a:reply.buf), 'get(s:replies[v:val], "status", "")')
  call deepchat#ui#set_status(a:reply.buf, empty(l:others) ? '' : l:others[0] ==# '' ? 'streaming' : l:others[0])
endfunction

function! s:drop(reply) abort
  for l:lane in [a:reply] + deepchat#choice#all(a:reply)
    for l:what in ['end', 'head', 'text', 'tail', 'reasoning', 'context']
      call deepchat#port#anchor_drop(a:reply.buf, s:key(l:lane.id, l:what))
    endfor
  endfor
  call remove(s:replies, a:reply.id)
endfunction

" Write the chat in buf if autosave is on. Returns 1 if the file has all of it
" now.
function! deepchat#buf#save(buf) abort
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
  call s:show_status(l:reply)
endfunction

function! s:show_status(reply) abort
  let l:at = deepchat#buf#anchor_at(a:reply, a:reply.begun ? 'text' : 'end')
  if !empty(l:at)
    call deepchat#port#virtual(a:reply.buf, s:key(a:reply.id, 'status'), l:at[2],
          \ a:reply.status ==# '' ? [] : [[' ' . a:reply.status, 'DeepChatStatus']], 0)
  endif
endfunction

" Host: reply id goes on by itself. about has number most tokens_out cost.
function! deepchat#buf#round(id, about) abort
  let l:reply = get(s:replies, a:id, {})
  if !empty(l:reply) && !has_key(l:reply, 'done')
    call deepchat#port#event('DeepChatContinued',
          \ deepchat#tell#event(l:reply, extend({'rounds': a:about.number + 1}, a:about)))
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
    let l:got = l:reply.bytes > 0 || has_key(l:reply, 'reasoning') || deepchat#choice#any(l:reply)
    let l:about = {'finish': l:got ? 'interrupted' : 'error', 'got_text': l:got,
          \ 'pairs': ' finish=interrupted', 'pieces': 0, 'refused': 0, 'gone': 1,
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

let &cpoptions = s:cpo
unlet s:cpo
