" Deciding about hunks: accepting and rejecting them, and going from one to the
" next. To accept is a real edit, one undo step for each command; whether it is
" undone is seen by the text (hunk.vim).

let s:cpo = &cpoptions
set cpoptions&vim

" The hunks of buf that are on the screen and wait, as [review, hunk], in order.
function! deepchat#review_take#waiting(buf) abort
  call deepchat#review#catch_up(a:buf)
  let l:found = []
  for l:review in filter(deepchat#review#of(a:buf), '!v:val.hidden')
    let l:found += map(filter(copy(l:review.hunks), 'deepchat#hunk#waits(v:val)'), '[l:review, v:val]')
  endfor
  return sort(l:found, function('s:by_row'))
endfunction

function! s:by_row(a, b) abort
  return a:a[1].row != a:b[1].row ? a:a[1].row - a:b[1].row : a:a[1].rows - a:b[1].rows
endfunction

" Those of the waiting hunks of the current buffer that a command means, which
" has said if there are none.
function! s:meant(all, range, line1, line2) abort
  let l:waiting = deepchat#review_take#waiting(bufnr('%'))
  let l:meant = a:all ? l:waiting : s:fitting(l:waiting, a:range > 0 ? a:line1 : line('.'), a:range > 0 ? a:line2 : line('.'))
  if empty(l:waiting)
    call deepchat#ui#say(empty(filter(deepchat#review#of(bufnr('%')), 'v:val.dropped'))
          \ ? 'nothing to review here' : 'nothing to review here; :DeepDiff shows what was dropped')
  elseif empty(l:meant)
    call deepchat#ui#say(a:range > 1 ? 'no hunk in these lines' : 'no hunk in this line; ]c goes to the next')
  endif
  return l:meant
endfunction

function! s:fitting(waiting, line1, line2) abort
  let l:fit = map(copy(a:waiting), 'deepchat#hunk#fits(v:val[1], a:line1 - 1, a:line2 - 1)')
  let l:least = a:line1 == a:line2 ? max([max(l:fit), 1]) : 2
  let l:meant = []
  for l:at in range(len(a:waiting))
    if l:fit[l:at] >= l:least
      call add(l:meant, a:waiting[l:at])
    endif
  endfor
  return l:meant
endfunction

" ---- accepting -------------------------------------------------------------

" :[range]DeepAccept[!]
function! deepchat#review_take#accept(all, range, line1, line2) abort
  let l:meant = s:meant(a:all, a:range, a:line1, a:line2)
  let l:ready = filter(copy(l:meant), 'deepchat#hunk#state(v:val[1]) ==# "pending"')
  if !empty(l:ready)
    let l:row = l:ready[0][1].row
    if !&modifiable || s:apply(bufnr('%'), l:ready) !=# 'ok'
      call deepchat#ui#error(&modifiable ? 'no edit is possible now; try again' : "'modifiable' is off here; nothing was changed")
      return
    endif
    call s:go_on(l:row)
  endif
  call s:tell_rest(filter(l:meant, '!v:val[1].taken'))
endfunction

