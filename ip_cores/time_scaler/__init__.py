"""Speech slower or faster at one pitch: waveform similarity overlap-add (WSOLA), half to twice the duration.

Segments of the signal leave one behind the other, each faded into from what followed on the segment before. Where they lie in the signal is
looked for among as many places as a segment has samples, by the least sum of magnitudes of differences: no period is cut, and no multiplier
is needed but that of the fade. More words leave than are taken, or fewer: back-pressure is its clock.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, ClassVar

import fixed_point.time_scaler
import reference.time_scaler
from fixed_point import Format, Rounding
from fixed_point.time_scaler import STEP_BITS
from fixed_point.word_lengths.losses import Losses, Transfer, one_rounding
from ip_cores.blocks.process import Process
from ip_cores.blocks.stream import bundled
from ip_cores.core import Core
from ip_cores.inventory import Inventory
from ip_cores.parameters import ParameterError, check_entity_name, parameter
from ip_cores.port import Port
from ip_cores.run_time import RunTimeInputs, Steered, port_input
from ip_cores.schedule import Fields
from ip_cores.time_scaler.hardware import time_scaler
from ip_cores.time_scaler.plan import ScalerPlan, scaler_inventory, scaler_timing

SHORTEST, LONGEST = 4, 2048
"""Samples of a segment."""


@dataclass(frozen=True)
class TimeScaler(Core):
    """Parameters of a time scaler; see ``docs/cores/time_scaler.md``."""

    kind: ClassVar[str] = "time_scaler"
    meanings: ClassVar[Mapping[str, str]] = {"step": "16 segment / duration, held within half a segment and two"}
    summary: ClassVar[str] = "speech slower or faster at one pitch: WSOLA, half to twice the duration"
    family: ClassVar[str] = "hearing"

    name: str = parameter("time_scaler", doc="entity name; a VHDL identifier", kind=check_entity_name)
    duration: float = parameter(1.25, doc="how many times as long the signal lasts", kind=float, minimum=0.5, maximum=2.0)
    segment: int = parameter(
        256, doc="samples of a segment, a power of two: of the fade, and places looked at", kind=int, minimum=SHORTEST, maximum=LONGEST
    )
    thinning: int = parameter(8, doc="every so many samples are compared, a power of two", kind=int, minimum=1, maximum=16)
    sink: Format = parameter("sfix16_En15", doc="format of the samples, in and out", kind=Format, minimum=2, maximum=32)
    rounding: Rounding = parameter("nearest", doc="rounding of what has faded", kind=Rounding)
    run_time: bool = parameter(False, doc="a port for the duration, which is what model and reference assume there", kind=bool)

    def check(self) -> None:
        if not self.sink.signed:
            raise ParameterError("sink", self.sink, "must be signed")
        for field in ("segment", "thinning"):
            value = getattr(self, field)
            if value & (value - 1):
                raise ParameterError(field, value, "must be a power of two")
        if self.thinning > self.segment // 4:
            raise ParameterError("thinning", self.thinning, f"must be no more than {self.segment // 4}, a quarter of a segment")

    @property
    def source_format(self) -> Format:
        return self.sink

    @cached_property
    def step(self) -> Fraction:
        """Samples by which segments lie apart where they are taken."""
        return Fraction(round(self.segment / self.duration * (1 << STEP_BITS)), 1 << STEP_BITS)

    @cached_property
    def plan(self) -> ScalerPlan:
        """What the hardware follows from."""
        return ScalerPlan(self.sink, self.segment, self.step, self.thinning, self.rounding, self.run_time)

    @property
    def step_word(self) -> int:
        """The step as a word of the port, in sixteenths of a sample."""
        return int(self.step * (1 << STEP_BITS))

    @property
    def control_ports(self) -> tuple[Port, ...]:
        return (Port("step", "in", self.largest_step.bit_length()),) if self.run_time else ()

    @property
    def largest_step(self) -> int:
        """The largest word of the port; from two segments on they all count as these."""
        return (self.segment << STEP_BITS + 2) - 1

    @property
    def controls(self) -> Mapping[str, int]:
        return {"step": self.step_word} if self.run_time else {}

    @property
    def run_time_inputs(self) -> RunTimeInputs:
        return {"step": port_input("step", self.largest_step, self.step_word)} if self.run_time else {}

    def steered_model(self, x: Any, values: Steered) -> Any:
        step = values["step"] if self.run_time else self.step_word
        return fixed_point.time_scaler.time_scaler(x, self.sink, self.segment, step, self.thinning, self.rounding)

    @property
    def rate(self) -> Fraction:
        return self.segment / self.step

    @property
    def derived(self) -> Mapping[str, str]:
        rate, lowest = self.sample_rate, self.sample_rate / self.segment
        return {
            "duration": f"{float(self.rate):.6g} times, segments {float(self.step):g} samples apart",
            "segment": f"{self.segment / rate * 1000:.4g} ms; pitch down to {lowest:.4g} Hz",
        }

    def timing(self, fields: Fields | None = None) -> Process:
        return scaler_timing(self.plan)

    @property
    def group_delay(self) -> Fraction | None:
        """It goes on with the duration."""
        return None

    @property
    def words_to_begin(self) -> int:
        return self.plan.begin

    @property
    def source_rate(self) -> float:
        """That of the sink: what leaves takes another time, because it is more or less."""
        return self.sample_rate

    @property
    def check_length(self) -> int:
        """Samples that bring some segments to the source, also behind a reset after half of them."""
        return math.ceil(2 * self.plan.begin + 4 * self.step)

    @property
    def patience(self) -> int:
        return 64 + self.plan.search_clocks + 4 * self.segment

    def reference(self, x: Any) -> Any:
        return reference.time_scaler.time_scaler(x, self.segment, self.step, self.thinning)

    def model(self, x: Any) -> Any:
        return fixed_point.time_scaler.time_scaler(x, self.sink, self.segment, self.step_word, self.thinning, self.rounding)

    @cached_property
    def losses(self) -> Losses:
        """One rounding of a sum between two words; where both are the same, and the duration is, nothing is rounded."""
        if self.step == self.segment:
            return Losses()
        output = one_rounding(self.rounding, self.sink.fraction_length + self.plan.place_bits, self.sink)
        return Losses(output, transfer=Transfer(1.0, 1.0, 1.0, 1.0), towards_zero=self.rounding == Rounding.ZERO)

    @property
    def inventory(self) -> Inventory:
        return scaler_inventory(self.plan)

    def block(self, **signals: Any) -> Any:
        return time_scaler(**bundled(signals), plan=self.plan)
