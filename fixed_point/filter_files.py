"""Coefficients as filter design tools export them: Xilinx ``.coe``, MATLAB ``.fcf``, and C headers.

Integers are taken as they are: 16384 is 16384, whatever binary point the tool had in mind. A filter's `gain` puts it where it belongs,
such as ``gain = 3.0517578125e-05`` (2**-15) for words of Q1.15.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fixed_point.number_text import TableError, file_lines, quoted, real_number

Row = NDArray[np.float64]

C_WIDTHS = {"char": 8, "short": 16, "int": 32, **{f"int{bits}{end}": bits for bits in (8, 16, 32, 64) for end in ("_t", "_T")}}
"""Bits of the signed integers of C, stdint and MATLAB: a hexadecimal literal may be a negative one."""

RADIX_KEYS = "radix", "memory_initialization_radix"
VECTOR_KEYS = "coefdata", "memory_initialization_vector"
"""Keys of ``.coe`` files for filters, and for memories."""

ARRAY = re.compile(r"(\w+)\s*((?:\[[^\]{};=]*\]\s*)+)=\s*\{([^{}]*)\}")
"""Name, brackets and numbers of an array that is given values."""


def coe(path: Path) -> Row:
    """Coefficients of a Xilinx ``.coe`` file.

    Numbers of radix 10 may have fractions. Those of radix 2 and 16 are two's complement, ``Coefficient_Width`` bits wide; without that
    key as wide as they are written: one bit a binary digit, four a hexadecimal one. Where that would make a positive number of what may
    as well be a negative one of fewer bits, the file is refused.

    Raises
    ------
    TableError
        With line and reason.
    """
    statements = _statements(path)
    radix_line, radix = next((statements[key] for key in RADIX_KEYS if key in statements), (1, "10"))
    if radix not in ("2", "10", "16"):
        raise TableError(path, f"Radix = {quoted(radix)}: must be 2, 10 or 16", radix_line)
    vectors = [key for key in VECTOR_KEYS if key in statements]
    if len(vectors) != 1:
        raise TableError(path, "must give CoefData = ...; once")
    first, data = statements[vectors[0]]
    words = []
    for number, line in enumerate(data.split("\n"), first):
        words += [(number, word) for word in re.split(r"[\s,]+", line) if word]
    if radix == "10":
        return np.array([_placed(path, number, word) for number, word in words])
    return _two_complement(path, words, int(radix), statements.get("coefficient_width"))


def _statements(path: Path) -> dict[str, tuple[int, str]]:
    """Line and text of each ``key = value;``; a ``;`` at the start of a line makes a comment of it."""
    lines = ["" if line.lstrip().startswith(";") else line for line in file_lines(path)]
    found: dict[str, tuple[int, str]] = {}
    passed = 1
    for statement in "\n".join(lines).split(";"):
        key, equals, value = statement.partition("=")
        if equals:
            name = key.strip().lower()
            line = passed + statement[: len(key) + 1 + len(value) - len(value.lstrip())].count("\n")
            if name in found:
                raise TableError(path, f"{quoted(key.strip())} is given twice", line)
            found[name] = line, value.strip()
        passed += statement.count("\n")
    return found


def _two_complement(path: Path, words: list[tuple[int, str]], radix: int, stated: tuple[int, str] | None) -> Row:
    digits = "[01]+" if radix == 2 else "[0-9a-fA-F]+"
    for number, word in words:
        if not re.fullmatch(digits, word):
            raise TableError(path, f"{quoted(word)} is no number of radix {radix}", number)
    values = [int(word, radix) for _, word in words]
    longest = max((len(word) for _, word in words), default=1)
    width = longest * (1 if radix == 2 else 4)
    needed = max(values, default=0).bit_length()
    if stated is not None:
        line, text = stated
        if not re.fullmatch("[0-9]{1,3}", text) or not int(text):
            raise TableError(path, f"Coefficient_Width = {quoted(text)}: must be a number of bits", line)
        width = int(text)
    elif width - 4 < needed < width and radix == 16:
        reason = f"words of {width} bits, or negative ones of {needed}? say Coefficient_Width = {width}; or {needed};"
        raise TableError(path, reason, words[values.index(max(values))][0])
    for (number, word), value in zip(words, values, strict=True):
        if value >> width:
            raise TableError(path, f"{quoted(word)} has more than {width} bits", number)
    return np.array([float(value - (value >> width - 1 << width)) for value in values])


FCF_FORMAT = re.compile(r"Coefficient Format\s*:\s*(\w+)", re.IGNORECASE)
FCF_WORDS = re.compile(r"Numerator\s*:\s*([su])(\d{1,3}),\s*(-?\d{1,4})\b")
"""What MATLAB's comments say of a filter: how its numbers are written, and in which fixed-point format it has its numerator."""

