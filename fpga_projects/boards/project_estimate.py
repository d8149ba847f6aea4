"""What a whole board project costs, as a page beside it."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from fpga_projects.boards.de2_70.board_activity import CODEC_CLOCK, CODEC_MHZ, board_activity
from fpga_projects.boards.de2_70.signal_path import CLOCK_HZ
from fpga_projects.device import load_device
from fpga_projects.estimation.estimate import Estimate, estimate_netlist
from fpga_projects.estimation.power import Activity
from fpga_projects.mapping.mapping import map_design
from ip_cores.core import make_core

PLL_STAND_IN = """\
library ieee;
use ieee.std_logic_1164.all;

entity pll_50_to_12 is
    port (areset: in std_logic; inclk0: in std_logic; c0: out std_logic; locked: out std_logic);
end entity pll_50_to_12;

architecture stand_in of pll_50_to_12 is
    signal half: std_logic;
begin
    c0 <= half;
    locked <= not areset;

    process (inclk0) is
    begin
        if rising_edge(inclk0) then
            half <= not half;
        end if;
    end process;
end architecture stand_in;
"""
"""A PLL is no logic: while the rest is mapped a register stands for it, so that its clock is another net, and is taken out again."""

PLL_INSTANCE = "u_pll"

EARS = ("u_ear", "u_left", "u_right")
"""Instances of the paths of the ears."""


def estimate_page(folder: Path) -> str:
    """The page on cost in a project's README.

    Parameters
    ----------
    folder : Path
        The project, which holds ``project.json``.

    Returns
    -------
    str
        Markdown.
    """
    return page(project_estimate(folder))


def project_estimate(folder: Path, activity: Activity | None = None) -> Estimate:
    """Cost of a project, each clock at its own rate, on the speech that it was made for.

    Parameters
    ----------
    folder : Path
    activity : Activity, optional
        Found by simulation without it.
    """
    manifest = json.loads((folder / "project.json").read_text())
    with tempfile.TemporaryDirectory() as scratch:
        stand_in = Path(scratch) / "pll_50_to_12.vhd"
        stand_in.write_text(PLL_STAND_IN)
        files = [*(folder / file for file in manifest["files"][:-1]), stand_in, folder / manifest["files"][-1]]
        netlist = map_design(list(files), manifest["entity"])
    netlist.cells = [cell for cell in netlist.cells if cell.instance != PLL_INSTANCE]
    netlist.index()
    right = make_core(manifest["right"]) if "right" in manifest else None
    found = activity or board_activity(make_core(manifest["core"]), right)
    clocks = {CODEC_CLOCK: CODEC_MHZ}
    return estimate_netlist(netlist, load_device("EP2C70F896C6"), CLOCK_HZ / 1e6, found, plls=1, clocks=clocks)


def page(cost: Estimate) -> str:
    """An estimate as Markdown: the whole, then the entities right under the top."""
    used = [
        ("logic elements", "logic_elements"),
        ("registers", "registers"),
        ("M4K blocks", "m4k_blocks"),
        ("9-bit multiplier elements", "multiplier_elements"),
    ]
    rows = [(what, str(getattr(cost, key)), share(cost, key), off(cost, key)) for what, key in used]
    errors = cost.uncertainty["power_mw"]
    power = [(kind, f"{value:.1f}", f"± {errors[kind]:.1f}" if kind in errors else "") for kind, value in cost.power_mw.items()]
    # The entities of the top, those of an ear's path, and one level more within the user's core.
    inner = [row for row in cost.entities if row["instance"].count(".") == 0 or is_in_ear(row["instance"])]
    keys = ("instance", "entity", "logic_elements", "registers", "m4k_blocks", "multiplier_elements", "dynamic_power_mw")
    fmax = "not known" if cost.fmax_mhz is None else f"{cost.fmax_mhz:.0f} MHz ({off(cost, 'fmax_mhz')})"
    parts = [
        f"# What {cost.entity} costs on the {cost.device}",
        "Estimated, not measured: `ossicle project ... --estimate`.",
        table(("resource", "used", "of the device", "off by"), rows),
        f"Clock: up to {fmax} by the estimate; the board's is {cost.clock_mhz:g} MHz.",
        table(("power", "mW", "off by, mW"), power),
        f"Power at {cost.clock_mhz:g} MHz, the codec's half at {CODEC_MHZ:g} MHz. It rests on {errors['activity']}."
        f" All of it but static and io is dynamic, ± {errors['dynamic']:.1f} mW. What errors were measured on says docs/estimates.md.",
        "## By entity",
        "Each with all below it, the first is the whole. Power is dynamic, in mW; trunks of the clock networks and the PLL are the top's.",
        table([key.replace("_mw", "").replace("_", " ") for key in keys], [[shown(row[key]) for key in keys] for row in inner]),
    ]
    if cost.warnings:
        parts.append("## Remarks\n\n" + "\n".join(f"- {warning}" for warning in cost.warnings))
    return "\n\n".join(parts) + "\n"


def is_in_ear(instance: str) -> bool:
    """Whether an instance stands right in an ear's path, or right in the user's core there."""
    side, *below = instance.split(".")
    return side in EARS and (len(below) == 1 or (len(below) == 2 and below[0] == "u_core"))


def share(cost: Estimate, key: str) -> str:
    """Part of the device that is used; empty where the device sets no bound of its own."""
    return f"{100 * cost.share[key]:.1f} %" if key in cost.share else ""


def off(cost: Estimate, key: str) -> str:
    """How far a figure may be off."""
    error = cost.uncertainty.get(key)
    return f"± {100 * error:.0f} %" if error else cost.uncertainty["basis"][key]


def shown(value: Any) -> str:
    """A figure of a table."""
    return f"{value:.2f}" if isinstance(value, float) else str(value)


def table(head: Any, rows: Any) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows])
