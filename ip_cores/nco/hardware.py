"""Hardware of tones and noise: a phase, a quarter of a turn in a memory, a register of random bits, one product."""

from __future__ import annotations

from myhdl import Signal, always, always_comb, concat, intbv

from fixed_point import Overflow, Rounding
from fixed_point.nco import LEVEL, LONG, SHORT
from ip_cores.blocks.arithmetic import address_signal, bit_signal, flag, magnitude_signal, multiply, register, signed_signal
from ip_cores.blocks.interval import Interval
from ip_cores.blocks.memory import coefficient_memory
from ip_cores.blocks.requantizer import Conversion, requantizer
from ip_cores.hierarchy import Constant, Rows, described, entity, inline

STAGES = 2
"""Registers through which a word goes: the row of the table, the output."""


@entity
def nco(clk, reset, source, level, law, increment=None, noisy=None):
    """Tones and white noise: nothing enters, and a word leaves whenever one is taken."""
    advance = flag()
    word = signed_signal(law.width, fraction_length=law.source.fraction_length)
    instances = [source_control(clk, reset, source.flow(), advance)]
    random = bit_signal(law.width)
    if noisy is not None or increment is None or law.dither_bits:
        instances.append(random_bits(clk, reset, advance, random, law.width, law.seed))
    if increment is None:
        instances.append(described(random_word(random, word), "As many bits, all new since the last word, are a word of noise."))
    elif noisy is None:
        instances.append(tone(clk, reset, advance, increment, random if law.dither_bits else None, word, law))
    else:
        sine, drawn = (signed_signal(law.width, fraction_length=law.source.fraction_length) for _ in range(2))
        instances.append(tone(clk, reset, advance, increment, random if law.dither_bits else None, sine, law))
        instances.append(described(random_word(random, drawn), "As many bits, all new since the last word, are a word of noise."))
        instances.append(described(chosen(noisy, drawn, sine, word), "Which of both is heard."))
    return (*instances, output_word(clk, advance, word, level, source.data, law))


@entity
def source_control(clk, reset, source, advance):
    """Valid of a pipeline that moves as a whole: whenever its last word is taken, or there is none yet."""
    begun, holds, moves = (flag() for _ in range(3))

    @always_comb
    def decide():
        """Everything moves unless a word waits at the end."""
        moves.next = source.ready or not holds

    @always_comb
    def connect():
        advance.next = moves
        source.valid.next = holds

    @always(clk.posedge)
    def follow():
        """Which stages hold a word: after a reset none, soon all of them for good."""
        if reset:
            begun.next = False
            holds.next = False
        elif moves:
            begun.next = True
            holds.next = begun

    return decide, connect, follow


@entity
def random_bits(clk, reset, advance, random, width, seed):
    """Random bits, the oldest lowest: each is that of 31 bits before, changed where that of 28 before is one.

    The polynomial x^31 + x^3 + 1 is primitive. So many bits as a word has are made at once.
    """
    held, coming = bit_signal(LONG), bit_signal(width)
    first = Constant(seed, "bits after a reset")
    later = LONG - SHORT

    @always_comb
    def draw():
        coming.next = held[width:] ^ held[width + later : later]

    @always(clk.posedge)
    def go_on():
        """The oldest make room for new ones."""
        if reset:
            held.next = first
        elif advance:
            held.next = concat(coming, held[LONG:width])

    @always_comb
    def show():
        """As many as are new in each word."""
        random.next = held[width:]

    return draw, go_on, show


@inline
def random_word(random, word):
    """Random bits as a number."""
    bits = len(word)

    @always_comb
    def number():
        word.next = random[bits:].signed()

    return number


@inline
def chosen(noisy, drawn, sine, word):
    """Noise or tone."""

    @always_comb
    def choose():
        if noisy:
            word.next = drawn
        else:
            word.next = sine

    return choose


