"""Drawings and excerpts of ``docs/internals.md``, from the files that it explains.

``python -m fpga_projects.pages.internals`` draws ``docs/internals_*.svg`` and writes anew what stands between marks on the page:
``<!-- source: MODULE.NAME -->`` a piece of Python, ``<!-- vhdl: ENTITY -->`` the architecture of an entity of ``examples/lowpass.toml``,
``<!-- flags -->`` where each flag of control stands. Nothing of it depends on the day or the machine.
"""

from __future__ import annotations

import importlib
import inspect
import re
import sys
import textwrap
from pathlib import Path
from typing import Any

from fpga_projects.pages.internals_drawings import drawings
from ip_cores.description import load_core
from ip_cores.generate import vhdl

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = ROOT / "docs" / "internals.md"
EXAMPLE = ROOT / "examples" / "lowpass.toml"

MARK = re.compile(r"(<!-- (source|vhdl|flags)(?:: ([\w.]+))? -->\n).*?(<!-- end -->)", re.DOTALL)

FLAGS = {
    "take, takes": "the sink's word is taken in this clock: valid and ready are both high",
    "taking, waiting": "a word may come; waiting is what sink_ready shows",
    "advance": "the pipeline moves in this clock: enable of all registers that carry data",
    "moves": "the same inside the control that decides it: no word is in the way at the output",
    "holds": "a word stands at the output and was not taken yet; what source_valid shows",
    "gives, give": "the result that is there is handed over to the output",
    "sends": "a word that waited in memory is read, to leave",
    "emits, emit, emitted, emitting": "a stored word leaves, or the sum of this place is one that leaves",
    "leaves": "the result goes out; otherwise it goes on inside",
    "keeps": "the result, or the state, is kept inside",
    "busy": "a filter or a sum is worked on",
    "begins": "the first product of a sum, or the first sample of a period",
    "accumulate, grows, grow": "a product is added to the sum",
    "ends": "the last product of a sum is read, or the last step done",
    "load": "the sum is handed over and starts afresh",
    "finish": "the sum is used by this instruction, and cleared",
    "finished": "a result is there and waits to be stored or given",
    "stores": "the result is written back into the memory",
    "reading, finishing": "shift registers: accumulate and ends, delayed as much as the arithmetic is",
    "update": "the products of a new sample are there, and the sums take them; in a threshold the tracker takes the word",
    "clearing, blank, filling": "zeros are filled in, a word a clock: after a reset, or where a segment ended early; nothing is taken",
    "fetch, fetches": "the next instruction, or a waiting word, is read",
    "goes": "the walk through a segment goes on",
    "goes_on, goes_deeper": "the next level has work, too",
    "joins": "the sum goes on from what the segment before has left",
    "opens, inherits": "a synthesis forms the first sample of a pair, or an approximation that did not come",
    "due": "it is the turn of a word (fir), of a step of the tracker (threshold)",
    "first, last": "the walk is at the first or the last place",
    "push, pushes, pops": "a queue is written, or read",
    "bypassing, frozen": "run-time controls: words leave as they came; trackers keep what they have",
}
"""Names of flags, and what they mean."""

SHARED = ("banks", "blocks")
"""Shelves of what many cores use."""

APART = ("families", "denoiser", "sequencer", "i2c_master", "i2s_receiver", "i2s_transmitter", "wm8731_setup")
"""What has words of its own: lines, pins, states."""


def refreshed(page: str) -> str:
    """The page with its excerpts as the files have them now."""
    core = load_core(EXAMPLE)
    texts = vhdl(core)

    def excerpt(found: re.Match[str]) -> str:
        begin, what, name, end = found.groups()
        if what == "source":
            body = f"```py\n{source_of(name)}```\n"
        elif what == "vhdl":
            body = f"```vhdl\n{architecture(texts[name])}```\n"
        else:
            body = flag_table()
        return begin + body + end

    return MARK.sub(excerpt, page)


def source_of(path: str) -> str:
    """Text of a function, of a class or of what stands in one, its decorator included."""
    module, _, name = path.rpartition(".")
    within, _, owner = module.rpartition(".")
    found: Any = vars(importlib.import_module(within))[owner] if owner[0].isupper() else importlib.import_module(module)
    found = vars(found)[name]
    if isinstance(found, property):
        found = found.fget
    return textwrap.dedent(inspect.getsource(inspect.unwrap(found)))


def architecture(text: str) -> str:
    """What an entity does, without head and ports."""
    return text[text.index("architecture rtl") :].rstrip() + "\n"


def flag_table() -> str:
    """A row for each name: what it means, and in which files it is made."""
    rows = ["| flag | meaning | where |", "|---|---|---|"]
    for names, meaning in FLAGS.items():
        places = sorted({place for name in names.split(", ") for place in homes(name)})
        told = ", ".join(f"`{place}`" for place in places)
        rows.append(f"| {', '.join(f'`{name}`' for name in names.split(', '))} | {meaning} | {told} |")
    return "\n".join(rows) + "\n"


def homes(flag: str) -> list[str]:
    """Cores, and files that many cores share, in which a flag of this name is made."""
    made = re.compile(rf"^ +[\w, ]*\b{flag}\b[\w, ]* = .*\bflag\(\)", re.MULTILINE)
    room = ROOT / "ip_cores"
    found = [path.relative_to(room).with_suffix("") for path in sorted(room.rglob("*.py")) if made.search(path.read_text())]
    places = [str(path) if path.parts[0] in SHARED else path.parts[0] for path in found if path.parts[0] not in APART]
    if not places:
        raise LookupError(f"no flag is called {flag}")
    return places


def pictures() -> dict[Path, str]:
    """Drawings by the files in which they lie."""
    core: Any = load_core(EXAMPLE)
    return {PAGE.with_name(f"internals_{name}.svg"): svg for name, svg in drawings(core, core.structure).items()}


def main() -> int:
    """Draw, and write the page."""
    for path, svg in pictures().items():
        path.write_text(svg)
    PAGE.write_text(refreshed(PAGE.read_text()))
    print(PAGE.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
