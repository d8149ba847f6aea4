"""Products of one word by many constants, out of shifts and as few additions as can be found.

Constants share what they have in common: 5 x and 20 x are one addition and a shift, and 45 x is one more addition on 5 x. The search
goes by distance, as in Y. Voronenko and M. Püschel, "Multiplierless multiple constant multiplication", ACM Trans. Algorithms 3 (2007):
what is one addition away is added, otherwise the number that brings most constants within one addition. Of a set that is small enough other
numbers are tried in its place, as long as one fewer of them might do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from myhdl import always_comb

from ip_cores.blocks.arithmetic import add, canonical_signed_digits, constant_product, scale_up, signed_signal, subtract, wire
from ip_cores.blocks.interval import Interval
from ip_cores.hierarchy import inline, primitive

SEARCH = 2000
"""Known values times bits up to which all that is near is looked at: some tens of taps at 16 bits take milliseconds. Beyond, constants
are halved until the halves are known, which shares less but ends soon."""


LOOKED_AT, WIDEST, MOST_WANTED = 12_000, 17, 20
"""Pairs of numbers that a search for fewer looks at, of constants of up to so many bits and so many different ones: tenths of a second."""


class Addition(NamedTuple):
    """``value = ((left << left_places) + sign * (right << right_places)) >> dropped``, all odd and positive.

    What is dropped is zero.
    """

    value: int
    left: int
    left_places: int
    right: int
    right_places: int
    sign: int
    dropped: int


def odd_part(value: int) -> int:
    """A number without its factors of two.

    Examples
    --------
    >>> odd_part(-40)
    5
    """
    value = abs(value)
    return value // (value & -value) if value else 0


@lru_cache(maxsize=256)
def additions(constants: tuple[int, ...]) -> tuple[Addition, ...]:
    """A short sequence of additions after which every constant is a shift of some value (or of the word itself).

    Parameters
    ----------
    constants : tuple of int
        Any integers; signs and factors of two are free.

    Returns
    -------
    tuple of Addition
        In the order in which they can be done.

    Examples
    --------
    >>> [a.value for a in additions((5, 20, 45, -8))]
    [5, 45]
    """
    wanted = {odd_part(constant) for constant in constants} - {0, 1}
    made = by_distance(wanted)
    longest = max((constant.bit_length() for constant in wanted), default=0)
    if longest > WIDEST or len(wanted) > MOST_WANTED:
        return made
    search = _Search(frozenset(wanted), longest + 1)
    while len(made) > len(wanted) and (order := search.through(len(made) - 1)) is not None:
        made = _as_additions(order, longest + 1)
    return made


def by_distance(constants: set[int]) -> tuple[Addition, ...]:
    """Additions after which odd constants are known: always the number that brings most of them near.

    Parameters
    ----------
    constants : set of int
        Odd and greater than 1.
    """
    wanted = set(constants)
    known = [1]
    made: list[Addition] = []
    places = max((constant.bit_length() for constant in wanted), default=0) + 1
    near: dict[int, Addition] = {}

    def learn(addition: Addition) -> None:
        known.append(addition.value)
        made.append(addition)
        wanted.discard(addition.value)
        # All pairs, but in large sets of long constants, where little is shared and the search would take minutes.
        for other in known if len(known) * places < SEARCH else {*known[:8], addition.value}:
            _note(near, addition.value, other, places)

    _note(near, 1, 1, places)
    while wanted:
        ready = sorted(wanted & near.keys())
        if ready:
            learn(near[ready[0]])
            continue
        simple = sorted(wanted, key=lambda constant: (len(canonical_signed_digits(constant)), constant))
        looked_at = simple[: SEARCH // (len(known) * places)]
        brings = Counter(number for constant in looked_at for number in set(_between(constant, known, near, places)))
        if brings:
            # Most constants brought near; the smallest number among equals, since its sums are short.
            learn(near[min(brings, key=lambda number: (-brings[number], number))])
        else:
            # Both halves of a constant's digits: with these it is one addition away.
            digits = canonical_signed_digits(simple[0])
            halves = (digits[len(digits) // 2 :], digits[: len(digits) // 2])
            values = [odd_part(sum(sign << place for sign, place in half)) for half in halves]
            missing = set(values) - set(known)
            if missing:
                wanted |= missing
            else:
                _note(near, values[0], values[1], places)
    return tuple(made)


def _as_additions(order: list[int], places: int) -> tuple[Addition, ...]:
    """Numbers, each one addition away from those before it, as these additions."""
    near: dict[int, Addition] = {}
    made: list[Addition] = []
    known = [1]
    _note(near, 1, 1, places)
    for number in order:
        made.append(near[number])
        known.append(number)
        for other in known:
            _note(near, number, other, places)
    return tuple(made)


class _Search:
    """Numbers between constants, depth first: those that bring most constants within one addition are tried first.

    Parameters
    ----------
    constants : frozenset of int
        Odd and positive.
    places : int
        Bits of the largest number that is looked at.
    """

    def __init__(self, constants: frozenset[int], places: int) -> None:
        self.constants, self.places, self.looked_at = constants, places, 0
        self._sums: dict[tuple[int, int], frozenset[int]] = {}

    def through(self, most: int) -> list[int] | None:
        """Numbers in an order in which each is one addition away from those before, all constants among them; at most so many."""
        return self._on([1], set(self._one_addition(1, 1)), set(self.constants), most - len(self.constants))

    def _on(self, known: list[int], near: set[int], wanted: set[int], left: int) -> list[int] | None:
        """The same from some numbers on, with so many between constants; `near` is as it was where none is found."""
        added: list[int] = []
        known, wanted = list(known), set(wanted)
        while ready := wanted & near:
            for constant in sorted(ready):
                known.append(constant)
                self._learn(known, near, added)
            wanted -= ready
        if not wanted:
            return known[1:]
        found = None
        if left:
            brings = Counter(number for constant in sorted(wanted) for number in self._between(constant, known) & near)
            for number in sorted(brings.keys() - set(known), key=lambda number: (-brings[number], number)):
                if self.looked_at >= LOOKED_AT:
                    break
                more: list[int] = []
                self._learn([*known, number], near, more)
                found = self._on([*known, number], near, wanted, left - 1)
                if found is not None:
                    break
                near.difference_update(more)
        if found is None:
            near.difference_update(added)
        return found

    def _learn(self, known: list[int], near: set[int], added: list[int]) -> None:
        """What the last of the numbers brings near, noted in both."""
        self.looked_at += len(known)
        new = set().union(*(self._one_addition(known[-1], other) for other in known)) - near
        near |= new
        added += new

    def _between(self, constant: int, known: list[int]) -> set[int]:
        """Numbers from which a constant is one addition away, with one that is known or alone."""
        self.looked_at += len(known)
        found = set().union(*(self._one_addition(constant, number) for number in known))
        for place in range(1, self.places + 1):
            found |= {constant // factor for factor in ((1 << place) + 1, (1 << place) - 1) if factor > 1 and constant % factor == 0}
        return found

    def _one_addition(self, a: int, b: int) -> frozenset[int]:
        """All numbers that are one addition away from two."""
        pair = (a, b) if a < b else (b, a)
        if pair not in self._sums:
            sums = (odd_part((one << place) + sign * other)
                    for one, other in {pair, pair[::-1]} for place in range(self.places + 1) for sign in (1, -1))  # fmt: skip
            self._sums[pair] = frozenset(value for value in sums if value and value.bit_length() <= self.places)
        return self._sums[pair]


def _note(near: dict[int, Addition], a: int, b: int, places: int) -> None:
    """All numbers that are one addition away from `a` and `b`."""
    pairs = [(a, b)] if a == b else [(a, b), (b, a)]
    for shifted, fixed in pairs:
        for place in range(places + 1):
            for sign in (1, -1):
                total = (shifted << place) + sign * fixed
                value = odd_part(total)
                if value == 0 or value.bit_length() > places or value in near:
                    continue
                dropped = (abs(total) // value).bit_length() - 1
                if total > 0:
                    near[value] = Addition(value, shifted, place, fixed, 0, sign, dropped)
                else:
                    near[value] = Addition(value, fixed, 0, shifted, place, -1, dropped)


def _between(constant: int, known: list[int], near: dict[int, Addition], places: int) -> Iterator[int]:
    """Numbers one addition away from which the constant is one addition away."""
    for number in known:
        for place in range(places + 1):
            for sign in (1, -1):
                for rest in (constant + sign * (number << place), (constant << place) + sign * number):
                    found = odd_part(rest)
                    if found in near:
                        yield found
    for place in range(1, places + 1):
        for factor in ((1 << place) + 1, (1 << place) - 1):
            if factor > 1 and constant % factor == 0 and constant // factor in near:
                yield constant // factor


@primitive
def constant_products(word, products, interval, constants, multiplier):
    """Products of a word by constants, up to their signs (see `product_term`), in the order given.

    Parameters
    ----------
    word : signal
    products : list of signals
    interval : Interval
        Values of the word.
    constants : sequence of int
    multiplier : {"embedded", "logic"}
    """
    if multiplier == "embedded" or not any(constants):
        return [constant_product(word, product, constant) for product, constant in zip(products, constants, strict=True)]
    return shared_multiples(word, products, interval, constants)


@inline
def shared_multiples(word, products, interval, constants):
    """Products by shifts and sums; a multiple of the word that several constants need is formed once."""
    multiples = {1: word}
    instances: list[Any] = []
    for step in additions(tuple(constants)):
        left = _shifted(instances, multiples[step.left], interval.times(step.left), step.left_places)
        right = _shifted(instances, multiples[step.right], interval.times(step.right), step.right_places)
        total = signed_signal(interval.times(step.value << step.dropped))
        instances.append((add if step.sign > 0 else subtract)(left, right, total))
        multiples[step.value] = _without_zeros(instances, total, interval.times(step.value), step.dropped)
    for product, constant in zip(products, constants, strict=True):
        value = odd_part(constant)
        places = (abs(constant) // value).bit_length() - 1
        instances.append(scale_up(multiples[value], product, places) if places else wire(multiples[value], product))
    return instances


def _shifted(instances: list[Any], word: Any, interval: Interval, places: int) -> Any:
    if not places:
        return word
    shifted = signed_signal(interval.times(1 << places))
    instances.append(scale_up(word, shifted, places))
    return shifted


def _without_zeros(instances: list[Any], word: Any, interval: Interval, dropped: int) -> Any:
    if not dropped:
        return word
    short = signed_signal(interval)
    instances.append(drop_zeros(word, short, dropped))
    return short


@primitive
def drop_zeros(word, short, dropped):
    """The upper bits of a word whose lower ones are known to be zero."""
    @always_comb
    def upper():
        short.next = word[:dropped].signed()

    return upper


def adder_count(constants: Iterable[int]) -> int:
    """Additions that the products by some constants take."""
    return len(additions(tuple(constants)))
