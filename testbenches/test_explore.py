"""Sweeps: ranges and names, figures against independent arithmetic, and results that survive whatever stops a sweep."""

from __future__ import annotations

import csv
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.signal

from fpga_projects.estimation.estimate import estimate
from fpga_projects.exploration.design_space import DesignSpace, SpaceError, parse_values
from fpga_projects.exploration.executors import map_points, processes
from fpga_projects.exploration.explore import explore
from fpga_projects.exploration.metrics import QualityError
from fpga_projects.exploration.optimize import optimize
from fpga_projects.exploration.result_store import ResultsError
from ip_cores.core import make_core
from ip_cores.description import load_core, read_description
from ip_cores.parameters import ParameterError
from testbenches.signals import excerpt

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
SERIAL = EXAMPLES / "band_serial.toml"
TAPS = [0.03, -0.11, 0.27, 0.6, 0.27, -0.11, 0.03]
SMALL = {"core": "fir", "name": "short", "coefficients": TAPS, "coefficient": "sfix16_En15", "source": "sfix16_En14"}
SPEECH = np.random.default_rng(1).laplace(0, 0.1, 3000).clip(-1, 1)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("8:20", tuple(range(8, 21))),
        ("8:16:4", (8, 12, 16)),
        ("8:17:4", (8, 12, 16)),
        ("8:8", (8,)),
        ("-2:1", (-2, -1, 0, 1)),
        ("direct,serial", ("direct", "serial")),
        ("0.5,1", (0.5, 1)),
        ("true", (True,)),
    ],
)
def test_ranges_include_both_ends(text, values):
    assert parse_values("p", text) == values


@pytest.mark.parametrize("text", ["", "20:8", "8:20:0", "8:20:-4", "8:", ":8", "1:2:3:4", "8;9", "a:b", "8,,9", "0:99999999"])
def test_bad_ranges_are_refused_in_one_line(text):
    with pytest.raises(ParameterError) as refused:
        parse_values("source.word_length", text)
    assert "source.word_length" in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("coeficient.word_length", "nearest: coefficient"),
        ("coefficient", "coefficient.word_length"),
        ("coefficient.bits", "coefficient.word_length"),
        ("gain.word_length", "has no parts"),
        ("stages[0].gain", "no such parameter"),
    ],
)
def test_unknown_parameters_name_what_there_is(path, hint):
    with pytest.raises(SpaceError, match=hint.replace(".", r"\.").replace("[", r"\[")):
        DesignSpace(SMALL, {path: (1,)})


def test_a_sweep_that_would_never_end_is_refused():
    many = {f"{name}.word_length": range(4, 25) for name in ("sink", "coefficient", "source")} | {"gain": range(1, 201)}
    with pytest.raises(SpaceError, match="combinations"):
        explore(SMALL, many, input=SPEECH)


def test_a_word_length_keeps_the_integer_part():
    space = DesignSpace({**SMALL, "source": "sfix16_En13"}, {"source.word_length": (9,), "coefficient.word_length": (12,)})
    core = space.core((9, 12))
    assert (str(core.source), str(core.coefficient), str(core.sink)) == ("sfix9_En6", "sfix12_En11", "sfix16_En15")
    assert space.changed_description((9, 12)) == {**SMALL, "source": "sfix9_En6", "coefficient": "sfix12_En11"}


def test_a_key_of_a_design_table():
    space = DesignSpace(read_description(SERIAL), {"coefficients.numtaps": (8, 16)})
    assert [len(space.core((count,)).coefficients) for count in (8, 16)] == [8, 16]
    designed = scipy.signal.firwin(16, [700, 4000], pass_zero=False, fs=16000, window=("kaiser", 5.0))
    np.testing.assert_allclose(space.core((16,)).coefficients, designed)
    with pytest.raises(SpaceError, match="numtaps"):
        DesignSpace(read_description(SERIAL), {"coefficients.numtap": (8,)})


