"""simulate and verify on a real core, right and wrong."""

import dataclasses
import json
from typing import Any

import numpy as np
import pytest
from myhdl import Signal, always, intbv

from ip_cores.core import make_core
from ip_cores.fir import Fir
from ip_cores.generate import generate
from ossicle.proof import complaints
from testbenches.simulate import ENGINES, run, simulate
from testbenches.stimulus import Stimulus
from testbenches.verify import verify

TAPS = [0.1, -0.2, 0.45, -0.2, 0.05]


@pytest.fixture(scope="module")
def core():
    return make_core({"core": "fir", "coefficients": TAPS, "sink": "sfix8_En7", "source": "sfix12_En11", "name": "verified"})


@pytest.fixture(scope="module")
def manifest(core, tmp_path_factory):
    return generate(core, tmp_path_factory.mktemp("vhdl") / "verified")


def test_every_engine_gives_the_same(core, manifest):
    x = np.random.default_rng(1).integers(-128, 128, 100)
    words = simulate(core, x)
    for engine in ENGINES[2:]:
        assert simulate(core, x, engine, stalls=0.3, manifest=manifest).tolist() == words.tolist()
    assert np.abs(simulate(core, x, "reference") - words / 2048).max() < 1e-3


def test_the_reset_comes_with_the_same_word_in_every_engine(core, manifest):
    stimulus = Stimulus.random_stalls(np.arange(100), 3, 0.3, reset_after=40, reset_delay=2)
    found = [run(core, stimulus, engine, manifest=manifest) for engine in ENGINES[2:]]
    assert [response.reset_at for response in found] == [found[0].sink_cycles[39] + 3] * 3
    assert len({tuple(response.source_cycles) for response in found}) == 1


def test_floats_in_floats_out(core):
    x = np.array([0.5, -0.25, 0.125])
    assert simulate(core, x).tolist() == (core.model([64, -32, 16]) / 2048).tolist()
    assert simulate(core, x, "reference").tolist() == core.reference(x).tolist()


def test_an_unknown_engine(core):
    with pytest.raises(ValueError, match='engine = "vivado": must be one of reference, model, myhdl, ghdl, native'):
        simulate(core, [1], "vivado")
    with pytest.raises(ValueError, match="must be one of myhdl, ghdl, native"):
        verify(core, engines=["model"])


@pytest.mark.parametrize("form", ["direct", "transposed", "serial"])
def test_the_chain_of_proof(form):
    verification = verify(make_core({"core": "fir", "coefficients": TAPS, "form": form}), samples=150, seed=4)
    assert verification.passed
    assert [engine.engine for engine in verification.engines] == ["myhdl", "ghdl", "native"]
    for engine in verification.engines:
        assert 140 < engine.words_compared <= 150
        assert engine.words_different == 0
        assert engine.replay.endswith(f"--engine {engine.engine} --samples 150 --seed 4")
    assert verification.snr > 70
    plain = json.loads(json.dumps(verification.as_dict()))
    assert plain["passed"] is True
    assert plain["engines"][0]["words_different"] == 0


@dataclasses.dataclass(frozen=True)
class OffByOne(Fir):
    """A model that is wrong in one word."""

    kind = ""

    def model(self, x):
        words = super().model(x)
        words[40:41] += 1
        return words


def test_a_wrong_word_is_found_and_named(core, manifest):
    wrong = OffByOne(**{field.name: getattr(core, field.name) for field in dataclasses.fields(core)})
    verification = verify(wrong, "noise", samples=60, reset=False, manifest=manifest, source="wrong.toml --input noise")
    assert not verification.passed
    for engine in verification.engines:
        first: Any = engine.first_difference
        assert engine.words_different == 1
        assert (first.index, first.field) == (40, "data")
        assert first.expected == first.found + 1
        assert first.cycle >= 40
        assert engine.replay == f"ossicle verify wrong.toml --input noise --engine {engine.engine} --samples 60 --seed 0"


