"""Network: what its hardware follows from, in numbers: the micro-program, the tables that it reads in order, where words stand."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from functools import cached_property

from fixed_point.conv_network import FACTOR, GUARD, LANES, ONE, TABLE, NetworkWords, WordLayer, exact_bits
from ip_cores.conv_network.memories import shapes
from ip_cores.hierarchy import Rows
from ip_cores.inventory import Inventory
from ip_cores.schedule import FOREVER, Clockwork

TAPS = {"depthwise": 3, "apply": 2}
"""Clocks of a channel in layers in which every channel has inputs of its own."""

FLAGS = ("by_channel", "from_samples", "from_rings", "by_masks", "adds_line", "decodes")
"""What the lowest bits of an instruction say."""

PAIR = 2
"""Weights in a row of a table, at most: so a row is a number."""

LONGEST_NUMBER = 31
"""Bits of a row that is written as a number."""

DRAIN = 3
"""Clocks behind the last product of a group, beside one for each multiplier, until its sums have left the first of them."""

WRITE = 2
"""Clocks behind the last rest of a frame until its last sum has been written."""

FETCH = 2
"""Clocks of an instruction in front of its first product: it is read, and taken apart."""


@dataclass(frozen=True)
class LayerInstruction:
    """A word of the micro-program.

    Attributes
    ----------
    kind : str
        Of the layer, as in `fixed_point.conv_network.Layer`.
    taps : int
        Products that enter a sum; clocks of a channel.
    groups : int
        Groups of as many outputs as there are multipliers.
    source, beside, destination : int
        First words in the scratch memory: of what is multiplied, of what is added or multiplied by masks, of what is written.
    slope : int
        Of negative sums.
    ring, dilation : int
        First word of the layer's rings, and frames between its taps.
    remark : str
    """

    kind: str
    taps: int
    groups: int
    source: int
    beside: int
    destination: int
    slope: int
    ring: int
    dilation: int
    remark: str

    @property
    def flags(self) -> dict[str, bool]:
        kind = self.kind
        return {
            "by_channel": kind in LANES,
            "from_samples": kind == "first",
            "from_rings": kind == "depthwise",
            "by_masks": kind == "apply",
            "adds_line": kind == "residual",
            "decodes": kind == "transposed",
        }


@dataclass(frozen=True)
class NetworkPlan:
    """What the hardware of a network follows from.

    Attributes
    ----------
    words : NetworkWords
    multipliers : int
    """

    words: NetworkWords
    multipliers: int

    @property
    def hop(self) -> int:
        return self.words.hop

    @property
    def hop_bits(self) -> int:
        return self.hop.bit_length() - 1

    @property
    def layers(self) -> tuple[WordLayer, ...]:
        return self.words.layers

    def whole(self, count: int) -> int:
        """So many words, filled up to whole groups."""
        return -(-count // self.multipliers) * self.multipliers

    @cached_property
    def names(self) -> tuple[str, ...]:
        """What each layer is, for the reader."""
        found, block = [], 0
        for place, layer in enumerate(self.layers):
            kind = layer.kind
            if kind == "pointwise" and place > 1:
                block += 1
            within = {"pointwise": "expand", "depthwise": "depthwise", "residual": "project"}.get(kind)
            ends = {"first": "encoder", "mask": "mask, logits", "apply": "mask times features", "transposed": "decoder"}
            found.append("bottleneck" if place == 1 else ends[kind] if within is None else f"block {block} {within}")
        return tuple(found)

    @cached_property
    def regions(self) -> dict[str, int]:
        """First word of each region of the scratch memory; logits, which are masked in place, stand where hidden words were."""
        features, line, hidden = (self.whole(len(self.layers[place].weights)) for place in (0, 1, 2))
        return {"features": 0, "line": features, "expanded": features + line, "filtered": features + line + hidden,
                "masked": features + line, "end": features + line + max(2 * hidden, features)}  # fmt: skip

    @cached_property
    def rings(self) -> dict[int, int]:
        """First word of the rings of each depthwise layer, by its place among all layers: the longest first, so that all are aligned."""
        found, first = {}, 0
        places = [place for place, layer in enumerate(self.layers) if layer.kind == "depthwise"]
        for place in sorted(places, key=lambda place: -self.layers[place].dilation):
            found[place] = first
            first += self.whole(len(self.layers[place].weights)) * 2 * self.layers[place].dilation
        return found

    @property
    def ring_words(self) -> int:
        """Words in all rings."""
        return sum(self.whole(len(layer.weights)) * 2 * layer.dilation for layer in self.layers)

    @property
    def ring_bits(self) -> int:
        """Of an address in the rings."""
        return (self.ring_words - 1).bit_length()

    @property
    def longest(self) -> int:
        """Frames in the longest ring."""
        return 2 * max(layer.dilation for layer in self.layers)

    @property
    def frame_bits(self) -> int:
        """Of a count of frames that tells places in the longest ring."""
        return self.longest.bit_length() - 1

    @cached_property
    def program(self) -> tuple[LayerInstruction, ...]:
        """The instructions, a layer each."""
        at = self.regions
        ways = {
            "first": (0, 0, at["features"]),
            "pointwise": (at["line"], 0, at["expanded"]),
            "depthwise": (at["expanded"], 0, at["filtered"]),
            "residual": (at["filtered"], at["line"], at["line"]),
            "mask": (at["line"], 0, at["masked"]),
            "apply": (at["masked"], at["features"], at["masked"]),
            "transposed": (at["masked"], 0, 0),
        }
        found = []
        for place, (layer, name) in enumerate(zip(self.layers, self.names, strict=True)):
            source, beside, destination = (at["features"], 0, at["line"]) if place == 1 else ways[layer.kind]
            outputs, inputs = map(int, layer.weights.shape)
            taps = TAPS[layer.kind] if layer.kind in TAPS else int(inputs)
            entering = f"{outputs} channels" if layer.kind in LANES else f"{inputs} to {outputs} words"
            apart = f", d = {layer.dilation}" if layer.dilation else ""
            remark = f"{name}{apart}: {entering}"
            groups = self.whole(outputs) // self.multipliers
            ring = self.rings.get(place, 0)
            found.append(
                LayerInstruction(layer.kind, taps, groups, source, beside, destination, layer.slope, ring, max(1, layer.dilation), remark)
            )
        return tuple(found)

    @cached_property
    def fields(self) -> dict[str, tuple[int, int, int]]:
        """Where the numbers of an instruction stand: number of the word, end and begin of their bits; flags begin the first."""
        widths = {
            "taps": max(1, max(one.taps - 1 for one in self.program).bit_length()),
            "groups": max(1, max(one.groups - 1 for one in self.program).bit_length()),
            "slope": FACTOR.word_length,
            "source": self.scratch_bits,
            "beside": self.scratch_bits,
            "destination": self.scratch_bits,
            "ring": self.ring_bits,
            "span": self.frame_bits + 1,
        }
        found, word, begin = {}, 0, len(FLAGS)
        for name, width in widths.items():
            if begin + width > LONGEST_NUMBER:
                word, begin = word + 1, 0
            found[name] = word, begin + width, begin
            begin += width
        return found

    @property
    def instruction_words(self) -> list[int]:
        """Bits of each word of an instruction."""
        count = 1 + max(word for word, _, _ in self.fields.values())
        return [max(end for word, end, _ in self.fields.values() if word == number) for number in range(count)]

    @cached_property
    def program_tables(self) -> list[Rows]:
        """The micro-program: a table for each word of an instruction."""
        rows = [[0] * len(self.program) for _ in self.instruction_words]
        for place, one in enumerate(self.program):
            numbers = {
                "taps": one.taps - 1, "groups": one.groups - 1, "source": one.source, "beside": one.beside, "destination": one.destination,
                "slope": one.slope % (1 << FACTOR.word_length), "ring": one.ring, "span": 2 * one.dilation,
            }  # fmt: skip
            rows[0][place] = sum(flag << number for number, flag in enumerate(one.flags.values()))
            for name, number in numbers.items():
                word, _, begin = self.fields[name]
                rows[word][place] += number << begin
        return [Rows(table, [one.remark for one in self.program]) for table in rows]

    @cached_property
    def weight_tables(self) -> list[Rows]:
        """Weights in the order in which they are read, one for each multiplier in a row, two in a table."""
        bits, count = self.words.weight_bits, self.multipliers
        pairs = [range(first, min(first + PAIR, count)) for first in range(0, count, PAIR)]
        found: list[tuple[list[int], list[str]]] = [([], []) for _ in pairs]
        mask = (1 << bits) - 1
        for layer, name in zip(self.layers, self.names, strict=True):
            if layer.kind == "apply":
                continue
            weights = layer.weights.tolist()
            weights += [[0] * len(weights[0])] * (self.whole(len(weights)) - len(weights))
            for first in range(0, len(weights), count):
                for (rows, remarks), lanes in zip(found, pairs, strict=True):
                    group = [weights[first + lane] for lane in lanes]
                    for number, words in enumerate(self._rows_of(layer, weights[first : first + count], lanes, group)):
                        rows.append(sum((word & mask) << bits * place for place, word in enumerate(words)))
                        remarks.append(f"{name} {first + lanes[0]}, row {number}: {', '.join(map(str, words))}")
        return [Rows([*rows, 0], [*remarks, "all have been read"]) for rows, remarks in found]

    def _rows_of(self, layer: WordLayer, group: list[list[int]], lanes: range, own: list[list[int]]) -> list[tuple[int, ...]]:
        """Rows of a group of outputs, of some of its multipliers: an input each, or where channels have their own a tap of one channel."""
        if layer.kind != "depthwise":
            return list(zip(*own, strict=True))
        return [tuple(word if lane == at else 0 for at in lanes) for lane, row in enumerate(group) for word in row]

    @cached_property
    def offset_table(self) -> Rows:
        """For each sum in turn by how much it is shifted, in the highest bits, and what is added."""
        rows, remarks = [], []
        for layer, name in zip(self.layers, self.names, strict=True):
            left = self.whole(len(layer.shifts)) - len(layer.shifts)
            pairs = [*zip(layer.shifts.tolist(), layer.offsets.tolist(), strict=True), *[(0, 0)] * left]
            for number, (shift, offset) in enumerate(pairs):
                rows.append(shift << self.offset_bits | offset % (1 << self.offset_bits))
                remarks.append(f"{name} {number}: {shift} places, {offset}")
        return Rows([*rows, 0], [*remarks, "all have been read"])

    @cached_property
    def mask_rows(self) -> Rows:
        """Masks by the upper bits of a logit, taken for a number without a sign."""
        half = TABLE // 2
        order = [*range(half, TABLE), *range(half)]
        return Rows([self.words.masks[row] for row in order], [f"{self.words.masks[row] / ONE:.4f}" for row in order])

    @property
    def offset_bits(self) -> int:
        return self.words.activation_bits + GUARD

    @cached_property
    def shift_bits(self) -> int:
        return max(1, max(int(layer.shifts.max()) for layer in self.layers).bit_length())

    @property
    def scratch_bits(self) -> int:
        """Of an address in the scratch memory."""
        return max(1, (self.regions["end"] - 1).bit_length())

    @property
    def write_bits(self) -> int:
        """Of the count of what is written, which places the decoder's sums too."""
        return max(self.scratch_bits, self.hop_bits + 1)

    @cached_property
    def sum_bits(self) -> int:
        """Of a sum of products."""
        return max(exact_bits(self.words, layer)[0] for layer in self.layers)

    @cached_property
    def total_bits(self) -> int:
        """Of a sum that has been shifted, with what is added."""
        return max(exact_bits(self.words, layer)[1] for layer in self.layers)

    @property
    def factor_bits(self) -> int:
        """Of the word that is multiplied by weights."""
        return max(self.words.sink.word_length, self.words.activation_bits + GUARD)

    @property
    def weight_bits(self) -> int:
        """Of the other factor: a weight, a slope or a mask."""
        return max(self.words.weight_bits, FACTOR.word_length)

    @property
    def rest(self) -> int:
        """Clocks from the last product of a group to the first of the next one, less one."""
        return DRAIN + self.multipliers

    def clocks(self, one: LayerInstruction) -> int:
        """Clocks of an instruction behind those in which it is fetched."""
        channels = self.multipliers if one.flags["by_channel"] else 1
        return one.groups * (one.taps * channels + self.rest)

    @property
    def clocks_before(self) -> int:
        """Clocks from the begin of a frame until the decoder may begin."""
        return sum(FETCH + self.clocks(one) for one in self.program[:-1]) + FETCH - 1

    @property
    def clocks_behind(self) -> int:
        """Clocks of the decoder, until the last of its sums has been written."""
        return self.clocks(self.program[-1]) + WRITE

    @property
    def frame_clocks(self) -> int:
        """Clocks of a frame, nothing stalled."""
        return 1 + self.clocks_before + 1 + self.clocks_behind

    @property
    def products(self) -> int:
        """Products of a frame."""
        return sum(layer.weights.size for layer in self.layers)

    @property
    def timing(self) -> FrameTiming:
        return FrameTiming(self.hop, self.clocks_before, self.clocks_behind)

    @property
    def inventory(self) -> Inventory:
        """What is built for it."""
        words, count = self.words, self.multipliers
        source = words.source.word_length + GUARD
        weights = [shape for rows in self.weight_tables for shape in shapes(len(rows), min(PAIR, count) * words.weight_bits)]
        offsets = shapes(len(self.offset_table), self.offset_bits + self.shift_bits)
        rings = shapes(self.ring_words, words.activation_bits)
        chosen = sum((len(one) - 1) * one[0][1] for one in (weights, offsets, rings))
        return Inventory(
            "conv_network",
            adders=count * self.sum_bits + 2 * self.total_bits + self.factor_bits + words.activation_bits + source,
            results=count * (self.sum_bits + self.factor_bits + self.weight_bits) + 2 * self.total_bits + self.offset_bits + 2 * source,
            multiplexers=self.sum_bits * (count - 1) + self.sum_bits * self.shift_bits + 3 * self.factor_bits
            + (count + 1) * self.weight_bits + chosen,
            counters=4 * self.scratch_bits + 2 * self.ring_bits + 2 * self.frame_bits + 4 * self.hop_bits
            + len(self.weight_tables[0]).bit_length() + len(self.offset_table).bit_length() + 40,
            constants=(
                *weights, *offsets, *((len(self.program), bits) for bits in self.instruction_words), (TABLE, FACTOR.word_length - 1),
            ),
            memories=(
                (1 << self.scratch_bits, words.activation_bits), *rings, (4 * self.hop, words.sink.word_length), (2 * self.hop, source),
            ),
            products=((self.factor_bits, self.weight_bits),) * count,
        )  # fmt: skip


