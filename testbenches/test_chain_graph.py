"""Chains whose words part and come together again: delays balanced, rooms computed, models and proofs composed, VHDL in plain names."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from scipy.signal import firwin, lfilter

from fixed_point import to_float
from fpga_projects.exploration.design_space import DesignSpace, SpaceError
from ip_cores.chain import Chain
from ip_cores.chain.meeting import Meeting, Waiting, meeting
from ip_cores.chain.wiring import ENTERING, Wiring
from ip_cores.core import make_core
from ip_cores.description import load_core
from ip_cores.generate import vhdl
from ip_cores.parameters import ParameterError
from ip_cores.schedule import Run, period_of
from ossicle.command_line import main
from testbenches.house import ROOT
from testbenches.verify import verify

EXAMPLE = ROOT / "examples/parallel_paths.toml"
LOW, HIGH = firwin(31, 1500, fs=16000), firwin(15, 1500, fs=16000, pass_zero="highpass")
NOISE = np.random.default_rng(3).integers(-20000, 20000, 400)


def fir(name, inputs, taps=(0.25, 0.5, 0.25), **others):
    return {"core": "fir", "name": name, "inputs": inputs, "coefficients": list(taps), **others}


def mix(name, inputs, gains, **others):
    return {"core": "mix", "name": name, "inputs": inputs, "gains": gains, **others}


def graph(*stages, **others):
    return make_core({"core": "chain", "name": "paths", "stages": list(stages)} | others)


@pytest.fixture(scope="module")
def bands():
    """Three branches of other forms, one of them longer by another filter, behind one and in front of one."""
    return graph(
        {"core": "stream_register", "name": "front"},
        fir("low", ["front"], LOW, form="serial"),
        fir("mean", ["low"], [0.5, 0.5], form="direct"),
        fir("high", ["front"], HIGH),
        mix("together", ["mean", "high", "front"], [0.5, -0.25, 0.125]),
        fir("last", ["together"], [0.5, 0.5]),
    )


def late(x, samples):
    return np.concatenate([np.zeros(samples), x])[: len(x)]


def test_the_reference_is_the_sum_of_delayed_branches(bands):
    x = to_float(NOISE, bands.sink_format)
    low = lfilter([0.5, 0.5], 1, lfilter(LOW, 1, x))
    # 15.5 samples, 7 and none: the two that are early wait for 8 and 15, and half a sample is left.
    both = 0.5 * low - 0.25 * late(lfilter(HIGH, 1, x), 8) + 0.125 * late(x, 15)
    truth = lfilter([0.5, 0.5], 1, both)
    np.testing.assert_allclose(bands.reference(x), truth, atol=1e-12)
    assert np.max(np.abs(to_float(bands.model(NOISE), bands.source_format) - truth)) < 2.0**-13


def test_words_taken_apart_come_back_to_the_last_bit():
    """What a filter leaves, added to what it passes, is the signal as late as the filter."""
    core = graph(fir("low", ["input"], LOW), mix("rest", ["input", "low"], [1.0, -1.0]), mix("both", ["low", "rest"], [1.0, 1.0]))
    assert core.group_delay == 15
    assert core.model(NOISE).tolist() == [0] * 15 + NOISE[:-15].tolist()
    assert core.promised_snr(NOISE).snr > 70


@pytest.mark.parametrize("engine", ["ghdl", "native"])
def test_the_example_is_proven(engine):
    proof = verify(load_core(EXAMPLE), "noise", [engine], samples=200)
    assert proof.passed, proof.engines
    assert any(leg.scheduled for leg in proof.engines[0].legs)


def test_branches_of_other_speeds_are_proven_at_the_pace_of_the_slowest(bands):
    slowest = max(stage.cycles_per_sample for stage in bands.stages)
    assert bands.cycles_per_sample == slowest
    proof = verify(bands, NOISE[:40], ["myhdl"])
    assert proof.passed, proof.engines


HAAR = {"wavelet": "haar", "levels": 2}
BANK = (
    {"core": "dwt_analysis", "name": "apart", "inputs": ["input"], **HAAR},
    {"core": "dwt_synthesis", "name": "back", **HAAR, "sink": str(make_core({"core": "dwt_analysis", **HAAR}).source_format)},
)


@pytest.mark.parametrize("balance", [True, False])
def test_a_branch_that_takes_words_before_it_gives_one_does_not_stop_the_other(balance):
    """A decimated bank gives words by the period. Without balance the words of the other branch wait in a queue all the same."""
    core = graph(*BANK, mix("sum", ["back", "input"], [0.5, 0.5]), balance=balance)
    room = core.sections[0].rooms[1, 1]
    assert room.zeros == (3 if balance else 0)
    assert room.depth >= 4
    assert (core.delay, core.group_delay) == ((room.zeros, Fraction(room.zeros)) if balance else (0, None))
    x = to_float(NOISE, core.sink_format)
    back = late(x, core.sections[0].nodes[0].delay)
    np.testing.assert_allclose(core.late_reference(x), 0.5 * back + 0.5 * (back if balance else x), atol=1e-9)
    assert balance or verify(core, NOISE[:40], ["myhdl"]).passed


def test_with_less_room_nothing_would_move():
    """A packet bank of three levels takes eight words before it gives one; a queue of a few is full before."""
    packets = {"wavelet": "haar", "levels": 3}
    apart = {"core": "packet_analysis", "name": "apart", "inputs": ["input"], **packets}
    words = str(make_core({"core": "packet_analysis", **packets}).source_format)
    back = {"core": "packet_synthesis", "name": "back", **packets, "sink": words, "source": "sfix16_En15"}
    core = graph(apart, back, mix("sum", ["back", "input"], [0.5, 0.5]), balance=False)
    paths = core.sections[0]
    ((edge, room),) = paths.rooms.items()
    parts = [node.timing for node in paths.nodes]

    def given(depth):
        run = Run(meeting([one() for one in parts], paths.wiring, {edge: Waiting(0, depth)}))
        for _ in range(400):
            run.step()
        return len(run.given)

    assert given(room.depth) >= 16
    assert given(6) == 0


class TestFork:
    """A wire with nothing in it, twice: the smallest graph."""

    def test_both_inputs_of_one_stream(self):
        core = graph(mix("sum", ["input", "input"], [0.5, 0.25]))
        assert core.model([1000, -400]).tolist() == [750, -300]
        assert (core.latency, core.cycles_per_sample) == (2, 1)


def test_a_graph_inside_a_graph_is_proven():
    """Also where downstream holds more of it than full rate ever fills."""
    inner = graph(fir("a", ["input"]), mix("sum", ["a", "input"], [0.5, 0.5]), name="inner").description
    outer = graph({**inner, "inputs": ["input"]}, fir("slow", ["input"], form="serial"), mix("both", ["inner", "slow"], [0.5, 0.5]))
    proof = verify(outer, "noise", ["ghdl"], samples=64)
    assert proof.passed, proof.engines


def test_a_graph_that_is_a_row_is_the_chain(bands):
    row = [fir("first", ["input"]), fir("second", ["first"], form="direct")]
    plain = make_core({"core": "chain", "stages": [{key: value for key, value in one.items() if key != "inputs"} for one in row]})
    same = make_core({"core": "chain", "stages": row})
    assert (same.latency, same.capacity, same.delay) == (plain.latency, plain.capacity, plain.delay)
    assert same.model(NOISE).tolist() == plain.model(NOISE).tolist()


def test_stages_may_stand_in_any_order():
    stages = [mix("sum", ["low", "input"], [0.5, 0.5]), fir("low", ["input"], LOW), fir("tail", ["sum"])]
    core = graph(*stages)
    assert core.model(NOISE).tolist() == graph(stages[1], stages[0], stages[2]).model(NOISE).tolist()
    assert vhdl(core)["paths"].index("u_low") < vhdl(core)["paths"].index("u_sum")


def test_rates_that_change_inside_a_branch():
    core = graph(
        fir("down", ["input"], LOW, decimation=4, form="direct"),
        fir("up", ["down"], LOW, interpolation=4, gain=2.0),
        mix("sum", ["up", "input"], [0.5, 0.5]),
    )
    assert [stage.sample_rate for stage in core.stages] == [16000, 4000, 16000]
    assert core.group_delay == 30
    assert core.zeros == {(2, 1): 30}


@pytest.fixture
def written(bands):
    return vhdl(bands)


def test_vhdl_names_streams_by_the_stages(written):
    top = written["paths"]
    assert "sink_0_data => low_to_" not in top
    late_ones = ("front_to_together_late_ready", "high_to_together_late_data")
    for name in ("front_to_low_data", "front_to_high_valid", "mean_source_data", *late_ones):
        assert f"signal {name}: " in top, name
    assert "From front to low and high and together: each word to all of them." in top
    assert "From front to together: later by 15 samples, so that the paths are in step." in top


def test_formats_follow_the_words_where_one_is_varied():
    core = load_core(EXAMPLE)
    assert [core.leader_of(number) for number in range(3)] == [None, (0, "sink"), (0, "source")]
    low = graph(fir("low", ["input"], LOW), mix("sum", ["low", "low"], [0.5, 0.25]))
    space = DesignSpace(low.description, {"stages[0].source.word_length": (14, 16)})
    varied = space.core((14,))
    assert str(varied.stages[1].sink_format) == "sfix14_En13"
    with pytest.raises(SpaceError, match=r"follows the source of stages\[0\]"):
        DesignSpace(low.description, {"stages[1].sink.word_length": (14,)})


def test_description_round_trip(bands):
    assert make_core(bands.description) == bands
    assert bands.with_parts(bands.parts) == bands
    assert bands.description["stages"][1]["inputs"] == ["front"]


def test_what_is_told(bands):
    assert bands.derived["together input 1, high"].startswith("delayed by 8 samples; still 0.5 samples earlier than the others")
    unbalanced = bands.replace(balance=False)
    assert "still 15.5 samples earlier" in unbalanced.derived["together input 2, front"]
    recursive = {"core": "biquad", "name": "low", "inputs": ["input"], "design": {"method": "butter", "order": 2, "cutoff": 1000}}
    told = graph(recursive, mix("sum", ["low", "input"], [0.5, 0.5])).derived
    assert "depends on the frequency" in told["sum input 0, low"]


def test_the_response_is_that_of_all_paths():
    core = graph(fir("low", ["input"], LOW), mix("rest", ["input", "low"], [1.0, -1.0]))
    given, quantised = core.filter_taps
    truth = -LOW
    truth[15] += 1
    np.testing.assert_allclose(given, truth, atol=1e-12)
    assert np.max(np.abs(given - quantised)) <= 2.0**-16
    assert core.linear_part is core


def test_inventory_counts_what_stands_between(bands):
    def shapes(one):
        return list(one.memories) + [shape for part in one.parts for shape in shapes(part)]

    found = shapes(bands.inventory)
    assert sum(words >= 16 for words, bits in found if bits == 16) >= 2


def test_inputs_at_run_time_inside_a_branch():
    limiter = {"core": "limiter", "name": "guard", "inputs": ["low"], "silence": 1}
    core = graph(fir("low", ["input"], LOW), limiter, mix("sum", ["guard", "input"], [1.0, 1.0], source="sfix17_En15"))
    assert set(core.run_time_inputs) == {"guard_ceiling"}
    ceiling = np.repeat([30000, 500], 200)
    x, low = NOISE, core.stages[0].model(NOISE)
    clipped = np.clip(low, -ceiling, ceiling)
    clipped[0] = 0
    expected = clipped + late(x, 15).astype(int)
    assert core.steered_model(x, {"guard_ceiling": ceiling}).tolist() == expected.tolist()
    assert verify(core, NOISE[:60], ["myhdl"]).passed


def test_decisions_inside_a_branch_are_counted():
    bank = {"wavelet": "haar", "levels": 1}
    apart = make_core({"core": "swt_analysis", **bank})
    core = graph(
        {"core": "swt_analysis", "name": "apart", "inputs": ["input"], **bank},
        {"core": "threshold", "name": "cut", "levels": 1, "sink": str(apart.source_format), "adaptation": 6},
        {"core": "swt_synthesis", "name": "back", **bank, "sink": str(apart.source_format)},
        mix("sum", ["back", "input"], [0.75, 0.25]),
    )
    promise = core.promised_snr(NOISE)
    assert promise.decisions is not None
    assert promise.decisions.made == NOISE.size
    assert promise.snr > 40


def test_bands_may_part_and_meet():
    """Two ways of weighing bands, mixed word by word in front of one synthesis; the channel comes along."""
    bank = {"wavelet": "haar", "levels": 1}
    words = str(make_core({"core": "swt_analysis", **bank}).source_format)
    gains = {"core": "band_gain", "sink": words, "levels": 1}
    core = graph(
        {"core": "swt_analysis", "name": "apart", "inputs": ["input"], **bank},
        {**gains, "name": "quiet", "inputs": ["apart"], "gains": [0.0, -20.0]},
        {**gains, "name": "loud", "inputs": ["apart"], "gains": [0.0, 6.0]},
        mix("sum", ["quiet", "loud"], [0.5, 0.5], sink=words, source=words, channel_bits=1),
        {"core": "swt_synthesis", "name": "back", **bank, "sink": words, "source": "sfix17_En15"},
    )
    assert core.delay == core.group_delay == 1
    words = NOISE // 4
    x = to_float(words, core.sink_format)
    detail = (10 ** (-20 / 20) + 10 ** (6 / 20)) / 2
    truth = lfilter([0.25, 0.5, 0.25], 1, x) + detail * lfilter([-0.25, 0.5, -0.25], 1, x)
    assert np.max(np.abs(to_float(core.model(words), core.source_format) - truth)[8:]) < 2e-3
    assert core.bank_of_words is None


IN = ["input"]
SUM = mix("sum", ["low", "input"], [0.5, 0.5])
REFUSED = {
    "a name that there is not": ([fir("low", ["imput"]), SUM], r'stages\[0\]\.inputs = "imput": must be one of input, low, sum \(nearest'),
    "a name twice": ([fir("low", IN), fir("LOW", IN), SUM], r'stages\[1\]\.name = "LOW": must differ, in more than its case'),
    "the reserved name": ([fir("Input", IN), SUM], r'stages\[0\]\.name = "Input": must be another name'),
    "a loop": (
        [fir("low", ["sum"]), mix("sum", ["low", "input"], [0.5, 0.5]), fir("tail", ["sum"])],
        r"must make no loop; words would go from low to sum to low",
    ),
    "itself": ([fir("low", ["low"]), SUM], r"must make no loop; words would go from low to low"),
    "nobody's input": ([fir("low", IN), fir("lost", IN), SUM], r'stages\[1\] = "lost": must be an input of another stage'),
    "the last one's words": ([fir("low", IN), {**SUM, "inputs": ["low", "tail"]}, fir("tail", IN)], "must be no input of sum"),
    "two inputs for one sink": ([fir("low", IN), fir("tail", ["low", "input"])], r"must be 1 of them: tail has 1 sink"),
    "one input for two sinks": ([fir("low", IN), mix("sum", ["low"], [0.5, 0.5])], r"must be 2 of them: sum has 2 sinks"),
    "gains of another length": ([fir("low", IN), mix("sum", ["low", "input"], [0.5] * 3)], r"must be 3 of them: sum has 3 sinks"),
    "a mix in a row": ([fir("low", None), mix("sum", None, [0.5, 0.5])], r"must be 2 of them: sum has 2 sinks"),
    "one gain": ([fir("low", IN), mix("sum", ["low", "input"], [0.5])], r"stages\[1\]\.gains = .* must be a list of 2 to 8 factors"),
    "no names": ([fir("low", [3]), SUM], r"stages\[0\]\.inputs = \[3\]: must be a list of names of stages"),
    "no name at all": ([fir("low", []), SUM], r"stages\[0\]\.inputs = \[\]: must be a list of names of stages"),
    "formats": (
        [fir("low", IN, source="sfix18_En17"), SUM],
        r"stages\[1\]\.sink = .*sfix16_En15.*must be sfix18_En17, the source format of low",
    ),
    "formats of what enters": (
        [fir("low", IN, sink="sfix12_En11"), SUM],
        r"stages\[1\]\.sink = .*sum takes sfix16_En15 .* but low sfix12_En11",
    ),
    "rates": ([fir("low", IN, decimation=2), SUM], r"must get as many words from each of its inputs; .* 1/2 from low, 1 from input"),
    "a split of one's own": (
        [{"core": "split", "name": "part", "inputs": IN}, fir("low", ["part"])],
        r"must have one source: a stage whose name stands in several inputs gives its words to all of them",
    ),
    "no core for a graph": (
        [{"core": "i2c_master", "name": "lines", "inputs": IN}, fir("low", ["lines"])],
        "must be a core with a sink and a source",
    ),
    "bands on one path alone": (
        [
            {"core": "swt_analysis", "name": "apart", "inputs": IN, "levels": 3},
            {"core": "stream_register", "name": "other", "inputs": IN, "sink": "sfix16_En15"},
            {"core": "band_gain", "name": "gains", "inputs": ["other"], "levels": 3, "sink": "sfix16_En15"},
            mix("sum", ["apart", "gains"], [1.0, 1.0]),
        ],
        "takes channel of 2 bits with each word, but other sends no further fields",
    ),
    "bands of no bank on one path": (
        [
            {"core": "swt_analysis", "name": "apart", "inputs": IN, "levels": 3, "wavelet": "haar"},
            {"core": "dwt_analysis", "name": "other", "inputs": IN, "levels": 3, "wavelet": "haar", "guard_bits": 4},
            {"core": "band_gain", "name": "gains", "inputs": ["other"], "levels": 3, "sink": "sfix20_En17"},
            mix("sum", ["apart", "gains"], [1.0, 1.0], sink="sfix20_En17", channel_bits=2),
        ],
        r"must (stand behind a bank|be sfix)",
    ),
    "delays too far apart": (
        [
            *(fir(f"low_{number}", ["input"] if not number else [f"low_{number - 1}"], [0.0] * 1023 + [0.5]) for number in range(5)),
            mix("sum", ["low_4", "input"], [0.5, 0.5]),
        ],
        r'stages\[5\]\.inputs = \["low_4", "input"\]: must be in step within 4096 samples: 5115 samples earlier',
    ),
    "words that are let go": (
        [{"core": "sequencer", "name": "low", "inputs": IN, "calculation": {"core": "stream_register"}}, SUM],
        r'stages\[0\] = "low": must give a word for every word at all times',
    ),
    "a rate that changes": (
        [
            {"core": "cic", "name": "low", "inputs": IN, "decimation": 4, "least_decimation": 2},
            fir("other", IN, decimation=4),
            mix("sum", ["low", "other"], [0.5, 0.5]),
        ],
        r'stages\[0\] = "low": must give a word for every word at all times.* at another rate it gives fewer',
    ),
    "a rate that changes in a loop": (
        [
            {"core": "feedback_canceller", "name": "canceller", "inputs": ["input", "back"]},
            {"core": "cic", "name": "up", "interpolation": 4},
            {"core": "cic", "name": "back", "decimation": 4, "least_decimation": 2},
        ],
        r'stages\[2\] = "back": must give as many words as the loop takes',
    ),
    "balance": ([fir("low", IN), SUM], "balance = 3: must be true or false"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_bad_graphs_are_refused_in_a_line(case):
    stages, reason = REFUSED[case]
    stages = [{key: value for key, value in stage.items() if value is not None} for stage in stages]
    others = {"balance": 3} if case == "balance" else {}
    with pytest.raises(ParameterError, match=reason) as refusal:
        make_core({"core": "chain", "name": "paths", "stages": stages, **others})
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("graph_too", [False, True])
def test_a_mix_without_inputs_is_told_which_key_is_missing(graph_too):
    stages = [fir("low", IN), {"core": "mix", "name": "sum", "gains": [1.0, 1.0]}]
    if not graph_too:
        del stages[0]["inputs"]
    with pytest.raises(ParameterError, match=r'stages\[1\]\.inputs = \["low"\]: must be 2 of them: sum has 2 sinks'):
        graph(*stages)


def test_a_loop_on_the_command_line_is_one_line_and_status_2(tmp_path, capsys):
    text = 'core = "chain"\n[[stages]]\ncore = "fir"\nname = "a"\ninputs = ["b"]\ncoefficients = [0.5]\n'
    text += '[[stages]]\ncore = "fir"\nname = "b"\ninputs = ["a"]\ncoefficients = [0.5]\n'
    (tmp_path / "loop.toml").write_text(text)
    assert main(["show", str(tmp_path / "loop.toml")]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "must make no loop" in said


def test_show_tells_how_paths_are_balanced(capsys):
    assert main(["show", str(EXAMPLE)]) == 0
    assert "high input 0, input  delayed by 15 samples; room for" in capsys.readouterr().out


def test_inputs_in_python():
    low = make_core({"core": "fir", "name": "low", "coefficients": LOW.tolist()})
    stages = [low, make_core({"core": "mix", "name": "sum", "gains": [1, -1]})]
    core = Chain(stages, name="paths", inputs=[["input"], ["input", "low"]])
    assert core == graph(fir("low", ["input"], LOW.tolist()), mix("sum", ["input", "low"], [1, -1]))
    with pytest.raises(ParameterError, match="must be 2 lists of names"):
        Chain(stages, inputs=[["input"]])


def test_sections_stand_between_single_streams():
    names = ["a", "b", "c", "d", "e", "f"]
    wiring = Wiring.of(names, [["input"], ["a"], ["a"], ["b", "c"], ["d"], ["d", "e"]])
    assert wiring.sections == ((0,), (1, 2, 3), (4, 5))
    assert Wiring(((ENTERING,), (0,))).rows == ((0, 1),)


def test_a_meeting_takes_each_word_once():
    """Three branches with queues of other depths, all of what enters, under stalls at random."""
    wiring = Wiring(((ENTERING, ENTERING, ENTERING),))
    waiting = {(0, 0): Waiting(0, 4), (0, 1): Waiting(3, 6), (0, 2): Waiting(0, 4)}
    rng = np.random.default_rng(8)
    made = meeting([make_core({"core": "stream_register"}).timing()], wiring, waiting)
    assert isinstance(made, Meeting)
    taken = given = 0
    offering = False
    for begins, behind in rng.integers(0, 2, (4000, 2)).astype(bool).tolist():
        offering = offering or begins
        takes, gives = offering and made.ready(behind), made.valid and behind
        made.tick(offering, behind)
        taken, given, offering = taken + takes, given + gives, offering and not takes
        assert given <= taken
    assert given > 900
    assert period_of(meeting([make_core({"core": "stream_register"}).timing()], wiring, waiting)).cycles_per_sample == 1
