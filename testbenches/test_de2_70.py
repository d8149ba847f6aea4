"""The DE2-70 project: Tcl, pins, VHDL, and the whole board simulated with its codec."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from scipy.signal import resample_poly

from fixed_point import audio_to_words
from fpga_projects.boards import project_writer
from fpga_projects.boards.de2_70.project import TOP_PORTS, pins, readme
from fpga_projects.boards.de2_70.signal_path import CODEC_RATE, CODEC_WORD, SignalPath
from fpga_projects.boards.de2_70.simulation import DELAY, OVERRUN, UNDERRUN, BoardProof, compile_board, programme, prove_board
from fpga_projects.boards.de2_70.simulation import main as simulation
from ip_cores.core import make_core
from ip_cores.description import load_core
from ip_cores.generate import generate
from ip_cores.parameters import ParameterError
from ossicle.command_line import main
from testbenches.engines.board_native import build_board, play_board
from testbenches.engines.ghdl import analyse, find_ghdl, run_tool
from testbenches.errors import SimulationError, ToolError
from testbenches.for_tests.tcl import find_tclsh, run_tcl
from testbenches.signals import excerpt

ROOT = Path(__file__).resolve().parent.parent
VHDL = ROOT / "testbenches" / "vhdl"
TIMING = Path(__file__).resolve().parent / "for_tests" / "timing"
HEARING_AID = ROOT / "fpga_projects" / "de2_70_hearing_aid"
FILTER = {"core": "fir", "name": "tilt", "form": "serial", "coefficients": [0.5, -0.25, 0.125, 0.3], "source": "sfix20_En19"}
OTHER = {**FILTER, "name": "other", "coefficients": [0.25, 0.5, -0.3, 0.1]}
tcl = pytest.mark.skipif(find_tclsh() is None, reason="no Tcl interpreter (apt-get install tcl)")


def write(files, folder):
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return json.loads(files["project.json"])


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = tmp_path_factory.mktemp("board")
    return folder, write(project_writer("de2-70")(make_core(FILTER)), folder)


HALVES = {50: 10_000, 12: 41_667}
"""Half a period of the board's clocks, in ps, by their rate in MHz."""


def after_a_short_request(sink, source, stages, folder):
    """What GHDL prints of `short_reset.vhd`: a side's clock in MHz, and the registers of the synchroniser at each clock."""
    path = SignalPath(make_core(FILTER))
    resets = {"sink_side_reset": stages[sink], "source_side_reset": stages[source]}
    made = [path.cores["codec_fifo"], *(make_core({"core": "reset_synchronizer", "name": name, "stages": n}) for name, n in resets.items())]
    files = [file for core in made for file in generate(core, folder / core.name, companions=None).paths]
    ghdl = find_ghdl().path
    run_tool([ghdl, "-a", "--std=93", *map(str, files), str(VHDL / "short_reset.vhd")], cwd=folder)
    halves = [f"-gSINK_HALF={HALVES[sink]}", f"-gSOURCE_HALF={HALVES[source]}"]
    return run_tool([ghdl, "--elab-run", "--std=93", "bench", *halves, "--ieee-asserts=disable"], cwd=folder)


@pytest.mark.parametrize(("sink", "source"), [(12, 50), (50, 12)])
def test_no_word_of_before_a_short_reset_leaves_a_queue(sink, source, tmp_path):
    cores = SignalPath(make_core(FILTER)).cores
    stages = {50: cores["system_reset"].stages, 12: cores["codec_reset"].stages}
    assert "passed" in after_a_short_request(sink, source, stages, tmp_path)


def test_a_fast_side_that_is_back_too_early_is_noticed(tmp_path):
    with pytest.raises(ToolError, match="a word of before the request"):
        after_a_short_request(12, 50, {50: 3, 12: 3}, tmp_path)


@tcl
def test_every_tcl_file_runs(project):
    folder, manifest = project
    name = manifest["entity"]
    calls = run_tcl(folder / f"{name}.qsf", TOP_PORTS)
    rows = [line.split() for line in calls if line.startswith("set_location_assignment")]
    placed = {target.strip("{}"): pin.removeprefix("PIN_") for _, pin, target in rows}
    assert placed == pins()
    compiled = [line.split()[-1] for line in calls if line.startswith("set_global_assignment VHDL_FILE")]
    assert set(compiled) == {*manifest["files"], manifest["pll"]}
    assert any("create_clock system_clock 20.000" in line for line in run_tcl(folder / f"{name}.sdc", TOP_PORTS))
    assert run_tcl(folder / "compile.tcl") == [f"project_open {name}", "execute_flow -compile", "project_close"]


