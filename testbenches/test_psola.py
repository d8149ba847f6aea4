"""Pitch and duration apart: exact oracle, definitions, vowels, what stays as it came, promise, limits at run time, the chain of proof."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import reference.psola
from fixed_point import to_float
from fixed_point.full_scale import audio_to_words, words_to_audio
from fixed_point.psola import FADE, WEIGHT_BITS
from ip_cores.core import make_core
from ip_cores.parameters import ParameterError
from reference.psola import Grains, Marking
from testbenches.benchmarks.pitch import VOWELS, vowel
from testbenches.benchmarks.pitch_shift import pitch
from testbenches.for_tests.drawing import examples
from testbenches.for_tests.model_speed import sections_beside
from testbenches.fuzz.oracles.by_kind import right_words
from testbenches.fuzz.strategies import descriptions
from testbenches.judgement import judge
from testbenches.simulate import run
from testbenches.stimulus import Stimulus
from testbenches.verify import verify

RATE = 16000
QUICK = {
    "sample_rate": 4000, "highest": 499.0, "lowest": 143.0, "frame": 18.0, "hop": 3.0, "voicing": 0.05, "least_level": -120.0,
    "unvoiced": 2.0,
}  # fmt: skip
"""Frames of 18 decimated samples, lags of 2 to 7; grains begin behind 83 samples."""


def make(**parameters):
    return make_core({"core": "psola", "name": "grains", **parameters})


def tone(core, frequency, count, seed=0, level=0.3, hiss=0.01):
    """A row of three harmonics in noise, as words."""
    n = np.arange(count)
    voice = sum(np.sin(2 * np.pi * k * frequency / core.sample_rate * n + k) for k in (1, 2, 3)) / 2
    return audio_to_words(level * voice + hiss * np.random.default_rng(seed).normal(size=count), core.sink)


@examples(20)
@given(descriptions("psola").map(make_core), st.integers(0, 2**20))
def test_model_equals_oracle(core, seed):
    random = np.random.default_rng(seed)
    count = core.law.delay + 100
    noise = random.integers(core.sink.minimum, core.sink.maximum, count, endpoint=True)
    for words in (noise, tone(core, random.uniform(100, 400), count, seed)):
        assert core.model(words).tolist() == right_words(core, {"data": words.tolist()}, {})["data"]


@examples(30)
@given(st.integers(0, 2**20), st.floats(0.6, 2.0), st.floats(0.5, 2.0))
def test_bounds_hold_whatever_comes(seed, ratio, duration):
    """Nothing is read that the memory has lost, and no mark is wanted that is not known: with periods and spacings that jump."""
    core = make(**QUICK, duration=duration, ratio=max(ratio, 0.67))
    law, random, count = core.law, np.random.default_rng(seed), 900
    periods = np.repeat(random.choice([0, 100, 150, 200, 250, 480, 1900], 90), 10)[:count] * (random.random() < 0.9)
    assert law.detection.shortest * 64 * 4 - 128 <= 480
    words = random.normal(size=count)
    known = np.where(periods < 384, 0, periods) / 64
    marking = core.marking
    found = reference.psola.marks(words, known, marking)
    assert np.all((found.lengths >= law.shortest) & (found.lengths <= law.longest))
    spacing = np.repeat(random.uniform(0.5, 1.5, 90), 10)
    laid = reference.psola.grains(found, spacing, count, marking)
    newest = np.floor((laid.begins + laid.distance) * marking.pace).astype(int)
    assert np.all(newest - laid.early <= law.reach)
    assert np.all(newest - (laid.late - laid.half) <= law.reach)
    places = np.concatenate([[0], np.cumsum(found.lengths)])
    begins = np.floor(laid.begins * marking.pace).astype(int)
    passed = np.searchsorted(places, laid.late) - np.searchsorted(places, laid.early)
    assert passed.max() <= law.turns
    waiting = np.searchsorted(found.dues, begins, side="right") - np.searchsorted(places, laid.early)
    assert np.all((waiting >= 1) & (waiting <= law.waiting))


def test_marks_stand_at_the_peaks():
    """Of pulses a period apart, which begin anywhere: a mark at every one but the first."""
    x = np.zeros(4000)
    peaks = np.arange(1033, 4000, 97)
    x[peaks] = 1.0
    found = reference.psola.marks(x, np.where(np.arange(4000) > 1000, 97.0, 0.0), Marking(50, 400, 80, 1.0))
    places = np.cumsum(found.lengths)
    assert np.isin(peaks[2:-2], places).all()
    assert np.all(np.diff(found.dues) > 0)
    assert np.all(found.dues - places >= 50)


def test_half_a_window_is_a_table_of_it():
    middle = (np.arange(512) + 0.5) / 512
    assert np.abs(np.array(FADE) / 2**WEIGHT_BITS - reference.psola.rising(middle)).max() <= 2.0 ** -(WEIGHT_BITS + 1)
    assert np.array(FADE) + np.array(FADE)[::-1] == pytest.approx(2**WEIGHT_BITS, abs=1)


def test_grains_are_two_halves_of_a_window():
    """A mark at 10, the next at 16, laid down 9 apart: halves of 6, which leave a word between them alone."""
    laid = Grains(*np.array([[4, 10, 16, 9, 6]]).T)
    found = reference.psola.psola(np.ones(13), laid, Marking(1, 2, 2, 1.0))
    halves = np.cos(np.pi / 2 * np.arange(6) / 6) ** 2
    assert found[:4].tolist() == [0.0] * 4
    expected = np.concatenate([halves, np.zeros(3)]) + np.concatenate([np.zeros(3), 1 - halves])
    np.testing.assert_allclose(found[4:], expected, atol=1e-12)


@pytest.mark.parametrize("name", ["noise", "vowel", "silence"])
def test_what_stays_as_it_is_only_waits(name):
    core = make(ratio=1.0)
    sounds = {"noise": np.random.default_rng(0).normal(size=RATE) * 0.2, "vowel": vowel(130, VOWELS["a"], 1.0), "silence": np.zeros(RATE)}
    words = audio_to_words(sounds[name], core.sink)
    found, late = core.model(words), core.law.delay
    assert found[late:].tolist() == words[:-late].tolist()
    assert not found[:late].any()
    assert core.promised_snr(words).exact
    assert core.group_delay == late


@pytest.mark.parametrize(("ratio", "duration"), [(0.7, 1.0), (1.3, 1.0), (1.0, 2.0), (0.8, 0.5), (1.2, 1.5)])
def test_pitch_and_duration_of_vowels(ratio, duration):
    for hertz in (75, 120, 220, 300):
        core = make(ratio=ratio, duration=duration)
        words = audio_to_words(vowel(hertz, VOWELS["a"], 1.3), core.sink)
        found = words_to_audio(core.model(words), core.source_format)
        assert len(found) == pytest.approx(len(words) * duration, rel=0.01)
        begin = int((core.law.delay + 1000) * duration)
        assert pitch(found[begin : begin + 5000], hertz * ratio) == pytest.approx(hertz * ratio, rel=0.005)


def test_formants_stay():
    """The envelope of a vowel's spectrum, a fifth of its pitch higher, has its peak where it was; a pitch shifter would move it."""
    core = make(ratio=1.25)
    sound = vowel(100, VOWELS["u"], 1.5)
    found = words_to_audio(core.model(audio_to_words(sound, core.sink)), core.source_format)

    def peak(x, f0):
        spectrum = np.abs(np.fft.rfft(x[8000:16000] * np.hanning(8000)))
        harmonics = f0 * np.arange(1, 12)
        return harmonics[int(np.argmax([spectrum[round(one / 2) - 3 : round(one / 2) + 4].max() for one in harmonics]))]

    assert peak(sound, 100) == 300
    assert abs(peak(found, 125) - 300) <= 75


