"""Bit-true decimated wavelet analysis: every level rounds its exact sums once, to the bands' fraction length."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fixed_point.families.filter_bank import BankFormats, FilterWords
from fixed_point.families.polyphase_sums import decimated_sums
from fixed_point.number_format import Format, Overflow, Rounding
from fixed_point.quantization import Words, as_words, requantize


def dwt_analysis(
    words: ArrayLike, filters: FilterWords, formats: BankFormats, sink: Format, delay: int, rounding: Rounding = Rounding.NEAREST
) -> tuple[Words, NDArray[np.int64]]:
    """Split samples into approximation A_J and details D_1 to D_J.

    Parameters
    ----------
    words : array_like of int, shape (n,)
        Raw samples.
    filters : FilterWords
        Analysis filters.
    formats : BankFormats
        Formats of the bands.
    sink : Format
        Format of the samples.
    delay : int
        Delay of one level of analysis and synthesis, in samples; detail j waits delay (2**(J-j) - 1) of its own samples.
    rounding : Rounding
        Of every level.

    Returns
    -------
    words : ndarray of int64
        Band words as they fall due: after sample 2**j i + 2**j - 1 word i of level j, the coarsest first.
    channel : ndarray of int64
        Band of each word: 0 for A_J, j for D_j.
    """
    levels = len(formats.details)
    approximation = requantize(words, sink, formats.approximations[0], Rounding.FLOOR, Overflow.WRAP)
    count = approximation.size
    aligned = []
    for level in range(1, levels + 1):
        low, high = decimated_sums(approximation, (filters.low, filters.high))
        fraction_length = formats.source.fraction_length + filters.format.fraction_length
        approximation = requantize(low, fraction_length, formats.approximations[level], rounding, Overflow.WRAP)
        detail = requantize(high, fraction_length, formats.details[level - 1], rounding, Overflow.WRAP)
        wait = min(delay * (2 ** (levels - level) - 1), detail.size)
        aligned.append(np.concatenate([np.zeros(wait, dtype=detail.dtype), detail[: detail.size - wait]]))
    return to_stream([approximation, *aligned], count)


def pattern(levels: int) -> NDArray[np.int64]:
    """Channels of the words that fall due in one period of 2**levels samples, in their order.

    Examples
    --------
    >>> pattern(3)
    array([1, 2, 1, 1, 0, 3, 2, 1])
    """
    order: list[int] = []
    for sample in range(1, 2**levels + 1):
        deepest = (sample & -sample).bit_length() - 1
        order += [0] * (deepest == levels) + list(range(deepest, 0, -1))
    return np.array(order, dtype=np.int64)


def stream_length(samples: int, levels: int) -> int:
    """Words that have fallen due after so many samples."""
    return sum(samples >> level for level in range(1, levels + 1)) + (samples >> levels)


def to_stream(bands: list[Words], samples: int) -> tuple[Words, NDArray[np.int64]]:
    """Bands as words in the order of the wire, and their channels.

    Parameters
    ----------
    bands : list of ndarray of int
        A_J, D_1, …, D_J.
    samples : int
        Samples that they came from.
    """
    levels = len(bands) - 1
    order = pattern(levels)
    periods = -(-samples // order.size)
    table = np.zeros((periods, order.size), dtype=bands[0].dtype)
    for channel, band in enumerate(bands):
        places = np.flatnonzero(order == channel)
        padded = np.zeros(periods * places.size, dtype=band.dtype)
        padded[: band.size] = band
        table[:, places] = padded.reshape(periods, places.size)
    length = stream_length(samples, levels)
    return table.reshape(-1)[:length], np.tile(order, periods)[:length]


def through_levels(words: ArrayLike, channel: ArrayLike, levels: int, merge: Callable[[Words, Words, int], Words]) -> Words:
    """Samples from a stream of words, level by level, the coarsest first.

    Parameters
    ----------
    words, channel, levels
        As for `from_stream`.
    merge : callable
        From the words of an approximation and of as many details, and their level, the words of the level below, twice as many and one
        more where that needs no further detail.

    Returns
    -------
    ndarray of int
        Two samples for each word of D_1; one more where the words that fall due after the next pair have begun to arrive.

    Raises
    ------
    ValueError
        If the words do not stand in the order of the wire.
    """
    bands, missed = from_stream(words, channel, levels)
    # Words that fall due with the next pair, but not yet its D_1: the first of that pair's samples needs none of them.
    begun = int((np.asarray(channel)[-1:] != 1).sum())
    signal = bands[0]
    for level in range(levels, 0, -1):
        detail = bands[level]
        wanted = bands[level - 1].size if level > 1 else 2 * detail.size + begun
        signal = merge(signal[: detail.size], detail, level)[:wanted]
    return signal[2 * int((pattern(levels)[:missed] == 1).sum()) :]


def from_stream(words: ArrayLike, channel: ArrayLike, levels: int) -> tuple[list[Words], int]:
    """Bands of a stream of words, which may start amid a period: the words before count as zeros.

    Returns
    -------
    bands : list of ndarray of int
        A_J, D_1, …, D_J, from the start of the period.
    missed : int
        Words before the first that was given.

    Raises
    ------
    ValueError
        If the words do not stand in the order of the wire.
    """
    raw, given = as_words(words), np.asarray(channel)
    if raw.ndim != 1 or raw.shape != given.shape:
        raise ValueError(f"words of shape {raw.shape}, channels of shape {given.shape}: must be one channel for each word")
    order = pattern(levels)
    first = given[: 2 * order.size]
    for missed in range(order.size):
        due = np.roll(order, -missed)
        if (np.resize(due, first.size) == first).all() and (np.resize(due, given.size) == given).all():
            break
    else:
        raise ValueError(f"channel: must be in the order in which an analysis of {levels} levels sends its bands, {order.tolist()}")
    whole = np.concatenate([np.zeros(missed, dtype=raw.dtype), raw])
    channels = np.resize(order, whole.size)
    return [whole[channels == band] for band in range(levels + 1)], missed
