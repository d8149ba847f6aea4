"""Cascaded integrator-comb filter: a change of rate by up to 4096 without a multiplier, for pulse density microphones and converters.

A decimator sums up what comes, several times, keeps one word of so many and takes differences; an interpolator does the same in the other
order. Registers wrap, and a decimator's drop what the output would not miss (Hogenauer's pruning).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

import fixed_point.cic
import reference.cic
from fixed_point import Format, Overflow, Rounding
from fixed_point.cic import MAXIMUM_REGISTER, CicLaw
from fixed_point.word_lengths.losses import Losses, Transfer, repeated_noise
from ip_cores.blocks.stream import bundled
from ip_cores.cic.hardware import cic_decimator, cic_interpolator
from ip_cores.cic.plan import CicPlan
from ip_cores.core import Core, hertz
from ip_cores.inventory import Inventory
from ip_cores.parameters import REQUIRED, ParameterError, check_entity_name, parameter
from ip_cores.port import Port
from ip_cores.run_time import RunTimeInput, RunTimeInputs, Steered
from ip_cores.schedule import Clockwork, Fields

MAXIMUM_RATE = 4096


@dataclass(frozen=True)
class Cic(Core):
    """Parameters of a CIC filter; see ``docs/cores/cic.md``."""

    kind: ClassVar[str] = "cic"
    meanings: ClassVar[Mapping[str, str]] = {"rate": "samples for a word, read with the first of them; from the least rate to the highest"}
    summary: ClassVar[str] = "CIC decimator or interpolator: rates to 4096 without a multiplier, from PDM bits too"
    family: ClassVar[str] = "filters"

    name: str = parameter("cic", doc="entity name; a VHDL identifier", kind=check_entity_name)
    order: int = parameter(4, doc="integrators, and combs", kind=int, minimum=1, maximum=8)
    decimation: int = parameter(1, doc="samples in for each one out", kind=int, minimum=1, maximum=MAXIMUM_RATE)
    interpolation: int = parameter(1, doc="samples out for each one in", kind=int, minimum=1, maximum=MAXIMUM_RATE)
    least_decimation: int = parameter(
        0, doc="least rate of a port for the rate, with decimation the highest; 0: no port", kind=int, minimum=0, maximum=MAXIMUM_RATE
    )
    differential_delay: int = parameter(1, doc="words at the low rate between those that a comb subtracts", kind=int, minimum=1, maximum=2)
    sink: Format = parameter("sfix16_En15", doc="format of the samples that enter; bipolar for PDM", kind=Format, minimum=1, maximum=32)
    source: Format = parameter("sfix16_En15", doc="format of the samples that leave", kind=Format, minimum=2, maximum=32)
    rounding: Rounding = parameter("nearest", doc="rounding at the output", kind=Rounding)
    overflow: Overflow = parameter("saturate", doc="overflow at the output", kind=Overflow)

    def check(self) -> None:
        if self.decimation == self.interpolation == 1:
            raise ParameterError("decimation", REQUIRED, "missing; 2 or more, or interpolation")
        if self.decimation > 1 and self.interpolation > 1:
            raise ParameterError("interpolation", self.interpolation, f"must be 1 where decimation = {self.decimation}")
        if self.least_decimation and not 2 <= self.least_decimation < self.decimation:
            raise ParameterError("least_decimation", self.least_decimation, f"must be 0, or 2 to less than decimation = {self.decimation}")
        law = self.law
        grown = (law.gain * max(map(abs, law.input_range))).bit_length() + 1
        longest = grown if law.interpolates and grown > MAXIMUM_REGISTER else max(law.widths)
        if longest > MAXIMUM_REGISTER:
            raise ParameterError("order", self.order, f"must need registers of {MAXIMUM_REGISTER} bits at most; it needs {longest}")

    @cached_property
    def law(self) -> CicLaw:
        """Word lengths."""
        return CicLaw(
            self.order, max(self.decimation, self.interpolation), self.differential_delay, self.interpolation > 1, self.sink, self.source,
            self.rounding, self.overflow, self.least_decimation,
        )  # fmt: skip

    @cached_property
    def plan(self) -> CicPlan:
        """What the hardware follows from."""
        return CicPlan(self.law)

    @cached_property
    def taps(self) -> NDArray[np.float64]:
        """Impulse response at the high rate."""
        law = self.law
        return law.scale * np.concatenate([np.zeros(law.late), reference.cic.taps(law.order, law.rate, law.differential_delay)])

    @property
    def filter_taps(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        return self.taps, self.taps

    @property
    def tap_rate(self) -> float:
        return hertz(Fraction(self.sample_rate) * self.interpolation)

    @property
    def linear_part(self) -> Core:
        return self

    @property
    def rate(self) -> Fraction:
        return Fraction(self.interpolation, self.decimation)

    @property
    def derived(self) -> dict[str, str]:
        law = self.law
        words = "combs, then integrators" if law.interpolates else "integrators, then combs"
        return {
            "gain": f"{law.gain / 2**law.growth:.6g} at 0 Hz: {law.gain} / 2**{law.growth}{self._least_text}",
            "registers": f"{', '.join(map(str, law.widths))} bits: {words}",
            "dropped": f"{', '.join(map(str, law.dropped))} bits below the sink's last, and {law.left} by the rounding",
        }

    @property
    def _least_text(self) -> str:
        """The gain at the least rate."""
        return f"; {self.law.slowest.gain / 2**self.law.growth:.6g} at the least rate" if self.least_decimation else ""

    @property
    def group_delay(self) -> Fraction:
        law = self.law
        return Fraction(law.order * (law.rate * law.differential_delay - 1) + 2 * law.late, 2 * self.interpolation)

    @property
    def drops_words(self) -> bool:
        """At a higher rate fewer words leave."""
        return self.least_decimation > 0

    @property
    def check_length(self) -> int:
        """Samples that fill every register."""
        return (self.order * self.differential_delay + 4) * self.decimation

    def timing(self, fields: Fields | None = None) -> Clockwork:
        return self.plan.timing

    @property
    def control_ports(self) -> tuple[Port, ...]:
        return (Port("rate", "in", self.decimation.bit_length()),) if self.least_decimation else ()

    @property
    def controls(self) -> dict[str, int]:
        return {"rate": self.decimation} if self.least_decimation else {}

    @property
    def run_time_inputs(self) -> RunTimeInputs:
        """How far the rate lies above the least one."""
        if not self.least_decimation:
            return {}
        more = self.decimation - self.least_decimation
        return {"rate": RunTimeInput(more, more, lambda value: ({"rate": self.least_decimation + value},))}

    def steered_model(self, x: Any, values: Steered) -> Any:
        return fixed_point.cic.cic(x, self.law, self.least_decimation + values["rate"] if self.least_decimation else None)

    def reference(self, x: Any) -> Any:
        law = self.law
        return reference.cic.cic(x, law.order, law.rate, law.differential_delay, law.interpolates, law.scale, law.late)

    def model(self, x: Any) -> Any:
        return fixed_point.cic.cic(x, self.law)

    @cached_property
    def losses(self) -> Losses:
        """What the registers drop, behind them; and the rounding, whose mean may take away some of theirs."""
        law = self.law
        rounded, pruned = repeated_noise(law.rounding, law.left, law.source.resolution), law.pruning
        if law.rounding != Rounding.ZERO:
            rounded, pruned = replace(rounded, mean=0.0), replace(pruned, mean=pruned.mean + rounded.mean)
        return Losses(
            rounded, pruned, Transfer.of(self.taps, self.interpolation), towards_zero=law.rounding == Rounding.ZERO,
            decimates=not law.interpolates,
        )  # fmt: skip

    @property
    def wraps(self) -> bool:
        return self.overflow == Overflow.WRAP

    @property
    def inventory(self) -> Inventory:
        return self.plan.inventory

    def block(self, **signals: Any) -> Any:
        return (cic_interpolator if self.law.interpolates else cic_decimator)(**bundled(signals), plan=self.plan)
