"""What a core promises of its model before anything is measured: how near it comes to the reference, and how often it may decide otherwise.

The promise follows from word lengths (`fixed_point.word_lengths.losses`) and from the words that are played. Coefficients count with half a
bit of error each, never with the error that they have: a coefficient that was clipped, or words of another filter, cannot lower it.

A core adds up the largest errors there can be where words repeat themselves so much that errors do; that is a bound. Where they do not, it
takes the noise model's prediction, less `PREDICTION_MARGIN_DB`. What coefficients may do is a bound in both cases.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fixed_point import components, to_float
from fixed_point.full_scale import amplitude_decibels, power
from fixed_point.word_lengths.losses import coefficient_error

PREDICTION_MARGIN_DB = 1.5
"""How far the noise model's prediction may lie above what is measured over `LEAST_WORDS` or more."""

LEAST_WORDS = 1000
"""Words of different values from which on their roundings are as good as independent."""

LEAST_STEPS = 2.0
"""Root mean square of a signal, in steps of the source, from which on it exercises many of them."""

EXCERPT = 8192
"""Words of the signal on which coefficients are tried."""

LEAST_PROMISE_DB = 20.0
"""Least promise that proves anything, unless a description says by `minimum_snr` that less is meant."""

CREST = 8.0
"""How many times its root mean square an error of coefficients may be at some word."""

GRAIN = 2.0**-10
"""Part of a word's last bit below which a difference of two references is float64's."""


@dataclass(frozen=True)
class Decisions:
    """What a core decides word by word.

    Attributes
    ----------
    made : int
        Decisions on these words.
    uncertain : int
        Those so near to the limit that word lengths may change them.
    different : int
        Those in which the model differs from the reference that decides for itself.
    """

    made: int
    uncertain: int
    different: int

    def __add__(self, other: Decisions | None) -> Decisions:
        if other is None:
            return self
        return Decisions(self.made + other.made, self.uncertain + other.uncertain, self.different + other.different)

    @property
    def kept(self) -> bool:
        """Whether no more differ than may."""
        return self.different <= self.uncertain


@dataclass(frozen=True)
class Promise:
    """What a core promises of its model on some words.

    Attributes
    ----------
    snr : float or None
        Least SNR in dB against the reference that follows the model's decisions; infinite where every word is what the reference gives;
        None for silence, which is compared exactly and tells nothing of word lengths.
    how : {"exact", "bound", "prediction", "not judged"}
        What it follows from.
    words : int
        Source words that it is about; a complex word counts as two.
    saturated : int
        Source words that it is not about: they leave their format's range, or depend on a word that does.
    decisions : Decisions or None
        How many decisions may differ from the reference's; None of a core that decides nothing.
    judged : ndarray of bool
        Which source words it is about, as late as the model's.
    """

    snr: float | None
    how: str
    words: int
    saturated: int = 0
    decisions: Decisions | None = None
    judged: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, np.bool_), repr=False, compare=False)

    @property
    def exact(self) -> bool:
        """Whether every word has to be what the reference gives."""
        return self.snr is None or (math.isinf(self.snr) and self.snr > 0)


def promise(core: Any, words: Any) -> Promise:
    """What `core.promised_snr` says.

    Parameters
    ----------
    core : Core
    words : ndarray of int, or tuple
        As the core's model takes them.
    """
    x = as_values(core, words)
    follower = core.following(words)
    truth = components(first_of(follower.late_reference(x)))
    step = last_bit(core)
    if not np.any(first_of(words)):
        return Promise(None, "not judged", truth.size, judged=np.ones(truth.size, np.bool_))
    losses, decisions = follower.losses, core.decisions(x, words)
    off, noise = (0.0 if losses.exact else _coefficients(core, words)), losses.noise
    guard = noise.limit + CREST * off
    judged = ~np.isnan(first_of(follower.limited(x, guard)))
    count = int(np.count_nonzero(judged))
    kept = truth[judged]
    sounding = heard(follower, x)[judged] if count and not kept.all() else np.ones(count, np.bool_)
    bound = off + noise.limit * math.sqrt(float(np.mean(sounding)) if count else 1.0)
    known = not any(np.any(one.errors) for one in losses.coefficients)
    # Where a word lies just where its rounding turns, the smallest error on the way decides, and most of these have one sign. Halves of
    # plain sums are in the noise model, which knows how many bits are dropped.
    turning = 0.0 if losses.white.limit > 0.75 * step or off > 0.25 * step else 0.5
    tied = 0.0 if known and turning else share_of_ties(kept[sounding] / step, turning)
    worst = max(min(noise.limit, losses.white.limit + math.sqrt(losses.coloured.power)) ** 2, noise.power)
    expected = (1 - tied) * noise.power + tied * worst
    predicted = math.hypot(off, math.sqrt(expected * power(PREDICTION_MARGIN_DB)))
    signal = math.sqrt(float(np.mean(kept**2))) if count else 0.0
    # A noise model takes the bits that are dropped for random. Of words all of which are even, plain sums have fewer of them.
    plain = known and not np.bitwise_or.reduce(first_of(words)) & 1
    busy = signal > LEAST_STEPS * step and independent(kept / step) >= LEAST_WORDS
    error, how = (predicted, "prediction") if busy and not plain and predicted < bound else (bound, "bound")
    if not error:
        return Promise(math.inf, "exact", count, truth.size - count, decisions, judged)
    return Promise(amplitude_decibels(signal, error), how, count, truth.size - count, decisions, judged)


