"""Run any core on any engine: reference, model, or one of the three that simulate hardware."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fixed_point import quantize, to_float, values_to_audio
from fixed_point.full_scale import Samples
from ip_cores.conversion.port_shell import port_shell
from ip_cores.core import Core
from ip_cores.port import Port
from ip_cores.stream_names import from_outside
from testbenches.engines.ghdl_engine import run_ghdl
from testbenches.engines.myhdl_engine import run_myhdl
from testbenches.engines.native_engine import run_native
from testbenches.interface import Delivered, Interface
from testbenches.stimulus import Response, Stimulus

HARDWARE = ("myhdl", "ghdl", "native")
ENGINES = ("reference", "model", *HARDWARE)

Progress = Callable[[int, int], None]


def simulate(
    core: Core,
    x: Any,
    engine: str = "model",
    *,
    stalls: float = 0.0,
    seed: int = 0,
    manifest: Delivered | None = None,
    optimize: str = "build",
    progress: Progress | None = None,
    **settings: Any,
) -> Any:
    """What `core` makes of a signal.

    Parameters
    ----------
    core : Core
    x : array of int or float, or mapping
        Integers are raw words of the sink format; floats are values in its unit and are quantised to it first (for samples of audio see
        `fixed_point.full_scale.audio_to_words`). A mapping gives words by sink field, for cores with ``channel`` or frames. Of a core
        without a sink how many words there are to be.
    engine : {"model", "reference", "myhdl", "ghdl", "native"}
    stalls : float
        Part of the clock cycles in which either side stalls.
    seed : int
        Of the stalls.
    manifest : Manifest, optional
        VHDL already generated; without one it is made for the run.
    optimize : {"build", "run"}
        Of the native engine: least time to compile, or fastest code.
    progress : callable, optional
        Called now and then with the words in and out so far.
    **settings
        Further fields of `Stimulus`: ``controls``, ``events``, ``reset_at``, ...

    Returns
    -------
    ndarray, or tuple of ndarray
        Raw words if `x` was integers, values if it was floats or the engine is the reference; a tuple with the further fields of
        the source (``channel``, ``startofpacket``, ...) if it has some.

    Raises
    ------
    ValueError
        For an unknown engine, or words that do not fit.
    ToolError, SimulationError, EngineMismatch
        As the engine does.
    """
    if engine not in ENGINES:
        raise ValueError(f'engine = "{engine}": must be one of {", ".join(ENGINES)}')
    if core.is_source:
        return generated(core, int(x), engine, stalls, seed, manifest, optimize, settings)
    floats = not isinstance(x, Mapping) and np.asarray(x).dtype.kind == "f"
    if engine == "reference":
        return core.reference(np.asarray(x, dtype=np.float64) if floats else to_float(x, core.sink_format))
    words = quantize(x, core.sink_format) if floats else x
    if engine == "model":
        given = core.model(in_order(core, words) if isinstance(words, Mapping) else words)
    else:
        words = words if isinstance(words, Mapping) else {"data": words}
        stimulus = Stimulus.random_stalls(words, seed, stalls, **{"drain": core.patience, "controls": core.controls, **settings})
        given = result(run(core, stimulus, engine, manifest=manifest, optimize=optimize, progress=progress))
    return values(core, given) if floats else given


def generated(
    core: Core, words: int, engine: str, stalls: float, seed: int, manifest: Delivered | None, optimize: str, settings: Mapping[str, Any]
) -> Any:
    """So many words of a core without a sink; values of the reference."""
    if engine in ("reference", "model"):
        return core.reference(words) if engine == "reference" else core.model(words)
    others = {"drain": core.patience, "controls": core.controls, "expected": words, **settings}
    stimulus = Stimulus.random_stalls({}, seed, stalls, **others)
    return result(run(core, stimulus, engine, manifest=manifest, optimize=optimize))


def run(
    core: Core,
    stimulus: Stimulus,
    engine: str,
    *,
    manifest: Delivered | None = None,
    optimize: str = "build",
    progress: Progress | None = None,
) -> Response:
    """Play a stimulus on one of the engines that simulate hardware.

    Parameters
    ----------
    core : Core
    stimulus : Stimulus
    engine : {"myhdl", "ghdl", "native"}
    manifest, optimize, progress
        As for `simulate`.
    """
    if engine == "myhdl":
        return run_myhdl(core, stimulus)
    with delivered(core, manifest) as files:
        if engine == "ghdl":
            return run_ghdl(files, stimulus)
        if engine == "native":
            return run_native(files, stimulus, optimize, core.check_length, progress)
    raise ValueError(f'engine = "{engine}": must be one of {", ".join(HARDWARE)}')


@contextmanager
def delivered(core: Core, manifest: Delivered | None = None) -> Iterator[Delivered]:
    """The manifest given, or one generated for the time of a run; with the contract's ports, whatever is delivered has."""
    with tempfile.TemporaryDirectory(prefix="ossicle-") as scratch:
        if manifest is None:
            from ip_cores.generate import generate

            manifest = generate(core, Path(scratch) / "vhdl", companions=None)
        yield on_contract(core, manifest, Path(scratch))


@dataclass(frozen=True)
class InShell:
    """Delivered VHDL in an entity that has the contract's ports."""

    folder: Path
    entity: str
    files: tuple[str, ...]
    ports: tuple[Port, ...]


def on_contract(core: Core, manifest: Delivered, folder: Path) -> Delivered:
    """Delivered VHDL as engines can speak to it: where its ports are not the contract's, in a shell that is written into `folder`."""
    if core is core.on_avalon or manifest.ports == core.ports:
        return manifest
    name = f"{core.name}_in_contract"
    shell = port_shell(name, manifest.entity, from_outside(core.pins), f"{name}: {core.name} as proofs see it.", "What is proven.", {})
    (folder / f"{name}.vhd").write_text(shell)
    return InShell(manifest.folder, name, (*manifest.files, str((folder / f"{name}.vhd").resolve())), core.ports)


def in_order(core: Core, fields: Mapping[str, Any]) -> Any:
    """Sink words as a core's model takes them: alone, or a tuple in the order of the ports."""
    words = tuple(fields[name] for name in Interface.of(core.ports).sink)
    return words[0] if len(words) == 1 else words


def result(response: Response) -> Any:
    """The words of a response in the form in which a core's model returns them."""
    fields = tuple(response.words.values())
    return fields[0] if len(fields) == 1 else fields


def as_audio(core: Core, given: Any) -> Samples:
    """Raw words of the source format as samples of audio, on the scale of the sink: a core with a gain of one changes no level.

    Parameters
    ----------
    core : Core
        With one stream of samples at its source.
    given : array of int, shape (n,)

    Returns
    -------
    ndarray of float64, shape (n,)
        Full scale is -1 to 1.
    """
    return values_to_audio(values(core, given), core.sink_format)


def values(core: Core, given: Any) -> Any:
    """Raw words of the source format as floats; where they come with channel or frames, those beside them as they are."""
    formats = core.source_format
    words, *beside = given if isinstance(given, tuple) else (given,)
    if not isinstance(formats, Mapping):
        out = to_float(words, formats)
    elif not beside:
        out = to_float(words, next(iter(formats.values())))
    else:
        channel = beside[0]
        out = np.zeros(len(words))
        for number, one in enumerate(formats.values()):
            out[channel == number] = to_float(words[channel == number], one)
    return (out, *beside) if beside else out
