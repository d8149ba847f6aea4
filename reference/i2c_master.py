"""Commands of an I2C master in words."""

from __future__ import annotations


def i2c_master(command: int) -> str:
    """What a command asks for.

    Parameters
    ----------
    command : int
        Bit 11 start, bit 10 stop, bit 9 read, bit 8 last byte read, bits 7 to 0 the byte.

    Returns
    -------
    str
        As in the timing diagrams of NXP UM10204: S start, P stop, the byte in hexadecimal, R a byte read.

    Examples
    --------
    >>> i2c_master(0x834), i2c_master(0x41E)
    ('S 34', '1e P')
    """
    byte = "R" + ("" if command & 0x100 else " acknowledged") if command & 0x200 else f"{command & 0xFF:02x}"
    return " ".join([*(["S"] if command & 0x800 else []), byte, *(["P"] if command & 0x400 else [])])
