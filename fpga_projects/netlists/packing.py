"""How many logic elements a mapped netlist takes.

A Cyclone II logic element is a 4-input LUT (or one bit of a carry chain) and a register that can be used together or apart. Two things
decide the count beyond the number of LUTs:

* *Control signals.* A register has a clock enable, an asynchronous clear, a synchronous clear and a synchronous load (2:1 multiplexer
  before D) that cost nothing but a place among its LAB's control signals. Logic that only gates or replaces D moves into them.
* *Sharing.* A register lives in the element of the LUT that feeds it. A register fed from outside the logic (a pin, a memory, a
  multiplier), or by logic whose element is another register's (the words of a register file), can enter through the third data input of
  an element whose LUT reads the register's own output, because the feedback then frees that input. A register behind a register does
  not. On most of the part's own operators this rule alone gives Quartus's count (see docs/estimates.md).
* *Latches.* A latch is a LUT that reads its own output and its enable, and has room for two more inputs: a small LUT before it goes in.
"""

from collections import defaultdict
from dataclasses import dataclass
from itertools import count

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_bipartite_matching

from fpga_projects.netlists.netlist import Bit, Cell, Netlist
from fpga_projects.netlists.synchronous_clears import release_clears

ELEMENTS_OF_EMULATION = 3
"""LUTs beside a register that is both set and cleared, or loaded, without a clock, which the part has not: a latch, a LUT before the
register and one behind it (Quartus' warning 13310; a public report has eleven such registers)."""
LAB = 16
"""Logic elements of a LAB."""
SHARED_IN_A_LAB = 9
"""Elements of a LAB full of one carry chain that also take a register which nothing else reads. On the part, ternary sums of 16, 32 and 64
bits leave 7, 14 and 28 registers apart, comparisons 6, 13 and 27, and neither of 8 bits any. A register that is read elsewhere too, as in a
maximum, always fits."""
SMALLEST_CONTROL_GROUP = 3
"""Registers that must share a clear or load before a LAB-wide signal is spent on it; reports of public designs show 4 and up."""


INPUTS_OF_LATCH = 3
"""Of a LUT's four, what its own output leaves to a latch."""


@dataclass(frozen=True)
class Packing:
    """Logic elements of a netlist.

    Attributes
    ----------
    logic_elements, combinational, registers, carry_elements : int
        All elements; those whose LUT is used; those whose register is used; those in arithmetic mode.
    element_of : dict
        Index of a register cell to the index of the LUT or carry cell that it shares an element with.
    """

    logic_elements: int
    combinational: int
    registers: int
    carry_elements: int
    element_of: dict[int, int]


def pack(netlist: Netlist, feedback: bool = True) -> Packing:
    """Place registers into the elements of LUTs and count elements.

    Parameters
    ----------
    netlist : Netlist
    feedback : bool
        Whether registers that no LUT of their own feeds move in with a LUT that reads them. Quartus 13 does so, on Cyclone II and III;
        reports of later versions show next to none of it.
    """
    is_comb = [cell.kind in ("lut", "carry", "latch") for cell in netlist.cells]
    element_of: dict[int, int] = {}
    taken: set[int] = set()
    loose: list[int] = []
    for i, cell in enumerate(netlist.cells):
        if cell.kind != "register":
            continue
        feeder = netlist.driver.get(cell.data[0])
        if feeder is not None and is_comb[feeder] and feeder not in taken and netlist.cells[feeder].outputs[0] == cell.data[0]:
            element_of[i] = feeder
            taken.add(feeder)
        else:
            loose.append(i)
    if feedback:
        element_of.update(_feedback_pairs(netlist, loose, is_comb, taken))
    emulated = sum(
        "async_load" in cell.control or {"async_set", "async_clear"} <= set(cell.control) for cell in netlist.of_kind("register")
    )
    combinational = sum(is_comb) + ELEMENTS_OF_EMULATION * emulated
    registers = sum(cell.kind == "register" for cell in netlist.cells)
    carry = sum(cell.kind == "carry" for cell in netlist.cells)
    return Packing(combinational + registers - len(element_of), combinational, registers, carry, element_of)


