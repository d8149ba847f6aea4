"""A design mapped to the primitives of Cyclone II with Yosys.

The recipe is in `mapping_recipe.py`, the cells it maps to in the folder ``cells``. It is written for area as Quartus II 13.0 sees it:
arithmetic on carry chains, products on embedded multipliers unless an operand is constant, memories on M4K, everything else in 4-input
LUTs that are made few by repeated restructuring. It has been compared with Quartus on whole designs (docs/estimates.md); the version of
Yosys changes the answer, so the package pins one.
"""

import inspect
import json
import re
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from fpga_projects.mapping import add_subtract, memory_reads, narrow_sums
from fpga_projects.mapping.case_tables import holds_large_table, small_tables, tables_as_memories
from fpga_projects.mapping.hdl_sources import Sources, read_sources
from fpga_projects.mapping.mapping_recipe import (
    FAST_LUT_SCRIPT,
    KEEP_REGISTERS,
    LUT_SCRIPT,
    MULTIPLIERS,
    RECIPE,
    REGISTERS,
    SETTLE,
    SMALL_MEMORIES,
    TURNING_COUNTERS,
)
from fpga_projects.mapping.megafunctions import MODELS
from fpga_projects.mapping.project_files import expanded
from fpga_projects.mapping.source_remarks import (
    REMARKED,
    WHOLE,
    place_of_refusal,
    remarks_in,
    separated_drivers,
    with_users_files,
)
from fpga_projects.mapping.state_latches import LATCHES, latch_steps
from fpga_projects.mapping.yosys_json import mapped_design
from fpga_projects.netlists.netlist import Netlist
from fpga_projects.netlists.netlist_reader import read_netlist
from ip_cores import cache
from testbenches.engines.yosys import find_yosys, run_limited, yosys_build

CELLS = Path(__file__).resolve().parent / "cells"
TIME_LIMITS_S = (60, 180, 1800)
"""One per attempt: Yosys's abc9 sometimes hangs and works the next time. What is only slow, on a busy machine, gets the last."""

READERS = {
    "Verilog": "read_verilog {name}",
    "SystemVerilog": "read_verilog -sv {name}",
    "slang": "read_slang --threads 1 --keep-hierarchy --top {top} {names}",
}
"""Front ends of Yosys in the order in which they are tried; the last reads SystemVerilog whole, and all files at once."""


def map_design(
    files: list[str | Path], top: str, multipliers: str | None = None, libraries: Mapping[str, Iterable[str | Path]] | None = None
) -> Netlist:
    """Map a design to Cyclone II primitives.

    Parameters
    ----------
    files : list of path
        VHDL and Verilog, in any order, and Quartus' own lists of them (``.qsf``, ``.qip``).
    top : str
        Entity or module to cost.
    multipliers : {"embedded", "embedded constants", "logic"}, optional
        Where products go; without it as the sources' attribute ``multstyle`` says. ``embedded``: to embedded multipliers, but products
        with a constant to logic, as Quartus decides by itself.
        ``embedded constants``: those with a constant too, as with the attribute ``multstyle = "dsp"``. ``logic``: none are embedded.
    libraries : mapping of str to paths, optional
        VHDL of other libraries than ``work``, by their names.

    Raises
    ------
    ValueError
        The design cannot be read or synthesised.
    OSError
        A file or a tool is missing.
    """
    sources = read_sources(files, top, libraries)
    return read_netlist(map_sources(sources, top, multipliers or declared_style(expanded(files).sources)), top)


def declared_style(files: Sequence[str | Path]) -> str:
    """Where the sources' own ``multstyle`` attribute sends products; Quartus' choice without one.

    References
    ----------
    Intel Quartus Help, "multstyle VHDL Synthesis Attribute": ``dsp`` embeds products with a constant too.
    """
    asks = re.compile(r"multstyle\s+of\s+[\w\s,]+:\s*\w+\s+is\s+\"(dsp|logic)\"|multstyle\s*=\s*\"(dsp|logic)\"", re.IGNORECASE)
    asked = {(found[1] or found[2]).lower() for file in files for found in asks.finditer(Path(file).read_text(errors="replace"))}
    return "embedded constants" if "dsp" in asked else "logic" if asked else "embedded"


def map_sources(sources: Sources, top: str, multipliers: str = "embedded") -> dict:
    """The mapped design as `read_netlist` reads it; from the cache when the same was mapped before."""
    if sources.vhdl:
        sources = replace(sources, verilog={name: tables_as_memories(text) for name, text in sources.verilog.items()})
    refusals = []
    for reader in READERS:
        try:
            document = _map_as(sources, top, multipliers, reader)
            return document | {"remarks": [with_users_files(remark, sources.names) for remark in document["remarks"]]}
        except ValueError as error:
            refusals.append(error)
        # Some .v files are written in SystemVerilog, which Quartus takes when told to. What fails after reading fails in every dialect.
        if not re.search(r"source\d+_\w+\.s?v:\d+: ERROR", str(refusals[-1])):
            break
    refusal = str(refusals[min(1, len(refusals) - 1)])
    raise ValueError(with_users_files(f"{place_of_refusal(refusal, sources.verilog)}{refusal}", sources.names))


