"""Bit-true noise reduction of band words: power, logarithm, a tracked floor, a table of gains, a product."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fixed_point.families.band_by_band import band_by_band
from fixed_point.families.band_power import MeasuredPower, compiled, smoothed
from fixed_point.families.logarithms import LOGARITHM_BITS
from fixed_point.number_format import Format, Rounding
from fixed_point.quantization import Words, requantize

GAIN = Format(False, 16, 15)
"""Format of a gain, and of the register of the floor: 0 to 1 in steps of 2**-15. A larger word of the register counts as 1."""

ONE = 1 << GAIN.fraction_length

TOP_BITS = 3
"""Two to this is the distance above the floor, in doublings of power, from which on nothing is taken away."""

KNOT_BITS = 4
"""Two to this are the knots of the table of gains in a doubling."""

REST_BITS = 8
"""Bits of a distance between two knots."""

KNOTS = (1 << TOP_BITS + KNOT_BITS) + 1

RISE_BITS = 9
"""Bits that the floor's rise in a word has at least, so that it is right within 0.1 %."""

FLOOR_BITS = (20, 32)
"""Bits of fraction of the floor: at least, at most."""


@dataclass(frozen=True)
class BandSteps:
    """How one band's trackers go on with a word.

    Attributes
    ----------
    power, fall, gain : int
        The power, the falling floor and the gain go on by 2 to the minus this of their distance.
    rise : int
        Of the floor in a word, in units of its last bit.
    start : int
        Words after a reset in which the floor is the level.
    block_bits : int
        Two to this are the words over which the least level is looked for.
    """

    power: int
    fall: int
    gain: int
    rise: int
    start: int
    block_bits: int


@dataclass(frozen=True)
class Reduction(MeasuredPower):
    """Word lengths and constants of a noise reducer.

    Attributes
    ----------
    format : Format
        Of the band words.
    bands : tuple of BandSteps
        Of channels 0, 1, …
    knots : tuple of int
        The 129 gains at distances 0, 1/16, …, 8 doublings of power above the floor, words of format `GAIN`.
    floor_fraction_length : int
        Bits of fraction of the noise floor, which is a logarithm.
    top : int
        Gain from 8 doublings on.

    Notes
    -----
    Each recurrence x += (y - x) 2**-k keeps x with k more bits, X = 2**k x, as X += y - round(X 2**-k), so that it neither sticks nor
    drifts.
    """

    format: Format
    bands: tuple[BandSteps, ...]
    knots: tuple[int, ...]
    floor_fraction_length: int
    top: int = ONE

    @property
    def power_step(self) -> int:
        """Bits of fraction of the power, in squares: the slowest band's."""
        return max(band.power for band in self.bands)

    @property
    def fall_step(self) -> int:
        return max(band.fall for band in self.bands)

    @property
    def gain_step(self) -> int:
        """Bits of the smoothed gain below those of a gain."""
        return max(band.gain for band in self.bands)

    @property
    def extra(self) -> int:
        """Bits of fraction that the floor has more than the level."""
        return self.floor_fraction_length - LOGARITHM_BITS

    @property
    def floor_bits(self) -> int:
        """Bits of the noise floor."""
        return self.level_bits + self.extra

    @property
    def count_bits(self) -> int:
        """Bits of the counter of a band's words."""
        return max(band.block_bits for band in self.bands)

    @property
    def smooth_bits(self) -> int:
        """Bits of the smoothed gain."""
        return GAIN.word_length + self.gain_step

    @property
    def rest_drop(self) -> int:
        """Lower bits of a distance that the table does not see."""
        return self.floor_fraction_length - KNOT_BITS - REST_BITS

    @property
    def slopes(self) -> tuple[int, ...]:
        """From each of the first 128 knots to the next."""
        return tuple(int(step) for step in np.diff(self.knots))

    def lookup(self, distance: Words, floor: Any) -> Words:
        """Gain at distances above the noise floor, but never below `floor`.

        Parameters
        ----------
        distance : ndarray of int64
            In units of the noise floor's last bit; below 0 counts as 0.
        floor : int or ndarray of int64
        """
        place = np.maximum(distance, 0) >> self.rest_drop
        knot, rest = place >> REST_BITS, place & (1 << REST_BITS) - 1
        known = np.minimum(knot, KNOTS - 2)
        line = np.array(self.knots)[known] + (np.array(self.slopes)[known] * rest >> REST_BITS)
        return np.maximum(np.where(knot > KNOTS - 2, self.top, line), np.minimum(floor, ONE))


