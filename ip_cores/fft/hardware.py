"""Hardware of the fast Fourier transform: the frame, half a wave of the cosine, and one butterfly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from myhdl import always, always_comb, concat

from ip_cores.blocks.arithmetic import register, signed_signal
from ip_cores.blocks.memory import coefficient_memory, sample_memory
from ip_cores.blocks.requantizer import output_rounding
from ip_cores.fft.control import fft_control, new_access, new_orders
from ip_cores.fft.plan import IMAG_BEGINS, IMAG_ENDS, LOWER_WRITTEN, REAL_BEGINS, REAL_ENDS
from ip_cores.hierarchy import Constant, Group, described, entity


@dataclass(frozen=True, eq=False)
class ReadWord(Group):
    """The word that was read, in its parts.

    Attributes
    ----------
    re, im : Signal
    """

    re: Any
    im: Any


@dataclass(frozen=True, eq=False)
class Halved(Group):
    """A result of the butterfly, in its parts.

    Attributes
    ----------
    half_re, half_im : Signal
    """

    half_re: Any
    half_im: Any


@entity
def fft(clk, reset, sink, source, plan):
    """Fast Fourier transform of frames, in place, by one butterfly."""
    law, inside = plan.law, plan.law.inside
    orders, access = new_orders(), new_access(plan)
    packed, kept = (signed_signal(2 * inside.word_length, is_number=False) for _ in range(2))
    parts = [signed_signal(inside.word_length, fraction_length=inside.fraction_length) for _ in range(4)]
    word, result = ReadWord(*parts[:2]), Halved(*parts[2:])
    factor = signed_signal(law.twiddle_word_length, fraction_length=law.twiddle_fraction)
    leaving = signed_signal(law.source.word_length, is_number=False)
    return (
        fft_control(
            clk, reset, sink.flow("startofpacket", "endofpacket"), source.flow("startofpacket", "endofpacket"), orders, access, plan
        ),
        entering_word(sink.data, result, orders, packed, plan),
        described(
            sample_memory(clk, orders.advance, access.write, access.write_address, packed, access.read_address, kept, settled=True),
            "The frame, {imag, real} in each word.",
        ),
        described(
            coefficient_memory(clk, orders.advance, access.factor_address, factor, law.cosines), "Half a wave of the cosine."
        ),
        in_parts(kept, word),
        butterfly(clk, orders, word, factor, result, plan),
        leaving_word(word, leaving, plan),
        described(register(clk, orders.emit, leaving, source.data), "The output register: a word stays in it until it is taken."),
    )  # fmt: skip


@entity
def entering_word(sink_data, result, orders, packed, plan):
    """What is written: a word of the sink at the precision between stages, zero where a frame ended early, or a butterfly's result."""
    law = plan.law
    bits, wide, guard = law.sink.part.word_length, law.inside.word_length, law.guard_bits
    point = law.inside.fraction_length
    real_part, imag_part = (signed_signal(wide, fraction_length=point) for _ in range(2))
    given_real, given_imag = (signed_signal(bits, fraction_length=law.sink.fraction_length) for _ in range(2))

    @always_comb
    def take_apart():
        """Both parts of the sink's word."""
        given_real.next = sink_data[bits:].signed()
        given_imag.next = sink_data[:bits].signed()

    @always_comb
    def choose():
        """The frame that is loaded, or the one that is worked on."""
        real_part.next = result.half_re
        imag_part.next = result.half_im
        if orders.blank:
            real_part.next = 0
            imag_part.next = 0
        elif orders.loads:
            real_part.next = given_real << guard
            imag_part.next = given_imag << guard

    @always_comb
    def put_together():
        packed.next = concat(imag_part[wide:], real_part[wide:]).signed()

    return take_apart, choose, put_together


@entity
def in_parts(kept, word):
    """Both parts of the word that was read."""
    bits = len(word.re)

    @always_comb
    def take_apart():
        """The imaginary part stands above the real one."""
        word.re.next = kept[bits:].signed()
        word.im.next = kept[:bits].signed()

    return take_apart


@entity
def butterfly(clk, orders, word, factor, result, plan):
    """The lower word times its factor, by one multiplier in four clocks; then half of the upper word less it, and half of both."""
    law = plan.law
    bits, point = plan.turned_bits, law.inside.fraction_length + law.twiddle_fraction
    product_bits = law.inside.word_length + law.twiddle_word_length
    real_begins = Constant(REAL_BEGINS, "in which real part times cosine is there")
    imag_begins = Constant(IMAG_BEGINS, "in which imaginary part times cosine is")
    real_ends = Constant(REAL_ENDS, "in which imaginary part times sine is")
    imag_ends = Constant(IMAG_ENDS, "in which real part times sine is")
    lower_written = Constant(LOWER_WRITTEN, "in which the lower result is written")
    places = law.twiddle_fraction
    part = signed_signal(law.inside.word_length, fraction_length=law.inside.fraction_length)
    product = signed_signal(product_bits, fraction_length=point)
    entering = signed_signal(bits, fraction_length=point)
    turned_real, turned_imag, real_sum, imag_sum, upper_real, upper_imag = (signed_signal(bits, fraction_length=point) for _ in range(6))

    @always_comb
    def choose():
        """The part that is multiplied."""
        part.next = word.re
        if orders.step[1]:
            part.next = word.im

    @always(clk.posedge)
    def multiply():
        """A register behind the multiplier."""
        if orders.advance:
            product.next = part * factor

    @always_comb
    def fit():
        entering.next = product[bits:].signed()
        upper_real.next = word.re << places
        upper_imag.next = word.im << places

    @always_comb
    def combine():
        """The upper word less the turned one in the step of the lower result, else both."""
        real_sum.next = upper_real + turned_real
        imag_sum.next = upper_imag + turned_imag
        if orders.step == lower_written:
            real_sum.next = upper_real - turned_real
            imag_sum.next = upper_imag - turned_imag

    if law.inverse:

        @always(clk.posedge)
        def turn():
            """The lower word, turned to the left."""
            if orders.advance:
                if orders.step == real_begins:
                    turned_real.next = entering
                elif orders.step == imag_begins:
                    turned_imag.next = entering
                elif orders.step == real_ends:
                    turned_real.next = turned_real - entering
                elif orders.step == imag_ends:
                    turned_imag.next = turned_imag + entering

    else:

        @always(clk.posedge)
        def turn():
            """The lower word, turned to the right."""
            if orders.advance:
                if orders.step == real_begins:
                    turned_real.next = entering
                elif orders.step == imag_begins:
                    turned_imag.next = entering
                elif orders.step == real_ends:
                    turned_real.next = turned_real + entering
                elif orders.step == imag_ends:
                    turned_imag.next = turned_imag - entering

    return (
        choose, multiply, fit, combine, turn,
        output_rounding(real_sum, result.half_re, plan.halving),
        output_rounding(imag_sum, result.half_im, plan.halving),
    )  # fmt: skip


@entity
def leaving_word(word, leaving, plan):
    """Both parts of the word that leaves, rounded."""
    part = plan.law.source.part
    bits = part.word_length
    real_part, imag_part = (signed_signal(bits, fraction_length=part.fraction_length) for _ in range(2))

    @always_comb
    def put_together():
        """The imaginary part above the real one."""
        leaving.next = concat(imag_part[bits:], real_part[bits:]).signed()

    return output_rounding(word.re, real_part, plan.output), output_rounding(word.im, imag_part, plan.output), put_together
