"""Feedback cancellation in float64: a filter that learns the path from the loudspeaker to the microphone, and takes away what came by it.

The weights follow by normalised least mean squares, whose step is divided by a power of two instead of the power itself. What they learn
from goes through 1 - a z^-1 first, on both sides, so that they still learn the path, but from a signal that is less like its own past.
Speech that comes in at the microphone is like what left the loudspeaker a moment ago, and would be learnt as feedback.

References
----------
S. Haykin, *Adaptive Filter Theory*, 4th edition, chapter 6, for normalised LMS, and 5.10 for the leak.
A. Spriet, G. Rombouts, M. Moonen, J. Wouters, "Adaptive feedback cancellation in hearing aids", J. Franklin Institute 343 (2006) 545-573,
for the bias that speech brings about and the filter on both sides.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Values = NDArray[np.float64]


@dataclass(frozen=True)
class CancellerSettings:
    """How a canceller learns.

    Attributes
    ----------
    taps : int
        Weights.
    delay : int
        Samples from a word of the loudspeaker to the first weight.
    prefilter : float
        a of 1 - a z^-1.
    regular : float
        Added to the power of `taps` samples, of which the next power of two above divides the step.
    weights, taught, output : (float, float)
        Ends of the ranges of a weight, of the error from which it learns, and of what is given.
    """

    taps: int
    delay: int = 0
    prefilter: float = 0.9
    regular: float = 1e-8
    weights: tuple[float, float] = (-2.0, 2.0)
    taught: tuple[float, float] = (-2.0, 2.0)
    output: tuple[float, float] = (-1.0, 1.0)


@dataclass(eq=False)
class CancellerState:
    """What a canceller keeps from one sample to the next; silence and weights of 0 at the beginning.

    Attributes
    ----------
    weights : ndarray of float64, shape (taps,)
    line : ndarray of float64, shape (delay + taps + 2,)
        The loudspeaker's last samples, the newest at the end.
    missed : ndarray of float64, shape (2,)
        What the last sample taught: the error behind the prefilter; and the microphone's last sample.
    """

    weights: Values
    line: Values
    missed: Values = field(default_factory=lambda: np.zeros(2))

    @classmethod
    def silent(cls, settings: CancellerSettings) -> CancellerState:
        """As it is after a reset."""
        return cls(np.zeros(settings.taps), np.zeros(settings.delay + settings.taps + 2))


def feedback_canceller(
    microphone: ArrayLike,
    loudspeaker: ArrayLike,
    settings: CancellerSettings,
    step: ArrayLike = 2.0**-8,
    leak: ArrayLike = 0.0,
    exponents: ArrayLike | None = None,
    state: CancellerState | None = None,
) -> Values:
    """Take away what came from the loudspeaker: e[n] = d[n] - sum of w_k u[n - delay - k] over k.

    Parameters
    ----------
    microphone, loudspeaker : array_like of float, shape (n,)
        d and u; of a loop, u[n] must not depend on d[n].
    settings : CancellerSettings
    step, leak : array_like of float
        mu and leak as each sample is taken; 0 holds the weights.
    exponents : array_like of int, shape (n,), optional
        Powers of two that divide the step, where another canceller has decided about them; see `power_exponents`.
    state : CancellerState, optional
        Goes on from there, and is left as it is behind the last sample.

    Returns
    -------
    ndarray of float64, shape (n,)

    Notes
    -----
    As sample n is taken, the weights move by what was learnt of the one before, and only then is the sum formed:
    w_k += mu e'[n - 1] u'[n - 1 - delay - k] / 2^p - leak w_k, with u' behind the prefilter and p the exponent of sample n - 1. The error
    that teaches is that of the prefiltered signals with the weights as they are, e'[n] = d'[n] - sum of w_k u'[n - delay - k]: what is
    given, behind the prefilter, would hold an error of older weights, with which steps of a quarter and more do not settle.

    Examples
    --------
    >>> noise = np.random.default_rng(1).uniform(-0.5, 0.5, 4000)
    >>> left = feedback_canceller(0.5 * noise, noise, CancellerSettings(2), 1.0)
    >>> bool(np.max(np.abs(left[-1000:])) < 1e-9)
    True
    """
    d, u = np.asarray(microphone, dtype=np.float64), np.asarray(loudspeaker, dtype=np.float64)
    count = min(d.size, u.size)
    kept = CancellerState.silent(settings) if state is None else state
    line = np.concatenate([kept.line, u[:count]])
    found = line_exponents(line, settings)
    if exponents is not None:
        found[1:] = np.asarray(exponents, dtype=np.int64)[:count]
    speeds, leaks = (np.ascontiguousarray(np.broadcast_to(np.asarray(one, dtype=np.float64), count)) for one in (step, leak))
    result = _compiled(recurrence)(
        d[:count], line, kept.weights, kept.missed, speeds, leaks, 2.0 ** -found.astype(np.float64), settings.delay, settings.prefilter,
        np.array([*settings.weights, *settings.taught, *settings.output]),
    )  # fmt: skip
    kept.line = line[count:]
    return np.asarray(result)


def power_exponents(loudspeaker: ArrayLike, settings: CancellerSettings) -> NDArray[np.int64]:
    """Of each sample the power of two that divides the step: the next above the power of what the weights meet.

    Examples
    --------
    >>> power_exponents([1.0, 1.0, 1.0], CancellerSettings(2, 0, 0.0, 0.25))
    array([1, 2, 2])
    """
    line = np.concatenate([np.zeros(settings.delay + settings.taps + 2), np.asarray(loudspeaker, dtype=np.float64)])
    return line_exponents(line, settings)[1:]


def filtered_powers(loudspeaker: ArrayLike, settings: CancellerSettings) -> Values:
    """Of each sample the power of what the weights meet behind the prefilter, added up over all of them."""
    line = np.concatenate([np.zeros(settings.delay + settings.taps + 2), np.asarray(loudspeaker, dtype=np.float64)])
    return line_powers(line, settings)[1:]


def line_powers(line: Values, settings: CancellerSettings) -> Values:
    """Powers of the last samples of a line, beginning with what was the newest of those before."""
    filtered = line[1:] - settings.prefilter * line[:-1]
    count = line.size - settings.delay - settings.taps - 1
    windows = np.lib.stride_tricks.sliding_window_view(filtered**2, settings.taps)
    return np.asarray(windows[1 : count + 1].sum(axis=1))


def line_exponents(line: Values, settings: CancellerSettings) -> NDArray[np.int64]:
    return np.ceil(np.log2(line_powers(line, settings) + settings.regular)).astype(np.int64)


def recurrence(
    d: Any, line: Any, weights: Any, missed: Any, steps: Any, leaks: Any, parts: Any, delay: int, prefilter: float, bounds: Any
) -> Any:
    """Sample by sample; weights, error and microphone are left behind.

    `parts` are the reciprocals of the powers, those of the sample before the first in front.
    """
    taps = len(weights)
    found = np.empty(len(d))
    before = len(line) - len(d) - delay
    for n in range(len(d)):
        newest = before + n
        moved = steps[n] * missed[0] * parts[n]
        total, other = d[n], d[n] - prefilter * missed[1]
        for k in range(taps):
            past = newest - k
            weight = weights[k] + moved * (line[past - 1] - prefilter * line[past - 2]) - leaks[n] * weights[k]
            weights[k] = min(max(weight, bounds[0]), bounds[1])
            total -= weights[k] * line[past]
            other -= weights[k] * (line[past] - prefilter * line[past - 1])
        missed[0], missed[1] = min(max(other, bounds[2]), bounds[3]), d[n]
        found[n] = min(max(total, bounds[4]), bounds[5])
    return found


def added_stable_gain(path: ArrayLike, weights: ArrayLike, delay: int = 0, frequencies: int = 1024) -> Values:
    """By how many dB the gain of a loop may be larger than without weights: what is left of a path against the path, at its loudest.

    Parameters
    ----------
    path : array_like of float, shape (p,)
        Impulse response from the loudspeaker to the microphone.
    weights : array_like of float, shape (m, taps)
    delay : int
        Samples in front of the first weight.
    frequencies : int
        Points of the transforms.

    Examples
    --------
    >>> added_stable_gain([0.5, 0.25], [[0.0, 0.0], [0.5, 0.2]]).round(2)
    array([ 0.  , 23.52])
    """
    rows, response = np.atleast_2d(np.asarray(weights, dtype=np.float64)), np.asarray(path, dtype=np.float64)
    left = np.zeros((len(rows), max(response.size, delay + rows.shape[1])))
    left[:, : response.size] = response
    left[:, delay : delay + rows.shape[1]] -= rows
    largest = np.abs(np.fft.rfft(left, frequencies, axis=1)).max(axis=1)
    alone = np.abs(np.fft.rfft(response, frequencies)).max()
    return np.asarray(20 * np.log10(alone / np.maximum(largest, np.finfo(np.float64).tiny)))


@functools.cache
def _compiled(recurrence: Callable[..., Any]) -> Callable[..., Any]:
    """A recurrence as machine code, made at its first use and kept in memory only: no file of it can ever be out of date."""
    import numba

    return numba.njit(recurrence)
