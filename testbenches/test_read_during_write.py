"""Which words that are read while, or a clock after, their place is written are used: where none is, no device's answer matters.

The memories are described to give the old word where a clock edge reads what it writes. Not every device does: with an enable for each
port the word is undefined in Cyclone II (Quartus' message 276027), and where the register of the read address moves into the block, it is
the word written one edge before that takes logic around the block (276020). So words read at distance 0, at the edge that writes their
place, or at distance 1, at the edge after it, are spoilt here: a core that still agrees with its model uses none of them.
"""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from myhdl import always

from ip_cores.blocks.memory import SETTLED_STEPS, bank_memory, sample_memory
from ip_cores.core import Core, make_core
from ip_cores.description import descriptions_in, load_core
from ip_cores.families.band_stage import state_memory
from testbenches.engines.myhdl_engine import new_signal
from testbenches.for_tests.drawing import examples
from testbenches.for_tests.small_examples import small_example
from testbenches.mutation.mutated_cores import mutated_core
from testbenches.signals import make_signal
from testbenches.simulate import run
from testbenches.stimulus import Stimulus
from testbenches.verify import accompanied, compare, modelled, steered_leg

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
DISTANCES = (0, 1)

WORDS = {
    "adjustable_fir": 33,
    "band_gain": 60,
    "band_serial": 33,
    "biquad": 40,
    "chain": 88,
    "compressor": 60,
    "decimator": 88,
    "denoiser": 20,
    "enhanced_hearing_aid": 24,
    "enhancer": 40,
    "dwt_analysis": 64,
    "dwt_ola": 64,
    "dwt_synthesis": 40,
    "equalizer": 20,
    "feedback_canceller": 60,
    "feedback_loop": 40,
    "fft": 64,
    "fifo": 300,
    "frequency_lowering": 24,
    "frequency_shifter": 40,
    "gammatone_bank": 12,
    "half_band_interpolator": 24,
    "hearing_aid": 20,
    "interpolator": 10,
    "lifting_analysis": 64,
    "lifting_synthesis": 64,
    "noise_reducer": 60,
    "noise_reduction": 20,
    "noise_reduction_fast": 20,
    "overlap_add": 256,
    "packet_analysis": 24,
    "packet_synthesis": 24,
    "parallel_paths": 40,
    "pdm_receiver": 3000,
    "peaking": 40,
    "pitch_shifter": 120,
    "segment_denoiser": 24,
    "pitch_detector": 252,
    "psola": 252,
    "resampler": 40,
    "segmenter": 256,
    "sequencer": 40,
    "swt_analysis": 25,
    "swt_synthesis": 120,
    "ten_noise": 40,
    "threshold": 60,
    "two_ears": 200,
    "time_scaler": 200,
    "threshold, channels at random": 60,
}
"""Words by case, which are named after their examples; several times as many, other stalls and a reset in mid-stream show the same."""

SEGMENTS = {"sequencer": 8, "dwt_ola": 32}
"""Segments shorter than the examples', for kinds that take in a whole one before the first word leaves."""

QUEUE = "an empty queue shows a word in the clock after the one that wrote it"
NEWEST = "the first product takes the newest sample, read in the clock after it was written"
WAITLESS = "the approximation waits for nothing: it is read in the clock after it was written"

# Where the word matters: case, number of the memory in the order of their making, distance, and why.
USES = [
    ("adjustable_fir", 1, 1, NEWEST),
    ("band_serial", 0, 1, NEWEST),
    ("chain", 0, 1, NEWEST),
    ("chain", 2, 1, NEWEST),
    ("decimator", 0, 1, NEWEST),
    ("feedback_loop", 2, 1, NEWEST),
    ("half_band_interpolator", 0, 1, NEWEST),
    ("interpolator", 0, 1, NEWEST),
    ("sequencer", 1, 1, NEWEST),
    ("denoiser", 0, 1, NEWEST),
    ("segment_denoiser", 1, 1, NEWEST),
    ("swt_analysis", 0, 1, NEWEST),
    ("two_ears", 0, 1, NEWEST),
    ("equalizer", 0, 1, NEWEST),
    ("hearing_aid", 0, 1, NEWEST),
    ("noise_reduction", 0, 1, NEWEST),
    ("noise_reduction_fast", 0, 1, NEWEST),
    ("parallel_paths", 1, 1, NEWEST),
    ("pdm_receiver", 0, 1, NEWEST),
    ("pdm_receiver", 2, 1, NEWEST),
    ("feedback_loop", 5, 1, QUEUE),
    ("ten_noise", 0, 1, NEWEST),
    ("fifo", 0, 1, QUEUE),
    ("parallel_paths", 0, 1, QUEUE),
    ("sequencer", 0, 1, QUEUE),
    ("sequencer", 3, 1, QUEUE),
    ("segment_denoiser", 0, 1, QUEUE),
    ("segment_denoiser", 3, 1, QUEUE),
    ("dwt_analysis", 1, 1, WAITLESS),
    ("lifting_analysis", 1, 1, WAITLESS),
    ("threshold, channels at random", 0, 1, "a word follows one of its own band, whose state was written as it left"),
]


