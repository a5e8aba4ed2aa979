" Rewrites under review: asking for one, and what the host may do to it. The
" buffer is not changed until the user accepts a hunk.
"
" A review is a dictionary: id buf state ('runs', 'cut': may go on, 'done'),
" stopped (it is done, but may go on), instruction, track (track.vim: where its lines are now), hunks (hunk.vim), seq
" of the last update, options and where as start() got them, hidden (its hunks
" are not shown: to be applied without review, seen in :DeepDiff, or dropped),
" dropped (by a write, or with the buffer), begun (its Start was told), closed
" (the host knows that it is decided); kind and tick for tell.vim and buf.vim.

let s:cpo = &cpoptions
set cpoptions&vim

let s:KIND = {'name': 'rewrite'}
" Reviews of a buffer that are decided, but come back with undo.
let s:KEPT = 16

let s:reviews = {}
" Buffer -> what its hunks are drawn for (review_show.vim).
let s:buffers = {}
" Buffer -> 1 if catching up with it was broken off, as by CTRL-C.
let s:halfway = {}

" ---- which there are -------------------------------------------------------

" The reviews of buf, oldest first.
function! deepchat#review#of(buf) abort
  return sort(filter(values(s:reviews), 'v:val.buf == a:buf'), {a, b -> a.id - b.id})
endfunction

" Ids of those that the host still answers: in buf, or 0: anywhere.
function! deepchat#review#running(buf) abort
  return map(filter(values(s:reviews), 'v:val.state ==# "runs" && (a:buf == 0 || v:val.buf == a:buf)'), 'v:val.id')
endfunction

" True if there is something to decide, or to wait for.
function! deepchat#review#waits(review) abort
  return a:review.state ==# 'runs' || !empty(filter(copy(a:review.hunks), 'deepchat#hunk#waits(v:val)'))
endfunction

" True if it was cut; or stopped, and its lines are still what was asked about,
" but for its hunks.
function! deepchat#review#may_go_on(review) abort
  let l:track = a:review.track
  return a:review.state ==# 'cut' || a:review.stopped && (deepchat#track#row(l:track, 0, len(l:track.base)) >= 0
        \ || !empty(filter(copy(a:review.hunks), 'v:val.taken')))
endfunction

" ---- asking ----------------------------------------------------------------

" Ask for a rewrite of lines line1 to line2 of buf; where has these and, if only
" characters are selected, col1 and col2: bytes in front of the first, and in
" the last line up to their end. options, all optional: arguments, a list of
" 'name=value'; words, what the user typed for it all; apply, 1: no review;
" earlier, a proposal that was rejected, and reason, why; on_done, called with
" the review when there are hunks. Returns its id, or 0 if that was refused,
" which has been said.
function! deepchat#review#start(buf, where, instruction, options) abort
  let l:lines = getbufline(a:buf, a:where.line1, a:where.line2)
  let l:why = deepchat#review_ask#refusal(a:buf, a:where, l:lines)
  if l:why !=# ''
    call deepchat#ui#error(l:why)
    return 0
  endif
  call s:give_up(a:buf, a:where)
  let l:review = deepchat#review#new(a:buf, a:where.line1, l:lines, a:instruction, a:options)
  let l:review.where = copy(a:where)
  call deepchat#review#status(l:review.id, 'waiting')
  let l:why = deepchat#host#send('rewrite', deepchat#review_ask#message(l:review, l:lines))
  if l:why !=# ''
    call deepchat#review#finish(l:review.id, {'finish': 'error', 'refused': 1, 'got_text': 0,
          \ 'pieces': 0, 'line': l:why, 'outcome': 'error'})
    return 0
  endif
  return l:review.id
endfunction

" What was cut at the lines of a new rewrite does not go on.
function! s:give_up(buf, where) abort
  for l:review in filter(deepchat#review#of(a:buf), 'v:val.state ==# "cut" || v:val.stopped')
    if l:review.track.top < a:where.line2 && l:review.track.end >= a:where.line1
      let [l:review.state, l:review.stopped] = ['done', 0]
    endif
  endfor
  call s:close_decided(a:buf)
endfunction

" Go on with one that was cut or stopped.
function! deepchat#review#go_on(review) abort
  let [a:review.state, a:review.begun, a:review.stopped] = ['runs', 0, 0]
  call deepchat#review_keys#update(a:review.buf)
  call s:keep_loaded(a:review.buf)
  call deepchat#review#status(a:review.id, 'waiting')
  let l:why = deepchat#host#send('rewrite_go_on', {'id': a:review.id})
  if l:why !=# ''
    call deepchat#review#finish(a:review.id, {'finish': 'error', 'refused': 1, 'got_text': 0,
          \ 'pieces': 0, 'line': l:why, 'outcome': 'cut'})
  endif
