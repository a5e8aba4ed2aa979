" For test_review*.c: what the host would send, and a user who edits at random.
" Lines of the text are all different, and so are those of the user.

let s:END = {'finish': 'stop', 'line': '', 'outcome': 'hunks', 'got_text': 1, 'pieces': 3, 'refused': 0}

" A review of lines first to last of this buffer with these hunks, all there.
function! Review(first, last, hunks) abort
  let l:review = deepchat#review#new(bufnr('%'), a:first, getline(a:first, a:last), 'do it', {})
  call Update(l:review, 0, 0, a:hunks, a:last - a:first + 2)
  call Finish(l:review, 'hunks')
  return l:review
endfunction

function! Update(review, from, keep, hunks, covered) abort
  let l:words = deepchat#review#update([[a:review.id, a:review.seq + 1, a:from, a:keep, a:hunks, a:covered]])
  if l:words !=# ['ok']
    throw string(l:words)
  endif
endfunction

function! Finish(review, outcome) abort
  let l:finish = a:outcome =~# 'error\|stopped' ? a:outcome : a:outcome ==# 'cut' ? 'length' : 'stop'
  let l:about = extend(copy(s:END), {'outcome': a:outcome, 'finish': l:finish})
  if l:finish ==# 'error'
    let l:about.line = 'it broke'
  endif
  call deepchat#review#finish(a:review.id, l:about)
endfunction

" 'pending conflict ...'
function! States(review) abort
  call deepchat#review#catch_up(a:review.buf)
  return join(map(copy(a:review.hunks), 'deepchat#hunk#state(v:val)'))
endfunction

" ---- at random -------------------------------------------------------------

let s:seed = 1
function! s:random(below) abort
  let s:seed = (s:seed * 1103515245 + 12345) % 2147483648
  return a:below > 0 ? (s:seed / 65536) % a:below : 0
endfunction

let s:typed = 0
function! s:words(prefix) abort
  let s:typed += 1
  return a:prefix . s:typed
endfunction

" Hunks over count lines; none touches another one.
function! s:hunks(count) abort
  let [l:at, l:hunks] = [s:random(3), []]
  while l:at <= a:count
    let l:old = min([s:random(4), a:count - l:at])
    let l:new = map(range(s:random(4) + (l:old == 0)), 's:words("new")')
    let l:marks = l:old > 0 && !empty(l:new) ? [[0, 0, 2]] : []
    call add(l:hunks, [l:at, l:old, l:new, l:marks, l:marks])
    let l:at += l:old + 1 + s:random(5)
  endwhile
  return l:hunks
endfunction

function! s:applied(lines, first, hunks) abort
  let l:lines = copy(a:lines)
  for l:hunk in reverse(copy(a:hunks))
    let l:at = a:first - 1 + l:hunk[0]
    let l:lines = (l:at > 0 ? l:lines[: l:at - 1] : []) + l:hunk[2] + l:lines[l:at + l:hunk[1] :]
  endfor
  return l:lines
endfunction

" Neovim 0.7 draws a status line only if the window knows how long its text is.
function! s:new_text() abort
  silent %delete _
  redraw
  call setline(1, map(range(1 + s:random(30)), 's:words("base")'))
  let &undolevels = &undolevels
  let l:first = 1 + s:random(line('$'))
  return [l:first, l:first + s:random(line('$') - l:first + 1)]
endfunction

" A review that comes in some updates, with a user who does something between.
function! s:arrive(first, last, hunks, edits) abort
  let l:review = deepchat#review#new(bufnr('%'), a:first, getline(a:first, a:last), 'do it', {})
  let l:sent = 0
  while l:sent < len(a:hunks)
    let l:part = a:hunks[l:sent : l:sent + s:random(3)]
    let l:cut = s:random(2) && len(l:part[-1][2]) > 1
    let l:end = l:part[-1][0] + l:part[-1][1]
    if l:cut
      let l:some = [l:part[-1][0], l:part[-1][1], l:part[-1][2][:0], [], []]
      call Update(l:review, l:sent, 0, l:part[: -2] + [l:some], l:end)
      call s:user(a:edits)
      let l:rest = copy(l:part[-1])
      let l:rest[2] = l:rest[2][1:]
      call Update(l:review, l:sent + len(l:part) - 1, 1, [l:rest], l:end + 1)
    else
      call Update(l:review, l:sent, 0, l:part, l:end + 1)
    endif
    let l:sent += len(l:part)
    call s:user(a:edits)
  endwhile
  call Finish(l:review, 'hunks')
  return l:review
endfunction

let s:EDITS = ['normal! dd', 'normal! yyp', 'normal! J', 'silent! normal! 3dd', 'silent! normal! u',
      \ 'silent! normal! u', "silent! normal! \<C-r>", 'normal! >>', 'silent! .,+2d _', 'silent! .,+3s/^/_/',
      \ 'silent! %s/e1/E1/']

