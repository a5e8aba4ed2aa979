" What a chat takes along, as far as the editor has it: buffers, the selection,
" diagnostics, the quickfix list. A source is a dictionary: from, what its turn
" says of it; lines; language of its fence; or why, a line for the user. Where
" the host has to read it, it has neither lines nor why.

let s:cpo = &cpoptions
set cpoptions&vim

let s:MOST = 1048576

" The sources that references in the chat in buf mean, once each.
function! deepchat#source#of(buf, references) abort
  let l:found = []
  for l:reference in a:references
    let l:source = s:resolve(a:buf, l:reference)
    if index(map(copy(l:found), 'v:val.from'), l:source.from) < 0
      call add(l:found, l:source)
    endif
  endfor
  return l:found
endfunction

function! s:resolve(buf, reference) abort
  let l:ref = a:reference
  if l:ref.kind ==# 'diff'
    return {'from': 'diff', 'language': 'diff', 'diff': 1}
  elseif l:ref.kind ==# 'quickfix'
    return s:listed('quickfix', getqflist(), 'the quickfix list is empty')
  elseif l:ref.kind ==# 'file'
    return deepchat#source#file(a:buf, l:ref.name, l:ref.first, l:ref.last)
  endif
  let l:source = l:ref.name ==# '' ? s:current() : s:named(a:buf, l:ref.name)
  if l:source == 0
    let l:why = l:ref.name ==# '' ? 'there is no buffer but chats' : 'no buffer ' . deepchat#source#shown(l:ref.name) . ' is loaded'
    return {'from': l:ref.text, 'why': l:why . '; nothing was sent'}
  elseif l:ref.kind ==# 'diagnostics'
    return s:diagnostics(l:source)
  elseif l:ref.kind ==# 'selection'
    " '< is where it began, be that below the other end
    let l:marks = map(filter(getmarklist(l:source), 'v:val.mark =~# "[<>]"'), 'v:val.pos[1]')
    return len(l:marks) == 2 ? s:lines(a:buf, l:source, min(l:marks), max(l:marks))
          \ : {'from': 'selection', 'why': 'nothing was selected there yet; nothing was sent'}
  endif
  return s:lines(a:buf, l:source, l:ref.first, l:ref.last)
endfunction

