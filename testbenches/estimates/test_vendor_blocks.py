"""Quartus' own building blocks: models that cost what its reports say, and FIFOs that are FIFOs."""

import subprocess
from pathlib import Path

import pytest

from fpga_projects.mapping.mapping import map_design
from fpga_projects.mapping.megafunctions import models_for
from fpga_projects.validation.checks import measure
from testbenches.engines.ghdl import run_tool
from testbenches.engines.native_build import COMMON, QUIET, RUNTIME, find_program, include_options, runtime_folder

SHIFT_TAPS = """
module t (input clock, enable, input [7:0] x, output [15:0] y);
  altshift_taps line (.clock(clock), {clken} .shiftin(x), .taps(y));
  defparam line.width = 8, line.number_of_taps = 2, line.tap_distance = {distance}, line.lpm_type = "altshift_taps";
endmodule
"""


@pytest.mark.parametrize(
    ("clken", "distance", "counter", "bits"),
    [
        (".clken(enable),", 128, 7, 126 * 16),
        ("", 800, 10, 798 * 16),  # 28,728 bits and 10 registers for three taps of 12 bits in a report of Quartus 13.0
    ],
)
def test_shift_register_in_memory(clken: str, distance: int, counter: int, bits: int, tmp_path: Path) -> None:
    """Two words of a distance are inside the block; the enable that a design leaves open is on."""
    (tmp_path / "t.v").write_text(SHIFT_TAPS.format(clken=clken, distance=distance))
    counts = measure(map_design([tmp_path / "t.v"], "t"), "EP2C35F672C6")[2]
    assert (counts["registers"], counts["memory_bits"]) == (counter, bits)
    assert counter < counts["logic_elements"] <= counter + 5


FIFOS = """
module one (input wclk, rclk, clear, put, take, input [23:0] data, output [23:0] q, output full, empty, output [6:0] used);
  scfifo fifo (.clock(wclk), .sclr(clear), .wrreq(put), .rdreq(take), .data(data), .q(q), .full(full), .empty(empty), .usedw(used));
  defparam fifo.lpm_width = 24, fifo.lpm_widthu = 7, fifo.lpm_numwords = 128, fifo.lpm_showahead = "ON",
           fifo.overflow_checking = "OFF", fifo.underflow_checking = "OFF";
endmodule
module two (input wclk, rclk, clear, put, take, input [15:0] data, output [15:0] q, output full, empty, output [8:0] used);
  dcfifo fifo (.wrclk(wclk), .rdclk(rclk), .aclr(clear), .wrreq(put), .rdreq(take), .data(data), .q(q),
               .wrfull(full), .rdempty(empty), .wrusedw(used));
  defparam fifo.lpm_width = 16, fifo.lpm_widthu = 9, fifo.lpm_numwords = 512, fifo.lpm_showahead = "OFF";
endmodule
"""


@pytest.mark.parametrize(("top", "registers", "logic_elements", "bits"), [("one", 33, 53, 3072), ("two", 108, 81, 8192)])
def test_fifos_cost_what_reports_of_quartus_say(top: str, registers: int, logic_elements: int, bits: int, tmp_path: Path) -> None:
    """The show-ahead FIFO of `part1` of dcrystalj and the one between two clocks of `DE2_70` of ECE4063, both by Quartus 13.0.1."""
    (tmp_path / "t.v").write_text(FIFOS)
    netlist = map_design([tmp_path / "t.v"], top)
    counts = measure(netlist, "EP2C35F672C6", feedback=False)[2]
    assert (counts["registers"], counts["memory_bits"]) == (registers, bits)
    luts = sum(1 for cell in netlist.cells if cell.kind in ("lut", "carry"))
    assert luts == pytest.approx(logic_elements, rel=0.25)


