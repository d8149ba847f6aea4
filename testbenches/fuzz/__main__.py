"""Draw cores of every kind at random and hold each to an oracle, every engine to the model, and every reader to spoilt files.

    python -m testbenches.fuzz --seconds 300                            make fuzz SECONDS=300
    python -m testbenches.fuzz --engine model --count 10000             make fuzz ENGINE=model COUNT=10000
    python -m testbenches.fuzz --replay build/fuzz/FAILURE.toml

Engines are ``model`` (against oracles that share nothing with it, `testbenches/fuzz/oracles`), ``myhdl``, ``ghdl`` and ``native`` (against
the model, by the legs of `verify` and through three more resets), ``vhdl`` (``ghdl -a`` with ``--std=93``, ``93c`` and ``08``, ``-Wall
--warn-error``, synthesis, and what nobody should have to read) and ``files`` (descriptions, coefficients, sound and HDL that were spoilt).

The first failure ends it: it is made smaller, and what is left of it stands in a file that replays it, as any description the TOML of a
core. Exit status 1 then. What was drawn is counted in ``build/fuzz/ENGINE.json``; the same seed draws the same cases.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from testbenches.fuzz.campaign import Campaign, leave, played_by, run_campaign, write_counts
from testbenches.fuzz.hunting import ENGINES, replay
from testbenches.fuzz.strategies import DESCRIPTIONS


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m testbenches.fuzz", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seconds", type=float, help="how long, all engines in turn (default: 300)")
    parser.add_argument("--count", type=int, help="how many different cases instead, of one engine")
    parser.add_argument("--engine", action="append", choices=ENGINES, help="some engines instead of all")
    parser.add_argument("--kind", action="append", choices=list(DESCRIPTIONS), help="some kinds of core instead of all")
    parser.add_argument("--seed", type=int, default=0, help="of everything that is drawn (default: %(default)s)")
    parser.add_argument("--jobs", type=int, default=2, help="hunts at a time (default: %(default)s)")
    parser.add_argument("--output", type=Path, default=Path("build/fuzz"), help="folder for counts and failures (default: %(default)s)")
    parser.add_argument("--replay", type=Path, metavar="FILE", help="play a failure again")
    given = parser.parse_args(arguments)
    if given.replay:
        return played_again(given.replay)
    engines = given.engine or list(ENGINES)
    if given.count is not None and (given.count < 1 or len(engines) != 1 or given.seconds is not None):
        parser.error(f"--count {given.count}: must be 1 or more, with one --engine and without --seconds")
    idle = [engine for engine in engines if not played_by(engine, given.kind or ())]
    if idle == engines:
        parser.error(f"--engine {', '.join(idle)}: must be one that plays --kind {', '.join(given.kind)}")
    if given.seed < 0 or given.jobs < 1 or (given.seconds or 1) <= 0:
        parser.error("--seed must be 0 or more, --jobs 1 or more, --seconds more than 0")
    seconds = None if given.count else given.seconds or 300.0
    print(f"seed {given.seed}", flush=True)
    name = engines[0] if len(engines) == 1 else "all"

    def report(campaign: Campaign) -> None:
        """What has been found by now is kept, whatever ends it."""
        write_counts(campaign, given.output, name)
        if sys.stderr.isatty():
            progress(campaign)

    try:
        campaign = run_campaign(given.seed, engines, given.kind or (), seconds, given.count, given.jobs, report)
    except KeyboardInterrupt:
        print(f"fuzz: interrupted; what was counted stands in {given.output / name}.json", file=sys.stderr)
        return 130
    left = leave(campaign, given.output, name)
    print(table(campaign, engines))
    for found in campaign.failures:
        print(f"fuzz: {found.engine}, {found.kind}, seed {found.seed}: {found.message}", file=sys.stderr)
    for path in left:
        print(f"fuzz: see it again with: python -m testbenches.fuzz --replay {path}", file=sys.stderr)
    return 1 if campaign.failures else 0


def played_again(path: Path) -> int:
    """Play a failure again; exit status."""
    try:
        wrong = replay(path)
    except OSError as error:
        print(f"fuzz: {path}: {error.strerror}", file=sys.stderr)
        return 2
    print(f"{path}: {wrong or 'nothing is wrong any more'}")
    return 1 if wrong else 0


def progress(campaign: Campaign) -> None:
    """Where a campaign is, in one line of a terminal."""
    counts = ", ".join(f"{engine} {campaign.count(engine)}" for engine in campaign.used)
    print(f"\r{campaign.seconds:.0f} s: {counts} ", end="", file=sys.stderr, flush=True)


def table(campaign: Campaign, engines: Sequence[str]) -> str:
    """Cases by kind and engine."""
    kinds = sorted({kind for _, kind in campaign.drawn})
    width = max(map(len, kinds), default=0)
    lines = [f"{'':{width}}" + "".join(f"{engine:>8}" for engine in engines)]
    for kind in kinds:
        cells = (f"{len(campaign.drawn[engine, kind]) if (engine, kind) in campaign.drawn else '':>8}" for engine in engines)
        lines.append(f"{kind:{width}}" + "".join(cells))
    lines.append(f"{'all':{width}}" + "".join(f"{campaign.count(engine):>8}" for engine in engines))
    refused, failed = sum(campaign.refused.values()), len(campaign.failures)
    return "\n".join([*lines, f"{refused} refused or not played, {failed} failed, {campaign.seconds:.0f} s"])


if __name__ == "__main__":
    sys.exit(main())
