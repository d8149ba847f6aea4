"""Cascade of second-order sections in float64: the filter, and the design of sections."""

from __future__ import annotations

import math
import reprlib
import warnings
from collections.abc import Callable, Mapping
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Samples = NDArray[np.float64]

MOST_ORDER = 32
"""Order of a design, at most."""

SCIPY_METHODS: Mapping[str, tuple[str, ...]] = {
    "butter": ("order", "cutoff"),
    "cheby1": ("order", "ripple", "cutoff"),
    "cheby2": ("order", "attenuation", "cutoff"),
    "ellip": ("order", "ripple", "attenuation", "cutoff"),
    "bessel": ("order", "cutoff"),
}
"""Designs of scipy.signal by its functions' names: their arguments without `kind` and `fs`, in the order in which scipy takes them.

`cutoff` is one frequency, or two for ``kind = "bandpass"`` and ``"bandstop"``, which double the order; `ripple` and `attenuation` are in
dB.
"""

KINDS = ("lowpass", "highpass", "bandpass", "bandstop")

COOKBOOK_METHODS: Mapping[str, tuple[str, ...]] = {
    "peaking": ("frequency", "gain"),
    "low_shelf": ("frequency", "gain"),
    "high_shelf": ("frequency", "gain"),
    "notch": ("frequency",),
}
"""Sections of the Audio EQ Cookbook: frequencies in the unit of `fs`, gains in dB, and a quality `q`, by default 1 / sqrt(2)."""

METHODS: Mapping[str, tuple[str, ...]] = {
    **{name: (*needed, "kind", "fs") for name, needed in SCIPY_METHODS.items()},
    **{name: (*needed, "q", "fs") for name, needed in COOKBOOK_METHODS.items()},
    "de_emphasis": ("time_constant", "fs"),
}
"""What `design` offers, and the arguments of each."""

NEEDED: Mapping[str, tuple[str, ...]] = {**SCIPY_METHODS, **COOKBOOK_METHODS, "de_emphasis": ("time_constant",)}
"""Those of the arguments that have no default."""


def biquad(x: ArrayLike, sos: ArrayLike) -> Samples:
    """A signal through sections one after another, from silence.

    Parameters
    ----------
    x : array_like of float, shape (n,)
    sos : array_like of float, shape (sections, 6)
        Rows b0, b1, b2, a0, a1, a2, as scipy.signal has them.

    Returns
    -------
    ndarray of float64, shape (n,)

    Examples
    --------
    >>> biquad([1.0, 0.0, 0.0], [[1.0, 0.0, 0.0, 1.0, -0.5, 0.0]])
    array([1.  , 0.5 , 0.25])
    """
    import scipy.signal

    signal, rows = np.asarray(x, dtype=np.float64), np.asarray(sos, dtype=np.float64)
    return np.asarray(scipy.signal.sosfilt(rows / rows[:, 3:4], signal)) if signal.size else signal.copy()


def biquads(x: ArrayLike, channel: ArrayLike, sos: ArrayLike) -> tuple[Samples, NDArray[np.int64]]:
    """The same of several channels, each from silence; parameters as for `biquad`, and the channel of each word, in any order."""
    signal, numbers = np.asarray(x, dtype=np.float64), np.asarray(channel, dtype=np.int64)
    result = np.zeros(signal.shape)
    for number in np.unique(numbers):
        result[numbers == number] = biquad(signal[numbers == number], sos)
    return result, numbers


