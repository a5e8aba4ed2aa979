" Replies that were to follow a JSON schema: what in them does not.

let s:cpo = &cpoptions
set cpoptions&vim

" Host, with the end of a reply: violations is a list of [line of the block,
" text]. They become a new quickfix list; no window opens by itself.
function! deepchat#schema#show(reply, violations) abort
  let l:at = bufloaded(a:reply.buf) ? deepchat#buf#anchor_at(a:reply, 'text') : []
  if empty(l:at)
    return
  endif
  let l:items = map(copy(a:violations), {_, v -> {'bufnr': a:reply.buf,
        \ 'lnum': l:at[0] + 1 + v[0], 'type': 'E', 'text': v[1]}})
  call setqflist([], ' ', {'title': 'deepchat: JSON schema', 'items': l:items})
endfunction

let &cpoptions = s:cpo
unlet s:cpo
