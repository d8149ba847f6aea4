"""Every core tells its clocks: the hardware keeps them, and latency, rate and capacity are what they say."""

from __future__ import annotations

import itertools
from fractions import Fraction
from math import ceil
from typing import Any

import numpy as np
import pytest
import scipy.signal
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from fixed_point.dwt_analysis import pattern
from ip_cores.blocks.process import GIVE, PASS, TAKE, Connected, Process, wait
from ip_cores.chain.meeting import Waiting, meeting
from ip_cores.chain.wiring import ENTERING, Wiring
from ip_cores.core import make_core
from ip_cores.description import descriptions_in, load_core
from ip_cores.parameters import ParameterError
from ip_cores.schedule import Run, latency_of, owed, period_of, played, unstalled
from testbenches.for_tests.random_networks import network_table, random_network
from testbenches.for_tests.small_examples import small_example
from testbenches.punctuality import first_late
from testbenches.signals import EXAMPLES, make_signal
from testbenches.simulate import run
from testbenches.stimulus import Stimulus

STREAMS = [core for core in (small_example(path) for path in descriptions_in(EXAMPLES)) if core.is_stream and core.on_one_clock]

WAVELETS = st.sampled_from(["haar", "db2", "sym4", "bior2.2"])
TAPS = st.lists(st.sampled_from([0.0, 0.0, 0.1, -0.2, 0.25, 0.3]), min_size=1, max_size=9)
SIMPLE = {"core": "fir", "form": "serial", "coefficients": [0.1, 0.2, 0.4, 0.2, 0.1]}


def table(core: str, **parameters: Any) -> st.SearchStrategy[dict[str, Any]]:
    """Descriptions of a kind; what is no strategy is a constant."""
    drawn = {name: value if isinstance(value, st.SearchStrategy) else st.just(value) for name, value in parameters.items()}
    return st.fixed_dictionaries({"core": st.just(core), **drawn})


def filters() -> st.SearchStrategy[dict[str, Any]]:
    rates = st.sampled_from([{}, {"decimation": 2}, {"decimation": 3}, {"interpolation": 2}, {"interpolation": 3}])
    shapes = st.fixed_dictionaries(
        {
            "form": st.sampled_from(["direct", "transposed", "serial"]),
            "pipeline": st.sampled_from(["area", "speed"]),
            "fold": st.booleans(),
            "mirrored": st.booleans(),
        }
    )

    def join(parts):
        taps, rate, shape, multipliers = parts
        taps = [*taps, *taps[::-1]] if shape.pop("mirrored") else taps
        return {"core": "fir", "coefficients": taps, **rate, **shape, "multipliers": min(multipliers, len(taps))}

    return st.tuples(TAPS.filter(any), rates, shapes, st.integers(1, 4)).map(join)


def segments() -> st.SearchStrategy[dict[str, Any]]:
    shapes = st.sampled_from([(8, 4, "hann"), (12, 3, "sqrt_hann"), (16, 4, "hamming"), (6, 6, "none")])
    return st.tuples(shapes, st.integers(0, 5)).map(
        lambda found: {"segment_length": found[0][0], "hop": found[0][1], "window": found[0][2], "padding": found[1]}
    )


def bank(core: str, **more: Any) -> st.SearchStrategy[dict[str, Any]]:
    return table(core, wavelet=WAVELETS, levels=st.integers(1, 4), multipliers=st.integers(1, 2), **more)


def with_name(description: dict[str, Any], name: str) -> dict[str, Any]:
    return {**description, "name": name}


PEAK = {"method": "peaking", "frequency": 1000, "gain": 6}
PIPELINE = st.sampled_from(["area", "speed"])
SCHEMES = st.sampled_from(["5/3", "9/7"])
PLAIN = st.one_of(
    filters(),
    table("fifo", depth=st.integers(3, 9)),
    table("limiter", silence=3),
    bank("denoiser", bank=st.sampled_from(["undecimated", "decimated"])),
)

