"""A small causal Conv-TasNet in float64: speech out of noise, or one of several speakers out of the others, frame by frame.

A window of samples becomes a frame of encoder features; a stack of dilated depthwise convolutions says of each feature how much of it is
wanted, a mask; the decoder makes samples of what the masks leave, and overlapping frames are added. Normalisation layers are folded into
the weights next to them. Frames before the first one are zero behind every layer, as a causal convolution pads them.

References
----------
Y. Luo, N. Mesgarani, "Conv-TasNet: surpassing ideal time-frequency magnitude masking for speech separation", IEEE/ACM Trans. ASLP 27
(2019) 1256-1266, figure 1.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

VERSION = 1
TAPS = 3
"""Taps of a depthwise convolution: frames t - 2d, t - d and t."""

ARRAYS: Mapping[str, tuple[str, ...]] = {
    "encoder": ("N", "L"),
    "bottleneck_weight": ("B", "N"),
    "bottleneck_bias": ("B",),
    "expand_weight": ("K", "H", "B"),
    "expand_bias": ("K", "H"),
    "expand_slope": ("K",),
    "depthwise_weight": ("K", "H", "P"),
    "depthwise_bias": ("K", "H"),
    "depthwise_slope": ("K",),
    "project_weight": ("K", "B", "H"),
    "project_bias": ("K", "B"),
    "mask_weight": ("CN", "B"),
    "mask_bias": ("CN",),
    "decoder": ("N", "L"),
}
"""Arrays of real numbers in a file, with their shapes by letters: see `Network`."""

NUMBERS = ("version", "sample_rate", "causal", "mask_floor", "mask_slope")
KEYS = (*NUMBERS, "dilations", *ARRAYS, "calibration", "origin")


@dataclass(frozen=True, eq=False)
class Network:
    """Weights of a small causal Conv-TasNet, normalisation folded.

    N features of an encoder with a window of L samples and a hop of L/2, a bottleneck of B channels, K blocks of H hidden channels and
    P = 3 taps, C sources.

    Attributes
    ----------
    sample_rate : int
        In Hz.
    mask_floor : float
        Least mask: 0 to below 1.
    encoder, decoder : ndarray of float64, shape (N, L)
        Frame t sees the samples from t L/2 - L/2 on, and adds to them.
    bottleneck_weight : ndarray of float64, shape (B, N)
    bottleneck_bias : ndarray of float64, shape (B,)
    dilations : tuple of int
        K powers of two, in frames.
    expand_weight, project_weight : ndarray of float64, shapes (K, H, B), (K, B, H)
    expand_bias, project_bias : ndarray of float64, shapes (K, H), (K, B)
    depthwise_weight : ndarray of float64, shape (K, H, 3)
        Of the frames t - 2d, t - d and t.
    depthwise_bias : ndarray of float64, shape (K, H)
    expand_slope, depthwise_slope : ndarray of float64, shape (K,)
        What negative values are multiplied by.
    mask_slope : float
        The same in front of the mask layer; 1 where there is none.
    mask_weight : ndarray of float64, shape (C N, B)
        Source c has the rows from c N on.
    mask_bias : ndarray of float64, shape (C N,)
    calibration : ndarray of int16, shape (n,)
        Samples of what the network is for, full scale 2**15: ranges are measured with them.
    origin : str
        What made the weights.
    """

    sample_rate: int
    mask_floor: float
    encoder: Array
    bottleneck_weight: Array
    bottleneck_bias: Array
    dilations: tuple[int, ...]
    expand_weight: Array
    expand_bias: Array
    expand_slope: Array
    depthwise_weight: Array
    depthwise_bias: Array
    depthwise_slope: Array
    project_weight: Array
    project_bias: Array
    mask_slope: float
    mask_weight: Array
    mask_bias: Array
    decoder: Array
    calibration: NDArray[np.int16]
    origin: str = ""

    def __post_init__(self) -> None:
        for name in ARRAYS:
            object.__setattr__(self, name, _real(name, getattr(self, name)))
        object.__setattr__(self, "dilations", tuple(_whole("dilations", self.dilations).ravel().tolist()))
        samples = _whole("calibration", self.calibration)
        if samples.ndim != 1 or np.any(samples != samples.astype(np.int16)):
            raise ValueError("calibration: must be a row of words of 16 bits")
        object.__setattr__(self, "calibration", samples.astype(np.int16))
        for name, least, most in (("sample_rate", 1, 10**9), ("mask_floor", 0.0, 1.0), ("mask_slope", -8.0, 8.0)):
            value = getattr(self, name)
            if not least <= value <= most or (name == "mask_floor" and value == 1):
                raise ValueError(f"{name} = {value:g}: must be {least:g} to {'below ' if name == 'mask_floor' else ''}{most:g}")
        self._check_shapes()
        for d in self.dilations:
            if d < 1 or d & (d - 1):
                raise ValueError(f"dilations: {d} must be a power of two")

    def _check_shapes(self) -> None:
        for name, letters in ARRAYS.items():
            found = getattr(self, name).shape
            if len(found) != len(letters):
                raise ValueError(f"{name}: shape {_shape(found)}, must have {len(letters)} axes, {_named(letters)}")
        sizes = dict(zip("NL", self.encoder.shape, strict=True)) | {"P": TAPS, "K": len(self.dilations)}
        sizes |= {"B": len(self.bottleneck_weight), "CN": len(self.mask_weight)}
        sizes["H"] = self.expand_weight.shape[1]
        for name, letters in ARRAYS.items():
            wanted = tuple(sizes[letter] for letter in letters)
            found = getattr(self, name).shape
            if found != wanted or (0 in found and "K" not in letters):
                raise ValueError(f"{name}: shape {_shape(found)}, must be {_shape(wanted)} ({_named(letters)})")
        if sizes["L"] % 2:
            raise ValueError(f"encoder: a window of {sizes['L']} samples must be even: the hop is half of it")
        if not sizes["CN"] or sizes["CN"] % sizes["N"]:
            raise ValueError(f"mask_weight: {sizes['CN']} rows must be a multiple of the {sizes['N']} features")

    @property
    def window(self) -> int:
        """Samples that a frame sees."""
        return int(self.encoder.shape[1])

    @property
    def hop(self) -> int:
        """Samples from a frame to the next."""
        return self.window // 2

    @property
    def features(self) -> int:
        """Of the encoder."""
        return int(self.encoder.shape[0])

    @property
    def bottleneck(self) -> int:
        """Channels between the blocks."""
        return int(self.bottleneck_weight.shape[0])

    @property
    def hidden(self) -> int:
        """Channels inside a block."""
        return int(self.expand_weight.shape[1])

    @property
    def blocks(self) -> int:
        return len(self.dilations)

    @property
    def sources(self) -> int:
        """Signals that leave."""
        return int(self.mask_weight.shape[0]) // self.features

    @property
    def memory(self) -> int:
        """Frames before a frame that it depends on, in front of the overlap of windows."""
        return 2 * sum(self.dilations)

    @classmethod
    def load(cls, path: str | Path) -> Network:
        """Read a network from an ``.npz`` file.

        Raises
        ------
        ValueError
            Naming the file, the array, what it is and what it has to be.
        OSError
            If the file cannot be read.
        """
        return cls.of_arrays(read_arrays(Path(path)), str(path))

    @classmethod
    def of_arrays(cls, found: Mapping[str, NDArray[Any]], where: str = "network") -> Network:
        """A network of the arrays of a file; `where` is what errors name."""
        missing = [key for key in KEYS if key not in found and key != "origin"]
        if missing:
            raise ValueError(f"{where}: has no {missing[0]}; a network has {', '.join(KEYS)}")
        try:
            numbers = {name: _number(name, found[name]) for name in NUMBERS}
            if numbers["version"] != VERSION:
                raise ValueError(f"version = {numbers['version']:g}: must be {VERSION}")
            if not numbers["causal"]:
                raise ValueError("causal = 0: must be 1; a frame cannot wait for those that follow it")
            return cls(
                sample_rate=int(numbers["sample_rate"]),
                mask_floor=numbers["mask_floor"],
                mask_slope=numbers["mask_slope"],
                dilations=tuple(_whole("dilations", found["dilations"]).ravel().tolist()),
                calibration=found["calibration"],
                origin=str(found["origin"]) if "origin" in found else "",
                **{name: found[name].astype(np.float64) for name in ARRAYS if _is_real(name, found[name])},
            )
        except ValueError as error:
            raise ValueError(f"{where}: {error}") from None

    def save(self, path: str | Path) -> None:
        """Write an ``.npz`` file, the same bytes for the same network: arrays as float32, as float16 where that is the same number."""
        arrays: dict[str, Any] = {
            "version": np.int32(VERSION),
            "sample_rate": np.int32(self.sample_rate),
            "causal": np.bool_(True),
            "mask_floor": np.float64(self.mask_floor),
            "mask_slope": np.float64(self.mask_slope),
            "dilations": np.array(self.dilations, dtype=np.int32),
            "calibration": self.calibration,
            "origin": np.str_(self.origin),
        }
        for name in ARRAYS:
            single = getattr(self, name).astype(np.float32)
            with np.errstate(over="ignore"):
                half = single.astype(np.float16)
            arrays[name] = half if np.array_equal(half.astype(np.float32), single) else single
        with Path(path).open("wb") as file:
            np.savez_compressed(file, **arrays)

    def replace(self, **changes: Any) -> Network:
        """The same network with some arrays changed."""
        return dataclasses.replace(self, **changes)


def read_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """The arrays of an ``.npz`` file; nothing in it is executed.

    Raises
    ------
    ValueError
        If it is none.
    OSError
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            if isinstance(file, np.ndarray):
                raise ValueError("one array")
            return {name: file[name] for name in file.files}
    except OSError:
        raise
    except Exception:
        # A damaged archive raises what zipfile, zlib and the reader of array headers think of.
        raise ValueError(f"{path}: is no .npz file of arrays of numbers, or a damaged one") from None


