"""Round-off noise of filters one behind the other, from their word lengths alone; the model of `fixed_point.noise`, stage by stage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fixed_point.coefficients import QuantizedCoefficients
from fixed_point.noise import FirNoise, Noise, dropped_bits, power_behind, rounding_noise
from fixed_point.number_format import Format, Rounding


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
    """

    coefficients: QuantizedCoefficients
    sink: Format
    source: Format
    rounding: Rounding = Rounding.NEAREST


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
    the rounding of stage i passes q_(i+1) * q_(i+2) * …. All means add up before they are squared.

    Examples
    --------
    >>> from fixed_point import quantize_coefficients
    >>> taps = quantize_coefficients([0.25, 0.5, 0.25], "sfix16_En15")
    >>> form = Format.parse("sfix16_En15")
    >>> round(predict_chain([Stage(taps, form, form)] * 2, 0.1).snr, 1)
    81.8
    """
    exact, quantised = np.ones(1), np.ones(1)
    rounded = Noise()
    for stage in stages:
        values = stage.coefficients.values.ravel()
        exact = np.convolve(exact, values - stage.coefficients.error.ravel())
        quantised = np.convolve(quantised, values)
    rest = np.ones(1)
    for stage in reversed(stages):
        own = rounding_noise(stage.rounding, dropped_bits(stage.coefficients, stage.sink, stage.source), stage.source.resolution)
        rounded = rounded + own.through(rest)
        rest = np.convolve(rest, stage.coefficients.values.ravel())
    if input_noise is None:
        input_noise = rounding_noise(Rounding.NEAREST, resolution=stages[0].sink.resolution)
    r = lags(signal, exact.size)
    return FirNoise(power_behind(exact, r), input_noise.through(quantised), power_behind(quantised - exact, r), rounded)


def lags(signal: float | ArrayLike, count: int) -> NDArray[np.float64]:
    """An autocorrelation of so many lags: cut, or zeros appended."""
    r = np.atleast_1d(np.asarray(signal, dtype=np.float64))[:count]
    return np.concatenate([r, np.zeros(count - r.size)])
