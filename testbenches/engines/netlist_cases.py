"""Let GHDL's netlist choose by the value itself, where it compares the value with every choice first.

A ``case`` of VHDL, as in every ROM, arrives as one comparison a choice, all of them bundled to a one-hot vector, and a ``case`` on
that vector. A simulator then makes every comparison in every clock cycle. Here such a ``case`` looks at the value that was
compared, so that it becomes a table or a jump; the comparisons are left to whoever else uses them.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping

CASE = re.compile(r"^( *case) \((\w+)\)$")
LABEL = re.compile(r"^( *)\d+'b([01]+): (.*)$")
ASSIGNED = re.compile(r"^  assign (\w+) = (.*?); *(?://.*)?$")
BUNDLE = re.compile(r"\{(\w+(?:, \w+)*)\}$")
COMPARED = re.compile(r"(\w+) == \d+'b([01]+)$")
EITHER = re.compile(r"(\w+) \| (\w+)$")
PADDED = re.compile(r"\{(\d+)'b0+, (\w+)\}$")


def direct_cases(verilog: str) -> str:
    """The netlist with every ``case`` on a bundle of comparisons of one value as a ``case`` on that value.

    Parameters
    ----------
    verilog : str
        Netlist as GHDL writes it.

    Returns
    -------
    str
        The same where a bundle has anything else in it.

    Examples
    --------
    >>> print(direct_cases('''module m;
    ...   assign a = v == 2'b00;
    ...   assign b = v == 2'b01;
    ...   assign c = v == 2'b10;
    ...   assign d = b | c;
    ...   assign e = {d, a};
    ...   always @*
    ...     case (e)
    ...       2'b10: y = 1'b1;
    ...       2'b01: y = 1'b0;
    ...       default: y = 1'bx;
    ...     endcase
    ... endmodule''').split("always @*\\n")[1])
        case (v)
          2'b01, 2'b10: y = 1'b1;
          2'b00: y = 1'b0;
          default: y = 1'bx;
        endcase
    endmodule
    """
    parts = re.split(r"(?m)^(?=module )", verilog)
    return "".join("\n".join(_rewrite(part.split("\n"))) for part in parts)


def _rewrite(lines: list[str]) -> list[str]:
    """One module; a name means something within it only."""
    driven = {match[1]: match[2] for line in lines if (match := ASSIGNED.match(line))}
    out = list(lines)
    for number, line in enumerate(lines):
        head = CASE.match(line)
        found = _bundle(driven, head[2]) if head else None
        if head is None or found is None:
            continue
        value, choices = found
        labels = [label for label in itertools.takewhile(bool, map(LABEL.match, lines[number + 1 :])) if label]
        if any(label[2].count("1") != 1 for label in labels):
            continue
        out[number] = f"{head[1]} ({value})"
        for place, label in enumerate(labels, number + 1):
            out[place] = f"{label[1]}{', '.join(choices[label[2].index('1')])}: {label[3]}"
    return out


def _bundle(driven: Mapping[str, str], name: str) -> tuple[str, list[tuple[str, ...]]] | None:
    """The value that all bits of a vector compare, and the constants of each bit, the leftmost first."""
    bundle = BUNDLE.match(driven.get(name, ""))
    bits = [_comparisons(driven, bit) for bit in bundle[1].split(", ")] if bundle else []
    compared = [pair for bit in bits for pair in bit]
    # No two bits may be high together.
    if not compared or not all(bits) or len({value for value, _ in compared}) > 1 or len(set(compared)) < len(compared):
        return None
    value, padding = compared[0][0], 0
    if padded := PADDED.match(driven.get(value, "")):
        # A simulator makes a table of a narrow value only.
        padding = int(padded[1])
        if all(set(constant[:padding]) == {"0"} for _, constant in compared):
            value = padded[2]
        else:
            padding = 0
    return value, [tuple(f"{len(constant) - padding}'b{constant[padding:]}" for _, constant in bit) for bit in bits]


def _comparisons(driven: Mapping[str, str], name: str) -> list[tuple[str, str]]:
    """Value and constant of every comparison that makes a bit high; empty where it is made of anything else."""
    text = driven.get(name, "")
    if match := COMPARED.match(text):
        return [(match[1], match[2])]
    if match := EITHER.match(text):
        one, other = _comparisons(driven, match[1]), _comparisons(driven, match[2])
        return one + other if one and other else []
    return []
