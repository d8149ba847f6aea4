"""What every example costs, written beside the tests and into the datasheets.

``python -m fpga_projects.pages.example_costs`` (``make datasheets``) maps every example that has a stream, rewrites
``testbenches/areas.json``, which a test holds the mapping to, and the section on cost in ``docs/cores/``. A change that costs area shows in
review.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from fpga_projects.estimation.estimate import Estimate, estimate
from ip_cores.core import Core
from ip_cores.description import descriptions_in, load_core
from testbenches.engines.ghdl import find_ghdl

ROOT = Path(__file__).resolve().parent.parent.parent
AREAS = ROOT / "testbenches" / "areas.json"
EXAMPLES = ROOT / "examples"
DATASHEETS = ROOT / "docs" / "cores"

FIGURES = ("logic_elements", "registers", "m4k_blocks", "multiplier_elements")
"""Figures of an estimate that may not change unseen."""

BEGIN, END = "<!-- cost: written by `make datasheets` -->", "<!-- end of cost -->"


def area(found: Estimate) -> dict[str, Any]:
    """The figures that are held, and what limits the clock."""
    return {**{figure: getattr(found, figure) for figure in FIGURES}, "fmax_mhz": found.fmax_mhz and round(found.fmax_mhz, 1)}


def cost_section(rows: dict[str, dict[str, Any]]) -> str:
    """The section of a datasheet that says what its examples cost.

    Parameters
    ----------
    rows : dict
        By name of the example, as `area` gives them.
    """
    lines = [
        "| example | logic elements | registers | M4K | 9-bit multipliers | fmax, MHz |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for example, row in rows.items():
        figures = " | ".join(str(row[figure]) for figure in FIGURES)
        lines.append(f"| [{example}](../../examples/{example}.toml) | {figures} | {row['fmax_mhz']} |")
    told = "Estimated by `ossicle estimate` on the EP2C70F896C6; [how far to trust it](../estimates.md)."
    return "\n".join([BEGIN, "## Cost", "", told, "", *lines, END])


def put_section(text: str, section: str) -> str:
    """A datasheet with the section in place of the one it had, or at its end."""
    if BEGIN in text:
        head, _, rest = text.partition(BEGIN)
        return head + section + rest.partition(END)[2]
    return text.rstrip() + "\n\n" + section + "\n"


def main() -> int:
    """Map every example and write the tables."""
    areas: dict[str, dict[str, Any]] = {}
    kinds: dict[str, list[str]] = {}
    tools: dict[str, str] = {}
    for path in descriptions_in(EXAMPLES):
        core: Core = load_core(path)
        if sys.stderr.isatty():
            print(f"\r{path.stem:40}", end="", file=sys.stderr)
        found = estimate(core, x=None)
        areas[path.stem] = area(found)
        kinds.setdefault(core.kind, []).append(path.stem)
        tools = {"ghdl": find_ghdl(synthesis=True).version_text, **found.tools}
    AREAS.write_text(json.dumps({"tools": tools, "areas": areas}, indent=2) + "\n")
    for kind, examples in kinds.items():
        datasheet = DATASHEETS / f"{kind}.md"
        section = cost_section({example: areas[example] for example in examples})
        datasheet.write_text(put_section(datasheet.read_text(), section))
    print(f"{AREAS.relative_to(ROOT)} and {len(kinds)} datasheets written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
