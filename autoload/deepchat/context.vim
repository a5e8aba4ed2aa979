" What a chat takes along. References in the turn that is sent become context
" turns at that send: what the editor has is taken from it, the rest is read by
" the host, and they go into the chat in the edit that makes room for the
" answer. Nothing of it is left if no byte of an answer comes.

let s:cpo = &cpoptions
set cpoptions&vim

" Bytes of all sources in one send.
let s:MOST = 4194304
let s:FENCE = '^\s*\zs`\+'

" The turn that is known to refer to nothing.
let s:plain = ''

" What is being gathered, by its id: buf; all sources; those that the host reads,
" and the text of each as it comes; done.
let s:gathers = {}

" ---- turns -----------------------------------------------------------------

" A context turn: from, where the lines come from; language of its fence.
function! deepchat#context#turn(from, lines, language) abort
  let l:fence = '```'
  for l:line in a:lines
    let l:ticks = l:line =~# '^\s*```' ? matchstr(l:line, s:FENCE) : ''
    let l:fence = strlen(l:ticks) >= strlen(l:fence) ? l:ticks . '`' : l:fence
  endfor
  return ['%% context from=' . deepchat#context#encode(a:from), '', l:fence . a:language]
        \ + map(copy(a:lines), {_, l -> deepchat#turn#escape(l)}) + [l:fence, '']
endfunction

" The opposite: the lines of a turn's fence, un-escaped; [] if it has none.
function! deepchat#context#lines(turn) abort
  let l:first = match(a:turn, '\S', 1)
  let l:last = len(a:turn) - 1 - match(reverse(copy(a:turn)), '\S')
  if l:first < 0 || l:last <= l:first || a:turn[l:first] !~# '^```' || a:turn[l:last] !~# '^```\+$'
    return []
  endif
  return map(a:turn[l:first + 1 : l:last - 1], {_, l -> deepchat#turn#unescape(l)})
endfunction

" A value of a marker's pair: blanks, %, = and controls are percent-encoded. A
" long one loses its front, since a marker has to stay short.
function! deepchat#context#encode(text) abort
  let l:text = strcharpart(a:text, max([0, strchars(a:text) - 200]))
  return substitute(l:text, '[[:cntrl:] %=]', '\=printf("%%%02X", char2nr(submatch(0)))', 'g')
endfunction

" And back.
function! deepchat#context#decode(value) abort
  return substitute(a:value, '%\([0-7]\x\)', '\=nr2char("0x" . submatch(1))', 'g')
endfunction

" [line, from] of the context turns of buf that belong to the turn whose marker
" is in line lnum: those right above it.
function! deepchat#context#above(buf, lnum) abort
  let l:found = []
  let [l:at, l:role] = deepchat#turn#last_marker(a:buf, a:lnum - 1)
  while l:role ==# 'context'
    let l:from = matchstr(getbufline(a:buf, l:at)[0], ' from=\zs\S*')
    call insert(l:found, [l:at, deepchat#context#decode(l:from)])
    let [l:at, l:role] = deepchat#turn#last_marker(a:buf, l:at - 1)
  endwhile
  return l:found
endfunction

" ---- at the send -----------------------------------------------------------

" The files that the turn ending with line last of buf refers to.
function! deepchat#context#files(buf, last) abort
  let l:sources = s:wanted(a:buf, a:last)
  return map(filter(l:sources, 'get(v:val, "path", get(v:val, "file", "")) !=# ""'),
        \ 'get(v:val, "path", get(v:val, "file", ""))')
endfunction

" What it refers to and does not have above it yet. A send asks twice, mostly
" about a turn that refers to nothing.
function! s:wanted(buf, last) abort
  let l:turn = join([a:buf, getbufvar(a:buf, 'changedtick'), a:last])
  if l:turn ==# s:plain
    return []
  endif
  let [l:row, l:between] = s:place(a:buf, a:last)
  let l:references = l:row < 0 ? [] : deepchat#reference#find(getbufline(a:buf, l:row + 1, a:last))
  if empty(l:references)
    let s:plain = l:turn
    return []
  endif
  let l:have = map(deepchat#context#above(a:buf, l:row + 1), 'v:val[1]')
  return filter(deepchat#source#of(a:buf, l:references), 'index(l:have, v:val.from) < 0')
endfunction

" [row, lines]: context turns of the turn that ends with line last go in front of
" that row, and behind them, where there is no marker yet, these lines. Row -1:
" it is no turn of the user's.
function! s:place(buf, last) abort
  let [l:marker, l:role] = deepchat#turn#last_marker(a:buf, a:last)
  if l:marker > 0
    return [l:role ==# 'user' ? l:marker - 1 : -1, []]
  endif
  let l:head = getbufline(a:buf, 1, 200)
  let l:front = get(l:head, 0, '') ==# '---' ? index(l:head, '---', 1) + 1 : 0
  let l:front += l:front > 0 && get(l:head, l:front, 'x') ==# ''
  return [l:front, ['%% user', '']]
endfunction

" Ask for reply id to the turn that ends with line last of buf, once all that it
" refers to is there. As deepchat#chat#ask_host().
function! deepchat#context#ask_host(id, buf, last, options) abort
  let l:sources = s:wanted(a:buf, a:last)
  if empty(l:sources)
    return deepchat#chat#ask_host(a:id, a:buf, a:last, a:options)
  endif
  call deepchat#context#gather(a:id, a:buf, l:sources, {why -> s:go_on(a:id, l:sources, a:options, why)})
  return !empty(deepchat#buf#get(a:id))
endfunction

" What a send of that turn would take along, for :DeepInspect: done(why,
" options), the latter as deepchat#chat#message() has them.
function! deepchat#context#preview(buf, last, done) abort
  let l:sources = s:wanted(a:buf, a:last)
  if empty(l:sources)
    call a:done('', {})
    return
  endif
  let [l:row, l:between] = s:place(a:buf, a:last)
  call deepchat#context#gather(deepchat#buf#new_id(), a:buf, l:sources,
        \ {why -> a:done(why, why !=# '' ? {} : {'row': l:row, 'context': s:turns(l:sources) + l:between})})
endfunction

function! s:turns(sources) abort
  let l:turns = []
  for l:source in a:sources
    let l:turns += deepchat#context#turn(l:source.from, l:source.lines, l:source.language)
  endfor
  return l:turns
endfunction

" All is there, or why not.
function! s:go_on(id, sources, options, why) abort
  let l:reply = deepchat#buf#get(a:id)
  let l:at = empty(l:reply) || !bufloaded(l:reply.buf) ? [] : deepchat#buf#anchor_at(l:reply, 'end')
  let [l:row, l:between] = empty(l:at) ? [-1, []] : s:place(l:reply.buf, l:at[2] + 1)
  if a:why !=# '' || l:row < 0
    call deepchat#buf#finish(a:id, {'finish': 'error', 'refused': 1, 'got_text': 0, 'pairs': '', 'pieces': 0,
          \ 'line': a:why !=# '' ? a:why : 'the turn is gone; nothing was sent'})
    return
  endif
  let l:reply.context = s:turns(a:sources)
  call deepchat#chat#ask_host(a:id, l:reply.buf, l:at[2] + 1,
        \ extend({'row': l:row, 'context': l:reply.context + l:between}, a:options))
endfunction

" This reply (0: any) is not wanted any more, if nothing was sent for it yet.
function! deepchat#context#stop(id) abort
  for l:id in a:id > 0 ? [a:id] : map(keys(s:gathers), 'str2nr(v:val)')
    if has_key(s:gathers, l:id)
      call remove(s:gathers, l:id)
      call deepchat#buf#finish(l:id, {'finish': 'stopped', 'refused': 1, 'got_text': 0,
            \ 'pairs': '', 'pieces': 0, 'line': ''})
    endif
  endfor
endfunction

" Part of the edit that makes room for reply to the turn that ends in row: put
" its context turns above that turn. Returns how many lines it has now put
" there, and in front of which row.
function! deepchat#context#insert(reply, row) abort
  let [l:row, l:between] = has_key(a:reply, 'context') ? s:place(a:reply.buf, a:row + 1) : [-1, []]
  if l:row < 0
    return [0, a:row]
  endif
  let a:reply.context += l:between
  call deepchat#port#replace(a:reply.buf, l:row, 0, a:reply.context)
  call deepchat#buf#anchor(a:reply, 'context', l:row, 0, l:row, 0)
  return [len(a:reply.context), l:row]
endfunction

" The same backwards, where no answer came; what the user has changed stays.
function! deepchat#context#remove(reply) abort
  let l:at = has_key(a:reply, 'context') ? deepchat#buf#anchor_at(a:reply, 'context') : []
  let l:count = empty(l:at) ? 0 : len(a:reply.context)
  if l:count == 0 || getbufline(a:reply.buf, l:at[0] + 1, l:at[0] + l:count) !=# a:reply.context
    return [0, 0]
  endif
  call deepchat#port#replace(a:reply.buf, l:at[0], l:count, [])
  return [l:count, l:at[0]]
endfunction

" ---- gathering -------------------------------------------------------------

" Get the lines of sources that are seen from the chat in buf; done('') or
" done(why) is called once, maybe at once. id is one of buf.vim's.
function! deepchat#context#gather(id, buf, sources, done) abort
  let l:why = s:objection(a:buf, a:sources)
  let l:remote = filter(copy(a:sources), '!has_key(v:val, "lines")')
  if l:why !=# '' || empty(l:remote)
    call a:done(l:why)
    return
  endif
  let s:gathers[a:id] = {'buf': a:buf, 'all': a:sources, 'sources': l:remote,
        \ 'texts': repeat([''], len(l:remote)), 'done': a:done}
  let l:items = map(copy(l:remote), 'has_key(v:val, "diff") ? {"diff": 1} '
        \ . ': {"path": v:val.path, "first": v:val.first, "last": v:val.last}')
  let l:why = deepchat#host#send('context', {'id': a:id, 'items': l:items, 'file': deepchat#file#path(a:buf),
        \ 'project': getbufvar(a:buf, 'deepchat_project', getcwd()),
        \ 'cwd': deepchat#allow#cwd(a:buf), 'allowed': deepchat#allow#allowed()})
  if l:why !=# ''
    call deepchat#context#gathered(a:id, l:why)
  endif
endfunction

" Why not all of the sources may go along, as far as the editor knows.
function! s:objection(buf, sources) abort
  let l:bytes = 0
  for l:source in a:sources
    let l:bytes += strlen(join(get(l:source, 'lines', []), "\n"))
    if has_key(l:source, 'why')
      return l:source.why
    elseif get(l:source, 'file', '') !=# '' && !deepchat#allow#may(a:buf, l:source.file)
      return deepchat#source#shown(l:source.file) . ' is outside the project; nothing was sent'
    endif
  endfor
  return l:bytes > s:MOST ? 'what goes along is over 4 MiB; nothing was sent' : ''
endfunction

" Host: a piece of the text of a source.
function! deepchat#context#piece(id, number, text) abort
  if has_key(s:gathers, a:id)
    let s:gathers[a:id].texts[a:number] .= a:text
  endif
  return 1
endfunction

" Host: that was all; or why it cannot be had.
function! deepchat#context#gathered(id, why) abort
  if !has_key(s:gathers, a:id)
    return
  endif
  let l:gather = remove(s:gathers, a:id)
  for l:at in a:why !=# '' ? [] : range(len(l:gather.sources))
    let l:gather.sources[l:at].lines = split(l:gather.texts[l:at], "\n", 1)
  endfor
  call l:gather.done(a:why !=# '' ? a:why : s:objection(l:gather.buf, l:gather.all))
endfunction

" The host has died: nothing more comes. Returns 1 if that was told.
function! deepchat#context#host_gone() abort
  let l:gathers = values(s:gathers)
  let s:gathers = {}
  for l:gather in l:gathers
    call l:gather.done('the host stopped; nothing was sent')
  endfor
  return !empty(l:gathers)
endfunction

let &cpoptions = s:cpo
unlet s:cpo
