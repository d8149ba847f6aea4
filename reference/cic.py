"""Cascaded integrator-comb filter in float64: moving sums one behind the other, in front of a decimator or behind an interpolator.

A filter of order N at a rate change by R, with combs whose differential delay is M, is H(z) = ((1 - z^-RM) / (1 - z^-1))^N at the high
rate: N moving sums of R M samples each. Here it is that convolution, taps and all; no integrator and no comb is in it.

References
----------
E. B. Hogenauer, "An economical class of digital filters for decimation and interpolation", IEEE Trans. ASSP 29 (1981) 155-162, eq. 3.
"""

from __future__ import annotations

from numbers import Real

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reference.families.rate_change import change_rate

FREQUENCIES = 512
"""At which the design of a compensating filter looks at the passband."""


def taps(order: int, rate: int, differential_delay: int = 1) -> NDArray[np.float64]:
    """Impulse response at the high rate: `order` moving sums of `rate` times `differential_delay` samples.

    Examples
    --------
    >>> taps(2, 3)
    array([1., 2., 3., 2., 1.])
    """
    length, found = rate * differential_delay, np.ones(1)
    for _ in range(order):
        # A moving sum is the difference of two running ones.
        running = np.cumsum(np.concatenate([found, np.zeros(length - 1)]))
        running[length:] -= running[:-length].copy()
        found = running
    return found


def gain(order: int, rate: int, differential_delay: int = 1, interpolates: bool = False) -> int:
    """What a constant is multiplied by: (R M)^N, of an interpolator the mean over its phases, (R M)^N / R.

    References
    ----------
    Hogenauer 1981, eqs. 10 and 22.

    Examples
    --------
    >>> gain(4, 64) == 2**24, gain(2, 8, interpolates=True)
    (True, 8)
    """
    whole = (rate * differential_delay) ** order
    return whole // rate if interpolates else whole


def cic(
    x: ArrayLike, order: int, rate: int, differential_delay: int = 1, interpolates: bool = False, scale: float = 1.0, late: int = 0
) -> NDArray[np.float64]:
    """Samples through the filter and the change of rate.

    Parameters
    ----------
    x : array_like of float, shape (n,)
        Those before the first are 0.
    order, rate, differential_delay : int
        N, R and M.
    interpolates : bool
        Whether `rate` samples leave for each one that enters; else one leaves for so many.
    scale : float
        Factor on all taps.
    late : int
        Samples at the high rate by which the taps are later.

    Returns
    -------
    ndarray of float64, shape (ceil(n / rate),) or (n rate,)

    Examples
    --------
    >>> cic([1, 2, 3, 4, 5], 1, 2), cic([1, 2], 2, 2, interpolates=True)
    (array([1., 5., 9.]), array([1., 2., 3., 4.]))
    """
    response = scale * np.concatenate([np.zeros(late), taps(order, rate, differential_delay)])
    return change_rate(x, response, rate, 1) if interpolates else change_rate(x, response, 1, rate)


def magnitude(frequencies: ArrayLike, order: int, rate: int, differential_delay: int = 1) -> NDArray[np.float64]:
    """Magnitude response, 1 at a frequency of 0.

    Parameters
    ----------
    frequencies : array_like of float
        As parts of the low sample rate.
    order, rate, differential_delay : int

    References
    ----------
    Hogenauer 1981, eq. 5.

    Examples
    --------
    >>> magnitude([0.0, 0.25, 1.0], 1, 2).round(4)
    array([1.    , 0.9239, 0.    ])
    """
    f = np.asarray(frequencies, dtype=np.float64)
    return np.abs(_dirichlet(f / rate, rate * differential_delay)) ** order


def _dirichlet(f: NDArray[np.float64], length: int) -> NDArray[np.float64]:
    """Frequency response of a moving mean, but for its delay."""
    below = length * np.sin(np.pi * f)
    still = np.abs(below) < 1e-12 * length
    return np.where(still, 1.0, np.sin(np.pi * length * f) / np.where(still, 1.0, below))


def compensation(
    numtaps: int, cutoff: float, order: int, rate: int, differential_delay: int = 1, stop: float | None = None, fs: float = 2.0
) -> NDArray[np.float64]:
    """A symmetric filter at the low rate that makes the passband of a CIC flat: least squares of the product of both.

    Parameters
    ----------
    numtaps : int
        Odd.
    cutoff : float
        End of the passband, in the unit of `fs`.
    order, rate, differential_delay : int
        Of the CIC.
    stop : float, optional
        From where on up to half the sample rate the filter is to be 0; without it all above the passband is free.
    fs : float
        The low sample rate.

    Returns
    -------
    ndarray of float64, shape (numtaps,)
        With a gain of 1 at a frequency of 0 within its ripple.

    Raises
    ------
    ValueError
        If `numtaps` is even, `cutoff` and `stop` do not follow one another below half of `fs`, or anything else is no number of its kind.

    Notes
    -----
    With A(f) = c_0 + 2 sum of c_k cos(2 pi k f) and the CIC's magnitude C(f), the sum over a grid of (A(f) C(f) - 1)^2 in the passband,
    and of (A(f) C(f))^2 from `stop` on, is least.

    Examples
    --------
    >>> design = compensation(15, 0.3, 4, 64, fs=1.0)
    >>> f = np.linspace(0, 0.3, 50)
    >>> response = np.abs(np.exp(-2j * np.pi * np.outer(f, np.arange(15))) @ design) * magnitude(f, 4, 64)
    >>> bool(np.max(np.abs(response - 1)) < 1e-3)
    True
    """
    for name, value in {"order": order, "rate": rate, "differential_delay": differential_delay, "numtaps": numtaps}.items():
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
            raise ValueError(f"{name} = {value!r}: must be a whole number, 1 or more")
    for name, end in {"cutoff": cutoff, "stop": cutoff if stop is None else stop, "fs": fs}.items():
        if isinstance(end, bool) or not isinstance(end, Real) or not 0 < end < np.inf:
            raise ValueError(f"{name} = {end!r}: must be a frequency above 0")
    if numtaps % 2 == 0:
        raise ValueError(f"numtaps = {numtaps}: must be odd")
    ends = [cutoff / fs, 0.5 if stop is None else stop / fs]
    if not 0 < ends[0] < ends[1] <= 0.5:
        raise ValueError(f"cutoff = {cutoff}{'' if stop is None else f', stop = {stop}'}: must rise within 0 to {fs / 2:g}")
    bands = [(np.linspace(0, ends[0], FREQUENCIES), 1.0)]
    if stop is not None:
        bands.append((np.linspace(ends[1], 0.5, FREQUENCIES), 0.0))
    half = int(numtaps) // 2
    grid = np.concatenate([f for f, _ in bands])
    wanted = np.concatenate([np.full(f.size, value) for f, value in bands])
    weight = magnitude(grid, order, rate, differential_delay)
    basis = 2 * np.cos(2 * np.pi * np.outer(grid, np.arange(half + 1)))
    basis[:, 0] = 1.0
    found, *_ = np.linalg.lstsq(basis * weight[:, np.newaxis], wanted, rcond=None)
    return np.concatenate([found[:0:-1], found])
