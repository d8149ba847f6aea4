"""Pitch shifter: a delay in exact fractions, searches word by word, and values between samples (docs/cores/pitch_shifter.md)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction

from testbenches.fuzz.oracles.told import Numbers, Row, Rows, Told

ONE = 2**15


def repitched(told: Told, words: Mapping[str, Row], values: Mapping[str, Row]) -> Rows:
    """What is read at a delay that goes on by one less the ratio, and jumps where the samples are alike."""
    sink, source, data = Numbers.read(told.sink), Numbers.read(told.source), words["data"]
    shortest, longest, match, fade, search = (told[key] for key in ("shortest", "longest", "match", "fade", "search"))
    near, far = search + fade + 2, longest + 1
    farthest = max(far, near + longest) + 2 * (search + fade)
    guard = min(max(0, source.fraction - sink.fraction) + 1, 15)
    step = math.floor(Fraction(2**21, fade) + Fraction(1, 2))
    usual = math.floor(Fraction(told["ratio"]) * ONE + Fraction(1, 2))
    delay, jump, base, since, steps, result = Fraction(near), 0, 0, None, None, []

    def x(n: int) -> int:
        return data[n] if n >= 0 else 0

    def between(n: int, part: Fraction) -> int:
        """What is below the last of some bits is dropped."""
        return math.floor(2**guard * (x(n) + part * (x(n - 1) - x(n))))

    def unlike(lag: int, way: int) -> int:
        return sum(abs(x(base - k) - x(base - k - way * lag)) for k in range(match))

    way = 1
    for n, word in enumerate(values.get("ratio", [usual] * len(data))):
        ratio = Fraction(word, ONE)
        moved = Fraction(math.floor(delay)) if ratio == 1 else delay + 1 - ratio
        if (-jump if steps is not None and jump < 0 else 0) <= moved <= farthest:
            delay = moved
        if steps is not None:
            steps += 1
            if steps == fade:
                delay, steps = delay + jump, None
        elif since is not None:
            since += 1
            if since == search:
                since = None
                lag = min(range(shortest, longest + 1), key=lambda one: (unlike(one, way), one))
                if way > 0 or math.floor(delay) >= lag:
                    jump, steps = way * lag, 1
        elif (ratio > 1 and delay < near) or (ratio < 1 and delay > far):
            since, base, way = 0, n - math.floor(delay), 1 if ratio > 1 else -1
        place, part = n - math.floor(delay), delay - math.floor(delay)
        total = Fraction(between(place, part))
        if steps is not None:
            total += Fraction(steps * step // 64, ONE) * (between(place - jump, part) - between(place, part))
        result.append(source.word(total / Fraction(2) ** (sink.fraction + guard), "nearest", "saturate"))
    return {"data": result}
