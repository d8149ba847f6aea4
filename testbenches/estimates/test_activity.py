"""Transitions of nets, counted on blocks whose activity is known."""

import numpy as np
import pytest

from testbenches.for_tests.handwritten import register_stage, stream_ports, write_design
from testbenches.stimulus import Stimulus
from testbenches.toggles import activity


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    return register_stage(tmp_path_factory.mktemp("stage"), "x", 16, 16)


def test_nothing_moves_when_nothing_is_sent(stage):
    nets = activity(stage, Stimulus({"data": np.zeros(0, int)}, cycles=100))
    assert set(nets.values()) == {0.0}
    assert {"source_data", "sink_data", "occupied", "advance"} <= set(nets)


def test_full_scale_alternation_moves_every_bit_in_every_cycle(stage):
    x = np.resize([-32768, 32767], 1001)
    nets = activity(stage, Stimulus({"data": x}, cycles=1001))
    assert nets["sink_data"] == 16
    assert nets["source_data"] == pytest.approx(16, abs=0.03)
    assert nets["advance"] == 0
    assert nets["occupied"] == 1 / 1000


def test_noise_moves_half_of_the_bits(stage):
    x = np.random.default_rng(0).integers(-32768, 32768, 20001)
    assert activity(stage, Stimulus({"data": x}, cycles=20001))["sink_data"] == pytest.approx(8, rel=0.01)


def test_words_hold_between_transfers(stage):
    x = np.resize([0, 1], 100)
    offer = np.arange(10) == 0
    nets = activity(stage, Stimulus({"data": x}, offer=offer, cycles=1001))
    assert nets["sink_data"] == pytest.approx(0.1, abs=0.002)
    assert nets["sink_valid"] == pytest.approx(0.2, abs=0.002)


TOGGLING = """\
architecture rtl of {entity} is
  signal wide : signed(79 downto 0);
begin
  sink_ready <= '1';
  source_valid <= '0';
  source_data <= std_logic_vector(wide(79 downto 40));
  process (clk)
  begin
    if rising_edge(clk) then
      if reset = '1' then
        wide <= (others => '0');
      else
        wide <= not wide;
      end if;
    end if;
  end process;
end rtl;
"""


def test_vectors_wider_than_a_machine_word(tmp_path):
    design = write_design(tmp_path, TOGGLING, stream_ports(40, 40))
    nets = activity(design, Stimulus({"data": np.zeros(10, int)}, cycles=101))
    assert nets["wide"] == 80
