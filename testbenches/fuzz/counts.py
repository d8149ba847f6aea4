"""The section of docs/verification.md on what was drawn at random, from what `make fuzz` wrote.

    python -m testbenches.fuzz.counts

The counts of an engine alone (`make fuzz ENGINE=model COUNT=10000`) come before those of all in turn. The section stays as it is where
nothing has been written.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from testbenches.fuzz.hunting import ENGINES
from testbenches.fuzz.spoilt_files import READERS
from testbenches.fuzz.strategies import DESCRIPTIONS
from testbenches.page_sections import PAGE, replaced

COMMAND = "python -m testbenches.fuzz.counts"

WHAT = {
    "model": "model against an oracle, every word",
    "myhdl": "MyHDL against the model, every word and its clock",
    "ghdl": "VHDL in GHDL against the model; for board cores the bench beside their VHDL",
    "native": "VHDL as machine code against the model",
    "vhdl": "VHDL through three editions with every warning an error, and synthesis",
    "files": "spoilt files: one line, no signal, no hang",
}
"""What each engine's cases are held to."""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog=COMMAND, description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--counts", type=Path, default=Path("build/fuzz"), help="folder in which `make fuzz` wrote")
    parser.add_argument("--page", type=Path, default=PAGE)
    given = parser.parse_args(arguments)
    found = counted(given.counts)
    if not found:
        print(f"counts: {given.counts} holds no counts: run `make fuzz` first; that section stays", file=sys.stderr)
        return 0
    given.page.write_text(replaced(given.page.read_text(), "fuzz", COMMAND, section(found)))
    return 0


def counted(folder: Path) -> dict[str, Mapping[str, Any]]:
    """What was written of each engine: its own file, or that of all."""
    found = {}
    for engine in ENGINES:
        paths = [path for path in (folder / f"{engine}.json", folder / "all.json") if path.exists()]
        documents = (json.loads(path.read_text()) for path in paths)
        document = next((one for one in documents if any(row["engine"] == engine for row in one["rows"])), None)
        if document is not None:
            found[engine] = document
    return found


def section(found: Mapping[str, Mapping[str, Any]]) -> str:
    """A row for each engine, and the cases of each kind."""
    rows = {engine: [row for row in document["rows"] if row["engine"] == engine] for engine, document in found.items()}
    lines = ["| | cases | refused or not played | failed | seed | processor time, minutes |", "|---|---|---|---|---|---|"]
    for engine, document in found.items():
        played, refused = (sum(row[key] for row in rows[engine]) for key in ("played", "refused"))
        failed = sum(one["engine"] == engine for one in document["failures"])
        minutes = document["processor_seconds"].get(engine, 0) / 60
        lines.append(f"| `{engine}`: {WHAT[engine]} | {played} | {refused} | {failed} | {document['seed']} | {minutes:.1f} |")
    engines = [engine for engine in found if engine != "files"]
    lines += ["", f"| core | {' | '.join(engines)} |", f"|---|{'---|' * len(engines)}"]
    by_kind = {engine: {row["kind"]: str(row["played"]) for row in rows[engine]} for engine in found}
    lines += [f"| `{kind}` | {' | '.join(by_kind[engine].get(kind, '–') for engine in engines)} |" for kind in DESCRIPTIONS]
    if "files" in found:
        counts = ", ".join(f"{reader} {by_kind['files'].get(reader, '0')}" for reader in READERS)
        lines += ["", f"Files: {counts}."]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
