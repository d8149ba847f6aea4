"""Control of the filter processor: walks through the program, takes words, hands words over, clears the memory after a reset."""

from __future__ import annotations

from myhdl import Signal, always, always_comb, intbv

from ip_cores.banks.filter_processor_plan import KINDS
from ip_cores.blocks.arithmetic import address_signal, counter_signal, flag
from ip_cores.hierarchy import entity


@entity
def processor_control(
    clk, reset, in_valid, in_ready, in_data, out_valid, out_ready, out_tag, instruction, fetch, moves, place, executing, newest,
    accumulate, finish, write, load, select_taken, emitted, write_address, taken, processor,
):  # fmt: skip
    """Walks through the program, takes words, hands words over; clears the memory after a reset."""
    bits = processor.program.address_bits
    final = len(processor.program) - 1
    take_bit, multiply_bit, store_bit, send_bit, emit_bit, last_bit = (bits + number for number in range(len(KINDS) + 1))
    tag_low, tag_high = last_bit + 1, processor.instruction_bits
    clearing, primed, waits, runs, fetches, restart, cleared, holds, loads, blank, turns = (flag() for _ in range(11))
    sums, ends, stores, emits, sends = (flag() for _ in range(5))
    counter, executed = counter_signal(final + 1), counter_signal(final + 1)
    pointer, next_pointer, stored_at = address_signal(bits), address_signal(bits), address_signal(bits)
    tag = Signal(intbv(0)[processor.tag_bits :])

    @always_comb
    def decide():
        waits.next = instruction[take_bit] and not in_valid
        loads.next = emits or sends
        next_pointer.next = pointer + 1

    @always_comb
    def stall():
        runs.next = out_ready or not holds or not loads

    @always_comb
    def go_on():
        fetches.next = clearing or (runs and not waits)
        cleared.next = clearing and primed and next_pointer == 0
        in_ready.next = instruction[take_bit] and runs and not clearing
        blank.next = clearing or reset

    @always_comb
    def turn():
        restart.next = reset or (clearing and not cleared) or (fetches and counter == final)
        turns.next = (clearing and primed) or (fetches and instruction[last_bit] and not clearing)

    @always(clk.posedge)
    def walk():
        if restart:
            counter.next = 0
        elif fetches:
            counter.next = counter + 1

    @always(clk.posedge)
    def follow():
        if fetches:
            executed.next = counter

    @always(clk.posedge)
    def clear():
        if reset:
            clearing.next = True
            primed.next = False
            pointer.next = 0
        else:
            primed.next = True
            if cleared:
                clearing.next = False
            if turns:
                pointer.next = next_pointer

    @always(clk.posedge)
    def second_stage():
        if reset:
            sums.next = False
            ends.next = False
            stores.next = False
            emits.next = False
            sends.next = False
        elif clearing:
            stores.next = True
        elif runs:
            sums.next = instruction[multiply_bit]
            ends.next = instruction[store_bit] or instruction[send_bit]
            stores.next = instruction[store_bit] or (instruction[take_bit] and in_valid)
            emits.next = instruction[emit_bit]
            sends.next = instruction[send_bit]

    @always(clk.posedge)
    def second_stage_words():
        if runs:
            stored_at.next = pointer + instruction[bits:]
            tag.next = instruction[tag_high:tag_low]
            select_taken.next = instruction[take_bit]

    @always(clk.posedge)
    def take_word():
        if blank:
            taken.next = 0
        elif runs:
            taken.next = in_data

    @always(clk.posedge)
    def hand_over():
        if reset:
            holds.next = False
        elif runs:
            if loads:
                holds.next = True
            elif out_ready:
                holds.next = False

    @always(clk.posedge)
    def name_word():
        if runs and loads:
            out_tag.next = tag

    @always_comb
    def connect():
        fetch.next = fetches
        moves.next = runs
        place.next = counter
        executing.next = executed
        newest.next = pointer
        accumulate.next = sums
        finish.next = ends
        write.next = stores
        load.next = loads
        emitted.next = emits
        write_address.next = stored_at
        out_valid.next = holds

    return (
        decide, stall, go_on, turn, walk, follow, clear, second_stage, second_stage_words, take_word, hand_over, name_word, connect,
    )  # fmt: skip
