"""The native engine: the delivered VHDL as machine code, driven whole arrays at a time.

A freshly compiled model is not trusted before it has given the same words in the same cycles as GHDL's simulation
of the same VHDL: a synthesis may write a netlist that differs from the source.
"""

from __future__ import annotations

import ctypes
import json
import math
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from testbenches.engines import native_build
from testbenches.engines.ghdl import find_ghdl
from testbenches.engines.ghdl_engine import run_ghdl
from testbenches.engines.native_library import NEVER, load, settings_of
from testbenches.engines.state_machines import STATE_VALUES
from testbenches.errors import EngineMismatch, ProtocolError, SimulationError
from testbenches.interface import Delivered, Interface, bits, decode, decode_one, mask
from testbenches.stimulus import POWER_UP, Response, Stimulus, broken, hang, runaway

CHUNK = 1 << 20  # cycles between two looks at the progress and the keyboard
CHECK_LENGTH = 256
CHECK_CYCLES = 20_000
CHECK_LONGEST = 250_000
"""Clocks of a comparison with random words: marks at random make frames of few words and much work, which take GHDL minutes."""

RUNNING, DONE, HANG, DROPPED, CHANGED, VALID_IN_RESET, RUNAWAY = range(7)


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
        check_against_ghdl(manifest, folder, check_length, stimulus.drain, stimulus)
    return play_compiled(folder, Interface.of(manifest.ports), stimulus, progress)


def check_against_ghdl(
    manifest: Delivered, folder: Path, length: int = CHECK_LENGTH, drain: int = 0, usual: Stimulus | None = None
) -> None:
    """Compare a compiled model with GHDL's simulation, once; the outcome is kept beside it.

    Parameters
    ----------
    manifest : Manifest
    folder : Path
        Of the compiled model.
    length : int
        Words.
    drain : int
        Cycles that the core may be silent.
    usual : Stimulus, optional
        What is played instead if random inputs stop the core.

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
        difference = compare(manifest, folder, length, drain, usual)
        _write(record, json.dumps({**key, "difference": difference}))
    if difference:
        raise EngineMismatch(f"{manifest.entity}: the compiled netlist differs from GHDL's simulation of the same VHDL: {difference}")


def compare(manifest: Delivered, folder: Path, length: int, drain: int, usual: Stimulus | None) -> str:
    """First difference between the compiled model and GHDL's simulation; empty if there is none.

    Inputs that change at random may stop a core for good, as a bus clock does that stays low. Both have to stop at the same word then,
    and are compared again on the beginning of the `usual` stimulus.
    """
    interface = Interface.of(manifest.ports)
    stimuli = [check_stimulus(interface, length, drain)]
    if usual is not None:
        cycles = CHECK_CYCLES if usual.cycles is None else min(usual.cycles, CHECK_CYCLES)
        stimuli.append(usual.replace(probes=(), cycles=cycles, expected=None))
    for tried in stimuli:
        ghdl, native = outcome(partial(run_ghdl, manifest, tried)), outcome(partial(play_compiled, folder, interface, tried))
        if isinstance(ghdl, Response) and isinstance(native, Response):
            return first_difference(ghdl, native)
        if ghdl != native:
            return " and ".join("a run to the end" if isinstance(one, Response) else one for one in (ghdl, native))
    return ""


def outcome(run: Callable[[], Response]) -> Response | str:
    """What a run gives, or why it hangs."""
    try:
        return run()
    except ProtocolError:
        raise
    except SimulationError as error:
        return str(error)


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


def check_stimulus(interface: Interface, length: int, drain: int = 0) -> Stimulus:
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
    # A core that makes words of its own never comes to an end; one that works long on few words has time for two such works at least.
    cycles = max(CHECK_LONGEST, 2 * patience) if interface.has_sink else 2 * length + patience
    changing = {"reset_at": length // 2 + 7, "controls": controls, "events": events}
    return Stimulus.random_stalls(words, rng, 0.2, drain=patience, cycles=cycles, **changing)


def play_compiled(
    folder: Path,
    interface: Interface,
    stimulus: Stimulus,
    progress: Callable[[int, int], None] | None = None,
    nets: Sequence[int] = (),
    machines: int = 0,
) -> Response:
    """Run the compiled model in `folder`, trusted or not.

    One that counts has nets of so many bits each, and so many state machines.
    """
    library = load(str(folder / "model.so"))
    settings, keep = settings_of(interface, stimulus, stimulus.prepare(interface))
    bench = library.bench_new(ctypes.byref(settings))
    try:
        start = time.perf_counter()
        while (status := library.bench_run(bench, CHUNK)) == RUNNING:
            if progress:
                progress(library.bench_count(bench, 1), library.bench_count(bench, 2))
        seconds = time.perf_counter() - start
        cycle, sent, received, field, reset_at = (library.bench_count(bench, what) for what in range(5))
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

        def lent(which: int, count: int, dtype: type) -> np.ndarray:
            """An array of the bench, for as long as that lives."""
            if not count:
                return np.zeros(0, dtype)
            place = ctypes.cast(library.bench_array(bench, which), ctypes.POINTER(ctypes.c_uint64))
            return np.ctypeslib.as_array(place, (count,)).view(dtype)

        taken, given = lent(-3, sent, np.int64).copy(), lent(-2, received, np.int64).copy()
        transitions = lent(-4, len(nets), np.uint64).copy()
        flipped = lent(-5, sum(-(-width // 64) for width in nets), np.uint64).copy()
        shape = machines, STATE_VALUES, STATE_VALUES
        state_moves = lent(-6, math.prod(shape), np.uint64).copy().reshape(shape)
        probed = lent(-1, len(stimulus.probes), np.uint64).copy()
        words = {name: decode(port, lent(n, received, np.uint64)) for n, (name, port) in enumerate(interface.source.items())}
        final = {name: decode_one(port, library.bench_output(bench, n)) for n, (name, port) in enumerate(interface.outputs.items())}
    finally:
        library.bench_free(bench)
        del keep
    before = None if reset_at == NEVER else reset_at
    return Response(
        words=words,
        sink_cycles=taken,
        source_cycles=given,
        cycles=cycle,
        seconds=seconds,
        reset_at=before,
        transferred_before_reset=None if before is None else int(np.searchsorted(taken, before)),
        received_before_reset=None if before is None else int(np.searchsorted(given, before)),
        probes=tuple(decode_one(interface.outputs[name], int(raw)) for (_, name), raw in zip(stimulus.probes, probed, strict=True)),
        final=final,
        transitions=transitions,
        flipped=flipped,
        state_moves=state_moves,
    )


def _write(path: Path, text: str) -> None:
    """Write a file in one step: a reader sees the old one or the new one."""
    handle, name = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "w") as file:
        file.write(text)
    os.replace(name, path)
