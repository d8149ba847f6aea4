"""Threshold for band words: details that are no larger than the noise of their band are made smaller.

The noise of each band is tracked by a comparator and a step, m += (|d| > m ? +m : -m) 2**-8, whose resting point is the median of the
magnitudes; lambda = K sigma with sigma = m / 0.6745. The state of all bands lies in one small memory, one word in three clocks; lambda
takes one embedded multiplier, since K can be changed at run time. K and two control bits are the registers of an Avalon-MM slave.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

import fixed_point.threshold
import reference.threshold
from fixed_point import Format, Rounding
from fixed_point.threshold import FLOOR_SHIFT, GAIN, MEDIAN_OF_NORMAL, RULES, Tracker, gain_word
from fixed_point.word_lengths.losses import CoefficientSet, Losses, of_few
from fixed_point.word_lengths.noise import Noise, rounding_noise
from fixed_point.word_lengths.noise_flow import NoiseFlow
from ip_cores.banks.wavelet_bank import MAXIMUM_LEVELS, words_and_channel
from ip_cores.blocks.process import Process
from ip_cores.blocks.stream import bundled
from ip_cores.core import Core
from ip_cores.families.band_stage import BandStage
from ip_cores.inventory import Inventory
from ip_cores.parameters import check_entity_name, parameter
from ip_cores.port import Port, RegisterField
from ip_cores.promise import Decisions, independent
from ip_cores.run_time import RunTimeInput, RunTimeInputs, Steered, port_input, register_input
from ip_cores.schedule import Fields
from ip_cores.threshold.control import REGISTER_BITS, ThresholdPlan, threshold_timing
from ip_cores.threshold.hardware import threshold
from ip_cores.threshold.shrinkage import KEPT, ThresholdNoise
from reference.threshold import Decided

# Words of a band from one step of its tracker to the next. In an undecimated bank the words in between say little new; and with these
# numbers both banks follow the noise at the same pace, slower than speech rises and falls (docs/cores/threshold.md has the measurements).
# One more than a power of two, since every 2**level-th word would be a stroboscope for the tones that divide the sample rate evenly.
INTERVALS = {"undecimated": lambda level: (1 << level) + 1, "decimated": lambda level: 2}

SHORTEST_BAND, LONGEST_BAND = 4, 40
LARGEST_FACTOR = 10.7
SMALLEST_FACTOR = 0.02


def factor(value: Any) -> float:
    """K, which the register's format can hold."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not SMALLEST_FACTOR <= value <= LARGEST_FACTOR:
        raise ValueError(f"must be {factor.allowed}")  # type: ignore[attr-defined]
    return float(value)


factor.allowed = f"a number from {SMALLEST_FACTOR} to {LARGEST_FACTOR}, in units of sigma"  # type: ignore[attr-defined]

CONTROL_PORTS = (
    Port("bypass", "in"),
    Port("freeze", "in"),
    Port("control_address", "in", 1),
    Port("control_write", "in"),
    Port("control_writedata", "in", REGISTER_BITS),
    Port("control_readdata", "out", REGISTER_BITS),
)

CONTROL_MEANINGS = {
    "bypass": "words pass as they are",
    "freeze": "the noise is not tracked on",
    "control_address": f"0: lambda over the median, {GAIN}; 1: bit 0 bypasses, bit 1 freezes",
    "control_write": "the register is written on this edge",
    "control_writedata": "what is written",
    "control_readdata": "what stands at the address",
}


FACTOR_ADDRESS, BITS_ADDRESS = 0, 1


def map_of_registers(gain: int) -> tuple[RegisterField, ...]:
    """Of a threshold that begins with a gain."""
    return (
        RegisterField.of(FACTOR_ADDRESS, GAIN, gain, f"lambda over the tracked median, `{GAIN}`: K / 0.6745", "factor"),
        RegisterField(BITS_ADDRESS, 0, 0, 0, "words pass as they are, as with the port `bypass`", "bypass"),
        RegisterField(BITS_ADDRESS, 1, 1, 0, "the noise is not tracked on, as with the port `freeze`", "freeze"),
    )


