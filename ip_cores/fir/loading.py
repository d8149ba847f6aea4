"""Hardware through which coefficients are loaded: a plain port or an Avalon-MM slave, and memories of several banks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from myhdl import always, always_comb, concat

from ip_cores.blocks.arithmetic import address_signal, bit_signal, flag, register, signed_signal, wire
from ip_cores.blocks.memory import bank_memory
from ip_cores.fir.coefficient_banks import IN_USE, SLAVE, CoefficientBanks
from ip_cores.hierarchy import Constant, Group, Rows, Word, described, entity, inline, primitive


@dataclass(frozen=True, eq=False)
class Load(Group):
    """A coefficient that is written.

    Attributes
    ----------
    loads : list of Signal of bool
        For each multiplier whether it is one of its own.
    load_data : Signal
        Which one.
    load_address : Signal, optional
        Where in the multiplier's memory, if that holds several.
    """

    loads: Any
    load_data: Any
    load_address: Any = None

    @classmethod
    def of(cls, banks: CoefficientBanks) -> Load:
        bits = banks.loading.bank_bits + banks.step_bits
        return cls([flag() for _ in range(banks.multipliers)], coefficient_signal(banks), address_signal(bits) if bits else None)


def coefficient_signal(banks: CoefficientBanks) -> Any:
    """A coefficient's word."""
    return Word(signed_signal(banks.loading.format.word_length).val, banks.loading.format.fraction_length)


@entity
def coefficient_port(coefficient, load, banks):
    """A plain port that writes coefficients, a word at any clock edge."""
    return taken_apart(coefficient.address, coefficient.write, coefficient.data, load, banks)


@inline
def taken_apart(address, write, data, load, banks):
    """An address is that of the bank, the multiplier and the step."""
    low, high = banks.step_bits, banks.step_bits + banks.multiplier_bits

    @always_comb
    def pass_on():
        load.load_data.next = data

    if load.load_address is None:
        place = ()
    elif not banks.multiplier_bits:
        place = wire(address, load.load_address)
    elif not banks.loading.bank_bits:

        @always_comb
        def place():
            load.load_address.next = address[low:]

    elif not low:

        @always_comb
        def place():
            load.load_address.next = address[:high]

    else:

        @always_comb
        def place():
            load.load_address.next = concat(address[:high], address[low:])

    if not banks.multiplier_bits:
        return pass_on, place, wire(write, load.loads[0])
    return pass_on, place, [belongs(address, write, one, number, low, high) for number, one in enumerate(load.loads)]


@primitive
def belongs(address, write, loads, number, low, high):
    """Whether a coefficient is one of this multiplier's."""
    own = Constant(number, "the multiplier")

    @always_comb
    def compare():
        loads.next = write and address[high:low] == own

    return compare


@entity
def coefficient_slave(clk, control, load, selected, in_force, banks):
    """Avalon-MM slave: coefficients of all banks, which are read back a clock later, and behind them the bank that is in force.

    With products that follow each other it tells beside that of which bank they are: another one may be written.
    """
    bits, word_bits, data_bits = banks.address_bits, banks.loading.format.word_length, banks.data_bits
    address, writes, data = address_signal(bits), flag(), coefficient_signal(banks)
    found = coefficient_signal(banks)

    @always_comb
    def cut():
        address.next = control.address[bits:]
        data.next = control.writedata[word_bits:].signed()

    parts = (
        cut,
        taken_apart(address, writes, data, load, banks),
        described(
            bank_memory(clk, None, writes, address, data, address, found, filled(banks.contents(), bits)),
            "A copy of all coefficients, from which they are read back.",
        ),
    )
    if not banks.selects_by_register:

        @always_comb
        def answer():
            """A coefficient is read back without the bits that are none of its own."""
            control.readdata.next = found[word_bits:]

        return *parts, wire(control.write, writes), answer
    bank = power_up_register(banks.loading.bank_bits, "the bank in force")
    asked_for_bank = flag()
    bank_bits = len(bank)

    @always_comb
    def distribute():
        """The highest bit of the address tells the register from coefficients."""
        writes.next = control.write and not control.address[bits]

    @always(clk.posedge)
    def select():
        """The bank that is in force for the samples that are taken from now on; a reset leaves it alone."""
        if control.write and control.address[bits]:
            bank.next = control.writedata[bank_bits:]

    @always(clk.posedge)
    def note():
        """Whether the register was asked for."""
        asked_for_bank.next = control.address[bits]

    if banks.tells_use:
        high = IN_USE + bank_bits

        @always_comb
        def answer():
            """What stood at the address; other bits are 0."""
            control.readdata.next = found[word_bits:]
            if asked_for_bank:
                control.readdata.next = 0
                control.readdata.next[bank_bits:] = bank
                control.readdata.next[high:IN_USE] = in_force

    elif bank_bits < data_bits:

        @always_comb
        def answer():
            """What stood at the address; other bits are 0."""
            control.readdata.next = found[word_bits:]
            if asked_for_bank:
                control.readdata.next = bank

    return *parts, distribute, select, note, answer, wire(bank, selected)


