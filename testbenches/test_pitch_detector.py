"""Period of a voice: exact oracle, plain definitions, vowels and pulse trains, promise, limits at run time, and the chain of proof."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import reference.pitch_detector
from fixed_point import to_float
from fixed_point.full_scale import audio_to_words
from fixed_point.sound import read_audio
from ip_cores.core import make_core
from ip_cores.description import load_core
from ip_cores.parameters import ParameterError
from ossicle.command_line import main
from testbenches.benchmarks.pitch import PITCHES, VOWELS, pulses, vowel
from testbenches.for_tests.drawing import examples
from testbenches.for_tests.model_speed import sections_beside
from testbenches.fuzz.oracles.by_kind import right_words
from testbenches.fuzz.strategies import descriptions
from testbenches.judgement import judge
from testbenches.simulate import run
from testbenches.stimulus import Stimulus
from testbenches.verify import verify

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
RATE = 16000
QUICK = {"sample_rate": 4000, "highest": 499.0, "lowest": 143.0, "frame": 18.0, "hop": 3.0, "voicing": 0.05, "least_level": -120.0}
"""Frames of 18 decimated samples, lags of 2 to 7."""


def make(**parameters):
    return make_core({"core": "pitch_detector", "name": "pitch", **parameters})


def tone(core, frequency, count, seed=0, level=0.3, hiss=0.01):
    """A sine in noise, as words."""
    n = np.arange(count)
    noise = np.random.default_rng(seed).normal(size=count)
    return audio_to_words(level * np.sin(2 * np.pi * frequency / core.sample_rate * n) + hiss * noise, core.sink)


@examples(40)
@given(descriptions("pitch_detector").map(make_core), st.integers(0, 2**20))
def test_model_equals_oracle(core, seed):
    random = np.random.default_rng(seed)
    noise = random.integers(core.sink.minimum, core.sink.maximum, 160, endpoint=True)
    for words in (noise, noise >> core.sink.word_length // 2, tone(core, random.uniform(100, 500), 160, seed)):
        assert core.model(words).tolist() == right_words(core, {"data": words.tolist()}, {})["data"]


@examples(20)
@given(st.lists(st.integers(-99, 99), min_size=12, max_size=30), st.integers(1, 5))
def test_autocorrelation_is_its_definition(x, lag):
    found = reference.pitch_detector.autocorrelation(np.array([x], dtype=float), lag + 1)[0, lag]
    pairs = list(zip(x[:-lag], x[lag:], strict=True))
    energy = sum(a * a + b * b for a, b in pairs)
    assert found == pytest.approx(2 * sum(a * b for a, b in pairs) / energy if energy else 0.0)


def test_low_pass_is_two_running_sums():
    x = np.random.default_rng(0).normal(size=400)
    sums = [sum(x[max(0, n - 7) : n + 1]) for n in range(x.size)]
    expected = [sum(sums[max(0, n - 3) : n + 1]) for n in range(3, x.size, 4)]
    np.testing.assert_allclose(reference.pitch_detector.decimated(x), expected, atol=1e-12)


def test_parabola_is_the_one_through_three_points():
    rho = np.random.default_rng(1).uniform(0.2, 0.5, (50, 3)) + np.array([0.0, 0.4, 0.0])
    heights, offsets = reference.pitch_detector.parabolas(rho)
    for row, height, offset in zip(rho, heights[:, 1], offsets[:, 1], strict=True):
        curve = np.polyfit([-1, 0, 1], row, 2)
        assert offset == pytest.approx(-curve[1] / (2 * curve[0]), abs=1e-9)
        assert height == pytest.approx(np.polyval(curve, offset), abs=1e-9)


KINDS = {"16 bits": QUICK, "8 bits, longer frames": {**QUICK, "sink": "sfix8_En7", "frame": 30.0, "hop": 5.0}}


@pytest.mark.parametrize("engine", ["myhdl", "ghdl", "native"])
def test_chain_of_proof(engine):
    """Few words show that every limit matters; those of the native engine do."""
    kind = "8 bits, longer frames" if engine == "ghdl" else "16 bits"
    core = make(**KINDS[kind])
    words = np.random.default_rng(5).integers(core.sink.minimum, core.sink.maximum, 96 if engine != "native" else 4000)
    proof = verify(core, words, [engine], seed=2, stalls=0.2)
    assert [one.error or one.first_difference for one in proof.engines] == [None]
    assert (proof.engines[0].passed, proof.snr_passed) == (True, True)
    assert proof.passed or engine != "native"


def test_clocks():
    """A lag takes the same clocks with each of the first samples of a hop; the others take two."""
    core = make(**QUICK)
    law, clocks = core.law, core.plan.clocks
    response = run(core, Stimulus({"data": tone(core, 200, 26)}, drain=400), "myhdl")
    assert (law.work, law.hop_samples) == (10, 12)
    expected = ([clocks + 1] * 9 + [clocks + 2] + [2, 2]) * 3
    assert np.diff(response.sink_cycles).tolist() == expected[:25]
    assert set(response.source_cycles - response.sink_cycles[[9, 21]]) == {clocks + 2}
    assert core.cycles_per_sample * 12 == sum(expected[:12])


@pytest.mark.parametrize("name", VOWELS)
def test_vowels(name):
    """Every frame within 2 %, from the first whole one on."""
    core = make()
    for pitch in PITCHES[::3]:
        found = core.model(audio_to_words(vowel(pitch, VOWELS[name], 0.3), core.sink))[5:] * core.source_format.resolution
        assert np.abs(found * pitch / RATE - 1).max() < 0.02


def test_pulse_trains():
    """All harmonics alike, which running sums in front make a voice of."""
    core = make()
    for pitch in PITCHES[::2]:
        found = core.model(audio_to_words(pulses(pitch, 0.3), core.sink))[5:] * core.source_format.resolution
        assert np.abs(found * pitch / RATE - 1).max() < 0.02


def test_no_pitch_in_noise_and_silence():
    core = make()
    noise = np.random.default_rng(0).normal(size=4 * RATE) * 0.1
    assert np.mean(core.model(audio_to_words(noise, core.sink)) == 0) > 0.75
    assert not core.model(np.zeros(RATE, np.int64)).any()
    soft = audio_to_words(vowel(120, VOWELS["a"], 0.3) * 2e-4, core.sink)
    assert not core.model(soft).any()
    assert make(least_level=-95.0).model(soft)[5:].all()


def test_share_finds_the_first_of_two_peaks():
    """Of a period of two unlike halves: with a small share the half, with a large one the whole."""
    t = np.arange(RATE // 2)
    x = 0.2 * np.cos(2 * np.pi * 100 / RATE * t) + 0.35 * np.cos(2 * np.pi * 200 / RATE * t)
    found = {}
    for share in (0.4, 0.95):
        core = make(share=share)
        found[share] = RATE / (np.median(core.model(audio_to_words(x, core.sink))) * core.source_format.resolution)
    assert found[0.4] == pytest.approx(200, rel=0.02)
    assert found[0.95] == pytest.approx(100, rel=0.02)


@examples(20)
@given(st.integers(0, 2**20), st.integers(8, 18), st.floats(60, 420))
def test_what_is_promised_is_kept(seed, bits, frequency):
    random = np.random.default_rng(seed)
    core = make(sink=f"sfix{bits}_En{bits - 1}", least_level=float(random.choice([-65, -40, -90])))
    level = 2.0 ** random.uniform(-bits, -1)
    words = tone(core, frequency, 4000, seed, level, level * 2.0 ** random.uniform(-12, 1))
    judgement = judge(core, {"data": words})
    assert judgement.kept
    assert judgement.promise.decisions is None or judgement.promise.decisions.uncertain <= judgement.promise.decisions.made


def test_promise_tells_something():
    core = make()
    judgement = judge(core, {"data": audio_to_words(vowel(130, VOWELS["a"], 0.5), core.sink)})
    assert judgement.promise.snr > 50
    assert judgement.promise.decisions.uncertain == 0 == judgement.promise.decisions.different
    words = audio_to_words(vowel(130, VOWELS["a"], 0.5), core.sink)
    lags = core.model_lags(words)
    assert not np.array_equal(
        core.altered(decided=(words, lags // 2)).reference(to_float(words, core.sink)), core.reference(to_float(words, core.sink))
    )


def test_promise_behind_another_core():
    """Whose words are not those of the reference: what they turn is a decision."""
    first = {"core": "biquad", "name": "first", "design": {"method": "butter", "order": 2, "kind": "highpass", "cutoff": 60}}
    core = make_core({"core": "chain", "name": "listener", "stages": [first, make().description]})
    words = audio_to_words(0.6 * vowel(130, VOWELS["a"], 1.0) + 1e-3 * np.random.default_rng(0).normal(size=RATE), core.sink_format)
    judgement = judge(core, {"data": words})
    assert judgement.kept
    assert judgement.promise.snr > 35
    assert judgement.promise.decisions.different <= judgement.promise.decisions.uncertain < 0.3 * judgement.promise.decisions.made
    # Another signal than the model's is not excused.
    follower = core.following(words)
    x = to_float(words, core.sink_format)
    assert np.mean(follower.reference(x[::-1]) == follower.reference(x)) < 0.5


def test_limits_at_run_time():
    """A frame goes by what stands in the registers at the sample with which its word is due."""
    core = make(**QUICK)
    words = np.random.default_rng(3).integers(-9000, 9000, 480)
    values = {
        name: np.random.default_rng(n).integers(0, most, 8).repeat(60)
        for n, (name, most) in enumerate((("share", 65535), ("voicing", 20000)))
    }
    found = core.steered_model(words, values)
    assert found.tolist() == right_words(core, {"data": words.tolist()}, {name: row.tolist() for name, row in values.items()})["data"]
    assert found.tolist() != core.model(words).tolist()


def test_words_come_when_the_work_is_done():
    core = make()
    words = tone(core, 150, 2000)
    for count in (60, 61, 220, 221, 2000):
        assert len(core.model(words[:count])) == len(core.reference(to_float(words[:count], core.sink))) == core.law.frames_of(count)
    assert (core.law.work, core.law.frames_of(60), core.law.frames_of(61)) == (61, 0, 1)


def test_model_is_fast():
    core = make()
    words = tone(core, 150, 60 * RATE)
    assert sections_beside(lambda: core.model(words), words.size, most=50) < 50


def test_process_writes_a_table(tmp_path, capsys):
    """A line for each frame; sound there is none."""
    core = load_core(EXAMPLES / "pitch_detector.toml")
    arguments = ["process", str(EXAMPLES / "pitch_detector.toml"), str(EXAMPLES / "speech.wav")]
    assert main([*arguments, str(tmp_path / "out.csv")]) == 0
    head, *rows = (tmp_path / "out.csv").read_text().splitlines()
    assert head.split(",") == list(core.tells) == ["time", "period", "pitch"]
    words = core.model(audio_to_words(read_audio(EXAMPLES / "speech.wav").samples, core.sink))
    figures = core.figures(to_float(words, core.source_format))
    np.testing.assert_allclose(np.array([row.split(",") for row in rows], float), np.transpose(list(figures.values())), rtol=1e-5)
    assert np.diff(figures["time"]) == pytest.approx(0.01)
    assert main([*arguments, str(tmp_path / "out.wav")]) == 2
    assert "must end in .csv: pitch gives no sound" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"lowest": 500.0}, "highest = 400.0: must be more than lowest, and at most 2000 Hz"),
        ({"highest": 2500.0}, "highest = 2500.0: must be more than lowest, and at most 2000 Hz"),
        ({"frame": 20.0}, "frame = 20.0: must be 29.5 to 256 ms at 16000 samples/s: at least two periods of the lowest pitch"),
        ({"lowest": 1.0}, "lowest = 1.0: must be at least 7.828 Hz at 16000 samples/s: two periods in the longest frame, 256 ms"),
        ({"sample_rate": 192000}, "lowest = 70.0: must be at least 93.93 Hz at 192000 samples/s: two periods in the longest frame, 21.33"),
        ({"hop": 2.0}, "hop = 2.0: must be 4 to 32 ms: a sample for each lag, and no more than a frame"),
        ({"hop": 40.0}, "hop = 40.0: must be 4 to 32 ms"),
        ({"sink": "ufix16"}, 'sink = "ufix16_En0": must be signed'),
        ({"sink": "sfix20_En19"}, "sink"),
        ({"share": 1.0}, "share = 1.0: must be 0 to 0.9999"),
        ({"voicing": 2.0}, "voicing = 2.0: must be 0 to 1.25"),
    ],
)
def test_bad_parameters(parameters, said):
    with pytest.raises(ParameterError) as error:
        make(**parameters)
    assert str(error.value).startswith(said)


def test_harmonics_are_those_of_the_pitch():
    """What the tests play: a vowel is a sum of harmonics, the strongest near its first resonance."""
    spectrum = np.abs(np.fft.rfft(vowel(200, VOWELS["a"], 1.0) * np.hanning(RATE)))
    loud = np.flatnonzero(spectrum > spectrum.max() / 100)
    assert all(min(place % 200, -place % 200) <= 2 for place in loud)
    assert abs(int(np.argmax(spectrum)) - VOWELS["a"][0][0]) <= 150
    assert math.isclose(np.abs(vowel(200, VOWELS["a"], 1.0)).max(), 0.5)
