" How the hunks of a review look: old lines highlighted, the new ones as virtual
" lines below them, the words that differ marked. Text from outside is shown,
" never sent to the terminal.

" Rows of the screen that one long line may take.
let s:ROWS = 20

" What a window that shows buf has: tabstop, and width if lines are wrapped.
function! s:measure(buf) abort
  let l:win = get(win_findbuf(a:buf), 0, 0)
  let l:info = get(getwininfo(l:win), 0, {})
  return {'tab': getbufvar(a:buf, '&tabstop'),
        \ 'width': empty(l:info) || !getwinvar(l:win, '&wrap') ? 0 : max([l:info.width - l:info.textoff, 10])}
endfunction

" Show what there is to see of a hunk, instead of what was shown.
function! deepchat#review_show#hunk(review, hunk) abort
  call deepchat#review_show#hide(a:review, a:hunk)
  if !deepchat#hunk#waits(a:hunk) || a:review.hidden || !bufloaded(a:review.buf)
    return
  endif
  let l:look = s:look(a:review, a:hunk)
  let a:hunk.shown = deepchat#port_hunk#show(a:review.buf, l:look)
  let a:hunk.look = l:look
  if l:look.above
    call deepchat#port_hunk#to_top(a:review.buf, len(l:look.lines))
  endif
endfunction

" Take it off the screen.
function! deepchat#review_show#hide(review, hunk) abort
  if !has_key(a:hunk, 'shown')
    return
  endif
  call deepchat#port_hunk#hide(a:review.buf, remove(a:hunk, 'shown'), a:hunk.row)
  if a:hunk.look.above
    call deepchat#port_hunk#to_top(a:review.buf, 0)
  endif
endfunction

" The hunk has more new lines than were shown, those from number from on, and is
" else the same.
function! deepchat#review_show#grow(review, hunk, from) abort
  if !has_key(a:hunk, 'shown') || a:hunk.look.at < 0 || a:hunk.dirty
    call deepchat#review_show#hunk(a:review, a:hunk)
    return
  endif
  let l:look = a:hunk.look
  let l:look.at += a:hunk.row - l:look.was
  let l:look.was = a:hunk.row
  let l:count = len(l:look.lines)
  call s:add_lines(l:look.lines, a:hunk, a:from, s:measure(a:review.buf))
  call deepchat#port_hunk#grow(a:review.buf, a:hunk.shown, l:look, l:count)
endfunction

function! s:look(review, hunk) abort
  let l:look = {'row': a:hunk.row, 'was': a:hunk.row, 'rows': a:hunk.rows, 'words': [], 'lines': [], 'note': [],
        \ 'at': a:hunk.row + a:hunk.rows - 1, 'above': 0, 'group': a:hunk.met ? '' : 'DeepChatDelete',
        \ 'new': a:hunk.met ? 'DeepChatConflict' : 'DeepChatAdd'}
  if l:look.at < 0
    let l:look.at = 0
    let l:look.above = 1
  endif
  if a:hunk.met
    let l:look.row = a:hunk.rows > 0 ? a:hunk.row : l:look.at
    let l:look.note = [['met your edit, not applied', 'DeepChatConflict']]
  else
    let l:look.words = map(copy(a:hunk.old_marks), '[v:val[0] + a:hunk.row, v:val[1], v:val[2]]')
  endif
  call s:add_lines(l:look.lines, a:hunk, 0, s:measure(a:review.buf))
  return l:look
endfunction

" Add the hunk's new lines from number from on to what is shown.
function! s:add_lines(lines, hunk, from, measure) abort
  let l:group = a:hunk.met ? 'DeepChatConflict' : 'DeepChatAdd'
  let l:marks = {}
  for [l:line, l:first, l:last] in a:hunk.met ? [] : a:hunk.new_marks
    let l:marks[l:line] = add(get(l:marks, l:line, []), [l:first, l:last])
  endfor
  for l:at in range(a:from, len(a:hunk.new) - 1)
    let l:text = a:hunk.new[l:at]
    if !has_key(l:marks, l:at) && l:text !~# '[^ -~]' && l:text !=# ''
          \ && (a:measure.width == 0 || strlen(l:text) <= a:measure.width)
      call add(a:lines, [[l:text, l:group]])
    else
      call extend(a:lines, s:chunks(l:text, get(l:marks, l:at, []), l:group, a:measure))
    endif
  endfor
endfunction

" A line as lines of the screen.
function! s:chunks(text, marks, group, measure) abort
  let l:chunks = []
  let [l:at, l:column] = [0, 0]
  for [l:from, l:to] in a:marks + [[strlen(a:text), strlen(a:text)]]
    for [l:piece, l:group] in [[strpart(a:text, l:at, l:from - l:at), a:group],
          \ [strpart(a:text, l:from, l:to - l:from), 'DeepChatChange']]
      if l:piece !=# ''
        let l:cells = deepchat#review_show#cells(l:piece, l:column, a:measure.tab)
        let l:column += strdisplaywidth(l:cells)
        call add(l:chunks, [l:cells, l:group])
      endif
    endfor
    let l:at = l:to
  endfor
  if empty(l:chunks)
    return [[[' ', a:group]]]
  endif
  return a:measure.width == 0 || l:column <= a:measure.width ? [l:chunks] : s:wrap(l:chunks, a:measure.width)
endfunction

" text, which begins at column, with tabs as spaces and what cannot be printed
" as ^X.
function! deepchat#review_show#cells(text, column, tab) abort
  let l:cells = ''
  let l:column = a:column
  let l:pieces = split(a:text, "\t", 1)
  for l:at in range(len(l:pieces))
    let l:piece = strtrans(l:pieces[l:at])
    let l:column += strdisplaywidth(l:piece)
    let l:cells .= l:piece
    if l:at < len(l:pieces) - 1
      let l:spaces = a:tab - l:column % a:tab
      let l:cells .= repeat(' ', l:spaces)
      let l:column += l:spaces
    endif
  endfor
  return l:cells
endfunction

" Chunks that are too long for one line of the screen.
function! s:wrap(chunks, width) abort
  let [l:rows, l:row, l:room] = [[], [], a:width]
  for [l:text, l:group] in a:chunks
    let l:part = ''
    for l:char in split(l:text, '\zs')
      let l:cells = strdisplaywidth(l:char)
      if l:cells > l:room
        call add(l:rows, l:row + (l:part ==# '' ? [] : [[l:part, l:group]]))
        let [l:row, l:part, l:room] = [[], '', a:width]
        if len(l:rows) >= s:ROWS
          return add(l:rows, [['…', l:group]])
        endif
      endif
      let l:part .= l:char
      let l:room -= l:cells
    endfor
    call add(l:row, [l:part, l:group])
  endfor
  return add(l:rows, l:row)
endfunction
