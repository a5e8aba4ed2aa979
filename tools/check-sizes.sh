#!/bin/sh
# check-sizes.sh: print what has grown too long: functions over 60 lines, files
# over 600, a README over 150. Nesting and parameters are clang-tidy's to judge.
# Folders of the plugin that are there.
there() {
    for folder in plugin autoload ftplugin ftdetect syntax lua; do
        [ ! -d $folder ] || echo $folder
    done
}

# shellcheck disable=SC2046 # the folders must split
functions() {
    find src tests -name '*.c' -exec ctags -x --languages=C --kinds-C=f \
        --fields=+ne --_xformat='%{line} %{end} %N %F' {} + |
        awk '$2 - $1 >= 60 { printf "%s:%d: %s has %d lines\n", $4, $1, $3, $2 - $1 + 1 }'
    find $(there) -name '*.vim' -exec awk '
        /^ *fu(n|nc|nction)?!? / { start = FNR; name = $2 }
        /^ *endf/ && FNR - start >= 60 {
            printf "%s:%d: %s has %d lines\n", FILENAME, start, name, FNR - start + 1
        }' {} +
}

# shellcheck disable=SC2046
files() {
    find src tests tools $(there) -type f \
        ! -path '*/data/*' ! -path '*/corpus/*' ! -name '*.pyc' ! -name '*.json' -exec wc -l {} + |
        awk '$2 != "total" && $1 > 600 { printf "%s: %d lines\n", $2, $1 }'
    [ ! -e README.md ] || wc -l README.md |
        awk '$1 > 150 { printf "%s: %d lines, 150 at most\n", $2, $1 }'
}

{
    functions
    files
} | { ! grep .; }
