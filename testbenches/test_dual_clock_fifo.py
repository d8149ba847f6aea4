"""Queue between two clocks: nothing lost, doubled or reordered, whatever the clocks and the stalls, in MyHDL, GHDL and machine code."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixed_point import Format
from ip_cores.dual_clock_fifo import DualClockFifo
from ip_cores.generate import generate
from ip_cores.parameters import ParameterError
from testbenches.clocks import ClockedStimulus, rising_edges
from testbenches.engines.clocked_engines import clocked_myhdl, clocked_native
from testbenches.engines.own_bench import run_own_ghdl
from testbenches.errors import ToolError
from testbenches.for_tests.drawing import examples
from testbenches.interface import encode

PERIODS = {"50 to 12 MHz": (20000, 83333), "12 to 50 MHz": (83340, 20000), "100 ppm apart": (20000, 20002), "the same": (20000, 20000)}
"""Picoseconds of the sink's and of the source's clock."""

RESET = 6
"""Edges of the slower clock that the first reset lasts."""


def stimulus(words, periods, phase=0.0, stalls=0.0, seed=0, again=None, drift=0.0):
    """Clocks for 40 words a word; both sides are reset at the beginning and, if wanted, `again`."""
    rng = np.random.default_rng(seed)
    until = (40 * len(words) + 400) * max(periods)
    off = RESET * max(periods)
    spans = [(0, off)] + ([] if again is None else [(again, again + off)])
    events = tuple(
        (time, f"{side}_reset", value) for on, end in spans for side in ("sink", "source") for time, value in ((on, 1), (end, 0))
    )
    return ClockedStimulus(
        edges={
            "sink_clk": rising_edges(periods[0], until, drift=drift, turn=until / 3),
            "source_clk": rising_edges(periods[1], until, start=phase, drift=-drift, turn=until / 5),
        },
        words={"data": words},
        offer=rng.random(4001) >= stalls,
        accept=rng.random(4003) >= stalls,
        events=events,
    )


def times(played, response):
    """When words entered and left."""
    return played.edges["sink_clk"][response.sink_edges], played.edges["source_clk"][response.source_edges]


@examples(12)
@given(
    st.sampled_from([4, 8, 32]),
    st.integers(2, 4),
    st.tuples(st.integers(10, 60), st.integers(10, 60)),
    st.integers(0, 59),
    st.sampled_from([0.0, 0.3, 0.7]),
    st.integers(0, 2**20),
)
def test_any_clocks_and_stalls(depth, stages, periods, phase, stalls, seed):
    core = DualClockFifo(depth=depth, stages=stages, sink=Format.parse("sfix12_En0"))
    words = np.random.default_rng(seed).integers(-2048, 2047, 40, endpoint=True)
    played = stimulus(words, periods, phase, stalls, seed)
    response = clocked_myhdl(core, played)
    assert response.words["data"].tolist() == core.model(words).tolist()
    entered, left = times(played, response)
    assert (left > entered).all()
    # Never more words inside than fit, the one shown at the head included.
    assert max(np.searchsorted(entered, left[k]) - k for k in range(len(left))) <= depth


@pytest.mark.parametrize("stages", [2, 3, 4])
def test_latency(stages):
    """The source's edges lie between the sink's; an edge's number is that of the edges before it."""
    core = DualClockFifo(depth=16, stages=stages, sink=Format.parse("sfix12_En0"))
    response = clocked_myhdl(core, stimulus(np.arange(50), (20, 20), phase=10))
    assert len(response.words["data"]) == 50
    assert set(response.source_edges + 1 - response.sink_edges) == {core.latency}


