"""FIR filter in float64: the filter itself, the design of coefficients, and the frequency response."""

from __future__ import annotations

import reprlib
import warnings
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reference.cic import compensation
from reference.families.windowed_sinc import windowed_sinc

METHODS = {
    "firwin": ("numtaps", "cutoff", "width", "window", "pass_zero", "scale", "fs"),
    "firwin2": ("numtaps", "freq", "gain", "nfreqs", "window", "antisymmetric", "fs"),
    "firls": ("numtaps", "bands", "desired", "weight", "fs"),
    "remez": ("numtaps", "bands", "desired", "weight", "type", "maxiter", "grid_density", "fs"),
    "minimum_phase": ("h", "algorithm", "n_fft", "half"),
    "savgol_coeffs": ("window_length", "polyorder", "deriv", "delta", "pos", "use"),
    "cic_compensation": ("numtaps", "cutoff", "order", "rate", "differential_delay", "stop", "fs"),
}
"""What `design` offers: functions of scipy.signal that return coefficients, and their arguments; and `reference.cic.compensation`.

``algorithm`` of minimum_phase is scipy's own ``method``, ``homomorphic`` or ``hilbert``: that word names the function here.
They are written down so that a slip of the pen is refused without scipy.signal, which takes half a second to load.
"""

NEEDED = {
    "firwin": ("numtaps", "cutoff"),
    "firwin2": ("numtaps", "freq", "gain"),
    "firls": ("numtaps", "bands", "desired"),
    "remez": ("numtaps", "bands", "desired"),
    "minimum_phase": ("h",),
    "savgol_coeffs": ("window_length", "polyorder"),
    "cic_compensation": ("numtaps", "cutoff", "order", "rate"),
}
"""Those of the arguments that have no default."""

MAXIMUM_TAPS = 4096
"""A longer design is taken for a slip of the pen."""


def fir(x: ArrayLike, taps: ArrayLike) -> NDArray[np.float64]:
    """Filter a signal: y[n] = sum of taps[k] x[n - k] over k, with x = 0 before the first sample.

    Parameters
    ----------
    x : array_like of float, shape (..., n)
        Samples, along the last axis.
    taps : array_like of float, shape (..., taps)
        Coefficients. Axes before the last broadcast against those of `x`.

    Returns
    -------
    ndarray of float64, shape (..., n)
        As many samples as came in.

    Raises
    ------
    ValueError
        If there are no taps or shapes do not fit.

    Examples
    --------
    >>> fir([1, 2, 3, 4], [0.5, 0.5])
    array([0.5, 1.5, 2.5, 3.5])
    """
    signal, coefficients = np.asarray(x, dtype=np.float64), np.asarray(taps, dtype=np.float64)
    if signal.ndim == 0 or coefficients.ndim == 0 or coefficients.shape[-1] == 0:
        raise ValueError(
            f"x of shape {signal.shape}, taps of shape {coefficients.shape}: must be samples along an axis, and at least one tap"
        )
    lead = np.broadcast_shapes(signal.shape[:-1], coefficients.shape[:-1])
    signals = np.broadcast_to(signal, (*lead, signal.shape[-1]))
    filters = np.broadcast_to(coefficients, (*lead, coefficients.shape[-1]))
    result = np.empty(signals.shape)
    if result.size:
        for index in np.ndindex(lead):
            result[index] = np.convolve(signals[index], filters[index])[: signal.shape[-1]]
    return result


def design(method: str, **arguments: Any) -> NDArray[np.float64]:
    """Design coefficients as a function of scipy.signal does.

    Parameters
    ----------
    method : str
        ``firwin``, ``firwin2``, ``firls``, ``remez``, ``minimum_phase`` or ``savgol_coeffs``; or ``cic_compensation``.
    **arguments
        The arguments of that function in scipy.signal, by their names. Lists stand for arrays and tuples, so that they may come from
        a file: ``window = ["kaiser", 8.0]``.

    Returns
    -------
    ndarray of float64, shape (taps,)
        Coefficients.

    Raises
    ------
    ValueError
        If the method does not exist, an argument is unknown, missing or refused, or no finite design comes out. One sentence says which.

    Examples
    --------
    >>> design("firwin", numtaps=3, cutoff=0.25).round(3)
    array([0.063, 0.874, 0.063])
    >>> design("firwin", numtaps=3, cutof=0.25)
    Traceback (most recent call last):
        ...
    ValueError: cutof: firwin takes numtaps, cutoff, width, window, pass_zero, scale, fs
    """
    taps = quick_design(method, **arguments)
    return _designed_by_scipy(method, arguments) if taps is None else taps


