"""Gammatone bank: Slaney's filters as his report and scipy have them, exact oracle, levels, critical bands, and the chain of proof."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.signal
from hypothesis import given
from hypothesis import strategies as st

import reference.gammatone_bank
from fixed_point import to_float
from fixed_point.sound import write_audio
from ip_cores.core import make_core
from ip_cores.parameters import ParameterError
from reference.critical_bands import SCALES, bark, bark_bandwidth, bark_frequency, erb, erb_number, spaced_centres
from testbenches.benchmarks import cochleagram
from testbenches.for_tests.drawing import examples
from testbenches.for_tests.model_speed import sections_beside
from testbenches.fuzz.oracles.by_kind import right_words
from testbenches.fuzz.strategies import descriptions
from testbenches.simulate import run
from testbenches.stimulus import Stimulus
from testbenches.verify import verify

HARDWARE = ("myhdl", "ghdl", "native")
RATE = 16000
FEW = {"bands": 3, "lowest": 300, "highest": 3000}


def make(**parameters):
    return make_core({"core": "gammatone_bank", "name": "ear", **parameters})


def noise(core, count, seed=0, size=1.0):
    random = np.random.default_rng(seed)
    words = np.floor(random.uniform(core.sink.minimum, core.sink.maximum + 1, count) * size).astype(np.int64)
    words[random.random(count) < 0.05 * (size == 1)] = core.sink.minimum
    return words


def slaney(cf, fs):
    """Numerators and the denominator of the four filters, as MakeERBFilters of the Auditory Toolbox has them, without the gain."""
    t = 1 / fs
    b = 1.019 * 2 * np.pi * (cf / 9.26449 + 24.7)
    c, s, decay = np.cos(2 * cf * np.pi * t), np.sin(2 * cf * np.pi * t), np.exp(b * t)
    plus, minus = np.sqrt(3 + 2**1.5), np.sqrt(3 - 2**1.5)
    seconds = [-(2 * t * c / decay + sign * 2 * root * t * s / decay) / 2 for root in (plus, minus) for sign in (1, -1)]
    return [[t, second, 0] for second in seconds], [1, -2 * c / decay, np.exp(-2 * b * t)]


def largest_difference(found, expected):
    """In dB of the largest magnitude."""
    return 20 * math.log10(np.abs(found - expected).max() / np.abs(expected).max())


@pytest.mark.parametrize("frequency", [200, 250, 500, 1000, 2500, 4000, 6000, 7500])
def test_reference_is_scipys_gammatone(frequency):
    """From 200 Hz on; below, scipy's direct form of eighth order loses its digits."""
    grid = np.linspace(1, RATE / 2 - 1, 8000)
    rows = reference.gammatone_bank.gammatone_sections(frequency, RATE, float(erb(frequency)))
    _, expected = scipy.signal.freqz(*scipy.signal.gammatone(frequency, "iir", fs=RATE), worN=grid, fs=RATE)
    _, found = scipy.signal.freqz_sos(rows, worN=grid, fs=RATE)
    assert largest_difference(found, expected) < -70


@pytest.mark.parametrize("frequency", [50, 100, 200, 1000, 6000])
def test_reference_is_slaneys_four_filters(frequency):
    x = np.random.default_rng(frequency).standard_normal(4000)
    numerators, denominator = slaney(frequency, RATE)
    y, gain = x, 1.0
    for numerator in numerators:
        y = scipy.signal.lfilter(numerator, denominator, y)
        gain *= abs(scipy.signal.freqz(numerator, denominator, worN=[frequency], fs=RATE)[1][0])
    core = make(centres=[frequency, 7000])
    words, channel = core.reference(x)
    assert largest_difference(words[channel == 0], y / gain) < -100


@pytest.mark.parametrize("scale", SCALES)
def test_bands_are_as_wide_as_the_ears(scale):
    """Equivalent rectangular bandwidth: the power behind white noise over that at the centre."""
    core = make(scale=scale, bands=12, lowest=150, highest=6000)
    number, _, bandwidth = SCALES[scale]
    np.testing.assert_allclose(np.diff(number(core.frequencies)), np.diff(number([150, 6000]))[0] / 11, rtol=1e-6)
    for centre, rows in zip(core.frequencies, core.sections, strict=True):
        w, h = scipy.signal.freqz_sos(rows, worN=1 << 15, fs=RATE)
        peak = abs(scipy.signal.freqz_sos(rows, worN=[centre], fs=RATE)[1][0])
        assert peak == pytest.approx(1, abs=1e-9)
        assert np.sum(np.abs(h) ** 2) * (w[1] - w[0]) / float(bandwidth(centre)) == pytest.approx(1, abs=0.03)


