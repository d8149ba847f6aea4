"""The register at a memory's read that goes into the block, and what passes a word by it: as Quartus printed, and right in every clock."""

import subprocess
from pathlib import Path

import pytest

from fpga_projects.mapping import mapping, memory_reads
from fpga_projects.mapping.hdl_sources import Sources
from fpga_projects.netlists.netlist import Netlist
from fpga_projects.netlists.netlist_reader import read_netlist
from testbenches.engines.yosys import find_yosys


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Results of other versions of the recipe must not answer."""
    monkeypatch.setenv("OSSICLE_CACHE", str(tmp_path_factory.getbasetemp() / "memory_reads"))


def mapped(text: str) -> Netlist:
    return read_netlist(mapping.map_sources(Sources({"design.v": text}, {}, vhdl=False), "t"), "t")


def registers(text: str) -> int:
    return sum(1 for _ in mapped(text).of_kind("register"))


TWO_BUFFERS = """
module t (input clk, take, give, input [23:0] left, right, output reg [23:0] y_left, y_right);
  reg [6:0] i = 0;
  reg [23:0] one [127:0], two [127:0];
  always @(posedge clk)
    if (take) begin i <= i + 1; one[i] <= left; two[i] <= right; end
    else if (give) begin i <= i - 1; y_left <= one[i]; y_right <= two[i]; end
endmodule
"""


def test_read_register_with_enable_behind_a_registered_address():
    """Quartus II 13.0 on the EP2C35, my_circuit of dcrystalj/quartus-project, lab12, solution 2: 111 registers beside two blocks.

    7 of the address, 48 of the words that are read, and that pass the memory: one for the write, 7 for its address, 48 for its words.
    """
    netlist = mapped(TWO_BUFFERS)
    assert sum(1 for _ in netlist.of_kind("register")) == 111
    assert sum(1 for _ in netlist.of_kind("memory")) == 2


def test_nothing_passes_a_memory_that_asks_for_nothing():
    """Intel's attribute for a memory whose words are not read while they are written: the words' registers go into the block."""
    assert registers(TWO_BUFFERS.replace("  reg [23:0] one", '  (* ramstyle = "M4K, no_rw_check" *) reg [23:0] one')) == 7


PINS = """
module t (input clk, we, cs, input [7:0] a, input [4:0] d, output reg [4:0] y);
  reg [4:0] words [255:0];
  always @(posedge clk) if (we) begin if (cs) words[a] <= d; end else y <= words[a];
endmodule
"""
READ_ALWAYS = """
module t (input clk, we, up, input [4:0] d, input [7:0] w, output reg [4:0] y);
  reg [4:0] words [255:0];
  reg [7:0] i = 0;
  always @(posedge clk) begin if (we) words[w] <= d; if (up) i <= i + 1; y <= words[i]; end
endmodule
"""


@pytest.mark.parametrize(("text", "beside"), [(PINS, 0), (READ_ALWAYS, 8)])
def test_read_register_in_the_block(text: str, beside: int):
    """Read at pins: Quartus' netlist for the EP2C35 has a clock enable at the block and no register. Read in every clock: the address's."""
    assert registers(text) == beside


SMALL = """
module t (input clk, we, up, keep, clear, input [1:0] d, w, output reg [1:0] y);
  reg [1:0] words [3:0];
  reg [1:0] i = 0;
  always @(posedge clk) begin
    if (we) words[w] <= d;
    if (up) i <= i + 1;
    READ
  end
endmodule
"""
PROVE = """
read_verilog t.v
proc
opt
memory -nomap -nordff
opt_clean
design -save start
memory_map
rename t described
design -stash described
design -load start
{commands}
select -assert-count {passing} c:*.beside
memory_map
design -copy-from described described
miter -equiv -flatten described t same
hierarchy -top same
techmap
opt
sat -verify -prove trigger 0 -set-init-zero -seq 9 same
"""


@pytest.mark.parametrize(
    ("read", "passing"),
    [
        ("if (!keep) y <= words[i];", 1),
        ("if (clear) y <= 1; else if (!keep) y <= words[i];", 0),
        ("if (clear) y <= 0; else y <= words[i];", 0),
        ("if (!keep) y <= words[w];", 0),
        ("if (!keep) y <= words[{i[1], w[0]}];", 0),
        ("y <= words[i];", 0),
        ("if (clear) y <= 0; else if (we && w == i) y <= d; else y <= words[i];", 0),
        ("if (clear) y <= 2; else if (we && w == i) y <= d; else y <= words[i];", 0),
        ("if (we && w == {clear, keep}) y <= d; else y <= words[{clear, keep}];", 1),
    ],
)
def test_memory_gives_the_words_it_gave(read: str, passing: int, tmp_path: Path):
    """Proven for all inputs of nine clocks, in which a word is written, passed by, and read again at each of the four addresses."""
    (tmp_path / "t.v").write_text(SMALL.replace("READ", read))
    (tmp_path / "pass_by.v").write_text((mapping.CELLS / "pass_by.v").read_text())
    (tmp_path / "prove.ys").write_text(PROVE.format(commands=memory_reads.COMMANDS, passing=passing))
    done = subprocess.run([find_yosys(), "-q", "-s", "prove.ys"], cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
