"""Which parameters of a core are varied over which values, and the core that each combination stands for.

A parameter is named as in a description file, with dots into it: ``coefficient.word_length`` is the word length of the format
``coefficient`` (its integer part stays, the fraction length moves), ``coefficients.numtaps`` a key of the table ``[coefficients]``, and
``stages[1].guard_bits`` a parameter of the second core of a chain.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from fixed_point import Format
from ip_cores.core import Core, make_core, plain
from ip_cores.description_text import toml_value
from ip_cores.parameters import ParameterError, nearest

Point = tuple[Any, ...]
"""A value for each varied parameter, in their order."""

MAXIMUM_VALUES = 100_000
"""Of one parameter; a range beyond this is taken for a slip of the pen."""

class SpaceError(ValueError):
    """A parameter that the core does not have, or that cannot be varied."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"vary = {path}: {reason}")


FORMAT_KEYS = ("word_length", "fraction_length")
_RANGE = re.compile(r"(-?\d+):(-?\d+)(?::(-?\d+))?")
_WORD = re.compile(r"[\w.+-]+")
_STAGE = re.compile(r"stages\[(\d+)\]\.(.+)")


def parse_values(path: str, text: str) -> tuple[Any, ...]:
    """The values that ``FIRST:LAST[:STEP]``, both ends included, or a list with commas stands for.

    Raises
    ------
    ParameterError
        If it is neither, runs backwards or is empty.

    Examples
    --------
    >>> parse_values("source.word_length", "8:16:4"), parse_values("form", "direct,serial"), parse_values("gain", "0.5,1")
    ((8, 12, 16), ('direct', 'serial'), (0.5, 1))
    """
    match = _RANGE.fullmatch(text.strip())
    if match is None:
        words = [word.strip() for word in text.split(",")]
        if not all(_WORD.fullmatch(word) for word in words):
            raise ParameterError(path, text, "must be FIRST:LAST or FIRST:LAST:STEP in whole numbers, or values with commas between them")
        return tuple(dict.fromkeys(_value(word) for word in words))
    first, last, step = int(match[1]), int(match[2]), int(match[3] or 1)
    if step < 1:
        raise ParameterError(path, text, "must have a STEP of 1 or more")
    if last < first:
        raise ParameterError(path, text, f"must run upwards, as {last}:{first}")
    if (last - first) // step >= MAXIMUM_VALUES:
        raise ParameterError(path, text, f"must hold at most {MAXIMUM_VALUES:,} values")
    return tuple(range(first, last + 1, step))


def _value(word: str) -> Any:
    if word in ("true", "false"):
        return word == "true"
    for kind in (int, float):
        try:
            return kind(word)
        except ValueError:
            continue
    return word.strip("\"'")


@dataclass(frozen=True)
class DesignSpace:
    """A core and the parameters that are varied; every combination is a point.

    Parameters
    ----------
    description : mapping or Core
        The core that the rest is taken from.
    vary : mapping of str to sequence
        Values by dotted name.

    Raises
    ------
    SpaceError
        If the core has no such parameter, it cannot be varied, or it has no values.

    Examples
    --------
    >>> space = DesignSpace({"core": "fir", "coefficients": [0.5, 0.5]}, {"coefficient.word_length": (8, 12)})
    >>> space.size, str(space.core((12,)).coefficient)
    (2, 'sfix12_En11')
    """

    description: Mapping[str, Any]
    vary: Mapping[str, Sequence[Any]]

    def __init__(self, description: Mapping[str, Any] | Core, vary: Mapping[str, Sequence[Any]]) -> None:
        given = description.description if isinstance(description, Core) else dict(description)
        object.__setattr__(self, "description", given)
        object.__setattr__(self, "vary", {path: tuple(values) for path, values in vary.items()})
        for path, values in self.vary.items():
            if not values:
                raise SpaceError(path, "must have one value or more")
            _locate(self.base, given, path)

    @cached_property
    def base(self) -> Core:
        """The core as described, nothing varied."""
        return make_core(self.description)

    @property
    def paths(self) -> tuple[str, ...]:
        return tuple(self.vary)

    @property
    def size(self) -> int:
        """How many points there are."""
        return math.prod(len(values) for values in self.vary.values())

    def points(self) -> Iterator[Point]:
        """Every combination; the last parameter changes fastest."""
        return itertools.product(*self.vary.values())

    def core(self, point: Sequence[Any]) -> Any:
        """The core of a point, of the class of `base`.

        Raises
        ------
        ParameterError
            If the combination is none that the core can take.
        """
        base = self.base
        if base.parts:
            return self._composition(base, point)
        changed = set_values(base, self.description, dict(zip(self.paths, point, strict=True)))
        return base.replace(**changed)

    def _composition(self, base: Core, point: Sequence[Any]) -> Core:
        """A composition whose stages follow each other's formats: the sink of a stage is the source of the one before."""
        stages: list[Core] = []
        described = self.description["stages"]
        for number, stage in enumerate(base.parts):
            prefix = f"stages[{number}]."
            changed = set_values(stage, described[number], self._changes(prefix, point))
            made = stage.replace(**changed) if changed else stage
            stages.append(made.with_sink(stages[-1].source_format) if stages else made)
        return base.with_parts(tuple(stages))

    def described(self, path: str) -> Any:
        """The value that a parameter has in the core as described; None for a part of a table."""
        stage = _STAGE.fullmatch(path)
        core: Any = self.base.parts[int(stage[1])] if stage else self.base
        key, _, inner = (stage[2] if stage else path).partition(".")
        value = getattr(core, key)
        return getattr(value, inner, None) if inner else value

    def changed_description(self, point: Sequence[Any]) -> dict[str, Any]:
        """The description of a point: the given one with the keys that the point changes, as TOML can hold them."""
        core = self.core(point)
        if not core.parts:
            return _changed(self.description, core, self._changes("", point))
        described = []
        for number, (before, stage) in enumerate(zip(self.description["stages"], core.parts, strict=True)):
            after = _changed(before, stage, self._changes(f"stages[{number}].", point))
            if number and stage.with_sink(self.base.parts[number].sink_format) != stage:
                after["sink"] = plain(stage.sink_format)
            described.append(after)
        return {**self.description, "stages": described}

    def _changes(self, prefix: str, point: Sequence[Any]) -> dict[str, Any]:
        """Values by dotted name, of those names that begin with a stage's."""
        named = zip(self.paths, point, strict=True)
        return {path[len(prefix) :]: value for path, value in named if path.startswith(prefix)}