def test_bark_goes_back_and_forth():
    f = np.array([20.0, 100, 500, 1000, 4000, 15000])
    np.testing.assert_allclose(bark_frequency(bark(f)), f, rtol=1e-9)
    assert np.diff(bark(spaced_centres(100, 6000, 9, "bark"))) == pytest.approx(np.diff(bark([100, 6000]))[0] / 8)
    assert float(bark_bandwidth(1000)) > float(erb(1000))
    assert erb_number(spaced_centres(100, 6000, 2))[0] == pytest.approx(float(erb_number(100)))


@examples(15)
@given(descriptions("gammatone_bank").map(make_core), st.integers(0, 2**20))
def test_model_equals_exact_sums_and_nothing_overflows_inside(core, seed):
    words = noise(core, 60, seed)
    expected = right_words(core, {"data": words.tolist()}, {})
    found, channel = core.model(words)
    assert (found.tolist(), channel.tolist()) == (expected["data"], expected["channel"])


def test_worst_words_stay_in_range_inside():
    """Words of the sign that takes each band's last line to its L1 norm, and the words between sections with it."""
    core = make(**FEW)
    for response in core.responses.values():
        signs = np.sign(response[:1500][::-1])
        words = np.where(signs < 0, core.sink.minimum, core.sink.maximum)
        assert core.model(words)[0].tolist() == right_words(core, {"data": words.tolist()}, {})["data"]


