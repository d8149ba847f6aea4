"""Parallel paths from one stream to one stream, as a core: what a chain has from where words part to where all meet."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from math import ceil, floor, hypot
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fixed_point import Format
from fixed_point.word_lengths.losses import NONE, Losses, Transfer
from fixed_point.word_lengths.noise_flow import Combination, NoiseFlow
from ip_cores.chain.meeting import Edge, Meeting, Waiting, meeting, rooms
from ip_cores.chain.wiring import ENTERING, Wiring
from ip_cores.core import Core
from ip_cores.fifo import Fifo
from ip_cores.inventory import Inventory
from ip_cores.parameters import ParameterError
from ip_cores.port import Port
from ip_cores.promise import Decisions, expected_error, first_of
from ip_cores.run_time import RunTimeInput, RunTimeInputs, Steered, inside
from ip_cores.schedule import Fields, amount, latency_of, owed, period_of
from ip_cores.split import Split
from ip_cores.stream_register import StreamRegister

SHORTEST_LOOK, LONGEST_LOOK = 64, 4096
"""Words for which branches are compared, beside some periods and their delays; and at most."""


MOST_DELAYED = 4096
"""Samples by which an input is delayed at most: with the words that wait beside them they fit in the longest queue."""


@dataclass(frozen=True)
class Arrival:
    """How late words are at some place, in words there.

    Attributes
    ----------
    late : Fraction
        By how much model and hardware are later than the reference, on the way that is least late.
    heard : Fraction or None
        By how much the signal lies later; None where that depends on the frequency, or differs from way to way.
    blocks : Fraction
        What a listener waits for beside that, because words leave in blocks, on the way with the most of it.
    rate : Fraction
        Words here for one that enters.
    """

    late: Fraction = Fraction(0)
    heard: Fraction | None = Fraction(0)
    rate: Fraction = Fraction(1)
    blocks: Fraction = Fraction(0)

    @property
    def known(self) -> Fraction:
        """What branches are balanced by."""
        return self.late if self.heard is None else self.heard


@dataclass(frozen=True)
class Paths(Core):
    """Parallel paths; nobody's description has them, a chain makes them of its stages.

    Attributes
    ----------
    nodes : tuple of Core
        Stages with several sinks, and rows of the others as a core each.
    wiring : Wiring
        What each of the nodes reads; the last one's words leave.
    numbers : tuple of tuple of int
        Which stages of the chain each node consists of.
    front : str
        What the stream in front of them is called.
    balanced : bool
        Whether words of the branches that delay less wait for those of the others.
    """

    nodes: tuple[Core, ...] = field(kw_only=True)
    wiring: Wiring = field(kw_only=True)
    numbers: tuple[tuple[int, ...], ...] = field(kw_only=True)
    front: str = field(kw_only=True)
    balanced: bool = field(kw_only=True, default=True)

    def check(self) -> None:
        for node, mine in zip(self.nodes, self.numbers, strict=True):
            if node.drops_words:
                allowed = "must give a word for every word at all times, as others do; in standby or at another rate it gives fewer"
                raise ParameterError(f"stages[{mine[0]}]", node.name, allowed)
        for number in range(len(self.nodes)):
            rates = [self.arrivals[one].rate for one in self.wiring.inputs[number]]
            if len(set(rates)) > 1:
                told = ", ".join(f"{rate} from {self._called(one)}" for rate, one in zip(rates, self.wiring.inputs[number], strict=True))
                allowed = f"must get as many words from each of its inputs; for a word that enters there would be {told}"
                raise ParameterError(f"stages[{self.numbers[number][0]}].inputs", self._listed(number), allowed)
        for (number, place), waits in self.zeros.items():
            if waits > MOST_DELAYED:
                told = f"{amount(waits, 'sample')} earlier than another input, {self._called(self.wiring.inputs[number][place])} would have"
                allowed = f"must be in step within {amount(MOST_DELAYED, 'sample')}: {told} to wait in a queue that is too long"
                raise ParameterError(f"stages[{self.numbers[number][0]}].inputs", self._listed(number), allowed)

    def _listed(self, number: int) -> list[str]:
        """A node's inputs as the description has them."""
        return [self._called(one) for one in self.wiring.inputs[number]]

    def _called(self, number: int) -> str:
        """A node, as people call it: its last stage."""
        if number == ENTERING:
            return self.front
        return self.nodes[number].parts[-1].name if self._is_row(number) else self.nodes[number].name

    def _is_row(self, number: int) -> bool:
        """Whether a node is several stages, whose ports are called after each of them."""
        return len(self.numbers[number]) > 1

    # Formats and fields: those of whoever reads what enters, and of the last.

    @cached_property
    def first(self) -> Core:
        """One of those that get the words that enter."""
        return self.nodes[self.wiring.readers(ENTERING)[0][0]]

    @property
    def last(self) -> Core:
        """The one whose words leave."""
        return self.nodes[-1]

    @property
    def sink_format(self) -> Format:
        return self.first.sink_format

    @property
    def source_format(self) -> Format | dict[str, Format]:
        return self.last.source_format

    @property
    def sink_ports(self) -> tuple[Port, ...]:
        return tuple(replace(port, name=f"sink_{port.name.rpartition('_')[2]}") for port in self.first.sink_ports)

    @property
    def source_ports(self) -> tuple[Port, ...]:
        return self.last.source_ports

    def accompany(self, words: Any) -> dict[str, Any]:
        return next((one.accompany(words) for one in self._readers_of_input if len(one.sinks) == 1), {})

    @property
    def _readers_of_input(self) -> list[Core]:
        return [self.nodes[number] for number, _ in self.wiring.readers(ENTERING)]

    @property
    def bank_of_words(self) -> tuple[str, int] | None:
        return next((node.bank_of_words for node in reversed(self.nodes) if node.bank_of_words is not None), None)

    # How late words are, and what is done about it.

    @cached_property
    def _balance(self) -> tuple[dict[Edge, int], dict[int, Arrival]]:
        """Words by which each input is delayed, and how late words are behind each node."""
        waits: dict[Edge, int] = {}
        found = {ENTERING: Arrival()}
        for number in self.wiring.order:
            node, there = self.nodes[number], [found[one] for one in self.wiring.inputs[number]]
            latest = max(one.known for one in there)
            if len(there) > 1 and self.balanced and not node.sink_ports:
                waits |= {(number, place): floor(latest - one.known) for place, one in enumerate(there) if floor(latest - one.known)}
            late = min(one.late + waits.get((number, place), 0) for place, one in enumerate(there))
            heard = {None if one.heard is None else one.heard + waits.get((number, place), 0) for place, one in enumerate(there)}
            both = heard.pop() if len(heard) == 1 else None
            own, rate = node.word_delay, node.rate
            blocks = max(one.blocks for one in there) + (Fraction(0) if own is None else (node.group_delay or own) - own)
            found[number] = Arrival(
                (late + node.algorithmic_delay) * rate,
                None if both is None or own is None else (both + own) * rate,
                there[0].rate * rate,
                blocks * rate,
            )
        return waits, found

    @property
    def arrivals(self) -> Mapping[int, Arrival]:
        """How late words are behind each node."""
        return self._balance[1]

    @property
    def zeros(self) -> dict[Edge, int]:
        """Words by which each input is delayed."""
        return self._balance[0]

    @property
    def delay(self) -> int:
        end = self.arrivals[len(self.nodes) - 1]
        return ceil(end.late / end.rate)

    @property
    def group_delay(self) -> Fraction | None:
        end = self.arrivals[len(self.nodes) - 1]
        return None if end.heard is None else (end.heard + end.blocks) / end.rate

    @property
    def word_delay(self) -> Fraction | None:
        end = self.arrivals[len(self.nodes) - 1]
        return None if end.heard is None else end.heard / end.rate

    @property
    def rate(self) -> Fraction:
        return self.arrivals[len(self.nodes) - 1].rate

    @property
    def derived(self) -> Mapping[str, str]:
        """How branches are balanced, where they meet."""
        found: dict[str, str] = {}
        for number, place in self._meetings:
            node, arrival = self.nodes[number], self.arrivals[self.wiring.inputs[number][place]]
            latest = max(self.arrivals[one].known for one in self.wiring.inputs[number])
            waits = self.zeros.get((number, place), 0)
            told = [f"delayed by {amount(waits, 'sample')}"] if waits else []
            early = latest - arrival.known - waits
            if arrival.heard is None:
                told.append("its delay depends on the frequency, or differs from path to path: not balanced")
            elif early:
                told.append(f"still {amount(early, 'sample')} earlier than the others")
            room = self.rooms.get((number, place))
            if room is not None:
                told.append(f"room for {amount(room.depth, 'word')}")
            found[f"{node.name} input {place}, {self._called(self.wiring.inputs[number][place])}"] = "; ".join(told) or "as it comes"
        return found

    @property
    def _meetings(self) -> list[Edge]:
        """Inputs of the nodes that have several."""
        return [(number, place) for number, given in enumerate(self.wiring.inputs) for place in range(len(given)) if len(given) > 1]

    @cached_property
    def rooms(self) -> dict[Edge, Waiting]:
        """What stands in front of inputs where branches meet."""
        timings = [node.timing() for node in self.nodes]
        periods = [period_of(one).taken for one in timings if one is not None]
        words = SHORTEST_LOOK + 4 * max(periods, default=0) + 2 * sum(node.algorithmic_delay for node in self.nodes)
        return rooms(
            [node.timing for node in self.nodes], [functools.partial(words_come_of, node) for node in self.nodes], self.wiring, self.zeros,
            min(words, LONGEST_LOOK), max((self._pace(number) for number, _ in self._meetings), default=1),
        )  # fmt: skip

    @property
    def waiting(self) -> dict[Edge, Waiting]:
        """What stands in front of inputs, by the numbers of stages."""
        return {(self.numbers[number][0], place): room for (number, place), room in self.rooms.items()}

    def _pace(self, number: int) -> int:
        """Whole clocks that a node takes for a word that enters."""
        return floor(self.nodes[number].cycles_per_sample * self.arrivals[self.wiring.inputs[number][0]].rate)

    def timing(self, fields: Fields | None = None) -> Meeting | None:
        entering = {number for number, _ in self.wiring.readers(ENTERING)}
        timings = [node.timing(fields) if number in entering else node.timing() for number, node in enumerate(self.nodes)]
        known = [one for one in timings if one is not None]
        return meeting(known, self.wiring, self.rooms) if len(known) == len(timings) else None

    @cached_property
    def latency(self) -> int:
        timing = self.timing()
        if timing is not None:
            return latency_of(timing)
        ways = {ENTERING: 0}
        for number in self.wiring.order:
            ways[number] = max(ways[one] for one in self.wiring.inputs[number]) + self.nodes[number].latency
        return ways[len(self.nodes) - 1]

    @cached_property
    def cycles_per_sample(self) -> Fraction:
        timing = self.timing()
        if timing is not None:
            return period_of(timing).cycles_per_sample
        before = [self.arrivals[self.wiring.inputs[number][0]].rate for number in range(len(self.nodes))]
        return max(node.cycles_per_sample * rate for node, rate in zip(self.nodes, before, strict=True))

    @cached_property
    def capacity(self) -> int:
        """What the nodes on a way hold, and what waits on it: a word that is due and has not been given is on every way."""
        held = {ENTERING: 0}
        for number in self.wiring.order:
            waits = (self.rooms.get((number, place)) for place in range(len(self.wiring.inputs[number])))
            rooms = [0 if room is None else room.depth + room.zeros for room in waits]
            front = min(held[one] + room for one, room in zip(self.wiring.inputs[number], rooms, strict=True))
            held[number] = self.nodes[number].capacity_behind(front) + self.nodes[number].capacity
        return held[len(self.nodes) - 1]

    @property
    def check_length(self) -> int:
        return sum(node.check_length for node in self.nodes)

    @property
    def patience(self) -> int:
        return sum(node.patience for node in self.nodes) + 4 * ceil(self.cycles_per_sample)

    @property
    def settling(self) -> int:
        return sum(node.settling for node in self.nodes)

    # What becomes of words.

    def _flow(self, x: Any, through: Any) -> dict[int, Any]:
        """What stands behind each node; `through` says what a node makes of what it gets."""
        found = {ENTERING: x}
        for number in self.wiring.order:
            node, given = self.nodes[number], [found[one] for one in self.wiring.inputs[number]]
            late = [delayed(one, self.zeros.get((number, place), 0)) for place, one in enumerate(given)]
            found[number] = through(number, node, dict(zip(node.sinks, late, strict=True)) if len(late) > 1 else late[0])
        return found

    def model(self, x: Any) -> Any:
        return self._flow(x, lambda number, node, given: node.model(given))[len(self.nodes) - 1]

    def late_reference(self, x: Any) -> Any:
        return self._flow(x, lambda number, node, given: node.late_reference(given))[len(self.nodes) - 1]

    def reference(self, x: Any) -> Any:
        if not self.delay:
            return self.late_reference(x)
        samples = np.asarray(x, dtype=np.float64)
        found = self.late_reference(np.concatenate([samples, np.zeros(2 * self.delay)]))
        return found[self.delay_words :][: ceil(samples.size * self.rate)]

    def reference_with(self, x: Any, coefficients: Sequence[NDArray[np.float64]]) -> Any:
        counts = np.cumsum([0, *(len(node.losses.coefficients) for node in self.nodes)])
        sets = [coefficients[begin:end] for begin, end in pairwise(counts)]
        return self._flow(x, lambda number, node, given: node.reference_with(given, sets[number]))[len(self.nodes) - 1]

    def limited(self, x: Any, guard: float = 0.0) -> Any:
        lost = [self._lost_in_front(number) for number in range(len(self.nodes))]
        return self._flow(x, lambda number, node, given: node.limited(given, guard + lost[number].noise.limit))[len(self.nodes) - 1]

    # What word lengths cost.

    @cached_property
    def _ways(self) -> list[dict[int, Transfer]]:
        """Of each node what becomes of errors behind every node before it, and of those that enter, on all ways to its source."""
        found: list[dict[int, Transfer]] = [{} for _ in self.nodes]
        for number in self.wiring.order:
            node = self.nodes[number]
            for name, one in zip(node.sinks, self.wiring.inputs[number], strict=True):
                own = Transfer.of(node.sink_gains[name][0]) if node.sink_gains else node.losses.transfer
                ways = {one: own} | ({other: own.behind(way) for other, way in found[one].items()} if one != ENTERING else {})
                for other, way in ways.items():
                    found[number][other] = beside(found[number][other], way) if other in found[number] else way
        return found

    def _arrived(self, number: int) -> Losses:
        """What the nodes in front of one have lost, behind it."""
        total = NONE
        for one, way in self._ways[number].items():
            if one != ENTERING:
                lost = self.nodes[one].losses
                through = replace(way, total=way.peak) if lost.towards_zero else way
                total = total + through.white(lost.worst_phase or lost.white) + through.coloured(lost.coloured)
        return Losses(coloured=total)

    def _lost_in_front(self, number: int) -> Losses:
        """What has been lost of the words that a node gets; of several, of those that lost most."""
        losses = [self._behind(one) for one in self.wiring.inputs[number] if one != ENTERING]
        return max(losses, key=lambda one: one.noise.limit, default=Losses())

    def _behind(self, number: int) -> Losses:
        own, arrived = self.nodes[number].losses, self._arrived(number)
        return Losses(own.white, own.coloured + arrived.coloured)

    @cached_property
    def losses(self) -> Losses:
        last = len(self.nodes) - 1
        behind, each = self._behind(last), [node.losses for node in self.nodes]
        return Losses(
            behind.white, behind.coloured, self._ways[last].get(ENTERING, Transfer(0.0, 0.0, 0.0, 0.0)),
            tuple(one for lost in each for one in lost.coefficients), any(lost.towards_zero for lost in each),
            worst_phase=each[last].worst_phase, decimates=any(lost.decimates for lost in each),
        )  # fmt: skip

    @property
    def wraps(self) -> bool:
        return any(node.wraps for node in self.nodes)

    @property
    def decides(self) -> bool:
        return any(node.decides for node in self.nodes)

    def following(self, words: Any) -> Paths:
        if not self.decides:
            return self
        found = list(self.nodes)

        def through(number: int, node: Core, given: Any) -> Any:
            found[number] = node.following(given)
            return node.model(given)

        self._flow(words, through)
        return self.altered(nodes=tuple(found))

    def decisions(self, x: Any, words: Any, error: float = 0.0) -> Decisions | None:
        if not self.decides:
            return None
        total: list[Decisions | None] = []
        values = self._flow(x, lambda number, node, given: node.late_reference(given))

        def through(number: int, node: Core, given: Any) -> Any:
            if node.decides:
                one = self.wiring.inputs[number][0]
                before = self._up_to(one)
                off = (before.losses.transfer.peak * error, expected_error(before, words)) if before else (error,)
                reads = [delayed(values[one], self.zeros.get((number, place), 0)) for place, one in enumerate(self.wiring.inputs[number])]
                x = dict(zip(node.sinks, reads, strict=True)) if len(reads) > 1 else reads[0]
                total.append(node.decisions(x, given, hypot(*off)))
            return node.model(given)

        self._flow(words, through)
        made = [one for one in total if one is not None]
        return functools.reduce(Decisions.__add__, made) if made else None

    def _up_to(self, number: int) -> Core | None:
        """The paths as far as to a node; None of what enters."""
        if number == ENTERING:
            return None
        needed, left = set[int](), [number]
        while left:
            one = left.pop()
            if one != ENTERING and one not in needed:
                needed.add(one)
                left += self.wiring.inputs[one]
        kept = [*sorted(needed - {number}), number]
        if len(kept) == 1 and len(self.wiring.inputs[number]) == 1:
            return self.nodes[number]
        nodes, numbers = tuple(self.nodes[one] for one in kept), tuple(self.numbers[one] for one in kept)
        wiring = self.wiring.within(kept)
        return Paths(
            name=self.name, sample_rate=self.sample_rate, nodes=nodes, wiring=wiring, numbers=numbers,
            front=self.front, balanced=self.balanced,
        )  # fmt: skip

    @property
    def linear_part(self) -> Core | None:
        """All of it, if every node is linear."""
        linear = all(node.sink_gains or node.linear_part is node for node in self.nodes)
        return self if linear else None

    @property
    def filter_taps(self) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
        """Those of all paths together, where all are filters at one rate."""
        if self.rate != 1 or any(self._taps(number, 0, 0) is None for number in range(len(self.nodes))):
            return None
        return self._response(0), self._response(1)

    def _taps(self, number: int, place: int, which: int) -> NDArray[np.float64] | None:
        """What a node makes of one of its inputs, with the delay in front of it: as given (0), or as quantised (1)."""
        node, own = self.nodes[number], None
        if node.sink_gains:
            own = np.array([list(node.sink_gains.values())[place][which]])
        elif node.filter_taps is not None:
            own = node.filter_taps[which]
        return None if own is None else np.pad(own, (self.zeros.get((number, place), 0), 0))

    def _response(self, which: int, start: int = ENTERING) -> NDArray[np.float64]:
        """The impulse response of all ways from a node to the last one's source."""
        taps: dict[int, NDArray[np.float64]] = {start: np.ones(1)}
        for number in self.wiring.order:
            if number != start:
                own = [(self._taps(number, place, which), taps.get(one)) for place, one in enumerate(self.wiring.inputs[number])]
                ways = [np.convolve(way, before) for way, before in own if way is not None and before is not None]
                if ways:
                    length = max(map(len, ways))
                    taps[number] = np.sum([np.pad(one, (0, length - len(one))) for one in ways], axis=0)
        return taps[len(self.nodes) - 1]

    def _stages(self, number: int, node: Core) -> tuple[Core, ...]:
        """The stages that a node consists of."""
        return node.parts if self._is_row(number) else (node,)

    def noise(self, entering: NoiseFlow) -> NoiseFlow | None:
        """Of filters: every rounding passes all ways from where it is made to the end, added up as signals are."""
        taps, lost = self.filter_taps, [stage.losses for number, node in enumerate(self.nodes) for stage in self._stages(number, node)]
        if taps is None or any(one.towards_zero or one.coloured.limit for one in lost):
            return None
        roundings = []
        for number, node in enumerate(self.nodes):
            rest = self._response(1, number)
            for stage in reversed(self._stages(number, node)):
                roundings.append((stage.losses.white, rest))
                own = stage.filter_taps
                rest = rest if own is None else np.convolve(own[1], rest)
        return entering.combined(Combination(*taps, tuple(roundings)))

    @property
    def run_time_inputs(self) -> RunTimeInputs:
        """Those of the stages in front of which at least one word comes of every word, and at a known time."""
        found: dict[str, RunTimeInput] = {}
        steady = {ENTERING: True}
        for number in self.wiring.order:
            node, before = self.nodes[number], all(steady[one] for one in self.wiring.inputs[number])
            if before:
                found |= node.run_time_inputs if self._is_row(number) else inside(node.run_time_inputs, node.name)
            steady[number] = before and node.timing() is not None and node.rate >= 1
        return found

    def steered_model(self, x: Any, values: Steered) -> Any:
        met = {ENTERING: np.arange(len(first_of(x)))}

        def through(number: int, node: Core, given: Any) -> Any:
            # A node goes on with the last of the words that it waits for.
            fronts = [delayed(met[one], self.zeros.get((number, place), 0)) for place, one in enumerate(self.wiring.inputs[number])]
            count = min(map(len, fronts))
            due = np.maximum.reduce([one[:count] for one in fronts])
            names = [name for name in node.run_time_inputs if (name if self._is_row(number) else f"{node.name}_{name}") in values]
            if due.size and node.timing() is not None:
                met[number] = due[node.due_with(count)]
            else:
                met[number] = np.zeros(0, np.int64)
            if not names:
                return node.model(given)
            return node.steered_model(given, {name: values[name if self._is_row(number) else f"{node.name}_{name}"][due] for name in names})

        return self._flow(x, through)[len(self.nodes) - 1]

    @property
    def waits_for_neighbours(self) -> bool:
        return all(node.waits_for_neighbours for node in self.nodes)

    @property
    def inventory(self) -> Inventory | None:
        parts = [node.inventory for node in self.nodes]
        parts += [room_inventory(room, self.nodes[number]) for (number, _), room in self.rooms.items()]
        readers = [len(self.wiring.readers(number)) for number in range(ENTERING, len(self.nodes))]
        parts += [Split(ways=ways).inventory for ways in readers if ways > 1]
        known = tuple(part for part in parts if part is not None)
        return Inventory("chain", parts=known, control=False) if len(known) == len(parts) else None


