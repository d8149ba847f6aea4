"""Rooms by image sources: what a shoebox of a room does to sound, from walls that reflect a part of it.

Reference: J. B. Allen, D. A. Berkley, "Image method for efficiently simulating small-room acoustics", J. Acoust. Soc. Am. 65(4), 1979,
943-950; places of images are rounded to whole samples.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.signal import fftconvolve

SPEED = 343.0
"""Of sound, in m/s."""

SIZES = ((3.0, 8.0), (3.0, 6.0), (2.4, 3.5))
"""Of a room, in m, least and most: length, width, height."""

REVERBERATION = (0.15, 0.5)
"""Reverberation time (60 dB) by Sabine, in s, least and most."""

LENGTH = 0.25
"""Of a response, in s."""

EARLY = 0.02
"""Seconds behind the direct sound that help and are not taken away."""

MARGIN = 0.5
"""From source and ear to the walls, in m."""


@dataclass(frozen=True, eq=False)
class Echo:
    """Response of a room between two places, from the direct sound on, which is 1.

    Attributes
    ----------
    response : ndarray of float64, shape (n,)
    early_samples : int
    """

    response: np.ndarray
    early_samples: int

    def whole(self, x: np.ndarray) -> np.ndarray:
        """What is heard of a sound, as long as it."""
        return np.asarray(fftconvolve(x, self.response)[: x.size])

    def early(self, x: np.ndarray) -> np.ndarray:
        """Direct sound and early reflections alone."""
        return np.asarray(fftconvolve(x, self.response[: self.early_samples])[: x.size])


@dataclass(frozen=True)
class Rooms:
    """Draws rooms.

    Attributes
    ----------
    rate : int
        In Hz.
    """

    rate: int

    def responses(self, random: np.random.Generator, sources: int) -> list[Echo]:
        """Responses from places of sources to one ear in one room."""
        size = np.array([random.uniform(*limits) for limits in SIZES])
        time = random.uniform(*REVERBERATION)
        ear = random.uniform(MARGIN, size - MARGIN)
        return [Echo(self.response(size, random.uniform(MARGIN, size - MARGIN), ear, time), self.early_samples) for _ in range(sources)]

    @property
    def early_samples(self) -> int:
        return round(EARLY * self.rate)

    def response(self, size: np.ndarray, source: np.ndarray, ear: np.ndarray, time: float) -> np.ndarray:
        """Of a room of this size in m and this reverberation time in s; shape (n,)."""
        volume, surface = np.prod(size), 2 * (size[0] * size[1] + size[1] * size[2] + size[0] * size[2])
        absorbed = min(0.99, 24 * np.log(10) / SPEED * volume / (surface * time))  # Sabine
        reflected = np.sqrt(1 - absorbed)
        length = round(LENGTH * self.rate)
        direct = float(np.linalg.norm(source - ear))
        # Along each axis: places of images and how many walls each has met.
        places, walls = [], []
        for axis in range(3):
            order = int(np.ceil((LENGTH * SPEED + direct) / (2 * size[axis]))) + 1
            n = np.arange(-order, order + 1)
            places.append(np.concatenate([2 * n * size[axis] + source[axis], 2 * n * size[axis] - source[axis]]) - ear[axis])
            walls.append(np.concatenate([np.abs(2 * n), np.abs(n) + np.abs(n - 1)]))
        square = places[0][:, None, None] ** 2 + places[1][:, None] ** 2 + places[2] ** 2
        met = walls[0][:, None, None] + walls[1][:, None] + walls[2]
        late = np.round((np.sqrt(square) - direct) / SPEED * self.rate).astype(np.int64)
        heard = late < length
        found = np.bincount(late[heard], reflected ** met[heard] * direct / np.sqrt(square[heard]), minlength=length)
        return np.asarray(found)
