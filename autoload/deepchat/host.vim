" The engine as a job of the editor. Messages go out as notifications: the
" editor never waits for it. What comes back calls deepchat#buf#... and the
" other functions that are marked as the host's.

let s:cpo = &cpoptions
set cpoptions&vim

let s:root = fnamemodify(resolve(expand('<sfile>:p')), ':h:h:h')
let s:protocol = 1
let s:version = '0.1.0'
let s:job = 0
let s:about = {}
let s:broken = ''
let s:stderr = []
let s:hello_timer = 0
let s:log = ''
let s:parts = []

" The plugin's folder.
function! deepchat#host#root() abort
  return s:root
endfunction

" Path of the host program: the option host, else the one in the plugin.
function! deepchat#host#program() abort
  return deepchat#text(deepchat#settings(), 'host', s:root . '/build/deepchat-host')
endfunction

" What the host said of itself: protocol version pid log options (as
" options_about() in the host's options.h has them). Empty
" until it has answered.
function! deepchat#host#about() abort
  return s:about
endfunction

" Path of the log, also when the host that told it has ended; '' before.
function! deepchat#host#log() abort
  return s:log
endfunction

" True while the host is there, even if it has not answered yet.
function! deepchat#host#running() abort
  return s:job isnot 0
endfunction

" Send one message, starting the host if it does not run. Returns '' or, if it
" cannot run, the reason as a line for the user.
function! deepchat#host#send(op, args) abort
  let l:why = s:start()
  if !empty(l:why)
    return l:why
  endif
  try
    call s:notify(a:op, a:args)
  catch
    call s:gone(0)
    return 'the host stopped; try again (:DeepLog)'
  endtry
  return ''
endfunction

" Start the host, so that the first send finds it warm. Same result as send().
function! deepchat#host#start() abort
  return s:start()
endfunction

" End the host, if it runs.
function! deepchat#host#stop() abort
  let s:broken = ''
  call s:end()
endfunction

function! s:end() abort
  let l:job = s:job
  if l:job isnot 0
    call s:gone(1)
    call s:kill(l:job)
  endif
endfunction

