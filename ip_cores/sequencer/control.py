"""State machine of the sequencer, what it opens and closes, and its counters."""

from __future__ import annotations

from dataclasses import dataclass

from myhdl import Signal, always, always_comb, concat, enum

from ip_cores.blocks.arithmetic import counter_signal, flag
from ip_cores.hierarchy import entity, inline


@dataclass(frozen=True)
class SequencerPlan:
    """Constants of the hardware.

    Attributes
    ----------
    length, results : int
        Samples of a segment, and what the calculation makes of them.
    real_time : bool
        Whether the neighbours do not wait.
    """

    length: int
    results: int
    real_time: bool

    @property
    def acquired(self) -> int:
        """Depth of the first queue: the next segment is acquired while one is calculated."""
        return 2 * self.length

    @property
    def transferred(self) -> int:
        """Depth of the second queue: one segment's results are transferred while the next one's come."""
        return 2 * self.results


@entity
def state_machine(clk, reset, enable, gap, segment_waits, fed, finished, standing, acquiring, feeding, recovering, done, code):
    """The state graph of the sequencer: standby, acquire, calculate, transfer, recover."""
    states = enum("STANDBY", "ACQUIRE", "CALCULATE", "TRANSFER", "RECOVER")
    state = Signal(states.STANDBY)

    @always(clk.posedge)
    def move():
        if reset:
            state.next = states.STANDBY
        elif state == states.STANDBY:
            if enable:
                state.next = states.ACQUIRE
        elif state == states.ACQUIRE:
            if not enable:
                state.next = states.STANDBY
            elif gap:
                state.next = states.RECOVER
            elif segment_waits:
                state.next = states.CALCULATE
        elif state == states.CALCULATE:
            if fed:
                state.next = states.TRANSFER
        elif state == states.TRANSFER:
            if finished:
                state.next = states.ACQUIRE
        else:
            state.next = states.ACQUIRE

    @always_comb
    def show():
        # A sample that comes with the enable is the first of a segment.
        standing.next = state == states.STANDBY and not enable
        acquiring.next = state == states.ACQUIRE
        feeding.next = state == states.CALCULATE
        recovering.next = state == states.RECOVER
        done.next = state == states.TRANSFER and finished

    @always_comb
    def number():
        if state == states.STANDBY:
            code.next = 0
        elif state == states.ACQUIRE:
            code.next = 1
        elif state == states.CALCULATE:
            code.next = 2
        elif state == states.TRANSFER:
            code.next = 3
        else:
            code.next = 4

    return move, show, number


@entity
def segment_counters(
    clk, reset, acquiring, fed_valid, fed_ready, result_valid, result_ready, level, waiting, segment_waits, fed, finished, plan
):
    """Samples handed over and results received in a segment; whether the next one can begin."""
    length, results = plan.length, plan.results
    handed, received = counter_signal(length), counter_signal(results + 1)
    final = length - 1

    @always_comb
    def look():
        # Room for a segment's results is half of the second queue.
        segment_waits.next = level >= length and waiting <= results
        fed.next = fed_valid and fed_ready and handed == final
        finished.next = received == results

    @always(clk.posedge)
    def count():
        if reset or acquiring:
            handed.next = 0
            received.next = 0
        else:
            if fed_valid and fed_ready and handed != final:
                handed.next = handed + 1
            if result_valid and result_ready:
                received.next = received + 1

    return look, count


@entity
def patient_gates(
    clk, reset, sink_valid, sink_ready, source_valid, source_ready, standing, recovering, done, calculation_ready, clear, code, gap,
    clearing, push_valid, push_ready, pop_valid, pop_ready, status,
):  # fmt: skip
    """Streams in and out where both neighbours wait: nothing is lost, nothing to count. In standby samples are let go.

    After a reset no sample is taken before the calculation could take one too: it may have a memory to clear first, and results of the
    first segment would be later than those of all others.
    """
    never, awake, nothing = flag(), flag(), counter_signal(1 << 17)

    @always(clk.posedge)
    def wake():
        if reset:
            awake.next = False
        elif calculation_ready:
            awake.next = True

    @always_comb
    def connect():
        push_valid.next = sink_valid and awake and not standing
        sink_ready.next = (push_ready and awake) or standing
        source_valid.next = pop_valid
        pop_ready.next = source_ready
        clearing.next = reset or standing
        gap.next = never
        status.next = concat(nothing, code)

    return wake, connect


@entity
def real_time_gates(
    clk, reset, sink_valid, sink_ready, source_valid, source_ready, standing, recovering, done, calculation_ready, clear, code, gap,
    clearing, push_valid, push_ready, pop_valid, pop_ready, status,
):  # fmt: skip
    """Streams in and out where neither neighbour waits: losses are seen, counted and recovered from.

    Samples are acquired from the first clock on, whether or not the calculation has a memory to clear: there is a queue for them.
    A lost sample leaves a gap behind what has been acquired; until that is dropped, the gap is remembered. A missed result mutes the
    source until a whole segment has been calculated again.
    """
    lost, missed, dry, primed, broken = (flag() for _ in range(5))
    always_on = Signal(bool(1))
    overruns, underruns = counter_signal(256), counter_signal(256)

    @always_comb
    def connect():
        push_valid.next = sink_valid and not standing and not recovering
        sink_ready.next = always_on
        source_valid.next = pop_valid and primed
        pop_ready.next = source_ready and primed
        clearing.next = reset or recovering or standing
        gap.next = broken

    @always_comb
    def watch():
        lost.next = sink_valid and not standing and (recovering or not push_ready)
        dry.next = primed and source_ready and not pop_valid
        missed.next = primed and source_ready and not pop_valid and not standing

    @always_comb
    def report():
        status.next = concat(underruns, overruns, primed, code)

    @always(clk.posedge)
    def remember():
        if reset:
            primed.next = False
            broken.next = False
        else:
            if done:
                primed.next = True
            elif dry:
                primed.next = False
            if recovering or standing:
                broken.next = False
            elif lost:
                broken.next = True

    counters = event_counter(clk, reset, clear, lost, overruns), event_counter(clk, reset, clear, missed, underruns)
    return connect, watch, report, remember, counters


@inline
def event_counter(clk, reset, clear, event, count):
    """Counts to 255 and stays there."""

    @always(clk.posedge)
    def advance():
        if reset or clear:
            count.next = 0
        elif event and count != 255:
            count.next = count + 1

    return advance
