# Shared by the set-up scripts; sourced, not run.

say() { echo "setup: $*"; }
fail() { echo "setup: $*" >&2; exit 1; }

# Install Debian packages, as root or through sudo; without either, print the one command that does it.
install_packages() {
    local command="apt-get install -y --no-install-recommends $*"
    command -v apt-get >/dev/null ||
        fail "missing: $*; install them with this system's package manager, then run make again"
    if [ "$(id -u)" -eq 0 ]; then
        as_root=()
    elif command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
        as_root=(sudo)
    else
        fail "missing: $*; run this, then make again:
    sudo apt-get update && sudo $command"
    fi
    say "installing $*"
    local log
    log="$(mktemp)"
    if ! { "${as_root[@]}" apt-get update && "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive $command; } >"$log" 2>&1 </dev/null; then
        tail -n 20 "$log" >&2
        rm -f "$log"
        fail "apt could not install $*; see above"
    fi
    rm -f "$log"
}
