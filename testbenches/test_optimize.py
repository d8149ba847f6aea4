"""Optimised word lengths: never worse than trying every choice, at a fraction of the runs; fronts and searches against brute force."""

from __future__ import annotations

import dataclasses
import itertools
import math
import re
import tomllib
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixed_point.word_lengths.word_length_search import descend, pareto_front, search
from fpga_projects.estimation.cost import Cost
from fpga_projects.exploration.metrics import QualityError
from fpga_projects.exploration.optimize import Target, optimize, word_lengths
from ip_cores.core import make_core
from ip_cores.description import load_core
from ip_cores.fir import Fir
from ossicle.command_line import main
from testbenches.signals import EXAMPLES, excerpt

SPEECH_LIKE = np.random.default_rng(1).laplace(0, 0.08, 4000).clip(-1, 1)
TAPS = np.sinc(np.arange(-10, 11) / 3.1) * np.hamming(21) / 3.1
FIR = {"core": "fir", "coefficients": list(TAPS), "coefficient": "sfix16_En16", "source": "sfix16_En15"}
LENGTHS = {"sink.word_length": range(8, 18, 2), "coefficient.word_length": range(6, 18), "source.word_length": range(8, 18)}
FEWER = {"sink.word_length": (10, 12, 14), "coefficient.word_length": range(6, 18), "source.word_length": range(8, 18, 2)}
CHAIN = {
    "core": "chain",
    "stages": [
        {**FIR, "name": "first", "form": "serial"},
        {**FIR, "name": "second", "form": "serial", "coefficients": [0.25, 0.5, 0.25]},
    ],
}
CHAIN_LENGTHS = {
    "stages[0].coefficient.word_length": range(8, 16),
    "stages[0].source.word_length": range(8, 18),
    "stages[1].source.word_length": range(8, 18, 2),
}
BANK = {
    "core": "chain",
    "stages": [{"core": "dwt_analysis", "wavelet": "db4", "levels": 3}, {"core": "dwt_synthesis", "wavelet": "db4", "levels": 3}],
}
BANK_LENGTHS = {
    "stages[0].coefficient_word_length": range(8, 14),
    "stages[0].guard_bits": range(3),
    "stages[1].coefficient_word_length": range(8, 14),
    "stages[1].source.word_length": (11, 13),
}


UNDECIMATED = {
    "core": "chain",
    "stages": [
        {"core": "swt_analysis", "name": "there", "wavelet": "db2", "levels": 2},
        {"core": "swt_synthesis", "name": "back", "wavelet": "db2", "levels": 2},
    ],
}
UNDECIMATED_LENGTHS = {
    "stages[0].coefficient_word_length": range(8, 14),
    "stages[0].guard_bits": range(3),
    "stages[1].coefficient_word_length": range(8, 14),
    "stages[1].source.word_length": (9, 11),
}


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=12))
def test_pareto_front_equals_brute_force(points):
    found = pareto_front([cost for cost, _ in points], [quality for _, quality in points])
    beaten = [any((c <= a and d >= b) and (c, d) != (a, b) for c, d in points) for a, b in points]
    assert {points[i] for i in found} == {point for point, lost in zip(points, beaten, strict=True) if not lost}
    assert len(found) == len({points[i] for i in found})


def test_points_without_figures_are_on_no_front():
    assert pareto_front([1, math.inf, 2, math.nan], [-math.inf, 9, math.inf, 9]).tolist() == [2]


