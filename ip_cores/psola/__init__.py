"""Pitch and duration of a voice apart, period by period: pitch-synchronous overlap-add (PSOLA).

A pitch detector tells the period, marks are set at the peaks of the voice, one period apart, and grains of two periods under a Hann window
are laid down around them at other distances. Closer together they are a higher voice with the same formants; laid down more or less than
once they last longer or shorter. The ratio of pitches can change at any time; so can what the detector takes for a voice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

import fixed_point.psola
import reference.psola
from fixed_point import Format, Rounding
from fixed_point.pitch_detector import DECIMATION, Detection
from fixed_point.psola import ONE, PACE_BITS, PHASE_BITS, ROW_BITS, SPACING, WEIGHT_BITS, GrainLaw
from fixed_point.word_lengths.losses import CoefficientSet, Losses, Transfer, one_rounding
from ip_cores.blocks.process import Process
from ip_cores.blocks.stream import bundled
from ip_cores.core import Core
from ip_cores.inventory import Inventory
from ip_cores.parameters import ParameterError, check_entity_name, parameter
from ip_cores.pitch_detector import CONTROL_MEANINGS, CONTROL_PORTS, PitchDetector
from ip_cores.port import Port, RegisterField
from ip_cores.promise import Decisions
from ip_cores.psola.hardware import psola
from ip_cores.psola.plan import GrainPlan
from ip_cores.run_time import RunTimeInputs, Steered, port_input
from ip_cores.schedule import Fields
from reference.psola import Grains, Marking

LAG_SHARE = Fraction(3, 8)
"""Part of a frame by which the search for marks lies behind the newest sample: nearer than the middle of the frame that tells of them,
so that what leaves is not later than it need be."""

LEAST_RATIO, GREATEST_RATIO = 0.67, 2.0


@dataclass(frozen=True)
class Psola(Core):
    """Parameters of a PSOLA; see ``docs/cores/psola.md``."""

    kind: ClassVar[str] = "psola"
    summary: ClassVar[str] = "pitch and duration of a voice apart, formants kept: pitch-synchronous overlap-add"
    family: ClassVar[str] = "hearing"
    meanings: ClassVar[Mapping[str, str]] = {
        **{name: text for name, text in CONTROL_MEANINGS.items() if name != "source_data"},
        "spacing": f"one over the ratio of pitches, {SPACING}, held within 1/2 and 3/2; {ONE}: the pitch stays",
    }

    name: str = parameter("psola", doc="entity name; a VHDL identifier", kind=check_entity_name)
    sink: Format = parameter("sfix16_En15", doc="format of the samples, in and out", kind=Format, minimum=6, maximum=18)
    ratio: float = parameter(
        1.2, doc="of pitches that leave to those that enter, as model and reference assume at the port", kind=float,
        minimum=LEAST_RATIO, maximum=GREATEST_RATIO,
    )  # fmt: skip
    duration: float = parameter(1.0, doc="how many times as long the signal lasts", kind=float, minimum=0.5, maximum=2.0)
    unvoiced: float = parameter(5.0, doc="from mark to mark where there is no voice", kind=float, minimum=0.1, maximum=60_000, unit="ms")
    frame: float = parameter(32.0, doc="frame of the pitch detector", kind=float, minimum=0.1, maximum=60_000, unit="ms")
    hop: float = parameter(5.0, doc="from one frame to the next", kind=float, minimum=0.1, maximum=60_000, unit="ms")
    lowest: float = parameter(70.0, doc="lowest pitch", kind=float, minimum=0.001, maximum=1e8, unit="Hz")
    highest: float = parameter(400.0, doc="highest pitch", kind=float, minimum=0.001, maximum=1e8, unit="Hz")
    share: float = parameter(
        0.85, doc="of the highest peak's height that the first one has at least, after a reset", kind=float, minimum=0, maximum=0.9999
    )
    voicing: float = parameter(0.5, doc="least height of the highest peak of a voice, after a reset", kind=float, minimum=0, maximum=1.25)
    least_level: float = parameter(
        -65.0, doc="frames that are softer have no pitch, in dB of a full-scale square", kind=float, minimum=-150, maximum=-10, unit="dB"
    )
    rounding: Rounding = parameter("nearest", doc="rounding of the sum of two grains", kind=Rounding)

    def check(self) -> None:
        samples = self.unvoiced / 1000 * self.sample_rate
        longest = self.detector.law.frame * DECIMATION
        if not 4 <= round(samples) <= longest:
            low, high = (count * 1000 / self.sample_rate for count in (4, longest))
            raise ParameterError("unvoiced", self.unvoiced, f"must be {low:.4g} to {high:.4g} ms: four samples to a frame")

    def at_rate(self, rate: float) -> Any:
        """The same in milliseconds and Hz."""
        return self if rate == self.sample_rate else self.replace(sample_rate=rate)

    @cached_property
    def detector(self) -> PitchDetector:
        """The pitch detector inside."""
        named = ("sink", "frame", "hop", "lowest", "highest", "share", "voicing", "least_level", "sample_rate")
        return PitchDetector(name=f"{self.name}_pitch", **{name: getattr(self, name) for name in named})

    @property
    def detection(self) -> Detection:
        return self.detector.law

    @cached_property
    def law(self) -> GrainLaw:
        """Lengths."""
        lag = int(LAG_SHARE * DECIMATION * self.detection.frame)
        pace = round((1 << PACE_BITS) / self.duration)
        return GrainLaw(self.sink, self.detection, lag, round(self.unvoiced / 1000 * self.sample_rate), pace, self.rounding)

    @cached_property
    def plan(self) -> GrainPlan:
        """What the hardware follows from."""
        return GrainPlan(self.law, self.detector.plan)

    @property
    def marking(self) -> Marking:
        """Lengths for the reference."""
        return Marking(self.law.lag, self.law.delay, self.law.usual, self.law.pace / (1 << PACE_BITS))

    @property
    def spacing_word(self) -> int:
        """One over the ratio that model and reference assume, as a word."""
        return round(ONE / self.ratio)

    @property
    def settings(self) -> tuple[int, int, int]:
        """Spacing, share and voicing that model and reference assume."""
        return self.spacing_word, self.detector.plan.share, self.detector.plan.voicing

    @property
    def decided(self) -> Grains | None:
        """Grains that the reference lays down, where it follows others' decisions."""
        found: Grains | None = self.__dict__.get("grains")
        return found

    @property
    def source_format(self) -> Format:
        return self.sink

    @property
    def rate(self) -> Fraction:
        return Fraction(1 << PACE_BITS, self.law.pace)

    @property
    def source_rate(self) -> float:
        """That of the sink: what leaves takes another time, because it is more or less."""
        return self.sample_rate

    @property
    def derived(self) -> Mapping[str, str]:
        law, milliseconds = self.law, 1000 / self.sample_rate
        return {
            "ratio": f"spacing {self.spacing_word} / {ONE}, a ratio of {ONE / self.spacing_word:.6g}",
            "duration": f"{float(self.rate):.6g} times",
            "delay": f"{law.delay} samples, {law.delay * milliseconds:.3g} ms",
            "unvoiced": f"{law.usual} samples",
            "marks": f"{law.shortest} to {law.longest} samples apart",
            "work": f"{self.detector.plan.clocks + 1} clocks with each of the first {self.detection.work} samples of a hop for the pitch, "
            f"{self.plan.last_step} for a word that leaves",
        }

    @property
    def control_ports(self) -> tuple[Port, ...]:
        return (*CONTROL_PORTS, Port("spacing", "in", SPACING.word_length, False, SPACING.fraction_length))

    @property
    def register_map(self) -> tuple[RegisterField, ...]:
        return self.detector.register_map

    @property
    def controls(self) -> Mapping[str, int]:
        return {"spacing": self.spacing_word}

    @property
    def run_time_inputs(self) -> RunTimeInputs:
        spacing = port_input("spacing", (1 << SPACING.word_length) - 1, self.spacing_word, turning_points=(ONE,))
        return {**self.detector.run_time_inputs, "spacing": spacing}

    def timing(self, fields: Fields | None = None) -> Process:
        return self.plan.timing

    @property
    def group_delay(self) -> Fraction | None:
        """It goes on with the duration, where that changes."""
        return Fraction(self.law.delay) if self.law.pace == 1 << PACE_BITS else None

    @property
    def words_to_begin(self) -> int:
        return 1

    @property
    def check_length(self) -> int:
        """Samples until the first mark is laid down, and some grains behind it."""
        return self.law.delay + 2 * self.law.longest

    def check_words(self) -> dict[str, Any]:
        """A sawtooth of a high pitch, as for the detector, until the longest grain has been laid down."""
        law, f = self.detection, self.sink
        period = DECIMATION * (law.shortest + 2)
        place = np.arange(self.law.delay + self.law.longest) % period
        return {"data": f.minimum + place * (f.maximum - f.minimum) // (period - 1)}

    @property
    def patience(self) -> int:
        """The memory is cleared after a reset; then the work on a lag, and on the words that are due."""
        return 64 + (1 << self.plan.address_bits) + self.settling

    @property
    def settling(self) -> int:
        """All that goes on with a sample."""
        return 64 + 4 * self.detector.plan.clocks + 8 * self.plan.last_step

    def periods(self, x: Any) -> Any:
        """The period that the reference knows with each sample, by decisions of its own."""
        law = self.detection
        rho, energy = self.detector.correlated(x)
        told = np.concatenate([[0.0], reference.pitch_detector.periods(rho, self.detector.own_lags(rho, energy))])
        return told[np.maximum((np.arange(np.size(x)) - law.work + 1) // law.hop_samples + 1, 0)]

    def own_grains(self, x: Any) -> Grains:
        """What the reference decides for."""
        found = reference.psola.marks(x, self.periods(x), self.marking)
        return reference.psola.grains(found, self.spacing_word / ONE, np.size(x), self.marking)

    def reference(self, x: Any) -> Any:
        return reference.psola.psola(x, self.own_grains(x) if self.decided is None else self.decided, self.marking)

    def reference_with(self, x: Any, coefficients: Sequence[NDArray[np.float64]]) -> Any:
        """With windows that are off."""
        return reference.psola.psola(x, self.own_grains(x) if self.decided is None else self.decided, self.marking, coefficients[0])

    def model(self, x: Any) -> Any:
        return fixed_point.psola.psola(x, self.law, *self.settings)

    def steered_model(self, x: Any, values: Steered) -> Any:
        return fixed_point.psola.psola(x, self.law, values["spacing"], values["share"], values["voicing"])

    @property
    def decides(self) -> bool:
        return not self.as_it_came

    @property
    def as_it_came(self) -> bool:
        """Whether pitch and duration stay: the samples leave as they came, wherever marks are."""
        return self.spacing_word == ONE and self.law.pace == 1 << PACE_BITS

    def following(self, words: Any) -> Psola:
        return self if self.as_it_came else self.altered(grains=Grains(*fixed_point.psola.decided(words, self.law, *self.settings)))

    def decisions(self, x: Any, words: Any, error: float = 0.0) -> Decisions | None:
        """Periods, as of the pitch detector: where they are the same, so are the marks."""
        return None if self.as_it_came else self.detector.decisions(x, words, error)

    @cached_property
    def losses(self) -> Losses:
        """One rounding; and windows that are off by half a row, by what a reciprocal lacks, and by half a bit.

        Nothing of this where pitch and duration stay: samples only wait.
        """
        if self.as_it_came:
            return Losses()
        slope = np.pi / 2
        off = slope * (0.5**ROW_BITS / 2 + self.law.longest * 0.5**PHASE_BITS) + 0.5 ** (WEIGHT_BITS + 1)
        output = one_rounding(self.rounding, self.law.exact.fraction_length, self.sink)
        return Losses(
            output,
            transfer=Transfer(1.0, 1.0, 1.0, 1.0),
            coefficients=(CoefficientSet(np.zeros(2), np.full(2, off), tied=False),),
            towards_zero=self.rounding == Rounding.ZERO,
        )

    @property
    def inventory(self) -> Inventory:
        return self.plan.inventory + self.detector.inventory

    def block(self, **signals: Any) -> Any:
        return psola(**bundled(signals), plan=self.plan)
