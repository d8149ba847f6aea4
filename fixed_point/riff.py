"""Chunks of a WAV file, whose lengths are often wrong: written before the recording ended, or by hand.

Libraries then give fewer samples than there are, and say nothing. Here the chunks are looked through first, and a file in which something
is wrong is put together anew of what it holds, with a sentence about it.

The layout is that of IBM and Microsoft, *Multimedia Programming Interface and Data Specifications 1.0* (1991): chunks of a name of four
characters, a length of 32 bits and so many bytes, with a zero byte behind an odd number of them. ``RIFX`` is the same, big-endian.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass

KNOWN = re.compile(rb"[A-Za-z][A-Za-z0-9_]{2}[A-Za-z0-9_ ]|PEAK|id3 |ID3 |_PMX")
"""Names that chunks have."""

OPEN_LENGTHS = (0, 0xFFFFFFFF)
"""What stands for a length in files whose writer did not know it yet."""


class RiffError(ValueError):
    """A WAV file that holds no sound; the message says what it lacks."""


@dataclass(frozen=True)
class Chunk:
    """A part of a WAV file: its name, the length that it says to have, and its bytes as far as they are there."""

    name: bytes
    stated: int
    body: bytes


def mended(content: bytes) -> tuple[bytes, str]:
    """A WAV file with lengths that are right, and what was wrong; anything else as it is.

    Parameters
    ----------
    content : bytes
        A whole file.

    Returns
    -------
    content : bytes
        The same file, or one of the same sound.
    note : str
        What was wrong with it, empty if nothing was.

    Raises
    ------
    RiffError
        If it has no format, no data, several of them, no channels, or no sample rate.
    """
    if content[:4] not in (b"RIFF", b"RIFX") or content[8:12] != b"WAVE":
        return content, ""
    order = "<" if content[:4] == b"RIFF" else ">"
    chunks, rest, unpadded = _chunks(content, order)
    for name in (b"fmt ", b"data"):
        found = sum(chunk.name == name for chunk in chunks)
        if found != 1:
            held = ", ".join(repr(chunk.name.decode("latin-1")) for chunk in chunks) or "none"
            what = f"has {found} chunks" if found else "has no chunk"
            raise RiffError(f"{what} {name.decode()!r} ({held})")
    sound = {chunk.name: chunk for chunk in chunks if chunk.name in (b"fmt ", b"fact", b"data")}
    if len(sound[b"fmt "].body) >= 16:
        channels, rate = struct.unpack_from(order + "xxHI", sound[b"fmt "].body)
        if not channels or not rate:
            raise RiffError("has 0 channels" if not channels else "its sample rate is 0")
    data, notes = sound[b"data"], []
    if data.stated in OPEN_LENGTHS and data.body:
        notes.append(f"its header gives no length; all {len(data.body)} bytes behind it are read as samples")
    elif data.stated > len(data.body):
        notes.append(f"is cut off: {len(data.body)} of {data.stated} bytes of samples are there")
    if rest:
        notes.append(f"{rest} bytes behind the samples are no chunk, and are left out")
    in_order = chunks.index(sound[b"fmt "]) < chunks.index(data)
    if not notes and not unpadded and in_order:
        return content, ""
    kept = [sound[name] for name in (b"fmt ", b"fact", b"data") if name in sound]
    body = b"WAVE" + b"".join(struct.pack(order + "4sI", one.name, len(one.body)) + one.body + b"\0" * (len(one.body) % 2) for one in kept)
    return content[:4] + struct.pack(order + "I", len(body)) + body, "; ".join(notes)


def _chunks(content: bytes, order: str) -> tuple[list[Chunk], int, bool]:
    """The chunks of a file, how many bytes behind them are none, and whether one of an odd length lacks the byte behind it."""
    chunks: list[Chunk] = []
    place, unpadded = 12, False
    while _is_chunk(content, place):
        name, stated = struct.unpack_from(order + "4sI", content, place)
        start = place + 8
        goes_on = _is_chunk(content, start + stated + stated % 2) or _is_chunk(content, start + stated)
        is_open = name == b"data" and stated in OPEN_LENGTHS and not goes_on
        end = len(content) if is_open else min(start + stated, len(content))
        chunks.append(Chunk(name, stated, content[start:end]))
        place = end + (end - start) % 2
        if place != end and not _is_chunk(content, place) and _is_chunk(content, end):
            place, unpadded = end, True
    rest = len(content) - place
    return chunks, max(0, rest) if any(content[place:]) else 0, unpadded


def _is_chunk(content: bytes, place: int) -> bool:
    return len(content) >= place + 8 and KNOWN.fullmatch(content, place, place + 4) is not None
