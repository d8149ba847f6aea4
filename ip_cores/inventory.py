"""What a core is built of, by its structure alone: the adders, registers, memories and products that follow from its parameters.

An inventory knows no device and no tool. What it comes to on a device is for others to say (`fpga_projects.estimation.quick_estimate`),
which is how a sweep prices a configuration in a fraction of a millisecond, without any HDL.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from fixed_point import Rounding
from ip_cores.blocks.arithmetic import Interval
from ip_cores.blocks.multiple_constants import additions
from ip_cores.blocks.requantizer import Conversion

Shape = tuple[int, int]
"""Words by bits of a memory; bits by bits of a product."""


@dataclass(frozen=True)
class Inventory:
    """What a core is built of. Inventories add up.

    Attributes
    ----------
    family : str
        Structure that it belongs to: cores of one family have the same control, but for the widths of its counters.
    adders : int
        Bits of adders, subtractors and comparators of words.
    registers : int
        Bits of registers that take a word as it is: delay lines, words that are held.
    results : int
        Bits of registers behind something that is counted elsewhere, as behind an adder.
    multiplexers : int
        Bits of choices between words.
    counters : int
        Bits of counters, and of addresses that are computed.
    additions : int
        Bits of additions that form products by constants.
    tables : tuple of (int, int)
        Words by bits of constants that are looked up within a clock.
    constants : tuple of (int, int)
        Words by bits of constants that are read with a register.
    memories : tuple of (int, int)
        Words by bits.
    products : tuple of (int, int)
        Bits by bits of signed products that may go to a multiplier.
    arrays : tuple of (int, int)
        Bits by bits of products that must be formed in logic.
    delays : tuple of (int, int)
        Clocks by bits of words that only wait, behind arithmetic; their registers are counted above. A device may have a better place.
    parts : tuple of Inventory
        Cores inside, each of its own family.
    """

    family: str
    adders: int = 0
    registers: int = 0
    results: int = 0
    multiplexers: int = 0
    counters: int = 0
    additions: int = 0
    tables: tuple[Shape, ...] = ()
    constants: tuple[Shape, ...] = ()
    memories: tuple[Shape, ...] = ()
    products: tuple[Shape, ...] = ()
    arrays: tuple[Shape, ...] = ()
    delays: tuple[Shape, ...] = ()
    parts: tuple[Inventory, ...] = ()

    def __add__(self, other: Inventory) -> Inventory:
        """Both together, of the family of the first.

        Examples
        --------
        >>> both = Inventory("a", adders=3, memories=((8, 4),)) + Inventory("b", adders=2)
        >>> both.family, both.adders, both.memories
        ('a', 5, ((8, 4),))
        """
        return Inventory(self.family, *(getattr(self, name) + getattr(other, name) for name in _AMOUNTS))


_AMOUNTS = tuple(field.name for field in dataclasses.fields(Inventory) if field.name != "family")


def of_conversion(conversion: Conversion) -> Inventory:
    """The rounding at an output with the register behind it: an adder where bits round up, a choice where words are limited."""
    bits = conversion.format.word_length
    rounds = conversion.dropped > 0 and conversion.rounding != Rounding.FLOOR
    rounded = conversion.rounded
    # All modes but floor and nearest look at every bit that is dropped.
    looks = conversion.dropped // 3 if rounds and conversion.rounding != Rounding.NEAREST else 0
    adder = rounded.bits if rounds else 0
    if conversion.overflow == "saturate" and (rounded.low < conversion.format.minimum or rounded.high > conversion.format.maximum):
        compared = max(0, rounded.bits - bits) // 2 + 2
        return Inventory("", adders=adder, results=bits, multiplexers=bits + compared + looks)
    if rounds:
        return Inventory("", adders=adder, results=bits, multiplexers=looks)
    return Inventory("", registers=bits)


def product_tree(count: int, bits: int) -> int:
    """Bits of the adders that bring so many products together.

    Examples
    --------
    >>> product_tree(1, 32), product_tree(3, 32)
    (0, 64)
    """
    return (count - 1) * bits


def of_constant_products(products: Iterable[tuple[Interval, int]], multiplier: str) -> Inventory:
    """Products by constants of their own words; one by a power of two is wires."""
    odd = [(values, abs(coefficient) // (coefficient & -coefficient)) for values, coefficient in products if coefficient]
    if multiplier == "logic":
        return Inventory("", additions=sum(addition_bits(values, (magnitude,)) for values, magnitude in odd))
    return Inventory("", products=tuple((values.bits, value.bit_length() + 1) for values, value in odd if value > 1))


def of_shared_products(values: Interval, coefficients: Iterable[int], multiplier: str) -> Inventory:
    """Products of one word by many constants; in logic they share additions."""
    if multiplier == "logic":
        return Inventory("", additions=addition_bits(values, tuple(coefficients)))
    return of_constant_products([(values, coefficient) for coefficient in coefficients], multiplier)


@lru_cache(maxsize=4096)
def addition_bits(values: Interval, constants: tuple[int, ...]) -> int:
    """Bits of the additions that form products of a word by constants.

    Examples
    --------
    >>> addition_bits(Interval(-128, 127), (4,)), addition_bits(Interval(-128, 127), (5, 10))
    (0, 9)
    """
    # The low bits that a shifted summand does not reach pass by the adder, unless they are subtracted.
    return sum(values.times(step.value << step.dropped).bits - (step.left_places if step.sign > 0 else 0) for step in additions(constants))
