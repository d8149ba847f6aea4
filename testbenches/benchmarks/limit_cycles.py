"""What is left of recursive filters once the signal has gone: zero-input limit cycles, measured on the bit-true model.

    python -m testbenches.benchmarks.limit_cycles

Each filter plays bursts of noise and tones at many levels, then silence until every ringing has died away; what goes on is counted in
steps of the output.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from fixed_point.families.section_responses import response_length
from ip_cores.biquad import Biquad
from ip_cores.core import make_core
from ip_cores.parameters import ParameterError

RATE = 16000
ORDERS = range(1, 9)
CUTOFFS = (20, 50, 100, 200, 1000, 2500, 4000, 5300, 7000, 7900)
CENTRES = (50, 100, 250, 1000, 2500, 4000, 5300, 7000)
QUALITIES = (0.5, 0.707, 2, 10)
GAINS = (-12, 12)
BURST, HEARD = 1500, 3000
"""Words of a signal, and of the silence in which limit cycles are looked for."""


class Row(NamedTuple):
    """A family of filters, and the largest limit cycle of any of them in steps."""

    family: str
    filters: int
    steps: int
    promised: int
    worst: str


def designs(family: str) -> Iterator[dict[str, Any]]:
    """Designs of a family, to order 8; of peaking and shelving filters up to four sections in a row."""
    if family.startswith("butter"):
        kind = family.split(" ")[1]
        for order in ORDERS:
            for cutoff in CUTOFFS:
                yield {"method": "butter", "order": order, "cutoff": cutoff, "kind": kind}
        return
    for centre in CENTRES:
        for gain in GAINS:
            for q in QUALITIES if family == "peaking" else (0.5, 0.707, 1):
                yield {"method": family, "frequency": centre, "gain": gain, "q": q}


FAMILIES = ("butter lowpass", "butter highpass", "peaking", "low_shelf", "high_shelf")


def limit_cycle(core: Biquad, seed: int = 0, bursts: int = 6) -> int:
    """Largest magnitude at the end of silence behind bursts of many kinds."""
    random = np.random.default_rng(seed)
    ringing = 2 * response_length(core.cascade.values)
    worst = 0
    for number in range(bursts):
        level = core.sink.maximum * 2.0 ** -float(random.uniform(0, 12))
        tone = np.sin(2 * np.pi * random.uniform(0.001, 0.5) * np.arange(BURST))
        shape = tone if number % 2 else random.uniform(-1, 1, BURST)
        words = np.zeros(BURST + ringing + HEARD, np.int64)
        words[:BURST] = np.floor(level * shape)
        worst = max(worst, int(np.abs(core.model(words)[-HEARD:]).max()))
    return worst


def measured(family: str, sections: int = 1, bursts: int = 6, **parameters: Any) -> Row:
    """The worst filter of a family; peaking and shelving filters are put `sections` times in a row."""
    found: list[tuple[int, int, str]] = []
    for design in designs(family):
        times = 1 if family.startswith("butter") else sections
        try:
            core = make_core({"core": "biquad", "name": "tried", "sample_rate": RATE, "design": [design] * times, **parameters})
        except ParameterError:  # so few bits that roundings alone would fill them
            continue
        assert isinstance(core, Biquad)
        told = ", ".join(f"{key} = {value}" for key, value in design.items() if key not in ("method", "kind"))
        found.append((limit_cycle(core, bursts=bursts), core.limit_cycle, told))
    steps, _, worst = max(found)
    return Row(family, len(found), steps, max(promised for _, promised, _ in found), worst if steps else "")


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--state-word-length", type=int, default=0, help="bits of the words between sections; 0: as many as end limit cycles"
    )
    parser.add_argument("--no-error-feedback", action="store_true", help="round to nearest instead")
    parser.add_argument("--sections", type=int, default=4, help="peaking and shelving sections in a row")
    given = parser.parse_args(arguments)
    print("| filters | how many | limit cycle, steps | bound | worst |\n|---|---:|---:|---:|---|")
    for family in FAMILIES:
        lengths = {"state_word_length": given.state_word_length, "coefficient_word_length": 24}
        row = measured(family, given.sections, error_feedback=not given.no_error_feedback, **lengths)
        print(f"| {row.family} | {row.filters} | {row.steps} | {row.promised} | {row.worst} |", flush=True)


if __name__ == "__main__":
    main()