def _feedback_pairs(netlist: Netlist, loose: list[int], is_comb: list[bool], taken: set[int]) -> dict[int, int]:
    """The largest pairing of registers, fed by anything but another register, with free LUTs that read them."""
    rows, columns = [], []
    for row, i in enumerate(loose):
        feeder = netlist.driver.get(netlist.cells[i].data[0])
        if feeder is not None and netlist.cells[feeder].kind == "register":
            continue
        for sink in set(netlist.sinks.get(netlist.cells[i].outputs[0], ())):
            if is_comb[sink] and sink not in taken:
                rows.append(row)
                columns.append(sink)
    if not rows:
        return {}
    graph = csr_array((np.ones(len(rows), dtype=np.int8), (rows, columns)), shape=(len(loose), len(netlist.cells)))
    match = maximum_bipartite_matching(graph, perm_type="column")
    return _within_labs(netlist, {loose[row]: int(column) for row, column in enumerate(match) if column >= 0})


def _within_labs(netlist: Netlist, pairs: dict[int, int]) -> dict[int, int]:
    """The pairs of registers and LUTs for which the LABs of carry chains have room."""
    lab_of = _labs_of_chains(netlist)
    used: dict[tuple[int, int], int] = defaultdict(int)
    kept = {}
    for register, element in pairs.items():
        lab = lab_of.get(element)
        if lab is not None and len(netlist.sinks[netlist.cells[register].outputs[0]]) == 1:
            used[lab] += 1
            if used[lab] > SHARED_IN_A_LAB:
                continue
        kept[register] = element
    return kept


