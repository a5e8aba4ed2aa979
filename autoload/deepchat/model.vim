" :DeepModel, and which model a buffer uses.

" As in the host's table; each has a base_url.
let s:PROVIDERS = ['deepinfra', 'openai', 'openrouter', 'deepseek', 'mistral', 'groq', 'ollama', 'llama.cpp', 'vllm']

" The model of buf: of its front matter if it is a chat, else of the settings;
" '' if nothing says one.
function! deepchat#model#of(buf) abort
  let l:row = s:front_row(a:buf)
  if l:row > 0
    return substitute(getbufline(a:buf, l:row)[0], '^model:\s*', '', '')
  endif
  return deepchat#model#set(a:buf, '')
endfunction

" The model that the settings of buf give, else default. As in the host: that of
" the provider beats g:deepchat, and a provider with a URL of its own leaves no
" other; b:deepchat beats both.
function! deepchat#model#set(buf, default) abort
  let [l:all, l:here] = [deepchat#settings(), deepchat#settings(a:buf)]
  let l:name = deepchat#text(extend(copy(l:all), l:here), 'provider', '')
  let l:provider = s:member(s:member(l:here, 'providers'), l:name)
  if empty(l:provider)
    let l:provider = s:member(s:member(l:all, 'providers'), l:name)
  endif
  let l:whole = index(s:PROVIDERS, l:name) >= 0 || has_key(l:provider, 'base_url') || has_key(l:provider, 'model')
  let l:from = has_key(l:here, 'model') ? l:here : l:whole ? l:provider : l:all
  return deepchat#text(l:from, 'model', a:default)
endfunction

function! s:member(map, name) abort
  let l:value = get(a:map, a:name, {})
  return type(l:value) == v:t_dict ? l:value : {}
endfunction

" The line of "model:" in the front matter, 0 if there is none.
function! s:front_row(buf) abort
  let l:lines = getbufline(a:buf, 1, 100)
  let l:end = get(l:lines, 0, '') ==# '---' ? index(l:lines, '---', 1) : -1
  let l:row = l:end > 0 ? match(l:lines[: l:end], '^model:') : -1
  return l:row + 1
endfunction

" :DeepModel[!] [name]
function! deepchat#model#command(bang, name) abort
  if a:name ==# ''
    let l:model = deepchat#model#of(bufnr('%'))
    call deepchat#catalog#show(bufnr('%'), l:model ==# '' ? 'no model is set here' : 'model is ' . l:model)
  elseif a:bang
    call s:set_for_good(a:name)
  elseif &filetype ==# 'deepchat'
    if deepchat#chat#is_fixed(bufnr('%'))
      return
    endif
    call s:write(a:name)
    call deepchat#ui#decorate(bufnr('%'), {})
    call deepchat#catalog#show(bufnr('%'), '')
  else
    let b:deepchat = extend(deepchat#settings(bufnr('%')), {'model': a:name})
    call deepchat#catalog#show(bufnr('%'), 'model of this buffer is ' . a:name)
  endif
endfunction

" Host: what is known of models; see deepchat#catalog#got().
function! deepchat#model#models(answer) abort
  call deepchat#catalog#got(a:answer)
endfunction

" Complete-items for a model's name, those that have base anywhere in it, with
" what is known of them as menu text.
function! deepchat#model#complete_items(base) abort
  return map(deepchat#catalog#matching(bufnr('%'), a:base),
        \ '{"word": v:val[0], "menu": v:val[1], "icase": 1}')
endfunction

" Set the model of new chats, and show the line for the vimrc that does the same;
" it is of use whole only.
function! s:set_for_good(name) abort
  let l:line = type(get(g:, 'deepchat')) == v:t_dict ? 'let g:deepchat.model = %s' : "let g:deepchat = {'model': %s}"
  let g:deepchat = extend(copy(deepchat#settings()), {'model': a:name})
  let l:line = printf(l:line, string(a:name))
  if strdisplaywidth(l:line) <= (exists('v:echospace') ? v:echospace : &columns - 12)
    echomsg l:line
  else
    call deepchat#ui#say('model of new chats is ' . a:name)
  endif
endfunction

" Set the model in the front matter of the current chat. A marker names its
" model only where it differs from that, so the answers of the old one are
" marked with it now.
function! s:write(name) abort
  let l:old = deepchat#model#of(bufnr('%'))
  for l:lnum in l:old ==# '' || l:old ==# a:name ? [] : range(1, line('$'))
    let l:line = getline(l:lnum)
    if l:line =~# '^%% assistant .*finish=' && l:line !~# ' model=' && deepchat#turn#is_marker(l:line) !=# ''
      call setline(l:lnum, substitute(l:line, '\s*$', '', '') . ' model=' . l:old)
    endif
  endfor
  let l:row = s:front_row(bufnr('%'))
  if l:row > 0
    call setline(l:row, 'model: ' . a:name)
  elseif getline(1) ==# '---'
    call append(1, 'model: ' . a:name)
  else
    call append(0, ['---', 'model: ' . a:name, '---', ''])
  endif
endfunction
