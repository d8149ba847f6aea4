"""How many transitions of logic are glitches: ``python -m fpga_projects.estimation.glitches CORE.toml …``.

Power rests on settled values, counted once per clock. Between two of them a LUT may change several times, since its inputs arrive one
after another. Here the mapped netlist is simulated event by event with the delays of its cells and wires, and both are counted. A pulse
shorter than the delay of the cell it passes is swallowed (inertial delay) or goes through (transport delay): the truth lies between.
Words that leave are held against the bit-true model.

Not simulated: memories, and what happens inside an embedded multiplier, whose product changes all at once. Nothing is placed, so wires
differ by their fan-out alone; the count is repeated with wires that differ at random.

References
----------
Leijten, van Meerbergen, Jess, "Analysis and reduction of glitches in synchronous networks", European Design and Test Conference, 1995.
Lamoureux, Lemieux, Wilton, "GlitchLess: Dynamic power minimization in FPGAs through edge alignment and glitch filtering", IEEE
Transactions on VLSI Systems 16(11), 2008: glitches were 31 % of dynamic power on average of their benchmarks.
"""

from __future__ import annotations

import argparse
import heapq
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fixed_point import Format
from fpga_projects.device import Device, load_device
from fpga_projects.estimation.activity import sink_words
from fpga_projects.estimation.estimate import estimate
from fpga_projects.estimation.power import DYNAMIC_KINDS
from fpga_projects.mapping.hdl_sources import read_sources
from fpga_projects.mapping.mapping import declared_style, map_sources
from fpga_projects.netlists.gate_netlist import ONE, Gates, read_gates
from ip_cores.core import Core
from ip_cores.description import load_core
from ip_cores.generate import generate
from ip_cores.parameters import ParameterError

RESET_CLOCKS = 4
WORDS = 256
"""Words of speech that are played; the command starts `FIRST` words into it, where somebody speaks."""
FIRST = 4096
WIRE_SPREAD = 0.5
"""Part by which wires differ at random in the second count."""
PORTS = {"clk", "reset", "sink_valid", "sink_ready", "sink_data", "source_valid", "source_ready", "source_data"}
MOST_EVENTS = 10_000_000
"""Events in one clock from which on a netlist is taken not to settle."""


@dataclass(frozen=True)
class GlitchCount:
    """Transitions of the outputs of LUTs and of sums on carry chains.

    Attributes
    ----------
    clocks : int
        Over which they were counted.
    settled : int
        From the value at the end of one clock to that at the end of the next.
    all : int
        Glitches included; each costs two, there and back.
    words : tuple of int
        What left the core.
    """

    clocks: int
    settled: int
    all: int
    words: tuple[int, ...]

    @property
    def factor(self) -> float:
        """All transitions over the settled ones."""
        return self.all / self.settled if self.settled else 1.0


