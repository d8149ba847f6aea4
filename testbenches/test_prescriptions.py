"""Audiograms, prescriptions, dead regions and what band gains make of them, against published numbers and pyclarity."""

from __future__ import annotations

import numpy as np
import pytest
import pywt
import scipy.optimize

from reference.audiograms import (
    AUDIOMETRIC,
    FREQUENCIES,
    STANDARD,
    Audiogram,
    AudiogramError,
    dead_regions,
    highest_useful,
    standard_audiogram,
)
from reference.band_fit import band_centres, band_responses, fit_gains, response_decibels
from reference.families.wavelet_filters import wavelet_filters
from reference.prescriptions import RULES, compression_of, half_gain, nal_r, nal_rp
from reference.speech_spectrum import band_levels

# Worked by hand with a pocket calculator from the formula of Byrne & Dillon (1986); the last two have a sum above 180.
BY_HAND = {
    "N3": ((35, 35, 40, 50, 60, 65), [0.1, 9.1, 19.65, 20.75, 22.85, 24.4]),
    "N4": ((55, 55, 55, 65, 75, 80), [8.8, 17.8, 26.8, 27.9, 30.0, 31.55]),
    "S2": ((20, 20, 25, 55, 95, 95), [0.0, 3.2, 13.75, 21.05, 32.45, 32.45]),
    "N5": ((65, 70, 75, 80, 80, 80), [17.37, 27.92, 38.47, 38.02, 37.02, 37.02]),
    "N7": ((90, 95, 105, 105, 105, 105), [34.4, 44.95, 57.05, 55.05, 54.05, 54.05]),
}


@pytest.mark.parametrize("name", BY_HAND)
def test_nal_r_is_the_published_formula(name):
    levels, wanted = BY_HAND[name]
    ear = Audiogram(AUDIOMETRIC, levels)
    assert ear == standard_audiogram(name)
    np.testing.assert_allclose(nal_r(ear, AUDIOMETRIC), wanted, atol=0.02)


@pytest.mark.parametrize("name", STANDARD)
def test_nal_r_is_that_of_pyclarity(name, monkeypatch):
    """What its filter is designed for, at the six frequencies."""
    pytest.importorskip("clarity")
    from clarity.enhancer import nalr
    from clarity.utils.audiogram import Audiogram as TheirAudiogram

    asked = {}

    def design(taps, frequencies, gains):
        asked.update(zip(np.round(8000 * frequencies).astype(int).tolist(), gains.tolist(), strict=True))
        return np.zeros(taps)

    monkeypatch.setattr(nalr, "firwin2", design)
    ear = standard_audiogram(name)
    nalr.NALR(160, 16000).build(TheirAudiogram(levels=np.array(ear.levels), frequencies=np.array(ear.frequencies)))
    theirs = [20 * np.log10(asked[round(f)]) for f in AUDIOMETRIC]
    np.testing.assert_allclose(nal_r(ear, AUDIOMETRIC), theirs, atol=1e-9)


def test_nal_rp_takes_from_high_to_low_frequencies_from_95_dB_at_2_kHz_on():
    below = Audiogram((250, 2000, 6000), (90, 94.9, 100))
    np.testing.assert_array_equal(nal_rp(below, AUDIOMETRIC), nal_r(below, AUDIOMETRIC))
    # Byrne, Parkinson & Newall: 95 dB HL adds 4 dB at 250 Hz and takes 2 dB at 4 kHz, 120 dB HL adds 15 and takes 9; half way between rows.
    for level, low, high in ((95, 4, -2), (120, 15, -9), (107.5, 9.5, -5.5)):
        flat = Audiogram((250, 6000), (level, level))
        np.testing.assert_allclose(nal_rp(flat, [250, 1000, 4000]) - nal_r(flat, [250, 1000, 4000]), [low, 0, high], atol=1e-9)


def test_half_gain_and_no_rule_gives_less_than_nothing():
    ear = Audiogram((250, 1000, 4000), (-10, 10, 60))
    np.testing.assert_allclose(half_gain(ear, [250, 1000, 4000]), [0, 5, 30])
    for rule in RULES.values():
        assert rule(Audiogram((250, 8000), (-10, -10)), [125, 250, 500, 1000, 8000]).tolist() == [0] * 5


def test_thresholds_between_those_taken_lie_on_the_logarithm_of_frequency():
    ear = Audiogram((500, 2000), (20, 60))
    assert ear.at([250, 500, 1000, 2000, 8000]) == pytest.approx([20, 20, 40, 60, 60])
    assert (ear.covers(500, 2000), ear.covers(250, 2000)) == (True, False)


