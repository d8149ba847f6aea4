"""A whole board project as machine code: GHDL's synthesis of the delivered VHDL, Verilator, and a codec in C++.

The PLL becomes a register that the bench drives, so that the codec's clock has no relation to the board's.
"""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from testbenches.engines import native_build
from testbenches.engines.fast_netlist import both_edges, direct
from testbenches.engines.ghdl import run_tool, synthesize
from testbenches.errors import SimulationError

HERE = Path(__file__).resolve().parent
SOURCES = ("board_native.py", "board_native.cpp", *native_build.SOURCES)
FLAGS = ("-std=gnu++17", "-O2", "-w", "-DVM_COVERAGE=0", "-DVM_SC=0", "-DVM_TRACE=0")

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
class BoardPlayed:
    """What a codec saw.

    Attributes
    ----------
    left, right : array of int, shape (frames,)
    frames_before : int
        Frames before the codec began.
    transfers : tuple of int
        Three bytes of each on the bus, address first, refused ones included.
    lamps : int
        The green ones as a number.
    """

    left: np.ndarray
    right: np.ndarray
    frames_before: int
    transfers: tuple[int, ...]
    lamps: int


def build_board(project: Path) -> Path:
    """Compile a project to a program, or take it from the cache.

    Parameters
    ----------
    project : Path
        Folder that ``ossicle project`` wrote.

    Returns
    -------
    Path
        The program; its arguments stand in ``board_native.cpp``.

    Raises
    ------
    ToolError
        If a tool is missing, too old, or refuses its input.
    """
    manifest = json.loads((project / "project.json").read_text())
    files = [project / file for file in manifest["files"]]
    sources = [(HERE / name).read_bytes() for name in SOURCES]
    content = [path.read_bytes() for path in files]
    key = native_build.digest(manifest["entity"], *content, *native_build.toolchain(), *FLAGS, *native_build.VERILATE, *sources)
    return native_build.cached(f"native-board-{key}", lambda folder: _compile(folder, manifest["entity"], files)) / "board"


def _compile(folder: Path, entity: str, files: list[Path]) -> None:
    """Synthesise, verilate, compile: all in one unit, so that the compiler sees through the calls of the evaluation."""
    (folder / "pll.vhd").write_text(STAND_IN)
    netlist = synthesize([*files[:-1], folder / "pll.vhd", files[-1]], entity)
    netlist = re.sub(r"module pll_50_to_12\b.*?endmodule\n", lambda _: DRIVEN_PLL, netlist, count=1, flags=re.DOTALL)
    fast = both_edges(direct(netlist), asynchronous=True)
    (folder / "top.v").write_text(split_open_drain(fast))
    verilator, compiler = native_build.find_program("verilator"), native_build.find_program("g++")
    model = folder / "model"
    names = ["--top-module", entity, "--prefix", "Vtop", "--Mdir", str(model)]
    run_tool([verilator, *native_build.VERILATE, *native_build.QUIET, *names, "top.v"], cwd=folder)
    units = sorted(model.glob("*.cpp")) + [HERE / "board_native.cpp"] + [Path(name) for name in native_build.RUNTIME]
    (model / "all.cc").write_text("".join(f'#include "{unit}"\n' for unit in units))
    clock = f"-DCODEC_CLOCK={entity}__DOT__u_pll__DOT__driven"
    includes = ["-I.", *native_build.include_options(verilator)]
    run_tool([compiler, *FLAGS, clock, *includes, "all.cc", "-o", "../board", "-lpthread"], cwd=model)


def split_open_drain(netlist: str) -> str:
    """Every line that is pulled low or let go, as an input and an output ``NAME_low``: a simulator in C++ has no wire to resolve."""
    for name in re.findall(r"^ *inout +(\w+)", netlist, flags=re.MULTILINE):
        netlist = re.sub(rf"\binout +{name}\b", f"input {name}, output {name}_low", netlist)
        netlist = re.sub(rf"assign {name} = ", f"assign {name}_low = ", netlist)
    return netlist.replace("? 1'b0 : 1'bz", "? 1'b1 : 1'b0")


def play_board(program: Path, words: Any, frames: int, offset: float = 0.0, drift: float = 0.0, refused: str = "0") -> BoardPlayed:
    """Run a compiled board.

    Parameters
    ----------
    program : Path
    words : array of int, shape (n,)
        The ADC's left words, 16 bits at 48 kHz.
    frames : int
        Length of the run at the DAC.
    offset, drift : float
        Parts per million by which the codec's period is too long, and by which it wanders to and fro.
    refused : str
        A 1 for every transfer that the codec does not acknowledge.

    Raises
    ------
    SimulationError
        If nothing is ever played, or the bus is used in a way that the codec does not know.
    """
    with tempfile.TemporaryDirectory(prefix="ossicle-") as scratch:
        adc, dac = Path(scratch) / "adc.bin", Path(scratch) / "dac.bin"
        np.asarray(words, dtype="<i2").tofile(adc)
        command = [program, adc, dac, frames, offset, drift, refused]
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
        if done.returncode:
            raise SimulationError(f"board: {done.stderr.strip() or done.returncode}")
        before, lamps, *transfers = map(int, done.stdout.split())
        played = np.fromfile(dac, dtype="<i2").astype(np.int64).reshape(-1, 2)
    return BoardPlayed(played[:, 0], played[:, 1], before, tuple(transfers), lamps)
