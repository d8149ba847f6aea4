"""Loops through a feedback canceller: the model word by word, an acoustic path that is closed through the VHDL, clocks, what is refused."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

import fixed_point.feedback_canceller
from fixed_point import to_float
from fixed_point.full_scale import amplitude_decibels, audio_to_words
from ip_cores.chain.loop import player
from ip_cores.chain.wiring import Wiring
from ip_cores.core import make_core
from ip_cores.description import load_core
from ip_cores.parameters import ParameterError
from ossicle.command_line import main
from reference.feedback_canceller import added_stable_gain
from testbenches.benchmarks.feedback import LEAD, largest_gain, path
from testbenches.house import ROOT
from testbenches.judgement import judge
from testbenches.simulate import run, simulate
from testbenches.stimulus import Stimulus
from testbenches.verify import verify

EXAMPLE = ROOT / "examples/feedback_loop.toml"


def learns(inputs=("input", "aid"), **others):
    return {"core": "feedback_canceller", "name": "learns", "taps": 8, "delay": 2, "step": 4, "inputs": list(inputs), **others}


def fir(name, inputs, taps=(0.5, 0.25), **others):
    return {"core": "fir", "name": name, "inputs": list(inputs), "coefficients": list(taps), **others}


AID = {"core": "stream_register", "name": "aid", "sink": "sfix16_En15", "inputs": ["shape"]}


def looped(*stages):
    return make_core({"core": "chain", "name": "looped", "stages": list(stages)})


@cache
def small():
    return looped(learns(), fir("shape", ["learns"]), AID)


def noise(count, size=8000, seed=0):
    return np.random.default_rng(seed).integers(-size, size, count)


@pytest.mark.parametrize("delay", [0, 2, 5])
def test_the_model_is_the_loop_word_by_word(delay):
    """Each stage's own model, whole, again and again with what comes back, until that is what it was: a word more is right each time."""
    core = looped(learns(delay=delay), fir("shape", ["learns"], [0.5, -0.25, 0.75]), AID)
    words, (first, shape, _) = noise(60), core.stages
    back = np.zeros(60, np.int64)
    for _ in range(61):
        leaving = shape.model(first.model({"sink_0": words, "sink_1": back}))
        back = np.concatenate([[0], leaving[:-1]])
    assert core.model(words).tolist() == leaving.tolist()


def test_the_reference_closes_the_loop_and_follows_what_comes_back():
    core = small()
    words = noise(400)
    x = to_float(words, core.sink_format)
    truth, found = core.reference(x), to_float(core.model(words), core.source_format)
    assert amplitude_decibels(np.std(truth), np.std(found - truth)) > 50
    judgement = judge(core, {"data": words})
    assert judgement.kept
    assert judgement.promise.snr > 30
    assert core.following(words).reference(x) == pytest.approx(truth, abs=1e-3)


def test_run_time_inputs_are_met_word_by_word():
    core, words = small(), noise(300)
    assert sorted(core.run_time_inputs) == ["learns_freeze", "learns_leak", "learns_step"]
    usual = {"learns_step": np.full(300, 4), "learns_leak": np.zeros(300, np.int64), "learns_freeze": np.zeros(300, np.int64)}
    assert core.steered_model(words, usual).tolist() == core.model(words).tolist()
    frozen = core.steered_model(words, usual | {"learns_freeze": (np.arange(300) < 100).astype(np.int64)})
    shape = core.stages[1]
    assert frozen[:100].tolist() == shape.model(words)[:100].tolist()
    assert frozen[100:].tolist() != shape.model(words)[100:].tolist()


@pytest.mark.parametrize(("engine", "count"), [("myhdl", 40), ("ghdl", 60), ("native", 2000)])
def test_chain_of_proof(engine, count):
    proof = verify(small(), noise(count), [engine], seed=1)
    assert proof.passed, proof
    assert any(leg.scheduled for leg in proof.engines[0].legs)


def test_a_word_is_taken_when_the_one_before_is_back():
    """The canceller's clocks, the filter's and the registers' until the word leaves, two through the queue."""
    core = small()
    response = run(core, Stimulus({"data": noise(12)}, drain=100), "myhdl")
    schedule = core.schedule(12)
    assert response.sink_cycles.tolist() == (schedule.taken + response.sink_cycles[0] - schedule.taken[0]).tolist()
    assert set(np.diff(response.sink_cycles)) == {core.cycles_per_sample}
    assert core.cycles_per_sample == core.latency + 2
    assert core.capacity >= 1


def test_the_example_is_proven():
    proof = verify(load_core(EXAMPLE), "noise", ["native"], samples=1200)
    assert proof.passed, proof


class Room:
    """A loop beside whose microphone the loudspeaker stands: words are played a few at a time, as the path lets them come round."""

    def __init__(self, core, taps, learning=True):
        self.loop = core.sections[0]
        self.canceller = self.loop.first
        self.taps = taps
        state = {} if learning else {"freeze": 1}
        self.play, self.forward = self.canceller.loop_player(False), player(self.loop.forward, False, False)
        self.settings = state

    def heard(self, talker, leaving):
        """What the microphone hears, to the last bit: the talker, and what left `LEAD` samples before and earlier by the path."""
        back = np.convolve(leaving, self.taps)[: len(leaving)]
        return np.clip(talker + np.floor(back + 0.5).astype(np.int64), -(1 << 15), (1 << 15) - 1)

    def played(self, talker):
        """Words at the microphone, and those that leave."""
        step, count = min(self.canceller.loop_words, LEAD), len(talker)
        leaving, heard, back = np.zeros(count, np.int64), np.zeros(count, np.int64), np.zeros(1, np.int64)
        reach = len(self.taps)
        for begin in range(0, count, step):
            part = slice(begin, min(begin + step, count))
            known = leaving[max(0, begin - reach) : part.stop]
            heard[part] = self.heard(np.concatenate([np.zeros(len(known) - (part.stop - begin), np.int64), talker[part]]), known)[
                begin - part.stop :
            ]
            values = {name: np.full(part.stop - begin, value) for name, value in self.settings.items()}
            back = self.forward(self.play(heard[part], back, values), {})
            leaving[part] = back
        return heard, leaving


