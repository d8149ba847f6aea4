"""Reset synchroniser: on at once and without a clock, off on an edge, the same in model, MyHDL, GHDL and machine code."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ip_cores.generate import generate
from ip_cores.parameters import ParameterError
from ip_cores.reset_synchronizer import ResetSynchronizer
from testbenches.clocks import ClockedStimulus
from testbenches.engines.clocked_engines import clocked_myhdl, clocked_native
from testbenches.engines.own_bench import run_own_ghdl
from testbenches.errors import ToolError
from testbenches.for_tests.drawing import examples

BENCH = """\
library ieee;
use ieee.std_logic_1164.all;

entity bench is
end bench;

architecture test of bench is
  constant REQUEST : bit_vector := "{request}";
  constant EXPECTED : bit_vector := "{expected}";
  signal clk, asked, reset : std_logic := '0';
begin
  dut : entity work.{name} port map (clk => clk, request => asked, synchronous_reset => reset);
  process
  begin
    -- No clock yet: the request works all the same.
    asked <= '1';
    wait for 3 ns;
    assert reset = '1' report "needs a clock to come on" severity failure;
    for edge in REQUEST'range loop
      asked <= to_stdulogic(REQUEST(edge));
      wait for 5 ns;
      assert reset = to_stdulogic(EXPECTED(edge)) report "wrong before edge " & integer'image(edge) severity failure;
      clk <= '1';
      wait for 5 ns;
      clk <= '0';
    end loop;
    report "passed";
    wait;
  end process;
end test;
"""


PERIOD = 10_000


def stimulus(request_bits, glitches=()):
    """The request by edge, changing half a period before it; and pulses much shorter than a period, by time."""
    edges = PERIOD * (1 + np.arange(len(request_bits)))
    by_edge = [(0, "request", 1), *((int(edge) - PERIOD // 2, "request", int(bit)) for edge, bit in zip(edges, request_bits, strict=True))]
    pulses = [(time + late, "request", value) for time in glitches for late, value in ((0, 1), (200, 0))]
    return ClockedStimulus({"clk": edges}, events=(*by_edge, *pulses), watch=(("clk", "synchronous_reset"),))


def seen(response):
    """The reset before each edge."""
    return response.watched["clk", "synchronous_reset"].tolist()


def in_ghdl(core, request, expected, folder):
    manifest = generate(core, folder / "vhdl", companions=None)
    text = BENCH.format(name=core.name, request="".join(map(str, request)), expected="".join(map(str, expected)))
    return run_own_ghdl(manifest, text, folder)


@examples(15)
@given(st.integers(2, 6), st.lists(st.integers(0, 1), min_size=1, max_size=60))
def test_model_and_myhdl(stages, request_bits):
    core = ResetSynchronizer(stages=stages)
    assert seen(clocked_myhdl(core, stimulus(request_bits))) == core.model(request_bits).tolist()


def test_ghdl(tmp_path):
    core = ResetSynchronizer()
    request = (np.random.default_rng(3).integers(0, 5, 200) == 0).astype(int)
    expected = core.model(request)
    assert "passed" in in_ghdl(core, request, expected, tmp_path)
    expected[150] ^= 1
    with pytest.raises(ToolError, match="wrong before edge 150"):
        in_ghdl(core, request, expected, tmp_path)


@pytest.mark.skipif(shutil.which("verilator") is None, reason="no Verilator (make setup)")
def test_native(tmp_path):
    """Machine code of the delivered VHDL; pulses of 200 ps between two edges, which no clock sees, reset all the same."""
    core = ResetSynchronizer()
    manifest = generate(core, tmp_path / "vhdl", companions=None)
    request = (np.random.default_rng(4).integers(0, 6, 300) == 0).astype(int)
    assert seen(clocked_native(core, manifest, stimulus(request))) == core.model(request).tolist()
    quiet = np.r_[1, np.zeros(40, int)]
    glitches = [PERIOD * 20 + 2500, PERIOD * 30 + 7500]
    native = clocked_native(core, manifest, stimulus(quiet, glitches))
    held = [edge for edge, level in enumerate(seen(native)) if level]
    assert held == [0, 1, 2, 3, *range(20, 20 + core.latency), *range(30, 30 + core.latency)]
    assert not native.differs(clocked_myhdl(core, stimulus(quiet, glitches)))


def test_model_is_the_reference_just_before_each_edge():
    core = ResetSynchronizer(stages=4)
    on, off = 10.25, 20.75
    edges = np.arange(40)
    asked = (edges >= on) & (edges < off)
    # Before the first edge the model's reset is on: the power-up's request.
    model = core.model(asked.astype(int))[core.stages :]
    truth = core.reference(on, off, 1.0, edges - 1e-6)[core.stages :]
    truth = truth | asked[core.stages :]
    assert model.tolist() == truth.astype(int).tolist()


def test_latency():
    core = ResetSynchronizer(stages=5)
    assert sum(seen(clocked_myhdl(core, stimulus([1, 1] + [0] * 20)))[2:]) == core.latency == 5


@pytest.mark.parametrize("stages", [1, 17, 2.5])
def test_bad_stages(stages):
    with pytest.raises(ParameterError, match=r"stages = .*: must be 2 to 16"):
        ResetSynchronizer(stages=stages)
