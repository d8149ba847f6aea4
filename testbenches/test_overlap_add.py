"""Overlap-add: a gain of one to the last bit, convolution in segments, damaged segments, and the chain of proof."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixed_point import to_float
from ip_cores.core import make_core
from ip_cores.description import load_core
from ip_cores.parameters import ParameterError
from testbenches.for_tests.drawing import examples
from testbenches.signals import EXAMPLES
from testbenches.simulate import run
from testbenches.stimulus import Stimulus
from testbenches.test_segmenter import descriptions
from testbenches.verify import verify

HARDWARE = ("myhdl", "ghdl", "native")


def overlap_add(**parameters: Any) -> Any:
    return make_core({"core": "overlap_add", **parameters})


def able(description):
    """A random description that overlap-add offers too."""
    if description["window"] == "sqrt_hann":
        return {**description, "padding": 0}
    return {**description, "padding": description["padding"] + 2}


def assert_proven(core, words, engines, seed):
    for engine in verify(core, words, engines, samples=len(words), seed=seed).engines:
        assert engine.passed, f"{engine.engine}: {engine.error or engine.first_difference} {core.description}"


def noise(core, count, seed):
    return np.random.default_rng(seed).integers(core.sink.minimum, core.sink.maximum + 1, count)


@examples(8)
@given(descriptions().map(able), st.integers(0, 2**20))
def test_random_description_in_myhdl(description, seed):
    core = overlap_add(**description)
    assert_proven(core, noise(core, 150, seed), ["myhdl"], seed)


@examples(2)
@given(descriptions().map(able), st.integers(0, 2**20))
def test_random_description_in_every_engine(description, seed):
    core = overlap_add(**description)
    assert_proven(core, noise(core, 150, seed), HARDWARE, seed)


def test_a_sum_that_leaves_thirty_places_further_up_saturates_in_every_engine():
    """GHDL's synthesis takes -1 for a positive number where it is compared with more than 32 bits."""
    core = overlap_add(segment_length=8, hop=2, sink="sfix32_En6", source="sfix32_En36")
    words = np.concatenate([np.random.default_rng(4).integers(-3, 3, 96), noise(core, 64, 4)])
    assert_proven(core, words, HARDWARE, 4)


def definition(core, words, starts, ends):
    """Word by word: what a segment is, and what it adds to which sample."""
    sums: dict[int, int] = {}
    place, base, given = 0, 0, 0
    for word, start, end in zip(words, starts, ends, strict=True):
        if place == 0 and not start:
            continue
        sums[base + place] = sums.get(base + place, 0) + word * core.applied[place]
        place += 1
        given = max(given, base + min(place, core.hop))
        if end or place == core.packet_length:
            place, base = 0, base + core.hop
            given = base
    return [sums.get(n, 0) for n in range(given)]


@examples(16)
@given(st.integers(0, 2**20), st.sampled_from(["none", "hann", "sqrt_hann"]), st.sampled_from(["myhdl", "model"]))
def test_damaged_segments(seed, window, engine):
    """Marks missing, too many, too early: short segments are filled up, words between segments dropped, nothing hangs."""
    hop, length, padding = {"none": (6, 6, 5), "hann": (4, 8, 2), "sqrt_hann": (4, 16, 0)}[window]
    core = overlap_add(segment_length=length, hop=hop, padding=padding, window=window, sink="sfix8_En0", source="sfix32_En17")
    rng = np.random.default_rng(seed)
    words = rng.integers(-128, 128, 120)
    fields = {"data": words, **core.accompany(words)}
    for mark in ("startofpacket", "endofpacket"):
        flipped = rng.random(120) < rng.choice([0, 0.05, 0.3])
        fields[mark] = np.where(flipped, 1 - fields[mark], fields[mark])
    shift = 17 - core.fraction_length
    expected = [word << shift for word in definition(core, words.tolist(), fields["startofpacket"], fields["endofpacket"])]
    assert core.model((words, fields["startofpacket"], fields["endofpacket"])).tolist() == expected
    if engine == "myhdl":
        assert run(core, Stimulus.random_stalls(fields, seed, 0.3), engine).data.tolist() == expected


@pytest.mark.parametrize(("length", "hop"), [(32, 16), (32, 8), (12, 4), (64, 2)])
@pytest.mark.parametrize("window", ["hamming", "hann"])
def test_back_and_forth_is_a_delay_to_the_last_bit(window, length, hop):
    """Segments that keep every bit of the products add up to the samples themselves, later by the overlap."""
    common = {"segment_length": length, "hop": hop, "window": window}
    there: Any = make_core({"core": "segmenter", "sink": "sfix12_En11", "source": "sfix30_En29", **common})
    back = overlap_add(sink="sfix30_En29", source="sfix12_En11", **common)
    assert there.sink.fraction_length + there.window_words.format.fraction_length <= 29
    x = np.random.default_rng(1).integers(-2048, 2048, 10 * length)
    y = back.model(there.model(x))
    overlap = length - hop
    assert y[:overlap].tolist() == [0] * overlap
    assert y[overlap:].tolist() == x[: len(x) - overlap].tolist()


