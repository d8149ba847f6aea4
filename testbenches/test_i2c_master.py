"""I2C master: the lines are the model's, quarter by quarter; answers are what a slave put on the bus; the clock may be stretched.

Times are those of NXP UM10204, table 10, Standard-mode and Fast-mode.
"""

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
    events = tuple((1 + 16 * (place + 2), "sda", bit) for place, bit in enumerate(bits))
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


@pytest.mark.parametrize("engine", HARDWARE)
def test_a_clock_that_is_held_for_ever_is_given_up(engine):
    """The command is answered by ones and both lines are let go; the next one works, once the slave has let go too."""
    core = I2cMaster(quarter=4, timeout=50)
    probes = tuple((cycle, name) for cycle in range(400) for name in ("scl_low", "sda_low", "stuck"))
    events = ((100, "scl", 0), (260, "scl", 1))
    stimulus = Stimulus({"data": np.array([0xC34, 0xC34])}, controls=core.controls, events=events, probes=probes, cycles=401, drain=600)
    response = run(core, stimulus, engine)
    scl_low, sda_low, stuck = np.array(response.probes).reshape(-1, 3).T
    first, second = response.data.tolist()
    assert first == 0x1FF
    assert second == 0x34 << 1 | 1 or second == 0x1FF
    gone = response.source_cycles[0]
    assert 100 + 50 <= gone < 100 + 50 + 16
    assert (scl_low[gone], sda_low[gone], stuck[gone]) == (0, 0, 1)
    assert not stuck[:gone].any()


STANDARD = {"tHD;STA": 4.0, "tLOW": 4.7, "tHIGH": 4.0, "tSU;STA": 4.7, "tSU;DAT": 0.25, "tSU;STO": 4.0, "tBUF": 4.7}
FAST = {"tHD;STA": 0.6, "tLOW": 1.3, "tHIGH": 0.6, "tSU;STA": 0.6, "tSU;DAT": 0.1, "tSU;STO": 0.6, "tBUF": 1.3}


def shortest_times(scl, sda):
    """The shortest of each time of the specification, in steps of the lines."""
    found = {}

    def note(name, since, now):
        if since is not None:
            found[name] = min(found.get(name, np.inf), now - since)

    rise = fall = began = change = ended = None
    for now in range(1, len(scl)):
        up, down = scl[now] > scl[now - 1], scl[now] < scl[now - 1]
        if up:
            note("tLOW", fall, now)
            note("tSU;DAT", change, now)
            rise = now
        if down:
            note("tHIGH", rise, now)
            note("tHD;STA", began, now)
            fall, began = now, None
        if sda[now] != sda[now - 1]:
            if not scl[now]:
                change = now
            elif sda[now]:
                note("tSU;STO", rise, now)
                ended = now
            else:
                note("tSU;STA", rise, now)
                note("tBUF", ended, now)
                began, ended = now, None
    return found


@pytest.mark.parametrize(("quarter", "wanted"), [(125, STANDARD), (33, FAST)], ids=["100 kHz", "379 kHz"])
def test_times_of_the_specification(quarter, wanted):
    """At 50 MHz, from the model's lines, which are the hardware's: a write, a new start, a read, a stop, and a start after it."""
    lines_of_bus = I2cMaster(quarter=quarter).model([0x834, 0x41E, 0x834, 0x01E, 0x835, 0x755, 0xC34])
    found = shortest_times(*lines_of_bus)
    assert sorted(found) == sorted(wanted)
    for name, quarters in found.items():
        assert quarters * quarter / 50 >= wanted[name], name


@pytest.mark.parametrize("quarter", [3, 65536])
def test_bad_quarter(quarter):
    with pytest.raises(ParameterError, match="4 to 65535"):
        I2cMaster(quarter=quarter)
