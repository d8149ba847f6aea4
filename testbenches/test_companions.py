"""What stands beside the VHDL: every Tcl file under a Tcl interpreter, the self-checking bench in GHDL, the datasheet."""

from __future__ import annotations

import re
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pytest
import pywt

import fixed_point.i2s_receiver
from ip_cores.companions.datasheet import datasheet
from ip_cores.companions.drawings import Wave, pin_waves, stream_waves, timing_svg
from ip_cores.companions.self_check import has_test_bench
from ip_cores.conversion.port_shell import vhdl_type
from ip_cores.core import make_core
from ip_cores.description import load_core
from ip_cores.folders import LISTING
from ip_cores.generate import generate
from ip_cores.schedule import Schedule
from ossicle.command_line import main
from testbenches.clocks import ClockedStimulus
from testbenches.engines.clocked_engines import clocked_verilog
from testbenches.engines.ghdl import analyse, find_ghdl
from testbenches.errors import ToolError
from testbenches.for_tests.deliveries import EXAMPLES, example
from testbenches.for_tests.tcl import find_tclsh, run_tcl
from testbenches.simulate import in_order, run
from testbenches.stimulus import Stimulus

TAPS = [0.1, 0.2, 0.4, 0.2, 0.1]
tcl = pytest.mark.skipif(find_tclsh() is None, reason="no Tcl interpreter (apt-get install tcl)")


@pytest.fixture(params=EXAMPLES, ids=lambda path: path.stem)
def generated(request):
    return example(request.param)


