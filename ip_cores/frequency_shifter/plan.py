"""Frequency shifter: what its hardware follows from, in numbers: which product is formed in which clock."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from fixed_point import Overflow, Rounding
from fixed_point.frequency_shifter import ANGLE_BITS, COEFFICIENT, PHASE_BITS, SINE, SINES, ShiftLaw
from ip_cores.blocks.process import GIVE, TAKE, Process, wait
from ip_cores.blocks.product_sum import conversion_after
from ip_cores.blocks.requantizer import Conversion
from ip_cores.hierarchy import Rows
from ip_cores.inventory import Inventory

Product = tuple[int, int, str]
"""Age of a sample, coefficient, and what they belong to."""


@dataclass(frozen=True)
class ShiftPlan:
    """Who is multiplied by what, and when: the filters' products one after the other, the rotation, and what is added unshifted.

    Attributes
    ----------
    law : ShiftLaw
    """

    law: ShiftLaw

    @cached_property
    def in_phase(self) -> tuple[Product, ...]:
        return _products(self.law.in_phase, "in phase")

    @cached_property
    def quadrature(self) -> tuple[Product, ...]:
        return _products(self.law.quadrature, "quadrature")

    @property
    def products(self) -> tuple[Product, ...]:
        """Of a sample, in the order of the clocks; the two of the rotation read no sample that matters."""
        dry = [(self.law.delay, self.law.dry, "unshifted")] if self.law.dry else []
        turned = [(0, 0, "in phase, by the cosine"), (0, 0, "quadrature, by the negative sine")]
        return (*self.in_phase, *self.quadrature, *turned, *dry)

    @property
    def steps(self) -> int:
        """Clocks of a sample in which products are formed."""
        return len(self.products)

    @property
    def quadrature_step(self) -> int:
        """The first step of the second filter."""
        return len(self.in_phase)

    @property
    def turn_step(self) -> int:
        """The first step of the rotation."""
        return len(self.in_phase) + len(self.quadrature)

    @property
    def address_bits(self) -> int:
        """Of the samples' memory."""
        return max(1, max(age for age, _, _ in self.products).bit_length())

    @property
    def ages(self) -> Rows:
        """Of the sample of each step."""
        return Rows((age for age, _, _ in self.products), [what for _, _, what in self.products])

    @property
    def coefficients(self) -> Rows:
        """Of each step."""
        return Rows((word for _, word, _ in self.products), [what for _, _, what in self.products])

    @property
    def component_bits(self) -> int:
        return self.law.component.word_length

    @property
    def total_bits(self) -> int:
        return self.law.total_bits

    @property
    def component_half(self) -> int:
        """Half of the last bit of a filter's result, from which its sum starts."""
        return 1 << COEFFICIENT.fraction_length - 1

    @property
    def source_half(self) -> int:
        """Half of the source's last bit, from which the last sum starts; nothing where no bit is dropped."""
        return 1 << self.law.dropped - 1 if self.law.dropped > 0 else 0

    @property
    def conversion(self) -> Conversion:
        """From the last sum to the source."""
        law = self.law
        return conversion_after(law.total_bits, law.total_fraction, law.source, Rounding.NEAREST, Overflow.SATURATE)

    @property
    def timing(self) -> Process:
        """A sample is taken, its products are formed, and the last sum leaves. After a reset the memory is cleared."""
        return Process([TAKE, wait(self.steps + 1), GIVE], once=[wait(1 << self.address_bits)])

    @property
    def inventory(self) -> Inventory:
        """What is built for it."""
        law, bits = self.law, self.component_bits
        total, steps = law.total_bits, (self.steps - 1).bit_length()
        return Inventory(
            "frequency_shifter",
            adders=total + PHASE_BITS + ANGLE_BITS + ANGLE_BITS - 2 + COEFFICIENT.word_length + law.source.word_length,
            results=total + PHASE_BITS + law.source.word_length,
            registers=bits,
            multiplexers=total + bits + COEFFICIENT.word_length + ANGLE_BITS - 2 + law.sink.word_length,
            counters=2 * steps + 2 * self.address_bits,
            constants=(
                (self.steps, self.address_bits), (self.steps, COEFFICIENT.word_length), (len(SINES), SINE.word_length),
            ),
            memories=((1 << self.address_bits, law.sink.word_length),),
            products=((bits, COEFFICIENT.word_length),),
        )  # fmt: skip


def _products(taps: tuple[int, ...], what: str) -> tuple[Product, ...]:
    """A filter's products; none by zero."""
    return tuple((age, tap, f"{what}, tap {age}") for age, tap in enumerate(taps) if tap)
