"""An absolute value is one carry chain: right for every operand, and as large as Quartus'."""

import subprocess
from pathlib import Path

import pytest

from fpga_projects import add_subtract, mapping
from fpga_projects.hdl_sources import Sources
from fpga_projects.netlist import read_netlist
from fpga_projects.packing import pack

ABSOLUTE = "module t(input signed [4:0] a, output signed [4:0] y); assign y = {}; endmodule\n"
BEHAVIOUR = """
module LE_CARRY #(parameter INVERT_B = 0, B_INVERTS_A = 0) (input A, B, CI, output S, CO);
  wire x = B_INVERTS_A ? A ^ B : A, y = B_INVERTS_A ? 1'b0 : B ^ INVERT_B; assign S = x ^ y ^ CI, CO = (x & y) | (x & CI) | (y & CI);
endmodule
"""
PROVE = """
read_verilog t.v
proc
opt -fine
opt -fine
copy t described
techmap -map same_width.v t/t:$neg
opt_expr t
opt_clean t
extract -constports -map find_add_subtract.v t
tee -o found.txt stat t
techmap -map build_add_subtract.v t
read_verilog behaviour.v
hierarchy
flatten t
miter -equiv -flatten described t same
sat -verify -prove trigger 0 same
"""


@pytest.mark.parametrize("value", ["a[4] ? -a : a", "a >= 0 ? a : -a", "a < 0 ? -a : a"])
def test_chain_is_the_absolute_value(value: str, tmp_path: Path) -> None:
    """Proven for all operands."""
    for name, text in add_subtract.rules().items():
        (tmp_path / name).write_text(text)
    (tmp_path / "t.v").write_text(ABSOLUTE.format(value))
    (tmp_path / "same_width.v").write_text((mapping.CELLS / "same_width.v").read_text())
    (tmp_path / "behaviour.v").write_text(BEHAVIOUR)
    (tmp_path / "prove.ys").write_text(PROVE)
    done = subprocess.run([mapping.find_yosys(), "-q", "-s", "prove.ys"], cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "__absolute_5" in (tmp_path / "found.txt").read_text()


def test_absolute_value_takes_an_element_a_bit_and_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nine for eight bits, in each of the four ``abst`` of ViccenzoE's ``Topo``."""
    monkeypatch.setenv("OSSICLE_CACHE", str(tmp_path))
    text = "module t(input signed [7:0] a, output [7:0] y); assign y = a >= 0 ? a : -a; endmodule"
    assert pack(read_netlist(mapping.map_sources(Sources({"t.v": text}, {}, vhdl=False), "t"), "t")).logic_elements == 9
