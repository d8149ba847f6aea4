"""The four filters of a two-channel filter bank: of a wavelet by its name, or one's own.

Streams keep the odd samples of both analysis filters' outputs and put them back at the odd places before the synthesis filters:

    A[n] = sum of h[k] x[2n + 1 - k],   D[n] = sum of g[k] x[2n + 1 - k]
    y[m] = sum of h'[m - 2n - 1] A[n] + g'[m - 2n - 1] D[n]

which gives x back, `WaveletFilters.delay` samples late.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pywt
from numpy.typing import ArrayLike, NDArray

WORST_RECONSTRUCTION = 0.1
"""Error of own filters from which on they are taken for a slip of the pen; Johnston's QMF, which only come near, stay below."""

Taps = tuple[float, ...]


@dataclass(frozen=True)
class WaveletFilters:
    """Analysis and synthesis filters of one level, all of the same even length (shorter ones are padded with zeros at their end).

    Attributes
    ----------
    analysis_low, analysis_high : tuple of float
        h and g, which split a signal into approximation and detail.
    synthesis_low, synthesis_high : tuple of float
        h' and g', which put it together.
    delay : int
        Samples from the signal to the one that one level of analysis and synthesis gives back.
    """

    analysis_low: Taps
    analysis_high: Taps
    synthesis_low: Taps
    synthesis_high: Taps
    delay: int

    @property
    def length(self) -> int:
        """Taps of each filter, L."""
        return len(self.analysis_low)

    @property
    def analysis(self) -> NDArray[np.float64]:
        """h and g, shape (2, L)."""
        return np.array([self.analysis_low, self.analysis_high])

    @property
    def synthesis(self) -> NDArray[np.float64]:
        """h' and g', shape (2, L)."""
        return np.array([self.synthesis_low, self.synthesis_high])

    @property
    def reconstruction_error(self) -> float:
        """L1 norm of what one level of analysis and synthesis adds to the delayed signal; 0 but for rounding where that is perfect."""
        distortion, alias = transfer(self.analysis, self.synthesis)
        distortion[self.delay] -= 1
        return float(np.abs(distortion).sum() + np.abs(alias).sum())

    def total_delay(self, levels: int) -> int:
        """Delay of a bank of so many levels: delay * (2**levels - 1), since each level delays what is inside it at half the rate.

        Examples
        --------
        >>> wavelet_filters("db4").total_delay(3)
        49
        """
        return self.delay * (2**levels - 1)

    def band_delay(self, levels: int, level: int) -> int:
        """How many of its own samples detail `level` waits, until what is deeper has come back.

        Examples
        --------
        >>> [wavelet_filters("db2").band_delay(3, level) for level in (1, 2, 3)]
        [9, 3, 0]
        """
        return self.total_delay(levels - level)


