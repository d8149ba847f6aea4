"""What is handed out: a wheel of what users run, and a source distribution of everything."""

from __future__ import annotations

import email
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any, NamedTuple

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = {"reference", "fixed_point", "ip_cores", "testbenches", "fpga_projects", "training", "ossicle"}
BUILD = "from setuptools import build_meta as b; print(b.build_wheel('..'), b.build_sdist('..'))"


class Handed(NamedTuple):
    """Names in the wheel and in the source distribution, and what an index shows."""

    wheel: list[str]
    source: list[str]
    about: str


@pytest.fixture(scope="module")
def handed_out(tmp_path_factory):
    """Names in the wheel and in the source distribution, of a copy of the tree: setuptools leaves files beside what it builds."""
    folder = tmp_path_factory.mktemp("package")
    skipped = shutil.ignore_patterns(".*", "build", "__pycache__", "*.egg-info")
    shutil.copytree(ROOT, folder / "tree", ignore=skipped)
    subprocess.run([sys.executable, "-c", BUILD], cwd=folder / "tree", check=True, capture_output=True)
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel, tarfile.open(next(folder.glob("*.tar.gz"))) as source:
        about = next(name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
        (folder / "METADATA").write_bytes(wheel.read(about))
        return Handed(wheel.namelist(), [name.partition("/")[2] for name in source.getnames()], (folder / "METADATA").read_text())


def test_the_wheel_holds_what_users_run(handed_out):
    names = handed_out.wheel
    assert {name.partition("/")[0] for name in names if ".dist-info" not in name} == ROOMS
    modules = {str(path.relative_to(ROOT)) for room in ROOMS for path in (ROOT / room).rglob("*.py")}
    left = ("benchmarks", "for_tests", "formal", "fuzz", "mutation")
    wanted = {
        name
        for name in modules
        if name.split("/")[1] not in left and not name.split("/")[-1].startswith(("test_", "conftest")) and "de2_70_hearing_aid" not in name
    }
    assert {name for name in names if name.endswith(".py") and not name.startswith("ossicle/examples")} == wanted
    assert {f"ossicle/examples/{path.name}" for path in (ROOT / "examples").glob("*.toml")} <= set(names)
    assert {"ossicle/examples/speech.wav", "ossicle/examples/enhancer.npz"} <= set(names)
    assert {"testbenches/engines/native_bench.cpp", "fpga_projects/boards/de2_70/vhdl/top.vhd"} <= set(names)


def test_the_source_distribution_is_whole(handed_out):
    names = handed_out.source
    top = {"README.md", "CHANGELOG.md", "LICENSE", "Makefile", "requirements.txt", "setup.py"}
    inside = {"docs/proof.md", "docs/cores/fir.md", "scripts/lock.sh", "testbenches/test_fir.py", "examples/lowpass.toml"}
    inside |= {"training/networks.py", "examples/enhancer/train.toml"}
    assert top | inside <= set(names)


def test_links_of_the_readme_lead_somewhere_on_an_index(handed_out):
    """A page of an index has no files beside it."""
    about = email.message_from_string(handed_out.about)
    shown = about.get_payload()
    assert about["Description-Content-Type"].startswith("text/markdown")
    assert "# ossicle" in shown
    assert about.get_all("Project-URL")
    for target in re.findall(r"\]\(([^)]*)\)", shown):
        assert re.match(r"https?://|#", target), target


def test_where_the_project_is_published_gives_links_their_targets():
    made: dict[str, Any] = {}
    with_nothing_built = (ROOT / "setup.py").read_text().partition("HERE = ")[0]
    exec(compile(with_nothing_built, "setup.py", "exec"), made)
    text = "see [the proof](docs/proof.md#legs), [x](https://x.org), [docs/a.md](docs/a.md)\n```\n[a](b)\n```\n"
    source = made["published_at"]("[metadata]\nproject_urls =\n    Docs = https://d.org\n    Source = https://h.org/o/ossicle/\n")
    assert made["long_description"](text, source) == (
        "see [the proof](https://h.org/o/ossicle/blob/main/docs/proof.md#legs), [x](https://x.org), "
        "[docs/a.md](https://h.org/o/ossicle/blob/main/docs/a.md)\n```\n[a](b)\n```\n"
    )
    assert made["published_at"]("[metadata]\nname = a\n") is None
    assert made["long_description"](text, None) == "see the proof (`docs/proof.md`), [x](https://x.org), docs/a.md\n```\n[a](b)\n```\n"


EDITABLE = "from setuptools import build_meta as b; b.build_editable({folder!r}, {{'editable_mode': 'compat'}})"


def test_a_script_beside_a_clone_finds_the_package(tmp_path):
    """And not the clone's folder, which is called as the package is."""
    if not (ROOT / "scripts").is_dir():
        pytest.skip("the set-up is part of a checkout")
    assert "editable_mode=compat" in (ROOT / "scripts/setup_python.sh").read_text()
    clone = tmp_path / "ossicle"
    shutil.copytree(ROOT, clone, ignore=shutil.ignore_patterns(".*", "build", "__pycache__", "*.egg-info"))
    subprocess.run([sys.executable, "-c", EDITABLE.format(folder=str(tmp_path))], cwd=clone, check=True, capture_output=True)
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        (paths,) = [name for name in wheel.namelist() if name.endswith(".pth")]
        place = wheel.read(paths).decode().strip()
    assert Path(place) == clone
    (tmp_path / "script.py").write_text(f"import sys; sys.path.append({place!r})\nimport ossicle\nprint(ossicle.load_core.__module__)\n")
    done = subprocess.run([sys.executable, "script.py"], cwd=tmp_path, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("ip_cores.description\n", "")
