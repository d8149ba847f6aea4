"""Play a counterexample of `make formal` in the test bench.

    python -m testbenches.formal.replay build/formal/fifo_3/data.json [--engine native]

Says what the test bench sees: a breach of the protocol, words that differ from the model's, or nothing, where the property speaks of
clocks that it does not judge. Exit status 1 where it sees the fault.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from testbenches.errors import ToolError
from testbenches.formal.counterexample import Counterexample
from testbenches.simulate import HARDWARE
from testbenches.verify import EngineResult


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m testbenches.formal.replay", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--engine", choices=[engine for engine in HARDWARE if engine != "myhdl"], default="ghdl")
    given = parser.parse_args(arguments)
    try:
        found = Counterexample.read(given.file)
        result = found.play(given.file.parent, given.engine)
    except (ValueError, ToolError) as error:
        print(f"replay: {error}", file=sys.stderr)
        return 2
    print(f"{found.description['name']}: {found.failed} does not hold in cycle {found.cycle}; {given.engine}: {seen(result)}")
    return 0 if result.passed else 1


def seen(result: EngineResult) -> str:
    """The test bench's finding, as a sentence."""
    if result.error:
        return result.error
    first = result.first_difference
    if first is None:
        return f"{result.words_compared} words, as the model's; see the waveform beside the file"
    words = f"model {first.expected}, hardware {first.found}, cycle {first.cycle}"
    return f"{result.words_different} of {result.words_compared} words differ, first {first.field} {first.index}: {words}"


if __name__ == "__main__":
    sys.exit(main())
