"""The command line: what it prints, its exit statuses, and one clear line for every kind of bad input."""

from __future__ import annotations

import json
import os
import pty
import re
import resource
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import scipy.io.wavfile

import ip_cores.generate
import testbenches.ghdl
from fixed_point import quantize
from ip_cores.core import core_kinds, make_core
from ip_cores.fir import Fir
from ossicle.command_line import main
from testbenches import verify as verify_module

ROOT = Path(__file__).resolve().parent.parent
LOWPASS = 'core = "fir"\nname = "lowpass"\ncoefficients = [0.1, 0.2, 0.4, 0.2, 0.1]\n'


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty working folder with one good description."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lowpass.toml").write_text(LOWPASS)
    return tmp_path


def contents(folder):
    """Everything under a folder, with the text of its files."""
    return {str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None for path in sorted(folder.rglob("*"))}


def wav(path, samples, rate=16000):
    scipy.io.wavfile.write(path, rate, samples)


# ---------------------------------------------------------------------------------------------- bad input

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
    "overflow under wrap": ('core = "fir"\ncoefficients = [1.5]\noverflow = "wrap"', ["coefficients", "1.5", "sfix16_En15"]),
    "too many taps": (f'core = "fir"\ncoefficients = {[0.0] * 1025}', ["coefficients", "1025", "1 to 1024"]),
    "more multipliers than taps": (LOWPASS + 'form = "serial"\nmultipliers = 6', ["multipliers", "6", "1 to 5"]),
    "no core": ("coefficients = [1.0]", ["core", "must be one of", "fir"]),
    "unknown core": ('core = "fri"', ["core", "fri", "must be one of", "fir"]),
    "core is no word": ("core = 3", ["core", "3", "must be one of"]),
    "key missing": ('core = "fir"', ["coefficients", "missing"]),
    "name starts with a digit": (LOWPASS.replace("lowpass", "9lives"), ["name", "9lives", "VHDL identifier"]),
    "name is a reserved word": (LOWPASS.replace("lowpass", "entity"), ["name", "entity", "reserved word"]),
    "name with two underscores": (LOWPASS.replace("lowpass", "a__b"), ["name", "a__b", "single underscores"]),
    "name is not ASCII": (LOWPASS.replace("lowpass", "tief­paß"), ["name", "VHDL identifier"]),
    "unknown design": ('core = "fir"\n[coefficients]\nmethod = "magic"', ["coefficients", "magic", "firwin"]),
    "design without a method": ('core = "fir"\n[coefficients]\nnumtaps = 4', ["coefficients", "method"]),
    "unknown argument of a design": ('core = "fir"\n[coefficients]\nmethod = "firwin"\nnumtap = 4', ["numtap", "numtaps"]),
    "impossible design": ('core = "fir"\n[coefficients]\nmethod = "firwin"\nnumtaps = 4\ncutoff = 3.0', ["coefficients", "cutoff", "3.0"]),
    "file that is not there": ('core = "fir"\ncoefficients = "taps.csv"', ["taps.csv", "No such file"]),
    "file that holds words": ('core = "fir"\ncoefficients = "words.csv"', ["words.csv", "must hold numbers"]),
    "file of another kind": ('core = "fir"\ncoefficients = "taps.xlsx"', ["taps.xlsx", ".csv or .npy"]),
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


