"""FIR filters that change the rate: definition == model == MyHDL == GHDL == native, and scipy's upfirdn for the mathematics."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.signal import firwin, upfirdn

from ip_cores.core import make_core
from ip_cores.description import load_core
from ip_cores.generate import vhdl
from ip_cores.parameters import ParameterError
from testbenches.for_tests import oracle
from testbenches.for_tests.drawing import examples
from testbenches.signals import EXAMPLES
from testbenches.simulate import run
from testbenches.stimulus import Stimulus
from testbenches.verify import verify

HARDWARE = ("myhdl", "ghdl", "native")


def fir(coefficients: Any, **parameters: Any) -> Any:
    return make_core({"core": "fir", "form": "serial", **parameters, "coefficients": list(coefficients)})


def definition(core, words):
    """Zeros put in, all sums formed exactly, each rounded once, and those dropped that are not wanted."""
    stuffed = [int(word) if phase == 0 else 0 for word in words for phase in range(core.interpolation)]
    f = core.source
    every = oracle.fir_words(
        stuffed,
        [int(word) for word in core.quantized.words],
        core.sink.fraction_length + core.coefficient.fraction_length,
        f.signed,
        f.word_length,
        f.fraction_length,
        str(core.rounding),
        str(core.overflow),
    )
    return every[:: core.decimation]


@st.composite
def descriptions(draw):
    rate = draw(st.sampled_from(["decimation", "interpolation"]))
    bits = draw(st.integers(3, 20))
    count = draw(st.integers(1, 12))
    half = draw(st.lists(st.integers(-(2 ** (bits - 1)) + 1, 2 ** (bits - 1) - 1) | st.just(0), min_size=count, max_size=count))
    middle = draw(st.sampled_from([[], [0]]))
    words = draw(st.sampled_from([half, half + half[::-1], half[:-1] + half[::-1], half + middle + [-word for word in half[::-1]]]))
    return {
        "name": "rate_changer",
        "form": draw(st.sampled_from(["serial", "direct", "transposed"])),
        rate: draw(st.integers(2, 8)),
        "coefficients": [word / 2 ** (bits - 1) for word in words],
        "coefficient": f"sfix{bits}_En{bits - 1}",
        "sink": f"{draw(st.sampled_from('ssu'))}fix{draw(st.integers(2, 20))}_En8",
        "source": f"sfix{draw(st.integers(2, 20))}_En{draw(st.integers(0, 12))}",
        "rounding": draw(st.sampled_from(["floor", "nearest", "convergent", "zero", "ceil"])),
        "overflow": draw(st.sampled_from(["wrap", "saturate"])),
        "multiplier": draw(st.sampled_from(["embedded", "embedded", "logic"])),
        "fold": draw(st.sampled_from([True, True, False])),
        "pipeline": draw(st.sampled_from(["area", "speed"])),
        "multipliers": draw(st.integers(1, 4).filter(lambda number: number <= len(words))),
    }


def assert_proven(description, seed, engines):
    core = fir(**description)
    words = np.random.default_rng(seed).integers(core.sink.minimum, core.sink.maximum + 1, 50)
    words[:12] = [core.sink.minimum, core.sink.maximum] * 6
    assert core.model(words).tolist() == definition(core, words)
    for engine in verify(core, words, engines, samples=50, seed=seed).engines:
        assert engine.passed, f"{engine.engine}: {engine.error or engine.first_difference} {core.description}"


@examples(12)
@given(descriptions(), st.integers(0, 2**20))
def test_random_description_in_myhdl(description, seed):
    assert_proven(description, seed, ["myhdl"])


@examples(2)
@given(descriptions(), st.integers(0, 2**20))
def test_random_description_in_every_engine(description, seed):
    assert_proven(description, seed, HARDWARE)


EXAMPLE_FILES = ("decimator", "interpolator", "half_band_interpolator")


@pytest.mark.parametrize("name", EXAMPLE_FILES)
def test_example_on_speech(name):
    proof = verify(load_core(EXAMPLES / f"{name}.toml"), "speech", ["native"], samples=6000)
    assert proof.passed, proof.engines
    assert proof.promised_snr is not None
    assert proof.snr >= proof.promised_snr > 45


# name, steps of the multiplier for each start, outputs and inputs of a start
TIMES = [
    ("decimator", 48, 1, 3),  # folded: half of 96 products, in three samples' time
    ("interpolator", 96 + 2, 3, 1),  # every tap once, and a pause between two words
    ("half_band_interpolator", 32 + 1 + 1, 2, 1),  # every second tap, a pause, and the centre tap alone
]


@pytest.mark.parametrize(("name", "steps", "words_out", "words_in"), TIMES)
def test_latency_and_throughput(name, steps, words_out, words_in):
    core = load_core(EXAMPLES / f"{name}.toml")
    response = run(core, Stimulus({"data": np.arange(30)}), "ghdl")
    assert response.source_cycles[0] - response.sink_cycles[0] == core.latency
    starts = response.sink_cycles[::words_in]
    assert set(np.diff(starts)) == {steps + words_in}
    assert core.cycles_per_sample == Fraction(steps + words_in, words_in)
    assert len(response.data) == 30 * words_out // words_in
    assert core.rate * 30 == len(response.data)


# One of each kind of hardware: what the rate and the coefficients are, and the block that this is to give.
KINDS = [
    ("direct", "decimation", 4, firwin(30, 0.2), "fir_direct_decimator"),
    ("direct", "decimation", 2, firwin(17, 0.5), "fir_direct"),
    ("transposed", "decimation", 3, firwin(17, 0.3), "fir_transposed_decimator"),
    ("transposed", "decimation", 2, firwin(16, 0.5), "fir_transposed"),
    ("direct", "interpolation", 3, firwin(17, 0.3), "fir_direct_interpolator"),
    ("direct", "interpolation", 2, firwin(23, 0.5), "fir_direct_phases"),
    ("transposed", "interpolation", 3, firwin(17, 0.3), "fir_transposed_interpolator"),
    ("transposed", "interpolation", 2, firwin(16, 0.5), "fir_transposed_phases"),
]


EVERYWHERE = ("fir_direct_decimator", "fir_transposed_interpolator")
"""Proven in every engine; the others as VHDL in GHDL, and `make fuzz` draws them for every engine."""


@pytest.mark.parametrize("pipeline", ["area", "speed"])
@pytest.mark.parametrize(("form", "rate", "factor", "taps", "block"), KINDS)
def test_parallel_forms_move_a_word_in_every_clock(form, rate, factor, taps, block, pipeline):
    """A decimator takes one, an interpolator gives one; with stalls and a reset in mid-stream, the VHDL gives the model's words."""
    core = fir(taps, form=form, pipeline=pipeline, **{rate: factor})
    assert core.hardware.top.name == block
    x = np.random.default_rng(factor).integers(-(2**15), 2**15, 48)
    response = run(core, Stimulus({"data": x}), "ghdl")
    assert response.data.tolist() == core.model(x).tolist() == definition(core, x)
    assert core.cycles_per_sample == core.interpolation
    assert set(np.diff(response.sink_cycles)) == {core.cycles_per_sample}
    late = response.source_cycles.reshape(-1, core.interpolation) - response.sink_cycles[:: core.decimation, np.newaxis]
    np.testing.assert_array_equal(late, np.broadcast_to(core.latency + np.arange(core.interpolation), late.shape))
    if pipeline == "area":
        assert verify(core, x, HARDWARE if block in EVERYWHERE else ["ghdl"], samples=48).passed