def _locate(core: Core, description: Mapping[str, Any], path: str) -> None:
    """Check that a dotted name stands for something that can be varied."""
    stage = _STAGE.fullmatch(path)
    if core.parts:
        if stage is None:
            raise SpaceError(path, f"must begin with a stage, as stages[0].{path}")
        number = int(stage[1])
        if number >= len(core.parts):
            raise SpaceError(path, f"must be of stages[0] to stages[{len(core.parts) - 1}]")
        if number and stage[2].partition(".")[0] == "sink":
            raise SpaceError(path, f"follows the source of stages[{number - 1}]: vary that")
        _locate(core.parts[number], description["stages"][number], stage[2])
        return
    fields = {field.name: field for field in dataclasses.fields(core) if field.metadata}
    key, _, inner = path.partition(".")
    if key not in fields:
        raise SpaceError(path, f"{core.kind} has no such parameter{nearest(key, fields)}")
    value = getattr(core, key)
    if isinstance(value, Format):
        if inner not in FORMAT_KEYS:
            raise SpaceError(path, f"must be {' or '.join(f'{key}.{name}' for name in FORMAT_KEYS)}")
    elif isinstance(description.get(key), Mapping):
        if inner not in description[key]:
            raise SpaceError(path, f"[{key}] has {', '.join(description[key])}{nearest(inner, description[key])}")
    elif inner:
        raise SpaceError(path, f"{key} = {toml_value(plain(value))} has no parts; vary {key} itself")


def set_values(core: Core, description: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Keyword arguments of ``core.replace`` for values by dotted name."""
    changed: dict[str, Any] = {}
    for path in sorted(changes, key=lambda path: path.endswith(".fraction_length")):  # a word length moves the fraction length with it
        key, _, inner = path.partition(".")
        value = changes[path]
        if not inner:
            changed[key] = value
        elif isinstance(getattr(core, key), Format):
            format = changed.get(key, getattr(core, key))
            changed[key] = _changed_format(format, inner, path, value)
        else:
            changed[key] = {**changed.get(key, description[key]), inner: value}
    return changed


def _changed_format(format: Format, inner: str, path: str, value: Any) -> Format:
    try:
        return format.with_word_length(value) if inner == "word_length" else dataclasses.replace(format, fraction_length=value)
    except (ValueError, TypeError) as error:
        raise ParameterError(path, value, str(error).partition(": ")[2] or "must be a whole number") from None


def _changed(description: Mapping[str, Any], core: Core, changes: Mapping[str, Any]) -> dict[str, Any]:
    """A description with some keys taken from the core that came of it."""
    after = dict(description)
    for path, value in changes.items():
        key, _, inner = path.partition(".")
        if inner and isinstance(after.get(key), Mapping):
            after[key] = {**after[key], inner: value}
        else:
            after[key] = plain(getattr(core, key))
    return after
