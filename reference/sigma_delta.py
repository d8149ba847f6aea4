"""A sigma-delta modulator: what is inside a PDM microphone, one bit a sample at a rate far above that of speech.

The bit is the sign of a filtered difference between sound and bits; its error is pushed to frequencies that a decimator takes away. With
noise transfer (1 - z^-1)^L, order L and an oversampling ratio R the signal-to-noise ratio of a sine of amplitude a is
10 log10(3/2 a^2 (2 L + 1) R^(2 L + 1) / pi^(2 L)).

References
----------
R. Schreier, G. C. Temes, *Understanding Delta-Sigma Data Converters*, IEEE Press, 2005, chapters 2 and 3.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray


def sigma_delta(x: ArrayLike, order: int = 2, seed: int = 0) -> NDArray[np.int64]:
    """Bits of a modulator, 1 for +1 and 0 for -1.

    Parameters
    ----------
    x : array_like of float, shape (n,)
        Samples at the rate of the bits, of amplitude 0.7 at most: beyond that a second-order loop is overloaded.
    order : int
        1 or 2.
    seed : int
        Of the dither in front of the sign, triangular and small, without which quiet sounds would make tones.

    Returns
    -------
    ndarray of int64, shape (n,)

    Notes
    -----
    With e the bits less what they are the signs of, the latter are x[n] - 2 e[n-1] + e[n-2], of first order x[n] - e[n-1], so that the
    bits are x + (1 - z^-1)^L e.

    Examples
    --------
    >>> bits = sigma_delta(np.full(4000, 0.25))
    >>> abs(np.mean(2 * bits - 1) - 0.25) < 1e-3
    np.True_
    """
    if order not in (1, 2):
        raise ValueError(f"order = {order}: must be 1 or 2")
    signal = np.asarray(x, dtype=np.float64)
    random = np.random.default_rng(seed)
    dither = 0.05 * (random.random(signal.size) - random.random(signal.size))
    last, before = (2.0, 1.0) if order == 2 else (1.0, 0.0)
    bits, older, old = [], 0.0, 0.0
    for value, noise in zip(signal.tolist(), dither.tolist(), strict=True):
        wanted = value - last * old + before * older
        bit = wanted + noise >= 0
        older, old = old, (1.0 if bit else -1.0) - wanted
        bits.append(bit)
    return np.array(bits, dtype=np.int64)


def ideal_snr(amplitude: float, oversampling: float, order: int = 2) -> float:
    """Signal-to-noise ratio of a sine behind an ideal low-pass, in dB.

    Parameters
    ----------
    amplitude : float
    oversampling : float
        Half the rate of the bits over the bandwidth.
    order : int

    Examples
    --------
    >>> round(ideal_snr(1.0, 128), 1)
    94.2
    """
    return 10 * math.log10(1.5 * amplitude**2 * (2 * order + 1) * oversampling ** (2 * order + 1) / math.pi ** (2 * order))
