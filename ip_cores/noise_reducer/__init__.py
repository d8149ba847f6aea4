"""Noise reducer for band words: a gain for each band, by how far its level stands above a tracked noise floor.

Real noise is not stationary, and not white; so each band's floor follows the least levels there were, down at once and up slowly, and the
gain is small where the level is near it. Levels are logarithms of power; the gain is read from a table of the difference, without a
division. The state of all bands lies in one memory, one word in 16 clocks. The least gain and two control bits are the registers of an
Avalon-MM slave.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

import fixed_point.noise_reducer
import reference.noise_reducer
from fixed_point import Format, Rounding, quantize
from fixed_point.families.band_power import FACTOR_BITS
from fixed_point.noise_reducer import GAIN, KNOTS, ONE, REST_BITS, TOP_BITS, BandSteps, Reduction, rise_words
from fixed_point.word_lengths.losses import CoefficientSet, Losses, Transfer
from fixed_point.word_lengths.noise import rounding_noise
from ip_cores.banks.wavelet_bank import MAXIMUM_LEVELS, words_and_channel
from ip_cores.blocks.process import Process
from ip_cores.blocks.stream import bundled
from ip_cores.core import Core
from ip_cores.families.band_stage import BandStage
from ip_cores.inventory import Inventory
from ip_cores.noise_reducer.hardware import noise_reducer
from ip_cores.noise_reducer.plan import ReducerPlan, reducer_timing
from ip_cores.parameters import ParameterError, check_entity_name, parameter
from ip_cores.port import Port, RegisterField
from ip_cores.run_time import RunTimeInputs, Steered, port_input, register_input
from ip_cores.schedule import Fields
from reference.noise_reducer import BandTimes, gain_rule

BANKS = ("undecimated", "decimated")
RULES = ("wiener", "subtract")

SHORTEST_BAND, LONGEST_BAND = 4, 32
REGISTER_BITS = 16
DOUBLING = 10 * math.log10(2)
"""A doubling of power, in dB."""

LARGEST_STEPS = {"power_time": 12, "fall_time": 12, "gain_time": 12, "block_time": 20}
"""Two to these are the most words of a band that times stand for."""

LOGARITHM_ERROR = 0.0013
"""Doublings by which two logarithms of neighbouring levels differ in their errors at most (`fixed_point.families.logarithms`)."""

CONTROL_PORTS = (
    Port("bypass", "in"),
    Port("freeze", "in"),
    Port("control_address", "in", 1),
    Port("control_write", "in"),
    Port("control_writedata", "in", REGISTER_BITS),
    Port("control_readdata", "out", REGISTER_BITS),
)

CONTROL_MEANINGS = {
    "bypass": "words pass as they are",
    "freeze": "the noise floor stays as it is",
    "control_address": f"0: the least gain, {GAIN}; 1: bit 0 bypasses, bit 1 freezes",
    "control_write": "the register is written on this edge",
    "control_writedata": "what is written",
    "control_readdata": "what stands at the address",
}

FLOOR_ADDRESS, BITS_ADDRESS = 0, 1


def gain_curve(value: Any) -> str | tuple[float, ...]:
    """A rule by name, or gains from 0 to 1 at equal distances."""
    if isinstance(value, str) and value in RULES:
        return value
    if isinstance(value, str) or not isinstance(value, Sequence) or not 2 <= len(value) <= KNOTS:
        raise ValueError(f"must be {gain_curve.allowed}")  # type: ignore[attr-defined]
    if any(isinstance(gain, bool) or not isinstance(gain, int | float) or not 0 <= gain <= 1 for gain in value):
        raise ValueError("must hold gains from 0 to 1")
    return tuple(float(gain) for gain in value)


gain_curve.allowed = f"wiener, subtract, or a list of 2 to {KNOTS} gains at 0 to {1 << TOP_BITS} doublings of power above the floor"  # type: ignore[attr-defined]
gain_curve.alternatives = (*RULES, (0.0, 0.25, 0.75, 1.0))  # type: ignore[attr-defined]


def milliseconds(default: float, doc: str) -> Any:
    """A parameter that is a time."""
    return parameter(default, doc=doc, kind=float, minimum=0.01, maximum=60_000, unit="ms")


@dataclass(frozen=True)
class NoiseReducer(BandStage, Core):
    """Parameters of a noise reducer; see ``docs/cores/noise_reducer.md``."""

    kind: ClassVar[str] = "noise_reducer"
    meanings: ClassVar[Mapping[str, str]] = CONTROL_MEANINGS
    summary: ClassVar[str] = "noise reducer for wavelet bands: a gain by the level above the tracked noise floor"
    family: ClassVar[str] = "hearing"

    name: str = parameter("noise_reducer", doc="entity name; a VHDL identifier", kind=check_entity_name)
    sink: Format = parameter(
        "sfix20_En18", doc="format of the band words, in and out", kind=Format, minimum=SHORTEST_BAND, maximum=LONGEST_BAND
    )
    levels: int = parameter(4, doc="details of the bank", kind=int, minimum=1, maximum=MAXIMUM_LEVELS)
    bank: str = parameter("undecimated", doc="kind of the bank in front", kind=str, choices=BANKS)
    floor: float = parameter(
        0.2, doc="least gain after a reset: 0.2 by itself, 0.4 where amplification follows", kind=float, minimum=0, maximum=1
    )
    oversubtraction: float = parameter(2.0, doc="times that the noise is taken off the power", kind=float, minimum=0, maximum=16)
    rule: str | tuple[float, ...] = parameter(
        "wiener", doc="gain: 1 - oversubtraction noise / power; its square root; or gains of one's own", kind=gain_curve
    )
    power_time: float = milliseconds(8.0, "time constant of the power, a power of two of words")
    fall_time: float = milliseconds(16.0, "time constant with which the noise floor falls, a power of two of words")
    gain_time: float = milliseconds(2.0, "time constant of the gain, a power of two of words")
    rise: float = parameter(6.0, doc="how fast the noise floor rises", kind=float, minimum=0.01, maximum=1000, unit="dB/s")
    start_time: float = milliseconds(25.0, "time after a reset in which the noise floor is the level")
    block_time: float = milliseconds(512.0, "time over which the least level is looked for, a power of two of words")

    def check(self) -> None:
        self.check_signed()
        word = 1000 / self.band_rate
        for name, most in LARGEST_STEPS.items():
            if not 0 <= self.step(name) <= most:
                raise ParameterError(name, getattr(self, name), f"must be {word:.4g} to {word * 2**most:.4g} ms at {self._rate_text}")
        if any(band.start > 1 << band.block_bits for band in self.reduction.bands):
            most_allowed = f"must be no more than block_time, here {self.time_of('block_time'):.4g} ms"
            raise ParameterError("start_time", self.start_time, most_allowed)
        if self.reduction.power_bits + self.levels * (self.bank == "decimated") > 62:
            raise ParameterError("power_time", self.power_time, f"must be shorter for words of {self.sink.word_length} bits")

    def at_rate(self, rate: float) -> Any:
        """The same in milliseconds: other steps."""
        return self if rate == self.sample_rate else self.replace(sample_rate=rate)

    @property
    def band_rate(self) -> float:
        """Words per second of a band; of the samples in front of a decimated bank."""
        return self.sample_rate / (self.levels + 1) if self.bank == "undecimated" else self.sample_rate

    @property
    def _rate_text(self) -> str:
        return f"{self.band_rate:g} words/s of a band" if self.bank == "undecimated" else f"{self.band_rate:g} samples/s"

    def step(self, name: str) -> int:
        """The power of two that is nearest to a time in words of a band, as an exponent."""
        return round(math.log2(getattr(self, name) / 1000 * self.band_rate))

    def time_of(self, name: str) -> float:
        """The time in ms that comes of it."""
        return 1000 * 2 ** self.step(name) / self.band_rate

    @property
    def scales(self) -> tuple[int, ...]:
        """Of channels 0, 1, …: two to this is by how much the band's words are fewer than the samples."""
        count = 1 << (self.sink_ports[0].width or 1)
        if self.bank == "undecimated":
            return (0,) * count
        return tuple(channel if 0 < channel <= self.levels else self.levels for channel in range(count))

    @property
    def rises(self) -> tuple[float, ...]:
        """Doublings of power by which the floor of each channel rises in a word."""
        return tuple(self.rise / DOUBLING / self.band_rate * 2**scale for scale in self.scales)

    @cached_property
    def reduction(self) -> Reduction:
        """Word lengths and constants."""
        words, fraction_length = rise_words(self.rises)
        bands = tuple(
            BandSteps(
                power=max(0, self.step("power_time") - scale),
                fall=max(0, self.step("fall_time") - scale),
                gain=max(0, self.step("gain_time") - scale),
                rise=rise,
                start=max(1, round(self.start_time / 1000 * self.band_rate / 2**scale)),
                block_bits=max(1, self.step("block_time") - scale),
            )
            for scale, rise in zip(self.scales, words, strict=True)
        )
        top = int(quantize(gain_rule([1 << TOP_BITS], self.rule, self.oversubtraction), GAIN)[0])
        return Reduction(self.sink, bands, self.knots, fraction_length, top)

    @cached_property
    def knots(self) -> tuple[int, ...]:
        """The table of gains."""
        distances = np.arange(KNOTS - 1) / (KNOTS - 1 >> TOP_BITS)
        # The last knot is where straight lines to it lead: above it the gain is 1.
        top = np.nextafter(float(1 << TOP_BITS), 0.0)
        return tuple(int(word) for word in quantize(gain_rule([*distances, top], self.rule, self.oversubtraction), GAIN))

    @property
    def floor_word(self) -> int:
        """What the register of the least gain holds after a reset."""
        return int(quantize(self.floor, GAIN))

    @property
    def derived(self) -> Mapping[str, str]:
        unit = "words" if self.bank == "undecimated" else "samples"
        steps = {name: f"{self.time_of(name):.4g} ms, 2**{self.step(name)} {unit}" for name in LARGEST_STEPS}
        start, rise = round(self.start_time / 1000 * self.band_rate), self.rise / DOUBLING / self.band_rate
        return {
            "band_rate": self._rate_text,
            **steps,
            "start_time": f"{max(1, start)} {unit}",
            "rise": f"{rise:.4g} doublings of power in one of these {unit}",
        }

    @property
    def register_map(self) -> tuple[RegisterField, ...]:
        meaning = "least gain, `ufix16_En15`; what is above 1 counts as 1"
        return (
            RegisterField.of(0, Format(False, 16, 15), self.floor_word, meaning, "floor", highest=1 << 15),
            RegisterField(1, 0, 0, 0, "words pass unchanged, as with the port `bypass`", "bypass"),
            RegisterField(1, 1, 1, 0, "the noise floor stays, as with the port `freeze`", "freeze"),
        )

    @property
    def control_ports(self) -> tuple[Port, ...]:
        return CONTROL_PORTS

    @cached_property
    def plan(self) -> ReducerPlan:
        """What the hardware follows from."""
        return ReducerPlan(self.reduction, self.floor_word)

    def timing(self, fields: Fields | None = None) -> Process:
        return reducer_timing(self.plan)

    @property
    def check_length(self) -> int:
        """Words of which the last ones meet a floor of its own in every band, as far as they can be simulated in some seconds."""
        return min((self.levels + 1) * (self.reduction.bands[0].start + 16), 4096)

    @property
    def settings(self) -> dict[str, Any]:
        """By what the reference goes."""
        times = [
            BandTimes(2.0**-band.power, 2.0**-band.fall, 2.0**-band.gain, rise, band.start, 1 << band.block_bits)
            for band, rise in zip(self.reduction.bands, self.rises, strict=True)
        ]
        lowest = (self.sink.resolution * 2.0**self.reduction.dropped) ** 2
        return {"times": times, "floor": self.floor, "rule": self.rule, "oversubtraction": self.oversubtraction, "lowest": lowest}

    def reference(self, x: Any) -> Any:
        return reference.noise_reducer.noise_reducer(*words_and_channel(x), **self.settings)

    def model(self, x: Any) -> Any:
        return fixed_point.noise_reducer.noise_reducer(*words_and_channel(x), self.reduction, self.floor_word)

    @property
    def run_time_inputs(self) -> RunTimeInputs:
        return {
            "bypass": port_input("bypass"),
            "freeze": port_input("freeze"),
            "floor": register_input(FLOOR_ADDRESS, self.floor_word, (1 << REGISTER_BITS) - 1, turning_points=(ONE,)),
            "bits": register_input(BITS_ADDRESS, 0, 3),
        }

    def steered_model(self, x: Any, values: Steered) -> Any:
        bits = values["bits"]
        frozen, passed = (values["freeze"] | bits >> 1 & 1) > 0, (values["bypass"] | bits & 1) > 0
        return fixed_point.noise_reducer.noise_reducer(*words_and_channel(x), self.reduction, values["floor"], frozen, passed)

    def reference_with(self, x: Any, coefficients: Any) -> Any:
        """With levels and words they are measured of that are off, straight lines in place of the rule, and gains that are off."""
        words, channel = words_and_channel(x)
        level, word, lines, gain = (float(one) for one in coefficients[0])
        settings = {**self.settings, "offset": level}
        if word:
            settings["seen"] = words + word * np.random.default_rng(len(words)).uniform(-1.0, 1.0, len(words)) * (np.asarray(words) != 0)
        reduced, _ = reference.noise_reducer.noise_reducer(words, channel, **settings)
        if lines:
            straight, _ = reference.noise_reducer.noise_reducer(words, channel, **settings | {"rule": self.straight_lines})
            reduced += lines * (straight - reduced)
        return reduced + gain * np.asarray(words, dtype=np.float64), channel

    def straight_lines(self, d: Any) -> Any:
        """The table of gains as a curve."""
        lines = np.interp(d, np.arange(KNOTS) / (KNOTS - 1 >> TOP_BITS), np.array(self.knots) / ONE)
        return np.where(d >= 1 << TOP_BITS, self.reduction.top / ONE, lines)

    @cached_property
    def steepest(self) -> float:
        """Largest change of the gain with a doubling of power, where it is above the floor."""
        knots = np.maximum(np.array(self.knots), self.floor_word) / ONE
        return float(np.max(np.abs(np.diff(knots)))) * (KNOTS - 1 >> TOP_BITS)

    @cached_property
    def level_error(self) -> float:
        """Doublings by which a level above its floor may be off: two logarithms, the rise over a block, the bits that the table sees."""
        block = max(rise * 2.0**band.block_bits for rise, band in zip(self.rises, self.reduction.bands, strict=True))
        words = np.array([band.rise for band in self.reduction.bands])
        return LOGARITHM_ERROR + min(block, 1.0) * float(np.max(0.5 / words)) + 2.0**-REST_BITS / (KNOTS - 1 >> TOP_BITS)

    @cached_property
    def losses(self) -> Losses:
        """Levels, lines and gains that are off, one rounding; an error that enters leaves smaller, but moves level and floor too.

        Notes
        -----
        What levels, the table's straight lines and gains are off by counts as coefficients do: the reference is tried with each
        (`reference_with`), so that it is known what they mean for these words.

        An error e of words b changes their power by 2 e b, hence the level by 2 e / (b ln 2) doublings, and the gain by `steepest` times
        that: b times it is 2.9 `steepest` e. Level and floor can be off by as much each, in the worst case; the power takes the mean
        over many words, so that of white errors little is left.
        """
        worst = 4 / math.log(2) * self.steepest
        rounding = rounding_noise(Rounding.NEAREST, GAIN.fraction_length, self.sink.resolution)
        # A square lacks the lower bits of one factor: as if both lacked half as much, and twice that where words repeat themselves.
        word = self.sink.resolution * 2.0**self.reduction.dropped / 2 if self.reduction.dropped else 0.0
        off = CoefficientSet(np.zeros(4), np.array([self.level_error, word, 1.0, 1.5 * GAIN.resolution]), tied=False)
        return Losses(rounding, transfer=Transfer(1.0, 1.0, 1 + worst, 1 + worst / 8), coefficients=(off,), scatter=0.25)

    @property
    def inventory(self) -> Inventory:
        bits, r, plan = self.sink.word_length, self.reduction, self.plan
        logarithm = 18 + 2 * (r.logarithm.integer_bits + 12)
        return Inventory(
            "noise_reducer",
            # Power: sum, rounding, difference; floor: two comparisons, distance, fall, rise, bound; gain: sum, rounding twice, difference.
            adders=3 * r.power_bits + 7 * r.floor_bits + 2 * r.level_bits + 4 * r.smooth_bits + logarithm + bits + 2 * GAIN.word_length,
            results=plan.state_bits + bits + FACTOR_BITS + r.floor_bits + 3 * GAIN.word_length,
            registers=bits + 2 * GAIN.word_length + 64,
            multiplexers=5 * r.power_bits + 4 * r.floor_bits + FACTOR_BITS + bits,
            counters=r.count_bits,
            tables=((16, 12), (16, REST_BITS)),
            constants=((KNOTS - 1, plan.slope_bits + GAIN.word_length),),
            memories=((1 << plan.channel_bits, plan.state_bits),),
            products=((bits, FACTOR_BITS), (10, 10), (plan.slope_bits, REST_BITS + 1)),
        )

    def block(self, **signals: Any) -> Any:
        return noise_reducer(**bundled(signals), plan=self.plan)
