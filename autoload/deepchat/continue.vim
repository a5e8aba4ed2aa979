" :DeepContinue. In a chat the last answer goes on; one of the kinds of buf.vim,
" whose place is the answer as it stands. Nothing is changed before the first
" text is there. Elsewhere inline.vim does it, or, inside a rewrite that was
" cut or stopped, rewrite.vim.

let s:cpo = &cpoptions
set cpoptions&vim

" What may be given again is at the end of the answer: blanks, and a line that
" may still become a marker.
let s:TAIL = 4096

" :[range]DeepContinue[!] [++opt=val...] [instruction]
function! deepchat#continue#command(bang, range, line1, line2, args) abort
  if a:range == 0 && a:args ==# '' && deepchat#rewrite#go_on(bufnr('%'), line('.'))
    return
  elseif &filetype !=# 'deepchat'
    call deepchat#inline#command(a:bang, a:range, a:line1, a:line2, a:args)
  elseif a:range > 0
    call deepchat#ui#error('a chat goes on with its last answer; take the range away')
  else
    let l:options = matchstr(a:args, '^\%(++\S\+\s*\)*')
    call deepchat#continue#chat(bufnr('%'), {'most': a:bang, 'instruction': a:args[strlen(l:options) :],
          \ 'arguments': map(split(l:options), 'v:val[2:]')})
  endif
endfunction

" Go on with the last answer of the chat in buf. options: most, up to 64 rounds;
" instruction; arguments, a list of 'name=value', which come behind those that
" the send was given. Returns 1 if it was asked for.
function! deepchat#continue#chat(buf, options) abort
  call deepchat#ui#clear_error(a:buf)
  let l:lnum = s:last_answer(a:buf)
  let l:arguments = deepchat#role#arguments(a:buf, l:lnum - 1) + getbufvar(a:buf, 'deepchat_given', [])
        \ + get(a:options, 'arguments', [])
  let l:options = extend({'arguments': l:arguments}, a:options, 'keep')
  if deepchat#chat#is_held(a:buf) || deepchat#chat#is_fixed(a:buf) || !s:can_go_on(a:buf, l:lnum)
        \ || !deepchat#allow#send_as_it_is(a:buf, l:lnum, l:options)
    return 0
  endif
  let l:reply = s:expect(a:buf, l:lnum)
  call deepchat#buf#status(l:reply.id, 'waiting')
  let l:why = deepchat#host#send('continue', extend({'id': l:reply.id, 'buf': a:buf,
        \ 'file': deepchat#file#path(a:buf), 'line': l:lnum,
        \ 'text': deepchat#chat#text(a:buf, deepchat#turn#range_end(a:buf, l:lnum)),
        \ 'project': getbufvar(a:buf, 'deepchat_project', getcwd()), 'session': deepchat#chat#session(a:buf),
        \ 'cwd': deepchat#allow#cwd(a:buf), 'allowed': deepchat#allow#allowed(),
        \ 'settings': deepchat#settings(), 'buffer': deepchat#model#own_settings(a:buf)}, l:options))
  if l:why !=# ''
    call deepchat#buf#finish(l:reply.id, {'finish': 'error', 'refused': 1, 'got_text': 0,
          \ 'pairs': '', 'pieces': 0, 'line': l:why})
  endif
  return l:why ==# ''
endfunction

" False if there is nothing to go on with, and says so.
function! s:can_go_on(buf, lnum) abort
  let l:why = ''
  if deepchat#buf#running(a:buf) > 0
    let l:why = 'a reply is running here; :DeepStop first'
  elseif a:lnum == 0
    let l:why = 'nothing to continue: no answer in this chat'
  elseif join(s:body(a:buf, a:lnum)[1], '') !~# '\S'
    let l:why = 'nothing to continue: the last answer is empty'
  endif
  if l:why !=# ''
    call deepchat#ui#error(l:why)
  endif
  return l:why ==# ''
endfunction

" ---- the answer ------------------------------------------------------------

" Line of the last answer's marker, 0 if there is none.
function! s:last_answer(buf) abort
  let l:lines = getbufline(a:buf, 1, '$')
  let l:found = 0
  let l:at = match(l:lines, '^%% assistant')
  while l:at >= 0
    if deepchat#turn#is_marker(l:lines[l:at]) !=# ''
      let l:found = l:at + 1
    endif
    let l:at = match(l:lines, '^%% assistant', l:at + 1)
  endwhile
  return l:found
endfunction

