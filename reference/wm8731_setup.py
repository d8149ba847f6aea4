"""What a WM8731 does with its registers: sample rate, word length, framing and role that a table of writes brings about."""

from __future__ import annotations

from collections.abc import Iterable

RATES = {(0, 0): 48000, (0, 6): 32000, (0, 7): 96000, (0, 3): 8000, (1, 8): 44100, (1, 11): 8021, (1, 15): 88200}
"""Sample rates in Hz in USB mode (12.000 MHz), by (BOSR, SR): WM8731 data sheet, those where ADC and DAC agree."""

FRAMINGS = ("right_justified", "left_justified", "i2s", "dsp")
WORD_LENGTHS = (16, 20, 24, 32)
DEFAULTS = {0: 0x097, 1: 0x097, 2: 0x079, 3: 0x079, 4: 0x00A, 5: 0x008, 6: 0x09F, 7: 0x00A, 8: 0x000, 9: 0x000}
RESET = 15


def wm8731_setup(writes: Iterable[tuple[int, int]]) -> dict[str, object]:
    """State of a codec after a table of register writes, from its reset values on.

    Parameters
    ----------
    writes : iterable of (register, value)

    Returns
    -------
    dict
        ``active``, ``sample_rate`` in Hz (None where the data sheet has none), ``framing``, ``word_length``, ``master``,
        ``dac_muted``, ``powered`` (nothing that sound needs is powered down).

    Examples
    --------
    >>> wm8731_setup([(7, 0x002), (8, 0x001), (9, 0x001)])["sample_rate"]
    48000
    """
    registers = dict(DEFAULTS)
    for register, value in writes:
        registers = dict(DEFAULTS) if register == RESET else {**registers, register: value}
    sampling, interface = registers[8], registers[7]
    key = (sampling >> 1 & 1, sampling >> 2 & 15)
    return {
        "active": bool(registers[9] & 1),
        "sample_rate": RATES.get(key) if sampling & 1 else None,
        "framing": FRAMINGS[interface & 3],
        "word_length": WORD_LENGTHS[interface >> 2 & 3],
        "master": bool(interface >> 6 & 1),
        "dac_muted": bool(registers[5] >> 3 & 1),
        "powered": not registers[6] & 0b10011101,
    }
