"""One port of a top-level entity."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Port:
    """One port of a top-level entity.

    Attributes
    ----------
    name : str
    direction : {"in", "out"}
    width : int or None
        Bits of a ``std_logic_vector``; None is a plain ``std_logic``.
    signed : bool
        How the bits are read as a number.
    fraction_length : int or None
        Bits right of the binary point; None for what is no number, or one that only counts.
    """

    name: str
    direction: str
    width: int | None = None
    signed: bool = False
    fraction_length: int | None = None
