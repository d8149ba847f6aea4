"""Wide dynamic range compression in float64: a gain for each band that follows from the band's level by a curve."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reference.band_gain import amplitude
from reference.families.levels import DOUBLING_OF_POWER, Samples, compiled, ramp, smoothed_power

LIMITING_RATIO = 10.0
"""Decibels at the input for one at the output, above the output limit."""


@dataclass(frozen=True)
class Corner:
    """Where a curve of straight lines bends.

    Attributes
    ----------
    level : float
        In dB SPL at the input.
    bend : float
        By how much the slope of the gain changes there, in dB of gain for one of level.
    """

    level: float
    bend: float


@dataclass(frozen=True)
class Curve:
    """Gain of a band over its level, straight lines in dB.

    Attributes
    ----------
    gain : float
        Insertion gain at `speech_level`, in dB: the prescription.
    speech_level : float
        Level of the band in speech of 65 dB SPL, in dB SPL; the curve turns about this point.
    knee : float
        Level above which it compresses, in dB SPL; below, the gain is constant.
    ratio : float
        Decibels at the input for one at the output, above `knee`.
    expansion_knee : float
        Level below which the gain falls, in dB SPL.
    expansion_ratio : float
        Decibels at the output for one at the input, below `expansion_knee`.
    output_limit : float
        Level of the band at the output, in dB SPL, above which it compresses by `LIMITING_RATIO`.

    Notes
    -----
    With l the level and k = 1 - 1/ratio, above the knee g(l) = gain - k (l - speech_level), below it g(knee); above the level at which
    l + g(l) is the output limit, one decibel more at the output takes ten at the input. Below `expansion_knee` the gain falls by
    `expansion_ratio` - 1 dB for each decibel of level.

    References
    ----------
    J. M. Kates, *Digital Hearing Aids*, Plural Publishing, 2008, chapter 8, for compression and its curves; the output limit is that of
    the prescriptions of R. Scollie et al., "The Desired Sensation Level multistage input/output algorithm", Trends in Amplification 9
    (2005) 159-197.
    """

    gain: float
    speech_level: float
    knee: float
    ratio: float
    expansion_knee: float
    expansion_ratio: float
    output_limit: float

    @property
    def slope(self) -> float:
        """Decibels of gain that a decibel of level costs above the knee."""
        return 1 - 1 / self.ratio

    @property
    def linear_gain(self) -> float:
        """Gain at and below the knee, in dB."""
        return self.gain + self.slope * (self.speech_level - self.knee)

    @property
    def limit_level(self) -> float:
        """Level at the input above which the output limit counts, in dB SPL."""
        below = self.output_limit - self.linear_gain
        return below if below <= self.knee else self.ratio * (self.output_limit - self.gain - self.slope * self.speech_level)

    @property
    def corners(self) -> tuple[Corner, Corner, Corner]:
        """Where the curve bends: at the expansion's knee, at that of compression and at the limit; the second is none beyond the third."""
        held = 1 - 1 / LIMITING_RATIO
        compresses = self.slope if self.limit_level > self.knee else 0.0
        return (
            Corner(self.expansion_knee, -(self.expansion_ratio - 1)),
            Corner(self.knee, -compresses),
            Corner(self.limit_level, compresses - held),
        )

    @property
    def first_slope(self) -> float:
        """Decibels of gain for one of level, below all corners."""
        return self.expansion_ratio - 1

    def __call__(self, level: ArrayLike) -> Samples:
        """Gain in dB at levels in dB SPL.

        Examples
        --------
        >>> curve = Curve(20, 60, knee=45, ratio=2, expansion_knee=30, expansion_ratio=2, output_limit=105)
        >>> curve([20, 40, 60, 70, 160])
        array([ 17.5,  27.5,  20. ,  15. , -50. ])
        """
        levels = np.asarray(level, dtype=np.float64)
        found = self.linear_gain + self.first_slope * (levels - self.expansion_knee)
        for corner in self.corners:
            found = found + corner.bend * np.maximum(levels - corner.level, 0.0)
        return np.asarray(found)


