"""Faults of a core, all in one netlist: delivered VHDL through GHDL's synthesis, then Yosys' ``mutate``.

A fault is one bit of one cell's input or output: inverted, tied to 0 or 1, or inverted where another bit of the same word is 0 or 1. They
are drawn after ``opt -full; wreduce``, so that no bit is spoilt which no synthesis would build, and from the cells that drive the streams:
outputs beside them are judged by each core's own test. Number n acts while the input `SELECT` is n; with 0 the core is itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from ip_cores.core import Core
from ip_cores.generate import Manifest, generate
from ip_cores.port import Port
from testbenches.engines import fast_netlist
from testbenches.engines.yosys import find_yosys_with_abc, run_well
from testbenches.errors import ToolError
from testbenches.formal.elaboration import netlist
from testbenches.interface import Interface

COUNT, SEED = 200, 1
SELECT, SELECT_BITS = "fault", 8
YOSYS_SECONDS = 120  # of processor time; a core of this table takes one

JUDGED = "o:source_* o:sink_ready %u"
"""What `verify` looks at, as Yosys selects it."""

DRAW = """\
read_verilog netlist.v
hierarchy -top {entity}
proc
flatten
opt -full
wreduce
opt_clean
write_rtlil right.il
select -set judged {judged}
select -set cells @judged %ci* c:* %i
mutate -list {count} -seed {seed} -o drawn.ys @cells
"""

SPOIL = """\
read_rtlil right.il
script faults.ys
opt_clean
write_rtlil mutants.il
write_verilog -noattr mutants.v
"""

NOT_SPOILT = ("CLK", "RD_CLK", "WR_CLK")
"""Ports of cells without faults: a clock is not what a core computes."""

SPARE = 1.5
"""Faults drawn for each that is kept at most."""


@dataclass(frozen=True)
class Fault:
    """One fault.

    Attributes
    ----------
    number : int
        By which the netlist's input chooses it.
    mode : {"inv", "const0", "const1", "cnot0", "cnot1"}
        Inverted, tied, or inverted while another bit of the same word is 0 or 1.
    cell : str
        Kind of the cell, such as ``mux``.
    port, bit, other : str, int, int or None
        Where in the cell; the other bit of a fault that looks at one.
    wire : str
        The net that the cell drives, with its instances; these alone where it has no name.
    line : str
        What GHDL's netlist says in the line of the cell.
    """

    number: int
    mode: str
    cell: str
    port: str
    bit: int
    other: int | None
    wire: str
    line: str

    def __str__(self) -> str:
        other = "" if self.other is None else f" by bit {self.other}"
        return f"{self.mode} {self.cell} {self.port}[{self.bit}]{other} {self.wire}"


@dataclass(frozen=True)
class FaultyNetlist:
    """A core and its faults.

    Attributes
    ----------
    core : Core
    manifest : Manifest
        What was delivered.
    folder : Path
        Where ``mutants.v`` and ``mutants.il`` are.
    faults : tuple of Fault
    """

    core: Core
    manifest: Manifest
    folder: Path
    faults: tuple[Fault, ...]

    @property
    def ports(self) -> tuple[Port, ...]:
        """Those of the core, and the one that chooses."""
        return (*self.core.ports, Port(SELECT, "in", SELECT_BITS))

    @property
    def interface(self) -> Interface:
        return Interface.of(self.ports)

    @property
    def text(self) -> str:
        """The netlist in Verilog."""
        return (self.folder / "mutants.v").read_text()


def draw_faults(core: Core, folder: Path, count: int = COUNT, seed: int = SEED, judged: str = JUDGED) -> FaultyNetlist:
    """Draw so many faults of a core; fewer where its netlist has no more.

    Parameters
    ----------
    core : Core
    folder : Path
        For what is made on the way.
    count, seed : int
    judged : str
        Outputs that the spoilt cells drive, as Yosys selects them.

    Raises
    ------
    ToolError
        If GHDL or Yosys is missing, too old, or refuses the core.
    """
    if not 0 < count < 1 << SELECT_BITS:
        raise ValueError(f"count = {count}: must be 1 to {(1 << SELECT_BITS) - 1}")
    folder.mkdir(parents=True, exist_ok=True)
    manifest = generate(core, folder / "vhdl", companions=None)
    text = netlist(manifest, folder).read_text()
    entity = fast_netlist.verilog_name(core.name)
    _yosys(core, folder, "draw", DRAW.format(entity=entity, judged=judged, count=int(SPARE * count), seed=seed))
    commands = [line for line in (folder / "drawn.ys").read_text().splitlines() if may_be_spoilt(line)][:count]
    choice = f"mutate -ctrl {SELECT} {SELECT_BITS}"
    numbered = [line.replace("mutate", f"{choice} {number}", 1) for number, line in enumerate(commands, start=1)]
    (folder / "faults.ys").write_text("\n".join([*numbered, ""]))
    _yosys(core, folder, "spoil", SPOIL)
    places = Places((folder / "right.il").read_text(), text)
    return FaultyNetlist(core, manifest, folder, tuple(places.fault(line) for line in numbered))


def may_be_spoilt(command: str) -> bool:
    """Whether a fault is one of what the core computes: neither one of a clock nor of a memory's reading, which has no enable to spoil."""
    found = dict(re.findall(r"-(cell|port) (\S+)", command))
    return found["port"] not in NOT_SPOILT and not ("$memrd" in found["cell"] and found["port"] == "EN")


