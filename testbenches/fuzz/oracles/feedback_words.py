"""Feedback canceller: every weight in exact numbers, sample by sample (docs/cores/feedback_canceller.md)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction

from testbenches.fuzz.oracles.told import Numbers, Row, Rows, Told, rounded, scaled

HALF = Fraction(1, 2)
THIRTY_SECONDS = 32
LONGEST_FACTOR, MORE = 18, 6


def feedback_cancelled(told: Told, words: Mapping[str, Row], values: Mapping[str, Row]) -> Rows:
    """e[n] = d[n] - sum of w_k u[n - delay - k], behind a move of every weight by what sample n - 1 taught."""
    sink, source, weight = (Numbers.read(told[key]) for key in ("sink", "source", "weight"))
    heard, played = words["sink_0"], words["sink_1"]
    count, taps, delay, guard = min(len(heard), len(played)), told["taps"], told["delay"], told["guard_bits"]
    part = math.floor(Fraction(told["prefilter"]) * THIRTY_SECONDS + HALF)
    dropped = max(0, sink.bits + 6 - LONGEST_FACTOR)
    bits, more = sink.bits + 6 - dropped, min(MORE, weight.fraction - 1)
    kept, error_kind = Numbers(True, weight.bits + guard, 0), Numbers(True, bits + more, 0)
    steps, leaks, frozen = (values.get(key, [told.description.get(key, 0)] * count) for key in ("step", "leak", "freeze"))

    def word(n: int) -> int:
        return played[n] if n >= 0 else 0

    def whitened(n: int) -> int:
        return rounded(THIRTY_SECONDS * word(n) - part * word(n - 1), dropped, "nearest")

    weights, error, result = [0] * taps, 0, []
    for n in range(count):
        met = [whitened(n - 1 - delay - k) for k in range(taps)]
        power = sum(one * one for one in met) + regular_of(told, sink, bits, dropped)
        exponent = next(p for p in range(200) if 2**p >= power)
        if not frozen[n]:
            speed = Fraction(2) ** (weight.fraction + guard - more - exponent - steps[n])
            for k, one in enumerate(met):
                lost = math.floor(weights[k] * Fraction(2) ** (2 * leaks[n] - 22) + HALF) if leaks[n] else 0
                weights[k] = clamped(weights[k] - lost + math.floor(error * one * speed + HALF), kept)
        cut = [one >> guard for one in weights]
        total = heard[n] * 2**weight.fraction - sum(one * word(n - delay - k) for k, one in enumerate(cut))
        result.append(source.word(scaled(total, weight.fraction + sink.fraction), "nearest", "saturate"))
        before = Fraction(THIRTY_SECONDS * heard[n] - part * (heard[n - 1] if n else 0), 2**dropped)
        left = before - scaled(sum(one * whitened(n - delay - k) for k, one in enumerate(cut)), weight.fraction)
        error = clamped(math.floor(left * 2**more + HALF), error_kind)
    return {"data": result}


def regular_of(told: Told, sink: Numbers, bits: int, dropped: int) -> int:
    """What is added to a power: that of as many words as there are weights, at a level; a fact that may be off by rounding alone."""
    full_scale = Fraction(2) ** (sink.bits - 1 + 5 - dropped)
    told_here = told["taps"] * 10 ** (told["quiet"] / 10) * float(full_scale) ** 2
    found: int = told.facts["regular"]
    if abs(found - max(1.0, told_here)) > 1 + 1e-9 * told_here:
        raise ValueError(f"{found} is added to the power, and should be {told_here}")
    return found


def clamped(value: int, kind: Numbers) -> int:
    return max(kind.least, min(kind.greatest, value))
