"""Bit-true network: layers of integer products, each sum rounded once to a word of few bits, and frames that overlap.

A row of weights has a power of two of its own, by which its sums are shifted down; an offset is added behind that, with `GUARD` bits more
than the words have. Negative sums are multiplied by a slope, and what comes of it is rounded, half up. A mask is looked up in a table.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fixed_point.number_format import Format, Overflow, Rounding
from fixed_point.quantization import Words, as_words, requantize

Array = NDArray[np.float64]

GUARD = 2
"""Bits that a sum keeps behind the last bit of a word, for the offset, the slope and the overlap."""

FACTOR = Format(True, 11, 9)
"""Of a slope and of a mask."""

ONE = 1 << FACTOR.fraction_length

TABLE = 256
"""Rows of the table of masks."""

LOGIT_REACH = 3
"""Two to this is the logit at which the table ends."""

MOST_SHIFT = 15
"""Places by which a sum is shifted down, at most."""

HEADROOM = 8
"""Steps that the largest sum on the calibration samples stays away from the end of its words' range."""

LANES = ("depthwise", "apply")
"""Kinds of layers in which every channel has inputs of its own."""


@dataclass(frozen=True, eq=False)
class Layer:
    """A layer in numbers.

    Attributes
    ----------
    kind : {"first", "pointwise", "depthwise", "residual", "mask", "apply", "transposed"}
        Where its inputs come from, and what becomes of its sums; ``apply`` multiplies features by masks and has no weights.
    weight : ndarray of float64, shape (outputs, inputs)
    bias : ndarray of float64, shape (outputs,)
    slope : float
        Of negative sums.
    peak : float
        Largest magnitude of a sum that has to be held.
    dilation : int
        Frames between the taps of a depthwise layer.
    """

    kind: str
    weight: Array
    bias: Array
    slope: float
    peak: float
    dilation: int = 0


@dataclass(frozen=True, eq=False)
class WordLayer:
    """A layer in words.

    Attributes
    ----------
    kind, dilation
        As in `Layer`.
    weights : ndarray of int64, shape (outputs, inputs)
    points : ndarray of int64, shape (outputs,)
        Fraction length of each row of them.
    shifts : ndarray of int64, shape (outputs,)
        By how many places a sum, moved up by the network's lift, is shifted down.
    offsets : ndarray of int64, shape (outputs,)
        What is then added.
    slope : int
        Of format `FACTOR`.
    entering, leaving : int
        Fraction lengths of the words that enter and leave.
    """

    kind: str
    weights: NDArray[np.int64]
    points: NDArray[np.int64]
    shifts: NDArray[np.int64]
    offsets: NDArray[np.int64]
    slope: int
    entering: int
    leaving: int
    dilation: int = 0


@dataclass(frozen=True, eq=False)
class NetworkWords:
    """A network in words.

    Attributes
    ----------
    sink, source : Format
    activation_bits : int
        Of the words between layers.
    weight_bits : int
    hop : int
        Samples from a frame to the next; a frame sees two hops.
    layers : tuple of WordLayer
        In the order in which they are computed.
    masks : tuple of int
        Table of masks, of format `FACTOR`, by the upper eight bits of a logit.
    lift : int
        Places by which every sum is moved up before it is shifted down.
    """

    sink: Format
    source: Format
    activation_bits: int
    weight_bits: int
    hop: int
    layers: tuple[WordLayer, ...]
    masks: tuple[int, ...]
    lift: int

    @property
    def memory(self) -> int:
        """Frames before a frame that it depends on, the overlap included."""
        return 2 * sum(layer.dilation for layer in self.layers) + 1

    @property
    def word(self) -> Format:
        """Of an activation, its binary point left out."""
        return Format(True, self.activation_bits, 0)

    def entering(self, layer: WordLayer) -> Format:
        """Words that a layer multiplies."""
        return self.sink if layer.kind == "first" else self.word


