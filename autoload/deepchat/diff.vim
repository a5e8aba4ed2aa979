" :DeepDiff: what is under review in a buffer as a diff of two windows in a tab
" of its own: the buffer, and the proposal, its text with all that waits. Both
" are the editor's own diff mode; writing the proposal applies it.

let s:cpo = &cpoptions
set cpoptions&vim

" Columns that two windows side by side need.
let s:WIDE = 120

" Buffer -> what is open for it: buf, proposal, its buffer, wins, those of both,
" from, the window it came from, shown, the reviews in it.
let s:open = {}

" :DeepDiff[!]
function! deepchat#diff#command(mods, bang) abort
  let l:buf = s:of_proposal(bufnr('%'))
  if getcmdwintype() !=# ''
    call deepchat#ui#error('not in a window of this kind; nothing was done')
  elseif !s:has_any(l:buf)
    call deepchat#ui#say(s:none(deepchat#review#of(l:buf)))
  elseif a:bang
    call s:list(l:buf, a:mods)
  else
    call deepchat#diff#open(l:buf, a:mods)
  endif
endfunction

" Why there is nothing to look at.
function! s:none(reviews) abort
  let l:states = map(copy(a:reviews), 'v:val.state')
  return index(l:states, 'runs') >= 0 ? 'still coming in; wait for the end'
        \ : index(l:states, 'cut') >= 0 ? 'nothing whole to review here; :DeepContinue goes on' : 'nothing to review here'
endfunction

" True if there is a tab for buf.
function! deepchat#diff#is_open(buf) abort
  return has_key(s:open, a:buf)
endfunction

" The buffer whose proposal buf is, else buf.
function! s:of_proposal(buf) abort
  let l:found = filter(values(s:open), 'v:val.proposal == a:buf')
  return empty(l:found) ? a:buf : l:found[0].buf
endfunction

" True if there is something to look at, with what was dropped, if need be.
function! s:has_any(buf) abort
  return has_key(s:open, a:buf) || !empty(s:waiting(a:buf))
        \ || deepchat#review#revive(a:buf) > 0 && !empty(s:waiting(a:buf))
endfunction

" The [review, hunk] of buf that can be shown, in order; or are, in the tab.
function! s:waiting(buf) abort
  if has_key(s:open, a:buf)
    return filter(copy(s:open[a:buf].pairs), 'deepchat#hunk#waits(v:val[1])')
  endif
  return filter(deepchat#review_take#waiting(a:buf),
        \ 'v:val[0].state !=# "runs" && deepchat#hunk#state(v:val[1]) !=# "open"')
endfunction

" ---- the list --------------------------------------------------------------

