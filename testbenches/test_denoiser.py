"""Denoiser: what it gains on speech, that it is its three stages, and that the hardware is the model, on whole sentences."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixed_point import audio_to_words
from fixed_point.sound import RATE
from ip_cores.banks.filter_program import check_order
from ip_cores.core import make_core
from ip_cores.description import load_core
from ip_cores.generate import vhdl
from ip_cores.parameters import ParameterError
from reference.families.wavelet_filters import wavelet_filters
from testbenches.benchmarks.denoiser_quality import snr_gains
from testbenches.for_tests.drawing import examples
from testbenches.for_tests.model_speed import sections_beside
from testbenches.signals import EXAMPLES, excerpt, in_white_noise
from testbenches.simulate import run
from testbenches.stimulus import Stimulus
from testbenches.verify import verify

HARDWARE = ("myhdl", "ghdl", "native")
SPEECH = excerpt()
NOISY = audio_to_words(in_white_noise(SPEECH, 5), "sfix16_En15")

# Targets are for two whole sentences at 0, 5 and 10 dB (docs/cores/denoiser.md). The excerpt has less silence than they have, which costs
# some tenths of a dB at 10 dB.
GAINS = [
    ({}, (6.8, 5.8, 4.0)),
    ({"wavelet": "haar"}, (6.5, 5.4, 3.3)),
    ({"bank": "decimated", "wavelet": "db4", "rule": "hard"}, (6.0, 4.6, 2.3)),
]


def make(**parameters):
    return make_core({"core": "denoiser", "name": "quiet", **parameters})


@pytest.mark.parametrize(("parameters", "floors"), GAINS)
def test_gain_on_speech(parameters, floors):
    gains = snr_gains(make(**parameters), [SPEECH], seeds=3)
    assert all(gain >= floor for gain, floor in zip(gains, floors, strict=True)), gains


@pytest.mark.parametrize("frequency", [750, 1000, 1500, 2000, 3000])
def test_a_steady_tone_leaves_at_one_level(frequency):
    """It is noise, wherever it starts: trackers that look at every 2**j-th word see one or two magnitudes of it, by its phase."""
    time, core = np.arange(3 * RATE), make()
    powers = []
    for late in np.arange(0, 8, 0.5):
        tone = 0.1 * np.sin(2 * np.pi * frequency / RATE * (time + late))
        powers.append(np.mean(core.model(audio_to_words(tone, core.sink_format))[-RATE:].astype(np.float64) ** 2))
    level = 10 * np.log10(np.array(powers) / np.mean((0.1 * 32768 * np.sin(2 * np.pi * frequency / RATE * time)) ** 2))
    assert np.ptp(level) < 0.1, level
    assert level.max() < -10


@pytest.mark.parametrize("rule", ["hard", "soft", "floor"])
@pytest.mark.parametrize(("bank", "wavelet", "levels"), [("undecimated", "bior2.2", 3), ("decimated", "db2", 3)])
def test_model_is_its_stages(bank, wavelet, levels, rule):
    core = make(bank=bank, wavelet=wavelet, levels=levels, rule=rule)
    x = NOISY[:3000]
    for stage in core.stages:
        x = stage.model(x)
    assert core.model(NOISY[:3000]).tolist() == x.tolist()
    assert np.mean(x[core.delay :] != NOISY[: 3000 - core.delay]) > 0.5


@pytest.mark.parametrize(("parameters", "floor"), [({}, 35), ({"bank": "decimated", "wavelet": "db4"}, 35), ({"rule": "soft"}, 45)])
def test_model_follows_the_reference(parameters, floor):
    """The trackers of both compare the same words but for rounding: now and then one steps up where the other steps down."""
    core = make(**parameters)
    truth = core.reference(NOISY / 32768.0)
    assert len(truth) == len(NOISY)
    found = core.model(NOISY)[core.delay :] / 32768.0
    error = truth[: found.size] - found
    assert 10 * np.log10(np.sum(truth**2) / np.sum(error**2)) > floor


KINDS = {
    "undecimated haar": {"wavelet": "haar", "levels": 2, "rule": "soft"},
    "undecimated db2": {},
    "biorthogonal, two multipliers, one level": {"wavelet": "bior3.1", "levels": 1, "multipliers": 2, "rule": "hard"},
    "decimated": {"bank": "decimated", "wavelet": "db2", "levels": 2, "rule": "hard"},
    "segments": {"wavelet": "haar", "levels": 2, "processing": "segment", "segment_length": 16},
    "segments, decimated": {"bank": "decimated", "wavelet": "haar", "levels": 2, "processing": "segment", "segment_length": 24, "hop": 24},
}


SIMULATED = ("undecimated haar", "segments")
NATIVE_ALONE = ("biorthogonal, two multipliers, one level", "segments, decimated")


@pytest.mark.parametrize("kind", KINDS)
def test_chain_of_proof(kind):
    """In MyHDL, which is slow, a stream and segments, and as machine code all; `make fuzz` draws every kind for every engine."""
    core = make(**KINDS[kind])
    engines = HARDWARE if kind in SIMULATED else HARDWARE[2:] if kind in NATIVE_ALONE else HARDWARE[1:]
    proof = verify(core, {"data": NOISY[8000:8120]}, engines, samples=120, seed=2, stalls=0.3)
    assert [engine.error or engine.first_difference for engine in proof.engines] == [None] * len(engines)
    assert all(engine.passed for engine in proof.engines)


@pytest.mark.parametrize("kind", ["segments", "segments, decimated"])
def test_segments_are_the_stream_in_pieces(kind):
    """Bit for bit, as many whole segments as there are; nothing stands at the border of two."""
    core = make(**KINDS[kind])
    stream = core.replace(processing="stream")
    whole = 1000 // core.segment_length * core.segment_length
    assert core.model(NOISY[:1000]).tolist() == stream.model(NOISY[:whole]).tolist()
    assert core.latency > core.segment_length


@examples(1)
@given(
    st.sampled_from(["haar", "db2", "bior1.3", "rbio2.2", "bior3.1"]),
    st.integers(1, 3),
    st.integers(1, 4),
    st.sampled_from(["hard", "soft", "floor"]),
    st.sampled_from(["nearest", "convergent", "floor"]),
    st.integers(4, 18),
    st.integers(0, 2**20),
)
def test_any_undecimated_denoiser(wavelet, levels, multipliers, rule, rounding, bits, seed):
    multipliers = min(multipliers, wavelet_filters(wavelet).length)
    core = make(wavelet=wavelet, levels=levels, multipliers=multipliers, rule=rule, rounding=rounding, sink=f"sfix{bits}_En{bits - 1}")
    check_order(core.way.fused.processor.program)
    assert all(engine.passed for engine in verify(core, "noise", ("myhdl", "ghdl"), samples=40, seed=seed).engines)


@pytest.mark.parametrize("engine", HARDWARE)
@pytest.mark.parametrize("kind", ["undecimated haar", "undecimated db2", "biorthogonal, two multipliers, one level"])
def test_latency_and_full_rate(kind, engine):
    core = make(**KINDS[kind])
    response = run(core, Stimulus({"data": NOISY[:20]}, drain=core.patience), engine)
    assert set(response.source_cycles - response.sink_cycles) == {core.latency}
    assert set(np.diff(response.sink_cycles)) == {core.cycles_per_sample}


def test_decimated_latency():
    core = make(**KINDS["decimated"])
    response = run(core, Stimulus({"data": NOISY[:200]}, drain=core.patience), "native")
    assert response.source_cycles[0] - response.sink_cycles[0] == core.latency


@pytest.mark.parametrize(
    ("parameters", "milliseconds"), [({"wavelet": "haar"}, 1.0), ({}, 3.0), ({"wavelet": "db2", "bank": "decimated"}, 3.0)]
)
def test_the_delay_stated_is_the_delay_measured(parameters, milliseconds):
    """With the threshold passed by, what comes out is what went in, `delay` samples and some microseconds later."""
    core = make(**parameters)
    words = NOISY[4000:5000]
    response = run(core, Stimulus({"data": words}, controls={"bypass": 1}, drain=core.patience), "native")
    late = response.data
    assert late[core.delay :].tolist() == words[: late.size - core.delay].tolist()
    assert not late[: core.delay].any()
    assert core.delay / RATE + core.latency / 50e6 < milliseconds / 1000
    assert core.cycles_per_sample < 50_000_000 / RATE


DELAYS = {
    "dwt_analysis": [("db4", 3), ("db4", 4), ("haar", 4)],
    "dwt_synthesis": [("db4", 4), ("haar", 4)],
    "packet_analysis": [("db4", 3)],
    "packet_synthesis": [("db4", 3)],
    "swt_analysis": [("haar", 4), ("db2", 4)],
    "swt_synthesis": [("haar", 4), ("db2", 4)],
    "denoiser": [("haar", 4), ("db2", 4), ("db4", 4)],
}


@pytest.mark.parametrize("page", DELAYS)
def test_datasheets_state_the_delay(page):
    """In samples and in milliseconds at 16 kHz; that it is so is measured above for the denoiser, and for the banks in their own tests."""
    text = (EXAMPLES.parent / f"docs/cores/{page}.md").read_text()
    text = text.replace("\n", " ")
    for wavelet, levels in DELAYS[page]:
        samples = wavelet_filters(wavelet).total_delay(levels)
        assert re.search(rf"\b{samples} \({1000 * samples / RATE:.2f} ms", text), (wavelet, levels)


@pytest.mark.parametrize("scheme", ["5/3", "9/7"])
def test_datasheets_of_lifting_state_the_delay(scheme):
    samples = make_core({"core": "lifting_analysis", "scheme": scheme, "levels": 4}).reconstruction_delay
    for page in ("lifting_analysis", "lifting_synthesis"):
        text = (EXAMPLES.parent / f"docs/cores/{page}.md").read_text()
        assert f"{samples} ({1000 * samples / RATE:.2f} ms" in text


@pytest.mark.parametrize(("wavelet", "levels"), [("haar", 5), ("db2", 5), ("db4", 4), ("sym8", 3)])
def test_perfect_reconstruction_in_hardware(wavelet, levels):
    """Half a second of speech through the VHDL, bit for bit, when the threshold is passed by."""
    core = make(wavelet=wavelet, levels=levels, coefficient_word_length=22)
    words = audio_to_words(SPEECH[8000:16000], core.sink)
    response = run(core, Stimulus({"data": words}, controls={"bypass": 1}, drain=core.patience), "native")
    np.testing.assert_array_equal(response.data[core.delay :], words[: words.size - core.delay])


@pytest.mark.parametrize("kind", ["undecimated db2", "decimated"])
def test_a_whole_sentence_in_native_code(kind):
    core = make(**KINDS[kind])
    proof = verify(core, {"data": NOISY}, ("native",), stalls=0.1)
    assert proof.engines[0].passed
    assert proof.engines[0].words_compared > NOISY.size - 2 - 2**core.levels


def test_model_is_fast():
    core = load_core(EXAMPLES / "denoiser.toml")
    core.model(NOISY)
    assert sections_beside(lambda: core.model(NOISY), NOISY.size, most=25) < 25


def test_one_unit_of_products_for_both_banks():
    """Of the products in the VHDL one is the filters', the other the threshold's."""
    text = vhdl(load_core(EXAMPLES / "denoiser.toml"))
    multiplying = [name for name, body in text.items() if " * " in body.partition("\narchitecture ")[2]]
    assert multiplying == ["denoiser_sum_of_products", "denoiser_noise_limit"]


BAD = [
    ({"processing": "frames"}, 'processing = "frames": must be one of stream, segment'),
    ({"processing": "segment", "hop": 32}, "hop = 32: must be 64, the segment_length"),
    ({"processing": "segment", "segment_length": 2}, "segment_length = 2: must be 4 to 4096"),
    ({"bank": "packet"}, 'bank = "packet": must be one of undecimated, decimated'),
    ({"wavelet": "db99"}, 'wavelet = "db99": must be a discrete wavelet'),
    ({"threshold": 0.0}, "threshold = 0.0: must be a number from 0.02 to 10.7"),
    ({"multipliers": 5}, "multipliers = 5: must be 1 to 4"),
    ({"sink": "ufix16_En15"}, 'sink = "ufix16_En15": must be signed'),
    ({"sink": "sfix2_En1", "guard_bits": 0, "wavelet": "haar"}, 'sink = "sfix2_En1": must give band words of 4 to 40 bits, not 3'),
    ({"levels": 8, "wavelet": "db20"}, "levels = 8: must be less: delay lines would take"),
]


@pytest.mark.parametrize(("parameters", "message"), BAD)
def test_bad_parameters(parameters, message):
    with pytest.raises(ParameterError, match=message):
        make(**parameters)
