"""The chain of proof as a person wants to see it: with progress, as a table, and with a sentence for what went wrong."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

from ip_cores.core import Core, format_text
from ip_cores.generate import Manifest
from ip_cores.schedule import amount, number_text
from ossicle.terminal import Progress, decibels_text, rate, text_table, thousands
from testbenches.interface import Interface
from testbenches.judgement import Judgement
from testbenches.proof_results import EngineResult, Leg, Verification
from testbenches.register_proof import registers_of
from testbenches.simulate import delivered
from testbenches.verify import verify


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
    rows = [["reference ~ model", *quality_cells(outcome.judgement)]]
    for engine in outcome.engines:
        compared, different = thousands(engine.words_compared), thousands(engine.words_different)
        speed = f"{rate(engine.cycles_per_second)} cycles" if engine.cycles else ""
        cells = [f"{compared} words", f"{different} different", speed]
        rows.append([f"model == {engine.engine}", *(cells if engine.error is None else ["no result", "", ""])])
    carried = "" if core.is_source else f"{format_text(core.sink_format)} to "
    head = f"{core.name}: {core.kind}, {carried}{format_text(core.source_format)}"
    timing = f"latency {amount(core.latency, 'clock')}, {number_text(core.cycles_per_sample)} per sample"
    played = f"nothing enters, seed {outcome.seed}" if core.is_source else f"{source}, seed {outcome.seed}"
    ran = text_table([[engine.engine, *leg_cells(leg)] for engine in outcome.engines for leg in engine.legs])
    notes = "".join(f"\n{line}" for line in remarks(outcome.judgement))
    streams = (*core.sinks, *core.sources)
    read = {f"{register.slave}_readdata" for register in registers_of(core)} if len(streams) == 2 else set()
    read |= {name for engine in outcome.engines for leg in engine.legs for name in leg.beside}
    outputs = (name for name in Interface.of(core.ports).outputs if name.rpartition("_")[0] not in streams)
    beside = ", ".join(name for name in outputs if name not in read)
    left = f"\n\noutputs beside the stream, which no model gives, are not compared: {beside}" * bool(beside)
    return f"{head}; {timing}\n{played}{notes}\n\n{text_table(rows)}\n\n{ran}{left}\n\n{'proven' if outcome.passed else 'not proven'}"


def leg_cells(leg: Leg) -> list[str]:
    """What a run of an engine was, with counts, as cells of a table.

    Examples
    --------
    >>> leg_cells(Leg("full rate", 250, stalls=False, scheduled=True, extremes=38, worst_case=10))
    ['full rate', '250 words', 'no stalls, no reset, every clock on schedule, 38 extremes, 10 worst case']
    >>> leg_cells(Leg("filled", 30, stalls=False, stop=70))
    ['filled', '30 words', 'each side stops for 70 clocks at a time, no reset']
    >>> leg_cells(Leg("restarted", 240, reset=True, runs=10))
    ['restarted', '240 words', 'random stalls, 10 resets']
    >>> leg_cells(Leg("controls moved", 48, moves=12))
    ['controls moved', '48 words', 'random stalls, no reset, 12 moves']
    >>> leg_cells(Leg("registers", 30, moves=16, reads=51))
    ['registers', '30 words', 'random stalls, no reset, 16 writes, 51 registers read']
    """
    stalls = f"each side stops for {thousands(leg.stop)} clocks at a time" if leg.stop else "random stalls" if leg.stalls else "no stalls"
    said = [stalls, ("a reset" if leg.runs == 1 else f"{leg.runs} resets") if leg.reset else "no reset"]
    said += ["every clock on schedule"] * leg.scheduled
    spoilt = "frames out of turn" if leg.name == "wrong channels" else "packets malformed"
    counts = {"extremes": leg.extremes, "voiced": leg.voiced, "worst case": leg.worst_case, "writes" if leg.reads else "moves": leg.moves}
    counts |= {"registers read": leg.reads, spoilt: leg.malformed}
    said += [f"{thousands(count)} {what}" for what, count in counts.items() if count]
    said += [f"with {', '.join(leg.beside)}"] * bool(leg.beside)
    said += [f"nothing seen of {', '.join(leg.unnoticed)}"] * bool(leg.unnoticed)
    return [leg.name, f"{thousands(leg.words_in)} words", ", ".join(said)]


def quality_cells(judgement: Judgement) -> list[str]:
    """SNR, promise with margin, and error, as cells of a table."""
    if judgement.promise.exact:
        promised = promise_text(judgement) if judgement.promise.snr is None else f"{promise_text(judgement)} promised"
        return ["exact" if judgement.snr == math.inf else f"SNR {decibels_text(judgement.snr)}", promised, f"MSE {judgement.mse:.3g}"]
    margin = judgement.margin
    more = "" if margin is None or not math.isfinite(margin) else f", {decibels_text(margin)} margin"
    return [f"SNR {decibels_text(judgement.snr)}", f"{promise_text(judgement)} promised{more}", f"MSE {judgement.mse:.3g}"]


def promise_text(judgement: Judgement) -> str:
    """What was promised, in short."""
    promised = judgement.promise
    if promised.snr is None:
        return "not judged"
    return "exact" if promised.exact else decibels_text(promised.snr)


def remarks(judgement: Judgement) -> list[str]:
    """What has to be said beside SNR and promise: of silence, of words that saturate, of decisions."""
    promised = judgement.promise
    lines = []
    if promised.snr is None:
        lines.append("silence: compared exactly, which tells nothing of word lengths")
    if judgement.lowered:
        lines.append(f"SNR judged at a level {6 * judgement.lowered} dB lower: at a higher one nearly every word saturates")
    if promised.saturated:
        every = thousands(promised.words + promised.saturated)
        lines.append(f"{thousands(promised.saturated)} of {every} words saturate or depend on one that does; the SNR is that of the others")
    if made := promised.decisions:
        share = f"{thousands(made.different)} of {thousands(made.made)} decisions differ from the reference's"
        lines.append(f"{share}, {thousands(made.uncertain)} may; the SNR is that against a reference that follows the model's")
    return lines


def complaints(outcome: Verification) -> list[str]:
    """One sentence for everything that was not as promised, with how to see it again."""
    found = [complaint(engine) for engine in outcome.engines if not engine.passed]
    if outcome.unnoticed:
        dead = f"nothing was seen of {', '.join(outcome.unnoticed)}: dead, the same words would have come; more --samples may show it"
        found.append(f"{outcome.name}: {dead}")
    if not outcome.sounds:
        found.append(f"{outcome.name}: every word is 0: a dead core would have given the same; more --samples, or others, may show it")
    return found + [f"{outcome.name}: {sentence}" for sentence in quality_complaints(outcome.judgement)] + extreme_complaints(outcome)


def extreme_complaints(outcome: Verification) -> list[str]:
    """A sentence if the model is not what was promised at the extremes and in the worst case."""
    found = outcome.extremes
    if found.kept or not found.promise.words:
        return []
    measured = f"SNR {decibels_text(found.snr)} against the reference, {promise_text(found)} promised"
    return [f"{outcome.name}: extremes and worst case: {measured}"]


def quality_complaints(judgement: Judgement) -> list[str]:
    """One sentence for everything in which the model is not what was promised, or in which that proves nothing."""
    promised, found = judgement.promise, []
    made = promised.decisions
    if not judgement.alike:
        found.append("model and reference give another number of words, or other channels or marks beside them")
    if not promised.words:
        found.append("every word saturates, at any level; nothing is left to be compared")
    elif made is not None and not made.kept:
        found.append(f"{thousands(made.different)} of {thousands(made.made)} decisions differ, {thousands(made.uncertain)} may")
    if promised.words and promised.exact and judgement.snr < math.inf:
        found.append(f"SNR {decibels_text(judgement.snr)} against the reference, where every word has to be exact")
    elif promised.words and not promised.exact and judgement.snr < (promised.snr or 0.0):
        found.append(f"SNR {decibels_text(judgement.snr)} against the reference, {promise_text(judgement)} promised")
    if promised.words and not judgement.tells:
        least = f"less than {judgement.least:g} dB proves nothing, unless minimum_snr in the description says that less is meant"
        found.append(f"{promise_text(judgement)} promised on these words: {least}")
    return found


def complaint(engine: EngineResult) -> str:
    """What one engine found wrong."""
    leg = engine.legs[-1].name if engine.legs else "stalled"
    again = f"{'' if leg == 'stalled' else f' ({leg})'}; replay: {engine.replay}"
    if engine.error is not None:
        return f"{engine.engine}: {engine.error}{again}"
    if engine.first_late is not None and not engine.words_different:
        return f"{engine.engine}: {engine.first_late}{again}"
    first = engine.first_difference
    if first is None:
        return f"{engine.engine}: no word came out to be compared{again}"
    given = "nothing" if first.found is None else f"{first.found} in cycle {first.cycle}"
    wanted = "no such word" if first.expected is None else str(first.expected)
    many = f"{thousands(engine.words_different)} of {thousands(engine.words_compared)}"
    if leg == "registers":
        shown = f"first {first.field}, read {first.index}: written {wanted}, hardware {given}"
        return f"{engine.engine}: {many} registers differ, {shown}{again}"
    return f"{engine.engine}: {many} words differ, first {first.field} {first.index}: model {wanted}, hardware {given}{again}"
