#!/bin/sh
# fuzz.sh SECONDS FUZZER...: run each fuzzer for so long on its corpus. New inputs
# stay in the build folder: libFuzzer adds them to the first folder it is given.
# What breaks a target is named, and becomes a corpus file and a unit row.
set -u
seconds=$1
shift
bad=0
for fuzzer; do
    name=$(basename "$fuzzer")
    found=$(dirname "$fuzzer")/found/$name
    mkdir -p "$found/new"
    if "$fuzzer" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
        -artifact_prefix="$found/" -print_final_stats=1 "$found/new" \
        "tests/fuzz/corpus/${name#fuzz_}" >"$found/log" 2>&1; then
        runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$found/log")
        echo "ok    $name: $runs runs in $seconds s"
    else
        tail -n 40 "$found/log"
        echo "FAIL  $name: see $found"
        bad=1
    fi
done
exit $bad