def bench(manifest, folder):
    """Analyse and run the delivered bench in `folder`; exit status and what was printed."""
    ghdl = find_ghdl().path
    files = [f"../{file}" for file in manifest.files]
    name = f"{manifest.entity}_tb"
    subprocess.run([ghdl, "-a", "--std=93", "--warn-error", *files, f"{name}.vhd"], cwd=folder, check=True)
    command = [ghdl, "--elab-run", "--std=93", name, "--ieee-asserts=disable"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def test_manifest_lists_every_file(generated):
    _, manifest = generated
    written = {str(path.relative_to(manifest.folder)) for path in manifest.folder.rglob("*") if path.is_file()}
    assert written == {*manifest.files, *manifest.extras, "manifest.json", LISTING}


@tcl
def test_every_tcl_file_runs(generated):
    core, manifest = generated
    scripts = [name for name in manifest.extras if name.endswith((".qip", ".sdc", ".tcl", ".do"))]
    assert {Path(name).suffix for name in scripts} >= {".qip", ".sdc", ".tcl"}
    for name in scripts:
        assert run_tcl(manifest.folder / name, core.ports)
    listed = [line.split()[-1] for line in run_tcl(manifest.folder / f"{core.name}.qip")]
    assert listed == [f"./{file}" for file in manifest.files]


def test_the_bench_passes_in_ghdl(generated, tmp_path):
    core, manifest = generated
    done = bench(manifest, shutil.copytree(manifest.folder, tmp_path / "core") / "simulation")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{core.name}: passed" in done.stdout + done.stderr
    if has_test_bench(core):
        assert f"0 => {core.latency}," in (manifest.folder / f"simulation/{core.name}_tb.vhd").read_text()


def test_the_bench_expects_more_than_silence(generated):
    """An aid is silent for 160 samples after a reset: of a bench that ends before, a dead core would pass."""
    core, manifest = generated
    if not has_test_bench(core):
        pytest.skip("has its bench at its pins")
    text = (manifest.folder / f"simulation/{core.name}_tb.vhd").read_text()
    table = text.partition("constant EXPECTED")[2].partition(");")[0]
    bits = next(port.width for port in core.ports if port.name == "source_data")
    words = [row[:bits] for row in re.findall(r'=> "([01]+)"', table)]
    told = sum("1" in word for word in words)
    assert told >= 8 or told >= len(words) - 1 >= 2


SERIAL = {"core": "fir", "form": "serial", "coefficients": TAPS}
TIMED = {
    "nothing falls due after the first sample": {"core": "denoiser", "bank": "decimated", "wavelet": "haar", "levels": 2},
    "a memory is cleared behind a stage that is ready": {"core": "chain", "stages": [SERIAL, {"core": "denoiser", "levels": 1}]},
    "three stages that start together": {
        "core": "denoiser", "processing": "segment", "window": "hann", "wavelet": "haar", "levels": 1, "segment_length": 8,
    },
    "latencies that do not add up": {"core": "chain", "stages": [SERIAL, {"core": "dwt_analysis", "levels": 1}]},
}  # fmt: skip


@pytest.mark.parametrize("case", TIMED)
def test_the_bench_knows_the_clock_of_every_word(case, tmp_path):
    core = make_core({"name": "dut", **TIMED[case]})
    manifest = generate(core, tmp_path / "dut")
    text = (tmp_path / "dut/simulation/dut_tb.vhd").read_text()
    assert f"0 => {core.latency}," in text
    assert bench(manifest, tmp_path / "dut/simulation").returncode == 0


def test_a_core_that_loses_words_in_real_time_has_no_bench_at_full_rate():
    calm = make_core({"core": "sequencer", "calculation": SERIAL})
    assert has_test_bench(calm)
    assert not has_test_bench(calm.replace(real_time=True))


WRONG = {
    "a word": (r'(constant EXPECTED.*?=> ")(.)', lambda m: m[1] + "10"[int(m[2])], "source word 0 differs from the model"),
    "a clock": (r"(constant CLOCKS.*? 5 => )(\d+)", lambda m: f"{m[1]}{int(m[2]) + 1}", "source word 5 leaves in clock 7"),
}


@pytest.mark.parametrize(("pattern", "change", "message"), WRONG.values(), ids=WRONG)
def test_the_bench_fails_when_something_is_wrong(tmp_path, pattern, change, message):
    manifest = generate(make_core({"core": "fir", "coefficients": TAPS}), tmp_path / "fir")
    text = (tmp_path / "fir/simulation/fir_tb.vhd").read_text()
    broken = re.sub(pattern, change, text, count=1, flags=re.DOTALL)
    assert broken != text
    (tmp_path / "fir/simulation/fir_tb.vhd").write_text(broken)
    done = bench(manifest, tmp_path / "fir/simulation")
    assert done.returncode != 0
    assert message in done.stdout + done.stderr


def test_the_bench_notices_a_core_that_hangs(tmp_path):
    manifest = generate(make_core({"core": "stream_register"}), tmp_path / "core")
    path = tmp_path / "core" / manifest.files[-1]
    path.write_text(re.sub(r"source_valid <= [^;]*;", "source_valid <= '0';", path.read_text()))
    done = bench(manifest, tmp_path / "core/simulation")
    assert done.returncode != 0
    assert "hangs after 0 words" in done.stdout + done.stderr


LINE = [("slave", "i2s"), ("slave", "left_justified"), ("master", "left_justified")]
AT_THE_PINS = [
    {"core": "i2c_master", "quarter": 4},
    {"core": "wm8731_setup", "quarter": 4, "retries": 0, "registers": [[1, 2], [9, 1]], "settling": 50},
    {"core": "dual_clock_fifo", "sink": "ufix64_En0", "depth": 4},
    *({"core": "i2s_receiver", "role": role, "framing": framing, "source": "sfix32_En31"} for role, framing in LINE),
    *({"core": "i2s_transmitter", "role": role, "framing": framing, "sink": "sfix24_En23"} for role, framing in LINE),
]


@pytest.mark.parametrize("description", AT_THE_PINS, ids=lambda one: "-".join(str(value) for value in one.values()))
def test_the_bench_at_the_pins_passes_in_ghdl(tmp_path, description):
    """What the examples do not show: the other roles, framings and widths."""
    core = make_core(description)
    done = bench(generate(core, tmp_path / "core"), tmp_path / "core/simulation")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{core.name}: passed" in done.stdout + done.stderr


SPOILT = {
    "a line": ({"core": "i2s_transmitter", "role": "master"}, r'(EXPECTED: .*?40 => ")(.)', "look 40 at the pins differs"),
    "a bus": ({"core": "wm8731_setup", "quarter": 4, "settling": 50}, r'(EXPECTED: .*?30 => ")(.)', "look 30 at the pins differs"),
    "a word": ({"core": "dual_clock_fifo"}, r'(GIVEN: .*?50 => ")(.)', "source word 50 differs"),
    "a level": ({"core": "reset_synchronizer"}, r'(EXPECTED: .*?20 => ")(.)', "look 20 at the pins differs"),
    "the end": ({"core": "wm8731_setup", "quarter": 4, "settling": 50}, r"(assert retried = ')(.)", "retried is not 1 at the end"),
}


@pytest.mark.parametrize(("description", "pattern", "message"), SPOILT.values(), ids=SPOILT)
def test_the_bench_at_the_pins_fails_when_something_is_wrong(tmp_path, description, pattern, message):
    manifest = generate(make_core(description), tmp_path / "core")
    path = tmp_path / "core/simulation" / f"{manifest.entity}_tb.vhd"
    broken = re.sub(pattern, lambda m: m[1] + "10"[int(m[2])], path.read_text(), count=1, flags=re.DOTALL)
    assert broken != path.read_text()
    path.write_text(broken)
    done = bench(manifest, path.parent)
    assert done.returncode != 0
    assert message in done.stdout + done.stderr


def test_the_bench_at_the_pins_notices_a_core_that_hangs(tmp_path):
    manifest = generate(make_core({"core": "i2s_receiver", "role": "master"}), tmp_path / "core")
    path = tmp_path / "core" / next(file for file in manifest.files if "clocks" in file)
    path.write_text(re.sub(r"\bbclk <= .*;", "bclk <= '0';", path.read_text()))
    done = bench(manifest, tmp_path / "core/simulation")
    assert done.returncode != 0
    assert "hangs after 0" in done.stdout + done.stderr


REFUSED = {
    "a missing file": ("fir.qip", "fir.vhd", "lost.vhd", "no such file"),
    "an unknown assignment": ("fir.qip", "VHDL_FILE", "VHDL_FYLE", "unknown global assignment"),
    "a port that is not there": ("fir_hw.tcl", "sink_data data", "sink_date data", "no port sink_date"),
    "a wrong width": ("fir_hw.tcl", "Input 16", "Input 17", "16 bits, not Input of 17"),
    "a forgotten port": ("fir_hw.tcl", "add_interface_port source source_ready ready Input 1\n", "", "belongs to no interface"),
    "an unknown role": ("fir_hw.tcl", "sink_valid valid", "sink_valid velid", "unknown role"),
    "an unknown clock": ("fir_hw.tcl", "associatedClock clk", "associatedClock clock", "is no clock"),
    "a clock on no port": ("fir.sdc", "get_ports {clk}", "get_ports {clock}", "no port clock"),
    "a command that is none": ("fir.sdc", "derive_clock_uncertainty", "derive_uncertainty", "invalid command name"),
}


@tcl
@pytest.mark.parametrize(("file", "old", "new", "message"), REFUSED.values(), ids=REFUSED)
def test_the_tcl_check_refuses(tmp_path, file, old, new, message):
    core = make_core({"core": "fir", "coefficients": TAPS})
    generate(core, tmp_path / "fir")
    text = (tmp_path / "fir" / file).read_text()
    assert old in text
    (tmp_path / "fir" / file).write_text(text.replace(old, new))
    with pytest.raises(ToolError, match=message):
        run_tcl(tmp_path / "fir" / file, core.ports)


@tcl
def test_a_folder_that_is_moved_still_fits(tmp_path):
    """All paths are relative: a project elsewhere reads the .qip."""
    core = make_core({"core": "fir", "coefficients": TAPS})
    manifest = generate(core, tmp_path / "fir")
    shutil.move(tmp_path / "fir", tmp_path / "moved")
    (tmp_path / "project.qsf").write_text("set_global_assignment -name QIP_FILE moved/fir.qip\n")
    lines = run_tcl(tmp_path / "project.qsf")
    assert lines[1:] == [f"set_global_assignment VHDL_FILE moved/{file}" for file in manifest.files]


def test_datasheet_shows_what_the_manifest_says(generated):
    core, manifest = generated
    text = (manifest.folder / f"{core.name}.md").read_text()
    for port in core.ports:
        assert f"| `{port.name}` | {port.direction} |" in text
    assert f"| latency | {core.latency} clock edge{'s' if core.latency != 1 else ''} |" in text
    assert "## Timing" in text
    for drawing in re.findall(r"\(\./(\w+\.svg)\)", text):
        assert ElementTree.parse(manifest.folder / drawing).getroot().tag.endswith("svg")
    shown = set(re.findall(r"\./(\w+\.svg)", text))
    assert shown == {name for name in manifest.extras if name.endswith(".svg")}


@pytest.mark.parametrize(("latency", "cycles"), [(1, 1), (2, 1), (4, 3), (19, 16), (200, 7)])
def test_timing_diagram_keeps_the_latency(latency, cycles):
    """Clocks that are drawn, gaps left out, between the transfers of the first word at both sides."""
    taken = np.arange(0, 300, cycles)
    waves = {wave.name: wave for wave in stream_waves(Schedule(taken, taken + latency))}
    assert len({len(wave.wave) for wave in waves.values()}) == 1
    valid = expand(waves["source_valid"].wave)
    ready = expand(waves["sink_ready"].wave)
    offered = expand(waves["sink_valid"].wave)
    taken = next(k for k, (one, other) in enumerate(zip(ready, offered, strict=True)) if one == other == "1")
    given = valid.index("1")
    gaps = sum(letter == "|" for letter in waves["clk"].wave[taken:given])
    assert given - taken == latency if not gaps else given - taken < latency
    assert timing_svg(list(waves.values())).count("<path") > 10
    assert [int(label[1:]) for label in waves["source_data"].data[:2]] == [0, 1]


def test_timing_diagram_of_a_word_in_every_clock():
    """The source goes on after the words that are shown."""
    taken = np.arange(9)
    waves = {wave.name: expand(wave.wave) for wave in stream_waves(Schedule(taken, taken + 1))}
    assert waves["source_valid"] == "00111"
    assert waves["source_ready"] == waves["sink_ready"] == "11111"


def expand(wave):
    out = ""
    for letter in wave:
        out += out[-1] if letter in ".|" else letter
    return out


def test_a_wave_of_every_letter_is_drawn():
    root = ElementTree.fromstring(timing_svg([Wave("a<b", "p.|."), Wave("d", "x=.0", ("w&",)), Wave("n", "n...")]))
    assert [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")] == ["a<b", "d", "w&", "n"]


@pytest.mark.parametrize(("kind", "scale"), [("swt_analysis", 2**-0.5), ("dwt_analysis", 1.0), ("dwt_synthesis", 1.0)])
def test_responses_of_a_bank_are_those_of_pywavelets(kind, scale):
    """Magnitudes of every band, from PyWavelets' undecimated transform of an impulse."""
    core = make_core({"core": kind, "wavelet": "db2", "levels": 3, "coefficient_word_length": 24})
    impulse = np.zeros(64)
    impulse[0] = 1
    approximation, *details = pywt.swt(impulse, "db2", level=3, trim_approx=True)
    wanted = {"approximation": approximation, **{f"detail {3 - n}": band for n, band in enumerate(details)}}
    drawn = core.responses
    assert set(drawn) == set(wanted)
    for name, band in wanted.items():
        level = 3 if name == "approximation" else int(name[-1])
        np.testing.assert_allclose(abs(np.fft.fft(drawn[name], 64)), abs(np.fft.fft(band)) * scale**level, atol=1e-5)


@pytest.mark.parametrize("role", ["master", "slave"])
def test_timing_diagram_at_the_pins_carries_the_word(role):
    """What the drawn bits of an I2S line say is the first word: the receiver's own model reads it."""
    core = make_core({"core": "i2s_transmitter", "role": role})
    waves = {wave.name: expand(wave.wave) for wave in pin_waves(core.pin_script, "clk")}
    assert set(waves) == {"bclk", "lrclk", "serial_data"}
    levels = [np.array(list(map(int, waves[name]))) for name in ("lrclk", "serial_data")]
    words, channel = fixed_point.i2s_receiver.i2s_receiver(*levels, 16, "i2s")
    assert (words.tolist(), channel.tolist()) == ([32767], [0])


@pytest.mark.parametrize("example", ["lowpass", "swt_analysis", "dual_clock_fifo", "i2s_receiver"])
def test_the_text_to_paste_compiles(tmp_path, example):
    """The declaration before the architecture's begin, the instantiation after it, signals named as the ports."""
    core = load_core(EXAMPLES[0].parent / f"{example}.toml")
    manifest = generate(core, tmp_path / "core")
    text = (tmp_path / "core" / f"{core.name}_inst.vhd").read_text()
    declaration, instantiation = text.split(f"\nu_{core.name}:")
    used = "\n".join(f"signal {port.name}: {vhdl_type(port)};" for port in core.ports)
    around = f"library ieee;\nuse ieee.std_logic_1164.all;\nentity around is end;\narchitecture test of around is\n{declaration}\n{used}\n"
    (tmp_path / "around.vhd").write_text(f"{around}begin\nu_{core.name}:{instantiation}\nend test;\n")
    analyse([*(manifest.folder / file for file in manifest.files), tmp_path / "around.vhd"])


def test_a_core_goes_into_any_library(tmp_path):
    """Entities find each other in the library in which they are, whatever its name; a design takes the core from there."""
    core = make_core({"core": "fir", "name": "taps", "coefficients": TAPS})
    manifest = generate(core, tmp_path / "core")
    ports = ",\n".join(f"{port.name} => {port.name}" for port in core.ports)
    used = "\n".join(f"signal {port.name}: {vhdl_type(port)};" for port in core.ports)
    (tmp_path / "around.vhd").write_text(
        "library ieee;\nuse ieee.std_logic_1164.all;\nlibrary dsp;\nentity around is end;\n"
        f"architecture test of around is\n{used}\nbegin\nu_taps: entity dsp.taps port map ({ports});\nend test;\n"
    )
    ghdl = find_ghdl().path
    for command in (["-a", "--work=dsp", *map(str, manifest.paths)], ["-a", "-P.", "around.vhd"], ["-e", "-P.", "around"]):
        done = subprocess.run([ghdl, command[0], "--std=93", *command[1:]], cwd=tmp_path, capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "")


VERILOG = {
    "a threshold": 'core = "threshold"\nname = "in_verilog"\nlevels = 2\n',
    "a filter": f'core = "fir"\nname = "in_verilog"\ncoefficients = {TAPS}\n',
    "a filter bank": 'core = "dwt_analysis"\nname = "in_verilog"\nwavelet = "db2"\nlevels = 2\n',
}


@pytest.mark.skipif(shutil.which("verilator") is None, reason="no Verilator (make setup)")
@pytest.mark.parametrize("description", VERILOG.values(), ids=VERILOG)
def test_verilog_beside_the_vhdl(tmp_path, description):
    """The file as it was written, in Verilator with stalls on both sides: the entity's ports, the model's words."""
    (tmp_path / "core.toml").write_text(description)
    assert main(["generate", str(tmp_path / "core.toml"), "--language", "verilog", "--output", str(tmp_path / "out")]) == 0
    text = (tmp_path / "out/in_verilog.v").read_text()
    head = text[text.index("module in_verilog\n") :]
    declared = re.findall(r"^\s+\(?(input|output)\s+(?:\[(\d+):0\])?\s*(\w+)", head[: head.index(");")], re.MULTILINE)
    core = load_core(tmp_path / "core.toml")
    found = {(name, way, int(high or 0) + 1) for way, high, name in declared}
    assert found == {(port.name, f"{port.direction}put", port.width or 1) for port in core.ports}
    words = core.check_words()
    rng = np.random.default_rng(2)
    played = ClockedStimulus(
        edges={"clk": 1000 * np.arange(16 * len(words["data"]))},
        words=words,
        offer=rng.random(1009) < 0.6,
        accept=rng.random(1013) < 0.6,
        events=((0, "reset", 1), (4500, "reset", 0)),
    )
    response = clocked_verilog(core, tmp_path / "out/in_verilog.v", played)
    assert len(response.sink_edges) == len(words["data"])
    given = core.model(in_order(core, words))
    for name, expected in zip(response.words, given if isinstance(given, tuple) else (given,), strict=True):
        assert response.words[name].tolist() == expected.tolist(), name


@tcl
def test_registers_become_an_avalon_slave(tmp_path):
    core = make_core({"core": "denoiser"})
    generate(core, tmp_path / "core")
    calls = run_tcl(tmp_path / "core/denoiser_hw.tcl", core.ports)
    assert "add_interface control avalon end" in calls
    roles = [line.split()[3] for line in calls if line.startswith("add_interface_port control ")]
    assert roles == ["address", "write", "writedata", "readdata"]


def test_estimate_in_the_datasheet(tmp_path):
    from fpga_projects.estimation.estimate import estimate

    (tmp_path / "fir.toml").write_text(f'core = "fir"\nname = "fir"\ncoefficients = {TAPS}\n')
    assert main(["generate", str(tmp_path / "fir.toml"), "--estimate", "--output", str(tmp_path / "out")]) == 0
    text = (tmp_path / "out/fir.md").read_text()
    assert f"| logic elements | {estimate(load_core(tmp_path / 'fir.toml')).logic_elements} |" in text


@pytest.mark.parametrize("kind", ["threshold", "noise_reducer", "band_gain", "compressor", "denoiser", "adjustable_fir"])
def test_the_map_of_registers_is_what_stands_in_them(kind):
    """After a reset, and after all ones were written: each field holds what the map says, no other bit anything."""
    core = example(EXAMPLES[0].with_stem(kind))[0]
    addresses = sorted({field.address for field in core.register_map})
    ones = (1 << 16) - 1
    events, probes, at = [], [], 40
    for value in (None, ones):
        for address in addresses:
            if value is not None:
                events += [(at, "control_address", address), (at, "control_writedata", value), (at, "control_write", 1)]
                events.append((at + 1, "control_write", 0))
                at += 4
            events.append((at, "control_address", address))
            probes.append((at + 1, "control_readdata"))
            at += 4
    nothing = {"data": np.zeros(0, np.int64), **core.accompany(np.zeros(0))}
    response = run(core, Stimulus(nothing, controls=core.controls, events=tuple(events), probes=tuple(probes), cycles=at + 4), "ghdl")
    reset = {address: sum(one.reset << one.low for one in core.register_map if one.address == address) for address in addresses}
    full = dict.fromkeys(addresses, 0)
    for one in core.register_map:
        most = (1 << one.high - one.low + 1) - 1
        full[one.address] += (one.reset if one.read_only else most if one.highest is None else min(most, one.highest)) << one.low
    assert list(response.probes) == [*reset.values(), *full.values()]
    text = datasheet(core, [])[f"{core.name}.md"]
    assert "## Registers" in text
    assert all(one.meaning in text for one in core.register_map)