TINY = {**QUICK, "lowest": 251.0, "frame": 16.0, "hop": 2.0}
"""Lags of 2 to 4; grains begin behind 58 samples."""

KINDS = {
    "higher": {"ratio": 1.3},
    "lower and longer": {"ratio": 0.8, "duration": 1.3, "rounding": "floor"},
    "shorter, 8 bits": {"ratio": 1.9, "duration": 0.7, "sink": "sfix8_En7"},
}


@pytest.mark.parametrize(
    ("engine", "kind", "count"), [("myhdl", "higher", 62), ("ghdl", "lower and longer", 70), ("native", "shorter, 8 bits", 4000)]
)
def test_chain_of_proof(engine, kind, count):
    """Few words show that every limit matters; those of the native engine do."""
    core = make(**(QUICK if engine == "native" else TINY), **KINDS[kind])
    words = np.random.default_rng(5).integers(core.sink.minimum, core.sink.maximum, count)
    proof = verify(core, words, [engine], seed=2, stalls=0.2)
    assert [one.error or one.first_difference for one in proof.engines] == [None]
    assert (proof.engines[0].passed, proof.snr_passed) == (True, True)
    assert proof.passed or engine != "native"


def test_clocks():
    """What goes with a sample takes the detector's clocks, the search for a mark, and those of each word that leaves."""
    core = make(**QUICK, duration=0.5)
    plan, law = core.plan, core.detection
    response = run(core, Stimulus({"data": tone(core, 200, 14)}, drain=600), "myhdl")
    waits = [plan.detector.clocks] * law.work + [1] * (law.hop_samples - law.work)
    given = plan.last_step - 1
    expected = [wait + 5 + (n == law.work - 1) + given * (n % 2 == 0) for n, wait in enumerate(waits)]
    assert np.diff(response.sink_cycles).tolist() == [*expected, expected[0]]
    assert core.cycles_per_sample * law.hop_samples == sum(expected)
    assert core.latency == response.source_cycles[0] - response.sink_cycles[0]


