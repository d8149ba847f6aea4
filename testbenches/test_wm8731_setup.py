"""Set-up of the codec against its model on the bus: bytes, retries, the error."""

from __future__ import annotations

from pathlib import Path

import pytest

from ip_cores.core import make_core
from ip_cores.generate import generate
from ip_cores.parameters import ParameterError
from ip_cores.wm8731_setup import Wm8731Setup
from testbenches.engines.own_bench import run_own_ghdl
from testbenches.simulate import run
from testbenches.stimulus import Stimulus

CODEC = Path(__file__).resolve().parent / "vhdl" / "wm8731.vhd"
HARDWARE = ("myhdl", "ghdl", "native")

BENCH = """\
library ieee;
use ieee.std_logic_1164.all;

entity bench is
end bench;

architecture test of bench is
  signal clk, reset, scl_low, sda_low, done, retried, error : std_logic := '1';
  signal scl, sda, scl_in, sda_in : std_logic;
  signal stop : boolean := false;
begin
  clk <= not clk after 10 ns when not stop else '0';
  reset <= '0' after 105 ns;
  scl <= 'H';
  sda <= 'H';
  scl <= '0' when scl_low = '1' else 'Z';
  sda <= '0' when sda_low = '1' else 'Z';
  scl_in <= to_x01(scl);
  sda_in <= to_x01(sda);
  dut : entity work.{name} port map (clk => clk, reset => reset, scl => scl_in, sda => sda_in,
    scl_low => scl_low, sda_low => sda_low, done => done, retried => retried, error => error);
  codec : entity work.wm8731 generic map (REFUSED => "{refused}")
    port map (xck => '0', scl => scl, sda => sda, bclk => '0', daclrck => '0', adclrck => '0', dacdat => '0');
  process
  begin
    wait until reset = '0';
    wait until done = '1' or error = '1' for 100 ms;
    wait for 20 us;
    report "done " & std_logic'image(done) & " retried " & std_logic'image(retried) & " error " & std_logic'image(error);
    stop <= true;
    wait;
  end process;
end test;
"""


def on_the_bus(core, refused, folder):
    """Bytes that the codec logged, which transfers it refused, and what the set-up said at the end."""
    manifest = generate(core, folder / "vhdl", companions=None)
    (folder / "adc.txt").write_text("")
    pattern = "".join("1" if n in refused else "0" for n in range(64))
    text = BENCH.format(name=core.name, refused=pattern)
    printed = run_own_ghdl(manifest, text, folder, others=(CODEC,))
    rows = [line.split() for line in (folder / "i2c.txt").read_text().splitlines()]
    sent = [int(bits[k : k + 8], 2) for _, bits in rows for k in (0, 8, 16)]
    return sent, {n for n, (mark, _) in enumerate(rows) if mark == "1"}, printed


@pytest.mark.parametrize(
    ("refused", "said"),
    [
        (set(), "done '1' retried '0' error '0'"),
        ({0, 5, 6}, "done '1' retried '1' error '0'"),
        ({3, 4, 5}, "done '0' retried '1' error '1'"),
    ],
    ids=["acknowledged", "refused and retried", "given up"],
)
def test_the_codec_hears_what_the_model_says(refused, said, tmp_path):
    core = Wm8731Setup(quarter=6, retries=2)
    sent, missed, printed = on_the_bus(core, refused, tmp_path)
    expected, failed = core.model(refused)
    assert sent == expected.tolist()
    assert missed == refused
    assert said in printed
    assert failed == ("error '1'" in said)


def test_the_codec_ends_as_the_board_wants_it():
    state = Wm8731Setup().reference()
    assert state == {
        "active": True,
        "sample_rate": 48000,
        "framing": "i2s",
        "word_length": 16,
        "master": False,
        "dac_muted": False,
        "powered": True,
    }


@pytest.mark.parametrize("engine", HARDWARE)
def test_latency(engine):
    """A slave that acknowledges everything: its line is low."""
    core = Wm8731Setup(quarter=4, registers=((7, 0x002), (9, 0x001)))
    cycles = core.latency + 20
    probes = tuple((cycle, "done") for cycle in range(cycles))
    response = run(core, Stimulus(controls={"scl": 1, "sda": 0}, probes=probes, cycles=cycles + 1), engine)
    assert response.probes.index(1) == core.latency
    assert all(response.probes[core.latency :])


@pytest.mark.parametrize("engine", HARDWARE)
def test_a_reset_in_mid_transfer_starts_again(engine):
    core = Wm8731Setup(quarter=4, registers=((7, 0x002), (9, 0x001)))
    at = 600
    cycles = at + 2 + core.latency + 20
    probes = tuple((cycle, "done") for cycle in range(cycles))
    stimulus = Stimulus(controls={"scl": 1, "sda": 0}, probes=probes, cycles=cycles + 1, reset_at=at, reset_cycles=2)
    assert run(core, stimulus, engine).probes.index(1) == at + 2 + core.latency


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"registers": [[7, 512], [9, 1]]}, r"registers = .*\[7, 512\].*0 to 511"),
        ({"registers": [7, 9]}, "pairs"),
        ({"registers": []}, "2 to 64"),
        ({"address": 3}, "8 to 119"),
        ({"retries": 16}, "0 to 15"),
    ],
)
def test_bad_parameters(parameters, message):
    with pytest.raises(ParameterError, match=message):
        make_core({"core": "wm8731_setup", **parameters})
