"""Network: a small causal Conv-TasNet, which takes noise off speech, one layer after another through one to four multipliers.

Weights lie in a memory that is read strictly in order; a micro-program of an instruction for each layer says what is multiplied by them.
A hop of samples is taken while the frame before is computed, and one is given for it. The delay is a window of samples, all but one, and
the time of a frame's computation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

import fixed_point.conv_network
import reference.conv_network
from fixed_point import Format, to_float
from fixed_point.conv_network import Layer, NetworkWords, words_of
from fixed_point.full_scale import amplitude, amplitude_decibels
from fixed_point.word_lengths.losses import Losses
from fixed_point.word_lengths.noise import Noise
from ip_cores.blocks.stream import bundled
from ip_cores.conv_network.hardware import conv_network
from ip_cores.conv_network.plan import FrameTiming, NetworkPlan
from ip_cores.conv_network.prediction import drawn_error, run_in_floats, within_reach
from ip_cores.conv_network.program import CALIBRATION, float_layers
from ip_cores.conv_network.weights import Weights, weights
from ip_cores.core import Core
from ip_cores.inventory import Inventory
from ip_cores.parameters import ParameterError, check_entity_name, parameter
from ip_cores.promise import CREST, Promise, as_values, first_of, limited_words
from ip_cores.schedule import Fields
from reference.conv_network import Network

MULTIPLIERS = (1, 2, 4)
MOST_LIFT = 16
"""Places by which sums may have to be moved up, before there is nothing of a signal in them."""

LARGEST = 128
"""Channels of a layer, at most."""

LONGEST_DILATION = 64
PREDICTION_MARGIN_DB = 3.0
"""How far what is expected may lie above what is measured."""

LEAST_SLOPE, GREATEST_SLOPE = -0.5, 1.0


@dataclass(frozen=True)
class ConvNetwork(Core):
    """Parameters of a network; see ``docs/cores/conv_network.md``."""

    kind: ClassVar[str] = "conv_network"
    summary: ClassVar[str] = "a small causal Conv-TasNet: speech out of noise in a few milliseconds, weights from training"
    family: ClassVar[str] = "networks"

    name: str = parameter("conv_network", doc="entity name; a VHDL identifier", kind=check_entity_name)
    weights: Weights = parameter(doc="an .npz file with the weights of a network, see docs", kind=weights)
    sink: Format = parameter("sfix16_En15", doc="format of the samples that enter", kind=Format, minimum=8, maximum=18)
    source: Format = parameter("sfix16_En15", doc="format of the samples that leave", kind=Format, minimum=8, maximum=18)
    weight_word_length: int = parameter(9, doc="of a weight; each row has a binary point of its own", kind=int, minimum=4, maximum=11)
    activation_word_length: int = parameter(12, doc="of the words between layers", kind=int, minimum=9, maximum=16, unit="bits")
    multipliers: int = parameter(2, doc="multipliers: 1, 2 or 4", kind=int, minimum=1, maximum=4)

    def check(self) -> None:
        for field in ("sink", "source"):
            if not getattr(self, field).signed:
                raise ParameterError(field, getattr(self, field), "must be signed")
        if self.multipliers not in MULTIPLIERS:
            raise ParameterError("multipliers", self.multipliers, "must be 1, 2 or 4")
        self._check_network(self.network)
        if self.words.lift > MOST_LIFT:
            raise ParameterError("weights", self.network.origin, "must be of a size that the words hold: sums of a layer all but vanish")

    def _check_network(self, net: Network) -> None:
        def refuse(what: str, allowed: str) -> None:
            raise ParameterError("weights", what, allowed)

        if net.sources != 1:
            refuse(f"{net.sources} sources", "must have one")
        if net.hop < 2 or net.hop & (net.hop - 1) or net.hop > LARGEST:
            refuse(f"a hop of {net.hop} samples", f"must have a hop of 2, 4, ... {LARGEST}")
        if net.hop < self.multipliers:
            raise ParameterError("multipliers", self.multipliers, f"must be at most the hop of the network, {net.hop}")
        if not net.blocks:
            refuse("no blocks", "must have one or more")
        for name in ("features", "bottleneck", "hidden"):
            if getattr(net, name) > LARGEST:
                refuse(f"{getattr(net, name)} channels", f"must have at most {LARGEST} in each layer")
        if max(net.dilations) > LONGEST_DILATION:
            refuse(f"a dilation of {max(net.dilations)} frames", f"must be at most {LONGEST_DILATION}")
        slopes = [*net.expand_slope, *net.depthwise_slope, net.mask_slope]
        for slope in slopes:
            if not LEAST_SLOPE <= slope <= GREATEST_SLOPE:
                refuse(f"a slope of {slope:g}", f"must be from {LEAST_SLOPE:g} to {GREATEST_SLOPE:g}")

    @property
    def network(self) -> Network:
        """The weights as the reference takes them."""
        return self.weights.network

    @cached_property
    def layers(self) -> list[Layer]:
        """Its layers, with the ranges that they have on the calibration samples."""
        return float_layers(self.network)

    @cached_property
    def words(self) -> NetworkWords:
        """Its layers in words."""
        lengths = self.weight_word_length, self.activation_word_length
        return words_of(self.layers, self.sink, self.source, *lengths, self.network.hop, self.network.mask_floor)

    @cached_property
    def plan(self) -> NetworkPlan:
        """What the hardware follows from."""
        return NetworkPlan(self.words, self.multipliers)

    @property
    def notes(self) -> tuple[str, ...]:
        found = []
        if self.network.sample_rate != self.sample_rate:
            found.append(f"the network was trained for {self.network.sample_rate} samples/s, and sample_rate is {self.sample_rate:g}")
        return tuple(found)

    @property
    def derived(self) -> Mapping[str, str]:
        net, plan = self.network, self.plan
        milliseconds = 1000 / self.sample_rate
        points = sorted({layer.leaving for layer in self.words.layers[:-3]})
        return {
            "network": f"{net.features} features, window {net.window}, {net.bottleneck} channels, {net.hidden} hidden, "
            f"dilations {', '.join(map(str, net.dilations))}; {plan.products} weights",
            "origin": net.origin or "not said",
            "digest": self.weights.digest,
            "words between layers": f"sfix{self.activation_word_length}, with {points[0]} to {points[-1]} bits of fraction",
            "whole delay": f"{self.group_delay} samples, {float(self.group_delay) * milliseconds:.3g} ms, and {plan.frame_clocks} clocks",
            "reach": f"{net.memory} frames back, {net.memory * net.hop * milliseconds:.4g} ms",
        }

    def timing(self, fields: Fields | None = None) -> FrameTiming:
        return self.plan.timing

    @property
    def delay(self) -> int:
        return self.network.hop

    @property
    def group_delay(self) -> Fraction:
        """A word is complete with the last sample of the hop behind its own."""
        return Fraction(self.network.window - 1)

    @property
    def word_delay(self) -> Fraction:
        """Words leave by hops, each a hop late."""
        return Fraction(self.delay)

    @property
    def check_length(self) -> int:
        """Samples of a few frames."""
        return 6 * self.network.hop

    @property
    def patience(self) -> int:
        """Clocks of silence that mean nothing: a frame is computed."""
        return 64 + 2 * self.plan.frame_clocks

    def reference(self, x: Any) -> Any:
        return reference.conv_network.conv_network(x, self.network)

    def late_reference(self, x: Any) -> Any:
        """With what comes of the first window in front of the first sample."""
        return reference.conv_network.streamed(np.asarray(x, np.float64).reshape(-1), self.network)[0]

    def limited(self, x: Any, guard: float = 0.0) -> Any:
        """`late_reference`, with nan for words that depend on a sum beyond its words' range, or are beyond their own."""
        values = np.asarray(x, dtype=np.float64).reshape(-1)
        unknown = np.isnan(values)
        known = np.where(unknown, 0.0, values)
        hop = self.network.hop
        made = run_in_floats(known, self.layers, self.words, self.network.mask_floor)
        saturated = made.saturated | unknown[: len(made.words)].reshape(-1, hop).any(axis=1)
        given = np.asarray(limited_words(self.late_reference(known), self.source))
        return np.where(np.repeat(within_reach(saturated, self.words.memory + 1), hop) | made.clipped, np.nan, given)

    def model(self, x: Any) -> Any:
        return fixed_point.conv_network.conv_network(x, self.words)

    def outline(self, x: Any) -> Any:
        return fixed_point.conv_network.outline(len(first_of(x)), self.network.hop)

    def promised_snr(self, words: Any) -> Promise:
        """What the layers in float64 lead to expect with every weight and every word off by up to half a last bit, less 3 dB.

        It is about words that depend on no sum beyond its range; ranges are those of the calibration samples.
        """
        x = as_values(self, words)
        judged = ~np.isnan(self.limited(x))
        count, size = int(np.count_nonzero(judged)), judged.size
        if not np.any(words):
            return Promise(None, "not judged", size, judged=np.ones(size, np.bool_))
        error = drawn_error(x, self.layers, self.words, self.network.mask_floor, judged)
        kept = self.late_reference(x)[judged]
        signal = float(np.sqrt(np.mean(kept**2))) if count else 0.0
        snr = amplitude_decibels(signal, error) - PREDICTION_MARGIN_DB if error else np.inf
        return Promise(float(snr), "prediction" if error else "exact", count, size - count, None, judged)

    @cached_property
    def losses(self) -> Losses:
        """For compositions: the error that is to be expected on the calibration samples, whatever is played."""
        x = to_float(self.network.calibration.astype(np.int64), CALIBRATION)
        error = drawn_error(x, self.layers, self.words, self.network.mask_floor, ~np.isnan(self.limited(x)))
        return Losses(coloured=Noise(0.0, (error * amplitude(PREDICTION_MARGIN_DB)) ** 2, CREST * error))

    @property
    def inventory(self) -> Inventory:
        return self.plan.inventory

    def block(self, **signals: Any) -> Any:
        return conv_network(**bundled(signals), plan=self.plan)
