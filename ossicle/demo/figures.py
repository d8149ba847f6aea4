"""The plots of the demonstration, each drawn for light and for dark pages."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import scipy.signal
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as Canvas
from PIL import Image

from fixed_point.full_scale import levels_in_decibels
from ossicle.demo.section import Figure
from reference.fir import frequency_response

Bank = Callable[[np.ndarray], Sequence[np.ndarray]]
"""A bank of filters."""

DPI = 170
WIDTH = 9.0
"""Inches; with `DPI`, twice the pixels of the report's column."""

NOTHING, SILENT = -200.0, -120.0
"""Lowest levels of a response and of a sound, dB."""


@dataclass(frozen=True)
class Theme:
    """Colours of a page."""

    paper: str
    ink: str
    faint: str
    first: str
    second: str
    colours: str


LIGHT = Theme("#ffffff", "#26302e", "#c9d1ce", "#9aa5a1", "#0f766e", "magma")
DARK = Theme("#1b2123", "#d9e1df", "#3c4649", "#87928f", "#4fd1c0", "magma")


def drawn(title: str, caption: str, height: float, draw: Callable[[Canvas, Theme], None]) -> Figure:
    """One plot in both themes.

    Parameters
    ----------
    height : float
        Inches.
    draw : callable
        Fills a figure in a theme's colours.
    """
    images = []
    for theme in (LIGHT, DARK):
        with matplotlib.rc_context(settings(theme)):
            canvas = Canvas(figsize=(WIDTH, height), dpi=DPI, layout="constrained")
            FigureCanvasAgg(canvas)
            draw(canvas, theme)
            buffer = io.BytesIO()
            canvas.savefig(buffer, format="png")
        images.append(smaller(buffer))
    return Figure(title, caption, images[0], images[1], (round(WIDTH * DPI), round(height * DPI)))


def smaller(picture: io.BytesIO) -> bytes:
    """A PNG with the 256 colours that serve it best: a third of the size, and no difference to see."""
    buffer = io.BytesIO()
    with Image.open(picture) as image:
        image.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(buffer, "png", optimize=True)
    return buffer.getvalue()


def write_figures(folder: Path, figures: Mapping[str, Figure]) -> None:
    """Write the figures for light pages as PNG files."""
    folder.mkdir(exist_ok=True)
    for name, figure in figures.items():
        (folder / f"{name}.png").write_bytes(figure.light)


def settings(theme: Theme) -> Any:
    """matplotlib's settings for a theme."""
    return {
        "figure.facecolor": theme.paper,
        "axes.facecolor": theme.paper,
        "axes.edgecolor": theme.faint,
        "axes.labelcolor": theme.ink,
        "axes.titlecolor": theme.ink,
        "axes.titlelocation": "left",
        "axes.titlesize": 10,
        "axes.labelsize": 9,
        "axes.grid": True,
        "axes.axisbelow": True,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "grid.color": theme.faint,
        "grid.linewidth": 0.5,
        "grid.alpha": 0.6,
        "text.color": theme.ink,
        "xtick.color": theme.ink,
        "ytick.color": theme.ink,
        "xtick.labelsize": 8,
        "ytick.labelsize": 8,
        "legend.frameon": False,
        "legend.fontsize": 9,
        "lines.solid_capstyle": "round",
    }


def minus(value: float) -> str:
    """A whole number as it is set in text.

    Examples
    --------
    >>> minus(-82.4)
    '−82'
    """
    return f"{value:.0f}".replace("-", "\N{MINUS SIGN}")


def response_figure(taps: Sequence[float], quantized: np.ndarray, sample_rate: int) -> Figure:
    """Frequency response of the float and of the quantised coefficients, and what lies between them."""
    frequency, wanted = frequency_response(np.asarray(taps), 2048, sample_rate)
    _, found = frequency_response(quantized, 2048, sample_rate)
    kilohertz = frequency / 1000

    def draw(canvas: Canvas, theme: Theme) -> None:
        top, bottom = canvas.subplots(2, 1, sharex=True, height_ratios=(3, 1.4))
        top.plot(kilohertz, levels_in_decibels(wanted, NOTHING), color=theme.first, linewidth=4, alpha=0.7, label="float64")
        top.plot(kilohertz, levels_in_decibels(found, NOTHING), color=theme.second, linewidth=1.2, label="quantised coefficients")
        top.set(ylim=(-105, 6), ylabel="magnitude, dB", xlim=(0, kilohertz[-1]))
        top.legend(loc="upper right")
        bottom.plot(kilohertz, levels_in_decibels(found - wanted, NOTHING), color=theme.second, linewidth=1.0)
        bottom.set(ylabel="|difference|, dB", xlabel="frequency, kHz", ylim=(largest - 50, largest + 5))

    largest = float(levels_in_decibels(np.max(np.abs(found - wanted)), NOTHING))
    caption = (
        f"Quantising the coefficients changes the response by {minus(largest)} dB of full scale at most: nothing in the pass band, a "
        "little where almost nothing passes anyway."
    )
    return drawn("Frequency response, float against quantised", caption, 4.6, draw)


