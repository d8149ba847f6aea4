"""The weights of a network as a parameter: a file, the arrays themselves, or a network."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from reference.conv_network import ARRAYS, KEYS, VERSION, Network


class Weights(Mapping[str, Any]):
    """A network as a table of a description: names of arrays, and lists of numbers in single precision.

    Parameters
    ----------
    network : Network
    """

    def __init__(self, network: Network) -> None:
        self.network = network.replace(**{name: getattr(network, name).astype(np.float32) for name in ARRAYS})

    @cached_property
    def arrays(self) -> dict[str, Any]:
        """Arrays by the names that they have in a file."""
        net = self.network
        found: dict[str, Any] = {
            "version": VERSION, "sample_rate": net.sample_rate, "causal": True, "mask_floor": net.mask_floor, "mask_slope": net.mask_slope,
            "dilations": list(net.dilations),
        }  # fmt: skip
        found |= {name: getattr(net, name).astype(np.float32) for name in ARRAYS}
        return found | {"calibration": net.calibration, "origin": net.origin}

    @cached_property
    def digest(self) -> str:
        """SHA-256 of all of them."""
        found = hashlib.sha256()
        for name, value in self.arrays.items():
            text = value.tobytes() if isinstance(value, np.ndarray) else repr(value).encode()
            found.update(f"{name} {np.shape(value)} ".encode() + text)
        return found.hexdigest()

    def __getitem__(self, name: str) -> Any:
        value = self.arrays[name]
        if not isinstance(value, np.ndarray) or value.dtype != np.float32:
            return value
        # As many digits as tell a number of single precision from its neighbours.
        return _nested([float(str(number)) for number in value.ravel()], value.shape)

    def __iter__(self) -> Iterator[str]:
        return iter(KEYS)

    def __len__(self) -> int:
        return len(KEYS)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Weights) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    def __repr__(self) -> str:
        return f"Weights({self.digest[:12]})"


def _nested(numbers: list[float], shape: tuple[int, ...]) -> Any:
    if len(shape) == 1:
        return numbers
    step = int(np.prod(shape[1:]))
    return [_nested(numbers[row * step : (row + 1) * step], shape[1:]) for row in range(shape[0])]


def weights(value: Any) -> Weights:
    """A network from whatever a description may give.

    Raises
    ------
    ValueError
        If it is none, naming the file, the array, what it is and what it has to be.
    """
    if isinstance(value, Weights):
        return value
    if isinstance(value, Network):
        return Weights(value)
    if isinstance(value, str | Path):
        try:
            return Weights(Network.load(value))
        except OSError as error:
            raise ValueError(f"{value}: cannot be read: {error.strerror or error}") from None
    if not isinstance(value, Mapping):
        raise ValueError(f"must be {weights.allowed}")  # type: ignore[attr-defined]
    return Weights(Network.of_arrays({str(name): _array(str(name), one) for name, one in value.items()}))


weights.allowed = "the name of an .npz file, or a table with the arrays of one"  # type: ignore[attr-defined]


def _array(name: str, value: Any) -> np.ndarray[Any, Any]:
    try:
        found = np.asarray(value)
    except ValueError:
        raise ValueError(f"{name}: must have rows of one length") from None
    if name in ARRAYS and found.dtype.kind in "iuf":
        return found.astype(np.float32)
    return found.astype(np.int64) if not found.size else found
