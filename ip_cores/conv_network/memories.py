"""Memories of a network in pieces, each of a shape that leaves nothing of a memory block unused."""

from __future__ import annotations

from myhdl import always, always_comb

from ip_cores.blocks.arithmetic import bit_signal, flag, like
from ip_cores.blocks.memory import coefficient_memory, sample_memory
from ip_cores.hierarchy import Rows, entity, inline

SHAPES = (4096, 1), (2048, 2), (1024, 4), (512, 9), (256, 18)
"""Words by bits of an M4K block (Altera, "Cyclone II Device Handbook", volume 1, table 8-1), narrower ones than 36 bits."""

WORTH = 1.04
"""Times the fewest blocks up to which fewer and deeper pieces are better."""


def blocks_of(words: int, bits: int) -> int:
    """Blocks of a memory that is one piece."""
    return min(-(-words // depth) * -(-bits // width) for depth, width in SHAPES if depth >= words or depth == SHAPES[0][0])


def piece_depth(words: int, bits: int) -> int:
    """Words of the pieces of a memory: the deepest at which it takes hardly more blocks than at any other depth.

    Examples
    --------
    >>> piece_depth(16545, 18), piece_depth(5952, 12), piece_depth(100, 12)
    (512, 4096, 256)
    """
    counts = {depth: blocks_in_pieces(words, bits, depth) for depth, _ in SHAPES}
    least = min(counts.values())
    fitting = [depth for depth, count in counts.items() if count <= WORTH * least]
    whole = [depth for depth in fitting if depth >= words]
    return min(whole) if whole else max(fitting)


def blocks_in_pieces(words: int, bits: int, depth: int) -> int:
    """Blocks of a memory in pieces of this depth, the last of them as deep as it has to be."""
    full, rest = divmod(words, depth)
    return full * blocks_of(depth, bits) + (blocks_of(rest, bits) if rest else 0)


def shapes(words: int, bits: int) -> list[tuple[int, int]]:
    """Words by bits of the pieces of a memory.

    Examples
    --------
    >>> shapes(5952, 12)
    [(4096, 12), (2048, 12)]
    """
    depth = piece_depth(words, bits)
    full, rest = divmod(words, depth)
    return [(depth, bits)] * full + ([(1 << (rest - 1).bit_length(), bits)] if rest else [])


def pieces(rows: Rows, depth: int) -> list[Rows]:
    """A table in pieces of so many rows, the last one filled up to a power of two."""
    found = [Rows(rows[first : first + depth], rows.remarks[first : first + depth]) for first in range(0, len(rows), depth)]
    left = (1 << (len(found[-1]) - 1).bit_length()) - len(found[-1])
    return [*found[:-1], Rows([*found[-1], *[0] * left], [*found[-1].remarks, *["not read"] * left])]


@entity
def table_in_pieces(clk, address, data, tables):
    """Constant table in several memories; the highest bits of the address tell which of them shows its row."""
    bits, top = (len(tables[0]) - 1).bit_length(), len(tables) - 1
    place, last_place = bit_signal(bits), bit_signal(max(1, (len(tables[-1]) - 1).bit_length()))
    words = [like(data) for _ in tables]
    return (
        low_bits(address, place),
        low_bits(address, last_place),
        [
            coefficient_memory(clk, None, last_place if number == top else place, words[number], rows)
            for number, rows in enumerate(tables)
        ],
        shown_piece(clk, address, data, words, bits),
    )  # fmt: skip


@entity
def memory_in_pieces(clk, write, write_address, write_data, read_address, read_data, size):
    """Simple dual-port memory in several pieces; the highest bits of an address tell which of them is meant."""
    depth = piece_depth(size, len(write_data))
    bits, count = (depth - 1).bit_length(), -(-size // depth)
    last_bits, top = (size - (count - 1) * depth - 1).bit_length(), count - 1
    written, read, last_written, last_read = (bit_signal(width) for width in (bits, bits, last_bits, last_bits))
    into = bit_signal(len(write_address) - bits)
    writes, words = [flag() for _ in range(count)], [like(read_data) for _ in range(count)]

    @always_comb
    def part():
        """Which piece is written."""
        into.next = write_address[:bits]

    @always_comb
    def choose():
        """One of them is written."""
        for number in range(count):
            writes[number].next = write and into == number

    return (
        part,
        choose,
        low_bits(write_address, written),
        low_bits(read_address, read),
        low_bits(write_address, last_written),
        low_bits(read_address, last_read),
        [
            sample_memory(
                clk, None, writes[number], last_written if number == top else written, write_data, last_read if number == top else read,
                words[number],
            )
            for number in range(count)
        ],
        shown_piece(clk, read_address, read_data, words, bits, anywhere=True),
    )  # fmt: skip


@inline
def low_bits(address, place):
    """As many of the lowest bits as a piece has places for."""
    width = len(place)

    @always_comb
    def cut():
        place.next = address[width:]

    return cut


@inline
def shown_piece(clk, address, data, words, bits, anywhere=False):
    """The word of the piece that was asked for; where addresses may be beyond the last one, any word for those."""
    count = len(words)
    piece = bit_signal(len(address) - bits)

    @always(clk.posedge)
    def follow():
        """Which piece shows the word, a clock later."""
        piece.next = address[:bits]

    if anywhere and count < 1 << len(piece):

        @always_comb
        def choose():
            data.next = words[0]
            for number in range(1, count):
                if piece == number:
                    data.next = words[number]

    else:

        @always_comb
        def choose():
            data.next = words[piece]

    return follow, choose
