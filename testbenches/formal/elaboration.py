"""Delivered VHDL and its monitors as one and-inverter graph: GHDL's synthesis, then Yosys.

Nothing is taken for granted of the core but its netlist: registers and memories start with any content, whatever value the VHDL gives
them at power-up, and what VHDL leaves undefined may be anything in every step. So whatever is proven holds from any state on, after one
clock of reset.
"""

from __future__ import annotations

from pathlib import Path

from testbenches.engines import fast_netlist
from testbenches.engines.ghdl import synthesize
from testbenches.engines.yosys import find_yosys_with_abc, run_well
from testbenches.errors import ToolError
from testbenches.formal.aiger import Aig
from testbenches.formal.harness import MONITORS, TOP, WordOrder, harness
from testbenches.interface import Delivered

TICKS = Path(__file__).with_name("ticks.v")
YOSYS_SECONDS = 120  # of processor time; toys take one

NETLIST = """\
read_verilog {netlist}
hierarchy -top {entity}
proc
flatten
memory_dff
memory_collect
memory_map
setattr -unset init w:*
dffunmap
techmap {one_clock} -map {ticks}
setundef -undriven -anyseq
opt_clean
"""
"""The core alone, flat, of registers and logic; nothing was optimised, so that nothing undefined was chosen to suit."""

WHOLE = """\
read_verilog {monitors} {top}
hierarchy -top {name}
proc -norom
flatten
opt_clean
{mutants}
opt_expr -keepdc
opt_merge
opt_clean
techmap
setundef -anyseq
opt_expr -keepdc
opt_merge
opt_clean
aigmap
opt_clean
write_aiger -zinit -symbols {stem}.aig
"""
"""Core and harness as gates. Registers stay as they are: what `opt_dff` makes of one that never changes is an undefined constant."""


def netlist(manifest: Delivered, folder: Path) -> Path:
    """Write the Verilog that GHDL's synthesis makes of delivered VHDL.

    Raises
    ------
    ToolError
        If GHDL is missing, too old, or refuses the files.
    """
    copies = []
    for number, name in enumerate(manifest.files):
        text = (manifest.folder / name).read_text(encoding="latin-1")
        copies.append(folder / f"{number}_{name}")
        copies[-1].write_text(fast_netlist.without_reserved_names(text), encoding="latin-1")
    path = folder / "netlist.v"
    path.write_text(synthesize(copies, fast_netlist.verilog_name(manifest.entity)))
    return path


def elaborate(order: WordOrder, verilog: Path, replayed: bool = False, mutants: str = "") -> Aig:
    """The graph of a netlist in its harness.

    Parameters
    ----------
    order : WordOrder
    verilog : Path
        The netlist; what is made of it is written beside it.
    replayed : bool
        As for `harness`.
    mutants : str
        Yosys commands that change the core, flat in its harness; its cells have ``core.`` in their names.
    """
    folder, stem = verilog.parent, "replayed" if replayed else "whole"
    (folder / f"{stem}.v").write_text(harness(order, replayed))
    entity, one_clock = fast_netlist.verilog_name(order.core.name), "" if order.two_clocks else "-D ONE_CLOCK"
    first = NETLIST.format(netlist=verilog.name, entity=entity, ticks=TICKS, one_clock=one_clock)
    second = WHOLE.format(monitors=MONITORS, top=f"{stem}.v", name=TOP, stem=stem, mutants=mutants)
    (folder / f"{stem}.ys").write_text(first + second)
    if not run_well([find_yosys_with_abc().yosys, "-q", "-s", f"{stem}.ys"], folder, YOSYS_SECONDS).in_time:
        raise ToolError(f"{order.core.name}: yosys was not done after {YOSYS_SECONDS} s of processor time")
    return Aig.read(folder / f"{stem}.aig")
