"""Compile delivered VHDL to a shared library: GHDL's synthesis, Verilator, g++; cached by content.

The cache lies in the folder of `ip_cores.cache`. An entry is made in a folder of its own and renamed
into place, so that processes working side by side never see half of one.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import json
import os
import platform
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ip_cores import cache
from ip_cores.port import Port
from testbenches.engines import fast_netlist as netlist
from testbenches.engines.ghdl import find_ghdl, run_tool, synthesize
from testbenches.engines.netlist_cases import direct_cases
from testbenches.engines.nets import nets_of
from testbenches.engines.state_machines import STATE_VALUES, state_machines
from testbenches.errors import SET_UP, ToolError
from testbenches.interface import Delivered, Interface, bits, mask

HERE = Path(__file__).resolve().parent
# A change of these makes every entry stale.
SOURCES = (
    "native_build.py", "nets.py", "fast_netlist.py", "clock_enables.py", "netlist_cases.py", "wide_vectors.py", "state_machines.py",
    "native_bench.cpp",
)  # fmt: skip

# Short runs want a short compilation, long runs fast code. Beyond -O2 some filters gain and others lose.
FLAGS = {"build": ("-O1",), "run": ("-O2",), "activity": ("-O1", "-DCOUNT_TRANSITIONS")}
COMMON = ("-std=gnu++17", "-fPIC", "-fno-gnu-unique", "-w", "-DVM_COVERAGE=0", "-DVM_SC=0", "-DVM_TRACE=0")
# VHDL's names may be SystemVerilog's keywords.
VERILATE = ("--cc", "--default-language", "1364-2005", "-O3", "--x-assign", "fast", "--x-initial", "fast", "--noassert")
# Verilator 5.006 sorts words wrongly in its graph of the data flow where one bit of a word depends on another, as in spoilt netlists.
BIT_BY_BIT = ("-fno-dfg",)
LINK = ("-Wl,-Bsymbolic", "-s")

KEPT_MODELS = 1000  # some 300 MB
SAFE_AGE = 6 * 3600.0  # seconds; what is younger may be in use
QUIET = ("-Wno-fatal", "-Wno-lint", "-Wno-style")
HEADER = "headers.h"
HEADER_TEXT = '#include <cstdint>\n#include <memory>\n#include <vector>\n#include "verilated.h"\n'
RUNTIME = ("verilated.cpp", "verilated_threads.cpp")


def cache_folder() -> Path:
    """Folder of the cache, made if there is none.

    Raises
    ------
    ToolError
        If it cannot be made.
    """
    folder = cache.folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ToolError(f"{folder} cannot be made ({error.strerror}): set OSSICLE_CACHE to a folder that can be written") from None
    return folder


def build(manifest: Delivered, optimize: str = "build") -> Path:
    """Folder of the compiled model of `manifest`, from the cache or freshly made; holds ``model.so``.

    Parameters
    ----------
    manifest : Manifest
    optimize : {"build", "run", "activity"}
        Least time to compile, fastest code, or a model that counts the transitions of every net.

    Raises
    ------
    ToolError
        If a tool is missing, too old, or refuses its input.
    """
    if optimize not in FLAGS:
        raise ValueError(f'optimize = "{optimize}": must be one of {", ".join(FLAGS)}')
    Interface.of(manifest.ports)
    flags = (*COMMON, *FLAGS[optimize])
    files = [manifest.folder / name for name in manifest.files]
    ports = [f"{port.name} {port.direction} {port.width}" for port in manifest.ports]
    content = [path.read_bytes() for path in files]
    key = digest(manifest.entity, *ports, *content, *toolchain(), *flags, *VERILATE, *sources())
    return cached(f"native-{key}", lambda folder: _compile(folder, manifest, files, flags, optimize == "activity"))


def cached(name: str, make: Callable[[Path], None]) -> Path:
    """The cache's entry `name`; `make` fills it when there is none."""
    target = cache_folder() / name
    if is_whole(target):
        with contextlib.suppress(OSError):
            os.utime(target)  # what is used stays
        return target
    prune(target.parent)
    drop(target)
    scratch = Path(tempfile.mkdtemp(prefix="making-", dir=target.parent))
    try:
        make(scratch)
        (scratch / SIZES).write_text(json.dumps({path.name: path.stat().st_size for path in scratch.iterdir() if path.is_file()}))
        try:
            scratch.rename(target)
        except OSError:
            # Another process was first; its entry is as good.
            if not is_whole(target):
                raise
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return target


SIZES = "sizes.json"
"""File of an entry that says how long its files are."""


