"""Finite impulse response filter in three forms.

``direct`` and ``transposed`` take a sample per clock; ``serial`` shares a few multipliers over all taps. Symmetric and
antisymmetric coefficients are folded (half the multipliers), zero taps cost nothing and powers of two only wires.
The sum is formed at full precision and rounded once, at the output.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

import fixed_point.fir
import reference.fir
from fixed_point import Format, Overflow, QuantizedCoefficients, Rounding, quantize_coefficients
from ip_cores.coefficients import Taps, taps
from ip_cores.core import Core
from ip_cores.fir.direct import fir_direct, latency_direct
from ip_cores.fir.serial import SerialPlan, fir_serial
from ip_cores.fir.structure import Structure
from ip_cores.fir.transposed import fir_transposed, latency_transposed
from ip_cores.parameters import ParameterError, check_entity_name, parameter

MAXIMUM_TAPS = 1024


@dataclass(frozen=True)
class Fir(Core):
    """Parameters of a FIR filter; see ``docs/cores/fir.md``."""

    kind: ClassVar[str] = "fir"
    summary: ClassVar[str] = "FIR filter: direct, transposed or serial form, folded where symmetric"

    name: str = parameter("fir", doc="entity name; a VHDL identifier", kind=check_entity_name)
    form: str = parameter("transposed", doc="structure of the filter", kind=str, choices=("direct", "transposed", "serial"))
    coefficients: Taps = parameter(doc="list of taps, a .csv or .npy file, or a design table", kind=taps)
    sink: Format = parameter("sfix16_En15", doc="format of the samples that enter", kind=Format, minimum=2, maximum=32)
    coefficient: Format = parameter("sfix16_En15", doc="format of the coefficients", kind=Format, minimum=2, maximum=32)
    source: Format = parameter("sfix16_En15", doc="format of the samples that leave", kind=Format, minimum=2, maximum=32)
    rounding: Rounding = parameter("nearest", doc="rounding at the output", kind=Rounding)
    overflow: Overflow = parameter("saturate", doc="overflow at the output; wrap also refuses coefficients out of range", kind=Overflow)
    fold: bool = parameter(True, doc="share the multipliers of symmetric and antisymmetric coefficients", kind=bool)
    multiplier: str = parameter("embedded", doc="where products are formed", kind=str, choices=("embedded", "logic"))
    pipeline: str = parameter(
        "area", doc="area: product and sum in one clock; speed: registered products", kind=str, choices=("area", "speed")
    )
    multipliers: int = parameter(1, doc="multipliers of the serial form", kind=int, minimum=1, maximum=MAXIMUM_TAPS)

    def check(self) -> None:
        count = len(self.coefficients)
        if count > MAXIMUM_TAPS:
            raise ParameterError("coefficients", f"{count} taps", f"must be 1 to {MAXIMUM_TAPS} taps")
        if self.multipliers > count:
            raise ParameterError("multipliers", self.multipliers, f"must be 1 to {count}, the number of taps")
        if self.form == "serial" and self.multiplier == "logic" and self.coefficient.word_length * self.sink.word_length > 1024:
            raise ParameterError("multiplier", self.multiplier, "must be embedded for the serial form at 32 by 32 bits")
        try:
            _ = self.quantized
        except ValueError as error:
            raise ParameterError("coefficients", f"{count} taps", str(error)) from None

    @cached_property
    def quantized(self) -> QuantizedCoefficients:
        """The coefficients as words, with their error."""
        return quantize_coefficients(np.asarray(self.coefficients, dtype=np.float64), self.coefficient, Rounding.NEAREST, self.overflow)

    @cached_property
    def structure(self) -> Structure:
        """What the hardware of every form follows from."""
        return Structure.of(self)

    @property
    def accumulator_fraction_length(self) -> int:
        """Fraction length of the full-precision sum."""
        return self.sink.fraction_length + self.coefficient.fraction_length

    @property
    def latency(self) -> int:
        if self.form == "direct":
            return latency_direct(self.structure)
        if self.form == "transposed":
            return latency_transposed(self.structure)
        return SerialPlan.of(self.structure).latency

    @property
    def cycles_per_sample(self) -> int:
        return SerialPlan.of(self.structure).cycles_per_sample if self.form == "serial" else 1

    @property
    def check_length(self) -> int:
        """Samples that visit every tap, ROM word and state."""
        return 2 * len(self.coefficients) + 64

    def reference(self, x: Any) -> Any:
        return reference.fir.fir(x, self.coefficients)

    def model(self, x: Any) -> Any:
        return fixed_point.fir.fir(
            x, self.quantized.words, self.accumulator_fraction_length, self.source, self.rounding, self.overflow
        )

    def block(self, **signals: Any) -> Any:
        top = {"direct": fir_direct, "transposed": fir_transposed, "serial": fir_serial}[self.form]
        return top(**signals, structure=self.structure)
