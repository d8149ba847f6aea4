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
        self.path, self.reason = path, reason
        super().__init__(f"vary = {path}: {reason}")

    def __reduce__(self) -> tuple[type, tuple[str, str]]:
        return type(self), (self.path, self.reason)


FORMAT_KEYS = ("word_length", "fraction_length")
_RANGE = re.compile(r"(-?\d+):(-?\d+)(?::(-?\d+))?")
_WORD = re.compile(r"[\w.+-]+")


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
        return _altered(self.base, self.description, dict(zip(self.paths, point, strict=True)))

    def described(self, path: str) -> Any:
        """The value that a parameter has in the core as described; None for a part of a table."""
        core, name = self.base, path
        while (found := _part_of(core, name)) is not None:
            core, name = core.parts[found[0]], found[1]
        key, _, inner = name.partition(".")
        value = getattr(core, key)
        return getattr(value, inner, None) if inner else value

    def changed_description(self, point: Sequence[Any]) -> dict[str, Any]:
        """The description of a point: the given one with the keys that the point changes, as TOML can hold them."""
        return _redescribed(self.description, self.base, self.core(point), dict(zip(self.paths, point, strict=True)))


def _part_of(core: Core, path: str) -> tuple[int, str] | None:
    """Which part of a composition a dotted name leads into, and its name there; None if it is the composition's own."""
    for number, part in enumerate(core.part_paths):
        if path.startswith(f"{part}."):
            return number, path[len(part) + 1 :]
    return None


def _shared(core: Core, changes: Mapping[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Values by dotted name: the core's own, and those of each of its parts, by their names there."""
    own: dict[str, Any] = {}
    inner: list[dict[str, Any]] = [{} for _ in core.parts]
    for path, value in changes.items():
        found = _part_of(core, path)
        if found is None:
            own[path] = value
        else:
            inner[found[0]][found[1]] = value
    return own, inner


def _place(path: str) -> tuple[str, int | None]:
    """The key under which a description has a part, and its number where that is a list.

    Examples
    --------
    >>> _place("stages[1]"), _place("calculation")
    (('stages', 1), ('calculation', None))
    """
    key, _, number = path.removesuffix("]").partition("[")
    return key, int(number) if number else None


def _described_part(description: Mapping[str, Any], path: str) -> Mapping[str, Any]:
    """The description of a part."""
    key, number = _place(path)
    found: Mapping[str, Any] = description[key] if number is None else description[key][number]
    return found


def _altered(core: Core, description: Mapping[str, Any], changes: Mapping[str, Any]) -> Core:
    """A core with other values; parts follow each other's formats: the sink of one is the source of the one before."""
    own, inner = _shared(core, changes)
    made = core.replace(**set_values(core, description, own)) if own else core
    found: dict[int, Core] = {}
    while len(found) < len(made.parts):
        for number, (path, part, values) in enumerate(zip(made.part_paths, made.parts, inner, strict=True)):
            leader = made.leader_of(number)
            if number not in found and (leader is None or leader[0] in found):
                after = _altered(part, _described_part(description, path), values)
                found[number] = after if leader is None else after.with_sink(_led(found[leader[0]], leader[1]))
    parts = tuple(found[number] for number in range(len(found)))
    return made if parts == made.parts else made.with_parts(parts)


def _led(part: Core, side: str) -> Any:
    """The format of one side of a part, which another follows."""
    return part.source_format if side == "source" else part.sink_format


def _redescribed(description: Mapping[str, Any], before: Core, after: Core, changes: Mapping[str, Any]) -> dict[str, Any]:
    """A description with the keys that have changed, and with the sinks that follow a format that has."""
    own, inner = _shared(before, changes)
    found = _changed(description, after, own)
    for number, (path, values) in enumerate(zip(after.part_paths, inner, strict=True)):
        part, old = after.parts[number], before.parts[number]
        text = _redescribed(_described_part(description, path), old, part, values)
        if after.leader_of(number) is not None and part.with_sink(old.sink_format) != part:
            text["sink"] = plain(part.sink_format)
        key, place = _place(path)
        found[key] = text if place is None else [text if index == place else one for index, one in enumerate(found[key])]
    return found


def _locate(core: Core, description: Mapping[str, Any], path: str, before: str = "") -> None:
    """Check that a dotted name stands for something that can be varied; `before` stands before it where a part is asked."""
    whole = before + path
    found = _part_of(core, path)
    if found is not None:
        number, inner = found
        leader = core.leader_of(number)
        if leader is not None and inner.partition(".")[0] == "sink":
            raise SpaceError(whole, f"follows the {leader[1]} of {before}{core.part_paths[leader[0]]}: vary that")
        _locate(core.parts[number], _described_part(description, core.part_paths[number]), inner, f"{before}{core.part_paths[number]}.")
        return
    fields = {field.name: field for field in dataclasses.fields(core) if field.metadata}
    key, _, inner = path.partition(".")
    if key not in fields:
        hint = f"; those of its cores begin with {', '.join(core.part_paths)}" if core.part_paths else nearest(key, fields)
        raise SpaceError(whole, f"{core.kind} has no such parameter{hint}")
    value = getattr(core, key)
    if isinstance(value, Format):
        if inner not in FORMAT_KEYS:
            raise SpaceError(whole, f"must be {' or '.join(f'{key}.{name}' for name in FORMAT_KEYS)}")
    elif isinstance(description.get(key), Mapping):
        if inner not in description[key]:
            raise SpaceError(whole, f"[{key}] has {', '.join(description[key])}{nearest(inner, description[key])}")
    elif inner:
        raise SpaceError(whole, f"{key} = {toml_value(plain(value))} has no parts; vary {key} itself")


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
