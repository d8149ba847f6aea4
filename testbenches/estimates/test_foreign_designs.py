"""Small designs of others that once came out wrong: what Quartus makes of them, and what is said where something goes."""

from pathlib import Path

import pytest

from fpga_projects.estimation.estimate import Estimate, estimate_hdl
from fpga_projects.mapping.mapping import map_design
from fpga_projects.validation.checks import measure
from ossicle.command_line import main

DESIGNS = Path(__file__).parent / "foreign"


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Results of other versions of the recipe must not answer."""
    monkeypatch.setenv("OSSICLE_CACHE", str(tmp_path_factory.getbasetemp() / "foreign_designs"))


def estimated(name: str) -> Estimate:
    path = DESIGNS / name
    return estimate_hdl([path], path.stem)


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("name", "registers", "logic_elements"),
    [
        ("openport.vhd", 8, 8),  # the input that the component leaves out is low
        ("fat.vhd", 1, 1),  # assertions are no hardware
        ("fat2.vhd", 1, 1),
        ("caseint.vhd", 2, 3),  # an integer's values that no choice names
        ("tffc.vhd", 1, 1),
        ("mem13.v", 252, None),  # 13 words of 18 and the word read, not 16 words
        ("wrap.v", 27, 49),  # no synchronous clear: a chain of 26, 13 gated bits, nine LUTs that compare, and the tick
        ("updown.vhd", 16, 18),  # one chain
        ("loadwins.v", 16, 17),
        ("arrinst.sv", 16, 16),
    ],
)
def test_design_costs_what_it_does_in_quartus(name: str, registers: int, logic_elements: int | None) -> None:
    found = estimated(name)
    assert found.registers == registers
    assert logic_elements is None or found.logic_elements == logic_elements


def test_memory_of_a_few_words_is_registers_unless_the_design_asks(tmp_path: Path) -> None:
    found = estimated("smallram.v")
    assert (found.m4k_blocks, found.memory_bits, found.registers) == (0, 0, 5 * 18)
    text = (DESIGNS / "smallram.v").read_text()
    asks = '(* altera_attribute = "-name ALLOW_ANY_RAM_SIZE_FOR_RECOGNITION ON" *)\n'
    kept = estimate_hdl([written(tmp_path, "smallram.v", asks + text)], "smallram")
    assert (kept.m4k_blocks, kept.memory_bits) == (1, 72)


def test_net_of_several_instances_leaves_each_its_own_value() -> None:
    found = estimated("multi.sv")
    assert found.logic_elements == 3
    assert any("multi.sv:3: unused has several drivers, u0.p and u1.p" in warning for warning in found.warnings)


BUS = """
module talker(input on, input [3:0] d, output [3:0] bus); assign bus = on ? d : 4'bz; endmodule
module bus(input [1:0] on, input [3:0] a, b, output [3:0] y);
  wire [3:0] shared;
  talker first(on[0], a, shared);
  talker second(on[1], b, shared);
  assign y = shared;
endmodule
"""


def test_bus_of_instances_that_let_go_of_it_stays_whole(tmp_path: Path) -> None:
    found = estimate_hdl([written(tmp_path, "bus.v", BUS)], "bus")
    assert 4 <= found.logic_elements <= 5
    assert not any("several drivers" in warning for warning in found.warnings)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("wire y1; assign y1 = a & b; assign y1 = a | b;\nalways @(posedge clk) y <= y1;", ":2: y1 has several drivers"),
        ("wire open;\nalways @(posedge clk) y <= a ^ open;", ":2: open of lost is not driven: it is 0"),
        ("always @(posedge clk) y <= a + 2'bx0;", ":2: an operand of add is X"),
        ("reg [7:0] r; always @(posedge clk) r <= {r, a};\nalways @* y = b;", ":2: all 8 registers are gone, r first"),
        ("always @* y = 1'b0;", "no logic is left"),
    ],
)
def test_what_goes_is_said_with_the_users_file_and_line(text: str, words: str, tmp_path: Path) -> None:
    path = written(tmp_path, "lost.v", f"module lost(input clk, a, b, output reg y);\n{text}\nendmodule\n")
    warnings = estimate_hdl([path], "lost").warnings
    place = f"{path}{words}" if words.startswith(":") else words
    assert any(place in warning for warning in warnings), warnings


@pytest.mark.parametrize(
    ("text", "top", "words"),
    [
        ("always @(posedge clk or posedge a) y <= b;", "t", "t.v:2: ERROR: Multiple edge sensitive events"),
        ("always @(posedge clk) y <= a b;", "t", "t.v:2: ERROR: syntax error"),
        ("absent part(.x(a));", "t", "t.v:2: t: Yosys refuses it: ERROR: Module `\\absent'"),
        ("always @* y = a;", "other", "other: no entity or module of this name in the files, which hold t"),
    ],
)
def test_refusal_is_one_line_with_the_users_file(text: str, top: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    path = written(tmp_path, "t.v", f"module t(input clk, a, b, output reg y);\n{text}\nendmodule\n")
    assert main(["estimate", "--hdl", str(path), "--top", top]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert words in said
    assert "source0_" not in said


CONTROLLER = """
module controller(input clk, reset, go, input [3:0] code, output logic [4:0] out, output logic [7:0] row);
  enum logic [3:0] {{{names}}} state, next;
  always_ff @(posedge clk) if (reset) state <= S0; else state <= next;
  always_comb begin
    next = state; out = 0;
    unique case (state)
      S0: if (go) next = S1;
      S1: case (code)
{choices}
        default: next = S0;
      endcase
{states}
    endcase
  end
  always_comb case (code)
{rows}
  endcase
  always_ff @(posedge clk) case ({{code, go}})
{table}
    default: row <= 0;
  endcase
