" What the host is told of a rewrite, and what is not asked at all.

let s:cpo = &cpoptions
set cpoptions&vim

let s:LINES_AROUND = 200
let s:BYTES_AROUND = 16384

" Why these lines of buf cannot be rewritten now, or ''.
function! deepchat#review_ask#refusal(buf, where, lines) abort
  if !getbufvar(a:buf, '&modifiable')
    return "'modifiable' is off here; nothing was sent"
  elseif match(a:lines, "\n") >= 0
    return 'there is a NUL byte in these lines; nothing was sent'
  elseif !empty(filter(copy(a:lines), 'v:val =~# "[^\x01-\x7f]" && list2str(str2list(v:val)) !=# v:val'))
    return 'these lines are not valid UTF-8; nothing was sent'
  endif
  call deepchat#review#catch_up(a:buf)
  for l:review in filter(deepchat#review#of(a:buf), '!v:val.dropped && deepchat#review#waits(v:val)')
    let l:rows = s:taken_rows(l:review, a:where.line1 - 1, a:where.line2 - 1)
    if !empty(l:rows)
      let l:lines = l:rows[1] == l:rows[0] + 1 ? 'line %d%.0s is' : 'lines %d-%d are'
      return printf(l:lines . ' under review already: %s', l:rows[0] + 1, l:rows[1],
            \ get(l:review.options, 'words', l:review.instruction))
    endif
  endfor
  return ''
endfunction

" The rows [first, behind the last] of a review that rows first to last meet:
" all of it while it comes, else the hunk; [] for none.
function! s:taken_rows(review, first, last) abort
  if a:review.state ==# 'runs' || a:review.state ==# 'cut' && !empty(a:review.hunks)
    let l:track = a:review.track
    return l:track.top <= a:last && l:track.end > a:first ? [l:track.top, l:track.end] : []
  endif
  for l:hunk in filter(copy(a:review.hunks), 'deepchat#hunk#waits(v:val)')
    if l:hunk.rows > 0 ? l:hunk.row <= a:last && l:hunk.row + l:hunk.rows > a:first
          \ : l:hunk.row > a:first && l:hunk.row <= a:last
      return [l:hunk.row, l:hunk.row + max([l:hunk.rows, 1])]
    endif
  endfor
  return []
endfunction

" The message for the host. What reads as a marker is escaped in a chat, and is
" again when it comes back.
function! deepchat#review_ask#message(review, lines) abort
  let l:buf = a:review.buf
  let l:where = a:review.where
  let l:part = has_key(l:where, 'col1')
  let l:tail = l:part ? strpart(a:lines[-1], l:where.col2) : ''
  let l:head = l:part ? strpart(a:lines[0], 0, l:where.col1) : ''
  let l:is_chat = getbufvar(l:buf, '&filetype') ==# 'deepchat'
  let l:text = join(l:is_chat ? map(copy(a:lines), 'deepchat#turn#unescape(v:val)') : a:lines, "\n")
  let l:text = strpart(l:text, strlen(l:head), strlen(l:text) - strlen(l:head) - strlen(l:tail))
  let l:width = getbufvar(l:buf, '&shiftwidth')
  return {'id': a:review.id, 'buf': l:buf, 'text': l:part ? l:text : l:text . "\n", 'lines': !l:part,
        \ 'first': l:where.line1 - 1, 'head': l:head, 'tail': l:tail,
        \ 'before': s:around(reverse(getbufline(l:buf, max([l:where.line1 - s:LINES_AROUND, 1]), l:where.line1 - 1)), 1),
        \ 'after': s:around(getbufline(l:buf, l:where.line2 + 1, l:where.line2 + s:LINES_AROUND), 0),
        \ 'file': deepchat#file#path(l:buf), 'filetype': getbufvar(l:buf, '&filetype'),
        \ 'commentstring': getbufvar(l:buf, '&commentstring'),
        \ 'indent': !getbufvar(l:buf, '&expandtab') ? 'tab' : l:width > 0 ? l:width : getbufvar(l:buf, '&tabstop'),
        \ 'instruction': a:review.instruction, 'earlier': get(a:review.options, 'earlier', ''),
        \ 'reason': get(a:review.options, 'reason', ''), 'settings': deepchat#settings(),
        \ 'buffer': deepchat#model#own_settings(l:buf), 'arguments': get(a:review.options, 'arguments', []),
        \ 'project': deepchat#file#project(l:buf)}
endfunction

" Lines around, the nearest first, as text of a bounded size.
function! s:around(lines, up) abort
  let [l:count, l:bytes] = [0, 0]
  for l:line in a:lines
    let l:bytes += strlen(l:line) + 1
    if l:bytes > s:BYTES_AROUND
      break
    endif
    let l:count += 1
  endfor
  let l:lines = l:count > 0 ? a:lines[: l:count - 1] : []
  let l:lines = map(a:up ? reverse(l:lines) : l:lines, 'tr(v:val, "\n", "\x01") . "\n"')
  return join(l:lines, '')
endfunction

let &cpoptions = s:cpo
unlet s:cpo
