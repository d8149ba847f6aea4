"""Channels in turn through one unit: each as if it were alone, whole frames whatever comes, and the flag that tells of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import scipy.signal
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from fixed_point.families.whole_frames import in_turn
from ip_cores.core import make_core
from ip_cores.parameters import ParameterError
from ossicle.command_line import main
from testbenches.for_tests.drawing import examples
from testbenches.simulate import run
from testbenches.steering import CHANNEL_FAULTS, wrong_channels
from testbenches.stimulus import Stimulus
from testbenches.verify import verify
from testbenches.worst_words import special_words

HARDWARE = ("myhdl", "ghdl", "native")

FIR = {"core": "fir", "form": "serial", "coefficients": [0.11, -0.25, 0.4, -0.25, 0.11, 0.05]}
SYMMETRIC = {**FIR, "coefficients": [0.1, 0.2, 0.3, 0.2, 0.1]}
LIMITER = {"core": "limiter", "silence": 5, "ceiling": 0.25}

KINDS = {
    "serial": FIR,
    "serial, folded": SYMMETRIC,
    "serial, two multipliers": {**FIR, "multipliers": 2, "pipeline": "speed"},
    "serial, decimation": {**SYMMETRIC, "decimation": 3},
    "serial, one tap": {**FIR, "coefficients": [0.7]},
    "limiter": LIMITER,
}


def frames_of(words, channel, channels):
    """What is taken of words, one after the other: the machine that docs/cores/fir.md tells of."""
    found, coming = [], 0
    for word, number in zip(words, channel, strict=True):
        if number != coming and coming:
            found += [0] * (channels - coming)
            coming = 0
        if number == coming:
            found.append(word)
            coming = (coming + 1) % channels
    return found


def words_for(core, count, seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(core.sink_format.minimum, core.sink_format.maximum, count, endpoint=True)


@examples(200)
@given(st.integers(2, 9), st.data())
def test_whole_frames(channels, data):
    count = data.draw(st.integers(0, 40))
    channel = np.arange(count) % channels
    for place in data.draw(st.lists(st.integers(0, max(0, count - 1)), max_size=5)) if count else []:
        channel[place] = data.draw(st.integers(0, 15))
    words = np.arange(1, count + 1)
    assert in_turn(words, channel, channels).tolist() == frames_of(words.tolist(), channel.tolist(), channels)


@pytest.mark.parametrize("channels", [2, 3, 128])
@pytest.mark.parametrize("kind", KINDS)
def test_each_channel_is_as_if_it_were_alone(kind, channels):
    """The words of each are those of the core with one channel, which other tests hold to the definition."""
    core, alone = make_core({**KINDS[kind], "channels": channels}), make_core(KINDS[kind])
    words = words_for(core, 12 * channels + 1)
    given, channel = core.model((words, np.arange(len(words)) % channels))
    values, numbers = core.reference((words * core.sink_format.resolution, np.arange(len(words)) % channels))
    assert channel.tolist() == numbers.tolist() == (np.arange(len(given)) % channels).tolist()
    for one in range(channels):
        assert given[one::channels].tolist() == alone.model(words[one::channels]).tolist()
        assert np.array_equal(values[one::channels], alone.reference(words[one::channels] * core.sink_format.resolution))


@pytest.mark.parametrize("decimation", [1, 2])
def test_scipy_filters_each_channel(decimation):
    core = make_core({**SYMMETRIC, "channels": 3, "decimation": decimation})
    words = words_for(core, 300)
    given, _ = core.model((words, np.arange(300) % 3))
    for one in range(3):
        wanted = scipy.signal.lfilter(core.quantized.words.astype(float), 1, words[one::3].astype(float))[::decimation]
        assert given[one::3].tolist() == np.clip(np.floor(wanted / 2**15 + 0.5), -(2**15), 2**15 - 1).tolist()


@pytest.mark.parametrize("channels", [2, 5])
@pytest.mark.parametrize("kind", KINDS)
def test_chain_of_proof(kind, channels):
    proof = verify(make_core({**KINDS[kind], "channels": channels}), engines=("myhdl", "native"), samples=120, seed=channels)
    assert [engine.error or engine.first_difference or engine.first_late for engine in proof.engines] == [None] * 2
    assert proof.passed
    legs = {leg.name: leg for leg in proof.engines[0].legs}
    assert legs["wrong channels"].malformed == len(CHANNEL_FAULTS)


@pytest.mark.parametrize("engine", HARDWARE)
@pytest.mark.parametrize("kind", ["serial", "limiter"])
def test_wrong_channels_are_dropped_and_told_of(kind, engine):
    """Of a frame that is broken off the rest is 0; the flag is up while a wrong word stands at the sink, and never without."""
    core = make_core({**KINDS[kind], "channels": 3})
    channel = [0, 1, 2, 0, 2, 1, 1, 0, 1, 2, 1, 0, 1, 2]
    words = words_for(core, len(channel))
    clocks = 400
    probes = tuple((clock, "wrong_channel") for clock in range(1, clocks))
    stimulus = Stimulus({"data": words, "channel": np.array(channel)}, controls=core.controls, probes=probes, drain=clocks)
    response = run(core, stimulus, engine)
    frames = np.array(frames_of(words.tolist(), channel, 3))
    wanted, numbers = core.model((frames, np.arange(len(frames)) % 3))
    assert response.data.tolist() == wanted.tolist()
    assert response.words["channel"].tolist() == numbers.tolist()
    assert len(frames) == 12
    told = np.flatnonzero(response.probes) + 1
    # From the clock behind that in which the first wrong word came to that behind the one in which the last was dropped.
    dropped = [response.sink_cycles[place] for place in (4, 5, 6)]
    assert set(told) == {*range(response.sink_cycles[3] + 2, dropped[-1] + 2), response.sink_cycles[10] + 1}


@pytest.mark.parametrize("engine", HARDWARE)
def test_in_the_right_order_nothing_is_told(engine):
    core = make_core({**FIR, "channels": 2})
    probes = tuple((clock, "wrong_channel") for clock in range(1, 80))
    words = words_for(core, 8)
    response = run(core, Stimulus({"data": words, **core.accompany(words)}, probes=probes, drain=80), engine)
    assert not any(response.probes)
    assert len(response.data) == 8


def test_channels_cost_no_clock():
    one, several = make_core(SYMMETRIC), make_core({**SYMMETRIC, "channels": 4})
    assert several.latency == one.latency
    assert several.cycles_per_sample == one.cycles_per_sample


def test_all_channels_come_to_their_bounds():
    """The worst case of a filter reaches the largest sum in each channel."""
    core = make_core({**FIR, "channels": 3, "source": "sfix20_En15"})
    words = special_words(core, 10_000).words
    given, channel = core.model((words, core.accompany(words)["channel"]))
    largest = sum(abs(int(tap)) for tap in core.quantized.words) * 2**15
    for one in range(3):
        assert max(abs(given[channel == one])) >= largest / 2**15 - 6


def test_the_rate_is_that_of_all_channels():
    table = {"method": "firwin", "numtaps": 31, "cutoff": 2000}
    one = make_core({"core": "fir", "form": "serial", "coefficients": table})
    two = make_core({"core": "fir", "form": "serial", "coefficients": table, "channels": 2, "sample_rate": 32000})
    assert two.coefficients == one.coefficients
    assert two.tap_rate == 16000
    assert two.group_delay == 2 * one.group_delay
    assert two.derived["channel_rate"] == "16000 samples/s of a channel"


def test_malformed_frames_are_what_they_are_called():
    core = make_core({**FIR, "channels": 3})
    fields, spoilt = wrong_channels(core, np.arange(10), np.random.default_rng(0))
    assert spoilt == len(CHANNEL_FAULTS)
    assert frames_of(fields["data"].tolist(), fields["channel"].tolist(), 3)[-3:] == fields["data"][-3:].tolist()


def test_a_chain_of_both_ears():
    """Behind a filter of both ears a limiter of both: one channel's words are those of a chain for it alone."""
    stages = [{**FIR, "name": "filter"}, {**LIMITER, "name": "loudest"}]
    both = make_core({"core": "chain", "stages": [{**stage, "channels": 2} for stage in stages]})
    alone = make_core({"core": "chain", "stages": stages})
    proof = verify(both, engines=("myhdl",), samples=100)
    assert proof.passed
    words = words_for(both, 60)
    given, _ = both.model((words, np.arange(60) % 2))
    assert [given[one::2].tolist() for one in range(2)] == [alone.model(words[one::2]).tolist() for one in range(2)]


