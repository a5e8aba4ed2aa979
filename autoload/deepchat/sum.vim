" What a chat has used by the markers of its answers, at the right edge of its
" last turn, and for users' own status lines. Answers that are alternates count:
" they were paid for.

let s:cpo = &cpoptions
set cpoptions&vim

" Lines that are looked at in one go, so that no key waits for a long chat.
let s:AT_ONCE = 1000
" Below those of markers, see ui.vim.
let s:KEY = 999997

let s:round = 0

" Bring the sum of buf up to date, and show it. A later call ends this one.
function! deepchat#sum#update(buf) abort
  let s:round += 1
  let l:work = {'round': s:round, 'row': -1,
        \ 'sum': {'answers': 0, 'tokens_in': 0, 'tokens_out': 0, 'cached': 0, 'cost': 0.0, 'estimate': 0.0}}
  call setbufvar(a:buf, 'deepchat_sum_round', s:round)
  call s:add_up(a:buf, deepchat#buf#line_count(a:buf), l:work)
endfunction

" The sum as it was found last: answers tokens_in tokens_out cached cost
" estimate; zeros before.
function! deepchat#sum#of(buf) abort
  return copy(getbufvar(a:buf, 'deepchat_sum', {'answers': 0, 'tokens_in': 0, 'tokens_out': 0,
        \ 'cached': 0, 'cost': 0.0, 'estimate': 0.0}))
endfunction

" '$0.0021': as the host writes it into markers, but with two decimals.
function! deepchat#sum#dollars(cost) abort
  let l:decimals = a:cost >= 100 ? 2 : 4
  let l:small = a:cost
  while l:small > 0 && l:small < 0.001 && l:decimals < 12
    let l:small = l:small * 10
    let l:decimals += 1
  endwhile
  return '$' . substitute(printf('%.*f', l:decimals, a:cost), '\.\d\d.\{-}\zs0*$', '', '')
endfunction

" '1,204', '61k', '1.3M'
function! deepchat#sum#tokens(count) abort
  if a:count < 10000
    return substitute(printf('%.0f', a:count), '\d\zs\ze\%(\d\d\d\)\+$', ',', 'g')
  endif
  return a:count < 999500 ? printf('%.0fk', a:count / 1000.0) : printf('%.1fM', a:count / 1000000.0)
endfunction

" The words of a marker that are pairs, as a map.
function! deepchat#sum#pairs(marker) abort
  let l:pairs = {}
  for l:word in split(a:marker)[2:]
    let l:pairs[matchstr(l:word, '^[^=]*')] = matchstr(l:word, '=\zs.*')
  endfor
  return l:pairs
endfunction

" ---- adding up -------------------------------------------------------------

function! s:add_up(buf, last, work) abort
  if !bufloaded(a:buf) || getbufvar(a:buf, 'deepchat_sum_round', 0) != a:work.round
    return
  endif
  let l:first = max([a:last - s:AT_ONCE + 1, 1])
  let l:lines = getbufline(a:buf, l:first, a:last)
  call s:add_lines(l:lines, a:work.sum)
  if a:work.row < 0
    let l:at = match(reverse(l:lines), '^%% user\>')
    let a:work.row = l:at < 0 ? -1 : a:last - l:at - 1
  endif
  if l:first > 1
    call timer_start(1, {-> s:add_up(a:buf, l:first - 1, a:work)})
  else
    call s:done(a:buf, a:work)
  endif
endfunction

function! s:add_lines(lines, sum) abort
  let l:marker = '^%% \%(assistant\|alternate\) .*\<out='
  let l:at = match(a:lines, l:marker)
  while l:at >= 0
    let l:line = a:lines[l:at]
    let a:sum.answers += 1
    let a:sum.tokens_in += str2nr(matchstr(l:line, ' in=\zs\d*'))
    let a:sum.tokens_out += str2nr(matchstr(l:line, ' out=\zs\d*'))
    let a:sum.cached += str2nr(matchstr(l:line, ' cached=\zs\d*'))
    let a:sum.cost += str2float(matchstr(l:line, ' cost=\zs\S*'))
    let a:sum.estimate += str2float(matchstr(l:line, ' est=\zs\S*'))
    let l:at = match(a:lines, l:marker, l:at + 1)
  endwhile
endfunction

" Of one answer its own marker says as much.
function! s:done(buf, work) abort
  let l:sum = a:work.sum
  call setbufvar(a:buf, 'deepchat_sum', l:sum)
  let l:shown = l:sum.answers > 1 && a:work.row >= 0
        \ && min([999] + map(win_findbuf(a:buf), 'winwidth(v:val)')) >= 50
  let l:cost = l:sum.cost + l:sum.estimate
  let l:text = 'chat: ' . deepchat#sum#tokens(l:sum.tokens_out) . ' tok'
        \ . (l:cost > 0 ? ' ' . (l:sum.estimate > 0 ? '~' : '') . deepchat#sum#dollars(l:cost) : '')
  call deepchat#port#virtual(a:buf, s:KEY, max([a:work.row, 0]), l:shown ? [[l:text, 'DeepChatUsage']] : [], 1)
endfunction

let &cpoptions = s:cpo
unlet s:cpo
