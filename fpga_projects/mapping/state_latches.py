"""Latches at state machines: those that are never closed are wires, and those that keep the next state keep one bit for each.

``case (state) … endcase`` without ``default`` that names every state of the machine keeps nothing: the codes that it leaves out are no
states. Yosys looks at the codes alone; it has a latch, and no state machine when what is kept is the next state. Quartus looks for state
machines while it elaborates: three states in two bits, or sixteen in eight, are a complete ``case`` in its reports, without the message
that a latch is inferred.

That a latch is open is proved. The states of a register are its power-up and reset values and all constants that multiplexers, and latches
taken as open, bring to its input. If those latches are open in each of these states, whatever else happens, then the register never leaves
the states, and every latch that is open in all of them is a wire.

A next state that is kept in some states is a word like the state itself, and Quartus gives both one bit per state (its reports list latches
``next_state.a``, ``next_state.b``, … beside a table of the states). Here the latch gets such bits, and a choice of words behind them, by
which the register that takes it is a state machine for Yosys too.
"""

from collections.abc import Callable, Iterator

Bit = int | str
"""As Yosys writes it: the number of a net, or "0", "1" or "x"."""
Word = tuple[Bit, ...]

LATCHES = "select t:$dlatch %ci*\nwrite_json -selected latches.json\n"
"""Steps for Yosys that write all that latches depend on. Writing sorts the design and so may change the mapping: they run alone."""

DEEPEST = 200
"""Cells in a row through which an enable is followed; beyond, it is unknown and the latch stays."""


def latch_steps(document: dict) -> str:
    """Steps for Yosys that make wires of the latches that are proved open, and one-hot words of those that keep a next state.

    Parameters
    ----------
    document : dict
        A flat design as Yosys writes it to JSON.
    """
    opened: set[str] = set()
    keeping: dict[str, set[Word]] = {}
    for module in document["modules"].values():
        logic = _Logic(module["cells"])
        for register in logic.of_type("$dff", "$adff"):
            machine = _machine(logic, register, _initial(logic, register, module["netnames"]))
            if machine is None:
                continue
            states, passed = machine
            never_close = {latch for latch in logic.of_type("$dlatch") if all(_is_open(logic, latch, register, state) for state in states)}
            if passed.keys() <= never_close:
                opened |= never_close
            else:
                keeping |= {latch: states for latch, whole in passed.items() if whole}
    steps = [f"techmap -map state_latches.v c:{latch}" for latch in sorted(opened)]
    # Once, since what is built is a latch again.
    steps += [
        f"techmap -max_iter 1 -map state_latches.v -D COUNT={len(states)} -D STATES={_literal(states)} c:{latch}"
        for latch, states in sorted(keeping.items())
        if latch not in opened
    ]
    return "\n".join([*steps, "opt -fine -nodffe -nosdff"]) if steps else ""


def _literal(states: set[Word]) -> str:
    """A Verilog constant of all states side by side."""
    bits = "".join(str(bit) for state in sorted(states) for bit in reversed(state))
    return f"{len(bits)}'b{bits}"


class _Logic:
    """Cells of a module, and which of them drives a net."""

    def __init__(self, cells: dict) -> None:
        self.cells = cells
        self.drivers: dict[Bit, tuple[str, int]] = {
            bit: (name, index)
            for name, cell in cells.items()
            for port, bits in cell["connections"].items()
            if cell["port_directions"][port] == "output"
            for index, bit in enumerate(bits)
        }

    def of_type(self, *types: str) -> Iterator[str]:
        """Names of the cells of some types."""
        return (name for name, cell in self.cells.items() if cell["type"] in types)

    def word(self, name: str, port: str) -> Word:
        """What is connected to a port."""
        return tuple(self.cells[name]["connections"][port])

    def reset(self, register: str) -> Word | None:
        """What a register's asynchronous reset, if it has one, puts in it."""
        value = self.cells[register]["parameters"].get("ARST_VALUE")
        return None if value is None else tuple(reversed(value))


def _initial(logic: _Logic, register: str, names: dict) -> Word:
    """The value a register wakes up with: what the design says, else that of its reset, else zero, as in Quartus."""
    given: dict[Bit, str] = {}
    for net in names.values():
        given |= zip(net["bits"], reversed(net["attributes"].get("init", "")), strict=False)
    word = logic.word(register, "Q")
    return tuple(given.get(bit, value) for bit, value in zip(word, logic.reset(register) or "0" * len(word), strict=True))


