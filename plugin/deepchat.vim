" DeepChat: commands and <Plug> maps. Everything else loads when it is used.
if exists('g:loaded_deepchat')
  finish
endif
let g:loaded_deepchat = 1

let s:cpo = &cpoptions
set cpoptions&vim

command! -bang -range -nargs=* -complete=customlist,deepchat#complete#chat
      \ DeepChat if deepchat#fit() |
      \ call deepchat#command_chat(<q-mods>, <bang>0, <range>, <line1>, <line2>, <q-args>) | endif
command! -range -bar DeepSend if deepchat#fit() | call deepchat#command_send(<range>, <line2>) | endif
command! -bang -range -nargs=* -complete=customlist,deepchat#complete#chat
      \ DeepContinue if deepchat#fit() |
      \ call deepchat#continue#command(<bang>0, <range>, <line1>, <line2>, <q-args>) | endif
command! -bang -range -nargs=* -complete=customlist,deepchat#complete#chat
      \ DeepRewrite if deepchat#fit() | call deepchat#rewrite#command(<bang>0, <line1>, <line2>, <q-args>) | endif
command! -bang -bar DeepDiff if deepchat#fit() | call deepchat#diff#command(<q-mods>, <bang>0) | endif
command! -bang -bar DeepStop if deepchat#fit() | call deepchat#command_stop(<bang>0) | endif
command! -range -bang -bar DeepAccept if deepchat#fit() |
      \ call deepchat#review_take#accept(<bang>0, <range>, <line1>, <line2>) | endif
command! -range -bang -nargs=* DeepReject if deepchat#fit() |
      \ call deepchat#review_take#reject(<bang>0, <range>, <line1>, <line2>, <q-args>) | endif
command! -bang -nargs=* -complete=customlist,deepchat#complete#chat
      \ DeepRetry if deepchat#fit() | call deepchat#retry#command(<bang>0, <q-args>) | endif
command! -bang -bar -count=0 -nargs=? -complete=customlist,deepchat#alt#complete
      \ DeepAlt if deepchat#fit() | call deepchat#alt#command(<q-mods>, <bang>0, <count>, <q-args>) | endif
command! -bang -bar -nargs=? -complete=customlist,deepchat#complete#model
      \ DeepModel if deepchat#fit() | call deepchat#model#command(<bang>0, <q-args>) | endif
command! -range -nargs=* -complete=customlist,deepchat#complete#chat DeepInspect if deepchat#fit() |
      \ call deepchat#inspect#command(<q-mods>, <range>, <line2>, <q-args>) | endif
command! -bar -nargs=? DeepUsage if deepchat#fit() | call deepchat#usage#command(<q-mods>, <q-args>) | endif
command! -bang -nargs=* DeepChats if deepchat#fit() |
      \ call deepchat#chats#command(<q-mods>, <bang>0, <q-args>) | endif
command! -bar -nargs=? -complete=file DeepImage if deepchat#fit() |
      \ call deepchat#image#command(<q-mods>, <q-args>) | endif
command! -bang -bar -nargs=* -complete=file DeepAttach if deepchat#fit() |
      \ call deepchat#attach#command(<q-mods>, <bang>0, <f-args>) | endif
command! -bar DeepResume if deepchat#fit() | call deepchat#resume#command(<q-mods>) | endif
command! -bar DeepLog if deepchat#fit() | call deepchat#command_log(<q-mods>) | endif
command! -bar DeepHealth if deepchat#fit() | call deepchat#health#command(<q-mods>) | endif
command! -bar DeepBuild if deepchat#fit() | call deepchat#build#command() | endif

