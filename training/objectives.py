"""What training minimises: SNR or SI-SDR and the error of the compressed spectrum, of one source or, by permutation invariance, of several.

References: D. Yu, M. Kolbaek, Z.-H. Tan, J. Jensen, "Permutation invariant training of deep models for speaker-independent multi-talker
speech separation", Proc. ICASSP 2017, 241-245 (utterance-level PIT: Kolbaek et al., 2017). A. Ephrat et al., "Looking to listen at the
cocktail party", ACM Trans. Graphics 37(4), 2018, for the spectrum to the power of 0.3.
"""

from __future__ import annotations

import torch
from torch import Tensor

from training.configuration import LossWeights

POWER = 0.3
"""Of the compressed magnitude."""

WINDOW, HOP = 512, 128
"""Of the spectrum, in samples."""

CEILING = 1e-4
"""Distortion, of the target's power, below which the SNR does not matter: it ends at 40 dB."""


def snr(estimate: Tensor, target: Tensor) -> Tensor:
    """Signal-to-noise ratio in dB over the last axis, at most 40 dB."""
    signal = target.square().sum(-1)
    return -10 * torch.log10(((estimate - target).square().sum(-1) + CEILING * signal + 1e-9) / (signal + 1e-9))


def scale_invariant_sdr(estimate: Tensor, target: Tensor) -> Tensor:
    """Scale-invariant signal-to-distortion ratio in dB over the last axis (Le Roux et al., 2019, eq. 3), at most 40 dB."""
    scale = (estimate * target).sum(-1, keepdim=True) / (target.square().sum(-1, keepdim=True) + 1e-9)
    return snr(estimate, scale * target)


def spectrum_error(estimate: Tensor, target: Tensor) -> Tensor:
    """Error of the spectrum to the power of 0.3: three parts of the magnitude's, one of the complex one's; 0 is perfect, silence about 1.

    Parameters
    ----------
    estimate, target : Tensor of float32, shape (..., samples)

    Returns
    -------
    Tensor of float32, shape (...)
    """
    shape = target.shape[:-1]
    level = target.square().mean(-1, keepdim=True).sqrt() + 1e-5
    window = torch.hann_window(WINDOW, device=target.device, dtype=target.dtype)

    def compressed(x: Tensor) -> tuple[Tensor, Tensor]:
        bins = torch.stft((x / level).reshape(-1, x.shape[-1]), WINDOW, HOP, window=window, return_complex=True)
        power = bins.real.square() + bins.imag.square() + 1e-4
        magnitude = power ** (POWER / 2)
        return magnitude, torch.view_as_real(bins) * (magnitude / power.sqrt())[..., None]

    found, found_bins = compressed(estimate)
    wanted, wanted_bins = compressed(target)
    energy = wanted.square().mean((-2, -1))
    error = 0.75 * (found - wanted).square().mean((-2, -1)) + 0.25 * (found_bins - wanted_bins).square().sum(-1).mean((-2, -1))
    return (error / energy).view(shape)


def loss_of(weights: LossWeights, estimate: Tensor, target: Tensor) -> Tensor:
    """The weighted sum for each clip; shape (...) of signals (..., samples)."""
    total = torch.zeros(target.shape[:-1], device=target.device, dtype=target.dtype)
    if weights.snr:
        total = total - weights.snr * snr(estimate, target)
    if weights.si_sdr:
        total = total - weights.si_sdr * scale_invariant_sdr(estimate, target)
    if weights.spectrum:
        total = total + weights.spectrum * spectrum_error(estimate, target)
    return total


def permuted_loss(weights: LossWeights, estimate: Tensor, target: Tensor) -> Tensor:
    """Mean loss over a batch, each clip's sources in the order that fits best (utterance-level PIT).

    Parameters
    ----------
    weights : LossWeights
    estimate, target : Tensor of float32, shape (batch, speakers, samples)

    Returns
    -------
    Tensor of float32, shape ()
    """
    if target.shape[1] == 1:
        return loss_of(weights, estimate[:, 0], target[:, 0]).mean()
    from torchmetrics.functional.audio import permutation_invariant_training

    def pair(found: Tensor, wanted: Tensor) -> Tensor:
        return loss_of(weights, found, wanted)

    best, _ = permutation_invariant_training(estimate, target, pair, mode="speaker-wise", eval_func="min")
    return best.mean()
