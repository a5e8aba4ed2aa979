" :DeepBuild: run make in the plugin's folder, without blocking.

let s:LOG_MAX = 2000
let s:running = 0
let s:log = []

" :DeepBuild
function! deepchat#build#command() abort
  if s:running
    call deepchat#ui#say('a build is running already')
    return
  endif
  let s:log = []
  let l:job = deepchat#port#job(['make'], deepchat#host#root(), function('s:on_line'), function('s:on_exit'))
  if l:job !=# ''
    call deepchat#ui#error('make cannot be run: ' . l:job)
    return
  endif
  let s:running = 1
  call deepchat#ui#say('building...')
endfunction

function! s:on_line(line) abort
  if len(s:log) < s:LOG_MAX
    call add(s:log, substitute(a:line, '[[:cntrl:]]', ' ', 'g'))
  endif
endfunction

function! s:on_exit(code) abort
  let s:running = 0
  if a:code != 0
    let l:where = s:show_log() ? 'the log is in the window below' : get(s:log, -1, 'no output')
    call deepchat#ui#error('build failed; ' . l:where)
    return
  endif
  call deepchat#host#reset()
  let l:note = ''
  if deepchat#host#running() && deepchat#buf#any_running()
    let l:note = '; used when the editor is restarted'
  else
    call deepchat#host#stop()
  endif
  let l:said = system(shellescape(deepchat#host#program()) . ' --version')
  call deepchat#ui#say('built ' . matchstr(l:said, '\d\+\.\d\+\.\d\+') . l:note)
endfunction

" Returns 0 where the editor allows no new window now.
function! s:show_log() abort
  try
    let l:window = win_getid()
    botright 12new
    setlocal modifiable buftype=nofile bufhidden=wipe noswapfile nobuflisted nomodeline
    call setline(1, s:log)
    call cursor(line('$'), 1)
    setlocal nomodifiable
    call win_gotoid(l:window)
  catch
    return 0
  endtry
  return 1
endfunction