WRONG = {
    "a pin given twice": ("PIN_T29", "PIN_AD15", "PIN_AD15 is given to"),
    "an unknown name": ("VHDL_INPUT_VERSION", "VHDL_VERSION", "unknown global assignment"),
    "a port that is not there": ("{iKEY[0]}", "{iKEY[4]}", "no port"),
    "a missing file": ("pll/pll_50_to_12.vhd", "pll/pll.vhd", "no such file"),
    "no pin": ("PIN_T29", "PIN_29", "set_location_assignment"),
}


@tcl
@pytest.mark.parametrize(("old", "new", "message"), WRONG.values(), ids=WRONG)
def test_the_tcl_check_refuses(project, old, new, message):
    folder, manifest = project
    text = (folder / f"{manifest['entity']}.qsf").read_text()
    assert old in text
    broken = folder / "broken.qsf"
    broken.write_text(text.replace(old, new))
    with pytest.raises(ToolError, match=message):
        run_tcl(broken, TOP_PORTS)


def test_pins_are_those_of_public_projects():
    """All from the collection; where projects disagree the board's own is taken."""
    known = json.loads((ROOT / "fpga_projects/boards/de2_70/pins.json").read_text())
    placed = pins()
    assert all(known[name]["pin"] == pin for name, pin in placed.items())
    assert len(set(placed.values())) == len(placed)
    expected = {"iCLK_50": "AD15", "AUD_BCLK": "E17", "oAUD_XCK": "D17", "oI2C_SCLK": "J18", "I2C_SDAT": "H18", "iSW[7]": "AD25"}
    assert {name: placed[name] for name in expected} == expected


def test_constraints_name_every_pin(project):
    folder, manifest = project
    text = (folder / f"{manifest['entity']}.sdc").read_text()
    named = {re.sub(r"\[.*", "", name) for group in re.findall(r"get_ports \{([^}]*)\}", text) for name in group.split()}
    assert named == {port.name for port in TOP_PORTS}


ALTERA = """\
library ieee;
use ieee.std_logic_1164.all;

package altera_mf_components is
    component altpll
        generic (
            clk0_divide_by: natural := 1; clk0_duty_cycle: natural := 50; clk0_multiply_by: natural := 1; clk0_phase_shift: string := "0";
            compensate_clock: string := "CLK0"; gate_lock_signal: string := "NO"; inclk0_input_frequency: natural;
            intended_device_family: string := "unused"; invalid_lock_multiplier: natural := 5; lpm_type: string := "altpll";
            operation_mode: string; valid_lock_multiplier: natural := 1
        );
        port (
            areset: in std_logic := '0';
            inclk: in std_logic_vector(1 downto 0) := (others => '0');
            clk: out std_logic_vector(5 downto 0);
            locked: out std_logic
        );
    end component;
end package altera_mf_components;
"""
"""What altera_mf declares of the PLL's ports that we use (ALTPLL megafunction user guide)."""


def test_vhdl_is_strict_93(project, tmp_path):
    folder, manifest = project
    files = [folder / file for file in manifest["files"]]
    analyse([*files[:-1], folder / "simulation/pll_50_to_12.vhd", files[-1]])
    (tmp_path / "altera_mf.vhd").write_text(ALTERA)
    ghdl = find_ghdl().path
    run_tool([ghdl, "-a", "--std=93", "--work=altera_mf", "altera_mf.vhd"], cwd=tmp_path)
    run_tool([ghdl, "-a", "--std=93", "--warn-error", str(folder / manifest["pll"])], cwd=tmp_path)
    pll = (folder / manifest["pll"]).read_text()
    factors = {
        name: int(re.search(rf"{name} => (\d+)", pll)[1]) for name in ("clk0_multiply_by", "clk0_divide_by", "inclk0_input_frequency")
    }
    assert factors["inclk0_input_frequency"] == 20_000
    assert 50e6 * factors["clk0_multiply_by"] / factors["clk0_divide_by"] == 12e6