def _yosys(core: Core, folder: Path, name: str, script: str) -> None:
    (folder / f"{name}.ys").write_text(script)
    if not run_well([find_yosys_with_abc().yosys, "-q", "-s", f"{name}.ys"], folder, YOSYS_SECONDS).in_time:
        raise ToolError(f"{core.name}: yosys was not done after {YOSYS_SECONDS} s of processor time")


class Places:
    """Where the cells of a netlist come from.

    Parameters
    ----------
    rtlil : str
        The netlist in Yosys' own language, as it was before faults were put into it.
    verilog : str
        What GHDL wrote.
    """

    def __init__(self, rtlil: str, verilog: str) -> None:
        self.lines = verilog.splitlines()
        # GHDL numbers its nets, and then gives some of them the name that the VHDL has for them.
        named = re.findall(r"assign (\w+) = (n\d+_\w+); //\s*\((module output|signal)\)", verilog)
        self.names = {net: name for name, net, _ in sorted(named, key=lambda row: row[2])}
        self.cells = {}
        for source, kind, cell, body in CELL.findall(rtlil):
            found = re.search(r"connect \\(?:Q|Y|DATA) (\S+)", body)
            line = re.search(r"netlist\.v:(\d+)[^|]*$", source or "")
            self.cells[cell] = kind, int(line[1]) if line else 0, found[1] if found else ""

    def fault(self, command: str) -> Fault:
        """The fault that a command of Yosys makes."""
        found = dict(re.findall(r"-(mode|cell|port|portbit|ctrlbit) (\S+)", command))
        kind, line, output = self.cells.get(found["cell"], ("cell", 0, ""))
        other = int(found["ctrlbit"]) if "ctrlbit" in found else None
        text = self.lines[line - 1].strip() if 0 < line <= len(self.lines) else ""
        wire = self.named(output)
        if "." not in wire and (instance := ".".join(re.findall(r"\\?(u_\w+)", found["cell"]))):
            wire = f"{instance}.{wire}".rstrip(".")
        number = int(command.split()[4])
        return Fault(number, found["mode"], kind.lstrip("$"), found["port"], int(found["portbit"]), other, wire, text)

    def named(self, wire: str) -> str:
        """A net by the name that the VHDL has for it, with the instances it is in; empty for one that Yosys made."""
        if not wire.startswith("\\"):
            return ""
        *instances, last = wire.removeprefix("\\").split(".")
        return ".".join([*instances, self.names.get(last, last)])


CELL = re.compile(r'(?:attribute \\src "([^"]*)"\n\s*)?(?:attribute [^\n]*\n\s*)*cell \$(\w+) (\S+)\n((?:(?!\n  end\n).)*)', re.DOTALL)
"""A cell: source, kind, name, parameters and connections."""
