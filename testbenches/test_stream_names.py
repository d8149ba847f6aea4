"""The streams of a delivered entity under the names of AXI4-Stream: ports, padding, reset, and the proof through them."""

from __future__ import annotations

import dataclasses
import json
import re
import subprocess

import pytest

from fpga_projects.boards.de2_70.signal_path import SignalPath
from fpga_projects.estimation.estimate import estimate
from ip_cores.companions.self_check import has_test_bench
from ip_cores.core import core_kinds, make_core
from ip_cores.description import load_core
from ip_cores.generate import generate, vhdl
from ip_cores.parameters import ParameterError
from ossicle.command_line import main
from testbenches.engines.ghdl import analyse, find_ghdl
from testbenches.engines.own_bench import run_own_ghdl
from testbenches.errors import EngineMismatch, SimulationError
from testbenches.for_tests.deliveries import EXAMPLES
from testbenches.for_tests.tcl import find_tclsh, run_tcl
from testbenches.verify import verify
from testbenches.vhdl_quality import faults

FIR = {"core": "fir", "coefficients": [0.25, 0.5, 0.25], "sink": "sfix12_En11", "source": "sfix13_En12"}
HANDSHAKE = ("tvalid", "tready", "tdata")

ROWS = {
    "words alone": (FIR, HANDSHAKE, HANDSHAKE, {"s": 16, "m": 16}),
    "whole bytes": ({**FIR, "sink": "sfix16_En15", "source": "sfix24_En20"}, HANDSHAKE, HANDSHAKE, {"s": 16, "m": 24}),
    "unsigned": ({"core": "fifo", "sink": "ufix9_En0"}, HANDSHAKE, HANDSHAKE, {"s": 16, "m": 16}),
    "bands": ({"core": "swt_analysis", "levels": 2, "sink": "sfix10_En9"}, HANDSHAKE, (*HANDSHAKE, "tid"), {"s": 16}),
    "packets": (
        {"core": "segmenter", "segment_length": 8, "hop": 4, "window": "hann"},
        HANDSHAKE, (*HANDSHAKE, "tuser", "tlast"), {"s": 16, "m": 16},
    ),
    "both": (
        {"core": "overlap_add", "segment_length": 8, "hop": 4, "window": "hann"},
        (*HANDSHAKE, "tuser", "tlast"), HANDSHAKE, {"s": 16, "m": 16},
    ),
    "a chain": (
        {"core": "chain", "stages": [{**FIR, "source": "sfix12_En11"}, {"core": "dwt_analysis", "levels": 1, "sink": "sfix12_En11"}]},
        HANDSHAKE, (*HANDSHAKE, "tid"), {"s": 16},
    ),
}  # fmt: skip
"""Description, fields at either side, widths of TDATA: of the standard's signal list, whole bytes."""


def renamed(description, **more):
    return make_core({"name": "dut", "interface": "axi", **description, **more})


@pytest.mark.parametrize("row", ROWS)
def test_ports_are_those_of_the_standard(row):
    description, sink, source, widths = ROWS[row]
    core = renamed(description)
    ports = {port.name: port for port in core.delivered_ports}
    assert list(ports)[:2] == ["aclk", "aresetn"]
    for side, fields, way in (("s", sink, "in"), ("m", source, "out")):
        found = {name.removeprefix(f"{side}_axis_"): port for name, port in ports.items() if name.startswith(f"{side}_axis_")}
        assert set(found) == set(fields)
        assert all((port.direction == way) == (name != "tready") for name, port in found.items())
        assert found["tdata"].width % 8 == 0
        assert found["tdata"].width == widths.get(side, found["tdata"].width)
    beside = [port for port in core.ports if port.name.partition("_")[0] not in ("clk", "reset", "sink", "source")]
    assert [port for port in core.delivered_ports if "axis" not in port.name][2:] == beside


def test_a_core_between_two_clocks_has_them_on_their_sides():
    core = renamed({"core": "dual_clock_fifo"})
    names = [port.name for port in core.delivered_ports]
    assert names == [f"{side}_axis_{role}" for side in "sm" for role in ("aclk", "aresetn", *HANDSHAKE)]


