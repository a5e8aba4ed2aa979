" The chat as a place: opening one, what stands in it, sending it.

let s:cpo = &cpoptions
set cpoptions&vim

" For new chats; the same as in the host's table of options.
let s:MODEL = 'deepseek-ai/DeepSeek-V3'
let s:SYSTEM = 'You are a helpful assistant. Answer briefly, in Markdown.'
let s:TWELVE_HOURS = 12 * 3600
let s:QUEUED = 999998

let s:last = {}
let s:count = 0

" ---- opening ---------------------------------------------------------------

" Make a chat the current buffer: the current one, else the project's last one
" (loaded here, or used within 12 hours), else a new one; new: always a new
" one. Returns its buffer number, 0 where no window can be opened, which has been
" said. mods as in <q-mods>.
function! deepchat#chat#open(mods, new) abort
  if !a:new && &filetype ==# 'deepchat'
    return bufnr('%')
  elseif deepchat#ui#is_cmdwin()
    return 0
  endif
  let l:project = deepchat#file#project(bufnr('%'))
  let l:found = a:new ? 0 : s:find(l:project)
  if type(l:found) == v:t_string
    if !deepchat#ui#open_file(a:mods, l:found)
      return 0
    endif
    let b:deepchat_auto = b:changedtick
  elseif l:found > 0 && bufwinnr(l:found) > 0
    execute bufwinnr(l:found) 'wincmd w'
  elseif !(l:found == 0 ? s:create(a:mods, l:project) : deepchat#ui#open(a:mods . ' sbuffer ' . l:found))
    return 0
  endif
  let b:deepchat_project = l:project
  call deepchat#chat#note_last(bufnr('%'))
  return bufnr('%')
endfunction

" The project's last chat: a buffer, a path, or 0.
function! s:find(project) abort
  let l:buf = get(s:last, a:project, 0)
  if l:buf > 0 && bufloaded(l:buf) && !getbufvar(l:buf, 'deepchat_locked', 0)
    return l:buf
  endif
  let l:dir = deepchat#file#dir(deepchat#file#chat_dir(), a:project)
  let l:newest = ''
  let l:time = localtime() - s:TWELVE_HOURS
  for l:name in isdirectory(l:dir) ? readdir(l:dir, 'v:val =~# "\\.deepchat\\.md$"') : []
    let l:path = l:dir . '/' . l:name
    if getftime(l:path) >= l:time && !getbufvar(bufnr(l:path), 'deepchat_locked', 0)
      let l:time = getftime(l:path)
      let l:newest = l:path
    endif
  endfor
  return l:newest ==# '' ? 0 : bufloaded(l:newest) ? bufnr(l:newest) : l:newest
endfunction

" A new chat in a window of its own. Returns 0 where there can be none.
function! s:create(mods, project) abort
  let l:lines = s:header(bufnr('%'))
  if !deepchat#ui#open(a:mods . ' new')
    return 0
  endif
  let s:count += 1
  while bufexists('deepchat://' . s:count)
    let s:count += 1
  endwhile
  execute printf('silent noautocmd keepalt file deepchat://%d', s:count)
  setlocal modifiable noreadonly noswapfile noundofile nomodeline bufhidden=hide fileencoding=utf-8 undolevels=-1
  call setline(1, l:lines)
  setlocal undolevels< nomodified
  let b:deepchat_project = a:project
  let b:deepchat_header = l:lines
  setfiletype deepchat
  call deepchat#file#options()
  call cursor(line('$'), 1)
  return 1
endfunction

" What a new chat begins with, for the settings that hold in buf.
function! s:header(buf) abort
  let l:settings = extend(copy(deepchat#settings()), deepchat#settings(a:buf))
  let l:provider = deepchat#text(l:settings, 'provider', '')
  let l:at_home = l:provider ==# '' ? !has_key(l:settings, 'base_url') : l:provider ==# 'deepinfra'
  let l:model = deepchat#model#set(a:buf, l:at_home ? s:MODEL : '')
  let l:system = deepchat#text(l:settings, 'system', s:SYSTEM)
  let l:own = deepchat#text(deepchat#settings(a:buf), 'provider', deepchat#model#new_provider())
  let l:front = (l:own ==# '' ? [] : ['provider: ' . l:own]) + (l:model ==# '' ? [] : ['model: ' . l:model])
  return (empty(l:front) ? [] : ['---'] + l:front + ['---', ''])
        \ + (l:system ==# '' ? [] : ['%% system', ''] + split(l:system, "\n", 1) + [''])
        \ + ['%% user', '', '']
endfunction

" Remember buf as the last chat of its project.
function! deepchat#chat#note_last(buf) abort
  let s:last[getbufvar(a:buf, 'deepchat_project', getcwd())] = a:buf
endfunction

" Called by the ftplugin for every chat buffer.
function! deepchat#chat#attach(buf) abort
  execute printf('augroup deepchat_buffer_%d', a:buf)
    autocmd!
    execute printf('autocmd TextChanged,TextChangedI,InsertLeave <buffer=%d> call deepchat#ui#edited(%d)', a:buf, a:buf)
    execute printf('autocmd BufEnter <buffer=%d> call timer_start(20, {-> deepchat#attach#check(%d)})', a:buf, a:buf)
    execute printf('autocmd TextChanged <buffer=%d> call deepchat#attach#edited(%d)', a:buf, a:buf)
    execute printf('autocmd BufWinEnter <buffer=%d> call deepchat#chat#shown(%d)', a:buf, a:buf)
    execute printf('autocmd VimResized <buffer=%d> call deepchat#ui#decorate(%d, {})', a:buf, a:buf)
  augroup END
  " once the chat is on the screen: to start a process takes longer than that
  call timer_start(0, {-> deepchat#host#start()})
  call timer_start(20, {-> deepchat#attach#check(a:buf)})
  call deepchat#chat#shown(a:buf)
endfunction

" The buffer has come into a window. Reading a file tells us twice.
function! deepchat#chat#shown(buf) abort
  let l:state = [getbufvar(a:buf, 'changedtick'), win_findbuf(a:buf)]
  if getbufvar(a:buf, 'deepchat_shown', []) == l:state
    return
  endif
  call setbufvar(a:buf, 'deepchat_shown', l:state)
  call deepchat#ui#decorate(a:buf, {})
  call deepchat#turn#refold(a:buf)
  call deepchat#syntax#fences(a:buf)
endfunction

" Another living editor has the file of buf. A chat that was picked for the
" user gives way to a new one; one that the user opened becomes read-only.
function! deepchat#chat#locked(buf, pid) abort
  call setbufvar(a:buf, 'deepchat_locked', 1)
  call deepchat#wait#later({-> s:give_way(a:buf, a:pid)})
endfunction

function! s:give_way(buf, pid) abort
  let l:window = win_getid()
  if !getbufvar(a:buf, 'deepchat_locked', 0)
    return
  elseif a:buf == bufnr('%') && getbufvar(a:buf, 'deepchat_auto', -1) == b:changedtick
        \ && s:create('', b:deepchat_project)
    let l:asked = getbufvar(a:buf, 'deepchat_asked', {})
    call deepchat#chat#note_last(bufnr('%'))
    call win_execute(l:window, 'close')
    call deepchat#buf#moved(a:buf)
    execute printf('silent! bwipeout! %d', a:buf)
    call deepchat#ui#set_status(bufnr('%'), 'new chat: the last one is open elsewhere')
    if !empty(l:asked)
      call deepchat#chat#ask(extend({'quiet': 1}, l:asked))
    endif
    return
  endif
  call setbufvar(a:buf, '&readonly', 1)
  call deepchat#ui#say('open in another editor' . (a:pid > 0 ? ' (pid ' . a:pid . ')' : '') . '; read-only here')
endfunction

" True if another editor has the chat in buf, and says so.
function! deepchat#chat#is_held(buf) abort
  let l:held = getbufvar(a:buf, 'deepchat_locked', 0)
  if l:held
    call deepchat#ui#error('this chat is open in another editor; nothing was sent')
  endif
  return l:held
endfunction

" True if the user has made buf unchangeable, and says so.
function! deepchat#chat#is_fixed(buf) abort
  let l:fixed = !getbufvar(a:buf, '&modifiable')
  if l:fixed
    call deepchat#ui#error("'modifiable' is off in this chat; nothing was done")
  endif
  return l:fixed
endfunction

" ---- content ---------------------------------------------------------------

" The cursor to where the next turn is typed.
function! deepchat#chat#to_end() abort
  call cursor(line('$'), strlen(getline('$')) + 1)
endfunction

" Make sure that buf ends with a user turn. Returns the line of its marker.
function! s:last_user(buf) abort
  let [l:lnum, l:role] = deepchat#turn#last_marker(a:buf)
  if l:role ==# 'user' || l:lnum == 0
    return l:lnum
  endif
  let l:blank = getbufline(a:buf, '$')[0] =~# '^\s*$'
  call appendbufline(a:buf, '$', (l:blank ? [] : ['']) + ['%% user', '', ''])
  return deepchat#turn#last_marker(a:buf)[0]
endfunction

" Add lines to the last user turn: behind a draft that stands there, unless it
" ends with them already, as after a command that was refused.
function! deepchat#chat#add_text(buf, lines) abort
  let l:marker = s:last_user(a:buf)
  let l:body = getbufline(a:buf, l:marker + 1, '$')
  while !empty(l:body) && l:body[-1] =~# '^\s*$'
    call remove(l:body, -1)
  endwhile
  let l:lines = map(copy(a:lines), {_, l -> deepchat#turn#escape(l)})
  if len(l:body) >= len(l:lines) && l:body[-len(l:lines):] ==# l:lines
    return
  endif
  let l:lines = (empty(l:body) && l:marker == 0 ? [] : ['']) + l:lines
  let l:lnum = l:marker + 1 + len(l:body)
  call setbufline(a:buf, l:lnum, l:lines)
  call deletebufline(a:buf, l:lnum + len(l:lines), '$')
endfunction

" Lines line1 to line2 of buf as a context turn.
function! deepchat#chat#context(buf, line1, line2) abort
  let l:lines = getbufline(a:buf, a:line1, a:line2)
  let l:path = deepchat#file#path(a:buf)
  let l:root = deepchat#file#project(a:buf) . '/'
  let l:name = stridx(l:path, l:root) == 0 ? l:path[strlen(l:root):] : l:path
  return deepchat#context#turn(printf('%s:%d-%d', l:name ==# '' ? 'buffer' : l:name, a:line1, a:line2),
        \ l:lines, matchstr(getbufvar(a:buf, '&filetype'), '^\w*'))
endfunction

" Put a context turn in front of the last user turn. Where no marker stands, all
" behind the front matter is that turn, and gets one.
function! deepchat#chat#add_context(buf, lines) abort
  let l:marker = s:last_user(a:buf)
  if l:marker == 0
    let l:head = getbufline(a:buf, 1, 100)
    let l:front = get(l:head, 0, '') ==# '---' ? index(l:head, '---', 1) + 1 : 0
    let l:front += l:front > 0 && get(l:head, l:front, 'x') ==# ''
    call appendbufline(a:buf, l:front, ['%% user', ''])
    let l:marker = l:front + 1
  endif
  call appendbufline(a:buf, l:marker - 1, a:lines)
  call deepchat#turn#refold(a:buf)
endfunction

" Put a system message in place of the one that a new chat begins with. Returns
" 0 if the chat in buf is not as it began.
function! s:set_system(buf, system) abort
  let l:lines = getbufvar(a:buf, 'deepchat_header', [])
  if empty(l:lines) || getbufline(a:buf, 1, '$') !=# l:lines
    return 0
  endif
  let l:old = index(l:lines, '%% system')
  let l:first = l:old < 0 ? len(l:lines) - 3 : l:old
  call deletebufline(a:buf, l:first + 1, '$')
  call setbufline(a:buf, l:first + 1, ['%% system', '']
        \ + map(split(a:system, "\n", 1), {_, l -> deepchat#turn#escape(l)}) + ['', '%% user', '', ''])
  return 1
endfunction

" The lines of the last answer, un-escaped.
function! deepchat#chat#last_answer(buf) abort
  let l:lines = getbufline(a:buf, 1, '$')
  let l:end = len(l:lines)
  for l:at in range(len(l:lines) - 1, 0, -1)
    let l:role = deepchat#turn#is_marker(l:lines[l:at])
    if l:role ==# 'assistant'
      let l:body = map(l:lines[l:at + 1 : l:end - 1], {_, l -> deepchat#turn#unescape(l)})
      return split(substitute(join(l:body, "\n"), '^\n\|\n\+$', '', 'g'), "\n", 1)
    elseif l:role !=# ''
      let l:end = l:at
    endif
  endfor
  return []
endfunction

" ---- sending ---------------------------------------------------------------

" Add to the current chat what :DeepChat was given, and send it if that has
" text. what: context, text (lists of lines), arguments, roles, system; quiet, as
" send() has it. A chat that was picked for the user may turn out to be held
" elsewhere: what was asked is kept until an edit, and goes along to the chat
" that replaces it.
function! deepchat#chat#ask(what) abort
  let l:buf = bufnr('%')
  let l:picked = get(b:, 'deepchat_auto', -1) == b:changedtick
  if a:what.system !=# '' && !s:set_system(l:buf, a:what.system)
    call deepchat#ui#say('the system message of a role is for new chats (:DeepChat!)')
  endif
  let l:context = deepchat#role#context(l:buf, a:what.roles) + a:what.context
  if !empty(l:context)
    call deepchat#chat#add_context(l:buf, l:context)
  endif
  if !empty(a:what.text)
    call deepchat#chat#add_text(l:buf, a:what.text)
  endif
  call deepchat#chat#to_end()
  if !empty(a:what.text)
    call deepchat#chat#send(l:buf, filter(copy(a:what), 'index(["arguments", "quiet"], v:key) >= 0'))
  endif
  if l:picked
    call setbufvar(l:buf, 'deepchat_asked', a:what)
    call setbufvar(l:buf, 'deepchat_auto', getbufvar(l:buf, 'changedtick'))
  endif
endfunction

" <CR> and <C-s>: send from the last user turn; from elsewhere go there.
function! deepchat#chat#send_key() abort
  let [l:lnum, l:role] = deepchat#turn#last_marker(bufnr('%'))
  if (l:role ==# 'user' && line('.') >= l:lnum) || l:lnum == 0
    call deepchat#chat#send(bufnr('%'), {})
    return
  endif
  if l:role ==# 'user' || !deepchat#chat#is_fixed(bufnr('%'))
    call s:last_user(bufnr('%'))
    call deepchat#chat#to_end()
  endif
endfunction

" Send the chat in buf. options: line, send only up to the turn there and make
" what follows an alternate; arguments, a list of 'name=value'; quiet, it is no
" command of the user's own: nothing is asked. Returns 1 if a request was started
" or queued.
function! deepchat#chat#send(buf, options) abort
  call deepchat#ui#clear_error(a:buf)
  let l:last = s:last_line(a:buf, a:options)
  let l:options = extend({'text': deepchat#chat#text(a:buf, l:last), 'tick': getbufvar(a:buf, 'changedtick')}, a:options)
  if !call(has_key(a:options, 'line') ? 'deepchat#allow#send_as_it_is' : 'deepchat#allow#send', [a:buf, l:last, l:options])
    return 0
  elseif deepchat#buf#running(a:buf) > 0
    return s:queue(a:buf, a:options)
  elseif deepchat#model#is_open(a:buf) && !has_key(a:options, 'line')
    call setbufvar(a:buf, 'deepchat_turn', [])
    return s:queue(a:buf, a:options)
  endif
  call setbufvar(a:buf, 'deepchat_turn', s:own_turn(a:buf))
  call setbufvar(a:buf, 'deepchat_given', get(a:options, 'arguments', []))
  let [l:last, l:count] = [s:last_line(a:buf, a:options), deepchat#buf#line_count(a:buf)]
  let l:id = deepchat#room#expect(a:buf, l:last - 1, l:last < l:count ? deepchat#alt#end(a:buf, l:last) : -1)
  let l:asked = deepchat#context#ask_host(l:id, a:buf, l:last, l:options)
  call deepchat#buf#status(l:id, 'waiting')
  return l:asked
endfunction

" The last line of buf that goes along.
function! s:last_line(buf, options) abort
  return has_key(a:options, 'line') ? deepchat#turn#range_end(a:buf, a:options.line) : deepchat#buf#line_count(a:buf)
endfunction

" Ask for reply id to the first lines of buf, down to last. options: arguments;
" extra, text that goes along this time as the user's, behind theirs; context,
" lines that go along in front of row. Returns 1 if it was asked for; else the
" reply has ended.
function! deepchat#chat#ask_host(id, buf, last, options) abort
  let l:why = deepchat#host#send('send', extend({'id': a:id}, deepchat#chat#message(a:buf, a:last, a:options)))
  if l:why !=# ''
    call deepchat#buf#finish(a:id, {'finish': 'error', 'refused': 1, 'got_text': 0,
          \ 'pairs': '', 'pieces': 0, 'line': l:why})
  endif
  return l:why ==# ''
endfunction

" What the host is told to ask for that. As ask_host().
function! deepchat#chat#message(buf, last, options) abort
  let l:extra = get(a:options, 'extra', '')
  let l:context = get(a:options, 'context', [])
  let l:text = empty(l:context) ? deepchat#chat#text_of(a:buf, a:last, a:options) : deepchat#chat#text(a:buf, a:options.row)
        \ . join(l:context + [''], "\n") . deepchat#chat#text(a:buf, a:last, a:options.row + 1)
  let l:has_extra = l:extra !=# '' && l:extra =~# '\S'
  if l:has_extra
    let l:text .= "\n%% user\n\n" . deepchat#turn#escape(l:extra) . "\n"
  endif
  return {'buf': a:buf, 'file': deepchat#file#path(a:buf),
        \ 'text': l:text, 'asked': l:has_extra ? a:last + len(l:context) : 0,
        \ 'project': getbufvar(a:buf, 'deepchat_project', getcwd()), 'session': deepchat#chat#session(a:buf),
        \ 'cwd': deepchat#allow#cwd(a:buf), 'allowed': deepchat#allow#allowed(),
        \ 'settings': deepchat#settings(), 'buffer': deepchat#model#own_settings(a:buf),
        \ 'arguments': deepchat#role#arguments(a:buf, a:last) + get(a:options, 'arguments', [])}
endfunction

" What the requests of the chat in buf have in common, so that the server can
" keep what it has read of it: the path, or for a chat without one that which
" its file is going to have. Under another name it stays.
function! deepchat#chat#session(buf) abort
  let l:session = getbufvar(a:buf, 'deepchat_session', '')
  if l:session ==# ''
    let l:path = deepchat#file#path(a:buf)
    let l:session = l:path !=# '' ? l:path : deepchat#file#free_path(a:buf, deepchat#file#chat_dir())
    call setbufvar(a:buf, 'deepchat_session', l:session)
  endif
  return l:session
endfunction

" The lines of buf down to last as text for the host, all or from one on. A NUL
" in a line reads as a newline here, and must not become one.
function! deepchat#chat#text(buf, last, ...) abort
  let l:lines = getbufline(a:buf, a:0 > 0 ? a:1 : 1, a:last)
  let l:text = join(l:lines, "\n")
  if count(l:text, "\n") >= len(l:lines)
    let l:text = join(map(l:lines, 'tr(v:val, "\n", "\x01")'), "\n")
  endif
  return l:text . "\n"
endfunction

" The same down to last, for a send with these options: it may have been taken
" already. text is that of changedtick tick.
function! deepchat#chat#text_of(buf, last, options) abort
  return get(a:options, 'tick', -1) == getbufvar(a:buf, 'changedtick') ? a:options.text : deepchat#chat#text(a:buf, a:last)
endfunction

" The line of the last marker of buf and the text behind it, without blank
" lines; [] if there is none, or it is an answer.
function! s:own_turn(buf) abort
  let [l:lnum, l:role] = deepchat#turn#last_marker(a:buf)
  let l:lines = filter(getbufline(a:buf, l:lnum + 1, '$'), 'v:val =~# "\\S"')
  return l:role ==# 'assistant' || empty(l:lines) ? [] : [l:lnum] + l:lines
endfunction

" True if the last turn of buf was sent and has no answer.
function! deepchat#chat#is_unanswered(buf) abort
  let l:turn = s:own_turn(a:buf)
  return !empty(l:turn) && l:turn[0] == get(getbufvar(a:buf, 'deepchat_turn', []), 0, -1)
endfunction

" The turn waits for the end of the reply, or for the model to be known; one that
" is blank, or is what runs, does not.
function! s:queue(buf, options) abort
  if has_key(a:options, 'line')
    call deepchat#ui#error('a reply is running here; :DeepStop first')
    return 0
  endif
  let l:turn = s:own_turn(a:buf)
  if empty(l:turn) || l:turn ==# getbufvar(a:buf, 'deepchat_turn', [])
    return 0
  endif
  call setbufvar(a:buf, 'deepchat_queued', a:options)
  call deepchat#port#virtual(a:buf, s:QUEUED, len(getbufline(a:buf, 1, '$')) - 1, [[' queued', 'DeepChatStatus']], 0)
  call deepchat#port#redraw_status()
  return 1
endfunction

" True if a turn waits in buf for the end of a reply.
function! deepchat#chat#is_queued(buf) abort
  return type(getbufvar(a:buf, 'deepchat_queued', 0)) == v:t_dict
endfunction

" Forget the turn that waits in buf. Returns 1 if there was one.
function! deepchat#chat#drop_queue(buf) abort
  if !deepchat#chat#is_queued(a:buf)
    return 0
  endif
  call setbufvar(a:buf, 'deepchat_queued', 0)
  call deepchat#port#virtual(a:buf, s:QUEUED, 0, [], 0)
  return 1
endfunction

" Forget what waits in any chat.
function! deepchat#chat#drop_queues() abort
  for l:info in getbufinfo({'bufloaded': 1})
    call deepchat#chat#drop_queue(l:info.bufnr)
  endfor
endfunction

" A reply in buf has ended: send the turn that waited for it, or, if it did not
" end well, leave that turn to the user.
function! deepchat#chat#next_in_queue(buf, finish) abort
  let l:options = getbufvar(a:buf, 'deepchat_queued', 0)
  if !bufloaded(a:buf) || !deepchat#chat#drop_queue(a:buf) || a:finish =~# '^\%(error\|stopped\|interrupted\)$'
    return
  endif
  call timer_start(0, {-> bufloaded(a:buf) && !empty(s:own_turn(a:buf)) && deepchat#chat#send(a:buf, extend({'quiet': 1}, l:options))})
endfunction

let &cpoptions = s:cpo
unlet s:cpo
