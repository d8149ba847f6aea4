"""Let registers of GHDL's netlist wait for their enable, where it chooses between old and new value in every clock.

A process of VHDL that assigns under a condition arrives as a choice, ``enable ? next : register``, in front of a register without
one. A simulator then makes every next value twice a clock, when inputs change and when registers have, and copies those that stay.
Here such a register takes its value under the condition alone, so that what stands in front of it is made once, and if it is wanted.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

ASSIGNED = re.compile(r"^  assign (\w+) = (.*?); *(?://.*)?$")
REGISTERED = re.compile(r"^    (\w+) <= (\w+);$")
MUX = re.compile(r"(\w+) \? ([\w']+) : ([\w']+)$")
NAME = re.compile(r"[A-Za-z_]\w*$")
OTHERS = ("  wire ", "  reg ", "  /*")
"""Beginnings of lines that drive and read nothing: declarations of what is no port, and comments."""
WORD = re.compile(r"(?<!')\b[A-Za-z_]\w*")


def clock_enables(verilog: str) -> str:
    """The netlist with choices in front of registers as conditions of the registers; it computes the same.

    Parameters
    ----------
    verilog : str
        Netlist as GHDL writes it.

    Examples
    --------
    >>> print(clock_enables('''module m;
    ...   assign kept = q; // (signal)
    ...   assign a = enable ? sum : kept;
    ...   assign b = reset ? 4'b0000 : a;
    ...   always @(posedge clk)
    ...     q <= b;
    ... endmodule'''))
    module m;
      assign kept = q; // (signal)
      always @(posedge clk)
        if (reset)
          q <= 4'b0000;
        else
          if (enable)
            q <= sum;
    endmodule
    """
    return "".join("\n".join(_rewrite(part.split("\n"))) for part in re.split(r"(?m)^(?=module )", verilog))


def _rewrite(lines: list[str]) -> list[str]:
    """One module; a name means something within it only."""
    driven = {match[1]: match[2] for line in lines if (match := ASSIGNED.match(line))}
    # A choice that nobody else looks at is declared, driven, and read once.
    seen = Counter(word for line in lines if not line.startswith(OTHERS) for word in WORD.findall(line.partition("//")[0]))
    choices = {name: match for name, text in driven.items() if seen[name] == 2 and (match := MUX.match(text))}
    out: list[str] = []
    gone: set[str] = set()
    for line in lines:
        register = REGISTERED.match(line)
        if register is None or register[2] not in choices:
            out.append(line)
            continue
        statement = _statement(register[1], register[2], driven, choices, gone)
        out += [f"    {row}" for row in statement] or [f"    {register[1]} <= {register[1]};"]
    return [line for line in out if not ((match := ASSIGNED.match(line)) and match[1] in gone)]


def _statement(register: str, value: str, driven: Mapping[str, str], choices: Mapping[str, re.Match], gone: set[str]) -> list[str]:
    """Lines that give `register` its next value; none where that is the value that it has. The choices in them are added to `gone`."""
    if value not in choices:
        return [] if _source(value, driven) == register else [f"{register} <= {value};"]
    gone.add(value)
    condition, one, other = choices[value].groups()
    yes, no = (_statement(register, operand, driven, choices, gone) for operand in (one, other))
    if not yes and no:
        return [f"if (!{condition})", *(f"  {row}" for row in no)]
    # Without begin and end an else belongs to the nearest if.
    inner = ["begin", *(f"  {row}" for row in yes), "end"] if no and len(yes) > 1 else [f"  {row}" for row in yes]
    head = [f"if ({condition})", *inner] if yes else []
    return [*head, "else", *(f"  {row}" for row in no)] if no else head


def _source(name: str, driven: Mapping[str, str]) -> str:
    """What a name stands for, through signals that only pass it on."""
    while NAME.match(driven.get(name, "")):
        name = driven[name]
    return name