function! s:start() abort
  if s:job isnot 0 || !empty(s:broken)
    return s:broken
  endif
  let l:program = deepchat#host#program()
  if !executable(l:program)
    return 'not built; run :DeepBuild (needs cc, make, libcurl, ...)'
  endif
  let s:stderr = []
  let s:parts = []
  let s:about = {}
  let s:job = s:run(l:program)
  if s:job is 0
    return 'the host does not run; run :DeepBuild'
  endif
  let s:hello_timer = timer_start(3000, {-> s:look_again()})
  try
    call s:notify('hello', {'protocol': s:protocol, 'version': s:version,
          \ 'editor': deepchat#port#editor(), 'pid': getpid(), 'settings': deepchat#settings()})
  catch
    " it has ended already, and we have not been told yet
    call s:gone(0)
  endtry
  return s:broken
endfunction

" ---- the job: the editors differ -------------------------------------------

" Start the program; 0 if that fails. In Vim 'noblock' keeps a host that does
" not read from stopping the editor.
function! s:run(program) abort
  try
    if has('nvim')
      return max([0, jobstart([a:program, '--stdio=nvim'], {'rpc': v:true,
            \ 'on_exit': {job, code, event -> s:on_exit(job, code)},
            \ 'on_stderr': {job, data, event -> s:on_stderr(data)}})])
    endif
    let l:job = job_start([a:program, '--stdio=vim'], {'mode': 'json', 'noblock': 1,
          \ 'callback': {channel, nothing -> 0},
          \ 'err_mode': 'nl', 'err_cb': {_, line -> s:on_stderr([line])},
          \ 'exit_cb': function('s:on_exit'), 'stoponexit': 'term'})
    return job_status(l:job) ==# 'fail' ? 0 : l:job
  catch
    return 0
  endtry
endfunction

" Throws if the job has ended.
function! s:notify(op, args) abort
  if has('nvim')
    call rpcnotify(s:job, a:op, a:args)
  else
    call ch_sendexpr(s:job, [a:op, a:args])
  endif
endfunction

function! s:kill(job) abort
  if has('nvim')
    call jobstop(a:job)
  else
    call job_stop(a:job)
  endif
endfunction

" Host, in Vim: call a function that is the host's. Returns [result], or [0,
" error] if it throws.
function! deepchat#host#call(function, args) abort
  try
    return [call(a:function, a:args)]
  catch
    return [0, v:exception]
  endtry
endfunction

" Host, in Vim: a piece of the arguments of a call, as JSON.
function! deepchat#host#part(text) abort
  call add(s:parts, a:text)
endfunction

" Host, in Vim: call the function with the arguments that came in pieces.
function! deepchat#host#whole(function) abort
  let l:json = join(s:parts, '')
  let s:parts = []
  return deepchat#host#call(a:function, json_decode(l:json))
endfunction

" ---- its life --------------------------------------------------------------

" Time is up. If the editor was busy all the while the answer is there unread.
function! s:look_again() abort
  let s:hello_timer = timer_start(200, {-> s:no_answer()})
endfunction

" The next command tries again: a computer can be slow for once.
function! s:no_answer() abort
  if empty(s:about) && s:job isnot 0
    call s:break('the host does not answer; run :DeepBuild')
    let s:broken = ''
  endif
endfunction

" It is there, but of no use.
function! s:break(line) abort
  let s:broken = a:line
  call s:end()
endfunction

" Host: it is there. about has protocol version pid log options and, for a
" user without a key, no_key: what to say then.
function! deepchat#host#ready(about) abort
  let s:about = a:about
  let s:log = get(a:about, 'log', s:log)
  call timer_stop(s:hello_timer)
  if a:about.protocol != s:protocol
    call s:break(printf('host is %s, plugin wants %s; run :DeepBuild', a:about.version, s:version))
  elseif has_key(a:about, 'no_key') && &filetype ==# 'deepchat' && !deepchat#buf#any_running()
    call deepchat#ui#error(a:about.no_key)
  endif
endfunction

" Host: it has looked through its journal. So many replies are in no chat; the
" newest began at time.
function! deepchat#host#orphans(count, time) abort
  if a:count > 0
    let l:line = a:count > 1 ? a:count . ' replies are not in any chat; :DeepResume shows them'
          \ : printf('a reply of %s is not in any chat; :DeepResume shows it', strftime('%H:%M', a:time))
    call deepchat#ui#say_later({-> deepchat#resume#is_asked() ? '' : l:line})
  endif
endfunction

function! s:on_stderr(lines) abort
  call extend(s:stderr, filter(copy(a:lines), 'v:val !=# ""'))
  let s:stderr = s:stderr[max([len(s:stderr) - 50, 0]) :]
endfunction

function! s:on_exit(job, code) abort
  if s:job isnot 0 && a:job == s:job
    call s:gone(0)
  endif
endfunction

" The host does not run any more; wanted: because we ended it.
function! s:gone(wanted) abort
  let s:job = 0
  call timer_stop(s:hello_timer)
  if get(v:, 'exiting', v:null) isnot v:null
    return
  endif
  if empty(s:about) && empty(s:broken) && !a:wanted
    let s:broken = 'the host does not run; run :DeepBuild'
  endif
  let s:about = {}
  let l:told = deepchat#buf#host_gone(s:broken)
  let l:told = deepchat#review#host_gone(s:broken) || l:told
  let l:told = deepchat#context#host_gone() || l:told
  let l:told = deepchat#model#host_gone() || l:told
  if !l:told && !empty(s:broken)
    call deepchat#ui#error(s:broken)
  endif
endfunction

" Forget that it could not run: something has been built.
function! deepchat#host#reset() abort
  let s:broken = ''
endfunction

" The last lines that the host printed to stderr.
function! deepchat#host#stderr() abort
  return s:stderr
endfunction

" The version and the protocol that the plugin was written for.
function! deepchat#host#wants() abort
  return {'version': s:version, 'protocol': s:protocol}
endfunction

let &cpoptions = s:cpo
unlet s:cpo
