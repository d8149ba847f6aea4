"""The classic comparison of direct against transposed FIR filters, as a page of the documentation.

``python -m fpga_projects.table1`` (``make table1``) maps 12 filters, simulates each on speech for its power, and writes
``docs/fir_forms.md`` with the plot beside it.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from scipy.signal import firwin

from fpga_projects.comparison import DYNAMIC, comparison, draw, markdown
from fpga_projects.estimate import estimate
from ip_cores.core import make_core
from testbenches.signals import make_signal

DOCS = Path(__file__).resolve().parent.parent / "docs"
TAPS = (16, 32, 64)
FORMS = ("direct", "transposed")
MULTIPLIERS = ("embedded", "logic")
SAMPLES = 512

PAGE = """# Direct against transposed form

Low-pass filters `firwin(taps, 0.25)` with 16-bit samples, coefficients and results, rounding, saturation and full back-pressure; one
sample per clock at 50 MHz. Power rests on the transitions that {samples} samples of speech make in the delivered VHDL. Everything on
this page is written by `make table1`.

{table}
![logic, multipliers and power of the twelve filters](fir_forms.png)

## Power of the 64-tap filters by kind, mW

{power}
## Which form, and why

Both forms have the same products and nearly the same adders: symmetric coefficients halve the multipliers of either. What differs is
where the words wait.

* **Direct** keeps samples: 16 bits for each tap in registers that do nothing else, so each takes a logic element of its own beside the
  adders. The tree of adders is pipelined; its depth shows in the latency. The longest path is the adder of two mirrored taps, a product
  and one more adder; `pipeline = "speed"` cuts it in three.
* **Transposed** keeps partial sums: a register of full width for each tap, in the same logic element as the adder in front of it. That
  is why it takes fewer elements although its words are wider, and its latency is two clocks whatever the length. More and wider words
  move with each sample, so it takes somewhat more power. The clock rate above is that between registers: the sample itself comes from
  the port and runs through a product and an adder, so put a register in front of it, or take `pipeline = "speed"`.
* **In logic only**, the transposed form wins clearly: all products are of the same sample, so they share their additions
  (`ip_cores/multiple_constants.py`), where the direct form has to form each product of another word by itself.

Error bars stand beside each figure of `ossicle estimate`; [docs/estimates.md](estimates.md) says how they were measured.
"""


def main() -> int:
    """Estimate the twelve filters and write the page."""
    found: dict[str, dict[str, Any]] = {}
    for multiplier in MULTIPLIERS:
        for taps in TAPS:
            for form in FORMS:
                name = f"{form}_{taps}_{multiplier}"
                if sys.stderr.isatty():
                    print(f"\r{name:30}", end="", file=sys.stderr)
                choice = {"core": "fir", "name": name, "form": form, "multiplier": multiplier}
                core = make_core({**choice, "coefficients": list(firwin(taps, 0.25))})
                found[name] = estimate(core, x=make_signal("speech", core, SAMPLES)).to_json()
    power = [["design", *DYNAMIC, "static", "total"]]
    for name, one in found.items():
        if f"_{TAPS[-1]}_" in name:
            power.append([name, *(f"{one['power_mw'][kind]:.1f}" for kind in (*DYNAMIC, "static", "total"))])
    page = PAGE.format(samples=SAMPLES, table=markdown(comparison(found)), power=markdown(power))
    draw(found, DOCS / "fir_forms.png")
    (DOCS / "fir_forms.md").write_text(page)
    print("docs/fir_forms.md and docs/fir_forms.png written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
