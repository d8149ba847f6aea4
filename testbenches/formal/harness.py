"""The Verilog around a core's netlist: environment and monitors, wired to nothing but its ports."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ip_cores.core import Core
from ip_cores.port import Port
from testbenches.clocks import Sides
from testbenches.engines.fast_netlist import verilog_name
from testbenches.formal.toys import Toy
from testbenches.interface import bits

MONITORS = Path(__file__).with_name("monitors.v")
TOP = "formal_top"
WORDS = 64  # of the model, in which every toy's period shows itself twice
REAL_TIME = ("always_taken", "status", "in_time", "whole_segments")
HELD_RESET = 6  # rises of either clock through which the resets of two clocks last


@dataclass(frozen=True)
class Periodic:
    """A sequence that repeats itself.

    Attributes
    ----------
    start : int
        Row with which every further period begins.
    rows : tuple of tuple of int
        Up to the end of the first period.
    """

    start: int
    rows: tuple[tuple[int, ...], ...]

    @classmethod
    def of(cls, rows: Sequence[tuple[int, ...]]) -> Periodic:
        """The shortest that goes on as `rows` do.

        Raises
        ------
        ValueError
            If none is seen twice in them.
        """
        count = len(rows)
        for period in range(1, count // 3):
            for start in range(count // 3):
                if all(rows[at] == rows[at + period] for at in range(start, count - period)):
                    return cls(start, tuple(rows[: start + period]))
        raise ValueError(f"no period in {count} words")


@dataclass(frozen=True)
class WordOrder:
    """What a toy's ports promise word by word, read off its parameters and its model.

    Attributes
    ----------
    toy : Toy
    core : Core
    sides : Sides
        Its ports by role.
    brought : Periodic
        For each sink word in turn how many source words it brings about, and the sink's fields beside the data, unless those are anything.
    given : Periodic or None
        The fields beside the data of each source word in turn; of a core without a sink the data, where inputs at run time are held.
    """

    toy: Toy
    core: Core
    sides: Sides
    brought: Periodic
    given: Periodic | None

    @classmethod
    def of(cls, toy: Toy) -> WordOrder:
        core = toy.core
        sides = Sides.of(core)
        if core.is_source:
            # Every word is known where nothing moves that it depends on.
            given = core.model(WORDS) & (1 << bits(sides.fields["source"]["data"])) - 1
            return cls(toy, core, sides, Periodic(0, ((0,),)), Periodic.of([(one,) for one in given.tolist()]) if toy.controls else None)
        words = np.zeros(WORDS, np.int64)
        fields = {"data": words, **core.accompany(words)}
        sent = list(sides.fields["sink"])

        def model(count: int) -> list[np.ndarray]:
            entering = tuple(fields[name][:count] for name in sent)
            given = core.model(entering if len(sent) > 1 else entering[0])
            return [np.asarray(one) for one in (given if isinstance(given, tuple) else (given,))]

        counts = np.diff([len(model(count)[0]) for count in range(WORDS + 1)]).tolist()
        beside = [] if toy.any_fields else [np.asarray(fields[name]).tolist() for name in sent[1:]]
        given = None
        if len(sides.fields["source"]) > 1 and not toy.any_fields:
            given = Periodic.of(list(zip(*(one.tolist() for one in model(WORDS)[1:]), strict=True)))
        return cls(toy, core, sides, Periodic.of(list(zip(counts, *beside, strict=True))), given)

    @property
    def sink(self) -> Mapping[str, Port]:
        """What travels with a word of the sink, by name; nothing without one."""
        return self.sides.fields.get("sink", {})

    @property
    def most(self) -> int:
        """Most source words that one sink word brings about."""
        return max(row[0] for row in self.brought.rows)

    @property
    def two_clocks(self) -> bool:
        return len(self.sides.clocks) > 1


def harness(order: WordOrder, replayed: bool = False, more: Mapping[str, int] | None = None) -> str:
    """Verilog of the whole: its inputs are what may be anything, its outputs ``bad_...`` the properties, ``see_...`` the core's ports.

    Parameters
    ----------
    order : WordOrder
    replayed : bool
        The environment does what a `Stimulus` can play, and nothing else.
    more : mapping of str to int
        Further inputs that the netlist of the core has, and their bits.
    """
    core, more = order.core, more or {}
    sections = [*_wires(order), *_resets(order, replayed), *_sink(order, replayed), *_monitors(order)]
    added = [f"input {span(width)} {name}" for name, width in more.items()]
    heads = [*_inputs(order), *added, *(f"output bad_{name}" for name in properties(order)), "output see_started", *_seen(core.ports)]
    pins = ", ".join([*(f".{verilog_name(port.name)}({_pin(port, order)})" for port in core.ports), *(f".{name}({name})" for name in more)])
    body = "\n".join(f"  {line}" for section in [*sections, f"{verilog_name(core.name)} core ({pins});"] for line in section.splitlines())
    return f"module {TOP} (input clk, {', '.join(heads)});\n{body}\nendmodule\n"


def properties(order: WordOrder) -> tuple[str, ...]:
    """The properties of a toy that are proven by PDR, by the names of their outputs."""
    names = ["silent_in_reset", "steady"]
    if order.core.is_source:
        return (*names, "gives_in_time", *["data"] * (order.given is not None))
    if order.core.waits_for_neighbours:
        names += ["none_too_many", "inside", "takes_in_time", "gives_in_time"]
        if order.toy.room:
            names.append("room")
    if order.given:
        names.append("fields")
    if "level" in order.sides.outputs:
        names.append("level")
    if order.toy.real_time:
        names += REAL_TIME
    if order.toy.expected:
        names.append("data")
    return tuple(names)


def span(width: int) -> str:
    return f"[{width - 1}:0]"


def _bits_for(value: int) -> int:
    return max(1, int(value).bit_length())


def _free_controls(order: WordOrder) -> Iterator[Port]:
    resets = {reset for _, reset in order.sides.domains.values()}
    return (port for name, port in order.sides.inputs.items() if name not in resets and name not in order.toy.controls)


def _inputs(order: WordOrder) -> list[str]:
    ticks = ["sink_tick", "source_tick", "keep_sink", "keep_source"] if order.two_clocks else []
    names = ["ask_reset", "offer", "ready", "mark", *ticks]
    free = [f"input {span(bits(port))} any_{name}" for name, port in order.sink.items()]
    controls = [f"input {span(bits(port))} {port.name}" for port in _free_controls(order)]
    return [*(f"input {name}" for name in names), f"input {span(_bits_for(order.most - 1))} which", *free, *controls]


def _seen(ports: Sequence[Port]) -> list[str]:
    return [f"output {span(bits(port))} see_{port.name}" for port in ports if port.name != "clk"]


def _pin(port: Port, order: WordOrder) -> str:
    """The net at a port; a clock's is whether it rises in this step."""
    return {clock: f"{side}_tick" for side, (clock, _) in order.sides.domains.items()}.get(port.name, port.name)


