"""Frequency shifter: both filters' sums in exact numbers, each rounded once, a phase, and sines by their definition."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction

from testbenches.fuzz.oracles.filter_words import convolved
from testbenches.fuzz.oracles.told import Numbers, Row, Rows, Told, nearest_word, rounded, scaled

TURN, PLACES = 2**24, 2048


def sine(place: int) -> int:
    """The sine of so many 2048ths of a turn: to the nearest of 2**15 steps, a word with 16 bits of fraction."""
    exact = math.sin(2 * math.pi * place / PLACES)
    return (2 if exact > 0 else -2) * math.floor(2**15 * abs(exact) + 0.5)


def shifted(told: Told, words: Mapping[str, Row], values: Mapping[str, Row]) -> Rows:
    """i cos - q sin and what is added unshifted (docs/cores/frequency_shifter.md)."""
    sink, source, x = Numbers.read(told.sink), Numbers.read(told.source), words["data"]
    before, prefilter = told["taps"] // 2, told["prefilter"]
    in_phase = [0] * before + [nearest_word(tap, 18, 16) for tap in prefilter]
    quadrature = list(told.facts["quadrature"])
    if [-tap for tap in quadrature[::-1]] != quadrature or len(quadrature) != told["taps"] + len(prefilter) - 1:
        raise ValueError("the Hilbert filter is not antisymmetric, or not as long as it should be")
    late = before + len(prefilter) // 2
    step = math.floor(Fraction(told["shift"]) / Fraction(told.description.get("sample_rate", 16000)) * TURN + Fraction(1, 2)) % TURN
    dry, phase, result = nearest_word(told["dry"], 18, 16), 0, []
    sums = zip(convolved(x, in_phase), convolved(x, quadrature), values.get("increment", [step] * len(x)), strict=True)
    for n, (i, q, increment) in enumerate(sums):
        phase = (phase + increment) % TURN if increment else 0
        place = math.floor(Fraction(phase * PLACES, TURN) + Fraction(1, 2))
        # Behind the filters there is one bit more than in the samples.
        total = rounded(i, 15, "nearest") * sine(place + PLACES // 4) - rounded(q, 15, "nearest") * sine(place)
        total += 2 * dry * (x[n - late] if n >= late else 0)
        result.append(source.word(scaled(total, sink.fraction + 17), "nearest", "saturate"))
    return {"data": result}
