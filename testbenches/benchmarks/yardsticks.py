"""What the engines are measured against: GHDL's Verilog netlist as it was written, in Icarus Verilog and in Verilator with a loop by hand.

Both play words at full rate to a core with one stream of samples, and give the clocks that it took and the words that came.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from testbenches.engines import native_build
from testbenches.engines.ghdl import run_tool, synthesize
from testbenches.errors import SimulationError
from testbenches.interface import Delivered, Interface, bits, decode, encode

HERE = Path(__file__).resolve().parent
MOST_CLOCKS = 1000
"""For a word: a core that needs more is taken for dead."""

ICARUS_BENCH = """\
module bench;
  reg clk = 0, reset = 1, sink_valid = 0;
  reg [{sink_width} - 1:0] words [0:{length} - 1];
  reg [{sink_width} - 1:0] sink_data = 0;
  wire sink_ready, source_valid;
  wire [{source_width} - 1:0] source_data;
  integer sent = 0, received = 0, cycle = 0, n, file;

  {entity} dut(.clk(clk), .reset(reset), .sink_valid(sink_valid), .sink_ready(sink_ready), .sink_data(sink_data),
    .source_valid(source_valid), .source_ready(1'b1), .source_data(source_data){others});

  initial begin
    $readmemh("words.hex", words);
    file = $fopen("given.hex", "w");
    for (n = 0; n < 4; n = n + 1) begin
      #5 clk = 1;
      #5 clk = 0;
    end
    reset = 0;
    while (received < {expected} && cycle < {most}) begin
      sink_valid = sent < {length};
      if (sink_valid) sink_data = words[sent];
      #5;
      if (sink_valid && sink_ready) sent = sent + 1;
      if (source_valid) begin
        received = received + 1;
        $fwrite(file, "%h\\n", source_data);
      end
      clk = 1;
      #5 clk = 0;
      cycle = cycle + 1;
    end
    $fclose(file);
    $display("%0d", cycle);
    $finish;
  end
endmodule
"""


@dataclass(frozen=True)
class Netlist:
    """A core as GHDL writes it in Verilog.

    Attributes
    ----------
    entity : str
    interface : Interface
        With one stream of samples; other inputs are tied to 0.
    text : str
    """

    entity: str
    interface: Interface
    text: str

    @classmethod
    def of(cls, manifest: Delivered) -> Netlist:
        """Synthesise delivered VHDL."""
        text = synthesize([manifest.folder / name for name in manifest.files], manifest.entity)
        return cls(manifest.entity, Interface.of(manifest.ports), text)


def most_clocks(length: int) -> int:
    return MOST_CLOCKS * (length + 10)


def arrived(words: np.ndarray, expected: int) -> None:
    """Complain about words that are missing.

    Raises
    ------
    SimulationError
        If some are.
    """
    if len(words) != expected:
        raise SimulationError(f"{len(words)} of {expected} words came")


def play_icarus(netlist: Netlist, words: np.ndarray, expected: int, folder: Path) -> tuple[int, np.ndarray]:
    """Compile and play in Icarus Verilog.

    Parameters
    ----------
    netlist : Netlist
    words : array of int
    expected : int
        Words that have to come.
    folder : Path
        Where to work.

    Returns
    -------
    cycles : int
    words : array of int64

    Raises
    ------
    ToolError
        If Icarus is missing or refuses the netlist.
    SimulationError
        If words are missing.
    """
    sink, source = netlist.interface.sink["data"], netlist.interface.source["data"]
    text = ICARUS_BENCH.format(
        entity=netlist.entity,
        sink_width=bits(sink),
        source_width=bits(source),
        length=len(words),
        expected=expected,
        most=most_clocks(len(words)),
        others="".join(f",\n    .{name}({bits(port)}'d0)" for name, port in netlist.interface.inputs.items()),
    )
    (folder / "words.hex").write_text("".join(f"{word:x}\n" for word in encode(sink, words).tolist()))
    (folder / "bench.v").write_text(text)
    (folder / "netlist.v").write_text(netlist.text)
    run_tool([native_build.find_program("iverilog"), "-g2005", "-o", "bench.vvp", "bench.v", "netlist.v"], cwd=folder)
    printed = run_tool([native_build.find_program("vvp"), "-n", "bench.vvp"], cwd=folder)
    raw = [int(row, 16) for row in (folder / "given.hex").read_text().split()]
    given = decode(source, np.array(raw, dtype=np.uint64))
    arrived(given, expected)
    return int(printed.split()[-1]), given


def play_bare_verilator(netlist: Netlist, words: np.ndarray, expected: int) -> tuple[int, np.ndarray]:
    """Play in Verilator's model of the netlist as it is, by a loop without stalls, resets or checks.

    The flags are those of the native engine, for Verilator and for the compiler; arguments, results and errors are those of `play_icarus`.
    """
    interface = netlist.interface
    library = ctypes.CDLL(str(bare_model(netlist) / "bare.so"))
    library.play.restype = ctypes.c_int64
    library.play.argtypes = [ctypes.c_void_p, ctypes.c_int64, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64]
    raw, given = np.ascontiguousarray(encode(interface.sink["data"], words)), np.zeros(expected, np.uint64)
    most = most_clocks(len(words))
    cycles = library.play(raw.ctypes.data, len(raw), given.ctypes.data, expected, most)
    if cycles == most:
        raise SimulationError(f"not all of {expected} words came in {most} clocks")
    return cycles, decode(interface.source["data"], given)


def bare_model(netlist: Netlist) -> Path:
    """Folder with ``bare.so``, from the cache of compiled models or freshly made."""
    flags = (*native_build.COMMON, *native_build.FLAGS["run"])
    loop = (HERE / "bare_verilator.cpp").read_bytes()

    def make(folder: Path) -> None:
        verilator, compiler = native_build.find_program("verilator"), native_build.find_program("g++")
        (folder / "netlist.v").write_text(netlist.text)
        names = ["--top-module", netlist.entity, "--prefix", "Vbare", "--Mdir", "model"]
        run_tool([verilator, *native_build.VERILATE, *native_build.QUIET, *names, "netlist.v"], cwd=folder)
        model = folder / "model"
        (model / "bare_verilator.cpp").write_bytes(loop)
        (model / "all.cc").write_text("".join(f'#include "{path.name}"\n' for path in sorted(model.glob("*.cpp"))))
        includes = ["-I.", *native_build.include_options(verilator)]
        runtime = [str(native_build.runtime_folder() / name.replace(".cpp", ".o")) for name in native_build.RUNTIME]
        linked = ["-shared", *native_build.LINK, "-o", "../bare.so", "all.cc", *runtime, "-lpthread"]
        run_tool([compiler, *flags, *includes, *linked], cwd=model)

    key = native_build.digest("bare", netlist.text, loop, *native_build.toolchain(), *flags, *native_build.VERILATE)
    return native_build.cached(f"native-{key}", make)
