"""Wavelet synthesis: what analysis took apart comes back, at the stated delay, exactly where that is promised."""

from __future__ import annotations

import functools
from fractions import Fraction

import numpy as np
import pytest
import pywt
from hypothesis import given
from hypothesis import strategies as st

from fixed_point import audio_to_words
from fixed_point.dwt_analysis import pattern
from fixed_point.full_scale import power_decibels
from ip_cores.chain import Chain
from ip_cores.core import make_core
from ip_cores.dwt_analysis import DwtAnalysis
from ip_cores.dwt_synthesis import DwtSynthesis
from ip_cores.parameters import ParameterError
from reference.dwt_analysis import dwt_analysis
from reference.dwt_synthesis import dwt_synthesis
from reference.families.wavelet_filters import own_filters, wavelet_filters
from testbenches.for_tests.drawing import examples
from testbenches.for_tests.oracle import to_word
from testbenches.signals import excerpt
from testbenches.simulate import run
from testbenches.stimulus import Stimulus
from testbenches.verify import verify

HARDWARE = ("myhdl", "ghdl", "native")
WAVELETS = [name for name in pywt.wavelist(kind="discrete") if pywt.Wavelet(name).dec_len <= 20]
EXACT = [("haar", 5), ("db2", 4), ("db4", 3), ("sym8", 2)]

INSTANCES = {
    "haar, one level": {"wavelet": "haar", "levels": 1},
    "db2": {"wavelet": "db2", "levels": 3},
    "biorthogonal": {"wavelet": "bior3.1", "levels": 2, "guard_bits": 0, "rounding": "floor", "overflow": "wrap"},
    "all taps at once, fast": {"wavelet": "db2", "levels": 2, "multipliers": 4, "pipeline": "speed"},
    "db4, three multipliers": {"wavelet": "db4", "levels": 2, "multipliers": 3, "source": "sfix12_En11", "rounding": "convergent"},
    "longer samples than bands": {"wavelet": "db3", "levels": 2, "sink": "sfix18_En14", "source": "sfix24_En20"},
}


@functools.cache
def speech():
    return audio_to_words(excerpt(), "sfix16_En15")


def pair(**parameters):
    return DwtAnalysis(name="split", **parameters), DwtSynthesis(name="merge", **parameters)


def error_of(words, reconstructed, delay):
    """Of the samples given back, after and before the first one."""
    late = np.concatenate([np.zeros(delay, np.int64), words])[: len(reconstructed)]
    return reconstructed[: len(late)] - late


@pytest.mark.parametrize("wavelet", WAVELETS)
def test_reference_gives_every_wavelet_back_at_the_exact_delay(wavelet):
    x = np.random.default_rng(1).standard_normal(1024)
    filters = wavelet_filters(wavelet)
    for levels in range(1, 6):
        y = dwt_synthesis(*dwt_analysis(x, filters, levels), filters, levels)
        delay = (filters.length - 1) * (2**levels - 1)
        assert y.size == x.size
        np.testing.assert_allclose(y, np.concatenate([np.zeros(delay), x])[: y.size], rtol=0, atol=1e-9)


def test_delay_of_own_filters_is_measured():
    db3 = own_filters(wavelet_filters("db3").analysis_low)
    assert db3.delay == 5
    late = own_filters(*([0, 0, *taps] for taps in db3.analysis), *db3.synthesis)
    assert late.delay == 7
    x = np.random.default_rng(1).standard_normal(256)
    y = dwt_synthesis(*dwt_analysis(x, late, 3), late, 3)
    np.testing.assert_allclose(y, np.concatenate([np.zeros(7 * 7), x])[: y.size], rtol=0, atol=1e-9)


@pytest.mark.parametrize("instance", INSTANCES)
def test_model_is_the_definition_in_exact_arithmetic(instance):
    core = DwtSynthesis(**INSTANCES[instance])
    sink, source = core.sink_format, core.source_format
    count = 12 * 2**core.levels
    words = np.random.default_rng(3).integers(sink.minimum, sink.maximum, count, endpoint=True)
    channel = np.resize(pattern(core.levels), count)
    filters = core.coefficients
    unit = Fraction(1, 2 ** (sink.fraction_length + filters.format.fraction_length))
    signal = words[channel == 0].tolist()
    for level in range(core.levels, 0, -1):
        detail, target = words[channel == level].tolist(), sink if level > 1 else source
        signal = [
            to_word(
                sum(
                    filters.low[m - 2 * n - 1] * signal[n] + filters.high[m - 2 * n - 1] * detail[n]
                    for n in range(len(detail))
                    if 0 <= m - 2 * n - 1 < filters.length
                ) * unit,
                True, target.word_length, target.fraction_length, core.rounding.value, core.overflow.value,
            )
            for m in range(2 * len(detail))
        ]  # fmt: skip
    assert core.model((words, channel)).tolist() == signal


