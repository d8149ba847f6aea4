"""Windows as integers that keep a gain of exactly one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from fixed_point.coefficients import best_fraction_length
from fixed_point.number_format import Format, Rounding
from fixed_point.quantization import quantize


@dataclass(frozen=True)
class WindowWords:
    """Weights as words.

    Attributes
    ----------
    words : tuple of int
        Raw weights.
    format : Format
        Their format.
    """

    words: tuple[int, ...]
    format: Format


def quantize_window(weights: ArrayLike, word_length: int, hop: int, complementary: bool) -> WindowWords:
    """Quantise the weights of overlap-add.

    Parameters
    ----------
    weights : array_like of float, shape (length,)
        From 0 to 1.
    word_length : int
        Bits of a weight; the fraction length is the greatest at which none overflows.
    hop : int
        Samples from one segment to the next.
    complementary : bool
        Round so that the weights a hop apart, which sum to 1, do so exactly: all are rounded down, and what is missing goes, one each,
        to those that lost most (the method of largest remainders). No weight is wrong by one unit or more.

    Examples
    --------
    >>> quantize_window([0.05, 0.5, 0.95, 0.5], 6, 2, complementary=True)
    WindowWords(words=(2, 16, 30, 16), format=Format(signed=True, word_length=6, fraction_length=5))
    """
    values = np.asarray(weights, dtype=np.float64)
    # One unit in the last place is left for those that are rounded up.
    fraction_length = min(best_fraction_length(values, word_length, rounding=Rounding.CEIL), word_length - 1)
    format = Format(True, word_length, fraction_length)
    if not complementary:
        return WindowWords(tuple(quantize(values, format).tolist()), format)
    scaled = np.ldexp(values, fraction_length)
    words = np.floor(scaled + 1e-9).astype(np.int64)
    for first in range(hop):
        places = np.arange(first, values.size, hop)
        lost = scaled[places] - words[places]
        missing = (1 << fraction_length) - int(words[places].sum())
        words[places[np.argsort(-lost, kind="stable")[:missing]]] += 1
    return WindowWords(tuple(words.tolist()), format)
