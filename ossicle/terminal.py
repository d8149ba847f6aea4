"""What commands print: tables, numbers, JSON, and progress on a terminal."""

from __future__ import annotations

import _thread
import json
import math
import shutil
import signal
import sys
import textwrap
import threading
import time
from collections.abc import Sequence
from types import FrameType, TracebackType
from typing import Any

PATIENCE = 1.0
"""Seconds after which a person at a terminal wants to see that something goes on."""

INTERVAL = 0.25
"""Seconds between two looks at the progress."""


class Interrupts:
    """Heeds an interrupt from the keyboard even where its exception is lost.

    Finalizers lose exceptions, and so does compiled code that clears what it did not expect, as numpy's does while it is imported. The
    exception is raised again until it is on its way out, and a command that tells its progress ends at the next step that it tells.
    Without a main thread, or where interrupts are ignored, nothing is changed.
    """

    asked = False

    def __init__(self) -> None:
        self._over = threading.Event()
        self._reminds = False
        self._reminder: threading.Thread | None = None

    def __enter__(self) -> Interrupts:
        Interrupts.asked = False
        here = threading.current_thread() is threading.main_thread()
        self._before = signal.getsignal(signal.SIGINT) if here else signal.SIG_IGN
        if self._before is signal.default_int_handler:
            signal.signal(signal.SIGINT, self._ask)
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None) -> None:
        self._over.set()
        if self._reminder:
            self._reminder.join()
        if self._before is signal.default_int_handler:
            signal.signal(signal.SIGINT, self._before)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        Interrupts.asked = True
        reminded, self._reminds = self._reminds, False
        if reminded and (self._over.is_set() or _interrupt_is_handled()):
            return
        if self._reminder is None:
            self._reminder = threading.Thread(target=self._remind, daemon=True)
            self._reminder.start()
        raise KeyboardInterrupt

    def _remind(self) -> None:
        while not self._over.wait(INTERVAL):
            self._reminds = True
            _thread.interrupt_main()


def _interrupt_is_handled() -> bool:
    """Whether the main thread runs what cleans up after an interrupt."""
    error = sys.exc_info()[1]
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__context__
    return error is not None


class Progress:
    """A line on the terminal that tells how far something is, once it takes longer than a second.

    Nothing is written unless standard error is a terminal. The line is kept alive from a thread of its own, so that the time
    moves on while an engine is busy and says nothing.

    Parameters
    ----------
    what : str
        What goes on.
    total : int, optional
        How much there is to do.
    """

    def __init__(self, what: str, total: int | None = None) -> None:
        self.what, self.total, self.done = what, total, 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._show, daemon=True) if sys.stderr.isatty() else None

    def __enter__(self) -> Progress:
        if self._thread:
            self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None) -> None:
        self._over.set()
        if self._thread:
            self._thread.join()

    def update(self, done: int) -> None:
        """Say how much is done."""
        if Interrupts.asked:
            raise KeyboardInterrupt
        self.done = done

    def step(self, what: str, total: int | None = None) -> None:
        """Say what goes on now."""
        self.what, self.total, self.done = what, total, 0

    def _show(self) -> None:
        start = time.monotonic()
        if self._over.wait(PATIENCE):
            return
        from tqdm import tqdm

        size = shutil.get_terminal_size()  # tqdm's own question is answered with 0 by some terminals, and it shows nothing then
        shape = {"ncols": size.columns - 1, "nrows": size.lines, "bar_format": "{desc} {elapsed}"}
        with tqdm(desc=self.what, leave=False, file=sys.stderr, **shape) as bar:
            bar.start_t -= time.monotonic() - start
            while not self._over.wait(INTERVAL):
                counted = self.total is not None and self.done > 0
                bar.total, bar.n = self.total, self.done
                bar.bar_format = "{desc} {percentage:3.0f} % |{bar:30}| {elapsed}" if counted else "{desc} {elapsed}"
                bar.set_description_str(self.what, refresh=True)


def print_json(value: Any) -> None:
    """One JSON object on standard output."""
    print(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False))


def text_table(rows: Sequence[Sequence[str]], right: Sequence[int] = (), indent: str = "", last_wraps: bool = False) -> str:
    """Rows in aligned columns.

    Parameters
    ----------
    rows : sequence of sequence of str
    right : sequence of int
        Columns that are aligned to the right.
    indent : str
    last_wraps : bool
        Break the last column where the terminal ends.

    Examples
    --------
    >>> print(text_table([["form", "cycles"], ["direct", "1"]], right=[1]))
    form    cycles
    direct       1
    """
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    room = max(24, shutil.get_terminal_size((160, 24)).columns - len(indent) - sum(widths[:-1]) - 2 * (len(widths) - 1))
    lines = []
    for row in rows:
        cells = [cell.rjust(width) if n in right else cell.ljust(width) for n, (cell, width) in enumerate(zip(row, widths, strict=True))]
        head = indent + "  ".join(cells[:-1]) + ("  " if len(cells) > 1 else "")
        last = (textwrap.wrap(row[-1], room) or [""]) if last_wraps else [cells[-1]]
        lines.append((head + last[0]).rstrip())
        lines += [" " * len(head) + part for part in last[1:]]
    return "\n".join(lines)


def thousands(number: int | float) -> str:
    """A whole number with thin groups.

    Examples
    --------
    >>> thousands(1234567)
    '1 234 567'
    """
    return f"{round(number):,}".replace(",", " ")


def rate(per_second: float) -> str:
    """Cycles per second in three figures.

    Examples
    --------
    >>> rate(3187748.5), rate(1300.2), rate(960), rate(16.7e6)
    ('3.19 M/s', '1.30 k/s', '960 /s', '16.7 M/s')
    """
    scale, unit = next((pair for pair in ((1e6, "M"), (1e3, "k")) if per_second >= pair[0]), (1.0, ""))
    return f"{per_second / scale:#.3g}".rstrip(".") + f" {unit}/s"


def hertz_text(hertz: float) -> str:
    """A rate in Hz, kHz or MHz in four figures; whole Hz stay whole.

    Examples
    --------
    >>> hertz_text(16000), hertz_text(44100), hertz_text(16000 / 3), hertz_text(1.584e6), hertz_text(50)
    ('16 kHz', '44.1 kHz', '5.333 kHz', '1.584 MHz', '50 Hz')
    """
    scale, unit = next((pair for pair in ((1e6, "MHz"), (1e3, "kHz")) if hertz >= pair[0]), (1.0, "Hz"))
    return f"{hertz / scale:.4g} {unit}"


def decibels_text(value: float | None) -> str:
    """An SNR as text; without an error it is infinite.

    Examples
    --------
    >>> decibels_text(81.234), decibels_text(float("inf")), decibels_text(float("-inf"))
    ('81.2 dB', 'exact', 'none')
    """
    if value is None or math.isinf(value):
        return "none" if value == -math.inf else "exact"
    return f"{value:.1f} dB"
