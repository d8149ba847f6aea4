"""Searching word lengths: Pareto fronts, and the cheapest choice that meets a target with few evaluations of the bit-true model.

Nothing here knows a core: costs, predictions and measurements come as functions of a choice, a tuple with a value for each variable.

References
----------
W. Sung, K.-I. Kum, "Simulation-based word-length optimization method for fixed-point digital signal processing systems", IEEE Trans.
Signal Processing 43 (1995) 3087-3090: a search by simulation that starts from the least word length of each variable on its own.
G. A. Constantinides, P. Y. K. Cheung, W. Luk, "Wordlength optimization for linear digital signal processing", IEEE Trans. CAD 22 (2003)
1432-1442: analytic noise decides in place of simulation.
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fixed_point.full_scale import power, power_decibels

Choice = tuple[Any, ...]
Domain = Sequence[Any]
Function = Callable[[Choice], float]

EXHAUSTIVE = 20_000
"""Choices up to which every one is predicted; larger spaces are descended in."""

MARGIN_DB = 1.0
"""How far a prediction may lie below what is measured before a choice is pruned by mistake."""


def pareto_front(costs: ArrayLike, qualities: ArrayLike) -> NDArray[np.int64]:
    """Points that no other point beats: none is as good for less, or better for the same.

    Parameters
    ----------
    costs : array_like of float, shape (n,)
        Less is better. Points that are not finite take no part.
    qualities : array_like of float, shape (n,)
        More is better; plus infinity is as good as can be.

    Returns
    -------
    ndarray of int64
        Indices, cheapest first. Of equal points the first counts.

    Examples
    --------
    >>> pareto_front([3, 1, 2, 2], [30, 10, 20, 5])
    array([1, 2, 0])
    """
    cost, quality = np.asarray(costs, dtype=np.float64), np.asarray(qualities, dtype=np.float64)
    usable = np.flatnonzero(np.isfinite(cost) & (quality > -math.inf))
    order = usable[np.lexsort((usable, -quality[usable], cost[usable]))]
    best = np.maximum.accumulate(np.concatenate([[-math.inf], quality[order]]))
    return order[quality[order] > best[:-1]]


@dataclass
class Found:
    """What a search has found.

    Attributes
    ----------
    choice : tuple or None
        The cheapest that meets the target; None if none does.
    cost, quality : float
        Of that choice; the quality is measured.
    evaluations : int
        Measurements it took.
    size : int
        Choices there are.
    measured : dict
        Every quality that was measured, by choice.
    """

    choice: Choice | None
    cost: float
    quality: float
    size: int
    measured: dict[Choice, float] = field(default_factory=dict)

    @property
    def evaluations(self) -> int:
        return len(self.measured)


class Memo:
    """A function of a choice, and every value that it gave; what a choice has that it refuses (ValueError) is `refused`."""

    def __init__(self, function: Function, refused: float = -math.inf) -> None:
        self.function, self.refused = function, refused
        self.values: dict[Choice, float] = {}

    def __call__(self, choice: Choice) -> float:
        if choice not in self.values:
            try:
                self.values[choice] = float(self.function(choice))
            except ValueError:
                self.values[choice] = self.refused
        return self.values[choice]


def search(
    domains: Sequence[Domain], cost: Function, predict: Function, measure: Function, target: float, margin: float = MARGIN_DB
) -> Found:
    """The cheapest choice whose measured quality meets a target.

    Parameters
    ----------
    domains : sequence of sequences
        Values of each variable, from the least to the greatest word length.
    cost : callable
        What a choice costs; infinite if it cannot be built. Quick.
    predict : callable
        Quality that a model without simulation expects, in dB. Quick.
    measure : callable
        Quality in dB. Slow: this is what the search spares. ValueError for a choice that cannot be built.
    target : float
        Least quality.
    margin : float
        Choices whose prediction lies lower than the target by more than this are not measured.

    Returns
    -------
    Found
        Up to `EXHAUSTIVE` choices, the same as measuring every one and taking the cheapest that meets the target, as long as no
        prediction lies lower than the measurement by more than `margin`. Among choices of equal cost the one that is predicted best
        is measured first. Beyond, a local search whose result meets the target and cannot be improved by one or two steps.
    """
    size = math.prod(len(domain) for domain in domains)
    measured = Memo(measure)
    order = _by_cost(domains, cost, predict, target - margin) if size <= EXHAUSTIVE else _descents(domains, cost, predict, measured, target)
    for choice in order:
        if measured(choice) >= target:
            return Found(choice, cost(choice), measured(choice), size, measured.values)
    return Found(None, math.inf, -math.inf, size, measured.values)


def _by_cost(domains: Sequence[Domain], cost: Function, predict: Function, least: float) -> Iterator[Choice]:
    """Every choice that is predicted to be good enough, the cheapest first; nothing is predicted of those behind the last asked for."""
    priced = sorted(((cost(choice), choice) for choice in itertools.product(*domains)), key=lambda entry: entry[0])
    for price, group in itertools.groupby(priced, key=lambda entry: entry[0]):
        if math.isfinite(price):
            hopeful = [(-predict(choice), choice) for _, choice in group]
            yield from (choice for worse, choice in sorted(hopeful, key=lambda entry: entry[0]) if -worse >= least)


def _descents(domains: Sequence[Domain], cost: Function, predict: Function, measure: Memo, target: float) -> Iterator[Choice]:
    """Ends of descents in the prediction, towards a target that is raised by as much as the last end fell short."""
    wanted = target
    last = tuple(domain[-1] for domain in domains)
    for _ in range(24):
        choice = descend(domains, cost, predict, wanted)
        if choice is None:
            break
        yield choice
        wanted += max(0.1, target - measure(choice)) if measure(choice) > -math.inf else 1.0
    yield last


def descend(domains: Sequence[Domain], cost: Function, quality: Function, target: float) -> Choice | None:
    """A choice that meets a target and that no step of one variable, or of two at once, makes cheaper.

    The start is the cheapest uniform choice: every variable the same number of steps from its greatest value.

    Examples
    --------
    >>> domains = [range(4, 20)] * 3
    >>> descend(domains, sum, lambda bits: min(6.0 * b for b in bits), 60.0)
    (10, 10, 10)
    """
    tops = [len(domain) - 1 for domain in domains]
    at: list[int] | None = None
    for step in range(max(tops) + 1):
        places = [max(0, top - step) for top in tops]
        if quality(_choice(domains, places)) < target:
            break
        at = places
    if at is None:
        return None
    price = cost(_choice(domains, at))
    while True:
        moves: list[tuple[float, list[int]]] = []
        for places in _neighbours(at, tops):
            other = cost(_choice(domains, places))
            if other < price:
                heapq.heappush(moves, (other, places))
        while moves and quality(_choice(domains, moves[0][1])) < target:
            heapq.heappop(moves)
        if not moves:
            return _choice(domains, at)
        price, at = moves[0]


def _choice(domains: Sequence[Domain], places: Sequence[int]) -> Choice:
    return tuple(domain[place] for domain, place in zip(domains, places, strict=True))


def _neighbours(at: Sequence[int], tops: Sequence[int]) -> Iterator[list[int]]:
    """One variable moved by up to two steps, or one down and another up."""
    for i, place in enumerate(at):
        for step in (-2, -1, 1):
            if 0 <= place + step <= tops[i]:
                moved = list(at)
                moved[i] += step
                yield moved
                if step < 0:
                    for j, top in enumerate(tops):
                        for rise in (1, 2):
                            if j != i and moved[j] + rise <= top:
                                further = list(moved)
                                further[j] += rise
                                yield further


class SeparableNoise:
    """A noise model for anything: each variable's own noise, measured with all others at their greatest, and these added.

    It takes one measurement for each value of each variable, and one for all at their greatest.

    Parameters
    ----------
    domains : sequence of sequences
        Values of each variable, the last the most accurate.
    measure : callable
        Signal to noise ratio in dB of a choice.

    Examples
    --------
    >>> noise = lambda choice: sum(2.0 ** (-2 * bits) for bits in choice)
    >>> model = SeparableNoise([range(4, 12), range(4, 12)], lambda choice: power_decibels(1.0, noise(choice)))
    >>> round(model((5, 6)) - power_decibels(1.0, noise((5, 6))), 3)
    0.0
    """

    def __init__(self, domains: Sequence[Domain], measure: Function) -> None:
        best = tuple(domain[-1] for domain in domains)
        self.floor = power(-measure(best))
        self.own: list[dict[Any, float]] = []
        for i, domain in enumerate(domains):
            powers = {value: power(-measure((*best[:i], value, *best[i + 1 :]))) for value in domain[:-1]}
            self.own.append({domain[-1]: 0.0, **{value: max(0.0, noise - self.floor) for value, noise in powers.items()}})

    def __call__(self, choice: Choice) -> float:
        return power_decibels(1.0, self.floor + sum(own[value] for own, value in zip(self.own, choice, strict=True)))