nnoremap <silent> <Plug>(deepchat-open) :<C-U>DeepChat<CR>
xnoremap <silent> <Plug>(deepchat-open) :DeepChat<CR>
nnoremap <silent> <Plug>(deepchat-send) :<C-U>if deepchat#fit() <Bar> call deepchat#chat#send_key() <Bar> endif<CR>
inoremap <silent> <Plug>(deepchat-send) <Cmd>if deepchat#fit() <Bar> call deepchat#chat#send_key() <Bar> endif<CR>
nnoremap <silent> <Plug>(deepchat-stop) :<C-U>DeepStop<CR>
inoremap <silent> <Plug>(deepchat-stop) <Cmd>DeepStop<CR>
nnoremap <silent> <Plug>(deepchat-continue) :<C-U>DeepContinue<CR>
inoremap <silent> <Plug>(deepchat-continue) <Cmd>DeepContinue<CR>
xnoremap <silent> <Plug>(deepchat-continue) :DeepContinue<CR>
nnoremap <silent> <Plug>(deepchat-stop-all) :<C-U>DeepStop!<CR>
nnoremap <silent> <Plug>(deepchat-next-turn) :<C-U>call deepchat#turn#jump(v:count1)<CR>
nnoremap <silent> <Plug>(deepchat-prev-turn) :<C-U>call deepchat#turn#jump(-v:count1)<CR>
xnoremap <silent> <Plug>(deepchat-next-turn) <Cmd>call deepchat#turn#jump(v:count1)<CR>
xnoremap <silent> <Plug>(deepchat-prev-turn) <Cmd>call deepchat#turn#jump(-v:count1)<CR>
onoremap <silent> <Plug>(deepchat-next-turn) :<C-U>call deepchat#turn#jump(v:count1)<CR>
onoremap <silent> <Plug>(deepchat-prev-turn) :<C-U>call deepchat#turn#jump(-v:count1)<CR>
nnoremap <silent> <expr> <Plug>(deepchat-rewrite) deepchat#rewrite#operator()
xnoremap <silent> <expr> <Plug>(deepchat-rewrite) deepchat#rewrite#operator()
nnoremap <silent> <expr> <Plug>(deepchat-rewrite-line) deepchat#rewrite#operator() . '_'
nnoremap <silent> <Plug>(deepchat-diff) :<C-U>DeepDiff<CR>
nnoremap <silent> <Plug>(deepchat-accept) :<C-U>DeepAccept<CR>
xnoremap <silent> <Plug>(deepchat-accept) :DeepAccept<CR>
nnoremap <silent> <Plug>(deepchat-reject) :<C-U>DeepReject<CR>
xnoremap <silent> <Plug>(deepchat-reject) :DeepReject<CR>
nnoremap <silent> <Plug>(deepchat-accept-all) :<C-U>DeepAccept!<CR>
nnoremap <silent> <Plug>(deepchat-reject-all) :<C-U>DeepReject!<CR>
nnoremap <silent> <Plug>(deepchat-next-hunk) :<C-U>call deepchat#review_take#jump(v:count1)<CR>
nnoremap <silent> <Plug>(deepchat-prev-hunk) :<C-U>call deepchat#review_take#jump(-v:count1)<CR>
nnoremap <silent> <Plug>(deepchat-alt-next) :<C-U>if deepchat#fit() <Bar> call deepchat#alt#step(v:count1) <Bar> endif<CR>
nnoremap <silent> <Plug>(deepchat-alt-prev) :<C-U>if deepchat#fit() <Bar> call deepchat#alt#step(-v:count1) <Bar> endif<CR>
nnoremap <silent> <Plug>(deepchat-inspect) :<C-U>DeepInspect<CR>
nnoremap <silent> <Plug>(deepchat-chats) :<C-U>DeepChats<CR>
nnoremap <silent> <Plug>(deepchat-yank-code) :<C-U>if deepchat#fit() <Bar> call deepchat#code#yank(v:register) <Bar> endif<CR>
nnoremap <silent> <Plug>(deepchat-help) :<C-U>help deepchat-maps<CR>

" An editor that cannot run the plugin reads and writes a chat as any file.
function! s:on(event) abort
  if deepchat#unfit() ==# ''
    call call('deepchat#file#' . a:event[0], [expand('<abuf>') + 0] + a:event[1:])
  endif
endfunction

augroup deepchat
  autocmd!
  autocmd BufReadPost *.deepchat.md call s:on(['read'])
  autocmd BufWritePost *.deepchat.md call s:on(['written', expand('<afile>:p')])
  autocmd BufFilePost * if &filetype ==# 'deepchat' | call s:on(['renamed']) | endif
  autocmd BufWriteCmd deepchat://* call s:on(['write_new'])
  autocmd BufUnload,BufWipeout *.deepchat.md,deepchat://* call s:on(['unloaded'])
augroup END

let &cpoptions = s:cpo
unlet s:cpo
