#!/bin/sh
# relocate.sh ROOT BIN...: make programs of a tree unpacked by get-debs.sh run
# with that tree's libc and libraries. DT_RPATH and not RUNPATH, which does not
# count for the libraries of libraries; not LD_LIBRARY_PATH, which the
# programs' children would inherit.
set -eu
root=$(cd "$1" && pwd -P)
shift
command -v patchelf >/dev/null 2>&1 || { echo 'relocate: no patchelf' >&2; exit 1; }
loader=$(find "$root" -name 'ld-linux*.so.[0-9]' | head -n 1)
for bin; do
    patchelf --set-interpreter "$(readlink -f "$loader")" --force-rpath \
        --set-rpath "$(dirname "$(find "$root/usr/lib" -name 'libc.so.6' | head -n 1)")" \
        "$root/usr/bin/$bin"
done