function! s:user(edits) abort
  for l:_ in range(a:edits > 0 ? s:random(a:edits + 1) : 0)
    call cursor(1 + s:random(line('$')), 1)
    let l:kind = s:random(len(s:EDITS) + 3)
    if l:kind < len(s:EDITS)
      execute s:EDITS[l:kind]
    else
      execute 'normal!' ['o', 'O', 'cc'][l:kind - len(s:EDITS)] . s:words('USER')
    endif
    let &undolevels = &undolevels
    if s:random(3) > 0
      call deepchat#review#catch_up(bufnr('%'))
    endif
  endfor
endfunction

" What is wrong with where the hunks are, '' if nothing.
function! s:misplaced(review) abort
  call deepchat#review#catch_up(bufnr('%'))
  for l:hunk in filter(copy(a:review.hunks), 'deepchat#hunk#waits(v:val) && !v:val.met')
    let l:base = a:review.track.base
    if l:hunk.count > 0
      if getline(l:hunk.row + 1, l:hunk.row + l:hunk.count) !=# l:base[l:hunk.first : l:hunk.first + l:hunk.count - 1]
        return 'it is not at row ' . l:hunk.row . ': ' . string(l:hunk)
      endif
    elseif l:hunk.first > 0 && l:hunk.first < len(l:base) && getline(l:hunk.row) !=# l:base[l:hunk.first - 1]
          \ && getline(l:hunk.row + 1) !=# l:base[l:hunk.first]
      return 'nothing beside it is as it was: ' . string(l:hunk)
    endif
  endfor
  for l:hunk in filter(copy(a:review.hunks), 'v:val.met && v:val.count == 1')
    let l:line = a:review.track.base[l:hunk.first]
    if index(getline(1, '$'), l:line) >= 0 && count(getline(1, '$'), l:line) == 1 && !s:moved
      return 'a conflict, but its line stands there: ' . string(l:hunk)
    endif
  endfor
  return ''
endfunction
let s:moved = 0

" What is shown: of each row how many lines of old text are marked, and how many
" pieces of virtual text there are; as text.
function! s:shown() abort
  let l:rows = {}
  if has('nvim')
    for l:mark in nvim_buf_get_extmarks(0, nvim_create_namespace('deepchat_hunk'), 0, -1, {'details': v:true})
      let l:virtual = len(get(l:mark[3], 'virt_lines', [])) + len(get(l:mark[3], 'virt_text', []))
      let l:rows = s:count(l:rows, l:mark[1], 1, 'n', l:virtual)
      if get(l:mark[3], 'hl_group', '') ==# 'DeepChatDelete'
        let l:rows = s:count(l:rows, l:mark[1], l:mark[3].end_row - l:mark[1], 'o', 1)
      endif
    endfor
  else
    for l:prop in prop_list(1, {'end_lnum': -1})
      if l:prop.type =~# '^deepchatHunk'
        let l:what = has_key(l:prop, 'text') || l:prop.id < 0 ? 'n' : 'o'
        let l:old = l:what ==# 'o' && l:prop.type !~# 'Delete$'
        let l:rows = s:count(l:rows, l:prop.lnum - 1, 1, l:what, !l:old)
      endif
    endfor
  endif
  return s:text(l:rows)
endfunction

function! s:count(rows, row, rows_count, what, by) abort
  for l:row in a:by > 0 ? range(a:row, a:row + a:rows_count - 1) : []
    let l:key = printf('%04d%s', l:row, a:what)
    let a:rows[l:key] = get(a:rows, l:key, 0) + a:by
  endfor
  return a:rows
endfunction

function! s:text(rows) abort
  return join(map(sort(keys(a:rows)), 'v:val . a:rows[v:val]'))
endfunction

" What should be shown.
function! s:to_show(review) abort
  let l:rows = {}
  for l:hunk in filter(copy(a:review.hunks), 'deepchat#hunk#waits(v:val)')
    let l:at = l:hunk.row + l:hunk.rows - 1
    let l:rows = s:count(l:rows, max([l:at, 0]), 1, 'n', len(l:hunk.new))
    if l:hunk.met
      let l:rows = s:count(l:rows, l:hunk.rows > 0 ? l:hunk.row : max([l:at, 0]), 1, 'n', 1)
    else
      let l:rows = s:count(l:rows, l:hunk.row, l:hunk.rows, 'o', 1)
    endif
  endfor
  return s:text(l:rows)
endfunction

function! s:misdrawn(review) abort
  let [l:shown, l:want] = [s:shown(), s:to_show(a:review)]
  return l:shown ==# l:want ? '' : 'shown: ' . l:shown . ' but not ' . l:want . ' ' . string(a:review.hunks)
endfunction

