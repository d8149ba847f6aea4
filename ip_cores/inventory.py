"""What a core is built of, by its structure alone: the adders, registers, memories and products that follow from its parameters.

An inventory knows no device and no tool. What it comes to on a device is for others to say (`fpga_projects.estimation.quick_estimate`),
which is how a sweep prices a configuration in a fraction of a millisecond, without any HDL.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

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
    control : bool
        Whether there is anything beside what is counted; none in mere wires between parts.
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
    control: bool = True

    def __add__(self, other: Inventory) -> Inventory:
        """Both together, of the family of the first.

        Examples
        --------
        >>> both = Inventory("a", adders=3, memories=((8, 4),)) + Inventory("b", adders=2)
        >>> both.family, both.adders, both.memories
        ('a', 5, ((8, 4),))
        """
        sums = {name: getattr(self, name) + getattr(other, name) for name in _AMOUNTS}
        return Inventory(self.family, **sums, control=self.control or other.control)


_AMOUNTS = tuple(field.name for field in dataclasses.fields(Inventory) if field.name not in ("family", "control"))


