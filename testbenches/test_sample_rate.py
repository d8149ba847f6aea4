"""The sample rate of a description: what goes by it, and what it does not touch."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
import scipy.signal

from fixed_point.sound import read_audio, write_audio
from fpga_projects.boards.de2_70.signal_path import SignalPath
from ip_cores.chain import Chain
from ip_cores.companions.datasheet import datasheet
from ip_cores.core import make_core
from ip_cores.generate import vhdl
from ip_cores.parameters import ParameterError
from ossicle.command_line import main
from testbenches.signals import EXAMPLES, make_audio

BAND = {"method": "firwin", "numtaps": 31, "cutoff": [700, 4000], "pass_zero": "bandpass"}
LOW = {"method": "firwin", "numtaps": 32, "cutoff": 7000}


def fir(**more):
    return {"core": "fir", "coefficient": "sfix18_En17", **more}


@pytest.mark.parametrize(
    ("description", "design", "fs"),
    [
        ({}, BAND, 16000),
        ({"sample_rate": 48000}, BAND, 48000),
        ({"sample_rate": 48000.0}, {**BAND, "fs": 48000}, 48000),
        ({"sample_rate": 48000, "decimation": 3}, LOW, 48000),
        ({"interpolation": 3}, LOW, 48000),
        ({"interpolation": 3}, {**LOW, "fs": 48000}, 48000),
        ({"sample_rate": 44100}, {**LOW, "cutoff": 0.25}, 2),
        ({"sample_rate": 44100}, {**LOW, "cutoff": 0.25, "fs": 1}, 1),
    ],
)
def test_a_design_is_made_at_the_rate_of_its_taps(description, design, fs):
    core = make_core(fir(**description, coefficients=design))
    arguments = {key: value for key, value in design.items() if key not in ("method", "fs")}
    assert core.coefficients == tuple(scipy.signal.firwin(**arguments, fs=fs).tolist())


@pytest.mark.parametrize(
    ("description", "message"),
    [
        (fir(coefficients={**BAND, "fs": 96000}), r"coefficients\.fs = 96000: must be 16000, the rate .* set sample_rate"),
        (fir(coefficients={**LOW, "fs": 16000}, interpolation=3), r"coefficients\.fs = 16000: must be 48000"),
        (fir(coefficients={**LOW, "cutoff": 3.0}), r"coefficients\.cutoff = 3\.0: must reach 20 Hz or stay within 1"),
        (fir(coefficients=[0.5], sample_rate=0), "sample_rate = 0: must be a number above 0"),
        (fir(coefficients=[0.5], sample_rate=True), "sample_rate = true: must be a number"),
        (fir(coefficients=[0.5], sample_rate="16 kHz"), "sample_rate"),
        (fir(coefficients=[0.5], sample_rate=float("nan")), "sample_rate = nan"),
        (
            {"core": "chain", "sample_rate": 48000, "stages": [fir(coefficients=[0.5], sample_rate=16000)]},
            r"stages\[0\]\.sample_rate = 16000: must be 48000, that of the chain",
        ),
        (
            {"core": "chain", "stages": [fir(coefficients=[0.5], decimation=2), fir(coefficients=[0.5], sample_rate=16000)]},
            r"stages\[1\]\.sample_rate = 16000: must be 8000, at which words leave stage_0",
        ),
    ],
)
def test_what_does_not_fit_is_refused(description, message):
    with pytest.raises(ParameterError, match=message):
        make_core(description)


def test_stages_derive_their_rates():
    described = [fir(coefficients=LOW, decimation=3), fir(coefficients=BAND), fir(coefficients=LOW, interpolation=3)]
    core = make_core({"core": "chain", "sample_rate": 48000, "stages": described})
    assert [stage.sample_rate for stage in core.parts] == [48000, 16000, 16000]
    assert core.source_rate == 48000
    assert core.parts[1].coefficients == make_core(fir(coefficients=BAND)).coefficients
    assert core.clock_needed == float(core.cycles_per_sample) * 48000
    assert make_core(core.description) == core
    nested = Chain([make_core(fir(coefficients=[0.5], sample_rate=8000)), Chain([make_core(fir(coefficients=[0.5]))], name="inner")])
    assert nested.sample_rate == nested.parts[1].parts[0].sample_rate == 8000
    thirds = make_core({"core": "chain", "stages": [fir(coefficients=[0.5], decimation=3), fir(coefficients=[0.5])]})
    assert thirds.parts[1].sample_rate == pytest.approx(16000 / 3)


def test_a_calculation_runs_at_the_rate_of_its_sequencer():
    core = make_core({"core": "sequencer", "sample_rate": 8000, "calculation": fir(coefficients={**LOW, "cutoff": 2000})})
    assert core.calculation.sample_rate == 8000
    assert core.calculation.coefficients == tuple(scipy.signal.firwin(32, 2000, fs=8000).tolist())


def test_the_vhdl_knows_nothing_of_it():
    one, other = (make_core(fir(coefficients=[0.25, 0.5], sample_rate=rate)) for rate in (16000, 44100))
    assert vhdl(one) == vhdl(other)
    assert "sample_rate" not in one.description
    assert other.description["sample_rate"] == 44100


def test_the_datasheet_speaks_of_it():
    core = make_core(fir(name="band", form="serial", coefficients=BAND, sample_rate=44100))
    pages = datasheet(core, ["band.vhd"])
    assert "| sample rate | 44.1 kHz |" in pages["band.md"]
    assert f"| clock needed at that rate | {44.1 * float(core.cycles_per_sample):.6g} kHz" in pages["band.md"]
    assert f"| group delay | 15 samples, {15 / 44.1:.4g} ms |" in pages["band.md"]
    assert "frequency in kHz" in pages["band_response.svg"]
    assert ">22.05</text>" in pages["band_response.svg"]  # half the rate, at the end of the axis


def test_show_tells_clocks_and_milliseconds(tmp_path, capsys):
    path = tmp_path / "d.toml"
    path.write_text('core = "fir"\nform = "serial"\nsample_rate = 48000\ndecimation = 3\ncoefficients = [0.25, 0.5, 0.25]\n')
    assert main(["show", str(path)]) == 0
    text = re.sub(" +", " ", capsys.readouterr().out)
    assert "group delay 1 sample, 0.02083 ms" in text
    assert "sample rate 48 kHz\nsource rate 16 kHz\n" in text
    assert main(["show", str(path), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["sample_rate"], facts["source_rate"]) == (48000, 16000)
    assert facts["clock_needed"] == pytest.approx(48000 * facts["cycles_per_sample"])
    assert facts["group_delay_ms"] == pytest.approx(1 / 48)


def test_process_leaves_a_file_of_the_core_s_rate_alone(tmp_path, capsys):
    path = tmp_path / "d.toml"
    path.write_text('core = "fir"\nsample_rate = 96000\n[coefficients]\nmethod = "firwin"\nnumtaps = 15\ncutoff = 20000\nfs = 96000\n')
    x = np.random.default_rng(3).integers(-16384, 16384, 400) / 32768
    write_audio(tmp_path / "in.wav", x, 96000)
    assert main(["process", str(path), str(tmp_path / "in.wav"), str(tmp_path / "out.wav")]) == 0
    assert capsys.readouterr().err == ""
    heard = read_audio(tmp_path / "out.wav", 96000)
    assert heard.note == ""
    truth = np.convolve(x, scipy.signal.firwin(15, 20000, fs=96000))[:400]
    assert np.max(np.abs(heard.samples - truth)) < 4 / 32768
    write_audio(tmp_path / "slow.wav", x, 16000)
    assert main(["process", str(path), str(tmp_path / "slow.wav"), str(tmp_path / "out.wav")]) == 0
    assert "slow.wav: converted from 16000 to 96000" in capsys.readouterr().err


@pytest.mark.parametrize(("rate", "hertz"), [(16000, 1000), (48000, 1000), (44100, 1000), (8000, 1000), (1600, 100)])
def test_named_signals_are_at_the_rate_of_the_core(rate, hertz):
    """A sine has its frequency, and speech its pitch and length, as a file of that rate would."""
    core = make_core({"core": "fifo", "sample_rate": rate})
    spectrum = np.abs(np.fft.rfft(make_audio("sine", core, rate)))
    assert np.argmax(spectrum) == hertz, "one second: a bin is a hertz"
    if rate >= 8000:
        speech = make_audio("speech", core, rate)
        assert np.array_equal(speech, read_audio(EXAMPLES / "speech.wav", rate).samples[:rate])


def test_the_board_runs_cores_at_its_own_rate():
    with pytest.raises(ParameterError, match="sample_rate = 48000: must be 16000, the rate at which the board runs a core"):
        SignalPath(make_core(fir(coefficients=[0.5], sample_rate=48000)))
