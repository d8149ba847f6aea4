"""Frequency shifter: words of its definition, scipy's analytic signal, image and carrier, what is added, and the chain of proof."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.signal
from hypothesis import given
from hypothesis import strategies as st

from fixed_point import to_float
from ip_cores.core import make_core
from ip_cores.parameters import ParameterError
from reference.frequency_shifter import hilbert_taps
from testbenches.for_tests.drawing import examples
from testbenches.for_tests.model_speed import sections_beside
from testbenches.fuzz.oracles.by_kind import right_words
from testbenches.fuzz.strategies import descriptions
from testbenches.simulate import run
from testbenches.stimulus import Stimulus
from testbenches.verify import verify

HARDWARE = ("myhdl", "ghdl", "native")
RATE = 16000
HIGH_PASS = {"method": "firwin", "numtaps": 31, "cutoff": 3000, "pass_zero": False}


def make(**parameters):
    return make_core({"core": "frequency_shifter", "name": "shifted", **parameters})


def noise(core, count, seed=0, size=1.0):
    """Words of noise with some of full scale."""
    random = np.random.default_rng(seed)
    words = np.floor(random.uniform(core.sink.minimum, core.sink.maximum + 1, count) * size).astype(np.int64)
    words[random.random(count) < 0.05 * (size == 1)] = core.sink.minimum
    return words


def tone(frequency, count, size=0.5):
    """Words of a sine."""
    return np.round(size * 2**15 * np.sin(2 * np.pi * frequency / RATE * np.arange(count))).astype(np.int64)


def level(words, frequency):
    """Amplitude of a sine in words, in dB of full scale, under a window whose side lobes are 90 dB down."""
    window = scipy.signal.windows.blackmanharris(len(words))
    at = np.exp(-2j * np.pi * frequency / RATE * np.arange(len(words)))
    return 20 * np.log10(2 * np.abs(np.sum(words * window * at)) / window.sum() / 2**15 + 1e-12)


CORES = descriptions("frequency_shifter").map(make_core)


@examples(40)
@given(CORES, st.integers(0, 2**20))
def test_model_equals_its_definition(core, seed):
    words = noise(core, 120, seed)
    assert core.model(words).tolist() == right_words(core, {"data": words.tolist()}, {})["data"]


@examples(20)
@given(CORES, st.lists(st.tuples(st.integers(0, 99), st.one_of(st.just(0), st.integers(0, 2**24 - 1))), max_size=5), st.integers(0, 2**20))
def test_shift_changes_at_run_time(core, changes, seed):
    words, values = noise(core, 100, seed), np.full(100, core.increment)
    for place, value in sorted(changes):
        values[place:] = value
    expected = right_words(core, {"data": words.tolist()}, {"increment": values.tolist()})["data"]
    assert core.steered_model(words, {"increment": values}).tolist() == expected


@examples(2)
@given(CORES, st.integers(0, 2**20))
def test_any_frequency_shifter(core, seed):
    words = noise(core, 60, seed)
    for engine in ("myhdl", "ghdl"):
        response = run(core, Stimulus.random_stalls({"data": words}, seed, 0.3, controls=core.controls, drain=400), engine)
        assert response.data.tolist() == core.model(words).tolist()


@pytest.mark.parametrize(("count", "lowest"), [(7, 3000), (15, 1500), (23, 1000), (31, 700)])
def test_hilbert_filter_is_scipys(count, lowest):
    """scipy's is that of the other sign, on a grid of its own."""
    expected = -scipy.signal.remez(count, [lowest, 8000 - lowest], [1], type="hilbert", fs=RATE)
    np.testing.assert_allclose(hilbert_taps(count, lowest / RATE), expected, atol=3e-5)


@pytest.mark.parametrize("shift", [-1234.0, -20.0, 7.5, 900.0])
def test_reference_is_the_analytic_signal_turned(shift):
    """Of noise within the band, by scipy's Hilbert transform of all of it; what is left is the filter's ripple."""
    core = make(shift=shift)
    band = scipy.signal.firwin(255, [1900, 6100], pass_zero=False, fs=RATE)
    x = np.convolve(np.random.default_rng(0).standard_normal(8000), band, "same")
    turned = np.real(scipy.signal.hilbert(x) * np.exp(2j * np.pi * core.turns * (np.arange(x.size) + 8)))
    found = core.reference(x)[7:]
    error = (found - turned[: found.size])[200:-200]
    assert 10 * np.log10(np.mean(found**2) / np.mean(error**2)) > 50


