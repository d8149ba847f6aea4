"""Threshold-equalising noise: noise in which tones of every frequency are heard from the same level on, and what it tells of dead regions.

A tone is heard in noise when its power is K times what one filter of the ear lets through of the noise. The density of this noise is
therefore the inverse of the filter's bandwidth and of K.

References
----------
B. C. J. Moore, M. Huss, D. A. Vickers, B. R. Glasberg, J. I. Alcántara, "A test for the diagnosis of dead regions in the cochlea", British
J. Audiology 34 (2000) 205-224; B. C. J. Moore, B. R. Glasberg, T. Baer, "A model for the prediction of thresholds, loudness, and partial
loudness", J. Audio Engineering Society 45 (1997) 224-240, figure 9, for K; B. C. J. Moore, B. R. Glasberg, M. A. Stone, "New version of the
TEN test with calibrations in dB HL", Ear and Hearing 25 (2004) 478-487.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reference.critical_bands import erb

Samples = NDArray[np.float64]

DETECTION = (
    (50.0, 13.5), (60.0, 10.6), (70.0, 8.5), (100.0, 4.8), (150.0, 1.5), (200.0, 0.2), (300.0, -1.2), (400.0, -1.9), (500.0, -2.5),
    (700.0, -2.8), (1000.0, -3.0),
)  # fmt: skip
"""K in dB over frequency in Hz, read off the figure: signal over noise, in one filter, at which a tone is heard. Level beyond both ends."""

DEAD_BY = 10.0
"""dB by which a threshold in the noise must exceed both the noise and the threshold in quiet to tell of a dead region."""

STANDARD_FREQUENCY = 1000.0
"""Where a level of the noise is stated: dB SPL in the 132.6 Hz that a filter of the ear is wide there."""


def detection(frequency: ArrayLike) -> Samples:
    """K in dB at frequencies in Hz, straight lines over frequency between those of `DETECTION`.

    Examples
    --------
    >>> detection([30, 150, 1000, 8000])
    array([13.5,  1.5, -3. , -3. ])
    """
    frequencies, values = zip(*DETECTION, strict=True)
    return np.asarray(np.interp(np.asarray(frequency, dtype=np.float64), frequencies, values))


def density(frequency: ArrayLike, level: float) -> Samples:
    """Level of 1 Hz of the noise in dB SPL at frequencies in Hz.

    Parameters
    ----------
    frequency : array_like of float
    level : float
        In dB SPL in one filter of the ear at 1 kHz.

    Examples
    --------
    >>> density([1000.0, 4000.0], 70.0).round(2)
    array([48.77, 43.41])
    """
    return np.asarray(level - 10 * np.log10(erb(frequency)) - (detection(frequency) - detection(STANDARD_FREQUENCY)))


def ten_noise(
    count: int,
    sample_rate: float,
    level: float,
    *,
    full_scale_spl: float = 100.0,
    low: float = 125.0,
    high: float | None = None,
    seed: int = 0,
) -> Samples:
    """Threshold-equalising noise.

    Parameters
    ----------
    count : int
        Samples; the noise may be played in a loop.
    sample_rate : float
        In Hz.
    level : float
        In dB SPL in one filter of the ear at 1 kHz.
    full_scale_spl : float
        dB SPL of the root mean square of a sine of amplitude 1.
    low, high : float
        Band of the noise in Hz; to half the sample rate by default.
    seed : int

    Returns
    -------
    ndarray of float64, shape (count,)
        Nothing is clipped; a sample beyond 1 is beyond full scale.

    Raises
    ------
    ValueError
        If the band is empty, or holds no line of the spectrum.

    Examples
    --------
    >>> bool(ten_noise(8000, 16000, 60.0).std() > 2 * ten_noise(8000, 16000, 50.0).std())
    True
    """
    highest = sample_rate / 2 if high is None else min(high, sample_rate / 2)
    lines = np.fft.rfftfreq(count, 1 / sample_rate) if count > 0 else np.zeros(0)
    inside = (lines >= low) & (lines <= highest) & (lines > 0)
    if not inside.any():
        raise ValueError(f"{count} samples from {low:g} to {highest:g} Hz: must be a band, and long enough for a period of it")
    random = np.random.default_rng(seed).standard_normal((2, lines.size)) * inside
    # Root mean square of a line: that of a sine of full scale is the square root of a half.
    power = 10 ** ((density(np.where(inside, lines, STANDARD_FREQUENCY), level) - full_scale_spl) / 10) / 2 * sample_rate / count
    # A line of real noise of power p has, in numpy's scaling, complex values of mean square p (count)^2 / 2.
    spectrum = (random[0] + 1j * random[1]) * np.sqrt(power / 4) * count
    return np.asarray(np.fft.irfft(spectrum, count))


def in_dead_region(absolute: ArrayLike, masked: ArrayLike, level: float) -> NDArray[np.bool_]:
    """Whether thresholds tell of a dead region: that in the noise 10 dB or more above both the noise and the threshold in quiet.

    Parameters
    ----------
    absolute, masked : array_like of float
        Thresholds in quiet and in the noise, in the scale of the noise: both in dB SPL, or all in dB HL.
    level : float
        Of the noise, in one filter of the ear.

    Examples
    --------
    >>> in_dead_region([60, 60, 70], [72, 81, 78], 70.0)
    array([False,  True, False])
    """
    found = np.asarray(masked, dtype=np.float64)
    return np.asarray((found >= level + DEAD_BY) & (found >= np.asarray(absolute, dtype=np.float64) + DEAD_BY))
