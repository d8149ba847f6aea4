"""Arithmetic that every core shares: signals of exact width, constants, products, and the one rounding at an output."""

from __future__ import annotations

import itertools
from typing import Any, NamedTuple

from myhdl import Signal, always, always_comb, intbv, modbv

from fixed_point import Format
from ip_cores.blocks.interval import Interval
from ip_cores.hierarchy import Word, inline, primitive
from ip_cores.port import Port


def signed_signal(interval: Interval | int, value: int = 0, **said: Any) -> Any:
    """A signed signal wide enough for an interval, or of so many bits.

    Without a driver and with a `value` it is how a constant is written. It wraps, as the hardware's does: a settled
    value is always in range, but while changes ripple through a simulator one after the other, a sum of an old and
    a new word need not be. What is said of it (see `Word`) reaches the VHDL.
    """
    half = 1 << ((interval if isinstance(interval, int) else interval.bits) - 1)
    return Word(modbv(value, min=-half, max=half), **said)


def word_signal(format: Format, value: int = 0) -> Any:
    """A signal of a format's word."""
    if format.signed:
        return signed_signal(format.word_length, value)
    return Signal(intbv(value, min=0, max=1 << format.word_length))


def port_signal(port: Port) -> Any:
    """A signal for a port of a top-level entity; words of an Avalon-MM slave are numbers of as many formats as it has registers."""
    if port.width is None:
        return flag()
    signal = word_signal(Format(port.signed, port.width, 0))
    return Word(signal.val, port.fraction_length, is_number=not port.name.endswith(("writedata", "readdata")))


def magnitude_signal(bits: int, value: int = 0, fraction_length: int | None = None) -> Any:
    """An unsigned signal of so many bits, which wraps as that of `signed_signal` does."""
    return Word(modbv(value)[bits:], fraction_length)


def bit_signal(bits: int) -> Any:
    """An unsigned signal that is no number with a binary point: bits that are moved about, a count of them, a state of many parts."""
    return Word(modbv(0)[bits:], is_number=False)


def flag() -> Any:
    """A single bit."""
    return Signal(bool(0))


def like(signal: Any) -> Any:
    """A new signal of the same kind."""
    return Signal(signal.val) if signal._type is bool else Signal(type(signal.val)(0, min=signal._min, max=signal._max))


def same_kind(signal: Any) -> Any:
    """A new signal of the same kind, with the binary point of a word."""
    return Word(like(signal).val, signal.fraction_length) if isinstance(signal, Word) else like(signal)


def address_signal(bits: int) -> Any:
    """An unsigned signal that wraps around."""
    return Signal(modbv(0)[bits:])


def counter_signal(count: int, value: int = 0) -> Any:
    """An unsigned signal that holds 0 to count - 1."""
    return Signal(intbv(value)[max(1, (count - 1).bit_length()) :])


@inline
def counts_on(count, steps, next_count):
    """The counter as it will be behind the clock edge, the same or one more."""
    one = counter_signal(2)

    @always_comb
    def as_number():
        """The one enters as the adder's carry, which costs nothing."""
        if steps:
            one.next = 1
        else:
            one.next = 0

    @always_comb
    def look_ahead():
        next_count.next = count + one

    return as_number, look_ahead


@primitive
def wire(source, target):
    """Connects one signal to another, extending the sign."""

    @always_comb
    def connect():
        target.next = source

    return connect


@primitive
def both(one, other, result):
    """Whether both flags are set."""

    @always_comb
    def connect():
        result.next = one and other

    return connect


@primitive
def all_of(flags, result):
    """Whether all of some flags are set."""
    instances, found = [], flags[0]
    for number, one in enumerate(flags[1:], start=2):
        joined = result if number == len(flags) else flag()
        instances.append(both(found, one, joined))
        found = joined
    return instances


@primitive
def register(clk, enable, source, target):
    """A register with clock enable and without reset, for words whose validity travels beside them; without an enable for None."""
    if enable is None:

        @always(clk.posedge)
        def store():
            target.next = source

    else:

        @always(clk.posedge)
        def store():
            if enable:
                target.next = source

    return store


@primitive
def register_where(clk, enable, also, source, target):
    """A register with two conditions: the pipeline moves, and there is a word to keep."""

    @always(clk.posedge)
    def store():
        """The output register: a word stays in it until it is taken."""
        if enable and also:
            target.next = source

    return store


@inline
def clearable_register(clk, enable, blank, source, target):
    """A register with clock enable that takes zero in place of a word where it is `blank`."""
    clear = flag()

    @always_comb
    def decide():
        """One condition, which becomes the register's own clear."""
        clear.next = enable and blank

    @always(clk.posedge)
    def store():
        """The register; zero in place of a word where it is cleared."""
        if clear:
            target.next = 0
        elif enable:
            target.next = source

    return decide, store