endmodule
"""


def test_machine_whose_inner_choice_looks_like_a_table_is_one_hot(tmp_path: Path) -> None:
    """The controllers of ECE385's LC-3 (`slc3_sramtop` of sdimov2, `lab6_toplevel` of RishiGit) have a register a state.

    A ``case`` of constants elsewhere that is long enough for a ROM had made one of the choice by the opcode too.
    """
    count = 12
    text = CONTROLLER.format(
        names=", ".join(f"S{k}" for k in range(count)),
        choices="\n".join(f"        4'd{k}: next = S{k};" for k in range(2, count)),
        states="\n".join(f"      S{k}: begin out = {k}; next = S{(k + 1) % count}; end" for k in range(2, count)),
        rows="",
        table="\n".join(f"    5'd{k}: row <= {(37 * k * k + 11) % 256};" for k in range(32)),
    ).replace("  always_comb case (code)\n\n  endcase\n", "")
    text = text.replace("5'd31:", "5'd31: row <= 3;\n    6'd33:")
    netlist = map_design([written(tmp_path, "controller.sv", text)], "controller")
    assert measure(netlist, "EP2C70F896C6")[2]["registers"] == count + 8


def test_vendor_blocks_for_settling_and_for_two_widths(tmp_path: Path) -> None:
    text = """
module settle(input clk, reset_n, d, output q);
  altera_std_synchronizer #(.depth(3)) line (.clk(clk), .reset_n(reset_n), .din(d), .dout(q));
endmodule
module widths(input wclk, rclk, w, r, c, input [7:0] d, output [31:0] q, output f, e);
  dcfifo_mixed_widths fifo (.wrclk(wclk), .rdclk(rclk), .wrreq(w), .rdreq(r), .aclr(c), .data(d), .q(q), .wrfull(f), .rdempty(e));
  defparam fifo.lpm_width = 8, fifo.lpm_width_r = 32, fifo.lpm_numwords = 512, fifo.lpm_widthu = 9, fifo.lpm_widthu_r = 7;
endmodule
"""
    path = written(tmp_path, "blocks.v", text)
    assert estimate_hdl([path], "settle").registers == 3
    assert estimate_hdl([path], "widths").memory_bits == 4096


GAIN = """
library ieee; use ieee.std_logic_1164.all; use ieee.numeric_std.all;
entity gain is port (clk: in std_logic; x: in unsigned(7 downto 0); y: out unsigned(7 downto 0)); end entity;
architecture rtl of gain is begin
    process (clk) begin if rising_edge(clk) then y <= x + 3; end if; end process;
end architecture;
"""
USER = """
library ieee; use ieee.std_logic_1164.all; use ieee.numeric_std.all;
library parts;
entity user is port (clk: in std_logic; x: in unsigned(7 downto 0); y: out unsigned(7 downto 0)); end entity;
architecture rtl of user is begin
    both: entity parts.gain port map (clk => clk, x => x, y => y);
end architecture;
"""


def test_named_library_and_lists_of_quartus_are_read(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    (tmp_path / "ip").mkdir()
    gain, user = written(tmp_path / "ip", "gain.vhd", GAIN), written(tmp_path, "user.vhd", USER)
    written(
        tmp_path / "ip",
        "parts.qip",
        'set_global_assignment -library "parts" -name VHDL_FILE [file join $::quartus(qip_path) "gain.vhd"]\n',
    )
    project = written(
        tmp_path,
        "user.qsf",
        "# set_global_assignment -name VHDL_FILE gone.vhd\nset_global_assignment -name TOP_LEVEL_ENTITY user\n"
        "set_global_assignment -name VHDL_FILE user.vhd\nset_global_assignment -name QIP_FILE ip/parts.qip\n",
    )
    assert estimate_hdl([user], "user", libraries={"parts": [gain]}).registers == 8
    assert main(["estimate", "--hdl", str(user), "--top", "user", "--library", f"parts={gain}", "--json"]) == 0
    by_name = capsys.readouterr().out
    assert main(["estimate", "--hdl", str(project), "--json"]) == 0
    assert capsys.readouterr().out == by_name
    assert main(["estimate", "--hdl", str(user), "--top", "user", "--library", "parts"]) == 2
    assert "--library parts: must be NAME=FILE" in capsys.readouterr().err


def test_block_diagram_in_a_project_is_refused_by_its_line(tmp_path: Path) -> None:
    project = written(tmp_path, "t.qsf", "\nset_global_assignment -name BDF_FILE top.bdf\n")
    with pytest.raises(ValueError, match=r"t\.qsf:2: top\.bdf is neither VHDL nor Verilog"):
        map_design([project], "t")
