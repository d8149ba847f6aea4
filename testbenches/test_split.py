"""One stream to several: each word once to every branch, whatever their speed."""

from __future__ import annotations

import numpy as np
import pytest
from myhdl import Signal, StopSimulation, always, delay, instance, intbv

from ip_cores.core import make_core
from ip_cores.generate import generate
from ip_cores.parameters import ParameterError
from testbenches.engines.own_bench import run_own_ghdl, run_own_myhdl
from testbenches.verify import verify


def split(**parameters):
    return make_core({"core": "split", "name": "parting", **parameters})


def test_every_branch_gets_every_word():
    core = split(ways=3)
    given = core.model([1, -2, 3])
    assert list(given) == list(core.sources) == ["source_0", "source_1", "source_2"]
    assert all(row.tolist() == [1, -2, 3] for row in given.values())
    assert all(row.tolist() == [0.5] for row in core.reference([0.5]).values())
    words, channel = split(channel_bits=1).model(([4, 5], [0, 1]))["source_1"]
    assert (words.tolist(), list(channel)) == ([4, 5], [0, 1])


@pytest.mark.parametrize("parameters", [{"ways": 3}, {"channel_bits": 2, "sink": "ufix8_En0"}], ids=["three", "channel"])
def test_the_delivered_vhdl_gives_each_branch_every_word(parameters, tmp_path):
    core = split(**parameters)
    manifest = generate(core, tmp_path / "vhdl")
    bench = (manifest.folder / "simulation" / "parting_tb.vhd").read_text()
    assert f"{64 * core.ways} words" in run_own_ghdl(manifest, bench, tmp_path, top="parting_tb")


@pytest.mark.parametrize("engine", ["myhdl", "native"])
def test_verify_compares_every_branch(engine):
    proof = verify(split(ways=3), "noise", [engine], samples=100)
    assert proof.passed, proof.engines
    assert proof.engines[0].words_compared >= 300
    assert proof.engines[0].legs[1].scheduled


class Played:
    """The hardware with words offered and branches that are ready by turns; clock by clock what was seen."""

    def __init__(self, ready, clocks, reset_at=()):
        self.core = split(ways=len(ready), sink="sfix8_En0")
        self.ready, self.clocks, self.reset_at = ready, clocks, set(reset_at)
        self.given = [[] for _ in ready]
        self.taken = []
        run_own_myhdl(self.make)

    def make(self):
        signals = {port.name: Signal(bool(0)) if port.width is None else Signal(intbv(0, -128, 128)) for port in self.core.ports}
        ways = range(len(self.ready))

        @always(delay(1))
        def tick():
            signals["clk"].next = not signals["clk"]

        @instance
        def bench():
            word = 0
            for clock in range(self.clocks):
                signals["reset"].next = clock == 0 or clock in self.reset_at
                signals["sink_valid"].next = clock > 0
                signals["sink_data"].next = word % 100
                for way in ways:
                    signals[f"source_{way}_ready"].next = bool(self.ready[way][clock % len(self.ready[way])])
                yield signals["clk"].negedge
                # What stands on the wires in front of the rising edge.
                yield delay(0)
                live = not signals["reset"]
                for way in ways:
                    if live and signals[f"source_{way}_valid"] and signals[f"source_{way}_ready"]:
                        self.given[way].append((clock, int(signals[f"source_{way}_data"])))
                if live and signals["sink_valid"] and signals["sink_ready"]:
                    self.taken.append((clock, int(signals["sink_data"])))
                    word += 1
                yield signals["clk"].posedge
            raise StopSimulation

        return self.core.block(**signals), tick, bench


def test_each_branch_takes_at_its_own_pace_and_none_gets_a_word_twice():
    rng = np.random.default_rng(2)
    played = Played([rng.integers(0, 2, 997), [1], rng.integers(0, 5, 997) == 0], 600)
    sent = [word for _, word in played.taken]
    assert len(sent) > 80
    assert sent == [number % 100 for number in range(len(sent))]
    for given in played.given:
        assert [word for _, word in given][: len(sent)] == sent
        assert len(given) - len(sent) in (0, 1)
    # A branch that is ready never waits for the others.
    clocks = [clock for clock, _ in played.taken]
    assert [clock for clock, _ in played.given[1]][1 : len(clocks)] == [clock + 1 for clock in clocks[: len(clocks) - 1]]


def test_branches_that_are_ready_take_a_word_a_clock():
    played = Played([[1], [1]], 40)
    assert [clock for clock, _ in played.taken] == list(range(1, 40))


def test_a_reset_forgets_which_branch_has_the_word():
    """A word that one branch has taken is offered to it again after a reset: for it the reset has struck in front of the word."""
    ready = [[1] * 20, [0] * 8 + [1] * 12]
    played = Played(ready, 20, reset_at=[4])
    first = [word for _, word in played.given[0]]
    assert first[:2] == [0, 0]
    assert next(word for _, word in played.given[1]) == 0


@pytest.mark.parametrize("ways", [1, 9])
def test_other_numbers_of_branches_are_refused(ways):
    with pytest.raises(ParameterError, match=f"ways = {ways}: must be 2 to 8"):
        split(ways=ways)


@pytest.mark.parametrize("format", ["ufix1", "bipolar"])
def test_bits_are_words_too(format):
    """Of one bit, 0 and 1 or -1 and 1: in a split, a queue and a register."""
    for core in (
        split(ways=2, sink=format),
        make_core({"core": "fifo", "sink": format}),
        make_core({"core": "stream_register", "sink": format}),
    ):
        assert verify(core, "noise", ["myhdl", "native"], samples=60).passed
