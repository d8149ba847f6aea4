"""The fast Fourier transform: halves of sums, split into even and odd samples down to single ones, every sum rounded once."""

from __future__ import annotations

import math
from collections.abc import Mapping

from testbenches.fuzz.oracles.told import Numbers, Row, Rows, Told, rounded, scaled

Complex = tuple[int, int]


def spectrum(samples: list[Complex], told: Told) -> list[Complex]:
    """Bin k and bin k + M of 2 M samples from bin k of the even ones and of the odd ones."""
    if len(samples) == 1:
        return samples
    even, odd = spectrum(samples[::2], told), spectrum(samples[1::2], told)
    places = told["twiddle_word_length"] - 2
    found: tuple[list[Complex], list[Complex]] = ([], [])
    for k, ((a, b), (c, d)) in enumerate(zip(even, odd, strict=True)):
        angle = 2 * math.pi * k / len(samples) * (1 if told["inverse"] else -1)
        cosine, sine = (round(wave(angle) * 2**places) for wave in (math.cos, math.sin))
        turned = c * cosine - d * sine, d * cosine + c * sine
        for sign, half in ((1, found[0]), (-1, found[1])):
            sums = (a * 2**places + sign * turned[0], b * 2**places + sign * turned[1])
            half.append((rounded(sums[0], places + 1, told["rounding"]), rounded(sums[1], places + 1, told["rounding"])))
    return found[0] + found[1]


def transformed(told: Told, words: Mapping[str, Row], values: Mapping[str, Row]) -> Rows:
    """Frame by frame; words between frames are dropped, a frame that ends early is filled up with zeros (docs/cores/fft.md)."""
    sink, source = (Numbers.read(text.removeprefix("complex_")) for text in (told.sink, told.source))
    points, guard = told["points"], told["guard_bits"]
    given: Rows = {"data": [], "startofpacket": [], "endofpacket": []}
    frame: list[Complex] = []
    for word, starts, ends in zip(words["data"], words["startofpacket"], words["endofpacket"], strict=True):
        if not frame and not starts:
            continue
        imag = word // 2**sink.bits
        real = (word + 2 ** (sink.bits - 1)) % 2**sink.bits - 2 ** (sink.bits - 1)
        frame.append((real * 2**guard, imag * 2**guard))
        if len(frame) < points and not ends:
            continue
        bins = spectrum(frame + [(0, 0)] * (points - len(frame)), told)
        if told["order"] == "bit_reversed":
            digits = points.bit_length() - 1
            bins = [bins[int(f"{n:0{digits}b}"[::-1], 2)] for n in range(points)]
        for place, parts in enumerate(bins):
            re, im = (source.word(scaled(one, sink.fraction + guard), told["rounding"], told["overflow"]) for one in parts)
            given["data"].append(im * 2**source.bits + re % 2**source.bits)
            given["startofpacket"].append(int(place == 0))
            given["endofpacket"].append(int(place == points - 1))
        frame = []
    return given
