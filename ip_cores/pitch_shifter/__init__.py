"""Pitch shifter: a voice higher or lower by a ratio that can change at any time, with a delay of some milliseconds.

The last samples are read at another pace than they come. Before the reading runs out of them, or falls too far behind, it jumps by about a
period of the voice: the jump at which the signal looks most like what it was is searched for over some samples, and one place is faded into
the other. All that is higher or lower: the pitch, and the formants with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

import fixed_point.pitch_shifter
import reference.pitch_shifter
from fixed_point import Format, Rounding, to_float
from fixed_point.pitch_shifter import ONE, RATIO, WEIGHT_GUARD, SpliceLaw
from fixed_point.word_lengths.losses import CoefficientSet, Losses, Transfer, one_rounding
from fixed_point.word_lengths.noise import Noise, rounding_noise
from ip_cores.blocks.process import Process
from ip_cores.blocks.stream import bundled
from ip_cores.core import Core
from ip_cores.inventory import Inventory
from ip_cores.parameters import ParameterError, check_entity_name, parameter
from ip_cores.pitch_shifter.hardware import pitch_shifter
from ip_cores.pitch_shifter.plan import SplicePlan
from ip_cores.port import Port
from ip_cores.promise import Decisions
from ip_cores.run_time import RunTimeInputs, Steered, port_input
from ip_cores.schedule import Fields
from reference.pitch_shifter import Splicing

LEAST_RATIO, GREATEST_RATIO = 0.5, 1.9999


@dataclass(frozen=True)
class PitchShifter(Core):
    """Parameters of a pitch shifter; see ``docs/cores/pitch_shifter.md``."""

    kind: ClassVar[str] = "pitch_shifter"
    summary: ClassVar[str] = "a voice higher or lower by a ratio that is set at run time: splices at the best match"
    family: ClassVar[str] = "hearing"
    meanings: ClassVar[Mapping[str, str]] = {"ratio": f"of the frequencies that leave to those that enter, {RATIO}; {ONE}: as they are"}

    name: str = parameter("pitch_shifter", doc="entity name; a VHDL identifier", kind=check_entity_name)
    sink: Format = parameter("sfix16_En15", doc="format of the samples that enter", kind=Format, minimum=4, maximum=24)
    source: Format = parameter("sfix16_En15", doc="format of the samples that leave", kind=Format, minimum=4, maximum=24)
    ratio: float = parameter(
        1.2, doc="ratio that model and reference assume at the port", kind=float, minimum=LEAST_RATIO, maximum=GREATEST_RATIO
    )
    shortest: int = parameter(40, doc="shortest jump", kind=int, minimum=2, maximum=1000, unit="samples")
    longest: int = parameter(240, doc="longest jump: a period of the lowest voice", kind=int, minimum=3, maximum=2000, unit="samples")
    match: int = parameter(160, doc="samples that are compared for each jump", kind=int, minimum=4, maximum=1000, unit="samples")
    fade: int = parameter(48, doc="samples from one place to the other", kind=int, minimum=2, maximum=1000, unit="samples")
    search: int = parameter(16, doc="samples over which a search is spread", kind=int, minimum=1, maximum=1000, unit="samples")

    def check(self) -> None:
        for field in ("sink", "source"):
            if not getattr(self, field).signed:
                raise ParameterError(field, getattr(self, field), "must be signed")
        if self.longest <= self.shortest:
            raise ParameterError("longest", self.longest, f"must be more than shortest, here {self.shortest}")

    @cached_property
    def law(self) -> SpliceLaw:
        """Word lengths and constants."""
        return SpliceLaw(self.sink, self.source, self.shortest, self.longest, self.match, self.fade, self.search)

    @cached_property
    def plan(self) -> SplicePlan:
        """What the hardware follows from."""
        return SplicePlan(self.law)

    @property
    def splicing(self) -> Splicing:
        """The same for the reference."""
        law = self.law
        return Splicing(law.shortest, law.longest, law.match, law.fade, law.search, law.near, law.far, law.farthest)

    @property
    def ratio_word(self) -> int:
        """The ratio that model and reference assume, as a word."""
        return round(self.ratio * ONE)

    @property
    def decided(self) -> NDArray[np.int64] | None:
        """Jumps that the reference makes, where it follows others'."""
        found: NDArray[np.int64] | None = self.__dict__.get("jumps")
        return found

    @property
    def notes(self) -> tuple[str, ...]:
        law = self.law
        if law.keeps_up:
            return ()
        told = f"search and fade take {law.search + law.fade} samples, and the longest jump is {law.longest}"
        way = "take a shorter search or fade, or a larger longest"
        return (f"{told}: at ratios far from 1 the delay runs to its end and stays there; {way}",)

    @property
    def derived(self) -> Mapping[str, str]:
        law, plan, milliseconds = self.law, self.plan, 1000 / self.sample_rate
        most = law.longest_delay
        return {
            "ratio": f"{self.ratio_word} / {ONE}, {self.ratio_word / ONE:.6g}",
            "lowest voice": f"{self.sample_rate / self.longest:.4g} Hz, whose period is the longest jump",
            "read": f"{law.near} samples, {law.near * milliseconds:.3g} ms, behind the newest at a ratio of 1 after a reset; "
            f"up to {most} samples, {most * milliseconds:.3g} ms",
            "search": f"{plan.lags} jumps of {law.match} samples during each sample",
        }

    @property
    def control_ports(self) -> tuple[Port, ...]:
        return (Port("ratio", "in", RATIO.word_length, False, RATIO.fraction_length),)

    @property
    def controls(self) -> Mapping[str, int]:
        return {"ratio": self.ratio_word}

    @property
    def run_time_inputs(self) -> RunTimeInputs:
        return {"ratio": port_input("ratio", (1 << RATIO.word_length) - 1, self.ratio_word, turning_points=(ONE,))}

    def timing(self, fields: Fields | None = None) -> Process:
        return self.plan.timing

    @property
    def group_delay(self) -> Fraction | None:
        """It goes up and down, but for a ratio of 1."""
        return Fraction(self.law.near) if self.ratio_word == ONE else None

    @property
    def check_length(self) -> int:
        """Samples of a splice upwards, which begins with the first of them."""
        return self.search + self.fade + 8

    def reference(self, x: Any) -> Any:
        return reference.pitch_shifter.pitch_shifter(x, self.ratio_word / ONE, self.splicing, self.decided)

    def model(self, x: Any) -> Any:
        return fixed_point.pitch_shifter.pitch_shifter(x, self.ratio_word, self.law)

    def steered_model(self, x: Any, values: Steered) -> Any:
        return fixed_point.pitch_shifter.pitch_shifter(x, values["ratio"], self.law)

    @property
    def decides(self) -> bool:
        return True

    def following(self, words: Any) -> PitchShifter:
        return self.altered(jumps=fixed_point.pitch_shifter.jumps(words, self.ratio_word, self.law))

    def decisions(self, x: Any, words: Any, error: float = 0.0) -> Decisions | None:
        """Jumps. The same samples, which the reference takes as they are, lead to the same ones; of others nothing is said."""
        own = reference.pitch_shifter.best_jumps(x, self.ratio_word / ONE, self.splicing)
        others = fixed_point.pitch_shifter.jumps(words, self.ratio_word, self.law)
        alike = np.array_equal(np.asarray(x, dtype=np.float64), to_float(words, self.sink))
        return Decisions(len(own), 0 if alike else len(own), int(np.count_nonzero(own != others)))

    def reference_with(self, x: Any, coefficients: Sequence[NDArray[np.float64]]) -> Any:
        """With weights of a fade that are off."""
        off = float(coefficients[0][0])
        return reference.pitch_shifter.pitch_shifter(x, self.ratio_word / ONE, self.splicing, self.decided, off)

    @cached_property
    def losses(self) -> Losses:
        """One rounding; during a fade both places lose what is below their last bit, and weights are off by what their words leave.

        Nothing of this where the ratio is 1: samples only wait.
        """
        point = RATIO.fraction_length
        if self.ratio_word == ONE:
            return Losses(one_rounding(Rounding.NEAREST, self.sink.fraction_length, self.source))
        # Bits of fraction that a delay has: those of the ratio, but for zeros at its end.
        used = point - ((self.ratio_word & -self.ratio_word).bit_length() - 1)
        outer = one_rounding(Rounding.NEAREST, self.sink.fraction_length + used, self.source)
        inner = rounding_noise(Rounding.FLOOR, point - self.law.guard, 2.0**-self.law.between_fraction)
        off = 2.0**-point + self.fade / 2 / 2.0 ** (point + WEIGHT_GUARD)
        return Losses(
            outer + Noise(0.0, self.fading_share * inner.power, inner.limit),
            transfer=Transfer(),
            coefficients=(CoefficientSet(np.zeros(1), np.array([off]), tied=False),),
        )

    @property
    def fading_share(self) -> float:
        """Part of the samples that belong to a fade, at most: all jumps the shortest, one search after another."""
        each = self.fade - 1
        return min(each * abs(self.ratio_word / ONE - 1) / self.shortest, each / (each + self.search))

    @property
    def inventory(self) -> Inventory:
        return self.plan.inventory

    def block(self, **signals: Any) -> Any:
        return pitch_shifter(**bundled(signals), plan=self.plan)
