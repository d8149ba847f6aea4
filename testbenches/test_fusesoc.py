"""FuseSoC: what `generate` writes for it, and the generator that makes VHDL of a description in somebody's core file."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ip_cores.core import make_core
from ip_cores.generate import generate
from ossicle.fusesoc.described_core_vhdl import main
from testbenches.engines.ghdl import find_ghdl
from testbenches.for_tests.deliveries import EXAMPLES, example
from testbenches.for_tests.tcl import find_tclsh, run_tcl

ROOT = Path(__file__).resolve().parent.parent
GENERATOR = ROOT / "ossicle" / "fusesoc"

with_fusesoc = pytest.mark.skipif(importlib.util.find_spec("fusesoc") is None, reason="no fusesoc (pip install ossicle[fusesoc])")

FIR = {"core": "fir", "name": "low", "coefficients": [0.25, 0.5, 0.25]}
CASES = {
    "a stream": FIR,
    "AXI4-Stream": {**FIR, "interface": "axi", "sink": "sfix12_En11"},
    "pins": {"core": "i2c_master", "name": "low", "quarter": 4},
    "two clocks": {"core": "dual_clock_fifo", "name": "low", "depth": 4},
}


def fusesoc(folder, *arguments):
    """Run FuseSoC in a folder, with this GHDL in the path and this library for Python."""
    (folder / "empty.conf").touch()
    path = os.pathsep.join([str(Path(find_ghdl().path).absolute().parent), str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(folder / "cache")}
    command = [sys.executable, "-c", "from fusesoc.main import main; main()", "--config", "empty.conf", *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_files_are_in_compile_order(path):
    core, manifest = example(path)
    text = (manifest.folder / f"{core.name}.core").read_text()
    rtl = re.search(r"  rtl:\n    files:\n(.*?)    file_type: vhdlSource-93", text, re.DOTALL)[1]
    assert re.findall(r"- (\S+)", rtl) == list(manifest.files)
    named = re.findall(r"      - (\S+)", text)
    assert all((manifest.folder / file).exists() for file in named)
    assert text.startswith("CAPI=2:\n")


@with_fusesoc
@pytest.mark.parametrize("case", CASES)
def test_the_bench_passes_in_a_flow_of_fusesoc(case, tmp_path):
    generate(make_core(CASES[case]), tmp_path / "low")
    returned, printed = fusesoc(tmp_path, "--cores-root", "low", "run", "--target", "sim", "ossicle:generated:low")
    assert returned == 0, printed
    assert "low: passed" in printed


@with_fusesoc
def test_a_wrong_word_fails_the_flow(tmp_path):
    generate(make_core(FIR), tmp_path / "low")
    bench = tmp_path / "low/simulation/low_tb.vhd"
    wrong = re.sub(r'(constant EXPECTED.*?=> ")(.)', lambda m: m[1] + "10"[int(m[2])], bench.read_text(), count=1, flags=re.DOTALL)
    bench.write_text(wrong)
    returned, printed = fusesoc(tmp_path, "--cores-root", "low", "run", "--target", "sim", "ossicle:generated:low")
    assert returned != 0
    assert "source word 0 differs" in printed


@with_fusesoc
def test_lint(tmp_path):
    manifest = generate(make_core(FIR), tmp_path / "low")
    returned, printed = fusesoc(tmp_path, "--cores-root", "low", "run", "--target", "lint", "ossicle:generated:low")
    assert returned == 0, printed
    whole = manifest.paths[-1].read_text()
    manifest.paths[-1].write_text(whole.replace("of low is\n", "of low is\n    function idle return bit;\n", 1))
    returned, _ = fusesoc(tmp_path, "--cores-root", "low", "run", "--target", "lint", "ossicle:generated:low")
    assert returned != 0


@with_fusesoc
@pytest.mark.skipif(find_tclsh() is None, reason="no Tcl interpreter (apt-get install tcl)")
@pytest.mark.parametrize(("case", "export"), [*((case, []) for case in CASES), ("a stream", ["--no-export"])])
def test_a_project_of_quartus(case, export, tmp_path):
    """Set up, which takes no Quartus; its script under a Tcl interpreter: known assignments, files that are there, in compile order."""
    core = make_core(CASES[case])
    manifest = generate(core, tmp_path / "low")
    options = ["--setup", *export, "--target", "quartus"]
    returned, printed = fusesoc(tmp_path, "--cores-root", "low", "run", *options, "ossicle:generated:low")
    assert returned == 0, printed
    (script,) = tmp_path.glob("build/*/quartus-quartus/*.tcl")
    calls = "\n".join(run_tcl(script, core.ports))
    stated = dict(re.findall(r"^set_global_assignment (FAMILY|DEVICE|TOP_LEVEL_ENTITY|SDC_FILE) \{?(.*?)\}?$", calls, re.MULTILINE))
    assert stated["FAMILY"] == "Cyclone II"
    assert stated["DEVICE"] == "EP2C70F896C6"
    assert stated["TOP_LEVEL_ENTITY"] == "low"
    assert Path(stated["SDC_FILE"]).name == "low.sdc"
    assert re.findall(r"^set_global_assignment VHDL_FILE \S*?(\w+\.vhd)$", calls, re.MULTILINE) == list(manifest.files)


SOMEBODY = """\
CAPI=2:
name: somebody::wrapper:1.0
filesets:
  rtl:
    files: [wrapper.vhd]
    file_type: vhdlSource-93
    depend: ["ossicle:generators:ossicle"]
