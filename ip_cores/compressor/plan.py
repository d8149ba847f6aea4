"""What the hardware of a compressor follows from: its table of curves, and which clock does what."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from fixed_point.compressor import LINES, SLOPE, START, BandCurve, CompressionLaw
from fixed_point.families.logarithms import LOGARITHM_BITS
from ip_cores.blocks.interval import Interval
from ip_cores.blocks.log2_word import LOG2_CLOCKS
from ip_cores.families.gain_stage import FACTOR_CLOCKS, PACE_AT, GainRegisters
from ip_cores.hierarchy import Rows

POINT = LOGARITHM_BITS + SLOPE.fraction_length
"""Bits of fraction of a sum of lines."""

LINE_BITS = (LINES - 1).bit_length() + 1
"""Bits of a row's number: those of lines, and behind them that of the times."""

TIMES_ROW = LINES
"""Row of attack and release."""

# Bits of the walk: in clock n + 1 behind that in which a word is taken, bit n is high.
AVERAGES = PACE_AT
"""The power goes on, and so does the trim."""
FOLLOWS = AVERAGES + LOG2_CLOCKS + 2
"""The distance of the level is multiplied by its pace."""
SETTLES = FOLLOWS + 1
"""The level goes on; the first row is addressed."""
MEASURES = SETTLES + 1
"""The level's distance from the first knee is taken; those from the others follow, clock by clock."""
LINES_AT = MEASURES + 1
"""The first line's product is formed."""
ADDS = LINES_AT + 1
PHASES = ADDS + LINES + FACTOR_CLOCKS + 1
"""Clocks from the one behind that in which a word is taken to the one in which word and gain are multiplied."""


@dataclass(frozen=True)
class CompressorPlan:
    """What the hardware of a compressor follows from.

    Attributes
    ----------
    law : CompressionLaw
        Word lengths and constants; as many bands as a channel's word can tell.
    registers : GainRegisters
        Trims.
    """

    law: CompressionLaw
    registers: GainRegisters

    @property
    def upper(self) -> Rows:
        """Of each channel what stands first in its rows: the gain at the lowest level, knees, and the attack.

        A knee above all levels, which bends nothing, is brought down to the highest: so the distance from it fits its word.
        """
        remarks = "gain at level 0", "first knee", "second knee", "third knee", "attack"

        def words(curve: BandCurve) -> Sequence[int]:
            return curve.start % (1 << START.word_length), *(min(knee, self.highest) for knee in curve.knees), curve.attack

        return self._table(remarks, words)

    @property
    def lower(self) -> Rows:
        """Of each channel what stands last in its rows: slope, its changes at the knees, and the release."""
        remarks = "slope", "change of slope", "change of slope", "change of slope", "release"
        return self._table(remarks, lambda curve: (*(slope % (1 << SLOPE.word_length) for slope in curve.slopes), curve.release))

    def _table(self, remarks: Sequence[str], words_of: Callable[[BandCurve], Sequence[int]]) -> Rows:
        """A table with `LINE_BITS` bits for the rows of a channel."""
        unused = (1 << LINE_BITS) - len(remarks)
        words = [word for curve in self.law.bands for word in (*words_of(curve), *(0,) * unused)]
        said = [f"channel {channel}: {remark}" for channel in range(len(self.law.bands)) for remark in (*remarks, *("unused",) * unused)]
        return Rows(words, said)

    @property
    def highest(self) -> int:
        """Highest level, with `LOGARITHM_BITS` of fraction."""
        return (1 << self.law.level_bits) - 1

    @cached_property
    def total(self) -> Interval:
        """Values of a gain's logarithm, with `POINT` bits of fraction."""
        trim = 1 << POINT - 1 + 5
        found = Interval(-trim, trim)
        for curve in self.law.bands:
            ends, low, high = curve.start << POINT - START.fraction_length, 0, 0
            for slope, knee in zip(curve.slopes, (0, *curve.knees), strict=True):
                most = slope * max(self.highest - knee, 0)
                low, high = low + min(most, 0), high + max(most, 0)
            found = found.hull(Interval(ends + low - trim, ends + high + trim))
        return found