FLOATS = {16: ">f8", 8: ">f4"}
"""Types of IEEE 754 by their hexadecimal digits: coefficients of a filter that is not in fixed point."""


def fcf(path: Path) -> Row:
    """The numerator of a FIR filter in MATLAB's ``.fcf`` file, exported in decimal or hexadecimal.

    Hexadecimal numbers are words of the format that the comments state, as in ``Numerator : s16,15 -> [-1 1)``, and are taken at their
    value in it; in a file that states none they are IEEE 754's, 16 digits of a double or 8 of a single.

    Raises
    ------
    TableError
        If the filter is recursive, the numbers are neither decimal nor hexadecimal, there is no numerator, or hexadecimal words have no
        format.
    """
    words: list[tuple[int, str]] = []
    within = seen = hexadecimal = False
    stated: tuple[str, int, int] | None = None
    fixed = False
    for number, line in enumerate(file_lines(path), 1):
        text, _, comment = line.partition("%")
        if found := FCF_FORMAT.search(comment):
            hexadecimal = found[1].lower().startswith("hex")
            if not hexadecimal and found[1].lower() not in ("decimal", "dec"):
                raise TableError(path, f"{comment.strip()}: must be exported as decimal or hexadecimal", number)
        if found := FCF_WORDS.search(comment):
            stated = found[1], int(found[2]), int(found[3])
        fixed = fixed or bool(re.search(r"Arithmetic\s*:\s*fixed", comment, re.IGNORECASE))
        text = text.strip()
        if text.endswith(":"):
            if text.lower() != "numerator:":
                raise TableError(path, f"{text} must be a FIR filter, with a numerator alone", number)
            if seen:
                raise TableError(path, "a second numerator: must be one filter, of one stage", number)
            within = seen = True
        elif text and within:
            words += [(number, word) for word in text.split()]
        elif text:
            raise TableError(path, f"{quoted(text)} stands before Numerator:", number)
    if not seen:
        raise TableError(path, "holds no Numerator:")
    if not hexadecimal:
        return np.array([_placed(path, number, word) for number, word in words])
    for number, word in words:
        if not re.fullmatch("[0-9a-fA-F]+", word):
            raise TableError(path, f"{quoted(word)} is no hexadecimal number", number)
    return _fixed_words(path, words, *stated) if stated else _floats(path, words, fixed)


