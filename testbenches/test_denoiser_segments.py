"""Denoiser by overlapping segments: nothing leaks from one to the next, the noise is tracked where it can be, the hardware is the model."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest

from fixed_point import audio_to_words
from fixed_point.sound import RATE
from fixed_point.swt_analysis import aligned_bands
from fixed_point.threshold import Tracker
from ip_cores.core import make_core
from ip_cores.denoiser.overlapping import first_whole, peak_factor, tracking_window
from ip_cores.parameters import ParameterError
from testbenches.benchmarks.denoiser_quality import snr_gains
from testbenches.signals import excerpt, in_white_noise
from testbenches.simulate import run
from testbenches.stimulus import Stimulus
from testbenches.verify import verify

HARDWARE = ("myhdl", "ghdl", "native")
SPEECH = excerpt()
NOISY = audio_to_words(in_white_noise(SPEECH, 5), "sfix16_En15")

KINDS = {
    "hann, undecimated": {"window": "hann", "wavelet": "haar", "levels": 2, "segment_length": 16},
    "sqrt_hann, decimated": {
        "window": "sqrt_hann", "bank": "decimated", "wavelet": "db2", "levels": 1, "segment_length": 12, "hop": 3, "rule": "soft",
    },
    "hamming, undecimated": {"window": "hamming", "wavelet": "db2", "levels": 1, "segment_length": 20, "hop": 5},
}  # fmt: skip
PROVEN = ("hann, undecimated", "sqrt_hann, decimated")


def make(**parameters):
    return make_core({"core": "denoiser", "name": "quiet", "processing": "segment", **parameters})


@pytest.mark.parametrize("kind", PROVEN)
def test_chain_of_proof(kind):
    """The VHDL; in MyHDL segments that follow each other are proven with the denoiser's, and `make fuzz` draws those that overlap."""
    core = make(**KINDS[kind])
    engines = HARDWARE[1:] if kind == PROVEN[0] else HARDWARE[2:]
    proof = verify(core, {"data": NOISY[8000:8100]}, engines, samples=100, seed=2, stalls=0.3)
    assert [engine.error or engine.first_difference for engine in proof.engines] == [None] * len(engines)
    assert all(engine.passed for engine in proof.engines)


@pytest.mark.parametrize("kind", KINDS)
def test_latency_and_delay_stated_are_those_measured(kind):
    """From the first word after a reset on; with the threshold passed by, what went in comes out, within a bit."""
    core = make(**KINDS[kind])
    hop = core.way.stages.segmenter.hop
    words = NOISY[8000 : 8000 + 16 * hop]
    response = run(core, Stimulus({"data": words}, controls={**core.controls, "bypass": 1}, drain=core.patience), "ghdl")
    assert response.source_cycles[0] - response.sink_cycles[0] == core.latency
    assert Fraction(int(np.diff(response.sink_cycles[:: 4 * hop])[-1]), 4 * hop) == core.cycles_per_sample
    late = response.data
    assert np.abs(late[core.delay :] - words[: late.size - core.delay]).max() <= 1
    assert np.abs(late[: core.delay]).max() <= 1


@pytest.mark.parametrize("bank", ["undecimated", "decimated"])
@pytest.mark.parametrize("wavelet", ["haar", "db2", "db4", "bior3.1"])
def test_the_padding_holds_what_the_bank_remembers(wavelet, bank):
    core = make(wavelet=wavelet, bank=bank, levels=3, segment_length=64, window="hann", rule="hard")
    packet, bits = core.way.stages.segmenter.packet_length, core.sink_format.word_length
    loud = np.zeros(3 * packet, dtype=np.int64)
    loud[:64] = np.random.default_rng(3).choice([-(2 ** (bits - 1)), 2 ** (bits - 1) - 1], 64)
    found = core.way.stages.sequencer.calculation.model(loud)
    last = int(np.flatnonzero(found)[-1])
    # The outermost taps are too small for more than that to be seen, but for haar's.
    assert 63 + core.filter_bank.total_delay(3) <= last < packet
    assert last == packet - 1 or (wavelet, bank) != ("haar", "undecimated")
    assert bank == "undecimated" or packet % 2**core.levels == 0


