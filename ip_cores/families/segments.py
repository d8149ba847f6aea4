"""What segmenter and overlap-add have in common: how long segments are, how far apart, and their window."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from fixed_point import Format, Overflow, Rounding
from fixed_point.families.window_words import WindowWords, quantize_window
from fixed_point.word_lengths.losses import CoefficientSet
from ip_cores.core import Core
from ip_cores.parameters import ParameterError, parameter
from ip_cores.port import Port
from reference.families.windows import TWICE, WINDOWS, Weights, overlap_add_weights

MAXIMUM_LENGTH = 4096
WORD_LENGTHS: dict[str, Any] = {"minimum": 2, "maximum": 32}


@dataclass(frozen=True)
class Segments(Core):
    """Parameters that both sides of the processing share; give them the same values."""

    segment_length: int = parameter(128, doc="samples of a segment", kind=int, minimum=2, maximum=MAXIMUM_LENGTH, unit="samples")
    hop: int = parameter(64, doc="samples from one segment to the next", kind=int, minimum=1, maximum=MAXIMUM_LENGTH, unit="samples")
    padding: int = parameter(0, doc="zeros behind each segment", kind=int, minimum=0, maximum=MAXIMUM_LENGTH, unit="samples")
    window: str = parameter("hamming", doc="weights of a segment; none is convolution overlap-add", kind=str, choices=tuple(WINDOWS))
    window_word_length: int = parameter(18, doc="word length of the weights", kind=int, minimum=4, maximum=20, unit="bits")
    sink: Format = parameter("sfix16_En15", doc="format of the words that enter", kind=Format, **WORD_LENGTHS)
    source: Format = parameter("sfix16_En15", doc="format of the words that leave", kind=Format, **WORD_LENGTHS)
    rounding: Rounding = parameter("nearest", doc="rounding at the output", kind=Rounding)
    overflow: Overflow = parameter("saturate", doc="overflow at the output", kind=Overflow)

    def check(self) -> None:
        if self.hop > self.segment_length:
            raise ParameterError("hop", self.hop, f"must be 1 to {self.segment_length}, the segment's length")
        if self.window == "none" and self.hop != self.segment_length:
            raise ParameterError("hop", self.hop, f'must be {self.segment_length}, the segment\'s length, with window = "none"')
        try:
            _ = self.weights
        except ValueError as error:
            allowed = [str(hop) for hop in range(2, self.segment_length // 2 + 1) if self.segment_length % hop == 0][-4:]
            hint = f"; {', '.join(allowed)} are some that do" if allowed else ""
            raise ParameterError("hop", self.hop, f"must let windows add up to a constant: {error}{hint}") from None

    @cached_property
    def weights(self) -> Weights:
        """The window's weights, normalised to a gain of one."""
        return overlap_add_weights(self.window, self.segment_length, self.hop)

    @cached_property
    def window_words(self) -> WindowWords:
        """The weights as words; those that are applied once add up to exactly one."""
        if self.window == "none":
            return WindowWords((1,) * self.segment_length, Format(True, 2, 0))
        return quantize_window(self.weights, self.window_word_length, self.hop, self.window not in TWICE)

    @property
    def wraps(self) -> bool:
        return self.overflow == Overflow.WRAP

    @property
    def weights_fraction_length(self) -> int:
        """Fraction length of the weights, less the low bits that all of them have zero."""
        common = int(np.gcd.reduce(np.array(self.window_words.words)))
        return self.window_words.format.fraction_length - ((common & -common).bit_length() - 1 if common else 0)

    @cached_property
    def weights_lost(self) -> CoefficientSet:
        """The weights, and how far their words may be off: half a bit each.

        Where weights a hop apart are made to add up to one, a single one may be off by more, but their root mean square is not: they are
        the nearest point of the lattice A_n, whose covering radius is at most half the root of n + 1 (Conway, Sloane, *Sphere Packings,
        Lattices and Groups*, chapter 4, section 6.1).
        """
        format = self.window_words.format
        if self.window in TWICE or self.window == "none":
            return CoefficientSet.of(self.weights, format)
        return CoefficientSet.within(self.weights, format.resolution / 2)

    @property
    def overlap(self) -> int:
        """Samples that a segment shares with those before it."""
        return self.segment_length - self.hop

    @property
    def packet_length(self) -> int:
        """Words of a segment with its zeros."""
        return self.segment_length + self.padding


def frame_ports(side: str, direction: str) -> tuple[Port, ...]:
    """The marks of a segment's first and last word."""
    return (Port(f"{side}_startofpacket", direction), Port(f"{side}_endofpacket", direction))


def frame_marks(count: int, length: int) -> dict[str, Any]:
    """Marks for words that are segments of a length, one behind the other."""
    place = np.arange(count) % length
    return {"startofpacket": (place == 0).astype(np.int64), "endofpacket": (place == length - 1).astype(np.int64)}
