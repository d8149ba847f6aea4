"""What ABC found against a property: as a waveform, and as a stimulus that the test bench plays."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ip_cores.core import make_core
from ip_cores.port import Port
from testbenches.formal.aiger import Aig, words
from testbenches.formal.harness import WordOrder
from testbenches.interface import bits, decode_one
from testbenches.stimulus import Stimulus
from testbenches.verify import EngineResult, prove

LET_RUN = 256  # cycles in which both sides are willing, behind those found, so that words that are late or lost show


def waveform(aig: Aig, steps: Sequence[Sequence[int]], order: WordOrder, failed: str) -> str:
    """A VCD of the ports and of the property, one clock cycle every 10 ns; in the last one it does not hold."""
    ports = [port for port in order.core.ports if port.name not in order.sides.clocks]
    shown = [*((f"see_{port.name}", port.name, bits(port)) for port in ports), (failed, failed, 1)]
    if order.two_clocks:
        shown += [(f"see_{clock}", f"{clock}_rises", 1) for clock in order.sides.clocks]
    codes = [chr(34 + number) for number in range(len(shown))]
    lines = ["$timescale 1ns $end", f"$scope module {order.core.name} $end", "$var wire 1 ! clk $end"]
    lines += [f"$var wire {width} {code} {name} $end" for code, (_, name, width) in zip(codes, shown, strict=True)]
    lines += ["$upscope $end", "$enddefinitions $end"]
    for number, row in enumerate(map(words, aig.simulate(steps))):
        lines.append(f"#{10 * number}\n0!")
        lines += [f"b{row.get(net, 0):b} {code}" for code, (net, _, _) in zip(codes, shown, strict=True)]
        lines.append(f"#{10 * number + 5}\n1!")
    return "\n".join([*lines, f"#{10 * len(steps)}", ""])


def stimulus_of(aig: Aig, steps: Sequence[Sequence[int]], order: WordOrder) -> Stimulus:
    """The stimulus that does the same from cycle 0 on; the first step is the reset before it."""
    rows = [words(row) for row in aig.simulate(steps)]
    played = rows[1:]
    sink = order.sink
    controls = {name: port for name, port in order.sides.inputs.items() if name != "reset"}
    sent = [row for row in played if sink and row["see_sink_valid"] and row["see_sink_ready"] and not row["see_reset"]]
    if sink and played and played[-1]["see_sink_valid"] and not played[-1]["see_sink_ready"]:
        sent.append(played[-1])
    resets = [cycle for cycle, row in enumerate(played) if row["see_reset"]]
    values = {name: [decode_one(port, row[f"see_{name}"]) for row in rows] for name, port in controls.items()}
    willing = [1] * LET_RUN
    return Stimulus(
        words={name: np.array([decode_one(port, row[f"see_sink_{name}"]) for row in sent], np.int64) for name, port in sink.items()},
        offer=[*(row["offer"] for row in played), *willing],
        accept=[*(row["ready"] for row in played), *willing],
        reset_at=resets[0] if resets else None,
        reset_cycles=max(1, len(resets)),
        controls={name: row[0] for name, row in values.items()},
        events=tuple(
            (cycle, name, row[cycle + 1]) for name, row in values.items() for cycle in range(len(played)) if row[cycle + 1] != row[cycle]
        ),
        drain=order.core.patience,
    )


@dataclass(frozen=True)
class Counterexample:
    """A counterexample that the test bench can play.

    Attributes
    ----------
    failed : str
        Name of the property.
    cycle : int
        In which it does not hold.
    description : mapping
        Of the core.
    stimulus : mapping
        The fields of `Stimulus` that are not as usual.
    vhdl : str
        Folder of the VHDL, seen from the file's.
    """

    failed: str
    cycle: int
    description: Mapping[str, Any]
    stimulus: Mapping[str, Any]
    vhdl: str

    @classmethod
    def of(cls, stimulus: Stimulus, order: WordOrder, failed: str, cycle: int, vhdl: str) -> Counterexample:
        fields = {
            "words": {name: np.asarray(row).tolist() for name, row in stimulus.words.items()},
            "offer": np.asarray(stimulus.offer).astype(int).tolist(),
            "accept": np.asarray(stimulus.accept).astype(int).tolist(),
            "reset_at": stimulus.reset_at,
            "reset_cycles": stimulus.reset_cycles,
            "controls": dict(stimulus.controls),
            "events": [list(event) for event in stimulus.events],
            "drain": stimulus.drain,
        }
        return cls(failed, cycle, order.core.description, fields, vhdl)

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(self.__dict__, indent=1) + "\n")

    @classmethod
    def read(cls, path: Path) -> Counterexample:
        """Read what `write` wrote.

        Raises
        ------
        ValueError
            If the file is none of these.
        """
        try:
            return cls(**json.loads(path.read_text()))
        except (OSError, TypeError, json.JSONDecodeError) as error:
            raise ValueError(f"{path}: no counterexample of `make formal` ({error})") from None

    def play(self, folder: Path, engine: str) -> EngineResult:
        """What the test bench says to it, on the VHDL that was refuted."""
        core = make_core(self.description)
        fields = dict(self.stimulus)
        fields["events"] = tuple(tuple(event) for event in fields["events"])
        manifest = KeptVhdl.in_folder(folder / self.vhdl, core.ports)
        return prove(core, Stimulus(**fields), engine, manifest)


@dataclass(frozen=True)
class KeptVhdl:
    """Files that were generated before, and perhaps edited since."""

    folder: Path
    entity: str
    files: tuple[str, ...]
    ports: tuple[Port, ...]

    @classmethod
    def in_folder(cls, folder: Path, ports: tuple[Port, ...]) -> KeptVhdl:
        manifest = json.loads((folder / "manifest.json").read_text())
        return cls(folder, manifest["entity"], tuple(manifest["files"]), ports)
