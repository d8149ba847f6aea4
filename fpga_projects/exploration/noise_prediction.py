"""Signal to noise ratios predicted without running a model: which of the analytic models fits a core."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

import numpy as np

from fixed_point import to_float
from fixed_point.full_scale import power_decibels
from fixed_point.word_lengths.chain_noise import Stage, predict_chain, predict_interpolator
from fixed_point.word_lengths.noise import FirNoise, Noise, autocorrelation
from fixed_point.word_lengths.thresholded_noise import predict_thresholded
from fixed_point.word_lengths.undecimated_noise import BankNoise, Shrinkage, predict_undecimated
from fixed_point.word_lengths.wavelet_noise import WaveletStage, predict_wavelet
from fixed_point.word_lengths.word_length_search import MARGIN_DB
from fpga_projects.exploration.denoiser_prediction import Decisions, details, every_decision, shrinkage
from ip_cores.chain import Chain
from ip_cores.core import Core
from ip_cores.denoiser import Denoiser
from ip_cores.dwt_analysis import DwtAnalysis
from ip_cores.dwt_synthesis import DwtSynthesis
from ip_cores.fir import Fir
from ip_cores.swt_analysis import SwtAnalysis
from ip_cores.swt_synthesis import SwtSynthesis
from ip_cores.threshold import Threshold
from testbenches.signals import Input

DECISION_MARGIN_DB = 3.5
"""How far a prediction may lie below what is measured where a threshold decides."""

LAGS = 4096
"""Of the signal's autocorrelation; more than any impulse response here has taps."""


class Predictor:
    """Predicts cores of one family on one signal.

    Parameters
    ----------
    base : Core
        Any core of the family; it sets the scale of the signal.
    input : Input
        The signal.
    """

    def __init__(self, base: Core, input: Input) -> None:
        self.input = input
        self.signal = autocorrelation(input.values(base), LAGS)
        self._input: dict[object, Noise] = {}
        self._kept: dict[Hashable, Any] = {}

    def __call__(self, core: Core) -> FirNoise | None:
        """The predicted error; None where no model fits."""
        stages = core.stages if isinstance(core, Chain) else (core,)
        if all(isinstance(stage, Fir) and stage.interpolation == 1 for stage in stages):
            return self._filters(stages)  # type: ignore[arg-type]
        match stages:
            case (Fir() as interpolator,):
                signal, noise = self.signal, self.input_noise(interpolator)
                return predict_interpolator(described(interpolator), interpolator.interpolation, signal, noise)
            case (Denoiser() as denoiser,):
                return self(Chain(denoiser.stages))
            case (DwtAnalysis() as there, DwtSynthesis() as back):
                return self._bank(there, back)
            case (SwtAnalysis() as there, SwtSynthesis() as back):
                return self._thresholded(there, None, back)
            case (SwtAnalysis() | DwtAnalysis() as there, Threshold() as between, SwtSynthesis() | DwtSynthesis() as back):
                return self._thresholded(there, between, back)
        return None

    def _filters(self, stages: tuple[Fir, ...]) -> FirNoise:
        return predict_chain([described(stage) for stage in stages], self.signal, self.input_noise(stages[0]))

    def _bank(self, there: DwtAnalysis, back: DwtSynthesis) -> FirNoise:
        filters = there.filter_bank
        analysis, synthesis = stage_of(there, filters.analysis), stage_of(back, filters.synthesis)
        formats = there.sink, there.source_format, back.source
        return predict_wavelet(analysis, synthesis, there.levels, filters.delay, *formats, self.signal, self.input_noise(there))

    def _thresholded(self, there: Any, between: Threshold | None, back: Any) -> FirNoise:
        """A bank with a threshold in it, or an undecimated one without."""
        key: tuple[Hashable, ...] = (there.kind, there.filter_bank, there.levels)
        gains: tuple[Shrinkage, ...] = ()
        decide: list[Decisions] = []
        if between is not None:
            bands = self._bands(there)
            key += (between.rule, between.threshold, between.start, between.adaptation)
            gains = self._keep(("gains", *key), lambda: shrinkage(between, bands))
            decide = self._keep(("decisions", *key, between.sink), lambda: every_decision(between, bands, gains))
        analysis, synthesis = stage_of(there, there.filter_bank.analysis), stage_of(back, back.filter_bank.synthesis)
        formats = there.sink, there.source_format, back.source
        entering = self.input_noise(there)
        if isinstance(there, DwtAnalysis):
            return predict_thresholded(analysis, synthesis, there.filter_bank.delay, formats, self.signal, entering, gains, decide)
        bank = self._keep(
            ("bank", key, there.coefficients, back.coefficients, there.rounding, back.rounding),
            lambda: BankNoise.of(analysis, synthesis, there.waits, self.signal, gains),
        )
        return predict_undecimated(bank, *formats, entering, gains, decide)

    def _bands(self, there: Any) -> Any:
        """Details of the float reference on the signal."""
        key = ("bands", there.kind, there.filter_bank, there.levels)

        def make() -> Any:
            words, channel = there.reference(self.input.values(there))
            return details(words, channel, there.levels)

        return self._keep(key, make)

    def _keep(self, key: Hashable, make: Callable[[], Any]) -> Any:
        if key not in self._kept:
            self._kept[key] = make()
        return self._kept[key]

    def margin(self, core: Core) -> float:
        """How far a prediction may be too low, in dB: decisions of a threshold are few and large, and less certain than roundings."""
        stages = core.stages if isinstance(core, Chain | Denoiser) else (core,)
        return DECISION_MARGIN_DB if any(isinstance(stage, Threshold) for stage in stages) else MARGIN_DB

    def input_noise(self, core: Core) -> Noise:
        """Error of the samples as words of the sink, measured: none for the words of a WAV file in a format that holds them."""
        format = core.sink_format
        if format not in self._input:
            error = to_float(self.input.words(core), format) - self.input.values(core)
            self._input[format] = Noise(float(error.mean()), float(error.var()))
        return self._input[format]


def stage_of(half: Any, exact: Any) -> WaveletStage:
    """Half of a bank as the noise model sees it; filters of an undecimated one are scaled by 1/sqrt(2)."""
    scale = 0.5**0.5 if isinstance(half, SwtAnalysis | SwtSynthesis) else 1.0
    return WaveletStage(half.coefficients, np.asarray(exact) * scale, half.rounding)


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
    "mse": lambda noise: power_decibels(1.0, noise.noise_power),
}
"""Metrics that follow from noise."""
