" What the user sees besides the text: one-line messages, the status, virtual
" text on markers and under prompts. Text from outside is data: control
" characters are taken out, and it is never executed.

let s:cpo = &cpoptions
set cpoptions&vim

let s:status = {}

" Virtual text keys below this one belong to replies; markers count from here.
let s:MARKS = 1000000

let s:ANSWER = '\C^%% assistant\>'

" Lines that are looked at in one go.
let s:AT_ONCE = 1000

" How messages go on behind what happened.
let s:END = '.*\zs\%(;\|, takes\) .*$'

let s:round = 0

" When the last line was said, and how many seconds it has the screen for itself.
let s:said = []
let s:ALONE = 2.0

" text on one line that cannot make the editor ask for <Enter>. What it ends
" with, which says what was kept or what to do, is not what is cut.
function! s:line(text) abort
  let l:text = substitute('deepchat: ' . a:text, '[[:cntrl:]]\+', ' ', 'g')
  let l:room = exists('v:echospace') ? v:echospace : &columns - 12
  if strwidth(l:text) <= l:room
    return l:text
  endif
  let l:end = matchstr(l:text, s:END)
  let l:end = strwidth(l:end) > l:room * 2 / 3 ? '' : l:end
  let l:room -= strwidth(l:end)
  let l:count = l:room - 1
  while l:count > 0 && strwidth(strcharpart(l:text, 0, l:count)) >= l:room
    let l:count -= 1
  endwhile
  return strcharpart(l:text, 0, max([l:count, 0])) . '…' . l:end
endfunction

" Say one line; it stays in :messages.
function! deepchat#ui#say(text) abort
  let s:said = reltime()
  echomsg s:line(a:text)
endfunction

" The same for what can wait: it takes no other line off the screen. Text() is
" asked when it is time, and may say '' by then.
function! deepchat#ui#say_later(Text) abort
  call timer_start(500, {-> s:say_if_quiet(a:Text)})
endfunction

function! s:say_if_quiet(Text) abort
  let l:text = a:Text()
  if l:text ==# ''
    return
  elseif mode() ==# 'c' || !empty(s:said) && reltimefloat(reltime(s:said)) < s:ALONE
    call deepchat#ui#say_later(a:Text)
  else
    call deepchat#ui#say(l:text)
  endif
endfunction

" The same for something that went wrong.
function! deepchat#ui#error(text) abort
  let s:said = reltime()
  echohl WarningMsg
  echomsg s:line(a:text)
  echohl None
endfunction

" True in the command-line window, which is left only by the user; says so.
function! deepchat#ui#is_cmdwin() abort
  let l:is = getcmdwintype() !=# ''
  if l:is
    call deepchat#ui#error('no window opens from the command-line window')
  endif
  return l:is
endfunction

" Open a window with an Ex command of the plugin's own. Returns 0 where there can
" be none, which has been said. A line about the file would be one too many for
" Vim, where something else is to be said.
function! deepchat#ui#open(command) abort
  if deepchat#ui#is_cmdwin()
    return 0
  endif
  let l:shortmess = &shortmess
  set shortmess+=F
  try
    " allow(execute): the callers' own commands
    execute a:command
  catch /^Vim\%((\a\+)\)\=:E36:/
    call deepchat#ui#error('no room for another window; :close one')
    return 0
  finally
    let &shortmess = l:shortmess
  endtry
  return 1
endfunction

" The same with a file in it. Reading it is in no :try, where an error in an
" autocommand of others would end all that is done for the file.
function! deepchat#ui#open_file(mods, path) abort
  if !deepchat#ui#open(a:mods . ' new')
    return 0
  endif
  execute 'silent edit' fnameescape(a:path)
  return bufname('%') !=# ''
endfunction

" What buf is doing, for deepchat#status(); '' for nothing.
function! deepchat#ui#set_status(buf, text) abort
  if a:text ==# ''
    silent! unlet s:status[a:buf]
  else
    let s:status[a:buf] = a:text
  endif
  call deepchat#port#redraw_status()
endfunction

" What was set last for buf, '' for nothing.
function! deepchat#ui#status(buf) abort
  return get(s:status, a:buf, '')
