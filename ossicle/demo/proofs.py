"""What sections that prove a core have in common: the proof itself, and how it is shown."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fpga_projects.estimation.estimate import estimate
from ip_cores.core import Core, plain
from ip_cores.description import load_core
from ip_cores.generate import Manifest, generate
from ip_cores.schedule import number_text
from ossicle.demo.section import Listing, ProofLink, Table
from ossicle.proof import complaints, promise_text, prove_core
from ossicle.terminal import Progress, decibels_text, rate, thousands
from testbenches.signals import EXAMPLES
from testbenches.simulate import simulate
from testbenches.verify import HARDWARE, Verification

ENGINE_NAMES = {"myhdl": "MyHDL", "ghdl": "VHDL in GHDL", "native": "VHDL as machine code"}


@dataclass(frozen=True)
class Proven:
    """A core, its VHDL, its proof, and what the compiled VHDL made of the signal.

    Attributes
    ----------
    label : str
        How tables call it.
    core : Core
    manifest : Manifest
    outcome : Verification
    words : ndarray of int64
    replay : str
        Command that proves it again.
    """

    label: str
    core: Any
    manifest: Manifest
    outcome: Verification
    words: np.ndarray
    replay: str

    @property
    def facts(self) -> dict[str, Any]:
        """What ``demo.json`` says of it."""
        core = self.core
        delays = {"latency": core.latency, "delay": core.algorithmic_delay, "group_delay": plain(core.group_delay)}
        timing = {**delays, "cycles_per_sample": plain(core.cycles_per_sample)}
        return {**self.outcome.as_dict(), **timing}

    @property
    def complaints(self) -> list[str]:
        return complaints(self.outcome)


def prove_example(
    label: str,
    description: str,
    source: Path,
    words: np.ndarray,
    folder: Path,
    progress: Progress,
    samples: Mapping[str, int] | None = None,
    engines: Sequence[str] | None = None,
) -> Proven:
    """Generate an example's VHDL and play words on every engine, or on some.

    Parameters
    ----------
    label : str
    description : str
        File among the examples.
    source : Path
        Where the words come from, for the replay.
    words : ndarray of int
    folder : Path
        Gets ``vhdl/NAME``.
    progress : Progress
    samples : mapping of str to int, optional
        Words for an engine; without it all of them as machine code, and a beginning on the slow engines.
    engines : sequence of str, optional
        By default all that run hardware.
    """
    core: Core = load_core(EXAMPLES / description)
    progress.step(f"{core.name}: generating VHDL")
    manifest = generate(core, folder / "vhdl" / core.name)
    source_text = f"examples/{description} --input {source}"
    parts = []
    for engine in engines or HARDWARE:
        count = (samples or {}).get(engine)
        parts.append(prove_core(core, words, (engine,), progress, samples=count, source=source_text, manifest=manifest))
    longest = max(parts, key=lambda part: part.samples)
    outcome = dataclasses.replace(longest, engines=tuple(part.engines[0] for part in parts))
    # Compiled for the proof; the engine's cache gives it back at once.
    given = simulate(core, words, "native", manifest=manifest)
    return Proven(label, core, manifest, outcome, given, f"ossicle verify {source_text}")


def headline(proven: Sequence[Proven]) -> tuple[tuple[str, str], ...]:
    """The figures of a proof that matter most."""
    engines = [engine for one in proven for engine in one.outcome.engines]
    return (
        (thousands(sum(engine.words_compared for engine in engines)), "words compared"),
        (thousands(sum(engine.words_different for engine in engines)), "words different"),
    )


def fastest(proven: Sequence[Proven]) -> tuple[str, str]:
    """Speed of the fastest engine."""
    return rate(max(engine.cycles_per_second for one in proven for engine in one.outcome.engines)), "clock cycles, fastest engine"


def checks(proven: Sequence[Proven]) -> tuple[ProofLink, ...]:
    """The chain of proof over several cores."""
    worst = decibels_text(min(one.outcome.snr for one in proven))
    links = [ProofLink("reference ~ model", f"SNR of the integers against float64: {worst}", all(one.outcome.snr_passed for one in proven))]
    for number, name in enumerate(engine.engine for engine in proven[0].outcome.engines):
        engines = [one.outcome.engines[number] for one in proven]
        different, compared = (sum(getattr(engine, what) for engine in engines) for what in ("words_different", "words_compared"))
        detail = f"{thousands(different)} of {thousands(compared)} words differ"
        links.append(ProofLink(f"model == {ENGINE_NAMES[name]}", detail, all(engine.passed for engine in engines)))
    return tuple(links)


def core_table(first: str, proven: Sequence[Proven]) -> Table:
    """Quality and timing of each core."""
    rows = []
    for one in proven:
        outcome, core = one.outcome, one.core
        promised = promise_text(outcome.judgement)
        heard = "" if core.group_delay is None else number_text(core.group_delay)
        timing = (number_text(core.cycles_per_sample), str(core.latency), heard)
        rows.append((one.label, decibels_text(outcome.snr), promised, f"{outcome.mse:.2e}", *timing, str(len(one.manifest.files))))
    head = (first, "SNR", "promised", "MSE", "cycles per sample", "latency, cycles", "group delay, samples", "VHDL files")
    # A column that no core has anything for is left away.
    kept = [number for number in range(len(head)) if any(row[number] for row in rows)]
    columns = tuple(tuple(row[number] for number in kept) for row in (head, *rows))
    return Table("Quality and timing, against float64", columns[0], columns[1:], right=tuple(range(1, len(kept))))


def cost_table(first: str, proven: Sequence[Proven]) -> Table:
    """What each core takes of the board's device, in closed form: mapping it takes longer than the demonstration."""
    rows = []
    for one in proven:
        known = estimate(one.core, effort="quick").to_json()
        parts = [known["logic_elements"], known["registers"], known["m4k_blocks"], known["multiplier_elements"]]
        share = 100 * known["share"]["logic_elements"]
        rows.append((one.label, *(thousands(part) for part in parts), f"{share:.2f} %"))
    head = (first, "logic elements", "registers", "M4K blocks", "9-bit multipliers", "of the device's logic")
    return Table("Cost on the EP2C70, estimated (ossicle estimate maps it)", head, tuple(rows), right=(1, 2, 3, 4, 5))


def engine_table(first: str, proven: Sequence[Proven]) -> Table:
    """What each engine compared, and how fast it is."""
    rows = tuple(
        (
            one.label,
            engine.engine,
            thousands(engine.words_compared),
            thousands(engine.words_different) if engine.error is None else "no result",
            thousands(engine.cycles),
            rate(engine.cycles_per_second),
        )
        for one in proven
        for engine in one.outcome.engines
    )
    return Table("Proof by engine", (first, "engine", "words compared", "different", "cycles", "speed, cycles"), rows, right=(2, 3, 4, 5))


def top_listing(one: Proven, title: str) -> Listing:
    """The top-level entity."""
    return Listing(f"{one.manifest.files[-1]}, {title}", one.manifest.paths[-1].read_text())
