"""Resampler: another sample rate, by any ratio, that can follow clocks that drift.

A low-pass in continuous time stands in a table, so many places to a sample. For each word that leaves, the samples around its time meet
the places that lie there: two sums, at the places before and behind, and the mean of both as its time lies between them. How far the next
time lies behind is a number, and a port.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import ceil, floor, log2, pi
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

import fixed_point.resampler
import reference.resampler
from fixed_point import Format, Rounding, quantize_coefficients
from fixed_point.resampler import ResamplerLaw
from fixed_point.word_lengths.losses import CoefficientSet, Losses, Transfer, one_rounding
from ip_cores.blocks.stream import bundled
from ip_cores.core import Core
from ip_cores.inventory import Inventory
from ip_cores.parameters import ParameterError, check_entity_name, parameter
from ip_cores.port import Port
from ip_cores.resampler.hardware import resampler
from ip_cores.resampler.plan import ResamplerClocks, ResamplerPlan
from ip_cores.run_time import RunTimeInput, RunTimeInputs, Steered, Writes
from ip_cores.schedule import Clockwork, Fields

MOST_TAPS, MOST_PHASES, MOST_ROWS = 1024, 4096, 65536

BEYOND = 2
"""Steps beyond those that are allowed on either side, of what is tried."""

FEW_WORDS = 16
"""Of a period whose words' worst cases are looked for."""

MOST_STEP_BITS = 31
"""Bits of a step, which is compared with numbers of VHDL."""


