"""Examples as they are, but for networks: of these small ones, which do the same in a hundredth of the clocks."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ip_cores.core import make_core
from ip_cores.description import load_core, read_description
from testbenches.for_tests.random_networks import random_network


def with_small_networks(description: Mapping[str, Any]) -> dict[str, Any]:
    """A description with other weights where it has any, in its stages as well."""
    changed: dict[str, Any] = {}
    if description.get("core") == "conv_network":
        changed["weights"] = random_network(1)
    if isinstance(description.get("stages"), list):
        changed["stages"] = [with_small_networks(stage) for stage in description["stages"]]
    return {**description, **changed}


def has_networks(description: Mapping[str, Any]) -> bool:
    """Whether it, or any of its stages, is one."""
    stages = description.get("stages")
    return description.get("core") == "conv_network" or (isinstance(stages, list) and any(map(has_networks, stages)))


def small_example(path: str | Path) -> Any:
    """The core of an example, small enough to be simulated clock by clock."""
    description = read_description(path)
    return make_core(with_small_networks(description)) if has_networks(description) else load_core(path)
