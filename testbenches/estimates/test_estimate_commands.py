"""`ossicle estimate` and `ossicle compare`: figures for a description and for anybody's HDL, one line for what is wrong."""

from __future__ import annotations

import json

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from fpga_projects.estimation.comparison import drawn
from ossicle.command_line import main

KEYS = {
    *("logic_elements", "registers", "multiplier_elements", "m4k_blocks", "memory_bits", "fmax_mhz"),
    *("critical_path", "power_mw", "uncertainty", "entities"),
}

COUNTER = """
library ieee;
use ieee.std_logic_1164.all;
use ieee.numeric_std.all;
entity counter is port (clk: in std_logic; count: out std_logic_vector(9 downto 0)); end entity;
architecture rtl of counter is
    signal value: unsigned(9 downto 0);
begin
    process (clk) begin
        if rising_edge(clk) then
            value <= value + 1;
        end if;
    end process;
    count <= std_logic_vector(value);
end architecture;
"""


def ossicle(capsys, *arguments):
    status = main(list(map(str, arguments)))
    printed = capsys.readouterr()
    return status, printed.out, printed.err


def test_estimate_of_a_description(capsys, tmp_path):
    status, out, _ = ossicle(capsys, "estimate", "examples/lowpass.toml", "--json", "--output", tmp_path / "cost")
    found = json.loads(out)
    assert status == 0
    assert found.keys() >= KEYS
    # Products by 0.1, 0.2 and 0.4 quantised to 3277, 6554 and 13107 of 16 bits: two distinct ones and a shift of one of them.
    assert found["multiplier_elements"] in (4, 6)
    assert found["power_mw"]["total"] > found["power_mw"]["static"] > 0
    assert "words of speech through the native engine" in found["uncertainty"]["power_mw"]["activity"]
    assert json.loads((tmp_path / "cost" / "estimate.json").read_text()) == found


def test_estimate_of_other_hdl(capsys, tmp_path):
    (tmp_path / "counter.vhd").write_text(COUNTER)
    status, out, _ = ossicle(capsys, "estimate", "--hdl", tmp_path / "counter.vhd", "--top", "counter", "--json")
    found = json.loads(out)
    assert status == 0
    assert (found["registers"], found["multiplier_elements"], found["m4k_blocks"]) == (10, 0, 0)
    assert 9 <= found["logic_elements"] <= 11


def test_compare_writes_table_and_plot(capsys, tmp_path):
    names = ["examples/lowpass.toml", "examples/fifo.toml"]
    status, out, _ = ossicle(capsys, "compare", *names, "--effort", "map", "--input", "none", "--output", tmp_path / "both")
    assert status == 0
    assert "lowpass" in out
    assert (tmp_path / "both" / "comparison.png").stat().st_size > 5000
    assert (tmp_path / "both" / "comparison.md").read_text().count("\n") == 4


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["examples/lowpass.toml", "--device", "EP4CE22"], "EP2C70F896C6"),
        (["examples/lowpass.toml", "--clock-mhz", "900"], "900"),
        (["examples/lowpass.toml", "--sample-rate", "1e9"], "sample_rate = 1000000000.0: must be above 0 and at most"),
        (["examples/lowpass.toml", "--sample-rate", "1", "--input", "none"], "--sample-rate"),
        (["examples/lowpass.toml", "--sample-rate", "1", "--effort", "quick"], "--sample-rate"),
        (["examples/lowpass.toml", "--real-time", "--effort", "quick"], "--real-time, it simulates nothing"),
        (["--hdl", "x.vhd"], "--top ENTITY"),
        (["--top", "x"], "--hdl FILE"),
        ([], "takes a description"),
        (["examples/absent.toml"], "examples/absent.toml"),
    ],
)
def test_bad_input_is_one_line(capsys, arguments, words):
    status, out, err = ossicle(capsys, "estimate", *arguments)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert words in err


@pytest.mark.parametrize("kinds", [{}, {"clock": 5.0, "logic": 2.0, "m4k": 1.0}], ids=["a sum", "parts"])
@pytest.mark.parametrize("count", [1, 2, 9])
def test_legends_of_a_comparison_stand_beside_the_bars(kinds, count):
    """Measured on the canvas: no legend lies on a bar, and there is no empty panel."""
    one = {"logic_elements": 2500, "registers": 1900, "multiplier_elements": 62, "m4k_blocks": 0, "fmax_mhz": None}
    figure = drawn({str(k): {"entity": f"band_{k}", **one, "power_mw": {"total": 8.0, **kinds}} for k in range(count)})
    FigureCanvasAgg(figure).draw()
    for axes in figure.axes:
        bars = [bar.get_window_extent() for bar in axes.patches]
        assert any(bar.width > 1 for bar in bars)
        legend = axes.get_legend()
        if legend is not None:
            place = legend.get_window_extent()
            assert not any(place.overlaps(bar) for bar in bars)
            assert place.x0 >= 0
            assert place.y0 >= 0