def room_inventory(room: Waiting, node: Core) -> Inventory:
    """What words wait in."""
    beside = sum(port.width or 1 for port in node.sink_ports)
    width = node.sink_format.word_length + beside
    if room.is_register:
        return StreamRegister(sink=Format(True, width, 0)).inventory
    zeros = Inventory("", counters=room.zeros.bit_length(), multiplexers=width if room.zeros else 0)
    return Fifo(sink=Format(True, width, 0), depth=room.depth).inventory + zeros


def words_come_of(core: Core, words: int) -> NDArray[np.int64]:
    """How many words come of 0, 1, … so many sink words."""
    timing = core.timing()
    if timing is not None:
        return np.asarray(owed(timing, words), dtype=np.int64)
    return np.array([len(first_of(core.outline(np.zeros(count, np.int64)))) for count in range(words + 1)], dtype=np.int64)


def delayed(given: Any, words: int) -> Any:
    """Words behind some zeros."""
    return np.concatenate([np.zeros(words, np.asarray(given).dtype), given]) if words else given


def beside(one: Transfer, other: Transfer) -> Transfer:
    """Of errors that go both ways and add up at the end, at worst."""
    energy = (one.energy**0.5 + other.energy**0.5) ** 2
    return Transfer(one.total + other.total, energy, one.norm + other.norm, one.peak + other.peak)
