"""Send speech through a band filter, a denoiser and a hearing aid, prove every word, and write a report."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from ossicle.commands import DONE, MISMATCH

EXAMPLES = ("ossicle demo --output build/demo",)


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--output", default="build/demo", metavar="DIR", help="folder to write (default: build/demo)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: Namespace) -> int:
    from ossicle.demo import run_demo
    from ossicle.terminal import Progress, print_json, text_table

    with Progress("demo") as progress:
        sections, facts = run_demo(arguments.output, progress)
    if arguments.json:
        print_json(facts)
    else:
        for section in sections:
            print(f"{section.title}\n")
            for part in section.tables:
                print(text_table([part.head, *part.rows], right=part.right, indent="  ") + "\n")
        print(f"{'proven' if facts['passed'] else 'not proven'} in {facts['seconds']:.0f} s; open {Path(arguments.output) / 'report.html'}")
    for section in sections:
        for sentence in section.complaints:
            print(f"ossicle: {sentence}", file=sys.stderr)
    return DONE if facts["passed"] else MISMATCH