def test_the_tracker_sees_the_middle_of_each_window_only():
    """The recurrence word by word, held where it is to be held."""
    tracker = Tracker.of(make(**KINDS["hann, undecimated"]).stages[0].source_format, 8, 0.01)
    random = np.random.default_rng(5)
    words, seen = random.integers(-9000, 9000, 500), random.random(500) < 0.4
    for interval in (1, 4):
        m, count, expected = tracker.start, 0, []
        for word, sees in zip(words.tolist(), seen.tolist(), strict=True):
            expected.append(m)
            count += sees
            if sees and count % interval == 0:
                step = (m + 128) // 256
                if abs(word) * 256 > m:
                    m += step if m < tracker.highest else 0
                elif m >= tracker.lowest:
                    m -= step
        assert tracker.medians(words, interval, seen).tolist() == expected
        assert len(set(expected)) > 20


@pytest.mark.parametrize(
    ("segment_length", "bank", "wavelet"),
    [(64, "undecimated", "haar"), (256, "undecimated", "db2"), (256, "decimated", "db4"), (128, "decimated", "db4")],
)
def test_tracked_words_belong_to_one_segment_and_to_the_middle_of_its_window(segment_length, bank, wavelet):
    core = make(segment_length=segment_length, bank=bank, wavelet=wavelet, window="hann")
    tracked, delay = core.way.stages.tracked, core.filter_bank.total_delay(core.levels)
    period = 2**core.levels if bank == "decimated" else 1
    assert delay <= tracked.first < tracked.last <= segment_length
    assert tracked.first % period == tracked.last % period == tracked.period % period == 0
    centre = (tracked.first + tracked.last - 1 - delay) / 2
    assert abs(centre - (segment_length - 1) / 2) <= period + delay / 2
    assert tracked.last - tracked.first <= core.way.stages.segmenter.hop


