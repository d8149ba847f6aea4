"""Pitch shifter: words of its definition, the pitch of vowels, delays, ratios that change, and the chain of proof."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixed_point import to_float
from fixed_point.pitch_shifter import jumps
from ip_cores.core import make_core
from ip_cores.parameters import ParameterError
from reference.pitch_shifter import best_jumps
from testbenches.benchmarks.pitch_shift import delays, pitch, vowel
from testbenches.for_tests.drawing import examples
from testbenches.for_tests.model_speed import sections_beside
from testbenches.fuzz.oracles.by_kind import right_words
from testbenches.fuzz.strategies import descriptions
from testbenches.judgement import judge
from testbenches.signals import make_signal
from testbenches.simulate import run
from testbenches.stimulus import Stimulus
from testbenches.verify import verify

HARDWARE = ("myhdl", "ghdl", "native")
RATE = 16000
SHORT = {"shortest": 3, "longest": 9, "match": 4, "fade": 3, "search": 2}


def make(**parameters):
    return make_core({"core": "pitch_shifter", "name": "pitched", **parameters})


def noise(core, count, seed=0):
    """Words of noise, every second stretch as it was before, so that some jumps fit and others do not."""
    random = np.random.default_rng(seed)
    words = random.integers(core.sink.minimum, core.sink.maximum + 1, count)
    period = int(random.integers(core.shortest, core.longest + 1))
    words[count // 2 :] = np.resize(words[count // 2 : count // 2 + period], count - count // 2)
    return words


CORES = descriptions("pitch_shifter").map(make_core)


@examples(40)
@given(CORES, st.integers(0, 2**20))
def test_model_equals_its_definition(core, seed):
    words = noise(core, 150, seed)
    assert core.model(words).tolist() == right_words(core, {"data": words.tolist()}, {})["data"]


@examples(30)
@given(
    CORES, st.lists(st.tuples(st.integers(0, 149), st.one_of(st.just(2**15), st.integers(0, 2**16 - 1))), max_size=6), st.integers(0, 99)
)
def test_ratio_changes_at_run_time(core, changes, seed):
    """To any word of the port, also beyond what a description allows: what is read never leaves what was written."""
    words, values = noise(core, 150, seed), np.full(150, core.ratio_word)
    for place, value in sorted(changes):
        values[place:] = value
    expected = right_words(core, {"data": words.tolist()}, {"ratio": values.tolist()})["data"]
    assert core.steered_model(words, {"ratio": values}).tolist() == expected


@examples(2)
@given(CORES, st.integers(0, 2**20))
def test_any_pitch_shifter(core, seed):
    words = noise(core, 60, seed)
    for engine in ("myhdl", "ghdl"):
        response = run(core, Stimulus.random_stalls({"data": words}, seed, 0.3, controls=core.controls, drain=600), engine)
        assert response.data.tolist() == core.model(words).tolist()


@examples(20)
@given(CORES, st.integers(0, 99))
def test_reference_decides_as_the_model_does(core, seed):
    words = noise(core, 300, seed)
    made = jumps(words, core.ratio_word, core.law)
    assert made.tolist() == best_jumps(to_float(words, core.sink), core.ratio_word / 2**15, core.splicing).tolist()
    assert core.decisions(to_float(words, core.sink), words).kept


@pytest.mark.parametrize("ratio", [0.7, 0.84, 1.19, 1.41])
@pytest.mark.parametrize("lowest", [75, 130, 300])
def test_pitch_of_vowels_within_one_percent(ratio, lowest):
    core = make(ratio=ratio)
    found = core.model(vowel(lowest, 1.5)) / 2**15
    assert pitch(found[2000:], lowest * ratio) == pytest.approx(lowest * ratio, rel=0.01)


@pytest.mark.parametrize(("ratio", "mean"), [(0.8, 12.7), (1.25, 9.5)])
def test_delay_stays_below_18_ms(ratio, mean):
    """Of a vowel of 120 Hz."""
    core = make(ratio=ratio)
    found = delays(core, vowel(120, 2.0)) * 1000 / RATE
    assert found.mean() < mean
    assert found.max() < 18


@pytest.mark.parametrize("sink", ["sfix16_En15", "sfix24_En23", "sfix4_En3"])
def test_a_ratio_of_one_only_waits(sink):
    core = make(ratio=1.0, sink=sink, source=sink)
    words = noise(core, 1000)
    assert core.model(words)[66:].tolist() == words[:-66].tolist()
    assert not core.model(words)[:66].any()
    assert core.group_delay == 66
    assert core.promised_snr(words).snr == np.inf


def test_back_at_one_samples_leave_as_they_are():
    """The fraction of the delay is dropped at once, and a fade that has begun comes to its end."""
    core = make()
    words, values = np.random.default_rng(0).integers(-20000, 20000, 3000), np.full(3000, core.ratio_word)
    values[1500:] = 2**15
    found = core.steered_model(words, {"ratio": values})
    rest = found[1700:]
    late = [wait for wait in range(60, 400) if np.array_equal(rest, words[1700 - wait : 3000 - wait])]
    assert len(late) == 1


KINDS = {
    "upwards": {"ratio": 1.4},
    "downwards, source longer": {"ratio": 0.6, "sink": "sfix8_En7", "source": "sfix20_En19"},
}


@pytest.mark.parametrize("kind", KINDS)
def test_chain_of_proof(kind):
    core = make(**SHORT, **KINDS[kind])
    proof = verify(core, noise(core, 200), HARDWARE, samples=200, seed=2, stalls=0.4)
    assert [engine.error or engine.first_difference for engine in proof.engines] == [None] * 3
    assert proof.passed


def test_clocks_are_always_as_many():
    core = make()
    assert (core.latency, core.cycles_per_sample) == (8, 8 + 13 * 160 + 2)
    core = make(**SHORT)
    response = run(core, Stimulus({"data": noise(core, 60)}, drain=300, controls=core.controls), "myhdl")
    assert set(np.diff(response.sink_cycles)) == {core.cycles_per_sample} == {8 + 4 * 4 + 2}
    assert set(response.source_cycles - response.sink_cycles) == {8}


PROMISES = [{}, {"ratio": 0.5}, {"ratio": 0.97}, {"sink": "sfix24_En23", "source": "sfix24_En23"}, {"source": "sfix10_En9"}, SHORT]


@pytest.mark.parametrize("parameters", PROMISES)
@pytest.mark.parametrize("kind", ["noise", "vowel"])
def test_what_is_promised_is_kept_and_tells_something(parameters, kind):
    core = make(**parameters)
    words = noise(core, 8000) // 4 if kind == "noise" else vowel(110, 0.5) << core.sink.fraction_length - 15
    x = to_float(words, core.sink)
    truth, found = core.following(words).reference(x), to_float(core.model(words), core.source)
    measured = 10 * np.log10(np.mean(truth**2) / np.mean((found - truth) ** 2))
    assert measured - 13 < core.promised_snr(words).snr <= measured


def test_silence_stays_silence():
    assert not make(ratio=0.7).model(np.zeros(3000, np.int64)).any()


def test_model_is_fast():
    """Some 150 times real time at 16 kHz."""
    core = make(ratio=1.4)
    words = vowel(100, 10)
    core.model(words[:100])
    assert sections_beside(lambda: core.model(words), words.size, most=50) < 50


BAD = [
    ({"ratio": 0.4}, "ratio = 0.4: must be 0.5 to 1.9999"),
    ({"ratio": 2.0}, "ratio = 2.0: must be 0.5 to 1.9999"),
    ({"ratio": "high"}, 'ratio = "high": must be 0.5 to 1.9999'),
    ({"longest": 40}, "longest = 40: must be more than shortest, here 40"),
    ({"match": 3}, "match = 3: must be 4 to 1000"),
    ({"fade": 1}, "fade = 1: must be 2 to 1000"),
    ({"search": 0}, "search = 0: must be 1 to 1000"),
    ({"shortest": 1.5}, "shortest = 1.5: must be 2 to 1000"),
    ({"sink": "ufix16_En15"}, 'sink = "ufix16_En15": must be signed'),
    ({"source": "sfix25_En15"}, "source.word_length = 25: must be 4 to 24"),
]


@pytest.mark.parametrize(("parameters", "message"), BAD)
def test_bad_parameters(parameters, message):
    with pytest.raises(ParameterError, match=message):
        make(**parameters)


def test_in_a_chain_its_promise_is_kept():
    """Behind a filter, whose roundings could turn a jump, the reference follows the model's."""
    first = {"core": "fir", "name": "first", "coefficients": [0.3, 0.4, 0.2]}
    chain = make_core({"core": "chain", "name": "row", "stages": [first, {"core": "pitch_shifter", "name": "second", "ratio": 0.8}]})
    found = judge(chain, {"data": make_signal("noise", chain, 6000, 0)})
    assert found.kept
    assert found.tells
    assert found.promise.decisions.made > 4


