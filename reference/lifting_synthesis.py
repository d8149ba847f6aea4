"""Wavelet synthesis by lifting in float64."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reference.families.lifting_schemes import factors_of, unlift


def lifting_synthesis(
    words: ArrayLike, channel: ArrayLike, scheme: str | tuple[float, ...], levels: int, limit: float = np.inf
) -> NDArray[np.float64]:
    """Put together what `reference.lifting_analysis.lifting_analysis` took apart.

    Parameters
    ----------
    words, channel : array_like, shape (n,)
        Aligned band words in the order of the wire, and their bands: 0 for A_J, j for D_j.
    scheme : {"5/3", "9/7"} or tuple of float
        Lifting scheme, or the factors of its steps.
    levels : int
        Depth J.
    limit : float
        Largest magnitude behind each step; what is larger, and what depends on it, is not known: nan.

    Returns
    -------
    ndarray of float64
        The signal, `level_delay` (2**levels - 1) samples late: two samples for each word of D_1, and one more where the words that fall
        due after the next pair have begun to arrive.

    Examples
    --------
    >>> from reference.lifting_analysis import lifting_analysis
    >>> lifting_synthesis(*lifting_analysis([1, 2, 3, 4, 5, 6, 7, 8], "5/3", 1), "5/3", 1)
    array([0., 0., 0., 1., 2., 3., 4., 5.])
    """
    values, band = np.asarray(words, dtype=np.float64), np.asarray(channel)
    signal = values[band == 0]
    for level in range(levels, 0, -1):
        detail = values[band == level]
        wanted = int(np.sum(band == level - 1)) if level > 1 else 2 * detail.size + int((band[-1:] != 1).sum())
        signal = unlift(signal[: detail.size], detail, factors_of(scheme), limit)[:wanted]
    return signal
