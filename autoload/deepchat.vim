" DeepChat: what the commands call, and the functions for users' own maps,
" status lines and scripts. Each public function is described in
" :help deepchat-functions. No line is continued in this file: it has to say in
" any editor why the rest cannot work there, and 'compatible' forbids it.

" Why DeepChat cannot work in this editor as it is, as a line for the user; '' if
" it can.
function! deepchat#unfit() abort
  if has('nvim')
    return ''
  elseif &compatible
    return "'compatible' is set; DeepChat needs :set nocompatible"
  elseif !has('patch-9.0.0438') || !(has('channel') && has('job') && has('timers') && has('textprop'))
    return 'needs Vim 9.0.0438 with +channel +job +timers +textprop'
  elseif &encoding !=# 'utf-8'
    return "'encoding' is " . &encoding . '; DeepChat needs :set encoding=utf-8'
  endif
  return ''
endfunction

" True if it can work; else tells the user.
function! deepchat#fit() abort
  let l:why = deepchat#unfit()
  if l:why !=# ''
    echohl WarningMsg
    echomsg 'deepchat: ' . l:why
    echohl None
  endif
  return l:why ==# ''
endfunction

" g:deepchat, or with a buffer its b:deepchat, as a dictionary, whatever it is
" (an empty Lua table arrives as a list).
function! deepchat#settings(...) abort
  let l:settings = a:0 > 0 ? getbufvar(a:1, 'deepchat', {}) : get(g:, 'deepchat', {})
  return type(l:settings) == v:t_dict ? l:settings : {}
endfunction

" A member of settings that is text; what has another type is left to the host
" to refuse, and is the default here.
function! deepchat#text(settings, name, default) abort
  let l:value = get(a:settings, a:name, a:default)
  return type(l:value) == v:t_string ? l:value : a:default
endfunction

" deepchat#status([buf]): what the chat in buf (default: current) is doing now,
" for a statusline: '' or 'waiting 3 s', 'streaming', 'queued'...
function! deepchat#status(...) abort
  let l:buf = a:0 > 0 ? bufnr(a:1) : bufnr('%')
  return deepchat#chat#is_queued(l:buf) ? 'queued' : deepchat#ui#status(l:buf)
endfunction

" deepchat#send({dict}): send a chat from a script. Keys, all optional: buf, a
" chat buffer (default: current); text, added to its last turn; arguments, a
" list of 'name=value'. Returns 1 if a request was started or queued; how it
" ends is told by the User events. Never opens a window, never asks.
function! deepchat#send(options) abort
  let l:buf = get(a:options, 'buf', bufnr('%'))
  if !bufloaded(l:buf) || getbufvar(l:buf, '&filetype') !=# 'deepchat'
    call deepchat#ui#error('buffer ' . l:buf . ' is not a chat; nothing sent')
    return 0
  endif
  let l:has_text = get(a:options, 'text', '') !=# ''
  if deepchat#chat#is_held(l:buf) || (l:has_text && deepchat#chat#is_fixed(l:buf))
    return 0
  endif
  if l:has_text
    call deepchat#chat#add_text(l:buf, split(a:options.text, "\n", 1))
  endif
  return deepchat#chat#send(l:buf, {'quiet': 1, 'arguments': get(a:options, 'arguments', [])})
endfunction

" deepchat#stop([buf]): stop the replies and rewrites that run in buf (default:
" current) and drop what is queued there. Returns 1 if there was anything to stop.
function! deepchat#stop(...) abort
  let l:buf = a:0 > 0 ? bufnr(a:1) : bufnr('%')
  let l:dropped = deepchat#chat#drop_queue(l:buf)
  let l:ids = deepchat#buf#all_running(l:buf) + deepchat#review#running(l:buf)
  for l:id in l:ids
    call deepchat#context#stop(l:id)
    call deepchat#host#send('stop', {'id': l:id})
  endfor
  return l:dropped || !empty(l:ids)
endfunction

" deepchat#last([buf]): text of the last answer in the chat buf (default:
" current), un-escaped, '' if there is none.
function! deepchat#last(...) abort
  return join(deepchat#chat#last_answer(a:0 > 0 ? bufnr(a:1) : bufnr('%')), "\n")
endfunction

" deepchat#usage([buf]): what the answers in the chat buf (default: current) have
" used by their markers, as a map.
function! deepchat#usage(...) abort
  return deepchat#sum#of(a:0 > 0 ? bufnr(a:1) : bufnr('%'))
endfunction

" ---- commands --------------------------------------------------------------

" :[range]DeepChat[!] [/role...] [++opt=val...] [text]
function! deepchat#command_chat(mods, bang, range, line1, line2, args) abort
  let l:said = deepchat#role#split(a:args)
  let l:why = getcmdwintype() ==# '' ? l:said.why : 'no chat opens from the command-line window'
  if l:why !=# ''
    call deepchat#ui#error(l:why)
    return
  endif
  let l:context = a:range > 0 ? deepchat#chat#context(bufnr('%'), a:line1, a:line2) : []
  let l:buf = deepchat#chat#open(a:mods, a:bang)
  let l:text = deepchat#role#question(l:said, a:range > 0)
  let l:lines = l:text =~# '\S' ? [l:text] : []
  if l:buf == 0
    return
  elseif !empty(l:context + l:lines + l:said.roles) && (deepchat#chat#is_held(l:buf) || deepchat#chat#is_fixed(l:buf))
    return
  elseif empty(l:lines) && !empty(l:said.own)
    call deepchat#ui#error('options hold for the text behind them; there is none')
  endif
  call deepchat#chat#ask(extend({'context': l:context, 'text': l:lines}, l:said, 'keep'))
endfunction

" :[range]DeepSend
function! deepchat#command_send(range, line) abort
  if &filetype !=# 'deepchat'
    call deepchat#ui#error('this buffer is not a chat; :DeepChat opens one')
    return
  endif
  call deepchat#chat#send(bufnr('%'), a:range > 0 ? {'line': a:line} : {})
endfunction

" :DeepStop[!]
function! deepchat#command_stop(all) abort
  if a:all
    call deepchat#chat#drop_queues()
    call deepchat#context#stop(0)
    if deepchat#buf#any_running() || !empty(deepchat#review#running(0))
      call deepchat#host#send('stop', {'id': 0})
    else
      call deepchat#ui#say('nothing is running')
    endif
  elseif !deepchat#stop()
    call deepchat#ui#say('nothing is running here')
  endif
endfunction

" :DeepLog
function! deepchat#command_log(mods) abort
  let l:path = deepchat#host#log()
  if l:path ==# '' || !filereadable(l:path)
    call deepchat#ui#say('there is no log yet; it begins with the first chat')
    return
  endif
  if !deepchat#ui#open_file(a:mods, l:path)
    return
  endif
  setlocal autoread nomodifiable noswapfile nomodeline bufhidden=wipe
  normal! G
endfunction
