"""What a whole board project costs, as a page beside it."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from fpga_projects.estimate import Estimate, estimate_hdl

PLL_STAND_IN = """\
library ieee;
use ieee.std_logic_1164.all;

entity pll_50_to_12 is
    port (areset: in std_logic; inclk0: in std_logic; c0: out std_logic; locked: out std_logic);
end entity pll_50_to_12;

architecture stand_in of pll_50_to_12 is
begin
    c0 <= inclk0;
    locked <= not areset;
end architecture stand_in;
"""
"""The PLL is no logic; a wire stands for it while the rest is mapped, and its power is added."""


def estimate_page(folder: Path) -> str:
    """``ESTIMATE.md`` of a project.

    Parameters
    ----------
    folder : Path
        The project, which holds ``project.json``.

    Returns
    -------
    str
        Markdown.
    """
    manifest = json.loads((folder / "project.json").read_text())
    with tempfile.TemporaryDirectory() as scratch:
        stand_in = Path(scratch) / "pll_50_to_12.vhd"
        stand_in.write_text(PLL_STAND_IN)
        files = [*(folder / file for file in manifest["files"][:-1]), stand_in, folder / manifest["files"][-1]]
        cost = estimate_hdl([str(file) for file in files], manifest["entity"], clock_mhz=50.0, plls=1)
    return page(cost)


def page(cost: Estimate) -> str:
    """An estimate as Markdown: the whole, then the entities right under the top."""
    used = [
        ("logic elements", cost.logic_elements, cost.share.get("logic_elements")),
        ("registers", cost.registers, None),
        ("M4K blocks", cost.m4k_blocks, cost.share.get("m4k_blocks")),
        ("9-bit multiplier elements", cost.multiplier_elements, cost.share.get("multiplier_elements")),
    ]
    rows = [(what, str(count), "" if share is None else f"{100 * share:.1f} %") for what, count, share in used]
    power = [(kind, f"{value:.1f}") for kind, value in cost.power_mw.items()]
    # The entities of the top, and one level more within the user's core.
    inner = [row for row in cost.entities if row["instance"].count(".") == 0 or row["instance"].startswith("u_core.")]
    keys = ("instance", "entity", "logic_elements", "registers", "m4k_blocks", "multiplier_elements")
    fmax = "not known" if cost.fmax_mhz is None else f"{cost.fmax_mhz:.0f} MHz"
    parts = [
        f"# What {cost.entity} costs on the {cost.device}",
        "Estimated, not measured: `ossicle project ... --estimate`. The codec's half runs at 12 MHz and is counted at 50 MHz for power.",
        table(("resource", "used", "of the device"), rows),
        f"Clock: up to {fmax} by the estimate; the board's is 50 MHz.",
        table(("power", f"mW at {cost.clock_mhz:.0f} MHz"), power),
        "How far such estimates are off:\n\n```json\n" + json.dumps(cost.uncertainty, indent=2) + "\n```",
        "## By entity",
        table(keys, [[shown(row[key]) for key in keys] for row in inner]),
    ]
    if cost.warnings:
        parts.append("## Remarks\n\n" + "\n".join(f"- {warning}" for warning in cost.warnings))
    return "\n\n".join(parts) + "\n"


def shown(value: Any) -> str:
    """A figure of a table."""
    return f"{value:.1f}" if isinstance(value, float) else str(value)


def table(head: Any, rows: Any) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows])
