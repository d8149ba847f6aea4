"""Noise reducer: words of the definition in exact integers, the float recurrences, what it does to noise, silence, steps and tones."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixed_point import to_float
from fixed_point.noise_reducer import noise_floor
from ip_cores.chain import Chain
from ip_cores.core import make_core
from ip_cores.parameters import ParameterError
from testbenches.for_tests.band_words import loud_and_soft
from testbenches.for_tests.drawing import examples
from testbenches.for_tests.model_speed import sections_beside
from testbenches.fuzz.oracles.by_kind import told_of
from testbenches.fuzz.oracles.reducer_words import Band, Times, gain_at
from testbenches.simulate import run
from testbenches.stimulus import Stimulus
from testbenches.verify import verify

HARDWARE = ("myhdl", "ghdl", "native")

QUICK = {"sample_rate": 1000, "power_time": 4, "fall_time": 8, "gain_time": 2, "start_time": 3, "block_time": 16, "rise": 300.0}
"""Behind a decimated bank a millisecond is a sample: every branch is taken within some words."""


def make(**parameters):
    return make_core({"core": "noise_reducer", "name": "reducer", **parameters})


def quick(**parameters):
    """The same behind either bank: times in words."""
    levels, bank = parameters.get("levels", 4), parameters.get("bank", "undecimated")
    rate = 1000 * (levels + 1) if bank == "undecimated" else 1000
    return make(**{**QUICK, "sample_rate": rate, **parameters})


class Recurrences:
    """One band in float, word by word."""

    def __init__(self, core, channel):
        self.core, self.told = core, told_of(core)
        self.times = Times(self.told, channel)
        self.power, self.floor, self.gain, self.least, self.count = 0.0, 0.0, 0.0, math.inf, 0
        dropped = core.sink.word_length - 17 if core.sink.word_length > 18 else 0
        self.lowest = 4.0 ** (dropped - core.sink.fraction_length)

    def word(self, b):
        times = self.times
        self.power += (b * b - self.power) / 2**times.power
        level = math.log2(max(self.power, self.lowest))
        if level < self.floor:
            self.floor += (level - self.floor) / 2**times.fall
        else:
            self.floor = min(self.floor + times.rise, level)
        self.count += 1
        if self.count <= times.start:
            self.floor = level
        self.least = min(self.least, level)
        if self.count % times.block == 0:
            self.floor, self.least = max(self.floor, self.least), level
        d = max(level - self.floor, 0.0)
        wanted = max(self.core.floor, gain_at(self.told, d))
        self.gain += (wanted - self.gain) / 2**times.gain
        return b * self.gain


def noisy_bands(core, count, seed):
    """Words of any of its bands."""
    return loud_and_soft(core.sink, core.levels + 1, count, seed)


RULES = st.one_of(st.sampled_from(["wiener", "subtract"]), st.lists(st.floats(0, 1), min_size=2, max_size=129))
WORDS = {
    "power_time": st.integers(0, 5), "fall_time": st.integers(0, 6), "gain_time": st.integers(0, 5), "block_time": st.integers(3, 7),
    "start_time": st.integers(0, 3),
}  # fmt: skip

CORES = st.builds(
    lambda exponents, **others: quick(**{name: 2**exponent for name, exponent in exponents.items()}, **others),
    st.fixed_dictionaries(WORDS),
    rule=RULES,
    bank=st.sampled_from(["undecimated", "decimated"]),
    levels=st.integers(1, 4),
    sink=st.integers(4, 32).map(lambda bits: f"sfix{bits}_En{bits - 2}"),
    floor=st.floats(0, 1),
    oversubtraction=st.floats(0, 16),
    rise=st.floats(1, 1000),
)


@examples(40)
@given(CORES, st.integers(0, 2**20))
def test_model_equals_its_definition(core, seed):
    words, channel = noisy_bands(core, 400, seed)
    bands = {band: Band(told_of(core), band) for band in range(core.levels + 1)}
    floor = int(core.floor * 32768 + 0.5)
    expected = [bands[band].reduced(b, floor, False) for b, band in zip(words.tolist(), channel.tolist(), strict=True)]
    found, same = core.model((words, channel))
    assert found.tolist() == expected
    assert same.tolist() == channel.tolist()


@examples(30)
@given(CORES, st.integers(0, 2**20))
def test_reference_equals_its_recurrences(core, seed):
    words, channel = noisy_bands(core, 400, seed)
    x = to_float(words, core.sink)
    bands = {band: Recurrences(core, band) for band in range(core.levels + 1)}
    expected = [bands[band].word(b) for b, band in zip(x.tolist(), channel.tolist(), strict=True)]
    found, same = core.reference((x, channel))
    # A level just at the top of the table is on either side of it by the last bit of a float.
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9 if core.rule != "subtract" else 1e-6)
    assert same.tolist() == channel.tolist()


@examples(2)
@given(CORES, st.integers(0, 2**20))
def test_any_noise_reducer(core, seed):
    words, channel = noisy_bands(core, 150, seed)
    expected = core.model((words, channel))
    for engine in ("myhdl", "ghdl"):
        response = run(core, Stimulus.random_stalls({"data": words, "channel": channel}, seed, 0.3, drain=400), engine)
        assert response.data.tolist() == expected[0].tolist()
        assert response.words["channel"].tolist() == channel.tolist()


KINDS = {
    "wiener": {"levels": 3},
    "subtract, decimated": {"rule": "subtract", "bank": "decimated", "levels": 4, "sink": "sfix18_En16"},
    "gains of one's own": {"rule": [1.0, 0.0, 0.5, 0.1], "levels": 1, "sink": "sfix32_En30", "power_time": 1, "gain_time": 1},
}


@pytest.mark.parametrize("kind", KINDS)
def test_chain_of_proof(kind):
    core = quick(**KINDS[kind])
    words, channel = noisy_bands(core, 160, 3)
    assert np.mean(core.model((words, channel))[0] != words) > 0.1
    proof = verify(core, {"data": words, "channel": channel}, HARDWARE, samples=160, seed=2, stalls=0.4)
    assert [engine.error or engine.first_difference for engine in proof.engines] == [None] * 3
    assert all(engine.passed for engine in proof.engines)


@pytest.mark.parametrize("engine", ["myhdl", "ghdl"])
def test_latency_and_full_rate(engine):
    core = quick(levels=2)
    words, channel = noisy_bands(core, 40, 1)
    response = run(core, Stimulus({"data": words, "channel": channel}, drain=400), engine)
    assert set(response.source_cycles - response.sink_cycles) == {core.latency}
    assert set(np.diff(response.sink_cycles)) == {core.cycles_per_sample} == {16}


class TestRegisters:
    """What can be changed at run time. Words are one band; a change comes in the clock `change`."""

    core = quick(levels=1, rule="wiener", floor=0.25)
    change = 1600

    def respond(self, engine, **settings):
        words, _ = noisy_bands(self.core, 220, 4)
        fields = {"data": words, "channel": np.ones(220, dtype=np.int64)}
        response = run(self.core, Stimulus(fields, drain=400, **settings), engine)
        first = int(np.searchsorted(response.sink_cycles, self.change))
        assert 50 < first < 150
        return words, response, first

    def expected(self, words, first, floor=8192, passes=False, held=False):
        band = Band(told_of(self.core), 1)
        found = []
        for number, word in enumerate(words.tolist()):
            changed = number >= first
            result = band.reduced(word, floor if changed else 8192, held and changed)
            found.append(word if changed and passes else result)
        return found

    def writes(self, address, value):
        names = (("control_address", address), ("control_writedata", value), ("control_write", 1))
        return (*((self.change - 1, name, port) for name, port in names), (self.change, "control_write", 0))

    @pytest.mark.parametrize(("written", "kept"), [(30000, 30000), (65535, 32768)])
    def test_floor(self, written, kept):
        events, probes = self.writes(0, written), ((self.change - 2, "control_readdata"), (self.change + 1, "control_readdata"))
        for engine in ("myhdl", "ghdl"):
            words, response, first = self.respond(engine, events=events, probes=probes)
            assert response.data.tolist() == self.expected(words, first, kept)
            assert response.probes == (8192, kept)

    @pytest.mark.parametrize("by", ["port", "register"])
    @pytest.mark.parametrize(("name", "bit", "what"), [("bypass", 1, {"passes": True}), ("freeze", 2, {"held": True})])
    def test_bypass_and_freeze(self, name, bit, what, by):
        events = self.writes(1, bit) if by == "register" else ((self.change, name, 1),)
        for engine in ("myhdl", "ghdl"):
            words, response, first = self.respond(engine, events=events)
            assert response.data.tolist() == self.expected(words, first, **what)
            assert response.data.tolist() != self.expected(words, first)


def noise(seconds, level, seed=0, rate=16000):
    return np.round(np.random.default_rng(seed).standard_normal(round(seconds * rate)) * level * 2**18).astype(np.int64)


def one_band(core, words):
    return core.model((words, np.ones(words.size, np.int64)))[0]


def decibels(core, words, seconds, span=0.1, rate=16000):
    """How much louder what leaves is than what enters, in dB, around a time."""
    part = slice(round(seconds * rate), round((seconds + span) * rate))
    left, came = (np.mean(np.square(one[part].astype(np.float64))) for one in (one_band(core, words), words))
    return 10 * math.log10(left / came)


FULL = {"levels": 4, "sample_rate": 80000}


def test_steady_noise_goes_down_to_the_floor_and_what_stands_out_stays():
    core = make(**FULL)
    loud = noise(3, 0.001)
    loud[32000:33600] += noise(0.1, 0.1, 1)
    assert decibels(core, loud, 1.5) == pytest.approx(20 * math.log10(0.2), abs=0.2)
    assert decibels(core, loud, 2.0) == pytest.approx(0, abs=0.3)


def test_silence_stays_silence():
    core = make(**FULL)
    assert not one_band(core, np.zeros(20000, np.int64)).any()


def test_noise_that_is_louder_by_40_decibels_is_down_in_two_seconds():
    core = make(**FULL)
    words = np.concatenate([noise(4, 0.001), noise(3, 0.1, 1)])
    assert decibels(core, words, 4.05) > -1
    assert decibels(core, words, 6.0) == pytest.approx(20 * math.log10(0.2), abs=1)


def test_a_floor_that_sank_in_digital_silence_comes_back():
    core = make(**FULL)
    words = np.concatenate([noise(2, 0.01), np.zeros(16000, np.int64), noise(2, 0.01, 1)])
    assert decibels(core, words, 4.2) == pytest.approx(20 * math.log10(0.2), abs=0.5)


def test_a_steady_tone_is_noise_unless_the_floor_is_frozen():
    core = make(**FULL)
    words = noise(5, 0.0001)
    words[16000:] += np.round(0.1 * 2**18 * np.sin(2 * np.pi * np.arange(64000) / 16)).astype(np.int64)
    assert decibels(core, words, 1.1) == pytest.approx(0, abs=0.1)
    assert decibels(core, words, 4.5) == pytest.approx(20 * math.log10(0.2), abs=0.5)
    values = {name: np.full(words.size, one.start) for name, one in core.run_time_inputs.items()}
    values["freeze"][16000:] = 1
    kept = core.steered_model((words, np.ones(words.size, np.int64)), values)[0]
    assert np.array_equal(kept[72000:], words[72000:])


def test_floor_rises_as_it_is_told():
    """6 dB/s: in a second of a level that stands high above it."""
    core = make(**FULL, block_time=16000)
    levels = np.concatenate([np.full(1000, 20 << 12), np.full(32000, 40 << 12)])
    found = noise_floor(levels, core.reduction, core.reduction.bands[1], np.zeros(levels.size, np.bool_))
    risen = (found[17500] - found[1500]) / 2**core.reduction.floor_fraction_length * 10 * math.log10(2)
    assert risen == pytest.approx(6.0, rel=0.002)


@pytest.mark.parametrize(("rate", "steps"), [(16000, (7, 8, 5, 13)), (48000, (9, 10, 7, 15)), (8000, (6, 7, 4, 12))])
def test_times_follow_the_sample_rate_through_a_bank(rate, steps):
    """In a chain the stage behind the bank gets the rate of all bands' words; the steps are those of one band."""
    bank = make_core({"core": "swt_analysis", "name": "bank", "wavelet": "haar", "levels": 4, "sample_rate": rate})
    stage = Chain([bank, make(levels=4)]).stages[1]
    band = stage.reduction.bands[0]
    assert stage.sample_rate == 5 * rate
    assert (band.power, band.fall, band.gain, band.block_bits) == steps
    assert band.start == round(0.025 * rate)
    assert "2**" + str(steps[0]) in stage.derived["power_time"]


