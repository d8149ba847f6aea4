"""How often the nets of a core change: what its dynamic power is estimated from."""

from __future__ import annotations

import json

from testbenches import native_build
from testbenches.interface import Delivered, Interface
from testbenches.native_engine import CHECK_LENGTH, check_against_ghdl, play
from testbenches.stimulus import Stimulus


def activity(manifest: Delivered, stimulus: Stimulus, check_length: int = CHECK_LENGTH) -> dict[str, float]:
    """Transitions per clock cycle of every net of the delivered VHDL, all bits of a net together.

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

    Returns
    -------
    dict of str to float
        By path, instances and net joined by dots; ports of the core by their own names. The clock, twice per cycle
        everywhere, is left out.

    Raises
    ------
    ToolError, EngineMismatch, SimulationError
        As the native engine does.
    """
    folder = native_build.build(manifest, "activity")
    check_against_ghdl(manifest, folder, check_length, stimulus.drain)
    nets = json.loads((folder / "nets.json").read_text())
    response = play(folder, Interface.of(manifest.ports), stimulus.replace(idle="hold"), nets=len(nets))
    compared = max(1, response.cycles - 1)
    counted = zip(nets, response.transitions, strict=True)
    return {name: int(count) / compared for name, count in counted if name.rpartition(".")[2] != "clk"}
