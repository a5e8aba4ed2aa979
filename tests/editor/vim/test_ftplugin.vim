" The filetype, its options and maps.
let s:attached = []
let s:types = []
let s:dir = tempname()
call mkdir(s:dir)

function! s:start() abort
  call deepchat#chat#note_last(0)
  function! deepchat#chat#attach(buf) abort
    call add(s:attached, a:buf)
  endfunction
  filetype plugin on
  augroup test
    autocmd!
    autocmd FileType * call add(s:types, expand('<amatch>'))
  augroup END
  let s:types = []
endfunction

function! s:open(name) abort
  let l:path = s:dir . '/' . a:name
  call writefile(['%% user', '', 'x', '<!-- vim: set sw=3: -->'], l:path)
  execute 'noswapfile edit' l:path
endfunction

function! s:maps(modes, keys) abort
  return filter(copy(a:keys), {_, key -> maparg(key, a:modes) !~# 'deepchat'})
endfunction

function! Test_filetype() abort
  call s:start()
  call s:open('a.deepchat.md')
  call assert_equal('deepchat', &filetype)
  call assert_equal(bufnr('%'), s:attached[-1])
  call assert_equal([['deepchat'], ''], [s:types, &eventignore], 'no markdown event')
  edit!
  call assert_equal([['deepchat', 'deepchat'], ''], [s:types, &eventignore])
  call s:open('b.md')
  call assert_equal('markdown', &filetype)
  call assert_equal(2, len(s:attached))
  execute 'edit' s:dir . '/new.deepchat.md'
  call assert_equal('deepchat', &filetype)
  bwipeout!
endfunction

" A file that cannot be read leaves nothing switched off.
function! Test_unreadable() abort
  call s:start()
  let l:path = s:dir . '/gone.deepchat.md'
  call writefile(['x'], l:path)
  autocmd test BufReadPre gone.deepchat.md call delete(expand('<afile>'))
  silent! execute 'edit' l:path
  let l:start = reltime()
  while &eventignore !=# '' && reltimefloat(reltime(l:start)) < 5
    sleep 1m
  endwhile
  call assert_equal('', &eventignore)
  autocmd! test BufReadPre
  bwipeout!
endfunction

function! Test_options() abort
  call s:start()
  set modeline swapfile undofile shiftwidth=8 undodir=/nonexistent
  call s:open('c.deepchat.md')
  call assert_equal([0, 0, 0, 8], [&modeline, &swapfile, &undofile, &shiftwidth])
  call assert_equal([2, 1, 1, 'manual'], [&conceallevel, &linebreak, &breakindent, &foldmethod])
  call assert_equal(['deepchat#turn#foldtext()', 'deepchat#turn#formatexpr()'], [&foldtext, &formatexpr])
  new
  call assert_equal([0, '', 1], [&conceallevel, &formatexpr, &undofile])
  close
  set filetype=
  call assert_equal([1, 1, 0, ''], [&modeline, &undofile, &conceallevel, &formatexpr])
  call assert_notmatch('deepchat', execute('map <buffer>') . execute('imap <buffer>'))
  set nomodeline noswapfile noundofile
endfunction

function! Test_maps() abort
  call s:start()
  call s:open('d.deepchat.md')
  call assert_equal([], s:maps('n', ['<CR>', '<C-s>', '<C-c>', ']]', '[[', 'g?']))
  call assert_equal([], s:maps('i', ['<C-s>']))
  call assert_equal('i', maparg('<C-c>', 'i', 0, 1).mode)
  call assert_equal([[], []], [s:maps('x', [']]', '[[']), s:maps('o', [']]', '[['])])
  for l:key in ['q', 'gd', 'gr', 'gx', 'gf', 'gc', 'u', '<Tab>', '<Esc>']
    call assert_equal(0, get(maparg(l:key, 'n', 0, 1), 'buffer', 0), l:key)
  endfor
endfunction

function! Test_users_maps() abort
  call s:start()
  nmap ,s <Plug>(deepchat-send)
  imap ,c <Plug>(deepchat-stop)
  call s:open('e.deepchat.md')
  call assert_equal(['<CR>', '<C-s>'], s:maps('n', ['<CR>', '<C-s>', '<C-c>', ']]']))
  call assert_equal(['<C-c>'], s:maps('i', ['<C-s>', '<C-c>']))
  nunmap ,s
  iunmap ,c
  for l:name in ['g:no_plugin_maps', 'g:no_deepchat_maps']
    execute 'let' l:name '= 1'
    call s:open(l:name[2:] . '.deepchat.md')
    call assert_equal(['<CR>', ']]', 'g?'], s:maps('n', ['<CR>', ']]', 'g?']))
    call assert_equal('deepchat#turn#formatexpr()', &formatexpr)
    execute 'unlet' l:name
  endfor
endfunction

source tests/editor/vim/run.vim
