" The bench's side inside an editor. In Vim: the same text put into the buffer
" by Vim alone; baseline.lua is that of Neovim. In both: what one frame costs.

function! BenchTell(name) abort
  if has('nvim')
    call rpcnotify(1, a:name)
  else
    call ch_sendexpr(g:ed_channel, [a:name, []])
  endif
endfunction

" Pieces of size bytes, cut between characters.
function! s:pieces(path, size) abort
  let l:text = join(readfile(a:path, 'b'), "\n")
  let l:list = []
  let l:at = 0
  while l:at < strlen(l:text)
    let l:end = l:at + a:size
    while l:end < strlen(l:text) && and(char2nr(l:text[l:end]), 0xc0) == 0x80
      let l:end += 1
    endwhile
    call add(l:list, strpart(l:text, l:at, l:end - l:at))
    let l:at = l:end
  endwhile
  return l:list
endfunction

" An empty line above the last turn of the current chat. Where text goes.
function! s:place() abort
  let l:lnum = line('$') - 4
  call append(l:lnum, ['%% assistant', '', '', ''])
  return {'buf': bufnr('%'), 'lnum': l:lnum + 3, 'col': 0}
endfunction

function! s:put(place, text) abort
  let l:lines = split(a:text, "\n", 1)
  if has('nvim')
    call nvim_buf_set_text(a:place.buf, a:place.lnum - 1, a:place.col,
          \ a:place.lnum - 1, a:place.col, l:lines)
  else
    let l:line = getbufline(a:place.buf, a:place.lnum)[0]
    call setbufline(a:place.buf, a:place.lnum, l:line . l:lines[0])
    if len(l:lines) > 1
      call appendbufline(a:place.buf, a:place.lnum, l:lines[1:])
    endif
  endif
  let a:place.col = strlen(l:lines[-1]) + (len(l:lines) > 1 ? 0 : a:place.col)
  let a:place.lnum += len(l:lines) - 1
endfunction

" ---- a stream by Vim alone -------------------------------------------------

function! BenchAlone(path, size, ms) abort
  let l:list = s:pieces(a:path, a:size)
  let l:place = s:place()
  if a:ms > 0
    call timer_start(a:ms, function('s:next', [l:place, l:list]), {'repeat': len(l:list) + 1})
    return
  endif
  for l:text in l:list
    call s:put(l:place, l:text)
  endfor
  call BenchTell('ended')
endfunction

function! s:next(place, list, timer) abort
  if empty(a:list)
    call BenchTell('ended')
  else
    call s:put(a:place, remove(a:list, 0))
  endif
endfunction

" ---- one frame -------------------------------------------------------------

" The frames to come are these; id: of the reply that gets them, 0: the editor
" does it alone.
function! BenchFrames(path, size, id) abort
  let s:frames = s:pieces(a:path, a:size)
  let s:id = a:id
  let s:seq = 0
  let s:to = a:id > 0 ? {} : s:place()
endfunction

" Put in the next one. Microseconds that it took, and those of drawing it.
function! BenchFrame() abort
  let s:seq += 1
  let l:text = remove(s:frames, 0)
  let l:at = reltime()
  if s:id > 0
    let l:words = deepchat#buf#append([[s:id, s:seq, 'text', l:text]])
  else
    call s:put(s:to, l:text)
  endif
  let l:took = reltime(l:at)
  let l:at = reltime()
  redraw
  let l:drawn = reltime(l:at)
  if s:id > 0 && l:words !=# ['ok']
    throw 'bench: ' . string(l:words)
  endif
  return map([l:took, l:drawn], 'float2nr(reltimefloat(v:val) * 1.0e6)')
endfunction