def test_spacing_and_limits_at_run_time():
    core = make(**QUICK)
    random = np.random.default_rng(3)
    words = tone(core, 190, 480, 3)
    values = {name: random.integers(0, most, 16).repeat(30) for name, most in (("share", 65535), ("voicing", 30000), ("spacing", 40000))}
    found = core.steered_model(words, values)
    assert found.tolist() == right_words(core, {"data": words.tolist()}, {name: row.tolist() for name, row in values.items()})["data"]
    assert found.tolist() != core.model(words).tolist()


@examples(15)
@given(st.integers(0, 2**20), st.integers(8, 18), st.sampled_from([0.7, 0.9, 1.0, 1.4]), st.sampled_from([0.6, 1.0, 1.7]))
def test_what_is_promised_is_kept(seed, bits, ratio, duration):
    random = np.random.default_rng(seed)
    core = make(sink=f"sfix{bits}_En{bits - 1}", ratio=ratio, duration=duration)
    level = 2.0 ** random.uniform(-6, -1)
    words = tone(core, random.uniform(70, 390), 5000, seed, level, level * 2.0 ** random.uniform(-9, 0))
    judgement = judge(core, {"data": words})
    assert judgement.kept


def test_promise_tells_something():
    core = make()
    words = audio_to_words(vowel(130, VOWELS["a"], 0.6), core.sink)
    judgement = judge(core, {"data": words})
    assert judgement.kept
    assert 50 < judgement.promise.snr < judgement.snr < judgement.promise.snr + 20
    assert judgement.promise.decisions.different == 0
    # Another signal than the model's is not excused.
    follower, x = core.following(words), to_float(words, core.sink)
    assert np.abs(follower.reference(x) - core.altered().reference(x)).max() < 1e-9
    assert np.mean(follower.reference(x[::-1]) == follower.reference(x)) < 0.5


def test_promise_behind_another_core():
    first = {"core": "biquad", "name": "first", "design": {"method": "butter", "order": 2, "kind": "highpass", "cutoff": 60}}
    core = make_core({"core": "chain", "name": "listener", "stages": [first, make().description]})
    words = audio_to_words(0.6 * vowel(130, VOWELS["a"], 0.7), core.sink_format)
    judgement = judge(core, {"data": words})
    assert judgement.kept
    assert judgement.promise.snr > 40


def test_model_is_fast():
    core = make()
    words = tone(core, 150, 20 * RATE)
    core.model(words[:4000])
    assert sections_beside(lambda: core.model(words), words.size, most=50) < 50


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"ratio": 0.5}, "ratio = 0.5: must be 0.67 to 2"),
        ({"duration": 2.5}, "duration = 2.5: must be 0.5 to 2"),
        ({"unvoiced": 0.2}, "unvoiced = 0.2: must be 0.25 to 32 ms: four samples to a frame"),
        ({"unvoiced": 40.0}, "unvoiced = 40.0: must be 0.25 to 32 ms"),
        ({"sink": "ufix16"}, 'sink = "ufix16_En0": must be signed'),
        ({"sink": "sfix20_En19"}, "sink"),
        ({"highest": 2500.0}, "highest = 2500.0: must be more than lowest, and at most 2000 Hz"),
        ({"frame": 20.0}, "frame = 20.0: must be 29.5 to 256 ms"),
    ],
)
def test_bad_parameters(parameters, said):
    with pytest.raises(ParameterError) as error:
        make(**parameters)
    assert str(error.value).startswith(said)
