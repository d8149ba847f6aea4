"""A sweep as one interactive page that needs no network: ``explore.html`` beside this module, with the results written into it."""

from __future__ import annotations

import html
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fpga_projects.estimation.cost import COLUMNS
from fpga_projects.exploration.metrics import METRICS
from fpga_projects.exploration.plots import PLOTTED
from fpga_projects.exploration.result_store import ERROR, Row
from ip_cores.description_text import to_toml, toml_value
from ip_cores.folders import write_whole

if TYPE_CHECKING:
    from fpga_projects.exploration.exploration import Exploration

TEMPLATE = Path(__file__).with_name("explore.html")

MAXIMUM_POINTS = 20_000
"""Points that a browser draws without effort; of more, all fronts are kept and the rest is thinned out evenly."""

Leaves = dict[tuple[str | int, ...], Any]


def write_page(exploration: Exploration, folder: Path) -> Path:
    """Write ``explore.html``.

    Returns
    -------
    Path
    """
    data = page_data(exploration, folder)
    text = json.dumps(data, allow_nan=False).replace("</", "<\\/")  # no text of a user ends the script
    page = TEMPLATE.read_text().replace("TITLE", html.escape(f"{data['name']}: word lengths"), 1).replace(">DATA<", f">{text}<", 1)
    path = folder / "explore.html"
    write_whole(path, page)
    return path


def page_data(exploration: Exploration, folder: Path) -> dict[str, Any]:
    """What the page shows: columns and rows, and the description of each row as fields of a template."""
    task = exploration.task
    rows = thinned(exploration)
    names = [name for name in exploration.columns if name != ERROR]
    described = [task.space.changed_description(exploration.point(row)) for row in rows]
    template, marks, fields = as_template(described, folder)
    return {
        "name": task.space.base.name,
        "kind": task.space.base.kind,
        "paths": task.space.paths,
        "metrics": [{"name": name, "unit": METRICS[name].unit, "more": METRICS[name].more_is_better} for name in task.metrics],
        "costs": [{"name": name, "label": COLUMNS[name]} for name in PLOTTED],
        "columns": names,
        "rows": [[_json(row.get(name)) for name in names] for row in rows],
        "template": template,
        "marks": marks,
        "fields": fields,
        "total": len(exploration.rows),
        "failed": len(exploration.failures),
    }


def thinned(exploration: Exploration) -> list[Row]:
    """The rows that did not fail; of too many, the fronts and every n-th."""
    rows = [row for row in exploration.rows if not row.get(ERROR) or row.get(exploration.task.metrics[0]) is not None]
    if len(rows) <= MAXIMUM_POINTS:
        return rows
    fronts = {id(row) for cost in PLOTTED for name in exploration.task.metrics for row in exploration.front(cost, name)}
    step = math.ceil(len(rows) / MAXIMUM_POINTS)
    return [row for place, row in enumerate(rows) if place % step == 0 or id(row) in fronts]


def as_template(descriptions: list[dict[str, Any]], folder: Path) -> tuple[str, list[str], list[list[str]]]:
    """Descriptions as one text with marks where they differ, and what each has in the marks' places.

    Examples
    --------
    >>> as_template([{"core": "fir", "gain": 1.0}, {"core": "fir", "gain": 2.0}], Path("."))
    ('core = "fir"\\ngain = @0@\\n', ['@0@'], [['1.0'], ['2.0']])
    """
    if not descriptions:
        return "", [], []
    flat = [dict(leaves(description)) for description in descriptions]
    differ = [key for key in flat[0] if any(other.get(key) != flat[0][key] for other in flat)]
    marks = [f"@{number}@" for number in range(len(differ))]
    marked = descriptions[0]
    for key, mark in zip(differ, marks, strict=True):
        marked = with_leaf(marked, key, mark)
    text = to_toml(marked, folder)
    for mark in marks:
        text = text.replace(f'"{mark}"', mark)
    return text, marks, [[toml_value(one[key]) for key in differ] for one in flat]


def leaves(value: Any, key: tuple[str | int, ...] = ()) -> list[tuple[tuple[str | int, ...], Any]]:
    """Values of a description by where they stand; lists of numbers count as one value."""
    if isinstance(value, Mapping):
        return [leaf for name, inner in value.items() for leaf in leaves(inner, (*key, name))]
    if isinstance(value, list | tuple) and value and isinstance(value[0], Mapping):
        return [leaf for place, inner in enumerate(value) for leaf in leaves(inner, (*key, place))]
    return [(key, value)]


def with_leaf(value: Any, key: tuple[str | int, ...], leaf: Any) -> Any:
    """A description with one value replaced."""
    if not key:
        return leaf
    if isinstance(value, Mapping):
        return {name: with_leaf(inner, key[1:], leaf) if name == key[0] else inner for name, inner in value.items()}
    return [with_leaf(inner, key[1:], leaf) if place == key[0] else inner for place, inner in enumerate(value)]


def _json(value: Any) -> Any:
    """A cell in types that JSON has."""
    if isinstance(value, float) and not math.isfinite(value):
        return "inf" if value > 0 else "-inf" if value < 0 else None
    return value
