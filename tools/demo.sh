#!/bin/sh
# demo.sh OUTDIR: $EDITOR (nvim or vim) with the plugin in an otherwise empty
# configuration, in a chat. On DeepInfra if a key is found; on a llama-server of your own if MODEL
# names a .gguf file; else on the loopback server, as a guided tour. Nothing of
# your configuration is read. The chats of the tour go with it; with a real model
# they stay where DeepChat keeps them.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd -P)
out=$root/$1
home=$(mktemp -d "${TMPDIR:-/tmp}/deepchat-demo.XXXXXX")
server=

end() {
    [ -z "$server" ] || kill "$server" 2>/dev/null || true
    rm -rf "$home"
}
trap end EXIT
trap 'exit 130' HUP INT TERM

# await FILE: wait for an address in what a server prints, at most 60 s.
await() {
    tries=0
    until url=$(grep -o 'http://127\.0\.0\.1:[0-9]*' "$1"); do
        tries=$((tries + 1))
        if [ $tries -gt 600 ] || ! kill -0 "$server" 2>/dev/null; then
            cat "$1" >&2
            exit 1
        fi
        sleep 0.1
    done
    url=$(echo "$url" | head -n 1)
}

settings="'host': '$out/deepchat-host'"
prompt=
if [ -n "${MODEL:-}" ]; then
    llama=$(command -v llama-server || true)
    if [ -z "$llama" ]; then
        "$root/tools/llama.sh"
        llama=$root/tools/llama-server.sh
    fi
    "$llama" -m "$MODEL" --host 127.0.0.1 --port 0 --no-webui >"$home/server.log" 2>&1 &
    server=$!
    await "$home/server.log"
    settings="$settings, 'base_url': '$url/v1'"
elif [ -z "${DEEPINFRA_API_KEY:-}${DEEPINFRA_TOKEN:-}" ]; then
    "$out/tests/server" --tour "$root/tests/server/tour.md" >"$home/server.log" 2>&1 &
    server=$!
    await "$home/server.log"
    settings="$settings, 'base_url': '$url/v1', 'model': 'guided-tour'"
    settings="$settings, 'system': 'This is the guided tour: no model is running.'"
    prompt=' Show me around'
    export XDG_DATA_HOME="$home/data" XDG_STATE_HOME="$home/state"
fi

shift
start='autocmd VimEnter * ++nested ++once execute "DeepChat!'"$prompt"'" | only'
if [ "${EDITOR:-}" = vim ]; then
    # --clean would leave out plugins
    cat >"$home/vimrc" <<END
set nocompatible encoding=utf-8 rtp^=$root
source \$VIMRUNTIME/defaults.vim
let g:deepchat = {$settings}
$start
END
    vim -u "$home/vimrc" -i NONE "$@"
else
    nvim --clean --cmd "set rtp^=$root" --cmd "let g:deepchat = {$settings}" \
        -c "$start" "$@"
fi