@pytest.mark.parametrize("row", ROWS)
def test_every_edition_of_the_standard_takes_it_in_silence(row, tmp_path):
    texts = vhdl(renamed(ROWS[row][0]))
    paths = []
    for name, text in texts.items():
        paths.append(tmp_path / f"{name}.vhd")
        paths[-1].write_text(text)
        assert text.startswith(f"-- {name}:")
    for std in ("93", "93c", "08"):
        command = [find_ghdl().path, "-a", f"--std={std}", "-Wall", "--warn-error", *map(str, paths)]
        (tmp_path / std).mkdir()
        done = subprocess.run(command, cwd=tmp_path / std, capture_output=True, text=True)
        assert (done.returncode, done.stdout + done.stderr) == (0, "")
    assert not list(faults(texts))


PROVEN = ("words alone", "unsigned", "bands", "packets", "a chain")


@pytest.mark.parametrize("row", PROVEN)
def test_the_delivered_entity_is_proven_on_all_engines(row, tmp_path):
    core = renamed(ROWS[row][0])
    manifest = generate(core, tmp_path / "dut")
    assert json.loads((tmp_path / "dut/manifest.json").read_text())["ports"][0]["name"] == "aclk"
    assert verify(core, "noise", ["myhdl", "ghdl", "native"], samples=300, manifest=manifest).passed


