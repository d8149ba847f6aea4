"""Hardware of the CIC filter: integrators and combs, and the control between the two rates."""

from __future__ import annotations

from typing import Any

from myhdl import always, always_comb

from ip_cores.blocks.arithmetic import address_signal, flag, like, register, subtract, wire, word_signal
from ip_cores.blocks.requantizer import output_rounding
from ip_cores.cic.plan import CicPlan
from ip_cores.fir.rates import every_nth
from ip_cores.fir.structure import OUTPUT_REGISTER
from ip_cores.hierarchy import Constant, described, entity, inline


@entity
def cic_decimator(clk, reset, sink, source, plan, rate=None):
    """CIC decimator: integrators take every sample, combs one of so many; no multiplier."""
    step, give = flag(), flag()
    sample, integrated, total = plan.sample, plan.signal(plan.integrators[-1]), plan.signal(plan.combs[-1])
    result = word_signal(plan.law.source)
    return (
        decimation_control(clk, reset, sink.flow(), source.flow(), step, give, plan.law.rate, rate),
        signed_sample(sink.data, sample, plan.law.sink),
        integrators(clk, reset, step, sample, integrated, plan),
        combs(clk, reset, give, integrated, total, plan),
        output_rounding(total, result, plan.conversion),
        described(register(clk, give, result, source.data), OUTPUT_REGISTER),
    )


@entity
def cic_interpolator(clk, reset, sink, source, plan):
    """CIC interpolator: combs take every sample, integrators give so many words for it; no multiplier."""
    take, step, give = flag(), flag(), flag()
    sample, combed, total = plan.sample, plan.signal(plan.combs[-1]), plan.signal(plan.integrators[-1])
    spread = like(combed)
    result = word_signal(plan.law.source)
    return (
        interpolation_control(clk, reset, sink.flow(), source.flow(), take, step, give, plan.law.rate),
        signed_sample(sink.data, sample, plan.law.sink),
        combs(clk, reset, take, sample, combed, plan),
        zeros_between(take, combed, spread),
        integrators(clk, reset, step, spread, total, plan),
        output_rounding(total, result, plan.conversion),
        described(register(clk, give, result, source.data), OUTPUT_REGISTER),
    )


@entity
def decimation_control(clk, reset, sink, source, step, give, highest, rate=None):
    """Which samples give a word: the first, and every so many from there.

    Samples are taken while a word waits at the output, until the next one is due.
    """
    first, due, holds, moves, takes = (flag() for _ in range(5))

    @always_comb
    def decide():
        """Everything moves unless a word is due while the one before it waits."""
        moves.next = source.ready or not (due and holds)

    @always_comb
    def connect():
        takes.next = sink.valid and moves
        sink.ready.next = moves
        source.valid.next = holds
        step.next = sink.valid and moves
        give.next = due and moves

    @always(clk.posedge)
    def follow():
        """A word is due in the clock behind its sample, and then waits for who takes it."""
        if reset:
            due.next = False
            holds.next = False
        elif moves:
            due.next = sink.valid and first
            holds.next = due or (holds and not source.ready)

    turn = period(clk, reset, takes, first, highest) if rate is None else given_period(clk, reset, takes, first, rate)
    return decide, connect, turn, follow


@entity
def interpolation_control(clk, reset, sink, source, take, step, give, rate):
    """A sample is taken with the first of its words; the others follow, one in a clock."""
    first, due, holds, moves, begins, steps = (flag() for _ in range(6))

    @always_comb
    def decide():
        """Everything moves unless a word is due while the one before it waits."""
        moves.next = source.ready or not (due and holds)

    @always_comb
    def begin():
        """A word begins with a sample, or without one where it is not the first."""
        begins.next = sink.valid or not first

    @always_comb
    def connect():
        steps.next = begins and moves
        sink.ready.next = moves and first
        source.valid.next = holds
        take.next = sink.valid and moves and first
        step.next = begins and moves
        give.next = due and moves

    @always(clk.posedge)
    def follow():
        """A word is due in the clock behind the one in which it begins, and then waits for who takes it."""
        if reset:
            due.next = False
            holds.next = False
        elif moves:
            due.next = begins
            holds.next = due or (holds and not source.ready)

    return decide, begin, connect, period(clk, reset, steps, first, rate), follow


