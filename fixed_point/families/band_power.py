"""Bit-true power of band words: a square, one pole, and its logarithm, the band's level."""

from __future__ import annotations

import functools
from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np

from fixed_point.families.logarithms import Log2
from fixed_point.number_format import Format
from fixed_point.quantization import Words

FACTOR_BITS = 18
"""Bits of the second factor of a product: one side of an embedded multiplier."""

POWER_GUARD = 4
"""Bits of the power and of the squares that are dropped, together: what its rounding may do to the level of the quietest words is small."""


class MeasuredPower:
    """Word lengths of the power of band words, and of its logarithm, for cores that measure levels.

    Attributes
    ----------
    format : Format
        Of the band words.
    power_step : int
        Bits of fraction of the power, in squares: the power goes on by 2 to the minus this of its distance; the slowest band's.

    Notes
    -----
    The recurrence P += (b^2 - P) 2**-k keeps P with k more bits than a square, X = 2**k P, as X += b^2 - round(X 2**-k), so that it neither
    sticks nor drifts.
    """

    format: Format

    @property
    def power_step(self) -> int:
        raise NotImplementedError

    @property
    def dropped(self) -> int:
        """Bits of a word that the second factor of its square lacks; there is half of the last bit kept in their place."""
        return self.format.word_length - FACTOR_BITS + 1 if self.format.word_length > FACTOR_BITS else 0

    @property
    def square_point(self) -> int:
        """Bits of fraction of a square."""
        return 2 * self.format.fraction_length - max(0, self.dropped - 1)

    def square(self, b: Words) -> Words:
        """Squares of words; of long ones the second factor is the upper 17 bits and half of the last of these, so that nothing drifts."""
        return b * ((b >> self.dropped) * 2 + 1) if self.dropped else b * b

    @property
    def square_bits(self) -> int:
        """Bits of a square, which is unsigned."""
        return self.format.word_length - 1 + min(self.format.word_length, FACTOR_BITS)

    @property
    def guard(self) -> int:
        """Bits of the power below those that its steps need: of short words, whose squares have no bits below what counts as silence."""
        return max(0, POWER_GUARD - self.dropped)

    @property
    def power_bits(self) -> int:
        """Bits of the power."""
        return self.square_bits + self.guard + self.power_step

    @property
    def power_point(self) -> int:
        """Bits of fraction of the power."""
        return self.square_point + self.guard + self.power_step

    @cached_property
    def logarithm(self) -> Log2:
        """From power to level. What is less than the last bit that both factors of a square have is silence."""
        return Log2(self.power_bits, self.power_step + self.guard + (self.dropped + 1 if self.dropped else 0))

    @property
    def level_bits(self) -> int:
        return self.logarithm.word_length

    def powers(self, b: Words, step: int) -> Words:
        """Smoothed power at each word of a band that goes on by 2**-step, in units of a square's last bit over 2**(power_step + guard)."""
        whole = self.power_step
        return np.asarray(compiled(smoothed)(self.square(b) << self.guard, whole - step, whole))


def smoothed(values: Any, ahead: int, whole: int) -> Any:
    """One pole, X += y 2**ahead - round(X 2**ahead 2**-whole), from 0; X after each value."""
    found = np.empty(len(values), dtype=np.int64)
    now, half = 0, (1 << whole) >> 1
    for n in range(len(values)):
        now += (values[n] << ahead) - (((now << ahead) + half) >> whole)
        found[n] = now
    return found


@functools.cache
def compiled(recurrence: Callable[..., Any]) -> Callable[..., Words]:
    """A recurrence as machine code, made at its first use and kept in memory only: no file of it can ever be out of date."""
    import numba

    return numba.njit(recurrence)
