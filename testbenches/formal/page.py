"""The sections of docs/verification.md on proofs and on what they refute, from what `make formal` and `make bite` wrote.

    python -m testbenches.formal.page

A section whose results are missing stays as it is.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from testbenches.formal.toy_proofs import SENTENCES
from testbenches.formal.toys import TOYS
from testbenches.page_sections import PAGE, replaced

COMMAND = "python -m testbenches.formal.page"
OUTCOMES = {"proven": "proven without bound", "bounded": "to a depth", "refuted": "refuted", "open": "open"}

ALWAYS = ("silent_in_reset", "steady", "valid_alone", "none_too_many", "inside", "takes_in_time", "gives_in_time")
"""What is asked of every core that waits for its neighbours; the others have a column, or are named."""


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog=COMMAND, description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--proofs", type=Path, default=Path("build/formal/results.json"), help="what `make formal` wrote")
    parser.add_argument("--faults", type=Path, default=Path("build/bite/results.json"), help="what `make bite` wrote")
    parser.add_argument("--page", type=Path, default=PAGE)
    given = parser.parse_args(arguments)
    text = given.page.read_text()
    for name, path, section in (("formal", given.proofs, proofs), ("bite", given.faults, faults)):
        if not path.exists():
            print(f"page: {path} is missing: run `make {name}` first; that section stays", file=sys.stderr)
            continue
        text = replaced(text, name, COMMAND, section(json.loads(path.read_text())))
    given.page.write_text(text)
    return 0


def proofs(document: Mapping[str, Any]) -> str:
    """A row for each core: how long its proofs took, what holds beside what holds of all, and its numbers."""
    tools = document["tools"]
    by_toy: dict[str, list[Mapping[str, Any]]] = {}
    for row in document["rows"]:
        by_toy.setdefault(row["toy"], []).append(row)
    count = sum(len(row["properties"]) for row in document["rows"])
    outcomes = Counter(row["outcome"] for row in document["rows"] for _ in row["properties"])
    said = [
        f"{count} properties of {len(by_toy)} cores with GHDL {tools['ghdl']} and Yosys {tools['yosys']}, {document['seconds']:.0f} s of",
        f"processor time: {', '.join(f'{number} {OUTCOMES[outcome]}' for outcome, number in outcomes.items())}.",
    ]
    head = "| core | inside at most | taken within | given within | any word is right | also | s |\n|---|---|---|---|---|---|---|"
    return "\n".join([*said, "", sentences(), "", head, *(_proof_row(name, rows) for name, rows in by_toy.items())]) + "\n"


def _proof_row(name: str, rows: Sequence[Mapping[str, Any]]) -> str:
    toy = TOYS[name]
    outcome = {one: row for row in rows for one in row["properties"]}
    numbers = [str(number) for number in (toy.inside, toy.takes_within, toy.gives_within)] if "inside" in outcome else ["–"] * 3
    also = [one for one in outcome if one not in (*ALWAYS, "data")]
    bad = [f"**{one}: {row['outcome']}**" for one, row in outcome.items() if row["outcome"] in ("refuted", "open")]
    data = _extent(outcome["data"]) if "data" in outcome else "–"
    depths = sorted({row["depth"] for one, row in outcome.items() if row["outcome"] == "bounded" and one != "data"})
    bounded = [f"all but `valid_alone` to {depth} clocks alone" for depth in depths]
    cells = [f"`{name}`", *numbers, data, ", ".join([*also, *bounded, *bad]) or "–", f"{sum(row['seconds'] for row in rows):.0f}"]
    return f"| {' | '.join(cells)} |"


def _extent(row: Mapping[str, Any]) -> str:
    return {"proven": "proven", "bounded": f"to {row['depth']} clocks"}.get(row["outcome"], row["outcome"])


def faults(document: Mapping[str, Any]) -> str:
    """A row for each core: faults drawn, refuted and by what, the same, and what is left with its reason."""
    by_toy: dict[str, list[Mapping[str, str]]] = {}
    for row in document["faults"]:
        by_toy.setdefault(row["toy"], []).append(row)
    total = Counter(row["outcome"] for row in document["faults"])
    count, minutes = len(document["faults"]), document["seconds"] / 60
    said = [
        f"{count} faults in {len(by_toy)} cores, {minutes:.0f} minutes of processor time: {total['refuted']} refuted,",
        f"{total['same']} proven to be the same core, {total['data alone']} the same but for data that their row does not look at,",
        f"{total['kept']} listed with a reason, {total['survives']} survive: no property of their row sees them.",
    ]
    lines = [*said, "", "| core | faults | refuted | the same | data alone | listed | first refuted by |", "|---|---|---|---|---|---|---|"]
    for name, rows in by_toy.items():
        here = Counter(row["outcome"] for row in rows)
        by = Counter(row["by"] for row in rows if row["outcome"] == "refuted").most_common()
        cells = [f"`{name}`", *(str(number) for number in (len(rows), here["refuted"], here["same"], here["data alone"], here["kept"]))]
        lines.append(f"| {' | '.join(cells)} | {', '.join(f'{one} {number}' for one, number in by)} |")
    left = [row for row in document["faults"] if row["outcome"] in ("kept", "survives")]
    if left:
        lines += ["", "| not refuted | why |", "|---|---|"]
        lines += [f"| `{row['toy']}`: `{row['fault']}` | {row['by']} |" for row in left]
    return "\n".join(lines) + "\n"


def sentences() -> str:
    """What each property says, as a table."""
    plain = dict.fromkeys(("inside", "takes_within", "gives_within", "room", "real_time"), "N")
    return "\n".join(["| property | says |", "|---|---|", *(f"| `{name}` | {text.format(**plain)} |" for name, text in SENTENCES.items())])


if __name__ == "__main__":
    sys.exit(main())
