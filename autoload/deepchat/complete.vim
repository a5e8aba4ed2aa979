" Completion of the commands' arguments.

let s:cpo = &cpoptions
set cpoptions&vim

" How long the first <Tab> may wait for the host to have said its names.
let s:PATIENCE = 0.3

" Options that are set to a file's name.
let s:FILES = ['json_schema', 'ca_file']

" Commands whose text may begin with roles.
let s:WITH_ROLES = '\CDeep\%(Chat\|Rew\a*\)!\?\s'

" For :DeepChat: what may stand in front of the text: '++name=value' words and
" '/role'. A customlist function: lead is what is completed.
function! deepchat#complete#chat(lead, line, pos) abort
  let l:words = matchstr(strpart(a:line, 0, a:pos), '\CDeep\a\+!\?\s\+\zs.*$')
  return s:complete(a:lead, l:words, a:line =~# s:WITH_ROLES)
endfunction

" The same for an instruction that is asked for; there the whole line is lead.
function! deepchat#complete#instruction(lead, line, pos) abort
  let l:before = matchstr(a:lead, '^.*\s')
  return map(s:complete(a:lead[strlen(l:before) :], a:lead, 1), 'l:before . v:val')
endfunction

" words: all down to the end of lead.
function! s:complete(lead, words, with_roles) abort
  let l:roles = a:with_roles ? map(deepchat#role#names(), '"/" . v:val') : []
  let l:before = split(strpart(a:words, 0, strlen(a:words) - strlen(a:lead)))
  if !empty(filter(l:before, 'v:val !~# "^++" && index(l:roles, v:val) < 0'))
    return []
  elseif a:lead =~# '^++\h\w*='
    let l:name = matchstr(a:lead, '\h\w*')
    let l:values = deepchat#complete#values(l:name, a:lead[strlen(l:name) + 3 :])
    return map(filter(l:values, 'v:val !~# "\\s"'), '"++" . l:name . "=" . v:val')
  elseif a:lead =~# '^+'
    let l:roles = map(filter(deepchat#complete#options(), 'v:val.argument'), '"++" . v:val.name . "="')
  endif
  return filter(l:roles, {_, word -> stridx(word, a:lead) == 0})
endfunction

" The options that the host knows, as host#about() has them; it is started if it
" does not run.
function! deepchat#complete#options() abort
  if deepchat#host#start() ==# ''
    call deepchat#wait#until({-> !empty(deepchat#host#about()) || !deepchat#host#running()}, s:PATIENCE)
  endif
  return copy(get(deepchat#host#about(), 'options', []))
endfunction

" What an option may be set to, as far as that can be listed.
function! deepchat#complete#values(name, lead) abort
  if a:name ==# 'model'
    return deepchat#complete#model(a:lead, '', 0)
  elseif index(s:FILES, a:name) >= 0
    return getcompletion(a:lead, 'file')
  endif
  let l:values = []
  for l:option in filter(deepchat#complete#options(), 'v:val.name ==# a:name')
    let l:values += l:option.values
  endfor
  let l:own = get(deepchat#settings(), 'providers', {})
  if a:name ==# 'provider' && type(l:own) == v:t_dict
    let l:values += filter(sort(keys(l:own)), 'index(l:values, v:val) < 0')
  endif
  return filter(l:values, 'stridx(v:val, a:lead) == 0')
endfunction

" For :DeepModel: the models that the settings and this chat name, and those that
" the server lists, if they have lead anywhere in their name; and servers that
" begin with it. ++model= of a command, for which line is '', stays at its server.
" A name that would end the command, and begin another one, is left out.
function! deepchat#complete#model(lead, line, pos) abort
  let l:settings = deepchat#settings()
  let l:names = [deepchat#model#of(bufnr('%'))]
  for l:level in [get(b:, 'deepchat', {}), l:settings] + s:maps(get(l:settings, 'providers', {}))
    call add(l:names, get(l:level, 'model', ''))
  endfor
  let [l:found, l:seen] = [[], {'': 1}]
  for l:name in l:names + map(deepchat#catalog#matching(bufnr('%'), a:lead), 'v:val[0]')
    if type(l:name) == v:t_string && !has_key(l:seen, l:name) && stridx(tolower(l:name), tolower(a:lead)) >= 0
          \ && (a:line ==# '' || l:name !~# '[|"]')
      let l:seen[l:name] = 1
      call add(l:found, l:name)
    endif
  endfor
  let l:servers = a:line ==# '' || a:lead ==# '' ? [] : map(deepchat#model#providers(bufnr('%')), 'v:val . "/"')
  return l:found + filter(l:servers, {_, name -> stridx(name, a:lead) == 0 && name !=# a:lead})
endfunction

function! s:maps(providers) abort
  return type(a:providers) != v:t_dict ? []
        \ : filter(values(a:providers), 'type(v:val) == v:t_dict')
endfunction

let &cpoptions = s:cpo
unlet s:cpo
