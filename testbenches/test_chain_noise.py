"""Predicted noise of chains: the signal to noise ratio that the bit-true models measure, within 1 dB."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.signal

from fixed_point import Rounding, audio_to_words
from fixed_point.word_lengths.chain_noise import Stage, predict_chain
from fixed_point.word_lengths.noise import autocorrelation
from fixed_point.word_lengths.wavelet_noise import WaveletStage, phase_responses, predict_wavelet
from fpga_projects.exploration.noise_prediction import Predictor
from ip_cores.chain import Chain
from ip_cores.core import make_core
from ip_cores.dwt_analysis import DwtAnalysis
from ip_cores.dwt_synthesis import DwtSynthesis
from ip_cores.fir import Fir
from ip_cores.swt_analysis import SwtAnalysis
from ip_cores.swt_synthesis import SwtSynthesis
from reference.families.wavelet_filters import wavelet_filters
from testbenches.signals import Recorded
from testbenches.simulate import values

NOISE = np.random.default_rng(1).uniform(-0.7, 0.7, 1 << 15)
COLOURED = scipy.signal.lfilter([0.3], [1, -0.7], NOISE)


def measured_snr(core, x):
    truth = core.late_reference(x)
    error = values(core, core.model(audio_to_words(x, core.sink_format))) - truth
    return 10 * math.log10(np.mean(truth**2) / np.mean(error**2))


@pytest.mark.parametrize("rounding", ["nearest", "floor", "convergent"])
@pytest.mark.parametrize("coloured", [False, True])
@pytest.mark.parametrize(
    ("first", "second", "between", "source"),
    [
        (16, 16, "sfix16_En14", "sfix16_En13"),
        (8, 16, "sfix18_En16", "sfix18_En15"),
        (16, 16, "sfix10_En8", "sfix16_En13"),
        (14, 9, "sfix20_En18", "sfix11_En9"),
    ],
)
def test_chain_of_filters(first, second, between, source, coloured, rounding):
    low, high = scipy.signal.firwin(31, 0.5), scipy.signal.firwin(21, 0.2, pass_zero=False)
    a = Fir(name="a", coefficients=low, coefficient=f"sfix{first}_En{first - 1}", source=between, rounding=rounding)
    b = Fir(name="b", coefficients=high, coefficient=f"sfix{second}_En{second - 1}", sink=between, source=source, rounding=rounding)
    x = COLOURED if coloured else NOISE
    stages = [Stage(core.quantized, core.sink, core.source, Rounding(rounding)) for core in (a, b)]
    predicted = predict_chain(stages, autocorrelation(x, 51))
    assert predicted.snr == pytest.approx(measured_snr(Chain([a, b]), x), abs=1)


@pytest.mark.parametrize(
    ("rates", "coefficient", "source"),
    [
        ({"decimation": 3}, "sfix10_En9", "sfix16_En15"),
        ({"decimation": 2}, "sfix16_En15", "sfix9_En8"),
        ({"interpolation": 4}, "sfix10_En9", "sfix16_En15"),
        ({"interpolation": 3}, "sfix16_En15", "sfix9_En8"),
    ],
)
@pytest.mark.parametrize("rounding", ["nearest", "floor"])
def test_filters_that_change_the_rate(rates, coefficient, source, rounding):
    taps = scipy.signal.firwin(41, 0.25)
    core = Fir(form="serial", coefficients=taps, coefficient=coefficient, source=source, rounding=rounding, **rates)
    predicted = Predictor(core, Recorded(COLOURED))(core)
    assert predicted is not None
    assert predicted.snr == pytest.approx(measured_snr(core, COLOURED), abs=1)


def test_filters_behind_a_decimator():
    first = Fir(name="first", coefficients=scipy.signal.firwin(31, 0.4), decimation=2, source="sfix12_En11")
    formats = {"sink": "sfix12_En11", "coefficient": "sfix9_En8", "source": "sfix14_En13"}
    second = Fir(name="second", coefficients=scipy.signal.firwin(15, 0.5), **formats)
    chain = Chain([first, second])
    predicted = Predictor(chain, Recorded(NOISE))(chain)
    assert predicted is not None
    assert predicted.snr == pytest.approx(measured_snr(chain, NOISE), abs=1)


GRAPHS = {
    "a common front, half of it added": ({"coefficient": "sfix9_En8", "source": "sfix12_En11"}, {}, {}, "nearest"),
    "short words behind": ({}, {"source": "sfix10_En9"}, {"source": "sfix9_En8"}, "nearest"),
    "floor": ({"source": "sfix12_En11"}, {"rounding": "floor"}, {}, "floor"),
    "coarse gains": ({}, {"coefficient": "sfix8_En7"}, {"gain": "sfix6_En4"}, "nearest"),
}


@pytest.mark.parametrize("case", GRAPHS)
def test_paths_that_part_and_meet(case):
    """What is lost in front of a split comes by all ways, and adds up as signals do; a row on each side, and a row on one path."""
    front, branch, mixed, rounding = GRAPHS[case]
    words = front.get("source", "sfix16_En15")

    def fir(name, inputs, taps, **others):
        return {"core": "fir", "name": name, "inputs": inputs, "coefficients": list(taps), "rounding": rounding, **others}

    stages = [
        fir("front", ["input"], scipy.signal.firwin(9, 0.8), **front),
        fir("low", ["front"], scipy.signal.firwin(31, 0.4), sink=words, **{"source": words, **branch}),
        fir("again", ["low"], [0.5, 0.4375], sink=branch.get("source", words), source=words),
        {"core": "mix", "name": "both", "inputs": ["again", "front"], "gains": [1.0, -0.45], "sink": words, "source": words} | mixed,
        fir("last", ["both"], [0.25, 0.5, 0.25], sink=mixed.get("source", words)),
    ]
    core = make_core({"core": "chain", "name": "paths", "stages": stages})
    predicted = Predictor(core, Recorded(NOISE))(core)
    assert predicted is not None
    assert predicted.snr == pytest.approx(measured_snr(core, NOISE), abs=1)


def bank(wavelet, levels, bits, guard_bits, source="sfix16_En15", rounding="nearest"):
    shared = {"wavelet": wavelet, "levels": levels, "coefficient_word_length": bits, "guard_bits": guard_bits, "rounding": rounding}
    there = DwtAnalysis(name="there", **shared)
    back = DwtSynthesis(name="back", sink=there.source_format, source=source, **shared)
    return Chain([there, back])


def predicted_bank(chain, x):
    there, back = chain.stages
    filters = there.filter_bank
    halves = [
        WaveletStage(core.coefficients, exact, core.rounding) for core, exact in ((there, filters.analysis), (back, filters.synthesis))
    ]
    formats = there.sink, there.source_format, back.source
    return predict_wavelet(*halves, there.levels, filters.delay, *formats, autocorrelation(x, 2048))


@pytest.mark.parametrize("coloured", [False, True])
@pytest.mark.parametrize(
    ("wavelet", "levels", "bits", "guard_bits", "source", "rounding"),
    [
        ("haar", 1, 18, 0, "sfix16_En15", "nearest"),
        ("haar", 3, 18, 3, "sfix16_En15", "nearest"),
        ("db2", 4, 12, 3, "sfix16_En15", "nearest"),
        ("db4", 3, 20, 0, "sfix20_En19", "nearest"),
        ("db4", 4, 20, 1, "sfix20_En19", "convergent"),
        ("db4", 3, 10, 2, "sfix16_En15", "floor"),
        ("db4", 3, 20, 0, "sfix20_En19", "floor"),
        ("bior2.2", 3, 18, 1, "sfix18_En17", "nearest"),
        ("sym8", 2, 16, 2, "sfix12_En11", "nearest"),
    ],
)
def test_wavelet_bank(wavelet, levels, bits, guard_bits, source, rounding, coloured):
    x = COLOURED if coloured else NOISE
    chain = bank(wavelet, levels, bits, guard_bits, source, rounding)
    skip = chain.stages[0].reconstruction_delay + 64  # until the bank is primed
    truth, found = chain.late_reference(x), values(chain, chain.model(audio_to_words(x, chain.sink_format)))
    count = min(truth.size, found.size)
    error = (found[:count] - truth[:count])[skip:]
    measured = 10 * math.log10(np.mean(truth[skip:count] ** 2) / np.mean(error**2))
    assert predicted_bank(chain, x).snr == pytest.approx(measured, abs=1)


@pytest.mark.parametrize(("wavelet", "levels"), [("haar", 4), ("db3", 3), ("bior3.1", 2)])
def test_phase_responses_of_exact_filters_are_delays(wavelet, levels):
    filters = wavelet_filters(wavelet)
    responses = phase_responses(filters.analysis, filters.synthesis, levels, filters.delay)
    expected = np.zeros_like(responses)
    expected[:, filters.total_delay(levels)] = 1
    np.testing.assert_allclose(responses, expected, atol=1e-10)


def test_phase_responses_tell_what_other_filters_do():
    """Against the reference itself, on filters that reconstruct nothing."""
    import reference.dwt_analysis
    import reference.dwt_synthesis
    from reference.families.wavelet_filters import WaveletFilters

    random = np.random.default_rng(2)
    there, back = random.normal(size=(2, 4)), random.normal(size=(2, 4))
    filters = WaveletFilters(*map(tuple, (*there, *back)), delay=3)
    x = random.normal(size=256)
    y = reference.dwt_synthesis.dwt_synthesis(*reference.dwt_analysis.dwt_analysis(x, filters, 3), filters, 3)
    responses = phase_responses(there, back, 3, 3)
    for n in (201, 206):
        assert y[n] == pytest.approx(sum(tap * x[n - k] for k, tap in enumerate(responses[n % 8])))


@pytest.mark.parametrize(("bits", "guard_bits", "source"), [(9, 3, "sfix16_En15"), (14, 0, "sfix16_En15"), (18, 3, "sfix10_En9")])
@pytest.mark.parametrize("rounding", ["nearest", "floor"])
def test_undecimated_banks(bits, guard_bits, source, rounding):
    shared = {"wavelet": "db2", "levels": 3, "coefficient_word_length": bits, "guard_bits": guard_bits, "rounding": rounding}
    there = SwtAnalysis(name="there", **shared)
    chain = Chain([there, SwtSynthesis(name="back", sink=there.source_format, source=source, **shared)])
    predicted = Predictor(chain, Recorded(COLOURED))(chain)
    assert predicted is not None
    assert predicted.snr == pytest.approx(measured_snr(chain, COLOURED), abs=1)
