" What is said of a review: one line each.

let s:cpo = &cpoptions
set cpoptions&vim

" How it ended. about as deepchat#review#finish() has it.
function! deepchat#review_tell#end(review, about) abort
  let l:count = bufloaded(a:review.buf) ? len(filter(copy(a:review.hunks), 'deepchat#hunk#waits(v:val)')) : 0
  let l:goes_on = bufloaded(a:review.buf) && deepchat#review#may_go_on(a:review)
  if index(['error', 'interrupted'], a:about.finish) >= 0
    call deepchat#ui#error(a:about.line)
  elseif a:about.finish ==# 'stopped'
    call deepchat#ui#say('stopped; ' . (l:count > 0 ? s:hunks(l:count) . ' of it to review' : 'nothing was changed')
          \ . (l:goes_on ? '; :DeepContinue goes on' : ''))
  elseif a:about.line !=# ''
    call deepchat#ui#say(a:about.line)
  else
    call s:outcome(a:review, a:about.outcome, l:count)
  endif
endfunction

function! s:outcome(review, outcome, count) abort
  if a:outcome ==# 'empty'
    call deepchat#ui#say('an empty answer; nothing was changed')
  elseif a:outcome ==# 'refused'
    call deepchat#ui#say('no text but an explanation; :DeepLog has it')
  elseif a:outcome ==# 'cut'
    call deepchat#ui#say('cut by the token limit; :DeepContinue goes on')
  elseif a:outcome ==# 'same' || empty(a:review.hunks)
    call deepchat#ui#say('no change: the answer is the text as it is')
  elseif get(a:review.options, 'apply', 0)
    call deepchat#review_tell#met(a:review, filter(copy(a:review.hunks), 'v:val.met'))
  elseif a:count > 0 && a:review.buf != bufnr('%')
    let l:name = fnamemodify(bufname(a:review.buf), ':t')
    call deepchat#ui#say(s:hunks(s:waiting(a:review.buf)) . ' to review in ' . (l:name ==# '' ? 'another buffer' : l:name))
  elseif a:count > 0
    call deepchat#ui#say(s:hunks(s:waiting(a:review.buf)) . '; :DeepAccept, :DeepReject or :DeepDiff')
  endif
endfunction

" How many hunks are shown in buf and not decided, of all its reviews.
function! s:waiting(buf) abort
  let l:count = 0
  for l:review in filter(deepchat#review#of(a:buf), '!v:val.dropped')
    let l:count += len(filter(copy(l:review.hunks), 'deepchat#hunk#waits(v:val)'))
  endfor
  return l:count
endfunction

function! s:hunks(count) abort
  return a:count == 1 ? '1 hunk' : a:count . ' hunks'
endfunction

" Those hunks of a review are conflicts, and stay.
function! deepchat#review_tell#met(review, hunks) abort
  if len(a:hunks) == 1
    call deepchat#ui#error(deepchat#review_tell#name(a:review, a:hunks[0]) . ' met your edit, not applied; :DeepDiff shows it')
  elseif !empty(a:hunks)
    call deepchat#ui#error(len(a:hunks) . ' hunks met your edits, not applied; :DeepDiff shows them')
  endif
endfunction

" 'hunk 3 of 4'
function! deepchat#review_tell#name(review, hunk) abort
  return printf('hunk %d of %d', index(a:review.hunks, a:hunk) + 1, len(a:review.hunks))
endfunction

" count hunks have been dropped: how to see it, or them, again.
function! deepchat#review_tell#dropped(count, it, them) abort
  if a:count > 0
    call deepchat#ui#say(s:hunks(a:count) . ' dropped; ' . (a:count == 1 ? a:it : a:them))
  endif
endfunction

let &cpoptions = s:cpo
unlet s:cpo
