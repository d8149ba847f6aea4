"""Cascades of second-order sections for the bands of a bank as words: one shape for all, so that one unit of arithmetic serves them.

All bands have lines of one length and one scale of the last, coefficients with the same binary points, and one way of feeding errors back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from fixed_point.families.section_cascade import MOST_DROPPED, Cascade, OrderedSections, of_fewest_bits
from fixed_point.families.section_responses import Values, l1_norm, responses
from fixed_point.number_format import Format


@dataclass(frozen=True)
class SectionBank:
    """Words of the sections of all bands.

    Attributes
    ----------
    bands : tuple of Cascade
        As many sections in each; binary points, lengths and shaping are those of all.
    """

    bands: tuple[Cascade, ...]

    @property
    def shape(self) -> Cascade:
        """One band, for what all of them share."""
        return self.bands[0]

    @property
    def state_bits(self) -> int:
        """Bits of a line's word."""
        return self.shape.state_bits

    @cached_property
    def peak(self) -> float:
        """Largest magnitude that a word of a last line can take."""
        return max(float(band.peaks[-1]) for band in self.bands)

    def cycle_bound(self, source: Format) -> float:
        """Steps of the source that no band exceeds once the signal has died away."""
        return max(band.cycle_bound(source) for band in self.bands)


@dataclass(frozen=True)
class OrderedBank:
    """Sections of all bands in their order, before their lines have a scale."""

    bands: tuple[OrderedSections, ...]

    @classmethod
    def of(cls, sections: ArrayLike, coefficient_word_length: int, error_feedback: bool) -> OrderedBank:
        """Parameters as for `section_bank`."""
        rows = [np.asarray(one, dtype=np.float64) for one in np.asarray(sections, dtype=np.float64)]

        def every(most_point: int, shaping: int | None) -> list[OrderedSections]:
            return [OrderedSections.of(one, coefficient_word_length, error_feedback, False, most_point, shaping) for one in rows]

        found = every(MOST_DROPPED, 0)
        point = min(one.feedback_point for one in found)
        if any(one.feedback_point != point for one in found):
            found = every(point, 0)
        shaping = one_shaping(found) if error_feedback else 0
        return cls(tuple(replace(one, shaping=(shaping,) * len(one.shaping)) for one in found))

    def of_bits(self, bits: int, sink: Format) -> SectionBank:
        """The bank with lines of so many bits."""
        made = [band.of_bits(bits, sink) for band in self.bands]
        while True:
            fraction = min(band.fraction_length for band in made)
            point = min(section.point for band in made for section in band.sections)
            if all(band.fraction_length == fraction and all(one.point == point for one in band.sections) for band in made):
                return SectionBank(tuple(made))
            made = [band.of_bits(bits, sink, fraction, point) for band in self.bands]


def one_shaping(bands: Sequence[OrderedSections]) -> int:
    """The way of feeding errors back with which no band's error grows by more than needs be."""

    def worst(sign: int) -> float:
        return max(l1_norm(responses(np.array([[1.0, -sign, 0.0, 1.0, *a]]))[0]) for band in bands for a in band.quantised[:1, 4:])

    return min((1, -1, 0), key=worst)


def section_bank(
    sections: Values, sink: Format, source: Format, coefficient_word_length: int, state_bits: int | None, error_feedback: bool,
    most_state_bits: int, quiet: float,
) -> SectionBank:  # fmt: skip
    """Sections of a bank as words.

    Parameters
    ----------
    sections : ndarray of float64, shape (bands, sections, 6)
        As scipy.signal has them; each band's in the order in which they are computed.
    sink, source, coefficient_word_length, state_bits, error_feedback, most_state_bits, quiet
        As for `section_cascade.cascade`.

    Raises
    ------
    SectionError
    """
    ordered = OrderedBank.of(sections, coefficient_word_length, error_feedback)

    def of_bits(bits: int) -> SectionBank:
        return ordered.of_bits(bits, sink)

    return of_fewest_bits(of_bits, state_bits, sink, source, most_state_bits, quiet)
