"""Bad input: one clear line on standard error, exit status 2, and nothing left half-written."""

from __future__ import annotations

import os
import re
from pathlib import Path

import numpy as np
import pytest

import testbenches.engines.ghdl
from ip_cores.fir import Fir
from ossicle.command_line import main
from testbenches.for_tests.working_folder import LOWPASS, contents, wav

DESCRIPTIONS = {
    "unknown key": (LOWPASS + "roundin = 'floor'", ["roundin", "floor", "nearest: rounding"]),
    "wrong type": (LOWPASS + 'multipliers = "two"', ["multipliers", "two", "1 to 1024"]),
    "a number for a word": (LOWPASS + "form = 3", ["form", "3", "direct, transposed, serial"]),
    "a number for a switch": (LOWPASS + "fold = 1", ["fold", "1", "true or false"]),
    "format too long": (LOWPASS + 'sink = "sfix40_En15"', ["sink", "40", "2 to 32"]),
    "no format": (LOWPASS + 'source = "16 bits"', ["source", "16 bits", "sfix16_En15"]),
    "unknown rounding": (LOWPASS + 'rounding = "up"', ["rounding", "up", "floor, nearest, convergent, zero, ceil"]),
    "unknown overflow": (LOWPASS + 'overflow = "clip"', ["overflow", "clip", "wrap, saturate"]),
    "no coefficients": ('core = "fir"\ncoefficients = []', ["coefficients", "one or more numbers"]),
    "a coefficient that is no number": ('core = "fir"\ncoefficients = [0.5, nan]', ["coefficients", "nan", "finite"]),
    "an infinite coefficient": ('core = "fir"\ncoefficients = [inf]', ["coefficients", "inf", "finite"]),
    "words for coefficients": ('core = "fir"\ncoefficients = ["a"]', ["coefficients", "list of numbers"]),
    "overflow under wrap": (
        'core = "fir"\ncoefficients = [1.5]\noverflow = "wrap"',
        ["coefficients: 1 tap: coefficient 0 = 1.5: ", "sfix16_En15"],
    ),
    "too many taps": (f'core = "fir"\ncoefficients = {[0.0] * 1025}', ["coefficients", "1025", "1 to 1024"]),
    "more multipliers than taps": (LOWPASS + 'form = "serial"\nmultipliers = 6', ["multipliers", "6", "1 to 5"]),
    "no core": ("coefficients = [1.0]", ["core: missing; one of", "fir"]),
    "unknown core": ('core = "fri"', ["core", "fri", "must be one of", "fir"]),
    "core is no word": ("core = 3", ["core", "3", "must be one of"]),
    "key missing": ('core = "fir"', ["ossicle: coefficients: missing; list of taps"]),
    "name starts with a digit": (LOWPASS.replace("lowpass", "9lives"), ["name", "9lives", "VHDL identifier"]),
    "name is a reserved word": (LOWPASS.replace("lowpass", "entity"), ["name", "entity", "reserved word"]),
    "name with two underscores": (LOWPASS.replace("lowpass", "a__b"), ["name", "a__b", "single underscores"]),
    "name is not ASCII": (LOWPASS.replace("lowpass", "tief­paß"), ["name", "VHDL identifier"]),
    "unknown design": ('core = "fir"\n[coefficients]\nmethod = "magic"', ['coefficients = {method = "magic"}: ', "firwin"]),
    "design without a method": ('core = "fir"\n[coefficients]\nnumtaps = 4', ["coefficients", "method"]),
    "unknown argument of a design": ('core = "fir"\n[coefficients]\nmethod = "firwin"\nnumtap = 4', ["numtap", "numtaps"]),
    "impossible design": ('core = "fir"\n[coefficients]\nmethod = "firwin"\nnumtaps = 4\ncutoff = 3.0', ["coefficients", "cutoff", "3.0"]),
    "file that is not there": ('core = "fir"\ncoefficients = "taps.csv"', ["taps.csv", "No such file"]),
    "file that holds words": ('core = "fir"\ncoefficients = "words.csv"', ["words.csv, line 1, cell 1", "is no number"]),
    "file of another kind": ('core = "fir"\ncoefficients = "taps.xlsx"', ["taps.xlsx", ".csv, .txt, .npy"]),
    "no TOML": ("core = \nname = 3", ["is no TOML", "line 1"]),
}


