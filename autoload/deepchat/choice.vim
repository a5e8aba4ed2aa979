" The answers besides the first, where n asks for more than one. Each becomes an
" alternate (alt.vim) above the first answer, in their order, when its first
" text comes. Its reasoning waits for the end, since with that the alternate is
" written in another way. Their edits are the reply's, so one undo takes all.
"
" A lane is to an answer what a reply is to the first: the members that an edit
" of text needs, and its anchors, of which 'head' is the alternate's marker.
" number is the choice, reply the reply it belongs to.

let s:cpo = &cpoptions
set cpoptions&vim

" Bytes by which an alternate is known again.
let s:TAIL = 100
" The lines of one without text.
let s:PLACE = ['%% alternate', '', '', '']

" The lane of choice number of a reply.
function! deepchat#choice#lane(reply, number) abort
  if !has_key(a:reply, 'choices')
    let a:reply.choices = {}
  endif
  if !has_key(a:reply.choices, a:number)
    let a:reply.choices[a:number] = {'id': deepchat#buf#new_id(), 'buf': a:reply.buf, 'kind': s:KIND,
          \ 'seq': 0, 'bytes': 0, 'number': a:number, 'reply': a:reply, 'thoughts': [], 'tail': '', 'ended': 0}
  endif
  return a:reply.choices[a:number]
endfunction

" All lanes of a reply, the first choice first.
function! deepchat#choice#all(reply) abort
  return sort(values(get(a:reply, 'choices', {})), {a, b -> a.number - b.number})
endfunction

