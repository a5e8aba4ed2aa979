" References in a user's turn: '@file:path', '@file:path:10-20', '@buffer',
" '@buffer:name', '@selection', '@diagnostics', '@quickfix', '@diff', or with '#'
" for '@'. They count at the start of a word, outside code and quotes: what is
" there is mostly somebody else's. In a name '\ ' is a blank; punctuation behind
" a word does not belong to it.

let s:WORD = '\%(^\|[[:blank:]([{<"'']\)\zs[@#]\%(file:\|\%(buffer\|selection\|diagnostics\|quickfix\|diff\)\a\@!\)'
      \ . '\%(\\.\|[^[:blank:]\r\x01]\)*'
let s:ITEMS = '\%(\%([-*+]\|\d\{1,9}[.)]\)\s\+\)*'
let s:QUOTE = '^\s*' . s:ITEMS . '>'
let s:BARE = ['selection', 'diagnostics', 'quickfix', 'diff']
" A longer paragraph is data, and holds no references.
let s:PARAGRAPH_MAX = 65536
let s:OPENERS = {')': '(', ']': '[', '}': '{', '>': '<'}

" The references in the lines of a turn, in order: kind, 'file' and so on; name,
" what stands behind 'file:' or 'buffer:'; first and last, 0 for all lines; text,
" as it is written.
function! deepchat#reference#find(lines) abort
  let l:found = []
  if match(a:lines, s:WORD) < 0
    return l:found
  endif
  for l:line in deepchat#reference#outside_code(a:lines)
    let [l:word, l:at, l:end] = matchstrpos(l:line, s:WORD)
    while l:at >= 0
      let l:reference = s:read(s:trim(l:word))
      if !empty(l:reference)
        call add(l:found, l:reference)
      endif
      let [l:word, l:at, l:end] = matchstrpos(l:line, s:WORD, l:end)
    endwhile
  endfor
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

" lines with those of fences and quotes empty, and in code spans a control for
" each character. Here a fence may begin in a list item.
function! deepchat#reference#outside_code(lines) abort
  let l:lines = map(copy(a:lines), 'v:val =~# s:QUOTE ? "" : v:val')
  let l:lines = deepchat#reference#outside_fences(l:lines, s:ITEMS)
  let [l:first, l:count] = [0, len(l:lines)]
  while l:first < l:count
    let l:last = l:first
    while l:last + 1 < l:count && l:lines[l:last] =~# '\S' && l:lines[l:last + 1] =~# '\S'
      let l:last += 1
    endwhile
    let l:text = join(l:lines[l:first : l:last], "\n")
    if strlen(l:text) > s:PARAGRAPH_MAX
      let l:lines[l:first : l:last] = repeat([''], l:last - l:first + 1)
    elseif stridx(l:text, '`') >= 0
      let l:lines[l:first : l:last] = split(s:without_spans(l:text), "\n", 1)
    endif
    let l:first = l:last + 1
  endwhile
  return l:lines
endfunction

" A span ends with as many backticks as it begins with.
function! s:without_spans(text) abort
  let [l:text, l:at] = [a:text, 0]
  while 1
    let [l:run, l:from, l:to] = matchstrpos(l:text, '\\`\|`\+', l:at)
    if l:from < 0
      return l:text
    endif
    let l:end = l:run[0] ==# '\' ? -1 : matchend(l:text, '`\@1<!' . l:run . '`\@!', l:to)
    if l:end >= 0
      let l:span = substitute(strpart(l:text, l:from, l:end - l:from), '[^\n]', "\x01", 'g')
      let l:text = strpart(l:text, 0, l:from) . l:span . strpart(l:text, l:end)
      let l:to = l:from + strlen(l:span)
    endif
    let l:at = l:to
  endwhile
endfunction

" lines with those of code fences empty. One begins a line, or stands there
" behind what matches a pattern.
function! deepchat#reference#outside_fences(lines, ...) abort
  let l:open = '^\s*' . (a:0 > 0 ? a:1 : '') . '\zs\%(`\{3,}\ze[^`]*$\|\~\{3,}\)'
  let l:end = ''
  let l:found = []
  for l:line in a:lines
    let l:run = l:end !=# '' ? '' : matchstr(l:line, l:open)
    call add(l:found, l:end !=# '' || l:run !=# '' ? '' : l:line)
    if l:run !=# ''
      let l:end = printf('^%s\%%(%s\)\{%d,}\s*\r\?$', l:line =~# '^ \{0,3}[`~]' ? ' \{0,3}' : '\s\+',
            \ escape(l:run[0], '~'), strlen(l:run))
    elseif l:end !=# '' && l:line =~# l:end
      let l:end = ''
    endif
  endfor
  return l:found
endfunction