class Simulation:
    """A netlist between two edges of its clock.

    Parameters
    ----------
    gates : Gates
    inertial : bool
        Whether a cell swallows pulses that are shorter than its delay.
    """

    def __init__(self, gates: Gates, inertial: bool = True) -> None:
        self.gates, self.inertial = gates, inertial
        self.value = [int(net == ONE) for net in range(gates.nets)]
        self.state = [sum(1 << pin for pin, net in enumerate(gate.pins) if net == ONE) for gate in gates.gates]
        self.pending: dict[int, tuple[int, float]] = {}
        self.heap: list[tuple[float, int, int, int, int]] = []
        self.number = 0
        self.changes: dict[int, int] = {}
        self.paths = self._paths()
        for index in range(len(gates.gates)):
            self._evaluate(index, 0.0, 0.0)
        self.settle({})

    def _paths(self) -> list[list[tuple[float, list[tuple[int, int, float]]]]]:
        """Of each net its readers (gate, pin, inertia), by the delay until it arrives there."""
        found: list[dict[float, list[tuple[int, int, float]]]] = [{} for _ in range(self.gates.nets)]
        for index, gate in enumerate(self.gates.gates):
            for pin, (net, wire, inside) in enumerate(zip(gate.pins, gate.wires, gate.delays, strict=True)):
                delay, inertia = (wire, inside) if self.inertial else (wire + inside, 0.0)
                found[net].setdefault(delay, []).append((index, pin, inertia))
        return [list(groups.items()) for groups in found]

    def settle(self, driven: Mapping[int, int]) -> dict[int, int]:
        """Drive nets to new values at time 0 and let everything settle; transitions of each net that moved."""
        self.changes = {}
        for net, value in driven.items():
            if self.value[net] != value:
                self._drive(net, value, 0.0)
        events = 0
        while self.heap:
            time, number, net, group, value = heapq.heappop(self.heap)
            events += 1
            if events > MOST_EVENTS:
                raise ValueError(f"events = {events}: the netlist does not settle within a clock")
            if group >= 0:
                self._arrive(self.paths[net][group][1], value, time)
            elif self.pending.get(net, (-1, 0.0))[0] == number:
                del self.pending[net]
                self._drive(net, value, time)
        return self.changes

    def read(self, port: str) -> int:
        """Bits of a port as they are now, as an unsigned number."""
        return sum(self.value[net] << place for place, net in enumerate(self.gates.ports[port]))

    def _push(self, time: float, net: int, group: int, value: int) -> None:
        self.number += 1
        heapq.heappush(self.heap, (time, self.number, net, group, value))

    def _drive(self, net: int, value: int, time: float) -> None:
        self.value[net] = value
        self.changes[net] = self.changes.get(net, 0) + 1
        for group, (delay, _) in enumerate(self.paths[net]):
            self._push(time + delay, net, group, value)

    def _arrive(self, readers: Sequence[tuple[int, int, float]], value: int, time: float) -> None:
        for index, pin, inertia in readers:
            self.state[index] = self.state[index] & ~(1 << pin) | value << pin
            self._evaluate(index, inertia, time)

    def _evaluate(self, index: int, inertia: float, time: float) -> None:
        gate = self.gates.gates[index]
        result = gate.result(self.state[index])
        for place, net in enumerate(gate.outputs):
            target = result >> place & 1
            waiting = self.pending.get(net)
            if target == self.value[net]:
                # What was on its way out has been overtaken: the pulse was too short.
                self.pending.pop(net, None)
            elif waiting is None or waiting[1] > time + inertia:
                self._push(time + inertia, net, -1, target)
                self.pending[net] = (self.number, time + inertia)


def simulate(gates: Gates, words: Sequence[int], inertial: bool = True, controls: Mapping[str, int] | None = None) -> GlitchCount:
    """Offer a word in every clock until all are taken, source always ready.

    Parameters
    ----------
    gates : Gates
        Of a core with one stream in and one out.
    words : sequence of int
        Raw words of the sink.
    inertial : bool
        As for `Simulation`.
    controls : mapping of str to int, optional
        Values at other ports, held.
    """
    simulation = Simulation(gates, inertial)
    registers: dict[int, int] = {}
    found: list[int] = []
    taken = clocks = settled = every = 0
    while taken < len(words):
        clocks += 1
        working = clocks > RESET_CLOCKS
        driven = {
            **(controls or {}),
            "reset": int(not working),
            "sink_valid": int(working),
            "source_ready": 1,
            "sink_data": int(words[taken]),
        }
        before = [simulation.value[net] for net in gates.counted]
        changes = simulation.settle({**registers, **_bits(gates, driven)})
        if working:
            every += sum(changes.get(net, 0) for net in gates.counted)
            settled += sum(value != simulation.value[net] for net, value in zip(gates.counted, before, strict=True))
            taken += simulation.read("sink_ready")
            found += [simulation.read("source_data")] if simulation.read("source_valid") else []
        registers = {register.output: register.after_edge(simulation.value) for register in gates.registers}
    return GlitchCount(clocks - RESET_CLOCKS, settled, every, tuple(found))


