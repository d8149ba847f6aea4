"""Bit-true I2C master: the levels that it lets the two lines go to, a quarter of a bit at a time."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from fixed_point.quantization import Words, as_words


def i2c_master(commands: ArrayLike) -> tuple[Words, Words]:
    """Levels of scl and sda: four quarters for each bit, eight for a start or a stop.

    Parameters
    ----------
    commands : array_like of int, shape (n,)
        Bit 11 start, bit 10 stop, bit 9 read, bit 8 last byte read, bits 7 to 0 the byte.

    Returns
    -------
    scl, sda : ndarray of int64
        1 where the master lets the line go, 0 where it pulls it low.

    References
    ----------
    NXP Semiconductors, "I2C-bus specification and user manual", UM10204, section 3.1.

    Examples
    --------
    >>> scl, sda = i2c_master([0xC00])
    >>> scl[:12], sda[:12]
    (array([1, 1, 1, 1, 1, 1, 0, 0, 0, 1, 1, 0]), array([1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0]))
    >>> scl[-8:], sda[-8:]
    (array([0, 0, 1, 1, 1, 1, 1, 1]), array([0, 0, 0, 0, 1, 1, 1, 1]))
    """
    scl: list[int] = []
    sda: list[int] = []
    for command in as_words(commands):
        if command & 0x800:
            # A start in mid-transfer finds the clock low, the first finds it high.
            scl += 2 * [scl[-1] if scl else 1] + [1, 1, 1, 1, 0, 0]
            sda += [1, 1, 1, 1, 0, 0, 0, 0]
        byte = [1] * 8 if command & 0x200 else [int(command >> place) & 1 for place in range(7, -1, -1)]
        acknowledge = 0 if command & 0x200 and not command & 0x100 else 1
        for level in [*byte, acknowledge]:
            scl += [0, 1, 1, 0]
            sda += [level] * 4
        if command & 0x400:
            scl += [0, 0, 1, 1, 1, 1, 1, 1]
            sda += [0, 0, 0, 0, 1, 1, 1, 1]
    return np.array(scl, dtype=np.int64), np.array(sda, dtype=np.int64)