def _shape(sizes: tuple[int, ...]) -> str:
    return " x ".join(map(str, sizes)) if sizes else "a single number"


def _named(letters: tuple[str, ...]) -> str:
    return " x ".join(letters).replace("CN", "C N")


def _number(name: str, found: NDArray[Any]) -> float:
    if found.size != 1 or found.dtype.kind not in "biuf" or not np.isfinite(found).all():
        raise ValueError(f"{name}: must be a number")
    return float(found.reshape(-1)[0])


def _whole(name: str, found: ArrayLike) -> NDArray[np.int64]:
    array = np.asarray(found)
    if array.size and array.dtype.kind not in "iu":
        raise ValueError(f"{name}: holds {array.dtype}, must be whole numbers")
    return array.astype(np.int64)


def _is_real(name: str, found: NDArray[Any]) -> bool:
    if found.dtype.kind not in "iuf":
        raise ValueError(f"{name}: holds {found.dtype}, must be real numbers")
    return True


def _real(name: str, found: ArrayLike) -> Array:
    array = np.array(found, dtype=np.float64)
    if not np.isfinite(array).all():
        raise ValueError(f"{name}: holds a number that is not finite")
    array.setflags(write=False)
    return array


def prelu(x: Array, slope: float) -> Array:
    """Negative values times a slope (He et al. 2015, equation 1)."""
    return np.where(x < 0, slope * x, x)


