"""How well speech is understood and how good it sounds, by models of the ear: HASPI and HASQI of the optional package pyclarity.

pyclarity asks for PyTorch and much else that these two do not use: ``pip install --no-deps pyclarity`` beside numpy, scipy and numba, which
ossicle needs anyway, is enough.

References
----------
J. M. Kates, K. H. Arehart, "The Hearing-Aid Speech Perception Index (HASPI) version 2", Speech Communication 131 (2021) 35-46;
"The Hearing-Aid Speech Quality Index (HASQI) version 2", J. Audio Engineering Society 62 (2014) 99-117.
"""

from __future__ import annotations

import importlib
import importlib.util

import numpy as np
from numpy.typing import NDArray

from fixed_point.sound import RATE
from reference.audiograms import AUDIOMETRIC, Audiogram

Samples = NDArray[np.float64]

PACKAGE = "pyclarity==0.9.0"
"""What the extra ``hearing`` of setup.cfg asks for."""

INDICES = {"HASPI": "speech intelligibility, 0 to 1", "HASQI": "speech quality, 0 to 1"}
"""The indices, and what they are."""

NORMAL = Audiogram(AUDIOMETRIC, (0.0,) * len(AUDIOMETRIC))
"""A normal ear."""


def installed() -> bool:
    """Whether pyclarity is there."""
    return importlib.util.find_spec("clarity") is not None


def hearing_index(name: str, clean: Samples, heard: Samples, ear: Audiogram = NORMAL) -> float:
    """HASPI or HASQI, version 2.

    Parameters
    ----------
    name : {"HASPI", "HASQI"}
    clean, heard : ndarray of float64, shape (n,)
        Speech at 16 kHz as it was, and as it is heard, aligned; what one has beyond the other's end is left out. The root mean square of
        the clean speech stands for 65 dB SPL, and what is heard is on the same scale.
    ear : Audiogram
        Of who hears, a normal ear by default. What is heard is compared with the clean speech at a normal ear by HASPI, with the clean
        speech behind NAL-R at this ear by HASQI.

    Returns
    -------
    float
        0 to 1.
    """
    from clarity.utils.audiogram import Audiogram as Thresholds

    evaluate = getattr(importlib.import_module(f"clarity.evaluator.{name.lower()}"), f"{name.lower()}_v2")
    count = min(len(clean), len(heard))
    level = float(np.sqrt(np.mean(clean[:count] ** 2))) or 1.0
    thresholds = Thresholds(levels=ear.at(AUDIOMETRIC), frequencies=np.array(AUDIOMETRIC))
    state = np.random.get_state()  # noqa: NPY002 - the ear model draws its noise from numpy's global generator
    np.random.seed(0)  # noqa: NPY002
    try:
        return float(evaluate(clean[:count] / level, RATE, heard[:count] / level, RATE, thresholds)[0])
    finally:
        np.random.set_state(state)  # noqa: NPY002
