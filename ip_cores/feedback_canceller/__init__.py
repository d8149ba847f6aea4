"""Feedback canceller: learns the path from a loudspeaker to a microphone, and takes away what came by it.

Normalised least mean squares, whose step is divided by the power of two above the power; error and loudspeaker go through 1 - a z^-1 before
anything is learnt from them. Two sinks, ``sink_0`` for the microphone and ``sink_1`` for the loudspeaker, a word of each at once. A
multiplier for the filter and one for the weights, each of which works twice for a weight.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

import fixed_point.feedback_canceller
import reference.feedback_canceller
from fixed_point import Format, Rounding, as_words
from fixed_point.feedback_canceller import LEAK_PACE, MOST_LEAK, MOST_STEP, PREFILTER_BITS, SLOWEST_LEAK, CancellerLaw
from fixed_point.full_scale import power
from fixed_point.word_lengths.losses import Losses, Transfer, one_rounding
from fixed_point.word_lengths.noise import Noise
from ip_cores.blocks.process import Process
from ip_cores.families.several_streams import SeveralStreams, by_stream
from ip_cores.feedback_canceller.hardware import feedback_canceller
from ip_cores.feedback_canceller.plan import CancellerPlan
from ip_cores.inventory import Inventory
from ip_cores.parameters import ParameterError, check_entity_name, parameter
from ip_cores.port import Port
from ip_cores.promise import Decisions
from ip_cores.run_time import RunTimeInputs, Steered, port_input
from ip_cores.schedule import Fields

MICROPHONE, LOUDSPEAKER = "sink_0", "sink_1"

LONGEST_WORD = 62
"""Bits of what is moved down; the model has 64."""


COARSEST = 56
"""Most bits that are dropped at the output."""


@dataclass(frozen=True)
class FeedbackCanceller(SeveralStreams):
    """Parameters of a feedback canceller; see ``docs/cores/feedback_canceller.md``."""

    kind: ClassVar[str] = "feedback_canceller"
    summary: ClassVar[str] = "learns the path from a loudspeaker to a microphone and takes away what came by it"
    family: ClassVar[str] = "hearing"
    closes_loops: ClassVar[bool] = True
    meanings: ClassVar[Mapping[str, str]] = {
        "step": "speed of learning: 2**-step; read as words are taken",
        "leak": f"part of a weight that is lost with each sample: 2**-({SLOWEST_LEAK} - {LEAK_PACE} leak); 0: none",
        "freeze": "high: the weights stay as they are",
    }

    name: str = parameter("feedback_canceller", doc="entity name; a VHDL identifier", kind=check_entity_name)
    sink: Format = parameter("sfix16_En15", doc="format of the words of both sinks", kind=Format, minimum=2, maximum=24)
    source: Format = parameter("sfix16_En15", doc="format of the words that leave", kind=Format, minimum=2, maximum=24)
    taps: int = parameter(64, doc="weights", kind=int, minimum=2, maximum=256)
    delay: int = parameter(
        0, doc="samples from a word of the loudspeaker to the first weight: what converters and air take at least", kind=int, minimum=0,
        maximum=1024, unit="samples",
    )  # fmt: skip
    step: int = parameter(8, doc="s of the step 2**-s, as model and proof assume it", kind=int, minimum=0, maximum=MOST_STEP)
    leak: int = parameter(
        0, doc=f"leak that they assume: l is 2**-({SLOWEST_LEAK} - {LEAK_PACE} l) of a weight a sample, 0 none", kind=int, minimum=0,
        maximum=MOST_LEAK,
    )  # fmt: skip
    prefilter: float = parameter(
        0.9, doc="a of the prefilter 1 - a z^-1 on both signals that teach; in 32nds", kind=float, minimum=0.0, maximum=31 / 32
    )
    quiet: float = parameter(
        -70.0, doc="level behind the prefilter below which less is learnt, in dB of full scale", kind=float, minimum=-140.0, maximum=0.0,
        unit="dB",
    )  # fmt: skip
    weight: Format = parameter(
        "sfix24_En22", doc="format of the weights by which words are multiplied", kind=Format, minimum=4, maximum=32
    )
    guard_bits: int = parameter(8, doc="bits of fraction more with which weights learn", kind=int, minimum=0, maximum=12)

    def check(self) -> None:
        for field in ("sink", "source", "weight"):
            if not getattr(self, field).signed:
                raise ParameterError(field, getattr(self, field), "must be signed")
        law, point = self.law, self.weight.fraction_length
        least = max(2, law.rounded)
        if point < least:
            raise ParameterError("weight", self.weight, f"must have {least} bits of fraction and more")
        if law.dropped < 1:
            raise ParameterError("source", self.source, f"must have fewer than {law.total_fraction} bits of fraction, a product's")
        if law.dropped > COARSEST:
            raise ParameterError("source", self.source, f"must have a last bit that is less than {COARSEST} bits above a product's")
        if law.lifted_bits > LONGEST_WORD or law.taught_bits > LONGEST_WORD or law.total_bits > LONGEST_WORD:
            most = max(law.lifted_bits, law.taught_bits, law.total_bits)
            raise ParameterError(
                "weight", self.weight, f"must be shorter, or guard_bits fewer, or quiet higher: sums take {most} bits of {LONGEST_WORD}"
            )

    @cached_property
    def law(self) -> CancellerLaw:
        """Word lengths and constants."""
        prefilter = round(self.prefilter * (1 << PREFILTER_BITS))
        first = CancellerLaw(self.sink, self.source, self.weight, self.guard_bits, self.taps, self.delay, prefilter, 1)
        full_scale = 2.0 ** (self.sink.word_length - 1 - self.sink.fraction_length + first.learnt.fraction_length)
        regular = max(1, round(self.taps * power(self.quiet) * full_scale**2))
        return CancellerLaw(self.sink, self.source, self.weight, self.guard_bits, self.taps, self.delay, prefilter, regular)

    @cached_property
    def plan(self) -> CancellerPlan:
        """What the hardware follows from."""
        return CancellerPlan(self.law)

    @cached_property
    def settings(self) -> reference.feedback_canceller.CancellerSettings:
        """The same for the reference."""
        law = self.law
        return reference.feedback_canceller.CancellerSettings(
            law.taps, law.delay, law.prefilter / (1 << PREFILTER_BITS), law.regular * law.learnt.resolution**2,
            law.weight.range, law.missed.range, law.source.range,
        )  # fmt: skip

    @property
    def speed(self) -> float:
        """The step that reference and model assume."""
        return 2.0**-self.step

    @property
    def leakage(self) -> float:
        """The part of a weight that is lost with each sample."""
        return 2.0 ** (LEAK_PACE * self.leak - SLOWEST_LEAK) if self.leak else 0.0

    @property
    def sinks(self) -> Mapping[str, Format]:
        return {MICROPHONE: self.sink, LOUDSPEAKER: self.sink}

    @property
    def sink_format(self) -> Format:
        """Of both sinks."""
        return self.sink

    @property
    def derived(self) -> Mapping[str, str]:
        law, milliseconds = self.law, 1000 / self.sample_rate
        first, last = self.delay * milliseconds, (self.delay + self.taps - 1) * milliseconds
        found = {
            "path": f"from {first:.4g} to {last:.4g} ms behind the loudspeaker's word",
            "step": f"{self.speed:.4g}",
            "prefilter": f"1 - {law.prefilter}/{1 << PREFILTER_BITS} z^-1",
            "weights": f"kept in {law.stored}",
        }
        return found | ({"leak": f"weights fall to 37 % in {milliseconds / self.leakage:.4g} ms"} if self.leak else {})

    @property
    def control_ports(self) -> tuple[Port, ...]:
        return (Port("step", "in", MOST_STEP.bit_length()), Port("leak", "in", MOST_LEAK.bit_length()), Port("freeze", "in"))

    @property
    def controls(self) -> Mapping[str, int]:
        return {"step": self.step, "leak": self.leak}

    @property
    def run_time_inputs(self) -> RunTimeInputs:
        return {
            "step": port_input("step", MOST_STEP, self.step),
            "leak": port_input("leak", MOST_LEAK, self.leak),
            "freeze": port_input("freeze"),
        }

    def timing(self, fields: Fields | None = None) -> Process:
        return self.plan.timing

    @property
    def check_length(self) -> int:
        """Samples that reach every weight."""
        return 2 * (self.taps + self.delay) + 64

    def reference(self, x: Any) -> Any:
        return reference.feedback_canceller.feedback_canceller(
            x[MICROPHONE], x[LOUDSPEAKER], self.settings, self.speed, self.leakage, self.followed_exponents
        )

    def model(self, x: Any) -> Any:
        return fixed_point.feedback_canceller.feedback_canceller(x[MICROPHONE], x[LOUDSPEAKER], self.law, self.step, self.leak)

    def steered_model(self, x: Any, values: Steered) -> Any:
        step, leak, freeze = (values[name] for name in self.run_time_inputs)
        return fixed_point.feedback_canceller.feedback_canceller(x[MICROPHONE], x[LOUDSPEAKER], self.law, step, leak, freeze)

    @property
    def algorithmic_delay(self) -> int:
        """A word leaves with what is learnt taken from it; `delay` is that of the loudspeaker's words on their way to the weights."""
        return 0

    @property
    def loop_words(self) -> int:
        """No weight meets a word of the loudspeaker before `delay` more have come."""
        return self.delay + 1

    def loop_player(self, exact: bool) -> Any:
        reach = self.delay + self.taps + 2
        kinds = reference.feedback_canceller.CancellerState, fixed_point.feedback_canceller.CancellerWords
        state: Any = kinds[0].silent(self.settings) if exact else kinds[1].silent(self.law)
        known = state.line

        def play(microphone: Any, back: Any, values: Steered) -> Any:
            nonlocal known
            known = np.concatenate([known, back])
            # What has not come back yet is met by no weight of these words.
            loudspeaker = np.concatenate([known[-1:], np.zeros(len(microphone) - 1, known.dtype)])
            state.line = known[-reach - 1 : -1]
            known = known[-reach - 1 :]
            if exact:
                return reference.feedback_canceller.feedback_canceller(
                    microphone, loudspeaker, self.settings, self.speed, self.leakage, state=state
                )
            step, leak, freeze = (values.get(name, usual) for name, usual in (("step", self.step), ("leak", self.leak), ("freeze", 0)))
            return fixed_point.feedback_canceller.feedback_canceller(microphone, loudspeaker, self.law, step, leak, freeze, state)

        return play

    @property
    def decides(self) -> bool:
        return True

    @property
    def followed(self) -> Mapping[str, Any] | None:
        """Words whose decisions the reference follows."""
        found: Mapping[str, Any] | None = self.__dict__.get("words")
        return found

    @property
    def followed_exponents(self) -> NDArray[np.int64] | None:
        """Powers of two that divide the reference's step, where it follows the model's."""
        return None if self.followed is None else self.exponents(self.followed)

    def exponents(self, words: Mapping[str, Any]) -> NDArray[np.int64]:
        """Powers of two that the model takes on some words, as the reference counts them."""
        found = fixed_point.feedback_canceller.power_exponents(words[LOUDSPEAKER], self.law)
        return np.asarray(found - 2 * self.law.learnt.fraction_length)

    def following(self, words: Any) -> FeedbackCanceller:
        found: FeedbackCanceller = self.altered(words=words)
        return found

    def decisions(self, x: Any, words: Any, error: float = 0.0) -> Decisions:
        """The power of two of each sample: roundings behind the prefilter may lead to another one where the power lies near it."""
        settings, (given, heard) = self.settings, (x[LOUDSPEAKER], words[LOUDSPEAKER])
        found = reference.feedback_canceller.filtered_powers(given, settings) + settings.regular
        other = self.exponents(words)[: len(found)]
        off = np.abs(np.asarray(given) - as_words(heard) * self.sink.resolution).max(initial=0.0) * 2
        rounded = off + (self.law.learnt.resolution / 2 if self.law.rounded else 0.0)
        around = 2 * rounded * np.sqrt(self.taps * found) + self.taps * rounded**2
        low, high = np.maximum(found - around, settings.regular / 2), found + around
        uncertain = np.ceil(np.log2(low)) != np.ceil(np.log2(high))
        return Decisions(len(found), int(np.count_nonzero(uncertain)), int(np.count_nonzero(np.ceil(np.log2(found)) != other)))

    @property
    def losses(self) -> Losses:
        """One rounding at the output, weights that are cut when they are multiplied, and what their learning adds (`weight_noise`)."""
        rounding = one_rounding(Rounding.NEAREST, self.law.total_fraction, self.source)
        if self.followed is None:
            return Losses(rounding, transfer=Transfer(1.0, 1.0, float(self.taps), 1.0))
        return Losses(rounding, self.weight_noise, transfer=Transfer(1.0, 1.0, float(self.taps), 1.0))

    @property
    def weight_noise(self) -> Noise:
        """What errors of weights come to at the output, on the words that are followed.

        Notes
        -----
        A weight is off by what each of its roundings adds, a twelfth of a step squared, and by what the roundings of error and word behind
        the prefilter add to its moves. Nothing of it is taken for unlearnt again, though it is: the error teaches. So the variance grows
        from sample to sample; that of the output is the sum over all taps, by the square of the word that each one meets. Beside that each
        product is by a weight whose guard bits were cut.
        """
        words, law = self.followed, self.law
        assert words is not None
        loudspeaker = as_words(words[LOUDSPEAKER]).astype(np.float64) * self.sink.resolution
        given, taught = fixed_point.feedback_canceller.given_and_taught(
            words[MICROPHONE], words[LOUDSPEAKER], law, self.step, self.leak
        )
        count = len(given)
        if not count:
            return Noise()
        level = taught * law.missed.resolution
        speed = self.speed * 2.0 ** -self.exponents(words)[:count].astype(np.float64)
        powers = reference.feedback_canceller.filtered_powers(loudspeaker[:count], self.settings)
        step, cut = law.stored.resolution, law.weight.resolution if law.guard_bits else 0.0
        off = fixed_point.feedback_canceller.inexact_words(words[LOUDSPEAKER], law)[:count]
        met = np.concatenate([np.zeros(law.delay + law.taps), loudspeaker[:count]])
        squares, sizes = (_running(one, law.taps)[1 : count + 1] for one in (met**2, np.abs(met)))
        bit, last = law.learnt.resolution, law.missed.resolution
        each = step**2 / 12 + speed**2 / 12 * (last**2 * powers + bit**2 * off * level**2) / law.taps
        largest = step / 2 + speed / 2 * (last * np.sqrt(powers) + bit * (off > 0) * np.abs(level))
        variance = np.concatenate([[0.0], np.cumsum(each)[:-1]])
        limit = np.concatenate([[0.0], np.cumsum(largest)[:-1]])
        if self.leak:
            # A leak's rounding has the same sign for as long as a weight stays where it is.
            stuck = np.minimum(np.arange(count), 1 / self.leakage) * step / 2
            variance, limit = variance + stuck**2 / 3, limit + np.arange(count) * step / 2
        power_there = float(np.mean((variance + cut**2 / 3) * squares))
        return Noise(0.0, power_there, float(np.max((limit + cut) * sizes, initial=0.0)))

    @property
    def inventory(self) -> Inventory:
        return self.plan.inventory

    def block(self, **signals: Any) -> Any:
        return feedback_canceller(**by_stream(signals, self), plan=self.plan)


def _running(values: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """Sums of so many neighbours."""
    sums = np.concatenate([[0.0], np.cumsum(values)])
    return np.asarray(sums[count:] - sums[:-count])
