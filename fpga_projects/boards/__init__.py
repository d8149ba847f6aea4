"""Boards that a project can be made for."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from ip_cores.parameters import ParameterError, nearest

BOARDS = {"de2-70": "fpga_projects.boards.de2_70.project"}
"""Module of each board; it holds `project_files`."""


def project_writer(board: str) -> Callable[..., dict[str, Any]]:
    """The function that gives a board's project files for a core, or for one for each ear.

    Raises
    ------
    ParameterError
        For a board that is not known.
    """
    if board not in BOARDS:
        raise ParameterError("board", board, f"must be one of {', '.join(BOARDS)}{nearest(board, BOARDS)}")
    writer: Callable[..., dict[str, Any]] = importlib.import_module(BOARDS[board]).project_files
    return writer
