"""Cores played by time, with any number of clocks: in MyHDL's simulator, and as machine code of the delivered VHDL or Verilog."""

from __future__ import annotations

import ctypes
import functools
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from myhdl import delay, instance

from ip_cores.core import Core
from ip_cores.port import Port
from testbenches.clocks import ClockedResponse, ClockedStimulus, Sides, play_by_time
from testbenches.engines import native_build
from testbenches.engines.fast_netlist import both_edges, direct, verilog_name, without_reserved_names
from testbenches.engines.ghdl import run_tool, synthesize
from testbenches.engines.myhdl_engine import new_signal
from testbenches.engines.own_bench import run_own_myhdl
from testbenches.interface import Delivered, bits, decode_one, mask

HERE = Path(__file__).resolve().parent
SOURCES = ("clocked_engines.py", "native_pins.cpp", *native_build.SOURCES)
FLAGS = (*native_build.COMMON, *native_build.FLAGS["build"])


def clocked_myhdl(core: Core, stimulus: ClockedStimulus) -> ClockedResponse:
    """Play a stimulus to the hardware description itself."""
    out: list[ClockedResponse] = []

    def make() -> Any:
        device = Described(core)

        @instance
        def bench() -> Iterator[Any]:
            yield delay(1)
            for _ in play_by_time(device, core, stimulus, out):
                yield delay(1)
                device.fall()

        return core.block(**device.signals), bench

    run_own_myhdl(make)
    return out[0]


class Described:
    """A core as MyHDL signals."""

    def __init__(self, core: Core) -> None:
        self.ports = {port.name: port for port in core.ports}
        self.signals = {name: new_signal(port) for name, port in self.ports.items()}
        self.high: list[str] = []

    def set(self, name: str, raw: int) -> None:
        port = self.ports[name]
        self.signals[name].next = bool(raw) if port.width is None else decode_one(port, raw)

    def get(self, name: str) -> int:
        # What was set just now counts, as on a wire.
        signal = self.signals[name]
        return int(signal.next if self.ports[name].direction == "in" else signal) & mask(bits(self.ports[name]))

    def rise(self, clocks: list[str]) -> None:
        self.high = clocks
        for clock in clocks:
            self.signals[clock].next = True

    def fall(self) -> None:
        """Bring the clocks back, once they have risen."""
        for clock in self.high:
            self.signals[clock].next = False
        self.high = []


def clocked_native(core: Core, manifest: Delivered, stimulus: ClockedStimulus) -> ClockedResponse:
    """Play a stimulus to the compiled VHDL of `manifest`.

    Raises
    ------
    ToolError
        If a tool is missing, too old, or refuses its input.
    ProtocolError
        If the source takes a word back, or changes one that it offers.
    """
    files = [manifest.folder / name for name in manifest.files]
    return _play_compiled(core, stimulus, build(core, manifest.entity, files), falls=False)


def clocked_verilog(core: Core, file: Path, stimulus: ClockedStimulus) -> ClockedResponse:
    """Play a stimulus to a Verilog netlist as it was delivered, both edges of every clock included.

    Raises
    ------
    ToolError, ProtocolError
        As `clocked_native` does.
    """
    return _play_compiled(core, stimulus, build(core, core.name, [file]), falls=True)


def _play_compiled(core: Core, stimulus: ClockedStimulus, folder: Path, falls: bool) -> ClockedResponse:
    out: list[ClockedResponse] = []
    device = Compiled(core, load(str(folder / "model.so")), falls)
    try:
        for _ in play_by_time(device, core, stimulus, out):
            device.settle()
    finally:
        device.close()
    return out[0]


class Compiled:
    """A core as machine code; where clocks fall, the model takes their rising edges only."""

    def __init__(self, core: Core, library: ctypes.CDLL, falls: bool) -> None:
        inputs, outputs, clocks = roles(core)
        self.library, self.pins = library, library.pins_new()
        self.places = {port.name: place for place, port in enumerate((*inputs, *outputs))}
        self.clocks = {name: 1 << place for place, name in enumerate(clocks)}
        self.falls, self.high = falls, 0

    def set(self, name: str, raw: int) -> None:
        self.library.pins_set(self.pins, self.places[name], int(raw))

    def get(self, name: str) -> int:
        return int(self.library.pins_get(self.pins, self.places[name]))

    def rise(self, clocks: list[str]) -> None:
        self.high = sum(self.clocks[name] for name in clocks)
        self.library.pins_turn(self.pins, self.high)

    def settle(self) -> None:
        self.library.pins_settle(self.pins)
        if self.falls and self.high:
            self.library.pins_turn(self.pins, self.high)
            self.library.pins_settle(self.pins)
        self.high = 0

    def close(self) -> None:
        self.library.pins_free(self.pins)


