"""Two circuits in lock step that share whatever state they have in common.

A fault that shows nowhere mostly disturbs few registers, and those only while nobody looks at them. So the faulty core gets copies of the
registers that may differ alone, and shares all others with the right one; that the others never differ is proven along with the outputs.
What is left to be proven is then about few registers (the idea of structural and inductive equivalence, C. A. J. van Eijk, "Sequential
equivalence checking based on structural similarities", IEEE Trans. CAD 19 (2000) 814-819).
"""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from testbenches.formal.aiger import Aig

CLOCKS, RUNS = 200, 256
"""Length of a random run, and how many are played at once, one in each bit of a long integer."""

RARE = "ask_reset"
"""An input that is seldom high in a random run; all others are high three clocks out of four where they are one bit."""

PORTS, ANY = "ports", "any"
"""Outputs of a coupled pair: something differs at the ports; that, or a register that both share would get two values."""


def register_output(number: int) -> str:
    """Output of a coupled pair: a register that both share would get two values."""
    return f"register[{number}]"


def coupled(right: Aig, wrong: Aig, same: Iterable[str], while_high: Mapping[str, str], apart: Collection[int]) -> Aig:
    """Both circuits on the same inputs, from the same state on.

    Parameters
    ----------
    right, wrong : Aig
        With the same inputs, latches and outputs.
    same : iterable of str
        Outputs that count.
    while_high : mapping of str to str
        For some of these the output that has to be high in both, or nothing is asked of them; of others nothing before ``see_started``.
    apart : collection of int
        Latches of which each circuit has its own.

    Returns
    -------
    Aig
        With the outputs `ANY`, `PORTS` and, for each other latch that `wrong` could give another value, `register_output`.
    """
    own = sorted(apart)
    ends = 1 + len(right.inputs) + len(right.nexts)
    gates: list[tuple[int, int]] = []
    known: dict[tuple[int, int], int] = {}

    def both(one: int, two: int) -> int:
        one, two = max(one, two), min(one, two)
        if two == 0 or one == two ^ 1:
            return 0
        if two == 1 or one == two:
            return one
        if (one, two) not in known:
            gates.append((one, two))
            known[one, two] = 2 * (ends + len(own) + len(gates) - 1)
        return known[one, two]

    def different(one: int, two: int) -> int:
        return both(both(one, two ^ 1) ^ 1, both(one ^ 1, two) ^ 1) ^ 1

    def copied(circuit: Aig, latches: Mapping[int, int]) -> tuple[list[int], list[int]]:
        """Literals of a circuit's next states and outputs, its gates among the others; some of its latches are other ones."""
        first = 1 + len(circuit.inputs)
        places = [2 * variable for variable in range(first)]
        places += [2 * (first + latches.get(number, number)) for number in range(len(circuit.nexts))]

        def literal(old: int) -> int:
            return places[old >> 1] ^ (old & 1)

        for one, two in circuit.gates:
            places.append(both(literal(one), literal(two)))
        return [literal(old) for old in circuit.nexts], [literal(old) for old in circuit.drivers]

    my_nexts, my_outputs = copied(right, {})
    its_nexts, its_outputs = copied(wrong, {number: len(right.nexts) + place for place, number in enumerate(own)})
    pairs = dict(zip(right.outputs, zip(my_outputs, its_outputs, strict=True), strict=True))
    all_same = 1
    for name in same:
        looked_at = both(*pairs[while_high.get(name, "see_started")])
        all_same = both(all_same, both(different(*pairs[name]), looked_at) ^ 1)
    outputs = {PORTS: all_same ^ 1}
    all_equal = all_same
    for number, (mine, its) in enumerate(zip(my_nexts, its_nexts, strict=True)):
        if number not in apart and mine != its:
            outputs[register_output(number)] = different(mine, its)
            all_equal = both(all_equal, outputs[register_output(number)] ^ 1)
    outputs = {ANY: all_equal ^ 1, **outputs}
    nexts = (*my_nexts, *(its_nexts[number] for number in own))
    return Aig(right.inputs, nexts, tuple(gates), tuple(outputs), tuple(outputs.values()))


@dataclass(frozen=True)
class Seen:
    """What random runs show of two circuits.

    Attributes
    ----------
    ports : bool
        Whether something differs at the ports.
    registers : frozenset of int
        Latches that differ in some clock.
    """

    ports: bool
    registers: frozenset[int]


def seen_apart(right: Aig, wrong: Aig, same: Iterable[str], while_high: Mapping[str, str], clocks: int = CLOCKS, runs: int = RUNS) -> Seen:
    """Play random inputs to both circuits, each in its own state from the same one on; parameters as for `coupled`."""
    rng = random.Random(1)
    every = (1 << runs) - 1
    looked_at = [(name, while_high.get(name, "see_started")) for name in same]
    states = [[0] * len(right.nexts), [0] * len(right.nexts)]
    apart: set[int] = set()
    for _ in range(clocks):
        inputs = [_drawn(name, rng, runs) for name in right.inputs]
        rows = []
        for circuit, state in zip((right, wrong), states, strict=True):
            values = [0, *inputs, *state]
            for one, two in circuit.gates:
                values.append((values[one >> 1] ^ -(one & 1)) & (values[two >> 1] ^ -(two & 1)))
            ends = [values[literal >> 1] ^ -(literal & 1) for literal in circuit.drivers]
            state[:] = [(values[literal >> 1] ^ -(literal & 1)) & every for literal in circuit.nexts]
            rows.append(dict(zip(circuit.outputs, ends, strict=True)))
        mine, its = rows
        if any((mine[name] ^ its[name]) & mine[gate] & its[gate] & every for name, gate in looked_at):
            return Seen(True, frozenset(apart))
        apart |= {number for number, (one, two) in enumerate(zip(*states, strict=True)) if one != two}
    return Seen(False, frozenset(apart))


def _drawn(name: str, rng: random.Random, runs: int) -> int:
    one, two, three = (rng.getrandbits(runs) for _ in range(3))
    if name == RARE:
        return one & two & three & rng.getrandbits(runs) & rng.getrandbits(runs)
    return one if "[" in name or not name else one | two
