"""Estimates of what Quartus built, and how far off they are."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from fpga_projects.device import load_device
from fpga_projects.estimation.by_entity import placed_memories
from fpga_projects.mapping.hdl_sources import Sources, read_sources
from fpga_projects.mapping.mapping import map_sources
from fpga_projects.netlists.netlist import Netlist
from fpga_projects.netlists.netlist_reader import read_netlist
from fpga_projects.netlists.packing import Packing, absorb, pack
from fpga_projects.netlists.timing import Timing, analyse
from fpga_projects.validation.characterised_operators import operator_verilog

RESULTS = Path(__file__).resolve().parent / "quartus_results.json"

SMALLEST_DESIGN = 50
"""Logic elements from which on a whole design counts: below, one LUT is several percent."""

COUNTED = ("logic_elements", "registers", "multiplier_elements", "memory_bits", "m4k_blocks")

CONTROLS = ("sync_clear", "sync_load", "async_clear", "enable")
"""Registers with a clear, load or enable: Quartus' synthesis prints how many there are ("General Register Statistics")."""

KNOWN, TEST = "known", "test"
"""Parts of the designs: those that rules were found on, and those that were estimated once, after that."""

LAST_VERSION_WITH_FEEDBACK = 13
"""Of Quartus, which then put registers into LUTs that read them, on Cyclone III too; reports of later versions show next to none of it."""

_VENDOR = re.compile(r"altera|lpm|altpll|scfifo|dcfifo|_pll|`\\?\\?\\dffe|\bdffe\b|cyclone", re.IGNORECASE)


@dataclass(frozen=True)
class Check:
    """One design: what Quartus printed, what we estimate, and why not if not.

    Attributes
    ----------
    quartus, ours : dict
        ``logic_elements``, ``registers``, ``multiplier_elements`` and ``fmax`` or ``delay_ns``.
    failure : str
        Empty when it was analysed; ``vendor cells`` when it is outside what can be; else why it was left out or could not be read.
    excluded : bool
        Whether the report measures something else than the sources beside it.
    part : {"known", "test"}
    """

    name: str
    repo: str
    device: str
    quartus: dict[str, Any]
    ours: dict[str, Any]
    failure: str = ""
    excluded: bool = False
    part: str = KNOWN

    def error(self, key: str) -> float:
        """Relative error of a figure."""
        return self.ours[key] / self.quartus[key] - 1


def measure(netlist: Netlist, device: str, feedback: bool = True) -> tuple[Packing, Timing, dict[str, Any]]:
    """Pack, time and count a mapped netlist."""
    absorb(netlist)
    packing = pack(netlist, feedback)
    timing = analyse(netlist, packing, load_device(device))
    elements = sum(2 if cell.type == "MULTIPLIER_18" else 1 for cell in netlist.of_kind("multiplier"))
    counts = {
        "logic_elements": packing.logic_elements,
        "registers": packing.registers,
        "multiplier_elements": elements,
        "m4k_blocks": sum(1 for _ in netlist.of_kind("memory")),
        "memory_bits": sum(placed_memories(netlist).values()),
        **{control: sum(control in cell.control for cell in netlist.of_kind("register")) for control in CONTROLS},
    }
    return packing, timing, counts


def check_operator(row: dict[str, Any]) -> Check:
    """One characterised operator."""
    document = map_sources(Sources({"operator.v": operator_verilog(row)}, {}, vhdl=False), "operator")
    _, timing, ours = measure(read_netlist(document), "EP2C70F896C6")
    quartus = {"logic_elements": row["area"], "registers": row["regs"], "multiplier_elements": row["dsp"], "delay_ns": row["delay_ns"]}
    return Check(row["name"], "", "EP2C70F896C6", quartus, {**ours, "delay_ns": timing.period_ns})


def check_design(record: dict[str, Any], sources: Path) -> Check:
    """One public design, from a folder of checkouts."""
    quartus = {key: record[key] for key in COUNTED if key in record}
    if record["fmax"]:
        quartus["fmax"] = record["fmax"]["mhz"]
    quartus |= {control: record["map"][control] for control in CONTROLS if "map" in record}
    part = record.get("part", KNOWN)

    def failed(why: str) -> Check:
        return Check(record["top"], record["repo"], record["device"], quartus, {}, why, part=part)

    if "excluded" in record:
        return replace(failed(record["excluded"]), excluded=True)
    files: list[str | Path] = [sources / record["repo"].replace("/", "+") / name for name in record["sources"]]
    try:
        document = map_sources(read_sources(files, record["top"]), record["top"])
    except (ValueError, OSError) as error:
        return failed("vendor cells" if _VENDOR.search(str(error)) else str(error).replace(str(sources), "").split(": ", 1)[-1])
    version = int(record["quartus"].partition(".")[0])
    _, timing, ours = measure(read_netlist(document), "EP2C35F672C6", feedback=version <= LAST_VERSION_WITH_FEEDBACK)
    if ours["logic_elements"] == 0:
        return failed("nothing is left after GHDL: the outputs do not depend on the inputs")
    if timing.period_ns and timing.fmax_mhz:
        ours["fmax"] = 1000 / timing.period_ns
    return Check(record["top"], record["repo"], record["device"], quartus, ours, part=part)


