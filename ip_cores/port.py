"""One port of a top-level entity, and one field of its registers."""

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

    @property
    def active_low(self) -> bool:
        """Whether it is a reset that works while it is low: AMBA, the only one here that has such, ends their names with an n."""
        return self.name.endswith("resetn")


@dataclass(frozen=True)
class RegisterField:
    """Some bits of a register of the Avalon-MM slave.

    Attributes
    ----------
    address : int
    high, low : int
        Its bits.
    reset : int
        What they hold after a reset.
    meaning : str
    """

    address: int
    high: int
    low: int
    reset: int
    meaning: str

    @property
    def bits(self) -> str:
        return str(self.low) if self.high == self.low else f"{self.high}…{self.low}"


def vhdl_type(port: Port) -> str:
    """Type of a port in VHDL."""
    return "std_logic" if port.width is None else f"std_logic_vector({port.width - 1} downto 0)"
