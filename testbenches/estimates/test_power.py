"""Power: sums that must hold, energies counted by hand, and activity that a paced simulation confirms."""

from __future__ import annotations

import numpy as np
import pytest

from fpga_projects.device import load_device
from fpga_projects.estimation.activity import measure_activity
from fpga_projects.estimation.estimate import estimate, estimate_hdl
from fpga_projects.estimation.estimate_text import format_estimate
from fpga_projects.estimation.power import DYNAMIC_KINDS, DYNAMIC_UNCERTAINTY, Activity
from fpga_projects.validation.power_reports import (
    BEGIN,
    END,
    KINDS,
    LEFT_OUT,
    PAGE,
    comparisons,
    cross_validate,
    device_energies,
    fit,
    page,
    percentiles,
    reports,
    usable,
)
from ip_cores.core import make_core
from ip_cores.generate import generate
from ip_cores.parameters import ParameterError
from testbenches.errors import ToolError
from testbenches.stimulus import Stimulus
from testbenches.toggles import count

TWO_CLOCKS = """
module half(input clk, input d, output reg q);
  always @(posedge clk) q <= d;
endmodule
module pair(input fast, input slow, input d, output [1:0] q);
  half one(fast, d, q[0]);
  half two(slow, q[0], q[1]);
endmodule
"""


@pytest.fixture(scope="module")
def core():
    return make_core({"core": "limiter", "name": "limited"})


@pytest.fixture(scope="module")
def manifest(core, tmp_path_factory):
    return generate(core, tmp_path_factory.mktemp("limited"), companions=None)


def dynamic(found):
    return sum(found.power_mw[kind] for kind in DYNAMIC_KINDS)


def pair(folder, **options):
    (folder / "pair.v").write_text(TWO_CLOCKS)
    return estimate_hdl([folder / "pair.v"], "pair", **options)


def test_total_is_the_sum_of_kinds_and_of_entities(core):
    found = estimate(core)
    assert found.power_mw["total"] == pytest.approx(sum(value for kind, value in found.power_mw.items() if kind != "total"))
    assert all(found.uncertainty["power_mw"][kind] >= 0 for kind in found.power_mw)
    top, *below = found.entities
    assert top["dynamic_power_mw"] == pytest.approx(dynamic(found))
    assert top["power_mw"] == pytest.approx({kind: found.power_mw[kind] for kind in DYNAMIC_KINDS})
    assert 0 < sum(row["dynamic_power_mw"] for row in below if "." not in row["instance"]) < top["dynamic_power_mw"]
    assert "8192 words of speech through the native engine" in format_estimate(found)


def test_twice_the_clock_is_twice_the_dynamic_power(core):
    one, two = estimate(core, clock_mhz=50), estimate(core, clock_mhz=100)
    assert dynamic(two) == pytest.approx(2 * dynamic(one))
    assert two.power_mw["static"] == one.power_mw["static"]


def test_a_core_that_waits_burns_less(core):
    full, real_time = estimate(core), estimate(core, sample_rate=16000)
    assert real_time.power_mw["routing"] < 0.1 * full.power_mw["routing"]
    assert real_time.power_mw["clock"] == full.power_mw["clock"] > 0
    assert "16 kS/s at 50 MHz" in real_time.uncertainty["power_mw"]["activity"]
    quiet = estimate(core, x=np.zeros(1000, int))
    assert quiet.power_mw["routing"] < full.power_mw["routing"]


@pytest.mark.parametrize("gap", [1, 2, 5, 400])
def test_real_time_is_what_a_simulation_of_all_of_its_clocks_counts(core, manifest, gap):
    words = {"data": np.random.default_rng(0).integers(-32768, 32767, 1000)}
    paced = count(manifest, Stimulus(words, offer=np.arange(gap) == 0, drain=core.patience, cycles=1000 * gap, controls=core.controls))
    truth = {net: paced.transitions[net] / paced.bits[net] / paced.compared for net in paced.transitions}
    found = measure_activity(core, manifest, words, 50, 50e6 / gap).nets
    assert sum(found.values()) == pytest.approx(sum(truth.values()), rel=0.03)
    assert found["source_data"] == pytest.approx(truth["source_data"], rel=0.03)


