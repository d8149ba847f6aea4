"""Wavelet analysis: PyWavelets is the truth of the reference, exact rational arithmetic that of the model, and the hardware does as it."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import pywt
from hypothesis import given
from hypothesis import strategies as st

from fixed_point import Format
from fixed_point.families.filter_bank import cascades
from ip_cores.dwt_analysis import DwtAnalysis
from ip_cores.parameters import ParameterError
from reference.dwt_analysis import dwt_analysis
from reference.families.wavelet_filters import wavelet_filters
from testbenches.for_tests.drawing import examples
from testbenches.for_tests.oracle import to_word
from testbenches.simulate import run
from testbenches.stimulus import Stimulus
from testbenches.verify import verify

HARDWARE = ("myhdl", "ghdl", "native")
WAVELETS = [name for name in pywt.wavelist(kind="discrete") if pywt.Wavelet(name).dec_len <= 20]

INSTANCES = {
    "haar, one level": {"wavelet": "haar", "levels": 1},
    "db2": {"wavelet": "db2", "levels": 3},
    "biorthogonal, coefficients beyond 1": {"wavelet": "bior3.1", "levels": 2, "guard_bits": 0, "rounding": "floor"},
    "all taps at once, fast": {"wavelet": "db2", "levels": 2, "multipliers": 4, "pipeline": "speed"},
    "db4, three multipliers": {"wavelet": "db4", "levels": 2, "multipliers": 3, "sink": "sfix12_En11", "rounding": "convergent"},
    "own filters of odd length": {
        "filters": {
            "analysis_low": [-0.125, 0.25, 0.75, 0.25, -0.125],
            "analysis_high": [0.5, -1, 0.5],
            "synthesis_low": [0.5, 1, 0.5],
            "synthesis_high": [0.125, 0.25, -0.75, 0.25, 0.125],
        },
        "levels": 2,
    },
    "exact": {"wavelet": "db3", "levels": 2, "exact": True},
}


def analysis(**parameters):
    return DwtAnalysis(**parameters)


def noise(core, count, seed=0):
    return np.random.default_rng(seed).integers(core.sink_format.minimum, core.sink_format.maximum, count, endpoint=True)


@pytest.mark.parametrize("wavelet", WAVELETS)
def test_reference_is_pywavelets(wavelet):
    x = np.random.default_rng(1).standard_normal(777)
    filters = wavelet_filters(wavelet)
    for levels in range(1, 6):
        truth = pywt.wavedec(x, wavelet, mode="zero", level=levels)
        truth = [truth[0], *truth[:0:-1]]
        words, channel = dwt_analysis(x, filters, levels)
        for band, wanted in enumerate(truth):
            level = band or levels
            wait = (filters.length - 1) * (2 ** (levels - level) - 1)
            found = words[channel == band]
            assert found.size == x.size >> level
            assert not found[:wait].any()
            np.testing.assert_allclose(found[wait:], wanted[: found.size][: max(0, found.size - wait)], rtol=0, atol=1e-10)


def test_words_leave_as_they_fall_due_the_coarsest_first():
    _, channel = dwt_analysis(np.zeros(19), wavelet_filters("haar"), 3)
    assert channel.tolist() == [1, 2, 1, 1, 0, 3, 2, 1] * 2 + [1]
    _, channel = analysis(wavelet="haar", levels=3).model(np.zeros(19, int))
    assert channel.tolist() == [1, 2, 1, 1, 0, 3, 2, 1] * 2 + [1]


@pytest.mark.parametrize("instance", INSTANCES)
def test_model_is_the_definition_in_exact_arithmetic(instance):
    core = analysis(**INSTANCES[instance])
    x = noise(core, 150)
    words, channel = core.model(x)
    filters, fraction = core.coefficients, core.source_format.fraction_length
    unit = Fraction(1, 2 ** (fraction + filters.format.fraction_length))
    signal = [int(word) << fraction - core.sink.fraction_length for word in x]
    for level in range(1, core.levels + 1):
        low, high = (
            [
                to_word(
                    sum(tap * signal[2 * n + 1 - k] for k, tap in enumerate(taps) if 2 * n + 1 - k >= 0) * unit,
                    True, 64, fraction, core.rounding.value, "wrap",
                )
                for n in range(len(signal) // 2)
            ]
            for taps in (filters.low, filters.high)
        )  # fmt: skip
        wait = core.filter_bank.delay * (2 ** (core.levels - level) - 1)
        assert words[channel == level].tolist() == ([0] * wait + high)[: len(high)]
        signal = low
    assert words[channel == 0].tolist() == signal


@pytest.mark.parametrize(("wavelet", "levels"), [("haar", 4), ("db4", 3), ("bior3.1", 3), ("sym8", 2)])
def test_formats_hold_the_worst_case_and_no_more(wavelet, levels):
    """The signs of a cascade bring its band to the end of its format: one bit less would overflow."""
    core = analysis(wavelet=wavelet, levels=levels)
    f = core.sink_format
    for impulse_responses, formats, bands in (
        (cascades(core.coefficients, levels)[0], core.formats.approximations, [0]),
        (cascades(core.coefficients, levels)[1], core.formats.details, range(1, levels + 1)),
    ):
        for band in bands:
            level = band or levels
            taps = np.array(impulse_responses[level], dtype=float)[::-1]
            format = formats[-1 if band == 0 else band - 1]
            wait = core.filter_bank.delay * (2 ** (levels - level) - 1) * 2**level
            ends = []
            for low, high in ((f.minimum, f.maximum), (f.maximum, f.minimum)):
                x = np.concatenate([np.zeros(-taps.size % 2**level), np.where(taps < 0, low, high), np.zeros(wait)])
                words, channel = core.model(x.astype(int))
                ends += [int(words[channel == band].min()), int(words[channel == band].max())]
            assert format.minimum <= min(ends) <= max(ends) <= format.maximum
            shorter = Format(True, format.word_length - 1, 0)
            assert min(ends) < shorter.minimum or max(ends) > shorter.maximum


@pytest.mark.parametrize("instance", INSTANCES)
def test_chain_of_proof(instance):
    core = analysis(**INSTANCES[instance])
    proof = verify(core, "noise", HARDWARE, samples=300, seed=5, stalls=0.3)
    assert [engine.error or engine.first_difference for engine in proof.engines] == [None] * 3
    assert proof.passed
    assert proof.snr > 60


def test_eight_levels_and_the_longest_clearing_of_memories():
    core = analysis(wavelet="db2", levels=8)
    proof = verify(core, "noise", ("native",), samples=3000, seed=8)
    assert [engine.error or engine.first_difference for engine in proof.engines] == [None]


@examples(6)
@given(st.data())
def test_any_bank(data):
    wavelet = data.draw(st.sampled_from(["haar", "db2", "db3", "bior2.2", "rbio1.3", "coif1"]))
    length = pywt.Wavelet(wavelet).dec_len
    core = analysis(
        wavelet=wavelet,
        levels=data.draw(st.integers(1, 3)),
        multipliers=data.draw(st.integers(1, length)),
        coefficient_word_length=data.draw(st.integers(6, 24)),
        guard_bits=data.draw(st.integers(0, 5)),
        sink=f"sfix{data.draw(st.integers(2, 20))}_En{data.draw(st.integers(-3, 20))}".replace("En-", "E"),
        rounding=data.draw(st.sampled_from(["nearest", "floor", "convergent", "zero", "ceil"])),
        pipeline=data.draw(st.sampled_from(["area", "speed"])),
    )
    proof = verify(core, "extremes", ("myhdl",), samples=64, seed=data.draw(st.integers(0, 99)), stalls=0.4)
    assert [engine.error or engine.first_difference for engine in proof.engines] == [None]


@pytest.mark.parametrize("engine", HARDWARE)
@pytest.mark.parametrize("instance", ["haar, one level", "db2", "all taps at once, fast"])
def test_latency_and_rate(instance, engine):
    core = analysis(**INSTANCES[instance])
    period = 2**core.levels
    response = run(core, Stimulus({"data": noise(core, 8 * period)}), engine)
    taken = response.sink_cycles
    assert response.source_cycles[0] - taken[0] == core.latency
    assert set(taken[period:] - taken[:-period]) == {core.plan.period}
    assert Fraction(core.plan.period, period) == core.cycles_per_sample
    assert set((taken[1:] - taken[:-1])[period - 1 :: period]) == {core.worst_case_cycles}


LOUD = {"analysis_low": [50, 50], "analysis_high": [50, -50], "synthesis_low": [0.01, 0.01], "synthesis_high": [-0.01, 0.01]}
TINY = {"analysis_low": [50, 50], "analysis_high": [0.01, -0.01], "synthesis_low": [0.01, 0.01], "synthesis_high": [-50, 50]}

REFUSED = [
    ({"wavelet": "db44"}, "wavelet", r"nearest: db4"),
    ({"wavelet": "daubechies"}, "wavelet", r"must be a discrete wavelet of PyWavelets \(nearest: "),
    ({"levels": 0}, "levels", "must be 1 to 8"),
    ({"levels": 9}, "levels", "must be 1 to 8"),
    ({"wavelet": "db2", "multipliers": 5}, "multipliers", "must be 1 to 4, the taps of a filter"),
    ({"sink": "ufix8_En0"}, "sink", "must be signed"),
    ({"exact": True, "rounding": "floor"}, "rounding", "must be nearest or convergent"),
    ({"exact": True, "wavelet": "dmey"}, "exact", "must be false: these filters do not reconstruct"),
    ({"filters": {"analysis_low": [1.0, 2.0]}}, "filters", "must give the signal back"),
    ({"filters": {"analysis_low": [1.0, 1.0]}}, "filters", "must add up to the square root of 2, these add up to 2"),
    ({"filters": {"low": [1.0]}}, "filters", "low is unknown"),
    ({"filters": {"analysis_low": [0.5], "analysis_high": [0.5]}}, "filters", "must be analysis_low alone"),
    ({"filters": LOUD, "coefficient_word_length": 6}, "coefficient_word_length", "coefficients are larger than its words"),
    ({"filters": TINY, "coefficient_word_length": 8}, "coefficient_word_length", "of a filter are rounded to 0"),
    ({"filters": LOUD, "levels": 8}, "sink", "must be shorter: band words would have 73 bits"),
]


@pytest.mark.parametrize(("parameters", "field", "sentence"), REFUSED)
def test_refused_in_one_sentence(parameters, field, sentence):
    with pytest.raises(ParameterError, match=sentence) as refused:
        analysis(**parameters)
    assert refused.value.field == field
    assert "\n" not in str(refused.value)
