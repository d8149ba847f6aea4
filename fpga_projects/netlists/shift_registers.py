"""Long shift registers in memory, as Quartus places them.

Quartus replaces shift registers that are read at their end alone, or at equally spaced taps, by the megafunction ``altshift_taps``: an M4K
that is written and read at one address, and a counter that is that address. Its reports print it: 128 words of 36 bits are 126 x 36 bits
of memory and 11 logic elements, 24,001 of 16 bits are 23,999 x 16 bits, 96 blocks, and 96 logic elements.

References
----------
Intel, "Quartus Prime Standard Edition User Guide: Design Recommendations" (683323), "Inferring Shift Registers in HDL Code".
"""

from collections import defaultdict
from dataclasses import dataclass
from itertools import count, pairwise

from fpga_projects.netlists.netlist import Bit, Cell, Netlist

SHORTEST = 3
"""Registers between two taps, at least."""
FEWEST_BITS = {"one bit": 64, "words": 32}
"""Registers of a shift register of one bit, and of one of several, that are worth a memory."""
INSIDE_THE_MEMORY = 2
"""Stages that are the memory's own registers, at its ports."""
SHAPES = {1: 4096, 2: 2048, 4: 1024, 9: 512, 18: 256, 36: 128}
"""Words of an M4K by their width."""


@dataclass(frozen=True)
class _Group:
    """Shift registers of one length, clock, enable and clear: their cells by the net that enters, each once."""

    depth: int
    cells: tuple[Cell, ...]

    @property
    def in_memory(self) -> bool:
        """Whether Quartus replaces it."""
        return in_memory(self.depth, len(self.cells))


def in_memory(depth: int, width: int) -> bool:
    """Whether Quartus puts a shift register of so many registers and bits into memory."""
    return depth >= SHORTEST and depth * width >= FEWEST_BITS["one bit" if width == 1 else "words"]


def words_of(depth: int) -> int:
    """Words that a shift register takes in memory.

    Some stages are the memory's own registers; one word would be written and read at one place, so that the shortest has three.
    """
    return SHORTEST if depth == SHORTEST else depth - INSIDE_THE_MEMORY


def place_shift_registers(netlist: Netlist) -> None:
    """Turn every shift register of a netlist into memory and counter, or back into registers, as Quartus would."""
    chains = list(netlist.of_kind("shift register"))
    if not chains:
        return
    fresh = count(1 + max(bit for cell in netlist.cells for bit in (*cell.data, *cell.outputs) if isinstance(bit, int)))
    kept = [cell for cell in netlist.cells if cell.kind != "shift register"] + _behind_arithmetic(netlist, chains, fresh)
    twins, groups = _grouped(chains)
    for group in groups:
        kept += _memory(netlist, group, fresh) if group.in_memory else _registers(netlist, group, fresh)
    for cell in kept:
        cell.data = [twins.get(bit, bit) for bit in cell.data]
        cell.control = {pin: twins.get(bit, bit) for pin, bit in cell.control.items()}
    netlist.outputs = {name: [twins.get(bit, bit) for bit in bits] for name, bits in netlist.outputs.items()}
    netlist.cells = kept
    netlist.index()


def _behind_arithmetic(netlist: Netlist, chains: list[Cell], fresh: "count[int]") -> list[Cell]:
    """First registers of the shift registers that a carry chain or a multiplier feeds: they stay with it, and the rest is one shorter."""
    made = []
    for cell in chains:
        feeder = netlist.driver.get(cell.data[0])
        if feeder is None or netlist.cells[feeder].kind not in ("carry", "multiplier"):
            continue
        between: Bit = next(fresh)
        made.append(Cell("register", cell.name, "$_DFFE_PP_", [cell.data[0]], [between], dict(cell.control)))
        if cell.outputs[0] in netlist.names:
            netlist.names[between] = netlist.names[cell.outputs[0]]
        cell.data = [between]
        cell.parameters = {**cell.parameters, "DEPTH": f"{int(cell.parameters['DEPTH'], 2) - 1:b}"}
    return made


def _grouped(chains: list[Cell]) -> tuple[dict[Bit, Bit], list[_Group]]:
    """Groups of shift registers, and for what leaves a second one with the same input what leaves the first."""
    alike: dict[tuple, dict[Bit, Cell]] = defaultdict(dict)
    twins: dict[Bit, Bit] = {}
    for cell in chains:
        depth = int(cell.parameters["DEPTH"], 2)
        first = alike[depth, *sorted(cell.control.items())].setdefault(cell.data[0], cell)
        if first is not cell:
            twins[cell.outputs[0]] = first.outputs[0]
    return twins, [_Group(key[0], tuple(cells.values())) for key, cells in alike.items()]


def _registers(netlist: Netlist, group: _Group, fresh: "count[int]") -> list[Cell]:
    """The registers of a group that stays what it is; every stage has the name, and so the activity, of the last."""
    made = []
    for cell in group.cells:
        stages: list[Bit] = [cell.data[0], *(next(fresh) for _ in range(group.depth - 1)), cell.outputs[0]]
        if cell.outputs[0] in netlist.names:
            netlist.names |= dict.fromkeys(stages[1:], netlist.names[cell.outputs[0]])
        made += [Cell("register", cell.name, "$_DFFE_PP_", [d], [q], control=dict(cell.control)) for d, q in pairwise(stages)]
    return made


