"""What cores promise of their models: kept by every model, by no spoilt reference, and not silly."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.signal
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fixed_point import Format, to_float
from fixed_point.word_lengths.losses import CoefficientSet, Losses, Transfer, coefficient_error, of_few
from fixed_point.word_lengths.noise import Noise
from ip_cores.chain import Chain
from ip_cores.core import Core, core_kinds, make_core
from ip_cores.description import descriptions_in, load_core, read_description
from ip_cores.fir import Fir
from ip_cores.generate import vhdl
from ip_cores.promise import Promise, as_values, first_of, independent
from ossicle.command_line import main
from ossicle.proof import complaints, remarks
from testbenches.fuzz.random_cores import random_core
from testbenches.judgement import Judgement, judge
from testbenches.signals import make_signal
from testbenches.simulate import in_order, values
from testbenches.verify import verify

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
OWN_BENCH = ("dual_clock_fifo", "i2c_master", "i2s_receiver", "i2s_transmitter", "pdm_microphone", "reset_synchronizer", "wm8731_setup")
SEVERAL_STREAMS = ("feedback_canceller", "mix", "split")
WITHOUT_A_SINK = ("nco",)
STREAMS = sorted(set(core_kinds()) - {*OWN_BENCH, *SEVERAL_STREAMS, *WITHOUT_A_SINK})

quick = settings(deadline=None, max_examples=20, suppress_health_check=[HealthCheck.too_slow])


def examples():
    """An example of each kind with a stream, by kind."""
    found: dict[str, Core] = {}
    for path in descriptions_in(EXAMPLES):
        core = load_core(path)
        if core.is_stream and core.on_one_clock:
            found.setdefault(core.kind, core)
    return found


STREAM_EXAMPLES = examples()


def played(core: Core, signal: str = "noise", samples: int = 3000, seed: int = 1) -> dict[str, Any]:
    words = make_signal(signal, core, samples, seed)
    return {"data": words, **core.accompany(words)}


def spoilt(core: Core, factor: float) -> Any:
    """The same core with a reference that is a multiple of what it should be."""

    class Spoilt(type(core)):  # type: ignore[misc]
        kind = ""

        def reference(self, x):
            given = super().reference(x)
            return (factor * np.asarray(given[0]), *given[1:]) if isinstance(given, tuple) else factor * np.asarray(given)

    other = object.__new__(Spoilt)
    other.__dict__.update(core.__dict__)
    return other


GAINS = {
    "band_gain": (55, 30), "compressor": (40, 35), "hearing_aid": (40, 35), "conv_network": (25, 15), "cic": (45, 25), "psola": (45, 20),
}  # fmt: skip
"""Least promise and largest margin in dB: of a decimator by 64, of which the samples played make 47 words, a bound; of a network, whose
words between layers are short; of windows from a short table; of kinds whose gains are off by the same part of themselves at every word,
up or down, what they promise holds for the gain that is furthest off, and most are not."""


VOICE_WORKED_ON = {"psola": ("speech", 16_000)}
"""Signal, and how much of it, for kinds that let noise pass as it is."""

VOICE_ASKED = {"pitch_detector": ("speech", 16_000)}
"""The same for those that give nothing but zeros for noise."""


def test_every_kind_with_a_stream_has_an_example():
    assert sorted(STREAM_EXAMPLES) == STREAMS


@pytest.mark.parametrize("kind", STREAMS)
def test_a_promise_is_a_number_or_exact_and_kept(kind):
    judgement = judge(STREAM_EXAMPLES[kind], played(STREAM_EXAMPLES[kind], *VOICE_WORKED_ON.get(kind, ())))
    assert judgement.kept
    assert judgement.tells
    assert judgement.promise.how in ("exact", "bound", "prediction")
    if judgement.promise.exact:
        assert judgement.snr == math.inf
    else:
        assert judgement.promise.snr is not None
        least, most = GAINS.get(kind, (60, 15))
        assert least < judgement.promise.snr <= judgement.snr
        assert judgement.margin is not None
        assert 0 <= judgement.margin < most




SEEN = {"conv_network": 1.1}
"""What a factor becomes that is next to one, for kinds whose promise lies below 40 dB."""


@pytest.mark.parametrize("factor", [-3.0, 1.01])
@pytest.mark.parametrize("kind", STREAMS)
def test_a_spoilt_reference_fails(kind, factor):
    core = STREAM_EXAMPLES[kind]
    factor = SEEN.get(kind, factor) if factor > 0 else factor
    assert not judge(spoilt(core, factor), played(core, *VOICE_ASKED.get(kind, ()))).kept


@pytest.mark.parametrize("kind", STREAMS)
@quick
@given(seed=st.integers(0, 2**20), signal=st.sampled_from(["noise", "noise", "extremes", "sine", "sweep", "step", "impulse", "speech"]))
def test_models_reach_what_random_cores_promise(kind, seed, signal):
    core = random_core(kind, seed)
    if core is not None:
        judgement = judge(core, played(core, signal, 2500, seed))
        assert judgement.kept, f"{core.description}: SNR {judgement.snr}, {judgement.promise}"


@pytest.mark.parametrize("taps", [5, 31, 64])
@pytest.mark.parametrize("rates", [{}, {"decimation": 3}, {"interpolation": 2}])
def test_a_filter_of_16_bits_promises_no_less_than_6_db_below_noise(taps, rates):
    core = Fir(form="serial", coefficients=scipy.signal.firwin(taps, 0.3), coefficient="sfix16_En15", **rates)
    judgement = judge(core, played(core, samples=40_000))
    assert judgement.margin is not None
    assert 0 <= judgement.margin < 6


BANK = {"coefficient_word_length": 32, "guard_bits": 2}
ACCURATE: list[dict[str, Any]] = [
    *({"core": kind, "wavelet": "db4", "levels": 3, "sink": "sfix12_En11", **BANK} for kind in ("dwt_analysis", "swt_analysis", "dwt_ola")),
    *({"core": kind, "wavelet": "bior2.2", "levels": 3, "source": "sfix12_En11", **BANK} for kind in ("dwt_synthesis", "swt_synthesis")),
    {"core": "swt_analysis", "wavelet": "haar", "levels": 4, "sink": "sfix12_En11", **BANK},
    {"core": "packet_analysis", "wavelet": "db2", "levels": 3, "sink": "sfix12_En11", **BANK},
    {"core": "packet_synthesis", "wavelet": "db2", "levels": 3, "source": "sfix12_En11", **BANK},
    {"core": "lifting_analysis", "scheme": "5/3", "levels": 3, "guard_bits": 1, "sink": "sfix12_En11"},
    {"core": "lifting_analysis", "scheme": "9/7", "levels": 3, "coefficient_word_length": 32, "sink": "sfix12_En11"},
    {"core": "lifting_synthesis", "scheme": "5/3", "levels": 3, "source": "sfix12_En11"},
    {"core": "lifting_synthesis", "scheme": "9/7", "levels": 2, "coefficient_word_length": 32, "guard_bits": 1, "source": "sfix12_En11"},
    {"core": "segmenter", "window_word_length": 20, "sink": "sfix10_En9", "source": "sfix8_En7"},
    {"core": "overlap_add", "window": "sqrt_hann", "window_word_length": 20, "sink": "sfix10_En9", "source": "sfix8_En7"},
    {"core": "threshold", "rule": "floor", "sink": "sfix12_En11", "threshold": 2.0},
]
"""Cores in which roundings outweigh what coefficients may be off by, so that the noise model shows."""


@pytest.mark.parametrize("rounding", ["nearest", "floor", "convergent", "ceil"])
@pytest.mark.parametrize("description", ACCURATE, ids=lambda row: f"{row['core']}-{row.get('wavelet', row.get('scheme', ''))}")
def test_predicted_noise_is_what_roundings_measure(description, rounding):
    shape = dict(description)
    if "rounding" in core_kinds()[shape["core"]].__dataclass_fields__:
        shape["rounding"] = rounding
    core = make_core(shape)
    low, high = core.sink_format.minimum, core.sink_format.maximum
    part = 40 if core.sink_ports else 3
    data = np.random.default_rng(4).integers(low // part, high // part, 40_000)
    words = in_order(core, {"data": data, **core.accompany(data)})
    follower = core.following(words)
    error = first_of(values(core, core.model(words))) - np.asarray(first_of(follower.late_reference(as_values(core, words))))
    noise = follower.losses.noise
    assert -0.5 < 10 * math.log10(noise.power / np.mean(error**2)) < 1.5
    assert np.abs(error).max() <= noise.limit * (1 + 1e-6) + 1e-6 * core.sink_format.resolution


def test_a_decimator_may_pick_the_phase_of_an_interpolator_that_rounds():
    """Every other word of the first is 0 and right; the second looks at one of the two only, and which is a matter of its taps."""
    first = Fir(name="first", coefficients=[0.9], coefficient="sfix16_En15", source="sfix8_En7", interpolation=2)
    taps = np.array([0.2, 0.0, -0.3, 0.0, 0.25, 0.0, 0.2])
    second = {"sink": "sfix8_En7", "coefficient": "sfix16_En15", "source": "sfix20_En19", "decimation": 2}
    even, odd = (Chain([first, Fir(name="second", coefficients=one, **second)]) for one in (taps, np.append(0.0, taps)))
    judgement = judge(even, played(even))
    assert judgement.margin is not None
    assert 0 <= judgement.margin < 3
    # The other phase is silence: compared exactly, or all that is left of the signal is right.
    assert not np.any(odd.model(played(odd)["data"]))


def test_a_clipped_coefficient_does_not_lower_the_promise():
    """A tap of 1.5 in a format that ends at 1: the model is wrong by half, the promise is what it was."""
    noise = np.random.default_rng(2).integers(-12000, 12000, 5000)
    right = judge(Fir(coefficients=[0.75, 0.1], source="sfix18_En15"), {"data": noise})
    wrong = judge(Fir(coefficients=[1.5, 0.1], source="sfix18_En15", clip_coefficients=True), {"data": noise})
    assert right.kept
    assert not wrong.kept
    assert wrong.promise.snr is not None
    assert right.promise.snr is not None
    assert wrong.promise.snr > right.promise.snr


def test_a_tap_of_one_takes_the_word_beside_it_and_is_kept():
    judgement = judge(Fir(coefficients=[0.0, 1.0], coefficient="sfix16_En15"), played(Fir(coefficients=[1.0])))
    assert judgement.kept
    assert judgement.promise.snr is not None
    assert judgement.promise.snr > 80


def test_the_promise_follows_from_the_word_lengths_and_not_from_the_coefficients_errors():
    words = np.random.default_rng(3).integers(-(2**14), 2**14, 4000)
    # A tap that is off as far as can be, and one that is hardly off at all.
    bad, good = (Fir(coefficients=[tap, 0.25], source="sfix24_En23") for tap in ((4000 + 0.49) / 2**15, (4000 + 0.01) / 2**15))
    assert bad.promised_snr(words).snr == pytest.approx(good.promised_snr(words).snr, abs=0.01)
    assert judge(bad, {"data": words}).snr < judge(good, {"data": words}).snr - 20


def test_words_that_saturate_are_counted_and_left_out():
    taps = scipy.signal.firwin(63, [300, 3400], pass_zero="bandpass", fs=16000)
    core = Fir(coefficients=taps, coefficient="sfix16_En15")
    judgement = judge(core, played(core))
    truth = core.reference(to_float(played(core)["data"], core.sink))
    assert judgement.promise.saturated == np.count_nonzero((truth > core.source.range[1]) | (truth < core.source.range[0]))
    assert judgement.promise.saturated > 0
    assert judgement.kept


def test_what_depends_on_a_word_that_saturates_is_left_out_too():
    """A first stage that saturates once, a second one with a memory of two samples."""
    first = Fir(name="first", coefficients=[0.9], source="sfix16_En16", coefficient="sfix16_En15")
    second = Fir(name="second", coefficients=[0.5, 0.25, 0.125], sink="sfix16_En16", source="sfix16_En15")
    words = np.full(30, 1000)
    words[10] = 30000
    promise = Chain([first, second]).promised_snr(words)
    assert np.flatnonzero(~promise.judged).tolist() == [10, 11, 12]
    assert (promise.words, promise.saturated) == (27, 3)


def test_where_hardly_a_word_is_left_the_level_is_lowered():
    core = load_core(EXAMPLES / "packet_synthesis.toml")
    judgement = judge(core, played(core))
    assert judgement.lowered > 0
    assert judgement.promise.words >= 0.1 * (judgement.promise.words + judgement.promise.saturated)
    assert judgement.kept


@pytest.mark.parametrize("kind", STREAMS)
def test_silence_is_compared_exactly(kind):
    core = STREAM_EXAMPLES[kind]
    words = np.zeros(700, np.int64)
    judgement = judge(core, {"data": words, **core.accompany(words)})
    assert judgement.promise.how == "not judged"
    assert judgement.promise.snr is None
    assert judgement.kept
    assert judgement.tells

    class Humming(type(core)):  # type: ignore[misc, valid-type]
        kind = ""

        def model(self, x):
            given = super().model(x)
            first_of(given)[-1] += 1
            return given

    other = object.__new__(Humming)
    other.__dict__.update(core.__dict__)
    assert not judge(other, {"data": words, **core.accompany(words)}).kept


def test_less_than_20_db_prove_nothing_unless_it_is_meant():
    rough = {"core": "fir", "coefficients": [0.4, 0.3], "sink": "sfix4_En3", "source": "sfix3_En2"}
    for least, tells in ((None, False), (5.0, True), (30.0, False)):
        core = make_core({**rough, **({} if least is None else {"minimum_snr": least})})
        judgement = judge(core, played(core))
        assert judgement.kept
        assert judgement.tells is tells
        outcome = verify(core, samples=300, engines=["myhdl"])
        assert outcome.passed is tells
        assert any("proves nothing" in sentence for sentence in complaints(outcome)) is not tells


def test_minimum_snr_is_a_key_of_any_description_and_none_of_the_hardware():
    for path in descriptions_in(EXAMPLES):
        core = load_core(path)
        other = load_core(path, minimum_snr=12)
        assert ("minimum_snr" in core.description) == ("minimum_snr" in read_description(path))
        assert other.description["minimum_snr"] == 12.0
        assert make_core(other.description) == other
    plain, marked = (load_core(EXAMPLES / "chain.toml", **extra) for extra in ({}, {"minimum_snr": 12}))
    assert vhdl(plain) == vhdl(marked)
    with pytest.raises(ValueError, match='minimum_snr = "often": must be a number, in dB'):
        make_core({"core": "fifo", "minimum_snr": "often"})


@pytest.mark.parametrize("kind", ["threshold", "denoiser", "sequencer"])
def test_cores_that_decide_promise_how_often_they_may_differ(kind):
    core = STREAM_EXAMPLES[kind] if kind != "sequencer" else load_core(EXAMPLES / "segment_denoiser.toml")
    assert core.decides
    judgement = judge(core, played(core, "speech", 8000))
    decisions = judgement.promise.decisions
    assert decisions is not None
    assert decisions.kept
    assert decisions.uncertain < 0.05 * decisions.made
    assert any("decisions differ from the reference's" in line for line in remarks(judgement))


def test_a_threshold_whose_tracker_is_off_decides_too_often_otherwise():
    core = load_core(EXAMPLES / "threshold.toml")

    class Deaf(type(core)):  # type: ignore[misc]
        kind = ""

        @property
        def gain(self):
            return super().gain * 3 // 4

    other = object.__new__(Deaf)
    other.__dict__.update(core.__dict__)
    words = np.random.default_rng(5).normal(0, 2**12, 20_000).astype(np.int64)
    fields = {"data": words, **core.accompany(words)}
    assert judge(core, fields).kept
    judgement = judge(other, fields)
    assert not judgement.kept
    assert judgement.promise.decisions is not None
    assert judgement.promise.decisions.different > judgement.promise.decisions.uncertain


def deciding(kind: str, bits: int, **parameters: Any) -> Core:
    format = f"sfix{bits}_En{bits - 1}"
    return make_core({"core": kind, "sink": format, **({"source": format} if kind == "denoiser" else {}), **parameters})


FEW_ROUNDINGS = {
    "K as far off as its word allows, a tracker that rises for long": (
        deciding("threshold", 17, rule="soft", levels=1, threshold=1.88, adaptation=10, start=0.003), 20_000,
    ),
    "a tracker that rests": (
        deciding("threshold", 21, rule="soft", levels=1, threshold=0.62, adaptation=10, start=0.012, bank="decimated"), 20_000,
    ),
    "hardly a small word": (
        deciding("threshold", 15, rule="floor", levels=2, threshold=1.36, adaptation=8, start=0.003, bank="decimated"), 1100,
    ),
    "means of two words, rounded down": (
        deciding("denoiser", 13, rule="hard", levels=1, threshold=3.99, adaptation=7, start=0.004, bank="decimated", wavelet="haar",
                 rounding="floor"), 20_000,
    ),
    "means of words, let through now and then": (
        deciding("denoiser", 19, rule="hard", levels=4, threshold=0.41, adaptation=9, start=0.007, wavelet="haar", rounding="floor"), 1100,
    ),
}  # fmt: skip
"""Cores that decide, and words of noise: once 2 to 14 dB worse than the noise model's prediction."""


