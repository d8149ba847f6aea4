"""Bit-true wavelet packet synthesis: every node of the full tree rounds its exact sums once, the root to the format of the result."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from fixed_point.families.filter_bank import FilterWords
from fixed_point.families.polyphase_sums import interpolated_sums
from fixed_point.number_format import Format, Overflow, Rounding
from fixed_point.quantization import Words, as_words, requantize


def packet_synthesis(
    words: ArrayLike,
    channel: ArrayLike,
    filters: FilterWords,
    levels: int,
    sink: Format,
    source: Format,
    rounding: Rounding = Rounding.NEAREST,
    overflow: Overflow = Overflow.SATURATE,
) -> Words:
    """Put together what `fixed_point.packet_analysis.packet_analysis` took apart.

    Parameters
    ----------
    words, channel : array_like of int, shape (n,)
        Words of all bands and their bands, one after the other. They may start anywhere: words missed count as zeros.
    filters : FilterWords
        Synthesis filters.
    levels : int
        Depth J.
    sink : Format
        Format of the band words, and of the nodes between.
    source : Format
        Format of the result.
    rounding, overflow : Rounding, Overflow
        Of every node.

    Returns
    -------
    ndarray of int64
        2**J samples for each whole set of words.

    Raises
    ------
    ValueError
        If the bands do not follow each other.
    """
    raw, given = as_words(words), np.asarray(channel)
    if raw.ndim != 1 or raw.shape != given.shape:
        raise ValueError(f"words of shape {raw.shape}, channels of shape {given.shape}: must be one channel for each word")
    bands = 2**levels
    missed = int(given[0]) if given.size else 0
    if (given != (np.arange(given.size) + missed) % bands).any():
        raise ValueError(f"channel: must count from 0 to {bands - 1}, again and again")
    whole = np.concatenate([np.zeros(missed, dtype=raw.dtype), raw])
    table = whole[: whole.size - whole.size % bands].reshape(-1, bands)
    nodes = list(table.T)
    fraction_length = sink.fraction_length + filters.format.fraction_length
    for level in range(levels, 0, -1):
        target = sink if level > 1 else source
        nodes = [
            requantize(interpolated_sums(low, high, filters.low, filters.high)[:-1], fraction_length, target, rounding, overflow)
            for low, high in zip(nodes[0::2], nodes[1::2], strict=True)
        ]
    return nodes[0]
