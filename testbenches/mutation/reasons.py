"""Faults that change nothing although no proof of it ends, by core and place, and why.

A reason alone excuses nothing: the faulty core has to give the same words in the same clocks for a million words as well.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from testbenches.mutation.faulty_netlist import Fault

REASONS: Mapping[str, str] = {
    r"fir_serial: cnot0 sdffe Q\[2\] by bit 1 u_serial_control\.counter": (
        "the taps are taken in the order 4, 1, 2, 3, 0, 5 instead of 0 to 5, and a sum does not depend on it"
    ),
    r"dwt_synthesis: inv sdffe Q\[2\] u_scheduler\.number": (
        "the upper bit only counts through the memory after a reset, now in the order 4, 1, 6, 3, 0, 5, 2, 7, which ends with 7 as well"
    ),
    r"dwt_ola: const1 mux Y\[0\] u_segment_program\.half": (
        "level 0 would have halves of 6 words: its sums end at the fourth as they do, since Haar's filters leave none unfinished"
    ),
    r"packet_synthesis: cnot1 sdffe D\[3\] by bit 0 u_scheduler\.number": (
        "the upper bit only counts through the memory after a reset, now in another order, which visits each place and ends with 15 as well"
    ),
    r"fifo: const0 (sub Y|ne A)\[3\] u_queue_control\.(count|more)": "the queue holds 6 words at most, so that the count never reaches 8",
    r"fifo: const0 ne A\[0\] u_queue_control\.more": "7 words would count as 6, and the queue holds 6 at most",
    r"swt_synthesis: const0 eq A\[2\] u_filter_processor\.u_program_memory\.\w+": (
        "place 13 would read what stands at 9, and the program ends at 12"
    ),
    r"swt_synthesis: inv pmux Y\[3\] u_filter_processor\.u_program_memory": (
        "every offset of an address is 8 more: all words stand in other places of a memory of 16"
    ),
    r"sequencer: const1 not Y\[0\] u_patient_gates\.\w+": (
        "samples that are let go are offered to the first queue as well, which is held in reset at that time"
    ),
    r"\w+: (inv|cnot[01]) add Y\[\d+\].* (\w+\.)*u_processor_control\.n\d+_o": (
        "one adder gives the addresses of reading and of writing: all words stand in other places of the memory, each in one of its own"
    ),
}
"""By core and fault as a regular expression."""


def reason_of(core: str, fault: Fault) -> str:
    """Why a fault changes nothing; empty where nobody has said so."""
    return next((why for what, why in REASONS.items() if re.fullmatch(what, f"{core}: {fault}")), "")
