"""Segments: slices of a signal under windows that scipy knows, and queues into which they are added again."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

import numpy as np
from scipy.signal import get_window

from testbenches.fuzz.oracles.told import Numbers, Row, Rows, Told, scaled


def exact_weights(window: str, length: int, hop: int) -> list[float]:
    """A periodic window that adds up to one a hop apart; for sqrt_hann its squares do."""
    if window == "sqrt_hann":
        weights = np.sqrt(np.maximum(get_window("hann", length), 0))
        return list(weights / np.sqrt((weights**2).sum() / hop))
    weights = get_window(window, length)
    return list(weights / (weights.sum() / hop))


def checked_weights(told: Told) -> tuple[Row, int]:
    """The words of a window, of which the datasheet leaves to whoever makes them which of equal losses is rounded up.

    None is off by one unit or more, those that meet in a sample add up to exactly one, and the fraction length is not shorter than
    four units of headroom ask for.
    """
    words, fraction, hop = told.facts["window_words"], told.facts["window_fraction"], told["hop"]
    bits, once = told["window_word_length"], told["window"] != "sqrt_hann"
    exact = exact_weights(told["window"], told["segment_length"], hop)
    most = 1.0 if once else 0.5
    for word, weight in zip(words, exact, strict=True):
        assert abs(word - weight * 2.0**fraction) < most + 1e-6, f"weight {word} / 2^{fraction} is {weight}"
        assert -(2 ** (bits - 1)) <= word < 2 ** (bits - 1), f"weight {word} has more than {bits} bits"
    if once:
        for first in range(hop):
            assert sum(words[first::hop]) == 2**fraction, f"weights from {first} on, {hop} apart, add up to no one"
    assert max(words) >= 2 ** (bits - 3), "the window's words leave bits unused"
    return list(words), fraction


def cut_up(told: Told, words: Mapping[str, Row], values: Mapping[str, Row]) -> Rows:
    """Segment m holds the samples up to x[m hop + hop - 1], weighted, and zeros; its first new one begins it (docs/cores/segmenter.md)."""
    length, hop, padding = told["segment_length"], told["hop"], told["padding"]
    weights, fraction = ([1] * length, 0) if told["window"] == "none" else checked_weights(told)
    sink, source = Numbers.read(told.sink), Numbers.read(told.source)
    samples = np.array([0] * (length - hop) + words["data"], dtype=object)
    given: Rows = {"data": [], "startofpacket": [], "endofpacket": []}
    for start in range(0, len(words["data"]), hop):
        whole = start + hop <= len(words["data"])
        part = samples[start : start + length]
        places = sink.fraction + fraction
        products = [int(word) * weight for word, weight in zip(part, weights, strict=False)]
        row = [source.word(scaled(product, places), told["rounding"], told["overflow"]) for product in products]
        row += [0] * padding * whole
        given["data"] += row
        given["startofpacket"] += [int(n == 0) for n in range(len(row))]
        given["endofpacket"] += [int(n == length + padding - 1) for n in range(len(row))]
    return given


def added_up(told: Told, words: Mapping[str, Row], values: Mapping[str, Row]) -> Rows:
    """Word n of segment m is added to sample m hop + n; what no later segment changes leaves (docs/cores/overlap_add.md).

    A segment begins with the first word that is marked as a start and follows the end of the one before; an end that comes too early fills
    it up with zeros.
    """
    whole, hop = told["segment_length"] + told["padding"], told["hop"]
    weights, fraction = [1] * whole, 0
    if told["window"] == "sqrt_hann":
        window, fraction = checked_weights(told)
        weights = [0] * told["offset"] + window + [0] * (told["padding"] - told["offset"])
    sink, source = Numbers.read(told.sink), Numbers.read(told.source)
    sums: deque[int] = deque([0] * whole)
    totals: Row = []
    place = whole  # behind the end of a segment
    for word, starts, ends in zip(words["data"], words["startofpacket"], words["endofpacket"], strict=True):
        if place == whole:
            if not starts:
                continue
            place = 0
        sums[place] += word * weights[place]
        if place < hop:
            totals.append(sums[place])
        place += 1
        if ends:
            totals += [sums[later] for later in range(place, hop)]
            place = whole
        if place == whole:
            sums.rotate(-hop)
            for late in range(whole - hop, whole):
                sums[late] = 0
    places = sink.fraction + fraction
    return {"data": [source.word(scaled(total, places), told["rounding"], told["overflow"]) for total in totals]}
