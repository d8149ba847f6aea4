"""What a hearing aid does to sound, in PyTorch and differentiable: gain by NAL-R as a FIR filter, and the core's compression of a band.

A network can be trained for what is heard behind an aid, and evaluated there. The curves and gains are those of `reference`; PyTorch only
carries gradients through them.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from scipy import signal
from torch import Tensor
from torch.nn import functional

from fixed_point.sound import RATE
from reference.audiograms import Audiogram
from reference.compressor import BandCompression, Curve
from reference.families.levels import DOUBLING_OF_POWER, compiled
from reference.prescriptions import nal_r

TAPS = 4097
"""Of the filter by NAL-R: a main lobe of 16 Hz at 16 kHz, so that corners of the prescription are rounded by less than 0.1 dB."""

POINTS = 2049
"""Frequencies at which the prescription is taken."""


def nal_r_filter(ear: Audiogram, rate: int = RATE, taps: int = TAPS) -> np.ndarray:
    """Linear-phase FIR filter with the insertion gain of NAL-R.

    Parameters
    ----------
    ear : Audiogram
    rate : int
        In Hz.
    taps : int
        Odd.

    Returns
    -------
    ndarray of float64, shape (taps,)
    """
    frequencies = np.linspace(0, rate / 2, POINTS)
    # The prescription ends at 250 and at 6000 Hz, and is held beyond.
    gains = 10 ** (nal_r(ear, np.clip(frequencies, 250.0, 6000.0)) / 20)
    return np.asarray(signal.firwin2(taps, frequencies, gains, fs=rate, window="hamming"))


class NalR(torch.nn.Module):
    """Gain by NAL-R, aligned with what comes in.

    Parameters
    ----------
    ear : Audiogram
    rate : int
        In Hz.
    """

    taps: Tensor

    def __init__(self, ear: Audiogram, rate: int = RATE) -> None:
        super().__init__()
        self.register_buffer("taps", torch.from_numpy(nal_r_filter(ear, rate)))

    def forward(self, x: Tensor) -> Tensor:
        """Shape (..., samples) in and out."""
        taps = self.taps.to(x.dtype)
        half = taps.numel() // 2
        length = x.shape[-1] + taps.numel() - 1
        size = 1 << (length - 1).bit_length()
        out = torch.fft.irfft(torch.fft.rfft(x, size) * torch.fft.rfft(taps, size), size)
        return out[..., half : half + x.shape[-1]]


def amplified(x: np.ndarray, ear: Audiogram, rate: int = RATE) -> np.ndarray:
    """Samples with the gain of NAL-R, float64 in and out."""
    with torch.no_grad():
        return np.asarray(NalR(ear, rate)(torch.from_numpy(np.asarray(x, dtype=np.float64))).numpy())


def curve_gain(curve: Curve, level: Tensor) -> Tensor:
    """Gain in dB at levels in dB SPL: `reference.compressor.Curve` for tensors."""
    found = curve.linear_gain + curve.first_slope * (level - curve.expansion_knee)
    for corner in curve.corners:
        found = found + corner.bend * functional.relu(level - corner.level)
    return found


def _follow(level: Any, attack: float, release: float, start: float) -> Any:
    """What follows levels row by row, and the parts of their distance by which it went."""
    found, parts = np.empty_like(level), np.empty_like(level)
    for row in range(level.shape[0]):
        now = start
        for n in range(level.shape[1]):
            part = attack if level[row, n] > now else release
            now += (level[row, n] - now) * part
            found[row, n], parts[row, n] = now, part
    return found, parts


def _follow_back(gradient: Any, parts: Any) -> Any:
    """The adjoint: a[n] = g[n] + (1 - p[n + 1]) a[n + 1], and p[n] a[n] goes to the level."""
    found = np.empty_like(gradient)
    for row in range(gradient.shape[0]):
        carried = 0.0
        for n in range(gradient.shape[1] - 1, -1, -1):
            total = gradient[row, n] + carried
            found[row, n] = parts[row, n] * total
            carried = (1 - parts[row, n]) * total
    return found


class Follow(torch.autograd.Function):
    """A level that goes on by a part of its distance, faster up than down: a recurrence, so machine code forth and back, on the CPU."""

    @staticmethod
    def forward(context: Any, level: Tensor, attack: float, release: float, start: float) -> Tensor:
        rows = level.detach().double().cpu().reshape(-1, level.shape[-1]).numpy()
        found, parts = compiled(_follow)(rows, attack, release, start)
        context.parts = parts
        return torch.from_numpy(found).reshape(level.shape).to(level)

    @staticmethod
    def backward(context: Any, *gradients: Tensor) -> tuple[Tensor, None, None, None]:
        (gradient,) = gradients
        rows = np.ascontiguousarray(gradient.double().cpu().reshape(-1, gradient.shape[-1]).numpy())
        found = compiled(_follow_back)(rows, context.parts)
        return torch.from_numpy(found).reshape(gradient.shape).to(gradient), None, None, None


def followed(level: Tensor, attack: float, release: float, start: float) -> Tensor:
    """`Follow` over the last axis."""
    return Follow.apply(level, attack, release, start)


class WideDynamicRange(torch.nn.Module):
    """Wide dynamic range compression of one band, as the core `compressor` does it (`reference.compressor`, notes).

    Parameters
    ----------
    band : BandCompression
    power : float
        Part of its distance by which the power goes on in a word.
    full_scale_spl, output_full_scale_spl : float
        Sound pressure level of a sine of amplitude 1 at the input, and at the output, in dB SPL.
    lowest : float
        Power that counts as the least, above 0.
    """

    def __init__(self, band: BandCompression, power: float, full_scale_spl: float, output_full_scale_spl: float, lowest: float) -> None:
        super().__init__()
        if not lowest > 0:
            raise ValueError(f"lowest = {lowest:g}: must be above 0, the logarithm of silence has no gradient")
        self.band, self.power, self.lowest = band, power, lowest
        self.full_scale_spl, self.output_full_scale_spl = full_scale_spl, output_full_scale_spl

    def forward(self, x: Tensor) -> Tensor:
        """Words of the band, shape (..., words) in and out."""
        power = followed(x.square(), self.power, self.power, 0.0)
        level = torch.log2(power.clamp_min(self.lowest))
        smooth = followed(level, self.band.attack, self.band.release, math.log2(self.lowest))
        gain = curve_gain(self.band.curve, self.full_scale_spl + DOUBLING_OF_POWER * (smooth + 1))
        return x * 10 ** ((gain + self.full_scale_spl - self.output_full_scale_spl) / 20)
