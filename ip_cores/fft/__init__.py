"""Fast Fourier transform of frames, in place: one memory, one multiplier, a butterfly in eight clocks.

A frame is written in the order of its reversed numbers; stages of butterflies go over it, each of them half as precise a sum of twice as
many words; then it leaves. Loading, transforming and unloading follow each other, so that one frame's memory is all that is needed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

import fixed_point.fft
import reference.fft
from fixed_point import ComplexFormat, Overflow, Rounding
from fixed_point.fft import Transform
from fixed_point.word_lengths.losses import Losses
from ip_cores.blocks.block_inventory import of_conversion
from ip_cores.blocks.process import GIVE, TAKE, Process, heeding, wait
from ip_cores.blocks.stream import bundled
from ip_cores.core import CHECK_SEED, Core
from ip_cores.families.segments import frame_marks, frame_ports
from ip_cores.fft.hardware import fft
from ip_cores.fft.plan import BUTTERFLY, FftPlan
from ip_cores.inventory import Inventory
from ip_cores.parameters import ParameterError, check_entity_name, parameter
from ip_cores.port import Port
from ip_cores.promise import first_of
from ip_cores.schedule import Fields

LEAST_POINTS, MOST_POINTS = 8, 4096


def number_of_points(value: Any) -> int:
    """Points of a transform."""
    if isinstance(value, bool) or not isinstance(value, int) or not LEAST_POINTS <= value <= MOST_POINTS or value & value - 1:
        raise ValueError(f"must be {number_of_points.allowed}")  # type: ignore[attr-defined]
    return value


number_of_points.allowed = f"a power of two, {LEAST_POINTS} to {MOST_POINTS}"  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Fft(Core):
    """Parameters of a fast Fourier transform; see ``docs/cores/fft.md``."""

    kind: ClassVar[str] = "fft"
    summary: ClassVar[str] = "fast Fourier transform of frames of 8 to 4096 complex words, or its inverse"
    family: ClassVar[str] = "filters"

    name: str = parameter("fft", doc="entity name; a VHDL identifier", kind=check_entity_name)

    points: int = parameter(256, doc="words of a frame", kind=number_of_points, unit="samples")
    inverse: bool = parameter(False, doc="the way back from bins to samples", kind=bool)
    order: str = parameter("natural", doc="order in which words leave", kind=str, choices=("natural", "bit_reversed"))
    sink: ComplexFormat = parameter("complex_sfix16_En15", doc="format of the words that enter", kind=ComplexFormat, minimum=2, maximum=24)
    source: ComplexFormat = parameter(
        "complex_sfix16_En15", doc="format of the words that leave", kind=ComplexFormat, minimum=2, maximum=32
    )
    guard_bits: int = parameter(
        0, doc="bits of words between stages behind the last of the sink's", kind=int, minimum=0, maximum=8, unit="bits"
    )
    twiddle_word_length: int = parameter(18, doc="word length of either part of a factor", kind=int, minimum=6, maximum=24, unit="bits")
    rounding: Rounding = parameter("convergent", doc="rounding of every stage and at the output", kind=Rounding)
    overflow: Overflow = parameter("saturate", doc="overflow at the output; nothing overflows before", kind=Overflow)

    def check(self) -> None:
        lowest = self.law.inside.fraction_length - (self.law.inside.word_length + 30)
        if self.source.fraction_length < lowest:
            raise ParameterError("source.fraction_length", self.source.fraction_length, f"must be {lowest} or more: nothing would be left")

    @cached_property
    def law(self) -> Transform:
        """Which words come of which."""
        ways = self.inverse, self.order != "natural"
        lengths = self.guard_bits, self.twiddle_word_length
        return Transform(self.points, *ways, self.sink, self.source, *lengths, self.rounding, self.overflow)

    @property
    def wraps(self) -> bool:
        return self.overflow == Overflow.WRAP

    @property
    def sink_ports(self) -> tuple[Port, ...]:
        return frame_ports("sink", "in")

    @property
    def source_ports(self) -> tuple[Port, ...]:
        return frame_ports("source", "out")

    def accompany(self, words: Any) -> dict[str, Any]:
        """Marks that make frames of plain words."""
        return frame_marks(len(words), self.points)

    def check_words(self) -> dict[str, Any]:
        """Two frames for a self-checking bench: the ends of the range first, then noise."""
        words = np.random.default_rng(CHECK_SEED).integers(self.sink.minimum, self.sink.maximum, 2 * self.points, endpoint=True)
        words[:4] = [self.sink.maximum, self.sink.minimum, self.sink.minimum, self.sink.maximum]
        return {"data": words, **self.accompany(words)}

    @property
    def check_length(self) -> int:
        return 2 * self.points

    @property
    def words_to_begin(self) -> int:
        """A whole frame."""
        return self.points

    @property
    def group_delay(self) -> Fraction | None:
        """Bins are not heard."""
        return None

    @property
    def clocks_of_work(self) -> int:
        """Clocks from a frame's last word to the first in which a bin may leave."""
        return BUTTERFLY * self.law.stages * self.points // 2

    def timing(self, fields: Fields | None = None) -> Process:
        return heeding(self.control, self.accompany(range(self.points)), fields, line=1, rigid=True)

    def control(self, startofpacket: Sequence[int], endofpacket: Sequence[int]) -> Iterator[int]:
        """Words between frames are dropped; a short frame is filled up; behind the last word it is worked on, and leaves."""
        place, words = 0, len(startofpacket)
        while place < words:
            if not startofpacket[place]:
                yield TAKE
                place += 1
                continue
            ended = False
            for _ in range(self.points):
                if ended:
                    yield wait(1)
                    continue
                if place == words:
                    return
                yield TAKE
                ended = bool(endofpacket[place])
                place += 1
            yield wait(self.clocks_of_work)
            for _ in range(self.points):
                yield GIVE

    @property
    def patience(self) -> int:
        """A frame's work, and the frame itself."""
        return 64 + self.clocks_of_work + 4 * self.points

    def reference(self, x: Any) -> Any:
        return reference.fft.fft(first_of(x), self.points, self.inverse, self.order)

    def model(self, x: Any) -> Any:
        words, starts, ends = x
        return fixed_point.fft.fft(words, starts, ends, self.law)

    @property
    def losses(self) -> Losses:
        return self.law.losses

    @property
    def plan(self) -> FftPlan:
        """What the hardware follows from."""
        return FftPlan(self.law)

    @property
    def inventory(self) -> Inventory:
        plan, bits, factor = self.plan, self.law.inside.word_length, self.twiddle_word_length
        total = bits + factor - 1
        own = Inventory(
            "fft",
            adders=4 * total,
            registers=total,
            multiplexers=4 * bits,
            counters=3 * plan.address_bits,
            constants=((self.points // 2, factor),),
            memories=((self.points, 2 * bits),),
            products=((bits, factor),),
        )
        parts = (plan.halving, plan.output)
        return own + of_conversion(parts[0]) + of_conversion(parts[0]) + of_conversion(parts[1]) + of_conversion(parts[1])

    def block(self, **signals: Any) -> Any:
        return fft(**bundled(signals), plan=self.plan)
