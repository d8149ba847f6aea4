"""Compressor: words of the definition in exact integers, the float recurrences, its curve, ANSI S3.22 times, distortion, registers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixed_point import to_float
from ip_cores.chain import Chain
from ip_cores.core import make_core
from ip_cores.parameters import ParameterError
from reference.compressor import Curve, time_constant
from testbenches.for_tests.band_words import loud_and_soft, write_events
from testbenches.for_tests.drawing import examples
from testbenches.for_tests.model_speed import sections_beside
from testbenches.fuzz.oracles.by_kind import right_words
from testbenches.fuzz.strategies import descriptions
from testbenches.simulate import run
from testbenches.stimulus import Stimulus
from testbenches.verify import verify

HARDWARE = ("myhdl", "ghdl", "native")

FULL = {"levels": 4, "sample_rate": 80000}


def make(**parameters):
    return make_core({"core": "compressor", "name": "compressor", **FULL, **parameters})


def one_band(core, words, band=1):
    return core.model((words, np.full(words.size, band)))[0]


def played(core, words, channel, **values):
    """Through the model, run-time inputs held at values or as they change."""
    start = {name: np.full(len(words), one.start) for name, one in core.run_time_inputs.items()}
    changed = {name: np.broadcast_to(value, len(words)) for name, value in values.items()}
    return core.steered_model((words, channel), {**start, **changed})[0]


def trim(decibels):
    """A trim as a register has it: 16 bits, 2048 for a doubling."""
    return int(np.floor(decibels / (20 * np.log10(2)) * 2048 + 0.5)) & 0xFFFF


def gain_at(level, *, gain, speech, knee, ratio, expands, expansion, limit):
    """The curve's definition by its output: compressed about the speech level, held at the limit, softened below."""
    out = max(level, knee) + gain - (1 - 1 / ratio) * (max(level, knee) - speech) - max(knee - level, 0)
    if out > limit:
        # By how far the input lies above the level that gives the limit, on the line that it lies on.
        linear = limit - (gain - (1 - 1 / ratio) * (knee - speech))
        there = linear if linear <= knee else ratio * (limit - gain - (1 - 1 / ratio) * speech)
        out = limit + (level - there) / 10
    return out - level - (expansion - 1) * max(expands - level, 0)


SHAPES = st.fixed_dictionaries(
    {
        "gain": st.floats(-20, 40), "speech": st.floats(40, 70), "knee": st.floats(35, 80), "ratio": st.floats(1, 9.5),
        "expands": st.floats(0, 35), "expansion": st.floats(1, 4), "limit": st.floats(100, 140),
    }
)  # fmt: skip


@given(SHAPES, st.floats(-20, 160))
def test_curve_is_its_definition(shape, level):
    names = "gain", "speech", "knee", "ratio", "expands", "expansion", "limit"
    curve = Curve(*(shape[name] for name in names))
    assert float(curve(level)) == pytest.approx(gain_at(level, **shape), abs=1e-9)


class Recurrences:
    """One band in float, word by word."""

    def __init__(self, core, band):
        told = core.description
        self.core, self.curve = core, core.curves[min(band, core.levels)]
        rate = core.sample_rate / (core.levels + 1)
        self.power, self.part = 0.0, 2.0 ** -round(math.log2(told["power_time"] / 1000 * rate))
        dropped = core.sink.word_length - 17 if core.sink.word_length > 18 else 0
        self.lowest = 4.0 ** (dropped - core.sink.fraction_length)
        self.level = math.log2(self.lowest)
        taus = [time_constant(told[name] / 1000, self.curve.ratio, left) for name, left in (("attack", 3), ("release", 4))]
        self.parts = [round((1 - math.exp(-1 / (rate * tau))) * 65536) / 65536 for tau in taus]

    def word(self, b):
        told = self.core.description
        self.power += (b * b - self.power) * self.part
        level = math.log2(max(self.power, self.lowest))
        self.level += (level - self.level) * self.parts[0 if level > self.level else 1]
        loudness = told["full_scale_spl"] + 10 * math.log10(2) * (1 + self.level)
        gain = float(self.curve(loudness)) + told["full_scale_spl"] - told["output_full_scale_spl"]
        return b * 10 ** (gain / 20)


