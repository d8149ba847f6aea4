"""What the legs of the proof reach in delivered VHDL: bits of its nets that change, states, and moves between them."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ip_cores.core import Core
from testbenches.covered.bits_at_rest import constant_bits
from testbenches.engines.native_engine import check_stimulus
from testbenches.engines.state_machines import StateMachine
from testbenches.interface import Interface
from testbenches.signals import make_signal
from testbenches.simulate import delivered
from testbenches.stimulus import Stimulus
from testbenches.toggles import count
from testbenches.verify import LEAST_SPECIAL, SAMPLES, accompanied, check_provable, legs
from testbenches.worst_words import special_words

LEAST_WORDS, MOST_WORDS, CYCLES = 4000, 20_000, 200_000
"""Words of the leg with stalls: as many as take so many cycles, within limits; the other legs follow from them as in a proof."""

SIGNALS_PLAYED = ("noise", "extremes", "step", "alternation", "sine", "impulse", "noise", "extremes", "step", "noise", "bursts")
"""Signals of the proofs whose legs are played, each with a seed of its own: controls are moved to other values in each, of which any one
has some bits only, and noise alone leaves the measures of a level low."""

LONG_CYCLES = 20_000_000
"""Of one more leg at full rate, as long as a proof as machine code is by default, with bursts of noise: some of what is counted comes round
only then. Fewer words where they would take more cycles."""

STRESSED = 4096
"""Words of a run in which every control is drawn at random, where a core cannot be proven by `verify`."""

MADE_BY_GHDL = re.compile(r"(n\d+_\w+|u_\w+)$")
"""Nets that are no signal of the VHDL: results of operators, and what connects instances."""


@dataclass
class Reached:
    """What was reached in one core.

    Attributes
    ----------
    name : str
    legs : list of str
    cycles : int
    bits, changed : dict of str to int
        Width of every net but the clock by its path, and those of its bits that changed, as ones.
    constant : dict of str to int
        Bits that are constant by construction.
    moves : dict of str to (StateMachine, array of uint64, shape (STATE_VALUES, STATE_VALUES))
        By the path of a state register.
    """

    name: str
    legs: list[str] = field(default_factory=list)
    cycles: int = 0
    bits: dict[str, int] = field(default_factory=dict)
    changed: dict[str, int] = field(default_factory=dict)
    constant: dict[str, int] = field(default_factory=dict)
    moves: dict[str, tuple[StateMachine, np.ndarray]] = field(default_factory=dict)

    def tally(self, signals: bool) -> tuple[int, int, int]:
        """Bits of all nets, or of the signals and ports of the VHDL alone: all, those that changed, those that cannot."""
        paths = [path for path in self.bits if not signals or not MADE_BY_GHDL.match(path.rpartition(".")[2])]
        changed, constant = (sum(bits.get(path, 0).bit_count() for path in paths) for bits in (self.changed, self.fixed))
        return sum(self.bits[path] for path in paths), changed, constant

    @property
    def fixed(self) -> dict[str, int]:
        """Bits that never changed because they are constant by construction."""
        return {path: bits & ~self.changed.get(path, 0) for path, bits in self.constant.items()}

    def resting(self) -> dict[str, int]:
        """Bits of the VHDL's signals that might change and never did, as ones, by path of the signal."""
        found = {}
        for path, width in self.bits.items():
            bits = (1 << width) - 1 & ~self.changed[path] & ~self.constant.get(path, 0)
            if bits and not MADE_BY_GHDL.match(path.rpartition(".")[2]):
                found[path] = bits
        return found

    def missing(self) -> Iterator[tuple[str, str]]:
        """States that were never entered, and moves that were never made, each with the path of its register."""
        for path, (machine, counts) in self.moves.items():
            for number, state in enumerate(machine.states):
                if not counts[number].any() and not counts[:, number].any():
                    yield path, state
            for before, after in machine.moves:
                if not counts[before, after]:
                    yield path, f"{machine.states[before]} to {machine.states[after]}"

    def strange(self) -> Iterator[tuple[str, str]]:
        """Moves that were made though the VHDL has none of the kind."""
        for path, (machine, counts) in self.moves.items():
            for before, after in np.argwhere(counts).tolist():
                if before != after and (before, after) not in machine.moves:
                    yield path, f"{before} to {after}"


