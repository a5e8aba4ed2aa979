" The maps that a buffer has during a review, and only then.

let s:cpo = &cpoptions
set cpoptions&vim

let s:KEYS = [['<LocalLeader>a', 'accept'], ['<LocalLeader>r', 'reject'], ['<LocalLeader>n', 'next-hunk'],
      \ ['<LocalLeader>p', 'prev-hunk'], ['<LocalLeader>A', 'accept-all'], ['<LocalLeader>R', 'reject-all'],
      \ [']c', 'next-hunk'], ['[c', 'prev-hunk']]
" In diff mode these two are the editor's.
let s:DIFFS = {']c': 1, '[c': -1}

" Give buf its maps, or take them away.
function! deepchat#review_keys#update(buf) abort
  if !bufloaded(a:buf)
    return
  endif
  let l:wants = !empty(filter(deepchat#review#of(a:buf), '!v:val.hidden && deepchat#review#waits(v:val)'))
  let l:has = type(getbufvar(a:buf, 'deepchat_review_keys', 0)) == v:t_list
  if l:wants && !l:has
    call deepchat#port#in_buffer(a:buf, 'call deepchat#review_keys#set()')
  elseif l:has && !l:wants
    call deepchat#port#in_buffer(a:buf, 'call deepchat#review_keys#unset()')
  endif
endfunction

" Map what the user has not: neither the key in this buffer, nor another one to
" the same.
function! deepchat#review_keys#set() abort
  let b:deepchat_review_keys = []
  for [l:key, l:name] in s:KEYS
    let l:plug = '<Plug>(deepchat-' . l:name . ')'
    let l:diff = get(s:DIFFS, l:key, 0)
    if get(maparg(l:key, 'n', 0, 1), 'buffer', 0) || !l:diff && hasmapto(l:plug, 'n')
      continue
    elseif l:diff
      " allow(execute): names of this file
      execute 'nmap <buffer> <silent> <expr>' l:key printf('&diff ? %s : "\<Plug>(deepchat-%s)"', string(l:key), l:name)
    else
      " allow(execute): names of this file
      execute 'nmap <buffer> <silent>' l:key l:plug
    endif
    call add(b:deepchat_review_keys, l:key)
  endfor
endfunction

" Take away what set() has mapped, unless the user has mapped it since.
function! deepchat#review_keys#unset() abort
  for l:key in b:deepchat_review_keys
    let l:map = maparg(l:key, 'n', 0, 1)
    if get(l:map, 'buffer', 0) && l:map.rhs =~# '<Plug>(deepchat-'
      " allow(execute): names of this file
      execute 'silent! nunmap <buffer>' l:key
    endif
  endfor
  unlet b:deepchat_review_keys
endfunction

let &cpoptions = s:cpo
unlet s:cpo
