"""Gains for bands: words of the definition in exact integers, gains in dB, ramps, registers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixed_point import to_float
from ip_cores.chain import Chain
from ip_cores.core import make_core
from ip_cores.parameters import ParameterError
from reference.band_gain import band_gain
from testbenches.for_tests.band_words import loud_and_soft, write_events
from testbenches.for_tests.drawing import examples
from testbenches.fuzz.oracles.by_kind import right_words
from testbenches.fuzz.strategies import descriptions
from testbenches.simulate import run
from testbenches.stimulus import Stimulus
from testbenches.verify import verify

HARDWARE = ("myhdl", "ghdl", "native")


def make(**parameters):
    return make_core({"core": "band_gain", "name": "gains", "sample_rate": 80000, **parameters})


def played(core, words, channel, **values):
    """Through the model, run-time inputs held at values or as they change."""
    start = {name: np.full(len(words), one.start) for name, one in core.run_time_inputs.items()}
    changed = {name: np.broadcast_to(value, len(words)) for name, value in values.items()}
    return core.steered_model((words, channel), {**start, **changed})[0]


def register(decibels):
    """A gain as a register has it: 16 bits, 2048 for a doubling."""
    return int(np.floor(decibels / (20 * np.log10(2)) * 2048 + 0.5)) & 0xFFFF


CORES = descriptions("band_gain").map(make_core)


@examples(40)
@given(CORES, st.integers(0, 2**20))
def test_model_equals_its_definition(core, seed):
    words, channel = loud_and_soft(core.sink, 1 << core.registers.channel_bits, 300, seed)
    found, same = core.model((words, channel))
    assert found.tolist() == right_words(core, {"data": words.tolist(), "channel": channel.tolist()}, {})["data"]
    assert same.tolist() == channel.tolist()


@examples(2)
@given(CORES, st.integers(0, 2**20))
def test_any_band_gain(core, seed):
    words, channel = loud_and_soft(core.sink, 1 << core.registers.channel_bits, 120, seed)
    expected = core.model((words, channel))
    for engine in ("myhdl", "ghdl"):
        response = run(core, Stimulus.random_stalls({"data": words, "channel": channel}, seed, 0.3, drain=400), engine)
        assert response.data.tolist() == expected[0].tolist()
        assert response.words["channel"].tolist() == channel.tolist()


@examples(20)
@given(st.lists(st.floats(-96, 42), min_size=5, max_size=5), st.floats(1e-4, 1), st.integers(0, 99))
def test_reference_goes_evenly_to_each_gain(gains, step, seed):
    """Word by word, from the gain that the band has; channels that are none pass."""
    random = np.random.default_rng(seed)
    words, channel = random.standard_normal(60), random.integers(0, 8, 60)
    expected = [b * 10 ** (gains[band] / 20) if band < 5 else b for b, band in zip(words, channel, strict=True)]
    np.testing.assert_allclose(band_gain(words, channel, gains, step=step)[0], expected, rtol=1e-12)


@pytest.mark.parametrize("sink", ["sfix16_En15", "sfix20_En18", "sfix32_En30"])
def test_gains_are_what_is_asked_for(sink):
    """Within 0.006 dB from -42 to 42 dB: what a factor of 17 bits and half a step of a register allow; and half of the last bit."""
    for gain in np.arange(-42, 42.01, 0.7):
        core = make(sink=sink, gains=float(round(gain, 1)))
        size = core.sink.maximum / max(1, 10 ** (gain / 20)) * 0.98
        words = np.round(np.random.default_rng(0).uniform(-size, size, 300)).astype(np.int64)
        found, exact = core.model((words, np.zeros(300, np.int64)))[0], words * 10 ** (round(gain, 1) / 20)
        assert np.all(np.abs(found - exact) <= 0.5 + np.abs(exact) * (10 ** (0.006 / 20) - 1))


def test_bands_are_listed_from_low_to_high():
    core = make(gains=[0, 20, 26, 32, 38])
    found = core.model((np.full(8, 1000), np.arange(8)))[0]
    assert np.round(20 * np.log10(found / 1000)).tolist() == [0, 38, 32, 26, 20, 0, 0, 0]


@pytest.mark.parametrize("sink", ["sfix4_En3", "sfix20_En18", "sfix32_En30"])
def test_no_gain_changes_no_word_and_silence_stays(sink):
    core = make(sink=sink)
    words, channel = loud_and_soft(core.sink, 8, 2000, 0)
    assert core.model((words, channel))[0].tolist() == words.tolist()
    assert core.reference((to_float(words, core.sink), channel))[0].tolist() == to_float(words, core.sink).tolist()
    assert core.promised_snr((words, channel)).snr == np.inf
    assert not make(gains=42.0).model((np.zeros(5, np.int64), np.arange(5)))[0].any()


def test_extremes_saturate():
    core = make(gains=[42, 6.1, 0, 0, 0])
    ends = core.sink.minimum, core.sink.maximum
    assert core.model((np.tile(ends, 2), np.repeat([0, 4], 2)))[0].tolist() == [*ends, *ends]


@pytest.mark.parametrize("gain", [-96.0, -96.33])
def test_least_gain_mutes_what_has_16_bits(gain):
    core = make(sink="sfix16_En15")
    loud = np.array([core.sink.minimum, 30000, -30000] * 2000)
    found = played(core, loud, np.ones(loud.size, np.int64), gain_1=0x8000 if gain < -96 else register(gain))
    assert not found[-500:].any()


class TestRamp:
    """A constant word: what leaves tells the gain on its way."""

    core = make(sink="sfix32_En30", ramp=2000.0)
    per_word = 2000.0 / 16000

    def gains(self, *asked):
        """In dB, word by word, from 0 dB on to each gain that is asked for."""
        registers = np.repeat([register(gain) for gain in asked], 1500)
        found = played(self.core, np.full(registers.size, 2**22), np.full(registers.size, 2), gain_2=registers)
        return 20 * np.log10(found / 2**22)

    def test_goes_at_its_pace_and_arrives(self):
        found = self.gains(40.0, -60.0, 12.0)
        assert found[[1499, 2999, 4499]] == pytest.approx([40, -60, 12], abs=0.05)
        counts = [np.argmax(np.abs(found[start:] - end) < 0.01) + 1 for start, end in ((0, found[1499]), (3000, found[4499]))]
        assert counts == pytest.approx([40 / self.per_word, 72 / self.per_word], rel=0.005)

    def test_never_steps_by_more(self):
        """Above -42 dB, below which a factor has fewer bits."""
        steps = np.abs(np.diff(np.concatenate([[0], self.gains(40.0, -40.0, 12.0)])))
        assert steps.max() < self.per_word + 0.02

    @pytest.mark.parametrize(("ramp", "words"), [(0.1, 16000 / 0.1), (1e7, 1)])
    def test_slowest_and_fastest(self, ramp, words):
        """The slowest there is goes a register's 16th a word; the fastest is there at once."""
        core = make(sink="sfix32_En30", ramp=ramp)
        found = played(core, np.full(3, 2**26), np.ones(3, np.int64), gain_1=register(12.0))
        step = 20 * np.log10(found[0] / 2**26)
        assert step == (pytest.approx(12, abs=0.01) if words == 1 else pytest.approx(20 * np.log10(2) / 2**15, abs=0.002))