KINDS = {
    "one multiplier": FEW,
    "two multipliers, levels": {**FEW, "multipliers": 2, "envelope": True},
    "four multipliers, Bark, no error feedback": {**FEW, "multipliers": 4, "scale": "bark", "error_feedback": False},
    "two centres, many bits": {
        "centres": [3000, 7000], "sink": "sfix20_En19", "source": "sfix24_En23",
    },
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_chain_of_proof(kind):
    engines = HARDWARE if "levels" in kind else HARDWARE[:1]
    proof = verify(make(**KINDS[kind]), "noise", engines, samples=16, seed=2, stalls=0.4)
    assert [engine.error or engine.first_difference for engine in proof.engines] == [None] * len(engines)
    assert proof.passed


@pytest.mark.parametrize(("multipliers", "envelope", "clocks"), [(1, False, 68), (1, True, 71), (2, False, 44), (4, False, 32)])
def test_clocks(multipliers, envelope, clocks):
    core = make(**FEW, multipliers=multipliers, envelope=envelope)
    response = run(core, Stimulus({"data": noise(core, 5)}, drain=200), "myhdl")
    assert set(np.diff(response.sink_cycles)) == {core.cycles_per_sample} == {clocks}
    assert response.words["channel"].tolist() == [0, 1, 2] * 5
    assert set(response.source_cycles[::3] - response.sink_cycles) == {core.latency}


def snr(core, words):
    truth = core.reference(to_float(words, core.sink))[0]
    error = to_float(core.model(words)[0], core.source) - truth
    return 10 * math.log10(np.mean(truth**2) / np.mean(error**2))


@pytest.mark.parametrize("envelope", [False, True])
@pytest.mark.parametrize("coefficient_word_length", [18, 24])
def test_what_is_promised_is_kept_and_tells_something(envelope, coefficient_word_length):
    core = make(envelope=envelope, coefficient_word_length=coefficient_word_length)
    words = noise(core, 6000, size=0.3)
    promised, found = core.promised_snr(words).snr, snr(core, words)
    assert promised <= found < promised + 30


def test_levels_are_the_mean_magnitude_and_follow_in_time():
    """Of a sine at the centre 2 / pi times its amplitude; 1 - 1 / e of a step after the time constant, which begins as the band does."""
    core = make(centres=[1013, 5000], envelope=True, time_constant=32.0)
    n = np.arange(RATE)
    words = np.round(0.5 * 2**15 * np.sin(2 * np.pi * 1013 / RATE * n)).astype(np.int64)
    words[RATE // 2 :] = 0
    level = to_float(core.model(words)[0][::2], core.source)
    assert level[RATE // 2 - 100 : RATE // 2].mean() == pytest.approx(0.5 * 2 / math.pi, rel=0.01)
    quiet = RATE // 2 + int(0.020 * RATE)  # the band has ceased to ring
    assert level[quiet + int(0.032 * RATE)] / level[quiet] == pytest.approx(math.exp(-1), rel=0.01)
    assert to_float(core.model(words)[0][1::2], core.source)[: RATE // 2].max() < 0.01


def test_silence_stays_silence_and_limit_cycles_are_no_more_than_one_step():
    core = make()
    assert not core.model(np.zeros(500, np.int64))[0].any()
    words = np.concatenate([noise(core, 2000), np.zeros(6000, np.int64)])
    last = core.model(words)[0][-16 * 1000 :]
    assert np.abs(last).max() <= core.limit_cycle <= 1
    assert "limit cycles" in make(state_word_length=17).notes[0]


def test_a_bank_at_another_rate_has_the_same_bands():
    core = make(bands=4)
    other = core.at_rate(48000)
    assert other.frequencies == core.frequencies
    assert not np.allclose(other.sections, core.sections)
    with pytest.raises(ParameterError, match="highest = 6000"):
        core.at_rate(8000)


def test_model_is_fast():
    """Some 150 times real time at 16 kHz, for 16 bands."""
    core = make()
    words = noise(core, 4 * RATE)
    core.model(words[:10])
    assert sections_beside(lambda: core.model(words), words.size, most=50) < 50


def test_description_makes_the_same_core():
    for parameters in (FEW, {"centres": [100, 1000], "envelope": True}):
        core = make(**parameters)
        assert make_core(core.description) == core
    assert "bands" not in core.description


BAD = [
    ({"bands": 1}, "bands = 1: must be a whole number from 2 to 64"),
    ({"bands": 65}, "bands = 65: must be a whole number from 2 to 64"),
    ({"bands": 2.5}, "bands = 2.5: must be a whole number"),
    ({"lowest": 0}, "lowest = 0: must be a number from 1 to"),
    ({"lowest": 7000}, "lowest = 7000.*: must be below highest, 6000"),
    ({"highest": 8000}, "highest = 8000.*: must be below half of the sample rate, 8000"),
    ({"highest": "high"}, 'highest = "high": must be a number'),
    ({"centres": [100]}, "centres = .*: must be 2 to 64 rising frequencies"),
    ({"centres": [200, 100]}, "centres = .*: must rise"),
    ({"centres": [0.5, 100]}, "centres = 0.5: must be 1 or more"),
    ({"centres": [100, 9000]}, "centres = 9000.*: must be below half of the sample rate"),
    ({"centres": [100, "x"]}, 'there is "x"'),
    ({"centres": [100, 200], "bands": 2}, "bands = 2: must be left out beside centres"),
    ({"scale": "mel"}, 'scale = "mel": must be one of erb, bark'),
    ({"width": 0}, "width = 0.*: must be 0.1 to 10"),
    ({"multipliers": 5}, "multipliers = 5: must be 1 to 4"),
    ({"sink": "ufix16_En16"}, "must be signed"),
    ({"envelope": True, "time_constant": 0.01}, "time_constant = 0.01: must be 0.125 to 4096 ms"),
    ({"state_word_length": 12}, "state_word_length = 12: must be 16 or more"),
    ({"coefficient_word_length": 8}, "coefficient_word_length = 8: must be more, since section . is not stable"),
    ({"bnads": 3}, "unknown key"),
]


@pytest.mark.parametrize(("parameters", "message"), BAD)
def test_bad_parameters(parameters, message):
    with pytest.raises(ParameterError, match=message) as refused:
        make(**parameters)
    assert "\n" not in str(refused.value)


def test_a_cochleagram_shows_a_tone_in_its_band(tmp_path):
    core = make(bands=8, envelope=True)
    tone = 0.5 * np.sin(2 * np.pi * core.frequencies[5] / RATE * np.arange(RATE // 4))
    picture = cochleagram.cochleagram(tone, core)
    assert picture.shape == (8, 50)
    assert set(picture[:, 10:].argmax(axis=0)) == {5}
    assert picture[5, 20:] == pytest.approx(20 * math.log10(0.5), abs=0.3)
    write_audio(tmp_path / "tone.wav", tone, RATE)
    assert cochleagram.main([str(tmp_path / "tone.wav"), str(tmp_path / "tone.png"), "--bands", "4"]) == 0
    assert (tmp_path / "tone.png").stat().st_size > 1000


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(["absent.wav", "out.png"], "absent.wav: no such file"), (["absent.wav", "out.png", "--bands", "1"], "bands = 1: must be")],
)
def test_a_cochleagram_of_nothing_is_refused_in_a_line(arguments, message, capsys):
    assert cochleagram.main(arguments) == 2
    told = capsys.readouterr().err
    assert message in told
    assert told.count("\n") == 1


def test_stages_for_bands_take_its_words():
    """A gain of 0 dB in every band, which changes nothing; its promise is that of the bank."""
    bank = {"core": "gammatone_bank", "name": "ear", "centres": [500, 2000]}
    stage = {"core": "band_gain", "name": "gains", "sink": "sfix16_En15"}
    row = make_core({"core": "chain", "name": "row", "stages": [bank, {**stage, "levels": 1}]})
    alone = make(centres=[500, 2000])
    words = noise(alone, 1500, size=0.3)
    np.testing.assert_array_equal(row.model(words), alone.model(words))
    assert row.promised_snr(words).snr == pytest.approx(alone.promised_snr(words).snr, abs=0.1)
    with pytest.raises(ParameterError, match="must stand behind a bank for whose words it is made"):
        make_core({"core": "chain", "name": "row", "stages": [{**bank, "centres": [500, 2000, 4000]}, {**stage, "levels": 3}]})
