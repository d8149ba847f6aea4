"""In which order second-order sections cost the least noise, and how each feeds its errors back.

References
----------
L. B. Jackson, "Roundoff-noise analysis for fixed-point digital filters realized in cascade or parallel form", IEEE Trans. Audio and
Electroacoustics 18 (1970) 107-122, for the order of sections.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fixed_point.families.section_responses import Values, l1_norm, responses

EXHAUSTIVE = 8
"""Sections up to which every order is weighed."""


def best_shaping(a: Values, wanted: bool) -> int:
    """By which sign the error of a section's rounding is fed back, so that the least is left: its limit times its power."""
    if not wanted:
        return 0
    left = {}
    for sign in (1, -1, 0):
        response = responses(np.array([[1.0, -sign, 0.0, 1.0, *a]]))[0]
        left[sign] = l1_norm(response)
    return min(left, key=lambda sign: left[sign])


def frequency_grid(rows: Values) -> tuple[Values, Values]:
    """Frequencies in radians, dense about every pole, and the weight of each in a mean over all."""
    spots = [np.linspace(0, np.pi, 257)]
    spread = np.tan(np.linspace(-1.5, 1.5, 61))
    for a1, a2 in rows[:, 4:]:
        for pole in np.roots([1.0, a1, a2]):
            spots.append(np.abs(np.angle(pole)) + max(1 - abs(pole), 1e-7) * spread)
    grid = np.unique(np.clip(np.concatenate(spots), 0, np.pi))
    edges = np.concatenate([[0], (grid[1:] + grid[:-1]) / 2, [np.pi]])
    return grid, np.diff(edges) / np.pi


def best_order(rows: Values, shaping: Sequence[int]) -> tuple[int, ...]:
    """Order of sections in which roundings cost least, lines being scaled to their head-room.

    Notes
    -----
    The scale of a line follows from the sections in front of it, the noise that comes of its rounding from those behind it; so the best
    order of a set of sections in front needs to be known only once (dynamic programming over sets). Peak gains stand for L1 norms. Of
    more than `EXHAUSTIVE` sections, each time the one is taken that costs least.
    """
    grid, weight = frequency_grid(rows)
    z = np.exp(-1j * grid)
    gain = np.abs((rows[:, :1] + rows[:, 1:2] * z + rows[:, 2:3] * z**2) / (1 + rows[:, 4:5] * z + rows[:, 5:] * z**2)) ** 2
    signs = np.array(shaping)[:, None]
    own = np.abs((1 - signs * z) / (1 + rows[:, 4:5] * z + rows[:, 5:] * z**2)) ** 2
    count = len(rows)

    def cost(front: Values, behind: Values, last: int) -> float:
        return float(front.max() * np.sum(weight * own[last] * behind))

    if count > EXHAUSTIVE:
        order: list[int] = []
        front, left = np.ones(len(grid)), set(range(count))
        while left:
            costs = {one: cost(front * gain[one], np.prod(gain[list(left - {one})], axis=0), one) for one in sorted(left)}
            order.append(min(costs, key=lambda one: costs[one]))
            front = front * gain[order[-1]]
            left.remove(order[-1])
        return tuple(order)
    # Sets are bits of a number; of each, the product of its sections' gains.
    every = (1 << count) - 1
    products = [np.ones(len(grid))]
    for chosen in range(1, every + 1):
        lowest = (chosen & -chosen).bit_length() - 1
        products.append(products[chosen & chosen - 1] * gain[lowest])
    best: list[tuple[float, tuple[int, ...]]] = [(0.0, ())]
    for chosen in range(1, every + 1):
        ways = []
        for last in (one for one in range(count) if chosen >> one & 1):
            before, way = best[chosen & ~(1 << last)]
            ways.append((before + cost(products[chosen], products[every & ~chosen], last), (*way, last)))
        best.append(min(ways))
    return best[every][1]
