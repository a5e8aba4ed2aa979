" Roles: prompts in Markdown files, used as "/name" in front of a command's
" text. Those of the user stand before those that come with the plugin.

let s:cpo = &cpoptions
set cpoptions&vim

let s:MAX = 1048576

" What a role may not choose, as a chat file may not: where text and keys go to.
let s:NEVER = '\C^\%(api_key.*\|base_url\|proxy\|ca_file\|host\|providers\)$'

" Names of the roles there are, sorted.
function! deepchat#role#names() abort
  let l:names = {}
  for l:dir in s:dirs()
    let l:files = []
    silent! let l:files = readdir(l:dir, 'v:val =~# "^[^[:cntrl:]. %=][^[:cntrl:] %=]*\\.md$"')
    for l:file in l:files
      let l:names[l:file[:-4]] = 1
    endfor
  endfor
  return sort(keys(l:names))
endfunction

function! s:dirs() abort
  let l:home = getenv('XDG_CONFIG_HOME')
  let l:home = empty(l:home) ? $HOME . '/.config' : l:home
  return [l:home . '/deepchat/roles', deepchat#host#root() . '/roles']
endfunction

" ---- one role --------------------------------------------------------------

" The role of that name: name, text (lines), arguments (a list of ['name=value',
" name of the role, line]), title and system ('' for none), and why it cannot be
" used, '' if it can.
function! deepchat#role#read(name) abort
  let l:role = {'name': a:name, 'text': [], 'arguments': [], 'title': '', 'system': '', 'why': ''}
  let l:paths = filter(map(s:dirs(), {_, dir -> dir . '/' . a:name . '.md'}), {_, path -> getftype(path) !=# ''})
  let l:path = resolve(get(l:paths, 0, ''))
  if getftype(l:path) !=# 'file' || !filereadable(l:path)
    let l:role.why = 'cannot be read'
  elseif getfsize(l:path) > s:MAX || getfsize(l:path) == -2
    let l:role.why = 'is over 1 MiB'
  else
    call s:parse(l:role, readfile(l:path))
  endif
  let l:role.why = l:role.why ==# '' ? '' : printf('role %s %s; nothing was sent', deepchat#source#shown(a:name), l:role.why)
  return l:role
endfunction

function! s:parse(role, lines) abort
  let l:lines = a:lines
  if get(l:lines, 0, '') ==# '---'
    let l:end = index(l:lines, '---', 1)
    if l:end < 0
      let a:role.why = 'has a front matter without an end'
      return
    endif
    call s:read_front(a:role, l:lines[1 : l:end - 1])
    let l:lines = l:lines[l:end + 1 :]
  endif
  let l:first = match(l:lines, '\S')
  let l:last = l:first < 0 ? 0 : len(l:lines) - 1 - match(reverse(copy(l:lines)), '\S')
  let a:role.text = l:first < 0 ? [] : l:lines[l:first : l:last]
  if a:role.why ==# '' && empty(a:role.text + a:role.arguments) && a:role.system ==# ''
    let a:role.why = 'is empty'
  endif
endfunction

" The front matter: lines like "temperature: 0", and comments.
function! s:read_front(role, lines) abort
  let l:number = 1
  for l:line in a:lines
    let l:number += 1
    if l:line =~# '^\s*\%(#\|$\)'
      continue
    endif
    let l:name = matchstr(l:line, '^\h\w*\ze\s*:')
    let l:value = trim(matchstr(l:line, ':\zs.*'))
    if l:name ==# ''
      let a:role.why = 'has no option in line ' . l:number
    elseif l:name =~# s:NEVER
      let a:role.why = 'sets ' . l:name
    elseif l:name ==# 'title'
      let a:role.title = s:text(l:value)
    elseif l:name ==# 'system'
      let a:role.system = s:text(l:value)
    else
      call add(a:role.arguments, [l:name . '=' . l:value, a:role.name, l:number])
    endif
  endfor
endfunction

" A value as text: a JSON string, or what stands there.
function! s:text(value) abort
  try
    let l:value = a:value[0] ==# '"' ? json_decode(a:value) : a:value
  catch
    return a:value
  endtry
  return type(l:value) == v:t_string ? l:value : a:value
endfunction

" ---- in a command ----------------------------------------------------------

" What stands in front of the text that a command was given, "/role" of known
" roles and "++name=value" in any order: roles (as read() has them), system
" (theirs, '' for none), own (the user's arguments), arguments (the roles', then
" those), text (what is left) and why not, '' if it may be. "//word" is the text
" "/word".
function! deepchat#role#split(args) abort
  let l:said = {'roles': [], 'system': '', 'own': [], 'arguments': [], 'text': a:args, 'why': ''}
  while 1
    let l:word = matchstr(l:said.text, '^\S\+')
    if l:word =~# '^++.'
      call add(l:said.own, l:word[2:])
    elseif l:word =~# '^/[^/]' && index(deepchat#role#names(), l:word[1:]) >= 0
      let l:known = index(map(copy(l:said.roles), 'v:val.name'), l:word[1:]) >= 0
      let l:said.roles += l:known ? [] : [deepchat#role#read(l:word[1:])]
    else
      break
    endif
    let l:said.text = substitute(l:said.text, '^\S\+\s*', '', '')
  endwhile
  let l:said.text = substitute(l:said.text, '^/\ze/[^/[:blank:]]', '', '')
  for l:role in l:said.roles
    let l:said.system = l:role.system ==# '' ? l:said.system : l:role.system
    let l:said.why = l:said.why ==# '' ? l:role.why : l:said.why
    let l:said.arguments += l:role.arguments
  endfor
  let l:said.arguments += l:said.own
  return l:said
endfunction

" Roles and text as one instruction.
function! deepchat#role#instruction(said) abort
  let l:parts = []
  for l:role in a:said.roles
    let l:parts += [l:role.system, join(l:role.text, "\n")]
  endfor
  return join(filter(l:parts + [a:said.text], 'v:val =~# "\\S"'), "\n\n")
endfunction

" What to ask in a chat: the text; else, of given lines, what the role is called.
function! deepchat#role#question(said, has_lines) abort
  if a:said.text =~# '\S' || empty(a:said.roles) || !a:has_lines
    return a:said.text
  endif
  let l:titles = filter(map(copy(a:said.roles), 'v:val.title'), 'v:val !=# ""')
  return get(l:titles, 0, '/' . a:said.roles[0].name)
endfunction

" ---- in a chat -------------------------------------------------------------

" The roles of a command as context turns for the next question in buf, but for
" those that stand there, and those that have no text.
function! deepchat#role#context(buf, roles) abort
  let l:there = s:standing(a:buf, line('$'))
  let l:lines = []
  for l:role in filter(copy(a:roles), '!empty(v:val.text) && index(l:there, v:val.name) < 0')
    let l:lines += ['%% context from=/' . l:role.name, '']
          \ + map(copy(l:role.text), {_, line -> deepchat#turn#escape(line)}) + ['']
  endfor
  return l:lines
endfunction

" The names of the roles whose turns stand in front of the user turn that the
" first lines of buf end with, but for what else belongs to its answer. A path
" has more than one "/". A send asks twice.
function! s:standing(buf, last) abort
  let l:key = join([a:buf, getbufvar(a:buf, 'changedtick'), a:last])
  let s:stood = s:stood[0] ==# l:key ? s:stood : [l:key, s:find_standing(a:buf, a:last)]
  return s:stood[1]
endfunction

let s:stood = ['', []]

function! s:find_standing(buf, last) abort
  let [l:lnum, l:kind] = deepchat#turn#last_marker(a:buf, a:last)
  while l:kind ==# 'alternate' || l:kind ==# 'reasoning'
    let [l:lnum, l:kind] = deepchat#turn#last_marker(a:buf, l:lnum - 1)
  endwhile
  let l:names = []
  while l:kind ==# 'user' || l:kind ==# 'context'
    let l:name = l:kind ==# 'user' ? ''
          \ : matchstr(getbufline(a:buf, l:lnum)[0], '^%% context from=/\zs[^ /]\+\ze\%(\s\|$\)')
    let l:names = l:name ==# '' ? l:names : [l:name] + l:names
    let [l:lnum, l:kind] = deepchat#turn#last_marker(a:buf, l:lnum - 1)
  endwhile
  return l:names
endfunction

" The last value of an option in a list of arguments, those of roles among them;
" '' if there is none.
function! deepchat#role#argument(arguments, name) abort
  let l:texts = map(copy(a:arguments), {_, item -> type(item) == v:t_list ? item[0] : item})
  return matchstr(get(filter(l:texts, {_, text -> text =~# '^' . a:name . '='}), -1, ''), '=\zs.*')
endfunction

" What those roles ask for: that holds whenever this turn is sent.
function! deepchat#role#arguments(buf, last) abort
  let l:arguments = []
  for l:name in s:standing(a:buf, a:last)
    let l:arguments += index(deepchat#role#names(), l:name) < 0 ? [] : deepchat#role#read(l:name).arguments
  endfor
  return l:arguments
endfunction

let &cpoptions = s:cpo
unlet s:cpo
