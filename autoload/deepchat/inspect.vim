" :DeepInspect: the request that a send of this chat would make, in a buffer of
" its own. The host makes it ready and sends nothing.

let s:cpo = &cpoptions
set cpoptions&vim

let s:PARTS = '%-10S %12s %10s'

" The one that is shown or on its way: id; mods; opened, once it was shown; buf,
" its buffer, or that of one before; about and text from the host.
let s:last = {'id': 0, 'buf': 0}

" :[range]DeepInspect [++opt=val ...]: as :DeepSend, and ++ as :DeepChat has them.
function! deepchat#inspect#command(mods, range, line, args) abort
  if &filetype !=# 'deepchat'
    call deepchat#ui#error('this buffer is not a chat; :DeepChat opens one')
    return
  endif
  let l:words = split(a:args)
  if !empty(filter(copy(l:words), 'v:val !~# "^++\\S"'))
    call deepchat#ui#error('takes options only, as ++temperature=0')
    return
  endif
  let l:buf = bufnr('%')
  let l:last = a:range > 0 ? deepchat#turn#range_end(l:buf, a:line) : line('$')
  let l:options = {'arguments': map(l:words, 'v:val[2:]')}
  if !deepchat#allow#send_as_it_is(l:buf, l:last, l:options)
    return
  endif
  let s:last = {'id': s:last.id + 1, 'mods': a:mods, 'opened': 0, 'buf': s:last.buf, 'about': {}, 'text': ''}
  let l:id = s:last.id
  call deepchat#context#preview(l:buf, l:last, {why, context -> s:ask(l:id, why, l:buf, l:last, extend(context, l:options))})
endfunction

function! s:ask(id, why, buf, last, options) abort
  let l:why = a:why
  if a:id != s:last.id || !bufloaded(a:buf)
    return
  elseif l:why ==# ''
    let l:why = deepchat#host#send('inspect', extend({'id': a:id}, deepchat#chat#message(a:buf, a:last, a:options)))
  endif
  if l:why !=# ''
    call deepchat#ui#error(l:why)
  endif
endfunction

" Host: about the request id, as host/inspect.h says. Its text follows. Returns 1
" if it is wanted: a second time it is if the first is still to be seen.
function! deepchat#inspect#show(id, about) abort
  if a:id != s:last.id || s:last.opened && !bufloaded(s:last.buf)
    return 0
  elseif a:about.line !=# ''
    call deepchat#ui#error(a:about.line)
    return 0
  endif
  let s:last.about = a:about
  let s:last.text = ''
  return 1
endfunction

" Host: a piece of its text. Returns 1 if more is wanted.
function! deepchat#inspect#piece(id, text, last) abort
  if a:id != s:last.id
    return 0
  endif
  let s:last.text .= a:text
  if a:last
    call s:open(a:id)
  endif
  return !a:last
endfunction

" ---- the text --------------------------------------------------------------

" Lines that are no part of the body are comments.
function! s:head(about) abort
  let l:lines = ['POST ' . a:about.url]
  let l:lines += a:about.key ==# '' ? [] : ['Authorization: Bearer ' . a:about.key . ' (the key is never shown)']
  let l:lines += a:about.no_key ==# '' ? [] : [a:about.no_key]
  let l:lines += a:about.masked ? ['secrets in the text are masked'] : []
  let l:lines += a:about.shortened ? ['long data is shortened; all of it is sent'] : []
  let l:lines += [''] + s:parts(a:about) + [''] + s:money(a:about) + ['', s:one_line(a:about.curl)]
  let l:lines += a:about.curl[-1] =~# '@request.json' ? ['with the body in request.json: :/^{/,$write request.json'] : []
  return map(l:lines, 'v:val ==# "" ? "//" : "// " . v:val')
endfunction

" As several it could not be taken out of comments and into a shell.
function! s:one_line(curl) abort
  return join(map(a:curl[:-2], {_, v -> substitute(v, ' \\$', '', '')}) + a:curl[-1:], '')
endfunction

function! s:parts(about) abort
  let l:lines = [printf(s:PARTS, 'part', 'bytes', '~tokens')]
  for [l:name, l:bytes, l:tokens] in a:about.parts
    call add(l:lines, printf(s:PARTS, l:name, s:count(l:bytes), s:count(l:tokens)))
  endfor
  return l:lines + [printf(s:PARTS, 'all', s:count(a:about.bytes), s:count(a:about.tokens))]
endfunction

function! s:count(number) abort
  return substitute(printf('%.0f', 1.0 * a:number), '\d\zs\ze\%(\d\d\d\)\+$', ',', 'g')
endfunction

function! s:money(about) abort
  let l:lines = ['tokens: ~' . s:count(a:about.tokens) . (a:about.context > 0 ? ' of ' . s:count(a:about.context) : '')
        \ . ', ' . (a:about.learned ? 'as this model has counted before' : 'reckoned for any model')]
  let l:lines += a:about.fits ==# '' ? [] : ['does not fit: ' . a:about.fits]
  let l:lines += a:about.model_about ==# '' ? ['price: not known; :DeepModel shows what the server tells']
        \ : ['model: ' . a:about.model_about]
  if a:about.price >= 0
    let l:lines += [printf('price: ~%s, and %s for 1,000 tokens of the answer',
          \ deepchat#sum#dollars(a:about.price), deepchat#sum#dollars(a:about.price_out))]
  endif
  return l:lines
endfunction

" ---- the buffer ------------------------------------------------------------

function! s:open(id) abort
  if a:id != s:last.id
    return
  elseif mode(1) !=# 'n' || getcmdwintype() !=# ''
    call timer_start(200, {-> s:open(a:id)})
    return
  endif
  let s:last.opened = 1
  let l:lines = s:head(s:last.about) + split(s:last.text, "\n", 1)
  if s:last.buf > 0 && bufloaded(s:last.buf)
    call s:fill(s:last.buf, l:lines)
    return
  endif
  let l:mods = s:last.mods
  if !deepchat#ui#open(l:mods . ' new')
    return
  endif
  setlocal buftype=nofile bufhidden=wipe noswapfile nobuflisted nomodeline nospell undolevels=-1
  silent! keepalt file [DeepInspect]
  nnoremap <buffer> <silent> <nowait> q :close<CR>
  let s:last.buf = bufnr('%')
  call s:fill(s:last.buf, l:lines)
  call s:looks(strlen(s:last.text))
  call cursor(1, 1)
endfunction

function! s:fill(buf, lines) abort
  call setbufvar(a:buf, '&modifiable', 1)
  call setbufline(a:buf, 1, a:lines)
  if len(getbufline(a:buf, 1, '$')) > len(a:lines)
    call deletebufline(a:buf, len(a:lines) + 1, '$')
  endif
  call setbufvar(a:buf, '&modifiable', 0)
  call setbufvar(a:buf, '&modified', 0)
endfunction

" Colours of long lines take long.
function! s:looks(bytes) abort
  if a:bytes < 200000
    setlocal filetype=json
  endif
  setlocal synmaxcol=1000 wrap foldmethod=manual conceallevel=0
  syntax match DeepChatInspectHead "^//.*"
  highlight default link DeepChatInspectHead Comment
endfunction

let &cpoptions = s:cpo
unlet s:cpo
