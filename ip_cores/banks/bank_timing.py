"""How fast a filter bank is that works through all its levels with one unit."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from ip_cores.blocks.process import GIVE, TAKE, Process, wait


def depths(levels: int) -> list[int]:
    """Levels of which words fall due, for each sample of a period of 2**levels."""
    return [min((sample & -sample).bit_length() - 1, levels) for sample in range(1, 2**levels + 1)]


class BankCourse:
    """The course of an analysis that takes a sample, forms what falls due with it, and takes the next: what a plan for it follows from."""

    levels: int

    @property
    def count_bits(self) -> int:
        """Bits of the counter of samples, which also clears the memories after a reset."""
        raise NotImplementedError

    def busy(self, depth: int) -> int:
        """Clock edges from a sample that makes words of `depth` levels fall due to the next one."""
        raise NotImplementedError

    def work(self, depth: int) -> Iterator[int]:
        """Steps of the control behind such a sample."""
        raise NotImplementedError

    @property
    def period(self) -> int:
        """Clocks for 2**J samples."""
        return sum(map(self.busy, depths(self.levels)))

    @property
    def timing(self) -> Process:
        """A sample is taken, and what falls due with it is worked through."""

        def control() -> Iterator[int]:
            for depth in depths(self.levels):
                yield TAKE
                yield from self.work(depth)

        return Process(control(), once=[wait(2**self.count_bits)])


class OctaveCourse(BankCourse):
    """That of an analysis whose words leave when all that fall due have been formed."""

    def first_word(self, depth: int) -> int:
        """Clock edges from a sample that makes words of `depth` levels fall due to the first of these."""
        raise NotImplementedError

    @property
    def level_bits(self) -> int:
        """Bits that address a level."""
        return (self.levels - 1).bit_length()

    def words(self, depth: int) -> int:
        """Words that leave after a sample that makes words of `depth` levels fall due."""
        return depth + (depth == self.levels)

    def busy(self, depth: int) -> int:
        """Clock edges from that sample to the next one; a sample that makes none fall due takes one."""
        return self.first_word(depth) + self.words(depth) - 1 if depth else 1

    def work(self, depth: int) -> Iterator[int]:
        """The words that fall due are formed, then they leave."""
        if depth:
            # The clock that takes the sample, and the one in which the first word stands at the output, are none of these.
            yield wait(self.first_word(depth) - 2)
            yield from [GIVE] * self.words(depth)


class SynthesisClocks:
    """The course of a synthesis that first clears its memory: what a plan for it follows from."""

    levels: int

    @property
    def count_bits(self) -> int:
        """Bits of the counter that clears the memory."""
        raise NotImplementedError

    @property
    def begin(self) -> list[int]:
        """After a reset the memory is cleared."""
        return [wait(2**self.count_bits)]


class OctaveSynthesisClocks(SynthesisClocks):
    """That of a synthesis which takes the words that fall due together, D_depth to D_1, before them A_J where the depth is J."""

    @property
    def level_bits(self) -> int:
        """Bits that address a level."""
        return (self.levels - 1).bit_length()

    def busy(self, depth: int) -> int:
        """Clock edges from the first of the words that fall due together to the next."""
        raise NotImplementedError

    @property
    def period(self) -> int:
        """Clocks for the words of 2**J samples."""
        return sum(self.busy(depth) for depth in depths(self.levels) if depth)


class PeriodicBank:
    """Timing of a bank whose work repeats after 2**levels samples; its `plan` counts the clocks.

    The plan's `period` is that of 2**levels samples, its `busy(level)` that of one sample which makes the words of so many levels fall
    due, and its `count_bits` are those of the counter that clears the memories after a reset.
    """

    levels: int
    plan: Any

    @property
    def cycles_per_sample(self) -> Fraction:
        """The mean over a period."""
        return Fraction(self.plan.period, 2**self.levels)

    @property
    def worst_case_cycles(self) -> int:
        """Clocks from the last sample of a period to the sample after it: what a steady sample rate has to leave time for."""
        return self.plan.busy(self.levels)

    @property
    def delay(self) -> int:
        """The reference delays as the hardware does, so that between them there is none."""
        return 0

    @property
    def patience(self) -> int:
        """Clocks without any word moving after which there is nothing more to come: memories are cleared after a reset."""
        return 2**self.plan.count_bits + 4 * self.worst_case_cycles + 64