" [row, lines] of the answer under the marker in line lnum, without the empty
" lines around it that are structure, as the host reads it.
function! s:body(buf, lnum) abort
  let l:lines = getbufline(a:buf, a:lnum + 1, deepchat#turn#range_end(a:buf, a:lnum))
  let l:row = a:lnum
  if len(l:lines) > 1 && l:lines[0] ==# ''
    call remove(l:lines, 0)
    let l:row += 1
  endif
  if len(l:lines) > 1 && l:lines[-1] ==# ''
    call remove(l:lines, -1)
  endif
  return [l:row, l:lines]
endfunction

" What shows whether it was edited: by its marker, the texts that answers had
" when they ended. Answers of another session are not known.
function! s:sum(buf, lnum) abort
  return sha256(trim(join(s:body(a:buf, a:lnum)[1], "\n"), '', 2))
endfunction

" An answer in buf has ended, its marker being in line lnum; without any text
" it has been taken away.
function! deepchat#continue#note_end(buf, lnum) abort
  let l:known = getbufvar(a:buf, 'deepchat_answers', {})
  let l:marker = get(getbufline(a:buf, a:lnum), 0, '')
  if l:marker !~# '^%% assistant\>'
    return
  endif
  let l:known[l:marker] = get(l:known, l:marker, []) + [s:sum(a:buf, a:lnum)]
  call setbufvar(a:buf, 'deepchat_answers', l:known)
endfunction

function! s:is_edited(buf, lnum) abort
  let l:sums = get(getbufvar(a:buf, 'deepchat_answers', {}), getbufline(a:buf, a:lnum)[0], [])
  return !empty(l:sums) && index(l:sums, s:sum(a:buf, a:lnum)) < 0
endfunction

" ---- the kind --------------------------------------------------------------

function! s:expect(buf, lnum) abort
  let [l:row, l:lines] = s:body(a:buf, a:lnum)
  let l:text = join(l:lines, "\n")
  let l:reply = deepchat#buf#expect(a:buf, s:KIND, {'edited': s:is_edited(a:buf, a:lnum),
        \ 'tail': strpart(l:text, max([strlen(l:text) - s:TAIL, 0]))})
  let l:end = [l:row + len(l:lines) - 1, strlen(l:lines[-1])]
  call deepchat#buf#anchor(l:reply, 'head', a:lnum - 1, 0, a:lnum - 1, 0)
  call deepchat#buf#anchor(l:reply, 'text', l:row, 0, l:end[0], l:end[1])
  call deepchat#buf#anchor(l:reply, 'end', l:end[0], l:end[1], l:end[0], l:end[1])
  return l:reply
endfunction

" about has back: bytes at the end of the answer that the first text brings
" again.
function! s:begin(reply, about) abort
  let l:at = deepchat#buf#anchor_at(a:reply, 'text')
  if empty(l:at) || !s:alive(a:reply, l:at)
    return 'deleted'
  endif
  let a:reply.again = strpart(a:reply.tail, strlen(a:reply.tail) - a:about.back)
  if a:reply.edited
    call deepchat#ui#say('going on from your edited text')
  endif
  return 'ok'
endfunction

function! s:alive(reply, at) abort
  return deepchat#room#alive(a:reply, a:at) && (a:at[0] != a:at[2] || a:at[1] != a:at[3])
endfunction

" In front of the first text: a turn of the user's, if none stands below; and
" what the text brings again goes, if the user has not written behind it.
function! s:first(reply, at) abort
  let l:buf = a:reply.buf
  let l:last = deepchat#buf#line_count(l:buf)
  if deepchat#turn#range_end(l:buf, a:at[2] + 1) == l:last
    let l:blank = a:at[2] + 1 < l:last && getbufline(l:buf, l:last)[0] =~# '^\s*$'
    call deepchat#port#replace(l:buf, l:last, 0, (l:blank ? [] : ['']) + ['%% user', '', ''])
  endif
  let l:lines = split(a:reply.again, "\n", 1)
  let l:row = a:at[2] - len(l:lines) + 1
  let l:found = getbufline(l:buf, l:row + 1, a:at[2] + 1)
  if a:reply.again ==# '' || l:row < a:at[0] || empty(l:found)
    return a:at
  endif
  let l:found[-1] = strpart(l:found[-1], 0, a:at[3])
  let l:col = strlen(l:found[0]) - strlen(l:lines[0])
  let l:found[0] = strpart(l:found[0], max([l:col, 0]))
  return l:found ==# l:lines && l:col >= 0 ? deepchat#buf#cut(a:reply, a:at, l:row, l:col) : a:at
endfunction

" The host adds up what the marker says; where it is gone, what the marker has
" said stays.
function! s:done(reply, about) abort
  let l:pairs = a:about.pairs
  if has_key(a:about, 'gone')
    let l:row = deepchat#buf#anchor_at(a:reply, 'head')[0]
    let l:old = getbufline(a:reply.buf, l:row + 1)[0][strlen('%% assistant') :]
    let l:pairs .= substitute(l:old, ' finish=\S*', '', '')
  endif
  return deepchat#room#set_marker(a:reply, {'pairs': l:pairs})
endfunction

let s:KIND = {'name': 'chat', 'begin': function('s:begin'), 'started': function('deepchat#room#started'),
      \ 'alive': function('s:alive'), 'first': function('s:first'), 'done': function('s:done'),
      \ 'looks': function('deepchat#room#looks'), 'save': function('deepchat#room#save')}

let &cpoptions = s:cpo
unlet s:cpo
