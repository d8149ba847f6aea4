"""What the forms of a FIR filter have in common: folding, exact ranges, and the products that remain."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from fixed_point import Format
from ip_cores.arithmetic import Conversion, Interval


@dataclass(frozen=True)
class Structure:
    """A filter's integer coefficients and what follows from them.

    Attributes
    ----------
    taps : tuple of int
        Coefficient words.
    sink : Format
        Format of the samples.
    symmetry : int
        1 symmetric, -1 antisymmetric, 0 neither (or folding switched off).
    folded : bool
        Whether equal coefficients may share a product.
    conversion : Conversion
        What happens at the output.
    multiplier, pipeline, multipliers
        As in the parameters.
    """

    taps: tuple[int, ...]
    sink: Format
    symmetry: int
    folded: bool
    conversion: Conversion
    multiplier: str
    pipeline: str
    multipliers: int

    @classmethod
    def of(cls, core: Any) -> Structure:
        words = tuple(int(word) for word in np.asarray(core.quantized.words))
        low, high = sum_interval(words, core.sink)
        conversion = Conversion(Interval(low, high), core.accumulator_fraction_length, core.source, core.rounding, core.overflow)
        symmetry = find_symmetry(words) if core.fold else 0
        return cls(words, core.sink, symmetry, core.fold, conversion, core.multiplier, core.pipeline, core.multipliers)

    @property
    def sample(self) -> Interval:
        """Values of a sample."""
        return Interval.of(self.sink)

    @property
    def fast(self) -> bool:
        """Whether products get registers of their own."""
        return self.pipeline == "speed"

    @cached_property
    def products(self) -> tuple[tuple[int, int | None, int], ...]:
        """Products as (tap, mirrored tap or None, coefficient); at least one, even of a filter that is all zero."""
        count = len(self.taps)
        found = []
        for tap in range((count + 1) // 2 if self.symmetry else count):
            mirror = count - 1 - tap
            if self.taps[tap]:
                found.append((tap, mirror if self.symmetry and mirror != tap else None, self.taps[tap]))
        return tuple(found) or ((0, None, 0),)

    def operand(self, mirror: Any) -> Interval:
        """Values of a sample, or of the sum or difference of two that share a coefficient."""
        if mirror is None:
            return self.sample
        return self.sample + self.sample if self.symmetry > 0 else self.sample - self.sample


def find_symmetry(taps: tuple[int, ...]) -> int:
    """1 for symmetric coefficients, -1 for antisymmetric ones, 0 for neither (a single tap folds with nothing)."""
    if len(taps) < 2:
        return 0
    if taps == taps[::-1]:
        return 1
    return -1 if taps == tuple(-tap for tap in reversed(taps)) else 0


def sum_interval(taps: tuple[int, ...], sink: Format) -> Interval:
    """Values of a sum of products: the L1 norm's exact bounds."""
    positive = sum(tap for tap in taps if tap > 0)
    negative = sum(tap for tap in taps if tap < 0)
    return Interval(
        positive * sink.minimum + negative * sink.maximum,
        positive * sink.maximum + negative * sink.minimum,
    )
