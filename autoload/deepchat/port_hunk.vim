" Where the editors differ in a review: learning which lines were changed, and
" how a hunk looks. Rows are 0-based, columns are bytes.

let s:cpo = &cpoptions
set cpoptions&vim

highlight default link DeepChatDelete DiffDelete
highlight default link DeepChatAdd DiffAdd
highlight default link DeepChatChange DiffText
highlight default link DeepChatConflict WarningMsg
highlight default link DeepChatStatus Comment

let s:nvim = has('nvim')
let s:ns = s:nvim ? nvim_create_namespace('deepchat_hunk') : 0
let s:listeners = {}
let s:changes = {}
let s:last_id = 0

" ---- changes ---------------------------------------------------------------

" Note from now on which lines of buf are changed. Behind a change
" deepchat#review#edited(buf) is called once.
function! deepchat#port_hunk#listen(buf) abort
  if s:nvim
    call luaeval('require("deepchat.lines").listen(_A)', a:buf)
  elseif !has_key(s:listeners, a:buf)
    let s:listeners[a:buf] = listener_add(function('s:noted'), a:buf)
    let s:changes[a:buf] = []
  endif
endfunction

" Vim: nothing may be changed in here.
function! s:noted(buf, first, last, added, changes) abort
  if !has_key(s:changes, a:buf)
    return
  endif
  if empty(s:changes[a:buf])
    call timer_start(0, {-> deepchat#review#edited(a:buf)})
  endif
  for l:change in a:changes
    call add(s:changes[a:buf], [l:change.lnum - 1, l:change.end - 1, l:change.end - 1 + l:change.added])
  endfor
endfunction

" The changes since the last call, as [first row, row behind the last, what that
" has become].
function! deepchat#port_hunk#changes(buf) abort
  if s:nvim
    return luaeval('require("deepchat.lines").take(_A)', a:buf)
  elseif !has_key(s:listeners, a:buf)
    return []
  endif
  call listener_flush(a:buf)
  let l:changes = s:changes[a:buf]
  let s:changes[a:buf] = []
  return l:changes
endfunction

" No more of that.
function! deepchat#port_hunk#leave(buf) abort
  if s:nvim
    call luaeval('require("deepchat.lines").leave(_A)', a:buf)
  elseif has_key(s:listeners, a:buf)
    call listener_remove(remove(s:listeners, a:buf))
    call remove(s:changes, a:buf)
  endif
endfunction

" ---- looks -----------------------------------------------------------------

" Show a hunk. look: was, the hunk's row; row and rows of the lines that get
" group ('' for none), words in them as [row, from, to], lines to show below row
" at (above it, if above is set) as lists of [text, group], mostly of group new,
" note behind line row, likewise a list. Returns what hide() and grow() need.
function! deepchat#port_hunk#show(buf, look) abort
  let s:last_id += 1
  let l:shown = {'id': s:last_id, 'ids': [], 'rows': 0, 'words': 0, 'new': []}
  call deepchat#port_hunk#grow(a:buf, l:shown, a:look)
  if s:nvim
    call s:nvim_marks(a:buf, l:shown, a:look)
  else
    call s:vim_marks(a:buf, l:shown, a:look)
  endif
  return l:shown
endfunction

" It has more rows now, or other new lines; else it looks the same.
function! deepchat#port_hunk#grow(buf, shown, look) abort
  let l:rows = a:look.group !=# '' ? a:look.rows : 0
  if l:rows > a:shown.rows
    call call(s:nvim ? 's:nvim_rows' : 's:vim_rows', [a:buf, a:shown, a:look])
    let a:shown.rows = l:rows
  endif
  if s:nvim && !empty(a:look.lines)
    let a:shown.below = nvim_buf_set_extmark(a:buf, s:ns, a:look.at, 0, extend({'virt_lines': a:look.lines,
          \ 'virt_lines_above': a:look.above ? v:true : v:false}, has_key(a:shown, 'below') ? {'id': a:shown.below} : {}))
  elseif !s:nvim
    call s:vim_lines(a:buf, a:shown, a:look)
  endif
endfunction

" True if so many lines below one cannot all be seen, as there is room for most:
" Vim cannot scroll in them.
function! deepchat#port_hunk#is_tall(count, most) abort
  return !s:nvim && a:count > a:most
endfunction

function! s:nvim_rows(buf, shown, look) abort
  let a:shown.old = nvim_buf_set_extmark(a:buf, s:ns, a:look.row, 0, extend({'end_row': a:look.row + a:look.rows,
        \ 'end_col': 0, 'hl_group': a:look.group, 'hl_eol': v:true, 'priority': 5000},
        \ has_key(a:shown, 'old') ? {'id': a:shown.old} : {}))
endfunction

function! s:nvim_marks(buf, shown, look) abort
  for [l:row, l:from, l:to] in a:look.words
    call add(a:shown.ids, nvim_buf_set_extmark(a:buf, s:ns, l:row, l:from, {'end_row': l:row, 'end_col': l:to,
          \ 'hl_group': 'DeepChatChange', 'priority': 5001}))
  endfor
  if !empty(a:look.note)
    call add(a:shown.ids, nvim_buf_set_extmark(a:buf, s:ns, a:look.row, 0, {'virt_text': a:look.note}))
  endif
endfunction

" True if it is surely still shown as look says; note and new lines only.
function! deepchat#port_hunk#is_at(buf, shown, look) abort
  return s:nvim && len(a:shown.ids) == 1 && get(nvim_buf_get_extmark_by_id(a:buf, s:ns, a:shown.ids[0], {}), 0, -1) == a:look.row
        \ && (!has_key(a:shown, 'below')
        \ || get(nvim_buf_get_extmark_by_id(a:buf, s:ns, a:shown.below, {}), 0, -1) == a:look.at)
endfunction

" Take it away. row is where it is now.
function! deepchat#port_hunk#hide(buf, shown, row) abort
  if !bufloaded(a:buf)
    return
  elseif !s:nvim
    call s:vim_hide(a:buf, a:shown, a:row)
    return
  endif
  for l:id in a:shown.ids + [get(a:shown, 'below', 0), get(a:shown, 'old', 0)]
    if l:id > 0
      call nvim_buf_del_extmark(a:buf, s:ns, l:id)
    endif
  endfor
endfunction

" Vim: undo brings back what was taken away. Take away all in those rows.
function! deepchat#port_hunk#sweep(buf, first, last) abort
  if s:nvim || !bufloaded(a:buf)
    return
  endif
  let l:count = deepchat#buf#line_count(a:buf)
  let l:first = max([a:first + 1, 1])
  for l:type in l:first <= l:count ? s:TYPES : []
    call prop_remove({'type': l:type, 'all': 1, 'bufnr': a:buf}, l:first, min([a:last + 1, l:count]))
  endfor
endfunction

" Behind an edit of buf: Neovim draws virtual lines in the wrong places where
" lines came or went. Setting an option draws all of a window.
function! deepchat#port_hunk#draw(buf) abort
  for l:win in s:nvim ? win_findbuf(a:buf) : []
    noautocmd call setwinvar(l:win, '&list', getwinvar(l:win, '&list'))
  endfor
endfunction

" So many lines are shown above the first one: bring them into view.
function! deepchat#port_hunk#to_top(buf, lines) abort
  for l:win in s:nvim ? win_findbuf(a:buf) : []
    if line('w0', l:win) == 1
      call win_execute(l:win, printf("call winrestview({'topline': 1, 'topfill': %d})", a:lines))
    endif
  endfor
endfunction

" ---- Vim -------------------------------------------------------------------

let s:GROUPS = ['DeepChatDelete', 'DeepChatChange', 'DeepChatAdd', 'DeepChatConflict']
let s:TYPES = map(copy(s:GROUPS), '"deepchatHunk" . v:val')

for s:at in s:nvim ? [] : range(len(s:GROUPS))
  if empty(prop_type_get(s:TYPES[s:at]))
    call prop_type_add(s:TYPES[s:at], {'highlight': s:GROUPS[s:at], 'priority': s:at, 'combine': 1})
  endif
endfor

" Rows of the hunk that were not there before. One property a line: Vim has
" trouble if lines inside a longer one are deleted.
function! s:vim_rows(buf, shown, look) abort
  let l:first = a:look.row + a:shown.rows + 1
  let l:lines = getbufline(a:buf, l:first, a:look.row + a:look.rows)
  let l:places = map(copy(l:lines), {at, line -> [l:first + at, 1, l:first + at, strlen(line) + 1]})
  call prop_add_list({'type': 'deepchatHunk' . a:look.group, 'id': a:shown.id, 'bufnr': a:buf}, l:places)
  let l:at = index(l:lines, '')
  while l:at >= 0
    call add(a:shown.ids, s:text(a:buf, a:look, l:first + l:at - 1, [[' ', a:look.group]], 'after'))
    let l:at = index(l:lines, '', l:at + 1)
  endwhile
endfunction

function! s:vim_marks(buf, shown, look) abort
  if !empty(a:look.words)
    let l:places = map(copy(a:look.words), '[v:val[0] + 1, v:val[1] + 1, v:val[0] + 1, v:val[2] + 1]')
    call prop_add_list({'type': 'deepchatHunkDeepChatChange', 'id': a:shown.id, 'bufnr': a:buf}, l:places)
    let a:shown.words = len(l:places)
  endif
  if !empty(a:look.note)
    let l:note = [[' ' . a:look.note[0][0], a:look.note[0][1]]]
    call add(a:shown.ids, s:text(a:buf, a:look, a:look.row, l:note, 'after'))
  endif
endfunction

" The new lines, in the place of those that were shown; those that are still
" right stay.
function! s:vim_lines(buf, shown, look) abort
  let l:stay = len(a:shown.new)
  if l:stay == 0 || a:shown.at != a:look.at - a:look.was || a:shown.lines isnot a:look.lines
    for l:text in a:shown.new
      call s:vim_remove(a:buf, l:text, a:look.was)
    endfor
    let [l:stay, a:shown.new] = [0, []]
  endif
  for l:chunks in a:look.lines[l:stay :]
    call add(a:shown.new, s:text(a:buf, a:look, a:look.at, l:chunks, a:look.above ? 'above' : 'below'))
  endfor
  let [a:shown.at, a:shown.lines] = [a:look.at - a:look.was, a:look.lines]
endfunction

function! s:vim_hide(buf, shown, row) abort
  let l:count = deepchat#buf#line_count(a:buf)
  for [l:type, l:lines] in a:shown.rows > 0 ? [[s:TYPES[0], a:shown.rows], [s:TYPES[1], a:shown.words]] : []
    let l:what = {'type': l:type, 'id': a:shown.id, 'both': 1, 'all': 1, 'bufnr': a:buf}
    if l:lines > 0 && prop_remove(l:what, min([a:row + 1, l:count]), min([a:row + a:shown.rows, l:count])) < l:lines
      call prop_remove(l:what, 1, l:count)
    endif
  endfor
  for l:text in a:shown.ids + a:shown.new
    call s:vim_remove(a:buf, l:text, a:row)
  endfor
endfunction

" Virtual text of a hunk that is at row now: it is looked for where it should be.
function! s:vim_remove(buf, text, row) abort
  let [l:type, l:id, l:far] = a:text
  let l:what = {'type': l:type, 'id': l:id, 'both': 1, 'bufnr': a:buf}
  let [l:lnum, l:count] = [l:far + a:row + 1, deepchat#buf#line_count(a:buf)]
  if l:lnum < 1 || l:lnum > l:count || prop_remove(l:what, l:lnum) == 0
    call prop_remove(l:what, 1, l:count)
  endif
endfunction

" A line of virtual text has one group; with different ones they would change
" places. Returns [type, id, rows below the hunk's].
function! s:text(buf, look, row, chunks, align) abort
  let l:type = 'deepchatHunk' . (a:align ==# 'after' ? a:chunks[0][1] : a:look.new)
  let l:text = len(a:chunks) == 1 ? a:chunks[0][0] : join(map(copy(a:chunks), 'v:val[0]'), '')
  let l:id = prop_add(a:row + 1, 0, {'type': l:type, 'bufnr': a:buf, 'text': l:text, 'text_align': a:align})
  return [l:type, l:id, a:row - a:look.was]
endfunction

let &cpoptions = s:cpo
unlet s:cpo
