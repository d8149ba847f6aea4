"""FIR design by the windows that are asked for most: what `scipy.signal.firwin` gives, without the half second it takes to load.

References
----------
A. V. Oppenheim, R. W. Schafer, "Discrete-Time Signal Processing", 3rd ed. (2010), section 7.5.
J. F. Kaiser, "Nonrecursive digital filter design using the I0-sinh window function", Proc. IEEE ISCAS (1974) 20-23.
F. J. Harris, "On the use of windows for harmonic analysis with the discrete Fourier transform", Proc. IEEE 66 (1978) 51-83.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

COSINES = {
    "boxcar": (1.0,),
    "hann": (0.5, 0.5),
    "hamming": (0.54, 1 - 0.54),
    "blackman": (0.42, 0.5, 0.08),
    "blackmanharris": (0.35875, 0.48829, 0.14128, 0.01168),
}
"""Windows that are sums of cosines, w(t) = sum of a[k] cos(k t) over k with t from -pi to pi, by scipy's names; Harris (1978), table I."""

SMALL = (
    -4.4153416464793395e-18, 3.3307945188222384e-17, -2.431279846547955e-16, 1.715391285555133e-15, -1.1685332877993451e-14,
    7.676185498604936e-14, -4.856446783111929e-13, 2.95505266312964e-12, -1.726826291441556e-11, 9.675809035373237e-11,
    -5.189795601635263e-10, 2.6598237246823866e-09, -1.300025009986248e-08, 6.046995022541919e-08, -2.670793853940612e-07,
    1.1173875391201037e-06, -4.4167383584587505e-06, 1.6448448070728896e-05, -5.754195010082104e-05, 0.00018850288509584165,
    -0.0005763755745385824, 0.0016394756169413357, -0.004324309995050576, 0.010546460394594998, -0.02373741480589947,
    0.04930528423967071, -0.09490109704804764, 0.17162090152220877, -0.3046826723431984, 0.6767952744094761,
)  # fmt: skip
LARGE = (
    -7.233180487874754e-18, -4.830504485944182e-18, 4.46562142029676e-17, 3.461222867697461e-17, -2.8276239805165836e-16,
    -3.425485619677219e-16, 1.7725601330565263e-15, 3.8116806693526224e-15, -9.554846698828307e-15, -4.150569347287222e-14,
    1.54008621752141e-14, 3.8527783827421426e-13, 7.180124451383666e-13, -1.7941785315068062e-12, -1.3215811840447713e-11,
    -3.1499165279632416e-11, 1.1889147107846439e-11, 4.94060238822497e-10, 3.3962320257083865e-09, 2.266668990498178e-08,
    2.0489185894690638e-07, 2.8913705208347567e-06, 6.889758346916825e-05, 0.0033691164782556943, 0.8044904110141088,
)  # fmt: skip
"""Chebyshev coefficients of exp(-x) I0(x) for x from 0 to 8, and of exp(-x) sqrt(x) I0(x) beyond; S. L. Moshier, Cephes, i0.c (1984)."""

LARGEST_BETA = 500.0
"""Parameter of a Kaiser window beyond which float64 does not hold I0."""

PASSES_ZERO = {True: True, False: False, "lowpass": True, "bandstop": True, "highpass": False, "bandpass": False}
"""Whether the lowest band is a pass band, as `firwin` is told so."""


