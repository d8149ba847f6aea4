"""Case statements of constants as memories that Yosys knows for such.

GHDL writes ``case address is when 0 => …`` as one comparison a choice and a selection by their one-hot word, in which no table is left to
be seen. Quartus sees one, and puts it into memory when its output is registered. (Its manual says: or its address; but three reports
have a table in logic whose address is a counter with a reset, so a registered address alone counts for nothing in
`fpga_projects.mapping.mapping`.)

References
----------
Intel, "Quartus Prime Standard Edition User Guide: Design Recommendations" (683323), "Inferring ROM Functions from HDL Code".
"""

import re
from collections.abc import Iterable

FEWEST_BITS = 1024
"""Bits from which on a table is worth a memory.

Reports of Quartus show 64 words of 16 bits, 64 of 24 and 48 of 32 in memory, and 10 of 32 left in logic ("inappropriate RAM size").
"""
WIDEST_ADDRESS = 16
"""Address bits beyond which a case statement is no table."""
SPARSEST = 5
"""Words a choice beyond which a case statement compares with a few values and is no table; a report has 56 choices of 256 in memory."""

MOST_STATES = 32
"""Branches of a case statement up to which it is rather a state machine's than a table."""

_CASE = re.compile(
    r"^  always @\*\n    case \((?P<select>n\d+_o)\)\n"
    r"(?P<choices>(?:      \d+'b[01]+: (?P<output>n\d+_o) = \d+'b[01]+;\n)+)"
    r"      default: (?P=output) = (?P<width>\d+)'b(?P<rest>[01x]+);\n    endcase\n",
    re.MULTILINE,
)
_CHOICE = re.compile(r"\d+'b([01]+): \w+ = \d+'b([01]+);")
_VERILOG_CASE = re.compile(r"\bcase[xz]?\b(.*?)\bendcase\b", re.DOTALL)
_VERILOG_CHOICE = re.compile(r"^\s*(?:\d+\s*'\s*s?[bdhoBDHO]\w+|\d+)\s*:", re.MULTILINE)


def tables_as_memories(text: str) -> str:
    """GHDL's Verilog with its large tables of constants written as memories."""
    return "".join(_in_module(module) for module in re.split(r"^(?=module )", text, flags=re.MULTILINE))


def holds_large_table(texts: Iterable[str]) -> bool:
    """Whether a designer's ``case`` may be a ROM.

    Yosys makes one of every ``case`` between constants, and then does not see a state machine whose outputs come out of it.
    """
    return any(len(_VERILOG_CHOICE.findall(case)) > MOST_STATES for text in texts for case in _VERILOG_CASE.findall(text))


def small_tables() -> list[tuple[int, int]]:
    """``(words, width)`` of the tables that stay in logic: all with no more words and fewer bits a word, words a power of two."""
    return [(1 << bits, FEWEST_BITS >> bits) for bits in range(FEWEST_BITS.bit_length())]


def _in_module(text: str) -> str:
    """One module; names are its own."""
    if not _CASE.search(text):
        return text
    compared = {n: (net, int(bits, 2)) for n, net, bits in re.findall(r"^  assign (n\d+_o) = (\w+) == \d+'b([01]+);", text, re.MULTILINE)}
    joined = {n: re.findall(r"\w+", nets) for n, nets in re.findall(r"^  assign (n\d+_o) = \{([\w\s,]+)\};", text, re.MULTILINE)}
    widths = {n: int(high) + 1 for high, n in re.findall(r"^[ (]+(?:input|output|wire|reg)\s+\[(\d+):0\] (\w+)", text, re.MULTILINE)}
    padded = dict(re.findall(r"^  assign (n\d+_o) = \{\d+'b0+, (\w+)\};", text, re.MULTILINE))

    def memory(found: re.Match[str]) -> str:
        nets = joined.get(found["select"], [])[::-1]
        addresses = {compared.get(net, ("", 0))[0] for net in nets}
        address = addresses.pop() if len(addresses) == 1 else ""
        address = padded.get(address, address)
        bits = widths.get(address, WIDEST_ADDRESS + 1)
        if bits > WIDEST_ADDRESS or int(found["width"]) << bits < FEWEST_BITS or SPARSEST * len(nets) < 1 << bits:
            return found[0]
        words = [found["rest"]] * (1 << bits)
        for choice, word in reversed(_CHOICE.findall(found["choices"])):
            place = choice[::-1].find("1")
            if choice.count("1") != 1 or place >= len(nets) or compared[nets[place]][1] >= len(words):
                return found[0]
            words[compared[nets[place]][1]] = word
        width, name = found["width"], f"constants_{found['output']}"
        lines = "".join(f"    {name}[{at}] = {width}'b{word};\n" for at, word in enumerate(words))
        return (
            f"  reg [{int(width) - 1}:0] {name} [0:{len(words) - 1}];\n  initial begin\n{lines}  end\n"
            f"  always @*\n    {found['output']} = {name}[{address}];\n"
        )

    return _CASE.sub(memory, text)
