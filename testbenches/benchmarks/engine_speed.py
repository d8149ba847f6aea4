"""Engines side by side: clock cycles per second of processor time, on the same words, in one run.

    python -m testbenches.benchmarks.engine_speed             some three minutes; writes build/engine_speed/results.json
    python -m testbenches.benchmarks.engine_speed --page      the same, and the section of docs/verification.md

Of every engine counts what a longer run takes beyond a shorter one, child processes included: neither start nor elaboration. The runs of
the engines take turns, so that whatever else this machine does meets all of them; figures are medians, and bounds are ratios of one run.
Exit status 1 if a bound is missed, 2 if a tool is missing.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Before numpy is there. Threads for products of matrices wait for each other busily, beside what is measured.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from ip_cores.core import Core, make_core
from ip_cores.description import load_core
from ip_cores.generate import generate
from testbenches.benchmarks.yardsticks import Netlist, play_bare_verilator, play_icarus
from testbenches.engines import native_build
from testbenches.engines.ghdl import find_ghdl, run_tool
from testbenches.errors import ToolError
from testbenches.page_sections import PAGE, replaced
from testbenches.simulate import run
from testbenches.stimulus import Stimulus

COMMAND = "python -m testbenches.benchmarks.engine_speed --page"
EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
DESIGN = {"method": "firwin", "numtaps": 64, "cutoff": [700, 4000], "pass_zero": "bandpass", "fs": 16000}

CORES: dict[str, Callable[[], Core]] = {
    "FIR, 64 taps, direct": lambda: make_core({"core": "fir", "name": "speed_direct", "form": "direct", "coefficients": DESIGN}),
    "FIR, 64 taps, transposed": lambda: make_core(
        {"core": "fir", "name": "speed_transposed", "form": "transposed", "coefficients": DESIGN}
    ),
    "denoiser of the examples": lambda: load_core(EXAMPLES / "denoiser.toml"),
}
"""A filter that works in every clock, one with long carry chains, and a program on one multiplier."""

ENGINES = {
    "myhdl": "MyHDL",
    "icarus": "Icarus Verilog, the netlist",
    "ghdl": "GHDL",
    "bare": "Verilator, the netlist in a loop by hand",
    "native": "native",
}
BOUNDS = {("FIR, 64 taps, direct", "myhdl"): 1500.0, ("FIR, 64 taps, direct", "bare"): 1.2}
"""How many times the cycles per second of another engine `native` has to reach, by core and engine."""

SECONDS, REPETITIONS = 0.5, 9
SHORTER, LONGEST = 64, 250_000
"""Words of the shorter run, and the most of the longer one: what a proof plays, 16 s of speech."""


@dataclass(frozen=True)
class Speed:
    """Cycles per second of one engine on one core.

    Attributes
    ----------
    cycles : int
        Of the longer run.
    rates : tuple of float
        Cycles per second of processor time, one for each repetition.
    """

    cycles: int
    rates: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.rates)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m testbenches.benchmarks.engine_speed", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=SECONDS, help="processor time of each run, about (default: %(default)s)")
    parser.add_argument("--repetitions", type=int, default=REPETITIONS, help="runs of each engine on each core (default: %(default)s)")
    parser.add_argument("--output", type=Path, default=Path("build/engine_speed"), help="folder for results.json")
    parser.add_argument("--page", type=Path, nargs="?", const=PAGE, help="write the section of this page too")
    given = parser.parse_args(arguments)
    if given.repetitions < 1 or not given.seconds > 0:
        print("engine_speed: --repetitions must be 1 or more and --seconds more than 0", file=sys.stderr)
        return 2
    try:
        found = document({name: measure(make(), given.seconds, given.repetitions) for name, make in CORES.items()}, versions())
    except ToolError as error:
        print(f"engine_speed: {error}", file=sys.stderr)
        return 2
    print(section(found))
    given.output.mkdir(parents=True, exist_ok=True)
    (given.output / "results.json").write_text(json.dumps(found, indent=1) + "\n")
    if given.page:
        given.page.write_text(replaced(given.page.read_text(), "engines", COMMAND, section(found)))
    missed = misses(found)
    for line in missed:
        print(f"engine_speed: {line}", file=sys.stderr)
    return 1 if missed else 0


def versions() -> dict[str, str]:
    """Of the tools."""
    icarus = run_tool([native_build.find_program("iverilog"), "-V"]).split()[3]
    verilator, compiler, _ = native_build.toolchain()[1:]
    return {"ghdl": find_ghdl(synthesis=True).version_text, "icarus": icarus, "verilator": verilator.split()[1], "compiler": compiler}


def measure(core: Core, seconds: float = SECONDS, repetitions: int = REPETITIONS) -> dict[str, Speed]:
    """Speed of each engine on `core`, by name.

    Raises
    ------
    AssertionError
        If an engine's words are not the model's.
    ToolError, SimulationError
        As the engines do.
    """
    with tempfile.TemporaryDirectory(prefix="ossicle-") as scratch:
        manifest = generate(core, Path(scratch) / "vhdl", companions=None)
        bench = Bench(core, manifest, Netlist.of(manifest), Path(scratch))
        lengths = {engine: bench.length(engine, seconds) for engine in ENGINES}
        rates: dict[str, list[float]] = {engine: [] for engine in ENGINES}
        cycles = {}
        for _ in range(repetitions):
            for engine, length in lengths.items():
                (few, short), (many, long) = bench.play(engine, SHORTER), bench.play(engine, length)
                rates[engine].append((many - few) / (long - short))
                cycles[engine] = many
    return {engine: Speed(cycles[engine], tuple(rates[engine])) for engine in ENGINES}


@dataclass(frozen=True)
class Bench:
    """A core with everything that plays it."""

    core: Core
    manifest: Any
    netlist: Netlist
    folder: Path

    def length(self, engine: str, seconds: float) -> int:
        """Words that `engine` plays in about so many seconds of processor time."""
        self.play(engine, SHORTER)  # whatever there is to compile is compiled
        _, short = self.play(engine, SHORTER)
        length = SHORTER
        while True:
            length *= 4
            _, long = self.play(engine, length)
            if long - short > seconds / 5 or length >= LONGEST:
                return min(LONGEST, max(2 * SHORTER, round(length * seconds / (long - short))))

    def play(self, engine: str, length: int) -> tuple[int, float]:
        """Play the first `length` words: clock cycles, and seconds of processor time."""
        # The same words for all, and the first ones whatever the length.
        words = np.random.default_rng(0).integers(-(2**15), 2**15, length)
        told = self.core.model(words)
        before = processor_seconds()
        if engine == "icarus":
            cycles, given = play_icarus(self.netlist, words, len(told), self.folder)
        elif engine == "bare":
            cycles, given = play_bare_verilator(self.netlist, words, len(told))
        else:
            stimulus = Stimulus({"data": words}, expected=len(told), drain=self.core.patience)
            response = run(self.core, stimulus, engine, manifest=self.manifest, optimize="run")
            cycles, given = response.cycles, response.data
        taken = processor_seconds() - before
        assert np.array_equal(given, told), f"{engine} gives other words than the model of {self.core.name}"
        return cycles, taken


def processor_seconds() -> float:
    """Processor time of this process and of its children that have ended, to a microsecond."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def document(speeds: Mapping[str, Mapping[str, Speed]], tools: Mapping[str, str]) -> dict[str, Any]:
    """Everything that was measured, for the page."""
    rows = []
    for name, by_engine in speeds.items():
        native = by_engine["native"].rates
        for engine, speed in by_engine.items():
            ratio = statistics.median(fast / other for fast, other in zip(native, speed.rates, strict=True))
            row = {"core": name, "engine": engine, "cycles": speed.cycles, "rates": [round(rate) for rate in speed.rates]}
            rows.append({**row, "cycles_per_second": round(speed.median), "native_is_faster_by": round(ratio, 3)})
    return {"tools": dict(tools), "rows": rows}


