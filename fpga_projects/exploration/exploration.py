"""What a sweep found: its rows, its Pareto front, its pages."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fixed_point.word_lengths.word_length_search import pareto_front
from fpga_projects.estimation.cost import COLUMNS
from fpga_projects.exploration.design_space import Point
from fpga_projects.exploration.result_store import ERROR, Row
from fpga_projects.exploration.sweep import Task, goodness
from ip_cores.description_text import to_toml

MAPPED = tuple(f"mapped_{name}" for name in COLUMNS)
"""Columns of the points that were confirmed by a full mapping."""


@dataclass(frozen=True, eq=False)
class Exploration:
    """What a sweep has found.

    Attributes
    ----------
    task : Task
        Space, metrics and signal.
    rows : list of dict
        A row for each point that was reached, by column name.
    """

    task: Task
    rows: list[Row]

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the table, in order."""
        return columns(self.task)

    @property
    def failures(self) -> list[Row]:
        """Rows of the points that failed."""
        return [row for row in self.rows if row.get(ERROR)]

    def point(self, row: Row) -> Point:
        """The values of the varied parameters."""
        return tuple(row[path] for path in self.task.space.paths)

    def description(self, row: Row, folder: str | Path | None = None) -> str:
        """The description of a row's core, as the text of a TOML file."""
        return to_toml(self.task.space.changed_description(self.point(row)), folder)

    def front(self, cost: str = "les", by: str | None = None) -> list[Row]:
        """Rows that none beats in a metric (the first by default) and a cost, the cheapest first."""
        by = by or self.task.metrics[0]
        costs = [np.inf if row.get(cost) is None else row[cost] for row in self.rows]
        return [self.rows[index] for index in pareto_front(costs, [goodness(by, row.get(by)) for row in self.rows])]

    def best(self, count: int) -> list[Row]:
        """The best rows: the Pareto front of quality against logic elements from its best end, then the front of the rest, and so on."""
        left, found = list(self.rows), list[Row]()
        while left and len(found) < count:
            front = Exploration(self.task, left).front()
            if not front:
                break
            found += front[::-1]
            left = [row for row in left if row not in front]
        return found[:count]


def columns(task: Task) -> tuple[str, ...]:
    """Columns of a results table: parameters, metrics, costs, costs after mapping, error."""
    return (*task.columns[:-1], *MAPPED, ERROR)