@pytest.mark.parametrize(
    ("parameters", "frequencies"), [({}, (1500, 2750, 4000, 6500)), ({"taps": 23, "lowest": 1000.0}, (1000, 5500, 7000))]
)
@pytest.mark.parametrize("shift", [-900.0, 20.0, 700.0])
def test_image_and_carrier_are_50_db_down(parameters, frequencies, shift):
    core = make(**parameters, shift=shift)
    for frequency in frequencies:
        found = core.model(tone(frequency, 4000))[100:]
        actual = core.turns * RATE
        assert level(found, frequency + actual) == pytest.approx(20 * np.log10(0.5), abs=0.03)
        least = level(found, frequency + actual) - 50
        assert level(found, frequency - actual) < least
        if abs(shift) > 100:
            assert max(level(found, frequency), level(found, actual)) < least


@pytest.mark.parametrize(
    "parameters", [{}, {"taps": 23, "sink": "sfix24_En23", "source": "sfix24_En23"}, {"sink": "sfix5_En4", "source": "sfix9_En8"}]
)
def test_without_a_shift_words_only_wait(parameters):
    core = make(shift=0.0, **parameters)
    words, wait = noise(core, 500), core.taps // 2
    found = core.model(words)
    assert not found[:wait].any()
    assert found[wait:].tolist() == (words[:-wait] << core.source.fraction_length - core.sink.fraction_length).tolist()
    assert core.group_delay == wait
    assert core.promised_snr(words).snr == np.inf


def test_no_shift_at_run_time_is_the_delayed_input_at_once():
    core = make()
    words, values = noise(core, 300), np.full(300, core.increment)
    values[100:200] = 0
    found = core.steered_model(words, {"increment": values})
    assert found[100:200].tolist() == words[93:193].tolist()
    assert found[:100].tolist() != words[:93].tolist()


def test_shift_is_told_by_its_increment():
    core = make()
    assert core.increment_of(16000 / 2**24) == 1
    assert core.increment_of(-16000 / 2**24) == 2**24 - 1
    assert make(shift=-1000.0).controls == {"increment": 2**24 - 2**20}


def test_a_filter_in_front_is_not_in_what_is_added():
    """Below the filter's band the sound is what it was, 26 samples later; above it there are both, 1 kHz apart."""
    core = make(taps=23, lowest=1000.0, prefilter=HIGH_PASS, shift=-1000.0, dry=1.0)
    assert core.group_delay == 26
    low = tone(1000, 4000, 0.25)
    found = core.model(low)
    assert np.max(np.abs(found[200:] - low[174:-26])) < 0.005 * 2**13
    high = core.model(tone(5000, 4000, 0.25))[200:]
    assert level(high, 5000) == pytest.approx(level(high, 4000), abs=0.1)
    assert level(high, 6000) < level(high, 4000) - 50


def test_a_design_in_hertz_follows_the_sample_rate():
    core = make(prefilter=HIGH_PASS, sample_rate=48000, taps=47)
    expected = scipy.signal.firwin(31, 3000, pass_zero=False, fs=48000)
    np.testing.assert_allclose(core.prefilter, expected, atol=1e-9)
    slower = core.at_rate(32000)
    assert slower.increment == core.increment_of(30.0)
    assert slower.lowest == core.lowest


KINDS = {
    "filter in front, part added": {"prefilter": [-0.25, 0.5, -0.25], "dry": 0.5, "taps": 7, "lowest": 3000.0, "shift": -700.0},
    "short words, no bit dropped": {"sink": "sfix6_En5", "source": "sfix24_En23", "taps": 11, "lowest": 2000.0, "shift": 2500.0},
}


@pytest.mark.parametrize("kind", KINDS)
def test_chain_of_proof(kind):
    core = make(**KINDS[kind])
    proof = verify(core, noise(core, 200), HARDWARE, samples=200, seed=2, stalls=0.4)
    assert [engine.error or engine.first_difference for engine in proof.engines] == [None] * 3
    assert proof.passed


