" Waiting for the user, or shortly for the host, while the editor goes on: text
" streams in, and the host tells more. What would take windows or buffers from
" under the command that waits comes when that is done.

let s:waits = 0
let s:later = []

" What Ask(), which waits, returns.
function! deepchat#wait#for(Ask) abort
  let s:waits += 1
  try
    return a:Ask()
  finally
    let s:waits -= 1
    if s:waits == 0 && !empty(s:later)
      call timer_start(0, {-> s:catch_up()})
    endif
  endtry
endfunction

" Wait until Done() is true, at most so many seconds. True if it is.
function! deepchat#wait#until(Done, seconds) abort
  return deepchat#wait#for({-> s:until(a:Done, a:seconds)})
endfunction

function! s:until(Done, seconds) abort
  let l:start = reltime()
  while !a:Done() && reltimefloat(reltime(l:start)) < a:seconds
    sleep 5m
  endwhile
  return a:Done()
endfunction

" Call Action() now, or once no command waits.
function! deepchat#wait#later(Action) abort
  if s:waits > 0
    call add(s:later, a:Action)
  else
    call a:Action()
  endif
endfunction

function! s:catch_up() abort
  while s:waits == 0 && !empty(s:later)
    call call(remove(s:later, 0), [])
  endwhile
endfunction
