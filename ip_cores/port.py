"""One port of a top-level entity, and one field of its registers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fixed_point import Format


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
    """Some bits of a register of the Avalon-MM slave, or of several registers that are alike.

    Attributes
    ----------
    address : int
        Of the first of them.
    high, low : int
        Its bits.
    reset : int
        What they hold after a reset.
    meaning : str
    name : str
        What programs call it, in words of a letter or more with underscores between them.
    count, stride : int
        Registers that are alike, and how many addresses they are apart.
    signed : bool
        Whether the bits are a signed number.
    fraction_length : int, optional
        Bits right of the binary point, of a number.
    read_only : bool
        Whether the core writes it itself.
    highest : int, optional
        What is held in place of any value above it.
    """

    address: int
    high: int
    low: int
    reset: int
    meaning: str
    name: str = ""
    count: int = 1
    stride: int = 1
    signed: bool = False
    fraction_length: int | None = None
    read_only: bool = False
    highest: int | None = None

    @classmethod
    def of(cls, address: int, format: Format, reset: int, meaning: str, name: str, **others: Any) -> RegisterField:
        """A number that stands in a register from its bit 0 on."""
        word = reset & (1 << format.word_length) - 1
        high, signed, fraction_length = format.word_length - 1, format.signed, format.fraction_length
        return cls(address, high, 0, word, meaning, name, **others, signed=signed, fraction_length=fraction_length)

    @property
    def mask(self) -> int:
        """Its bits as ones."""
        return (1 << self.high + 1) - (1 << self.low)

    @property
    def bits(self) -> str:
        return str(self.low) if self.high == self.low else f"{self.high}…{self.low}"

    @property
    def addresses(self) -> str:
        """Where they stand, in words."""
        return str(self.address) if self.count == 1 else f"{self.address} + {self.stride} n, n = 0 to {self.count - 1}"


def vhdl_type(port: Port) -> str:
    """Type of a port in VHDL."""
    return "std_logic" if port.width is None else f"std_logic_vector({port.width - 1} downto 0)"
