"""The chain of proof as a person wants to see it: with progress, as a table, and with a sentence for what went wrong."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from ip_cores.core import Core, format_text
from ip_cores.generate import Manifest
from ip_cores.schedule import number_text
from ossicle.terminal import Progress, decibels_text, rate, text_table, thousands
from testbenches.simulate import delivered
from testbenches.verify import EngineResult, Verification, verify


def prove_core(
    core: Core,
    x: Any,
    engines: Sequence[str],
    progress: Progress,
    *,
    samples: int | None = None,
    seed: int = 0,
    source: str = "",
    manifest: Manifest | None = None,
) -> Verification:
    """`testbenches.verify.verify`, engine by engine, on VHDL that is generated once.

    Each engine's run is then the very one that its replay command starts.

    Parameters
    ----------
    core, x, samples, seed, source, manifest
        As for `verify`.
    engines : sequence of str
    progress : Progress
    """

    def advance(engine: str, taken: int, given: int) -> None:
        progress.update(taken)

    parts = []
    progress.step(f"{core.name}: generating VHDL")
    with delivered(core, manifest) as files:
        for engine in engines:
            progress.step(f"{core.name}: {engine}")
            parts.append(verify(core, x, (engine,), samples=samples, seed=seed, source=source, manifest=files, progress=advance))
    longest = max(parts, key=lambda part: part.samples)
    return dataclasses.replace(longest, engines=tuple(part.engines[0] for part in parts))


def report(core: Core, outcome: Verification, source: str) -> str:
    """The proof as a table, with what was run above it and the verdict below."""
    promise = f"{decibels_text(outcome.predicted_snr)} promised" if outcome.predicted_snr is not None else ""
    rows = [["reference ~ model", f"SNR {decibels_text(outcome.snr)}", promise, f"MSE {outcome.mse:.3g}"]]
    for engine in outcome.engines:
        compared, different = thousands(engine.words_compared), thousands(engine.words_different)
        cells = [f"{compared} words", f"{different} different", f"{rate(engine.cycles_per_second)} cycles"]
        rows.append([f"model == {engine.engine}", *(cells if engine.error is None else ["no result", "", ""])])
    head = f"{core.name}: {core.kind}, {format_text(core.sink_format)} to {format_text(core.source_format)}"
    timing = f"latency {core.latency} clocks, {number_text(core.cycles_per_sample)} per sample"
    played = f"{source}, seed {outcome.seed}; random stalls on both sides, a reset in mid-stream; then full rate, clock by clock"
    return f"{head}; {timing}\n{played}\n\n{text_table(rows)}\n\n{'proven' if outcome.passed else 'not proven'}"


def complaints(outcome: Verification) -> list[str]:
    """One sentence for everything that was not as promised, with how to see it again."""
    found = [complaint(engine) for engine in outcome.engines if not engine.passed]
    if not outcome.snr_passed:
        reached, promised = decibels_text(outcome.snr), decibels_text(outcome.predicted_snr)
        found.append(f"{outcome.name}: SNR {reached} against the reference, {promised} promised")
    return found


def complaint(engine: EngineResult) -> str:
    """What one engine found wrong."""
    again = f"; replay: {engine.replay}"
    if engine.error is not None:
        return f"{engine.engine}: {engine.error}{again}"
    if engine.first_late is not None and not engine.words_different:
        return f"{engine.engine}: {engine.first_late}{again}"
    first = engine.first_difference
    if first is None:
        return f"{engine.engine}: no word came out to be compared{again}"
    given = "nothing" if first.found is None else f"{first.found} in cycle {first.cycle}"
    wanted = "no such word" if first.expected is None else str(first.expected)
    many = f"{thousands(engine.words_different)} of {thousands(engine.words_compared)} words differ"
    return f"{engine.engine}: {many}, first {first.field} {first.index}: model {wanted}, hardware {given}{again}"