def refused(argv, capfd, needles, folder):
    """Run a command that must refuse: one line, nothing written. Returns the line."""
    before = contents(folder)
    status = main(argv)
    captured = capfd.readouterr()
    assert status == 2, captured.err
    assert captured.out == ""
    lines = captured.err.splitlines()
    assert len(lines) == 1, captured.err
    assert lines[0].startswith("ossicle: ")
    assert "internal error" not in lines[0]
    for needle in needles:
        assert needle in lines[0], lines[0]
    assert contents(folder) == before
    return lines[0]


@pytest.mark.parametrize("case", DESCRIPTIONS, ids=lambda name: name.replace(" ", "_"))
def test_bad_description_is_refused_in_one_line(case, folder, capfd):
    text, needles = DESCRIPTIONS[case]
    (folder / "bad.toml").write_text(text)
    (folder / "words.csv").write_text("a, b")
    refused(["generate", "bad.toml", "--output", "out"], capfd, ["bad.toml", *needles], folder)
    refused(["verify", "bad.toml"], capfd, ["bad.toml", *needles], folder)
    refused(["show", "bad.toml"], capfd, ["bad.toml", *needles], folder)


SEGMENTS = """
core = "sequencer"
name = "segments"
real_time = false
segment_length = 64
[calculation]
core = "fir"
coefficients = [0.5]
"""


ARGUMENTS = {
    "no command": ([], ["COMMAND"]),
    "unknown command": (["fly"], ["fly", "generate"]),
    "description that is not there": (["generate", "none.toml"], ["none.toml", "No such file"]),
    "description that is a folder": (["generate", "sub.toml"], ["sub.toml", "is a folder"]),
    "description that is no text": (["generate", "binary.toml"], ["binary.toml", "is no TOML"]),
    "folder to show": (["show", f".{os.sep}other"], ["other", "is a folder: must be a description file"]),
    "unknown core to show": (["show", "fri"], ["fri", "fir"]),
    "unknown engine": (["verify", "lowpass.toml", "--engine", "spice"], ["spice", "myhdl"]),
    "unknown signal": (["verify", "lowpass.toml", "--input", "musik"], ["musik", "noise", "impulse", "sine", ".wav"]),
    "two clocks": (["verify", "two_clocks.toml"], ["no stream in and out on one clock", "testbenches/test_dual_clock_fifo.py"]),
    "no stream": (["process", "no_stream.toml", "good.wav", "out.wav"], ["reset_synchronizer", "sink_valid", "stream"]),
    "no samples": (["verify", "lowpass.toml", "--samples", "0"], ["--samples", "0", "1 or more"]),
    "samples that are no number": (["verify", "lowpass.toml", "--samples", "many"], ["--samples", "many"]),
    "negative seed": (["verify", "lowpass.toml", "--seed", "-1"], ["--seed", "-1", "0 or more"]),
    "WAV that is not there": (["verify", "lowpass.toml", "--input", "none.wav"], ["none.wav", "no such file"]),
    "WAV that is none": (["verify", "lowpass.toml", "--input", "noise.wav"], ["noise.wav", "WAV"]),
    "WAV that is cut off": (["verify", "lowpass.toml", "--input", "short.wav"], ["short.wav", "WAV"]),
    "WAV without samples": (["process", "lowpass.toml", "empty.wav", "out.wav"], ["empty.wav", "no samples"]),
    "stereo": (["process", "lowpass.toml", "stereo.wav", "out.wav"], ["stereo.wav", "2 channels", "sox"]),
    "CSV with words": (["verify", "lowpass.toml", "--input", "words.csv"], ["words.csv", "line 2", "two"]),
    "CSV with nan": (["verify", "lowpass.toml", "--input", "nan.csv"], ["nan.csv", "line 1, cell 2", "not finite"]),
    "no sample rate": (["process", "lowpass.toml", "good.wav", "out.wav", "--rate", "0"], ["--rate", "0", "1 to 1000000"]),
    "the input as output": (["process", "lowpass.toml", "good.wav", "good.wav"], ["good.wav", "is the input"]),
    "the input behind a link": (["process", "lowpass.toml", "good.wav", "link.wav"], ["link.wav", "is the input"]),
    "too few samples": (["process", "segments.toml", "three.wav", "out.wav"], ["three.wav", "3 samples", "segments", "after 64"]),
    "more bits than FLAC has": (["process", "wide.toml", "good.wav", "out.flac"], ["out.flac", "24 bits", "32"]),
    "WAV without data": (["process", "lowpass.toml", "no_data.wav", "out.wav"], ["no_data.wav", "has no chunk 'data'"]),
    "output of another kind": (["process", "lowpass.toml", "good.wav", "out.mp3"], ["out.mp3", ".wav"]),
    "output in no folder": (["process", "lowpass.toml", "good.wav", "none/out.wav"], ["none/out.wav", "no folder"]),
    "output is a folder": (["process", "lowpass.toml", "good.wav", "sub.wav"], ["sub.wav"]),
    "folder under a file": (["generate", "lowpass.toml", "--output", "words.csv/out"], ["words.csv", "is a file where a folder is needed"]),
    "folder is a file": (["generate", "lowpass.toml", "--output", "words.csv"], ["words.csv", "is a file"]),
    "folder of somebody else": (["generate", "lowpass.toml", "--output", "other"], ["other", "not written here"]),
    "demo into a folder of somebody else": (["demo", "--output", "other"], ["other", "not written here"]),
    "demo into a file": (["demo", "--output", "words.csv"], ["words.csv", "is a file"]),
}