" Why some were not applied.
function! s:tell_rest(rest) abort
  let l:met = filter(copy(a:rest), 'v:val[1].met')
  let l:open = filter(copy(a:rest), '!v:val[1].met')
  if len(l:met) == 1
    call deepchat#review_tell#met(l:met[0][0], [l:met[0][1]])
  elseif !empty(l:met)
    call deepchat#review_tell#met(l:met[0][0], map(l:met, 'v:val[1]'))
  elseif !empty(l:open)
    call deepchat#ui#say(deepchat#review_tell#name(l:open[0][0], l:open[0][1])
          \ . (l:open[0][0].state ==# 'cut' ? ' is cut; :DeepContinue goes on' : ' is still coming in'))
  endif
endfunction

" All hunks of a review at once: one that needs no review. Returns 'ok' or
" 'retry'.
function! deepchat#review_take#all_of(review) abort
  let l:ready = map(filter(copy(a:review.hunks), 'deepchat#hunk#waits(v:val) && !v:val.met'), '[a:review, v:val]')
  if empty(l:ready)
    return 'ok'
  elseif deepchat#buf#user_is_busy(a:review.buf, a:review.track.top)
    return 'retry'
  endif
  return s:apply(a:review.buf, sort(l:ready, function('s:by_row')))
endfunction

" Edit buf, in one undo step. Returns 'ok' or 'retry'.
function! s:apply(buf, hunks) abort
  let l:review = a:hunks[0][0]
  let l:review.tick = -1
  let l:word = deepchat#buf#edit(l:review, function('s:edit'), [a:buf, a:hunks])
  for [l:_, l:hunk] in l:word ==# 'ok' ? a:hunks : []
    let l:hunk.seq = l:review.undo_seq
  endfor
  call deepchat#review#catch_up(a:buf)
  return l:word
endfunction

function! s:edit(buf, hunks) abort
  let l:rows = [-1, -1]
  for [l:review, l:hunk] in reverse(copy(a:hunks))
    let l:old = l:hunk.count > 0 ? l:review.track.base[l:hunk.first : l:hunk.first + l:hunk.count - 1] : []
    if getbufline(a:buf, l:hunk.row + 1, l:hunk.row + l:hunk.count) ==# l:old
      call deepchat#port#replace(a:buf, l:hunk.row, l:hunk.count, l:hunk.new)
      let l:hunk.taken = 1
      let l:rows = [l:hunk.row, max([l:rows[1], l:hunk.row]) + len(l:hunk.new)]
    endif
  endfor
  return l:rows
endfunction

" ---- rejecting -------------------------------------------------------------

" :[range]DeepReject[!] [reason]
function! deepchat#review_take#reject(all, range, line1, line2, reason) abort
  let l:meant = s:meant(a:all, a:range, a:line1, a:line2)
  if empty(l:meant)
    return
  elseif a:reason !=# '' && !empty(filter(copy(l:meant), 'v:val[0].state !=# "done"'))
    call deepchat#ui#error('still coming in; give a reason when it is all there')
    return
  endif
  if a:all
    call deepchat#review#no_more(bufnr('%'))
  endif
  for [l:review, l:hunk] in l:meant
    let l:hunk.left = 1
    call deepchat#review_show#hide(l:review, l:hunk)
  endfor
  for [l:review, l:hunk] in a:reason ==# '' ? [] : l:meant
    if s:ask_again(l:review, l:hunk, a:reason) == 0
      let l:hunk.left = 0
      call deepchat#review_show#hunk(l:review, l:hunk)
    endif
  endfor
  call deepchat#review#decided(bufnr('%'))
  call s:go_on(l:meant[0][1].row)
endfunction

" A rewrite of just these lines; where a hunk only adds, of the line beside it.
function! s:ask_again(review, hunk, reason) abort
  let l:first = a:hunk.rows > 0 ? a:hunk.row : max([a:hunk.row - 1, 0])
  let l:last = a:hunk.rows > 0 ? a:hunk.row + a:hunk.rows - 1 : l:first
  let l:earlier = a:hunk.new
  if a:hunk.rows == 0
    let l:beside = getbufline(a:review.buf, l:first + 1)
    let l:earlier = a:hunk.row > 0 ? l:beside + l:earlier : l:earlier + l:beside
  endif
  return deepchat#review#start(a:review.buf, {'line1': l:first + 1, 'line2': l:last + 1}, a:review.instruction,
        \ {'arguments': get(a:review.options, 'arguments', []), 'reason': a:reason,
        \ 'words': get(a:review.options, 'words', a:review.instruction),
        \ 'earlier': join(map(copy(l:earlier), 'v:val . "\n"'), '')})
endfunction

" ---- going from one to the next --------------------------------------------

" Go count hunks down (up, if it is negative).
function! deepchat#review_take#jump(count) abort
  let l:waiting = deepchat#review_take#waiting(bufnr('%'))
  let l:row = line('.') - 1
  for l:_ in empty(l:waiting) ? [] : range(abs(a:count))
    let l:hunk = s:next(l:waiting, l:row, a:count > 0)
    let l:row = deepchat#hunk#cursor_row(l:hunk)
  endfor
  if empty(l:waiting)
    call deepchat#ui#say('nothing to review here')
    return
  endif
  normal! m'
  call s:go_to(l:hunk)
endfunction

" The one behind row, or in front of it; from the last one on to the first.
function! s:next(waiting, row, down) abort
  let l:hunks = map(copy(a:waiting), 'v:val[1]')
  for l:hunk in a:down ? l:hunks : reverse(l:hunks)
    let l:here = deepchat#hunk#cursor_row(l:hunk)
    if a:down ? l:here > a:row : l:here < a:row
      return l:hunk
    endif
  endfor
  return l:hunks[0]
endfunction

" A hunk at row is decided: the cursor goes to the next one, if there is any.
function! s:go_on(row) abort
  let l:waiting = deepchat#review_take#waiting(bufnr('%'))
  if !empty(l:waiting)
    call s:go_to(s:next(l:waiting, a:row - 1, 1))
  endif
endfunction

" The cursor there, and all of it into view.
function! s:go_to(hunk) abort
  call cursor(deepchat#hunk#cursor_row(a:hunk) + 1, 1)
  normal! zv
  if a:hunk.row + a:hunk.rows >= line('w$')
    normal! zz
  elseif a:hunk.row == 0 && a:hunk.rows == 0
    call deepchat#port_hunk#to_top(bufnr('%'), len(a:hunk.look.lines))
  endif
endfunction

let &cpoptions = s:cpo
unlet s:cpo
