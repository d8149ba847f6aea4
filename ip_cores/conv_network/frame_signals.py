"""Network: the signals that its parts hand to each other, by what they are for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ip_cores.hierarchy import Group


@dataclass(frozen=True, eq=False)
class FrameExchange(Group):
    """What frames have to do with the streams.

    Attributes
    ----------
    hop_waits : Signal of bool
        A hop of samples waits for its frame.
    frame_begins, frame_ends : Signal of bool
        A frame begins with it; in the last clock of one.
    giving : Signal of bool
        The hop of the frame before is being given.
    store : Signal of bool
        A sample is taken.
    sample_at : Signal
        Where it is stored.
    window : Signal
        Where the window of the frame begins.
    word_at : Signal
        Which word is given.
    """

    hop_waits: Any
    frame_begins: Any
    frame_ends: Any
    giving: Any
    store: Any
    sample_at: Any
    window: Any
    word_at: Any


@dataclass(frozen=True, eq=False)
class Operation(Group):
    """An instruction, taken apart.

    Attributes
    ----------
    by_channel : Signal of bool
        Every channel has inputs of its own: its sum is formed by one multiplier.
    from_samples, from_rings, by_masks, adds_line, decodes : Signal of bool
        Inputs are samples, or older words of the rings; weights are masks; what was there is added; sums are parts of samples.
    taps, groups : Signal
        Products of a sum, groups of sums, each less one.
    source, beside, destination : Signal
        First words in the scratch memory.
    slope : Signal
        Of negative sums.
    ring, span : Signal
        First word of the rings, and words of each.
    """

    by_channel: Any
    from_samples: Any
    from_rings: Any
    by_masks: Any
    adds_line: Any
    decodes: Any
    taps: Any
    groups: Any
    source: Any
    beside: Any
    destination: Any
    slope: Any
    ring: Any
    span: Any


@dataclass(frozen=True, eq=False)
class LayerProgress(Group):
    """Where a frame is.

    Attributes
    ----------
    loads : Signal of bool
        An instruction is about to begin.
    runs : Signal of bool
        Words are read for a product.
    tap : Signal
        For which product of a sum.
    last_tap : Signal of bool
        For the last one of it.
    rests : Signal
        A bit for each clock behind the last product of a group.
    instruction_at : Signal
        Which instruction it is.
    lane : Signal, optional
        A bit for each of several multipliers: whose sum it is, where channels have inputs of their own.
    """

    loads: Any
    runs: Any
    tap: Any
    last_tap: Any
    rests: Any
    instruction_at: Any
    lane: Any = None


@dataclass(frozen=True, eq=False)
class Products(Group):
    """What is multiplied and added up.

    Attributes
    ----------
    takes_sample, takes_older : Signal of bool
        The factor is a sample; a word of the rings.
    takes_none : Signal of bool
        It is from before the first frame, and zero.
    takes_mask : Signal of bool
        The other factor is a mask.
    keeps : Signal of bool
        The factor goes into the rings.
    first_product : Signal of bool
        The product is the first of its sum.
    lanes : Signal
        A bit for each multiplier whose product counts.
    """

    takes_sample: Any
    takes_older: Any
    takes_none: Any
    takes_mask: Any
    keeps: Any
    first_product: Any
    lanes: Any


@dataclass(frozen=True, eq=False)
class Finishing(Group):
    """What happens to a sum that is complete, in four clocks.

    Attributes
    ----------
    chosen_sum : Signal
        A bit for each multiplier: its sum is shifted.
    line_added, overlap_added : Signal of bool
        The word of the line, or that of the overlap, is added.
    slopes_sum : Signal of bool
        The first multiplier gets it, with its slope.
    writes_word : Signal of bool
        What comes of it is written to the scratch memory.
    writes_sum : Signal of bool
        The same to the memory of the overlap.
    newer_half : Signal of bool
        It belongs to the newer half of the window.
    """

    chosen_sum: Any
    line_added: Any
    overlap_added: Any
    slopes_sum: Any
    writes_word: Any
    writes_sum: Any
    newer_half: Any


@dataclass(frozen=True, eq=False)
class ScratchPlaces(Group):
    """Where words are read and written.

    Attributes
    ----------
    read_at : Signal
        In the scratch memory.
    sum_number : Signal
        The number of a sum of the decoder, which is read with what it overlaps.
    written_at : Signal
        In the scratch memory, or the number of a sum of the decoder.
    """

    read_at: Any
    sum_number: Any
    written_at: Any


@dataclass(frozen=True, eq=False)
class FrameAge(Group):
    """Which frame it is.

    Attributes
    ----------
    frame : Signal
        Its number, as far as rings go.
    first_frame : Signal of bool
        The first one since a reset.
    all_frames : Signal of bool
        All rings are full.
    """

    frame: Any
    first_frame: Any
    all_frames: Any