@given(st.lists(st.floats(0.5, 3), min_size=3, max_size=3), st.floats(20, 70), st.integers(0, 2**16))
def test_search_finds_the_cheapest(weights, target, seed):
    """A made-up problem whose prediction errs by up to the margin."""
    random = np.random.default_rng(seed)
    domains = [range(4, 12)] * 3
    choices = list(itertools.product(*domains))
    noise = {choice: sum(w * 4.0**-bits for w, bits in zip(weights, choice, strict=True)) for choice in choices}
    quality = {choice: -10 * math.log10(noise[choice]) for choice in choices}
    guess = {choice: value + random.uniform(-0.99, 3) for choice, value in quality.items()}
    cost = {choice: sum(bits / w for w, bits in zip(weights, choice, strict=True)) for choice in choices}
    found = search(domains, cost.__getitem__, guess.__getitem__, quality.__getitem__, target, margin=1.0)
    good = [choice for choice in choices if quality[choice] >= target]
    if not good:
        assert found.choice is None
    else:
        assert found.choice is not None
        assert found.cost == min(cost[choice] for choice in good)
        assert quality[found.choice] >= target


def test_descent_in_a_large_space_is_as_good_as_exhaustive_search():
    weights = [1, 3, 9, 27]
    domains = [range(2, 12)] * 4

    def quality(choice):
        return -10 * math.log10(sum(w * 4.0**-bits for w, bits in zip(weights, choice, strict=True)))

    for target in (20, 33, 41):
        found = descend(domains, sum, quality, target)
        assert found is not None
        assert quality(found) >= target
        assert sum(found) == min(sum(choice) for choice in itertools.product(*domains) if quality(choice) >= target)


def cheapest(found, minimize):
    """Least cost of all points that are good enough: from the cheapest on, each is tried until one is."""
    priced = dataclasses.replace(found.task, metrics=())
    for point in sorted(found.task.space.points(), key=lambda point: priced(point)[minimize]):
        row = found.task(point)
        if found.target.quality(row[found.target.metric]) >= found.target.quality(found.target.bound):
            return row[minimize]
    return None


@pytest.mark.parametrize(
    ("description", "lengths", "target", "minimize"),
    [
        ({**FIR, "form": "transposed"}, LENGTHS, "snr>=45", "les"),
        ({**FIR, "form": "serial"}, LENGTHS, "snr>=60", "power"),
        ({**FIR, "form": "direct", "rounding": "floor"}, LENGTHS, "snr>=52", "les"),
        ({**FIR, "form": "serial"}, LENGTHS, "mse<=1e-8", "multipliers"),
        ({**FIR, "form": "serial", "decimation": 2}, FEWER, "snr>=48", "les"),
        ({**FIR, "form": "serial", "interpolation": 3}, FEWER, "snr>=48", "les"),
        (CHAIN, CHAIN_LENGTHS, "snr>=50", "les"),
        (BANK, BANK_LENGTHS, "snr>=50", "les"),
    ],
)
def test_never_worse_than_exhaustive_search_at_5_percent_of_the_runs(description, lengths, target, minimize):
    found = optimize(description, target, minimize, lengths, SPEECH_LIKE)
    assert found.best[minimize] == cheapest(found, minimize)
    assert found.best == found.task(tuple(found.best[path] for path in found.task.space.paths))
    assert found.target.quality(found.best[found.target.metric]) >= found.target.quality(found.target.bound)
    assert found.evaluations <= 0.05 * sum(1 for _ in found.task.space.points())
    assert found.best[minimize] <= found.uniform[minimize]
    assert found.gain is not None
    assert found.gain >= 0


PLAYED = excerpt()[:12000]
THRESHOLDED = {
    "coefficient_word_length": range(8, 17),
    "guard_bits": range(5),
    "sink.word_length": (9, 10, 12, 14),
    "source.word_length": (9, 11, 13),
}


@pytest.mark.parametrize(
    ("description", "lengths", "target"),
    [
        ({"core": "denoiser", "levels": 2}, THRESHOLDED, "snr>=36"),
        ({"core": "denoiser", "levels": 2, "bank": "decimated", "rule": "soft"}, THRESHOLDED, "snr>=36"),
        (UNDECIMATED, UNDECIMATED_LENGTHS, "snr>=45"),
    ],
)
def test_banks_and_thresholds_at_5_percent_of_the_runs(description, lengths, target):
    found = optimize(description, target, "les", lengths, PLAYED)
    assert found.best["les"] == cheapest(found, "les")
    assert found.evaluations <= 0.05 * sum(1 for _ in found.task.space.points())


