"""Documentation that is executed: doctests, the Python and the commands of every page, and the tutorial that adds a core."""

from __future__ import annotations

import doctest
import importlib
import os
import pkgutil
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from fpga_projects.pages import example_list, internals
from ossicle.command_line import main
from ossicle.commands import commands
from testbenches.house import House
from testbenches.test_layout import RULES

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("reference", "fixed_point", "ip_cores", "testbenches", "fpga_projects", "training", "ossicle")
TUTORIALS = sorted((ROOT / "docs" / "tutorials").glob("*.md"))
OWN_CORE = ROOT / "docs" / "tutorials" / "5_own_core.md"
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").glob("*.md")])

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"`([\w/]+\.(?:py|toml))`:\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def modules():
    for room in ROOMS:
        package = importlib.import_module(room)
        yield room
        for module in pkgutil.walk_packages(package.__path__, f"{room}."):
            if not re.search(r"\.(test_|conftest|__main__|benchmarks)", module.name):
                yield module.name


@pytest.fixture
def workshop(tmp_path, monkeypatch):
    """An empty folder in which the examples lie where the documentation says."""
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", list(modules()))
def test_doctests(name):
    if name.endswith(".cocotb_client"):
        pytest.importorskip("cocotb_bus")
    if name.startswith("training."):
        pytest.importorskip("torch")
    outcome = doctest.testmod(importlib.import_module(name))
    assert outcome.failed == 0


def test_the_page_on_the_command_line_names_every_command():
    """In the order of the help."""
    rows = re.findall(r"^\| `(\w+)[^|]*` \|", (ROOT / "docs" / "command_line.md").read_text(), re.MULTILINE)
    assert list(dict.fromkeys(row for row in rows if row in commands())) == list(commands()), rows


def of_kind(page, *languages):
    return [text for language, text in BLOCK.findall(page.read_text()) if language in languages]


WITH_PYTHON = [page for page in PAGES if page not in TUTORIALS and of_kind(page, "python")]


@pytest.mark.parametrize("page", WITH_PYTHON, ids=lambda page: str(page.relative_to(ROOT)))
def test_python_on_a_page(page, workshop):
    """The blocks of a page run one after the other, in one namespace; `>>>` blocks must print what they say."""
    names: dict[str, object] = {}
    for number, text in enumerate(of_kind(page, "python")):
        run_python(page, number, text, names)


def run_python(page, number, text, names):
    """A block of Python in a namespace that goes on."""
    if text.lstrip().startswith(">>>"):
        example = doctest.DocTestParser().get_doctest(text, names, f"{page.name}, block {number}", str(page), 0)
        assert doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(example, clear_globs=False).failed == 0
        names |= example.globs
    else:
        exec(compile(text, f"{page.name}, block {number}", "exec"), names)


WITH_COMMANDS = [page for page in PAGES if page not in TUTORIALS and of_kind(page, "console")]


@pytest.mark.parametrize("page", WITH_COMMANDS, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_on_a_page(page, workshop, capfd):
    """Every `$ ossicle …` succeeds, and prints what stands below it; `...` stands for anything."""
    for text in of_kind(page, "console"):
        run_commands(text, capfd)


def run_commands(text, capfd):
    """A block of commands with what they print."""
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, _, wanted = part.partition("\n")
        program, *arguments = shlex.split(command, comments=True)
        if program != "ossicle":
            continue
        status = main(arguments)
        captured = capfd.readouterr()
        assert status == 0, f"{command}: {captured.err}"
        check = doctest.OutputChecker().check_output
        assert not wanted.strip() or check(wanted, captured.out, doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE), captured.out


@pytest.mark.parametrize("page", [page for page in TUTORIALS if page != OWN_CORE], ids=lambda page: page.stem)
def test_a_tutorial_from_top_to_bottom(page, workshop, capfd):
    """Python and commands of a tutorial stand upon each other."""
    names: dict[str, object] = {}
    blocks = [(language, text) for language, text in BLOCK.findall(page.read_text()) if language in ("python", "console")]
    assert blocks
    for number, (language, text) in enumerate(blocks):
        if language == "python":
            run_python(page, number, text, names)
        else:
            run_commands(text, capfd)


def test_the_page_on_internals_shows_what_the_files_say():
    """Excerpts and drawings are those that the command would write, and every excerpt that is asked for is there."""
    page = internals.PAGE.read_text()
    assert page.count("<!-- end -->") == len(internals.MARK.findall(page)) > 10
    assert page == internals.refreshed(page), "python -m fpga_projects.pages.internals writes it anew"
    for path, svg in internals.pictures().items():
        assert path.read_text() == svg, path.name
        assert f"({path.name})" in page


def test_the_list_of_examples_names_all():
    text = (example_list.EXAMPLES / "README.md").read_text()
    paths = list(example_list.EXAMPLES.glob("*.toml"))
    assert example_list.with_list(text, example_list.example_list(paths)) == text, "run python -m fpga_projects.pages.example_list"
    assert sorted(re.findall(r"^\| `(\w+\.toml)` \|", text, re.MULTILINE)) == sorted(path.name for path in paths)


def test_an_example_without_a_first_line_is_refused(tmp_path):
    (tmp_path / "x.toml").write_text('core = "fir"\n')
    with pytest.raises(ValueError, match="must begin with a line that says what it is"):
        example_list.first_line(tmp_path / "x.toml")


def test_links_lead_somewhere():
    for page in [*PAGES, ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"]:
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text()):
            assert re.match(r"https?://", target) or (page.parent / target).exists(), f"{page.name}: {target}"


def test_the_tutorial_adds_a_core(tmp_path):
    """The files of its page, put where it says into a copy of this project, make a core that is proven."""
    for room in ROOMS:
        shutil.copytree(ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("setup.cfg", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    if (ROOT / ".tools").exists():
        (tmp_path / ".tools").symlink_to(ROOT / ".tools")
    (tmp_path / "examples").mkdir()
    files = FILE.findall(OWN_CORE.read_text())
    assert [name for name, _ in files] == [
        *(f"{room}/difference.py" for room in ("reference", "fixed_point", "ip_cores")),
        "testbenches/test_difference.py",
        "examples/difference.toml",
    ]
    for name, text in files:
        assert not (tmp_path / name).exists()
        (tmp_path / name).write_text(text)
    house = House(tmp_path)
    broken = [line for rule in RULES for line in getattr(house, rule)()]
    assert not broken
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}

    def run(*arguments):
        done = subprocess.run([sys.executable, "-m", *arguments], cwd=tmp_path, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    tests = "testbenches/test_difference.py"
    assert "4 passed" in run("pytest", tests, "--override-ini=addopts=", "-p", "no:cacheprovider")
    run("doctest", "reference/difference.py", "fixed_point/difference.py")
    assert "difference" in run("ossicle", "list")
    assert "proven" in run("ossicle", "verify", "examples/difference.toml", "--samples", "200", "--engine", "ghdl")
    run("ruff", "check", *(name for name, _ in files if name.endswith(".py")))
