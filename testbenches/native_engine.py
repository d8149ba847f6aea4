"""The native engine: the delivered VHDL as machine code, driven whole arrays at a time.

A freshly compiled model is not trusted before it has given the same words in the same cycles as GHDL's simulation
of the same VHDL: a synthesis may write a netlist that differs from the source.
"""

from __future__ import annotations

import ctypes
import functools
import json
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from testbenches import native_build
from testbenches.errors import EngineMismatch
from testbenches.ghdl import find_ghdl
from testbenches.ghdl_engine import run_ghdl
from testbenches.interface import Delivered, Interface, bits, decode, decode_one, mask
from testbenches.stimulus import POWER_UP, Plan, Response, Stimulus, broken, hang, runaway

NEVER = 2**62
CHUNK = 1 << 20  # cycles between two looks at the progress and the keyboard
CHECK_LENGTH = 256

RUNNING, DONE, HANG, DROPPED, CHANGED, VALID_IN_RESET, RUNAWAY = range(7)

Pointers = ctypes.POINTER(ctypes.c_void_p)


class Settings(ctypes.Structure):
    """Mirror of the structure of the same name in native_bench.cpp."""

    _fields_ = [
        ("sink", Pointers),
        ("length", ctypes.c_int64),
        ("offer", ctypes.c_void_p),
        ("offer_length", ctypes.c_int64),
        ("accept", ctypes.c_void_p),
        ("accept_length", ctypes.c_int64),
        ("controls", ctypes.c_void_p),
        ("events", ctypes.c_void_p),
        ("event_count", ctypes.c_int64),
        ("probes", ctypes.c_void_p),
        ("probe_count", ctypes.c_int64),
        ("reset_at", ctypes.c_int64),
        ("reset_cycles", ctypes.c_int64),
        ("last_planned", ctypes.c_int64),
        ("expected", ctypes.c_int64),
        ("cycles", ctypes.c_int64),
        ("drain", ctypes.c_int64),
        ("runaway", ctypes.c_int64),
        ("power_up", ctypes.c_int64),
        ("invert", ctypes.c_int64),
    ]


def run_native(
    manifest: Delivered,
    stimulus: Stimulus,
    optimize: str = "build",
    check_length: int | None = CHECK_LENGTH,
    progress: Callable[[int, int], None] | None = None,
) -> Response:
    """Run the compiled VHDL of `manifest`.

    Parameters
    ----------
    manifest : Manifest
    stimulus : Stimulus
    optimize : {"build", "run"}
        Least time to compile, or fastest code.
    check_length : int or None
        Words of the comparison with GHDL's simulation that a new model must pass; None leaves it out.
    progress : callable, optional
        Called now and then with the sink words taken and the source words given so far.

    Raises
    ------
    ToolError
        If a tool is missing, too old, or refuses its input.
    EngineMismatch
        If the compiled model does not do what GHDL's simulation does.
    ProtocolError, SimulationError
        If the core breaks the stream protocol, or hangs.
    """
    folder = native_build.build(manifest, optimize)
    if check_length is not None:
        check_against_ghdl(manifest, folder, check_length, stimulus.drain)
    return play(folder, Interface.of(manifest.ports), stimulus, progress)


def check_against_ghdl(manifest: Delivered, folder: Path, length: int = CHECK_LENGTH, drain: int = 0) -> None:
    """Compare a compiled model with GHDL's simulation, once; the outcome is kept beside it.

    Raises
    ------
    EngineMismatch
        With the first word that differs.
    """
    record = folder / "check.json"
    key = {"length": length, "ghdl": find_ghdl().version_text}
    try:
        kept = json.loads(record.read_text())
    except (OSError, ValueError):
        kept = {}
    if kept.get("ghdl") == key["ghdl"] and kept.get("length", 0) >= length:
        difference = kept["difference"]
    else:
        difference = compare(manifest, folder, length, drain)
        _write(record, json.dumps({**key, "difference": difference}))
    if difference:
        raise EngineMismatch(f"{manifest.entity}: the compiled netlist differs from GHDL's simulation of the same VHDL: {difference}")