endfunction

" A review of these lines of buf, from line lnum on.
function! deepchat#review#new(buf, lnum, lines, instruction, options) abort
  let l:id = deepchat#buf#new_id()
  call s:listen(a:buf)
  call deepchat#review#catch_up(a:buf)
  let s:reviews[l:id] = {'id': l:id, 'buf': a:buf, 'kind': s:KIND, 'begun': 0, 'state': 'runs',
        \ 'instruction': a:instruction, 'options': a:options, 'hunks': [], 'seq': 0, 'tick': -1,
        \ 'hidden': get(a:options, 'apply', 0), 'dropped': 0, 'closed': 0, 'stopped': 0,
        \ 'track': deepchat#track#new(a:lines, a:lnum - 1, deepchat#buf#line_count(a:buf))}
  call deepchat#review_keys#update(a:buf)
  call s:keep_loaded(a:buf)
  return s:reviews[l:id]
endfunction

" As long as a rewrite runs its buffer may leave the window, as with :cdo, also
" where 'hidden' is off.
function! s:keep_loaded(buf) abort
  let l:runs = !empty(deepchat#review#running(a:buf))
  if l:runs && getbufvar(a:buf, '&bufhidden') ==# ''
    call setbufvar(a:buf, '&bufhidden', 'hide')
    call setbufvar(a:buf, 'deepchat_hides', 1)
  elseif !l:runs && getbufvar(a:buf, 'deepchat_hides', 0)
    call setbufvar(a:buf, '&bufhidden', '')
    call setbufvar(a:buf, 'deepchat_hides', 0)
  endif
endfunction

" ---- what the host does ----------------------------------------------------

" Host: hunks of reviews. batch is a list of [id, seq, from, keep, hunks,
" covered]: hunks, each [first line, count, [new lines], old marks, new marks],
" take the place of those from number from on; of that one the first keep new
" lines stay. covered: old lines that are decided about. Returns a word for
" each: 'ok', 'retry', 'gone', or an error.
function! deepchat#review#update(batch) abort
  let l:words = map(copy(a:batch), {_, piece -> s:try_update(piece)})
  call deepchat#port#redraw()
  return l:words
endfunction

function! s:try_update(piece) abort
  try
    return call('s:update', a:piece)
  catch /^Vim:Interrupt$/
    return 'retry'
  catch
    return v:exception
  endtry
endfunction

function! s:update(id, seq, from, keep, hunks, covered) abort
  let l:review = get(s:reviews, a:id, {})
  if empty(l:review) || !bufloaded(l:review.buf)
    return 'gone'
  elseif a:seq <= l:review.seq
    return 'ok'
  endif
  call s:begin(l:review)
  call deepchat#review#catch_up(l:review.buf)
  let l:old = l:review.hunks[a:from :]
  let l:new = []
  for l:hunk in a:hunks
    if getbufvar(l:review.buf, '&filetype') ==# 'deepchat'
      call map(l:hunk[2], 'deepchat#turn#escape(v:val)')
    endif
    call add(l:new, s:taken_over(l:hunk, get(l:old, len(l:new), {}), empty(l:new) ? a:keep : 0))
  endfor
  for l:hunk in filter(copy(l:old), 'index(l:new, v:val) < 0')
    call deepchat#review_show#hide(l:review, l:hunk)
  endfor
  let l:review.hunks = a:from > 0 ? l:review.hunks[: a:from - 1] + l:new : l:new
  let l:closing = filter(copy(l:review.hunks), 'v:val.open && v:val.told != a:seq')
  for l:hunk in l:closing + l:new
    let l:open = l:hunk.first + l:hunk.count >= a:covered
    let l:hunk.dirty = l:hunk.dirty || (l:hunk.grown && !l:open)
    let l:hunk.grown = l:hunk.grown && l:open
    let l:hunk.open = l:open
  endfor
  call s:show(l:review, filter(l:closing, '!v:val.open') + l:new)
  let l:review.seq = a:seq
  return 'ok'
endfunction

" Hunk new of the host, in the place of old ({} for none), of which the first
" keep lines stay. It is the same one if that only grows; what was decided about
" the same change holds.
function! s:taken_over(new, old, keep) abort
  let [l:first, l:count, l:lines, l:old_marks, l:new_marks] = a:new
  let l:lines = a:keep > 0 ? a:old.new[: a:keep - 1] + l:lines : l:lines
  let l:hunk = deepchat#hunk#new(l:first, l:count, l:lines, l:old_marks, l:new_marks)
  if empty(a:old) || a:old.first != l:first || a:old.count > l:count
    return l:hunk
  elseif a:old.count == l:count && a:old.new ==# l:lines
    let l:hunk = extend(a:old, {'old_marks': l:old_marks, 'new_marks': l:new_marks})
  elseif a:old.open && a:keep == len(a:old.new) && deepchat#hunk#waits(a:old)
    let l:hunk = extend(a:old, {'count': l:count, 'new': l:lines, 'old_marks': l:old_marks,
          \ 'new_marks': l:new_marks, 'grown': 1})
  endif
  return l:hunk
endfunction

" Settle hunks that are new or have changed, and show them.
function! s:show(review, hunks) abort
  for l:hunk in a:hunks
    let l:grown = l:hunk.grown && !l:hunk.met
    if l:hunk.dirty || l:hunk.grown
      call deepchat#hunk#settle(l:hunk, a:review.track, a:review.buf)
    endif
    if l:grown
      call deepchat#review_show#grow(a:review, l:hunk)
    else
      call deepchat#review_show#hunk(a:review, l:hunk)
    endif
  endfor
endfunction

function! s:begin(review) abort
  if !a:review.begun
    let a:review.begun = 1
    call deepchat#port#event('DeepChatStart', deepchat#tell#event(s:teller(a:review), {}))
  endif
endfunction

" What tell.vim wants of a reply.
function! s:teller(review) abort
  return {'kind': s:KIND, 'buf': a:review.buf, 'begun': 0, 'id': a:review.id}
endfunction

" Host: what it is doing, shown at the lines.
function! deepchat#review#status(id, text) abort
  let l:review = get(s:reviews, a:id, {})
  if empty(l:review) || !bufloaded(l:review.buf) || l:review.state !=# 'runs'
    return
  endif
  call deepchat#ui#set_status(l:review.buf, a:text ==# '' ? 'rewriting' : a:text)
  call s:show_status(l:review, a:text)
endfunction

" Host: it goes on by itself. about has number most tokens_out cost.
function! deepchat#review#round(id, about) abort
  let l:review = get(s:reviews, a:id, {})
  if !empty(l:review) && l:review.state ==# 'runs'
    call deepchat#port#event('DeepChatContinued',
          \ deepchat#tell#event(s:teller(l:review), extend({'rounds': a:about.number + 1}, a:about)))
  endif
endfunction

function! s:show_status(review, text) abort
  let l:row = min([a:review.track.top, a:review.track.total - 1])
  call deepchat#port#virtual(a:review.buf, a:review.id * 8 + 6, l:row,
        \ a:text ==# '' ? [] : [[' ' . a:text, 'DeepChatStatus']], 0)
endfunction

" Host: it has ended; about as deepchat#buf#finish() has it, and outcome: hunks,
" same, empty, refused, cut, error or stopped; goes_on: it can. Returns 'ok' or 'retry'.
function! deepchat#review#finish(id, about) abort
  let l:review = get(s:reviews, a:id, {})
  if empty(l:review) || l:review.state !=# 'runs'
    return 'ok'
  elseif bufloaded(l:review.buf)
    call deepchat#review#catch_up(l:review.buf)
    if a:about.outcome ==# 'hunks' && get(l:review.options, 'apply', 0)
      if deepchat#review_take#all_of(l:review) !=# 'ok'
        return 'retry'
      endif
      let l:review.hidden = 0
    endif
    call s:show_status(l:review, '')
  endif
  call s:end(l:review, a:about)
  return 'ok'
endfunction

function! s:end(review, about) abort
  if !get(a:about, 'refused', 0)
    call s:begin(a:review)
  endif
  let a:review.state = a:about.outcome ==# 'cut' ? 'cut' : 'done'
  let a:review.stopped = a:about.outcome ==# 'stopped' && get(a:about, 'goes_on', 0)
  let a:review.hidden = a:review.dropped
  call s:keep_decided(a:review, a:about.outcome)
  if bufloaded(a:review.buf)
    let l:others = deepchat#review#running(a:review.buf)
    call deepchat#ui#set_status(a:review.buf, empty(l:others) ? '' : 'rewriting')
    call s:keep_loaded(a:review.buf)
    call deepchat#review_keys#update(a:review.buf)
  endif
  call deepchat#review_tell#end(a:review, a:about)
  let l:event = deepchat#tell#event(s:teller(a:review), a:about)
  call deepchat#port#event(a:about.finish ==# 'stopped' ? 'DeepChatStopped'
        \ : index(['error', 'interrupted'], a:about.finish) >= 0 ? 'DeepChatError' : 'DeepChatDone', l:event)
  call s:close_decided(a:review.buf)
  if !bufexists(a:review.buf)
    call s:wiped(a:review.buf)
  endif
  if a:review.state ==# 'done' && has_key(a:review.options, 'on_done') && deepchat#review#waits(a:review)
    call a:review.options.on_done(a:review)
  endif
endfunction

" What may still have changed when it ended is no proposal, unless it goes on.
function! s:keep_decided(review, outcome) abort
  let [l:all, l:kept] = [a:review.hunks, []]
  for l:hunk in l:all
    if index(['hunks', 'cut'], a:outcome) < 0 && (l:hunk.open || index(['error', 'stopped'], a:outcome) < 0)
      call deepchat#review_show#hide(a:review, l:hunk)
      continue
    endif
    call add(l:kept, l:hunk)
    let l:closes = l:hunk.open && a:review.state !=# 'cut'
    let l:hunk.open = l:hunk.open && !l:closes
    if l:closes || !has_key(l:hunk, 'shown')
      call deepchat#review_show#hunk(a:review, l:hunk)
    endif
  endfor
  let a:review.hunks = l:kept
endfunction

" The host has died: end what runs, as it would have. Returns 1 if that was told.
function! deepchat#review#host_gone(why) abort
  let l:running = deepchat#review#running(0)
  for l:id in l:running
    call s:end(s:reviews[l:id], {'finish': 'error', 'refused': 0, 'got_text': 0, 'pieces': 0,
          \ 'outcome': 'error', 'line': a:why !=# '' ? a:why : 'the host stopped; nothing was changed'})
    call s:show_status(s:reviews[l:id], '')
  endfor
  return !empty(l:running)
endfunction

" ---- the user's edits ------------------------------------------------------

function! s:listen(buf) abort
  let s:buffers[a:buf] = deepchat#review_show#measure(a:buf)
  call setbufvar(a:buf, 'deepchat_reviewed', 1)
  call deepchat#port_hunk#listen(a:buf)
endfunction

" Not local to the buffer: ":w name" in one without a name takes those away, as
" if it were wiped out.
augroup deepchat_review
  autocmd!
  autocmd BufReadPost * call s:on('reloaded')
  autocmd BufWritePost * call s:on('written')
  autocmd BufUnload,BufWipeout * call s:on('unloaded')
  autocmd BufWinEnter * call s:on('redraw')
  autocmd VimLeavePre * call s:leave()
  autocmd VimResized * call s:measure()
  autocmd OptionSet wrap,number,relativenumber,numberwidth,foldcolumn,signcolumn,tabstop call s:measure()
  if exists('##WinResized')
    autocmd WinResized * call s:measure()
  endif
augroup END

" Draw the hunks of the buffers again whose windows have changed.
function! s:measure() abort
  for l:buf in map(keys(s:buffers), 'str2nr(v:val)')
    if bufloaded(l:buf) && deepchat#review_show#measure(l:buf) != s:buffers[l:buf]
      call deepchat#review#redraw(l:buf)
    endif
  endfor
endfunction

function! s:on(event) abort
  let l:buf = str2nr(expand('<abuf>'))
  if has_key(s:buffers, l:buf)
    call call('deepchat#review#' . a:event, [l:buf])
  endif
endfunction

" Port: lines of buf were changed. An error here would stop the user at each key.
function! deepchat#review#edited(buf) abort
  try
    if bufloaded(a:buf)
      call deepchat#review#catch_up(a:buf)
    endif
  catch
    call deepchat#ui#set_status(a:buf, 'review: ' . v:exception)
  endtry
endfunction

" Bring all that is known of buf up to date with its text, and the screen.
function! deepchat#review#catch_up(buf) abort
  let l:changes = deepchat#port_hunk#changes(a:buf)
  let l:reviews = deepchat#review#of(a:buf)
  let l:lost = get(s:halfway, a:buf, 0) || empty(l:changes) && !empty(l:reviews)
        \ && l:reviews[0].track.total != deepchat#buf#line_count(a:buf)
  if empty(l:changes) && !l:lost || empty(l:reviews)
    return
  endif
  let s:halfway[a:buf] = 1
  for l:review in l:lost ? [] : l:reviews
    for [l:first, l:last, l:new_last] in l:changes
      call deepchat#track#changed(l:review.track, l:first, l:last, l:new_last)
    endfor
    for l:hunk in l:review.hunks
      call deepchat#hunk#changed(l:hunk, l:changes)
    endfor
  endfor
  if l:lost || l:reviews[0].track.total != deepchat#buf#line_count(a:buf)
    call s:lose_track(a:buf, l:reviews)
  endif
  call s:look_again(a:buf, l:reviews)
  let s:halfway[a:buf] = 0
endfunction

" Nothing is known of where lines are, as when the last line was deleted, and an
" empty one took its place.
function! s:lose_track(buf, reviews) abort
  for l:review in a:reviews
    call deepchat#track#reset(l:review.track, deepchat#buf#line_count(a:buf))
    for l:hunk in l:review.hunks
      let l:hunk.dirty = 1
    endfor
  endfor
endfunction

function! s:look_again(buf, reviews) abort
  let l:dirty = get(a:reviews, 0, {'track': {'dirty': []}}).track.dirty
  if empty(l:dirty)
    return
  endif
  let [l:first, l:last] = [l:dirty[0] - 2, l:dirty[1] + 2]
  let l:seen = []
  for l:review in a:reviews
    call deepchat#track#compare(l:review.track, a:buf)
    let l:near = filter(copy(l:review.hunks), 'v:val.dirty || v:val.row <= l:last && v:val.row + v:val.rows >= l:first')
    let l:seen += map(l:near, '[l:review, v:val]')
  endfor
  for [l:review, l:hunk] in l:seen
    if l:hunk.dirty
      call deepchat#hunk#settle(l:hunk, l:review.track, a:buf)
    endif
  endfor
  call filter(l:seen, {_, pair -> !deepchat#review_show#is_right(pair[0], pair[1])})
  for [l:review, l:hunk] in l:seen
    call deepchat#review_show#hide(l:review, l:hunk)
  endfor
  call deepchat#port_hunk#sweep(a:buf, l:dirty[0] - 1, l:dirty[1] + 1)
  for [l:review, l:hunk] in l:seen
    call deepchat#review_show#hunk(l:review, l:hunk)
  endfor
  call deepchat#port_hunk#draw(a:buf)
  call s:close_decided(a:buf)
  call deepchat#review_keys#update(a:buf)
endfunction

" Show all hunks of buf anew: its window is another one, or has another width.
function! deepchat#review#redraw(buf) abort
  if !bufloaded(a:buf)
    return
  endif
  let s:buffers[a:buf] = deepchat#review_show#measure(a:buf)
  " one without a file was loaded again without a word
  call deepchat#port_hunk#listen(a:buf)
  call deepchat#review#edited(a:buf)
  for l:review in deepchat#review#of(a:buf)
    for l:hunk in l:review.hunks
      call deepchat#review_show#hunk(l:review, l:hunk)
    endfor
  endfor
endfunction

" The text of buf was read from its file again.
function! deepchat#review#reloaded(buf) abort
  call deepchat#port_hunk#leave(a:buf)
  call deepchat#port_hunk#listen(a:buf)
  let l:reviews = deepchat#review#of(a:buf)
  call s:lose_track(a:buf, l:reviews)
  call s:look_again(a:buf, l:reviews)
endfunction

" ---- its end ---------------------------------------------------------------

" What was stopped does not go on in another editor: with nothing to decide it is
" past, and no reply that is left.
function! s:leave() abort
  for l:review in values(s:reviews)
    let l:review.stopped = 0
  endfor
  call map(keys(s:buffers), 's:close_decided(str2nr(v:val))')
endfunction

" The host need not keep the answer of what is decided; of those reviews only
" the last ones are kept, for undo.
function! s:close_decided(buf) abort
  let l:decided = filter(deepchat#review#of(a:buf), 'v:val.state ==# "done" && !deepchat#review#waits(v:val)')
  for l:review in filter(copy(l:decided), '!v:val.stopped') + l:decided[: -1 - s:KEPT]
    call s:close(l:review)
  endfor
  for l:review in l:decided[: -1 - s:KEPT]
    call remove(s:reviews, l:review.id)
  endfor
endfunction

function! s:close(review) abort
  if !a:review.closed && deepchat#host#running()
    call deepchat#host#send('rewrite_closed', {'id': a:review.id})
  endif
  let a:review.closed = 1
endfunction

" Nothing of buf goes on that was cut or stopped.
function! deepchat#review#no_more(buf) abort
  for l:review in filter(deepchat#review#of(a:buf), 'v:val.state ==# "cut" || v:val.stopped')
    let [l:review.state, l:review.stopped] = ['done', 0]
  endfor
endfunction

" Something was decided in buf without an edit.
function! deepchat#review#decided(buf) abort
  call s:close_decided(a:buf)
  call deepchat#review_keys#update(a:buf)
endfunction

" The buffer was written: what still waits is dropped, but kept for :DeepDiff.
function! deepchat#review#written(buf) abort
  if !deepchat#diff#is_open(a:buf)
    let l:count = s:drop(a:buf)
    call deepchat#review_keys#update(a:buf)
    " later, in the place of what :w says: two lines would ask for <Enter>
    call timer_start(0, {-> deepchat#review_tell#dropped(l:count, ':DeepDiff shows it again', ':DeepDiff shows them again')})
  endif
endfunction

" The hunks of finished reviews leave the screen. Returns how many.
function! s:drop(buf) abort
  call deepchat#review#edited(a:buf)
  let l:count = 0
  for l:review in filter(deepchat#review#of(a:buf), 'v:val.state ==# "done" && !v:val.dropped')
    let l:review.stopped = 0
    let l:waiting = filter(copy(l:review.hunks), 'deepchat#hunk#waits(v:val)')
    let l:review.dropped = !empty(l:waiting)
    let l:review.hidden = l:review.dropped
    let l:count += len(l:waiting)
    for l:hunk in l:waiting
      call deepchat#review_show#hide(l:review, l:hunk)
    endfor
  endfor
  call s:close_decided(a:buf)
  return l:count
endfunction

" Bring back what was dropped in buf. Returns how many hunks wait there now.
function! deepchat#review#revive(buf) abort
  call deepchat#review#catch_up(a:buf)
  let l:count = 0
  for l:review in deepchat#review#of(a:buf)
    if l:review.dropped
      let [l:review.dropped, l:review.hidden] = [0, 0]
      for l:hunk in l:review.hunks
        call deepchat#review_show#hunk(l:review, l:hunk)
      endfor
    endif
    let l:count += len(filter(copy(l:review.hunks), 'deepchat#hunk#waits(v:val)'))
  endfor
  call deepchat#review_keys#update(a:buf)
  return l:count
endfunction

" The buffer goes, if it is not just read again or gets its name. A new one may
" have its number. What runs is stopped, what waits is kept for the case that the
" file is opened again.
function! deepchat#review#unloaded(buf) abort
  call timer_start(0, {-> bufloaded(a:buf) && getbufvar(a:buf, 'deepchat_reviewed', 0) || s:gone(a:buf)})
endfunction

function! s:gone(buf) abort
  for l:id in deepchat#host#running() ? deepchat#review#running(a:buf) : []
    call deepchat#host#send('stop', {'id': l:id})
  endfor
  call deepchat#port_hunk#leave(a:buf)
  let l:count = s:drop(a:buf)
  if getbufvar(a:buf, 'deepchat_reviewed', 0)
    call deepchat#review_tell#dropped(l:count, 'open the file, :DeepDiff shows it', 'open the file, :DeepDiff shows them')
  else
    call deepchat#review_tell#dropped(l:count, ':DeepRewrite asks again', ':DeepRewrite asks again')
    call s:wiped(a:buf)
  endif
endfunction

" The buffer is no more.
function! s:wiped(buf) abort
  for l:review in deepchat#review#of(a:buf)
    if l:review.state !=# 'runs'
      call s:close(l:review)
      call remove(s:reviews, l:review.id)
    endif
  endfor
  silent! call remove(s:buffers, a:buf)
endfunction

let &cpoptions = s:cpo
unlet s:cpo
