"""Undecimated synthesis: perfect reconstruction to the last bit, words of the definition, the same in every engine."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixed_point import audio_to_words
from ip_cores.banks.filter_program import check_order
from ip_cores.chain import Chain
from ip_cores.core import make_core
from ip_cores.parameters import ParameterError
from reference.families.wavelet_filters import wavelet_filters
from testbenches.for_tests import oracle
from testbenches.for_tests.drawing import examples
from testbenches.signals import excerpt
from testbenches.simulate import run
from testbenches.stimulus import Stimulus
from testbenches.verify import verify

HARDWARE = ("myhdl", "ghdl", "native")
SPEECH = audio_to_words(excerpt(), "sfix16_En15")


def make(**parameters):
    return make_core({"core": "swt_synthesis", "name": "bank", **parameters})


def pair(**parameters):
    return make_core({"core": "swt_analysis", "name": "analysis", **parameters}), make(**parameters)


def definition(sets, low, high, fraction_length, levels, dropped, source, rounding):
    """Samples from sets of A_J, D_J, …, D_1, in exact integers."""
    approximation = [int(word) for word in sets[:, 0]]
    for level in range(levels, 0, -1):
        spread = 2 ** (level - 1)
        detail = [int(word) for word in sets[:, levels + 1 - level]]
        sums = []
        for n in range(len(sets)):
            ages = [k for k in range(len(low)) if n >= k * spread]
            sums.append(sum(low[k] * approximation[n - k * spread] + high[k] * detail[n - k * spread] for k in ages))
        if level == 1:
            return [
                oracle.to_word(Fraction(total, 2 ** (fraction_length + dropped)), True, source, 0, rounding, "saturate") for total in sums
            ]
        approximation = [oracle.ROUNDING[rounding](Fraction(total, 2**fraction_length)) for total in sums]
    raise AssertionError


@examples(40)
@given(
    st.sampled_from(["haar", "db2", "bior2.2", "rbio1.3"]),
    st.integers(1, 3),
    st.integers(4, 18),
    st.integers(0, 4),
    st.sampled_from(["nearest", "floor", "convergent", "zero", "ceil"]),
    st.integers(0, 2**20),
    st.booleans(),
)
def test_model_equals_its_definition(wavelet, levels, coefficient, guard_bits, rounding, seed, full_scale):
    core = make(
        wavelet=wavelet,
        levels=levels,
        source="sfix10_En9",
        guard_bits=guard_bits,
        coefficient_word_length=coefficient,
        rounding=rounding,
    )
    format, random = core.sink_format, np.random.default_rng(seed)
    sets = random.integers(format.minimum, format.maximum, (30, levels + 1), endpoint=True)
    if full_scale:
        sets = np.where(sets < 0, format.minimum, format.maximum)
    filters = core.coefficients
    expected = definition(sets, filters.low, filters.high, filters.format.fraction_length, levels, guard_bits, 10, rounding)
    assert core.model((sets.reshape(-1), np.tile([0, *range(levels, 0, -1)], 30))).tolist() == expected


@pytest.mark.parametrize("levels", [1, 3, 5])
@pytest.mark.parametrize("wavelet", ["haar", "db2", "db4", "sym8"])
def test_perfect_reconstruction_to_the_last_bit(wavelet, levels):
    """22-bit coefficients and 3 guard bits: speech, noise and full-scale alternation come back as they were, (L - 1)(2**J - 1) late."""
    analysis, synthesis = pair(wavelet=wavelet, levels=levels, coefficient_word_length=22)
    delay = (wavelet_filters(wavelet).length - 1) * (2**levels - 1)
    random = np.random.default_rng(4)
    for x in (SPEECH, random.integers(-32768, 32768, 20000), np.resize([32767, -32768], 4000), 32767 - 65535 * random.integers(0, 2, 4000)):
        y = synthesis.model(analysis.model(x))
        assert y[:delay].any() == 0
        np.testing.assert_array_equal(y[delay:], x[: x.size - delay])


def delayed(x, samples):
    return np.concatenate([np.zeros(samples, dtype=np.int64), x])[: x.size]


EXACT = {"haar": (8, 3), "db2": (17, 7), "db4": (21, 6), "sym8": (21, 6), "bior3.1": (8, 4)}


@pytest.mark.parametrize("wavelet", EXACT)
def test_exact_holds_for_signals_made_to_break_it(wavelet):
    """Speech, full-scale noise, and the full-scale signs for which a bank of coarse coefficients errs most."""
    analysis, synthesis = pair(wavelet=wavelet, levels=4, exact=True)
    assert analysis.word_lengths == synthesis.word_lengths == EXACT[wavelet]
    assert analysis.source_format == synthesis.sink_format
    delay, random = analysis.filter_bank.total_delay(4), np.random.default_rng(9)
    coarse = pair(wavelet=wavelet, levels=4, coefficient_word_length=9, guard_bits=0)
    signals = [SPEECH, random.integers(-32768, 32768, 20000), np.resize([32767, -32768], 4000)]
    for _ in range(3):
        signs = random.choice([-32768, 32767], 6000)
        error = coarse[1].model(coarse[0].model(signs)) - delayed(signs, delay)
        assert error.any()
        signals += [signs, np.where(error < 0, -32768, 32767)[::-1]]
    for x in signals:
        np.testing.assert_array_equal(synthesis.model(analysis.model(x)), delayed(x, delay))


def test_exact_in_hardware():
    """Half a second of speech, then of full-scale noise, through the VHDL of both halves."""
    analysis, synthesis = pair(wavelet="db2", levels=4, exact=True)
    x = np.concatenate([SPEECH[8000:16000], np.random.default_rng(10).integers(-32768, 32768, 8000)])
    chain = Chain([analysis, synthesis], name="both")
    response = run(chain, Stimulus.random_stalls(x, 3, 0.1, drain=chain.patience), "native")
    np.testing.assert_array_equal(response.data, delayed(x, analysis.filter_bank.total_delay(4)))


@pytest.mark.parametrize(("wavelet", "levels", "guard_bits"), [("haar", 4, 0), ("db2", 4, 1), ("db4", 5, 0)])
def test_fewer_guard_bits_than_exact_ones_do_not_suffice(wavelet, levels, guard_bits):
    """The bound promises no more than it must: some bits below it, and noise comes back with errors."""
    exact = pair(wavelet=wavelet, levels=levels, exact=True)[0].word_lengths
    assert guard_bits < exact[1]
    short = pair(wavelet=wavelet, levels=levels, coefficient_word_length=exact[0], guard_bits=guard_bits)
    x = np.random.default_rng(11).integers(-32768, 32768, 20000)
    assert (short[1].model(short[0].model(x)) != delayed(x, short[0].filter_bank.total_delay(levels))).any()


@pytest.mark.parametrize(("wavelet", "error"), [("haar", 0), ("db2", 0), ("db4", 1), ("sym8", 1)])
def test_18_bit_coefficients_on_speech(wavelet, error):
    analysis, synthesis = pair(wavelet=wavelet, levels=5)
    delay = wavelet_filters(wavelet).total_delay(5)
    y = synthesis.model(analysis.model(SPEECH))
    assert np.abs(y[delay:] - SPEECH[: SPEECH.size - delay]).max() == error


@pytest.mark.parametrize(("bits", "floor"), [(12, 50), (14, 60), (16, 72), (18, 83)])
def test_coefficient_word_length_and_snr(bits, floor):
    analysis, synthesis = pair(wavelet="db4", levels=4, coefficient_word_length=bits)
    delay = wavelet_filters("db4").total_delay(4)
    x = np.random.default_rng(5).integers(-32768, 32768, 20000)
    y = synthesis.model(analysis.model(x))[delay:]
    wanted = x[: y.size]
    assert 10 * np.log10(np.sum(wanted.astype(float) ** 2) / np.sum((y - wanted) ** 2.0)) >= floor


@pytest.mark.parametrize("wavelet", ["haar", "db2", "db4", "sym8", "bior2.2", "rbio3.1", "coif3"])
def test_reference_reconstructs(wavelet):
    analysis, synthesis = pair(wavelet=wavelet, levels=3)
    x = np.random.default_rng(6).standard_normal(1000)
    delay = synthesis.filter_bank.total_delay(3)
    y = synthesis.reference(analysis.reference(x))
    np.testing.assert_allclose(y[delay:], x[: x.size - delay], rtol=0, atol=1e-10)


KINDS = {
    "haar": {"wavelet": "haar", "levels": 3},
    "db2": {"wavelet": "db2", "levels": 4},
    "db4, three multipliers": {"wavelet": "db4", "levels": 2, "multipliers": 3, "rounding": "convergent"},
    "one level": {"wavelet": "bior2.2", "levels": 1, "source": "sfix8_En7"},
}


@pytest.mark.parametrize("kind", KINDS)
def test_chain_of_proof(kind):
    """Words of any size, which no analysis would send: sums as large as they can become."""
    core = make(**KINDS[kind])
    for signal in ("noise", "extremes"):
        proof = verify(core, signal, HARDWARE, samples=60 * (core.levels + 1), seed=2, stalls=0.3)
        assert [engine.error or engine.first_difference for engine in proof.engines] == [None] * 3
        assert all(engine.passed for engine in proof.engines)


@examples(4)
@given(
    st.sampled_from(["haar", "db2", "db3", "bior1.3", "rbio2.2", "coif1"]),
    st.integers(1, 3),
    st.integers(1, 6),
    st.integers(2, 20),
    st.integers(0, 2**20),
)
def test_any_bank(wavelet, levels, multipliers, source, seed):
    multipliers = min(multipliers, wavelet_filters(wavelet).length)
    core = make(wavelet=wavelet, levels=levels, multipliers=multipliers, source=f"sfix{source}_En0", coefficient_word_length=10)
    check_order(core.processor.program)
    # Few words, of as few bits as two: no promise on these proves anything, every bit of the hardware does.
    assert all(engine.passed for engine in verify(core, "noise", ("myhdl", "ghdl"), samples=40 * (levels + 1), seed=seed).engines)


@pytest.mark.parametrize("engine", HARDWARE)
def test_words_out_of_turn_are_dropped(engine):
    core = make(wavelet="haar", levels=2)
    words = np.arange(100, 112)
    channel = np.array([1, 2, 0, 2, 1, 0, 0, 2, 3, 1, 0, 2])
    kept = [2, 3, 4, 5, 7, 9]
    expected = core.model((words[kept], channel[kept]))
    assert core.model((words, channel)).tolist() == expected.tolist()
    response = run(core, Stimulus({"data": words, "channel": channel}, drain=core.patience), engine)
    assert response.data.tolist() == expected.tolist()
    assert len(expected) == 2


@pytest.mark.parametrize("engine", HARDWARE)
@pytest.mark.parametrize("kind", KINDS)
def test_latency_and_full_rate(kind, engine):
    core = make(**KINDS[kind])
    words = np.arange(15 * (core.levels + 1))
    response = run(core, Stimulus({"data": words, **core.accompany(words)}, drain=core.patience), engine)
    first = response.sink_cycles[:: core.levels + 1]
    assert set(response.source_cycles - first) == {core.latency}
    assert set(np.diff(first)) == {len(core.processor.program)}
    assert core.cycles_per_sample == Fraction(len(core.processor.program), core.levels + 1)


def test_bad_parameters():
    with pytest.raises(ParameterError, match='source = "ufix16_En15": must be signed'):
        make(source="ufix16_En15")
    with pytest.raises(ParameterError, match="sink"):
        make(sink="nonsense")
