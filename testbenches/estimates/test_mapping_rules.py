"""Rules by which designs of others are read and mapped: what Quartus is known to do, and that the arithmetic stays right."""

import subprocess
from pathlib import Path

import pytest

from fpga_projects.device import load_device
from fpga_projects.estimation.by_entity import placed_memories
from fpga_projects.mapping import add_subtract, mapping
from fpga_projects.mapping.dialects import smooth_netlist, smooth_verilog, smooth_vhdl
from fpga_projects.mapping.hdl_sources import Sources, read_sources
from fpga_projects.netlists.netlist import Netlist
from fpga_projects.netlists.netlist_reader import read_netlist
from fpga_projects.netlists.packing import absorb, pack
from fpga_projects.netlists.timing import analyse
from fpga_projects.validation.characterised_operators import characterised, operator_verilog
from fpga_projects.validation.checks import Check, design_figures, operator_figures
from fpga_projects.validation.validation_report import tables
from testbenches.engines.yosys import find_yosys


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Results of other versions of the recipe must not answer."""
    monkeypatch.setenv("OSSICLE_CACHE", str(tmp_path_factory.getbasetemp() / "mapping_rules"))


def mapped(text: str, top: str = "t", suffix: str = "v") -> Netlist:
    return read_netlist(mapping.map_sources(Sources({f"design.{suffix}": text}, {}, vhdl=False), top), top)


def count(netlist: Netlist, kind: str) -> int:
    return sum(1 for _ in netlist.of_kind(kind))


CHOICE = "module t(input [7:0] a, b, input s, output [7:0] y); assign y = s ? {0} : {1}; endmodule"


@pytest.mark.parametrize(("first", "second"), [("a - b", "a + b"), ("a + b", "a - b")])
def test_sum_or_difference_is_one_chain(first: str, second: str) -> None:
    """An element a bit, and one by which the choice enters the chain."""
    assert count(mapped(CHOICE.format(first, second)), "carry") == 8 + 1


@pytest.mark.parametrize("order", [0, 1])
def test_adder_subtractor_adds_and_subtracts(order: int, tmp_path: Path) -> None:
    for name, text in add_subtract.rules().items():
        (tmp_path / name).write_text(text)
    (tmp_path / "t.v").write_text(CHOICE.format(*(("a + b", "a - b") if order else ("a - b", "a + b"))))
    cases = [(5, 3, 0), (5, 3, 1), (3, 5, 1), (255, 255, 0), (0, 255, 1), (128, 128, 1)]
    evaluations = "".join(f"tee -a found.txt eval -set a 8'd{a} -set b 8'd{b} -set s 1'd{s} -show y t\n" for a, b, s in cases)
    script = "read_verilog t.v\nproc\nextract -constports -map find_add_subtract.v\ntee -o cells.txt stat\n"
    (tmp_path / "t.ys").write_text(f"{script}techmap -map build_add_subtract.v\n{evaluations}")
    subprocess.run([find_yosys(), "-q", "-s", "t.ys"], cwd=tmp_path, check=True, timeout=120)
    assert "__add_subtract_8_" in (tmp_path / "cells.txt").read_text()
    words = [int(line.rsplit("'", 1)[1].rstrip("."), 2) for line in (tmp_path / "found.txt").read_text().splitlines() if "= " in line]
    assert words == [(a + (b if bool(order) == bool(s) else -b)) % 256 for a, b, s in cases]


def test_latches_of_vhdl_stay_latches(tmp_path: Path) -> None:
    """One element each: enable, feedback and up to two inputs fit into its LUT."""
    (tmp_path / "keep.vhd").write_text(
        "library ieee; use ieee.std_logic_1164.all;\n"
        "entity keep is port (e : in std_logic; a, b : in std_logic_vector(3 downto 0); q : out std_logic_vector(3 downto 0)); end;\n"
        "architecture a of keep is begin process (e, a, b) begin if e = '1' then q <= a xor b; end if; end process; end;\n"
    )
    netlist = mapping.map_design([tmp_path / "keep.vhd"], "keep")
    assert count(netlist, "latch") == 4
    absorb(netlist)
    assert pack(netlist).logic_elements == 4


def test_register_that_is_set_and_cleared_without_a_clock_is_emulated() -> None:
    text = (
        "module t(input c, s, r, d, output reg q);\n"
        "  always @(posedge c, posedge s, posedge r) if (r) q <= 0; else if (s) q <= 1; else q <= d;\nendmodule\n"
    )
    netlist = mapped(text)
    absorb(netlist)
    assert pack(netlist).registers == 1
    assert 4 <= pack(netlist).logic_elements <= 6


def test_words_of_a_register_file_share_elements_with_their_readers() -> None:
    text = (
        "module t(input clk, input [1:0] w, r, input [7:0] a, b, output [7:0] y); reg [7:0] word [0:3];\n"
        "  always @(posedge clk) word[w] <= a ^ b; assign y = word[r];\nendmodule\n"
    )
    netlist = mapped(text)
    absorb(netlist)
    packing = pack(netlist)
    assert packing.registers == 32
    assert packing.logic_elements < packing.registers + packing.combinational - 8


STATES = """
module t(input clk, reset, go, output busy, done);
  typedef enum logic [3:0] {IDLE, FIRST, SECOND, THIRD, FOURTH, LAST} steps;
  steps step, after;
  always_comb begin
    after = step;
    case (step)
      IDLE: if (go) after = FIRST;
      FIRST: after = SECOND;
      SECOND: after = THIRD;
      THIRD: after = FOURTH;
      FOURTH: after = LAST;
      LAST: if (!go) after = IDLE;
    endcase
  end
  always_ff @(posedge clk) if (reset) step <= IDLE; else step <= after;
  assign busy = step != IDLE, done = step == LAST;
