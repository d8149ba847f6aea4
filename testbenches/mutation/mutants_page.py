"""The section of docs/verification.md on faults in netlists, from what `make mutate` wrote.

python -m testbenches.mutation.mutants_page
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from testbenches.page_sections import PAGE, replaced

COMMAND = "python -m testbenches.mutation.mutants_page"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog=COMMAND, description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--faults", type=Path, default=Path("build/mutate/results.json"), help="what `make mutate` wrote")
    parser.add_argument("--page", type=Path, default=PAGE)
    given = parser.parse_args(arguments)
    if not given.faults.exists():
        print(f"mutants_page: {given.faults} is missing: run `make mutate` first", file=sys.stderr)
        return 2
    section = mutants(json.loads(given.faults.read_text()))
    given.page.write_text(replaced(given.page.read_text(), "mutants", COMMAND, section))
    return 0


def mutants(document: Mapping[str, Any]) -> str:
    """How many faults of each core were seen and by what, and each that was neither seen nor proven to change nothing."""
    rows, tools = document["faults"], document["tools"]
    total = Counter(row["outcome"] for row in rows)
    changing = total["killed"] + total["survives"]
    said = [
        f"{len(rows)} faults in {len(document['cores'])} cores with GHDL {tools['ghdl']} and Yosys {tools['yosys']},",
        f"{document['seconds'] / 60:.0f} minutes of processor time: {total['killed']} seen, {total['same']} proven to change nothing,",
        f"{total['alike']} that change nothing in a million words, with a reason, {total['survives']} not seen.",
        f"Of those that change something {percent(total['killed'], changing)} are seen.",
    ]
    lines = [
        *said,
        "",
        "| core | family | faults | seen | proven to change nothing | alike | not seen | seen first by |",
        "|---|---|---|---|---|---|---|---|",
    ]
    lines += [core_row(name, core, [row for row in rows if row["core"] == name]) for name, core in document["cores"].items()]
    for outcome, head in (("survives", "not seen"), ("alike", "alike in a million words")):
        if left := [row for row in rows if row["outcome"] == outcome]:
            lines += ["", f"| {head} | place | why |", "|---|---|---|", *map(fault_row, left)]
    return "\n".join(lines) + "\n"


def core_row(name: str, core: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> str:
    here = Counter(row["outcome"] for row in rows)
    by = Counter(row["by"].partition(":")[0] for row in rows if row["outcome"] == "killed").most_common()
    numbers = (len(rows), here["killed"], here["same"], here["alike"], here["survives"])
    cells = [f"`{name}`", core["family"], *map(str, numbers), ", ".join(f"{leg} {number}" for leg, number in by)]
    return f"| {' | '.join(cells)} |"


def fault_row(row: Mapping[str, Any]) -> str:
    place = f"`{row['line']}`".replace("|", "\\|") if row["line"] else "–"
    return f"| `{row['core']}`: `{row['fault']}` | {place} | {row['by']} |"


def percent(part: int, whole: int) -> str:
    """A share, rounded down so that nothing is called whole that is not.

    Examples
    --------
    >>> percent(1999, 2000)
    '99.9 %'
    """
    return f"{1000 * part // max(1, whole) / 10:.1f} %"


if __name__ == "__main__":
    sys.exit(main())
