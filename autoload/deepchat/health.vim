" What can be said about the plugin, the host and the server, for :DeepHealth
" and :checkhealth deepchat. A finding is [level, text], level ok, warn, error
" or info.

let s:cpo = &cpoptions
set cpoptions&vim

" The host asks the server, which may take that long.
let s:PATIENCE = 15.0
let s:buf = 0
let s:answer = []
let s:waiting = 0

" :DeepHealth: the findings in a buffer of their own; the host's follow.
function! deepchat#health#command(mods) abort
  if !deepchat#ui#open(a:mods . ' new')
    return
  endif
  setlocal modifiable buftype=nofile bufhidden=wipe noswapfile nobuflisted nomodeline nospell
  syntax match DeepChatHealthOk /^ok\>/
  syntax match DeepChatError /^\%(warn\|error\)\>.*/
  highlight default link DeepChatHealthOk Comment
  highlight default link DeepChatError WarningMsg
  silent! keepalt file [DeepHealth]
  nnoremap <buffer> <silent> <nowait> q :close<CR>
  let s:buf = bufnr('%')
  call setline(1, ['DeepChat', ''])
  call s:add(deepchat#health#checks())
  let l:why = deepchat#host#send('check', {'settings': deepchat#settings()})
  if l:why !=# ''
    call s:add(s:trouble(l:why))
  endif
endfunction

" Why the host cannot be asked, and what it said last.
function! s:trouble(why) abort
  return [['error', a:why]] + map(deepchat#host#stderr()[-1:], '["info", v:val]')
endfunction

" Host: what it found.
function! deepchat#health#show(lines) abort
  let s:answer = a:lines
  if !s:waiting && s:buf > 0 && bufloaded(s:buf)
    call s:add(a:lines)
  endif
endfunction

function! s:add(lines) abort
  let l:texts = map(copy(a:lines), 'printf("%-5s %s", v:val[0], v:val[1])')
  call map(l:texts, 'substitute(v:val, "[[:cntrl:]]", " ", "g")')
  call setbufvar(s:buf, '&modifiable', 1)
  call appendbufline(s:buf, '$', l:texts)
  call setbufvar(s:buf, '&modifiable', 0)
  call setbufvar(s:buf, '&modified', 0)
  for l:win in win_findbuf(s:buf)
    call deepchat#port#cursor(l:win, len(getbufline(s:buf, 1, '$')), 0)
  endfor
endfunction

" All findings at once, for :checkhealth, which cannot wait for events by
" itself. Starts the host if it does not run.
function! deepchat#health#report() abort
  let l:lines = deepchat#health#checks()
  let s:answer = []
  let s:waiting = 1
  let l:why = deepchat#host#send('check', {'settings': deepchat#settings()})
  if l:why ==# ''
    call deepchat#wait#until({-> !empty(s:answer) || !deepchat#host#running()}, s:PATIENCE)
    let l:why = empty(s:answer) ? 'the host does not answer (:DeepLog)' : ''
  endif
  let s:waiting = 0
  return l:lines + (l:why ==# '' ? s:answer : s:trouble(l:why))
endfunction

" The findings that need no host.
function! deepchat#health#checks() abort
  return deepchat#port#check_editor() + s:check_program()
endfunction

function! s:check_program() abort
  let l:program = deepchat#host#program()
  if type(l:program) != v:t_string || !executable(l:program)
    return [['error', 'no program ' . string(l:program) . '; run :DeepBuild']]
  endif
  let l:said = split(system(shellescape(l:program) . ' --version'), "\n")
  if v:shell_error != 0 || empty(l:said)
    return [['error', l:program . ' does not run; run :DeepBuild']]
          \ + map(l:said[0:4], '["info", v:val]')
  endif
  return [['ok', l:program], s:check_version(matchstr(l:said[0], '\d\+\.\d\+\.\d\+'))]
endfunction

function! s:check_version(found) abort
  let l:wanted = deepchat#host#wants()
  let l:about = deepchat#host#about()
  if get(l:about, 'protocol', l:wanted.protocol) != l:wanted.protocol
    return ['error', printf('protocol: host speaks %d, plugin %d; run :DeepBuild',
          \ l:about.protocol, l:wanted.protocol)]
  elseif a:found !=# l:wanted.version
    return ['warn', printf('host is %s, plugin %s; run :DeepBuild', a:found, l:wanted.version)]
  elseif get(l:about, 'version', a:found) !=# a:found
    return ['warn', printf('host %s runs, %s is built; restart the editor', l:about.version, a:found)]
  endif
  return ['ok', 'plugin ' . l:wanted.version . ', protocol ' . l:wanted.protocol]
endfunction

let &cpoptions = s:cpo
unlet s:cpo