@pytest.mark.parametrize("case", FEW_ROUNDINGS)
def test_the_margin_of_predictions_holds_where_few_roundings_differ(case):
    core, samples = FEW_ROUNDINGS[case]
    margins = [judge(core, played(core, "noise", samples, seed)).margin for seed in range(6)]
    assert None not in margins
    assert min(margins) >= 0, margins
    assert min(margins) < 12, margins


def test_the_mean_square_of_few_errors_is_bounded():
    random = np.random.default_rng(8)
    for count in (4, 40, 400):
        squares = np.mean(random.uniform(0, 1, (20_000, count)) ** 2, axis=1)
        assert np.mean(squares > of_few(Noise(0.5, 1 / 12, 1.0), count).power) < 0.005
    assert of_few(Noise(0.5, 1 / 12, 1.0), math.inf).power == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("there", "back", "shared"),
    [
        ("lifting_analysis", "lifting_synthesis", {"scheme": "9/7", "levels": 3}),
        ("dwt_analysis", "dwt_synthesis", {"exact": True, "levels": 2}),
        ("swt_analysis", "swt_synthesis", {"exact": True, "wavelet": "db2", "levels": 2}),
        ("packet_analysis", "packet_synthesis", {"exact": True, "levels": 2}),
    ],
)
def test_what_is_taken_apart_and_put_together_exactly_is_promised_exactly(there, back, shared):
    first = make_core({"core": there, "name": "there", **shared})
    format = {} if back == "lifting_synthesis" else {"sink": first.source_format}
    judgement = judge(Chain([first, make_core({"core": back, "name": "back", **shared, **format})]), played(first))
    assert judgement.promise.how == "exact"
    assert judgement.kept


