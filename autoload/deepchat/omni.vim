" 'omnifunc' of chat buffers: references with the files and buffers they may
" name, paths of images, and in the front matter options and their values.

let s:cpo = &cpoptions
set cpoptions&vim

let s:MOST = 500
let s:KINDS = [['file:', 'a file; :10-20 for some of its lines'], ['buffer', 'the buffer before this one'],
      \ ['buffer:', 'a buffer by its name'], ['selection', 'what was selected there'],
      \ ['diagnostics', 'the diagnostics there'], ['quickfix', 'the quickfix list'], ['diff', 'git diff HEAD']]
let s:WORD = '\%(^\|[[:blank:]([{<"'']\)\zs[@#]\%(\\.\|\S\)*$'
let s:IMAGE = '^ \{0,3}!\[[^]]*\]('

" See :help complete-functions.
function! deepchat#omni#complete(findstart, base) abort
  let l:line = strpart(getline('.'), 0, col('.') - 1)
  if a:findstart
    let s:what = s:find(l:line)
    return s:what.start
  endif
  return s:what.kind ==# 'option' ? s:options(a:base)
        \ : s:what.kind ==# 'value' ? s:values(s:what.name, a:base)
        \ : s:what.kind ==# 'image' ? s:files('', a:base, 0) : s:references(a:base)
endfunction

" What is completed behind line, and where it begins; start -3: nothing.
function! s:find(line) abort
  if s:is_front(line('.'))
    let l:name = matchstr(a:line, '^\h\w*\ze:')
    return l:name !=# '' ? {'kind': 'value', 'name': l:name, 'start': matchend(a:line, '^\h\w*:\s*')}
          \ : a:line =~# '^\w*$' ? {'kind': 'option', 'start': 0} : {'kind': '', 'start': -3}
  endif
  let l:role = deepchat#turn#last_marker(bufnr('%'), line('.'))[1]
  if l:role !=# 'user' && l:role !=# ''
    return {'kind': '', 'start': -3}
  elseif a:line =~# s:IMAGE
    return {'kind': 'image', 'start': matchend(a:line, s:IMAGE)}
  endif
  let l:start = match(a:line, s:WORD)
  return {'kind': 'reference', 'start': l:start < 0 ? -3 : l:start}
endfunction

function! s:is_front(lnum) abort
  let l:lines = getline(1, 100)
  let l:end = l:lines[0] ==# '---' ? index(l:lines, '---', 1) : -1
  return a:lnum > 1 && a:lnum <= l:end
endfunction

" ---- the front matter ------------------------------------------------------

function! s:options(base) abort
  let l:found = [{'word': 'title: ', 'menu': 'what the chat is called'}]
  for l:option in deepchat#complete#options()
    if get(l:option, 'file', 0)
      call add(l:found, {'word': l:option.name . ': ', 'menu': get(l:option, 'takes', ''), 'info': get(l:option, 'help', '')})
    endif
  endfor
  return filter(l:found, 'stridx(v:val.word, a:base) == 0')
endfunction

function! s:values(name, base) abort
  return a:name ==# 'model' ? deepchat#model#complete_items(a:base) : deepchat#complete#values(a:name, a:base)
endfunction

" ---- references ------------------------------------------------------------

function! s:references(base) abort
  let l:name = matchstr(a:base, ':\zs.*')
  if a:base[1:] =~# '^file:'
    return s:files(a:base[0] . 'file:', l:name, 1)
  elseif a:base[1:] =~# '^buffer:'
    return s:buffers(a:base[0] . 'buffer:', l:name)
  endif
  let l:found = map(copy(s:KINDS), '{"word": a:base[0] . v:val[0], "menu": v:val[1]}')
  return filter(l:found, 'stridx(v:val.word, a:base) == 0')
endfunction

" escaped: blanks as in a reference.
function! s:files(before, name, escaped) abort
  let l:name = a:escaped ? substitute(a:name, '\\\([ \t\\]\)', '\1', 'g') : a:name
  let l:found = []
  for l:path in getcompletion(escape(l:name, '*?[`$%#'), 'file')[: s:MOST - 1]
    let l:word = a:before . (a:escaped ? deepchat#reference#escape(l:path) : l:path)
    call add(l:found, {'word': l:word, 'abbr': l:path, 'kind': l:path =~# '/$' ? 'd' : 'f'})
  endfor
  return l:found
endfunction

function! s:buffers(before, name) abort
  let l:found = []
  let l:base = substitute(a:name, '\\\([ \t\\]\)', '\1', 'g')
  for l:info in getbufinfo({'buflisted': 1, 'bufloaded': 1})
    let l:name = fnamemodify(l:info.name, ':~:.')
    if l:name !=# '' && getbufvar(l:info.bufnr, '&filetype') !=# 'deepchat' && stridx(l:name, l:base) >= 0
      call add(l:found, {'word': a:before . deepchat#reference#escape(l:name), 'abbr': l:name,
            \ 'menu': printf('%d lines%s', l:info.linecount, l:info.changed ? ', not written' : '')})
    endif
  endfor
  return l:found
endfunction

let &cpoptions = s:cpo
unlet s:cpo
