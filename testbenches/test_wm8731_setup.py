"""Set-up of the codec against its model on the bus: bytes, retries, the error."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import fixed_point.i2c_master
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
    core = Wm8731Setup(quarter=6, retries=2, settling=100)
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


SMALL = Wm8731Setup(quarter=4, registers=((7, 0x002), (9, 0x001)), settling=30, timeout=200)


def acknowledged(core, start=0):
    """Events of the data line, every byte acknowledged: what the master sends, as `fixed_point.i2c_master` has it, and zeros behind it."""
    commands = [0x700]
    for register, value in core.registers:
        word = register << 9 | value
        commands += [0x800 | core.address << 1, word >> 8, 0x400 | word & 255]
    levels, at, clock = [1], [], start + 2
    for place, command in enumerate(commands):
        if place == len(commands) - 3:
            clock += core.settling
        sda = fixed_point.i2c_master.i2c_master([command])[1]
        first = 8 if command & 0x800 else 0
        if command != commands[0]:
            sda[first + 32 : first + 36] = 0
        for quarter, level in enumerate(sda.tolist()):
            if level != levels[-1]:
                levels.append(level)
                at.append(clock + quarter * core.quarter)
        clock += len(sda) * core.quarter + 2
    return tuple((cycle, "sda", level) for cycle, level in zip(at, levels[1:], strict=True))


def outcome(core, engine, cycles, events, start=(1, 1), **more):
    """The first clocks of done and error; None for never."""
    names = ("done", "error")
    probes = tuple((cycle, name) for cycle in range(cycles) for name in names)
    scl, sda = start
    stimulus = Stimulus(controls={"scl": scl, "sda": sda}, events=events, probes=probes, cycles=cycles + 1, **more)
    rows = np.array(run(core, stimulus, engine).probes).reshape(-1, 2)
    return tuple(int(np.argmax(row)) if row.any() else None for row in rows.T)


@pytest.mark.parametrize("engine", HARDWARE)
def test_latency(engine):
    assert outcome(SMALL, engine, SMALL.latency + 20, acknowledged(SMALL)) == (SMALL.latency, None)


@pytest.mark.parametrize("engine", HARDWARE)
def test_a_reset_in_mid_transfer_starts_again(engine):
    before = tuple(event for event in acknowledged(SMALL) if event[0] < 600)
    events = (*before, (601, "sda", 1), *acknowledged(SMALL, 602))
    found = outcome(SMALL, engine, 602 + SMALL.latency + 20, events, reset_at=600, reset_cycles=2)
    assert found == (602 + SMALL.latency, None)


@pytest.mark.parametrize("engine", HARDWARE)
def test_data_held_low_for_ever_are_an_error(engine):
    """Zeros would be an acknowledge; but other bits than were sent stand on the line."""
    done, error = outcome(SMALL, engine, 8 * SMALL.latency, (), start=(1, 0))
    assert done is None
    assert error is not None


@pytest.mark.parametrize("engine", HARDWARE)
def test_a_slave_in_mid_byte_is_clocked_out_of_it(engine):
    """It holds the data low until the first clocks have passed."""
    events = tuple(event for event in acknowledged(SMALL) if event[0] > 100)
    assert outcome(SMALL, engine, SMALL.latency + 20, ((90, "sda", 1), *events), start=(1, 0)) == (SMALL.latency, None)


@pytest.mark.parametrize("engine", HARDWARE)
def test_a_clock_held_low_is_an_error_and_no_hang(engine):
    done, error = outcome(SMALL, engine, SMALL.timeout + 200, (), start=(0, 1))
    assert done is None
    assert SMALL.timeout < error < SMALL.timeout + 50


def test_outputs_go_on_last_and_no_reset_lets_them_pop():
    """The data sheet's power-up sequence: OUTPD is set until the interface is on and the reference voltage has settled."""
    registers = Wm8731Setup().registers
    assert [register for register, _ in registers if register == 15] == []
    power = [(place, value) for place, (register, value) in enumerate(registers) if register == 6]
    assert power == [(0, 0x072), (len(registers) - 1, 0x062)]
    assert registers[-2] == (9, 0x001)
    assert {register for register, _ in registers} == set(range(10))
    assert Wm8731Setup().settling == 50_000_000 // 20


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"registers": [[7, 512], [9, 1]]}, r"registers: \[7, 512\]: .*0 to 511"),
        ({"registers": [7, 9]}, "pairs"),
        ({"registers": []}, "2 to 64"),
        ({"registers": [[10, 0], [9, 1]]}, r"registers: \[10, 0\]: .*0 to 9 or 15"),
        ({"registers": [[9, 1], [16, 0]]}, "0 to 9 or 15"),
        ({"address": 0x34}, r"address = 52: must be 26 \(0x1A\) or 27 \(0x1B\), without the bit for reading and writing"),
        ({"settling": 0}, "1 to"),
        ({"timeout": 2}, "16 to"),
        ({"retries": 16}, "0 to 15"),
    ],
)
def test_bad_parameters(parameters, message):
    with pytest.raises(ParameterError, match=message):
        make_core({"core": "wm8731_setup", **parameters})
