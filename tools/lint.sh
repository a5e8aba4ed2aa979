#!/bin/sh
# lint.sh OUTDIR: every check of the tree that is not a test. Prints "ok NAME" or
# the offences, and fails if there are any or if a tool is missing.
# shellcheck disable=SC2317 # functions are called by name
set -u
cd "$(dirname "$0")/.." || exit 1
out=${1:-build}
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
bad=0

tool() { # tool COMMAND PACKAGE
    command -v "$1" >/dev/null 2>&1 && return
    echo "lint: $1 is missing (package $2)"
    bad=1
}

check() { # check NAME COMMAND...
    name=$1
    shift
    if "$@" >"$scratch/said" 2>&1; then
        echo "ok    $name"
    else
        cat "$scratch/said"
        echo "FAIL  $name"
        bad=1
    fi
}

c_files() {
    find src tests -name '*.[ch]'
}

formatted() {
    c_files | xargs clang-format --dry-run -Werror
}

parsed() {
    for script in tools/*.sh tests/*.sh .ci/run; do
        [ ! -e "$script" ] || sh -n "$script" || return 1
    done
    for script in tools/*.py tests/*/*.py; do
        [ ! -e "$script" ] || python3 -c 'import ast, sys
ast.parse(open(sys.argv[1]).read(), sys.argv[1])' "$script" || return 1
    done
}

# The other compiler: gcc's warnings are the build's.
clang_built() {
    warn=$(sed -n '/^WARN :=/,/[^\\]$/p' Makefile | sed 's/WARN := //; s/\\//g')
    # shellcheck disable=SC2046,SC2086 # the flags must split
    find src tests -name '*.c' -exec clang -std=c11 -D_GNU_SOURCE -Werror $warn \
        -fsyntax-only -Isrc -Itests $(pkg-config --cflags libcjson libcurl "$msgpack") {} +
}

# Every file of the code stands in the map of its folder.
mapped() {
    for file in src/*/*.c autoload/deepchat/*.vim; do
        map=${file%%/*}/README
        name=$(basename "${file%.c}")
        grep -q "^  $name  *[^ ]" "$map" || echo "$file is not in $map"
    done | { ! grep .; }
}

# The rewrites of ":g/TODO/DeepRewrite" are the exception.
finished() {
    git grep -nIE '\b(TODO|FIXME|XXX|HACK)\b|not (yet )?implemented' -- src plugin \
        autoload lua ftplugin syntax tests tools ':!tests/data' ':!tools/lint.sh' \
        ':!tests/editor/test_rewrite.c' |
        { ! grep .; }
}

cpp_checked() {
    echo '#define cJSON_ArrayForEach(e, a) for ((e) = (a)->child; (e); (e) = (e)->next)' \
        >"$scratch/macros.h"
    cppcheck --quiet --std=c11 --enable=warning,portability,performance \
        --inline-suppr --suppress=missingIncludeSystem --error-exitcode=1 \
        -j 2 -Isrc -D_GNU_SOURCE \
        --include="$scratch/macros.h" src
}

# One file a run, see .clang-tidy.
tidied() {
    find src -name '*.c' | sort | xargs -n 1 -P 2 sh -c '
        said=$(clang-tidy --quiet "$1" -- -std=c11 -D_GNU_SOURCE -Isrc \
            $(pkg-config --cflags libcjson libcurl) 2>/dev/null) || printf "%s\n" "$said" | grep ": error: "
        ' tidy | { ! grep .; }
}

tool clang-format clang-format
tool clang-tidy clang-tidy
tool cppcheck cppcheck
tool ctags universal-ctags
tool readelf binutils
tool nvim neovim
tool vim vim
tool python3 python3
tool git git
[ $bad -eq 0 ] || exit 1

check layers tools/check-layers.sh "$out/libdeepchat.so"
check sizes tools/check-sizes.sh
check bans tools/check-bans.py
check help tools/make-help.sh "$out" --check
msgpack=msgpack-c
pkg-config --exists msgpack-c || msgpack=msgpack
check clang clang_built
check map mapped
check finished finished
check scripts parsed
check editor tools/check-editor.sh
check format formatted
check hardening tools/check-hardening.sh "$out/deepchat-host" "$out/libdeepchat.so"
check cppcheck cpp_checked
check clang-tidy tidied
exit $bad
