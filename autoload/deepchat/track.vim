" Where lines of a text are while its buffer is edited. The editor tells each
" change of lines; what was not touched moves, and what was is compared with the
" text, so that an undo brings it back. Rows are 0-based.
"
" A track: base is the text, segs are [first line in base, count, row] of what
" stands in the buffer as it was, in order; between them is what the user has
" changed. top and end are the rows around it all, total those of the buffer,
" dirty the rows [first, behind the last] that are to be compared again, [] if
" there are none.

let s:cpo = &cpoptions
set cpoptions&vim

" lines, which stand at row in a buffer of total lines.
function! deepchat#track#new(lines, row, total) abort
  return {'base': a:lines, 'segs': [[0, len(a:lines), a:row]], 'top': a:row,
        \ 'end': a:row + len(a:lines), 'total': a:total, 'dirty': []}
endfunction

" The buffer was read again and has total lines now: nothing of it is known.
function! deepchat#track#reset(track, total) abort
  let l:below = a:track.total - a:track.end
  let a:track.top = min([a:track.top, a:total])
  let a:track.end = max([a:total - l:below, a:track.top])
  let [a:track.segs, a:track.total, a:track.dirty] = [[], a:total, [0, a:total]]
endfunction

" Rows first to last (excluded) have become first to new_last.
function! deepchat#track#changed(track, first, last, new_last) abort
  let l:by = a:new_last - a:last
  let l:at = s:search(a:track.segs, {seg -> seg[2] + seg[1] <= a:first})
  let l:segs = a:track.segs[: l:at - 1]
  let l:segs = l:at > 0 ? l:segs : []
  while l:at < len(a:track.segs) && a:track.segs[l:at][2] < a:last
    let [l:base, l:count, l:row] = a:track.segs[l:at]
    call s:add(l:segs, [l:base, a:first - l:row, l:row])
    call s:add(l:segs, [l:base + a:last - l:row, l:row + l:count - a:last, a:new_last])
    let l:at += 1
  endwhile
  let l:below = a:track.segs[l:at :]
  let a:track.segs = l:segs + (l:by == 0 ? l:below : map(l:below, {_, seg -> [seg[0], seg[1], seg[2] + l:by]}))
  let a:track.total += l:by
  call s:move_ends(a:track, a:first, a:last, a:new_last)
  let a:track.dirty = s:join(a:track.dirty, a:first, a:last, a:new_last)
endfunction

" How many of the segs, which are the first ones, are above something.
function! s:search(segs, is_above) abort
  let [l:low, l:high] = [0, len(a:segs)]
  while l:low < l:high
    let l:middle = (l:low + l:high) / 2
    if a:is_above(a:segs[l:middle])
      let l:low = l:middle + 1
    else
      let l:high = l:middle
    endif
  endwhile
  return l:low
endfunction

" What is inserted right at an end belongs to the text.
function! s:move_ends(track, first, last, new_last) abort
  let [l:top, l:end] = [a:track.top, a:track.end]
  if a:last <= l:top && a:first < l:top
    let a:track.top += a:new_last - a:last
  elseif a:first < l:top
    let a:track.top = min([l:top, a:new_last])
  endif
  if a:last <= l:end
    let a:track.end += a:new_last - a:last
  elseif a:first < l:end
    let a:track.end = min([l:end, a:new_last])
  endif
endfunction

" The dirty rows behind one more change.
function! s:join(dirty, first, last, new_last) abort
  if empty(a:dirty)
    return [a:first, a:new_last]
  endif
  let l:hi = a:dirty[1] >= a:last ? a:dirty[1] + a:new_last - a:last : a:dirty[1]
  return [min([a:dirty[0], a:first]), max([l:hi, a:new_last])]
endfunction

" Compare what was changed with the buffer as it is now.
function! deepchat#track#compare(track, buf) abort
  if empty(a:track.dirty)
    return
  endif
  let [l:lo, l:hi] = a:track.dirty
  call s:widen(a:track, a:buf, l:lo)
  let [l:base, l:row, l:segs] = [0, a:track.top, []]
  for l:seg in a:track.segs + [[len(a:track.base), 0, a:track.end]]
    if l:base < l:seg[0] && l:row < l:seg[2] && l:row <= l:hi && l:seg[2] >= l:lo
      for l:again in s:same(a:track.base[l:base : l:seg[0] - 1], getbufline(a:buf, l:row + 1, l:seg[2]))
        call s:add(l:segs, [l:base + l:again[0], l:again[1], l:row + l:again[2]])
      endfor
    endif
    call s:add(l:segs, l:seg)
    let [l:base, l:row] = [l:seg[0] + l:seg[1], l:seg[2] + l:seg[1]]
  endfor
  let a:track.segs = l:segs
  let a:track.dirty = []
endfunction

