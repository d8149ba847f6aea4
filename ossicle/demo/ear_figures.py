"""The plots that show what a hearing aid does for a listener."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure as Canvas
from numpy.typing import NDArray

from ossicle.demo.figures import Theme, drawn
from ossicle.demo.section import Figure
from reference.audiograms import Audiogram
from testbenches.aid_measurements import ATTACK_WITHIN, RELEASE_WITHIN, STANDARD_STEP, Sensation, StandardStep

Values = NDArray[np.float64]

TICKS = (250, 500, 1000, 2000, 4000)
"""Hz."""

HEARD_RANGE = 45.0
"""dB above a threshold up to which colours differ."""

SHADE = 12.0
"""dB of the darkest colours that are left out, so that what is just heard shows on a dark page."""


def over_frequency(axes: Any, low: float, high: float) -> None:
    """A logarithmic axis with the frequencies of audiograms."""
    axes.set_xscale("log")
    axes.set(xlim=(low, high), xticks=TICKS, xlabel="frequency, Hz")
    axes.set(xticklabels=[f"{f / 1000:g}k" if f >= 1000 else str(f) for f in TICKS])
    axes.minorticks_off()


def prescription_figure(ear: Audiogram, wanted: Sequence[float], centres: Sequence[float], measured: Values, level: float) -> Figure:
    """The audiogram, and beside it insertion gain: prescribed, and as measured with the VHDL.

    Parameters
    ----------
    ear : Audiogram
    wanted : sequence of float
        Prescribed gains in dB at the ear's frequencies.
    centres : sequence of float
        Third octaves in Hz.
    measured : ndarray
        Their gains in dB.
    level : float
        Of what they were measured with, in dB SPL.
    """

    def draw(canvas: Canvas, theme: Theme) -> None:
        left, right = canvas.subplots(1, 2)
        left.plot(ear.frequencies, ear.levels, "o-", color=theme.second, markersize=6)
        left.axhspan(-10, 20, color=theme.faint, alpha=0.5, linewidth=0)
        left.text(4900, 17, "normal", color=theme.ink, fontsize=8, ha="right")
        left.set(ylim=(120, -10), ylabel="hearing threshold, dB HL", title="The ear")
        right.plot(centres, measured, color=theme.second, linewidth=1.6, label="measured, VHDL")
        right.plot(ear.frequencies, wanted, "o", color=theme.ink, markerfacecolor="none", markersize=8, label="prescribed, NAL-R")
        right.set(ylim=(0, 45), ylabel="insertion gain, dB", title="Its aid")
        right.legend(loc="upper left")
        for axes in (left, right):
            over_frequency(axes, 150, 7500)

    worst = float(np.max(np.abs(np.interp(np.log(ear.frequencies), np.log(centres), measured) - wanted)))
    caption = (
        "Left, how loud a tone must be before this ear hears it, over frequency. Right, by how much the aid makes sound of "
        f"{level:g} dB SPL louder, for steady noise with the spectrum of speech, in third octaves: within {worst:.1f} dB of the "
        "prescription, which the bands were fitted to."
    )
    return drawn("Hearing loss and prescribed gain", caption, 3.4, draw)


def dynamics_figure(inputs: Values, outputs: Mapping[float, Values], limit: float, step: StandardStep, frequency: float) -> Figure:
    """Input/output curves, and the standard's step.

    Parameters
    ----------
    inputs : ndarray
        Levels in dB SPL.
    outputs : mapping of float to ndarray
        By frequency in Hz, levels in dB SPL.
    limit : float
        Highest level of a sine that the limiter lets out, in dB SPL.
    step : StandardStep
    frequency : float
        Of the step's sine, in Hz.
    """

    def draw(canvas: Canvas, theme: Theme) -> None:
        left, right = canvas.subplots(1, 2)
        left.plot([0, 120], [0, 120], color=theme.first, linewidth=1.0, label="no aid")
        for number, (hertz, levels) in enumerate(outputs.items()):
            left.plot(inputs, levels, color=theme.second, linestyle=("-", "--", ":")[number % 3], linewidth=1.5, label=f"{hertz:g} Hz")
        left.axhline(limit, color=theme.ink, linewidth=0.8)
        left.text(21, limit + 1, "limiter", color=theme.ink, fontsize=8)
        left.set(xlim=(20, 100), ylim=(20, 125), xlabel="sine in, dB SPL", ylabel="out, dB SPL", title="Soft sounds more than loud ones")
        left.legend(loc="lower right")
        right.plot(1000 * step.seconds, step.levels, color=theme.second, linewidth=1.3)
        right.set(
            xlim=(-50, 800),
            xlabel="ms",
            ylabel="out, dB SPL",
            title=", ".join(f"{one:g}" for one in STANDARD_STEP) + " dB SPL in",
        )
        right.set(ylim=(float(np.percentile(step.levels[step.seconds > -0.05], 1)) - 8, float(step.levels.max()) + 5))

    caption = (
        "Left, a sine of each level: linear where speech is soft, half of each dB above the knee, and never above the limit. Right, what "
        f"leaves at {frequency:g} Hz when a sine becomes louder by 35 dB and soft again: within {ATTACK_WITHIN:g} dB after "
        f"{step.attack:.1f} ms, and within {RELEASE_WITHIN:g} dB after {step.release:.0f} ms (ANSI S3.22)."
    )
    return drawn("Compression", caption, 3.4, draw)


def audible_figure(ear: Audiogram, normal: Audiogram, speech: Mapping[str, Values], centres: Sequence[float]) -> Figure:
    """Speech over the area that is heard: levels in third octaves, from the softer to the louder parts.

    Parameters
    ----------
    ear, normal : Audiogram
    speech : mapping of str to ndarray, shape (3, len(centres))
        Unaided and aided: levels in dB SPL that 30, 65 and 99 % of the time stay below, in windows of 125 ms.
    centres : sequence of float
        Third octaves in Hz.
    """

    def draw(canvas: Canvas, theme: Theme) -> None:
        for axes, (name, (low, middle, high)) in zip(canvas.subplots(1, 2, sharey=True), speech.items(), strict=True):
            axes.fill_between(centres, low, high, color=theme.second, alpha=0.3, linewidth=0, label="30 to 99 % of the time")
            axes.plot(centres, middle, color=theme.second, linewidth=1.4)
            axes.plot(centres, ear.in_sound_pressure(centres), color=theme.ink, linewidth=2, label="this ear hears from here")
            axes.plot(centres, normal.in_sound_pressure(centres), color=theme.first, linewidth=1, linestyle="--", label="a normal ear")
            axes.set(title=name, ylim=(-10, 120))
            over_frequency(axes, centres[0], centres[-1])
        canvas.axes[0].set_ylabel("third octave, dB SPL")
        canvas.axes[0].legend(loc="upper right")

    caption = (
        "What lies below the heavy line is not heard. A third octave is about as wide as a band of the ear, so that its level may be held "
        "against the threshold of a tone there."
    )
    return drawn("Speech on the audible area", caption, 3.6, draw)


def cochleagram_figure(pictures: Mapping[str, Sensation]) -> Figure:
    """What is heard, over time and place on the basilar membrane: nothing is drawn where sound is below the threshold."""

    def draw(canvas: Canvas, theme: Theme) -> None:
        rows = canvas.subplots(len(pictures), 1, sharex=True, sharey=True)
        for axes, (name, one) in zip(rows, pictures.items(), strict=True):
            place = {
                "origin": "lower",
                "aspect": "auto",
                "extent": (0, float(one.seconds[-1]), 0, len(one.centres)),
                "interpolation": "nearest",
            }
            image = axes.imshow(np.ma.masked_less(one.levels, 0), **place, cmap=theme.colours, vmin=-SHADE, vmax=HEARD_RANGE)
            at = np.interp(np.log(TICKS), np.log(one.centres), np.arange(len(one.centres)) + 0.5)
            axes.set(
                title=f"{name}: something is heard in {one.audible:.0%} of the picture",
                ylabel="frequency, Hz",
                yticks=at,
                yticklabels=TICKS,
            )
            axes.grid(False)
        rows[-1].set_xlabel("time, s")
        bar = canvas.colorbar(image, ax=rows, pad=0.01, aspect=40)
        bar.ax.set_ylim(0, HEARD_RANGE)
        bar.set_label("dB above the threshold")
        bar.outline.set_edgecolor(theme.faint)

    caption = (
        "Levels behind gammatone filters, equally far apart along the cochlea, in windows of 10 ms. Empty places are below what the ear "
        "hears: unaided, vowels are all that is left."
    )
    return drawn("What this ear hears", caption, 0.6 + 1.9 * len(pictures), draw)
