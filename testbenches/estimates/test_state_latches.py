"""Latches that a state machine never closes are none; those that keep its next state keep one bit for each; every other stays as it is."""

import json
import subprocess
from pathlib import Path

import pytest

from fpga_projects.mapping.hdl_sources import Sources
from fpga_projects.mapping.mapping import CELLS, map_sources
from fpga_projects.mapping.state_latches import LATCHES, latch_steps
from fpga_projects.netlists.netlist_reader import read_netlist
from testbenches.engines.yosys import find_yosys


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Results of other versions of the recipe must not answer."""
    monkeypatch.setenv("OSSICLE_CACHE", str(tmp_path_factory.getbasetemp() / "state_latches"))


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


KEEPS = """
module t(input clk, reset, go, stop, output [1:0] lamp);
  reg [1:0] step, after;
  always @* if (reset) after = 0; else case (step) {cases} endcase
  always @(posedge clk) step <= {loaded};
  assign lamp = {{step == {last}, step == 1}};
endmodule
"""
FOUR = {
    "cases": "0: if (go) after = 1; 1: if (stop) after = 2; 2: if (go) after = 3; 3: if (stop) after = 0;",
    "loaded": "after",
    "last": 3,
}
THREE_OF_FOUR = {**FOUR, "cases": "0: if (go) after = 1; 1: if (stop) after = 3; 3: if (go) after = 0;"}


@pytest.mark.parametrize(
    ("changes", "latches", "registers"),
    [
        pytest.param(FOUR, 4, 4, id="four states"),
        pytest.param({**FOUR, "loaded": "stop & go ? 2 : after"}, 4, 4, id="four states and another reset"),
        pytest.param(THREE_OF_FOUR, 3, 3, id="three states"),
        pytest.param({**FOUR, "loaded": "{after[0], after[1]}"}, 2, 2, id="a word that is turned round stays"),
        pytest.param({**FOUR, "loaded": "after ^ {2{go}}"}, 2, 2, id="no machine"),
    ],
)
def test_next_state_that_is_kept_has_a_bit_for_each_state(changes: dict, latches: int, registers: int) -> None:
    """As in Quartus' report of a machine of four states: four latches, four registers."""
    assert latches_and_registers(KEEPS.format(**changes)) == (latches, registers)


READ = "read_verilog t.v\nproc\nflatten\nopt_clean\n"
PROVE = """
design -save start
rename t described
design -stash described
design -load start
{steps}
select -assert-count 1 t:$dlatch r:WIDTH={states} %i
design -copy-from described described
miter -equiv -make_outputs -flatten described t same
hierarchy -top same
async2sync
techmap
opt
sat -verify -set-init-zero -set-at 1 in_reset 1 -seq 12 -prove-skip 1 -prove trigger 0 same
"""


@pytest.mark.parametrize(("changes", "states"), [(FOUR, 4), (THREE_OF_FOUR, 3)])
def test_words_are_those_that_were_kept(changes: dict, states: int, tmp_path: Path) -> None:
    """Proven for all inputs of eleven clocks after a reset."""
    (tmp_path / "t.v").write_text(KEEPS.format(**changes))
    (tmp_path / "state_latches.v").write_text((CELLS / "state_latches.v").read_text())
    yosys(READ + LATCHES, tmp_path)
    steps = latch_steps(json.loads((tmp_path / "latches.json").read_text()))
    yosys(READ + PROVE.format(steps=steps, states=states), tmp_path)


def yosys(script: str, folder: Path) -> None:
    (folder / "run.ys").write_text(script)
    done = subprocess.run([find_yosys(), "-q", "-s", "run.ys"], cwd=folder, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
