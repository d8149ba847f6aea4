"""The engines on blocks of VHDL written by hand: same words, same cycles, and every breach noticed."""

import os
import re
import time
from functools import partial
from typing import Any

import numpy as np
import pytest

from ip_cores.port import Port
from testbenches.engines import native_build
from testbenches.engines.ghdl_engine import run_ghdl
from testbenches.engines.native_engine import check_against_ghdl, compare, first_difference, run_native
from testbenches.errors import EngineMismatch, ProtocolError, SimulationError, ToolError
from testbenches.for_tests.handwritten import RUNNING_SUM, STAGE, TWICE, register_stage, stream_ports, write_design
from testbenches.stimulus import Response, Stimulus

ENGINES: dict[str, Any] = {"ghdl": run_ghdl, "native": run_native}
each_engine = pytest.mark.parametrize("engine", ENGINES)


@pytest.fixture(scope="module")
def doubler(tmp_path_factory):
    return register_stage(tmp_path_factory.mktemp("doubler"), "resize(x, 17) + x", 16, 17)


@pytest.fixture(scope="module")
def running_sum(tmp_path_factory):
    return write_design(tmp_path_factory.mktemp("sum"), RUNNING_SUM, stream_ports(16, 24))


def noise(count, bits=16, seed=0):
    return np.random.default_rng(seed).integers(-(1 << (bits - 1)), 1 << (bits - 1), count)


@each_engine
def test_words_and_cycles_at_full_rate(engine, doubler):
    x = noise(100)
    response = ENGINES[engine](doubler, Stimulus({"data": x}, drain=5))
    assert response.data.tolist() == (2 * x).tolist()
    assert response.sink_cycles.tolist() == list(range(100))
    assert response.source_cycles.tolist() == list(range(1, 101))
    assert response.cycles == 106


@each_engine
@pytest.mark.parametrize("seed", range(3))
def test_random_stalls_lose_nothing(engine, seed, running_sum):
    x = noise(300, seed=seed)
    response = ENGINES[engine](running_sum, Stimulus.random_stalls(x, seed, 0.5, drain=20))
    assert response.data.tolist() == np.cumsum(x).tolist()
    assert response.cycles > 450


@pytest.mark.parametrize("idle", ["invert", "hold"])
def test_engines_agree_in_every_cycle(idle, running_sum):
    stimulus = Stimulus.random_stalls(noise(300), 5, 0.4, reset_at=211, reset_cycles=3, drain=20, idle=idle)
    assert first_difference(run_ghdl(running_sum, stimulus), run_native(running_sum, stimulus)) == ""


@each_engine
@pytest.mark.parametrize("reset_at", [0, 1, 57, 100, 5000])
def test_reset_in_mid_stream(engine, reset_at, running_sum):
    x = noise(100)
    response = ENGINES[engine](running_sum, Stimulus.random_stalls(x, 1, 0.2, reset_at=reset_at, drain=5))
    taken, given = response.transferred_before_reset, response.received_before_reset
    assert response.data[:given].tolist() == np.cumsum(x[:taken])[:given].tolist()
    assert response.data[given:].tolist() == np.cumsum(x[taken:]).tolist()
    assert len(response.sink_cycles) == 100
    assert response.cycles > reset_at
    assert not np.isin([reset_at, reset_at + 1], response.sink_cycles).any()


@each_engine
@pytest.mark.parametrize(("words", "delay"), [(0, 0), (0, 9), (1, 0), (57, 0), (57, 30), (100, 0), (100, 200)])
def test_reset_when_words_have_been_taken(engine, words, delay, running_sum):
    x = noise(100)
    stimulus = Stimulus.random_stalls(x, 1, 0.2, reset_after=words, reset_delay=delay, drain=5)
    response = ENGINES[engine](running_sum, stimulus)
    assert response.reset_at == (response.sink_cycles[words - 1] + 1 + delay if words else delay)
    taken, given = response.transferred_before_reset, response.received_before_reset
    assert taken == words if delay == 0 else taken >= words
    assert response.data[given:].tolist() == np.cumsum(x[taken:]).tolist()
    assert len(response.sink_cycles) == 100
    assert response.cycles > response.reset_at + 1
    assert not np.isin([response.reset_at, response.reset_at + 1], response.sink_cycles).any()


@each_engine
def test_a_core_that_hangs_before_its_reset_hangs(engine, tmp_path):
    stuck = write_design(tmp_path, re.sub("advance <= [^;]*;", "advance <= '0';", RUNNING_SUM), stream_ports(16, 24))
    with pytest.raises(SimulationError, match=r"no word moved in 20 cycles .* after 0 words in and 0 out"):
        ENGINES[engine](stuck, Stimulus({"data": noise(100)}, reset_after=50, drain=20))


