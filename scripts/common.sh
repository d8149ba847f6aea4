# Shared by the set-up scripts; sourced, not run.

say() { echo "setup: $*"; }
fail() { echo "setup: $*" >&2; exit 1; }

# Run a command that may take minutes: patiently WHAT COMMAND... On a terminal the seconds are counted; in a pipe nothing is added.
patiently() {
    local what="$1" status=0 start=$SECONDS job
    shift
    if ! [ -t 1 ]; then
        "$@" </dev/null
        return
    fi
    "$@" </dev/null &
    job=$!
    while kill -0 "$job" 2>/dev/null; do
        printf '\rsetup: %s, %s s ' "$what" $((SECONDS - start))
        sleep 1
    done
    wait "$job" || status=$?
    printf '\rsetup: %s, %s s\n' "$what" $((SECONDS - start))
    return "$status"
}

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
    # A password is asked for before the seconds are counted.
    if [ ${#as_root[@]} -gt 0 ] && [ -t 0 ]; then sudo -v; fi
    fetch() { { "${as_root[@]}" apt-get update && "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive $command; } >"$log" 2>&1; }
    if ! patiently "apt" fetch; then
        tail -n 20 "$log" >&2
        rm -f "$log"
        fail "apt could not install $*; see above"
    fi
    rm -f "$log"
}
