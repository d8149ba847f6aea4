"""What lifting analysis and synthesis share: parameters, and the unit that does one step in each clock."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from myhdl import always, always_comb

from fixed_point import Format, best_fraction_length
from fixed_point.families.lifting_steps import Steps, lifting_formats, lifting_steps
from fixed_point.word_lengths.losses import CoefficientSet
from ip_cores.banks.bank_addresses import flag_table
from ip_cores.banks.wavelet_bank import MAXIMUM_LEVELS, MAXIMUM_WORD_LENGTH, BandSide
from ip_cores.blocks.arithmetic import add, flag, like, multiply, signed_signal, wire
from ip_cores.blocks.memory import table
from ip_cores.blocks.requantizer import narrow
from ip_cores.core import Core
from ip_cores.hierarchy import Group, described, entity, inline
from ip_cores.inventory import Inventory
from ip_cores.parameters import ParameterError, parameter
from reference.families.lifting_schemes import SCHEMES, level_delay


@dataclass(frozen=True)
class LiftingBank(BandSide, Core):
    """Parameters of both lifting banks."""

    scheme: str = parameter("5/3", doc="lifting scheme; 5/3 needs no multiplier", kind=str, choices=tuple(SCHEMES))
    levels: int = parameter(4, doc="depth of the bank", kind=int, minimum=1, maximum=MAXIMUM_LEVELS)
    coefficient_word_length: int = parameter(18, doc="bits of a factor of the 9/7 scheme", kind=int, minimum=4, maximum=32, unit="bits")
    guard_bits: int = parameter(0, doc="bits below the samples' last one; none are needed", kind=int, minimum=0, maximum=16, unit="bits")

    @property
    def linear_part(self) -> Core:
        return self

    @property
    def samples(self) -> Format:
        """Format of the samples before the analysis and after the synthesis."""
        raise NotImplementedError

    @property
    def group_delay(self) -> Fraction | None:
        """Each band has its own."""
        return None

    @cached_property
    def steps(self) -> Steps:
        """The scheme's steps in integers."""
        return lifting_steps(SCHEMES[self.scheme], self.coefficient_word_length)

    @cached_property
    def formats(self) -> tuple[Format, Format]:
        """Format of the bands, and of everything between the steps."""
        return lifting_formats(self.steps, self.levels, self.samples, self.guard_bits)

    @property
    def coefficients(self) -> CoefficientSet:
        """The scheme's factors; powers of two stay what they are."""
        factors = SCHEMES[self.scheme]
        format = Format(True, self.coefficient_word_length, best_fraction_length(factors, self.coefficient_word_length))
        return CoefficientSet.of(factors, format)

    @property
    def filters_key(self) -> Hashable:
        """What analysis and synthesis have to have in common to be each other's inverse, but for their word lengths."""
        return self.steps, self.levels

    @property
    def pairing(self) -> Hashable:
        """What analysis and synthesis have to have in common to be each other's inverse."""
        return self.steps, self.levels, self.guard_bits, self.samples

    @property
    def level_delay(self) -> int:
        """Samples by which one level of analysis and synthesis delays."""
        return level_delay(self.scheme)

    @property
    def reconstruction_delay(self) -> int:
        """Samples from the sink of the analysis to the source of the synthesis."""
        return self.level_delay * (2**self.levels - 1)

    @property
    def check_length(self) -> int:
        """Periods that bring a word to every step of the deepest level, and two more."""
        return 2**self.levels * (len(self.steps) + 3)

    def check(self) -> None:
        field = self.samples_side
        if not self.samples.signed:
            raise ParameterError(field, self.samples, "must be signed")
        if not all(step.factor for step in self.steps):
            raise ParameterError(
                "coefficient_word_length", self.coefficient_word_length, "must be longer: a factor of the scheme is rounded to 0"
            )
        if self.formats[1].word_length > MAXIMUM_WORD_LENGTH:
            raise ParameterError(field, self.samples, f"must be shorter: words would have {self.formats[1].word_length} bits")


def lifting_inventory(steps: Steps, bits: int) -> Inventory:
    """What the unit is built of: two words held, the neighbours' sum, its multiple, the change added to the base."""
    widest = max(abs(step.factor) for step in steps).bit_length() + 1
    rounded = sum(bits + 2 for step in steps if step.fraction_length) if step_clocks(steps) == 1 else bits + 2 + widest
    own = Inventory("", adders=2 * bits + 2 + rounded, results=bits, registers=bits, multiplexers=bits)
    if step_clocks(steps) == 1:
        return own + Inventory("", multiplexers=bits)
    return own + Inventory("", registers=bits + 1, tables=((len(steps), widest),), products=((bits + 1, widest),))


def step_clocks(steps: Steps) -> int:
    """Clocks of a step: one where factors are powers of two, two with a multiplier."""
    return 1 if all(abs(step.factor) == 1 for step in steps) else 2


@inline
def pace(clk, reset, steps_now, lasts, clocks):
    """The clock in which a step is done: every clock of it, or the second."""
    if clocks == 1:
        return wire(steps_now, lasts)
    half = flag()

    @always(clk.posedge)
    def alternate():
        """The second clock of a step, in which its product is there."""
        if reset:
            half.next = False
        else:
            half.next = steps_now and not half

    @always_comb
    def second_half():
        lasts.next = steps_now and half

    return alternate, second_half