" An unedited buffer: all of it, in one step, back and again.
function! Plain_round(seed) abort
  let s:seed = a:seed
  let [l:first, l:last] = s:new_text()
  let l:before = getline(1, '$')
  let l:hunks = s:hunks(l:last - l:first + 1)
  let l:review = s:arrive(l:first, l:last, l:hunks, 0)
  let l:want = s:applied(l:before, l:first, l:hunks)
  if empty(l:hunks)
    return ''
  endif
  silent DeepAccept!
  if getline(1, '$') !=# (empty(l:want) ? [''] : l:want)
    return 'accepted: ' . string([l:before, l:hunks, getline(1, '$')])
  endif
  silent normal! u
  if getline(1, '$') !=# l:before || States(l:review) =~# 'accepted\|conflict\|rejected'
    return 'undone: ' . string([l:before, l:hunks, getline(1, '$'), States(l:review)])
  endif
  silent execute "normal! \<C-r>"
  return States(l:review) =~# 'pending\|conflict\|rejected' ? 'redone: ' . string([l:before, l:hunks, States(l:review)]) : ''
endfunction

" A user who edits: what is not a hunk's stays, whatever is accepted.
function! Edited_round(seed) abort
  let s:seed = a:seed
  let [l:first, l:last] = s:new_text()
  let l:review = s:arrive(l:first, l:last, s:hunks(l:last - l:first + 1), 2)
  for l:_ in range(6)
    call s:user(2)
    let l:wrong = s:misplaced(l:review)
    let l:wrong = l:wrong ==# '' ? s:misdrawn(l:review) : l:wrong
    if l:wrong !=# ''
      return l:wrong
    endif
    let l:before = getline(1, '$')
    call cursor(1 + s:random(line('$')), 1)
    let l:did = s:random(4)
    silent execute ['DeepAccept', 'DeepAccept!', 'DeepReject', 'normal ]c'][l:did]
    let l:wrong = s:lost(l:review, l:before, l:did > 1)
    if l:wrong !=# ''
      return l:wrong
    endif
    let &undolevels = &undolevels
  endfor
  return ''
endfunction

" Lines of before that are gone, but are not those of an accepted hunk.
function! s:lost(review, before, none) abort
  let l:now = getline(1, '$')
  if a:none
    return l:now ==# a:before ? '' : 'changed without being accepted'
  endif
  let l:may = {}
  for l:hunk in filter(copy(a:review.hunks), 'v:val.taken')
    for l:line in l:hunk.count > 0 ? a:review.track.base[l:hunk.first : l:hunk.first + l:hunk.count - 1] : []
      let l:may[l:line] = 1
    endfor
  endfor
  for l:line in a:before
    if index(l:now, l:line) < 0 && !has_key(l:may, l:line)
      return 'lost: ' . l:line . string([a:before, l:now, a:review.hunks])
    endif
  endfor
  let l:user = 'v:val =~# "USER"'
  return filter(copy(a:before), l:user) ==# filter(l:now, l:user) ? '' : 'the user''s lines moved'
endfunction

" Rounds from seed on; returns what was wrong, with the seed.
function! Rounds(function, seed, count) abort
  for l:seed in range(a:seed, a:seed + a:count - 1)
    try
      let l:wrong = call(a:function, [l:seed])
    catch
      let l:wrong = v:exception . ' at ' . v:throwpoint
    endtry
    if l:wrong !=# ''
      return 'seed ' . l:seed . ': ' . l:wrong
    endif
    silent DeepReject!
    for l:review in deepchat#review#of(bufnr('%'))
      let l:review.state = 'done'
      let l:review.hunks = []
    endfor
  endfor
  return ''
endfunction

" ---- for the bench ---------------------------------------------------------

" Milliseconds that each update of a review of 500 lines takes. kind: 'one' hunk
" that grows by four lines; 'many', three new ones of a line each.
function! Frame_costs(kind) abort
  let l:line = '    let some = a_line(of, code, number); // '
  enew!
  call setline(1, map(range(600), 'l:line . v:val'))
  let l:review = deepchat#review#new(bufnr('%'), 50, getline(50, 549), 'do it', {})
  let l:costs = []
  for l:at in range(a:kind ==# 'one' ? 125 : 33)
    let l:new = map(range(4), '"    let another = a_line(of, code); // " . (l:at * 4 + v:val)')
    let l:hunks = map(range(l:at * 3, l:at * 3 + 2), {_, n -> [n * 5, 1, [l:new[0]], [[0, 8, 12]], [[0, 8, 15]]]})
    let l:from = a:kind ==# 'one' ? [0, l:at * 4] : [l:at * 3, 0]
    let l:hunks = a:kind ==# 'one' ? [[0, l:at * 4 + 4, l:new, [], []]] : l:hunks
    let l:start = reltime()
    call Update(l:review, l:from[0], l:from[1], l:hunks, a:kind ==# 'one' ? l:at * 4 + 4 : l:at * 15 + 12)
    call add(l:costs, reltimefloat(reltime(l:start)) * 1000)
  endfor
  silent call Finish(l:review, 'stopped')
  return l:costs
endfunction
