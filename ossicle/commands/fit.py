"""Fit a hearing aid to an audiogram.

The audiogram is a TOML file with an [audiogram] table, in which every option below may stand too, or a CSV file of frequencies and
thresholds. What is written is the description of an aid, for all other commands.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ossicle.commands import DONE

if TYPE_CHECKING:
    from ossicle.fitting.aid_description import FittedAid, Fitting
    from ossicle.fitting.audiogram_files import Listener

EXAMPLES = (
    "ossicle fit examples/audiogram_n4.toml --output build/aid.toml",
    "ossicle fit audiogram.csv --rule half-gain --compression 1 --output build/aid.toml",
)

NUMBERS = {
    "levels": (int, "J", "depth of the bank, 1 to 8 (default: 4)"),
    "sample_rate": (float, "HZ", "default: 16000"),
    "output_limit": (float, "DB", "dB SPL that no band exceeds by much (default: 105)"),
}


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("audiogram", metavar="A.toml|A.csv", help="thresholds in dB HL by frequency in Hz: left, right or both")
    both = "for two ears that differ two files, D_left.toml and D_right.toml"
    parser.add_argument("--output", metavar="D.toml", help=f"file to write; {both} (default: aid.toml beside the audiogram)")
    parser.add_argument("--rule", metavar="RULE", help="nal-r, nal-rp, half-gain, or a CSV file of gains (default: nal-r)")
    parser.add_argument("--compression", type=float, metavar="RATIO", help="of all bands, 1 for none (default: 2)")
    parser.add_argument("--wavelet", metavar="NAME", help="of the bank; haar has a third of the delay (default: db2)")
    for name, (kind, metavar, text) in NUMBERS.items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=kind, metavar=metavar, help=text)
    parser.add_argument("--amplify-dead-regions", action="store_true", help="give gain where a dead region makes no use of it, too")
    parser.add_argument("--lower", action="store_true", help="let what lies beyond a dead region's use be heard below it, too")
    parser.add_argument("--feedback", action="store_true", help="a feedback canceller around the aid, with a shift of 15 Hz")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: Namespace) -> int:
    from ip_cores.core import make_core
    from ip_cores.description import DescriptionError
    from ip_cores.folders import keep_and_write
    from ip_cores.parameters import ParameterError, entity_of
    from ossicle.fitting.aid_description import OPTIONS, Fitting, aid_text, fit_aid
    from ossicle.fitting.audiogram_files import read_listener
    from ossicle.terminal import print_json

    listener = read_listener(arguments.audiogram, OPTIONS)
    texts, aids = {}, {}
    try:
        fitting = Fitting(**listener.options | asked(arguments))
        for ear, path in places(arguments, listener).items():
            aid = fit_aid(listener.ears[ear], fitting, entity_of(path, "aid"))
            make_core(aid.description)
            aids[ear], texts[path] = aid, aid_text(aid, ear, fitting)
    except ParameterError as error:
        raise DescriptionError(f"{error} ({arguments.audiogram})") from None
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        keep_and_write(path, text)
    if arguments.json:
        print_json({ear: facts(aid, path, fitting) for (ear, aid), path in zip(aids.items(), texts, strict=True)})
        return DONE
    print("\n\n".join(report(aid, ear, path, fitting) for (ear, aid), path in zip(aids.items(), texts, strict=True)))
    return DONE


def asked(arguments: Namespace) -> dict[str, Any]:
    """What the command line says, by names of `Fitting`."""
    names = ("rule", "compression", "wavelet", *NUMBERS)
    found = {name: getattr(arguments, name) for name in names if getattr(arguments, name) is not None}
    if arguments.amplify_dead_regions and arguments.lower:
        raise ValueError("--amplify-dead-regions and --lower are two ways: give one of them")
    found |= {"dead_regions": "amplify"} if arguments.amplify_dead_regions else {}
    found |= {"dead_regions": "lower"} if arguments.lower else {}
    return found | ({"feedback": True} if arguments.feedback else {})


def places(arguments: Namespace, listener: Listener) -> dict[str, Path]:
    """The file of each ear.

    Raises
    ------
    ValueError
        If it would be the audiogram itself, or no TOML file.
    """
    output = Path(arguments.output) if arguments.output else listener.path.with_name("aid.toml")
    if output.suffix != ".toml":
        raise ValueError(f"output = {output}: must end in .toml")
    ears = list(listener.ears)
    found = {ear: output.with_name(f"{output.stem}_{ear}.toml") for ear in ears} if len(ears) > 1 else {ears[0]: output}
    for path in found.values():
        if path.exists() and path.samefile(listener.path):
            raise ValueError(f"output = {path}: is the audiogram; give another name")
    return found


def facts(aid: FittedAid, path: Path, fitting: Fitting) -> dict[str, Any]:
    """What the report says, in types that JSON has."""
    dead = [[region.low, None if region.high == float("inf") else region.high] for region in aid.dead]
    return {
        "file": str(path),
        "frequencies": list(aid.frequencies),
        "insertion_gain": [round(gain, 3) for gain in aid.wanted],
        "errors": [round(error, 3) for error in aid.fit.errors],
        "residual": round(aid.fit.residual, 3),
        "band_gains": list(aid.fit.gains),
        "dead_regions": dead,
        "spared_bands": aid.spared,
        "lowered": aid.lowered if fitting.dead_regions == "lower" else 0.0,
        "highest_output": round(fitting.loudest_sine, 2),
        "full_scale_spl": fitting.full_scale_spl,
        "output_full_scale_spl": fitting.output_full_scale_spl,
        "description": aid.description,
    }


def report(aid: FittedAid, ear: str, path: Path, fitting: Fitting) -> str:
    """What was asked for, what is given, and what a user has to know before it goes near an ear."""
    from ossicle.fitting.aid_description import SINE_TO_SQUARE
    from ossicle.terminal import hertz_text, text_table

    rows = [["Hz", *(f"{f:g}" for f in aid.frequencies)]]
    rows.append(["insertion gain, dB", *(f"{gain:.1f}" for gain in aid.wanted)])
    rows.append(["error, dB", *(f"{error:+.2f}" for error in aid.fit.errors)])
    bands = [["band", *fitting.bands], ["gain, dB", *(f"{gain:.2f}" for gain in aid.fit.gains)]]
    lines = [
        f"{path}: {ear if ear != 'both' else 'both ears'}, {fitting.rule if isinstance(fitting.rule, str) else 'gains as given'}",
        "",
        text_table(rows, right=range(1, len(rows[0]))),
        "",
        text_table(bands, right=range(1, len(bands[0]))),
        "",
        f"largest error {aid.fit.residual:.2f} dB",
        *(dead_text(region.low, region.high) for region in aid.dead),
    ]
    if aid.spared:
        lines.append(f"no gain in {', '.join(aid.spared)}, beyond {hertz_text(min(region.highest_useful for region in aid.dead))}")
    if aid.lowered:
        lines.append(lowering_text(aid, fitting))
    if fitting.feedback:
        lines.append("feedback: 64 weights learn what comes back; the canceller's delay is what converters and air take at least")
    if aid.beyond:
        lines.append(f"not asked for: {', '.join(f'{f:g}' for f in aid.beyond)} Hz")
    loudest = fitting.loudest_sine
    lines += [
        f"highest output {loudest:.1f} dB SPL for a sine, {loudest + SINE_TO_SQUARE:.1f} for any signal",
        f"calibration: a sine of full scale is {fitting.full_scale_spl:g} dB SPL where it comes in, "
        f"{fitting.output_full_scale_spl:g} where it leaves",
    ]
    return "\n".join(lines)


def lowering_text(aid: FittedAid, fitting: Fitting) -> str:
    """Frequency lowering, as it is or as it is proposed."""
    from ossicle.terminal import hertz_text

    what = f"what is above {hertz_text(aid.useful)} {hertz_text(aid.lowered)} lower, beside the sound itself"
    return f"heard: {what}" if fitting.dead_regions == "lower" else f"proposed, by --lower: {what}"


def dead_text(low: float, high: float) -> str:
    """A dead region in words.

    Examples
    --------
    >>> dead_text(3668.0, float("inf"))
    'dead region probable above 3.668 kHz: test it with threshold-equalising noise'
    """
    from ossicle.terminal import hertz_text

    if low == 0 and high == float("inf"):
        place = "at all frequencies"
    elif high == float("inf"):
        place = f"above {hertz_text(low)}"
    else:
        place = f"below {hertz_text(high)}" if low == 0 else f"from {hertz_text(low)} to {hertz_text(high)}"
    return f"dead region probable {place}: test it with threshold-equalising noise"
