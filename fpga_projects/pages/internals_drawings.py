"""Drawings of docs/internals.md: made from the hardware's own figures and signals, as SVG text, for light and dark pages."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape

from myhdl import Simulation, _simulator, delay, instance
from myhdl._block import _Block

from ip_cores.banks.filter_program import Program
from ip_cores.blocks.interval import sum_interval
from ip_cores.companions.drawings import ACCENT, FAINT, FILL, FONT, INK, Wave, timing_svg
from ip_cores.core import Core, make_core
from ip_cores.fir.structure import Structure
from ip_cores.fir.transposed import distinct_products
from ip_cores.generate import signals as port_signals

PAPER = "#ffffff"
DARK = {INK: "#e6edf3", FAINT: "#57606a", ACCENT: "#6cb6ff", FILL: "#1c3a57", PAPER: "#0d1117"}
"""What the colours of a drawing become on a dark page."""

ROW = 24
"""Pixels from one row of text to the next."""


def for_both_lights(svg: str) -> str:
    """A drawing that follows the reader's choice of light or dark."""
    rules = "".join(f'[{what}="{light}"]{{{what}:{dark}}}' for light, dark in DARK.items() for what in ("fill", "stroke"))
    head, _, rest = svg.partition(">")
    return f"{head}><style>@media (prefers-color-scheme:dark){{{rules}}}</style>{rest}"


def picture(width: int, height: int, parts: Sequence[str]) -> str:
    """A document of these parts on paper."""
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">'
    paper = f'<rect width="{width}" height="{height}" fill="{PAPER}"/>'
    return for_both_lights("\n".join([head, paper, *parts, "</svg>"]) + "\n")


def text(x: float, y: float, words: str, anchor: str = "start", weight: str = "normal") -> str:
    """A line of text; `y` is its baseline."""
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}" font-weight="{weight}" fill="{INK}" {FONT}>{escape(words)}</text>'


# Signals of a block, clock by clock


def found(block: Any, name: str) -> Any:
    """The first block of a function of this name, under a block or the block itself."""
    waiting = [block]
    while waiting:
        here = waiting.pop(0)
        if here.func.__name__ == name:
            return here
        waiting += [sub for sub in here.subs if isinstance(sub, _Block)]
    raise LookupError(name)


def traced(core: Core, inside: Mapping[str, Sequence[str]], drive: Callable[[int], Mapping[str, int]], clocks: int) -> dict[str, list[int]]:
    """Values of signals in each clock, before the edge that ends it, after a clock of reset.

    Parameters
    ----------
    core : Core
    inside : mapping of str to sequence of str
        Names of signals by the function in which they stand; ports of the core are always there.
    drive : callable
        Gives the input ports of a clock.
    clocks : int
    """
    ports = port_signals(core)
    mark = len(_simulator._signals)
    block = core.block(**ports)
    watched = dict(ports)
    for function, names in inside.items():
        watched |= {name: found(block, function).sigdict[name] for name in names}
    values: dict[str, list[int]] = {name: [] for name in watched}

    @instance
    def bench() -> Iterator[Any]:
        for clock in range(-1, clocks):
            ports["reset"].next = clock < 0
            for name, value in (drive(clock) if clock >= 0 else {}).items():
                ports[name].next = value
            yield delay(1)
            if clock >= 0:
                for name, signal in watched.items():
                    values[name].append(int(signal.val))
            ports["clk"].next = True
            yield delay(1)
            ports["clk"].next = False

    simulation = Simulation(block, bench)
    simulation.run(quiet=1)
    if not simulation._finished:
        simulation.quit()
    # MyHDL keeps its state, and every signal ever made, in one module.
    del _simulator._signals[mark:], _simulator._siglist[:], _simulator._futureEvents[:]
    _simulator._blocks.clear()
    _simulator._time = 0
    return values


def levels(name: str, values: Sequence[int]) -> Wave:
    """A lane of a flag."""
    return Wave(name, repeated([str(value) for value in values]))


def words(name: str, labels: Sequence[str]) -> Wave:
    """A lane of words; an empty label is a word that does not count."""
    letters = repeated(labels)
    shown = "".join("." if letter == "." else "=" if label else "x" for letter, label in zip(letters, labels, strict=True))
    return Wave(name, shown, tuple(label for letter, label in zip(shown, labels, strict=True) if letter == "="))


