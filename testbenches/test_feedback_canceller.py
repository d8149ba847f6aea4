"""Feedback canceller: words of its definition, paths that are learnt, what cannot upset it, the closed loop, and the chain of proof."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import scipy.signal
from hypothesis import given
from hypothesis import strategies as st

import fixed_point.feedback_canceller
import reference.feedback_canceller
from fixed_point import to_float
from fixed_point.sound import read_audio
from ip_cores.core import make_core
from ip_cores.generate import generate, vhdl
from ip_cores.parameters import ParameterError
from testbenches.benchmarks.feedback import EXCERPT, at_level, closed_loop, gains_over_time, path
from testbenches.engines.own_bench import run_own_ghdl
from testbenches.errors import ToolError
from testbenches.for_tests.drawing import examples
from testbenches.fuzz.oracles.by_kind import right_words
from testbenches.fuzz.strategies import descriptions, model_argument, stimuli
from testbenches.stream_proof import judged_streams
from testbenches.verify import verify
from testbenches.vhdl_quality import faults

RATE = 16000
SMALL = {"taps": 4, "delay": 1, "step": 1, "leak": 2}


def make(**parameters):
    return make_core({"core": "feedback_canceller", "name": "cancelling", **parameters})


def words(microphone, loudspeaker):
    return {"sink_0": np.asarray(microphone, dtype=np.int64), "sink_1": np.asarray(loudspeaker, dtype=np.int64)}


def through(taps, loudspeaker):
    """What comes by a path, as words of 16 bits."""
    return np.clip(np.rint(np.convolve(loudspeaker, taps)[: len(loudspeaker)]), -(2**15), 2**15 - 1).astype(np.int64)


def noise(count, seed=1, size=2**14):
    return np.random.default_rng(seed).integers(-size, size, count)


def level(x):
    return 10 * np.log10(np.mean(np.square(np.asarray(x, dtype=np.float64))) + 1e-30)


@examples(60)
@given(st.data())
def test_model_equals_its_definition(data):
    description = data.draw(descriptions("feedback_canceller"))
    core = make_core(description)
    fields, values = data.draw(stimuli(core, description))
    x, met = model_argument(core, core.kind, fields), {name: np.array(row) for name, row in values.items()}
    found = core.steered_model(x, met) if values else core.model(x)
    assert found.tolist() == right_words(core, fields, values)["data"]


def plain_canceller(d, u, taps, delay, a, mu, regular):
    """The reference's law by numpy's own sums, one sample after the other: scipy's filter in front of both signals."""
    white, heard = (scipy.signal.lfilter([1, -a], 1, one) for one in (u, d))
    u, white = (np.concatenate([np.zeros(taps + delay), one]) for one in (u, white))
    weights, left = np.zeros(taps), []
    for n in range(len(d)):
        newest = n + taps
        met, whitened = (one[newest : newest - taps : -1] for one in (u, white))
        left.append(d[n] - weights @ met)
        error = heard[n] - weights @ whitened
        weights = weights + mu * error * whitened / 2 ** np.ceil(np.log2(whitened @ whitened + regular))
    return np.array(left)


@pytest.mark.parametrize(("taps", "delay", "step"), [(5, 0, 0), (8, 3, 4)])
def test_the_reference_is_normalised_lms_behind_a_prefilter(taps, delay, step):
    core = make(taps=taps, delay=delay, step=step, prefilter=0.875)
    d, u = (size * np.random.default_rng(seed).standard_normal(400) for seed, size in ((1, 0.02), (2, 0.2)))
    truth = plain_canceller(d, u, taps, delay, 0.875, 2.0**-step, core.settings.regular)
    np.testing.assert_allclose(core.reference({"sink_0": d, "sink_1": u}), np.clip(truth, -1, 1 - 2**-15), atol=1e-9)


