"""Lifting banks: an integer oracle for the steps, PyWavelets for the float reference, and every sample back to the last bit."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import pywt
from hypothesis import given
from hypothesis import strategies as st

from fixed_point import audio_to_words
from fixed_point.dwt_analysis import pattern
from ip_cores.chain import Chain
from ip_cores.lifting_analysis import LiftingAnalysis
from ip_cores.lifting_synthesis import LiftingSynthesis
from ip_cores.parameters import ParameterError
from reference.families.lifting_schemes import SCHEMES
from reference.lifting_analysis import lifting_analysis
from reference.lifting_synthesis import lifting_synthesis
from testbenches.for_tests.drawing import examples
from testbenches.signals import excerpt
from testbenches.simulate import run
from testbenches.stimulus import Stimulus
from testbenches.verify import verify

HARDWARE = ("myhdl", "ghdl", "native")
INSTANCES = {
    "5/3, one level": {"levels": 1},
    "5/3": {"levels": 3},
    "9/7": {"scheme": "9/7", "levels": 2},
    "9/7, guard bits": {"scheme": "9/7", "levels": 3, "guard_bits": 3, "coefficient_word_length": 12},
}


def speech():
    return audio_to_words(excerpt(), "sfix16_En15")


def pair(**parameters):
    return LiftingAnalysis(name="split", **parameters), LiftingSynthesis(name="merge", **parameters)


@pytest.mark.parametrize(("scheme", "wavelet", "scale"), [("5/3", "bior2.2", 2**0.5), ("9/7", "bior4.4", 1.149604398860241)])
def test_reference_is_the_biorthogonal_wavelet_of_pywavelets(scheme, wavelet, scale):
    """PyWavelets centres its filters on the other samples, two samples later, and scales one band up and the other down."""
    x = np.random.default_rng(1).standard_normal(400)
    words, channel = lifting_analysis(x, scheme, 1)
    low, high = words[channel == 0], words[channel == 1]
    approximation, detail = pywt.dwt(np.concatenate([[0.0], x]), wavelet, mode="zero")
    np.testing.assert_allclose(scale * low, approximation[1 : low.size + 1], rtol=0, atol=1e-10)
    np.testing.assert_allclose(-high / scale, detail[1 : high.size + 1], rtol=0, atol=1e-10)


@pytest.mark.parametrize("levels", range(1, 6))
@pytest.mark.parametrize("scheme", SCHEMES)
def test_reference_gives_the_signal_back(scheme, levels):
    x = np.random.default_rng(2).standard_normal(1024)
    y = lifting_synthesis(*lifting_analysis(x, scheme, levels), scheme, levels)
    delay = {"5/3": 3, "9/7": 7}[scheme] * (2**levels - 1)
    np.testing.assert_allclose(y, np.concatenate([np.zeros(delay), x])[: y.size], rtol=0, atol=1e-10)


def test_one_level_of_5_3_is_the_integer_transform_of_its_authors():
    """d[n] = o[n] - floor((e[n-1] + e[n]) / 2), s[n] = e[n] + floor((d[n] + d[n+1] + 2) / 4), of Python's integers."""
    core = LiftingAnalysis(levels=1)
    x = [int(word) for word in np.random.default_rng(3).integers(-(2**15), 2**15, 200)]
    odd, even = [0, *x[0::2]], [0, *x[1::2]]
    detail = [odd[n] - (even[n - 1] + even[n]) // 2 for n in range(1, len(even))]
    smooth = [even[n] + ((detail[n - 1] if n else 0) + detail[n] + 2) // 4 for n in range(len(detail))]
    words, channel = core.model(x)
    assert words[channel == 1].tolist() == detail
    assert words[channel == 0].tolist() == smooth


def test_one_level_of_9_7_is_its_steps_in_integers():
    core = LiftingAnalysis(levels=1, scheme="9/7", coefficient_word_length=14)
    factors = [round(factor * 2**12) for factor in SCHEMES["9/7"]]
    x = [int(word) for word in np.random.default_rng(4).integers(-(2**15), 2**15, 100)]
    state, low, high = [0, 0, 0, 0], [], []
    for waiting, newest in zip(x[0::2], x[1::2], strict=True):
        base, value = waiting, newest
        for k, factor in enumerate(factors):
            result = base + (factor * (state[k] + value) + 2**11) // 2**12
            base, state[k], before, value = state[k], value, value, result
        low.append(value)
        high.append(before)
    words, channel = core.model(x)
    assert words[channel == 0].tolist() == low
    assert words[channel == 1].tolist() == high


@pytest.mark.parametrize("levels", [1, 2, 3, 5, 8])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_sample_comes_back_to_the_last_bit(scheme, levels):
    rng = np.random.default_rng(5)
    for guard_bits, word_length in ((0, 18), (2, 6)):
        split, merge = pair(scheme=scheme, levels=levels, guard_bits=guard_bits, coefficient_word_length=word_length)
        for x in (rng.integers(-(2**15), 2**15, 12_000), rng.choice([-(2**15), 2**15 - 1], 12_000), speech()):
            words, channel = split.model(x)
            assert split.source_format.minimum <= words.min() <= words.max() <= split.source_format.maximum
            y = merge.model((words, channel))
            late = np.concatenate([np.zeros(split.reconstruction_delay, np.int64), x])[: y.size]
            assert (y[: late.size] == late).all()


@pytest.mark.parametrize("guard_bits", [0, 8])
def test_products_longer_than_64_bits_are_whole(guard_bits):
    """One level of 9/7 at the longest words and factors, against the steps in Python's integers."""
    core = LiftingAnalysis(levels=1, scheme="9/7", coefficient_word_length=32, guard_bits=guard_bits, sink="sfix32_En31")
    x = [int(word) for word in np.random.default_rng(8).integers(-(2**31), 2**31, 60)]
    step_words = [(step.factor, step.fraction_length) for step in core.steps]
    state, low, high = [0, 0, 0, 0], [], []
    for waiting, newest in zip(x[0::2], x[1::2], strict=True):
        base, value = waiting << guard_bits, newest << guard_bits
        for k, (factor, places) in enumerate(step_words):
            result = base + (factor * (state[k] + value) + 2 ** (places - 1)) // 2**places
            base, state[k], before, value = state[k], value, value, result
        low.append(value)
        high.append(before)
    words, channel = core.model(x)
    assert words[channel == 0].tolist() == low
    assert words[channel == 1].tolist() == high
    back = LiftingSynthesis(levels=1, scheme="9/7", coefficient_word_length=32, guard_bits=guard_bits, source="sfix32_En31")
    assert back.model((words, channel))[7:].tolist() == x[: len(x) - 7]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_words_that_no_analysis_sends_overflow_nowhere_but_at_the_output(scheme):
    """Undone in Python's integers: whatever was done to the bands, what is out of range saturates and does not wrap."""
    core = LiftingSynthesis(levels=1, scheme=scheme, source="sfix8_En7")
    rng, bands = np.random.default_rng(9), core.sink_format
    words = rng.choice([bands.minimum, bands.maximum], 400)
    samples, state = [0], [0] * len(core.steps)
    for detail, approximation in zip(words[0::2].tolist(), words[1::2].tolist(), strict=True):
        base, value = approximation, detail
        for k, step in enumerate(reversed(core.steps)):
            result = base - (step.factor * (state[k] + value) + 2 ** (step.fraction_length - 1)) // 2**step.fraction_length
            base, state[k], before, value = state[k], value, value, result
        samples += [value, before]
    assert max(map(abs, samples)) > 2 * core.source.maximum
    assert max(map(abs, samples)) <= core.formats[1].maximum
    channel = np.resize([0, 1], words.size)
    shown = np.where(channel == 0, np.roll(words, -1), np.roll(words, 1))
    got = core.model((shown, channel))
    assert got.tolist() == np.clip(samples, core.source.minimum, core.source.maximum)[: got.size].tolist()


@pytest.mark.parametrize("scheme", SCHEMES)
def test_hardware_gives_speech_back_to_the_last_bit(scheme):
    stages = pair(scheme=scheme, levels=4)
    x = speech()
    response = run(Chain(stages, name="bank"), Stimulus({"data": x}), "native")
    late = np.concatenate([np.zeros(stages[0].reconstruction_delay, np.int64), x])[: response.data.size]
    assert response.data.size == x.size & ~1
    assert (response.data == late).all()


@pytest.mark.parametrize("side", [LiftingAnalysis, LiftingSynthesis])
@pytest.mark.parametrize("instance", INSTANCES)
def test_chain_of_proof(instance, side):
    core = side(**INSTANCES[instance])
    proof = verify(core, "noise", HARDWARE, samples=300, seed=6, stalls=0.3)
    assert [engine.error or engine.first_difference for engine in proof.engines] == [None] * 3
    assert side is LiftingSynthesis or proof.snr > 50  # arbitrary band words overflow


@examples(6)
@given(st.data())
def test_any_bank(data):
    side = data.draw(st.sampled_from([LiftingAnalysis, LiftingSynthesis]))
    parameters = {
        "scheme": data.draw(st.sampled_from(list(SCHEMES))),
        "levels": data.draw(st.integers(1, 4)),
        "guard_bits": data.draw(st.integers(0, 4)),
        "coefficient_word_length": data.draw(st.integers(8, 24)),
        "sink" if side is LiftingAnalysis else "source": f"sfix{data.draw(st.integers(2, 24))}_En{data.draw(st.integers(0, 20))}",
    }
    core = side(**parameters)
    proof = verify(core, "extremes", ("myhdl",), samples=80, seed=data.draw(st.integers(0, 99)), stalls=0.4)
    assert [engine.error or engine.first_difference for engine in proof.engines] == [None]


@pytest.mark.parametrize("engine", HARDWARE)
@pytest.mark.parametrize("instance", ["5/3, one level", "5/3", "9/7"])
def test_latency_and_rate(instance, engine):
    split, merge = LiftingAnalysis(**INSTANCES[instance]), LiftingSynthesis(**INSTANCES[instance])
    period = 2**split.levels
    x = np.random.default_rng(7).integers(-1000, 1000, 8 * period)
    for core, words in ((split, {"data": x}), (merge, {"data": x, "channel": np.resize(pattern(split.levels), x.size)})):
        response = run(core, Stimulus(words), engine)
        taken = response.sink_cycles
        assert response.source_cycles[0] - taken[0] == core.latency
        assert set(taken[period:] - taken[:-period]) == {core.plan.period}
        assert Fraction(core.plan.period, period) == core.cycles_per_sample


REFUSED = [
    ({"scheme": "5/4"}, "scheme", "must be one of 5/3, 9/7"),
    ({"levels": 9}, "levels", "must be 1 to 8"),
    ({"sink": "ufix8_En0"}, "sink", "must be signed"),
    ({"scheme": "9/7", "coefficient_word_length": 5}, "coefficient_word_length", "must be longer"),
]


@pytest.mark.parametrize(("parameters", "field", "sentence"), REFUSED)
def test_refused_in_one_sentence(parameters, field, sentence):
    with pytest.raises(ParameterError, match=sentence) as refused:
        LiftingAnalysis(**parameters)
    assert refused.value.field == field