def test_measured_noise_where_there_is_no_formula():
    """A queue in front of a filter: every variable is measured on its own, which costs more runs but still not many."""
    chain = {"core": "chain", "stages": [{"core": "stream_register", "name": "first"}, {**FIR, "name": "second", "form": "serial"}]}
    lengths = {
        "stages[0].sink.word_length": range(8, 18, 2),
        "stages[1].coefficient.word_length": range(6, 18),
        "stages[1].source.word_length": range(8, 18),
    }
    found = optimize(chain, "snr>=48", "les", lengths, SPEECH_LIKE)
    rows = [found.task(point) for point in found.task.space.points()]
    assert found.best["les"] == min(row["les"] for row in rows if row["snr"] >= 48)
    assert found.evaluations <= 0.05 * len(rows)


def test_a_core_that_does_not_say_what_it_is_built_of_is_mapped(monkeypatch):
    """One of a user's own: costs of the few that are mapped, straight lines between them."""
    monkeypatch.setattr(Fir, "inventory", None)
    mapped = []

    def costs(core):
        mapped.append(core)
        bits = core.coefficient.word_length + 2 * core.source.word_length
        return Cost(les=bits, registers=bits, multipliers=2, m4k=1, power=1.0)

    monkeypatch.setattr("fpga_projects.estimation.price.mapped_cost", costs)
    lengths = {"coefficient.word_length": range(6, 18), "source.word_length": range(8, 18)}
    found = optimize({**FIR, "form": "serial"}, "snr>=45", "les", lengths, SPEECH_LIKE)
    assert len(mapped) <= 5
    rows = [found.task(point) for point in found.task.space.points()]
    assert found.best["les"] == min(row["les"] for row in rows if row["snr"] >= 45)
    assert found.best["les"] <= found.uniform["les"]


def test_coefficients_alone_decide_the_stopband():
    found = optimize(EXAMPLES / "band_serial.toml", "stopband>=50", "les", {"coefficient.word_length": range(6, 18)})
    rows = [found.task(point) for point in found.task.space.points()]
    assert found.best["les"] == min(row["les"] for row in rows if row["stopband"] >= 50)


def test_every_word_length_that_matters_is_varied_by_default():
    found = optimize(BANK, "snr>=50", input=SPEECH_LIKE)
    assert set(found.task.space.paths) == {
        "stages[0].coefficient_word_length",
        "stages[0].guard_bits",
        "stages[0].sink.word_length",
        "stages[1].coefficient_word_length",
        "stages[1].source.word_length",
    }
    assert found.best["snr"] >= 50
    assert found.best["les"] <= found.uniform["les"]
    assert found.evaluations < 30


def test_word_lengths_of_what_a_sequencer_calculates():
    inner = {"core": "fir", "name": "inner", "coefficients": [0.1, 0.2, 0.4, 0.2, 0.1]}
    core = make_core({"core": "sequencer", "segment_length": 16, "calculation": inner})
    names = ("sink", "coefficient", "source")
    assert list(word_lengths(core)) == [f"calculation.{name}.word_length" for name in names]
    vary = {"calculation.coefficient.word_length": range(6, 12)}
    found = optimize(core, "snr>=40", vary=vary, input=SPEECH_LIKE)
    made: Any = make_core(tomllib.loads(found.description()))
    assert found.best["snr"] >= 40
    assert made.calculation.coefficient.word_length == found.best["calculation.coefficient.word_length"]