def is_whole(entry: Path) -> bool:
    """Whether an entry of the cache has all that was written: a power failure, or a disk that is full, cuts files off."""
    try:
        sizes = json.loads((entry / SIZES).read_text())
        return all((entry / name).stat().st_size == size for name, size in sizes.items())
    except (OSError, ValueError, AttributeError):
        return False


def drop(entry: Path) -> None:
    """Remove an entry, at once, so that nobody finds half of it."""
    doomed = entry.with_name(f"making-dropped-{entry.name}-{os.getpid()}")
    with contextlib.suppress(OSError):
        entry.rename(doomed)
    with contextlib.suppress(OSError):
        doomed.unlink() if doomed.is_file() else shutil.rmtree(doomed)


def prune(folder: Path) -> None:
    """Drop the compiled models that were not used for longest, and what a killed process left half made."""
    now = time.time()
    ages = {}
    for path in folder.iterdir():
        with contextlib.suppress(FileNotFoundError):
            ages[path] = now - path.stat().st_mtime
    models = sorted((path for path in ages if path.name.startswith("native-")), key=lambda path: ages[path])
    old = [path for path in models[KEPT_MODELS:] if ages[path] > SAFE_AGE]
    half = (path for path in ages if path.name.startswith("making-") or path.suffix == ".partial")
    for path in [*old, *(path for path in half if ages[path] > SAFE_AGE)]:
        drop(path)


def digest(*parts: str | bytes) -> str:
    """Name for some content."""
    return cache.key_of(parts)[:32]


@functools.cache
def sources() -> tuple[bytes, ...]:
    return tuple((HERE / name).read_bytes() for name in SOURCES)


def toolchain() -> tuple[str, ...]:
    """Everything about this machine that a compiled model depends on."""
    return find_ghdl(synthesis=True).version_text, *_compilers(os.environ.get("PATH", ""))


@functools.lru_cache(maxsize=4)
def _compilers(path: str) -> tuple[str, ...]:
    versions = [run_tool([find_program(name, path), "--version"]).splitlines()[0] for name in ("verilator", "g++")]
    return (*versions, platform.machine())


def find_program(name: str, path: str | None = None) -> str:
    """Path of a program, or a ToolError that says how to get it."""
    found = shutil.which(name, path=path)
    if not found:
        raise ToolError(f"{name} is missing: {SET_UP}`apt-get install {name}`")
    return found


@functools.lru_cache(maxsize=4)
def verilator_include(program: str) -> Path:
    """Folder of Verilator's C++ headers."""
    return Path(run_tool([program, "--getenv", "VERILATOR_ROOT"]).strip()) / "include"


def build_netlist(text: str, entity: str, ports: tuple[Port, ...], optimize: str = "build") -> Path:
    """Folder of the compiled model of a Verilog netlist of our own making, from the cache or freshly made.

    Parameters
    ----------
    text : str
        One module, or several of which `entity` is the top; its registers take the rising edge of ``clk``.
    entity : str
    ports : tuple of Port
    optimize : {"build", "run"}
        As for `build`.

    Raises
    ------
    ToolError
        If a tool is missing or refuses the text.
    """
    flags = (*COMMON, *FLAGS[optimize])
    described = [f"{port.name} {port.direction} {port.width}" for port in ports]
    key = digest(entity, *described, text, *_compilers(os.environ.get("PATH", "")), *flags, *VERILATE, *BIT_BY_BIT, *sources())
    return cached(f"native-{key}", lambda folder: _compile_netlist(folder, netlist.both_edges(text), entity, ports, flags, more=BIT_BY_BIT))


def _compile(folder: Path, manifest: Delivered, files: list[Path], flags: tuple[str, ...], every_net: bool) -> None:
    for name in ("verilator", "g++"):  # before anything is worked on
        find_program(name)
    copies = []
    for number, path in enumerate(files):
        copies.append(folder / f"{number}_{path.name}")
        copies[-1].write_text(netlist.without_reserved_names(path.read_text(encoding="latin-1")), encoding="latin-1")
    text = synthesize(copies, netlist.verilog_name(manifest.entity))
    (folder / "netlist.v").write_text(text)
    # What is to be looked at keeps its form; tables alone are written as such, of which there would be a net for every comparison.
    fast = netlist.both_edges(netlist.with_names_to_look_at(direct_cases(text)) if every_net else netlist.direct(text))
    machines = state_machines([path.read_text(encoding="latin-1") for path in files], text, manifest.entity) if every_net else None
    _compile_netlist(folder, fast, manifest.entity, manifest.ports, flags, machines)
    for path in copies:
        path.unlink()