" What an undo takes apart may come back right above the rest: "J" is told as a
" change of the line above, and one that is gone. Rows above lo were not touched.
function! s:widen(track, buf, lo) abort
  let [l:missing, l:count, l:row] = get(a:track.segs, 0, [len(a:track.base), 0, a:track.end])
  let l:from = a:track.top - l:missing
  if l:missing > 0 && l:row == a:track.top && a:lo <= l:from
        \ && getbufline(a:buf, l:from + 1, a:track.top) ==# a:track.base[: l:missing - 1]
    let a:track.top = l:from
  endif
endfunction

function! s:add(segs, seg) abort
  if a:seg[1] <= 0
    return
  endif
  let l:last = get(a:segs, -1, [])
  if !empty(l:last) && l:last[0] + l:last[1] == a:seg[0] && l:last[2] + l:last[1] == a:seg[2]
    let a:segs[-1] = [l:last[0], l:last[1] + a:seg[1], l:last[2]]
  else
    call add(a:segs, a:seg)
  endif
endfunction

" Lines that both have, as segs, with indices: at the beginning, at the end, and
" between them those in the same place, if both have as many lines.
function! s:same(base, lines) abort
  let [l:count, l:rows] = [len(a:base), len(a:lines)]
  let l:least = min([l:count, l:rows])
  let l:head = 0
  while l:head < l:least && a:base[l:head] ==# a:lines[l:head]
    let l:head += 1
  endwhile
  let l:tail = 0
  while l:tail < l:least - l:head && a:base[-1 - l:tail] ==# a:lines[-1 - l:tail]
    let l:tail += 1
  endwhile
  let l:same = [[0, l:head, 0]]
  if l:count == l:rows
    let l:middle = filter(range(l:head, l:count - l:tail - 1), 'a:base[v:val] ==# a:lines[v:val]')
    call extend(l:same, map(l:middle, '[v:val, 1, v:val]'))
  elseif l:head + l:tail < l:least
    call s:unique(l:same, a:base, a:lines, l:head, l:tail)
  endif
  return add(l:same, [l:count - l:tail, l:tail, l:rows - l:tail])
endfunction

" Between head and tail lines that both have once, and those behind such a line
" that are as well.
function! s:unique(same, base, lines, head, tail) abort
  let l:where = s:places(a:lines, a:head, a:tail)
  let l:once = s:places(a:base, a:head, a:tail)
  let [l:last, l:at] = [-1, a:head - 1]
  for l:line in range(a:head, len(a:base) - a:tail - 1)
    let l:key = 'x' . a:base[l:line]
    let l:row = get(l:where, l:key, -1)
    if l:line == l:last + 1 && l:at + 1 < len(a:lines) - a:tail && a:lines[l:at + 1] ==# a:base[l:line]
      let l:row = l:at + 1
    elseif l:row <= l:at || l:once[l:key] < 0
      continue
    endif
    call add(a:same, [l:line, 1, l:row])
    let [l:last, l:at] = [l:line, l:row]
  endfor
endfunction

" Line -> where it is, -1 if it is there more than once.
function! s:places(lines, head, tail) abort
  let l:places = {}
  for l:at in range(a:head, len(a:lines) - a:tail - 1)
    let l:key = 'x' . a:lines[l:at]
    let l:places[l:key] = has_key(l:places, l:key) ? -1 : l:at
  endfor
  return l:places
endfunction

" ---- questions -------------------------------------------------------------

" The row of count (1 or more) lines from first on, if they stand there one
" below the other; else -1.
function! deepchat#track#row(track, first, count) abort
  let l:at = s:search(a:track.segs, {seg -> seg[0] + seg[1] <= a:first})
  let [l:base, l:count, l:row] = get(a:track.segs, l:at, [a:first, 0, 0])
  return l:base <= a:first && l:base + l:count >= a:first + a:count ? l:row + a:first - l:base : -1
endfunction

" What is around count lines from first on: [line in base behind the next one
" above that stands as it was, row behind it, the next such line below, its row].
function! deepchat#track#around(track, first, count) abort
  let l:last = a:first + a:count
  let l:at = s:search(a:track.segs, {seg -> seg[0] < a:first})
  let l:above = [0, a:track.top]
  if l:at > 0
    let [l:base, l:count, l:row] = a:track.segs[l:at - 1]
    let l:here = min([l:count, a:first - l:base])
    let l:above = [l:base + l:here, l:row + l:here]
  endif
  let l:at = s:search(a:track.segs, {seg -> seg[0] + seg[1] <= l:last})
  if l:at == len(a:track.segs)
    return l:above + [len(a:track.base), a:track.end]
  endif
  let [l:base, l:count, l:row] = a:track.segs[l:at]
  let l:from = max([l:base, l:last])
  return l:above + [l:from, l:row + l:from - l:base]
endfunction

" The row at which to insert in front of line first, -1 if it is not known: the
" user has changed the lines above and below.
function! deepchat#track#gap(track, first) abort
  let [l:above, l:top, l:below, l:bottom] = deepchat#track#around(a:track, a:first, 0)
  return l:above == a:first ? l:top : l:below == a:first ? l:bottom : -1
endfunction

let &cpoptions = s:cpo
unlet s:cpo
