#!/bin/sh
# The checks of the tree must notice what they are for: each gets a tree with one
# bad line, and with the same line allowed or mended.
set -u
cd "$(dirname "$0")/.." || exit 1
tools=$PWD/tools
tree=$(mktemp -d) || exit 1
trap 'rm -rf "$tree"' EXIT
cd "$tree" || exit 1
mkdir -p src/base src/core src/host tests plugin autoload ftplugin ftdetect syntax lua
: >src/deepchat.h
bad=0

try() { # try good|bad CHECK FILE LINE...: how the check must find such a file
    want=$1 check=$2 file=$3
    shift 3
    printf '%s\n' "$@" >"$file"
    case $check in
    check-vim.py) said=$("$tools/$check" "$file" 2>&1) ;;
    *) said=$("$tools/$check" 2>&1) ;;
    esac
    rc=$?
    rm -f "$file"
    case $want:$rc in
    good:0) [ -z "$said" ] && return ;;
    bad:1) [ -n "$said" ] && return ;;
    esac
    echo "$check: wanted $want, got $rc for $file: $* $said"
    bad=1
}

layers() { try "$1" check-layers.sh "$2" "$3"; }
layers good src/core/a.c '#include "base/buf.h"'
layers bad  src/core/a.c '#include "host/loop.h"'
layers bad  src/base/a.c '#include "core/sse.h"'
layers bad  src/host/a.c '#include "core/sse.h"'
layers good src/host/http.c '#include <curl/curl.h>'
layers bad  src/host/loop.c '#include <curl/curl.h>'
layers bad  src/host/nvim.c '#include <msgpack.h>'
layers good src/host/json.c '#include <cjson/cJSON.h>'
layers bad  src/host/vim.c '#include <cjson/cJSON.h>'
layers bad  src/host/rpc.c '#include <poll.h>'
layers bad  src/core/a.c '#include <time.h>'
layers bad  src/host/key.c 'x = getenv("HOME");'
layers good src/host/config.c 'x = getenv("HOME");'
layers bad  src/host/rpc.c 'n = poll(fds, 1, -1);'
layers good src/host/rpc.c 'n = loop_poll(fds, 1, -1);'

bans() { try "$1" check-bans.py "$2" "$3"; }
bans bad  src/core/a.c 'strcpy(a, b);'
bans good src/core/a.c 'my_strcpy(a, b);'
bans good src/core/a.c 'puts("system(1)");'
bans bad  src/core/a.c 'n = sprintf(a, "%d", 1);'
bans good src/core/a.c 'n = snprintf(a, 9, "%d", 1);'
bans bad  src/host/http.c 'curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 0L);'
bans bad  autoload/a.vim 'normal gg'
bans good autoload/a.vim 'normal! gg'
bans bad  autoload/a.vim "execute 'normal! ' .. text"
bans good autoload/a.vim "execute printf('normal! %dG', a:line)"
bans bad  autoload/a.vim "execute printf('normal! %s', a:text)"
bans bad  autoload/a.vim 'execute a:text'
bans bad  autoload/a.vim "execute 'edit ' .. name"
bans good autoload/a.vim "execute a:mods 'split' fnameescape(fnamemodify(l:x, ':p'))"
bans bad  autoload/a.vim "execute a:mods 'split' l:name"
bans bad  autoload/a.vim "execute a:mods 'split' fnameescape(l:x) l:name"
bans good autoload/a.vim "execute bufwinnr(l:found) 'wincmd w'"
bans good autoload/a.vim "execute printf('autocmd X <buffer=%d> call y(%d)', a:b, a:b)"
bans bad  autoload/a.vim "execute printf('autocmd X <buffer=%s> call y()', a:b)"
bans good autoload/a.vim "execute 'edit'"
bans bad  autoload/a.vim 'call feedkeys(text)'
bans bad  autoload/a.vim 'call nvim_input(text)'
bans bad  autoload/a.vim 'let x = expand(name)'
bans good autoload/a.vim "let x = expand('<afile>:p')"
bans bad  autoload/a.vim 'let x = glob(name)'
bans bad  autoload/a.vim 'let x = system(line)'
bans good autoload/a.vim 'let x = system([program])'
bans bad  autoload/a.vim 'let x = eval(text)'
bans good autoload/a.vim '" execute a:text'
bans bad  lua/a.lua 'vim.cmd(text)'
bans bad  lua/a.lua 'load(text)'
try good check-bans.py autoload/a.vim '" allow(execute): it is a number' 'execute a:nr'
try bad  check-bans.py autoload/a.vim '" allow(keys): another name' 'execute a:nr'

blocks() { want=$1; shift; try "$want" check-vim.py autoload/a.vim "$@"; }
blocks good 'function! s:a() abort' '  if 1 | return | endif' 'endfunction'
blocks bad  'function! s:a() abort' '  if 1' 'endfunction'
blocks bad  'function! s:a() abort' '  for x in y' '  endif' 'endfunction'
blocks bad  'try' 'else' 'endtry'
blocks good 'try' '  call a()' 'catch /if/' 'finally' 'endtry'
keep='let s:cpo = &cpoptions' set='set cpoptions&vim' back='let &cpoptions = s:cpo'
blocks good "$keep" "$set" 'let x = a || b' "let y = {'if': 1," '  \ "else": 2}' "$back"
blocks bad  'let x = [1,' '      \ 2]'
blocks bad  "$set" 'let x = [1,' '      \ 2]' "$back"
blocks bad  "$keep" 'let x = [1,' '      \ 2]' "$set" "$back"
blocks bad  "$keep" "$set" "$back" 'let x = [1,' '      \ 2]'
blocks good 'autocmd User x if 1 | call y() | endif'
exit $bad