def reach(core: Core, words: int | None = None, signals: Sequence[str] = SIGNALS_PLAYED) -> Reached:
    """Play all legs of the proof, and see what they reach.

    Parameters
    ----------
    core : Core
        With streams on one clock.
    words : int, optional
        Of the leg with stalls; where they are said, there is no long leg.
    signals : sequence of str
        As for `verify`, one for each time that all legs are played.

    Raises
    ------
    ValueError
        If the core has no streams on one clock.
    ToolError, EngineMismatch, SimulationError
        As the native engine does.
    """
    found = Reached(core.name)
    whole = words is None
    words = words or min(MOST_WORDS, max(LEAST_WORDS, round(CYCLES / core.cycles_per_sample)))
    played = (leg for seed, signal in enumerate(signals) for leg in stimuli(core, words, seed, signal))
    with delivered(core) as manifest:
        found.constant = constant_bits(manifest)
        for name, stimulus in itertools.chain(played, long_leg(core) if whole else ()):
            counted = count(manifest, stimulus, core.check_length)
            found.legs += [name] if name not in found.legs else []
            found.cycles += counted.response.cycles
            found.bits = counted.bits
            for path, changed in counted.flipped.items():
                found.changed[path] = found.changed.get(path, 0) | changed
            for path, (machine, moves) in counted.state_moves.items():
                before = found.moves[path][1] if path in found.moves else 0
                found.moves[path] = machine, moves + before
    return found


def stimuli(core: Core, words: int, seed: int, signal: str) -> Iterator[tuple[str, Stimulus]]:
    """The legs of the proof; where it is refused because words may be lost, random words and controls instead."""
    if core.is_stream and core.on_one_clock and not core.waits_for_neighbours:
        for number in range(8):
            yield "random controls", stressed(core, 8 * seed + number)
        return
    check_provable(core)
    fields: dict[str, Any] = accompanied(core, make_signal(signal, core, words, seed))
    special = special_words(core, max(LEAST_SPECIAL, words // 2))
    for leg, stimulus, _ in legs(core, fields, special, seed, 0.3, True):
        yield leg.name, stimulus
    if moves := highest(core):
        yield "controls highest", Stimulus(fields, drain=core.patience, controls=core.controls, moves=moves, pause=core.settling)


def long_leg(core: Core) -> Iterator[tuple[str, Stimulus]]:
    """A leg as long as a proof as machine code is by default, where words cannot be lost."""
    if core.is_stream and core.on_one_clock and core.waits_for_neighbours:
        words = min(SAMPLES["native"], round(LONG_CYCLES / core.cycles_per_sample))
        yield "long", Stimulus(accompanied(core, make_signal("bursts", core, words)), drain=core.patience, controls=core.controls)


def highest(core: Core) -> tuple[tuple[int, int, str, int], ...]:
    """Moves that bring every wide control to its highest value, behind the first words; `verify` draws it hardly ever."""
    wide = [one for one in core.run_time_inputs.values() if one.highest > 1]
    return tuple(
        (8 * word, at, port, raw)
        for word, one in enumerate(wide, 1)
        for at, step in enumerate(one.writes(one.highest))
        for port, raw in step.items()
    )


def stressed(core: Core, seed: int) -> Stimulus:
    """Random words, stalls and controls that never rest."""
    interface = Interface.of(core.ports)
    stimulus = check_stimulus(interface, STRESSED, core.patience)
    rng = np.random.default_rng(seed)
    events = tuple((int(rng.integers(0, 8 * STRESSED)), name, int(rng.integers(0, 2))) for name in interface.inputs for _ in range(100))
    return stimulus.replace(events=events, cycles=10 * STRESSED)


def spans(bits: int) -> str:
    """Ones of a number as text: ``15..8, 3``.

    Examples
    --------
    >>> spans(0b111001)
    '5..3, 0'
    """
    rows: list[list[int]] = []
    for place in reversed(range(bits.bit_length())):
        if not bits >> place & 1:
            continue
        if rows and rows[-1][1] == place + 1:
            rows[-1][1] = place
        else:
            rows.append([place, place])
    return ", ".join(str(high) if high == low else f"{high}..{low}" for high, low in rows)