def test_a_block_goes_on_where_the_one_before_ended():
    core = make(**SMALL)
    d, u = noise(300), noise(300, 2)
    state = fixed_point.feedback_canceller.CancellerWords.silent(core.law)
    blocks = [
        fixed_point.feedback_canceller.feedback_canceller(d[n : n + 50], u[n : n + 50], core.law, core.step, core.leak, state=state)
        for n in range(0, 300, 50)
    ]
    assert np.concatenate(blocks).tolist() == core.model(words(d, u)).tolist()
    kept = reference.feedback_canceller.CancellerState.silent(core.settings)
    x, y = (to_float(one, core.sink) for one in (d, u))
    parts = [
        reference.feedback_canceller.feedback_canceller(
            x[n : n + 50], y[n : n + 50], core.settings, core.speed, core.leakage, state=kept
        )
        for n in range(0, 300, 50)
    ]  # fmt: skip
    np.testing.assert_allclose(np.concatenate(parts), core.reference({"sink_0": x, "sink_1": y}), atol=1e-12)


def test_a_path_is_learnt_where_it_lies():
    taps = [0.0] * 5 + [0.5, -0.3, 0.1]
    core = make(taps=4, delay=5, step=0)
    state = fixed_point.feedback_canceller.CancellerWords.silent(core.law)
    u = noise(4000)
    left = fixed_point.feedback_canceller.feedback_canceller(through(taps, u), u, core.law, 0, state=state)
    np.testing.assert_allclose(state.weights * core.law.stored.resolution, [0.5, -0.3, 0.1, 0.0], atol=1e-3)
    # What is left is what rounding the microphone's words leaves.
    assert np.abs(left[-1000:]).max() <= 4
    outside = make(taps=4, delay=0, step=0).model(words(through(taps, u), u))
    assert level(outside[-1000:]) > level(through(taps, u)) - 3


def test_frozen_weights_stay_and_a_leak_takes_them_away():
    core, u = make(taps=4, step=2), noise(3000)
    d = through([0.5, 0.25], u)
    frozen = {"step": np.full(3000, 2), "leak": np.zeros(3000, np.int64), "freeze": np.zeros(3000, np.int64)}
    frozen["freeze"][1500:] = 1
    d[1500:] = 0
    still = core.steered_model(words(d, u), frozen)
    np.testing.assert_allclose(still[1600:], -through([0.5, 0.25], u)[1600:], atol=3)
    # From then on nothing comes in, and weights fall by 2**-8 a word: to 37 % in 256 of them.
    fading = {"step": np.full(3000, 2), "leak": np.where(np.arange(3000) < 1500, 0, 7), "freeze": np.zeros(3000, np.int64)}
    u[1500:], u[2012] = 0, 2**14
    left = core.steered_model(words(np.where(np.arange(3000) < 1500, through([0.5, 0.25], u), 0), u), fading)
    assert left[2012] / -(2**14) == pytest.approx(0.5 * np.exp(-2), rel=0.03)


def speech(seconds, gain=0.0):
    x = at_level(np.resize(read_audio(EXCERPT).samples, seconds * RATE)) * 10 ** (gain / 20)
    return np.clip(np.rint(x * 2**15), -(2**15), 2**15 - 1).astype(np.int64)


def test_echo_of_speech_is_taken_away():
    u = speech(4, 20.0)
    d = through(path(1), u)
    left = make(taps=64, step=1).model(words(d, u))
    assert level(d[2 * RATE :]) - level(left[2 * RATE :]) >= 27


def test_a_loop_bears_more_gain():
    core, x = make(taps=64, step=8), np.resize(at_level(read_audio(EXCERPT).samples), 8 * RATE)
    gains = gains_over_time(core, False, x, path(1), 6.0, 15.0)
    assert gains.mean() >= 8
    without, _ = closed_loop(None, True, x[:RATE], path(1), 6.0, 15.0)
    assert not without.any()


