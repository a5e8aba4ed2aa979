" Messages that are too long: their end, which says what was kept or what to do,
" is not what is cut.

let s:long = repeat('name-of-fifty-bytes-with-an-end-that-is-not-alike/', 4)
let s:name = repeat('n', 99) . 'the-end-of-it'

function! s:said(command) abort
  messages clear
  execute a:command
  return get(split(execute('messages'), "\n"), -1, '')
endfunction

" Command, what is seen of the message besides its end, and the end.
let s:cases = [
      \ ['call deepchat#ui#error("%s; nothing was sent")', 'name-of-fifty', '…; nothing was sent'],
      \ ['call deepchat#ui#say("role %s is empty; x; nothing was sent")', 'role name-of', '…; nothing was sent'],
      \ ['call deepchat#ui#error("ü%s, takes an integer, 0 to 64")', 'deepchat: üname', '…, takes an integer, 0 to 64'],
      \ ['call deepchat#ui#error("漢字漢字漢字%s; :DeepRetry")', '漢字漢字漢字name', '…; :DeepRetry'],
      \ ['call deepchat#ui#error("%s")', 'deepchat: name-of', '…'],
      \ ['call deepchat#ui#error("; %s")', 'deepchat: ; name-of', '…'],
      \ ['call deepchat#ui#error("%s; did you mean continue_on_disconnect?")', ' name', '…; did you mean continue_on_disconnect?'],
      \ ['call deepchat#image#command("", "%s.png")', 'no file …', '.png'],
      \ ['call deepchat#image#command("", $HOME . "/%n")', 'the-end-of-it', ' is a directory'],
      \ ['call deepchat#ui#error(deepchat#role#read("%n").why)', 'role …', 'the-end-of-it is empty; nothing was sent'],
      \ ['call deepchat#ui#error(deepchat#role#read("%n-2").why)', 'role …', 'end-of-it-2 sets api_key_cmd; nothing was sent'],
      \ ['call deepchat#ui#error(deepchat#role#read("%n-3").why)', 'role …', 'cannot be read; nothing was sent'],
      \ ['call deepchat#ui#error(deepchat#role#read("%n-4").why)', 'role …', '…; nothing was sent'],
      \ ['call deepchat#ui#error(deepchat#role#read("%n-5").why)', 'role …', ' sets providers; nothing was sent'],
      \ ]

function! Test_the_end_is_seen() abort
  for l:columns in [80, 200, 60]
    let &columns = l:columns
    for [l:command, l:part, l:end] in s:cases
      let l:said = s:said(substitute(substitute(l:command, '%s', s:long, ''), '%n', s:name, ''))
      let l:room = exists('v:echospace') ? v:echospace : &columns - 12
      call assert_true(strwidth(l:said) <= l:room, l:columns . ': ' . l:said)
      if l:columns == 80
        call assert_true(stridx(l:said, l:part) >= 0, l:said)
        call assert_equal(l:end, strpart(l:said, strlen(l:said) - strlen(l:end)), l:said)
      endif
    endfor
  endfor
endfunction

function! Test_what_fits_is_whole() abort
  set columns=80
  let l:room = exists('v:echospace') ? v:echospace : 68
  for l:cells in range(l:room - 12, l:room - 8)
    let l:text = repeat('x', l:cells - 3) . '; y'
    let l:said = s:said('call deepchat#ui#say(' . string(l:text) . ')')
    call assert_equal(l:cells + 10 <= l:room, l:said ==# 'deepchat: ' . l:text, l:said)
    call assert_match('; y$', l:said)
    call assert_true(strwidth(l:said) <= l:room, l:said)
  endfor
endfunction

let s:home = tempname()
let $XDG_CONFIG_HOME = s:home
let $HOME = s:home
call mkdir(s:home . '/deepchat/roles', 'p')
call mkdir(s:home . '/' . s:name)
let s:role = s:home . '/deepchat/roles/' . s:name
call writefile([], s:role . '.md')
call writefile(['---', 'api_key_cmd: x', '---'], s:role . '-2.md')
call mkdir(s:role . '-3.md')
call writefile(['---'], s:role . '-4.md')
call writefile(['---', 'providers: x', '---'], s:role . '-5.md')
source tests/editor/vim/run.vim
