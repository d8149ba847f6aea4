"""Costs of a core that has to be mapped: a few mappings, and straight lines between them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from fpga_projects.estimation.cost import Cost
from fpga_projects.estimation.price import cost_of
from fpga_projects.exploration.design_space import DesignSpace
from ip_cores.core import Core

Choice = tuple[Any, ...]


class InterpolatedCost:
    """What a choice costs: that of the longest words, less what each variable saves on its own, by a straight line over its values.

    Takes one mapping for each variable and one for all at their longest. It ranks choices; what is chosen is mapped afterwards.

    Parameters
    ----------
    space : DesignSpace
        Values of each variable in rising order; those that are no numbers are mapped one by one.
    price : callable
        From a `Cost` to a number.
    cost : callable
        From a core to its `Cost`.
    """

    def __init__(self, space: DesignSpace, price: Callable[[Cost], float], cost: Callable[[Core], Cost] = cost_of) -> None:
        domains = list(space.vary.values())
        longest = tuple(domain[-1] for domain in domains)
        self.whole = price(cost(space.core(longest)))
        self.saved: list[dict[Any, float]] = []
        for place, domain in enumerate(domains):
            numbers = all(isinstance(value, int | float) for value in domain)
            found = {domain[-1]: 0.0}
            for value in {domain[0]} if numbers else domain[:-1]:
                changed = (*longest[:place], value, *longest[place + 1 :])
                found[value] = self.whole - price(cost(space.core(changed)))
            if numbers and len(domain) > 1:
                step = found[domain[0]] / (domain[-1] - domain[0])
                found = {value: step * (domain[-1] - value) for value in domain}
            self.saved.append(found)

    def __call__(self, choice: Choice) -> float:
        return math.fsum([self.whole, *(-saved[value] for saved, value in zip(self.saved, choice, strict=True))])
