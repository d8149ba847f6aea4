"""Segmenter and its windows: scipy's windows and overlap-add condition, gain of one to the last bit, and the chain of proof."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import scipy.signal
from hypothesis import given
from hypothesis import strategies as st

from ip_cores.core import make_core
from ip_cores.description import load_core
from ip_cores.parameters import ParameterError
from reference.families.windows import WINDOWS, overlap_add_weights, overlap_sum
from testbenches.for_tests.drawing import examples
from testbenches.signals import EXAMPLES
from testbenches.simulate import run
from testbenches.stimulus import Stimulus
from testbenches.verify import verify

HARDWARE = ("myhdl", "ghdl", "native")
WEIGHTED = [name for name in WINDOWS if name != "none"]


def segmenter(**parameters: Any) -> Any:
    return make_core({"core": "segmenter", **parameters})


@pytest.mark.parametrize("length", [7, 16, 128])
@pytest.mark.parametrize("window", WINDOWS)
def test_windows_are_scipys_periodic_ones(window, length):
    theirs = {"none": "boxcar", "sqrt_hann": "hann"}.get(window, window)
    expected = scipy.signal.get_window(theirs, length, fftbins=True)
    np.testing.assert_allclose(WINDOWS[window](length), np.sqrt(expected) if window == "sqrt_hann" else expected, atol=1e-15)


def test_periodic_hamming_at_half_overlap_adds_up_to_1_08():
    np.testing.assert_allclose(overlap_sum(WINDOWS["hamming"](256), 128), 1.08, rtol=1e-14)


@pytest.mark.parametrize("window", WEIGHTED)
@pytest.mark.parametrize("length", [4, 9, 12, 16, 30])
def test_hops_allowed_are_those_of_scipys_check(window, length):
    """Every hop is accepted or refused as `scipy.signal.check_COLA` says of the window, or of its square if it is applied twice."""
    weights = WINDOWS[window](length) ** (2 if window == "sqrt_hann" else 1)
    for hop in range(1, length + 1):
        if scipy.signal.check_COLA(weights, length, length - hop):
            assert segmenter(segment_length=length, hop=hop, window=window).hop == hop
        else:
            with pytest.raises(ParameterError, match=f"hop = {hop}: must let windows add up to a constant: {window} windows of {length}"):
                segmenter(segment_length=length, hop=hop, window=window)


@pytest.mark.parametrize("window", ["hamming", "hann"])
@pytest.mark.parametrize(("length", "hop"), [(128, 64), (128, 32), (30, 10), (256, 2)])
@pytest.mark.parametrize("bits", [8, 18])
def test_weights_as_words_add_up_to_exactly_one(window, length, hop, bits):
    words = segmenter(segment_length=length, hop=hop, window=window, window_word_length=bits).window_words
    one = 1 << words.format.fraction_length
    sums = [sum(words.words[first::hop]) for first in range(hop)]
    assert set(sums) == {one}
    error = np.array(words.words) / one - overlap_add_weights(window, length, hop)
    assert np.max(np.abs(error)) * one < 1
    assert words.format.minimum <= min(words.words) <= max(words.words) <= words.format.maximum
    assert 2 * max(words.words) > words.format.maximum or words.format.fraction_length == bits - 1


@st.composite
def descriptions(draw):
    window = draw(st.sampled_from(list(WINDOWS)))
    hop = draw(st.integers(1, 12))
    times = 1 if window == "none" else draw(st.integers(3 if window == "sqrt_hann" else 2, 4))
    bits = draw(st.integers(2, 20))
    return {
        "segment_length": max(2, hop) if times == 1 else hop * times,
        "hop": max(2, hop) if times == 1 else hop,
        "padding": draw(st.integers(0, 9)),
        "window": window,
        "window_word_length": draw(st.integers(4, 20)),
        "sink": f"{draw(st.sampled_from('su'))}fix{bits}_En{draw(st.integers(0, bits))}",
        "source": f"sfix{draw(st.integers(2, 32))}_En{draw(st.integers(0, 30))}",
        "rounding": draw(st.sampled_from(["floor", "nearest", "convergent", "zero", "ceil"])),
        "overflow": draw(st.sampled_from(["wrap", "saturate"])),
    }


def assert_proven(core, words, engines, seed):
    for engine in verify(core, words, engines, samples=len(words), seed=seed).engines:
        assert engine.passed, f"{engine.engine}: {engine.error or engine.first_difference} {core.description}"


@examples(8)
@given(descriptions(), st.integers(0, 2**20))
def test_random_description_in_myhdl(description, seed):
    core = segmenter(**description)
    assert_proven(core, np.random.default_rng(seed).integers(core.sink.minimum, core.sink.maximum + 1, 60), ["myhdl"], seed)


@examples(2)
@given(descriptions(), st.integers(0, 2**20))
def test_random_description_in_every_engine(description, seed):
    core = segmenter(**description)
    assert_proven(core, np.random.default_rng(seed).integers(core.sink.minimum, core.sink.maximum + 1, 80), HARDWARE, seed)


@examples(40)
@given(descriptions(), st.integers(0, 90), st.integers(0, 2**20))
def test_model_follows_the_definition(description, count, seed):
    """Segments by plain Python from the definition; where no bit is dropped the words are the products themselves."""
    core = segmenter(**{**description, "sink": "sfix12_En0", "source": "sfix32_En18", "window_word_length": 18, "overflow": "saturate"})
    x = np.random.default_rng(seed).integers(-2048, 2048, count).tolist()
    shift = 18 - core.window_words.format.fraction_length
    expected, marks = [], []
    for number in range(-(-count // core.hop)):
        whole = [0] * core.overlap + x
        part = whole[number * core.hop : number * core.hop + core.segment_length]
        segment = [(word * weight) << shift for word, weight in zip(part, core.window_words.words, strict=False)]
        segment += [0] * (core.padding if len(part) == core.segment_length else 0)
        expected += segment
        marks += [(place == 0, place == core.packet_length - 1) for place in range(len(segment))]
    words, starts, ends = core.model(x)
    limit = 2**31 - 1
    assert words.tolist() == [min(max(word, -limit - 1), limit) for word in expected]
    assert list(zip(starts, ends, strict=True)) == marks


TIMES: dict[str, dict[str, Any]] = {
    "hamming": {"segment_length": 32, "hop": 16, "window": "hamming"},
    "hann, padded": {"segment_length": 32, "hop": 8, "window": "hann", "padding": 5},
    "none": {"segment_length": 16, "hop": 16, "window": "none", "padding": 7},
}


@pytest.mark.parametrize("times", TIMES)
def test_latency_and_rate(times):
    core = segmenter(**TIMES[times])
    response = run(core, Stimulus({"data": np.arange(4 * core.hop)}), "ghdl")
    assert response.source_cycles[0] - response.sink_cycles[0] == core.latency
    assert Fraction(core.packet_length, core.hop) == core.cycles_per_sample
    assert set(np.diff(response.source_cycles)) == {1}
    assert len(response.data) == core.rate * 4 * core.hop
    assert set(np.diff(response.sink_cycles[:: core.hop])) == {core.packet_length}


def test_example_on_speech():
    proof = verify(load_core(EXAMPLES / "segmenter.toml"), "speech", ["native"], samples=20_000)
    assert proof.passed
    assert proof.snr > 80


REFUSED = [
    ({"hop": 129}, "hop = 129: must be 1 to 128, the segment's length"),
    ({"hop": 50}, "hop = 50: must let windows add up to a constant: hamming windows of 128, 50 apart, .*8, 16, 32, 64 are some that do"),
    ({"window": "none"}, 'hop = 64: must be 128, the segment\'s length, with window = "none"'),
    ({"window": "kaiser"}, "window = .*must be one of none, hamming"),
    ({"segment_length": 1}, "segment_length = 1: must be 2 to 4096"),
    ({"padding": -1}, "padding = -1: must be 0 to 4096"),
]


@pytest.mark.parametrize(("change", "message"), REFUSED)
def test_bad_parameters(change, message):
    with pytest.raises(ParameterError, match=message):
        segmenter(**change)
