"""Fixtures that several tests share, and what holds for all of them."""

from __future__ import annotations

import gc
import os

# Before numpy is there. Threads for products of matrices wait for each other busily: beside other work they take many times as long as one.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import pytest

from testbenches.for_tests.drawing import register_profiles
from testbenches.for_tests.processor_time import BUDGET, ProcessorTime
from testbenches.for_tests.working_folder import LOWPASS

register_profiles()


def pytest_addoption(parser):
    parser.addoption(
        "--budget",
        type=float,
        metavar="SECONDS",
        help=f"fail when the tests of one kind of core take more processor time; without it they are only marked beyond {BUDGET:g} s",
    )


def pytest_configure(config):
    config.pluginmanager.register(ProcessorTime(config))


def pytest_collection_finish():
    # What is there now stays: the garbage collector need not look at it again and again.
    gc.collect()
    gc.freeze()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty working folder with one good description."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lowpass.toml").write_text(LOWPASS)
    return tmp_path
