"""Values as the bits of words on an I2S line: the binary expansion, one comparison a bit."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def i2s_transmitter(x: ArrayLike, word_length: int) -> NDArray[np.float64]:
    """Bits of values, the most significant first, found by successive approximation.

    Parameters
    ----------
    x : array_like of float, shape (n,)
        From -1 to just below 1.
    word_length : int

    Returns
    -------
    ndarray of float64, shape (n, word_length)
        Zeros and ones.

    Examples
    --------
    >>> i2s_transmitter([0.5, -0.25], 3)
    array([[0., 1., 0.],
           [1., 1., 1.]])
    """
    rest = np.array(x, dtype=np.float64)
    bits = np.zeros((len(rest), word_length))
    bits[:, 0] = rest < 0
    rest += bits[:, 0]
    for place in range(1, word_length):
        bits[:, place] = rest >= 0.5**place
        rest -= bits[:, place] * 0.5**place
    return bits