endmodule
"""
POWERED_UP = """
module t(input clk, go, output reg busy);
  reg [1:0] step = 0;
  always @(posedge clk) case (step)
    0: begin busy <= 0; if (go) step <= 1; end
    1: begin busy <= 1; step <= 2; end
    2: step <= 3;
    3: if (!go) step <= 0;
  endcase
endmodule
"""


EQUAL = """
module t(input clk, d, e, output reg [2:0] lamp, output reg other, output [1:0] inside);
  reg [1:0] first; reg [1:0] second;
  always @(posedge clk) begin lamp <= {d, d ^ e, d}; other <= d; first <= {e, d & e}; second <= {e, d & e}; end
  assign inside = first ^ {second[0], second[1]};
endmodule
"""
"""Quartus reports no merging among twelve equal registers of a public design whose colours' low bits are equal, each of them at a pin."""


def test_equal_registers_merge_except_at_pins() -> None:
    assert count(mapped(EQUAL), "register") == 3 + 1 + 2


WIDER = POWERED_UP.replace("[1:0] step", "[7:0] step")
"""Quartus reports 16 registers for sixteen states in eight bits, and that the eight lost their fan-out."""


@pytest.mark.parametrize(("text", "suffix", "registers"), [(STATES, "sv", 6), (POWERED_UP, "v", 4 + 1), (WIDER, "v", 4 + 1)])
def test_states_are_encoded_one_hot(text: str, suffix: str, registers: int) -> None:
    assert count(mapped(text, suffix=suffix), "register") == registers


def test_words_of_which_a_part_is_constant_keep_their_names() -> None:
    text = (
        "module t(input clk, input [3:0] d, output [7:0] q);\n  reg [9:2] word;\n"
        "  always @(posedge clk) word <= {4'd0, d};\n  assign q = ~word;\nendmodule\n"
    )
    netlist = mapped(text)
    assert {netlist.names[cell.outputs[0]] for cell in netlist.of_kind("register")} == {f"word[{bit}]" for bit in range(2, 6)}


def test_computed_index_decodes_only_bits_that_point_inside() -> None:
    text = (
        "module t(input [3:0] i, input [7:0] x, output reg [7:0] y);\n"
        "  always @* begin y = x; if (i != 0) y[i - 1] = ~x[i - 1]; end\nendmodule\n"
    )
    netlist = mapped(text)
    # Eight bits, each inverted when its number is named: some forty LUTs; a decoder of 32 bits takes twice as many.
    assert count(netlist, "lut") + count(netlist, "carry") <= 45


def test_faster_mapping_is_timed_and_smaller_one_counted() -> None:
    # The last of a row of toggle registers waits for all before it: a chain of ANDs in the source.
    text = (
        "module t(input clk, output reg [23:0] q);\n  wire [24:0] all;\n  assign all[0] = 1'b1;\n  genvar i;\n  generate\n"
        "    for (i = 0; i < 24; i = i + 1) begin : bit\n      assign all[i+1] = all[i] & q[i];\n"
        "      always @(posedge clk) if (all[i]) q[i] <= ~q[i];\n    end\n  endgenerate\nendmodule\n"
    )
    netlist = mapped(text)
    device = load_device("EP2C70F896C6")
    both = analyse(netlist, pack(netlist), device).period_ns
    fast, netlist.fast = netlist.fast, None
    alone = analyse(netlist, pack(netlist), device).period_ns
    assert fast is not None
    assert both < 0.8 * alone
    assert pack(netlist).logic_elements <= pack(fast).logic_elements