# Form, rate, factor, taps, whether symmetric; multipliers that are left of as many constants.
MULTIPLIERS = [
    ("direct", "decimation", 4, 32, True, 4),  # an eighth: mirrored taps share a product, and four take turns
    ("direct", "decimation", 4, 32, False, 8),
    ("transposed", "decimation", 4, 32, True, 8),
    ("direct", "interpolation", 4, 32, True, 8),
    ("transposed", "interpolation", 4, 30, False, 8),
]


@pytest.mark.parametrize(("form", "rate", "factor", "count", "symmetric", "multipliers"), MULTIPLIERS)
def test_coefficients_take_turns_in_front_of_few_multipliers(form, rate, factor, count, symmetric, multipliers):
    taps = firwin(count, 0.21) if symmetric else firwin(2 * count, 0.13)[:count]
    core = fir(taps, form=form, coefficient="sfix18_En17", **{rate: factor})
    assert len(core.inventory.products) == multipliers
    products = sum(text.count(" * ") for text in vhdl(core).values())
    assert products == multipliers


def test_equal_powers_of_two_take_no_multiplier():
    """The mean of eight samples, four of them for each word."""
    core = fir([0.125] * 8, form="direct", decimation=4)
    assert not core.inventory.products
    x = np.arange(-20, 20) * 100
    assert run(core, Stimulus({"data": x}), "ghdl").data.tolist() == definition(core, x)


def test_half_band_decimator_skips_its_zeros():
    """63 taps of a half-band filter, folded: 16 pairs and the centre."""
    core = fir(firwin(63, 0.5), decimation=2)
    assert core.structure.taps[1] == 0
    response = run(core, Stimulus({"data": np.arange(20)}), "myhdl")
    assert set(np.diff(response.sink_cycles[::2])) == {17 + 2}


@pytest.mark.parametrize(("up", "down"), [(1, 3), (1, 5), (3, 1), (4, 1)])
def test_reference_is_upfirdn(up, down):
    taps = firwin(31, 0.2)
    core = fir(taps, interpolation=up, decimation=down, gain=float(up), coefficient="sfix24_En22", source="sfix24_En23")
    x = np.random.default_rng(2).uniform(-0.9, 0.9, 200)
    expected = upfirdn(up * taps, x, up, down)[: -(-200 * up // down)]
    np.testing.assert_allclose(core.reference(x), expected, rtol=0, atol=1e-12)


def test_up_and_down_again_gives_the_signal_back():
    """16 to 48 to 16 kHz: a band-limited signal comes back, later by the filters' delay."""
    up, down = load_core(EXAMPLES / "interpolator.toml"), load_core(EXAMPLES / "decimator.toml")
    words = np.round(20000 * np.sin(2 * np.pi * 1000 / 16000 * np.arange(800))).astype(int)
    back = down.model(up.model(words))
    # 95 samples at 48 kHz are 31 2/3 at 16 kHz.
    late = 20000 * np.sin(2 * np.pi * 1000 / 16000 * (np.arange(800) - 95 / 3))
    error = (back - late)[100:]
    assert 10 * np.log10(np.mean(late**2) / np.mean(error**2)) > 65


REFUSED = [
    ({"interpolation": 2, "decimation": 3}, "decimation = 3: must be 1 where interpolation = 2; put two filters"),
    ({"interpolation": 0}, "interpolation = 0: must be 1 to 32"),
    ({"gain": 0.0}, r"gain = 0\.0: must not be 0"),
]


@pytest.mark.parametrize(("change", "message"), REFUSED)
def test_what_is_not_offered_is_refused(change, message):
    with pytest.raises(ParameterError, match=message):
        fir([0.1, 0.2, 0.1], **change)