def _wires(order: WordOrder) -> Iterator[str]:
    free = {port.name for port in _free_controls(order)}
    clocks = order.sides.clocks
    for port in order.core.ports:
        if port.name not in clocks and port.name not in free:
            value = f" = {order.toy.controls[port.name]}" if port.name in order.toy.controls else ""
            yield f"wire {span(bits(port))} {port.name}{value};"
        if port.name != "clk":
            yield f"assign see_{port.name} = {_pin(port, order)};"
    yield "assign source_ready = ready;"
    if order.core.is_source:
        yield "wire sink_valid = 0, sink_ready = 0;"
    if not order.two_clocks:
        yield "wire sink_tick = 1, source_tick = 1;"


def _resets(order: WordOrder, replayed: bool) -> Iterator[str]:
    yield "wire started, first;\nassign see_started = started;"
    if order.two_clocks:
        yield (
            f"two_resets #(.HOLD({HELD_RESET})) resets (clk, sink_tick, source_tick, ask_reset, keep_sink, keep_source,"
            " sink_reset, source_reset, started, first);"
        )
    else:
        yield f"{'replayed' if replayed else 'any'}_reset resets (clk, ask_reset, reset, started, first);"
        yield "wire sink_reset = reset, source_reset = reset;"
    yield "wire taken = sink_tick & sink_valid & sink_ready & ~sink_reset;"
    yield "wire given = source_tick & source_valid & source_ready & ~source_reset;"


