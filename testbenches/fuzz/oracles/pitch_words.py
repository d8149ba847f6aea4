"""The pitch detector: low-pass, frames, correlations, peaks, the first high one, frame by frame (docs/cores/pitch_detector.md)."""

from __future__ import annotations

import math
from collections.abc import Mapping

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