def _bits(gates: Gates, driven: Mapping[str, int]) -> dict[int, int]:
    """Values of nets from those of ports."""
    return {net: value >> place & 1 for name, value in driven.items() for place, net in enumerate(gates.ports[name])}


def mapped(core: Core) -> dict[str, Any]:
    """The document of a core's mapping, the one that it is costed by."""
    with tempfile.TemporaryDirectory() as folder:
        manifest = generate(core.on_avalon, folder, companions=None)
        return map_sources(read_sources(list(manifest.paths), manifest.entity), manifest.entity, declared_style(list(manifest.paths)))


def played(core: Core, document: dict[str, Any], device: Device, words: Sequence[int], wire_spread: float, inertial: bool) -> GlitchCount:
    """Transitions of a core on words of its sink.

    Raises
    ------
    ValueError
        When a word leaves that the model does not have.
    """
    counted = simulate(read_gates(document, device, wire_spread), words, inertial, core.controls)
    assert isinstance(core.source_format, Format)
    model = np.asarray(core.model(words))[: len(counted.words)]
    if len(model) != len(counted.words) or np.any((model - np.array(counted.words)) % (1 << core.source_format.word_length)):
        raise ValueError(f"{core.kind}: the mapped netlist does not give the model's words")
    return counted


def row(core: Core, device: Device, clock_mhz: float = 50.0) -> str:
    """Of one core: settled transitions, factors, and what they do to its dynamic power.

    In the order of the columns: settled transitions of logic per clock as `estimate` has them and as simulated on the same words; all
    transitions over the settled ones, four times; estimated power of logic with its routing, of all that is dynamic, and that with the
    simulated transitions of logic, glitches included, in place of the estimated ones.
    """
    more = {port.name for port in core.ports if port.direction == "in" or port.name == "source_channel"} - PORTS - set(core.controls)
    if more:
        raise ParameterError("core", core.kind, f"must have one stream in and one out, without {', '.join(sorted(more))}")
    document = mapped(core)
    words = np.asarray(sink_words(core, "speech")[1]["data"])[FIRST : FIRST + WORDS].tolist()
    counts = [played(core, document, device, words, spread, inertial) for inertial in (True, False) for spread in (0.0, WIRE_SPREAD)]
    found, k = estimate(core, device=device.name, clock_mhz=clock_mhz, x=words), device.power
    dynamic = sum(found.power_mw[kind] for kind in DYNAMIC_KINDS)
    # Logic burns with its routing, transition by transition.
    per_transition = (k["lut_pj"] + k["lut_routing_pj"]) * clock_mhz / 1000
    estimated = found.power_mw["logic"] * 1000 / (k["lut_pj"] * clock_mhz)
    settled, every = counts[0].settled / counts[0].clocks, counts[0].all / counts[0].clocks
    factors = " | ".join(f"{count.factor:.2f}" for count in counts)
    powers = [estimated * per_transition, dynamic, dynamic + (every - estimated) * per_transition]
    return f"| {core.name} | {estimated:.1f} | {settled:.1f} | {factors} | {' | '.join(f'{power:.2f}' for power in powers)} |"


def main(arguments: list[str] | None = None) -> int:
    """Print a row for each core."""
    parser = argparse.ArgumentParser(prog="python -m fpga_projects.estimation.glitches", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("cores", type=Path, nargs="+", help="core descriptions")
    columns = (
        "estimated",
        "simulated",
        "inertial",
        "and wires differ",
        "transport",
        "and wires differ",
        "logic mW",
        "dynamic mW",
        "with glitches",
    )
    print(f"| core | {' | '.join(columns)} |\n|---|{'---:|' * len(columns)}")
    try:
        for path in parser.parse_args(arguments).cores:
            print(row(load_core(path), load_device("EP2C70F896C6")), flush=True)
    except (ValueError, OSError) as error:
        print(f"glitches: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
