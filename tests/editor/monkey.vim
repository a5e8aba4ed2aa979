" For test_monkey.c: places for its user to go to, and what must hold. A word of
" the user looks like QABCDEZ, one of the server like sabcdez; each is there once.

let s:WORD = '\CQ[A-J]\{5}Z\|s[a-j]\{5}z'
let s:words = {}
let s:files = 0
let s:quiet = 0

augroup monkey
  autocmd!
  autocmd BufReadPost *.code call s:remember()
  autocmd FileChangedShell * let v:fcs_choice = s:quiet ? '' : 'ask'
augroup END

function! s:remember() abort
  if undotree().seq_last == 0
    let b:monkey_text = getline(1, '$')
  endif
endfunction

" Tell the test that all keys before this one are handled.
let s:handled = 0
function! Handled() abort
  let s:handled += 1
  if has('nvim')
    call rpcnotify(1, 'monkey', s:handled)
  else
    call ch_sendexpr(g:ed_channel, ['monkey', [s:handled]])
  endif
endfunction

" ---- where the user is -----------------------------------------------------

" A new file of code in the current window.
function! s:code() abort
  let s:files += 1
  let l:path = getcwd() . '/file' . s:files . '.code'
  call writefile(map(range(1, 12), 'repeat("\t", v:val % 3) . "step(" . v:val . ", \"of " . s:files . "\");"'), l:path)
  execute 'silent edit' fnameescape(l:path)
  let b:deepchat = {'base_url': g:monkey_code}
endfunction

" A clean editor: one window, on code.
function! Fresh() abort
  silent! tabonly!
  silent! only!
  for l:info in getbufinfo()
    execute 'silent! bwipeout!' l:info.bufnr
  endfor
  silent! call feedkeys('', 'x')
  call s:code()
  let s:words = {}
endfunction

function! s:is_chat(buf) abort
  return getbufvar(a:buf, '&filetype') ==# 'deepchat'
endfunction

" Make a buffer of this kind ('chat', 'code' or 'any') the current one.
function! Go(kind, random) abort
  let l:bufs = map(getbufinfo({'bufloaded': 1}), 'v:val.bufnr')
  call filter(l:bufs, 'getbufvar(v:val, "&buftype") ==# "" || s:is_chat(v:val)')
  if a:kind !=# 'any'
    call filter(l:bufs, 's:is_chat(v:val) == (a:kind ==# "chat")')
  endif
  if empty(l:bufs)
    if a:kind ==# 'chat'
      silent DeepChat!
    else
      call s:code()
    endif
  elseif index(l:bufs, bufnr('%')) < 0
    let l:buf = l:bufs[a:random % len(l:bufs)]
    let l:win = get(win_findbuf(l:buf), 0, 0)
    if l:win > 0
      call win_gotoid(l:win)
    else
      execute 'silent buffer' l:buf
    endif
  endif
  if a:kind ==# 'code' || a:kind ==# 'any'
    call cursor(1 + a:random % line('$'), 1 + a:random / 7 % 9)
  endif
endfunction

" ---- words -----------------------------------------------------------------