def test_more_words_than_the_core_takes_are_refused(core, manifest):
    with pytest.raises(ParameterError, match=r"sample_rate = 100000000.0: must be above 0 and at most 5e\+07, a word in 1 clock at 50 MHz"):
        measure_activity(core, manifest, "speech", 50, 1e8)


def test_energies_by_hand(tmp_path):
    k = load_device("EP2C70F896C6").power
    nets = {"one.q": 1.0, "two.q": 0.5}
    found = pair(tmp_path, activity=Activity("by hand", nets=nets, simulated=True))
    assert found.power_mw["registers"] == pytest.approx(2 * k["register_pj"] * 50 / 1000)
    assert found.power_mw["routing"] == pytest.approx(1.5 * k["register_routing_pj"] * 50 / 1000)
    assert found.power_mw["clock"] == pytest.approx((2 * k["clock_uw_per_mhz"] + 2 * k["clock_pj_per_register"]) * 50 / 1000)


def test_each_clock_has_its_own_rate(tmp_path):
    k = load_device("EP2C70F896C6").power
    activity = Activity("by hand", nets={"one.q": 1.0, "two.q": 1.0}, simulated=True)
    found = pair(tmp_path, activity=activity, clocks={"slow": 12.0}, plls=1)
    rows = {row["instance"]: row["power_mw"] for row in found.entities}
    for instance, megahertz in (("one", 50), ("two", 12)):
        assert rows[instance]["routing"] == pytest.approx(k["register_routing_pj"] * megahertz / 1000)
    assert found.power_mw["clock"] == pytest.approx((k["clock_uw_per_mhz"] + k["clock_pj_per_register"]) * 62 / 1000)
    assert rows["pair"]["pll"] == k["pll_mw"]


def test_what_enters_a_register_changes_as_often_as_what_leaves_it(tmp_path):
    k = load_device("EP2C70F896C6").power
    ports = "input clk, input [7:0] a, b, output reg [7:0] total, output [7:0] both"
    (tmp_path / "sums.v").write_text(f"module sums({ports}); assign both = a & b; always @(posedge clk) total <= a + b; endmodule")
    activity = Activity("by hand", nets={"total": 0.5, "both": 0.1}, simulated=True)
    found = estimate_hdl([tmp_path / "sums.v"], "sums", activity=activity)
    # The eight sums have no names of their own, and are not like the products that have.
    assert found.power_mw["logic"] == pytest.approx(8 * (0.5 + 0.1) * k["lut_pj"] * 50 / 1000)


def test_a_vector_speaks_for_its_bits():
    activity = Activity(nets={"sum": 0.25, "sum[3]": 1.0})
    assert [activity.rate(name) for name in ("sum[3]", "sum[2]", "sum", "other[2]")] == [1.0, 0.25, 0.25, None]


def test_two_clocks_are_simulated_by_ghdl(tmp_path):
    queue = make_core({"core": "dual_clock_fifo", "name": "queue", "depth": 8})
    found = measure_activity(queue, generate(queue, tmp_path, companions=None), np.resize([-32768, 32767], 64), 50)
    assert "in GHDL's simulation (the native engine plays streams that enter and leave on one clock)" in found.source
    # All bits of a word change with every word, and the queue takes one in every clock once the first have come through.
    assert found.nets["sink_data[0]"] == pytest.approx(found.nets["sink_data[15]"], rel=0.01)
    assert found.nets["sink_data[15]"] > 0.9 > 0.01 > found.nets["sink_valid"]


