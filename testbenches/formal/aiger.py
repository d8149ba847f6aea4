"""And-inverter graphs: read from and written to binary AIGER, simulated, and asked what depends on what.

The format is that of A. Biere, "The AIGER And-Inverter Graph (AIG) Format", 2007: a literal is twice a variable, plus one where it is
inverted; variables are numbered inputs first, then latches, then gates, a gate's inputs before it. Latches start at 0.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Aig:
    """A sequential circuit.

    Attributes
    ----------
    inputs, outputs : tuple of str
        Names, a bit as ``name[3]``; empty where an input has none. Inputs without a name are values that may be anything.
    nexts : tuple of int
        Literal of each latch's next value.
    gates : tuple of (int, int)
        Literals of each gate's inputs.
    drivers : tuple of int
        Literal of each output.
    """

    inputs: tuple[str, ...]
    nexts: tuple[int, ...]
    gates: tuple[tuple[int, int], ...]
    outputs: tuple[str, ...]
    drivers: tuple[int, ...]

    @classmethod
    def read(cls, path: Path) -> Aig:
        """Read a binary file with a table of symbols, as Yosys' ``write_aiger -symbols`` writes it.

        Its map beside the file will not do: it leaves out outputs that are constant.

        Raises
        ------
        ValueError
            If the file is none, or has latches that do not start at 0.
        """
        raw = path.read_bytes()
        place = raw.index(b"\n")
        head = raw[:place].split()
        if head[0] != b"aig":
            raise ValueError(f"{path}: no binary AIGER")
        _, count, latches, outputs, gates = map(int, head[1:6])
        lines = raw[place + 1 :].split(b"\n", latches + outputs)
        if any(len(line.split()) > 1 for line in lines[:latches]):
            raise ValueError(f"{path}: a latch that does not start at 0")
        nexts = tuple(int(line) for line in lines[:latches])
        drivers = tuple(int(line) for line in lines[latches : latches + outputs])
        body, at, found = lines[-1], 0, []
        for number in range(gates):
            literal = 2 * (1 + count + latches + number)
            one, at = _read_number(body, at)
            two, at = _read_number(body, at)
            found.append((literal - one, literal - one - two))
        symbols = body[at:].partition(b"\nc\n")[0].decode()
        return cls(_names(symbols, "i", count), nexts, tuple(found), _names(symbols, "o", outputs), drivers)

    def write(self, path: Path, names: Iterable[str]) -> None:
        """Write the circuit with these outputs alone; a reader drops what they do not need."""
        chosen = [self.drivers[self.outputs.index(name)] for name in names]
        first = 1 + len(self.inputs) + len(self.nexts)
        head = (first - 1 + len(self.gates), len(self.inputs), len(self.nexts), len(chosen), len(self.gates))
        text = "\n".join([f"aig {' '.join(map(str, head))}", *map(str, self.nexts), *map(str, chosen), ""])
        body = bytearray()
        for number, (one, two) in enumerate(self.gates):
            _write_number(body, 2 * (first + number) - one)
            _write_number(body, one - two)
        path.write_bytes(text.encode() + bytes(body))

    def with_inputs(self, values: Mapping[str, int]) -> Aig:
        """The same circuit with some inputs tied to 0 or 1; they stay as inputs that nothing looks at."""
        known = {2 * (1 + number): values[name] for number, name in enumerate(self.inputs) if name in values}
        first = 1 + len(self.inputs) + len(self.nexts)

        def literal(old: int) -> int:
            return known.get(old & ~1, old & ~1) ^ (old & 1)

        kept: list[tuple[int, int]] = []
        for number, gate in enumerate(self.gates):
            one, two = sorted(map(literal, gate), reverse=True)
            old = 2 * (first + number)
            if two == 0 or one == two ^ 1:
                known[old] = 0
            elif two == 1 or one == two:
                known[old] = one
            else:
                known[old] = 2 * (first + len(kept))
                kept.append((one, two))
        return Aig(self.inputs, tuple(map(literal, self.nexts)), tuple(kept), self.outputs, tuple(map(literal, self.drivers)))

    def beside(self, other: Aig, same: Iterable[str], while_high: Mapping[str, str]) -> Aig:
        """Both circuits on the same inputs, with one output `differs`: an output of a name in `same` has another value in each.

        Those that are keys of `while_high` count only while the output named there is high in both, all others only while
        ``see_started`` is.
        """
        first = 1 + len(self.inputs)
        latches = len(self.nexts) + len(other.nexts)

        def shifted(literal: int, latch: int, gate: int, own: int) -> int:
            """A literal of a circuit whose latches stand behind `latch` others, its gates behind `gate` others."""
            variable = literal >> 1
            if variable >= first + own:
                return 2 * (variable - own + latches + gate) | literal & 1
            return literal + 2 * latch if variable >= first else literal

        def mine(literal: int) -> int:
            return shifted(literal, 0, 0, len(self.nexts))

        def its(literal: int) -> int:
            return shifted(literal, len(self.nexts), len(self.gates), len(other.nexts))

        gates = [(mine(one), mine(two)) for one, two in self.gates] + [(its(one), its(two)) for one, two in other.gates]

        def both(one: int, two: int) -> int:
            gates.append((max(one, two), min(one, two)))
            return 2 * (first + latches + len(gates) - 1)

        ends = {name: (mine(self.drivers[at]), its(other.drivers[other.outputs.index(name)])) for at, name in enumerate(self.outputs)}
        all_same = 1
        for name in same:
            one, two = ends[name]
            differs = both(both(one, two) ^ 1, both(one ^ 1, two ^ 1) ^ 1)
            all_same = both(all_same, both(differs, both(*ends[while_high.get(name, "see_started")])) ^ 1)
        nexts = (*map(mine, self.nexts), *map(its, other.nexts))
        return Aig(self.inputs, nexts, tuple(gates), ("differs",), (all_same ^ 1,))

    def simulate(self, frames: Sequence[Sequence[int]]) -> list[dict[str, int]]:
        """Values of all named inputs and outputs in each frame, from the inputs' values in order."""
        state = [0] * len(self.nexts)
        rows = []
        for frame in frames:
            values = [0, *frame, *state]
            for one, two in self.gates:
                values.append((values[one >> 1] ^ (one & 1)) & (values[two >> 1] ^ (two & 1)))
            row = {name: value for name, value in zip(self.inputs, frame, strict=True) if name}
            row |= {name: values[lit >> 1] ^ (lit & 1) for name, lit in zip(self.outputs, self.drivers, strict=True)}
            rows.append(row)
            state = [values[lit >> 1] ^ (lit & 1) for lit in self.nexts]
        return rows

    def depends(self, output: str) -> set[str]:
        """Named inputs that an output depends on without a latch between."""
        first = 1 + len(self.inputs) + len(self.nexts)
        waiting, seen = [self.drivers[self.outputs.index(output)] >> 1], set()
        while waiting:
            variable = waiting.pop()
            if variable not in seen:
                seen.add(variable)
                if variable >= first:
                    waiting += [literal >> 1 for literal in self.gates[variable - first]]
        return {name for number, name in enumerate(self.inputs) if name and number + 1 in seen}


def words(row: Mapping[str, int]) -> dict[str, int]:
    """Bits by name, as `Aig.simulate` gives them, as numbers: ``data[0]`` and ``data[1]`` are two bits of ``data``."""
    found: dict[str, int] = {}
    for name, value in row.items():
        match = re.fullmatch(r"(.+)\[(\d+)\]", name)
        word, bit = (match[1], int(match[2])) if match else (name, 0)
        found[word] = found.get(word, 0) | value << bit
    return found


def _names(symbols: str, kind: str, count: int) -> tuple[str, ...]:
    """Names of the inputs (``i``) or outputs (``o``); what Yosys adds for a register's start, ``init:...``, counts as none."""
    found = dict(re.findall(rf"^{kind}(\d+) (\S+)", symbols, re.MULTILINE))
    names = (found.get(str(number), "") for number in range(count))
    return tuple("" if name.startswith("init:") else name for name in names)


def _read_number(raw: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = raw[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at


def _write_number(raw: bytearray, value: int) -> None:
    while value > 127:
        raw.append(value & 127 | 128)
        value >>= 7
    raw.append(value)