def fcf_sections(path: Path, columns: int) -> Row:
    """The second-order sections of MATLAB's ``.fcf`` file, exported in decimal: rows b0, b1, b2, a0, a1, a2.

    A scale value belongs to the numerator of its section, the one behind the last section to the last numerator.

    Raises
    ------
    TableError
        If there are no sections, a row has another number of coefficients, or there are neither as many scale values as sections nor
        one more.
    """
    found: dict[str, list[tuple[int, list[float]]]] = {}
    head = ""
    for number, line in enumerate(file_lines(path), 1):
        text, _, comment = line.partition("%")
        if (stated := FCF_FORMAT.search(comment)) and stated[1].lower() not in ("decimal", "dec"):
            raise TableError(path, f"{comment.strip()}: sections must be exported as decimal", number)
        text = text.strip()
        if text.endswith(":"):
            head = text.lower()
            if head not in ("sos matrix:", "scale values:") or head in found:
                raise TableError(path, f"{text} must be one SOS Matrix and its Scale Values", number)
            found[head] = []
        elif text and not head:
            raise TableError(path, f"{quoted(text)} stands before SOS Matrix:", number)
        elif text:
            found[head].append((number, [_placed(path, number, word) for word in text.split()]))
    if not found.get("sos matrix:"):
        raise TableError(path, "holds no SOS Matrix:")
    for number, row in found["sos matrix:"]:
        if len(row) != columns:
            raise TableError(path, f"holds {len(row)} number{'s' * (len(row) != 1)} in this line: must be {columns} in each", number)
    rows = np.array([row for _, row in found["sos matrix:"]])
    scales = [value for _, row in found.get("scale values:", []) for value in row] or [1.0] * len(rows)
    if len(scales) - len(rows) not in (0, 1):
        raise TableError(path, f"holds {len(scales)} scale values for {len(rows)} sections")
    rows[:, : columns // 2] *= np.array(scales[: len(rows)])[:, np.newaxis]
    rows[-1, : columns // 2] *= np.prod(scales[len(rows) :])
    return rows


def _fixed_words(path: Path, words: list[tuple[int, str]], sign: str, width: int, fraction: int) -> Row:
    """Hexadecimal words of a format at their values."""
    values = [int(word, 16) for _, word in words]
    for (number, word), value in zip(words, values, strict=True):
        if not 1 <= width <= 64 or value >> width:
            raise TableError(path, f"{quoted(word)} has more than the {width} bits that the comments state", number)
    signed = [value - (value >> width - 1 << width) if sign == "s" else value for value in values]
    return np.ldexp(np.array(signed, dtype=np.float64), -fraction)


def _floats(path: Path, words: list[tuple[int, str]], fixed: bool) -> Row:
    """Hexadecimal numbers of IEEE 754."""
    digits = {len(word) for _, word in words}
    if fixed or not words or not digits <= FLOATS.keys() or len(digits) > 1:
        line = words[0][0] if words else 1
        raise TableError(path, "hexadecimal words of which no comment says the format, such as Numerator : s16,15", line)
    kind = FLOATS[digits.pop()]
    values = np.frombuffer(bytes.fromhex("".join(word for _, word in words)), dtype=kind).astype(np.float64)
    for (number, word), value in zip(words, values, strict=True):
        if not np.isfinite(value):
            raise TableError(path, f"{quoted(word)} is no finite number", number)
    return values


def c_header(path: Path) -> Row:
    """The numbers of the one array in a C header.

    Raises
    ------
    TableError
        If there are none or several arrays, one of two dimensions, or a literal that is no number.
    """
    text = "\n".join(file_lines(path))
    text = re.sub(r"/\*.*?\*/|//[^\n]*", lambda comment: re.sub(r"[^\n]", " ", comment[0]), text, flags=re.DOTALL)
    arrays = list(ARRAY.finditer(text))
    if len(arrays) != 1:
        names = ", ".join(array[1] for array in arrays)
        told = f"holds {len(arrays)} arrays, {names}" if arrays else "holds no array of one dimension with values"
        raise TableError(path, f"{told}: must hold one")
    array = arrays[0]
    line = text.count("\n", 0, array.start()) + 1
    brackets = re.findall(r"\[([^\]]*)\]", array[2])
    if len(brackets) != 1:
        raise TableError(path, f"{array[1]} has {len(brackets)} dimensions: must have one", line)
    declared = re.split(r"[;{}]", text[: array.start()])[-1].split("\n")[-1]
    words = re.findall(r"\w+", declared)
    bits = None if "unsigned" in words else next((C_WIDTHS[word] for word in words if word in C_WIDTHS), None)
    literals = array[3].split(",")
    if len(literals) > 1 and not literals[-1].strip():
        literals.pop()
    values, where = [], text.count("\n", 0, array.start(3)) + 1
    for literal in literals:
        lead = literal[: len(literal) - len(literal.lstrip())]
        values.append(_literal(path, where + lead.count("\n"), literal.strip(), bits))
        where += literal.count("\n")
    size = brackets[0].strip()
    if size.isdecimal() and int(size) != len(values):
        raise TableError(path, f"{array[1]}[{size}] is given {len(values)} numbers", line)
    return np.array(values)


def _literal(path: Path, line: int, text: str, bits: int | None) -> float:
    """A number as C writes it."""
    if hexadecimal := re.fullmatch(r"([+-]?)0[xX]([0-9a-fA-F]{1,16})[uUlL]{0,3}", text):
        value = int(hexadecimal[2], 16)
        if bits and value >> bits:
            raise TableError(path, f"{quoted(text)} has more than {bits} bits", line)
        if bits:
            value -= value >> bits - 1 << bits
        return float(-value if hexadecimal[1] == "-" else value)
    if re.fullmatch(r"[+-]?0[0-9]+[uUlL]*", text):
        raise TableError(path, f"{quoted(text)} is octal in C: write it without the leading 0", line)
    number = re.sub(r"(?<=[0-9.])([fFlL]|[uU][lL]{0,2}|[lL]{1,2}[uU]?)$", "", text)
    return _placed(path, line, number)


def _placed(path: Path, line: int, text: str) -> float:
    try:
        return real_number(text)
    except ValueError as error:
        raise TableError(path, str(error), line) from None


EXPORTS = {".coe": coe, ".fcf": fcf, ".h": c_header}
"""What reads a file, by its suffix."""
