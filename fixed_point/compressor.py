"""Bit-true compression of band words: power, logarithm, a smoothed level, a curve of straight lines, two to the power of it, a product."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fixed_point.families.band_by_band import band_by_band
from fixed_point.families.band_power import MeasuredPower, compiled
from fixed_point.families.logarithmic_gain import EXPONENT_BITS, PACE_BITS, REGISTER, LogarithmicGain, ramped
from fixed_point.families.logarithms import LOGARITHM_BITS
from fixed_point.number_format import Format
from fixed_point.quantization import Words

PACE = Format(False, 17, 16)
"""Format of the part of its distance by which a level goes on in a word: 0 to 1."""

SLOPE = Format(True, 18, 16)
"""Format of a slope: doublings of amplitude for one of power, so that a decibel for a decibel is one half."""

START = Format(True, 18, EXPONENT_BITS)
"""Format of the gain at the lowest level: doublings of amplitude."""

KNEE = Format(False, 18, LOGARITHM_BITS)
"""Format of the level at which a curve bends: doublings of power."""

LINES = 4
"""Straight lines of a curve."""


@dataclass(frozen=True)
class BandCurve:
    """What one band goes by, in words.

    Attributes
    ----------
    start : int
        Gain at level 0, a word of format `START`.
    slopes : tuple of int
        Slope of the gain at the lowest levels, and by how much it changes at each of `knees`; words of format `SLOPE`.
    knees : tuple of int
        Levels, words of format `KNEE`; one fewer than `slopes`.
    attack, release : int
        Part of its distance by which the level goes on where it rises, where it falls; words of format `PACE`.
    """

    start: int
    slopes: tuple[int, ...]
    knees: tuple[int, ...]
    attack: int
    release: int


@dataclass(frozen=True)
class CompressionLaw(MeasuredPower):
    """Word lengths and constants of a compressor.

    Attributes
    ----------
    format : Format
        Of the band words.
    step : int
        The power goes on by 2 to the minus this of its distance.
    bands : tuple of BandCurve
        Of channels 0, 1, …
    """

    format: Format
    step: int
    bands: tuple[BandCurve, ...]

    @property
    def power_step(self) -> int:
        return self.step

    @property
    def gain(self) -> LogarithmicGain:
        """What comes of a word and a gain."""
        return LogarithmicGain(self.format)

    @property
    def silence(self) -> int:
        """Level of silence, at which levels begin after a reset; with `LOGARITHM_BITS` of fraction."""
        return self.logarithm.lowest << LOGARITHM_BITS

    @property
    def smooth_bits(self) -> int:
        """Bits of the smoothed level."""
        return self.level_bits + PACE.fraction_length

    def exponents(self, level: Words, trim: Words, curve: BandCurve) -> Words:
        """Gain at smoothed levels with a trim, as an exponent: exact sums and products, and one rounding.

        Parameters
        ----------
        level : ndarray of int64
            With `LOGARITHM_BITS` of fraction.
        trim : ndarray of int64
            As `ramped` gives it.
        """
        point = LOGARITHM_BITS + SLOPE.fraction_length
        total = (curve.start << point - START.fraction_length) + (trim << point - REGISTER.fraction_length - PACE_BITS)
        for slope, knee in zip(curve.slopes, (0, *curve.knees), strict=True):
            total = total + slope * np.maximum(level - knee, 0)
        dropped = point - EXPONENT_BITS
        return np.asarray(total + (1 << dropped >> 1) >> dropped)


def compressor(
    words: ArrayLike,
    channel: ArrayLike,
    law: CompressionLaw,
    starts: Sequence[int],
    pace: int,
    trims: Sequence[NDArray[np.int64]] | None = None,
    passed: NDArray[np.bool_] | None = None,
) -> tuple[Words, NDArray[np.int64]]:
    """Multiply each band word by a gain that follows from its band's level.

    Parameters
    ----------
    words : array_like of int, shape (n,)
        Raw band words, in any order.
    channel : array_like of int, shape (n,)
        Band of each.
    law : CompressionLaw
    starts : sequence of int
        Trims of channels 0, 1, … after a reset, words of format `REGISTER`.
    pace : int
        Largest change of a trim in a word of its band, with `PACE_BITS` more bits of fraction.
    trims : sequence of ndarray of int64, shape (n,), optional
        By channel what its register holds at each word; `starts` all the time, by default.
    passed : ndarray of bool, shape (n,), optional
        Words that leave as they came. None, by default.

    Returns
    -------
    words : ndarray of int64, shape (n,)
    channel : ndarray of int64, shape (n,)
        As given.
    """

    def treat(band: int, b: Words, where: NDArray[np.bool_]) -> Words:
        curve = law.bands[band]
        wanted = np.full(b.size, starts[band], np.int64) if trims is None else trims[band][where]
        return law.gain(b, law.exponents(levels(b, law, curve), ramped(wanted, pace, starts[band]), curve))

    return band_by_band(words, channel, len(law.bands), treat, passed)


def levels(b: Words, law: CompressionLaw, curve: BandCurve) -> Words:
    """Smoothed level at each word of a band, in doublings of power with `LOGARITHM_BITS` of fraction."""
    measured = law.logarithm(law.powers(b, law.step))
    return np.asarray(compiled(follow)(measured, curve.attack, curve.release, law.silence, PACE.fraction_length))


def follow(level: Any, attack: int, release: int, start: int, point: int) -> Any:
    """What follows levels, faster up than down; its lower bits are kept from word to word, and not given."""
    found, now = np.empty(len(level), dtype=np.int64), start << point
    for n in range(len(level)):
        distance = level[n] - (now >> point)
        now += distance * (attack if distance > 0 else release)
        found[n] = now >> point
    return found
