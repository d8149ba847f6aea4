"""Pitch detector: what its hardware follows from, in numbers."""

from __future__ import annotations

from dataclasses import dataclass

from fixed_point.pitch_detector import DECIMATION, PLACE_BITS, RHO_BITS, Detection
from ip_cores.blocks.process import GIVE, TAKE, Process, wait

PIPELINE = 2
"""Clocks from an address to its product in the register behind the multiplier."""

SQUARES = 1, 2
"""Clocks in which the addresses of the two samples stand that leave the energy; from `PAIRS` on those of the products."""

PAIRS = 3


@dataclass(frozen=True)
class DetectorPlan:
    """What the hardware of a pitch detector follows from, and the clocks of the work that goes with a sample.

    Attributes
    ----------
    law : Detection
        Lengths and limits.
    share, voicing : int
        What the two registers hold after a reset.

    Notes
    -----
    With each of the first samples of a hop goes the work on a lag of the frame that has ended; all take the same clocks, numbered from 0:
    two squares leave the energy, the products of all pairs are added up, the sum is divided by the energy, and the peak that may lie one
    lag before is measured: a division for its place, a product for its height.
    """

    law: Detection
    share: int
    voicing: int

    @property
    def lags(self) -> int:
        """Lags that are worked on, from 0 on."""
        return self.law.longest + 2

    @property
    def lag_bits(self) -> int:
        return self.lags.bit_length()

    @property
    def ring_bits(self) -> int:
        """Bits of an address of the memory: a frame, and what comes while it is worked on."""
        return (self.law.frame + -(-self.law.work // DECIMATION)).bit_length()

    @property
    def summed(self) -> int:
        """The clock in which the sum of products is complete."""
        return PAIRS + self.law.frame + PIPELINE

    @property
    def divided(self) -> int:
        """The clock in which the quotient is: one bit left of the point, the others behind it."""
        return self.summed + 1 + 1 + RHO_BITS

    @property
    def placed(self) -> int:
        """The clock in which the second quotient is, behind one in which its operands are formed; it has one bit more, which rounds."""
        return self.divided + 2 + 1 + 1 + PLACE_BITS

    @property
    def clocks(self) -> int:
        """Clocks of the work that goes with a sample: behind the second quotient a product, the sum, and the peak's row."""
        return self.placed + 3

    @property
    def sum_bits(self) -> int:
        return self.law.sum_bits

    @property
    def height_bits(self) -> int:
        return RHO_BITS + 1

    @property
    def row_bits(self) -> int:
        """Bits of a peak's row: its height above its place."""
        return self.height_bits + self.law.place_bits


def detector_timing(plan: DetectorPlan) -> Process:
    """A lag is worked on with each of the first samples of a hop, then the decision; with the others only the low-pass goes on."""
    law = plan.law
    works, rests = [TAKE, wait(plan.clocks)], [TAKE, wait(1)]
    return Process([*works * law.work, GIVE, *rests * (law.hop_samples - law.work)], once=[wait(2**plan.ring_bits)])
