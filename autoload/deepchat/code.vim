" <Plug>(deepchat-yank-code): fenced code into a register, as it was meant: no
" fence, no indentation of the fence, and in a chat un-escaped.

let s:cpo = &cpoptions
set cpoptions&vim

let s:OPEN = '^\s*\zs\%(`\{3,}\ze[^`]*$\|\~\{3,}\)'

" Put the code under the cursor, else the next below it, else the last above it,
" into this register.
function! deepchat#code#yank(register) abort
  let l:blocks = s:blocks(getline(1, '$'), &filetype ==# 'deepchat')
  let l:here = filter(copy(l:blocks), 'v:val.last >= line(".")')
  if empty(l:blocks)
    call deepchat#ui#error('no fenced code here')
    return
  endif
  let l:block = empty(l:here) ? l:blocks[-1] : l:here[0]
  let l:lines = s:code(l:block)
  if setreg(a:register, l:lines, 'V') != 0
    call deepchat#ui#error('register ' . a:register . ' cannot be written')
    return
  endif
  call deepchat#ui#say(printf('%d line%s%s yanked%s', len(l:lines), len(l:lines) == 1 ? '' : 's',
        \ l:block.word ==# '' ? '' : ' of ' . l:block.word, a:register ==# '"' ? '' : ' into "' . a:register))
endfunction

" The fenced blocks of lines, in order: lines, those inside; last, the line of
" the closing fence; indent and word of the opening one; cut, it is not closed
" and ends with its turn; chat.
function! s:blocks(lines, chat) abort
  let [l:blocks, l:at, l:count] = [[], match(a:lines, s:OPEN), len(a:lines)]
  while l:at >= 0
    let l:close = s:close(a:lines, l:at)
    let l:end = a:chat ? s:marker(a:lines, l:at + 1, l:close) : l:close
    let [l:indent, l:ticks] = [matchstr(a:lines[l:at], '^\s*'), matchstr(a:lines[l:at], s:OPEN)]
    call add(l:blocks, {'last': min([l:end + (l:end < l:close ? 0 : 1), l:count]),
          \ 'lines': l:end > l:at + 1 ? a:lines[l:at + 1 : l:end - 1] : [], 'indent': strlen(l:indent),
          \ 'word': matchstr(a:lines[l:at][strlen(l:indent . l:ticks) :], '[[:alnum:]_+#.-]\+'),
          \ 'cut': l:end < l:close, 'chat': a:chat})
    let l:at = match(a:lines, s:OPEN, l:end + (l:end < l:close ? 0 : 1))
  endwhile
  return l:blocks
endfunction

" The row of the fence that closes the one in row at, or how many lines there
" are. As turn.vim has it.
function! s:close(lines, at) abort
  let l:ticks = escape(matchstr(a:lines[a:at], s:OPEN), '~')
  let l:indent = a:lines[a:at] =~# '^ \{0,3}\S' ? '^ \{0,3}' : '^\s\+'
  let l:end = match(a:lines, l:indent . l:ticks . '[`~]*\s*$', a:at + 1)
  return l:end < 0 ? len(a:lines) : l:end
endfunction

" The first marker of lines from row first on, end if there is none before it.
function! s:marker(lines, first, end) abort
  let l:at = match(a:lines, '^%% ', a:first)
  while l:at >= 0 && l:at < a:end && deepchat#turn#is_marker(a:lines[l:at]) ==# ''
    let l:at = match(a:lines, '^%% ', l:at + 1)
  endwhile
  return l:at >= 0 && l:at < a:end ? l:at : a:end
endfunction

" The code of a block. The empty line in front of a marker is structure.
function! s:code(block) abort
  let l:lines = copy(a:block.lines)
  if a:block.cut && get(l:lines, -1, 'x') ==# ''
    call remove(l:lines, -1)
  endif
  if a:block.chat
    call map(l:lines, 'deepchat#turn#unescape(v:val)')
  endif
  return map(l:lines, {_, line -> substitute(line, '^\s\{,' . a:block.indent . '}', '', '')})
endfunction

let &cpoptions = s:cpo
unlet s:cpo