def records() -> list[dict[str, Any]]:
    """Public designs with their Quartus figures."""
    return json.loads(RESULTS.read_text(encoding="utf-8"))["designs"]


def percentiles(errors: list[float]) -> tuple[float, float]:
    """Median and 90th percentile of the absolute errors, percent."""
    if not errors:
        return float("nan"), float("nan")
    absolute = np.abs(errors)
    return float(100 * np.median(absolute)), float(100 * np.percentile(absolute, 90))


def operator_figures(checks: list[Check]) -> dict[str, Any]:
    """How the operators came out."""
    return {
        "count": len(checks),
        "multiplier_elements_wrong": sum(c.ours["multiplier_elements"] != c.quartus["multiplier_elements"] for c in checks),
        "registers_wrong": sum(c.ours["registers"] != c.quartus["registers"] for c in checks),
        "logic_elements_percent": percentiles([c.error("logic_elements") for c in checks]),
        "delay_percent": percentiles([c.error("delay_ns") for c in checks]),
    }


def same_part(check: Check) -> bool:
    """Whether a design's clock rate was reported for the family and speed grade that is modelled."""
    return check.device.startswith("EP2C") and check.device.endswith("C6")


def control_counts(checks: list[Check], control: str) -> list[int]:
    """Designs whose synthesis report was read, registers with a control in them, in ours, and the sum of the differences."""
    told = [(c.ours[control], c.quartus[control]) for c in checks if control in c.quartus and control in c.ours]
    ours, quartus = sum(pair[0] for pair in told), sum(pair[1] for pair in told)
    return [len(told), quartus, ours, sum(abs(mine - theirs) for mine, theirs in told)]


def design_figures(checks: list[Check]) -> dict[str, Any]:
    """How the whole designs came out; one that was reported several times counts once."""
    done = [c for c in checks if not c.failure]
    once = list({(c.repo, c.name, c.quartus["logic_elements"]): c for c in done}.values())
    large = [c for c in once if c.quartus["logic_elements"] >= SMALLEST_DESIGN]
    clocked = [c for c in once if c.quartus["registers"] > 0]
    rated = [c for c in once if "fmax" in c.quartus and "fmax" in c.ours and c.quartus["registers"] > 0]

    def counted(key: str) -> list[float]:
        """Number of designs that use the resource in Quartus' report, errors, and how many others we give it to."""
        known = [c for c in once if key in c.quartus]
        using = [c for c in known if c.quartus[key]]
        unasked = sum(bool(c.ours[key]) for c in known if not c.quartus[key])
        return [len(using), *(percentiles([c.error(key) for c in using]) if using else (0.0, 0.0)), unasked]

    def rates(same: bool, smallest: int) -> list[float]:
        chosen = [c.error("fmax") for c in rated if same_part(c) is same and c.quartus["logic_elements"] >= smallest]
        return [len(chosen), *percentiles(chosen)]

    return {
        "analysed": len(done),
        "different": len(once),
        "vendor_cells": sum(c.failure == "vendor cells" for c in checks),
        "excluded": sum(c.excluded for c in checks),
        "refused": sum(bool(c.failure) and c.failure != "vendor cells" and not c.excluded for c in checks),
        "large": len(large),
        "logic_elements_percent": percentiles([c.error("logic_elements") for c in large]),
        "registers_within_10_percent": [sum(abs(c.error("registers")) <= 0.1 for c in clocked), len(clocked)],
        "registers_percent": percentiles([c.error("registers") for c in clocked]),
        "controls": {control: control_counts(clocked, control) for control in CONTROLS},
        **{key: counted(key) for key in ("multiplier_elements", "memory_bits", "m4k_blocks")},
        "fmax_same_part": rates(True, SMALLEST_DESIGN),
        "fmax_same_part_any_size": rates(True, 0),
        "fmax_other_parts": rates(False, SMALLEST_DESIGN),
    }
