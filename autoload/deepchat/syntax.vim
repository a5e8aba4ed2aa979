" Languages of fenced code, loaded when a chat has such code. The name of a
" language comes from a model: only those in the table are ever loaded, because
" the folder syntax/ of an editor also has scripts that are no syntax.

let s:cpo = &cpoptions
set cpoptions&vim

let s:MOST = 8
let s:LANGUAGES = {}
for s:name in split('ada asm awk bash bib c clojure cmake cpp cs css d dart diff dockerfile'
      \ . ' dosbatch dosini elixir elm erlang fish fortran fsharp gitcommit go graphql groovy haskell'
      \ . ' hcl html java javascript javascriptreact json jsonc julia kotlin less lisp lua make'
      \ . ' matlab meson nasm nginx nim nix objc ocaml octave pascal perl php prolog proto ps1'
      \ . ' python r racket raku rst ruby rust sass scala scheme scss sed sh solidity sql svelte'
      \ . ' svg swift systemd tcl terraform tex toml tsv typescript typescriptreact verilog vhdl'
      \ . ' vim vue xml yaml zig zsh')
  let s:LANGUAGES[s:name] = s:name
endfor
unlet s:name
call extend(s:LANGUAGES, {'bash': 'sh', 'shell': 'sh', 'console': 'sh', 'ksh': 'sh', 'c++': 'cpp',
      \ 'h': 'c', 'hpp': 'cpp', 'cc': 'cpp', 'c#': 'cs', 'csharp': 'cs', 'f#': 'fsharp',
      \ 'docker': 'dockerfile', 'bat': 'dosbatch', 'ini': 'dosini', 'golang': 'go', 'hs': 'haskell',
      \ 'js': 'javascript', 'mjs': 'javascript', 'jsx': 'javascriptreact', 'kt': 'kotlin',
      \ 'makefile': 'make', 'patch': 'diff', 'objective-c': 'objc', 'ml': 'ocaml', 'pl': 'perl',
      \ 'powershell': 'ps1', 'py': 'python', 'python3': 'python', 'rb': 'ruby', 'rs': 'rust',
      \ 'ts': 'typescript', 'tsx': 'typescriptreact', 'latex': 'tex', 'viml': 'vim',
      \ 'vimscript': 'vim', 'yml': 'yaml', 'elisp': 'lisp', 'ex': 'elixir', 'tf': 'terraform'})

let s:FENCE = '\m\C^\s*\%(`\{3,}\|\~\{3,}\)\s*{\?\.\?\a'
let s:timers = {}

" How far back the state of a line is looked for: to the last marker, else so
" many lines. An included syntax may have said otherwise.
function! deepchat#syntax#sync() abort
  syntax sync clear
  syntax sync match deepchatSync grouphere NONE
        \ "^%% \%(system\|user\|assistant\|reasoning\|context\|call\|tool\|alternate\|note\)\>"
  syntax sync maxlines=200
endfunction

" Colour the fenced code in buf by its language. Returns at once: the languages
" are loaded later, one at a time, because some take as long as a frame. For
" when a chat is shown and when a reply is complete, not for while one streams.
function! deepchat#syntax#fences(buf) abort
  if !has_key(s:timers, a:buf) && exists('g:syntax_on')
    let s:timers[a:buf] = timer_start(20, {_ -> s:on_timer(a:buf)})
  endif
endfunction

function! s:on_timer(buf) abort
  unlet s:timers[a:buf]
  let l:window = get(win_findbuf(a:buf), 0, 0)
  if l:window == 0 || getbufvar(a:buf, 'current_syntax', '') !=# 'deepchat'
    return
  endif
  try
    call win_execute(l:window, 'call deepchat#syntax#load_next()')
  catch
    return
  endtry
  if !empty(getbufvar(a:buf, 'deepchat_fence_queue', []))
    call deepchat#syntax#fences(a:buf)
  endif
endfunction

