"""A whole board project as machine code: GHDL's synthesis of the delivered VHDL, Verilator, and a codec in C++.

The PLL becomes a register that the bench drives, so that the codec's clock has no relation to the board's.
"""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from testbenches.errors import SimulationError
from testbenches.ghdl import run_tool, synthesize

HERE = Path(__file__).resolve().parent

STAND_IN = """\
library ieee;
use ieee.std_logic_1164.all;

entity pll_50_to_12 is
    port (areset: in std_logic; inclk0: in std_logic; c0: out std_logic; locked: out std_logic);
end entity pll_50_to_12;

architecture stand_in of pll_50_to_12 is
begin
    c0 <= inclk0;
    locked <= not areset;
end architecture stand_in;
"""

DRIVEN_PLL = """\
module pll_50_to_12 (input areset, input inclk0, output c0, output locked);
  reg driven /*verilator public_flat_rw*/;
  assign c0 = driven;
  assign locked = !areset;
endmodule
"""


@dataclass(frozen=True)
class Played:
    """What a codec saw.

    Attributes
    ----------
    left, right : array of int, shape (frames,)
    frames_before : int
        Frames before the codec began.
    transfers : int
        On the bus, refused ones included.
    lamps : int
        The green ones as a number.
    """

    left: np.ndarray
    right: np.ndarray
    frames_before: int
    transfers: int
    lamps: int


def build_board(project: Path, scratch: Path) -> Path:
    """Compile a project to a program.

    Parameters
    ----------
    project : Path
        Folder that ``ossicle project`` wrote.
    scratch : Path
        Where to work.

    Returns
    -------
    Path
        The program; its arguments stand in ``board_native.cpp``.
    """
    manifest = json.loads((project / "project.json").read_text())
    (scratch / "pll.vhd").write_text(STAND_IN)
    files = [*(project / file for file in manifest["files"][:-1]), scratch / "pll.vhd", project / manifest["files"][-1]]
    netlist = synthesize(files, manifest["entity"])
    netlist = re.sub(r"module pll_50_to_12\b.*?endmodule\n", lambda _: DRIVEN_PLL, netlist, count=1, flags=re.DOTALL)
    (scratch / "top.v").write_text(split_open_drain(netlist))
    clock = f"{manifest['entity']}__DOT__u_pll__DOT__driven"
    flags = f"-O2 -DCODEC_CLOCK={clock}"
    command = ["verilator", "--cc", "--exe", "--build", "-O3", "--x-initial", "fast", "--default-language", "1364-2005", "-Wno-fatal"]
    command += ["-Wno-lint", "-Wno-style", "--noassert", "--prefix", "Vtop", "--top-module", manifest["entity"], "-CFLAGS", flags]
    run_tool([*command, "-o", "board", "top.v", str(HERE / "board_native.cpp")], cwd=scratch)
    return scratch / "obj_dir" / "board"


def split_open_drain(netlist: str) -> str:
    """Every line that is pulled low or let go, as an input and an output ``NAME_low``: a simulator in C++ has no wire to resolve."""
    for name in re.findall(r"^ *inout +(\w+)", netlist, flags=re.MULTILINE):
        netlist = re.sub(rf"\binout +{name}\b", f"input {name}, output {name}_low", netlist)
        netlist = re.sub(rf"assign {name} = ", f"assign {name}_low = ", netlist)
    return netlist.replace("? 1'b0 : 1'bz", "? 1'b1 : 1'b0")


def play_board(program: Path, words: Any, frames: int, drift: float = 0.0, refused: str = "0") -> Played:
    """Run a compiled board.

    Parameters
    ----------
    program : Path
    words : array of int, shape (n,)
        The ADC's left words, 16 bits at 48 kHz.
    frames : int
        Length of the run at the DAC.
    drift : float
        Parts per million that the codec's clock wanders to and fro.
    refused : str
        A 1 for every transfer that the codec does not acknowledge.

    Raises
    ------
    SimulationError
        If nothing is ever played, or the bus is used in a way that the codec does not know.
    """
    folder = program.parent
    np.asarray(words, dtype="<i2").tofile(folder / "adc.bin")
    command = [str(program), str(folder / "adc.bin"), str(folder / "dac.bin"), str(frames), str(drift), refused]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise SimulationError(f"board: {done.stderr.strip() or done.returncode}")
    before, transfers, lamps = map(int, done.stdout.split())
    played = np.fromfile(folder / "dac.bin", dtype="<i2").astype(np.int64).reshape(-1, 2)
    return Played(played[:, 0], played[:, 1], before, transfers, lamps)