def quick_design(method: str, **arguments: Any) -> NDArray[np.float64] | None:
    """What `design` gives where that takes no scipy.signal; None where it does.

    Raises
    ------
    ValueError
        If the method does not exist, an argument is unknown or missing, or the number of taps is none.
    """
    if method not in METHODS:
        raise ValueError(f"method = {method!r}: must be one of {', '.join(METHODS)}")
    for name in arguments:
        if name not in METHODS[method]:
            raise ValueError(f"{name}: {method} takes {', '.join(METHODS[method])}")
    missing = [name for name in NEEDED[method] if name not in arguments]
    if missing:
        raise ValueError(f"{missing[0]}: missing; {method} needs {', '.join(missing)}")
    for name in ("numtaps", "window_length"):
        value = arguments.get(name, 1)
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or not 1 <= value <= MAXIMUM_TAPS:
            raise ValueError(f"{name} = {value!r}: must be a whole number from 1 to {MAXIMUM_TAPS}")
    if method == "cic_compensation":
        return compensation(**arguments)
    if method != "firwin":
        return None
    with np.errstate(all="ignore"):
        taps = windowed_sinc(**arguments)
    return taps if taps is not None and np.isfinite(taps).all() else None


def _designed_by_scipy(method: str, arguments: dict[str, Any]) -> NDArray[np.float64]:
    """What scipy.signal gives for arguments that `quick_design` found to be there."""
    import scipy.linalg
    import scipy.signal

    function = getattr(scipy.signal, method)
    if method == "remez":
        check_remez(**arguments)
    given = ", ".join(f"{name} = {reprlib.repr(value)}" for name, value in arguments.items())
    if isinstance(arguments.get("window"), list):
        arguments = {**arguments, "window": tuple(arguments["window"])}
    if "algorithm" in arguments:
        arguments = {**arguments, "method": arguments["algorithm"]}
        del arguments["algorithm"]
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("error", RuntimeWarning)  # such as minimum_phase of an asymmetric filter
            warnings.simplefilter("ignore", scipy.linalg.LinAlgWarning)  # firls solves ill-conditioned systems by least squares
            taps = np.asarray(function(**arguments), dtype=np.float64)
    except (ValueError, TypeError, IndexError, ArithmeticError, np.linalg.LinAlgError, RuntimeWarning) as error:
        reason = " ".join(str(error).split()).rstrip(".")
        raise ValueError(f"{method} cannot be designed with {given}: {reason}") from error
    if taps.ndim != 1 or taps.size == 0 or not np.isfinite(taps).all():
        raise ValueError(f"{method} with {given}: gives no finite coefficients")
    return taps


def check_remez(
    numtaps: int, bands: Any, desired: Any = None, type: Any = "bandpass", grid_density: Any = 16, fs: Any = 1.0, **others: Any
) -> None:
    """Refuse bands on which scipy.signal.remez does not come back: those with fewer points on its grid than the design has extrema.

    scipy 1.17 then ends with signal 11 (scipy #24495). The numbers of functions and of points are those of McClellan, Parks and Rabiner,
    *A computer program for designing optimum FIR linear phase digital filters*, IEEE Trans. Audio Electroacoust. 21 (1973).

    Parameters
    ----------
    numtaps, bands, desired, type, grid_density, fs, **others
        As scipy.signal.remez takes them.

    Raises
    ------
    ValueError
        If the bands are no pairs of frequencies from 0 to fs / 2 in rising order, or too narrow for so many taps.

    Examples
    --------
    >>> check_remez(10, [0, 0.01], [1], type="differentiator")
    Traceback (most recent call last):
        ...
    ValueError: bands = [0, 0.01]: too narrow for numtaps = 10: 2 points of 6 that the design needs; widen them, or raise grid_density
    """
    try:
        edges = np.asarray(bands, dtype=np.float64)
        rate = float(fs)
    except (TypeError, ValueError):
        raise ValueError(f"bands = {reprlib.repr(bands)}, fs = {reprlib.repr(fs)}: must be numbers") from None
    if edges.ndim != 1 or not edges.size or edges.size % 2 or not np.isfinite(edges).all() or not 0 < rate < np.inf:
        raise ValueError(f"bands = {reprlib.repr(bands)}: must be pairs of frequencies, each band's ends")
    if (np.diff(edges) < 0).any() or (edges[1::2] <= edges[::2]).any() or edges[0] < 0 or edges[-1] > rate / 2:
        raise ValueError(f"bands = {reprlib.repr(bands)}: must rise from 0 to at most half of fs = {rate:g}, and no band be empty")
    if isinstance(grid_density, bool) or not isinstance(grid_density, int | np.integer) or not 1 <= grid_density <= 1024:
        raise ValueError(f"grid_density = {grid_density!r}: must be a whole number from 1 to 1024")
    functions = numtaps // 2 + (numtaps % 2 if type == "bandpass" else 0)
    if not functions:
        raise ValueError(f"numtaps = {numtaps}: must be 2 or more for type = {type!r}")
    step = 0.5 / (grid_density * functions)
    points = sum(max(1, int(width / rate / step + 0.5)) for width in edges[1::2] - edges[::2])
    if points < functions + 1:
        has = f"{points} points of {functions + 1} that the design needs"
        raise ValueError(f"bands = {reprlib.repr(bands)}: too narrow for numtaps = {numtaps}: {has}; widen them, or raise grid_density")


