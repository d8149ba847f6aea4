"""What Yosys writes as JSON: the hierarchy of a design, the names its designer gave, and its memories."""

import re
from collections.abc import Iterator


def top_module(document: dict) -> tuple[str, dict]:
    """Name and content of the top module."""
    return next((n, m) for n, m in document["modules"].items() if int(str(m["attributes"].get("top", "0")), 2))


def mapped_design(documents: dict[str, dict]) -> dict:
    """What is kept of all that was written: two netlists, names, instances and memories."""
    name, mapped = top_module(documents["mapped"])
    instances, entering = hierarchy(documents["tree"], name)
    flat = top_module(documents["flat"])[1]

    def netlist_of(module: dict) -> dict:
        return {
            "ports": module["ports"],
            "names": own_names(module, flat, entering),
            "cells": {n: {key: c[key] for key in ("type", "connections", "parameters")} for n, c in module["cells"].items()},
        }

    return {
        "top": name,
        **netlist_of(mapped),
        "fast": netlist_of(top_module(documents["fast"])[1]),
        "instances": instances,
        "memories": memory_bits(documents["memories"]),
    }


def hierarchy(tree: dict, top: str) -> tuple[dict[str, str], set[str]]:
    """Hierarchical instance name to the entity it is of (the top is the empty name), and the input ports of all instances."""
    found = {"": top}
    entering: set[str] = set()
    pending = [("", top)]
    while pending:
        prefix, module = pending.pop()
        for name, cell in tree["modules"].get(module, {"cells": {}})["cells"].items():
            if not cell["type"].startswith("$") or cell["type"].startswith("$paramod"):
                path = f"{prefix}{name}"
                found[path] = cell["type"]
                entering |= {f"{path}.{port}" for port, direction in cell.get("port_directions", {}).items() if direction == "input"}
                pending.append((f"{path}.", cell["type"]))
    return dict(sorted(found.items())), entering


def own_names(mapped: dict, flat: dict, entering: set[str]) -> dict[str, str]:
    """Name of every net of the mapped design that has one, by its number as text.

    Yosys keeps one name of the many that a net has through the hierarchy. The name wanted is the one where it is driven: the deepest
    that is not the input of an instance.
    """
    aliases: dict[int, tuple[int, str]] = {}
    for label, bit in _labels(flat):
        wire = label.partition("[")[0]
        depth = -1 if wire in entering else label.count(".")
        if bit not in aliases or (-depth, len(label), label) < (-aliases[bit][0], len(aliases[bit][1]), aliases[bit][1]):
            aliases[bit] = (depth, label)
    better = {label: aliases[bit][1] for label, bit in _labels(flat)}
    names: dict[str, str] = {}
    for label, bit in _labels(mapped):
        wanted = better.get(label, label)
        held = names.get(str(bit))
        if held is None or (wanted.count("."), len(wanted), wanted) < (held.count("."), len(held), held):
            names[str(bit)] = wanted
    return names


def _labels(module: dict) -> Iterator[tuple[str, int]]:
    """Every named bit of a module with its net number."""
    for name, net in module["netnames"].items():
        if net.get("hide_name"):
            continue
        # Yosys calls the part of a word that it split off ``word[7:4]``.
        part = re.fullmatch(r"(.*)\[\d+:(\d+)\]", name)
        word, offset = (part[1], int(part[2])) if part else (name, int(net.get("offset", 0)))
        for index, bit in enumerate(net["bits"]):
            if isinstance(bit, int):
                yield (f"{word}[{index + offset}]" if len(net["bits"]) > 1 else name), bit


def memory_bits(document: dict) -> dict[str, int]:
    """Memories that could go to M4K, and their bits."""
    cells = [cell for module in document["modules"].values() for cell in module["cells"].values() if cell["type"] == "$mem_v2"]
    return {c["parameters"]["MEMID"].lstrip("\\"): int(c["parameters"]["SIZE"], 2) * int(c["parameters"]["WIDTH"], 2) for c in cells}
