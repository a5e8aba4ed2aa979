" Where the editors differ in a review: learning which lines were changed, and
" how a hunk looks. Rows are 0-based, columns are bytes.

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
  let l:shown = {'id': s:last_id, 'ids': []}
  call call(s:nvim ? 's:nvim_lines' : 's:vim_lines', [a:buf, l:shown, a:look])
  call deepchat#port_hunk#grow(a:buf, l:shown, a:look, 0)
  return l:shown
endfunction

function! s:nvim_lines(buf, shown, look) abort
  if a:look.rows > 0 && a:look.group !=# ''
    call s:mark(a:buf, a:shown, a:look.row, 0, {'end_row': a:look.row + a:look.rows, 'end_col': 0,
          \ 'hl_group': a:look.group, 'hl_eol': v:true, 'priority': 5000})
  endif
  for [l:row, l:from, l:to] in a:look.words
    call s:mark(a:buf, a:shown, l:row, l:from, {'end_row': l:row, 'end_col': l:to,
          \ 'hl_group': 'DeepChatChange', 'priority': 5001})
  endfor
  if !empty(a:look.note)
    call s:mark(a:buf, a:shown, a:look.row, 0, {'virt_text': a:look.note})
  endif
endfunction

function! s:mark(buf, shown, row, col, options) abort
  call add(a:shown.ids, nvim_buf_set_extmark(a:buf, s:ns, a:row, a:col, a:options))
endfunction

" The virtual lines of a hunk are more now: those from number from on.
function! deepchat#port_hunk#grow(buf, shown, look, from) abort
  if empty(a:look.lines)
    return
  elseif !s:nvim
    for l:chunks in a:look.lines[a:from :]
      call s:text(a:buf, a:shown, a:look, a:look.at, l:chunks, a:look.above ? 'above' : 'below')
    endfor
    return
  endif
  let l:options = {'virt_lines': a:look.lines, 'virt_lines_above': a:look.above ? v:true : v:false}
  if has_key(a:shown, 'below')
    let l:options.id = a:shown.below
  endif
  let a:shown.below = nvim_buf_set_extmark(a:buf, s:ns, a:look.at, 0, l:options)
endfunction

" Take it away. row is where it is now.
function! deepchat#port_hunk#hide(buf, shown, row) abort
  if !bufloaded(a:buf)
    return
  elseif s:nvim
    for l:id in a:shown.ids + (has_key(a:shown, 'below') ? [a:shown.below] : [])
      call nvim_buf_del_extmark(a:buf, s:ns, l:id)
    endfor
    return
  endif
  let l:count = deepchat#buf#line_count(a:buf)
  for l:type in s:TYPES
    call prop_remove({'type': l:type, 'id': a:shown.id, 'both': 1, 'all': 1, 'bufnr': a:buf}, 1, l:count)
  endfor
  for [l:type, l:id, l:far] in a:shown.ids
    let l:what = {'type': l:type, 'id': l:id, 'both': 1, 'bufnr': a:buf}
    let l:lnum = max([min([l:far + a:row, l:count - 1]), 0]) + 1
    if prop_remove(l:what, l:lnum) == 0
      call prop_remove(l:what, 1, l:count)
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

" Behind an edit of buf: old Neovims draw virtual lines in the wrong places where
" lines came or went. Setting an option draws all of a window.
function! deepchat#port_hunk#draw(buf) abort
  for l:win in s:nvim && !has('nvim-0.10') ? win_findbuf(a:buf) : []
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

" One property a line: Vim has trouble if lines inside a longer one are deleted.
function! s:vim_lines(buf, shown, look) abort
  if a:look.rows > 0 && a:look.group !=# ''
    let l:lines = getbufline(a:buf, a:look.row + 1, a:look.row + a:look.rows)
    let l:places = map(range(len(l:lines)), {_, at -> [a:look.row + at + 1, 1, a:look.row + at + 1, strlen(l:lines[at]) + 1]})
    call prop_add_list({'type': 'deepchatHunk' . a:look.group, 'id': a:shown.id, 'bufnr': a:buf}, l:places)
    for l:at in filter(range(len(l:lines)), 'l:lines[v:val] ==# ""')
      call s:text(a:buf, a:shown, a:look, a:look.row + l:at, [[' ', a:look.group]], 'after')
    endfor
  endif
  for [l:row, l:from, l:to] in a:look.words
    call prop_add(l:row + 1, l:from + 1, {'type': 'deepchatHunkDeepChatChange', 'id': a:shown.id,
          \ 'bufnr': a:buf, 'length': l:to - l:from})
  endfor
  if !empty(a:look.note)
    call s:text(a:buf, a:shown, a:look, a:look.row, [[' ' . a:look.note[0][0], a:look.note[0][1]]], 'after')
  endif
endfunction

" A line of virtual text has one group; with different ones they would change
" places.
function! s:text(buf, shown, look, row, chunks, align) abort
  let l:type = 'deepchatHunk' . (a:align ==# 'after' ? a:chunks[0][1] : a:look.new)
  let l:id = prop_add(a:row + 1, 0, {'type': l:type, 'bufnr': a:buf,
        \ 'text': join(map(copy(a:chunks), 'v:val[0]'), ''), 'text_align': a:align})
  call add(a:shown.ids, [l:type, l:id, a:row - a:look.was])
endfunction
