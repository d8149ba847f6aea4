"""Benches of a test's own, for cores that the stream engines cannot drive: several clocks, or pins instead of streams."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from myhdl import Simulation

from ip_cores.hierarchy import forgotten
from testbenches.engines.ghdl import find_ghdl, run_tool
from testbenches.interface import Delivered


def run_own_myhdl(make: Callable[[], Any]) -> None:
    """Simulate what `make` returns until it raises StopSimulation.

    Parameters
    ----------
    make : callable
        Makes signals, blocks and generators, and returns the latter two.
    """
    with forgotten():
        simulation = Simulation(make())
        try:
            simulation.run(quiet=1)
        finally:
            if not simulation._finished:
                simulation.quit()


def run_own_ghdl(manifest: Delivered, bench: str, folder: Path, others: tuple[Path, ...] = (), top: str = "bench") -> str:
    """Simulate a VHDL-93 bench around delivered VHDL.

    Parameters
    ----------
    manifest : Manifest
    bench : str
        Text of the bench, whose entity is `top`; it reports success itself and fails with an assertion.
    folder : Path
        Where to work.
    others : tuple of Path
        Further VHDL, compiled before the bench.

    Returns
    -------
    str
        What was printed.

    Raises
    ------
    ToolError
        If GHDL refuses a file, or an assertion failed.
    """
    ghdl = find_ghdl().path
    files = [str((manifest.folder / name).resolve()) for name in manifest.files]
    run_tool([ghdl, "-a", "--std=93", "--warn-error", *files], cwd=folder)
    (folder / f"{top}.vhd").write_text(bench)
    run_tool([ghdl, "-a", "--std=93", *map(str, others), f"{top}.vhd"], cwd=folder)
    return run_tool([ghdl, "--elab-run", "--std=93", top, "--ieee-asserts=disable"], cwd=folder)