KINDS: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "fir": filters(),
    "fifo": table("fifo", depth=st.integers(3, 40), channel_bits=st.integers(0, 2)),
    "stream_register": table("stream_register", packets=st.booleans()),
    "biquad": table(
        "biquad",
        design=st.sampled_from([[PEAK], [PEAK] * 3]),
        channels=st.integers(1, 3),
        form=st.sampled_from(["direct", "transposed"]),
        multipliers=st.integers(1, 2),
    ),
    "cic": st.one_of(
        table("cic", order=st.integers(1, 3), decimation=st.integers(2, 9)), table("cic", order=2, interpolation=st.integers(2, 9))
    ),
    "frequency_shifter": table("frequency_shifter", taps=st.sampled_from([7, 15]), dry=st.sampled_from([0.0, 0.5])),
    "pitch_detector": table(
        "pitch_detector",
        sample_rate=st.just(4000),
        highest=st.just(499.0),
        lowest=st.just(126.0),
        frame=st.sampled_from([18.0, 30.0]),
        hop=st.sampled_from([3.0, 5.0]),
    ),
    "psola": table(
        "psola",
        sample_rate=st.just(4000),
        highest=st.just(499.0),
        lowest=st.just(126.0),
        frame=st.sampled_from([18.0, 30.0]),
        hop=st.sampled_from([3.0, 5.0]),
        unvoiced=st.just(2.0),
        duration=st.sampled_from([1.0, 1.6, 0.7]),
    ),
    "speech_classifier": table("speech_classifier", sample_rate=st.just(1000), hop=st.just(3.0), frame=st.sampled_from([3.0, 6.0])),
    "gammatone_bank": table("gammatone_bank", bands=st.integers(2, 5), multipliers=st.integers(1, 4), envelope=st.booleans()),
    "conv_network": table(
        "conv_network",
        weights=st.builds(
            lambda size, dilations: network_table(random_network(size, 2, 4, 1 + size % 3, 1 + size % 2, dilations, samples=40)),
            st.integers(0, 9),
            st.sampled_from([(1,), (2, 1)]),
        ),
        multipliers=st.sampled_from([1, 2]),
    ),
    "pitch_shifter": table(
        "pitch_shifter", shortest=2, longest=st.integers(3, 9), match=st.integers(4, 6), fade=3, search=st.integers(1, 3)
    ),
    "time_scaler": table(
        "time_scaler",
        segment=st.sampled_from([8, 16]),
        thinning=st.sampled_from([1, 2]),
        run_time=st.booleans(),
        duration=st.sampled_from([0.5, 0.9, 1.0, 1.25, 2.0]),
    ),
    "resampler": table(
        "resampler",
        taps=st.sampled_from([2, 6, 8]),
        phases=st.sampled_from([2, 8]),
        weight_bits=st.integers(2, 4),
        step_bits=st.sampled_from([7, 8]),
        ratio=st.sampled_from([0.3, 0.75, 1.0, 1.1, 2.0, 5.5]),
        deviation=st.sampled_from([0.0, 0.25]),
    ),
    "limiter": table("limiter", silence=st.integers(1, 9)),
    "threshold": table("threshold", levels=st.integers(1, 8), bank=st.sampled_from(["undecimated", "decimated"])),
    "noise_reducer": table("noise_reducer", levels=st.integers(1, 8), bank=st.sampled_from(["undecimated", "decimated"])),
    "band_gain": table("band_gain", levels=st.integers(1, 8), bank=st.sampled_from(["undecimated", "decimated"])),
    "compressor": table("compressor", levels=st.integers(1, 8)),
    "hearing_aid": bank(
        "hearing_aid", silence=3, stages=st.sampled_from([[{"core": "band_gain"}], [{"core": "noise_reducer"}, {"core": "compressor"}]])
    ),
    "dwt_analysis": bank("dwt_analysis", pipeline=PIPELINE),
    "dwt_synthesis": bank("dwt_synthesis", pipeline=PIPELINE),
    "packet_analysis": bank("packet_analysis", pipeline=PIPELINE),
    "packet_synthesis": bank("packet_synthesis", pipeline=PIPELINE),
    "swt_analysis": bank("swt_analysis"),
    "swt_synthesis": bank("swt_synthesis"),
    "lifting_analysis": table("lifting_analysis", scheme=SCHEMES, levels=st.integers(1, 5)),
    "lifting_synthesis": table("lifting_synthesis", scheme=SCHEMES, levels=st.integers(1, 5)),
    "dwt_ola": table(
        "dwt_ola", wavelet=st.sampled_from(["haar", "db2", "db4"]), levels=st.integers(1, 3), segment_length=st.sampled_from([8, 16, 24])
    ),
    "fft": table("fft", points=st.sampled_from([8, 16]), order=st.sampled_from(["natural", "bit_reversed"])),
    "segmenter": segments().map(lambda found: {"core": "segmenter", **found}),
    "overlap_add": segments().map(
        lambda found: {"core": "overlap_add", **found, "padding": 0 if found["window"] == "sqrt_hann" else found["padding"] + 2}
    ),
    "sequencer": st.tuples(PLAIN, st.sampled_from([6, 8, 12])).map(
        lambda found: {"core": "sequencer", "calculation": found[0], "segment_length": found[1]}
    ),
    "denoiser": st.one_of(
        bank("denoiser", bank=st.sampled_from(["undecimated", "decimated"])),
        table(
            "denoiser",
            wavelet=WAVELETS,
            levels=st.integers(1, 2),
            processing="segment",
            segment_length=st.sampled_from([16, 24]),
            bank=st.sampled_from(["undecimated", "decimated"]),
            window=st.sampled_from(["none", "hann"]),
        ),
    ),
    "chain": st.lists(PLAIN, min_size=1, max_size=3).map(
        lambda found: {"core": "chain", "stages": [with_name(one, f"stage_{n}") for n, one in enumerate(found)]}
    ),
}


