"""The cheapest word lengths that meet a target: an analytic noise model prunes, the bit-true model decides."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from fixed_point import Format
from fixed_point.full_scale import power_decibels
from fixed_point.word_lengths.word_length_search import MARGIN_DB, Choice, Memo, SeparableNoise, search
from fpga_projects.estimation.cost import COLUMNS, Cost
from fpga_projects.estimation.price import cost_of
from fpga_projects.exploration.design_space import DesignSpace, SpaceError
from fpga_projects.exploration.explore import make_task
from fpga_projects.exploration.interpolated_cost import InterpolatedCost
from fpga_projects.exploration.metrics import METRICS, QualityError, metric
from fpga_projects.exploration.noise_prediction import DECIBELS, Predictor, predicted
from fpga_projects.exploration.result_store import ERROR, Row
from fpga_projects.exploration.sweep import PROBE, WITHOUT_SIGNAL, Task, same
from ip_cores.core import Core
from ip_cores.description import read_description
from ip_cores.description_text import to_toml
from ip_cores.parameters import ParameterError, nearest

SHORTEST, LONGEST = 4, 24
"""Word lengths that are tried where no range is given."""

TIE = 1e-9
"""Weight of logic elements beside another cost: they decide between equals."""

_TARGET = re.compile(r"\s*(\w+)\s*(>=|<=)\s*([-+.\deE]+)\s*")


@dataclass(frozen=True)
class Target:
    """A bound on a metric.

    Examples
    --------
    >>> Target.parse("snr>=60")
    Target(metric='snr', bound=60.0)
    """

    metric: str
    bound: float

    @classmethod
    def parse(cls, text: str) -> Target:
        """Read ``METRIC>=NUMBER``, or ``<=`` for a metric of which less is better.

        Raises
        ------
        ValueError
            If it is not of that form, or the metric does not exist.
        """
        match = _TARGET.fullmatch(text)
        try:
            name, relation, bound = match.groups() if match else ("", "", "")
            value = float(bound)
        except ValueError:
            raise QualityError(f"target = {text}: must be METRIC>=NUMBER, as snr>=60, or mse<=1e-8") from None
        wanted = ">=" if metric(name).more_is_better else "<="
        if relation != wanted:
            raise QualityError(f"target = {text}: must be {name}{wanted}{bound}")
        return cls(name, value)

    def quality(self, value: float) -> float:
        """A value of the metric on the scale of the search: more is better; mean squares in dB."""
        if self.metric == "mse":
            return power_decibels(1.0, value)
        return value if METRICS[self.metric].more_is_better else -value

    def __str__(self) -> str:
        return f"{self.metric}{'>=' if METRICS[self.metric].more_is_better else '<='}{self.bound:g}"


@dataclass(frozen=True, eq=False)
class Optimum:
    """What an optimisation has found.

    Attributes
    ----------
    task : Task
    target : Target
    minimize : str
        The cost.
    best, uniform : dict
        Parameters, metric and costs of the cheapest choice, and of the cheapest whose word lengths are all equal; empty where no choice
        meets the target.
    evaluations : int
        Runs of the bit-true model.
    """

    task: Task
    target: Target
    minimize: str
    best: Row
    uniform: Row
    evaluations: int

    @property
    def gain(self) -> float | None:
        """Part of the uniform solution's cost that is saved."""
        if not self.best or not self.uniform or not self.uniform[self.minimize]:
            return None
        return float(1 - self.best[self.minimize] / self.uniform[self.minimize])

    def description(self, folder: str | Path | None = None) -> str:
        """The description of the cheapest choice, as the text of a TOML file."""
        if not self.best:
            raise ValueError(f"{self.task.space.base.name}: nothing meets {self.target}")
        point = [self.best[path] for path in self.task.space.paths]
        return to_toml(self.task.space.changed_description(point), folder)


