"""Plan of the serial form: which multiplier forms which product in which clock."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property

from fixed_point import Rounding
from ip_cores.blocks.interval import Interval
from ip_cores.blocks.memory import LOGIC_TABLE_WORDS
from ip_cores.blocks.process import GIVE, TAKE, Process, wait
from ip_cores.blocks.requantizer import Conversion
from ip_cores.fir.coefficient_banks import CoefficientBanks, loaded_taps
from ip_cores.fir.structure import Structure
from ip_cores.hierarchy import Rows

Product = tuple[int, int | None, int]
"""Age of a sample, age of its partner or None, coefficient."""


def _dense_runs(phases: tuple[tuple[Product, ...], ...]) -> tuple[tuple[Product, ...], ...]:
    """Phases of equal length from age 0 on: they keep the samples of several multipliers a constant distance apart."""
    length = 1 + max(phase[-1][0] for phase in phases)
    found = []
    for phase in phases:
        coefficients = {age: coefficient for age, _, coefficient in phase}
        found.append(tuple((age, None, coefficients.get(age, 0)) for age in range(length)))
    return tuple(found)


def _separate_runs(phases: tuple[tuple[Product, ...], ...]) -> tuple[tuple[Product, ...], ...]:
    """A first phase of a single product gets one more, by zero, so that its last step is not the first as well."""
    first = phases[0]
    if len(first) == 1 and first[0][0] != phases[1][0][0]:
        first += ((first[0][0] + 1, None, 0),)
    return (first, *phases[1:])


@dataclass(frozen=True)
class SerialPlan:
    """Who multiplies what, when.

    Attributes
    ----------
    structure : Structure
    groups : tuple of tuples
        For each multiplier its products in order; shorter groups are filled with products by zero. Where several words leave for
        a sample, their products stand one word behind the other, with a step between in which the sum is handed over.
    ends : tuple of int
        Step of the last product of each word that leaves.
    """

    structure: Structure
    groups: tuple[tuple[Product, ...], ...]
    ends: tuple[int, ...]

    @classmethod
    def of(cls, structure: Structure) -> SerialPlan:
        phases = structure.phases
        if len(phases) > 1:
            phases = _separate_runs(phases) if structure.multipliers == 1 else _dense_runs(phases)
        longest = max(len(phase) for phase in phases)
        count = min(structure.multipliers, longest)
        count = -(-longest // -(-longest // count))
        groups: list[tuple[Product, ...]] = [()] * count
        ends: list[int] = []
        for phase in phases:
            steps = -(-len(phase) // count)
            for number in range(count):
                group = phase[number * steps : (number + 1) * steps]
                tap = (group or phase)[-1][0]
                group += ((tap, tap if structure.symmetry else None, 0),) * (steps - len(group))
                pause = ((0, None, 0),) if ends else ()
                groups[number] += pause + group
            ends.append(len(groups[0]) - 1)
        return cls(structure, tuple(groups), tuple(ends))

    @property
    def steps(self) -> int:
        """Clocks for each sample that starts the multipliers: products, and a pause between the words that leave."""
        return len(self.groups[0])

    @property
    def levels(self) -> int:
        """Levels of the tree that adds the multipliers' products."""
        return (len(self.groups) - 1).bit_length()

    @property
    def arithmetic_stages(self) -> int:
        """Registers between the memories and the sum."""
        return 2 + self.levels if self.structure.fast else 0

    @property
    def cycles_per_sample(self) -> Fraction:
        """One clock more than the steps, in which the sum is handed over and cleared; a decimator only takes the other samples in."""
        decimation = self.structure.decimation
        return Fraction(self.steps + decimation, decimation)

    @property
    def timing(self) -> Process:
        """A sample is taken and its products are formed, step by step; a decimator only takes the other samples in."""
        steps = [GIVE if step in self.ends else wait(1) for step in range(self.steps)]
        channels = self.structure.channels
        others = [TAKE] * (self.structure.decimation - 1) * channels
        clearing = wait(2**self.address_bits * channels)
        return Process([TAKE, *steps] * channels + others, once=[clearing], line=self.arithmetic_stages + 2)

    @property
    def latency(self) -> int:
        """Write, read, products, sum, output."""
        return self.ends[0] + 4 + self.arithmetic_stages

    @property
    def address_bits(self) -> int:
        """Of the place of a sample among those of its channel."""
        return max(1, (-(-len(self.structure.taps) // self.structure.interpolation) - 1).bit_length())

    @property
    def channel_bits(self) -> int:
        """Of the place of a channel's sample in its frame."""
        return (self.structure.channels - 1).bit_length()

    @property
    def memory_bits(self) -> int:
        """Of an address of a sample: the frame's place above that in the frame."""
        return self.address_bits + self.channel_bits

    @property
    def mirrored(self) -> bool:
        """Whether a second sample is read for each product."""
        return any(mirror is not None for group in self.groups for _, mirror, _ in group)

    @property
    def copies(self) -> int:
        """Memories of samples: as many as are read in a clock."""
        return (2 if self.mirrored else 1) * len(self.groups)

    def lonely(self, number: int) -> tuple[int, ...]:
        """Steps in which a multiplier's product has one sample only although the others have two."""
        return tuple(step for step, (_, mirror, _) in enumerate(self.groups[number]) if mirror is None)

    def offsets(self, number: int, which: int) -> tuple[int, ...]:
        """Age of the sample that a multiplier reads at each step: its tap, or its mirrored tap."""
        return tuple(tap if which == 0 or mirror is None else mirror for tap, mirror, _ in self.groups[number])

    def coefficients(self, number: int) -> Rows:
        """A multiplier's table, with the tap of each row."""
        remarks = [self._tap(step, age, mirror, coefficient) for step, (age, mirror, coefficient) in enumerate(self.groups[number])]
        return Rows((coefficient for _, _, coefficient in self.groups[number]), remarks)

    def _tap(self, step: int, age: int, mirror: int | None, coefficient: int) -> str:
        """Which taps of the filter a product belongs to; in an interpolator those of a phase are a period apart."""
        if step - 1 in self.ends:
            return "the pause between two words"
        phase = sum(end < step for end in self.ends)
        taps = self.structure.taps
        wanted = [one * len(self.ends) + phase for one in ((age,) if mirror in (None, age) else (age, mirror))]
        if any(tap >= len(taps) or abs(taps[tap]) != abs(coefficient) for tap in wanted):
            return "no tap is left"
        return f"tap {wanted[0]}" if len(wanted) == 1 else f"taps {wanted[0]} and {wanted[1]}"

    @property
    def begins(self) -> tuple[int, ...]:
        """Step of the first product of each word that leaves."""
        return (0, *(end + 2 for end in self.ends[:-1]))

    @property
    def in_logic(self) -> bool:
        """Whether the tables of coefficients are small enough to stay out of a memory block."""
        return self.steps <= LOGIC_TABLE_WORDS

    @property
    def coefficient_bits(self) -> int:
        return self.structure.coefficient.bits

    @cached_property
    def banks(self) -> CoefficientBanks:
        """Where coefficients stand that are loaded; of a filter that has such."""
        structure = self.structure
        if structure.loading is None:
            raise ValueError("the coefficients are constants")
        # The plan of a filter whose coefficients are the numbers of its taps says where each of them stands.
        numbered = SerialPlan.of(replace(structure, taps=tuple(range(1, len(structure.taps) + 1))))
        found = {
            number: (multiplier, step) for multiplier, group in enumerate(numbered.groups) for step, (_, _, number) in enumerate(group)
        }
        count = loaded_taps(len(structure.taps), structure.symmetry)
        places = tuple(found[tap + 1] for tap in range(count))
        # At least two steps, so that there is something to address.
        return CoefficientBanks(structure.loading, structure.taps, places, len(self.groups), max(2, self.steps))

    @property
    def preload(self) -> int:
        """What the sum starts from: half of the last bit that is kept, where that is all there is to rounding."""
        conversion = self.structure.conversion
        return 1 << (conversion.dropped - 1) if conversion.rounding == Rounding.NEAREST and conversion.dropped > 0 else 0

    @property
    def conversion(self) -> Conversion:
        """What is left to do at the output."""
        conversion = self.structure.conversion
        if not self.preload:
            return conversion
        interval = Interval(conversion.interval.low, conversion.interval.high + self.preload)
        return conversion._replace(interval=interval).behind_half()
