"""What draws at random, shrinks and replays: that it catches and says what it should; the hunting itself is `make fuzz`."""

from __future__ import annotations

import json
import tomllib

import numpy as np
import pytest

import fixed_point.families.lifting_steps
import fixed_point.fifo
import fixed_point.fir
import fixed_point.swt_analysis
import fixed_point.threshold
from ip_cores.core import core_kinds, make_core
from testbenches.fuzz import __main__ as command
from testbenches.fuzz import counts
from testbenches.fuzz.campaign import Campaign, leave, run_campaign
from testbenches.fuzz.differential import DrawnCase, Refused, Wrong, compare_with_engine, compare_with_oracle
from testbenches.fuzz.hunting import Hunted, complaint_of, digest_of, hunt, replay
from testbenches.fuzz.oracles.by_kind import ORACLES
from testbenches.fuzz.oracles.told import Numbers, fullest_fraction
from testbenches.fuzz.spoilt_files import Reply, answer_to, corpus, spoilt, with_number
from testbenches.fuzz.strategies import DESCRIPTIONS
from testbenches.house import ROOT


def test_each_kind_is_drawn_and_has_an_oracle():
    assert set(DESCRIPTIONS) == set(ORACLES) == set(core_kinds())


def test_oracles_share_nothing_with_models_and_references():
    for path in sorted((ROOT / "testbenches/fuzz/oracles").glob("*.py")):
        text = path.read_text()
        assert "fixed_point" not in text, path.name
        assert "import reference" not in text, path.name
        assert "from reference" not in text, path.name
        assert ".model(" not in text, path.name


@pytest.mark.parametrize("kind", DESCRIPTIONS)
def test_a_few_of_each_kind(kind):
    found = hunt("model", kind, 7, 4)
    assert not found.failure, found.failure.decode()
    assert found.cases


