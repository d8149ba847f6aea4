"""Pitch shifter: a delay in exact fractions, searches word by word, and values between samples (docs/cores/pitch_shifter.md)."""
"""The pitch detector: low-pass, frames, correlations, peaks, the first high one, frame by frame (docs/cores/pitch_detector.md)."""

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

from testbenches.fuzz.oracles.told import Numbers, Row, Rows, Told

DOUBLING = 10 * math.log10(2)


def low_samples(samples: Row, bits: int) -> Row:
    """Running sums of eight and of four samples, every fourth of them, in no more than 18 bits."""
    eights = [sum(samples[max(0, n - 7) : n + 1]) for n in range(len(samples))]
    sums = [sum(eights[max(0, n - 3) : n + 1]) for n in range(3, len(samples), 4)]
    dropped = max(0, bits + 5 - 18)
    return [(one + 2**dropped // 2) >> dropped for one in sums]


def correlation(part: Row, lag: int) -> int:
    """Normalised, in 15 bits of fraction, towards zero."""
    pairs = [(part[n], part[n + lag]) for n in range(len(part) - lag)]
    twice, energy = 2 * sum(a * b for a, b in pairs), sum(a * a + b * b for a, b in pairs)
    size = abs(twice) * 2**15 // energy if energy else 0
    return size if twice >= 0 else -size


def detected(told: Told, words: Mapping[str, Row], values: Mapping[str, Row]) -> Rows:
    """A word for each frame, as soon as the samples with which its lags are worked on are there."""
    rate, sink = told.description.get("sample_rate", 16000) / 4, Numbers.read(told.sink)
    frame, hop = round(told["frame"] / 1000 * rate), round(told["hop"] / 1000 * rate)
    shortest, longest = math.floor(rate / told["highest"]), math.ceil(rate / told["lowest"])
    bits = min(sink.bits + 5, 18)
    quiet = max(0, round(math.log2(frame * 4.0 ** (bits - 1)) + told["least_level"] / DOUBLING))
    samples, result = words["data"], []
    low = low_samples(samples, sink.bits)
    for due in range(longest + 2, len(samples), 4 * hop):
        end = due // (4 * hop) * hop
        part = [0] * max(0, frame - end) + low[max(0, end - frame) : end]
        rho = [correlation(part, lag) for lag in range(longest + 2)]
        peaks = []
        for lag in range(shortest, longest + 1):
            before, now, behind = rho[lag - 1 : lag + 2]
            if now > before and now >= behind and now > 0:
                lean = abs(behind - before)
                offset = (lean * 512 // (2 * (2 * now - before - behind)) + 1) // 2
                peaks.append((now + lean * offset // 1024, 256 * lag + (offset if behind > before else -offset)))
        highest = max((height for height, _ in peaks), default=0)
        share = values["share"][due] if "share" in values else round(told["share"] * 2**16)
        voicing = values["voicing"][due] if "voicing" in values else round(told["voicing"] * 2**15)
        voiced = peaks and highest >= voicing and sum(one * one for one in part) >= 2**quiet
        result.append(next((place for height, place in peaks if height * 2**16 >= highest * share), 0) if voiced else 0)
    return {"data": result}
