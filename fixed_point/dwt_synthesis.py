"""Bit-true decimated wavelet synthesis: every level rounds its exact sums once, the last one to the format of the result."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from fixed_point.dwt_analysis import from_stream, pattern
from fixed_point.families.filter_bank import FilterWords
from fixed_point.families.polyphase_sums import interpolated_sums
from fixed_point.number_format import Format, Overflow, Rounding
from fixed_point.quantization import Words, requantize


def dwt_synthesis(
    words: ArrayLike,
    channel: ArrayLike,
    filters: FilterWords,
    levels: int,
    sink: Format,
    source: Format,
    rounding: Rounding = Rounding.NEAREST,
    overflow: Overflow = Overflow.SATURATE,
) -> Words:
    """Put together what `fixed_point.dwt_analysis.dwt_analysis` took apart.

    Parameters
    ----------
    words, channel : array_like of int, shape (n,)
        Aligned band words in the order of the wire, and their bands: 0 for A_J, j for D_j. They may start anywhere in that order.
    filters : FilterWords
        Synthesis filters.
    levels : int
        Depth J.
    sink : Format
        Format of the band words, and of the approximations between the levels.
    source : Format
        Format of the result.
    rounding, overflow : Rounding, Overflow
        Of every level.

    Returns
    -------
    ndarray of int64
        Two samples for each word of D_1; one more where the words that fall due after the next pair have begun to arrive.

    Raises
    ------
    ValueError
        If the words do not stand in the order of the wire.
    """
    bands, missed = from_stream(words, channel, levels)
    # Words that fall due with the next pair, but not yet its D_1: the first of that pair's samples needs none of them.
    begun = int((np.asarray(channel)[-1:] != 1).sum())
    fraction_length = sink.fraction_length + filters.format.fraction_length
    signal = bands[0]
    for level in range(levels, 0, -1):
        detail = bands[level]
        wanted = bands[level - 1].size if level > 1 else 2 * detail.size + begun
        sums = interpolated_sums(signal[: detail.size], detail, filters.low, filters.high)[:wanted]
        signal = requantize(sums, fraction_length, sink if level > 1 else source, rounding, overflow)
    before = 2 * int((pattern(levels)[:missed] == 1).sum())
    return signal[before:]
