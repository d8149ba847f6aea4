"""How far each figure of an estimate was off where it could be held against Quartus, and where it could not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from fpga_projects.estimation.power import Power

MEASURED = Path(__file__).resolve().parent.parent / "validation" / "measured.json"
"""Errors against Quartus, written by ``python -m fpga_projects.validation.validate``."""

FIGURES = {
    "logic_elements": "logic_elements",
    "registers": "registers",
    "carry_elements": "logic_elements",
    "m4k_blocks": "m4k_blocks",
    "memory_bits": "memory_bits",
    "multiplier_elements": "multiplier_elements",
    "fmax_mhz": "fmax",
}
"""Figure of an estimate to the error that stands for it."""

NOT_CHECKED = "not held against Quartus"


def measured_document() -> dict[str, Any]:
    """What the validation found; empty where it has not been run."""
    try:
        return dict(json.loads(MEASURED.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}


def measured_errors() -> dict[str, float]:
    """Relative errors against Quartus at the 90th percentile: ``logic_elements``, ``registers``, ``fmax`` and what else was measured."""
    return dict(measured_document().get("uncertainty", {}))


def multiplier_error(document: dict[str, Any]) -> float | None:
    """0 where no operator's multiplier elements were wrong; else not known as an error of one figure."""
    operators = document.get("operators", {})
    return 0.0 if operators.get("count") and operators.get("multiplier_elements_wrong") == 0 else None


def bar(document: dict[str, Any], figure: str, logic_elements: int) -> float | None:
    """The error of a figure in a design of a size, by `fpga_projects.validation.error_bars`; None where no designs tell."""
    for limit, error in document.get("bars", {}).get(figure, ()):
        if limit is None or logic_elements <= limit:
            return float(error)
    return None


def figures_uncertainty(power: Power, logic_elements: int) -> dict[str, Any]:
    """Beside each figure its relative error, or None where nothing was compared; power in milliwatts.

    Parameters
    ----------
    power : Power
        Whose own uncertainty is taken over.
    logic_elements : int
        Size of the design: small ones miss by more.
    """
    document = measured_document()
    errors: dict[str, float | None] = {"multiplier_elements": multiplier_error(document), **measured_errors()}
    errors |= {figure: bar(document, figure, logic_elements) for figure in document.get("bars", {})}
    found: dict[str, Any] = {figure: errors.get(error) for figure, error in FIGURES.items()}
    return {
        **found,
        "power_mw": power.uncertainty,
        "basis": {figure: basis(figure, found[figure], document) for figure in FIGURES},
        "meaning": "relative, 90th percentile of the error against Quartus; power in mW, total as root sum of squares",
    }


def basis(figure: str, error: float | None, document: dict[str, Any]) -> str:
    """What the error of a figure was measured on, as text."""
    if error is None:
        return NOT_CHECKED
    if figure == "multiplier_elements" and error == 0:
        return f"exact on {document['operators']['count']} operators"
    return "designs with a report of Quartus"
