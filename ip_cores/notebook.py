"""What a notebook shows of a core: a line, a table, a drawing. matplotlib is loaded when something is drawn."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fixed_point.full_scale import levels_in_decibels

LOWEST = -120.0
"""dB below which nothing is drawn."""

POINTS = 2048
"""Frequencies from 0 to the sample rate at which a response is drawn, at least."""

LONGEST = 80
"""Characters of a parameter that a table shows."""


def short_text(value: Any) -> str:
    """A value on one line of a table; of what is long its beginning.

    Examples
    --------
    >>> short_text("sfix16_En15"), short_text([0.25] * 100)
    ('sfix16_En15', '[0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25, … (100 values)')
    """
    text = str(value)
    if len(text) <= LONGEST:
        return text
    count = f" ({len(value)} values)" if isinstance(value, Sequence) and not isinstance(value, str) else ""
    kept = text[: LONGEST - 18 if count else LONGEST - 2]
    return f"{kept.rpartition(' ')[0]} …{count}"


def html_table(title: str, tables: Iterable[Mapping[str, str]]) -> str:
    """Two columns under a title; a line between one table and the next."""
    lines = [f"<table><caption>{escape(title)}</caption>"]
    for rows in tables:
        lines.append("<tbody>")
        lines += [f'<tr><th scope="row">{escape(name)}</th><td>{escape(text)}</td></tr>' for name, text in rows.items()]
        lines.append("</tbody>")
    return "\n".join([*lines, "</table>"])


def new_axes(count: int, title: str) -> list[Any]:
    """Axes side by side in a new figure of pyplot."""
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, count, figsize=(5.5 * count, 3.6), layout="constrained", squeeze=False)
    figure.suptitle(title)
    return list(axes.flat)


def draw_coefficients(axes: Any, given: NDArray[np.float64], quantised: NDArray[np.float64]) -> None:
    """Taps as given, as circles, around those that the hardware has."""
    places = np.arange(len(quantised))
    axes.vlines(places, 0, quantised, color="C0", linewidth=1)
    axes.plot(places, quantised, ".", color="C0", label="as quantised")
    axes.plot(np.arange(len(given)), given, "o", markerfacecolor="none", color="0.5", label="as given")
    axes.set_xlabel("tap")
    axes.set_ylabel("value")
    axes.legend(frameon=False)


def draw_responses(axes: Any, curves: Mapping[str, NDArray[np.float64]], sample_rate: float) -> None:
    """Magnitudes in dB over the frequency in Hz, of impulse responses by what they are."""
    for name, taps in curves.items():
        count = max(POINTS, 2 * len(taps))
        levels = levels_in_decibels(np.fft.rfft(taps, count), LOWEST)
        axes.plot(np.arange(len(levels)) * sample_rate / count, levels, label=name, linewidth=1.2)
    axes.set_xlim(0, sample_rate / 2)
    axes.set_xlabel("frequency in Hz")
    axes.set_ylabel("magnitude in dB")
    axes.grid(alpha=0.3)
    axes.legend(frameon=False, fontsize="small")


def draw_words(axes: Any, entering: NDArray[np.float64], leaving: NDArray[np.float64]) -> None:
    """Values of the words that go in and of those that come out, by their number."""
    axes.step(np.arange(len(entering)), entering, where="mid", color="0.6", label="sink")
    axes.step(np.arange(len(leaving)), leaving, where="mid", color="C0", label="source")
    axes.set_xlabel("word")
    axes.set_ylabel("value")
    axes.legend(frameon=False)


def html_of(core: Any, formats: Mapping[str, str]) -> str:
    """Formats, timing and delay of a core, then every parameter."""
    rows = {**formats, "latency": f"{core.latency} clocks"}
    if core.is_stream:
        heard = core.group_delay
        rows["clocks for a sample"] = str(core.cycles_per_sample)
        rows["clock needed"] = f"{core.clock_needed:,.0f} Hz at {core.sample_rate:,.0f} samples per second"
        rows["delay"] = f"{core.algorithmic_delay} samples"
        milliseconds = "" if heard is None else f"{float(1000 * heard / Fraction(core.sample_rate)):.4g} ms"
        rows["group delay"] = "no one number" if heard is None else f"{heard} samples, {milliseconds}"
    parameters = {name: short_text(value) for name, value in core.description.items() if name not in ("core", "name")}
    return html_table(f"{core.name}: {core.kind}, {core.summary}", [rows, parameters])


def drawing_of(core: Any) -> list[Any]:
    """Axes with coefficients and responses of a core, or with what it makes of some words; see `Core.plot`."""
    taps, curves = core.filter_taps, core.responses
    drawn = (taps is not None) + bool(curves)
    if not drawn and not core.is_stream:
        raise ValueError(f"{core.name} takes no stream: there is nothing to plot")
    axes = new_axes(max(1, drawn), f"{core.name} ({core.kind})")
    if taps is not None:
        draw_coefficients(axes[0], *taps)
    if curves:
        draw_responses(axes[-1], curves, core.tap_rate)
    if not drawn:
        fields = core.check_words()
        given = core.model(fields["data"] if len(fields) == 1 else tuple(fields.values()))
        leaving, *beside = given if isinstance(given, tuple) else (given,)
        source = core.source_format
        # Bands may have formats of their own, in the order of their channels.
        units = np.array([one.resolution for one in source.values()])[beside[0]] if isinstance(source, Mapping) else source.resolution
        draw_words(axes[0], np.asarray(fields["data"], float) * core.sink_format.resolution, np.asarray(leaving, float) * units)
    return axes
