"""What a core takes of a device, as columns of a sweep."""

from __future__ import annotations

from dataclasses import dataclass

CLOCK_MHZ = 50.0
"""Clock of the DE2-70's oscillator, at which power is estimated, a sample as often as the core takes one."""


@dataclass(frozen=True)
class Cost:
    """What a core takes of an EP2C70F896C6.

    Attributes
    ----------
    les : float
        Logic elements.
    registers : float
    multipliers : float
        9-bit multiplier elements; an 18 x 18 product takes two.
    m4k : float
        Memory blocks.
    power : float
        Dynamic core power in mW.
    """

    les: float
    registers: float
    multipliers: float
    m4k: float
    power: float

COLUMNS = {
    "les": "logic elements",
    "registers": "registers",
    "multipliers": "9-bit multiplier elements",
    "m4k": "M4K blocks",
    "power": "power in mW",
}
"""Columns of a result and what they mean."""
