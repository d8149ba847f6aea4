"""Wavelet packets: PyWavelets is the truth of the reference, exact rational arithmetic that of the models."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import pywt
from hypothesis import given
from hypothesis import strategies as st

from fixed_point import audio_to_words
from ip_cores.chain import Chain
from ip_cores.packet_analysis import PacketAnalysis
from ip_cores.packet_synthesis import PacketSynthesis
from reference.families.wavelet_filters import wavelet_filters
from reference.packet_analysis import packet_analysis
from reference.packet_synthesis import packet_synthesis
from testbenches.for_tests.drawing import examples
from testbenches.for_tests.oracle import to_word
from testbenches.signals import excerpt
from testbenches.simulate import run
from testbenches.stimulus import Stimulus
from testbenches.verify import verify

HARDWARE = ("myhdl", "ghdl", "native")
WAVELETS = [name for name in pywt.wavelist(kind="discrete") if pywt.Wavelet(name).dec_len <= 20]
INSTANCES = {
    "haar, one level": {"wavelet": "haar", "levels": 1},
    "db2": {"wavelet": "db2", "levels": 3},
    "biorthogonal": {"wavelet": "bior3.1", "levels": 2, "guard_bits": 0, "rounding": "floor"},
    "all taps at once, fast": {"wavelet": "db2", "levels": 2, "multipliers": 4, "pipeline": "speed"},
    "db4, three multipliers": {"wavelet": "db4", "levels": 2, "multipliers": 3, "rounding": "convergent"},
}


def speech():
    return audio_to_words(excerpt(), "sfix16_En15")


def late(x, delay, count):
    return np.concatenate([np.zeros(delay, np.int64), x])[:count]


@pytest.mark.parametrize("wavelet", WAVELETS)
def test_reference_is_pywavelets_and_reconstructs(wavelet):
    x = np.random.default_rng(1).standard_normal(512)
    filters = wavelet_filters(wavelet)
    for levels in range(1, 5):
        words, channel = packet_analysis(x, filters, levels)
        tree = pywt.WaveletPacket(x, wavelet, mode="zero", maxlevel=levels)
        for number, node in enumerate(tree.get_level(levels, "natural")):
            found = words[channel == number]
            assert found.size == x.size >> levels
            np.testing.assert_allclose(found, node.data[: found.size], rtol=0, atol=1e-10)
        y = packet_synthesis(words, channel, filters, levels)
        delay = (filters.length - 1) * (2**levels - 1)
        np.testing.assert_allclose(y, np.concatenate([np.zeros(delay), x])[: y.size], rtol=0, atol=1e-9)


@pytest.mark.parametrize("instance", INSTANCES)
def test_models_are_the_definition_in_exact_arithmetic(instance):
    split, merge = PacketAnalysis(**INSTANCES[instance]), PacketSynthesis(**INSTANCES[instance])
    x = np.random.default_rng(2).integers(split.sink.minimum, split.sink.maximum, 96, endpoint=True)
    filters, fraction = split.analysis_words, split.source_format.fraction_length
    unit = Fraction(1, 2 ** (fraction + filters.format.fraction_length))
    nodes = [[int(word) << fraction - split.sink.fraction_length for word in x]]
    for _ in range(split.levels):
        nodes = [
            [
                to_word(
                    sum(tap * node[2 * n + 1 - k] for k, tap in enumerate(taps) if 2 * n + 1 - k >= 0) * unit,
                    True, 64, fraction, split.rounding.value, "wrap",
                )
                for n in range(len(node) // 2)
            ]
            for node in nodes
            for taps in (filters.low, filters.high)
        ]  # fmt: skip
    words, channel = split.model(x)
    assert words.tolist() == np.array(nodes).T.reshape(-1).tolist()
    filters, sink, source = merge.synthesis_words, merge.sink_format, merge.source
    unit = Fraction(1, 2 ** (sink.fraction_length + filters.format.fraction_length))
    for level in range(merge.levels, 0, -1):
        target = sink if level > 1 else source
        nodes = [
            [
                to_word(
                    sum(
                        filters.low[m - 2 * n - 1] * low[n] + filters.high[m - 2 * n - 1] * high[n]
                        for n in range(len(low))
                        if 0 <= m - 2 * n - 1 < filters.length
                    ) * unit,
                    True, target.word_length, target.fraction_length, merge.rounding.value, merge.overflow.value,
                )
                for m in range(2 * len(low))
            ]
            for low, high in zip(nodes[0::2], nodes[1::2], strict=True)
        ]  # fmt: skip
    assert merge.model((words, channel)).tolist() == nodes[0]


@pytest.mark.parametrize(("wavelet", "levels"), [("haar", 5), ("db2", 3), ("db4", 3), ("bior2.2", 2)])
def test_exact_gives_everything_back(wavelet, levels):
    parameters = {"wavelet": wavelet, "levels": levels, "exact": True}
    split, merge = PacketAnalysis(**parameters), PacketSynthesis(**parameters)
    assert split.source_format == merge.sink_format
    rng = np.random.default_rng(3)
    for x in (speech(), rng.integers(-(2**15), 2**15, 20_000), rng.choice([-(2**15), 2**15 - 1], 20_000)):
        y = merge.model(split.model(x))
        assert (y == late(x, split.reconstruction_delay, y.size)).all()
        assert y.size == x.size >> levels << levels


def test_hardware_gives_speech_back_to_the_last_bit():
    parameters = {"wavelet": "db2", "levels": 3, "exact": True}
    stages = PacketAnalysis(name="split", **parameters), PacketSynthesis(name="merge", **parameters)
    x = speech()
    response = run(Chain(stages, name="bank"), Stimulus({"data": x}), "native")
    assert (response.data == late(x, stages[0].reconstruction_delay, response.data.size)).all()
    assert response.data.size == x.size >> 3 << 3


@pytest.mark.parametrize("side", [PacketAnalysis, PacketSynthesis])
@pytest.mark.parametrize("instance", INSTANCES)
def test_chain_of_proof(instance, side):
    core = side(**INSTANCES[instance])
    proof = verify(core, "noise", HARDWARE, samples=240, seed=6, stalls=0.3)
    assert [engine.error or engine.first_difference for engine in proof.engines] == [None] * 3
    assert side is PacketSynthesis or proof.snr > 60  # arbitrary band words overflow


@examples(5)
@given(st.data())
def test_any_bank(data):
    side = data.draw(st.sampled_from([PacketAnalysis, PacketSynthesis]))
    wavelet = data.draw(st.sampled_from(["haar", "db2", "bior2.2", "rbio1.3"]))
    parameters = {
        "wavelet": wavelet,
        "levels": data.draw(st.integers(1, 3)),
        "multipliers": data.draw(st.integers(1, pywt.Wavelet(wavelet).dec_len)),
        "guard_bits": data.draw(st.integers(0, 4)),
        "coefficient_word_length": data.draw(st.integers(8, 24)),
        "rounding": data.draw(st.sampled_from(["nearest", "floor", "convergent", "zero", "ceil"])),
        "pipeline": data.draw(st.sampled_from(["area", "speed"])),
        "sink" if side is PacketAnalysis else "source": f"sfix{data.draw(st.integers(2, 20))}_En{data.draw(st.integers(0, 20))}",
    }
    proof = verify(side(**parameters), "extremes", ("myhdl",), samples=64, seed=data.draw(st.integers(0, 99)), stalls=0.4)
    assert [engine.error or engine.first_difference for engine in proof.engines] == [None]


@pytest.mark.parametrize("engine", HARDWARE)
@pytest.mark.parametrize("instance", ["haar, one level", "db2", "all taps at once, fast"])
def test_latency_and_rate(instance, engine):
    split, merge = PacketAnalysis(**INSTANCES[instance]), PacketSynthesis(**INSTANCES[instance])
    period = 2**split.levels
    x = np.random.default_rng(7).integers(-1000, 1000, 6 * period)
    for core, words in ((split, {"data": x}), (merge, {"data": x, **merge.accompany(x)})):
        response = run(core, Stimulus(words), engine)
        taken = response.sink_cycles
        assert response.source_cycles[0] - taken[0] == core.latency
        assert set(taken[period:] - taken[:-period]) == {core.plan.period}
        assert Fraction(core.plan.period, period) == core.cycles_per_sample


def test_bands_out_of_order_are_refused():
    with pytest.raises(ValueError, match="must count from 0 to 3"):
        PacketSynthesis(wavelet="haar", levels=2).model((np.zeros(4, int), np.array([0, 1, 3, 2])))
