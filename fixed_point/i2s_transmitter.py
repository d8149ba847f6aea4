"""Bit-true I2S transmitter: the levels of two lines at the rising edges of the bit clock."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from fixed_point.quantization import Words, as_words


def i2s_transmitter(left: ArrayLike, right: ArrayLike, word_length: int, slot: int, framing: str) -> tuple[Words, Words]:
    """Levels of lrclk and data for a number of frames, the left slot first.

    Parameters
    ----------
    left, right : array_like of int, shape (frames,)
        Words, two's complement.
    word_length : int
        Bits of a word, most significant first; the rest of a slot is zero.
    slot : int
        Bit clocks of a channel.
    framing : {"i2s", "left_justified"}
        See `fixed_point.i2s_receiver`.

    Returns
    -------
    lrclk, data : ndarray of int64, shape (2 * frames * slot,)
        With ``i2s`` the words come one bit clock later than lrclk: the first bit is a zero, and the last frame's right word lacks its
        last bit where it fills the slot.

    References
    ----------
    Philips Semiconductors, "I2S bus specification", 1986, revised 1996, section 4.

    Examples
    --------
    >>> i2s_transmitter([-1], [1], 2, 2, "i2s")
    (array([0, 0, 1, 1]), array([0, 1, 1, 0]))
    >>> i2s_transmitter([-1], [1], 2, 3, "left_justified")
    (array([1, 1, 1, 0, 0, 0]), array([1, 1, 0, 0, 1, 0]))
    """
    words = np.stack([as_words(left), as_words(right)], axis=1).reshape(-1, 1)
    bits = (words >> np.arange(word_length - 1, -1, -1)) & 1
    data = np.pad(bits, ((0, 0), (0, slot - word_length))).reshape(-1)
    left_level = 0 if framing == "i2s" else 1
    lrclk = np.repeat(np.tile([left_level, 1 - left_level], len(words) // 2), slot)
    if framing == "i2s":
        data = np.concatenate([np.zeros(1, dtype=np.int64), data[:-1]]) if len(data) else data
    return lrclk, data