def test_a_reset_is_placed_once():
    with pytest.raises(ValueError, match="reset_after: must not be given together with reset_at"):
        Stimulus({"data": [1]}, reset_after=1, reset_at=4)


@each_engine
@pytest.mark.parametrize("bits", [1, 8, 9, 31, 32, 33, 53, 63, 64])
@pytest.mark.parametrize("signed", [True, False])
def test_any_width_up_to_64_bits(engine, bits, signed, tmp_path):
    design = register_stage(tmp_path, "x", bits, bits, signed=signed)
    low, high = (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if signed else (0, (1 << bits) - 1)
    words = [low, high, 0, high // 3, low + high // 5, high - 1 if bits > 1 else high]
    response = ENGINES[engine](design, Stimulus({"data": np.array(words, dtype=object)}))
    assert response.data.tolist() == words
    assert response.data.dtype == (np.uint64 if bits == 64 and not signed else np.int64)


@pytest.fixture(scope="module")
def twice(tmp_path_factory):
    others = (Port("source_channel", "out", 1), Port("gain", "in", 8, True), Port("count", "out", 8))
    return write_design(tmp_path_factory.mktemp("twice"), TWICE, stream_ports(8, 8, *others))


@each_engine
def test_channels_controls_events_probes(engine, twice):
    x = np.arange(1, 11)
    stimulus = Stimulus({"data": x}, controls={"gain": -3}, events=((15, "gain", 5),), probes=((8, "count"), (2, "count")), drain=9)
    response = ENGINES[engine](twice, stimulus)
    assert response.words["channel"].tolist() == [0, 1] * 10
    assert response.data.tolist() == [word * (-3 if word <= 5 else 5) for word in x.tolist() for _ in range(2)]
    assert response.probes == (1, 3)
    assert response.final == {"count": 10}
    assert np.diff(response.sink_cycles).tolist() == [3] * 9


@each_engine
def test_the_run_ends_as_asked(engine, running_sum):
    x = noise(100)
    assert len(ENGINES[engine](running_sum, Stimulus({"data": x}, expected=10)).data) == 10
    assert ENGINES[engine](running_sum, Stimulus({"data": x}, cycles=33)).cycles == 33
    assert ENGINES[engine](running_sum, Stimulus({"data": x[:0]}, drain=7)).cycles == 7


def broken_stage(folder, change):
    old, new = change
    assert old in STAGE
    return register_stage(folder, "x", 8, 8, text=STAGE.replace(old, new))


BREACHES = {
    "valid is taken back": (
        "source_valid was taken back",
        ("      elsif", "      elsif occupied = '1' and source_ready = '0' then occupied <= '0';\n      elsif"),
    ),
    "held data change": ("source_data changed", ("      if reset", "      source_data <= sink_data;\n      if reset")),
    "valid in reset": ("source_valid is high during reset", ("occupied <= '0'", "occupied <= '1'")),
    "never ready": ("no word moved in 40 cycles", ("advance <= source_ready or not occupied", "advance <= '0'")),
    "words without end": ("1400 words out while none was taken in", ("occupied <= sink_valid", "occupied <= '1'")),
}


@each_engine
@pytest.mark.parametrize("breach", BREACHES)
def test_breaches_of_the_protocol_are_caught(engine, breach, tmp_path):
    message, change = BREACHES[breach]
    design = broken_stage(tmp_path, change)
    stimulus = Stimulus.random_stalls(noise(50, 8), 3, 0.5, drain=40)
    run = run_ghdl if engine == "ghdl" else partial(run_native, check_length=None)
    with pytest.raises(SimulationError, match=message) as caught:
        run(design, stimulus)
    assert isinstance(caught.value, ProtocolError) == (breach not in ("never ready", "words without end"))


def test_valid_must_not_depend_on_ready(tmp_path):
    design = broken_stage(tmp_path, ("source_valid <= occupied", "source_valid <= occupied and source_ready"))
    with pytest.raises(ProtocolError, match="source_valid depends on source_ready"):
        run_ghdl(design, Stimulus({"data": noise(5, 8)}))


def test_both_engines_name_the_same_cycle(tmp_path):
    design = broken_stage(tmp_path, BREACHES["valid is taken back"][1])
    stimulus = Stimulus.random_stalls(noise(50, 8), 3, 0.5)
    messages = []
    for run in (run_ghdl, partial(run_native, check_length=None)):
        with pytest.raises(ProtocolError) as caught:
            run(design, stimulus)
        messages.append(str(caught.value))
    assert messages[0] == messages[1]


def test_undefined_outputs_are_caught_by_simulation(tmp_path):
    design = broken_stage(tmp_path, ("source_data <= std_logic_vector({expression});", "source_data <= sink_data(7 downto 1) & 'X';"))
    with pytest.raises(ProtocolError, match="source_data is neither 0 nor 1"):
        run_ghdl(design, Stimulus({"data": noise(5, 8)}))
    design = broken_stage(tmp_path / "valid", ("occupied <= '0';", ""))
    with pytest.raises(ProtocolError, match=r"cycle -[0-9]: .*neither 0 nor 1"):
        run_ghdl(design, Stimulus({"data": noise(5, 8)}))


def test_stalls_that_never_end_and_words_that_do_not_fit_are_refused(doubler):
    with pytest.raises(ValueError, match="accept: must be"):
        Stimulus({"data": [1]}, accept=[False, False])
    with pytest.raises(ValueError, match="sink_data: words from 0 to 32768 do not fit -32768 to 32767"):
        run_ghdl(doubler, Stimulus({"data": [0, 32768]}))
    with pytest.raises(ValueError, match="unknown port or field chanel"):
        run_ghdl(doubler, Stimulus({"data": [0], "chanel": [0]}))
    with pytest.raises(ValueError, match="field data is missing"):
        run_ghdl(doubler, Stimulus({}))


def test_a_warning_about_a_delivered_file_is_an_error(tmp_path):
    design = register_stage(tmp_path, "x", 8, 8, declarations='  constant K : signed(7 downto 0) := x"1234";')
    with pytest.raises(ToolError, match="ghdl"):
        run_ghdl(design, Stimulus({"data": [1]}))


@pytest.mark.parametrize(
    "change",
    [
        ("if rising_edge(clk) then", "if falling_edge(clk) then"),
        ("    if rising_edge(clk) then\n      if reset = '1'", "    if rising_edge(clk) or reset = '1' then\n      if reset = '1'"),
    ],
)
def test_only_one_clock_edge(change, tmp_path):
    with pytest.raises(ToolError):
        run_native(broken_stage(tmp_path, change), Stimulus({"data": [1]}))


@pytest.fixture
def fresh_cache(tmp_path, monkeypatch):
    runtime = native_build.runtime_folder()  # takes seconds to compile and is not what is tried here
    monkeypatch.setattr(native_build, "runtime_folder", lambda: runtime)
    monkeypatch.setenv("OSSICLE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_compiled_models_are_kept_by_content(tmp_path, fresh_cache):
    design = register_stage(tmp_path / "a", "x + 1", 8, 8)
    first = native_build.build(design)
    same = register_stage(tmp_path / "b", "x + 1", 8, 8)
    stamp = (first / "model.so").stat().st_mtime_ns
    assert native_build.build(same) == first
    assert (first / "model.so").stat().st_mtime_ns == stamp
    other = register_stage(tmp_path / "c", "x + 2", 8, 8)
    assert native_build.build(other) != first
    assert native_build.build(design, "run") != first
    assert not list(fresh_cache.glob("making-*"))


def test_the_cache_does_not_grow_without_end(tmp_path, monkeypatch):
    monkeypatch.setattr(native_build, "KEPT_MODELS", 2)
    for age, name in enumerate(("native-a", "native-b", "native-c", "native-d", "making-x", "runtime-y")):
        (tmp_path / name).mkdir()
        stamp = time.time() - (0 if name == "native-c" else 1e6 - age)
        os.utime(tmp_path / name, (stamp, stamp))
    native_build.prune(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["native-c", "native-d", "runtime-y"]


def test_a_failed_build_leaves_nothing(tmp_path, fresh_cache):
    design = register_stage(tmp_path, "x + nothing", 8, 8)
    with pytest.raises(ToolError, match="nothing"):
        native_build.build(design)
    assert not list(fresh_cache.iterdir())


def test_the_check_is_made_once_and_kept(tmp_path, fresh_cache, monkeypatch):
    design = register_stage(tmp_path, "x - 1", 8, 8)
    x = noise(20, 8)
    run_native(design, Stimulus({"data": x}))
    monkeypatch.setattr("testbenches.engines.native_engine.run_ghdl", None)
    run_native(design, Stimulus({"data": x}))
    with pytest.raises(TypeError):
        run_native(design, Stimulus({"data": x}), check_length=1000)


def test_a_wrong_netlist_is_caught_and_stays_caught(tmp_path, fresh_cache, monkeypatch):
    right, wrong = (register_stage(tmp_path / name, text, 16, 16) for name, text in (("right", "x + 1"), ("wrong", "abs(x) + 1")))
    folder = native_build.build(wrong)
    for _ in range(2):
        with pytest.raises(EngineMismatch, match=r"cycle \d+: data \d+: -?\d+ and -?\d+"):
            check_against_ghdl(right, folder)
        monkeypatch.setattr("testbenches.engines.native_engine.run_ghdl", None)


def test_names_that_verilog_reserves(tmp_path):
    design = register_stage(tmp_path, "x", 8, 8, Port("reg", "in", 4), Port("initial", "in"), entity="module")
    x = noise(20, 8)
    for run in ENGINES.values():
        assert run(design, Stimulus({"data": x})).data.tolist() == x.tolist()


@pytest.mark.parametrize("name", ["top", "outside", "bench", "dut", "model"])
def test_names_that_engines_might_give_to_what_is_theirs(name, tmp_path):
    design, x = register_stage(tmp_path, "x", 8, 8, Port("level", "in", 4), entity=name), noise(20, 8)
    for run in ENGINES.values():
        assert run(design, Stimulus({"data": x}, controls={"level": 0})).data.tolist() == x.tolist()


WORKS_LONG = """architecture rtl of {entity} is
    signal left: unsigned(16 downto 0);
    signal held: std_logic;
begin
    sink_ready <= not held;
    source_valid <= held when left = 0 else '0';

    work: process (clk) is
    begin
        if rising_edge(clk) then
            if reset = '1' then
                held <= '0';
                left <= (others => '0');
                source_data <= (others => '0');
            elsif held = '0' then
                held <= sink_valid;
                left <= to_unsigned(100000, 17);
                source_data <= sink_data;
            elsif left /= 0 then
                left <= left - 1;
            elsif source_ready = '1' then
                held <= '0';
            end if;
        end if;
    end process;
end architecture rtl;
"""


def test_a_core_that_works_long_is_not_compared_for_ever(tmp_path, fresh_cache, monkeypatch):
    """Frames of one word, as random marks make them, keep a core at work; the comparison with a simulation ends all the same."""
    design, asked = write_design(tmp_path, WORKS_LONG, stream_ports(8, 8)), []

    def shortened(manifest, stimulus):
        asked.append(stimulus.cycles)
        raise SimulationError("not simulated")

    monkeypatch.setattr("testbenches.engines.native_engine.run_ghdl", shortened)
    with pytest.raises(EngineMismatch, match=r"a run to the end and not simulated|not simulated and a run to the end"):
        check_against_ghdl(design, native_build.build(design), drain=110_000)
    assert asked == [250_000]


def scripted(*outcomes):
    """An engine that gives one outcome after the other."""
    left = list(outcomes)

    def run(*_):
        outcome = left.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    return run


def gave(*words):
    cycles = np.arange(len(words))
    return Response(words={"data": np.array(words)}, sink_cycles=cycles, source_cycles=cycles, cycles=len(words), seconds=0.0)


STOPPED = SimulationError("cycle 9: no word moved")
STOPS = {
    "both alike, then equal": ((STOPPED, gave(1, 2)), (STOPPED, gave(1, 2)), ""),
    "both alike, then a word": ((STOPPED, gave(1, 2)), (STOPPED, gave(1, 3)), "data 1: 2 and 3"),
    "both alike twice": ((STOPPED, STOPPED), (STOPPED, STOPPED), ""),
    "one of them": ((STOPPED,), (gave(1),), "no word moved and a run to the end"),
    "elsewhere": ((STOPPED,), (SimulationError("cycle 8: no word moved"),), "cycle 9: no word moved and cycle 8: no word moved"),
    "neither": ((gave(1),), (gave(1),), ""),
}


@pytest.mark.parametrize(("ghdl", "native", "found"), STOPS.values(), ids=STOPS)
def test_the_check_of_a_core_that_random_inputs_stop(monkeypatch, running_sum, ghdl, native, found):
    monkeypatch.setattr("testbenches.engines.native_engine.run_ghdl", scripted(*ghdl))
    monkeypatch.setattr("testbenches.engines.native_engine.play_compiled", scripted(*native))
    difference = compare(running_sum, running_sum.folder, 10, 10, Stimulus({"data": np.arange(5)}))
    assert found in difference
    assert bool(found) == bool(difference)
