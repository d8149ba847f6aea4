"""Hardware of a graph: its stages, and what stands between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from myhdl import always, always_comb

from ip_cores.blocks.arithmetic import counter_signal, flag, like, same_kind
from ip_cores.blocks.stream import Stream, source_signals, stream_register
from ip_cores.chain.wiring import ENTERING, SINK
from ip_cores.families.pass_through import packed, unpacked, word_of
from ip_cores.fifo import fifo
from ip_cores.hierarchy import Constant, Group, described, entity, inline, named
from ip_cores.schedule import amount
from ip_cores.split import split
from ip_cores.stream_register import stream_register_with_fields


@entity
def graph(clk, reset, sink, source, stages, wiring, waiting, **controls):
    """Cores whose words part and come together again; each takes the words of those that its inputs name."""
    instances, names = connected(clk, reset, sink, source, stages, wiring, waiting, controls)
    links = Links(names)
    assert links.present is names
    return instances


@dataclass(frozen=True, eq=False)
class Links(Group):
    """Signals between stages, by what they are called in the VHDL."""

    signals: Any

    @property
    def present(self):
        return self.signals


def connected(clk, reset, sink, source, stages, wiring, waiting, controls):
    """Instances of all stages and of what stands between them, and the signals of the streams by name."""
    names = {ENTERING: SINK} | {number: stage.name for number, stage in enumerate(stages)}
    last, ends = len(stages) - 1, {end: begin for begin, end in wiring.loops}
    streams = {number: Stream(**source_signals(stage.ports)) for number, stage in enumerate(stages) if number != last or last in ends}
    called = {f"{names[number]}_source": stream for number, stream in streams.items()}
    streams = {ENTERING: sink, last: source} | streams
    # What comes back is read in front of the stage that it comes from.
    inputs: dict[Any, Any] = {(begin, 1): copy_of(streams[end], stages[begin], 1) for end, begin in ends.items()}
    instances = []
    for number in (ENTERING, *wiring.order):
        stream, readers = streams[number], wiring.readers(number)
        if number != ENTERING:
            stage = stages[number]
            given = {name: as_taken(inputs[number, place], stage, place) for place, name in enumerate(stage.sinks)}
            own = {port.name: controls[f"{stage.name}_{port.name}"] for port in stage.control_ports}
            heard = " and ".join(dict.fromkeys(names[one] for one in wiring.all_inputs(number)))
            block = stage.block(clk=clk, reset=reset, source=stream, **given, **own)
            instances.append(described(named(block, stage.name), f"Stage {number + 1} of {len(stages)}, from {heard}: {stage.summary}."))
        if number in ends:
            readers = (*readers, (ends[number], 1))
        copies, out = [stream], number == last and last in ends
        if len(readers) + out > 1:
            copies = [copy_of(stream, stages[reader], place) for reader, place in readers] + [source] * out
            told = " and ".join([*dict.fromkeys(stages[reader].name for reader, _ in readers), *["the source"] * out])
            parting = split(clk, reset, sink=stream, **{f"source_{place}": copy for place, copy in enumerate(copies)})
            instances.append(described(parting, f"From {names[number]} to {told}: each word to all of them."))
        for (reader, place), copy in zip(readers, copies, strict=False):
            room, way = waiting.get((reader, place)), f"{names[number]}_to_{stages[reader].name}"
            way += f"_{place}" * (wiring.inputs[reader].count(number) > 1)
            called |= {way: copy} if len(copies) > 1 else {}
            if (reader, place) not in inputs:
                inputs[reader, place] = copy if room is None else copy_of(stream, stages[reader], place)
            if room is not None:
                called[f"{way}_{'late' if room.zeros else 'held'}"] = inputs[reader, place]
                waiting_room = waits(clk, reset, copy, inputs[reader, place], room)
                instances.append(described(waiting_room, _told(names[number], stages[reader], room)))
    signals = {f"{name}_{field}": signal for name, stream in called.items() for field, signal in stream.present.items()}
    return instances, signals


def _told(name, reader, room):
    if room.zeros:
        return f"From {name} to {reader.name}: later by {amount(room.zeros, 'sample')}, so that the paths are in step."
    return f"From {name} to {reader.name}: words wait for those of the other inputs."


def copy_of(stream, reader, place):
    """Signals for another stream of the same words, with the fields that a reader takes with them at one of its sinks."""
    return Stream(**{name: same_kind(signal) for name, signal in as_taken(stream, reader, place).present.items()})


def as_taken(stream, reader, place):
    """A stream with the fields that a reader takes at one of its sinks."""
    prefix = f"{list(reader.sinks)[place]}_"
    taken = {port.name.removeprefix(prefix) for port in reader.ports if port.name.startswith(prefix)}
    return Stream(**{name: signal for name, signal in stream.present.items() if name in taken})


def waits(clk, reset, sink, source, room):
    """What words wait in: two registers, or a queue, with zeros in front where there are any."""
    if room.is_register:
        return (stream_register if sink.channel is None else stream_register_with_fields)(clk, reset, sink, source)
    return delay_queue(clk, reset, sink, source, room.zeros, room.depth)


@entity
def delay_queue(clk, reset, sink, source, zeros, depth):
    """A queue in front of whose words so many zeros go after a reset: a delay with room for words that wait."""
    level = counter_signal(depth + 1)
    if sink.channel is None:
        parts, entering, word = [], sink.data, source.data
    else:
        entering, word = word_of(sink.word), word_of(source.word)
        parts = [packed(sink.word, entering), unpacked(word, source.word)]
    queued = Stream(flag(), flag(), like(word)) if zeros else Stream(source.valid, source.ready, word)
    parts.append(fifo(clk, reset, Stream(sink.valid, sink.ready, entering), queued, level, depth))
    if zeros:
        parts.append(leading_zeros(clk, reset, queued, source, word, zeros))
    return parts


@inline
def leading_zeros(clk, reset, queued, source, word, zeros):
    """As many zeros as the delay has samples, then the words of the queue."""
    left, leading = counter_signal(zeros + 1, zeros), flag()
    all_left = Constant(zeros, "samples of delay")

    @always_comb
    def look():
        leading.next = left != 0

    @always_comb
    def choose():
        """While zeros are left, the queue keeps its words."""
        source.valid.next = leading or queued.valid
        queued.ready.next = source.ready and not leading
        word.next = queued.data
        if leading:
            word.next = 0

    @always(clk.posedge)
    def count():
        """Zeros that are left."""
        if reset:
            left.next = all_left
        elif leading and source.ready:
            left.next = left - 1

    return look, choose, count
