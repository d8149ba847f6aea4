"""Fits the weights of quick estimates to full mappings: ``python -m fpga_projects.estimation.quick_calibration [FOLDER]``.

The cores are those of the example descriptions, and neighbours of each: every format shorter and longer, every choice the other way, every
number halved and doubled, one at a time; where that gives a core of another family, its neighbours too. Nothing is known of a particular
core, so that a new one is calibrated by its example. The fit is Bayesian linear regression from the general weights (C. M. Bishop,
*Pattern Recognition and Machine Learning*, 2006, section 3.3), so that few mappings cannot say nonsense; the error of a core is that of a
fit to all others of its family.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fixed_point import Format, Overflow, Rounding
from fpga_projects.estimation import quick_estimate
from fpga_projects.estimation.price import mapped_cost
from fpga_projects.estimation.quick_estimate import CALIBRATION, GENERAL, features
from ip_cores.core import Core
from ip_cores.description import descriptions_in, load_core
from ip_cores.inventory import Inventory
from testbenches.signals import EXAMPLES

SCATTER, LEAST_SCATTER = 0.02, 1.5
"""Standard deviation of a mapping around its structure: part of the logic elements, and elements."""

FEWEST = 4
"""Cores of a family that an error is told of."""

QUANTILE = 0.9
"""Part of the cores that stay within the error told."""


class Sample(NamedTuple):
    """A core that was mapped: its structure, and what it came to."""

    inventory: Inventory
    mapped: dict[str, float]


def neighbours(core: Core) -> Iterator[Core]:
    """A core, and it with one parameter changed at a time."""
    yield core
    for field in dataclasses.fields(core):
        if not field.metadata:
            continue
        for value in alternatives(getattr(core, field.name), field.metadata):
            try:
                yield core.replace(**{field.name: value})
            except ValueError:
                continue  # no core has that combination


def around(core: Core, met: set[str]) -> Iterator[Core]:
    """Neighbours of a core, and their neighbours where one is of a family that no other core has been of; `met` takes it in."""
    for near in neighbours(core):
        yield near
        if near.inventory is not None and near.inventory.family not in met:
            met.add(near.inventory.family)
            yield from neighbours(near)


def alternatives(value: Any, metadata: Any) -> list[Any]:
    """Other values of a parameter: shorter and longer, half and double, the other choices, or what its kind names.

    Examples
    --------
    >>> alternatives(8, {"choices": None, "minimum": 1, "maximum": 12, "kind": int})
    [4]
    """
    named = getattr(metadata["kind"], "alternatives", ())
    if named:
        return [other for other in named if other != value]
    if isinstance(value, Format):
        lengths = [value.word_length - 4, value.word_length + 4]
        return [value.with_word_length(length) for length in lengths if length >= 2]
    if isinstance(value, Rounding):
        return [Rounding.FLOOR, Rounding.CONVERGENT]
    if isinstance(value, Overflow):
        return [Overflow.WRAP]
    if isinstance(value, bool):
        return [not value]
    if metadata["choices"]:
        return [choice for choice in metadata["choices"] if choice != value]
    if metadata["kind"] is int:
        low, high = metadata["minimum"], metadata["maximum"]
        steps = {value - 3, value + 2} if metadata.get("unit") == "bits" else {value // 2, 2 * value}
        return [other for other in sorted(steps) if other != value and low <= other <= high]
    return []


def samples(folder: Path) -> Iterator[Sample]:
    """Every core that says what it is built of, mapped; one that does not fit or cannot be mapped is left out."""
    cores: dict[str, Core] = {}
    examples = [load_core(path) for path in descriptions_in(folder)]
    met = {core.inventory.family for core in examples if core.inventory is not None}
    for example in examples:
        for core in around(example, met):
            if core.inventory is not None:
                cores.setdefault(repr(core.description), core)
    with ProcessPoolExecutor() as pool:
        for core, mapped in zip(cores.values(), pool.map(mapped_amounts, cores.values()), strict=True):
            if isinstance(mapped, str):
                print(f"{core.name}: {mapped}", file=sys.stderr)
            else:
                assert core.inventory is not None
                yield Sample(core.inventory, mapped)


def mapped_amounts(core: Core) -> dict[str, float] | str:
    """What a core comes to, or why it has no mapping."""
    try:
        cost = mapped_cost(core)
    except (ValueError, OSError) as error:
        return str(error)
    return {"les": cost.les, "registers": cost.registers, "multipliers": cost.multipliers, "m4k": cost.m4k}


def depth(inventory: Inventory) -> int:
    """How deep parts are nested: weights of parts are fitted first."""
    return 1 + max((depth(part) for part in inventory.parts), default=0)


def fitted(rows: Sequence[dict[str, float]], wanted: NDArray[np.float64], scatter: NDArray[np.float64], figure: str) -> dict[str, float]:
    """Weights that explain what was mapped, no further from the general ones than they must."""
    general = GENERAL[figure]
    design = np.array([[row[name] for name in general] for row in rows])
    mean = np.array([weight.mean for weight in general.values()])
    deviation = np.array([weight.deviation for weight in general.values()])
    scaled = design * deviation / scatter[:, None]
    rest = (wanted - design @ mean) / scatter
    change = np.linalg.solve(scaled.T @ scaled + np.eye(mean.size), scaled.T @ rest) * deviation
    return {name: round(float(value), 3) for name, value in zip(general, mean + change, strict=True)}


def calibrate(found: Sequence[Sample]) -> dict[str, Any]:
    """Weights and errors by family, the innermost first."""
    by_family = defaultdict(list)
    for sample in found:
        by_family[sample.inventory.family].append(sample)
    document: dict[str, Any] = {}
    for family, group in sorted(by_family.items(), key=lambda item: (max(depth(one.inventory) for one in item[1]), item[0])):
        entry: dict[str, Any] = {"cores": len(group), "weights": {}, "error": {}}
        for figure in GENERAL:
            rows = [features(one.inventory) for one in group]
            parts = np.array([sum(quick_estimate.amount(part, figure) for part in one.inventory.parts) for one in group])
            mapped = np.array([one.mapped[figure] for one in group])
            scatter = SCATTER * mapped + LEAST_SCATTER
            entry["weights"][figure] = fitted(rows, mapped - parts, scatter, figure)
            if len(group) >= FEWEST:
                errors = []
                for out in range(len(group)):
                    others = [place for place in range(len(group)) if place != out]
                    weights = fitted([rows[place] for place in others], (mapped - parts)[others], scatter[others], figure)
                    told = parts[out] + sum(weights[name] * rows[out][name] for name in weights)
                    errors.append(abs(told / mapped[out] - 1))
                entry["error"][figure] = round(float(np.quantile(errors, QUANTILE)), 3)
        document[family] = entry
        quick_estimate.families()[family] = quick_estimate.Family(entry["weights"], entry["error"])
    return dict(sorted(document.items()))


def main() -> int:
    """Map, fit, write; say what is off."""
    found = list(samples(Path(sys.argv[1]) if sys.argv[1:] else EXAMPLES))
    quick_estimate.families().clear()
    document = calibrate(found)
    CALIBRATION.write_text(json.dumps({"families": document}, indent=1) + "\n", encoding="utf-8")
    for family, entry in document.items():
        error = ", ".join(f"{figure} {100 * value:.0f} %" for figure, value in entry["error"].items())
        print(f"{family}: {entry['cores']} cores, nine of ten within {error or 'unknown'}")
    for sample in found:
        blocks = quick_estimate.blocks(sample.inventory)
        if blocks != (sample.mapped["multipliers"], sample.mapped["m4k"]):
            print(f"{sample.inventory.family}: multipliers and M4K {blocks}, mapped {sample.mapped}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
