"""A unit that sums products of samples from memory with coefficients from a table, some of them in each clock."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from myhdl import always, always_comb

from fixed_point import Format, Overflow, Rounding
from ip_cores.blocks.arithmetic import add, balanced, flag, like, multiply, register, signed_signal, wire
from ip_cores.blocks.interval import Interval
from ip_cores.blocks.memory import coefficient_memory
from ip_cores.blocks.requantizer import Conversion
from ip_cores.hierarchy import Rows, described, entity, primitive

PIPELINES = ("area", "speed")


@dataclass(frozen=True)
class ProductPlan:
    """Who multiplies by what.

    Attributes
    ----------
    coefficients : tuple of tuple of int
        For each multiplier its table of coefficients, by place.
    sample_bits, coefficient_bits : int
        Word lengths of the factors.
    fast : bool
        Whether factors, products and partial sums have registers.
    """

    coefficients: tuple[tuple[int, ...], ...]
    sample_bits: int
    coefficient_bits: int
    fast: bool

    @property
    def tree_levels(self) -> int:
        """Levels of adders that bring the products together."""
        return (len(self.coefficients) - 1).bit_length()

    @property
    def stages(self) -> int:
        """Registers between the memories and the sum."""
        return 2 + self.tree_levels if self.fast else 0

    @property
    def bits(self) -> int:
        """Word length of the products' sum."""
        return self.sample_bits + self.coefficient_bits + self.tree_levels


def shared_taps(length: int, multipliers: int) -> tuple[int, int]:
    """Clocks for the taps of a filter, and the multipliers that are really used.

    Examples
    --------
    >>> shared_taps(8, 3), shared_taps(8, 6)
    ((3, 3), (2, 4))
    """
    clocks = -(-length // multipliers)
    return clocks, -(-length // clocks)


def slots(clocks: int) -> int:
    """Places in a table, a power of two."""
    return 1 << (clocks - 1).bit_length()


def tap_rows(taps: Iterable[tuple[int, str]], count: int) -> Rows:
    """Rows of a table: taps with what they are, and zeros behind them up to `count` rows."""
    rows = list(taps)
    rows += [(0, "no tap is left")] * (count - len(rows))
    return Rows((tap for tap, _ in rows), [remark for _, remark in rows])


def multiplier_tables(filters: Iterable[tuple[str, tuple[int, ...]]], multipliers: int) -> tuple[Rows, ...]:
    """For each multiplier its share of the taps of some filters, filter by filter.

    Parameters
    ----------
    filters : iterable of (str, tuple of int)
        Names, and taps of equal number.
    multipliers : int
        As many as may be used.
    """
    named = list(filters)
    clocks, count = shared_taps(len(named[0][1]), multipliers)
    shares = ([_share(name, taps, number * clocks, clocks) for name, taps in named] for number in range(count))
    return tuple(joined(tap_rows(share, slots(clocks)) for share in mine) for mine in shares)


def _share(name: str, taps: tuple[int, ...], first: int, clocks: int) -> list[tuple[int, str]]:
    return [(tap, f"{name} tap {first + at}") for at, tap in enumerate(taps[first : first + clocks])]


def joined(tables: Iterable[Rows]) -> Rows:
    """Tables one behind the other."""
    parts = list(tables)
    return Rows((word for part in parts for word in part), [remark for part in parts for remark in part.remarks])


@entity
def products(clk, place, samples, total, plan):
    """Products of samples with coefficients, added up; the table of coefficients has a register as the samples' memory has."""
    factors = [signed_signal(plan.coefficient_bits) for _ in samples]
    instances = [
        described(coefficient_memory(clk, None, place, factor, contents), "The coefficients of each multiplier.")
        for factor, contents in zip(factors, plan.coefficients, strict=True)
    ]
    terms = []
    for sample, factor in zip(samples, factors, strict=True):
        product = signed_signal(len(sample) + len(factor))
        if plan.fast:
            held_sample, held_factor, held_product = like(sample), like(factor), like(product)
            instances += [
                described(register(clk, None, sample, held_sample), "Registers in front of the multipliers."),
                described(register(clk, None, factor, held_factor), "Registers in front of the multipliers."),
                multiply(held_sample, held_factor, product),
                described(register(clk, None, product, held_product), "Registers behind the multipliers."),
            ]
            product = held_product
        else:
            instances.append(multiply(sample, factor, product))
        terms.append(product)
    while len(terms) > 1:
        sums = []
        for group in balanced(terms):
            partial = group[0]
            if len(group) == 2:
                partial = signed_signal(max(map(len, group)) + 1)
                instances.append(add(*group, partial))
            if plan.fast:
                held = like(partial)
                instances.append(described(register(clk, None, partial, held), "Registers behind each level of adders."))
                partial = held
            sums.append(partial)
        terms = sums
    return instances, wire(terms[0], total)


@entity
def accumulator(clk, clear, grow, product, total, start):
    """A sum that starts from a constant: half of the last bit kept, where that is all there is to rounding."""
    running = like(total)
    first = signed_signal(len(total), start)

    @always(clk.posedge)
    def store():
        """The sum, while its products come in."""
        if clear:
            running.next = first
        elif grow:
            running.next = running + product

    return store, wire(running, total)


@primitive
def pausing_accumulator(clk, reset, moves, accumulate, finish, product, total, preload=None):
    """A sum in a pipeline that may pause: cleared, or set to a `preload`, as it is handed over."""
    start = 0 if preload is None else signed_signal(len(total), preload)
    running = like(total)
    clear, grow = flag(), flag()

    @always(clk.posedge)
    def store():
        """The sum; as it is handed over it starts anew, from half of the last bit that is kept where the output rounds to nearest."""
        if clear:
            running.next = start
        elif grow:
            running.next = running + product

    return clear_or_grow(reset, moves, accumulate, finish, clear, grow), store, wire(running, total)


def clear_or_grow(reset, moves, accumulate, finish, clear, grow):
    """What happens to a sum: a process of the entity around it."""

    # One condition each, so that both become the register's own synchronous clear and enable and cost no logic.
    @always_comb
    def decide():
        clear.next = reset or (moves and finish)
        grow.next = moves and accumulate

    return decide


def preload(dropped: int, rounding: Rounding) -> int:
    """What a sum starts from so that cutting off `dropped` bits rounds to nearest; 0 for other roundings."""
    return 1 << (dropped - 1) if rounding == Rounding.NEAREST and dropped > 0 else 0


def conversion_after(bits: int, fraction_length: int, format: Format, rounding: Rounding, overflow: Overflow) -> Conversion:
    """What is left to do to a sum of so many bits that started from its `preload`."""
    conversion = Conversion(Interval(-(1 << bits - 1), (1 << bits - 1) - 1), fraction_length, format, rounding, overflow)
    return conversion.behind_half() if preload(conversion.dropped, rounding) else conversion