class OneMore(OffByOne):
    def model(self, x):
        return np.append(Fir.model(self, x), 0)


def test_a_missing_word_is_found(core, manifest):
    wrong = OneMore(**{field.name: getattr(core, field.name) for field in dataclasses.fields(core)})
    result = verify(wrong, np.arange(50), ["native"], reset=False, manifest=manifest).engines[0]
    first: Any = result.first_difference
    assert (result.words_compared, result.words_different) == (51, 1)
    assert dataclasses.astuple(first) == (50, "data", 0, None, None)


def test_a_broken_core_is_reported_not_raised(core, manifest, tmp_path):
    folder = tmp_path / "broken"
    folder.mkdir()
    for name in manifest.files:
        text = (manifest.folder / name).read_text()
        (folder / name).write_text(text.replace("source_valid <= ", "source_valid <= source_ready and "))
    broken = dataclasses.replace(manifest, folder=folder)
    verification = verify(core, samples=60, engines=["ghdl", "native"], manifest=broken)
    assert not verification.passed
    for engine in verification.engines:
        assert engine.error is not None
        assert engine.error.endswith("source_valid depends on source_ready")
        assert not engine.passed


WRAPPER = """\
library ieee;
use ieee.std_logic_1164.all;
use ieee.numeric_std.all;

entity wrapper is
    port (
        clk, reset, sink_valid, source_ready: in std_logic;
        sink_data: in std_logic_vector(15 downto 0);
        sink_ready, source_valid: out std_logic;
        source_data: out std_logic_vector(15 downto 0)
    );
end entity wrapper;

architecture spoilt of wrapper is
    signal count: unsigned(7 downto 0);
    signal passes, offers, takes, gives: std_logic;
begin
    dut: entity work.inner
        port map (
            clk => clk, reset => reset, sink_valid => offers, sink_ready => takes, sink_data => sink_data,
            source_valid => gives, source_ready => source_ready, source_data => source_data
        );

    offers <= sink_valid and passes;
    {connected}
    passes <= '1' when count {passes} else '0';

    follow: process (clk) is
    begin
        if rising_edge(clk) then
            if reset = '1' then
                count <= to_unsigned(0, 8);
            elsif {counts} then
                count <= {following};
            end if;
        end if;
    end process follow;
end architecture spoilt;
"""
"""What stands around a filter and lets words through while it `passes`."""


def swallower(words):
    """Lets some words out after a reset, then takes everything and gives nothing."""
    return WRAPPER.format(
        connected="sink_ready <= takes or not passes; source_valid <= gives and passes;",
        passes=f"< {words}",
        counts=f"gives = '1' and source_ready = '1' and count < {words}",
        following="count + 1",
    )


HESITATOR = WRAPPER.format(
    connected="sink_ready <= takes and passes; source_valid <= gives;", passes="/= 19", counts="true", following="(count + 1) mod 20"
)
"""Takes nothing in one clock of twenty."""


@pytest.fixture(scope="module")
def serial():
    return make_core({"core": "fir", "form": "serial", "name": "inner", "coefficients": [k / 256 for k in range(1, 17)]})


@pytest.fixture(scope="module")
def around(serial, tmp_path_factory):
    """VHDL of the serial filter inside a wrapper."""

    def wrap(text):
        manifest = generate(serial, tmp_path_factory.mktemp("wrapped") / "inner", companions=None)
        (manifest.folder / "wrapper.vhd").write_text(text)
        return dataclasses.replace(manifest, entity="wrapper", files=(*manifest.files, "wrapper.vhd"))

    return wrap


