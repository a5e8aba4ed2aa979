#!/bin/sh
# The test runner must not be fooled. A copy of it runs programs that answer as
# Criterion does in each of the ways that look green, and must count them so.
set -u
cd "$(dirname "$0")/.." || exit 1
tree=$(mktemp -d) || exit 1
trap 'rm -rf "$tree"' EXIT
mkdir -p "$tree/tools" "$tree/tests/unit" "$tree/tests/live" "$tree/build/tests/unit"
cp tools/test.sh tools/test-env.sh "$tree/tools"
: >"$tree/tests/unit/case.c"
case=$tree/build/tests/unit/case
bad=0

says() { # says TESTED PASSING: Criterion's last line
    echo "echo '[====] Synthesis: Tested: $1 | Passing: $2 | Failing: $(($1 - $2)) | Crashing: 0 '"
}

expect() { # expect TITLE LASTLINE STATUS BODY...: the program's shell lines
    title=$1 want=$2 status=$3
    shift 3
    [ $# -eq 0 ] || { echo '#!/bin/sh' && printf '%s\n' "$@"; } >"$case"
    chmod +x "$case" 2>/dev/null
    got=$("$tree/tools/test.sh" build unit 2>&1)
    rc=$?
    last=$(echo "$got" | tail -n 1)
    [ "$last" = "$want" ] && [ $rc -eq "$status" ] && return
    echo "$title: wanted '$want' and $status, got '$last' and $rc:"
    echo "$got"
    bad=1
}

skip='echo "ok - a::b  # SKIP why" >"${1#--tap=}"'
log='${ASAN_OPTIONS##*log_path=}'
expect 'all pass'        '3 passed, 0 failed' 0 "$(says 3 3)"
expect 'one fails'       '2 passed, 1 failed' 1 "$(says 3 2)" 'exit 1'
expect 'fails, status 0' '2 passed, 1 failed' 1 "$(says 3 2)"
expect 'bad status'      '3 passed, 1 failed' 1 "$(says 3 3)" 'exit 1'
expect 'no test ran'     '0 passed, 1 failed' 1 "$(says 0 0)"
expect 'exit(0) early'   '0 passed, 1 failed' 1 'exit 0'
expect 'all skipped'     '0 passed, 0 failed' 1 "$skip" "$(says 0 0)"
expect 'one skipped'     '1 passed, 0 failed' 0 "$skip" "$(says 1 1)"
expect 'coloured'        '3 passed, 0 failed' 0 "printf '\033[0;34m'" "$(says 3 3)"
expect 'sanitizer log'   '3 passed, 1 failed' 1 "echo ERROR: >$log.1" "$(says 3 3)"

rm -f "$case"
expect 'not built'       '0 passed, 1 failed' 1

# LeakSanitizer goes quiet where it may not trace, so a real leak is the control.
cat >"$tree/leak.c" <<'END'
#include <stdio.h>
#include <stdlib.h>
int
main(void)
{
    volatile char *p = malloc(7);
    p = NULL;
    puts("[====] Synthesis: Tested: 1 | Passing: 1 | Failing: 0 | Crashing: 0 ");
    fflush(stdout);
    return p != NULL;
}
END
if [ "$(uname -s)" = Linux ]; then
    ${CC:-cc} -O0 -fsanitize=address "$tree/leak.c" -o "$case" || exit 1
    expect 'a real leak' '1 passed, 1 failed' 1
fi

echo 5 >"$tree/tests/floor"
{ echo '#!/bin/sh' && says 4 4; } >"$case"
"$tree/tools/test.sh" build | grep -q '^4 passed, 1 failed$' ||
    { echo 'fewer than the floor were not noticed' && bad=1; }
exit $bad
