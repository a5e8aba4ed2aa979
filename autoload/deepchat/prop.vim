" Vim only: anchors and virtual text as text properties, and the edits that
" carry them along. port.vim calls this; lines are 1-based here, columns 0-based.
"
" An anchor is two properties without length, one at each end: the left one
" stays where text is inserted, the right one moves on. Vim moves them with the
" user's edits and brings them back with undo, but drops all properties of a
" line that setbufline() writes, so they are put there again.

let s:cpo = &cpoptions
set cpoptions&vim

let s:LEFT = 'deepchatLeft'
let s:RIGHT = 'deepchatRight'
let s:NEAR = 300

" Where things were when they were last seen: buf -> key -> [left line, right
" line, [key of the next anchor below, lines up to it]].
let s:seen = {}
" Virtual text: buf -> key -> {lnum, align, chunks, ids, types, text of the first}.
let s:virtual = {}
" Whose a property of prop_list() is: buf -> its name -> set of keys.
let s:named = {}
let s:looks = []

if empty(prop_type_get(s:LEFT))
  call prop_type_add(s:LEFT, {'start_incl': 1})
  call prop_type_add(s:RIGHT, {})
endif

function! s:count(buf) abort
  return a:buf == bufnr('%') ? line('$') : getbufinfo(a:buf)[0].linecount
endfunction

function! s:line(buf, lnum) abort
  return get(getbufline(a:buf, a:lnum), 0, '')
endfunction

" Lines first to last of buf, as far as there are such, for prop_list().
function! s:list(buf, first, last, filter) abort
  let l:count = s:count(a:buf)
  let l:first = max([a:first, 1])
  if l:first > l:count
    return []
  endif
  return prop_list(l:first, extend({'bufnr': a:buf, 'end_lnum': min([a:last, l:count])}, a:filter))
endfunction

" ---- anchors ---------------------------------------------------------------

" [line, column] of one end, [] if it is gone. It is looked for where it was,
" then around there, then everywhere. Vim lets it stand behind the end of a line
" that was the buffer's only one and was deleted.
function! s:find(buf, type, key, hint) abort
  for l:reach in [0, s:NEAR, s:count(a:buf)]
    let l:found = s:list(a:buf, a:hint - l:reach, a:hint + l:reach, {'ids': [a:key], 'types': [a:type]})
    if !empty(l:found)
      return [l:found[0].lnum, min([l:found[0].col - 1, strlen(s:line(a:buf, l:found[0].lnum))])]
    endif
  endfor
  return []
endfunction

function! s:put(buf, type, key, lnum, col) abort
  let l:col = min([a:col, strlen(s:line(a:buf, a:lnum))])
  call prop_add(a:lnum, l:col + 1, {'type': a:type, 'id': a:key, 'bufnr': a:buf})
endfunction

function! s:all_seen(buf) abort
  if !has_key(s:seen, a:buf)
    let s:seen[a:buf] = {}
  endif
  return s:seen[a:buf]
endfunction

" The same as deepchat#port#anchor().
function! deepchat#prop#anchor(buf, key, lnum, col, end_lnum, end_col) abort
  call deepchat#prop#anchor_drop(a:buf, a:key)
  call s:put(a:buf, s:LEFT, a:key, a:lnum, a:col)
  call s:put(a:buf, s:RIGHT, a:key, a:end_lnum, a:end_col)
  let l:all = s:all_seen(a:buf)
  let l:all[a:key] = [a:lnum, a:end_lnum, []]
endfunction

" [line, column, end line, end column], [] if the anchor is gone. An end whose
" line was deleted is put where the text ends now.
function! deepchat#prop#anchor_at(buf, key) abort
  let l:seen = get(s:all_seen(a:buf), a:key, [])
  if empty(l:seen)
    return []
  endif
  let l:left = s:find(a:buf, s:LEFT, a:key, l:seen[0])
  let l:right = s:find(a:buf, s:RIGHT, a:key, l:seen[1])
  if empty(l:left) && empty(l:right)
    return []
  elseif empty(l:right)
    let l:right = s:end_again(a:buf, a:key, l:left, l:seen[2])
  elseif empty(l:left)
    let l:left = [max([l:right[0] - (l:right[1] == 0), 1]), 0]
    call s:put(a:buf, s:LEFT, a:key, l:left[0], l:left[1])
  endif
  let l:seen[0] = l:left[0]
  let l:seen[1] = l:right[0]
  return l:left + l:right
