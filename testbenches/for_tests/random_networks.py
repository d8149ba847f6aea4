"""Networks of random weights: any shape, of the size that trained ones have, so that signals neither vanish nor grow."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from reference.conv_network import TAPS, Network

TINY = {"features": 4, "window": 4, "bottleneck": 3, "hidden": 5, "dilations": (1, 2)}
"""A shape that every engine runs at once."""


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
        calibration=np.clip(np.round(noise * 2**15), -(2**15), 2**15 - 1).astype(np.int16),
        origin=f"random_network({seed})",
    )
