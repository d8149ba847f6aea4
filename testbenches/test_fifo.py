"""Queue and stream register: nothing lost, doubled or reordered, exactly as deep as promised."""

from __future__ import annotations

from typing import Any

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

KINDS: dict[str, dict[str, Any]] = {
    "fifo of 300": {"core": "fifo", "depth": 300},
    "least fifo": {"core": "fifo", "depth": 3, "sink": "ufix64_En0"},
    "fifo of a power of two": {"core": "fifo", "depth": 8, "sink": "ufix5_En0"},
    "stream_register": {"core": "stream_register", "sink": "sfix12_En11"},
}

FIELDS: dict[str, dict[str, Any]] = {
    "fifo of band words": {"core": "fifo", "depth": 20, "channel_bits": 3, "packets": True, "sink": "sfix13_En3"},
    "fifo of channels": {"core": "fifo", "depth": 5, "channel_bits": 1},
    "stream_register of packets": {"core": "stream_register", "packets": True, "sink": "ufix64_En0"},
}


def words(core, count, seed=0):
    f = core.sink_format
    above = np.random.default_rng(seed).integers(0, f.maximum - f.minimum, count, dtype=np.uint64, endpoint=True)
    return np.array([int(word) + f.minimum for word in above], dtype=object)


@pytest.mark.parametrize("kind", KINDS)
def test_chain_of_proof(kind):
    core = make_core(KINDS[kind])
    proof = verify(core, "noise", HARDWARE, samples=1000, seed=3, stalls=0.4)
    assert [engine.error or engine.first_difference for engine in proof.engines] == [None] * 3
    assert proof.passed
    assert proof.snr == np.inf


@pytest.mark.parametrize("kind", FIELDS)
def test_chain_of_proof_with_fields(kind):
    core = make_core(FIELDS[kind])
    x = words(core, 500)
    rng = np.random.default_rng(3)
    width = {port.name.removeprefix("sink_"): port.width or 1 for port in core.sink_ports}
    fields = {"data": x, **{name: rng.integers(0, 1 << bits, 500) for name, bits in width.items()}}
    proof = verify(core, fields, HARDWARE, samples=500, stalls=0.4)
    assert [engine.error or engine.first_difference for engine in proof.engines] == [None] * 3
    assert proof.passed
    response = run(core, Stimulus.random_stalls(fields, 1, 0.4), "ghdl")
    for name, sent in fields.items():
        assert [int(word) for word in response.words[name]] == sent.tolist()


def test_fifo_between_segments():
    """Segments, a queue, and the way back, as one core."""
    stages = [
        {"core": "segmenter", "name": "there", "segment_length": 16, "hop": 8},
        {"core": "fifo", "name": "queue", "depth": 40, "packets": True},
        {"core": "overlap_add", "name": "back", "segment_length": 16, "hop": 8},
    ]
    core = make_core({"core": "chain", "name": "buffered", "stages": stages})
    proof = verify(core, "noise", ["native"], samples=500)
    assert proof.passed, proof.engines


@examples(15)
@given(st.integers(3, 20), st.integers(2, 64), st.booleans(), st.integers(0, 2**20), st.sampled_from([0.1, 0.5, 0.8]))
def test_any_depth_and_stall(depth, bits, signed, seed, stalls):
    core = make_core({"core": "fifo", "depth": depth, "sink": f"{'s' if signed else 'u'}fix{bits}_En0"})
    x = words(core, 200, seed)
    response = run(core, Stimulus.random_stalls(x, seed, stalls), "myhdl")
    assert [int(word) for word in response.data] == x.tolist()


@pytest.mark.parametrize("engine", HARDWARE)
@pytest.mark.parametrize("kind", KINDS)
def test_latency_and_full_rate(kind, engine):
    core = make_core(KINDS[kind])
    response = run(core, Stimulus({"data": words(core, 100)}), engine)
    assert set(response.source_cycles - response.sink_cycles) == {core.latency}
    assert set(np.diff(response.sink_cycles)) == {core.cycles_per_sample} == {1}


DEPTHS = {"fifo of 300": 300, "least fifo": 3, "fifo of a power of two": 8, "stream_register": 2}


@pytest.mark.parametrize(("kind", "depth"), DEPTHS.items())
def test_holds_as_many_words_as_promised(kind, depth):
    """Nothing is taken out for a long time: exactly the depth goes in; then everything comes out again."""
    core = make_core(KINDS[kind])
    x = words(core, 400)
    closed = 500
    accept = np.r_[np.zeros(closed, bool), np.ones(600, bool)]
    response = run(core, Stimulus({"data": x}, accept=accept, idle="hold"), "ghdl")
    assert np.sum(response.sink_cycles < closed) == depth
    assert [int(word) for word in response.data] == x.tolist()


@pytest.mark.parametrize("engine", HARDWARE)
def test_level_is_the_number_of_words_inside(engine):
    core = make_core(KINDS["fifo of a power of two"])
    x = words(core, 60)
    probes = tuple((cycle, "level") for cycle in range(120))
    response = run(core, Stimulus.random_stalls(x, 5, 0.4, probes=probes), engine)
    inside = [int(np.sum(response.sink_cycles < cycle)) - int(np.sum(response.source_cycles < cycle)) for cycle in range(120)]
    assert list(response.probes) == inside
    assert set(inside) == set(range(9))


def test_sink_ready_does_not_depend_on_source_ready():
    """Full, and a word taken out in the same clock: the free place is seen a clock later."""
    core = make_core(KINDS["fifo of a power of two"])
    accept = np.r_[np.zeros(30, bool), True, np.zeros(30, bool), np.ones(60, bool)]
    response = run(core, Stimulus({"data": words(core, 20)}, accept=accept), "ghdl")
    assert (response.source_cycles[0], response.sink_cycles[8]) == (30, 31)


@pytest.mark.parametrize("depth", [2, 8193, 2.5])
def test_bad_depth(depth):
    with pytest.raises(ParameterError, match=r"depth = .*: must be 3 to 8192"):
        make_core({"core": "fifo", "depth": depth})