def test_latency_and_clocks():
    """A clock for each product, and three beside: 8 of the Hilbert filter, 1 in phase, 2 of the rotation, 1 of what is added."""
    for parameters, clocks in (({}, 14), ({"dry": 0.5}, 15), ({"taps": 23, "lowest": 1000.0}, 18)):
        core = make(**parameters)
        assert core.latency == core.cycles_per_sample == clocks
    response = run(make(), Stimulus({"data": noise(make(), 40)}, drain=200), "myhdl")
    assert set(response.source_cycles - response.sink_cycles) == set(np.diff(response.sink_cycles)) == {14}


PROMISES = [
    {}, {"shift": 1.0}, {"shift": 12288 * 16000 / 2**24}, {"shift": -7999.0}, {"sink": "sfix20_En19", "source": "sfix20_En18"},
    {"prefilter": HIGH_PASS, "dry": 1.0, "source": "sfix18_En15"}, {"source": "sfix10_En9"}, {"shift": 0.0, "prefilter": HIGH_PASS},
]  # fmt: skip


@pytest.mark.parametrize("parameters", PROMISES)
def test_what_is_promised_is_kept_and_tells_something(parameters):
    """The third's phase lies on an angle of the table and half-way between two, in turn: the most that a phase can be off."""
    core = make(**parameters)
    words = noise(core, 20000, size=0.2)
    truth, found = core.reference(to_float(words, core.sink)), to_float(core.model(words), core.source)
    measured = 10 * np.log10(np.mean(truth**2) / np.mean((found - truth) ** 2))
    assert measured - 15 < core.promised_snr(words).snr <= measured


def test_silence_stays_silence():
    core = make(shift=777.0, dry=0.3)
    assert not core.model(np.zeros(1000, np.int64)).any()


def test_model_is_fast():
    """Some 150 times real time at 16 kHz."""
    core = make(prefilter=HIGH_PASS)
    words = noise(core, 10 * RATE)
    assert sections_beside(lambda: core.model(words), words.size, most=50) < 50


def test_a_weak_image_is_said():
    assert make(lowest=1000.0).notes[0].startswith("the image is only 3")
    assert not make().notes


BAD = [
    ({"taps": 16}, "taps = 16: must be 7, 11, 15, ..., 63: the outer taps of others are 0"),
    ({"taps": 67}, "taps = 67: must be 7 to 63"),
    ({"lowest": 3500}, "lowest = 3500.0: must be at most 3000 Hz at 16000 samples/s"),
    ({"lowest": "low"}, 'lowest = "low": must be 1 to 250000000'),
    ({"shift": 9000}, "shift = 9000.0: must be -8000 to 8000 Hz at 16000 samples/s"),
    ({"shift": float("nan")}, "shift = nan: must be"),
    ({"dry": 1.5}, "dry = 1.5: must be 0.0 to 1.0"),
    ({"dry": 1e-6}, "dry = 1e-06: must be 0, or not round to it in sfix18_En16"),
    ({"sink": "ufix16_En15"}, 'sink = "ufix16_En15": must be signed'),
    ({"source": "ufix16_En15"}, 'source = "ufix16_En15": must be signed'),
    ({"sink": "sfix25_En15"}, "sink.word_length = 25: must be 4 to 24"),
    ({"prefilter": [0.5, 0.5]}, 'prefilter: 2 taps: must be 1 to 255 taps, an odd number'),
    ({"prefilter": [0.5, 0.5, 0.1]}, "prefilter = .*: must be symmetric"),
    ({"prefilter": [0.0]}, 'prefilter: 1 tap: must not all round to 0'),
    ({"prefilter": [2.0]}, 'prefilter: 1 tap: must make filters whose taps are below 1.99998; here 2'),
    ({"prefilter": {"method": "firwin", "numtaps": 31, "cutoff": 3000, "fs": 8000}}, "prefilter.fs = 8000: must be 16000"),
    ({"prefilter": "loud"}, "prefilter = "),
]


@pytest.mark.parametrize(("parameters", "message"), BAD)
def test_bad_parameters(parameters, message):
    with pytest.raises(ParameterError, match=message):
        make(**parameters)
