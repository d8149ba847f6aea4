"""The threshold: a running median for each band, word by word, and the rule (docs/cores/threshold.md)."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from testbenches.for_tests.oracle import ROUNDING
from testbenches.fuzz.oracles.told import Numbers, Row, Rows, Told


class Median:
    """m of one band: it has `adaptation` more fraction bits than the words, and moves by a part of itself."""

    def __init__(self, told: Told, band: int) -> None:
        word = Numbers.read(told.sink)
        self.adaptation = told["adaptation"]
        self.interval = 2**band + 1 if told["bank"] == "undecimated" else 2
        # From the last bit of a word to a quarter of full scale.
        self.lowest, self.highest = 2**self.adaptation, 2 ** (word.bits - 3 + self.adaptation)
        start = Fraction(told["start"] * 0.6745) * Fraction(2) ** (word.fraction + self.adaptation)
        self.median = min(max(ROUNDING["nearest"](start), self.lowest), self.highest)
        self.bits = word.bits - 2 + self.adaptation
        self.seen = 0

    def limit(self, factor: int) -> int:
        """Lambda in last bits of a word, from the 17 upper bits of m, rounded down."""
        dropped = max(0, self.bits - min(17, self.bits - self.adaptation))
        upper = self.median // 2**dropped * 2**dropped
        return upper * factor // (64 * 2**self.adaptation)

    def see(self, word: int) -> None:
        """Every so many words m moves, the same step up and down."""
        self.seen += 1
        if self.seen % self.interval:
            return
        step = (self.median + 2 ** (self.adaptation - 1)) // 2**self.adaptation
        if abs(word) * 2**self.adaptation > self.median:
            self.median += step if self.median < self.highest else 0
        else:
            self.median -= step if self.median >= self.lowest else 0


def factor_word(factor: float) -> int:
    """K / 0.6745 in steps of 1/64, in ten bits."""
    return min(ROUNDING["nearest"](Fraction(factor / 0.6745) * 64), 1023)


def shrunk_word(word: int, limit: int, rule: str) -> int:
    """What the rule makes of a detail."""
    if abs(word) > limit:
        return (abs(word) - limit) * (1 if word > 0 else -1) if rule == "soft" else word
    return ROUNDING["nearest"](Fraction(word, 4)) if rule == "floor" else 0


def thresholded(told: Told, words: Mapping[str, Row], values: Mapping[str, Row]) -> Rows:
    """Details that are no larger than lambda are made smaller; `tracked` in the facts says where trackers look at all."""
    count = len(words["data"])
    zeros = [0] * count
    gains = values.get("factor", [factor_word(told["threshold"])] * count)
    bits, bypass, freeze = (values.get(name, zeros) for name in ("bits", "bypass", "freeze"))
    tracked = told.facts.get("tracked") or [True] * count
    medians = {band: Median(told, band) for band in range(1, told["levels"] + 1)}
    result = []
    for n, (word, band) in enumerate(zip(words["data"], words["channel"], strict=True)):
        if band not in medians:
            result.append(word)
            continue
        passes, frozen = bypass[n] or bits[n] & 1, freeze[n] or bits[n] & 2 or not tracked[n]
        result.append(word if passes else shrunk_word(word, medians[band].limit(gains[n]), told["rule"]))
        if not frozen:
            medians[band].see(word)
    return {"data": result, "channel": list(words["channel"])}