endfunction

" An error line under row, until the next send or edit.
function! deepchat#ui#error_below(buf, row, text) abort
  call deepchat#port#virtual_below(a:buf, s:MARKS - 1, a:row, [['deepchat: ' . a:text, 'DeepChatError']])
  call setbufvar(a:buf, 'deepchat_error_tick', getbufvar(a:buf, 'changedtick'))
endfunction

" Take the error line of buf away, if it has one.
function! deepchat#ui#clear_error(buf) abort
  if bufloaded(a:buf) && getbufvar(a:buf, 'deepchat_error_tick', 0) > 0
    call deepchat#port#virtual(a:buf, s:MARKS - 1, 0, [], 0)
    call setbufvar(a:buf, 'deepchat_error_tick', 0)
  endif
endfunction

" TextChanged, InsertLeave: an edit takes the error line away, and what markers
" say again may have changed with them (an undo).
function! deepchat#ui#edited(buf) abort
  call deepchat#port#virtual_sweep()
  if mode() ==# 'n' && deepchat#buf#running(a:buf) == 0
        \ && match(getline("'[", "']"), '^%% assistant\>') >= 0
    call deepchat#ui#decorate(a:buf, {})
  endif
  if s:has_images(a:buf)
    call deepchat#image#show(a:buf)
  endif
  let l:tick = getbufvar(a:buf, 'deepchat_error_tick', 0)
  if l:tick > 0 && l:tick != getbufvar(a:buf, 'changedtick')
    call deepchat#ui#clear_error(a:buf)
  endif
endfunction

" True if the last change may change what is said of images. While one is typed
" only what stands there counts, since no key may wait for all the others. What
" streams in has none, and moves no marks: they can still be around all of a
" long chat.
function! s:has_images(buf) abort
  if mode() ==# 'i'
    return match(getline(max([line('.') - (col('.') == 1), 1]), '.'), '!\[\|](') >= 0
  endif
  return deepchat#buf#running(a:buf) == 0 && (getbufvar(a:buf, 'deepchat_images', 0) > 0
        \ || match([getline('.')] + getline("'[", "']"), '^ \{0,3}!\[') >= 0)
endfunction

" ---- markers ---------------------------------------------------------------

" Say again, right-aligned and by the width there is, what the concealed pairs
" of the markers hold, and which of its alternates an answer is. event is that of a reply that has just ended, or {}: it
" knows the speed, which the file does not keep.
function! deepchat#ui#decorate(buf, event) abort
  if !bufloaded(a:buf)
    return
  endif
  if get(a:event, 'row', -1) >= 0 && get(a:event, 'seconds', 0) > 0
        \ && type(get(a:event, 'tokens_out', v:null)) != type(v:null)
    let l:speeds = getbufvar(a:buf, 'deepchat_speeds', {})
    let l:speeds[get(getbufline(a:buf, a:event.row + 1), 0, '')] = 1.0 * a:event.tokens_out / a:event.seconds
    call setbufvar(a:buf, 'deepchat_speeds', l:speeds)
  endif
  let l:count = a:buf == bufnr('%') ? line('$') : getbufinfo(a:buf)[0].linecount
  call deepchat#sum#update(a:buf)
  if get(a:event, 'row', -1) >= 0 && l:count > s:AT_ONCE
    call s:decorate_lines(a:buf, a:event.row + 1, a:event.row + 1)
    return
  endif
  call deepchat#port#virtual_clear(a:buf, s:MARKS)
  let s:round += 1
  call setbufvar(a:buf, 'deepchat_marks', {'round': s:round, 'count': 0})
  call s:decorate_up(a:buf, l:count, s:round)
  if match(getbufline(a:buf, max([l:count - s:AT_ONCE + 1, 1]), '$'), '^ \{0,3}!\[') >= 0
    call deepchat#image#show(a:buf)
  endif
endfunction

