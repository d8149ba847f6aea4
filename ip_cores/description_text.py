"""A description as the text of a TOML file, to save or to copy."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fixed_point.number_tables import names_file
from ip_cores.core import plain


def to_toml(description: Mapping[str, Any], folder: str | Path | None = None) -> str:
    """A description as the text of a TOML file.

    Parameters
    ----------
    description : mapping
        As `ip_cores.description.read_description` returns it.
    folder : path, optional
        Where the file will stand: names of files in it are written relative to that.

    Examples
    --------
    >>> print(to_toml({"core": "fir", "coefficients": {"method": "firwin", "numtaps": 3}, "gain": 2.0}), end="")
    core = "fir"
    gain = 2.0
    <BLANKLINE>
    [coefficients]
    method = "firwin"
    numtaps = 3
    """
    return "\n".join(_lines(description, "", folder)) + "\n"


def toml_value(value: Any) -> str:
    """A value as TOML writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        return "[" + ", ".join(toml_value(item) for item in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {toml_value(item)}" for key, item in value.items()) + "}"
    return repr(value)


def _lines(table: Mapping[str, Any], prefix: str, folder: str | Path | None) -> list[str]:
    """A table's own keys, then the tables in it: TOML takes keys that stand behind a table's head as that table's."""
    lines = [f"{key} = {toml_value(plain(_relative(value, folder)))}" for key, value in table.items() if _is_plain(value)]
    for key, value in table.items():
        if isinstance(value, Mapping):
            lines += ["", f"[{prefix}{key}]", *_lines(value, f"{prefix}{key}.", folder)]
        elif _is_list_of_tables(value):
            for item in value:
                lines += ["", f"[[{prefix}{key}]]", *_lines(item, f"{prefix}{key}.", folder)]
    return lines


def _is_list_of_tables(value: Any) -> bool:
    return isinstance(value, list | tuple) and bool(value) and all(isinstance(item, Mapping) for item in value)


def _is_plain(value: Any) -> bool:
    return value is not None and not isinstance(value, Mapping) and not _is_list_of_tables(value)


def _relative(value: Any, folder: str | Path | None) -> Any:
    if folder is not None and isinstance(value, str) and names_file(value):
        return os.path.relpath(value, folder)
    return value
