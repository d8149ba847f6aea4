"""Conv-TasNet: one class for the network of the paper and for the small causal one that fits an FPGA.

Reference: Y. Luo, N. Mesgarani, "Conv-TasNet: Surpassing Ideal Time-Frequency Magnitude Masking for Speech Separation", IEEE/ACM Trans.
Audio, Speech, and Language Processing 27(8), 2019, 1256-1266.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from training.configuration import NetworkShape

MOMENTUM = 0.03
"""Of the running mean and variance of a BatchNorm: batches are small, and the usual 0.1 makes what is folded depend on the last ten."""

LOUDNESS = 20.0
"""The bottleneck's first weights are so many times the usual ones: speech at -26 dB of full scale then reaches the blocks at about 1."""


def lapped_transform(filters: int, window: int) -> np.ndarray:
    """First encoder: plus and minus an MDCT of hop ``window / 2`` (and the MDST where there are twice as many filters).

    Behind a ReLU the two signs of one basis function hold its whole coefficient, and with the same filters as decoder the signal comes
    back by the cancellation of aliases (Princen, Johnson, Bradley, 1987): a network starts at a gain of 0 dB.

    Parameters
    ----------
    filters : int
        `window` or ``2 * window``.
    window : int

    Returns
    -------
    ndarray of float64, shape (filters, window)

    Raises
    ------
    ValueError
        Another number of filters.

    Examples
    --------
    >>> lapped_transform(64, 32).shape
    (64, 32)
    """
    if filters not in (window, 2 * window):
        raise ValueError(f"filters = {filters}: must be {window} or {2 * window}")
    hop = window // 2
    n, k = np.arange(window), np.arange(hop)[:, np.newaxis]
    phase = np.pi / hop * (n + 0.5 + hop / 2) * (k + 0.5)
    shape = np.sqrt(2 / hop) * np.sin(np.pi / window * (n + 0.5))
    cosines, sines = shape * np.cos(phase), shape * np.sin(phase)
    if filters == window:
        return np.concatenate([cosines, -cosines])
    return np.concatenate([cosines, -cosines, sines, -sines]) * np.sqrt(0.5)


class GlobalNorm(nn.Module):
    """gLN: over channels and the whole clip (eq. 14 of the paper)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(1, channels, eps=1e-8)

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(x)


class CumulativeNorm(nn.Module):
    """cLN: over channels and all frames so far (eq. 16 of the paper)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(channels, 1)), nn.Parameter(torch.zeros(channels, 1))

    def forward(self, x: Tensor) -> Tensor:
        count = x.shape[1] * torch.arange(1, x.shape[2] + 1, device=x.device, dtype=x.dtype)
        mean = x.sum(1, keepdim=True).cumsum(2) / count
        power = x.square().sum(1, keepdim=True).cumsum(2) / count
        variance = (power - mean.square()).clamp_min(0)
        return (x - mean) / (variance + 1e-8).sqrt() * self.weight + self.bias


def make_norm(kind: str, channels: int) -> nn.Module:
    """The normalisation of that name."""
    if kind == "batch":
        return nn.BatchNorm1d(channels, momentum=MOMENTUM)
    return GlobalNorm(channels) if kind == "global" else CumulativeNorm(channels)


class Block(nn.Module):
    """1 x 1 convolution, dilated depthwise convolution, 1 x 1 convolution, and around them the residual (Fig. 1C of the paper)."""

    def __init__(self, shape: NetworkShape, dilation: int, last: bool) -> None:
        super().__init__()
        self.norm_first = shape.norm_first
        self.expand = nn.Conv1d(shape.bottleneck, shape.hidden, 1)
        self.expand_norm, self.expand_slope = make_norm(shape.norm, shape.hidden), nn.PReLU()
        self.depthwise = nn.Conv1d(shape.hidden, shape.hidden, shape.kernel, dilation=dilation, groups=shape.hidden)
        self.depthwise_norm, self.depthwise_slope = make_norm(shape.norm, shape.hidden), nn.PReLU()
        # With skip paths nothing hears the last residual.
        self.project = None if shape.skip and last else nn.Conv1d(shape.hidden, shape.bottleneck, 1)
        self.skip = nn.Conv1d(shape.hidden, shape.skip, 1) if shape.skip else None
        reach = (shape.kernel - 1) * dilation
        self.padding = (reach, 0) if shape.causal else (reach // 2, reach - reach // 2)

    def forward(self, y: Tensor) -> tuple[Tensor, Tensor | None]:
        h = self._active(self.expand(y), self.expand_norm, self.expand_slope)
        h = self._active(self.depthwise(functional.pad(h, self.padding)), self.depthwise_norm, self.depthwise_slope)
        y = y if self.project is None else y + self.project(h)
        return y, None if self.skip is None else self.skip(h)

    def _active(self, x: Tensor, norm: nn.Module, slope: nn.Module) -> Tensor:
        return slope(norm(x)) if self.norm_first else norm(slope(x))


class ConvTasNet(nn.Module):
    """Encoder, masks from a stack of dilated convolutions, decoder.

    Parameters
    ----------
    shape : NetworkShape
    """

    def __init__(self, shape: NetworkShape) -> None:
        super().__init__()
        self.shape = shape
        filters, window, width = shape.filters, shape.window, shape.bottleneck
        self.encoder = nn.Conv1d(1, filters, window, stride=shape.hop, bias=False)
        self.decoder = nn.ConvTranspose1d(filters, 1, window, stride=shape.hop, bias=False)
        self.input_norm = make_norm(shape.norm, filters) if shape.input_norm else None
        self.bottleneck = nn.Conv1d(filters, width, 1)
        dilations = shape.dilations
        self.blocks = nn.ModuleList([Block(shape, d, number == len(dilations) - 1) for number, d in enumerate(dilations)])
        self.mask_slope = nn.PReLU()
        self.mask = nn.Conv1d(shape.skip or width, shape.speakers * filters, 1)
        with torch.no_grad():
            if filters in (window, 2 * window) and shape.encoder == "relu":
                basis = torch.from_numpy(lapped_transform(filters, window)).float()[:, None]
                self.encoder.weight.copy_(basis)
                self.decoder.weight.copy_(basis)
            if not shape.input_norm:
                self.bottleneck.weight.mul_(LOUDNESS)

    def forward(self, x: Tensor) -> Tensor:
        """Sources in a mixture.

        Frame t holds samples up to ``(t + 1) hop - 1``, so that output sample s needs the input up to one frame behind its own.

        Parameters
        ----------
        x : Tensor of float32, shape (batch, samples)

        Returns
        -------
        Tensor of float32, shape (batch, speakers, samples)
        """
        batch, samples = x.shape
        shape = self.shape
        overlap = shape.window - shape.hop
        e = self.encoder(functional.pad(x[:, None], (overlap, overlap + -samples % shape.hop)))
        if shape.encoder == "relu":
            e = torch.relu(e)
        y = self.bottleneck(e if self.input_norm is None else self.input_norm(e))
        skips = None
        for block in self.blocks:
            y, skip = block(y)
            skips = skip if skips is None else skips + skip
        m = self.mask(self.mask_slope(y if skips is None else skips))
        m = torch.relu(m) if shape.mask == "relu" else shape.floor + (1 - shape.floor) * torch.sigmoid(m)
        masked = (m.view(batch, shape.speakers, shape.filters, -1) * e[:, None]).flatten(0, 1)
        return self.decoder(masked)[:, 0, overlap : overlap + samples].view(batch, shape.speakers, samples)

    @property
    def weights(self) -> int:
        """How many weights there are."""
        return sum(parameter.numel() for parameter in self.parameters())
