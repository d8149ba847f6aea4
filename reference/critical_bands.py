"""Critical bands of hearing: how wide the ear's filters are, and how many of them lie below a frequency.

References
----------
E. Zwicker, E. Terhardt, "Analytical expressions for critical-band rate and critical bandwidth as a function of frequency", J. Acoust. Soc.
Am. 68 (1980) 1523-1525, for the Bark scale; B. R. Glasberg, B. C. J. Moore, "Derivation of auditory filter shapes from notched-noise data",
Hearing Research 47 (1990) 103-138, for equivalent rectangular bandwidths.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Values = NDArray[np.float64]

THIRD_OCTAVE_CENTRES = (
    125.0, 160.0, 200.0, 250.0, 315.0, 400.0, 500.0, 630.0, 800.0, 1000.0, 1250.0, 1600.0, 2000.0, 2500.0, 3150.0, 4000.0, 5000.0, 6300.0,
    8000.0,
)  # fmt: skip
"""Nominal centres of third octaves in Hz (IEC 61260), for tables."""

HIGHEST = 1e6
"""Frequency in Hz up to which the inverse of the Bark scale is looked for."""


def bark_bandwidth(frequency: ArrayLike) -> Values:
    """Critical bandwidth in Hz: 25 + 75 (1 + 1.4 (f / kHz)^2)^0.69.

    Examples
    --------
    >>> bark_bandwidth([100, 1000]).round(1)
    array([100.7, 162.2])
    """
    return np.asarray(25.0 + 75.0 * (1.0 + 1.4e-6 * np.square(np.asarray(frequency, dtype=np.float64))) ** 0.69)


def bark(frequency: ArrayLike) -> Values:
    """Critical-band rate in Bark, the number of critical bands below a frequency in Hz: 13 atan(0.76 f / kHz) + 3.5 atan((f / 7.5 kHz)^2).

    Examples
    --------
    >>> bark([100, 1000, 9500]).round(1)
    array([ 1. ,  8.5, 22.2])
    """
    f = np.asarray(frequency, dtype=np.float64)
    return np.asarray(13.0 * np.arctan(0.76e-3 * f) + 3.5 * np.arctan(np.square(f / 7500.0)))


def erb(frequency: ArrayLike) -> Values:
    """Equivalent rectangular bandwidth of the ear's filter in Hz: 24.7 (4.37 f / kHz + 1).

    Examples
    --------
    >>> erb([100, 1000]).round(1)
    array([ 35.5, 132.6])
    """
    return np.asarray(24.7 * (4.37e-3 * np.asarray(frequency, dtype=np.float64) + 1.0))


def erb_number(frequency: ArrayLike) -> Values:
    """Equivalent rectangular bandwidths below a frequency in Hz, in Cam: 21.4 log10(4.37 f / kHz + 1).

    Examples
    --------
    >>> erb_number([0, 1000]).round(2)
    array([ 0.  , 15.62])
    """
    return np.asarray(21.4 * np.log10(4.37e-3 * np.asarray(frequency, dtype=np.float64) + 1.0))


def erb_frequency(number: ArrayLike) -> Values:
    """Frequency in Hz below which there are so many equivalent rectangular bandwidths; the inverse of `erb_number`.

    Examples
    --------
    >>> erb_frequency(erb_number([50, 4000])).round(6)
    array([  50., 4000.])
    """
    return np.asarray((10 ** (np.asarray(number, dtype=np.float64) / 21.4) - 1.0) / 4.37e-3)


def bark_frequency(number: ArrayLike) -> Values:
    """Frequency in Hz with such a critical-band rate in Bark; the inverse of `bark`, found by halving up to `HIGHEST`.

    Examples
    --------
    >>> bark_frequency(bark([100, 4000])).round(6)
    array([ 100., 4000.])
    """
    wanted = np.asarray(number, dtype=np.float64)
    low, high = np.zeros_like(wanted), np.full_like(wanted, HIGHEST)
    for _ in range(64):
        middle = (low + high) / 2
        below = bark(middle) < wanted
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return np.asarray((low + high) / 2)


class Scale(NamedTuple):
    """A scale of hearing: the number of a frequency, the frequency of a number, and the bandwidth at a frequency in Hz."""

    number: Callable[[ArrayLike], Values]
    frequency: Callable[[ArrayLike], Values]
    bandwidth: Callable[[ArrayLike], Values]


SCALES: Mapping[str, Scale] = {
    "erb": Scale(erb_number, erb_frequency, erb),
    "bark": Scale(bark, bark_frequency, bark_bandwidth),
}
"""By what bands are spaced, and how wide they are."""


def spaced_centres(lowest: float, highest: float, count: int, scale: str = "erb") -> Values:
    """Centres of bands in Hz that lie equally far apart for the ear, the first and the last as given.

    Parameters
    ----------
    lowest, highest : float
        In Hz.
    count : int
    scale : {"erb", "bark"}
        One of `SCALES`.

    Raises
    ------
    ValueError
        For a count below 2, or frequencies that do not rise from 0 or more.

    Examples
    --------
    >>> spaced_centres(100, 8000, 4).round()
    array([ 100.,  733., 2584., 8000.])
    >>> spaced_centres(100, 8000, 4, "bark").round()
    array([ 100.,  886., 2501., 8000.])
    """
    if count < 2 or not 0 <= lowest < highest:
        raise ValueError(f"{count} bands from {lowest:g} to {highest:g} Hz: must be 2 or more, from 0 Hz or more to a higher frequency")
    number, frequency, _ = SCALES[scale]
    found = frequency(np.linspace(number(lowest), number(highest), count))
    found[[0, -1]] = lowest, highest
    return found


def band_edges(centres: ArrayLike) -> Values:
    """Edges in Hz between bands of the given centres, half way for the ear, and as far outside of the first and the last.

    Parameters
    ----------
    centres : array_like of float, shape (n,)
        In Hz, rising, two or more.

    Returns
    -------
    ndarray of float64, shape (n + 1,)
        Never below 0.

    Examples
    --------
    >>> band_edges([100, 723, 2544]).round()
    array([   0.,  331., 1396., 4504.])
    """
    numbers = erb_number(centres)
    inner = (numbers[1:] + numbers[:-1]) / 2
    return erb_frequency(np.maximum(np.concatenate([[2 * numbers[0] - inner[0]], inner, [2 * numbers[-1] - inner[-1]]]), 0.0))


class CriticalBand(NamedTuple):
    """What the two scales say of a frequency: Hz, Hz, Bark, Hz, Cam."""

    frequency: float
    bark_bandwidth: float
    bark: float
    erb: float
    erb_number: float


def critical_band_table(frequencies: Sequence[float] = THIRD_OCTAVE_CENTRES) -> list[CriticalBand]:
    """Both bandwidths and both scales at some frequencies in Hz, as they are usually drawn beside each other.

    Examples
    --------
    >>> [round(value, 1) for value in critical_band_table([1000.0])[0]]
    [1000.0, 162.2, 8.5, 132.6, 15.6]
    """
    columns = (np.asarray(frequencies, dtype=np.float64), *(scale(frequencies) for scale in (bark_bandwidth, bark, erb, erb_number)))
    return [CriticalBand(*(float(value) for value in row)) for row in zip(*columns, strict=True)]
