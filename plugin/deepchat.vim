" DeepChat: commands and <Plug> maps. Everything else loads when it is used.
if exists('g:loaded_deepchat')
  finish
endif
let g:loaded_deepchat = 1

let s:cpo = &cpoptions
set cpoptions&vim

command! -bang -range -nargs=* -complete=customlist,deepchat#complete#chat
      \ DeepChat call deepchat#command_chat(<q-mods>, <bang>0, <range>, <line1>, <line2>, <q-args>)
command! -range -bar DeepSend call deepchat#command_send(<range>, <line2>)
command! -bang -bar DeepStop call deepchat#command_stop(<bang>0)
command! -bang -bar -nargs=? -complete=customlist,deepchat#complete#model
      \ DeepModel call deepchat#model#command(<bang>0, <q-args>)
command! -bar DeepResume call deepchat#resume#command(<q-mods>)
command! -bar DeepLog call deepchat#command_log(<q-mods>)
command! -bar DeepHealth call deepchat#health#command(<q-mods>)
command! -bar DeepBuild call deepchat#build#command()

nnoremap <silent> <Plug>(deepchat-open) :<C-U>DeepChat<CR>
xnoremap <silent> <Plug>(deepchat-open) :DeepChat<CR>
nnoremap <silent> <Plug>(deepchat-send) :<C-U>call deepchat#chat#send_key()<CR>
inoremap <silent> <Plug>(deepchat-send) <Cmd>call deepchat#chat#send_key()<CR>
nnoremap <silent> <Plug>(deepchat-stop) :<C-U>DeepStop<CR>
inoremap <silent> <Plug>(deepchat-stop) <Cmd>DeepStop<CR>
nnoremap <silent> <Plug>(deepchat-stop-all) :<C-U>DeepStop!<CR>
nnoremap <silent> <Plug>(deepchat-next-turn) :<C-U>call deepchat#turn#jump(v:count1)<CR>
nnoremap <silent> <Plug>(deepchat-prev-turn) :<C-U>call deepchat#turn#jump(-v:count1)<CR>
xnoremap <silent> <Plug>(deepchat-next-turn) <Cmd>call deepchat#turn#jump(v:count1)<CR>
xnoremap <silent> <Plug>(deepchat-prev-turn) <Cmd>call deepchat#turn#jump(-v:count1)<CR>
onoremap <silent> <Plug>(deepchat-next-turn) :<C-U>call deepchat#turn#jump(v:count1)<CR>
onoremap <silent> <Plug>(deepchat-prev-turn) :<C-U>call deepchat#turn#jump(-v:count1)<CR>
nnoremap <silent> <Plug>(deepchat-help) :<C-U>help deepchat-maps<CR>

augroup deepchat
  autocmd!
  autocmd BufReadPost *.deepchat.md call deepchat#file#read(expand('<abuf>') + 0)
  autocmd BufWritePost *.deepchat.md call deepchat#file#written(expand('<abuf>') + 0, expand('<afile>:p'))
  autocmd BufFilePost * if &filetype ==# 'deepchat' | call deepchat#file#renamed(expand('<abuf>') + 0) | endif
  autocmd BufWriteCmd deepchat://* call deepchat#file#write_new(expand('<abuf>') + 0)
  autocmd BufUnload,BufWipeout *.deepchat.md,deepchat://* call deepchat#file#unloaded(expand('<abuf>') + 0)
augroup END

let &cpoptions = s:cpo
unlet s:cpo