def optimize(
    core: Core | Mapping[str, Any] | str | Path,
    target: str,
    minimize: str = "les",
    vary: Mapping[str, Sequence[Any]] | None = None,
    input: Any = None,
    margin: float | None = None,
    progress: Callable[[int], None] | None = None,
    samples: int | None = None,
    seed: int = 0,
) -> Optimum:
    """Find the cheapest word lengths that meet a target.

    Parameters
    ----------
    core : Core, mapping, str or Path
        The core, its description, or the name of a description file.
    target : str
        As ``snr>=60``.
    minimize : str
        A cost: ``les``, ``registers``, ``multipliers``, ``m4k`` or ``power``.
    vary : mapping of str to sequence, optional
        Values by parameter, in rising order; by default every word length of the core or of its stages, from 4 to 24 bits.
    input
        As for `fpga_projects.exploration.explore.explore`.
    margin : float, optional
        How far a prediction may be too low, in dB (see `fixed_point.word_lengths.word_length_search.search`); by default what the noise
        model of the core is known to keep: 1 dB, or 3.5 dB where a threshold decides.
    progress : callable, optional
        Called with how often the bit-true model has run.
    samples : int, optional
        Words to play; by default all of a file, and four seconds of a generated signal.
    seed : int
        Of a generated signal.

    Returns
    -------
    Optimum

    Raises
    ------
    ValueError
        If something is asked for that does not exist, or no choice at all can be measured.

    Notes
    -----
    A core that does not say what it is built of is mapped in full where it costs most and where each variable saves most; costs in
    between are interpolated (`fpga_projects.exploration.interpolated_cost`), and what is chosen is mapped.

    Examples
    --------
    >>> found = optimize({"core": "fir", "coefficients": [0.1, 0.8, 0.1]}, "snr>=50", input="noise")
    >>> found.best["snr"] >= 50, found.best["les"] <= found.uniform["les"]
    (True, True)
    """
    wanted = Target.parse(target)
    if minimize not in COLUMNS:
        raise QualityError(f"minimize = {minimize}: must be one of {', '.join(COLUMNS)}{nearest(minimize, COLUMNS)}")
    description = read_description(core) if isinstance(core, str | Path) else core
    base = DesignSpace(description, {}).base
    space: dict[str, Sequence[Any]] = {path: tuple(values) for path, values in (vary or word_lengths(base)).items()}
    if not vary:
        space = with_effect(make_task(description, space, input, [wanted.metric], samples, seed))
    if not space:
        raise SpaceError(base.name, "has no word lengths")
    task = make_task(description, space, input, [wanted.metric], samples, seed)
    rows: dict[Choice, Row] = {}

    def measure(choice: Choice) -> float:
        rows[choice] = task.row(choice, priced=quick)
        if progress:
            progress(len(rows))
        value = rows[choice].get(wanted.metric)
        if value is None:
            raise ValueError(rows[choice][ERROR])
        return wanted.quality(value)

    domains = list(space.values())
    quick = base.inventory is not None
    measured, price = Memo(measure), _price(task.space, minimize, quick)
    predictor, known = _prediction(task, wanted, domains, measured)
    predict, margin = Memo(predictor), known if margin is None else margin
    found = search(domains, price, predict, measured, wanted.quality(wanted.bound), margin)
    candidates = sorted(uniform_choices(task.space), key=price)
    good = (choice for choice in candidates if predict(choice) >= wanted.quality(wanted.bound) - margin)
    uniform = next((choice for choice in good if measured(choice) >= wanted.quality(wanted.bound)), None)
    best, even = (rows[choice] if choice else {} for choice in (found.choice, uniform))
    for row in (best, even):
        if row and not quick:
            row |= asdict(cost_of(task.space.core([row[path] for path in space])))
    if even and (not best or best[minimize] > even[minimize]):
        best = even  # a descent has ended elsewhere, or straight lines between mappings have said otherwise
    failures = [row[ERROR] for row in rows.values() if ERROR in row]
    if failures and len(failures) == len(rows):
        raise QualityError(f"{base.name}: no choice could be measured; the first: {failures[0]}")
    return Optimum(task, wanted, minimize, best, even, len(rows))


def _price(space: DesignSpace, minimize: str, quick: bool) -> Memo:
    """What a choice costs; infinite for one that no core can have. Equal costs are told apart by logic elements."""

    def weighed(cost: Cost) -> float:
        return float(getattr(cost, minimize)) + (TIE * cost.les if minimize != "les" else 0.0)

    if not quick:
        return Memo(InterpolatedCost(space, weighed), refused=math.inf)
    return Memo(lambda choice: weighed(cost_of(space.core(choice))), refused=math.inf)