def sigmoid(x: Array) -> Array:
    """1 / (1 + exp(-x)), without overflow."""
    return 0.5 + 0.5 * np.tanh(x / 2)


def encoded(x: Array, network: Network) -> Array:
    """Features of every whole hop of samples: relu of the encoder's rows times its window.

    Returns
    -------
    ndarray of float64, shape (frames, N)
    """
    hop = network.hop
    frames = len(x) // hop
    padded = np.concatenate([np.zeros(hop), x[: frames * hop]])
    if not frames:
        return np.zeros((0, network.features))
    windows = np.lib.stride_tricks.sliding_window_view(padded, network.window)[::hop]
    return np.maximum(windows @ network.encoder.T, 0.0)


def delayed(x: Array, frames: int) -> Array:
    """Rows so many later, with zeros in front."""
    return np.concatenate([np.zeros((min(frames, len(x)), x.shape[1])), x[: max(0, len(x) - frames)]])


def layers(features: Array, network: Network) -> dict[str, Array]:
    """What every layer of the masks' network gives, by its name, in order: each is what a layer of integers rounds."""
    found = {"bottleneck": features @ network.bottleneck_weight.T + network.bottleneck_bias}
    y = found["bottleneck"]
    for k, d in enumerate(network.dilations):
        h = prelu(y @ network.expand_weight[k].T + network.expand_bias[k], float(network.expand_slope[k]))
        oldest, older, newest = network.depthwise_weight[k].T
        g = oldest * delayed(h, 2 * d) + older * delayed(h, d) + newest * h + network.depthwise_bias[k]
        g = prelu(g, float(network.depthwise_slope[k]))
        y = y + g @ network.project_weight[k].T + network.project_bias[k]
        found |= {f"expand {k}": h, f"depthwise {k}": g, f"project {k}": y}
    found["mask input"] = prelu(y, network.mask_slope)
    found["mask logit"] = found["mask input"] @ network.mask_weight.T + network.mask_bias
    found["mask"] = network.mask_floor + (1 - network.mask_floor) * sigmoid(found["mask logit"])
    return found


