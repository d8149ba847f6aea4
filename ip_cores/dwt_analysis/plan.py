"""What the hardware of a wavelet analysis follows from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fixed_point import Format
from ip_cores.banks.analysis_products import AnalysisSums, analysis_products
from ip_cores.banks.bank_addresses import WaitingLine
from ip_cores.banks.bank_timing import OctaveCourse
from ip_cores.blocks.product_sum import ProductPlan, shared_taps, slots


@dataclass(frozen=True)
class AnalysisPlan(OctaveCourse):
    """What the hardware of an analysis follows from.

    Attributes
    ----------
    levels, length, delay : int
        Depth, taps of a filter, delay of one level.
    guard_bits : int
        Zeros appended to a sample.
    products : ProductPlan
    stored, source : Format
        Formats in the memory of samples and of the band words.
    totals : AnalysisSums
        From products to a band word.
    """

    levels: int
    length: int
    delay: int
    guard_bits: int
    products: ProductPlan
    stored: Format
    source: Format
    totals: AnalysisSums

    @classmethod
    def of(cls, core: Any) -> AnalysisPlan:
        filters, formats = core.coefficients, core.formats
        products = analysis_products(core, formats.stored, low_first=False)
        sums = AnalysisSums.of(products.bits, filters, formats.source, core.rounding)
        shape = core.levels, filters.length, core.filter_bank.delay, core.word_lengths[1]
        return cls(*shape, products, formats.stored, formats.source, sums)

    @property
    def clocks(self) -> int:
        """Clocks that multiply, for each word."""
        return shared_taps(self.length, len(self.products.coefficients))[0]

    @property
    def tap_slots(self) -> int:
        """Places of a filter in the table of coefficients."""
        return slots(self.clocks)

    @property
    def pause(self) -> int:
        """Clocks before each filter: the sum is cleared, and the approximation that it reads last has been written."""
        return max(1, 3 + self.products.stages - self.clocks)

    @property
    def steps(self) -> int:
        """Clocks for each word."""
        return self.clocks + self.pause

    @property
    def pointer_bits(self) -> int:
        """Bits that address the samples of one level."""
        return max(1, (self.length - 1).bit_length())

    @property
    def history_bits(self) -> int:
        return self.pointer_bits + self.level_bits

    @property
    def line(self) -> WaitingLine:
        """How the bands are aligned."""
        return WaitingLine(self.levels, self.delay)

    @property
    def count_bits(self) -> int:
        return max(self.line.bits, self.history_bits, self.levels - 1 + self.pointer_bits)

    def first_word(self, depth: int) -> int:
        """Clock edges from that sample to the first word: products, sum, memory."""
        return 2 * depth * self.steps + 4 + self.products.stages
