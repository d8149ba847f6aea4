"""Bytes that the set-up of a codec puts on the bus, with the retries that refusals bring about."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from fixed_point.quantization import Words


def wm8731_setup(registers: Sequence[tuple[int, int]], address: int, retries: int, refused: Iterable[int] = ()) -> tuple[Words, bool]:
    """Bytes on the bus, three a transfer, and whether the set-up ended with an error.

    Parameters
    ----------
    registers : sequence of (register, value)
        Register 0 to 127, value 9 bits.
    address : int
        7 bits.
    retries : int
        Transfers of one register that may be refused before the set-up gives up.
    refused : iterable of int
        Numbers of the transfers, retries counted, that are not acknowledged.

    Returns
    -------
    bytes : ndarray of int64, shape (3 * transfers,)
    failed : bool

    Examples
    --------
    >>> wm8731_setup([(7, 0x102)], 0x1A, 2, refused=[0])
    (array([52, 15,  2, 52, 15,  2]), False)
    """
    missed = set(refused)
    sent: list[list[int]] = []
    for register, value in registers:
        word = register << 9 | value
        for attempt in range(retries + 1):
            number = len(sent)
            sent.append([address << 1, word >> 8, word & 255])
            if number not in missed:
                break
            if attempt == retries:
                return np.array(sent, dtype=np.int64).reshape(-1), True
    return np.array(sent, dtype=np.int64).reshape(-1), False
