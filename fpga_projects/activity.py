"""Switching activity from a simulation: value-change dumps, and runs of a core on the real stimulus."""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from fpga_projects.power import Activity
from ip_cores.core import Core
from ip_cores.generate import Manifest
from testbenches.ghdl import find_ghdl, run_tool
from testbenches.ghdl_engine import BENCH, bench_text, write_plan
from testbenches.interface import Interface
from testbenches.simulate import patience
from testbenches.stimulus import Stimulus

WORDS = 256
"""Words of the stimulus that are played: GHDL simulates some hundred cycles a second, and the mean rate settles within this."""


def read_vcd(path: str | Path, scope: str, clock: str = "clk") -> dict[str, float]:
    """Transitions per clock cycle of every signal below a scope of a value-change dump.

    Parameters
    ----------
    path : path
    scope : str
        Hierarchical name of the design's instance, such as ``bench.dut``; names of signals are relative to it.
    clock : str
        Name of the clock below the scope.

    Returns
    -------
    dict
        ``stage.sum[3]`` to its rate.

    Raises
    ------
    ValueError
        When the clock is not there or never moves.
    """
    lines = iter(Path(path).read_text(encoding="latin-1").splitlines())
    bits: dict[str, list[str]] = {}
    scopes: list[str] = []
    for line in lines:
        words = line.split()
        if not words:
            continue
        if words[0] == "$scope":
            scopes.append(words[2].lower())
        elif words[0] == "$upscope":
            scopes.pop()
        elif words[0] == "$var":
            name = ".".join([*scopes, words[4].split("[")[0].lower()])
            if name.startswith(scope.lower() + "."):
                width, local = int(words[2]), name[len(scope) + 1 :]
                bits.setdefault(words[3], []).append(local if width == 1 and "[" not in line else f"{local}[{width}]")
        elif words[0] == "$enddefinitions":
            break
    counts: dict[str, np.ndarray] = {}
    last: dict[str, str] = {}
    for line in lines:
        if not line or line[0] in "#$":
            continue
        value, code = line[1:].split(" ", 1) if line[0] in "bB" else (line[0], line[1:])
        code = code.strip()
        if code not in bits:
            continue
        before = last.get(code)
        last[code] = value
        if before is None or len(before) != len(value):
            continue
        changed = np.array([x != y and x in "01" and y in "01" for x, y in zip(before, value, strict=True)], dtype=np.int64)
        counts[code] = counts.get(code, np.zeros(len(value), np.int64)) + changed
    edges = next((counts[code].sum() for code, names in bits.items() if clock in names and code in counts), 0)
    if edges < 2:
        raise ValueError(f"{path}: clock {clock!r} of {scope} does not move")
    rates: dict[str, float] = {}
    for code, names in bits.items():
        per_bit = counts.get(code, np.zeros(len(last.get(code, "0")), np.int64)) / (edges / 2)
        for name in names:
            if name.endswith("]"):
                base = name.split("[")[0]
                # The most significant bit comes first in the dump.
                rates.update({f"{base}[{len(per_bit) - 1 - i}]": float(rate) for i, rate in enumerate(per_bit)})
            else:
                rates[name] = float(per_bit[0])
    return rates


def simulate_activity(core: Core, manifest: Manifest, x: Any, words: int = WORDS) -> Activity:
    """Activity of a core's delivered VHDL on part of a signal.

    Parameters
    ----------
    core : Core
    manifest : Manifest
        The VHDL that was generated for it.
    x : array of int, or mapping of sink field to array
        Raw words of the sink. The middle `words` of them are played, at full rate.

    Raises
    ------
    ToolError
        GHDL is missing or refuses the design.
    """
    fields = dict(x) if isinstance(x, dict) else {"data": np.asarray(x)}
    length = len(next(iter(fields.values())))
    start = max(0, (length - words) // 2)
    part = {name: np.asarray(values)[start : start + words] for name, values in fields.items()}
    stimulus = Stimulus.random_stalls(part, 0, 0.0, drain=patience(core), controls=core.controls)
    interface = Interface.of(manifest.ports)
    plan = stimulus.prepare(interface)
    ghdl = find_ghdl()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        run_tool([ghdl.path, "-a", "--std=93", *[str(path.resolve()) for path in manifest.paths]], cwd=folder)
        write_plan(folder, interface, plan)
        (folder / "bench.vhd").write_text(bench_text(manifest, interface, stimulus, plan))
        run_tool([ghdl.path, "-a", "--std=93", "bench.vhd"], cwd=folder)
        run_tool([ghdl.path, "--elab-run", "--std=93", BENCH, "--ieee-asserts=disable", "--vcd=activity.vcd"], cwd=folder)
        rates = read_vcd(folder / "activity.vcd", f"{BENCH}.dut", clock=next(iter(_clocks(manifest)), "clk"))
    played = len(next(iter(part.values())))
    return Activity(source=f"simulation of {played} of {length} words of the stimulus", nets=rates, simulated=True)


def _clocks(manifest: Manifest) -> list[str]:
    """Names of the clock ports."""
    return [port.name for port in manifest.ports if port.direction == "in" and (port.name == "clk" or port.name.endswith("_clk"))]
