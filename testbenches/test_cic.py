"""CIC filter: its definition in exact integers, scipy's convolution, Hogenauer's tables, what is promised, and the chain of proof."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.signal
from hypothesis import given
from hypothesis import strategies as st

import reference.cic
from fixed_point import to_float
from fixed_point.number_format import BIPOLAR
from ip_cores.core import make_core
from ip_cores.parameters import ParameterError
from testbenches.for_tests.drawing import examples
from testbenches.for_tests.model_speed import sections_beside
from testbenches.fuzz.oracles.by_kind import right_words
from testbenches.fuzz.strategies import descriptions, made
from testbenches.simulate import run
from testbenches.stimulus import Stimulus
from testbenches.verify import verify

HARDWARE = ("myhdl", "ghdl", "native")


def make(**parameters):
    return make_core({"core": "cic", "name": "moving_sums", **parameters})


def noise(core, count, seed=0):
    """Words of noise with some of full scale."""
    random = np.random.default_rng(seed)
    words = random.integers(core.sink.minimum, core.sink.maximum, count, endpoint=True)
    words[random.random(count) < 0.05] = core.sink.minimum
    return words


CORES = descriptions("cic").map(made)


@examples(60)
@given(CORES, st.integers(0, 2**20))
def test_model_equals_its_definition(core, seed):
    words = noise(core, 120, seed)
    assert core.model(words).tolist() == right_words(core, {"data": words.tolist()}, {})["data"]


@examples(20)
@given(st.integers(1, 4), st.lists(st.tuples(st.integers(0, 150), st.integers(0, 9)), max_size=6), st.integers(0, 2**20))
def test_rate_changes_at_run_time(order, changes, seed):
    core = make(order=order, decimation=12, least_decimation=3, source="sfix24_En15")
    words, values = noise(core, 160, seed), np.full(160, 9)
    for place, value in sorted(changes):
        values[place:] = value
    expected = right_words(core, {"data": words.tolist()}, {"rate": values.tolist()})["data"]
    assert core.steered_model(words, {"rate": values}).tolist() == expected


def test_after_a_change_of_the_rate_words_are_those_of_a_filter_of_that_rate():
    """As soon as the combs have forgotten the words before."""
    core = make(order=3, decimation=8, least_decimation=4, source="sfix20_En15")
    words, values = noise(core, 400), np.full(400, 4)
    values[200:] = 0
    found = to_float(core.steered_model(words, {"rate": values}), core.source)
    expected = make(order=3, decimation=4, source="sfix20_En15").reference(to_float(words, core.sink))
    assert np.max(np.abs(found[25 + 4 :] - expected[50 + 4 :])) <= core.losses.noise.limit


@examples(3)
@given(CORES, st.integers(0, 2**20))
def test_any_cic(core, seed):
    words = noise(core, 60, seed)
    for engine in ("myhdl", "ghdl"):
        response = run(core, Stimulus.random_stalls({"data": words}, seed, 0.3, controls=core.controls, drain=400), engine)
        assert response.data.tolist() == core.model(words).tolist()


@pytest.mark.parametrize(("order", "rate", "late"), [(1, 2, 1), (3, 5, 2), (8, 7, 1), (4, 64, 1)])
def test_reference_is_scipys_convolution(order, rate, late):
    x = np.random.default_rng(0).standard_normal(700)
    taps = np.ones(1)
    for _ in range(order):
        taps = scipy.signal.convolve(taps, np.ones(rate * late), method="direct")
    down, up = make(order=order, decimation=rate, differential_delay=late), make(order=order, interpolation=rate, differential_delay=late)
    unit = 2.0 ** -np.ceil(np.log2(taps.sum()))
    expected = unit * scipy.signal.lfilter(taps, 1, np.concatenate([np.zeros(order - 1), x]))[: x.size : rate]
    np.testing.assert_allclose(down.reference(x), expected, atol=1e-9)
    unit = 2.0 ** -np.ceil(np.log2(taps.sum() / rate))
    spread = np.zeros(x.size * rate)
    spread[::rate] = x
    expected = unit * scipy.signal.lfilter(taps, 1, np.concatenate([np.zeros(order - 1), spread]))[: spread.size]
    np.testing.assert_allclose(up.reference(x), expected, atol=1e-9)


def test_registers_are_those_of_hogenauers_example():
    """N = 4, R = 25, M = 1, 16 bits in and out: the example of the paper's section V."""
    law = make(order=4, decimation=25).law
    assert law.dropped == (1, 6, 9, 13, 14, 15, 16, 17)
    assert law.widths == (34, 29, 26, 22, 21, 20, 19, 18)


