# shellcheck shell=sh
# Sourced by the runners, with $out and $scratch set: an environment in which
# nothing of the user's is read or written, and UTF-8 is certain.
mkdir "$scratch/home" "$scratch/tmp"
export HOME="$scratch/home" TMPDIR="$scratch/tmp" LC_ALL=C.UTF-8
unset XDG_CONFIG_HOME XDG_DATA_HOME XDG_STATE_HOME XDG_CACHE_HOME XDG_RUNTIME_DIR
unset MAKEFLAGS MFLAGS MAKELEVEL VIM VIMRUNTIME MYVIMRC NVIM NVIM_APPNAME TMUX
export DEEPCHAT_OUT="$PWD/$out" DC_SERVER="$PWD/$out/tests/server"
export DC_HOST="$PWD/$out/deepchat-host"
