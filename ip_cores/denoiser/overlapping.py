"""Denoiser by segments: a sequencer around the denoiser of a stream, with overlapping windows on both sides of it where they are wanted."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from myhdl import always, always_comb

from fixed_point import Format
from fixed_point.denoiser import TrackingWindow
from ip_cores.blocks.arithmetic import counter_signal, flag, port_signal, wire
from ip_cores.blocks.process import Connected
from ip_cores.blocks.stream import ControlSlave, Stream, place_in_packet, source_signals
from ip_cores.denoiser.hardware import stage_block
from ip_cores.families.segments import MAXIMUM_LENGTH, WORD_LENGTHS, frame_marks
from ip_cores.hierarchy import Constant, entity, inline
from ip_cores.inventory import Inventory
from ip_cores.overlap_add import OverlapAdd
from ip_cores.parameters import ParameterError
from ip_cores.run_time import Steered, stretches
from ip_cores.segmenter import Segmenter
from ip_cores.sequencer import Sequencer
from ip_cores.threshold import LARGEST_FACTOR, SMALLEST_FACTOR
from reference.families.windows import TWICE, Weights


@dataclass(frozen=True)
class OverlappingSegments:
    """A denoiser whose segments overlap: its three stages, and what follows from them.

    Attributes
    ----------
    segmenter : Segmenter
        Windows, and zeros for as long as the bank remembers a segment.
    sequencer : Sequencer
        Runs the denoiser of a stream on segments with their zeros.
    adder : OverlapAdd
        Puts the results together.
    """

    segmenter: Segmenter
    sequencer: Sequencer
    adder: OverlapAdd

    @classmethod
    def of(cls, core: Any) -> OverlappingSegments:
        """The stages of a denoiser, checked.

        Raises
        ------
        ParameterError
            If windows do not add up, or no word of the bank would belong to one segment alone.
        """
        length, hop = core.segment_length, core.hop or core.segment_length // 2
        delay, period = core.filter_bank.total_delay(core.levels), 1 << core.levels if core.bank == "decimated" else 1
        least = first_whole(delay, period) + period
        if length < least:
            raise ParameterError(
                "segment_length", length, f"must be {least} or more, or levels fewer: no word of the bank belongs to one segment alone"
            )
        # Analysis and synthesis remember `delay` samples each.
        padding = 2 * delay + -(length + 2 * delay) % period
        if length + padding > MAXIMUM_LENGTH:
            longest = MAXIMUM_LENGTH - 2 * delay
            raise ParameterError("segment_length", length, f"must be less than {longest}: {padding} zeros follow, {MAXIMUM_LENGTH} in all")
        inner = inner_format(core)
        shared = {"segment_length": length, "hop": hop, "padding": padding, "window": core.window, "rounding": core.rounding}
        segmenter = Segmenter(name=f"{core.name}_segmenter", sink=core.sink, source=inner, **shared)
        window = tracking_window(length, hop, delay, padding, period)
        factor = core.threshold * peak_factor(segmenter.weights, window, delay)
        if factor > LARGEST_FACTOR:
            largest = LARGEST_FACTOR * core.threshold / factor
            raise ParameterError("threshold", core.threshold, f"must be {SMALLEST_FACTOR} to {largest:.3g} with this window")
        calculation = core.replace(
            name=f"{core.name}_calculation", processing="stream", window="none", hop=0, sink=inner, source=inner, guard_bits=0,
            threshold=factor, tracked=window,
        )  # fmt: skip
        sequencer = Sequencer(name=f"{core.name}_sequencer", calculation=calculation, segment_length=length + padding)
        offset = delay if core.window in TWICE else 0
        adder = OverlapAdd(name=f"{core.name}_overlap_add", sink=inner, source=core.source, offset=offset, **shared)
        return cls(segmenter, sequencer, adder)

    @property
    def delay(self) -> int:
        """Samples: a segment's old part, and the bank's delay."""
        return self.segmenter.overlap + self.sequencer.delay

    @property
    def timing(self) -> Opening:
        sequenced = self.sequencer.timing()
        assert sequenced is not None
        return Opening([self.segmenter.timing(), sequenced, self.adder.timing()])

    @property
    def latency(self) -> int:
        """From a segment's first new sample to the first of its sums: into the segment, through the sequencer, and out."""
        return self.segmenter.latency + self.sequencer.latency + self.adder.latency

    @property
    def cycles_per_sample(self) -> Fraction:
        """The sequencer's, which gets a segment with its padding for each hop."""
        return self.sequencer.cycles_per_sample * Fraction(self.segmenter.packet_length, self.segmenter.hop)

    @cached_property
    def capacity(self) -> int:
        """What each stage holds, and what comes of it behind that stage."""
        from ip_cores.chain import capacity_in_a_row

        return capacity_in_a_row((self.segmenter, self.sequencer, self.adder))

    @property
    def patience(self) -> int:
        """Clocks of silence that mean nothing: those of all stages."""
        return self.sequencer.patience + self.adder.patience + 4 * self.segmenter.packet_length

    @property
    def check_length(self) -> int:
        """Samples until segments have overlapped as they always will."""
        hop = self.segmenter.hop
        return hop * (-(-self.segmenter.packet_length // hop) + 1)

    @property
    def factor(self) -> float:
        """K inside: of sigma as it is tracked, which is less than at the window's peak."""
        return self.sequencer.calculation.threshold  # type: ignore[attr-defined]

    @cached_property
    def tracked(self) -> TrackingWindow:
        """Samples of a segment at which the noise is tracked."""
        return self.sequencer.calculation.tracked  # type: ignore[attr-defined]

    @property
    def inventory(self) -> Inventory | None:
        """What the stages are built of, and the counter of their packets."""
        inner = self.sequencer.inventory
        if inner is None:
            return None
        counted = (self.segmenter.packet_length - 1).bit_length() + (self.tracked.period - 1).bit_length()
        return Inventory("overlapping denoiser", counters=counted, parts=(self.segmenter.inventory, inner, self.adder.inventory))

    def model(self, x: Any) -> Any:
        """Raw words through the three stages' models."""
        words = self.sequencer.model(self.segmenter.model(x)[0])
        marks = frame_marks(len(words), self.segmenter.packet_length)
        return self.adder.model((words, marks["startofpacket"], marks["endofpacket"]))


    def steered_model(self, x: Any, values: Steered) -> Any:
        """Raw words through the three stages' models, with settings at run time.

        Where the sequencer is enabled anew, words up to the next packet's first are dropped.
        """
        words, starts, _ = self.segmenter.model(x)
        due = self.segmenter.due_with(len(x))
        stretch = stretches(values["enable"])[due]
        for number in range(1, int(np.max(stretch, initial=0)) + 1):
            mine = np.flatnonzero(stretch == number)
            stretch[mine[: int(np.argmax(starts[mine])) if np.any(starts[mine]) else mine.size]] = -1
        inner = {name: met[due] for name, met in values.items()}
        found = self.sequencer.model_in_stretches(words, stretch, inner)
        marks = frame_marks(len(found), self.segmenter.packet_length)
        return self.adder.model((found, marks["startofpacket"], marks["endofpacket"]))


class Opening(Connected):
    """Segmenter, sequencer and adder; no sample is taken before the sequencer takes words."""

    opened = False

    def ready(self, behind: bool) -> bool:
        return self.opened and super().ready(behind)

    def tick(self, offered: bool, behind: bool) -> None:
        opens = self.readies(behind)[1]
        super().tick(offered and self.opened, behind)
        self.opened = self.opened or opens

    @property
    def state(self) -> Hashable:
        return self.opened, super().state

    def rest(self, offered: bool) -> int:
        if not self.opened and self.readies(True)[1]:
            return 0
        return super().rest(offered and self.opened)


def inner_format(core: Any) -> Format:
    """Format of weighted samples: the guard bits are there from the start, so that windows cost no accuracy."""
    sink, guard = core.sink, core.guard_bits
    if sink.word_length + guard > WORD_LENGTHS["maximum"]:
        raise ParameterError(
            "guard_bits", guard, f"must be 0 to {WORD_LENGTHS['maximum'] - sink.word_length} with windows and samples of {sink}"
        )
    return Format(sink.signed, sink.word_length + guard, sink.fraction_length + guard)


def tracking_window(length: int, hop: int, delay: int, padding: int, period: int) -> TrackingWindow:
    """Samples of a segment at which the bank's words belong to the middle of its window: as many as there are new ones, if they fit.

    At sample n the bank sees samples n - delay to n. While all of these lie in the segment there is nothing of the padding in its words,
    and where the window is highest they are as large as the noise is. Every part of the signal is then in one segment's middle, once.
    Begin and end are multiples of a decimated bank's period.
    """
    middle = (delay + max(0, (length - delay - hop) // 2) + period // 2) // period * period
    first = min(max(middle, first_whole(delay, period)), (length - period) // period * period)
    last = min(first + hop, length)
    return TrackingWindow(length + padding, first, first + max(period, (last - first) // period * period))


def first_whole(delay: int, period: int) -> int:
    """The first sample of a segment, at the beginning of a period, at which the bank sees nothing of what was before."""
    return -(-delay // period) * period


def peak_factor(weights: Weights, tracked: TrackingWindow, delay: int) -> float:
    """The window's peak over its root mean square where the noise is tracked: what sigma is short of at the peak.

    Words at sample n belong to the segment's sample n - delay / 2, amid those that they are made of.
    """
    seen = weights[tracked.first - delay // 2 : tracked.last - delay // 2]
    return float(weights.max() / np.sqrt(np.mean(seen**2)))


@entity
def segment_denoiser(clk, reset, sink, source, bypass, freeze, control, supervision, stage):
    """Denoiser by segments: a sequencer around the denoiser of a stream."""
    controls = inner_controls(stage, bypass, freeze, control)
    return stage_block(stage, clk=clk, reset=reset, sink=sink, source=source, **supervision.present, **controls)


def inner_controls(stage: Sequencer, bypass: Any, freeze: Any, control: ControlSlave) -> dict[str, Any]:
    """Signals of the threshold's ports by the names that a sequencer's calculation gives them."""
    signals = {"bypass": bypass, "freeze": freeze, **control.ports("control")}
    return {f"{stage.calculation.name}_{name}": signal for name, signal in signals.items()}


@entity
def overlapping_denoiser(clk, reset, sink, source, bypass, freeze, control, supervision, stages):
    """Denoiser by overlapping segments: windows and zeros, a sequencer around the denoiser of a stream, overlap-add."""
    segmenter, sequencer, adder = stages.segmenter, stages.sequencer, stages.adder
    cut, whole, found = source_signals(segmenter.ports), source_signals(segmenter.ports), source_signals(sequencer.ports)
    starts, ends, offered, accepts = (flag() for _ in range(4))
    state = port_signal(next(port for port in sequencer.ports if port.name == "status"))
    controls = inner_controls(sequencer, bypass, freeze, control)
    return (
        opening(clk, reset, sink, offered, accepts, whole["ready"]),
        stage_block(segmenter, clk=clk, reset=reset, sink=Stream(offered, accepts, sink.data), source=Stream(**cut)),
        whole_packets(
            clk, reset, supervision.enable, state, cut["valid"], cut["ready"], cut["startofpacket"], whole["valid"], whole["ready"]
        ),
        stage_block(
            sequencer, clk=clk, reset=reset, sink=Stream(whole["valid"], whole["ready"], cut["data"]), source=Stream(**found),
            enable=supervision.enable, status=state, **controls,
        ),
        wire(state, supervision.status),
        packet_marks(clk, reset, found["valid"], found["ready"], starts, ends, segmenter.packet_length),
        stage_block(adder, clk=clk, reset=reset, sink=Stream(**found, startofpacket=starts, endofpacket=ends), source=source),
    )  # fmt: skip


@inline
def opening(clk, reset, sink, offered, accepts, ready_behind):
    """No sample is taken after a reset before the sequencer takes words: the first segment is as early as all others."""
    opened = flag()

    @always(clk.posedge)
    def open_up():
        """From a reset on no sample is taken until the sequencer takes words: the first segment is as early as all others."""
        if reset:
            opened.next = False
        elif ready_behind:
            opened.next = True

    @always_comb
    def connect():
        offered.next = sink.valid and opened
        sink.ready.next = accepts and opened

    return open_up, connect


@entity
def whole_packets(clk, reset, enable, state, in_valid, in_ready, in_startofpacket, out_valid, out_ready):
    """Behind standby, in which the sequencer lets words go, drops the rest of a packet: each of its segments begins with a packet."""
    standing, in_step, passes = flag(), flag(), flag()

    @always_comb
    def look():
        """In standby the sequencer lets words go."""
        standing.next = state[3:] == 0 and not enable
        passes.next = in_step or in_startofpacket

    @always_comb
    def connect():
        out_valid.next = in_valid and passes
        in_ready.next = out_ready or not passes

    @always(clk.posedge)
    def follow():
        """Behind standby the rest of a packet is dropped."""
        if reset:
            in_step.next = True
        elif standing:
            in_step.next = False
        elif in_valid and in_startofpacket and out_ready:
            in_step.next = True

    return look, connect, follow


@entity
def packet_marks(clk, reset, valid, ready, starts, ends, length):
    """Marks of the first and the last word of packets of a length, by counting: the sequencer gives whole segments."""
    at = counter_signal(length)
    last_place = Constant(length - 1, "in a packet")

    @always_comb
    def look():
        """The first and the last word of a packet."""
        starts.next = at == 0
        ends.next = at == last_place

    return look, place_in_packet(clk, reset, valid, ready, at, length)