def expected_error(core: Any, words: Any) -> float:
    """Root mean square of a core's error on some words, in the unit of its source: coefficients at their worst, roundings as predicted."""
    return math.sqrt(_coefficients(core, words) ** 2 + core.following(words).losses.noise.power)


def _coefficients(core: Any, words: Any) -> float:
    """Root mean square of the error that coefficients may bring about."""
    sets = core.losses.coefficients
    if not any(np.any(one.errors) for one in sets):
        return 0.0
    part, scale = excerpt(words)
    x, follower = as_values(core, part), core.following(part)
    return scale * coefficient_error(lambda values: np.asarray(first_of(follower.reference_with(x, values))), sets)


def excerpt(words: Any) -> tuple[Any, float]:
    """Some `EXCERPT` words, the loudest of plain ones; and by how much all of them are louder in the mean, as an amplitude."""
    data = np.asarray(first_of(words))
    if data.size <= EXCERPT:
        return words, 1.0
    if isinstance(words, Mapping):
        return {name: tuple(row[:EXCERPT] for row in one) if isinstance(one, tuple) else one[:EXCERPT] for name, one in words.items()}, 1.0
    squares = np.square(data.astype(np.float64))
    stop = EXCERPT
    if isinstance(words, tuple):
        # Channels and packets have an order, which a cut would break; only the end can be left away.
        while not squares[:stop].any():
            stop *= 2
        part: Any = tuple(np.asarray(one)[:stop] for one in words)
        loudness = squares[:stop].mean()
    else:
        blocks = squares[: data.size // EXCERPT * EXCERPT].reshape(-1, EXCERPT).mean(axis=1)
        first = int(np.argmax(blocks)) * EXCERPT
        part, loudness = data[first : first + EXCERPT], blocks.max()
    return part, float(np.sqrt(squares.mean() / loudness)) if loudness else 1.0


def independent(truth: NDArray[np.float64]) -> float:
    """Words as many as there would be if no value came twice: (sum of m)^2 over sum of m^2, m being how often each value comes.

    Silence does not count: nothing is rounded in it.

    Examples
    --------
    >>> independent(np.array([0.0, 0.3, 0.4, 0.5])), independent(np.array([0.3, 0.3, 0.3]))
    (3.0, 1.0)
    """
    given = np.rint(truth * 2.0**16)
    given = given[given != 0]
    if not given.size:
        return 0.0
    _, often = np.unique(given, return_counts=True)
    return float(often.sum()) ** 2 / float(np.sum(often.astype(np.float64) ** 2))


def heard(core: Any, x: Any) -> NDArray[np.bool_]:
    """Which source words depend on any sink word but zeros: nothing is rounded in silence.

    Zeros in what the reference gives are not all silence, since words cancel out; those of the same words, each a little smaller, are.
    """
    given = core.late_reference({name: _uneven(one) for name, one in x.items()} if isinstance(x, Mapping) else _uneven(x))
    return np.asarray(components(first_of(given)) != 0)


def _uneven(x: Any) -> Any:
    """Words each of which is a little smaller."""
    data = np.asarray(first_of(x))
    smaller = data * np.random.default_rng(data.size).uniform(0.5, 1.0, data.size)
    return (smaller, *x[1:]) if isinstance(x, tuple) else smaller


def share_of_ties(truth: NDArray[np.float64], turning: float) -> float:
    """Part of the words that a reference gives which lie where their rounding turns from one word to the next.

    Rounding down turns at whole words: a bank that gives its signal back gives such words, all but errors on the way, and loses nothing or
    a whole bit by the sign of these, however small. Rounding to nearest turns at halves, as means of two words are. No noise model has
    that.

    Parameters
    ----------
    truth : ndarray of float64
        In steps of the source.
    turning : float
        Fraction at which the rounding turns.

    Examples
    --------
    >>> share_of_ties(np.array([1.0, 2.0, 5.5]), 0.5) == share_of_ties(np.array([1.5, 2.3, 2.7]), 0.5) == 1 / 3
    True
    """
    if not truth.size:
        return 0.0
    return float(np.mean(np.abs(truth - turning - np.rint(truth - turning)) < GRAIN))


def first_of(given: Any) -> Any:
    """The words of what a model or a reference takes or gives, without what comes beside them; of several streams one after the other."""
    if isinstance(given, Mapping):
        return np.concatenate([np.asarray(first_of(one)) for one in given.values()])
    return given[0] if isinstance(given, tuple) else given


def as_values(core: Any, words: Any) -> Any:
    """Sink words as the reference takes them."""
    if isinstance(words, Mapping):
        return {name: _valued(one, core.sinks[name]) for name, one in words.items()}
    return _valued(words, core.sink_format)


def _valued(words: Any, format: Any) -> Any:
    x = to_float(first_of(words), format)
    return (x, *words[1:]) if isinstance(words, tuple) else x


def last_bit(core: Any) -> float:
    """Resolution of the source; the finest, where there are several."""
    formats = core.source_format
    return float(min(one.resolution for one in formats.values()) if isinstance(formats, Mapping) else formats.resolution)


def limited_words(given: Any, format: Any, guard: float = 0.0) -> Any:
    """What a reference gives; nan for words beyond the range of a format, or nearer to its ends than `guard`."""
    if isinstance(given, Mapping):
        return {name: limited_words(one, format, guard) for name, one in given.items()}
    low, high = format.range
    words, grain = components(first_of(given)), GRAIN * format.resolution
    known = np.where((words < low + guard - grain) | (words > high - guard + grain), np.nan, words)
    return (known, *given[1:]) if isinstance(given, tuple) else known
