"""The command line: what it prints, its exit statuses, and how it behaves on a terminal and in a pipe."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import pty
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import scipy.io.wavfile

import ip_cores.generate
from fixed_point import quantize
from fixed_point.sound import read_audio, write_audio
from ip_cores import cache
from ip_cores.core import core_kinds, make_core
from ip_cores.description import descriptions_in
from ip_cores.fir import Fir
from ip_cores.folders import LISTING
from ip_cores.parameters import ParameterError
from ossicle import terminal
from ossicle.command_line import main, make_parser
from ossicle.commands import commands
from ossicle.terminal import Interrupts, Progress
from testbenches import verify as verify_module
from testbenches.engines.ghdl import find_ghdl
from testbenches.for_tests.working_folder import LOWPASS, contents, wav

ROOT = Path(__file__).resolve().parent.parent


def test_list_names_every_core_by_family(capfd):
    assert main(["list"]) == 0
    # A core has its name and its summary, two blanks or more between them; what a long summary goes on with stands further right.
    printed = capfd.readouterr().out
    names = re.findall(r"^(?:  )?(\w+)  +\S", printed, re.MULTILINE)
    assert re.findall(r"^\w+$", printed, re.MULTILINE) == ["filters", "banks", "hearing", "streams", "audio", "board", "networks"]
    assert sorted(names) == sorted(kind for kind, cls in core_kinds().items() if cls.__module__.startswith("ip_cores."))
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
    assert re.search(r"^minimum_snr +none ", printed, re.MULTILINE)


NEEDED = {
    "coefficients": [1.0], "gains": [0.5, 0.5], "stages": [{"core": "fifo"}], "calculation": {"core": "fifo"},
    "sections": [[1.0, 0.0, 0.0, 1.0, -0.5, 0.0]], "decimation": 4,
}  # fmt: skip
OF_KINDS = {
    "hearing_aid": {"stages": [{"core": "band_gain"}]},
    "conv_network": {"weights": str(ROOT / "examples" / "enhancer.npz")},
}
"""What is needed of a key that means something else in one kind than in others."""

ONE_OF_TWO = {"sections": "design", "decimation": "interpolation"}
"""Parameters in place of which another may be given."""


def missing_key(description):
    """The key that `make_core` misses, in a list; none if it makes a core."""
    try:
        make_core(description)
    except ParameterError as error:
        return [error.field] if error.allowed.startswith("missing") else [str(error)]
    return []


@pytest.mark.parametrize("kind", sorted(core_kinds()))
def test_every_core_can_be_shown(kind, capfd):
    """Required is what `make_core` does not make without."""
    assert main(["show", kind]) == 0
    required = re.findall(r"^(\w+) +required ", capfd.readouterr().out, re.MULTILINE)
    description, missing = {"core": kind}, []
    while missing != (now := [*missing, *missing_key(description)]):
        missing = now
        description[missing[-1]] = {**NEEDED, **OF_KINDS.get(kind, {})}[missing[-1]]
    assert required == [key for key in missing if key not in ONE_OF_TWO]
    assert main(["show", kind, "--json"]) == 0
    assert "see the datasheet" not in capfd.readouterr().out


@pytest.mark.parametrize("path", descriptions_in(ROOT / "examples"), ids=lambda path: path.stem)
def test_every_example_can_be_shown(path, capfd):
    assert main(["show", str(path), "--json"]) == 0
    facts = json.loads(capfd.readouterr().out)
    assert facts["latency"] >= 0
    assert {port["direction"] for port in facts["ports"]} == {"in", "out"}
    assert main(["show", str(path)]) == 0
    printed = capfd.readouterr().out
    assert facts["entity"] in printed
    assert re.search(r"^latency +1 clock$" if facts["latency"] == 1 else rf"^latency +{facts['latency']} clocks$", printed, re.MULTILINE)
    assert not re.search(r"(?<![\d.])1 (clocks|samples)", printed)


def test_generate_lists_what_it_wrote_and_writes_the_same_again(folder, capfd):
    assert main(["generate", "lowpass.toml"]) == 0
    printed = capfd.readouterr().out.splitlines()
    written = {str(path.relative_to(folder)) for path in (folder / "build" / "lowpass").rglob("*") if path.is_file()}
    assert {*printed} == written - {f"build/lowpass/{LISTING}"}
    first = contents(folder / "build")
    assert main(["generate", "lowpass.toml", "--json"]) == 0
    manifest = json.loads(capfd.readouterr().out)
    assert manifest["entity"] == "lowpass"
    assert contents(folder / "build") == first


def test_generating_again_keeps_what_somebody_put_there(folder, capfd):
    assert main(["generate", "lowpass.toml", "--output", "out"]) == 0
    (folder / "out" / "notes").mkdir()
    (folder / "out" / "notes" / "mine.txt").write_text("measured on the board")
    (folder / "out" / "bench").symlink_to(folder)
    (folder / "out" / "other.vhd").write_text("-- mine")
    (folder / "lowpass.toml").write_text(LOWPASS.replace('"lowpass"', '"other"'))
    capfd.readouterr()
    assert main(["generate", "lowpass.toml", "--output", "out"]) == 0
    assert capfd.readouterr().err.splitlines() == [
        "out: the files of lowpass make way for those of other",
        "out/other.vhd: was not written here; that version is kept as other.vhd.bak",
    ]
    assert (folder / "out" / "notes" / "mine.txt").read_text() == "measured on the board"
    assert (folder / "out" / "other.vhd.bak").read_text() == "-- mine"
    assert (folder / "out" / "bench").readlink() == folder
    assert (folder / "out" / "other.vhd").exists()
    assert not (folder / "out" / "lowpass.vhd").exists()


def test_generating_again_keeps_a_copy_of_what_somebody_changed(folder, capfd):
    """Of every file, also one that the core does not have any more; without its listing nobody knows what was changed."""
    command = ["generate", "lowpass.toml", "--output", "out"]
    assert main(command) == 0
    vhdl, written = folder / "out" / "lowpass.vhd", contents(folder / "out")
    for mine, kept in (("-- mine\n", "lowpass.vhd.bak"), ("-- again mine\n", "lowpass.vhd.bak2")):
        vhdl.write_text(mine)
        capfd.readouterr()
        assert main(command) == 0
        assert capfd.readouterr().err == f"out/lowpass.vhd: was changed since it was written; that version is kept as {kept}\n"
        assert (folder / "out" / kept).read_text() == mine
    vhdl.write_text("-- with a core of another name\n")
    (folder / "lowpass.toml").write_text(LOWPASS.replace('"lowpass"', '"other"'))
    assert main(command) == 0
    assert (folder / "out" / "lowpass.vhd.bak3").read_text() == "-- with a core of another name\n"
    (folder / "lowpass.toml").write_text(LOWPASS)
    (folder / "out" / "other.vhd").write_text("-- before there were listings\n")
    (folder / "out" / LISTING).unlink()
    assert main(command) == 0
    assert (folder / "out" / "other.vhd").read_text() == "-- before there were listings\n"
    assert {name: content for name, content in contents(folder / "out").items() if name in written} == written


def test_a_folder_may_be_a_symbolic_link(folder):
    for name in ("there", "not_there"):
        (folder / f"to_{name}").symlink_to(name)
    (folder / "there").mkdir()
    for name in ("there", "not_there"):
        for _ in range(2):
            assert main(["generate", "lowpass.toml", "--output", f"to_{name}"]) == 0
        assert (folder / f"to_{name}").readlink() == Path(name)
        assert (folder / name / "lowpass.vhd").exists()


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
        found = scipy.io.wavfile.read(folder / "out.wav")[1]  # 20 bits in 24, which scipy shows in 32
        assert np.max(np.abs(found / 2**16 - x / 2)) <= 16


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


def test_a_single_sample_and_one_that_is_too_loud(folder, capfd):
    scipy.io.wavfile.write(folder / "in.wav", 16000, np.array([1.5], np.float32))
    assert main(["process", "lowpass.toml", "in.wav", "out.wav"]) == 0
    out, err = capfd.readouterr()
    assert out == "out.wav: 1 sample, 0.00 s, by model\n"
    assert err == "ossicle: in.wav: 1 sample beyond full scale\n"
    assert scipy.io.wavfile.read(folder / "out.wav")[1].tolist() == [3277]  # a tenth of full scale


def test_demo_writes_a_report_that_needs_nothing_else(tmp_path, monkeypatch, capfd):
    import ossicle.demo
    from ossicle.demo import band_filter, denoising, figures

    monkeypatch.setattr(figures, "DPI", 40)  # most of the time would go into pixels
    rate, speech = scipy.io.wavfile.read(ROOT / "examples" / "speech.wav")
    wav(tmp_path / "speech.wav", speech[4000:6000], rate)
    for section in (band_filter, denoising):
        monkeypatch.setattr(section, "SPEECH", tmp_path / "speech.wav")
    monkeypatch.setattr(denoising, "SAMPLES", {"myhdl": 30, "ghdl": 30})
    # The hearing aid is in test_demo.py; the direct form takes longest to compile, and is proven elsewhere.
    monkeypatch.setattr(ossicle.demo, "SECTIONS", (band_filter, denoising))
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
    assert names == {f"{name}.png" for name in ("frequency_response", "spectrogram", "error", "wave", "denoising", "scalogram")}
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
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("set()\n")
    for command in ("list", "show", "generate", "verify", "process", "demo"):
        assert re.search(rf"^    {command}\s", done.stdout, re.MULTILINE)


@pytest.mark.parametrize("name", commands())
def test_help_ends_with_command_lines_that_are_understood(name):
    command = commands()[name]
    parser = make_parser(commands())
    for line in command.EXAMPLES:
        program, *arguments = shlex.split(line)
        assert program == "ossicle"
        assert parser.parse_args(arguments).command == name
        for path in arguments:
            assert not path.startswith("examples/") or (ROOT / path).exists()


@pytest.mark.parametrize(
    ("typed", "offered"), [("ossicle ver", {"verify"}), ("ossicle verify --eng", {"--engine"}), ("ossicle exp", {"explore", "export"})]
)
def test_a_shell_completes_commands_and_options(typed, offered, tmp_path):
    """As bash asks: the line in the environment, the answer on file descriptor 8."""
    asked = {"_ARGCOMPLETE": "1", "COMP_LINE": typed, "COMP_POINT": str(len(typed)), "_ARGCOMPLETE_IFS": "\n"}
    asked["_ARGCOMPLETE_STDOUT_FILENAME"] = str(tmp_path / "given")
    subprocess.run([sys.executable, "-m", "ossicle"], env={**os.environ, **asked}, cwd=ROOT, check=False)
    assert {word.strip() for word in (tmp_path / "given").read_text().splitlines()} == offered


def test_doctor_names_tools_and_how_to_get_what_is_missing(tmp_path, capfd, monkeypatch):
    assert main(["doctor"]) == 0
    printed = capfd.readouterr().out
    ghdl = find_ghdl()
    assert f"{ghdl.path} {ghdl.version_text}" in printed
    assert str(cache.folder()) in printed
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("OSSICLE_CACHE", str(tmp_path / "kept"))
    assert main(["doctor", "--json"]) == 0
    found = json.loads(capfd.readouterr().out)
    assert found["Verilator"]["found"] == ""
    assert "apt-get install verilator" in found["Verilator"]["advice"]
    assert found["cache"]["found"] == f"{tmp_path / 'kept'} 0 MB"


def test_version():
    done = subprocess.run(program("--version"), capture_output=True, text=True, check=True)
    assert re.fullmatch(r"ossicle \d+\.\d+\.\d+\n", done.stdout)


def on_terminal(command, until):
    """Run a command with a terminal for its standard error. Returns it, running, and what it wrote there up to some words."""
    leader, follower = pty.openpty()
    # A shell starts what runs in its background with interrupts ignored, and a program inherits that.
    heed = functools.partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=follower, preexec_fn=heed)
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


def impatient(*arguments):
    """The same program, but that it shows its progress at once: no test has to last long enough to see some."""
    script = (
        "import sys; from ossicle import terminal; terminal.PATIENCE, terminal.INTERVAL = 0.0, 0.01\n"
        "from ossicle.command_line import main; sys.exit(main(sys.argv[1:]))"
    )
    return [sys.executable, "-c", script, *arguments]


def test_progress_on_a_terminal_and_silence_in_a_pipe(folder):
    taps = [0.001 * n for n in range(1, 100)]
    (folder / "serial.toml").write_text(f'core = "fir"\nname = "serial"\nform = "serial"\ncoefficients = {taps}\n')
    command = impatient("verify", "serial.toml", "--engine", "myhdl", "--samples", "100")
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
    command = impatient("verify", "lowpass.toml", "--engine", "myhdl", "--samples", "200000")
    process, leader, seen = on_terminal(command, b"lowpass: myhdl")
    process.send_signal(signal.SIGINT)
    seen += read_terminal(leader)
    os.close(leader)
    assert process.communicate()[0] == b""
    assert process.returncode == 130
    assert b"Traceback" not in seen
    assert b"Error" not in seen


@pytest.fixture(autouse=True)
def heeded():
    """What runs in a shell's background inherits that interrupts are ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_interrupt_whose_exception_is_lost_ends_the_command_at_its_next_step():
    class Finalized:
        def __del__(self):
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.01)

    with Interrupts():
        Finalized()
        with pytest.raises(KeyboardInterrupt):
            Progress("what").update(1)
    with Interrupts():
        Progress("what").update(1)


