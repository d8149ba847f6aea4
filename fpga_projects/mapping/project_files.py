"""Lists of files as Quartus keeps them: the assignments of a project (``.qsf``) and of an IP core (``.qip``).

References
----------
Intel, "Quartus II Settings File Reference Manual" (MNL-Q21005): VHDL_FILE, VERILOG_FILE, SYSTEMVERILOG_FILE, QIP_FILE, TOP_LEVEL_ENTITY.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

SUFFIXES = (".qsf", ".qip")

READ = ("VHDL_FILE", "VERILOG_FILE", "SYSTEMVERILOG_FILE")
NOT_READ = ("BDF_FILE", "AHDL_FILE", "EDIF_FILE", "VQM_FILE", "QSYS_FILE", "GDF_FILE", "SMF_FILE")

_ASSIGNMENT = re.compile(r"^[ \t]*set_global_assignment\b(?P<options>[^#\n]*)", re.MULTILINE)
_WORD = re.compile(r"\[file join \$::quartus\(qip_path\)\s+\"?(?P<joined>[^\"\]]+?)\"?\s*\]|\"(?P<quoted>[^\"]*)\"|(?P<bare>\S+)")


@dataclass
class Files:
    """Files of a design.

    Attributes
    ----------
    sources : list of Path
        Those of the library ``work``, in order.
    libraries : dict
        Library to its files, for VHDL.
    lists : list of Path
        Project and IP files that were read for them.
    top : str or None
        What the project calls its top.
    """

    sources: list[Path] = field(default_factory=list)
    libraries: dict[str, list[Path]] = field(default_factory=dict)
    lists: list[Path] = field(default_factory=list)
    top: str | None = None


def expanded(files: Iterable[str | Path], libraries: Mapping[str, Iterable[str | Path]] | None = None) -> Files:
    """All files that some files name, themselves where they are no lists.

    Raises
    ------
    ValueError
        A list names a source that is neither VHDL nor Verilog.
    OSError
        A list cannot be read.
    """
    found = Files(libraries={name.lower(): [Path(f) for f in named] for name, named in (libraries or {}).items()})
    for file in files:
        _add(Path(file), found)
    return found


def _add(path: Path, found: Files) -> None:
    if path.suffix.lower() not in SUFFIXES:
        if path not in found.sources:
            found.sources.append(path)
        return
    if path in found.lists:
        return
    if not path.is_file():
        raise OSError(f"{path}: no such file")
    found.lists.append(path)
    text = path.read_text(encoding="latin-1")
    for assignment in _ASSIGNMENT.finditer(text):
        words = [next(part for part in word.groups() if part is not None) for word in _WORD.finditer(assignment["options"])]
        line = text.count("\n", 0, assignment.start()) + 1
        _assign(path, line, words, found)


def _assign(path: Path, line: int, words: list[str], found: Files) -> None:
    """One assignment, as the words behind ``set_global_assignment``."""
    options = {"-name": "", "-library": ""}
    values = []
    waiting = iter(words)
    for word in waiting:
        if word.startswith("-"):
            options[word] = next(waiting, "")
        else:
            values.append(word)
    name, value = options["-name"].upper(), values[-1] if values else ""
    if name == "TOP_LEVEL_ENTITY":
        found.top = found.top or value
    elif name == "QIP_FILE":
        _add(path.parent / value.replace("\\", "/"), found)
    elif name in NOT_READ:
        raise ValueError(f"{path}:{line}: {value} is neither VHDL nor Verilog ({name})")
    elif name in READ:
        source, library = path.parent / value.replace("\\", "/"), options["-library"].lower()
        if library and library != "work" and source.suffix.lower() in (".vhd", ".vhdl"):
            found.libraries.setdefault(library, []).append(source)
        else:
            _add(source, found)
