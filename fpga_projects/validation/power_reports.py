"""Hold the energies of logic and routing against PowerPlay: ``python -m fpga_projects.validation.power_reports [--write]``.

A report says how many elements a design has, how often their outputs change on average, and what that burns. The same counts and rates,
times the energies that `fpga_projects.estimation.power` uses, must give the same power. Nearly all reports on record are of the families
after Cyclone II, whose finer process burns less; the device files hold their energies times `PROCESS`.

The energies were fitted on such reports, so they are cross-validated too: energies refitted without a repository, or without all reports
of a process, predict what was left out.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fpga_projects.device import load_device
from fpga_projects.estimation.power import DYNAMIC_UNCERTAINTY

REPORTS = Path(__file__).resolve().parent / "power_reports.json"
PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "estimates.md"
BEGIN, END = "<!-- power: begin -->", "<!-- power: end -->"

PROCESS = 1.6
"""Energy of Cyclone II (90 nm) over that of Cyclone III, IV and MAX 10 (65, 60 and 55 nm), by which the device files were scaled."""

Energies = dict[str, float]
"""By kind, pJ per transition in the process of the reports."""

SMALLEST_MW = 2.0
"""Dynamic core power from which a report says something: below, only the JTAG port had a clock."""

LARGE_MW = 5.0
"""Power of logic and routing from which a design's mean rates and ours are those of many nets, as a core's are."""

KINDS = {
    "LUTs": ("Combinational cell", "combinational", 0, "lut_pj"),
    "routing of LUTs": ("Combinational cell", "combinational", 1, "lut_routing_pj"),
    "routing of registers": ("Register cell", "registers", 1, "register_routing_pj"),
}
"""What is compared: kind of block, its count, which of its two powers, and the energy in the device file."""

LEFT_OUT: dict[str, Callable[[dict[str, Any]], str]] = {
    "repository": lambda report: report["repo"],
    "process": lambda report: "55 nm" if report["family"] == "MAX 10" else "60 and 65 nm",
}
"""What is left out at once in a cross-validation, and which of them a report belongs to."""


@dataclass(frozen=True)
class Compared:
    """One report: milliwatts by kind, as printed and from our energies."""

    name: str
    device: str
    printed: dict[str, float]
    ours: dict[str, float]

    @property
    def large(self) -> bool:
        """Whether logic and routing burn `LARGE_MW` and more."""
        return sum(self.printed.values()) >= LARGE_MW

    @property
    def error(self) -> float:
        """Relative error of the sum."""
        return sum(self.ours.values()) / sum(self.printed.values()) - 1


def reports() -> list[dict[str, Any]]:
    """All reports on record."""
    return json.loads(REPORTS.read_text(encoding="utf-8"))["reports"]


def usable() -> list[dict[str, Any]]:
    """Reports that say something of an energy: clocked, and of another family than Cyclone II."""
    blocks = {block for block, *_ in KINDS.values()}
    return [
        report
        for report in reports()
        if report["dynamic_mw"] >= SMALLEST_MW and report["family"] != "Cyclone II" and blocks <= report["blocks"].keys()
    ]


def device_energies(device: str = "EP2C70F896C6") -> Energies:
    """What the device file says, in the process of the reports."""
    k = load_device(device).power
    return {kind: k[energy] / PROCESS for kind, (*_, energy) in KINDS.items()}


def transitions(report: dict[str, Any], kind: str) -> float:
    """Transitions of all blocks of a kind, 1e9 a second; times pJ it is mW."""
    block, count, *_ = KINDS[kind]
    return report[count] * report["blocks"][block][2] / 1000


def printed(report: dict[str, Any], kind: str) -> float:
    """Milliwatts of a kind as the report has them."""
    block, _, which, _ = KINDS[kind]
    return report["blocks"][block][which]


def fit(some: list[dict[str, Any]]) -> Energies:
    """Energies that minimise the sum over reports of the absolute logarithm of estimated over printed power, kind by kind.

    With one factor to find, that is the median of the reports' own energies. Least squares of the same logarithms, the geometric mean,
    would follow the few reports that have next to no transitions.

    Raises
    ------
    ValueError
        When no report has transitions and power of a kind.
    """
    found = {}
    for kind in KINDS:
        pairs = [(printed(report, kind), transitions(report, kind)) for report in some]
        energies = [power / rate for power, rate in pairs if power and rate]
        if not energies:
            raise ValueError(f"reports = {len(some)}: must have one with power of {kind}")
        found[kind] = float(np.median(energies))
    return found


def compare(report: dict[str, Any], energies: Energies) -> Compared:
    """Power of logic and routing in one report, as printed and from energies."""
    return Compared(
        f"{report['repo']} `{report['top']}`",
        report["device"],
        {kind: printed(report, kind) for kind in KINDS},
        {kind: energies[kind] * transitions(report, kind) for kind in KINDS},
    )


def comparisons() -> list[Compared]:
    """All usable reports against the energies of the device file."""
    energies = device_energies()
    return [compare(report, energies) for report in usable()]


def cross_validate(some: list[dict[str, Any]], group: Callable[[dict[str, Any]], str]) -> tuple[list[Compared], list[Energies]]:
    """Leave one group of reports out, fit on the others, predict those left out; for each group.

    Returns
    -------
    list of Compared
        Each report against energies that were fitted without its group.
    list of Energies
        Of each fit.
    """
    found, folds = [], []
    for name in sorted({group(report) for report in some}):
        folds.append(fit([report for report in some if group(report) != name]))
        found += [compare(report, folds[-1]) for report in some if group(report) == name]
    return found, folds


def percentiles(errors: list[float]) -> tuple[float, float]:
    """Median and 90th percentile of the absolute errors, percent."""
    return float(100 * np.median(np.abs(errors))), float(100 * np.percentile(np.abs(errors), 90))


def errors_by_kind(found: list[Compared]) -> dict[str, list[float]]:
    """Relative errors of each kind and of their sum, and of the sum in large designs."""
    return {
        **{kind: [one.ours[kind] / one.printed[kind] - 1 for one in found if one.printed[kind]] for kind in KINDS},
        "all three together": [one.error for one in found],
        f"designs of {LARGE_MW:g} mW and more": [one.error for one in found if one.large],
    }


def _error_table(columns: dict[str, list[Compared]]) -> list[str]:
    """Median and 90th percentile of each kind of error, a column for each way to come to the energies."""
    lines = ["| error, median / 90th percentile | reports | " + " | ".join(columns) + " |", "|---|---:|" + "---:|" * len(columns)]
    tables = [errors_by_kind(found) for found in columns.values()]
    for what, errors in tables[0].items():
        cells = ["{:.0f} % / {:.0f} %".format(*percentiles(table[what])) for table in tables]
        lines.append(f"| {what} | {len(errors)} | " + " | ".join(cells) + " |")
    return lines


def _energy_table(refitted: Energies, folds: dict[str, list[Energies]]) -> list[str]:
    """Energies on Cyclone II, pJ: in the device file, refitted on all reports, and how far they move from fold to fold."""
    headings = " | ".join(f"without one {what}" for what in folds)
    lines = [f"| pJ per transition, Cyclone II | device file | refitted | {headings} |", "|---|---:|---:|" + "---:|" * len(folds)]
    for kind, energy in device_energies().items():
        moves = [[PROCESS * fold[kind] for fold in some] for some in folds.values()]
        cells = " | ".join(f"{min(values):.2f} to {max(values):.2f}" for values in moves)
        lines.append(f"| {kind} | {PROCESS * energy:.2f} | {PROCESS * refitted[kind]:.2f} | {cells} |")
    return lines


def _within(ways: dict[str, list[Compared]]) -> str:
    """How many large designs come out within the uncertainty, as a sentence."""
    large = {way: [one.error for one in found if one.large] for way, found in ways.items()}
    told = [f"{sum(abs(error) <= DYNAMIC_UNCERTAINTY for error in errors)} of {len(errors)} with {way}" for way, errors in large.items()]
    return f"Designs of {LARGE_MW:g} mW and more within the ± {100 * DYNAMIC_UNCERTAINTY:.0f} % beside dynamic power: {', '.join(told)}."


def page() -> str:
    """Comparison and cross-validation as Markdown."""
    some = usable()
    found = comparisons()
    validated = {what: cross_validate(some, group) for what, group in LEFT_OUT.items()}
    groups = {what: len({group(report) for report in some}) for what, group in LEFT_OUT.items()}
    headings = {what: f"{what} left out ({groups[what]} folds)" for what in LEFT_OUT}
    lines = _error_table({"device file": found, **{headings[what]: left for what, (left, _) in validated.items()}})
    lines += ["", *_energy_table(fit(some), {what: folds for what, (_, folds) in validated.items()})]
    lines += ["", _within({"the device file": found, **{f"their {what} left out": left for what, (left, _) in validated.items()}})]
    lines += ["", "| design | device | printed, mW | from our energies | error |", "|---|---|---:|---:|---:|"]
    for one in sorted(found, key=lambda one: one.name):
        as_printed, ours = sum(one.printed.values()), sum(one.ours.values())
        lines.append(f"| {one.name} | {one.device} | {as_printed:.2f} | {ours:.2f} | {100 * one.error:+.0f} % |")
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    """Print the comparison, or write it into the page on estimates."""
    text = page()
    if "--write" not in arguments:
        print(text)
        return 0
    head, _, rest = PAGE.read_text().partition(BEGIN)
    PAGE.write_text(f"{head}{BEGIN}\n{text}\n{END}{rest.partition(END)[2]}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
