" Chat files. Where the editor lets *.md have its way first, this comes after.
autocmd BufNewFile,BufRead *.deepchat.md
      \ if &filetype !=# 'deepchat' | set filetype=deepchat | endif
