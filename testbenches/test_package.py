"""What is handed out: a wheel of what users run, and a source distribution of everything."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = {"reference", "fixed_point", "ip_cores", "testbenches", "fpga_projects", "ossicle"}
BUILD = "from setuptools import build_meta as b; print(b.build_wheel('..'), b.build_sdist('..'))"


@pytest.fixture(scope="module")
def handed_out(tmp_path_factory):
    """Names in the wheel and in the source distribution, of a copy of the tree: setuptools leaves files beside what it builds."""
    folder = tmp_path_factory.mktemp("package")
    skipped = shutil.ignore_patterns(".*", "build", "__pycache__", "*.egg-info")
    shutil.copytree(ROOT, folder / "tree", ignore=skipped)
    subprocess.run([sys.executable, "-c", BUILD], cwd=folder / "tree", check=True, capture_output=True)
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel, tarfile.open(next(folder.glob("*.tar.gz"))) as source:
        return wheel.namelist(), [name.partition("/")[2] for name in source.getnames()]


def test_the_wheel_holds_what_users_run(handed_out):
    names, _ = handed_out
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
    assert {"ossicle/examples/speech.wav", "testbenches/engines/native_bench.cpp", "fpga_projects/boards/de2_70/vhdl/top.vhd"} <= set(names)


def test_the_source_distribution_is_whole(handed_out):
    _, names = handed_out
    top = {"README.md", "CHANGELOG.md", "LICENSE", "Makefile", "requirements.txt", "setup.py"}
    inside = {"docs/proof.md", "docs/cores/fir.md", "scripts/lock.sh", "testbenches/test_fir.py", "examples/lowpass.toml"}
    assert top | inside <= set(names)