function! s:list(buf, mods) abort
  let l:items = map(s:waiting(a:buf), {_, pair -> {'bufnr': a:buf,
        \ 'lnum': deepchat#hunk#cursor_row(pair[1]) + 1, 'col': 1, 'text': s:entry(pair[0], pair[1])}})
  call setloclist(0, [], ' ', {'title': ':DeepDiff!', 'items': l:items})
  call deepchat#ui#open(a:mods . printf(' lopen %d', max([min([len(l:items), 10]), 3])))
endfunction

" '-2 +3 (conflict) first new line', or if there is none the first old one.
function! s:entry(review, hunk) abort
  let l:lines = a:hunk.new + s:slice(a:review.track.base, a:hunk.first, a:hunk.first + a:hunk.count)
  let l:first = get(l:lines, match(l:lines, '\S'), '')
  return printf('-%d +%d %s%s', a:hunk.count, len(a:hunk.new), a:hunk.met ? '(conflict) ' : '', strtrans(trim(l:first)))
endfunction

" ---- the proposal ----------------------------------------------------------

" The text of buf with all of these hunks.
function! s:proposed(buf, pairs) abort
  let l:lines = getbufline(a:buf, 1, '$')
  let [l:text, l:at] = [[], 0]
  for [l:row, l:rows, l:new] in s:changes(a:pairs)
    if l:row >= l:at
      let l:text += s:slice(l:lines, l:at, l:row) + l:new
      let l:at = l:row + l:rows
    endif
  endfor
  let l:text += s:slice(l:lines, l:at, len(l:lines))
  return empty(l:text) ? [''] : l:text
endfunction

" [row, rows, lines instead], in order. Hunks that met an edit have one place
" together: the text that stood there, with them, is held against what does now.
function! s:changes(pairs) abort
  let [l:changes, l:last, l:done] = [[], [], 0]
  for [l:review, l:hunk] in a:pairs
    if !l:hunk.met
      call add(l:changes, [l:hunk.row, l:hunk.rows, l:hunk.new])
      let l:last = []
      continue
    endif
    let [l:above, l:top, l:below, l:bottom] = deepchat#track#around(l:review.track, l:hunk.first, l:hunk.count)
    if l:last ==# [l:review.id, l:above, l:below]
      let l:new = remove(l:changes, -1)[2]
      let l:new = s:slice(l:new, 0, len(l:new) - (l:below - l:done))
    else
      let [l:new, l:done] = [[], l:above]
    endif
    let l:new += s:slice(l:review.track.base, l:done, l:hunk.first) + l:hunk.new
    let l:done = l:hunk.first + l:hunk.count
    call add(l:changes, [l:top, l:bottom - l:top, l:new + s:slice(l:review.track.base, l:done, l:below)])
    let l:last = [l:review.id, l:above, l:below]
  endfor
  return l:changes
endfunction

function! s:slice(list, from, to) abort
  return a:to > a:from ? a:list[a:from : a:to - 1] : []
endfunction

" Open the tab for buf, or go to it.
function! deepchat#diff#open(buf, mods) abort
  if has_key(s:open, a:buf)
    call win_gotoid(s:open[a:buf].wins[1])
    return
  endif
  let l:pairs = s:waiting(a:buf)
  let l:lines = s:proposed(a:buf, l:pairs)
  let l:open = {'buf': a:buf, 'from': win_getid(), 'pairs': l:pairs}
  tab split
  let l:left = win_getid()
  let l:aside = a:mods =~# '\<vert' || a:mods !~# '\<hor' && &columns >= s:WIDE
  let l:kind = [&filetype, &fileformat]
  if l:aside
    rightbelow vertical new
  else
    rightbelow new
  endif
  let l:open.wins = [l:left, win_getid()]
  let l:open.proposal = bufnr('%')
  let s:open[a:buf] = l:open
  call s:hide(l:pairs)
  call s:fill(l:open, l:lines, l:kind)
  call s:watch(l:open)
  call s:compare(l:open)
  call cursor(deepchat#hunk#cursor_row(l:pairs[0][1]) + 1, 1)
endfunction

" The current buffer becomes the proposal.
function! s:fill(open, lines, kind) abort
  setlocal modifiable noreadonly buftype=acwrite bufhidden=wipe noswapfile nobuflisted nomodeline undolevels=-1
  let l:name = fnamemodify(bufname(a:open.buf), ':t')
  silent noautocmd keepalt execute 'file' fnameescape(printf('deepchat-proposal://%d/%s', a:open.buf, l:name))
  call setline(1, a:lines)
  setlocal undolevels< nomodified
  let &l:fileformat = a:kind[1]
  if a:kind[0] ==# 'deepchat'
    setlocal syntax=deepchat
  else
    let &l:filetype = a:kind[0]
  endif
  setlocal nomodified
endfunction

function! s:compare(open) abort
  try
    for l:win in reverse(copy(a:open.wins))
      call win_gotoid(l:win)
      diffthis
    endfor
  catch /^Vim\%((\a\+)\)\=:E/
    call deepchat#ui#error('no diff is possible (see ''diffopt''): ' . matchstr(v:exception, 'E\d\+.*'))
  endtry
  call win_gotoid(a:open.wins[1])
endfunction

" What the tab shows is not shown in the text, too.
function! s:hide(pairs) abort
  for [l:review, l:hunk] in a:pairs
    let l:review.hidden = 1
    call deepchat#review_show#hide(l:review, l:hunk)
  endfor
  call deepchat#review_keys#update(a:pairs[0][0].buf)
endfunction

" ---- its end ---------------------------------------------------------------

function! s:watch(open) abort
  execute printf('augroup deepchat_diff_%d', a:open.buf)
    autocmd!
    execute printf('autocmd BufReadCmd deepchat-proposal://%d/* call s:read(%d)', a:open.buf, a:open.buf)
    execute printf('autocmd BufWriteCmd deepchat-proposal://%d/* call s:written(%d)', a:open.buf, a:open.buf)
    execute printf('autocmd WinClosed %d,%d call s:closing(%d)', a:open.wins[0], a:open.wins[1], a:open.buf)
    execute printf('autocmd BufUnload <buffer=%d> call s:closing(%d)', a:open.buf, a:open.buf)
  augroup END
endfunction

" :edit! in the proposal.
function! s:read(buf) abort
  call setline(1, s:proposed(a:buf, s:waiting(a:buf)))
  setlocal nomodified
endfunction

" :w in the proposal.
function! s:written(buf) abort
  let l:open = s:open[a:buf]
  if !getbufvar(a:buf, '&modifiable')
    call deepchat#ui#error("'modifiable' is off there; nothing was changed")
    return
  endif
  call s:apply(l:open, getline(1, '$'))
  setlocal nomodified
  for [l:_, l:hunk] in l:open.pairs
    let l:hunk.left = !l:hunk.taken
  endfor
  call s:closing(a:buf)
endfunction

" Make buf what the proposal is: change by change, as the editor's diff has them,
" so that marks stay; and what that leaves out, such as blanks that 'diffopt'
" ignores. One undo step.
function! s:apply(open, lines) abort
  silent! %diffput
  let l:now = getbufline(a:open.buf, 1, '$')
  if len(l:now) == len(a:lines)
    for l:row in filter(range(len(l:now)), 'l:now[v:val] !=# a:lines[v:val]')
      call deepchat#port#replace(a:open.buf, l:row, 1, [a:lines[l:row]])
    endfor
  else
    call deepchat#port#replace(a:open.buf, 0, len(l:now), a:lines)
  endif
  call deepchat#review#catch_up(a:open.buf)
endfunction

" One of the two windows goes, and with it the tab.
function! s:closing(buf) abort
  if has_key(s:open, a:buf)
    let l:open = remove(s:open, a:buf)
    execute printf('autocmd! deepchat_diff_%d', a:buf)
    call timer_start(0, {-> s:closed(l:open)})
  endif
endfunction

" The window that is left, or both, go, unless it is the only one there is.
function! s:closed(open) abort
  for l:win in filter(copy(a:open.wins), 'getwinvar(v:val, "&diff")')
    call win_execute(l:win, 'diffoff')
  endfor
  let l:here = index(a:open.wins, win_getid()) >= 0
  for l:win in a:open.wins
    silent! call win_execute(l:win, 'close!')
  endfor
  if bufexists(a:open.proposal)
    execute printf('silent! bwipeout! %d', a:open.proposal)
  endif
  if l:here
    call win_gotoid(a:open.from)
  endif
  call s:show(a:open)
endfunction

" What still waits is shown in the text again.
function! s:show(open) abort
  call deepchat#review#edited(a:open.buf)
  for [l:review, l:hunk] in a:open.pairs
    let l:review.hidden = l:review.dropped
    call deepchat#review_show#hunk(l:review, l:hunk)
  endfor
  if bufloaded(a:open.buf)
    call deepchat#review#decided(a:open.buf)
  endif
endfunction

" ---- review = 'diff' -------------------------------------------------------

" True if a rewrite of buf with these arguments is to be shown so at its end.
function! deepchat#diff#is_wanted(buf, arguments) abort
  let l:settings = extend(copy(deepchat#settings()), deepchat#settings(a:buf))
  let l:given = deepchat#role#argument(a:arguments, 'review')
  return (l:given ==# '' ? deepchat#text(l:settings, 'review', '') : l:given) ==# 'diff'
endfunction

" A rewrite has ended, and has hunks: open the tab as soon as all that run in
" its buffer have ended and the user is there, in normal mode.
function! deepchat#diff#done(review) abort
  let l:buf = a:review.buf
  execute printf('augroup deepchat_diff_wait_%d', l:buf)
    autocmd!
    execute printf('autocmd User DeepChatDone,DeepChatError,DeepChatStopped call s:soon(%d)', l:buf)
    execute printf('autocmd ModeChanged *:n call s:soon(%d)', l:buf)
    execute printf('autocmd BufEnter <buffer=%d> call s:soon(%d)', l:buf, l:buf)
  augroup END
  call s:soon(l:buf)
endfunction

function! s:soon(buf) abort
  call timer_start(0, {-> s:try(a:buf)})
endfunction

function! s:try(buf) abort
  let l:waits = exists(printf('#deepchat_diff_wait_%d', a:buf)) && bufloaded(a:buf)
  if l:waits && (!empty(deepchat#review#running(a:buf)) || mode(1) !=# 'n' || bufnr('%') != a:buf
        \ || getcmdwintype() !=# '')
    return
  elseif exists(printf('#deepchat_diff_wait_%d', a:buf))
    execute printf('autocmd! deepchat_diff_wait_%d', a:buf)
    execute printf('augroup! deepchat_diff_wait_%d', a:buf)
  endif
  if l:waits && !empty(s:waiting(a:buf))
    call deepchat#diff#open(a:buf, '')
  endif
endfunction

let &cpoptions = s:cpo
unlet s:cpo