FAULTS = {
    "the reset the other way round": ("not aresetn", "aresetn"),
    "a bit lost": ("s_axis_tdata(11 downto 0)", 's_axis_tdata(10 downto 0) & "0"'),
    "an unsigned word": (
        "m_axis_tdata(12 downto 0) <= source_data", "m_axis_tdata(12 downto 0) <= '0' & source_data(11 downto 0)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("engine", ["ghdl", "native"])
def test_a_fault_among_the_names_is_seen(fault, engine, tmp_path):
    old, new = FAULTS[fault]
    core = renamed(FIR)
    manifest = generate(core, tmp_path / "dut")
    text = manifest.paths[-1].read_text()
    assert old in text
    manifest.paths[-1].write_text(text.replace(old, new))
    try:
        passed = verify(core, "noise", [engine], samples=300, manifest=manifest).passed
    except (EngineMismatch, SimulationError):
        passed = False
    assert not passed


PADDED = """\
library ieee;
use ieee.std_logic_1164.all;
entity bench is
end bench;
architecture bench of bench is
  signal aclk, aresetn, tvalid, tready, given : std_logic := '0';
  signal sent, found : std_logic_vector(15 downto 0);
begin
  dut : entity work.dut port map (aclk, aresetn, tvalid, tready, sent, given, '1', found);
  process
    procedure pulse is
    begin
      aclk <= '1'; wait for 1 ns; aclk <= '0'; wait for 1 ns;
    end pulse;
    procedure check(word, expected : std_logic_vector(15 downto 0)) is
    begin
      sent <= word; tvalid <= '1'; wait for 1 ns;
      pulse; tvalid <= '0'; wait for 1 ns;
      while given = '0' loop pulse; end loop;
      assert found = expected severity failure;
      pulse;
    end check;
  begin
    pulse; pulse;
    assert given = '0' severity failure;
    aresetn <= '1'; pulse;
    check("{bits_of_nobody}{word}", "{expected}");
    report "as it should be";
    wait;
  end process;
end bench;
"""


@pytest.mark.parametrize(
    ("format", "word", "expected"),
    [
        ("sfix12_En11", "100000000001", "1111100000000001"),
        ("sfix12_En11", "011111111111", "0000011111111111"),
        ("ufix12_En0", "100000000001", "0000100000000001"),
    ],
)
def test_padding_is_not_read_and_is_the_sign(format, word, expected, tmp_path):
    """The bits of nobody are set on the way in; what leaves is the same number in 16 bits."""
    core = renamed({"core": "stream_register", "sink": format})
    bench = PADDED.format(bits_of_nobody="1010", word=word, expected=expected)
    assert "as it should be" in run_own_ghdl(generate(core, tmp_path / "dut", companions=None), bench, tmp_path)


@pytest.mark.parametrize("description", [FIR, ROWS["bands"][0], ROWS["both"][0], {"core": "dual_clock_fifo", "depth": 4}])
def test_what_stands_beside_it_fits(description, tmp_path):
    core = renamed(description)
    manifest = generate(core, tmp_path / "dut")
    files = [*manifest.paths, tmp_path / "dut/simulation/dut_tb.vhd"]
    analyse(files, workdir=tmp_path)
    done = subprocess.run([find_ghdl().path, "--elab-run", "--std=93", "dut_tb"], cwd=tmp_path, capture_output=True, text=True)
    assert "dut: passed" in done.stdout + done.stderr, done.stdout + done.stderr
    assert has_test_bench(core) == core.on_one_clock
    if find_tclsh():
        assert run_tcl(tmp_path / "dut/dut.sdc", core.delivered_ports)
    assert "dut_hw.tcl" not in manifest.extras
    page = (tmp_path / "dut/dut.md").read_text()
    assert "Platform Designer of Quartus II 13.0 takes Avalon-ST" in page
    shown = re.findall(r"^\| `(\w+)` \| (?:in|out) \|", page, re.MULTILINE)
    assert shown == [port.name for port in core.delivered_ports]
    drawing = (tmp_path / "dut/dut_timing.svg").read_text()
    assert "axis_tvalid" in drawing
    assert "sink_" not in drawing
    pasted = (tmp_path / "dut/dut_inst.vhd").read_text()
    assert all(len(re.findall(rf"\b{port.name} +=> {port.name}\b", pasted)) == 1 for port in core.delivered_ports)


def test_the_hardware_inside_is_the_same():
    """But for the names of its entities."""
    plain, axi = (vhdl(make_core({"name": "dut", **FIR, **more})) for more in ({}, {"interface": "axi"}))
    inside = {name.replace("dut_streams", "dut"): text.replace("dut_streams", "dut") for name, text in list(axi.items())[:-1]}

    def code(text):
        return [line for line in text.splitlines() if not line.startswith("--")]

    assert {name: code(text) for name, text in inside.items()} == {name: code(text) for name, text in plain.items()}


REFUSED = {
    "no stream": ({"core": "i2s_receiver"}, 'interface = "axi": must be "avalon": dut is no stream from a sink to a source'),
    "a stage": (
        {"core": "chain", "interface": "avalon", "stages": [{**FIR, "interface": "axi"}]},
        r'stages\[0\].interface = "axi": stands at the top',
    ),
    "what is repeated": (
        {"core": "sequencer", "interface": "avalon", "calculation": {**FIR, "interface": "axi"}},
        'calculation.interface = "axi": stands at the top',
    ),
    "another word": ({**FIR, "interface": "axi4"}, 'interface = "axi4": must be one of avalon, axi'),
    "a port's name": ({**FIR, "name": "s_axis_tdata"}, "must be another than that of a port"),
    "a stage's name": ({"core": "chain", "stages": [{**FIR, "name": "dut"}]}, "must differ, in more than its case"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case):
    description, message = REFUSED[case]
    with pytest.raises(ParameterError, match=message):
        vhdl(make_core({"name": "dut", "interface": "axi", **description}))


def test_every_stream_core_takes_it():
    streams = [core for core in map(load_core, EXAMPLES) if core.is_stream]
    others = {
        "feedback_canceller", "i2c_master", "i2s_receiver", "i2s_transmitter", "mix", "nco",
        "pdm_microphone", "reset_synchronizer", "split", "wm8731_setup",
    }
    assert {core.kind for core in streams} | others >= set(core_kinds())
    for core in streams:
        other = core.replace(interface="axi")
        assert other.description["interface"] == "axi"
        assert "interface" not in core.description
        assert make_core(other.description) == other
        assert {pin.port.name for pin in other.pins} == {port.name for port in core.ports}
        assert len({port.name for port in other.delivered_ports}) == len(core.ports)
        assert dataclasses.asdict(other.on_avalon) == dataclasses.asdict(core)


def test_names_change_neither_cost_nor_board():
    core = load_core(next(path for path in EXAMPLES if path.stem == "lowpass"))
    other = core.replace(interface="axi")
    assert estimate(other, x=None).logic_elements == estimate(core, x=None).logic_elements
    paths = [SignalPath(one) for one in (other, core)]
    assert paths[0].connections(paths[0].core) == paths[1].connections(paths[1].core)
    assert paths[0].notes == paths[1].notes


def test_the_command_line_says_the_names(tmp_path, capsys):
    (tmp_path / "d.toml").write_text('core = "fir"\nname = "dut"\ninterface = "axi"\ncoefficients = [0.25, 0.5]\n')
    assert main(["show", str(tmp_path / "d.toml")]) == 0
    assert re.search(r"^s_axis_tdata +in +std_logic_vector\(15 downto 0\)$", capsys.readouterr().out, re.MULTILINE)
    assert main(["generate", str(tmp_path / "d.toml"), "--language", "verilog", "--output", str(tmp_path / "out")]) == 0
    head = re.search(r"^module dut\s*\((.*?)\);", (tmp_path / "out/dut.v").read_text(), re.MULTILINE | re.DOTALL)[1]
    assert re.findall(r"\w+axis_tdata\b", head) == ["s_axis_tdata", "m_axis_tdata"]
