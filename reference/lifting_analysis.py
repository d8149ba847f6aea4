"""Wavelet analysis by lifting in float64, its bands aligned and in the order of the wire."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reference.dwt_analysis import to_stream
from reference.families.lifting_schemes import factors_of, level_delay, lift


def lifting_analysis(x: ArrayLike, scheme: str | tuple[float, ...], levels: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Split a signal into approximation A_J and details D_1 to D_J.

    Parameters
    ----------
    x : array_like of float, shape (n,)
        Samples.
    scheme : {"5/3", "9/7"} or tuple of float
        Lifting scheme, without its scaling; or the factors of its steps.
    levels : int
        Depth J.

    Returns
    -------
    words : ndarray of float64
        Band words as they fall due, the coarsest first, as those of `reference.dwt_analysis.dwt_analysis`.
    channel : ndarray of int64
        Band of each word: 0 for A_J, j for D_j.

    Examples
    --------
    >>> lifting_analysis([8, 8, 8, 8, 0, 0], "5/3", 1)
    (array([ 1.,  4.,  9.,  0.,  7., -4.]), array([0, 1, 0, 1, 0, 1]))
    """
    signal = np.asarray(x, dtype=np.float64)
    details = []
    for level in range(1, levels + 1):
        signal, detail = lift(signal, factors_of(scheme))
        wait = level_delay(scheme) * (2 ** (levels - level) - 1)
        details.append(np.concatenate([np.zeros(wait), detail])[: detail.size])
    return to_stream([signal, *details])
