" How the hunks of a review look: old lines highlighted, the new ones as virtual
" lines below them, the words that differ marked. Text from outside is shown,
" never sent to the terminal.

let s:cpo = &cpoptions
set cpoptions&vim

" Rows of the screen that one long line may take.
let s:ROWS = 20

" What a window that shows buf has: tabstop, width if lines are wrapped, and how
" many lines of a hunk it has room for.
function! deepchat#review_show#measure(buf) abort
  let l:win = get(win_findbuf(a:buf), 0, 0)
  let l:info = l:win > 0 ? getwininfo(l:win)[0] : {'height': &lines}
  return {'tab': getbufvar(a:buf, '&tabstop'), 'most': max([l:info.height - 4, 4]),
        \ 'width': l:win == 0 || !getwinvar(l:win, '&wrap') ? 0 : max([l:info.width - l:info.textoff, 10])}
endfunction

" Show what there is to see of a hunk, instead of what was shown.
function! deepchat#review_show#hunk(review, hunk) abort
  call deepchat#review_show#hide(a:review, a:hunk)
  if !deepchat#hunk#waits(a:hunk) || a:review.hidden || !bufloaded(a:review.buf)
    return
  endif
  let [a:hunk.look, a:hunk.drawn] = [s:look(a:review, a:hunk), a:hunk.row]
  let a:hunk.shown = deepchat#port_hunk#show(a:review.buf, a:hunk.look)
  if a:hunk.look.above
    call deepchat#port_hunk#to_top(a:review.buf, len(a:hunk.look.lines))
  endif
endfunction

" The same for one that is shown already and has only grown.
function! deepchat#review_show#grow(review, hunk) abort
  if !has_key(a:hunk, 'shown') || a:hunk.look.above || a:hunk.met
    call deepchat#review_show#hunk(a:review, a:hunk)
    return
  endif
  let [a:hunk.look, a:hunk.drawn] = [s:look(a:review, a:hunk), a:hunk.row]
  call deepchat#port_hunk#grow(a:review.buf, a:hunk.shown, a:hunk.look)
endfunction

" True if a conflict is still shown as it should be. It may be a long one.
function! deepchat#review_show#is_right(review, hunk) abort
  return a:hunk.met && has_key(a:hunk, 'shown') && !a:review.hidden && a:hunk.look.new ==# 'DeepChatConflict'
        \ && a:hunk.look.row == (a:hunk.rows > 0 ? a:hunk.row : max([a:hunk.row - 1, 0]))
        \ && a:hunk.look.at == max([a:hunk.row + a:hunk.rows - 1, 0])
        \ && deepchat#port_hunk#is_at(a:review.buf, a:hunk.shown, a:hunk.look)
endfunction

" Take it off the screen.
function! deepchat#review_show#hide(review, hunk) abort
  if !has_key(a:hunk, 'shown')
    return
  endif
  call deepchat#port_hunk#hide(a:review.buf, remove(a:hunk, 'shown'), a:hunk.drawn)
  if a:hunk.look.above
    call deepchat#port_hunk#to_top(a:review.buf, 0)
  endif
endfunction

" What port_hunk.vim is to show. While a hunk grows it is the end of it that
" counts, and what the words are that differ is not known.
function! s:look(review, hunk) abort
  let l:look = {'was': a:hunk.row, 'row': a:hunk.row, 'rows': a:hunk.rows, 'group': 'DeepChatDelete',
        \ 'new': 'DeepChatAdd', 'at': a:hunk.row + a:hunk.rows - 1, 'above': 0, 'words': [], 'note': []}
  if l:look.at < 0
    let [l:look.at, l:look.above] = [0, 1]
  endif
  if a:hunk.met
    let [l:look.group, l:look.new] = ['', 'DeepChatConflict']
    let l:look.row = a:hunk.rows > 0 ? a:hunk.row : l:look.at
    let l:look.note = [['met your edit, not applied', 'DeepChatConflict']]
  elseif !a:hunk.open
    let l:look.words = map(copy(a:hunk.old_marks), '[v:val[0] + a:hunk.row, v:val[1], v:val[2]]')
  endif
  let l:look.lines = s:lines(a:hunk, l:look.new, deepchat#review_show#measure(a:review.buf))
  return l:look
endfunction

" The hunk's new lines as they are shown.
function! s:lines(hunk, group, measure) abort
  let l:count = len(a:hunk.new)
  let [l:first, l:last] = [0, l:count - 1]
  if a:hunk.open
    let a:hunk.from = l:count - a:hunk.from > a:measure.most ? l:count - a:measure.most / 2 : a:hunk.from
    let l:first = a:hunk.from
  elseif deepchat#port_hunk#is_tall(l:count, a:measure.most)
    let l:last = a:measure.most - 1
  endif
  let l:marks = a:hunk.open || a:hunk.met ? {} : s:by_line(a:hunk.new_marks)
  let l:same = a:hunk.open && get(a:hunk, 'cells', [[]])[0] == [a:group, l:first, a:measure]
  let l:lines = l:same ? a:hunk.cells[2] : []
  for l:at in range(l:same ? a:hunk.cells[1] : l:first, l:last)
    let l:text = a:hunk.new[l:at]
    if l:text =~# '[^ -~]' || l:text ==# '' || a:measure.width > 0 && strlen(l:text) > a:measure.width
      call extend(l:lines, s:chunks(l:text, get(l:marks, l:at, []), a:group, a:measure))
    elseif has_key(l:marks, l:at)
      call add(l:lines, s:plain(l:text, l:marks[l:at], a:group))
    else
      call add(l:lines, [[l:text, a:group]])
    endif
  endfor
  if l:last < l:count - 1
    call add(l:lines, [[printf('… %d more lines (:DeepDiff)', l:count - 1 - l:last), a:group]])
  endif
  let a:hunk.cells = a:hunk.open ? [[a:group, l:first, a:measure], l:count, l:lines] : [[]]
  return l:lines
endfunction

" Marks as line -> [[from, to], ...].
function! s:by_line(marks) abort
  let l:lines = {}
  for [l:line, l:from, l:to] in a:marks
    if has_key(l:lines, l:line)
      call add(l:lines[l:line], [l:from, l:to])
    else
      let l:lines[l:line] = [[l:from, l:to]]
    endif
  endfor
  return l:lines
endfunction

" A line of nothing but ASCII that fits.
function! s:plain(text, marks, group) abort
  let [l:chunks, l:at] = [[], 0]
  for [l:from, l:to] in a:marks
    if l:from > l:at
      call add(l:chunks, [strpart(a:text, l:at, l:from - l:at), a:group])
    endif
    call add(l:chunks, [strpart(a:text, l:from, l:to - l:from), 'DeepChatChange'])
    let l:at = l:to
  endfor
  return l:at < strlen(a:text) ? add(l:chunks, [strpart(a:text, l:at), a:group]) : l:chunks
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
        let l:column += strwidth(l:cells)
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
    let l:column += strwidth(l:piece)
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
      let l:cells = strwidth(l:char)
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

let &cpoptions = s:cpo
unlet s:cpo
