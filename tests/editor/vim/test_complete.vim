" Completion of the commands' arguments. The host is played by functions here.
let s:about = {}
let s:started = 0

function! s:host() abort
  call deepchat#host#running()
  function! deepchat#host#start() abort
    let s:started += 1
    let s:about = {'options': map(['model', 'max_tokens', 'temperature', 'stream'],
          \ '{"name": v:val, "argument": 1, "values": v:val ==# "stream" ? ["true", "false"] : []}')}
    return ''
  endfunction
  function! deepchat#host#about() abort
    return s:about
  endfunction
endfunction

function! Test_arguments() abort
  call s:host()
  let l:roles = map(deepchat#role#names(), '"/" . v:val')
  for [l:line, l:wanted] in [
        \ ['DeepChat +', ['++model=', '++max_tokens=', '++temperature=', '++stream=']],
        \ ['DeepChat ++m', ['++model=', '++max_tokens=']], ['DeepChat! ++te', ['++temperature=']],
        \ ["'<,'>vertical DeepChat! ++stream=false ++mo", ['++model=']], ['DeepChat ++x', []],
        \ ['DeepChat m', []], ['DeepChat ', l:roles], ['DeepChat text ++m', []],
        \ ['DeepChat ++model', ['++model=']],
        \ ['DeepChat ++model=b text ++m', []], ['DeepChat ++max_tokens=', []],
        \ ['DeepChat ++stream=f', ['++stream=false']]]
    let l:lead = matchstr(l:line, '\S*$')
    call assert_equal(l:wanted, deepchat#complete#chat(l:lead, l:line . ' behind', strlen(l:line)), l:line)
  endfor
  call assert_true(s:started > 0)
endfunction

function! Test_no_host() abort
  call s:host()
  function! deepchat#host#start() abort
    return 'not built'
  endfunction
  let s:about = {}
  call assert_equal([], deepchat#complete#chat('++', 'DeepChat ++', 11))
endfunction

function! Test_models() abort
  let g:deepchat = {'host': '/nonexistent', 'model': 'org/Big', 'providers':
        \ {'home': {'model': 'small'}, 'odd': 'text', 'more': {'model': 7}, 'most': {'model': 'org/Mid'}, 'less': {'model': 'small'}}}
  call Chat(['---', 'model: front/Matter', '---', '%% user'])
  let b:deepchat = {'model': 'buffers'}
  setlocal filetype=
  let l:all = sort(['front/Matter', 'buffers', 'org/Big', 'small', 'org/Mid'])
  call assert_equal(l:all, sort(deepchat#complete#model('', 'DeepModel ', 10)))
  call assert_equal(['front/Matter'], deepchat#complete#model('MAT', 'DeepModel MAT', 13))
  call assert_equal(['org/Big', 'org/Mid'], sort(deepchat#complete#model('org/', 'DeepModel org/', 14)))
  call assert_equal([], deepchat#complete#model('none', 'DeepModel none', 14))
  call assert_equal(['++model=org/Big'], deepchat#complete#chat('++model=big', 'DeepChat ++model=big', 20))
  for l:name in ['evil|quit!', 'evil"']
    let b:deepchat = {'model': l:name}
    call assert_equal([], deepchat#complete#model('evil', 'DeepModel evil', 14))
    call assert_equal(['++model=' . l:name], deepchat#complete#chat('++model=ev', 'DeepChat ++model=ev', 19))
  endfor
  let g:deepchat = {'host': '/nonexistent'}
  enew!
  call assert_equal([], deepchat#complete#model('', 'DeepModel ', 10))
endfunction

function! Test_commands() abort
  call s:host()
  source plugin/deepchat.vim
  call assert_equal(['++temperature='], getcompletion('DeepChat ++te', 'cmdline'))
endfunction

source tests/editor/vim/run.vim
