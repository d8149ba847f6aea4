"""Pins of a PDM microphone: each bit once, at either edge, of a clock that is made or given, and losses that are said."""

from __future__ import annotations

import numpy as np
import pytest

from ip_cores.core import make_core
from ip_cores.generate import generate
from ip_cores.parameters import ParameterError
from testbenches.engines.own_bench import run_own_ghdl
from testbenches.simulate import run
from testbenches.stimulus import Stimulus

HARDWARE = ("myhdl", "ghdl", "native")
COUNT = 60


def make(**parameters):
    return make_core({"core": "pdm_microphone", "name": "microphone", **parameters})


def of_two_microphones(seed):
    """Events of a clock of some of the core's, and of two microphones on one line: one speaks while it is low, the other while it is high.

    Each changes two clocks behind the edge, and is sampled at the next one.
    """
    random = np.random.default_rng(seed)
    bits, events, at, edges = random.integers(0, 2, (COUNT, 2)), [], 10, []
    for low, high in bits.tolist():
        half, rest = random.integers(3, 5), random.integers(3, 6)
        edges.append((at + half, at + half + rest))
        events += [(at, "pdm_clock", 0), (at + 2, "pdm_data", low), (at + half, "pdm_clock", 1), (at + half + 2, "pdm_data", high)]
        at += half + rest
    events.append((at, "pdm_clock", 0))
    return bits, tuple((int(cycle), name, value) for cycle, name, value in events), np.array(edges), int(at)


@pytest.mark.parametrize("edge", ["rising", "falling"])
@pytest.mark.parametrize("engine", HARDWARE)
def test_slave_gives_the_bits_of_its_microphone(edge, engine):
    core = make(role="slave", edge=edge)
    bits, events, edges, end = of_two_microphones(3)
    response = run(core, Stimulus(events=events, cycles=end + 20), engine)
    mine = int(edge == "falling")
    assert response.data.tolist() == core.model(bits[:, mine]).tolist() == bits[:, mine].tolist()
    assert set(response.source_cycles - edges[:, mine]) == {core.latency}
    assert core.reference(bits[:, mine]).tolist() == (2 * bits[:, mine] - 1).tolist()


@pytest.mark.parametrize("edge", ["rising", "falling"])
def test_master_makes_a_clock_and_reads_with_it(edge):
    core = make(divider=7, edge=edge)
    free = run(core, Stimulus(cycles=400, probes=tuple((cycle, "pdm_clock") for cycle in range(400))), "ghdl")
    clock = np.array(free.probes)
    rises, falls = (np.flatnonzero(np.diff(clock) == step) + 1 for step in (1, -1))
    assert set(np.diff(rises)) == set(np.diff(falls)) == {7}
    assert set(falls - rises[: falls.size]) == {3}
    own, other = (rises, falls) if edge == "rising" else (falls, rises)
    bits = np.random.default_rng(1).integers(0, 2, own.size)
    speaks = [other[other < at][-1] if np.any(other < at) else 0 for at in own]
    events = tuple((int(at) + 1, "pdm_data", int(bit)) for at, bit in zip(speaks, bits, strict=True))
    for engine in HARDWARE[:2]:
        found = run(core, Stimulus(events=events, cycles=400), engine).data.tolist()
        assert found == bits[: len(found)].tolist()
        assert len(found) >= bits.size - 1 > 50


@pytest.mark.parametrize("engine", HARDWARE[:2])
def test_a_bit_that_is_not_taken_in_time_is_lost_and_said_to_be(engine):
    core = make(role="slave")
    bits, events, edges, end = of_two_microphones(4)
    closed = end // 2
    accept = np.r_[np.zeros(closed, bool), np.ones(end, bool)]
    stimulus = Stimulus(accept=accept, events=events, cycles=end + 20, probes=tuple((cycle, "overrun") for cycle in range(end + 20)))
    response = run(core, stimulus, engine)
    lost = int(np.count_nonzero(edges[1:, 0] + core.latency - 1 < closed))
    assert sum(response.probes) == lost > 5
    assert response.data.tolist() == [bits[0, 0], *bits[1 + lost :, 0]]


@pytest.mark.parametrize("parameters", [{}, {"role": "slave"}, {"edge": "falling", "divider": 5}, {"role": "slave", "edge": "falling"}])
def test_the_delivered_vhdl_passes_its_own_bench(parameters, tmp_path):
    manifest = generate(make(**parameters), tmp_path / "vhdl")
    bench = (manifest.folder / "simulation" / "microphone_tb.vhd").read_text()
    assert "passed" in run_own_ghdl(manifest, bench, tmp_path, top="microphone_tb")


BAD = [
    ({"divider": 3}, "divider = 3: must be 4 to 256"),
    ({"role": "both"}, "one of slave, master"),
    ({"edge": "up"}, "one of rising, falling"),
]


@pytest.mark.parametrize(("parameters", "message"), BAD)
def test_bad_parameters(parameters, message):
    with pytest.raises(ParameterError, match=message):
        make(**parameters)