def fir_in_force(x: ArrayLike, sets: ArrayLike, which: ArrayLike, by_sample: bool = False) -> NDArray[np.float64]:
    """Filter samples with coefficients that change: y[n] = sum of c[n, k] x[n - k], c[n] being the set in force at sample n.

    Parameters
    ----------
    x : array_like of float, shape (n,)
        Samples.
    sets : array_like of float, shape (sets, taps)
        Coefficients.
    which : array_like of int, shape (n,)
        Number of the set in force at each sample.
    by_sample : bool
        Whether a sample keeps the coefficients that are in force as it enters, as in a transposed form: y[n] = sum of c[n - k, k] x[n - k].

    Returns
    -------
    ndarray of float64, shape (n,)

    Examples
    --------
    >>> fir_in_force([1, 1, 1, 1], [[1, 1], [2, -2]], [0, 0, 1, 1])
    array([1., 2., 0., 0.])
    >>> fir_in_force([1, 1, 1, 1], [[1, 1], [2, -2]], [0, 0, 1, 1], by_sample=True)
    array([1., 2., 3., 0.])
    """
    samples, c = np.asarray(x, dtype=np.float64), np.asarray(sets, dtype=np.float64)
    count = c.shape[1]
    met = c[np.asarray(which, dtype=np.int64)]  # of each sample all coefficients
    lead = np.zeros((count - 1, count))
    window = np.lib.stride_tricks.sliding_window_view
    past = window(np.concatenate([np.zeros(count - 1), samples]), count)[:, ::-1]
    if by_sample:
        # Row n, column k: c[n - k, k].
        held = window(np.concatenate([lead, met]), count, axis=0)[:, :, ::-1]
        met = np.diagonal(held, axis1=1, axis2=2)
    return np.asarray(np.einsum("nk,nk->n", past, met))


def frequency_response(
    taps: ArrayLike, frequencies: ArrayLike | int = 1024, sample_rate: float = 1.0
) -> tuple[NDArray[np.float64], NDArray[np.complex128]]:
    """The frequency response of a filter.

    Parameters
    ----------
    taps : array_like of float, shape (taps,)
        Coefficients.
    frequencies : array_like of float or int
        Where to evaluate, in the unit of `sample_rate`; a whole number asks for so many from 0 to half of it, both included.
    sample_rate : float
        Samples per unit of time.

    Returns
    -------
    frequencies : ndarray of float64
        Where, in the unit of `sample_rate`.
    response : ndarray of complex128
        H(f) = sum of taps[k] exp(-2 pi i f k / sample_rate).

    Examples
    --------
    >>> f, h = frequency_response([0.5, 0.5], 3, sample_rate=16000)
    >>> f, abs(h).round(3)
    (array([   0., 4000., 8000.]), array([1.   , 0.707, 0.   ]))
    """
    import scipy.signal

    where = np.linspace(0, sample_rate / 2, frequencies) if isinstance(frequencies, int) else np.asarray(frequencies, dtype=np.float64)
    _, response = scipy.signal.freqz(np.asarray(taps, dtype=np.float64), worN=where, fs=sample_rate)
    return where, np.asarray(response)
