" Where the editors truly differ: anchors, virtual text, undo, edits in the
" middle of a line, buffers that are not current. Everything is here, so that
" every other file runs in both. Rows are 0-based, columns are bytes.

let s:cpo = &cpoptions
set cpoptions&vim

let s:nvim = has('nvim')
let s:ns = s:nvim ? nvim_create_namespace('deepchat') : 0
let s:look = s:nvim ? nvim_create_namespace('deepchat_look') : 0
let s:hidden = {}

" In Vim an event that nobody listens to is an error message.
if !s:nvim
  augroup deepchat_event
    autocmd!
    autocmd User DeepChat* let s:heard = 1
  augroup END
endif

" Put an anchor over [row, col] .. [end_row, end_col] of buf, or move it there.
" It grows with text inserted at its end, moves with edits around it, and comes
" back with undo. key is a number, unique in the buffer.
function! deepchat#port#anchor(buf, key, row, col, end_row, end_col) abort
  if !s:nvim
    call deepchat#prop#anchor(a:buf, a:key, a:row + 1, a:col, a:end_row + 1, a:end_col)
    return
  endif
  call nvim_buf_set_extmark(a:buf, s:ns, a:row, a:col, {'id': a:key,
        \ 'end_row': a:end_row, 'end_col': a:end_col,
        \ 'right_gravity': v:false, 'end_right_gravity': v:true})
endfunction

" [row, col, end_row, end_col] of an anchor, or [] if it is gone.
function! deepchat#port#anchor_at(buf, key) abort
  if !s:nvim
    let l:at = deepchat#prop#anchor_at(a:buf, a:key)
    return empty(l:at) ? [] : [l:at[0] - 1, l:at[1], l:at[2] - 1, l:at[3]]
  endif
  let l:mark = nvim_buf_get_extmark_by_id(a:buf, s:ns, a:key, {'details': v:true})
  if empty(l:mark)
    return []
  endif
  let l:last = nvim_buf_line_count(a:buf) - 1
  return [l:mark[0], l:mark[1], min([l:mark[2].end_row, l:last]), l:mark[2].end_col]
endfunction

" Take an anchor away, if it is there.
function! deepchat#port#anchor_drop(buf, key) abort
  if !s:nvim
    call deepchat#prop#anchor_drop(a:buf, a:key)
  elseif bufexists(a:buf)
    call nvim_buf_del_extmark(a:buf, s:ns, a:key)
  endif
endfunction

" Insert lines (a list; the first goes on at row, col) into buf. Throws what
" the editor throws when it does not allow an edit now. Neovim before 0.12 cuts
" the top off a fold into which more than two go at once.
function! deepchat#port#insert(buf, row, col, lines) abort
  if s:nvim && len(a:lines) > 2 && !has('nvim-0.12')
    call nvim_buf_set_text(a:buf, a:row, a:col, a:row, a:col, [a:lines[0], a:lines[-1]])
    call nvim_buf_set_lines(a:buf, a:row + 1, a:row + 1, v:true, a:lines[1:-2])
  elseif s:nvim
    call nvim_buf_set_text(a:buf, a:row, a:col, a:row, a:col, a:lines)
  else
    call deepchat#prop#insert(a:buf, a:row + 1, a:col, a:lines)
  endif
endfunction

" Replace count lines from row on by lines.
function! deepchat#port#replace(buf, row, count, lines) abort
  if s:nvim
    let l:marks = s:marks_in(a:buf, a:row + 1, a:row + min([a:count, len(a:lines)]))
    call nvim_buf_set_lines(a:buf, a:row, a:row + a:count, v:true, a:lines)
    for [l:name, l:lnum, l:col] in l:marks
      call nvim_buf_set_mark(a:buf, l:name, l:lnum, l:col, {})
    endfor
  else
    call deepchat#prop#replace(a:buf, a:row + 1, a:count, a:lines)
  endif
endfunction

