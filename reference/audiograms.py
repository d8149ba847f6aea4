"""Audiograms: hearing thresholds over frequency, the standard ones of IEC 60118-15, and what they say of dead regions of the cochlea."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Values = NDArray[np.float64]

AUDIOMETRIC = (250.0, 500.0, 1000.0, 2000.0, 4000.0, 6000.0)
"""Frequencies in Hz at which audiograms are usually taken, and those of HASPI and HASQI."""

LEAST, MOST = -10.0, 120.0
"""Range of a threshold in dB HL: what audiometers of class 1 can find (IEC 60645-1)."""

LOWEST, HIGHEST = 50.0, 20000.0
"""Range of a frequency in Hz."""

FREQUENCIES = (250.0, 375.0, 500.0, 750.0, 1000.0, 1500.0, 2000.0, 3000.0, 4000.0, 6000.0)
"""Of the standard audiograms, in Hz."""

STANDARD: dict[str, tuple[float, ...]] = {
    "N1": (10, 10, 10, 10, 10, 10, 15, 20, 30, 40),
    "N2": (20, 20, 20, 22.5, 25, 30, 35, 40, 45, 50),
    "N3": (35, 35, 35, 35, 40, 45, 50, 55, 60, 65),
    "N4": (55, 55, 55, 55, 55, 60, 65, 70, 75, 80),
    "N5": (65, 67.5, 70, 72.5, 75, 80, 80, 80, 80, 80),
    "N6": (75, 77.5, 80, 82.5, 85, 90, 90, 95, 100, 100),
    "N7": (90, 92.5, 95, 100, 105, 105, 105, 105, 105, 105),
    "S1": (10, 10, 10, 10, 10, 10, 15, 30, 55, 70),
    "S2": (20, 20, 20, 22.5, 25, 35, 55, 75, 95, 95),
    "S3": (30, 30, 35, 47.5, 60, 70, 75, 80, 80, 85),
}
"""Thresholds in dB HL at `FREQUENCIES`, flat and moderately sloping (N) and steeply sloping (S).

N. Bisgaard, M. S. M. G. Vlaming, M. Dahlquist, "Standard audiograms for the IEC 60118-15 measurement procedure", Trends in Amplification
14 (2010) 113-120, tables 2 and 4. The columns at 375 and 750 Hz are interpolated there.
"""

FREE_FIELD = (
    (125, 22.1), (160, 17.9), (200, 14.4), (250, 11.4), (315, 8.6), (400, 6.2), (500, 4.4), (630, 3.0), (750, 2.4), (800, 2.2), (1000, 2.4),
    (1250, 3.5), (1500, 2.4), (1600, 1.7), (2000, -1.3), (2500, -4.2), (3000, -5.8), (3150, -6.0), (4000, -5.4), (5000, -1.5), (6000, 4.3),
    (6300, 6.0), (8000, 12.6),
)  # fmt: skip
"""Level in dB SPL of the softest tone that a normal ear hears, 0 dB HL, over frequency in Hz, sound from the front in a free field: ISO
389-7:2005, table 1."""

DEAD_LOW, DEAD_HIGH = 80.0, 90.0
"""Thresholds in dB HL above which a dead region is probable, at low and at high frequencies: B. C. J. Moore, "Dead regions in the cochlea:
conceptual foundations, diagnosis, and clinical applications", Ear and Hearing 25 (2004) 98-116."""

LOW_END = 1000.0
"""Frequency in Hz below which the limit for low frequencies counts."""

BEYOND_EDGE = 1.7
"""Times the edge of a dead region at high frequencies up to which amplification helps: D. A. Vickers, B. C. J. Moore, T. Baer, "Effects of
low-pass filtering on the intelligibility of speech in quiet for people with and without dead regions at high frequencies", J. Acoust. Soc.
Am. 110 (2001) 1164-1175."""


class AudiogramError(ValueError):
    """What is no audiogram.

    Attributes
    ----------
    field : {"frequencies", "levels"}
    value : object
        What was refused.
    allowed : str
        What is allowed.
    """

    def __init__(self, field: str, value: object, allowed: str) -> None:
        self.field, self.value, self.allowed = field, value, allowed
        super().__init__(f"{field} = {value}: {allowed}")

    def __reduce__(self) -> tuple[type, tuple[str, object, str]]:
        return type(self), (self.field, self.value, self.allowed)


