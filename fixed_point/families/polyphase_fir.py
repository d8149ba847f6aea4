"""Bit-true FIR filters that change the rate: only the sums that are kept are formed, at full precision, and each is rounded once.

With a filter cut into phases c_p[j] = c[j R + p], a filter in front of a decimator is the sum of R filters at the low rate, and a filter
behind an interpolator that puts zeros in is R filters at the low rate, one for each output of a sample.

References
----------
M. G. Bellanger, G. Bonnerot, M. Coudreuse, "Digital filtering by polyphase network", IEEE Trans. ASSP 24 (1976) 109-114.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from fixed_point.coefficients import bits_for
from fixed_point.fir import fir
from fixed_point.number_format import Format, Overflow, Rounding
from fixed_point.quantization import Words, as_words, requantize


def decimate(
    words: ArrayLike,
    coefficient_words: ArrayLike,
    factor: int,
    accumulator_fraction: int,
    source_format: Format | str,
    rounding: Rounding | str = Rounding.NEAREST,
    overflow: Overflow | str = Overflow.SATURATE,
) -> Words:
    """Filter words and keep every `factor`-th: y[m] = sum of c[k] x[m factor - k] over k, beginning with the first.

    Parameters
    ----------
    words : array_like of int, shape (n,)
        Raw samples; those before the first are 0.
    coefficient_words : array_like of int, shape (taps,)
        Raw coefficients.
    factor : int
        1 or more.
    accumulator_fraction, source_format, rounding, overflow
        As for `fixed_point.fir.fir`.

    Returns
    -------
    ndarray of int64, shape (ceil(n / factor),)

    Examples
    --------
    >>> decimate([1, 2, 3, 4, 5], [1, 1], 2, 0, "sfix8_En0")
    array([1, 5, 9])
    """
    x, c = as_words(words), as_words(coefficient_words, "coefficients")
    if factor == 1:
        return fir(x, c, accumulator_fraction, source_format, rounding, overflow)
    exact = _full_precision(x, c)
    count = -(-x.size // factor)
    total = np.zeros(count, dtype=np.int64 if exact.fits_int64 else object)
    for phase in range(min(factor, c.size)):
        # x[m factor - phase]: with a sample before the first for every phase but 0.
        late = x[factor - phase :: factor] if phase else x[::factor]
        signal = np.concatenate([np.zeros(1, late.dtype), late])[:count] if phase else late
        total = total + fir(signal, c[phase::factor], 0, exact)
    return requantize(total, accumulator_fraction, source_format, rounding, overflow)


def interpolate(
    words: ArrayLike,
    coefficient_words: ArrayLike,
    factor: int,
    accumulator_fraction: int,
    source_format: Format | str,
    rounding: Rounding | str = Rounding.NEAREST,
    overflow: Overflow | str = Overflow.SATURATE,
) -> Words:
    """Put `factor` - 1 zeros behind every word and filter: y[n factor + p] = sum of c[j factor + p] x[n - j] over j.

    Parameters
    ----------
    words : array_like of int, shape (n,)
        Raw samples; those before the first are 0.
    coefficient_words : array_like of int, shape (taps,)
        Raw coefficients of the filter at the high rate. For a gain of one at dc they sum to `factor`.
    factor : int
        1 or more.
    accumulator_fraction, source_format, rounding, overflow
        As for `fixed_point.fir.fir`.

    Returns
    -------
    ndarray of int64, shape (n factor,)

    Examples
    --------
    >>> interpolate([1, 2, 3], [2, 1], 2, 0, "sfix8_En0")
    array([2, 1, 4, 2, 6, 3])
    """
    c = as_words(coefficient_words, "coefficients")
    phases = np.concatenate([c, np.zeros(-c.size % factor, c.dtype)]).reshape(-1, factor).T
    return fir(as_words(words), phases, accumulator_fraction, source_format, rounding, overflow).T.reshape(-1)


def _full_precision(x: Words, c: Words) -> Format:
    """An integer format for every sum of products of these words."""
    peak = max(abs(int(word)) for word in (x.min(initial=0), x.max(initial=0)))
    bound = peak * sum(abs(int(tap)) for tap in c)
    return Format(True, max(2, bits_for(-bound, bound)), 0)
