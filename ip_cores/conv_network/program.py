"""From the arrays of a network to its layers, and from these to the words of a micro-program."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fixed_point import Format, to_float
from fixed_point.conv_network import Layer
from reference.conv_network import Network, delayed, encoded, layers

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
    line = given["bottleneck"]
    for k, d in enumerate(network.dilations):
        slopes = float(network.expand_slope[k]), float(network.depthwise_slope[k])
        expanded = line @ network.expand_weight[k].T + network.expand_bias[k]
        hidden = given[f"expand {k}"]
        taps = zip(network.depthwise_weight[k].T, (2 * d, d, 0), strict=True)
        filtered = sum(tap * delayed(hidden, late) for tap, late in taps) + network.depthwise_bias[k]
        line = given[f"project {k}"]
        found += [
            Layer("pointwise", network.expand_weight[k], network.expand_bias[k], slopes[0], _held(expanded, slopes[0])),
            Layer("depthwise", network.depthwise_weight[k], network.depthwise_bias[k], slopes[1], _held(filtered, slopes[1]), d),
            Layer("residual", network.project_weight[k], network.project_bias[k], network.mask_slope if k == last else 1.0, _peak(line)),
        ]
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


def _held(sums: NDArray[np.float64], slope: float) -> float:
    """Largest magnitude in front of an activation, of what is not made zero by it."""
    return _peak(sums) if slope else max(0.0, float(sums.max(initial=0.0)))
