"""Design sources as Verilog that Yosys reads: VHDL through GHDL's synthesis, Verilog as it is.

What Quartus accepts and the open tools do not is smoothed by `fpga_projects.mapping.dialects`; a design in both languages is joined in
Verilog.
"""

import re
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from fpga_projects.mapping.dialects import join_packages, smooth_netlist, smooth_verilog, smooth_vhdl, unknown_contents
from fpga_projects.mapping.megafunctions import LIBRARIES, lower_case_pins, models_for
from fpga_projects.mapping.project_files import expanded
from fpga_projects.mapping.vhdl_statements import with_one_signed, with_other_choices
from testbenches.engines.ghdl import find_ghdl
from testbenches.errors import ToolError

VHDL_SUFFIXES = (".vhd", ".vhdl")
VERILOG_SUFFIXES = (".v", ".sv")
DATA_SUFFIXES = (".h", ".vh", ".svh", ".hex", ".mem", ".mif", ".dat", ".txt")
ANY_SIZE = re.compile(r"ALLOW_ANY_RAM_SIZE_FOR_RECOGNITION\s+ON", re.IGNORECASE)
"""The assignment by which a design asks for blocks of memory of any size."""
GHDL_TIME_LIMIT_S = 300


@dataclass(frozen=True)
class Sources:
    """Sources as text.

    Attributes
    ----------
    verilog : dict
        File name to text, in the order to read them.
    data : dict
        Files beside the sources that they may include or load.
    vhdl : bool
        Whether the text came out of GHDL, whose invented names (``n12_q``) are not the designer's.
    small_memories : bool
        Whether the design asks for blocks of memory of any size; left to itself Quartus builds those of a few words from registers.
    names : dict
        Name in `verilog` to the user's.
    """

    verilog: dict[str, str]
    data: dict[str, bytes]
    vhdl: bool
    small_memories: bool = False
    names: dict[str, str] = field(default_factory=dict)


def read_sources(files: list[str | Path], top: str, libraries: Mapping[str, Iterable[str | Path]] | None = None) -> Sources:
    """Read a design's files.

    Parameters
    ----------
    files : list of path
        VHDL, Verilog, and Quartus' own lists of them (``.qsf``, ``.qip``).
    top : str
        Entity or module that is wanted.
    libraries : mapping of str to paths, optional
        VHDL of libraries other than ``work``, by their names.

    Raises
    ------
    ValueError
        A file has an unknown suffix, or GHDL refuses the design.
    OSError
        A file cannot be read, or there is no GHDL new enough.
    """
    if not files:
        raise ValueError("no HDL files given")
    named = expanded(files, libraries)
    others = {name: list(of_it) for name, of_it in named.libraries.items()}
    paths = [*named.sources, *(path for of_it in others.values() for path in of_it)]
    for path in paths:
        if path.suffix.lower() not in VHDL_SUFFIXES + VERILOG_SUFFIXES + DATA_SUFFIXES:
            raise ValueError(f"{path}: not an HDL file (expected {', '.join(VHDL_SUFFIXES + VERILOG_SUFFIXES)})")
        if not path.is_file():
            raise OSError(f"{path}: no such file")
    vhdl = [path for path in named.sources if path.suffix.lower() in VHDL_SUFFIXES]
    verilog = [path for path in paths if path.suffix.lower() in VERILOG_SUFFIXES]
    _check_top(paths, top)
    texts: dict[str, str] = {}
    names = {}
    for number, path in enumerate(verilog):
        name = f"source{number}_{re.sub(r'[^A-Za-z0-9_]', '_', path.stem)}{path.suffix.lower()}"
        names[name] = str(path)
        texts[name] = smooth_verilog(path.read_text(encoding="latin-1"))
    if vhdl:
        texts |= _vhdl_as_verilog(vhdl, top, texts, others)
    models = models_for(texts.values())
    if models:
        texts["megafunctions.v"] = models
    data = {}
    for folder in dict.fromkeys(path.parent for path in paths):
        for beside in sorted(folder.iterdir()):
            if beside.suffix.lower() in DATA_SUFFIXES and beside.is_file() and beside.stat().st_size < 4_000_000:
                data[beside.name] = smooth_verilog(beside.read_text(encoding="latin-1")).encode("latin-1")
    for text in texts.values():
        data |= unknown_contents(text, set(data))
    asked = any(ANY_SIZE.search(path.read_text(encoding="latin-1")) for path in (*paths, *named.lists))
    return Sources(join_packages(texts), data, vhdl=bool(vhdl), small_memories=asked, names=names)


def _check_top(paths: list[Path], top: str) -> None:
    """Say which entities there are when the one wanted is none of them."""
    held: list[str] = []
    for path in paths:
        if path.suffix.lower() in VHDL_SUFFIXES:
            held += re.findall(r"(?im)^[^\n-]*?\bentity\s+(\w+)\s+is\b", path.read_text(encoding="latin-1"))
        elif path.suffix.lower() in VERILOG_SUFFIXES:
            held += re.findall(r"\bmodule\s+(?:automatic\s+|static\s+)?\\?(\w+)", path.read_text(encoding="latin-1"))
    if held and top.lower() not in {name.lower() for name in held}:
        known = ", ".join(sorted(set(held))[:10]) + (", …" if len(set(held)) > 10 else "")
        raise ValueError(f"{top}: no entity or module of this name in the files, which hold {known}")


