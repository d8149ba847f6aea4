"""Sequencer: whole segments, every state and transition, every loss counted, and a clean way out of each."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ip_cores.core import make_core
from ip_cores.description import load_core
from ip_cores.generate import vhdl
from ip_cores.parameters import ParameterError
from ip_cores.sequencer import STATES, TRANSITIONS, read_status, state_graph
from testbenches.for_tests.drawing import examples
from testbenches.signals import EXAMPLES
from testbenches.simulate import run
from testbenches.stimulus import Response, Stimulus
from testbenches.verify import verify

HARDWARE = ("myhdl", "ghdl", "native")
NOTHING: dict[str, Any] = {"core": "stream_register"}
SLOW: dict[str, Any] = {"core": "fir", "form": "serial", "coefficients": [0.5, 0.3, -0.2, 0.1]}
HALF_RATE: dict[str, Any] = {**SLOW, "decimation": 2}


def sequencer(calculation: dict[str, Any] = NOTHING, **parameters: Any) -> Any:
    return make_core({"core": "sequencer", "calculation": calculation, **parameters})


def watched(core, stimulus, engine, cycles) -> tuple[Response, list[dict[str, Any]]]:
    """A run with the status word of every cycle."""
    probes = tuple((cycle, "status") for cycle in range(cycles))
    response = run(core, stimulus.replace(probes=probes, cycles=cycles, controls={**core.controls, **stimulus.controls}), engine)
    return response, [read_status(word) for word in response.probes]


def pulses(period, length=5040):
    return np.arange(length) % period == 0


@examples(4)
@given(st.integers(4, 20), st.sampled_from([NOTHING, SLOW]), st.integers(0, 2**20))
def test_any_segment_length_in_myhdl(length, calculation, seed):
    core = sequencer(calculation, segment_length=length)
    for engine in verify(core, "noise", ["myhdl"], samples=80, seed=seed).engines:
        assert engine.passed, f"{engine.error or engine.first_difference} {core.description}"


CORES: dict[str, dict[str, Any]] = {
    "nothing": {"segment_length": 7},
    "slow": {"calculation": SLOW, "segment_length": 16},
    "half rate": {"calculation": HALF_RATE, "segment_length": 8},
}


@pytest.mark.parametrize("name", CORES)
def test_chain_of_proof(name):
    core = sequencer(**CORES[name])
    proof = verify(core, "noise", HARDWARE, samples=400, seed=1)
    assert [engine.error or engine.first_difference for engine in proof.engines] == [None] * 3


@pytest.mark.parametrize("name", CORES)
@pytest.mark.parametrize("engine", HARDWARE)
def test_in_real_time_nothing_is_lost_that_comes_slowly_enough(name, engine):
    core = sequencer(**CORES[name], real_time=True)
    x = np.random.default_rng(0).integers(-32768, 32768, 200)
    stimulus = Stimulus({"data": x}, offer=pulses(10), accept=pulses(3), controls=core.controls)
    response = run(core, stimulus, engine)
    assert response.data.tolist() == core.model(x).tolist()
    assert len(response.data) > 80


@pytest.mark.parametrize("name", CORES)
@pytest.mark.parametrize("real_time", [False, True])
def test_latency_and_rate(name, real_time):
    core = sequencer(**CORES[name], real_time=real_time)
    n = core.segment_length
    response = run(core, Stimulus({"data": np.arange(n)}, controls=core.controls), "ghdl")
    assert response.source_cycles[0] - response.sink_cycles[0] == core.latency
    core = sequencer(**CORES[name])
    response = run(core, Stimulus({"data": np.arange(20 * n)}, controls=core.controls), "ghdl")
    assert {Fraction(int(period), n) for period in np.diff(response.sink_cycles[5 * n :: n])} == {core.cycles_per_sample}


CLEARING: dict[str, Any] = {"core": "denoiser", "wavelet": "haar", "levels": 3}


@pytest.mark.parametrize("engine", ["myhdl", "ghdl"])
@pytest.mark.parametrize("bank", ["undecimated", "decimated"])
def test_the_first_segment_after_a_reset_is_as_early_as_all_others(bank, engine):
    """No sample is taken before the calculation has cleared its memory, which takes longer than a segment does."""
    core = sequencer({**CLEARING, "bank": bank}, segment_length=8)
    response = run(core, Stimulus({"data": np.arange(16)}, controls=core.controls, drain=core.patience), engine)
    assert response.sink_cycles[0] > core.segment_length
    assert response.source_cycles[0] - response.sink_cycles[0] == core.latency


def scenario_of_everything(core):
    """Slow samples, an overrun because nothing is taken out, a pause in standby, and slow samples again."""
    count = 700
    accept = np.ones(3000, bool)
    accept[400:900] = False
    offer = np.r_[pulses(5, 400), np.ones(200, bool), pulses(5, 2400)]
    events = ((1200, "enable", 0), (1300, "enable", 1), (1500, "clear", 1), (1501, "clear", 0))
    return Stimulus({"data": np.arange(count)}, offer=offer, accept=accept, events=events)


@pytest.mark.parametrize("engine", HARDWARE)
def test_every_state_and_every_transition_and_no_other(engine):
    core = sequencer(segment_length=16, real_time=True)
    _, statuses = watched(core, scenario_of_everything(core), engine, 2500)
    states = [status["state"] for status in statuses]
    assert set(states) == set(STATES)
    assert {pair for pair in pairwise(states) if pair[0] != pair[1]} == {edge[:2] for edge in TRANSITIONS}


def test_transitions_of_patient_neighbours():
    """Without real time no sample is lost, and the state that recovers is never reached."""
    core = sequencer(segment_length=16)
    scenario = scenario_of_everything(core)
    # There is nothing to clear where nothing is counted.
    scenario = scenario.replace(events=tuple(event for event in scenario.events if event[1] != "clear"))
    _, statuses = watched(core, scenario, "ghdl", 2500)
    states = [status["state"] for status in statuses]
    seen = {pair for pair in pairwise(states) if pair[0] != pair[1]}
    assert seen == {edge[:2] for edge in TRANSITIONS if "recover" not in edge[:2]}


@pytest.mark.parametrize("engine", HARDWARE)
@pytest.mark.parametrize("calculation", [NOTHING, {"core": "stream_register", "name": "other"}])
def test_overruns_are_counted_and_no_segment_has_a_gap(engine, calculation):
    """Samples count up, so that the segments that leave tell what was lost and what was dropped with it."""
    core = sequencer(calculation, segment_length=16, real_time=True)
    accept = np.ones(2000, bool)
    accept[:300] = False
    response, statuses = watched(core, Stimulus({"data": np.arange(400)}, offer=np.ones(1), accept=accept), engine, 1500)
    segments = response.data.reshape(-1, 16)
    assert (np.diff(segments, axis=1) == 1).all()
    recoveries = sum(status["state"] == "recover" for status in statuses)
    assert recoveries > 1
    # Each recovery drops a full queue of two segments, up to the last segment that left.
    until = int(response.sink_cycles[response.data[-1]])
    before = statuses[: until + 1]
    dropped = sum(status["state"] == "recover" for status in before) * 32
    missing = int(response.data[-1]) + 1 - len(response.data)
    assert missing == dropped + before[-1]["overruns"]
    assert before[-1]["overruns"] > 0


@pytest.mark.parametrize("engine", HARDWARE)
def test_underruns_are_counted_and_mute_until_a_segment_is_whole(engine):
    core = sequencer(segment_length=8, real_time=True)
    x = np.arange(200)
    stimulus = Stimulus({"data": x}, offer=pulses(7), accept=pulses(5))
    response, statuses = watched(core, stimulus, engine, 1600)
    assert response.data.tolist() == x.tolist()
    primed = [status["primed"] for status in statuses]
    falls = np.flatnonzero(np.diff(primed) < 0)
    assert len(falls) > 10
    assert statuses[-1]["underruns"] == len(falls)
    # A word was asked for in the clock before each fall, and none was given; before the first segment nothing is counted.
    accepted = np.resize(pulses(5), 1600)
    assert accepted[falls].all()
    assert not np.isin(falls, response.source_cycles).any()
    # Nothing leaves between a fall and the end of the next segment.
    silent = np.flatnonzero(np.array(primed) == 0)
    assert not np.isin(silent, response.source_cycles).any()
    rises = np.flatnonzero(np.diff(primed) > 0)
    assert {(statuses[at]["state"], statuses[at + 1]["state"]) for at in rises} == {("transfer", "acquire")}
    assert statuses[-1]["overruns"] == 0


def test_counts_stay_at_255_and_are_cleared():
    core = sequencer(segment_length=4, real_time=True)
    accept = np.zeros(2000, bool)
    accept[-1] = True
    events = ((1700, "clear", 1), (1701, "clear", 0))
    stimulus = Stimulus({"data": np.arange(2000)}, accept=accept, events=events)
    _, statuses = watched(core, stimulus, "ghdl", 1900)
    overruns = [status["overruns"] for status in statuses]
    assert max(overruns) == overruns[1700] == 255
    assert overruns[1701] == 0 < overruns[1899] < 255


def test_standby_acquires_nothing():
    """Samples that come while it is not enabled are not in any segment, and those from before are not joined with those from after."""
    core = sequencer(segment_length=8, real_time=True)
    events = ((203, "enable", 0), (300, "enable", 1))
    stimulus = Stimulus({"data": np.arange(100)}, offer=pulses(5), events=events)
    response, statuses = watched(core, stimulus, "ghdl", 800)
    segments = response.data.reshape(-1, 8)
    assert (np.diff(segments, axis=1) == 1).all()
    gap = np.flatnonzero(np.diff(response.data) != 1)
    assert len(gap) == 1
    standing = [cycle for cycle, status in enumerate(statuses) if status["state"] == "standby" and 10 < cycle < 300]
    inside = np.isin(response.sink_cycles, standing)
    assert inside.sum() > 10
    assert not np.isin(np.flatnonzero(inside), response.data).any()


def test_calculation_is_an_entity_of_its_own_and_output_is_repeatable():
    core = sequencer(SLOW, name="runner", segment_length=16)
    files = vhdl(core)
    assert {"calculation", "runner_acquisition", "runner_results", "runner_patient_states"} <= set(files)
    assert vhdl(sequencer(SLOW, name="runner", segment_length=16)) == files


def test_datasheet_draws_the_graph_that_the_hardware_was_seen_to_walk():
    text = (Path(__file__).parent.parent / "docs" / "cores" / "sequencer.md").read_text()
    assert state_graph() in text
    for name, meaning in STATES.items():
        assert f"| `{name}` | {meaning} |" in text


def test_example_on_speech():
    proof = verify(load_core(EXAMPLES / "sequencer.toml"), "speech", ["native"], samples=10_000)
    assert proof.passed
    assert proof.snr > 60


def test_denoiser_by_segments_is_the_denoiser():
    core: Any = load_core(EXAMPLES / "segment_denoiser.toml")
    proof = verify(core, "speech", ["native"], samples=3000)
    assert proof.passed, proof.engines
    x = np.random.default_rng(0).integers(-20000, 20000, 1000)
    assert core.model(x).tolist() == core.calculation.model(x)[: 1000 // 64 * 64].tolist()


PAIRS = {"core": "denoiser", "bank": "decimated", "wavelet": "haar", "levels": 2}
REFUSED = [
    ({"segment_length": 3}, "segment_length = 3: must be 4 to 4096"),
    ({"calculation": HALF_RATE, "segment_length": 9}, "segment_length = 9: must give 4 or more whole results at 1/2"),
    ({"calculation": PAIRS, "segment_length": 5}, "segment_length = 5: must bring all 5 results about, denoiser gives 4"),
    *(
        ({"calculation": calculation}, "calculation.core = .*: must be a core with (one|a) sink and (one|a) source")
        for calculation in (
            {"core": "split"},
            {"core": "mix", "gains": [0.5, 0.5]},
            {"core": "i2c_master"},
            {"core": "dual_clock_fifo"},
            {"core": "i2s_receiver"},
            {"core": "reset_synchronizer"},
        )
    ),
    ({"calculation": {"core": "overlap_add"}}, "calculation.core = .*must be a core of plain samples, without sink_startofpacket"),
    ({"calculation": {"core": "fir"}}, "coefficients"),
    ({"calculation": 3}, "must be a core's description"),
    ({"name": "calculation"}, "calculation.name = .*must be another"),
]


def test_a_bank_that_takes_pairs_gives_all_that_a_segment_of_pairs_brings():
    core = sequencer(PAIRS, segment_length=6)
    words = np.random.default_rng(1).integers(-9000, 9000, 240)
    assert core.model(words).tolist() == core.calculation.model(words).tolist()
    assert verify(core, words, ["native"]).passed


@pytest.mark.parametrize(("change", "message"), REFUSED)
def test_bad_parameters(change, message):
    with pytest.raises(ParameterError, match=message):
        sequencer(**change)
