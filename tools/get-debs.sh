#!/bin/sh
# get-debs.sh SUITE DEST PKG...: unpack PKG and all it depends on, libc too,
# from another Debian suite into DEST. Installs nothing and needs no root: apt
# works in a state folder of its own with an empty status file, so that the
# whole closure is fetched. Does nothing if DEST is complete.
set -eu
suite=$1 dest=$2
shift 2
[ -e "$dest/.complete" ] && exit 0

for tool in apt-get dpkg-deb; do
    command -v $tool >/dev/null 2>&1 || { echo "get-debs: no $tool" >&2; exit 1; }
done
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
[ -r $keyring ] || { echo "get-debs: no $keyring" >&2; exit 1; }

# The mirror that this system uses, if it is a Debian one.
mirror=${DEBIAN_MIRROR:-}
if [ -z "$mirror" ] && grep -q '^ID=debian' /etc/os-release; then
    mirror=$(apt-get indextargets --format '$(ORIGIN) $(REPO_URI)' |
        sed -n '/security/d; s/^Debian //p' | head -n 1)
fi
[ -n "$mirror" ] || { echo "get-debs: no Debian mirror known; set DEBIAN_MIRROR" >&2; exit 1; }

rm -rf "$dest" "$dest.apt"
mkdir -p "$dest.apt/lists/partial" "$dest.apt/cache/archives/partial" "$dest"
work=$(cd "$dest.apt" && pwd)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
: >"$work/status"
echo "deb [signed-by=$keyring] $mirror $suite main" >"$work/sources.list"

apt() {
    apt-get -qq -o Dir::State::lists="$work/lists" \
        -o Dir::State::status="$work/status" -o Dir::Cache="$work/cache" \
        -o Dir::Etc::sourcelist="$work/sources.list" \
        -o Dir::Etc::sourceparts=- -o Dir::Etc::preferencesparts=- \
        -o APT::Sandbox::User=root -o APT::Install-Recommends=false \
        -o Acquire::Languages=none \
        -o Acquire::Check-Valid-Until=false -o Acquire::Retries=2 \
        -o Acquire::http::Timeout=20 -o Debug::NoLocking=1 "$@"
}
apt update >"$work/log" 2>&1 && apt -y --download-only install "$@" >>"$work/log" 2>&1 ||
    { tail -n 5 "$work/log" >&2; exit 1; }
for deb in "$work"/cache/archives/*.deb; do
    dpkg-deb -x "$deb" "$dest"
done
: >"$dest/.complete"
