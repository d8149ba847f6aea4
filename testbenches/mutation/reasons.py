"""Faults that change nothing although no proof of it ends, by core and place, and why.

A reason alone excuses nothing: the faulty core has to give the same words in the same clocks for a million words as well.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from testbenches.mutation.faulty_netlist import Fault

REASONS: Mapping[str, str] = {}
"""By core and fault as a regular expression."""


def reason_of(core: str, fault: Fault) -> str:
    """Why a fault changes nothing; empty where nobody has said so."""
    return next((why for what, why in REASONS.items() if re.fullmatch(what, f"{core}: {fault}")), "")
