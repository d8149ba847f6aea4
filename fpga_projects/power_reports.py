"""Hold the energies of logic and routing against PowerPlay: ``python -m fpga_projects.power_reports [--write]``.

A report says how many elements a design has, how often their outputs change on average, and what that burns. The same counts and rates,
times the energies that `fpga_projects.power` uses, must give the same power. Nearly all reports on record are of the families after
Cyclone II, whose finer process burns less; the device files hold their energies times `PROCESS`.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fpga_projects.device import load_device
from fpga_projects.power import DYNAMIC_UNCERTAINTY

REPORTS = Path(__file__).resolve().parent / "validation" / "power_reports.json"
PAGE = Path(__file__).resolve().parent.parent / "docs" / "estimates.md"
BEGIN, END = "<!-- power: begin -->", "<!-- power: end -->"

PROCESS = 1.6
"""Energy of Cyclone II (90 nm) over that of Cyclone III, IV and MAX 10 (60 and 55 nm), by which the device files were scaled."""

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


def compare(report: dict[str, Any], device: str = "EP2C70F896C6") -> Compared | None:
    """Power of logic and routing in one report; None where too little was clocked."""
    if report["dynamic_mw"] < SMALLEST_MW or report["family"] == "Cyclone II":
        return None
    k = load_device(device).power
    printed, ours = {}, {}
    for kind, (block, count, which, energy) in KINDS.items():
        figures = report["blocks"].get(block)
        if figures is None:
            return None
        printed[kind] = figures[which]
        # pJ times millions of transitions a second is microwatts.
        ours[kind] = k[energy] / PROCESS * report[count] * figures[2] / 1000
    return Compared(f"{report['repo']} `{report['top']}`", report["device"], printed, ours)


def comparisons() -> list[Compared]:
    """All reports that can be compared."""
    return [found for found in map(compare, reports()) if found is not None]


def percentiles(errors: list[float]) -> tuple[float, float]:
    """Median and 90th percentile of the absolute errors, percent."""
    return float(100 * np.median(np.abs(errors))), float(100 * np.percentile(np.abs(errors), 90))


def page(found: list[Compared]) -> str:
    """The comparison as Markdown."""
    lines = ["| kind | reports | median error | 90th percentile |", "|---|---:|---:|---:|"]
    for kind in KINDS:
        errors = [one.ours[kind] / one.printed[kind] - 1 for one in found if one.printed[kind]]
        lines.append("| {} | {} | {:.0f} % | {:.0f} % |".format(kind, len(errors), *percentiles(errors)))
    large = [one.error for one in found if one.large]
    for what, errors in (("all three together", [one.error for one in found]), (f"designs of {LARGE_MW:g} mW and more", large)):
        lines.append("| {} | {} | {:.0f} % | {:.0f} % |".format(what, len(errors), *percentiles(errors)))
    within = sum(abs(error) <= DYNAMIC_UNCERTAINTY for error in large)
    share = f"{100 * DYNAMIC_UNCERTAINTY:.0f} %"
    lines += [
        "",
        f"Within the ± {share} that stand beside dynamic power: {within} of the {len(large)} designs of {LARGE_MW:g} mW and more.",
    ]
    lines += ["", "| design | device | printed, mW | from our energies | error |", "|---|---|---:|---:|---:|"]
    for one in sorted(found, key=lambda one: one.name):
        printed, ours = sum(one.printed.values()), sum(one.ours.values())
        lines.append(f"| {one.name} | {one.device} | {printed:.2f} | {ours:.2f} | {100 * one.error:+.0f} % |")
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    """Print the comparison, or write it into the page on estimates."""
    text = page(comparisons())
    if "--write" not in arguments:
        print(text)
        return 0
    head, _, rest = PAGE.read_text().partition(BEGIN)
    PAGE.write_text(f"{head}{BEGIN}\n{text}\n{END}{rest.partition(END)[2]}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