@pytest.mark.parametrize("period", [1, 2, 4, 8, 16])
def test_any_segment_that_is_taken_has_words_to_track(period):
    for delay, length in itertools.product((1, 3, 7, 15, 45, 105), range(2, 250)):
        if length < first_whole(delay, period) + period:
            continue
        for hop in {1, max(1, length // 4), length // 2}:
            padding = 2 * delay + -(length + 2 * delay) % period
            tracked = tracking_window(length, hop, delay, padding, period)
            assert delay <= tracked.first < tracked.last <= length
            assert np.isfinite(peak_factor(np.ones(length), tracked, delay))


@pytest.mark.parametrize(("window", "floors"), [("sqrt_hann", (7.1, 5.8, 3.6)), ("hann", (6.9, 5.5, 3.2)), ("hamming", (6.9, 5.5, 3.2))])
def test_gain_on_speech(window, floors):
    """Not far below the stream's; and the noise tracked on whole segments, with their tapered ends and the padding, is worth little."""
    core = make(segment_length=256, window=window)
    gains = snr_gains(core, [SPEECH], seeds=1)
    assert all(gain >= floor for gain, floor in zip(gains, floors, strict=True)), gains
    stages = core.way.stages
    everywhere = stages.sequencer.replace(calculation=stages.sequencer.calculation.replace(tracked=None))
    careless = core.replace()
    careless.way.__dict__["stages"] = type(stages)(stages.segmenter, everywhere, stages.adder)
    assert snr_gains(careless, [SPEECH], seeds=1)[0] < gains[0] - 3


@pytest.mark.parametrize("kind", KINDS)
def test_model_follows_the_reference(kind):
    core = make(**KINDS[kind])
    truth = core.reference(NOISY / 32768.0)
    assert len(truth) == len(NOISY)
    found = core.model(NOISY)[core.delay :] / 32768.0
    error = truth[: found.size] - found
    assert 10 * np.log10(np.sum(truth**2) / np.sum(error**2)) > 38


def test_behind_standby_segments_are_whole_again():
    """Words let go in standby are whole packets in the end: what follows is the input again, whole hops of it lost."""
    core = make(**KINDS["hann, undecimated"])
    hop, words = core.way.stages.segmenter.hop, NOISY[8000:8144]
    controls = {**core.controls, "bypass": 1}
    events = ((3007, "enable", 0), (3803, "enable", 1))
    response = run(core, Stimulus({"data": words}, offer=np.arange(23) == 0, controls=controls, events=events, drain=6000), "ghdl")
    found = response.data
    lost = words.size - found.size
    assert lost > 0
    assert lost % hop == 0
    tail = found[-60:] - words[-60 - core.delay : -core.delay]
    assert np.abs(tail).max() <= 1


@pytest.mark.parametrize(("window", "hop"), [("hann", 128), ("sqrt_hann", 128), ("sqrt_hann", 64), ("hamming", 128)])
def test_sigma_of_stationary_noise_is_that_at_the_peak_of_the_window(window, hop):
    """K counts in units of the noise where the window is highest: lambda there is what the stream's would be, but for the window's gain."""
    core = make(segment_length=256, hop=hop, window=window, wavelet="haar", levels=2, start=0.05)
    noise = audio_to_words(0.05 * np.random.default_rng(8).standard_normal(60_000), core.sink)
    segments = core.way.stages.segmenter.model(noise)[0]
    inner = core.way.stages.sequencer.calculation
    model, stream = inner.way.bands_model, core.replace(processing="stream", window="none", hop=0).way.bands_model
    for level, interval in enumerate(model.intervals, 1):
        lambdas = []
        for one, words in ((model, segments), (stream, noise)):
            bands = aligned_bands(words, one.analysis, one.formats, one.guard_bits, one.waits, one.rounding)
            seen = None if one.tracked is None else one.tracked.mask(bands[level].size)
            limits = one.tracker.limits(one.tracker.medians(bands[level], interval, seen), one.gain)
            lambdas.append(np.mean(limits[limits.size // 3 :]))
        peak = core.way.stages.segmenter.weights.max()
        assert abs(lambdas[0] / lambdas[1] / peak - 1) < 0.08


def test_what_each_mode_costs_in_delay():
    stream, segment = make(processing="stream"), make(segment_length=128)
    overlapping = make(segment_length=128, window="sqrt_hann")
    assert stream.delay == segment.delay == 45
    assert overlapping.delay == 45 + 64
    # A segment is acquired first: at 16 kHz that comes on top of the delay in samples.
    assert segment.latency > 128
    assert overlapping.cycles_per_sample < 50_000_000 / RATE


BAD = [
    ({"processing": "stream", "window": "hann"}, 'window = "hann": must be none with processing = "stream"'),
    ({"window": "triangle"}, 'window = "triangle": must be one of none, hamming'),
    ({"window": "hann", "hop": 48, "segment_length": 128}, "hop = 48: must let windows add up to a constant"),
    ({"window": "hann", "segment_length": 44}, "segment_length = 44: must be 46 or more, or levels fewer"),
    ({"window": "hann", "segment_length": 127, "bank": "decimated", "wavelet": "db4"}, "segment_length = 127: must be 128 or more"),
    ({"window": "hann", "segment_length": 4096}, "segment_length = 4096: must be less than 4006: 90 zeros follow"),
    ({"window": "hann", "segment_length": 128, "threshold": 10}, "threshold = 10.0: must be 0.02 to [89].[0-9]* with this window"),
    ({"window": "hann", "segment_length": 128, "sink": "sfix32_En31"}, "guard_bits = 3: must be 0 to 0 with windows"),
]


@pytest.mark.parametrize(("parameters", "message"), BAD)
def test_bad_parameters(parameters, message):
    with pytest.raises(ParameterError, match=message):
        make(**parameters)
