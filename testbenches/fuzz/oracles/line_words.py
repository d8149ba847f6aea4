"""What stands between a board and the streams: serial audio, I2C, a codec's registers, a reset (Philips I2S 1996; NXP UM10204)."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

from testbenches.fuzz.oracles.told import Numbers, Row, Rows, Told


def received(told: Told, words: Mapping[str, Row], values: Mapping[str, Row]) -> Rows:
    """Words from the levels at the rising edges of the bit clock, one slot after the other (docs/cores/i2s_receiver.md)."""
    bits, delayed = Numbers.read(told.source).bits, told["framing"] == "i2s"
    found: list[tuple[int, int]] = []
    before: int | None = None
    shifted: list[int] | None = None
    sides = deque(words["lrclk"][:1] if delayed else [])
    for edge, (lrclk, level) in enumerate(zip(words["lrclk"], words["data"], strict=True)):
        sides.append(lrclk)
        side = sides.popleft()  # with i2s that of the edge before
        if before is not None and side != before and edge >= 2:
            shifted = []
        before = side
        if shifted is not None:
            shifted.append(level)
            if len(shifted) == bits:
                value = int("".join(map(str, shifted)), 2)
                found.append((value - 2**bits * shifted[0], side if delayed else 1 - side))
                shifted = None
    chosen = [(word, channel) for word, channel in found if told["channels"] in ("both", ("left", "right")[channel])]
    given = {"data": [word for word, _ in chosen], "channel": [channel for _, channel in chosen]}
    return given if told["channels"] == "both" else {"data": given["data"]}


def heard_bits(told: Told, words: Mapping[str, Row], values: Mapping[str, Row]) -> Rows:
    """A bit at each edge (docs/cores/pdm_microphone.md)."""
    return {"data": list(words["data"])}


def transmitted(told: Told, words: Mapping[str, Row], values: Mapping[str, Row]) -> Rows:
    """Levels of lrclk and data at the rising edges of the bit clock, a frame for a word or for two (docs/cores/i2s_transmitter.md)."""
    bits, slot, delayed = Numbers.read(told.sink).bits, told["slot"], told["framing"] == "i2s"
    slots = words["data"] if told["channels"] == "both" else [word for word in words["data"] for _ in range(2)]
    text = "".join(format(word % 2**bits, f"0{bits}b").ljust(slot, "0") for word in slots)
    data = ("0" + text)[: len(text)] if delayed else text
    lrclk = [(number % 2 == 0) ^ delayed for number in range(len(slots)) for _ in range(slot)]
    return {"lrclk": [int(level) for level in lrclk], "data": [int(level) for level in data]}


QUARTERS = {"0": ("0110", "0000"), "1": ("0110", "1111"), "stop": ("00111111", "00001111")}
"""Levels of clock and data in the quarters of a bit, and in those of a stop condition, which last twice as long."""


def on_the_bus(told: Told, words: Mapping[str, Row], values: Mapping[str, Row]) -> Rows:
    """Levels to which a master lets scl and sda go, a quarter of a bit each (docs/cores/i2c_master.md)."""
    clock, data = "", ""
    for command in words["data"]:
        start, stop, read, last = (command >> place & 1 for place in (11, 10, 9, 8))
        if start:  # a start in mid-transfer finds the clock as it was left
            clock, data = clock + 2 * (clock[-1] if clock else "1") + "111100", data + "11110000"
        text = "1" * 8 if read else format(command & 255, "08b")
        for bit in text + ("0" if read and not last else "1"):
            clock, data = clock + QUARTERS[bit][0], data + QUARTERS[bit][1]
        if stop:
            clock, data = clock + QUARTERS["stop"][0], data + QUARTERS["stop"][1]
    return {"scl": [int(level) for level in clock], "sda": [int(level) for level in data]}


def written(told: Told, words: Mapping[str, Row], values: Mapping[str, Row]) -> Rows:
    """Bytes of every transfer, those that are refused again, until one is refused too often (docs/cores/wm8731_setup.md)."""
    refused, sent, transfer = set(words["data"]), [], 0
    for register, value in told["registers"]:
        for _ in range(told["retries"] + 1):
            sent += [2 * told["address"], 2 * register + value // 256, value % 256]
            transfer += 1
            if transfer - 1 not in refused:
                break
        else:
            return {"data": sent, "error": [1]}
    return {"data": sent, "error": [0]}


def released(told: Told, words: Mapping[str, Row], values: Mapping[str, Row]) -> Rows:
    """On with the request, off so many edges after it; on before the first (docs/cores/reset_synchronizer.md)."""
    left, given = told["stages"], []
    for request in words["data"]:
        left = told["stages"] + 1 if request else left
        given.append(int(left > 0))
        left -= left > 0
    return {"data": given}
