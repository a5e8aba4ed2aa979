" A hunk of a review, and what has become of it. It is a dictionary:
"   first count       lines of the text that it replaces; count may be 0
"   new               the lines instead
"   old_marks new_marks  [[line in the hunk, from byte, to byte], ...] that differ
"   open              it may still change: not all of the answer is there
"   taken             it was accepted and not undone; seq is the undo step then
"   left              it was rejected
"   met               the user has changed its lines: a conflict
"   grown             it is as it was shown, but for more old or new lines
"   from              while it is open, the first of the new lines that are shown
"   told              the update that brought it
"   row rows          where it is: its lines, or what stands in their place
"   drawn             the row it was shown at, moved with its buffer's lines
"   dirty             row or state may have changed

let s:cpo = &cpoptions
set cpoptions&vim

" As the host has it: [first, count, [new lines], old_marks, new_marks].
function! deepchat#hunk#new(first, count, new, old_marks, new_marks) abort
  return {'first': a:first, 'count': a:count, 'new': a:new, 'old_marks': a:old_marks,
        \ 'new_marks': a:new_marks, 'open': 0, 'taken': 0, 'seq': 0, 'left': 0, 'met': 0,
        \ 'grown': 0, 'from': 0, 'told': 0, 'row': 0, 'rows': 0, 'drawn': 0, 'dirty': 1}
endfunction

" A word for it.
function! deepchat#hunk#state(hunk) abort
  return a:hunk.taken ? 'accepted' : a:hunk.left ? 'rejected' : a:hunk.met ? 'conflict'
        \ : a:hunk.open ? 'open' : 'pending'
endfunction

" True if the user has still to decide about it.
function! deepchat#hunk#waits(hunk) abort
  return !a:hunk.taken && !a:hunk.left
endfunction

" Rows were changed, each time [first, behind the last, what that has become].
function! deepchat#hunk#changed(hunk, changes) abort
  for [l:first, l:last, l:new_last] in a:changes
    if l:last < a:hunk.row
      let a:hunk.row += l:new_last - l:last
      let a:hunk.drawn += l:new_last - l:last
    elseif l:first <= a:hunk.row + a:hunk.rows
      let a:hunk.dirty = 1
    endif
  endfor
endfunction

" Find out where it is and what has become of it.
function! deepchat#hunk#settle(hunk, track, buf) abort
  let a:hunk.dirty = 0
  let l:row = a:hunk.count > 0 ? deepchat#track#row(a:track, a:hunk.first, a:hunk.count) : -1
  if l:row >= 0
    call s:not_taken(a:hunk, a:buf)
    let [a:hunk.row, a:hunk.rows, a:hunk.met] = [l:row, a:hunk.count, 0]
    return
  endif
  let [l:above, l:top, l:below, l:bottom] = deepchat#track#around(a:track, a:hunk.first, a:hunk.count)
  let [a:hunk.row, a:hunk.rows] = [l:top, l:bottom - l:top]
  let l:lines = getbufline(a:buf, l:top + 1, l:bottom)
  let l:before = s:slice(a:track.base, l:above, a:hunk.first)
  let l:after = s:slice(a:track.base, a:hunk.first + a:hunk.count, l:below)
  if a:hunk.count == 0 && l:lines ==# l:before + l:after || s:is_undone(a:hunk, a:buf)
    call s:not_taken(a:hunk, a:buf)
  elseif !a:hunk.taken && (s:is(l:lines, l:before + a:hunk.new + l:after, a:track.total)
        \ || s:is_redone(a:hunk, l:lines, a:buf))
    let a:hunk.taken = 1
    let a:hunk.seq = a:hunk.seq > 0 ? a:hunk.seq : deepchat#port#undo_seq(a:buf)
  endif
  call s:meet(a:hunk, a:track)
endfunction

" True if lines are those; the last line of a buffer leaves an empty one.
function! s:is(lines, want, total) abort
  return a:lines ==# a:want || empty(a:want) && a:total == 1 && a:lines ==# ['']
endfunction

" Lines beside it that the user has changed hide from the text what undo knows.
function! s:is_undone(hunk, buf) abort
  return a:hunk.taken && a:hunk.seq > 0 && deepchat#port#undo_seq(a:buf) < a:hunk.seq
endfunction

function! s:is_redone(hunk, lines, buf) abort
  let l:seq = a:hunk.seq > 0 ? deepchat#port#undo_seq(a:buf) : -1
  return a:hunk.seq > 0 && (l:seq == a:hunk.seq || l:seq > a:hunk.seq && s:holds(a:lines, a:hunk.new))
endfunction

" True if part, some lines, stands in lines.
function! s:holds(lines, part) abort
  let l:at = empty(a:part) ? -1 : index(a:lines, a:part[0])
  while l:at >= 0 && a:lines[l:at : l:at + len(a:part) - 1] !=# a:part
    let l:at = index(a:lines, a:part[0], l:at + 1)
  endwhile
  return l:at >= 0
endfunction

" Its place is not as it was: a conflict, unless it only adds and its place is
" known.
function! s:meet(hunk, track) abort
  let l:gap = a:hunk.count > 0 ? -1 : deepchat#track#gap(a:track, a:hunk.first)
  let a:hunk.met = !a:hunk.taken && l:gap < 0
  if l:gap >= 0 && !a:hunk.taken
    let [a:hunk.row, a:hunk.rows] = [l:gap, 0]
  endif
endfunction

" The text of before stands there. That is an undo, or it was brought back by
" hand, and the hunk with it is past.
function! s:not_taken(hunk, buf) abort
  if a:hunk.taken
    let a:hunk.taken = 0
    let a:hunk.left = deepchat#port#undo_seq(a:buf) >= a:hunk.seq
  endif
endfunction

function! s:slice(list, from, to) abort
  return a:to > a:from ? a:list[a:from : a:to - 1] : []
endfunction

" The row that the cursor goes to for it.
function! deepchat#hunk#cursor_row(hunk) abort
  return a:hunk.rows > 0 ? a:hunk.row : max([a:hunk.row - 1, 0])
endfunction

" How well it fits rows first to last (included): 3 it is there, 2 it adds
" something below first, 1 above it, 0 not at all.
function! deepchat#hunk#fits(hunk, first, last) abort
  if a:hunk.rows > 0
    return a:hunk.row <= a:last && a:hunk.row + a:hunk.rows > a:first ? 3 : 0
  endif
  return a:hunk.row > a:first && a:hunk.row <= a:last + 1 ? 2
        \ : a:hunk.row == a:first || a:hunk.row == 0 && a:first == 0 ? 1 : 0
endfunction

let &cpoptions = s:cpo
unlet s:cpo
