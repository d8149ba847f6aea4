"""Number formats beside declarations, and what the words of tables and constants stand for."""

from __future__ import annotations

import math
from collections.abc import Callable

from fixed_point import Format
from ip_cores.conversion.architecture import Assignment, Entity, Type
from ip_cores.conversion.constants import ALL_ZERO, constant_value
from ip_cores.conversion.expressions import Expression
from ip_cores.conversion.tables import numbered_tables


def say_formats(entity: Entity, fraction_of: Callable[[str], int | None]) -> None:
    """Write the format of every word beside it, and values beside constants.

    Parameters
    ----------
    entity : Entity
    fraction_of : callable
        Fraction bits of a word by its name, None where they are unknown.
    """
    for port in entity.ports:
        if not port.remark:
            port.remark = _format(port.type, fraction_of(port.name))
    for name, declaration in entity.declarations.items():
        fraction_length = fraction_of(name)
        format = _format(declaration.type, fraction_length)
        value = real_value(declaration.value, fraction_length) if declaration.value is not None else ""
        declaration.remark = ": ".join(text for text in (format, value, declaration.remark) if text)
        declaration.power_up = [
            (word, ": ".join(text for text in (remark, real_value(word, fraction_length)) if text)) for word, remark in declaration.power_up
        ]
    types = entity.types()
    for target, rows in numbered_tables(entity):
        fraction_length = fraction_of(target)
        if _format(types[target], fraction_length):
            for row in rows:
                _say_value(row, fraction_length)


def _format(type: Type, fraction_length: int | None) -> str:
    if fraction_length is None or type.name not in ("signed", "unsigned") or type.width is None:
        return ""
    return str(Format(type.name == "signed", type.width, fraction_length))


def _say_value(row: Assignment, fraction_length: int | None) -> None:
    value = real_value(row.value, fraction_length)
    row.remark = ": ".join(text for text in (row.remark, value) if text)


def real_value(value: Expression, fraction_length: int | None) -> str:
    """What a literal stands for; nothing where its binary point is unknown or behind its last bit."""
    word = 0 if value == ALL_ZERO else constant_value(value)
    if word is None or not fraction_length:
        return ""
    return f"{math.ldexp(word, -fraction_length):.6g}"