EARS = [
    'core = "fir"\nform = "serial"\ncoefficients = [0.25, 0.5, 0.25]\n',
    'core = "limiter"\nsilence = 3\n',
    'core = "biquad"\nsections = [[0.5, 0.25, 0, 1, -0.25, 0]]\n',
    'core = "fir"\nform = "serial"\ncoefficients = [0.25, 0.5, 0.25]\ndecimation = 2\n',
]


@pytest.mark.parametrize("engine", ["model", "native", "reference"])
@pytest.mark.parametrize("text", EARS)
def test_process_takes_and_gives_both_ears(text, engine, tmp_path, monkeypatch):
    """Each channel of the file that is written is the file that the core with one channel writes of that channel."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(1)
    ears = rng.integers(-(2**15), 2**15, (500, 2)).astype(np.int16)
    soundfile.write("in.wav", ears, 16000)
    Path("both.toml").write_text(f'{text}name = "ears"\nchannels = 2\nsample_rate = 32000\n')
    Path("alone.toml").write_text(f'{text}name = "ear"\n')
    assert main(["process", "both.toml", "in.wav", "out.wav", "--engine", engine]) == 0
    given, rate = soundfile.read("out.wav", dtype="int16")
    assert rate == 16000 // (2 if "decimation" in text else 1)
    for number in range(2):
        soundfile.write("one.wav", ears[:, number], 16000)
        assert main(["process", "alone.toml", "one.wav", "one_out.wav", "--engine", engine]) == 0
        assert np.array_equal(given[:, number], soundfile.read("one_out.wav", dtype="int16")[0])


def test_process_wants_as_many_channels_as_the_core_has(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("both.toml").write_text(f'{EARS[0]}name = "ears"\nchannels = 2\nsample_rate = 32000\n')
    soundfile.write("in.wav", np.zeros((50, 1)), 16000)
    Path("in.csv").write_text("0.5\n" * 50)
    refused = {"in.wav": "has 1 channel and the core takes 2: mix them, as with `sox in.wav -c 2", "in.csv": "has one channel"}
    for name, said in refused.items():
        assert main(["process", "both.toml", name, "out.wav"]) == 2
        error = capsys.readouterr().err
        assert f"{name}: {said}" in error
        assert len(error.splitlines()) == 1


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({**FIR, "channels": 0}, "channels = 0: must be 1 to 128"),
        ({**FIR, "channels": 129}, "channels = 129: must be 1 to 128"),
        ({**LIMITER, "channels": "two"}, 'channels = "two": must be 1 to 128'),
        ({**FIR, "channels": 2, "form": "transposed"}, 'channels = 2: must be 1 for form = "transposed"; "serial" takes up to 128'),
        ({**FIR, "channels": 2, "interpolation": 2}, "channels = 2: must be 1 where interpolation = 2"),
        ({**FIR, "channels": 2, "run_time_coefficients": "slave"}, "channels = 2: must be 1 where run_time_coefficients = slave"),
        (
            {**FIR, "channels": 128, "coefficients": [0.01] * 1024},
            "channels = 128: must be fewer: their samples take 1024 memory blocks, and the device has 250",
        ),
    ],
)
def test_bad_parameters(parameters, message):
    with pytest.raises(ParameterError) as error:
        make_core(parameters)
    assert message in str(error.value)