def test_registers_of_an_interpolator_hold_what_scipy_says():
    """The largest value of each register: the worst samples are signs of its response, phase by phase."""
    core = make(order=3, interpolation=6, differential_delay=2, sink="sfix8_En7")
    law, high = core.law, np.zeros(400)
    assert law.widths[-1] == max(law.widths)
    impulse = high.copy()
    impulse[0] = 1
    response = scipy.signal.lfilter(np.convolve(np.convolve(np.ones(12), np.ones(12)), np.ones(12)), 1, impulse)
    largest = max(np.abs(response[phase::6]).sum() for phase in range(6)) * 128
    assert 2 ** (law.widths[-1] - 2) < largest <= 2 ** (law.widths[-1] - 1)


@pytest.mark.parametrize(
    "parameters",
    [
        {"decimation": 64}, {"order": 5, "decimation": 10, "differential_delay": 2, "rounding": "convergent"},
        {"order": 3, "decimation": 25, "source": "sfix24_En23"}, {"order": 2, "interpolation": 9, "source": "sfix12_En11"},
        {"order": 5, "decimation": 64, "sink": "bipolar", "source": "sfix20_En19"},
    ],
)  # fmt: skip
def test_what_is_promised_is_kept_and_tells_something(parameters):
    core = make(**parameters)
    words = noise(core, 2000 * core.decimation)
    truth, found = core.reference(to_float(words, core.sink)), to_float(core.model(words), core.source)
    error = found - truth
    assert np.max(np.abs(error)) <= core.losses.noise.limit
    measured = 10 * np.log10(np.mean(truth**2) / np.mean(error**2))
    assert measured - 4 < core.promised_snr(words).snr <= measured


def test_no_word_leaves_its_register_at_full_scale():
    """Words that take the output to either end for long, and back: a register that is too short would turn over."""
    core = make(order=4, decimation=8, overflow="saturate")
    for level in (core.sink.maximum, core.sink.minimum):
        words = np.full(400, level)
        error = to_float(core.model(words), core.source) - core.reference(to_float(words, core.sink))
        assert np.max(np.abs(error)) <= core.losses.noise.limit


KINDS = {
    "decimator": {"order": 3, "decimation": 5, "differential_delay": 2, "sink": "ufix7_En6", "source": "sfix12_En9"},
    "interpolator": {"order": 3, "interpolation": 4, "sink": "sfix6_En5", "source": "sfix8_En7", "rounding": "floor", "overflow": "wrap"},
    "rate at run time": {"order": 3, "decimation": 9, "least_decimation": 4, "sink": "sfix8_En7", "source": "sfix16_En10"},
    "bits": {"order": 4, "decimation": 16, "sink": "bipolar", "source": "sfix14_En13"},
}


@pytest.mark.parametrize("kind", KINDS)
def test_chain_of_proof(kind):
    core = make(**KINDS[kind])
    proof = verify(core, noise(core, 600), HARDWARE, samples=600, seed=2, stalls=0.4)
    assert [engine.error or engine.first_difference for engine in proof.engines] == [None] * 3
    assert proof.passed


def test_a_word_waits_while_samples_are_taken():
    """Behind a slow core the samples of a whole period more are taken before the first one is refused."""
    core = make(order=2, decimation=8)
    stimulus = Stimulus({"data": noise(core, 40)}, accept=(False,) * 30 + (True,), drain=100)
    assert np.sum(run(core, stimulus, "myhdl").sink_cycles < 30) >= 9


def test_latency_and_clocks():
    assert (make(decimation=16).latency, make(decimation=16).cycles_per_sample) == (2, 1)
    assert (make(interpolation=16).latency, make(interpolation=16).cycles_per_sample) == (2, 16)


