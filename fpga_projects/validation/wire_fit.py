"""Delays of wires chosen again on part of the designs, and measured on the part that had no say.

Designs are mapped once and timed many times: what is mapped and packed does not depend on the wires.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fpga_projects.device import Device, load_device
from fpga_projects.mapping.hdl_sources import Sources, read_sources
from fpga_projects.mapping.mapping import map_sources
from fpga_projects.netlists.netlist import Netlist
from fpga_projects.netlists.netlist_reader import read_netlist
from fpga_projects.netlists.packing import Packing
from fpga_projects.netlists.timing import analyse
from fpga_projects.validation.characterised_operators import characterised, operator_verilog
from fpga_projects.validation.checks import SMALLEST_DESIGN, Check, measure, percentiles, same_part
from fpga_projects.validation.halves import HALVES, half_of

DEVICE = "EP2C35F672C6"
"""Whose wires are chosen again; those of the EP2C70F896C6 are the same."""

GRID = {"fan_out": np.arange(0.0, 0.161, 0.02), "spread": np.arange(0.0, 0.121, 0.02)}
"""Delays of wires that are tried, ns. ``local`` is published, and ``to_multiplier`` was decided by operators: no design with a clock
rate on the part has a multiplier."""

Errors = NDArray[np.float64]
"""Natural logarithms of our period over that of Quartus, shape (choices of wires, designs or operators)."""


@dataclass(frozen=True)
class Timed:
    """An operator or a design that can be timed again.

    Attributes
    ----------
    repo : str
        Empty for an operator.
    logic_elements : int
        As Quartus printed them.
    quartus_ns : float
        Shortest period that Quartus printed.
    mapped : tuple
        Its netlists, mapped for size and for speed, packed.
    """

    repo: str
    logic_elements: int
    quartus_ns: float
    mapped: tuple[tuple[Netlist, Packing], ...]

    def period_ns(self, device: Device) -> float:
        """Our shortest period, that of the faster mapping."""
        return min(analyse(netlist, packing, device).period_ns for netlist, packing in self.mapped)


def timed(document: dict[str, Any], repo: str, logic_elements: int, quartus_ns: float) -> Timed:
    """Prepare a mapped design to be timed again and again."""
    small = read_netlist(document)
    fast, small.fast = small.fast, None
    mapped = tuple((netlist, measure(netlist, DEVICE)[0]) for netlist in (small, fast) if netlist is not None)
    return Timed(repo, logic_elements, quartus_ns, mapped)


def timed_operators() -> list[Timed]:
    """All characterised operators."""
    found = []
    for row in characterised():
        document = map_sources(Sources({"operator.v": operator_verilog(row)}, {}, vhdl=False), "operator")
        found.append(timed(document, "", row["area"], row["delay_ns"]))
    return found


def rated(check: Check) -> bool:
    """Whether a clock rate for the part was printed and estimated."""
    return not check.failure and same_part(check) and check.quartus["registers"] > 0 and "fmax" in check.quartus and "fmax" in check.ours


def timed_designs(folder: Path, checks: Iterable[tuple[dict[str, Any], Check]]) -> list[Timed]:
    """Designs with a clock rate on the part, each once, from their records and checks."""
    found: dict[Any, Timed] = {}
    for record, check in checks:
        if rated(check):
            files: list[str | Path] = [folder / record["repo"].replace("/", "+") / name for name in record["sources"]]
            document = map_sources(read_sources(files, record["top"]), record["top"])
            size = check.quartus["logic_elements"]
            found[check.repo, check.name, size] = timed(document, check.repo, size, 1000 / check.quartus["fmax"])
    return list(found.values())


def wires() -> list[dict[str, float]]:
    """All combinations of `GRID`."""
    return [dict(zip(GRID, map(float, values), strict=True)) for values in itertools.product(*GRID.values())]


def errors(items: Sequence[Timed], choices: Sequence[dict[str, float]]) -> Errors:
    """Logarithmic errors of the period of each item with each choice of wires."""
    device = load_device(DEVICE)
    devices = [replace(device, wire_ns={**device.wire_ns, **choice}) for choice in choices]
    return np.array([[np.log(item.period_ns(other) / item.quartus_ns) for item in items] for other in devices])


def choose(operators: Errors, designs: Errors) -> int:
    """Choice with the least mean absolute logarithmic error; all operators weigh as much as all designs, if there are any."""
    parts = [np.abs(some).mean(axis=1) for some in (operators, designs) if some.shape[1]]
    return int(np.argmin(np.sum(parts, axis=0)))


def leave_out(operators: Errors, designs: Errors, groups: Sequence[str]) -> NDArray[np.intp]:
    """For each design what is chosen on the operators and on the designs of all other groups.

    Parameters
    ----------
    operators, designs : array, shape (choices, items)
        Logarithmic errors.
    groups : sequence of str
        One per design.
    """
    names = np.array(groups)
    chosen = np.zeros(len(names), dtype=np.intp)
    for group in sorted(set(groups)):
        chosen[names == group] = choose(operators, designs[:, names != group])
    return chosen


def wires_table(operators: Sequence[Timed], designs: Sequence[Timed]) -> list[str]:
    """Errors with wires that were chosen on other designs, as Markdown: of the delay of operators, of the clock rate of designs."""
    # What the device file says stands behind the grid.
    choices = [*wires(), {name: load_device(DEVICE).wire_ns[name] for name in GRID}]
    table = _Table(choices, errors(operators, choices), errors(designs, choices), [one.logic_elements for one in designs])
    of_operators, of_designs = table.of_operators[:-1], table.of_designs[:-1]
    halves, repositories = [half_of(one.repo) for one in designs], [one.repo for one in designs]
    every = np.full(len(designs), True)
    by_half, by_repository = (leave_out(of_operators, of_designs, groups) for groups in (halves, repositories))
    lines = [
        "| wires chosen on | designs measured | " + " | ".join(f"{name} ns" for name in GRID) + " | operators, delay | designs, fmax |"
        f" of {SMALLEST_DESIGN} LEs and more |",
        "|---|---|" + "---:|" * (len(GRID) + 3),
        table.row("as in the device file", "all", np.full(len(designs), len(choices) - 1), every),
        table.row("operators alone", "all", np.full(len(designs), choose(of_operators, of_designs[:, :0])), every),
        table.row("operators and all designs", "all", np.full(len(designs), choose(of_operators, of_designs)), every),
    ]
    for half, other in zip(HALVES, HALVES[::-1], strict=True):
        lines.append(table.row(f"operators and half {other}", f"half {half}", by_half, np.array(halves) == half))
    return [*lines, table.row("operators and other repositories", "each repository", by_repository, every)]


@dataclass(frozen=True)
class _Table:
    """Errors of operators and designs with every choice of wires, and the rows of the page."""

    choices: list[dict[str, float]]
    of_operators: Errors
    of_designs: Errors
    logic_elements: list[int]

    def row(self, chosen_on: str, measured_on: str, chosen: NDArray[np.intp], measured: NDArray[np.bool_]) -> str:
        """Of the designs that are `measured`, each with the wires `chosen` for it."""
        used = sorted(set(chosen[measured].tolist()))
        ranges = [sorted({self.choices[one][name] for one in used}) for name in GRID]
        delays = [" to ".join(f"{value:.3g}" for value in dict.fromkeys((values[0], values[-1]))) for values in ranges]
        periods = self.of_designs[chosen, np.arange(len(chosen))]
        large = np.array(self.logic_elements) >= SMALLEST_DESIGN
        # The rate is the inverse of the period.
        operators = _told(self.of_operators[used].ravel())
        told = [f"{some.size}: {_told(-some)}" for some in (periods[measured], periods[measured & large])]
        return f"| {' | '.join([chosen_on, measured_on, *delays, operators, *told])} |"


def _told(logs: Errors) -> str:
    """Median and 90th percentile of the errors."""
    return "{:.1f} % / {:.1f} %".format(*percentiles(np.expm1(logs).tolist())) if logs.size else "none"
