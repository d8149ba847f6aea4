"""What Quartus reads and the open tools do not, rewritten so that they do. The meaning stays the same."""

import random
import re

from fpga_projects.mapping.case_tables import FEWEST_BITS
from fpga_projects.mapping.vhdl_statements import rewrite

_TRANSLATE_OFF = re.compile(r"(?is)//\s*(synopsys|synthesis|pragma)\s+translate_off.*?//\s*(synopsys|synthesis|pragma)\s+translate_on")
_KEYWORDS = (
    "always|and|assign|begin|buf|case|default|edge|else|end|event|for|force|function|if|initial|inout|input|integer|join|large|medium|"
    "module|nand|negedge|nor|not|or|output|parameter|posedge|primitive|pull0|pull1|real|reg|release|repeat|scalared|signed|small|"
    "specify|strong0|strong1|supply0|supply1|table|task|time|tran|tri|tri0|tri1|triand|trior|unsigned|vectored|wait|wand|while|wire|wor|xor"
)
"""Verilog's keywords that may stand as a label in VHDL."""


def smooth_verilog(text: str) -> str:
    """Verilog as Yosys takes it.

    Pragmas in comments; ``always_comb`` that keeps a value; a tri-state pin whose other value has no width (``en ? 1'bz : 0``); a number
    that starts with an underscore (``8'b_0000``); an instance without a name; a table that is read from a path of the author's machine.
    """
    # As many lines as before, so that messages name the right one.
    text = _TRANSLATE_OFF.sub(lambda found: "\n" * found[0].count("\n"), text)
    text = re.sub(r"(?i)//\s*(synopsys|synthesis|altera)\b", "// ", text)
    text = re.sub(r"(?is)/\*\s*(synopsys|synthesis)\b.*?\*/", "", text)
    text = re.sub(r"\balways_(comb|latch)\b", "always @*", text)
    text = re.sub(r"(?i)(\?\s*1'bz\s*:\s*)([01])\b(?!\s*')", r"\g<1>1'b\2", text)
    text = re.sub(r"(?i)(\?\s*)([01])(\s*:\s*1'bz\b)", r"\g<1>1'b\2\3", text)
    text = re.sub(r"('s?[bodh])_+", r"\1", text, flags=re.IGNORECASE)
    text = re.sub(r"(\$readmem[bh]\s*\(\s*\")[^\"\n]*[/\\]", r"\1", text)
    text = _one_clear(text)
    count = iter(range(len(text)))
    unnamed = r"((?:;|\bend|\bendgenerate|\bbegin)\s*(?://[^\n]*\n\s*)*)([A-Za-z_]\w*)(\s*\(\s*\.\w+\s*\()"
    return re.sub(unnamed, lambda found: f"{found[1]}{found[2]} unnamed_{next(count)}{found[3]}", text)


def _one_clear(text: str) -> str:
    """Verilog in which a register with several asynchronous clears, ``if (reset || done)``, has one that is their sum, as on the part."""
    count = iter(range(len(text)))

    def joined(found: re.Match[str]) -> str:
        edges = [" ".join(edge.split()) for edge in re.split(r"\bor\b|,", found["edges"])]
        clears = [name.strip() for name in re.split(r"\|\|?", found["clears"])]
        if not {f"posedge {name}" for name in clears} < set(edges):
            return found[0]
        name = f"any_clear_{next(count)}"
        kept = [edge for edge in edges if edge.split()[-1] not in clears]
        events = " or ".join([*kept, f"posedge {name}"])
        return f"wire {name} = {found['clears']}; {found['always']} @({events}) {found['begin'] or ''}if ({name})"

    one = (
        r"(?P<always>\balways(?:_ff)?)\s*@\s*\((?P<edges>[^()]*)\)\s*(?P<begin>begin\s*)?if\s*\((?P<clears>\s*\w+(?:\s*\|\|?\s*\w+)+\s*)\)"
    )
    return re.sub(one, joined, text)


