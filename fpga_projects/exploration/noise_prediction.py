"""Signal to noise ratios predicted without running a model, as cores say them through the contract."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

from fixed_point import to_float
from fixed_point.full_scale import power_decibels
from fixed_point.word_lengths.noise import FirNoise, Noise, autocorrelation
from fixed_point.word_lengths.noise_models import EnteringSignal
from fixed_point.word_lengths.word_length_search import MARGIN_DB
from ip_cores.core import Core
from testbenches.signals import Input

DECISION_MARGIN_DB = 3.5
"""How far a prediction may lie below what is measured where a core decides."""

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
        entering = EnteringSignal(self.signal, self.input_noise(core), lambda: self.input.values(core), self._keep)
        behind = core.noise(entering)
        return None if behind is None else behind.result

    def _keep(self, key: Hashable, make: Callable[[], Any]) -> Any:
        if key not in self._kept:
            self._kept[key] = make()
        return self._kept[key]

    def margin(self, core: Core) -> float:
        """How far a prediction may be too low, in dB: decisions of a threshold are few and large, and less certain than roundings."""
        return DECISION_MARGIN_DB if core.decides else MARGIN_DB

    def input_noise(self, core: Core) -> Noise:
        """Error of the samples as words of the sink, measured: none for the words of a WAV file in a format that holds them."""
        format = core.sink_format
        if format not in self._input:
            error = to_float(self.input.words(core), format) - self.input.values(core)
            self._input[format] = Noise(float(error.mean()), float(error.var()))
        return self._input[format]


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
