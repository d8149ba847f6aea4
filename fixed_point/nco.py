"""Bit-true tones and noise: a phase that goes on word by word, a quarter of a turn of the sine, and a register of random bits."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fixed_point.number_format import Format, Overflow, Rounding
from fixed_point.quantization import Words, requantize

LEVEL = Format(False, 16, 16)
"""Of what a tone or noise of full scale is multiplied by."""

LONG, SHORT = 31, 28
"""Lags of the random bits: each is that of so long ago, changed where that of so short ago is one."""

MOST_BITS = SHORT
"""Of these that are made at once."""

DITHER_BITS = 8
"""Random bits that are added to the phase below the bits that are looked up."""


@dataclass(frozen=True)
class NcoLaw:
    """Word lengths of tones and noise.

    Attributes
    ----------
    source : Format
    phase_bits, angle_bits : int
        Of the phase, a turn being two to this; and of it as it is looked up.
    dithered : bool
        Whether random bits are added to the phase before it is looked up.
    seed : int
        What the register of random bits holds after a reset.
    """

    source: Format
    phase_bits: int
    angle_bits: int
    dithered: bool
    seed: int

    @property
    def width(self) -> int:
        """Bits of a word, and random bits that are new in each."""
        return self.source.word_length

    @property
    def dither_bits(self) -> int:
        """Random bits below those of the angle."""
        return min(DITHER_BITS, self.phase_bits - self.angle_bits, self.width) if self.dithered else 0

    @property
    def start(self) -> int:
        """The phase of the first word: in the middle of the first angle, where no random bits are to take it there."""
        return 0 if self.dither_bits or self.phase_bits == self.angle_bits else 1 << self.phase_bits - self.angle_bits - 1

    @cached_property
    def rows(self) -> tuple[int, ...]:
        """A quarter of a turn: half a bit below the sine in the middle of a row's angles: inverted it is that of half a turn on."""
        quarter, scale = 1 << self.angle_bits - 2, 1 << self.width - 1
        sines = np.sin(np.pi / 2 * (np.arange(quarter) + 0.5) / quarter)
        return tuple(min(int(scale * float(sine)), scale - 1) for sine in sines)

    @property
    def product_fraction(self) -> int:
        """Of a word with a half behind it, by a level."""
        return self.source.fraction_length + 1 + LEVEL.fraction_length


def random_words(count: int, law: NcoLaw) -> NDArray[np.int64]:
    """The newest bits of the register in front of each word, the oldest of these lowest.

    Notes
    -----
    Lags may be doubled, b[t] = b[t - 56] xor b[t - 62] and so on, since squares of polynomials over two elements have no mixed terms: so
    many bits are known as soon as twice as many are.
    """
    width = law.width
    needed = max(LONG, count * width)
    bits = np.zeros(needed, np.uint8)
    bits[:LONG] = [law.seed >> place & 1 for place in range(LONG)]
    known = LONG
    while known < needed:
        times = 1
        while LONG * 2 * times <= known:
            times *= 2
        more = min(SHORT * times, needed - known)
        start = known
        bits[start : start + more] = bits[start - LONG * times :][:more] ^ bits[start - SHORT * times :][:more]
        known += more
    rows = bits[: count * width].reshape(count, width).astype(np.int64)
    return np.asarray(rows @ (1 << np.arange(width, dtype=np.int64)))


def nco(count: int, law: NcoLaw, increment: ArrayLike, level: ArrayLike, noise: ArrayLike) -> Words:
    """Words of a tone, or of noise.

    Parameters
    ----------
    count : int
    law : NcoLaw
    increment, level, noise : int or array_like of int, shape (count,)
        What the phase goes on by behind each word; what it is multiplied by, a word of `LEVEL`; and whether it is one of noise.
    """
    steps, levels, noisy = (np.broadcast_to(np.asarray(values, np.int64), (count,)) for values in (increment, level, noise))
    turn = 1 << law.phase_bits
    phase = np.zeros(count, np.int64)
    phase[1:] = np.cumsum(steps)[:-1]
    phase = (phase + law.start) % turn
    random = random_words(count + 1, law)
    bits = law.dither_bits
    if bits:
        below = law.phase_bits - law.angle_bits - bits
        phase = ((phase >> below) + (random[:-1] & (1 << bits) - 1) << below) % turn
    angle = phase >> law.phase_bits - law.angle_bits
    quarter = 1 << law.angle_bits - 2
    part, place = angle // quarter, angle % quarter
    row = np.asarray(law.rows, np.int64)[np.where(part % 2 == 1, quarter - 1 - place, place)]
    tone = np.where(part >= 2, -1 - row, row)
    half = 1 << law.width - 1
    signed = (random[1:] + half) % (2 * half) - half
    products = (2 * np.where(noisy != 0, signed, tone) + 1) * levels
    wide = Format(True, law.width + LEVEL.word_length + 2, law.product_fraction)
    return requantize(products, wide, law.source, Rounding.NEAREST, Overflow.WRAP)
