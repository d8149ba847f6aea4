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
from typing import TYPE_CHECKING

# isort: off
if TYPE_CHECKING:  # the names of _HOMES once more, for type checkers and editors, which run nothing; a test holds the two together
    from fixed_point import audio_to_words as audio_to_words, words_to_audio as words_to_audio
    from fixed_point import Format as Format, Overflow as Overflow, Rounding as Rounding, quantize as quantize
    from fixed_point import quantize_coefficients as quantize_coefficients, requantize as requantize, to_float as to_float
    from fpga_projects.estimation.estimate import Estimate as Estimate, estimate as estimate, estimate_hdl as estimate_hdl
    from fpga_projects.exploration.explore import Exploration as Exploration, explore as explore
    from fpga_projects.exploration.optimize import Optimum as Optimum, optimize as optimize
    from ip_cores.chain import Chain as Chain
    from ip_cores.core import Core as Core, core_kinds as core_kinds, make_core as make_core
    from ip_cores.description import DescriptionError as DescriptionError, load_core as load_core, read_description as read_description
    from ip_cores.generate import Manifest as Manifest, generate as generate
    from ip_cores.parameters import ParameterError as ParameterError
    from ip_cores.port import Port as Port
    from fixed_point.sound import read_audio as read_audio, write_audio as write_audio
    from ossicle.fitting.aid_description import Fitting as Fitting, fit_aid as fit_aid
    from reference.audiograms import Audiogram as Audiogram, standard_audiogram as standard_audiogram
    from testbenches.errors import EngineMismatch as EngineMismatch, ProtocolError as ProtocolError
    from testbenches.errors import SimulationError as SimulationError, ToolError as ToolError
    from testbenches.simulate import simulate as simulate
    from testbenches.stimulus import Stimulus as Stimulus
    from testbenches.verify import Verification as Verification, verify as verify
# isort: on

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
    "ip_cores.core": ("Core", "core_kinds", "make_core"),
    "ip_cores.description": ("DescriptionError", "load_core", "read_description"),
    "ip_cores.generate": ("Manifest", "generate"),
    "ip_cores.parameters": ("ParameterError",),
    "ip_cores.port": ("Port",),
    "fixed_point.sound": ("read_audio", "write_audio"),
    "ossicle.fitting.aid_description": ("Fitting", "fit_aid"),
    "reference.audiograms": ("Audiogram", "standard_audiogram"),
    "testbenches.errors": ("EngineMismatch", "ProtocolError", "SimulationError", "ToolError"),
    "testbenches.simulate": ("simulate",),
    "testbenches.stimulus": ("Stimulus",),
    "testbenches.verify": ("Verification", "verify"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = ["__version__", *sorted(_HOME_OF)]

if not TYPE_CHECKING:  # to a checker that saw this, every name would exist

    def __getattr__(name: str) -> object:
        if name not in _HOME_OF:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(importlib.import_module(_HOME_OF[name]), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return __all__