@dataclass
class Memory:
    """Words, and how those are spoilt that are read at places written `distance` clock edges before."""

    bits: int
    signed: bool
    words: list[int]
    distance: int | None
    settled: bool = False
    noise: random.Random = field(default_factory=lambda: random.Random(0))
    written: int | None = None
    spoilt: int = 0

    def edge(self, write: bool, place: int, word: int, read: int | None) -> int | None:
        """What is read at a clock edge; an edge at which nothing is read or written counts like any other."""
        shown = None if read is None else self.words[read]
        now = place if write else None
        if shown is not None and self.distance is not None and read == (now, self.written)[self.distance]:
            shown = self.other(shown)
        if write:
            self.words[place] = word
        self.written = now
        return shown

    def other(self, word: int) -> int:
        """A word at random, but never the one that was there."""
        self.spoilt += 1
        full = 1 << self.bits
        word = (word ^ self.noise.randrange(1, full)) % full
        return word - full if self.signed and word >= full >> 1 else word


@contextmanager
def spoiling(distance: int, spoils: Callable[[int], bool] = lambda number: True, only_settled: bool = False) -> Iterator[list[Memory]]:
    """Every memory made meanwhile, in this order; those whose number `spoils` chooses spoil what they read at `distance`."""
    made: list[Memory] = []

    def memory(clk, enable, write, write_address, write_data, read_address, read_data, settled=False):
        return spoilt(clk, enable, write, write_address, write_data, read_address, read_data, settled, [0] * 2 ** len(write_address))

    def bank(clk, enable, write, write_address, write_data, read_address, read_data, contents):
        return spoilt(clk, enable, write, write_address, write_data, read_address, read_data, False, list(contents))

    def spoilt(clk, enable, write, write_address, write_data, read_address, read_data, settled, words):
        chosen = spoils(len(made)) and (settled or not only_settled)
        own = Memory(len(write_data), write_data.min < 0, words, distance if chosen else None, settled)
        made.append(own)

        @always(clk.posedge)
        def access():
            word = own.edge(bool(write), int(write_address), int(write_data), int(read_address) if enable is None or enable else None)
            if word is not None:
                read_data.next = word

        return access

    # Arguments are named as in the memories replaced: a decorated function keeps the names that it has seen.
    with pytest.MonkeyPatch.context() as patch:
        for described in (sample_memory, state_memory):
            patch.setattr(described, "func", memory)
        patch.setattr(bank_memory, "func", bank)
        yield made


SHORTER: dict[str, dict[str, Any]] = {
    "fft": {"points": 8},
    "pitch_detector": {"sample_rate": 4000, "highest": 499.0, "lowest": 143.0, "frame": 18.0, "hop": 3.0, "voicing": 0.05},
    "psola": {
        "sample_rate": 4000, "highest": 499.0, "lowest": 251.0, "frame": 16.0, "hop": 2.0, "voicing": 0.05, "unvoiced": 2.0,
        "duration": 1.3,
    },
}  # fmt: skip
"""Parameters of kinds whose words come seldom, with which they come often."""


@cache
def case(name: str) -> tuple[Core, dict[str, Any], int]:
    """A core, words for its sink, and how many words it makes of them."""
    # What has two inputs is played behind an echo of its own.
    core: Any = mutated_core("canceller") if name == "feedback_canceller" else small_example(EXAMPLES / f"{name.partition(',')[0]}.toml")
    if core.kind in SEGMENTS:
        core = dataclasses.replace(core, segment_length=SEGMENTS[core.kind])
    core = core.replace(**SHORTER.get(core.kind, {}))
    if core.kind == "time_scaler":
        core = core.replace(segment=16, thinning=4)
    if core.kind == "hearing_aid":
        core = core.replace(silence=1)  # which is longer than what is played
    if core.kind == "pitch_shifter":
        core = core.replace(longest=44, match=8)  # a search of thousands of clocks a sample reads in the same way
    if core.is_source:
        return core, {}, WORDS[name]
    fields = accompanied(core, make_signal("noise", core, WORDS[name], seed=1))
    if "at random" in name:
        fields["channel"] = np.random.default_rng(2).integers(0, core.levels + 1, WORDS[name])
    return core, fields, len(next(iter(modelled(core, fields).values())))


def wrong_words(name: str, distance: int, spoils: Callable[[int], bool]) -> tuple[int, list[Memory]]:
    """How many words differ from the bit-true model's under stalls of both sides, and the memories."""
    core, fields, expected = case(name)
    assert expected >= 20
    with spoiling(distance, spoils) as memories:
        return count_wrong(core, fields, expected), memories


def count_wrong(core: Core, fields: dict[str, Any], expected: int, stalls: float = 0.3) -> int:
    """How many words differ from the bit-true model's."""
    stimulus = Stimulus.random_stalls(fields, 3, stalls, expected=expected, controls=core.controls, drain=max(1000, core.patience))
    response = run(core, stimulus, "myhdl")
    if core.is_source:
        return int(np.count_nonzero(response.data[:expected] != core.model(expected)))
    return compare(core, fields, response)[1]


