"""Drawings of a datasheet as SVG text: timing diagrams in WaveDrom's notation, and frequency responses.

Own and small, because they must come out byte for byte the same with every version of every library.
"""

from __future__ import annotations

import itertools
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

import numpy as np

from fixed_point.full_scale import levels_in_decibels
from ip_cores.core import Core
from ip_cores.pin_script import PinScript
from ip_cores.schedule import Schedule

INK, FAINT, ACCENT, FILL = "#1f2933", "#cbd2d9", "#0b69a3", "#e3f0f9"
FONT = 'font-family="DejaVu Sans Mono, Consolas, monospace" font-size="12"'
STEP, LANE, HIGH, SLANT = 44, 30, 18, 3
"""Pixels: width of a clock, height of a lane, height of a level, run of an edge."""

PAIR = (("#9aa5b1", 3), (ACCENT, 1.6))
BANDS = tuple((colour, 1.6) for colour in (ACCENT, "#b44d12", "#147d64", "#8719e0", "#ab091e", "#616e7c"))
"""Colours and widths of curves."""

MOST_NAMES = 15
"""Curves that have their name beside them."""

LEVELS = {"0": 0.0, "1": 1.0}


class Wave(NamedTuple):
    """One lane: WaveDrom's letters, one a clock, and the labels of its ``=``.

    ``p`` clock, ``n`` clock that rises in the middle, ``0`` ``1`` levels, ``=`` a word, ``x`` undefined, ``.`` as before, ``|`` time
    left out.
    """

    name: str
    wave: str
    data: tuple[str, ...] = ()


def timing_svg(waves: Sequence[Wave]) -> str:
    """A timing diagram.

    Parameters
    ----------
    waves : sequence of Wave
        All of the same length.
    """
    left = 16 + 8 * max(len(wave.name) for wave in waves)
    clocks = len(waves[0].wave)
    width, height = left + clocks * STEP + 12, len(waves) * LANE + 16
    parts = []
    for column in range(clocks + 1):
        x = left + column * STEP
        parts.append(f'<path d="M{x} 6V{height - 6}" stroke="{FAINT}" stroke-dasharray="2 3"/>')
    for row, wave in enumerate(waves):
        base = 8 + row * LANE + HIGH + 4
        parts.append(f'<text x="{left - 8}" y="{base - 5}" text-anchor="end" fill="{INK}" {FONT}>{escape(wave.name)}</text>')
        parts += _lane(wave, left, base)
    for column in (k for k, letter in enumerate(waves[0].wave) if letter == "|"):
        x = left + column * STEP + STEP // 2
        parts.append(f'<path d="M{x - 5} 4H{x + 5}V{height - 4}H{x - 5}Z" fill="#ffffff"/>')
        parts.append(f'<path d="M{x - 5} 4V{height - 4}M{x + 5} 4V{height - 4}" stroke="{FAINT}"/>')
    return _document(width, height, parts)


def _lane(wave: Wave, left: int, base: int) -> list[str]:
    parts, labels = [], iter(wave.data)
    top, middle = base - HIGH, base - HIGH // 2
    state, level, column = "x", None, 0
    while column < len(wave.wave):
        letter = wave.wave[column]
        state = letter if letter not in ".|" else state
        span = 1
        while column + span < len(wave.wave) and wave.wave[column + span] in ".|":
            span += 1
        x, end = left + column * STEP, left + (column + span) * STEP
        if state in ("p", "n"):
            first, second = (top, base) if state == "p" else (base, top)
            for k in range(span):
                at = x + k * STEP
                parts.append(_line(f"M{at} {second}V{first}H{at + STEP // 2}V{second}H{at + STEP}"))
        elif state in LEVELS:
            y = top if LEVELS[state] else base
            start = f"M{x} {y}" if level is None else f"M{x} {level}L{x + SLANT} {y}"
            parts.append(_line(f"{start}H{end}"))
            level = y
        else:
            outline = f"M{x} {middle}L{x + SLANT} {top}H{end - SLANT}L{end} {middle}L{end - SLANT} {base}H{x + SLANT}Z"
            parts.append(f'<path d="{outline}" fill="{FILL if state == "=" else FAINT}" stroke="{INK}"/>')
            if state == "=":
                label = escape(next(labels, ""))
                # Beside the gap, not under it.
                until = wave.wave.find("|", column, column + span)
                centre = (x + (end if until < 0 or until == column else left + until * STEP)) // 2
                parts.append(f'<text x="{centre}" y="{base - 5}" text-anchor="middle" fill="{INK}" {FONT}>{label}</text>')
            level = None
        column += span
    return parts


