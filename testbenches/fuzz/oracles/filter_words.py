"""FIR filters: the convolution in exact numbers, one rounding, the rate changed by its definition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from testbenches.fuzz.oracles.told import Numbers, Row, Rows, Told, scaled


def convolved(words: Sequence[int], taps: Sequence[int]) -> Row:
    """The sums of a filter, as many as there are words; those before the first are 0."""
    return [sum(tap * words[n - k] for k, tap in enumerate(taps[: n + 1]) if tap) for n in range(len(words))]


def convolved_by_what_is_met(words: Sequence[int], met: Sequence[Sequence[int]], by_sample: bool) -> Row:
    """The sums of a filter whose coefficients change: those of the newest sample, or of each sample as it came."""
    sums = []
    for n in range(len(words)):
        ages = range(min(n + 1, len(met[n])))
        sums.append(sum(met[n - age if by_sample else n][age] * words[n - age] for age in ages))
    return sums


def in_force(told: Told, taps: list[int], values: Mapping[str, Row]) -> list[list[int]]:
    """Of each sample the coefficients in the bank that is in force, of which a set is loaded where the number of that changes."""
    banks = told["banks"]
    held = [taps] * banks
    found, before = [], 0
    for number, bank in zip(values["loaded"], values.get("bank", [0] * len(values["loaded"])), strict=True):
        if number != before:
            held[number % banks] = mirrored(told.facts["set_of"](number), len(taps), told.description.get("symmetry", "none"))
        before = number
        found.append(held[bank])
    return found


def mirrored(half: list[int], count: int, symmetry: str) -> list[int]:
    """All coefficients of a set of which the first half was loaded; the middle of an antisymmetric one is 0.

    Examples
    --------
    >>> mirrored([1, 2, 3], 5, "symmetric"), mirrored([1, 2], 5, "antisymmetric")
    ([1, 2, 3, 2, 1], [1, 2, 0, -2, -1])
    """
    if symmetry == "none":
        return half
    sign = 1 if symmetry == "symmetric" else -1
    found = [*half, *[0] * (count - len(half))]
    for tap, word in enumerate(half):
        if 2 * tap + 1 != count:
            found[count - 1 - tap] = sign * word
    return found


def fir_filtered(told: Told, words: Mapping[str, Row], values: Mapping[str, Row]) -> Rows:
    """y[m] = sum of c[k] x[m M - k]; L - 1 zeros behind every sample for an interpolation by L (docs/cores/fir.md)."""
    sink, source, coefficient = (Numbers.read(told[key]) for key in ("sink", "source", "coefficient"))
    # The gain is a factor in float64, as is said of no other place; words are the nearest.
    taps = [coefficient.word(Fraction(told["gain"] * tap), "nearest", "saturate") for tap in told["coefficients"]]
    signal: Row = []
    for word in words["data"]:
        signal += [word, *[0] * (told["interpolation"] - 1)]
    if "loaded" in values:
        met = [one for one in in_force(told, taps, values) for _ in range(told["interpolation"])]
        sums = convolved_by_what_is_met(signal, met, told["form"] == "transposed")[:: told["decimation"]]
    else:
        sums = convolved(signal, taps)[:: told["decimation"]]
    fraction = sink.fraction + coefficient.fraction
    return {"data": [source.word(scaled(total, fraction), told["rounding"], told["overflow"]) for total in sums]}
