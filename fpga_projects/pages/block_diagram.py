"""Block diagrams of cores, drawn from their VHDL: the entities inside, and the words that go from one to the next.

Read is what `ip_cores.generate.vhdl` writes, so that no diagram can be out of date. Flags and clocks are left out; instances of one entity
that stand side by side are one box with their count.
"""

from __future__ import annotations

import re
import textwrap
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

from fpga_projects.pages.internals_drawings import picture
from ip_cores.companions.drawings import ACCENT, FAINT, FILL, FONT, INK
from ip_cores.core import Core
from ip_cores.generate import vhdl

WIDE, HIGH, ACROSS, DOWN, EDGE = 190, 54, 60, 26, 110
"""Pixels: a box, the room between columns and between rows, and that for the core's own ports."""

NAME = re.compile(r"[A-Za-z]\w*")


@dataclass
class WrittenEntity:
    """What an entity says of itself.

    Attributes
    ----------
    purpose : str
        First sentence of the comment at its head.
    ports : dict of str to (str, bool)
        Direction, and whether it is a word: a vector.
    instances : list of (str, dict of str to str)
        Entity of each, and what its ports are connected with.
    sources : dict of str to set of str
        By signal, what stands in the expressions that are assigned to it.
    words : set of str
        Signals and ports that are vectors.
    """

    purpose: str = ""
    ports: dict[str, tuple[str, bool]] = field(default_factory=dict)
    instances: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    sources: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    words: set[str] = field(default_factory=set)


CONTROL = re.compile(r"clk|reset|.*_(clk|reset|valid|ready)")
"""Signals of one bit that are no word even where the words of a core are its pins."""


def read_part(text: str, pins: bool = False) -> WrittenEntity:
    """An entity as `vhdl` writes it; where a core's words are bits at its `pins`, signals of one bit are words too."""
    part = WrittenEntity()
    head = " ".join(line[2:].strip() for line in text.split("\nlibrary")[0].splitlines())
    part.purpose = re.split(r"\. |\.$|  +", head.partition(": ")[2])[0]
    code = re.sub(r"--.*", "", text)
    declared = code[code.index("entity ") : code.index("architecture ")]
    for name, way, kind in re.findall(r"^\s+(\w+): (in|out) (\w+)", declared, re.MULTILINE):
        part.ports[name] = way, kind != "std_logic" or (pins and not CONTROL.fullmatch(name))
    body = code[code.index("architecture ") :]
    part.words = {name for name, (_, word) in part.ports.items() if word}
    signals = re.findall(r"^\s+signal (\w+): (\w+)", body, re.MULTILINE)
    part.words |= {name for name, kind in signals if kind in ("signed", "unsigned", "std_logic_vector")}
    part.words |= {name for name, kind in signals if pins and kind == "std_logic" and not CONTROL.fullmatch(name)}
    for entity, connected in re.findall(r"entity work\.(\w+)\s+port map \((.*?)\n\s*\);", body, re.DOTALL):
        part.instances.append((entity, dict(re.findall(r"(\w+) => (.*?),?$", connected, re.MULTILINE))))
    inner = re.sub(r"entity work\.\w+\s+port map \(.*?\n\s*\);", "", body, flags=re.DOTALL)
    for target, expression in re.findall(r"(\w+)(?:\([^;<]*?\))? <= ([^;]*);", inner):
        part.sources[target] |= set(NAME.findall(expression))
    return part


@dataclass
class Box:
    """Instances of one entity inside a core."""

    entity: str
    purpose: str
    count: int = 1
    reads: set[str] = field(default_factory=set)
    drives: set[str] = field(default_factory=set)


def opened(texts: Mapping[str, str], top: str, pins: bool = False) -> tuple[WrittenEntity, list[Box]]:
    """The entity whose inside is worth drawing, and its boxes: what holds a single instance is opened in its stead."""
    parts = {name: read_part(text, pins) for name, text in texts.items()}
    here = parts[top]
    while len(here.instances) == 1 and parts[here.instances[0][0]].instances:
        here = parts[here.instances[0][0]]
    boxes: dict[str, Box] = {}
    for entity, connected in here.instances:
        part = parts[entity]
        box = boxes.setdefault(entity, Box(entity.removeprefix(f"{top}_"), part.purpose, 0))
        box.count += 1
        for port, actual in connected.items():
            way, word = part.ports.get(port, ("in", False))
            if word:
                (box.reads if way == "in" else box.drives).update(set(NAME.findall(actual)) & here.words)
    return here, list(boxes.values())


def arrows(here: WrittenEntity, boxes: list[Box], pins: bool = False) -> tuple[set[tuple[int, int]], set[int], set[int]]:
    """From box to box, from the sink to boxes, from boxes to the source: where a word goes, through logic or not."""
    driven = {signal: number for number, box in enumerate(boxes) for signal in box.drives}

    def origins(signal: str, seen: frozenset[str] = frozenset()) -> Iterator[int | str]:
        if signal in driven:
            yield driven[signal]
        elif here.ports.get(signal, ("", False))[0] == "in":
            yield signal
        elif signal not in seen:
            for other in here.sources.get(signal, set()) & here.words:
                yield from origins(other, seen | {signal})

    inside, entered, left = set(), set(), set()
    for number, box in enumerate(boxes):
        for origin in (one for signal in box.reads for one in origins(signal)):
            if isinstance(origin, int):
                inside |= {(origin, number)} if origin != number else set()
            elif isinstance(origin, str) and (pins or re.match(r"(sink|in)_", origin)):
                entered.add(number)
    for name, (way, word) in here.ports.items():
        if way == "out" and word:
            left |= {one for one in origins(name) if isinstance(one, int)}
    return inside, entered, left