@pytest.mark.parametrize("step", [0, 8])
@pytest.mark.parametrize("kind", ["silence", "tone", "full scale", "silent loudspeaker"])
def test_nothing_upsets_it(kind, step):
    """Weights stay in range, and what is left is no louder than what came in by more than the weights can make of the loudspeaker."""
    count = 8000
    tone = np.rint(2**14 * np.sin(2 * np.pi * 1000 / RATE * np.arange(count))).astype(np.int64)
    square = np.where(np.arange(count) // 40 % 2, 2**15 - 1, -(2**15))
    d, u = {
        "silence": (np.zeros(count, np.int64),) * 2,
        "tone": (tone // 4, tone),
        "full scale": (np.roll(square, 7), square),
        "silent loudspeaker": (square, np.zeros(count, np.int64)),
    }[kind]
    left = make(taps=32, step=step).model(words(d, u))
    if kind == "silence":
        assert not left.any()
    elif kind == "silent loudspeaker":
        assert left.tolist() == d.tolist()
    else:
        assert level(left[-2000:]) <= level(d) - (0 if step else 20)


def test_large_steps_settle_because_the_error_is_of_the_weights_as_they_are():
    """With the prefiltered output as error, as it would be cheaper, speech drives a step of a half beyond all bounds."""
    u = speech(3, 20.0)
    left = make(taps=64, step=0).model(words(through(path(2), u), u))
    assert level(left[RATE:]) < level(through(path(2), u)[RATE:]) - 20


@pytest.mark.parametrize(
    "parameters", [{}, {"leak": 3}, {"sink": "sfix12_En11", "source": "sfix14_En13", "taps": 8}, {"step": 4, "taps": 16}]
)
def test_what_is_promised_is_kept(parameters):
    core = make(**{"taps": 32, **parameters})
    full = -core.sink.minimum
    u = noise(3000, size=full)
    for d in (noise(3000, 2, full), through(path(1), u) + noise(3000, 3, max(full >> 6, 2))):
        found = judged_streams(core, words(np.clip(d, -full, full - 1), u))
        assert found.kept, found
        assert found.promise.snr > 30
        assert found.promise.decisions.different <= found.promise.decisions.uncertain


def test_another_law_is_not_what_is_promised():
    core = make(taps=8)
    played = words(noise(3000), noise(3000, 2))
    with pytest.MonkeyPatch.context() as patch:
        other = make(taps=8, step=7)
        patch.setattr(type(core), "model", lambda self, x: type(other).steered_model(other, x, slow(len(x["sink_0"]))))
        assert not judged_streams(core, played).kept


def slow(count):
    return {"step": np.full(count, 7), "leak": np.zeros(count, np.int64), "freeze": np.zeros(count, np.int64)}


@pytest.mark.parametrize("engine", ["myhdl", "native"])
def test_the_hardware_is_the_model(engine):
    proof = verify(make(**SMALL), "noise", [engine], samples=200 if engine == "myhdl" else 1500)
    assert proof.passed, proof.engines
    assert [leg.name for leg in proof.engines[0].legs] == ["stalled", "full rate", "controls moved"]
    assert proof.engines[0].legs[-1].moves == 120
    assert proof.promised_snr <= proof.snr


def test_it_stands_in_a_graph_and_sets_its_pace():
    """An echo and what it is an echo of: both are there long before the canceller takes them, and wait for no more than a few words."""
    echo = {"core": "fir", "name": "echo", "inputs": ["input"], "form": "direct", "coefficients": [0.0, 0.5, -0.25]}
    learns = {"core": "feedback_canceller", "name": "learns", "inputs": ["echo", "input"], "taps": 3, "step": 1}
    core = make_core({"core": "chain", "name": "paths", "stages": [echo, learns]})
    assert core.cycles_per_sample == 21
    proof = verify(core, noise(400, size=2**15), ["native"])
    assert proof.passed, proof
    assert {leg.name for leg in proof.engines[0].legs} == {"stalled", "full rate", "filled", "controls moved", "restarted"}
    assert level(core.model(noise(3000))[-500:]) < 10


def test_a_loop_through_the_microphone_is_refused_in_a_line():
    stages = [
        {"core": "feedback_canceller", "name": "learns", "inputs": ["aid", "input"]},
        {"core": "limiter", "name": "aid", "inputs": ["learns"]},
        {"core": "stream_register", "name": "out", "inputs": ["aid"]},
    ]
    with pytest.raises(ParameterError, match="must make no loop; words would go from learns to aid to learns"):
        make_core({"core": "chain", "name": "looped", "stages": stages})


def test_the_delivered_vhdl_gives_the_models_words(tmp_path):
    """Its own bench: both sinks and the source with stalls of their own; and the bench is one that finds what differs."""
    manifest = generate(make(taps=3, step=2), tmp_path / "vhdl")
    bench = (manifest.folder / "simulation" / "cancelling_tb.vhd").read_text()
    assert "64 words" in run_own_ghdl(manifest, bench, tmp_path, top="cancelling_tb")
    spoilt = manifest.folder / "cancelling_sums.vhd"
    text = spoilt.read_text()
    assert "taught - product" in text
    spoilt.write_text(text.replace("taught - product", "taught + product"))
    with pytest.raises(ToolError, match="differs from the model"):
        run_own_ghdl(manifest, bench, tmp_path, top="cancelling_tb")


def test_a_dead_port_is_seen():
    """A model without its leak stands for hardware whose port is not connected."""
    core = make(**SMALL, name="deaf")
    proper = type(core).steered_model
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(core), "steered_model", lambda self, x, values: proper(self, x, {**values, "leak": values["leak"] * 0}))
        found = verify(core, "noise", ["native"], samples=300)
    assert found.engines[0].legs[-1].name == "controls moved"
    assert found.engines[0].words_different or "leak" in found.unnoticed


def test_clocks_follow_the_number_of_weights():
    for taps in (2, 4, 64):
        core = make(taps=taps)
        assert (core.latency, core.cycles_per_sample) == (2 * taps + 15, 2 * taps + 15)


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        ({"taps": 1}, "taps = 1: must be 2 to 256"),
        ({"delay": -1}, "delay = -1"),
        ({"step": 16}, "step = 16: must be 0 to 15"),
        ({"prefilter": 1.0}, r"prefilter = 1\.0"),
        ({"sink": "ufix16_En16"}, "sink = .*: must be signed"),
        ({"weight": "sfix16_En1"}, "weight = .*: must have 4 bits of fraction and more"),
        ({"source": "sfix8_E40"}, "source = .*: must have a last bit that is less than 56 bits above a product's"),
        ({"source": "sfix16_En15", "sink": "sfix4_En0", "weight": "sfix8_En6"}, "source = .*: must have fewer than 6 bits of fraction"),
        ({"weight": "sfix32_En31", "guard_bits": 12, "quiet": -140.0}, "weight = .*: must be shorter, or guard_bits fewer"),
    ],
)  # fmt: skip
def test_bad_parameters_are_refused_in_a_line(parameters, reason):
    with pytest.raises(ParameterError, match=reason):
        make(**parameters)


def test_what_follows_is_told():
    told = make(taps=64, delay=16, leak=3).derived
    assert told["path"] == "from 1 to 4.938 ms behind the loudspeaker's word"
    assert told["leak"] == "weights fall to 37 % in 4096 ms"
    assert dataclasses.replace(make(), prefilter=0.9).derived["prefilter"] == "1 - 29/32 z^-1"


def test_limits_have_names_where_two_are_one_number():
    """With two weights one of them is multiplied when the word's square that leaves the power is."""
    assert not list(faults(vhdl(make_core({"core": "feedback_canceller", "taps": 2}))))


def test_the_delay_of_the_loudspeaker_is_none_of_the_signal():
    """What enters leaves in the same word, whatever `delay` the weights begin behind; so it does beside another path."""
    core = make_core({"core": "feedback_canceller", "delay": 16})
    words = np.zeros(40, dtype=np.int64)
    words[5] = 12345
    given = core.model({"sink_0": words, "sink_1": np.zeros(40, dtype=np.int64)})
    assert np.flatnonzero(given).tolist() == [5]
    assert (core.algorithmic_delay, core.group_delay, core.word_delay, core.delay_words) == (0, 0, 0, 0)
