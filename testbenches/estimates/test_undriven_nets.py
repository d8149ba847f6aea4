"""What nothing drives, loads or reaches: open inputs, registers that keep their first value, words of memory that no address names."""

import pytest

from fpga_projects.estimation.by_entity import placed_memories
from fpga_projects.mapping.hdl_sources import Sources
from fpga_projects.mapping.mapping import map_sources
from fpga_projects.netlists.netlist import Netlist
from fpga_projects.netlists.netlist_reader import read_netlist


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Results of other versions of the recipe must not answer."""
    monkeypatch.setenv("OSSICLE_CACHE", str(tmp_path_factory.getbasetemp() / "undriven_nets"))


def mapped(text: str) -> Netlist:
    return read_netlist(map_sources(Sources({"design.v": text}, {}, vhdl=False), "t"), "t")


CAPTURE = """
module capture(input clk, hold, input [3:0] d, output reg [3:0] q);
  always @(posedge clk) if (!hold) q <= d;
endmodule
module t(input clk, input [3:0] d, output [3:0] q);
  {wire}
  capture capture(.clk(clk), .hold({hold}), .d(d), .q(q));
endmodule
"""


@pytest.mark.parametrize(("wire", "hold"), [("", ""), ("wire nothing;", "nothing")])
def test_open_input_and_undriven_wire_are_zero(wire: str, hold: str) -> None:
    """Quartus ties them to GND; for Yosys they are unknown, and the registers that hang on this one would go."""
    netlist = mapped(CAPTURE.replace("{wire}", wire).replace("{hold}", hold))
    driven = {cell.data[0]: cell.outputs[0] for cell in netlist.of_kind("register") if set(cell.control) == {"clock"}}
    assert driven == dict(zip(netlist.inputs["d"], netlist.outputs["q"], strict=True))


def test_register_that_is_never_loaded_is_zero_whatever_its_reset() -> None:
    """Quartus II 13.0.1 on Derrick-Derrickson/ECE4063_Merlin_Tom_Project, whose reset is tied off.

    "rWR2_LENGTH[0..8]: Stuck at GND due to stuck port clock_enable", although its reset would set bit 8; and of the one that is loaded with
    its reset value, "rWR1_LENGTH[8]: Stuck at VCC due to stuck port data_in".
    """
    text = """
module lengths(input clk, reset_n, load1, load2, input [8:0] length, output reg [8:0] rWR1_LENGTH, rWR2_LENGTH);
  always @(posedge clk or negedge reset_n)
    if (!reset_n) begin rWR1_LENGTH <= 256; rWR2_LENGTH <= 256; end
    else begin
      if (load1) rWR1_LENGTH <= length;
      if (load2) rWR2_LENGTH <= length;
    end
endmodule
module t(input clk, load, output [8:0] first, second);
  lengths lengths(.clk(clk), .reset_n(1'b1), .load1(load), .load2(), .length(9'h100), .rWR1_LENGTH(first), .rWR2_LENGTH(second));
endmodule
"""
    netlist = mapped(text)
    assert netlist.outputs == {"first": ["0"] * 8 + ["1"], "second": ["0"] * 9}


@pytest.mark.parametrize(("written", "words"), [("{3'b000, w}", 128), ("{w, w[2:0]}", 1024)])
def test_words_that_no_address_reaches_take_no_memory(written: str, words: int) -> None:
    """Quartus II 13.0.1 kept 512 of 4096 words of a memory whose upper address bits were tied (the same design, entity HisRam)."""
    text = """
module ram(input clk, we, input [9:0] w, r, input [7:0] d, output reg [7:0] q);
  reg [7:0] words [0:1023];
  always @(posedge clk) begin if (we) words[w] <= d; q <= words[r]; end
endmodule
module t(input clk, we, input [6:0] w, r, input [7:0] d, output [7:0] q);
  ram ram(clk, we, {written}, {3'b000, r}, d, q);
endmodule
"""
    netlist = mapped(text.replace("{written}", written))
    assert placed_memories(netlist) == {"ram.words": words * 8}
