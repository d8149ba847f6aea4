"""Words that take a core to its ends: full scale in every shape, and the worst case of whatever is linear in it.

Noise seldom comes near these. The output of a linear filter is largest, its L1 norm, where every word is full scale with the sign of the
weight by which it enters that output. A bank has such words for each band, an interpolator for each of its phases: the weights are found
by asking the reference what each word alone does, so that nothing here knows a filter from a bank.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fixed_point.quantization import Words
from ip_cores.core import Core
from ip_cores.promise import first_of
from ip_cores.schedule import period_of

LONGEST_MEMORY = 1024
"""Sink words that are asked for their weights; a core that remembers more is played what these bring about."""

SILENCE = 4
"""Words of silence around a single one of full scale."""

NOTHING = 1e-12
"""Weights smaller than this part of the largest are those of errors in float64."""


@dataclass(frozen=True)
class WorstWords:
    """Signs that bring some source words to their bounds.

    Attributes
    ----------
    period : int
        Sink words after which the weights repeat themselves.
    signs : tuple of array of int8
        Of the sink words on which a source word depends, -1 or 1, the oldest first.
    ends : tuple of int
        By what the last of these is away from a multiple of the period.
    """

    period: int
    signs: tuple[NDArray[np.int8], ...]
    ends: tuple[int, ...]

    def __bool__(self) -> bool:
        return bool(self.signs)


@dataclass(frozen=True)
class SpecialWords:
    """Words that a proof plays beside those that it is given.

    Attributes
    ----------
    words : array of int, shape (n,)
        The extremes first, then what a core needs that noise has none of, then the worst case.
    extremes, voiced : int
        How many of them are extremes, and how many are a voice.
    """

    words: Words
    extremes: int
    voiced: int = 0

    @property
    def worst(self) -> int:
        """How many of them are the worst case's."""
        return len(self.words) - self.extremes - self.voiced

    def beginning(self, most: int) -> SpecialWords:
        """No more than so many."""
        extremes = min(most, self.extremes)
        return SpecialWords(self.words[:most], extremes, min(most - extremes, self.voiced))


NONE = WorstWords(1, (), ())


def extreme_words(core: Core) -> Words:
    """Full scale of both signs as steps, in turn, and alone amid silence."""
    low, high = core.sink_format.minimum, core.sink_format.maximum
    rest = [0] * SILENCE
    words = [high, *rest, low, *rest] + [low] * 4 + [high] * 4 + [low] * 4 + [high, low] * 4 + [low, high] * 2 + rest
    return _as_array(core, words)


def worst_words(core: Core) -> WorstWords:
    """Signs of the words that bring each kind of source word to its bound; none where nothing in the core is linear.

    One source word stands for each channel, and for each phase where there are no channels.
    """
    linear = core.linear_part
    if linear is None:
        return NONE
    if linear.filter_taps is not None and linear.rate == 1:
        # Channels in turn all come to their bounds at once.
        return _lasting(1, [(0, np.repeat(np.asarray(linear.filter_taps[1], np.float64)[::-1], linear.channels_in_turn))])
    timing = linear.timing()
    period = 1 if timing is None else period_of(timing).taken
    count = min(-(-linear.check_length // period) * period, max(1, LONGEST_MEMORY // period) * period)
    weights, channels = weights_of(linear, count)
    last = (weights.shape[1] - 1) - np.argmax(weights[:, ::-1] != 0, axis=1)
    found: dict[Any, tuple[int, NDArray[np.float64]]] = {}
    for row in range(max(0, len(weights) - ceil(period * linear.rate)), len(weights)):
        # Of a channel the word that is largest; without channels every one is of a kind of its own.
        mine = (int(last[row]) % period, np.trim_zeros(weights[row], "fb"))
        kind = mine[1].astype(np.float32).tobytes() if channels is None else int(channels[row])
        if kind not in found or np.abs(mine[1]).sum() > np.abs(found[kind][1]).sum() * (1 + NOTHING):
            found[kind] = mine
    return _lasting(period, list(found.values()))


def weights_of(core: Core, count: int) -> tuple[NDArray[np.float64], NDArray[np.int64] | None]:
    """By how much each of so many sink words alone enters each source word, a row for each of these; and the channels of the rows."""
    unit, beside = np.eye(count), core.accompany(np.zeros(count, np.int64))
    columns, channels = [], None
    for row in unit:
        given = core.late_reference((row, *beside.values()) if beside else row)
        columns.append(np.asarray(first_of(given), dtype=np.float64))
        if isinstance(given, tuple) and "channel" in {port.name.removeprefix("source_") for port in core.source_ports}:
            channels = np.asarray(given[1])
    weights = np.stack(columns, axis=1)
    weights[np.abs(weights) < NOTHING * np.max(np.abs(weights), initial=0.0)] = 0.0
    return weights, channels


def _lasting(period: int, rows: list[tuple[int, NDArray[np.float64]]]) -> WorstWords:
    """The signs of some weights, without what comes twice and without zeros in front."""
    signs: dict[tuple[int, bytes], NDArray[np.int8]] = {}
    for end, weights in rows:
        if weights.any():
            own = np.where(np.trim_zeros(weights, "fb") < 0, -1, 1).astype(np.int8)
            signs.setdefault((end, own.tobytes()), own)
    return WorstWords(period, tuple(signs.values()), tuple(end for end, _ in signs))


def worst_signs(worst: WorstWords, start: int) -> NDArray[np.int8]:
    """These signs and then the opposite ones, for a stream in which so many words have been played before.

    Where the weights repeat themselves only after some words, silence (0) stands in front of each so that it ends in its place.
    """
    found = [np.zeros(0, np.int8)]
    for signs, end in zip(worst.signs, worst.ends, strict=True):
        for own in (signs, -signs):
            silence = (end + 1 - start - len(own)) % worst.period
            found += [np.zeros(silence, np.int8), own]
            start += silence + len(own)
    return np.concatenate(found)


def full_scale(core: Core, signs: NDArray[np.int8]) -> Words:
    """The words at the ends of the range that have these signs; silence where there is none."""
    low, high = core.sink_format.minimum, core.sink_format.maximum
    return _as_array(core, [(0, high, low)[sign] for sign in signs.tolist()])


def special_words(core: Core, most: int) -> SpecialWords:
    """Extremes, a voice for cores that need one, and then the worst case, so many words at most."""
    extremes, voice = extreme_words(core), core.voice
    begun = [extremes] if voice is None else [extremes, voice]
    worst = full_scale(core, worst_signs(worst_words(core), sum(map(len, begun))))
    return SpecialWords(np.concatenate([*begun, worst]), len(extremes), 0 if voice is None else len(voice)).beginning(most)


def in_front(core: Core, special: Words, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Some words in front of others, with what comes beside them."""
    data = np.concatenate([special, np.asarray(fields["data"])])
    usual, whole = core.accompany(np.asarray(fields["data"])), core.accompany(data)
    if all(np.array_equal(words, usual[name]) for name, words in fields.items() if name != "data"):
        return {"data": data, **whole}
    beside = core.accompany(special)
    return {"data": data, **{name: np.concatenate([beside[name], words]) for name, words in fields.items() if name != "data"}}


def _as_array(core: Core, words: list[int]) -> Words:
    return np.array(words, dtype=np.int64 if core.sink_format.fits_int64 else object)