" The user's marks in lines first to last of buf, as [letter, line, column]:
" Neovim forgets those in lines that are replaced.
function! s:marks_in(buf, first, last) abort
  if a:last < a:first
    return []
  endif
  let l:marks = filter(getmarklist(a:buf) + filter(getmarklist(), 'v:val.pos[0] == a:buf'),
        \ 'v:val.mark =~# "^''\\a$" && v:val.pos[1] >= a:first && v:val.pos[1] <= a:last')
  return map(l:marks, '[v:val.mark[1:], v:val.pos[1], max([v:val.pos[2] - 1, 0])]')
endfunction

" Make the next edit part of the last undo step of buf. Without effect right
" after an undo.
function! deepchat#port#undo_join(buf) abort
  if !s:nvim && s:still_hidden(a:buf)
    return
  endif
  try
    if a:buf == bufnr('%')
      undojoin
    else
      call deepchat#port#in_buffer(a:buf, 'undojoin')
    endif
  catch /E790/
  endtry
endfunction

" Vim ends no undo step of a buffer that is in no window, so that there is nothing
" to join, which would take a popup window. True from the second time on that
" buf is hidden.
function! s:still_hidden(buf) abort
  let l:was = get(s:hidden, a:buf, 0)
  let s:hidden[a:buf] = empty(win_findbuf(a:buf))
  return l:was && s:hidden[a:buf]
endfunction

" End the undo step of buf here, in every mode. Setting the option does it,
" even to the value it has.
function! deepchat#port#undo_break(buf) abort
  call setbufvar(a:buf, '&undolevels', getbufvar(a:buf, '&undolevels'))
endfunction

" True if insert mode goes on without saving the cursor's line for undo after
" undo_break().
function! deepchat#port#saves_once() abort
  return s:nvim && !has('nvim-0.10')
endfunction

" Called behind an edit that ended its undo step. While Vim waits for a key in
" insert mode it is not prepared for lines that were changed: it would not save
" what is typed next for undo, and undo would make a mess. A <Cmd> of nothing
" makes it look again.
function! deepchat#port#typing_goes_on() abort
  if !s:nvim && mode() =~# '^[iR]'
    " allow(keys): a constant that does nothing
    call feedkeys("\<Cmd>\<CR>", 'in')
  endif
endfunction