def test_a_bit_is_plus_or_minus_one():
    core = make(order=1, decimation=4, sink="bipolar", source="sfix4_En2")
    assert core.sink == BIPOLAR
    assert core.model([1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0]).tolist() == [1, 4, -2, -4]


def test_rate_of_4096_and_64_bits():
    core = make(order=4, decimation=4096, sink="sfix16_En15")
    assert max(core.law.widths) <= 64
    words = noise(core, 5 * 4096)
    error = to_float(core.model(words), core.source) - core.reference(to_float(words, core.sink))
    assert np.max(np.abs(error)) <= core.losses.noise.limit


def test_model_is_fast():
    """Some 5 million samples a second."""
    core = make(decimation=64)
    words = noise(core, 1 << 20)
    assert sections_beside(lambda: core.model(words), words.size, most=24) < 24


@pytest.mark.parametrize(("order", "rate", "cutoff", "ripple"), [(4, 64, 0.35, 0.05), (5, 16, 0.4, 0.1), (3, 8, 0.25, 0.02)])
def test_compensation_makes_the_passband_flat(order, rate, cutoff, ripple):
    """By scipy's frequency response of both, in dB."""
    taps = reference.cic.compensation(31, cutoff, order, rate, fs=1.0)
    _, low = scipy.signal.freqz(taps, worN=np.linspace(0, cutoff, 200), fs=1)
    _, high = scipy.signal.freqz(reference.cic.taps(order, rate) / rate**order, worN=np.linspace(0, cutoff / rate, 200), fs=1)
    assert np.max(np.abs(20 * np.log10(np.abs(low * high)))) < ripple


def test_compensation_is_a_design_of_a_fir():
    """In Hz, at the rate at which its taps run."""
    design = {"method": "cic_compensation", "numtaps": 15, "cutoff": 5000, "order": 4, "rate": 64, "stop": 7500}
    core = make_core({"core": "fir", "coefficient": "sfix18_En16", "coefficients": design})
    expected = reference.cic.compensation(15, 5000, 4, 64, stop=7500, fs=16000)
    assert list(core.coefficients) == expected.tolist()
    for wrong, message in (
        ({"numtaps": 14}, "numtaps = 14: must be odd"), ({"stop": 4000}, "cutoff = 5000, stop = 4000: must rise within 0 to 8000"),
        ({"rate": "64"}, "rate = '64': must be a whole number"), ({"ordr": 2}, "ordr: cic_compensation takes numtaps, cutoff, order"),
    ):  # fmt: skip
        with pytest.raises(ParameterError, match=message):
            make_core({"core": "fir", "coefficient": "sfix18_En16", "coefficients": {**design, **wrong}})


BAD = [
    ({}, "decimation: missing; 2 or more, or interpolation"),
    ({"decimation": 4, "interpolation": 4}, "interpolation = 4: must be 1 where decimation = 4"),
    ({"decimation": 4097}, "decimation = 4097: must be 1 to 4096"),
    ({"decimation": 4, "order": 9}, "order = 9: must be 1 to 8"),
    ({"decimation": 4, "differential_delay": 3}, "differential_delay = 3: must be 1 to 2"),
    ({"decimation": 4096, "order": 8}, "order = 8: must need registers of 64 bits at most; it needs 1.."),
    ({"decimation": 4096, "order": 5}, "order = 5: must need registers of 64 bits at most; it needs 7."),
    ({"decimation": 4, "sink": "sfix33_En32"}, "sink.word_length = 33: must be 1 to 32"),
    ({"decimation": 4, "least_decimation": 4}, "least_decimation = 4: must be 0, or 2 to less than decimation = 4"),
    ({"interpolation": 4, "least_decimation": 2}, "least_decimation = 2: must be 0"),
    ({"decimation": 4, "source": "bipolar"}, "source.word_length = 1: must be 2 to 32"),
]


@pytest.mark.parametrize(("parameters", "message"), BAD)
def test_bad_parameters(parameters, message):
    with pytest.raises(ParameterError, match=message):
        make(**parameters)
