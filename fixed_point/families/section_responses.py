"""Impulse responses of second-order sections, and the norms by which words inside are scaled."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

Values = NDArray[np.float64]

MOST_RESPONSE = 1 << 22
"""Samples of the impulse responses of all sections that are looked at, at most: poles nearer to the unit circle are refused."""

MOST_DECADES = 120.0
"""By how many powers of ten the coefficients b of all sections may differ from 1 together, so that squares of responses are numbers. A
low-pass of order 32 at a hundredth of the sample rate needs 50."""

DECAY = 1e-7
"""What is left of a response where it is cut; the rest counts as a geometric series."""


class SectionError(ValueError):
    """Sections that cannot be built; `parameter` says what would have to be another."""

    def __init__(self, parameter: str, value: object, allowed: str) -> None:
        self.parameter, self.value, self.allowed = parameter, value, allowed
        super().__init__(f"{parameter} = {value}: {allowed}")

    def __reduce__(self) -> tuple[type, tuple[str, object, str]]:
        return type(self), (self.parameter, self.value, self.allowed)


def checked_sections(sos: ArrayLike) -> Values:
    """Sections with a0 = 1.

    Raises
    ------
    SectionError
        If there are none, a number is not finite, a section is not stable, or gives nothing.
    """
    given = np.array(sos, dtype=np.float64)
    for number, row in enumerate(given):
        if not np.isfinite(row).all():
            raise SectionError("sections", f"section {number}", "must be finite numbers")
        if not row[3]:
            raise SectionError("sections", f"section {number}: a0 = 0", "must be another number, as a0 divides the others")
    with np.errstate(over="ignore"):
        rows = given / given[:, 3:4]
    for number, row in enumerate(rows):
        if not np.isfinite(row).all():
            raise SectionError("sections", f"section {number}: a0 = {given[number, 3]:g}", "must not be so small")
        if not row[:3].any():
            raise SectionError("sections", f"section {number}: b0 = b1 = b2 = 0", "must let something through")
        if not stable(row[4], row[5]):
            told = f"section {number}: a1 = {row[4]:g}, a2 = {row[5]:g}"
            raise SectionError("sections", told, f"must be stable: the radius of its poles is {pole_radius(*row[4:]):.6g}")
    decades = np.log10(np.abs(rows[:, :3]).max(axis=1))
    if np.abs(decades).sum() > MOST_DECADES:
        worst = int(np.abs(decades).argmax())
        told = f"section {worst}: b0 = {rows[worst, 0]:g}, b1 = {rows[worst, 1]:g}, b2 = {rows[worst, 2]:g}"
        raise SectionError("sections", told, "must have a gain nearer to 1")
    return rows


def stable(a1: float, a2: float, one: float = 1) -> bool:
    """Whether both poles lie inside of the unit circle, by the triangle of stability; exact for integers with `one` for 1."""
    return bool(abs(a2) < one and abs(a1) < one + a2)


def response_length(sections: Values) -> int:
    """Samples after which a response has died away, a power of two.

    Raises
    ------
    SectionError
        If they are too many: a pole lies too near to the unit circle.
    """
    radii = [pole_radius(a1, a2) for a1, a2 in sections[:, 4:]]
    radius = max(radii)
    # Poles of several sections near each other: n**m r**n takes longer than r**n.
    alike = sum(1 - one < 3 * (1 - radius) for one in radii)
    needed = 64.0 if radius <= 0 else math.log(DECAY) / math.log(min(radius, 1 - 1e-12)) * (1 + 0.15 * alike) + 64
    if needed > MOST_RESPONSE / len(sections):
        raise SectionError("sections", f"a pole at radius {radius:.9g}", "must lie further inside of the unit circle")
    return 1 << math.ceil(math.log2(needed))


def pole_radius(a1: float, a2: float) -> float:
    """Magnitude of the larger pole.

    Examples
    --------
    >>> pole_radius(-0.5, 0.0), pole_radius(0.0, 0.25)
    (0.5, 0.5)
    """
    inside = a1 * a1 / 4 - a2
    return math.sqrt(a2) if inside < 0 else abs(a1) / 2 + math.sqrt(inside)


def responses(sections: ArrayLike) -> Values:
    """Impulse responses from the first line to the line behind each section.

    Parameters
    ----------
    sections : array_like of float, shape (sections, 6)
        As scipy.signal has them.

    Returns
    -------
    ndarray of float64, shape (sections, n)

    Notes
    -----
    The states of the cascade in transposed form follow each other by one matrix; its powers double the length known so far.

    Examples
    --------
    >>> responses([[1.0, 0.0, 0.0, 1.0, -0.5, 0.0]])[0, :4]
    array([1.   , 0.5  , 0.25 , 0.125])
    """
    rows = np.asarray(sections, dtype=np.float64)
    order = 2 * len(rows)
    step, outputs = np.zeros((order, order)), np.zeros((len(rows), order))
    entry, through = np.zeros(order), np.zeros(len(rows))
    x, direct = np.zeros(order), 1.0
    for number, (b0, b1, b2, _, a1, a2) in enumerate(rows):
        first, second = 2 * number, 2 * number + 1
        y, y_direct = b0 * x, b0 * direct
        y[first] += 1.0
        step[first], entry[first] = b1 * x - a1 * y, b1 * direct - a1 * y_direct
        step[first, second] += 1.0
        step[second], entry[second] = b2 * x - a2 * y, b2 * direct - a2 * y_direct
        outputs[number], through[number] = y, y_direct
        x, direct = y, y_direct
    length = response_length(rows)
    states = entry[:, None]
    while states.shape[1] < length:
        states = np.hstack([states, step @ states])
        step = step @ step
    return np.hstack([through[:, None], outputs @ states[:, : length - 1]])


def l1_norm(response: Values) -> float:
    """Sum of magnitudes of a response, with what follows behind its end.

    Examples
    --------
    >>> l1_norm(np.array([1.0, -0.5, 0.25, -0.125]))
    2.0
    """
    half = len(response) // 2
    first, second = float(np.abs(response[:half]).sum()), float(np.abs(response[half:]).sum())
    ratio = second / first if first else 0.0
    return first + (second / (1 - ratio) if ratio < 0.9 else second * 10)
