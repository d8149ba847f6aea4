"""Devices as data: one TOML file each in ``devices/``."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

DEVICES = Path(__file__).resolve().parent / "devices"


@dataclass(frozen=True)
class Device:
    """What an FPGA has, how fast it is and what it burns.

    Attributes
    ----------
    capacity : dict
        Logic elements, LABs, M4K blocks and bits, 9-bit multiplier elements, PLLs, pins.
    timing_ns, wire_ns : dict
        Delays of cells and of the wires between them, nanoseconds.
    ceiling_mhz : dict
        Clock rates that no path can exceed, by what limits them.
    power : dict
        Coefficients; each key ends in its unit.
    unknown : str
        What is not known of this device, as part of a sentence.
    """

    name: str
    family: str
    board: str
    capacity: dict[str, int]
    timing_ns: dict[str, Any]
    wire_ns: dict[str, float]
    ceiling_mhz: dict[str, float]
    power: dict[str, Any]
    unknown: str = ""


def device_names() -> list[str]:
    """Devices that there is data for."""
    return sorted(path.stem for path in DEVICES.glob("*.toml"))


@cache
def load_device(name: str) -> Device:
    """The device of this name.

    Raises
    ------
    ValueError
        When there is no data for it; the message lists what there is.
    """
    path = DEVICES / f"{name}.toml"
    if name not in device_names():
        raise ValueError(f"device = {name!r}: not known; known are {', '.join(device_names())}")
    fields = tomllib.loads(path.read_text(encoding="utf-8"))
    return Device(**fields)