@pytest.mark.parametrize(("depth", "stages"), [(4, 2), (8, 2), (8, 3), (16, 3), (4, 4)])
def test_the_rate_that_the_datasheet_states(depth, stages):
    """Full or empty, a side learns of the other's word `stages` edges late; a queue that is deep enough never waits for that."""
    core = DualClockFifo(depth=depth, stages=stages, sink=Format.parse("sfix8_En0"))
    rates = set()
    for phase in (0, 5, 10, 15):
        response = clocked_myhdl(core, stimulus(np.arange(60), (20, 20), phase=phase))
        edges = response.source_edges[20:53]  # whole rounds of the queue
        rates.add(float(np.ptp(edges) / (len(edges) - 1)))
    assert max(rates) <= max(1, (2 * stages + 3) / depth)
    assert max(rates) > max(1, (2 * stages + 2) / depth) - 0.1


@pytest.fixture(scope="module")
def queue(tmp_path_factory):
    if shutil.which("verilator") is None:
        pytest.skip("no Verilator (make setup)")
    core = DualClockFifo(depth=16)
    return core, generate(core, tmp_path_factory.mktemp("queue") / "vhdl", companions=None)


@pytest.mark.parametrize("drift", [100.0, -100.0])
@pytest.mark.parametrize("periods", PERIODS.values(), ids=PERIODS)
def test_native(queue, periods, drift):
    """Machine code of the delivered VHDL moves every word at the same edge as MyHDL, and loses none, with stalls and drift."""
    core, manifest = queue
    words = np.random.default_rng(5).integers(-32768, 32767, 60, endpoint=True)
    played = stimulus(words, periods, phase=4321.0, stalls=0.4, seed=8, drift=drift)
    native = clocked_native(core, manifest, played)
    assert native.words["data"].tolist() == core.model(words).tolist()
    assert not native.differs(clocked_myhdl(core, played))


def test_native_after_a_reset_in_mid_stream(queue):
    """What was inside is gone, what comes afterwards is whole and in order; the same in MyHDL."""
    core, manifest = queue
    words = np.arange(1, 101)
    played = stimulus(words, PERIODS["50 to 12 MHz"], phase=50.0, again=3_000_000)
    native = clocked_native(core, manifest, played)
    entered, left = times(played, native)
    before, after = entered < 3_000_000, left > 3_000_000
    seen = native.words["data"]
    assert 0 < (~after).sum() < before.sum() < 100
    assert seen[~after].tolist() == words[: (~after).sum()].tolist()
    assert seen[after].tolist() == words[before.sum() :].tolist()
    described = clocked_myhdl(core, played)
    assert not native.differs(described)
    described.source_edges[3] += 1
    assert native.differs(described) == "edges of the source"


