"""Throughput of the models, beside what they must keep up with, in one run: ``pytest testbenches/test_fixed_point_speed.py``.

Every routine is timed in turn, so that a ratio is not between two moods of the machine, and the least time of each counts.
That is for ``make bench``: ``pytest --benchmark-only`` shows the same routines as a table, and holds the ratios.
"""

from __future__ import annotations

import time

import numpy as np
import pytest

from fixed_point import quantize, requantize
from fixed_point.fir import fir

apytypes = pytest.importorskip("apytypes")

SAMPLES, TAPS = 1_000_000, 64
SOURCE = "sfix16_En15"
_random = np.random.default_rng(1)
WORDS = _random.integers(-(2**15), 2**15, SAMPLES)
COEFFICIENTS = _random.integers(-3000, 3000, TAPS)  # the sums overflow now and then: saturation has work to do
X, C = WORDS.astype(np.float64), COEFFICIENTS.astype(np.float64)
FIXED_X, FIXED_C = (apytypes.APyFixedArray(words.tolist(), int_bits=1, frac_bits=15) for words in (WORDS, COEFFICIENTS))
SPEECH = WORDS[:64_000]  # 4 s at 16 kHz
CONFIGURATIONS = np.stack([COEFFICIENTS >> shift % 8 for shift in range(40)])


def with_apytypes():
    sums = apytypes.convolve(FIXED_X, FIXED_C)
    return sums.cast(int_bits=1, frac_bits=15, quantization=apytypes.QuantizationMode.RND, overflow=apytypes.OverflowMode.SAT)


ROUTINES = {
    "model": lambda: fir(WORDS, COEFFICIENTS, 30, SOURCE),
    "model, convergent, wrap": lambda: fir(WORDS, COEFFICIENTS, 30, SOURCE, "convergent", "wrap"),
    "model, 32 x 32 bits": lambda: fir(WORDS << 16, COEFFICIENTS << 16, 62, "sfix32_En31"),
    "model, 40 configurations, 4 s": lambda: fir(SPEECH, CONFIGURATIONS, 30, SOURCE),
    "np.convolve float64": lambda: np.convolve(X, C),
    "np.convolve int64": lambda: np.convolve(WORDS, COEFFICIENTS),
    "apytypes convolve": lambda: apytypes.convolve(FIXED_X, FIXED_C),
    "apytypes convolve and cast": with_apytypes,
    "requantize": lambda: requantize(WORDS, 15, "sfix12_En11"),
    "quantize": lambda: quantize(X, "sfix16_E3"),
}


@pytest.mark.parametrize("name", ROUTINES)
def test_benchmark(benchmark, name):
    benchmark.pedantic(ROUTINES[name], rounds=7, warmup_rounds=1)


def least_seconds(*names, rounds=7):
    """Least processor time of each routine, all of them in turn."""
    seconds = dict.fromkeys(names, float("inf"))
    for _ in range(rounds):
        for name in names:
            start = time.process_time()
            ROUTINES[name]()
            seconds[name] = min(seconds[name], time.process_time() - start)
    return seconds


def test_integers_equal_those_of_apytypes():
    theirs = with_apytypes().to_bits(numpy=True)[:SAMPLES]
    np.testing.assert_array_equal(fir(WORDS, COEFFICIENTS, 30, SOURCE), theirs.astype(np.int16))


def test_model_keeps_up_with_convolve_and_apytypes(benchmark):
    seconds = benchmark.pedantic(least_seconds, args=("model", "np.convolve float64", "apytypes convolve and cast"))
    assert seconds["np.convolve float64"] / seconds["model"] >= 0.8
    assert seconds["apytypes convolve and cast"] / seconds["model"] >= 2


def test_a_sweep_costs_no_more_than_convolutions(benchmark):
    """Configurations in one call against as many convolutions of the same length in float64."""
    names = "model, 40 configurations, 4 s", "np.convolve float64"
    sweep, one = benchmark.pedantic(least_seconds, args=names, kwargs={"rounds": 3}).values()
    assert sweep <= 1.25 * one * len(CONFIGURATIONS) * len(SPEECH) / SAMPLES
