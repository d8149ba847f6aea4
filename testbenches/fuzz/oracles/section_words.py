"""Cascade of second-order sections: exact sums in fractions, one rounding a section, whose error comes back (docs/cores/biquad.md)."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import floor
from typing import Any

from testbenches.fuzz.oracles.told import Numbers, Row, Rows, Told, scaled

FED_BACK = {1: lambda error, least: error, -1: lambda error, least: 1 - least - error, 0: lambda error, least: Fraction(1, 2)}
"""What the next sum begins with, of an error from 0 to less than 1 in steps of `least`."""


class Line:
    """A section with the line behind it.

    Parameters
    ----------
    b, a : list of Fraction
    shaping : int
        Way in which errors are fed back, a key of `FED_BACK`.
    begin : Fraction
        What the first sum begins with.
    least : Fraction
        Step of a sum.
    """

    def __init__(self, b: list[Fraction], a: list[Fraction], shaping: int, begin: Fraction, least: Fraction) -> None:
        self.b, self.a, self.shaping, self.begin, self.least = b, a, shaping, begin, least
        self.x, self.y = [0, 0, 0], [0, 0]

    def word(self, x: int) -> int:
        self.x = [x, *self.x[:2]]
        total = (
            self.begin + sum(b * x for b, x in zip(self.b, self.x, strict=True)) - sum(a * y for a, y in zip(self.a, self.y, strict=True))
        )
        y = floor(total)
        self.begin = FED_BACK[self.shaping](total - y, self.least)
        self.y = [y, self.y[0]]
        return y


def lines_of(facts: Mapping[str, Any]) -> list[Line]:
    """The sections, from the words that the datasheet lists."""
    least = Fraction(1, 2 ** facts["dropped"])
    shaped = any(row["shaping"] for row in facts["sections"])
    begin = Fraction(0) if shaped else Fraction(1, 2)
    return [
        Line(
            [scaled(b, row["point"]) for b in row["b"]], [scaled(a, facts["feedback_point"]) for a in row["a"]], row["shaping"],
            begin, least,
        )
        for row in facts["sections"]
    ]  # fmt: skip


def last_word(word: int, lines: list[Line], facts: Mapping[str, Any]) -> int:
    """The last line's word to a word of the sink; no word inside leaves its range."""
    y, bits = word * 2 ** facts["lift"], facts["state_bits"]
    for line in lines:
        y = line.word(y)
        if not -(2 ** (bits - 1)) <= y < 2 ** (bits - 1):
            raise OverflowError(f"{y} does not fit into {bits} bits")
    return y


def section_filtered(told: Told, words: Mapping[str, Row], values: Mapping[str, Row]) -> Rows:
    """Each channel by itself, in any order; no word inside leaves its range."""
    source = Numbers.read(told.source)
    channels = words.get("channel", [0] * len(words["data"]))
    lines = {channel: lines_of(told.facts) for channel in set(channels)}
    result = []
    for word, channel in zip(words["data"], channels, strict=True):
        y = last_word(word, lines[channel], told.facts)
        result.append(source.word(scaled(y, told.facts["fraction"]), told["rounding"], told["overflow"]))
    return {"data": result, **({"channel": list(channels)} if "channel" in words else {})}


def bands_filtered(told: Told, words: Mapping[str, Row], values: Mapping[str, Row]) -> Rows:
    """Each band of a gammatone bank by itself, the words of a sample in turn; or the levels of these (docs/cores/gammatone_bank.md)."""
    source, bands, steps = Numbers.read(told.source), told.facts["bands"], told.facts["steps"]
    lines, levels = [lines_of(band) for band in bands], [0] * len(bands)
    result = []
    for word in words["data"]:
        for number, band in enumerate(bands):
            y = scaled(last_word(word, lines[number], band), band["fraction"])
            if told["envelope"]:
                # In steps of the last line, 2**steps times the level: what goes of it is rounded to nearest.
                level, one = levels[number], Fraction(2) ** band["fraction"]
                levels[number] = int(level + abs(y) * one - floor(Fraction(level, 2**steps) + Fraction(1, 2)))
                y = levels[number] / (one * 2**steps)
            result.append(source.word(y, told["rounding"], told["overflow"]))
    return {"data": result, "channel": list(range(len(bands))) * len(words["data"])}