@pytest.mark.parametrize("distance", DISTANCES)
@pytest.mark.parametrize("name", WORDS)
def test_nothing_else_is_used(name, distance):
    """All memories spoil at once, except those that are known to be asked for what is spoilt."""
    spared = {number for case, number, apart, _ in USES if (case, apart) == (name, distance)}
    wrong, memories = wrong_words(name, distance, lambda number: number not in spared)
    assert wrong == 0
    assert memories
    assert spared <= set(range(len(memories)))


@pytest.mark.parametrize(
    ("name", "number", "distance", "why"), USES, ids=[f"{name}-{number}-{distance}" for name, number, distance, _ in USES]
)
def test_what_is_used(name, number, distance, why):
    wrong, memories = wrong_words(name, distance, lambda other: other == number)
    assert wrong > 0, f"no longer so: {why}"
    assert memories[number].spoilt > 0


@pytest.mark.parametrize("name", WORDS)
def test_no_memory_is_called_settled_that_is_not(name):
    core, *_ = case(name)
    with spoiling(0) as memories:
        core.block(**{port.name: new_signal(port) for port in core.ports})
    assert not [number for other, number, *_ in USES if other == name and memories[number].settled]


WINDOWED = (
    st.fixed_dictionaries(
        {"core": st.sampled_from(["segmenter", "overlap_add"]), "hop": st.integers(1, 6), "segment_length": st.integers(3, 24)}
    )
    .filter(lambda drawn: drawn["segment_length"] % drawn["hop"] == 0 and drawn["segment_length"] - drawn["hop"] >= SETTLED_STEPS)
    .map(lambda drawn: {**drawn, "window": "hamming"})
)
BANKS = st.tuples(st.sampled_from(["haar", "db2", "db4"]), st.integers(1, 3))
SEGMENTED = st.tuples(BANKS, st.integers(1, 2)).map(
    lambda drawn: {"core": "dwt_ola", "wavelet": drawn[0][0], "levels": drawn[0][1], "segment_length": drawn[1] << drawn[0][1]}
)
DENOISERS = st.tuples(BANKS, st.sampled_from(["undecimated", "decimated"])).map(
    lambda drawn: {"core": "denoiser", "wavelet": drawn[0][0], "levels": drawn[0][1], "bank": drawn[1]}
)


@examples(10)
@given(st.one_of(WINDOWED, SEGMENTED, DENOISERS), st.sampled_from(DISTANCES), st.sampled_from([0.0, 0.3]))
def test_settled_memories_need_no_device_to_pass_words(description, distance, stalls):
    """Whatever the parameters: what is spoilt in memories that are called settled is not used."""
    core: Any = make_core(description)
    fields = accompanied(core, make_signal("noise", core, max(24, 4 * description.get("segment_length", 1)), seed=1))
    expected = len(next(iter(modelled(core, fields).values())))
    with spoiling(distance, only_settled=True):
        assert count_wrong(core, fields, expected, stalls) == 0


LOADED = {"core": "fir", "coefficients": [0.5, -0.25, 0.125], "coefficient": "sfix8_En6", "sink": "sfix8_En7", "source": "sfix8_En7"}


@pytest.mark.parametrize("distance", DISTANCES)
@pytest.mark.parametrize("form", ["serial", "direct", "transposed"])
def test_coefficients_that_are_just_loaded_are_not_used(form, distance):
    """A set is loaded, its bank taken and a sample comes as soon as it may: no coefficient is used that was read as it was written."""
    core: Any = make_core({**LOADED, "form": form, "run_time_coefficients": "port", "banks": 2})
    fields = accompanied(core, make_signal("noise", core, 60, seed=1))
    samples = 1 if form == "serial" else 0
    leg, stimulus, values = steered_leg(core, fields, 2, 0.2)
    with spoiling(distance, lambda number: number >= samples) as memories:
        assert compare(core, stimulus.words, run(core, stimulus, "myhdl"), values)[1] == 0
    assert leg.moves
    assert len(memories) > samples


def test_no_example_is_forgotten():
    for name in sorted({path.stem for path in descriptions_in(EXAMPLES)} - set(WORDS)):
        core = load_core(EXAMPLES / f"{name}.toml")
        with spoiling(0) as memories:
            core.block(**{port.name: new_signal(port) for port in core.ports})
        assert not memories, name


@pytest.mark.parametrize("distance", DISTANCES)
def test_what_is_spoilt(distance):
    """Places written and read by hand: the words at the distance are others, all the rest is what a memory of old data shows."""
    plain, spoiler = (Memory(8, True, [0] * 4, apart) for apart in (None, distance))
    edges = [(True, 1, 5, 1), (True, 2, -7, 1), (False, 2, 0, 2), (False, 2, 9, 2), (True, 3, 4, None), (True, 0, 1, 3), (True, 0, 2, 0)]
    kept = [plain.edge(*edge) for edge in edges]
    assert kept == [0, 5, -7, -7, None, 4, 1]
    met = {0: [0, 6], 1: [1, 2, 5, 6]}[distance]
    assert [at for at, edge in enumerate(edges) if spoiler.edge(*edge) != kept[at]] == met
    assert spoiler.spoilt == len(met)
