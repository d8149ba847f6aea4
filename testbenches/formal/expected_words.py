"""What the words of a core have to be, as Verilog over the words taken so far: written from the definition, not from the hardware."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fixed_point import Format
from ip_cores.core import Core


@dataclass(frozen=True)
class Expected:
    """Words to be compared with those of the source.

    Attributes
    ----------
    history : int
        Words before the present one that are looked at: `before_1` is the last one taken, 0 where there was none since a reset.
    choices : tuple of str
        Verilog expressions of the first, second, ... word that a sink word brings about, over `word`, `before_1`, ..., `count`
        (words taken since a reset, up to `history`) and `last_X`, a run-time input X one clock before.
    declarations : str
        Verilog in front of them.
    all_fields : bool
        The fields beside the data are compared too; `sink_fields` is all of them.
    beside : tuple of str
        Other outputs that speak of the word at the source; they stand behind the data in `choices`.
    """

    history: int
    choices: tuple[str, ...]
    declarations: str = ""
    all_fields: bool = False
    beside: tuple[str, ...] = ()


def passed(core: Core) -> Expected:
    """Words leave as they came, with all fields."""
    return Expected(0, ("sink_fields",), all_fields=True)


def gathered(core: Core, length: int) -> Expected:
    """Words leave as they came, `length` at a time."""
    return Expected(length - 1, tuple(f"before_{length - 1 - number}" if number < length - 1 else "word" for number in range(length)))


def segmented(core: Core, padding: int) -> Expected:
    """Words leave as they came; zeros follow the last of a segment."""
    return Expected(0, ("word", *["0"] * padding))


def limited(core: Core, silence: int) -> Expected:
    """Words no louder than the ceiling of the clock before they were taken, and whether that changed them; the first `silence` are 0."""
    width = core.sink_format.word_length
    lines = [
        f"wire signed [{width}:0] ceiling_then = {{2'b00, last_ceiling}};",
        f"wire above = word > ceiling_then, below = word < -ceiling_then, silent = count < {silence};",
        f"wire signed [{width - 1}:0] limited_word = silent ? 0 : above ? ceiling_then : below ? -ceiling_then : word;",
    ]
    return Expected(silence, ("{limited_word, ~silent & (above | below)}",), "\n".join(lines), beside=("clipped",))


def filtered(core: Core, taps: Sequence[int], shift: int, interpolation: int = 1) -> Expected:
    """Sums of the last words times `taps`, `shift` bits rounded off, in the range of the source.

    Interpolation by L: the taps take turns, tap k L + j for the j-th word that leaves (Crochiere and Rabiner 1983, section 3.3).
    """
    inputs = ["word", *(f"before_{number}" for number in range(1, -(-len(taps) // interpolation)))]
    turns = [list(zip(taps[turn::interpolation], inputs, strict=False)) for turn in range(interpolation)]
    return combined(core, turns, shift)


def combined(core: Core, choices: Sequence[Sequence[tuple[int, str]]], shift: int, by_place: bool = False) -> Expected:
    """Sums of some words times factors, `shift` bits rounded off (half up), in the range of the source.

    Parameters
    ----------
    choices : sequence of sequence of (int, str)
        Factors and words of each sum.
    shift : int
    by_place : bool
        The sums are those of sink words in turn, not those that leave for one.
    """
    largest = max(sum(abs(factor) for factor, _ in terms) for terms in choices) * max(-core.sink_format.minimum, core.sink_format.maximum)
    source = _only_format(core)
    half = 1 << shift >> 1
    width = max((largest + half).bit_length(), source.word_length) + 2
    lines = []
    for number, terms in enumerate(choices):
        products = " + ".join(f"{_number(factor, width)} * {name}" for factor, name in terms)
        lines.append(f"wire signed [{width - 1}:0] exact_{number} = {products} + {_number(half, width)};")
        lines.append(f"wire signed [{width - 1}:0] sum_{number} = exact_{number} >>> {shift};")
    limited_sums = [f"({_saturated(f'sum_{number}', width, source)})" for number in range(len(choices))]
    if by_place:
        limited_sums = [" : ".join([*(f"sink_place == {place} ? {one}" for place, one in enumerate(limited_sums[:-1])), limited_sums[-1]])]
    named = [name for terms in choices for _, name in terms if name.startswith("before_")]
    history = max((int(name.removeprefix("before_")) for name in named), default=0)
    return Expected(history, tuple(limited_sums), "\n".join(lines))


def lifted(core: Core) -> Expected:
    """One level of the reversible 5/3 scheme, for each pair of samples (D. Le Gall and A. Tabatabai 1988; ITU-T T.800, equation F-9).

    d[n] = x[2n] - floor((x[2n-1] + x[2n+1]) / 2), a[n] = x[2n-1] + floor((d[n-1] + d[n] + 2) / 4), with x[2n+1] the present word.
    """
    width = core.sink_format.word_length + 4
    one = f"wire signed [{width - 1}:0]"
    lines = [
        f"{one} old_outer = before_4 + before_2, new_outer = before_2 + word;",
        f"{one} old_detail = before_3 - (old_outer >>> 1), detail = before_1 - (new_outer >>> 1);",
        f"{one} both_details = old_detail + detail + {_number(2, width)}, mean = before_2 + (both_details >>> 2);",
    ]
    return Expected(4, ("mean", "detail"), "\n".join(lines))


def overlapped(core: Core, length: int, hop: int) -> Expected:
    """Sums of segments of `length` words that begin `hop` words apart, of which the first `hop` words leave; without a window."""
    assert length - hop <= hop
    width = core.sink_format.word_length + 2
    sums = f"word + (sink_place < {length - hop} ? before_{length - hop} : {_number(0, width)})"
    return Expected(length - hop, (_saturated("sum", width, _only_format(core)),), f"wire signed [{width - 1}:0] sum = {sums};")


def _only_format(core: Core) -> Format:
    """The widest of the source's formats; in a bank no word of a narrower one reaches its ends."""
    formats = core.source_format
    return max(formats.values(), key=lambda one: one.word_length) if isinstance(formats, Mapping) else formats


def _number(value: int, width: int) -> str:
    """A signed constant of a width."""
    return f"{'-' if value < 0 else ''}{width}'sd{abs(value)}"


def _saturated(name: str, width: int, source: Format) -> str:
    """A sum in the range of the source."""
    high, low = _number(source.maximum, width), _number(source.minimum, width)
    return f"{name} > {high} ? {high} : {name} < {low} ? {low} : {name}"
