"""From a checkpoint to the file that `reference.conv_network` reads and the core `conv_network` is made of: every BatchNorm folded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from fixed_point.full_scale import amplitude
from reference.conv_network import TAPS, Network
from training.configuration import ConfigurationError, NetworkShape
from training.networks import ConvTasNet
from training.training import load_network


def why_not(shape: NetworkShape) -> str | None:
    """What keeps a network from being exported, None if nothing does."""
    demands = {
        "causal = true": shape.causal,
        'norm = "batch"': shape.norm == "batch",
        "norm_first = true": shape.norm_first,
        "skip = 0": shape.skip == 0,
        "input_norm = false": not shape.input_norm,
        f"kernel = {TAPS}": shape.kernel == TAPS,
        'encoder = "relu"': shape.encoder == "relu",
        'mask = "sigmoid"': shape.mask == "sigmoid",
    }
    missing = [demand for demand, met in demands.items() if not met]
    return f"the core conv_network needs {', '.join(missing)}" if missing else None


def folded(layer: Any, norm: Any) -> tuple[np.ndarray, np.ndarray]:
    """Weight, without the axis of one tap, and bias of a convolution that does what it and the BatchNorm behind it do.

    Notes
    -----
    y = g (W x + b - m) / sqrt(v + eps) + c with the running mean m and variance v, so W' = W g / sqrt(v + eps),
    b' = (b - m) g / sqrt(v + eps) + c.
    """
    scale = float64(norm.weight) / np.sqrt(float64(norm.running_var) + norm.eps)
    bias = (float64(layer.bias) - float64(norm.running_mean)) * scale + float64(norm.bias)
    return float64(layer.weight) * scale[:, np.newaxis, np.newaxis], bias


def float64(tensor: Tensor) -> np.ndarray:
    """On the CPU."""
    return tensor.detach().cpu().numpy().astype(np.float64)


def slope(layer: Any) -> float:
    """Of a PReLU."""
    return float(layer.weight.detach())


def to_network(
    model: ConvTasNet,
    sample_rate: int,
    calibration: np.ndarray,
    origin: str,
    half: bool = True,
    softer: float = 0.0,
    floor: float | None = None,
) -> Network:
    """The network of a trained model.

    Parameters
    ----------
    model : ConvTasNet
    sample_rate : int
        In Hz.
    calibration : ndarray of int16, shape (n,)
        Noisy speech.
    origin : str
    half : bool
        Round weights to float16, which halves the file: 11 bits, where the core takes 9.
    softer : float
        dB by which what it will hear is softer than what it was trained on.
    floor : float, optional
        Least mask, 0 to below 1, instead of the one it was trained with.

    Raises
    ------
    ConfigurationError
        A form that the core does not have.
    """
    shape = model.shape
    if reason := why_not(shape):
        raise ConfigurationError(f"this network cannot be exported: {reason}")
    rows: dict[str, list[Any]] = {}
    parts: Any = model
    for block in parts.blocks:
        expand, depthwise = folded(block.expand, block.expand_norm), folded(block.depthwise, block.depthwise_norm)
        found = {
            "expand_weight": expand[0][:, :, 0],
            "expand_bias": expand[1],
            "expand_slope": slope(block.expand_slope),
            "depthwise_weight": depthwise[0][:, 0],
            "depthwise_bias": depthwise[1],
            "depthwise_slope": slope(block.depthwise_slope),
            "project_weight": float64(block.project.weight)[:, :, 0],
            "project_bias": float64(block.project.bias),
        }
        for name, value in found.items():
            rows.setdefault(name, []).append(value)
    arrays = {name: np.stack(values) for name, values in rows.items()} | {
        "encoder": float64(model.encoder.weight)[:, 0],
        "decoder": float64(model.decoder.weight)[:, 0],
        # A ReLU passes a factor on, so this is the one place where the level counts.
        "bottleneck_weight": float64(model.bottleneck.weight)[:, :, 0] * amplitude(softer),
        "bottleneck_bias": float64(parts.bottleneck.bias),
        "mask_weight": float64(model.mask.weight)[:, :, 0],
        "mask_bias": float64(parts.mask.bias),
    }
    return Network(
        sample_rate=sample_rate,
        mask_floor=shape.floor if floor is None else floor,
        mask_slope=slope(model.mask_slope),
        dilations=shape.dilations,
        calibration=calibration,
        origin=origin,
        **{name: stored(value, half) for name, value in arrays.items()},
    )


def stored(x: np.ndarray, half: bool) -> np.ndarray:
    """As a file keeps it; float16 where nothing leaves its range."""
    if half and np.max(np.abs(x), initial=0.0) < float(np.finfo(np.float16).max):
        return x.astype(np.float16).astype(np.float64)
    return x.astype(np.float32).astype(np.float64)


def export(checkpoint: Path, output: Path, half: bool = True, softer: float = 0.0, floor: float | None = None) -> Network:
    """Write the network of a checkpoint.

    Returns
    -------
    Network

    Raises
    ------
    ConfigurationError
    """
    model, configuration, state = load_network(checkpoint)
    calibration = state["calibration"].numpy().astype(np.int16)
    origin = (
        f"ossicle train: seed {configuration.seed}, {state['step']} steps of {configuration.training.batch} mixtures of "
        f"{configuration.mixing.seconds:g} s, PyTorch {torch.__version__}; recordings: {state['recordings']}"
    )
    origin += (f"; for sound {softer:g} dB softer" if softer else "") + (f"; floor {floor:g}" if floor is not None else "")
    network = to_network(model, configuration.sample_rate, calibration, origin, half, softer, floor)
    output.parent.mkdir(parents=True, exist_ok=True)
    network.save(output)
    return network
