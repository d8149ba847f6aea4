"""Coefficients that are loaded while a filter works: banks of them, one of which is in force for each sample.

A bank that is not in force is written at leisure; one write to a register, or another number at a port, takes it between two samples.
Memories and the register hold what the description says from the device's configuration on. A reset leaves them alone: it begins the
signal anew, and a filter never goes on with a bank that is half written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from fixed_point import Format
from ip_cores.blocks.interval import Interval
from ip_cores.hierarchy import Rows
from ip_cores.port import Port, RegisterField
from ip_cores.run_time import RunTimeInput, RunTimeInputs, Steered, Writes, port_input, register_input

NONE, PORT, SLAVE = "none", "port", "slave"

IN_USE = 8
"""Lowest bit of the number of the bank that is read, in the register of the bank that is in force."""

MOST_SETS = (1 << 15) - 1
"""Sets of coefficients that `verify` chooses from, by number; 0 is the one that the description gives."""


@dataclass(frozen=True)
class Loading:
    """How coefficients come in, and what they may be.

    Attributes
    ----------
    access : {"port", "slave"}
        A plain port that writes, or an Avalon-MM slave that reads back.
    banks : int
    bank_port : bool
        Whether a port says the bank of each sample; a register of the slave does otherwise.
    format : Format
        Of a coefficient.
    symmetry : int
        1 or -1 where only the first half is loaded, and the second is its mirror image or the negative of that; 0 for any set.
    bound : int, optional
        Most that the coefficients' magnitudes of a set may add up to, as words.
    """

    access: str
    banks: int
    bank_port: bool
    format: Format
    symmetry: int = 0
    bound: int | None = None

    @property
    def coefficient(self) -> Interval:
        """Values of a coefficient."""
        return Interval.of(self.format)

    @property
    def bank_bits(self) -> int:
        return (self.banks - 1).bit_length()

    def sums(self, taps: int, sample: Interval) -> Interval:
        """Values of a sum of so many products, whatever the coefficients are."""
        low, high = self.coefficient
        # The negative of the most negative one is beyond the format.
        ends = [one * other for one in sample for other in (low, max(high, -low) if self.symmetry < 0 else high)]
        low, high = taps * min(0, *ends), taps * max(0, *ends)
        if self.bound is None:
            return Interval(low, high)
        most = self.bound * max(-sample.low, sample.high)
        return Interval(max(low, -most), min(high, most))


def loaded_taps(count: int, symmetry: int) -> int:
    """How many of a filter's taps are loaded: half of them where the others follow; the middle of an antisymmetric set is 0.

    Examples
    --------
    >>> loaded_taps(5, 0), loaded_taps(5, 1), loaded_taps(5, -1), loaded_taps(4, -1)
    (5, 3, 2, 2)
    """
    return count if not symmetry else (count + (symmetry > 0)) // 2


def whole_set(loaded: NDArray[np.int64], count: int, symmetry: int) -> NDArray[np.int64]:
    """All coefficients of a set of which some are loaded.

    Examples
    --------
    >>> whole_set(np.array([1, 2]), 5, -1), whole_set(np.array([1, 2, 3]), 5, 1)
    (array([ 1,  2,  0, -2, -1]), array([1, 2, 3, 2, 1]))
    """
    if not symmetry:
        return loaded
    found = np.zeros(count, np.int64)
    found[: len(loaded)] = loaded
    found[count - len(loaded) :] = symmetry * loaded[::-1]
    return found


@dataclass(frozen=True)
class CoefficientBanks:
    """Where the coefficients of all banks stand, and what is in force when.

    An address is that of the bank, of the multiplier in it, and of the multiplier's step, from its highest bits to its lowest.

    Attributes
    ----------
    loading : Loading
    words : tuple of int
        The set that every bank holds from the device's configuration on.
    places : tuple of (int, int)
        Multiplier and step of each tap that is loaded.
    multipliers, steps : int
        How many there are of both.
    """

    loading: Loading
    words: tuple[int, ...]
    places: tuple[tuple[int, int], ...]
    multipliers: int
    steps: int
    _known: dict[int, NDArray[np.int64]] = field(default_factory=dict, repr=False, compare=False)

    @property
    def step_bits(self) -> int:
        return (self.steps - 1).bit_length()

    @property
    def multiplier_bits(self) -> int:
        return (self.multipliers - 1).bit_length()

    @property
    def place_bits(self) -> int:
        """Bits of an address within a bank."""
        return self.step_bits + self.multiplier_bits

    @property
    def address_bits(self) -> int:
        """Bits of the address of a coefficient of any bank; at least one, so that there is an address."""
        return max(1, self.loading.bank_bits + self.place_bits)

    @property
    def selects_by_register(self) -> bool:
        """Whether a register says the bank that is in force."""
        return self.loading.access == SLAVE and not self.loading.bank_port

    @property
    def tells_use(self) -> bool:
        """Whether that register tells of the bank that is read, too: products that follow each other read it until the next sample."""
        return self.selects_by_register and self.steps > 1

    @property
    def register_address(self) -> int:
        """Address of that register, behind those of all coefficients."""
        return 1 << self.address_bits

    @property
    def addresses(self) -> int:
        """Addresses that the slave tells apart."""
        return 2 * self.register_address if self.selects_by_register else self.register_address

    @property
    def data_bits(self) -> int:
        """Bits of the slave's words, which Avalon has in powers of two."""
        return 16 if self.loading.format.word_length <= 16 else 32

    def address(self, tap: int, bank: int = 0) -> int:
        """Where a coefficient is written."""
        multiplier, step = self.places[tap]
        return (bank << self.multiplier_bits | multiplier) << self.step_bits | step

    def contents(self, multiplier: int | None = None) -> Rows:
        """What a multiplier's memory holds from the device's configuration on, or that from which all are read back."""
        chosen = range(self.multipliers) if multiplier is None else [multiplier]
        rows = [(0, "")] * (len(chosen) if multiplier is not None else 1 << self.multiplier_bits) * (1 << self.step_bits)
        for tap, (at, step) in enumerate(self.places):
            if at in chosen:
                rows[((at if multiplier is None else 0) << self.step_bits) + step] = (self.words[tap], f"tap {tap}")
        many = self.loading.banks > 1
        named = [
            (word, f"bank {bank}, {remark}" if remark and many else remark)
            for bank in range(1 << self.loading.bank_bits)
            for word, remark in (rows if bank < self.loading.banks else [(0, "")] * len(rows))
        ]
        return Rows((word for word, _ in named), [remark for _, remark in named])

    @property
    def blocks(self) -> int:
        """Blocks of 4096 bits, of 36 or fewer side by side, that all memories of coefficients take."""
        words = 1 << self.loading.bank_bits + self.step_bits
        own = self.multipliers * memory_blocks(words, self.loading.format.word_length) if words > 1 else 0
        return own + (memory_blocks(1 << self.address_bits, self.loading.format.word_length) if self.loading.access == SLAVE else 0)

    @property
    def ports(self) -> tuple[Port, ...]:
        f = self.loading.format
        bank: tuple[Port, ...] = ()
        if self.loading.banks > 1 and not self.selects_by_register:
            bank = (Port("bank", "in", self.loading.bank_bits),)
        if self.loading.access == PORT:
            return (
                Port("coefficient_address", "in", self.address_bits),
                Port("coefficient_write", "in"),
                Port("coefficient_data", "in", f.word_length, f.signed, f.fraction_length),
                *bank,
            )
        return (
            Port("control_address", "in", self.address_bits + self.selects_by_register),
            Port("control_write", "in"),
            Port("control_writedata", "in", self.data_bits),
            Port("control_readdata", "out", self.data_bits),
            *bank,
        )

    @property
    def register_map(self) -> tuple[RegisterField, ...]:
        if self.loading.access != SLAVE:
            return ()
        f = self.loading.format
        of_bank, several = " of bank n" if self.loading.banks > 1 else "", {"count": self.loading.banks, "stride": 1 << self.place_bits}
        found = [
            RegisterField.of(self.address(tap), f, self.words[tap], f"coefficient of tap {tap}{of_bank}, `{f}`", f"tap_{tap}", **several)
            for tap in range(len(self.places))
        ]
        if self.selects_by_register:
            meaning = "bank that is in force for the samples that are taken from now on"
            found.append(RegisterField(self.register_address, self.loading.bank_bits - 1, 0, 0, meaning, "bank"))
        if self.tells_use:
            meaning = "read only: bank of the sample that was taken last, which is read until the next one; write any other"
            high = IN_USE + self.loading.bank_bits - 1
            found.append(RegisterField(self.register_address, high, IN_USE, 0, meaning, "bank_in_use", read_only=True))
        return tuple(found)

    def set_of(self, number: int) -> NDArray[np.int64]:
        """Loaded coefficients of a set by its number: 0 is what the description gives, any other is drawn."""
        if number not in self._known:
            self._known[number] = np.array(self.words[: len(self.places)], np.int64) if not number else self._drawn(number)
        return self._known[number]

    def _drawn(self, number: int) -> NDArray[np.int64]:
        rng, count, loading = np.random.default_rng(number), len(self.places), self.loading
        low, high = loading.coefficient
        if loading.bound is not None:
            each = loading.bound // max(1, len(self.words))
            low, high = max(low, -each), min(high, each)
        drawn = rng.integers(low, high, count, endpoint=True)
        # Small ones and the ends of the range among them.
        drawn = np.where(rng.random(count) < 0.25, drawn // 64, drawn)
        return np.asarray(np.where(rng.random(count) < 0.1, rng.choice([low, high], count), drawn))

    @property
    def inputs(self) -> RunTimeInputs:
        """What moves: a set that is loaded into a bank, by number; and the bank that is in force.

        The lowest bits of what is loaded say into which bank, all the others together with them which set it is.
        """
        found = {"loaded": RunTimeInput(0, MOST_SETS, self._loads)}
        if self.loading.banks > 1:
            highest = self.loading.banks - 1
            if self.selects_by_register:
                found["bank"] = register_input(self.register_address, 0, highest, self.addresses, self.data_bits)
            else:
                found["bank"] = port_input("bank", highest)
        return found

    def _loads(self, number: int) -> Writes:
        prefix, data = ("control", "writedata") if self.loading.access == SLAVE else ("coefficient", "data")
        bits = self.data_bits if self.loading.access == SLAVE else self.loading.format.word_length
        bank, steps, word = number % self.loading.banks, [], 0
        for tap, coefficient in enumerate(self.set_of(number).tolist()):
            word = coefficient
            if self.loading.access == SLAVE:
                word &= (1 << bits) - 1
            steps.append({f"{prefix}_address": self.address(tap, bank), f"{prefix}_{data}": word, f"{prefix}_write": 1})
        # Another word at the last place, which is not to be written.
        other = {f"{prefix}_{data}": ~word & (1 << bits) - 1 if self.loading.access == SLAVE else ~word, f"{prefix}_write": 0}
        # Nothing is read at the edge behind that which writes it: not every device gives the new word then.
        return *steps, other, other

    def in_force(self, values: Steered) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Sets of coefficients, and the number of the one among them that is in force for each word.

        Returns
        -------
        sets : ndarray of int64, shape (sets, taps)
        which : ndarray of int64, shape (n,)
        """
        loaded = np.asarray(values["loaded"], np.int64)
        bank = np.asarray(values["bank"], np.int64) if self.loading.banks > 1 else np.zeros(len(loaded), np.int64)
        numbers = np.zeros(len(loaded), np.int64)
        for one in np.unique(bank):
            last = np.maximum.accumulate(np.where(loaded % self.loading.banks == one, np.arange(len(loaded)), -1))
            here = (bank == one) & (last >= 0)
            numbers[here] = loaded[last[here]]
        found, which = np.unique(numbers, return_inverse=True)
        count, symmetry = len(self.words), self.loading.symmetry
        sets = [whole_set(self.set_of(int(number)), count, symmetry) for number in found]
        return np.array(sets, np.int64).reshape(len(sets), count), which


def memory_blocks(words: int, bits: int) -> int:
    """M4K that a memory takes: 128 words of 36 bits, 256 of 18, 512 of 9, 1024 of 4 and so on; many words, many blocks.

    Examples
    --------
    >>> memory_blocks(2, 32), memory_blocks(256, 16), memory_blocks(256, 20), memory_blocks(8192, 16)
    (1, 1, 2, 32)
    """
    wide = next((width for deep, width in ((128, 36), (256, 18), (512, 9), (1024, 4), (2048, 2)) if words <= deep), 1)
    return -(-bits // wide) * -(-words // 4096)


MEANINGS: Mapping[str, str] = {
    "coefficient_address": "bank, multiplier and step of a coefficient, from the highest bits on",
    "coefficient_write": "the coefficient is written on this edge",
    "bank": "bank of coefficients of the sample that is taken",
    "control_address": "as in the map of the registers",
    "control_write": "the coefficient or the register is written on this edge",
    "control_writedata": "what is written",
    "control_readdata": "what stands at the address of the clock before",
}
"""What the ports mean."""
