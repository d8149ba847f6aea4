"""Second-order sections as words: how the gain is spread over them, and how large every state can become.

A section is ``y[n] = b0 x[n] + b1 x[n-1] + b2 x[n-2] - a1 y[n-1] - a2 y[n-2]``. What stands between two sections is a line: line 0 is the
signal itself, line k what section k gives. Lines are words of one length, each with a scale of its own, so that the largest value that a
line can take, the L1 norm of the impulse response to it, just fits. So nothing can overflow inside.

References
----------
L. B. Jackson, "On the interaction of roundoff noise and dynamic range in digital filters", Bell System Technical Journal 49 (1970)
159-184, for scaling by norms.
W. E. Higgins, D. C. Munson, "Noise reduction strategies for digital filters: error spectrum shaping versus the optimal linear state-space
formulation", IEEE Trans. ASSP 30 (1982) 963-973, for error feedback.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fixed_point.families.section_order import best_order, best_shaping
from fixed_point.families.section_responses import SectionError, Values, checked_sections, l1_norm, responses, stable
from fixed_point.number_format import Format, Rounding
from fixed_point.word_lengths.losses import EXACT, CoefficientSet
from fixed_point.word_lengths.noise import Noise

SPREAD_STEP = 4
"""Sections whose coefficients b differ by less than this many bits have one binary point for them."""

MOST_DROPPED = 31
"""Bits that the one rounding of a section drops, at most: half of the last bit kept has to be an integer of VHDL."""

MOST_SUM_BITS = 62
"""Bits of a sum: the model's integers hold it, whatever its products do in between."""

LEAST_SLACK = 2.0**-12
"""Part of a line's range that rounding the coefficients b may use up."""

CYCLE_STEPS = {Rounding.NEAREST: 1.5, Rounding.CONVERGENT: 1.5, Rounding.FLOOR: 1.0, Rounding.CEIL: 1.0, Rounding.ZERO: 2.0}
"""In steps of the source, by the rounding at the output: what stays below leaves as one step at most."""

LEAST_STATE_BITS, START_BITS = 4, 16
"""Of words between sections: at least; and from how many on as many are looked for as end limit cycles."""


@dataclass(frozen=True)
class SectionWords:
    """Words of a section.

    Attributes
    ----------
    b : tuple of int
        Three, with `point` bits of fraction.
    a : tuple of int
        a1 and a2, with as many bits of fraction as the cascade's `feedback_point` says.
    point : int
    shaping : {-1, 0, 1}
        The error of the last rounding is added to the next sum, its complement is, or neither: then half of the last bit kept is.
    """

    b: tuple[int, int, int]
    a: tuple[int, int]
    point: int
    shaping: int