def test_standard_audiograms_are_whole_and_rise_in_severity():
    assert list(STANDARD) == ["N1", "N2", "N3", "N4", "N5", "N6", "N7", "S1", "S2", "S3"]
    assert all(len(levels) == len(FREQUENCIES) for levels in STANDARD.values())
    means = [np.mean(standard_audiogram(f"N{n}", (500, 1000, 2000)).levels) for n in range(1, 8)]
    assert means == sorted(means)
    with pytest.raises(ValueError, match="must be one of N1, N2"):
        standard_audiogram("N8")


@pytest.mark.parametrize(
    ("frequencies", "levels", "field", "part"),
    [
        ((500,), (20,), "frequencies", "two or more"),
        ((500, 500), (20, 20), "frequencies", "must rise"),
        ((1000, 500), (20, 20), "frequencies", "must rise"),
        ((0, 500), (20, 20), "frequencies", "50 to 20000 Hz"),
        ((500, 1000), (20,), "levels", "must be 2 thresholds"),
        ((500, 1000), (20, 121), "levels", "at 1000 Hz"),
        ((500, 1000), (-11, 20), "levels", "-10 to 120 dB HL"),
        ((500, 1000), (float("nan"), 20), "levels", "-10 to 120 dB HL"),
        ((500, float("inf")), (20, 20), "frequencies", "50 to 20000 Hz"),
    ],
)
def test_what_is_no_audiogram_is_refused(frequencies, levels, field, part):
    with pytest.raises(AudiogramError, match=part) as refused:
        Audiogram(frequencies, levels)
    assert refused.value.field == field


def test_dead_regions_and_how_far_amplification_helps():
    assert dead_regions(standard_audiogram("N4")) == []
    assert highest_useful(standard_audiogram("N4")) == np.inf
    # 55 dB HL at 2 kHz and 95 at 4 kHz: 90 is crossed at 2000 * 2^(35/40) Hz.
    [steep] = dead_regions(standard_audiogram("S2"))
    assert steep.low == pytest.approx(2000 * 2 ** (35 / 40), abs=0.5)
    assert (steep.high, steep.highest_useful) == (np.inf, pytest.approx(1.7 * steep.low))
    low = Audiogram((250, 500, 1000, 4000), (85, 80, 60, 60))
    [region] = dead_regions(low)
    assert (region.low, region.high, highest_useful(low)) == (0, 500, np.inf)  # the limit below 1 kHz is 80, and 80 is not above it
    notch = dead_regions(Audiogram((1000, 2000, 4000, 8000), (50, 95, 50, 50)))
    assert [(region.low > 1000, region.high < 4000, region.highest_useful) for region in notch] == [(True, True, np.inf)]
    assert dead_regions(Audiogram((1000, 2000), (95, 95)))[0].highest_useful == np.inf  # no edge inside


@pytest.mark.parametrize("wavelet", ["haar", "db2", "db4", "bior2.2"])
def test_bands_of_the_bank_add_up_and_are_those_of_pywavelets(wavelet):
    """The response of a band is that of the stationary transform there and back with the other bands at zero."""
    levels, size = 3, 256
    frequencies = np.arange(1, 120) * 16000 / size
    found = band_responses(wavelet_filters(wavelet), levels, frequencies, 16000)
    np.testing.assert_allclose(np.abs(found.sum(axis=1)), 1, atol=1e-12)
    impulse = np.zeros(size)
    impulse[0] = 1
    bands = pywt.swt(impulse, wavelet, levels, trim_approx=True, norm=True)
    for place in range(levels + 1):
        alone = [band if n == place else 0 * band for n, band in enumerate(bands)]
        response = np.fft.rfft(pywt.iswt(alone, wavelet, norm=True))[1:120]
        np.testing.assert_allclose(np.abs(found[:, place]), np.abs(response), atol=1e-9)


WORST = {
    "db2": {"N2": 0.8, "N3": 0.8, "N4": 0.8, "S3": 0.8, "S2": 2.2},
    "haar": {"N2": 1.5, "N3": 1.2, "N4": 1.2, "S3": 4.5, "S2": 4.5},
}
"""Largest error in dB that four levels may leave at 250 to 6000 Hz."""


