"""List the cores there are."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from ossicle.commands import DONE


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: Namespace) -> int:
    from ip_cores.core import core_kinds
    from ossicle.terminal import print_json, text_table

    summaries = {name: cls.summary for name, cls in core_kinds().items()}
    if arguments.json:
        print_json(summaries)
    else:
        print(text_table([[name, summary] for name, summary in summaries.items()], last_wraps=True))
        print("\n`ossicle show CORE` prints the parameters of one.")
    return DONE
