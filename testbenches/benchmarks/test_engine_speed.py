"""Clock cycles per second of the three engines on 64-tap filters; ``make bench`` runs it, ``make test`` does not."""

from __future__ import annotations

import time

import numpy as np
import pytest

from ip_cores.core import make_core
from ip_cores.generate import generate
from testbenches.simulate import run
from testbenches.stimulus import Stimulus

DESIGN = {"method": "firwin", "numtaps": 64, "cutoff": [700, 4000], "pass_zero": "bandpass", "fs": 16000}
SAMPLES = {"myhdl": 1000, "ghdl": 300, "native": 1_000_000}

LEAST_NATIVE = 2e6
"""Cycles per second that native code must reach on the parallel forms."""

LEAST_RATIO = 200
"""How many times faster than MyHDL's simulator it must be there."""

found: dict[tuple[str, str], float] = {}


@pytest.mark.parametrize("engine", SAMPLES)
@pytest.mark.parametrize("form", ["direct", "transposed", "serial"])
def test_cycles_per_second(form, engine, benchmark, tmp_path):
    core = make_core({"core": "fir", "name": f"speed_{form}", "form": form, "coefficients": DESIGN})
    manifest = generate(core, tmp_path / "vhdl")
    count = SAMPLES[engine] // core.cycles_per_sample
    words = np.random.default_rng(0).integers(-(2**15), 2**15, count)
    responses, speeds = [], []

    def play():
        start = time.process_time()
        responses.append(run(core, Stimulus({"data": words}), engine, manifest=manifest, optimize="run"))
        # GHDL runs in a process of its own; of the others count what they computed, whatever else this machine does.
        seconds = responses[-1].seconds if engine == "ghdl" else time.process_time() - start
        speeds.append(responses[-1].cycles / seconds)

    # The first round compiles.
    benchmark.pedantic(play, rounds=3, warmup_rounds=1)
    assert np.array_equal(responses[-1].data, core.model(words))
    speed = max(speeds)
    found[form, engine] = speed
    benchmark.extra_info["cycles per second"] = round(speed)
    print(f"\n{form}, {engine}: {speed:.3g} cycles/s")
    if engine == "native" and form != "serial":
        assert speed >= LEAST_NATIVE
        if (form, "myhdl") in found:
            assert speed >= LEAST_RATIO * found[form, "myhdl"]