class Around(Fir):
    """The MyHDL description of a filter with what the wrappers do around it.

    Attributes
    ----------
    first : int or None
        Words that it lets out before it swallows all others; None if it hesitates instead.
    """

    first: int | None = None

    def block(self, **signals):
        clk, reset, valid, ready = (signals[name] for name in ("clk", "reset", "source_valid", "source_ready"))
        sink_valid, sink_ready = signals["sink_valid"], signals["sink_ready"]
        offers, takes, gives = (Signal(bool(0)) for _ in range(3))
        count, first = Signal(intbv(0)[8:]), self.first
        swallows = first is not None

        @always(sink_valid, takes, gives, count)
        def connect():
            passes = count < first if swallows else count != 19
            offers.next = sink_valid and passes
            sink_ready.next = (takes or not passes) if swallows else (takes and passes)
            valid.next = gives and (passes or not swallows)

        @always(clk.posedge)
        def follow():
            if reset:
                count.next = 0
            elif not swallows:
                count.next = (count + 1) % 20
            elif gives and ready and count < first:
                count.next = count + 1

        inner = Fir.block(self, **{**signals, "sink_valid": offers, "sink_ready": takes, "source_valid": gives})
        return inner, connect, follow


class Hesitating(Around):
    """Takes nothing in one clock of twenty."""


class SwallowingOne(Around):
    """Lets one word out."""

    first = 1


class SwallowingMore(Around):
    """Lets forty words out."""

    first = 40


def proofs_of_spoilt(core, kind, manifest):
    """On every engine with every seed, the hardware spoilt: in MyHDL by a class, in VHDL by a wrapper."""
    spoilt = kind(**{field.name: getattr(core, field.name) for field in dataclasses.fields(core)})
    for seed in range(10):
        yield verify(spoilt, "noise", ["myhdl"], samples=300, seed=seed, manifest=manifest).engines[0]
        for engine, samples in (("ghdl", 300), ("native", 1000)):
            yield verify(core, "noise", [engine], samples=samples, seed=seed, manifest=manifest).engines[0]


@pytest.mark.parametrize(("words", "kind"), [(1, SwallowingOne), (40, SwallowingMore)])
def test_words_that_are_swallowed_are_missed(serial, around, words, kind):
    for engine in proofs_of_spoilt(serial, kind, around(swallower(words))):
        assert not engine.passed
        first: Any = engine.first_difference
        assert (first.found, first.expected is None) == (None, False)
        assert engine.words_compared > 200


def test_a_core_that_hesitates_is_too_late(serial, around):
    proof = verify(serial, "noise", ["native"], samples=200, manifest=around(HESITATOR))
    assert "clocks: sink word" in complaints(proof)[0]
    for engine in proofs_of_spoilt(serial, Hesitating, around(HESITATOR)):
        assert engine.words_different == 0
        assert engine.first_late.startswith("clocks: sink word ")
        assert not engine.passed


def test_a_control_that_takes_a_clock_more_is_too_late(serial, tmp_path):
    """Another sample is taken only when the last product of the one before has been added: 18 clocks for 17."""
    manifest = generate(serial, tmp_path / "inner", companions=None)
    path = manifest.folder / "inner_serial_control.vhd"
    text = path.read_text()
    assert text.count("not busy") == 2
    text = text.replace("not busy", "not busy and not pauses").replace("signal busy: std_logic;", "signal busy, pauses: std_logic;")
    delay = "process (clk) is\nbegin\n    if rising_edge(clk) then\n        pauses <= busy;\n    end if;\nend process;\n"
    path.write_text(text.replace("end architecture", f"{delay}end architecture"))
    runs = [(stalls, reset, seed) for seed in range(10) for stalls, reset in ((0.3, True), (0.3, False), (0.0, False))]
    for stalls, reset, seed in runs:
        proof = verify(serial, "noise", ["ghdl", "native"], samples=100, stalls=stalls, reset=reset, seed=seed, manifest=manifest)
        for engine in proof.engines:
            assert (engine.words_different, engine.error) == (0, None)
            assert engine.first_late.startswith("clocks: ")
            assert not engine.passed