def transfer(analysis: ArrayLike, synthesis: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What one level of analysis and synthesis does to a signal x: y = distortion * x - alias * (-1)^n x, with * for convolution.

    Parameters
    ----------
    analysis, synthesis : array_like of float, shape (2, L)
        Low-pass and high-pass.

    Returns
    -------
    distortion, alias : ndarray of float64, shape (2 L - 1,)
        Perfect reconstruction is a distortion of a single 1, and no alias.

    References
    ----------
    P. P. Vaidyanathan, Multirate Systems and Filter Banks (1993), equations 5.1.7 and 5.1.8; signs are those of odd samples kept.
    """
    pairs = list(zip(np.asarray(analysis, dtype=np.float64), np.asarray(synthesis, dtype=np.float64), strict=True))
    modulation = (-1.0) ** np.arange(len(pairs[0][0]))
    distortion = sum(np.convolve(back, there) for there, back in pairs) / 2
    alias = sum(np.convolve(back, there * modulation) for there, back in pairs) / 2
    return np.asarray(distortion), np.asarray(alias)


def wavelet_filters(wavelet: str) -> WaveletFilters:
    """Filters of a discrete wavelet as PyWavelets has them.

    Parameters
    ----------
    wavelet : str
        A name such as ``db4``, ``sym8``, ``coif3``, ``bior2.2``, ``rbio3.1``, ``haar``.

    Returns
    -------
    WaveletFilters
        With a delay of L - 1 samples.

    Raises
    ------
    ValueError
        If PyWavelets has no such discrete wavelet; the sentence names the nearest.

    Examples
    --------
    >>> f = wavelet_filters("bior2.2")
    >>> f.length, f.delay, f.reconstruction_error < 1e-12
    (6, 5, True)
    """
    known = _discrete_wavelets()
    if wavelet not in known:
        import difflib  # only for this message

        near = difflib.get_close_matches(str(wavelet), known, n=1, cutoff=0.0)
        raise ValueError(f"must be a discrete wavelet of PyWavelets (nearest: {near[0]})")
    return _known(wavelet)


@functools.cache
def _discrete_wavelets() -> tuple[str, ...]:
    return tuple(pywt.wavelist(kind="discrete"))


@functools.lru_cache(maxsize=128)
def _known(wavelet: str) -> WaveletFilters:
    """Those of a name that PyWavelets has; a sweep asks for the same ones at every point."""
    bank = pywt.Wavelet(wavelet)
    return _made(bank.filter_bank, bank.dec_len - 1)


def own_filters(
    analysis_low: ArrayLike,
    analysis_high: ArrayLike | None = None,
    synthesis_low: ArrayLike | None = None,
    synthesis_high: ArrayLike | None = None,
) -> WaveletFilters:
    """Filters of one's own; their delay is measured.

    Parameters
    ----------
    analysis_low : array_like of float
        h.
    analysis_high, synthesis_low, synthesis_high : array_like of float, optional
        g, h' and g'. If all three are left out, they are the conjugate quadrature filters of h: g[n] = (-1)^n h[L - 1 - n], and h' and
        g' are h and g read backwards.

    Returns
    -------
    WaveletFilters

    Raises
    ------
    ValueError
        If filters are missing, empty or not finite, or do not give the signal back.

    References
    ----------
    S. G. Mallat, "A theory for multiresolution signal decomposition", IEEE Trans. PAMI 11 (1989) 674-693.

    Examples
    --------
    >>> own_filters([0.5**0.5, 0.5**0.5]).delay
    1
    """
    given = (analysis_low, analysis_high, synthesis_low, synthesis_high)
    arrays = [None if taps is None else np.asarray(taps, dtype=np.float64) for taps in given]
    for taps in arrays:
        if taps is not None and (taps.ndim != 1 or not taps.size or not np.isfinite(taps).all()):
            raise ValueError("must be lists of one or more finite numbers")
    if [taps is None for taps in arrays] == [False, True, True, True]:
        low = arrays[0]
        assert low is not None
        low = np.pad(low, (0, low.size % 2))  # only an even number of taps has this mirror image
        high = (-1.0) ** np.arange(low.size) * low[::-1]
        arrays = [low, high, low[::-1], high[::-1]]
    present = [taps for taps in arrays if taps is not None]
    if len(present) < len(arrays):
        raise ValueError("must be analysis_low alone, or analysis_low, analysis_high, synthesis_low and synthesis_high")
    length = max(taps.size for taps in present)
    length += length % 2
    padded = [np.pad(taps, (0, length - taps.size)) for taps in present]
    distortion, _ = transfer(padded[:2], padded[2:])
    delay = int(np.argmax(np.abs(distortion)))
    made = _made(padded, delay)
    if made.reconstruction_error > WORST_RECONSTRUCTION:
        scale = float(arrays[0].sum()) if arrays[0] is not None else 0.0
        # Textbooks also have low-pass filters whose taps add up to 1 or to 2.
        right = abs(scale - 2**0.5) <= 0.01
        hint = "" if right else f"; taps of analysis_low must add up to the square root of 2, these add up to {scale:.6g}"
        raise ValueError(f"must give the signal back: analysis and synthesis are off by {made.reconstruction_error:.3g} (L1 norm){hint}")
    return made


def _made(filters: Sequence[ArrayLike], delay: int) -> WaveletFilters:
    h, g, back_h, back_g = (tuple(map(float, np.asarray(taps))) for taps in filters)
    return WaveletFilters(h, g, back_h, back_g, delay)


def filters_of(wavelet: str, filters: Mapping[str, Any] | None = None) -> WaveletFilters:
    """Filters of a description: its own, where it gives some, else those of the wavelet."""
    if not filters:
        return wavelet_filters(wavelet)
    known = [field.name for field in fields(WaveletFilters) if field.name != "delay"]
    for key in filters:
        if key not in known:
            raise ValueError(f"must hold {', '.join(known)}; {key} is unknown")
    if "analysis_low" not in filters:
        raise ValueError("must hold analysis_low")
    return own_filters(**filters)
