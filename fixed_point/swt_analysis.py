"""Bit-true undecimated wavelet analysis: every level rounds once, to the sink's fraction length and some guard bits."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fixed_point.families.a_trous import filter_words, wire_channels
from fixed_point.families.filter_bank import BankFormats, FilterWords
from fixed_point.number_format import Rounding
from fixed_point.quantization import Words, as_words


def swt_analysis(
    words: ArrayLike,
    filters: FilterWords,
    formats: BankFormats,
    guard_bits: int,
    waits: tuple[int, ...],
    rounding: Rounding | str = Rounding.NEAREST,
) -> tuple[Words, NDArray[np.int64]]:
    """Split a signal into approximation A_J and details D_1 to D_J, aligned.

    Parameters
    ----------
    words : array_like of int, shape (n,)
        Raw samples.
    filters : FilterWords
        Analysis filters, scaled by 1/sqrt(2).
    formats : BankFormats
        Of every level's results; none of them can overflow.
    guard_bits : int
        What the formats have more fraction bits than the samples.
    waits : tuple of int
        Samples that D_1, …, D_J wait.
    rounding : Rounding or str
        Of every level.

    Returns
    -------
    words : ndarray of int64, shape (n * (J + 1),)
        For each sample A_J, D_J, …, D_1.
    channel : ndarray of int64, shape (n * (J + 1),)
        Band of each word: 0 for A_J, j for D_j.

    Examples
    --------
    >>> from fixed_point.families.a_trous import halved_filters
    >>> from fixed_point.families.filter_bank import bank_formats
    >>> from fixed_point import Format
    >>> haar = halved_filters([[0.5**0.5, 0.5**0.5], [-(0.5**0.5), 0.5**0.5]], 18)
    >>> swt_analysis([4, 4, 1], haar, bank_formats(haar, 1, Format.parse("sfix8_En0"), 1), 1, (0,))
    (array([ 4, -4,  8,  0,  5,  3]), array([0, 1, 0, 1, 0, 1]))
    """
    bands = aligned_bands(words, filters, formats, guard_bits, waits, rounding)
    channels = wire_channels(len(waits))
    stream = np.stack([bands[channel] for channel in channels], axis=-1)
    return stream.reshape(-1), np.tile(channels, len(stream))


def aligned_bands(
    words: ArrayLike,
    filters: FilterWords,
    formats: BankFormats,
    guard_bits: int,
    waits: tuple[int, ...],
    rounding: Rounding | str = Rounding.NEAREST,
) -> list[Words]:
    """The bands that `swt_analysis` puts on the wire, by channel: A_J, D_1, …, D_J, each as long as `words`."""
    approximation = as_words(words) << guard_bits
    bands = []
    for level, (low_format, high_format) in enumerate(zip(formats.approximations[1:], formats.details, strict=True)):
        fraction_length = formats.approximations[level].fraction_length + filters.format.fraction_length
        detail = filter_words([(approximation, filters.high)], 1 << level, fraction_length, high_format, rounding)
        late = np.zeros_like(detail)
        late[waits[level] :] = detail[: max(detail.size - waits[level], 0)]
        bands.append(late)
        approximation = filter_words([(approximation, filters.low)], 1 << level, fraction_length, low_format, rounding)
    return [approximation, *bands]
