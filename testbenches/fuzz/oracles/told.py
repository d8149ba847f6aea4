"""What an oracle is told: a core's description and formats, what is played to it, and the few numbers that no datasheet fixes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from testbenches.for_tests.oracle import ROUNDING, to_word

Row = list[int]
Rows = dict[str, Row]
"""Words by field of a stream, in the order in which a model takes or gives them."""

PATTERN = re.compile(r"([su])fix(\d+)(?:_(En|E)(\d+))?")


@dataclass(frozen=True)
class Told:
    """A core as its description and its manifest show it.

    Attributes
    ----------
    description : mapping
        All parameters.
    sink, source : str
        Formats; empty where a side carries no words.
    facts : mapping
        What follows from word lengths by a rule that leaves a choice, as the windows' words do; an oracle checks it before it is used.
    """

    description: Mapping[str, Any]
    sink: str
    source: str
    facts: Mapping[str, Any] = field(default_factory=dict)

    def __getitem__(self, key: str) -> Any:
        return self.description[key]


Oracle = Callable[[Told, Mapping[str, Row], Mapping[str, Row]], Rows]
"""The right source words, from what is told, the sink words and the values of run-time inputs at each of them."""


@dataclass(frozen=True)
class Numbers:
    """A number format, read from its text.

    Examples
    --------
    >>> Numbers.read("sfix16_En15"), Numbers.read("ufix8"), Numbers.read("sfix12_E3").fraction
    (Numbers(signed=True, bits=16, fraction=15), Numbers(signed=False, bits=8, fraction=0), -3)
    """

    signed: bool
    bits: int
    fraction: int

    @classmethod
    def read(cls, text: str) -> Numbers:
        found = PATTERN.fullmatch(text)
        if found is None:
            raise ValueError(f"{text} is no format")
        sign, bits, way, places = found.groups()
        return cls(sign == "s", int(bits), int(places or 0) * (-1 if way == "E" else 1))

    @property
    def least(self) -> int:
        return -(2 ** (self.bits - 1)) if self.signed else 0

    @property
    def greatest(self) -> int:
        return self.least + 2**self.bits - 1

    def word(self, value: Fraction, rounding: str, overflow: str) -> int:
        """A value as a word."""
        return to_word(value, self.signed, self.bits, self.fraction, rounding, overflow)


def scaled(word: int, fraction: int) -> Fraction:
    """What a word of a fraction length stands for."""
    return Fraction(word) / Fraction(2) ** fraction


def rounded(total: int, places: int, rounding: str) -> int:
    """A sum with its last places dropped; none of it can overflow."""
    return ROUNDING[rounding](scaled(total, places))


def nearest_word(value: float, bits: int, fraction: int) -> int:
    """A coefficient as a signed word: to the nearest, half up, within the range."""
    return to_word(Fraction(value), True, bits, fraction, "nearest", "saturate")


def fullest_fraction(values: list[float], bits: int) -> int:
    """The greatest fraction length at which no coefficient overflows a signed word.

    Examples
    --------
    >>> fullest_fraction([0.25, -0.5], 8), fullest_fraction([0.25, 0.5], 8), fullest_fraction([0.0], 8)
    (8, 7, 7)
    """
    if not any(values):
        return bits - 1
    fraction = bits + 80
    half = 2 ** (bits - 1)
    while any(not -half <= ROUNDING["nearest"](Fraction(value) * Fraction(2) ** fraction) < half for value in values):
        fraction -= 1
    return fraction
