"""Estimates side by side: a table and a plot."""

from __future__ import annotations

from pathlib import Path
from typing import Any

COLUMNS = (
    ("logic elements", "logic_elements", "{:.0f}"),
    ("registers", "registers", "{:.0f}"),
    ("9-bit multipliers", "multiplier_elements", "{:.0f}"),
    ("M4K", "m4k_blocks", "{:.0f}"),
    ("fmax, MHz", "fmax_mhz", "{:.1f}"),
)
"""Heading, key of the estimate, how it is printed."""

DYNAMIC = ("clock", "logic", "routing", "registers", "m4k", "multipliers")
"""Parts of the power that the design itself makes."""


def comparison(found: dict[str, Any]) -> list[list[str]]:
    """Headings and one row for each description."""
    rows = [["design", *(heading for heading, _, _ in COLUMNS), "core dynamic, mW"]]
    for estimate in found.values():
        figures = ["" if estimate[key] is None else form.format(estimate[key]) for _, key, form in COLUMNS]
        rows.append([estimate["entity"], *figures, f"{dynamic(estimate):.1f}"])
    return rows


def dynamic(estimate: dict[str, Any]) -> float:
    """Power in mW without static, PLL and I/O."""
    power = estimate["power_mw"]
    return sum(power.get(kind) or 0.0 for kind in DYNAMIC) or power["total"]


def markdown(rows: list[list[str]]) -> str:
    """Rows as a table in Markdown."""
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([lines[0], "|---" + "|---:" * (len(rows[0]) - 1) + "|", *lines[1:]]) + "\n"


COLOURS = ("#0f766e", "#b45309", "#1d4ed8", "#a21caf", "#64748b", "#65a30d")
"""Of the parts of power, stacked; the first two are those of logic and multipliers."""


def draw(found: dict[str, Any], path: str | Path) -> None:
    """Write the plot of `drawn` as PNG."""
    drawn(found).savefig(path, dpi=120, metadata={"Software": None})


def drawn(found: dict[str, Any]) -> Any:
    """Logic elements, registers and multipliers as bars, and power by kind, stacked; its sum alone where an estimate has no more.

    Returns
    -------
    matplotlib.figure.Figure
        With legends below the bars.
    """
    from matplotlib.figure import Figure
    from matplotlib.transforms import ScaledTranslation

    names = [estimate["entity"] for estimate in found.values()]
    figure = Figure(figsize=(10, 0.45 * len(names) + 2.8), layout="constrained")
    logic, multipliers, power = figure.subplots(1, 3, sharey=True)
    places = range(len(names))
    elements = [e["logic_elements"] for e in found.values()]
    logic.barh([place - 0.2 for place in places], elements, 0.4, label="logic elements", color="#0f766e")
    logic.barh([place + 0.2 for place in places], [e["registers"] for e in found.values()], 0.4, label="registers", color="#99d5cc")
    multipliers.barh(places, [e["multiplier_elements"] for e in found.values()], 0.6, color="#b45309")
    left = [0.0] * len(names)
    parts = {kind: [e["power_mw"].get(kind) or 0.0 for e in found.values()] for kind in DYNAMIC}
    if not all(any(column) for column in zip(*parts.values(), strict=True)):
        parts = {"all of it": [dynamic(e) for e in found.values()]}
    for (kind, part), colour in zip(parts.items(), COLOURS, strict=False):
        power.barh(places, part, 0.6, left=left, label=kind.replace("m4k", "M4K"), color=colour)
        left = [before + more for before, more in zip(left, part, strict=True)]
    for axes, title in ((logic, "logic"), (multipliers, "9-bit multipliers"), (power, "core dynamic power, mW")):
        axes.set_title(title, fontsize=10)
        axes.spines[["top", "right"]].set_visible(False)
    below = {"loc": "upper center", "bbox_to_anchor": (0.5, 0.0), "ncols": 3, "columnspacing": 1.0}
    for axes in (logic, power):
        under = axes.transAxes + ScaledTranslation(0, -0.32, figure.dpi_scale_trans)  # inches: the numbers of the axis stand between
        axes.legend(fontsize=8, frameon=False, bbox_transform=under, **below)
    logic.set_yticks(list(places), names)
    logic.invert_yaxis()
    return figure
