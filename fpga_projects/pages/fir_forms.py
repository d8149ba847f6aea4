"""The classic comparison of direct against transposed FIR filters, as a page of the documentation.

``python -m fpga_projects.pages.fir_forms`` (``make fir-forms``) maps 12 filters, simulates each on speech for its power, and writes
``docs/fir_forms.md`` with the plot beside it.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from scipy.signal import firwin

from fpga_projects.device import load_device
from fpga_projects.estimation.comparison import DYNAMIC, comparison, draw, markdown
from fpga_projects.estimation.estimate import estimate
from fpga_projects.mapping.mapping import map_design
from fpga_projects.netlists.netlist import Bit, Cell, Netlist
from fpga_projects.netlists.packing import absorb_controls, pack
from fpga_projects.netlists.timing import analyse
from ip_cores.blocks.arithmetic import canonical_signed_digits
from ip_cores.blocks.multiple_constants import adder_count, by_distance, odd_part
from ip_cores.core import Core, make_core
from ip_cores.generate import generate

DOCS = Path(__file__).resolve().parent.parent.parent / "docs"
TAPS = (16, 32, 64)
ADDITION_BITS = (12, 16)
FORMS = ("direct", "transposed")
MULTIPLIERS = ("embedded", "logic")

PAGE = """# Direct against transposed form

Low-pass filters `firwin(taps, 0.25)` with 16-bit samples, coefficients and results, rounding, saturation and full back-pressure; one
sample per clock at 50 MHz. Power rests on the transitions of every net of the delivered VHDL while it filters half a second of speech.
*fmax* is that of the core alone, between its own registers; *from registers* counts the paths from its ports too, with a register right in
front of each. Everything on this page is written by `make fir-forms`.

{table}
![logic, multipliers and power of the twelve filters](fir_forms.png)

## Additions of a multiplier block

Products of one sample by all taps of `firwin(taps, 0.25)` in logic. *Constants* are the different odd parts of the taps: each takes an
addition of its own at least (A. G. Dempster, M. D. Macleod, "Use of minimum-adder multiplier blocks in FIR digital filters", IEEE Trans.
Circuits and Systems II 42 (1995) 569-577). *Digits* forms each by itself from its canonical signed digits, *by distance* adds the number
that brings most constants near (after Y. Voronenko, M. Püschel, ACM Trans. Algorithms 3 (2007)), *here* is what is built: a search of
bounded length that tries others in its place, for up to 20 constants of 17 bits. No figures of these very filters are published that we
know of. Fewer additions stand in longer rows: from a port, 16 and 32 taps are a sixth slower than by distance alone.

{additions}
## Power of the 64-tap filters by kind, mW

{power}
## Which form, and why

Both forms have the same products and nearly the same adders: symmetric coefficients halve the multipliers of either. What differs is
where the words wait.

* **Direct** keeps samples: 16 bits for each tap in registers that do nothing else, so each takes a logic element of its own beside the
  adders. The tree of adders is pipelined; its depth shows in the latency. The longest path is the adder of two mirrored taps, a product
  and one more adder; `pipeline = "speed"` cuts it in three.
* **Transposed** keeps partial sums: a register of full width for each tap, in the same logic element as the adder in front of it. That
  is why it takes fewer elements although its words are wider, and its latency is two clocks whatever the length. Alone it is by far the
  faster one, but its sample comes from the port and runs through a product and an adder before it meets the first register: *from
  registers* shows what is left of that in a design, a fifth to a half with embedded multipliers, and nothing in logic, where a product is
  several additions in a row. `pipeline = "speed"` cuts that path.
* **Power** is nearly the same, less apart than its error: the direct form moves more words, the transposed one wider ones.
* **In logic only**, the transposed form takes a third less: all products are of the same sample, so they share their additions
  (`ip_cores/blocks/multiple_constants.py`), where the direct form has to form each product of another word by itself.