BENCH = """\
library ieee;
use ieee.std_logic_1164.all;
use ieee.numeric_std.all;

entity bench is
end bench;

architecture test of bench is
  type table is array (0 to {last}) of bit_vector({high} downto 0);
  constant WORDS : table := ({words});
  constant OFFER : bit_vector := "{offer}";
  constant ACCEPT : bit_vector := "{accept}";
  signal sink_clk, source_clk, sink_reset, source_reset, request : std_logic := '1';
  signal sink_valid, sink_ready, source_valid, source_ready : std_logic := '0';
  signal sink_data, source_data : std_logic_vector({high} downto 0) := (others => '0');
  signal stop : boolean := false;
  signal deepest : natural := 0;
  signal entered, left : natural := 0;
begin
  sink_clk <= not sink_clk after {sink_half} ps when not stop else '0';
  source_clk <= not source_clk after {source_half} ps when not stop else '0';
  request <= '0' after 500 ns, '1' after {again} ns, '0' after {again} ns + 400 ns;
  sink_reset <= request;
  source_reset <= request;
  dut : entity work.{name} port map (
    sink_clk => sink_clk, sink_reset => sink_reset, sink_valid => sink_valid, sink_ready => sink_ready, sink_data => sink_data,
    source_clk => source_clk, source_reset => source_reset, source_valid => source_valid, source_ready => source_ready,
    source_data => source_data);

  upstream : process (sink_clk)
    variable sent, cycle : natural := 0;
    variable offering : boolean := false;
  begin
    if rising_edge(sink_clk) then
      if sink_reset = '1' then
        -- The stream starts again.
        sent := 0;
        offering := false;
      else
        if offering and sink_ready = '1' then
          sent := sent + 1;
          offering := false;
        end if;
        if not offering and sent < WORDS'length and OFFER(cycle mod OFFER'length) = '1' then
          offering := true;
        end if;
      end if;
      cycle := cycle + 1;
      if offering then
        sink_valid <= '1';
        sink_data <= to_stdlogicvector(WORDS(sent));
      else
        sink_valid <= '0';
        sink_data <= (others => 'X');
      end if;
      entered <= sent;
    end if;
  end process;

  downstream : process (source_clk)
    variable received, cycle : natural := 0;
  begin
    if rising_edge(source_clk) then
      if source_reset = '1' then
        received := 0;
      elsif source_valid = '1' and source_ready = '1' then
        assert source_data = to_stdlogicvector(WORDS(received))
          report "word " & integer'image(received) & " is wrong" severity failure;
        received := received + 1;
        if received = WORDS'length and now > {again} ns then
          report "passed";
          stop <= true;
        end if;
      end if;
      cycle := cycle + 1;
      source_ready <= to_stdulogic(ACCEPT(cycle mod ACCEPT'length));
      left <= received;
      if entered > left and entered - left > deepest then
        deepest <= entered - left;
      end if;
      assert now < 1 ms report "hangs after " & integer'image(received) & " words" severity failure;
    end if;
  end process;
end test;
"""


def bench(core, words, periods, seed=4):
    rng = np.random.default_rng(seed)
    port = next(port for port in core.ports if port.name == "sink_data")
    rows = [format(int(word), f"0{port.width}b") for word in encode(port, words)]
    return BENCH.format(
        name=core.name,
        last=len(rows) - 1,
        high=port.width - 1,
        words=", ".join(f'"{row}"' for row in rows),
        offer="".join(map(str, rng.integers(0, 4, 257) > 0)).replace("True", "1").replace("False", "0"),
        accept="".join(map(str, rng.integers(0, 4, 263) > 0)).replace("True", "1").replace("False", "0"),
        sink_half=periods[0] // 2,
        source_half=periods[1] // 2,
        again=8000,
    )


@pytest.mark.parametrize("periods", PERIODS.values(), ids=PERIODS)
def test_ghdl(periods, tmp_path):
    """The delivered VHDL, with a reset of both sides in mid-stream; undefined data on the wire while valid is low."""
    core = DualClockFifo(depth=16, sink=Format.parse("sfix16_En15"))
    words = np.random.default_rng(7).integers(-32768, 32767, 500, endpoint=True)
    manifest = generate(core, tmp_path / "vhdl", companions=None)
    assert "passed" in run_own_ghdl(manifest, bench(core, core.model(words), periods), tmp_path)


def test_the_bench_notices_a_broken_queue(tmp_path):
    """A counter that is not Gray-coded, as a careless queue would have it."""
    core = DualClockFifo(depth=16)
    manifest = generate(core, tmp_path / "vhdl", companions=None)
    path = tmp_path / "vhdl" / f"{core.name}_write_side.vhd"
    text = path.read_text()
    broken = text.replace("full_at <= read_seen xor turn;", "full_at <= read_seen;")
    assert broken != text
    path.write_text(broken)
    words = np.arange(500)
    with pytest.raises(ToolError, match=r"is wrong|hangs"):
        run_own_ghdl(manifest, bench(core, words, PERIODS["50 to 12 MHz"]), tmp_path)


@pytest.mark.parametrize(
    ("parameters", "message"), [({"depth": 12}, "power of two"), ({"depth": 2}, "4 to 8192"), ({"stages": 1}, "2 to 4")]
)
def test_bad_parameters(parameters, message):
    with pytest.raises(ParameterError, match=message):
        DualClockFifo(**parameters)