@dataclass(frozen=True)
class Resampler(Core):
    """Parameters of a resampler; see ``docs/cores/resampler.md``."""

    kind: ClassVar[str] = "resampler"
    summary: ClassVar[str] = "another sample rate, by any ratio, steered at run time: polyphase, for clocks that drift"
    family: ClassVar[str] = "streams"
    meanings: ClassVar[Mapping[str, str]] = {"step": "samples that enter for one that leaves, held within `deviation` of the usual"}

    name: str = parameter("resampler", doc="entity name; a VHDL identifier", kind=check_entity_name)
    sink: Format = parameter("sfix16_En15", doc="format of the samples that enter", kind=Format, minimum=2, maximum=24)
    source: Format = parameter("sfix16_En15", doc="format of the samples that leave", kind=Format, minimum=2, maximum=32)
    coefficient: Format = parameter("sfix18_En17", doc="format of the low-pass", kind=Format, minimum=4, maximum=24)
    ratio: float = parameter(1.0, doc="samples that leave for one that enters", kind=float, minimum=0.125, maximum=8.0)
    deviation: float = parameter(
        0.002, doc="part by which the port `step` may be off the usual step; 0: there is no port", kind=float, minimum=0, maximum=0.5
    )
    attenuation: float = parameter(
        96.0, doc="of what the ratio would fold or mirror, from which taps and phases follow", kind=float, minimum=20, maximum=144,
        unit="dB",
    )  # fmt: skip
    passband: float = parameter(
        0.9, doc="part of half the lower sample rate that passes; as far above that half the attenuation is reached", kind=float,
        minimum=0.1, maximum=0.99,
    )  # fmt: skip
    taps: int = parameter(0, doc="samples that meet the low-pass, an even number; 0: as attenuation and passband ask", kind=int, minimum=0,
                          maximum=MOST_TAPS)  # fmt: skip
    phases: int = parameter(0, doc="places of the low-pass to a sample, a power of two; 0: as they ask", kind=int, minimum=0,
                            maximum=MOST_PHASES)  # fmt: skip
    weight_bits: int = parameter(0, doc="bits of a time between two of these places; 0: as they ask", kind=int, minimum=0, maximum=16)
    step_bits: int = parameter(24, doc="bits of fraction of a time", kind=int, minimum=4, maximum=28)
    rounding: Rounding = parameter("nearest", doc="rounding at the output", kind=Rounding)

    def check(self) -> None:
        for field in ("sink", "source", "coefficient"):
            if not getattr(self, field).signed:
                raise ParameterError(field, getattr(self, field), "must be signed")
        if self.taps % 2:
            raise ParameterError("taps", self.taps, "must be even")
        if self.phases & (self.phases - 1) or self.phases == 1:
            raise ParameterError("phases", self.phases, "must be a power of two from 2 on, or 0")
        if self.weight_bits == 1:
            raise ParameterError("weight_bits", self.weight_bits, "must be 2 or more, or 0")
        taps, phases = self._shape
        if taps > MOST_TAPS:
            text = f"must be less for that attenuation and ratio: of {taps} taps, {MOST_TAPS} may be"
            raise ParameterError("passband", self.passband, text)
        if taps * phases > 2 * MOST_ROWS:
            text = f"must be less: {taps} taps by {phases} phases are more than {2 * MOST_ROWS} places"
            raise ParameterError("attenuation", self.attenuation, text)
        if phases > MOST_PHASES:
            raise ParameterError("attenuation", self.attenuation, f"must be less: of {phases} phases, {MOST_PHASES} may be")
        most = self.step_bits - (phases.bit_length() - 1)
        if self._weight_bits(phases) > most:
            least = self.step_bits + self._weight_bits(phases) - most
            text = f"must be {least} or more: a phase of {phases}, and a time between two of these"
            raise ParameterError("step_bits", self.step_bits, text)
        if self.law.greatest.bit_length() > MOST_STEP_BITS:
            raise ParameterError("step_bits", self.step_bits, f"must be less for that ratio: a step has {MOST_STEP_BITS} bits at most")
        peak = float(np.abs(self.low_pass).max())
        if peak > self.coefficient.range[1] + self.coefficient.resolution:
            raise ParameterError("coefficient", self.coefficient, f"must hold {peak:.4g}, the largest coefficient")
        if not any(self.law.half):
            raise ParameterError("coefficient", self.coefficient, f"must hold more than zeros: the largest coefficient is {peak:.4g}")
        if self.plan.total_bits > 63:
            raise ParameterError("coefficient", self.coefficient, f"must be shorter: sums of {self.plan.total_bits} bits, 63 may be")

    @property
    def cutoff(self) -> float:
        """Half the lower of both sample rates, in parts of half that of the sink."""
        return min(1.0, self.ratio)

    @property
    def _shape(self) -> tuple[int, int]:
        """Taps and phases."""
        asked = self.attenuation, self.passband, self.cutoff
        return self.taps or reference.resampler.taps_needed(*asked), self.phases or reference.resampler.phases_needed(*asked)

    def _weight_bits(self, phases: int) -> int:
        """Bits by which a time that is rounded down adds half as much as the attenuation leaves of the highest frequency that passes."""
        asked = pi * self.passband * self.cutoff * 10 ** (self.attenuation / 20) / (phases * 3**0.5)
        return self.weight_bits or max(2, ceil(log2(asked)) + 1)

    @cached_property
    def low_pass(self) -> NDArray[np.float64]:
        """The low-pass in continuous time, `phases` places to a sample."""
        return reference.resampler.low_pass(*self._shape, self.cutoff, self.attenuation)

    @cached_property
    def law(self) -> ResamplerLaw:
        """Word lengths and coefficients."""
        phases = self._shape[1]
        later = self.low_pass[self.low_pass.size // 2 :]
        half = tuple(int(word) for word in quantize_coefficients(later, self.coefficient).words)
        usual, deviation = round((1 << self.step_bits) / Fraction(self.ratio)), Fraction(self.deviation)
        least, greatest = ceil(usual * (1 - deviation)), floor(usual * (1 + deviation))
        return ResamplerLaw(
            self.sink, self.coefficient, self.source, phases, half, self._weight_bits(phases), self.step_bits, usual, least, greatest,
            self.rounding,
        )  # fmt: skip

    @cached_property
    def plan(self) -> ResamplerPlan:
        """What the hardware follows from."""
        return ResamplerPlan(self.law)

    @property
    def step(self) -> Fraction:
        """Samples that enter for one that leaves, as model and reference assume."""
        return Fraction(self.law.usual, 1 << self.step_bits)

    @property
    def rate(self) -> Fraction:
        return 1 / self.step

    @property
    def derived(self) -> Mapping[str, str]:
        law, rate = self.law, self.sample_rate
        step = self.step
        found = {
            "ratio": f"{float(self.rate):.9g}, a step of {law.usual} / 2**{law.step_bits}; {float(rate / step):.9g} Hz leave",
            "low-pass": f"{law.taps} taps, {law.phases} phases; up to {self.passband * self.cutoff * rate / 2:.5g} Hz pass, "
            f"from {(2 - self.passband) * self.cutoff * rate / 2:.5g} Hz on nothing does",
            "weight_bits": f"{law.weight_bits}: times to 1/{law.phases << law.weight_bits} of a sample",
        }
        if self.plan.steered:
            found["deviation"] = f"steps {law.least} to {law.greatest}; one more is {1e6 / law.usual:.3g} ppm"
        return found

    @property
    def control_ports(self) -> tuple[Port, ...]:
        width = self.law.greatest.bit_length()
        return (Port("step", "in", width, False, self.step_bits),) if self.plan.steered else ()

    @property
    def controls(self) -> Mapping[str, int]:
        return {"step": self.law.usual} if self.plan.steered else {}

    @property
    def run_time_inputs(self) -> RunTimeInputs:
        """How far the step lies above the least one less `BEYOND`; the first and the last say 0, and all ones.

        Of all words of the port hardly any lies between the ends at which the step is held.
        """
        if not self.plan.steered:
            return {}
        law, below = self.law, self.law.least - BEYOND
        most, highest = (1 << law.greatest.bit_length()) - 1, law.greatest + BEYOND - below

        def writes(value: int) -> Writes:
            return ({"step": 0 if not value else most if value == highest else min(value + below, most)},)

        usual = law.usual - below
        return {"step": RunTimeInput(usual, highest, writes, turning_points=(BEYOND, usual, highest - BEYOND))}

    @property
    def drops_words(self) -> bool:
        """With another step more or fewer words leave."""
        return self.plan.steered

    def timing(self, fields: Fields | None = None) -> Clockwork:
        return ResamplerClocks(self.plan)

    @cached_property
    def capacity(self) -> int:
        """One word at the source, and all that are due with the sample that was taken behind it."""
        return 1 + self.plan.most_due(1)

    def capacity_behind(self, words: int) -> int:
        return self.plan.most_due(words)

    def due_with(self, words: int) -> NDArray[np.int64]:
        """That of the last sample before its time."""
        return fixed_point.resampler.resampled_times(words, self.law) >> self.step_bits

    @property
    def linear_part(self) -> Core | None:
        """Itself, where times come to lie in the same places soon; otherwise no word meets a phase that is known before."""
        return self if self.plan.period.taken <= FEW_WORDS else None

    @property
    def group_delay(self) -> Fraction:
        """To the middle of the low-pass."""
        count = self.low_pass.size
        return Fraction(count - 1, 2 * self.law.phases)

    @property
    def check_length(self) -> int:
        """Samples that meet every tap, and some phases."""
        return 2 * self.law.taps

    def reference(self, x: Any) -> Any:
        return reference.resampler.resampler(x, self.low_pass, self.law.phases, self.step)

    def reference_with(self, x: Any, coefficients: Sequence[NDArray[np.float64]]) -> Any:
        """With a low-pass that is off, at times that are."""
        later, time = coefficients
        return reference.resampler.resampler(x, np.concatenate([later[::-1], later]), self.law.phases, self.step, float(time[0]))

    def model(self, x: Any) -> Any:
        return fixed_point.resampler.resampler(x, self.law)

    def steered_model(self, x: Any, values: Steered) -> Any:
        steps = values["step"] + (self.law.least - BEYOND) if self.plan.steered else None
        return fixed_point.resampler.resampler(x, self.law, steps)

    @cached_property
    def losses(self) -> Losses:
        """One rounding; coefficients as far off as their words; and times that are rounded down to a part of a phase."""
        law = self.law
        later = self.low_pass[self.low_pass.size // 2 :]
        used = law.step_bits - ((law.usual & -law.usual).bit_length() - 1)
        finest = law.phase_bits + law.weight_bits
        late = 0.0 if used <= finest else 0.5**finest
        return Losses(
            one_rounding(self.rounding, law.fraction_length, law.source),
            transfer=self._transfer,
            coefficients=(
                CoefficientSet.of(later, self.coefficient),
                CoefficientSet(np.zeros(1), np.array([late]), tied=False),
            ),
            towards_zero=self.rounding == Rounding.ZERO,
        )

    @property
    def _transfer(self) -> Transfer:
        """Of all phases together, as times come to lie anywhere."""
        by_phase = self.low_pass.reshape(-1, self.law.phases)
        gains = np.abs(np.fft.rfft(by_phase, max(1024, 4 * len(by_phase)), axis=0)) ** 2
        energy = float(np.sum(self.low_pass**2)) / self.law.phases
        return Transfer(1.0, energy, float(np.abs(by_phase).sum(axis=0).max()), float(np.sqrt(gains.mean(axis=1).max())))

    @property
    def inventory(self) -> Inventory:
        return self.plan.inventory

    def block(self, **signals: Any) -> Any:
        return resampler(**bundled(signals), plan=self.plan)