" Load the language of one fence of the current buffer that has none yet; others
" wait in b:deepchat_fence_queue. Returns the word that names it, '' if there
" was none.
function! deepchat#syntax#load_next() abort
  if empty(get(b:, 'deepchat_fence_queue', []))
    let b:deepchat_fence_queue = s:wanted()
  endif
  if empty(b:deepchat_fence_queue)
    return ''
  endif
  let l:word = remove(b:deepchat_fence_queue, 0)
  let l:language = s:LANGUAGES[l:word]
  if index(values(b:deepchat_fences), l:language) >= 0 || s:include(l:language)
    call s:region(l:word, l:language)
  endif
  let b:deepchat_fences[l:word] = l:language
  return l:word
endfunction

" The words behind fences of the current buffer that mean a language and have
" not been loaded.
function! s:wanted() abort
  let l:words = []
  let l:languages = uniq(sort(values(b:deepchat_fences)))
  let l:view = winsaveview()
  call cursor(1, 1)
  while len(l:languages) < s:MOST && search(s:FENCE, 'W', 0, 100) > 0
    let l:word = tolower(matchstr(getline('.'), '[[:alnum:]_+#-]\+'))
    if has_key(s:LANGUAGES, l:word) && !has_key(b:deepchat_fences, l:word) && index(l:words, l:word) < 0
      call add(l:words, l:word)
      let l:languages = uniq(sort(add(l:languages, s:LANGUAGES[l:word])))
    endif
  endwhile
  call winrestview(l:view)
  return l:words
endfunction

" Read the syntax of a language into the cluster of its own. Returns 0 if the
" editor has none.
function! s:include(language) abort
  " allow(glob): a name of s:LANGUAGES
  if empty(globpath(&runtimepath, 'syntax/' . a:language . '.vim', 1, 1))
    return 0
  endif
  let l:options = [&l:iskeyword, &l:foldmethod]
  " JSON without its quotes is not what was written
  let l:conceal = get(g:, 'vim_json_conceal', -1)
  let g:vim_json_conceal = 0
  if a:language ==# 'sh'
    let b:is_bash = 1
  endif
  try
    unlet! b:current_syntax
    " allow(execute): a name of s:LANGUAGES
    execute 'syntax include @deepchatCode_' . a:language 'syntax/' . a:language . '.vim'
  catch
    return 0
  finally
    let g:vim_json_conceal = l:conceal
    if l:conceal is -1
      unlet g:vim_json_conceal
    endif
    let b:current_syntax = 'deepchat'
    unlet! b:is_bash
    let [&l:iskeyword, &l:foldmethod] = l:options
    syntax case match
    syntax spell toplevel
    syntax iskeyword clear
    call deepchat#syntax#sync()
  endtry
  return 1
endfunction

" Fences with this word hold that language.
function! s:region(word, language) abort
  let l:rest = '\z(`\{3,}\|\~\{3,}\)\s*{\?\.\?\c\V' . a:word . '\m\%([^[:alnum:]_+#-].*\)\?$"'
  let l:region = 'syntax region deepchatFence matchgroup=deepchatFenceMark keepend'
        \ . ' contains=deepchatEscape,@deepchatCode_' . a:language
        \ . ' end="^\%(%% \%(system\|user\|assistant\|reasoning\|context\|call\|tool\|alternate\|note\)'
        \ . '\%( [a-z][a-z0-9_-]*=\%([^\x01-\x20\x7f=%]\|%\x\x\)*\)*[ \t\r]*$\)\@="'
  " allow(execute): the word and the language stand in s:LANGUAGES
  execute l:region 'start="\%#=1^ \{0,3}' . l:rest 'end="^ \{0,3}\z1[`~]*\s*$"'
  " allow(execute): as above
  execute l:region 'start="\%#=1^\%( \{4,}\| *\t\s*\)' . l:rest 'end="^\s\+\z1[`~]*\s*$"'
endfunction

let &cpoptions = s:cpo
unlet s:cpo
