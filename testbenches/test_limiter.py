"""Limiter: never above the ceiling, silent after a reset, transparent below."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ip_cores.core import make_core
from ip_cores.parameters import ParameterError
from testbenches.for_tests.drawing import examples
from testbenches.simulate import run
from testbenches.stimulus import Stimulus
from testbenches.verify import verify

HARDWARE = ("myhdl", "ghdl", "native")


def limiter(**parameters):
    return make_core({"core": "limiter", **parameters})


@pytest.mark.parametrize("parameters", [{"silence": 100}, {"silence": 1, "sink": "sfix3_En0", "ceiling": 1.0}], ids=["usual", "least"])
def test_chain_of_proof(parameters):
    proof = verify(limiter(**parameters), "extremes", HARDWARE, samples=600, seed=5, stalls=0.4)
    assert [engine.error or engine.first_difference for engine in proof.engines] == [None] * 3
    assert proof.passed
    assert proof.snr == np.inf


@examples(10)
@given(st.integers(3, 48), st.integers(1, 40), st.floats(0, 1), st.integers(0, 2**20))
def test_exact_integers(bits, silence, ceiling, seed):
    core = limiter(sink=f"sfix{bits}_En0", silence=silence, ceiling=ceiling)
    rng = np.random.default_rng(seed)
    x = rng.integers(core.sink.minimum, core.sink.maximum, 120, endpoint=True)
    response = run(core, Stimulus.random_stalls(x, seed, 0.3, controls=core.controls), "myhdl")
    top = core.ceiling_word
    assert response.data.tolist() == [0] * silence + [max(-top, min(top, int(word))) for word in x[silence:]]


@pytest.mark.parametrize("engine", HARDWARE)
def test_latency_and_rate(engine):
    core = limiter()
    response = run(core, Stimulus({"data": np.arange(50)}, controls=core.controls), engine)
    assert set(response.source_cycles - response.sink_cycles) == {core.latency}
    assert set(np.diff(response.sink_cycles)) == {core.cycles_per_sample}


@pytest.mark.parametrize("engine", HARDWARE)
def test_the_ceiling_is_set_at_run_time_and_an_open_port_is_silent(engine):
    core = limiter(silence=1)
    x = np.full(60, -20000)
    events = ((20, "ceiling", 1000), (40, "ceiling", 32767))
    response = run(core, Stimulus({"data": x}, events=events, probes=((10, "clipped"), (30, "clipped"), (50, "clipped"))), engine)
    assert set(response.data[:18]) == {0}
    assert set(response.data[25:38]) == {-1000}
    assert set(response.data[45:]) == {-20000}
    assert response.probes == (1, 1, 0)


def test_a_reset_in_mid_stream_is_silent_again():
    core = limiter(silence=30)
    response = run(core, Stimulus({"data": np.full(200, 3000)}, reset_at=100, controls=core.controls), "ghdl")
    before = response.received_before_reset
    assert response.data[:before].tolist() == [0] * 30 + [3000] * (before - 30)
    assert response.data[before : before + 30].tolist() == [0] * 30
    assert set(response.data[before + 30 :]) == {3000}


@pytest.mark.parametrize(
    ("parameters", "message"), [({"sink": "ufix16_En0"}, "signed"), ({"ceiling": 1.5}, "0.0 to 1.0"), ({"silence": 0}, "1 to 1048576")]
)
def test_bad_parameters(parameters, message):
    with pytest.raises(ParameterError, match=message):
        limiter(**parameters)
