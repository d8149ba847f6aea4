"""The mapped netlist as Python sees it: cells, nets and the names they have in the source.

Yosys writes the mapped design as JSON. This module reads it into flat lists, removes inverters that cost nothing on Cyclone II, and says to
which instance of the hierarchy each cell belongs.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

Bit = int | str
"""A net's number, or one of the constants ``"0"``, ``"1"``, ``"x"``."""

_REGISTER = re.compile(r"\$_(?:DFF|SDFF|SDFFC|ALDFF|DFFSR)E?_\w*_|\$_(?:S?DFFC?E?)_\w+_")
_MEMORIES = ("M4K_SIMPLE", "M4K_DUAL")
_MULTIPLIERS = ("MULTIPLIER_9", "MULTIPLIER_18")
_OUTPUT_PINS = {"Q", "Y", "S", "CO", "R_DATA", "A_RD", "B_RD"}


@dataclass
class Cell:
    """One primitive of the device.

    Attributes
    ----------
    kind : {"lut", "carry", "register", "multiplier register", "latch", "multiplier", "memory", "shift register", "other"}
    data : list of Bit
        Data inputs. Of a register its D; of a carry element A, B, the carry in and any gates of A and B; of a memory or multiplier all
        but clocks.
    outputs : list of Bit
        Of a carry element the sum and the carry out.
    control : dict
        Of a register: ``clock``, ``enable``, ``async_clear``, ``sync_clear``, ``sync_load`` (whichever exist), each a Bit.
    table : int
        Truth table of a LUT; bit n is the output for data inputs that read n (data[0] least significant).
    instance : str
        Hierarchical name of the instance that owns the cell; empty for the top.
    """

    kind: str
    name: str
    type: str
    data: list[Bit]
    outputs: list[Bit]
    control: dict[str, Bit] = field(default_factory=dict)
    table: int = 0
    parameters: dict[str, str] = field(default_factory=dict)
    instance: str = ""


@dataclass
class Netlist:
    """A flat netlist with its names.

    Attributes
    ----------
    driver : dict
        Net to the index of the cell that drives it; a net without one is an input port.
    sinks : dict
        Net to the indices of the cells that read it as data, once per pin.
    names : dict
        Net to its name in the source, where it has one.
    instances : dict
        Hierarchical instance name to the entity it is of.
    memories : dict
        Memory of the source to its bits; the name of an M4K cell starts with that of its memory.
    remarks : tuple of str
        What was said about the design while it was mapped.
    fast : Netlist, optional
        The same design mapped for speed instead of size.
    """

    top: str
    cells: list[Cell]
    inputs: dict[str, list[Bit]]
    outputs: dict[str, list[Bit]]
    names: dict[Bit, str]
    instances: dict[str, str] = field(default_factory=dict)
    memories: dict[str, int] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    fast: "Netlist | None" = None
    driver: dict[Bit, int] = field(default_factory=dict)
    sinks: dict[Bit, list[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.index()

    def index(self) -> None:
        """Rebuild `driver` and `sinks` after cells have changed."""
        self.driver = {bit: i for i, cell in enumerate(self.cells) for bit in cell.outputs if isinstance(bit, int)}
        self.sinks = {}
        for i, cell in enumerate(self.cells):
            for bit in cell.data:
                if isinstance(bit, int):
                    self.sinks.setdefault(bit, []).append(i)

    def output_bits(self) -> set[Bit]:
        """Nets that leave through an output port."""
        return {bit for bits in self.outputs.values() for bit in bits if isinstance(bit, int)}

    def control_bits(self) -> Counter[Bit]:
        """Nets that reach control pins of registers, with how many registers each."""
        return Counter(bit for cell in self.cells for bit in cell.control.values() if isinstance(bit, int))

    def of_kind(self, *kinds: str) -> Iterable[Cell]:
        """Cells of the given kinds."""
        return (cell for cell in self.cells if cell.kind in kinds)

    def name_of(self, bit: Bit) -> str:
        """Name of a net in the source, or of what its driver belongs to."""
        if bit in self.names:
            return self.names[bit]
        owner = self.driver.get(bit)
        return self.cells[owner].name if owner is not None else str(bit)


