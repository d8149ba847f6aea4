"""Multipliers, memories and tables by the shapes that the device has; part of `fpga_projects.estimation.quick_estimate`."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass

from fpga_projects.mapping.case_tables import FEWEST_BITS
from fpga_projects.netlists.shift_registers import in_memory, words_of
from ip_cores.inventory import Inventory, Shape

M4K_SHAPES = ((4096, 1), (2048, 2), (1024, 4), (512, 9), (256, 18), (128, 36))
"""Words by bits of an M4K block; Cyclone II Device Handbook, table 8-1."""

FULL_TILE, HALF_TILE = 18, 9
"""Bits of a factor of an embedded multiplier."""

SHORTEST_FACTOR = 4
"""Bits of a factor below which a product takes no multiplier."""


@dataclass(frozen=True)
class Shapes:
    """An inventory's products, memories and constants, sorted by where they go.

    Attributes
    ----------
    embedded, in_logic : tuple of (int, int)
        Products.
    memories : tuple of (int, int)
        Words by bits of what takes M4K blocks: memories, constants of so many bits that are read with a register, and words that wait long.
    tables : tuple of (int, int)
        Words by bits of constants that stay in LUTs.
    joins : int
        Bits of the adders that join the partial products of factors longer than a multiplier's.
    tiles : int
        Bits of the factors of products that one multiplier holds, with the registers around it.
    """

    embedded: tuple[Shape, ...]
    in_logic: tuple[Shape, ...]
    memories: tuple[Shape, ...]
    tables: tuple[Shape, ...]
    joins: int
    tiles: int

    @classmethod
    def of(cls, inventory: Inventory) -> Shapes:
        embedded = tuple(factors for factors in inventory.products if min(factors) >= SHORTEST_FACTOR)
        short = tuple((max(factors), min(factors) - 1) for factors in inventory.products if min(factors) < SHORTEST_FACTOR)
        large = tuple(shape for shape in map(_addressed, inventory.constants) if math.prod(shape) >= FEWEST_BITS)
        small = tuple(shape for shape in inventory.constants if math.prod(_addressed(shape)) < FEWEST_BITS)
        waiting = tuple((words_of(clocks), bits) for clocks, bits in inventory.delays if in_memory(clocks, bits))
        joins = sum(joining_bits(*factors) for factors in embedded)
        tiles = sum(a + b for a, b in embedded if max(a, b) <= FULL_TILE)
        return cls(embedded, inventory.arrays + short, inventory.memories + large + waiting, inventory.tables + small, joins, tiles)


def _addressed(shape: Shape) -> Shape:
    """Words that a table's address can name, and bits."""
    words, bits = shape
    return 1 << max(0, words - 1).bit_length(), bits


def joining_bits(a: int, b: int) -> int:
    """Bits of the adders that join the partial products of factors longer than a multiplier's.

    Examples
    --------
    >>> joining_bits(18, 18), joining_bits(22, 18)
    (0, 22)
    """
    return sum(long - FULL_TILE + other for long, other in ((a, b), (b, a)) if long > FULL_TILE)


def lut_tables(shapes: Iterable[Shape]) -> float:
    """LUTs of constant tables: for each bit one of four inputs for 16 words, and the multiplexers that join several.

    Examples
    --------
    >>> lut_tables([(2, 16), (16, 16), (32, 16)])
    80.0
    """
    return sum(bits * (1.0 if words <= 16 else words / 16 * 2) for words, bits in shapes if words > 2)


def multiplier_elements(a: int, b: int) -> int:
    """9-bit elements of a signed product: two for each tile of up to 18 x 18, one for a tile of up to 9 x 9.

    Examples
    --------
    >>> multiplier_elements(9, 9), multiplier_elements(16, 18), multiplier_elements(22, 18), multiplier_elements(23, 24)
    (1, 2, 4, 7)
    """
    sides = [[min(FULL_TILE, bits - at) for at in range(0, bits, FULL_TILE)] for bits in (a, b)]
    return sum(1 if max(tile) <= HALF_TILE else 2 for tile in itertools.product(*sides))


def m4k_blocks(words: int, bits: int) -> int:
    """Fewest M4K blocks of one shape that hold so many words.

    Examples
    --------
    >>> m4k_blocks(64, 16), m4k_blocks(512, 16), m4k_blocks(8192, 1)
    (1, 2, 2)
    """
    return min(math.ceil(words / depth) * math.ceil(bits / width) for depth, width in M4K_SHAPES)
