"""How the VHDL of the examples reads, in numbers; what nobody should have to read makes the run fail.

    python -m testbenches.vhdl_quality            counts over all examples; exit status 1 if a count that must be 0 is not
    python -m testbenches.vhdl_quality --list     also says where

The texts are looked at as any other VHDL would be, knowing nothing of how they were made.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from ip_cores.description import descriptions_in, load_core
from ip_cores.generate import vhdl
from ip_cores.parameters import RESERVED

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"

LINE_LENGTH = 110

MUST_BE_ZERO = {
    "bit-string rows": "rows of tables that are strings of bits",
    "unused ports": "inputs that are not read, outputs that are not driven or that no instance connects",
    "driven constants": "signals and outputs that are driven with a constant",
    "doubled parentheses": "parentheses around parentheses, around a whole condition or a whole value",
    "empty loops": "loops that never run, or only once",
    "reserved names": "identifiers that VHDL, VHDL-AMS, SystemVerilog or the packages in use know",
    "silent processes": "processes without a comment in front of them or of their group",
    "silent instances": "instances without a comment in front of them or of their group",
    "long lines": "lines of more than 110 characters",
    "chains over states": "branches of an if that compare with a state and are followed by others",
    "unnamed limits": "numbers above 1 that a word is compared with, or that say which bit of an instruction is meant",
    "choices by bits": "choices of a case that are strings of bits",
}
"""What may not be there, and what is meant by it."""

_PORT = re.compile(r"^ +(\w+): (in|out|inout) ([\w() ]+?);? *(?:--.*)?$", re.MULTILINE)
_DECLARED = re.compile(r"^ +(?:signal|constant) (\w+): ([^;:]+?)(?: := .*)?; *(--.*)?$", re.MULTILINE)
_ASSIGNED = re.compile(r"^ *(?:when [^=]+ => )?(\w+)(?:\([^<]*\))? <= (.*?);? *(?:--.*)?$", re.MULTILINE)
_LITERAL = re.compile(r"'[01]'|\"[01]+\"|(?:to_)?(?:un)?signed'?\((?:-?\d+, \d+|\"[01]+\")\)|\(others => [^()]*\)")
_INSTANCE = re.compile(r"^ +(\w+): entity work\.(\w+)\n +port map \(\n(.*?)\n +\);", re.MULTILINE | re.DOTALL)
_UNNAMED = re.compile(r"\w(?:\([^()]*\))? (?:=|/=|<|>|>=|<=) (?:[2-9]|\d\d+)\b|\b(?:instruction|command)\(\d+\)")
_INSIDE = r"(?:[^()]|\((?:[^()]|\([^()]*\))*\))*"
_DOUBLED = re.compile(rf"\(\({_INSIDE}\)\)|(?:<=|:=) \((?!others){_INSIDE}\);|\b(?:if|elsif|when) \({_INSIDE}\) (?:then|else)")


def code_of(text: str) -> str:
    """A file without its comments."""
    return re.sub(r"--.*", "", text)


def parts_of(text: str) -> tuple[str, str, str]:
    """Entity, declarations and statements of a file."""
    entity, _, architecture = text[text.index("\nentity ") :].partition("\narchitecture ")
    declarations, _, statements = architecture.partition("\nbegin\n")
    return entity, declarations, statements


def faults(texts: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Everything that must not be there in the files of one core, as (which count, where)."""
    connected: dict[str, set[str]] = {}
    for text in texts.values():
        for _, name, connections in _INSTANCE.findall(code_of(text)):
            connected.setdefault(name, set()).update(re.findall(r"(\w+) =>", connections))
    for name, text in texts.items():
        for count, where in _faults_of(text, connected.get(name)):
            yield count, f"{name}: {where}"


def _faults_of(text: str, connected: set[str] | None) -> Iterator[tuple[str, str]]:
    yield from _hard_to_read(text)
    entity, declarations, statements = parts_of(code_of(text))
    for row in re.findall(r"^ *when \d+ => \w+ <= (\"[01]+\");", statements, re.MULTILINE):
        yield "bit-string rows", row
    driven = {target for target, _ in _ASSIGNED.findall(statements)}
    instances = " ".join(connections for _, _, connections in _INSTANCE.findall(statements))
    driven |= set(re.findall(r"=> (\w+)", instances))
    read = re.sub(r"^ *(?:when [^=]+ => )?\w+ <= ", "", statements, flags=re.MULTILINE)
    read = re.sub(r"^ +(\w+): (?:process|entity)\b", "", re.sub(r"(\w+) => ", "", read), flags=re.MULTILINE)
    words = set(re.findall(r"\b[A-Za-z]\w*", read))
    for port, direction, _ in _PORT.findall(entity):
        unused = port not in words if direction == "in" else port not in driven or (connected is not None and port not in connected)
        if unused:
            yield "unused ports", port
    yield from _constants(statements)
    for line in statements.splitlines():
        if _DOUBLED.search(line):
            yield "doubled parentheses", line.strip()
    for low, high in re.findall(r"\bin (\d+) to (\d+) loop", statements):
        if int(low) >= int(high):
            yield "empty loops", f"{low} to {high}"
    labels = re.findall(r"^ +(\w+): ", statements, re.MULTILINE)
    declared = re.findall(r"^ +(?:signal|constant|type|function) (\w+)", declarations, re.MULTILINE)
    names = [*(port for port, _, _ in _PORT.findall(entity)), *declared]
    for name in (*names, *labels):
        if name.lower() in RESERVED - {"to_std_logic"}:
            yield "reserved names", name
    yield from _silent(parts_of(text)[2])


