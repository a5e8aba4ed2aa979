" :DeepContinue in a buffer that is no chat: text is written on at a place. One
" of the kinds of buf.vim: the place is there from the start, so that nothing
" has to begin, and nothing is left behind if no text comes.

let s:cpo = &cpoptions
set cpoptions&vim

" Bytes of the text around the place that the host may need: it sends half.
let s:BEFORE = 65536
let s:AFTER = 16384
let s:MANY_ROUNDS = 64

highlight default link DeepChatStatus Comment

" :[range]DeepContinue[!] [++opt=val...] [instruction]
function! deepchat#inline#command(bang, range, line1, line2, args) abort
  let [l:arguments, l:instruction] = s:split(a:args)
  let l:buf = bufnr('%')
  let [l:row, l:col] = a:range > 0 ? [a:line2 - 1, strlen(getline(a:line2))] : s:cursor_place()
  let l:why = s:refuses(l:buf, l:row, l:col, l:instruction)
  if l:why !=# ''
    call deepchat#ui#error(l:why)
    return
  endif
  let l:reply = deepchat#buf#expect(l:buf, s:KIND, {'begun': 1, 'col': l:col})
  call deepchat#buf#anchor(l:reply, 'text', l:row, l:col, l:row, l:col)
  call s:watch(l:buf)
  call deepchat#buf#status(l:reply.id, 'waiting')
  let l:why = deepchat#host#send('inline', extend(s:surroundings(l:buf, l:row, l:col), {
        \ 'id': l:reply.id, 'buf': l:buf, 'file': '', 'line': l:row + 1,
        \ 'instruction': l:instruction, 'rounds': a:bang ? s:MANY_ROUNDS : -1,
        \ 'settings': deepchat#settings(), 'buffer': deepchat#model#own_settings(l:buf),
        \ 'arguments': l:arguments}))
  if l:why !=# ''
    call deepchat#buf#finish(l:reply.id, {'finish': 'error', 'refused': 1, 'got_text': 0,
          \ 'pairs': '', 'pieces': 0, 'line': l:why})
  endif
endfunction

" [the words ++opt=val that args begins with, the rest].
function! s:split(args) abort
  let l:options = matchstr(a:args, '^\%(++\S\+\s*\)*')
  return [map(split(l:options), 'v:val[2:]'), a:args[strlen(l:options) :]]
endfunction

" Where "a" would write, or in insert mode where the next key goes. Behind
" CTRL-O the cursor cannot stand there at the end of a line, but '^ does.
function! s:cursor_place() abort
  let l:place = [line('.') - 1, col('.') - 1]
  if mode(1) =~# '^ni'
    return [line("'^") - 1, col("'^") - 1]
  elseif mode() !~# '^[iR]'
    let l:place[1] += strlen(matchstr(getline('.')[l:place[1] :], '^.'))
  endif
  return l:place
endfunction

" Why nothing can be written there, '' if it can.
function! s:refuses(buf, row, col, instruction) abort
  if getcmdwintype() !=# '' || index(['terminal', 'prompt', 'quickfix'], &buftype) >= 0
    return 'not in a window of this kind; nothing was done'
  elseif !&modifiable
    return "'modifiable' is off in this buffer; nothing was done"
  elseif deepchat#buf#is_taken(a:buf, a:row, a:col)
    return 'text is being written here; :DeepStop ends that'
  elseif a:instruction !~# '\S' && search('\S', 'cnw') == 0
    return 'nothing to go on from; type something or give an instruction'
  endif
  return ''
endfunction

" ---- what the host is told -------------------------------------------------

" Lines as text. A NUL in a line reads as a newline here, and must not become
" one.
function! s:text(lines) abort
  return join(map(copy(a:lines), 'tr(v:val, "\n", "\x01")'), "\n")
endfunction

" The last lines of buf before row of at most max bytes together, but for the
" first of them.
function! s:lines_before(buf, row, max) abort
  let l:first = a:row
  let l:bytes = 0
  while l:first > 0 && l:bytes < a:max
    let l:chunk = getbufline(a:buf, max([l:first - 99, 1]), l:first)
    let l:bytes += strlen(join(l:chunk))
    let l:first -= len(l:chunk)
  endwhile
  return getbufline(a:buf, l:first + 1, a:row)
endfunction

function! s:lines_after(buf, row, max) abort
  let l:last = a:row + 1
  let l:bytes = 0
  while l:last < line('$') && l:bytes < a:max
    let l:chunk = getbufline(a:buf, l:last + 1, l:last + 100)
    let l:bytes += strlen(join(l:chunk))
    let l:last += len(l:chunk)
  endwhile
  return getbufline(a:buf, a:row + 2, l:last)
endfunction

" The text around the place, and what the buffer says of its kind.
function! s:surroundings(buf, row, col) abort
  let l:line = getbufline(a:buf, a:row + 1)[0]
  let l:before = s:lines_before(a:buf, a:row, s:BEFORE) + [strpart(l:line, 0, a:col)]
  let l:after = [strpart(l:line, a:col)] + s:lines_after(a:buf, a:row, s:AFTER)
  let l:project = deepchat#file#project(a:buf)
  let l:path = deepchat#file#path(a:buf)
  return {'before': s:text(l:before), 'after': s:text(l:after), 'project': l:project,
        \ 'name': stridx(l:path, l:project . '/') == 0 ? l:path[strlen(l:project) + 1 :] : fnamemodify(l:path, ':t'),
        \ 'filetype': &filetype, 'comments': &comments, 'commentstring': &commentstring,
        \ 'textwidth': &textwidth}
endfunction

" ---- the kind --------------------------------------------------------------

function! s:started(reply, about) abort
  return ''
endfunction

" The line of the place may go before any text has come.
function! s:alive(reply, at) abort
  return a:reply.bytes > 0 || a:reply.col == 0 || a:at[3] > 0
endfunction

function! s:nothing(...) abort
  return 0
endfunction

let s:KIND = {'name': 'inline', 'types_on': 1, 'started': function('s:started'), 'alive': function('s:alive'),
      \ 'looks': function('s:nothing'), 'save': function('s:nothing')}

" ---- the buffer's life -----------------------------------------------------

" What was written is in the journal until the buffer is saved, or thrown away.
function! s:watch(buf) abort
  execute printf('augroup deepchat_inline_%d', a:buf)
    autocmd!
    execute printf('autocmd BufWritePost <buffer=%d> call s:written(%d, expand("<afile>:p"))', a:buf, a:buf)
    execute printf('autocmd BufUnload <buffer=%d> call s:unloaded(%d)', a:buf, a:buf)
    execute printf('autocmd BufReadPost <buffer=%d> call deepchat#buf#reloaded(%d)', a:buf, a:buf)
    execute printf('autocmd TextChanged <buffer=%d> call deepchat#port#virtual_sweep()', a:buf)
  augroup END
endfunction

function! s:written(buf, file) abort
  if !getbufvar(a:buf, '&modified') && resolve(a:file) ==# resolve(deepchat#file#path(a:buf))
    call deepchat#buf#saved(a:buf)
  endif
endfunction

" The user has thrown away what is not saved.
function! s:unloaded(buf) abort
  for l:id in deepchat#buf#unloaded(a:buf)
    if deepchat#host#running()
      call deepchat#host#send('saved', {'id': l:id})
    endif
  endfor
endfunction

let &cpoptions = s:cpo
unlet s:cpo