@pytest.mark.parametrize("case", ARGUMENTS, ids=lambda name: name.replace(" ", "_"))
def test_bad_argument_is_refused_in_one_line(case, folder, capfd):
    for name in ("sub.toml", "sub.wav", "other"):
        (folder / name).mkdir()
    (folder / "other" / "thesis.tex").write_text("years of work")
    (folder / "binary.toml").write_bytes(b"\xff\xfe\x00")
    (folder / "noise.wav").write_bytes(bytes(range(256)))
    (folder / "two_clocks.toml").write_text('core = "dual_clock_fifo"')
    (folder / "no_stream.toml").write_text('core = "reset_synchronizer"')
    (folder / "words.csv").write_text("0.1\ntwo")
    (folder / "nan.csv").write_text("0.1, nan")
    wav(folder / "good.wav", np.zeros(16, np.int16))
    wav(folder / "three.wav", np.zeros(3, np.int16))
    (folder / "link.wav").symlink_to("good.wav")
    (folder / "no_data.wav").write_bytes((folder / "good.wav").read_bytes()[:36])
    (folder / "segments.toml").write_text(SEGMENTS)
    (folder / "wide.toml").write_text(LOWPASS + 'sink = "sfix32_En31"\nsource = "sfix32_En31"')
    wav(folder / "empty.wav", np.zeros(0, np.int16))
    wav(folder / "stereo.wav", np.zeros((16, 2), np.int16))
    (folder / "short.wav").write_bytes((folder / "good.wav").read_bytes()[:20])
    arguments, needles = ARGUMENTS[case]
    refused(arguments, capfd, needles, folder)


