"""The noise reducer: power, logarithm, floor and gain of each band, word by word (docs/cores/noise_reducer.md)."""

from __future__ import annotations

import math
from collections.abc import Mapping

from testbenches.fuzz.oracles.told import Numbers, Row, Rows, Told

ONE = 2**15
LOG_KNOTS = [round(4096 * math.log2(1 + k / 16)) for k in range(17)]


class Times:
    """What a band goes by: exponents of its one-poles, the rise of its floor a word in doublings, words of its start and of its blocks."""

    def __init__(self, told: Told, band: int) -> None:
        rate = told.description.get("sample_rate", 16000)
        if told["bank"] == "undecimated":
            rate, octaves = rate / (told["levels"] + 1), 0
        else:
            octaves = band or told["levels"]

        def exponent(name: str, least: int = 0) -> int:
            return max(least, round(math.log2(told[name] * rate / 1000)) - octaves)

        self.power, self.fall, self.gain = (exponent(name) for name in ("power_time", "fall_time", "gain_time"))
        own = rate / 2**octaves
        self.rise = told["rise"] / (10 * math.log10(2)) / own
        self.start = max(1, round(told["start_time"] * own / 1000))
        self.block = 2 ** exponent("block_time", 1)


def gain_at(told: Told, d: float) -> float:
    """The rule, d doublings above the floor."""
    rule = told["rule"]
    if not isinstance(rule, str):
        at = min(d, 8) * (len(rule) - 1) / 8
        low = min(int(at), len(rule) - 2)
        return float(rule[low] + (rule[low + 1] - rule[low]) * (at - low))
    left = max(0.0, 1 - told["oversubtraction"] * 2.0**-d) if d < 8 else 1.0
    return left if rule == "wiener" else math.sqrt(left)


def logarithm(word: int) -> int:
    """log2 in 12 bits of fraction, by straight lines between 17 knots of the mantissa."""
    exponent = word.bit_length() - 1
    mantissa = (word << 13) >> exponent
    knot, rest = mantissa >> 9 & 15, mantissa & 511
    return exponent * 4096 + LOG_KNOTS[knot] + ((LOG_KNOTS[knot + 1] - LOG_KNOTS[knot]) * rest + 256 >> 9)


def pole(old: int, new: int, bits: int, own: int) -> int:
    """old += (new - old) / 2**own, with `bits` more bits than `new` has, rounded once."""
    ahead = bits - own
    return old + (new << ahead) - (((old << ahead) + 2**bits // 2) >> bits)


class Band:
    """One band."""

    def __init__(self, told: Told, band: int) -> None:
        self.times = Times(told, band)
        times = [Times(told, one) for one in range(told["levels"] + 1)]
        bits = Numbers.read(told.sink).bits
        self.cut = bits - 17 if bits > 18 else 0
        self.bits = [max(getattr(one, name) for one in times) for name in ("power", "fall", "gain")]
        self.fraction = min(max(20, 9 - math.floor(math.log2(min(one.rise for one in times)))), 32)
        self.rise = max(1, round(self.times.rise * 2**self.fraction))
        knots = [gain_at(told, k / 16) for k in range(128)]
        self.gains = [int(ONE * gain + 0.5) for gain in [*knots, gain_at(told, math.nextafter(8, 0))]]
        self.top = int(ONE * gain_at(told, 8) + 0.5)
        self.power = self.floor = self.gain = self.count = 0
        self.least = math.inf

    def reduced(self, word: int, least_gain: int, frozen: bool) -> int:
        """The word as it leaves."""
        power_bits, fall_bits, gain_bits = self.bits
        square, silence = (word * (2 * (word >> self.cut) + 1), self.cut + 1) if self.cut else (word * word, 0)
        guard = max(0, 4 - self.cut)
        self.power = pole(self.power, square << guard, power_bits, self.times.power)
        level = logarithm(max(self.power, 1 << power_bits + guard + silence)) << self.fraction - 12
        if not frozen:
            self.follow(level, fall_bits)
        distance = max(0, level - self.floor) >> self.fraction - 12
        knot, rest = distance >> 8, distance & 255
        line = self.top if knot > 127 else self.gains[knot] + ((self.gains[knot + 1] - self.gains[knot]) * rest >> 8)
        self.gain = pole(self.gain, max(line, min(least_gain, ONE)), gain_bits, self.times.gain)
        return (word * (self.gain + 2**gain_bits // 2 >> gain_bits) + ONE // 2) // ONE

    def follow(self, level: int, fall_bits: int) -> None:
        """The floor falls fast, rises slowly, and is no less than the least level of a block at its end."""
        if level < self.floor:
            pulled = self.floor - ((self.floor - level) * 2 ** (fall_bits - self.times.fall) >> fall_bits)
        else:
            pulled = min(self.floor + self.rise, level)
        self.count += 1
        self.least = min(self.least, level)
        ends = self.count % self.times.block == 0
        if self.count <= self.times.start:
            self.floor = level
        else:
            self.floor = int(max(pulled, self.least)) if ends else pulled
        if ends:
            self.least = level


def noise_reduced(told: Told, words: Mapping[str, Row], values: Mapping[str, Row]) -> Rows:
    """Each band by itself, in any order."""
    zeros = [0] * len(words["data"])
    floors = values.get("floor", [int(told["floor"] * ONE + 0.5)] * len(zeros))
    bits, bypass, freeze = (values.get(name, zeros) for name in ("bits", "bypass", "freeze"))
    bands = {band: Band(told, band) for band in set(words["channel"])}
    result = []
    for n, (word, band) in enumerate(zip(words["data"], words["channel"], strict=True)):
        left = bands[band].reduced(word, floors[n], bool(freeze[n] or bits[n] & 2))
        result.append(word if bypass[n] or bits[n] & 1 else left)
    return {"data": result, "channel": list(words["channel"])}
