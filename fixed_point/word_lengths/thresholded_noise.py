"""Round-off noise of a decimated wavelet bank with a threshold between analysis and synthesis.

The bands of an orthonormal bank hold an error each without regard to the others: what reaches the output is their sum. A threshold is a
gain for each band and what its decisions add, as in `fixed_point.word_lengths.undecimated_noise`; the paths to a band are those of an
undecimated bank, since what decimation drops has the power of what it keeps.

References
----------
P. P. Vaidyanathan, *Multirate Systems and Filter Banks*, Prentice Hall, 1993, section 4.2: the noble identities.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from numpy.typing import ArrayLike

from fixed_point.number_format import Format, Rounding
from fixed_point.word_lengths.chain_noise import lags
from fixed_point.word_lengths.noise import FirNoise, Noise, power_behind, rounding_noise
from fixed_point.word_lengths.undecimated_noise import Bank, Path, Shrinkage
from fixed_point.word_lengths.wavelet_noise import WaveletStage, at_output, level_response, phase_responses


def predict_thresholded(
    analysis: WaveletStage,
    synthesis: WaveletStage,
    delay: int,
    formats: tuple[Format, Format, Format],
    signal: float | ArrayLike,
    input_noise: Noise | None,
    shrinkage: Sequence[Shrinkage],
    decisions: Sequence[Callable[[float], float]],
) -> FirNoise:
    """The error of analysis, threshold and synthesis against the float reference.

    Parameters
    ----------
    analysis, synthesis : WaveletStage
        The two halves.
    delay : int
        Delay of one level of analysis and synthesis, in samples.
    formats : (Format, Format, Format)
        Of the samples that enter, of the band words and the approximations between levels, and of the samples that leave.
    signal : float or array_like of float
        Power of a white signal, or autocorrelation of any other.
    input_noise : Noise, optional
        Error of the samples that enter; by default that of rounding continuous ones.
    shrinkage : sequence of Shrinkage
        What the threshold does to D_1, …, D_J.
    decisions : sequence of callable
        For D_1, …, D_J, what wrong decisions add to the power of the words, by the standard deviation of their errors.

    Returns
    -------
    FirNoise
        `output` holds the errors of all bands and all roundings.
    """
    sink, bands, source = formats
    levels = len(shrinkage)
    gains = [band.signal_gain for band in shrinkage]
    exact = phase_responses(analysis.exact, synthesis.exact, levels, delay, gains)
    found = phase_responses(analysis.values, synthesis.values, levels, delay, gains)
    r = lags(signal, exact.shape[1])
    signal_power, error = (sum(power_behind(row, r) for row in rows) / len(rows) for rows in (exact, found - exact))
    entering = input_noise or rounding_noise(Rounding.NEAREST, resolution=sink.resolution)
    # Level 1 of the analysis sees samples whose guard bits are zero.
    guard = max(bands.fraction_length - sink.fraction_length, 0)
    bits = [analysis.fraction_length - (guard if level == 1 else 0) for level in range(1, levels + 1)]
    rounds = [rounding_noise(analysis.rounding, dropped, bands.resolution) for dropped in bits]
    again = rounding_noise(synthesis.rounding, synthesis.fraction_length, bands.resolution)
    waits = (0,) * levels  # they do not matter here
    true, given = Bank(analysis.exact, synthesis.exact, waits), Bank(analysis.values, synthesis.values, waits)
    inner = Noise()
    for level, (band, decide) in enumerate(zip(shrinkage, decisions, strict=True), 1):
        arrived = rounds[level - 1]
        for start, source_noise in enumerate((entering, *rounds[: level - 1])):
            arrived = arrived + Path.of(given.detail(level, start))(source_noise)
        response = given.detail(level)
        wrong = power_behind(response - true.detail(level), lags(signal, response.size))
        more = decide(math.sqrt(arrived.variance + wrong))
        left = Noise(band.noise_gain * arrived.mean, band.noise_gain**2 * arrived.variance + more)
        inner = inner + at_output(left, level_response(synthesis.values, level, 1), level)
        if level < levels:
            inner = inner + at_output(again, level_response(synthesis.values, level, 0), level)
    coarse = rounds[-1]
    for start, source_noise in enumerate((entering, *rounds[:-1])):
        coarse = coarse + Path.of(given.approximation(levels, start))(source_noise)
    inner = inner + at_output(coarse, level_response(synthesis.values, levels, 0), levels)
    dropped = bands.fraction_length + synthesis.fraction_length - source.fraction_length
    return FirNoise(signal_power, Noise(), error, inner + rounding_noise(synthesis.rounding, dropped, source.resolution))