def _labs_of_chains(netlist: Netlist) -> dict[int, tuple[int, int]]:
    """Of each carry element its chain, by the first element, and which of the chain's LABs it is in."""
    following: dict[int, int] = {}
    first = []
    for i, cell in enumerate(netlist.cells):
        if cell.kind == "carry":
            before = netlist.driver.get(cell.data[2])
            if before is not None and netlist.cells[before].kind == "carry" and netlist.cells[before].outputs[1] == cell.data[2]:
                following[before] = i
            else:
                first.append(i)
    labs = {}
    for start in first:
        element: int | None = start
        for place in count():
            if element is None:
                break
            labs[element] = (start, place // LAB)
            element = following.get(element)
    return labs


# --- what becomes part of something else -----------------------------------------------------------------------------------------------


def absorb(netlist: Netlist) -> None:
    """Move into registers, latches and multipliers what takes no logic element of its own there."""
    absorb_controls(netlist)
    release_clears(netlist)
    absorb_into_latches(netlist)
    absorb_multiplier_registers(netlist)


def absorb_into_latches(netlist: Netlist) -> None:
    """Move a LUT of up to two inputs that feeds nothing but a latch into the latch's own LUT, beside its enable and its feedback."""
    kept = netlist.output_bits() | set(netlist.control_bits())
    removed: set[int] = set()
    for latch in netlist.of_kind("latch"):
        for bit in list(latch.data):
            feeder = netlist.driver.get(bit)
            if feeder is None or netlist.cells[feeder].kind != "lut" or bit in kept or len(netlist.sinks.get(bit, ())) != 1:
                continue
            inputs = [b for b in dict.fromkeys([*latch.data, *netlist.cells[feeder].data]) if b != bit and isinstance(b, int)]
            if len(inputs) <= INPUTS_OF_LATCH:
                latch.data = list(inputs)
                removed.add(feeder)
    netlist.cells = [cell for i, cell in enumerate(netlist.cells) if i not in removed]
    netlist.index()


# --- registers into multipliers ------------------------------------------------------------------------------------------------------


def absorb_multiplier_registers(netlist: Netlist) -> None:
    """Turn registers at the ports of embedded multipliers into the multipliers' own.

    An operand's register goes in when it feeds nothing but multipliers, the product's when it is all that the product feeds. A
    multiplier's registers have no synchronous clear; those with an asynchronous one stayed outside on the part's own operators.
    """
    leaving = netlist.output_bits() | set(netlist.control_bits())

    def plain(index: int | None) -> bool:
        if index is None or netlist.cells[index].kind != "register":
            return False
        return not {"sync_clear", "sync_load", "async_clear"} & set(netlist.cells[index].control)

    for cell in list(netlist.of_kind("multiplier")):
        width = len(cell.data) // 2
        for operand in (cell.data[:width], cell.data[width:]):
            drivers = {netlist.driver.get(bit) for bit in operand if isinstance(bit, int)}
            wanted = [i for i in drivers if i is not None]
            if len(wanted) != len(drivers) or not wanted or not all(plain(i) for i in wanted):
                continue
            own = all(
                all(netlist.cells[s].kind == "multiplier" for s in netlist.sinks.get(netlist.cells[i].outputs[0], ()))
                and netlist.cells[i].outputs[0] not in leaving
                for i in wanted
            )
            if own and len({tuple(sorted(netlist.cells[i].control.items())) for i in wanted}) == 1:
                for i in wanted:
                    netlist.cells[i].kind = "multiplier register"
        read = [bit for bit in cell.outputs if bit in netlist.sinks or bit in leaving]
        readers = [netlist.sinks.get(bit, []) for bit in read]
        if read and all(len(r) == 1 and plain(r[0]) for r in readers) and not leaving & set(read):
            registers = [r[0] for r in readers]
            if len({tuple(sorted(netlist.cells[i].control.items())) for i in registers}) == 1:
                for i in registers:
                    netlist.cells[i].kind = "multiplier register"


# --- logic into control signals ------------------------------------------------------------------------------------------------------


def absorb_controls(netlist: Netlist) -> None:
    """Move logic that gates or replaces a register's data into its synchronous clear and load.

    A register's last LUT goes when it only chooses between the signal ``x`` that reaches it, zero, and one other signal; what chooses
    becomes one LUT per group of registers with the same choice.
    """
    leaving = netlist.output_bits()
    controls = netlist.control_bits()

    def single(bit: Bit) -> bool:
        return len(netlist.sinks.get(bit, ())) == 1 and bit not in leaving and bit not in controls

    groups: dict[tuple, list[tuple[int, Bit, Bit | None]]] = defaultdict(list)
    for i, cell in enumerate(netlist.cells):
        if cell.kind != "register":
            continue
        last = netlist.driver.get(cell.data[0])
        if last is None or netlist.cells[last].kind != "lut" or not single(cell.data[0]):
            continue
        choice = _as_choice(netlist, netlist.cells[last], single, may_clear="sync_clear" not in cell.control)
        if choice is not None:
            x, other, signature = choice
            key = (tuple(sorted(cell.control.items(), key=str)), signature)
            groups[key].append((i, x, other))

    removed: set[int] = set()
    added: list[Cell] = []
    next_bit = 1 + max((bit for cell in netlist.cells for bit in (*cell.data, *cell.outputs) if isinstance(bit, int)), default=0)
    for (_, (selects, clears, loads)), members in groups.items():
        if len(members) < SMALLEST_CONTROL_GROUP:
            continue
        for what, function in (("sync_clear", clears), ("sync_load", loads)):
            if function == 0:
                continue
            bit: Bit = selects[0]
            if len(selects) > 1:
                bit = next_bit
                next_bit += 1
                owner = netlist.cells[members[0][0]]
                added.append(Cell("lut", owner.name, "$lut", list(selects), [bit], table=function, instance=owner.instance))
            for i, _, _ in members:
                netlist.cells[i].control[what] = bit
        for i, x, other in members:
            removed.add(netlist.driver[netlist.cells[i].data[0]])
            netlist.cells[i].data = [x] if other is None else [x, other]
    netlist.cells = [cell for i, cell in enumerate(netlist.cells) if i not in removed] + added
    netlist.index()


def _as_choice(netlist: Netlist, lut: Cell, single, may_clear: bool):
    """``(x, other, (selects, clears, loads))`` when a LUT passes x, zero or one other input as its remaining inputs say.

    x must come from a LUT or carry element that feeds nothing else, so that the register can move into that element.
    """
    n = len(lut.data)
    for position, x in enumerate(lut.data):
        feeder = netlist.driver.get(x)
        if feeder is None or netlist.cells[feeder].kind not in ("lut", "carry") or not single(x) or netlist.cells[feeder].outputs[0] != x:
            continue
        for other in [None, *[p for p in range(n) if p != position]]:
            selects = [p for p in range(n) if p not in (position, other)]
            if not selects:
                continue
            clears = loads = 0
            fits = True
            for chosen in range(1 << len(selects)):
                base = sum(((chosen >> k) & 1) << p for k, p in enumerate(selects))
                places = [base | (vx << position) | (0 if other is None else vo << other) for vo in (0, 1) for vx in (0, 1)]
                seen = [(lut.table >> place) & 1 for place in places]
                if seen == [0, 1, 0, 1]:
                    continue
                if seen == [0, 0, 0, 0] and may_clear:
                    clears |= 1 << chosen
                elif seen == [0, 0, 1, 1] and other is not None:
                    loads |= 1 << chosen
                else:
                    fits = False
                    break
            if fits and (clears or loads) and (other is None or loads):
                return x, None if other is None else lut.data[other], (tuple(lut.data[p] for p in selects), clears, loads)
    return None
