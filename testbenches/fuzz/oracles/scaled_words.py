"""Duration without pitch: segments where they match best, faded into each other in exact fractions (docs/cores/time_scaler.md)."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import floor

from testbenches.fuzz.oracles.told import Numbers, Row, Rows, Told


def time_scaled(told: Told, words: Mapping[str, Row], values: Mapping[str, Row]) -> Rows:
    """One segment after another, as long as five halves of one from its origin on have come."""
    source, segment = Numbers.read(told.source), told["segment"]
    usual = floor(Fraction(16 * segment) / Fraction(told["duration"]) + Fraction(1, 2))
    data, result, follows, place = words["data"], [], 0, Fraction(0)
    steps = values.get("step", [usual] * len(data))
    while 2 * (len(data) - floor(place)) >= 5 * segment:
        origin = floor(place)
        places = range(origin, origin + segment)
        before = data[follows : follows + segment]
        compared = range(0, segment, told["thinning"])

        def distance(place: int, before: Row = before, compared: range = compared) -> int:
            return sum(abs(data[place + n] - before[n]) for n in compared)

        found = follows if follows in places else min(places, key=distance)
        for n, old in enumerate(before):
            faded = Fraction((segment - n) * old + n * data[found + n], segment) / Fraction(2) ** source.fraction
            result.append(source.word(faded, told["rounding"], "saturate"))
        follows, taken = found + segment, origin + 5 * segment // 2
        if taken == len(data):
            break
        place += Fraction(min(max(steps[taken], 8 * segment), 32 * segment), 16)
    return {"data": result}
