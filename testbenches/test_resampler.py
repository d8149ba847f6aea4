"""Resampler: ideal sines, scipy's polyphase filter, exact oracle, steps that move, and the chain of proof."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import signal

from fixed_point import to_float
from fixed_point.resampler import resampler
from ip_cores.core import make_core
from ip_cores.parameters import ParameterError
from ip_cores.schedule import period_of
from testbenches.for_tests.drawing import examples
from testbenches.for_tests.model_speed import processor_seconds
from testbenches.fuzz.oracles.by_kind import right_words
from testbenches.fuzz.strategies import data_words, descriptions
from testbenches.simulate import run, simulate
from testbenches.stimulus import Stimulus
from testbenches.verify import verify

HARDWARE = ("myhdl", "ghdl", "native")
SMALL = {"taps": 6, "phases": 8, "weight_bits": 4, "step_bits": 10}
LONG_WORDS = {"sink": "sfix24_En23", "source": "sfix24_En23", "coefficient": "sfix24_En23", "attenuation": 120.0}


def make(**parameters):
    return make_core({"core": "resampler", "name": "resampled", **parameters})


def noise(core, count, seed=0):
    return np.random.default_rng(seed).integers(core.sink.minimum, core.sink.maximum + 1, count)


def decibels(truth, found):
    return 10 * np.log10(np.mean(truth**2) / np.mean((found - truth) ** 2))


def sine(core, hertz, times):
    """Of 0.99 of full scale, at times in samples of the sink."""
    return 0.99 * np.sin(2 * np.pi * hertz / core.sample_rate * np.asarray(times, np.float64))


def against_the_ideal(core, hertz, steps=None, count=20_000):
    """SNR in dB against the sine itself, by the group delay later, where the low-pass is full of it."""
    words = np.round(sine(core, hertz, np.arange(count)) * 2.0**core.sink.fraction_length).astype(np.int64)
    given = core.model(words) if steps is None else resampler(words, core.law, steps)
    times = [0]
    while len(times) < len(given):
        times.append(times[-1] + (core.law.usual if steps is None else int(steps[times[-1] >> core.step_bits])))
    ideal = sine(core, hertz, np.array(times) / 2.0**core.step_bits - float(core.group_delay))
    full = slice(4 * core.law.taps, None)
    return decibels(ideal[full], to_float(given, core.source)[full])


def least_of_a_sine(core):
    """SNR in dB of errors as large as they may be: words that enter and leave, coefficients, and the low-pass.

    That one ripples by the attenuation at most, and its straight lines miss as much.
    """
    power = 0.99**2 / 2
    steps = [core.sink.resolution**2, core.source.resolution**2, core.law.taps * power * core.coefficient.resolution**2]
    return 10 * np.log10(power / (sum(steps) / 12 + power * (2 * 10 ** (-core.attenuation / 20)) ** 2))


@pytest.mark.parametrize("hertz", [997.0, 6007.3, 18501.3])
@pytest.mark.parametrize(
    ("rates", "parameters"),
    [
        ((48000, 48005), {}),
        ((44100, 48000), {}),
        ((48000, 44100), {}),
        ((48000, 48005), {"coefficient": "sfix20_En19"}),
        ((44100, 48000), {"attenuation": 70.0}),
        ((44100, 48000), LONG_WORDS),
    ],
)
def test_a_sine_is_the_sine_at_the_other_rate(rates, parameters, hertz):
    before, behind = rates
    core = make(ratio=behind / before, sample_rate=before, **parameters)
    assert abs(float(core.rate) / (behind / before) - 1) < 2e-7
    assert against_the_ideal(core, hertz) > least_of_a_sine(core)


def test_what_the_lower_rate_cannot_hold_does_not_fold():
    """24.3 to 44 kHz from 96 kHz to 48: at least 94 dB below what entered."""
    core = make(ratio=0.5, sample_rate=96000)
    for hertz in (26500.0, 30000.0, 44000.0):
        words = np.round(sine(core, hertz, np.arange(20_000)) * 32767).astype(np.int64)
        left = core.reference(to_float(words, core.sink))[core.law.taps :]
        assert 10 * np.log10(np.mean(left**2) / 0.49) < -94


@pytest.mark.parametrize(("ratio", "taps"), [(4 / 3, 10), (0.8, 6), (2.0, 8), (0.25, 32)])
def test_scipy_gives_the_same_at_places_of_the_low_pass(ratio, taps):
    """Where times come to lie on the places of the table, it is an interpolation by their number and a decimation."""
    core = make(ratio=ratio, taps=taps, phases=64, step_bits=20)
    words, step = noise(core, 3000), Fraction(1 / ratio).limit_denominator(100)
    assert core.step == step
    steps = int(step * 64)
    truth = signal.upfirdn(core.low_pass, to_float(words, core.sink), 64, steps)
    found = core.reference(to_float(words, core.sink))
    assert len(found) == -(-3000 // step)
    assert np.allclose(found, truth[: len(found)], atol=1e-12)
    exact = np.round(signal.upfirdn(core.law.kernel.astype(np.float64), words.astype(np.float64), 64, steps)).astype(np.int64)
    rounded = np.clip((exact[: len(found)] + (1 << 16)) >> 17, -32768, 32767)
    assert core.model(words).tolist() == rounded.tolist()


@examples(60)
@given(descriptions("resampler"), st.data())
def test_model_is_the_definition_word_by_word(description, data):
    try:
        core = make_core(description)
    except ParameterError:
        return
    words = np.array(data.draw(data_words(core.sink.minimum, core.sink.maximum, 60)), dtype=np.int64)
    assert core.model(words).tolist() == right_words(core, {"data": words.tolist()}, {})["data"]
    assert len(core.model(words)) == len(core.reference(to_float(words, core.sink)))
    if core.plan.steered:
        steps = np.random.default_rng(len(words)).integers(0, core.run_time_inputs["step"].highest, len(words), endpoint=True)
        expected = right_words(core, {"data": words.tolist()}, {"step": steps.tolist()})
        assert core.steered_model(words, {"step": steps}).tolist() == expected["data"]


def test_clocks_that_drift_are_followed_without_a_click():
    """A step that wanders by 500 ppm either way, and one that jumps by 1000 ppm: the sine stays the sine at all times."""
    core = make(ratio=48000 / 44100, sample_rate=44100)
    usual = core.law.usual
    wandering = np.round(usual * (1 + 500e-6 * np.sin(np.arange(20_000) / 900))).astype(np.int64)
    jumping = np.where(np.arange(20_000) // 1500 % 2, round(usual * 1.0005), round(usual * 0.9995))
    for steps in (wandering, jumping):
        assert against_the_ideal(core, 6000.0, steps) > least_of_a_sine(core)


def test_steps_beyond_the_deviation_count_as_its_ends():
    core = make(**SMALL, deviation=0.25)
    words = noise(core, 400)
    for step, count in ((0, 400 * 4 / 3), (2047, 400 * 4 / 5)):
        assert len(resampler(words, core.law, np.full(400, step))) == pytest.approx(count, abs=1)
    ports = [core.run_time_inputs["step"].writes(value)[0]["step"] for value in range(core.run_time_inputs["step"].highest + 1)]
    assert ports == [0, *range(core.law.least - 1, core.law.greatest + 2), 2047]
    assert core.run_time_inputs["step"].writes(core.run_time_inputs["step"].start) == (core.controls,)


KINDS = {
    "up, steered": {**SMALL, "ratio": 1.28, "deviation": 0.25},
    "down, as it is": {**SMALL, "taps": 10, "ratio": 0.6, "deviation": 0.0},
    "long words, rounded down": {**SMALL, **LONG_WORDS, "deviation": 0.01, "rounding": "floor"},
    "a power of two of taps, five times": {**SMALL, "taps": 4, "ratio": 5.1, "sink": "sfix5_En4", "source": "sfix9_En7"},
    "a fifth": {**SMALL, "taps": 12, "ratio": 0.21, "deviation": 0.5, "rounding": "convergent"},
}


@pytest.mark.parametrize("kind", KINDS)
def test_chain_of_proof(kind):
    engines = HARDWARE if "steered" in kind else ("ghdl",)
    # So few times to a sample are 40 dB off.
    core = make(**KINDS[kind], minimum_snr=1.0)
    proof = verify(core, "noise", engines, samples=max(16, int(30 / core.ratio)), seed=2, stalls=0.4)
    assert [engine.error or engine.first_difference for engine in proof.engines] == [None] * len(engines)
    assert proof.passed


def test_worst_words_reach_the_ends_of_the_sums():
    """Half-way between two samples the largest sum there is: the hardware's sums hold it, and its word is the end of the range."""
    core = make(ratio=2.0, deviation=0.0, taps=8, phases=4, weight_bits=2, step_bits=8)
    rows = core.law.rows[2].astype(np.int64)
    words = np.concatenate([np.where(sign * rows > 0, core.sink.maximum, core.sink.minimum) for sign in (1, -1, 1)])
    exact = np.convolve(words, rows[::-1])[7::8][:3]
    assert exact[0] == core.sink.maximum * rows[rows > 0].sum() + core.sink.minimum * rows[rows < 0].sum()
    assert core.plan.sums.low <= min(exact) <= max(exact) <= core.plan.sums.high
    assert np.abs(exact).max() > 0.99 * core.plan.sums.high
    given = core.model(words)
    assert given[15::16].tolist() == [32767, -32768, 32767]
    for engine in HARDWARE[:2]:
        assert np.asarray(simulate(core, words, engine)).tolist() == given.tolist()


