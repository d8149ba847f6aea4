"""An estimate as text."""

from typing import Any

from fpga_projects.estimation.estimate import Estimate


def format_estimate(estimate: Estimate) -> str:
    """A table that reads well on a terminal."""
    e, u = estimate, estimate.uncertainty

    def within(key: str) -> str:
        return f"± {100 * u[key]:.0f} %" if u.get(key) else u.get("basis", {}).get(key, "")

    def row(label: str, value: Any, share: float | None, error: str) -> str:
        part = "" if share is None else f"{100 * share:.1f} %"
        return f"  {label:<26}{value:>12}  {part:>8}  {error}".rstrip()

    fmax = e.limited_by if e.fmax_mhz is None else f"{e.fmax_mhz:.1f} MHz"
    lines = [
        f"{e.entity} on {e.device}, effort {e.effort}",
        row("logic elements", e.logic_elements, e.share["logic_elements"], within("logic_elements")),
        row("  of them on carry chains", e.carry_elements, None, within("carry_elements")),
        row("registers", e.registers, None, within("registers")),
        row("M4K blocks", e.m4k_blocks, e.share["m4k_blocks"], within("m4k_blocks")),
        row("memory bits", e.memory_bits, None, within("memory_bits")),
        row("9-bit multiplier elements", e.multiplier_elements, e.share["multiplier_elements"], within("multiplier_elements")),
        row("fmax", fmax, None, within("fmax_mhz")),
        f"    limited by {e.limited_by}" + (": " + " -> ".join(_ends(e.critical_path)) if e.critical_path else ""),
        f"  power at {e.clock_mhz:g} MHz, mW",
    ]
    power_error = u.get("power_mw", {})
    for kind, value in e.power_mw.items():
        error = power_error.get(kind)
        lines.append(row(f"  {kind}", f"{value:.1f}", None, f"± {error:.1f} mW" if isinstance(error, float) else ""))
    if power_error.get("activity"):
        lines.append(f"  activity: {power_error['activity']}")
    if len(e.entities) > 1:
        lines.append(f"  {'instance':<30}{'entity':<24}{'LEs':>7}{'regs':>7}{'M4K':>5}{'mult9':>6}{'mW':>8}")
        lines += [
            f"  {r['instance'][-29:]:<30}{r['entity'][:23]:<24}{r['logic_elements']:>7}{r['registers']:>7}{r['m4k_blocks']:>5}"
            f"{r['multiplier_elements']:>6}{r['dynamic_power_mw']:>8.2f}"
            for r in e.entities
        ]
    return "\n".join([*lines, *[f"  note: {warning}" for warning in e.warnings]])


def _ends(path: tuple[str, ...], most: int = 6) -> list[str]:
    """A long path with its middle left out."""
    return list(path) if len(path) <= most else [*path[: most // 2], "...", *path[-most // 2 :]]
