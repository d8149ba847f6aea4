"""Bit-true segmenter: products by the window's weights at full precision, one rounding."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fixed_point.number_format import Format, Overflow, Rounding
from fixed_point.quantization import Words, as_words, requantize


def segmenter(
    words: ArrayLike,
    weights: Sequence[int],
    hop: int,
    padding: int,
    fraction_length: int,
    source_format: Format | str,
    rounding: Rounding | str = Rounding.NEAREST,
    overflow: Overflow | str = Overflow.SATURATE,
) -> tuple[Words, NDArray[np.int64], NDArray[np.int64]]:
    """Cut a signal into overlapping, weighted, zero-padded segments.

    Parameters
    ----------
    words : array_like of int, shape (n,)
        Raw samples; those before the first are 0.
    weights : sequence of int
        Raw weights, as many as a segment has samples.
    hop : int
        Samples from one segment to the next.
    padding : int
        Zeros behind each segment.
    fraction_length : int
        Of a product: the samples' and the weights'.
    source_format, rounding, overflow
        How a product becomes a word.

    Returns
    -------
    words, startofpacket, endofpacket : ndarray of int64
        All segments that have begun; of the last one as much as the samples allow.

    Examples
    --------
    >>> segmenter([1, 2, 3], [1, 2, 2, 1], 2, 1, 0, "sfix8_En0")
    (array([0, 0, 2, 2, 0, 1, 4, 6]), array([1, 0, 0, 0, 0, 1, 0, 0]), array([0, 0, 0, 0, 1, 0, 0, 0]))
    """
    x, window = as_words(words), as_words(weights, "weights")
    overlap, whole = window.size - hop, window.size + padding
    complete, rest = divmod(x.size, hop)
    count = complete + (rest > 0)
    signal = np.concatenate([np.zeros(overlap, x.dtype), x, np.zeros(count * hop - x.size, x.dtype)])
    segments = np.zeros((count, whole), dtype=np.int64)
    if count:
        cut = np.lib.stride_tricks.sliding_window_view(signal, window.size)[::hop]
        segments[:, : window.size] = requantize(cut * window, fraction_length, source_format, rounding, overflow)
    given = segments.reshape(-1)[: complete * whole + (overlap + rest if rest else 0)]
    place = np.arange(given.size) % whole
    return given, (place == 0).astype(np.int64), (place == whole - 1).astype(np.int64)