def _memory(netlist: Netlist, group: _Group, fresh: "count[int]") -> list[Cell]:
    """Memory blocks, address counter and, where the words take several rows of blocks, decoder and multiplexers."""
    first = group.cells[0]
    # Where words stand beside the memory's own registers, one address serves both ports; the shortest has a counter for each.
    ports, words = 2 if group.depth == SHORTEST else 1, words_of(group.depth)
    control: dict[str, Bit] = {pin: bit for pin, bit in first.control.items() if isinstance(bit, int)}
    name = _free_name(netlist, netlist.name_of(first.outputs[0]).partition("[")[0].lstrip("$"))
    netlist.memories[name] = words * len(group.cells)
    width = min(SHAPES, key=lambda wide: (-(-words // SHAPES[wide]), -(-len(group.cells) // wide)))
    rows = -(-words // SHAPES[width])
    counters = [_counter(f"{name}.address", words, control, fresh) for _ in range(ports)]
    cells, address = [cell for made, _ in counters for cell in made], counters[0][1]
    inside = (SHAPES[width] - 1).bit_length()
    low, high = address[:inside], address[inside:]
    reading = counters[-1][1][:inside]
    enable: list[Bit] = [control["enable"]] if "enable" in control else []
    writes: list[list[Bit]] = [enable or ["1"]] * rows
    if rows > 1:
        for row in range(rows):
            wanted = [(bit, row >> place & 1) for place, bit in enumerate(high)] + [(bit, 1) for bit in enable]
            decoder, found = _all_of(f"{name}.row", wanted, fresh)
            cells += decoder
            writes[row] = [found]
    chosen: list[Bit] = [next(fresh) for _ in high]
    cells += [Cell("register", f"{name}.row", "$_DFFE_PP_", [d], [q], dict(control)) for d, q in zip(high, chosen, strict=True)]
    for column, at in enumerate(range(0, len(group.cells), width)):
        members = group.cells[at : at + width]
        read: list[list[Bit]] = [[cell.outputs[0] if rows == 1 else next(fresh) for cell in members] for _ in range(rows)]
        for row, outputs in enumerate(read):
            pins = [*low, *(cell.data[0] for cell in members), *writes[row], *reading, *(enable or ["1"])]
            clocks = {"w_clk": first.control["clock"], "r_clk": first.control["clock"]}
            cells.append(Cell("memory", f"{name}.{row}.{column}", "M4K_SIMPLE", pins, outputs, clocks))
        if rows > 1:
            for bits, cell in zip(zip(*read, strict=True), members, strict=True):
                multiplexer = _multiplexer(f"{name}.read", list(bits), chosen, fresh)
                multiplexer[-1].outputs = [cell.outputs[0]]
                cells += multiplexer
    return cells


def _free_name(netlist: Netlist, name: str) -> str:
    """A name that no memory has."""
    return next(free for number in count() if (free := f"{name}_{number}" if number else name) not in netlist.memories)


def _counter(name: str, modulus: int, control: dict[str, Bit], fresh: "count[int]") -> tuple[list[Cell], list[Bit]]:
    """An address from 0 to `modulus` - 1: a carry chain, and unless it wraps by itself a carry out and a comparison that clear it.

    Of 4, 5 and 7 bits it takes 7, 8 and 11 logic elements, as reports print; of 15 bits 21, of which they print 22.
    """
    width = max(1, (modulus - 1).bit_length())
    address: list[Bit] = [next(fresh) for _ in range(width)]
    sums: list[Bit] = [next(fresh) for _ in range(width)]
    carry: list[Bit] = ["1", *(next(fresh) for _ in range(width))]
    zero: list[Bit] = ["0"]
    cells = [Cell("carry", name, "LE_CARRY", [address[i], *zero, carry[i]], [sums[i], carry[i + 1]]) for i in range(width)]
    if modulus != 1 << width:
        beyond = next(fresh)
        cells.append(Cell("carry", name, "LE_CARRY", [*zero, *zero, carry[width]], [beyond, "x"]))
        wanted = [(bit, modulus - 1 >> place & 1) for place, bit in enumerate(address)]
        comparison, last = _all_of(name, [*wanted, (beyond, 0)], fresh)
        cells += comparison
        control = {**control, "sync_clear": last}
    cells += [Cell("register", name, "$_DFFE_PP_", [d], [q], dict(control)) for d, q in zip(sums, address, strict=True)]
    return cells, address


def _all_of(name: str, wanted: list[tuple[Bit, int]], fresh: "count[int]") -> tuple[list[Cell], Bit]:
    """LUTs that tell whether every one of several nets has its value."""
    cells: list[Cell] = []
    pending = list(wanted)
    while len(pending) > 1 or not cells:
        taken, pending = pending[:4], pending[4:]
        found = next(fresh)
        table = 1 << sum(value << place for place, (_, value) in enumerate(taken))
        cells.append(Cell("lut", name, "$lut", [bit for bit, _ in taken], [found], table=table))
        pending.append((found, 1))
    return cells, pending[0][0]


def _multiplexer(name: str, inputs: list[Bit], selects: list[Bit], fresh: "count[int]") -> list[Cell]:
    """LUTs that choose one of several nets, the last one's output. Four take two: the second uses what the first chose."""
    cells: list[Cell] = []

    def lut(data: list[Bit], table: int) -> Bit:
        cells.append(Cell("lut", name, "$lut", data, [next(fresh)], table=table))
        return cells[-1].outputs[0]

    while len(inputs) > 1:
        next_inputs = []
        for at in range(0, len(inputs), 4):
            match inputs[at : at + 4]:
                case [a, b, c, d]:
                    next_inputs.append(lut([c, d, lut([a, b, *selects[:2]], 0xF0CA), selects[1]], 0xCAF0))
                case [a, b, c]:
                    next_inputs.append(lut([lut([a, b, selects[0]], 0xCA), c, selects[1]], 0xCA))
                case [a, b]:
                    next_inputs.append(lut([a, b, selects[0]], 0xCA))
                case [a]:
                    next_inputs.append(a)
        inputs, selects = next_inputs, selects[2:]
    return cells