def windowed_sinc(
    numtaps: int, cutoff: Any, *, width: Any = None, window: Any = "hamming", pass_zero: Any = True, scale: Any = True, fs: Any = None
) -> NDArray[np.float64] | None:
    """Coefficients of a linear-phase FIR filter, designed by a window.

    h[m] = w[m] times the sum of r sinc(r m) - l sinc(l m) over the pass bands from l to r, in units of half the sample rate and with m
    counted from the middle; scaled to a gain of one in the middle of the first pass band, or at the end of the spectrum where it lies.

    Parameters
    ----------
    numtaps : int
        Number of taps, 1 or more.
    cutoff, width, window, pass_zero, scale, fs
        As `scipy.signal.firwin` takes them.

    Returns
    -------
    ndarray of float64, shape (numtaps,), or None
        None where the window is none of `COSINES` and ``("kaiser", beta)``, or something is not as it should be: that is left to
        scipy, which knows more windows and says what is wrong.

    Examples
    --------
    >>> windowed_sinc(3, 0.25).round(3)
    array([0.063, 0.874, 0.063])
    >>> windowed_sinc(3, 0.25, window="parzen") is None, windowed_sinc(3, 1.5) is None
    (True, True)
    """
    nyquist = 1.0 if fs is None else _number(fs) / 2
    edges = np.array([_number(edge) for edge in (cutoff if isinstance(cutoff, list | tuple) else [cutoff])]) / (nyquist or math.nan)
    plain = edges.size and edges[0] > 0 and edges[-1] < 1 and np.all(np.diff(edges) > 0)
    if not plain or not isinstance(scale, bool) or not isinstance(pass_zero, bool | str) or pass_zero not in PASSES_ZERO:
        return None
    single, double = ("lowpass", "highpass"), ("bandpass", "bandstop")
    if pass_zero in (double if edges.size == 1 else single):
        return None
    first = PASSES_ZERO[pass_zero]
    last = (edges.size % 2 == 0) == first
    if last and numtaps % 2 == 0:
        return None
    weights = window_of(numtaps, window if width is None else ("kaiser", _kaiser_beta(numtaps, _number(width) / nyquist)))
    if weights is None:
        return None
    bands = np.concatenate([[0.0] * first, edges, [1.0] * last]).reshape(-1, 2)
    m = np.arange(numtaps) - 0.5 * (numtaps - 1)
    taps = np.zeros(numtaps)
    for left, right in bands:
        taps += right * np.sinc(right * m)
        taps -= left * np.sinc(left * m)
    taps *= weights
    if scale:
        left, right = bands[0]
        middle = 0.0 if left == 0 else 1.0 if right == 1 else 0.5 * (left + right)
        taps /= np.sum(taps * np.cos(np.pi * m * middle))
    return taps


def window_of(length: int, window: Any) -> NDArray[np.float64] | None:
    """A symmetric window by its name, or by ``("kaiser", beta)``; None if it is no other than these.

    Examples
    --------
    >>> window_of(3, "hann"), window_of(3, ("kaiser", 0)), window_of(3, "kaiser")
    (array([0., 1., 0.]), array([1., 1., 1.]), None)
    """
    if isinstance(window, str) and window in COSINES:
        if length == 1:
            return np.ones(1)
        angles = np.linspace(-np.pi, np.pi, length)
        weights = np.zeros(length)
        for k, share in enumerate(COSINES[window]):
            weights += share * np.cos(k * angles)
        return weights
    if isinstance(window, list | tuple) and len(window) == 2 and window[0] == "kaiser" and math.isfinite(_number(window[1])):
        beta, middle = _number(window[1]), (length - 1) / 2
        if length == 1 or abs(beta) > LARGEST_BETA:
            return np.ones(1) if length == 1 else None
        weights = bessel_i0(beta * np.sqrt(1 - ((np.arange(length) - middle) / middle) ** 2)) / bessel_i0(beta)
        return np.asarray(weights)
    return None


def bessel_i0(x: ArrayLike) -> NDArray[np.float64]:
    """The modified Bessel function I0, to the last bit as scipy.special has it.

    The coefficients are also those of `numpy.i0`, whose exponential differs by a bit in a value out of thirty, and from machine to machine:
    designs are printed with all digits and compared.

    Examples
    --------
    >>> bessel_i0([0.0, 1.0, 10.0]).round(4)
    array([1.0000000e+00, 1.2661000e+00, 2.8157166e+03])
    """
    values = np.abs(np.asarray(x, dtype=np.float64))
    growth = np.array([math.exp(value) for value in values.ravel()]).reshape(values.shape)
    beyond = np.maximum(values, 8.0)
    return np.where(values <= 8, growth * _chebyshev(values / 2 - 2, SMALL), growth * _chebyshev(32 / beyond - 2, LARGE) / np.sqrt(beyond))


def _chebyshev(x: NDArray[np.float64], coefficients: tuple[float, ...]) -> NDArray[np.float64]:
    """A Chebyshev series at x / 2, highest coefficient first, the last one counting half; Clenshaw (1955)."""
    newest, older, oldest = np.zeros_like(x), np.zeros_like(x), np.zeros_like(x)
    for coefficient in coefficients:
        newest, older, oldest = x * newest - older + coefficient, newest, older
    return 0.5 * (newest - oldest)


def _kaiser_beta(numtaps: int, width: float) -> float:
    """Parameter of the Kaiser window for a transition of some width, in units of half the sample rate; Kaiser (1974)."""
    attenuation = 2.285 * (numtaps - 1) * np.pi * width + 7.95
    if attenuation > 50:
        return float(0.1102 * (attenuation - 8.7))
    if attenuation > 21:
        return float(0.5842 * (attenuation - 21) ** 0.4 + 0.07886 * (attenuation - 21))
    return 0.0 if attenuation <= 21 else math.nan


def _number(value: Any) -> float:
    """A number as a float, and nan for what is none."""
    return float(value) if isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool) else math.nan
