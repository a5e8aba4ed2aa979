" How a reply ended, of any kind: the line for the user, and the event. It must
" be exactly one event for each reply.

let s:cpo = &cpoptions
set cpoptions&vim

" Say how it ended, and fire the event. about as deepchat#buf#finish() has it.
function! deepchat#tell#end(reply, about) abort
  let l:event = deepchat#tell#event(a:reply, a:about)
  if has_key(a:about, 'violations') && !has_key(a:about, 'lost')
    call deepchat#schema#show(a:reply, a:about.violations)
  endif
  if has_key(a:about, 'lost') && a:about.lost !=# 'gone'
    call deepchat#ui#say('reply taken out; stopped (:DeepResume has it)')
  elseif a:about.finish ==# 'stopped'
    call deepchat#ui#say(a:about.got_text
          \ ? printf('stopped, %s token%s kept; %s', s:count(a:about.pieces), a:about.pieces == 1 ? '' : 's',
          \   !bufloaded(a:reply.buf) ? ':DeepResume has it'
          \   : a:reply.kind.name !=# 'chat' ? ':DeepContinue goes on'
          \   : get(a:about, 'once', 0) ? ':DeepRetry asks again' : ':DeepContinue or :DeepRetry')
          \ : 'stopped; nothing came yet')
  elseif a:about.line !=# '' && index(['error', 'interrupted'], a:about.finish) >= 0
    call s:show_error(a:reply, a:about)
  elseif a:about.line !=# ''
    call deepchat#ui#say(a:about.line)
  endif
  if bufloaded(a:reply.buf)
    call a:reply.kind.looks(a:reply, l:event)
  endif
  call deepchat#port#event(a:about.finish ==# 'stopped' ? 'DeepChatStopped'
        \ : index(['error', 'interrupted'], a:about.finish) >= 0 ? 'DeepChatError'
        \ : 'DeepChatDone', l:event)
endfunction

function! s:show_error(reply, about) abort
  call deepchat#ui#error(a:about.line)
  if a:about.got_text || !bufloaded(a:reply.buf)
    return
  endif
  let l:at = deepchat#buf#anchor_at(a:reply, 'end')
  if !empty(l:at)
    call deepchat#ui#error_below(a:reply.buf, l:at[2], a:about.line)
  endif
endfunction

function! s:count(number) abort
  return substitute(string(a:number), '\d\zs\ze\%(\d\d\d\)\+$', ',', 'g')
endfunction

" g:deepchat_event, and what Lua callbacks get as data.
function! deepchat#tell#event(reply, about) abort
  let g:deepchat_event = {'kind': a:reply.kind.name, 'buf': a:reply.buf,
        \ 'file': deepchat#file#path(a:reply.buf),
        \ 'finish': get(a:about, 'finish', ''),
        \ 'error': get(a:about, 'finish', '') =~# 'error\|interrupted' ? get(a:about, 'line', '') : '',
        \ 'tokens_in': get(a:about, 'tokens_in', v:null),
        \ 'tokens_out': get(a:about, 'tokens_out', v:null),
        \ 'cost': get(a:about, 'cost', v:null),
        \ 'seconds': get(a:about, 'seconds', 0.0),
        \ 'rounds': get(a:about, 'rounds', get(a:about, 'finish', '') ==# '' ? 0 : 1),
        \ 'row': s:head_row(a:reply)}
  return g:deepchat_event
endfunction

function! s:head_row(reply) abort
  let l:at = a:reply.begun && bufloaded(a:reply.buf)
        \ ? deepchat#buf#anchor_at(a:reply, 'head') : []
  return empty(l:at) ? -1 : l:at[0]
endfunction

let &cpoptions = s:cpo
unlet s:cpo
