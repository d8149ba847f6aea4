"""Switching activity from the real stimulus: the delivered VHDL as machine code, every net counted.

At full rate the core is offered a word in every clock. At a sample rate words come one by one: valid rises and falls with each, which it
does not at full rate, so such words are played with a gap in which the core comes to rest, and the rest of the real time is counted once.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fpga_projects.estimation.activity_bench import BENCH, RESET_CLOCKS, activity_bench
from fpga_projects.estimation.power import Activity
from fpga_projects.estimation.value_changes import read_vcd
from ip_cores import cache
from ip_cores.core import Core
from ip_cores.generate import Manifest
from ip_cores.parameters import ParameterError
from testbenches import toggles
from testbenches.engines import native_build
from testbenches.engines.ghdl import find_ghdl, run_tool
from testbenches.errors import SimulationError, ToolError
from testbenches.signals import make_signal
from testbenches.stimulus import Stimulus
from testbenches.toggles import count
from testbenches.verify import accompanied

MOST_WORDS, MOST_CLOCKS = 8192, 400_000
"""How much of a named signal is played: half a second of speech, less to a core that takes many clocks for a word."""

PACE_WORDS = 256
"""Words over which the full rate of a core is measured."""

IDLE_WORDS, IDLE_CLOCKS = 16, 2048
"""Words that go before, and clocks without a word over which an idle core is counted."""

GHDL_CLOCKS = 1024
"""Clocks that GHDL simulates where the native engine cannot: it does some hundred to some thousand a second."""

STREAM = {"clk", "reset", "sink_valid", "source_valid"}
"""Ports of a core that the native engine can play."""

REST_CLOCKS = 64
"""Clocks in which a core comes to rest, beyond those of two words and its latency."""


@dataclass(frozen=True)
class Played:
    """What playing a stimulus showed of a core.

    Attributes
    ----------
    stimulus : str
        What was played, and by what.
    rates : dict of str to float
        Transitions per clock of a net, mean of its bits.
    idle : dict of str to float
        The same while the core waits for a word.
    gap : float or None
        Clocks from word to word; None where it is not known.
    """

    stimulus: str
    rates: dict[str, float]
    idle: dict[str, float]
    gap: float | None

    def spread(self, gap: float) -> dict[str, float]:
        """Rates with words further apart: the same transitions, and an idle core in between."""
        share = 1.0 if self.gap is None else self.gap / gap
        return {net: share * rate + (1 - share) * self.idle[net] for net, rate in self.rates.items()}


def samples_per_second(rate: float) -> str:
    """A sample rate as text."""
    return f"{rate / 1e6:.4g} MS/s" if rate >= 1e6 else f"{rate / 1e3:.4g} kS/s"


def sink_words(core: Core, x: Any) -> tuple[str, dict[str, Any]]:
    """What a stimulus is called, and its words by sink field.

    Parameters
    ----------
    x : str, array of int, or mapping
        Name of a signal (`testbenches.signals.SIGNALS`), raw words of the sink, or raw words by sink field.
    """
    if len(core.sources) > 1 or "sink_data" not in {port.name for port in core.ports}:
        return "the inputs at rest", {}
    name = x if isinstance(x, str) else "the stimulus"
    if isinstance(x, str):
        x = make_signal(x, core, MOST_WORDS)
    fields = {key: np.asarray(words) for key, words in (x if isinstance(x, Mapping) else accompanied(core, np.asarray(x))).items()}
    if not len(fields["data"]):
        raise ParameterError("input", "nothing", "must have at least one word")
    return name, fields


def cut(fields: Mapping[str, Any], length: int) -> dict[str, Any]:
    """The first words of every field."""
    return {name: words[:length] for name, words in fields.items()}


def measure_activity(core: Core, manifest: Manifest, x: Any, clock_mhz: float, sample_rate: float | None = None) -> Activity:
    """Activity of the delivered VHDL on a stimulus.

    The native engine plays all of it. Where it cannot go (several clocks, pins instead of a stream, no Verilator) GHDL simulates
    `GHDL_CLOCKS` clocks at full rate, and the text says so.

    Parameters
    ----------
    core : Core
    manifest : Manifest
        The VHDL that was generated for it.
    x : str, array of int, or mapping
        As for `sink_words`.
    clock_mhz : float
    sample_rate : float, optional
        Words per second that reach the sink; without it as many as the core takes.

    Raises
    ------
    ParameterError
        If the core does not take so many.
    ToolError
        GHDL is missing or refuses the design.
    """
    name, fields = sink_words(core, x)
    try:
        if len(set(core.domains.values())) > 1 or not {port.name for port in core.ports} >= STREAM:
            raise ToolError("the native engine plays streams that enter and leave on one clock")
        pace = play(core, manifest, name, cut(fields, PACE_WORDS))
        assert pace.gap is not None
        if isinstance(x, str):
            fields = cut(fields, max(PACE_WORDS, int(MOST_CLOCKS / pace.gap)))
        fastest, words = clock_mhz * 1e6 / pace.gap, f"a word in {pace.gap:.4g} clock{'s' * (pace.gap != 1)}"
        if sample_rate is None:
            played = play(core, manifest, name, fields)
            text = f"{played.stimulus}, as fast as the core takes it: {words}, {samples_per_second(fastest)} at {clock_mhz:g} MHz"
            return Activity(text, nets=played.rates, simulated=True)
        if not 0 < sample_rate <= fastest * (1 + 1e-9):
            raise ParameterError("sample_rate", sample_rate, f"must be above 0 and at most {fastest:.6g}, {words} at {clock_mhz:g} MHz")
        gap = clock_mhz * 1e6 / sample_rate
        rest = 2 * math.ceil(pace.gap) + core.latency + REST_CLOCKS
        played = play(core, manifest, name, fields, min(max(1, int(gap)), rest))
    except (ToolError, SimulationError) as reason:
        played = play(core, manifest, name, fields, reason=str(reason))
        slower = "" if sample_rate is None else ", at full rate and not at the sample rate asked for"
        return Activity(played.stimulus + slower, nets=played.rates, simulated=True)
    share = f"at work in {100 * min(1.0, pace.gap / gap):.3g} % of the clocks"
    text = f"{played.stimulus} in real time: {samples_per_second(sample_rate)} at {clock_mhz:g} MHz, {share}"
    return Activity(text, nets=played.spread(gap), simulated=True)


def play(core: Core, manifest: Manifest, name: str, fields: Mapping[str, Any], gap: int = 1, reason: str = "") -> Played:
    """Play words to the delivered VHDL and count; from the cache when the same VHDL has played the same words.

    Parameters
    ----------
    gap : int
        Clocks from one word that is offered to the next.
    reason : str
        Why GHDL has to do it; empty for the native engine.
    """
    words = [f"{field}:".encode() + np.asarray(values, dtype=np.int64).tobytes() for field, values in fields.items()]
    description = repr((manifest.entity, sorted(core.controls.items()), name, gap, reason)).encode()
    # What counts is part of it: other nets are counted by other code.
    counting = [Path(file).read_bytes() for file in (__file__, toggles.__file__)]
    code = [*counting, *native_build.sources(), description, *[path.read_bytes() for path in manifest.paths]]
    key = cache.key_of(["played", *code, *words])
    stored = cache.load(key)
    if stored is not None:
        return Played(**stored)
    played = play_in_ghdl(core, manifest, name, fields, reason) if reason else play_natively(core, manifest, name, fields, gap)
    cache.store(key, asdict(played))
    return played


def play_natively(core: Core, manifest: Manifest, name: str, fields: Mapping[str, Any], gap: int) -> Played:
    """Count all of the stimulus, and an idle stretch behind a few words."""
    base = Stimulus(fields, offer=np.arange(gap) == 0, controls=core.controls, drain=core.patience + gap)
    before = core.patience + math.ceil((IDLE_WORDS + 2) * core.cycles_per_sample) + 64
    few = base.replace(words=cut(fields, IDLE_WORDS), offer=None, drain=before + 2 * IDLE_CLOCKS)
    one, two = (count(manifest, few.replace(cycles=clocks), core.check_length) for clocks in (before, before + IDLE_CLOCKS))
    idle = {net: (two.transitions[net] - found) / IDLE_CLOCKS for net, found in one.transitions.items()}
    run = count(manifest, base, core.check_length)
    taken = run.response.sink_cycles
    between = float(taken[-1] - taken[0]) / (len(taken) - 1) if len(taken) > 1 else float(gap)
    # A core with a queue swallows its first words faster than it works on them.
    between = max(between, float(core.cycles_per_sample))
    # Before the first word and behind the last lie idle stretches that are none of the work.
    work = min(float(run.compared), between * len(taken))
    waiting = run.compared - work
    rates = {net: max(0.0, found - waiting * idle[net]) / work / run.bits[net] for net, found in run.transitions.items()}
    return Played(
        f"{len(taken)} words of {name} through the native engine", rates, {net: rate / one.bits[net] for net, rate in idle.items()}, between
    )


def play_in_ghdl(core: Core, manifest: Manifest, name: str, fields: Mapping[str, Any], reason: str) -> Played:
    """Rates from a value-change dump of GHDL's simulation of the start of the stimulus."""
    ghdl = find_ghdl().path
    clock = next(clock for clock, _ in core.domains.values())
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "bench.vhd").write_text(activity_bench(core, cut(fields, GHDL_CLOCKS), RESET_CLOCKS + GHDL_CLOCKS))
        run_tool([ghdl, "-a", "--std=93", *[str(path.resolve()) for path in manifest.paths], "bench.vhd"], cwd=folder)
        run_tool([ghdl, "--elab-run", "--std=93", BENCH, "--ieee-asserts=disable", "--vcd=activity.vcd"], cwd=folder)
        rates = read_vcd(folder / "activity.vcd", f"{BENCH}.dut", clock)
    what = f"{GHDL_CLOCKS} clocks with {name} in GHDL's simulation ({reason})"
    return Played(what, rates, rates, None)
