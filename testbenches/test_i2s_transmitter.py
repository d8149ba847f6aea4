"""I2S transmitter: pins from words, as slave and as master, equal in model, MyHDL, GHDL and native code."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import fixed_point.i2s_receiver
from fixed_point import Format
from ip_cores.i2s_transmitter import I2sTransmitter
from ip_cores.parameters import ParameterError
from testbenches.for_tests.drawing import examples
from testbenches.for_tests.i2s_pins import line_events, rising_edges, sampled
from testbenches.simulate import run
from testbenches.stimulus import Stimulus

HARDWARE = ("myhdl", "ghdl", "native")
FRAMINGS = ("i2s", "left_justified")


def format_of(bits):
    return Format(True, bits, bits - 1)


def some_words(bits, count, seed):
    return np.random.default_rng(seed).integers(-(1 << (bits - 1)), (1 << (bits - 1)) - 1, count, endpoint=True)


def fields(core, words):
    return {"data": words, "channel": np.arange(len(words)) % 2} if core.channels == "both" else {"data": words}


def probed(core, stimulus, names, cycles, engine):
    """Levels of output pins, cycle by cycle."""
    probes = tuple((cycle, name) for cycle in range(cycles) for name in names)
    response = run(core, stimulus.replace(probes=probes, cycles=cycles + 1), engine)
    return np.array(response.probes).reshape(-1, len(names)).T


@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize(("bits", "slot", "channels"), [(16, 16, "both"), (20, 25, "same"), (24, 32, "both"), (32, 32, "same")])
def test_master_drives_the_line_of_the_model(bits, slot, channels, framing):
    core = I2sTransmitter(role="master", framing=framing, sink=format_of(bits), slot=slot, divider=4, channels=channels)
    words = some_words(bits, 4, bits)
    lrclk, data = core.model(words)
    assert core.reference(
        words / 2.0 ** (bits - 1),
    ).astype(int).tolist() == [[(int(w) >> k) & 1 for k in range(bits)[::-1]] for w in words]
    cycles = 4 * (len(lrclk) + 4)
    for engine in HARDWARE if (bits, framing) in ((24, "i2s"), (20, "left_justified")) else HARDWARE[:2]:
        lines = probed(core, Stimulus(fields(core, words)), ("bclk", "lrclk", "serial_data"), cycles, engine)
        seen_lrclk, seen_data = sampled(*lines)
        # The first edge comes before the first frame.
        assert seen_lrclk[1 : 1 + len(lrclk)].tolist() == lrclk.tolist(), engine
        assert seen_data[1 : 1 + len(data)].tolist() == data.tolist(), engine
        falls = np.flatnonzero(np.diff(lines[0].astype(int)) == -1)
        assert set(np.flatnonzero(np.diff(lines[2]))) <= set(falls)


def slave_line(core, frames, slot, periods, seed):
    """A codec's clocks, and where it samples."""
    left = 0 if core.framing == "i2s" else 1
    lrclk = np.tile(np.repeat([1 - left, left], slot), frames)
    rng = np.random.default_rng(seed)
    events, end = line_events(lrclk, np.zeros(len(lrclk)), rng.integers(*periods, len(lrclk), endpoint=True))
    return tuple(event for event in events if event[1] != "serial_data"), end, lrclk


@examples(8)
@given(st.sampled_from([16, 20]), st.sampled_from(FRAMINGS), st.sampled_from(["both", "same"]), st.integers(20, 36), st.integers(0, 999))
def test_slave_follows_any_clock(bits, framing, channels, slot, seed):
    check_slave(I2sTransmitter(framing=framing, sink=format_of(bits), channels=channels), slot, seed, HARDWARE[:1])


@pytest.mark.parametrize("framing", FRAMINGS)
def test_slave_in_every_engine(framing):
    check_slave(I2sTransmitter(framing=framing), 16, 3, HARDWARE)


def check_slave(core, slot, seed, engines):
    """What a receiver reads are the words, left and right in turn, after silence; the least bit clock is ten clocks."""
    words = some_words(core.sink.word_length, 6, seed)
    events, end, lrclk = slave_line(core, 6, slot, (10, 14), seed)
    for engine in engines:
        stimulus = Stimulus(fields(core, words), events=events)
        (levels,) = probed(core, stimulus, ("serial_data",), end, engine)
        at_edges = levels[rising_edges(events)]
        found, channel = fixed_point.i2s_receiver.i2s_receiver(lrclk, at_edges, core.sink.word_length, core.framing)
        pairs = words.reshape(-1, 2) if core.channels == "both" else np.stack([words, words], axis=1)
        first = int(np.argmax(channel == 0))
        heard = found[first:][: 2 * ((len(found) - first) // 2)].reshape(-1, 2)
        start = next(n for n, pair in enumerate(heard) if pair.any())
        assert start <= 1
        heard = heard[start : start + len(pairs)]
        assert len(heard) >= 3
        assert heard.tolist() == pairs[: len(heard)].tolist(), engine


@pytest.mark.parametrize("engine", HARDWARE[:2])
def test_latency_of_the_slave(engine):
    """From the clock of the falling edge at the pin to the change of the data."""
    core = I2sTransmitter(channels="same")
    events, end, _ = slave_line(core, 3, 16, (12, 12), 0)
    falls = np.array([cycle for cycle, name, value in events if name == "bclk" and not value])
    (levels,) = probed(core, Stimulus({"data": np.full(4, 0x5555)}, events=events), ("serial_data",), end, engine)
    changes = np.flatnonzero(np.diff(levels.astype(int))) + 1
    assert len(changes) > 20
    assert set((changes - falls[np.searchsorted(falls, changes, side="right") - 1]).tolist()) == {core.latency}


@pytest.mark.parametrize("engine", HARDWARE[:2])
def test_underrun_is_silent_and_said(engine):
    """Words end after the second frame; before the first word nothing counts as missing."""
    core = I2sTransmitter(role="master", slot=16, divider=4, channels="same")
    lines = probed(core, Stimulus({"data": np.array([5, -7])}), ("bclk", "lrclk", "serial_data", "underrun"), 4 * 32 * 5, engine)
    lrclk, data = sampled(*lines[:3])
    words, channel = fixed_point.i2s_receiver.i2s_receiver(lrclk, data, 16, "i2s")
    assert words[channel == 1].tolist()[:4] == [5, -7, 0, 0]
    assert int(lines[3].sum()) == 3


def test_a_word_for_the_other_side_waits():
    """A stream that begins with a right word: the left slot is silent, the order of channels stays right."""
    core = I2sTransmitter(role="master", slot=16, divider=4)
    stimulus = Stimulus({"data": np.array([9, 1, 2]), "channel": np.array([1, 0, 1])})
    lrclk, data = sampled(*probed(core, stimulus, ("bclk", "lrclk", "serial_data"), 4 * 32 * 3, "ghdl"))
    words, channel = fixed_point.i2s_receiver.i2s_receiver(lrclk, data, 16, "i2s")
    assert words[:4].tolist() == [0, 9, 1, 2]
    assert channel[:4].tolist() == [0, 1, 0, 1]


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"sink": format_of(17)}, "16, 20, 24 or 32 bits"),
        ({"role": "master", "slot": 20, "sink": format_of(24)}, "24 or more"),
        ({"channels": "left"}, "one of both, same"),
        ({"slot": 65}, "16 to 64"),
    ],
)
def test_bad_parameters(parameters, message):
    with pytest.raises(ParameterError, match=message):
        I2sTransmitter(**parameters)
