"""Noise reducer: what its hardware follows from, in numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from fixed_point import bits_for
from fixed_point.noise_reducer import GAIN, KNOT_BITS, ONE, REST_BITS, TOP_BITS, BandSteps, Reduction
from ip_cores.blocks.process import GIVE, TAKE, Process, wait
from ip_cores.hierarchy import Rows

PHASES = 14
"""Clocks from the one behind that in which a word is taken to the one in which its product is formed."""


@dataclass(frozen=True)
class ReducerPlan:
    """What the hardware of a noise reducer follows from.

    Attributes
    ----------
    reduction : Reduction
        Word lengths and constants; as many bands as a channel's word can tell.
    floor : int
        The least gain after a reset, a word of format `GAIN`.
    """

    reduction: Reduction
    floor: int

    @property
    def channel_bits(self) -> int:
        return (len(self.reduction.bands) - 1).bit_length()

    @property
    def state_bits(self) -> int:
        """Bits of a band's state."""
        r = self.reduction
        return r.power_bits + r.floor_bits + r.level_bits + r.count_bits + 1 + r.smooth_bits

    @property
    def alike(self) -> bool:
        """Whether all bands go on alike, as they do behind an undecimated bank."""
        return len(set(self.reduction.bands)) == 1

    def by_band(self, value: Callable[[BandSteps], int], remark: str) -> Rows:
        """A constant of each band."""
        return Rows((value(band) for band in self.reduction.bands), [f"channel {n}: {remark}" for n in range(len(self.reduction.bands))])

    @property
    def power_ahead(self) -> Rows:
        """By how many places each band's power goes on faster than the slowest band's."""
        return self.by_band(lambda steps: self.reduction.power_step - steps.power, "places")

    @cached_property
    def slope_bits(self) -> int:
        """Bits of a slope of the table of gains, which is signed."""
        slopes = self.reduction.slopes
        return max(2, bits_for(min(slopes), max(slopes), signed=True))

    @cached_property
    def gain_rows(self) -> Rows:
        """The table of gains: above a knot the slope to the next."""
        knots, slopes = self.reduction.knots, self.reduction.slopes
        words = [(slope % (1 << self.slope_bits)) << GAIN.word_length | knot for knot, slope in zip(knots, slopes, strict=False)]
        remarks = [f"{n / 2**KNOT_BITS:g} doublings: {knot / ONE:.4f}" for n, knot in enumerate(knots[:-1])]
        return Rows(words, remarks)

    @property
    def place_bits(self) -> int:
        """Bits of a distance that the table sees."""
        return TOP_BITS + KNOT_BITS + REST_BITS


def reducer_timing(plan: ReducerPlan) -> Process:
    """A word is taken, goes through all that follows, and leaves. After a reset the state of every band is written."""
    return Process([TAKE, wait(PHASES), GIVE], once=[wait(2**plan.channel_bits)])