@dataclass(frozen=True)
class Cascade:
    """Words of all sections, and the lengths that follow from them.

    Attributes
    ----------
    sections : tuple of SectionWords
        In the order in which they are computed.
    places : tuple of int
        Where each stood as it was given.
    feedback_point : int
        Bits of fraction of the coefficients a.
    dropped : int
        Bits of fraction that a sum has more than a line's word.
    state_bits : int
        Bits of a line's word.
    lift : int
        Places by which a sink word is moved up to be one of line 0.
    fraction_length : int
        Of the words of the last line.
    given : tuple of tuple of float
        b0, b1, b2, a1, a2 of each section with its scale, before they were quantised.
    """

    sections: tuple[SectionWords, ...]
    places: tuple[int, ...]
    feedback_point: int
    dropped: int
    state_bits: int
    lift: int
    fraction_length: int
    given: tuple[tuple[float, ...], ...]

    @property
    def shaped(self) -> bool:
        """Whether errors are fed back at all."""
        return any(section.shaping for section in self.sections)

    @property
    def rest(self) -> int:
        """What every sum begins with after a reset."""
        return 0 if self.shaped else 1 << self.dropped - 1

    @property
    def values(self) -> Values:
        """Rows b0, b1, b2, 1, a1, a2 of what the words stand for, with the scales of the lines."""
        unit = 2.0**-self.feedback_point
        return np.array([[*(b * 2.0**-one.point for b in one.b), 1.0, *(a * unit for a in one.a)] for one in self.sections])

    @property
    def coefficients(self) -> CoefficientSet:
        """Those of `given` that are rounded by themselves, half a bit each, and none where a word holds the value."""
        values, errors = [], []
        for one, given in zip(self.sections, self.given, strict=True):
            first = (forward_matrix(given) != 0).argmax(axis=0)
            values += [*(given[place] for place in first), *given[3:]]
            errors += [2.0 ** -(one.point + 1)] * len(first) + [2.0 ** -(self.feedback_point + 1)] * 2
        halves = np.array(values) / np.array(errors)
        exact = np.abs(halves / 2 - np.rint(halves / 2)) < EXACT
        return CoefficientSet(np.array(values), np.where(exact, 0.0, errors), tied=False)

    def rows_of(self, numbers: Values) -> Values:
        """Rows b0, b1, b2, 1, a1, a2 from as many numbers as `coefficients` has."""
        rows, at = [], 0
        for given in self.given:
            matrix = forward_matrix(given)
            after = at + matrix.shape[1]
            rows.append([*(matrix @ numbers[at:after]), 1.0, *numbers[after : after + 2]])
            at = after + 2
        return np.array(rows)

    @cached_property
    def paths(self) -> tuple[Values, ...]:
        """What the error of each section's rounding becomes at the lines behind it: impulse responses, error feedback included."""
        found, values = [], self.values
        for number, one in enumerate(self.sections):
            rows = values[number:].copy()
            rows[0, :3] = 1.0, -one.shaping, 0.0
            found.append(responses(rows))
        return tuple(found)

    @cached_property
    def norms(self) -> tuple[Values, ...]:
        """L1 norms of the `paths`."""
        return tuple(np.array([l1_norm(line) for line in path]) for path in self.paths)

    @cached_property
    def peaks(self) -> Values:
        """Largest magnitude that the words of each line behind a section can take: the signal, and all roundings in front."""
        found = np.array([l1_norm(line) for line in responses(self.values)]) * 2.0 ** (self.state_bits - 1)
        for number, norms in enumerate(self.norms):
            found[number:] += norms / 2
        return found * (1 + 1e-6)

    @property
    def step(self) -> float:
        """What the last bit of the last line is worth."""
        return 2.0**-self.fraction_length

    @cached_property
    def noise(self) -> Noise:
        """Roundings of all sections as they arrive at the end. Each is uniform within half a bit to both sides."""
        total = Noise()
        for path, norms in zip(self.paths, self.norms, strict=True):
            total += Noise(0.0, float(np.sum(path[-1] ** 2)) * self.step**2 / 12, float(norms[-1]) * self.step / 2)
        return total

    def cycle_bound(self, source: Format) -> float:
        """Steps of the source that the last line stays within, whatever happened before, once the signal has died away.

        What is left without a signal is the roundings' own doing; each is half a bit at most.
        """
        return self.noise.limit / source.resolution


def feedback_words(rows: Values, bits: int, most_point: int = MOST_DROPPED) -> tuple[NDArray[np.int64], int]:
    """Coefficients a as words of so many bits, and their bits of fraction, at most `most_point`.

    Raises
    ------
    SectionError
        If a section is not stable with them.
    """
    a = rows[:, 4:]
    most = (1 << bits - 1) - 1
    point = min(bits - 1, most_point)
    if np.abs(np.rint(a * 2.0**point)).max() > most:
        point = bits - 2
    words = np.clip(np.rint(a * 2.0**point), -most - 1, most).astype(np.int64)
    for number, (a1, a2) in enumerate(words.tolist()):
        if not stable(a1, a2, 1 << point):
            format = Format(True, bits, point)
            told = f"must be more, since section {number} is not stable in {format}: a1 = {rows[number, 4]:g}, a2 = {rows[number, 5]:g}"
            raise SectionError("coefficient_word_length", bits, told)
    return words, point


def multiples_of(b: Values) -> tuple[int, int] | None:
    """Whole numbers that b1 and b2 are of b0, where both are."""
    if not b[0]:
        return None
    ratios = b[1:] / b[0]
    whole = np.rint(ratios)
    return (int(whole[0]), int(whole[1])) if np.abs(ratios - whole).max() < 1e-9 and np.abs(whole).max() <= 4 else None


def forward_matrix(b: Sequence[float]) -> Values:
    """How b0, b1, b2 follow from those of them that are rounded by themselves: b0 alone, b0 and b1, or all three.

    Examples
    --------
    >>> forward_matrix([0.5, -1.0, 0.5])
    array([[ 1.],
           [-2.],
           [ 1.]])
    """
    values = np.array(b[:3])
    multiples = multiples_of(values)
    if multiples:
        return np.array([[1.0], [multiples[0]], [multiples[1]]])
    mirrored = mirror_of(values)
    if mirrored:
        return np.array([[1.0, 0.0], [0.0, 1.0], [mirrored, 0.0]])
    return np.eye(3)


