"""The speech classifier: sums of each frame, their logarithms, the floor, the limits, hop by hop (docs/cores/speech_classifier.md)."""

from __future__ import annotations

import math
from collections.abc import Mapping

from testbenches.fuzz.oracles.reducer_words import logarithm
from testbenches.fuzz.oracles.told import Numbers, Row, Rows, Told

DOUBLING = 10 * math.log10(2)


def part(value: int, places: int, bits: int) -> int:
    """A logarithm as it stands in a word: its last places dropped, and all ones where there is more."""
    return min(value >> places, 2**bits - 1)


def limit(decibels: float) -> int:
    """A limit as its register holds it."""
    return min(2**16 - 1, round(decibels / DOUBLING * 1024))


def classified(told: Told, words: Mapping[str, Row], values: Mapping[str, Row]) -> Rows:
    """A word for each frame that has ended."""
    rate, sink = told.description.get("sample_rate", 16000), Numbers.read(told.sink)
    hop = round(told["hop"] / 1000 * rate)
    frame = hop * round(told["frame"] / told["hop"])
    largest = frame * 2 ** (2 * sink.bits - 2)
    lowest = max(0, min(round(math.log2(largest) + told["least_level"] / DOUBLING), largest.bit_length() - 1))
    rise = max(1, round(told["rise"] / DOUBLING * hop / rate * 4096))
    crossing_bits = frame.bit_length()
    samples, floor, result = words["data"], math.inf, []
    for end in range(hop, len(samples) + 1, hop):
        energy = correlation = crossings = 0
        for n in range(max(0, end - frame), end):
            now, before = samples[n], samples[n - 1] if n else 0
            energy += now * now
            correlation += now * before
            crossings += (now < 0) != (before < 0)
        level = logarithm(max(energy, 2**lowest))
        floor = min(floor + rise, level)
        above, tilt = level - int(floor), max(0, level - logarithm(max(correlation, 2**lowest)))
        silence, steepest = (values[name][end - 1] if name in values else limit(told[name]) for name in ("silence", "tilt"))
        kind = 0 if above < 4 * silence else 2 if tilt <= 4 * steepest else 1
        word, place = kind, 2
        for value, bits in ((crossings, crossing_bits), (part(tilt, 6, 8), 8), (part(above, 9, 8), 8), (level >> 9, 0)):
            word, place = word + (value << place), place + bits
        result.append(word)
    return {"data": result}