KINDS = {
    "decimated, short words": {"bank": "decimated", "levels": 2, "sink": "sfix5_En4", "gains": [3.0, -6.0, 12.0]},
    "long words, as many bands as channels": {"levels": 3, "sink": "sfix32_En30", "gains": [-90.0, 42.0, -0.1, 0.0], "ramp": 1e6},
}


@pytest.mark.parametrize("kind", KINDS)
def test_chain_of_proof(kind):
    core = make(**KINDS[kind])
    words, channel = loud_and_soft(core.sink, core.levels + 1, 160, 3)
    proof = verify(core, {"data": words, "channel": channel}, HARDWARE, samples=160, seed=2, stalls=0.4)
    assert [engine.error or engine.first_difference for engine in proof.engines] == [None] * 3
    assert all(engine.passed for engine in proof.engines)


@pytest.mark.parametrize("engine", ["myhdl", "ghdl"])
def test_latency_and_full_rate(engine):
    core = make(levels=2)
    words, channel = loud_and_soft(core.sink, 4, 40, 1)
    response = run(core, Stimulus({"data": words, "channel": channel}, drain=400), engine)
    assert set(response.source_cycles - response.sink_cycles) == {core.latency}
    assert set(np.diff(response.sink_cycles)) == {core.cycles_per_sample} == {9}


