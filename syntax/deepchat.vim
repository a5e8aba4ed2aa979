" A chat: marker lines and a small Markdown. Made to be redrawn while text
" streams in, so nothing but fences and the front matter spans lines, and how
" far back the state of a line is looked for is bounded. Patterns that
" begin with what may be missing are tried on every line that is drawn: \%#=1
" chooses the engine for them that does not allocate 160 KiB for each try.
if exists('b:current_syntax')
  finish
endif
let s:cpo = &cpoptions
set cpoptions&vim
syntax case match
syntax spell toplevel

" ---- Markdown --------------------------------------------------------------
syntax match deepchatUrl "\<https\?://[^][ \t<>\"'`()]*"
syntax match deepchatListMark "\%#=1^\s*\%([-*+]\|\d\{1,9}[.)]\)\%(\s\)\@="
syntax region deepchatItalic matchgroup=deepchatDelimiter oneline
      \ start="\*\%(\*\*\)\@2<!\%([^* \t]\)\@=" end="[^* \t]\@1<=\*\*\@!" contains=deepchatCode
syntax region deepchatItalic matchgroup=deepchatDelimiter oneline
      \ start="\<_\%([^_ \t]\)\@=" end="[^_ \t]\@1<=_\>" contains=deepchatCode
syntax region deepchatBold matchgroup=deepchatDelimiter oneline
      \ start="\*\*\%([^* \t]\)\@=" end="\S\@1<=\*\*" contains=deepchatCode,deepchatItalic
syntax region deepchatBold matchgroup=deepchatDelimiter oneline
      \ start="\<__\%([^_ \t]\)\@=" end="\S\@1<=__\>" contains=deepchatCode
syntax match deepchatLink "\%#=1!\?\[[^][]*\]([^() \t]*)" contains=deepchatTarget
syntax match deepchatTarget contained "(\@1<=[^() \t]\+" contains=@NoSpell
syntax region deepchatCode matchgroup=deepchatDelimiter oneline start="`" end="`" contains=@NoSpell
syntax region deepchatCode matchgroup=deepchatDelimiter oneline start="``" end="``" contains=@NoSpell
syntax match deepchatQuote "\%#=1^ \{0,3}>\s\?.*" contains=@deepchatInline
syntax match deepchatHeading "\%#=1^ \{0,3}#\{1,6}\%(\s.*\)\?$" contains=@deepchatInline
syntax match deepchatRule "\%#=1^ \{0,3}\%(-\s*-\s*-[- \t]*\|\*\s*\*\s*\*[* \t]*\|_\s*_\s*_[_ \t]*\)$"
syntax cluster deepchatInline contains=deepchatUrl,deepchatItalic,deepchatBold,deepchatLink,deepchatCode

let s:role = '\%(system\|user\|assistant\|reasoning\|context\|call\|tool\|alternate\|note\)'
" As in autoload/deepchat/turn.vim.
let s:pairs = '\%( [a-z][a-z0-9_-]*=\%([^\x01-\x20\x7f=%]\|%\x\x\)*\)*[ \t\r]*$'

" A fence, and its end or that of the turn. One that stands in a list item is
" indented, and so is its end.
let s:fence = 'syntax region deepchatFence matchgroup=deepchatFenceMark keepend'
      \ . ' contains=deepchatEscape,@NoSpell end="^\%(%% ' . s:role . s:pairs . '\)\@="'
execute s:fence 'start="\%#=1^ \{0,3}\z(`\{3,}\%([^`]*$\)\@=\|\~\{3,}\).*$" end="^ \{0,3}\z1[`~]*\s*$"'
execute s:fence 'start="\%#=1^\%( \{4,}\| *\t\s*\)\z(`\{3,}\%([^`]*$\)\@=\|\~\{3,}\).*$"'
      \ 'end="^\s\+\z1[`~]*\s*$"'

" ---- turns -----------------------------------------------------------------
execute 'syntax match DeepChatNearMiss "\%#=1^\s*%%\s*\c' . s:role . '\>.*$"'
execute 'syntax match deepchatMarker contains=@deepchatRole "^%% ' . s:role . s:pairs . '"'
execute 'syntax match deepchatEscape "^%%%\+\%( ' . s:role . s:pairs . '\)\@="'
for s:name in split('System User Assistant Reasoning Context Call Tool Alternate Note')
  execute 'syntax match DeepChat' . s:name 'contained "^%% ' . tolower(s:name) . '" nextgroup='
        \ . (s:name ==# 'Context' ? 'deepchatFrom' : 'deepchatPairs')
  execute 'syntax cluster deepchatRole add=DeepChat' . s:name
endfor
syntax match deepchatPairs contained "[ \t\r].*$" conceal contains=@NoSpell
" Where the text of a turn comes from is said nowhere else.
syntax match deepchatFrom contained "[ \t\r].*$" contains=@NoSpell

" "---" opens a front matter only above a field, a comment or its own end.
syntax region deepchatFront matchgroup=deepchatDelimiter keepend
      \ start="\%^---\r\?\%(\n\%(\s*\%(#.*\)\?\n\)*\%(\a[[:alnum:]_-]*:\|---\r\?$\)\)\@=" end="^---\r\?$"
      \ end="^\%(%% \l\)\@=" contains=deepchatFrontKey,deepchatFrontComment,@NoSpell
syntax match deepchatFrontKey contained "^\a[[:alnum:]_-]*:\@="
syntax match deepchatFrontComment contained "^\s*#.*$"

call deepchat#syntax#sync()

highlight default link DeepChatSystem PreProc
highlight default link DeepChatUser Title
highlight default link DeepChatAssistant Function
highlight default link DeepChatReasoning Comment
highlight default link DeepChatContext Type
highlight default link DeepChatCall Identifier
highlight default link DeepChatTool Identifier
highlight default link DeepChatAlternate Comment
highlight default link DeepChatNote Todo
highlight default link DeepChatNearMiss WarningMsg
highlight default link DeepChatStatus Comment
highlight default link DeepChatError WarningMsg
highlight default link DeepChatUsage NonText
highlight default link deepchatEscape Special
highlight default link deepchatPairs Comment
highlight default link deepchatFrom Comment
highlight default link deepchatFrontKey Identifier
highlight default link deepchatFrontComment Comment
highlight default link deepchatHeading Title
highlight default link deepchatListMark Statement
highlight default link deepchatQuote Comment
highlight default link deepchatRule PreProc
highlight default link deepchatDelimiter Delimiter
highlight default link deepchatFenceMark Delimiter
highlight default link deepchatCode String
highlight default link deepchatLink Identifier
highlight default link deepchatTarget Underlined
highlight default link deepchatUrl Underlined
highlight default deepchatBold term=bold cterm=bold gui=bold
highlight default deepchatItalic term=italic cterm=italic gui=italic

let b:current_syntax = 'deepchat'
let &cpoptions = s:cpo
unlet s:cpo s:role s:pairs s:fence s:name

" The fences' languages come after it, without making it wait.
let b:deepchat_fences = {}
call deepchat#syntax#fences(bufnr('%'))
