"""A program of the filter processor as a listing, an instruction in words on each line.

The program knows no names, only offsets. A line of delay gets its name from the instruction that writes it: ``x`` takes the input, ``s3``
is stored by instruction 3.
"""

from __future__ import annotations

from ip_cores.banks.filter_program import Instruction, Program


def listing(program: Program) -> str:
    """Place, offset in memory, what happens.

    Examples
    --------
    >>> from ip_cores.banks.filter_program import ProgramBuilder, Read
    >>> builder = ProgramBuilder(1)
    >>> builder.take("line")
    >>> builder.filter([Read("line", 0, 3), Read("line", 1, -5)])
    >>> print(listing(Program(*builder.finish(), word_bits=8, fraction_length=0)))
    0  +1  x[n] = word from the input
    1  +0  sum = sum - 5 x[n-1]
    2  +1  sum = sum + 3 x[n]
    3  +0  send the sum with tag 0; sum = 0
    """
    names = line_names(program)
    wide, far = len(str(len(program) - 1)), len(str(program.memory_words - 1)) + 1
    return "\n".join(
        f"{place:{wide}}  {f'+{instruction.offsets[0]}':>{far}}  {instruction_text(instruction, names)}"
        for place, instruction in enumerate(program.instructions)
    )


def line_names(program: Program) -> dict[int, str]:
    """Names of lines by the offset of their newest word."""
    names = {}
    for place, instruction in enumerate(program.instructions):
        if instruction.kind in ("take", "store"):
            names[instruction.offsets[0]] = "x" if instruction.kind == "take" else f"s{place}"
    return names


def instruction_text(instruction: Instruction, names: dict[int, str]) -> str:
    """What an instruction does, in words."""
    words = [_word(offset, names) for offset in instruction.offsets]
    match instruction.kind:
        case "take":
            return f"{words[0]} = word from the input"
        case "multiply":
            return f"sum = sum{''.join(map(_product, instruction.coefficients, words))}"
        case "store":
            return f"{words[0]} = sum, rounded; sum = 0"
        case "send":
            return f"send the sum with tag {instruction.tag}; sum = 0"
        case "emit":
            return f"send {words[0]} with tag {instruction.tag}"
        case kind:
            return kind


def _product(coefficient: int, word: str) -> str:
    """A multiplier that has nothing to do multiplies by zero."""
    return f" {'-' if coefficient < 0 else '+'} {abs(coefficient)} {word}" if coefficient else ""


def _word(offset: int, names: dict[int, str]) -> str:
    top = min((newest for newest in names if newest >= offset), default=None)
    if top is None:
        return f"[{offset}]"
    return f"{names[top]}[n{f'-{top - offset}' if top > offset else ''}]"
