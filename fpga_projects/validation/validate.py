"""Hold the estimates against Quartus: ``python -m fpga_projects.validation.validate [--sources DIR] [--write]``.

Operators characterised on the part are always checked. Whole designs are checked where their sources are at hand: ``--sources`` names a
folder with one checkout per repository, ``owner+name``, at the commit that ``--list`` prints.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from fpga_projects.estimation.estimate import MEASURED
from fpga_projects.validation.characterised_operators import characterised
from fpga_projects.validation.checks import (
    KNOWN,
    TEST,
    Check,
    check_design,
    check_operator,
    design_figures,
    operator_figures,
    records,
)
from fpga_projects.validation.error_bars import error_bars, holding
from testbenches.engines.yosys import yosys_version

FEWEST_REPORTS = 10
"""Designs that use a resource from which on an uncertainty of it is told."""


def _print_progress(check: Check) -> None:
    figures = [f"{key} {check.ours[key]:.5g} ({value:.5g})" for key, value in check.quartus.items() if key in check.ours]
    text = check.failure or ", ".join(figures)
    print(f"{check.name}: {text}", flush=True)


def main(arguments: list[str] | None = None) -> int:
    """Run the checks; with ``--write``, renew measured.json and the tables of docs/estimates.md."""
    parser = argparse.ArgumentParser(prog="python -m fpga_projects.validation.validate", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sources", type=Path, help="folder with checkouts owner+name of the public designs")
    parser.add_argument("--list", action="store_true", help="print the repositories and commits of the designs")
    parser.add_argument("--write", action="store_true", help="renew measured.json, and the tables and the plot of docs/estimates.md")
    chosen = parser.parse_args(arguments)
    if chosen.list:
        print("\n".join(sorted({f"{record['repo']} {record['commit']}" for record in records()})))
        return 0
    try:
        if chosen.sources is not None and not chosen.sources.is_dir():
            raise OSError(f"{chosen.sources}: no such folder")
        operators = []
        for row in characterised():
            operators.append(check_operator(row))
            _print_progress(operators[-1])
        designs = []
        for record in records() if chosen.sources else []:
            designs.append(check_design(record, chosen.sources))
            _print_progress(designs[-1])
    except (ValueError, OSError) as error:
        print(f"validate: {error}", file=sys.stderr)
        return 2
    figures: dict[str, Any] = {"yosys": yosys_version(), "operators": operator_figures(operators)}
    known, unseen = ([check for check in designs if check.part == part] for part in (KNOWN, TEST))
    if known:
        figures["designs"] = design_figures(known)
        figures["bars"] = error_bars(known)
    if unseen:
        told = {key: value for key, value in design_figures(unseen).items() if not key.startswith("fmax") or value[0]}
        figures["test"] = {**told, "within_bars": holding(unseen, figures["bars"])}
    print(json.dumps(figures, indent=1))
    if chosen.write and designs:
        from fpga_projects.validation.validation_report import write_validation_report

        found = figures["designs"]
        figures["uncertainty"] = {
            "logic_elements": found["logic_elements_percent"][1] / 100,
            "registers": found["registers_percent"][1] / 100,
            "fmax": found["fmax_same_part"][2] / 100,
            # Nothing is said of what too few reports use.
            **{key: found[key][2] / 100 for key in ("memory_bits", "m4k_blocks") if found[key][0] >= FEWEST_REPORTS},
        }
        MEASURED.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
        write_validation_report(operators, designs, figures)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