def roles(core: Core) -> tuple[list[Port], list[Port], tuple[str, ...]]:
    """Inputs, outputs and clocks in the order of their numbers."""
    clocks = Sides.of(core).clocks
    ports = [port for port in core.ports if port.name not in clocks]
    return [port for port in ports if port.direction == "in"], [port for port in ports if port.direction == "out"], clocks


def build(core: Core, entity: str, files: list[Path]) -> Path:
    """Folder of the compiled model, from the cache or freshly made; holds ``model.so``.

    Parameters
    ----------
    core : Core
    entity : str
    files : list of Path
        VHDL in compile order, of which a synthesised netlist is simulated with one evaluation an edge; or one Verilog file, simulated as
        it is.
    """
    sources = [(HERE / name).read_bytes() for name in SOURCES]
    ports = [f"{port.name} {port.direction} {port.width}" for port in core.ports]
    content = [path.suffix + path.read_text(encoding="latin-1") for path in files]
    key = native_build.digest(entity, *ports, *content, *native_build.toolchain(), *FLAGS, *native_build.VERILATE, *sources)
    return native_build.cached(f"native-clocks-{key}", lambda folder: _compile(folder, core, entity, files))


def _verilog(folder: Path, entity: str, files: list[Path]) -> str:
    """The text to simulate."""
    if files[0].suffix == ".v":
        return files[0].read_text()
    copies = [folder / f"{number}_{path.name}" for number, path in enumerate(files)]
    for path, copy in zip(files, copies, strict=True):
        copy.write_text(without_reserved_names(path.read_text(encoding="latin-1")), encoding="latin-1")
    netlist = synthesize(copies, verilog_name(entity))
    return both_edges(direct(netlist), asynchronous=True)


def _compile(folder: Path, core: Core, entity: str, files: list[Path]) -> None:
    verilator, compiler = native_build.find_program("verilator"), native_build.find_program("g++")
    (folder / "top.v").write_text(_verilog(folder, entity, files))
    model = folder / "model"
    names = ["--top-module", verilog_name(entity.lower()), "--prefix", "Vtop", "--Mdir", str(model)]
    run_tool([verilator, *native_build.VERILATE, *native_build.QUIET, *names, "top.v"], cwd=folder)
    (model / "pins.h").write_text(pins_header(core))
    shutil.copy(HERE / "native_pins.cpp", model)
    units = (native_build.HEADER, *sorted(path.name for path in model.glob("*.cpp")))
    (model / "all.cc").write_text("".join(f'#include "{name}"\n' for name in units))
    includes = ["-I.", f"-I{native_build.header_folder(FLAGS)}", *native_build.include_options(verilator)]
    runtime = [str(native_build.runtime_folder() / name.replace(".cpp", ".o")) for name in native_build.RUNTIME]
    command = [compiler, *FLAGS, *includes, "-shared", *native_build.LINK, "-o", "../model.so", "all.cc", *runtime, "-lpthread"]
    run_tool(command, cwd=model)
    shutil.rmtree(model)


def pins_header(core: Core) -> str:
    """``pins.h``: the ports as lists for the preprocessor, numbered as in `roles`."""
    inputs, outputs, clocks = roles(core)
    listed = [(number, verilog_name(port.name)) for number, port in enumerate((*inputs, *outputs))]
    lists = {"INPUTS": listed[: len(inputs)], "OUTPUTS": listed[len(inputs) :], "CLOCKS": list(enumerate(clocks))}
    return "".join(f"#define {name}(F) {' '.join(f'F({n}, {port})' for n, port in rows)}\n" for name, rows in lists.items())


@functools.lru_cache(maxsize=64)
def load(path: str) -> ctypes.CDLL:
    """A compiled model as a library with its functions declared."""
    library = ctypes.CDLL(path)
    library.pins_new.restype = ctypes.c_void_p
    library.pins_get.restype = ctypes.c_uint64
    library.pins_get.argtypes = [ctypes.c_void_p, ctypes.c_int]
    library.pins_set.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_uint64]
    library.pins_turn.argtypes = [ctypes.c_void_p, ctypes.c_uint64]
    library.pins_settle.argtypes = library.pins_free.argtypes = [ctypes.c_void_p]
    return library