SLOW = {"denoiser", "hearing_aid"}
"""Kinds of which one example takes seconds."""

FEW = 40
"""Words of a period that is not played to its end."""

STALLING = st.lists(st.sampled_from([True, False]), min_size=1, max_size=40).map(lambda pattern: [*pattern, True])


def beside(core: Any, count: int, seed: int = 0) -> dict[str, Any]:
    words = make_signal("noise", core, count, seed)
    return {"data": words, **core.accompany(words)}


def made(description: dict[str, Any]) -> Any:
    """A core, if there is one of these parameters."""
    try:
        return make_core({"name": "dut", **description})
    except ParameterError:
        reject()


def assert_told(core: Any, count: int, seed: int = 0) -> None:
    """The hardware, with stalls and without, does what the core tells, and so do closed forms."""
    words = beside(core, count, seed)
    response = run(core, Stimulus(words, drain=core.patience, controls=core.controls), "myhdl")
    told = core.schedule(count)
    assert told.taken.tolist() == response.sink_cycles.tolist()
    assert told.given.tolist() == response.source_cycles.tolist()
    stimulus = Stimulus.random_stalls(words, seed, 0.3, drain=core.patience, controls=core.controls)
    assert first_late(core, stimulus, run(core, stimulus, "myhdl")) is None
    assert core.latency == latency_of(core.timing())
    assert core.cycles_per_sample == period_of(core.timing()).cycles_per_sample


def test_every_kind_of_stream_is_drawn():
    assert set(KINDS) == {core.kind for core in STREAMS}


@pytest.mark.parametrize("core", STREAMS, ids=lambda core: core.name)
def test_examples_keep_their_clocks(core):
    assert_told(core, min(160, max(40, period_of(core.timing()).taken + 20)))


@pytest.mark.parametrize("kind", KINDS)
def test_random_parameters_keep_their_clocks(kind):
    @settings(deadline=None, max_examples=1 if kind in SLOW else 2, database=None, suppress_health_check=list(HealthCheck))
    @given(KINDS[kind], st.integers(0, 999))
    def told(description, seed):
        assert_told(made(description), 40, seed)

    told()


