"""Figures on designs that had no say: ``python -m fpga_projects.validation.hold_out --sources DIR``.

Rules of the mapping were found while looking at the public designs that they are held against, and two of the delays of wires were
chosen on their clock rates. Two reports say what that is worth. The figures of the designs are printed for each of two fixed halves of
the repositories, with how often any other halving differs by more. And the delays of wires are chosen again, on one half or without one
repository, and measured on what had no say (`fpga_projects.validation.wire_fit`).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from fpga_projects.validation.checks import SMALLEST_DESIGN, Check, check_design, design_figures, records
from fpga_projects.validation.halves import HALVES, half_of

HALVINGS = 500
"""Halvings at random that the fixed one is compared with."""

Halves = dict[str, dict[str, Any]]
"""`checks.design_figures` by half."""


def by_halves(checks: list[Check], half: Callable[[str], str] = half_of) -> Halves:
    """`checks.design_figures` of each half of the designs; `half` gives that of a repository."""
    return {name: design_figures([check for check in checks if half(check.repo) == name]) for name in HALVES}


MEDIANS: dict[str, Callable[[dict[str, Any]], tuple[int, float, float]]] = {
    f"logic elements, different designs of {SMALLEST_DESIGN} LEs and more": lambda f: (f["large"], *f["logic_elements_percent"]),
    "registers, different clocked designs": lambda f: (f["registers_within_10_percent"][1], *f["registers_percent"]),
    f"fmax on Cyclone II, grade 6, {SMALLEST_DESIGN} LEs and more": lambda f: tuple(f["fmax_same_part"]),
    "fmax there, any size": lambda f: tuple(f["fmax_same_part_any_size"]),
    "fmax on other parts": lambda f: tuple(f["fmax_other_parts"]),
}
"""What is printed of each half: number of designs, median and 90th percentile of the error, percent."""


def by_chance(checks: list[Check], halvings: int = HALVINGS) -> dict[str, float]:
    """Part of all halvings at random whose medians differ by at least as much as those of the fixed halves, by figure.

    Repositories are halved and not designs, since those of one repository are alike. A small part says that one half is special
    (permutation test; Fisher, The Design of Experiments, 1935, section 21).
    """
    draw = np.random.default_rng(0)
    repos = sorted({check.repo for check in checks})
    fixed = _differences(by_halves(checks))
    count = dict.fromkeys(fixed, 0)
    for _ in range(halvings):
        half = dict(zip(repos, draw.permutation(np.resize(HALVES, len(repos))).tolist(), strict=True))
        for what, difference in _differences(by_halves(checks, half.__getitem__)).items():
            # Where a half has none, nothing can be said of a difference.
            count[what] += not difference < fixed[what]
    return {what: number / halvings for what, number in count.items()}


def _differences(halves: Halves) -> dict[str, float]:
    return {what: abs(figure(halves["A"])[1] - figure(halves["B"])[1]) for what, figure in MEDIANS.items()}


def halves_table(checks: list[Check]) -> list[str]:
    """Figures of both halves side by side, as Markdown: designs, median and 90th percentile of the error."""
    halves, chance = by_halves(checks), by_chance(checks)
    headings = " | ".join(f"half {name}, {figures['analysed']} reports" for name, figures in halves.items())
    lines = [f"| error, median / 90th percentile | {headings} | other halvings differ by more |", "|---|---:|---:|---:|"]
    for what, figure in MEDIANS.items():
        cells = ["{}: {:.1f} % / {:.1f} %".format(*figure(figures)) for figures in halves.values()]
        lines.append(f"| {what} | {' | '.join(cells)} | {100 * chance[what]:.0f} % |")
    return lines


def main(arguments: list[str] | None = None) -> int:
    """Print both reports."""
    from fpga_projects.validation.wire_fit import timed_designs, timed_operators, wires_table

    parser = argparse.ArgumentParser(prog="python -m fpga_projects.validation.hold_out", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sources", type=Path, required=True, help="folder with checkouts owner+name of the public designs")
    folder = parser.parse_args(arguments).sources
    try:
        if not folder.is_dir():
            raise OSError(f"{folder}: no such folder")
        checks = [(record, check_design(record, folder)) for record in records()]
        print("\n".join(halves_table([check for _, check in checks])), flush=True)
        print("\n".join(["", *wires_table(timed_operators(), timed_designs(folder, checks))]))
    except (ValueError, OSError) as error:
        print(f"hold_out: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
