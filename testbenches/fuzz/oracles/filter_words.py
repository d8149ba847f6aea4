"""FIR filters: the convolution in exact numbers, one rounding, the rate changed by its definition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from testbenches.fuzz.oracles.told import Numbers, Row, Rows, Told, scaled


def convolved(words: Sequence[int], taps: Sequence[int]) -> Row:
    """The sums of a filter, as many as there are words; those before the first are 0."""
    return [sum(tap * words[n - k] for k, tap in enumerate(taps[: n + 1]) if tap) for n in range(len(words))]


def fir_filtered(told: Told, words: Mapping[str, Row], values: Mapping[str, Row]) -> Rows:
    """y[m] = sum of c[k] x[m M - k]; L - 1 zeros behind every sample for an interpolation by L (docs/cores/fir.md)."""
    sink, source, coefficient = (Numbers.read(told[key]) for key in ("sink", "source", "coefficient"))
    # The gain is a factor in float64, as is said of no other place; words are the nearest.
    taps = [coefficient.word(Fraction(told["gain"] * tap), "nearest", "saturate") for tap in told["coefficients"]]
    signal: Row = []
    for word in words["data"]:
        signal += [word, *[0] * (told["interpolation"] - 1)]
    sums = convolved(signal, taps)[:: told["decimation"]]
    fraction = sink.fraction + coefficient.fraction
    return {"data": [source.word(scaled(total, fraction), told["rounding"], told["overflow"]) for total in sums]}