@pytest.mark.parametrize(
    ("parameters", "samples"),
    [
        ({}, 306),
        ({"search": 24}, 314),
        ({"longest": 1000}, 1066),
        ({"search": 1000}, 3386),  # the delay runs to its end
        ({"shortest": 2, "match": 8}, 434),  # so it does where all jumps are short
    ],
)
def test_no_delay_is_longer_than_is_told(parameters, samples):
    """Noise, silence, and a voice whose period is the longest jump, at all ratios."""
    count = np.arange(12_000)
    told = make(**parameters).derived["read"]
    assert f"up to {samples} samples, {samples / 16:.3g} ms" in told
    longest = make(**parameters).longest
    noise, voice = np.random.default_rng(4).integers(-32768, 32768, count.size), 9000 * np.cos(2 * np.pi * count / longest)
    signals = noise, 0 * count, voice.astype(int)
    late = [float(np.max(delays(make(ratio=ratio, **parameters), x))) for ratio in (0.5, 0.9, 1.01, 1.3, 1.9999) for x in signals]
    assert samples - 50 < max(late) <= samples


def test_a_search_that_is_longer_than_the_longest_jump_is_told():
    assert not make().notes
    (note,) = make(search=1000).notes
    assert "search and fade take 1048 samples, and the longest jump is 240" in note