def _map_as(sources: Sources, top: str, multipliers: str, reader: str) -> dict:
    """One attempt of `map_sources` with one front end."""
    if multipliers not in MULTIPLIERS:
        raise ValueError(f"multipliers = {multipliers!r}: must be one of {', '.join(MULTIPLIERS)}")
    if reader == "slang":
        reads = [READERS[reader].format(top=top, names=" ".join(sources.verilog))]
    else:
        reads = [READERS["SystemVerilog" if name.endswith(".sv") else reader].format(name=name) for name in sources.verilog]
    parts = {
        "read": "\n".join(reads),
        "top": top,
        "tables": "" if holds_large_table(sources.verilog.values()) else "-norom",
        "hide": "rename -hide " + " ".join(f"*/w:n{digit}*" for digit in range(10)) if sources.vhdl else "",
        "small_tables": "\n".join(
            f"memory_map -rom-only r:SIZE<={words} r:WIDTH<{width} %i t:$mem_v2 %i" for words, width in small_tables()
        ),
        "whole": WHOLE,
        "remarked": REMARKED,
        "turning_counters": TURNING_COUNTERS,
        "small_memories": "" if sources.small_memories else SMALL_MEMORIES,
        "registers": " ".join(f"-cell {name} 01" for name in REGISTERS) + " -cell $_DLATCH_P_ x",
        "multipliers": MULTIPLIERS[multipliers],
        "small": LUT_SCRIPT,
        "fast": FAST_LUT_SCRIPT,
        "keep": KEEP_REGISTERS,
        "settle": SETTLE,
        "narrow_sums": narrow_sums.COMMANDS,
        "memory_reads": memory_reads.COMMANDS,
    }
    script = RECIPE.format(state_latches="", separated_drivers="", **parts)
    cells = {path.name: path.read_text() for path in sorted(CELLS.iterdir()) if path.suffix in (".v", ".txt") and path != MODELS}
    # Designers' own Verilog widens what it adds up without a declaration.
    alone = sources.vhdl and len(sources.verilog) == 1
    cells |= add_subtract.rules(add_subtract.widest_word("".join(sources.verilog.values()))) if alone else add_subtract.rules()
    texts = [f"{name}\n{text}" for name, text in (*cells.items(), *sources.verilog.items())]
    # They decide over another run.
    texts += [inspect.getsource(sys.modules[step.__module__]) for step in (latch_steps, separated_drivers)]
    key = cache.key_of([yosys_build(), script, *texts, *(name.encode() + data for name, data in sources.data.items())])
    document = cache.load(key)
    if document is None:
        run = partial(_run_yosys, texts={**cells, **sources.verilog}, data=sources.data, top=top)
        documents = run(script)
        parts["separated_drivers"], remarks = separated_drivers(documents["whole"])
        if parts["separated_drivers"]:
            script = RECIPE.format(state_latches="", **parts)
            documents = run(script)
        # What latches depend on is asked for by itself: to write it sorts the design, and with that may change the mapping.
        if documents["latches"] and (steps := latch_steps(run(script.partition("select -write")[0] + LATCHES)["latches"])):
            documents = run(RECIPE.format(state_latches=steps, **parts))
        document = mapped_design(documents) | {"remarks": [*remarks, *remarks_in(documents)]}
        cache.store(key, document)
    return document


def _run_yosys(script: str, texts: dict[str, str], data: dict[str, bytes], top: str) -> dict:
    """What a script writes, by name; it runs in a folder of its own, the only one that Yosys sees."""
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        for name, text in texts.items():
            (scratch / name).write_text(text)
        for name, content in data.items():
            (scratch / name).write_bytes(content)
        (scratch / "map.ys").write_text(script)
        command = [find_yosys(), "-q", "-s", "map.ys"]
        for limit in TIME_LIMITS_S:
            done = run_limited(command, scratch, wall_s=limit)
            if done.in_time:
                break
        else:
            raise ValueError(f"{top}: Yosys was not done after {limit} s, tried {len(TIME_LIMITS_S)} times")
        if done.status:
            complaint = done.complaints[-1] if done.complaints else "no message"
            if not re.search(r"\.s?v:\d+", complaint):
                # Aloud it says what it was at when it failed.
                places = re.findall(r"[\w.]+\.s?v:\d+", run_limited([find_yosys(), "-s", "map.ys"], scratch, wall_s=limit).text)
                if places and "is not part of the design" not in complaint:
                    complaint = f"{places[-1]}: {complaint}"
            raise ValueError(f"{top}: Yosys refuses it: {complaint}")
        names = re.findall(r"^(?:write_json|select -write) .*?(\w+\.(?:json|txt))", script, re.MULTILINE)
        written = [scratch / name for name in names]
        return {path.stem: json.loads(path.read_text()) if path.suffix == ".json" else path.read_text() for path in written}
