"""Intervals of integers: what a sum or a product can be, hence how wide its word must be."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Any, NamedTuple

from fixed_point import Format, bits_for


class Interval(NamedTuple):
    """All values that a signal can take: `low` to `high`, inclusive."""

    low: int
    high: int

    @classmethod
    def of(cls, format: Format) -> Interval:
        return cls(format.minimum, format.maximum)

    def __add__(self, other: Any) -> Interval:
        return Interval(self.low + other.low, self.high + other.high)

    def __sub__(self, other: Interval) -> Interval:
        return Interval(self.low - other.high, self.high - other.low)

    def times(self, factor: int) -> Interval:
        ends = self.low * factor, self.high * factor
        return Interval(min(ends), max(ends))

    def hull(self, other: Interval) -> Interval:
        return Interval(min(self.low, other.low), max(self.high, other.high))

    @property
    def bits(self) -> int:
        """Bits of a signed word that holds every value; at least two, since VHDL has no signed word of one bit worth having."""
        return max(2, bits_for(self.low, self.high, signed=True))


def sum_interval(taps: tuple[int, ...], sink: Format) -> Interval:
    """Values of a sum of products: the L1 norm's exact bounds."""
    positive = sum(tap for tap in taps if tap > 0)
    negative = sum(tap for tap in taps if tap < 0)
    return Interval(
        positive * sink.minimum + negative * sink.maximum,
        positive * sink.maximum + negative * sink.minimum,
    )


def hull(intervals: Iterable[Interval]) -> Interval:
    """The least interval that holds several."""
    return functools.reduce(Interval.hull, intervals)
