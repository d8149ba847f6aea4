"""Bit-true sequencer: a calculation on whole segments."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from numpy.typing import ArrayLike

from fixed_point.quantization import Words, as_words


def sequencer(words: ArrayLike, calculation: Callable[[Words], Words], length: int, rate: Fraction | int = 1) -> Words:
    """What `calculation` makes of the whole segments of a signal.

    Parameters
    ----------
    words : array_like of int, shape (n,)
        Raw samples.
    calculation : callable
        Bit-true model of the calculation.
    length : int
        Samples of a segment; those behind the last whole one wait for the rest of it.
    rate : Fraction or int
        Words out for each one in.

    Returns
    -------
    ndarray of int64

    Examples
    --------
    >>> sequencer([1, 2, 3, 4, 5], lambda words: -words, 2)
    array([-1, -2, -3, -4])
    """
    x = as_words(words)
    whole = x.size // length * length
    return as_words(calculation(x[:whole]))[: int(whole * rate)]
