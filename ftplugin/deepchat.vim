" A chat buffer: its options and its maps. Each map is left out where the user
" has a map to the same <Plug>.
if exists('b:did_ftplugin') || deepchat#unfit() !=# ''
  finish
endif
let b:did_ftplugin = 1

let s:cpo = &cpoptions
set cpoptions&vim

" What a chat says is data, and its history is the file and the journal. A reply
" goes on where no window shows it, also without 'hidden'.
setlocal nomodeline noswapfile noundofile bufhidden=hide

setlocal conceallevel=2 concealcursor=nc linebreak breakindent
setlocal foldmethod=manual foldtext=deepchat#turn#foldtext()
setlocal formatexpr=deepchat#turn#formatexpr() omnifunc=deepchat#omni#complete
setlocal comments=fb:*,fb:-,fb:+,n:> commentstring=<!--\ %s\ -->
setlocal formatoptions+=qln formatoptions-=r formatoptions-=o
setlocal formatlistpat=^\\s*\\d\\+[.)]\\s\\+\\\|^\\s*[-*+]\\s\\+

let b:undo_ftplugin = 'setlocal modeline< swapfile< undofile< bufhidden< conceallevel< concealcursor<'
      \ . ' linebreak< breakindent< foldmethod< foldtext< formatexpr< omnifunc< comments<'
      \ . ' commentstring< formatoptions< formatlistpat<'
      \ . '| execute "silent! autocmd! deepchat_buffer_" . bufnr("%")'

function! s:map(modes, keys, plug) abort
  for l:mode in split(a:modes, '\zs')
    if !hasmapto('<Plug>(deepchat-' . a:plug . ')', l:mode)
      for l:key in a:keys
        " allow(execute): all three come from the list below
        execute l:mode . 'map <buffer>' l:key '<Plug>(deepchat-' . a:plug . ')'
        let b:undo_ftplugin .= "|execute 'silent! " . l:mode . 'unmap <buffer> ' . l:key . "'"
      endfor
    endif
  endfor
endfunction

if !exists('g:no_plugin_maps') && !exists('g:no_deepchat_maps')
  call s:map('i', ['<C-s>'], 'send')
  call s:map('n', ['<CR>', '<C-s>'], 'send')
  call s:map('nxo', [']]'], 'next-turn')
  call s:map('nxo', ['[['], 'prev-turn')
  call s:map('n', ['g?'], 'help')
  call s:map('n', ['<C-c>'], 'stop')
  if !hasmapto('<Plug>(deepchat-stop)', 'i')
    inoremap <buffer> <expr> <C-c>
          \ deepchat#buf#running(bufnr('%')) > 0 ? "\<Lt>Cmd>DeepStop\<Lt>CR>" : "\<Lt>C-c>"
    let b:undo_ftplugin .= "|execute 'silent! iunmap <buffer> <C-c>'"
  endif
endif
delfunction s:map

let &cpoptions = s:cpo
unlet s:cpo

if &filetype =~# '\<deepchat\>'
  call deepchat#chat#attach(bufnr('%'))
endif