WIZARD_MEMORY = """
module t(input clk, we, input [9:0] address, input [7:0] data, output [7:0] q, output fast);
  wire [5:0] clocks;
  altpll pll (.inclk({1'b0, clk}), .clk(clocks));
  defparam pll.clk0_multiply_by = 2, pll.intended_device_family = "Cyclone II";
  altsyncram ram (.clock0(clocks[0]), .wren_a(we), .address_a(address), .data_a(data), .q_a(q));
  defparam ram.operation_mode = "SINGLE_PORT", ram.width_a = 8, ram.widthad_a = 10, ram.numwords_a = 1024,
           ram.outdata_reg_a = "CLOCK0", ram.power_up_uninitialized = "FALSE";
  assign fast = clocks[1];
endmodule
"""


def test_wizard_memory_and_pll(tmp_path: Path) -> None:
    (tmp_path / "t.v").write_text(WIZARD_MEMORY)
    netlist = read_netlist(mapping.map_sources(read_sources([tmp_path / "t.v"], "t"), "t"), "t")
    assert (count(netlist, "memory"), sum(placed_memories(netlist).values())) == (2, 8192)
    assert pack(netlist).logic_elements == 0


REGISTER = """
library ieee; use ieee.std_logic_1164.all;
entity hold is port (clk : in std_logic; d : in std_logic_vector(3 downto 0); q : out std_logic_vector(3 downto 0)); end;
architecture a of hold is begin process (clk) begin if rising_edge(clk) then q <= d; end if; end process; end;
"""
AROUND = """
library ieee; use ieee.std_logic_1164.all;
entity around is port (clk, s : in std_logic; d : in std_logic_vector(3 downto 0); q, r : out std_logic_vector(3 downto 0)); end;
architecture a of around is
  component flip port (x : in std_logic_vector(3 downto 0); y : out std_logic_vector(3 downto 0)); end component;
  component hold port (clk : in std_logic; d : in std_logic_vector(3 downto 0); q : out std_logic_vector(3 downto 0)); end component;
  signal t : std_logic_vector(3 downto 0);
begin
  reg : hold port map (clk, t, r);
  turn : flip port map (d, t);
  with s select q <= d when '0', t when '1';
end;
"""
FLIP = "module flip(input [3:0] x, output [3:0] y); assign y = {x[0], x[1], x[2], x[3]}; endmodule\n"
OUTSIDE = "module outside(input clk, input [3:0] d, output [3:0] q); hold one (.clk(clk), .d(d), .q(q)); endmodule\n"


@pytest.mark.parametrize(
    ("files", "top", "registers", "luts"), [({"a.vhd": AROUND, "f.v": FLIP}, "around", 4, 4), ({"o.v": OUTSIDE}, "outside", 4, 0)]
)
def test_design_in_two_languages(files: dict[str, str], top: str, registers: int, luts: int, tmp_path: Path) -> None:
    for name, text in {"hold.vhd": REGISTER, **files}.items():
        (tmp_path / name).write_text(text)
    netlist = read_netlist(mapping.map_sources(read_sources(sorted(tmp_path.iterdir()), top), top), top)
    assert (count(netlist, "register"), count(netlist, "lut")) == (registers, luts)


@pytest.mark.parametrize(
    ("smooth", "text", "expected"),
    [
        (smooth_verilog, "led <= 8'b_0000_0001;", "led <= 8'b0000_0001;"),
        (smooth_verilog, "wire a;\n  tick (.clk(c));", "wire a;\n  tick unnamed_0 (.clk(c));"),
        (smooth_verilog, "; // ///////// note\n  tick (.clk(c));", "; // ///////// note\n  tick unnamed_0 (.clk(c));"),
        (smooth_verilog, "wire a;\n  tick t (.clk(c));", "wire a;\n  tick t (.clk(c));"),
        (smooth_verilog, '$readmemh("C:/me/t.txt", m);', '$readmemh("t.txt", m);'),
        (smooth_vhdl, "with s select y <= a when '0', b when '1';", "with s select y <= a when '0', b when others;"),
        (smooth_vhdl, "with s select y <= a when '0', b when others;", "with s select y <= a when '0', b when others;"),
        (smooth_netlist, "  hold reg (\n", "  hold \\reg  (\n"),
        (smooth_netlist, "  /* /tmp/abc/t.vhd:7:3  */\n  assign a = b;\n", "  assign a = b;\n"),
        (smooth_netlist, "  hold regular (\n", "  hold regular (\n"),
        (smooth_netlist, "  always @(n1_o)\n    n2_q <= n3_o;\n", "  always @*\n    if (n1_o) n2_q = n3_o;\n"),
    ],
)
def test_dialects(smooth, text: str, expected: str) -> None:
    assert smooth(text) == expected