@pytest.mark.skipif(shutil.which("sta") is None, reason="no OpenSTA (package opensta)")
@pytest.mark.parametrize("asked", [None, -10.0], ids=["as delivered", "ten nanoseconds of hold"])
def test_pins_meet_their_constraints(asked, project, tmp_path):
    """In a static timing analysis of registers at the pins. A negative minimum would ask for so much hold, which no register has."""
    folder, manifest = project
    shutil.copytree(TIMING, tmp_path, dirs_exist_ok=True)
    text = (folder / f"{manifest['entity']}.sdc").read_text()
    if asked is not None:
        text = re.sub(r"(set_output_delay .* -min )0\.0", rf"\g<1>{asked}", text)
    (tmp_path / "CONSTRAINTS").write_text(text)
    printed = run_tool(["sta", "-exit", "check.tcl"], cwd=tmp_path)
    assert "Error" not in printed
    slack = {(name, delay): float(number) for delay, name, number in ends(printed)}
    outputs = {"AUD_BCLK", "AUD_ADCLRCK", "AUD_DACLRCK", "oAUD_DACDAT"}
    assert {name for name, _ in slack} >= outputs
    assert all((value >= 0) == (asked is None or delay == "max" or name not in outputs) for (name, delay), value in slack.items())


def ends(printed):
    """Kind of delay, end point and slack."""
    delay = ""
    for line in printed.splitlines():
        if line.startswith("delay "):
            delay = line.split()[1]
        elif match := re.match(r"(\w+)(?:/\w+)? \(.*?\) +[-\d.]+ +[-\d.]+ +(-?[\d.]+)", line):
            yield delay, match[1], match[2]


def simulate_board(folder, manifest, words, microseconds, drift, refused="0"):
    """Left and right words that the DAC got, frames before the codec began, the bus's log, the lamps."""
    rows = "".join(format(int(word) & 0xFFFF, "016b") + "\n" for word in words)
    (folder / "adc.txt").write_text(rows)
    # The outputs wait 50 ms for the reference voltage: 2.5 million clocks in which nothing happens.
    control = folder / "cores/codec_setup/codec_setup_setup_control.vhd"
    text = control.read_text()
    assert "last_rest: natural := 2499999;" in text
    control.write_text(text.replace("last_rest: natural := 2499999;", "last_rest: natural := 999;"))
    pll = (folder / "simulation/pll_50_to_12.vhd").read_text()
    (folder / "drifting_pll.vhd").write_text(pll.replace("DRIFT_PPM: real := 0.0", f"DRIFT_PPM: real := {drift}"))
    bench = (
        (VHDL / "board_bench.vhd")
        .read_text()
        .replace("{top}", manifest["entity"])
        .replace('REFUSED: bit_vector := "0"', f'REFUSED: bit_vector := "{refused}"')
    )
    (folder / "board_bench.vhd").write_text(bench.replace('REFUSED: bit_vector := "0"', f'REFUSED: bit_vector := "{refused}"'))
    ghdl = find_ghdl().path
    files = [*manifest["files"][:-1], "drifting_pll.vhd", manifest["files"][-1], str(VHDL / "wm8731.vhd"), "board_bench.vhd"]
    run_tool([ghdl, "-a", "--std=93", *files], cwd=folder)
    options = [f"-gMICROSECONDS={microseconds}", "--ieee-asserts=disable"]
    printed = run_tool([ghdl, "--elab-run", "--std=93", "board_bench", *options], cwd=folder)
    played = [[int(bits, 2) for bits in line.split()] for line in (folder / "dac.txt").read_text().splitlines()]
    left, right = (np.array(side) - 65536 * (np.array(side) >= 32768) for side in zip(*played, strict=True))
    lamps = dict(enumerate(re.findall(r"'(.)'", printed[printed.index("lamps") :])[::-1]))
    return left, right, int((folder / "start.txt").read_text()), (folder / "i2c.txt").read_text().splitlines(), lamps


def test_speech_through_the_whole_board(project):
    """Speech in at the ADC's pin leaves the DAC's pin as the model says, the codec's clock drifting 100 ppm to and fro."""
    folder, manifest = project
    core = make_core(FILTER)
    speech = excerpt()
    loudest = int(np.argmax(np.abs(speech)))
    speech = speech[loudest - 5 : loudest + 75] / np.abs(speech[loudest])
    words = audio_to_words(resample_poly(0.5 * speech, 3, 1), CODEC_WORD)
    # The second transfer is refused twice.
    left, right, before, log, lamps = simulate_board(folder, manifest, words, 7600, 100.0, refused="0110")
    assert left.tolist() == right.tolist()
    path = SignalPath(core)
    expected = path.model(np.concatenate([np.zeros(before, int), words]))[before:]
    count = min(len(left) - DELAY, len(expected))
    assert count > 80
    assert np.ptp(expected[:count]) > 1000
    assert left[DELAY : DELAY + count].tolist() == expected[:count].tolist()
    assert not left[:DELAY].any()
    sent = path.cores["codec_setup"].model([1, 2])[0].reshape(-1, 3)
    assert [row.split()[1] for row in log] == ["".join(f"{byte:08b}" for byte in transfer) for transfer in sent]
    assert [n for n, row in enumerate(log) if row[0] == "1"] == [1, 2]
    # Locked, set up, set-up retried; no error, no overrun, no underrun.
    assert [lamps[n] for n in range(6)] == ["1", "1", "1", "0", "0", "0"]