def word_lengths(core: Core, prefix: str = "") -> dict[str, tuple[int, ...]]:
    """Every word length of a core and of those that it consists of, with the range that is tried."""
    found: dict[str, tuple[int, ...]] = {}
    for number, (path, part) in enumerate(zip(core.part_paths, core.parts, strict=True)):
        inner = word_lengths(part, f"{prefix}{path}.")
        if core.leader_of(number) is not None:  # its sink follows another part
            inner.pop(f"{prefix}{path}.sink.word_length", None)
        found |= inner
    for field in dataclasses.fields(core):
        if not field.metadata:
            continue
        low, high = field.metadata["minimum"], field.metadata["maximum"]
        if isinstance(getattr(core, field.name), Format):
            shortest, longest = max(SHORTEST, low or 0), min(LONGEST, high or LONGEST)
            found[f"{prefix}{field.name}.word_length"] = tuple(range(shortest, longest + 1))
        elif field.metadata["unit"] == "bits":
            shortest = max(SHORTEST, low) if "word_length" in field.name else low
            found[f"{prefix}{field.name}"] = tuple(range(shortest, min(LONGEST, high) + 1))
    return found


def with_effect(task: Task) -> dict[str, Sequence[Any]]:
    """The varied parameters that change the model's words on a piece of the signal, or the cost.

    Guard bits of a synthesis, for one, have none in a chain, where the analysis decides the format of the words between them.
    """
    greatest = [values[-1] for values in task.space.vary.values()]
    found = {}
    for place, (path, values) in enumerate(task.space.vary.items()):
        try:
            cores = [task.space.core([*greatest[:place], value, *greatest[place + 1 :]]) for value in (values[0], values[-1])]
        except ParameterError:  # there are values at which there is no core
            found[path] = values
            continue
        outputs = [core.model(task.input.beginning(PROBE).words(core)) for core in cores]
        if cores[0].source_format != cores[1].source_format or not same(*outputs) or cost_of(cores[0]) != cost_of(cores[1]):
            found[path] = values
    return found


def _prediction(task: Task, target: Target, domains: Sequence[Sequence[Any]], measure: Memo) -> tuple[Callable[[Choice], float], float]:
    """The quickest model of a metric that there is for a core, and how far it may be too low, in dB.

    Coefficients alone decide some metrics, which are computed at once. Noise is predicted from word lengths where there is a formula, and
    from measurements of each variable on its own where there is none. Of anything else nothing is predicted: every choice is hopeful.
    """
    if target.metric in WITHOUT_SIGNAL:
        return (lambda choice: target.quality(metric(target.metric).measure(task.trial(task.space.core(choice), choice)))), 0.0
    if target.metric not in DECIBELS:
        return (lambda choice: math.inf), 0.0
    base = task.space.base
    predictor = Predictor(base, task.input)
    if predictor(base) is None:
        return SeparableNoise(domains, measure), MARGIN_DB

    def analytic(choice: Choice) -> float:
        noise = predictor(task.space.core(choice))
        assert noise is not None
        return predicted(target.metric, noise)

    return analytic, predictor.margin(base)


def uniform_choices(space: DesignSpace) -> list[Choice]:
    """Choices with one word length for all; guard bits and whatever else is no word length are as described, or as near as can be."""
    lengths = [path.endswith("word_length") for path in space.paths]
    domains = list(space.vary.values())
    every = sorted({value for domain, length in zip(domains, lengths, strict=True) if length for value in domain})
    found: dict[Choice, None] = {}
    for bits in every:
        wanted = [bits if length else space.described(path) for path, length in zip(space.paths, lengths, strict=True)]
        choice = tuple(_nearest(domain, value) for domain, value in zip(domains, wanted, strict=True))
        found[choice] = None
    return list(found)


def _nearest(domain: Sequence[Any], value: Any) -> Any:
    """The value of a domain that is nearest to one; the last, if they are no numbers."""
    if value in domain or not isinstance(value, int | float):
        return value if value in domain else domain[-1]
    return min(domain, key=lambda other: abs(other - value))
