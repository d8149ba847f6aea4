"""The definition of rounding, overflow and FIR filtering, in exact rational arithmetic.

Written from the definitions, for tests to hold the models against: no numpy, nothing of the models, and as slow as that sounds.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction

ROUNDING: dict[str, Callable[[Fraction], int]] = {
    "floor": math.floor,
    "ceil": math.ceil,
    "zero": math.trunc,
    "nearest": lambda value: math.floor(value + Fraction(1, 2)),
    "convergent": round,  # Python rounds a Fraction's half to even
}


def to_word(value: Fraction, signed: bool, word_length: int, fraction_length: int, rounding: str, overflow: str) -> int:
    """Round a value to a multiple of 2**-fraction_length, then wrap or saturate.

    Examples
    --------
    >>> to_word(Fraction(-3, 2), True, 8, 0, "nearest", "wrap"), to_word(Fraction(200), True, 8, 0, "nearest", "wrap")
    (-1, -56)
    """
    word = ROUNDING[rounding](value * Fraction(2) ** fraction_length)
    count = 2**word_length
    least = -count // 2 if signed else 0
    if overflow == "saturate":
        return min(max(word, least), least + count - 1)
    residue = word % count
    return residue - count if residue >= least + count else residue


def fir_words(
    words: Sequence[int],
    coefficients: Sequence[int],
    accumulator_fraction: int,
    signed: bool,
    word_length: int,
    fraction_length: int,
    rounding: str,
    overflow: str,
) -> list[int]:
    """Sum products exactly, round once, then wrap or saturate.

    Examples
    --------
    >>> fir_words([1, 0, 3], [1, 1], 1, True, 8, 0, "floor", "wrap")
    [0, 0, 1]
    """
    unit = Fraction(1) / Fraction(2) ** accumulator_fraction
    result = []
    for n in range(len(words)):
        total = sum(coefficients[k] * words[n - k] for k in range(min(n + 1, len(coefficients))))
        result.append(to_word(total * unit, signed, word_length, fraction_length, rounding, overflow))
    return result
