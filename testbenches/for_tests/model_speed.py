"""How fast a model is, in a unit that holds on any machine: sections that scipy filters by in the same time.

Seconds would measure the machine. Both are played in turn, and the least time of each counts, so that a busy machine is as busy for both.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from scipy import signal

SECTION = signal.butter(2, 0.1, output="sos")
SAMPLES = 200_000

TRIES, ROUNDS = 8, 6
"""How often a speed is tried, and how often both are played in a try, of which the fastest count."""


def processor_seconds(play: Callable[[], object]) -> float:
    start = time.process_time()
    play()
    return time.process_time() - start


def sections_beside(play: Callable[[], object], samples: float, most: float) -> float:
    """Second-order sections by which `scipy.signal.sosfilt` filters a sample in the time that a model takes for one.

    Parameters
    ----------
    play : callable
        Plays the model once; what it compiles or stores is ready.
    samples : float
        Of the signal that it plays.
    most : float
        Where more were needed, it is tried again: on a machine with other work caches are not a model's own now and then.

    Returns
    -------
    sections : float
        Of the last try. Where a section takes 8 ns, as on a server's core at 2.5 GHz, 50 of them are 150 times real time at 16 kHz.
    """
    white = np.random.default_rng(0).standard_normal(SAMPLES)
    for _ in range(TRIES):
        model = section = float("inf")
        for _ in range(ROUNDS):
            section = min(section, processor_seconds(lambda: signal.sosfilt(SECTION, white)))
            model = min(model, processor_seconds(play))
        sections = (model / samples) / (section / SAMPLES)
        if sections < most:
            break
    return sections