def test_back_and_forth_in_hardware():
    """One core that holds both, every word compared, on speech; 20 bits between them leave one unit of rounding at most."""
    pair = make_core(
        {
            "core": "chain",
            "name": "back_and_forth",
            "stages": [
                {"core": "segmenter", "name": "there", "source": "sfix20_En19"},
                {"core": "overlap_add", "name": "back", "sink": "sfix20_En19"},
            ],
        }
    )
    proof = verify(pair, "speech", ["native"], samples=20_000)
    assert proof.passed, proof.engines
    x = np.random.default_rng(1).integers(-32768, 32768, 2560)
    error = pair.model(x)[64:] - x[:-64]
    assert np.max(np.abs(error)) <= 1


def test_sqrt_hann_before_and_behind():
    common = {"segment_length": 64, "hop": 32, "window": "sqrt_hann"}
    there = make_core({"core": "segmenter", "source": "sfix20_En19", **common})
    back = overlap_add(sink="sfix20_En19", **common)
    x = np.random.default_rng(1).integers(-30000, 30000, 3200)
    error = back.model(there.model(x))[32:] - x[:-32]
    assert np.max(np.abs(error)) <= 1
    truth = back.reference(there.reference(to_float(x, "sfix16_En15")))
    np.testing.assert_allclose(truth[32:], to_float(x, "sfix16_En15")[:-32], rtol=0, atol=1e-12)


def test_sqrt_hann_behind_processing_that_is_late():
    """The second window stands where the segment is in its packet: `offset` says how late."""
    common = {"segment_length": 64, "hop": 32, "window": "sqrt_hann", "padding": 12}
    there = make_core({"core": "segmenter", "source": "sfix20_En19", **common})
    back = overlap_add(sink="sfix20_En19", offset=5, **common)
    x = np.random.default_rng(1).integers(-30000, 30000, 1600)
    words, starts, ends = there.model(x)
    late = np.roll(words.reshape(-1, 76), 5, axis=1).reshape(-1)
    expected = back.model((late, starts, ends))
    assert np.max(np.abs(expected[37:] - x[:-37])) <= 1
    fields = {"data": late, "startofpacket": starts, "endofpacket": ends}
    for engine in ("myhdl", "ghdl"):
        assert run(back, Stimulus.random_stalls(fields, 2, 0.3), engine).data.tolist() == expected.tolist()


def test_convolution_in_segments_is_convolution():
    """Zero-padded segments, each filtered on its own, added: the filter's tail is the overlap."""
    taps = np.array([3, -5, 7, 11, -2, 1])
    common = {"segment_length": 16, "hop": 16, "padding": len(taps) - 1, "window": "none"}
    there = make_core({"core": "segmenter", "sink": "sfix8_En0", "source": "sfix8_En0", **common})
    back = overlap_add(sink="sfix16_En0", source="sfix16_En0", **common)
    x = np.random.default_rng(5).integers(-128, 128, 160)
    words, starts, ends = there.model(x)
    filtered = np.concatenate([np.convolve(segment[:16], taps) for segment in words.reshape(-1, 21)])
    assert back.model((filtered, starts, ends)).tolist() == np.convolve(x, taps)[:160].tolist()
    fields = {"data": filtered, "startofpacket": starts, "endofpacket": ends}
    assert run(back, Stimulus.random_stalls(fields, 1, 0.3), "ghdl").data.tolist() == np.convolve(x, taps)[:160].tolist()


@pytest.mark.parametrize("window", ["hann", "sqrt_hann"])
def test_latency_and_rate(window):
    core = overlap_add(segment_length=32, hop=8, window=window)
    x = np.arange(32 * 5)
    response = run(core, Stimulus({"data": x, **core.accompany(x)}), "ghdl")
    place = np.arange(len(x)) % 32
    assert set(response.source_cycles - response.sink_cycles[place < 8]) == {core.latency}
    assert set(np.diff(response.sink_cycles)) == {core.cycles_per_sample}
    assert len(response.data) == core.rate * len(x)


def test_memory_holds_no_more_than_the_overlap():
    plan = load_core(EXAMPLES / "overlap_add.toml").plan  # type: ignore[attr-defined]
    assert 2**plan.address_bits == plan.overlap == 64
    # 20 bits, and one for two segments.
    assert plan.conversion.interval.bits == 21


REFUSED = [
    ({"segment_length": 8, "hop": 8, "window": "none", "padding": 1}, "padding = 1: must let segments overlap in 2 words or more"),
    ({"window": "sqrt_hann", "padding": 4}, "padding = 4: must be 0 with sqrt_hann"),
    ({"window": "sqrt_hann", "padding": 4, "offset": 5}, "offset = 5: must be 0 to 4, the padding"),
    ({"hop": 3}, "hop = 3: must let windows add up"),
]


@pytest.mark.parametrize(("change", "message"), REFUSED)
def test_bad_parameters(change, message):
    with pytest.raises(ParameterError, match=message):
        overlap_add(**change)