generate:
  filter:
    generator: ossicle
    parameters:
      description: {description}
      changes: {{name: speech_filter}}
targets:
  default:
    filesets: [rtl]
    generate: [filter]
    toplevel: wrapper
    flow: sim
    flow_options: {{tool: ghdl, sim_options: ["--ieee-asserts=disable"]}}
"""

WRAPPER = """\
library ieee;
use ieee.std_logic_1164.all;
entity wrapper is
end entity wrapper;
architecture bench of wrapper is
    signal clk, reset, valid, given: std_logic := '0';
    signal sink, source: std_logic_vector(15 downto 0) := x"4000";
begin
    filter: entity work.speech_filter port map (clk, reset, valid, open, sink, given, '1', source);
    process
    begin
        for clock in 0 to 9 loop
            reset <= '0';
            valid <= '1';
            if clock < 2 then
                reset <= '1';
                valid <= '0';
            end if;
            wait for 1 ns;
            clk <= '1';
            wait for 1 ns;
            clk <= '0';
        end loop;
        assert given = '1' and source = x"2000" severity failure;
        report "half of it came out";
        wait;
    end process;
end architecture bench;
"""
"""A constant 0.5 through taps that add up to 0.5 is 0.25 in the end: 2000 in sfix16_En15."""

DESCRIBED = {
    "a file": ("filter.toml", 'core = "fir"\ncoefficients = "taps.csv"\n'),
    "a table": ("{core: fir, coefficients: taps.csv}", ""),
}


@with_fusesoc
@pytest.mark.parametrize("way", DESCRIBED)
def test_a_description_in_somebodys_core(way, tmp_path):
    description, file = DESCRIBED[way]
    folder = tmp_path / "design"
    folder.mkdir()
    (folder / "wrapper.core").write_text(SOMEBODY.format(description=description))
    (folder / "wrapper.vhd").write_text(WRAPPER)
    (folder / "filter.toml").write_text(file)
    (folder / "taps.csv").write_text("0.125,0.25,0.125\n")
    roots = ("--cores-root", "design", "--cores-root", str(GENERATOR))
    returned, printed = fusesoc(tmp_path, *roots, "run", "somebody::wrapper")
    assert returned == 0, printed
    assert "half of it came out" in printed
    (folder / "taps.csv").write_text("0.125,0.25,0.25\n")
    returned, printed = fusesoc(tmp_path, *roots, "run", "--clean", "somebody::wrapper")
    assert returned != 0, "other taps must be read anew"


REQUESTS = {
    "a key that is none": ("description: {core: fir, coefficients: [1.0], taps: 3}", "taps = 3: unknown key"),
    "no file": ("description: nothing.toml", "nothing.toml: cannot be read: No such file"),
    "nothing": ("changes: {}", "description must be the name of a TOML file"),
    "another parameter": ("description: {core: fifo}\n  depth: 4", "unknown parameter depth: description and changes are known"),
}


@pytest.mark.parametrize("case", REQUESTS)
def test_bad_requests_are_answered_in_a_line(case, tmp_path, capsys, monkeypatch):
    pytest.importorskip("yaml")
    parameters, message = REQUESTS[case]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "request.yml").write_text(f"files_root: {tmp_path}\ngapi: '1.0'\nvlnv: a:b:c:1.0\nparameters:\n  {parameters}\n")
    assert main([str(tmp_path / "request.yml")]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert len(error.splitlines()) == 1


def test_the_folder_of_the_generator_is_said(capsys):
    done = subprocess.run([sys.executable, "-m", "ossicle.fusesoc"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert Path(done.stdout.strip()) == GENERATOR
    assert (GENERATOR / "ossicle_gen.core").read_text().startswith("CAPI=2:\n")
