"""Bit-true I2S receiver: words from the levels of two lines at the rising edges of the bit clock."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from fixed_point.quantization import Words, as_words


def i2s_receiver(lrclk: ArrayLike, data: ArrayLike, word_length: int, framing: str) -> tuple[Words, Words]:
    """Words and channels, from the first whole slot on.

    Parameters
    ----------
    lrclk, data : array_like of int, shape (n,)
        Levels at the rising edges of the bit clock.
    word_length : int
        Bits of a word, the first of a slot; slots that are shorter give nothing.
    framing : {"i2s", "left_justified"}
        ``i2s``: left while lrclk is low, the first bit one edge after lrclk's change; ``left_justified``: left while
        lrclk is high, the first bit with lrclk's change.

    Returns
    -------
    words : ndarray of int64, shape (m,)
        Two's complement.
    channel : ndarray of int64, shape (m,)
        0 left, 1 right.

    References
    ----------
    Philips Semiconductors, "I2S bus specification", 1986, revised 1996, section 4.

    Examples
    --------
    >>> i2s_receiver([1, 1, 0, 0, 1, 1, 0], [0, 0, 0, 1, 1, 0, 1], 2, "i2s")
    (array([-1,  1]), array([0, 1]))
    """
    lrclk, data = as_words(lrclk), as_words(data)
    side = np.concatenate([lrclk[:1], lrclk[:-1]]) if framing == "i2s" else lrclk
    # Two edges must have been seen before a change of sides is believed.
    starts = np.flatnonzero(np.diff(side)) + 1
    whole = np.diff(np.append(starts, len(side) + word_length)) >= word_length
    starts = starts[whole & (starts >= 2) & (starts + word_length <= len(data))]
    bits = data[starts[:, None] + np.arange(word_length)] if len(starts) else np.zeros((0, word_length), dtype=np.int64)
    weights = 1 << np.arange(word_length - 1, -1, -1, dtype=np.int64)
    weights[0] = -weights[0]
    left_level = 0 if framing == "i2s" else 1
    return bits @ weights, (side[starts] != left_level).astype(np.int64)
