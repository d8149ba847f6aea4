"""What the hardware of the fast Fourier transform follows from."""

from __future__ import annotations

from dataclasses import dataclass

from fixed_point import Overflow
from fixed_point.fft import Transform
from ip_cores.blocks.interval import Interval
from ip_cores.blocks.requantizer import Conversion

BUTTERFLY = 8
"""Clocks of a butterfly, one for each of the steps that follow.

In 0 the lower word is asked for, which is there from 1 to 4 and is multiplied: its real part by the cosine, its imaginary part by cosine
and sine, its real part by the sine. In 4 the upper word is asked for, which is there from 5 on. In 6 and 7 both results are written.
"""

REAL_BEGINS, IMAG_BEGINS, REAL_ENDS, IMAG_ENDS = 2, 3, 4, 5
"""Steps in which a product is there: of the real part the first, of the imaginary part the first, the second of each."""

UPPER_READ, LOWER_WRITTEN, LAST_STEP = 4, 6, 7


@dataclass(frozen=True)
class FftPlan:
    """Constants of the hardware.

    Attributes
    ----------
    law : Transform
    """

    law: Transform

    @property
    def address_bits(self) -> int:
        return self.law.stages

    @property
    def turned_bits(self) -> int:
        """Of a word times a factor, and of its sum with another word."""
        return self.law.inside.word_length + self.law.twiddle_word_length - 1

    @property
    def halving(self) -> Conversion:
        """Half of a sum, back among the words between; no sum leaves their range."""
        law, inside = self.law, self.law.inside
        places = law.twiddle_fraction + 1
        values = Interval(inside.minimum << places, inside.maximum << places)
        return Conversion(values, inside.fraction_length + places, inside, law.rounding, Overflow.WRAP)

    @property
    def output(self) -> Conversion:
        """A word between as it leaves."""
        law = self.law
        return Conversion(Interval.of(law.inside), law.inside.fraction_length, law.source.part, law.rounding, law.overflow)
