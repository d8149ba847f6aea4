"""Sums and registers are as narrow as what they add and keep: proven to be right, and against registers that Quartus says it removed."""

import subprocess
from pathlib import Path

import pytest

from fpga_projects.mapping import mapping
from fpga_projects.mapping.hdl_sources import Sources
from fpga_projects.netlists.netlist import Netlist
from fpga_projects.netlists.netlist_reader import read_netlist
from testbenches.engines.yosys import find_yosys

PROVE = """
read_verilog t.v
proc
copy t described
techmap -map repeated_signs.v t/t:$add t/t:$sub
select -assert-count {narrowed} t/c:*.narrow
opt t
miter -equiv -flatten described t same
hierarchy -top same
techmap
opt
sat -verify -prove trigger 0 -set-def-inputs same
"""


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Results of other versions of the recipe must not answer."""
    monkeypatch.setenv("OSSICLE_CACHE", str(tmp_path_factory.getbasetemp() / "narrow_sums"))


def mapped(text: str) -> Netlist:
    return read_netlist(mapping.map_sources(Sources({"design.v": text}, {}, vhdl=False), "t"), "t")


def count(netlist: Netlist, kind: str) -> int:
    return sum(1 for _ in netlist.of_kind(kind))


@pytest.mark.parametrize(
    ("result", "narrowed"),
    [
        ("{{6{a[3]}}, a[3:0]} + {{5{b[4]}}, b}", 1),
        ("{{6{a[3]}}, a[3:0]} - {{5{b[4]}}, b}", 1),
        ("{{6{a[3]}}, a[3:0]} + b[0]", 1),
        ("{{6{a[3]}}, a[3:0]} - b[1:0]", 1),
        ("b[2:0] - {{6{a[3]}}, a[3:0]}", 1),
        ("$signed(a[3:0]) + $signed({{3{b[2]}}, b[2:0]})", 1),
        ("{{5{a[5]}}, a[4:0]} + {b, b}", 0),
        ("a[3:0] - b", 0),
        ("a[3:0] + b", 0),
    ],
)
def test_narrow_sum_is_the_sum(result: str, narrowed: int, tmp_path: Path):
    """Proven for all operands."""
    (tmp_path / "t.v").write_text(f"module t(input [5:0] a, input [4:0] b, output [9:0] y); assign y = {result}; endmodule\n")
    (tmp_path / "repeated_signs.v").write_text((mapping.CELLS / "repeated_signs.v").read_text())
    (tmp_path / "prove.ys").write_text(PROVE.format(narrowed=narrowed))
    done = subprocess.run([find_yosys(), "-q", "-s", "prove.ys"], cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(("samples", "registers"), [(32, 20), (128, 18)])
def test_quotient_of_a_signed_word_keeps_its_sign_once(samples: int, registers: int):
    """Quartus II 13.0, dcrystalj/quartus-project, lab12: data[20..23] "Merged with data[19]", data[18..23] "Merged with data[17]"."""
    always = f"always @(posedge clk) if (en) y <= x / {samples};"
    netlist = mapped(f"module t(input clk, en, input signed [23:0] x, output reg signed [23:0] y); {always} endmodule")
    assert count(netlist, "register") == registers


LOW_ZEROS = """
module t (input clk, en, input [7:0] x, y, output [7:0] z);
  reg [15:0] a, b, sum;
  always @(posedge clk) if (en) begin a <= x << 8; b <= y << 8; sum <= a - b; end
  assign z = sum[15:8];
endmodule
"""


def test_bits_that_are_zero_whenever_a_register_takes_a_word():
    """As average_filter_16 there: data[0..11] and tmp[0..10] are "Stuck at GND due to stuck port data_in"."""
    netlist = mapped(LOW_ZEROS)
    assert (count(netlist, "register"), count(netlist, "carry")) == (24, 8)
