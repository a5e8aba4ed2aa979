" What the host knows of the models of a buffer's server: names to complete,
" and a line about one. It asks the server only when a user asks for this.

let s:cpo = &cpoptions
set cpoptions&vim

" How long a command and a <Tab> wait for the answer; later it comes by itself.
let s:PATIENCE = 0.2
let s:PATIENCE_TAB = 1.0

" A list is asked for again after so many seconds; the host keeps it for a day.
let s:KEPT = 60

" Cells of a message in a window of 80 columns.
let s:LINE = 68

let s:lists = {}
let s:asked = {}
let s:last = 0

" ---- asking ----------------------------------------------------------------

" The front matter of buf, if it is a chat, as text.
function! deepchat#catalog#front(buf) abort
  let l:lines = getbufvar(a:buf, '&filetype') ==# 'deepchat' ? getbufline(a:buf, 1, 100) : []
  let l:end = get(l:lines, 0, '') ==# '---' ? index(l:lines, '---', 1) : -1
  return l:end > 0 ? join(l:lines[: l:end], "\n") . "\n" : ''
endfunction

" What decides which server buf is about.
function! s:server(buf) abort
  let l:levels = map([deepchat#settings(), deepchat#model#own_settings(a:buf)],
        \ 'filter(copy(v:val), "v:key =~# ''^provider\\|^base_url$''")')
  return string(l:levels + [matchstr(deepchat#catalog#front(a:buf), '\%(^\|\n\)provider:\zs[^\n]*')])
endfunction

" Ask the host about the model of buf, with list for the names of all. Returns
" the number that got() will be told, 0 if it cannot be asked.
function! s:ask(buf, list, then) abort
  if !deepchat#host#running()
    let s:asked = {}
  endif
  let s:last += 1
  let l:why = deepchat#host#send('models', {'id': s:last, 'list': a:list ? v:true : v:false,
        \ 'settings': deepchat#settings(), 'buffer': deepchat#model#own_settings(a:buf), 'text': deepchat#catalog#front(a:buf)})
  if l:why !=# ''
    return 0
  endif
  let s:asked[s:last] = {'server': s:server(a:buf), 'list': a:list, 'then': a:then}
  return s:last
endfunction

" Host: the answer; see models_ask() in the host's models.h for its members.
function! deepchat#catalog#got(answer) abort
  let l:asked = has_key(s:asked, a:answer.id) ? remove(s:asked, a:answer.id) : {}
  if empty(l:asked)
    return
  elseif l:asked.list
    let l:known = get(s:lists, l:asked.server, {'models': []}).models
    let s:lists[l:asked.server] = {'since': reltime(),
          \ 'models': empty(a:answer.models) ? l:known : a:answer.models}
  endif
  call l:asked.then(a:answer)
endfunction

" Until id is answered or the time is up. True if it is answered.
function! s:wait(id, patience) abort
  call deepchat#wait#until({-> !has_key(s:asked, a:id) || !deepchat#host#running()}, a:patience)
  return !has_key(s:asked, a:id)
endfunction

" ---- names -----------------------------------------------------------------

" [name, what is known of it] of the models that the server of buf lists, as far
" as that is known within patience seconds.
function! deepchat#catalog#models(buf, patience) abort
  let l:server = s:server(a:buf)
  let l:list = get(s:lists, l:server, {'models': []})
  if !has_key(l:list, 'since') || reltimefloat(reltime(l:list.since)) > s:KEPT
    let l:id = s:ask(a:buf, 1, {answer -> 0})
    if l:id > 0 && empty(l:list.models)
      call s:wait(l:id, a:patience)
    endif
    let l:list = get(s:lists, l:server, l:list)
  endif
  return l:list.models
endfunction

" Those with base anywhere in their name, whatever its case: first the ones whose
" name, or its part behind the maker's, begins with it.
function! deepchat#catalog#matching(buf, base) abort
  let l:found = [[], []]
  for l:model in deepchat#catalog#models(a:buf, s:PATIENCE_TAB)
    let l:at = stridx(tolower(l:model[0]), tolower(a:base))
    if l:at >= 0
      call add(l:found[l:at > 0 && l:model[0][l:at - 1] !=# '/'], l:model)
    endif
  endfor
  return l:found[0] + l:found[1]
endfunction

" ---- one model -------------------------------------------------------------

" text and what is known of the model, as much of it as fits on a line.
function! s:line(text, about) abort
  let l:room = min([s:LINE, exists('v:echospace') ? v:echospace : &columns - 12]) - strwidth('deepchat: ')
  let l:line = a:text
  for l:part in split(a:about, ' · ')
    if strwidth(l:line . ' · ' . l:part) > l:room
      break
    endif
    let l:line .= ' · ' . l:part
  endfor
  return l:line
endfunction

" Say text, what is known of the model of buf behind it, or what model was meant
" if there is none of that name. If that takes too long text is all, and what is
" known is said when it comes. Without text, or where text says that no model is
" set, the host's one is named if something is known of it.
function! deepchat#catalog#show(buf, text) abort
  let l:told = {'late': 0}
  let l:id = s:ask(a:buf, 0, function('s:show', [l:told, a:text]))
  if l:id == 0 || !s:wait(l:id, s:PATIENCE)
    let l:told.late = 1
    call s:say(a:text)
  endif
endfunction

function! s:say(text) abort
  if a:text !=# ''
    call deepchat#ui#say(a:text)
  endif
endfunction

function! s:show(told, text, answer) abort
  if a:answer.near !=# ''
    call deepchat#ui#error(a:answer.near)
  elseif a:answer.about !=# '' && a:answer.model !=# ''
    let l:named = stridx(a:text, 'model ') == 0
    call deepchat#ui#say(s:line(l:named ? a:text : 'model is ' . a:answer.model, a:answer.about))
  elseif !a:told.late
    call s:say(a:text)
  endif
endfunction

let &cpoptions = s:cpo
unlet s:cpo