CLOCKS = {
    "packet_analysis": (178, Fraction(31)),
    "packet_synthesis": (21, Fraction(133, 4)),
    "segmenter": (2, Fraction(2)),
    "dwt_analysis": (23, Fraction(159, 8)),
    "dwt_ola": (139, Fraction(2504, 128)),
    "sequencer": (73, Fraction(261, 64)),
    "i2c_master": (6501, Fraction(6502)),
}
"""Latency and clocks for a sample of some examples, measured in GHDL over whole periods."""


@pytest.mark.parametrize("name", CLOCKS)
def test_latency_and_rate_of_examples(name):
    core = load_core(EXAMPLES / f"{name}.toml")
    assert (core.latency, core.cycles_per_sample) == CLOCKS[name]


def by_hand(actions: list[int], words: int) -> tuple[list[int], list[int]]:
    """Clocks of a process without a line, nothing stalled: written down action by action."""
    taken: list[int] = []
    given: list[int] = []
    clock = 0
    for action in itertools.cycle(actions):
        if action in (TAKE, PASS) and len(taken) == words:
            return taken, given
        if action in (TAKE, PASS):
            taken.append(clock)
        if action in (GIVE, PASS):
            given.append(clock + 1)
        clock += max(1, action)
    raise AssertionError


ACTIONS = st.lists(st.sampled_from([TAKE, GIVE, wait(1), wait(3), wait(7)]), max_size=8).map(lambda actions: [TAKE, *actions])


@given(ACTIONS, st.integers(0, 60))
def test_a_process_does_one_thing_after_the_other(actions, words):
    taken, given_ = by_hand(actions, words)
    told = unstalled(Process(actions), words)
    assert told.taken.tolist() == taken
    # What is left of the loop behind the last word gives what it gives.
    assert told.given.tolist() == given_
    assert len(given_) == owed(Process(actions), words)[-1]


@given(KINDS["chain"], st.integers(1, 300))
@settings(deadline=None, max_examples=30)
def test_whole_periods_are_laid_behind_each_other(description, words):
    """A schedule is what clock by clock comes out, however long it is."""
    core = made(description)
    told = core.schedule(words)
    stop = int(max(told.taken[-1], told.given.max(initial=0))) + 200
    slow = played(core.timing(), words, [True], [True], 0, stop)
    assert told.taken.tolist() == slow.taken.tolist()
    assert told.given.tolist() == slow.given.tolist()


def outstanding(core: Any, offer: list[bool], accept: list[bool], clocks: int) -> int:
    """Most words that were due and had not come, in any clock of a run with stalls."""
    told = played(core.timing(), clocks, offer, accept, 0, clocks)
    due = np.array(owed(core.timing(), len(told.taken)))
    edges = np.arange(clocks)
    return int((due[np.searchsorted(told.taken, edges)] - np.searchsorted(told.given, edges)).max())


@given(st.sampled_from(sorted(set(KINDS) - SLOW)).flatmap(KINDS.get), STALLING, STALLING)
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_no_more_words_are_outstanding_than_the_core_holds(description, offer, accept):
    core = made(description)
    assert outstanding(core, offer, accept, 600) <= core.capacity


@pytest.mark.parametrize("core", [core for core in STREAMS if not core.parts], ids=lambda core: core.name)
def test_as_many_words_are_outstanding_as_the_core_holds(core):
    """The source stands still for good, from the start or before one of the words of some periods."""
    # Of a period that is too long to be played, its beginning.
    taken = FEW if core.timing().repeats else period_of(core.timing()).taken
    words, clocks = core.schedule(2 * taken + 2).given.tolist(), ceil(taken * core.cycles_per_sample)
    most = 0
    for stop in [0, *words[::-1]]:
        accept = [clock < stop for clock in range(stop + 3000 + 3 * clocks + 4 * core.capacity)]
        most = max(most, outstanding(core, [True], accept, len(accept)))
        if most == core.capacity:
            return
    raise AssertionError(f"{most} of {core.capacity}")


