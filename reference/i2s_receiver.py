"""Words on an I2S line as values: the binary expansion, term by term."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def i2s_receiver(bits: ArrayLike) -> NDArray[np.float64]:
    """Values of words whose bits are given, the most significant first.

    Parameters
    ----------
    bits : array_like of int, shape (n, word_length)

    Returns
    -------
    ndarray of float64, shape (n,)
        From -1 to 1: minus the first bit, plus half the second, plus a quarter of the third, ...

    Examples
    --------
    >>> i2s_receiver([[0, 1, 0], [1, 1, 1]])
    array([ 0.5 , -0.25])
    """
    bits = np.asarray(bits, dtype=np.float64)
    weights = 0.5 ** np.arange(bits.shape[1])
    weights[0] = -1
    return np.asarray(bits @ weights)
