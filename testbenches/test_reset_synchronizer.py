"""Reset synchroniser: on at once and without a clock, off on an edge, the same in model, MyHDL and GHDL."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from myhdl import StopSimulation, delay, instance

from ip_cores.generate import generate, signals
from ip_cores.parameters import ParameterError
from ip_cores.reset_synchronizer import ResetSynchronizer
from testbenches.errors import ToolError
from testbenches.own_bench import run_own_ghdl, run_own_myhdl

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


def in_myhdl(core, request):
    """The reset before each edge."""
    seen = []

    def make():
        ports = signals(core)

        @instance
        def bench():
            ports["request"].next = True
            yield delay(3)
            assert ports["synchronous_reset"]
            for asked in request:
                ports["request"].next = bool(asked)
                yield delay(5)
                seen.append(int(ports["synchronous_reset"]))
                ports["clk"].next = True
                yield delay(5)
                ports["clk"].next = False
            raise StopSimulation

        return core.block(**ports), bench

    run_own_myhdl(make)
    return seen


def in_ghdl(core, request, expected, folder):
    manifest = generate(core, folder / "vhdl", companions=None)
    text = BENCH.format(name=core.name, request="".join(map(str, request)), expected="".join(map(str, expected)))
    return run_own_ghdl(manifest, text, folder)


@settings(deadline=None, max_examples=30)
@given(st.integers(2, 6), st.lists(st.integers(0, 1), min_size=1, max_size=60))
def test_model_and_myhdl(stages, request_bits):
    core = ResetSynchronizer(stages=stages)
    assert in_myhdl(core, request_bits) == core.model(request_bits).tolist()


def test_ghdl(tmp_path):
    core = ResetSynchronizer()
    request = (np.random.default_rng(3).integers(0, 5, 200) == 0).astype(int)
    expected = core.model(request)
    assert "passed" in in_ghdl(core, request, expected, tmp_path)
    expected[150] ^= 1
    with pytest.raises(ToolError, match="wrong before edge 150"):
        in_ghdl(core, request, expected, tmp_path)


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
    seen = in_myhdl(core, [1, 1] + [0] * 20)
    assert sum(seen[2:]) == core.latency == 5


@pytest.mark.parametrize("stages", [1, 17, 2.5])
def test_bad_stages(stages):
    with pytest.raises(ParameterError, match=r"stages = .*: must be 2 to 16"):
        ResetSynchronizer(stages=stages)