ARGUMENTS = {
    "no command": ([], ["COMMAND"]),
    "unknown command": (["fly"], ["fly", "generate"]),
    "description that is not there": (["generate", "none.toml"], ["none.toml", "No such file"]),
    "description that is a folder": (["generate", "sub.toml"], ["sub.toml", "directory"]),
    "description that is no text": (["generate", "binary.toml"], ["binary.toml", "is no TOML"]),
    "unknown core to show": (["show", "fri"], ["fri", "fir"]),
    "unknown engine": (["verify", "lowpass.toml", "--engine", "spice"], ["spice", "myhdl"]),
    "unknown signal": (["verify", "lowpass.toml", "--input", "musik"], ["musik", "noise", "impulse", "sine", ".wav"]),
    "two clocks": (["verify", "two_clocks.toml"], ["dual_clock_fifo", "clk", "one clock"]),
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
    "CSV with nan": (["verify", "lowpass.toml", "--input", "nan.csv"], ["nan.csv", "sample 1", "not finite"]),
    "no sample rate": (["process", "lowpass.toml", "good.wav", "out.wav", "--rate", "0"], ["--rate", "0", "1 to 1000000"]),
    "output of another kind": (["process", "lowpass.toml", "good.wav", "out.mp3"], ["out.mp3", ".wav"]),
    "output in no folder": (["process", "lowpass.toml", "good.wav", "none/out.wav"], ["none/out.wav", "no folder"]),
    "output is a folder": (["process", "lowpass.toml", "good.wav", "sub.wav"], ["sub.wav"]),
    "folder under a file": (["generate", "lowpass.toml", "--output", "words.csv/out"], ["words.csv", "is a file where a folder is needed"]),
    "folder is a file": (["generate", "lowpass.toml", "--output", "words.csv"], ["words.csv", "is a file"]),
    "folder of somebody else": (["generate", "lowpass.toml", "--output", "other"], ["other", "not generated here"]),
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
    wav(folder / "empty.wav", np.zeros(0, np.int16))
    wav(folder / "stereo.wav", np.zeros((16, 2), np.int16))
    (folder / "short.wav").write_bytes((folder / "good.wav").read_bytes()[:20])
    arguments, needles = ARGUMENTS[case]
    refused(arguments, capfd, needles, folder)


@pytest.mark.parametrize(("tool", "engine"), [("GHDL", "ghdl"), ("verilator", "native")])
def test_missing_tool_is_named_with_what_to_do(tool, engine, folder, capfd, monkeypatch):
    ghdl = testbenches.ghdl.find_ghdl(synthesis=True).path
    (folder / "empty").mkdir()
    monkeypatch.setenv("PATH", str(folder / "empty"))
    if tool == "GHDL":
        monkeypatch.delenv("GHDL", raising=False)
        monkeypatch.setattr(testbenches.ghdl, "PRIVATE_GHDL", folder / "none")
    else:
        # A GHDL that needs nothing from PATH beside what its wrapper calls.
        monkeypatch.setenv("GHDL", ghdl)
        monkeypatch.setattr("testbenches.native_build.toolchain", lambda: ("a compiler that was never seen",))
    refused(["verify", "lowpass.toml", "--engine", engine, "--samples", "50"], capfd, [tool, "missing", "make setup"], folder)


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


# ---------------------------------------------------------------------------------------------- what works


def test_list_names_every_core(capfd):
    assert main(["list"]) == 0
    # A long summary goes on below, indented.
    rows = [row for row in capfd.readouterr().out.split("\n\n")[0].splitlines() if not row.startswith(" ")]
    assert [row.split()[0] for row in rows] == list(core_kinds())
    assert main(["list", "--json"]) == 0
    assert json.loads(capfd.readouterr().out)["fir"] == Fir.summary


def test_show_gives_type_default_and_allowed_values(capfd):
    assert main(["show", "fir", "--json"]) == 0
    rows = {row["name"]: row for row in json.loads(capfd.readouterr().out)["parameters"]}
    form = rows["form"]
    assert (form["type"], form["default"], form["allowed"]) == ("str", "transposed", "one of direct, transposed, serial")
    assert rows["coefficients"]["required"]
    assert rows["multipliers"]["allowed"] == "1 to 1024"
    assert main(["show", "fir"]) == 0
    printed = capfd.readouterr().out
    for name in rows:
        assert re.search(rf"^{name}\s", printed, re.MULTILINE)


@pytest.mark.parametrize("kind", sorted(core_kinds()))
def test_every_core_can_be_shown(kind, capfd):
    assert main(["show", kind]) == 0
    assert main(["show", kind, "--json"]) == 0
    assert "see the datasheet" not in capfd.readouterr().out


@pytest.mark.parametrize("path", sorted((ROOT / "examples").glob("*.toml")), ids=lambda path: path.stem)
def test_every_example_can_be_shown(path, capfd):
    assert main(["show", str(path), "--json"]) == 0
    facts = json.loads(capfd.readouterr().out)
    assert facts["latency"] >= 0
    assert {port["direction"] for port in facts["ports"]} == {"in", "out"}
    assert main(["show", str(path)]) == 0
    assert facts["entity"] in capfd.readouterr().out


def test_generate_lists_what_it_wrote_and_writes_the_same_again(folder, capfd):
    assert main(["generate", "lowpass.toml"]) == 0
    printed = capfd.readouterr().out.splitlines()
    assert {*printed} == {str(path.relative_to(folder)) for path in (folder / "build" / "lowpass").rglob("*") if path.is_file()}
    first = contents(folder / "build")
    assert main(["generate", "lowpass.toml", "--json"]) == 0
    manifest = json.loads(capfd.readouterr().out)
    assert manifest["entity"] == "lowpass"
    assert contents(folder / "build") == first


def test_generating_again_keeps_what_somebody_put_there(folder, capfd):
    assert main(["generate", "lowpass.toml", "--output", "out"]) == 0
    (folder / "out" / "notes").mkdir()
    (folder / "out" / "notes" / "mine.txt").write_text("measured on the board")
    (folder / "lowpass.toml").write_text(LOWPASS.replace('"lowpass"', '"other"'))
    assert main(["generate", "lowpass.toml", "--output", "out"]) == 0
    assert (folder / "out" / "notes" / "mine.txt").read_text() == "measured on the board"
    assert (folder / "out" / "other.vhd").exists()
    assert not (folder / "out" / "lowpass.vhd").exists()


def test_verify_proves_a_core_on_every_engine(folder, capfd):
    assert main(["verify", "lowpass.toml", "--samples", "300", "--seed", "3", "--json"]) == 0
    captured = capfd.readouterr()
    outcome = json.loads(captured.out)
    assert captured.err == ""
    assert outcome["passed"]
    assert outcome["seed"] == 3
    assert [engine["engine"] for engine in outcome["engines"]] == ["myhdl", "ghdl", "native"]
    for engine in outcome["engines"]:
        # The reset in mid-stream swallows a few words, no more.
        assert 280 <= engine["words_compared"] <= 300
        assert engine["words_different"] == 0
    assert main(["verify", "lowpass.toml", "--samples", "300", "--engine", "myhdl"]) == 0
    printed = capfd.readouterr().out
    assert "model == myhdl" in printed
    assert "0 different" in printed
    assert printed.endswith("proven\n")


def test_verify_takes_numbers_from_a_file(folder, capfd):
    (folder / "x.csv").write_text("\n".join(map(str, np.linspace(-1, 0.9, 64))))
    assert main(["verify", "lowpass.toml", "--input", "x.csv", "--engine", "myhdl", "--json"]) == 0
    assert json.loads(capfd.readouterr().out)["samples"] == 64


def wrong_from(index):
    """A model that is one too large from a word on."""
    right = Fir.model

    def model(self, x):
        words = right(self, x)
        return words + (np.arange(len(words)) >= index)

    return model


def test_a_mismatch_says_where_and_how_to_replay_it(folder, capfd, monkeypatch):
    truth = make_core({"core": "fir", "name": "lowpass", "coefficients": [0.1, 0.2, 0.4, 0.2, 0.1]})
    monkeypatch.setattr(Fir, "model", wrong_from(5))
    assert main(["verify", "lowpass.toml", "--input", "sine", "--engine", "myhdl", "--samples", "60", "--seed", "2"]) == 1
    captured = capfd.readouterr()
    assert captured.out.endswith("not proven\n")
    found = re.fullmatch(
        r"ossicle: myhdl: \d+ of \d+ words differ, first data 5: model (-?\d+), hardware (-?\d+) in cycle \d+; replay: ossicle (.+)\n",
        captured.err.splitlines(keepends=True)[0],
    )
    assert found, captured.err
    assert int(found[1]) == int(found[2]) + 1
    assert int(found[2]) == _output(truth, 60)[5]
    assert main(shlex.split(found[3])) == 1
    assert capfd.readouterr().err == captured.err


def _output(core, samples):
    """Output words for the sine of the signal table, from numpy's convolution and exact rounding."""
    x = quantize(10 ** (-0.5 / 20) * np.sin(2 * np.pi / 16 * np.arange(samples)), "sfix16_En15").astype(object)
    total = np.convolve(x, np.array([round(tap * 2**15) for tap in core.coefficients], dtype=object))[:samples]
    return [min(max((int(value) + 2**14) >> 15, -(2**15)), 2**15 - 1) for value in total]


def test_a_wrong_line_of_vhdl_is_found(folder, capfd, monkeypatch):
    written = ip_cores.generate.vhdl

    def spoiled(core):
        texts = written(core)
        # 0.4 is 13107 / 2**15.
        assert any("13107" in text for text in texts.values())
        return {entity: text.replace("13107", "13108") for entity, text in texts.items()}

    monkeypatch.setattr(ip_cores.generate, "vhdl", spoiled)
    arguments = ["verify", "lowpass.toml", "--samples", "100", "--json", "--engine"]
    for engine, status in (("myhdl", 0), ("ghdl", 1), ("native", 1)):
        assert main([*arguments, engine]) == status
        outcome = json.loads(capfd.readouterr().out)
        assert outcome["passed"] == (status == 0)
        assert (outcome["engines"][0]["words_different"] > 0) == (status == 1)


@pytest.mark.parametrize("engine", ["reference", "model", "native"])
def test_process_filters_a_wav(engine, folder, capfd):
    rng = np.random.default_rng(0)
    x = rng.integers(-20000, 20000, 500).astype(np.int16)
    wav(folder / "in.wav", x)
    assert main(["process", "lowpass.toml", "in.wav", "out.wav", "--engine", engine, "--json"]) == 0
    assert json.loads(capfd.readouterr().out)["samples"] == 500
    rate, y = scipy.io.wavfile.read(folder / "out.wav")
    assert rate == 16000
    truth = np.convolve(x / 2**15, [0.1, 0.2, 0.4, 0.2, 0.1])[:500]
    assert np.max(np.abs(y / 2**15 - truth)) < 1.5 / 2**15


def test_process_keeps_the_level_in_any_format(folder, capfd):
    """Full scale of the file is full scale of the core, wherever its binary point is."""
    (folder / "wire.toml").write_text('core = "fir"\ncoefficients = [0.5]\nsink = "sfix12_En4"\nsource = "sfix20_En12"\n')
    x = np.arange(-32768, 32768, 64, dtype=np.int16)
    wav(folder / "in.wav", x)
    for engine in ("reference", "model"):
        assert main(["process", "wire.toml", "in.wav", "out.wav", "--engine", engine]) == 0
        assert np.max(np.abs(scipy.io.wavfile.read(folder / "out.wav")[1] - x / 2)) <= 16


def test_another_rate_is_converted_and_said(folder, capfd):
    wav(folder / "in.wav", np.zeros(4800, np.int16), 48000)
    assert main(["process", "lowpass.toml", "in.wav", "out.wav"]) == 0
    assert capfd.readouterr().err == "ossicle: in.wav: converted from 48000 to 16000 samples per second\n"
    rate, y = scipy.io.wavfile.read(folder / "out.wav")
    assert (rate, len(y)) == (16000, 1600)


@pytest.mark.parametrize(("change", "rate"), [("decimation", 16000), ("interpolation", 144000)])
def test_a_core_that_changes_the_rate_gives_a_file_of_that_rate(change, rate, folder, capfd):
    (folder / "change.toml").write_text(f'core = "fir"\nform = "serial"\ncoefficients = [0.3, 0.4, 0.3]\n{change} = 3\n')
    wav(folder / "in.wav", np.zeros(480, np.int16), 48000)
    assert main(["process", "change.toml", "in.wav", "out.wav", "--rate", "48000"]) == 0
    assert capfd.readouterr().err == ""
    found, y = scipy.io.wavfile.read(folder / "out.wav")
    assert (found, len(y)) == (rate, 480 * rate // 48000)


def test_clipped_samples_are_counted(folder, capfd):
    (folder / "loud.toml").write_text('core = "fir"\ncoefficients = [2.0]\ncoefficient = "sfix16_En13"\nsource = "sfix17_En15"\n')
    wav(folder / "in.wav", np.full(100, 30000, np.int16))
    assert main(["process", "loud.toml", "in.wav", "out.wav", "--json"]) == 0
    assert json.loads(capfd.readouterr().out)["clipped"] == 100


def test_demo_writes_a_report_that_needs_nothing_else(tmp_path, monkeypatch, capfd):
    import ossicle.demo
    from ossicle.demo import band_filter, denoising

    rate, speech = scipy.io.wavfile.read(ROOT / "examples" / "speech.wav")
    wav(tmp_path / "speech.wav", speech[4000:6000], rate)
    for section in (band_filter, denoising):
        monkeypatch.setattr(section, "SPEECH", tmp_path / "speech.wav")
    monkeypatch.setattr(denoising, "SAMPLES", {"myhdl": 30, "ghdl": 30})
    # The direct form takes longest to compile, and is proven elsewhere.
    monkeypatch.setattr(band_filter, "FORMS", ("transposed", "serial"))
    monkeypatch.setattr(verify_module, "SAMPLES", {"myhdl": 200, "ghdl": 100, "native": 2000})
    output = tmp_path / "demo"
    assert main(["demo", "--output", str(output), "--json"]) == 0
    facts = json.loads(capfd.readouterr().out)
    assert facts["passed"]
    for form in ("transposed", "serial"):
        engines = facts["sections"]["band_filter"][form]["engines"]
        assert [engine["words_different"] for engine in engines] == [0, 0, 0]
        assert (output / "vhdl" / f"band_{form}" / "manifest.json").exists()
        heard = scipy.io.wavfile.read(output / "audio" / f"band_{form}.wav")[1]
        assert len(heard) == 2000
    denoiser = facts["sections"]["denoising"]
    assert [engine["words_different"] for engine in denoiser["engines"]] == [0, 0, 0]
    assert denoiser["snr_gain"]["0"] > 2
    clean, dirty = (scipy.io.wavfile.read(path)[1] / 2**15 for path in (tmp_path / "speech.wav", output / "audio" / "noisy.wav"))
    assert 10 * np.log10(np.sum(clean**2) / np.sum((dirty - clean) ** 2)) == pytest.approx(denoising.SHOWN, abs=0.1)
    names = {path.name for path in (output / "plots").iterdir()}
    assert names == {"frequency_response.png", "spectrogram.png", "error.png", "denoising.png"}
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in (output / "plots").iterdir())
    page = (output / "report.html").read_text()
    addresses = re.findall(r'(?:src|srcset|href)="([^"]{0,40})', page)
    assert addresses
    assert all(address.startswith("data:") for address in addresses)
    assert "url(" not in page
    assert "<script" not in page
    # A second run takes the place of the first, and of nothing else.
    (output / "notes.txt").write_text("sounds good")
    monkeypatch.setattr(band_filter, "FORMS", ("transposed",))
    monkeypatch.setattr(ossicle.demo, "SECTIONS", (band_filter,))
    assert main(["demo", "--output", str(output)]) == 0
    assert not (output / "vhdl" / "band_serial").exists()
    assert (output / "notes.txt").read_text() == "sounds good"
    assert "transposed" in capfd.readouterr().out
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


# ---------------------------------------------------------------------------------------------- as a program


def program(*arguments):
    return [sys.executable, "-m", "ossicle", *arguments]


def test_help_answers_at_once():
    script = "import sys; from ossicle.command_line import main; main(['--help']); print({'numpy', 'myhdl', 'scipy'} & set(sys.modules))"
    seconds = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert done.stdout.endswith("set()\n")
    for command in ("list", "show", "generate", "verify", "process", "demo"):
        assert re.search(rf"^    {command}\s", done.stdout, re.MULTILINE)
    assert min(seconds) < 0.3


def test_version():
    done = subprocess.run(program("--version"), capture_output=True, text=True, check=True)
    assert re.fullmatch(r"ossicle \d+\.\d+\.\d+\n", done.stdout)


def on_terminal(command, until):
    """Run a command with a terminal for its standard error. Returns it, running, and what it wrote there up to some words."""
    leader, follower = pty.openpty()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=follower)
    os.close(follower)
    return process, leader, read_terminal(leader, until)