def test_lines_that_are_driven_before_the_codec_is_a_slave_are_noticed(tmp_path):
    """And the board above leaves them alone until then, or its simulation had ended so."""
    manifest = write(project_writer("de2-70")(make_core(FILTER)), tmp_path / "board")  # the simulation changes what it is given
    top = tmp_path / "board" / manifest["files"][-1]
    text = top.read_text()
    assert text.count(" when drives_lines = '1' else 'Z';") == 3
    top.write_text(text.replace("AUD_ADCLRCK <= line_lrclk when drives_lines = '1' else 'Z';", "AUD_ADCLRCK <= line_lrclk;"))
    with pytest.raises(ToolError, match="BCLK or LRCK driven before the codec is a slave"):
        simulate_board(tmp_path / "board", manifest, np.zeros(1, int), 100, 0.0)


def test_the_project_in_the_repository_is_what_the_command_writes(tmp_path):
    core = load_core(ROOT / "examples/denoiser.toml")
    files = project_writer("de2-70")(core)
    paths = [path for path in sorted(HEARING_AID.rglob("*")) if path.is_file() and path.name != ".written"]
    kept = {str(path.relative_to(HEARING_AID)): path.read_text() for path in paths}
    kept["README.md"], heading, estimate = kept["README.md"].partition(f"\n## What {core.name}_de2_70 costs")
    assert heading
    # Every entity of the project by name, and power.
    assert all(f"{name}" in estimate for name in SignalPath(core).cores)
    assert "| total |" in estimate
    assert kept == files, "ossicle project de2-70 examples/denoiser.toml --estimate --output fpga_projects/de2_70_hearing_aid"


def test_command_writes_the_project(tmp_path, capfd):
    description = tmp_path / "tilt.toml"
    description.write_text('core = "fir"\nname = "tilt"\nform = "serial"\ncoefficients = [0.5, -0.25]\n')
    folder = tmp_path / "out"
    assert main(["project", "de2-70", str(description), "--output", str(folder)]) == 0
    written = {str(path) for path in folder.rglob("*") if path.is_file() and path.name != ".written"}
    assert written == set(capfd.readouterr().out.splitlines())
    assert {"tilt_de2_70.qpf", "tilt_de2_70.qsf", "compile.tcl", "Makefile", "README.md"} <= {path.name for path in folder.iterdir()}


BAD = {
    "an unknown board": ("de2-115", 'core = "fir"\ncoefficients = [0.5]\n', "must be one of de2-70 (nearest: de2-70)"),
    "an unsigned format": (
        "de2-70",
        'core = "stream_register"\nsink = "ufix16_En0"\n',
        "must be one signed format of up to 32 bits",
    ),
    "several bands": ("de2-70", 'core = "swt_analysis"\n', "must have words alone at its source"),
    "another rate": (
        "de2-70",
        'core = "fir"\nform = "serial"\ndecimation = 2\ncoefficients = [0.5, 0.5]\n',
        "must give a word for each it takes, not 1/2",
    ),
    "no stream": ("de2-70", 'core = "reset_synchronizer"\n', "must take a stream and give one"),
    "a name that is taken": ("de2-70", 'core = "fir"\nname = "decimator"\ncoefficients = [0.5]\n', "must be none of"),
}


BAD_PAIRS = {
    "one name for two cores": ({**OTHER, "name": "tilt"}, "must differ from the left ear's"),
    "other formats": ({**OTHER, "source": "sfix18_En17"}, "must be sfix20_En19, as the left ear's"),
}


@pytest.mark.parametrize(("right", "message"), BAD_PAIRS.values(), ids=BAD_PAIRS)
def test_ears_that_do_not_fit(right, message):
    with pytest.raises(ParameterError, match=message):
        SignalPath(make_core(FILTER), make_core(right))


