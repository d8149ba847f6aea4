"""The drawings of docs/tutorials/2_fixed_point.md, made with the arithmetic that the models use.

``python -m fpga_projects.pages.fixed_point_pictures`` writes them.
"""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

import numpy as np

from fixed_point import Format, Overflow, Rounding, quantize, to_float
from fpga_projects.pages.internals_drawings import PAPER, picture, text
from ip_cores.companions.drawings import ACCENT, FAINT, INK

FOLDER = Path(__file__).resolve().parent.parent.parent / "docs" / "tutorials"

SIDE, GAP, LEFT, TOP = 150, 34, 40, 34
"""Pixels: a panel, the room between panels, and the margins."""

WORD, FINE = Format(True, 4, 3), 64
"""The format of the drawings, and points drawn for each of its steps."""


def staircase(x0: float, y0: float, low: float, high: float, values: np.ndarray, taken: np.ndarray) -> list[str]:
    """A panel of what `values` become: axes, the diagonal, level stretches and the words at their ends."""

    def at(x: float, y: float) -> tuple[float, float]:
        scale = SIDE / (high - low)
        return round(x0 + (x - low) * scale, 1), round(y0 + SIDE - (y - low) * scale, 1)

    (left, bottom), (right, top), (zero_x, zero_y) = at(low, low), at(high, high), at(0, 0)
    parts = [f'<path d="M{left} {zero_y}H{right}M{zero_x} {bottom}V{top}" stroke="{FAINT}" fill="none"/>']
    parts.append(f'<path d="M{left} {bottom}L{right} {top}" stroke="{FAINT}" stroke-dasharray="3 3"/>')
    breaks = [0, *(np.flatnonzero(np.diff(taken)) + 1).tolist(), len(taken)]
    for first, last in itertools.pairwise(breaks):
        (begin, y), (end, _) = at(values[first], taken[first]), at(values[last - 1], taken[first])
        parts.append(f'<path d="M{begin} {y}H{end}" stroke="{ACCENT}" stroke-width="2.4"/>')
    for level in np.unique(taken):
        x, y = at(level, level)
        if left <= x <= right:
            parts.append(f'<circle cx="{x}" cy="{y}" r="2.6" fill="{INK}"/>')
    return parts


def rounding_picture() -> str:
    """The five ways of rounding, from -2 to 2 steps."""
    values = (np.arange(-2 * FINE, 2 * FINE) + 0.5) / FINE
    parts = []
    for number, rounding in enumerate(Rounding):
        x0 = LEFT + number * (SIDE + GAP)
        taken = to_float(quantize(values, "sfix8_En0", rounding), "sfix8_En0")
        parts += [text(x0 + SIDE / 2, 20, rounding.value, "middle", "bold"), *staircase(x0, TOP, -2.5, 2.5, values, taken)]
        for half in (-1.5, -0.5, 0.5, 1.5):
            word = float(to_float(quantize([half], "sfix8_En0", rounding), "sfix8_En0")[0])
            x, y = x0 + (half + 2.5) * SIDE / 5, TOP + SIDE - (word + 2.5) * SIDE / 5
            parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{PAPER}" stroke="{ACCENT}" stroke-width="1.6"/>')
    width = 2 * LEFT + len(Rounding) * (SIDE + GAP) - GAP
    parts.append(text(width / 2, TOP + SIDE + 26, "value, in steps of the new format; upwards its word; rings: halves", "middle"))
    return picture(width, TOP + SIDE + 42, parts)


def overflow_picture() -> str:
    """Both kinds of overflow, from -2 to 2 of a format from -1 to 0.875."""
    values = (np.arange(-16 * FINE, 16 * FINE) + 0.5) / FINE / 8
    parts = []
    for number, overflow in enumerate(Overflow):
        x0 = LEFT + number * (2 * SIDE + GAP)
        taken = to_float(quantize(values, WORD, overflow=overflow), WORD)
        parts += [text(x0 + SIDE / 2, 20, overflow.value, "middle", "bold"), *staircase(x0, TOP, -2.0, 2.0, values, taken)]
    width = 2 * LEFT + 3 * SIDE + GAP
    parts.append(text(width / 2, TOP + SIDE + 26, f"value from -2 to 2; upwards its word in {WORD}", "middle"))
    return picture(width, TOP + SIDE + 42, parts)


def words_picture() -> str:
    """A period of a sine, the words of four bits that stand for it, and the difference, magnified."""
    width, middle, low, scale = 640, 120, 250, 90
    place = np.arange(0, 64)
    sine = 0.85 * np.sin(2 * np.pi * place / 64)
    taken = to_float(quantize(sine, WORD), WORD)
    step = width / 64

    def path(values: np.ndarray, base: float, high: float) -> str:
        points = [f"{LEFT + number * step:.1f} {base - high * value:.1f}" for number, value in enumerate(values)]
        return "M" + "L".join(points)

    levels = [round(middle - scale * level, 1) for level in np.arange(-8, 8) / 8]
    parts = [f'<path d="M{LEFT} {y}H{LEFT + width}" stroke="{FAINT}"/>' for y in levels]
    parts.append(f'<path d="{path(sine, middle, scale)}" fill="none" stroke="{INK}" stroke-width="1.2"/>')
    parts += [
        f'<circle cx="{LEFT + number * step:.1f}" cy="{middle - scale * value:.1f}" r="2.4" fill="{ACCENT}"/>'
        for number, value in enumerate(taken)
    ]
    parts.append(f'<path d="M{LEFT} {low}H{LEFT + width}" stroke="{FAINT}"/>')
    parts.append(f'<path d="{path(taken - sine, low, 4 * scale)}" fill="none" stroke="{ACCENT}" stroke-width="1.2"/>')
    parts.append(text(LEFT, 18, f"a sine and its words in {WORD}; the lines are the 16 values that there are"))
    parts.append(text(LEFT, low + 40, "the difference, four times as high"))
    return picture(width + 2 * LEFT, low + 56, parts)


def pictures() -> dict[Path, str]:
    """Text by file."""
    drawn = {"rounding": rounding_picture, "overflow": overflow_picture, "words": words_picture}
    return {FOLDER / f"{name}.svg": draw() for name, draw in drawn.items()}


def main() -> int:
    """Write them."""
    for path, svg in pictures().items():
        path.write_text(svg)
    return 0


if __name__ == "__main__":
    sys.exit(main())