def design(method: str, fs: float = 2.0, **arguments: Any) -> Samples:
    """Design sections.

    Parameters
    ----------
    method : str
        One of `METHODS`.
    fs : float
        Samples per unit of time, in Hz where frequencies are.
    **arguments
        Those that `METHODS` names. `time_constant` is in seconds: 50e-6 or 75e-6 for FM radio.

    Returns
    -------
    ndarray of float64, shape (sections, 6)

    Raises
    ------
    ValueError
        If the method does not exist, an argument is unknown, missing or refused, or no finite design comes out. One sentence says which.

    Examples
    --------
    >>> design("butter", order=1, cutoff=4000, fs=16000).round(3)
    array([[ 0.5,  0.5,  0. ,  1. , -0. ,  0. ]])
    >>> design("peaking", frequency=1000, gian=6)
    Traceback (most recent call last):
        ...
    ValueError: gian: peaking takes frequency, gain, q, fs
    """
    _check(method, fs, arguments)
    given = ", ".join(f"{name} = {reprlib.repr(value)}" for name, value in {**arguments, "fs": fs}.items())
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            sos = SHAPES[method](fs=fs, **arguments) if method in SHAPES else _by_scipy(method, fs, arguments)
    except (ValueError, TypeError, ArithmeticError, np.linalg.LinAlgError) as error:
        reason = " ".join(str(error).split()).rstrip(".")
        raise ValueError(f"{method} cannot be designed with {given}: {reason}") from error
    if not np.isfinite(sos).all():
        raise ValueError(f"{method} with {given}: gives no finite coefficients")
    return sos


def _check(method: str, fs: float, arguments: Mapping[str, Any]) -> None:
    """Refuse what no design can be made of; each value for itself."""
    if method not in METHODS:
        raise ValueError(f"method = {method!r}: must be one of {', '.join(METHODS)}")
    for name in arguments:
        if name not in METHODS[method]:
            raise ValueError(f"{name}: {method} takes {', '.join(METHODS[method])}")
    missing = [name for name in NEEDED[method] if name not in arguments]
    if missing:
        raise ValueError(f"{missing[0]}: missing; {method} needs {', '.join(missing)}")
    for name, value in {**arguments, "fs": fs}.items():
        if name == "kind":
            if value not in KINDS:
                raise ValueError(f"kind = {value!r}: must be one of {', '.join(KINDS)}")
        elif name == "order":
            if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MOST_ORDER:
                raise ValueError(f"order = {value!r}: must be a whole number from 1 to {MOST_ORDER}")
        elif name != "cutoff" or not isinstance(value, list | tuple):
            _check_number(name, value, allow_negative=name == "gain")
        elif len(value) != 2:
            raise ValueError(f"cutoff = {value!r}: must be one frequency, or two")
        else:
            for one in value:
                _check_number(name, one)
    for name in ("cutoff", "frequency"):
        highest = np.max(arguments.get(name, 0.0))
        if highest >= fs / 2:
            raise ValueError(f"{name} = {highest:g}: must be below half of the sample rate, {fs / 2:g}")
    if "cutoff" in arguments:
        two, bands = np.ndim(arguments["cutoff"]) > 0, arguments.get("kind", "lowpass") in ("bandpass", "bandstop")
        if two != bands:
            raise ValueError(f"cutoff = {arguments['cutoff']!r}: must be {'two frequencies' if bands else 'one frequency'} for this kind")
        if two and not arguments["cutoff"][0] < arguments["cutoff"][1]:
            raise ValueError(f"cutoff = {arguments['cutoff']!r}: must rise")
    if method == "ellip" and not arguments["attenuation"] > arguments["ripple"]:
        raise ValueError(f"attenuation = {arguments['attenuation']!r}: must be more than ripple, {arguments['ripple']!r}")


def _check_number(name: str, value: Any, allow_negative: bool = False) -> None:
    if isinstance(value, bool) or not isinstance(value, Real) or not math.isfinite(value) or (value <= 0 and not allow_negative):
        raise ValueError(f"{name} = {value!r}: must be a number{'' if allow_negative else ' above 0'}")


def _by_scipy(method: str, fs: float, arguments: Mapping[str, Any]) -> Samples:
    import scipy.signal

    others = {"norm": "mag"} if method == "bessel" else {}
    function: Callable[..., Any] = {name: getattr(scipy.signal, name) for name in SCIPY_METHODS}[method]
    needed = [arguments[name] for name in SCIPY_METHODS[method]]
    return np.asarray(function(*needed, btype=arguments.get("kind", "lowpass"), output="sos", fs=fs, **others), dtype=np.float64)


