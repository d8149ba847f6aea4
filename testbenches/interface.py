"""What an engine needs to know of a top-level entity: its ports by role."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from ip_cores.port import Port


class Delivered(Protocol):
    """The part of a manifest that engines use; `ip_cores.generate` returns one."""

    @property
    def folder(self) -> Path: ...
    @property
    def entity(self) -> str: ...
    @property
    def files(self) -> tuple[str, ...]: ...
    @property
    def ports(self) -> tuple[Port, ...]: ...


@dataclass(frozen=True)
class Interface:
    """Ports by role.

    Attributes
    ----------
    sink, source : dict of str to Port
        Fields that travel with a word, by name without prefix (``data``, ``channel``, ...).
    has_sink, has_source : bool
        A generator has no sink, a meter may have no source.
    inputs, outputs : dict of str to Port
        Everything else beside clock and reset: controls and status, by full name.
    """

    sink: dict[str, Port]
    source: dict[str, Port]
    has_sink: bool
    has_source: bool
    inputs: dict[str, Port]
    outputs: dict[str, Port]

    @classmethod
    def of(cls, ports: Iterable[Port]) -> Interface:
        """Sort `ports` by role.

        Raises
        ------
        ValueError
            If clock, reset or half of a handshake is missing, or a port is wider than 64 bits.
        """
        by_name = {port.name: port for port in ports}
        for name in ("clk", "reset"):
            if name not in by_name:
                raise ValueError(f"the entity has no port {name}")
        has = {side: f"{side}_valid" in by_name for side in ("sink", "source")}
        for side, present in has.items():
            if present != (f"{side}_ready" in by_name):
                raise ValueError(f"of {side}_valid and {side}_ready one is missing")
        fields: dict[str, dict[str, Port]] = {"sink": {}, "source": {}}
        others: dict[str, dict[str, Port]] = {"in": {}, "out": {}}
        direction = {"sink": "in", "source": "out"}
        for port in by_name.values():
            if bits(port) > 64:
                raise ValueError(f"{port.name} is {port.width} bits wide: engines take ports of up to 64 bits")
            side, _, field = port.name.partition("_")
            if port.name in ("clk", "reset") or (has.get(side) and field in ("valid", "ready")):
                continue
            if has.get(side) and field and port.direction == direction[side]:
                fields[side][field] = port
            else:
                others[port.direction][port.name] = port
        return cls(fields["sink"], fields["source"], has["sink"], has["source"], others["in"], others["out"])


def bits(port: Port) -> int:
    """Width of a port; a ``std_logic`` is one bit."""
    return 1 if port.width is None else port.width


def mask(width: int) -> int:
    """All ones in `width` bits."""
    return (1 << width) - 1


def encode(port: Port, values: object) -> np.ndarray:
    """Integers as the bits of `port`, in uint64.

    Raises
    ------
    ValueError
        If a value does not fit, or is no integer.
    """
    array = np.atleast_1d(np.asarray(values))
    if array.ndim != 1 or array.dtype.kind not in "biuO":
        raise ValueError(f"{port.name}: words must be a one-dimensional array of integers, not {array.dtype} with shape {array.shape}")
    width = bits(port)
    low, high = (-(1 << (width - 1)), mask(width - 1)) if port.signed else (0, mask(width))
    if len(array) and (int(array.min()) < low or int(array.max()) > high):
        raise ValueError(f"{port.name}: words from {array.min()} to {array.max()} do not fit {low} to {high}")
    if array.dtype.kind == "O":
        return np.array([int(value) & mask(width) for value in array], dtype=np.uint64)
    return array.astype(np.int64 if array.dtype != np.uint64 else np.uint64, copy=False).view(np.uint64) & np.uint64(mask(width))


def decode(port: Port, raw: np.ndarray) -> np.ndarray:
    """Bits of `port` as integers: int64, and uint64 for an unsigned port of 64 bits."""
    width = bits(port)
    raw = np.asarray(raw, dtype=np.uint64)
    if port.signed:
        shift = 64 - width
        words = (raw << np.uint64(shift)).view(np.int64)
        return np.right_shift(words, np.int64(shift), out=words)
    raw = raw & np.uint64(mask(width))
    return raw if width == 64 else raw.view(np.int64)


def decode_one(port: Port, raw: int) -> int:
    """Like `decode`, for one value."""
    raw &= mask(bits(port))
    return raw - (1 << bits(port)) if port.signed and raw >> (bits(port) - 1) else raw
