"""Bit-true gains whose words are logarithms: an even pace from one to the next, two to the power of it, one product."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from fixed_point.families.band_power import compiled
from fixed_point.families.logarithms import Exp2
from fixed_point.number_format import Format
from fixed_point.quantization import Words

REGISTER = Format(True, 16, 11)
"""Format of a gain in a register: doublings of amplitude, from -96 dB to 96 dB in steps of 0.003 dB."""

PACE_BITS = 4
"""Bits of fraction that a gain on its way has more than one in a register."""

EXPONENT_BITS = 12
"""Bits of fraction of the exponent of a gain."""

SPAN = 7
"""Doublings of amplitude that the larger and the smaller gains span each: the largest gain is just below 2**7, 42.1 dB."""

POWER_BITS = 10
"""Bits of fraction of a gain from 1 on; a smaller one has `SPAN` more."""


@dataclass(frozen=True)
class LogarithmicGain:
    """Word lengths of a product of band words with gains that are logarithms.

    Attributes
    ----------
    format : Format
        Of the band words.

    Notes
    -----
    A gain of 2^x is a factor of 17 bits, 2^x with 10 bits of fraction where x >= 0, 2^(x + 7) where not, so that it fits one side of an
    embedded multiplier and is right within 0.004 dB from 1/128 to 128. The product is rounded once, from 10 or 17 bits of fraction, and
    saturates. A gain of 1 changes nothing.
    """

    format: Format

    @cached_property
    def power(self) -> Exp2:
        """From exponent to factor."""
        return Exp2(EXPONENT_BITS, -SPAN - 2, SPAN - 1, POWER_BITS)

    def __call__(self, b: Words, exponents: Words) -> Words:
        """Words times two to the power of exponents.

        Parameters
        ----------
        b : ndarray of int64, shape (n,)
        exponents : ndarray of int64, shape (n,)
            With `EXPONENT_BITS` of fraction.
        """
        small = exponents < 0
        factors = self.power(exponents + np.where(small, SPAN << EXPONENT_BITS, 0))
        product, dropped = b * factors, np.where(small, POWER_BITS + SPAN, POWER_BITS)
        rounded = product + (1 << dropped >> 1) >> dropped
        return np.asarray(np.clip(rounded, self.format.minimum, self.format.maximum))


def ramped(targets: Words, step: int, start: int) -> Words:
    """What goes to each target by no more than `step` a word, from `start` on; known with each word.

    Parameters
    ----------
    targets : ndarray of int64, shape (n,)
        Words of format `REGISTER`.
    step : int
        In units of the result's last bit.
    start : int
        A word of format `REGISTER`.

    Returns
    -------
    ndarray of int64, shape (n,)
        With `PACE_BITS` more bits of fraction than `targets`.
    """
    return np.asarray(compiled(_ramp)(np.asarray(targets, dtype=np.int64) << PACE_BITS, step, start << PACE_BITS))


def _ramp(targets: Any, step: int, start: int) -> Any:
    found, now = np.empty(len(targets), dtype=np.int64), start
    for n in range(len(targets)):
        now += min(max(targets[n] - now, -step), step)
        found[n] = now
    return found


def register_value(word: Any) -> Any:
    """The number that a register of format `REGISTER` holds, from its 16 bits.

    Examples
    --------
    >>> register_value(0xFFFF), register_value(np.array([1, 0x8000]))
    (-1, array([     1, -32768]))
    """
    sign = 1 << REGISTER.word_length - 1
    return (word ^ sign) - sign


def exponent(pace: Words) -> Words:
    """A gain on its way as an exponent, to nearest."""
    dropped = REGISTER.fraction_length + PACE_BITS - EXPONENT_BITS
    return np.asarray(pace + (1 << dropped >> 1) >> dropped)
