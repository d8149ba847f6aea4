"""The products of a synthesis: the even taps of both filters give one sample, the odd taps the next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from myhdl import always, always_comb

from ip_cores.blocks.arithmetic import like, selecting, signed_signal, wire
from ip_cores.blocks.block_inventory import of_conversion, of_products
from ip_cores.blocks.product_sum import ProductPlan, conversion_after, joined, preload, shared_taps, slots, tap_rows
from ip_cores.blocks.requantizer import Conversion
from ip_cores.hierarchy import Rows, described, entity
from ip_cores.inventory import Inventory


def synthesis_inventory(family: str, unit: SynthesisProducts, word_bits: int, address_bits: int, counters: int) -> Inventory:
    """What a synthesis is built of: one memory of band words for each multiplier, one sum, the rounding of a level and of the output."""
    own = Inventory(
        family,
        adders=unit.total_bits,
        results=unit.total_bits,
        multiplexers=word_bits,
        counters=counters,
        memories=((1 << address_bits, word_bits),) * len(unit.products.coefficients),
    )
    return own + of_conversion(unit.conversions[0]) + of_conversion(unit.conversions[1]) + of_products(unit.products)


@dataclass(frozen=True)
class SynthesisProducts:
    """Who multiplies what by what.

    Attributes
    ----------
    products : ProductPlan
        Its tables hold what a sample at an odd place takes, then what the one behind it takes.
    places : tuple of tuple of (int, int)
        For each multiplier and step: 0 for an approximation or 1 for a detail, and how many pairs before the newest.
    clocks : int
        Clocks that multiply, for each sum.
    total_bits : int
        Word length of a sum.
    starts : tuple of int
        What a sum starts from that becomes an approximation, and one that becomes a sample.
    conversions : tuple of Conversion
        From the sum to either.
    """

    products: ProductPlan
    places: tuple[tuple[tuple[int, int], ...], ...]
    clocks: int
    total_bits: int
    starts: tuple[int, int]
    conversions: tuple[Conversion, Conversion]

    @classmethod
    def of(cls, core: Any) -> SynthesisProducts:
        """From the filters, formats and multipliers of a synthesis."""
        filters, sink = core.coefficients, core.sink_format
        clocks, count = shared_taps(filters.length, core.multipliers)
        # Approximation and detail of a pair in turn.
        terms = [(which, pair) for pair in range(filters.length // 2) for which in (0, 1)]
        # The last multiplier may have fewer taps; the places that are left have a coefficient of zero.
        groups = [tuple(terms[number * clocks :][:clocks]) for number in range(count)]
        places = tuple(mine + ((0, 0),) * (slots(clocks) - len(mine)) for mine in groups)
        pair_of_filters = filters.low, filters.high
        names = "low-pass", "high-pass"

        def rows(mine: tuple[tuple[int, int], ...], phase: int) -> Rows:
            taps = [(pair_of_filters[which][2 * pair + phase], f"{names[which]} tap {2 * pair + phase}") for which, pair in mine]
            return tap_rows(taps, slots(clocks))

        tables = tuple(joined(rows(mine, phase) for phase in (0, 1)) for mine in groups)
        unit = ProductPlan(tables, sink.word_length, filters.format.word_length, core.pipeline == "speed")
        fraction_length = sink.fraction_length + filters.format.fraction_length
        targets = (sink, core.source)
        starts = [preload(fraction_length - target.fraction_length, core.rounding) for target in targets]
        peak = max(sum(abs(tap) for taps in (filters.low, filters.high) for tap in taps[phase::2]) for phase in (0, 1))
        bits = max(unit.bits, ((peak << sink.word_length - 1) + max(starts)).bit_length() + 1)
        conversions = [conversion_after(bits, fraction_length, target, core.rounding, core.overflow) for target in targets]
        return cls(unit, places, clocks, bits, (starts[0], starts[1]), (conversions[0], conversions[1]))

    @property
    def sum_clocks(self) -> int:
        """Clocks for one sum, from its first product to the clock that hands it over."""
        return self.clocks + 2 + self.products.stages


@entity
def word_source(taking, word, approximation, written):
    """What the next level filters: a band word that arrives, or the approximation that was just computed."""
    choose = selecting(taking, word, approximation, written)
    return described(choose, "A band word that arrives, or the approximation that was just computed.")


@entity
def level_accumulator(clk, clear, last_level, grow, product, total, starts):
    """A sum that starts from half of the last bit kept, which differs between approximations and samples."""
    running, first = like(total), like(total)
    inner, outer = signed_signal(len(total), starts[0]), signed_signal(len(total), starts[1])

    @always_comb
    def choose():
        """Half of the last bit kept, which differs between an approximation and a sample."""
        if last_level:
            first.next = outer
        else:
            first.next = inner

    @always(clk.posedge)
    def store():
        """The sum, while its products come in."""
        if clear:
            running.next = first
        elif grow:
            running.next = running + product

    return choose, store, wire(running, total)
