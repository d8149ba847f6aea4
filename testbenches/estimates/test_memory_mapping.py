"""What goes to memory and what stays in logic: shift registers and constant tables, against figures that Quartus printed."""

from __future__ import annotations

import re

import numpy as np
import pytest
import scipy.signal

from fpga_projects.estimation.by_entity import placed_memories
from fpga_projects.estimation.price import mapped_cost
from fpga_projects.estimation.quick_estimate import blocks, memory_bits
from fpga_projects.mapping.case_tables import tables_as_memories
from fpga_projects.mapping.hdl_sources import Sources, read_sources
from fpga_projects.mapping.mapping import map_sources
from fpga_projects.netlists.netlist import Bit, Cell, Netlist
from fpga_projects.netlists.netlist_reader import read_netlist
from fpga_projects.netlists.packing import pack
from fpga_projects.netlists.shift_registers import place_shift_registers
from ip_cores.fir import Fir
from ip_cores.inventory import Inventory


def shift_registers(*shapes: tuple[int, int]) -> Netlist:
    """A netlist of nothing but shift registers, (registers, bits) each, every one with an enable of its own."""
    cells: list[Cell] = []
    inputs: dict[str, list[Bit]] = {"clk": [1]}
    outputs: dict[str, list[Bit]] = {}
    fresh = iter(range(2, 10_000))
    for number, (depth, bits) in enumerate(shapes):
        enable = next(fresh)
        inputs[f"en{number}"] = [enable]
        inputs[f"d{number}"], outputs[f"q{number}"] = [], []
        for _ in range(bits):
            d, q = next(fresh), next(fresh)
            inputs[f"d{number}"].append(d)
            outputs[f"q{number}"].append(q)
            control: dict[str, Bit] = {"clock": 1, "enable": enable}
            cells.append(Cell("shift register", "$s", "SHIFT_REGISTER", [d], [q], control, parameters={"DEPTH": f"{depth:b}"}))
    names: dict[Bit, str] = {bit: f"{port}[{i}]" for port, bits in outputs.items() for i, bit in enumerate(bits)}
    return Netlist("top", cells, inputs, outputs, names)


def cost(netlist: Netlist) -> dict[str, int]:
    packing = pack(netlist)
    return {
        "logic_elements": packing.logic_elements,
        "registers": packing.registers,
        "m4k_blocks": sum(1 for _ in netlist.of_kind("memory")),
        "memory_bits": sum(placed_memories(netlist).values()),
    }


# Quartus II 13.0 SP1 on the EP2C35, dcrystalj/quartus-project, lab12: entity altshift_taps in the fitter's hierarchy.
PRINTED = {
    (128, 36): {"logic_elements": 11, "registers": 7, "m4k_blocks": 1, "memory_bits": 4536},
    (32, 40): {"logic_elements": 8, "registers": 5, "m4k_blocks": 2, "memory_bits": 1200},
    (16, 8): {"logic_elements": 7, "registers": 4, "m4k_blocks": 1, "memory_bits": 112},
}


@pytest.mark.parametrize("shape", PRINTED)
def test_shift_register_takes_what_quartus_printed(shape):
    netlist = shift_registers(shape)
    place_shift_registers(netlist)
    assert cost(netlist) == PRINTED[shape]


def test_several_rows_of_blocks_take_what_quartus_printed():
    """24,001 words of 16 bits: 96 blocks of 4096x1, 96 logic elements with decoder and multiplexers."""
    netlist = shift_registers((24001, 16))
    place_shift_registers(netlist)
    found = cost(netlist)
    assert (found["m4k_blocks"], found["memory_bits"]) == (96, 383984)
    assert found["logic_elements"] == pytest.approx(96, rel=0.03)


# Intel, 683323: one bit from 64 registers on, words from 32 bits on, three registers apart.
@pytest.mark.parametrize(
    ("shape", "in_memory"),
    [((64, 1), True), ((63, 1), False), ((16, 2), True), ((15, 2), False), ((3, 11), True), ((3, 10), False)],
)
def test_documented_threshold(shape, in_memory):
    netlist = shift_registers(shape)
    place_shift_registers(netlist)
    depth, bits = shape
    assert (cost(netlist)["m4k_blocks"] > 0) is in_memory
    if not in_memory:
        assert cost(netlist)["registers"] == depth * bits
        assert {cell.instance for cell in netlist.cells} == {""}


def test_a_shift_register_that_stays_is_a_chain_with_its_controls_and_a_name_for_every_stage():
    netlist = shift_registers((5, 1))
    (d,), (q,) = netlist.inputs["d0"], netlist.outputs["q0"]
    place_shift_registers(netlist)
    walked = []
    while q in netlist.driver:
        cell = netlist.cells[netlist.driver[q]]
        walked.append(netlist.names[q])
        assert cell.control == {"clock": 1, "enable": netlist.inputs["en0"][0]}
        q = cell.data[0]
    assert q == d
    assert walked == ["q0[0]"] * 5


