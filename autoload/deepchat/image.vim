" Images in a chat: lines '![words](target)' of the user's turns, outside
" fences. What such a line is is said in src/core/image.c; this agrees with it.

let s:cpo = &cpoptions
set cpoptions&vim

" An image line perhaps; the rest is seen to by s:target(). The older of the two
" engines is the faster one where there is nothing to find.
let s:START = '\%#=1^ \{0,3}!\['
let s:MAX = 20000000

" Virtual text keys from here on are those of images.
let s:KEYS = 2000000
" Lines at the end of a chat whose images show their size.
let s:AT_ONCE = 1000

let s:asked = {}
let s:count = 0

" ---- lines -----------------------------------------------------------------

" What an image line has between its parentheses; '' for other text.
function! s:target(line) abort
  let l:inner = trim(matchstr(a:line, '^ \{0,3}!\[.\{-}](\zs.*\ze)[ \t\r]*$'))
  let l:plain = l:inner =~# '"$' ? trim(substitute(l:inner, ' ".\+"$', '', '')) : l:inner
  if l:plain =~# '^<'
    return trim(matchstr(l:plain, '^<\zs[^>]*\ze>$'))
  endif
  return s:is_balanced(l:plain) ? l:plain : ''
endfunction

function! s:is_balanced(text) abort
  let l:depth = 0
  for l:one in split(substitute(a:text, '[^()]', '', 'g'), '\zs')
    let l:depth += l:one ==# '(' ? 1 : -1
    if l:depth < 0
      return 0
    endif
  endfor
  return l:depth == 0
endfunction

function! s:is_address(target) abort
  return a:target =~? '^\%(https\?://\|data:image/\).'
endfunction

