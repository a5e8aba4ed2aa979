" References in a user's turn: '@file:path', '@file:path:10-20', '@buffer',
" '@buffer:name', '@selection', '@diagnostics', '@quickfix', '@diff', or with '#'
" for '@'. They count at the start of a word, outside code and quotes: what is
" there is mostly somebody else's. In a name '\ ' is a blank; punctuation behind
" a word does not belong to it.

let s:cpo = &cpoptions
set cpoptions&vim

let s:WORD = '\%(^\|[[:blank:]([{<"'']\)\zs[@#]\%(file:\|\%(buffer\|selection\|diagnostics\|quickfix\|diff\)\a\@!\)'
      \ . '\%(\\.\|[^[:blank:]\r\x01]\)*'
let s:ITEMS = '\%(\%([-*+]\|\d\{1,9}[.)]\)\s\+\)*'
let s:QUOTE = '^\s*' . s:ITEMS . '>'
let s:BARE = ['selection', 'diagnostics', 'quickfix', 'diff']
" What is longer is data, and holds no references.
let s:PARAGRAPH_MAX = 65536
let s:WORD_MAX = 1024
let s:OPENERS = {')': '(', ']': '[', '}': '{', '>': '<'}

" The references in the lines of a turn, in order: kind, 'file' and so on; name,
" what stands behind 'file:' or 'buffer:'; first and last, 0 for all lines; text,
" as it is written.
function! deepchat#reference#find(lines) abort
  let l:found = []
  if match(a:lines, '[@#]') < 0 || match(a:lines, s:WORD) < 0
    return l:found
  endif
  let l:lines = map(copy(a:lines), 'v:val =~# s:QUOTE ? "" : v:val')
  let l:lines = deepchat#reference#outside_fences(l:lines, s:ITEMS)
  let l:at = match(l:lines, s:WORD)
  while l:at >= 0
    let [l:text, l:last] = s:paragraph(l:lines, l:at)
    for l:line in split(s:without_spans(l:text), "\n")
      let l:found += s:words(l:line)
    endfor
    let l:at = match(l:lines, s:WORD, l:last + 1)
  endwhile
  return l:found
endfunction

" Those of a line without code.
function! s:words(line) abort
  let l:found = []
  let [l:word, l:at, l:end] = matchstrpos(a:line, s:WORD)
  while l:at >= 0
    let l:reference = strlen(l:word) > s:WORD_MAX ? {} : s:read(s:trim(l:word))
    if !empty(l:reference)
      call add(l:found, l:reference)
    endif
    let [l:word, l:at, l:end] = matchstrpos(a:line, s:WORD, l:end)
  endwhile
  return l:found
endfunction

" Without punctuation at its end; a bracket that was opened inside stays.
function! s:trim(word) abort
  let l:word = a:word
  while l:word =~# '[.,;:!?"'')\]}>*_`]$' && l:word !~# '\\.$'
    let l:opener = get(s:OPENERS, l:word[-1:], '')
    if l:opener !=# '' && count(l:word, l:opener) >= count(l:word, l:word[-1:])
      break
    endif
    let l:word = l:word[:-2]
  endwhile
  return l:word
endfunction

" {} if the word only looks like one.
function! s:read(word) abort
  let l:kind = matchstr(a:word, '\a\+', 1)
  let l:name = a:word[strlen(l:kind) + 1 :]
  if index(s:BARE, l:kind) >= 0
    return l:name !=# '' ? {} : {'kind': l:kind, 'name': '', 'first': 0, 'last': 0, 'text': a:word}
  elseif l:name ==# '' && l:kind ==# 'buffer'
    return {'kind': l:kind, 'name': '', 'first': 0, 'last': 0, 'text': a:word}
  elseif l:name !~# '^:.'
    return {}
  endif
  return extend({'kind': l:kind, 'text': a:word}, deepchat#reference#lines(s:unescape(l:name[1:])))
endfunction

" 'name:10-20' as name, first and last; 0 where there are no numbers.
function! deepchat#reference#lines(name) abort
  let l:parts = matchlist(a:name, '^\(.\{-1,}\):\([1-9]\d\{,8}\)\%(-\([1-9]\d\{,8}\)\)\?$')
  if empty(l:parts)
    return {'name': a:name, 'first': 0, 'last': 0}
  endif
  let l:first = str2nr(l:parts[2])
  return {'name': l:parts[1], 'first': l:first, 'last': l:parts[3] ==# '' ? l:first : str2nr(l:parts[3])}
endfunction

function! s:unescape(name) abort
  return substitute(a:name, '\\\([ \t\\]\)', '\1', 'g')
endfunction

" A name as it is written in a reference.
function! deepchat#reference#escape(name) abort
  return escape(a:name, " \t\\")
endfunction

" ---- what is code ----------------------------------------------------------

" [text, last]: the paragraph that row at of lines belongs to, '' if it is too
" long, and its last row.
function! s:paragraph(lines, at) abort
  let l:first = a:at
  while l:first > 0 && a:lines[l:first - 1] =~# '\S'
    let l:first -= 1
  endwhile
  let l:blank = match(a:lines, '^\s*$', a:at)
  let l:last = (l:blank < 0 ? len(a:lines) : l:blank) - 1
  let l:text = join(a:lines[l:first : l:last], "\n")
  return [strlen(l:text) > s:PARAGRAPH_MAX ? '' : l:text, l:last]
endfunction

" text with a control for each character of code spans. A span ends with as many
" backticks as it begins with.
function! s:without_spans(text) abort
  let [l:parts, l:done, l:at] = [[], 0, 0]
  while 1
    let [l:run, l:from, l:at] = matchstrpos(a:text, '\\`\|`\+', l:at)
    if l:from < 0
      return join(l:parts, '') . strpart(a:text, l:done)
    endif
    let l:end = l:run[0] ==# '\' ? -1 : matchend(a:text, '`\@1<!' . l:run . '`\@!', l:at)
    if l:end >= 0
      let l:parts += [strpart(a:text, l:done, l:from - l:done)]
      let l:parts += [substitute(strpart(a:text, l:from, l:end - l:from), '[^\n]', "\x01", 'g')]
      let [l:done, l:at] = [l:end, l:end]
    endif
  endwhile
endfunction

" lines with those of code fences empty. One begins a line, or stands there
" behind what matches a pattern.
function! deepchat#reference#outside_fences(lines, ...) abort
  let l:open = '^\s*' . (a:0 > 0 ? a:1 : '') . '\zs\%(`\{3,}\ze[^`]*$\|\~\{3,}\)'
  let l:found = copy(a:lines)
  let l:at = match(a:lines, l:open)
  while l:at >= 0
    let l:run = matchstr(a:lines[l:at], l:open)
    let l:close = printf('^%s\%%(%s\)\{%d,}\s*\r\?$', a:lines[l:at] =~# '^ \{0,3}[`~]' ? ' \{0,3}' : '\s\+',
          \ escape(l:run[0], '~'), strlen(l:run))
    let l:end = match(a:lines, l:close, l:at + 1)
    let l:last = l:end < 0 ? len(a:lines) - 1 : l:end
    let l:found[l:at : l:last] = repeat([''], l:last - l:at + 1)
    let l:at = match(a:lines, l:open, l:last + 1)
  endwhile
  return l:found
endfunction

let &cpoptions = s:cpo
unlet s:cpo
