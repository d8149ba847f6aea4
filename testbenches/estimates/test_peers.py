"""The yardstick counts what a netlist visibly has, and the page of other libraries says of our cores what it finds."""

from __future__ import annotations

import re
import tomllib

import pytest

from fpga_projects.validation import peers
from fpga_projects.validation.yardstick import OnYardstick, on_yardstick, without_assertions
from testbenches.errors import ToolError

SUM = "module sum(input clk, input [7:0] a, b, output reg [7:0] y); always @(posedge clk) y <= a + b; endmodule"
PRODUCT = "module product(input signed [15:0] a, b, output signed [31:0] y); assign y = a * b; endmodule"
MEMORY = """
module memory(input clk, write, input [8:0] at, from, input [7:0] word, output reg [7:0] read);
  reg [7:0] words [0:511];
  always @(posedge clk) begin if (write) words[at] <= word; read <= words[from]; end
endmodule
"""
CHECKED = 'module checked(input clk, a, output y); assign y = ~a; always @(posedge clk) if (a) $fatal(1, "no (a)"); endmodule'


@pytest.mark.parametrize(
    ("top", "text", "wanted"),
    [
        ("sum", SUM, OnYardstick(0, 8, 8, 0, 0, 0)),
        ("product", PRODUCT, OnYardstick(0, 0, 0, 1, 0, 0)),
        ("memory", MEMORY, OnYardstick(0, 0, 0, 0, 0, 1)),
        ("checked", CHECKED, OnYardstick(1, 0, 0, 0, 0, 0)),
    ],
)
def test_the_yardstick_counts_what_is_there(top, text, wanted):
    assert on_yardstick(top, text) == wanted


def test_assertions_alone_are_dropped():
    assert without_assertions(CHECKED).count(";") == CHECKED.count(";")
    assert "fatal" not in without_assertions(CHECKED)


def test_what_yosys_refuses_is_one_line():
    with pytest.raises(ToolError, match=r"yosys: sum: netlist\.v:1: ERROR: syntax error"):
        on_yardstick("sum", "module sum(; endmodule")


@pytest.mark.parametrize("task", tomllib.loads(peers.TABLE.read_text())["tasks"], ids=lambda task: task["ours"]["core"])
def test_the_page_says_of_ours_what_is_found(task):
    section = peers.PAGE.read_text().partition(f"### {task['task']}\n")[2].partition("###")[0]
    assert peers.row(f"`{task['ours']['core']}`", peers.measured_core(task["ours"]), "") in section
    assert re.findall(r"^\| `(\w+)`", section, re.MULTILINE) == [task["ours"]["core"], *(peer["name"] for peer in task["peers"])]


def test_sources_that_are_not_there_are_one_line(tmp_path, capsys):
    before = peers.PAGE.read_text()
    assert peers.main(["--sources", str(tmp_path)]) == 2
    assert re.fullmatch(r"peers: .*: no such file; the page says how to get it\n", capsys.readouterr().err)
    assert peers.PAGE.read_text() == before