def test_a_chain_with_a_denoiser_in_it_is_aligned_behind_a_decimator():
    """The denoiser's reference is in its place, its words are late: what takes every third of them has to see them late as well."""
    inner = make_core({"core": "denoiser", "name": "inner", "wavelet": "db2", "levels": 2})
    last = Fir(name="last", form="serial", coefficients=scipy.signal.firwin(21, 0.3), decimation=4)
    chain = Chain([inner, last])
    assert chain.delay % 4 != 0
    assert judge(chain, played(chain, "speech", 6000)).kept


@pytest.mark.parametrize("kind", OWN_BENCH)
@pytest.mark.parametrize("engine", ["myhdl", "ghdl", "native"])
def test_cores_without_a_stream_are_refused_in_one_line(kind, engine, capsys):
    assert main(["verify", str(EXAMPLES / f"{kind}.toml"), "--engine", engine]) == 2
    text = capsys.readouterr().err
    assert text.count("\n") == 1
    assert f"testbenches/test_{kind}.py" in text
    assert (EXAMPLES.parent / "testbenches" / f"test_{kind}.py").exists()


def test_verify_says_promise_and_margin_and_gives_them_as_json(capsys):
    path = str(EXAMPLES / "lowpass.toml")
    assert main(["verify", path, "--engine", "myhdl", "--samples", "1500"]) == 0
    assert "dB promised, " in capsys.readouterr().out
    assert main(["verify", path, "--engine", "myhdl", "--samples", "1500", "--json"]) == 0
    given = json.loads(capsys.readouterr().out)
    assert given["snr"] - given["promised_snr"] == pytest.approx(given["margin"])
    assert given["judgement"]["promise"]["how"] == "prediction"
    exact = verify(load_core(EXAMPLES / "fifo.toml"), samples=100, engines=["myhdl"])
    assert json.loads(json.dumps(exact.as_dict()))["judgement"]["promise"]["how"] == "exact"