def test_bits_with_the_same_input_are_kept_once():
    """A sign extension in front of a delay line is not stored."""
    netlist = shift_registers((128, 24))
    first = netlist.cells[0].data[0]
    for cell in netlist.cells[1:7]:
        cell.data = [first]
    place_shift_registers(netlist)
    assert cost(netlist)["memory_bits"] == 126 * 18
    left = set(netlist.outputs["q0"])
    assert len(left) == 18
    assert left == {bit for cell in netlist.of_kind("memory") for bit in cell.outputs}


def settle(netlist: Netlist, values: dict) -> dict:
    """Values of all nets once LUTs and carry elements have settled; unknown inputs are 0."""
    values = {"0": 0, "1": 1, "x": 0, **values}
    for _ in range(64):
        for cell in netlist.cells:
            inputs = [values.get(bit, 0) for bit in cell.data]
            if cell.kind == "lut":
                values[cell.outputs[0]] = cell.table >> sum(v << i for i, v in enumerate(inputs)) & 1
            elif cell.kind == "carry":
                total = sum(inputs)
                values[cell.outputs[0]], values[cell.outputs[1]] = total & 1, total >> 1
        values |= {"0": 0, "1": 1, "x": 0}
    return values


def address_bits(netlist: Netlist) -> list:
    return [cell.outputs[0] for cell in netlist.of_kind("register") if "address" in cell.name]