class TestRegisters:
    """What can be changed at run time, of band 1; a change comes in the clock `change`."""

    core = make(levels=1, gains=[0.0, 6.0], ramp=400000.0)
    change = 900

    def respond(self, engine, **settings):
        words, _ = loud_and_soft(self.core.sink, 2, 220, 4)
        fields = {"data": words, "channel": np.ones(220, dtype=np.int64)}
        response = run(self.core, Stimulus(fields, drain=400, **settings), engine)
        first = int(np.searchsorted(response.sink_cycles, self.change))
        assert 50 < first < 150
        return {name: row.tolist() for name, row in fields.items()}, response, np.arange(220) >= first

    def expected(self, fields, **values):
        start = {name: [one.start] * 220 for name, one in self.core.run_time_inputs.items()}
        return right_words(self.core, fields, start | {name: row.astype(int).tolist() for name, row in values.items()})["data"]

    @pytest.mark.parametrize("written", [register(-12.0), 0x8000, 0x7FFF])
    def test_gain(self, written):
        events, probes = write_events(self.change, 1, written), tuple((self.change + n, "control_readdata") for n in (-2, 1))
        for engine in ("myhdl", "ghdl"):
            fields, response, changed = self.respond(engine, controls={"control_address": 1}, events=events, probes=probes)
            asked = np.where(changed, written, register(6.0))
            assert response.data.tolist() == self.expected(fields, gain_1=asked)
            assert response.probes == (register(6.0), written)

    @pytest.mark.parametrize("by", ["port", "register"])
    def test_bypass(self, by):
        events = write_events(self.change, 2, 1) if by == "register" else ((self.change, "bypass", 1),)
        for engine in ("myhdl", "ghdl"):
            fields, response, changed = self.respond(engine, events=events)
            assert response.data.tolist() == self.expected(fields, bypass=changed) != self.expected(fields)
            assert response.data[changed].tolist() == np.array(fields["data"])[changed].tolist()


@pytest.mark.parametrize(("bank", "rate"), [("swt_analysis", 16000), ("dwt_analysis", 16000)])
def test_ramp_follows_the_sample_rate_through_a_bank(bank, rate):
    first = make_core({"core": bank, "name": "bank", "wavelet": "haar", "levels": 4, "sample_rate": rate})
    kind = "undecimated" if bank == "swt_analysis" else "decimated"
    stage = Chain([first, make(levels=4, bank=kind, sink=str(first.source_format), ramp=1000.0)]).stages[1]
    fastest = rate if kind == "undecimated" else rate / 2
    assert stage.band_rate == fastest
    assert stage.registers.pace == round(1000 / fastest / (20 * np.log10(2)) * 2**15)


def test_what_is_promised_is_kept_and_tells_something():
    core = make(gains=[-6.0, 20.0, 3.0, 0.0, -20.0])
    words = np.round(np.random.default_rng(0).standard_normal(20000) * 4000).astype(np.int64)
    channel = np.resize([0, 4, 3, 2, 1], words.size)
    promised = core.promised_snr((words, channel)).snr
    found, truth = core.model((words, channel))[0], core.reference((to_float(words, core.sink), channel))[0]
    error = to_float(found, core.sink) - truth
    assert 55 <= promised <= 10 * np.log10(np.mean(truth**2) / np.mean(error**2))


BAD = [
    ({"gains": 42.5}, "gains = 42.5: must be -96 to 42 dB"),
    ({"gains": -97}, "gains = -97: must be -96 to 42 dB"),
    ({"gains": [1.0, 2.0]}, r"gains = .*: must be one gain, or 5: one for each band of 4 levels"),
    ({"gains": []}, r"gains = \[\]: must be -96 to 42 dB for all bands, or a list of these"),
    ({"gains": "loud"}, 'gains = "loud": must be -96 to 42 dB for all bands'),
    ({"gains": [0, True, 0, 0, 0]}, "gains = .*: must be -96 to 42 dB for all bands"),
    ({"gains": float("nan")}, "gains = nan: must be"),
    ({"ramp": 0}, "ramp = 0: must be 0.1 to 10000000"),
    ({"bank": "packet"}, 'bank = "packet": must be one of undecimated, decimated'),
    ({"sink": "ufix20_En18"}, 'sink = "ufix20_En18": must be signed'),
    ({"sink": "sfix33_En18"}, "sink.word_length = 33: must be 4 to 32"),
    ({"levels": 9}, "levels = 9: must be 1 to 8"),
]


@pytest.mark.parametrize(("parameters", "message"), BAD)
def test_bad_parameters(parameters, message):
    with pytest.raises(ParameterError, match=message):
        make(**parameters)