def _line(path: str) -> str:
    return f'<path d="{path}" fill="none" stroke="{INK}" stroke-width="1.4"/>'


def _document(width: int, height: int, parts: Sequence[str]) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">'
    return "\n".join([head, f'<rect width="{width}" height="{height}" fill="#ffffff"/>', *parts, "</svg>"]) + "\n"


COLUMNS = 28
"""Edges that a diagram of pins shows."""


def pin_waves(script: PinScript, clock: str) -> list[Wave]:
    """Pins as a core's script has them, where its strobe rises or, without one, at every clock: in the middle of a column.

    Parameters
    ----------
    script : PinScript
    clock : str
        Name of the clock, for a script without a strobe.
    """
    levels = {name: values for name, values in script.drive.items() if name != script.strobe and name not in script.wired}
    if script.strobe in script.drive:
        rises = np.flatnonzero(np.diff(script.drive[script.strobe]) == 1) + 1
        levels = {name: np.asarray(values)[rises] for name, values in levels.items()}
    levels |= dict(zip(script.watch, zip(*script.expected, strict=True), strict=bool(script.expected)))
    count = min(COLUMNS, *map(len, levels.values()))
    lanes = [Wave(name, _letters(values[:count])) for name, values in levels.items()]
    return [Wave(script.strobe or clock, "n" + "." * (count - 1)), *lanes]


def _letters(levels: Sequence[int]) -> str:
    """Levels as WaveDrom writes them: what repeats is a dot."""
    letters = "".join(str(int(level)) for level in levels)
    return letters[:1] + "".join("." if one == before else one for before, one in itertools.pairwise(letters))


def stream_waves(schedule: Schedule, sinks: Mapping[str, str] = MappingProxyType({"sink": "x"})) -> list[Wave]:
    """A stream core with nothing stalled: words are offered all the time, and downstream is always ready.

    Parameters
    ----------
    schedule : Schedule
        Of words offered from clock 0 on, as many as are taken until the second word has left.
    sinks : mapping of str to str
        By the name of each sink what its words are called; of several a word is taken at once.
    """
    taken, given = (clocks.tolist() for clocks in schedule)
    times: list[int] = sorted({time + near for time in (*taken[:2], *given[:2]) for near in (-1, 0, 1)} | {0, 1, 2})
    columns: list[int | None] = []
    for time in times:
        if columns and time != (columns[-1] or 0) + 1:
            columns.append(None)
        columns.append(time)

    def level(active: Callable[[int], bool]) -> str:
        letters, last = "", ""
        for clock in columns:
            now = "|" if clock is None else "01"[active(clock)]
            letters += "." if now == last else now
            last = last if clock is None else now
        return letters

    def words(stream: str, letter: str, word: Callable[[int], int]) -> Wave:
        """A word for each clock by its number, negative where there is none."""
        letters, labels, last = "", [], -2
        for clock in columns:
            now = last if clock is None else word(clock)
            letters += "|" if clock is None else "." if now == last else "x" if now < 0 else "="
            labels += [f"{letter}{now}"] if letters[-1] == "=" else []
            last = now
        return Wave(f"{stream}_data", letters, tuple(labels))

    lanes = []
    for sink, letter in sinks.items():
        # Of several sinks each is ready where the others have a word.
        before = len(sinks) == 1
        lanes += [
            Wave(f"{sink}_valid", level(lambda time: time >= 0)),
            Wave(f"{sink}_ready", level(lambda time, before=before: time in taken or (before and time < 0))),  # type: ignore[misc]
            words(sink, letter, lambda time: bisect_left(taken, time) if time >= 0 else -1),
        ]
    return [
        Wave("clk", "".join("p" if k == 0 else "|" if time is None else "." for k, time in enumerate(columns))),
        *lanes,
        Wave("source_valid", level(lambda time: time in given)),
        Wave("source_ready", level(lambda time: True)),
        words("source", "y", lambda time: given.index(time) if time in given else -1),
    ]


MEETING = 4
"""Clocks of a drawing of several streams, beside the latency and one for each stream."""


