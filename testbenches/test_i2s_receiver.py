"""I2S receiver: words from pins, as slave and as master, equal in model, MyHDL, GHDL and native code."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import fixed_point.i2s_transmitter
from fixed_point import Format
from ip_cores.i2s_receiver import I2sReceiver
from ip_cores.parameters import ParameterError
from testbenches.for_tests.drawing import examples
from testbenches.for_tests.i2s_pins import line_events, rising_edges
from testbenches.simulate import run
from testbenches.stimulus import Stimulus

HARDWARE = ("myhdl", "ghdl", "native")


def format_of(bits):
    return Format(True, bits, bits - 1)


def line(bits, slot, framing, frames, seed):
    """Words of both channels in turn, and the line that carries them; a run-in of an idle half frame comes first."""
    words = np.random.default_rng(seed).integers(-(1 << (bits - 1)), (1 << (bits - 1)) - 1, (frames, 2), endpoint=True)
    lrclk, data = fixed_point.i2s_transmitter.i2s_transmitter(words[:, 0], words[:, 1], bits, slot, framing)
    right = 1 if framing == "i2s" else 0
    # The frame after the last lets the last bit out where it fills its slot.
    last = words[-1, 1] & 1 if framing == "i2s" and slot == bits else 0
    lrclk = np.concatenate([[right] * 5, lrclk, [1 - right] * 2])
    return words.reshape(-1), lrclk, np.concatenate([[0] * 5, data, [last, 0]])


def played(core, lrclk, data, periods, engine, seed=0):
    events, end = line_events(lrclk, data, periods)
    stimulus = Stimulus.random_stalls({}, seed, 0.3, events=events, cycles=end + 40)
    return run(core, stimulus, engine), events


@pytest.mark.parametrize("framing", ["i2s", "left_justified"])
@pytest.mark.parametrize(("bits", "slot"), [(16, 16), (20, 32), (24, 24), (32, 32)])
def test_slave_gives_the_words_that_were_sent(bits, slot, framing):
    core = I2sReceiver(framing=framing, source=format_of(bits))
    words, lrclk, data = line(bits, slot, framing, 4, seed=bits)
    given_words, channel = core.model((lrclk, data))
    assert given_words.tolist() == words.tolist()
    assert channel.tolist() == [0, 1] * 4
    np.testing.assert_allclose(core.reference((lrclk, data))[0], words / 2.0 ** (bits - 1))
    # A bit clock of 5 to 9 clocks, as two clocks without relation give it.
    periods = np.random.default_rng(1).integers(5, 10, len(data))
    # A compilation takes seconds: the native engine sees one of each kind.
    for engine in HARDWARE if (bits, framing) in ((24, "i2s"), (20, "left_justified")) else HARDWARE[:2]:
        response, _ = played(core, lrclk, data, periods, engine)
        assert response.words["data"].tolist() == words.tolist(), engine
        assert response.words["channel"].tolist() == channel.tolist(), engine


@examples(8)
@given(st.sampled_from([16, 20]), st.sampled_from(["i2s", "left_justified"]), st.integers(0, 70), st.integers(20, 40), st.integers(0, 99))
def test_any_beginning(bits, framing, skipped, slot, seed):
    """The line is met anywhere in a frame: the first whole slot is the first word, in the model and in hardware."""
    core = I2sReceiver(framing=framing, source=format_of(bits))
    _, lrclk, data = line(bits, slot, framing, 3, seed)
    lrclk, data = lrclk[skipped:], data[skipped:]
    response, _ = played(core, lrclk, data, np.full(len(data), 4), "myhdl", seed)
    words, channel = core.model((lrclk, data))
    assert response.words["data"].tolist() == words.tolist()
    assert response.words["channel"].tolist() == channel.tolist()


@pytest.mark.parametrize("channels", ["left", "right"])
def test_one_channel_alone(channels):
    core = I2sReceiver(channels=channels)
    words, lrclk, data = line(16, 32, "i2s", 4, seed=2)
    response, _ = played(core, lrclk, data, np.full(len(data), 4), "ghdl")
    assert response.data.tolist() == core.model((lrclk, data)).tolist() == words[channels == "right" :: 2].tolist()


def test_slots_shorter_than_the_word_give_nothing():
    core = I2sReceiver(source=format_of(24))
    _, lrclk, data = line(16, 20, "i2s", 3, seed=2)
    response, _ = played(core, lrclk, data, np.full(len(data), 4), "ghdl")
    assert len(response.data) == 0 == len(core.model((lrclk, data))[0])


@pytest.mark.parametrize("engine", HARDWARE)
def test_slots_that_are_too_short_are_told(engine):
    """A receiver of 24 bits where a codec sends 16 bits in slots of 20; none where slots are as long as words."""
    core = I2sReceiver(source=format_of(24), framing="left_justified")
    for slot, told in ((20, True), (24, False)):
        _, lrclk, data = line(16, slot, "left_justified", 4, seed=3)
        events, end = line_events(lrclk, data, np.full(len(data), 6))
        probes = tuple((cycle, "short_slot") for cycle in range(end + 20))
        response = run(core, Stimulus(events=events, cycles=end + 21, probes=probes), engine)
        # Of the slots but for the one at the beginning, of which nobody knows where it began, and the last, which does not end.
        changes = np.count_nonzero(np.diff(lrclk))
        assert sum(response.probes) == (changes - 1 if told else 0)
        assert (len(response.data) == 0) == told


@pytest.mark.parametrize("engine", HARDWARE[:2])
def test_latency(engine):
    core = I2sReceiver()
    words, lrclk, data = line(16, 16, "left_justified", 2, seed=3)
    core = core.replace(framing="left_justified")
    events, end = line_events(lrclk, data, np.full(len(data), 6))
    response = run(core, Stimulus(events=events, cycles=end + 20), engine)
    last_bits = np.array(rising_edges(events))[5 + 15 :: 16][: len(words)]
    assert (response.source_cycles - last_bits).tolist() == [core.latency] * len(words)


@pytest.mark.parametrize("engine", HARDWARE[:2])
def test_a_word_that_is_not_taken_in_time_is_lost_and_said_to_be(engine):
    core = I2sReceiver(framing="left_justified")
    words, lrclk, data = line(16, 16, "left_justified", 3, seed=4)
    events, end = line_events(lrclk, data, np.full(len(data), 4))
    closed = int(end * 0.6)
    accept = np.r_[np.zeros(closed, bool), np.ones(end, bool)]
    probes = tuple((cycle, "overrun") for cycle in range(end))
    response = run(core, Stimulus(accept=accept, events=events, cycles=end + 20, probes=probes), engine)
    complete = np.array(rising_edges(events))[5 + 15 :: 16][:6] + core.latency
    lost = sum(closed > cycle for cycle in complete[1:])
    assert sum(response.probes) == lost > 0
    assert response.data.tolist() == [words[0], *words[1 + lost :]]


@pytest.mark.parametrize("framing", ["i2s", "left_justified"])
def test_master_makes_clocks_and_reads_with_them(framing):
    """A codec that answers on the falling edge of the clocks that it was given."""
    core = I2sReceiver(role="master", framing=framing, divider=5, slot=20, source=format_of(20))
    free = run(core, Stimulus(cycles=1200, probes=tuple((c, p) for c in range(1200) for p in ("bclk", "lrclk"))), "ghdl")
    bclk, lrclk = np.array(free.probes).reshape(-1, 2).T
    falls = np.flatnonzero((bclk[1:] == 0) & (bclk[:-1] == 1)) + 1
    assert set(np.diff(falls)) == {5}
    assert set(np.flatnonzero(np.diff(lrclk)) + 1) <= set(falls)
    assert set(np.diff(np.flatnonzero(np.diff(lrclk)))) == {100}
    bits = np.random.default_rng(5).integers(0, 2, len(falls))
    # The codec's data leave a clock after the edge that it saw.
    events = tuple((int(cycle) + 1, "serial_data", int(bit)) for cycle, bit in zip(falls, bits, strict=True) if cycle + 1 < 1200)
    rises = np.flatnonzero((bclk[1:] == 1) & (bclk[:-1] == 0)) + 1
    levels = np.array([bits[np.searchsorted(falls, rise) - 1] if rise > falls[0] else 0 for rise in rises])
    words, channel = core.model((lrclk[rises], levels))
    for engine in HARDWARE if framing == "i2s" else HARDWARE[:2]:
        response = run(core, Stimulus(events=events, cycles=1200), engine)
        count = len(response.words["data"])
        assert count >= len(words) - 1 >= 8
        assert response.words["data"].tolist() == words[:count].tolist(), engine
        assert response.words["channel"].tolist() == channel[:count].tolist(), engine


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"source": format_of(18)}, "16, 20, 24 or 32 bits"),
        ({"source": Format(False, 16, 0)}, "signed"),
        ({"role": "master", "slot": 16, "source": format_of(24)}, "24 or more"),
        ({"framing": "pcm"}, "one of i2s, left_justified"),
        ({"divider": 3}, "4 to 256"),
    ],
)
def test_bad_parameters(parameters, message):
    with pytest.raises(ParameterError, match=message):
        I2sReceiver(**parameters)
