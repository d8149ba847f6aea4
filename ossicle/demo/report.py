"""One HTML file with everything in it: no network, no other file."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

import jinja2

from ossicle import __version__
from ossicle.demo.section import Section
from testbenches.engines.ghdl import find_ghdl


def write_report(folder: Path, sections: Sequence[Section], seconds: float) -> Path:
    """Write ``report.html`` into a folder.

    Parameters
    ----------
    folder : Path
    sections : sequence of Section
    seconds : float
        How long the demonstration took.

    Returns
    -------
    Path
    """
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["data_uri"] = data_uri
    source = files("ossicle.demo").joinpath("report.html.j2").read_text(encoding="utf-8")
    style = files("ossicle.demo").joinpath("report.css").read_text(encoding="utf-8")
    passed = all(section.passed for section in sections)
    text = environment.from_string(source).render(
        sections=sections,
        style=style,
        passed=passed,
        seconds=seconds,
        version=__version__,
        ghdl=find_ghdl(synthesis=True).version_text,
    )
    path = folder / "report.html"
    path.write_text(text, encoding="utf-8")
    return path


def data_uri(content: bytes | Path, kind: str) -> str:
    """Content as an address that holds the content itself.

    Examples
    --------
    >>> data_uri(b"abc", "text/plain")
    'data:text/plain;base64,YWJj'
    """
    raw = content.read_bytes() if isinstance(content, Path) else content
    return f"data:{kind};base64,{base64.b64encode(raw).decode()}"
