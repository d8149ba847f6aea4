"""How near a model comes to its reference, and whether that is what the core promised: no hardware is needed for it.

The reference follows the model's decisions, where the core makes some. Words that leave their format, or depend on one that does, are
counted and left out; where hardly any are left, everything is judged at a lower level.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fixed_point import components
from fixed_point.full_scale import power_decibels
from ip_cores.core import Core
from ip_cores.promise import GRAIN, LEAST_PROMISE_DB, Promise, as_values, first_of, last_bit
from testbenches.interface import Interface
from testbenches.simulate import in_order, values

Words = NDArray[np.float64]

LEAST_SHARE = 0.1
"""Part of all words that has to be left when those that saturate are left out."""

LOWEST = 40
"""Halvings of the level after which nothing is tried any more."""

EXACT = 0.25
"""Part of a word's last bit that a reference in float64 may be off where every word is to be right."""


GRAIN_DB = 1e-6
"""What float64 may miss where a bound is reached exactly."""


@dataclass(frozen=True)
class Judgement:
    """How near a model comes to its reference.

    Attributes
    ----------
    snr, mse : float
        Of the words that are judged; SNR in dB, infinite if all of them are what the reference gives.
    promise : Promise
        What was promised for these words.
    lowered : int
        Halvings of the level at which this holds.
    least : float
        Least promise in dB that proves anything.
    alike : bool
        Whether model and reference give as many words, and the same channels and marks beside them.
    sounds : bool
        Whether any word that leaves is other than 0.
    """

    snr: float
    mse: float
    promise: Promise
    lowered: int
    least: float
    alike: bool = True
    sounds: bool = True

    @property
    def margin(self) -> float | None:
        """By how many dB the SNR is better than promised; None where words are compared exactly."""
        return None if self.promise.exact or self.promise.snr is None else self.snr - self.promise.snr

    @property
    def kept(self) -> bool:
        """Whether the model is what was promised."""
        promised = self.promise
        if not self.alike or not promised.words or (promised.decisions is not None and not promised.decisions.kept):
            return False
        return self.snr == math.inf if promised.exact else self.snr >= (promised.snr or 0.0) - GRAIN_DB

    @property
    def tells(self) -> bool:
        """Whether what was promised proves anything."""
        return self.promise.snr is None or self.promise.snr >= self.least

    def as_dict(self) -> dict[str, Any]:
        """All of it in types that JSON has; an infinite SNR is None."""
        plain = dataclasses.asdict(self)
        del plain["promise"]["judged"]
        plain["margin"] = self.margin
        for where, key in ((plain, "snr"), (plain, "margin"), (plain["promise"], "snr")):
            if where[key] is not None and not math.isfinite(where[key]):
                where[key] = None
        return {**plain, "kept": self.kept, "tells": self.tells}


def judge(core: Core, fields: Mapping[str, Any]) -> Judgement:
    """Compare model and reference on some words.

    Parameters
    ----------
    core : Core
    fields : mapping of str to array
        Sink words by field.
    """
    lowered = 0
    words = fields
    promised = core.promised_snr(in_order(core, words))
    while promised.words < LEAST_SHARE * (promised.words + promised.saturated) and lowered < LOWEST:
        lowered += 1
        words = {**fields, "data": softer(fields["data"], lowered)}
        if not np.any(words["data"]):
            break
        promised = core.promised_snr(in_order(core, words))
    snr, mse, alike, sounds = compared(core, words, promised)
    least = LEAST_PROMISE_DB if core.minimum_snr is None else core.minimum_snr
    return Judgement(snr, mse, promised, lowered, least, alike, sounds)


def softer(words: Any, halvings: int) -> NDArray[Any]:
    """Words at half the level so many times, rounded towards zero: shifted alone, a negative one would never become 0.

    Examples
    --------
    >>> softer([-32768, -5, 5], 1).tolist(), softer([-32768, -5, 5], 16).tolist()
    ([-16384, -2, 2], [0, 0, 0])
    """
    data = np.asarray(words)
    return np.where(data < 0, -(-data >> halvings), data >> halvings)


def compared(core: Core, fields: Mapping[str, Any], promised: Promise) -> tuple[float, float, bool, bool]:
    """SNR in dB and mean squared error over the words that are judged; whether words and what is beside them are alike; whether any sounds.

    The model's delay is taken out; several channels count together.
    """
    words = in_order(core, fields)
    follower, x = core.following(words), as_values(core, words)
    given, truth = values(core, core.model(words)), follower.reference(x)
    found, skip = components(first_of(given)), core.delay_words
    alike = found.size == promised.judged.size and beside_alike(core, truth, given)
    pairs = [(truth, found[skip:], promised.judged[skip:])]
    if skip:
        # What comes before the delay is over has no place in the reference, but is to be right as well.
        pairs.append((follower.late_reference(x), found, promised.judged))
    results = [errors_of(core, first_of(wanted), late, judged, promised.exact) for wanted, late, judged in pairs]
    snr, error = min(results, key=lambda result: result[0])
    return snr, error, alike, bool(np.any(found))


def errors_of(core: Core, wanted: Any, found: Words, judged: NDArray[np.bool_], exact: bool) -> tuple[float, float]:
    """SNR in dB and mean squared error of some words."""
    wanted = components(wanted)
    common = min(wanted.size, found.size, judged.size)
    signal, error = (words[judged[:common]] for words in (wanted[:common], wanted[:common] - found[:common]))
    if not np.any(np.abs(error) > (EXACT if exact else GRAIN) * last_bit(core)):
        error = np.zeros(error.size)
    wrong = float(np.sum(error**2))
    return power_decibels(float(np.sum(signal**2)), wrong), wrong / max(1, error.size)


def beside_alike(core: Core, truth: Any, given: Any) -> bool:
    """Whether model and reference give the same channels and marks, as far as the reference gives any."""
    if not isinstance(truth, tuple):
        return True
    names = list(Interface.of(core.ports).source)[1:]
    pairs: list[tuple[NDArray[Any], NDArray[Any]]] = list(zip(truth[1:], given[1:], strict=True))
    return len(pairs) == len(names) and all(np.array_equal(one, other) for one, other in pairs)
