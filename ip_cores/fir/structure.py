"""What the forms of a FIR filter have in common: folding, exact ranges, and the products that remain."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from fixed_point import Format
from ip_cores.blocks.interval import Interval, hull, sum_interval
from ip_cores.blocks.requantizer import Conversion
from ip_cores.fir.coefficient_banks import Loading, loaded_taps

OUTPUT_REGISTER = "The output register: a word stays in it until it is taken."
"""What the VHDL says of the last register of every form."""


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
    multiplier, pipeline, multipliers, decimation, interpolation
        As in the parameters.
    loading : Loading, optional
        How coefficients come in at run time; then any tap may have any, `taps` being the first.
    channels : int
        Whose samples take turns; each is filtered alone.
    """

    taps: tuple[int, ...]
    sink: Format
    symmetry: int
    folded: bool
    conversion: Conversion
    multiplier: str
    pipeline: str
    multipliers: int
    decimation: int = 1
    interpolation: int = 1
    loading: Loading | None = None
    channels: int = 1

    @classmethod
    def of(cls, core: Any) -> Structure:
        words = tuple(int(word) for word in np.asarray(core.quantized.words))
        rate, loading = core.interpolation, core.loading
        if loading is not None:
            sums = loading.sums(-(-len(words) // rate), Interval.of(core.sink))
            conversion = Conversion(sums, core.accumulator_fraction_length, core.source, core.rounding, core.overflow)
            return cls(
                words, core.sink, loading.symmetry, False, conversion, core.multiplier, core.pipeline, core.multipliers, core.decimation,
                rate, loading,
            )  # fmt: skip
        sums = hull(sum_interval(words[phase::rate], core.sink) for phase in range(rate))
        conversion = Conversion(sums, core.accumulator_fraction_length, core.source, core.rounding, core.overflow)
        # The phases of an interpolator are each other's mirror images, but seldom their own.
        symmetry = find_symmetry(words) if core.fold and rate == 1 else 0
        return cls(
            words, core.sink, symmetry, core.fold, conversion, core.multiplier, core.pipeline, core.multipliers, core.decimation, rate,
            channels=core.channels,
        )  # fmt: skip

    @property
    def sample(self) -> Interval:
        """Values of a sample."""
        return Interval.of(self.sink)

    @property
    def factor(self) -> int:
        """By how much the rate changes, up or down."""
        return max(self.decimation, self.interpolation)

    @property
    def fast(self) -> bool:
        """Whether products get registers of their own."""
        return self.pipeline == "speed"

    @cached_property
    def products(self) -> tuple[tuple[int, int | None, int], ...]:
        """Products as (tap, mirrored tap or None, coefficient); at least one, even of a filter that is all zero."""
        count = len(self.taps)
        if self.loading is not None:
            return tuple(
                (tap, count - 1 - tap if self.symmetry and 2 * tap + 1 != count else None, self.taps[tap])
                for tap in range(loaded_taps(count, self.symmetry))
            ) or ((0, None, 0),)
        found = []
        for tap in range((count + 1) // 2 if self.symmetry else count):
            mirror = count - 1 - tap
            if self.taps[tap]:
                found.append((tap, mirror if self.symmetry and mirror != tap else None, self.taps[tap]))
        return tuple(found) or ((0, None, 0),)

    @cached_property
    def phases(self) -> tuple[tuple[tuple[int, int | None, int], ...], ...]:
        """Products of each word that leaves for a sample: all of them, or a phase each where the rate is raised.

        The samples of a phase follow each other in age: zeros before its first and behind its last coefficient cost nothing, so that
        a half-band filter's second phase is a single product.
        """
        if self.interpolation == 1:
            return (self.products,)
        return tuple(self._run(self.taps[phase :: self.interpolation]) for phase in range(self.interpolation))

    def _run(self, taps: tuple[int, ...]) -> tuple[tuple[int, int | None, int], ...]:
        any_may_be = self.loading is not None
        used = [age for age, tap in enumerate(taps) if tap or any_may_be] or [0]
        return tuple((age, None, taps[age] if taps else 0) for age in range(used[0], used[-1] + 1))

    @property
    def coefficient(self) -> Interval:
        """Values of a coefficient."""
        if self.loading is not None:
            return self.loading.coefficient
        return Interval(min(0, *self.taps), max(0, *self.taps))

    def operand(self, mirror: Any) -> Interval:
        """Values of a sample, or of the sum or difference of two that share a coefficient."""
        if mirror is None:
            return self.sample
        return self.sample + self.sample if self.symmetry > 0 else self.sample - self.sample

    def product_values(self, mirror: Any) -> Interval:
        """Values of a product of such a sample by any coefficient that may be loaded."""
        ends = [one * other for one in self.operand(mirror) for other in self.coefficient]
        return Interval(min(ends), max(ends))


def find_symmetry(taps: tuple[int, ...]) -> int:
    """1 for symmetric coefficients, -1 for antisymmetric ones, 0 for neither (a single tap folds with nothing)."""
    if len(taps) < 2:
        return 0
    if taps == taps[::-1]:
        return 1
    return -1 if taps == tuple(-tap for tap in reversed(taps)) else 0
