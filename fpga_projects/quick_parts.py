"""What several quick estimates need: multipliers and memories by the shapes that the device has."""

from __future__ import annotations

import math

Resources = tuple[float, float, int, int]
"""Logic elements, registers, 9-bit multiplier elements, M4K blocks."""

M4K_SHAPES = ((4096, 1), (2048, 2), (1024, 4), (512, 9), (256, 18), (128, 36))
"""Words by bits of an M4K block; Cyclone II Device Handbook, table 8-1."""


def multiplier_elements(a: int, b: int) -> int:
    """9-bit elements of a signed product: one up to 9 x 9, two for each 18 x 18.

    Examples
    --------
    >>> multiplier_elements(9, 9), multiplier_elements(16, 18), multiplier_elements(22, 18)
    (1, 2, 4)
    """
    if max(a, b) <= 9:
        return 1
    return 2 * math.ceil(a / 18) * math.ceil(b / 18)


def m4k_blocks(words: int, bits: int) -> int:
    """Fewest M4K blocks of one shape that hold so many words.

    Examples
    --------
    >>> m4k_blocks(64, 16), m4k_blocks(512, 16), m4k_blocks(8192, 1)
    (1, 2, 2)
    """
    return min(math.ceil(words / depth) * math.ceil(bits / width) for depth, width in M4K_SHAPES)
