"""What the hardware of a wavelet synthesis follows from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fixed_point import Format
from ip_cores.banks.synthesis_products import SynthesisProducts


@dataclass(frozen=True)
class SynthesisPlan:
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
    def level_bits(self) -> int:
        """Bits that address the circle of a level."""
        return (self.levels - 1).bit_length()

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
        """Clock edges from the first of the words that fall due together, D_depth to D_1 (and A_J before them), to the next."""
        word = 1 + self.sum_clocks
        return (depth + 1) * word if depth == self.levels else depth * word + 2 * self.sum_clocks

    @property
    def period(self) -> int:
        """Clocks for the words of 2**J samples."""
        depths = [min((sample & -sample).bit_length() - 1, self.levels) for sample in range(2, 2**self.levels + 1, 2)]
        return sum(map(self.busy, depths))
