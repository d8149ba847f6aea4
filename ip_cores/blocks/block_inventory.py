"""What small hardware is built of: roundings, sums, products by constants, as inventories."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from fixed_point import Rounding
from ip_cores.blocks.interval import Interval
from ip_cores.blocks.multiple_constants import additions
from ip_cores.blocks.product_sum import ProductPlan
from ip_cores.blocks.requantizer import Conversion
from ip_cores.inventory import Inventory


def of_conversion(conversion: Conversion) -> Inventory:
    """The rounding at an output with the register behind it: an adder where bits round up, a choice where words are limited."""
    bits = conversion.format.word_length
    rounds = conversion.dropped > 0 and conversion.rounding != Rounding.FLOOR
    rounded = conversion.rounded
    # All modes but floor and nearest look at every bit that is dropped.
    looks = conversion.dropped // 3 if rounds and conversion.rounding != Rounding.NEAREST else 0
    adder = rounded.bits if rounds else 0
    if conversion.overflow == "saturate" and (rounded.low < conversion.format.minimum or rounded.high > conversion.format.maximum):
        compared = max(0, rounded.bits - bits) // 2 + 2
        return Inventory("", adders=adder, results=bits, multiplexers=bits + compared + looks)
    if rounds:
        return Inventory("", adders=adder, results=bits, multiplexers=looks)
    return Inventory("", registers=bits)


def product_tree(count: int, bits: int) -> int:
    """Bits of the adders that bring so many products together.

    Examples
    --------
    >>> product_tree(1, 32), product_tree(3, 32)
    (0, 64)
    """
    return (count - 1) * bits


def of_constant_products(products: Iterable[tuple[Interval, int]], multiplier: str) -> Inventory:
    """Products by constants of their own words; one by a power of two is wires."""
    odd = [(values, abs(coefficient) // (coefficient & -coefficient)) for values, coefficient in products if coefficient]
    if multiplier == "logic":
        return Inventory("", additions=sum(addition_bits(values, (magnitude,)) for values, magnitude in odd))
    return Inventory("", products=tuple((values.bits, value.bit_length() + 1) for values, value in odd if value > 1))


def of_shared_products(values: Interval, coefficients: Iterable[int], multiplier: str) -> Inventory:
    """Products of one word by many constants; in logic they share additions."""
    if multiplier == "logic":
        return Inventory("", additions=addition_bits(values, tuple(coefficients)))
    return of_constant_products([(values, coefficient) for coefficient in coefficients], multiplier)


@lru_cache(maxsize=4096)
def addition_bits(values: Interval, constants: tuple[int, ...]) -> int:
    """Bits of the additions that form products of a word by constants.

    Examples
    --------
    >>> addition_bits(Interval(-128, 127), (4,)), addition_bits(Interval(-128, 127), (5, 10))
    (0, 9)
    """
    # The low bits that a shifted summand does not reach pass by the adder, unless they are subtracted.
    return sum(values.times(step.value << step.dropped).bits - (step.left_places if step.sign > 0 else 0) for step in additions(constants))


def of_products(plan: ProductPlan) -> Inventory:
    """What the unit is built of."""
    count, bits = len(plan.coefficients), plan.sample_bits + plan.coefficient_bits
    tree = product_tree(count, bits)
    return Inventory(
        "",
        adders=tree,
        results=tree if plan.fast else 0,
        constants=tuple((len(contents), plan.coefficient_bits) for contents in plan.coefficients),
        products=((plan.sample_bits, plan.coefficient_bits),) * count,
    )
