"""Bit-true decimated wavelet synthesis: every level rounds its exact sums once, the last one to the format of the result."""

from __future__ import annotations

from numpy.typing import ArrayLike

from fixed_point.dwt_analysis import through_levels
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
    fraction_length = sink.fraction_length + filters.format.fraction_length

    def merge(approximation: Words, detail: Words, level: int) -> Words:
        sums = interpolated_sums(approximation, detail, filters.low, filters.high)
        return requantize(sums, fraction_length, sink if level > 1 else source, rounding, overflow)

    return through_levels(words, channel, levels, merge)