def compare(manifest: Delivered, folder: Path, length: int, drain: int = 0) -> str:
    """First difference between the compiled model and GHDL's simulation; empty if there is none."""
    interface = Interface.of(manifest.ports)
    for stimulus in check_stimuli(interface, length, drain):
        ghdl, native = run_ghdl(manifest, stimulus), play(folder, interface, stimulus)
        found = first_difference(ghdl, native)
        if found:
            return found
    return ""


def first_difference(one: Response, other: Response) -> str:
    """First cycle in which two runs of the same stimulus differ; empty if there is none."""
    found: list[tuple[int, str]] = []
    for name, cycles, values in (
        ("word taken", (one.sink_cycles, other.sink_cycles), None),
        ("word given", (one.source_cycles, other.source_cycles), None),
        *((name, (one.source_cycles, other.source_cycles), (one.words[name], other.words[name])) for name in one.words),
    ):
        pair = values or cycles
        count = min(len(pair[0]), len(pair[1]))
        differ = np.flatnonzero(pair[0][:count] != pair[1][:count])
        if len(differ):
            index = int(differ[0])
            at = min(int(cycles[0][index]), int(cycles[1][index]))
            what = f"{name} {index}: " + (f"{pair[0][index]} and {pair[1][index]}" if values else "in another cycle")
            found.append((at, what))
        elif len(pair[0]) != len(pair[1]):
            longer = max(cycles, key=len)
            found.append((int(longer[count]), f"{name} {count}: only in one of them"))
    if one.probes != other.probes:
        found.append((one.cycles, f"probes: {one.probes} and {other.probes}"))
    if not found and one.final != other.final:
        found.append((one.cycles, f"outputs at the end: {one.final} and {other.final}"))
    return "cycle {}: {}".format(*min(found)) if found else ""


