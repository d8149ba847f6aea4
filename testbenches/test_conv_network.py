"""A network in the FPGA: layers by scipy's filters, files, integers, and the chain of proof."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.signal
import scipy.special

from reference.conv_network import ARRAYS, Network, conv_network
from testbenches.for_tests.random_networks import random_network


def by_filters(x, net):
    """Every layer as filters and sums over channels, samples and frames along the last axis."""
    hop, frames = net.hop, -(-len(x) // net.hop) + 1
    x = np.concatenate([x, np.zeros(frames * net.hop - len(x))])
    e = np.array([np.maximum(scipy.signal.lfilter(row[::-1], 1, x)[hop - 1 :: hop], 0) for row in net.encoder])

    def pointwise(weight, bias, channels):
        return np.array([sum(w * c for w, c in zip(row, channels, strict=True)) + b for row, b in zip(weight, bias, strict=True)])

    def leaky(values, slope):
        return values.clip(min=0) + slope * values.clip(max=0)

    y = pointwise(net.bottleneck_weight, net.bottleneck_bias, e)
    for k, d in enumerate(net.dilations):
        h = leaky(pointwise(net.expand_weight[k], net.expand_bias[k], y), net.expand_slope[k])
        g = []
        for taps, bias, channel in zip(net.depthwise_weight[k], net.depthwise_bias[k], h, strict=True):
            response = np.zeros(2 * d + 1)
            response[[2 * d, d, 0]] = taps
            g.append(np.convolve(channel, response)[:frames] + bias)
        y = y + pointwise(net.project_weight[k], net.project_bias[k], leaky(np.array(g), net.depthwise_slope[k]))
    logits = pointwise(net.mask_weight, net.mask_bias, leaky(y, net.mask_slope))
    masks = net.mask_floor + (1 - net.mask_floor) * scipy.special.expit(logits)
    found = []
    for c in range(net.sources):
        kept = masks[c * net.features : (c + 1) * net.features] * e
        total = sum(scipy.signal.upfirdn(row, channel, up=hop) for row, channel in zip(net.decoder, kept, strict=True))
        found.append(total[hop:])
    return np.array(found)


@pytest.mark.parametrize(
    "shape",
    [
        {},
        {"features": 7, "window": 6, "bottleneck": 2, "hidden": 3, "dilations": (4, 1, 8), "sources": 2},
        {"dilations": ()},
        {"features": 1, "window": 2, "bottleneck": 1, "hidden": 1, "dilations": (16,)},
    ],
)
def test_reference_equals_filters(shape):
    net = random_network(3, **shape)
    for length in (0, 1, 61, 200):
        x = np.random.default_rng(length).standard_normal(length) * 0.2
        got = conv_network(x, net)
        wanted = by_filters(x, net)[:, :length]
        np.testing.assert_allclose(np.atleast_2d(got), wanted, rtol=1e-9, atol=1e-12)


def test_file_gives_the_network_back(tmp_path):
    net = random_network(5, dilations=(1, 2, 4), sources=2)
    path = tmp_path / "net.npz"
    net.save(path)
    first = path.read_bytes()
    again = Network.load(path)
    for name in (*ARRAYS, "calibration"):
        np.testing.assert_array_equal(getattr(again, name), getattr(net, name), err_msg=name)
    assert (again.dilations, again.mask_floor, again.origin) == (net.dilations, net.mask_floor, net.origin)
    again.save(path)
    assert path.read_bytes() == first


def spoilt(path, **changes):
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files}
    for name, value in changes.items():
        if value is None:
            del arrays[name]
        else:
            arrays[name] = np.asarray(value)
    np.savez(path, **arrays)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"encoder": None}, "has no encoder"),
        ({"expand_weight": np.zeros((2, 5, 4))}, "expand_weight: shape 2 x 5 x 4, must be 2 x 5 x 3 (K x H x B)"),
        ({"mask_bias": np.zeros((4, 1))}, "mask_bias: shape 4 x 1, must have 1 axes"),
        ({"mask_weight": np.zeros((5, 3)), "mask_bias": np.zeros(5)}, "mask_weight: 5 rows must be a multiple of the 4 features"),
        ({"dilations": [1, 3]}, "dilations: 3 must be a power of two"),
        ({"dilations": [1.0, 2.0]}, "dilations: holds float64"),
        ({"depthwise_weight": np.full((2, 5, 3), np.nan)}, "depthwise_weight: holds a number that is not finite"),
        ({"version": 2}, "version = 2: must be 1"),
        ({"causal": False}, "causal = 0"),
        ({"mask_floor": 1.0}, "mask_floor = 1: must be 0 to below 1"),
        ({"calibration": np.full(4, 40000)}, "calibration: must be a row of words of 16 bits"),
        ({"encoder": np.array(["a"])}, "encoder: holds"),
        ({"encoder": np.zeros((4, 3)), "decoder": np.zeros((4, 3))}, "a window of 3 samples must be even"),
    ],
)
def test_bad_files_are_named(tmp_path, changes, said):
    path = tmp_path / "bad.npz"
    random_network(1).save(path)
    spoilt(path, **changes)
    with pytest.raises(ValueError, match=r"bad\.npz: ") as caught:
        Network.load(path)
    assert said in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 but no more"])
def test_no_archive(tmp_path, content):
    path = tmp_path / "bad.npz"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"bad\.npz: is "):
        Network.load(path)
