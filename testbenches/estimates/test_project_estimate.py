"""The estimate of a project: two clocks behind a PLL that is no logic; and the clock rate of a core between registers of others."""

from __future__ import annotations

import json

import numpy as np
import pytest

from fpga_projects.boards.de2_70.board_activity import speech
from fpga_projects.boards.project_estimate import page, project_estimate
from fpga_projects.device import load_device
from fpga_projects.estimation.power import Activity
from fpga_projects.pages.fir_forms import registered_fmax
from ip_cores.core import make_core

TINY = """
library ieee;
use ieee.std_logic_1164.all;
entity tiny is port (clk: in std_logic; d: in std_logic; q: out std_logic); end entity;
architecture rtl of tiny is
    signal codec_clk, locked, fast: std_logic;
begin
    u_pll: entity work.pll_50_to_12 port map (areset => '0', inclk0 => clk, c0 => codec_clk, locked => locked);
    process (clk) begin
        if rising_edge(clk) then
            fast <= d;
        end if;
    end process;
    process (codec_clk) begin
        if rising_edge(codec_clk) then
            q <= fast;
        end if;
    end process;
end architecture;
"""


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tiny")
    (folder / "tiny.vhd").write_text(TINY)
    (folder / "project.json").write_text(json.dumps({"entity": "tiny", "files": ["tiny.vhd"]}))
    return project_estimate(folder, Activity("by hand", nets={"fast": 1.0, "q": 1.0}, simulated=True))


def test_the_pll_is_no_logic_and_its_clock_is_slower(tiny):
    k = load_device(tiny.device).power
    assert (tiny.registers, tiny.logic_elements) == (2, 2)
    assert tiny.power_mw["routing"] == pytest.approx(k["register_routing_pj"] * (50 + 12) / 1000)
    assert tiny.power_mw["clock"] == pytest.approx((k["clock_uw_per_mhz"] + k["clock_pj_per_register"]) * (50 + 12) / 1000)
    assert tiny.power_mw["pll"] == k["pll_mw"]


def test_page_has_power_by_entity_and_errors(tiny):
    text = page(tiny)
    assert f"| tiny | tiny | 2 | 2 | 0 | 0 | {tiny.entities[0]['dynamic_power_mw']:.2f} |" in text
    assert "It rests on by hand." in text
    assert "± " in text
    assert "default" not in text


def test_speech_at_the_codec_is_three_times_as_fast():
    words = speech(make_core({"core": "fifo", "name": "receiver"}), 512)
    assert len(words) == 3 * 512
    assert np.abs(words).max() > 100
    # Nothing above 8 kHz but what the filter of the conversion leaves.
    power = np.abs(np.fft.rfft(words * np.hanning(len(words)))) ** 2
    assert power[600:].sum() < 1e-3 * power.sum()


def test_a_register_in_front_shows_the_path_from_the_port():
    """Transposed: the sample goes through a product and an adder before the first register of the core."""
    core = make_core({"core": "fir", "name": "short", "form": "transposed", "coefficients": [0.1, 0.3, 0.3, 0.1]})
    t = load_device("EP2C70F896C6").timing_ns
    assert 60 < registered_fmax(core) < 1000 / (t["clock_to_out"] + t["multiplier_18"] + t["setup"])