def misses(found: Mapping[str, Any]) -> list[str]:
    """Bounds that are not kept."""
    lines = []
    for row in found["rows"]:
        least = BOUNDS.get((row["core"], row["engine"]))
        if least is not None and row["native_is_faster_by"] < least:
            lines.append(
                f"{row['core']}: native is {row['native_is_faster_by']:.4g} times as fast as {row['engine']}: must be {least:g} or more"
            )
    return lines


def section(found: Mapping[str, Any]) -> str:
    """A row for each engine, a pair of columns for each core."""
    tools = found["tools"]
    cores = list(dict.fromkeys(row["core"] for row in found["rows"]))
    rows = {(row["core"], row["engine"]): row for row in found["rows"]}
    bounds = [f"{least:g} × {ENGINES[engine].partition(',')[0]} on the {core}" for (core, engine), least in BOUNDS.items()]
    lines = [
        f"GHDL {tools['ghdl']}, Icarus Verilog {tools['icarus']}, Verilator {tools['verilator']}, {tools['compiler']}. Native has to reach",
        f"{' and '.join(bounds)}.",
        "",
        f"| cycles per second | {' | '.join(f'{core} | native to it' for core in cores)} |",
        f"|---|{'---:|' * 2 * len(cores)}",
    ]
    for engine, name in ENGINES.items():
        cells = [name]
        for core in cores:
            row = rows[core, engine]
            cells += [spaced(row["cycles_per_second"]), "" if engine == "native" else f"{figures(row['native_is_faster_by'])} ×"]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def spaced(number: int) -> str:
    """Three figures, thousands apart."""
    digits = max(0, len(str(number)) - 3)
    return f"{round(number, -digits):,}".replace(",", " ")


def figures(ratio: float) -> str:
    """A ratio as text: two places below ten, else three figures."""
    return f"{ratio:.2f}" if ratio < 10 else spaced(round(ratio))


if __name__ == "__main__":
    sys.exit(main())
