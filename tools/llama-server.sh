#!/bin/sh
# llama-server.sh [ARG...]: run the llama-server that llama.sh unpacked, with its
# own libc. Through the loader and not patched like the editors, because one of
# its libraries has a RUNPATH of its own, which would win.
set -eu
tree=${LLAMA_TREE:-$(cd "$(dirname "$0")/.." && pwd -P)/build/llama}
[ -e "$tree/.complete" ] || { echo 'llama-server: not fetched, see llama.sh' >&2; exit 1; }
loader=$(find "$tree" -name 'ld-linux*.so.[0-9]' | head -n 1)
libs=$(dirname "$(find "$tree/usr/lib" -name 'libc.so.6' | head -n 1)")
# Where it looks for its back ends is compiled in, so one is named.
backend=x64
grep -qw avx2 /proc/cpuinfo && backend=haswell
for file in "$libs"/ggml/backends*/libggml-cpu-"$backend".so \
    "$libs"/ggml/backends*/libggml-cpu*.so; do
    [ -e "$file" ] && GGML_BACKEND_PATH=$file && break
done
export GGML_BACKEND_PATH
exec "$loader" --library-path "$libs:$libs/llama" "$tree/usr/bin/llama-server" "$@"
