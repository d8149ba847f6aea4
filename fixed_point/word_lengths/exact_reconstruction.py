"""Word lengths at which a decimated wavelet bank gives every sample back, whatever the signal."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from numpy.typing import ArrayLike

from fixed_point.families.filter_bank import FilterWords, cascades, quantize_filters
from fixed_point.number_format import Format

MAXIMUM_COEFFICIENT_WORD_LENGTH = 32
MAXIMUM_GUARD_BITS = 16


def exact_word_lengths(
    analysis: ArrayLike, synthesis: ArrayLike, levels: int, delay: int, sink: Format, full_tree: bool = False
) -> tuple[int, int]:
    """The least word lengths that guarantee exact reconstruction of samples rounded to nearest.

    Parameters
    ----------
    analysis, synthesis : array_like of float, shape (2, L)
        Filters of one level.
    levels : int
        Depth J.
    delay : int
        Delay of one level, in samples.
    sink : Format
        Format of the samples, before and after.
    full_tree : bool
        Whether details are split like approximations (wavelet packets).

    Returns
    -------
    coefficient_word_length, guard_bits : int
        The pair with the least sum.

    Raises
    ------
    ValueError
        If no word lengths suffice, as for filters that come only near to perfect reconstruction.

    Notes
    -----
    The samples are exact if everything that is added to them before the last rounding stays below half a bit: what the quantised
    filters do to a full-scale signal, and the rounding of every band through what lies behind it. Both are bounded by L1 norms
    (`reconstruction_error`), so the promise holds for every signal. Speech is content with less.

    Examples
    --------
    >>> h = [0.5**0.5, 0.5**0.5]
    >>> haar = [h, [-h[0], h[1]]], [h, [h[0], -h[1]]]
    >>> exact_word_lengths(*haar, 1, 1, Format.parse("sfix16_En15"))
    (17, 1)
    """

    def guard_bits_of(word_length: int) -> int | None:
        pair = quantize_filters(analysis, word_length), quantize_filters(synthesis, word_length)
        if not all(any(taps) for words in pair for taps in (words.low, words.high)):
            return None
        without_rounding = reconstruction_error(*pair, levels, delay, sink, Fraction(0), full_tree)
        if without_rounding >= Fraction(1, 2):
            return None
        per_unit = reconstruction_error(*pair, levels, delay, sink, Fraction(1), full_tree) - without_rounding
        enough = (bits for bits in range(MAXIMUM_GUARD_BITS + 1) if without_rounding + per_unit / 2 ** (bits + 1) < Fraction(1, 2))
        return next(enough, None)

    return least_word_lengths(guard_bits_of, sink)


def least_word_lengths(guard_bits_of: Callable[[int], int | None], sink: Format) -> tuple[int, int]:
    """The pair of coefficient word length and guard bits with the least sum.

    Parameters
    ----------
    guard_bits_of : callable
        The least guard bits that suffice with a coefficient word length; None if none do.
    sink : Format
        Format of the samples, for the message.

    Raises
    ------
    ValueError
        If there is no such pair.

    Examples
    --------
    >>> least_word_lengths(lambda bits: 20 - bits if 12 < bits < 15 else None, Format.parse("sfix16_En15"))
    (13, 7)
    """
    best: tuple[int, int] | None = None
    for word_length in range(8, MAXIMUM_COEFFICIENT_WORD_LENGTH + 1):
        if best and word_length >= sum(best):
            break
        guard_bits = guard_bits_of(word_length)
        if guard_bits is not None and (best is None or word_length + guard_bits < sum(best)):
            best = word_length, guard_bits
    if best is None:
        raise ValueError(
            f"must be false: these filters do not reconstruct {sink} exactly with coefficients of up to "
            f"{MAXIMUM_COEFFICIENT_WORD_LENGTH} bits and {MAXIMUM_GUARD_BITS} guard bits"
        )
    return best


def reconstruction_error(
    analysis: FilterWords,
    synthesis: FilterWords,
    levels: int,
    delay: int,
    sink: Format,
    rounding_error: Fraction,
    full_tree: bool = False,
) -> Fraction:
    """Bound of what a bank adds to its delayed signal before the last rounding, in units of the signal's last bit.

    Parameters
    ----------
    analysis, synthesis : FilterWords
        Integer filters.
    levels : int
        Depth.
    delay : int
        Delay of one level.
    sink : Format
        Format of the signal.
    rounding_error : Fraction
        Largest error of one rounding to the format of the bands.
    full_tree : bool
        Whether details are split like approximations.

    Notes
    -----
    With e the error of the bank inside, 0 at the deepest level, and s its last rounding, an output sample of this level is off by at
    most D X + H (r + e + s) + G r: D the L1 norm of one level's impulse responses less the delay, X the largest input of this level,
    H and G the L1 norms of the synthesis filters' even or odd taps, r the rounding error. The greater of both phases counts. In a full
    tree G meets what H does, and X is bounded by powers of the longer filter's norm.
    """
    scale = Fraction(1, 1 << synthesis.format.fraction_length)
    phases = [(sum(map(abs, synthesis.low[phase::2])) * scale, sum(map(abs, synthesis.high[phase::2])) * scale) for phase in (0, 1)]
    defect = level_defect(analysis, synthesis, delay)
    full_scale = max(-sink.minimum, sink.maximum)
    if full_tree:
        longest = max(sum(map(abs, taps)) for taps in (analysis.low, analysis.high))
        norms = [Fraction(longest, 1 << analysis.format.fraction_length) ** j for j in range(levels)]
    else:
        low, _ = cascades(analysis, levels - 1)
        norms = [Fraction(sum(map(abs, taps)), 1 << analysis.format.fraction_length * j) for j, taps in enumerate(low)]
    error = Fraction(0)
    for level in range(levels, 0, -1):
        peak = norms[level - 1] * full_scale + rounding_error * sum(norms[: level - 1])
        inner = error + (rounding_error if level < levels else 0)
        beside = inner if full_tree else Fraction(0)
        error = defect * peak + max(h * (rounding_error + inner) + g * (rounding_error + beside) for h, g in phases)
    return error


def level_defect(analysis: FilterWords, synthesis: FilterWords, delay: int) -> Fraction:
    """L1 norm of one level of analysis and synthesis less its delay, of the worse output phase, exactly.

    Examples
    --------
    >>> haar = FilterWords((1, 1), (-1, 1), Format(True, 8, 0)), FilterWords((1, 1), (1, -1), Format(True, 8, 1))
    >>> level_defect(*haar, 1)
    Fraction(0, 1)
    """
    scale = Fraction(1, 1 << analysis.format.fraction_length + synthesis.format.fraction_length)
    worst = Fraction(0)
    for phase in (0, 1):
        # y[m] takes x[m - k] through the taps of synthesis that meet kept samples, at m - 2n - 1 for any n.
        response = [0] * (2 * analysis.length - 1)
        for there, back in ((analysis.low, synthesis.low), (analysis.high, synthesis.high)):
            for i in range(phase, len(back), 2):
                for k, tap in enumerate(there):
                    response[i + k] += back[i] * tap
        total = [Fraction(value) * scale for value in response]
        total[delay] -= 1
        worst = max(worst, sum(map(abs, total), Fraction(0)))
    return worst