def period(clk: Any, reset: Any, steps: Any, first: Any, rate: int) -> Any:
    """Whether the next step is the first of so many."""
    return (wrapping_period if rate & rate - 1 == 0 else every_nth)(clk, reset, steps, first, rate)


@inline
def given_period(clk, reset, steps, first, rate):
    """Whether the next step is the first of so many as the rate says when the first one is made."""
    left, last = like(rate), Constant(1, "left")

    @always_comb
    def look():
        first.next = left == last

    @always(clk.posedge)
    def count():
        """Steps that are left of this period, the first of the next one included."""
        if reset:
            left.next = last
        elif steps:
            if left == last:
                left.next = rate
            else:
                left.next = left - 1

    return look, count


@inline
def wrapping_period(clk, reset, steps, first, rate):
    """Whether the next step is the first of so many, by a counter that comes round by itself."""
    place, none = address_signal((rate - 1).bit_length()), address_signal((rate - 1).bit_length())

    @always_comb
    def look():
        first.next = place == none

    @always(clk.posedge)
    def count():
        """Steps of this period."""
        if reset:
            place.next = 0
        elif steps:
            place.next = place + 1

    return look, count


@inline
def signed_sample(word, sample, sink):
    """A sample as a signed word."""
    if not sink.bipolar:
        return wire(word, sample)

    @always_comb
    def weigh():
        """A bit stands for +1 or -1."""
        if word == 1:
            sample.next = 1
        else:
            sample.next = -1

    return weigh


@inline
def zeros_between(take, word, spread):
    """The word once for every sample; zeros in the clocks between."""

    @always_comb
    def choose():
        """What the combs give enters once; the other words of a sample begin with zeros."""
        if take:
            spread.next = word
        else:
            spread.next = 0

    return choose


@entity
def integrators(clk, reset, step, word, integrated, plan):
    """Running sums one behind the other, each of what the one before held a sample ago.

    They wrap around again and again; the combs undo that, since the last of their words fits its register.
    """
    totals = [plan.signal(stage) for stage in plan.integrators]
    entering = [plan.entering(stage, one) for stage, one in zip(plan.integrators, [word, *totals], strict=False)]
    return (
        kept_bits([word, *totals], entering, plan.integrators, plan),
        [integrator(clk, reset, step, one, total) for one, total in zip(entering, totals, strict=True)],
        wire(totals[-1], integrated),
    )


@entity
def combs(clk, reset, take, word, combed, plan):
    """Differences one behind the other, each between a word and an earlier one, in one clock."""
    differences = [plan.signal(stage) for stage in plan.combs]
    entering = [plan.entering(stage, one) for stage, one in zip(plan.combs, [word, *differences], strict=False)]
    before = [plan.waiting(stage) for stage in plan.combs]
    # With a differential delay of two each word waits in two registers.
    between = [plan.waiting(stage) for stage in plan.combs] if plan.law.differential_delay > 1 else entering
    return (
        kept_bits([word, *differences], entering, plan.combs, plan),
        [held(clk, reset, take, one, late) for one, late in zip(entering, between, strict=True) if late is not one],
        [held(clk, reset, take, one, late) for one, late in zip(between, before, strict=True)],
        [subtract(*words) for words in zip(entering, before, differences, strict=True)],
        wire(differences[-1], combed),
    )


def kept_bits(words: list[Any], entering: list[Any], stages: range, plan: CicPlan) -> list[Any]:
    """The bits of words that enter the stages behind them, where these are not all."""
    pairs = zip(stages, words, entering, strict=False)
    return [shortened(word, kept, plan.cut(stage)) for stage, word, kept in pairs if kept is not word]


@inline
def shortened(full, kept, dropped):
    """Bits that the output does not miss are dropped, and those that wrap in the next register."""
    high = dropped + len(kept)

    @always_comb
    def shorten():
        kept.next = full[high:dropped].signed()

    return shorten


@inline
def integrator(clk, reset, step, word, total):
    """A running sum."""

    @always(clk.posedge)
    def accumulate():
        """Running sums, which wrap."""
        if reset:
            total.next = 0
        elif step:
            total.next = total + word

    return accumulate


@inline
def held(clk, reset, take, word, before):
    """The word before."""

    @always(clk.posedge)
    def keep():
        """Words wait for the ones behind them."""
        if reset:
            before.next = 0
        elif take:
            before.next = word

    return keep