endfunction

" The line with the right end of an anchor is gone: as far above the next anchor
" as it was, the text ends.
function! s:end_again(buf, key, left, below) abort
  let l:lnum = a:left[0]
  if !empty(a:below)
    let l:next = get(s:all_seen(a:buf), a:below[0], [1])
    let l:at = s:find(a:buf, s:LEFT, a:below[0], l:next[0])
    let l:lnum = empty(l:at) ? l:lnum : max([l:at[0] - a:below[1], l:lnum])
  endif
  let l:end = [l:lnum, strlen(s:line(a:buf, l:lnum))]
  call s:put(a:buf, s:RIGHT, a:key, l:end[0], l:end[1])
  return l:end
endfunction

" Note how far below line lnum, where anchor key ends, the next anchor is.
function! s:note_below(buf, key, lnum) abort
  let l:seen = get(s:all_seen(a:buf), a:key, [])
  if !empty(l:seen)
    let l:below = s:list(a:buf, a:lnum + 1, a:lnum + 20, {'types': [s:LEFT]})
    let l:seen[2] = empty(l:below) ? [] : [l:below[0].id, l:below[0].lnum - a:lnum]
  endif
endfunction

" Take an anchor away, if it is there.
function! deepchat#prop#anchor_drop(buf, key) abort
  let l:seen = get(s:all_seen(a:buf), a:key, [])
  if empty(l:seen)
    return
  endif
  call remove(s:seen[a:buf], a:key)
  for [l:type, l:hint] in bufloaded(a:buf) ? [[s:LEFT, l:seen[0]], [s:RIGHT, l:seen[1]]] : []
    let l:at = s:find(a:buf, l:type, a:key, l:hint)
    if !empty(l:at)
      call prop_remove({'type': l:type, 'id': a:key, 'both': 1, 'bufnr': a:buf}, l:at[0])
    endif
  endfor
endfunction

" ---- edits -----------------------------------------------------------------

" These functions return 1, or throw, where no edit is allowed now.
function! s:must(failed) abort
  if a:failed
    throw 'deepchat: textlock'
  endif
endfunction

" Insert lines into buf: the first goes on at lnum, col. Once begun it is done: a
" user who presses CTRL-C is not to find half of it there, or all of it twice.
function! deepchat#prop#insert(buf, lnum, col, lines) abort
  let l:line = s:line(a:buf, a:lnum)
  let l:new = copy(a:lines)
  let l:new[0] = strpart(l:line, 0, a:col) . l:new[0]
  let l:end = strlen(l:new[-1])
  let l:new[-1] .= strpart(l:line, a:col)
  let l:props = s:list(a:buf, a:lnum, a:lnum, {})
  let l:count = len(l:new) > 1 ? s:count(a:buf) + len(l:new) - 1 : 0
  try
    call s:write(a:buf, a:lnum, l:new, l:count)
    call s:put_all(a:buf, a:lnum, a:col, l:props, len(l:new), l:end)
  catch /^Vim:Interrupt$/
    call s:write(a:buf, a:lnum, l:new, l:count)
    call s:put_all(a:buf, a:lnum, a:col, l:props, len(l:new), l:end)
  endtry
endfunction

" Write lines over line lnum, which takes the properties away; count is how many
" lines buf has then, if they are more than one.
function! s:write(buf, lnum, lines, count) abort
  call s:must(setbufline(a:buf, a:lnum, a:lines[0]))
  if len(a:lines) > 1 && s:count(a:buf) < a:count
    call s:must(appendbufline(a:buf, a:lnum, a:lines[1:]))
  elseif len(a:lines) > 1
    call s:must(setbufline(a:buf, a:lnum + len(a:lines) - 1, a:lines[-1]))
  endif
