"""Latches that a state machine never closes are none; every other latch stays."""

import pytest

from fpga_projects.hdl_sources import Sources
from fpga_projects.mapping import map_sources
from fpga_projects.netlist import read_netlist


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Results of other versions of the recipe must not answer."""
    monkeypatch.setenv("OSSICLE_CACHE", str(tmp_path_factory.getbasetemp() / "open_latches"))


def latches_and_registers(text: str) -> tuple[int, int]:
    netlist = read_netlist(map_sources(Sources({"t.v": text}, {}, vhdl=False), "t"), "t")
    return sum(1 for _ in netlist.of_kind("latch")), sum(1 for _ in netlist.of_kind("register"))


MACHINE = """
module t(input clk, reset, go, stop, {port} output busy, done);
  reg [{high}:0] step, after; {declared}
  always @* case (step)
    0: after = go ? 1 : 0;
    1: after = stop ? {last} : 1;
    {labels}
  endcase
  always @(posedge clk, posedge reset) if (reset) step <= {reset}; else step <= {loaded};
  assign busy = {asked}, done = step == 2;
endmodule
"""
THREE = {"high": 1, "labels": "2: after = 0;", "last": 2, "reset": 0, "loaded": "after", "port": "", "declared": "", "asked": "step == 1"}


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({}, id="three states in two bits"),
        pytest.param({"high": 7}, id="three states in eight bits"),
        pytest.param({"asked": "step != 0"}, id="a state asked whether it is zero"),
        pytest.param({"loaded": "stop & go ? 0 : after"}, id="and a reset with the clock"),
        pytest.param({"labels": "2: begin after = 2; if (!go) after = 0; end"}, id="and a choice in a state"),
    ],
)
def test_case_that_names_all_states_of_a_machine_is_complete(changes: dict) -> None:
    """Quartus reports three registers, one for each state, and no latch for such a machine of a public design."""
    assert latches_and_registers(MACHINE.format(**{**THREE, **changes})) == (0, 3)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"labels": ""}, id="a state that is reached is not named"),
        pytest.param({"labels": "3: after = 0;", "last": 3, "reset": 2}, id="the state of the reset is not named"),
        pytest.param({"declared": "initial step = 3;"}, id="the power-up state is not named"),
        pytest.param({"labels": "2: if (go) after = 0;"}, id="the next state is kept in a state"),
        pytest.param({"port": "input [1:0] given,", "loaded": "stop ? given : after"}, id="any code may be loaded"),
    ],
)
def test_case_that_may_meet_another_code_keeps_its_latch(changes: dict) -> None:
    latches, _ = latches_and_registers(MACHINE.format(**{**THREE, **changes}))
    assert latches > 0


OUTPUTS = """
module t(input clk, reset, go, output reg [1:0] lamp);
  reg [1:0] step;
  always @(posedge clk, posedge reset)
    if (reset) step <= 0;
    else case (step) 0: if (go) step <= 1; 1: step <= 2; default: step <= 0; endcase
  always @* case (step) 0: lamp = 2; 1: lamp = 1; {rest} endcase
endmodule
"""


@pytest.mark.parametrize(("rest", "latches"), [("2: lamp = 3;", 0), ("", 2)])
def test_outputs_that_every_state_decides_keep_nothing(rest: str, latches: int) -> None:
    assert latches_and_registers(OUTPUTS.format(rest=rest))[0] == latches
