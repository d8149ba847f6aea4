"""Gains that are logarithms, word by word: band_gain and compressor (docs/cores/band_gain.md, docs/cores/compressor.md)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from testbenches.fuzz.oracles.reducer_words import logarithm, pole
from testbenches.fuzz.oracles.told import Numbers, Row, Rows, Told

DOUBLING = 10 * math.log10(2)
"""Of power, in dB; of amplitude twice that."""

EXP_KNOTS = [round(65536 * 2 ** (k / 16)) for k in range(17)]
SPEECH_LOW, SPEECH_DETAILS = 61.0, [51.0, 52.0, 55.0, 59.0]
"""Levels in speech of the approximation of four levels, and of its details from the first on, in dB SPL."""


def half_up(value: float) -> int:
    return math.floor(value + 0.5)


def two_to(x: int, fraction: int) -> int:
    """2 ** (x / 4096) with so many bits of fraction, by straight lines between 17 knots; no more than 17 bits."""
    octave, knot, rest = x >> 12, x >> 8 & 15, x & 255
    mantissa = EXP_KNOTS[knot] + ((EXP_KNOTS[knot + 1] - EXP_KNOTS[knot]) * rest >> 8)
    places = 16 - octave - fraction
    found = mantissa << -places if places <= 0 else (mantissa + (1 << places - 1)) >> places
    return min(found, 2**17 - 1)


def weighed(word: int, x: int, numbers: Numbers) -> int:
    """A word times 2 ** (x / 4096), rounded once and limited; the gain lies between 2**-16 and 2**7."""
    x = min(max(x, -16 * 4096), 7 * 4096 - 1)
    fraction = 10 if x >= 0 else 17
    # Seven doublings more, seven more bits of fraction: the same factor.
    product = word * (two_to(x, 10) if x >= 0 else two_to(x + 7 * 4096, 10))
    return min(max((product + 2**fraction // 2) >> fraction, numbers.least), numbers.greatest)


class Gain:
    """A gain on its way: in 2**15 parts of a doubling, no more than a step a word."""

    def __init__(self, first: int, step: int) -> None:
        self.now, self.step = first * 16, step

    def towards(self, register: int) -> int:
        target = register * 16
        self.now = min(target, self.now + self.step) if target > self.now else max(target, self.now - self.step)
        return self.now


def register_word(decibels: float) -> int:
    return half_up(decibels / (2 * DOUBLING) * 2048)


def signed(register: int) -> int:
    return register - 65536 if register >= 32768 else register


def in_channels(values: Any, levels: int) -> list[float]:
    """One for all bands, or bands from low to high: in the order of channels, 0 for the lowest and then from the highest down."""
    return [values] * (levels + 1) if isinstance(values, int | float) else [values[0], *values[:0:-1]]


def step_of(told: Told, rate: float) -> int:
    return max(1, half_up(told["ramp"] / rate / (2 * DOUBLING) * 2**15))


def rate_of(told: Told) -> float:
    """Words of a band a second; of the one that has most."""
    rate = told.description.get("sample_rate", 16000)
    return rate / (told["levels"] + 1) if told.description.get("bank", "undecimated") == "undecimated" else rate / 2


def gained(told: Told, words: Mapping[str, Row], values: Mapping[str, Row]) -> Rows:
    """Each band by itself, in any order; what is no band has 0 dB."""
    levels, numbers = told["levels"], Numbers.read(told.sink)
    starts = {band: register_word(gain) for band, gain in enumerate(in_channels(told["gains"], levels))}
    gains = {band: Gain(starts.get(band, 0), step_of(told, rate_of(told))) for band in set(words["channel"])}

    def left(n: int, word: int, band: int) -> int:
        wanted = starts.get(band, 0) if band > levels or not values else signed(values[f"gain_{band}"][n])
        return weighed(word, half_up(gains[band].towards(wanted) / 8), numbers)

    return passed_on(words, values, left)


def passed_on(words: Mapping[str, Row], values: Mapping[str, Row], left: Any) -> Rows:
    """Words as a stage leaves them, or, where it is bypassed, as they came."""
    zeros = [0] * len(words["data"])
    bits, bypass = values.get("bits", zeros), values.get("bypass", zeros)
    result = []
    for n, (word, band) in enumerate(zip(words["data"], words["channel"], strict=True)):
        own = left(n, word, band)
        result.append(word if bypass[n] or bits[n] & 1 else own)
    return {"data": result, "channel": list(words["channel"])}


class Bend(NamedTuple):
    """From a level on, in dB SPL, the gain changes by so many dB for each dB of level more than before."""

    level: float
    more: float


class Band:
    """One band of a compressor."""

    def __init__(self, told: Told, channel: int) -> None:
        levels, self.numbers = told["levels"], Numbers.read(told.sink)
        channel = min(channel, levels)
        rate, bits = rate_of(told), self.numbers.bits
        self.cut = bits - 17 if bits > 18 else 0
        self.guard = max(0, 4 - self.cut)
        self.step = round(math.log2(told["power_time"] * rate / 1000))
        self.point = 2 * self.numbers.fraction + self.guard + self.step - (self.cut - 1 if self.cut else 0)
        own = {name: in_channels(told[name], levels)[channel] for name in OF_BAND}
        self.draw(told, own, speech_level(told, channel))
        slope = 1 - 1 / own["compression_ratio"]
        self.attack, self.release = (self.pace(told[name], rate, slope, left) for name, left in (("attack", 3.0), ("release", 4.0)))
        self.power, self.smooth = 0, self.silence << 28
        self.trim = Gain(0, step_of(told, rate))

    @property
    def silence(self) -> int:
        """Doublings of the power's last bit at which words are silence."""
        return self.step + self.guard + (self.cut + 1 if self.cut else 0)

    def draw(self, told: Told, own: Mapping[str, float], speech: float) -> None:
        """The curve's words: gain where the level is 0, slopes, and where they change."""
        k, limit = 1 - 1 / own["compression_ratio"], own["output_limit"]
        knee, expands = own["compression_knee"], own["expansion_knee"]
        below = own["gains"] + k * (speech - knee)
        # Above its knee a level l leaves as l + gains - k (l - speech), which is the limit here:
        compressed = (limit - own["gains"] - k * speech) / (1 - k)
        bends = [Bend(expands, 1 - own["expansion_ratio"])]
        if limit - below > knee:
            bends += [Bend(knee, -k), Bend(compressed, k - 0.9)]
        else:
            bends += [Bend(knee, 0.0), Bend(limit - below, -0.9)]
        zero = told["full_scale_spl"] + DOUBLING * (1 - self.point)
        first, gain = own["expansion_ratio"] - 1, below + (own["expansion_ratio"] - 1) * (zero - expands)
        self.lines = []
        for bend in bends:
            place = (bend.level - zero) / DOUBLING
            if place <= 0:
                first, gain = first + bend.more, gain + bend.more * (zero - bend.level)
            else:
                self.lines.append((min(half_up(place * 4096), 2**18 - 1), half_up(bend.more / 2 * 65536)))
        self.lines.insert(0, (0, half_up(first / 2 * 65536)))
        self.start = half_up((gain + told["full_scale_spl"] - told["output_full_scale_spl"]) / (2 * DOUBLING) * 4096)

    @staticmethod
    def pace(time: float, rate: float, slope: float, left: float) -> int:
        """Part of its distance by which the level goes on, of 2**16."""
        tau = time / 1000
        if 35 * slope > left:
            tau /= math.log(35 * slope / left)
        return half_up((1 - math.exp(-1 / (rate * tau))) * 65536)

    def left(self, word: int, register: int) -> int:
        """The word as it leaves."""
        square = word * (2 * (word >> self.cut) + 1) if self.cut else word * word
        self.power = pole(self.power, square << self.guard, self.step, self.step)
        level = logarithm(max(self.power, 1 << self.silence))
        distance = level - (self.smooth >> 16)
        self.smooth += distance * (self.attack if distance > 0 else self.release)
        total = self.start * 2**16 + self.trim.towards(register) * 2**13
        for place, slope in self.lines:
            total += slope * max((self.smooth >> 16) - place, 0)
        return weighed(word, total + 2**15 >> 16, self.numbers)