" True if something has come besides the first answer.
function! deepchat#choice#any(reply) abort
  return !empty(filter(deepchat#choice#all(a:reply), 'v:val.seq > 0'))
endfunction

" Add a piece to a lane, as deepchat#buf#append() says; the place of its reply is
" there. insert(lane, seq, kind, at, text) is the edit.
function! deepchat#choice#append(lane, seq, kind, text, insert) abort
  if a:kind ==# 'reasoning'
    call add(a:lane.thoughts, a:text)
    let a:lane.seq = a:seq
    return 'ok'
  endif
  let l:new = a:lane.bytes == 0
  if l:new || empty(deepchat#buf#place(a:lane))
    call s:find_again(a:lane.reply)
  endif
  let l:at = l:new ? repeat([s:row(a:lane), 0], 2) : deepchat#buf#place(a:lane)
  if empty(l:at)
    return 'dropped'
  elseif deepchat#buf#user_is_busy(a:lane.buf, l:at[2])
    return 'retry'
  endif
  let l:word = deepchat#buf#edit(a:lane.reply, a:insert, [a:lane, a:seq, a:kind, l:at, a:text])
  if l:word ==# 'ok'
    let a:lane.tail = strpart(a:lane.tail . a:text, max([strlen(a:lane.tail . a:text) - s:TAIL, 0]))
  endif
  if l:new && l:word ==# 'ok'
    let l:lnum = deepchat#choice#lnum(a:lane)
    call deepchat#turn#refold(a:lane.buf, l:lnum, deepchat#turn#range_end(a:lane.buf, l:lnum))
  endif
  return l:word
endfunction

" The line of its marker, 0 if it has none (any more).
function! deepchat#choice#lnum(lane) abort
  let l:head = a:lane.bytes > 0 ? deepchat#buf#anchor_at(a:lane, 'head') : []
  return empty(l:head) || deepchat#turn#is_marker(get(getbufline(a:lane.buf, l:head[0] + 1), 0, '')) !=# 'alternate'
        \ ? 0 : l:head[0] + 1
endfunction

" ---- the kind --------------------------------------------------------------

function! s:alive(lane, at) abort
  let l:lnum = deepchat#choice#lnum(a:lane)
  return l:lnum > 0 && l:lnum <= a:at[0] && deepchat#turn#is_marker(getbufline(a:lane.buf, a:at[2] + 1)[0]) ==# ''
endfunction

" Lines of the markers of all alternates to a reply, also of those from before.
function! s:alternates(reply) abort
  return deepchat#alt#group(a:reply.buf, deepchat#buf#anchor_at(a:reply, 'head')[0] + 1).alternates
endfunction

" An undo and a redo put alternates back, but in Neovim not their anchors. If
" there are as many without as there are lanes, each is that of its lane; else,
" from the last lane on, the next one above that has the end of its text.
function! s:find_again(reply) abort
  let l:lanes = filter(deepchat#choice#all(a:reply), 'v:val.tail !=# ""')
  let l:taken = map(filter(copy(l:lanes), '!empty(deepchat#buf#place(v:val))'), 'deepchat#choice#lnum(v:val)')
  let l:lost = filter(copy(l:lanes), 'empty(deepchat#buf#place(v:val))'
        \ . ' && index([0] + l:taken, deepchat#choice#lnum(v:val)) >= 0')
  let l:taken += map(l:lanes, 'deepchat#choice#lnum(v:val)')
  let l:free = filter(s:alternates(a:reply)[get(a:reply, 'older', 0) :], 'index(l:taken, v:val) < 0')
  let l:all = len(l:free) == len(l:lost)
  for l:lane in reverse(l:lost)
    let l:above = copy(l:free)
    while !empty(l:above) && !s:anchor_again(l:lane, l:above[-1], l:all)
      call remove(l:above, -1)
    endwhile
    if empty(l:above)
      let l:row = deepchat#buf#anchor_at(a:reply, 'head')[0]
      call deepchat#buf#anchor(l:lane, 'head', l:row, 0, l:row, 0)
    else
      let l:free = l:above[: -2]
    endif
  endfor
endfunction

" Put the anchors of a lane at the alternate in line lnum if it has the end of
" its text, or in any case: then where the text there ends. True if it did.
function! s:anchor_again(lane, lnum, always) abort
  let l:text = join(getbufline(a:lane.buf, a:lnum + 2, deepchat#turn#range_end(a:lane.buf, a:lnum)), "\n")
  let l:at = strridx(l:text, a:lane.tail)
  if l:text ==# '' || l:at < 0 && !a:always
    return 0
  endif
  let l:end = l:at < 0 ? strlen(substitute(l:text, '\n$', '', '')) : l:at + strlen(a:lane.tail)
  let l:before = split(strpart(l:text, 0, l:end), "\n", 1)
  call deepchat#buf#anchor(a:lane, 'head', a:lnum - 1, 0, a:lnum - 1, 0)
  call deepchat#buf#anchor(a:lane, 'text', a:lnum + 1, 0, a:lnum + len(l:before), strlen(l:before[-1]))
  return 1
endfunction

" Behind a lane: the next one that has a place, or the first answer.
function! s:next(lane) abort
  let l:behind = filter(deepchat#choice#all(a:lane.reply),
        \ 'v:val.number > a:lane.number && deepchat#choice#lnum(v:val) > 0')
  return get(l:behind, 0, a:lane.reply)
endfunction

" Replace count lines from row on, where the anchor 'head' of next may stand
" right behind them.
function! s:replace(next, row, count, lines) abort
  let l:head = deepchat#buf#anchor_at(a:next, 'head')[0] + len(a:lines) - a:count
  call deepchat#port#replace(a:next.buf, a:row, a:count, a:lines)
  call deepchat#buf#anchor(a:next, 'head', l:head, 0, l:head, 0)
endfunction

" The row where a lane's place is to be: in front of what is behind it.
function! s:row(lane) abort
  let l:next = s:next(a:lane)
  let l:row = deepchat#buf#anchor_at(l:next, 'head')[0]
  return l:next is a:lane.reply ? deepchat#alt#group(a:lane.buf, l:row + 1).first - 1 : l:row
endfunction

" An edit: the place of a lane. The user may have interrupted it behind the lines.
function! s:make_place(lane, at) abort
  let a:lane.reply.older = get(a:lane.reply, 'older', len(s:alternates(a:lane.reply)))
  let l:row = s:row(a:lane)
  if get(a:lane, 'began', 0) && getbufline(a:lane.buf, l:row - 3, l:row) ==# s:PLACE
    let l:row -= 4
  else
    let a:lane.began = 1
    call s:replace(s:next(a:lane), l:row, 0, s:PLACE)
  endif
  call deepchat#buf#anchor(a:lane, 'head', l:row, 0, l:row, 0)
  call deepchat#buf#anchor(a:lane, 'text', l:row + 2, 0, l:row + 2, 0)
  return [l:row + 2, 0, l:row + 2, 0]
endfunction

let s:KIND = {'name': 'chat', 'alive': function('s:alive'), 'first': function('s:make_place')}

" ---- the end ---------------------------------------------------------------

" An edit: the markers of the choices, and their reasoning. about as
" deepchat#buf#finish() has it. Returns the pair that makes the first answer the
" one in front of them, and the first row that has changed, -1 for none.
function! deepchat#choice#end(reply, about) abort
  let l:pair = ''
  let l:top = -1
  call s:find_again(a:reply)
  for l:lane in deepchat#choice#all(a:reply)
    if l:lane.bytes == 0 && !empty(l:lane.thoughts) && !l:lane.ended
      call s:make_place(l:lane, [])
      let l:lane.bytes = 1
    endif
    let l:lnum = deepchat#choice#lnum(l:lane)
    if l:lnum > 0 && l:top < 0
      let l:top = l:lnum - 1
      let l:at = index(s:alternates(a:reply), l:lnum)
      let l:pair = l:at < 0 ? '' : ' alt=' . (l:at + 1)
    endif
    if l:lnum > 0 && !l:lane.ended
      call s:end_lane(l:lane, l:lnum, get(get(a:about, 'choices', []), l:lane.number - 1, a:about.pairs))
    endif
  endfor
  return [l:pair, l:top]
endfunction

function! s:end_lane(lane, lnum, pairs) abort
  let l:old = getbufline(a:lane.buf, a:lnum, deepchat#turn#range_end(a:lane.buf, a:lnum))
  let l:thoughts = join(a:lane.thoughts, '')
  let l:turns = (l:thoughts ==# '' ? [] : ['%% reasoning', ''] + split(l:thoughts, "\n", 1) + [''])
        \ + ['%% assistant' . a:pairs] + l:old[1:]
  let l:new = deepchat#alt#from_turns(l:turns)
  let l:count = l:new[1:] ==# l:old[1:] ? 1 : len(l:old)
  call s:replace(s:next(a:lane), a:lnum - 1, l:count, l:count == 1 ? l:new[:0] : l:new)
  call deepchat#buf#anchor(a:lane, 'head', a:lnum - 1, 0, a:lnum - 1, 0)
  let a:lane.ended = 1
endfunction

let &cpoptions = s:cpo
unlet s:cpo
