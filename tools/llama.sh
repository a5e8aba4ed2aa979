#!/bin/sh
# llama.sh: get a real llama-server into build/llama, from a newer Debian, and
# write the model that it is to run, build/model.gguf. Prints why it cannot.
set -eu
cd "$(dirname "$0")/.."
mkdir -p build
[ build/model.gguf -nt tests/live/texts.json ] &&
    [ build/model.gguf -nt tools/gen_model.py ] ||
    python3 tools/gen_model.py tests/live/texts.json build/model.gguf
tools/get-debs.sh forky build/llama llama.cpp-tools
tools/llama-server.sh --version >/dev/null 2>&1 ||
    { echo 'llama: the llama-server of Debian forky does not run here'; exit 1; }