def _vhdl_as_verilog(vhdl: list[Path], top: str, verilog: dict[str, str], libraries: dict[str, list[Path]]) -> dict[str, str]:
    """Verilog of the VHDL part of a design: of the top, or of every entity that the Verilog instantiates.

    What an entity instantiates and no VHDL file holds is left for the Verilog.
    """
    modules = {name.lower() for text in verilog.values() for name in re.findall(r"\bmodule\s+(\w+)", text)}
    if top.lower() not in modules:
        return {"design.v": synthesize_vhdl(vhdl, top, libraries)}
    entities = {name for path in vhdl for name in re.findall(r"(?i)\bentity\s+(\w+)\s+is\b", path.read_text(encoding="latin-1"))}
    found: dict[str, str] = {}
    for text in list(verilog.values()):
        for name in sorted(entities):
            if re.search(rf"(?<!\.)\b{name}\b\s*(?:#\s*\(|\w+\s*\()", text) and f"{name}.v" not in found:
                found[f"{name}.v"] = synthesize_vhdl(vhdl, name, libraries)
    seen: set[str] = set()
    for file, text in found.items():
        # Two entities may use a third: it is written once.
        parts = re.findall(r"^module (\w+).*?^endmodule\n", text, re.M | re.S)
        for name in [part for part in parts if part in seen]:
            found[file] = text = re.sub(rf"^module {name}\b.*?^endmodule\n", "", text, flags=re.M | re.S)
        seen |= set(parts)
    return found


def synthesize_vhdl(files: list[Path], top: str, libraries: Mapping[str, list[Path]] | None = None) -> str:
    """Verilog of a VHDL design. VHDL-93 is tried first, as Quartus 13.0 does, then 2008.

    Files may come in any order, those of other libraries too: what does not compile yet is tried again after the rest.
    """
    try:
        ghdl = find_ghdl(synthesis=True).path
    except ToolError as error:
        raise OSError(f"VHDL cannot be read: {error}") from None
    placed = [(library, path) for library, of_it in (libraries or {}).items() for path in of_it] + [("work", path) for path in files]
    texts = [(library, path.name, smooth_vhdl(path.read_text(encoding="latin-1"))) for library, path in placed]
    failures = []
    for standard in ("93c", "08"):
        netlist, message = _synthesize(ghdl, texts, top, standard)
        if not netlist and "default port binding" in message:
            netlist, message = _synthesize(ghdl, [(lib, name, with_one_signed(text)) for lib, name, text in texts], top, standard)
        if not netlist and "no choice for" in message:
            netlist, message = _synthesize(ghdl, [(lib, name, with_other_choices(text)) for lib, name, text in texts], top, standard)
        if netlist:
            return netlist
        failures.append(_first_error(message, standard))
    raise ValueError(f"{top}: GHDL refuses it: " + "; ".join(dict.fromkeys(failures)))


def _synthesize(ghdl: str, texts: list[tuple[str, str, str]], top: str, standard: str) -> tuple[str, str]:
    """Verilog of files given as libraries, names and texts, empty when GHDL refuses them, and its last message."""
    flags = [f"--std={standard}", "-fsynopsys", "-fexplicit", "-frelaxed"]
    with tempfile.TemporaryDirectory() as scratch:

        def run(*arguments: str) -> subprocess.CompletedProcess[str]:
            try:
                command = [ghdl, *arguments]
                return subprocess.run(command, cwd=scratch, capture_output=True, text=True, timeout=GHDL_TIME_LIMIT_S, check=False)
            except subprocess.TimeoutExpired:
                raise ValueError(f"{top}: GHDL was not done after {GHDL_TIME_LIMIT_S} s") from None

        for library, package in LIBRARIES.items():
            (Path(scratch) / f"{library}.vhd").write_text(package)
            run("-a", *flags, f"--work={library}", f"{library}.vhd")
        waiting = []
        for number, (library, name, text) in enumerate(texts):
            # A folder of its own keeps the file's name in messages.
            copy = Path(scratch) / str(number) / name
            copy.parent.mkdir()
            copy.write_text(text, encoding="latin-1")
            waiting.append((library, str(copy)))
        message = ""
        while waiting:
            refused = []
            for library, name in waiting:
                done = run("-a", *flags, f"--work={library}", name)
                if done.returncode:
                    refused.append((library, name))
                    message = done.stderr
            if len(refused) == len(waiting):
                return "", message
            waiting = refused
        done = run("--synth", *flags, "--latches", "--out=verilog", top)
        if "INTERNAL_ERROR" in done.stderr:
            # GHDL 5.0.1 cannot write some netlists in parts; without its hierarchy the design is the same.
            done = run("--synth", *flags, "--latches", "--keep-hierarchy=no", "--out=verilog", top)
        return ("", done.stderr) if done.returncode else (lower_case_pins(smooth_netlist(done.stdout)), "")


def _first_error(stderr: str, standard: str) -> str:
    """The first line of GHDL's messages that is an error, without the folder."""
    lines = [line.strip() for line in stderr.splitlines() if "error" in line.lower()] or stderr.strip().splitlines() or ["no message"]
    return f"{re.sub(r'^/?(?:[^:]*/)', '', lines[0])} (VHDL-{standard})"
