" :DeepUsage: tokens and money, of this chat, today and in the last days. The
" host keeps the numbers; a row of them is a map with name requests blank in
" out cached cost est.

let s:cpo = &cpoptions
set cpoptions&vim

let s:DAYS = 30
let s:DAYS_MAX = 3660
let s:buf = 0
let s:mods = ''
let s:days = 0
let s:chat = ''

" :DeepUsage [days]
function! deepchat#usage#command(mods, days) abort
  if a:days !=# '' && (a:days !~# '^\d\{1,4}$' || a:days < 1 || a:days > s:DAYS_MAX)
    call deepchat#ui#error(printf('days are a number from 1 to %d', s:DAYS_MAX))
    return
  endif
  let s:mods = a:mods
  let s:days = a:days ==# '' ? s:DAYS : str2nr(a:days)
  let l:is_chat = &filetype ==# 'deepchat'
  let s:chat = l:is_chat ? fnamemodify(bufname('%'), ':t') : ''
  let l:why = deepchat#host#send('usage', {'settings': deepchat#settings(), 'buffer': deepchat#settings(bufnr('%')),
        \ 'days': s:days, 'buf': l:is_chat ? bufnr('%') : 0, 'file': l:is_chat ? deepchat#file#path(bufnr('%')) : ''})
  if l:why !=# ''
    call deepchat#ui#error(l:why)
  endif
endfunction

" Host: what was asked for. about has chat, today and models, lists of rows by
" model, and days, one by day; since, the first day of the last two; torn, how
" many lines of the file could not be read.
function! deepchat#usage#show(about) abort
  if mode(1) !=# 'n' || getcmdwintype() !=# ''
    call timer_start(200, {-> deepchat#usage#show(a:about)})
    return
  endif
  let l:lines = s:head()
  if s:chat !=# ''
    let l:lines += s:section('this chat: ' . s:chat, a:about.chat)
  endif
  let l:lines += s:section('today', a:about.today)
  let l:last = 'since ' . a:about.since . (s:days > 1 ? printf(' (%d days)', s:days) : '')
  if s:days > 1
    let l:lines += s:section(l:last . ', by model', a:about.models) + s:section(l:last . ', by day', a:about.days)
  endif
  call s:open(l:lines + s:notes(a:about))
endfunction

" ---- the text --------------------------------------------------------------

" Characters of a name that are looked at: each takes time.
let s:NAME_MAX = 100
let s:FORMAT = '  %-27S %8s %10s %9s %9s %9s'

function! s:head() abort
  return ['DeepChat usage', '', s:row(['', 'requests', 'in', 'cached', 'out', 'cost'])]
endfunction

function! s:row(cells) abort
  return substitute(call('printf', [s:FORMAT] + a:cells), '\s*$', '', '')
endfunction

function! s:section(title, rows) abort
  if empty(a:rows)
    return [a:title, '  nothing', '']
  endif
  let l:lines = [a:title]
  for l:row in a:rows
    call add(l:lines, s:row([s:fit(l:row.name, 27)] + s:cells(l:row)))
  endfor
  if len(a:rows) > 1
    call add(l:lines, s:row(['all'] + s:cells(s:total(a:rows))))
  endif
  return l:lines + ['']
endfunction

" The end of a name says more than its start.
function! s:fit(name, width) abort
  let l:name = substitute(a:name, '[[:cntrl:]]', ' ', 'g')
  let l:skip = max([strchars(l:name) - s:NAME_MAX, 0])
  while strwidth(strcharpart(l:name, l:skip)) > a:width - (l:skip > 0)
    let l:skip += 1
  endwhile
  return (l:skip > 0 ? '…' : '') . strcharpart(l:name, l:skip)
endfunction

function! s:cells(row) abort
  return [s:count(a:row.requests), s:count(a:row.in), s:count(a:row.cached), s:count(a:row.out), s:cost(a:row)]
endfunction

function! s:total(rows) abort
  let l:sum = {'requests': 0, 'blank': 0, 'in': 0, 'out': 0, 'cached': 0, 'cost': 0, 'est': 0}
  for l:row in a:rows
    call map(l:sum, {key, value -> value + l:row[key]})
  endfor
  return l:sum
endfunction

function! s:count(number) abort
  return substitute(printf('%.0f', a:number), '\d\zs\ze\%(\d\d\d\)\+$', ',', 'g')
endfunction

" Dollars, with ~ where some of it is reckoned from the prices of the list.
function! s:cost(row) abort
  let l:cost = a:row.cost + a:row.est
  return l:cost <= 0 ? '' : (a:row.est > 0 ? '~' : '') . deepchat#sum#dollars(l:cost)
endfunction

function! s:notes(about) abort
  let l:all = a:about.chat + a:about.today + a:about.models
  let l:notes = []
  if !empty(filter(copy(l:all), 'v:val.est > 0'))
    call add(l:notes, '~ reckoned from the list of prices, where the server named none')
  endif
  let l:blank = s:days > 1 ? s:total(a:about.models).blank : empty(a:about.today) ? 0 : s:total(a:about.today).blank
  if l:blank > 0
    call add(l:notes, s:count(l:blank) . ' of the requests gave no numbers: stopped, broken off, or not counted')
  endif
  if a:about.torn > 0
    call add(l:notes, s:count(a:about.torn) . ' lines of the usage file could not be read')
  endif
  return l:notes
endfunction

" ---- the buffer ------------------------------------------------------------

function! s:open(lines) abort
  if s:buf > 0 && bufexists(s:buf)
    execute 'bwipeout' str2nr(s:buf)
  endif
  if !deepchat#ui#open(s:mods . ' new')
    return
  endif
  setlocal modifiable buftype=nofile bufhidden=wipe noswapfile nobuflisted nomodeline nospell nowrap
  syntax match DeepChatUsage /^  .*/
  highlight default link DeepChatUsage Comment
  silent! keepalt file [DeepUsage]
  nnoremap <buffer> <silent> <nowait> q :close<CR>
  let s:buf = bufnr('%')
  call setline(1, a:lines)
  while line('$') > 1 && getline('$') ==# ''
    silent $delete _
  endwhile
  call cursor(1, 1)
  setlocal nomodifiable nomodified
endfunction

let &cpoptions = s:cpo
unlet s:cpo