def test_stages_of_a_chain_follow_each_other():
    chain = {"core": "chain", "stages": [{**SMALL, "name": "a"}, {**SMALL, "name": "b", "sink": "sfix16_En14"}]}
    space = DesignSpace(chain, {"stages[0].source.word_length": (10, 18)})
    assert [str(stage.sink) for stage in space.core((10,)).stages] == ["sfix16_En15", "sfix10_En8"]
    assert space.changed_description((10,))["stages"][1]["sink"] == "sfix10_En8"
    for path in ("stages[1].sink.word_length", "stages[2].gain", "source.word_length"):
        with pytest.raises(SpaceError, match="stages"):
            DesignSpace(chain, {path: (8,)})


def test_what_is_inside_is_varied_at_any_depth():
    inner = {"core": "sequencer", "name": "outer", "segment_length": 8, "calculation": {**SMALL, "name": "a"}}
    chain = {"core": "chain", "stages": [inner, {**SMALL, "name": "b", "sink": "sfix16_En14"}]}
    space = DesignSpace(chain, {"stages[0].calculation.source.word_length": (10,), "stages[0].segment_length": (16, 32)})
    core = space.core((10, 32))
    assert str(core.stages[0].calculation.source) == str(core.stages[1].sink) == "sfix10_En8"
    assert core.stages[0].segment_length == 32
    assert make_core(space.changed_description((10, 32))) == core
    assert str(space.described("stages[0].calculation.source.word_length")) == "16"
    for path in ("stages[0].calculation.nope", "stages[0].calculation.sink.nope", "stages[0].nope"):
        with pytest.raises(SpaceError, match=re.escape(f"vary = {path}: ")):
            DesignSpace(chain, {path: (8,)})


def exact_snr(coefficient_bits, source_bits):
    """The SNR from integers alone: products and sums by np.convolve, rounding half up by a shift."""
    taps = np.floor(np.array(TAPS) * 2 ** (coefficient_bits - 1) + 0.5).astype(np.int64)
    words = np.clip(np.floor(SPEECH * 2**15 + 0.5), -(2**15), 2**15 - 1).astype(np.int64)
    shift = 15 + coefficient_bits - 1 - (source_bits - 2)
    sums = np.convolve(words, taps)[: SPEECH.size]
    rounded = np.clip((sums + (1 << shift - 1)) >> shift, -(2 ** (source_bits - 1)), 2 ** (source_bits - 1) - 1)
    truth = np.convolve(SPEECH, TAPS)[: SPEECH.size]
    error = rounded / 2.0 ** (source_bits - 2) - truth
    return 10 * np.log10(np.sum(truth**2) / np.sum(error**2)), np.mean(error**2)


def test_figures_equal_independent_arithmetic(tmp_path):
    vary = {"coefficient.word_length": range(8, 13), "source.word_length": (8, 12)}
    found = explore(SMALL, vary, input=SPEECH, metrics=["snr", "mse", "ripple", "stopband"], output=tmp_path)
    assert len(found.rows) == 10
    for row in found.rows:
        snr, mse = exact_snr(row["coefficient.word_length"], row["source.word_length"])
        assert row["snr"] == pytest.approx(snr, abs=1e-9)
        assert row["mse"] == pytest.approx(mse, rel=1e-9)
    rows = list(csv.DictReader((tmp_path / "results.csv").open()))
    assert list(rows[0])[:7] == ["coefficient.word_length", "source.word_length", "snr", "mse", "ripple", "stopband", "les"]
    assert [float(row["snr"]) for row in rows] == [row["snr"] for row in found.rows]
    assert {path.name for path in tmp_path.iterdir()} >= {"snr.png", "mse.png", "explore.html"}


def test_ripple_and_stopband_are_those_of_the_quantised_response():
    found = explore(SERIAL, {"coefficient.word_length": (8, 12, 16)}, metrics=["ripple", "stopband"])
    base: Any = load_core(SERIAL)
    for row in found.rows:
        quantised = base.replace(coefficient=base.coefficient.with_word_length(row["coefficient.word_length"])).quantized.values
        f, h = scipy.signal.freqz(quantised, worN=8192, fs=16000)
        truth = np.abs(scipy.signal.freqz(base.coefficients, worN=8192, fs=16000)[1])
        peaks = scipy.signal.find_peaks(truth)[0]
        lobes = peaks[(f[peaks] < 500) | (f[peaks] > 4200)]
        passes, stops = (f > 1400) & (f < 3300), truth <= truth[lobes].max()
        level = 20 * np.log10(np.abs(h) + 1e-12)
        assert row["ripple"] == pytest.approx(np.ptp(level[passes]), abs=0.05)
        assert row["stopband"] == pytest.approx(level.max() - level[stops].max(), abs=0.2)


