"""Resampler: times in exact fractions, a low-pass on straight lines between its places, sums word by word (docs/cores/resampler.md)."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import ceil, floor, pi, sin, sqrt

from testbenches.fuzz.oracles.told import Numbers, Row, Rows, Told, nearest_word


def bessel(x: float) -> float:
    """The modified Bessel function of the first kind and order 0, by its series."""
    total, term, number = 1.0, 1.0, 1
    while term > 1e-17 * total:
        term *= (x / 2 / number) ** 2
        total += term
        number += 1
    return total


def kaiser_shape(attenuation: float) -> float:
    """Beta of Kaiser's window (1974)."""
    if attenuation > 50:
        return 0.1102 * (attenuation - 8.7)
    return 0.5842 * (attenuation - 21) ** 0.4 + 0.07886 * (attenuation - 21) if attenuation > 21 else 0.0


def checked_half(told: Told, phases: int, half: Row) -> None:
    """Words of the low-pass are within a bit of what the datasheet says."""
    coefficient = Numbers.read(told["coefficient"])
    cutoff, beta, ends = min(1.0, told["ratio"]), kaiser_shape(told["attenuation"]), 2 * len(half) - 1
    for number, word in enumerate(half):
        turned = pi * cutoff * (number + 0.5) / phases
        window = bessel(beta * sqrt(1 - ((2 * number + 1) / ends) ** 2)) / bessel(beta)
        value = cutoff * sin(turned) / turned * window
        assert abs(word - nearest_word(value, coefficient.bits, coefficient.fraction)) <= 1, (number, word, value)


def resampled(told: Told, words: Mapping[str, Row], values: Mapping[str, Row]) -> Rows:
    """A word for each time that comes before the end of the samples."""
    sink, source, coefficient = (Numbers.read(text) for text in (told.sink, told.source, told["coefficient"]))
    phases, weights, half = told.facts["phases"], 2 ** told.facts["weight_bits"], told.facts["half"]
    checked_half(told, phases, half)
    places, data, result = [*half[::-1], *half], words["data"], []
    parts = 2 ** told["step_bits"]
    usual = floor(parts / Fraction(told["ratio"]) + Fraction(1, 2))
    deviation = Fraction(told["deviation"])
    least, greatest = ceil(usual * (1 - deviation)), floor(usual * (1 + deviation))
    # Steps are told from two below the least one on.
    steps, time = [least - 2 + step for step in values["step"]] if "step" in values else [usual] * len(data), Fraction(0)
    while time < len(data):
        newest = floor(time)
        place = (time - newest) * phases
        phase = floor(place)
        weight = Fraction(floor((place - phase) * weights), weights)
        total = Fraction(0)
        for age in range(min(newest + 1, len(places) // phases)):
            before, behind = (places[min(age * phases + one, len(places) - 1)] for one in (phase, phase + 1))
            total += data[newest - age] * (before + weight * (behind - before))
        exact = total / Fraction(2) ** (sink.fraction + coefficient.fraction)
        result.append(source.word(exact, told["rounding"], "saturate"))
        time += Fraction(min(max(steps[newest], least), greatest), parts)
    return {"data": result}
