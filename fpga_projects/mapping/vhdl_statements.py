"""Statements of VHDL that GHDL's synthesis loses or refuses, written so that it takes them. The meaning stays the same.

Each rewriting takes and returns the text of a file without comments; what it does not recognise it leaves alone.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_COMMENT = re.compile(r"\"[^\"\n]*\"|--(?![^\n]*\btranslate_o)[^\n]*")
_TOKEN = re.compile(r"\"[^\"\n]*\"|'[^'\n]'|[A-Za-z]\w*|<=|=>|:=|\d\w*|\S")
_PROCESS = re.compile(r"(?is)\bprocess\b(.*?)\bbegin\b(.*?)\bend\s+(?:postponed\s+)?process\b")
_EDGE = re.compile(r"(?is)^(?:rising|falling)_edge\s*\(.*\)$")
_EVENT = re.compile(r"(?is)^(\w+)\s*'\s*event$")
_LEVEL = re.compile(r"(?is)^(\w+)\s*=\s*'[01]'$")
_LOOP_HEAD = re.compile(r"(?is)(?<!:)(?<!:\s)\bfor\s+(\w+)\s+in\b[^;]*?\bloop\s*$")
_LOOP_END = re.compile(r"(?i)\s*;\s*end\s+loop\s*;")
_ONE_HOT = re.compile(r"(?is)\b(\w+)\s*<=\s*\(\s*(\w+\s*\([^;=]*?\))\s*=>\s*('[01]')\s*,\s*others\s*=>\s*('[01]')\s*\)\s*;")


def rewrite(text: str) -> str:
    """A file after all rewritings; the same text, comments and all, when none applies."""
    bare = _COMMENT.sub(lambda found: found[0] if found[0].startswith('"') else "", text)
    done = bare
    for step in (edges_before_loops, one_edge_per_if, without_overridden, one_hot_assignments, without_ports_as_initial_values):
        done = step(done)
    return text if done == bare else done


@dataclass
class _If:
    """An if statement: its place in the text, the condition and the statements of every branch, and the else part."""

    start: int
    end: int = 0
    branches: list[tuple[str, str]] = field(default_factory=list)
    other: str = ""


def _ifs(text: str) -> Iterator[_If]:
    """All if statements of a text, inner ones before the one that holds them."""
    waiting: list[tuple[_If, list[int]]] = []
    before, before_at = "", 0
    for token in _TOKEN.finditer(text):
        word = token[0].lower()
        if word == "if" and before != "end":
            waiting.append((_If(token.start()), [token.end()]))
        elif waiting:
            found, marks = waiting[-1]
            if word == "generate":
                waiting.pop()
            elif word == "then":
                marks += [token.start(), token.end()]
            elif word == "elsif" or (word == "else" and before in (";", "then")):
                if len(marks) < 3:  # no if of VHDL: GHDL says what is wrong with it
                    return
                found.branches.append((text[marks[0] : marks[1]], text[marks[2] : token.start()]))
                marks[:] = [token.end()]
            elif word == "if":
                waiting.pop()
                if len(marks) == 3:
                    found.branches.append((text[marks[0] : marks[1]], text[marks[2] : before_at]))
                else:
                    found.other = text[marks[0] : before_at]
                found.end = token.end()
                yield found
        before, before_at = word, token.start()


def _conjuncts(condition: str) -> list[str]:
    """Operands of the outermost ``and``; the condition alone when it has none."""
    condition = condition.strip()
    while condition.startswith("(") and _closing(condition) == len(condition) - 1:
        condition = condition[1:-1].strip()
    parts, depth, start = [], 0, 0
    for token in _TOKEN.finditer(condition):
        word = token[0].lower()
        depth += (word == "(") - (word == ")")
        if depth == 0 and word in ("or", "xor", "nand", "nor", "xnor"):
            return [condition]
        if depth == 0 and word == "and":
            parts.append(condition[start : token.start()])
            start = token.end()
    if not parts:
        return [condition]
    return [operand for part in (*parts, condition[start:]) for operand in _conjuncts(part)]


def _closing(text: str) -> int:
    """Where the bracket that opens the text is closed."""
    depth = 0
    for token in _TOKEN.finditer(text):
        depth += (token[0] == "(") - (token[0] == ")")
        if depth == 0:
            return token.start()
    return -1


def _split_edge(condition: str) -> tuple[str, str]:
    """The clock edge that a condition asks for, and what it asks for besides; both empty when there is none."""
    operands = _conjuncts(condition)
    edge = [operand for operand in operands if _EDGE.match(operand)][:1]
    events = {found[1].lower(): operand for operand in operands if (found := _EVENT.match(operand))}
    for operand in operands:
        level = _LEVEL.match(operand)
        if not edge and level and level[1].lower() in events:
            edge = [events[level[1].lower()], operand]
    return " and ".join(edge), " and ".join(f"({operand})" for operand in operands if operand not in edge)


def edges_before_loops(text: str) -> str:
    """Loops of nothing but an if that waits for a clock edge, put into an if that waits for it.

    Elements of a register that each have an enable are often written like that. When it stands behind an asynchronous clear, GHDL 5.0.1's
    synthesis takes the edge for one that never comes, without a word.
    """
    while True:
        for found in _ifs(text):
            head = _LOOP_HEAD.search(text[: found.start])
            tail = _LOOP_END.match(text[found.end :])
            edge, rest = _split_edge(found.branches[0][0]) if found.branches else ("", "")
            if head and tail and edge and len(found.branches) == 1 and not found.other and not re.search(rf"(?i)\b{head[1]}\b", edge):
                body = f"if {edge} then {head[0]} if {rest or 'true'} then{found.branches[0][1]}end if; end loop; end if;"
                text = text[: head.start()] + body + text[found.end + tail.end() :]
                break
        else:
            return text


def one_edge_per_if(text: str) -> str:
    """Branches of one if that wait for the same clock edge, put into one branch.

    ``if a and rising_edge(c) then … elsif rising_edge(c) then … end if`` means one ``if rising_edge(c)`` that holds the other choice.
    GHDL 5.0.1's synthesis drops the second branch of the former without a word.
    """
    while True:
        for found in _ifs(text):
            joined = _join_edges(found)
            if joined:
                text = text[: found.start] + joined + text[found.end :]
                break
        else:
            return text


def _join_edges(statement: _If) -> str:
    """The if with those last branches joined that share an edge; empty when fewer than two do, or another branch follows them."""
    if re.sub(r"(?i)\bnull\s*;", "", statement.other).strip():
        return ""
    split = [_split_edge(condition) for condition, _ in statement.branches]
    edge = split[-1][0]
    first = len(split)
    while first and re.sub(r"\s", "", split[first - 1][0]).lower() == re.sub(r"\s", "", edge).lower():
        first -= 1
    if not edge or len(split) - first < 2:
        return ""
    outer = [f"{condition} then{body}" for condition, body in statement.branches[:first]]
    inner = [f"{rest or 'true'} then{body}" for (_, rest), (_, body) in zip(split[first:], statement.branches[first:], strict=True)]
    return f"if {' elsif '.join([*outer, f'{edge} then if ' + ' elsif '.join(inner)])} end if; end if"


def without_overridden(text: str) -> str:
    """Clocked processes without assignments to a signal that a later one, outside every if, overrides in any case.

    GHDL's synthesis makes hardware of the former and refuses it when half of it is clocked.
    """
    return _PROCESS.sub(lambda found: found[0].replace(found[2], _drop_overridden(found[2])), text)


def _drop_overridden(body: str) -> str:
    """The statements of one process."""
    if re.search(r"(?i)\b(wait|after|function|procedure)\b", body) or not re.search(r"(?i)_edge\b|'\s*event\b", body):
        return body
    depth, start, before = 0, 0, ""
    unconditional = []
    for token in _TOKEN.finditer(body):
        word = token[0].lower()
        if word in ("if", "case", "loop"):
            depth += -1 if before == "end" else 1
        elif word == ";":
            assignment = re.match(r"\s*(\w+)\s*<=", body[start:])
            if depth == 0 and assignment:
                unconditional.append((assignment[1], start))
            start = token.end()
        before = word
    for name, place in unconditional:
        earlier = rf"(?is)((?:;|\bthen|\belse|\bloop|=>)\s*|\A\s*){name}\s*(?:\([^;]*?\)\s*)?<=[^;]*;"
        # As long as what it stands for, so that places stay where they are.
        body = re.sub(earlier, lambda found: (found[1] + "null;").ljust(len(found[0])), body[:place]) + body[place:]
    return body


def one_hot_assignments(text: str) -> str:
    """``x <= (f(a) => '1', others => '0');`` in a process as two assignments.

    VHDL wants a choice beside ``others`` to be static; Quartus does not.
    """

    def in_two(found: re.Match[str]) -> str:
        name, place, value, other = found.groups()
        return f"{name} <= (others => {other}); {name}({place}) <= {value};"

    return _PROCESS.sub(lambda found: found[0].replace(found[2], _ONE_HOT.sub(in_two, found[2])), text)


def without_ports_as_initial_values(text: str) -> str:
    """Signals whose initial value is an input: at power-up it has none, Quartus takes none, and GHDL's synthesis breaks off."""
    inputs = {
        name.lower() for found in re.finditer(r"(?is)([\w\s,]+?):\s*(?:in|inout)\s+\w", text) for name in re.findall(r"\w+", found[1])
    }
    return re.sub(r"(?is)(\bsignal\s+[^;]*?):=\s*(\w+)\s*;", lambda found: f"{found[1]};" if found[2].lower() in inputs else found[0], text)


def with_other_choices(text: str) -> str:
    """A file whose case statements all say what happens in the choices that they do not name: nothing.

    Quartus takes a case over an integer of which some values are not named; VHDL and GHDL do not.
    """
    bare = _COMMENT.sub(lambda found: found[0] if found[0].startswith('"') else "", text)
    waiting: list[bool] = []
    places = []
    before, before_at = "", 0
    for token in _TOKEN.finditer(bare):
        word = token[0].lower()
        if word == "case" and before != "end":
            waiting.append(False)
        elif word == "others" and before == "when" and waiting:
            waiting[-1] = True
        elif word == "case" and waiting and not waiting.pop():
            places.append(before_at)
        before, before_at = word, token.start()
    for place in reversed(places):
        bare = f"{bare[:place]}when others => null; {bare[place:]}"
    return bare


def with_one_signed(text: str) -> str:
    """A file that takes ``signed`` and ``unsigned`` from numeric_std, if it used std_logic_arith for these types alone.

    In VHDL the types of the two packages are different and do not connect; Quartus connects ports bit by bit.
    """
    if re.search(r"(?i)\b(conv_\w+|ext|sxt)\s*\(", text):
        return text
    return re.sub(r"(?i)\bstd_logic_arith\b", "numeric_std", text)
