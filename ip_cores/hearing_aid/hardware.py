"""Hardware of the hearing aid: a bank's processor, the stages between its words that go out and those that come back, the limiter."""

from __future__ import annotations

from ip_cores.blocks.arithmetic import counter_signal, flag, signed_signal
from ip_cores.blocks.stream import Stream, source_signals
from ip_cores.denoiser.fused_bank import bank_around, processor_lines
from ip_cores.hierarchy import described, entity, named


@entity
def hearing_aid(clk, reset, sink, source, fused, stages, limiting, ceiling, clipped, **controls):
    """Hearing aid: a filter processor for analysis and synthesis, stages for the bands between them, a limiter behind."""
    levels, point = fused.levels, fused.bands.fraction_length
    band, channel = signed_signal(fused.bands.word_length, fraction_length=point), counter_signal(levels + 1)
    words = Stream(flag(), flag(), band, channel)
    links = [words, *(Stream(**source_signals(stage.ports)) for stage in stages)]
    samples = Stream(flag(), flag(), signed_signal(len(source.data), fraction_length=limiting.sink.fraction_length))
    enters, leaves, result = processor_lines(fused.processor)
    exchanging, processing, to_band, to_sample = bank_around(
        clk, reset, sink, samples, words, links[-1], enters, leaves, result, fused
    )
    instances = []
    for number, stage in enumerate(stages):
        own = {port.name: controls[f"{stage.name}_{port.name}"] for port in stage.control_ports}
        block = stage.block(clk=clk, reset=reset, sink=links[number], source=links[number + 1], **own)
        instances.append(described(named(block, stage.name), f"Stage {number + 1} of {len(stages)}: {stage.summary}."))
    limiter = limiting.block(clk=clk, reset=reset, sink=samples, source=source, ceiling=ceiling, clipped=clipped)
    last = described(named(limiter, limiting.name), "Nothing louder than the ceiling leaves.")
    return exchanging, processing, to_band, *instances, to_sample, last
