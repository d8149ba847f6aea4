"""Bit-true classification of speech: exact sums over frames, two logarithms, a tracked floor, comparisons."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fixed_point.families.logarithms import LOGARITHM_BITS, Log2
from fixed_point.number_format import Format
from fixed_point.quantization import Words, as_words

SILENT, UNVOICED, VOICED = 0, 1, 2

CLASS_BITS = 2

LIMIT = Format(False, 16, 10)
"""Format of a limit, and of its register: doublings of energy."""

COARSE_BITS, FINE_BITS = 3, 6
"""Bits of fraction of the levels in a word, and of the tilt."""

ABOVE_BITS, TILT_BITS = 8, 8
"""Bits of the level above the floor and of the tilt in a word; what is more counts as all ones."""


class FrameMeasures(NamedTuple):
    """What frames are judged by, shape (frames,) each; levels with `LOGARITHM_BITS` of fraction.

    Attributes
    ----------
    level, above, tilt : ndarray of int64
        Level of the energy, its distance above the noise floor, and above the level of the correlation.
    crossings : ndarray of int64
        Zero crossings of a frame.
    """

    level: Words
    above: Words
    tilt: Words
    crossings: Words


@dataclass(frozen=True)
class Classification:
    """Word lengths and constants of a classifier.

    Attributes
    ----------
    format : Format
        Of the samples.
    hop : int
        Samples from one frame to the next.
    overlap : int
        Hops in a frame.
    rise : int
        Of the noise floor in a frame, in units of a level's last bit.
    lowest : int
        Energies below two to this count as that.
    """

    format: Format
    hop: int
    overlap: int
    rise: int
    lowest: int

    @property
    def frame(self) -> int:
        """Samples of a frame."""
        return self.hop * self.overlap

    @property
    def square_bits(self) -> int:
        """Bits of the largest square, that of the most negative sample."""
        return 2 * self.format.word_length - 1

    @property
    def hop_bits(self) -> int:
        """Bits of the energy of a hop."""
        return (self.hop << self.square_bits - 1).bit_length()

    @property
    def energy_bits(self) -> int:
        """Bits of the energy of a frame."""
        return (self.frame << self.square_bits - 1).bit_length()

    @property
    def crossing_bits(self) -> int:
        return self.frame.bit_length()

    @cached_property
    def logarithm(self) -> Log2:
        """From the energy to its level."""
        return Log2(self.energy_bits, self.lowest)

    @property
    def level_bits(self) -> int:
        return self.logarithm.word_length

    @property
    def coarse_bits(self) -> int:
        """Bits of a level in a word."""
        return self.logarithm.integer_bits + COARSE_BITS

    @property
    def source(self) -> Format:
        """Format of the words that leave: class, crossings, tilt, level above the floor, level, from the lowest bits on."""
        return Format(False, CLASS_BITS + self.crossing_bits + TILT_BITS + ABOVE_BITS + self.coarse_bits, 0)

    @property
    def fields(self) -> dict[str, tuple[int, int]]:
        """By name the lowest bit and the bits of each part of a word."""
        widths = {"class": CLASS_BITS, "crossings": self.crossing_bits, "tilt": TILT_BITS, "above": ABOVE_BITS, "level": self.coarse_bits}
        found, place = {}, 0
        for name, bits in widths.items():
            found[name], place = (place, bits), place + bits
        return found

    def joined(self, parts: dict[str, Words]) -> Words:
        """Words of their parts."""
        words = np.zeros(len(parts["class"]), np.int64)
        for name, (place, _) in self.fields.items():
            words |= parts[name].astype(np.int64) << place
        return words

    def parted(self, words: ArrayLike) -> dict[str, Words]:
        """The parts of words, by name."""
        given = as_words(words).astype(np.int64)
        return {name: given >> place & (1 << bits) - 1 for name, (place, bits) in self.fields.items()}


def measures(words: ArrayLike, law: Classification) -> FrameMeasures:
    """What each frame that has ended is judged by.

    Parameters
    ----------
    words : array_like of int, shape (n,)
        Raw samples; those before the first are 0.
    law : Classification
    """
    x = as_words(words).astype(np.int64)
    count = x.size // law.hop
    now = x[: count * law.hop]
    before = np.concatenate([np.zeros(1, np.int64), now])[: now.size]

    def over_frames(values: Words) -> Words:
        hops = values.reshape(count, law.hop).sum(axis=1)
        return np.asarray(sum(np.concatenate([np.zeros(late, np.int64), hops])[:count] for late in range(law.overlap)))

    energy, correlation = over_frames(now * now), over_frames(now * before)
    level = law.logarithm(energy)
    tilt = level - law.logarithm(np.maximum(correlation, 0))
    # The least of all levels so far, each with what the floor has risen since.
    risen = law.rise * np.arange(count)
    floor = np.minimum.accumulate(level - risen) + risen
    return FrameMeasures(level, level - floor, np.maximum(tilt, 0), over_frames((now < 0).astype(np.int64) ^ (before < 0)))


def classes(found: FrameMeasures, silence: int | NDArray[np.int64], tilt: int | NDArray[np.int64]) -> Words:
    """The class of each frame, by limits of format `LIMIT`."""
    places = LOGARITHM_BITS - LIMIT.fraction_length
    silent = found.above < np.asarray(silence) << places
    return np.where(silent, SILENT, np.where(found.tilt <= np.asarray(tilt) << places, VOICED, UNVOICED))


def speech_classifier(
    words: ArrayLike, law: Classification, silence: int | NDArray[np.int64], tilt: int | NDArray[np.int64]
) -> Words:  # fmt: skip
    """A word for each frame: its class, with what it was judged by.

    Parameters
    ----------
    words : array_like of int, shape (n,)
        Raw samples.
    law : Classification
    silence, tilt : int or ndarray of int64, shape (n,)
        Limits of format `LIMIT`: the level above the floor from which on a frame is not silent, and the largest tilt of a voiced one. Of
        an array that counts which stands at the last sample of a frame.
    """
    found = measures(words, law)
    limits = [one if isinstance(one, int) else np.asarray(one)[law.hop - 1 :: law.hop][: found.level.size] for one in (silence, tilt)]
    parts = {
        "class": classes(found, *limits),
        "crossings": found.crossings,
        "tilt": np.minimum(found.tilt >> LOGARITHM_BITS - FINE_BITS, (1 << TILT_BITS) - 1),
        "above": np.minimum(found.above >> LOGARITHM_BITS - COARSE_BITS, (1 << ABOVE_BITS) - 1),
        "level": found.level >> LOGARITHM_BITS - COARSE_BITS,
    }
    return law.joined(parts)