def _hard_to_read(text: str) -> Iterator[tuple[str, str]]:
    """What is legal and says less than it could."""
    for line in text.splitlines():
        if len(line) > LINE_LENGTH:
            yield "long lines", line.strip()
    _, declarations, statements = parts_of(code_of(text))
    states = {state for listed in re.findall(r"type \w+ is \(([^)]*)\)", declarations) for state in re.findall(r"\w+", listed)}
    for state in re.findall(r"^ *elsif \w+ = (\w+) then", statements, re.MULTILINE):
        if state in states:
            yield "chains over states", state
    for line in statements.splitlines():
        if _UNNAMED.search(line):
            yield "unnamed limits", line.strip()
        if re.match(r' *when "[01]+" =>', line):
            yield "choices by bits", line.strip()


def _constants(statements: str) -> Iterator[tuple[str, str]]:
    """Signals all of whose assignments have the same literal."""
    values: dict[str, set[str]] = {}
    whole = re.sub(r"^( *\w+ <= [^;\n]*)\n +", r"\1 ", statements, flags=re.MULTILINE)
    for target, value in _ASSIGNED.findall(whole):
        values.setdefault(target, set()).add(value)
    for target, found in values.items():
        # The sink of a core that never waits is always ready.
        if (target, *found) != ("sink_ready", "'1'") and len(found) == 1 and _LITERAL.fullmatch(next(iter(found))):
            yield "driven constants", f"{target} <= {next(iter(found))}"


def _silent(statements: str) -> Iterator[tuple[str, str]]:
    """Processes and instances that nothing is said of; what stands in a row with its like shares a comment."""
    pieces = re.split(r"\n{2,}", statements)
    before: tuple[str, str, bool] = ("", "", False)
    for piece in pieces:
        commented = piece.lstrip().startswith("--")
        found = re.search(r"^    (\w+): (process|entity work\.\w+)", piece, re.MULTILINE)
        if found is None:
            before = ("", "", False) if not commented else before
            continue
        label, kind = re.sub(r"_\d+", "", found[1]), found[2]
        covered = commented or (before[2] and before[:2] == (label, kind))
        if not covered:
            yield "silent processes" if kind == "process" else "silent instances", found[1]
        before = (label, kind, covered)


def counts(texts: Mapping[str, str]) -> Counter[str]:
    """Figures of one core's files."""
    found: Counter[str] = Counter()
    for text in texts.values():
        found["files"] += 1
        found["lines"] += text.count("\n")
        head = re.match(r"(?:--.*\n)*", text)
        found["comments"] += text.count("--") - (head[0].count("--") if head else 0)
        numbers = [(type, "--" in line) for line, type in _numbers(text)]
        found["numbers"] += len(numbers)
        found["numbers with a format"] += sum(said for _, said in numbers)
    found.update(count for count, _ in faults(texts))
    return found


def _numbers(text: str) -> Iterator[tuple[str, str]]:
    """Lines that declare a signed word, or a port of the streams' data."""
    entity, declarations, _ = parts_of(text)
    for line in (*entity.splitlines(), *declarations.splitlines()):
        found = re.search(r"^ +(?:(?:signal |constant )?\w+: (?:in |out )?(signed\(\d+ downto 0\))|(?:sink|source)_data: \w+ (\w+))", line)
        if found:
            yield line, found[1] or found[2]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m testbenches.vhdl_quality", description=__doc__.partition("\n")[0])
    parser.add_argument("--list", action="store_true", help="say where each count that must be 0 is not")
    arguments = parser.parse_args()
    total: Counter[str] = Counter()
    for path in descriptions_in(EXAMPLES):
        texts = vhdl(load_core(path))
        total.update(counts(texts))
        if arguments.list:
            for count, where in faults(texts):
                print(f"{path.stem}: {count}: {where}")
    for name in ("files", "lines", "comments", "numbers", "numbers with a format", *MUST_BE_ZERO):
        print(f"{total[name]:7d}  {name}{f': {MUST_BE_ZERO[name]}' if name in MUST_BE_ZERO else ''}")
    return int(any(total[name] for name in MUST_BE_ZERO))


if __name__ == "__main__":
    sys.exit(main())