AMID = {
    "a bank starts amid its words": ({"core": "dwt_synthesis", "wavelet": "haar", "levels": 3}, lambda n: np.resize(pattern(3), n + 3)[3:]),
    "by lifting": ({"core": "lifting_synthesis", "levels": 3}, lambda n: np.resize(pattern(3), n + 6)[6:]),
    "packets": ({"core": "packet_synthesis", "wavelet": "haar", "levels": 2}, lambda n: np.arange(3, n + 3) % 4),
    "sets fall into step": ({"core": "swt_synthesis", "wavelet": "haar", "levels": 2}, lambda n: np.arange(n) * 7 % 5 % 3),
}


@pytest.mark.parametrize("case", AMID)
def test_clocks_of_words_that_begin_amid_a_period(case):
    description, channels = AMID[case]
    core = make_core(description)
    for stalls in (0.0, 0.4):
        words = {"data": np.arange(60), "channel": channels(60)}
        assert not np.array_equal(words["channel"], core.accompany(words["data"])["channel"])
        stimulus = Stimulus.random_stalls(words, 3, stalls, reset_after=25, reset_delay=4, drain=core.patience)
        assert first_late(core, stimulus, run(core, stimulus, "myhdl")) is None
        stimulus = stimulus.replace(offer=None, accept=None, reset_after=None)
        assert first_late(core, stimulus, run(core, stimulus, "myhdl")) is None


@given(st.integers(0, 2**20))
@settings(deadline=None, max_examples=8)
def test_clocks_of_damaged_segments(seed):
    core = make_core({"core": "overlap_add", "segment_length": 8, "hop": 4, "window": "hann", "padding": 2})
    rng = np.random.default_rng(seed)
    marks = {name: (rng.random(80) < 0.2).astype(int) for name in ("startofpacket", "endofpacket")}
    stimulus = Stimulus.random_stalls({"data": np.arange(80), **marks}, seed, 0.3, drain=core.patience)
    assert first_late(core, stimulus, run(core, stimulus, "myhdl")) is None


def test_where_the_clocks_are_not_known():
    real_time = make_core({"core": "sequencer", "calculation": SIMPLE, "real_time": True})
    assert real_time.timing() is None
    assert real_time.schedule(10) is None
    # A queue's own channels count up; those that a synthesis expects do not.
    stages = [{"core": "fifo", "channel_bits": 2}, {"core": "dwt_synthesis", "levels": 2, "sink": "sfix16_En15"}]
    assert make_core({"core": "chain", "stages": stages}).timing() is None
    bank = [{"core": "dwt_analysis", "levels": 2}, {"core": "dwt_synthesis", "levels": 2}]
    assert make_core({"core": "chain", "stages": bank}).timing() is not None


@given(TAPS.filter(any), st.booleans(), st.sampled_from([1, -1]))
def test_group_delay_of_a_filter_is_scipys(taps, mirrored, sign):
    taps = [*taps, *(sign * tap for tap in taps[::-1])] if mirrored else taps
    core = make_core({"core": "fir", "coefficients": taps})
    words = core.quantized.values
    found = core.group_delay
    _, late = scipy.signal.group_delay((words[np.flatnonzero(words)[0] :], 1), w=np.linspace(0.3, 2.7, 7))
    late = late + np.flatnonzero(words)[0]
    flat = np.ptp(late[np.isfinite(late)]) < 1e-6
    if found is not None:
        assert np.allclose(late[np.isfinite(late)], float(found), atol=1e-6)
    else:
        assert not flat


