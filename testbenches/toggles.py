"""How often the nets of a core change: what its dynamic power is estimated from."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass

import numpy as np

from testbenches.engines import native_build
from testbenches.engines.native_engine import CHECK_LENGTH, check_against_ghdl, play_compiled
from testbenches.engines.state_machines import StateMachine
from testbenches.interface import Delivered, Interface
from testbenches.stimulus import Response, Stimulus


@dataclass(frozen=True, eq=False)
class ToggleCount:
    """Transitions that a run made.

    Attributes
    ----------
    transitions : dict of str to int
        By path of the net, instances and net joined by dots, all bits of a net together. The clock, twice per cycle
        everywhere, is left out.
    bits : dict of str to int
        Width of each of them.
    flipped : dict of str to int
        Those of its bits that ever changed, as ones.
    state_moves : dict of str to (StateMachine, array of uint64, shape (STATE_VALUES, STATE_VALUES))
        By path of a state register: in how many cycles one state followed another, or itself, resets aside.
    response : Response
        What the core did meanwhile.
    """

    transitions: dict[str, int]
    bits: dict[str, int]
    flipped: dict[str, int]
    state_moves: dict[str, tuple[StateMachine, np.ndarray]]
    response: Response

    @property
    def compared(self) -> int:
        """Pairs of successive cycles that were compared."""
        return max(1, self.response.cycles - 1)


def count(manifest: Delivered, stimulus: Stimulus, check_length: int = CHECK_LENGTH) -> ToggleCount:
    """Count the transitions of every net that has a name in the delivered VHDL.

    Every net that has a name in the VHDL is kept, and compared once per cycle, when all has settled just before the
    clock edge, with what it was a cycle before. Glitches within a cycle are not counted, nor are the words of memories;
    a net that goes by several names appears under each.

    Parameters
    ----------
    manifest : Manifest
    stimulus : Stimulus
        Between words the sink's data hold still, whatever `Stimulus.idle` says.
    check_length : int
        Words of the comparison with GHDL's simulation that the model must pass first.

    Raises
    ------
    ToolError, EngineMismatch, SimulationError
        As the native engine does.
    """
    folder = native_build.build(manifest, "activity")
    check_against_ghdl(manifest, folder, check_length, stimulus.drain)
    nets, machines = (json.loads((folder / name).read_text()) for name in ("nets.json", "states.json"))
    interface = Interface.of(manifest.ports)
    widths = [width for _, width in nets]
    response = play_compiled(folder, interface, stimulus.replace(idle="hold"), nets=widths, machines=len(machines))
    ends = np.cumsum([-(-width // 64) for width in widths]).tolist()
    words = response.flipped.astype("<u8")
    masks = [int.from_bytes(words[start:end].tobytes(), "little") for start, end in itertools.pairwise([0, *ends])]
    kept = [(number, path, width) for number, (path, width) in enumerate(nets) if not _is_clock(path)]
    states = {
        path: StateMachine(entity, signal, tuple(states), tuple(map(tuple, moves))) for path, entity, signal, states, moves in machines
    }
    return ToggleCount(
        transitions={path: int(response.transitions[number]) for number, path, _ in kept},
        bits={path: width for _, path, width in kept},
        flipped={path: masks[number] for number, path, _ in kept},
        state_moves={path: (machine, response.state_moves[number]) for number, (path, machine) in enumerate(states.items())},
        response=response,
    )


def activity(manifest: Delivered, stimulus: Stimulus, check_length: int = CHECK_LENGTH) -> dict[str, float]:
    """Transitions per clock cycle of every net, all bits of a net together; arguments and errors as for `count`."""
    found = count(manifest, stimulus, check_length)
    return {path: transitions / found.compared for path, transitions in found.transitions.items()}


def _is_clock(path: str) -> bool:
    return path.rpartition(".")[2] == "clk"
