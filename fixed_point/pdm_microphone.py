"""Bit-true lines of a PDM microphone: the levels at the clock's edges are the words."""

from __future__ import annotations

from numpy.typing import ArrayLike

from fixed_point.quantization import Words, as_words


def pdm_microphone(levels: ArrayLike) -> Words:
    """Words of the format ``bipolar``.

    Parameters
    ----------
    levels : array_like of int, shape (n,)
        Where the clock's edge is.

    Examples
    --------
    >>> pdm_microphone([1, 0, 0])
    array([1, 0, 0])
    """
    return as_words(levels, "levels").copy()
