"""What Quartus reads and the open tools do not, rewritten so that they do. The meaning stays the same."""

import re

from fpga_projects.vhdl_statements import rewrite

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
    text = _TRANSLATE_OFF.sub("", text)
    text = re.sub(r"(?i)//\s*(synopsys|synthesis|altera)\b", "// ", text)
    text = re.sub(r"(?is)/\*\s*(synopsys|synthesis)\b.*?\*/", "", text)
    text = re.sub(r"\balways_(comb|latch)\b", "always @*", text)
    text = re.sub(r"(?i)(\?\s*1'bz\s*:\s*)([01])\b(?!\s*')", r"\g<1>1'b\2", text)
    text = re.sub(r"(?i)(\?\s*)([01])(\s*:\s*1'bz\b)", r"\g<1>1'b\2\3", text)
    text = re.sub(r"('s?[bodh])_+", r"\1", text, flags=re.IGNORECASE)
    text = re.sub(r"(\$readmem[bh]\s*\(\s*\")[^\"\n]*[/\\]", r"\1", text)
    count = iter(range(len(text)))
    unnamed = r"((?:;|\bend|\bendgenerate|\bbegin)\s*(?://[^\n]*\n\s*)*)([A-Za-z_]\w*)(\s*\(\s*\.\w+\s*\()"
    return re.sub(unnamed, lambda found: f"{found[1]}{found[2]} unnamed_{next(count)}{found[3]}", text)


def without_missing_tables(text: str, known: set[str]) -> str:
    """Verilog whose writable memories start empty where the file of their contents is not at hand: in an M4K those cost nothing.

    A table that is never written is nothing but its contents; it is left for Yosys to refuse by its name.
    """
    at_hand = {name.lower() for name in known}

    def drop(found: re.Match[str]) -> str:
        writable = re.search(rf"\b{found[2]}\s*\[[^;\]]*\]\s*<=", text)
        return ";" if writable and found[1].lower() not in at_hand else found[0]

    return re.sub(r"\$readmem[bh]\s*\(\s*\"([^\"\n]*)\"\s*,\s*(\w+)[^;]*;", drop, text)


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

    Whole statements are in `fpga_projects.vhdl_statements`.
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
    Its remarks go: they hold the folder it ran in, so that no result in the cache would ever be found again.
    """
    text = re.sub(r"^ */\* [^*\n]* \*/\n", "", text, flags=re.MULTILINE)
    text = re.sub(r"^  always @\((\w+)\)\n    (\S+) <= ([^;\n]+);$", r"  always @*\n    if (\1) \2 = \3;", text, flags=re.MULTILINE)
    return re.sub(rf"^(  \S+ |    )({_KEYWORDS}) \($", r"\1\\\2  (", text, flags=re.MULTILINE)