def test_a_promise_that_is_not_kept_is_said():
    promise = Promise(80.0, "prediction", 10)
    outcome = verify(STREAM_EXAMPLES["stream_register"], samples=50, engines=["myhdl"])
    for judgement, sentence in (
        (Judgement(70.0, 0.0, promise, 0, 20.0), "SNR 70.0 dB against the reference, 80.0 dB promised"),
        (Judgement(90.0, 0.0, promise, 0, 20.0, alike=False), "another number of words"),
        (Judgement(70.0, 0.0, Promise(math.inf, "exact", 10), 0, 20.0), "every word has to be exact"),
        (Judgement(70.0, 0.0, Promise(-math.inf, "bound", 0, 10), 0, 20.0), "every word saturates"),
    ):
        failed = dataclasses.replace(outcome, judgement=judgement)
        assert not failed.passed
        assert any(sentence in line for line in complaints(failed)), complaints(failed)


def test_coefficients_count_with_their_worst_signs():
    """Against every combination of signs, for a signal that they all see."""
    taps = np.array([0.11, -0.23, 0.37])
    x = np.random.default_rng(6).normal(size=2000)
    x = scipy.signal.lfilter([1.0], [1, -0.95], x)  # coloured, so that signs matter
    given = CoefficientSet.of(taps, Format.parse("sfix8_En7"))
    assert given.errors.tolist() == [2.0**-8] * 3
    found = coefficient_error(lambda sets: np.convolve(x, sets[0])[: x.size], [given])
    signs = np.array(np.meshgrid(*[[-1, 1]] * 3)).reshape(3, -1).T
    worst = max(np.sqrt(np.mean(np.convolve(x, row * given.errors)[: x.size] ** 2)) for row in signs)
    assert worst <= found <= 1.6 * worst