@pytest.mark.parametrize("kind", ["fifo", "stream_register", "limiter"])
def test_word_lengths_of_cores_that_only_move_words(kind):
    """The quantisation of the input alone decides: the shortest words whose SNR reaches the target cost least."""
    found = optimize({"core": kind}, "snr>=60", minimize="registers", input=SPEECH_LIKE)
    assert list(found.task.space.vary) == ["sink.word_length"]
    assert found.best["snr"] >= 60
    bits = found.uniform["sink.word_length"]
    noise = [np.floor(SPEECH_LIKE * 2 ** (b - 1) + 0.5).clip(max=2 ** (b - 1) - 1) / 2 ** (b - 1) - SPEECH_LIKE for b in (bits - 1, bits)]
    below, reached = (10 * np.log10(np.mean(SPEECH_LIKE**2) / np.mean(one**2)) for one in noise)
    assert below < 60 <= reached


def test_choices_that_cannot_be_measured_are_no_answer():
    with pytest.raises(QualityError, match="fifo: no choice could be measured; the first: "):
        optimize({"core": "fifo"}, "snr>=60", vary={"channel_bits": (1, 2)}, input=SPEECH_LIKE)


def test_a_word_that_came_out_longer_is_explained(capsys):
    """A longer output is cheaper than one that has to be rounded; who wants to keep it says what may change."""
    path, target = str(EXAMPLES / "lowpass.toml"), ["--target", "snr>=60", "--samples", "2000"]
    assert main(["optimize", path, *target, "--vary", "coefficient.word_length=8:12", "--vary", "source.word_length=12:24"]) == 0
    told = capsys.readouterr().out
    chosen = int(re.search(r"^source.word_length +(\d+)", told, re.MULTILINE)[1])
    line = "source.word_length is longer than the 16 bits described: a shorter word has to be rounded"
    assert chosen > 16
    assert line in told
    assert main(["optimize", path, *target, "--vary", "coefficient.word_length=8:12", "--vary", "sink.word_length=8:16"]) == 0
    told = capsys.readouterr().out
    assert "longer" not in told
    assert 'source = "sfix16_En15"' in told


def test_the_description_stands_for_what_was_chosen(tmp_path):
    found = optimize(EXAMPLES / "band_serial.toml", "snr>=40", vary=LENGTHS)
    path = tmp_path / "chosen.toml"
    path.write_text(found.description(tmp_path))
    core: Any = load_core(path)
    assert core == found.task.space.core([found.best[name] for name in LENGTHS])
    assert core.coefficient.word_length == found.best["coefficient.word_length"]
    assert "[coefficients]" in path.read_text()
    chain = optimize(CHAIN, "snr>=40", vary=CHAIN_LENGTHS, input=SPEECH_LIKE)
    made: Any = make_core(tomllib.loads(chain.description()))
    stages = made.stages
    assert stages[0].source.word_length == chain.best["stages[0].source.word_length"] == stages[1].sink.word_length


@pytest.mark.parametrize("text", ["snr", "snr>60", "snr>=", "snr>=much", "snr<=60", "mse>=1", "loudness>=3", ""])
def test_targets_that_cannot_be(text):
    with pytest.raises(QualityError):
        Target.parse(text)


def test_command_line(capsys, tmp_path):
    from ossicle.command_line import main

    lengths = ["--vary", "coefficient.word_length=6:12", "--vary", "source.word_length=10:14"]
    chosen = tmp_path / "chosen.toml"
    assert main(["optimize", str(EXAMPLES / "band_serial.toml"), "--target", "snr>=35", *lengths, "--output", str(chosen)]) == 0
    said = capsys.readouterr().out
    assert "runs of the bit-true model in a space of 35" in said
    core: Any = load_core(chosen)
    assert core.coefficient.word_length <= 12
    assert main(["optimize", str(EXAMPLES / "band_serial.toml"), "--target", "snr>=135", *lengths]) == 2
    assert "no choice in these ranges meets snr>=135" in capsys.readouterr().err
    assert main(["optimize", str(EXAMPLES / "band_serial.toml"), "--target", "snr>=35", "--vary", "coefficient.word_length=12:8"]) == 2
    assert "must run upwards" in capsys.readouterr().err
