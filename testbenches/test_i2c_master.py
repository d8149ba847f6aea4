"""I2C master: the lines are the model's, quarter by quarter; answers are what a slave put on the bus; the clock may be stretched."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ip_cores.i2c_master import I2cMaster
from ip_cores.parameters import ParameterError
from testbenches.for_tests.drawing import examples
from testbenches.simulate import run
from testbenches.stimulus import Stimulus

HARDWARE = ("myhdl", "ghdl", "native")
COMMANDS = [0x834, 0x01E, 0x400, 0x835, 0x255, 0x755]
"""Write two bytes to 0x1A; then, after a new start, read two of which the last is not acknowledged."""


def lines(core, stimulus, cycles, engine):
    probes = tuple((cycle, name) for cycle in range(cycles) for name in ("scl_low", "sda_low"))
    response = run(core, stimulus.replace(probes=probes, cycles=cycles + 1), engine)
    return response, 1 - np.array(response.probes).reshape(-1, 2).T


def check(core, commands, engine):
    """An idle bus: every quarter of the model lasts as many clocks; between commands there are two clocks more."""
    levels = core.model(commands)
    cycles = (len(levels[0]) + 8) * core.quarter + 3 * len(commands)
    response, seen = lines(core, Stimulus({"data": np.array(commands)}, controls=core.controls), cycles, engine)
    # The gaps between commands repeat the last level; without them the lines are the model's.
    spans = zip(response.source_cycles + 1, response.sink_cycles[1:] + 2, strict=False)
    gaps = np.array([cycle for start, end in spans for cycle in range(start, end)], dtype=int)
    for line, wanted in zip(seen, levels, strict=True):
        played = np.delete(line, gaps)[2:]
        assert played[: len(wanted) * core.quarter].tolist() == np.repeat(wanted, core.quarter).tolist(), engine
    return response


@pytest.mark.parametrize("engine", HARDWARE)
def test_lines_are_the_models(engine):
    core = I2cMaster(quarter=4)
    response = check(core, COMMANDS, engine)
    # Nobody answers: a byte written reads as itself while the bus is let go, here as ones; nothing is acknowledged but by the master.
    assert len(response.data) == len(COMMANDS)
    assert (response.source_cycles - response.sink_cycles)[1] == 36 * core.quarter + 1


@examples(10)
@given(st.lists(st.integers(0, 4095), min_size=1, max_size=4), st.integers(4, 9))
def test_any_commands(commands, quarter):
    # The bus is entered with a start, and one that was left is entered again with a start.
    commands = [0x800 | command if n == 0 or commands[n - 1] & 0x400 else command for n, command in enumerate(commands)]
    check(I2cMaster(quarter=quarter), commands, "myhdl")


@pytest.mark.parametrize("engine", HARDWARE)
def test_answers_and_latency(engine):
    """A slave's bits, as events in the middle of each bit: byte 0xA6 read, and not acknowledged."""
    core = I2cMaster(quarter=4)
    bits = [1, 0, 1, 0, 0, 1, 1, 0, 1]
    events = tuple((1 + 16 * (place + 1), "sda", bit) for place, bit in enumerate(bits))
    response = run(core, Stimulus({"data": np.array([0xF00])}, controls=core.controls, events=events, drain=400), engine)
    assert response.data.tolist() == [0xA6 << 1 | 1]
    assert (response.source_cycles - response.sink_cycles).tolist() == [core.latency]


def test_simulators_agree_on_a_noisy_bus():
    core = I2cMaster(quarter=4)
    rng = np.random.default_rng(4)
    noise = tuple((cycle, "sda", int(level)) for cycle, level in zip(range(0, 4000, 7), rng.integers(0, 2, 572), strict=True))
    stimulus = Stimulus({"data": rng.integers(0, 4096, 15)}, controls=core.controls, events=noise, drain=500)
    one, *others = (run(core, stimulus, engine).data.tolist() for engine in HARDWARE)
    assert others == [one, one]
    assert len(set(one)) > 10


@pytest.mark.parametrize("engine", HARDWARE)
def test_a_stretched_clock_is_waited_for(engine):
    """The slave holds scl low for 100 clocks in the middle of a byte: the answer comes so much later."""
    core = I2cMaster(quarter=4)
    plain = Stimulus({"data": np.array([0xC34])}, controls=core.controls, drain=600)
    held = plain.replace(events=((100, "scl", 0), (200, "scl", 1)))
    late = run(core, held, engine).source_cycles[0] - run(core, plain, engine).source_cycles[0]
    assert 80 <= late <= 104


@pytest.mark.parametrize("quarter", [3, 65536])
def test_bad_quarter(quarter):
    with pytest.raises(ParameterError, match="4 to 65535"):
        I2cMaster(quarter=quarter)
