"""A killed process, a full disk, a folder that cannot be written, two runs in one folder, a cache that was cut off: whole or absent."""

from __future__ import annotations

import ast
import os
import pickle
import shutil
from collections.abc import Iterator
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest

import ip_cores.cache
from fixed_point.families.section_responses import SectionError
from fixed_point.number_text import TableError
from fixed_point.sound import write_audio
from fpga_projects.exploration.design_space import SpaceError
from fpga_projects.exploration.result_store import Results, ResultsError
from ip_cores.folders import hold, put_back, whole_folder, write_whole
from ip_cores.parameters import REQUIRED, Excerpt, ParameterError
from ossicle.command_line import main
from reference.audiograms import AudiogramError
from testbenches.engines import native_build
from testbenches.for_tests.faults import FULL, KILLED, READ_ONLY, Ended, befall

FAULTS = (KILLED, FULL, READ_ONLY)
NEVER = 10**9
ROOT = Path(__file__).resolve().parent.parent


def contents(place: Path) -> dict[str, bytes] | bytes | None:
    """Files of a folder by name, the content of a file, or None where there is neither."""
    if place.is_dir():
        return {path.relative_to(place).as_posix(): path.read_bytes() for path in sorted(place.rglob("*")) if path.is_file()}
    return place.read_bytes() if place.exists() else None


def litter(folder: Path) -> list[str]:
    """What is hidden in a folder."""
    return sorted(path.name for path in folder.iterdir() if path.name.startswith("."))


class Play:
    """A command, played again and again in a folder of its own, each time with a fault at another touch of the file system."""

    def __init__(self, base: Path, command, place: str, prepare=lambda: None) -> None:
        self.base, self.command, self.place, self.prepare = base / "work", command, base / "work" / place, prepare
        self.log = base / "log"
        self.log.mkdir()

    def once(self, fault: str = KILLED, touch: int = NEVER) -> Ended:
        return befall(self.command, fault, touch, [self.base], self.log)

    def every(self, fault: str, stride: int = 1) -> Iterator[tuple[Ended, object, object]]:
        """For each touch how the command ended, what was there before, and what is there then."""
        self.prepare()
        touches = self.once().touches
        assert touches > 2
        for touch in range(0, touches + 1, stride):
            self.prepare()
            before = contents(self.place)
            yield self.once(fault, touch), before, contents(self.place)


def renewed(place: Path, text: str) -> int:
    """Write a folder of three files."""
    with whole_folder(place, "mark.json") as scratch:
        (scratch / "inner").mkdir()
        for name in ("a.vhd", "inner/b.vhd"):
            (scratch / name).write_text(text)
        (scratch / "mark.json").write_text('{"entity": "same"}')
    return 0


def without_listing(found):
    return {name: content for name, content in found.items() if name != ".written"}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_new_folder_is_whole_or_absent(fault, tmp_path):
    work = tmp_path / "work"
    work.mkdir()
    play = Play(tmp_path, lambda: guarded(lambda: renewed(work / "out", "new")), "out", lambda: emptied(work))
    for ended, _, after in play.every(fault):
        assert after is None or without_listing(after) == {"a.vhd": b"new", "inner/b.vhd": b"new", "mark.json": b'{"entity": "same"}'}
        assert ended.status in (0, 2, -9)
        assert fault != FULL or litter(work) == []
        assert ".ossicle" not in ended.said, "named as the user named it"
        assert play.once().status == 0, "a run behind it comes to its end"
        assert litter(work) == [], "what the killed one left is gone"


@pytest.mark.parametrize("fault", FAULTS)
def test_a_folder_that_is_written_anew_is_as_it_was_or_as_it_should_be(fault, tmp_path):
    """And a file that somebody put there is never lost."""
    work = tmp_path / "work"
    work.mkdir()

    def prepare():
        emptied(work)
        renewed(work / "out", "old")
        (work / "out" / "mine.txt").write_text("mine")

    play = Play(tmp_path, lambda: guarded(lambda: renewed(work / "out", "new")), "out", prepare)
    absent = 0
    for ended, before, after in play.every(fault):
        absent += after is None
        if after is not None:
            kept = {name: content for name, content in after.items() if name in ("mine.txt", "a.vhd", "inner/b.vhd")}
            assert after == before or kept == {"mine.txt": b"mine", "a.vhd": b"new", "inner/b.vhd": b"new"}
        else:
            put_back(work / "out")
            assert contents(work / "out") == before, "what a killed run had set aside comes back"
        assert fault != FULL or (after is not None and litter(work) == [])
        assert ended.status in (0, 2, -9)
        assert play.once().status == 0
        assert (work / "out" / "mine.txt").read_text() == "mine"
        assert (work / "out" / "a.vhd").read_text() == "new"
        assert litter(work) == []
    assert absent <= 1, "between the two renames only"


