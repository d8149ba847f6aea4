"""Threshold: words of the definition in exact integers, a tracker that finds the noise and never sticks, registers at run time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixed_point import Format
from fixed_point.threshold import Tracker, gain_word
from ip_cores.core import make_core
from ip_cores.parameters import ParameterError
from reference.threshold import tracked_sigma
from testbenches.for_tests.drawing import examples
from testbenches.simulate import run
from testbenches.stimulus import Stimulus
from testbenches.verify import verify

HARDWARE = ("myhdl", "ghdl", "native")


def make(**parameters):
    return make_core({"core": "threshold", "name": "limiter", **parameters})


class Definition:
    """One band in Python's integers, word by word, as docs/cores/threshold.md has it."""

    def __init__(self, core, interval):
        bits, extra = core.sink.word_length, core.adaptation
        self.extra, self.interval, self.count = extra, interval, 0
        self.top = 2 ** (bits - 3 + extra)
        self.cut = max(0, bits - 2 - 17)
        start = int(0.6745 * core.start * 2 ** (core.sink.fraction_length + extra) + 0.5)
        self.median = min(max(start, 2**extra), self.top)

    def limit(self, gain):
        return ((self.median >> (self.extra + self.cut)) * gain << self.cut) >> 6

    def follow(self, d):
        self.count += 1
        if self.count % self.interval:
            return
        step = (self.median + 2 ** (self.extra - 1)) >> self.extra
        if abs(d) * 2**self.extra > self.median:
            self.median += step if self.median < self.top else 0
        else:
            self.median -= step if self.median >= 2**self.extra else 0

    def word(self, d, gain, rule):
        limit = self.limit(gain)
        self.follow(d)
        if abs(d) > limit:
            return d if rule != "soft" else (abs(d) - limit) * (1 if d > 0 else -1)
        return (d + 2) // 4 if rule == "floor" else 0


def noisy_bands(core, count, seed, loud=0.1):
    """Words of noise with some large ones, bands at random; some of them at the ends of the range."""
    random = np.random.default_rng(seed)
    format = core.sink
    size = 2.0 ** (format.word_length - 5) * np.where(random.random(count) < loud, 8, 1)
    words = np.clip(np.round(random.standard_normal(count) * size), format.minimum, format.maximum).astype(np.int64)
    words[random.random(count) < 0.02] = format.minimum
    return words, random.integers(0, core.levels + 1, count)


@examples(40)
@given(
    st.sampled_from(["hard", "soft", "floor"]),
    st.sampled_from(["undecimated", "decimated"]),
    st.integers(1, 4),
    st.integers(4, 36),
    st.integers(6, 12),
    st.floats(0.02, 10.7),
    st.floats(0, 2),
    st.integers(0, 2**20),
)
def test_model_equals_its_definition(rule, bank, levels, bits, adaptation, factor, start, seed):
    core = make(rule=rule, bank=bank, levels=levels, sink=f"sfix{bits}_En{bits - 1}", adaptation=adaptation, threshold=factor, start=start)
    words, channel = noisy_bands(core, 400, seed)
    bands = {j: Definition(core, 2**j + 1 if bank == "undecimated" else 2) for j in range(1, levels + 1)}
    gain = int(factor / 0.6745 * 64 + 0.5)
    assert core.gain == gain == gain_word(factor)
    expected = [bands[c].word(d, gain, rule) if c else d for d, c in zip(words.tolist(), channel.tolist(), strict=True)]
    found, same = core.model((words, channel))
    assert found.tolist() == expected
    assert same.tolist() == channel.tolist()


@pytest.mark.parametrize("off", [0.5, 2.0])
@pytest.mark.parametrize("level", [2.0**-10, 2.0**-6, 2.0**-3])
@pytest.mark.parametrize("bank", ["undecimated", "decimated"])
def test_tracker_finds_the_noise(bank, level, off):
    """From a start a factor of two away: after 512 updates the mean of sigma over a second is within 10 % of MAD / 0.6745."""
    core = make(bank=bank, levels=4, start=level * off)
    random = np.random.default_rng(7)
    for band, interval in enumerate(core.intervals, 1):
        second = 16000 if bank == "undecimated" else 16000 >> band
        count = 512 * interval
        words = np.round(random.standard_normal(count + second) * level * 2**18).astype(np.int64)
        sigma = core.tracker.sigma(core.tracker.medians(words, interval))[count:]
        truth = np.median(np.abs(words[count:])) / 0.6745 / 2**18
        assert abs(sigma.mean() / truth - 1) < 0.1


