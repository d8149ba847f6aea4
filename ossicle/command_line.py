# PYTHON_ARGCOMPLETE_OK
"""The command line ``ossicle``: arguments in, an exit status out.

0: done, or proven. 1: a mismatch was found. 2: bad input, said in one line. 130: interrupted from the keyboard.
"""

from __future__ import annotations

import argparse
import errno
import os
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from ossicle import __version__
from ossicle.commands import BAD_INPUT, MISMATCH, Command, commands
from ossicle.terminal import Interrupts

INTERRUPTED = 130
"""128 and the number of SIGINT, as shells count."""

INTERNAL = 70
"""A fault of the program itself; EX_SOFTWARE of sysexits.h."""


class Parser(argparse.ArgumentParser):
    """A parser whose complaints are one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(BAD_INPUT, f"ossicle: {message} (see {self.prog} --help)\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    argv : sequence of str, optional
        Without the program's name; those of the process by default.

    Returns
    -------
    int
        Exit status.
    """
    # Products of matrices here take milliseconds; threads for them wait for each other busily, and on a busy machine many times as long.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        known = commands()
        parser = make_parser(known)
        if "_ARGCOMPLETE" in os.environ:  # a shell asks how the line may go on
            import argcomplete

            argcomplete.autocomplete(parser)
        arguments = parser.parse_args(argv)
        with Interrupts():
            status = known[arguments.command].run(arguments)
        sys.stdout.flush()
        return status
    except SystemExit as leaving:  # argparse leaves this way
        return leaving.code if isinstance(leaving.code, int) else BAD_INPUT
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has gone. Python would complain once more when it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if os.environ.get("OSSICLE_DEBUG"):
            raise
        status, sentence = explain(error)
        print(f"ossicle: {sentence}", file=sys.stderr)
        return status


def make_parser(known: dict[str, Command]) -> Parser:
    """The parser of all commands."""
    parser = Parser(
        prog="ossicle",
        description="Fixed-point signal-processing cores for FPGA hearing aids: generate their VHDL, and prove it.",
        epilog="Exit status: 0 done or proven, 1 a mismatch was found, 2 bad input.",
    )
    parser.add_argument("--version", action="version", version=f"ossicle {__version__}")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, command in known.items():
        summary, _, rest = (command.__doc__ or "").partition("\n")
        summary = summary.rstrip(".")
        about: dict[str, Any] = {"help": summary[:1].lower() + summary[1:], "description": f"{summary}.\n{rest.rstrip()}"}
        about["epilog"] = "\n".join(["examples:", *(f"  {line}" for line in command.EXAMPLES)])
        command.add_arguments(subparsers.add_parser(name, formatter_class=argparse.RawDescriptionHelpFormatter, **about))
    return parser


ELSEWHERE = "(OSSICLE_CACHE for what is kept, TMPDIR for scratch files)"
WHAT_TO_DO = {
    errno.ENOSPC: f": nothing was changed; free some space, or name a folder elsewhere {ELSEWHERE}",
    errno.EDQUOT: f": nothing was changed; free some space, or name a folder elsewhere {ELSEWHERE}",
    errno.EROFS: f": nothing was changed; name a folder that can be written {ELSEWHERE}",
}
"""Behind what the system says of a place where nothing can be written."""


def explain(error: Exception) -> tuple[int, str]:
    """Exit status and sentence for what a command raised.

    Examples
    --------
    >>> explain(FileNotFoundError(2, "No such file or directory", "taps.csv"))
    (2, 'taps.csv: No such file or directory')
    """
    from testbenches.errors import EngineMismatch, SimulationError, ToolError

    text = " ".join(str(error).split())
    if isinstance(error, EngineMismatch | SimulationError):
        return MISMATCH, text
    if isinstance(error, OSError) and error.strerror:
        place = f"{error.filename}: " if error.filename else ""
        if isinstance(error, FileExistsError | NotADirectoryError):
            return BAD_INPUT, f"{place}is a file where a folder is needed"
        return BAD_INPUT, place + error.strerror + WHAT_TO_DO.get(error.errno or 0, "")
    if isinstance(error, ToolError | ValueError | OSError):
        return BAD_INPUT, text
    if isinstance(error, MemoryError):
        return BAD_INPUT, "not enough memory for an input of this size"
    return INTERNAL, f"internal error, {type(error).__name__}: {text} (OSSICLE_DEBUG=1 shows where)"
