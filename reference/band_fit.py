"""Gains of the bands of an undecimated wavelet bank that come nearest to a gain over frequency.

Bands overlap: what one of them does at a frequency, its neighbours do too, and a mean of the wanted gain over each band misses by several
dB. So the gains are fitted on the bank's own response.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reference.families.wavelet_filters import WaveletFilters
from reference.swt_analysis import swt_analysis
from reference.swt_synthesis import swt_synthesis

Values = NDArray[np.float64]

LEAST_GAIN, MOST_GAIN = -10.0, 60.0
"""Range of a band's gain, dB."""

EVENNESS = 0.02
"""How much a decibel between the gains of two neighbours counts, where there are more bands than wanted gains, against one of error."""

NORMS = (2, 4, 8, 16, 32)
"""Norms of the error that are made small, one after the other: least squares, then nearly the largest error."""


def band_names(levels: int) -> list[str]:
    """Bands from low to high.

    Examples
    --------
    >>> band_names(2)
    ['A_2', 'D_2', 'D_1']
    """
    return [f"A_{levels}", *(f"D_{level}" for level in range(levels, 0, -1))]


def band_centres(levels: int, sample_rate: float) -> Values:
    """Centres of the bands in Hz, from low to high: the geometric mean of an octave's edges, and half the edge of the approximation.

    Examples
    --------
    >>> band_centres(2, 16000).round()
    array([1000., 2828., 5657.])
    """
    details = [sample_rate / 2 ** (level + 0.5) for level in range(levels, 0, -1)]
    return np.array([sample_rate / 2 ** (levels + 2), *details])


def band_responses(filters: WaveletFilters, levels: int, frequencies: ArrayLike, sample_rate: float) -> NDArray[np.complex128]:
    """What each band of analysis and synthesis adds to the response of the whole.

    Parameters
    ----------
    filters : WaveletFilters
    levels : int
        Depth J.
    frequencies : array_like of float, shape (n,)
        In Hz.
    sample_rate : float
        In Hz.

    Returns
    -------
    ndarray of complex128, shape (n, J + 1)
        Of A_J, D_J, …, D_1; rows add up to the delay of the bank.

    Examples
    --------
    >>> from reference.families.wavelet_filters import wavelet_filters
    >>> found = band_responses(wavelet_filters("db2"), 3, [250.0, 3000.0], 16000)
    >>> abs(found.sum(axis=1)).round(12)
    array([1., 1.])
    """
    impulse = np.zeros(2 * filters.length << levels)
    impulse[0] = 1.0
    words, channel = swt_analysis(impulse, filters, levels)
    taps = [swt_synthesis(np.where(channel == band, words, 0.0), channel, filters, levels) for band in (0, *range(levels, 0, -1))]
    turns = np.exp(-2j * np.pi / sample_rate * np.outer(np.asarray(frequencies, dtype=np.float64), np.arange(impulse.size)))
    return np.asarray(turns @ np.array(taps).T)


def response_decibels(responses: NDArray[np.complex128], gains: ArrayLike) -> Values:
    """Gain in dB of a bank whose bands have gains in dB, at the frequencies of `band_responses`."""
    found = np.abs(responses @ 10 ** (np.asarray(gains, dtype=np.float64) / 20))
    return np.asarray(20 * np.log10(np.maximum(found, np.finfo(np.float64).tiny)))


@dataclass(frozen=True)
class BandFit:
    """Gains of bands, and what they miss.

    Attributes
    ----------
    gains : tuple of float
        In dB, from low to high: A_J, D_J, …, D_1.
    errors : tuple of float
        In dB at each frequency, what the bank gives less what was wanted.
    """

    gains: tuple[float, ...]
    errors: tuple[float, ...]

    @property
    def residual(self) -> float:
        """Largest error, dB."""
        return max(abs(error) for error in self.errors)


def fit_gains(
    responses: NDArray[np.complex128], wanted: ArrayLike, fixed: dict[int, float] | None = None, resolution: float = 0.01
) -> BandFit:
    """Gains of bands that come nearest to a gain over frequency, each within `LEAST_GAIN` and `MOST_GAIN`.

    Parameters
    ----------
    responses : ndarray of complex128, shape (n, bands)
        `band_responses`.
    wanted : array_like of float, shape (n,)
        Gain in dB at each frequency.
    fixed : dict of int to float, optional
        Gains in dB of bands that are not fitted, by their place.
    resolution : float
        Step in dB to which gains are rounded; errors are those of the rounded gains.

    Notes
    -----
    Bounded least squares of the error in dB, begun at the mean of the wanted gain over each band; then the same of the error's higher
    powers, so that the largest error becomes small. More bands than frequencies meet any gains, and in many ways, some of
    them wild where nothing is wanted: there neighbours are drawn to each other besides, so that gains go on level beyond the frequencies,
    and least squares are the end of it.

    Examples
    --------
    >>> from reference.families.wavelet_filters import wavelet_filters
    >>> bank = band_responses(wavelet_filters("db2"), 4, [250, 500, 1000, 2000, 4000, 6000], 16000)
    >>> fit = fit_gains(bank, response_decibels(bank, [0.0, 5.0, 10.0, 15.0, 20.0]))
    >>> fit.gains, fit.residual < 0.01
    ((0.0, 5.0, 10.0, 15.0, 20.0), True)
    """
    from scipy.optimize import least_squares  # heavy, and only this needs it

    target = np.asarray(wanted, dtype=np.float64)
    weights = np.abs(responses) ** 2 + np.finfo(np.float64).tiny
    gains = np.clip(target @ weights / weights.sum(axis=0), LEAST_GAIN, MOST_GAIN)
    for place, gain in (fixed or {}).items():
        gains[place] = gain
    free = [place for place in range(gains.size) if place not in (fixed or {})]

    def completed(values: Values) -> Values:
        trial = gains.copy()
        trial[free] = values
        return trial

    def error(values: Values) -> Values:
        return response_decibels(responses, completed(values)) - target

    loose = len(free) > target.size
    for norm in (NORMS[:1] if loose else NORMS) if free else ():
        begun = np.clip(gains[free], LEAST_GAIN + 1e-6, MOST_GAIN - 1e-6)
        scale = max(float(np.max(np.abs(error(begun)))), 1e-9)

        def powered(values: Values, norm: int = norm, scale: float = scale) -> Values:
            e = error(values) / scale
            powers = np.sign(e) * np.abs(e) ** (norm / 2)
            return np.concatenate([powers, EVENNESS / scale * np.diff(completed(values))]) if loose else np.asarray(powers)

        found = least_squares(powered, begun, bounds=(LEAST_GAIN, MOST_GAIN), xtol=1e-10, ftol=1e-10, gtol=1e-10).x
        if norm == NORMS[0] or np.max(np.abs(error(found))) < np.max(np.abs(error(begun))):
            gains[free] = found
    rounded = np.round(gains / resolution) * resolution
    errors = response_decibels(responses, rounded) - target
    return BandFit(tuple(round(float(gain), 6) + 0.0 for gain in rounded), tuple(errors.tolist()))
