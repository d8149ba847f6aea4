"""Fixtures that several tests share."""

from __future__ import annotations

import pytest

from testbenches.for_tests.working_folder import LOWPASS


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty working folder with one good description."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lowpass.toml").write_text(LOWPASS)
    return tmp_path
