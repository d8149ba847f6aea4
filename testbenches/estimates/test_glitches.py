"""Glitches: against a synchronous unit-delay simulation, pulses made by hand, and the model's words."""

from __future__ import annotations

import numpy as np
import pytest

from fpga_projects.device import load_device
from fpga_projects.estimation import glitches
from fpga_projects.estimation.glitches import Simulation, mapped, played
from fpga_projects.netlists.gate_netlist import Gate, Gates, Register, read_gates
from ip_cores.core import make_core

DEVICE = load_device("EP2C70F896C6")
AND, XOR, XOR3, MAJORITY, INVERTER = 0b1000, 0b0110, 0b10010110, 0b11101000, 0b01
BITS = 12


def gate(pins, output, table, delay=1.0):
    return Gate(tuple(pins), (0.0,) * len(pins), (delay,) * len(pins), (output,), table)


def ripple_adder():
    """Nets: constants, a, b, sums, carries; every output one unit behind its inputs."""
    a, b, s, c = (range(2 + BITS * place, 2 + BITS * (place + 1)) for place in range(4))
    carry_in = [0, *c[:-1]]
    sums = [gate(pins, out, XOR3) for *pins, out in zip(a, b, carry_in, s, strict=True)]
    carries = [gate(pins, out, MAJORITY) for *pins, out in zip(a, b, carry_in, c, strict=True)]
    return Gates(2 + 4 * BITS, (*sums, *carries), (), tuple(s), {"a": tuple(a), "b": tuple(b), "s": tuple(s)})


def unit_delays(a, b, before):
    """Transitions of every sum bit, all outputs computed anew from the last in each unit of time."""
    s, c = before
    count = np.zeros(BITS, int)
    for _ in range(BITS + 2):
        carry_in = np.concatenate([[0], c[:-1]])
        new_s, new_c = a ^ b ^ carry_in, (a + b + carry_in) >> 1
        count += new_s != s
        s, c = new_s, new_c
    return count, (s, c)


def test_ripple_adder_glitches_as_a_synchronous_simulation_says():
    gates = ripple_adder()
    simulation = Simulation(gates, inertial=False)
    draw, state = np.random.default_rng(0), (np.zeros(BITS, int), np.zeros(BITS, int))
    every = settled = 0
    for _ in range(400):
        a, b = draw.integers(0, 2, (2, BITS))
        before = state[0]
        expected, state = unit_delays(a, b, state)
        changes = simulation.settle(dict(zip(gates.ports["a"] + gates.ports["b"], [*a.tolist(), *b.tolist()], strict=True)))
        assert [changes.get(net, 0) for net in gates.ports["s"]] == expected.tolist()
        assert [simulation.value[net] for net in gates.ports["s"]] == state[0].tolist()
        every, settled = every + expected.sum(), settled + np.sum(before != state[0])
    # Long ripple adders on random words: 5/4 transitions a bit for 1/2 that settles (Leijten et al. 1995), less on short ones.
    assert 1.8 < every / settled < 2.5


@pytest.mark.parametrize(("inertial", "width", "transitions"), [(True, 0.9, 0), (True, 1.1, 2), (False, 0.9, 2)])
def test_a_pulse_passes_where_it_is_longer_than_the_cell_is_slow(inertial, width, transitions):
    """Net 2 and its inverse, `width` later, are both 1 for a while after it rises."""
    gates = Gates(5, (gate([2], 3, INVERTER, width), gate([2, 3], 4, AND, 1.0)), (), (4,), {})
    simulation = Simulation(gates, inertial)
    assert simulation.settle({2: 1}).get(4, 0) == transitions
    assert simulation.settle({2: 0}).get(4, 0) == 0
    assert [simulation.value[net] for net in (2, 3, 4)] == [0, 1, 0]


def test_what_comes_later_by_a_faster_pin_is_not_lost():
    # The slow pin's change has not come out when the fast pin takes it back.
    slow = Gate((2, 3), (0.0, 0.5), (2.0, 0.1), (4,), XOR)
    assert Simulation(Gates(5, (slow,), (), (4,), {})).settle({2: 1, 3: 1}) == {2: 1, 3: 1}


def test_a_ring_is_refused(monkeypatch):
    monkeypatch.setattr(glitches, "MOST_EVENTS", 1000)
    ring = Gates(4, (Gate((2, 3), (0.0, 0.0), (1.0, 1.0), (3,), 0b0010),), (), (3,), {})
    with pytest.raises(ValueError, match="the netlist does not settle within a clock"):
        Simulation(ring).settle({2: 1})


@pytest.mark.parametrize(("clear_waits", "enable", "held"), [(False, 0, 0), (True, 0, 1), (True, 1, 0)])
def test_whether_a_clear_waits_for_the_enable(clear_waits, enable, held):
    register = Register(data=1, enable=enable, clear=1, output=2, cleared_to=0, clear_waits=clear_waits)
    assert register.after_edge([0, 1, 1]) == held


@pytest.mark.parametrize("core", [{"core": "fir", "coefficients": [0.3, -0.2, 0.7]}, {"core": "limiter"}], ids=lambda core: core["core"])
@pytest.mark.parametrize("spread", [0.0, 0.5])
def test_the_mapped_netlist_gives_the_words_of_the_model(core, spread):
    core = make_core({**core, "name": "played"})
    words = np.random.default_rng(1).integers(-32768, 32767, 60).tolist()
    document = mapped(core)
    one, two = (played(core, document, DEVICE, words, spread, inertial) for inertial in (True, False))
    assert one.words == two.words
    assert len(one.words) >= 60 - core.latency
    assert one.settled == two.settled <= one.all <= two.all
    # A glitch is there and back.
    assert (one.all - one.settled) % 2 == (two.all - two.settled) % 2 == 0
    broken = {
        name: {**cell, "parameters": {"INVERT_B": "1"}} if "CARRY" in cell["type"] else cell for name, cell in document["cells"].items()
    }
    with pytest.raises(ValueError, match="does not give the model's words"):
        played(core, {**document, "cells": broken}, DEVICE, words, spread, True)


def test_a_multiplier_by_hand():
    pins = {"A": list(range(2, 11)), "B": list(range(11, 20)), "Y": list(range(20, 38))}
    ports = {name: {"bits": bits} for name, bits in pins.items()}
    cell = {"type": "MULTIPLIER_9", "connections": pins, "parameters": {"A_SIGNED": "1", "B_SIGNED": "0"}}
    gates = read_gates({"cells": {"m": cell}, "ports": ports}, DEVICE)
    simulation = Simulation(gates)
    for a, b in ((-256, 511), (255, 3), (-1, 1)):
        simulation.settle({net: value >> place & 1 for name, value in (("A", a), ("B", b)) for place, net in enumerate(gates.ports[name])})
        assert simulation.read("Y") == a * b % (1 << 18)


def test_memories_and_streams_of_several_kinds_are_refused(tmp_path, capsys):
    with pytest.raises(
        ValueError, match="cell = 'M4K_SIMPLE': must be a LUT, a carry element, a multiplier or a register with one clock edge"
    ):
        read_gates({"cells": {"m": {"type": "M4K_SIMPLE", "connections": {}}}, "ports": {}}, DEVICE)
    (tmp_path / "queue.toml").write_text('core = "dual_clock_fifo"\nname = "queue"\n')
    assert glitches.main([str(tmp_path / "queue.toml")]) == 2
    assert capsys.readouterr().err.startswith('glitches: core = "dual_clock_fifo": must have one stream in and one out, without ')
