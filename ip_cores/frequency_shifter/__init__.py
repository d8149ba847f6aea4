"""Frequency shifter: every component of a signal so many Hz higher or lower, for an ear that hears no high tones, or against feedback.

The signal's positive frequencies alone, a Hilbert filter makes them, are rotated by an oscillator whose phase goes on from sample to
sample by an increment that may change at any time. A filter can stand in front of what is shifted, and what enters can be added unshifted,
both equally late. All products go through one multiplier.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

import fixed_point.frequency_shifter
import reference.frequency_shifter
from fixed_point import Format, Rounding
from fixed_point.frequency_shifter import ANGLE_BITS, COEFFICIENT, PHASE_BITS, SINE, ShiftLaw, angles, phases
from fixed_point.quantization import quantize
from fixed_point.word_lengths.losses import CoefficientSet, Losses, Transfer, one_rounding
from fixed_point.word_lengths.noise import Noise, rounding_noise
from ip_cores.blocks.process import Process
from ip_cores.blocks.stream import bundled
from ip_cores.core import Core
from ip_cores.frequency_shifter.hardware import frequency_shifter
from ip_cores.frequency_shifter.plan import ShiftPlan
from ip_cores.inventory import Inventory
from ip_cores.parameters import Excerpt, ParameterError, check_entity_name, parameter
from ip_cores.port import Port
from ip_cores.run_time import RunTimeInputs, Steered, port_input
from ip_cores.schedule import Fields
from ip_cores.taps import Taps, at_rate
from ip_cores.taps import taps as read_taps

MOST_TAPS = 63
MOST_PREFILTER = 255

LEAST_REJECTION = 50.0
"""Image below what is moved, in dB, from which on nothing is said of it."""

HIGHEST_EDGE = 3 / 16
"""Largest lower end of the band, as a part of the sample rate: the band then is an eighth of it."""

LARGEST_TAP = float(COEFFICIENT.range[1])


@dataclass(frozen=True)
class FrequencyShifter(Core):
    """Parameters of a frequency shifter; see ``docs/cores/frequency_shifter.md``."""

    kind: ClassVar[str] = "frequency_shifter"
    summary: ClassVar[str] = "moves every frequency by so many Hz, set at run time: lowering for steep losses, feedback"
    family: ClassVar[str] = "hearing"
    meanings: ClassVar[Mapping[str, str]] = {
        "increment": f"what the phase goes on by with each sample, in turns; 2**{PHASE_BITS} minus it downwards, 0: no shift"
    }

    name: str = parameter("frequency_shifter", doc="entity name; a VHDL identifier", kind=check_entity_name)
    sink: Format = parameter("sfix16_En15", doc="format of the samples that enter", kind=Format, minimum=4, maximum=24)
    source: Format = parameter("sfix16_En15", doc="format of the samples that leave", kind=Format, minimum=4, maximum=24)
    shift: float = parameter(
        20.0, doc="shift that model and reference assume at the port; negative downwards", kind=float, minimum=-5e8, maximum=5e8, unit="Hz"
    )
    taps: int = parameter(15, doc="taps of the Hilbert filter: 7, 11, 15, ...", kind=int, minimum=7, maximum=MOST_TAPS)
    lowest: float = parameter(
        1500.0, doc="lower end of the band that is shifted cleanly; its upper end is as far from half the sample rate", kind=float,
        minimum=1, maximum=2.5e8, unit="Hz",
    )  # fmt: skip
    prefilter: Taps = parameter(
        (1.0,), doc="filter in front of what is shifted, an odd number of symmetric taps: list, file, or design table", kind=read_taps
    )
    dry: float = parameter(0.0, doc="how much of what enters is added unshifted, as late as the rest", kind=float, minimum=0.0, maximum=1.0)

    def completed(self, name: str, value: Any) -> Any:
        """A design of the prefilter is made at the sample rate."""
        if name != "prefilter" or not isinstance(value, Mapping):
            return value
        try:
            return at_rate(value, self.sample_rate)
        except ParameterError as error:
            raise ParameterError(error.field.replace("coefficients", name), error.value, error.allowed) from None

    def check(self) -> None:
        for field in ("sink", "source"):
            if not getattr(self, field).signed:
                raise ParameterError(field, getattr(self, field), "must be signed")
        if self.taps % 4 != 3:
            raise ParameterError("taps", self.taps, f"must be 7, 11, 15, ..., {MOST_TAPS}: the outer taps of others are 0")
        half = self.sample_rate / 2
        most = HIGHEST_EDGE * self.sample_rate
        if self.lowest > most:
            raise ParameterError(
                "lowest", self.lowest, f"must be at most {most:g} Hz at {self.sample_rate:g} samples/s: a band of some width"
            )
        if not -half <= self.shift <= half:
            raise ParameterError("shift", self.shift, f"must be {-half:g} to {half:g} Hz at {self.sample_rate:g} samples/s")
        if self.dry and not quantize(self.dry, COEFFICIENT):
            raise ParameterError("dry", self.dry, f"must be 0, or not round to it in {COEFFICIENT}")
        count = len(self.prefilter)
        many = Excerpt(f"{count} tap{'s' * (count != 1)}")
        if count % 2 == 0 or count > MOST_PREFILTER:
            raise ParameterError("prefilter", many, f"must be 1 to {MOST_PREFILTER} taps, an odd number: a whole delay")
        if not np.allclose(self.prefilter, self.prefilter[::-1], rtol=1e-9, atol=1e-12):
            raise ParameterError("prefilter", self.prefilter, "must be symmetric: all frequencies equally late")
        largest = max(np.max(np.abs(filtered)) for filtered in self.filters)
        if largest >= LARGEST_TAP:
            raise ParameterError("prefilter", many, f"must make filters whose taps are below {LARGEST_TAP:g}; here {largest:.4g}")
        if not any(self.law.in_phase) or not any(self.law.quadrature):
            raise ParameterError("prefilter", many, f"must not all round to 0 in {COEFFICIENT}")

    @cached_property
    def hilbert(self) -> NDArray[np.float64]:
        """Taps of the Hilbert filter."""
        return reference.frequency_shifter.hilbert_taps(self.taps, self.lowest / self.sample_rate)

    @cached_property
    def filters(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Taps in phase and in quadrature: the prefilter as late as the Hilbert filter, and both one behind the other."""
        first = np.asarray(self.prefilter, dtype=np.float64)
        return np.concatenate([np.zeros(self.taps // 2), first]), np.convolve(first, self.hilbert)

    @cached_property
    def law(self) -> ShiftLaw:
        """Word lengths and constants."""
        in_phase, quadrature = (tuple(quantize(values, COEFFICIENT).tolist()) for values in self.filters)
        return ShiftLaw(self.sink, self.source, in_phase, quadrature, int(quantize(self.dry, COEFFICIENT)), self.late)

    @property
    def late(self) -> int:
        """Samples by which everything is late."""
        return self.taps // 2 + len(self.prefilter) // 2

    @cached_property
    def plan(self) -> ShiftPlan:
        """What the hardware follows from."""
        return ShiftPlan(self.law)

    def at_rate(self, rate: float) -> Any:
        """The same shift and band in Hz: another increment and other taps."""
        return self if rate == self.sample_rate else self.replace(sample_rate=rate)

    def increment_of(self, shift: float) -> int:
        """A shift in Hz as what the port `increment` shows."""
        return round(shift / self.sample_rate * (1 << PHASE_BITS)) % (1 << PHASE_BITS)

    @property
    def increment(self) -> int:
        """What model and reference assume at the port."""
        return self.increment_of(self.shift)

    @property
    def turns(self) -> float:
        """The shift as a part of the sample rate, as the port has it."""
        signed = self.increment - (1 << PHASE_BITS) * (self.increment >> PHASE_BITS - 1)
        return signed / (1 << PHASE_BITS)

    @cached_property
    def rejection(self) -> float:
        """By how much the image is weaker than what is shifted, at the worst frequency of the band, in dB."""
        low = self.lowest / self.sample_rate
        ripple = np.where(np.arange(self.taps) == self.taps // 2, 1.0, 0.0)
        return reference.frequency_shifter.image_rejection(ripple, self.hilbert, low, 0.5 - low)

    @property
    def notes(self) -> tuple[str, ...]:
        if self.rejection >= LEAST_REJECTION:
            return ()
        band = f"{self.lowest:g} to {self.sample_rate / 2 - self.lowest:g} Hz"
        return (f"the image is only {self.rejection:.1f} dB below what is shifted at {band}; more taps, or a higher lowest, make it more",)

    @property
    def derived(self) -> Mapping[str, str]:
        high = self.sample_rate / 2 - self.lowest
        return {
            "increment": f"{self.increment}, a shift of {self.turns * self.sample_rate:.6g} Hz",
            "band": f"{self.lowest:g} to {high:g} Hz, image {self.rejection:.1f} dB below what is shifted",
            "products": f"{self.plan.steps} for a sample: {len(self.plan.in_phase)} and {len(self.plan.quadrature)} of the filters",
        }

    @property
    def control_ports(self) -> tuple[Port, ...]:
        return (Port("increment", "in", PHASE_BITS, False, PHASE_BITS),)

    @property
    def controls(self) -> Mapping[str, int]:
        return {"increment": self.increment}

    @property
    def run_time_inputs(self) -> RunTimeInputs:
        return {"increment": port_input("increment", (1 << PHASE_BITS) - 1, self.increment, turning_points=(0,))}

    def timing(self, fields: Fields | None = None) -> Process:
        return self.plan.timing

    @property
    def group_delay(self) -> Fraction:
        return Fraction(self.late)

    @property
    def check_length(self) -> int:
        """Samples that visit every tap and many words of the sine's table."""
        return 64 + len(self.law.quadrature)

    def reference(self, x: Any) -> Any:
        return reference.frequency_shifter.frequency_shifter(x, self.turns, *self.filters, self.dry, self.late)

    def model(self, x: Any) -> Any:
        return fixed_point.frequency_shifter.frequency_shifter(x, self.increment, self.law)

    def steered_model(self, x: Any, values: Steered) -> Any:
        return fixed_point.frequency_shifter.frequency_shifter(x, values["increment"], self.law)

    @property
    def linear_part(self) -> Core:
        return self

    def reference_with(self, x: Any, coefficients: Sequence[NDArray[np.float64]]) -> Any:
        """With other taps, angles that are off by a part of the way to the nearest that the table has, and sines that are off."""
        in_phase, quadrature, others = coefficients
        count = len(x)
        phase = phases(np.full(count, self.increment))
        missed = (angles(phase) << PHASE_BITS - ANGLE_BITS) - phase
        missed = (missed + (1 << PHASE_BITS - 1)) % (1 << PHASE_BITS) - (1 << PHASE_BITS - 1)
        random = np.random.default_rng(count).choice([-1.0, 1.0], (2, count))
        angle = others[1] * 2 * np.pi / (1 << PHASE_BITS) * missed
        return reference.frequency_shifter.frequency_shifter(
            x, self.turns, in_phase, quadrature, float(others[0]), self.late, angle, *(others[2] * random)
        )

    @cached_property
    def losses(self) -> Losses:
        """Taps and sines half a bit off, angles as far from a table's as they are, the filters' roundings, one at the output.

        Notes
        -----
        What angles and sines are off by counts as coefficients do (`reference_with`). Of the roundings of both filters the rotation leaves
        the power of one, since squares of sine and cosine sum up to 1, and at most the square root of two of one's largest error.
        """
        law, still = self.law, self.increment == 0
        plain = all(word % (1 << COEFFICIENT.fraction_length) == 0 for word in law.in_phase)
        used = COEFFICIENT.fraction_length
        one = rounding_noise(Rounding.NEAREST, used, law.component.resolution)
        inner = Noise() if still and plain else Noise(abs(one.mean) * 2**0.5, one.variance, one.limit * (1.0 if still else 2**0.5))
        fraction = law.total_fraction
        if still and law.dry % (1 << used) == 0:
            fraction = law.sink.fraction_length if plain else law.component_fraction
        sets = [CoefficientSet.of(values, COEFFICIENT) for values in self.filters]
        errors = np.array([0.0, 0.0 if still else 1.0, 0.0 if still else 2.0 ** -(SINE.fraction_length + 1)])
        errors[0] = CoefficientSet.of([self.dry], COEFFICIENT).errors[0]
        if still:
            sets[1] = sets[1].without_errors()
        return Losses(
            one_rounding(Rounding.NEAREST, fraction, self.source) + inner,
            transfer=self.transfer,
            coefficients=(*sets, CoefficientSet(np.array([self.dry, 0.0, 0.0]), errors, tied=False)),
        )

    @cached_property
    def transfer(self) -> Transfer:
        """What becomes of an error that enters: of white noise the half of what both filters leave, or all of one where nothing turns."""
        i, q = self.filters
        moved, image = reference.frequency_shifter.sidebands(i, q, np.linspace(0, 0.5, 1 << 10))
        energy = max(float(i @ i), float(q @ q))
        norm = float(np.abs(i).sum() + np.abs(q).sum()) + self.dry
        return Transfer(abs(float(i.sum())) + self.dry, (energy**0.5 + self.dry) ** 2, norm, float(np.max(moved + image)) + self.dry)

    @property
    def inventory(self) -> Inventory:
        return self.plan.inventory

    def block(self, **signals: Any) -> Any:
        return frequency_shifter(**bundled(signals), plan=self.plan)
