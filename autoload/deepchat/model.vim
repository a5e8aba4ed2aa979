" :DeepModel, and which model a buffer uses.

let s:cpo = &cpoptions
set cpoptions&vim

" As in the host's table; each has a base_url.
let s:PROVIDERS = ['deepinfra', 'openai', 'openrouter', 'deepseek', 'mistral', 'groq', 'ollama', 'llama.cpp', 'vllm']

" How long a command waits for the host to say what was chosen.
let s:PATIENCE = 0.3

let s:choices = {}
let s:last = 0

" The provider of the settings before another one was set for good, which may be
" ''; empty if none was.
let s:before = []

" The model of buf: of its front matter if it is a chat, else of the settings;
" '' if nothing says one.
function! deepchat#model#of(buf) abort
  let [l:model, l:provider] = [s:field(a:buf, 'model'), s:field(a:buf, 'provider')]
  return l:model !=# '' ? l:model : l:provider !=# '' ? s:set(a:buf, l:provider, 0, '') : deepchat#model#set(a:buf, '')
endfunction

" A field of the front matter of buf, '' if there is none.
function! s:field(buf, name) abort
  let l:row = s:front_row(a:buf, a:name)
  let l:value = l:row == 0 ? '' : matchstr(getbufline(a:buf, l:row)[0], '^' . a:name . ':\s*\zs.\{-}\ze\s*$')
  return l:value =~# '^".*"$' ? l:value[1:-2] : l:value
endfunction

