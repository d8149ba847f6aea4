"""CIC filter: what its hardware follows from, in numbers: which bits of which register go where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fixed_point import Rounding
from fixed_point.cic import CicLaw
from ip_cores.blocks.arithmetic import signed_signal
from ip_cores.blocks.interval import Interval
from ip_cores.blocks.process import GIVE, PASS, TAKE, Process
from ip_cores.blocks.requantizer import Conversion
from ip_cores.inventory import Inventory


@dataclass(frozen=True)
class CicPlan:
    """The registers of a CIC filter, and when words move.

    Attributes
    ----------
    law : CicLaw
        Word lengths.
    """

    law: CicLaw

    @property
    def integrators(self) -> range:
        """Stages, in the order of the words, that add up."""
        first = self.law.order if self.law.interpolates else 0
        return range(first, first + self.law.order)

    @property
    def combs(self) -> range:
        """Stages that subtract."""
        first = 0 if self.law.interpolates else self.law.order
        return range(first, first + self.law.order)

    def cut(self, stage: int) -> int:
        """Bits that are dropped in front of a stage."""
        dropped = (0, *self.law.dropped)
        return dropped[stage + 1] - dropped[stage]

    def signal(self, stage: int) -> Any:
        """A word of a stage; at the last one the binary point moves by what the filter gains."""
        law = self.law
        point = law.sink.fraction_length if stage + 1 < law.stages else law.last_fraction
        return signed_signal(law.widths[stage], fraction_length=point - law.dropped[stage])

    def entering(self, stage: int, word: Any) -> Any:
        """What enters a stage of the word before it: itself, or a new signal for the bits of it that do."""
        bits = min(len(word) - self.cut(stage), self.law.widths[stage])
        return word if bits == len(word) else self._entering(stage, bits)

    def waiting(self, stage: int) -> Any:
        """What entered a comb before."""
        first = self.law.input_bits if stage == 0 else self.law.widths[stage - 1]
        return self._entering(stage, min(first - self.cut(stage), self.law.widths[stage]))

    def _entering(self, stage: int, bits: int) -> Any:
        return signed_signal(bits, fraction_length=self.law.sink.fraction_length - self.law.dropped[stage])

    @property
    def sample(self) -> Any:
        """A sample as a signed word."""
        return signed_signal(self.law.input_bits, fraction_length=self.law.sink.fraction_length)

    @property
    def conversion(self) -> Conversion:
        """From the last stage to the source, behind the binary point's way back by what the filter gains."""
        law = self.law
        low, high = law.intervals[-1]
        if law.least:  # words that begin under one rate and end under another may be anything
            low, high = -(1 << law.widths[-1] - 1), (1 << law.widths[-1] - 1) - 1
        return Conversion(Interval(low, high), law.last_fraction - law.dropped[-1], law.source, Rounding(law.rounding), law.overflow)

    @property
    def timing(self) -> Process:
        """A word leaves with the first of so many samples; or so many leave with each."""
        others = GIVE if self.law.interpolates else TAKE
        return Process([PASS, *[others] * (self.law.rate - 1)], line=1)

    @property
    def inventory(self) -> Inventory:
        """Adders of all stages, registers of the integrators behind theirs, those of the combs, the output."""
        law, source = self.law, self.law.source.word_length
        summed = sum(law.widths[stage] for stage in self.integrators)
        held = sum(law.widths[stage] - (law.interpolates and 1) for stage in self.combs)
        return Inventory(
            "cic", adders=sum(law.widths) + source, registers=held * law.differential_delay, results=summed + source,
            multiplexers=source + (law.widths[law.order - 1] if law.interpolates else 0), counters=(law.rate - 1).bit_length(),
        )  # fmt: skip
