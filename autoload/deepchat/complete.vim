" Completion of the commands' arguments.

" How long the first <Tab> may wait for the host to have said its names.
let s:PATIENCE = 0.3

" For :DeepChat: '++name=' words in front of the text, and the models that
" '++model=' may name. A customlist function: lead is what is completed.
function! deepchat#complete#chat(lead, line, pos) abort
  let l:words = matchstr(strpart(a:line, 0, a:pos), '\<Deep\a*!\?\s\+\zs.*$')
  let l:before = split(strpart(l:words, 0, strlen(l:words) - strlen(a:lead)))
  if a:lead !~# '^+' || !empty(filter(l:before, 'v:val !~# "^++"'))
    return []
  endif
  if a:lead =~# '^++model='
    return map(deepchat#complete#model(a:lead[8:], '', 0), '"++model=" . v:val')
  endif
  return filter(map(copy(s:names()), '"++" . v:val . "="'), {_, word -> stridx(word, a:lead) == 0})
endfunction

" Names that the host takes behind '++'; it is started if it does not run.
function! s:names() abort
  let l:start = reltime()
  if deepchat#host#start() ==# ''
    while empty(deepchat#host#about()) && deepchat#host#running()
          \ && reltimefloat(reltime(l:start)) < s:PATIENCE
      sleep 5m
    endwhile
  endif
  return get(deepchat#host#about(), 'arguments', [])
endfunction

" For :DeepModel: the models that the settings and this chat name, those that
" have lead anywhere in their name.
function! deepchat#complete#model(lead, line, pos) abort
  let l:settings = deepchat#settings()
  let l:names = [deepchat#model#of(bufnr('%'))]
  for l:level in [get(b:, 'deepchat', {}), l:settings] + s:maps(get(l:settings, 'providers', {}))
    let l:models = get(l:level, 'models', [])
    let l:names += [get(l:level, 'model', '')] + (type(l:models) == v:t_list ? copy(l:models) : [])
  endfor
  let l:found = []
  for l:name in l:names
    if type(l:name) == v:t_string && l:name !=# '' && index(l:found, l:name) < 0
          \ && stridx(tolower(l:name), tolower(a:lead)) >= 0
      call add(l:found, l:name)
    endif
  endfor
  return l:found
endfunction

function! s:maps(providers) abort
  return type(a:providers) != v:t_dict ? []
        \ : filter(values(a:providers), 'type(v:val) == v:t_dict')
endfunction