@pytest.mark.parametrize(("wavelet", "name"), [(wavelet, name) for wavelet, row in WORST.items() for name in row])
def test_band_gains_meet_the_prescription(wavelet, name):
    bank = band_responses(wavelet_filters(wavelet), 4, AUDIOMETRIC, 16000)
    wanted = nal_r(standard_audiogram(name), AUDIOMETRIC)
    fit = fit_gains(bank, wanted)
    assert all(-10 <= gain <= 60 for gain in fit.gains)
    heard = 20 * np.log10(np.abs(bank @ [10 ** (gain / 20) for gain in fit.gains]))
    np.testing.assert_allclose(heard - wanted, fit.errors, atol=1e-9)
    assert fit.residual == pytest.approx(np.max(np.abs(heard - wanted)))
    assert fit.residual <= WORST[wavelet][name]


def least_error(magnitudes, wanted):
    """Least largest error in dB that any gains from -10 to 60 dB leave, where bands add up in phase: a linear program for each bound."""
    low, high = 0.0, 20.0
    aim = 10 ** (np.asarray(wanted) / 20)
    while high - low > 1e-3:
        bound = (low + high) / 2
        room = 10 ** (bound / 20)
        found = scipy.optimize.linprog(
            np.zeros(magnitudes.shape[1]),
            A_ub=np.vstack([magnitudes, -magnitudes]),
            b_ub=np.concatenate([aim * room, -aim / room]),
            bounds=(10 ** (-10 / 20), 10 ** (60 / 20)),
        )
        low, high = (low, bound) if found.status == 0 else (bound, high)
    return high


@pytest.mark.parametrize("wavelet", ["haar", "db2", "db4"])
@pytest.mark.parametrize("name", STANDARD)
def test_no_other_gains_come_much_nearer(wavelet, name):
    """With an orthogonal wavelet each band is a filter there and back, hence adds in phase."""
    bank = band_responses(wavelet_filters(wavelet), 4, AUDIOMETRIC, 16000)
    wanted = nal_r(standard_audiogram(name), AUDIOMETRIC)
    assert fit_gains(bank, wanted).residual < least_error(np.abs(bank), wanted) + 0.05


def test_bands_that_are_fixed_stay_and_gains_stay_in_range():
    bank = band_responses(wavelet_filters("db2"), 4, AUDIOMETRIC, 16000)
    fit = fit_gains(bank, [80.0] * 6, fixed={4: 0.0})
    assert fit.gains[4] == 0
    assert max(fit.gains) == 60
    assert fit_gains(bank, [-30.0] * 6).gains == (-10,) * 5
    assert fit_gains(bank, [5.0] * 6, fixed=dict.fromkeys(range(5), 1.0)).errors == pytest.approx([-4] * 6)


def test_more_bands_than_frequencies_are_fitted_too():
    bank = band_responses(wavelet_filters("db2"), 8, [500, 4000], 16000)
    assert fit_gains(bank, [10.0, 20.0]).residual < 0.02
    np.testing.assert_allclose(response_decibels(bank, [3.0] * 9), 3, atol=1e-9)


def test_bands_lie_an_octave_apart():
    assert band_centres(4, 16000) == pytest.approx([250, 707.1, 1414.2, 2828.4, 5656.9], abs=0.1)


def test_a_table_of_gains_becomes_knee_and_ratio():
    """What a compressor of that knee and ratio does at 50, 65 and 80 dB SPL is what the table says."""
    for ratio, knee in ((2.0, 57.0), (1.5, 52.0), (3.0, 64.0), (10.0, 60.0)):
        soft, normal, loud = (20 - (1 - 1 / ratio) * (max(level, knee) - 65) for level in (50, 65, 80))
        found = compression_of(soft, normal, loud, 45.0)
        assert (found.ratio, found.knee) == (pytest.approx(ratio), pytest.approx(knee))
    assert compression_of(30, 20, 10, 40.0).knee == 40
    assert compression_of(20, 20, 0, 45.0).ratio == 10
    for rising in ((20, 20, 21), (10, 20, 20)):
        with pytest.raises(ValueError, match="must not rise"):
            compression_of(*rising, 45.0)


def test_levels_of_bands_add_up_to_that_of_the_speech():
    """Power of an undecimated orthogonal bank adds up to that of the signal."""
    for wavelet, levels in (("haar", 2), ("db2", 4), ("db4", 5)):
        found = band_levels(wavelet_filters(wavelet), levels, 48000, 65)
        assert found.size == levels + 1
        assert 10 * np.log10(np.sum(10 ** (found / 10))) == pytest.approx(65, abs=0.01)
