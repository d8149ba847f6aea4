"""The fast Fourier transform in float64: numpy's, divided by its length, frame by frame."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Frames = tuple[NDArray[np.complex128], NDArray[np.int64], NDArray[np.int64]]


def bit_reversed(points: int) -> NDArray[np.int64]:
    """The numbers 0 to points - 1, a power of two of them, with their bits in the opposite order.

    Examples
    --------
    >>> bit_reversed(8)
    array([0, 4, 2, 6, 1, 5, 3, 7])
    """
    found = np.zeros(1, np.int64)
    while found.size < points:
        found = np.concatenate([2 * found, 2 * found + 1])
    return found


def fft(x: ArrayLike, points: int, inverse: bool = False, order: str = "natural") -> Frames:
    """Transform frames, one behind the other.

    Parameters
    ----------
    x : array_like of complex, shape (n,)
        What is left behind the last whole frame gives nothing.
    points : int
        Words of a frame, N.
    inverse : bool
        The sum of x[n] exp(+2 pi i k n / N) instead of exp(-2 pi i k n / N); both are divided by N.
    order : {"natural", "bit_reversed"}
        In which order the bins leave.

    Returns
    -------
    bins : ndarray of complex128
    startofpacket, endofpacket : ndarray of int64
        Whether a word is the first or the last of its frame.

    Examples
    --------
    >>> fft([1, 1j, -1, -1j], 4)[0]
    array([0.+0.j, 1.+0.j, 0.+0.j, 0.+0.j])
    """
    samples: NDArray[Any] = np.asarray(x, dtype=np.complex128)
    frames = samples[: samples.size // points * points].reshape(-1, points)
    bins = np.fft.ifft(frames) if inverse else np.fft.fft(frames, norm="forward")
    if order != "natural":
        bins = bins[:, bit_reversed(points)]
    place = np.arange(frames.size) % points
    return bins.reshape(-1), (place == 0).astype(np.int64), (place == points - 1).astype(np.int64)