@dataclass(frozen=True)
class Audiogram:
    """Hearing thresholds of one ear.

    Attributes
    ----------
    frequencies : tuple of float
        In Hz, rising, two or more.
    levels : tuple of float
        Thresholds in dB HL, one for each frequency.

    Raises
    ------
    AudiogramError
        For frequencies that do not rise, another number of levels, or what lies out of range.

    Examples
    --------
    >>> Audiogram((500, 1000), (20, 130))
    Traceback (most recent call last):
        ...
    reference.audiograms.AudiogramError: levels = 130: must be -10 to 120 dB HL, at 1000 Hz
    """

    frequencies: tuple[float, ...]
    levels: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.frequencies) < 2:
            raise AudiogramError("frequencies", list(self.frequencies), "must be two or more, in Hz")
        for f in self.frequencies:
            if not LOWEST <= f <= HIGHEST:
                raise AudiogramError("frequencies", f, f"must be {LOWEST:g} to {HIGHEST:g} Hz")
        for before, f in zip(self.frequencies, self.frequencies[1:], strict=False):
            if f <= before:
                raise AudiogramError("frequencies", f, f"must rise, and {before:g} Hz stands before it")
        if len(self.levels) != len(self.frequencies):
            counts = f"must be {len(self.frequencies)} thresholds in dB HL, one for each frequency, not {len(self.levels)}"
            raise AudiogramError("levels", list(self.levels), counts)
        for f, level in zip(self.frequencies, self.levels, strict=True):
            if not LEAST <= level <= MOST:
                raise AudiogramError("levels", level, f"must be {LEAST:g} to {MOST:g} dB HL, at {f:g} Hz")

    def at(self, frequencies: ArrayLike) -> Values:
        """Thresholds in dB HL between those that were taken: straight lines over the logarithm of frequency, level beyond the ends."""
        wanted = np.log(np.asarray(frequencies, dtype=np.float64))
        return np.asarray(np.interp(wanted, np.log(self.frequencies), self.levels))

    def in_sound_pressure(self, frequencies: ArrayLike) -> Values:
        """Level in dB SPL of the softest tones that this ear hears, in a free field: `at`, and what 0 dB HL is there (`FREE_FIELD`).

        Examples
        --------
        >>> Audiogram((500, 4000), (20, 60)).in_sound_pressure([500, 4000])
        array([24.4, 54.6])
        """
        stated, levels = zip(*FREE_FIELD, strict=True)
        return np.asarray(self.at(frequencies) + np.interp(np.log(np.asarray(frequencies, dtype=np.float64)), np.log(stated), levels))

    def resampled(self, frequencies: Sequence[float]) -> Audiogram:
        """The same ear at other frequencies, as `at`."""
        return Audiogram(tuple(frequencies), tuple(self.at(frequencies).tolist()))

    def covers(self, low: float, high: float) -> bool:
        """Whether thresholds were taken from one frequency to another, or beyond."""
        return self.frequencies[0] <= low and self.frequencies[-1] >= high


def standard_audiogram(name: str, frequencies: Sequence[float] = AUDIOMETRIC) -> Audiogram:
    """A standard audiogram by its name.

    Parameters
    ----------
    name : str
        Of `STANDARD`, N1 to N7 and S1 to S3.
    frequencies : sequence of float
        In Hz; `FREQUENCIES` for the whole table.

    Raises
    ------
    ValueError
        If there is none of that name.

    Examples
    --------
    >>> standard_audiogram("N4").levels
    (55.0, 55.0, 55.0, 65.0, 75.0, 80.0)
    """
    if name not in STANDARD:
        raise ValueError(f"must be one of {', '.join(STANDARD)}")
    return Audiogram(FREQUENCIES, STANDARD[name]).resampled(frequencies)


@dataclass(frozen=True)
class DeadRegion:
    """Where no inner hair cells answer, as far as thresholds tell.

    Attributes
    ----------
    low, high : float
        Its edges in Hz; 0 or infinity where it goes on to the end of the audiogram.
    """

    low: float
    high: float

    @property
    def highest_useful(self) -> float:
        """Frequency in Hz up to which amplification helps: `BEYOND_EDGE` times the edge of a region that begins inside the audiogram and
        goes on to its end, infinite for any other."""
        return BEYOND_EDGE * self.low if self.low > 0 and np.isinf(self.high) else np.inf


def dead_regions(audiogram: Audiogram) -> list[DeadRegion]:
    """Regions in which a dead region is probable: thresholds above 80 dB HL below 1 kHz and 90 dB HL from there on.

    An edge lies where the straight line between two thresholds, over the logarithm of frequency, crosses the limit.

    Examples
    --------
    >>> dead_regions(Audiogram((1000, 2000, 4000, 6000), (25, 55, 95, 95)))
    [DeadRegion(low=3668.0, high=inf)]
    """
    f = np.array(audiogram.frequencies)
    above = np.array(audiogram.levels) - np.where(f < LOW_END, DEAD_LOW, DEAD_HIGH)
    dead = above > 0

    def crossing(n: int) -> float:
        """Between threshold n and the next."""
        part = above[n] / (above[n] - above[n + 1])
        return float(np.round(f[n] * (f[n + 1] / f[n]) ** part))

    found, low = [], 0.0
    for n, inside in enumerate(dead):
        if inside and n and not dead[n - 1]:
            low = crossing(n - 1)
        if inside and (n + 1 == f.size or not dead[n + 1]):
            found.append(DeadRegion(low, np.inf if n + 1 == f.size else crossing(n)))
    return found


def highest_useful(audiogram: Audiogram) -> float:
    """Frequency in Hz beyond which no amplification helps (`DeadRegion.highest_useful`); infinite without a dead region there."""
    return min((region.highest_useful for region in dead_regions(audiogram)), default=np.inf)