@pytest.mark.parametrize("ratio", [1.28, 0.75, 1.0])
def test_clocks(ratio):
    """Two clocks for each tap, one for each bit of a weight and four more for a word that leaves; one for a sample that is taken."""
    core = make(**SMALL, ratio=ratio)
    response = run(core, Stimulus({"data": noise(core, 90)}, drain=200, controls=core.controls), "myhdl")
    word = 2 * 6 + 4 + 4
    due = np.bincount(np.arange(len(response.source_cycles)) * core.law.usual >> 10, minlength=90)
    assert np.diff(response.sink_cycles).tolist() == (1 + word * due[:-1]).tolist()
    assert response.source_cycles[0] - response.sink_cycles[0] == core.latency == word + 1
    assert core.cycles_per_sample == 1 + word / core.step
    assert core.capacity == (3 if ratio > 1 else 2)


@pytest.mark.parametrize("ratio", [1.28, 0.5, 0.73])
def test_periods_and_what_is_due(ratio):
    core = make(**SMALL, ratio=ratio)
    period = core.plan.period
    assert period_of(core.timing()) == period
    assert Fraction(period.given, period.taken) == core.rate
    assert core.due_with(40).tolist() == [int(number * core.step) for number in range(-(-40 // core.step))]


def test_a_chain_of_it_knows_its_clocks():
    """Periods of millions of words are not played."""
    chain = make_core({"core": "chain", "name": "row", "stages": [make(ratio=48000 / 44100).description, {"core": "fifo", "depth": 4}]})
    first = chain.stages[0]
    assert first.plan.period.taken > 1_000_000
    assert float(chain.cycles_per_sample) == pytest.approx(float(first.cycles_per_sample), rel=1e-3)
    assert chain.rate == first.rate
    assert chain.capacity >= first.capacity + 4


@pytest.mark.parametrize("parameters", [{}, {"coefficient": "sfix14_En13"}, {"ratio": 0.7}, {"weight_bits": 4, "ratio": 1.1}])
def test_promise_is_kept(parameters):
    core = make(**parameters)
    words = noise(core, 6000) // 4
    truth, found = core.reference(to_float(words, core.sink)), to_float(core.model(words), core.source)
    snr, promised = decibels(truth, found), core.promised_snr(words).snr
    assert promised <= snr < promised + 14


def test_taps_and_phases_follow_from_what_is_asked():
    core = make()
    assert (core.law.taps, core.law.phases) == (64, 256)
    beta = signal.kaiserord(96.0, 0.2)
    assert abs(beta[0] - core.law.taps) <= 2
    window = signal.windows.kaiser(core.low_pass.size, beta[1])
    ideal = np.sinc((np.arange(core.low_pass.size) - (core.low_pass.size - 1) / 2) / core.law.phases)
    assert np.allclose(core.low_pass, ideal * window, atol=1e-12)
    gains = np.abs(np.fft.rfft(core.low_pass, 1 << 20)) / core.law.phases
    stop = np.arange(gains.size) * core.law.phases / (1 << 20) >= 0.55
    assert 20 * np.log10(gains[stop].max()) < -95.5


def test_model_is_fast():
    """Twice as fast as scipy's at the rates of two clocks that should be one."""
    core = make(ratio=48005 / 48000, sample_rate=48000, deviation=0.0)
    words = noise(core, 200_000)
    samples = words.astype(np.float64)
    taps = signal.firwin(9601 * core.law.taps + 1, 1 / 9601, window=("kaiser", 9.6))
    core.model(words[:5000])
    best = {"model": np.inf, "scipy": np.inf}
    for _ in range(4):
        best["model"] = min(best["model"], processor_seconds(lambda: core.model(words)))
        best["scipy"] = min(best["scipy"], processor_seconds(lambda: signal.resample_poly(samples, 9601, 9600, window=taps)))
    assert best["scipy"] > 2 * best["model"], best


BAD = [
    ({"ratio": 0.1}, "ratio = 0.1: must be 0.125 to 8"),
    ({"taps": 7}, "taps = 7: must be even"),
    ({"phases": 48}, "phases = 48: must be a power of two"),
    ({"phases": 1}, "phases = 1: must be a power of two"),
    ({"weight_bits": 1}, "weight_bits = 1: must be 2 or more, or 0"),
    ({"step_bits": 12}, "step_bits = 12: must be 18 or more"),
    ({"step_bits": 28, "ratio": 0.125, "taps": 16, "phases": 16}, "step_bits = 28: must be less for that ratio"),
    ({"coefficient": "sfix18_En19"}, 'coefficient = "sfix18_En19": must hold 1, the largest coefficient'),
    ({"coefficient": "sfix8_E4"}, "coefficient = .*: must hold more than zeros"),
    ({"attenuation": 144.0, "passband": 0.95}, "attenuation = 144.0: must be less"),
    ({"passband": 0.99, "ratio": 0.2}, "passband = 0.99: must be less"),
    ({"sink": "ufix16_En16"}, 'sink = "ufix16_En16": must be signed'),
    ({"deviation": 0.6}, "deviation = 0.6: must be 0 to 0.5"),
    ({"step": 1.5}, "unknown key"),
]


@pytest.mark.parametrize(("parameters", "message"), BAD)
def test_bad_parameters(parameters, message):
    with pytest.raises(ParameterError, match=message) as refused:
        make(**parameters)
    assert "\n" not in str(refused.value)
