"""Lifting schemes in float64: wavelet filter banks as steps that each can be undone.

A step adds a multiple of two neighbours: t_k[n] = t_{k-2}[n - 1] + c_k (t_{k-1}[n - 1] + t_{k-1}[n]), from t_0, the samples at odd places,
and the samples at even places, which stand for t_{-1}[n - 1].
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float64]

SCHEMES: dict[str, tuple[float, ...]] = {
    "5/3": (-1 / 2, 1 / 4),
    "9/7": (-1.586134342059924, -0.052980118572961, 0.882911075530934, 0.443506852043971),
}
"""Factors of the steps. LeGall and Tabatabai, ICASSP 1988, and Cohen, Daubechies and Feauveau 1992, factored by Daubechies and Sweldens,
"Factoring wavelet transforms into lifting steps", J. Fourier Anal. Appl. 4 (1998) 247-269; digits as in ISO/IEC 15444-1, table F.4."""


def factors_of(scheme: str | tuple[float, ...]) -> tuple[float, ...]:
    """Factors of a scheme, by its name or as they are."""
    return SCHEMES[scheme] if isinstance(scheme, str) else scheme


def level_delay(scheme: str | tuple[float, ...]) -> int:
    """Samples by which one level of analysis and synthesis delays: two for each step, less one.

    Examples
    --------
    >>> level_delay("5/3"), level_delay("9/7")
    (3, 7)
    """
    return 2 * len(factors_of(scheme)) - 1


def lift(x: Samples, factors: tuple[float, ...]) -> tuple[Samples, Samples]:
    """One level of analysis: approximation and detail, without the scaling that would give both the norm of the signal."""
    half = x.size // 2
    return _steps(x[0::2][:half], x[1::2], factors)


def unlift(low: Samples, high: Samples, factors: tuple[float, ...], limit: float = np.inf) -> Samples:
    """One level of synthesis: two samples for each pair, behind a zero; what is larger than `limit` behind a step is not known."""
    y = np.zeros(2 * high.size + 1)
    y[1::2], y[2::2] = _steps(low, high, tuple(-factor for factor in reversed(factors)), limit)
    return y


def _steps(base: Samples, signal: Samples, factors: tuple[float, ...], limit: float = np.inf) -> tuple[Samples, Samples]:
    """The last two signals of the steps, the last one first."""
    before = signal
    for factor in factors:
        late = np.concatenate([[0.0], signal])[: signal.size]
        result = base + factor * (late + signal)
        before, signal, base = signal, np.where(np.abs(result) > limit, np.nan, result), late
    return signal, before