" The file that path means, with first and last line (0: all). One with changes
" that are not written, or that only the editor can read, is taken as it stands
" in its buffer; any other is the host's to read.
function! deepchat#source#file(buf, path, first, last) abort
  let l:file = deepchat#allow#find(a:buf, a:path)
  let l:at = l:file ==# '' ? s:unwritten(a:buf, a:path) : s:buffer_of(l:file)
  if l:at > 0 && (getbufvar(l:at, '&modified') || getbufvar(l:at, '&fileencoding') !~# '^\%(utf-8\)\?$')
    return s:lines(a:buf, l:at, a:first, a:last)
  endif
  let l:from = deepchat#source#name(a:buf, l:file ==# '' ? a:path : l:file) . s:range(a:first, a:last)
  if a:last < a:first
    return {'from': l:from, 'why': printf('%s has no lines %d-%d; nothing was sent', deepchat#source#shown(a:path), a:first, a:last)}
  endif
  return {'from': l:from, 'path': a:path, 'first': a:first, 'last': a:last, 'language': s:language(l:at, l:file)}
endfunction

" The path of a file in a turn's from=: from the project on, or from the home
" directory.
function! deepchat#source#name(buf, file) abort
  let l:root = resolve(getbufvar(a:buf, 'deepchat_project', getcwd()))
  let l:name = stridx(a:file, l:root . '/') == 0 ? a:file[strlen(l:root) + 1 :] : fnamemodify(a:file, ':~')
  if l:name =~# '^\%(diff\|quickfix\|diagnostics\|buffer\)$'
    return './' . l:name
  endif
  " '/name' is a role
  return l:name =~# '^/[^/]*$' ? '/' . l:name : l:name
endfunction

function! s:range(first, last) abort
  return a:first + a:last == 0 ? '' : a:first == a:last ? ':' . a:first : ':' . a:first . '-' . a:last
endfunction

" A name for a message.
function! deepchat#source#shown(name) abort
  return strchars(a:name) > 17 ? '…' . strcharpart(a:name, strchars(a:name) - 16) : a:name
endfunction

" ---- buffers ---------------------------------------------------------------

" The loaded buffer of a file (absolute, without links), 0 if it has none.
function! s:buffer_of(file) abort
  let l:tail = fnamemodify(a:file, ':t')
  for l:info in getbufinfo({'bufloaded': 1})
    if l:info.name !=# '' && getbufvar(l:info.bufnr, '&buftype') ==# ''
          \ && (l:info.name ==# a:file || fnamemodify(l:info.name, ':t') ==# l:tail && resolve(l:info.name) ==# a:file)
      return l:info.bufnr
    endif
  endfor
  return 0
endfunction

" The buffer of a file that was never written, 0 if there is none of this path.
function! s:unwritten(buf, path) abort
  let l:name = simplify(a:path =~# '^[/~]' ? fnamemodify(a:path, ':p') : deepchat#allow#cwd(a:buf) . '/' . a:path)
  let l:infos = filter(getbufinfo({'bufloaded': 1}), 'v:val.name ==# l:name && v:val.changed')
  return get(get(l:infos, 0, {}), 'bufnr', 0)
endfunction

function! s:is_chat(buf) abort
  return getbufvar(a:buf, '&filetype') ==# 'deepchat'
endfunction

" The buffer that the user was in before the chat: of the window before, the
" alternate one, or the last used; 0 if there are only chats.
function! s:current() abort
  if !s:is_chat(bufnr('%'))
    return bufnr('%')
  endif
  let l:listed = sort(getbufinfo({'buflisted': 1, 'bufloaded': 1}), {a, b -> b.lastused - a.lastused})
  for l:buf in [winbufnr(winnr('#')), bufnr('#')] + map(l:listed, 'v:val.bufnr')
    if l:buf > 0 && bufloaded(l:buf) && !s:is_chat(l:buf) && getbufvar(l:buf, '&buftype') ==# ''
      return l:buf
    endif
  endfor
  return 0
endfunction

" The loaded buffer of this name: its path, else its name, else the end of one.
function! s:named(buf, name) abort
  let l:file = deepchat#allow#find(a:buf, a:name)
  let l:found = l:file ==# '' ? 0 : s:buffer_of(l:file)
  if l:found > 0
    return l:found
  endif
  let l:infos = filter(getbufinfo({'bufloaded': 1}), 'v:val.name !=# "" && !s:is_chat(v:val.bufnr)')
  for l:test in ['bufname(v:val.bufnr) ==# a:name', 'v:val.name[-strlen(a:name) - 1 :] ==# "/" . a:name']
    let l:same = filter(copy(l:infos), l:test)
    if !empty(l:same)
      return l:same[0].bufnr
    endif
  endfor
  return 0
endfunction

" Lines first to last (0: all) of the buffer at.
function! s:lines(buf, at, first, last) abort
  let l:file = bufname(a:at) ==# '' || getbufvar(a:at, '&buftype') !=# '' ? '' : resolve(fnamemodify(bufname(a:at), ':p'))
  let l:name = l:file !=# '' ? deepchat#source#name(a:buf, l:file) : bufname(a:at) ==# '' ? 'buffer' : bufname(a:at)
  let l:source = {'from': l:name . s:range(a:first, a:last), 'language': s:language(a:at, l:file), 'file': l:file}
  let l:all = getbufinfo(a:at)[0].linecount
  let l:lines = getbufline(a:at, max([a:first, 1]), a:first > 0 ? a:last : '$')
  let l:why = a:first > a:last ? 'has no lines ' . a:first . '-' . a:last
        \ : a:last > l:all ? printf('has %d line%s', l:all, l:all == 1 ? '' : 's')
        \ : deepchat#source#unfit(l:lines)
  return extend(l:source, l:why ==# '' ? {'lines': l:lines}
        \ : {'why': deepchat#source#shown(l:name) . ' ' . l:why . '; nothing was sent'})
endfunction

" Why these lines are nothing for a model, '' if they are.
function! deepchat#source#unfit(lines) abort
  let l:text = join(a:lines, "\n")
  return strlen(l:text) >= s:MOST ? 'is over 1 MiB' : count(l:text, "\n") >= max([len(a:lines), 1]) ? 'is binary' : ''
endfunction

" The language of the fence around a buffer's text, or a file's (buffer 0).
function! s:language(buf, file) abort
  let l:type = a:buf > 0 ? matchstr(getbufvar(a:buf, '&filetype'), '^\w*') : ''
  return l:type !=# '' ? l:type : matchstr(fnamemodify(a:file, ':e'), '^\w\{1,12}$')
endfunction

" ---- lists -----------------------------------------------------------------

" Entries of the quickfix list, or what looks like them.
function! s:listed(from, entries, why) abort
  let l:lines = []
  for l:entry in a:entries
    let l:file = get(l:entry, 'bufnr', 0) > 0 ? fnamemodify(bufname(l:entry.bufnr), ':~:.') : ''
    let l:place = l:file . (l:entry.lnum > 0 ? ':' . l:entry.lnum : '') . (l:entry.col > 0 ? ':' . l:entry.col : '')
    let l:type = get({'E': 'error: ', 'W': 'warning: ', 'I': 'info: ', 'N': 'note: '}, toupper(l:entry.type), '')
    call add(l:lines, (l:place ==# '' ? '' : l:place . ': ') . l:type . tr(l:entry.text, "\n", ' '))
  endfor
  let l:why = empty(l:lines) ? a:why : deepchat#source#unfit(l:lines)
  return l:why ==# '' ? {'from': a:from, 'lines': l:lines, 'language': ''}
        \ : {'from': a:from, 'why': (l:why =~# '^is' ? a:from . ' ' : '') . l:why . '; nothing was sent'}
endfunction

" Those of the editor for a buffer; else its part of its window's location list.
function! s:diagnostics(buf) abort
  let l:found = deepchat#port#diagnostics(a:buf)
  let l:window = get(win_findbuf(a:buf), 0, 0)
  if empty(l:found) && l:window > 0
    let l:found = filter(getloclist(l:window), 'v:val.bufnr == a:buf')
  endif
  return s:listed('diagnostics', sort(l:found, {a, b -> a.lnum - b.lnum}),
        \ 'no diagnostics in ' . deepchat#source#shown(fnamemodify(bufname(a:buf), ':t')))
endfunction

" The source that a turn's from= names; {} if that cannot be had again: a list,
" a role, or what somebody wrote.
function! deepchat#source#again(buf, from) abort
  if a:from ==# 'diff'
    return {'from': 'diff', 'language': 'diff', 'diff': 1}
  elseif a:from =~# '^\%(/[^/]*\|quickfix\|diagnostics\|buffer\)$'
    return {}
  endif
  let l:file = deepchat#reference#lines(a:from)
  let l:path = l:file.name =~# '^[/~]' ? l:file.name : getbufvar(a:buf, 'deepchat_project', getcwd()) . '/' . l:file.name
  return deepchat#allow#find(a:buf, l:path) ==# '' ? {} : deepchat#source#file(a:buf, l:path, l:file.first, l:file.last)
endfunction

let &cpoptions = s:cpo
unlet s:cpo
