"""Hardware of the denoiser: one filter processor for both banks with the threshold beside it, or three cores in a row."""

from __future__ import annotations

from typing import Any

from myhdl import always_comb

from fixed_point.denoiser import TrackingWindow
from ip_cores.blocks.arithmetic import counter_signal, flag, signed_signal
from ip_cores.blocks.stream import Stream, place_in_packet, source_signals
from ip_cores.denoiser.fused_bank import bank_around, processor_lines
from ip_cores.hierarchy import Constant, entity, named
from ip_cores.threshold.hardware import threshold


@entity
def undecimated_denoiser(clk, reset, sink, source, bypass, freeze, control, fused, tracked):
    """Denoiser in an undecimated wavelet bank: a processor for analysis and synthesis, and the threshold between them."""
    levels, point = fused.levels, fused.bands.fraction_length
    band_valid, band_ready, back_valid, back_ready = (flag() for _ in range(4))
    band, back = (signed_signal(fused.bands.word_length, fraction_length=point) for _ in range(2))
    channel, back_channel = counter_signal(levels + 1), counter_signal(levels + 1)
    held, tracking = holding(clk, reset, freeze, band_valid, band_ready, tracked and tracked.times(levels + 1))
    words, treated = Stream(band_valid, band_ready, band, channel), Stream(back_valid, back_ready, back, back_channel)
    enters, leaves, result = processor_lines(fused.processor)
    exchanging, processing, to_band, to_sample = bank_around(
        clk, reset, sink, source, words, treated, enters, leaves, result, fused
    )
    return (
        tracking,
        exchanging,
        processing,
        to_band,
        threshold(clk, reset, words, treated, bypass, held, control, fused.between),
        to_sample,
    )  # fmt: skip


@entity
def decimated_denoiser(clk, reset, sink, source, bypass, freeze, control, stages, tracked):
    """Denoiser in a decimated wavelet bank: analysis, threshold and synthesis, one behind the other."""
    analysis, between, synthesis = stages
    bands, treated = source_signals(analysis.ports), source_signals(between.ports)
    held, tracking = holding(clk, reset, freeze, bands["valid"], bands["ready"], tracked)
    return (
        tracking,
        stage_block(analysis, clk=clk, reset=reset, sink=sink, source=Stream(**bands)),
        named(
            threshold(clk, reset, Stream(**bands), Stream(**treated), bypass, held, control, between.plan.in_turns()),
            between.name,
        ),
        stage_block(synthesis, clk=clk, reset=reset, sink=Stream(**treated), source=source),
    )  # fmt: skip


def holding(clk: Any, reset: Any, freeze: Any, valid: Any, ready: Any, tracked: TrackingWindow | None) -> tuple[Any, Any]:
    """What freezes the trackers, and the instance that adds to the port of that name, if any."""
    if tracked is None:
        return freeze, ()
    held = flag()
    return held, tracking_window(clk, reset, freeze, valid, ready, held, tracked)


@entity
def tracking_window(clk, reset, freeze, valid, ready, held, tracked):
    """Counts the band words of a packet; the trackers see those in the middle of its window only."""
    at = counter_signal(tracked.period)
    first_tracked = Constant(tracked.first, "place of the first word that the trackers see")
    end_of_tracking = Constant(tracked.last, "place of the first word behind them")

    @always_comb
    def look():
        """The trackers stand still outside the middle of a packet."""
        held.next = freeze or at < first_tracked or at >= end_of_tracking

    return look, place_in_packet(clk, reset, valid, ready, at, tracked.period)


def stage_block(stage: Any, **signals: Any) -> Any:
    """A stage's block under the stage's name."""
    return named(stage.block(**signals), stage.name)
