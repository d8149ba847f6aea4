"""What noise models know of a signal on its way through cores: each core says what it does, and the models that fit follow from it.

A flow begins with a signal (`EnteringSignal`). A core that is a filter asks for the flow behind a filter, a bank for that behind an
analysis, and so on; where no model fits, there is none. Who asks has to know neither the cores nor the models.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from numpy.typing import NDArray

from fixed_point.number_format import Format
from fixed_point.word_lengths.bank_losses import analysis_losses, level_roundings
from fixed_point.word_lengths.chain_noise import Stage, lags, predict_chain, predict_interpolator
from fixed_point.word_lengths.noise import FirNoise, Noise, power_behind
from fixed_point.word_lengths.thresholded_noise import predict_thresholded
from fixed_point.word_lengths.undecimated_noise import Bank, BankNoise, Shrinkage, predict_undecimated
from fixed_point.word_lengths.wavelet_noise import WaveletStage, predict_wavelet

Memory = Callable[[Hashable, Callable[[], Any]], Any]
"""Gives what it made before for a key, or makes it."""


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

    def analysed(self, half: AnalysisHalf) -> NoiseFlow | None:
        """Behind the analysis of a wavelet bank in octaves."""
        return None

    def shrunk(self, between: Shrinker) -> NoiseFlow | None:
        """Behind a threshold."""
        return None

    def synthesised(self, half: SynthesisHalf) -> NoiseFlow | None:
        """Behind the synthesis of a wavelet bank in octaves."""
        return None


@dataclass(frozen=True)
class KnownNoise(NoiseFlow):
    """A flow whose noise is known and of which no model knows how it goes on."""

    found: FirNoise

    @property
    def result(self) -> FirNoise | None:
        return self.found


@dataclass(frozen=True)
class EnteringSignal(NoiseFlow):
    """A signal in front of the first core.

    Attributes
    ----------
    autocorrelation : ndarray of float64
        Of the signal, in the unit of the sink's values.
    noise : Noise
        Error of its words.
    values : callable
        Gives the signal.
    keep : Memory
        Keeps what many word lengths share.
    """

    autocorrelation: NDArray[Any]
    noise: Noise
    values: Callable[[], NDArray[Any]]
    keep: Memory

    def filtered(self, stage: Stage, interpolation: int = 1) -> NoiseFlow | None:
        if interpolation > 1:
            return KnownNoise(predict_interpolator(stage, interpolation, self.autocorrelation, self.noise))
        return FilteredSignal(self, (stage,))

    def analysed(self, half: AnalysisHalf) -> NoiseFlow | None:
        return SplitSignal(self, half)


@dataclass(frozen=True)
class FilteredSignal(NoiseFlow):
    """A signal behind filters."""

    begin: EnteringSignal
    stages: tuple[Stage, ...]

    @property
    def result(self) -> FirNoise | None:
        return predict_chain(self.stages, self.begin.autocorrelation, self.begin.noise)

    def filtered(self, stage: Stage, interpolation: int = 1) -> NoiseFlow | None:
        return FilteredSignal(self.begin, (*self.stages, stage)) if interpolation == 1 else None


@dataclass(frozen=True)
class SplitSignal(NoiseFlow):
    """The bands of a signal, perhaps behind a threshold."""

    begin: EnteringSignal
    half: AnalysisHalf
    between: Shrinker | None = None

    @property
    def result(self) -> FirNoise | None:
        return None if self.between else lone_analysis(self.half, self.begin.autocorrelation, self.begin.noise)

    def shrunk(self, between: Shrinker) -> NoiseFlow | None:
        return None if self.between else SplitSignal(self.begin, self.half, between)

    def synthesised(self, half: SynthesisHalf) -> NoiseFlow | None:
        there = self.half
        if half.decimated != there.decimated:
            return None
        signal, noise, formats = self.begin.autocorrelation, self.begin.noise, (there.sink, there.bands, half.source)
        if there.decimated and self.between is None:
            return KnownNoise(predict_wavelet(there.stage, half.stage, there.levels, there.delay, *formats, signal, noise))
        gains: tuple[Shrinkage, ...] = ()
        decisions: Sequence[Callable[[float], float]] = ()
        key: tuple[Hashable, ...] = (there.decimated, there.filters, there.levels)
        if between := self.between:
            keep = self.begin.keep
            words, channel = keep(("bands", *key), lambda: there.reference(self.begin.values()))
            key += (between.rule_key,)
            gains = keep(("gains", *key), lambda: between.gains(words, channel))
            decisions = keep(("decisions", *key, between.format), lambda: between.decisions(words, channel, gains))
        if there.decimated:
            return KnownNoise(predict_thresholded(there.stage, half.stage, there.delay, formats, signal, noise, gains, decisions))
        filters = there.stage.words, half.stage.words, there.stage.rounding, half.stage.rounding
        bank = self.begin.keep(("bank", key, *filters), lambda: BankNoise.of(there.stage, half.stage, there.waits, signal, gains))
        return KnownNoise(predict_undecimated(bank, *formats, noise, gains, decisions))


def lone_analysis(half: AnalysisHalf, signal: NDArray[Any], noise: Noise) -> FirNoise:
    """The error of all band words together, without a synthesis."""
    levels, guard_bits = half.levels, half.bands.fraction_length - half.sink.fraction_length
    rounds = level_roundings(half.stage.rounding, half.stage.fraction_length, guard_bits, levels, half.bands.resolution)
    losses = analysis_losses(half.stage.values, rounds, rounds, half.decimated)
    power = error = 0.0
    exact, found = (Bank(filters, filters, (0,) * levels) for filters in (half.stage.exact, half.stage.values))
    for level in range(levels + 1):
        depth = level or levels
        share = 0.5**depth if half.decimated else 1 / (levels + 1)
        wanted, given = (bank.detail(level) if level else bank.approximation(levels) for bank in (exact, found))
        r = lags(signal, wanted.size)
        power += share * power_behind(wanted, r)
        error += share * power_behind(given - wanted, r)
    return FirNoise(power, losses.transfer.white(noise), error, losses.noise)