def repeated(labels: Sequence[str]) -> str:
    """One letter for each: a dot for what is as before, else the label's first."""
    return "".join("." if number and label == labels[number - 1] else (label or "x")[0] for number, label in enumerate(labels))


# The drawings


def stream_with_stalls(core: Core) -> str:
    """A transposed filter's flow: a gap in front, a stop behind, and every word once."""
    offered = [1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 0, 0]
    accepted = [1, 1, 1, 1, 1, 0, 0, 1, 1, 1, 1, 1]

    def drive(clock: int) -> dict[str, int]:
        return {"sink_valid": offered[clock], "source_ready": accepted[clock]}

    values = traced(core, {"flow_control": ("advance", "take")}, drive, len(offered))
    lanes = [Wave("clk", "p" + "." * (len(offered) - 1))]
    for side, letter in (("sink", "x"), ("source", "y")):
        valid, ready = values[f"{side}_valid"], values[f"{side}_ready"]
        lanes += [levels(f"{side}_valid", valid), levels(f"{side}_ready", ready), words(f"{side}_data", numbered(letter, valid, ready))]
    lanes[4:4] = [levels(name, values[name]) for name in ("take", "advance")]
    return for_both_lights(timing_svg(lanes))


def numbered(letter: str, valid: Sequence[int], ready: Sequence[int]) -> list[str]:
    """Which word is offered in each clock: the next one as soon as one has moved."""
    moved = list(itertools.accumulate((offers & takes for offers, takes in zip(valid, ready, strict=True)), initial=0))
    return [f"{letter}{number}" if offers else "" for number, offers in zip(moved, valid, strict=False)]


def program_over_clocks(core: Core, program: Program) -> str:
    """Two samples of a filter processor: what is fetched, what the second stage does, what leaves."""
    clocks = core.patience + 15
    inside = {"filter_processor": ("place", "accumulate", "finish", "write", "load")}
    values = traced(core, inside, lambda clock: {"sink_valid": 1, "source_ready": 1, "sink_data": 1000}, clocks)
    first = values["sink_ready"].index(1) - 1
    shown = {name: numbers[first : first + 15] for name, numbers in values.items()}
    kinds = [instruction.kind.replace("multiply", "mult") for instruction in program.instructions]
    reads = [""] + [kinds[place] for place in shown["place"][:-1]]
    acts = ["", "", *reads[1:-1]]
    lanes = [Wave("clk", "p" + "." * 14)]
    lanes += [words("place", [str(place) for place in shown["place"]])]
    lanes += [distinct("reads memory", reads), distinct("acts", acts)]
    lanes += [levels(name, shown[name]) for name in ("sink_ready", "accumulate", "finish", "write", "load", "source_valid")]
    return for_both_lights(timing_svg(lanes))


def distinct(name: str, labels: Sequence[str]) -> Wave:
    """A lane of words of which each is another one, though it may be called as the one before."""
    return Wave(name, "".join("=" if label else "x" for label in labels), tuple(label for label in labels if label))


def widths_of_a_filter(structure: Structure) -> str:
    """Each word of a transposed filter, bit by bit above its weight."""
    conversion = structure.conversion
    taps, full = structure.taps, conversion.fraction_length
    rows: list[tuple[str, int, int, int]] = [("sample", structure.sample.bits, structure.sink.fraction_length, 0)]
    for number, (key, term) in enumerate(distinct_products(structure).items()):
        rows.append((f"product_{number} = {key} sample", len(term.signal), full, 0))
    for tap in range(len(taps) - 1, -1, -1):
        name = f"sums_{tap}" if tap else "total"
        rows.append((name, sum_interval(taps[tap:], structure.sink).bits, full, 0 if tap else conversion.dropped))
    for name, bits in (("rounded", conversion.rounded.bits), ("result", conversion.format.word_length)):
        rows.append((name, bits, conversion.format.fraction_length, 0))
    top = max(bits - fraction for _, bits, fraction, _ in rows)
    cell, left, base = 14, 220, 34
    width, height = left + (top + full) * cell + 165, base + len(rows) * ROW + 14
    point = left + top * cell
    parts = [text(point, 16, "binary point", "middle"), f'<path d="M{point} 22V{height - 8}" stroke="{ACCENT}" stroke-width="2"/>']
    for number, (name, bits, fraction, dropped) in enumerate(rows):
        y = base + number * ROW
        parts.append(text(left - 10, y + 14, name, "end"))
        for bit in range(bits):
            x = left + (top - (bits - fraction) + bit) * cell
            fill = FAINT if bit >= bits - dropped else FILL
            parts.append(f'<rect x="{x}" y="{y}" width="{cell}" height="{ROW - 5}" fill="{fill}" stroke="{INK}" stroke-width="0.7"/>')
        end = left + (top + fraction) * cell
        parts.append(text(end + 10, y + 14, f"{bits} bits" + (f", {dropped} dropped" if dropped else "")))
    return picture(width, height, parts)


