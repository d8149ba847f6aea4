"""Wavelet analysis by segments: the bands of the stream to the last bit, PyWavelets for the mathematics, and the chain of proof."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import pywt
from hypothesis import given
from hypothesis import strategies as st

from fixed_point import Overflow, requantize
from ip_cores.core import make_core
from ip_cores.description import load_core
from ip_cores.parameters import ParameterError
from testbenches.for_tests.drawing import examples
from testbenches.signals import EXAMPLES, make_signal
from testbenches.simulate import run
from testbenches.stimulus import Stimulus
from testbenches.verify import verify

HARDWARE = ("myhdl", "ghdl", "native")


def dwt_ola(**parameters: Any) -> Any:
    return make_core({"core": "dwt_ola", **parameters})


def streaming(core):
    """The analysis that never cuts the stream, with the same parameters."""
    keys = ("wavelet", "levels", "coefficient_word_length", "guard_bits", "rounding", "sink")
    return make_core({"core": "dwt_analysis", **{key: core.description[key] for key in keys}})


def assert_equals_streaming(core, x):
    """Every band, word by word, the streaming analysis's waiting taken out."""
    stream = streaming(core)
    assert core.source_format == stream.source_format
    ours, (words, channel) = core.model(x), stream.model(x)
    for band in range(core.levels + 1):
        wait = stream.filter_bank.delay * (2 ** (core.levels - band) - 1) if band else 0
        segmented, straight = ours[0][ours[1] == band], words[channel == band][wait:]
        count = min(len(segmented), len(straight))
        assert count > 0
        assert len(segmented) == len(x) // core.segment_length * core.segment_length >> (band or core.levels)
        np.testing.assert_array_equal(segmented[:count], straight[:count])


@pytest.mark.parametrize("wavelet", ["haar", "db2", "db4", "sym8", "bior2.2", "bior3.1", "coif2"])
@pytest.mark.parametrize("levels", [1, 3, 5])
def test_bands_are_those_of_the_stream(wavelet, levels):
    x = np.random.default_rng(levels).integers(-32768, 32768, 2500)
    for length in (2**levels, 64, 160):
        assert_equals_streaming(dwt_ola(wavelet=wavelet, levels=levels, segment_length=length), x)


def test_bands_of_speech_are_those_of_the_stream():
    core = load_core(EXAMPLES / "dwt_ola.toml")
    assert_equals_streaming(core, make_signal("speech", core, 20_000))


def test_rounding_each_segment_alone_would_not_do():
    """What the carried sums are there for: add tails after rounding, and words differ."""
    core = dwt_ola(wavelet="db4", levels=1, segment_length=32)
    x = np.random.default_rng(4).integers(-32768, 32768, 3200)
    filters, source = core.coefficients, core.source_format
    fraction = source.fraction_length + filters.format.fraction_length
    total = np.zeros(1700, dtype=np.int64)
    for number, segment in enumerate(x.reshape(-1, 32)):
        sums = np.convolve(segment << core.guard_bits, filters.low)[1::2]
        total[16 * number : 16 * number + len(sums)] += requantize(sums, fraction, source, core.rounding, Overflow.WRAP)
    words, channel, *_ = core.model(x)
    assert 0 < np.sum(words[channel == 0] != total[:1600]) < 800


@pytest.mark.parametrize("wavelet", ["haar", "db3", "db10", "bior4.4"])
@pytest.mark.parametrize("levels", [1, 4])
def test_reference_is_pywavelets(wavelet, levels):
    core = dwt_ola(wavelet=wavelet, levels=levels, segment_length=48)
    x = np.random.default_rng(0).uniform(-1, 1, 48 * 9)
    words, channel, *_ = core.reference(x)
    truth = pywt.wavedec(x, wavelet, mode="zero", level=levels)
    for band, expected in zip([0, *range(levels, 0, -1)], truth, strict=True):
        found = words[channel == band]
        np.testing.assert_allclose(found, expected[: len(found)], rtol=0, atol=1e-10)


@st.composite
def descriptions(draw):
    levels = draw(st.integers(1, 4))
    return {
        "wavelet": draw(st.sampled_from(["haar", "db2", "db3", "bior2.2"])),
        "levels": levels,
        "segment_length": draw(st.integers(1, 3)) * 2**levels,
        "sink": f"sfix{draw(st.integers(2, 18))}_En8",
        "coefficient_word_length": draw(st.integers(6, 20)),
        "guard_bits": draw(st.integers(0, 4)),
        "rounding": draw(st.sampled_from(["floor", "nearest", "convergent", "zero", "ceil"])),
    }


def assert_proven(core, count, engines, seed):
    for engine in verify(core, "noise", engines, samples=count, seed=seed).engines:
        assert engine.passed, f"{engine.engine}: {engine.error or engine.first_difference} {core.description}"


@examples(6)
@given(descriptions(), st.integers(0, 2**20))
def test_random_description_in_myhdl(description, seed):
    assert_proven(dwt_ola(**description), 100, ["myhdl"], seed)


@examples(2)
@given(descriptions(), st.integers(0, 2**20))
def test_random_description_in_every_engine(description, seed):
    assert_proven(dwt_ola(**description), 120, HARDWARE, seed)


CORES: dict[str, dict[str, Any]] = {
    "haar": {"wavelet": "haar", "levels": 3, "segment_length": 8},
    "db4": {"wavelet": "db4", "levels": 2, "segment_length": 12},
    "deep": {"wavelet": "db2", "levels": 8, "segment_length": 256},
}


@pytest.mark.parametrize("name", CORES)
def test_chain_of_proof_latency_and_rate(name):
    core = dwt_ola(**CORES[name])
    length = core.segment_length
    count = 5 * length
    proof = verify(core, "extremes", ["native"], samples=count, seed=2)
    assert proof.passed, proof.engines
    x = np.arange(count)
    response = run(core, Stimulus({"data": x}), "native")
    assert response.source_cycles[0] - response.sink_cycles[0] == core.latency
    assert set(np.diff(response.sink_cycles[::length])) == {core.clocks}
    for name, expected in zip(("data", "channel", "startofpacket", "endofpacket"), core.model(x), strict=True):
        assert response.words[name].tolist() == expected.tolist()
    # One step to begin, one for each tap, for each sum of both filters, the unfinished ones included.
    taps = core.filter_bank.length
    sums = sum((length >> level) + taps // 2 - 1 for level in range(1, core.levels + 1))
    assert core.clocks == length + 2 * sums * (taps + 1)


def test_example_on_speech():
    proof = verify(load_core(EXAMPLES / "dwt_ola.toml"), "speech", ["native"], samples=8000)
    assert proof.passed
    assert proof.snr > 70


REFUSED = [
    ({"segment_length": 72}, "segment_length = 72: must be a multiple of 16"),
    ({"levels": 9}, "levels = 9: must be 1 to 8"),
    ({"wavelet": "db99"}, "wavelet = .*db99"),
    ({"multipliers": 2}, "multipliers = 2: must be 1; dwt_analysis has more"),
    ({"sink": "ufix8_En8"}, "sink = .*must be signed"),
]


@pytest.mark.parametrize(("change", "message"), REFUSED)
def test_bad_parameters(change, message):
    with pytest.raises(ParameterError, match=message):
        dwt_ola(**change)