" True if the user is halfway through a key of insert mode, as behind CTRL-V.
" Neovim does not call us then.
function! deepchat#port#halfway() abort
  if s:nvim || mode() !~# '^[iR]'
    return !s:nvim && getcmdtype() ==# '='
  endif
  return state(mode(1) =~# '[cx]$' ? 'm' : 'mS') !=# ''
endfunction

" changenr() of any loaded buffer: it goes down when the user undoes. undotree()
" knows it too, but lists all of the history.
function! deepchat#port#undo_seq(buf) abort
  if a:buf == bufnr('%')
    return changenr()
  endif
  if s:nvim
    return luaeval('vim.api.nvim_buf_call(_A, vim.fn.changenr)', a:buf)
  endif
  if has('patch-9.0.1686')
    return undotree(a:buf).seq_cur
  endif
  call deepchat#port#in_buffer(a:buf, 'let s:seq = changenr()')
  return s:seq
endfunction

" Run a constant Ex command with buf as the current buffer, without moving
" anything. Throws what it throws.
function! deepchat#port#in_buffer(buf, command) abort
  if a:buf == bufnr('%')
    " allow(execute): constants of this plugin
    execute a:command
  elseif s:nvim
    call luaeval('vim.api.nvim_buf_call(_A[1], function() vim.cmd(_A[2]) end)', [a:buf, a:command])
  else
    call s:in_window(a:buf, a:command)
  endif
endfunction

" Vim: in a window that shows buf, else in a hidden popup window for the moment.
function! s:in_window(buf, command) abort
  let l:window = get(win_findbuf(a:buf), 0, 0)
  let l:popup = 0
  let l:ignored = &eventignore
  try
    if l:window == 0
      set eventignore=all
      let l:popup = popup_create(a:buf, {'hidden': 1})
      let &eventignore = l:ignored
    endif
    call win_execute(l:window > 0 ? l:window : l:popup, a:command)
  finally
    if l:popup > 0
      set eventignore=all
      call popup_close(l:popup)
    endif
    let &eventignore = l:ignored
  endtry
endfunction

" Behind an edit: draw it where the editor would not do so by itself. Vim is told
" by the host.
function! deepchat#port#redraw() abort
  if s:nvim && mode() =~# '^[cr]'
    redraw
  endif
endfunction

" Draw the status lines. In Vim that would wipe out a hit-enter prompt and what
" it is about; all is drawn behind it anyway. An old Neovim may come to a window
" that does not know yet how short its text is; what called goes on then.
function! deepchat#port#redraw_status() abort
  try
    if s:nvim || mode() !~# '^r'
      redrawstatus!
    endif
  catch /^Vim\%((\a\+)\)\=:E315:/
  endtry
endfunction

" [line, col] of the cursor of a window: 1-based, 0-based.
function! deepchat#port#cursor_at(win) abort
  if s:nvim
    return nvim_win_get_cursor(a:win)
  endif
  let l:at = getcurpos(a:win)
  return [l:at[1], l:at[2] - 1]
endfunction

" Put the cursor of a window at line (1-based), column col (0-based), and
" scroll it into view, whether the window is current or not: in Vim line("w0")
" does that.
function! deepchat#port#cursor(win, line, col) abort
  if s:nvim
    call nvim_win_set_cursor(a:win, [a:line, a:col])
  else
    call win_execute(a:win, printf('call cursor(%d, %d) | call line("w0")', a:line, a:col + 1))
  endif
endfunction

" Cells that virtual text at the right edge may take beside line, in a window
" of this width. Vim puts it behind the line, and counts what is concealed.
function! deepchat#port#right_room(line, width) abort
  return s:nvim ? a:width : a:width - strwidth(a:line) - 2
endfunction

" Virtual text of buf under key: at the end of the line, or right-aligned.
" chunks is a list of [text, highlight group]; empty takes it away.
function! deepchat#port#virtual(buf, key, row, chunks, right) abort
  if !s:nvim
    let l:chunks = a:right ? map(copy(a:chunks), {i, c -> i == 0 ? ['  ' . c[0], c[1]] : c}) : a:chunks
    call deepchat#prop#virtual(a:buf, a:key, a:row + 1, l:chunks, a:right ? 'right' : 'after')
  elseif empty(a:chunks)
    call nvim_buf_del_extmark(a:buf, s:look, a:key)
  else
    call nvim_buf_set_extmark(a:buf, s:look, a:row, 0, {'id': a:key,
          \ 'virt_text': a:chunks, 'hl_mode': 'combine',
          \ 'virt_text_pos': a:right ? 'right_align' : 'eol'})
  endif
endfunction

" Virtual lines under row.
function! deepchat#port#virtual_below(buf, key, row, chunks) abort
  if s:nvim
    call nvim_buf_set_extmark(a:buf, s:look, a:row, 0,
          \ {'id': a:key, 'virt_lines': [a:chunks]})
  else
    call deepchat#prop#virtual(a:buf, a:key, a:row + 1, a:chunks, 'below')
  endif
endfunction

" Take away all virtual text with a key of low or more.
function! deepchat#port#virtual_clear(buf, low) abort
  if !s:nvim
    call deepchat#prop#virtual_clear(a:buf, a:low)
    return
  endif
  for l:mark in nvim_buf_get_extmarks(a:buf, s:look, 0, -1, {})
    if l:mark[0] >= a:low
      call nvim_buf_del_extmark(a:buf, s:look, l:mark[0])
    endif
  endfor
endfunction

" The user has changed the current buffer. In Vim undo brings virtual text back
" that has been taken away meanwhile.
function! deepchat#port#virtual_sweep() abort
  if !s:nvim && mode() ==# 'n'
    call deepchat#prop#virtual_sweep(bufnr('%'), line("'["), line("']"))
  endif
endfunction

" Fire a User event; data also reaches Lua callbacks where the editor can. A
" pattern may have wildcards, so whether somebody listens cannot be asked.
function! deepchat#port#event(name, data) abort
  if s:nvim
    call nvim_exec_autocmds('User', extend({'pattern': a:name, 'modeline': v:false},
          \ has('nvim-0.8') ? {'data': a:data} : {}))
  else
    " allow(execute): one of this plugin's names
    execute 'doautocmd <nomodeline> User' a:name
  endif
endfunction

" Run a program (argv, no shell) in the folder cwd. on_line(line) gets each line
" that it prints to stdout or stderr, on_exit(code) comes last. Returns '' or
" why it cannot be run.
function! deepchat#port#job(argv, cwd, on_line, on_exit) abort
  if !executable(a:argv[0])
    return a:argv[0] . ' is not installed'
  endif
  let l:job = {'on_line': a:on_line, 'on_exit': a:on_exit, 'rest': ['', ''], 'waits_for': 2}
  try
    if s:nvim
      let l:options = {'cwd': a:cwd, 'on_exit': {_, code, event -> l:job.on_exit(code)}}
      for [l:name, l:at] in [['on_stdout', 0], ['on_stderr', 1]]
        let l:options[l:name] = function('s:job_data', [l:job, l:at])
      endfor
      call jobstart(a:argv, l:options)
    else
      call job_start(a:argv, {'cwd': a:cwd, 'in_io': 'null', 'mode': 'nl',
            \ 'callback': {_, line -> l:job.on_line(line)},
            \ 'close_cb': {_ -> s:job_part(l:job)},
            \ 'exit_cb': {_, code -> s:job_part(extend(l:job, {'code': code}))}})
    endif
  catch
    return v:exception
  endtry
  return ''
endfunction

" Neovim: pieces of lines; the last one may go on, an empty one is the end.
function! s:job_data(job, at, id, data, event) abort
  let l:lines = copy(a:data)
  let l:lines[0] = a:job.rest[a:at] . l:lines[0]
  let a:job.rest[a:at] = remove(l:lines, -1)
  if a:data ==# [''] && a:job.rest[a:at] !=# ''
    call add(l:lines, a:job.rest[a:at])
    let a:job.rest[a:at] = ''
  endif
  for l:line in l:lines
    call a:job.on_line(l:line)
  endfor
endfunction

" Vim: the end of the output and that of the program come in any order.
function! s:job_part(job) abort
  let a:job.waits_for -= 1
  if a:job.waits_for == 0
    call a:job.on_exit(a:job.code)
  endif
endfunction

" The diagnostics of buf, as entries of a quickfix list.
function! deepchat#port#diagnostics(buf) abort
  return !s:nvim ? [] : luaeval('vim.tbl_map(function(d) return {bufnr = d.bufnr, lnum = d.lnum + 1,'
        \ . ' col = d.col + 1, text = d.message, type = ({"E", "W", "I", "N"})[d.severity or 1]} end,'
        \ . ' vim.diagnostic.get(_A))', a:buf)
endfunction

" 'Neovim 0.7.2', 'Vim 9.0'
function! deepchat#port#editor() abort
  return s:nvim ? 'Neovim ' . matchstr(execute('version'), 'NVIM v\zs[^ \n]*')
        \ : printf('Vim %d.%d', v:version / 100, v:version % 100)
endfunction

" Findings about the editor, as health.vim has them.
function! deepchat#port#check_editor() abort
  let l:name = deepchat#port#editor()
  if s:nvim
    return [has('nvim-0.7') ? ['ok', l:name] : ['error', l:name . '; 0.7 is needed']]
  endif
  if !has('patch-9.0.0438')
    return [['error', l:name . '; 9.0.0438 is needed']]
  endif
  let l:missing = filter(['channel', 'job', 'timers', 'textprop'], '!has(v:val)')
  return [empty(l:missing) ? ['ok', l:name] : ['error', l:name . ' has no +' . join(l:missing, ', +')]]
endfunction

let &cpoptions = s:cpo
unlet s:cpo
