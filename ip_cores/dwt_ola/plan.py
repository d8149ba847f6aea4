"""Constants of the wavelet analysis by segments: how much there is of everything, and where it stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fixed_point import Format
from ip_cores.banks.analysis_products import AnalysisSums
from ip_cores.blocks.process import GIVE, TAKE, Process, wait
from ip_cores.blocks.product_sum import joined, tap_rows
from ip_cores.hierarchy import Rows


@dataclass(frozen=True)
class SegmentPlan:
    """Constants of the hardware.

    Attributes
    ----------
    length, levels : int
        Samples of a segment, and depth.
    high, low : tuple of int
        Raw coefficients.
    coefficient_bits, guard_bits : int
        Bits of a coefficient, and zeros appended to a sample.
    stored : Format
        Of samples and approximations in memory.
    totals : AnalysisSums
        From products to a band word.
    """

    length: int
    levels: int
    high: tuple[int, ...]
    low: tuple[int, ...]
    coefficient_bits: int
    guard_bits: int
    stored: Format
    totals: AnalysisSums

    @property
    def taps(self) -> int:
        return len(self.low)

    @property
    def tail(self) -> int:
        """Sums that a segment leaves unfinished, for each filter and level."""
        return self.taps // 2 - 1

    @property
    def step_bits(self) -> int:
        """Bits that count the steps of a word: one to begin its sum, and the taps."""
        return self.taps.bit_length()

    @property
    def place_bits(self) -> int:
        return self.step_bits + 1

    @property
    def table(self) -> Rows:
        """Coefficients by place, low-pass first; the newest sample comes last, so each filter stands reversed, behind the empty step."""
        filters = (("low-pass", self.low), ("high-pass", self.high))
        return joined(tap_rows(self._steps(name, taps), 1 << self.step_bits) for name, taps in filters)

    def _steps(self, name: str, taps: tuple[int, ...]) -> list[tuple[int, str]]:
        """What each step of a sum multiplies by."""
        return [(0, "the step in which a sum begins"), *((tap, f"{name} tap {at}") for at, tap in reversed(list(enumerate(taps))))]

    @property
    def halves(self) -> tuple[int, ...]:
        """Words of a band, by level."""
        return tuple(self.length >> level + 1 for level in range(self.levels))

    @property
    def sums(self) -> tuple[int, ...]:
        """Sums of a filter that a segment reaches into, by level."""
        return tuple(half + self.tail for half in self.halves)

    @property
    def bases(self) -> tuple[int, ...]:
        """Where the samples that a level filters begin, one level behind the other."""
        return tuple(2 * self.length - (2 * self.length >> level) for level in range(self.levels + 1))

    @property
    def index_bits(self) -> int:
        """Bits of an address, and of a sample's number, which may lie a filter's length before or behind its segment."""
        return max(2 * self.length - 1, self.length + 2 * self.taps).bit_length()

    @property
    def sample_bits(self) -> int:
        """Bits that address samples and approximations."""
        return (self.bases[-1] - 1).bit_length()

    @property
    def level_bits(self) -> int:
        return max(1, (self.levels - 1).bit_length())

    @property
    def tail_bits(self) -> int:
        """Bits that address the unfinished sums of one filter and level."""
        return max(1, (self.tail - 1).bit_length())

    @property
    def sum_bits(self) -> int:
        return self.level_bits + 1 + self.tail_bits

    def by_level(self, values: tuple[int, ...]) -> tuple[int, ...]:
        """A table that every level addresses."""
        return (values + (values[-1],) * (1 << self.level_bits))[: 1 << self.level_bits]

    @property
    def clocks(self) -> int:
        """Clock cycles for a segment: its samples, and a step to begin and one for each tap of each sum."""
        return self.length + 2 * sum(self.sums) * (self.taps + 1)

    @property
    def timing(self) -> Process:
        """A segment is taken; then sum after sum is formed, and the complete ones that are band words leave."""

        def control() -> Iterator[int]:
            yield from [TAKE] * self.length
            for level, (half, sums) in enumerate(zip(self.halves, self.sums, strict=True)):
                for is_detail in (True, False):
                    leaves = is_detail or level == self.levels - 1
                    yield from [wait(self.taps), GIVE if leaves else wait(1)] * half
                    yield wait((sums - half) * (self.taps + 1))

        return Process(control(), line=2)
