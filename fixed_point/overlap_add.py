"""Bit-true overlap-add: sums of weighted segments at full precision, one rounding."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from fixed_point.families.packets import packets
from fixed_point.number_format import Format, Overflow, Rounding
from fixed_point.quantization import Words, as_words, requantize


def overlap_add(
    words: ArrayLike,
    startofpacket: ArrayLike,
    endofpacket: ArrayLike,
    weights: Sequence[int],
    hop: int,
    fraction_length: int,
    source_format: Format | str,
    rounding: Rounding | str = Rounding.NEAREST,
    overflow: Overflow | str = Overflow.SATURATE,
) -> Words:
    """Add segments, a hop apart.

    A segment begins with the first word that is marked as a start and follows the end of the one before; words between segments are
    dropped. It ends after `len(weights)` words, or earlier with a word that is marked as an end; what is missing then counts as zeros.

    Parameters
    ----------
    words, startofpacket, endofpacket : array_like of int, shape (n,)
        Raw words and their marks.
    weights : sequence of int
        Raw weights of a segment's words.
    hop : int
        Samples from one segment to the next.
    fraction_length : int
        Of a product: the words' and the weights'.
    source_format, rounding, overflow
        How a sum becomes a word.

    Returns
    -------
    ndarray of int64
        `hop` words for each segment; of one that has not ended, as many as it decides.

    Examples
    --------
    >>> overlap_add([1, 2, 3, 9, 4, 5], [1, 0, 0, 0, 1, 0], [0, 0, 1, 0, 0, 1], [1, 1, 1], 2, 0, "sfix8_En0")
    array([1, 2, 7, 5])
    """
    x, window = as_words(words), as_words(weights, "weights")
    segments, ended = packets(x, np.asarray(startofpacket) != 0, np.asarray(endofpacket) != 0, window.size)
    products = segments * window
    # Segments in rows of a hop each: row r of segment m adds to the output's row m + r.
    rows = -(-window.size // hop)
    parts = np.zeros((len(products), rows * hop), products.dtype)
    parts[:, : window.size] = products
    total = np.zeros((len(products) + rows, hop), products.dtype)
    for row in range(rows):
        total[row : row + len(products)] += parts[:, row * hop : (row + 1) * hop]
    count = len(products) * hop if ended is None else (len(products) - 1) * hop + min(ended, hop)
    return requantize(total.reshape(-1)[:count], fraction_length, source_format, rounding, overflow)
