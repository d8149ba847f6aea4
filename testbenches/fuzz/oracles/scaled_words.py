"""Duration without pitch: segments where they match best, faded into each other in exact fractions (docs/cores/time_scaler.md)."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import floor

from testbenches.fuzz.oracles.told import Numbers, Row, Rows, Told


def time_scaled(told: Told, words: Mapping[str, Row], values: Mapping[str, Row]) -> Rows:
    """One segment after another, as long as five halves of one from its origin on have come."""
    source, segment = Numbers.read(told.source), told["segment"]
    step = Fraction(floor(Fraction(16 * segment) / Fraction(told["duration"]) + Fraction(1, 2)), 16)
    data, result, follows, number = words["data"], [], 0, 0
    while 2 * (len(data) - floor(number * step)) >= 5 * segment:
        origin = floor(number * step)
        places = range(origin, origin + segment)
        before = data[follows : follows + segment]
        compared = range(0, segment, told["thinning"])

        def distance(place: int, before: Row = before, compared: range = compared) -> int:
            return sum(abs(data[place + n] - before[n]) for n in compared)

        found = follows if follows in places else min(places, key=distance)
        for n, old in enumerate(before):
            faded = Fraction((segment - n) * old + n * data[found + n], segment) / Fraction(2) ** source.fraction
            result.append(source.word(faded, told["rounding"], "saturate"))
        follows, number = found + segment, number + 1
    return {"data": result}
