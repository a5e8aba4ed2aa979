#!/bin/sh
# install.sh OUTDIR: install to an empty prefix, build a program against what is
# there, run it and the host, and uninstall without a trace.
set -eu
cd "$(dirname "$0")/.."
flavour=$(basename "${1:-build}")
case $flavour in
asan) extra='-fsanitize=address,undefined' ;;
coverage) extra=--coverage ;;
*) flavour=release extra= ;;
esac
prefix=$(mktemp -d)
trap 'rm -rf "$prefix"' EXIT
unset MAKEFLAGS MAKELEVEL DESTDIR
quietly() {
    "$@" >"$prefix.log" 2>&1 || { cat "$prefix.log" && exit 1; }
    rm -f "$prefix.log"
}
quietly make FLAVOUR="$flavour" PREFIX="$prefix" install

cat >"$prefix/use.c" <<'END'
#include <deepchat.h>
#include <stdio.h>
#include <string.h>

int
main(void)
{
    const char wire[] = "data: hi\n\n";
    struct dc_sse *sse = dc_sse_new(100);
    struct dc_sse_event event;
    bool fed = dc_sse_feed(sse, (struct dc_str){wire, sizeof wire - 1}, NULL);
    bool item = dc_sse_next(sse, &event, NULL) == DC_ITEM;
    bool same = item && event.data.len == 2 && !memcmp(event.data.ptr, "hi", 2);
    dc_sse_free(sse);
    puts(dc_version());
    return fed && same && !strcmp(dc_version(), DC_VERSION) ? 0 : 1;
}
END
export PKG_CONFIG_PATH="$prefix/lib/pkgconfig"
flags=$(pkg-config --cflags --libs deepchat)
# shellcheck disable=SC2086
${CC:-cc} -std=c11 -Wall -Wextra -Wpedantic -Werror $extra "$prefix/use.c" \
    -o "$prefix/use" $flags -Wl,-rpath,"$prefix/lib"
version=$("$prefix/use")
[ "$(pkg-config --modversion deepchat)" = "$version" ]
"$prefix/bin/deepchat-host" --version | grep -qF "$version"

quietly make FLAVOUR="$flavour" PREFIX="$prefix" uninstall
rm -f "$prefix"/use "$prefix"/use.c "$prefix"/use.gc*
left=$(find "$prefix" ! -type d)
[ -z "$left" ] || { echo "left behind: $left" && exit 1; }
