"""The noise models that there are, found by what cores do one behind the other (`fixed_point.word_lengths.noise_flow`)."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fixed_point.word_lengths.bank_losses import analysis_losses, level_roundings
from fixed_point.word_lengths.chain_noise import Stage, lags, output_noise, predict_chain, predict_interpolator
from fixed_point.word_lengths.noise import FirNoise, Noise, power_behind
from fixed_point.word_lengths.noise_flow import AnalysisHalf, Combination, NoiseFlow, Shrinker, SynthesisHalf
from fixed_point.word_lengths.thresholded_noise import predict_thresholded
from fixed_point.word_lengths.undecimated_noise import Bank, BankNoise, Shrinkage, predict_undecimated
from fixed_point.word_lengths.wavelet_noise import predict_wavelet

Memory = Callable[[Hashable, Callable[[], Any]], Any]
"""Gives what it made before for a key, or makes it."""


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

    def combined(self, paths: Combination) -> NoiseFlow | None:
        return CombinedSignal(self, paths)

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

    def combined(self, paths: Combination) -> NoiseFlow | None:
        if any(stage.decimation > 1 for stage in self.stages):
            return None
        for stage in reversed(self.stages):
            paths = paths.behind(combination(stage))
        return CombinedSignal(self.begin, paths)


@dataclass(frozen=True)
class CombinedSignal(NoiseFlow):
    """A signal behind filters whose paths have parted and met again."""

    begin: EnteringSignal
    paths: Combination

    @property
    def result(self) -> FirNoise | None:
        paths, rounded = self.paths, Noise()
        for noise, taps in paths.roundings:
            rounded = rounded + noise.through(taps)
        r = lags(self.begin.autocorrelation, max(paths.exact.size, paths.quantised.size))
        error = power_behind(paths.quantised - paths.exact, r[: paths.exact.size])
        return FirNoise(power_behind(paths.exact, r[: paths.exact.size]), self.begin.noise.through(paths.quantised), error, rounded)

    def filtered(self, stage: Stage, interpolation: int = 1) -> NoiseFlow | None:
        return self.combined(combination(stage)) if interpolation == 1 == stage.decimation else None

    def combined(self, paths: Combination) -> NoiseFlow | None:
        return CombinedSignal(self.begin, paths.behind(self.paths))


def combination(stage: Stage) -> Combination:
    """A single filter as a combination of one; its rounding's mean counts as a magnitude, as those of what stands beside it do."""
    values, rounding = stage.coefficients.values.ravel(), output_noise(stage)
    own = replace(rounding, mean=abs(rounding.mean))
    return Combination(values - stage.coefficients.error.ravel(), values, ((own, np.ones(1)),))


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
