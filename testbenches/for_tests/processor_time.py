"""Processor time of the tests, their child processes included, by kind of core: a pytest plugin that prints a table at the end of a run.

A kind has a budget, so that twice as many kinds do not make the tests take for ever. What a test belongs to follows from its file
(``test_fifo.py``: the fifo; ``test_packet.py``: both packet cores, half each) or from what it is tried on (a kind, or an example by name).
With several workers, what all of them took is added up.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from ip_cores.core import core_kinds
from ip_cores.description import descriptions_in

BUDGET = 15.0
"""Seconds of processor time that the tests of one kind may take with an empty cache, on the machine that the project is made on."""

SLOWEST = 10
EXAMPLES = Path(__file__).resolve().parent.parent.parent / "examples"
ROWS = "processor_time"
OTHERS = ""
COLUMNS = 4


def processor_seconds(children: bool = True) -> float:
    """Processor time of this process and of its children that have ended."""
    now = os.times()
    return now.user + now.system + (now.children_user + now.children_system if children else 0.0)


def kinds_of_examples(folder: Path = EXAMPLES) -> dict[str, str]:
    """Kind of core by name of the example."""
    return {path.stem: tomllib.loads(path.read_text())["core"] for path in descriptions_in(folder)}


def kinds_of_file(stem: str, kinds: Sequence[str]) -> tuple[str, ...]:
    """Kinds of core that a test file is about.

    ``test_fir`` and ``test_fir_rates`` are about ``fir``, ``test_packet`` about ``packet_analysis`` and ``packet_synthesis``.
    """
    name = stem.removeprefix("test_")
    longest = max((kind for kind in kinds if f"{name}_".startswith(f"{kind}_")), key=len, default="")
    return (longest,) if longest else tuple(kind for kind in kinds if kind.startswith(f"{name}_"))


def kind_of_value(value: Any, kinds: Mapping[str, str]) -> str:
    """Kind of core that a test's parameter names; empty if it names none. `kinds` has those of the examples too."""
    if isinstance(value, Mapping):
        value = value.get("core", "")
    elif isinstance(value, Path):
        value = value.stem
    return kinds.get(value, "") if isinstance(value, str) else ""


def table(rows: Sequence[tuple[str, tuple[str, ...], float]]) -> dict[str, float]:
    """Seconds by kind; a test of several kinds counts for each with its share."""
    seconds: dict[str, float] = {}
    for _, kinds, taken in rows:
        for kind in kinds or (OTHERS,):
            seconds[kind] = seconds.get(kind, 0.0) + taken / max(1, len(kinds))
    return seconds


def over(seconds: Mapping[str, float], budget: float) -> list[str]:
    """Kinds beyond their budget, the worst first."""
    return sorted((kind for kind in seconds if kind != OTHERS and seconds[kind] > budget), key=lambda kind: -seconds[kind])


def report(rows: Sequence[tuple[str, tuple[str, ...], float]], budget: float, whole: float) -> list[str]:
    """Lines of the table: kinds by their time, those beyond the budget marked, and the slowest tests."""
    seconds = table(rows)
    order = sorted(seconds.keys() - {OTHERS}, key=lambda kind: -seconds[kind])
    cells = [f"{kind} {seconds[kind]:.1f}{'!' if seconds[kind] > budget else ''}" for kind in order]
    width = max(map(len, cells), default=0) + 2
    lines = ["".join(cell.ljust(width) for cell in cells[at : at + COLUMNS]).rstrip() for at in range(0, len(cells), COLUMNS)]
    kept = sum(seconds.values())
    lines.append(f"tests of no one kind {seconds.get(OTHERS, 0.0):.1f}, all tests {kept:.1f}, with start and collection {whole:.1f} s")
    lines += [f"{taken:6.1f} s {test}" for test, _, taken in sorted(rows, key=lambda row: -row[2])[:SLOWEST] if taken >= 1]
    late = over(seconds, budget)
    if late:
        lines.append(f"over the budget of {budget:g} s a kind: {', '.join(late)}")
    return lines


class ProcessorTime:
    """The plugin."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.budget: float | None = config.getoption("--budget")
        self.rows: list[tuple[str, tuple[str, ...], float]] = []
        self.workers = 0.0
        kinds = sorted(core_kinds())
        self.names = {**kinds_of_examples(), **{kind: kind for kind in kinds}}
        self.kinds = kinds

    def kinds_of(self, item: pytest.Item) -> tuple[str, ...]:
        found = kinds_of_file(item.path.stem, self.kinds)
        if not found and (call := getattr(item, "callspec", None)):
            tried = (kind_of_value(value, self.names) for value in call.params.values())
            found = tuple(kind for kind in tried if kind)[:1]
        return found

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        before = processor_seconds()
        try:
            return (yield)
        finally:
            self.rows.append((item.nodeid, self.kinds_of(item), processor_seconds() - before))

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        sent = getattr(self.config, "workeroutput", None)
        if sent is not None:  # a worker of xdist
            sent[ROWS] = (self.rows, processor_seconds())
        elif self.budget is not None and over(table(self.rows), self.budget) and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        rows, whole = getattr(node, "workeroutput", {}).get(ROWS, ((), 0.0))
        self.rows += [(test, tuple(kinds), taken) for test, kinds, taken in rows]
        self.workers += whole

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if not self.rows:
            return
        budget = BUDGET if self.budget is None else self.budget
        terminalreporter.section(f"processor time by kind of core, {budget:g} s each", sep="-")
        # Workers have counted themselves; whether they have ended as this process's children is a matter of moments.
        whole = self.workers + processor_seconds(children=not self.workers)
        for line in report(self.rows, budget, whole):
            terminalreporter.write_line(line)