def amplified(over):
    """A canceller in front of a gain so many dB beyond what the path bears, 30 samples of delay."""
    taps = path(1)
    gain = 10 ** (over / 20) / largest_gain(taps)
    amplifier = fir("aid", ["learns"], [0.0] * 30 + [1.0], gain=gain, coefficient="sfix18_En12")
    return looped(learns(taps=64, delay=LEAD - 1, step=8), amplifier), taps


def test_an_acoustic_loop_is_stable_6_db_beyond_what_it_bears_and_closed_by_the_vhdl():
    """What the VHDL gives for the microphone's words makes these words again by the path: it played the closed loop, to the last bit."""
    core, taps = amplified(6.0)
    talker = audio_to_words(0.002 * np.random.default_rng(2).normal(size=32_000), "sfix16_En15")
    room = Room(core, taps)
    heard, leaving = room.played(talker)
    given = np.asarray(simulate(core, heard, "native"))
    assert given.tolist() == leaving.tolist()
    assert room.heard(talker, given).tolist() == heard.tolist()
    assert np.abs(leaving[-8000:]).max() < 1 << 13
    # The same loop with weights that stand still howls.
    _, howling = Room(core, taps, learning=False).played(talker)
    assert np.abs(howling[-4000:]).max() == 1 << 15
    # And what has been learnt bears more gain still. What comes back has been late by a word since it left.
    law, back = core.stages[0].law, np.concatenate([[0], leaving[:-1]])
    state = fixed_point.feedback_canceller.CancellerWords.silent(law)
    fixed_point.feedback_canceller.feedback_canceller(heard, back, law, 8, 0, 0, state)
    weights = state.weights * law.stored.resolution
    assert float(added_stable_gain(taps[1:], weights[np.newaxis], LEAD - 1)[0]) > 8


HAAR = {"wavelet": "haar", "levels": 2}
BANDS = make_core({"core": "dwt_analysis", **HAAR}).source_format

REFUSED = {
    "through the microphone": ([learns(["aid", "input"]), fir("shape", ["learns"]), AID], "must make no loop; words would go from learns"),
    "through a mix": (
        [{"core": "mix", "name": "learns", "gains": [0.5, 0.5], "inputs": ["input", "aid"]}, fir("shape", ["learns"]), AID],
        "must make no loop; words would go from learns to shape to aid to learns",
    ),
    "to itself": ([learns(["input", "learns"]), fir("shape", ["learns"]), AID], "must make no loop; words would go from learns to learns"),
    "a path beside it": (
        [learns(), fir("shape", ["learns"]), AID, {"core": "mix", "name": "both", "gains": [0.5, 0.5], "inputs": ["aid", "input"]}],
        "must be a loop into which, and out of which, one stream goes",
    ),
    "a path out of its middle": (
        [learns(), fir("shape", ["learns"]), AID, {"core": "mix", "name": "both", "gains": [0.5, 0.5], "inputs": ["aid", "shape"]}],
        "must be a loop into which, and out of which, one stream goes",
    ),
    "formats": (
        [learns(), fir("shape", ["learns"], source="sfix18_En17"), {**AID, "sink": "sfix18_En17"}],
        "must be sfix18_En17, the source format of aid",
    ),
    "fewer words": ([learns(), fir("shape", ["learns"], decimation=2), AID], "must give as many words as the loop takes"),
    "words that wait for others": (
        [
            learns(), {"core": "dwt_analysis", "name": "shape", "inputs": ["learns"], **HAAR},
            {"core": "dwt_synthesis", "name": "aid", "inputs": ["shape"], **HAAR, "sink": str(BANDS), "source": "sfix16_En15"},
        ],
        "must give a word of each as soon as it is there",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_other_loops_are_refused_in_a_line(case):
    stages, reason = REFUSED[case]
    with pytest.raises(ParameterError, match=reason) as refusal:
        looped(*stages)
    assert "\n" not in str(refusal.value)


def test_an_echo_canceller_is_no_loop():
    wiring = Wiring.of(["echo", "learns"], [["input"], ["input", "echo"]], {1})
    assert (wiring.loops, wiring.inputs) == ((), ((-1,), (-1, 0)))
    assert Wiring.of(["learns", "aid"], [["input", "aid"], ["learns"]], {0}).loops == ((0, 1),)


def test_a_loop_in_a_longer_chain_and_with_paths_in_it():
    core = looped(
        fir("front", ["input"]), learns(["front", "both"]), fir("low", ["learns"], [0.25, 0.5, 0.25]),
        {"core": "mix", "name": "both", "gains": [0.5, 0.25], "inputs": ["learns", "low"]}, fir("last", ["both"]),
    )  # fmt: skip
    assert [len(group) for group in core.wiring.sections] == [1, 3, 1]
    proof = verify(core, noise(60), ["ghdl"])
    assert proof.passed, proof


def test_show_and_the_description_tell_of_the_loop(capsys):
    assert main(["show", str(EXAMPLE)]) == 0
    assert "canceller input 1, shift  comes round a word later" in capsys.readouterr().out
    core = small()
    assert make_core(core.description) == core
    assert core.description["stages"][0]["inputs"] == ["input", "aid"]