BOXES: tuple[tuple[str, int, int, int, str, tuple[str, ...]], ...] = (
    ("description", 290, 10, 220, "lowpass.toml", ("what the user writes",)),
    ("parameters", 230, 90, 340, "parameters: __init__", ("checked once, frozen", "formats, reference, model")),
    ("plan", 230, 190, 340, "plan (fir: structure)", ("integers, exact intervals, what when", "no signals, no clock: plain Python")),
    ("timing", 10, 310, 160, "timing", ("control", "without data")),
    ("control", 200, 310, 170, "control", ("valid, ready, flags,", "addresses")),
    ("hardware", 440, 310, 170, "hardware", ("memories, products,", "sums, one rounding")),
    ("inventory", 640, 310, 160, "inventory", ("adders, registers,", "memories, by count")),
    ("verify", 10, 430, 160, "verify", ("clock by clock",)),
    ("conversion", 200, 430, 410, "conversion", ("an entity a file",)),
    ("cost", 640, 430, 160, "quick estimate", ("weights of a family",)),
)
"""Name, left, top, width, title, lines."""

ARROWS = (
    ("description", "parameters"), ("parameters", "plan"), ("plan", "timing"), ("plan", "control"), ("plan", "hardware"),
    ("plan", "inventory"), ("timing", "verify"), ("control", "conversion"), ("hardware", "conversion"), ("inventory", "cost"),
)  # fmt: skip


def layers() -> str:
    """What follows from what in a core's folder."""
    places = {name: (left, top, width, 28 + 16 * len(lines)) for name, left, top, width, _, lines in BOXES}
    parts = [
        f'<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
        f'<path d="M0 0L8 4L0 8Z" fill="{INK}"/></marker></defs>'
    ]
    for source, target in ARROWS:
        left, top, width, height = places[source]
        to_left, to_top, to_width, _ = places[target]
        to_x = to_left + to_width // 2
        from_x = min(max(to_x, left + 20), left + width - 20)
        if target == "conversion":
            from_x = to_x = left + width // 2
        parts.append(arrow(from_x, top + height, to_x, to_top))
    left, top, width, height = places["control"]
    end = places["hardware"][0]
    parts += [arrow(left + width, top + 24, end, top + 24), text((left + width + end) // 2, top + 18, "flags", "middle")]
    for name, left, top, width, title, lines in BOXES:
        height = places[name][3]
        fill = FILL if name in ("parameters", "plan", "control", "hardware") else PAPER
        parts.append(f'<rect x="{left}" y="{top}" width="{width}" height="{height}" rx="4" fill="{fill}" stroke="{INK}"/>')
        parts.append(text(left + width // 2, top + 18, title, "middle", "bold"))
        parts += [text(left + width // 2, top + 36 + 16 * number, line, "middle") for number, line in enumerate(lines)]
    return picture(810, 490, parts)


def arrow(x: int, y: int, to_x: int, to_y: int) -> str:
    """A straight arrow."""
    return f'<path d="M{x} {y}L{to_x} {to_y}" stroke="{INK}" stroke-width="1.4" marker-end="url(#tip)"/>'


def drawings(lowpass: Core, structure: Structure) -> dict[str, str]:
    """All drawings by the ends of their names."""
    analysis: Any = make_core({"core": "swt_analysis", "wavelet": "haar", "levels": 1})
    return {
        "stream": stream_with_stalls(lowpass),
        "layers": layers(),
        "widths": widths_of_a_filter(structure),
        "program": program_over_clocks(analysis, analysis.processor.program),
    }
