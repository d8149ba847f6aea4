"""Packets as a stream's marks make them: what begins, what ends early, what belongs to none."""

from __future__ import annotations

import numpy as np

from fixed_point.quantization import Words


def packets(x: Words, starts: np.ndarray, ends: np.ndarray, length: int) -> tuple[Words, int | None]:
    """Packets as rows, filled up with zeros; and how many words the last one has so far, None if it has ended.

    A packet begins with the first word that is marked as a start and follows the end of the one before; words between packets are dropped.
    It ends after `length` words, or earlier with a word that is marked as an end.

    Parameters
    ----------
    x : ndarray of int, shape (n,)
    starts, ends : ndarray of bool, shape (n,)
    length : int

    Examples
    --------
    >>> packets(np.array([1, 2, 3, 4, 5]), np.array([1, 0, 0, 1, 0]) > 0, np.array([0, 1, 0, 0, 0]) > 0, 3)
    (array([[1, 2, 0],
           [4, 5, 0]]), 2)
    """
    if x.size % length == 0 and starts[::length].all() and not ends.reshape(-1, length)[:, :-1].any():
        return x.reshape(-1, length), None
    begins, finishes = np.flatnonzero(starts), np.flatnonzero(ends)
    rows: list[Words] = []
    at, so_far = 0, None
    while (which := int(np.searchsorted(begins, at))) < begins.size:
        first = int(begins[which])
        end = int(np.searchsorted(finishes, first))
        stop = min(first + length, int(finishes[end]) + 1 if end < finishes.size else x.size)
        row = np.zeros(length, x.dtype)
        row[: stop - first] = x[first:stop]
        rows.append(row)
        so_far = None if stop - first == length or ends[stop - 1] else stop - first
        at = stop
    return np.array(rows, dtype=x.dtype).reshape(-1, length), so_far