" Words in all buffers; watched: but for those in what a send has copied, and
" may take back.
function! s:now(watched) abort
  let l:found = {}
  for l:info in getbufinfo({'bufloaded': 1})
    if (getbufvar(l:info.bufnr, '&buftype') ==# '' || s:is_chat(l:info.bufnr))
          \ && getbufvar(l:info.bufnr, '&bufhidden') !=# 'wipe'
      let l:lines = getbufline(l:info.bufnr, 1, '$')
      let l:lines = a:watched && s:is_chat(l:info.bufnr) ? s:own(l:lines) : l:lines
      call substitute(join(l:lines, "\n"), s:WORD, '\=s:add(l:found, submatch(0), l:info)', 'g')
    endif
  endfor
  return l:found
endfunction

" Lines of a chat without its context turns.
function! s:own(lines) abort
  let l:kept = 1
  for l:at in range(len(a:lines))
    let l:role = deepchat#turn#is_marker(a:lines[l:at])
    let l:kept = l:role ==# '' ? l:kept : l:role !=# 'context'
    let a:lines[l:at] = l:kept ? a:lines[l:at] : ''
  endfor
  return a:lines
endfunction

function! s:add(found, word, info) abort
  let a:found[a:word] = a:info.bufnr . ':' . a:info.name
  return ''
endfunction

" Words that were there when last looked at, and are not now; then look again.
function! Lost() abort
  let l:now = s:now(0)
  let l:lost = map(filter(keys(s:words), '!has_key(l:now, v:val)'), 'v:val . " of " . s:words[v:val]')
  let s:words = s:now(1)
  return join(l:lost, "\n")
endfunction

" Words of text that are in no buffer.
function! Missing(text) abort
  let [l:now, l:words] = [s:now(0), []]
  call substitute(a:text, s:WORD, '\=add(l:words, submatch(0))', 'g')
  return join(filter(l:words, '!has_key(l:now, v:val)'))
endfunction

" ---- what must hold --------------------------------------------------------

" What may not be changed waits.
function! Thaw() abort
  set modifiable
  for l:info in getbufinfo({'bufloaded': 1})
    call setbufvar(l:info.bufnr, '&modifiable', 1)
  endfor
endfunction

function! Idle() abort
  return !deepchat#buf#any_running() && empty(deepchat#review#running(0))
        \ && empty(filter(getbufinfo({'bufloaded': 1}), 'deepchat#status(v:val.bufnr) !~# "^\\%(new chat.*\\)\\?$"'))
endfunction

function! Busy() abort
  return deepchat#buf#any_running() . string(deepchat#review#running(0))
        \ . string(map(getbufinfo({'bufloaded': 1}), 'v:val.bufnr . ":" . deepchat#status(v:val.bufnr)'))
endfunction

" Errors in what was said: those with a trace, as no key of a user earns them,
" but for a warning that Vim gives in this way and a completion that is not set;
" and those that say that something is broken.
let s:BROKEN = '^\%(Vim[^:]*:\)\?E\%(117\|121\|315\|340\|684\|685\|716\|964\|966\|5108\|5555\):'
function! Said() abort
  let l:wrong = []
  let l:warned = '\nError [^\n]*\n\%(line [^\n]*\n\)\?\ze\%(W10\|E764\):'
  for l:line in split(substitute(execute('messages'), l:warned, '\n', 'g'), "\n")
    if l:line =~# '^Error ' || l:line =~# s:BROKEN
      call add(l:wrong, l:line)
    elseif l:line =~# '^deepchat: ' && strwidth(l:line) > 79
      call add(l:wrong, 'too long: ' . l:line)
    endif
  endfor
  if !empty(l:wrong)
    let l:wrong += ['--- all messages:'] + split(execute('messages'), "\n")
  endif
  messages clear
  return join(l:wrong, "\n")
endfunction

" What the host's log says of errors in the editor.
function! Logged() abort
  let l:log = deepchat#host#log()
  let l:lines = l:log !=# '' && filereadable(l:log) ? readfile(l:log) : []
  return join(filter(l:lines, 'v:val =~# "editor: \\|ERROR\\|malformed\\|unknown \\%(call\\|request\\)"'), "\n")
endfunction

" What shows a hunk or that something runs.
function! s:marks(buf) abort
  let l:found = []
  if has('nvim')
    for l:mark in nvim_buf_get_extmarks(a:buf, nvim_create_namespace('deepchat_hunk'), 0, -1, {})
      call add(l:found, string(l:mark))
    endfor
    for l:mark in nvim_buf_get_extmarks(a:buf, nvim_create_namespace('deepchat_look'), 0, -1, {'details': v:true})
      call add(l:found, s:text(get(get(l:mark[3], 'virt_text', []), 0, ['', ''])))
    endfor
  else
    for l:prop in prop_list(1, {'end_lnum': -1, 'bufnr': a:buf})
      call add(l:found, l:prop.type =~# '^deepchatHunk' ? string(l:prop)
            \ : s:text([get(l:prop, 'text', ''), l:prop.type[8:]]))
    endfor
  endif
  return filter(l:found, 'v:val !=# ""')
endfunction

function! s:text(chunk) abort
  return a:chunk[1] ==# 'DeepChatStatus' && a:chunk[0] !=# '' && a:chunk[0] !~# 'changed since' ? a:chunk[0] : ''
endfunction

" Nothing runs: what is left in buffers.
function! Left() abort
  let [l:wrong, s:quiet] = [[], 1]
  tabnew
  for l:buf in filter(map(getbufinfo({'bufloaded': 1}), 'v:val.bufnr'), 'getbufvar(v:val, "&buftype") ==# ""')
    execute 'silent buffer' l:buf
    setlocal modifiable
    if !empty(deepchat#review_take#waiting(l:buf))
      silent DeepReject!
    endif
    redraw
    if !empty(s:marks(l:buf))
      call add(l:wrong, bufname(l:buf) . ' has ' . join(s:marks(l:buf)))
    elseif type(getbufvar(l:buf, 'deepchat_review_keys', 0)) == v:t_list
      call add(l:wrong, bufname(l:buf) . ' has maps')
    endif
    if exists('b:monkey_text')
      silent! undo 0
      if getline(1, '$') !=# b:monkey_text
        call add(l:wrong, bufname(l:buf) . ' is not what it was: ' . string(getline(1, '$')))
      endif
    endif
  endfor
  let s:quiet = 0
  return join(l:wrong, "\n")
endfunction
