" :DeepResume: replies that a crash of the editor or the host interrupted. The
" host finds them in its journal, this puts them into their chats.

let s:mods = ''

" :DeepResume
function! deepchat#resume#command(mods) abort
  let s:mods = a:mods
  let l:why = deepchat#host#send('resume', {'settings': deepchat#settings()})
  if l:why !=# ''
    call deepchat#ui#error(l:why)
  endif
endfunction

" Host: what the journal holds that no chat file has; a list of maps: file chat
" project model started finish user bytes turns.
function! deepchat#resume#show(entries) abort
  if empty(a:entries)
    call deepchat#ui#say('nothing to resume')
  elseif len(a:entries) == 1
    call s:restore(a:entries[0])
  else
    call s:list(a:entries)
  endif
endfunction

function! s:list(entries) abort
  execute s:mods 'new'
  setlocal buftype=nofile bufhidden=wipe noswapfile nobuflisted
  let b:deepchat_entries = a:entries
  call setline(1, map(copy(a:entries), {_, e -> s:describe(e)}))
  setlocal nomodifiable cursorline
  nnoremap <buffer> <silent> <CR> :call <SID>pick()<CR>
  call deepchat#ui#say(len(a:entries) . ' replies; <CR> restores the one under the cursor')
endfunction

function! s:describe(entry) abort
  let l:question = get(filter(split(a:entry.user, "\n"), 'v:val =~# "\\S"'), 0, '')
  return printf('%s  %s  %d bytes  %s  %s', strftime('%m-%d %H:%M', a:entry.started), a:entry.finish,
        \ a:entry.bytes, fnamemodify(a:entry.chat, ':t'), substitute(l:question, '[[:cntrl:]]', ' ', 'g'))
endfunction

function! s:pick() abort
  let l:entry = b:deepchat_entries[line('.') - 1]
  close
  call s:restore(l:entry)
endfunction

" Open the chat of an entry and put the reply into it.
function! s:restore(entry) abort
  call s:open(a:entry)
  let l:buf = bufnr('%')
  let [l:first, l:count, l:with_user] = s:place(getbufline(l:buf, 1, '$'), a:entry)
  let l:lines = (l:with_user ? ['%% user', ''] + split(a:entry.user, "\n", 1) + [''] : [])
        \ + split(substitute(a:entry.turns, '\n$', '', ''), "\n", 1) + ['%% user', '', '']
  if l:first > 0 && getbufline(l:buf, l:first)[0] !~# '^\s*$'
    let l:lines = [''] + l:lines
  endif
  let l:row = l:first
  call deepchat#port#undo_break(l:buf)
  call deepchat#port#replace(l:buf, l:row, l:count, l:lines)
  call deepchat#chat#to_end()
  call deepchat#chat#shown(l:buf)
  call setbufvar(l:buf, 'deepchat_restored', getbufvar(l:buf, 'deepchat_restored', []) + [a:entry.file])
  if deepchat#file#autosave(l:buf)
        \ && deepchat#file#name(l:buf, deepchat#file#chat_dir()) && deepchat#file#save(l:buf)
    call deepchat#resume#saved(l:buf)
  endif
  call deepchat#ui#say(printf('restored %d bytes of a reply (%s)', a:entry.bytes, a:entry.finish))
endfunction

" The file of buf has all of it: the journal need not keep what was restored.
function! deepchat#resume#saved(buf) abort
  for l:file in getbufvar(a:buf, 'deepchat_restored', [])
    call deepchat#host#send('forget', {'file': l:file})
  endfor
  call setbufvar(a:buf, 'deepchat_restored', [])
endfunction

function! s:open(entry) abort
  let l:chat = a:entry.chat ==# '' ? s:unanswered(a:entry) : a:entry.chat
  let l:buf = l:chat ==# '' ? 0 : bufnr('^' . l:chat . '$')
  if l:buf > 0 && bufwinnr(l:buf) > 0
    execute bufwinnr(l:buf) 'wincmd w'
  elseif l:buf > 0 && bufloaded(l:buf)
    execute s:mods 'sbuffer' str2nr(l:buf)
  elseif filereadable(l:chat)
    execute s:mods 'split' fnameescape(l:chat)
  else
    call deepchat#chat#open(s:mods, 1)
    let b:deepchat_project = a:entry.project ==# '' ? b:deepchat_project : a:entry.project
  endif
endfunction

" The chat that a crash caught between its getting a file and the journal being
" told: the one with this question and an empty answer to it, '' if none has.
function! s:unanswered(entry) abort
  let l:dir = deepchat#file#dir(deepchat#file#chat_dir(), a:entry.project)
  for l:name in isdirectory(l:dir) ? readdir(l:dir, 'v:val =~# "\\.deepchat\\.md$"') : []
    let l:path = l:dir . '/' . l:name
    let l:lines = getftime(l:path) < a:entry.started ? [] : readfile(l:path)
    let [l:first, l:count, l:with_user] = s:place(l:lines, a:entry)
    if !l:with_user && l:count > 0 && deepchat#turn#is_marker(l:lines[l:first]) ==# 'assistant'
          \ && s:turn_text(l:lines[l:first + 1 :]) ==# ''
      return l:path
    endif
  endfor
  return ''
endfunction

" Where the reply belongs: [lines above it, lines to replace, whether the
" user's turn has to be written too]. A part of the reply that stands behind
" the user's turn already, and an empty turn at the end, are replaced.
function! s:place(lines, entry) abort
  let l:lines = a:lines
  let l:end = len(l:lines)
  let l:at = l:end - 1
  while l:at >= 0
    if deepchat#turn#is_marker(l:lines[l:at]) ==# 'user'
          \ && s:same(l:lines[l:at + 1 :], a:entry.user)
      return s:behind(l:lines, l:at, a:entry)
    endif
    let l:at -= 1
  endwhile
  while l:end > 0 && (l:lines[l:end - 1] =~# '^\s*$' || l:lines[l:end - 1] ==# '%% user')
    let l:end -= 1
  endwhile
  return [l:end, len(l:lines) - l:end, 1]
endfunction

" True if the turn that begins with these lines is text.
function! s:same(lines, text) abort
  return s:turn_text(a:lines) ==# trim(a:text)
endfunction

function! s:turn_text(lines) abort
  let l:body = []
  for l:line in a:lines
    if deepchat#turn#is_marker(l:line) !=# ''
      break
    endif
    call add(l:body, l:line)
  endfor
  return trim(join(l:body, "\n"))
endfunction

function! s:behind(lines, at, entry) abort
  let l:next = a:at + 1
  while l:next < len(a:lines) && deepchat#turn#is_marker(a:lines[l:next]) ==# ''
    let l:next += 1
  endwhile
  let l:stop = l:next
  while l:stop < len(a:lines) && s:is_part(a:lines, l:stop, a:entry)
    let l:stop += 1
    while l:stop < len(a:lines) && deepchat#turn#is_marker(a:lines[l:stop]) ==# ''
      let l:stop += 1
    endwhile
  endwhile
  return [l:next, l:stop - l:next, 0]
endfunction

" True if the turn at row is something the restored reply replaces: a part of
" it, or an empty turn.
function! s:is_part(lines, row, entry) abort
  let l:text = s:turn_text(a:lines[a:row + 1 :])
  return l:text ==# '' || stridx(a:entry.turns, l:text) >= 0
endfunction