@pytest.mark.parametrize(("tool", "engine"), [("GHDL", "ghdl"), ("verilator", "native")])
def test_missing_tool_is_named_with_what_to_do(tool, engine, folder, capfd, monkeypatch):
    ghdl = testbenches.engines.ghdl.find_ghdl(synthesis=True).path
    (folder / "empty").mkdir()
    monkeypatch.setenv("PATH", str(folder / "empty"))
    if tool == "GHDL":
        monkeypatch.delenv("GHDL", raising=False)
        monkeypatch.setattr(testbenches.engines.ghdl, "PRIVATE_GHDL", folder / "none")
    else:
        # A GHDL that needs nothing from PATH beside what its wrapper calls.
        monkeypatch.setenv("GHDL", ghdl)
        monkeypatch.setattr("testbenches.engines.native_build.toolchain", lambda: ("a compiler that was never seen",))
    refused(["verify", "lowpass.toml", "--engine", engine, "--samples", "50"], capfd, [tool, "missing", "make setup"], folder)


LOOPS = {
    "the output of process": ["process", "lowpass.toml", "loop.wav", "loop.csv"],
    "the input of process": ["process", "lowpass.toml", "loop.wav", "out.wav"],
    "the folder of process": ["process", "lowpass.toml", "loop.wav", "loop/out.wav"],
    "a description": ["show", "loop.toml"],
    "an input of verify": ["verify", "lowpass.toml", "--input", "loop.wav"],
    "a folder to generate": ["generate", "lowpass.toml", "--output", "loop"],
    "the folder of a folder": ["generate", "lowpass.toml", "--output", "loop/out"],
    "a folder for an estimate": ["estimate", "--effort", "quick", "lowpass.toml", "--output", "loop"],
    "a folder for a comparison": ["compare", "--effort", "quick", "lowpass.toml", "--output", "loop"],
    "a folder for a project": ["project", "de2-70", "lowpass.toml", "--output", "loop"],
    "a folder to explore in": ["explore", "lowpass.toml", "--vary", "source.word_length=12:16:4", "--output", "loop"],
    "a file of coefficients": ["show", "loops.toml"],
    "a file of VHDL": ["estimate", "--hdl", "loop.vhd", "--top", "loop"],
}


@pytest.mark.parametrize("case", LOOPS, ids=lambda name: name.replace(" ", "_"))
def test_a_symbolic_link_that_leads_to_itself_is_refused(case, folder, capfd):
    """Named as the user named it, never as a scratch file."""
    for name in ("loop", "loop.wav", "loop.csv", "loop.toml", "loop.vhd"):
        (folder / name).symlink_to(name)
    (folder / "loops.toml").write_text('core = "fir"\ncoefficients = "loop.csv"\n')
    line = refused(LOOPS[case], capfd, ["loop"], folder)
    assert ".loop" not in line


def test_the_output_of_process_may_not_lead_to_itself(folder, capfd):
    (folder / "loop.wav").symlink_to("loop.wav")
    wav(folder / "in.wav", np.zeros(9))
    refused(["process", "lowpass.toml", "in.wav", "loop.wav"], capfd, ["loop.wav: cannot be written: Too many levels"], folder)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_folder_without_permission(folder, capfd):
    (folder / "locked").mkdir(mode=0o555)
    refused(["generate", "lowpass.toml", "--output", "locked/out"], capfd, ["locked", "Permission denied"], folder)


def test_a_full_disk_leaves_what_was_there(folder, capfd, monkeypatch):
    assert main(["generate", "lowpass.toml", "--output", "out"]) == 0
    capfd.readouterr()
    before, write_text = contents(folder), Path.write_text

    def full(path, text, *rest, **others):
        if path.name == "manifest.json":
            raise OSError(28, "No space left on device", str(path))
        return write_text(path, text, *rest, **others)

    monkeypatch.setattr(Path, "write_text", full)
    assert main(["generate", "lowpass.toml", "--output", "out"]) == 2
    assert "No space left on device" in capfd.readouterr().err
    assert contents(folder) == before


def test_a_fault_of_the_program_is_no_bad_input(folder, capfd, monkeypatch):
    def broken(self):
        raise KeyError("oops")

    monkeypatch.setattr(Fir, "latency", property(broken))
    assert main(["show", "lowpass.toml"]) == 70
    assert re.fullmatch(r"ossicle: internal error, KeyError: 'oops' .*\n", capfd.readouterr().err)
