"""Rewrites of whole statements and declarations, each a small step from what MyHDL writes to what a person would.

None of them changes what the entity does: they undo what is an artefact of the conversion (constants that are driven signals, loops that
run once, names for what has a name already), and use the statements that VHDL has for a purpose (conditional assignments, ``case``).
"""

from __future__ import annotations

from ip_cores.conversion.architecture import Entity, rewrite_entity
from ip_cores.conversion.arrays import flatten_arrays, unroll_loops
from ip_cores.conversion.choices import choose_concurrently, spell_conditions, use_cases
from ip_cores.conversion.constant_bits import fold_bits
from ip_cores.conversion.constants import declare_constants, declare_equal_rows, inline_zeros, plain_values
from ip_cores.conversion.redundancy import remove_aliases, remove_unread
from ip_cores.conversion.simplify import simplifier


def tidy(entity: Entity) -> None:
    """All rewrites, in an order in which each finds what it looks for."""
    declare_constants(entity)
    unroll_loops(entity)
    flatten_arrays(entity)
    rewrite_entity(entity, simplifier(entity.types()))
    remove_aliases(entity)
    declare_equal_rows(entity)
    fold_bits(entity)
    remove_unread(entity)
    inline_zeros(entity)
    rewrite_entity(entity, simplifier(entity.types()))
    plain_values(entity)
    spell_conditions(entity)
    choose_concurrently(entity)
    use_cases(entity)
