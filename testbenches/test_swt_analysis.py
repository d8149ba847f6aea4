"""Undecimated analysis: the float truth is PyWavelets', the words are those of the definition in exact integers, in every engine."""

from __future__ import annotations

import re
from fractions import Fraction

import numpy as np
import pytest
import pywt
from hypothesis import given
from hypothesis import strategies as st

from ip_cores.banks.filter_program import check_order
from ip_cores.core import make_core
from ip_cores.generate import vhdl
from ip_cores.parameters import ParameterError
from reference.families.wavelet_filters import wavelet_filters
from reference.swt_analysis import swt_bands
from testbenches.for_tests import oracle
from testbenches.for_tests.drawing import examples
from testbenches.simulate import run
from testbenches.stimulus import Stimulus
from testbenches.verify import verify

HARDWARE = ("myhdl", "ghdl", "native")
WAVELETS = [name for name in pywt.wavelist(kind="discrete") if pywt.Wavelet(name).dec_len <= 20]


def make(**parameters):
    return make_core({"core": "swt_analysis", "name": "bank", **parameters})


def definition(words, low, high, fraction_length, levels, guard_bits, delay, rounding):
    """Words of every band by channel, in exact integers: A_j[n] = round(sum of h[k] A_(j-1)[n - 2**(j-1) k])."""
    approximation = [int(word) << guard_bits for word in words]
    bands = []
    for level in range(1, levels + 1):
        spread = 2 ** (level - 1)
        found = []
        for taps in (low, high):
            sums = [sum(tap * approximation[n - k * spread] for k, tap in enumerate(taps) if n >= k * spread) for n in range(len(words))]
            found.append([oracle.ROUNDING[rounding](Fraction(total, 2**fraction_length)) for total in sums])
        approximation, detail = found
        wait = delay * (2**levels - 2**level)
        bands.append(([0] * wait + detail)[: len(words)])
    return [approximation, *bands]


@pytest.mark.filterwarnings("ignore:norm=True")
@pytest.mark.parametrize("wavelet", WAVELETS)
def test_reference_is_circular_swt_after_priming(wavelet):
    x = np.random.default_rng(1).standard_normal(64)
    filters = wavelet_filters(wavelet)
    for levels in (1, 3, 5):
        periods = 2 + filters.length * 2**levels // 64
        bands = swt_bands(np.tile(x, periods), filters, levels)
        truth = pywt.swt(x, wavelet, levels, trim_approx=True, norm=True)
        for channel, expected in zip([0, *range(levels, 0, -1)], truth, strict=True):
            late = filters.length // 2 * (2 ** (channel or levels) - 1)
            np.testing.assert_allclose(bands[channel][-64:], np.roll(expected, late), rtol=0, atol=1e-10)


@examples(40)
@given(
    st.data(),
    st.sampled_from(["haar", "db2", "db3", "bior2.2", "rbio1.3"]),
    st.integers(1, 3),
    st.integers(3, 20),
    st.integers(4, 20),
    st.integers(0, 4),
    st.sampled_from(["nearest", "floor", "convergent", "zero", "ceil"]),
)
def test_model_equals_its_definition(data, wavelet, levels, sink, coefficient, guard_bits, rounding):
    core = make(
        wavelet=wavelet,
        levels=levels,
        sink=f"sfix{sink}_En{sink - 1}",
        coefficient_word_length=coefficient,
        guard_bits=guard_bits,
        rounding=rounding,
    )
    least, greatest = -(2 ** (sink - 1)), 2 ** (sink - 1) - 1
    words = data.draw(st.lists(st.one_of(st.integers(least, greatest), st.sampled_from([least, greatest])), max_size=40))
    filters = core.coefficients
    expected = definition(
        words, filters.low, filters.high, filters.format.fraction_length, levels, guard_bits, core.filter_bank.delay, rounding
    )
    found, channel = core.model(np.array(words, dtype=np.int64))
    assert channel.tolist() == [0, *range(levels, 0, -1)] * len(words)
    for band, values in enumerate(expected):
        assert found[channel == band].tolist() == values


@pytest.mark.parametrize("wavelet", ["haar", "db2", "db4", "sym8", "bior3.1"])
def test_worst_case_input_stays_within_its_format(wavelet):
    """The signs that bring each band to its L1 norm, at full scale: an overflow would show as a wrapped word."""
    core = make(wavelet=wavelet, levels=3)
    filters = core.coefficients
    low, high = np.array(filters.low, dtype=object), np.array(filters.high, dtype=object)
    cascade = np.array([1], dtype=object)
    for level in range(3):
        spread = np.zeros(1 + (len(low) - 1) * 2**level, dtype=object)
        for taps in (low, high):
            spread[:: 2**level] = taps
            response = np.convolve(cascade, spread)
            words = np.where(response[::-1] > 0, 32767, -32768).astype(np.int64)
            expected = definition(words, filters.low, filters.high, filters.format.fraction_length, 3, 3, 0, "nearest")
            bands, channel = make(wavelet=wavelet, levels=3).model(words)
            wait = core.waits[level]
            detail = bands[channel == level + 1]
            assert detail[wait:].tolist() == expected[level + 1][: max(0, len(words) - wait)]
            assert bands[channel == 0].tolist() == expected[0]
        spread[:: 2**level] = low
        cascade = np.convolve(cascade, spread)


