"""Round-off noise without simulation: mean and variance of each rounding, and the SNR of a FIR filter from its word lengths.

The model is the classic one: an error is independent of the signal and of other errors, white, and uniform over the values that the
dropped bits can take. It holds for signals that exercise many quantisation steps. Overflow is not part of it. Beside it goes a bound that
holds for every signal: the largest magnitude of an error, which filters raise by no more than their L1 norm.

References
----------
B. Widrow, I. Kollár, *Quantization Noise*, Cambridge University Press, 2008.
G. A. Constantinides, P. Y. K. Cheung, W. Luk, "Truncation noise in fixed-point SFGs", Electronics Letters 35(23), 1999: bits that are
dropped from a word which has finitely many make less noise than a cut of the continuous value, and have another mean.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fixed_point.coefficients import QuantizedCoefficients
from fixed_point.full_scale import power_decibels
from fixed_point.number_format import Format, Rounding


@dataclass(frozen=True)
class Noise:
    """White noise.

    Parameters
    ----------
    mean : float
        Its mean.
    variance : float
        Its variance.
    limit : float
        Its largest magnitude; 0 where nobody asked for it.

    Examples
    --------
    >>> (Noise(0.5, 1.0) + Noise(0.5, 2.0)).power
    4.0
    """

    mean: float = 0.0
    variance: float = 0.0
    limit: float = 0.0

    @property
    def power(self) -> float:
        """Mean square."""
        return self.mean**2 + self.variance

    def __add__(self, other: Noise) -> Noise:
        """The sum of independent noises; their limits add up, independent or not."""
        return Noise(self.mean + other.mean, self.variance + other.variance, self.limit + other.limit)

    def through(self, taps: ArrayLike) -> Noise:
        """Behind a filter: the mean grows by the sum of the taps, the variance by that of their squares, the limit by that of magnitudes.

        Parameters
        ----------
        taps : array_like of float
            Impulse response from where the noise arises to where it counts.

        Examples
        --------
        >>> Noise(1.0, 1.0, 2.0).through([0.5, -0.5])
        Noise(mean=0.0, variance=0.5, limit=2.0)
        """
        response = np.asarray(taps, dtype=np.float64)
        total, energy, norm = response.sum(), np.square(response).sum(), np.abs(response).sum()
        return Noise(self.mean * float(total), self.variance * float(energy), self.limit * float(norm))


def rounding_noise(rounding: Rounding | str, dropped_bits: float = math.inf, resolution: float = 1.0) -> Noise:
    """Mean, variance and limit of the error of one rounding: the rounded value minus the value.

    Parameters
    ----------
    rounding : Rounding or str
        How it is rounded.
    dropped_bits : float
        Bits that are dropped, all their values equally likely; 0 or less is no error; infinite for a continuous value.
    resolution : float
        Step of the result.

    Returns
    -------
    Noise
        In the unit of `resolution`. For ``zero`` positive and negative values are taken as equally likely: the error then points
        towards zero, so that it is not independent of the signal, but its power is right.

    Notes
    -----
    With a = 2**-dropped_bits, in steps of the result, over the 2**dropped_bits values of the dropped bits:

    ============ ============= ===================== =====
    rounding     mean          variance              limit
    ============ ============= ===================== =====
    floor        -(1 - a) / 2  (1 - a**2) / 12       1 - a
    ceil         (1 - a) / 2   (1 - a**2) / 12       1 - a
    nearest      a / 2         (1 - a**2) / 12       1 / 2
    convergent   0             (1 + 2 a**2) / 12     1 / 2
    zero         0             (1 - a) (2 - a) / 6   1 - a
    ============ ============= ===================== =====

    Examples
    --------
    >>> rounding_noise("floor", 1)
    Noise(mean=-0.25, variance=0.0625, limit=0.5)
    >>> rounding_noise("convergent", 15).variance * 12 - 1 < 1e-8
    True
    """
    rounding = Rounding(rounding)
    if dropped_bits <= 0:
        return Noise()
    a = 2.0**-dropped_bits
    mean, variance, limit = {
        Rounding.FLOOR: (-(1 - a) / 2, (1 - a * a) / 12, 1 - a),
        Rounding.CEIL: ((1 - a) / 2, (1 - a * a) / 12, 1 - a),
        Rounding.NEAREST: (a / 2, (1 - a * a) / 12, 0.5),
        Rounding.CONVERGENT: (0.0, (1 + 2 * a * a) / 12, 0.5),
        Rounding.ZERO: (0.0, (1 - a) * (2 - a) / 6, 1 - a),
    }[rounding]
    return Noise(mean * resolution, variance * resolution**2, limit * resolution)


def autocorrelation(x: ArrayLike, lags: int) -> NDArray[np.float64]:
    """Autocorrelation of a signal: r[k] = (1/n) sum of x[i] x[i + k], the biased estimate.

    Parameters
    ----------
    x : array_like of float, shape (n,)
        Samples.
    lags : int
        How many lags, from 0.

    Examples
    --------
    >>> autocorrelation([1.0, -1.0, 1.0, -1.0], 2)
    array([ 1.  , -0.75])
    """
    signal = np.asarray(x, dtype=np.float64)
    length = 1 << (signal.size + lags).bit_length()
    power = np.square(np.abs(np.fft.rfft(signal, length)))
    return np.fft.irfft(power, length)[:lags] / max(signal.size, 1)


@dataclass(frozen=True)
class FirNoise:
    """What `predict_fir` returns: where the error at the output of a FIR filter comes from.

    Attributes
    ----------
    signal_power : float
        Power of the float reference's output.
    input, output : Noise
        Error at the output from quantised samples, and from rounding the sums.
    coefficients : float
        Power of the error at the output from quantised coefficients.
    """

    signal_power: float
    input: Noise
    coefficients: float
    output: Noise

    @property
    def noise_power(self) -> float:
        """Mean square of the error at the output."""
        return (self.input + self.output).power + self.coefficients

    @property
    def snr(self) -> float:
        """Signal to noise ratio in dB; infinite where there is no error."""
        return power_decibels(self.signal_power, self.noise_power)


def predict_fir(
    coefficients: QuantizedCoefficients,
    sink_format: Format | str,
    source_format: Format | str,
    rounding: Rounding | str = Rounding.NEAREST,
    signal: float | ArrayLike = 1.0,
    input_rounding: Rounding | str | None = Rounding.NEAREST,
) -> FirNoise:
    """The error of a fixed-point FIR filter against the float reference, from its word lengths alone.

    Parameters
    ----------
    coefficients : QuantizedCoefficients
        The coefficients, their words and their errors.
    sink_format, source_format : Format or str
        Formats of samples and results.
    rounding : Rounding or str
        Rounding of the full-precision sums.
    signal : float or array_like of float
        Power of a white input signal, or autocorrelation of any other (`autocorrelation`), as many lags as there are taps.
    input_rounding : Rounding, str or None
        How the reference's samples became words; None if they are the words, as those of a WAV file are.

    Returns
    -------
    FirNoise
        Each source of error, and their SNR in dB.

    Notes
    -----
    With coefficients c + d (d the error), r the autocorrelation of the signal: signal power sum of c[i] c[j] r[i - j], coefficient
    error sum of d[i] d[j] r[i - j], input noise through c + d, output noise of the bits that are dropped; low bits that every
    coefficient has zero are no bits to drop.

    Examples
    --------
    >>> from fixed_point import quantize_coefficients
    >>> taps = quantize_coefficients([0.25, 0.5, 0.25], "sfix16_En15")
    >>> round(predict_fir(taps, "sfix16_En15", "sfix16_En15", signal=0.1).snr, 1)
    85.1
    """
    sink_format, source_format = Format.parse(sink_format), Format.parse(source_format)
    error = coefficients.error.ravel()
    r = np.atleast_1d(np.asarray(signal, dtype=np.float64))[: error.size]
    r = np.concatenate([r, np.zeros(error.size - r.size)])
    input_noise = rounding_noise(input_rounding, resolution=sink_format.resolution) if input_rounding is not None else Noise()
    return FirNoise(
        signal_power=power_behind(coefficients.values.ravel() - error, r),
        input=input_noise.through(coefficients.values),
        coefficients=power_behind(error, r),
        output=rounding_noise(rounding, dropped_bits(coefficients, sink_format, source_format), source_format.resolution),
    )


def dropped_bits(coefficients: QuantizedCoefficients, sink_format: Format, source_format: Format) -> int:
    """Bits that rounding the sums drops; low bits that every coefficient has zero are none."""
    common = int(np.gcd.reduce(coefficients.words.ravel()))
    if not common:
        return 0
    unused_bits = (common & -common).bit_length() - 1
    return sink_format.fraction_length + coefficients.format.fraction_length - source_format.fraction_length - unused_bits


def power_behind(taps: NDArray[np.float64], r: NDArray[np.float64]) -> float:
    """Power behind a filter of a signal with autocorrelation r, which has as many lags as there are taps."""
    lags = np.correlate(taps, taps, "full")[taps.size - 1 :]
    return max(float(r[0] * lags[0] + 2 * np.dot(r[1:], lags[1:])), 0.0)