def test_a_failed_point_says_why_and_loses_no_other(tmp_path):
    found = explore(SMALL, {"source.word_length": (12, 40, 16)}, input=SPEECH, output=tmp_path)
    assert [row.get("error") for row in found.rows] == [None, "source.word_length = 40: must be 2 to 32", None]
    assert all(np.isfinite(found.rows[place]["snr"]) for place in (0, 2))


def test_resume_computes_only_what_is_missing(tmp_path):
    explore(SMALL, {"source.word_length": range(8, 12)}, input=SPEECH, output=tmp_path)
    table = tmp_path / "results.csv"
    lines = table.read_text().splitlines()
    lines[2] = lines[2].replace(lines[2].split(",")[1], "77.5")  # a figure that no computation gives
    table.write_text("\n".join(lines[:4]) + "\n" + lines[4][:9])  # the last line torn
    with pytest.raises(ResultsError, match="--resume"):
        explore(SMALL, {"source.word_length": range(8, 14)}, input=SPEECH, output=tmp_path)
    found = explore(SMALL, {"source.word_length": range(8, 14)}, input=SPEECH, output=tmp_path, resume=True)
    assert [row["source.word_length"] for row in found.rows] == list(range(8, 14))
    assert found.rows[1]["snr"] == 77.5
    assert found.rows[3]["snr"] == explore(SMALL, {"source.word_length": (11,)}, input=SPEECH).rows[0]["snr"]
    with pytest.raises(ResultsError, match="another core"):
        explore({**SMALL, "rounding": "floor"}, {"source.word_length": (8,)}, input=SPEECH, output=tmp_path, resume=True)


def test_processes_find_the_same(tmp_path):
    vary = {"coefficient.word_length": range(6, 18), "source.word_length": range(8, 17)}
    alone, both = (explore(SMALL, vary, input=SPEECH, jobs=jobs) for jobs in (1, 2))
    assert alone.rows == both.rows


def test_the_best_are_confirmed_by_a_full_mapping(tmp_path):
    core = {**SMALL, "coefficients": TAPS[2:5], "form": "serial"}
    vary = {"coefficient.word_length": (6, 12), "source.word_length": (10, 12)}
    found = explore(core, vary, input=SPEECH, confirm=1, output=tmp_path)
    best = found.front()[-1]
    mapped = estimate(found.task.space.core(found.point(best)), x=None)
    assert (best["mapped_les"], best["mapped_m4k"]) == (mapped.logic_elements, mapped.m4k_blocks)
    assert [row for row in found.rows if row.get("mapped_les") is not None] == [best]
    written = [row for row in csv.DictReader((tmp_path / "results.csv").open()) if row["mapped_les"]]
    assert [int(row["mapped_les"]) for row in written] == [mapped.logic_elements]


def deadly(point):
    if point == 13:
        os.kill(os.getpid(), signal.SIGKILL)
    return point**2


def test_a_point_that_kills_its_process_costs_no_other_point():
    found = list(map_points(deadly, range(40), lambda: processes(2), 2))
    assert sorted(point for point, _ in found) == list(range(40))
    results = dict(found)
    assert "died 3 times" in str(results.pop(13))
    assert all(result == point**2 for point, result in results.items())


def command(*arguments):
    return [sys.executable, "-m", "ossicle", "explore", *map(str, arguments)]


