"""State machines of delivered VHDL: registers whose values are literals of an enumeration, and the moves that are written for them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

STATE_VALUES = 16
"""Most states that are told apart."""

COMMENT = re.compile(r"--[^\n]*")
ENTITY = re.compile(r"^entity (\w+) is", re.MULTILINE)
ENUMERATION = re.compile(r"type (\w+) is \(([^)]*)\);")
SIGNAL = re.compile(r"signal (\w+): (\w+);")
INSTANCE = re.compile(r"^  (\w+) (u_\w+) \($", re.MULTILINE)
MODULE = re.compile(r"^module (\w+)\n(.*?)^endmodule", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class StateMachine:
    """One register of one entity.

    Attributes
    ----------
    entity, signal : str
    states : tuple of str
        Literals; a netlist numbers them in this order.
    moves : tuple of (int, int)
        From which state to which the VHDL may go, to another one, by numbers; a reset aside.
    """

    entity: str
    signal: str
    states: tuple[str, ...]
    moves: tuple[tuple[int, int], ...]


def machines_of(vhdl: str) -> list[StateMachine]:
    """State machines of the one entity in a file.

    Examples
    --------
    >>> text = '''entity lamp is end entity lamp;
    ... architecture rtl of lamp is
    ...     type t_state is (DARK, BRIGHT);
    ...     signal state: t_state;
    ... begin
    ...     process (clk) is begin
    ...         if reset = '1' then state <= DARK; else
    ...         case state is
    ...             when DARK => if touched = '1' then state <= BRIGHT; end if;
    ...             when others => state <= BRIGHT;  -- BRIGHT
    ...         end case; end if;
    ...     end process;
    ... end architecture rtl;'''
    >>> machines_of(text)
    [StateMachine(entity='lamp', signal='state', states=('DARK', 'BRIGHT'), moves=((0, 1),))]
    """
    text = COMMENT.sub("", vhdl)
    types = {name: tuple(literals.replace(",", " ").split()) for name, literals in ENUMERATION.findall(text)}
    entity = ENTITY.search(text)
    found = []
    for signal, name in SIGNAL.findall(text):
        if entity and name in types:
            found.append(StateMachine(entity[1], signal, types[name], tuple(sorted(set(_moves(text, signal, types[name]))))))
    return found


def _moves(text: str, signal: str, states: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    for choice in re.findall(rf"case {signal} is(.*?)end case", text, re.DOTALL):
        left = list(states)
        for label, body in re.findall(r"when (\w+) =>(.*?)(?=when \w+ =>|\Z)", choice, re.DOTALL):
            before = left if label == "others" else [label]
            left = [state for state in left if state not in before]
            for after in re.findall(rf"\b{signal} <= (\w+);", body):
                yield from ((states.index(state), states.index(after)) for state in before if state != after)


def state_machines(vhdl: Iterable[str], netlist: str, top: str) -> dict[str, StateMachine]:
    """State machines of a core by the path of their register in the netlist, instances and net joined by dots.

    Parameters
    ----------
    vhdl : iterable of str
        Files of the core, an entity each.
    netlist : str
        As GHDL writes it: a module for each entity.
    top : str
    """
    by_entity = {machine.entity: machine for text in vhdl for machine in machines_of(text) if len(machine.states) <= STATE_VALUES}
    instances = {module: [(path, child) for child, path in INSTANCE.findall(body)] for module, body in MODULE.findall(netlist)}
    found = {}

    def visit(module: str, path: str) -> None:
        if machine := by_entity.get(module):
            found[f"{path}{machine.signal}"] = machine
        for name, child in instances.get(module, ()):
            visit(child, f"{path}{name}.")

    visit(top, "")
    return found
