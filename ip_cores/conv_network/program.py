"""From the arrays of a network to its layers, and from these to the words of a micro-program."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fixed_point import Format, to_float
from fixed_point.conv_network import Layer
from reference.conv_network import Network, encoded, layers

CALIBRATION = Format(True, 16, 15)
"""Of the samples that ranges are measured on."""


def float_layers(network: Network) -> list[Layer]:
    """The layers of a network in the order in which they are computed, with the ranges that they have on its calibration samples."""
    n = network.features
    features = encoded(to_float(network.calibration.astype(np.int64), CALIBRATION), network)
    given = layers(features, network)
    none = np.zeros(n)
    last = network.blocks - 1
    line_peak = _peak(given["bottleneck"])
    found = [
        Layer("first", network.encoder, none, 0.0, _peak(features)),
        Layer(
            "pointwise", network.bottleneck_weight, network.bottleneck_bias, network.mask_slope if last < 0 else 1.0, line_peak
        ),
    ]  # fmt: skip
    for k, d in enumerate(network.dilations):
        slopes = float(network.expand_slope[k]), float(network.depthwise_slope[k])
        peaks = [_peak(before(given[f"{name} {k}"], slope)) for name, slope in zip(("expand", "depthwise"), slopes, strict=True)]
        found += [
            Layer("pointwise", network.expand_weight[k], network.expand_bias[k], slopes[0], peaks[0]),
            Layer("depthwise", network.depthwise_weight[k], network.depthwise_bias[k], slopes[1], peaks[1], d),
            Layer(
                "residual", network.project_weight[k], network.project_bias[k], network.mask_slope if k == last else 1.0,
                _peak(given[f"project {k}"]),
            ),
        ]  # fmt: skip
    for source in range(network.sources):
        rows = slice(source * n, (source + 1) * n)
        found += [
            Layer("mask", network.mask_weight[rows], network.mask_bias[rows], 1.0, 0.0),
            Layer("apply", np.zeros((n, 1)), none, 1.0, 0.0),
            Layer("transposed", network.decoder.T, np.zeros(network.window), 1.0, 0.0),
        ]
    return found


def _peak(values: NDArray[np.float64]) -> float:
    return float(np.abs(values).max(initial=0.0))


def before(values: NDArray[np.float64], slope: float) -> NDArray[np.float64]:
    """What an activation with this slope was given; positive values alone where it tells no more."""
    return np.where(values < 0, values / slope, values) if slope > 0 else values
