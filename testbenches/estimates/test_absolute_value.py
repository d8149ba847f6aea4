"""VHDL's absolute value is one carry chain: right for every operand, and as large as Quartus'."""

import subprocess
from pathlib import Path

import pytest

from fpga_projects.mapping import mapping
from fpga_projects.netlists.packing import pack
from testbenches.engines.yosys import find_yosys

ENTITY = (
    "library ieee; use ieee.std_logic_1164.all; use ieee.numeric_std.all;\n"
    "entity t is port (a : in signed({high} downto 0); y : out signed({high} downto 0)); end;\n"
    "architecture rtl of t is begin y <= {value}; end;\n"
)
PROVE = """
read_verilog -lib black_boxes.v
read_verilog t.v
proc
techmap -map absolute_value.v t
delete =LE_CARRY
read_verilog behaviour.v
hierarchy
flatten t
miter -equiv -flatten described t same
sat -verify -prove trigger 0 same
"""
BEHAVIOUR = """
module LE_CARRY #(parameter INVERT_B = 0, B_INVERTS_A = 0) (input A, B, CI, output S, CO);
  wire x = B_INVERTS_A ? A ^ B : A, y = B_INVERTS_A ? 1'b0 : B ^ INVERT_B; assign S = x ^ y ^ CI, CO = (x & y) | (x & CI) | (y & CI);
endmodule
module described(input signed [4:0] a, output [4:0] y); assign y = a < 0 ? -a : a; endmodule
"""


def test_chain_is_the_absolute_value(tmp_path: Path) -> None:
    """Proven for all operands."""
    (tmp_path / "t.v").write_text("module t(input [4:0] a, output [4:0] y); ABSOLUTE_VALUE #(.WIDTH(5)) abs (.A(a), .Y(y)); endmodule\n")
    (tmp_path / "behaviour.v").write_text(BEHAVIOUR)
    for name in ("absolute_value.v", "black_boxes.v"):
        (tmp_path / name).write_text((mapping.CELLS / name).read_text())
    (tmp_path / "prove.ys").write_text(PROVE)
    done = subprocess.run([find_yosys(), "-q", "-s", "prove.ys"], cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(("value", "elements"), [("abs a", 9), ("-a when a(7) = '1' else a", 16)])
def test_absolute_value_takes_an_element_a_bit_and_one(value: str, elements: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nine for eight bits, in each of the four ``abst`` of ViccenzoE's ``Topo``; more where the designer wrote a choice."""
    monkeypatch.setenv("OSSICLE_CACHE", str(tmp_path))
    (tmp_path / "t.vhd").write_text(ENTITY.format(high=7, value=value))
    netlist = mapping.map_design([tmp_path / "t.vhd"], "t")
    assert pack(netlist).logic_elements == elements
    assert set(netlist.instances) <= {""}