def columns(count: int, inside: set[tuple[int, int]], entered: set[int]) -> list[int]:
    """Column of each box: behind those that feed it, counted from what the sink feeds; ways back are not counted."""
    column: dict[int, int] = {}
    waiting = sorted(entered) or [0]
    depth = 0
    while len(column) < count:
        for number in waiting:
            column.setdefault(number, depth)
        following = sorted({to for start, to in inside if start in column and to not in column})
        waiting = following or [next((number for number in range(count) if number not in column), 0)]
        depth += 1 if following or len(column) == 0 else 0
    return [column[number] for number in range(count)]


def block_diagram(core: Core) -> str:
    """The core as SVG.

    Parameters
    ----------
    core : Core

    Returns
    -------
    str
        One box for a core without parts.
    """
    pins = not core.is_stream
    here, boxes = opened(vhdl(core.on_avalon), core.name, pins)
    inside, entered, left = arrows(here, boxes, pins)
    if not inside and not (entered and left):
        # The words meet processes of its own alone.
        boxes, entered, left = [Box(core.name, here.purpose)], {0}, {0}
    places = columns(len(boxes), inside, entered)
    rows: dict[int, int] = defaultdict(int)
    spots = []
    for column in places:
        spots.append((EDGE + column * (WIDE + ACROSS), 30 + rows[column] * (HIGH + DOWN)))
        rows[column] += 1
    right = EDGE + (max(places) + 1) * (WIDE + ACROSS) - ACROSS
    width, height = right + EDGE, 30 + max(rows.values()) * (HIGH + DOWN) + 14
    lines = [_frame(EDGE - 34, 8, right - EDGE + 68, height - 16)]
    for start, to in sorted(inside):
        lines += _arrow(spots[start], spots[to], start)
    middle = 30 + HIGH // 2
    ends = ("sink", "source") if core.is_stream else ("in", "out")
    for number in sorted(entered):
        x, y = spots[number]
        lines += _line(f"M8 {middle}H{x - 26}V{y + HIGH // 2}H{x - 3}", True)
    for number in sorted(left):
        x, y = spots[number]
        lines += _line(f"M{x + WIDE} {y + HIGH // 2}H{right + 20}V{middle}H{width - 8}", True)
    for x, anchor, word in ((8, "start", ends[0]), (width - 8, "end", ends[1])):
        lines.append(f'<text x="{x}" y="{middle - 8}" text-anchor="{anchor}" fill="{INK}" {FONT}>{word}</text>')
    for box, (x, y) in zip(boxes, spots, strict=True):
        lines += _box(box, x, y)
    return picture(width, height, lines)


def _frame(x: int, y: int, width: int, height: int) -> str:
    return f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="6" fill="none" stroke="{FAINT}" stroke-dasharray="4 3"/>'


def _box(box: Box, x: int, y: int) -> list[str]:
    name = box.entity.replace("_", " ") + (f" × {box.count}" if box.count > 1 else "")
    lines = textwrap.wrap(name, 24)[:2]
    first = y + HIGH // 2 + 4 - 8 * (len(lines) - 1)
    shape = f'<rect x="{x}" y="{y}" width="{WIDE}" height="{HIGH}" rx="4" fill="{FILL}" stroke="{INK}">'
    return [
        f"{shape}<title>{escape(box.purpose)}</title></rect>",
        *(
            f'<text x="{x + WIDE // 2}" y="{first + 16 * number}" text-anchor="middle" fill="{INK}" {FONT}>{escape(line)}</text>'
            for number, line in enumerate(lines)
        ),
    ]


def _line(path: str, strong: bool) -> list[str]:
    x, y = re.findall(r"[\d.]+", path)[-1], re.findall(r"V([\d.]+)|M\S+ ([\d.]+)", path)[-1]
    at = next(filter(None, y))
    colour = ACCENT if strong else INK
    return [
        f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="1.4"/>',
        f'<path d="M{x} {at}l-7 -4v8z" fill="{colour}"/>',
    ]


def _arrow(start: tuple[int, int], to: tuple[int, int], number: int) -> list[str]:
    """Forwards between the columns; backwards under the boxes of its row."""
    (x, y), (far, low) = start, to
    begin, end = y + HIGH // 2, low + HIGH // 2
    shift = 4 * (number % 5)
    if far > x:
        return _line(f"M{x + WIDE} {begin + shift - 8}H{x + WIDE + 14 + shift}V{end + shift - 8}H{far - 3}", False)
    under = max(y, low) + HIGH + 6 + shift // 2
    return _line(f"M{x + WIDE} {begin + 14}H{x + WIDE + 10}V{under}H{far - 14}V{end + 14}H{far - 3}", False)
