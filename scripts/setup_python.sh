#!/bin/bash
# A virtual environment with the pinned packages and this checkout in it: setup_python.sh FOLDER.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/common.sh
venv="${1:-.venv}"

new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

# $PYTHON, or the first that is new enough.
find_python() {
    local candidate
    for candidate in ${PYTHON:-python3 python3.11 python3.12 python3.13 /usr/bin/python3}; do
        if command -v "$candidate" >/dev/null && new_enough "$candidate"; then
            command -v "$candidate"
            return
        fi
    done
}

python="$(find_python)"
if [ -z "$python" ] && [ -z "${PYTHON:-}" ]; then
    install_packages python3 python3-venv
    python="$(find_python)"
fi
[ -n "$python" ] || fail "Python 3.11 or newer is needed; set PYTHON to it, as in: make setup PYTHON=/opt/python3.12/bin/python3"

if ! [ -x "$venv/bin/python" ] || ! new_enough "$venv/bin/python" || ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
    # Debian ships venv without ensurepip, which is in a package of its own.
    "$python" -c 'import ensurepip, venv' 2>/dev/null || install_packages python3-venv
    say "virtual environment in $venv with $("$python" --version)"
    rm -rf "$venv"
    "$python" -m venv "$venv"
fi

say "Python packages of requirements.txt"
pip() { "$venv/bin/python" -m pip --disable-pip-version-check --quiet "$@" </dev/null; }
pip install --requirement requirements.txt
pip install --no-deps --no-build-isolation --editable .
# Python does this when a module is first loaded, where it may write; here nobody waits for it.
"$venv/bin/python" -m compileall -q reference fixed_point ip_cores testbenches fpga_projects ossicle
