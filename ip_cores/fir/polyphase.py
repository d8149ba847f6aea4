"""Plan of the parallel forms where the rate changes: products whose coefficients take turns, or a constant for each.

A filter cut into rows c[j R + p] of R taps, R the factor of the rate, needs one product for each row: whatever the factor, one
coefficient of a row is due in each clock. A decimator's phase p is that of the sample that enters, an interpolator's that of the word
that leaves. The coefficients of a row take turns in front of one multiplier, so that N taps take N / R of them.

Constant coefficients need a product for each tap, but share what a product in turns cannot: equal magnitudes, mirrored taps, and zeros.
Which of the two is built is for `ip_cores.fir.forms` to say.

References
----------
M. G. Bellanger, G. Bonnerot, M. Coudreuse, "Digital filtering by polyphase network", IEEE Trans. ASSP 24 (1976) 109-114.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from ip_cores.blocks.interval import Interval
from ip_cores.fir.structure import Structure, find_symmetry

Row = tuple[int, ...]
"""Coefficients of one product, by phase."""


def rows(structure: Structure) -> tuple[Row, ...]:
    """The taps in rows of as many as the rate's factor, zeros behind the last."""
    rate = structure.factor
    taps = structure.taps + (0,) * (-len(structure.taps) % rate)
    return tuple(taps[start : start + rate] for start in range(0, len(taps), rate))


def phase_structure(structure: Structure, phase: int) -> Structure:
    """The filter of one phase of an interpolator, at the low rate."""
    taps = structure.taps[phase :: structure.interpolation] or (0,)
    return replace(structure, taps=taps, symmetry=find_symmetry(taps) if structure.folded else 0, interpolation=1)


def canonical(row: Row, structure: Structure) -> tuple[Row, int]:
    """A row and a sign that make up this one; folded filters share the products of rows that differ in sign only."""
    first = next((tap for tap in row if tap), 0)
    return (tuple(-tap for tap in row), -1) if structure.folded and first < 0 else (row, 1)


def distinct_rows(structure: Structure) -> tuple[Row, ...]:
    """What the sample of a transposed form is multiplied with: rows that are not zero, each once; one of zeros if there is none else."""
    found = dict.fromkeys(canonical(row, structure)[0] for row in rows(structure) if any(row))
    return tuple(found) or ((0,) * structure.factor,)


@dataclass(frozen=True)
class Turn:
    """A product of the direct form whose coefficients take turns.

    Attributes
    ----------
    place : int
        Age of its sample, in samples that came in.
    partner : int or None
        Age of the sample that shares its coefficients, among those in turned order.
    coefficients : tuple of int
        By phase.
    alone : int or None
        Phase in which the sample has no partner: the centre of an odd number of taps.
    """

    place: int
    partner: int | None
    coefficients: Row
    alone: int | None = None


@dataclass(frozen=True)
class DirectPlan:
    """Samples and products of a direct form whose coefficients take turns.

    A decimator's phases run down while its samples get older, so the mirror image of tap k, of phase p, is a tap of another phase: with
    N - 1 = q R + r it falls on the sample 2 p - r clocks after one that is a whole number of periods away. A multiplexer on the line of
    samples picks that one in each phase; behind it the samples run in turned order, and each product finds its partner at one place.

    Attributes
    ----------
    structure : Structure
    """

    structure: Structure

    @property
    def _lag(self) -> int:
        """Periods by which samples in turned order are late, so that none is needed before it came."""
        factor, rest = self.structure.factor, (len(self.structure.taps) - 1) % self.structure.factor
        return -(-(2 * factor - 2 - rest) // factor)

    @cached_property
    def folded(self) -> bool:
        """Whether mirrored taps share their products: a few taps are not far enough apart."""
        structure = self.structure
        half, factor = (len(structure.taps) + 1) // 2, structure.factor
        last_row = (half - 1) // factor
        return structure.decimation > 1 and structure.symmetry != 0 and (len(structure.taps) - 1) // factor - last_row >= self._lag

    @cached_property
    def turns(self) -> tuple[Turn, ...]:
        """The products; at least one, even of a filter that is all zero."""
        structure, factor = self.structure, self.structure.factor
        step = factor if structure.decimation > 1 else 1
        if not self.folded:
            found = [Turn(place * step, None, row) for place, row in enumerate(rows(structure)) if any(row)]
            return tuple(found) or (Turn(0, None, (0,) * factor),)
        count = len(structure.taps)
        half = (count + 1) // 2
        first_half = replace(structure, taps=structure.taps[:half])
        periods = (count - 1) // factor - self._lag
        found = []
        for number, row in enumerate(rows(first_half)):
            alone = (half - 1) % factor if count % 2 and (half - 1) // factor == number else None
            if any(row):
                found.append(Turn(number * factor, (periods - number) * factor, row, alone))
        return tuple(found) or (Turn(0, None, (0,) * factor),)

    @property
    def partners(self) -> bool:
        return any(turn.partner is not None for turn in self.turns)

    @property
    def turned_places(self) -> tuple[int, ...]:
        """Age of the sample that goes to the turned order, by phase of the newest sample; empty where none does."""
        if not self.partners:
            return ()
        factor, rest = self.structure.factor, (len(self.structure.taps) - 1) % self.structure.factor
        return tuple(self._lag * factor + rest - 2 * phase for phase in range(factor))

    @property
    def line_length(self) -> int:
        """Samples that are kept."""
        return 1 + max(*(turn.place for turn in self.turns), 0, *self.turned_places)

    @property
    def turned_length(self) -> int:
        """Samples that are kept in turned order, beside the one that enters it."""
        return max((turn.partner or 0 for turn in self.turns), default=0)

    def operand(self, turn: Turn) -> Interval:
        """Values of a product's sample, or of the sum or difference of two."""
        return self.structure.operand(turn.partner)

    @property
    def levels(self) -> int:
        """Levels of adders, each with registers."""
        return max(1, (len(self.turns) - 1).bit_length())


def by_wires(row: Row) -> bool:
    """Whether a product is a shift, the same in every phase."""
    return len(set(row)) == 1 and row[0] >= 0 and row[0] & (row[0] - 1) == 0