CORES = descriptions("compressor").map(dict)


def made(description):
    """A core of a description, or none where what was drawn does not go together."""
    from hypothesis import assume

    try:
        return make_core(description)
    except ValueError:
        assume(False)


@examples(40)
@given(CORES, st.integers(0, 2**20))
def test_model_equals_its_definition(description, seed):
    core = made(description)
    words, channel = loud_and_soft(core.sink, 1 << core.registers.channel_bits, 300, seed)
    found, same = core.model((words, channel))
    assert found.tolist() == right_words(core, {"data": words.tolist(), "channel": channel.tolist()}, {})["data"]
    assert same.tolist() == channel.tolist()


@examples(20)
@given(CORES, st.integers(0, 2**20))
def test_reference_equals_its_recurrences(description, seed):
    core = made(description)
    words, channel = loud_and_soft(core.sink, 1 << core.registers.channel_bits, 200, seed)
    x = to_float(words, core.sink)
    bands = {band: Recurrences(core, band) for band in set(channel.tolist())}
    expected = [bands[band].word(b) for b, band in zip(x.tolist(), channel.tolist(), strict=True)]
    found, same = core.reference((x, channel))
    np.testing.assert_allclose(found, expected, rtol=1e-7)
    assert same.tolist() == channel.tolist()


@examples(1)
@given(CORES, st.integers(0, 2**20))
def test_any_compressor(description, seed):
    core = made(description)
    words, channel = loud_and_soft(core.sink, 1 << core.registers.channel_bits, 100, seed)
    expected = core.model((words, channel))
    for engine in ("myhdl", "ghdl"):
        response = run(core, Stimulus.random_stalls({"data": words, "channel": channel}, seed, 0.3, drain=400), engine)
        assert response.data.tolist() == expected[0].tolist()
        assert response.words["channel"].tolist() == channel.tolist()