endfunction

" Put the properties of line lnum there again. At col came lines, len of them; the
" last one ended at end.
function! s:put_all(buf, lnum, col, props, len, end) abort
  let l:texts = []
  for l:prop in a:props
    if s:is_text(l:prop)
      call add(l:texts, l:prop)
      continue
    endif
    let l:moves = l:prop.col - 1 > a:col || (l:prop.col - 1 == a:col && l:prop.type !=# s:LEFT)
    call s:put_again(a:buf, l:prop, l:moves ? a:lnum + a:len - 1 : a:lnum,
          \ l:prop.col - 1 + (l:moves ? a:end - a:col : 0))
  endfor
  call s:virtual_again(a:buf, a:lnum, l:texts)
endfunction

" A property of the line that was written; those of others too.
function! s:put_again(buf, prop, lnum, col) abort
  if a:prop.type ==# s:LEFT || a:prop.type ==# s:RIGHT
    call s:put(a:buf, a:prop.type, a:prop.id, a:lnum, a:col)
    let l:seen = get(s:all_seen(a:buf), a:prop.id, [0, 0])
    let l:seen[a:prop.type ==# s:RIGHT] = a:lnum
    if a:prop.type ==# s:RIGHT
      call s:note_below(a:buf, a:prop.id, a:lnum)
    endif
    return
  endif
  let l:room = strlen(s:line(a:buf, a:lnum)) - a:col
  silent! call prop_add(a:lnum, a:col + 1, {'type': a:prop.type, 'id': a:prop.id, 'bufnr': a:buf,
        \ 'length': min([a:prop.length, l:room])})
endfunction

" Replace count lines from lnum on by lines.
function! deepchat#prop#replace(buf, lnum, count, lines) abort
  let l:same = min([a:count, len(a:lines)])
  for l:at in range(l:same)
    if s:line(a:buf, a:lnum + l:at) !=# a:lines[l:at]
      call s:must(setbufline(a:buf, a:lnum + l:at, a:lines[l:at]))
    endif
  endfor
  if len(a:lines) > l:same
    call s:must(appendbufline(a:buf, a:lnum + l:same - 1, a:lines[l:same :]))
  elseif a:count > l:same
    call s:must(deletebufline(a:buf, a:lnum + l:same, a:lnum + a:count - 1))
  endif
endfunction

" ---- virtual text ----------------------------------------------------------

" The property type for text of a highlight group.
function! s:look(group) abort
  let l:type = 'deepchat' . a:group
  if empty(prop_type_get(l:type))
    call prop_type_add(l:type, hlexists(a:group) ? {'highlight': a:group} : {})
    call add(s:looks, l:type)
  endif
  return l:type
endfunction

" True if a property of prop_list() is virtual text: Vim 9.0 tells the id, which
" is negative, newer ones the text.
function! s:is_text(prop) abort
  return has_key(a:prop, 'text') || a:prop.id < 0
endfunction

" What prop_list() tells the first property of an entry apart by.
function! s:names(entry) abort
  return [a:entry.ids[0], a:entry.types[0] . ' ' . a:entry.text]
endfunction

" The key that a property of line lnum belongs to, '' if it is no first one. Of
" those with the same text it is the one that was seen nearest.
function! s:key_of(buf, prop, lnum) abort
  let l:name = has_key(a:prop, 'text') ? a:prop.type . ' ' . a:prop.text : a:prop.id
  let l:best = ''
  for l:key in keys(get(get(s:named, a:buf, {}), l:name, {}))
    let l:far = abs(s:virtual[a:buf][l:key].lnum - a:lnum)
    if l:best ==# '' || l:far < l:least
      let [l:best, l:least] = [l:key, l:far]
    endif
  endfor
  return l:best
endfunction

" chunks under key at line lnum; align as of prop_add(); none takes it away.
function! deepchat#prop#virtual(buf, key, lnum, chunks, align) abort
  call s:virtual_drop(a:buf, a:key)
  if empty(a:chunks)
    return
  endif
  if !has_key(s:virtual, a:buf)
    let [s:virtual[a:buf], s:named[a:buf]] = [{}, {}]
  endif
  let l:entry = {'lnum': a:lnum, 'align': a:align, 'chunks': a:chunks, 'ids': [], 'types': []}
  for [l:text, l:group] in reverse(copy(a:chunks))
    let l:entry.text = substitute(l:text, '[[:cntrl:]]', ' ', 'g')
    call insert(l:entry.types, s:look(l:group))
    call insert(l:entry.ids, prop_add(a:lnum, 0, {'bufnr': a:buf, 'type': l:entry.types[0],
          \ 'text': l:entry.text, 'text_align': a:align}))
  endfor
  let s:virtual[a:buf][a:key] = l:entry
  for l:name in s:names(l:entry)
    let s:named[a:buf][l:name] = extend(get(s:named[a:buf], l:name, {}), {a:key: 1})
  endfor
endfunction

" Its entry, which is no longer one; {} if it was none.
function! s:forget(buf, key) abort
  if !has_key(get(s:virtual, a:buf, {}), a:key)
    return {}
  endif
  let l:entry = remove(s:virtual[a:buf], a:key)
  for l:name in s:names(l:entry)
    call remove(s:named[a:buf][l:name], a:key)
    if empty(s:named[a:buf][l:name])
      call remove(s:named[a:buf], l:name)
    endif
  endfor
  return l:entry
endfunction

function! s:virtual_drop(buf, key) abort
  let l:entry = s:forget(a:buf, a:key)
  if empty(l:entry)
    return
  endif
  for l:at in bufloaded(a:buf) ? range(len(l:entry.ids)) : []
    let l:what = {'id': l:entry.ids[l:at], 'type': l:entry.types[l:at], 'both': 1, 'bufnr': a:buf}
    call s:remove(a:buf, l:what, l:entry.lnum)
  endfor
endfunction

" A property that was at line hint: it is looked for like an anchor.
function! s:remove(buf, what, hint) abort
  let l:count = s:count(a:buf)
  for l:reach in [0, s:NEAR, s:NEAR * 10, l:count]
    let l:first = max([a:hint - l:reach, 1])
    if l:first <= l:count && prop_remove(a:what, l:first, min([a:hint + l:reach, l:count])) > 0
      return
    endif
  endfor
endfunction

" What of props, which line lnum had before it was written, is ours. The line
" has none of it now, and to look for it would be a walk through the buffer.
function! s:virtual_again(buf, lnum, props) abort
  for l:prop in reverse(copy(a:props))
    let l:key = s:key_of(a:buf, l:prop, a:lnum)
    if l:key !=# ''
      let l:entry = s:forget(a:buf, l:key)
      call deepchat#prop#virtual(a:buf, l:key, a:lnum, l:entry.chunks, l:entry.align)
    endif
  endfor
endfunction

" Take away what lines first to last have of ours and should not.
function! deepchat#prop#virtual_sweep(buf, first, last) abort
  let l:first = max([a:first, 1])
  let l:last = min([a:last, a:first + s:NEAR, s:count(a:buf)])
  for l:lnum in empty(s:looks) || l:last < l:first ? [] : range(l:first, l:last)
    let l:props = s:list(a:buf, l:lnum, l:lnum, {'types': s:looks})
    for l:prop in l:props
      call prop_remove({'type': l:prop.type, 'all': 1, 'bufnr': a:buf}, l:lnum)
    endfor
    call s:virtual_again(a:buf, l:lnum, l:props)
  endfor
endfunction

" Take away all virtual text with a key of low or more.
function! deepchat#prop#virtual_clear(buf, low) abort
  for l:key in filter(keys(get(s:virtual, a:buf, {})), 'str2nr(v:val) >= a:low')
    call s:virtual_drop(a:buf, l:key)
  endfor
endfunction

let &cpoptions = s:cpo
unlet s:cpo
