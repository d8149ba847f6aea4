"""The yardstick: any netlist on a fabric of 4-input tables, one logic element a bit for adders, 18x18 and 9x9 multipliers, M4K memories.

No packing, no place and route: the true number of logic elements of a Cyclone II lies between the larger of tables and registers and their
sum. It is no estimate of one core; it treats all cores alike, ours and others'.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from testbenches.engines.yosys import find_yosys, run_limited
from testbenches.errors import ToolError

HERE = Path(__file__).resolve().parent

SCRIPT = """\
read_verilog -sv netlist.v
read_verilog -lib le_cells.v
hierarchy -check -top {top}
proc
flatten
tribuf -logic
deminout
opt_expr
opt_clean
opt -nodffe -nosdff
fsm
opt
wreduce
peepopt
opt_clean
techmap -map +/cmp2lut.v -D LUT_WIDTH=4
opt_expr
opt_clean
wreduce t:$mul
techmap -map +/mul2dsp.v -D DSP_A_MAXWIDTH=18 -D DSP_B_MAXWIDTH=18 -D DSP_A_MINWIDTH=10 -D DSP_B_MINWIDTH=4 -D DSP_NAME=$__MUL18X18
chtype -set $mul t:$__soft_mul
techmap -map +/mul2dsp.v -D DSP_A_MAXWIDTH=9 -D DSP_B_MAXWIDTH=9 -D DSP_A_MINWIDTH=4 -D DSP_B_MINWIDTH=4 -D DSP_NAME=$__MUL9X9
chtype -set $mul t:$__soft_mul
techmap -map le_dsp.v
opt
techmap -map le_arith.v t:$add t:$sub
alumacc t:$lt t:$le t:$gt t:$ge t:$neg %u %u %u %u
opt
memory -nomap
opt_clean
memory_bram -rules brams_m4k.txt
techmap -map le_bram.v
opt -fast -mux_undef -undriven -fine -full
memory_map
opt -undriven -fine
techmap -map +/techmap.v -map le_arith.v
opt -full
clean -purge
setundef -undriven -zero
dfflegalize {registers}
opt -full
abc9 -lut 4 -W 300
clean
opt -fast
clean -purge
tee -q -o stat.json stat -json
"""

REGISTERS = tuple(f"$_{kind}_ 01" for kind in ("DFFE_PP", *(f"{clear}_PP{to}P" for clear in ("DFFE", "SDFFCE", "SDFFE") for to in (0, 1))))
"""Kinds that are left, each with any start."""

WALL_SECONDS = 180
"""abc9 sometimes hangs; then it is tried once more."""


@dataclass(frozen=True)
class OnYardstick:
    """What a netlist takes on the yardstick's fabric.

    Attributes
    ----------
    tables, carries : int
        4-input tables, and logic elements in carry chains.
    registers : int
    multipliers_18, multipliers_9 : int
        Of 18 and of 9 bits.
    memories : int
        M4K blocks.
    """

    tables: int
    carries: int
    registers: int
    multipliers_18: int
    multipliers_9: int
    memories: int

    @property
    def combinational(self) -> int:
        """Logic elements that compute."""
        return self.tables + self.carries


def without_assertions(verilog: str) -> str:
    """A netlist without its calls of ``$fatal``, which no hardware has."""
    return re.sub(r"\$fatal\s*\([^;]*\);", ";", verilog)


def on_yardstick(top: str, verilog: str) -> OnYardstick:
    """Map a netlist in Verilog.

    Parameters
    ----------
    top : str
    verilog : str

    Raises
    ------
    ToolError
        If Yosys is missing, refuses the netlist, or hangs twice.
    """
    with tempfile.TemporaryDirectory(prefix="ossicle-") as scratch:
        folder = Path(scratch)
        for part in (*HERE.glob("*.v"), *HERE.glob("*.txt")):
            shutil.copy(part, folder)
        (folder / "netlist.v").write_text(without_assertions(verilog))
        registers = " ".join(f"-cell {kind}" for kind in REGISTERS)
        (folder / "map.ys").write_text(SCRIPT.format(top=top, registers=registers))
        for _ in range(2):
            done = run_limited([find_yosys(), "-q", "-s", "map.ys"], folder, wall_s=WALL_SECONDS)
            if done.in_time:
                break
        if not done.in_time or done.status:
            raise ToolError(f"yosys: {top}: {next(iter(done.complaints), 'hangs')}")
        cells = json.loads((folder / "stat.json").read_text())["design"].get("num_cells_by_type") or {}

    def count(pattern: str) -> int:
        return sum(number for kind, number in cells.items() if re.fullmatch(pattern, kind))

    return OnYardstick(
        count(r"\$lut"), count("LE_ARITH"), count(r"\$_\w*DFF\w*"), count("EMB_MULT18"), count("EMB_MULT9"), count("M4K")
    )  # fmt: skip
