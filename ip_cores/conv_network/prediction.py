"""What the word lengths of a network cost: its layers in float64, with every weight and every word off by part of its last bit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fixed_point.conv_network import FACTOR, GUARD, LOGIT_REACH, TABLE, Layer, NetworkWords
from reference.conv_network import Array, delayed, overlapped, prelu, sigmoid

DRAWS = 3
"""Sets of errors that are tried; the worst of them counts."""

NEAR = 4
"""Steps from the ends of a word's range in which a sum counts as saturated: errors may take it there."""


class FloatRun(NamedTuple):
    """What layers make of a signal.

    Attributes
    ----------
    words : ndarray of float64, shape (T hop,)
        As they leave.
    saturated : ndarray of bool, shape (T,)
        Frames in which a sum leaves the range of its words.
    clipped : ndarray of bool, shape (T hop,)
        Words of which a part from the window before was out of range, whatever they are themselves.
    """

    words: Array
    saturated: NDArray[np.bool_]
    clipped: NDArray[np.bool_]


def run_in_floats(
    x: Array, layers: Sequence[Layer], words: NetworkWords, mask_floor: float, random: np.random.Generator | None = None
) -> FloatRun:
    """The layers of a network in float64.

    Parameters
    ----------
    x : ndarray of float64, shape (n,)
    layers : sequence of Layer
    words : NetworkWords
        Formats of everything.
    mask_floor : float
    random : Generator, optional
        Draws errors: half a last bit of weights and offsets, up to half of one of words that are handed on and of masks. None without one.
    """
    hop = words.hop
    frames = len(x) // hop
    padded = np.concatenate([np.zeros(hop), x[: frames * hop]])
    entering = np.lib.stride_tricks.sliding_window_view(padded, 2 * hop)[::hop][:frames] if frames else np.zeros((0, 2 * hop))
    features = line = logits = entering
    saturated = np.zeros(frames, np.bool_)

    def off(values: Array, last_bit: float | Array) -> Array:
        """Words: anything up to half a bit."""
        return values if random is None else values + random.uniform(-0.5, 0.5, values.shape) * last_bit

    def off_for_long(values: Array, last_bit: float) -> Array:
        """Masks: half a bit, one way or the other, which may stay so for as long as they do not change."""
        return values if random is None else values + random.choice([-0.5, 0.5], values.shape[1]) * last_bit

    def off_by_half(values: Array, last_bit: float | Array) -> Array:
        """Coefficients: half a bit, one way or the other; what is zero stays so."""
        return values if random is None else values + random.choice([-0.5, 0.5], values.shape) * np.where(values != 0, last_bit, 0.0)

    for place, (layer, word) in enumerate(zip(layers, words.layers, strict=True)):
        if layer.kind == "apply":
            masks = mask_floor + (1 - mask_floor) * sigmoid(off_for_long(logits, 2.0**LOGIT_REACH / (TABLE // 2)))
            entering = off(off_for_long(masks, FACTOR.resolution) * features, np.where(features > 0, 2.0**-word.leaving, 0.0))
            continue
        rows = 2.0 ** -word.points.astype(np.float64)[:, np.newaxis]
        weight = off_by_half(layer.weight, rows)
        if layer.kind == "depthwise":
            sums = sum(tap * delayed(entering, late * layer.dilation) for tap, late in zip(weight.T, (2, 1, 0), strict=True))
        else:
            sums = entering @ weight.T
        if layer.kind == "transposed":
            clipped = np.zeros((frames, hop), np.bool_)
            clipped[1:] = np.abs(sums[:-1, hop:]) > words.source.range[1] - NEAR * words.source.resolution
            return FloatRun(overlapped(off(sums, 2.0 ** -(word.leaving + GUARD)), hop), saturated, clipped.reshape(-1))
        bias = off_by_half(layer.bias, 2.0 ** -(word.leaving + GUARD))
        sums = sums + bias + (line if layer.kind == "residual" else 0.0)
        if layer.kind == "mask":
            reach = 2.0**LOGIT_REACH
            logits = sums if random is None else np.clip(sums, -reach, reach)
            continue
        most = (2.0 ** (words.activation_bits - 1) - NEAR) * 2.0**-word.leaving
        saturated |= np.any((np.abs(sums) if layer.slope else sums) > most, axis=1)
        given = prelu(sums, layer.slope)
        entering = off(given, np.where(given != 0, 2.0**-word.leaving, 0.0))
        if place == 0:
            features = entering
        elif place == 1 or layer.kind == "residual":
            line = entering
    raise ValueError("a network must end with a transposed layer")


def within_reach(frames: NDArray[np.bool_], memory: int) -> NDArray[np.bool_]:
    """Which frames depend on any of some, each of which reaches so many frames on."""
    since = np.arange(len(frames)) - np.maximum.accumulate(np.where(frames, np.arange(len(frames)), -memory - 1))
    return np.asarray(since <= memory)


def drawn_error(x: Array, layers: Sequence[Layer], words: NetworkWords, mask_floor: float, judged: NDArray[np.bool_]) -> float:
    """Root mean square of the error that word lengths lead to expect, over the words that are judged: the worst of some sets of errors."""
    plain = run_in_floats(x, layers, words, mask_floor).words
    worst = 0.0
    for draw in range(DRAWS):
        other = run_in_floats(x, layers, words, mask_floor, np.random.default_rng([draw, len(x)])).words
        # One rounding more, at the source.
        output = words.source.resolution**2 / 12 * float(np.any(plain != 0))
        if judged.any():
            worst = max(worst, float(np.mean((other - plain)[judged] ** 2)) + output * float(np.mean(other[judged] != 0)))
    return worst**0.5
