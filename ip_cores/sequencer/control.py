"""State machine of the sequencer, what it opens and closes, and its counters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from myhdl import Signal, always, always_comb, concat, enum

from ip_cores.blocks.arithmetic import counter_signal, flag
from ip_cores.hierarchy import Constant, Group, entity, inline


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


@dataclass(frozen=True, eq=False)
class Supervision(Group):
    """What supervises a sequencer.

    Attributes
    ----------
    enable : Signal of bool
        It works; otherwise samples are let go.
    status : Signal
        State and counts.
    clear : Signal of bool, optional
        Counts of losses start afresh; in real time.
    """

    enable: Any
    status: Any
    clear: Any = None


@dataclass(frozen=True, eq=False)
class SegmentProgress(Group):
    """How far a segment has come.

    Attributes
    ----------
    segment_waits : Signal of bool
        One is acquired, and there is room for its results.
    fed : Signal of bool
        Its last sample enters the calculation.
    finished : Signal of bool
        All its results have come.
    """

    segment_waits: Any
    fed: Any
    finished: Any


@dataclass(frozen=True, eq=False)
class Phase(Group):
    """The state of the sequencer, as others ask for it.

    Attributes
    ----------
    standing, acquiring, feeding : Signal of bool
        In that state; standing ends as the enable comes.
    code : Signal
        Number of the state.
    recovering : Signal of bool, optional
        In that state; in real time.
    done : Signal of bool, optional
        The last result of a segment is transferred; in real time.
    """

    standing: Any
    acquiring: Any
    feeding: Any
    code: Any
    recovering: Any = None
    done: Any = None


@entity
def patient_states(clk, reset, enable, progress, phase):
    """The state graph of a sequencer whose neighbours wait: standby, acquire, calculate, transfer."""
    states = enum("STANDBY", "ACQUIRE", "CALCULATE", "TRANSFER")
    state = Signal(states.STANDBY)

    @always(clk.posedge)
    def move():
        """STANDBY: samples are let go. ACQUIRE: the first queue fills. CALCULATE: a segment goes in. TRANSFER: its last results come."""
        if reset:
            state.next = states.STANDBY
        elif state == states.STANDBY:
            if enable:
                state.next = states.ACQUIRE
        elif state == states.ACQUIRE:
            if not enable:
                state.next = states.STANDBY
            elif progress.segment_waits:
                state.next = states.CALCULATE
        elif state == states.CALCULATE:
            if progress.fed:
                state.next = states.TRANSFER
        elif progress.finished:
            state.next = states.ACQUIRE

    @always_comb
    def show():
        """A sample that comes with the enable is the first of a segment."""
        phase.standing.next = state == states.STANDBY and not enable
        phase.acquiring.next = state == states.ACQUIRE
        phase.feeding.next = state == states.CALCULATE

    @always_comb
    def number():
        """The state as the status word gives it."""
        if state == states.STANDBY:
            phase.code.next = 0
        elif state == states.ACQUIRE:
            phase.code.next = 1
        elif state == states.CALCULATE:
            phase.code.next = 2
        else:
            phase.code.next = 3

    return move, show, number


@entity
def real_time_states(clk, reset, enable, gap, progress, phase):
    """The state graph of a sequencer in real time: standby, acquire, calculate, transfer, recover."""
    states = enum("STANDBY", "ACQUIRE", "CALCULATE", "TRANSFER", "RECOVER")
    state = Signal(states.STANDBY)

    @always(clk.posedge)
    def move():
        """As without real time; RECOVER: samples are missing, and what has been acquired is dropped."""
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
            elif progress.segment_waits:
                state.next = states.CALCULATE
        elif state == states.CALCULATE:
            if progress.fed:
                state.next = states.TRANSFER
        elif state == states.TRANSFER:
            if progress.finished:
                state.next = states.ACQUIRE
        else:
            state.next = states.ACQUIRE

    @always_comb
    def show():
        """A sample that comes with the enable is the first of a segment."""
        phase.standing.next = state == states.STANDBY and not enable
        phase.acquiring.next = state == states.ACQUIRE
        phase.feeding.next = state == states.CALCULATE
        phase.recovering.next = state == states.RECOVER
        phase.done.next = state == states.TRANSFER and progress.finished

    @always_comb
    def number():
        """The state as the status word gives it."""
        if state == states.STANDBY:
            phase.code.next = 0
        elif state == states.ACQUIRE:
            phase.code.next = 1
        elif state == states.CALCULATE:
            phase.code.next = 2
        elif state == states.TRANSFER:
            phase.code.next = 3
        else:
            phase.code.next = 4

    return move, show, number


@entity
def segment_counters(clk, reset, acquiring, fed_, result, level, waiting, progress, plan):
    """Samples handed over and results received in a segment; whether the next one can begin."""
    length = Constant(plan.length, "samples of a segment")
    results = Constant(plan.results, "that the calculation makes of them")
    last_sample = Constant(plan.length - 1, "of a segment")
    handed, received = counter_signal(length), counter_signal(results + 1)

    @always_comb
    def look():
        """Room for a segment's results is half of the second queue."""
        progress.segment_waits.next = level >= length and waiting <= results
        progress.fed.next = fed_.valid and fed_.ready and handed == last_sample
        progress.finished.next = received == results

    @always(clk.posedge)
    def count():
        """Samples handed over and results received, since the last segment was acquired."""
        if reset or acquiring:
            handed.next = 0
            received.next = 0
        else:
            if fed_.valid and fed_.ready and handed != last_sample:
                handed.next = handed + 1
            if result.valid and result.ready:
                received.next = received + 1

    return look, count


