"""Chains of sums become trees: right for every operand, and as large as Quartus' trees."""

import subprocess
from pathlib import Path

import pytest

from fpga_projects.mapping import mapping
from fpga_projects.mapping.hdl_sources import Sources
from fpga_projects.netlists.netlist_reader import read_netlist
from testbenches.engines.yosys import find_yosys

PROVE = """
read_verilog t.v
proc
opt_clean
copy t described
select t
alumacc t/t:$add
tee -o found.txt select -count t/t:$macc_v2 t/t:$alu
techmap -map sum_trees.v t
select -clear
miter -equiv -flatten described t same
sat -verify -prove trigger 0 same
"""


def carries(text: str, cache: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setenv("OSSICLE_CACHE", str(cache))
    return sum(1 for _ in read_netlist(mapping.map_sources(Sources({"t.v": text}, {}, vhdl=False), "t"), "t").of_kind("carry"))


@pytest.mark.parametrize(
    "total",
    [
        "a + b + c + d + e",
        "c + (a - b) + d + c + d",
        "{c, c} + d + (a + b) + 3'd5",
        "$signed(a) + $signed(e) + c",
        "a + b + e[0]",
        "e[0] + a[0] + b[0] + e[1] + c[0]",
        "e[0] + a + 1 + c",
        "a + b + 1'b1",
        "a + 1 + e[0]",
    ],
)
def test_tree_adds_what_the_chain_adds(total: str, tmp_path: Path) -> None:
    """Proven for all operands, also where the total overflows and where operands are signed or of different widths."""
    text = f"module t(input [2:0] a, b, input signed [3:0] c, d, input [1:0] e, output [4:0] y); assign y = {total}; endmodule\n"
    (tmp_path / "t.v").write_text(text)
    (tmp_path / "sum_trees.v").write_text((mapping.CELLS / "sum_trees.v").read_text())
    (tmp_path / "prove.ys").write_text(PROVE)
    done = subprocess.run([find_yosys(), "-q", "-s", "prove.ys"], cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert not (tmp_path / "found.txt").read_text().startswith("0 ")


def test_moving_average_is_a_tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """32 words of 10 bits added in a loop: Quartus takes 383 elements (Hemonel's ``filtro_media_movil``), a chain 455."""
    text = (
        "module t(input [319:0] words, output reg [14:0] total);\n  integer k;\n"
        "  always @* begin total = 0; for (k = 0; k < 32; k = k + 1) total = total + words[10 * k +: 10]; end\nendmodule\n"
    )
    assert carries(text, tmp_path, monkeypatch) == 16 * 11 + 8 * 12 + 4 * 13 + 2 * 14 + 15


def test_sum_that_is_read_elsewhere_too_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "module t(input [7:0] a, b, c, output [7:0] x, y); assign x = a + b; assign y = x + c; endmodule"
    assert carries(text, tmp_path, monkeypatch) == 16


@pytest.mark.parametrize(("width", "elements"), [(1, 0), (2, 0), (8, 9)])
def test_carry_in_enters_the_chain(width: int, elements: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One chain for a sum with a third word of one bit, which takes an element to become a carry; narrow ones stay in LUTs."""
    text = f"module t(input [{width - 1}:0] a, b, input c, output [{width - 1}:0] y); assign y = a + b + c; endmodule"
    assert carries(text, tmp_path, monkeypatch) == elements
