"""Programs for the filter processor: which words are read, multiplied, stored and sent, instruction by instruction.

All delay lines lie in one memory that turns: everything is addressed relative to a pointer that moves by one word at each sample, so that
the word stored at an offset is, a sample later, found one place below. A line of n words takes n neighbouring places, a sample of age k is
k places below the newest, and nothing is ever moved. The program is the same for every sample.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

WRITE_DISTANCE = 2
"""Instructions from one that stores a word to the first that may read it: a result is stored in the clock after its instruction."""


class Read(NamedTuple):
    """A word of a line, its age in samples, and what it is multiplied by."""

    line: str
    age: int
    coefficient: int


@dataclass(frozen=True)
class Step:
    """One instruction before addresses are known.

    Attributes
    ----------
    kind : {"take", "multiply", "store", "emit", "send", "wait"}
        Take a word from the input into a line; add products to the sum; store the sum, rounded, as the newest word of a line; send a
        stored word; send the sum, rounded to the output; do nothing.
    reads : tuple of Read
        One for each multiplier, or the one word that is sent.
    line : str
        The line that gets a word.
    tag : int
        What goes out beside a word that is sent.
    """

    kind: str
    reads: tuple[Read, ...] = ()
    line: str = ""
    tag: int = 0


@dataclass(frozen=True)
class Instruction:
    """A step with addresses.

    Attributes
    ----------
    kind : str
        As for `Step`.
    offsets : tuple of int
        For each multiplier where it reads, relative to the pointer; the first is also where a word is written.
    coefficients : tuple of int
        For each multiplier.
    tag : int
    words : tuple of str
        For each multiplier the word at its offset, as the VHDL calls it: ``a0[-3]`` is the word of line a0 that is three samples old.
    """

    kind: str
    offsets: tuple[int, ...]
    coefficients: tuple[int, ...]
    tag: int
    words: tuple[str, ...] = field(default=(), compare=False)

    @property
    def remark(self) -> str:
        """The instruction in words."""
        word = self.words[0] if self.words else f"the word at {self.offsets[0]}"
        return {
            "take": f"the word that comes in becomes {word}",
            "multiply": f"multiply {word}",
            "store": f"the sum becomes {word}",
            "emit": f"{word} leaves with tag {self.tag}",
            "send": f"the sum leaves with tag {self.tag}",
            "wait": "wait for a word that is on its way into the memory",
        }[self.kind]

    def factor_remark(self, number: int) -> str:
        """What a multiplier's coefficient is for."""
        return f"times {self.words[number]}" if self.kind == "multiply" and self.coefficients[number] and self.words else "no product"


@dataclass
class ProgramBuilder:
    """Steps in the order of their execution.

    Attributes
    ----------
    multipliers : int
        Products in one clock.
    """

    multipliers: int
    steps: list[Step] = field(default_factory=list)

    def take(self, line: str) -> None:
        """The next word from the input becomes the newest of a line."""
        self.steps.append(Step("take", line=line))

    def emit(self, line: str, age: int, tag: int) -> None:
        """Send a stored word."""
        self._await([Read(line, age, 0)])
        self.steps.append(Step("emit", (Read(line, age, 0),), tag=tag))

    def filter(self, terms: Iterable[Read], line: str = "", tag: int = 0) -> None:
        """The sum of some products, into a line or, without one, to the output. Products by zero are left out, old words come first."""
        reads = sorted((read for read in terms if read.coefficient), key=lambda read: -read.age)
        count = self.multipliers
        for at in range(0, len(reads), count):
            group = reads[at : at + count]
            self._await(group)
            idle = Read(group[0].line, group[0].age, 0)
            self.steps.append(Step("multiply", (*group, *[idle] * (count - len(group)))))
        self.steps.append(Step("store", line=line) if line else Step("send", tag=tag))

    def _await(self, reads: Iterable[Read]) -> None:
        """Wait until the newest words that are read are there."""
        newest = {read.line for read in reads if read.age == 0}
        recent = {step.line for step in self.steps[-WRITE_DISTANCE + 1 :]}
        if newest & recent:
            self.steps.append(Step("wait"))

    def finish(self) -> tuple[tuple[Instruction, ...], int]:
        """The instructions, and the words of memory that their lines take."""
        lengths: dict[str, int] = {step.line: 1 for step in self.steps if step.line}
        for step in self.steps:
            for read in step.reads:
                lengths[read.line] = max(lengths[read.line], read.age + 1)
        newest, words = {}, 0
        for line, length in lengths.items():
            words += length
            newest[line] = words - 1
        made = []
        for step in self.steps:
            offsets = [newest[read.line] - read.age for read in step.reads] or [newest.get(step.line, 0)]
            offsets += [offsets[0]] * (self.multipliers - len(offsets))
            coefficients = [read.coefficient for read in step.reads] if step.kind == "multiply" else []
            coefficients += [0] * (self.multipliers - len(coefficients))
            names = [f"{read.line}[-{read.age}]" if read.age else read.line for read in step.reads] or [step.line or "a0"]
            names += [names[0]] * (self.multipliers - len(names))
            made.append(Instruction(step.kind, tuple(offsets), tuple(coefficients), step.tag, tuple(names)))
        return tuple(made), words


@dataclass(frozen=True)
class Program:
    """A finished program and the words that it works on.

    Attributes
    ----------
    instructions : tuple of Instruction
    memory_words : int
        Words of all lines.
    word_bits : int
        Bits of a stored word.
    fraction_length : int
        Of a coefficient.
    """

    instructions: tuple[Instruction, ...]
    memory_words: int
    word_bits: int
    fraction_length: int

    def __len__(self) -> int:
        """Clocks for one sample, nothing stalled."""
        return len(self.instructions)

    @property
    def multipliers(self) -> int:
        return len(self.instructions[0].offsets)

    @property
    def address_bits(self) -> int:
        return max(1, (self.memory_words - 1).bit_length())

    @property
    def coefficients(self) -> list[int]:
        """All coefficients, of all multipliers."""
        return [word for instruction in self.instructions for word in instruction.coefficients]

    @property
    def tags(self) -> int:
        """How many tags there are: 0 to one less."""
        return 1 + max(instruction.tag for instruction in self.instructions)

    def has(self, kind: str) -> bool:
        """Whether any instruction is of a kind."""
        return any(instruction.kind == kind for instruction in self.instructions)

    def first(self, kind: str) -> int:
        """Place of the first instruction of a kind."""
        return next(place for place, instruction in enumerate(self.instructions) if instruction.kind == kind)


def check_order(program: Program) -> None:
    """Raise AssertionError where a word would be read before it is stored: in one sample, or from one to the next."""
    stores = [(place, found.offsets[0]) for place, found in enumerate(program.instructions) if found.kind in ("take", "store")]
    written = {offset: place for place, offset in stores}
    tops = sorted(written)
    for place, instruction in enumerate(program.instructions):
        if instruction.kind not in ("multiply", "emit"):
            continue
        for offset in instruction.offsets:
            top = next(top for top in tops if top >= offset)
            assert place + (top - offset) * len(program) >= written[top] + WRITE_DISTANCE, (place, instruction)
