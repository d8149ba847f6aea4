"""Networks of random weights: any shape, of the size that trained ones have, so that signals neither vanish nor grow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from fixed_point.full_scale import audio_to_words
from reference.conv_network import ARRAYS, TAPS, VERSION, Network

TINY: dict[str, Any] = {"features": 2, "window": 4, "bottleneck": 2, "hidden": 2, "dilations": (1,), "samples": 60}
"""A shape that every engine runs at once, and whose faults are found in some seconds."""

SMALLEST: dict[str, Any] = {**TINY, "features": 1, "bottleneck": 1, "hidden": 1}
"""A shape at which proofs end."""


def random_network(
    seed: int,
    features: int = 4,
    window: int = 4,
    bottleneck: int = 3,
    hidden: int = 5,
    dilations: Sequence[int] = (1, 2),
    sources: int = 1,
    mask_floor: float = 0.2,
    samples: int = 400,
    sample_rate: int = 16000,
) -> Network:
    """A network of random weights, with noise of changing level to measure its ranges on."""
    random = np.random.default_rng(seed)
    blocks, n, b, h = len(dilations), features, bottleneck, hidden

    def drawn(*shape: int, fan_in: int = 1) -> np.ndarray:
        return (random.standard_normal(shape) / np.sqrt(fan_in)).astype(np.float32)

    levels = 2.0 ** random.uniform(-5, -1, samples // 50 + 1)
    noise = random.standard_normal(samples) * np.repeat(levels, 50)[:samples]
    return Network(
        sample_rate=sample_rate,
        mask_floor=float(np.float32(mask_floor)),
        encoder=drawn(n, window, fan_in=window),
        bottleneck_weight=4 * drawn(b, n, fan_in=n),
        bottleneck_bias=0.2 * drawn(b),
        dilations=tuple(dilations),
        expand_weight=drawn(blocks, h, b, fan_in=b),
        expand_bias=0.2 * drawn(blocks, h),
        expand_slope=random.uniform(0, 0.5, blocks).astype(np.float32),
        depthwise_weight=drawn(blocks, h, TAPS, fan_in=TAPS),
        depthwise_bias=0.2 * drawn(blocks, h),
        depthwise_slope=random.uniform(0, 0.5, blocks).astype(np.float32),
        project_weight=0.5 * drawn(blocks, b, h, fan_in=h),
        project_bias=0.1 * drawn(blocks, b),
        mask_slope=0.25,
        mask_weight=drawn(sources * n, b, fan_in=b),
        mask_bias=drawn(sources * n),
        decoder=drawn(n, window, fan_in=n),
        calibration=audio_to_words(noise, "sfix16_En15").astype(np.int16),
        origin=f"random_network({seed})",
    )


def network_table(network: Network) -> dict[str, Any]:
    """A network as a table of a description."""
    arrays = {name: getattr(network, name).astype(np.float32).tolist() for name in ARRAYS}
    more = {"mask_floor": network.mask_floor, "mask_slope": network.mask_slope, "dilations": list(network.dilations)}
    found = {"version": VERSION, "sample_rate": network.sample_rate, "causal": True, **more, **arrays}
    return {**found, "calibration": network.calibration.tolist(), "origin": network.origin}


def passing_network(seed: int, calibration: np.ndarray, window: int = 32, bottleneck: int = 8, hidden: int = 12) -> Network:
    """A network that passes its signal but for masks at random: encoder and decoder are a modified cosine transform and its opposite.

    Parameters
    ----------
    seed : int
        Of the masks.
    calibration : ndarray of int16
    window, bottleneck, hidden : int

    References
    ----------
    J. P. Princen, A. B. Bradley, "Analysis/synthesis filter bank design based on time domain aliasing cancellation", IEEE Trans. ASSP 34
    (1986) 1153-1161.
    """
    hop = window // 2
    sample, band = np.arange(window), np.arange(hop)[:, np.newaxis]
    sine = np.sin(np.pi * (sample + 0.5) / window)
    transform = np.sqrt(2 / hop) * sine * np.cos(np.pi / hop * (sample + 0.5 + hop / 2) * (band + 0.5))
    both = np.concatenate([transform, -transform])
    drawn = random_network(seed, window, window, bottleneck, hidden, (1, 2, 4), samples=0)
    return drawn.replace(encoder=both, decoder=both, calibration=calibration, origin="untrained: passes its signal, with masks at random")