def test_interrupt_stops_cleanly_and_resume_finishes(tmp_path):
    arguments = (SERIAL, "--vary", "coefficient.word_length=4:17", "--vary", "source.word_length=4:17", "--jobs", 2, "--output", tmp_path)
    table = tmp_path / "results.csv"
    running = subprocess.Popen(command(*arguments), stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 300
    while running.poll() is None and time.monotonic() < deadline and (not table.exists() or table.read_text().count("\n") < 20):
        time.sleep(0.02)
    running.send_signal(signal.SIGINT)
    complaint = running.communicate(timeout=300)[1]
    assert running.returncode == 130, complaint
    assert complaint.count("\n") == 1
    assert "--resume" in complaint
    before = list(csv.reader(table.open()))
    assert 20 < len(before) < 14 * 14
    done = subprocess.run(command(*arguments, "--resume"), capture_output=True, text=True, check=True)
    assert "196 points" in done.stdout
    after = list(csv.reader(table.open()))
    assert len(after) == 14 * 14 + 1 == len({tuple(row[:2]) for row in after})
    assert {tuple(row) for row in before} <= {tuple(row) for row in after}


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--vary", "source.word_length=20:8"], "must run upwards"),
        (["--vary", "sorce.word_length=8:20"], "nearest: source"),
        (["--vary", "source.word_length"], "PARAMETER=RANGE"),
        (["--vary", "source.word_length=8:9", "--input", "nowhere.wav"], "no such file"),
        (["--vary", "source.word_length=8:9", "--scheduler", "tcp://127.0.0.1:9"], "scheduler"),
        (["--vary", "source.word_length=40:41"], "2 of 2 points failed"),
    ],
)
def test_bad_input_is_one_line_and_status_2(arguments, complaint, tmp_path, capsys):
    from ossicle.command_line import main

    assert main(["explore", str(SERIAL), *arguments, "--output", str(tmp_path / "out")]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert complaint in said


@pytest.mark.parametrize(
    ("name", "path", "complaint"),
    [
        ("reset_synchronizer", "stages", "no stream"),
        ("i2c_master", "quarter", "no stream"),
        ("split", "ways", "no stream"),
        ("mix", "gain.word_length", "no stream"),
        ("swt_synthesis", "guard_bits", "sink_channel"),
        ("denoiser", "level", "nearest: levels"),
    ],
)
def test_cores_that_a_signal_cannot_be_played_to(name, path, complaint):
    with pytest.raises(ValueError, match=complaint):
        explore(EXAMPLES / f"{name}.toml", {path: (2, 3)})


@pytest.mark.parametrize(
    ("name", "path", "complaint"),
    [("dwt_analysis", "guard_bits", "one sample in"), ("decimator", "gain", "one sample in"), ("denoiser", "guard_bits", "no frequency")],
)
def test_cores_without_a_frequency_response(name, path, complaint):
    for tried in (lambda file: explore(file, {path: (1, 2)}, metrics="stopband"), lambda file: optimize(file, "ripple<=1")):
        with pytest.raises(QualityError, match=complaint):
            tried(EXAMPLES / f"{name}.toml")


def test_any_core_with_a_stream():
    found = explore(EXAMPLES / "limiter.toml", {"sink.word_length": (14, 16)}, input=SPEECH)
    assert not found.failures
    assert all(row["snr"] > 40 and row["les"] > 20 for row in found.rows)
    assert not explore(EXAMPLES / "denoiser.toml", {"guard_bits": (0, 3)}, input=SPEECH).failures


def test_a_reference_that_depends_on_word_lengths_late_in_the_signal():
    """The least noise that a threshold tracks is a word's last bit, which shows after a while of silence."""
    core = {"core": "denoiser", "levels": 2, "bank": "decimated", "rule": "soft"}
    played = excerpt()[:12000]
    both = explore(core, {"sink.word_length": (9, 12)}, input=played).rows
    alone = [explore(core, {"sink.word_length": (bits,)}, input=played).rows[0] for bits in (9, 12)]
    assert both == alone


def test_metrics_that_cannot_be(tmp_path):
    with pytest.raises(QualityError, match="nearest: snr"):
        explore(SMALL, {"gain": (1,)}, metrics="snrr")
    if not any((Path(folder) / "clarity").is_dir() for folder in sys.path):
        with pytest.raises(QualityError, match="pip install --no-deps pyclarity"):
            explore(SMALL, {"gain": (1,)}, metrics="haspi")
    flat = explore({**SMALL, "coefficients": [1.0]}, {"source.word_length": (12,)}, metrics="stopband")
    assert "no side lobe" in flat.rows[0]["error"]
