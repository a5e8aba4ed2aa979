" What a chat takes along: '@file:...' and its like in the turn that is sent
" become context turns.

" lines with those of code fences empty.
function! deepchat#context#outside_fences(lines) abort
  let l:end = ''
  let l:found = []
  for l:line in a:lines
    let l:run = l:end !=# '' ? '' : matchstr(l:line, '^\s*\zs\%(`\{3,}\ze[^`]*$\|\~\{3,}\)')
    call add(l:found, l:end !=# '' || l:run !=# '' ? '' : l:line)
    if l:run !=# ''
      let l:end = printf('^%s\%%(%s\)\{%d,}\s*$', l:line =~# '^ \{0,3}\S' ? ' \{0,3}' : '\s\+',
            \ escape(l:run[0], '~'), strlen(l:run))
    elseif l:end !=# '' && l:line =~# l:end
      let l:end = ''
    endif
  endfor
  return l:found
endfunction
