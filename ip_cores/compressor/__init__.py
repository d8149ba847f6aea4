"""Wide dynamic range compression of band words: a gain for each band that follows from its level by a curve.

What is soft is amplified more than what is loud, as an ear needs it in which loudness grows too fast. The gain that is prescribed is that
at the level which the band has in speech of 65 dB SPL; about this point the curve turns. Levels are logarithms; the state of all bands lies
in one memory, and one multiplier squares, smooths, draws the curve and weighs. A trim for each band can be set at run time.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

import fixed_point.compressor
import reference.compressor
from fixed_point import Format, Rounding, quantize
from fixed_point.compressor import KNEE, PACE, SLOPE, START, BandCurve, CompressionLaw
from fixed_point.families.band_power import FACTOR_BITS
from fixed_point.families.logarithmic_gain import EXPONENT_BITS, PACE_BITS, REGISTER, SPAN
from fixed_point.full_scale import amplitude, power, power_decibels
from fixed_point.word_lengths.losses import CoefficientSet, Losses, Transfer
from fixed_point.word_lengths.noise import rounding_noise
from ip_cores.banks.wavelet_bank import MAXIMUM_LEVELS, words_and_channel
from ip_cores.blocks.process import Process
from ip_cores.blocks.stream import bundled
from ip_cores.compressor.hardware import compressor
from ip_cores.compressor.plan import LINE_BITS, PHASES, CompressorPlan
from ip_cores.core import Core
from ip_cores.families.band_stage import BandStage
from ip_cores.families.gain_stage import (
    FACTOR_ERROR,
    LARGEST_GAIN,
    GainRegisters,
    gain_of,
    pace_word,
    per_band,
    register_meanings,
    stage_timing,
    targets_of,
)
from ip_cores.inventory import Inventory
from ip_cores.parameters import ParameterError, check_entity_name, parameter
from ip_cores.port import Port, RegisterField
from ip_cores.run_time import RunTimeInputs, Steered
from ip_cores.schedule import Fields
from reference.compressor import BandCompression, Curve, time_constant
from reference.families.levels import DOUBLING_OF_AMPLITUDE, DOUBLING_OF_POWER

SHORTEST_BAND, LONGEST_BAND = 8, 32

SPEECH_LEVELS = (51.0, 52.0, 55.0, 59.0, 61.0)
"""Of octave bands from 8 kHz down, and of what is below 500 Hz, in dB SPL, for speech of 65 dB SPL; measured on LibriSpeech at 16 kHz."""

LONGEST_POWER = 10
"""Two to this are the most words of a band over which the power is smoothed."""

ANSI_STEP = 35.0
"""Of ANSI S3.22, in dB."""

ATTACK_LEFT, RELEASE_LEFT = 3.0, 4.0
"""How near to where it settles the output is after the attack, and after the release time, in dB."""

OF_BANDS = "gains", "speech_levels", "compression_knee", "compression_ratio", "expansion_knee", "expansion_ratio", "output_limit"
"""Parameters that bands may have each of their own, in the order in which `Curve` takes them."""

LOGARITHM_ERROR = 0.00166
"""Doublings of power by which a logarithm is off at most (`fixed_point.families.logarithms`)."""


def by_bands(low: float, high: float, unit: str, least: int = 1) -> Any:
    """A kind of parameter: a number, or one for each band."""

    def numbers(value: Any) -> float | tuple[float, ...]:
        many = isinstance(value, Sequence) and not isinstance(value, str)
        found = tuple(value) if many else (value,)
        if len(found) < least or any(isinstance(one, bool) or not isinstance(one, int | float) or math.isnan(one) for one in found):
            raise ValueError(f"must be {numbers.allowed}")  # type: ignore[attr-defined]
        if not all(low <= one <= high for one in found):
            raise ValueError(f"must be {low:g} to {high:g}{unit}")
        return tuple(float(one) for one in found) if many else float(value)

    numbers.allowed = f"{low:g} to {high:g}{unit} for all bands, or a list of these, bands from low to high"  # type: ignore[attr-defined]
    numbers.alternatives = (low, high)  # type: ignore[attr-defined]
    return numbers


def speech_levels(value: Any) -> Any:
    """A level for all bands or for each, or those that were measured."""
    if isinstance(value, str):
        if value != "measured":
            raise ValueError(f"must be {speech_levels.allowed}")  # type: ignore[attr-defined]
        return value
    return by_bands(0, 120, " dB SPL")(value)


speech_levels.allowed = "measured, or 0 to 120 dB SPL for all bands or a list of these, bands from low to high"  # type: ignore[attr-defined]
speech_levels.alternatives = ("measured",)  # type: ignore[attr-defined]


def measured_speech_levels(levels: int) -> tuple[float, ...]:
    """Band levels of speech of 65 dB SPL at 16 kHz, in dB SPL, bands from low to high.

    Parameters
    ----------
    levels : int
        Octaves that are split off. Fewer than four: powers add up. More: what is below 500 Hz is shared out in halves.

    Examples
    --------
    >>> measured_speech_levels(4), [round(level, 1) for level in measured_speech_levels(2)]
    ((61.0, 59.0, 55.0, 52.0, 51.0), [63.7, 52.0, 51.0])
    """
    details, low = list(SPEECH_LEVELS[:-1]), SPEECH_LEVELS[-1]
    while len(details) > levels:
        low = power_decibels(power(low) + power(details.pop()))
    while len(details) < levels:
        low -= DOUBLING_OF_POWER
        details.append(low)
    return (low, *reversed(details))


@dataclass(frozen=True)
class Compressor(BandStage, Core):
    """Parameters of a compressor; see ``docs/cores/compressor.md``."""

    kind: ClassVar[str] = "compressor"
    meanings: ClassVar[Mapping[str, str]] = register_meanings("trim")
    summary: ClassVar[str] = "compressor for bands: a gain by the band's level, for a listener's hearing"
    family: ClassVar[str] = "hearing"
    bank: ClassVar[str] = "undecimated"  # type: ignore[misc]  # gains that differ break the alias cancellation of a decimated one

    name: str = parameter("compressor", doc="entity name; a VHDL identifier", kind=check_entity_name)
    sink: Format = parameter(
        "sfix20_En18", doc="format of the band words, in and out", kind=Format, minimum=SHORTEST_BAND, maximum=LONGEST_BAND
    )
    levels: int = parameter(4, doc="details of the undecimated bank", kind=int, minimum=1, maximum=MAXIMUM_LEVELS)
    gains: float | tuple[float, ...] = parameter(
        20.0, doc="insertion gain at the speech level, for all bands or for each from low to high", kind=by_bands(-60, 80, " dB"), unit="dB"
    )
    compression_ratio: float | tuple[float, ...] = parameter(
        2.0, doc="decibels in for one out, above its knee", kind=by_bands(1, 10, "")
    )
    compression_knee: float | tuple[float, ...] = parameter(
        45.0, doc="level above which it compresses", kind=by_bands(0, 140, " dB SPL"), unit="dB SPL"
    )
    expansion_knee: float | tuple[float, ...] = parameter(
        30.0, doc="level below which the gain falls", kind=by_bands(-40, 140, " dB SPL"), unit="dB SPL"
    )
    expansion_ratio: float | tuple[float, ...] = parameter(2.0, doc="decibels out for one in, below its knee", kind=by_bands(1, 4, ""))
    output_limit: float | tuple[float, ...] = parameter(
        105.0, doc="level at the output above which it compresses 10:1", kind=by_bands(40, 160, " dB SPL"), unit="dB SPL"
    )
    speech_levels: float | tuple[float, ...] | str = parameter(
        "measured", doc="levels of the bands in speech of 65 dB SPL", kind=speech_levels, unit="dB SPL"
    )
    attack: float = parameter(5.0, doc="attack time of ANSI S3.22", kind=float, minimum=0.05, maximum=10_000, unit="ms")
    release: float = parameter(100.0, doc="release time of ANSI S3.22", kind=float, minimum=0.05, maximum=60_000, unit="ms")
    power_time: float = parameter(
        1.0, doc="time constant of the power, a power of two of words", kind=float, minimum=0.01, maximum=1000, unit="ms"
    )
    ramp: float = parameter(1000.0, doc="how fast a trim goes to another", kind=float, minimum=0.1, maximum=1e7, unit="dB/s")
    full_scale_spl: float = parameter(
        100.0, doc="level of a sine of amplitude 1 at the sink", kind=float, minimum=40, maximum=160, unit="dB SPL"
    )
    output_full_scale_spl: float = parameter(
        120.0, doc="level of a sine of amplitude 1 at the source", kind=float, minimum=40, maximum=160, unit="dB SPL"
    )

    def check(self) -> None:
        self.check_signed()
        count = self.levels + 1
        for name in OF_BANDS:
            value = getattr(self, name)
            if isinstance(value, tuple) and len(value) != count:
                raise ParameterError(name, value, f"must be one value, or {count}: one for each band of {self.levels} levels")
        for expands, compresses in zip(self.of_bands("expansion_knee"), self.of_bands("compression_knee"), strict=True):
            if expands > compresses:
                raise ParameterError("expansion_knee", expands, f"must be no more than compression_knee, here {compresses:g} dB SPL")
        if not 0 <= self.power_step <= LONGEST_POWER:
            word = 1000 / self.band_rate
            most = word * 2**LONGEST_POWER
            allowed = f"must be {word:.4g} to {most:.4g} ms at {self.band_rate:g} words/s of a band"
            raise ParameterError("power_time", self.power_time, allowed)
        if self.law.power_bits > 62:
            raise ParameterError("power_time", self.power_time, f"must be shorter for words of {self.sink.word_length} bits")
        longest = 2**PACE.fraction_length / self.band_rate
        for name, left in (("attack", ATTACK_LEFT), ("release", RELEASE_LEFT)):
            if max(time_constant(getattr(self, name) / 1000, curve.ratio, left) for curve in self.curves) > longest:
                raise ParameterError(name, getattr(self, name), f"must have time constants of no more than {1000 * longest:.4g} ms")
        for gain, curve in zip(self.channel_values("gains"), self.curves, strict=True):
            most, below = LARGEST_GAIN + self.output_full_scale_spl - self.full_scale_spl, f"{curve.linear_gain:.4g} dB"
            if curve.linear_gain > most:
                raise ParameterError("gains", gain, f"must amplify no sound by more than {most:g} dB; below its knee this does by {below}")
            if curve.limit_level < curve.expansion_knee:
                limit = curve.output_limit
                raise ParameterError("output_limit", limit, f"must let sounds at the expansion's knee be amplified by {below}")
        for ratio, curve in zip(self.channel_values("expansion_ratio"), self.curves, strict=True):
            least, most = self.first_gain(curve, self.law), -DOUBLING_OF_AMPLITUDE * float(START.range[0])
            if least < -most:
                place = f"at the lowest level, {self.lowest_level(self.law):.4g} dB SPL"
                raise ParameterError("expansion_ratio", ratio, f"must leave a gain of {-most:.4g} dB {place}; here {least:.4g} dB")

    def at_rate(self, rate: float) -> Any:
        """The same times and ramp: other steps."""
        return self if rate == self.sample_rate else self.replace(sample_rate=rate)

    @property
    def band_rate(self) -> float:
        """Words per second of a band."""
        return self.sample_rate / (self.levels + 1)

    @property
    def power_step(self) -> int:
        """The power of two that is nearest to the power's time in words, as an exponent."""
        return round(math.log2(self.power_time / 1000 * self.band_rate))

    def of_bands(self, name: str) -> tuple[float, ...]:
        """A parameter of every band, bands from low to high."""
        value = getattr(self, name)
        if name == "speech_levels" and value == "measured":
            return measured_speech_levels(self.levels)
        return value if isinstance(value, tuple) else (float(value),) * (self.levels + 1)

    def channel_values(self, name: str) -> tuple[float, ...]:
        """The same in the order of channels."""
        return per_band(self.of_bands(name), self.levels + 1)

    @cached_property
    def curves(self) -> tuple[Curve, ...]:
        """Of channels 0, 1, …"""
        return tuple(Curve(*values) for values in zip(*(self.channel_values(name) for name in OF_BANDS), strict=True))

    def pace(self, time: float, curve: Curve, left: float) -> int:
        """Part of its distance by which a level goes on in a word, a word of format `PACE`."""
        tau = time_constant(time / 1000, curve.ratio, left)
        return round((1 - math.exp(-1 / (self.band_rate * tau))) * 2**PACE.fraction_length)

    @cached_property
    def law(self) -> CompressionLaw:
        """Word lengths and constants, of as many bands as a channel's word can tell: of those that are none the last one's."""
        base = CompressionLaw(self.sink, self.power_step, ())
        bands = [self.words_of(curve, base) for curve in self.curves]
        bands += bands[-1:] * ((1 << self.levels.bit_length()) - len(bands))
        return CompressionLaw(self.sink, self.power_step, tuple(bands))

    def lowest_level(self, law: CompressionLaw) -> float:
        """What a level of 0 stands for, in dB SPL; a sine of amplitude 1 has a power of one half."""
        return self.full_scale_spl + DOUBLING_OF_POWER * (1 - law.power_point)

    def first_gain(self, curve: Curve, law: CompressionLaw) -> float:
        """Gain of words at a level of 0, in dB."""
        return float(curve(self.lowest_level(law))) + self.full_scale_spl - self.output_full_scale_spl

    def words_of(self, curve: Curve, law: CompressionLaw) -> BandCurve:
        """A curve in words: levels as the hardware has them, gains as it gives them."""
        lowest, gain = self.lowest_level(law), self.first_gain(curve, law)
        slope, lines = curve.first_slope, []
        for corner in curve.corners:
            knee = (corner.level - lowest) / DOUBLING_OF_POWER
            if knee <= 0:
                # Below the lowest level there is: the line is on it from the beginning, and the curve's value there says so.
                slope, knee, bend = slope + corner.bend, 0.0, 0.0
            else:
                bend = corner.bend
            lines.append((min(knee, float(KNEE.range[1])), bend))
        # Decibels of gain for one of level are half as many doublings of amplitude for one of power.
        slopes = quantize(np.array([slope, *(bend for _, bend in lines)]) * DOUBLING_OF_POWER / DOUBLING_OF_AMPLITUDE, SLOPE)
        return BandCurve(
            int(quantize(gain / DOUBLING_OF_AMPLITUDE, START)),
            tuple(int(one) for one in slopes),
            tuple(int(quantize(knee, KNEE)) for knee, _ in lines),
            self.pace(self.attack, curve, ATTACK_LEFT),
            self.pace(self.release, curve, RELEASE_LEFT),
        )

    @cached_property
    def registers(self) -> GainRegisters:
        """The registers of the trims, which are 0 dB after a reset."""
        return GainRegisters((0,) * (self.levels + 1), self.levels.bit_length(), pace_word(self.ramp, self.band_rate))

    @cached_property
    def plan(self) -> CompressorPlan:
        """What the hardware follows from."""
        return CompressorPlan(self.law, self.registers)

    @property
    def highest_output(self) -> float:
        """Highest level that a band's sine has at the source once its gain has settled, in dB SPL."""
        return max(float(level + curve(level)) for curve in self.curves for level in (self.full_scale_spl,))

    def _paces(self, words: Sequence[int]) -> str:
        """Of all bands, or of each from low to high, the part of its distance by which a level goes on."""
        found = words[:1] if len(set(words)) == 1 else _low_to_high(words)
        return f"{', '.join(map(str, found))} * 2**-{PACE.fraction_length} of the distance in a word"

    @property
    def derived(self) -> Mapping[str, str]:
        bands = self.law.bands[: self.levels + 1]
        step = gain_of(1) * self.registers.pace / 2**PACE_BITS
        return {
            "band_rate": f"{self.band_rate:g} words/s of a band",
            "power_time": f"{1000 * 2**self.power_step / self.band_rate:.4g} ms, 2**{self.power_step} words",
            "attack": self._paces([curve.attack for curve in bands]),
            "release": self._paces([curve.release for curve in bands]),
            "gain below the knee": ", ".join(f"{gain:.1f}" for gain in _low_to_high([c.linear_gain for c in self.curves])) + " dB",
            "highest output": f"{self.highest_output:.1f} dB SPL of a band, from a sine at {self.full_scale_spl:g} dB SPL",
            "ramp": f"{step:.4g} dB a word",
        }

    @property
    def full_scale_output(self) -> float | None:
        return self.output_full_scale_spl

    @property
    def register_map(self) -> tuple[RegisterField, ...]:
        return self.registers.map("trim")

    @property
    def control_ports(self) -> tuple[Port, ...]:
        return self.registers.ports

    def timing(self, fields: Fields | None = None) -> Process:
        return stage_timing(PHASES, self.registers.channel_bits)

    @property
    def settings(self) -> dict[str, Any]:
        """By what the reference goes."""
        unit = 2.0**-PACE.fraction_length
        curves = [*self.curves, *self.curves[-1:] * (len(self.law.bands) - len(self.curves))]
        paced = [(curve, words.attack * unit, words.release * unit) for curve, words in zip(curves, self.law.bands, strict=True)]
        return {
            "bands": [BandCompression(*one) for one in paced],
            "power": 2.0**-self.power_step,
            "full_scale_spl": self.full_scale_spl,
            "output_full_scale_spl": self.output_full_scale_spl,
            "lowest": (self.sink.resolution * 2.0**self.law.dropped) ** 2,
        }

    def reference(self, x: Any) -> Any:
        return reference.compressor.compressor(*words_and_channel(x), **self.settings)

    def model(self, x: Any) -> Any:
        registers = self.registers
        return fixed_point.compressor.compressor(*words_and_channel(x), self.law, registers.all_starts, registers.pace)

    @property
    def run_time_inputs(self) -> RunTimeInputs:
        return self.registers.inputs("trim")

    def steered_model(self, x: Any, values: Steered) -> Any:
        registers, (words, channel) = self.registers, words_and_channel(x)
        trims = targets_of(registers, "trim", values, len(words))
        passed = (values["bypass"] | values["bits"] & 1) > 0
        return fixed_point.compressor.compressor(words, channel, self.law, registers.all_starts, registers.pace, trims, passed)

    def reference_with(self, x: Any, coefficients: Any) -> Any:
        """With levels, words they are measured of, and gains that are off."""
        words, channel = words_and_channel(x)
        level, word, gain = (float(one) for one in coefficients[0])
        settings = {**self.settings, "offset": level, "off": float(np.log2(1 + gain))}
        if word:
            settings["seen"] = words + word * np.random.default_rng(len(words)).uniform(-1.0, 1.0, len(words)) * (np.asarray(words) != 0)
        return reference.compressor.compressor(words, channel, **settings)

    @cached_property
    def line_error(self) -> float:
        """Doublings of amplitude by which a curve in words may be off: start, slopes and knees rounded."""
        highest = self.law.level_bits - KNEE.fraction_length
        worst = 0.0
        for curve in self.curves:
            bends = [curve.first_slope, *(corner.bend for corner in curve.corners)]
            exact = [float(bend * 2**15).is_integer() for bend in bends]
            slopes = sum(0.0 if known else SLOPE.resolution / 2 * 2**highest for known in exact)
            knees = sum(abs(bend) / 2 * KNEE.resolution / 2 for bend in bends[1:])
            worst = max(worst, slopes + knees + START.resolution / 2)
        return worst

    @cached_property
    def steepest(self) -> float:
        """Largest slope of a gain, in doublings of amplitude for one of power."""
        found = 0.0
        for curve in self.curves:
            slopes = np.cumsum([curve.first_slope, *(corner.bend for corner in sorted(curve.corners, key=lambda one: one.level))])
            found = max(found, float(np.abs(slopes).max()) / 2)
        return found

    @cached_property
    def largest_gain(self) -> float:
        """Largest factor of a word."""
        return max(amplitude(curve.linear_gain + self.full_scale_spl - self.output_full_scale_spl) for curve in self.curves)

    @cached_property
    def losses(self) -> Losses:
        """Levels and gains that are off, one rounding; an error that enters is amplified, and moves the level too.

        Notes
        -----
        What levels and gains are off by counts as coefficients do: the reference is tried with each (`reference_with`).

        An error e of words b changes their level by 2 e / (b ln 2) doublings of power, and the gain by `steepest` times that, so that b
        times it is 2 `steepest` e on top.
        """
        rounding = rounding_noise(Rounding.NEAREST, EXPONENT_BITS + SPAN, self.sink.resolution)
        word = self.sink.resolution * 2.0**self.law.dropped / 2 if self.law.dropped else 0.0
        off = FACTOR_ERROR + self.line_error * math.log(2)
        gain, moved = self.largest_gain, 1 + 2 * self.steepest
        errors = np.array([LOGARITHM_ERROR + KNEE.resolution, word, off])
        return Losses(
            rounding,
            transfer=Transfer(gain, gain**2 * (1 + moved) / 2, gain * moved, gain * moved),
            coefficients=(CoefficientSet(np.zeros(3), errors, tied=False),),
        )

    @property
    def inventory(self) -> Inventory:
        bits, law = self.sink.word_length, self.law
        count, trim = len(self.registers.starts), REGISTER.word_length + PACE_BITS
        state = law.power_bits + law.smooth_bits + trim
        total = self.plan.total.bits
        first = max(bits, law.level_bits + 1)
        return Inventory(
            "compressor",
            adders=3 * law.power_bits + law.smooth_bits + 4 * law.level_bits + 4 * trim + 2 * total + 18 + bits,
            results=state + 2 * law.level_bits + total + 2 * FACTOR_BITS + bits,
            registers=bits + REGISTER.word_length * (count + 1) + PHASES,
            multiplexers=3 * (first + FACTOR_BITS) + 2 * REGISTER.word_length * count + 4 * FACTOR_BITS + 2 * bits + state,
            tables=((16, 12), (16, 9), (16, 17), (16, 12)),
            constants=((len(law.bands) << LINE_BITS, FACTOR_BITS),) * 2,
            memories=((1 << self.registers.channel_bits, state),),
            products=((first, FACTOR_BITS), (10, 10), (13, 9)),
        )

    def block(self, **signals: Any) -> Any:
        return compressor(**bundled(signals), plan=self.plan)


def _low_to_high(values: Sequence[Any]) -> list[Any]:
    """From the order of channels to that of frequencies."""
    return [values[0], *reversed(values[1:])]