BENCH_CPP = r"""
#include "Vone.h"
#include "Vtwo.h"
#include <cstdio>
#include <deque>
template <class Fifo> int play(bool ahead, uint32_t words) {
  Fifo f;
  std::deque<uint32_t> inside;
  uint32_t random = 1, passed = 0;
  size_t most = 0;
  f.put = f.take = f.wclk = f.rclk = 0;
  for (int step = 0; step < 40000; step++) {
    random = random * 1664525u + 1013904223u;
    bool write_edge = ahead || step % 2 == 0, read_edge = ahead || step % 2;
    uint32_t often = step / 5000 % 2 ? 7 : 2;  // mostly filling and mostly draining, in turn
    f.clear = step < 8;
    f.put = step > 20 && !f.full && (random >> 10) % 9 < often;
    f.take = step > 20 && !f.empty && (random >> 20) % 9 < 9 - often;
    f.data = random >> 3 & 0xffff;
    f.eval();
    bool put = f.put && write_edge, take = f.take && read_edge;
    uint32_t shown = f.q;
    f.wclk = write_edge; f.rclk = read_edge;
    f.eval();
    if (take) {
      if (inside.empty() || inside.front() != (ahead ? shown : f.q)) return printf("step %d: a word is lost or made up\n", step), 1;
      inside.pop_front();
      passed++;
    }
    if (put) inside.push_back(f.data);
    if (inside.size() > most) most = inside.size();
    f.wclk = f.rclk = 0;
    f.eval();
  }
  printf("%u words, %zu at most\n", passed, most);
  return passed < 5000 || most > words || most < words - 2;
}
int main() { return play<Vone>(true, 128) || play<Vtwo>(false, 512); }
"""


def test_fifos_are_fifos(tmp_path: Path) -> None:
    """What goes in comes out, in order, and neither full nor empty is passed."""
    (tmp_path / "t.v").write_text(FIFOS + (models_for([FIFOS]) or ""))
    (tmp_path / "main.cpp").write_text(BENCH_CPP)
    verilator = find_program("verilator")
    for top in ("one", "two"):
        run_tool([verilator, "--cc", *QUIET, "--top-module", top, "--prefix", f"V{top}", "--Mdir", f"model_{top}", "t.v"], cwd=tmp_path)
    units = sorted(str(path) for path in tmp_path.glob("model_*/*.cpp"))
    (tmp_path / "all.cc").write_text("".join(f'#include "{name}"\n' for name in (*units, "main.cpp")))
    runtime = [str(runtime_folder() / name.replace(".cpp", ".o")) for name in RUNTIME]
    includes = ["-Imodel_one", "-Imodel_two", *include_options(verilator)]
    run_tool([find_program("g++"), *COMMON, "-O0", *includes, "-o", "play", "all.cc", *runtime, "-lpthread"], cwd=tmp_path)
    done = subprocess.run([str(tmp_path / "play")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_read_only_memory_of_the_wizard(tmp_path: Path) -> None:
    """Contents that are not read are unknown, not nothing."""
    text = (
        "module t (input clock, input [11:0] a, output [15:0] q); altsyncram rom (.address_a(a), .clock0(clock), .q_a(q), .wren_a(1'b0));\n"
    )
    text += (
        'defparam rom.width_a = 16, rom.widthad_a = 12, rom.numwords_a = 4096, rom.operation_mode = "ROM", rom.init_file = "sine.mif";\n'
    )
    (tmp_path / "t.v").write_text(text + "endmodule\n")
    counts = measure(map_design([tmp_path / "t.v"], "t"), "EP2C35F672C6")[2]
    assert (counts["memory_bits"], counts["m4k_blocks"], counts["logic_elements"]) == (65536, 16, 0)


STYLED = """
module t (input clk, we, input [7:0] w, r, input [4:0] d, output reg [4:0] y);
  (* ramstyle = "{style}" *) reg [4:0] words [255:0];
  always @(posedge clk) begin if (we) words[w] <= d; y <= words[r]; end
endmodule
"""


@pytest.mark.parametrize(("style", "bits"), [("M4K", 5 * 256), ("no_rw_check, M4K", 5 * 256), ("logic", 0)])
def test_memory_goes_where_ramstyle_sends_it(style: str, bits: int, tmp_path: Path) -> None:
    """Quartus' attribute and its values (Quartus Help, "ramstyle Verilog HDL Synthesis Attribute")."""
    (tmp_path / "t.v").write_text(STYLED.format(style=style))
    assert measure(map_design([tmp_path / "t.v"], "t"), "EP2C35F672C6")[2]["memory_bits"] == bits