def time_constant(time: float, ratio: float, remaining: float) -> float:
    """Time constant of the level that gives an attack or a release time of ANSI S3.22, in the unit of `time`.

    Parameters
    ----------
    time : float
        From the step of 35 dB until the output is within `remaining` dB of where it settles.
    ratio : float
        Compression ratio.
    remaining : float
        3 for the attack from 55 to 90 dB SPL, 4 for the release back.

    Notes
    -----
    The level in dB follows its step by one pole, the gain with k = 1 - 1/ratio of it: 35 k e^(-t/tau) = remaining. Where the gain moves by
    less than that in all, there is no such time, and the time constant itself is taken.

    References
    ----------
    ANSI S3.22-2009, *Specification of Hearing Aid Characteristics*.

    Examples
    --------
    >>> round(time_constant(5.0, 2.0, 3.0), 4)
    2.8351
    """
    moved = 35 * (1 - 1 / ratio)
    return time / math.log(moved / remaining) if moved > remaining else time


@dataclass(frozen=True)
class BandCompression:
    """What one band goes by.

    Attributes
    ----------
    curve : Curve
    attack, release : float
        Parts of its distance by which the level goes on in a word, where it rises and where it falls.
    """

    curve: Curve
    attack: float
    release: float


def compressor(
    words: ArrayLike,
    channel: ArrayLike,
    *,
    bands: Sequence[BandCompression],
    power: float,
    full_scale_spl: float,
    output_full_scale_spl: float,
    trims: Sequence[float] | None = None,
    step: float = np.inf,
    lowest: float = 0.0,
    offset: float = 0.0,
    off: float = 0.0,
    seen: ArrayLike | None = None,
) -> tuple[Samples, NDArray[np.int64]]:
    """Multiply each band word by a gain that follows from its band's level.

    Parameters
    ----------
    words : array_like of float, shape (n,)
        Band words in any order.
    channel : array_like of int, shape (n,)
        Band of each.
    bands : sequence of BandCompression
        Of channels 0, 1, …; words of others pass untouched.
    power : float
        Part of its distance by which the power goes on in a word.
    full_scale_spl, output_full_scale_spl : float
        Sound pressure level of a sine of amplitude 1 at the sink, and at the source, in dB SPL.
    trims : sequence of float, optional
        Gain in dB that is added to each band's. None, by default.
    step : float
        Largest change of a trim in a word, in dB.
    lowest : float
        Power that counts as the least; below it is silence. Levels begin there.
    offset, off : float
        Doublings of power by which every level, and of amplitude by which every gain is taken for more than it is.
    seen : array_like of float, shape (n,), optional
        Words of which levels are measured, where these are others.

    Returns
    -------
    words : ndarray of float64, shape (n,)
    channel : ndarray of int64, shape (n,)
        As given.

    Notes
    -----
    With b the band's words, all recurrences word by word:

        P += (b^2 - P) power        L = log2(max(P, lowest))
        S += (L - S) attack where L > S, else S += (L - S) release
        g = curve(full_scale_spl + 10 log10(2 2^S)) + trim + full_scale_spl - output_full_scale_spl        out = b 10^(g/20)

    The power is smoothed before its logarithm is taken: the logarithm of a sine's square by itself spreads by 8 dB.
    """
    values, numbers = np.array(words, dtype=np.float64), np.asarray(channel, dtype=np.int64)
    measured = values.copy() if seen is None else np.asarray(seen, dtype=np.float64)
    for band, own in enumerate(bands):
        where = numbers == band
        level = smoothed_power(measured[where], power, lowest) + offset
        smooth = compiled(follow)(level, own.attack, own.release, math.log2(lowest) if lowest else -1000.0)
        gains = own.curve(full_scale_spl + DOUBLING_OF_POWER * (smooth + 1)) + full_scale_spl - output_full_scale_spl
        trim = 0.0 if trims is None else trims[band]
        values[where] *= amplitude(gains + ramp(np.full(level.size, trim), step, trim), off)
    return values, numbers


def follow(level: Any, attack: float, release: float, start: float) -> Any:
    """What follows levels, faster up than down."""
    found, now = np.empty(len(level)), start
    for n in range(len(level)):
        now += (level[n] - now) * (attack if level[n] > now else release)
        found[n] = now
    return found
