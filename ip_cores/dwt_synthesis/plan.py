"""What the hardware of a wavelet synthesis follows from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from fixed_point import Format
from ip_cores.banks.bank_timing import OctaveSynthesisClocks
from ip_cores.banks.synthesis_products import SynthesisProducts
from ip_cores.blocks.process import GIVE, TAKE, wait


@dataclass(frozen=True)
class SynthesisPlan(OctaveSynthesisClocks):
    """What the hardware of a synthesis follows from.

    Attributes
    ----------
    levels, length : int
        Depth, taps of a filter.
    sink : Format
        Format of band words and of approximations between the levels.
    unit : SynthesisProducts
        Who multiplies what.
    """

    levels: int
    length: int
    sink: Format
    unit: SynthesisProducts

    @classmethod
    def of(cls, core: Any) -> SynthesisPlan:
        return cls(core.levels, core.coefficients.length, core.sink_format, SynthesisProducts.of(core))

    @property
    def pointer_bits(self) -> int:
        """Bits that address the pairs of one level; one more than a filter needs, since a new one arrives while it is at work."""
        return (self.length // 2).bit_length()

    @property
    def history_bits(self) -> int:
        return 1 + self.level_bits + self.pointer_bits

    @property
    def count_bits(self) -> int:
        return max(self.history_bits, self.levels - 1 + self.pointer_bits)

    @property
    def sum_clocks(self) -> int:
        """Clocks for one sum."""
        return self.unit.sum_clocks

    @property
    def latency(self) -> int:
        """A word is written, a sum is formed and handed over."""
        return self.sum_clocks + 1

    def busy(self, depth: int) -> int:
        word = 1 + self.sum_clocks
        return (depth + 1) * word if depth == self.levels else depth * word + 2 * self.sum_clocks

    def control(self, channel: Sequence[int]) -> Iterator[int]:
        """The first of the words that fall due together brings the first sample about, that of level 1 the second.

        A first word that is a detail first asks the level above for its approximation.
        """
        coming = iter(channel)
        for band in coming:
            yield from (TAKE, wait(self.sum_clocks - 1), GIVE)
            if 0 < band < self.levels:
                yield wait(self.sum_clocks)
            for depth in range(band or self.levels, 0, -1):
                if depth != band:
                    if next(coming, None) is None:
                        return
                    yield TAKE
                yield from (wait(self.sum_clocks - 1), GIVE if depth == 1 else wait(1))
