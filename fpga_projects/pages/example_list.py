"""The list of examples in ``examples/README.md``, by family of core: each with the first line of its file.

``python -m fpga_projects.pages.example_list`` writes it anew; a test holds it to the files.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ip_cores.description import read_description
from ip_cores.kinds import known_kinds

EXAMPLES = Path(__file__).resolve().parent.parent.parent / "examples"

FIRST, LAST = "<!-- list: written by `python -m fpga_projects.pages.example_list` -->", "<!-- end of list -->"

FAMILIES = {
    "filters": "Filters",
    "banks": "Filter banks",
    "hearing": "Hearing",
    "streams": "Streams and what is made of cores",
    "audio": "Audio converters",
    "board": "On a board",
    "networks": "Networks",
    "": "Others",
}
"""Families of cores in the order of the list, and how their parts of it are headed."""


def first_line(path: Path) -> str:
    """What an example is: its first comment line, up to a colon where its sentence goes on in the next.

    Raises
    ------
    ValueError
        If the file begins with no comment.

    Examples
    --------
    >>> first_line(EXAMPLES / "split.toml"), first_line(EXAMPLES / "band_direct.toml")
    ('One stream to three, each word to all of them.', 'The speech band as a 64-tap linear-phase filter, direct form.')
    """
    line = path.read_text(encoding="utf-8").partition("\n")[0]
    if not line.startswith("# "):
        raise ValueError(f"{path}: must begin with a line that says what it is")
    text = line.removeprefix("# ").strip()
    return text if text.endswith(".") else text.rpartition(":")[0] + "."


def example_list(paths: Sequence[Path]) -> str:
    """Tables of examples, one for each family of cores, and one of what names no core."""
    kinds = known_kinds()
    rows: dict[str, list[str]] = {family: [] for family in FAMILIES}
    besides = []
    for path in sorted(paths):
        kind = read_description(path).get("core")
        if kind is None:
            besides.append(f"| `{path.name}` | {first_line(path)} |")
        else:
            rows.setdefault(kinds[kind].family, []).append(f"| `{path.name}` | `{kind}` | {first_line(path)} |")
    parts = []
    for family, lines in rows.items():
        if lines:
            parts += [f"### {FAMILIES.get(family, family.capitalize())}", "", "| file | core | what it is |", "|---|---|---|", *lines, ""]
    return "\n".join([*parts, "### Besides", "", "| file | what it is |", "|---|---|", *besides])


def with_list(page: str, listed: str) -> str:
    """A page with another list between the marks."""
    head, _, rest = page.partition(FIRST)
    return f"{head}{FIRST}\n\n{listed}\n\n{LAST}{rest.partition(LAST)[2]}"


def main() -> int:
    """Write the list into the page."""
    page = EXAMPLES / "README.md"
    page.write_text(with_list(page.read_text(encoding="utf-8"), example_list(list(EXAMPLES.glob("*.toml")))), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