def test_no_switch_writes_a_register():
    """Inside of another core the slave's ports have the stage's name in front."""
    stages = [{"core": "noise_reducer"}, {"core": "band_gain"}]
    path = SignalPath(make_core({"core": "hearing_aid", "name": "aid", "stages": stages}))
    lines = path.connections(path.core)
    assert path.notes == ["4 noise_reducer_bypass of aid", "5 noise_reducer_freeze of aid", "6 band_gain_bypass of aid"]
    assert {"noise_reducer_control_write => '0'", "band_gain_control_write => '0'"} <= set(lines)


@pytest.mark.parametrize(("board", "description", "message"), BAD.values(), ids=BAD)
def test_bad_input_is_one_line(board, description, message, tmp_path, capfd):
    (tmp_path / "core.toml").write_text(description)
    assert main(["project", board, str(tmp_path / "core.toml"), "--output", str(tmp_path / "out")]) == 2
    error = capfd.readouterr().err
    assert error.count("\n") == 1
    assert message in error
    assert [path.name for path in tmp_path.iterdir()] == ["core.toml"]


def test_a_folder_with_other_files_is_left_alone(tmp_path, capfd):
    (tmp_path / "core.toml").write_text('core = "fir"\ncoefficients = [0.5]\n')
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("mine")
    assert main(["project", "de2-70", str(tmp_path / "core.toml"), "--output", str(tmp_path / "out")]) == 2
    assert "holds files that were not written here" in capfd.readouterr().err
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["thesis.txt"]


def test_what_somebody_changed_is_kept(tmp_path, capfd):
    """Quartus writes into the file of settings; assignments of one's own are there too."""
    description, folder = tmp_path / "core.toml", tmp_path / "out"
    command = ["project", "de2-70", str(description), "--output", str(folder)]
    settings = folder / "tilt_de2_70.qsf"
    description.write_text('core = "fir"\nname = "tilt"\ncoefficients = [0.5]\n')
    assert main(command) == 0
    written = settings.read_text()
    assert hashlib.sha256(written.encode()).hexdigest() + "  tilt_de2_70.qsf" in (folder / ".written").read_text().splitlines()
    for mine, kept in (("# mine\n", "tilt_de2_70.qsf.bak"), ("# again mine\n", "tilt_de2_70.qsf.bak2")):
        settings.write_text(written + mine)
        capfd.readouterr()
        assert main(command) == 0
        assert capfd.readouterr().err == f"{settings}: was changed since it was written; that version is kept as {kept}\n"
        assert (settings.read_text(), (folder / kept).read_text()) == (written, written + mine)
    assert main(command) == 0
    assert capfd.readouterr().err == ""
    assert sorted(path.name for path in folder.glob("*.bak*")) == ["tilt_de2_70.qsf.bak", "tilt_de2_70.qsf.bak2"]


@pytest.fixture(scope="module")
def program(project):
    if shutil.which("verilator") is None:
        pytest.skip("no Verilator (make setup)")
    return build_board(project[0])


@pytest.mark.parametrize(("offset", "drift", "refused"), [(100.0, 0.0, "0110"), (-100.0, 0.0, "0"), (0.0, 100.0, "000001")])
def test_sound_through_the_compiled_board(program, offset, drift, refused):
    """As machine code, more of it: speech from its loudest place on, silence, and full-scale noise."""
    words = programme(1.5)
    start = int(np.argmax(np.abs(words[:CODEC_RATE]))) - 1500
    words = np.concatenate([words[start : start + 2500], words[CODEC_RATE + 9000 : CODEC_RATE + 11000]])
    assert (words == 0).sum() > 500 < (np.abs(words) > 32000).sum()
    proof = prove_board(SignalPath(make_core(FILTER)), program, words, offset, drift, refused)
    setup = SignalPath(make_core(FILTER)).cores["codec_setup"]
    assert proof == BoardProof(len(words), len(setup.registers) + refused.count("1"))


def test_a_board_that_plays_something_else_is_noticed(program):
    other = make_core({**FILTER, "coefficients": [0.5, -0.25, 0.125, 0.31]})
    with pytest.raises(SimulationError, match=r"frame \d+: the DAC's left word is"):
        prove_board(SignalPath(other), program, np.full(200, 1000))


def test_each_ear_hears_its_own_channel():
    """Two cores as one machine; the right words are the inverse of the left ones."""
    if shutil.which("verilator") is None:
        pytest.skip("no Verilator (make setup)")
    cores = make_core(FILTER), make_core(OTHER)
    program = compile_board(*cores)
    words = programme(0.05)
    assert np.ptp(words) > 1000
    assert prove_board(SignalPath(*cores), program, words, 100.0, 50.0).frames == len(words)
    with pytest.raises(SimulationError, match=r"frame \d+: the DAC's right word is"):
        prove_board(SignalPath(cores[0], cores[0]), program, words)