def unknown_contents(text: str, known: set[str]) -> dict[str, bytes]:
    """Random words for memories of Verilog whose file of contents is not at hand, by the file's name.

    A block of memory costs the same with any contents, but a memory without them would be taken for constants. Tables of fewer than
    `case_tables.FEWEST_BITS` may stay in logic, where they are nothing but their contents: Yosys refuses those by their names.
    """
    at_hand = {name.lower() for name in known}
    made = {}
    for radix, file, memory in re.findall(r"\$readmem([bh])\s*\(\s*\"([^\"\n]*)\"\s*,\s*(\w+)", text):
        sizes = re.search(rf"\[\s*(\d+)\s*:\s*0\s*\]\s*{memory}\s*\[\s*(\d+)\s*(?::\s*(\d+)\s*)?\]", text)
        if file.lower() in at_hand or not sizes:
            continue
        width = int(sizes[1]) + 1
        words = abs(int(sizes[2]) - int(sizes[3])) + 1 if sizes[3] else int(sizes[2])
        if width * words >= FEWEST_BITS:
            draw = random.Random(file)
            digits = "b" if radix == "b" else "x"
            made[file] = "\n".join(format(draw.getrandbits(width), digits) for _ in range(words)).encode()
    return made


def join_packages(texts: dict[str, str]) -> dict[str, str]:
    """SystemVerilog that reads a package once, though a file includes it that is read anyway; calls without arguments get brackets."""
    packages = {name for text in texts.values() for name in re.findall(r"^\s*package\s+(\w+)\s*;", text, re.M)}
    bare = {name for text in texts.values() for name in re.findall(r"\bfunction\b[^;(]*?(\w+)\s*\(\s*\)\s*;", text)}
    if not packages:
        return texts
    joined = {}
    for file, text in texts.items():
        alone = re.sub(rf"^\s*`include\s+\"(?:{'|'.join(packages)})\.\w+\".*$", "", text, flags=re.M)
        for name in bare:
            alone = re.sub(rf"(=\s*){name}\b(\s*;)", rf"\1{name}()\2", alone)
        joined[file] = alone
    return joined


def smooth_vhdl(text: str) -> str:
    """VHDL as GHDL takes it: a selected assignment that names ``'0'`` and ``'1'`` only covers all values, as in hardware.

    Whole statements are in `fpga_projects.mapping.vhdl_statements`.
    """

    def close(found: re.Match[str]) -> str:
        statement = found[0]
        if re.search(r"\bothers\b", statement, re.IGNORECASE):
            return statement
        return re.sub(r"(?is)\bwhen\s+('[01]'|\"[01]+\")\s*;$", "when others;", statement)

    return rewrite(re.sub(r"(?is)\bwith\b[^;]*?\bselect\b[^;]*?;", close, text))


def smooth_netlist(text: str) -> str:
    """GHDL's Verilog with instances that are called as a keyword of Verilog (the VHDL label ``reg``) escaped.

    Its latches wait for their enable to change and then take the data whatever the enable is: they get the condition that they lack.
    Its remarks go: they hold the folder it ran in, so that no result in the cache would ever be found again. What it makes of
    VHDL's ``abs`` is named, since Quartus builds that otherwise than a choice that the designer wrote. An assertion is no hardware.
    An input that a component leaves out is unknown for GHDL and would take all that depends on it along; Quartus ties it low.
    """
    text = re.sub(r"^ */\* [^*\n]* \*/\n", "", text, flags=re.MULTILINE)
    text = re.sub(r"^  always @\*\n    if \([^\n]*\)\n      \$(?:fatal|error|warning|info)\([^\n]*\);\n", "", text, flags=re.MULTILINE)
    unknown = set(re.findall(r"^  localparam (?:\[\d+:0\] )?(\w+) = \d+'bX+;$", text, flags=re.MULTILINE))
    text = re.sub(r"^    \.\S+ ?\((\w+)\),\n", lambda pin: "" if pin[1] in unknown else pin[0], text, flags=re.MULTILINE)
    last = re.compile(r"^(    \.\S+ ?\()(\w+)\)\);$", re.MULTILINE)
    text = last.sub(lambda pin: f"{pin[1]}));" if pin[2] in unknown else pin[0], text)
    text = re.sub(r"^  always @\((\w+)\)\n    (\S+) <= ([^;\n]+);$", r"  always @*\n    if (\1) \2 = \3;", text, flags=re.MULTILINE)
    highest = {name: bit for bit, name in re.findall(r"^  wire \[(\d+):0\] (\w+);$", text, flags=re.MULTILINE)}
    text = re.sub(
        r"^  assign (\w+) = \$signed\((\w+)\) >= 0 \? \2 : -\2;$",
        lambda found: f"  ABSOLUTE_VALUE #(.WIDTH({int(highest.get(found[1], 0)) + 1})) {found[1]}_abs (.A({found[2]}), .Y({found[1]}));",
        text,
        flags=re.MULTILINE,
    )
    return re.sub(rf"^(  \S+ |    )({_KEYWORDS}) \($", r"\1\\\2  (", text, flags=re.MULTILINE)
