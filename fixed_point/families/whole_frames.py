"""Words of several channels that take turns on one stream: whole frames of them, whatever order they came in.

A frame is a word of each channel, 0 first. A word that is not the next one's is dropped, and so are those behind it until the next of
channel 0; what its frame lacks is 0. So channels stay in step, and behind this everything is in turn.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


def in_turn(words: ArrayLike, channel: ArrayLike, channels: int) -> NDArray[Any]:
    """Words in the order of their channels: of frames that are broken off the rest is 0, and what belongs to no frame is dropped.

    Parameters
    ----------
    words : array_like, shape (n,)
        Words or values.
    channel : array_like of int, shape (n,)
        Their channels.
    channels : int
        How many there are.

    Returns
    -------
    ndarray, shape (m,)
        The channel of word k is k modulo `channels`. The last frame may still be incomplete.

    Examples
    --------
    >>> in_turn([1, 2, 3, 4, 5, 6], [0, 1, 0, 1, 0, 1], 2).tolist()
    [1, 2, 3, 4, 5, 6]
    >>> in_turn([1, 2, 3, 4, 5], [0, 0, 1, 1, 0], 2).tolist()  # the second 0 comes too early, the second 1 too late
    [1, 0, 2, 3, 5]
    """
    data, numbers = np.asarray(words), np.asarray(channel)
    if data.shape != numbers.shape or data.ndim != 1:
        raise ValueError(f"words of shape {data.shape}, channel of shape {numbers.shape}: must be equally many")
    count = len(data)
    if np.array_equal(numbers, np.arange(count) % channels):
        return data
    places = np.arange(count)
    begins = numbers == 0
    frame = np.cumsum(begins) - 1
    first = np.maximum.accumulate(np.where(begins, places, -1))
    place = places - first
    right = (first >= 0) & (numbers == place)
    # From its beginning on a frame is right up to the first word that is not.
    wrong_so_far = np.cumsum(~right)
    kept = right & (wrong_so_far == wrong_so_far[np.maximum(first, 0)]) & (place < channels)
    frames = int(begins.sum())
    found = np.zeros(frames * channels, data.dtype)
    found[frame[kept] * channels + place[kept]] = data[kept]
    # What the last frame lacks is 0 only if something came behind its words.
    open_words = int(np.count_nonzero(kept & (frame == frames - 1)))
    return found[: (frames - 1) * channels + open_words] if frames and kept[-1] else found


def by_channel(words: NDArray[Any], channels: int, run: Callable[[NDArray[Any]], ArrayLike]) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """What each channel gives alone, in turn again.

    Parameters
    ----------
    words : ndarray, shape (n,)
        In turn, as `in_turn` gives them.
    channels : int
    run : callable
        From the words of one channel to what it gives, no more for fewer words.

    Returns
    -------
    given : ndarray, shape (m,)
    channel : ndarray of int64, shape (m,)

    Examples
    --------
    >>> by_channel(np.array([1, 10, 2, 20, 3]), 2, np.cumsum)
    (array([ 1, 10,  3, 30,  6]), array([0, 1, 0, 1, 0]))
    """
    return woven([np.asarray(run(words[number::channels])) for number in range(channels)])


def woven(rows: Sequence[NDArray[Any]]) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Words of as many channels as there are rows, in turn; and their channels."""
    channels, count = len(rows), sum(len(row) for row in rows)
    given = np.zeros(count, np.result_type(*rows))
    for number, row in enumerate(rows):
        given[number::channels] = row
    return given, np.arange(count) % channels
