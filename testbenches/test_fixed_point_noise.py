"""Predicted round-off noise: the formulas against enumeration, the predicted SNR against the measured one."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
import scipy.signal

import reference.fir
from fixed_point import Rounding, quantize, quantize_coefficients, to_float
from fixed_point.fir import fir
from fixed_point.word_lengths.noise import Noise, autocorrelation, predict_fir, rounding_noise
from testbenches.for_tests import oracle


@pytest.mark.parametrize("dropped_bits", [1, 2, 3, 8])
@pytest.mark.parametrize("rounding", list(Rounding))
def test_noise_of_a_rounding_equals_enumeration(rounding, dropped_bits):
    count = 2**dropped_bits
    values = [Fraction(i, count) for i in range(-2 * count, 2 * count)]
    if rounding == "zero":  # equally many of either sign, zero itself standing for both
        values = [Fraction(i, count) for i in range(2 * count)] + [Fraction(-i, count) for i in range(2 * count)]
    errors = [oracle.ROUNDING[rounding](value) - value for value in values]
    mean = sum(errors) / len(errors)
    variance = sum((error - mean) ** 2 for error in errors) / len(errors)
    noise = rounding_noise(rounding, dropped_bits, resolution=0.5)
    assert noise.mean == pytest.approx(float(mean) / 2)
    assert noise.variance == pytest.approx(float(variance) / 4)


@pytest.mark.parametrize("rounding", list(Rounding))
def test_noise_of_a_continuous_value(rounding):
    x = np.random.default_rng(1).uniform(-100, 100, 400_000)
    error = quantize(x, "sfix16_En0", rounding) - x
    noise = rounding_noise(rounding)
    assert error.mean() == pytest.approx(noise.mean, abs=0.005)
    assert error.var() == pytest.approx(noise.variance, rel=0.01)
    assert rounding_noise(rounding, 0) == Noise()


WORD_LENGTHS = [  # sink, coefficient, source
    ("sfix16_En15", "sfix16_En15", "sfix16_En14"),
    ("sfix12_En11", "sfix16_En15", "sfix16_En14"),  # input dominates
    ("sfix16_En15", "sfix8_En7", "sfix16_En14"),  # coefficients dominate
    ("sfix16_En15", "sfix16_En15", "sfix10_En8"),  # output dominates
    ("sfix12_En11", "sfix8_En7", "sfix20_En17"),  # one bit is dropped
    ("sfix12_En11", "sfix10_En9", "sfix24_En22"),  # none is
    ("sfix16_E3", "sfix12_En14", "sfix14_E5"),  # negative fraction lengths
]


@pytest.mark.parametrize("coloured", [False, True])
@pytest.mark.parametrize("rounding", list(Rounding))
@pytest.mark.parametrize(("sink", "coefficient", "source"), WORD_LENGTHS)
def test_predicted_snr_is_within_1_db(sink, coefficient, source, rounding, coloured):
    taps = reference.fir.design("firwin", numtaps=31, cutoff=0.3)
    coefficients = quantize_coefficients(taps, coefficient)
    x = np.random.default_rng(2).uniform(-1, 1, 60_000)
    if coloured:
        x = scipy.signal.lfilter([0.3], [1, -0.7], x)
    x *= 2.0**18 if "_E3" in sink else 0.7
    words = fir(quantize(x, sink), coefficients.words, _fraction(sink) + _fraction(coefficient), source, rounding)
    truth = reference.fir.fir(x, taps)
    error = to_float(words, source) - truth
    measured = 10 * math.log10(np.mean(truth**2) / np.mean(error**2))
    predicted = predict_fir(coefficients, sink, source, rounding, autocorrelation(x, taps.size))
    assert predicted.snr == pytest.approx(measured, abs=1)
    if not coloured:
        assert predict_fir(coefficients, sink, source, rounding, np.mean(x**2)).snr == pytest.approx(measured, abs=1)


def _fraction(text):
    return -3 if "_E3" in text else int(text.split("n")[1])


def test_low_bits_that_all_coefficients_have_zero_are_no_noise():
    halves = quantize_coefficients([0.5, 0.5], "sfix16_En15")  # one bit is dropped, not fifteen
    x = np.random.default_rng(3).integers(-30000, 30000, 50_000)
    y = fir(x, halves.words, 30, "sfix16_En15", "floor")
    error = to_float(y, "sfix16_En15") - reference.fir.fir(to_float(x, "sfix16_En15"), [0.5, 0.5])
    predicted = predict_fir(halves, "sfix16_En15", "sfix16_En15", "floor", 0.3, input_rounding=None)
    assert predicted.noise_power == pytest.approx(np.mean(error**2), rel=0.02)
    assert predicted.output == rounding_noise("floor", 1, 2**-15)


def test_nothing_dropped_is_no_error():
    exact = quantize_coefficients([0.5, -0.25], "sfix8_En7")
    assert predict_fir(exact, "sfix8_En7", "sfix20_En14", input_rounding=None).snr == math.inf
    silent = quantize_coefficients([0.0], "sfix8_En7")
    assert predict_fir(silent, "sfix8_En7", "sfix8_En7").snr == math.inf


def test_autocorrelation_equals_its_definition():
    x = np.random.default_rng(4).standard_normal(100)
    np.testing.assert_allclose(autocorrelation(x, 5), [np.dot(x[: 100 - k], x[k:]) / 100 for k in range(5)], atol=1e-12)
