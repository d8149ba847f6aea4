"""List the cores there are, by family."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ossicle.commands import DONE

if TYPE_CHECKING:
    from ip_cores.kinds import Kind

FAMILIES = ("filters", "banks", "hearing", "streams", "audio", "board", "networks")
"""How families follow each other; one that is not named here comes last."""

EXAMPLES = ("ossicle list",)


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: Namespace) -> int:
    from ip_cores.kinds import known_kinds
    from ossicle.terminal import print_json

    kinds = known_kinds()
    if arguments.json:
        print_json({name: kind.summary for name, kind in kinds.items()})
    else:
        print(kind_list(kinds))
        print("\n`ossicle show CORE` prints the parameters of one.")
    return DONE


def kind_list(kinds: Mapping[str, Kind]) -> str:
    """Names and summaries in aligned columns, each family under its name once any core has one.

    Examples
    --------
    >>> from ip_cores.kinds import Kind
    >>> print(kind_list({"biquad": Kind("biquad", "two poles, two zeros", "filters"), "fifo": Kind("fifo", "a queue", "streams")}))
    filters
      biquad  two poles, two zeros
    <BLANKLINE>
    streams
      fifo    a queue
    """
    from ossicle.terminal import text_table

    width = max(map(len, kinds))
    families = {kind.family for kind in kinds.values()}
    order = sorted(families, key=lambda family: (FAMILIES.index(family) if family in FAMILIES else len(FAMILIES), family == "", family))
    grouped = families != {""}
    parts = []
    for family in order:
        rows = [[kind.kind.ljust(width), kind.summary] for kind in kinds.values() if kind.family == family]
        head = f"{family or 'others'}\n" if grouped else ""
        parts.append(head + text_table(rows, indent="  " * grouped, last_wraps=True))
    return "\n\n".join(parts)
