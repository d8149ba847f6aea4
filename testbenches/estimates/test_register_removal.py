"""Which registers stay: those that Quartus keeps, by reports of public designs."""

import pytest

from fpga_projects.mapping import mapping
from fpga_projects.mapping.hdl_sources import Sources
from fpga_projects.netlists.netlist import Netlist
from fpga_projects.netlists.netlist_reader import read_netlist

REGISTER_FILE = """
module t(input c, w, input [2:0] wa, ra, rb, input [3:0] d, output [3:0] a, b);
  reg [3:0] file [0:7];
  always @(posedge c) if (w) file[wa] <= d;
  assign a = ra == 0 ? 0 : file[ra];
  assign b = rb == 0 ? 0 : file[rb];
endmodule
"""


def registers(netlist: Netlist) -> int:
    return sum(1 for _ in netlist.of_kind("register"))


def mapped(text: str, monkeypatch: pytest.MonkeyPatch, cache) -> Netlist:
    monkeypatch.setenv("OSSICLE_CACHE", str(cache))
    return read_netlist(mapping.map_sources(Sources({"design.v": text}, {}, vhdl=False), "t"), "t")


def test_idle_word_of_a_register_file_stays(tmp_path, monkeypatch):
    """Word 0 reads as zero: the register files of GSimas' ``top`` and ``mips`` keep all of their 32 words."""
    assert registers(mapped(REGISTER_FILE, monkeypatch, tmp_path)) == 32


def test_registers_of_the_same_data_are_one(tmp_path, monkeypatch):
    """Quartus' reports say "Merged with"; here the equality shows only in the LUTs."""
    text = (
        "module t(input c, a, b, s, output y);\n  reg p, q, r;\n"
        "  always @(posedge c) begin p <= a ^ b; q <= (a | b) & ~(a & b); r <= s; end\n  assign y = r ? p : ~q;\nendmodule\n"
    )
    assert registers(mapped(text, monkeypatch, tmp_path)) == 2


def test_latch_that_is_always_open_is_a_wire(tmp_path, monkeypatch):
    text = "module t(input a, b, d, output reg q); always @* if ((a ^ b) | ~(a | b) | (a & b)) q = d; endmodule"
    netlist = mapped(text, monkeypatch, tmp_path)
    assert not list(netlist.of_kind("latch"))
