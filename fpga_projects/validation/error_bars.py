"""The error beside a figure of an estimate: what nine of ten designs stayed within, with their repository left out.

Designs of one repository are alike, and rules were found while looking at some. So the 90th percentile is taken with each repository left
out in turn, and the largest of them counts. How often the bars hold is told by designs that nobody looked at (part ``test`` of
``quartus_results.json``): they were estimated once, after rules and bars were settled.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from fpga_projects.validation.checks import Check, same_part

SIZES = (200, None)
"""Estimated logic elements up to which a class of designs goes; the last has no end."""

FEWEST = 10
"""Designs of a class from which on it has a bar of its own."""

FIGURES = ("logic_elements", "registers", "fmax")

Bars = dict[str, list[tuple[int | None, float]]]
"""By figure, for each class its upper end and the relative error."""


def compared(checks: Iterable[Check], figure: str) -> list[Check]:
    """Designs, each once, of which a figure can be compared; clock rates are those of the part that is modelled."""
    done = [c for c in checks if not c.failure]
    once = {(c.repo, c.name, c.quartus["logic_elements"]): c for c in done}.values()
    chosen = [c for c in once if c.quartus.get(figure) and c.ours.get(figure)]
    return [c for c in chosen if same_part(c) and c.quartus["registers"]] if figure == "fmax" else chosen


def error_bars(checks: list[Check]) -> Bars:
    """The bars of every figure and class of sizes; a class of too few designs gets that of all."""
    bars: Bars = {}
    for figure in FIGURES:
        designs = compared(checks, figure)
        bars[figure] = []
        low = 0
        for limit in SIZES:
            own = [c for c in designs if low < c.ours["logic_elements"] and (limit is None or c.ours["logic_elements"] <= limit)]
            bars[figure].append((limit, _largest_without_one(own if len(own) >= FEWEST else designs, figure)))
            low = limit or low
    return bars


def _largest_without_one(designs: list[Check], figure: str) -> float:
    repos = {c.repo for c in designs}
    rests = [[abs(c.error(figure)) for c in designs if c.repo != repo] for repo in repos]
    return max((float(np.percentile(rest, 90)) for rest in rests if rest), default=float("nan"))


def bar_of(bars: Bars, figure: str, logic_elements: int) -> float | None:
    """The bar of a figure in a design of a size; None where there is none."""
    for limit, bar in bars.get(figure, ()):
        if limit is None or logic_elements <= limit:
            return bar
    return None


def holding(checks: list[Check], bars: Bars) -> dict[str, tuple[int, int]]:
    """By figure, how many of the designs lie within their bars, and of how many."""
    found = {}
    for figure in FIGURES:
        designs = compared(checks, figure)
        limits = [bar_of(bars, figure, c.ours["logic_elements"]) or 0.0 for c in designs]
        found[figure] = (sum(abs(c.error(figure)) <= limit for c, limit in zip(designs, limits, strict=True)), len(designs))
    return found