SPOILT_MODELS = {
    "fir": (fixed_point.fir, "fir", lambda words: words + (words > 100)),
    "fifo": (fixed_point.fifo, "fifo", lambda words: words[: 3 + len(words) // 2]),
    "lifting_analysis": (fixed_point.families.lifting_steps, "_late", lambda words: np.concatenate([words[:5], words[5:][::-1]])),
}
"""Something inside a model, and what becomes of what it gives."""


@pytest.mark.parametrize("kind", SPOILT_MODELS)
def test_a_broken_model_is_caught_made_smaller_and_replayed(kind, monkeypatch, tmp_path):
    home, name, change = SPOILT_MODELS[kind]
    good = getattr(home, name)
    monkeypatch.setattr(home, name, lambda *arguments, **others: change(good(*arguments, **others)))
    campaign = Campaign(1)
    for number in range(20):
        campaign.take(hunt("model", kind, number, 30))
        if campaign.failures:
            break
    (left,) = leave(campaign, tmp_path, "model")
    text = left.read_text()
    assert left.name == "FAILURE.toml"
    assert f"python -m testbenches.fuzz --replay {left}" in text
    description = tomllib.loads(text)
    assert make_core(description).kind == kind
    words = tomllib.loads("\n".join(line.removeprefix("#: ") for line in text.splitlines() if line.startswith("#: ")))["words"]["data"]
    assert len(words) <= 16, "not made smaller"
    assert len(description) <= 7, "defaults are left out"
    wrong = replay(left)
    assert "the oracle has" in wrong
    assert wrong in text
    monkeypatch.undo()
    assert not replay(left)
    assert command.main(["--replay", str(left)]) == 0


def test_a_broken_tracker_of_the_threshold_is_caught(monkeypatch):
    monkeypatch.setattr(fixed_point.threshold.Tracker, "lowest", property(lambda tracker: 2 << tracker.adaptation))
    assert any(hunt("model", "threshold", number, 40).failure for number in range(5))


def test_a_band_that_waits_a_sample_less_is_caught(monkeypatch):
    good = fixed_point.swt_analysis.aligned_bands

    def early(words, filters, formats, guard_bits, waits, *rounding):
        return good(words, filters, formats, guard_bits, tuple(max(0, wait - 1) for wait in waits), *rounding)

    monkeypatch.setattr(fixed_point.swt_analysis, "aligned_bands", early)
    assert any(hunt("model", "swt_analysis", number, 30).failure for number in range(5))


FIFO = {"core": "fifo", "name": "drawn", "depth": 4, "sink": "sfix8_En0"}
RUN = {"samples": 30, "seed": 1, "stalls": 20, "soon": 3}


@pytest.mark.parametrize("engine", ["myhdl", "ghdl"])
def test_an_engine_that_differs_from_the_model_is_caught(engine, monkeypatch):
    case = DrawnCase(FIFO, run=RUN)
    compare_with_engine(engine, case)
    monkeypatch.setattr(fixed_point.fifo, "fifo", lambda words: np.asarray(words) + 1)
    with pytest.raises(Wrong, match=f"{engine}, stalled: "):
        compare_with_engine(engine, case)


def test_two_clocks_and_a_bench_of_its_own():
    compare_with_engine("myhdl", DrawnCase({"core": "dual_clock_fifo", "name": "drawn", "depth": 4}, run=RUN))
    compare_with_engine("ghdl", DrawnCase({"core": "reset_synchronizer", "name": "drawn"}, run=RUN))
    with pytest.raises(Refused, match="plays nothing"):
        compare_with_engine("native", DrawnCase({"core": "reset_synchronizer", "name": "drawn"}, run=RUN))


def test_what_is_refused_is_no_failure_and_what_hangs_or_falls_is(monkeypatch):
    case, found = DrawnCase({"core": "fir", "name": "drawn", "coefficients": []}), Hunted("model", "fir", 0)
    assert not complaint_of(compare_with_oracle, case, found)
    assert found.refused == 1
    assert not found.cases
    monkeypatch.setattr("testbenches.fuzz.hunting.LONGEST_CASE", 0.05)

    def hang(case):
        while True:
            try:
                sum(range(1000))
            except Exception:  # what is under test may swallow whatever is an Exception
                continue

    assert "processor time" in complaint_of(hang, case, found)
    assert complaint_of(lambda case: {}["x"], case, found) == "KeyError: 'x'"


def test_seeds_draw_the_same_again():
    one, other, third = (hunt("model", "limiter", number, 6) for number in (5, 5, 6))
    assert one.cases == other.cases != third.cases
    assert len({digest_of(DrawnCase(FIFO)), digest_of(DrawnCase(FIFO, {"data": [1]})), digest_of(DrawnCase(FIFO, run=RUN))}) == 3


def test_a_campaign_counts_each_case_once_and_every_kind(tmp_path, capsys):
    assert command.main(["--engine", "model", "--count", "40", "--kind", "fifo", "--kind", "limiter", "--output", str(tmp_path)]) == 0
    assert "seed 0" in capsys.readouterr().out
    document = json.loads((tmp_path / "model.json").read_text())
    assert sum(row["played"] for row in document["rows"]) >= 40
    assert {row["kind"] for row in document["rows"]} == {"fifo", "limiter"}
    page = tmp_path / "page.md"
    page.write_text("# Page\n\n<!-- fuzz: written by `python -m testbenches.fuzz.counts` -->\n<!-- end of fuzz -->\n")
    assert counts.main(["--counts", str(tmp_path), "--page", str(page)]) == 0
    assert "| `fifo` |" in page.read_text()


@pytest.mark.parametrize(("engine", "kind"), [("native", "i2c_master"), ("myhdl", "pdm_microphone"), ("files", "fir")])
def test_an_engine_that_plays_none_of_the_kinds_is_refused(engine, kind, capsys):
    with pytest.raises(SystemExit) as refusal:
        command.main(["--engine", engine, "--kind", kind, "--count", "3"])
    assert refusal.value.code == 2
    assert f"--engine {engine}: must be one that plays --kind {kind}" in capsys.readouterr().err.splitlines()[-1]
    assert not run_campaign(0, [engine], [kind], seconds=60.0, jobs=1).drawn


def test_time_is_shared(monkeypatch):
    """Each kind by the models first; then all engines have their turn."""
    done = []

    def hunted(engine, kind, number, count):
        done.append((engine, kind))
        return Hunted(engine, kind, number, [f"{engine}{kind}{number}"], seconds=1.0)

    class Here:
        """A pool that does at once what it is given."""

        def __init__(self, *_, **__): ...
        def __enter__(self):
            return self

        def __exit__(self, *_): ...
        def submit(self, task, *arguments):
            from concurrent.futures import Future

            future: Future = Future()
            future.set_result(task(*arguments))
            return future

    monkeypatch.setattr("testbenches.fuzz.campaign.hunt", hunted)
    monkeypatch.setattr("testbenches.fuzz.campaign.ProcessPoolExecutor", Here)
    ticks = iter(range(10_000))
    monkeypatch.setattr("testbenches.fuzz.campaign.time.monotonic", lambda: next(ticks) / 10)
    engines = ("model", "myhdl", "ghdl", "native", "vhdl", "files")
    run_campaign(0, engines, seconds=60)
    assert done[: len(DESCRIPTIONS)] == [("model", kind) for kind in DESCRIPTIONS]
    assert {engine for engine, _ in done} == set(engines)


NUMBERS = {"sfix16_En15": (True, 16, 15), "ufix8": (False, 8, 0), "sfix12_E3": (True, 12, -3)}


@pytest.mark.parametrize("text", NUMBERS)
def test_oracles_read_formats(text):
    number = Numbers.read(text)
    assert (number.signed, number.bits, number.fraction) == NUMBERS[text]


def test_the_fullest_fraction_uses_the_word():
    for value in (0.3, 1.0, 0.9999, 5e-9, 77.7):
        fraction = fullest_fraction([value], 12)
        assert round(value * 2.0**fraction) <= 2047 < round(value * 2.0 ** (fraction + 1))


def test_readers_answer_in_one_line():
    assert not answer_to("toml", "D.toml", corpus()["toml"]["fifo.toml"]).wrong
    for reader, name, content in (("toml", "D.toml", b"core = \x00"), ("coefficients", "taps.npy", b"\x93NUMPY"), ("toml", "D.toml", b"")):
        reply = answer_to(reader, name, content)
        assert reply.status == 2
        assert not reply.wrong


def test_what_no_user_should_see_is_noticed():
    assert Reply(-11, "").wrong == "signal 11: "
    assert Reply(70, "ossicle: internal error, KeyError: 'x'\n").wrong.startswith("exit status 70")
    assert Reply(2, "one\ntwo\n").wrong
    assert Reply(2, "").wrong
    assert Reply(0, "x.py:1: RuntimeWarning: overflow\n  x = 1\n").wrong
    assert not Reply(2, "ossicle: taps.csv: No such file or directory\n").wrong
    assert not Reply(2, "ossicle: D.toml: all taps are 0\nossicle: filter: has no power\n").wrong
    assert not Reply(0, "").wrong


def test_accidents_to_files():
    assert spoilt(b"abcdef", [("delete", 5000, 2, b"")]) == b"abcf"
    assert spoilt(b"abcdef", [("double", 0, 2, b""), ("insert", 9999, 1, b"!")]) == b"ababcde!f"
    assert with_number(b"a = 12 # b", 9, b"nan") == b"a = nan # b"
    assert with_number(b"none", 2, b"7") == b"7none"
