"""What the hardware of a compressor follows from: its table of curves, and which clock does what."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from fixed_point.compressor import KNEE, LINES, SLOPE, START, BandCurve, Compression
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

ROW_BITS = KNEE.word_length + SLOPE.word_length


@dataclass(frozen=True)
class CompressorPlan:
    """What the hardware of a compressor follows from.

    Attributes
    ----------
    law : Compression
        Word lengths and constants; as many bands as a channel's word can tell.
    registers : GainRegisters
        Trims.
    """

    law: Compression
    registers: GainRegisters

    @property
    def rows(self) -> Rows:
        """The table: of each channel its lines (knee above slope; the first one's knee is the gain at the lowest level), then its times."""
        words, remarks = [], []
        for channel, curve in enumerate(self.law.bands):
            of_band = _rows(curve)
            words += of_band + [0] * ((1 << LINE_BITS) - len(of_band))
            remarks += [f"channel {channel}: {what}" for what in _REMARKS]
        return Rows(words, remarks)

    @cached_property
    def total(self) -> Interval:
        """Values of a gain's logarithm, with `POINT` bits of fraction."""
        highest = (1 << self.law.level_bits) - 1
        trim = 1 << POINT - 1 + 5
        found = Interval(-trim, trim)
        for curve in self.law.bands:
            ends, low, high = curve.start << POINT - START.fraction_length, 0, 0
            for slope, knee in zip(curve.slopes, (0, *curve.knees), strict=True):
                most = slope * max(highest - knee, 0)
                low, high = low + min(most, 0), high + max(most, 0)
            found = found.hull(Interval(ends + low - trim, ends + high + trim))
        return found


_REMARKS = (
    "gain at level 0, slope",
    "first knee, change of slope",
    "second knee, change of slope",
    "third knee, change of slope",
    "attack, release",
    "unused",
    "unused",
    "unused",
)


def _rows(curve: BandCurve) -> list[int]:
    upper = (curve.start % (1 << START.word_length), *curve.knees)
    slopes = (slope % (1 << SLOPE.word_length) for slope in curve.slopes)
    lines = [knee << SLOPE.word_length | slope for knee, slope in zip(upper, slopes, strict=True)]
    return [*lines, curve.attack << SLOPE.word_length | curve.release]