def threshold_inputs(gain: int) -> dict[str, RunTimeInput]:
    """What can be changed at a threshold while it works; its register of K holds a word after a reset."""
    return {
        "bypass": port_input("bypass"),
        "freeze": port_input("freeze"),
        "factor": register_input(FACTOR_ADDRESS, gain, (1 << GAIN.word_length) - 1),
        "bits": register_input(BITS_ADDRESS, 0, 3),
    }


def asked_for(values: Steered) -> dict[str, NDArray[Any]]:
    """What comes of ports and registers at each word: ``gain``, whether trackers are ``frozen``, whether words are ``passed``."""
    bits = values["bits"]
    return {
        "gain": values["factor"],
        "frozen": (values["freeze"] | bits >> 1 & 1) > 0,
        "passed": (values["bypass"] | bits & 1) > 0,
    }


@dataclass(frozen=True)
class Threshold(BandStage, Core):
    """Parameters of a threshold; see ``docs/cores/threshold.md``."""

    kind: ClassVar[str] = "threshold"
    meanings: ClassVar[Mapping[str, str]] = CONTROL_MEANINGS
    summary: ClassVar[str] = "threshold for wavelet bands: hard, soft or floor, at K times the tracked noise"
    family: ClassVar[str] = "hearing"

    name: str = parameter("threshold", doc="entity name; a VHDL identifier", kind=check_entity_name)
    sink: Format = parameter(
        "sfix20_En18", doc="format of the band words, in and out", kind=Format, minimum=SHORTEST_BAND, maximum=LONGEST_BAND
    )
    levels: int = parameter(4, doc="details of the bank", kind=int, minimum=1, maximum=MAXIMUM_LEVELS)
    bank: str = parameter("undecimated", doc="kind of the bank in front", kind=str, choices=tuple(INTERVALS))
    rule: str = parameter("floor", doc="hard: to 0; soft: to 0, others less lambda; floor: to a quarter", kind=str, choices=tuple(RULES))
    threshold: float = parameter(3.0, doc="K after a reset, in units of the tracked sigma", kind=factor)
    start: float = parameter(0.02, doc="sigma of every band after a reset", kind=float, minimum=0, maximum=1e9, unit="full scale = 1")
    adaptation: int = parameter(8, doc="the tracker steps by 2**-adaptation of its value", kind=int, minimum=6, maximum=12)

    # No parameter of a description: what the reference follows instead of deciding for itself.
    decided: Decided | None = field(default=None, kw_only=True, repr=False, compare=False)

    def check(self) -> None:
        self.check_signed()

    @property
    def register_map(self) -> tuple[RegisterField, ...]:
        return map_of_registers(self.gain)

    @property
    def control_ports(self) -> tuple[Port, ...]:
        return CONTROL_PORTS

    @cached_property
    def tracker(self) -> Tracker:
        """Word lengths and start of the noise's trackers."""
        return Tracker.of(self.sink, self.adaptation, self.start)

    @cached_property
    def intervals(self) -> tuple[int, ...]:
        """Words of bands 1, 2, … from one step of the tracker to the next."""
        return tuple(INTERVALS[self.bank](level) for level in range(1, self.levels + 1))

    @property
    def gain(self) -> int:
        """What the register of K holds after a reset: K / 0.6745 in the format `fixed_point.threshold.GAIN`."""
        return gain_word(self.threshold)

    @cached_property
    def plan(self) -> ThresholdPlan:
        """What the hardware follows from."""
        return ThresholdPlan(self.tracker, self.intervals, self.gain, self.rule)

    def timing(self, fields: Fields | None = None) -> Process:
        return threshold_timing(self.plan)

    @property
    def latency(self) -> int:
        """Read the state, median and product, rule and output."""
        return 3

    @property
    def cycles_per_sample(self) -> Fraction:
        return Fraction(3)

    @property
    def settling(self) -> int:
        """A word keeps what was asked for as it was taken, and lambda is computed in the next clock."""
        return 1

    @property
    def check_length(self) -> int:
        """Words until every phase of every band's tracker has come."""
        return 2 * (self.levels + 1) * max(self.intervals) + 128

    @property
    def settings(self) -> dict[str, Any]:
        """By what the reference decides."""
        lowest, highest = (self.tracker.sigma(median).item() for median in (self.tracker.lowest, self.tracker.highest))
        return {
            "factor": self.threshold, "start": min(self.start, highest), "intervals": self.intervals, "adaptation": self.adaptation,
            "lowest": lowest, "highest": highest,
        }  # fmt: skip

    def reference(self, x: Any) -> Any:
        return reference.threshold.threshold(*words_and_channel(x), rule=self.rule, decided=self.decided, **self.settings)

    def model(self, x: Any) -> Any:
        return self.tracked_model(*words_and_channel(x))

    def tracked_model(self, words: Any, channel: Any, tracked: Any = None) -> Any:
        """The model whose trackers see some of the words only, as many booleans as words, and are frozen at the others."""
        return fixed_point.threshold.threshold(words, channel, self.tracker, self.intervals, self.gain, self.rule, tracked)

    @property
    def run_time_inputs(self) -> RunTimeInputs:
        return threshold_inputs(self.gain)

    def steered_model(self, x: Any, values: Steered) -> Any:
        return self.steered_and_tracked(*words_and_channel(x), values)

    def steered_and_tracked(self, words: Any, channel: Any, values: Steered, tracked: Any = None) -> Any:
        """The steered model whose trackers see some of the words only."""
        asked = asked_for(values)
        seen = ~asked["frozen"] if tracked is None else tracked & ~asked["frozen"]
        gain, passed = asked["gain"], asked["passed"]
        return fixed_point.threshold.threshold(words, channel, self.tracker, self.intervals, gain, self.rule, seen, passed)

    @cached_property
    def losses(self) -> Losses:
        """What is done to words once it is decided which are small; no rule makes an error larger.

        Notes
        -----
        Some rules round few words, and few different limits. A small word of the floor rule is a rounding of its own. Lambda of the soft
        rule goes off every word that is not small, but a tracker that moves by less than a last bit of lambda, or rests at one of its
        ends, gives all of them nearly the same error: what counts is how many last bits lambda has visited. K has an error of up to half
        a bit of its word, the same for all of them: it is no noise, and adds up with the rounding of lambda as amplitudes do.

        An error that is the same in all words of a band, as rounding down makes it, has the spectrum of the decisions behind them: with
        a share s of the words left as they are and the others times g, its variance is (1 - g)^2 s (1 - s) of its square.
        """
        bit, scatter = self.sink.resolution, (1 - KEPT[self.rule]) ** 2 * self._share_of_small * (1 - self._share_of_small)
        if self.rule == "hard":
            return Losses(scatter=scatter)
        if self.rule == "floor":
            small = np.ones(1, np.bool_) if self.decided is None else self.decided[0]
            quarter = rounding_noise(Rounding.NEAREST, FLOOR_SHIFT, bit)
            count = math.inf if self.decided is None else float(np.count_nonzero(small))
            return Losses(_of_a_share(of_few(quarter, count), float(np.mean(small)) if small.size else 0.0), scatter=scatter)
        # Lambda comes from the upper bits of m and is rounded down.
        tracker, gain = self.tracker, self.gain * GAIN.resolution
        dropped = tracker.bits - tracker.operand_bits
        median = rounding_noise(Rounding.FLOOR, dropped, bit * 2.0 ** (dropped - tracker.adaptation))
        limit = median.through([gain]) + rounding_noise(Rounding.FLOOR, resolution=bit)
        share, sigma = 1.0, tracker.sigma([tracker.highest])
        if self.decided is not None:
            small, known = self.decided
            large = (known > 0) & ~small
            share, sigma = float(np.mean(large)) if large.size else 0.0, known[large]
            limit = of_few(limit, independent(np.floor(self.threshold * sigma / bit)))
        if not sigma.size:
            return Losses()
        off = float(CoefficientSet.of([self.threshold / MEDIAN_OF_NORMAL], GAIN).errors[0]) * MEDIAN_OF_NORMAL
        power = (math.sqrt(limit.power) + off * math.sqrt(np.mean(sigma**2))) ** 2
        return Losses(coloured=_of_a_share(Noise(0.0, power, limit.limit + off * float(np.max(sigma))), share), scatter=scatter)

    @property
    def _share_of_small(self) -> float:
        """Of the details, where it is decided which; else that by which most becomes another."""
        if self.decided is None:
            return 0.5
        small, sigma = self.decided
        details = sigma > 0
        return float(np.mean(small[details])) if details.any() else 0.0

    @property
    def decides(self) -> bool:
        return True

    def decide(self, words: Any, channel: Any, tracked: NDArray[np.bool_] | None = None) -> Decided:
        """Which words the model takes for small, and the sigma that its trackers have reached at each."""
        small, medians = fixed_point.threshold.decide(words, channel, self.tracker, self.intervals, self.gain, tracked)
        return small, self.tracker.sigma(medians)

    def following(self, words: Any) -> Threshold:
        bands, channel = words_and_channel(words)
        return self.altered(decided=self.decide(bands, channel))

    def decisions(self, x: Any, words: Any, error: float = 0.0) -> Decisions | None:
        return self.compared(words_and_channel(x), words_and_channel(words), error)

    def compared(self, x: Any, words: Any, error: float, tracked: NDArray[np.bool_] | None = None) -> Decisions:
        """Decisions on what reference and model get, pairs of words and channels.

        Parameters
        ----------
        x, words : (ndarray, ndarray)
        error : float
            Root mean square that word lengths allow their difference.
        tracked : ndarray of bool, optional
            Words that the trackers see.

        Notes
        -----
        A decision may differ where a word lies within the errors of the word and of lambda from lambda: four times the root mean square of
        the word's; of lambda's the rounding of K, of the upper bits of m and of lambda itself, and as far as the two trackers may lie
        apart. Trackers that see the same words fall into step but for one step up that is one step down for the other, 2 r with r the part
        of itself that m moves by. Words with errors e push them apart as often as a magnitude lies within e of m, each time by 2 r, and
        whatever lies between both pulls them together again: the standard deviation of a walk like this is sqrt(2 r e / m), and three of
        it count.
        """
        small, sigma = reference.threshold.decide(*x, tracked=tracked, **self.settings)
        given, channel = words
        other, _ = fixed_point.threshold.decide(given, channel, self.tracker, self.intervals, self.gain, tracked)
        bit, step, gain = self.sink.resolution, 2.0**-self.adaptation, self.gain * GAIN.resolution
        details = (np.asarray(x[1]) >= 1) & (np.asarray(x[1]) <= self.levels)
        limit, median = self.threshold * sigma[details], np.maximum(sigma[details] * MEDIAN_OF_NORMAL, bit)
        apart = 2 * step + 0.5 / self.gain + 3 * np.sqrt(2 * step * (error + bit / 2) / median)
        reach = 4 * error + bit * (1 + gain) + limit * apart
        uncertain = np.abs(np.abs(np.asarray(x[0])[details]) - limit) <= reach
        different = small[details] != other[details]
        return Decisions(int(details.sum()), int(np.count_nonzero(uncertain)), int(np.count_nonzero(different)))

    def noise(self, entering: NoiseFlow) -> NoiseFlow | None:
        return entering.shrunk(ThresholdNoise(self))

    @property
    def inventory(self) -> Inventory:
        bits, tracker, plan = self.sink.word_length, self.tracker, self.plan
        state = plan.phase_bits + tracker.bits
        limit = tracker.bits - tracker.adaptation
        return Inventory(
            "threshold",
            # Magnitude and its comparison, tracker's comparison, step and sum, and what the rule takes off or divides.
            adders=2 * (bits + 1) + 2 * limit + tracker.bits + (0 if self.rule == "hard" else bits),
            results=state,
            registers=GAIN.word_length + bits,
            multiplexers=2 * bits + state + (bits if self.rule == "soft" else 0),
            counters=plan.phase_bits,
            tables=((len(plan.band_table), plan.phase_bits + 1),),
            memories=((1 << plan.channel_bits, state),),
            products=((tracker.operand_bits + 1, GAIN.word_length + 1),),
        )

    def block(self, **signals: Any) -> Any:
        return threshold(**bundled(signals), plan=self.plan)


def _of_a_share(noise: Noise, share: float) -> Noise:
    """What noise is in the mean where only a share of all words has it."""
    return Noise(noise.mean * share**0.5, noise.variance * share, noise.limit)
