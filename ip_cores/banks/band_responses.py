"""Impulse responses of a filter bank's bands, for its datasheet."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def equivalent_filters(low: Sequence[float], high: Sequence[float], levels: int, full_tree: bool = False) -> dict[str, np.ndarray]:
    """One filter for each band, at the rate of the samples.

    A filter behind l halvings of the rate is one with 2^l - 1 zeros between its taps before them (the noble identities; P. P. Vaidyanathan,
    "Multirate Systems and Filter Banks", 1993, section 4.2). The same filters with zeros between their taps are those of the undecimated
    bank.

    Parameters
    ----------
    low, high : sequence of float
        The filters of one level.
    levels : int
    full_tree : bool
        Whether details are split like approximations.

    Returns
    -------
    dict of str to ndarray
        Details from the first level on and the last approximation; of a full tree the bands by their way down, ``a`` for low and ``d`` for
        high.

    Examples
    --------
    >>> {name: taps.tolist() for name, taps in equivalent_filters([1, 1], [1, -1], 2).items()}
    {'detail 1': [1.0, -1.0], 'detail 2': [1.0, 1.0, -1.0, -1.0], 'approximation': [1.0, 1.0, 1.0, 1.0]}
    """
    bands = {"": np.ones(1)}
    details = {}
    for level in range(levels):
        split = {
            way + letter: np.convolve(taps, _stretched(filter, 2**level))
            for way, taps in bands.items()
            for letter, filter in (("a", low), ("d", high))
        }
        if not full_tree:
            details[f"detail {level + 1}"] = split.pop("a" * level + "d")
        bands = split
    return bands if full_tree else {**details, "approximation": bands["a" * levels]}


def _stretched(taps: Sequence[float], step: int) -> np.ndarray:
    out = np.zeros((len(taps) - 1) * step + 1)
    out[::step] = taps
    return out
