"""What noise models know of a signal on its way through cores: each core says what it does, and the models that fit follow from it.

A core that is a filter asks for the flow behind a filter, a bank for that behind an analysis, and so on; where no model fits, there is
none. Who asks has to know neither the cores nor the models (`fixed_point.word_lengths.noise_models`, where a flow begins with a signal).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from fixed_point.number_format import Format
from fixed_point.word_lengths.noise import FirNoise, Noise

if TYPE_CHECKING:  # what every core imports is to be light
    from fixed_point.word_lengths.chain_noise import Stage
    from fixed_point.word_lengths.undecimated_noise import Shrinkage
    from fixed_point.word_lengths.wavelet_noise import WaveletStage


@dataclass(frozen=True)
class AnalysisHalf:
    """An analysis as noise models see it.

    Attributes
    ----------
    stage : WaveletStage
        Its filters.
    decimated : bool
    levels : int
    delay : int
        Of one level of analysis and synthesis, in samples.
    sink, bands : Format
        Formats of the samples and of the band words.
    waits : tuple of int
        Samples that D_1, …, D_J wait, of an undecimated bank.
    filters : hashable
        What tells filters apart before they are quantised.
    reference : callable
        Band words and channels in float64.
    """

    stage: WaveletStage
    decimated: bool
    levels: int
    delay: int
    sink: Format
    bands: Format
    waits: tuple[int, ...]
    filters: Hashable
    reference: Callable[[Any], Any]


@dataclass(frozen=True)
class SynthesisHalf:
    """A synthesis as noise models see it.

    Attributes
    ----------
    stage : WaveletStage
        Its filters.
    decimated : bool
    source : Format
        Format of the samples.
    """

    stage: WaveletStage
    decimated: bool
    source: Format


@dataclass(frozen=True)
class Combination:
    """Filters whose paths part and meet again, as noise models see them.

    Attributes
    ----------
    exact, quantised : ndarray of float64
        Impulse response of all of them together, with the coefficients as given, and as they are.
    roundings : tuple of (Noise, ndarray of float64)
        Each rounding, with the impulse response that it passes.
    """

    exact: NDArray[np.float64]
    quantised: NDArray[np.float64]
    roundings: tuple[tuple[Noise, NDArray[np.float64]], ...]

    def behind(self, before: Combination) -> Combination:
        """Of both, `before` in front."""
        passed = tuple((noise, np.convolve(taps, self.quantised)) for noise, taps in before.roundings)
        exact, quantised = np.convolve(before.exact, self.exact), np.convolve(before.quantised, self.quantised)
        return Combination(exact, quantised, (*passed, *self.roundings))


class Shrinker(Protocol):
    """A threshold as noise models see it."""

    @property
    def rule_key(self) -> Hashable:
        """What it does, apart from its word lengths."""

    @property
    def format(self) -> Format:
        """Of the words."""

    def gains(self, words: Any, channel: Any) -> tuple[Shrinkage, ...]:
        """Of the details D_1, …, D_J of a signal."""

    def decisions(self, words: Any, channel: Any, gains: Sequence[Shrinkage]) -> Sequence[Callable[[float], float]]:
        """What wrong decisions add to the power of each detail, by the standard deviation of its words' errors."""


class NoiseFlow:
    """A flow about which nothing is known; each kind of flow knows how some things change it."""

    @property
    def result(self) -> FirNoise | None:
        """The error so far, against the float reference; None where no model fits."""
        return None

    def filtered(self, stage: Stage, interpolation: int = 1) -> NoiseFlow | None:
        """Behind a filter."""
        return None

    def combined(self, paths: Combination) -> NoiseFlow | None:
        """Behind filters whose paths part and meet again."""
        return None

    def analysed(self, half: AnalysisHalf) -> NoiseFlow | None:
        """Behind the analysis of a wavelet bank in octaves."""
        return None

    def shrunk(self, between: Shrinker) -> NoiseFlow | None:
        """Behind a threshold."""
        return None

    def synthesised(self, half: SynthesisHalf) -> NoiseFlow | None:
        """Behind the synthesis of a wavelet bank in octaves."""
        return None
