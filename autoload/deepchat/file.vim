" The file behind a chat: its name, reading, writing, the lock that the host
" holds. A chat is written only by the editor that has it loaded, and never
" over something that changed on disk meanwhile.

let s:cpo = &cpoptions
set cpoptions&vim

" In a project's folder of chats: the project's path.
let s:OWNER = '.project'

" In the path of a chat: when it began.
let s:WHEN = '/\zs\d\{4}-\d\d-\d\d-\d\{4}-\ze[^/]*$'

" True if buf is written at each send and at the end of each reply.
function! deepchat#file#autosave(buf) abort
  return get(getbufvar(a:buf, 'deepchat', {}), 'autosave', get(deepchat#settings(), 'autosave', 1))
endfunction

" Absolute path of the chat in buf, '' while it has none.
function! deepchat#file#path(buf) abort
  let l:name = bufname(a:buf)
  return l:name ==# '' || l:name =~# '^deepchat://' ? '' : fnamemodify(l:name, ':p')
endfunction

" The project of buf: its git root, else the working directory.
function! deepchat#file#project(buf) abort
  let l:path = deepchat#file#path(a:buf)
  let l:from = l:path ==# '' || l:path =~# '\.deepchat\.md$' ? getcwd() : fnamemodify(l:path, ':h')
  let l:dir = finddir('.git', escape(l:from, ' ,;') . ';')
  let l:file = findfile('.git', escape(l:from, ' ,;') . ';')
  let l:git = l:dir !=# '' ? l:dir : l:file
  return l:git ==# '' ? getcwd() : fnamemodify(l:git, ':p:s?/$??:h')
endfunction

" Where chats of this project are kept: in a folder of its name, which says in a
" file whose it is; another project of that name has one of its own.
function! deepchat#file#dir(chat_dir, project) abort
  let l:name = substitute(fnamemodify(a:project, ':t'), '[^A-Za-z0-9._-]\+', '-', 'g')
  let l:dir = a:chat_dir . '/' . (l:name ==# '' || l:name[0] ==# '.' ? 'root' : l:name)
  let l:owner = l:dir . '/' . s:OWNER
  let l:taken = filereadable(l:owner) && get(readfile(l:owner, '', 1), 0, a:project) !=# a:project
  return l:taken ? l:dir . '-' . sha256(a:project)[:5] : l:dir
endfunction

" The project that a chat file is kept for; where none is named, this one.
function! deepchat#file#owner(path) abort
  let l:owner = fnamemodify(a:path, ':h') . '/' . s:OWNER
  return get(filereadable(l:owner) ? readfile(l:owner, '', 1) : [], 0, deepchat#file#project(bufnr('%')))
endfunction

" chat_dir as the settings or XDG have it.
function! deepchat#file#chat_dir() abort
  let l:dir = deepchat#text(deepchat#settings(), 'chat_dir', '')
  if l:dir !=# ''
    return fnamemodify(l:dir, ':p:s?/$??')
  endif
  " with an 'isident' of letters only a $ goes up to the first _
  let l:home = getenv('XDG_DATA_HOME')
  return (empty(l:home) ? $HOME . '/.local/share' : l:home) . '/deepchat'
endfunction

" A name for the chat in buf, which no file has.
function! deepchat#file#free_path(buf, chat_dir) abort
  let l:stem = deepchat#file#dir(a:chat_dir, getbufvar(a:buf, 'deepchat_project', getcwd()))
        \ . '/' . strftime('%Y-%m-%d-%H%M') . '-' . s:slug(a:buf)
  let l:path = l:stem . '.deepchat.md'
  let l:n = 1
  while getftype(l:path) !=# ''
    let l:n += 1
    let l:path = l:stem . '-' . l:n . '.deepchat.md'
  endwhile
  return l:path
endfunction

" The name that the first request went out under, if path is the same but for
" the minute: the server has it.
function! s:planned(buf, path) abort
  let l:planned = getbufvar(a:buf, 'deepchat_session', '')
  return getftype(l:planned) ==# '' && substitute(l:planned, s:WHEN, '', '') ==# substitute(a:path, s:WHEN, '', '')
        \ ? l:planned : a:path
endfunction

" Give a chat that has no file yet a name of its own, and create the file so
" that only its owner can read it. Returns 1 if it has a file now.
function! deepchat#file#name(buf, chat_dir) abort
  if deepchat#file#path(a:buf) !=# ''
    return 1
  endif
  let l:path = s:planned(a:buf, deepchat#file#free_path(a:buf, a:chat_dir))
  let l:dir = fnamemodify(l:path, ':h')
  try
    call mkdir(l:dir, 'p', 0700)
    if !filereadable(l:dir . '/' . s:OWNER)
      call writefile([getbufvar(a:buf, 'deepchat_project', getcwd())], l:dir . '/' . s:OWNER)
    endif
    call writefile([], l:path)
    call setfperm(l:path, 'rw-------')
    call s:rename(a:buf, l:path)
  catch
    call deepchat#ui#error('the chat has no file: ' . substitute(v:exception, '^Vim\%((\a\+)\)\?:', '', ''))
    return 0
  endtry
  return 1
endfunction

function! s:rename(buf, path) abort
  let l:old = bufname(a:buf)
  call deepchat#port#in_buffer(a:buf, 'silent noautocmd keepalt file ' . fnameescape(a:path))
  let l:left = bufnr('^' . l:old . '$')
  if l:left > 0 && l:left != a:buf && !bufloaded(l:left)
    execute printf('silent! noautocmd bwipeout %d', l:left)
  endif
  call setbufvar(a:buf, 'deepchat_fresh', 1)
  call deepchat#chat#note_last(a:buf)
  call s:attach(a:buf, '')
endfunction

" The first words of the first user turn, for the file name; images have none.
function! s:slug(buf) abort
  let l:lines = getbufline(a:buf, 1, 200)
  let l:at = match(l:lines, '^%% user\>')
  let l:text = get(filter(l:lines[l:at + 1:], 'v:val =~# "\\S" && v:val !~# "^\\%(%%\\| \\{0,3}!\\[\\)"'), 0, '')
  let l:slug = substitute(tolower(l:text), '[^a-z0-9]\+', '-', 'g')
  let l:slug = matchstr(substitute(l:slug, '^-\|-$', '', 'g'), '^.\{,40}')
  return l:slug ==# '' ? 'chat' : substitute(l:slug, '-[^-]*$', '\=strlen(l:slug) > 39 ? "" : submatch(0)', '')
endfunction

" ---- writing ---------------------------------------------------------------

" What shows that the file changed: its time and size, and a checksum while a
" change may leave both as they are, since a time is in seconds.
function! s:stat(path) abort
  let l:stat = [getftime(a:path), getfsize(a:path)]
  return l:stat + [localtime() - l:stat[0] > 2 ? '' : s:sum(a:path)]
endfunction

function! s:sum(path) abort
  return filereadable(a:path) ? sha256(join(readfile(a:path, 'b'), "\n")) : ''
endfunction

" True if the file is not what it was when stat was taken.
function! s:changed(path, stat) abort
  return [getftime(a:path), getfsize(a:path)] != a:stat[:1] || a:stat[2] !=# '' && s:sum(a:path) !=# a:stat[2]
endfunction

" Why buf must not be written to its file, '' if it may.
function! s:refuses(buf, path) abort
  let l:stat = getbufvar(a:buf, 'deepchat_stat', [])
  if !getbufvar(a:buf, 'deepchat_fresh', 0) && !empty(l:stat) && s:changed(a:path, l:stat)
    return 'the file changed on disk; not written (:w! or :e!)'
  elseif getftype(a:path) !=# '' && filewritable(a:path) != 1
    return 'not written: the file is read-only'
  endif
  return ''
endfunction

" Write buf to its file, quietly. Returns 1 if the file has all of buf now;
" says once why it has not.
function! deepchat#file#save(buf) abort
  let l:path = deepchat#file#path(a:buf)
  if l:path ==# '' || getbufvar(a:buf, '&readonly') || getbufvar(a:buf, '&buftype') !=# ''
    return 0
  endif
  let l:why = s:refuses(a:buf, l:path)
  if l:why !=# ''
    if !getbufvar(a:buf, 'deepchat_told', 0)
      call setbufvar(a:buf, 'deepchat_told', 1)
      call deepchat#ui#error(l:why)
    endif
    return 0
  endif
  try
    " the ! keeps the editor from asking what has just been found out
    call deepchat#port#in_buffer(a:buf, 'silent noautocmd keepalt lockmarks write!')
  catch
    call deepchat#ui#error('not written: ' . matchstr(v:exception, 'E\d\+: \zs.*'))
    return 0
  endtry
  call s:remember(a:buf, l:path)
  return 1
endfunction

function! s:remember(buf, path) abort
  call setbufvar(a:buf, 'deepchat_stat', s:stat(a:path))
  call setbufvar(a:buf, 'deepchat_fresh', 0)
  call setbufvar(a:buf, 'deepchat_told', 0)
endfunction

" Make the current buffer a chat where no "filetype plugin on" does it.
function! deepchat#file#options() abort
  if exists('g:did_load_ftplugin')
    return
  endif
  if &filetype !=# 'deepchat'
    setlocal filetype=deepchat
  endif
  runtime ftplugin/deepchat.vim
endfunction

" BufReadPost of a chat file.
function! deepchat#file#read(buf) abort
  let l:path = deepchat#file#path(a:buf)
  if l:path ==# ''
    return
  endif
  call deepchat#file#options()
  call s:remember(a:buf, l:path)
  call setbufvar(a:buf, 'deepchat_locked', 0)
  if getbufvar(a:buf, 'deepchat_project', '') ==# ''
        \ && stridx(resolve(l:path), resolve(deepchat#file#chat_dir()) . '/') == 0
    call setbufvar(a:buf, 'deepchat_project', deepchat#file#owner(l:path))
  endif
  call s:attach(a:buf, '')
  call deepchat#buf#reloaded(a:buf)
endfunction

" BufWritePost: the user wrote buf to a file. Are it all of buf and buf's own
" file, the finished replies in it are safe. A chat without a file takes the name.
function! deepchat#file#written(buf, file) abort
  let l:path = deepchat#file#path(a:buf)
  if l:path ==# ''
    call s:adopt(a:buf, a:file)
  elseif resolve(a:file) ==# resolve(l:path) && !getbufvar(a:buf, '&modified')
    call s:remember(a:buf, l:path)
    call deepchat#file#renamed(a:buf)
    call deepchat#buf#saved(a:buf)
  endif
endfunction

" The user has written a new chat to a file of his choice. The editor is still
" busy with it, so the name is taken a moment later.
function! s:adopt(buf, path) abort
  if getbufvar(a:buf, '&filetype') ==# 'deepchat' && line("'[") == 1 && line("']") == line('$')
    call setfperm(a:path, 'rw-------')
    call timer_start(0, {-> s:take_name(a:buf, a:path)})
  endif
endfunction

function! s:take_name(buf, path) abort
  if !bufloaded(a:buf) || deepchat#file#path(a:buf) !=# ''
    return
  endif
  call s:rename(a:buf, a:path)
  if deepchat#file#save(a:buf)
    call deepchat#buf#saved(a:buf)
  endif
endfunction

" BufFilePost: the chat has another name: the lock is that of its file. What is
" in a file that exists already is not overwritten.
function! deepchat#file#renamed(buf) abort
  let l:path = deepchat#file#path(a:buf)
  if !bufloaded(a:buf) || l:path ==# getbufvar(a:buf, 'deepchat_file', '')
    return
  endif
  if getbufvar(a:buf, 'deepchat_locked', 0)
    call setbufvar(a:buf, '&readonly', 0)
    call setbufvar(a:buf, 'deepchat_locked', 0)
  endif
  if getbufvar(a:buf, '&modified') && getftype(l:path) !=# ''
    call setbufvar(a:buf, 'deepchat_stat', [-2, -2, ''])
  else
    call s:remember(a:buf, l:path)
  endif
  let l:was = getbufvar(a:buf, 'deepchat_file', '')
  call s:detach(a:buf)
  call s:attach(a:buf, l:was)
endfunction

" BufWriteCmd of a chat without a file: it gets its name now.
function! deepchat#file#write_new(buf) abort
  if deepchat#file#name(a:buf, deepchat#file#chat_dir()) && deepchat#file#save(a:buf)
    call deepchat#buf#saved(a:buf)
    echo fnamemodify(deepchat#file#path(a:buf), ':~') 'written'
  endif
endfunction

" BufUnload: another editor may have it now.
function! deepchat#file#unloaded(buf) abort
  let l:ids = deepchat#buf#unloaded(a:buf)
  if !deepchat#host#running()
    return
  endif
  if !empty(l:ids)
    call deepchat#host#send('closed', {'ids': l:ids})
  endif
  call s:detach(a:buf)
endfunction

function! s:detach(buf) abort
  let l:path = getbufvar(a:buf, 'deepchat_file', '')
  if l:path !=# '' && deepchat#host#running()
    call deepchat#host#send('detach', {'file': l:path})
  endif
  call setbufvar(a:buf, 'deepchat_file', '')
endfunction

" Ask the host for the lock of the chat's file, which was another one before.
function! s:attach(buf, was) abort
  let l:path = deepchat#file#path(a:buf)
  call setbufvar(a:buf, 'deepchat_file', l:path)
  if l:path ==# ''
    return
  endif
  let l:why = deepchat#host#send('attach', {'buf': a:buf, 'file': l:path, 'was': a:was,
        \ 'settings': deepchat#settings()})
  if l:why !=# '' && !getbufvar(a:buf, 'deepchat_told', 0)
    call setbufvar(a:buf, 'deepchat_told', 1)
    call timer_start(0, {-> s:tell(a:buf, l:why)})
  endif
endfunction

" The command that opened the chat may have sent it, and said the same.
function! s:tell(buf, why) abort
  if getbufvar(a:buf, 'deepchat_error_tick', 0) == 0
    call deepchat#ui#error(a:why)
  endif
endfunction

let &cpoptions = s:cpo
unlet s:cpo
