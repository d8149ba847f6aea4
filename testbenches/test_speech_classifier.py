"""Silent, unvoiced, voiced: exact oracle, plain definitions, synthetic speech, limits at run time, and the chain of proof."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import pywt
from hypothesis import given
from hypothesis import strategies as st

from fixed_point import to_float
from fixed_point.full_scale import audio_to_words
from fixed_point.sound import read_audio
from ip_cores.core import make_core
from ip_cores.description import load_core
from ip_cores.parameters import ParameterError
from ossicle.command_line import main
from reference.speech_classifier import SILENT, UNVOICED, VOICED, entropy, frame_sums, noise_floor
from testbenches.for_tests.drawing import examples
from testbenches.for_tests.model_speed import sections_beside
from testbenches.fuzz.oracles.by_kind import right_words
from testbenches.fuzz.strategies import descriptions
from testbenches.judgement import judge
from testbenches.simulate import run
from testbenches.stimulus import Stimulus
from testbenches.verify import verify

HARDWARE = ("myhdl", "ghdl", "native")
EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
RATE = 16000
QUICK = {"sample_rate": 1000, "hop": 4.0, "frame": 8.0}
"""Frames of a few samples."""


def make(**parameters):
    return make_core({"core": "speech_classifier", "name": "speech_class", **parameters})


def noise(core, count, seed=0):
    """Noise whose level comes and goes, with some words of full scale."""
    random = np.random.default_rng(seed)
    envelope = 2.0 ** random.uniform(-core.sink.word_length, 0, count // 50 + 1).repeat(50)[:count]
    words = np.rint(random.uniform(core.sink.minimum, core.sink.maximum, count) * envelope).astype(np.int64)
    words[random.random(count) < 0.01] = core.sink.minimum
    return words


def smooth(words):
    return np.convolve(words, np.ones(6) / 6, "same").astype(np.int64)


@examples(60)
@given(descriptions("speech_classifier").map(make_core), st.integers(0, 2**20))
def test_model_equals_oracle(core, seed):
    words = noise(core, 300, seed)
    assert core.model(words).tolist() == right_words(core, {"data": words.tolist()}, {})["data"]
    assert core.model(smooth(words)).tolist() == right_words(core, {"data": smooth(words).tolist()}, {})["data"]


@examples(20)
@given(st.integers(1, 9), st.integers(1, 4), st.integers(0, 99))
def test_sums_are_their_definitions(hop, overlap, seed):
    x = np.random.default_rng(seed).integers(-9, 9, 60).astype(float)
    found = frame_sums(x, hop, overlap)
    for m in range(len(x) // hop):
        places = range(max(0, (m + 1 - overlap) * hop), (m + 1) * hop)
        assert found.energy[m] == sum(x[n] ** 2 for n in places)
        assert found.correlation[m] == sum(x[n] * x[n - 1] for n in places if n)
        signs = [1 if value >= 0 else -1 for value in x]
        assert found.crossings[m] == sum(abs(signs[n] - (signs[n - 1] if n else 1)) // 2 for n in places)


def test_energies_of_the_first_wavelet_level_are_energy_and_correlation():
    """Half of the sum and half of the difference, but for the ends of a frame; here those of an undecimated Haar bank."""
    x = np.random.default_rng(0).normal(size=1024)
    low, high = pywt.swt(x, "haar", level=1, trim_approx=True, norm=True)
    sums = frame_sums(x, 1024, 1)
    assert np.sum(low**2) == pytest.approx((sums.energy[0] + sums.correlation[0]) / 2, rel=0.01)
    assert np.sum(high**2) == pytest.approx((sums.energy[0] - sums.correlation[0]) / 2, rel=0.01)


def test_floor_and_entropy_are_their_recurrences():
    levels = np.random.default_rng(1).uniform(0, 20, 200)
    floor, expected = math.inf, []
    for level in levels:
        floor = min(level, floor + 0.3)
        expected.append(floor)
    np.testing.assert_allclose(noise_floor(levels, 0.3), expected, atol=1e-12)
    x = np.random.default_rng(2).uniform(-1, 1, 40)
    x[:3] = 0
    terms = [0.0 if one == 0 else -(one**2) * math.log(one**2) for one in x]
    np.testing.assert_allclose(entropy(x, 10, 2), [sum(terms[max(0, m * 10 - 10) : m * 10 + 10]) for m in range(4)])


KINDS = {
    "two hops in a frame": QUICK,
    "one hop in a frame, 8 bits": {**QUICK, "frame": 4.0, "sink": "sfix8_En7"},
    "four hops of one sample, 20 bits": {"sample_rate": 1000, "hop": 1.0, "frame": 4.0, "sink": "sfix20_En19", "rise": 1000.0},
}


@pytest.mark.parametrize("kind", KINDS)
def test_chain_of_proof(kind):
    proof = verify(make(**KINDS[kind]), "noise", HARDWARE, samples=300, seed=2, stalls=0.4)
    assert [engine.error or engine.first_difference for engine in proof.engines] == [None] * 3
    assert proof.passed


def test_clocks():
    """A word takes four clocks, and the last of a hop seven more."""
    core = make(**QUICK)
    response = run(core, Stimulus({"data": noise(core, 40)}, drain=200), "myhdl")
    assert np.diff(response.sink_cycles).tolist() == ([4, 4, 4, 11] * 10)[:39]
    assert set(response.source_cycles - response.sink_cycles[3::4]) == {11}
    assert (core.cycles_per_sample * 4, core.rate * 4) == (23, 1)


def hiss(random, count):
    """Noise of high frequencies, as of an s."""
    return np.diff(random.normal(size=count + 1)) / 2


def vowel(count, pitch=120.0):
    """Pulses through three resonances."""
    from scipy.signal import lfilter

    pulses = (np.diff(np.floor(np.arange(count + 1) * pitch / RATE)) > 0).astype(float)
    for frequency, width in ((600, 80), (1200, 100), (2500, 150)):
        radius = math.exp(-math.pi * width / RATE)
        pulses = lfilter([1], [1, -2 * radius * math.cos(2 * math.pi * frequency / RATE), radius**2], pulses)
    return pulses / np.sqrt(np.mean(pulses**2))


def spoken(seed=0, background=-60.0):
    """Pauses, hisses and vowels of 200 ms in noise, and what each sample is."""
    random, length = np.random.default_rng(seed), RATE // 5
    signals, kinds = [], []
    for kind in [SILENT, UNVOICED, VOICED, SILENT, VOICED, UNVOICED] * 3:
        signals.append({SILENT: np.zeros(length), UNVOICED: hiss(random, length) / 40, VOICED: vowel(length) / 10}[kind])
        kinds.append(np.full(length, kind))
    x = np.concatenate(signals)
    return x + 10 ** (background / 20) * random.normal(size=x.size), np.concatenate(kinds)


@pytest.mark.parametrize("background", [-75.0, -60.0, -50.0])
def test_synthetic_speech_is_told_apart(background):
    """All but frames that lie across a border."""
    core = make()
    x, kinds = spoken(background=background)
    found = core.law.parted(core.model(audio_to_words(x, core.sink)))["class"]
    own = kinds[core.law.hop - 1 :: core.law.hop]
    inside = np.concatenate([[False], own[1:] == own[:-1]])
    for kind in (SILENT, UNVOICED, VOICED):
        assert np.mean(found[inside & (own == kind)] == kind) > 0.95


def test_reference_and_model_decide_alike():
    core = make()
    words = audio_to_words(spoken()[0], core.sink)
    decisions = core.decisions(to_float(words, core.sink), words)
    assert decisions.different <= decisions.uncertain < 0.2 * decisions.made
    promise = core.promised_snr(words)
    assert promise.exact
    assert core.following(words).reference(to_float(words, core.sink)).tolist() == core.model(words).tolist()


def test_a_wrong_model_is_found():
    """The reference follows only where errors may turn a decision: a wrong class or level is none of these."""
    core = make()
    words = audio_to_words(spoken()[0], core.sink)
    x, right = to_float(words, core.sink), core.model(words)
    for wrong in (right ^ 3 << 9, right ^ 2, right + (1 << 28)):
        assert np.mean(core.altered(decided=(words, wrong)).reference(x) == wrong) < 0.3


def test_promise_behind_another_core():
    """Whose words are not those of the reference: what they turn is a decision."""
    first = {"core": "biquad", "name": "first", "design": {"method": "butter", "order": 2, "kind": "highpass", "cutoff": 60}}
    core = make_core({"core": "chain", "name": "listener", "stages": [first, make().description]})
    words = audio_to_words(spoken()[0], core.sink_format)
    judgement = judge(core, {"data": words})
    assert judgement.kept
    assert judgement.promise.snr > 100
    assert judgement.promise.decisions.different <= judgement.promise.decisions.uncertain < 0.3 * judgement.promise.decisions.made
    # Another signal than the model's is not excused.
    follower = core.following(words)
    x = to_float(words, core.sink_format)
    assert np.mean(follower.reference(x[::-1]) == follower.reference(x)) < 0.5


def test_limits_at_run_time():
    """A frame goes by what stands in the registers as it ends."""
    core = make(**QUICK)
    words = noise(core, 400)
    random = np.random.default_rng(3)
    values = {name: random.integers(0, 5000, 4).repeat(100) for name in ("silence", "tilt")}
    rows = {name: row.tolist() for name, row in values.items()}
    found = core.steered_model(words, values)
    assert found.tolist() == right_words(core, {"data": words.tolist()}, rows)["data"]
    assert found.tolist() != core.model(words).tolist()


def test_silence_is_silent():
    core = make()
    for x in (np.zeros(4000, np.int64), np.random.default_rng(0).integers(-1, 2, 4000)):
        parts = core.law.parted(core.model(x))
        assert not parts["class"].any()
        assert not parts["above"].any()
    assert core.model(np.zeros(159, np.int64)).size == 0


def test_speech_after_zeros_is_not_silent():
    """What is softer than the least level counts as that, so that a floor from digital silence is not below all there is."""
    core = make()
    x = np.concatenate([np.zeros(RATE), spoken(background=-70)[0]])
    found = core.law.parted(core.model(audio_to_words(x, core.sink)))["class"]
    assert not found[:100].any()
    assert (found[100:119] == SILENT).all()
    assert (found[141:159] == VOICED).all()


def test_model_is_fast():
    core = make()
    words = noise(core, 60 * RATE)
    assert sections_beside(lambda: core.model(words), words.size, most=50) < 50


def test_process_writes_a_table(tmp_path, capsys):
    """A line for each frame; sound there is none."""
    core = load_core(EXAMPLES / "speech_classifier.toml")
    arguments = ["process", str(EXAMPLES / "speech_classifier.toml"), str(EXAMPLES / "speech.wav")]
    assert main([*arguments, str(tmp_path / "out.csv")]) == 0
    head, *rows = (tmp_path / "out.csv").read_text().splitlines()
    assert head.split(",") == list(core.tells) == ["time", "class", "crossings", "tilt", "above", "level"]
    words = core.model(audio_to_words(read_audio(EXAMPLES / "speech.wav").samples, core.sink))
    figures = core.figures(to_float(words, core.source_format))
    np.testing.assert_allclose(np.array([row.split(",") for row in rows], float), np.transpose(list(figures.values())), rtol=1e-5)
    assert np.diff(figures["time"]) == pytest.approx(0.01)
    assert main([*arguments, str(tmp_path / "out.wav")]) == 2
    assert "must end in .csv: speech_class gives no sound" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"hop": 0.01}, "hop = 0.01: must be 0.0625 to 256 ms at 16000 samples/s"),
        ({"hop": 300.0, "frame": 300.0}, "hop = 300.0: must be 0.0625 to 256 ms"),
        ({"frame": 25.0}, "frame = 25.0: must be 10, 20, 30, 40: one to 4 hops"),
        ({"frame": 60.0}, "frame = 60.0: must be 10, 20, 30, 40"),
        ({"sink": "ufix16"}, 'sink = "ufix16_En0": must be signed'),
        ({"silence": -1.0}, "silence = -1.0: must be 0 to 190"),
        ({"tilt": "low"}, "tilt"),
        ({"least_level": 0.0}, "least_level = 0.0: must be -150 to -20"),
    ],
)
def test_bad_parameters(parameters, said):
    with pytest.raises(ParameterError) as error:
        make(**parameters)
    assert str(error.value).startswith(said)
