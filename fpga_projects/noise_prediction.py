"""Signal to noise ratios predicted without running a model: which of the analytic models fits a core."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from fixed_point import to_float
from fixed_point.chain_noise import Stage, predict_chain, predict_interpolator
from fixed_point.noise import FirNoise, Noise, autocorrelation
from fixed_point.wavelet_noise import WaveletStage, predict_wavelet
from fpga_projects.quality import Samples, signal_values, signal_words
from ip_cores.chain import Chain
from ip_cores.core import Core
from ip_cores.dwt_analysis import DwtAnalysis
from ip_cores.dwt_synthesis import DwtSynthesis
from ip_cores.fir import Fir

LAGS = 4096
"""Of the signal's autocorrelation; more than any impulse response here has taps."""


class Predictor:
    """Predicts cores of one family on one signal.

    Parameters
    ----------
    base : Core
        Any core of the family; it sets the scale of the signal.
    samples : ndarray of float64
        The signal, full scale -1 to 1.
    """

    def __init__(self, base: Core, samples: Samples) -> None:
        self.samples = samples
        self.signal = autocorrelation(signal_values(samples, base.sink_format), LAGS)
        self._input: dict[object, Noise] = {}

    def __call__(self, core: Core) -> FirNoise | None:
        """The predicted error; None where no model fits."""
        stages = core.stages if isinstance(core, Chain) else (core,)
        if all(isinstance(stage, Fir) and stage.interpolation == 1 for stage in stages):
            return self._filters(stages)  # type: ignore[arg-type]
        match stages:
            case (Fir() as interpolator,):
                signal, noise = self.signal, self.input_noise(interpolator)
                return predict_interpolator(described(interpolator), interpolator.interpolation, signal, noise)
            case (DwtAnalysis() as there, DwtSynthesis() as back):
                return self._bank(there, back)
        return None

    def _filters(self, stages: tuple[Fir, ...]) -> FirNoise:
        return predict_chain([described(stage) for stage in stages], self.signal, self.input_noise(stages[0]))

    def _bank(self, there: DwtAnalysis, back: DwtSynthesis) -> FirNoise:
        filters = there.filter_bank
        analysis = WaveletStage(there.coefficients, filters.analysis, there.rounding)
        synthesis = WaveletStage(back.coefficients, filters.synthesis, back.rounding)
        formats = there.sink, there.source_format, back.source
        return predict_wavelet(analysis, synthesis, there.levels, filters.delay, *formats, self.signal, self.input_noise(there))

    def input_noise(self, core: Core) -> Noise:
        """Error of the samples as words of the sink, measured: none for the words of a WAV file in a format that holds them."""
        format = core.sink_format
        if format not in self._input:
            error = to_float(signal_words(self.samples, format), format) - signal_values(self.samples, format)
            self._input[format] = Noise(float(error.mean()), float(error.var()))
        return self._input[format]


def described(core: Fir) -> Stage:
    """A filter as the noise model sees it."""
    return Stage(core.quantized, core.sink, core.source, core.rounding, core.decimation)


def predicted(metric: str, noise: FirNoise) -> float:
    """A metric of a predicted error, in dB and so that more is better.

    Raises
    ------
    KeyError
        If noise does not decide the metric.
    """
    return DECIBELS[metric](noise)


DECIBELS: dict[str, Callable[[FirNoise], float]] = {
    "snr": lambda noise: noise.snr,
    "mse": lambda noise: -10 * math.log10(noise.noise_power) if noise.noise_power else np.inf,
}
"""Metrics that follow from noise."""
