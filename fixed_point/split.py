"""Bit-true split: the words of one stream, once for each branch."""

from __future__ import annotations

from typing import Any

from numpy.typing import ArrayLike, NDArray

from fixed_point.quantization import as_words


def split(words: ArrayLike, ways: int) -> list[NDArray[Any]]:
    """The same words `ways` times.

    Examples
    --------
    >>> split([1, -2], 2)
    [array([ 1, -2]), array([ 1, -2])]
    """
    return [as_words(words).copy() for _ in range(ways)]
