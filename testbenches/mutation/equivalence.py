"""Whether a faulty core is the same core: both in lock step on the same inputs, from the same state on, decided by ABC.

The environment is that of `testbenches.formal`: upstream keeps what it offers, fields beside the data come in their order, everything else
does anything at any time. Two cores are the same if what `verify` looks at never differs: sink_ready, source_valid, and a word that stands
at the source.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ip_cores import cache
from ip_cores.core import Core
from testbenches.engines.yosys import find_yosys_with_abc, run_well
from testbenches.errors import ToolError
from testbenches.formal.aiger import Aig
from testbenches.formal.elaboration import TICKS, WHOLE
from testbenches.formal.harness import MONITORS, TOP, WordOrder, harness
from testbenches.formal.model_checker import answer_of, run_abc
from testbenches.formal.toy_proofs import processor_seconds
from testbenches.formal.toys import Toy
from testbenches.mutation.coupling import ANY, CLOCKS, PORTS, RUNS, coupled, seen_apart
from testbenches.mutation.faulty_netlist import SELECT, SELECT_BITS, YOSYS_SECONDS, FaultyNetlist

PROOFS = (("pdr -a", 2), ("scleanup; scorr; dc2; reach", 3), ("scorr; dc2; pdr -a", 5))
"""Ways to a proof, and the processor time of each: first what finds more registers that differ; then all states that can be reached, where
control alone decides; then what merges first what is equal, which pays where words are computed."""

REACHED = "proved unreachable"
"""What ABC says where the states that can be reached hold no difference."""

ROUNDS = 8
"""Times that registers are found that differ."""

NETLIST = """\
read_rtlil mutants.il
memory_dff
memory_collect
memory_map
setattr -unset init w:*
dffunmap
techmap -D ONE_CLOCK -map {ticks}
setundef -undriven -anyseq
opt_clean
"""

TABLES = "memory_map"
"""Yosys makes memories of the longer tables of the environment."""


@dataclass(frozen=True)
class Verdict:
    """Whether two circuits are the same.

    Attributes
    ----------
    same : bool or None
        None if it is not known.
    kept : float
        Processor time in s that an earlier run spent on it.
    """

    same: bool | None
    kept: float


class Twins:
    """A core as gates, with or without one of its faults."""

    def __init__(self, faulty: FaultyNetlist) -> None:
        order, folder = order_of(faulty.core), faulty.folder
        (folder / "whole.v").write_text(harness(order, more={SELECT: SELECT_BITS}))
        script = NETLIST.format(ticks=TICKS) + WHOLE.format(monitors=MONITORS, top="whole.v", name=TOP, stem="whole", mutants=TABLES)
        (folder / "whole.ys").write_text(script)
        if not run_well([find_yosys_with_abc().yosys, "-q", "-s", "whole.ys"], folder, YOSYS_SECONDS).in_time:
            raise ToolError(f"{faulty.core.name}: yosys was not done after {YOSYS_SECONDS} s of processor time")
        self.aig = Aig.read(folder / "whole.aig")
        self.right = self.chosen(0)
        words = tuple(f"see_source_{name}" for name in order.sides.fields["source"])
        looked_at = ("see_sink_ready", "see_source_valid", *words)
        self.same = [name for name in self.right.outputs if re.sub(r"\[.*", "", name) in looked_at]
        self.while_high = {name: "see_source_valid" for name in self.same if re.sub(r"\[.*", "", name) in words}

    def chosen(self, fault: int) -> Aig:
        """The core with one of the faults, or with none."""
        return self.aig.with_inputs({f"{SELECT}[{bit}]": fault >> bit & 1 for bit in range(SELECT_BITS)})

    def decide(self, fault: int, folder: Path) -> Verdict:
        """Whether a fault changes nothing; what was decided before of the same two circuits is kept."""
        wrong = self.chosen(fault)
        every = (*self.same, *dict.fromkeys(self.while_high.values()), "see_started")
        circuits = (structure(circuit, every, folder) for circuit in (self.right, wrong))
        key = cache.key_of(["same core", *circuits, repr((PROOFS, ROUNDS, CLOCKS, RUNS)), find_yosys_with_abc().version])
        kept = cache.load(key)
        if kept is None:
            before = processor_seconds()
            kept = {"same": self._decide(wrong, folder), "seconds": round(processor_seconds() - before, 3)}
            cache.store(key, kept)
            return Verdict(kept["same"], 0.0)
        return Verdict(kept["same"], kept["seconds"])

    def _decide(self, wrong: Aig, folder: Path) -> bool | None:
        """The same anew; None if it is not known.

        Registers that differ in random runs get copies; then ABC proves that nothing else does, or finds more of them.
        """
        seen = seen_apart(self.right, wrong, self.same, self.while_high)
        if seen.ports:
            return False
        apart = set(seen.registers)
        for _ in range(ROUNDS):
            pair = coupled(self.right, wrong, self.same, self.while_high, apart)
            each = [name for name in pair.outputs if name != ANY]
            refuted: list[str] = []
            for way, seconds in PROOFS:
                names = each if "-a" in way else [ANY]
                try:
                    done = run_abc(pair, names, folder, way, seconds)
                except ToolError:
                    # ABC itself fails at a few circuits; another way may do.
                    continue
                answer = answer_of(done, names, done.in_time)
                if len(answer.proven) == len(names) or (done.in_time and REACHED in done.text):
                    return True
                if refuted := [name for name in answer.refuted if name != ANY]:
                    break
            if PORTS in refuted:
                return False
            if not refuted:
                return None
            apart |= {int(name.removeprefix("register[").removesuffix("]")) for name in refuted}
        return None


def structure(circuit: Aig, names: Iterable[str], folder: Path) -> bytes:
    """All that a circuit is but its names, as far as some outputs of it are concerned."""
    path = folder / "structure.aig"
    circuit.write(path, names)
    return path.read_bytes() + repr([name for name in circuit.inputs if name]).encode()


def order_of(core: Core) -> WordOrder:
    """What words come in at the core, as far as the environment has to know; no promise of it is looked at."""
    toy = Toy(core.name, core.description, 1, 1, 1)
    try:
        return WordOrder.of(toy)
    except ValueError:
        # Its marks take longer to come again than the environment counts: then they may be anything.
        return WordOrder.of(Toy(core.name, core.description, 1, 1, 1, any_fields=True))
