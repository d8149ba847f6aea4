"""Bit-true wavelet analysis segment by segment, equal to that of the stream in every bit.

Each segment is filtered on its own, zero-padded, and its tail is added to the segments behind it. What makes the sums those of the
stream is that tails are added before anything is rounded, at every level: segments rounded on their own would differ.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fixed_point.families.filter_bank import BankFormats, FilterWords
from fixed_point.fir import fir
from fixed_point.number_format import Format, Overflow, Rounding
from fixed_point.quantization import Words, as_words, requantize


def dwt_ola(
    words: ArrayLike, filters: FilterWords, formats: BankFormats, sink: Format, length: int, rounding: Rounding = Rounding.NEAREST
) -> tuple[Words, NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Bands of the whole segments of a signal.

    Parameters
    ----------
    words : array_like of int, shape (n,)
        Raw samples; those behind the last whole segment wait.
    filters : FilterWords
        Analysis filters.
    formats : BankFormats
        Formats of the bands.
    sink : Format
        Format of the samples.
    length : int
        Samples of a segment, a multiple of 2**levels.
    rounding : Rounding
        Of every level, once, when the tails have been added.

    Returns
    -------
    words : ndarray of int64
        D_1, D_2, …, D_J, A_J of each segment.
    channel, startofpacket, endofpacket : ndarray of int64
        Band of each word (0 for A_J, j for D_j), and marks of a segment's first and last word.
    """
    x = as_words(words)
    levels, count = len(formats.details), x.size // length
    segments = requantize(x[: count * length], sink, formats.approximations[0], Rounding.FLOOR, Overflow.WRAP).reshape(count, length)
    fraction_length = formats.source.fraction_length + filters.format.fraction_length
    bands = []
    for level in range(1, levels + 1):
        low, high = (_overlap_added(segments, taps) for taps in (filters.low, filters.high))
        bands.append(requantize(high, fraction_length, formats.details[level - 1], rounding, Overflow.WRAP))
        segments = requantize(low, fraction_length, formats.approximations[level], rounding, Overflow.WRAP)
    order = [*range(1, levels + 1), 0]
    channel = np.repeat(order, [length >> (band or levels) for band in order])
    place = np.arange(length)
    return (
        np.concatenate([*bands, segments], axis=1).reshape(-1),
        np.tile(channel, count),
        np.tile((place == 0).astype(np.int64), count),
        np.tile((place == length - 1).astype(np.int64), count),
    )


def _overlap_added(segments: Words, taps: tuple[int, ...]) -> Words:
    """Odd samples of each zero-padded segment's convolution, and of those before it what reaches into it; exact."""
    count, length = segments.shape
    hop = length // 2
    if not count:
        return np.zeros((0, hop), dtype=np.int64)
    padded = np.concatenate([segments, np.zeros((count, len(taps) - 1), segments.dtype)], axis=1)
    bound = max(abs(int(segments.min())), int(segments.max()), 1) * sum(map(abs, taps))
    sums = fir(padded, taps, 0, Format(True, (2 * bound).bit_length() + 2, 0))[:, 1::2]
    rows = -(-sums.shape[1] // hop)
    parts = np.zeros((count, rows * hop), sums.dtype)
    parts[:, : sums.shape[1]] = sums
    total = parts[:, :hop].copy()
    for row in range(1, min(rows, count)):
        total[row:] += parts[:-row, row * hop : (row + 1) * hop]
    return total
