"""Parameterised fixed-point signal-processing cores for FPGA hearing aids: the front door.

Everything that a user of the library needs is here under one name; it is imported when it is first used.

Examples
--------
>>> import ossicle
>>> core = ossicle.make_core({"core": "fir", "coefficients": [0.25, 0.5, 0.25]})
>>> core.model([16384, 0, 0]).tolist()
[4096, 8192, 4096]
"""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"

_HOMES = {
    "fixed_point": (
        *("Format", "Overflow", "Rounding", "audio_to_words", "quantize", "quantize_coefficients", "requantize", "to_float"),
        "words_to_audio",
    ),
    "fpga_projects.estimation.estimate": ("Estimate", "estimate", "estimate_hdl"),
    "fpga_projects.exploration.explore": ("Exploration", "explore"),
    "fpga_projects.exploration.optimize": ("Optimum", "optimize"),
    "ip_cores.chain": ("Chain",),
    "ip_cores.core": ("Core", "Port", "core_kinds", "make_core"),
    "ip_cores.description": ("DescriptionError", "load_core", "read_description"),
    "ip_cores.generate": ("Manifest", "generate"),
    "ip_cores.parameters": ("ParameterError",),
    "testbenches.audio": ("read_audio", "write_audio"),
    "testbenches.errors": ("EngineMismatch", "ProtocolError", "SimulationError", "ToolError"),
    "testbenches.simulate": ("simulate",),
    "testbenches.stimulus": ("Stimulus",),
    "testbenches.verify": ("Verification", "verify"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = ["__version__", *sorted(_HOME_OF)]


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOME_OF[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
