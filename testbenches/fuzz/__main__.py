"""Draw cores of every kind at random and hold each to what every core keeps.

    python -m testbenches.fuzz [--count 200] [--seed 0]     make fuzz

Each core's VHDL goes through ``ghdl -a`` with ``--std=93``, ``93c`` and ``08``, ``-Wall --warn-error``, and must pass in silence. A core
that does not is printed as the description that makes it again; exit status 1 then.
"""

from __future__ import annotations

import argparse
import itertools
import sys

from tqdm import tqdm

from ip_cores.core import core_kinds
from ip_cores.description_text import to_toml
from testbenches.fuzz.analysis import ghdl_complaints
from testbenches.fuzz.random_cores import random_core


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m testbenches.fuzz", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--count", type=int, default=200, help="how many cores (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of the first core (default: %(default)s)")
    arguments = parser.parse_args()
    if arguments.count < 1 or arguments.seed < 0:
        parser.error(f"--count {arguments.count} --seed {arguments.seed}: must be 1 or more, and 0 or more")
    drawn = (random_core(kind, seed) for seed in itertools.count(arguments.seed) for kind in core_kinds())
    cores = itertools.islice((core for core in drawn if core is not None), arguments.count)
    failed, tried = 0, dict.fromkeys(core_kinds(), 0)
    for core in tqdm(cores, total=arguments.count, unit=" cores", leave=False, disable=not sys.stderr.isatty()):
        tried[core.kind] += 1
        found = ghdl_complaints(core)
        if found:
            failed += 1
            print("\n".join([*found, to_toml(core.description), ""]))
    print("  ".join(f"{kind} {count}" for kind, count in tried.items()))
    print(f"{arguments.count - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
