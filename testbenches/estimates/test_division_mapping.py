"""Division in logic: right for every operand, and as large as Quartus' lpm_divide."""

import subprocess
from pathlib import Path

import pytest

from fpga_projects.mapping import mapping
from fpga_projects.mapping.hdl_sources import Sources
from fpga_projects.netlists.netlist_reader import read_netlist
from fpga_projects.netlists.packing import pack
from testbenches.engines.yosys import find_yosys

PORTS = "input [5:0] a, input [3:0] b, input signed [4:0] c, input signed [2:0] d"
PROVE = """
read_verilog t.v
proc
copy t described
techmap -map division.v t
opt t
miter -equiv -ignore_gold_x -flatten described t same
hierarchy -top same
techmap
opt
sat -verify -prove trigger 0 -set-def-inputs same
"""


@pytest.mark.parametrize(
    "results",
    [
        ("a / b", "a % b"),
        ("b / a", "b % a"),
        ("c / d", "c % d"),
        ("a / 6'd23", "a % 6'd23", "7'd100 / a"),
        ("c / 5'sd5", "c % -5'sd5", "c / 4'sd6"),
    ],
)
def test_division_rule_divides(results: tuple[str, ...], tmp_path: Path) -> None:
    """Proven for all operands; what a division by zero gives is not defined."""
    outputs = "".join(f", output signed [7:0] y{k}" for k in range(len(results)))
    body = "".join(f" assign y{k} = {result};" for k, result in enumerate(results))
    (tmp_path / "t.v").write_text(f"module t({PORTS}{outputs});{body} endmodule\n")
    (tmp_path / "division.v").write_text((mapping.CELLS / "division.v").read_text())
    (tmp_path / "prove.ys").write_text(PROVE)
    done = subprocess.run([find_yosys(), "-q", "-s", "prove.ys"], cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("divisor", "printed"), [(50_000, 203), (66_666, 173), (100_000, 169), (142_857, 131), (200_000, 123), (250_000, 125), (500_000, 73)]
)
def test_remainder_by_a_constant_takes_what_quartus_takes(divisor: int, printed: int, tmp_path: Path, monkeypatch) -> None:
    """Whether it is zero, of a 20-bit word: a public report lists the elements of each lpm_divide (metanoiia/Cyclone-II-Stab)."""
    monkeypatch.setenv("OSSICLE_CACHE", str(tmp_path))
    text = f"module t(input [19:0] x, output y); assign y = x % {divisor} == 0; endmodule"
    netlist = read_netlist(mapping.map_sources(Sources({"t.v": text}, {}, vhdl=False), "t"), "t")
    assert pack(netlist).logic_elements == pytest.approx(printed, rel=0.3)
