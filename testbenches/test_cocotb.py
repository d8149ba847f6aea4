"""Cores in a test bench of somebody else: cocotb, and the Avalon-ST driver and monitor of cocotb-bus, on delivered VHDL in GHDL.

Between words that driver shows undefined data.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ip_cores.core import make_core
from ip_cores.generate import generate
from testbenches.engines.ghdl import find_ghdl, run_tool
from testbenches.for_tests import oracle

ROOT = Path(__file__).resolve().parent.parent
MISSING = [name for name in ("cocotb", "cocotb_bus") if importlib.util.find_spec(name) is None]

pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"no {' and no '.join(MISSING)} (pip install cocotb cocotb-bus)")

TAPS = [3, -7, 100, 125, -90, 1]
"""Coefficients in units of 2^-8."""

CORES = {
    "a FIR in direct form": {"core": "fir", "form": "direct"},
    "a FIR in transposed form": {"core": "fir", "form": "transposed"},
    "a FIR with one multiplier": {"core": "fir", "form": "serial"},
    "a queue": {"core": "fifo", "depth": 16},
}
FILTER = {"coefficients": [tap / 256 for tap in TAPS], "sink": "sfix12_En11", "coefficient": "sfix9_En8", "source": "sfix10_En9"}
SIDES = {"full rate": ([], [1]), "both sides stall": ([(3, 1), (1, 2), (7, 5)], [1, 0, 0, 1, 1, 0, 1])}


def play(core, words, gaps, accept, folder):
    """Raw words that come back through cocotb."""
    manifest = generate(core, folder / "vhdl", companions=None)
    ghdl = find_ghdl().path
    run_tool([ghdl, "-a", "--std=93", *[str(manifest.folder / name) for name in manifest.files]], cwd=folder)
    plan = {"words": words, "gaps": gaps, "accept": accept, "patience": 100}
    (folder / "words.json").write_text(json.dumps(plan))
    found = {
        flag: run_tool([sys.executable, "-m", "cocotb.config", *flag.split()]).strip()
        for flag in ("--libpython", "--lib-name-path vpi ghdl")
    }
    environment = {
        **os.environ,
        "MODULE": "testbenches.for_tests.cocotb_client",
        "TOPLEVEL": core.name,
        "TOPLEVEL_LANG": "vhdl",
        "LIBPYTHON_LOC": found["--libpython"],
        "VIRTUAL_ENV": sys.prefix,
        "PYTHONPATH": str(ROOT),
    }
    command = [ghdl, "--elab-run", "--std=93", core.name, f"--vpi={found['--lib-name-path vpi ghdl']}", "--ieee-asserts=disable"]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert re.search(r"TESTS=1 PASS=1 FAIL=0", done.stdout), done.stdout + done.stderr
    return json.loads((folder / "given.json").read_text())


@pytest.mark.parametrize("sides", SIDES)
@pytest.mark.parametrize("name", CORES)
def test_a_client_of_others_gets_every_word(name, sides, tmp_path):
    description = CORES[name]
    core = make_core({**description, "name": "client", **({"sink": "sfix12_En11"} if description["core"] == "fifo" else FILTER)})
    words = [2047, -2048, *np.random.default_rng(5).integers(-2048, 2048, 60).tolist()]
    told = words if description["core"] == "fifo" else oracle.fir_words(words, TAPS, 11 + 8, True, 10, 9, "nearest", "saturate")
    gaps, accept = SIDES[sides]
    given = play(core, [word & 0xFFF for word in words], gaps, accept, tmp_path)
    width = core.source_format.word_length
    # The monitor of cocotb-bus gives whole bytes.
    assert [word & (1 << width) - 1 for word in given] == [word & (1 << width) - 1 for word in told]
