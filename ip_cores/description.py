"""Core descriptions: one TOML file describes one instance."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from fixed_point.number_tables import names_file
from ip_cores.core import Core, make_core
from ip_cores.parameters import ParameterError


class DescriptionError(ValueError):
    """A description file that stands for no core; the message names file, key, value and what is allowed."""


def read_description(path: str | Path) -> dict[str, Any]:
    """The keys and values of a description file, with the names of files in it made relative to where it is.

    Raises
    ------
    DescriptionError
        If the file cannot be read or is no TOML.
    """
    path = Path(path)
    if path.is_dir():
        raise DescriptionError(f"{path}: is a folder: must be a description file")
    try:
        # Editors of Windows write a byte order mark, which TOML does not know.
        description = tomllib.loads(path.read_bytes().removeprefix(b"\xef\xbb\xbf").decode())
    except OSError as error:
        raise DescriptionError(f"{path}: cannot be read: {error.strerror or error}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DescriptionError(f"{path}: is no TOML: {error}") from None
    return {key: located(value, path.parent) for key, value in description.items()}


def located(value: Any, folder: Path) -> Any:
    """A value of a description, with the names of files in it taken from a folder."""
    if isinstance(value, dict):
        return {key: located(item, folder) for key, item in value.items()}
    if isinstance(value, list):
        return [located(item, folder) for item in value]
    if isinstance(value, str) and names_file(value) and not Path(value).is_absolute():
        return str(folder / value)
    return value


def descriptions_in(folder: str | Path) -> list[Path]:
    """The description files of a folder, by name; what names no core, as an audiogram, is none.

    Raises
    ------
    DescriptionError
        If a TOML file cannot be read.
    """
    return [path for path in sorted(Path(folder).glob("*.toml")) if "core" in read_description(path)]


def load_core(path: str | Path, **changes: Any) -> Core:
    """The core that a description file stands for.

    Parameters
    ----------
    path : str or Path
    **changes
        Keys that replace the file's.

    Raises
    ------
    DescriptionError
        One sentence with key, value, what is allowed, and the file.
    """
    description = read_description(path) | changes
    try:
        return make_core(description)
    except ParameterError as error:
        raise DescriptionError(f"{error} ({path})") from None
