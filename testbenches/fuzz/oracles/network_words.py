"""Network: frame by frame and channel by channel in exact fractions (docs/cores/conv_network.md)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from testbenches.fuzz.oracles.told import Numbers, Row, Rows, Told, nearest_word

HALF = Fraction(1, 2)
Frame = list[Fraction]


def enhanced(told: Told, words: Mapping[str, Row], values: Mapping[str, Row]) -> Rows:
    """A hop of samples for each that enters, a hop late."""
    sink, source, net = Numbers.read(told.sink), Numbers.read(told.source), told["weights"]
    bits, hop, data = told["activation_word_length"], len(net["encoder"][0]) // 2, words["data"]
    steps = layers_of(net, told)
    window, past, result = [Fraction(0)] * (2 * hop), [[] for _ in steps], []  # type: ignore[var-annotated]
    newer = [Fraction(0)] * hop
    for first in range(0, len(data) - hop + 1, hop):
        window = window[hop:] + [Fraction(word) / 2**sink.fraction for word in data[first : first + hop]]
        given = line = features = window
        for number, (kind, rows, offsets, slope, point, dilation) in enumerate(steps):
            if kind == "apply":
                given = [narrowed(mask_of(one, bits, net) * e, 1, point, bits) for one, e in zip(given, features, strict=True)]
                continue
            if kind == "depthwise":
                past[number].append(given)
                there = [past[number][-1 - late] if len(past[number]) > late else [Fraction(0)] * len(given) for late in late_by(dilation)]
                sums = [
                    sum(w * x for w, x in zip(row, taps, strict=True)) for row, taps in zip(rows, zip(*there, strict=True), strict=True)
                ]
            else:
                sums = [sum((w * x for w, x in zip(row, given, strict=True)), Fraction(0)) for row in rows]
            kept = [floored(one, point + 2) + offset for one, offset in zip(sums, offsets, strict=True)]
            if kind == "transposed":
                older = [bounded(one + late, source.bits, point) for one, late in zip(kept[:hop], newer, strict=True)]
                newer = [bounded(one, source.bits, point) for one in kept[hop:]]
                result += [math.floor(one * 2**point + HALF) for one in older]
                break
            if kind == "residual":
                kept = [one + old for one, old in zip(kept, line, strict=True)]
            given = [narrowed(one, slope, point, bits) for one in kept]
            if number == 0:
                features = given
            elif number == 1 or kind == "residual":
                line = given
    return {"data": result}


def product(row: Sequence[Fraction], values: Sequence[Fraction]) -> Fraction:
    return sum((w * x for w, x in zip(row, values, strict=True)), Fraction(0))


def late_by(dilation: int) -> tuple[int, int, int]:
    return 2 * dilation, dilation, 0


def floored(value: Fraction, point: int) -> Fraction:
    """Bits behind a point dropped."""
    return Fraction(math.floor(value * Fraction(2) ** point)) / Fraction(2) ** point


def bounded(value: Fraction, bits: int, point: int) -> Fraction:
    """The nearest value that a word holds."""
    step, half = Fraction(2) ** -point, 2 ** (bits - 1)
    return min(max(value, -half * step), (half - 1) * step)


def narrowed(value: Fraction, slope: Fraction | int, point: int, bits: int) -> Fraction:
    """A sum in range, times its slope where it is negative, rounded half up."""
    within = bounded(value, bits, point)
    return Fraction(math.floor((within * slope if within < 0 else within) * Fraction(2) ** point + HALF)) / Fraction(2) ** point


def mask_of(logit: Fraction, bits: int, net: Mapping[str, Any]) -> Fraction:
    """The mask in the middle of the step of 1/16 in which a logit lies."""
    middle = (math.floor(logit * 16) + 0.5) / 16
    floor = net["mask_floor"]
    return Fraction(math.floor((floor + (1 - floor) / (1 + math.exp(-middle))) * 512 + 0.5), 512)


def layers_of(net: Mapping[str, Any], told: Told) -> list[Any]:
    """Kind, rows of weights, offsets, slope, fraction length and dilation of each layer: rounded here, with the points that are told."""
    found = [("first", net["encoder"], [0] * len(net["encoder"]), 0.0, 0)]
    blocks = len(net["dilations"])
    found.append(("pointwise", net["bottleneck_weight"], net["bottleneck_bias"], 1.0 if blocks else net["mask_slope"], 0))
    for k, dilation in enumerate(net["dilations"]):
        found += [
            ("pointwise", net["expand_weight"][k], net["expand_bias"][k], net["expand_slope"][k], 0),
            ("depthwise", net["depthwise_weight"][k], net["depthwise_bias"][k], net["depthwise_slope"][k], dilation),
            ("residual", net["project_weight"][k], net["project_bias"][k], net["mask_slope"] if k == blocks - 1 else 1.0, 0),
        ]
    decoder = [list(column) for column in zip(*net["decoder"], strict=True)]
    found += [("mask", net["mask_weight"], net["mask_bias"], 1.0, 0), ("apply", [], [], 1.0, 0)]
    found.append(("transposed", decoder, [0] * len(decoder), 1.0, 0))
    return [made(layer, fact, told) for layer, fact in zip(found, told.facts["layers"], strict=True)]


def made(layer: Any, fact: Mapping[str, Any], told: Told) -> Any:
    """A layer's numbers as words hold them; the most bits of fraction that fit are taken, or fewer."""
    kind, rows, offsets, slope, dilation = layer
    bits, point = told["weight_word_length"], fact["leaving"]
    quantised = []
    for row, fraction in zip(rows, fact["points"], strict=False):
        largest = 2 ** (bits - 1) - 1
        assert all(abs(weight) * Fraction(2) ** fraction <= largest + HALF for weight in map(Fraction, row)), f"{kind}: a weight is clipped"
        quantised.append([Fraction(nearest_word(weight, bits, fraction)) / Fraction(2) ** fraction for weight in row])
    size = told["activation_word_length"] + 2
    kept = [Fraction(nearest_word(offset, size, point + 2)) / Fraction(2) ** (point + 2) for offset in offsets]
    return kind, quantised, kept, Fraction(math.floor(Fraction(slope) * 512 + HALF), 512), point, dilation
