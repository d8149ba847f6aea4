"""Finite impulse response filter in three forms.

``direct`` and ``transposed`` take a sample per clock; ``serial`` shares a few multipliers over all taps. Symmetric and
antisymmetric coefficients are folded (half the multipliers), zero taps cost nothing and powers of two only wires.
The sum is formed at full precision and rounded once, at the output. All forms decimate and interpolate: no sum is formed that
decimation throws away, and nothing is multiplied by the zeros that interpolation puts in (polyphase).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

import fixed_point.families.polyphase_fir
import fixed_point.fir
import reference.families.rate_change
import reference.fir
from fixed_point import Format, Overflow, QuantizedCoefficients, Rounding, quantize_coefficients
from fixed_point.word_lengths.chain_noise import Stage, averaged, phase_noises
from fixed_point.word_lengths.losses import CoefficientSet, Losses, Transfer
from fixed_point.word_lengths.noise_flow import NoiseFlow
from ip_cores.blocks.process import pipeline
from ip_cores.blocks.stream import bundled
from ip_cores.core import Core, hertz
from ip_cores.families.in_turn import CHANNEL_MEANINGS, CHANNELS, MOST_CHANNELS, InTurn
from ip_cores.fir.coefficient_banks import MEANINGS, NONE, PORT, SLAVE, CoefficientBanks, Loading, memory_blocks
from ip_cores.fir.forms import Hardware, hardware, loaded_banks
from ip_cores.fir.serial_plan import SerialPlan
from ip_cores.fir.structure import Structure, find_symmetry
from ip_cores.inventory import Inventory
from ip_cores.parameters import Excerpt, ParameterError, check_entity_name, parameter
from ip_cores.port import Port, RegisterField
from ip_cores.run_time import RunTimeInputs, Steered
from ip_cores.schedule import Clockwork
from ip_cores.taps import Taps, at_rate, taps

MAXIMUM_TAPS = 1024
MAXIMUM_BANKS = 256
MAXIMUM_BLOCKS = 250
"""Memory blocks (M4K) for coefficients that are loaded, or for the samples of several channels: all that an EP2C70 has."""

SYMMETRIES = {NONE: 0, "symmetric": 1, "antisymmetric": -1}
MAXIMUM_RATE = 32


LOADING_DEFAULTS = {"banks": 2, "bank_port": False, "symmetry": NONE, "coefficient_sum": None}
"""Parameters that belong to coefficients that are loaded."""


def linear_phase_delay(taps: Sequence[int] | NDArray[Any], interpolation: int = 1) -> Fraction | None:
    """Group delay of a filter in samples at its sink; None where it depends on the frequency.

    Examples
    --------
    >>> linear_phase_delay([1, 3, 3, 1]), linear_phase_delay([0, 0, 1, -1], 2), linear_phase_delay([2, 1])
    (Fraction(3, 2), Fraction(5, 4), None)
    """
    used = np.flatnonzero(taps)
    if not len(used):
        return Fraction(0)
    middle = np.asarray(taps)[used[0] : used[-1] + 1]
    if find_symmetry(tuple(middle.tolist())) or len(middle) == 1:
        return Fraction(int(used[0] + used[-1]), 2 * interpolation)
    return None


def positive(value: Any) -> float | None:
    """A number above 0, or none."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < float("inf"):
        raise ValueError(f"must be {positive.allowed}")  # type: ignore[attr-defined]
    return float(value)