def test_ghdl_counts_the_same_where_there_is_no_compiler(core, manifest, monkeypatch):
    words = np.random.default_rng(1).integers(-32768, 32767, 1024)
    native = measure_activity(core, manifest, words, 50).nets

    def missing(*arguments):
        raise ToolError("verilator is missing")

    monkeypatch.setattr("fpga_projects.estimation.activity.count", missing)
    monkeypatch.setenv("OSSICLE_CACHE", str(manifest.folder / "empty"))
    found = measure_activity(core, manifest, words, 50)
    assert found.source == "1024 clocks with the stimulus in GHDL's simulation (verilator is missing)"
    for net in ("sink_data", "source_data"):
        bits = [found.nets[f"{net}[{place}]"] for place in range(16)]
        assert np.mean(bits) == pytest.approx(native[net], rel=0.03)


def test_uncertainty_says_where_nothing_was_compared(tmp_path):
    found = pair(tmp_path)
    assert found.uncertainty["multiplier_elements"] == 0
    assert found.uncertainty["basis"]["multiplier_elements"] == "exact on 101 operators"
    assert set(found.uncertainty["basis"]) <= set(found.to_json())
    for figure, text in found.uncertainty["basis"].items():
        assert (found.uncertainty[figure] is None) == (text == "not held against Quartus")


def test_energies_against_what_quartus_printed():
    """PowerPlay's own counts and rates times our energies, on designs large enough for means to hold."""
    large = [one.error for one in comparisons() if one.large]
    assert len(large) > 10
    assert percentiles(large)[0] <= 20
    assert sum(abs(error) <= DYNAMIC_UNCERTAINTY for error in large) >= 0.9 * len(large)


def synthetic(repo, factor, family="Cyclone IV E"):
    """A report whose energies per transition are `factor` times 1, 2 and 3 pJ."""
    blocks = {"Combinational cell": [4.0 * factor, 8.0 * factor, 10.0], "Register cell": [0.5, 15.0 * factor, 50.0]}
    return {"repo": repo, "family": family, "top": "top", "device": "D", "combinational": 400, "registers": 100, "blocks": blocks}


def test_fit_finds_the_energies_that_reports_were_made_with():
    assert fit([synthetic("a", 1.0)]) == pytest.approx(dict(zip(KINDS, (1.0, 2.0, 3.0), strict=True)))
    # Of three that disagree the one in the middle has the least absolute deviation, however far off the others are.
    assert list(fit([synthetic("a", 0.1), synthetic("b", 1.5), synthetic("c", 90.0)]).values()) == pytest.approx([1.5, 3.0, 4.5])
    with pytest.raises(ValueError, match="reports = 0: must have one with power of LUTs"):
        fit([])


def test_what_is_left_out_has_no_say_in_its_prediction():
    some = [synthetic("a", 1.0), synthetic("a", 50.0), synthetic("b", 2.0), synthetic("c", 3.0)]
    found, folds = cross_validate(some, LEFT_OUT["repository"])
    assert [fold["LUTs"] for fold in folds] == pytest.approx([2.5, 3.0, 2.0])
    # Fitted without a: 2.5, against 1 and 50 in its own reports; b with 3 against 2; c with 2 against 3.
    assert [one.error for one in found] == pytest.approx([1.5, -0.95, 0.5, -1 / 3])


def test_energies_hold_on_repositories_and_processes_that_were_left_out():
    for group in LEFT_OUT.values():
        found, folds = cross_validate(usable(), group)
        large = [one.error for one in found if one.large]
        assert percentiles(large)[0] <= 25
        assert sum(abs(error) <= DYNAMIC_UNCERTAINTY for error in large) >= 0.9 * len(large)
        for kind, energy in device_energies().items():
            assert all(fold[kind] == pytest.approx(energy, rel=0.15) for fold in folds), kind


def test_static_power_is_that_of_the_reports_of_the_part():
    k = load_device("EP2C35F672C6").power
    same_part = [report for report in reports() if report["device"] == "EP2C35F672C6"]
    assert same_part
    for report in same_part:
        assert report["static_mw"] == pytest.approx(k["static_mw"], abs=k["static_uncertainty_mw"])
        assert report["io_mw"] == pytest.approx(k["io_idle_mw"], abs=3)


def test_the_documentation_prints_the_comparison():
    assert PAGE.read_text().partition(BEGIN)[2].partition(END)[0].strip() == page()
