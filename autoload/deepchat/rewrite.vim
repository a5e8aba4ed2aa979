" :DeepRewrite and its operator: what is to be rewritten, and the instruction,
" which is asked for if none is given. What comes of it is review.vim's.

let s:cpo = &cpoptions
set cpoptions&vim

let s:MANY_LINES = 100000

" Lines typed to the question, the oldest first; it has a history of its own.
let s:HISTORY_MAX = 100
let s:history = []

" What the Ex command that runs has asked for: text and, to know the next
" command by, buf and line; {} if nothing. :g runs ours for each of its lines.
let s:asked = {}

" What the operator was given last, for ".", '' if it has to ask.
let s:again = ''

" True if it was typed in visual mode. The line that says so is wiped out later,
" and with it what is said before.
let s:is_visual = 0

" :[range]DeepRewrite[!] [/role...] [++opt=val...] [instruction]
function! deepchat#rewrite#command(bang, line1, line2, args) abort
  let l:where = {'buf': bufnr('%'), 'line1': a:line1, 'line2': a:line2}
  if !s:can(bufnr('%'), l:where)
    return
  endif
  let l:words = trim(a:args)
  if l:words =~# '^\%(++\S\+\s*\)*$'
    let l:asked = s:instruction(l:where)
    let l:words = l:asked ==# '' ? '' : trim(l:words . ' ' . l:asked)
  endif
  if l:words !=# ''
    call s:start(l:where, l:words, {'apply': a:bang})
  endif
endfunction