def _section(b: tuple[float, float, float], a: tuple[float, float, float]) -> Samples:
    return np.array([[*b, *a]]) / a[0]


def _angle(frequency: float, q: float, fs: float) -> tuple[float, float]:
    """Cosine of the angular frequency, and alpha."""
    angle = 2 * math.pi * frequency / fs
    return math.cos(angle), math.sin(angle) / (2 * q)


BUTTERWORTH_Q = 0.5**0.5


def peaking(frequency: float, gain: float, fs: float, q: float = BUTTERWORTH_Q) -> Samples:
    """A peak of so many dB at a frequency.

    References
    ----------
    R. Bristow-Johnson, *Cookbook formulae for audio equalizer biquad filter coefficients*; W3C Working Group Note, 2021.
    """
    c, alpha = _angle(frequency, q, fs)
    a = 10 ** (gain / 40)
    return _section((1 + alpha * a, -2 * c, 1 - alpha * a), (1 + alpha / a, -2 * c, 1 - alpha / a))


def low_shelf(frequency: float, gain: float, fs: float, q: float = BUTTERWORTH_Q) -> Samples:
    """So many dB below a frequency, half of them at it; formulae as for `peaking`."""
    c, alpha = _angle(frequency, q, fs)
    a = 10 ** (gain / 40)
    root = 2 * math.sqrt(a) * alpha
    return _section(
        (a * (a + 1 - (a - 1) * c + root), 2 * a * (a - 1 - (a + 1) * c), a * (a + 1 - (a - 1) * c - root)),
        (a + 1 + (a - 1) * c + root, -2 * (a - 1 + (a + 1) * c), a + 1 + (a - 1) * c - root),
    )


def high_shelf(frequency: float, gain: float, fs: float, q: float = BUTTERWORTH_Q) -> Samples:
    """So many dB above a frequency, half of them at it; formulae as for `peaking`."""
    c, alpha = _angle(frequency, q, fs)
    a = 10 ** (gain / 40)
    root = 2 * math.sqrt(a) * alpha
    return _section(
        (a * (a + 1 + (a - 1) * c + root), -2 * a * (a - 1 + (a + 1) * c), a * (a + 1 + (a - 1) * c - root)),
        (a + 1 - (a - 1) * c + root, 2 * (a - 1 - (a + 1) * c), a + 1 - (a - 1) * c - root),
    )


def notch(frequency: float, fs: float, q: float = BUTTERWORTH_Q) -> Samples:
    """Nothing at a frequency, everything elsewhere; formulae as for `peaking`."""
    c, alpha = _angle(frequency, q, fs)
    return _section((1.0, -2 * c, 1.0), (1 + alpha, -2 * c, 1 - alpha))


def de_emphasis(time_constant: float, fs: float) -> Samples:
    """1 / (1 + s tau) by the bilinear transform."""
    ratio = 2 * time_constant * fs
    return _section((1.0, 1.0, 0.0), (1 + ratio, 1 - ratio, 0.0))


SHAPES: Mapping[str, Callable[..., Samples]] = {
    "peaking": peaking,
    "low_shelf": low_shelf,
    "high_shelf": high_shelf,
    "notch": notch,
    "de_emphasis": de_emphasis,
}


def frequency_response(sos: ArrayLike, frequencies: ArrayLike, sample_rate: float = 1.0) -> NDArray[np.complex128]:
    """Response of all sections together at some frequencies, in the unit of `sample_rate`.

    Examples
    --------
    >>> abs(frequency_response([[0.5, 0.5, 0.0, 1.0, 0.0, 0.0]], [0.0, 8000.0], 16000)).round(3)
    array([1., 0.])
    """
    z = np.exp(-2j * np.pi * np.asarray(frequencies, dtype=np.float64) / sample_rate)
    rows = np.asarray(sos, dtype=np.float64)[:, :, None]
    above, below = (row[0] + row[1] * z + row[2] * z**2 for row in (rows[:, :3].swapaxes(0, 1), rows[:, 3:].swapaxes(0, 1)))
    return np.asarray(np.prod(above / below, axis=0))
