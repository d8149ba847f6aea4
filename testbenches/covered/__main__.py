"""What tests and proofs reach, of the code and of the hardware.

    python -m testbenches.covered lines                 all tests, with lines and branches counted; some 40 minutes of processor time
    python -m testbenches.covered lines -k fifo         some tests: what follows goes to pytest
    python -m testbenches.covered hardware              nets, states and moves of every example that has streams, and of one more sequencer
    python -m testbenches.covered hardware fifo limiter some
    python -m testbenches.covered page                  writes the sections of docs/verification.md

Exit status 1 if a test fails, too little is reached, or hardware rests that is not listed with a reason; 2 if a tool is missing.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from ip_cores.core import Core
from ip_cores.description import descriptions_in, load_core, read_description
from testbenches.covered import lines_reached, resting_hardware
from testbenches.covered.hardware_reached import reach
from testbenches.errors import ToolError
from testbenches.for_tests.small_examples import has_networks
from testbenches.formal.toys import TOYS
from testbenches.house import ROOT
from testbenches.page_sections import PAGE, replaced

OUTPUT = Path("build/coverage")
COMMAND = "python -m testbenches.covered page"
FURTHER = ("sequencer_in_real_time", "pitch_shifter", "psola", "conv_network")
"""Rows of the table of small cores: a machine that no example has, one with short jumps and one with short periods in place of examples
that take up to 2090 clocks a sample, with which the legs of their proof take a quarter of an hour, and a small network in place of
examples with a large one."""


def main(arguments: Sequence[str] | None = None) -> int:
    given = list(sys.argv[1:] if arguments is None else arguments)
    commands = {"lines": lines, "hardware": hardware, "page": page}
    if not given or given[0] not in commands:
        print((__doc__ or "").strip() if given in (["--help"], ["-h"]) else f"covered: needs one of {', '.join(commands)}", file=sys.stderr)
        return 0 if given in (["--help"], ["-h"]) else 2
    OUTPUT.mkdir(parents=True, exist_ok=True)
    try:
        return commands[given[0]](given[1:])
    except ToolError as error:
        print(f"covered: {error}", file=sys.stderr)
        return 2


def lines(arguments: Sequence[str]) -> int:
    """Count lines while pytest runs."""
    status = lines_reached.run_tests(OUTPUT, arguments)
    found = json.loads((OUTPUT / "lines.json").read_text())
    print(lines_reached.section(found))
    share = lines_reached.percent(lines_reached.summed(list(found["rooms"].values())))
    if share < lines_reached.BOUND and not arguments:
        print(f"covered: {share:.1f} % of lines and branches are reached: must be {lines_reached.BOUND:g} % or more", file=sys.stderr)
        return 1
    return status


def hardware(names: Sequence[str]) -> int:
    """Play the legs of the proof to cores; what was found of others before stays."""
    cores = played_cores()
    if unknown := [name for name in names if name not in cores]:
        print(f"covered: {', '.join(unknown)}: no such core; there are {', '.join(cores)}", file=sys.stderr)
        return 2
    rows = []
    for name in names or cores:
        rows.append(resting_hardware.row(name, reach(cores[name])))
        print(resting_hardware.line(rows[-1]), flush=True)
    results = OUTPUT / "hardware.json"
    known = json.loads(results.read_text())["rows"] if names and results.exists() else []
    found = {row["core"]: row for row in (*known, *rows)}
    OUTPUT.mkdir(parents=True, exist_ok=True)
    results.write_text(json.dumps({"rows": [found[name] for name in cores if name in found]}, indent=1) + "\n")
    wrong = [text for row in rows for text in resting_hardware.complaints(row)]
    for text in wrong:
        print(f"covered: {text}", file=sys.stderr)
    return 1 if wrong else 0


def played_cores() -> dict[str, Core]:
    """By name: examples with streams on one clock, and others; no graph with a loop, whose model goes word by word."""
    paths = descriptions_in(ROOT / "examples")
    examples = [load_core(path) for path in paths if not has_networks(read_description(path))]
    found = {core.name: core for core in examples if _is_played(core)}
    return {**found, **{name: TOYS[name].core for name in FURTHER}}


def _is_played(core: Core) -> bool:
    return core.is_stream and core.on_one_clock and not any(one.closes_loops for one in core.parts)


def page(arguments: Sequence[str]) -> int:
    """Write what was measured into the page."""
    path = Path(arguments[0]) if arguments else PAGE
    text = path.read_text()
    for name, section in (("lines", lines_reached.section), ("hardware", resting_hardware.section)):
        results = OUTPUT / f"{name}.json"
        if results.exists():
            text = replaced(text, name, COMMAND, section(json.loads(results.read_text())))
        else:
            print(f"covered: {results} is missing: run `python -m testbenches.covered {name}` first; that section stays", file=sys.stderr)
    path.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
