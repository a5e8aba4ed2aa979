#!/bin/sh
# matrix.sh OUTDIR: run the editor tests once in each editor that editors.sh knows
# and print a table, tests by editors. What could not run is "not run", which is
# never a pass. Ends with "N passed, N failed".
set -u
cd "$(dirname "$0")/.." || exit 1
out=$1
scratch=$(mktemp -d "${TMPDIR:-/tmp}/deepchat-matrix.XXXXXX") || exit 1
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' HUP INT TERM

tools/editors.sh >"$scratch/editors"
. tools/test-env.sh

# results EDITOR PROGRAM: one line a test, "EDITOR TEST ok|FAIL|not-run".
results() {
    mine=$scratch/$1
    tap=$mine/tap
    : >"$tap"
    "$out/tests/editor/$2" --tap="$tap" \
        >"$mine/output" 2>&1 </dev/null
    status=$?
    sed -n -e 's/^not ok - \([^ ]*\).*/\1 FAIL/p' \
        -e 's/^ok - \([^ ]*\).*# SKIP.*/\1 not-run/p' -e t \
        -e 's/^ok - \([^ ]*\).*/\1 ok/p' "$tap" | sed "s/^/$1 /" >"$mine/rows"
    cat "$mine/rows"
    if [ $status -ne 0 ] && ! grep -q ' FAIL$' "$mine/rows" ||
        [ ! -s "$mine/rows" ]; then
        echo "$1 $2 FAIL"
    fi
    [ $status -eq 0 ] || sed "s/^/    $1: /" "$mine/output" >&2
}

# column EDITOR PROGRAM RUNTIME: the results of all tests in one editor.
column() {
    mkdir "$scratch/$1"
    export DC_EDITOR="${1%%-*}" VIMRUNTIME="$3" NVIM_BIN="$2" VIM_BIN="$2"
    [ "$3" != - ] || unset VIMRUNTIME
    for source in tests/editor/*.c; do
        [ ! -e "$source" ] || results "$1" "$(basename "$source" .c)"
    done
}

# Three editors at a time: tests mostly wait.
running=
while read -r editor version program runtime; do
    echo "$editor $version" >&2
    [ "$program" != - ] || continue
    column "$editor" "$program" "$runtime" >"$scratch/results.$editor" &
    running="$running $!"
    # shellcheck disable=SC2086 # one word a process
    set -- $running
    [ $# -lt 3 ] || { wait "$1" && shift; }
    running=$*
done <"$scratch/editors"
wait
cat "$scratch"/results.* >"$scratch/results"

awk '
    FNR == NR { editor[++editors] = $1; next }
    !($2 in seen) { seen[$2] = 1; test[++tests] = $2 }
    # The rows of a table are tests of one name: the worst counts.
    got[$2, $1] != "FAIL" { got[$2, $1] = $3 }
    { count[$3]++ }
    END {
        printf "%-48s", ""
        for (e = 1; e <= editors; e++) printf " %-10s", editor[e]
        for (t = 1; t <= tests; t++) {
            printf "\n%-48s", test[t]
            for (e = 1; e <= editors; e++) {
                r = got[test[t], editor[e]]
                printf " %-10s", r == "" || r == "not-run" ? "not run" : r
            }
        }
        printf "\n"
        for (t = 1; t <= tests; t++)
            for (e = 1; e <= editors; e++)
                if (got[test[t], editor[e]] == "FAIL")
                    printf "failed: %s in %s\n", test[t], editor[e]
        printf "%d passed, %d failed\n", count["ok"], count["FAIL"]
        exit !(count["ok"] > 0 && !count["FAIL"])
    }' "$scratch/editors" "$scratch/results"
