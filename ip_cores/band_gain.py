"""A gain for each band, set at run time: with a bank around it the equaliser that people ask for.

A gain that is set is gone to at an even pace, so many decibels a second, so that nothing clicks. A gain of 0 dB changes no word.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from myhdl import always, always_comb, concat

import fixed_point.band_gain
import reference.band_gain
from fixed_point import Format, Rounding
from fixed_point.families.band_power import FACTOR_BITS
from fixed_point.families.logarithmic_gain import EXPONENT_BITS, PACE_BITS, REGISTER, SPAN, LogarithmicGain
from fixed_point.full_scale import amplitude
from fixed_point.word_lengths.losses import CoefficientSet, Losses, Transfer
from fixed_point.word_lengths.noise import rounding_noise
from ip_cores.banks.wavelet_bank import MAXIMUM_LEVELS, words_and_channel
from ip_cores.blocks.arithmetic import bit_signal, flag, magnitude_signal, signed_signal
from ip_cores.blocks.process import Process
from ip_cores.blocks.stream import bundled
from ip_cores.core import Core
from ip_cores.families.band_stage import BandStage, by_band, state_memory
from ip_cores.families.gain_stage import (
    FACTOR_CLOCKS,
    FACTOR_ERROR,
    LARGEST_GAIN,
    LEAST_GAIN,
    GainOrders,
    GainRegisters,
    HeldGainWord,
    Requests,
    even_pace,
    gain_control,
    gain_factor,
    gain_of,
    gain_registers,
    gain_word,
    pace_word,
    per_band,
    register_meanings,
    stage_timing,
    targets_of,
    weighed_word,
)
from ip_cores.hierarchy import Rows, entity, inline
from ip_cores.inventory import Inventory
from ip_cores.parameters import ParameterError, check_entity_name, parameter
from ip_cores.port import Port, RegisterField
from ip_cores.run_time import RunTimeInputs, Steered
from ip_cores.schedule import Fields

BANKS = ("undecimated", "decimated")

SHORTEST_BAND, LONGEST_BAND = 4, 32

PHASES = 3 + FACTOR_CLOCKS
"""Clocks from the one behind that in which a word is taken to the one in which its product is formed."""

POINT = REGISTER.fraction_length + PACE_BITS


def decibels(value: Any) -> float | tuple[float, ...]:
    """A gain, or gains, in dB."""
    many = isinstance(value, Sequence) and not isinstance(value, str)
    gains = tuple(value) if many else (value,)
    if not gains or any(isinstance(gain, bool) or not isinstance(gain, int | float) or math.isnan(gain) for gain in gains):
        raise ValueError(f"must be {decibels.allowed}")  # type: ignore[attr-defined]
    if not all(LEAST_GAIN <= gain <= LARGEST_GAIN for gain in gains):
        raise ValueError(f"must be {LEAST_GAIN:g} to {LARGEST_GAIN:g} dB")
    return tuple(float(gain) for gain in gains) if many else float(value)


decibels.allowed = f"{LEAST_GAIN:g} to {LARGEST_GAIN:g} dB for all bands, or a list of these, bands from low to high"  # type: ignore[attr-defined]
decibels.alternatives = (0.0, -12.0, 12.0)  # type: ignore[attr-defined]


@dataclass(frozen=True)
class BandGain(BandStage, Core):
    """Parameters of gains for bands; see ``docs/cores/band_gain.md``."""

    kind: ClassVar[str] = "band_gain"
    meanings: ClassVar[Mapping[str, str]] = register_meanings("gain")
    summary: ClassVar[str] = "gain for each band, set at run time without a click"
    family: ClassVar[str] = "hearing"

    name: str = parameter("band_gain", doc="entity name; a VHDL identifier", kind=check_entity_name)
    sink: Format = parameter(
        "sfix20_En18", doc="format of the band words, in and out", kind=Format, minimum=SHORTEST_BAND, maximum=LONGEST_BAND
    )
    levels: int = parameter(4, doc="details of the bank", kind=int, minimum=1, maximum=MAXIMUM_LEVELS)
    bank: str = parameter("undecimated", doc="kind of the bank in front", kind=str, choices=BANKS)
    gains: float | tuple[float, ...] = parameter(
        0.0, doc="gain after a reset, for all bands or for each from low to high", kind=decibels, unit="dB"
    )
    ramp: float = parameter(1000.0, doc="how fast a gain goes to another", kind=float, minimum=0.1, maximum=1e7, unit="dB/s")

    def check(self) -> None:
        self.check_signed()
        if isinstance(self.gains, tuple) and len(self.gains) != self.levels + 1:
            raise ParameterError("gains", self.gains, f"must be one gain, or {self.levels + 1}: one for each band of {self.levels} levels")

    def at_rate(self, rate: float) -> Any:
        """The same ramp in dB/s: other steps."""
        return self if rate == self.sample_rate else self.replace(sample_rate=rate)

    @property
    def band_rate(self) -> float:
        """Words per second of a band; of the one with most words behind a decimated bank."""
        return self.sample_rate / (self.levels + 1) if self.bank == "undecimated" else self.sample_rate / 2

    @cached_property
    def registers(self) -> GainRegisters:
        """The registers of the gains."""
        starts = tuple(gain_word(gain) for gain in per_band(self.gains, self.levels + 1))
        return GainRegisters(starts, (self.levels).bit_length(), pace_word(self.ramp, self.band_rate))

    @property
    def law(self) -> LogarithmicGain:
        """What comes of a word and a gain."""
        return LogarithmicGain(self.sink)

    @property
    def derived(self) -> Mapping[str, str]:
        step = self.registers.pace / 2**POINT
        in_decibels = gain_of(1 << REGISTER.fraction_length) * step
        return {"band_rate": f"{self.band_rate:g} words/s of a band", "ramp": f"{in_decibels:.4g} dB a word"}

    @property
    def register_map(self) -> tuple[RegisterField, ...]:
        return self.registers.map("gain")

    @property
    def control_ports(self) -> tuple[Port, ...]:
        return self.registers.ports

    def timing(self, fields: Fields | None = None) -> Process:
        return stage_timing(PHASES, self.registers.channel_bits)

    @property
    def settings(self) -> dict[str, Any]:
        """By what the reference goes: gains as registers hold them."""
        return {"gains": [gain_of(start) for start in self.registers.all_starts]}

    def reference(self, x: Any) -> Any:
        return reference.band_gain.band_gain(*words_and_channel(x), **self.settings)

    def model(self, x: Any) -> Any:
        registers = self.registers
        return fixed_point.band_gain.band_gain(*words_and_channel(x), self.law, registers.all_starts, registers.pace)

    @property
    def run_time_inputs(self) -> RunTimeInputs:
        return self.registers.inputs("gain")

    def steered_model(self, x: Any, values: Steered) -> Any:
        registers, (words, channel) = self.registers, words_and_channel(x)
        targets = targets_of(registers, "gain", values, len(words))
        passed = (values["bypass"] | values["bits"] & 1) > 0
        return fixed_point.band_gain.band_gain(words, channel, self.law, registers.all_starts, registers.pace, targets, passed)

    def reference_with(self, x: Any, coefficients: Any) -> Any:
        """With gains that are off; none is where all are 0 dB."""
        if not coefficients:
            return self.late_reference(x)
        off = float(np.log2(1 + coefficients[0][0]))
        return reference.band_gain.band_gain(*words_and_channel(x), **self.settings, off=off)

    @property
    def losses(self) -> Losses:
        """Gains that are off, one rounding; an error that enters leaves with the gain of its band."""
        exact = all(start == 0 for start in self.registers.all_starts)
        largest = amplitude(max(gain_of(start) for start in self.registers.all_starts))
        if exact:
            return Losses()
        rounding = rounding_noise(Rounding.NEAREST, EXPONENT_BITS + SPAN, self.sink.resolution)
        least = min(gain_of(start) for start in self.registers.all_starts)
        # Below -42 dB a factor has fewer bits that count.
        off = FACTOR_ERROR * max(1.0, amplitude(-(least + LARGEST_GAIN)))
        transfer = Transfer(largest, largest**2, largest, largest)
        return Losses(rounding, transfer=transfer, coefficients=(CoefficientSet(np.zeros(1), np.array([min(off, 0.5)]), tied=False),))

    @property
    def inventory(self) -> Inventory:
        bits, count, pace_bits = self.sink.word_length, len(self.registers.starts), REGISTER.word_length + PACE_BITS
        return Inventory(
            "band_gain",
            adders=4 * pace_bits + 2 * FACTOR_BITS + bits + 8,
            results=3 * pace_bits + bits + FACTOR_BITS,
            registers=bits + REGISTER.word_length * (count + 1),
            multiplexers=2 * REGISTER.word_length * count + 4 * FACTOR_BITS + 2 * bits,
            tables=((16, 17), (16, 12)),
            memories=((1 << self.registers.channel_bits, pace_bits),),
            products=((bits, FACTOR_BITS), (13, 9)),
        )

    def block(self, **signals: Any) -> Any:
        return band_gain(**bundled(signals), law=self.law, registers=self.registers)


@entity
def band_gain(clk, reset, sink, source, bypass, control, law, registers):
    """Gain for each band, set at run time: gone to at an even pace, and multiplied with the band's words."""
    bits = law.format.word_length
    word, channel = signed_signal(bits), bit_signal(registers.channel_bits)
    asked, wanted = (signed_signal(REGISTER.word_length, fraction_length=REGISTER.fraction_length) for _ in range(2))
    held, requests = HeldGainWord(word, channel, wanted), Requests(asked, flag())
    orders = GainOrders(*(flag() for _ in range(5)))
    old, reached = (signed_signal(REGISTER.word_length + PACE_BITS, fraction_length=POINT) for _ in range(2))
    state, next_state = bit_signal(len(old)), bit_signal(len(old))
    factor, below_one = magnitude_signal(FACTOR_BITS - 1), flag()
    product = signed_signal(bits + FACTOR_BITS, is_number=False)
    return (
        gain_registers(clk, reset, bypass, control, sink.channel, requests, registers),
        gain_control(clk, reset, sink.flow("data", "channel"), source.flow(), requests, held, orders, None, PHASES),
        state_memory(clk, orders.take, orders.keep, channel, next_state, sink.channel, state, True),
        first_pace(orders.fills, channel, state, old, reached, next_state, registers),
        even_pace(clk, None, None, wanted, old, reached, registers),
        gain_factor(clk, reached, factor, below_one, POINT),
        gain_product(clk, word, factor, product),
        weighed_word(clk, orders, product, below_one, held, source.data, source.channel, law.format),
    )  # fmt: skip


@inline
def first_pace(filling, channel, state, old, reached, next_state, registers):
    """The gain on its way as it was read, and as it is written; from a reset on what the register holds then."""
    starts = registers.all_starts
    alike, bits = len(set(starts)) == 1, len(old)
    remarks = [f"channel {n}: {gain_of(start):.4g} dB" for n, start in enumerate(starts)]
    words = Rows(((start << PACE_BITS) % (1 << bits) for start in starts), remarks)
    first, choosing = by_band(None if alike else channel, words, "the gain at which a band begins")

    @always_comb
    def part():
        old.next = state.signed()

    @always_comb
    def join():
        """From a reset on the first gain."""
        if filling:
            next_state.next = first
        else:
            next_state.next = reached[bits:]

    return part, choosing, join


@inline
def gain_product(clk, word, factor, product):
    """The product of a word and its gain."""
    signed_factor = signed_signal(FACTOR_BITS, is_number=False)

    @always_comb
    def widen():
        signed_factor.next = concat(False, factor).signed()

    @always(clk.posedge)
    def multiply():
        """A register behind the multiplier."""
        product.next = word * signed_factor

    return widen, multiply
