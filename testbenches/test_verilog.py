"""The netlist in Verilog: the same bytes everywhere, what the VHDL says of it, and every reader takes it.

That it computes what the model does is tested in `test_companions.py`.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from ip_cores.description import descriptions_in, load_core
from ip_cores.generate import vhdl
from ossicle.commands.generate import verilog
from testbenches.engines.ghdl import find_ghdl
from testbenches.for_tests.small_examples import small_example

EXAMPLES = descriptions_in(Path(__file__).resolve().parent.parent / "examples")
CAPTURED = {"capture_output": True, "text": True, "check": False}

pytestmark = pytest.mark.skipif(not find_ghdl().synthesises, reason="synthesis needs GHDL 4 or newer (make setup)")


@pytest.fixture(scope="module", params=EXAMPLES, ids=lambda path: path.stem)
def netlist(request, tmp_path_factory):
    path = tmp_path_factory.mktemp("netlist") / f"{request.param.stem}.v"
    path.write_text(verilog(small_example(request.param)))
    return path


@pytest.mark.skipif(shutil.which("iverilog") is None, reason="no Icarus Verilog (apt-get install iverilog)")
@pytest.mark.parametrize("generation", ["2005", "2012"])
def test_icarus_takes_it(netlist, generation):
    done = subprocess.run(["iverilog", f"-g{generation}", "-Wall", "-Wno-timescale", "-o", os.devnull, netlist], **CAPTURED)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.mark.skipif(shutil.which("verilator") is None, reason="no Verilator (make setup)")
def test_verilator_takes_it(netlist):
    done = subprocess.run(["verilator", "--lint-only", netlist], **CAPTURED)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_same_bytes_whatever_the_folder(tmp_path, monkeypatch):
    """GHDL names the file of every statement, and the VHDL lies in a scratch folder."""
    core = load_core(EXAMPLES[0].with_name("lowpass.toml"))
    here = verilog(core)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert verilog(core) == here
    assert "/*" not in here
    assert ".vhd" not in here


def test_it_says_what_the_vhdl_says():
    core = load_core(EXAMPLES[0].with_name("lowpass.toml"))
    text = verilog(core)
    assert text.startswith("// lowpass: netlist")
    assert "//     coefficients = [0.1, 0.2, 0.4, 0.2, 0.1]" in text
    assert "   input  [15:0] sink_data,  // sfix16_En15\n" in text
    assert "   output [15:0] source_data);  // sfix16_En15\n" in text
    assert text.index("// lowpass_flow_control: Valid and ready") < text.index("module lowpass_flow_control")


def test_signals_keep_their_names():
    core = load_core(EXAMPLES[0].with_name("sequencer.toml"))
    text = verilog(core)
    modules = dict(re.findall(r"^module (\w+)\n(.*?)^endmodule", text, re.MULTILINE | re.DOTALL))
    for entity, body in vhdl(core).items():
        signals = set(re.findall(r"^ +signal (\w+): ", body, re.MULTILINE))
        assert {name for name in signals if re.search(rf"\b{name}\b", modules[entity])} == signals, entity
