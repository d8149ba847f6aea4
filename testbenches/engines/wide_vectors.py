"""Take the wide vectors of GHDL's netlist apart, where they only bundle narrower ones.

An array of VHDL arrives as one vector of thousands of bits, of which one statement makes everything and others take
slices; simulated as such, every clock cycle copies all of it bit-field by bit-field. Here each vector that is only
concatenated, copied, chosen from, registered and sliced becomes one variable per slice. Whatever else is done with a
vector leaves it, or a copy of it, whole.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

NARROW = 64  # bits that a simulator keeps in one variable
WORD_BITS = 32  # bits of the words that it keeps wider vectors in

DECLARED = re.compile(r"^  (?:wire|reg) \[(\d+):0\] (\w+);$")
NAMED = re.compile(r"^ *\(?(?:wire|reg|input|output)\s+(?:\[(\d+):0\] )?(\w+)[;,)]")
ASSIGNED = re.compile(r"^  assign (\w+) = (.*?); *(?://.*)?$")
REGISTERED = re.compile(r"^    (\w+) <= (.*);$")
CONSTANT = re.compile(r"(\d+)'b([01]+)$")
SLICE = re.compile(r"(\w+)\[(\d+)(?::(\d+))?\]$")
MUX = re.compile(r"(\w+) \? ([\w']+) : ([\w']+)$")
NAME = re.compile(r"[A-Za-z_]\w*$")
WORD = re.compile(r"[A-Za-z_]\w*")


@dataclass
class Statement:
    """A line that drives a vector, or takes a slice of one."""

    line: int
    target: str
    condition: str
    operands: list[str]


@dataclass
class Module:
    """One module of the netlist, and the cuts found for its wide vectors.

    Attributes
    ----------
    lines : list of str
    widths : dict of str to int
        Of everything declared, wide or not.
    cuts : dict of str to set of int
        Places between the pieces of each vector that is split, its ends included.
    """

    lines: list[str]
    widths: dict[str, int] = field(default_factory=dict)
    cuts: dict[str, set[int]] = field(default_factory=dict)
    statements: list[Statement] = field(default_factory=list)
    whole: set[str] = field(default_factory=set)

    def read(self) -> None:
        """Find the wide vectors, the statements that can be split, and who needs a vector whole."""
        wide = set()
        for line in self.lines:
            if match := NAMED.match(line):
                self.widths[match[2]] = int(match[1] or 0) + 1
                if DECLARED.match(line) and self.widths[match[2]] > NARROW:
                    wide.add(match[2])
        driven: dict[str, int] = {}
        for number, line in enumerate(self.lines):
            if DECLARED.match(line) or not wide.intersection(WORD.findall(line)):
                continue
            match = ASSIGNED.match(line) or REGISTERED.match(line)
            statement = self._statement(number, match[1], match[2]) if match else None
            if statement is None or (statement.target not in wide and not SLICE.match(statement.operands[0])):
                self.whole |= wide.intersection(WORD.findall(line))
                if match:
                    wide.discard(match[1])
            else:
                self.statements.append(statement)
                driven[statement.target] = driven.get(statement.target, 0) + 1
        self.cuts = {name: {0, self.widths[name]} for name in wide if driven.get(name) == 1}

    def _statement(self, line: int, target: str, text: str) -> Statement | None:
        condition, operands = "", [text]
        if match := MUX.match(text):
            condition, operands = match[1], [match[2], match[3]]
        elif text.startswith("{") and text.endswith("}"):
            operands = [part.strip() for part in text[1:-1].split(",")]
        widths = [self._width(operand) for operand in operands]
        if target not in self.widths or None in widths:
            return None
        total = widths[0] if condition else sum(width or 0 for width in widths)
        return Statement(line, target, condition, operands) if total == self.widths[target] else None

    def _width(self, operand: str) -> int | None:
        if match := CONSTANT.match(operand):
            return int(match[1])
        if match := SLICE.match(operand):
            return int(match[2]) - int(match[3] or match[2]) + 1 if match[1] in self.widths else None
        return self.widths.get(operand) if NAME.match(operand) else None

    def find_cuts(self) -> None:
        """Carry every cut to the vectors on the other side of each statement, until nothing is new."""
        changed = True
        while changed:
            changed = False
            for statement in self.statements:
                for name, low, other, start, width in self._bonds(statement):
                    ours, theirs = self.cuts.get(name), self.cuts.get(other)
                    if ours is not None:
                        new = {low, low + width} | {cut - start + low for cut in theirs or () if start < cut < start + width}
                        changed |= not new <= ours
                        ours |= new
                    if theirs is not None:
                        new = {start, start + width} | {cut - low + start for cut in ours or () if low < cut < low + width}
                        changed |= not new <= theirs
                        theirs |= new

    def _bonds(self, statement: Statement) -> Iterator[tuple[str, int, str, int, int]]:
        """Which bits of the target are which bits of what: target, place, name, place there, width."""
        place = self.widths[statement.target]
        for operand in statement.operands:
            width = self._width(operand) or 0
            low = 0 if statement.condition else place - width
            place -= width
            match = SLICE.match(operand)
            name, start = (match[1], int(match[3] or match[2])) if match else (operand, 0)
            yield statement.target, low, name, start, width

    def pieces(self, name: str) -> list[tuple[int, int]]:
        """Pieces of a split vector as (low, high + 1), the most significant first."""
        places = sorted(self.cuts[name])
        return list(itertools.pairwise(places))[::-1]

    def leave_aligned(self) -> None:
        """Leave vectors whose slices do not cross the words of memory: moving those as a whole is faster."""
        for name in list(self.cuts):
            if all(low // WORD_BITS == (high - 1) // WORD_BITS for low, high in self.pieces(name)):
                del self.cuts[name]

    def bits_of(self, operand: str, low: int, high: int) -> str:
        """Text for bits `low` to `high` - 1 of an operand."""
        if match := CONSTANT.match(operand):
            digits = match[2].rjust(int(match[1]), "0")
            return f"{high - low}'b{digits[len(digits) - high : len(digits) - low]}"
        if match := SLICE.match(operand):
            start = int(match[3] or match[2])
            return self.bits_of(match[1], low + start, high + start)
        if operand not in self.cuts:
            return operand if (low, high) == (0, self.widths[operand]) else f"{operand}[{high - 1}:{low}]"
        found = []
        for start, end in self.pieces(operand):
            first, last = max(low, start), min(high, end)
            if first < last:
                piece = piece_name(operand, start)
                found.append(piece if (first, last) == (start, end) else f"{piece}[{last - 1 - start}:{first - start}]")
        return found[0] if len(found) == 1 else "{" + ", ".join(found) + "}"

    def text_of(self, statement: Statement, low: int, high: int) -> str:
        """Text for bits of what a statement drives its target with."""
        if statement.condition:
            one, other = (self.bits_of(operand, low, high) for operand in statement.operands)
            return f"{statement.condition} ? {one} : {other}"
        found = []
        for (_, start, _, _, width), operand in zip(self._bonds(statement), statement.operands, strict=True):
            first, last = max(low, start), min(high, start + width)
            if first < last:
                found.append(self.bits_of(operand, first - start, last - start))
        return found[0] if len(found) == 1 else "{" + ", ".join(found) + "}"

    def write(self) -> list[str]:
        """The module's lines with its wide vectors taken apart."""
        lines = list(self.lines)
        for statement in self.statements:
            old, sign = lines[statement.line], " <= " if REGISTERED.match(lines[statement.line]) else " = "
            head = "    " if sign == " <= " else "  assign "
            if statement.target in self.cuts:
                name = statement.target
                parts = [f"{head}{piece_name(name, low)}{sign}{self.text_of(statement, low, high)};" for low, high in self.pieces(name)]
                block = ["    begin", *parts, "    end"] if sign == " <= " else parts
                lines[statement.line] = "\n".join(block)
            elif any(name in self.cuts for name in WORD.findall(old)):
                lines[statement.line] = f"{head}{statement.target}{sign}{self.text_of(statement, 0, self.widths[statement.target])};"
        for number, line in enumerate(self.lines):
            match = DECLARED.match(line)
            if match and match[2] in self.cuts:
                kind, name = line.split()[0], match[2]
                parts = [f"  {kind} [{high - low - 1}:0] {piece_name(name, low)};" for low, high in self.pieces(name)]
                if name in self.whole:
                    parts += [f"  wire [{match[1]}:0] {name};"]
                    parts += [f"  assign {name} = {{{', '.join(piece_name(name, low) for low, _ in self.pieces(name))}}};"]
                lines[number] = "\n".join(parts)
        return lines


def piece_name(name: str, low: int) -> str:
    """Name of the piece of a vector from a bit on; no name of VHDL has two underscores in a row, so that it is nobody else's.

    Examples
    --------
    >>> piece_name("product", 0)
    'product__0'
    """
    return f"{name}__{low}"


def split_wide_vectors(verilog: str) -> str:
    """A netlist of GHDL with its wide vectors taken apart; it computes the same."""
    out: list[str] = []
    for text in re.split(r"(?m)^(?=module )", verilog):
        module = Module(text.split("\n"))
        module.read()
        module.find_cuts()
        module.leave_aligned()
        out.append("\n".join(module.write()))
    return "".join(out)
