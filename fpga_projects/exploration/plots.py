"""Plots of a sweep as PNG: quality against each cost, with the Pareto front."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

from fpga_projects.estimation.cost import COLUMNS
from fpga_projects.exploration.metrics import METRICS
from fpga_projects.exploration.result_store import finite
from ip_cores.folders import write_whole

if TYPE_CHECKING:
    from fpga_projects.exploration.exploration import Exploration

PLOTTED = ("les", "multipliers", "m4k", "power")
INK, FRONT = "#8a94a6", "#c2410c"


def write_plots(exploration: Exploration, folder: Path) -> list[Path]:
    """One file for each metric, ``METRIC.png``, with a panel for each cost.

    Returns
    -------
    list of Path
    """
    from matplotlib.figure import Figure

    written = []
    for name in exploration.task.metrics:
        figure = Figure(figsize=(11, 7.5), layout="constrained")
        unit = f" ({METRICS[name].unit})" if METRICS[name].unit else ""
        for axes, cost in zip(figure.subplots(2, 2).flat, PLOTTED, strict=True):
            usable = [row for row in exploration.rows if finite(row.get(name)) and finite(row.get(cost))]
            front = [row for row in exploration.front(cost, name) if finite(row.get(name))]
            axes.plot([row[cost] for row in usable], [row[name] for row in usable], ".", color=INK, markersize=4, label="all points")
            style = {"drawstyle": "steps-post", "linewidth": 1.5, "markersize": 5}
            axes.plot([row[cost] for row in front], [row[name] for row in front], "o-", color=FRONT, label="Pareto front", **style)
            axes.set_xlabel(COLUMNS[cost])
            axes.set_ylabel(f"{name.upper()}{unit}")
            if name == "mse" and usable:
                axes.set_yscale("log")
            axes.grid(alpha=0.25)
            axes.spines[["top", "right"]].set_visible(False)
        figure.axes[0].legend(frameon=False)
        space = exploration.task.space
        figure.suptitle(f"{space.base.name}: {len(exploration.rows)} combinations of {', '.join(space.paths)}")
        path = folder / f"{name}.png"
        figure.savefig(drawn := io.BytesIO(), dpi=110)
        write_whole(path, drawn.getvalue())
        written.append(path)
    return written