" [line, target] of the images of buf between two lines of it.
function! s:find(buf, first, last) abort
  let l:found = []
  let l:lines = getbufline(a:buf, a:first, a:last)
  let l:at = match(l:lines, s:START)
  while l:at >= 0
    let [l:marker, l:role] = deepchat#turn#last_marker(a:buf, a:first + l:at)
    let l:end = min([deepchat#turn#range_end(a:buf, a:first + l:at), a:first + len(l:lines) - 1])
    if l:role ==# 'user' || l:marker == 0
      let l:found += s:in_turn(a:buf, l:marker, l:end)
    endif
    let l:at = match(l:lines, s:START, l:end - a:first + 1)
  endwhile
  return filter(l:found, 'v:val[0] >= a:first')
endfunction

function! s:in_turn(buf, marker, end) abort
  let l:lines = deepchat#reference#outside_fences(getbufline(a:buf, a:marker + 1, a:end))
  return filter(map(l:lines, {i, line -> [a:marker + 1 + i, s:target(line)]}), 'v:val[1] !=# ""')
endfunction

" Paths of the files that the images name down to line last of buf.
function! deepchat#image#paths(buf, last) abort
  return filter(map(s:find(a:buf, 1, a:last), 'v:val[1]'), '!s:is_address(v:val)')
endfunction

" ---- their size ------------------------------------------------------------

" Show how large the images at the end of buf are.
function! deepchat#image#show(buf) abort
  let l:shown = getbufvar(a:buf, 'deepchat_images', 0)
  let l:last = a:buf == bufnr('%') ? line('$') : getbufinfo(a:buf)[0].linecount
  let l:found = s:find(a:buf, max([l:last - s:AT_ONCE + 1, 1]), l:last)
  if l:shown > 0
    call deepchat#port#virtual_clear(a:buf, s:KEYS)
  endif
  for l:at in range(len(l:found))
    let [l:lnum, l:target] = l:found[l:at]
    let [l:text, l:look] = s:size(a:buf, l:target)
    call deepchat#port#virtual(a:buf, s:KEYS + l:at, l:lnum - 1, [[' ' . l:text, l:look]], 0)
  endfor
  call setbufvar(a:buf, 'deepchat_images', len(l:found))
endfunction

function! s:size(buf, target) abort
  if s:is_address(a:target)
    return ['by its address', 'DeepChatStatus']
  endif
  let l:file = deepchat#allow#find(a:buf, a:target)
  let l:why = s:objection(l:file)
  return l:why ==# '' ? [s:bytes(getfsize(l:file)), 'DeepChatStatus'] : [l:why, 'DeepChatError']
endfunction

" Why this file is no image to send, as far as it can be seen from outside.
function! s:objection(file) abort
  let l:size = getfsize(a:file)
  return a:file ==# '' ? 'no such file' : isdirectory(a:file) ? 'is a directory'
        \ : getftype(a:file) !=# 'file' ? 'is no regular file' : l:size == 0 ? 'is empty'
        \ : l:size == -2 || l:size > s:MAX ? 'is over 20 MB' : !filereadable(a:file) ? 'cannot be read' : ''
endfunction

" The same, and from inside.
function! s:refuses(file) abort
  let l:why = s:objection(a:file)
  let l:head = l:why ==# '' ? join(readfile(a:file, 'b', 12), "\n")[:11] : ''
  return l:why !=# '' ? l:why : l:head =~# '^\%(\%x89PNG\r\n\%x1a\n\|\%xff\%xd8\%xff\|GIF8[79]a\|RIFF\_.\{4}WEBP\)'
        \ ? '' : 'is no png/jpg/webp/gif'
endfunction

function! s:bytes(size) abort
  return a:size < 1000 ? a:size . ' bytes' : a:size < 1000000 ? printf('%.0f kB', a:size / 1000.0)
        \ : printf('%.1f MB', a:size / 1000000.0)
endfunction

" ---- :DeepImage ------------------------------------------------------------

" :DeepImage [path]: a line for that image, or for the one in the clipboard, in
" the last turn of this chat, or of that which :DeepChat would open.
function! deepchat#image#command(mods, path) abort
  let l:file = a:path ==# '' ? '' : deepchat#allow#find(bufnr('%'), fnamemodify(a:path, ':p'))
  let l:why = a:path ==# '' ? '' : s:refuses(l:file)
  if l:why !=# ''
    call deepchat#ui#error(l:why ==# 'no such file' ? 'no file ' . deepchat#source#shown(a:path)
          \ : deepchat#source#shown(fnamemodify(a:path, ':t')) . ' ' . l:why)
    return
  endif
  let l:buf = deepchat#chat#open(a:mods, 0)
  if l:buf == 0 || deepchat#chat#is_fixed(l:buf)
    return
  elseif a:path ==# ''
    call s:paste(l:buf)
  else
    call s:insert(l:buf, l:file)
  endif
endfunction

" The line for file: below the cursor, if that is in the last turn.
function! s:insert(buf, file) abort
  let l:words = substitute(fnamemodify(a:file, ':t:r'), '[][[:cntrl:]]', '', 'g')
  let l:line = printf('![%s](%s)', l:words, s:as_written(a:buf, a:file))
  let [l:marker, l:role] = deepchat#turn#last_marker(a:buf)
  if a:buf != bufnr('%') || l:role !=# 'user' || line('.') <= l:marker
    call deepchat#chat#add_text(a:buf, [l:line])
    call appendbufline(a:buf, '$', '')
    if a:buf == bufnr('%')
      call deepchat#chat#to_end()
    endif
  else
    let l:lnum = line('.') + (getline('.') =~# '\S')
    if l:lnum > line('.')
      call append(line('.'), l:line)
    else
      call setline('.', l:line)
    endif
    if l:lnum == line('$')
      call append('$', '')
    endif
    call cursor(l:lnum + 1, 1)
  endif
  call deepchat#image#show(a:buf)
endfunction

" How the chat in buf names a file: wherever it is opened, it is found.
function! s:as_written(buf, file) abort
  let l:chat = deepchat#file#path(a:buf)
  let l:dir = l:chat ==# '' ? '' : resolve(fnamemodify(l:chat, ':h')) . '/'
  let l:path = l:dir !=# '' && stridx(a:file, l:dir) == 0 ? a:file[strlen(l:dir):] : fnamemodify(a:file, ':~')
  return l:path =~# '[() "<]' && l:path !~# '>' ? '<' . l:path . '>' : l:path
endfunction

" ---- the clipboard ---------------------------------------------------------

" The host takes what is in the clipboard into a file beside the chat.
function! s:paste(buf) abort
  let l:chat = deepchat#file#path(a:buf)
  let l:dir = l:chat !=# '' ? fnamemodify(l:chat, ':h')
        \ : deepchat#file#dir(deepchat#file#chat_dir(), getbufvar(a:buf, 'deepchat_project', getcwd()))
  let s:count += 1
  let s:asked[s:count] = a:buf
  let l:why = deepchat#host#send('paste', {'id': s:count, 'dir': l:dir, 'name': strftime('image-%Y-%m-%d-%H%M%S')})
  if l:why !=# ''
    call remove(s:asked, s:count)
    call deepchat#ui#error(l:why)
  endif
endfunction

" Host: what became of that: file, or line, why there is none.
function! deepchat#image#pasted(id, about) abort
  let l:buf = get(s:asked, a:id, 0)
  silent! unlet s:asked[a:id]
  if a:about.line !=# ''
    call deepchat#ui#error(a:about.line)
  elseif !bufloaded(l:buf) || !getbufvar(l:buf, '&modifiable')
    call deepchat#ui#say('the image is in ' . fnamemodify(a:about.file, ':~'))
  else
    call deepchat#allow#add(a:about.file)
    call s:insert(l:buf, a:about.file)
  endif
endfunction

let &cpoptions = s:cpo
unlet s:cpo
