"""Round-off noise of a decimated wavelet bank, analysis and synthesis, from its word lengths alone.

The bank repeats itself every 2**J samples: an error that arises at level j reaches the output through another response in each of these
phases, and what counts is the mean over them. What the exact filters do between an analysis level and the synthesis of the same level is a
delay, so that an error of the approximation A_j reaches the output through the synthesis of levels j to 1 alone.

References
----------
P. P. Vaidyanathan, *Multirate Systems and Filter Banks*, Prentice Hall, 1993, chapter 9: round-off noise of perfect reconstruction systems.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fixed_point.families.filter_bank import FilterWords
from fixed_point.number_format import Format, Rounding
from fixed_point.word_lengths.chain_noise import lags
from fixed_point.word_lengths.noise import FirNoise, Noise, power_behind, rounding_noise

Filters = NDArray[np.float64]

MAXIMUM_STEPS = 1000
"""Of an error, beyond which its rounding is as good as uniform."""


@dataclass(frozen=True)
class WaveletStage:
    """One half of a bank.

    Attributes
    ----------
    words : FilterWords
        Quantised filters.
    exact : ndarray of float64, shape (2, L)
        Low-pass and high-pass before they were quantised.
    rounding : Rounding
        Of every level.
    """

    words: FilterWords
    exact: Filters
    rounding: Rounding = Rounding.NEAREST

    @property
    def values(self) -> Filters:
        """The filters that the words stand for."""
        return np.ldexp(np.array([self.words.low, self.words.high], dtype=np.float64), -self.words.format.fraction_length)

    @property
    def fraction_length(self) -> int:
        """Fraction length of the coefficients, less the low bits that all of them have zero."""
        common = int(np.gcd.reduce([*self.words.low, *self.words.high]))
        return self.words.format.fraction_length - ((common & -common).bit_length() - 1)


def predict_wavelet(
    analysis: WaveletStage,
    synthesis: WaveletStage,
    levels: int,
    delay: int,
    sink: Format,
    bands: Format,
    source: Format,
    signal: float | ArrayLike = 1.0,
    input_noise: Noise | None = None,
) -> FirNoise:
    """The error of analysis and synthesis against the float reference, which is the signal, late.

    Parameters
    ----------
    analysis, synthesis : WaveletStage
        The two halves.
    levels : int
        Depth J.
    delay : int
        Delay of one level of analysis and synthesis, in samples.
    sink, bands, source : Format
        Formats of the samples that enter, of the band words and the approximations between levels, and of the samples that leave.
    signal : float or array_like of float
        Power of a white signal, or autocorrelation of any other.
    input_noise : Noise, optional
        Error of the samples that enter; by default that of rounding continuous ones.

    Returns
    -------
    FirNoise
        `output` holds the roundings of all levels; where the words that enter are words of the result, also the coefficients' error,
        because the last rounding acts on both together.

    Examples
    --------
    >>> from fixed_point.families.filter_bank import quantize_filters
    >>> haar = np.array([[1, 1], [-1, 1]]) * 0.5**0.5
    >>> there, back = WaveletStage(quantize_filters(haar, 18), haar), WaveletStage(quantize_filters(haar[:, ::-1], 18), haar[:, ::-1])
    >>> words, bands = Format.parse("sfix16_En15"), Format.parse("sfix20_En18")
    >>> round(predict_wavelet(there, back, 2, 1, words, bands, words, 0.1).snr, 1)
    91.1
    """
    period = 2**levels
    exact = phase_responses(analysis.exact, synthesis.exact, levels, delay)
    found = phase_responses(analysis.values, synthesis.values, levels, delay)
    r = lags(signal, exact.shape[1])
    if input_noise is None:
        input_noise = rounding_noise(Rounding.NEAREST, resolution=sink.resolution)
    # Level 1 of the analysis sees samples whose guard bits are zero.
    guard = max(bands.fraction_length - sink.fraction_length, 0)
    inner = Noise()
    for level in range(1, levels + 1):
        own = rounding_noise(analysis.rounding, analysis.fraction_length - (guard if level == 1 else 0), bands.resolution)
        back = rounding_noise(synthesis.rounding, synthesis.fraction_length, bands.resolution)
        detail, approximation = (level_response(synthesis.values, level, kind) for kind in (1, 0))
        inner = inner + at_output(own, detail, level) + at_output(own, approximation, level)
        if level < levels:  # the synthesis rounds each A_j but the deepest
            inner = inner + at_output(back, approximation, level)
    signal_power = sum(power_behind(row, r) for row in exact) / period
    error = sum(power_behind(row, r) for row in found - exact) / period
    if source.fraction_length >= sink.fraction_length:
        # Words of the sink are words of the source: what is rounded is such a word and the error so far, not any value.
        output = rounded_error(Noise(inner.mean, inner.variance + error), source.resolution, synthesis.rounding, bands, synthesis)
        return FirNoise(signal_power, input_noise, 0.0, output)
    dropped = bands.fraction_length + synthesis.fraction_length - source.fraction_length
    return FirNoise(signal_power, input_noise, error, inner + rounding_noise(synthesis.rounding, dropped, source.resolution))


def at_output(noise: Noise, response: NDArray[np.float64], level: int) -> Noise:
    """Noise at a level, whose samples come every 2**level, seen at the output: averaged over the phases of that period.

    Means that differ from phase to phase count as variance around their average.
    """
    period = 2**level
    phases = np.pad(response, (0, -response.size % period)).reshape(-1, period).sum(axis=0) * noise.mean
    return Noise(float(phases.mean()), noise.variance * float(np.sum(response**2)) / period + float(phases.var()))


def rounded_error(error: Noise, resolution: float, rounding: Rounding, bands: Format, synthesis: WaveletStage) -> Noise:
    """Error after rounding a word that lies on the grid of the result plus a normally distributed error.

    A small error is rounded away, which is how a bank with guard bits gives words back exactly; a large one gains a twelfth of a step's
    square, as ever.
    """
    if bands.fraction_length + synthesis.fraction_length <= -np.log2(resolution):
        return error  # nothing is dropped
    from scipy.special import ndtr  # only here, since it takes a tenth of a second to load

    mean, deviation = error.mean / resolution, math.sqrt(error.variance) / resolution
    reach = math.ceil(abs(mean) + 8 * deviation) + 1
    if reach > MAXIMUM_STEPS or rounding == Rounding.ZERO:
        return error + rounding_noise(rounding, resolution=resolution)
    steps = np.arange(-reach, reach + 1)
    # A step takes the values from its lower edge to the next one's.
    edge = {Rounding.FLOOR: 0.0, Rounding.CEIL: -1.0}.get(rounding, -0.5)
    edges = np.append(steps, reach + 1) + edge
    below = ndtr((edges - mean) / deviation) if deviation else (edges > mean).astype(np.float64)
    share = np.diff(below)
    average = float(np.sum(share * steps))
    return Noise(average * resolution, float(np.sum(share * (steps - average) ** 2)) * resolution**2)


def level_response(filters: Filters, level: int, kind: int) -> NDArray[np.float64]:
    """Impulse response from a word of A_level (kind 0) or D_level (kind 1) to the output of the synthesis."""
    response = filters[kind]
    for _ in range(level - 1):
        spread = np.zeros(2 * response.size)
        spread[::2] = response
        response = np.convolve(spread, filters[0])
    return response


def phase_responses(
    analysis: Filters, synthesis: Filters, levels: int, delay: int, gains: Sequence[float] | None = None
) -> NDArray[np.float64]:
    """Responses of the whole bank, one for each phase: y[n] = sum of t[n mod 2**J][k] x[n - k].

    Details D_1, …, D_J are multiplied by `gains` in between, if there are any.

    Returns
    -------
    ndarray of float64, shape (2**levels, taps)

    Examples
    --------
    >>> haar = np.array([[1, 1], [-1, 1]]) * 0.5**0.5
    >>> phase_responses(haar, haar[:, ::-1], 1, 1).round(12) + 0.0
    array([[0., 1., 0.],
           [0., 1., 0.]])
    """
    period, reach = 2**levels, (analysis.shape[1] - 1) * (2**levels - 1) * 2 + 1
    length = -(-(reach + 2 * period) // period) * period
    between = [1.0] * levels if gains is None else list(gains)
    columns = np.array([_bank(np.eye(1, length, start)[0], analysis, synthesis, between, delay) for start in range(period)])
    taps = np.arange(reach)
    phase = np.arange(period)[:, np.newaxis]
    start = (phase - taps) % period
    return columns[start, taps + start]


def _bank(x: NDArray[np.float64], analysis: Filters, synthesis: Filters, gains: Sequence[float], delay: int) -> NDArray[np.float64]:
    """Analysis and synthesis of a signal whose length is a multiple of 2**levels, late by delay (2**levels - 1); gains of D_1, …, D_J."""
    levels = len(gains)
    if levels == 0:
        return x
    low, high = (np.convolve(x, taps)[1 : x.size : 2] for taps in analysis)
    wait = delay * (2 ** (levels - 1) - 1)
    detail = gains[0] * np.concatenate([np.zeros(wait), high])[: high.size]
    approximation = _bank(low, analysis, synthesis, gains[1:], delay)
    y = np.zeros(x.size)
    for band, taps in zip((approximation, detail), synthesis, strict=True):
        spread = np.zeros(x.size)
        spread[1::2] = band
        y += np.convolve(spread, taps)[: x.size]
    return y
