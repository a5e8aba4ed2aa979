#!/bin/sh
# deps.sh [build|demo|demo-vim|test|all]: make sure that what a build, a test run or the whole
# tool set needs is there. With apt-get the missing packages are installed; on
# other systems their names are printed. Does nothing, and needs no network,
# when nothing is missing.
set -u
want=${1:-build}
case $want in
build | demo | demo-vim | test | all) ;;
*) echo "usage: deps.sh [build|demo|demo-vim|test|all]" >&2 && exit 2 ;;
esac

# set, what proves that it is there, then the package for apt, dnf, pacman and
# brew. "a|b": the first that the system knows. "-": comes with the system.
table() {
    cat <<'END'
build cmd:cc              gcc                      gcc                gcc         -
build hdr:stdio.h         libc6-dev                glibc-devel        glibc       -
build cmd:make            make                     make               make        make
build cmd:pkg-config      pkg-config               pkgconf-pkg-config pkgconf     pkg-config
build lib:libcurl         libcurl4-openssl-dev     libcurl-devel      curl        curl
build lib:libcjson        libcjson-dev             cjson-devel        cjson       cjson
build msgpack             libmsgpack-c-dev|libmsgpack-dev msgpack-devel msgpack-c msgpack
test  lib:criterion       libcriterion-dev         criterion-devel    criterion   criterion
demo  lib:openssl         libssl-dev               openssl-devel      openssl     openssl@3
test  cmd:openssl         openssl                  openssl            openssl     openssl@3
demo  cmd:nvim            neovim                   neovim             neovim      neovim
test  vim                 vim                      vim-enhanced       vim         vim
test  cmd:tmux            tmux                     tmux               tmux        tmux
test  cmd:python3         python3                  python3            python      python3
test  cmd:git             git                      git                git         git
test  cmd:patchelf        patchelf                 patchelf           patchelf    -
test  cmd:ps              procps                   procps-ng          procps-ng   -
test  ca                  ca-certificates          ca-certificates    ca-certificates -
all   cmd:clang           clang                    clang              clang       llvm
all   fuzzer              libclang-rt-dev          compiler-rt        compiler-rt llvm
all   cmd:clang-format    clang-format             clang-tools-extra  clang       clang-format
all   cmd:clang-tidy      clang-tidy               clang-tools-extra  clang       llvm
all   cmd:cppcheck        cppcheck                 cppcheck           cppcheck    cppcheck
all   ctags               universal-ctags          ctags              ctags       universal-ctags
all   cmd:readelf         binutils                 binutils           binutils    -
all   cmd:gcovr           gcovr                    gcovr              gcovr       gcovr
END
}

exists() {
    case $1 in
    cmd:*) command -v "${1#cmd:}" ;;
    hdr:*) echo "#include <${1#hdr:}>" | cc -E - ;;
    lib:*) pkg-config --exists "${1#lib:}" ;;
    msgpack) pkg-config --exists msgpack-c || pkg-config --exists msgpack ;;
    vim) vim --version | grep '+channel' ;;
    ctags) ctags --version | grep Universal ;;
    ca) cat /etc/ssl/certs/ca-certificates.crt /etc/ssl/cert.pem \
        /etc/pki/tls/certs/ca-bundle.crt | grep CERTIFICATE ;;
    fuzzer) find "$(clang -print-resource-dir)" -name '*clang_rt.fuzzer*' | grep . ;;
    esac >/dev/null 2>&1
}

wanted() {
    case $want in
    build) table | grep '^build' ;;
    demo) table | grep -E '^(build|demo)' ;;
    demo-vim) table | grep -E '^(build|demo)|^test  vim ' | grep -v cmd:nvim ;;
    test) table | grep -E '^(build|demo|test)' ;;
    all) table ;;
    esac
}

missing() {
    wanted | while read -r row_set check apt dnf pacman brew; do
        exists "$check" || echo "$row_set $check $apt $dnf $pacman $brew"
    done
}

names() { # names COLUMN: the packages of that column, on one line
    echo "$lacking" | awk -v c="$1" '$c != "-" && !seen[$c]++ { print $c }' |
        tr '\n' ' '
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null 2>&1; then
        sudo "$@"
    else
        echo "deps: not root and no sudo; as root: $*" >&2
        return 1
    fi
}

first_known() {
    for name in $(echo "$1" | tr '|' ' '); do
        apt-cache policy "$name" | grep -q 'Candidate: [0-9]' && break
    done
    echo "$name"
}

install_with_apt() {
    as_root apt-get -qq update || echo 'deps: trying with the old lists' >&2
    packages=
    for choice in $(names 3); do
        packages="$packages $(first_known "$choice")"
    done
    echo "deps: installing$packages"
    log=$(mktemp) || return 1
    # shellcheck disable=SC2086 # the names must split
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y \
        -o Dpkg::Use-Pty=0 install --no-install-recommends $packages \
        >"$log" 2>&1 || { cat "$log" && rm -f "$log" && return 1; }
    rm -f "$log"
}

lacking=$(missing)
[ -z "$lacking" ] && exit 0
if command -v apt-get >/dev/null 2>&1; then
    install_with_apt || exit 1
    lacking=$(missing)
    [ -z "$lacking" ] && exit 0
    echo "deps: still missing: $(echo "$lacking" | awk '{ print $2 }' | tr '\n' ' ')"
    exit 1
fi
cat <<END
deps: missing: $(echo "$lacking" | awk '{ print $2 }' | tr '\n' ' ')
  Fedora:   dnf install $(names 4)
  Arch:     pacman -S --needed $(names 5)
  Homebrew: brew install $(names 6)
END
exit 1
