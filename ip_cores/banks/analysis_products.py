"""The sums of an analysis: the words of both filters of a level are formed alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fixed_point import Format, Overflow, Rounding
from fixed_point.families.filter_bank import FilterWords
from ip_cores.blocks.product_sum import ProductPlan, conversion_after, multiplier_tables, preload
from ip_cores.blocks.requantizer import Conversion


@dataclass(frozen=True)
class AnalysisSums:
    """From products to a band word.

    Attributes
    ----------
    total_bits : int
        Word length of a sum.
    start : int
        What a sum starts from.
    conversion : Conversion
        From the sum to a band word.
    """

    total_bits: int
    start: int
    conversion: Conversion

    @classmethod
    def of(cls, bits: int, filters: FilterWords, source: Format, rounding: Rounding) -> AnalysisSums:
        """Sums of products of so many bits; they wrap around, since band words hold whatever they can become."""
        dropped = filters.format.fraction_length
        total = max(bits, source.word_length + dropped)
        conversion = conversion_after(total, source.fraction_length + dropped, source, rounding, Overflow.WRAP)
        return cls(total, preload(dropped, rounding), conversion)


def analysis_products(core: Any, stored: Format, low_first: bool) -> ProductPlan:
    """Products of a decimated analysis with words of a format, the filters in the order in which they are computed."""
    filters = core.coefficients
    tables = [("low-pass", filters.low), ("high-pass", filters.high)]
    ordered = multiplier_tables(tables if low_first else tables[::-1], core.multipliers)
    return ProductPlan(ordered, stored.word_length, filters.format.word_length, core.pipeline == "speed")
