"""Mixing in float64: several streams to one, word by word, each with its gain."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray


def mix(streams: Sequence[ArrayLike], gains: ArrayLike) -> NDArray[np.float64]:
    """Mix streams: y[n] = sum of g_i x_i[n] over i, as far as the shortest of them reaches.

    Parameters
    ----------
    streams : sequence of array_like, each of shape (n_i,)
        Samples x_i.
    gains : array_like, shape (streams,)
        Factors g_i.

    Returns
    -------
    ndarray of float64, shape (min n_i,)

    Examples
    --------
    >>> mix([[1.0, 2.0, 3.0], [0.5, 0.5]], [1.0, -2.0])
    array([0., 1.])
    """
    signals = [np.asarray(stream, dtype=np.float64) for stream in streams]
    length = min(signal.size for signal in signals)
    factors = np.asarray(gains, dtype=np.float64)
    return np.asarray(sum(factor * signal[:length] for factor, signal in zip(factors, signals, strict=True)), dtype=np.float64)
