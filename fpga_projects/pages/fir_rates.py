"""Area of FIR filters that change the rate, form by form, as a section of their datasheet.

``python -m fpga_projects.pages.fir_rates`` maps them and writes the table into ``docs/cores/fir.md``.
"""

from __future__ import annotations

import sys
from pathlib import Path

from scipy.signal import firwin

from fpga_projects.estimation.estimate import estimate
from ip_cores.core import Core, make_core
from ip_cores.schedule import number_text

DATASHEET = Path(__file__).resolve().parent.parent.parent / "docs" / "cores" / "fir.md"
BEGIN, END = "<!-- rates: written by `python -m fpga_projects.pages.fir_rates` -->\n", "<!-- end of rates -->"

TAPS = 32
FACTORS = (2, 3, 4, 8)
RATES = ("decimation", "interpolation")
FORMS = ("direct", "transposed", "serial")
MULTIPLIERS = ("embedded", "logic")

HEAD = """| rate | form | logic elements | registers | 9-bit multipliers | the same in logic only | samples in, words out per clock |
|---|---|---:|---:|---:|---:|---|
"""


def table() -> str:
    """A row for each rate and form: symmetric low-pass filters of one length."""
    cases: list[tuple[dict[str, int], str, int]] = [({}, form, 4) for form in FORMS[:2]]
    cases += [({rate: factor}, form, factor) for rate in RATES for factor in FACTORS for form in FORMS]
    return HEAD + "".join(row(rate, form, factor) for rate, form, factor in cases)


def row(rate: dict[str, int], form: str, factor: int) -> str:
    """One filter, with multipliers and without."""
    taps = [float(tap) for tap in firwin(TAPS, 0.8 / factor)]
    filter = {"core": "fir", "form": form, "coefficients": taps, **rate}
    cores = [make_core({**filter, "multiplier": multiplier}) for multiplier in MULTIPLIERS]
    embedded, logic = (estimate(core) for core in cores)
    name = ", ".join(f"{field} {value}" for field, value in rate.items()) or "none"
    clocks = cores[0].cycles_per_sample
    figures = f"{embedded.logic_elements} | {embedded.registers} | {embedded.multiplier_elements} | {logic.logic_elements}"
    return f"| {name} | {form} | {figures} | 1 in {number_text(clocks)}, {throughput(cores[0])} |\n"


def throughput(core: Core) -> str:
    """Words that leave in so many clocks."""
    clocks = core.cycles_per_sample / core.rate
    return f"1 in {float(clocks):.4g}"


def main() -> int:
    """Write the table."""
    text = DATASHEET.read_text(encoding="utf-8")
    head, _, rest = text.partition(BEGIN)
    DATASHEET.write_text(f"{head}{BEGIN}{table()}{END}{rest.partition(END)[2]}", encoding="utf-8")
    print(DATASHEET)
    return 0


if __name__ == "__main__":
    sys.exit(main())
