" :DeepRetry: the last answer once more; one of the kinds of buf.vim. The old
" answer becomes an alternate in the edit that makes room for the new one, also
" where it is to be replaced: then it goes at the end, once the new one is whole.
" 'head' is the marker of the old answer, or of its reasoning, until there is a
" new one.

let s:cpo = &cpoptions
set cpoptions&vim

" :DeepRetry[!] [++opt=val...] [text]
function! deepchat#retry#command(bang, args) abort
  if &filetype !=# 'deepchat'
    call deepchat#ui#error('this buffer is not a chat; :DeepChat opens one')
    return
  endif
  let l:options = matchstr(a:args, '^\%(++\S\+\s*\)*')
  call deepchat#retry#chat(bufnr('%'), {'replace': a:bang, 'extra': a:args[strlen(l:options) :],
        \ 'arguments': map(split(l:options), 'v:val[2:]')})
endfunction

" Ask for the last answer of the chat in buf again, or send the turn that got
" none. options: replace; extra, text behind the question for this one request;
" arguments, a list of 'name=value', which come behind those that the send of
" that question was given. Returns 1 if it was asked for.
function! deepchat#retry#chat(buf, options) abort
  let l:options = extend({'arguments': getbufvar(a:buf, 'deepchat_given', []) + a:options.arguments}, a:options, 'keep')
  call deepchat#ui#clear_error(a:buf)
  if deepchat#chat#is_held(a:buf) || deepchat#chat#is_fixed(a:buf)
    return 0
  elseif deepchat#buf#running(a:buf) > 0
    call deepchat#ui#error('a reply is running here; :DeepStop first')
    return 0
  elseif deepchat#chat#is_unanswered(a:buf)
    return deepchat#chat#send(a:buf, l:options)
  endif
  let l:lnum = deepchat#alt#last_answer(a:buf)
  let l:asked = l:lnum > 0 ? s:asked(a:buf, deepchat#alt#group(a:buf, l:lnum).top) : 0
  if l:asked == 0
    call deepchat#ui#error('nothing to retry: no ' . (l:lnum > 0 ? 'question above the answer' : 'answer in this chat'))
    return 0
  elseif !deepchat#allow#send_as_it_is(a:buf, l:asked, l:options)
    return 0
  endif
  let l:reply = s:expect(a:buf, l:lnum, l:asked, l:options.replace)
  call deepchat#buf#status(l:reply.id, 'waiting')
  return deepchat#context#ask_host(l:reply.id, a:buf, l:asked, l:options)
endfunction

" The last line above line top that says anything, 0 if there is none.
function! s:asked(buf, top) abort
  let l:lnum = a:top - 1
  while l:lnum > 0 && getbufline(a:buf, l:lnum)[0] !~# '\S'
    let l:lnum -= 1
  endwhile
  return l:lnum
endfunction

function! s:expect(buf, lnum, asked, replace) abort
  let l:first = deepchat#alt#group(a:buf, a:lnum).first
  let l:reply = deepchat#buf#expect(a:buf, s:KIND, {'replace': a:replace, 'cursors': []})
  let l:len = strlen(getbufline(a:buf, a:asked)[0])
  call deepchat#buf#anchor(l:reply, 'end', a:asked - 1, l:len, a:asked - 1, l:len)
  call deepchat#buf#anchor(l:reply, 'head', l:first - 1, 0, l:first - 1, 0)
  return l:reply
endfunction

" ---- the kind --------------------------------------------------------------

function! s:begin(reply, about) abort
  let l:at = deepchat#buf#anchor_at(a:reply, 'head')
  let l:lnum = empty(l:at) ? 0 : s:answer_below(a:reply.buf, l:at[0] + 1)
  if l:lnum == 0
    return 'deleted'
  elseif deepchat#buf#user_is_busy(a:reply.buf, l:at[0])
    return 'retry'
  endif
  let l:lines = s:prepare(a:reply, l:at[0], l:lnum)
  if l:lines ==# a:reply.old && !has_key(a:reply, 'context')
    " without an edit here the first text would join the user's last step
    call s:take_place(a:reply, l:at[0])
    return 'ok'
  endif
  return deepchat#buf#edit(a:reply, function('s:make_room'), [a:reply, l:at[0], l:lines])
endfunction

" The answer's marker, from its reasoning in line lnum on; 0 if it is gone.
function! s:answer_below(buf, lnum) abort
  let l:lnum = a:lnum
  while deepchat#turn#is_marker(get(getbufline(a:buf, l:lnum), 0, '')) ==# 'reasoning'
    let l:lnum = deepchat#turn#range_end(a:buf, l:lnum) + 1
  endwhile
  return deepchat#turn#is_marker(get(getbufline(a:buf, l:lnum), 0, '')) ==# 'assistant' ? l:lnum : 0
endfunction

" What the old answer, from row on, is replaced with: it as an alternate, the new
" one below it, and if nothing stands there the next turn.
function! s:prepare(reply, row, lnum) abort
  let l:buf = a:reply.buf
  let l:last = deepchat#turn#range_end(l:buf, a:lnum)
  let a:reply.added = l:last == deepchat#buf#line_count(l:buf)
  let a:reply.before = len(deepchat#alt#group(l:buf, a:lnum).alternates)
  let a:reply.old = getbufline(l:buf, a:row + 1, l:last)
  let l:text = join(filter(copy(a:reply.old), 'deepchat#turn#is_marker(v:val) ==# ""'), '')
  let a:reply.kept = l:text =~# '\S' ? deepchat#alt#from_turns(a:reply.old) : []
  return a:reply.kept + ['%% assistant', '', '', ''] + (a:reply.added ? ['%% user', '', ''] : [])
endfunction

function! s:make_room(reply, row, lines) abort
  let a:reply.cursors = s:cursors(a:reply.buf, a:row + 1, a:row + len(a:reply.old))
  call deepchat#port#replace(a:reply.buf, a:row, len(a:reply.old), a:lines)
  call s:take_place(a:reply, a:row)
  let [l:more, l:top] = deepchat#context#insert(a:reply, deepchat#buf#anchor_at(a:reply, 'end')[2])
  return [l:more > 0 ? l:top : a:row, a:row + len(a:lines) + l:more - 1]
endfunction

" The anchors of the new answer; cursors that stood in the old one go there.
function! s:take_place(reply, row) abort
  let l:head = a:row + len(a:reply.kept)
  for [l:what, l:below] in [['head', 0], ['text', 2]]
    call deepchat#buf#anchor(a:reply, l:what, l:head + l:below, 0, l:head + l:below, 0)
  endfor
  let a:reply.begun = 1
  for [l:window, l:line, l:col] in a:reply.cursors
    call deepchat#port#cursor(l:window, l:head + 3, 0)
  endfor
endfunction

" [window, line, column] of cursors in these lines, which go with the answer.
function! s:cursors(buf, first, last) abort
  let l:found = map(win_findbuf(a:buf), '[v:val] + deepchat#port#cursor_at(v:val)')
  return filter(l:found, 'v:val[1] >= a:first && v:val[1] <= a:last'
        \ . ' && !(v:val[0] == win_getid() && mode(1) =~# "^\\%(no\\|[vV\x16sS\x13]\\)")')
endfunction

" [row, lines] of the old answer as an alternate, as the user may have changed
" it; no lines if it is gone.
function! s:kept(reply, head) abort
  let l:alternates = deepchat#alt#group(a:reply.buf, a:head + 1).alternates
  let l:new = filter(map(deepchat#choice#all(a:reply), 'deepchat#choice#lnum(v:val)'), 'v:val > 0')
  let l:there = !empty(a:reply.kept) && len(l:alternates) == a:reply.before + 1 + len(l:new)
  let l:lnum = l:there ? l:alternates[a:reply.before] : a:head + 1
  return [l:lnum - 1, l:there ? getbufline(a:reply.buf, l:lnum, deepchat#turn#range_end(a:reply.buf, l:lnum)) : []]
endfunction

" One that was stopped or broke off replaces nothing.
function! s:done(reply, about) abort
  let [l:row, l:lines] = s:kept(a:reply, deepchat#buf#anchor_at(a:reply, 'head')[0])
  if !a:reply.replace || empty(l:lines) || l:lines !=# a:reply.kept
        \ || a:about.finish =~# '^\%(error\|stopped\|interrupted\)$'
    return deepchat#room#set_marker(a:reply, a:about)
  endif
  call deepchat#port#replace(a:reply.buf, l:row, len(l:lines), [])
  return [l:row, deepchat#room#set_marker(a:reply, a:about)[1]]
endfunction

" Not a byte of it came: all is as it was before, but for what the user did
" meanwhile. What was typed in the empty answer stays there.
function! s:undone(reply, about) abort
  let l:buf = a:reply.buf
  let [l:less, l:top] = deepchat#context#remove(a:reply)
  let l:head = deepchat#buf#anchor_at(a:reply, 'head')[0]
  let l:last = deepchat#turn#range_end(l:buf, l:head + 1)
  if join(getbufline(l:buf, l:head + 2, l:last), '') =~# '\S'
    return [l:head, l:head]
  endif
  let [l:row, l:lines] = s:kept(a:reply, l:head)
  let l:old = l:lines ==# a:reply.kept ? copy(a:reply.old)
        \ : empty(l:lines) ? [] : deepchat#alt#to_turns(l:lines) + ['']
  if a:reply.added && join(getbufline(l:buf, l:last + 1, '$')) =~# '^%% user\s*$'
    let l:last = deepchat#buf#line_count(l:buf)
  elseif a:reply.added && get(l:old, -1, '') !=# ''
    call add(l:old, '')
  endif
  let l:back = filter(copy(a:reply.cursors), {_, c -> s:is_between(c[0], l:row, l:last)})
  call deepchat#port#replace(l:buf, l:row, l:last - l:row, l:old)
  for [l:window, l:line, l:col] in l:back
    call deepchat#port#cursor(l:window, min([l:line, l:row + len(l:old)]), l:col)
  endfor
  return [l:less > 0 ? l:top : l:row, l:row + len(l:old) - 1]
endfunction

function! s:is_between(window, row, last) abort
  let l:line = empty(getwininfo(a:window)) ? 0 : deepchat#port#cursor_at(a:window)[0]
  return l:line > a:row && l:line <= a:last
endfunction

let s:KIND = {'name': 'chat', 'begin': function('s:begin'), 'started': function('deepchat#room#started'),
      \ 'alive': function('deepchat#room#alive'), 'done': function('s:done'), 'undone': function('s:undone'),
      \ 'looks': function('deepchat#room#looks'), 'save': function('deepchat#room#save')}

let &cpoptions = s:cpo
unlet s:cpo