def mask_table(floor: float) -> tuple[int, ...]:
    """Masks floor + (1 - floor) sigmoid(x), x in the middle of each of `TABLE` steps from -2**`LOGIT_REACH` to 2**`LOGIT_REACH`.

    Examples
    --------
    >>> table = mask_table(0.5)
    >>> table[0], table[128], table[255]
    (256, 386, 512)
    """
    steps = (np.arange(TABLE) - TABLE // 2 + 0.5) / (TABLE // 2) * 2**LOGIT_REACH
    values = floor + (1 - floor) * (0.5 + 0.5 * np.tanh(steps / 2))
    return tuple(int(word) for word in np.floor(values * ONE + 0.5))


def fraction_for(peak: float, bits: int, headroom: int = 0) -> int:
    """The most bits of fraction with which a signed word of so many bits holds a magnitude, so many steps from its end.

    Examples
    --------
    >>> fraction_for(0.9, 8), fraction_for(1.0, 8), fraction_for(100.0, 8), fraction_for(0.98, 8, 8)
    (7, 6, 0, 6)
    """
    most = (1 << bits - 1) - 1 - headroom
    if not peak > 0:
        return bits - 1
    fraction = math.floor(math.log2(most / peak))
    return fraction - (round(peak * 2.0**fraction) > most)


def row_points(weight: Array, bits: int) -> NDArray[np.int64]:
    """The most bits of fraction that each row of weights may have; a row of zeros has the least of all."""
    largest = np.abs(weight).max(axis=1, initial=0.0)
    found = [fraction_for(float(one), bits) for one in largest if one]
    least = min(found, default=0)
    return np.array([fraction_for(float(one), bits) if one else least for one in largest], np.int64)


def words_of(
    layers: Sequence[Layer], sink: Format, source: Format, weight_bits: int, activation_bits: int, hop: int, mask_floor: float
) -> NetworkWords:
    """Quantise a network: each row of weights and each layer's words with as many bits of fraction as their ranges leave.

    What the residual layers add to has one binary point in all of them.

    Parameters
    ----------
    layers : sequence of Layer
        In the order in which they are computed.
    sink, source : Format
    weight_bits, activation_bits : int
    hop : int
    mask_floor : float
    """
    line = [layer for place, layer in enumerate(layers) if place == 1 or layer.kind == "residual"]
    line_peak = max(_held(layer) for layer in line)
    point, features, planned = sink.fraction_length, 0, []
    for place, layer in enumerate(layers):
        weight = layer.weight
        if layer.kind == "apply":
            points = np.full(len(weight), FACTOR.fraction_length, np.int64)
            leaving, point = features, features
        else:
            points = row_points(weight, weight_bits)
            if layer.kind == "mask":
                leaving = activation_bits - 1 - LOGIT_REACH
            elif layer.kind == "transposed":
                leaving = source.fraction_length
            else:
                leaving = fraction_for(line_peak if layer in line else _held(layer), activation_bits, HEADROOM)
            if place == 0:
                features = leaving
        planned.append((layer, points, point, leaving))
        if layer.kind != "apply":
            point = leaving
    drops = [points + entering - leaving - GUARD for _, points, entering, leaving in planned]
    lift = max(0, -min(int(one.min()) for one in drops))
    made = []
    for (layer, points, entering, leaving), drop in zip(planned, drops, strict=True):
        shifts = np.minimum(drop + lift, MOST_SHIFT)
        points = points - (drop + lift - shifts)
        weights = np.floor(layer.weight * 2.0 ** points[:, np.newaxis] + 0.5).astype(np.int64)
        most = (1 << weight_bits - 1) - 1
        if layer.kind == "apply":
            weights, shifts = np.zeros_like(weights), np.broadcast_to(drop + lift, shifts.shape)
        offsets = np.floor(layer.bias * 2.0 ** (leaving + GUARD) + 0.5)
        ends = (1 << activation_bits + GUARD - 1) - 1
        made.append(
            WordLayer(
                layer.kind, np.clip(weights, -most - 1, most), points, shifts.astype(np.int64),
                np.clip(offsets, -ends - 1, ends).astype(np.int64), math.floor(layer.slope * ONE + 0.5), entering, leaving, layer.dilation,
            )
        )  # fmt: skip
    return NetworkWords(sink, source, activation_bits, weight_bits, hop, tuple(made), mask_table(mask_floor), lift)


def _held(layer: Layer) -> float:
    return max(layer.peak, float(np.abs(layer.bias).max(initial=0.0)))


CHUNK = 2048
"""Frames that are computed at once."""


def conv_network(words: ArrayLike, network: NetworkWords) -> Words:
    """What a network makes of samples: a hop for every whole hop, one hop late.

    Parameters
    ----------
    words : array_like of int, shape (n,)
    network : NetworkWords

    Returns
    -------
    ndarray of int64, shape (n // hop * hop,)
        Word k belongs to the sample k - hop.
    """
    hop, memory = network.hop, network.memory
    samples = as_words(words)
    frames = len(samples) // hop
    samples = np.concatenate([np.zeros(hop, np.int64), samples[: frames * hop]])
    found = [np.zeros(0, np.int64)]
    for first in range(0, frames, CHUNK):
        # What is older than the network's memory makes no difference.
        begin, end = max(0, first - memory), min(frames, first + CHUNK)
        given = _frames(samples[begin * hop : (end + 1) * hop], network)
        found.append(given[first - begin :].reshape(-1))
    return np.concatenate(found)


def _frames(samples: NDArray[np.int64], network: NetworkWords) -> NDArray[np.int64]:
    """Hops that leave, a row each, from samples with a hop in front."""
    hop = network.hop
    windows = np.lib.stride_tricks.sliding_window_view(samples, 2 * hop)[::hop]
    entering: NDArray[np.int64] = windows
    features = line = logits = entering
    for place, layer in enumerate(network.layers):
        if layer.kind == "apply":
            index = (logits >> network.activation_bits - 8) + TABLE // 2
            sums = features * np.array(network.masks, np.int64)[index]
        elif layer.kind == "depthwise":
            sums = sum(
                weight * _late(entering, delay)
                for weight, delay in zip(layer.weights.T, (2 * layer.dilation, layer.dilation, 0), strict=True)
            )
        else:
            sums = _products(entering, layer.weights)
        total = (sums << network.lift >> layer.shifts) + layer.offsets
        if layer.kind == "transposed":
            return _overlapped(total, network)
        if layer.kind == "residual":
            total += line << GUARD
        entering = _activated(total, layer.slope, network.activation_bits)
        if place == 0:
            features = entering
        elif place == 1 or layer.kind == "residual":
            line = entering
        elif layer.kind == "mask":
            logits = entering
    raise ValueError("a network must end with a transposed layer")


def _products(entering: NDArray[np.int64], weights: NDArray[np.int64]) -> NDArray[np.int64]:
    """Sums of products. They stay below 2**53, so that floating point gives them exactly, and fast."""
    found: NDArray[np.int64] = (entering.astype(np.float64) @ weights.T.astype(np.float64)).astype(np.int64)
    return found


def _late(rows: NDArray[np.int64], frames: int) -> NDArray[np.int64]:
    return np.concatenate([np.zeros((min(frames, len(rows)), rows.shape[1]), np.int64), rows[: max(0, len(rows) - frames)]])


def _activated(total: NDArray[np.int64], slope: int, bits: int) -> NDArray[np.int64]:
    """Words of so many bits: within their range, negative ones times the slope, rounded half up."""
    half = 1 << bits - 1
    within = np.clip(total, -half << GUARD, half - 1 << GUARD)
    return (np.where(within < 0, slope, ONE) * within + (1 << FACTOR.fraction_length + GUARD - 1)) >> FACTOR.fraction_length + GUARD


def _overlapped(total: NDArray[np.int64], network: NetworkWords) -> NDArray[np.int64]:
    """The older half of each window, to which the newer half of the window before is added."""
    hop, source = network.hop, network.source
    low, high = source.minimum << GUARD, source.maximum << GUARD
    newer = np.clip(total[:, hop:], low, high)
    older = total[:, :hop] + _late(newer, 1)
    return requantize(np.clip(older, low, high), source.fraction_length + GUARD, source, Rounding.NEAREST, Overflow.SATURATE)


def outline(count: int, hop: int) -> Words:
    """As many words as the model gives for so many samples."""
    return np.zeros(count // hop * hop, np.int64)


def exact_bits(network: NetworkWords, layer: WordLayer) -> tuple[int, int]:
    """Bits of a layer's sums of products, and of the largest magnitude of what comes of them with everything that is added."""
    largest = -network.entering(layer).minimum
    if layer.kind == "apply":
        sums = largest * ONE
    else:
        sums = int(np.abs(layer.weights).sum(axis=1).max(initial=0)) * largest
    total = 0
    rows = zip(layer.shifts.tolist(), layer.offsets.tolist(), strict=True)
    beside = -(network.source if layer.kind == "transposed" else network.word).minimum << GUARD
    for shift, offset in rows:
        total = max(total, (sums << network.lift >> shift) + 1 + abs(offset) + beside)
    return sums.bit_length() + 1, total.bit_length() + 1
