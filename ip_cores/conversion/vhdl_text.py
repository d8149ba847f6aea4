"""MyHDL's VHDL made plain: no helper package, nothing that a VHDL-93 tool refuses, the layout a person would choose."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Mapping

from ip_cores.parameters import VHDL_RESERVED

LINE_LENGTH = 110

# Left to itself, Quartus forms products with a constant in logic, and others where it likes.
_MULTSTYLE = """\
    attribute multstyle: string;
    attribute multstyle of rtl: architecture is "{}";
"""

# Left to itself, Quartus builds a memory of a few words from registers ("inappropriate RAM size" in its reports).
_MEMORY = """\
    attribute altera_attribute: string;
    attribute altera_attribute of rtl: architecture is "-name ALLOW_ANY_RAM_SIZE_FOR_RECOGNITION ON";
"""

# Left to itself, Quartus adds registers and a comparison that pass such words around the block (message 276020).
_SETTLED = """\
    -- No word is used that is read at the edge that writes its place, or at the next: nothing has to be
    -- passed around the block.
    attribute ramstyle: string;
    attribute ramstyle of {}: signal is "no_rw_check";
"""

_TO_STD_LOGIC = """\
    function to_std_logic (condition: boolean) return std_logic is
    begin
        if condition then
            return '1';
        end if;
        return '0';
    end function to_std_logic;
"""


def polish(text: str, name: str, header: str, summary: str, prefixes: Mapping[str, str], multstyle: str, settled: bool) -> str:
    """One entity as MyHDL wrote it, rewritten for a reader and for strict VHDL-93.

    Parameters
    ----------
    text : str
        MyHDL's output for one entity.
    name : str
        The entity.
    header : str
        Lines (without dashes) for the head of the file.
    summary : str
        Docstring of the block; stands under the name.
    prefixes : mapping of str to str
        Prefixes of names that came from dissolved blocks, and what may stand for them where nothing collides.
    multstyle : {"dsp", "logic"}
        Where products go, if there are any.
    settled : bool
        Whether its memory is read only where words have been for two clock edges (`ip_cores.blocks.memory`).

    Returns
    -------
    str
        The file's text.
    """
    body = text[text.index(f"entity {name} is") :]
    body = _drop_docstring(body, name)
    body = _fold_constants(body)
    body = _plain_conditions(body)
    body = _short_names(body, prefixes)
    body = _sorted_sensitivity(body)
    body = _layout(body)
    if " * " in body:
        body = body.replace("\nbegin\n", f"\n{_MULTSTYLE.format(multstyle)}\nbegin\n", 1)
    if memory := re.search(r"(\w+)\(to_integer\(\w+\)\) <= ", body):
        attributes = _MEMORY + (_SETTLED.format(memory[1]) if settled else "")
        body = body.replace("\nbegin\n", f"\n{attributes}\nbegin\n", 1)
    if "to_std_logic(" in body:
        body = body.replace("\nbegin\n", f"\n{_TO_STD_LOGIC}\nbegin\n", 1)
    comment = f"{name}: {summary}\n\n{header}" if summary else f"{name}\n\n{header}"
    comment = "\n".join(f"-- {piece}".rstrip() for line in comment.strip().splitlines() for piece in _folded(line))
    clauses = "library ieee;\nuse ieee.std_logic_1164.all;\nuse ieee.numeric_std.all;\n"
    return f"{comment}\n\n{clauses}\n{body.strip()}\n"


def _drop_docstring(body: str, name: str) -> str:
    """The docstring moves to the head of the file."""
    end = f"end entity {name};\n"
    at = body.index(end) + len(end)
    return body[:at] + body[body.index("\narchitecture ", at - 1) :]


def _fold_constants(body: str) -> str:
    """``33-1`` as an array bound is refused by ``--std=93``; 32 is what a person writes."""
    body = re.sub(r"\b(\d+)-1\b", lambda m: str(int(m[1]) - 1), body)
    body = re.sub(r"\((\d+) ([-+]) (\d+)\)", lambda m: f"({int(m[1]) - int(m[3]) if m[2] == '-' else int(m[1]) + int(m[3])})", body)
    body = re.sub(r"\(2 \*\* (\d)\)", lambda m: str(2 ** int(m[1])), body)
    body = re.sub(r"\(\((\d+)\)\)", r"(\1)", body)
    body = re.sub(r"\((\d+)\)-1\b", lambda m: str(int(m[1]) - 1), body)
    # An index that is an expression stands in one pair of parentheses.
    body = re.sub(r"(\w)\(\(([^()]*)\)\)", r"\1(\2)", body)
    # A slice of a signed vector already is signed.
    return re.sub(r"\bsigned\(unsigned\((\w+\([^()]*\))\)\)", r"signed(\1)", body)


def _matching(text: str, opening: int) -> int:
    depth = 0
    for at in range(opening, len(text)):
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        if depth == 0:
            return at
    raise ValueError("unbalanced parentheses")


def _replace_calls(text: str, function: str, rewrite: Callable[[str], str]) -> str:
    """Every ``function(argument)`` as `rewrite` gives it."""
    pattern = re.compile(rf"\b{function}\(")
    at = 0
    while found := pattern.search(text, at):
        close = _matching(text, found.end() - 1)
        text = text[: found.start()] + rewrite(text[found.end() : close]) + text[close + 1 :]
        at = found.start()
    return text


def _plain_conditions(body: str) -> str:
    """MyHDL's ``bool`` and ``stdl`` written out, so that no package is needed."""
    body = _replace_calls(body, "stdl", _logic)
    body = _replace_calls(body, "bool", lambda argument: f"({argument} = '1')")
    body = re.sub(r"\(not \(([\w()]+) = '1'\)\)", r"(\1 = '0')", body)
    body = re.sub(r"\b(if|elsif) \(not \(([\w()]+) = '1'\)\) then", r"\1 \2 = '0' then", body)
    return re.sub(r"\b(if|elsif) \(([\w()]+ = '[01]')\) then", r"\1 \2 then", body)