def power_up_register(bits: int, remark: str) -> Any:
    """A register that is 0 from the device's configuration on."""
    return Word(bit_signal(bits).val, is_number=False, power_up=Rows((0,), (remark,)))


def filled(contents: Rows, address_bits: int) -> Rows:
    """Contents of a memory of so many addresses."""
    more = (1 << address_bits) - len(contents)
    return Rows((*contents, *(0,) * more), (*contents.remarks, *("",) * more))


def selected_bank(banks: CoefficientBanks) -> Any:
    """The number of the bank that is selected; None where there is one."""
    return bit_signal(banks.loading.bank_bits) if banks.loading.banks > 1 else None


@inline
def loader(clk, coefficient, control, bank, load, selected, banks, in_force=None):
    """What loads coefficients and selects the bank, as it is asked for."""
    if banks.loading.access == SLAVE:
        chosen = () if bank is None else wire(bank, selected)
        return coefficient_slave(clk, control, load, selected if banks.selects_by_register else None, in_force, banks), chosen
    return coefficient_port(coefficient, load, banks), () if bank is None else wire(bank, selected)


@inline
def coefficients_by_step(clk, advance, load, number, in_force, step, coefficient, banks):
    """A multiplier's coefficients in the bank in force, step by step."""
    contents = banks.contents(number)
    if in_force is None:
        address, joined = step, ()
    else:
        address = address_signal(banks.loading.bank_bits + banks.step_bits)

        @always_comb
        def joined():
            address.next = concat(in_force, step)

    memory = bank_memory(clk, advance, load.loads[number], load.load_address, load.load_data, address, coefficient, contents)
    return joined, described(memory, "The coefficients of each multiplier, in the order of its products, bank behind bank.")


@inline
def held_bank(clk, starts, selected, in_force):
    """The bank of a sample's products."""
    kept = power_up_register(len(selected), "the bank before any sample")
    return (
        described(register(clk, starts, selected, kept), "A sample's products are all of the bank that is selected as it is taken."),
        wire(kept, in_force),
    )


@inline
def coefficient_by_bank(clk, enable, load, number, selected, coefficient, banks):
    """A multiplier's coefficient in the bank that is selected as a sample is taken: a memory, or a register where there is one bank."""
    contents = banks.contents(number)
    if selected is not None:
        memory = bank_memory(clk, enable, load.loads[number], load.load_address, load.load_data, selected, coefficient, contents)
        return described(memory, "The coefficients of each multiplier, a word for each bank.")
    held = Word(signed_signal(len(coefficient), contents[0]).val, banks.loading.format.fraction_length, power_up=contents)
    kept = register(clk, load.loads[number], load.load_data, held)
    return described(kept, "A coefficient of each multiplier, from the device's configuration on; a reset leaves it alone."), wire(
        held, coefficient
    )