def _sink(order: WordOrder, replayed: bool) -> Iterator[str]:
    """Upstream, and the table of what its words bring about; nobody, where none are taken."""
    toy, fields = order.toy, order.sink
    count = _bits_for(toy.inside + order.most)
    if order.core.is_source:
        yield f"wire {span(count)} gain = 0;"
        return
    loose = [name for name in fields if name == "data" or toy.any_fields]
    width = sum(bits(fields[name]) for name in loose)
    sink, anything = ("{" + ", ".join(f"{start}_{name}" for name in loose) + "}" for start in ("sink", "any"))
    module = "replayed_upstream" if replayed else "upstream"
    yield f"{module} #(.WIDTH({width})) sender (clk, sink_tick, sink_reset, first, offer, sink_ready, {anything}, sink_valid, {sink});"
    columns = {"gain": count, **{f"due_{name}": bits(port) for name, port in fields.items() if name not in loose}}
    yield from _table("sink_place", "taken", "sink_reset", order.brought, columns)
    yield from (f"assign sink_{name} = due_{name};" for name in fields if name not in loose)


def _table(place: str, moves: str, reset: str, table: Periodic, columns: dict[str, int]) -> Iterator[str]:
    """A counter of words and the columns of a table at its place."""
    size = len(table.rows)
    yield f"reg {span(_bits_for(size - 1))} {place} = 0;"
    yield f"always @(posedge clk) {place} <= {reset} ? 0 : ~{moves} ? {place} : {place} == {size - 1} ? {table.start} : {place} + 1;"
    yield from (f"reg {span(width)} {name};" for name, width in columns.items())
    yield f"always @*\n  case ({place})"
    for number, row in enumerate(table.rows):
        label = str(number) if number < size - 1 else "default"
        yield f"    {label}: begin {' '.join(f'{name} = {value};' for name, value in zip(columns, row, strict=True))} end"
    yield "  endcase"


