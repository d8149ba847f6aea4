"""Exact sums of decimating and interpolating filters: no product is formed that decimation throws away or that a zero brings in."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fixed_point.fir import fir
from fixed_point.number_format import Format
from fixed_point.quantization import Words

Taps = Sequence[int]


def decimated_sums(x: Words, filters: Sequence[Taps]) -> list[Words]:
    """Filter a signal and keep the odd samples: y[n] = sum of c[k] x[2n + 1 - k], exactly.

    Parameters
    ----------
    x : ndarray of int, shape (n,)
        Raw samples; 0 before the first.
    filters : sequence of sequence of int
        Raw coefficients of each filter, all of one even length.

    Returns
    -------
    list of ndarray of int, shape (n // 2,)
        Sums, as int64 or, where that might not hold them, as Python ints.

    Examples
    --------
    >>> decimated_sums(np.array([1, 2, 3, 4]), [(1, 10)])
    [array([12, 34])]
    """
    half = x.size // 2
    even, odd = x[: 2 * half : 2], x[1::2][:half]
    return [_sums(odd, taps[0::2]) + _sums(even, taps[1::2]) for taps in filters]


def interpolated_sums(a: Words, d: Words, low: Taps, high: Taps) -> Words:
    """Put samples at odd places, filter, and add: y[m] = sum of low[m - 2n - 1] a[n] + high[m - 2n - 1] d[n], exactly.

    Parameters
    ----------
    a, d : ndarray of int, shape (n,)
        Raw samples.
    low, high : sequence of int
        Raw coefficients, of one even length.

    Returns
    -------
    ndarray of int, shape (2 n + 1,)
        Sums, y[0] = 0 first; the last one needs no more samples than were given.

    Examples
    --------
    >>> interpolated_sums(np.array([1, 2]), np.array([0, 0]), (1, 10), (1, -1))
    array([ 0,  1, 10,  2, 20])
    """
    now = _sums(a, low[0::2]) + _sums(d, high[0::2])
    later = _sums(a, low[1::2]) + _sums(d, high[1::2])
    y = np.zeros(2 * a.size + 1, dtype=object if object in (now.dtype, later.dtype) else np.int64)
    y[1::2], y[2::2] = now, later
    return y


def _sums(x: Words, taps: Taps) -> Words:
    """Full-precision sums of a filter."""
    if not x.size:
        return np.zeros(0, dtype=np.int64)
    peak = max(-int(x.min()), int(x.max()), 1)
    bits = (2 * peak * sum(map(abs, taps))).bit_length() + 2  # one more for the sum of two
    return fir(x, np.array(taps, dtype=object), 0, Format(True, max(bits, 2), 0))