class FrameTiming(Clockwork):
    """Hops are taken while a frame is computed; its words are given while the next one is, and the decoder waits until they are gone.

    Parameters
    ----------
    hop : int
        Samples from a frame to the next.
    before, behind : int
        Clocks of a frame in front of the decoder and of the decoder.
    """

    IDLE, BEFORE, GATE, BEHIND = range(4)

    def __init__(self, hop: int, before: int, behind: int) -> None:
        self.hop, self.before, self.behind = hop, before, behind
        self.filled, self.full, self.phase, self.left = 0, False, self.IDLE, 0
        self.owed, self.valid = 0, False

    def ready(self, behind: bool) -> bool:
        return not self.full

    def tick(self, offered: bool, behind: bool) -> None:
        takes, begins, was_giving = offered and not self.full, self.phase == self.IDLE and self.full, self.owed > 0
        if self.valid:
            if behind:
                self.valid, self.owed = False, self.owed - 1
        elif self.owed:
            self.valid = True
        if begins:
            self.phase, self.left, self.full = self.BEFORE, self.before, False
        elif self.phase == self.GATE:
            if not was_giving:
                self.phase, self.left = self.BEHIND, self.behind
        elif self.left:
            self.left -= 1
            if not self.left and self.phase == self.BEFORE:
                self.phase = self.GATE
            elif not self.left:
                self.phase, self.owed = self.IDLE, self.hop
        if takes:
            self.filled = (self.filled + 1) % self.hop
            self.full = not self.filled

    @property
    def state(self) -> Hashable:
        return self.filled, self.full, self.phase, self.left, self.owed, self.valid

    def rest(self, offered: bool) -> int:
        if self.owed or (offered and not self.full):
            return 0
        if self.left:
            return self.left - 1
        return FOREVER if self.phase == self.IDLE and not self.full else 0

    def skip(self, clocks: int) -> None:
        if self.left:
            self.left -= clocks