@pytest.mark.parametrize("depth", [16, 25, 66])
def test_the_counter_runs_through_every_word_and_stands_without_enable(depth):
    netlist = shift_registers((depth, 40))
    place_shift_registers(netlist)
    state = dict.fromkeys(address_bits(netlist), 0)
    enable = netlist.inputs["en0"][0]
    seen = []
    for step in range(2 * (depth - 2)):
        seen.append(sum(value << place for place, value in enumerate(state.values())))
        values = settle(netlist, {**state, enable: step % 2})
        for cell in netlist.of_kind("register"):
            if values[cell.control["enable"]]:
                state[cell.outputs[0]] = 0 if values[cell.control.get("sync_clear", "0")] else values[cell.data[0]]
    assert seen == [step // 2 for step in range(2 * (depth - 2))]
    state = dict(zip(state, (int(bit) for bit in f"{depth - 3:b}"[::-1]), strict=True))
    values = settle(netlist, {**state, enable: 1})
    ends = [values[c.control.get("sync_clear", "0")] or 1 - values[c.data[0]] for c in netlist.of_kind("register")]
    assert all(ends), "the last word is followed by the first"


@pytest.mark.parametrize("rows", [2, 3, 5, 6, 9])
def test_rows_of_blocks_are_told_apart_when_written_and_when_read(rows):
    netlist = shift_registers((4096 * rows, 1))
    place_shift_registers(netlist)
    blocks = list(netlist.of_kind("memory"))
    assert len(blocks) == rows
    high = address_bits(netlist)[12:]
    chosen = [cell.outputs[0] for cell in netlist.of_kind("register") if "address" not in cell.name]
    for row in range(rows):
        at = {bit: row >> place & 1 for bits in (high, chosen) for place, bit in enumerate(bits)}
        for content in np.eye(rows, dtype=int):
            stored = {block.outputs[0]: int(word) for block, word in zip(blocks, content, strict=True)}
            values = settle(netlist, {**at, **stored, netlist.inputs["en0"][0]: 1})
            assert values[netlist.outputs["q0"][0]] == content[row]
            writes = [values[block.data[12 + 1]] for block in blocks]
            assert writes == [int(place == row) for place in range(rows)]


SHIFTING = """
module shifting(input clk, input clear, input [3:0] enable, input [9:0] d, output [9:0] far, output near, output tapped, output reset);
  reg [9:0] line [0:24]; reg [2:0] three; reg [80:0] long; reg [80:0] cleared; integer i;
  always @(posedge clk) begin
    line[0] <= d; for (i = 1; i < 25; i = i + 1) line[i] <= line[i-1];
    if (enable[0]) three <= {three, d[0]};
    if (enable[1]) long <= {long, d[0]};
    if (clear) cleared <= 0; else if (enable[2]) cleared <= {cleared, d[0]};
  end
  assign far = line[24] ^ {10{enable[3]}}, near = three[2], tapped = ^long, reset = cleared[80];
endmodule
"""


def test_yosys_finds_what_only_shifts():
    """25 words of 10 bits (23 x 10 bits in Quartus, Hemonel/Cyclone-III-procesado-digital); not what is short, tapped or cleared."""
    netlist = read_netlist(map_sources(Sources({"shifting.v": SHIFTING}, {}, vhdl=False), "shifting"))
    found = cost(netlist)
    assert (found["m4k_blocks"], found["memory_bits"]) == (1, 230)
    assert found["registers"] == 5 + 3 + 81 + 81
    assert netlist.fast is not None
    assert cost(netlist.fast)["memory_bits"] == 230


CONTENTS = [int(word) for word in np.random.default_rng(4).integers(0, 1 << 16, 64)]
"""Contents of a table of 64 words of 16 bits."""
WIDE = [high << 16 | low for high, low in zip(CONTENTS[:16], CONTENTS[16:32], strict=True)]


def choices(target: str, words: list[int], width: int) -> str:
    """A case statement's choices, the last as all others."""
    lines = [f'when {at} => {target} <= "{word:0{width}b}";' for at, word in enumerate(words[:-1])]
    return "\n".join([*lines, f'when others => {target} <= "{words[-1]:0{width}b}";'])


TABLES = f"""
library ieee; use ieee.std_logic_1164.all; use ieee.numeric_std.all;
entity tables is port (clk, enable: in std_logic; address: in unsigned(5 downto 0);
  registered, asynchronous, addressed: out std_logic_vector(15 downto 0); small: out std_logic_vector(31 downto 0)); end entity;
architecture rtl of tables is signal held: unsigned(5 downto 0); begin
  process (clk) begin if rising_edge(clk) then
    held <= address;
    if enable = '1' then case to_integer(address) is {choices("registered", CONTENTS, 16)} end case; end if;
    case to_integer(address(3 downto 0)) is {choices("small", WIDE, 32)} end case;
  end if; end process;
  process (address) begin case to_integer(address) is {choices("asynchronous", CONTENTS[::-1], 16)} end case; end process;
  process (held) begin case to_integer(held) is {choices("addressed", CONTENTS[1:], 16)} end case; end process;
end architecture;
"""


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    file = tmp_path_factory.mktemp("tables") / "tables.vhd"
    file.write_text(TABLES)
    return read_sources([file], "tables")


def test_a_case_statement_is_written_as_the_memory_it_is(tables):
    text = tables_as_memories(tables.verilog["design.v"])
    written: dict[str, dict[int, int]] = {}
    for name, at, word in re.findall(r"(constants_\w+)\[(\d+)\] = 16'b([01]+);", text):
        written.setdefault(name, {})[int(at)] = int(word, 2)
    wanted = [CONTENTS, CONTENTS[::-1], [*CONTENTS[1:], CONTENTS[-1]]]
    assert sorted(written.values(), key=str) == sorted((dict(enumerate(words)) for words in wanted), key=str)
    assert tables_as_memories(text) == text


def test_tables_of_1024_bits_with_a_register_are_memories(tables):
    """64 x 16 bits are M4K when the output is registered, also with an enable; 16 x 32 bits stay in logic, as in the reports.

    So does one of which the address alone is registered: 64 x 26 bits in three of them (dcrystalj/quartus-project, lab12).
    """
    netlist = read_netlist(map_sources(tables, "tables"))
    found = cost(netlist)
    assert (found["m4k_blocks"], found["memory_bits"]) == (1, 1024)
    ports = {name: {netlist.cells[netlist.driver[bit]].kind for bit in bits} for name, bits in netlist.outputs.items()}
    assert ports == {"registered": {"memory"}, "addressed": {"lut"}, "asynchronous": {"lut"}, "small": {"register"}}


@pytest.mark.parametrize("table", ["sparse", "of a range"])
def test_comparisons_with_a_few_values_are_no_table(table, tmp_path):
    some = [f'when {at * 9} => y <= "{word:016b}";' for at, word in enumerate(CONTENTS[:20])]
    if table == "of a range":
        some = [f'when {at} | {at + 64} => y <= "{word:016b}";' for at, word in enumerate(CONTENTS)]
    (tmp_path / "few.vhd").write_text(
        "library ieee; use ieee.std_logic_1164.all; use ieee.numeric_std.all;\n"
        "entity few is port (a: in unsigned(7 downto 0); y: out std_logic_vector(15 downto 0)); end entity;\n"
        "architecture rtl of few is begin process (a) begin case to_integer(a) is\n"
        + "\n".join(some)
        + '\nwhen others => y <= "0000000000000000"; end case; end process; end architecture;\n'
    )
    text = read_sources([tmp_path / "few.vhd"], "few").verilog["design.v"]
    assert "case" in text
    assert tables_as_memories(text) == text


def test_quick_estimates_put_the_same_constants_into_memory(tables):
    """Read with a register: 64 x 16 bits, and 33 words that take an address of six bits, but not 16 x 32; looked up at once: none."""
    clocked = Inventory("any", constants=((64, 16), (33, 16), (16, 32)), tables=((64, 16),), memories=((64, 8),))
    together = Inventory("any", parts=(clocked,))
    assert blocks(together) == (0, 3)
    assert memory_bits(together) == 64 * 8 + 2 * 1024
    found = cost(read_netlist(map_sources(tables, "tables")))
    assert blocks(Inventory("any", constants=((64, 16), (16, 32)), tables=((64, 16), (64, 16))))[1] == found["m4k_blocks"]


@pytest.mark.parametrize(("taps", "memories"), [(17, 1), (21, 0)])
def test_product_that_waits_for_a_tree_goes_to_memory(taps, memories):
    """Of nine products the last waits three clocks for the others' sums, of eleven two; the quick estimate knows it too."""
    core = Fir(
        coefficients=list(scipy.signal.firwin(taps, 0.3)), form="direct", pipeline="speed",
        sink="sfix14_En13", coefficient="sfix11_En10", source="sfix14_En13",
    )  # fmt: skip
    assert blocks(core.inventory)[1] == memories
    assert mapped_cost(core).m4k == memories
