"""Critical bands and threshold-equalising noise, against published numbers and a spectrum that is measured."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.signal

from reference.critical_bands import (
    THIRD_OCTAVE_CENTRES,
    band_edges,
    bark,
    bark_bandwidth,
    critical_band_table,
    erb,
    erb_frequency,
    erb_number,
    spaced_centres,
)
from reference.ten_noise import DETECTION, in_dead_region, ten_noise

# E. Zwicker, "Subdivision of the audible frequency range into critical bands", J. Acoust. Soc. Am. 33 (1961) 248: edges in Hz.
ZWICKER = [100, 200, 300, 400, 510, 630, 770, 920, 1080, 1270, 1480, 1720, 2000, 2320, 2700, 3150, 3700, 4400, 5300, 6400, 7700, 9500,
           12000, 15500]  # fmt: skip


def test_bandwidths_at_1_kHz_are_those_of_the_papers():
    assert float(bark_bandwidth(1000)) == pytest.approx(162.2, abs=0.05)
    assert float(erb(1000)) == pytest.approx(132.6, abs=0.05)
    assert float(erb_number(1000)) == pytest.approx(15.6, abs=0.05)
    assert float(bark(1000)) == pytest.approx(8.5, abs=0.05)


def test_bark_scale_is_zwickers_table():
    """The formulas are right within 0.2 Bark and 10 %, as their authors say, and the table is rounded."""
    assert bark(ZWICKER) == pytest.approx(np.arange(1, 25), abs=0.21)
    centres = (np.array(ZWICKER[1:-2]) + ZWICKER[:-3]) / 2
    np.testing.assert_allclose(bark_bandwidth(centres), np.diff(ZWICKER)[:-2], rtol=0.11)


def test_erb_number_counts_bandwidths():
    """Its slope is one over the bandwidth (Glasberg & Moore round 21.4 from 21.366)."""
    f = np.array([50.0, 100, 500, 1000, 4000, 10000])
    slope = (erb_number(f * 1.0001) - erb_number(f / 1.0001)) / (f * (1.0001 - 1 / 1.0001))
    np.testing.assert_allclose(slope, 1 / erb(f), rtol=0.01)
    np.testing.assert_allclose(erb_frequency(erb_number(f)), f)


def test_bands_are_equally_far_apart_and_meet():
    centres = spaced_centres(100, 7000, 16)
    assert (centres[0], centres[-1]) == (pytest.approx(100), pytest.approx(7000))
    steps = np.diff(erb_number(centres))
    np.testing.assert_allclose(steps, steps[0])
    edges = band_edges(centres)
    assert np.all((edges[:-1] < centres) & (centres < edges[1:]))
    np.testing.assert_allclose(np.diff(erb_number(edges)), steps[0])
    assert band_edges(spaced_centres(0, 1000, 3))[0] == 0
    for low, high, count in ((100, 100, 4), (-1, 100, 4), (100, 200, 1)):
        with pytest.raises(ValueError, match="must be 2 or more"):
            spaced_centres(low, high, count)


def test_table_holds_both_scales():
    rows = critical_band_table()
    assert [row.frequency for row in rows] == list(THIRD_OCTAVE_CENTRES)
    assert all(row.erb < row.bark_bandwidth for row in rows)  # below 10 kHz the later measurements are narrower
    assert [row.bark for row in rows] == sorted(row.bark for row in rows)


def heard_from(x, rate, full_scale_spl, frequencies):
    """Level in dB SPL from which tones are heard in noise: power in one filter of the ear, times K."""
    f, power = scipy.signal.welch(x, rate, nperseg=4096)
    levels = []
    for frequency in frequencies:
        inside = np.abs(f - frequency) <= erb(frequency) / 2
        in_filter = power[inside].mean() * float(erb(frequency))
        levels.append(10 * np.log10(2 * in_filter) + full_scale_spl + np.interp(frequency, *zip(*DETECTION, strict=True)))
    return np.array(levels)


@pytest.mark.parametrize(("rate", "level", "full_scale_spl"), [(16000, 70.0, 100.0), (48000, 50.0, 110.0)])
def test_tones_are_heard_in_the_noise_from_the_same_level_on(rate, level, full_scale_spl):
    x = ten_noise(30 * rate, rate, level, full_scale_spl=full_scale_spl)
    found = heard_from(x, rate, full_scale_spl, [250, 350, 500, 750, 1000, 1500, 2000, 3000, 4000, 6000])
    np.testing.assert_allclose(found, level - 3, atol=0.5)  # K is -3 dB at 1 kHz


def test_the_noise_keeps_to_its_band_and_comes_again():
    x = ten_noise(32000, 16000, 60.0, low=354, high=6500, seed=3)
    spectrum = np.abs(np.fft.rfft(x))
    outside = (np.fft.rfftfreq(x.size, 1 / 16000) < 354) | (np.fft.rfftfreq(x.size, 1 / 16000) > 6500)
    assert spectrum[outside].max() < 1e-9 * spectrum.max()
    np.testing.assert_array_equal(x, ten_noise(32000, 16000, 60.0, low=354, high=6500, seed=3))
    assert not np.array_equal(x, ten_noise(32000, 16000, 60.0, low=354, high=6500, seed=4))
    for count, low in ((0, 125), (100, 9000)):
        with pytest.raises(ValueError, match="must be a band"):
            ten_noise(count, 16000, 60.0, low=low)


def test_rule_of_10_dB():
    """Both conditions, each at its limit."""
    assert in_dead_region(60, 80, 70)
    assert not in_dead_region(60, 79.9, 70)
    assert in_dead_region(75, 85, 70)
    assert not in_dead_region(75.1, 85, 70)
    assert in_dead_region([50, 90], [65, 95], 70).tolist() == [False, False]
