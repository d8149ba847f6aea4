"""PSOLA: marks at peaks, grains of two periods at other distances, in exact fractions (docs/cores/psola.md)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import NamedTuple

from testbenches.fuzz.oracles.pitch_words import detected
from testbenches.fuzz.oracles.told import Numbers, Row, Rows, Told


class Mark(NamedTuple):
    """Where it is, when the next one is known, where that is, and whether that is a voice's."""

    place: int
    due: int
    behind: int
    voiced: bool


def marks_of(samples: Row, periods: Row, lag: int, usual: int) -> list[Mark]:
    """One after the other, as the search for them comes along."""
    found, mark, low, high, voiced, since = [], 0, usual, usual, False, 0
    for n in range(lag, len(samples)):
        place = n - lag
        if place < max(mark + high, since):
            continue
        window = range(max(mark + low, since), place + 1)
        best = max(window, key=lambda at: (samples[at], -at))
        found.append(Mark(mark, n, best, voiced))
        mark, since = best, place + 1
        whole, margin, began = periods[n] // 64, 13 * periods[n] // 4096, not voiced
        voiced = periods[n] > 0
        low, high = (whole - margin * (2 if began else 1), whole + margin) if voiced else (usual, usual)
    return found


def window_row(phase: int) -> int:
    """Of 512 rows of a rising half of a Hann window, in 15 bits, that of a place in 22 bits."""
    return math.floor(2**15 * math.sin(math.pi / 2 * (phase // 8192 + 0.5) / 512) ** 2 + 0.5)


def grains_laid(told: Told, words: Mapping[str, Row], values: Mapping[str, Row]) -> Rows:
    """One word after another."""
    source, samples = Numbers.read(told.source), words["data"]
    rate = told.description.get("sample_rate", 16000)
    decimated = rate / 4
    frame, hop = round(told["frame"] / 1000 * decimated), round(told["hop"] / 1000 * decimated)
    longest_lag = math.ceil(decimated / told["lowest"])
    usual = round(told["unvoiced"] / 1000 * rate)
    # What the detector has told up to each sample, that of the sample included.
    told_periods = detected(told, words, {name: row for name, row in values.items() if name != "spacing"})["data"]
    periods = [([0, *told_periods])[max(0, (n - longest_lag - 2) // (4 * hop) + 1)] for n in range(len(samples))]
    lag = 3 * 4 * frame // 8
    most = 256 * longest_lag + 128
    longest = max(usual, most // 64 + 13 * most // 4096)
    delay = lag + (3 * longest + 1) // 2 + 2
    marks = marks_of(samples, periods, lag, usual)
    pace = Fraction(round(256 / told["duration"]), 256)
    spacings = values.get("spacing", [round(16384 / told["ratio"])] * len(samples))
    result: Row = []
    number, head, end, part, got = 0, 0, 0, Fraction(0), Fraction(0)
    early = late = distance = half = 0
    for n in range(len(samples)):
        while number * pace < n + 1:
            if n < delay:
                result.append(0)
                number, end = number + 1, number + 1
                continue
            if number == end:
                mark = marks[head]
                spacing = Fraction(min(max(spacings[n], 8192), 24576), 16384) if mark.voiced else Fraction(1)
                exact = (mark.behind - mark.place) * spacing + part
                distance = math.floor(exact)
                part, half = exact - distance, min(distance, mark.behind - mark.place)
                got, early, end = got + distance * pace, mark.place, number + distance
                while head < len(marks) and marks[head].due <= n and 2 * got >= marks[head].place + marks[head].behind:
                    head += 1
                late = marks[head].place if head < len(marks) else marks[-1].behind
            since, total, step = number - (end - distance), 0, 2**22 // half
            if since < half:
                total += samples[early + since] * (2**15 - window_row(since * step))
            rest = since - (distance - half)
            if rest >= 0 and late + since - distance >= 0:
                total += samples[late + since - distance] * window_row(rest * step)
            result.append(source.word(Fraction(total, 2**15) / Fraction(2) ** source.fraction, told["rounding"], "saturate"))
            number += 1
    return {"data": result}
