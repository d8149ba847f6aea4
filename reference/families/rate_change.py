"""FIR filters that change the rate, in float64."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def change_rate(x: ArrayLike, taps: ArrayLike, interpolation: int = 1, decimation: int = 1) -> NDArray[np.float64]:
    """Put zeros behind every sample, filter, and keep every so many samples, beginning with the first.

    Parameters
    ----------
    x : array_like of float, shape (n,)
        Samples; those before the first are 0.
    taps : array_like of float, shape (taps,)
        Coefficients of the filter, at the higher rate.
    interpolation, decimation : int
        Samples out for each in, and in for each out.

    Returns
    -------
    ndarray of float64, shape (ceil(n interpolation / decimation),)

    Examples
    --------
    >>> change_rate([1, 2, 3], [1, 0.5], interpolation=2)
    array([1. , 0.5, 2. , 1. , 3. , 1.5])
    >>> change_rate([1, 2, 3], [1, 1], decimation=2)
    array([1., 5.])
    """
    import scipy.signal  # only here, since it takes half a second to load

    signal = np.asarray(x, dtype=np.float64)
    count = -(-signal.size * interpolation // decimation)
    if not signal.size:
        return np.zeros(0)
    kept = scipy.signal.upfirdn(np.asarray(taps, dtype=np.float64), signal, interpolation, decimation)[:count]
    return np.concatenate([kept, np.zeros(count - kept.size)])
