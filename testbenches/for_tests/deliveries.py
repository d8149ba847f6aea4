"""Cores as they are delivered, generated once for all tests of a process. Nobody may write into their folders."""

from __future__ import annotations

import atexit
import functools
import shutil
import tempfile
from pathlib import Path

from ip_cores.core import Core
from ip_cores.description import descriptions_in
from ip_cores.generate import Manifest, generate
from testbenches.for_tests.small_examples import small_example

EXAMPLES = descriptions_in(Path(__file__).resolve().parent.parent.parent / "examples")


@functools.cache
def example(path: Path) -> tuple[Core, Manifest]:
    """The core of an example, and what is delivered of it, companions included."""
    core = small_example(path)
    return core, generate(core, _folder() / path.stem)


@functools.cache
def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="ossicle-tests-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