def read_terminal(leader, until=None):
    """What a program writes to its terminal, up to some words or to its end."""
    seen = b""
    while until is None or until not in seen:
        try:
            part = os.read(leader, 4096)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        seen += part
    return seen


def test_progress_on_a_terminal_and_silence_in_a_pipe(folder):
    taps = [0.001 * n for n in range(1, 100)]
    (folder / "serial.toml").write_text(f'core = "fir"\nname = "serial"\nform = "serial"\ncoefficients = {taps}\n')
    command = program("verify", "serial.toml", "--engine", "myhdl", "--samples", "200")
    done = subprocess.run(command, capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL)
    assert done.stderr == ""
    process, leader, seen = on_terminal(command, b"serial: myhdl")
    assert b"serial: myhdl" in seen
    read_terminal(leader)
    os.close(leader)
    assert process.communicate()[0].endswith(b"proven\n")
    assert process.returncode == 0


def test_a_reader_that_goes_away_is_no_fault():
    command = " ".join(map(shlex.quote, program("list")))
    done = subprocess.run(["bash", "-c", f"set -o pipefail; {command} | true"], capture_output=True, text=True)
    assert done.stderr == ""


def test_interrupt_from_the_keyboard(folder):
    command = program("verify", "lowpass.toml", "--engine", "myhdl", "--samples", "200000")
    process, leader, seen = on_terminal(command, b"lowpass: myhdl")
    process.send_signal(signal.SIGINT)
    seen += read_terminal(leader)
    os.close(leader)
    assert process.communicate()[0] == b""
    assert process.returncode == 130
    assert b"Traceback" not in seen
    assert b"Error" not in seen