@pytest.mark.parametrize("levels", range(1, 6))
@pytest.mark.parametrize("wavelet", ["haar", "db2", "db4", "sym8"])
def test_22_bits_and_3_guard_bits_are_exact(wavelet, levels):
    split, merge = pair(wavelet=wavelet, levels=levels, coefficient_word_length=22, guard_bits=3)
    n = np.arange(20_000)
    noise = np.random.default_rng(2).integers(-(2**15), 2**15, n.size)
    for x in (speech(), noise, np.round(32767 * np.sin(0.2331 * n)).astype(int)):
        assert not error_of(x, merge.model(split.model(x)), split.reconstruction_delay).any()


@pytest.mark.parametrize(("wavelet", "bound"), [("haar", 0), ("db2", 0), ("db4", 1), ("sym8", 1)])
def test_18_bits_are_within_one_lsb_on_speech(wavelet, bound):
    for levels in range(1, 6):
        split, merge = pair(wavelet=wavelet, levels=levels)
        assert np.abs(error_of(speech(), merge.model(split.model(speech())), split.reconstruction_delay)).max() <= bound


@pytest.mark.parametrize(("word_length", "snr"), [(12, 50), (14, 60), (16, 72), (18, 83)])
def test_snr_by_coefficient_word_length(word_length, snr):
    for wavelet in ("haar", "db2", "db4", "sym8"):
        split, merge = pair(wavelet=wavelet, levels=4, coefficient_word_length=word_length)
        error = error_of(speech(), merge.model(split.model(speech())), split.reconstruction_delay)
        assert power_decibels(float(np.sum(speech() ** 2.0)), float(np.sum(error**2.0))) >= snr


@pytest.mark.parametrize(("wavelet", "levels"), [("haar", 8), ("db2", 3), ("db4", 4), ("bior3.1", 2), ("coif2", 2)])
def test_exact_holds_for_signals_made_to_break_it(wavelet, levels):
    """Full-scale signs of everything from the sink to one sample of the source, in both phases and more."""
    split, merge = pair(wavelet=wavelet, levels=levels, exact=True)
    delay, period = split.reconstruction_delay, 2**levels
    length = 4 * delay + 4 * period
    coarse = pair(wavelet=wavelet, levels=levels, coefficient_word_length=10, guard_bits=10)
    filters = [core.coefficients for core in coarse]
    rng = np.random.default_rng(4)
    for trial in range(6):
        x = rng.choice([-(2**15), 2**15 - 1], length)
        if trial % 2:
            # Where coarse coefficients go wrong is where finer ones do most.
            response = error_of(x, coarse[1].model(coarse[0].model(x)), delay)
            x = np.where(np.resize(response, length) < 0, -(2**15), 2**15 - 1)
        assert not error_of(x, merge.model(split.model(x)), delay).any()
    assert filters[0].format.word_length == 10 < split.word_lengths[0]


def test_exact_takes_more_than_is_needed_for_speech_and_less_than_32_bits():
    split, merge = pair(wavelet="db4", levels=4, exact=True)
    assert split.word_lengths == merge.word_lengths == (22, 5)
    assert split.source_format == merge.sink_format


@pytest.mark.parametrize(("wavelet", "levels"), EXACT)
def test_hardware_gives_speech_back_to_the_last_bit(wavelet, levels):
    stages = pair(wavelet=wavelet, levels=levels, coefficient_word_length=22)
    chain = Chain(stages, name="bank")
    response = run(chain, Stimulus({"data": speech()}), "native")
    assert not error_of(speech(), response.data, (pywt.Wavelet(wavelet).dec_len - 1) * (2**levels - 1)).any()
    assert len(response.data) == len(speech()) & ~1


def test_chain_with_stalls_and_a_reset():
    proof = verify(Chain(pair(wavelet="haar", levels=3), name="bank"), "noise", HARDWARE, samples=300, seed=1)
    assert [engine.error or engine.first_difference for engine in proof.engines] == [None] * 3


@pytest.mark.parametrize("instance", INSTANCES)
def test_chain_of_proof(instance):
    """The reset strikes anywhere in the order of the bands: the words missed count as zeros."""
    core = DwtSynthesis(**INSTANCES[instance])
    proof = verify(core, "noise", HARDWARE, samples=300, seed=5, stalls=0.3)
    assert [engine.error or engine.first_difference for engine in proof.engines] == [None] * 3


def test_eight_levels():
    proof = verify(DwtSynthesis(wavelet="db2", levels=8), "noise", ("native",), samples=3000, seed=8)
    assert [engine.error or engine.first_difference for engine in proof.engines] == [None]


