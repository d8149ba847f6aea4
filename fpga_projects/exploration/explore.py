"""Bit-width trade-offs: every combination of some parameters through the bit-true model, with its quality and its cost."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fpga_projects.estimation.price import mapped_cost
from fpga_projects.exploration.design_space import DesignSpace, SpaceError
from fpga_projects.exploration.executors import Stop, map_points, processes, stop_on_interrupt
from fpga_projects.exploration.exploration import MAPPED, Exploration, columns
from fpga_projects.exploration.metrics import QualityError, load_input, magnitudes, metric
from fpga_projects.exploration.result_store import ERROR, Results, write_parquet
from fpga_projects.exploration.sweep import WITHOUT_SIGNAL, Task
from ip_cores.core import Core
from ip_cores.description import read_description

MAXIMUM_POINTS = 1_000_000
"""A sweep beyond this is taken for a slip of the pen."""


def explore(
    core: Core | Mapping[str, Any] | str | Path,
    vary: Mapping[str, Sequence[Any]],
    input: str | Path | NDArray[np.float64] | None = None,
    metrics: str | Sequence[str] = "snr",
    jobs: int | None = 1,
    executor: Executor | None = None,
    scheduler: str | None = None,
    output: str | Path | None = None,
    resume: bool = False,
    confirm: int = 0,
    progress: Callable[[int, int], None] | None = None,
    samples: int | None = None,
    seed: int = 0,
) -> Exploration:
    """Try every combination of some parameters of a core.

    Parameters
    ----------
    core : Core, mapping, str or Path
        The core, its description, or the name of a description file.
    vary : mapping of str to sequence
        Values by the dotted name of a parameter, as ``{"coefficient.word_length": range(8, 21)}``.
    input : path, str, array or None
        A WAV or CSV file, the name of a signal (each point is played the words that `testbenches.verify.verify` plays to its core), samples
        of audio from -1 to 1, or None for the excerpt of speech among the examples.
    metrics : str or sequence of str
        Of `fpga_projects.exploration.metrics.METRICS`.
    jobs : int or None
        Processes; None for as many as there are processors.
    executor : concurrent.futures.Executor, optional
        Where the points are computed instead. It is not shut down.
    scheduler : str, optional
        Address of a Dask scheduler whose workers compute the points; needs the extra ``cluster``.
    output : path, optional
        Folder for ``results.csv``, ``results.parquet`` (where pyarrow is installed), plots and the interactive page. Every result is
        written as soon as it is known.
    resume : bool
        Take up the results in that folder.
    confirm : int
        So many of the best points go through the full mapping.
    progress : callable, optional
        Called with how many points are done and how many there are.
    samples : int, optional
        Words to play; by default all of a file, and four seconds of a generated signal.
    seed : int
        Of a generated signal.

    Returns
    -------
    Exploration

    Raises
    ------
    ValueError
        If a parameter, a range, a metric, the signal or the folder is none that can be used.
    ConnectionError
        If the scheduler cannot be reached.
    KeyboardInterrupt
        After Ctrl-C, when everything that is known has been written.

    Examples
    --------
    >>> found = explore({"core": "fir", "coefficients": [0.1, 0.8, 0.1]}, {"coefficient.word_length": range(8, 12)}, input="noise")
    >>> [row["coefficient.word_length"] for row in found.front()]
    [8, 10, 11]
    """
    task = make_task(core, vary, input, (metrics,) if isinstance(metrics, str) else tuple(metrics), samples, seed)
    if task.space.size > MAXIMUM_POINTS:
        most = f"must be at most {MAXIMUM_POINTS:,}: shorten a range or take a STEP"
        raise SpaceError(f"{task.space.size:,} combinations", most)
    points = list(task.space.points())
    results = Results(output, columns(task), len(task.space.paths), task.identity, resume) if output else None
    rows = dict(results.rows) if results else {}
    left = [point for point in points if point not in rows]
    done = len(points) - len(left)
    with stop_on_interrupt() as stop, ExitStack() as resources:
        if results:
            resources.push(lambda kind, *_: kind and results.release())
        if left:
            make, workers, shut_down = _executors(jobs, executor, scheduler, resources)
            for point, found in map_points(task, left, make, workers, stop, shut_down):
                row = found if isinstance(found, dict) else {**dict(zip(task.space.paths, point, strict=True)), ERROR: str(found)}
                rows[point] = row
                if results:
                    results.add([row])
                done += 1
                if progress:
                    progress(done, len(points))
        exploration = Exploration(task, [rows[point] for point in points if point in rows])
        if not stop.requested:
            _confirm(exploration, confirm, stop)
    if results:
        results.finish(points)
    if stop.requested:
        raise KeyboardInterrupt
    if output:
        from fpga_projects.exploration.plots import write_plots
        from fpga_projects.exploration.web_page import write_page

        write_parquet(Path(output) / "results.parquet", exploration.columns, exploration.rows)
        write_plots(exploration, Path(output))
        write_page(exploration, Path(output))
    return exploration


def make_task(
    core: Core | Mapping[str, Any] | str | Path,
    vary: Mapping[str, Sequence[Any]],
    input: Any,
    metrics: Iterable[str],
    samples: int | None = None,
    seed: int = 0,
) -> Task:
    """Everything checked before anything is computed."""
    description = read_description(core) if isinstance(core, str | Path) else core
    names = tuple(dict.fromkeys(metrics))
    for name in names:
        metric(name)
    space = DesignSpace(description, vary)
    task = Task(space, names, load_input(input, space.base, samples, seed))
    if any(name in WITHOUT_SIGNAL for name in names):
        magnitudes(space.base)  # says what is wrong with a core that has no frequency response
    _ = task.identity, task.telling  # computed here once, not in every worker
    return task


def _executors(
    jobs: int | None, executor: Executor | None, scheduler: str | None, resources: ExitStack
) -> tuple[Callable[[], Executor], int, bool]:
    """How to make an executor, how many workers it has, and whether to shut it down."""
    if executor is not None:
        return (lambda: executor), getattr(executor, "_max_workers", None) or os.cpu_count() or 1, False
    if scheduler is not None:
        from fpga_projects.exploration.cluster import connect

        client, workers = connect(scheduler)
        resources.callback(client.close)
        return client.get_executor, workers, True
    workers = jobs or os.cpu_count() or 1
    return (lambda: processes(workers)), workers, True


def _confirm(exploration: Exploration, count: int, stop: Stop) -> None:
    """Add the costs after mapping to the best rows; a row that cannot be mapped says why."""
    for row in exploration.best(count):
        if stop.requested:
            return
        if row.get(MAPPED[0]) is None:
            try:
                cost = mapped_cost(exploration.task.space.core(exploration.point(row)))
                row |= {f"mapped_{name}": value for name, value in asdict(cost).items()}
            except (ValueError, OSError, RuntimeError) as error:
                row[ERROR] = f"mapping: {error}"


__all__ = ["Exploration", "QualityError", "explore"]
