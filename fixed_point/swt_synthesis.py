"""Bit-true undecimated wavelet synthesis: every level but the last rounds once, and the last rounds to the source."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fixed_point.coefficients import bits_for
from fixed_point.families.a_trous import filter_words, wire_channels
from fixed_point.families.filter_bank import FilterWords
from fixed_point.number_format import Format, Overflow, Rounding
from fixed_point.quantization import Words, as_words


def swt_synthesis(
    words: ArrayLike,
    channel: ArrayLike,
    filters: FilterWords,
    formats: tuple[Format, ...],
    source: Format | str,
    rounding: Rounding | str = Rounding.NEAREST,
    overflow: Overflow | str = Overflow.SATURATE,
) -> Words:
    """Put together what `fixed_point.swt_analysis.swt_analysis` took apart.

    Parameters
    ----------
    words : array_like of int, shape (n,)
        Raw band words.
    channel : array_like of int, shape (n,)
        Band of each word. The order is that of the wire; a word whose turn it is not is dropped.
    filters : FilterWords
        Synthesis filters, scaled by 1/sqrt(2).
    formats : tuple of Format
        Of A_J to A_1, as `synthesis_formats` gives them; the first is that of the band words.
    source : Format or str
        Format of the result, which is rounded once from the last level's full-precision sum.
    rounding : Rounding or str
        Of every level.
    overflow : Overflow or str
        At the source.

    Returns
    -------
    ndarray of int64
        A word for each complete set of band words.

    Examples
    --------
    >>> from fixed_point.families.a_trous import halved_filters
    >>> haar = halved_filters([[0.5**0.5, 0.5**0.5], [0.5**0.5, -(0.5**0.5)]], 18)
    >>> swt_synthesis([4, -4, 8, 0, 5, 3], [0, 1, 0, 1, 0, 1], haar, (Format.parse("sfix9_En1"),), "sfix8_En0")
    array([0, 4, 4])
    """
    levels = len(formats)
    sets = band_sets(words, channel, levels)
    bands = [np.ascontiguousarray(sets[:, (levels + 1 - band) % (levels + 1)]) for band in range(levels + 1)]
    return from_bands(bands, filters, formats, source, rounding, overflow)


def from_bands(
    bands: list[Words],
    filters: FilterWords,
    formats: tuple[Format, ...],
    source: Format | str,
    rounding: Rounding | str = Rounding.NEAREST,
    overflow: Overflow | str = Overflow.SATURATE,
) -> Words:
    """`swt_synthesis` of bands by channel: A_J, D_1, …, D_J, all of one length."""
    levels, source, overflow = len(formats), Format.parse(source), Overflow(overflow)
    results = [*((format, Overflow.WRAP) for format in formats[1:]), (source, overflow)]
    approximation = bands[0]
    for level, (result, limit) in zip(range(levels, 0, -1), results, strict=True):
        terms = [(approximation, filters.low), (bands[level], filters.high)]
        fraction_length = formats[0].fraction_length + filters.format.fraction_length
        approximation = filter_words(terms, 1 << (level - 1), fraction_length, result, rounding, limit)
    return approximation


def synthesis_formats(filters: FilterWords, levels: int, sink: Format, rounding: Rounding = Rounding.NEAREST) -> tuple[Format, ...]:
    """Formats of A_J to A_1 inside a synthesis bank whose band words may take any value of their format.

    Parameters
    ----------
    filters : FilterWords
        Synthesis filters.
    levels : int
        Depth J.
    sink : Format
        Format of all band words.
    rounding : Rounding
        Of every level.

    Returns
    -------
    tuple of Format
        As short as the exact range allows: words that were changed on their way cannot make a sum overflow either.
    """
    formats = [sink]
    for _ in range(levels - 1):
        low, high = sum_range(filters, formats[-1], sink)
        # Rounding is monotone: at most the next integer beyond either end.
        up = 1 if rounding != Rounding.FLOOR else 0
        bits = bits_for(int(low // 1), int(high // 1) + up, signed=True)
        formats.append(Format(True, bits, sink.fraction_length))
    return tuple(formats)


def sum_range(filters: FilterWords, approximation: Format, detail: Format) -> tuple[Fraction, Fraction]:
    """Exact range of one level's sum, in units of the band words' last bit."""
    ends = []
    for pick in (min, max):
        total = sum(pick(tap * approximation.minimum, tap * approximation.maximum) for tap in filters.low)
        total += sum(pick(tap * detail.minimum, tap * detail.maximum) for tap in filters.high)
        ends.append(Fraction(total, 1 << filters.format.fraction_length))
    return ends[0], ends[1]


def band_sets(words: ArrayLike, channel: ArrayLike, levels: int) -> NDArray[np.int64]:
    """Complete sets of band words, each in the order of the wire: A_J, D_J, …, D_1.

    A word whose turn it is not is dropped, so that a stream which begins in the middle of a set falls into step by itself.

    Returns
    -------
    ndarray of int64, shape (samples, J + 1)

    Examples
    --------
    >>> band_sets([7, 8, 1, 2, 3, 4], [2, 1, 0, 2, 1, 0], 2)
    array([[1, 2, 3]])
    """
    values, bands = as_words(words), as_words(channel, "channel")
    order = np.array(wire_channels(levels))
    while True:
        count = bands.size // (levels + 1) * (levels + 1)
        wrong = np.flatnonzero(bands != np.resize(order, bands.size))
        if not wrong.size:
            return values[:count].reshape(-1, levels + 1)
        # Drop the words up to the next of the band that was due.
        first = int(wrong[0])
        due = np.flatnonzero(bands[first:] == order[first % (levels + 1)])
        after = first + int(due[0]) if due.size else bands.size
        values, bands = np.delete(values, slice(first, after)), np.delete(bands, slice(first, after))
