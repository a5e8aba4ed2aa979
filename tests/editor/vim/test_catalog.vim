" What the host knows of models. The host is played by functions here.
let s:sent = []
let s:answers = {}
let s:played = 0

function! s:host() abort
  let [s:sent, s:answers] = [[], {}]
  messages clear
  if s:played
    return
  endif
  let s:played = 1
  call deepchat#host#running()
  function! deepchat#host#running() abort
    return 1
  endfunction
  function! deepchat#host#send(op, args) abort
    call add(s:sent, [a:op, a:args])
    if has_key(s:answers, 'models')
      call timer_start(0, {-> deepchat#model#models(s:answer(a:args.id))})
    endif
    return get(s:answers, 'why', '')
  endfunction
endfunction

function! s:answer(id) abort
  return extend({'id': a:id, 'host': 'h', 'model': '', 'line': '', 'about': '', 'near': '', 'models': []}, s:answers)
endfunction

function! s:messages() abort
  return trim(execute('messages'))
endfunction

function! Test_matching() abort
  call s:host()
  let g:deepchat = {'base_url': 'http://one'}
  enew!
  let s:answers.models = [['a/Big', '8k'], ['big', ''], ['not/Verybig', '1k'], ['x', '']]
  call assert_equal(['a/Big', 'big', 'not/Verybig'], map(deepchat#catalog#matching(bufnr('%'), 'BIG'), 'v:val[0]'))
  call assert_equal([{'word': 'x', 'menu': '', 'icase': 1}], deepchat#model#complete_items('x'))
  call assert_equal([['not/Verybig', '1k']], deepchat#catalog#matching(bufnr('%'), 'very'))
  call assert_equal([], deepchat#catalog#matching(bufnr('%'), '.'))
  call assert_equal(4, len(deepchat#catalog#matching(bufnr('%'), '')))
  " asked once, for the names
  call assert_equal(1, len(s:sent))
  call assert_equal(['models', v:true, {'base_url': 'http://one'}, {}, ''],
        \ [s:sent[0][0]] + map(['list', 'settings', 'buffer', 'text'], 's:sent[0][1][v:val]'))
endfunction

function! Test_each_server_has_its_own() abort
  call s:host()
  let g:deepchat = {'base_url': 'http://two'}
  call Chat(['---', 'model: m', 'provider: one', '---', '%% user'])
  let s:answers.models = [['a', '']]
  setlocal filetype=deepchat
  call assert_equal([['a', '']], deepchat#catalog#models(bufnr('%'), 1))
  call assert_equal("---\nmodel: m\nprovider: one\n---\n", s:sent[0][1].text)
  call setline(2, 'model: other')
  call deepchat#catalog#models(bufnr('%'), 1)
  call assert_equal(1, len(s:sent))
  let s:answers.models = [['b', '']]
  call setline(3, 'provider: two')
  call assert_equal([['b', '']], deepchat#catalog#models(bufnr('%'), 1))
  let b:deepchat = {'provider': 'three'}
  call deepchat#catalog#models(bufnr('%'), 1)
  let g:deepchat.providers = {'three': {}}
  call deepchat#catalog#models(bufnr('%'), 1)
  call assert_equal(4, len(s:sent))
  call setline(3, 'provider: one')
  unlet b:deepchat g:deepchat.providers
  call assert_equal([['a', '']], deepchat#catalog#models(bufnr('%'), 1))
endfunction

function! Test_no_answer() abort
  call s:host()
  let g:deepchat = {'base_url': 'http://three'}
  enew!
  call assert_equal([], deepchat#catalog#models(bufnr('%'), 0.01))
  let s:answers.why = 'not built'
  call assert_equal([], deepchat#catalog#models(bufnr('%'), 5))
  call deepchat#catalog#show(bufnr('%'), 'model is m')
  call assert_equal('deepchat: model is m', s:messages())
  " a list that could not be had does not take the place of one that was
  let s:answers = {'models': [['a', '']]}
  call assert_equal([['a', '']], deepchat#catalog#models(bufnr('%'), 1))
  call deepchat#model#models(s:answer(99999))
  call assert_equal([['a', '']], deepchat#catalog#models(bufnr('%'), 1))
endfunction

function! Test_show() abort
  let l:about = '128k · $0.10/$0.30 · chat tools'
  for [l:text, l:answer, l:wanted] in [
        \ ['model is m', {}, 'model is m'],
        \ ['model is m', {'about': l:about, 'model': 'm'}, 'model is m · ' . l:about],
        \ ['', {'about': '8k', 'model': 'm'}, 'model is m · 8k'],
        \ ['', {}, ''],
        \ ['no model is set; the server takes its own', {}, 'no model is set; the server takes its own'],
        \ ['no model is set; the server takes its own', {'about': '8k', 'model': 'm'}, 'model is m · 8k'],
        \ ['model is ' . repeat('m', 33), {'about': l:about, 'model': 'm'}, 'model is ' . repeat('m', 33) . ' · 128k'],
        \ ['model is m', {'near': 'no model m; did you mean n?', 'model': 'm'}, 'no model m; did you mean n?'],
        \ ['model is m', {'line': 'h refused', 'model': 'm'}, 'model is m']]
    call s:host()
    let s:answers = extend({'models': []}, l:answer)
    call deepchat#catalog#show(bufnr('%'), l:text)
    call assert_equal(l:wanted ==# '' ? '' : 'deepchat: ' . l:wanted, s:messages())
  endfor
endfunction

" It is said then, but not what was said already.
function! Test_late() abort
  call s:host()
  call deepchat#catalog#show(bufnr('%'), 'model is m')
  call assert_equal('deepchat: model is m', s:messages())
  messages clear
  call deepchat#model#models(s:answer(s:sent[-1][1].id))
  call assert_equal('', s:messages())
  call deepchat#catalog#show(bufnr('%'), 'model is m')
  messages clear
  let [s:answers, l:id] = [{'about': '8k', 'model': 'm'}, s:sent[-1][1].id]
  call deepchat#model#models(s:answer(l:id))
  call assert_equal('deepchat: model is m · 8k', s:messages())
  call deepchat#model#models(s:answer(l:id))
  call assert_equal('deepchat: model is m · 8k', s:messages())
endfunction

source tests/editor/vim/run.vim
