#!/bin/sh
# check-editor.sh: print what an editor would not read: Vim script that does not
# source in both editors (in one, if its first line says "Vim only") or leaves a
# block open, Lua that does not compile, help tags that are given twice, and links
# of the help to tags of ours that are not there.
set -u
cd "$(dirname "$0")/.." || exit 1
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
export HOME="$scratch"

scripts=$(find plugin autoload ftplugin ftdetect syntax -name '*.vim' 2>/dev/null)

cat >"$scratch/source.vim" <<'END'
set nocompatible
let &runtimepath = getcwd() .. ',' .. &runtimepath
let s:bad = []
let s:other = has('nvim') ? '^" Vim only' : '^" Neovim only'
for s:file in split($SCRIPTS, "\n")
  if get(readfile(s:file, '', 1), 0, '') =~# s:other
    continue
  endif
  try
    execute 'source' fnameescape(s:file)
  catch
    call add(s:bad, s:file .. ': ' .. v:throwpoint .. ': ' .. v:exception)
  endtry
endfor
if !empty(s:bad)
  call writefile(s:bad, $REPORT)
endif
qall!
END

cat >"$scratch/lua.vim" <<'END'
lua << LUA
local bad = {}
for _, file in ipairs(vim.fn.glob('lua/**/*.lua', true, true)) do
  local ok, err = loadfile(file)
  if not ok then bad[#bad + 1] = err end
end
if #bad > 0 then vim.fn.writefile(bad, vim.env.REPORT) end
LUA
qall!
END

silent() { # silent NAME COMMAND...: print what it says or reports, or how it ends
    name=$1
    shift
    rm -f "$REPORT"
    "$@" >"$scratch/said" 2>&1 </dev/null
    status=$?
    [ $status -eq 0 ] || echo "$name: exit status $status"
    grep . "$scratch/said" | sed "s/^/$name: /"
    [ ! -e "$REPORT" ] || sed "s/^/$name: /" "$REPORT"
}

export SCRIPTS="$scripts" REPORT="$scratch/report"
{
    silent vim vim -u NONE -i NONE -n -N -es -S "$scratch/source.vim"
    silent nvim nvim -u NONE -i NONE -n --headless -S "$scratch/source.vim"
    silent lua nvim -u NONE -i NONE -n --headless -S "$scratch/lua.vim"
    # shellcheck disable=SC2086
    silent blocks tools/check-vim.py $scripts
    if ls doc/*.txt >/dev/null 2>&1; then
        mkdir "$scratch/doc"
        cp doc/*.txt "$scratch/doc"
        silent 'helptags in vim' vim -u NONE -i NONE -n -N -es \
            -c "helptags $scratch/doc" -c 'qall!'
        silent 'helptags in nvim' nvim -u NONE -i NONE -n --headless \
            -c "helptags $scratch/doc" -c 'qall!'
        # Links to what is not of this plugin are the editor's business.
        grep -oh '|[^| ]*|' doc/*.txt | tr -d '|' | grep -i deep | sort -u |
            while read -r tag; do
                cut -f1 "$scratch/doc/tags" | grep -Fqx "$tag" ||
                    echo "doc: no tag for |$tag|"
            done
    fi
} | { ! grep .; }
