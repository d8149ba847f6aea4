"""What the hardware of a filter processor follows from: a program, and how its sums become words."""

from __future__ import annotations

from dataclasses import dataclass

from ip_cores.banks.filter_program import Program
from ip_cores.banks.wavelet_bank import WaveletBank
from ip_cores.blocks.block_inventory import of_conversion, product_tree
from ip_cores.blocks.interval import Interval
from ip_cores.blocks.process import GIVE, TAKE, Process, wait
from ip_cores.blocks.requantizer import Conversion
from ip_cores.hierarchy import Rows
from ip_cores.inventory import Inventory
from ip_cores.parameters import ParameterError

KINDS = ("take", "multiply", "store", "send", "emit")
"""What an instruction does, one bit each, above its offset; then a bit for the last instruction, then the tag."""


@dataclass(frozen=True)
class Processor:
    """A program, and how its sums become words.

    Attributes
    ----------
    program : Program
    inner : Conversion or None
        From the sum to a stored word; None if none is stored.
    outer : Conversion or None
        From the sum to a word that is sent; None if none is sent.
    """

    program: Program
    inner: Conversion | None
    outer: Conversion | None

    @property
    def sum_interval(self) -> Interval:
        """Values of the sum."""
        intervals = [conversion.interval for conversion in (self.inner, self.outer) if conversion is not None]
        return intervals[0].hull(intervals[-1])

    @property
    def output_bits(self) -> int:
        """Bits of a word that leaves: the longer of stored and sent ones."""
        stored = self.program.word_bits if self.program.has("emit") else 0
        return max(stored, 0 if self.outer is None else self.outer.format.word_length)

    @property
    def sends_both(self) -> bool:
        """Whether stored words leave and sums too, which differ in where the binary point is."""
        both = self.program.has("emit") and self.inner is not None and self.outer is not None
        return both and self.inner.format.fraction_length != self.outer.format.fraction_length  # type: ignore[union-attr]

    @property
    def coefficient_bits(self) -> int:
        return Interval(min(self.program.coefficients), max(self.program.coefficients)).bits

    @property
    def multiplies(self) -> bool:
        """Whether there are products to form: a program of ones and minus ones adds and subtracts."""
        return max(map(abs, self.program.coefficients)) > 1

    @property
    def tag_bits(self) -> int:
        return max(1, (self.program.tags - 1).bit_length())

    @property
    def instruction_words(self) -> Rows:
        """Contents of the program memory: offset of the first multiplier, bits of `KINDS`, last, tag."""
        program, bits = self.program, self.program.address_bits
        words = []
        for place, instruction in enumerate(program.instructions):
            word = instruction.offsets[0]
            if instruction.kind in KINDS:
                word |= 1 << (bits + KINDS.index(instruction.kind))
            word |= int(place == len(program) - 1) << (bits + len(KINDS))
            words.append(word | instruction.tag << (bits + len(KINDS) + 1))
        return Rows(words, [instruction.remark for instruction in program.instructions])

    @property
    def instruction_bits(self) -> int:
        return self.program.address_bits + len(KINDS) + 1 + self.tag_bits

    def inventory(self, family: str) -> Inventory:
        """What a processor is built of: program, delay lines, products, sum, and the words that enter and leave."""
        program, width, count = self.program, self.coefficient_bits, self.program.multipliers
        word, total, tree = program.word_bits, self.sum_interval.bits, product_tree(count, program.word_bits + self.coefficient_bits)
        steps, places = len(program), program.address_bits
        own = Inventory(
            family if self.multiplies else f"{family}, no products",
            adders=total + tree,
            results=total,
            registers=word,
            multiplexers=word,
            counters=2 * (steps - 1).bit_length() + (1 + count) * places,
            constants=((steps, self.instruction_bits), *((steps, width),) * count, *((steps, places),) * (count - 1)),
            memories=((1 << places, word),) * count,
            products=((word, width),) * count if self.multiplies else (),
        )
        for conversion in (self.inner, self.outer):
            own += Inventory("") if conversion is None else of_conversion(conversion)
        return own

    def offsets(self, number: int) -> Rows:
        """Where a multiplier reads, by instruction."""
        instructions = self.program.instructions
        remarks = [one.words[number] if one.kind == "multiply" and one.words else "not used" for one in instructions]
        return Rows((one.offsets[number] for one in instructions), remarks)

    def coefficients(self, number: int) -> Rows:
        """What a multiplier multiplies by, by instruction."""
        instructions = self.program.instructions
        return Rows((one.coefficients[number] for one in instructions), [one.factor_remark(number) for one in instructions])

    @property
    def clearing_clocks(self) -> int:
        """Clocks after a reset until the first word is taken."""
        return 2**self.program.address_bits + 1

    @property
    def timing(self) -> Process:
        """An instruction in each clock, the second stage between those that send and the output."""
        actions = {"take": TAKE, "emit": GIVE, "send": GIVE}
        loop = [actions.get(instruction.kind, wait(1)) for instruction in self.program.instructions]
        return Process(loop, once=[wait(self.clearing_clocks)], line=1)

MAXIMUM_SUM_BITS = 62

MAXIMUM_MEMORY = 1 << 16

CHECK_CLOCKS = 20_000

LEAST_CHECK = 32


def affordable(samples: int, clocks: int) -> int:
    """As many of some samples as GHDL simulates in some seconds. Even a few go through every instruction of a program."""
    return min(samples, max(LEAST_CHECK, CHECK_CLOCKS // clocks))


def check_processor(core: WaveletBank, processor: Processor) -> None:
    """Refuse sums too long for the model's integers, and delay lines too long for the device."""
    bits, words = processor.sum_interval.bits, processor.program.memory_words
    if bits > MAXIMUM_SUM_BITS and core.computes_word_lengths:
        raise ParameterError("exact", True, f"must be false, or samples shorter: sums would have {bits} bits, {MAXIMUM_SUM_BITS} at most")
    if bits > MAXIMUM_SUM_BITS:
        raise ParameterError(
            "coefficient_word_length",
            core.coefficient_word_length,
            f"must be shorter, or the samples: sums would have {bits} bits, {MAXIMUM_SUM_BITS} at most",
        )
    if words > MAXIMUM_MEMORY:
        raise ParameterError("levels", core.levels, f"must be less: delay lines would take {words} words, {MAXIMUM_MEMORY} at most")