def test_group_delay_where_rates_change_and_in_a_row():
    up = {"core": "fir", "name": "up", "interpolation": 2, "coefficients": [0.1, 0.4, 0.4, 0.1]}
    down = {"core": "fir", "name": "down", "decimation": 2, "coefficients": [0.2, 0.5, 0.2]}
    assert make_core(up).group_delay == Fraction(3, 4)
    assert make_core({"core": "chain", "stages": [up, down]}).group_delay == Fraction(3, 4) + Fraction(1, 2)
    assert make_core({"core": "chain", "stages": [up, {**down, "coefficients": [0.2, 0.5]}]}).group_delay is None
    assert make_core({"core": "denoiser", "wavelet": "haar", "levels": 4}).group_delay == 15
    assert make_core({"core": "dwt_analysis"}).group_delay is None
    there, back = ({"core": f"swt_{half}", "wavelet": "haar", "levels": 4} for half in ("analysis", "synthesis"))
    between = {"core": "noise_reducer", "sink": "sfix20_En18"}
    whole = make_core({"core": "chain", "stages": [there, between, back]})
    assert (whole.delay, whole.group_delay) == (15, 15)
    assert make_core({"core": "chain", "stages": [there, between, {**back, "wavelet": "sym2"}]}).group_delay is None


def test_no_one_number_tells_how_late_a_sequencer_is():
    """With a sample every so many clocks, the first result comes a segment late and more, by how many samples depends on the clock."""
    core = make_core({"core": "sequencer", "segment_length": 8, "calculation": {"core": "fir", "coefficients": [0.25, 0.5, 0.25]}})
    assert core.group_delay is None
    assert make_core({"core": "chain", "stages": [core]}).group_delay is None
    late = []
    for pace in (1, 3, 100):
        clocks = played(core.timing(), 64, [True, *[False] * (pace - 1)], [True], 0, 65 * pace)
        late.append(int(np.count_nonzero(clocks.taken < clocks.given[0])) - 1)
    assert late[0] > late[1] > late[2] >= core.segment_length - 1


PACES = st.tuples(st.integers(1, 40), st.integers(1, 3), st.integers(1, 2), st.integers(0, 2), st.booleans())


def paced(clocks, takes, gives, line, rigid):
    """Takes some words, works on them for some clocks, gives some."""
    return Process([*[TAKE] * takes, wait(clocks), *[GIVE] * gives], once=[wait(clocks // 2 + 1)], line=line, rigid=rigid)


@given(paces=st.lists(PACES, min_size=2, max_size=4))
@settings(max_examples=40, deadline=None)
def test_clocks_that_are_left_out_in_a_row_are_those_that_are_played(paces):
    """A fast part waits for a slow one behind it, or in front; clock by clock it is the same."""
    jumped = unstalled(Connected([paced(*pace) for pace in paces]), 30)
    stepped = played(Connected([paced(*pace) for pace in paces]), 30, [True], [True], 0, jumped.taken[-1] + 4000)
    assert np.array_equal(jumped.taken, stepped.taken)
    assert np.array_equal(jumped.given, stepped.given)


@given(fast=st.integers(1, 12), slow=st.integers(20, 60), behind=st.integers(1, 80), lines=st.tuples(*[st.integers(0, 2)] * 3))
@settings(max_examples=40, deadline=None)
def test_clocks_that_are_left_out_where_paths_meet_are_those_that_are_played(fast, slow, behind, lines):
    def made():
        parts = [paced(clocks, 1, 1, line, False) for clocks, line in zip((fast, slow, behind), lines, strict=True)]
        return meeting(parts, Wiring(((ENTERING,), (ENTERING,), (0, 1))), {(2, 0): Waiting(1, 4)})

    jumped = unstalled(made(), 30)
    stepped = played(made(), 30, [True], [True], 0, jumped.taken[-1] + 4000)
    assert np.array_equal(jumped.taken, stepped.taken)
    assert np.array_equal(jumped.given, stepped.given)


def test_a_fast_core_in_front_of_a_slow_one_is_not_played_clock_by_clock():
    run = Run(Connected([paced(10, 1, 1, 0, False), paced(2000, 1, 1, 0, False)]))
    steps = 0
    while len(run.taken) < 20:
        run.step()
        steps += 1
    assert run.clock > 30_000
    assert steps < 1000