KINDS = {
    "haar": {"wavelet": "haar", "levels": 3},
    "db2": {"wavelet": "db2", "levels": 4},
    "db4, three multipliers": {"wavelet": "db4", "levels": 2, "multipliers": 3, "rounding": "convergent"},
    "one level, no guard bits": {"wavelet": "bior2.2", "levels": 1, "guard_bits": 0, "sink": "sfix8_En7"},
}


@pytest.mark.parametrize("kind", KINDS)
def test_chain_of_proof(kind):
    core = make(**KINDS[kind])
    proof = verify(core, "noise", HARDWARE, samples=160, seed=2, stalls=0.3)
    assert [engine.error or engine.first_difference for engine in proof.engines] == [None] * 3
    assert proof.passed
    assert proof.snr > 40


@examples(4)
@given(
    st.sampled_from(["haar", "db1", "db2", "db3", "bior1.3", "rbio2.2", "coif1"]),
    st.integers(1, 3),
    st.integers(1, 6),
    st.integers(2, 20),
    st.integers(0, 2**20),
)
def test_any_bank(wavelet, levels, multipliers, sink, seed):
    multipliers = min(multipliers, wavelet_filters(wavelet).length)
    core = make(wavelet=wavelet, levels=levels, multipliers=multipliers, sink=f"sfix{sink}_En0", coefficient_word_length=10)
    check_order(core.processor.program)
    assert all(engine.passed for engine in verify(core, "extremes", ("myhdl", "ghdl"), samples=50, seed=seed).engines)


@pytest.mark.parametrize("engine", HARDWARE)
@pytest.mark.parametrize("kind", KINDS)
def test_latency_and_full_rate(kind, engine):
    core = make(**KINDS[kind])
    response = run(core, Stimulus({"data": np.arange(20)}, drain=core.patience), engine)
    first = response.source_cycles[:: core.levels + 1]
    assert set(first - response.sink_cycles) == {core.latency}
    assert set(np.diff(response.sink_cycles)) == {core.cycles_per_sample}


@pytest.mark.parametrize("multipliers", [1, 2])
def test_the_most_negative_word_is_negated_in_full(multipliers):
    """Without head-room its negative is a bit longer than itself: haar subtracts it."""
    core = make(wavelet="haar", levels=1, multipliers=multipliers, sink="sfix4_En3")
    assert core.processor.program.word_bits == 7
    words = np.array([-8, -8, 7, -8, 7, 7, -8, 7, -8, -8])
    expected = core.model(words)[0].tolist()
    for engine in HARDWARE:
        assert run(core, Stimulus({"data": words}, drain=core.patience), engine).data.tolist() == expected


def test_haar_multiplies_nothing():
    text = "".join(vhdl(make(wavelet="haar")).values())
    assert not re.search(r"[\w)] \* [\w(]", text)
    assert re.search(r"[\w)] \* [\w(]", "".join(vhdl(make(wavelet="db2")).values()))


def test_same_text_for_the_same_description():
    assert vhdl(make(**KINDS["db2"])) == vhdl(make(**KINDS["db2"]))


BAD = [
    ({"wavelet": "db99"}, r'wavelet = "db99": must be a discrete wavelet of PyWavelets \(nearest: db'),
    ({"levels": 0}, "levels = 0: must be 1 to 8"),
    ({"levels": 9}, "levels = 9: must be 1 to 8"),
    ({"multipliers": 9}, "multipliers = 9: must be 1 to 8, the taps of a filter"),
    ({"sink": "ufix16_En15"}, 'sink = "ufix16_En15": must be signed'),
    (
        {"coefficient_word_length": 32, "sink": "sfix32_En31"},
        "coefficient_word_length = 32: must be shorter, or the samples: sums would have",
    ),
    ({"exact": True, "rounding": "floor"}, 'rounding = "floor": must be nearest or convergent for exact reconstruction'),
    ({"exact": True, "wavelet": "dmey"}, "exact = true: must be false: these filters do not reconstruct"),
    ({"exact": True, "wavelet": "db4", "sink": "sfix32_En31"}, "exact = true: must be false"),
    ({"wavelet": "db20", "levels": 8}, "levels = 8: must be less: delay lines would take"),
]


@pytest.mark.parametrize(("parameters", "message"), BAD)
def test_bad_parameters(parameters, message):
    with pytest.raises(ParameterError, match=message):
        make(**parameters)
