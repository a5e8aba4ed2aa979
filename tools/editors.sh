#!/bin/sh
# editors.sh [DIR]: print the editors to test in, one a line, as
#     NAME VERSION PROGRAM VIMRUNTIME
# with "-" for a VIMRUNTIME that need not be set, and for the program of an
# editor that cannot be had here. Newer ones come from newer Debian suites and
# are kept in DIR (build/editors). Names begin with nvim- or vim-.
set -u
dir=${1:-build/editors}
here=$(dirname "$0")

version() { # of an editor: 0.10.4, 9.0
    "$1" --version 2>/dev/null |
        sed -n '1s/^NVIM v\([0-9.]*\).*/\1/p; 1s/^VIM - Vi IMproved \([0-9.]*\).*/\1/p'
}

row() { # row KIND VERSION PROGRAM VIMRUNTIME
    echo "$1-$(echo "$2" | cut -d. -f1,2) $2 $3 $4"
}

installed() { # installed KIND
    program=$(command -v "$1") && row "$1" "$(version "$program")" "$program" -
}

fetched() { # fetched SUITE PACKAGE KIND EXPECTED PROGRAM RUNTIME
    tree=$dir/$1
    [ "$3" = nvim ] || tree=$dir/$1-$3
    if "$here/get-debs.sh" "$1" "$tree" "$2" >&2; then
        tree=$(cd "$tree" && pwd -P)
        VIMRUNTIME=$(find "$tree/usr/share" -maxdepth 2 -path "$tree/usr/share/$6")
        export VIMRUNTIME
        program=$tree/usr/bin/$5
        # The paths inside are absolute, so a moved checkout needs it again.
        [ -n "$(version "$program")" ] || [ ! -e "$program" ] ||
            "$here/relocate.sh" "$tree" "$5" >&2
        found=$(version "$program")
        [ -n "$found" ] && row "$3" "$found" "$program" "$VIMRUNTIME" && return
    fi
    echo "$3-$4 - - -"
}

{
    installed nvim
    (fetched trixie neovim nvim 0.10 nvim nvim/runtime)
    (fetched forky neovim nvim 0.12 nvim nvim/runtime)
    installed vim
    (fetched trixie vim vim 9.1 vim.basic 'vim/vim9[0-9]')
    (fetched forky vim vim 9.2 vim.basic 'vim/vim9[0-9]')
} | awk '!seen[$1]++'
