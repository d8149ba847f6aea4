"""How often the nets of a core change: what its dynamic power is estimated from."""

from __future__ import annotations

import json
from dataclasses import dataclass

from testbenches.engines import native_build
from testbenches.engines.native_engine import CHECK_LENGTH, check_against_ghdl, play_compiled
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
    response : Response
        What the core did meanwhile.
    """

    transitions: dict[str, int]
    bits: dict[str, int]
    response: Response

    @property
    def compared(self) -> int:
        """Pairs of successive cycles that were compared."""
        return max(1, self.response.cycles - 1)


def count(manifest: Delivered, stimulus: Stimulus, check_length: int = CHECK_LENGTH) -> ToggleCount:
    """Count the transitions of every net of the delivered VHDL.

    Every net of the synthesised netlist is kept, and compared once per cycle, when all has settled just before the
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
    nets = json.loads((folder / "nets.json").read_text())
    response = play_compiled(folder, Interface.of(manifest.ports), stimulus.replace(idle="hold"), nets=len(nets))
    kept = [(path, width, int(found)) for (path, width), found in zip(nets, response.transitions, strict=True) if not _is_clock(path)]
    return ToggleCount({path: found for path, _, found in kept}, {path: width for path, width, _ in kept}, response)


def activity(manifest: Delivered, stimulus: Stimulus, check_length: int = CHECK_LENGTH) -> dict[str, float]:
    """Transitions per clock cycle of every net, all bits of a net together; arguments and errors as for `count`."""
    found = count(manifest, stimulus, check_length)
    return {path: transitions / found.compared for path, transitions in found.transitions.items()}


def _is_clock(path: str) -> bool:
    return path.rpartition(".")[2] == "clk"
