"""Small drawings of the three forms of a FIR filter, as SVG in the colours of the page.

Four taps stand for sixty-four. ``z⁻¹`` is a register, a triangle multiplies by a coefficient, a circle adds.
"""

from __future__ import annotations

from collections.abc import Iterable

LEFT, STEP, WIDTH = 62, 66, 320
"""Pixels: the first tap, from tap to tap, the whole drawing."""

TAPS = tuple(LEFT + STEP * tap for tap in range(4))


def svg(parts: Iterable[str], height: int, title: str) -> str:
    """A drawing from its parts."""
    return f'<svg class="diagram" viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{title}">{"".join(parts)}</svg>'


def line(*points: tuple[float, float], arrow: bool = True) -> str:
    """A line from point to point, with an arrow at its end."""
    wire = f'<path class="wire" d="M{" ".join(f"{x:g} {y:g}" for x, y in points)}"/>'
    return wire + arrow_head(*points[-2:]) if arrow else wire


def arrow_head(before: tuple[float, float], tip: tuple[float, float]) -> str:
    """The head of an arrow along one of the axes."""
    (x, y), along = tip, (tip[0] > before[0]) - (tip[0] < before[0])
    down = (tip[1] > before[1]) - (tip[1] < before[1])
    corners = ((x - 7 * along + side * down, y - 7 * down + side * along) for side in (-3.5, 3.5))
    return f'<path class="tip" d="M{x:g} {y:g}L{" ".join(f"{a:g} {b:g}" for a, b in corners)}z"/>'


def text(x: float, y: float, words: str, kind: str = "label") -> str:
    return f'<text class="{kind}" x="{x:g}" y="{y:g}">{words}</text>'


def register(x: float, y: float) -> str:
    """A register around a point."""
    return f'<rect class="part" x="{x - 12:g}" y="{y - 12:g}" width="24" height="24" rx="3"/>' + text(x, y + 5, "z⁻¹")


def multiplier(x: float, y: float, coefficient: str) -> str:
    """A multiplication by a coefficient, downwards."""
    return f'<path class="part" d="M{x - 11:g} {y - 9:g}h22l-11 18z"/>' + text(x + 22, y + 4, coefficient, "name")


def adder(x: float, y: float) -> str:
    return f'<circle class="part" cx="{x:g}" cy="{y:g}" r="10"/><path class="sign" d="M{x - 5:g} {y:g}h10M{x:g} {y - 5:g}v10"/>'


def box(x: float, y: float, width: float, height: float, words: str) -> str:
    frame = f'<rect class="part" x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="3"/>'
    return frame + text(x + width / 2, y + height / 2 + 5, words)


def direct() -> str:
    """Delay line above, products, a tree of adders below."""
    parts = [text(14, 29, "x"), line((24, 24), (TAPS[0], 24), arrow=False)]
    for tap, x in enumerate(TAPS):
        if tap:
            parts += [line((TAPS[tap - 1], 24), (x - STEP / 2 - 13, 24)), line((x - STEP / 2 + 12, 24), (x, 24), arrow=False)]
            parts.append(register(x - STEP / 2, 24))
        parts += [line((x, 24), (x, 55)), multiplier(x, 64, f"c{'₀₁₂₃'[tap]}"), line((x, 73), (x, 92), arrow=False)]
    middles = [(TAPS[0] + TAPS[1]) / 2, (TAPS[2] + TAPS[3]) / 2]
    centre = sum(middles) / 2
    for middle, pair in zip(middles, (TAPS[:2], TAPS[2:]), strict=True):
        parts += [line((pair[0], 92), (pair[0], 104), (middle - 11, 104)), line((pair[1], 92), (pair[1], 104), (middle + 11, 104))]
        parts += [adder(middle, 104), line((middle, 114), (middle, 134), (centre + (11 if middle > centre else -11), 134))]
    return svg([*parts, adder(centre, 134), line((centre, 144), (centre, 166)), text(centre + 14, 166, "y")], 174, "direct form")


def transposed() -> str:
    """The sample goes to all products at once; sums wait in registers."""
    parts = [text(14, 29, "x"), line((24, 24), (TAPS[-1], 24), arrow=False)]
    for tap, x in enumerate(TAPS):
        parts += [line((x, 24), (x, 55)), multiplier(x, 64, f"c{'₃₂₁₀'[tap]}")]
        if tap:
            parts += [line((x, 73), (x, 109)), line((x - STEP / 2 + 12, 120), (x - 11, 120)), adder(x, 120)]
        else:
            parts.append(line((x, 73), (x, 120), (x + STEP / 2 - 13, 120)))
        if tap < len(TAPS) - 1:
            parts.append(register(x + STEP / 2, 120))
            if tap:
                parts.append(line((x + 10, 120), (x + STEP / 2 - 13, 120)))
    last = TAPS[-1]
    return svg([*parts, line((last, 130), (last, 158)), text(last + 14, 160, "y")], 174, "transposed form")


def serial() -> str:
    """Memories of samples and coefficients, one product, one accumulator."""
    parts = [
        text(14, 39, "x"),
        line((24, 34), (50, 34)),
        box(51, 16, 84, 36, "samples"),
        box(51, 84, 84, 36, "c₀ … c₆₃"),
        line((135, 34), (178, 34), (178, 53)),
        line((135, 102), (178, 102), (178, 83)),
        '<circle class="part" cx="178" cy="68" r="13"/><path class="sign" d="M173 63l10 10M183 63l-10 10"/>',
        line((191, 68), (216, 68)),
        adder(227, 68),
        line((237, 68), (256, 68)),
        register(269, 68),
        line((281, 68), (296, 68), (296, 34), (227, 34), (227, 57)),
        line((296, 68), (296, 140)),
        text(310, 142, "y"),
    ]
    return svg(parts, 174, "serial form")


DIAGRAMS = {"direct": direct, "transposed": transposed, "serial": serial}
