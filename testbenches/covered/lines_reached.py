"""Lines and branches of the rooms that the tests reach, commands that tests start included."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from testbenches.house import ROOMS, ROOT

BOUND = 95.0
"""Per cent of lines and branches together that the tests have to reach."""

COUNTED = {"statements": "num_statements", "missing": "missing_lines", "branches": "num_branches", "not taken": "missing_branches"}


def run_tests(output: Path, arguments: Sequence[str]) -> int:
    """Run pytest with every line and branch counted, in its workers and in the commands that tests start too; write ``lines.json``.

    What numba would compile runs as Python, so that its lines count.

    Parameters
    ----------
    output : Path
        Folder, emptied first of what an earlier run counted.
    arguments : sequence of str
        Further ones for pytest.

    Returns
    -------
    int
        Exit status of pytest.
    """
    counts = output / "lines"
    shutil.rmtree(counts, ignore_errors=True)
    counts.mkdir(parents=True)
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1", "COVERAGE_FILE": str(counts.resolve() / "data")}
    coverage = [sys.executable, "-m", "coverage"]
    tests = ["-n", "2", "--dist", "worksteal", *arguments]
    status = subprocess.run([*coverage, "run", "-m", "pytest", *tests], cwd=ROOT, env=environment, check=False).returncode
    subprocess.run([*coverage, "combine", "--quiet"], cwd=ROOT, env=environment, check=True)
    summary = output.resolve() / "coverage.json"
    included = ",".join(f"{ROOT / room}/*" for room in ROOMS)
    subprocess.run([*coverage, "json", "--quiet", "--include", included, "-o", str(summary)], cwd=ROOT, env=environment, check=True)
    (output / "lines.json").write_text(json.dumps(document(json.loads(summary.read_text()), status), indent=1) + "\n")
    return status


def document(summary: Mapping[str, Any], status: int) -> dict[str, Any]:
    """What the page needs of a report of coverage.py: counts by room and by file, and the lines that were never run."""
    files = {}
    for name, file in sorted(summary["files"].items()):
        path = Path(name)
        place = (path.relative_to(ROOT) if path.is_absolute() else path).as_posix()
        counts = {title: file["summary"][key] for title, key in COUNTED.items()}
        files[place] = {**counts, "lines": file["missing_lines"], "moves": file["missing_branches"]}
    rooms = {room: summed([file for place, file in files.items() if place.startswith(f"{room}/")]) for room in ROOMS}
    return {"python": sys.version.split()[0], "coverage": summary["meta"]["version"], "status": status, "rooms": rooms, "files": files}


def summed(files: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    return {title: sum(file[title] for file in files) for title in COUNTED}


def percent(counts: Mapping[str, int]) -> float:
    """Lines and branches that were reached, of all of them."""
    whole = counts["statements"] + counts["branches"]
    return 100 * (1 - (counts["missing"] + counts["not taken"]) / whole) if whole else 100.0


def section(found: Mapping[str, Any]) -> str:
    """A row for each room, and the files of which least was reached."""
    rooms = {**found["rooms"], "all rooms": summed(list(found["rooms"].values()))}
    tests = "All tests passed" if found["status"] == 0 else "Not all tests passed"
    lines = [
        f"{tests}, on Python {found['python']} with coverage.py {found['coverage']}.",
        "",
        "| | statements | never run | branches | never taken | reached |",
    ]
    lines.append("|---|---:|---:|---:|---:|---:|")
    for room, counts in rooms.items():
        lines.append(f"| {room} | {' | '.join(str(counts[title]) for title in COUNTED)} | {percent(counts):.1f} % |")
    low = sorted((percent(file), place) for place, file in found["files"].items() if percent(file) < BOUND)
    if low:
        lines += ["", f"Files below {BOUND:g} %:", "", "| file | reached | lines never run |", "|---|---:|---|"]
        lines += [f"| `{place}` | {share:.0f} % | {stretches(found['files'][place]['lines'])} |" for share, place in low]
    return "\n".join(lines) + "\n"


def stretches(numbers: Sequence[int]) -> str:
    """Numbers of lines as text.

    Examples
    --------
    >>> stretches([3, 4, 5, 9])
    '3–5, 9'
    """
    rows: list[list[int]] = []
    for number in numbers:
        if rows and rows[-1][1] == number - 1:
            rows[-1][1] = number
        else:
            rows.append([number, number])
    return ", ".join(str(low) if low == high else f"{low}–{high}" for low, high in rows)