KINDS = {
    "short words, a curve for each band": {
        "levels": 2, "sample_rate": 3000, "sink": "sfix12_En10", "compression_ratio": [1.0, 3.0, 1.5], "power_time": 4,
        "expansion_knee": [40.0, 30.0, 45.0], "output_limit": [90.0, 80.0, 85.0],
    },
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_chain_of_proof(kind):
    core = make(**KINDS[kind])
    words, channel = loud_and_soft(core.sink, core.levels + 1, 160, 3)
    proof = verify(core, {"data": words, "channel": channel}, HARDWARE, samples=160, seed=2, stalls=0.4)
    assert [engine.error or engine.first_difference for engine in proof.engines] == [None] * 3
    assert all(engine.passed for engine in proof.engines)


def test_a_knee_far_above_all_levels_bends_nothing():
    """Its distance from silence has more bits than that of a level."""
    curve = {"gains": 0.0, "expansion_knee": 0.0, "compression_knee": 40.0, "compression_ratio": 3.25, "output_limit": 90.0}
    core = make(levels=1, sample_rate=2000, sink="sfix12_En11", attack=2.4, release=3.0, power_time=1.0, **curve)
    words, channel = np.full(12, 2047), np.resize([1, 0], 12)
    response = run(core, Stimulus({"data": words, "channel": channel}, drain=400), "ghdl")
    assert response.data.tolist() == core.model((words, channel))[0].tolist()


@pytest.mark.parametrize("engine", ["myhdl", "ghdl"])
def test_latency_and_full_rate(engine):
    core = make(levels=2)
    words, channel = loud_and_soft(core.sink, 4, 30, 1)
    response = run(core, Stimulus({"data": words, "channel": channel}, drain=400), engine)
    assert set(response.source_cycles - response.sink_cycles) == {core.latency}
    assert set(np.diff(response.sink_cycles)) == {core.cycles_per_sample} == {21}


class TestRegisters:
    """What can be changed at run time, of band 1; a change comes in the clock `change`."""

    core = make(levels=1, sample_rate=2000, ramp=20000.0)
    change = 1600

    def respond(self, engine, **settings):
        words, _ = loud_and_soft(self.core.sink, 2, 150, 4)
        fields = {"data": words, "channel": np.ones(150, dtype=np.int64)}
        response = run(self.core, Stimulus(fields, drain=400, **settings), engine)
        first = int(np.searchsorted(response.sink_cycles, self.change))
        assert 50 < first < 120
        return {name: row.tolist() for name, row in fields.items()}, response, np.arange(150) >= first

    def expected(self, fields, **values):
        start = {name: [one.start] * 150 for name, one in self.core.run_time_inputs.items()}
        return right_words(self.core, fields, start | {name: row.astype(int).tolist() for name, row in values.items()})["data"]

    @pytest.mark.parametrize("written", [trim(-12.0), 0x7FFF])
    def test_trim(self, written):
        events, probes = write_events(self.change, 1, written), tuple((self.change + n, "control_readdata") for n in (-2, 1))
        for engine in ("myhdl", "ghdl"):
            fields, response, changed = self.respond(engine, controls={"control_address": 1}, events=events, probes=probes)
            assert response.data.tolist() == self.expected(fields, trim_1=np.where(changed, written, 0)) != self.expected(fields)
            assert response.probes == (0, written)

    @pytest.mark.parametrize("by", ["port", "register"])
    def test_bypass(self, by):
        events = write_events(self.change, 2, 1) if by == "register" else ((self.change, "bypass", 1),)
        for engine in ("myhdl", "ghdl"):
            fields, response, changed = self.respond(engine, events=events)
            assert response.data.tolist() == self.expected(fields, bypass=changed) != self.expected(fields)
            assert response.data[changed].tolist() == np.array(fields["data"])[changed].tolist()


def steady(core, level, band=1, count=16000):
    """Level, gain and what half of the last bit is of it, in dB, of a square wave, whose words are as loud at every time."""
    size = round(2 ** (core.sink.fraction_length - 0.5) * 10 ** ((level - core.full_scale_spl) / 20))
    exact = core.full_scale_spl + 20 * math.log10(size * 2**0.5 / 2**core.sink.fraction_length)
    left = abs(one_band(core, np.resize([size, -size], count), band)[-1])
    gain = 20 * math.log10(left / size) + core.output_full_scale_spl - core.full_scale_spl
    return exact, gain, 20 * math.log10(1 + 0.5 / left)


@pytest.mark.parametrize("band", [0, 1, 4])
def test_static_curve(band):
    """Within 0.02 dB: logarithm 0.005 of power, half of that of gain, factor 0.006; and half of the last bit."""
    core = make(sink="sfix18_En17", gains=[10.0, 18.0, 26.0, 30.0, 34.0], release=20.0)
    own = {"speech": (61, 51, 52, 55, 59)[band], "gain": (10, 34, 30, 26, 18)[band]}
    for level in (25, 30, 38, 45, 52, 61, 72, 80, 91, 100):
        exact, found, last_bit = steady(core, level, band)
        wanted = gain_at(exact, knee=45, ratio=2, expands=30, expansion=2, limit=105, **own)
        assert found == pytest.approx(wanted, abs=0.02 + last_bit)


def envelope(core, levels, frequency=1000, band=1, rate=16000):
    """Level at the source of a sine whose level changes, in dB, at each word: the largest of half a period around it."""
    sizes = 2**core.sink.fraction_length * 10 ** ((np.asarray(levels) - core.full_scale_spl) / 20)
    words = np.round(sizes * np.sin(2 * np.pi * frequency / rate * np.arange(sizes.size) + 0.1)).astype(np.int64)
    half = rate // frequency // 2
    left = np.abs(one_band(core, words, band)).astype(float)
    around = np.pad(left, (half // 2, half - half // 2 - 1), "edge")
    return 20 * np.log10(np.lib.stride_tricks.sliding_window_view(around, half).max(axis=1))


@pytest.mark.parametrize("ratio", [1.5, 2.0, 3.0])
@pytest.mark.parametrize("attack", [5.0, 20.0])
def test_attack_and_release_are_those_of_the_standard(ratio, attack):
    """From 55 to 90 dB SPL until 3 dB are left, and back until 4 dB are left: within a fifth of what is asked for."""
    core = make(sink="sfix32_En30", gains=10.0, compression_ratio=ratio, attack=attack, release=100.0)
    step, back, end = 16000, 32000, 48000
    found = envelope(core, np.repeat([55.0, 90.0, 55.0], 16000))
    loud, soft = found[back - 100], found[end - 100]
    rose = (np.flatnonzero(np.abs(found[step:back] - loud) > 3)[-1] + 1) / 16
    fell = (np.flatnonzero(np.abs(found[back + 16 : end] - soft) > 4)[-1] + 17) / 16
    assert rose == pytest.approx(attack, rel=0.2)
    assert fell == pytest.approx(100.0, rel=0.2)


def test_silence_stays_silence():
    core = make()
    assert not one_band(core, np.zeros(5000, np.int64)).any()
    assert not core.reference((np.zeros(100), np.ones(100, np.int64)))[0].any()


def test_extremes_saturate():
    """After silence the gain is as large as it gets in its first words."""
    core = make(full_scale_spl=120, expansion_ratio=1.0, attack=20.0, gains=20.0)
    ends = np.resize([core.sink.minimum, core.sink.maximum], 40)
    assert one_band(core, ends)[:2].tolist() == [core.sink.minimum, core.sink.maximum]


def test_no_gain_changes_no_word():
    core = make(gains=0.0, compression_ratio=1.0, expansion_ratio=1.0, output_limit=160, full_scale_spl=100, output_full_scale_spl=100)
    words, channel = loud_and_soft(core.sink, 8, 2000, 0)
    assert core.model((words, channel))[0].tolist() == words.tolist()


def test_a_trim_is_a_gain_on_top_that_is_gone_to_evenly():
    core = make(sink="sfix32_En30", ramp=1000.0)
    words = np.resize([2**22, -(2**22)], 12000)
    ones, change = np.ones(words.size, np.int64), np.arange(words.size) >= 4000
    before = played(core, words, ones)
    found = 20 * np.log10(played(core, words, ones, trim_1=np.where(change, trim(12.0), 0)) / before)
    steps = np.diff(found)
    assert not found[:4000].any()
    assert found[-1] == pytest.approx(12, abs=0.01)
    assert steps.max() < 1000 / 16000 + 0.02
    assert np.argmax(found > 11.99) - 4000 == pytest.approx(12 / 1000 * 16000, rel=0.02)


def test_least_trim_mutes():
    core = make()
    words = np.resize([2**12, -(2**12)], 8000)
    assert not played(core, words, np.ones(8000, np.int64), trim_1=trim(-96.0))[-100:].any()


def test_bands_that_the_bank_does_not_have_go_as_the_last_one():
    core = make(gains=[5.0, 10.0, 15.0, 20.0, 25.0])
    words, _ = loud_and_soft(core.sink, 1, 1000, 0)
    last = one_band(core, words, 4).tolist()
    assert [one_band(core, words, band).tolist() == last for band in range(8)] == [False] * 4 + [True] * 4


@pytest.mark.parametrize(("rate", "power", "attack"), [(16000, 4, 2.8351), (48000, 6, 2.8351), (8000, 3, 2.8351)])
def test_times_follow_the_sample_rate_through_a_bank(rate, power, attack):
    """In a chain the stage behind the bank gets the rate of all bands' words; the steps are those of one band."""
    bank = make_core({"core": "swt_analysis", "name": "bank", "wavelet": "haar", "levels": 4, "sample_rate": rate})
    stage = Chain([bank, make()]).stages[1]
    assert stage.sample_rate == 5 * rate
    assert stage.power_step == power
    assert stage.law.bands[0].attack == round((1 - math.exp(-1000 / (rate * attack))) * 65536)


def test_model_is_fast():
    """Some 100 times real time: five words for each of 16,000 samples a second."""
    core = make()
    words, channel = loud_and_soft(core.sink, 5, 400_000, 0)
    core.model((words[:100], channel[:100]))
    assert sections_beside(lambda: core.model((words, channel)), words.size / 5, most=75) < 75


def test_what_is_promised_is_kept_and_tells_something():
    core = make(gains=[8.0, 20.0, 32.0, 34.0, 36.0])
    words = np.round(np.random.default_rng(0).standard_normal(20000) * 3000).astype(np.int64)
    words[8000:12000] //= 20
    channel = np.resize([0, 4, 3, 2, 1], words.size)
    promised = core.promised_snr((words, channel)).snr
    found, truth = core.model((words, channel))[0], core.reference((to_float(words, core.sink), channel))[0]
    error = to_float(found, core.sink) - truth
    assert 40 <= promised <= 10 * math.log10(np.mean(truth**2) / np.mean(error**2))


BAD = [
    ({"gains": [1.0, 2.0]}, r"gains = .*: must be one value, or 5: one for each band of 4 levels"),
    ({"gains": 81}, "gains = 81: must be -60 to 80 dB"),
    ({"gains": 60.0}, "gains = 60.0: must amplify no sound by more than 62 dB; below its knee this does by 68 dB"),
    ({"gains": "much"}, 'gains = "much": must be -60 to 80 dB for all bands, or a list'),
    ({"compression_ratio": 0.5}, "compression_ratio = 0.5: must be 1 to 10"),
    ({"compression_ratio": [2, 2, 2, 2]}, "compression_ratio = .*: must be one value, or 5"),
    ({"compression_knee": [30, 40]}, "compression_knee = .*: must be one value, or 5"),
    ({"expansion_knee": 50.0}, "expansion_knee = 50.0: must be no more than compression_knee, here 45 dB SPL"),
    ({"expansion_knee": [0, 1]}, "expansion_knee = .*: must be one value, or 5"),
    ({"expansion_ratio": [2.0]}, "expansion_ratio = .*: must be one value, or 5"),
    ({"expansion_ratio": 5}, "expansion_ratio = 5: must be 1 to 4"),
    ({"expansion_ratio": 4.0, "sink": "sfix32_En30"}, "expansion_ratio = 4.0: must leave a gain of -192.7 dB at the lowest level"),
    ({"output_limit": 50.0}, "output_limit = 50.0: must let sounds at the expansion's knee be amplified by 28 dB"),
    ({"output_limit": 30.0}, "output_limit = 30.0: must be 40 to 160 dB SPL"),
    ({"speech_levels": [60.0]}, "speech_levels = .*: must be one value, or 5"),
    ({"speech_levels": "loud"}, 'speech_levels = "loud": must be measured, or 0 to 120 dB SPL for all bands or a list'),
    ({"attack": 0.01}, "attack = 0.01: must be 0.05 to 10000"),
    ({"attack": 9000.0}, r"attack = 9000.0: must have time constants of no more than 4096 ms"),
    ({"release": 60000.0}, r"release = 60000.0: must have time constants of no more than 4096 ms"),
    ({"power_time": 900.0}, "power_time = 900.0: must be 0.0625 to 64 ms at 16000 words/s of a band"),
    ({"ramp": 0}, "ramp = 0: must be 0.1 to 10000000"),
    ({"sink": "ufix20_En18"}, 'sink = "ufix20_En18": must be signed'),
    ({"sink": "sfix7_En6"}, "sink.word_length = 7: must be 8 to 32"),
    ({"levels": 9}, "levels = 9: must be 1 to 8"),
    ({"full_scale_spl": 30}, "full_scale_spl = 30: must be 40 to 160"),
]


@pytest.mark.parametrize(("parameters", "message"), BAD)
def test_bad_parameters(parameters, message):
    with pytest.raises(ParameterError, match=message):
        make(**parameters)