def spectrogram_figure(title: str, caption: str, signals: Sequence[tuple[str, np.ndarray]], sample_rate: int) -> Figure:
    """Spectrograms one below the other, on one scale.

    Parameters
    ----------
    title, caption : str
    signals : sequence of (str, ndarray)
        What it is, and its samples from -1 to 1.
    sample_rate : int
    """
    window = scipy.signal.get_window("hann", 400)
    pictures = []
    for _, signal in signals:
        frequency, seconds, power = scipy.signal.spectrogram(signal, sample_rate, window, noverlap=320, nfft=1024, scaling="spectrum")
        pictures.append(levels_in_decibels(np.sqrt(power), SILENT))
    loudest = max(float(picture.max()) for picture in pictures)

    def draw(canvas: Canvas, theme: Theme) -> None:
        rows = canvas.subplots(len(signals), 1, sharex=True, sharey=True)
        extent = (seconds[0], seconds[-1], 0, frequency[-1] / 1000)
        for axes, picture, (name, _) in zip(rows, pictures, signals, strict=True):
            place = {"origin": "lower", "aspect": "auto", "extent": extent, "interpolation": "bilinear"}
            image = axes.imshow(picture, **place, cmap=theme.colours, vmin=loudest - 75, vmax=loudest)
            axes.set(title=name, ylabel="frequency, kHz")
            axes.grid(False)
        rows[-1].set_xlabel("time, s")
        bar = canvas.colorbar(image, ax=rows, pad=0.01, aspect=40)
        bar.set_label("dB, full-scale sine = \u22126")
        bar.outline.set_edgecolor(theme.faint)

    return drawn(title, caption, 0.6 + 2.2 * len(signals), draw)


def wave_figure(title: str, caption: str, signals: Sequence[tuple[str, np.ndarray]], sample_rate: int) -> Figure:
    """Signals over time, one below the other, on one scale: least and most in windows of 5 ms, and the root mean square."""
    limit = 1.05 * max(float(np.max(np.abs(signal))) for _, signal in signals)

    def draw(canvas: Canvas, theme: Theme) -> None:
        rows = canvas.subplots(len(signals), 1, sharex=True, sharey=True)
        for axes, (name, signal) in zip(rows, signals, strict=True):
            seconds, samples = in_windows(signal, sample_rate)
            rms = np.sqrt(np.mean(samples**2, axis=1))
            ends = samples.min(axis=1), samples.max(axis=1)
            axes.fill_between(seconds, *ends, color=theme.second, alpha=0.35, linewidth=0, label="least to most")
            axes.fill_between(seconds, -rms, rms, color=theme.second, linewidth=0, label="rms")
            axes.set(title=name, ylabel="of full scale", xlim=(0, seconds[-1]), ylim=(-limit, limit))
        rows[0].legend(loc="upper right", ncols=2)
        rows[-1].set_xlabel("time, s")

    return drawn(title, caption, 0.6 + 1.3 * len(signals), draw)


