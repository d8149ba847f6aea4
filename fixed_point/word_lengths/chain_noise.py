"""Round-off noise of filters one behind the other, from their word lengths alone; the model of `fixed_point.word_lengths.noise`, stage by
stage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fixed_point.coefficients import QuantizedCoefficients
from fixed_point.number_format import Format, Rounding
from fixed_point.word_lengths.noise import FirNoise, Noise, dropped_bits, power_behind, rounding_noise


@dataclass(frozen=True)
class Stage:
    """A filter of a chain.

    Attributes
    ----------
    coefficients : QuantizedCoefficients
        Its coefficients.
    sink, source : Format
        Formats of samples and results.
    rounding : Rounding
        Of its full-precision sums.
    decimation : int
        Sums for each one that is kept.
    """

    coefficients: QuantizedCoefficients
    sink: Format
    source: Format
    rounding: Rounding = Rounding.NEAREST
    decimation: int = 1


def predict_chain(stages: Sequence[Stage], signal: float | ArrayLike = 1.0, input_noise: Noise | None = None) -> FirNoise:
    """The error of a chain of fixed-point FIR filters against the float reference.

    Parameters
    ----------
    stages : sequence of Stage
        In the order of the signal.
    signal : float or array_like of float
        Power of a white input signal, or the autocorrelation of any other, as many lags as the chain's impulse response has.
    input_noise : Noise, optional
        Error of the samples that enter; by default what rounding to the first sink's words makes of continuous ones.

    Returns
    -------
    FirNoise
        `output` holds the roundings of all stages.

    Notes
    -----
    With c_i the exact and q_i the quantised coefficients of stage i, the coefficients' error is the filter q_1 * q_2 * … - c_1 * c_2 * …;
    the rounding of stage i passes q_(i+1) * q_(i+2) * …. All means add up before they are squared. What is dropped by a decimation has the
    power of what is kept; a filter behind it acts at the higher rate with zeros between its coefficients (P. P. Vaidyanathan,
    *Multirate Systems and Filter Banks*, 1993, section 4.2: the noble identities).

    Examples
    --------
    >>> from fixed_point import quantize_coefficients
    >>> taps = quantize_coefficients([0.25, 0.5, 0.25], "sfix16_En15")
    >>> form = Format.parse("sfix16_En15")
    >>> round(predict_chain([Stage(taps, form, form)] * 2, 0.1).snr, 1)
    81.8
    """
    exact, quantised = np.ones(1), np.ones(1)
    rounded, rate = Noise(), 1
    for stage in stages:
        values = stage.coefficients.values.ravel()
        exact = np.convolve(exact, spread(values - stage.coefficients.error.ravel(), rate))
        quantised = np.convolve(quantised, spread(values, rate))
        rate *= stage.decimation
    rest = np.ones(1)
    for stage in reversed(stages):
        rounded = rounded + output_noise(stage).through(rest)
        rest = np.convolve(stage.coefficients.values.ravel(), spread(rest, stage.decimation))
    if input_noise is None:
        input_noise = rounding_noise(Rounding.NEAREST, resolution=stages[0].sink.resolution)
    r = lags(signal, exact.size)
    return FirNoise(power_behind(exact, r), input_noise.through(quantised), power_behind(quantised - exact, r), rounded)


def predict_interpolator(stage: Stage, factor: int, signal: float | ArrayLike = 1.0, input_noise: Noise | None = None) -> FirNoise:
    """The error of an interpolating filter against the float reference.

    Parameters
    ----------
    stage : Stage
        The filter, at the higher rate.
    factor : int
        Samples out for each one in.
    signal, input_noise
        As for `predict_chain`.

    Notes
    -----
    Each phase of the output is a filter of its own, of every `factor`-th coefficient; powers are means over the phases, and means that
    differ from phase to phase count as variance around their average.
    """
    shape = stage.coefficients
    exact = polyphase(shape.values.ravel() - shape.error.ravel(), factor)
    quantised = polyphase(shape.values.ravel(), factor)
    if input_noise is None:
        input_noise = rounding_noise(Rounding.NEAREST, resolution=stage.sink.resolution)
    r = lags(signal, exact.shape[1])
    entering = [input_noise.through(row) for row in quantised]
    signal_power, error = (float(np.mean([power_behind(row, r) for row in rows])) for rows in (exact, quantised - exact))
    return FirNoise(signal_power, averaged(entering), error, output_noise(stage, factor))


def output_noise(stage: Stage, interpolation: int = 1) -> Noise:
    """Rounding of a filter's full-precision sums, of an interpolator's the mean over its phases."""
    return averaged(phase_noises(stage, interpolation))


def phase_noises(stage: Stage, interpolation: int) -> list[Noise]:
    """Rounding of an interpolator's full-precision sums, phase by phase."""
    dropped = [kept_out(row, stage) for row in polyphase(stage.coefficients.words.ravel(), interpolation)]
    return [rounding_noise(stage.rounding, bits, stage.source.resolution) for bits in dropped]


def kept_out(words: NDArray[np.int64], stage: Stage) -> int:
    """Bits that rounding the sums of some coefficients drops."""
    return dropped_bits(replace(stage.coefficients, words=words), stage.sink, stage.source)


def averaged(noises: Sequence[Noise]) -> Noise:
    """One noise for several that take turns."""
    mean = float(np.mean([noise.mean for noise in noises]))
    variance = float(np.mean([noise.variance + (noise.mean - mean) ** 2 for noise in noises]))
    return Noise(mean, variance, max(noise.limit for noise in noises))


def polyphase(taps: NDArray[Any], factor: int) -> NDArray[Any]:
    """Every `factor`-th coefficient, from each of the first on, with zeros behind.

    Examples
    --------
    >>> polyphase(np.array([1, 2, 3]), 2)
    array([[1, 3],
           [2, 0]])
    """
    return np.concatenate([taps, np.zeros(-taps.size % factor, taps.dtype)]).reshape(-1, factor).T


def spread(taps: NDArray[np.float64], factor: int) -> NDArray[np.float64]:
    """Coefficients with zeros between them.

    Examples
    --------
    >>> spread(np.array([1.0, 2.0]), 3)
    array([1., 0., 0., 2.])
    """
    found = np.zeros(factor * (taps.size - 1) + 1)
    found[::factor] = taps
    return found


def lags(signal: float | ArrayLike, count: int) -> NDArray[np.float64]:
    """An autocorrelation of so many lags: cut, or zeros appended."""
    r = np.atleast_1d(np.asarray(signal, dtype=np.float64))[:count]
    return np.concatenate([r, np.zeros(count - r.size)])