def overlapped(frames: Array, hop: int) -> Array:
    """Windows of two hops, added where they overlap, from the first window's second half on.

    Parameters
    ----------
    frames : ndarray of float64, shape (T, 2 hop)

    Returns
    -------
    ndarray of float64, shape (T hop,)
        The last hop lacks the window behind it.
    """
    total = frames[:, hop:].copy()
    total[:-1] += frames[1:, :hop]
    return total.reshape(-1)


def conv_network(x: ArrayLike, network: Network) -> Array:
    """What a network makes of a signal, aligned with it.

    Parameters
    ----------
    x : array_like of float, shape (n,)
        Samples, full scale 1; zero before the first and behind the last.
    network : Network

    Returns
    -------
    ndarray of float64, shape (n,), or (C, n) for several sources
        Sample s has what the frames s // hop and s // hop + 1 make of it.

    Examples
    --------
    A network that has one feature, passes samples, and masks nothing away but by its floor:

    >>> one = np.zeros((1, 2)); one[0, 1] = 1.0
    >>> none = {name: np.zeros((0, 1, 3 if name == "depthwise_weight" else 1)[: len(shape)])
    ...         for name, shape in ARRAYS.items() if shape[0] == "K"}
    >>> net = Network(sample_rate=16000, mask_floor=0.5, encoder=one, bottleneck_weight=np.zeros((1, 1)),
    ...               bottleneck_bias=np.zeros(1), dilations=(), mask_slope=1.0, mask_weight=np.zeros((1, 1)),
    ...               mask_bias=np.full(1, -100.0), decoder=one, calibration=np.zeros(2, np.int16), **none)
    >>> conv_network([0.25, -0.5, 0.75], net).tolist()
    [0.125, 0.0, 0.375]
    """
    samples = np.asarray(x, dtype=np.float64).reshape(-1)
    hop = network.hop
    whole = -(-len(samples) // hop) * hop
    features = encoded(np.concatenate([samples, np.zeros(whole - len(samples) + hop)]), network)
    masks = layers(features, network)["mask"]
    count = network.features
    signals = [
        overlapped((masks[:, c * count : (c + 1) * count] * features) @ network.decoder, hop)[: len(samples)]
        for c in range(network.sources)
    ]
    return signals[0] if network.sources == 1 else np.stack(signals)