" The pairs of an answer's marker, with the model that was asked, if the chat has
" another one, or the answer was asked for with ++model.
function! deepchat#model#pairs(reply, pairs) abort
  let l:asked = get(a:reply, 'model', '')
  let l:here = deepchat#model#of(a:reply.buf)
  return a:pairs . (l:asked ==# '' || l:here ==# '' || l:asked ==# l:here || a:pairs =~# ' model=' ? '' : s:pair(l:asked))
endfunction

function! s:pair(model) abort
  return ' model=' . deepchat#context#encode(a:model)
endfunction

" The settings of buf alone, for the host. Where they, or the front matter, name
" a model and no server, that is one of the server that was used before another
" one was set for good.
function! deepchat#model#own_settings(buf) abort
  let l:here = deepchat#settings(a:buf)
  if empty(s:before) || has_key(l:here, 'provider') || has_key(l:here, 'base_url')
    return l:here
  endif
  let l:named = has_key(l:here, 'model') || s:field(a:buf, 'model') !=# ''
  return l:named ? extend({'provider': s:before[0]}, l:here) : l:here
endfunction

" The provider that new chats have to name: it was set for good, and differs
" from that of the chats before.
function! deepchat#model#new_provider() abort
  return empty(s:before) ? '' : deepchat#text(deepchat#settings(), 'provider', '')
endfunction

" The model that the settings of buf give, else default. As in the host: that of
" the provider beats g:deepchat, and a provider with a URL of its own leaves no
" other; b:deepchat beats both.
function! deepchat#model#set(buf, default) abort
  let [l:all, l:here] = [deepchat#settings(), deepchat#settings(a:buf)]
  let l:name = deepchat#text(extend(copy(l:all), l:here), 'provider', '')
  return s:set(a:buf, l:name, has_key(l:here, 'model'), a:default)
endfunction

" The same where provider name is chosen; own: b:deepchat may say the model.
function! s:set(buf, name, own, default) abort
  let [l:all, l:here] = [deepchat#settings(), deepchat#settings(a:buf)]
  let l:provider = s:member(s:member(l:here, 'providers'), a:name)
  if empty(l:provider)
    let l:provider = s:member(s:member(l:all, 'providers'), a:name)
  endif
  let l:whole = index(s:PROVIDERS, a:name) >= 0 || has_key(l:provider, 'base_url') || has_key(l:provider, 'model')
  let l:from = a:own ? l:here : l:whole ? l:provider : l:all
  return deepchat#text(l:from, 'model', a:default)
endfunction

function! s:member(map, name) abort
  let l:value = get(a:map, a:name, {})
  return type(l:value) == v:t_dict ? l:value : {}
endfunction

" The line of a field in the front matter, 0 if there is none.
function! s:front_row(buf, name) abort
  let l:lines = getbufline(a:buf, 1, 100)
  let l:end = get(l:lines, 0, '') ==# '---' ? index(l:lines, '---', 1) : -1
  let l:row = l:end > 0 ? match(l:lines[: l:end], '^' . a:name . ':') : -1
  return l:row + 1
endfunction

" :DeepModel[!] [name]
function! deepchat#model#command(bang, name) abort
  let l:buf = bufnr('%')
  if a:name ==# ''
    let l:model = deepchat#model#of(l:buf)
    call deepchat#catalog#show(l:buf, l:model ==# '' ? 'no model is set; the server takes its own' : 'model is ' . l:model)
  elseif a:bang || &filetype !=# 'deepchat' || !deepchat#chat#is_fixed(l:buf)
    call s:choose({'buf': l:buf, 'bang': a:bang, 'name': a:name})
  endif
endfunction

" ---- choosing --------------------------------------------------------------

" Providers that can be chosen: the built-in ones and those of the settings.
function! deepchat#model#providers(buf) abort
  let l:names = copy(s:PROVIDERS)
  for l:level in [deepchat#settings(), deepchat#settings(a:buf)]
    let l:more = type(get(l:level, 'providers')) == v:t_dict ? keys(l:level.providers) : []
    let l:names += filter(l:more, 'index(l:names, v:val) < 0')
  endfor
  return l:names
endfunction

" A name that begins with a provider's may all the same be one of the server
" that is used now: the host knows. Any other is set at once.
function! s:choose(choice) abort
  let l:first = matchstr(a:choice.name, '^[^/]*\ze/.')
  let a:choice.open = index(deepchat#model#providers(a:choice.buf), l:first) >= 0
  if a:choice.name =~# '^[^/]\+/$'
    call deepchat#ui#error(deepchat#source#shown(a:choice.name) . ' names no model; nothing was changed')
    return
  endif
  if !a:choice.open
    call s:apply(a:choice, '', a:choice.name)
  endif
  if !s:ask(a:choice)
    let a:choice.answer = {'provider': l:first, 'model': a:choice.name[strlen(l:first) + 1 :], 'line': '', 'error': ''}
  elseif !s:wait(a:choice)
    let a:choice.late = 1
    call deepchat#ui#set_status(a:choice.buf, a:choice.open ? 'looking for ' . a:choice.name : '')
    return
  endif
  if !s:settle(a:choice) && !a:choice.bang
    let l:chat = getbufvar(a:choice.buf, '&filetype') ==# 'deepchat'
    call deepchat#catalog#show(a:choice.buf, l:chat ? '' : 'model of this buffer is ' . deepchat#model#of(a:choice.buf))
  endif
endfunction

" Ask the host what a choice means; chosen() hears of it. False if it cannot be
" asked.
function! s:ask(choice) abort
  let s:last += 1
  let s:choices = filter(s:choices, {_, choice -> choice.buf != a:choice.buf})
  let l:why = deepchat#host#send('choose', {'id': s:last, 'name': a:choice.name,
        \ 'settings': deepchat#settings(), 'buffer': deepchat#model#own_settings(a:choice.buf),
        \ 'text': deepchat#catalog#front(a:choice.buf)})
  if l:why ==# ''
    let s:choices[s:last] = a:choice
  endif
  let a:choice.id = s:last
  return l:why ==# ''
endfunction

" Until the answer is there or the time is up; true if it is.
function! s:wait(choice) abort
  call deepchat#wait#until({-> !has_key(s:choices, a:choice.id) || !deepchat#host#running()}, s:PATIENCE)
  return !has_key(s:choices, a:choice.id)
endfunction

" Host: what a choice means; see choose_ask() in the host's choose.h. One that
" the user has made anew since is forgotten.
function! deepchat#model#chosen(answer) abort
  let l:choice = has_key(s:choices, a:answer.id) ? remove(s:choices, a:answer.id) : {}
  let l:choice.answer = a:answer
  if has_key(l:choice, 'late') && bufloaded(l:choice.buf)
    call deepchat#ui#set_status(l:choice.buf, '')
    call s:settle(l:choice)
    call deepchat#chat#next_in_queue(l:choice.buf, a:answer.error ==# '' ? 'stop' : 'error')
  endif
endfunction

" The host does not run any more, and will not say what a choice means. Returns
" 1 if one was waited for.
function! deepchat#model#host_gone() abort
  let l:told = 0
  for [l:id, l:choice] in items(s:choices)
    let l:told = l:told || l:choice.open
    call deepchat#model#chosen({'id': l:id, 'provider': '', 'model': '', 'line': '',
          \ 'error': l:choice.open ? 'the host stopped; the model is what it was' : ''})
  endfor
  return l:told
endfunction

" True if it is not known yet which server and model are chosen for buf: what is
" sent has to wait.
function! deepchat#model#is_open(buf) abort
  return deepchat#host#running() && !empty(filter(copy(s:choices),
        \ {_, choice -> choice.buf == a:buf && choice.open && !choice.bang}))
endfunction

" Do what the answer says. True if there was something to say.
function! s:settle(choice) abort
  let l:answer = a:choice.answer
  if a:choice.open && l:answer.error ==# ''
    call s:apply(a:choice, l:answer.provider, l:answer.model)
  endif
  if l:answer.error !=# ''
    call deepchat#ui#error(l:answer.error)
  elseif l:answer.line !=# '' && !a:choice.bang
    call deepchat#ui#say(l:answer.line)
  endif
  return l:answer.error . l:answer.line !=# ''
endfunction

" provider: '' to stay with the one that is used, which has to be named if a
" model alone would be one of another.
function! s:apply(choice, provider, model) abort
  let [l:buf, l:model] = [a:choice.buf, trim(a:model)]
  let l:stays = a:provider ==# '' && !a:choice.bang && s:field(l:buf, 'model') ==# ''
        \ && !has_key(deepchat#settings(l:buf), 'model') && s:field(l:buf, 'provider') ==# ''
  let l:provider = l:stays ? deepchat#model#new_provider() : a:provider
  if a:choice.bang
    call s:set_for_good(l:provider, l:model)
  elseif getbufvar(l:buf, '&filetype') ==# 'deepchat'
    if getbufvar(l:buf, '&modifiable')
      call s:write(l:buf, l:provider, l:model)
      call deepchat#ui#decorate(l:buf, {})
    endif
  else
    call setbufvar(l:buf, 'deepchat', extend(copy(deepchat#settings(l:buf)),
          \ extend(l:provider ==# '' ? {} : {'provider': l:provider}, {'model': l:model})))
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
" it is of use whole only. A provider's model stands in its own entry: that of
" g:deepchat is of another server.
function! s:set_for_good(provider, model) abort
  let l:all = deepcopy(deepchat#settings())
  let l:old = deepchat#text(l:all, 'provider', '')
  let l:provider = a:provider !=# '' ? a:provider : l:old
  let s:before = empty(s:before) && l:provider !=# l:old ? [l:old] : s:before
  if l:provider ==# ''
    let l:all.model = a:model
    let l:line = type(get(g:, 'deepchat')) == v:t_dict ? 'let g:deepchat.model = %s' : "let g:deepchat = {'model': %s}"
    let l:line = printf(l:line, string(a:model))
  else
    let l:entry = extend(copy(s:member(s:member(l:all, 'providers'), l:provider)), {'model': a:model})
    let l:all.providers = extend(copy(s:member(l:all, 'providers')), {l:provider : l:entry})
    let l:all.provider = l:provider
    let l:line = 'let g:deepchat = ' . string(l:all)
  endif
  let g:deepchat = l:all
  if strwidth(l:line) <= (exists('v:echospace') ? v:echospace : &columns - 12)
    echomsg l:line
  else
    call deepchat#ui#say('model of new chats is ' . (l:provider ==# '' ? '' : l:provider . '/') . a:model)
  endif
endfunction

" Set the provider, unless it is '', and the model in the front matter of the
" chat in buf. A marker names its model only where it differs from that, so the
" answers of the old one are marked with it now.
function! s:write(buf, provider, model) abort
  let l:old = deepchat#model#of(a:buf)
  let l:lnum = 0
  for l:line in l:old ==# '' || l:old ==# a:model ? [] : getbufline(a:buf, 1, '$')
    let l:lnum += 1
    if l:line =~# '^%% \%(assistant\|alternate\) .*finish=' && l:line !~# ' model=' && deepchat#turn#is_marker(l:line) !=# ''
      call setbufline(a:buf, l:lnum, substitute(l:line, '\s*$', '', '') . s:pair(l:old))
    endif
  endfor
  if getbufline(a:buf, 1) !=# ['---']
    call appendbufline(a:buf, 0, ['---', '---', ''])
  endif
  call s:write_field(a:buf, 'model', a:model)
  if a:provider !=# ''
    call s:write_field(a:buf, 'provider', a:provider)
  endif
endfunction

function! s:write_field(buf, name, value) abort
  let l:row = s:front_row(a:buf, a:name)
  if l:row > 0
    call setbufline(a:buf, l:row, a:name . ': ' . a:value)
  else
    call appendbufline(a:buf, 1, a:name . ': ' . a:value)
  endif
endfunction

let &cpoptions = s:cpo
unlet s:cpo
