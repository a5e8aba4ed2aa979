#!/bin/sh
# test.sh OUTDIR [KIND...]: run the tests built in OUTDIR and count them. The last
# line is "N passed, N failed". KIND: unit host editor vim plugin live fuzz
# scripts (all; without vim under sanitizers, whose host is the same there).
#
# Criterion alone is not believed: a leak found at exit, a test that calls
# exit(0) and a program whose tests were all filtered out look green to it. So
# programs must say how many tests they ran, sanitizers write to files that
# must not exist, and the total has a floor (tests/floor). What could not run is
# said to be "not run" and never counted as passed.
set -u
cd "$(dirname "$0")/.." || exit 1
out=$1
shift
vim=vim
[ "$out" = build ] || vim=
kinds=${*:-unit host editor $vim plugin live fuzz scripts}
scratch=$(mktemp -d "${TMPDIR:-/tmp}/deepchat-test.XXXXXX") || exit 1
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' HUP INT TERM

. tools/test-env.sh
mkdir "$scratch/logs"
export ASAN_OPTIONS="detect_leaks=1:log_path=$scratch/logs/asan"
export UBSAN_OPTIONS="print_stacktrace=1:log_path=$scratch/logs/ubsan"

# With several workers Criterion now and then leaks one of its own.
jobs=
[ "$(basename "$out")" != asan ] || jobs=-j1

passed=0 failed=0 live=0

# verdict NAME PASSED FAILED WHY: one line, and the output if anything failed.
verdict() {
    passed=$((passed + $2))
    failed=$((failed + $3))
    if [ "$3" -eq 0 ]; then
        [ "$2" -eq 0 ] || printf 'ok    %-28s %3d\n' "$1" "$2"
        return
    fi
    printf 'FAIL  %-28s %s\n' "$1" "$4"
    sed 's/^/    /' "$scratch/output"
    find "$scratch/logs" -type f -exec sed 's/^/    /' {} +
}

# True if a sanitizer found something since the last call.
reported() {
    find "$scratch/logs" -type f | grep -q .
}

number() { # number NAME: that figure of Criterion's last line, else 0
    sed -n "s/.*Synthesis:.* *$1: *\([0-9][0-9]*\).*/\1/p" "$scratch/output" |
        tail -n 1 | grep . || echo 0
}

run() { # run COMMAND...: what it says goes to the file "output"
    rm -rf "$scratch/logs"
    mkdir "$scratch/logs"
    "$@" >"$scratch/output" 2>&1 </dev/null
    status=$?
    esc=$(printf '\033')
    sed "s/$esc\[[0-9;]*m//g" "$scratch/output" >"$scratch/plain"
    mv "$scratch/plain" "$scratch/output"
}

criterion() { # criterion NAME PROGRAM
    : >"$scratch/tap"
    run "$2" --tap="$scratch/tap" $jobs
    tested=$(number Tested) good=$(number Passing)
    bad=$((tested - good))
    skipped=$(sed -n "s|^ok - \(.*[^ ]\) *# SKIP|not run  $1 \1:|p" "$scratch/tap")
    [ -z "$skipped" ] || echo "$skipped"
    why="$bad of $tested"
    if [ $bad -eq 0 ] && reported; then
        bad=1 why='a sanitizer reported'
    elif [ $bad -eq 0 ] && [ $status -ne 0 ]; then
        bad=1 why="exit status $status"
    elif [ "$tested" -eq 0 ] && [ -z "$skipped" ]; then
        bad=1 why='no test ran'
    fi
    verdict "$1" "$good" $bad "$why"
}

plain() { # plain NAME COMMAND...: one test, which is its exit status
    name=$1
    shift
    run "$@"
    if reported; then
        verdict "$name" 0 1 'a sanitizer reported'
    elif [ $status -ne 0 ]; then
        verdict "$name" 0 1 "exit status $status"
    else
        verdict "$name" 1 0 ''
    fi
}

programs() { # programs KIND [NAME]: by their sources, so that no stale one is run
    for source in tests/"$1"/*.c; do
        [ -e "$source" ] || continue
        name=$(basename "$source" .c)
        criterion "${2:-$1}/$name" "$out/tests/$1/$name"
    done
}

# The editor tests once more, in Vim.
in_vim() {
    export DC_EDITOR=vim
    programs editor vim
    unset DC_EDITOR
}

plugin_script() { # plugin_script EDITOR SCRIPT: it writes what failed into a file
    export DC_RESULT="$scratch/result"
    rm -f "$DC_RESULT"
    case $1 in
    vim) vim -u NONE -i NONE -n -N -es -S "$2" -c cquit ;;
    nvim) nvim -u NONE -i NONE -n --headless -S "$2" -c cquit ;;
    esac
    [ -e "$DC_RESULT" ] && ! grep . "$DC_RESULT"
}

# The plugin's own functions, without a host, in both editors.
plugin() {
    for script in tests/editor/vim/test_*.vim; do
        [ -e "$script" ] || continue
        for editor in nvim vim; do
            plain "$editor/$(basename "$script")" plugin_script $editor "$script"
        done
    done
}

live() {
    if tools/llama-server.sh --version >/dev/null 2>&1; then
        before=$passed
        programs live
        live=$((passed - before))
        return
    fi
    for source in tests/live/*.c; do
        [ ! -e "$source" ] || echo "not run  $source: no llama-server"
    done
}

fuzz() {
    for source in tests/fuzz/fuzz_*.c; do
        [ -e "$source" ] || continue
        name=$(basename "$source" .c)
        plain "fuzz/$name" "$out/tests/fuzz/$name" "tests/fuzz/corpus/${name#fuzz_}"
    done
}

scripts() {
    for script in tests/*.sh; do
        [ -e "$script" ] || continue
        plain "$(basename "$script")" sh "$script" "$out"
    done
}

for kind in $kinds; do
    case $kind in
    unit | host | editor) programs "$kind" ;;
    vim) in_vim ;;
    plugin | live | fuzz | scripts) $kind ;;
    *) echo "test: no such kind: $kind" >&2 && exit 2 ;;
    esac
done

# Live tests do not count here: without a network they are not run.
floor=$(cat tests/floor 2>/dev/null || echo 1)
if [ $# -eq 0 ] && [ $((passed - live)) -lt "$floor" ]; then
    echo "FAIL  tests/floor: $((passed - live)) passed, at least $floor must"
    failed=$((failed + 1))
fi
echo "$passed passed, $failed failed"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