def noise_reducer(
    words: ArrayLike,
    channel: ArrayLike,
    reduction: Reduction,
    floor: int | NDArray[np.int64],
    frozen: NDArray[np.bool_] | None = None,
    passed: NDArray[np.bool_] | None = None,
) -> tuple[Words, NDArray[np.int64]]:
    """Multiply each band word by a gain that follows from the band's level above its noise floor.

    Parameters
    ----------
    words : array_like of int, shape (n,)
        Raw band words, in any order.
    channel : array_like of int, shape (n,)
        Band of each.
    reduction : Reduction
    floor : int or ndarray of int64, shape (n,)
        Least gain, a word of format `GAIN`.
    frozen : ndarray of bool, shape (n,), optional
        Words at which the noise floor is held. None, by default.
    passed : ndarray of bool, shape (n,), optional
        Words that leave as they came. None, by default.

    Returns
    -------
    words : ndarray of int64, shape (n,)
    channel : ndarray of int64, shape (n,)
        As given.
    """
    bits = reduction.format.word_length
    exact, format = Format(True, bits + GAIN.word_length + 1, GAIN.fraction_length), Format(True, bits, 0)

    def treat(band: int, b: Words, where: NDArray[np.bool_]) -> Words:
        held = np.zeros(b.size, np.bool_) if frozen is None else frozen[where]
        gains = band_gains(b, reduction, reduction.bands[band], floor if isinstance(floor, int) else floor[where], held)
        return requantize(b * gains, exact, format, Rounding.NEAREST, "saturate")

    return band_by_band(words, channel, len(reduction.bands), treat, passed)


def band_gains(b: Words, reduction: Reduction, steps: BandSteps, floor: Any, frozen: NDArray[np.bool_]) -> Words:
    """The gain of each word of a band, with which it is multiplied; parameters as for `noise_reducer`."""
    level = reduction.logarithm(reduction.powers(b, steps.power))
    floors = noise_floor(level, reduction, steps, frozen)
    wanted = reduction.lookup((level << reduction.extra) - floors, floor)
    ahead, whole = reduction.gain_step - steps.gain, reduction.gain_step
    smooth = compiled(smoothed)(np.ascontiguousarray(wanted), ahead, whole)
    return np.asarray(smooth + (1 << whole - 1) >> whole) if whole else np.asarray(smooth)


def noise_floor(level: Words, reduction: Reduction, steps: BandSteps, frozen: NDArray[np.bool_]) -> Words:
    """Noise floor at each level of a band."""
    highest = (1 << reduction.level_bits) - 1
    ahead, whole = reduction.fall_step - steps.fall, reduction.fall_step
    settings = reduction.extra, ahead, whole, steps.rise, steps.start, steps.block_bits, highest
    return np.asarray(compiled(floor_recurrence)(level, frozen, *settings))


def floor_recurrence(
    level: Any, frozen: Any, extra: int, ahead: int, whole: int, rise: int, start: int, block_bits: int, highest: int
) -> Any:
    """The noise floor N, known with each level L; M is the least level since a block began."""
    found = np.empty(len(level), dtype=np.int64)
    now, least, count, settled, last = 0, highest, 0, False, (1 << block_bits) - 1
    for n in range(len(level)):
        if not frozen[n]:
            wide = level[n] << extra
            pulled = now - (((now - wide) << ahead) >> whole) if wide < now else min(now + rise, wide)
            least = min(least, level[n])
            now = wide if not settled else max(pulled, least << extra) if count == last else pulled
            least = level[n] if count == last else least
            settled = settled or count + 1 == start
            count = (count + 1) & last
        found[n] = now
    return found


def rise_words(rises: Sequence[float]) -> tuple[tuple[int, ...], int]:
    """Rises of the noise floor in a word as words, and their bits of fraction.

    Parameters
    ----------
    rises : sequence of float
        Of each band, in doublings of power.

    Examples
    --------
    >>> rise_words([1.25e-4])
    ((524,), 22)
    """
    low, high = FLOOR_BITS
    fraction_length = int(np.clip(RISE_BITS - np.floor(np.log2(min(rises))), low, high))
    return tuple(max(1, round(rise * 2.0**fraction_length)) for rise in rises), fraction_length