@entity
def tone(clk, reset, advance, increment, random, word, law):
    """A phase that goes on with each word, and its sine from a quarter of a turn.

    A row stands for the middle of its angles and has half a bit behind it: turned back, and inverted, it is right in every quarter.
    """
    bits, quarter_bits = law.phase_bits, law.angle_bits - 2
    phase = magnitude_signal(bits, fraction_length=bits)
    angle = address_signal(law.angle_bits)
    place, row = address_signal(quarter_bits), address_signal(quarter_bits)
    part = address_signal(2)
    negative = flag()
    size = magnitude_signal(law.width - 1, fraction_length=law.source.fraction_length)
    low = bits - law.angle_bits
    start = Constant(law.start, "of the phase: the middle of the first angle") if law.start else 0

    @always(clk.posedge)
    def go_on():
        """The phase of the word that is looked up."""
        if reset:
            phase.next = start
        elif advance:
            phase.next = phase + increment

    if random is None:

        @always_comb
        def look():
            """The lower bits of the phase are dropped."""
            angle.next = phase[bits:low]

        looks = look
    else:
        looks = dithered(phase, random, angle, law)

    @always_comb
    def take_apart():
        part.next = angle[quarter_bits + 2 : quarter_bits]
        place.next = angle[quarter_bits:]

    @always_comb
    def turn_back():
        """Every second quarter runs backwards."""
        if part[0]:
            row.next = ~place
        else:
            row.next = place

    @always(clk.posedge)
    def keep_sign():
        """Beside the row that is read: half of a turn is negative."""
        if advance:
            negative.next = part[1]

    rising = signed_signal(law.width, fraction_length=law.source.fraction_length)

    @always_comb
    def as_number():
        rising.next = size

    @always_comb
    def give_sign():
        if negative:
            word.next = ~rising
        else:
            word.next = rising

    quarter = 1 << quarter_bits
    remarks = [f"sin({90 * (k + 0.5) / quarter:.3f} degrees)" for k in range(quarter)]
    memory = coefficient_memory(clk, advance, row, size, Rows(law.rows, remarks))
    return go_on, looks, take_apart, turn_back, described(memory, "A quarter of a turn."), keep_sign, as_number, give_sign


@inline
def dithered(phase, random, angle, law):
    """Random bits are added below the angle's last one, so that what is dropped is random."""
    bits, added = law.phase_bits, law.dither_bits
    low, wide = bits - law.angle_bits - added, law.angle_bits + added
    total, upper, drawn = address_signal(wide), address_signal(wide), address_signal(wide)

    @always_comb
    def cut():
        upper.next = phase[bits:low]
        drawn.next = random[added:]

    @always_comb
    def shake():
        total.next = upper + drawn

    @always_comb
    def look():
        angle.next = total[wide:added]

    return cut, shake, look


@entity
def output_word(clk, advance, word, level, source_data, law):
    """A word with half a bit behind it, by the level, rounded to the output's format."""
    width = law.width
    most = ((1 << width) - 1) * ((1 << LEVEL.word_length) - 1)
    conversion = Conversion(Interval(-most, most), law.product_fraction, law.source, Rounding.NEAREST, Overflow.WRAP)
    doubled = signed_signal(width + 1, fraction_length=law.source.fraction_length + 1)
    factor = signed_signal(LEVEL.word_length + 1, fraction_length=LEVEL.fraction_length)
    product = signed_signal(width + LEVEL.word_length + 2, fraction_length=law.product_fraction)
    result = signed_signal(width, fraction_length=law.source.fraction_length)
    one = Signal(intbv(1)[1:])

    @always_comb
    def append_half():
        doubled.next = concat(word[width:], one).signed()

    @always_comb
    def widen():
        factor.next = level

    return (
        append_half, widen, multiply(doubled, factor, product), requantizer(product, result, conversion),
        described(register(clk, advance, result, source_data), "The output register: a word stays in it until it is taken."),
    )  # fmt: skip