@pytest.mark.parametrize("adaptation", [6, 8, 12])
@pytest.mark.parametrize("bits", [4, 8, 20, 36])
def test_tracker_never_sticks(bits, adaptation):
    """After any length of silence it rises again, and after any noise it falls again."""
    tracker = Tracker.of(Format(True, bits, bits - 1), adaptation, 0.0)
    silence = np.zeros(40 << adaptation, dtype=np.int64)
    quiet = tracker.medians(np.concatenate([silence, np.full(3 << adaptation, 1 << (bits - 1))]))
    low = quiet[silence.size]
    assert 0 < low <= tracker.lowest
    assert quiet[-1] > 2 * low
    loud = tracker.medians(np.concatenate([np.full(100 << adaptation, -(1 << (bits - 1))), silence]))
    assert loud.max() < 2**tracker.bits
    assert loud[100 << adaptation] >= tracker.highest
    assert loud[-1] <= tracker.lowest


def test_rounding_of_the_step_has_no_drift():
    """Words that are above and below m in turn leave it where it was; with a step rounded down it would fall."""
    tracker = Tracker.of(Format(True, 20, 18), 8, 0.001)
    words = np.resize([1 << 18, 0], 20000)
    medians = tracker.medians(words)
    assert abs(medians[-1] / medians[0] - 1) < 0.02 + 20000 / 2 * 2**-16


def test_tracker_follows_the_float_recurrence():
    words = np.round(np.random.default_rng(8).standard_normal(20000) * 2000).astype(np.int64)
    tracker = Tracker.of(Format(True, 20, 18), 8, 0.01)
    truth = tracked_sigma(words / 2**18, 0.01, 4)
    np.testing.assert_allclose(tracker.sigma(tracker.medians(words, 4)), truth, rtol=0.01)


KINDS = {
    "hard": {"rule": "hard", "bank": "decimated", "levels": 4},
    "soft": {"rule": "soft", "levels": 2, "sink": "sfix12_En10"},
    "floor": {"rule": "floor", "levels": 3},
    "long words": {"rule": "soft", "levels": 1, "sink": "sfix36_En30", "adaptation": 6},
    "short words": {"rule": "floor", "levels": 8, "sink": "sfix5_En4", "bank": "decimated"},
}


@pytest.mark.parametrize("kind", KINDS)
def test_chain_of_proof(kind):
    core = make(**KINDS[kind])
    words, channel = noisy_bands(core, 1200, 3)
    assert np.mean(core.model((words, channel))[0] != words) > 0.1
    proof = verify(core, {"data": words, "channel": channel}, HARDWARE, samples=1200, seed=2, stalls=0.4)
    assert [engine.error or engine.first_difference for engine in proof.engines] == [None] * 3
    assert all(engine.passed for engine in proof.engines)


@examples(5)
@given(
    st.sampled_from(["hard", "soft", "floor"]),
    st.sampled_from(["undecimated", "decimated"]),
    st.integers(1, 8),
    st.integers(4, 40),
    st.integers(6, 12),
    st.floats(0.02, 10.7),
    st.integers(0, 2**20),
)
def test_any_threshold(rule, bank, levels, bits, adaptation, factor, seed):
    core = make(rule=rule, bank=bank, levels=levels, sink=f"sfix{bits}_En{bits - 2}", adaptation=adaptation, threshold=factor)
    words, channel = noisy_bands(core, 250, seed)
    expected = core.model((words, channel))
    for engine in ("myhdl", "ghdl"):
        response = run(core, Stimulus.random_stalls({"data": words, "channel": channel}, seed, 0.3, drain=200), engine)
        assert response.data.tolist() == expected[0].tolist()
        assert response.words["channel"].tolist() == channel.tolist()


