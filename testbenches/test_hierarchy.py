"""Bundles: signals that are one argument in MyHDL, and ports of their own in VHDL."""

import re
from dataclasses import dataclass
from typing import Any

import pytest
from myhdl import Simulation, always, always_comb, delay, instance

from ip_cores.blocks.arithmetic import flag, signed_signal
from ip_cores.blocks.stream import Stream, bundled
from ip_cores.conversion.conversion import convert
from ip_cores.hierarchy import Group, entity, inline

WORDS = [3, -4, 0, 7, -8, 1]


@dataclass(frozen=True, eq=False)
class Marks(Group):
    """A flag and a list of words that one block gives and another uses."""

    seen: Any
    past: Any


@entity
def keeper(clk, reset, in_, marks):
    """Keeps the last two words."""
    first, second = marks.past

    @always(clk.posedge)
    def keep():
        if reset:
            marks.seen.next = False
        elif in_.valid:
            marks.seen.next = True
            first.next = in_.data
            second.next = first

    return keep


@inline
def adder(marks, out):
    newer, older = marks.past

    @always_comb
    def add():
        out.data.next = newer + older
        out.valid.next = marks.seen

    return add


@entity
def pair_sums(clk, reset, in_, out):
    """Sums of a word and the one before it."""
    marks = Marks(flag(), [signed_signal(4), signed_signal(4)])
    return keeper(clk, reset, in_, marks), adder(marks, out)


def streams():
    return Stream(flag(), None, signed_signal(4)), Stream(flag(), None, signed_signal(5))


def test_bundles_are_ports_in_the_order_of_their_fields():
    files = convert(pair_sums(flag(), flag(), *streams()), "pair_sums", "")
    ports = {name: re.findall(r"^ +(\w+): (in|out) ", text, re.MULTILINE) for name, text in files.items()}
    assert ports == {
        "pair_sums_keeper": [
            ("clk", "in"), ("reset", "in"), ("in_valid", "in"), ("in_data", "in"), ("seen", "out"), ("past_0", "out"), ("past_1", "out"),
        ],
        "pair_sums": [("clk", "in"), ("reset", "in"), ("in_valid", "in"), ("in_data", "in"), ("out_valid", "out"), ("out_data", "out")],
    }  # fmt: skip


@entity
def held_twice(clk, in_, out):
    """Has a signal that is called as a field of a bundle would be."""
    in_data = signed_signal(4)

    @always(clk.posedge)
    def keep():
        in_data.next = in_.data
        out.data.next = in_data

    return keep


@inline
def summed_beside(marks, seen, out):
    @always_comb
    def add():
        out.valid.next = marks.seen and seen

    return add


def test_a_signal_with_the_name_of_a_field_is_refused():
    with pytest.raises(ValueError, match=r"^in_data: a signal of its own has the name of a field of in_; it must have another$"):
        held_twice(flag(), *streams())
    with pytest.raises(ValueError, match=r"^seen: a signal of its own has the name of a field of marks"):
        summed_beside(Marks(flag(), [signed_signal(4), signed_signal(4)]), flag(), streams()[1])


def test_fields_of_a_local_bundle_are_signals_of_that_name():
    text = convert(pair_sums(flag(), flag(), *streams()), "pair_sums", "")["pair_sums"]
    assert re.findall(r"signal (seen|past\w*):", text) == ["past_0", "past_1"]
    # What only leaves again is connected with the port at once.
    assert "seen => out_valid" in text
    assert "past_1 => past_1" in text


def test_bundles_simulate():
    clk, reset = flag(), flag()
    given, found = streams()
    sums = []

    @instance
    def play():
        reset.next = True
        for word in [None, *WORDS]:
            if word is not None:
                reset.next = False
                given.valid.next = True
                given.data.next = word
            yield delay(1)
            clk.next = True
            yield delay(1)
            if word is not None:
                sums.append(int(found.data))
            clk.next = False

    Simulation(pair_sums(clk, reset, given, found), play).run(100, quiet=1)
    assert sums == [a + b for a, b in zip(WORDS, [0, *WORDS], strict=False)]


def difference(word, less, by):
    @always_comb
    def subtract():
        by.next = word - less

    return subtract


@entity
def steps(newer, older, by):
    """How much a word has changed."""
    # The first of these names is another signal's in the plain function.
    less = signed_signal(4)
    return difference(newer, older, less), difference(less, newer, by)


def test_a_plain_function_makes_processes_under_its_own_names():
    newer, older, by = signed_signal(4), signed_signal(4), signed_signal(5)

    @instance
    def play():
        for word, before in ((3, -2), (3, 1), (-4, 1)):
            newer.next, older.next = word, before
            yield delay(1)
            assert by == -before

    Simulation(steps(newer, older, by), play).run(10, quiet=1)


def test_uses_with_other_fields_are_other_entities():
    @entity
    def both(clk, first, second):
        return keeper(clk, flag(), first, Marks(flag(), streams_of(4))), keeper(clk, flag(), second, Marks(flag(), streams_of(6)))

    def streams_of(bits):
        return [signed_signal(bits), signed_signal(bits)]

    block = both(flag(), Stream(flag(), None, signed_signal(4)), Stream(flag(), None, signed_signal(6)))
    assert list(convert(block, "both", "")) == ["both_keeper", "both_keeper_2", "both"]


def test_only_the_named_fields_go_on():
    stream = Stream(1, 2, 3, channel=4, endofpacket=6)
    assert stream.flow().present == {"valid": 1, "ready": 2}
    assert stream.flow("channel").present == {"valid": 1, "ready": 2, "channel": 4}
    assert stream.word == [3, 4, 6]


def test_ports_of_a_core_become_bundles():
    names = ["clk", "sink_valid", "sink_ready", "source_valid", "source_ready", "source_channel"]
    names += ["seen", "past", "sink_clk", "control_gain"]
    found = bundled({name: name for name in names}, marks=Marks)
    assert found.keys() == {"clk", "sink", "source", "marks", "sink_clk", "control_gain"}
    assert found["source"].present == {"valid": "source_valid", "ready": "source_ready", "channel": "source_channel"}
    assert found["marks"].present == {"seen": "seen", "past": "past"}
    # Bundles that are made already go through.
    assert bundled({"sink": found["sink"], "clk": 0}) == {"sink": found["sink"], "clk": 0}


def test_a_missing_port_is_named():
    with pytest.raises(KeyError, match="past"):
        bundled({"seen": 1}, marks=Marks)
