"""What a section of the demonstration consists of; the report's template knows how to show each part."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Table:
    """Rows under a head.

    Attributes
    ----------
    title : str
    head : tuple of str
    rows : tuple of tuple of str
    right : tuple of int
        Columns of numbers.
    """

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: tuple[int, ...] = ()


@dataclass(frozen=True)
class Figure:
    """A plot in two themes.

    Attributes
    ----------
    title, caption : str
    light, dark : bytes
        PNG images.
    size : tuple of int
        Width and height in pixels, at twice the resolution of the page.
    """

    title: str
    caption: str
    light: bytes
    dark: bytes
    size: tuple[int, int]


@dataclass(frozen=True)
class Drawing:
    """A schematic.

    Attributes
    ----------
    title, caption : str
    svg : str
    """

    title: str
    caption: str
    svg: str


@dataclass(frozen=True)
class Sound:
    """A WAV file to listen to, by what it is."""

    title: str
    file: Path


@dataclass(frozen=True)
class Listing:
    """Text of a file, shown when it is asked for."""

    title: str
    text: str


@dataclass(frozen=True)
class ProofLink:
    """One link of the chain of proof: what was compared, and what came of it."""

    title: str
    detail: str
    passed: bool


@dataclass(frozen=True)
class Section:
    """One thing that the demonstration shows.

    Attributes
    ----------
    name, title : str
    lead : tuple of str
        Paragraphs.
    passed : bool
        Whether everything that was promised holds.
    facts : dict
        The figures, in types that JSON has.
    headline : tuple of (figure, what it is)
    drawings, checks, tables, sounds, figures, listings : tuple
    replay : tuple of str
        Commands that do it again.
    complaints : tuple of str
        What did not hold.
    notes : tuple of str
        What else there would be to see.
    """

    name: str
    title: str
    lead: tuple[str, ...]
    passed: bool
    facts: dict[str, Any]
    headline: tuple[tuple[str, str], ...] = ()
    drawings: tuple[Drawing, ...] = ()
    checks: tuple[ProofLink, ...] = ()
    tables: tuple[Table, ...] = ()
    sounds: tuple[Sound, ...] = ()
    figures: tuple[Figure, ...] = ()
    listings: tuple[Listing, ...] = ()
    replay: tuple[str, ...] = ()
    complaints: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
