#!/bin/bash
# The programs that engines need: Verilator and a C++ compiler from the system, and a GHDL that can synthesise. Yosys with ABC, which
# `make formal` alone needs, where it is to be had.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/common.sh

missing=()
for tool in verilator:verilator g++:g++ tclsh:tcl; do
    command -v "${tool%%:*}" >/dev/null || missing+=("${tool##*:}")
done

# Whether this GHDL's synthesis can be trusted; docs/proof.md says why versions before 4 are refused.
can_synthesise() {
    local version
    version="$("$1" --version 2>/dev/null | sed -n '1s/^GHDL \([0-9]*\).*/\1/p')" || return 1
    [ -n "$version" ] && [ "$version" -ge 4 ]
}

have_ghdl() {
    local candidate
    for candidate in "${GHDL:-}" ghdl .tools/bin/ghdl; do
        if [ -n "$candidate" ] && can_synthesise "$candidate"; then return 0; fi
    done
    return 1
}

# A system that offers a new enough GHDL gives its own; otherwise a private one comes under .tools/.
system_offers_ghdl() {
    local version
    version="$(LC_ALL=C apt-cache policy ghdl 2>/dev/null | sed -n 's/^ *Candidate: \([0-9]*\).*/\1/p')"
    [ -n "$version" ] && [ "$version" -ge 4 ]
}

if ! have_ghdl && system_offers_ghdl; then missing+=(ghdl); fi
if [ ${#missing[@]} -gt 0 ]; then install_packages "${missing[@]}"; fi
if ! have_ghdl; then
    say "a private GHDL 5 in .tools, for synthesis"
    patiently "GHDL" sh scripts/private_ghdl.sh
    have_ghdl || fail "the private GHDL does not start: remove .tools and run make setup again"
fi

have_yosys_abc() {
    command -v yosys-abc >/dev/null || [ -x "$(dirname "${YOSYS:-/yosys}")/yosys-abc" ]
}

if ! have_yosys_abc && command -v apt-get >/dev/null; then
    (install_packages yosys) 2>/dev/null || say "no yosys: everything but make formal and make bite works without it"
fi

# A timing analyser, with which a test reads the constraints of the board's project.
if ! command -v sta >/dev/null && command -v apt-get >/dev/null; then
    (install_packages opensta) 2>/dev/null || say "no OpenSTA: one test is skipped"
fi
