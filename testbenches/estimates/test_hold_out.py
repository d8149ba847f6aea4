"""Halves of the designs, and wires that are chosen again: what is left out must have no say."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from fpga_projects.device import load_device
from fpga_projects.mapping.hdl_sources import Sources
from fpga_projects.mapping.mapping import map_sources
from fpga_projects.validation import hold_out, wire_fit
from fpga_projects.validation.checks import Check, design_figures, records
from fpga_projects.validation.error_bars import error_bars, holding

# One register feeds sixteen exclusive-ors that register themselves: sixteen readers, one LUT to the next register.
FAN_OUT = """
module spread(input clk, input a, input [15:0] b, output reg [15:0] q);
  reg one; reg [15:0] other;
  always @(posedge clk) begin one <= a; other <= b; q <= other ^ {16{one}}; end
endmodule
"""


def check(repo, ours, quartus=100, **more):
    figures = {"registers": 10, "multiplier_elements": 0, "memory_bits": 0, "m4k_blocks": 0}
    return Check("top", repo, "EP2C35F672C6", {"logic_elements": quartus, **figures}, {"logic_elements": ours, **figures}, **more)


def test_a_repository_is_in_the_half_of_the_sha_1_of_its_name():
    # FIPS 180-4 and RFC 3174, test vectors: "abc" ends in 9d, the empty message in 09, the sentence in f1; "a" in b8.
    sentence = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"
    assert [hold_out.half_of(text) for text in ("abc", "", sentence, "a")] == ["B", "B", "B", "A"]


def test_halves_share_no_repository_and_lose_no_design():
    repos = sorted({record["repo"] for record in records()})
    halves = [hold_out.half_of(repo) for repo in repos]
    assert 0.3 * len(repos) < halves.count("A") < 0.7 * len(repos)
    checks = [check(repo, 100 + place) for place, repo in enumerate(repos)]
    found = hold_out.by_halves(checks)
    assert sum(figures["analysed"] for figures in found.values()) == design_figures(checks)["analysed"] == len(repos)
    errors = [float(place) for place, half in enumerate(halves) if half == "A"]
    assert found["A"]["logic_elements_percent"] == pytest.approx((np.median(errors), np.percentile(errors, 90)))


def test_chance_tells_a_special_half_from_an_ordinary_one():
    halves = {half: [name for name in map("repo{}".format, range(40)) if hold_out.half_of(name) == half][:8] for half in hold_out.HALVES}
    what = "logic elements, different designs of 50 LEs and more"
    special = [check(repo, {"A": 150, "B": 100}[half] + place) for half, repos in halves.items() for place, repo in enumerate(repos)]
    assert hold_out.by_chance(special, 200)[what] < 0.02
    ordinary = [check(repo, 100 + 5 * place) for repos in halves.values() for place, repo in enumerate(repos)]
    assert hold_out.by_chance(ordinary, 200)[what] > 0.5
    assert "| 8: 53.5 % / 56.3 % | 8: 3.5 % / 6.3 % | 0 % |" in hold_out.halves_table(special)[2]


def test_wires_are_chosen_for_all_operators_and_all_designs_alike():
    operators = np.array([[0.0], [0.3], [0.1]])
    designs = np.array([[0.5, -0.5, 0.5], [0.0, 0.0, 0.0], [0.2, -0.3, 0.2]])
    assert wire_fit.choose(operators, designs[:, :0]) == 0
    # Means of the two: 0.5, 0.3, 0.1 + 0.2333.
    assert wire_fit.choose(operators, designs) == 1


def test_a_repository_has_no_say_in_its_own_wires():
    operators = np.zeros((2, 1))
    # The designs of a want the first wires, that of b wants the second.
    designs = np.array([[0.0, 0.0, 0.4], [0.3, 0.3, 0.0]])
    assert wire_fit.leave_out(operators, designs, ["a", "a", "b"]).tolist() == [1, 1, 0]
    assert wire_fit.leave_out(operators, designs, ["a", "b", "c"]).tolist() == [1, 1, 0]


@pytest.fixture(scope="module")
def spread():
    document = map_sources(Sources({"spread.v": FAN_OUT}, {}, vhdl=False), "spread")
    return wire_fit.timed(document, "owner/name", 60, 2.0)


def test_a_wire_to_sixteen_readers_costs_four_doublings(spread):
    device = load_device(wire_fit.DEVICE)
    slow, fast = (replace(device, wire_ns={**device.wire_ns, "fan_out": delay}) for delay in (0.2, 0.1))
    assert spread.period_ns(slow) - spread.period_ns(fast) == pytest.approx(4 * 0.1)
    logs = wire_fit.errors([spread], [{"fan_out": 0.1, "spread": 0.0}])
    k, wire = device.timing_ns, device.wire_ns["local"] + 4 * 0.1
    # The late input takes the fastest pin, and the LUT shares its element with the register behind it.
    assert logs[0, 0] == pytest.approx(np.log((k["clock_to_out"] + wire + min(k["lut"]) + k["setup"]) / 2.0))


def test_the_table_measures_on_what_was_left_out(spread, monkeypatch):
    monkeypatch.setattr(wire_fit, "GRID", {"fan_out": np.array([0.0, 0.2]), "spread": np.array([0.0])})
    a, b = (next(name for name in map("repo{}".format, range(40)) if hold_out.half_of(name) == half) for half in hold_out.HALVES)
    device = load_device(wire_fit.DEVICE)
    fast, slow = (spread.period_ns(replace(device, wire_ns={**device.wire_ns, "fan_out": delay, "spread": 0.0})) for delay in (0.0, 0.2))
    designs = [replace(spread, repo=a, quartus_ns=fast), replace(spread, repo=b, quartus_ns=slow)]
    lines = wire_fit.wires_table([replace(spread, repo="", quartus_ns=(fast * slow) ** 0.5)], designs)
    rows = {tuple(line.split(" | ")[:2]): line.split(" | ")[2:] for line in lines[2:]}
    # What is right for one half is wrong by the whole ratio for the other.
    assert rows["| operators and half B", "half A"][0] == "0.2"
    assert rows["| operators and half B", "half A"][3].startswith(f"1: {100 * (1 - fast / slow):.1f} %")
    assert rows["| operators and half A", "half B"][0] == "0"
    assert rows["| operators and half A", "half B"][3].startswith(f"1: {100 * (slow / fast - 1):.1f} %")


def test_only_designs_with_a_rate_on_the_part_are_timed():
    good = check("owner/name", 100)
    both = replace(good, quartus={**good.quartus, "fmax": 100.0}, ours={**good.ours, "fmax": 90.0})
    assert wire_fit.rated(both)
    for other in (good, replace(both, device="EP4CE115F29C7"), replace(both, failure="vendor cells")):
        assert not wire_fit.rated(other)


def test_a_folder_that_is_not_there(capsys, monkeypatch):
    monkeypatch.setattr(hold_out, "records", lambda: SimpleNamespace())
    assert hold_out.main(["--sources", "no/such"]) == 2
    assert capsys.readouterr().err == "hold_out: no/such: no such folder\n"


def test_bars_hold_without_any_one_repository_and_go_by_size():
    """The one repository whose designs are exact may be left out: then the others' error is what counts."""
    small = [check(f"a/{k}", 110) for k in range(10)] + [check("a/exact", 100 + k, 100 + k) for k in range(10)]
    large = [check(f"b/{k}", 1300, 1000) for k in range(10)]
    bars = error_bars([*small, *large])
    assert bars["logic_elements"] == [(200, pytest.approx(0.1)), (None, pytest.approx(0.3))]
    assert holding([check("c/d", 105), check("c/e", 1400, 1000)], bars)["logic_elements"] == (1, 2)