OF_BAND = "gains", "compression_ratio", "compression_knee", "expansion_knee", "expansion_ratio", "output_limit"


def speech_level(told: Told, channel: int) -> float:
    """Level of a channel in speech of 65 dB SPL."""
    if told["speech_levels"] != "measured":
        return float(in_channels(told["speech_levels"], told["levels"])[channel])
    levels = told["levels"]
    if 0 < channel <= min(4, levels):
        return SPEECH_DETAILS[channel - 1]
    if channel:  # halves of what is below 500 Hz, and halves of these
        return SPEECH_LOW - DOUBLING * (channel - 4)
    inside = [SPEECH_LOW, *SPEECH_DETAILS[levels:]] if levels < 4 else [SPEECH_LOW - DOUBLING * (levels - 4)]
    return 10 * math.log10(sum(math.exp(one * math.log(10) / 10) for one in inside))


def compressed(told: Told, words: Mapping[str, Row], values: Mapping[str, Row]) -> Rows:
    """Each band by itself, in any order; what is no band goes as the last one."""
    bands = {band: Band(told, band) for band in set(words["channel"])}

    def left(n: int, word: int, band: int) -> int:
        return bands[band].left(word, 0 if band > told["levels"] or not values else signed(values[f"trim_{band}"][n]))

    return passed_on(words, values, left)
