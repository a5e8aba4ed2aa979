#!/bin/sh
# editors.sh [DIR]: print the editors to test in, one a line, as
#     NAME VERSION PROGRAM VIMRUNTIME
# with "-" for a VIMRUNTIME that need not be set, and for the program of an
# editor that cannot be had here. Newer ones come from newer Debian suites and
# are kept in DIR (build/editors).
set -u
dir=${1:-build/editors}
here=$(dirname "$0")

version() { # of a Neovim: 0.10.4
    "$1" --version 2>/dev/null | sed -n '1s/^NVIM v\([0-9.]*\).*/\1/p'
}

row() { # row VERSION PROGRAM VIMRUNTIME
    echo "nvim-$(echo "$1" | cut -d. -f1,2) $1 $2 $3"
}

installed() {
    program=$(command -v nvim) && row "$(version "$program")" "$program" -
}

fetched() { # fetched SUITE EXPECTED
    tree=$dir/$1
    if "$here/get-debs.sh" "$1" "$tree" neovim >&2; then
        tree=$(cd "$tree" && pwd -P)
        export VIMRUNTIME="$tree/usr/share/nvim/runtime"
        program=$tree/usr/bin/nvim
        # The paths inside are absolute, so a moved checkout needs it again.
        [ -n "$(version "$program")" ] || [ ! -e "$program" ] ||
            "$here/relocate.sh" "$tree" nvim >&2
        found=$(version "$program")
        [ -n "$found" ] && row "$found" "$program" "$VIMRUNTIME" && return
    fi
    echo "nvim-$2 - - -"
}

{
    installed
    (fetched trixie 0.10)
    (fetched forky 0.12)
} | awk '!seen[$1]++'