def scalogram_figure(title: str, caption: str, signals: Sequence[tuple[str, np.ndarray]], sample_rate: int, bank: Bank) -> Figure:
    """How strong each band of an undecimated wavelet bank is over time, one signal below the other, on one scale.

    Parameters
    ----------
    title, caption : str
    signals : sequence of (str, ndarray)
        What it is, and its samples from -1 to 1.
    sample_rate : int
    bank : callable
        From samples to bands, the lowest first; each is an octave but for the first, the approximation.
    """
    pictures = []
    for _, signal in signals:
        windows = [in_windows(band, sample_rate) for band in bank(signal)]
        seconds = windows[0][0]
        pictures.append(np.array([levels_in_decibels(np.sqrt(np.mean(rows**2, axis=1)), SILENT) for _, rows in windows]))
    loudest = max(float(picture.max()) for picture in pictures)
    count = len(pictures[0])
    end = seconds[-1] + seconds[0]
    edges = ["0", *(f"{sample_rate / 2**band:.0f}" for band in range(count, 0, -1))]
    names = [f"A{count - 1}", *(f"D{level}" for level in range(count - 1, 0, -1))]

    def draw(canvas: Canvas, theme: Theme) -> None:
        rows = canvas.subplots(len(signals), 1, sharex=True, sharey=True)
        for axes, picture, (name, _) in zip(rows, pictures, signals, strict=True):
            place = {"origin": "lower", "aspect": "auto", "extent": (0, end, 0, count), "interpolation": "nearest"}
            image = axes.imshow(picture, **place, cmap=theme.colours, vmin=loudest - 60, vmax=loudest)
            axes.hlines(range(1, count), 0, end, color=theme.paper, linewidth=1.5)
            axes.set(title=name, ylabel="band, Hz", yticks=range(count + 1), yticklabels=edges)
            axes.grid(False)
            box = {"facecolor": theme.paper, "edgecolor": "none", "pad": 1.5, "alpha": 0.85}
            for band, label in enumerate(names):
                axes.text(0.007, (band + 0.5) / count, label, transform=axes.transAxes, color=theme.ink, fontsize=8, va="center", bbox=box)
        rows[-1].set_xlabel("time, s")
        bar = canvas.colorbar(image, ax=rows, pad=0.01, aspect=40)
        bar.set_label("rms of the band, dB of full scale")
        bar.outline.set_edgecolor(theme.faint)

    return drawn(title, caption, 0.6 + 1.7 * len(signals), draw)


def error_figure(output: np.ndarray, error: np.ndarray, sample_rate: int) -> Figure:
    """The output, and how far it is from the float reference, in units of its last bit."""
    seconds, loud = in_windows(output, sample_rate)
    _, wrong = in_windows(error, sample_rate)
    limit = max(1.0, float(np.max(np.abs(error))) * 1.05)

    def draw(canvas: Canvas, theme: Theme) -> None:
        layout = canvas.add_gridspec(2, 2, width_ratios=(3.2, 1))
        top, bottom, side = (canvas.add_subplot(place) for place in (layout[0, 0], layout[1, 0], layout[:, 1]))
        top.fill_between(seconds, loud.min(axis=1), loud.max(axis=1), color=theme.second, linewidth=0)
        top.set(ylabel="output", xlim=(0, seconds[-1]))
        top.tick_params(labelbottom=False)
        rms = np.sqrt(np.mean(wrong**2, axis=1))
        ends = wrong.min(axis=1), wrong.max(axis=1)
        bottom.fill_between(seconds, *ends, color=theme.second, alpha=0.35, linewidth=0, label="least to most")
        bottom.fill_between(seconds, -rms, rms, color=theme.second, linewidth=0, label="rms")
        bottom.legend(loc="upper right", ncols=2)
        bottom.set(ylabel="error, last bits", xlabel="time, s", xlim=(0, seconds[-1]), ylim=(-limit, 1.5 * limit))
        side.hist(error, np.linspace(-limit, limit, 81).tolist(), orientation="horizontal", density=True, color=theme.second, alpha=0.8)
        side.step([0, 1, 1, 0], [-0.5, -0.5, 0.5, 0.5], color=theme.ink, linewidth=1.0, label="rounding alone")
        side.set(ylim=(-limit, limit), xlabel="density", ylabel="error, last bits")
        side.legend(loc="upper right")

    share = float(np.mean(np.abs(error) <= 0.5))
    caption = (
        f"The output differs from float64 by at most {np.max(np.abs(error)):.2f} of its last bit; {share:.1%} of the samples are the "
        "nearest word there is. Rounding spreads evenly over half a bit to either side; coefficient quantisation, where speech is loud, "
        "adds the skirts."
    )
    return drawn("Error against the float reference", caption, 4.2, draw)


def in_windows(signal: np.ndarray, sample_rate: int) -> tuple[np.ndarray, np.ndarray]:
    """A signal in windows of 5 ms: the middle of each in seconds, and its samples, a row for each."""
    length = max(1, sample_rate // 200)
    rows = signal[: len(signal) // length * length].reshape(-1, length)
    return (np.arange(len(rows)) + 0.5) * length / sample_rate, rows