" The markers down to line last, the lowest at once, the others bit by bit, so
" that no key has to wait for a long chat. A later round ends this one.
function! s:decorate_up(buf, last, round) abort
  if !bufloaded(a:buf) || get(getbufvar(a:buf, 'deepchat_marks', {}), 'round', 0) != a:round
    return
  endif
  let l:first = max([a:last - s:AT_ONCE + 1, 1])
  call s:decorate_lines(a:buf, l:first, a:last)
  if l:first > 1
    call timer_start(1, {-> s:decorate_up(a:buf, l:first - 1, a:round)})
  endif
endfunction

function! s:decorate_lines(buf, first, last) abort
  let l:width = min([999] + map(win_findbuf(a:buf), 'winwidth(v:val)'))
  let l:marks = getbufvar(a:buf, 'deepchat_marks', {})
  if l:width < 50 || empty(l:marks)
    return
  endif
  let l:model = deepchat#model#of(a:buf)
  let l:lines = getbufline(a:buf, a:first, a:last)
  let l:any = match(l:lines, '^%% alternate\>') >= 0
  let l:first = match(l:lines, s:ANSWER)
  let l:at = l:first
  while l:at >= 0
    " those of the first one may stand above these lines
    let l:place = l:any || l:at == l:first ? deepchat#alt#place(a:buf, a:first + l:at) : ''
    let l:text = s:usage(a:buf, l:lines[l:at], l:width, l:model, l:place)
    if l:text !=# ''
      call deepchat#port#virtual(a:buf, s:MARKS + l:marks.count, a:first + l:at - 1, [[l:text, 'DeepChatUsage']], 1)
      let l:marks.count += 1
    endif
    let l:at = match(l:lines, s:ANSWER, l:at + 1)
  endwhile
endfunction

" Where some of it was reckoned, it is marked with ~.
function! s:price(pairs) abort
  if !has_key(a:pairs, 'est')
    return has_key(a:pairs, 'cost') ? ['$' . a:pairs.cost] : []
  endif
  return ['~' . deepchat#sum#dollars(str2float(get(a:pairs, 'cost', '0')) + str2float(a:pairs.est))]
endfunction

" The share of the prompt that the server had read before.
function! s:cached(pairs) abort
  let l:in = str2nr(get(a:pairs, 'in', 0))
  return l:in > 0 && has_key(a:pairs, 'cached') ? [printf('%d%% cached', 100 * str2nr(a:pairs.cached) / l:in)] : []
endfunction

function! s:usage(buf, marker, width, model, place) abort
  if a:marker !~# '^%% assistant \l'
    return a:place
  endif
  let l:pairs = deepchat#sum#pairs(a:marker)
  let l:parts = (has_key(l:pairs, 'out') ? [l:pairs.out . ' tok'] : []) + s:price(l:pairs)
  let l:place = a:place ==# '' ? [] : [a:place]
  let l:price = s:price(l:pairs)
  let l:narrow = [join(l:parts + l:place, ' '), join(l:price + l:place, ' '), join(l:place)]
  let l:speed = get(getbufvar(a:buf, 'deepchat_speeds', {}), a:marker, 0)
  if l:speed > 0 && !empty(l:parts)
    call insert(l:parts, printf('%.0f tok/s', l:speed), has_key(l:pairs, 'out') ? 1 : 0)
  endif
  let l:model = substitute(get(l:pairs, 'model', a:model), '^.*/', '', '')
  let l:finish = get(l:pairs, 'finish', 'stop')
  let l:head = (l:model ==# '' ? [] : [l:model]) + l:parts
  let l:tail = (l:finish ==# 'stop' ? [] : [l:finish])
        \ + (has_key(l:pairs, 'tier') ? ['tier ' . l:pairs.tier] : []) + l:place
  let l:wide = [join(l:head + s:cached(l:pairs) + l:tail, ' · '), join(l:head + l:tail, ' · ')]
  return s:first_that_fits((a:width < 70 ? [] : l:wide) + l:narrow, deepchat#port#right_room(a:marker, a:width))
endfunction

function! s:first_that_fits(texts, room) abort
  for l:text in a:texts
    if strwidth(l:text) <= a:room
      return l:text
    endif
  endfor
  return ''
endfunction

let &cpoptions = s:cpo
unlet s:cpo