Error bars stand beside each figure of `ossicle estimate`; [docs/estimates.md](estimates.md) says how they were measured.
"""


def registered_fmax(core: Core, device: str = "EP2C70F896C6") -> float:
    """Clock rate of a core in MHz with a register right in front of each of its inputs: paths from ports count."""
    with tempfile.TemporaryDirectory() as scratch:
        manifest = generate(core, Path(scratch) / "vhdl", companions=None)
        netlist = map_design(list(manifest.paths), manifest.entity)
    for mapped in (netlist, netlist.fast):
        if mapped is not None:
            put_registers_in_front(mapped)
    absorb_controls(netlist)
    found = analyse(netlist, pack(netlist), load_device(device)).fmax_mhz
    assert found is not None
    return found


def put_registers_in_front(netlist: Netlist) -> None:
    """A register at every input that is read as data or controls registers; the clock stays as it is."""
    clocks = {cell.control["clock"] for cell in netlist.of_kind("register")}
    ports = [bit for bits in netlist.inputs.values() for bit in bits if isinstance(bit, int) and bit not in clocks]
    first = 1 + max(bit for cell in netlist.cells for bit in (*cell.data, *cell.outputs) if isinstance(bit, int))
    behind: dict[Bit, Bit] = {bit: first + place for place, bit in enumerate(ports)}
    for cell in netlist.cells:
        cell.data = [behind.get(bit, bit) for bit in cell.data]
        cell.control = {pin: behind.get(bit, bit) for pin, bit in cell.control.items()}
    clock = min(clocks, key=str)
    netlist.cells += [Cell("register", f"input_{bit}", "$_DFF_P_", [bit], [q], {"clock": clock}) for bit, q in behind.items()]
    netlist.names.update({behind[bit]: netlist.names[bit] for bit in ports if bit in netlist.names})
    netlist.index()


def additions_table() -> list[list[str]]:
    """Of filters and lengths of coefficients, the additions of their products in several ways."""
    rows = [["filter", "bits", "constants", "digits", "by distance", "here"]]
    for taps in TAPS:
        for bits in ADDITION_BITS:
            words = tuple(int(word) for word in np.round(firwin(taps, 0.25) * 2 ** (bits - 1)))
            odd = {odd_part(word) for word in words} - {0, 1}
            digits = sum(len(canonical_signed_digits(one)) - 1 for one in odd)
            rows.append([f"`firwin({taps}, 0.25)`", *map(str, (bits, len(odd), digits, len(by_distance(odd)), adder_count(words)))])
    return rows


def main() -> int:
    """Estimate the twelve filters and write the page."""
    found: dict[str, dict[str, Any]] = {}
    registered: dict[str, float] = {}
    for multiplier in MULTIPLIERS:
        for taps in TAPS:
            for form in FORMS:
                name = f"{form}_{taps}_{multiplier}"
                if sys.stderr.isatty():
                    print(f"\r{name:30}", end="", file=sys.stderr)
                choice = {"core": "fir", "name": name, "form": form, "multiplier": multiplier}
                core = make_core({**choice, "coefficients": list(firwin(taps, 0.25))})
                found[name] = estimate(core).to_json()
                registered[name] = registered_fmax(core)
    power = [["design", *DYNAMIC, "static", "total"]]
    for name, one in found.items():
        if f"_{TAPS[-1]}_" in name:
            power.append([name, *(f"{one['power_mw'][kind]:.1f}" for kind in (*DYNAMIC, "static", "total"))])
    rows = comparison(found)
    place = rows[0].index("fmax, MHz") + 1
    column = ["from registers", *map("{:.1f}".format, registered.values())]
    rows = [[*row[:place], extra, *row[place:]] for row, extra in zip(rows, column, strict=True)]
    page = PAGE.format(table=markdown(rows), additions=markdown(additions_table()), power=markdown(power))
    draw(found, DOCS / "fir_forms.png")
    (DOCS / "fir_forms.md").write_text(page)
    print("docs/fir_forms.md and docs/fir_forms.png written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