" Go on with the rewrite that line lnum of buf stands in. Returns 1 if there is
" one that was cut or stopped.
function! deepchat#rewrite#go_on(buf, lnum) abort
  call deepchat#review#catch_up(a:buf)
  for l:review in filter(deepchat#review#of(a:buf), 'deepchat#review#may_go_on(v:val)')
    if a:lnum > l:review.track.top && a:lnum <= max([l:review.track.end, l:review.track.top + 1])
      call deepchat#review#go_on(l:review)
      return 1
    endif
  endfor
  return 0
endfunction

" ---- the operator ----------------------------------------------------------

" For maps with <expr>: what to type for the operator.
function! deepchat#rewrite#operator() abort
  let [s:again, s:is_visual] = ['', mode() !~# '^n']
  set operatorfunc=deepchat#rewrite#act
  return 'g@'
endfunction

" The 'operatorfunc'.
function! deepchat#rewrite#act(type) abort
  if s:is_visual
    let s:is_visual = 0
    redraw
  endif
  if !deepchat#fit()
    return
  elseif a:type ==# 'block'
    call deepchat#ui#error('no rewrite of a block; select characters or lines')
    return
  endif
  let l:where = extend({'buf': bufnr('%')}, a:type ==# 'char' ? s:characters() : {'line1': line("'["), 'line2': line("']")})
  if !s:can(bufnr('%'), l:where)
    return
  endif
  let s:again = s:again ==# '' ? s:asked_for(l:where, function('s:ask')) : s:again
  if s:again !=# ''
    call s:start(l:where, s:again, {})
  endif
endfunction

function! s:characters() abort
  let [l:line1, l:col1] = getpos("'[")[1:2]
  let [l:line2, l:col2] = getpos("']")[1:2]
  let l:char = matchstr(strpart(getline(l:line2), l:col2 - 1), '^.')
  return {'line1': l:line1, 'line2': l:line2, 'col1': l:col1 - 1, 'col2': l:col2 - 1 + strlen(l:char)}
endfunction

" ---- what may be rewritten -------------------------------------------------

" True if it may; else the user has been told, or has said no.
function! s:can(buf, where) abort
  let l:why = s:refusal(a:buf, a:where)
  if l:why !=# ''
    call deepchat#ui#error(l:why)
    return 0
  endif
  let l:count = a:where.line2 - a:where.line1 + 1
  return l:count < s:MANY_LINES
        \ || s:asked_for(a:where, {-> confirm(printf('deepchat: rewrite %d lines?', l:count), "&Yes\n&No", 2)}) == 1
endfunction

function! s:refusal(buf, where) abort
  if getcmdwintype() !=# '' || index(['terminal', 'prompt', 'quickfix'], &buftype) >= 0
    return 'not in a window of this kind; nothing was sent'
  elseif !&modifiable
    return "'modifiable' is off here; nothing was sent"
  elseif has_key(a:where, 'col1') && (a:where.line1 > a:where.line2
        \ || a:where.line1 == a:where.line2 && a:where.col1 >= a:where.col2)
    return 'nothing is selected; nothing was sent'
  elseif &filetype ==# 'deepchat' && s:has_marker(a:where)
    return 'a marker is in these lines; select text of one turn'
  endif
  return ''
endfunction

" In characters an escaped one is none either: their columns would be others.
function! s:has_marker(where) abort
  let l:kinds = map(getline(a:where.line1, a:where.line2), 'deepchat#turn#kind(v:val)[0]')
  return index(l:kinds, 'marker') >= 0 || has_key(a:where, 'col1') && index(l:kinds, 'escaped') >= 0
endfunction

" words are what the user typed, with what may stand in front of an instruction.
function! s:start(where, words, options) abort
  let l:buf = a:where.buf
  let l:said = deepchat#role#split(a:words)
  let l:why = a:where.line1 > 0 ? l:said.why : 'these lines are gone; nothing was sent'
  if l:why !=# ''
    call deepchat#ui#error(l:why)
    return
  endif
  let l:options = extend({'arguments': l:said.arguments, 'words': a:words}, a:options)
  if deepchat#diff#is_wanted(l:buf, l:said.arguments)
    let l:options.on_done = function('deepchat#diff#done')
  endif
  call deepchat#review#start(l:buf, a:where, deepchat#role#instruction(l:said), l:options)
endfunction

" ---- the question ----------------------------------------------------------

" The instruction for one call of the Ex command: the one that the same command
" was given for an earlier line. '' is "no".
function! s:instruction(where) abort
  let l:here = {'buf': a:where.buf, 'line': a:where.line1}
  if empty(s:asked) || s:asked.buf == l:here.buf && s:asked.line >= l:here.line
    let s:asked = {'text': s:asked_for(a:where, function('s:ask'))}
    call s:forget_later()
  endif
  call extend(s:asked, l:here)
  return s:asked.text
endfunction

" A command has ended for sure when the next one was typed, the user has moved, or
" a key is waited for.
function! s:forget_later() abort
  augroup deepchat_rewrite
    autocmd!
    autocmd CmdlineLeave : call s:forget()
    autocmd CursorMoved * call s:forget()
    if exists('##SafeState')
      autocmd SafeState * call s:forget()
    else
      call timer_start(0, {-> s:forget()})
    endif
    if exists('##SafeStateAgain')
      autocmd SafeStateAgain * call s:forget()
    endif
  augroup END
endfunction

function! s:forget() abort
  let s:asked = {}
  autocmd! deepchat_rewrite
endfunction

" Ask. Returns what was typed, '' for nothing.
function! s:ask() abort
  let l:others = map(range(1, max([histnr('@'), 0])), {_, at -> histget('@', at)})
  call s:set_history(s:history)
  try
    let l:text = trim(input('deepchat rewrite: ', '', 'customlist,deepchat#complete#instruction'))
  catch /^Vim:Interrupt$/
    let l:text = ''
  finally
    call s:set_history(l:others)
    redraw
  endtry
  if l:text !=# ''
    let s:history = filter(s:history, 'v:val !=# l:text') + [l:text]
    let s:history = s:history[max([len(s:history) - s:HISTORY_MAX, 0]) :]
  endif
  return l:text
endfunction

" What Ask() returns. Lines may move meanwhile: where is brought up to date, its
" line1 being 0 if they are gone. Vim forgets an anchor in a line that is written
" anew: with as many lines as before it is at its place.
function! s:asked_for(where, Ask) abort
  let [l:buf, l:key] = [a:where.buf, deepchat#buf#new_id() * 8]
  let l:count = line('$')
  " an anchor at the start of a line would take in what comes right above it
  call deepchat#port#anchor(l:buf, l:key, a:where.line1 - 1, get(a:where, 'col1', strlen(getline(a:where.line1))),
        \ a:where.line2 - 1, get(a:where, 'col2', strlen(getline(a:where.line2))))
  let l:answer = deepchat#wait#for(a:Ask)
  let l:at = bufloaded(l:buf) ? deepchat#port#anchor_at(l:buf, l:key) : []
  call deepchat#port#anchor_drop(l:buf, l:key)
  if !empty(l:at)
    call extend(a:where, {'line1': l:at[0] + 1, 'line2': l:at[2] + 1})
    call extend(a:where, has_key(a:where, 'col1') ? {'col1': l:at[1], 'col2': l:at[3]} : {})
  elseif !bufloaded(l:buf) || has_key(a:where, 'col1') || deepchat#buf#line_count(l:buf) != l:count
    let a:where.line1 = 0
  endif
  return l:answer
endfunction

function! s:set_history(lines) abort
  call histdel('@')
  for l:line in filter(copy(a:lines), 'v:val !=# ""')
    call histadd('@', l:line)
  endfor
endfunction

let &cpoptions = s:cpo
unlet s:cpo
