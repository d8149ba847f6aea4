"""What a threshold does to the bands of a signal: gains and decisions, for the noise model of banks with one between their halves."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fixed_point import Format, quantize, to_float
from fixed_point.threshold import FLOOR_SHIFT, shrink
from fixed_point.word_lengths.undecimated_noise import Shrinkage
from reference.threshold import RULES, tracked_sigma

Bands = tuple[NDArray[np.float64], ...]

KEPT = {"hard": 0.0, "soft": 0.0, "floor": 2.0**-FLOOR_SHIFT}
"""What is left of a small word."""

TINY = 1e-40
"""A power that is none."""


def details(words: Any, channel: Any, levels: int) -> Bands:
    """The words of D_1, …, D_J."""
    return tuple(np.asarray(words)[np.asarray(channel) == band] for band in range(1, levels + 1))


def limits(between: Any, d: NDArray[np.float64], interval: int) -> NDArray[np.float64]:
    """Lambda of the float reference before each word of a band."""
    lowest = between.tracker.sigma(between.tracker.lowest).item()
    return np.asarray(between.threshold * tracked_sigma(d, between.start, interval, between.adaptation, lowest))


def shrinkage(between: Any, bands: Bands) -> tuple[Shrinkage, ...]:
    """Gains of the details D_1, …, D_J of a signal, for what they hold and for noise."""
    found = []
    for d, interval in zip(bands, between.intervals, strict=True):
        limit = limits(between, d, interval)
        power = float(np.mean(np.square(d))) or 1.0
        left = float(np.mean(np.square(RULES[between.rule](d, limit, np.abs(d) <= limit))))
        kept = np.where(np.abs(d) <= limit, KEPT[between.rule] ** 2, 1.0)
        found.append(Shrinkage((left / power) ** 0.5, float(np.mean(kept)) ** 0.5))
    return tuple(found)


class DecisionPower:
    """What a threshold's decisions and roundings add to the power of a detail, by the standard deviation of its words' errors.

    No formula has it: an error moves words across the limit, and the limit itself, since the tracker of the noise compares words as well.
    The integer threshold is run on the band with white noise added, at the powers of two of the deviation that are asked for.

    Parameters
    ----------
    between : Threshold
    level : int
        Of the detail.
    d : ndarray of float64, shape (n,)
        Its words in the float reference.
    noise_gain : float
        What `shrinkage` has counted of the error already.
    """

    def __init__(self, between: Any, level: int, d: NDArray[np.float64], noise_gain: float) -> None:
        self.between, self.interval, self.d, self.noise_gain = between, between.intervals[level - 1], d, noise_gain
        limit = limits(between, d, self.interval)
        self.wanted = RULES[between.rule](d, limit, np.abs(d) <= limit)
        self.noise = np.random.default_rng(level).standard_normal(d.size)
        self.known: dict[int, float] = {}

    def __call__(self, deviation: float) -> float:
        place = math.log2(max(deviation, self.between.sink.resolution / 12**0.5))
        low = math.floor(place)
        part = place - low
        return 2.0 ** ((1 - part) * self.at(low) + part * self.at(low + 1))

    def at(self, octave: int) -> float:
        """Logarithm of the power at a deviation of 2**octave."""
        if octave not in self.known:
            format, between = self.between.sink, self.between
            # Rounding to words is a part of the error.
            added = max(4.0**octave - format.resolution**2 / 12, 0.0) ** 0.5
            words = quantize(self.d + added * self.noise, format)
            given = to_float(shrink(words, between.tracker, self.interval, between.gain, between.rule), format)
            power = float(np.mean(np.square(given - self.wanted))) - (self.noise_gain * 2.0**octave) ** 2
            self.known[octave] = math.log2(max(power, TINY))
        return self.known[octave]


def every_decision(between: Any, bands: Bands, gains: Sequence[Shrinkage]) -> list[DecisionPower]:
    """`DecisionPower` of the details D_1, …, D_J."""
    return [DecisionPower(between, level, d, gain.noise_gain) for level, (d, gain) in enumerate(zip(bands, gains, strict=True), 1)]


@dataclass(frozen=True)
class ThresholdNoise:
    """A threshold as noise models see it (`fixed_point.word_lengths.noise_flow.Shrinker`).

    Attributes
    ----------
    core : Threshold
    """

    core: Any

    @property
    def rule_key(self) -> Hashable:
        return self.core.rule, self.core.threshold, self.core.start, self.core.adaptation

    @property
    def format(self) -> Format:
        return self.core.sink

    def gains(self, words: Any, channel: Any) -> tuple[Shrinkage, ...]:
        return shrinkage(self.core, details(words, channel, self.core.levels))

    def decisions(self, words: Any, channel: Any, gains: Sequence[Shrinkage]) -> list[DecisionPower]:
        return every_decision(self.core, details(words, channel, self.core.levels), gains)
