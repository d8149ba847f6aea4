"""Time scaler: pitch and duration of vowels, exact oracle, the input itself at duration 1, and the chain of proof."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import reference.time_scaler
from fixed_point import to_float
from ip_cores.core import make_core
from ip_cores.parameters import ParameterError
from testbenches.for_tests.drawing import examples
from testbenches.for_tests.model_speed import sections_beside
from testbenches.fuzz.oracles.by_kind import right_words
from testbenches.fuzz.strategies import data_words, descriptions
from testbenches.simulate import run
from testbenches.stimulus import Stimulus
from testbenches.verify import verify

HARDWARE = ("myhdl", "ghdl", "native")
RATE = 16000
DURATIONS = (0.5, 0.75, 1.25, 1.6, 2.0)
FORMANTS = ((700, 80), (1200, 90), (2600, 120))


def make(**parameters):
    return make_core({"core": "time_scaler", "name": "scaled", **parameters})


def noise(core, count, seed=0):
    return np.random.default_rng(seed).integers(core.sink.minimum, core.sink.maximum + 1, count)


def vowel(f0, seconds):
    """Harmonics of one pitch under three formants, up to 4 kHz."""
    n = np.arange(int(seconds * RATE))
    partials = np.arange(1, int(4000 / f0))
    levels = sum(1 / (1 + ((partials * f0 - centre) / width) ** 2) for centre, width in FORMANTS) / partials + 0.02 / partials
    signal = levels @ np.sin(2 * np.pi * f0 / RATE * np.outer(partials, n) + (partials**2)[:, None])
    return np.round(signal / np.abs(signal).max() * 16000).astype(np.int64)


def pitch(words, expected):
    """From the autocorrelation of 0.3 s, the peak next to what is expected, by a parabola; unbiased."""
    part = words[: int(0.3 * RATE)].astype(np.float64)
    lags = np.fft.irfft(np.abs(np.fft.rfft(part, 1 << 14)) ** 2)[:1000] / (len(part) - np.arange(1000))
    low, high = int(RATE / expected * 0.8), int(RATE / expected * 1.25)
    at = low + int(np.argmax(lags[low:high]))
    before, peak, behind = lags[at - 1 : at + 2]
    return RATE / (at + (before - behind) / (2 * (before - 2 * peak + behind)))


@pytest.mark.parametrize("duration", DURATIONS)
@pytest.mark.parametrize("f0", [75, 100, 150, 220, 300])
def test_pitch_stays_and_duration_is_what_was_asked(f0, duration):
    core, words = make(duration=duration), vowel(f0, 1.5)
    found = core.model(words)
    for start in range(0, len(found) - int(0.3 * RATE), int(0.3 * RATE)):
        assert pitch(found[start:], f0) == pytest.approx(f0, rel=0.01)
    # What still waits for the next segment is no part of it.
    given = len(found) / core.segment
    assert abs(given - (len(words) - core.plan.begin) / core.segment * duration) <= 1 + 1e-3 * given


def test_duration_1_is_the_input_bit_for_bit():
    core = make(duration=1.0)
    for words in (noise(core, 20_000), vowel(110, 1.0), np.zeros(5000, np.int64), np.tile(np.arange(100), 90)):
        found = core.model(words)
        assert found.tolist() == words[: len(found)].tolist()
        assert len(words) - len(found) < core.plan.begin + core.segment
    assert core.promised_snr(noise(core, 5000)).exact


def test_what_lasts_longer_is_made_of_the_input_alone():
    """Of a ramp in time each word lies between two that came within the reach of its place."""
    core = make(duration=2.0)
    found = core.model(np.arange(20_000))
    place = np.arange(len(found)) / 2
    assert np.all(found >= place - core.segment)
    assert np.all(found <= place + 2 * core.segment)


@examples(40)
@given(descriptions("time_scaler").map(make_core), st.data())
def test_model_is_the_definition_word_by_word(core, data):
    parts = [data.draw(data_words(core.sink.minimum, core.sink.maximum, 99)) for _ in range(data.draw(st.integers(0, 6)))]
    words = np.array([word for part in parts for word in part], dtype=np.int64)
    assert core.model(words).tolist() == right_words(core, {"data": words.tolist()}, {})["data"]
    if core.run_time:
        steps = np.random.default_rng(len(words)).integers(0, core.largest_step, len(words), endpoint=True)
        expected = right_words(core, {"data": words.tolist()}, {"step": steps.tolist()})
        assert core.steered_model(words, {"step": steps}).tolist() == expected["data"]


def test_duration_changes_at_run_time_and_comes_back():
    """Twice as long for a while: segments of half the step, and at a duration of 1 the input again, without a seam."""
    core, words = make(duration=1.0, run_time=True), vowel(130, 2.0)
    steps = np.full(len(words), core.step_word)
    steps[8000:16000] = core.step_word // 2
    found = core.steered_model(words, {"step": steps})
    assert len(found) - len(core.model(words)) == pytest.approx(8000, abs=2 * core.segment)
    truth = reference.time_scaler.time_scaler(words, core.segment, [Fraction(int(step), 16) for step in steps])
    assert len(truth) == len(found)
    for start in range(0, len(found) - 4800, 4800):
        assert pitch(found[start:], 130) == pytest.approx(130, rel=0.01)
    end = found[-2000:]
    shifts = [place for place in range(len(words) - 2000) if words[place] == end[0] and np.array_equal(words[place : place + 2000], end)]
    assert shifts


KINDS = {
    "longer, at run time": {"segment": 16, "thinning": 4, "duration": 1.25, "run_time": True},
    "shorter, all compared": {"segment": 8, "thinning": 1, "duration": 0.5},
    "as it is": {"segment": 16, "thinning": 2, "duration": 1.0},
    "twice, long words, rounded down": {"segment": 8, "thinning": 2, "duration": 2.0, "sink": "sfix24_En23", "rounding": "floor"},
}


@pytest.mark.parametrize("kind", KINDS)
def test_chain_of_proof(kind):
    steered = "run time" in kind
    engines = HARDWARE if steered else HARDWARE[:2]
    proof = verify(make(**KINDS[kind]), "noise", engines, samples=900 if steered else 120, seed=2, stalls=0.4)
    assert [engine.error or engine.first_difference for engine in proof.engines] == [None] * len(engines)
    assert proof.passed


@pytest.mark.parametrize(("duration", "thinning"), [(1.0, 1), (0.5, 2), (1.3, 4)])
def test_clocks(duration, thinning):
    """A segment's words are taken one a clock, looked for in so many, and leave one in two; segments repeat their clocks."""
    core = make(segment=16, duration=duration, thinning=thinning)
    words = noise(core, 40 + 12 * 32)
    response = run(core, Stimulus({"data": words}, drain=600), "myhdl")
    count = len(response.source_cycles) // 16
    firsts = response.source_cycles[: count * 16].reshape(count, 16)
    assert set(np.diff(firsts, axis=1).ravel()) == {2}
    assert set(np.diff(response.sink_cycles)) <= {1, 16 + 16 * 16 // thinning + 4 + 2 * 16}
    assert response.source_cycles[0] - response.sink_cycles[39] == 16 + 16 * 16 // thinning + 6 == core.latency - 39
    taken = len(response.sink_cycles)
    clocks = (response.sink_cycles[-1] - response.sink_cycles[0]) / (taken - 1)
    assert clocks == pytest.approx(float(core.cycles_per_sample), rel=0.15)


def test_promise_is_kept():
    for duration in (0.6, 1.4):
        core = make(duration=duration)
        words = noise(core, 20_000)
        truth, found = core.reference(to_float(words, core.sink)), to_float(core.model(words), core.sink)
        assert np.abs(found - truth).max() <= core.sink.resolution / 2
        snr = 10 * np.log10(np.mean(truth**2) / np.mean((found - truth) ** 2))
        assert core.promised_snr(words).snr <= snr < core.promised_snr(words).snr + 8


def test_what_leaves_is_played_at_the_rate_of_what_enters():
    chain = make_core({"core": "chain", "name": "row", "stages": [make(duration=2.0).description, {"core": "fifo", "depth": 4}]})
    assert make(duration=2.0).source_rate == chain.source_rate == chain.stages[1].sample_rate == RATE


def test_model_is_fast():
    """Some 150 times real time at 16 kHz, of a signal that has to be cut again and again."""
    core = make(duration=1.7)
    words = noise(core, 4 * RATE)
    core.model(words[:2000])
    assert sections_beside(lambda: core.model(words), words.size, most=50) < 50


BAD = [
    ({"duration": 0.4}, "duration = 0.4: must be 0.5 to 2"),
    ({"duration": "long"}, "duration = \"long\": must be"),
    ({"segment": 200}, "segment = 200: must be a power of two"),
    ({"segment": 2}, "segment = 2: must be 4 to 2048"),
    ({"thinning": 3}, "thinning = 3: must be a power of two"),
    ({"segment": 16}, "thinning = 8: must be no more than 4, a quarter of a segment"),
    ({"sink": "ufix16_En16"}, 'sink = "ufix16_En16": must be signed'),
    ({"ratio": 1.5}, "unknown key"),
]


@pytest.mark.parametrize(("parameters", "message"), BAD)
def test_bad_parameters(parameters, message):
    with pytest.raises(ParameterError, match=message) as refused:
        make(**parameters)
    assert "\n" not in str(refused.value)