def _machine(logic: _Logic, register: str, initial: Word) -> tuple[set[Word], dict[str, bool]] | None:
    """States of a register and the latches that its next state comes through, which may keep whole states or parts of them.

    None if more than constants reaches the register.
    """
    passed: dict[str, bool] = {}
    states = {initial, logic.reset(register) or initial}
    pending, seen = [logic.word(register, "D")], {logic.word(register, "Q")}
    while pending:
        word = pending.pop()
        # What the design leaves open may be taken as a state; a word that is open in part is beyond this.
        if word in seen or set(word) == {"x"}:
            continue
        seen.add(word)
        nets = {bit for bit in word if isinstance(bit, int)}
        if not nets:
            states.add(word)
            continue
        driving = {logic.drivers[bit][0] if bit in logic.drivers else "" for bit in nets}
        cell = driving.pop()
        if driving or not cell or logic.cells[cell]["type"] not in ("$mux", "$pmux", "$dlatch"):
            return None
        if logic.cells[cell]["type"] == "$dlatch":
            passed[cell] = passed.get(cell, True) and word == logic.word(cell, "Q")
        pending += _brought(logic, cell, word)
    return None if any("x" in state for state in states) else (states, passed)


def _brought(logic: _Logic, cell: str, word: Word) -> Iterator[Word]:
    """A word with each of the values that a multiplexer, or an open latch, puts in it."""
    if logic.cells[cell]["type"] == "$dlatch":
        output, choices = logic.word(cell, "Q"), logic.word(cell, "D")
    else:
        output, choices = logic.word(cell, "Y"), logic.word(cell, "A") + logic.word(cell, "B")
    for start in range(0, len(choices), len(output)):
        chosen = dict(zip(output, choices[start:], strict=False))
        yield tuple(chosen.get(bit, bit) for bit in word)


def _is_open(logic: _Logic, latch: str, register: str, state: Word) -> bool:
    """Whether a latch is open in a state, whatever the rest of the design does."""
    known = {bit: str(bit) for bit in "01x"} | {bit: str(value) for bit, value in zip(logic.word(register, "Q"), state, strict=True)}
    active = logic.cells[latch]["parameters"]["EN_POLARITY"][-1]
    return _value(logic, logic.word(latch, "EN")[0], known) == active


def _value(logic: _Logic, bit: Bit, known: dict[Bit, str], deepest: int = DEEPEST) -> str:
    """A net as far as the known ones decide it: "0", "1" or "x"."""
    if bit not in known:
        known[bit] = "x"  # for a net that depends on itself
        name, index = logic.drivers.get(bit, ("", 0))
        function = _FUNCTIONS.get(logic.cells[name]["type"]) if name and deepest else None
        if function:
            ports = logic.cells[name]["connections"].items()
            inputs = {port: [_value(logic, b, known, deepest - 1) for b in bits] for port, bits in ports if port != "Y"}
            known[bit] = function(inputs, index)
    return known[bit]


def _any(values: list[str]) -> str:
    return "1" if "1" in values else "x" if "x" in values else "0"


def _all(values: list[str]) -> str:
    return "0" if "0" in values else "x" if "x" in values else "1"


def _not(value: str) -> str:
    return {"0": "1", "1": "0"}.get(value, "x")


def _equal(inputs: dict[str, list[str]]) -> str:
    """Operands of two widths are left undecided: what fills the shorter depends on its sign."""
    a, b = inputs["A"], inputs["B"]
    if len(a) != len(b):
        return "x"
    return _all(["x" if "x" in pair else "1" if pair[0] == pair[1] else "0" for pair in zip(a, b, strict=True)])


def _at(values: list[str], index: int) -> list[str]:
    return values[index : index + 1]


def _selected(inputs: dict[str, list[str]], index: int) -> str:
    """A bit of a multiplexer, whose choices agree or whose selection is known."""
    a, select = inputs["A"], inputs["S"]
    choices = [inputs["B"][start + index] for start in range(0, len(inputs["B"]), len(a))]
    possible = {choice for choice, chosen in zip(choices, select, strict=True) if chosen != "0"}
    if "1" not in select:
        possible.add(a[index])
    return possible.pop() if len(possible) == 1 else "x"


_FUNCTIONS: dict[str, Callable[[dict[str, list[str]], int], str]] = {
    "$not": lambda inputs, index: _not(inputs["A"][index]),
    "$and": lambda inputs, index: _all(_at(inputs["A"], index) + _at(inputs["B"], index)),
    "$or": lambda inputs, index: _any(_at(inputs["A"], index) + _at(inputs["B"], index)),
    "$logic_not": lambda inputs, index: _not(_any(inputs["A"])),
    "$logic_and": lambda inputs, index: _all([_any(inputs["A"]), _any(inputs["B"])]),
    "$logic_or": lambda inputs, index: _any(inputs["A"] + inputs["B"]),
    "$reduce_and": lambda inputs, index: _all(inputs["A"]),
    "$reduce_or": lambda inputs, index: _any(inputs["A"]),
    "$reduce_bool": lambda inputs, index: _any(inputs["A"]),
    "$eq": lambda inputs, index: _equal(inputs),
    "$ne": lambda inputs, index: _not(_equal(inputs)),
    "$mux": _selected,
    "$pmux": _selected,
}