@pytest.mark.parametrize("sound", ["tone", "noise"])
def test_a_core_that_gives_alone_is_heard(sound):
    """A tone of audiometry, or noise: a word for each of the converter's, which goes nowhere."""
    if shutil.which("verilator") is None:
        pytest.skip("no Verilator (make setup)")
    core = make_core({"core": "nco", "name": "tone", "sound": sound, "source": "sfix18_En17"})
    program = compile_board(core)
    assert prove_board(SignalPath(core), program, programme(0.05), 100.0, 50.0).frames == 2400
    with pytest.raises(SimulationError, match=r"frame \d+: the DAC's left word is"):
        prove_board(SignalPath(core.replace(level=core.level / 2)), program, programme(0.05))


@tcl
def test_a_project_with_a_core_for_each_ear(tmp_path):
    files = project_writer("de2-70")(make_core(FILTER), make_core(OTHER))
    manifest = write(files, tmp_path)
    calls = run_tcl(tmp_path / "tilt_de2_70.qsf", TOP_PORTS)
    compiled = [line.split()[-1] for line in calls if line.startswith("set_global_assignment VHDL_FILE")]
    assert set(compiled) == {*manifest["files"], manifest["pll"]}
    assert {"tilt_ear.vhd", "other_ear.vhd"} <= set(manifest["files"])
    both = [tmp_path / file for file in manifest["files"]]
    analyse([*both[:-1], tmp_path / "simulation/pll_50_to_12.vhd", both[-1]])


def test_one_core_for_both_ears_is_written_once():
    files = project_writer("de2-70")(make_core(FILTER), make_core(FILTER))
    assert [name for name in files if name.endswith("_ear.vhd")] == ["tilt_ear.vhd"]
    assert files["tilt_de2_70.vhd"].count("entity work.tilt_ear") == 2


def test_lost_words_light_a_lamp(program):
    """A codec 30 times too fast: words come sooner than the board can take them, and go sooner than it makes them."""
    lamps = play_board(program, np.zeros(10), 3000, offset=-970_000.0).lamps
    assert lamps & OVERRUN
    assert lamps & UNDERRUN


def test_a_codec_that_never_answers_is_reported(program):
    """Refused four times, one more than is tried again: the set-up ends with an error, and nothing is played."""
    with pytest.raises(SimulationError, match="the set-up failed"):
        play_board(program, np.zeros(10), 10, refused="1111")


def test_the_proof_as_a_command(tmp_path, capsys, monkeypatch, program):
    """Like `make board`, with less sound; a file that is not there is one line."""
    monkeypatch.setattr("fpga_projects.boards.de2_70.simulation.OFFSETS", (-100.0,))
    lines = [f'{key} = "{value}"' if isinstance(value, str) else f"{key} = {value}" for key, value in FILTER.items()]
    (tmp_path / "tilt.toml").write_text("\n".join(lines))
    assert simulation(["--seconds", "0.02", str(tmp_path / "tilt.toml")]) == 0
    assert "-100 ppm: 960 words (0.02 s) of each ear equal to the model's, no overrun, no underrun" in capsys.readouterr().out
    assert simulation([str(tmp_path / "none.toml")]) == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize(
    ("core", "held", "delay"),
    [
        ({"core": "pitch_shifter", "ratio": 1.5}, "`ratio of user: 49152`", "is no one number"),
        ({"core": "frequency_shifter", "shift": 1000}, "`increment of user: 1048576`", "is 0.44 ms (7 samples)"),
        ({"core": "fir", "coefficients": [0.25, 0.5, 0.25]}, None, "is 0.06 ms (1 sample)"),
        ({"core": "stream_register"}, None, "is none of its own"),
        ({"core": "nco"}, "`level of user: 32768`, `increment of user: 1048576`", "is none, since nothing that comes in is heard"),
    ],
)
def test_the_readme_tells_what_is_held_and_what_a_listener_waits_for(core, held, delay):
    told = readme(SignalPath(make_core({**core, "name": "user"})), "user_de2_70")
    assert f"the algorithmic delay {delay}" in told
    assert ("Held at what the description says" in told) == (held is not None)
    assert held is None or f"since no switch moves them: {held}." in told
