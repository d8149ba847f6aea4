"""``NAME_registers.h`` and ``NAME_registers.py``: the registers of a core's Avalon-MM slaves, for programs that write them.

Addresses count words, as the slave does. A processor that counts bytes has the word at address a at a times the bytes of a word.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from ip_cores.core import Core
from ip_cores.port import RegisterField

Slaves = Mapping[str, tuple[int, tuple[RegisterField, ...]]]
"""By prefix of a slave's ports the bits of its words, and the fields of its registers."""


def register_headers(core: Core, version: str) -> dict[str, str]:
    """Headers in C and Python by file name; none for a core without registers.

    Parameters
    ----------
    core : Core
    version : str
        Of the library that writes them.
    """
    widths = {port.name: port.width or 1 for port in core.ports}
    slaves = {
        prefix: (widths[f"{prefix}_writedata"], fields)
        for prefix, fields in core.register_maps.items()
        if f"{prefix}_writedata" in widths
    }  # fmt: skip
    if not slaves:
        return {}
    name = f"{core.name}_registers"
    said = f"Registers of {core.name}, {core.kind}; written by ossicle {version}."
    return {f"{name}.h": c_header(core.name, said, slaves), f"{name}.py": python_module(said, slaves)}


def c_header(name: str, said: str, slaves: Slaves) -> str:
    """Constants and macros: addresses, places of bits, what a reset or the device's configuration leaves there, and lists of addresses."""
    guard = f"{name.upper()}_REGISTERS_H"
    lines = [f"/* {said}", " *", *(f" * {line}" if line else " *" for line in HELP_C), " */", f"#ifndef {guard}", f"#define {guard}", ""]
    lines += ["#include <stdint.h>", ""]
    for prefix, (bits, fields) in slaves.items():
        own = _prefix(name, prefix)
        lines += [f"/* {prefix}_address, {prefix}_write, {prefix}_writedata, {prefix}_readdata: words of {bits} bits. */"]
        lines += [f"typedef uint{bits}_t {own.lower()}_word_t;", ""]
        for field in fields:
            lines += [*_c_field(f"{own}_{field.name.upper()}", field), ""]
        for base, several in numbered(fields):
            addresses = ", ".join(f"{one.address}u" for one in several)
            lines += [f"/* Addresses of {base}_0 and those behind it{_of_first(several[0])}. */"]
            lines += [f"#define {own}_{base.upper()}_COUNT {len(several)}", f"#define {own}_{base.upper()}_ADDRESSES {{{addresses}}}", ""]
    return "\n".join([*lines, f"#endif /* {guard} */"]) + "\n"


HELP_C = (
    "Addresses count words. To set a field f: write (value << f_SHIFT) & f_MASK at f_ADDRESS,",
    "together with the other fields of that address. A field with f_FRACTION_BITS is a fixed-point",
    "number: value * 2^f_FRACTION_BITS, rounded. f_RESET is what stands there before it is written.",
)


def _prefix(name: str, slave: str) -> str:
    """What the names of a slave's fields begin with: the core's name, and that of the core inside, if it is one's."""
    inner = slave.removesuffix("control").rstrip("_")
    return f"{name}_{inner}".rstrip("_").upper()


def _of_first(field: RegisterField) -> str:
    return f", of n = 0; each next n is {field.stride} further" if field.count > 1 else ""


def _c_field(name: str, field: RegisterField) -> Iterator[str]:
    yield f"/* {plain_text(field.meaning)} */"
    if field.count > 1:
        yield f"#define {name}_ADDRESS(n) ({field.address}u + {field.stride}u * (n))"
        yield f"#define {name}_REPEATED {field.count}"
    else:
        yield f"#define {name}_ADDRESS {field.address}u"
    yield f"#define {name}_SHIFT {field.low}"
    yield f"#define {name}_MASK 0x{field.mask:X}u"
    yield f"#define {name}_RESET 0x{field.reset << field.low:X}u"
    if field.fraction_length is not None:
        yield f"#define {name}_SIGNED {int(field.signed)}"
        yield f"#define {name}_FRACTION_BITS {field.fraction_length}"


def plain_text(meaning: str) -> str:
    """A field's meaning without the marks of a datasheet."""
    return meaning.replace("`", "").replace("*/", "* /")


def numbered(fields: Sequence[RegisterField]) -> Iterator[tuple[str, list[RegisterField]]]:
    """Fields that are numbered from 0 on, by the name without the number.

    Examples
    --------
    >>> gains = [RegisterField(n, 15, 0, 0, "", f"gain_{n}") for n in range(2)]
    >>> [(base, len(several)) for base, several in numbered([*gains, RegisterField(2, 0, 0, 0, "", "bypass")])]
    [('gain', 2)]
    """
    found: dict[str, list[RegisterField]] = defaultdict(list)
    for field in fields:
        base, _, number = field.name.rpartition("_")
        if number.isdecimal() and int(number) == len(found[base]):
            found[base].append(field)
    for base, several in found.items():
        if several:
            yield base, several


def python_module(said: str, slaves: Slaves) -> str:
    """A module that needs nothing: a dictionary of fields by name for each slave."""
    lines = [f'"""{said}', "", *HELP_PYTHON, '"""', "", *PYTHON_FIELD.splitlines(), ""]
    for prefix, (bits, fields) in slaves.items():
        lines += ["", f"{prefix.upper()}_WORD_BITS = {bits}", f"{prefix.upper()} = {{"]
        for one in fields:
            values = (one.address, one.high, one.low, one.reset, one.signed, one.fraction_length, one.count, one.stride)
            lines.append(f'    "{one.name}": Field({", ".join(map(repr, values))}),  # {plain_text(one.meaning)}')
        lines.append("}")
    return "\n".join(lines) + "\n"


HELP_PYTHON = (
    "Addresses count words. CONTROL[\"name\"].word(value) is what is to be written at CONTROL[\"name\"].at(), together",
    "with the other fields of that address; .value(word) reads the field in a word. Numbers are real numbers.",
)

PYTHON_FIELD = '''\
from typing import NamedTuple, Optional


class Field(NamedTuple):
    """Some bits of a register, or of several that are alike."""

    address: int
    high: int
    low: int
    reset: int
    signed: bool = False
    fraction_bits: Optional[int] = None
    count: int = 1
    stride: int = 1

    def at(self, number: int = 0) -> int:
        """Address of the first of these registers, or of another."""
        if not 0 <= number < self.count:
            raise ValueError(f"number = {number}: must be 0 to {self.count - 1}")
        return self.address + self.stride * number

    def word(self, value: float) -> int:
        """The bits of a value, in their place; rounded to the nearest, half up."""
        bits = self.high - self.low + 1
        whole = int((value * 2 ** (self.fraction_bits or 0) + 0.5) // 1)
        least = -(1 << bits - 1) if self.signed else 0
        if not least <= whole < least + (1 << bits):
            raise ValueError(f"{value}: must be {self.scaled(least)} to {self.scaled(least + (1 << bits) - 1)}")
        return (whole & (1 << bits) - 1) << self.low

    def value(self, word: int) -> float:
        """The value in a word."""
        bits = self.high - self.low + 1
        whole = word >> self.low & (1 << bits) - 1
        return self.scaled(whole - (1 << bits) if self.signed and whole >> bits - 1 else whole)

    def scaled(self, whole: int) -> float:
        return whole if self.fraction_bits is None else whole / 2**self.fraction_bits
'''
