"""What is measured at a hearing aid's ports, on sound paths of which the answer is known."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from scipy.signal import firwin, freqz

from fixed_point import Format, to_float
from ip_cores.core import make_core
from reference.audiograms import AUDIOMETRIC, Audiogram
from reference.speech_spectrum import THIRD_OCTAVES
from testbenches.aid_measurements import (
    CENTRES,
    Calibration,
    MeasuredAid,
    input_output,
    insertion_gain,
    sensation,
    speech_noise,
    spl,
    standard_step,
    third_octaves,
)

RATE = 16000
SCALES = Calibration(100.0, 120.0)


def path(treat):
    """An aid that is a function of samples."""
    words = Format(True, 24, 23)
    core = SimpleNamespace(sink_format=words, source_format=words, delay=0, sample_rate=RATE)
    core.model = lambda x: np.rint(treat(to_float(x, words)) * 2**23).astype(np.int64)
    return MeasuredAid(core, SCALES, engine="model")


def test_insertion_gain_of_a_filter_is_its_response():
    """Source and sink have scales of their own: the same words are 20 dB louder at the source."""
    taps = 0.5 * firwin(65, 3000, fs=RATE)
    core = make_core(
        {"core": "fir", "name": "low", "coefficients": taps.tolist(), "sink": "sfix24_En23", "source": "sfix24_En23", "sample_rate": RATE}
    )
    found = insertion_gain(MeasuredAid(core, SCALES, engine="model"))
    low = np.array(CENTRES) < 2000
    expected = 20 + 20 * np.log10(np.abs(freqz(taps, worN=CENTRES, fs=RATE)[1]))
    np.testing.assert_allclose(found[low], expected[low], atol=0.1)
    assert found[-1] < found[0] - 40


def test_input_output_curve_of_a_clipper():
    found = input_output(path(lambda x: np.clip(x, -0.25, 0.25)), 1000.0, [40.0, 60.0, 80.0, 100.0])
    clipped = np.clip(np.sin(np.linspace(0, 2 * np.pi, 1000, endpoint=False)), -0.25, 0.25)
    loudest = 120 + 10 * np.log10(2 * np.mean(clipped**2))
    np.testing.assert_allclose(found, [60, 80, 100, loudest], atol=0.1)


def test_times_of_the_step_are_those_of_a_known_gain():
    """A gain that follows the step by exponentials in dB comes within 3 dB, and 4, after time constants times logarithms."""
    overshoot, attack, release = 17.5, 0.004, 0.05
    begin, end = RATE // 2, RATE

    def treat(x):
        n = np.arange(x.size)
        rising = -overshoot * (1 - np.exp(-(n - begin) / (attack * RATE)))
        falling = -overshoot * np.exp(-(n - end) / (release * RATE))
        return x * 10 ** (np.where(n < begin, 0, np.where(n < end, rising, falling)) / 20)

    found = standard_step(path(treat), 2000.0)
    assert found.attack == pytest.approx(1000 * attack * np.log(overshoot / 3), abs=0.6)
    assert found.release == pytest.approx(1000 * release * np.log(overshoot / 4), abs=0.6)
    assert found.levels[begin - 100] == pytest.approx(75, abs=0.1)  # 55 dB SPL, 20 dB up


def test_levels_of_third_octaves():
    n = np.arange(RATE)
    x = 0.1 * np.sin(2 * np.pi * 1000 * n / RATE)
    levels = third_octaves(x, RATE, 100.0)
    at = CENTRES.index(1000.0)
    assert levels[at] == pytest.approx(80, abs=0.01)
    assert np.delete(levels, at).max() < 20
    assert spl(x, 100.0) == pytest.approx(80, abs=0.01)


def test_noise_has_the_spectrum_of_speech():
    x = speech_noise(20 * RATE, RATE, 3)
    found = third_octaves(x, RATE, 0.0)
    wanted = np.array([dict(THIRD_OCTAVES)[int(centre)] for centre in CENTRES])
    difference = found - wanted
    np.testing.assert_allclose(difference - difference.mean(), 0, atol=1.2)
    assert np.max(np.abs(x)) == 1.0


def test_sensation_of_a_tone_is_its_level_above_the_threshold():
    """At the centre of a band a tone is as loud behind its filter as in front of it, whatever the ear."""
    ear = Audiogram((250.0, 6000.0), (30.0, 30.0))
    n = np.arange(RATE)
    centre = min(sensation(np.zeros(RATE), RATE, 100.0, ear).centres, key=lambda c: abs(c - 1000))
    found = sensation(0.1 * np.sin(2 * np.pi * centre * n / RATE), RATE, 100.0, ear)
    band = int(np.argmin(np.abs(found.centres - centre)))
    assert np.median(found.levels[band]) == pytest.approx(80 - 30 - 2.4, abs=0.6)
    assert np.argmax(np.median(found.levels, axis=1)) == band
    assert sensation(np.zeros(RATE), RATE, 100.0, ear).audible == 0


def test_level_of_thresholds_in_a_free_field():
    """ISO 389-7:2005: 11.4, 4.4, 2.4, -1.3, -5.4 and 4.3 dB SPL for 0 dB HL at the frequencies of audiograms."""
    normal = Audiogram(AUDIOMETRIC, (0.0,) * 6)
    np.testing.assert_allclose(normal.in_sound_pressure(AUDIOMETRIC), [11.4, 4.4, 2.4, -1.3, -5.4, 4.3])