def check_stimuli(interface: Interface, length: int, drain: int = 0) -> list[Stimulus]:
    """What a new model is tried with: full scale, negative and random words, stalls, a reset in mid-stream.

    A core may be silent for as long as `drain` says, as while it clears a memory after the reset.
    """
    rng = np.random.default_rng(20)
    words = {}
    for name, port in interface.sink.items():
        width = bits(port)
        raw = rng.integers(0, mask(width), length, dtype=np.uint64, endpoint=True)
        edge = np.array([mask(width - 1), 1 << (width - 1), mask(width), 1, 0], dtype=np.uint64)
        part = min(length // 4, 8 * len(edge))
        raw[:part] = np.resize(edge, part)
        words[name] = decode(port, raw)
    controls = {}
    for name, port in interface.inputs.items():
        controls[name] = decode_one(port, int(rng.integers(0, mask(bits(port)), dtype=np.uint64, endpoint=True)))
    events = tuple(
        (int(rng.integers(0, 2 * length)), name, decode_one(port, int(rng.integers(0, mask(bits(port)), dtype=np.uint64, endpoint=True))))
        for name, port in interface.inputs.items()
        for _ in range(4)
    )
    patience = max(4 * length + 256, drain)
    return [Stimulus.random_stalls(words, rng, 0.2, reset_at=length // 2 + 7, controls=controls, events=events, drain=patience)]


def play(
    folder: Path,
    interface: Interface,
    stimulus: Stimulus,
    progress: Callable[[int, int], None] | None = None,
    nets: int = 0,
) -> Response:
    """Run the compiled model in `folder`, trusted or not; `nets` is the number of nets that it counts the transitions of."""
    library = load(str(folder / "model.so"))
    settings, keep = settings_of(interface, stimulus, stimulus.prepare(interface))
    bench = library.bench_new(ctypes.byref(settings))
    try:
        start = time.perf_counter()
        while (status := library.bench_run(bench, CHUNK)) == RUNNING:
            if progress:
                progress(library.bench_count(bench, 1), library.bench_count(bench, 2))
        seconds = time.perf_counter() - start
        cycle, sent, received, field = (library.bench_count(bench, what) for what in range(4))
        if status == HANG:
            raise hang(sent, received, cycle, stimulus.drain)
        if status == RUNAWAY:
            raise runaway(sent, cycle, settings.runaway)
        if status == DROPPED:
            raise broken(cycle + POWER_UP, "source_valid was taken back before source_ready")
        if status == CHANGED:
            raise broken(cycle + POWER_UP, f"source_{list(interface.source)[field]} changed while the word was held")
        if status == VALID_IN_RESET:
            raise broken(cycle + POWER_UP, "source_valid is high during reset")

        def array(which: int, count: int, dtype: type) -> np.ndarray:
            if not count:
                return np.zeros(0, dtype)
            return np.frombuffer(ctypes.string_at(library.bench_array(bench, which), 8 * count), dtype).copy()

        taken, given = array(-3, sent, np.int64), array(-2, received, np.int64)
        transitions = array(-4, nets, np.uint64)
        probed = array(-1, len(stimulus.probes), np.uint64)
        words = {name: decode(port, array(n, received, np.uint64)) for n, (name, port) in enumerate(interface.source.items())}
        final = {name: decode_one(port, library.bench_output(bench, n)) for n, (name, port) in enumerate(interface.outputs.items())}
    finally:
        library.bench_free(bench)
        del keep
    before = stimulus.reset_at
    return Response(
        words=words,
        sink_cycles=taken,
        source_cycles=given,
        cycles=cycle,
        seconds=seconds,
        transferred_before_reset=None if before is None else int(np.searchsorted(taken, before)),
        received_before_reset=None if before is None else int(np.searchsorted(given, before)),
        probes=tuple(decode_one(interface.outputs[name], int(raw)) for (_, name), raw in zip(stimulus.probes, probed, strict=True)),
        final=final,
        transitions=transitions,
    )


def settings_of(interface: Interface, stimulus: Stimulus, plan: Plan) -> tuple[Settings, list[np.ndarray]]:
    """The plan as the C++ bench takes it, and the arrays that must live as long."""
    keep: list[np.ndarray] = []

    def address(array: np.ndarray) -> int:
        keep.append(np.ascontiguousarray(array))
        return keep[-1].ctypes.data

    inputs, outputs = list(interface.inputs), list(interface.outputs)
    sink = (ctypes.c_void_p * (len(plan.sink) + 1))(*[address(words) for words in plan.sink.values()])
    events = np.array([(c, inputs.index(name), value) for c, name, value in plan.events], dtype=np.uint64).reshape(-1, 3)
    probes = np.array([(c, outputs.index(name)) for c, name in stimulus.probes], dtype=np.int64).reshape(-1, 2)
    settings = Settings(
        sink=sink,
        length=plan.length if interface.has_sink else 0,
        offer=address(plan.offer.astype(np.uint8)),
        offer_length=len(plan.offer),
        accept=address(plan.accept.astype(np.uint8)),
        accept_length=len(plan.accept),
        controls=address(np.array([plan.controls[name] for name in inputs] + [0], dtype=np.uint64)),
        events=address(events),
        event_count=len(events),
        probes=address(probes),
        probe_count=len(probes),
        reset_at=NEVER if stimulus.reset_at is None else stimulus.reset_at,
        reset_cycles=stimulus.reset_cycles,
        last_planned=stimulus.last_planned,
        expected=NEVER if stimulus.expected is None else stimulus.expected,
        cycles=NEVER if stimulus.cycles is None else stimulus.cycles,
        drain=stimulus.drain,
        runaway=stimulus.runaway(interface) or NEVER,
        power_up=POWER_UP,
        invert=int(stimulus.idle == "invert"),
    )
    return settings, keep


@functools.lru_cache(maxsize=256)
def load(path: str) -> ctypes.CDLL:
    """A compiled model as a library with its functions declared."""
    library = ctypes.CDLL(path)
    library.bench_new.restype = ctypes.c_void_p
    library.bench_new.argtypes = [ctypes.POINTER(Settings)]
    library.bench_free.argtypes = [ctypes.c_void_p]
    library.bench_free.restype = None
    library.bench_run.argtypes = [ctypes.c_void_p, ctypes.c_int64]
    library.bench_count.argtypes = [ctypes.c_void_p, ctypes.c_int]
    library.bench_count.restype = ctypes.c_int64
    library.bench_array.argtypes = [ctypes.c_void_p, ctypes.c_int]
    library.bench_array.restype = ctypes.c_void_p
    library.bench_output.argtypes = [ctypes.c_void_p, ctypes.c_int]
    library.bench_output.restype = ctypes.c_uint64
    return library


def _write(path: Path, text: str) -> None:
    """Write a file in one step: a reader sees the old one or the new one."""
    handle, name = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "w") as file:
        file.write(text)
    os.replace(name, path)
