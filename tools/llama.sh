#!/bin/sh
# llama.sh: get a real llama-server into build/llama, from a newer Debian.
# Prints why it cannot.
set -eu
cd "$(dirname "$0")/.."
tools/get-debs.sh forky build/llama llama.cpp-tools
tools/llama-server.sh --version >/dev/null 2>&1 ||
    { echo 'llama: the llama-server of Debian forky does not run here'; exit 1; }
