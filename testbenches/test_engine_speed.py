"""Engines side by side: all give the model's words, the figures become a section, and a bound that is missed is said."""

import shutil

import numpy as np
import pytest

from ip_cores.core import make_core
from testbenches.benchmarks import engine_speed
from testbenches.benchmarks.engine_speed import BOUNDS, CORES, ENGINES, Speed, document, main, measure, misses, section
from testbenches.page_sections import PAGE, marks


@pytest.mark.skipif(shutil.which("iverilog") is None, reason="no Icarus Verilog (apt-get install iverilog)")
def test_every_engine_gives_the_models_words():
    """Or `measure` raises."""
    core = make_core({"core": "fir", "name": "short", "form": "serial", "coefficients": [0.5, -0.25, 0.125]})
    found = measure(core, seconds=0.001, repetitions=1)
    assert list(found) == list(ENGINES)
    assert all(len(speed.rates) == 1 for speed in found.values())
    # Three taps on one multiplier take three clocks a word, in every engine.
    assert {speed.cycles > 3 * engine_speed.SHORTER for speed in found.values()} == {True}


def speeds(**cycles_per_second):
    return {engine: Speed(1000, tuple(cycles_per_second.get(engine, 1e3) * np.array([0.5, 1.0, 2.0]))) for engine in ENGINES}


def test_ratios_are_of_one_turn_and_bounds_are_held():
    """Turns of half and of twice the speed, for all: the ratio is the same."""
    found = document({name: speeds(native=6e6, bare=4e6, myhdl=2e3) for name in CORES}, {"ghdl": "5"})
    rows = {(row["core"], row["engine"]): row for row in found["rows"]}
    core, engine = next(iter(BOUNDS))
    assert (core, engine) == ("FIR, 64 taps, direct", "myhdl")
    assert rows[core, engine]["native_is_faster_by"] == 3000
    assert rows[core, "bare"]["native_is_faster_by"] == 1.5
    assert misses(found) == []
    slow = document({name: speeds(native=4.4e6, bare=4e6, myhdl=2e3) for name in CORES}, {"ghdl": "5"})
    assert misses(slow) == ["FIR, 64 taps, direct: native is 1.1 times as fast as bare: must be 1.2 or more"]


def test_a_section_has_every_engine():
    tools = {"ghdl": "5", "icarus": "11", "verilator": "5.0", "compiler": "g++ 12"}
    text = section(document({name: speeds(native=6_543_210.0) for name in CORES}, tools))
    rows = [row for row in text.splitlines() if row.startswith("| ")]
    assert [row.split(" | ")[0].removeprefix("| ") for row in rows[1:]] == list(ENGINES.values())
    assert rows[-1].split(" | ")[1] == "6 540 000"
    assert "1500 × MyHDL on the FIR, 64 taps, direct and 1.2 × Verilator" in text


def test_the_page_has_every_engine():
    """`make engine-speed` mends it."""
    begin, end = marks("engines", engine_speed.COMMAND)
    section = PAGE.read_text().partition(begin)[2].partition(end)[0]
    assert [name for name in ENGINES.values() if f"| {name} |" in section] == list(ENGINES.values())


@pytest.mark.parametrize("arguments", [["--repetitions", "0"], ["--seconds", "0"]])
def test_what_cannot_be_measured_is_refused(arguments, capsys):
    assert main(arguments) == 2
    assert capsys.readouterr().err == "engine_speed: --repetitions must be 1 or more and --seconds more than 0\n"
