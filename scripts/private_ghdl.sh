#!/bin/sh
# Puts GHDL 5 under .tools/ of this checkout and leaves the system alone.
#
# Debian 12 has only GHDL 2.0.0, whose synthesis writes wrong netlists. Debian 13's packages run on Debian 12
# when they are started through their own loader, so they are fetched with apt under a private state folder
# and unpacked, never installed.
set -eu

tools="$(cd "$(dirname "$0")/.." && pwd)/.tools"
suite=trixie
packages="ghdl-mcode ghdl-common ghdl-tools libgnat-14 libc6 libgcc-s1 libstdc++6 zlib1g"
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

fail() { echo "setup: $*" >&2; exit 1; }

command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null ||
    fail "GHDL 4 or newer is needed for synthesis and this is not a Debian system: install ghdl >= 4 (https://github.com/ghdl/ghdl/releases) and set GHDL to it"
[ -r "$keyring" ] || fail "no Debian keyring at $keyring: apt-get install debian-archive-keyring"

# The machine's own mirror: the archive that already serves Debian's main component here.
mirror() {
    apt-get indextargets --format '$(REPO_URI) $(ORIGIN)/$(LABEL) $(COMPONENT)' 'Created-By: Packages' |
        awk '$2 == "Debian/Debian" && $3 == "main" {print $1; exit}'
}
uri="$(mirror)"
[ -n "$uri" ] || uri="$(awk '$1 == "URIs:" {print $2; exit} $1 == "deb" {for (i = 2; i <= NF; i++) if ($i ~ /^http/) {print $i; exit}}' \
    /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list 2>/dev/null)"
[ -n "$uri" ] || fail "no Debian mirror in apt's sources: run apt-get update first"

scratch="$tools/ghdl.partial"
rm -rf "$scratch"
mkdir -p "$scratch/state/lists/partial" "$scratch/cache/archives/partial" "$scratch/debs" "$scratch/root"
: > "$scratch/state/status"
echo "deb [signed-by=$keyring] $uri $suite main" > "$scratch/sources.list"
apt() {
    apt-get -q \
        -o Dir::State="$scratch/state" -o Dir::State::status="$scratch/state/status" \
        -o Dir::Cache="$scratch/cache" -o Dir::Etc::SourceList="$scratch/sources.list" -o Dir::Etc::SourceParts=/dev/null \
        -o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts=/dev/null -o APT::Sandbox::User=root \
        -o Acquire::Languages=none -o Acquire::Retries=3 "$@"
}
apt update >"$scratch/apt.log" 2>&1 || { cat "$scratch/apt.log" >&2; fail "apt could not read the package lists of Debian $suite"; }
# shellcheck disable=SC2086
(cd "$scratch/debs" && apt download $packages >>"$scratch/apt.log" 2>&1) ||
    { cat "$scratch/apt.log" >&2; fail "apt could not fetch GHDL from Debian $suite"; }
for deb in "$scratch"/debs/*.deb; do dpkg-deb -x "$deb" "$scratch/root"; done
rm -rf "$scratch/state" "$scratch/cache" "$scratch/debs"

rm -rf "$tools/ghdl"
mv "$scratch/root" "$tools/ghdl"
rm -rf "$scratch"
mkdir -p "$tools/bin"
cat > "$tools/bin/ghdl" <<'WRAPPER'
#!/bin/sh
root="$(cd "$(dirname "$0")/../ghdl" && pwd)"
triplet="$(basename "$(ls -d "$root"/usr/lib/*-linux-gnu* | head -n 1)")"
loader="$(ls "$root"/usr/lib*/ld-linux*.so* "$root"/usr/lib/"$triplet"/ld-linux*.so* 2>/dev/null | head -n 1)"
GHDL_PREFIX="$root/usr/lib/ghdl/mcode/vhdl" exec "$loader" --library-path "$root/usr/lib/$triplet" "$root/usr/bin/ghdl-mcode" "$@"
WRAPPER
chmod +x "$tools/bin/ghdl"
"$tools/bin/ghdl" --version | head -n 1