def _logic(argument: str) -> str:
    """``stdl(bool(a) and not bool(b))`` is ``a and (not b)``; anything with a comparison stays a function call."""
    plain = _replace_calls(argument, "bool", lambda inner: inner)
    bare = re.sub(r"\b\w+\(\d+\)", "x", plain)
    words = re.findall(r"[^\s()]+", bare)
    calls = re.search(r"\b(?!not\b|and\b|or\b|xor\b)\w+\s*\(", bare)
    if all(re.fullmatch(r"\w+", word) for word in words) and not calls:
        return plain[1:-1] if plain.startswith("(") and _matching(plain, 0) == len(plain) - 1 else plain
    return f"to_std_logic({argument})"


def _short_names(body: str, prefixes: Mapping[str, str]) -> str:
    """Names without the path of the blocks that were dissolved, where that collides with nothing."""
    declared = re.findall(r"^(?:signal|constant|type) (\w+)|^(\w+): process", body, re.MULTILINE)
    names = [signal or label for signal, label in declared]
    taken = {word.lower() for word in re.findall(r"\b\w+\b", body)} | VHDL_RESERVED
    changes = {}
    for name in names:
        short = next((kept + name[len(prefix) :] for prefix, kept in prefixes.items() if name.startswith(prefix)), name)
        if short.endswith("_data_num"):
            short = short.removesuffix("_data_num") + "_word"
        elif short.endswith("_num"):
            short = short.removesuffix("_num") + "_value"
        if short != name and short.lower() not in taken:
            taken.add(short.lower())
            changes[name] = short
    return re.sub(r"\b\w+\b", lambda m: changes.get(m[0], m[0]), body)


def _sorted_sensitivity(body: str) -> str:
    """MyHDL writes sensitivity lists from a set, whose order differs from run to run."""

    def ordered(found: re.Match[str]) -> str:
        signals = ", ".join(sorted(found[2].split(", ")))
        return f"{found[1]}: process ({signals}) is"

    return re.sub(r"^(\w+): process \(([^()]*)\) is", ordered, body, flags=re.MULTILINE)


def _layout(body: str) -> str:
    """Declarations and statements indented inside the architecture, single blank lines, no endless lines."""
    head, begin, rest = body.partition("\nbegin\n")
    entity_part, architecture, declarations = head.partition("\narchitecture ")
    first, _, declarations = declarations.partition("\n")
    declarations = textwrap.indent(declarations.strip("\n"), "    ")
    statements, end, tail = rest.rpartition("end architecture")
    body = f"{entity_part}{architecture}{first}\n{declarations}\n{begin}\n{_indented(statements)}\n{end}{tail}"
    body = body.replace("\t", "    ")
    body = re.sub(r"\b(signed|unsigned) \(", r"\1(", body)
    body = re.sub(r"[ \t]+\n", "\n", body)
    body = "\n".join(piece for line in body.split("\n") for piece in _wrapped(line))
    body = re.sub(r"\n{3,}", "\n\n", body)
    # Single assignments that follow each other are one paragraph.
    return re.sub(r"(\n    [\w()]+ <= [^\n]*;)\n(?=\n    [\w()]+ <= [^\n]*;\n)", r"\1", body)


def _indented(statements: str) -> str:
    """Instantiations are written with their indentation; processes and assignments are not."""
    lines, inside = [], False
    for line in statements.splitlines():
        inside = inside or bool(re.match(r"    u_\w+: entity ", line))
        lines.append(line if inside or not line else "    " + line)
        inside = inside and line.strip() != ");"
    return "\n".join(lines).strip("\n") + "\n"


def _folded(line: str) -> list[str]:
    """A comment's line, folded where it is too long."""
    return textwrap.wrap(line, LINE_LENGTH - 3, break_long_words=False) if len(line) > LINE_LENGTH - 3 else [line]


def _wrapped(line: str) -> list[str]:
    if len(line) <= LINE_LENGTH:
        return [line]
    indent = " " * (len(line) - len(line.lstrip()) + 4)
    return textwrap.wrap(line, LINE_LENGTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