@dataclass(frozen=True, eq=False)
class UnitStep(Group):
    """What a lifting unit does in a clock.

    Attributes
    ----------
    take : Signal of bool
        The word becomes the newest one.
    load : Signal of bool
        The first base comes from memory.
    advance : Signal of bool
        A step is done.
    index : Signal
        Which step.
    """

    take: Any
    load: Any
    advance: Any
    index: Any


@dataclass(frozen=True, eq=False)
class StateAccess(Group):
    """How a scheduler works on the memory of states.

    Attributes
    ----------
    read_address, write_address : Signal
        Where a word is read, and written.
    write_state : Signal of bool
        A word is written.
    """

    read_address: Any
    write_address: Any
    write_state: Any


@entity
def lifting_unit(clk, reset, word, data, does, newest, steps, inverse):
    """One lifting step in each clock: the base plus (or less) a multiple of two neighbours, the newest and one from memory.

    A step that multiplies takes two clocks, with a register before the product. What comes from
    memory is the next step's base. In a synthesis, a word that is taken makes the
    newest one the base: first the approximation comes, then its detail.
    """
    running, base = like(newest), like(newest)
    bits = len(newest)
    neighbours = signed_signal(bits + 1)
    change_bits = bits + 1 + max(max(abs(step.factor) for step in steps).bit_length() + 1 - min(step.fraction_length for step in steps), 1)
    change, total = signed_signal(change_bits), signed_signal(change_bits + 1)
    result = like(newest)
    renew = flag()

    @always_comb
    def decide():
        renew.next = does.load or does.advance

    @always(clk.posedge)
    def move():
        """The newest word: one that was taken, or what a step has made of the base."""
        if reset:
            running.next = 0
        elif does.take:
            running.next = word
        elif does.advance:
            running.next = result

    return (
        decide,
        move,
        base_of_synthesis(clk, does.take, renew, running, data, base) if inverse else base_of_analysis(clk, renew, data, base),
        add(data, running, neighbours),
        shifted_change(neighbours, does.index, base, change, total, steps, inverse)
        if step_clocks(steps) == 1
        else multiplied_change(clk, neighbours, does.index, base, change, total, steps, inverse),
        narrow(total, result, bits, True),
        wire(running, newest),
    )


@inline
def base_of_analysis(clk, renew, data, base):
    @always(clk.posedge)
    def keep():
        """The base of the next step comes from memory."""
        if renew:
            base.next = data

    return keep


@inline
def base_of_synthesis(clk, take, renew, newest, data, base):
    @always(clk.posedge)
    def keep():
        """The base of the next step: the newest word as another is taken, else a word from memory."""
        if take:
            base.next = newest
        elif renew:
            base.next = data

    return keep


@inline
def shifted_change(neighbours, index, base, change, total, steps, inverse):
    """Factors that are powers of two: slices, with half a bit added; a negative factor is subtracted, its half a bit rounded down."""
    instances: list[Any] = []
    # A slice is a multiple here: it has the binary point of the sum that it was cut from.
    shifted = [signed_signal(len(change), point_of=(neighbours, 0)) for _ in steps]
    minus = flag()
    for step, target in zip(steps, shifted, strict=True):
        half = 1 << step.fraction_length - 1
        instances.append(rounded_slice(neighbours, target, half - (step.factor < 0), step.fraction_length))
    signs = tuple(int((step.factor < 0) != inverse) for step in steps)
    instances.append(described(flag_table(index, minus, signs), "Whether the step subtracts."))

    @always_comb
    def pick():
        """The change of the step that is done."""
        if index == 0:
            change.next = shifted[0]
        else:
            change.next = shifted[1]

    @always_comb
    def apply():
        """A negative factor is subtracted."""
        if minus:
            total.next = base - change
        else:
            total.next = base + change

    return instances, pick, apply


@inline
def rounded_slice(word, result, offset, dropped):
    """(word + offset) >> dropped, the offset a constant."""
    if not offset:
        return cut(word, result, dropped)
    # As wide as the sum: GHDL 5.0.1 does not synthesise a constant of more than 32 bits that has to be extended.
    wide, constant = signed_signal(len(word) + 1), signed_signal(len(word) + 1, offset)
    return add(word, constant, wide), cut(wide, result, dropped)


@inline
def cut(word, result, dropped):
    @always_comb
    def high_bits():
        result.next = word[:dropped].signed()

    return high_bits


@inline
def multiplied_change(clk, neighbours, index, base, change, total, steps, inverse):
    """One multiplier for all steps; the product is rounded to nearest."""
    fraction_length = steps[0].fraction_length
    factor_bits = max(step.factor.bit_length() for step in steps) + 1
    factor = signed_signal(factor_bits)
    held = like(neighbours)
    product = signed_signal(len(neighbours) + factor_bits)

    @always(clk.posedge)
    def hold():
        """A register in front of the multiplier, so that a step takes two clocks."""
        held.next = neighbours

    instances = (
        described(table(index, factor, tuple(step.factor for step in steps)), "The factor of each step."),
        hold,
        multiply(held, factor, product),
        rounded_slice(product, change, 1 << fraction_length - 1, fraction_length),
    )
    if inverse:

        @always_comb
        def take_away():
            total.next = base - change

        return instances, take_away
    return instances, add(base, change, total)