def _monitors(order: WordOrder) -> Iterator[str]:
    toy, source = order.toy, order.sides.fields["source"]
    count = _bits_for(toy.inside + order.most)
    word = "{" + ", ".join(f"source_{name}" for name in source) + "}"
    width = sum(bits(port) for port in source.values())
    wanted = properties(order)
    yield "wire both = sink_tick & source_tick, live = started & ~sink_reset & ~source_reset;"
    yield "silent_in_reset silent_in_reset_monitor (clk, source_tick, source_reset, source_valid, bad_silent_in_reset);"
    yield f"steady #(.WIDTH({width})) steady_monitor (clk, source_tick, source_reset, source_valid, source_ready, {word}, bad_steady);"
    yield f"wire {span(count)} inside;\nwire early, full, lost;"
    yield (
        f"words_inside #(.WIDTH({count}), .LIMIT({toy.inside})) counted (clk, sink_reset, taken, live & source_valid, given, gain,"
        " inside, early, full, lost);"
    )
    if "inside" in wanted:
        yield "assign bad_none_too_many = early;\nassign bad_inside = full;"
    for name, limit, waits in (
        ("takes", toy.takes_within, "sink_valid & ~sink_ready"),
        ("gives", toy.gives_within, "~source_valid" if order.core.is_source else "~source_valid & inside != 0 & ~lost"),
    ):
        if f"{name}_in_time" in wanted:
            size = _bits_for(limit)
            yield (
                f"patience #(.WIDTH({size}), .LIMIT({limit})) {name}_monitor (clk, both, live & source_ready & {waits},"
                f" bad_{name}_in_time);"
            )
    if "room" in wanted:
        yield f"assign bad_room = live & ~lost & inside < {toy.room} & ~sink_ready;"
    if order.given and order.core.is_source:
        yield from _table("source_place", "given", "source_reset", order.given, {"right_data": bits(source["data"])})
        yield "assign bad_data = live & source_valid & source_data != right_data;"
    elif order.given:
        columns = {f"right_{name}": bits(port) for name, port in source.items() if name != "data"}
        yield from _table("source_place", "given", "source_reset", order.given, columns)
        wrong = " | ".join(f"source_{name} != right_{name}" for name in source if name != "data")
        yield f"assign bad_fields = live & source_valid & ({wrong});"
    if "level" in wanted:
        yield "assign bad_level = live & ~lost & level != inside;"
    if toy.real_time:
        length = toy.description["segment_length"]
        outputs = ", ".join(f".bad_{name}(bad_{name})" for name in REAL_TIME)
        yield (
            f"real_time #(.WIDTH({bits(source['data'])}), .LENGTH({length}), .LIMIT({toy.real_time})) real_time_monitor (.clk(clk),"
            " .started(started), .reset(sink_reset), .enable(enable), .clear(clear), .offered(sink_valid), .taken(taken),"
            " .valid(source_valid), .ready(source_ready), .mark(mark), .word(sink_data), .found(source_data), .status(status),"
            f" {outputs});"
        )
    if toy.expected:
        yield from _followed(order, count)


def _followed(order: WordOrder, count: int) -> Iterator[str]:
    """Any word, chosen by the free input `mark`, against what it has to be."""
    assert order.toy.expected is not None
    expected = order.toy.expected(order.core)
    source, sink = order.sides.fields["source"], order.sink
    for port in _free_controls(order):
        yield f"reg {span(bits(port))} last_{port.name};\nalways @(posedge clk) last_{port.name} <= {port.name};"
    signed = "signed " if sink["data"].signed else ""
    yield f"wire {signed}{span(bits(sink['data']))} word = sink_data;"
    for number in range(1, expected.history + 1):
        newer = "word" if number == 1 else f"before_{number - 1}"
        yield f"reg {signed}{span(bits(sink['data']))} before_{number} = 0;"
        yield f"always @(posedge clk) before_{number} <= sink_reset ? 0 : taken ? {newer} : before_{number};"
    size = _bits_for(expected.history)
    yield f"reg {span(size)} count = 0;"
    yield f"always @(posedge clk) count <= sink_reset ? 0 : count + (taken & count != {expected.history});"
    yield f"wire {span(sum(map(bits, sink.values())))} sink_fields = {{{', '.join(f'sink_{name}' for name in sink)}}};"
    yield expected.declarations
    looked_at = dict(source) if expected.all_fields else {"data": source["data"]}
    found = "{" + ", ".join([*(f"source_{name}" for name in looked_at), *expected.beside]) + "}"
    width = sum(map(bits, looked_at.values())) + sum(bits(order.sides.outputs[name]) for name in expected.beside)
    yield f"reg {span(width)} expected;\nalways @*\n  case (which)"
    for number, choice in enumerate(expected.choices):
        yield f"    {number if number < len(expected.choices) - 1 else 'default'}: expected = {choice};"
    yield "  endcase"
    yield (
        f"followed #(.WIDTH({width}), .COUNT({count})) data_monitor (clk, sink_reset | lost, mark & taken & which < gain,"
        f" source_valid & ~source_reset, given, inside - given + which, expected, {found}, bad_data);"
    )