@primitive
def zero(target):
    """Nothing, as a word: a product by a coefficient that is zero."""
    nothing = signed_signal(len(target), 0)
    return wire(nothing, target)


@primitive
def add(a, b, total):
    @always_comb
    def sum_of_two():
        total.next = a + b

    return sum_of_two


@primitive
def subtract(a, b, difference):
    @always_comb
    def difference_of_two():
        difference.next = a - b

    return difference_of_two


@primitive
def negate(a, negative):
    """The most negative word has no counterpart of its own width, so the subtraction is as wide as the result."""
    return subtract(signed_signal(len(negative), 0), a, negative)


def selecting(first: Any, one: Any, other: Any, selected: Any) -> Any:
    """One word or the other, extending the sign: a process of the block around it."""

    @always_comb
    def choose():
        if first:
            selected.next = one
        else:
            selected.next = other

    return choose


@primitive
def scale_up(a, scaled, places):
    """Multiplies by two to the power of `places`: wires only."""

    @always_comb
    def shift():
        scaled.next = a << places

    return shift


@primitive
def multiply(a, b, product):
    """Two sized signed operands, the shape that becomes an embedded multiplier."""

    @always_comb
    def product_of_two():
        product.next = a * b

    return product_of_two


@primitive
def multiply_in_logic(a, b, product):
    """Like `multiply`, for a core that leaves the embedded multipliers to others; conversion says so in the entity."""
    return multiply(a, b, product)


@primitive
def multiply_constant(a, product, magnitude):
    """A product by a constant in an embedded multiplier.

    The constant is positive: GHDL's synthesis extends a negative one with zeros where the product is wider than 32 bits.
    """
    coefficient = signed_signal(Interval(magnitude, magnitude), magnitude)

    @always_comb
    def scale():
        product.next = a * coefficient

    return scale


def canonical_signed_digits(value: int) -> list[tuple[int, int]]:
    """Digits of `value` as (sign, place) pairs, no two adjacent: the fewest additions of a single product.

    References
    ----------
    G. W. Reitwiesner, "Binary arithmetic", Advances in Computers 1 (1960) 231-308.

    Examples
    --------
    >>> canonical_signed_digits(7)
    [(-1, 0), (1, 3)]
    """
    digits, place = [], 0
    while value:
        if value & 1:
            sign = 2 - (value & 3)
            digits.append((sign, place))
            value -= sign
        value >>= 1
        place += 1
    return digits


class Term(NamedTuple):
    """A product that is still to be added: `signal` times the sign."""

    signal: Any
    interval: Interval
    sign: int


def product_term(interval: Interval, coefficient: int) -> Term:
    """The signal that `constant_product` drives, with the sign that the adder behind it applies.

    It is a product by the coefficient's magnitude: the sign costs nothing in an adder.

    Parameters
    ----------
    interval : Interval
        Values of the factor.
    coefficient : int
        The constant.
    """
    values = interval.times(abs(coefficient))
    return Term(signed_signal(values), values, -1 if coefficient < 0 else 1)


@primitive
def constant_product(a, product, coefficient):
    """A product by a constant, up to its sign (see `product_term`): wires if it is a power of two, else a multiplier."""
    magnitude = abs(coefficient)
    if magnitude & (magnitude - 1) == 0:
        places = magnitude.bit_length() - 1
        return scale_up(a, product, places) if places > 0 else zero(product) if places < 0 else wire(a, product)
    return multiply_constant(a, product, magnitude)


def combine(a: Term, b: Term) -> tuple[list[Any], Term]:
    """The sum of two terms with whatever signs they carry; the result's sign is positive wherever that is free."""
    if a.sign == b.sign:
        interval = a.interval + b.interval
        total = signed_signal(interval)
        return [add(a.signal, b.signal, total)], Term(total, interval, a.sign)
    plus, minus = (a, b) if a.sign > 0 else (b, a)
    interval = plus.interval - minus.interval
    total = signed_signal(interval)
    return [subtract(plus.signal, minus.signal, total)], Term(total, interval, 1)


def positive(term: Term) -> tuple[list[Any], Term]:
    """The same term with its sign carried out."""
    if term.sign > 0:
        return [], term
    interval = term.interval.times(-1)
    total = signed_signal(interval)
    return [negate(term.signal, total)], Term(total, interval, 1)


def balanced(items: list[Any]) -> list[tuple[Any, ...]]:
    """Neighbours in pairs; the last alone where their number is odd."""
    pairs = itertools.zip_longest(items[::2], items[1::2])
    return [pair if pair[1] is not None else pair[:1] for pair in pairs]