@examples(5)
@given(st.data())
def test_any_bank(data):
    wavelet = data.draw(st.sampled_from(["haar", "db2", "db3", "bior2.2", "rbio1.3", "coif1"]))
    core = DwtSynthesis(
        wavelet=wavelet,
        levels=data.draw(st.integers(1, 4)),
        multipliers=data.draw(st.integers(1, pywt.Wavelet(wavelet).dec_len)),
        coefficient_word_length=data.draw(st.integers(6, 24)),
        guard_bits=data.draw(st.integers(0, 5)),
        source=f"sfix{data.draw(st.integers(2, 20))}_En{data.draw(st.integers(0, 20))}",
        rounding=data.draw(st.sampled_from(["nearest", "floor", "convergent", "zero", "ceil"])),
        overflow=data.draw(st.sampled_from(["saturate", "wrap"])),
        pipeline=data.draw(st.sampled_from(["area", "speed"])),
    )
    proof = verify(core, "extremes", ("myhdl",), samples=64, seed=data.draw(st.integers(0, 99)), stalls=0.4)
    assert [engine.error or engine.first_difference for engine in proof.engines] == [None]


@pytest.mark.parametrize("missed", range(8))
def test_a_stream_that_starts_late_is_one_whose_first_words_were_zero(missed):
    core = DwtSynthesis(wavelet="db2", levels=3)
    words = np.random.default_rng(6).integers(-5000, 5000, 64)
    channel = np.resize(pattern(3), 64)
    late = core.model((words[missed:], channel[missed:]))
    whole = core.model((np.where(np.arange(64) < missed, 0, words), channel))
    assert late.tolist() == whole[len(whole) - len(late) :].tolist()
    assert len(whole) - len(late) == 2 * int((channel[:missed] == 1).sum())


@pytest.mark.parametrize("engine", HARDWARE)
@pytest.mark.parametrize("instance", ["haar, one level", "db2", "all taps at once, fast"])
def test_latency_and_rate(instance, engine):
    core = DwtSynthesis(**INSTANCES[instance])
    period = 2**core.levels
    words = np.random.default_rng(7).integers(-1000, 1000, 8 * period)
    response = run(core, Stimulus({"data": words, **core.accompany(words)}), engine)
    taken = response.sink_cycles
    assert response.source_cycles[0] - taken[0] == core.latency
    assert set(taken[period:] - taken[:-period]) == {core.plan.period}
    assert Fraction(core.plan.period, period) == core.cycles_per_sample
    whole = period - 1 - core.levels  # where A_J stands in a period
    assert set(taken[period::period] - taken[whole::period][: taken[period::period].size]) == {core.worst_case_cycles}


REFUSED = [
    ({"sink": "16"}, "sink", "must look like sfix16_En15"),
    ({"sink": "ufix16_En15"}, "sink", "must be auto, or signed"),
    ({"source": "ufix8_En0"}, "source", "must be signed"),
    ({"wavelet": "db0"}, "wavelet", "nearest: db"),
    ({"wavelet": "db2", "multipliers": 5}, "multipliers", "must be 1 to 4"),
]


@pytest.mark.parametrize(("parameters", "field", "sentence"), REFUSED)
def test_refused_in_one_sentence(parameters, field, sentence):
    with pytest.raises(ParameterError, match=sentence) as refused:
        DwtSynthesis(**parameters)
    assert refused.value.field == field


def test_words_out_of_order_are_refused():
    core = DwtSynthesis(wavelet="haar", levels=2)
    with pytest.raises(ValueError, match="must be in the order"):
        core.model((np.zeros(4, int), np.array([1, 2, 1, 0])))
    with pytest.raises(ValueError, match="one channel for each word"):
        core.model((np.zeros(4, int), np.zeros(3, int)))
    with pytest.raises(ValueError, match="must be a pair of words and channels"):
        core.model(np.zeros(4, int))


@pytest.mark.parametrize(
    ("wavelet", "levels", "steps"), [("db2", 4, (0, 1)), ("db10", 5, (0, 1)), ("sym20", 8, (2, 3)), ("dmey", 3, (200, 500))]
)
def test_how_far_full_scale_is_off_with_the_default_word_lengths(wavelet, levels, steps):
    analysis = make_core({"core": "dwt_analysis", "name": "a", "wavelet": wavelet, "levels": levels})
    synthesis = make_core({"core": "dwt_synthesis", "name": "s", "wavelet": wavelet, "levels": levels})
    noise = np.random.default_rng(0).integers(-(2**15), 2**15, 9000)
    words = np.concatenate([np.arange(-(2**15), 2**15, 3), np.full(9000, 2**15 - 1), noise])
    delay = analysis.filter_bank.total_delay(levels)
    back = synthesis.model(analysis.model(words))[delay:]
    assert steps[0] <= np.abs(back - words[: back.size]).max() <= steps[1]
