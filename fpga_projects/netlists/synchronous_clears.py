"""Which registers get the synchronous clear of their LAB, and what the others have instead.

Where a LUT or an element of a chain feeds nothing but a register, the clear saves the LUT that would gate it. Where a register, a pin, or
what others read too comes in, a LUT gates it, one for all registers of the same data and clear, and the register shares its element: of the
105 registers of `lab4_adders_toplevel` (RicciZ, RishiGit) the 32 behind pins have none and the 17 behind sums have it, of `multiplier32`
(nathan-gardner) 32 of 64, of `lab5` and `lab6` in ECE385 none of the register files behind a bus.

A counter that goes to zero after N could be cleared by its registers' synchronous clear. Quartus does not: where the count is N, the sum
behind it is N + 1, whose bits that are 0 need nothing; those that are 1 get a LUT between the chain and the register. Reports of such
designs have no register with a synchronous clear (``pwm`` and ``hello_world`` of MichaelPatrickMcGuireJr, ``Jogo`` of AlanLudke), and a
counter to 25,000,000 of 26 bits has 49 elements: a chain of 26, 13 LUTs for the bits of N + 1, nine that compare, and what follows.
Where the counter waits for an enable but starts again without one, the sum decides nothing and the clear is used (24 registers of
`tick_200ms` in dcrystalj's `up_down_counter`).
"""

from __future__ import annotations

from fpga_projects.netlists.netlist import Bit, Cell, Netlist

GATED = 0b0010
"""Table of a LUT that passes its first input while the second is 0."""

DEEPEST = 8
"""LUTs in a row through which a clear is followed back to what it asks of the counter."""


def release_clears(netlist: Netlist) -> None:
    """Take the synchronous clear from registers for which Quartus does not use it, and gate their data instead."""
    _release_counters(netlist)
    _release_shared(netlist)


def _release_shared(netlist: Netlist) -> None:
    """Gate what comes to a register from a pin, a register, or logic that others read too, once for all that it comes to."""
    leaving = netlist.output_bits() | set(netlist.control_bits())
    following = _next_bit(netlist)
    gated: dict[tuple[Bit, Bit], Bit] = {}
    for cell in list(netlist.of_kind("register")):
        clear, bit = cell.control.get("sync_clear"), cell.data[0]
        if clear is None or "sync_load" in cell.control:
            continue
        feeder = netlist.driver.get(bit)
        alone = len(netlist.sinks.get(bit, ())) == 1 and bit not in leaving
        if alone and feeder is not None and netlist.cells[feeder].kind in ("lut", "carry"):
            continue
        del cell.control["sync_clear"]
        if isinstance(bit, str):
            cell.data = [clear]
            continue
        if (bit, clear) not in gated:
            gated[bit, clear] = following
            netlist.cells.append(Cell("lut", cell.name, "$lut", [bit, clear], [following], table=GATED, instance=cell.instance))
            following += 1
        cell.data = [gated[bit, clear]]
    netlist.index()


def _next_bit(netlist: Netlist) -> int:
    return 1 + max((bit for cell in netlist.cells for bit in (*cell.data, *cell.outputs) if isinstance(bit, int)), default=0)


def _release_counters(netlist: Netlist) -> None:
    """Turn the synchronous clear of registers behind a chain, whose sum is known when they are cleared, into LUTs where it is 1."""
    sums: dict[Bit, dict[Bit, int]] = {}
    following = _next_bit(netlist)
    added: list[Cell] = []
    for cell in netlist.of_kind("register"):
        clear, bit = cell.control.get("sync_clear"), cell.data[0]
        driver = netlist.driver.get(bit)
        if clear is None or "sync_load" in cell.control or driver is None or netlist.cells[driver].kind != "carry":
            continue
        if clear not in sums:
            sums[clear] = implied(netlist, clear, 1)
        value = _sum_under(netlist, driver, sums[clear])
        if value is None or (cell.type.startswith("$_SDFFE_") and isinstance(cell.control.get("enable"), int)):
            continue
        del cell.control["sync_clear"]
        if value:
            added.append(Cell("lut", cell.name, "$lut", [bit, clear], [following], table=GATED, instance=cell.instance))
            cell.data = [following]
            following += 1
    if added or sums:
        netlist.cells += added
        netlist.index()


def implied(netlist: Netlist, bit: Bit, value: int, depth: int = DEEPEST) -> dict[Bit, int]:
    """What nets must be when one has a value, as far as single LUTs behind it decide."""
    found = {bit: value}
    driver = netlist.driver.get(bit)
    if driver is None or netlist.cells[driver].kind != "lut" or not depth:
        return found
    lut = netlist.cells[driver]
    places = [place for place in range(1 << len(lut.data)) if (lut.table >> place) & 1 == value]
    for position, source in enumerate(lut.data):
        seen = {(place >> position) & 1 for place in places}
        if len(seen) == 1:
            found |= implied(netlist, source, seen.pop(), depth - 1)
    return found


def _sum_under(netlist: Netlist, element: int, known: dict[Bit, int]) -> int | None:
    """Output of an element of a chain when some nets are known; None where they do not decide it."""
    row = []
    at: int | None = element
    while at is not None and netlist.cells[at].kind == "carry":
        row.append(netlist.cells[at])
        at = netlist.driver.get(row[-1].data[2])
    carry = _value(row[-1].data[2], known)
    total: int | None = None
    for cell in reversed(row):
        a, b = _value(cell.data[0], known), _value(cell.data[1], known)
        if cell.type != "LE_CARRY" or a is None or b is None or carry is None or int(cell.parameters.get("B_INVERTS_A", "0"), 2):
            return None
        b ^= int(cell.parameters.get("INVERT_B", "0"), 2)
        total, carry = a ^ b ^ carry, int(a + b + carry > 1)
    return total


def _value(bit: Bit, known: dict[Bit, int]) -> int | None:
    return int(bit) if bit in ("0", "1") else known.get(bit)
