"""Bit-true logarithms and powers of two: a leading one, a table of 17 knots, straight lines between them.

References
----------
J. N. Mitchell, "Computer multiplication and division using binary logarithms", IRE Trans. Electronic Computers 11 (1962) 512-517: the
leading one is the characteristic of the logarithm; what is behind it is its mantissa, here with 16 straight lines instead of one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from fixed_point.quantization import Words, as_words

SEGMENT_BITS = 4
"""Two to this are the straight lines of an octave."""

REST_BITS = 9
"""Bits of a mantissa within a straight line: with the slope of as many bits the product is one embedded multiplier of 9 x 9 bits."""

LOGARITHM_BITS = 12
"""Bits of fraction of a logarithm: its last one is 0.0007 dB of power."""

MANTISSA_BITS = 16
"""Bits of fraction of a power's mantissa."""


PLACES = tuple(k / (1 << SEGMENT_BITS) for k in range((1 << SEGMENT_BITS) + 1))
"""Where the 17 knots of an octave lie."""


@dataclass(frozen=True)
class Log2:
    """Base-2 logarithm of unsigned words.

    Attributes
    ----------
    bits : int
        Of a word.
    lowest : int
        Words below 2**lowest count as 2**lowest: what is silence has a level, and 0 has a logarithm.

    Notes
    -----
    A word w is 2^e (1 + f) with e the place of its leading one. Its logarithm is e + log2(1 + f), the latter from straight lines between 17
    knots; the 13 bits behind the leading one count. Knots are rounded to the 12 bits of the result, and so is the sum; lines lie below the
    curve by up to 0.0007. Together that is less than 0.005 dB of power (an error of 0.00166), and a power of two is exact.
    """

    bits: int
    lowest: int = 0

    @cached_property
    def values(self) -> tuple[int, ...]:
        """The 17 knots, in units of the result's last bit."""
        return tuple(int(value) for value in np.rint(np.ldexp(np.log2(1 + np.array(PLACES)), LOGARITHM_BITS)))

    @property
    def integer_bits(self) -> int:
        """Bits of the logarithm left of its point; the largest word is rounded to 2**bits."""
        return self.bits.bit_length()

    @property
    def word_length(self) -> int:
        """Bits of the logarithm, which is unsigned."""
        return self.integer_bits + LOGARITHM_BITS

    def __call__(self, words: ArrayLike) -> Words:
        """Logarithms, with `LOGARITHM_BITS` of fraction.

        Parameters
        ----------
        words : array_like of int, shape (n,)
            From 0 to 2**bits - 1.

        Returns
        -------
        ndarray of int64, shape (n,)

        Examples
        --------
        >>> Log2(16)([0, 1, 2, 3, 1024]) / 4096
        array([ 0.        ,  0.        ,  1.        ,  1.58496094, 10.        ])
        """
        w = np.maximum(as_words(words), 1 << self.lowest)
        exponent = np.frexp(w.astype(np.float64))[1].astype(np.int64) - 1
        exponent -= w >> exponent == 0  # a word of more than 53 bits may have been rounded up to the next power of two
        kept = SEGMENT_BITS + REST_BITS
        mantissa = np.where(exponent >= kept, w >> np.maximum(exponent - kept, 0), w << np.maximum(kept - exponent, 0))
        values = np.array(self.values)
        segment, rest = mantissa >> REST_BITS & (1 << SEGMENT_BITS) - 1, mantissa & (1 << REST_BITS) - 1
        line = np.diff(values)[segment] * rest + (1 << REST_BITS - 1) >> REST_BITS
        return np.asarray((exponent << LOGARITHM_BITS) + values[segment] + line)


@dataclass(frozen=True)
class Exp2:
    """Two to the power of signed words.

    Attributes
    ----------
    fraction_length : int
        Of the exponents, 4 or more.
    lowest, highest : int
        Least and greatest whole part of an exponent; below, the power is that of `lowest`, above, just below that of `highest` + 1.
    power_fraction_length : int
        Bits of fraction of the result.

    Notes
    -----
    The exponent x is e + f with e whole and f from 0 to 1. The mantissa 2^f comes from straight lines between 17 knots of 16 bits of
    fraction, which lie above the curve by up to 0.0002 of it, and is shifted by e. Where the result keeps 14 bits or more, that is less
    than 0.003 dB of amplitude (a ratio of 1.00035).
    """

    fraction_length: int
    lowest: int
    highest: int
    power_fraction_length: int

    @cached_property
    def values(self) -> tuple[int, ...]:
        """The 17 knots, in units of the mantissa's last bit."""
        return tuple(int(value) for value in np.rint(np.ldexp(np.exp2(PLACES), MANTISSA_BITS)))

    @property
    def rest_bits(self) -> int:
        """Bits of the exponent within a straight line."""
        return self.fraction_length - SEGMENT_BITS

    @property
    def word_length(self) -> int:
        """Bits of the result, which is unsigned."""
        return self.highest + 1 + self.power_fraction_length

    @property
    def dropped(self) -> int:
        """Bits of the mantissa below the result's last one where the whole part is `highest`; negative where zeros are appended."""
        return MANTISSA_BITS - self.highest - self.power_fraction_length

    def __call__(self, words: ArrayLike) -> Words:
        """Powers, rounded to nearest.

        Parameters
        ----------
        words : array_like of int, shape (n,)
            Exponents.

        Returns
        -------
        ndarray of int64, shape (n,)

        Examples
        --------
        >>> Exp2(12, -8, 3, 12)(np.array([0, 4096, -4096, 2048])) / 4096
        array([1.        , 2.        , 0.5       , 1.41430664])
        """
        low, high = self.lowest << self.fraction_length, (self.highest + 1 << self.fraction_length) - 1
        x = np.clip(as_words(words), low, high)
        values = np.array(self.values)
        segment = x >> self.rest_bits & (1 << SEGMENT_BITS) - 1
        rest = x & (1 << self.rest_bits) - 1
        mantissa = values[segment] + (np.diff(values)[segment] * rest >> self.rest_bits)
        # Two more bits than the result has at most, so that the half is there to be added.
        wide = mantissa << max(0, 1 - self.dropped)
        place = self.highest - (x >> self.fraction_length)
        kept = wide >> place + max(0, self.dropped - 1)
        return np.asarray(np.minimum(kept + 1 >> 1, (1 << self.word_length) - 1))