def _compile_netlist(
    folder: Path,
    fast: str,
    entity: str,
    ports: tuple[Port, ...],
    flags: tuple[str, ...],
    machines: Mapping[str, Any] | None = None,
    more: tuple[str, ...] = (),
) -> None:
    """Verilator and the C++ compiler on a netlist whose registers take both edges of the clock.

    With `machines`, by the path of their state register, all that is marked can be looked at; `more` are further options of Verilator.
    """
    verilator, compiler = find_program("verilator"), find_program("g++")
    (folder / "fast.v").write_text(fast)
    (folder / "top.v").write_text(netlist.wrapper(entity, ports))
    model = folder / "model"
    extra = [] if machines is None else ["--flatten"]
    names = ["--top-module", netlist.WRAPPER, "--prefix", "Vtop", "--Mdir", str(model)]
    run_tool([verilator, *VERILATE, *more, *QUIET, *extra, *names, "fast.v", "top.v"], cwd=folder)
    (model / "ports.h").write_text(ports_header(ports))
    if machines is not None:
        nets = nets_of((model / "Vtop___024root.h").read_text())
        listed = " ".join(f"F({number}, {member})" for number, member in enumerate(nets))
        states = {member: path for member, (path, _) in nets.items() if path in machines}
        sampled = " ".join(f"F({number}, {member})" for number, member in enumerate(states))
        (model / "nets.h").write_text(
            f"#define NET_COUNT {len(nets)}\n#define NETS(F) {listed}\n"
            f"#define STATE_COUNT {len(states)}\n#define STATE_VALUES {STATE_VALUES}\n#define STATES(F) {sampled}\n"
        )
        (folder / "nets.json").write_text(json.dumps(list(nets.values())))
        (folder / "states.json").write_text(json.dumps([[path, *dataclasses.astuple(machines[path])] for path in states.values()]))
    shutil.copy(HERE / "native_bench.cpp", model)
    units = sorted(path.name for path in model.glob("*.cpp"))
    (model / "all.cc").write_text("".join(f'#include "{name}"\n' for name in (HEADER, *units)))
    includes = ["-I.", f"-I{header_folder(flags)}", *include_options(verilator)]
    runtime = [str(runtime_folder() / name.replace(".cpp", ".o")) for name in RUNTIME]
    run_tool([compiler, *flags, *includes, "-shared", *LINK, "-o", "../model.so", "all.cc", *runtime, "-lpthread"], cwd=model)
    shutil.rmtree(model)


def runtime_folder() -> Path:
    """Verilator's own run-time library, compiled once."""
    flags = (*COMMON, "-O2")

    def make(folder: Path) -> None:
        compiler, options = find_program("g++"), include_options(find_program("verilator"))
        for name in RUNTIME:
            source = verilator_include(find_program("verilator")) / name
            run_tool([compiler, *flags, *options, "-c", str(source), "-o", str(folder / name.replace(".cpp", ".o"))])

    return cached(f"runtime-{digest(*toolchain(), *flags)}", make)


def header_folder(flags: tuple[str, ...]) -> Path:
    """Verilator's header, parsed once for all models: it takes longer than a small one."""

    def make(folder: Path) -> None:
        compiler, verilator = find_program("g++"), find_program("verilator")
        (folder / HEADER).write_text(HEADER_TEXT)
        run_tool([compiler, *flags, *include_options(verilator), "-x", "c++-header", HEADER, "-o", f"{HEADER}.gch"], cwd=folder)

    return cached(f"header-{digest(*toolchain(), *flags, HEADER_TEXT)}", make)


def include_options(verilator: str) -> list[str]:
    include = verilator_include(verilator)
    return [f"-I{include}", f"-I{include / 'vltstd'}"]


def ports_header(ports: tuple[Port, ...]) -> str:
    """``ports.h``: the ports by role, as lists for the preprocessor."""
    interface = Interface.of(ports)
    sink = " ".join(f"F({n}, {name}, {mask(bits(port))}ull)" for n, (name, port) in enumerate(interface.sink.items()))
    source = " ".join(f"F({n}, {name})" for n, name in enumerate(interface.source))
    controls = " ".join(f"F({n}, {name})" for n, name in enumerate(interface.inputs))
    outputs = " ".join(f"F({n}, {name})" for n, name in enumerate(interface.outputs))
    return (
        f"#define HAS_SINK {int(interface.has_sink)}\n#define HAS_SOURCE {int(interface.has_source)}\n"
        f"#define SOURCE_COUNT {len(interface.source)}\n#define SINK_FIELDS(F) {sink}\n#define SOURCE_FIELDS(F) {source}\n"
        f"#define CONTROLS(F) {controls}\n#define OUTPUTS(F) {outputs}\n"
    )