@dataclass(frozen=True, eq=False)
class Gating(Group):
    """What opens and closes the gates of a sequencer.

    Attributes
    ----------
    standing : Signal of bool
        The state, as in `Phase`.
    code : Signal
        Number of the state.
    clearing : Signal of bool
        What has been acquired is dropped.
    calculation_ready : Signal of bool, optional
        The calculation takes a sample; where the neighbours wait.
    recovering, done : Signal of bool, optional
        The state, as in `Phase`; these and what follows in real time.
    clear : Signal of bool, optional
        Counts of losses start afresh.
    gap : Signal of bool, optional
        Samples are missing behind what has been acquired.
    """

    standing: Any
    code: Any
    clearing: Any
    calculation_ready: Any = None
    recovering: Any = None
    done: Any = None
    clear: Any = None
    gap: Any = None


@entity
def patient_gates(clk, reset, sink, source, gating, push, pop, status):
    """Streams in and out where both neighbours wait: nothing is lost, nothing to count. In standby samples are let go.

    After a reset no sample is taken before the calculation could take one too: it may have a memory to clear first, and results of the
    first segment would be later than those of all others.
    """
    awake, no_losses = flag(), counter_signal(1 << 17)

    @always(clk.posedge)
    def wake():
        """From a reset on, until the calculation could take a sample, none is taken."""
        if reset:
            awake.next = False
        elif gating.calculation_ready:
            awake.next = True

    @always_comb
    def connect():
        push.valid.next = sink.valid and awake and not gating.standing
        sink.ready.next = (push.ready and awake) or gating.standing
        source.valid.next = pop.valid
        pop.ready.next = source.ready
        gating.clearing.next = reset or gating.standing
        status.next = concat(no_losses, gating.code)

    return wake, connect


@entity
def real_time_gates(clk, reset, sink, source, gating, push, pop, status):
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
        push.valid.next = sink.valid and not gating.standing and not gating.recovering
        sink.ready.next = always_on
        source.valid.next = pop.valid and primed
        pop.ready.next = source.ready and primed
        gating.clearing.next = reset or gating.recovering or gating.standing
        gating.gap.next = broken

    @always_comb
    def watch():
        """A sample that finds no room is lost; a result that is not there in time is missed, and mutes the source."""
        lost.next = sink.valid and not gating.standing and (gating.recovering or not push.ready)
        dry.next = primed and source.ready and not pop.valid
        missed.next = primed and source.ready and not pop.valid and not gating.standing

    @always_comb
    def report():
        """The status word: underruns, overruns, whether the source is muted, the state."""
        status.next = concat(underruns, overruns, primed, gating.code)

    @always(clk.posedge)
    def remember():
        """The source is muted until a segment's results are there; a gap is remembered until it has been recovered from."""
        if reset:
            primed.next = False
            broken.next = False
        else:
            if gating.done:
                primed.next = True
            elif dry:
                primed.next = False
            if gating.recovering or gating.standing:
                broken.next = False
            elif lost:
                broken.next = True

    counters = event_counter(clk, reset, gating.clear, lost, overruns), event_counter(clk, reset, gating.clear, missed, underruns)
    return connect, watch, report, remember, counters


@inline
def event_counter(clk, reset, clear, event, count):
    """Counts to 255 and stays there."""
    most = Constant(255, "events that are counted")

    @always(clk.posedge)
    def advance():
        """Counts to 255 and stays there."""
        if reset or clear:
            count.next = 0
        elif event and count != most:
            count.next = count + 1

    return advance