def emptied(folder: Path) -> None:
    for path in folder.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def guarded(run) -> int:
    """As a command ends that meets an error of the system."""
    try:
        return run()
    except OSError as error:
        os.write(2, f"{error.filename}: {error.strerror}\n".encode())
        return 2


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("kind", ["text", "sound"])
def test_a_file_is_whole_or_as_it_was(kind, fault, tmp_path):
    def write(path):
        return write_whole(path, "new") if kind == "text" else write_audio(path, np.zeros(3))

    work = tmp_path / "work"
    work.mkdir()
    name = "out.csv"
    write(work / name)
    good = (work / name).read_bytes()

    def command():
        try:
            write(work / name)
        except (OSError, ValueError) as error:
            os.write(2, str(error).encode())
            return 2
        return 0

    play = Play(tmp_path, command, name, lambda: (work / name).write_text("old"))
    for ended, _, after in play.every(fault):
        assert after in (b"old", good)
        assert f".{name}." not in ended.said, "named as the user named it"
        assert fault != FULL or litter(work) == []


COMMANDS = {
    "generate": (["generate", "lowpass.toml", "--output", "out"], "out", 7),
    "process": (["process", "lowpass.toml", "in.csv", "out.csv"], "out.csv", 1),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", COMMANDS)
def test_commands_leave_their_output_whole_and_say_what_to_do(name, fault, tmp_path, monkeypatch):
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    monkeypatch.setenv("OSSICLE_CACHE", str(tmp_path / "cache"))
    arguments, place, stride = COMMANDS[name]

    def prepare():
        emptied(work)
        (work / "lowpass.toml").write_text('core = "fir"\nname = "lowpass"\ncoefficients = [0.25, 0.5, 0.25]\n')
        (work / "in.csv").write_text("0.5\n0.25\n")

    play = Play(tmp_path, lambda: main(arguments), place, prepare)
    prepare()
    assert play.once().status == 0
    good = contents(play.place)
    for ended, _, after in play.every(fault, stride):
        assert after in (None, good)
        assert ended.status in (0, 2, -9), ended.said
        if ended.status == 2:
            assert len(ended.said.strip().splitlines()) == 1
            assert "No space left" in ended.said or "Read-only" in ended.said
            assert "elsewhere" in ended.said or "can be written" in ended.said or name == "process"


def at_once(place: str, text: str) -> int:
    return renewed(Path(place), text)


def test_runs_in_one_folder_follow_each_other(tmp_path):
    with get_context("fork").Pool(6) as pool:
        texts = [f"text {number}" * 100 for number in range(24)]
        assert pool.starmap(at_once, [(str(tmp_path / "out"), text) for text in texts], chunksize=1) == [0] * len(texts)
    found = contents(tmp_path / "out")
    assert found["a.vhd"] == found["inner/b.vhd"]
    assert found["a.vhd"].decode() in texts
    assert litter(tmp_path) == []


def test_a_folder_that_another_run_is_writing_is_not_cleared_away(tmp_path):
    with whole_folder(tmp_path / "out", "mark.json") as scratch:
        renewed(tmp_path / "out", "other")
        assert scratch.is_dir()
        (scratch / "a.vhd").write_text("mine")
        (scratch / "mark.json").write_text("{}")
    assert (tmp_path / "out" / "a.vhd").read_text() == "mine"


def test_two_sweeps_in_one_folder(tmp_path):
    first = Results(tmp_path / "sweep", ["a", "b"], 1, "x")
    with pytest.raises(ResultsError, match="another run is writing"):
        Results(tmp_path / "sweep", ["a", "b"], 1, "x", resume=True)
    first.add([{"a": 1, "b": 2}])
    first.finish([(1,)])
    assert Results(tmp_path / "sweep", ["a", "b"], 1, "x", resume=True).rows == {(1,): {"a": 1, "b": 2}}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_sweep_goes_on_behind_any_fault(fault, tmp_path):
    work = tmp_path / "work"
    work.mkdir()

    def sweep():
        try:
            results = Results(work / "out", ["a", "b"], 1, "x", resume=True)
            results.add([{"a": number, "b": 10 * number} for number in range(3)])
            results.finish([(number,) for number in range(3)])
        except OSError:
            return 2
        return 0

    play = Play(tmp_path, sweep, "out", lambda: emptied(work))
    for _ in play.every(fault):
        assert play.once().status == 0
        assert (work / "out" / "results.csv").read_text() == "a,b\n0,0\n1,10\n2,20\n"


def test_a_folder_is_held_by_one(tmp_path):
    held = hold(tmp_path)
    with pytest.raises(BlockingIOError):
        hold(tmp_path)
    os.close(held)
    os.close(hold(tmp_path))


CUT_OFF = {
    "a file": lambda entry: (entry / "model.so").write_bytes(b"ELF"),
    "the list of sizes": lambda entry: (entry / "sizes.json").write_text('{"model.so": 1'),
    "a list of something else": lambda entry: (entry / "sizes.json").write_text("[]"),
    "a file that is missing": lambda entry: (entry / "model.so").unlink(),
    "an empty folder": lambda entry: [path.unlink() for path in entry.iterdir()],
}


@pytest.mark.parametrize("case", CUT_OFF)
def test_a_compiled_model_that_was_cut_off_is_made_anew(case, tmp_path, monkeypatch):
    monkeypatch.setenv("OSSICLE_CACHE", str(tmp_path / "cache"))
    made = []

    def make(folder):
        made.append(1)
        (folder / "model.so").write_bytes(b"ELF and more")

    for _ in range(2):
        entry = native_build.cached("native-x", make)
    assert len(made) == 1
    (entry / "checked").write_text("")  # what is put there later does not count
    assert native_build.cached("native-x", make) == entry
    assert len(made) == 1
    CUT_OFF[case](entry)
    entry = native_build.cached("native-x", make)
    assert len(made) == 2
    assert (entry / "model.so").read_bytes() == b"ELF and more"
    assert [path.name for path in entry.parent.iterdir()] == ["native-x"]


@pytest.mark.parametrize("length", [0, 1, 10, -1])
def test_a_kept_value_that_was_cut_off_is_none(length, tmp_path, monkeypatch):
    monkeypatch.setenv("OSSICLE_CACHE", str(tmp_path))
    ip_cores.cache.store("key", list(range(1000)))
    (kept,) = tmp_path.iterdir()
    kept.write_bytes(kept.read_bytes()[:length])
    assert ip_cores.cache.load("key") is None
    ip_cores.cache.store("key", 5)
    assert ip_cores.cache.load("key") == 5


@pytest.mark.parametrize("fault", FAULTS)
def test_a_cache_under_any_fault(fault, tmp_path, monkeypatch):
    """A value is there or not; a cache that cannot be written is no error."""
    (tmp_path / "work").mkdir()
    monkeypatch.setenv("OSSICLE_CACHE", str(tmp_path / "work" / "cache"))
    play = Play(tmp_path, lambda: ip_cores.cache.store("key", [1, 2]) or 0, "cache", lambda: emptied(tmp_path / "work"))
    for ended, _, _ in play.every(fault):
        assert ended.status in (0, -9), ended.said
        assert ip_cores.cache.load("key") in (None, [1, 2])


# What a worker of a pool refuses.

REFUSALS = [
    ParameterError("form", "seriel", "must be serial"),
    ParameterError("coefficients", Excerpt("tap 3: 10"), "must be below 1"),
    ParameterError("coefficients", REQUIRED, "missing; list of taps"),
    AudiogramError("levels", [130.0], "must be -10 to 120"),
    SectionError("order", 40, "must be 1 to 32"),
    SpaceError("taps", "no such parameter"),
    TableError("a/b.csv", "must be a number", 3),
]


@pytest.mark.parametrize("error", REFUSALS, ids=lambda error: f"{type(error).__name__}: {error}")
def test_an_error_leaves_a_pool_of_processes_as_it_was_raised(error):
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again)) == (type(error), str(error))
    fields = {name: value for name, value in vars(error).items() if not name.startswith("_")}
    assert {name: getattr(again, name) for name in fields} == fields


def test_every_error_that_is_made_of_several_values_is_one_of_these():
    """Pickle makes an error of its text alone, which such a one does not take: the pool would break, and nobody learn why."""
    found = set()
    for room in ("fixed_point", "reference", "ip_cores", "fpga_projects", "testbenches", "training", "ossicle"):
        for path in (ROOT / room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.ClassDef) and any(ast.unparse(base).endswith(("Error", "Exception")) for base in node.bases):
                    made = next((part for part in node.body if isinstance(part, ast.FunctionDef) and part.name == "__init__"), None)
                    if made is not None and len(made.args.args) != 2:
                        found.add(node.name)
    assert found == {type(error).__name__ for error in REFUSALS}
