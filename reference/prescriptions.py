"""Prescriptions of hearing aids: how much gain an audiogram asks for, at which frequency and, where there is compression, at which level.

Gains are insertion gains: what a real ear gets with the aid over what it gets without.

References
----------
D. Byrne, H. Dillon, "The National Acoustic Laboratories' (NAL) new procedure for selecting the gain and frequency response of a hearing
aid", Ear and Hearing 7 (1986) 257-265, for NAL-R. D. Byrne, A. Parkinson, P. Newall, "Hearing aid gain and frequency response requirements
for the severely/profoundly hearing impaired", Ear and Hearing 11 (1990) 40-49, and "Modified hearing aid selection procedures for
severe/profound hearing losses", The Vanderbilt Hearing-Aid Report II (1991) 295-300, figure 9, for NAL-RP (the same table stands in the
Auditory Modeling Toolbox, function nalrp). S. F. Lybarger, U.S. patent application SN 543,278 (1944), for half the loss.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reference.audiograms import Audiogram

Values = NDArray[np.float64]

NAL_FREQUENCIES = (250.0, 500.0, 1000.0, 1500.0, 2000.0, 3000.0, 4000.0, 6000.0)
"""Frequencies in Hz for which the NAL procedures state what they add."""

NAL_SHAPE = (-17.0, -8.0, 1.0, 1.0, -1.0, -2.0, -2.0, -2.0)
"""k in dB at `NAL_FREQUENCIES`: what makes the bands of speech equally loud."""

NAL_AVERAGED = (500.0, 1000.0, 2000.0)
"""Frequencies in Hz whose thresholds lift the gain at all others."""

NAL_SEVERE = 180.0
"""Sum of the thresholds at `NAL_AVERAGED` above which the gain rises faster, in dB HL."""

PROFOUND_LEVELS = (95.0, 100.0, 105.0, 110.0, 115.0, 120.0)
"""Thresholds at 2 kHz in dB HL for which NAL-RP states what it adds."""

PROFOUND_SHAPE = (
    (4, 3, 0, -1, -2, -2, -2, -2),
    (6, 4, 0, -2, -3, -3, -3, -3),
    (8, 5, 0, -3, -5, -5, -5, -5),
    (11, 7, 0, -3, -6, -6, -6, -6),
    (13, 8, 0, -4, -8, -8, -8, -8),
    (15, 9, 0, -5, -9, -9, -9, -9),
)
"""PC in dB, a row for each of `PROFOUND_LEVELS`, a column for each of `NAL_FREQUENCIES`: more at low frequencies, less at high ones."""


def nal_r(audiogram: Audiogram, frequencies: ArrayLike) -> Values:
    """Insertion gain in dB by NAL-R, never below 0.

    Parameters
    ----------
    audiogram : Audiogram
    frequencies : array_like of float
        In Hz. Thresholds and k between those that are stated lie on straight lines over the logarithm of frequency.

    Notes
    -----
    IG(f) = X + 0.31 HL(f) + k(f), X = 0.05 (HL(500) + HL(1k) + HL(2k)); above a sum of 180, X = 9 + 0.116 (sum - 180).

    Examples
    --------
    >>> nal_r(Audiogram((250, 4000), (40, 40)), [500, 1000, 4000])
    array([10.4, 19.4, 16.4])
    """
    return np.maximum(_nal(audiogram, frequencies), 0.0)


def nal_rp(audiogram: Audiogram, frequencies: ArrayLike) -> Values:
    """Insertion gain in dB by NAL-RP: NAL-R, and from 95 dB HL at 2 kHz on PC(f) besides, which takes from high to low frequencies.

    Parameters are those of `nal_r`.

    Examples
    --------
    >>> nal_rp(Audiogram((250, 4000), (100, 100)), [250, 1000, 4000]).round(2)
    array([42.92, 54.92, 48.92])
    """
    at_2_khz = float(audiogram.at(2000.0))
    gain = _nal(audiogram, frequencies)
    if at_2_khz >= PROFOUND_LEVELS[0]:
        added = [np.interp(at_2_khz, PROFOUND_LEVELS, column) for column in zip(*PROFOUND_SHAPE, strict=True)]
        gain += _between(frequencies, added)
    return np.maximum(gain, 0.0)


def half_gain(audiogram: Audiogram, frequencies: ArrayLike) -> Values:
    """Insertion gain in dB of half the loss, never below 0.

    Examples
    --------
    >>> half_gain(Audiogram((500, 1000), (-10, 50)), [500, 1000])
    array([ 0., 25.])
    """
    return np.maximum(audiogram.at(frequencies) / 2, 0.0)


def _nal(audiogram: Audiogram, frequencies: ArrayLike) -> Values:
    total = float(np.sum(audiogram.at(NAL_AVERAGED)))
    lift = 0.05 * total if total <= NAL_SEVERE else 0.05 * NAL_SEVERE + 0.116 * (total - NAL_SEVERE)
    return lift + 0.31 * audiogram.at(frequencies) + _between(frequencies, NAL_SHAPE)


def _between(frequencies: ArrayLike, values: ArrayLike) -> Values:
    """Values at `NAL_FREQUENCIES`, at other frequencies."""
    return np.asarray(np.interp(np.log(np.asarray(frequencies, dtype=np.float64)), np.log(NAL_FREQUENCIES), np.asarray(values)))


RULES: dict[str, Callable[[Audiogram, ArrayLike], Values]] = {"nal-r": nal_r, "nal-rp": nal_rp, "half-gain": half_gain}
"""Prescriptions by name."""

NAL_RULES = ("nal-r", "nal-rp")
"""Those that need thresholds from 500 to 2000 Hz."""

SPEECH_LEVEL = 65.0
"""Level of speech in dB SPL for which a gain is prescribed, where it does not say another."""

TABLE_LEVELS = (50.0, 65.0, 80.0)
"""Levels in dB SPL of the input for which tables of gain are made: soft, normal and loud speech."""


@dataclass(frozen=True)
class Compression:
    """Gain over level of one band: constant up to a knee, falling from there.

    Attributes
    ----------
    ratio : float
        dB of input for each dB of output above the knee, 1 or more.
    knee : float
        Level of speech in dB SPL from which the gain falls.
    """

    ratio: float
    knee: float


STEEPEST = 10.0
"""Largest ratio that is taken from a table."""

KNOWN_KNEE = 0.5
"""dB that a knee has to lie above the softest speech of a table, to be taken from it."""

FLATTEST = 1.01
"""Ratio below which a table is taken for linear."""


def compression_of(soft: float, normal: float, loud: float, lowest_knee: float) -> Compression:
    """Knee and ratio of a band whose gain is given at 50, 65 and 80 dB SPL.

    The ratio is that of the line from 65 to 80 dB SPL. Where the gain at 50 dB SPL lies below that line, the knee is where the line has
    that gain; else it is the lowest.

    Parameters
    ----------
    soft, normal, loud : float
        Gains in dB at `TABLE_LEVELS`.
    lowest_knee : float
        In dB SPL, at most 50.

    Raises
    ------
    ValueError
        If the gain rises with the level, which no compressor does.

    Examples
    --------
    >>> compression_of(30.0, 22.5, 15.0, 45.0)
    Compression(ratio=2.0, knee=45.0)
    >>> compression_of(25.0, 22.5, 15.0, 45.0)
    Compression(ratio=2.0, knee=60.0)
    >>> compression_of(20.0, 20.0, 20.0, 45.0)
    Compression(ratio=1.0, knee=45.0)
    """
    softest, middle, highest = TABLE_LEVELS
    slope = (loud - normal) / (highest - middle)
    if slope > 1 - 1 / FLATTEST or soft < normal - 0.5:
        raise ValueError(f"gains {soft:g}, {normal:g}, {loud:g} dB at 50, 65, 80 dB SPL: must not rise with the level")
    ratio = min(1 / (1 + slope), STEEPEST) if slope > -1 else STEEPEST
    if ratio < FLATTEST:
        return Compression(1.0, lowest_knee)
    knee = middle + (soft - normal) / (1 / ratio - 1)
    return Compression(float(ratio), float(min(knee, middle) if knee > softest + KNOWN_KNEE else lowest_knee))