def test_model_is_fast():
    """Some 100 times real time: five words for each of 16,000 samples a second."""
    core = make(**FULL)
    words, channel = noisy_bands(core, 400_000, 0)
    core.model((words[:100], channel[:100]))
    assert sections_beside(lambda: core.model((words, channel)), words.size / 5, most=75) < 75


def test_what_is_promised_is_kept_and_tells_something():
    core = make(**FULL)
    words = noise(2, 0.02)
    words[12000:16000] += noise(0.25, 0.3, 1)
    channel = np.resize([0, 4, 3, 2, 1], words.size)
    promised = core.promised_snr((words, channel)).snr
    found, truth = core.model((words, channel))[0], core.reference((to_float(words, core.sink), channel))[0]
    error = to_float(found, core.sink) - truth
    assert 36 <= promised <= 10 * math.log10(np.mean(truth**2) / np.mean(error**2))


BAD = [
    ({"floor": 1.5}, "floor = 1.5: must be 0 to 1"),
    ({"rule": "firm"}, 'rule = "firm": must be wiener, subtract, or a list of 2 to 129 gains'),
    ({"rule": [0.5]}, r"rule = \[0.5\]: must be wiener"),
    ({"rule": [0.5, 1.5]}, r"rule = \[0.5, 1.5\]: must hold gains from 0 to 1"),
    ({"bank": "packet"}, 'bank = "packet": must be one of undecimated, decimated'),
    ({"sink": "ufix20_En18"}, 'sink = "ufix20_En18": must be signed'),
    ({"sink": "sfix33_En18"}, "sink.word_length = 33: must be 4 to 32"),
    ({"power_time": 1e3}, "power_time = 1000.0: must be 0.0625 to 256 ms at 16000 words/s of a band"),
    ({"gain_time": 0.01}, "gain_time = 0.01: must be 0.0625 to 256 ms at 16000 words/s of a band"),
    ({"start_time": 600}, "start_time = 600.0: must be no more than block_time, here 512 ms"),
    ({"rise": 0}, "rise = 0: must be 0.01 to 1000"),
    ({"levels": 9}, "levels = 9: must be 1 to 8"),
]


@pytest.mark.parametrize(("parameters", "message"), BAD)
def test_bad_parameters(parameters, message):
    with pytest.raises(ParameterError, match=message):
        make(**{**FULL, **parameters})
