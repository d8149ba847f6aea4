"""Registers written and read back at random, while words go through: what stands in one is what was written to it last."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np

from ip_cores.core import Core
from ip_cores.port import RegisterField
from ip_cores.run_time import RunTimeInput, Writes
from testbenches.interface import Interface
from testbenches.proof_results import Difference, Leg
from testbenches.stimulus import Response, Stimulus

WRITES, READS = 16, 160
"""Values that inputs behind a slave are given, and registers that are read, at most."""

MOST_CLOCKS = 20_000
"""Writing ends after so many: a whole set of coefficients takes one for each of them."""

SHOWN = 3
"""Clocks for which an address is shown before the register is read, with which a slave may answer at once or a clock later."""

LONGEST_REST = 6

LEAST_READS = 48


@dataclass(frozen=True)
class SlaveRegister:
    """A register as it is seen from outside.

    Attributes
    ----------
    slave : str
        What its ports' names begin with.
    address : int
    fields : tuple of RegisterField
        Those that are read as they were written.
    """

    slave: str
    address: int
    fields: tuple[RegisterField, ...]

    @property
    def mask(self) -> int:
        """Bits of its fields."""
        return sum(field.mask for field in self.fields)

    @property
    def reset(self) -> int:
        """What stands in it after a reset."""
        return sum(field.reset << field.low & field.mask for field in self.fields)

    def held(self, word: int) -> int:
        """What stands in it when a word was written."""
        values = [(field, (word & field.mask) >> field.low) for field in self.fields]
        return sum((value if field.highest is None else min(value, field.highest)) << field.low for field, value in values)


@dataclass(frozen=True)
class RegistersPlayed:
    """Registers written and read, as a stimulus and what is to be read at its probes.

    Attributes
    ----------
    stimulus : Stimulus
    expected : tuple of (SlaveRegister, int)
        By probe the register, and what its bits must be.
    writes : int
        Clocks in which a register was written.
    """

    stimulus: Stimulus
    expected: tuple[tuple[SlaveRegister, int], ...]
    writes: int

    @property
    def leg(self) -> Leg:
        return Leg("registers", len(self.stimulus), reads=len(self.expected), moves=self.writes)

    def compare(self, response: Response) -> tuple[int, int, Difference | None]:
        """How many registers were read, how many with other bits than they had to hold, and the first of those."""
        read = zip(self.expected, response.probes, self.stimulus.probes, strict=True)
        wrong = [
            Difference(number, f"{register.slave}_readdata at address {register.address}", must, found & register.mask, cycle)
            for number, ((register, must), found, (cycle, _)) in enumerate(read)
            if found & register.mask != must
        ]
        return len(self.expected), len(wrong), wrong[0] if wrong else None


def registers_of(core: Core) -> tuple[SlaveRegister, ...]:
    """All registers that can be read back, those of cores inside among them; fields at one address are one register."""
    found: dict[tuple[str, int], tuple[RegisterField, ...]] = {}
    for slave, fields in core.register_maps.items():
        for field in fields:
            for number in range(0 if field.read_only else field.count):
                place = slave, field.address + number * field.stride
                found[place] = (*found.get(place, ()), field)
    return tuple(SlaveRegister(*place, fields) for place, fields in found.items())


def play_registers(core: Core, fields: Mapping[str, Any], seed: int, stalls: float) -> RegistersPlayed | None:
    """Draw what is written and read; None where a core has no register that can be read back.

    Every word is 0, so that no set of coefficients that is half written makes sums larger than any whole one's. What becomes of words that
    meet another value is the matter of the other legs.

    Parameters
    ----------
    core : Core
    fields : mapping of str to array
        Words of the sink by field, whose marks and channels are kept.
    seed : int
    stalls : float
        Part of the clocks in which either side stalls.
    """
    outputs = Interface.of(core.ports).outputs
    registers = [one for one in registers_of(core) if f"{one.slave}_readdata" in outputs]
    if not registers:
        return None
    rng = np.random.default_rng([seed, 5])
    inputs = [one for one in core.run_time_inputs.values() if any(port.endswith("control_write") for port in one.writes(one.start)[0])]
    known = {(one.slave, one.address): one for one in registers}
    holds = {place: one.reset for place, one in known.items()}
    events: list[tuple[int, str, int]] = []
    probes: list[tuple[int, str]] = []
    expected: list[tuple[SlaveRegister, int]] = []
    clock, writes = 1, 0
    reads = min(READS, max(LEAST_READS, 2 * len(registers)))
    # What holds after a reset first, then after each write.
    for number in range(WRITES + 1 if inputs else 1):
        if number and clock < MOST_CLOCKS:
            for step in _drawn(inputs[(number - 1) % len(inputs)], rng):
                events += [(clock, port, value) for port, value in step.items()]
                for slave in {port.removesuffix("_write") for port, value in step.items() if port.endswith("_write") and value}:
                    writes += 1
                    place = slave, step[f"{slave}_address"]
                    if place in known:
                        holds[place] = known[place].held(step[f"{slave}_writedata"])
                clock += 1
            events += [(clock, port, 0) for port in step if port.endswith("_write")]
        for chosen in rng.permutation(len(registers))[: ceil(reads / (WRITES + 1))].tolist():
            register = registers[chosen]
            clock += int(rng.integers(1, LONGEST_REST, endpoint=True))
            events.append((clock, f"{register.slave}_address", register.address))
            clock += SHOWN - 1
            probes.append((clock, f"{register.slave}_readdata"))
            expected.append((register, holds[register.slave, register.address]))
        clock += 1
    words = {name: np.zeros_like(words) if name == "data" else words for name, words in fields.items()}
    count = min(len(words["data"]), max(1, int(clock / core.cycles_per_sample)))
    words = {name: one[:count] for name, one in words.items()}
    others: dict[str, Any] = {"controls": core.controls, "events": tuple(events), "probes": tuple(probes), "drain": core.patience}
    return RegistersPlayed(Stimulus.random_stalls(words, rng, stalls, cycles=clock + 1, **others), tuple(expected), writes)


def _drawn(one: RunTimeInput, rng: np.random.Generator) -> Writes:
    """A value of an input, as what its ports show."""
    return one.writes(int(rng.integers(0, one.highest, endpoint=True)))
