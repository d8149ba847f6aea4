"""Finding tools, and a regression test for each measured fault of a tool that the engines have to live with."""

import os
import stat

import numpy as np
import pytest

from ossicle.command_line import main
from testbenches.engines import ghdl, native_build, yosys
from testbenches.engines.ghdl import Ghdl, find_ghdl, run_tool
from testbenches.engines.ghdl_engine import run_ghdl
from testbenches.engines.native_engine import run_native
from testbenches.errors import EngineMismatch, ToolError
from testbenches.for_tests.handwritten import register_stage
from testbenches.stimulus import Stimulus


def script(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine with nothing installed, on which fake versions of GHDL can be put."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.delenv("GHDL", raising=False)
    monkeypatch.setattr(ghdl, "PRIVATE_GHDL", tmp_path / "private" / "ghdl")
    # The answer of one test must not serve the next.
    ghdl._find.cache_clear()
    yield lambda place, version: script(tmp_path / place / "ghdl", f'echo "GHDL {version} [Dunoon edition]"')
    ghdl._find.cache_clear()


def test_no_ghdl_at_all(machine):
    with pytest.raises(ToolError, match="GHDL is missing: run `make setup`"):
        find_ghdl()


def test_an_old_one_simulates_but_is_refused_for_synthesis(machine):
    machine("bin", "2.0.0 (Debian 2.0.0+dfsg-6.2+b2)")
    assert find_ghdl().version == (2, 0, 0)
    with pytest.raises(ToolError, match=r"synthesis needs GHDL 4 or newer and .*bin/ghdl is 2\.0\.0: run `make setup`"):
        find_ghdl(synthesis=True)


def test_the_private_one_serves_where_the_system_has_an_old_one(machine):
    machine("bin", "2.0.0")
    private = machine("private", "5.0.1 (Debian 5.0.1+dfsg-1+b1)")
    assert find_ghdl(synthesis=True) == Ghdl(str(private), (5, 0, 1)) == find_ghdl()


def test_the_environment_comes_first(machine, monkeypatch, tmp_path):
    machine("bin", "4.1.0")
    wanted = machine("mine", "2.0.0")
    assert find_ghdl().version == (4, 1, 0)
    monkeypatch.setenv("GHDL", str(wanted))
    assert find_ghdl().version == (2, 0, 0)
    assert find_ghdl(synthesis=True).version == (4, 1, 0)
    monkeypatch.setenv("GHDL", str(tmp_path / "nowhere"))
    with pytest.raises(ToolError, match="no such program"):
        find_ghdl()


@pytest.mark.parametrize("line", ["6.0.0-dev (v5.0.1-12-gabc)", "4.1.0 (4.1.0.r0.g69bca8118)", "3.0"])
def test_version_lines(machine, line):
    assert ghdl.ghdl_version(str(machine("bin", line)))[0] == int(line[0])


def test_missing_compilers_say_how_to_get_them(machine):
    for name in ("verilator", "g++"):
        with pytest.raises(ToolError, match=rf"{name.replace('+', '.')} is missing: run `make setup`, or `apt-get install"):
            native_build.find_program(name)


def test_a_cache_that_cannot_be_made(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("OSSICLE_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(ToolError, match="set OSSICLE_CACHE to a folder that can be written"):
        native_build.cache_folder()


def test_a_tool_that_fails_is_quoted_in_one_line():
    with pytest.raises(ToolError, match=r"^sh: first; second$"):
        run_tool(["sh", "-c", "echo first >&2; echo; echo second >&2; exit 3"])
    with pytest.raises(ToolError, match="cannot be started"):
        run_tool([os.devnull + "/none"])


@pytest.fixture
def own_yosys(tmp_path, monkeypatch):
    """A Yosys that does what a test says."""
    yosys.yosys_build.cache_clear()
    monkeypatch.setattr(yosys, "find_yosys", lambda: str(tmp_path / "yosys"))
    yield lambda text: script(tmp_path / "yosys", text)
    yosys.yosys_build.cache_clear()


def test_the_first_start_of_yosys_is_waited_for_and_its_remarks_are_no_version(own_yosys, monkeypatch):
    own_yosys("echo Preparing to run yosys. This might take a while... >&2; echo; echo 'Yosys 0.70 (git sha1 28b, Release)'; echo done")
    assert yosys.yosys_version() == "Yosys 0.70 (git sha1 28b)"
    yosys.yosys_build.cache_clear()
    # A limit of a second is not reached by sleeping, however busy the machine is.
    monkeypatch.setattr(yosys, "FIRST_START_S", 1)
    own_yosys("sleep 1.5; echo Yosys 0.71")
    assert yosys.yosys_build() == "Yosys 0.71"


@pytest.mark.parametrize(
    ("text", "said"), [("while :; do :; done", "was not ready after 1 s of processor time"), ("echo no room >&2; exit 3", "yosys: no room")]
)
def test_a_yosys_that_never_says_its_version(own_yosys, monkeypatch, text, said, capsys):
    monkeypatch.setattr(yosys, "FIRST_START_S", 1)
    own_yosys(text)
    with pytest.raises(ToolError, match=said):
        yosys.yosys_build()
    assert main(["doctor"]) == 0
    assert said in capsys.readouterr().out


# What GHDL's synthesis gets wrong, on VHDL that its simulation gets right (shared pitfalls). Each is a source word from
# the sink word x; a new version may mend it, so the test takes a right netlist too: what counts is that a wrong one
# is never used.
WRONG_NETLISTS = {
    "signed times a negative integer beyond 32 bits": ("resize(x * (-111), 40)", 32, 40, ""),
    "signed times a negative sized constant beyond 32 bits": ("x * to_signed(-41, 18)", 16, 34, ""),
    "signed times a negative constant by name": ("x * K", 16, 34, "  constant K : signed(17 downto 0) := to_signed(-41, 18);"),
}


@pytest.mark.parametrize("fault", WRONG_NETLISTS)
def test_wrong_netlists_are_never_used(fault, tmp_path):
    expression, sink, source, declarations = WRONG_NETLISTS[fault]
    design = register_stage(tmp_path, expression, sink, source, declarations=declarations)
    stimulus = Stimulus({"data": np.array([1, -1, 1000, -1000, 32767, -32768])})
    truth = run_ghdl(design, stimulus).data
    try:
        words = run_native(design, stimulus).data.tolist()
    except EngineMismatch:
        return
    assert words == truth.tolist()


RIGHT_NETLISTS = {
    "signed times a negative constant in a signal": ("x * k", 16, 34, "  signal k : signed(17 downto 0) := to_signed(-41, 18);", -41, 0),
    "arithmetic shift of a negative": ("shift_right(x, 2)", 8, 8, "", 1, 2),
    "slice of a negative": ("resize(x(7 downto 2), 8)", 8, 8, "", 1, 2),
}


@pytest.mark.parametrize("shape", RIGHT_NETLISTS)
def test_shapes_that_synthesis_gets_right(shape, tmp_path):
    expression, sink, source, declarations, factor, shift = RIGHT_NETLISTS[shape]
    design = register_stage(tmp_path, expression, sink, source, declarations=declarations)
    x = np.array([1, -1, 100, -100, 127, -128])
    assert run_native(design, Stimulus({"data": x})).data.tolist() == ((x * factor) >> shift).tolist()


ROM = """\
  function rom(address : signed(2 downto 0)) return signed is
  begin
    case to_integer(unsigned(std_logic_vector(address))) is
      when 0 => return to_signed(11, 8);
      when 1 => return to_signed(-22, 8);
      when 2 => return to_signed(33, 8);
      when 3 => return to_signed(-44, 8);
      when 4 => return to_signed(55, 8);
      when 5 => return to_signed(-66, 8);
      when 6 => return to_signed(77, 8);
      when others => return to_signed(-88, 8);
    end case;
  end rom;"""


def test_the_last_word_of_a_rom_is_there(tmp_path):
    design = register_stage(tmp_path, "rom(x)", 3, 8, declarations=ROM)
    x = np.array([0, 1, 2, 3, -4, -3, -2, -1])
    for run in (run_ghdl, run_native):
        assert run(design, Stimulus({"data": x})).data.tolist() == [11, -22, 33, -44, 55, -66, 77, -88]
