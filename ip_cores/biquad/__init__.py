"""Cascade of second-order sections: any recursive filter up to order 32, exact inside but for one rounding a section.

Sections are computed one after another through one multiplier, or a few. The error of each rounding is fed back, so that filters at low
frequencies neither hiss nor sing; the gain is spread over the sections so that no word inside can overflow. Several channels take turns:
their states stand in one memory.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

import fixed_point.biquad
import reference.biquad
from fixed_point import Format, Overflow, Rounding
from fixed_point.families.section_cascade import CYCLE_STEPS, Cascade, cascade
from fixed_point.families.section_responses import SectionError, checked_sections, responses
from fixed_point.word_lengths.losses import Losses, Transfer, one_rounding
from ip_cores.banks.wavelet_bank import channel_port, words_and_channel
from ip_cores.biquad.hardware import biquad
from ip_cores.biquad.plan import MOST_MULTIPLIERS, BiquadPlan, biquad_timing, section_inventory
from ip_cores.biquad.sections import Sections, designed, designs, sections
from ip_cores.blocks.process import Process
from ip_cores.blocks.stream import bundled
from ip_cores.core import Core, hertz
from ip_cores.families.in_turn import MOST_CHANNELS
from ip_cores.inventory import Inventory
from ip_cores.parameters import REQUIRED, ParameterError, check_entity_name, parameter
from ip_cores.port import Port
from ip_cores.schedule import Fields, amount

MOST_STATE_BITS = 36
MOST_COEFFICIENT_BITS = 27
"""Beside the bits of a shift it still is an integer of VHDL."""


@dataclass(frozen=True)
class Biquad(Core):
    """Parameters of a cascade of second-order sections; see ``docs/cores/biquad.md``."""

    kind: ClassVar[str] = "biquad"
    summary: ClassVar[str] = "cascade of second-order sections: recursive filters to order 32, error feedback, several channels"
    family: ClassVar[str] = "filters"

    name: str = parameter("biquad", doc="entity name; a VHDL identifier", kind=check_entity_name)
    form: str = parameter("direct", doc="direct form I, or transposed form II", kind=str, choices=tuple(MOST_MULTIPLIERS))
    channels: int = parameter(1, doc="channels, each with a state of its own", kind=int, minimum=1, maximum=MOST_CHANNELS)
    design: tuple[Mapping[str, Any], ...] | None = parameter(None, doc="design table, or several one behind the other", kind=designs)
    sections: Sections = parameter(None, doc="rows b0, b1, b2, a0, a1, a2, or a file of them; from design without", kind=sections)
    sink: Format = parameter("sfix16_En15", doc="format of the samples that enter", kind=Format, minimum=2, maximum=28)
    source: Format = parameter("sfix16_En15", doc="format of the samples that leave", kind=Format, minimum=2, maximum=32)
    coefficient_word_length: int = parameter(
        18,
        doc="of a coefficient; its binary point follows from the values",
        kind=int,
        minimum=6,
        maximum=MOST_COEFFICIENT_BITS,
        unit="bits",
    )
    state_word_length: int = parameter(
        0, doc="bits of the words between sections; 0: as many as end limit cycles", kind=int, minimum=0, maximum=MOST_STATE_BITS
    )
    error_feedback: bool = parameter(True, doc="feed the error of each rounding back", kind=bool)
    arrange: bool = parameter(True, doc="put the sections into the order that costs least noise", kind=bool)
    rounding: Rounding = parameter("nearest", doc="rounding at the output", kind=Rounding)
    overflow: Overflow = parameter("saturate", doc="overflow at the output", kind=Overflow)
    multipliers: int = parameter(1, doc="multipliers: 1 to 5 in direct form, 1 or 2 in transposed form", kind=int, minimum=1, maximum=5)

    def check(self) -> None:
        if self.design is not None and self.sections is not None:
            raise ParameterError("design", self.design, "must be left out beside sections")
        if self.design is None and self.sections is None:
            raise ParameterError("sections", REQUIRED, f"missing; {sections.allowed}, or a [design] table")
        if self.design is not None:
            object.__setattr__(self, "sections", designed(self.design, self.tap_rate))
            object.__setattr__(self, "design", None)
        for field in ("sink", "source"):
            if not getattr(self, field).signed:
                raise ParameterError(field, getattr(self, field), "must be signed")
        most = MOST_MULTIPLIERS[self.form]
        if self.multipliers > most:
            raise ParameterError("multipliers", self.multipliers, f"must be 1 to {most} in {self.form} form")
        try:
            self.cascade  # noqa: B018
        except SectionError as error:
            raise ParameterError(error.parameter, error.value, error.allowed) from None

    @property
    def tap_rate(self) -> float:
        """Samples per second of one channel."""
        return hertz(Fraction(self.sample_rate) / self.channels)

    @cached_property
    def cascade(self) -> Cascade:
        """The sections as words."""
        return cascade(
            self.sections, self.sink, self.source, self.coefficient_word_length, self.state_word_length or None, self.error_feedback,
            self.arrange, MOST_STATE_BITS, self.quiet,
        )  # fmt: skip

    @cached_property
    def plan(self) -> BiquadPlan:
        """What the hardware follows from."""
        return BiquadPlan(
            self.cascade, self.form, self.channels, self.multipliers, self.coefficient_word_length, self.sink, self.source, self.rounding,
            self.overflow,
        )  # fmt: skip

    @property
    def description(self) -> dict[str, Any]:
        """The parameters, with the sections of a design in its place."""
        values = super().description
        del values["design"]
        return values

    @property
    def derived(self) -> Mapping[str, str]:
        made = self.cascade
        point = made.feedback_point
        points = sorted({section.point for section in made.sections})
        found = {
            "coefficient a": str(Format(True, self.coefficient_word_length, point)),
            "coefficient b": ", ".join(str(Format(True, self.coefficient_word_length, one)) for one in points) + " with the lines' scales",
            "state": f"{made.state_bits} bits; the last line is {Format(True, made.state_bits, made.fraction_length)}",
            "order": ", ".join(map(str, made.places)),
            "limit cycle": f"at most {amount(self.limit_cycle, 'step')} of the source",
        }
        if self.channels > 1:
            found["channel_rate"] = f"{self.tap_rate:g} samples/s of a channel"
        return found

    @property
    def quiet(self) -> float:
        """Steps of the source: what stays below leaves as no more than one step."""
        return CYCLE_STEPS[self.rounding]

    @property
    def limit_cycle(self) -> int:
        """Steps of the source that no word exceeds once there has been no signal for long; a bound for every history."""
        return max(0, int(np.ceil(self.cascade.cycle_bound(self.source) - self.quiet + 1)))

    @property
    def notes(self) -> tuple[str, ...]:
        if self.limit_cycle <= 1:
            return ()
        more = "" if self.state_word_length == 0 else "; state_word_length = 0 takes as many bits as end them"
        return (f"without a signal up to {self.limit_cycle} steps of the source may go on: limit cycles{more}",)

    @property
    def channels_in_turn(self) -> int:
        """In turn as `accompany` says, though words may come in any order of their channels."""
        return self.channels

    @property
    def sink_ports(self) -> tuple[Port, ...]:
        return (channel_port("sink", self.channels),) if self.channels > 1 else ()

    @property
    def source_ports(self) -> tuple[Port, ...]:
        return (channel_port("source", self.channels),) if self.channels > 1 else ()

    def accompany(self, words: Any) -> dict[str, Any]:
        """Channels in turn."""
        return {"channel": np.arange(len(words)) % self.channels} if self.channels > 1 else {}

    def timing(self, fields: Fields | None = None) -> Process:
        return biquad_timing(self.plan)

    @property
    def group_delay(self) -> Fraction | None:
        """It depends on the frequency."""
        return None

    @property
    def check_length(self) -> int:
        """Samples that visit every row of state."""
        return 64 * self.channels

    @property
    def linear_part(self) -> Core | None:
        return self

    @property
    def _scale(self) -> float:
        """From the last line's words to those of the first, as numbers."""
        made = self.cascade
        return 2.0 ** (self.sink.fraction_length + made.lift - made.fraction_length)

    @cached_property
    def filter_taps(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Impulse responses, as given and of the coefficients as they are, down to where they have died away."""
        given, made = responses(checked_sections(self.sections))[-1], responses(self.cascade.values)[-1] * self._scale
        count = min(len(given), len(made))
        return given[:count], made[:count]

    def reference(self, x: Any) -> Any:
        return self._filtered(x, np.array(self.sections))

    def _filtered(self, x: Any, rows: NDArray[np.float64]) -> Any:
        if self.channels > 1:
            return reference.biquad.biquads(*words_and_channel(x), rows)
        return reference.biquad.biquad(x, rows)

    def model(self, x: Any) -> Any:
        if self.channels == 1:
            return fixed_point.biquad.biquad(x, self.cascade, self.source, self.rounding, self.overflow)
        words, channel = words_and_channel(x)
        return fixed_point.biquad.biquads(words, channel, self.channels, self.cascade, self.source, self.rounding, self.overflow)

    def outline(self, x: Any) -> Any:
        return words_and_channel(x) if self.channels > 1 else x

    @cached_property
    def losses(self) -> Losses:
        """One rounding a section, on its way through those behind it, one at the output, and coefficients half a bit off."""
        made = self.cascade
        output = one_rounding(self.rounding, made.fraction_length, self.source)
        return Losses(
            output, made.noise, Transfer.of(self.filter_taps[0]), (made.coefficients,), towards_zero=self.rounding == Rounding.ZERO
        )  # fmt: skip

    def reference_with(self, x: Any, coefficients: Sequence[NDArray[np.float64]]) -> Any:
        found = self._filtered(x, self.cascade.rows_of(coefficients[0]))
        return (found[0] * self._scale, found[1]) if self.channels > 1 else found * self._scale

    @property
    def wraps(self) -> bool:
        return self.overflow == Overflow.WRAP

    @property
    def inventory(self) -> Inventory:
        return section_inventory(self.plan)

    def block(self, **signals: Any) -> Any:
        return biquad(**bundled(signals), plan=self.plan)