def test_an_interrupt_whose_exception_was_cleared_is_raised_again():
    def cleared():
        # Compiled code that clears what it did not expect looks like this from outside.
        with contextlib.suppress(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(10)

    with Interrupts():
        cleared()
        with pytest.raises(KeyboardInterrupt):
            time.sleep(10)


def test_an_interrupt_lets_what_cleans_up_finish():
    cleaned = False
    with contextlib.suppress(KeyboardInterrupt), Interrupts():
        try:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(10)
        finally:
            for _ in range(4):
                time.sleep(terminal.INTERVAL / 2)
            cleaned = True
    assert cleaned


COMMANDS_ON_A_DESCRIPTION = [
    ("show", "{}"),
    ("generate", "{}", "--output", "{}.out"),
    ("verify", "{}", "--engine", "myhdl", "--samples", "50"),
    ("estimate", "{}", "--effort", "quick"),
    ("process", "{}", "{}.wav", "{}.out.wav"),
]


@pytest.mark.parametrize("command", COMMANDS_ON_A_DESCRIPTION, ids=lambda command: command[0])
def test_clipped_coefficients_are_said_by_every_command(command, tmp_path, capsys):
    path = tmp_path / "clipped.toml"
    path.write_text('core = "fir"\ncoefficients = [4.0, 0.5]\nclip_coefficients = true\n')
    scipy.io.wavfile.write(f"{path}.wav", 16000, np.zeros(50, dtype=np.int16))
    main([word.format(path) for word in command])
    said = capsys.readouterr().err
    assert f"ossicle: {path}: 1 of 2 coefficients clipped in sfix16_En15: tap 0, 4, is 0.999969482" in said


@pytest.mark.parametrize(("suffix", "bits"), [("wav", 24), ("flac", 24), ("wav", 16)])
def test_process_keeps_the_bits_of_the_core(folder, capfd, suffix, bits):
    format = f"sfix{bits}_En{bits - 1}"
    (folder / "same.toml").write_text(f'core = "fir"\nname = "same"\ncoefficients = [0.5]\nsink = "{format}"\nsource = "{format}"\n')
    words = np.random.default_rng(4).integers(-(2 ** (bits - 2)), 2 ** (bits - 2), 64) * 2
    write_audio(folder / "in.wav", words / 2 ** (bits - 1), bits=bits)
    assert main(["process", "same.toml", "in.wav", f"out.{suffix}", "--json"]) == 0
    assert json.loads(capfd.readouterr().out)["bits"] == bits
    heard = read_audio(folder / f"out.{suffix}")
    assert heard.bits == bits
    assert (heard.samples * 2 ** (bits - 1)).tolist() == (words // 2).tolist()


IN_A_ROW = 'core = "chain"\n[[stages]]\ncore = "fir"\ncoefficients = [0.5]\n[[stages]]\n{}'
IN_TURNS = 'core = "sequencer"\nname = "turns"\nsegment_length = 640\n[calculation]\n{}'
MEETING = IN_A_ROW.replace("coefficients", 'inputs = ["input"]\ncoefficients')


@pytest.mark.parametrize("around", ["{}", IN_A_ROW, IN_TURNS, MEETING])
@pytest.mark.parametrize(("kind", "told"), [("pitch_detector", "time,period,pitch"), ("speech_classifier", "time,class")])
def test_words_that_are_no_samples_are_a_table_wherever_the_core_stands(folder, capfd, kind, told, around):
    (folder / "tells.toml").write_text(around.format(f'core = "{kind}"\n'))
    wav(folder / "in.wav", np.zeros(2000, np.int16))
    assert main(["process", "tells.toml", "in.wav", "out.wav"]) == 2
    said = capfd.readouterr().err
    assert said.count("\n") == 1
    assert "must end in .csv" in said
    assert not (folder / "out.wav").exists()
    assert main(["process", "tells.toml", "in.wav", "out.csv"]) == 0
    assert (folder / "out.csv").read_text().startswith(told)
