" Which files may go to a server: those of the project and those beside the
" chat; for any other one the user is asked, once in this editor's life. The
" host judges again by the same rules (src/host/allow.c), with the list of what
" was allowed; when the two differ nothing goes.

let s:cpo = &cpoptions
set cpoptions&vim

" Absolute paths without links.
let s:allowed = []

" What the user has allowed, for the host: with each message that may name a
" file.
function! deepchat#allow#allowed() abort
  return copy(s:allowed)
endfunction

" A file of the plugin's own making need not be asked about.
function! deepchat#allow#add(path) abort
  let s:allowed += [resolve(a:path)]
endfunction

" The working directory of the chat in buf: that of its window.
function! deepchat#allow#cwd(buf) abort
  let l:window = a:buf == bufnr('%') ? 0 : get(win_findbuf(a:buf), 0, 0)
  return l:window == 0 ? getcwd() : call('getcwd', reverse(win_id2tabwin(l:window)))
endfunction

" True if all of paths, written as in the chat in buf, may go. Asks about each
" that is outside, so only in a command of the user's own, never in a callback.
" One that does not exist is left to the host to say.
function! deepchat#allow#ask(buf, paths) abort
  for l:path in a:paths
    let l:file = deepchat#allow#find(a:buf, l:path)
    if l:file ==# '' || deepchat#allow#may(a:buf, l:file)
      continue
    elseif !s:confirm(l:file)
      call deepchat#ui#error('not allowed: ' . deepchat#source#shown(l:path) . '; nothing was sent')
      return 0
    endif
    call add(s:allowed, l:file)
    if !bufloaded(a:buf)
      call deepchat#ui#error('the chat was closed; nothing was sent')
      return 0
    endif
  endfor
  return 1
endfunction

" Drawn anew behind it, so that what is said next needs no <Enter>.
function! s:confirm(file) abort
  let l:yes = deepchat#wait#for({-> confirm(printf("deepchat: %s is outside the project.\nSend it to the server?",
        \ strtrans(a:file)), "&Send\n&No", 2, 'Question') == 1})
  redraw
  return l:yes
endfunction

" True if this file (absolute, without links) may go from the chat in buf.
function! deepchat#allow#may(buf, file) abort
  return index(s:allowed, a:file) >= 0 || s:is_inside(a:buf, a:file)
endfunction

" The same for all files that a send of buf down to line last takes along, as
" deepchat#chat#send() is asked for it: quiet, without a question.
function! deepchat#allow#send(buf, last, options) abort
  return has_key(a:options, 'quiet')
        \ || deepchat#allow#ask(a:buf, s:schema(a:buf, deepchat#role#arguments(a:buf, a:last) + get(a:options, 'arguments', []))
        \   + s:images(a:buf, a:last, a:options) + deepchat#context#files(a:buf, a:last))
endfunction

" The same where the command means lines by their numbers: if others stand there
" behind a question, or a reply has begun, nothing is sent.
function! deepchat#allow#send_as_it_is(buf, last, options) abort
  let l:state = s:state(a:buf)
  if !deepchat#allow#send(a:buf, a:last, a:options)
    return 0
  elseif s:state(a:buf) != l:state
    call deepchat#ui#error('the chat changed meanwhile; nothing was sent')
    return 0
  endif
  return 1
endfunction

function! s:state(buf) abort
  return [getbufvar(a:buf, 'changedtick'), deepchat#buf#running(a:buf)]
endfunction

" The file that path means in the chat in buf, absolute and without links; '' if
" there is none.
function! deepchat#allow#find(buf, path) abort
  if a:path =~# '^\~\%(/\|$\)'
    return s:real($HOME . a:path[1:])
  elseif a:path =~# '^/'
    return s:real(a:path)
  endif
  let l:chat = deepchat#file#path(a:buf)
  for l:dir in [l:chat ==# '' ? '' : fnamemodify(l:chat, ':h'), deepchat#allow#cwd(a:buf), s:project(a:buf)]
    let l:file = l:dir ==# '' || a:path ==# '' ? '' : s:real(l:dir . '/' . a:path)
    if l:file !=# ''
      return l:file
    endif
  endfor
  return ''
endfunction

function! s:real(path) abort
  let l:path = substitute(resolve(a:path), '.\zs/\+$', '', '')
  return getftype(l:path) ==# '' ? '' : l:path
endfunction

function! s:project(buf) abort
  return getbufvar(a:buf, 'deepchat_project', getcwd())
endfunction

" In the project or beside the chat. Who works in the home directory, or above
" it, has not put what is hidden there into a project.
function! s:is_inside(buf, file) abort
  let l:chat = deepchat#file#path(a:buf)
  for l:dir in [s:project(a:buf)] + (l:chat ==# '' ? [] : [fnamemodify(l:chat, ':h')])
    let l:root = s:real(l:dir)
    if strlen(l:root) > 1 && stridx(a:file, l:root . '/') == 0
          \ && !(stridx(s:real($HOME) . '/', l:root . '/') == 0 && stridx(a:file, '/.', strlen(l:root)) >= 0)
      return 1
    endif
  endfor
  return 0
endfunction

" ---- what a chat names -----------------------------------------------------

" The schema that holds for this send.
function! s:schema(buf, arguments) abort
  let l:value = empty(a:arguments) ? '' : trim(deepchat#role#argument(a:arguments, 'json_schema'))
  let l:value = l:value !=# '' ? l:value : s:front_schema(a:buf)
  if l:value =~# '^".*"$'
    silent! let l:value = json_decode(l:value)
  endif
  for l:level in [deepchat#settings(a:buf), deepchat#settings()]
    if l:value ==# '' && has_key(l:level, 'json_schema')
      let l:value = deepchat#text(l:level, 'json_schema', '')
    endif
  endfor
  return l:value ==# '' ? [] : [l:value]
endfunction

" That of the front matter, '' if there is none: the last one there holds.
function! s:front_schema(buf) abort
  if get(getbufline(a:buf, 1), 0, '') !~# '^---\r\?$'
    return ''
  endif
  let l:lines = getbufline(a:buf, 1, 200)
  if match(l:lines, '\C^json_schema:') < 0
    return ''
  endif
  let l:front = l:lines[1 : match(l:lines, '^---\r\?$', 1)]
  return matchstr(get(filter(l:front, 'v:val =~# "^json_schema:"'), -1, ''), ':\s*\zs.\{-}\ze[ \t\r]*$')
endfunction

" The files of the images in the user's turns. Nearly every chat has none, and
" can be long.
function! s:images(buf, last, options) abort
  let l:any = stridx(deepchat#chat#text_of(a:buf, a:last, a:options), '![') >= 0
  return l:any ? deepchat#image#paths(a:buf, a:last) : []
endfunction

let &cpoptions = s:cpo
unlet s:cpo