def mirror_of(b: Values) -> int:
    """1 where b2 is b0, -1 where it is its negative, else 0: zeros lie on the unit circle, or on the real axis as a pair."""
    for sign in (1, -1):
        if b[0] and abs(b[2] - sign * b[0]) <= 1e-12 * abs(b[0]):
            return sign
    return 0


def forward_words(b: Values, point: int) -> tuple[int, int, int]:
    """Coefficients b as words; zeros at 0 Hz and half the sample rate stay, and those on the unit circle stay on it."""
    multiples = multiples_of(b)
    words = [round(float(one) * 2.0**point) for one in b]
    if multiples:
        return words[0], multiples[0] * words[0], multiples[1] * words[0]
    mirrored = mirror_of(b)
    if mirrored:
        return words[0], words[1], mirrored * words[0]
    return words[0], words[1], words[2]


def best_point(b: Values, bits: int) -> int:
    """Most bits of fraction with which three coefficients b fit into a word."""
    point = bits - 1 - math.frexp(float(np.abs(b).max()))[1] + 1
    most = (1 << bits - 1) - 1
    while max(map(abs, forward_words(b, point))) > most:
        point -= 1
    return point


@dataclass(frozen=True, eq=False)
class OrderedSections:
    """Sections in the order in which they are computed, before their lines have a scale.

    Attributes
    ----------
    rows : ndarray of float64, shape (sections, 6)
        As given.
    words : ndarray of int64, shape (sections, 2)
        Of their coefficients a.
    feedback_point : int
        Bits of fraction of these.
    coefficient_word_length : int
    shaping, places : tuple of int
        As in `SectionWords` and `Cascade`.
    """

    rows: Values
    words: NDArray[np.int64]
    feedback_point: int
    coefficient_word_length: int
    shaping: tuple[int, ...]
    places: tuple[int, ...]

    @classmethod
    def of(
        cls, sos: ArrayLike, coefficient_word_length: int, error_feedback: bool, arrange: bool, most_point: int = MOST_DROPPED,
        one_shaping: int | None = None,
    ) -> OrderedSections:  # fmt: skip
        """Parameters as for `cascade`; no more bits of fraction of a, and a shaping that all sections have."""
        rows = checked_sections(sos)
        words, point = feedback_words(rows, coefficient_word_length, most_point)
        made = cls(rows, words, point, coefficient_word_length, (), tuple(range(len(rows))))
        shaping = tuple(best_shaping(a, error_feedback) if one_shaping is None else one_shaping for a in made.quantised[:, 4:])
        order = best_order(made.quantised, shaping) if arrange and len(rows) > 1 else made.places
        kept = list(order)
        return cls(rows[kept], words[kept], point, coefficient_word_length, tuple(shaping[one] for one in order), order)

    @cached_property
    def quantised(self) -> Values:
        """The rows with what the words of a stand for: these decide how large words become."""
        rows = self.rows.copy()
        rows[:, 4:] = self.words * 2.0**-self.feedback_point
        return rows

    @cached_property
    def norms(self) -> tuple[float, ...]:
        """L1 norms from the signal to each line."""
        return tuple(l1_norm(line) for line in responses(self.quantised))

    def of_bits(self, bits: int, sink: Format, most_fraction: int = MOST_SUM_BITS, one_point: int | None = None) -> Cascade:
        """The cascade with lines of so many bits, scaled so that no line can leave its range.

        The last has no more bits of fraction than `most_fraction`; coefficients b have one binary point where that is given.
        """
        lift = bits - sink.word_length
        full, loudest = float((1 << bits - 1) - 1), 2.0 ** (sink.word_length - 1 - sink.fraction_length)
        slack = LEAST_SLACK
        for _ in range(24):
            # Room for roundings of the sections in front is found by trying: it is small, but for very short words.
            scales = [2.0 ** (sink.fraction_length + lift), *(full * (1 - slack) / (norm * loudest) for norm in self.norms)]
            fraction_length = min(math.floor(math.log2(scales[-1])), most_fraction)
            scales[-1] = 2.0**fraction_length
            made = self.scaled(scales, bits, lift, fraction_length, one_point)
            if made.peaks.max() <= full:
                return made
            slack = min(0.95, max(2 * slack, 1 - (1 - slack) * full / float(made.peaks.max()) + LEAST_SLACK))
        raise SectionError("state_word_length", bits, "must be more: roundings alone fill words of so few bits")

    def scaled(self, scales: Sequence[float], bits: int, lift: int, fraction_length: int, one_point: int | None = None) -> Cascade:
        """The cascade with these scales of its lines, in steps for one."""
        ratios = np.array(scales[1:]) / np.array(scales[:-1])
        forward = self.rows[:, :3] * ratios[:, None]
        points = [best_point(b, self.coefficient_word_length) for b in forward]
        most = min(MOST_DROPPED, MOST_SUM_BITS - bits)
        common = min(max(min(points), self.feedback_point - self.coefficient_word_length), most)
        points = [min(common + max(0, one - common) // SPREAD_STEP * SPREAD_STEP, most) for one in points]
        if one_point is not None:
            points = [one_point] * len(points)
        dropped = max(self.feedback_point, *points)
        if bits + dropped > MOST_SUM_BITS:
            raise SectionError(
                "coefficient_word_length", self.coefficient_word_length, f"must be less beside words of {bits} bits between the sections"
            )
        sections = []
        for number, (b, a) in enumerate(zip(forward, self.words.tolist(), strict=True)):
            made = forward_words(b, points[number])
            if not any(made):
                told = f"must be more: all b of section {self.places[number]} are 0 in so few"
                raise SectionError("coefficient_word_length", self.coefficient_word_length, told)
            sections.append(SectionWords(made, (a[0], a[1]), points[number], self.shaping[number]))
        given = tuple((*map(float, b), *map(float, row[4:])) for b, row in zip(forward, self.rows, strict=True))
        return Cascade(tuple(sections), self.places, self.feedback_point, dropped, bits, lift, fraction_length, given)


def cascade(
    sos: ArrayLike, sink: Format, source: Format, coefficient_word_length: int, state_bits: int | None, error_feedback: bool, arrange: bool,
    most_state_bits: int = 32, quiet: float = 1.5,
) -> Cascade:  # fmt: skip
    """Sections as words.

    Parameters
    ----------
    sos : array_like of float, shape (sections, 6)
        As scipy.signal has them.
    sink, source : Format
        Of the words that enter and leave; signed.
    coefficient_word_length : int
        Of a coefficient's word.
    state_bits : int, optional
        Of a line's word; by default as many as keep what is left without a signal within one step of the source, but no more than
        `most_state_bits`.
    error_feedback : bool
        Whether a rounding's error is fed back.
    arrange : bool
        Whether sections are put into `best_order`.
    quiet : float
        Steps of the source that limit cycles have to stay below, see `CYCLE_STEPS`.

    Raises
    ------
    SectionError
    """
    ordered = OrderedSections.of(sos, coefficient_word_length, error_feedback, arrange)

    def of_bits(bits: int) -> Cascade:
        return ordered.of_bits(bits, sink)

    return of_fewest_bits(of_bits, state_bits, sink, source, most_state_bits, quiet)


class LinesOfBits(Protocol):
    """What has lines of so many bits, and a bound in steps of the source of what is left without a signal."""

    @property
    def state_bits(self) -> int: ...

    def cycle_bound(self, source: Format) -> float: ...


Lines = TypeVar("Lines", bound=LinesOfBits)


def of_fewest_bits(
    of_bits: Callable[[int], Lines], state_bits: int | None, sink: Format, source: Format, most_state_bits: int, quiet: float
) -> Lines:
    """What `of_bits` makes of as many bits as are given, or of as many as keep limit cycles below `quiet`; parameters as for `cascade`."""
    least = max(sink.word_length, LEAST_STATE_BITS)
    if state_bits is not None:
        if state_bits < least:
            raise SectionError("state_word_length", state_bits, f"must be {least} or more, the bits of the sink's words")
        return of_bits(state_bits)
    start = first_that_fits(of_bits, max(least, START_BITS), most_state_bits)
    more = math.ceil(math.log2(max(start.cycle_bound(source), 1e-9) / quiet))
    needed = min(max(start.state_bits + more, least), most_state_bits)
    found = start if needed == start.state_bits else first_that_fits(of_bits, needed, most_state_bits)
    while found.cycle_bound(source) >= quiet and found.state_bits < most_state_bits:
        found = of_bits(found.state_bits + 1)
    return found


def first_that_fits(of_bits: Callable[[int], Lines], least: int, most: int) -> Lines:
    """What has the fewest bits in which roundings alone do not fill the words."""
    for bits in range(least, most):
        try:
            return of_bits(bits)
        except SectionError as error:
            if error.parameter != "state_word_length":
                raise
    return of_bits(most)