@pytest.mark.parametrize("engine", HARDWARE)
@pytest.mark.parametrize("kind", KINDS)
def test_latency_and_full_rate(kind, engine):
    core = make(**KINDS[kind])
    words, channel = noisy_bands(core, 40, 1)
    response = run(core, Stimulus({"data": words, "channel": channel}, drain=200), engine)
    assert set(response.source_cycles - response.sink_cycles) == {core.latency}
    assert set(np.diff(response.sink_cycles)) == {core.cycles_per_sample}


class TestRegisters:
    """What can be changed at run time. Words are one band, 300 before and 300 after a change in the clock `change`."""

    core = make(rule="hard", levels=1, bank="decimated")
    change = 1000

    def respond(self, engine, **settings):
        words, _ = noisy_bands(self.core, 600, 4)
        fields = {"data": words, "channel": np.ones(600, dtype=np.int64)}
        response = run(self.core, Stimulus(fields, drain=200, **settings), engine)
        first = int(np.searchsorted(response.sink_cycles, self.change))
        return words, response, first

    def expected(self, words, first, gain, passes=False, follows=True):
        band, results = Definition(self.core, 2), []
        for number, word in enumerate(words.tolist()):
            now = self.core.gain if number < first else gain
            keep = band.median, band.count
            result = band.word(word, now, "hard")
            if number >= first and not follows:
                band.median, band.count = keep
            results.append(word if number >= first and passes else result)
        return results

    def writes(self, address, value):
        names = (("control_address", address), ("control_writedata", value), ("control_write", 1))
        return (*((self.change - 1, name, port) for name, port in names), (self.change, "control_write", 0))

    @pytest.mark.parametrize("engine", HARDWARE)
    def test_factor(self, engine):
        events, probes = self.writes(0, 100), ((self.change - 2, "control_readdata"), (self.change + 1, "control_readdata"))
        words, response, first = self.respond(engine, events=events, probes=probes)
        assert response.data.tolist() == self.expected(words, first, 100)
        assert response.probes == (self.core.gain, 100)

    @pytest.mark.parametrize("engine", HARDWARE)
    @pytest.mark.parametrize("by", ["port", "register"])
    def test_bypass(self, engine, by):
        events = self.writes(1, 1) if by == "register" else ((self.change, "bypass", 1),)
        words, response, first = self.respond(engine, events=events)
        assert response.data.tolist() == self.expected(words, first, self.core.gain, passes=True)

    @pytest.mark.parametrize("engine", HARDWARE)
    @pytest.mark.parametrize("by", ["port", "register"])
    def test_freeze(self, engine, by):
        events = self.writes(1, 2) if by == "register" else ((self.change, "freeze", 1),)
        words, response, first = self.respond(engine, events=events)
        assert response.data.tolist() == self.expected(words, first, self.core.gain, follows=False)
        assert self.expected(words, first, self.core.gain, follows=False) != self.expected(words, first, self.core.gain)

    def test_reset_brings_back_what_the_description_says(self):
        events = ((5, "control_writedata", 3), (5, "control_write", 1), (6, "control_write", 0))
        core, words = self.core, {"data": np.arange(40), "channel": np.ones(40, dtype=np.int64)}
        probes = ((10, "control_readdata"), (40, "control_readdata"))
        response = run(core, Stimulus(words, events=events, probes=probes, reset_at=20), "myhdl")
        assert response.probes == (3, core.gain)


BAD = [
    ({"threshold": 0}, "threshold = 0: must be a number from 0.02 to 10.7"),
    ({"threshold": -1.0}, "threshold = -1.0: must be a number from 0.02 to 10.7"),
    ({"rule": "firm"}, 'rule = "firm": must be one of hard, soft, floor'),
    ({"bank": "packet"}, 'bank = "packet": must be one of undecimated, decimated'),
    ({"sink": "ufix20_En18"}, 'sink = "ufix20_En18": must be signed'),
    ({"start": -0.1}, "start = -0.1: must be 0"),
    ({"levels": 9}, "levels = 9: must be 1 to 8"),
]


@pytest.mark.parametrize(("parameters", "message"), BAD)
def test_bad_parameters(parameters, message):
    with pytest.raises(ParameterError, match=message):
        make(**parameters)
