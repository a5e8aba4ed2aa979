#!/bin/sh
# make-help.sh OUTDIR [--check]: put the options, as the host's table has them,
# into section 9 of the help; with --check only say whether that would change it.
set -eu
cd "$(dirname "$0")/.."
new=$(mktemp)
trap 'rm -f "$new" "$new.options"' EXIT
"$1/deepchat-host" --options >"$new.options"
awk -v options="$new.options" '
    /^9\. Options/ { inside = 1 }
    inside && /^An unknown name/ { head = 1 }
    inside && /^=====/ && head {
        while ((getline line < options) > 0) print line
        inside = 0; skip = 0
    }
    !skip { print }
    inside && head && /^$/ { skip = 1 }
' doc/deepchat.txt >"$new"
if cmp -s "$new" doc/deepchat.txt; then
    exit 0
elif [ "${2:-}" = --check ]; then
    echo 'doc/deepchat.txt: section 9 is not what the host says; run tools/make-help.sh build'
    diff "$new" doc/deepchat.txt | head -10
    exit 1
fi
cp "$new" doc/deepchat.txt