def test_memories_and_multipliers_are_compared_where_reports_have_them() -> None:
    reports = {"ram": (8192, 2, 0), "half": (1000, 1, 4), "none": (0, 0, 0)}
    ours = {"ram": (8192, 4, 0), "half": (1500, 1, 2), "none": (64, 1, 0)}

    def figures(memory_bits: int, m4k_blocks: int, multiplier_elements: int) -> dict[str, float]:
        counts = {"memory_bits": memory_bits, "m4k_blocks": m4k_blocks, "multiplier_elements": multiplier_elements}
        return {"logic_elements": 100, "registers": 50, "fmax": 100.0, "delay_ns": 1.0, **counts}

    checks = [Check(name, "a/b", "EP2C35F672C6", figures(*reports[name]), figures(*ours[name])) for name in reports]
    found = design_figures([*checks, Check("refused", "a/b", "EP2C35F672C6", figures(0, 0, 0), {}, "vendor cells")])
    assert found["memory_bits"] == pytest.approx([2, 25.0, 45.0, 1])
    assert found["m4k_blocks"] == pytest.approx([2, 50.0, 90.0, 1])
    assert found["multiplier_elements"] == pytest.approx([1, 50.0, 50.0, 0])
    text = tables(checks, checks, {"operators": operator_figures(checks), "designs": found, "yosys": "Yosys"})
    assert "| memory bits | 2 designs that use any | median 25.0 %, 90th percentile 45.0 %; 1 that use none are given some | none |" in text
    assert "| a/b `half` |" in text
    assert "| 1500 | 1000 |" in text


# Registers as wires, so that what a pipeline computes is seen at once.
TRANSPARENT = (
    "module \\$dff (CLK, D, Q); parameter WIDTH = 1, CLK_POLARITY = 1;\n"
    "  input CLK; input [WIDTH-1:0] D; output [WIDTH-1:0] Q = D;\nendmodule\n"
    "module \\$adff (CLK, ARST, D, Q); parameter WIDTH = 1, CLK_POLARITY = 1, ARST_POLARITY = 1, ARST_VALUE = 0;\n"
    "  input CLK, ARST; input [WIDTH-1:0] D; output [WIDTH-1:0] Q = D;\nendmodule\n"
)


@pytest.mark.parametrize("name", ["trunc_div_expr_FU_8_8_8_2", "trunc_div_expr_FU_16_16_16_7"])
def test_characterised_dividers_divide(name: str, tmp_path: Path) -> None:
    row = next(row for row in characterised() if row["name"] == name)
    n = row["w"][0]
    low = -(1 << (n - 1))
    pairs = [(100, 7), (-100, 7), (100, -7), (-100, -7), (5, 127), (0, -3), (low, 1), (low, 3), (low + 1, -1), (127, -128)]
    (tmp_path / "operator.v").write_text(operator_verilog(row))
    (tmp_path / "registers.v").write_text(TRANSPARENT)
    sets = [f"-set reset 0 -set a_in {n}'d{a % (1 << n)} -set b_in {n}'d{b % (1 << n)}" for a, b in pairs]
    script = ["read_verilog operator.v", "proc", "techmap -map registers.v"]
    (tmp_path / "check.ys").write_text("\n".join(script + [f"tee -a values.txt eval {each} -show result operator" for each in sets]))
    subprocess.run([find_yosys(), "-q", "-s", "check.ys"], cwd=tmp_path, check=True, timeout=120)
    values = [line.rsplit("'", 1)[1].rstrip(".") for line in (tmp_path / "values.txt").read_text().splitlines() if "= " in line]
    assert [int(value, 2) for value in values] == [int(a / b) % (1 << n) for a, b in pairs]