positive.allowed = "a number above 0"  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Fir(InTurn, Core):
    """Parameters of a FIR filter; see ``docs/cores/fir.md``."""

    kind: ClassVar[str] = "fir"
    summary: ClassVar[str] = "FIR filter: direct, transposed or serial form, folded where symmetric"
    family: ClassVar[str] = "filters"
    meanings: ClassVar[Mapping[str, str]] = {**MEANINGS, **CHANNEL_MEANINGS}

    name: str = parameter("fir", doc="entity name; a VHDL identifier", kind=check_entity_name)
    form: str = parameter("transposed", doc="structure of the filter", kind=str, choices=("direct", "transposed", "serial"))
    coefficients: Taps = parameter(doc="list of taps, a file of numbers, or a design table", kind=taps)
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
    clip_coefficients: bool = parameter(False, doc="take the nearest word for coefficients out of range; else they are refused", kind=bool)
    gain: float = parameter(1.0, doc="factor on the coefficients before they are quantised", kind=float)
    decimation: int = parameter(1, doc="samples in for each one out", kind=int, minimum=1, maximum=MAXIMUM_RATE)
    interpolation: int = parameter(1, doc="samples out for each one in", kind=int, minimum=1, maximum=MAXIMUM_RATE)
    multipliers: int = parameter(1, doc="multipliers of the serial form", kind=int, minimum=1, maximum=MAXIMUM_TAPS)
    run_time_coefficients: str = parameter(
        NONE, doc="how coefficients are loaded while it works: a plain port, or an Avalon-MM slave", kind=str, choices=(NONE, PORT, SLAVE)
    )
    banks: int = parameter(2, doc="banks of loaded coefficients, one of which is in force", kind=int, minimum=1, maximum=MAXIMUM_BANKS)
    bank_port: bool = parameter(False, doc="a port says each sample's bank, not a register of the slave", kind=bool)
    symmetry: str = parameter(NONE, doc="of all sets that are loaded: only their first half is", kind=str, choices=tuple(SYMMETRIES))
    coefficient_sum: float | None = parameter(
        None, doc="most that the magnitudes of a loaded set add up to; any coefficients without it", kind=positive
    )
    channels: int = parameter(1, **CHANNELS)

    def completed(self, name: str, value: Any) -> Any:
        """Designs are made at the rate at which the taps run: behind the zeros that interpolation puts in."""
        if name != "coefficients" or not isinstance(value, Mapping):
            return value
        ratio = self.interpolation if self.interpolation in range(1, MAXIMUM_RATE + 1) else 1
        channels = self.channels if self.channels in range(1, MOST_CHANNELS + 1) else 1
        return at_rate(value, hertz(Fraction(self.sample_rate) * int(ratio) / int(channels)))

    @property
    def tap_rate(self) -> float:
        """Samples per second of one channel, behind the zeros that interpolation puts in."""
        return hertz(Fraction(self.channel_rate) * self.interpolation)

    def check(self) -> None:
        count = len(self.coefficients)
        if count > MAXIMUM_TAPS:
            raise ParameterError("coefficients", Excerpt(f"{count} tap{'s' * (count != 1)}"), f"must be 1 to {MAXIMUM_TAPS} taps")
        if self.multipliers > count:
            raise ParameterError("multipliers", self.multipliers, f"must be 1 to {count}, the number of taps")
        if self.form == "serial" and self.multiplier == "logic" and self.coefficient.word_length * self.sink.word_length > 1024:
            raise ParameterError("multiplier", self.multiplier, "must be embedded for the serial form at 32 by 32 bits")
        rates = [(field, getattr(self, field)) for field in ("decimation", "interpolation") if getattr(self, field) > 1]
        if len(rates) > 1:
            raise ParameterError(*rates[0], f"must be 1 where interpolation = {self.interpolation}; put two filters one behind the other")
        if not self.gain:
            raise ParameterError("gain", self.gain, "must not be 0")
        beyond = np.flatnonzero(~np.isfinite(self.taps))
        if beyond.size:
            tap = self.coefficients[beyond[0]]
            raise ParameterError("coefficients", Excerpt(f"tap {beyond[0]}: {tap:g} x {self.gain:g}"), "must be finite with its gain")
        try:
            quantized = self.quantized
        except ValueError as error:
            raise ParameterError("coefficients", Excerpt(f"{count} tap{'s' * (count != 1)}"), str(error)) from None
        better = quantized.best_format
        if quantized.clipped.size and not self.clip_coefficients:
            first = quantized.clipped[0]
            low, high = self.coefficient.range
            allowed = f"must be {low:g} to {high:g} in {self.coefficient}; take another format, a gain, or clip_coefficients = true"
            raise ParameterError("coefficients", Excerpt(f"tap {first}: {self.taps[first]:g}"), allowed)
        if quantized.vanished.size and not np.any(quantized.words):
            taps = "the tap, which rounds" if count == 1 else f"the {count} taps, which all round"
            raise ParameterError("coefficient", self.coefficient, f"must hold {taps} to 0 in it; {better} would")
        self._check_loading()
        self._check_channels()

    def _check_channels(self) -> None:
        """Validate what belongs to several channels."""
        if self.channels == 1:
            return
        if self.form != "serial":
            raise ParameterError("channels", self.channels, f'must be 1 for form = "{self.form}"; "serial" takes up to {MOST_CHANNELS}')
        for name in ("interpolation", "run_time_coefficients"):
            value = getattr(self, name)
            if value not in (1, NONE):
                raise ParameterError("channels", self.channels, f"must be 1 where {name} = {value}")
        plan = SerialPlan.of(self.structure)
        blocks = plan.copies * memory_blocks(1 << plan.memory_bits, self.sink.word_length)
        if blocks > MAXIMUM_BLOCKS:
            allowed = f"must be fewer: their samples take {blocks} memory blocks, and the device has {MAXIMUM_BLOCKS}"
            raise ParameterError("channels", self.channels, allowed)

    def _check_loading(self) -> None:
        """Validate what belongs to coefficients that are loaded."""
        if self.run_time_coefficients == NONE:
            for name, default in LOADING_DEFAULTS.items():
                if getattr(self, name) != default:
                    raise ParameterError(name, getattr(self, name), f'needs run_time_coefficients = "{PORT}" or "{SLAVE}"')
            return
        words, sign = np.asarray(self.quantized.words), SYMMETRIES[self.symmetry]
        if self.run_time_coefficients == SLAVE and self.banks < 2 and not self.bank_port:
            raise ParameterError("banks", self.banks, "must be 2 or more behind a slave: one is in force while another is written")
        if self.run_time_coefficients == PORT and self.bank_port:
            allowed = f'must be false for run_time_coefficients = "{PORT}", which has that port anyway'
            raise ParameterError("bank_port", self.bank_port, allowed)
        if not self.coefficient.signed:
            raise ParameterError("coefficient", self.coefficient, "must be signed where coefficients are loaded")
        if sign and len(words) < 2:
            raise ParameterError("symmetry", self.symmetry, "must be none for a single tap")
        if sign and self.interpolation > 1:
            raise ParameterError("symmetry", self.symmetry, "must be none for an interpolator: its phases mirror each other")
        if sign and not np.array_equal(words, sign * words[::-1]):
            first = int(np.flatnonzero(words != sign * words[::-1])[0])
            last = len(words) - 1 - first
            pair = f"tap {first}: {self.taps[first]:g}, tap {last}: {self.taps[last]:g}"
            raise ParameterError("coefficients", Excerpt(pair), f'must be {self.symmetry} for symmetry = "{self.symmetry}"')
        found = float(np.sum(np.abs(self.quantized.values)))
        if self.coefficient_sum is not None and found > self.coefficient_sum:
            raise ParameterError(
                "coefficient_sum", self.coefficient_sum, f"must be {found:.9g} or more, which the magnitudes given add up to"
            )
        if self.loaded.blocks > MAXIMUM_BLOCKS:
            allowed = f"must be fewer: the coefficients take {self.loaded.blocks} memory blocks, and the device has {MAXIMUM_BLOCKS}"
            raise ParameterError("banks", self.banks, allowed)

    @cached_property
    def loading(self) -> Loading | None:
        """How coefficients come in at run time; None where they are constants."""
        if self.run_time_coefficients == NONE:
            return None
        bound = None if self.coefficient_sum is None else int(self.coefficient_sum / self.coefficient.resolution)
        return Loading(self.run_time_coefficients, self.banks, self.bank_port, self.coefficient, SYMMETRIES[self.symmetry], bound)

    @cached_property
    def loaded(self) -> CoefficientBanks:
        """Where loaded coefficients stand; of a filter that has such."""
        return loaded_banks(self.structure, self.form)

    @property
    def taps(self) -> NDArray[np.float64]:
        """The coefficients with the gain."""
        with np.errstate(over="ignore"):  # which `check` refuses
            return self.gain * np.asarray(self.coefficients, dtype=np.float64)

    @property
    def linear_part(self) -> Core:
        return self

    @property
    def filter_taps(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        return self.taps, self.quantized.values

    @property
    def rate(self) -> Fraction:
        return Fraction(self.interpolation, self.decimation)

    @property
    def memory(self) -> int | None:
        return (len(self.coefficients) - 1) * self.channels if self.rate == 1 else None

    @cached_property
    def quantized(self) -> QuantizedCoefficients:
        """The coefficients as words, with their error."""
        return quantize_coefficients(self.taps, self.coefficient, Rounding.NEAREST, self.overflow)

    @property
    def notes(self) -> tuple[str, ...]:
        count, quantized = len(self.coefficients), self.quantized
        clipped, nearly = quantized.clipped, np.setdiff1d(quantized.saturated, quantized.clipped)
        found = []
        for indices, what in ((clipped, "clipped"), (nearly, "rounded into the range")):
            if indices.size:
                first = indices[0]
                became = f"tap {first}, {self.taps[first]:g}, is {quantized.values[first]:.9g}"
                found.append(f"{indices.size} of {count} coefficients {what} in {self.coefficient}: {became}")
        if quantized.vanished.size:
            found.append(f"{quantized.vanished.size} of {count} taps rounded to 0 in {self.coefficient}")
        if not np.any(self.taps):
            found.append("all taps are 0")
        return tuple(found)

    @property
    def description(self) -> dict[str, Any]:
        """The parameters; `clip_coefficients`, `channels`, and what belongs to coefficients that are loaded, only where it is set."""
        values = super().description
        if self.channels == 1:
            del values["channels"]
        if not self.clip_coefficients:
            del values["clip_coefficients"]
        for name, default in LOADING_DEFAULTS.items():
            if self.loading is None or (name != "banks" and values[name] == default):
                del values[name]
        if self.loading is None:
            del values["run_time_coefficients"]
        return values

    @cached_property
    def structure(self) -> Structure:
        """What the hardware of every form follows from."""
        return Structure.of(self)

    @property
    def hardware(self) -> Hardware:
        """The block that is built, and its latency."""
        return hardware(self.structure, self.form)

    @property
    def accumulator_fraction_length(self) -> int:
        """Fraction length of the full-precision sum."""
        return self.sink.fraction_length + self.coefficient.fraction_length

    @property
    def unit_timing(self) -> Clockwork:
        if self.form == "serial":
            return SerialPlan.of(self.structure).timing
        return pipeline(self.latency, self.decimation, self.interpolation)

    @property
    def latency(self) -> int:
        return self.hardware.latency(self.structure)

    @property
    def cycles_per_sample(self) -> Fraction:
        return SerialPlan.of(self.structure).cycles_per_sample if self.form == "serial" else Fraction(self.interpolation)

    @cached_property
    def group_delay(self) -> Fraction | None:
        """The middle of symmetric or antisymmetric coefficients, in samples of all channels."""
        delay = linear_phase_delay(self.quantized.words, self.interpolation)
        return None if delay is None else delay * self.channels

    @property
    def check_length(self) -> int:
        """Samples that visit every tap, ROM word and state."""
        return len(self.coefficients) * self.channels + 32

    @property
    def patience(self) -> int:
        """Longer by what it takes to clear the memories of several channels."""
        cleared = self.channels << SerialPlan.of(self.structure).address_bits if self.channels > 1 else 0
        return super().patience + cleared

    def reference(self, x: Any) -> Any:
        return self._filtered(x, self.taps)

    def _filtered(self, x: Any, taps: NDArray[np.float64]) -> Any:
        return self.each_alone(x, lambda samples: self._alone(samples, taps))

    def _alone(self, x: Any, taps: NDArray[np.float64]) -> NDArray[np.float64]:
        if self.rate == 1:
            return reference.fir.fir(x, taps)
        return reference.families.rate_change.change_rate(x, taps, self.interpolation, self.decimation)

    def model(self, x: Any) -> Any:
        return self.each_alone(x, self._model_alone)

    def _model_alone(self, x: Any) -> Any:
        output = (self.accumulator_fraction_length, self.source, self.rounding, self.overflow)
        if self.decimation > 1:
            return fixed_point.families.polyphase_fir.decimate(x, self.quantized.words, self.decimation, *output)
        if self.interpolation > 1:
            return fixed_point.families.polyphase_fir.interpolate(x, self.quantized.words, self.interpolation, *output)
        return fixed_point.fir.fir(x, self.quantized.words, *output)

    @property
    def own_ports(self) -> tuple[Port, ...]:
        return self.loaded.ports if self.loading is not None else ()

    @property
    def register_map(self) -> tuple[RegisterField, ...]:
        return self.loaded.register_map if self.loading is not None else ()

    @property
    def run_time_inputs(self) -> RunTimeInputs:
        return self.loaded.inputs if self.loading is not None else {}

    def steered_model(self, x: Any, values: Steered) -> Any:
        """Each word by the coefficients that are in force as its sample is taken; of a transposed form each sample."""
        if self.loading is None:
            return self.model(x)
        sets, which = self.loaded.in_force(values)
        output = (self.accumulator_fraction_length, self.source, self.rounding, self.overflow)
        kept = self.form == "transposed"
        return fixed_point.fir.fir_in_force(x, sets, which, *output, self.interpolation, self.decimation, by_sample=kept)

    @property
    def noise_stage(self) -> Stage:
        """The filter as noise models see it."""
        return Stage(self.quantized, self.sink, self.source, self.rounding, self.decimation)

    @cached_property
    def losses(self) -> Losses:
        stage, transfer = self.noise_stage, Transfer.of(self.taps, self.interpolation)
        if stage.rounding == Rounding.ZERO:
            stage = replace(stage, rounding=Rounding.FLOOR)
        coefficients = CoefficientSet.of(self.taps, self.coefficient)
        phases = phase_noises(stage, self.interpolation)
        return Losses(
            averaged(phases), transfer=transfer, coefficients=(coefficients,), towards_zero=self.rounding == Rounding.ZERO,
            worst_phase=max(phases, key=lambda noise: noise.power), decimates=self.decimation > 1,
        )  # fmt: skip

    def reference_with(self, x: Any, coefficients: Sequence[NDArray[np.float64]]) -> Any:
        return self._filtered(x, coefficients[0])

    @property
    def wraps(self) -> bool:
        return self.overflow == Overflow.WRAP

    def noise(self, entering: NoiseFlow) -> NoiseFlow | None:
        return entering.filtered(self.noise_stage, self.interpolation)

    @property
    def unit_inventory(self) -> Inventory:
        return self.hardware.inventory(self.structure)

    def unit(self, **signals: Any) -> Any:
        return self.hardware.top(**bundled(signals), structure=self.structure)