def several_waves(core: Core) -> list[Wave]:
    """A core with several streams on one side: each of them is there a clock after the one before it, and from then on always.

    A word of each sink is taken when all have one; a source keeps the word that it has taken from being offered to it again.
    """
    last = max(len(core.sinks), len(core.sources))
    clocks = range(last + core.latency + MEETING)
    waves = [Wave("clk", "p" + "." * (len(clocks) - 1))]

    def lanes(side: str, letter: str, valid: Sequence[bool], ready: Sequence[bool], words: Sequence[int]) -> None:
        shown = [word if offered else -1 for word, offered in zip(words, valid, strict=True)]
        beside = [-2, *shown[:-1]]
        data = "".join("." if one == old else "x" if one < 0 else "=" for one, old in zip(shown, beside, strict=True))
        labels = tuple(f"{letter}{one}" for one, old in zip(shown, beside, strict=True) if one >= 0 and one != old)
        waves.extend((Wave(f"{side}_valid", _letters(valid)), Wave(f"{side}_ready", _letters(ready)), Wave(f"{side}_data", data, labels)))

    moved = [max(clock - last, 0) for clock in clocks]
    for number, side in enumerate(core.sinks):
        others = last if len(core.sinks) == 1 else max(one + 1 for one in range(last) if one != number)
        letter = "x" if len(core.sinks) == 1 else "abcdefgh"[number]
        lanes(side, letter, [clock > number for clock in clocks], [clock >= others for clock in clocks], moved)
    for number, side in enumerate(core.sources):
        if len(core.sources) == 1:
            given = [max(clock - last - core.latency, 0) for clock in clocks]
            lanes(side, "y", [clock >= last + core.latency for clock in clocks], [True for _ in clocks], given)
        else:
            offered = [0 < clock <= number + 1 or clock > last for clock in clocks]
            lanes(side, "x", offered, [clock > number for clock in clocks], moved)
    return waves


LOWEST = -120.0
"""dB below which no response is drawn."""


def response_svg(curves: Mapping[str, Any], sample_rate: float | None = None) -> str:
    """Magnitude responses in dB over the frequency, in kHz, or without a sample rate relative to it.

    Parameters
    ----------
    curves : mapping of str to array of float, shape (taps,)
        Impulse responses by what they are; of two the first is drawn faint, the last strong.
    sample_rate : float, optional
        In Hz, of the impulse responses.

    Notes
    -----
    The scale ends 20 dB or less below what the deepest curve lies above at 95 of 100 frequencies, so that it does not follow single zeros.
    """
    left, top, width, height = 64, 16, 560, 240
    levels = {name: levels_in_decibels(np.fft.rfft(taps, 2048), LOWEST) for name, taps in curves.items()}
    ceiling = 10.0 * float(np.ceil(max(float(level.max()) for level in levels.values()) / 10 + 1e-9))
    deep = min(float(np.percentile(level, 5)) for level in levels.values())
    floor = max(LOWEST, min(20.0 * float(np.floor((deep - 1e-9) / 20)), ceiling - 40.0))
    unit = 1.0 if sample_rate is None else sample_rate / 1000
    parts = []
    for level in np.arange(floor, ceiling + 1, 20):
        y = round(top + height * (ceiling - level) / (ceiling - floor), 1)
        parts.append(f'<path d="M{left} {y}H{left + width}" stroke="{FAINT}"/>')
        parts.append(f'<text x="{left - 6}" y="{y + 4}" text-anchor="end" fill="{INK}" {FONT}>{level:.0f} dB</text>')
    for tenth in range(6):
        x = left + width * tenth // 5
        parts.append(f'<path d="M{x} {top}V{top + height}" stroke="{FAINT}"/>')
        parts.append(f'<text x="{x}" y="{top + height + 18}" text-anchor="middle" fill="{INK}" {FONT}>{tenth / 10 * unit:.4g}</text>')
    caption = "frequency / sample rate" if sample_rate is None else "frequency in kHz"
    parts.append(f'<text x="{left + width // 2}" y="{top + height + 38}" text-anchor="middle" fill="{INK}" {FONT}>{caption}</text>')
    few = len(levels) <= len(PAIR)
    styles = PAIR[-len(levels) :] if few else BANDS
    # A few names stand among the curves, more beside them.
    names, anchor, beside = (left + width - 8, "end", 0) if few else (left + width + 8, "start", 8 * max(map(len, levels)))
    for number, (name, level) in enumerate(levels.items()):
        xs = left + width * np.arange(len(level)) / (len(level) - 1)
        ys = top + height * (ceiling - np.maximum(level, floor)) / (ceiling - floor)
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(xs[::2], ys[::2], strict=True))
        colour, thick = styles[number % len(styles)]
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="{thick}"/>')
        if number < MOST_NAMES:
            parts.append(
                f'<text x="{names}" y="{top + 18 + 16 * number}" text-anchor="{anchor}" fill="{colour}" {FONT}>{escape(name)}</text>'
            )
    return _document(left + width + 24 + beside, top + height + 50, parts)