def test_coefficients_that_words_hold_exactly_cost_nothing():
    assert not CoefficientSet.of([0.5, -0.25, 0.0, 1 / 128], Format.parse("sfix8_En7")).errors.any()
    assert Fir(coefficients=[0.5, -0.25], source="sfix32_En30").losses.exact
    assert Losses().exact
    assert not Losses(Noise(limit=0.5)).exact


def test_losses_of_cores_in_a_row_add_up():
    """A filter behind a rounding leaves of it what its taps' squares sum to, of its mean what they sum to, of its limit their L1 norm."""
    taps = np.array([0.5, -0.25, 0.125])
    lost = Losses(transfer=Transfer.of(taps)).behind(Losses(Noise(0.1, 1.0, 0.5)))
    assert lost.noise.mean == pytest.approx(0.1 * abs(taps.sum()))
    assert lost.noise.variance == pytest.approx(np.sum(taps**2))
    assert lost.noise.limit == pytest.approx(0.5 * np.abs(taps).sum())
    again = Losses(transfer=Transfer.of(taps)).behind(lost)
    assert again.noise.variance <= lost.noise.variance * np.abs(np.fft.rfft(taps, 4096)).max() ** 2 * (1 + 1e-9)


def test_words_that_repeat_themselves_are_not_many():
    noise = np.random.default_rng(7).normal(size=5000)
    assert independent(noise) > 4900
    assert independent(np.tile(noise[:20], 200)) == pytest.approx(20)
