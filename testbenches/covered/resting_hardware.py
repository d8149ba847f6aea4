"""Bits of nets that no leg of the proof changes, with the reason of each, and the table of what was reached."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from testbenches.covered.hardware_reached import Reached, spans

STALLS_NEVER = "the queue behind it has room for all that a segment brings about, so that it never has to wait"
AMOUNT = (
    "the sign of an amount, which is never negative; in a denoiser the amount of the most negative word too, which its bank does not give"
)
MEDIAN = "the median stops at half of its range, so that its steps never carry"
HIGHEST = "the highest factor on a median at its stop: no signal that was played brings both together, and bit 26 nothing could"

HIGHEST_MEDIAN = "the median comes to the end of its range only where the most negative word lasts longer than in any leg"
HIGHEST_POWER = "the mean power of a band comes to its highest bits only where words of the largest magnitude last longer than in any leg"
BANK_IS_LOWER = "; what a bank gives is smaller"
PACED = "gains that are asked for and the greatest step between two words are multiples of 4, and so is what lies between them"
EXPONENT = "the factor tells whether it multiplies or divides: its exponent is 0 to 7 doublings, its mantissa from 1 to 2"
FULL_GAIN = "a gain of more than 1, which no rule gives: the smoothed gain stays just below 1, and the table's slope is downwards"
IN_STEP = "the queue of the path that is early begins with words in it, and has room for all that the other paths hold back"

EVEN = {
    r"(u_products\.)?(total|product|running)|u_output_word\.total": "of each product a factor is even: a sample with a guard bit, or a sine"
}

TRACKED = {
    r"(.*\.)?magnitude": AMOUNT,
    r"(.*\.)?u_noise_tracker\.step": MEDIAN,
    r"(.*\.)?(u_threshold\.)?(next_state|state|u_state_memory\..*|u_noise_tracker\..*|u_noise_limit\.(state|operand))": HIGHEST_MEDIAN,
    r"(.*\.)?(bound|u_noise_limit\.held)": HIGHEST,
}

GAINS = {
    r"(.*\.)?u_gain_factor\.(exponent|u_exp2_word\..*)": EXPONENT,
    r"(.*\.)?(next_state|state|old|reached|old_trim|new_trim|u_state_memory\..*)": PACED,
    r"(.*\.)?(u_even_pace\..*|u_gain_factor\.total|u_curve_lines\..*)": PACED,
}

POWERS = r"(.*\.)?(old_power|new_power|u_band_power\..*|u_log2_word\.word)"

COMPRESSED = {POWERS: HIGHEST_POWER, **GAINS}

REDUCED = {
    POWERS: HIGHEST_POWER,
    r"(.*\.)?u_noise_floor\.raised": "the sum with the rise has a bit for a carry, and the floor stays below its highest word",
    r"(.*\.)?u_noise_floor\.(distance|step)": "the floor rises too slowly to lie 32 doublings above a level within a leg",
    r"(.*\.)?(old_gain|new_gain|u_gain_table\..*|u_gain_smoother\..*)": FULL_GAIN,
    r"(.*\.)?(next_state|state|u_state_memory\..*)": f"{FULL_GAIN}; {HIGHEST_POWER}",
}

BEHIND_BANK = {pattern: why + BANK_IS_LOWER if pattern == POWERS else why for pattern, why in REDUCED.items()}

ONE_KIND = {r"u_synthesis\.u_filter_processor\.(u_processor_control\.)?(out_)?tag": "the program gives words of one kind only"}

REASONS: dict[str, dict[str, str]] = {
    "band_compressor": COMPRESSED,
    "band_gains": GAINS,
    "band_noise_reducer": REDUCED,
    "conv_network": {r"(u_\w+\.)?window": "a window begins with a hop, a power of two of samples"},
    "denoiser": TRACKED,
    "dwt_ola": {
        r"u_segment_program\.(kept|number)": "numbers of words within a segment, one bit wider so that they compare with its length"
    },
    "equalizer": {**ONE_KIND, **GAINS},
    "frequency_lowering": EVEN,
    "frequency_shifter": EVEN,
    "merge": {
        r"u_scheduler\.(arrives|inquires|marks)": "of levels 5 and 6, which three bits of a channel might name and this bank has not"
    },
    "merge_by_lifting": {r"u_scheduler\.written": "a slot less one, of slots up to two"},
    "merge_eight": {r"u_scheduler\.due": "the lowest bit of a number's difference from the next one, by exclusive or: always high"},
    "hearing_aid": {
        r"u_compressor\.u_gain_registers\.read_0": "no register was read while a trim of 8 doublings or more stood in it",
        **{pattern: why + BANK_IS_LOWER if pattern == POWERS else why for pattern, why in COMPRESSED.items()},
        **{pattern: why for pattern, why in BEHIND_BANK.items() if pattern not in COMPRESSED},
    },
    "haar_synthesis": {r"u_filter_processor\.(u_processor_control\.)?(out_)?tag": "the program gives words of one kind only"},
    "noise_reduction": {**ONE_KIND, **BEHIND_BANK},
    "noise_reduction_fast": {**ONE_KIND, **BEHIND_BANK},
    "parallel_paths": {
        r"input_to_high.*|u_delay_queue\..*|u_split_0\..*|u_high\..*": IN_STEP,
        r"u_split_1\..*": "the sum that is late always waits for this branch, and the other is never behind it",
    },
    "pitch": {
        r"u_ring_addresses\.origin": "a frame begins each 40 decimated samples, a multiple of 8",
        r"u_serial_divider\.magnitude": "the sum of a frame's products would need the most negative word in all of them",
    },
    "pdm_receiver": {r"u_pdm_sums\.u_combs\.before_\d": "what lies 32 bits of +1 and -1 apart differs by an even number"},
    "pitch_shifter": {
        r"jump|u_(splice_state|read_addresses|best_jump)\.jump": "a jump of this small core is 2 or 3 samples",
        r"u_pitch_control\.turn|u_splice_state\.step": "there are two jumps to try, and a fade has two steps",
        r"(.*\.)?(weight|grown|total)": "a fade over two samples has one weight, a half",
    },
    "segment_denoiser": {r"u_denoiser\.u_filter_processor\..*": STALLS_NEVER, **TRACKED},
    "sequencer": {r"u_lowpass\..*": STALLS_NEVER},
    "slower": {r"u_scaler_control\.ahead": "what follows lies no further off than the ring's half, and in no leg there"},
    "speech_class": {r"(.*\.)?(above|tilt)": "32 doublings between two levels; a frame of the largest samples lies 25 above a silent one"},
    "floor_threshold": TRACKED,
    "sequencer_in_real_time": {
        r"given_ready|u_segment_counters\.fed_ready|u_calculation\..*": STALLS_NEVER,
        r"(u_real_time_gates\.)?(underruns|status|status_value)": "128 samples or more that came too late: no run is so long",
    },
    "to_48k": {r"u_time_steps\.allowed": "steps within the deviation have these bits in common"},
}
"""By core: a pattern of the net's path, and why bits of it rest that are not constant by construction."""


def row(name: str, reached: Reached) -> dict[str, Any]:
    """What the page needs of one core."""
    nets, signals = (
        {"bits": all_of, "changed": changed, "constant": constant} for all_of, changed, constant in map(reached.tally, (False, True))
    )
    machines = [
        {
            "register": path,
            "states": list(machine.states),
            "moves": len(machine.moves),
            "cycles": {state: int(counts[number].sum()) for number, state in enumerate(machine.states)},
            "made": {f"{machine.states[one]} to {machine.states[other]}": int(counts[one, other]) for one, other in machine.moves},
        }
        for path, (machine, counts) in reached.moves.items()
    ]
    return {
        "core": name,
        "legs": reached.legs,
        "cycles": reached.cycles,
        "nets": nets,
        "signals": signals,
        "resting": {path: spans(bits) for path, bits in reached.resting().items()},
        "machines": machines,
        "missing": [list(pair) for pair in reached.missing()],
        "strange": [list(pair) for pair in reached.strange()],
    }


def reason(core: str, path: str) -> str | None:
    """Why bits of a net rest."""
    return next((text for pattern, text in REASONS.get(core, {}).items() if re.fullmatch(pattern, path)), None)


def complaints(found: Mapping[str, Any]) -> list[str]:
    """What is reached by nothing and has no reason, and reasons for what is reached."""
    core = found["core"]
    lines = [f"{core}: {path}: {what} is never reached" for path, what in found["missing"]]
    lines += [f"{core}: {path}: goes from {what}, which the VHDL does not say" for path, what in found["strange"]]
    lines += [f"{core}: {path}: bits {bits} never change" for path, bits in found["resting"].items() if reason(core, path) is None]
    for pattern in REASONS.get(core, {}):
        if not any(re.fullmatch(pattern, path) for path in found["resting"]):
            lines.append(f"{core}: {pattern}: all bits change: the reason for resting is out of date")
    return lines


def line(found: Mapping[str, Any]) -> str:
    """A row as text."""
    resting = found["signals"]["bits"] - found["signals"]["changed"] - found["signals"]["constant"]
    reached = f"{share(found['nets'])} of nets  {share(found['signals'])} of signals"
    return f"{found['core']:24} {found['cycles']:10} cycles  {reached}  {resting} bits rest"


def share(tally: Mapping[str, int]) -> str:
    """Bits that changed, of those that are not constant."""
    return f"{100 * tally['changed'] / max(1, tally['bits'] - tally['constant']):.1f} %"


def section(found: Mapping[str, Any]) -> str:
    """A row for each core, one for each state machine, and what rests with its reason."""
    lines = ["| core | legs | cycles | bits of nets | constant | changed | of the VHDL's signals |", "|---|---|---:|---:|---:|---:|---:|"]
    for one in found["rows"]:
        nets = one["nets"]
        cells = [
            f"`{one['core']}`",
            ", ".join(one["legs"]),
            one["cycles"],
            nets["bits"],
            nets["constant"],
            share(nets),
            share(one["signals"]),
        ]
        lines.append(f"| {' | '.join(map(str, cells))} |")
    lines += ["", "| state register | clocks in each state | moves, and how often |", "|---|---|---|"]
    for one in found["rows"]:
        for machine in one["machines"]:
            states, moves = (", ".join(f"{name} {count}" for name, count in machine[key].items()) for key in ("cycles", "made"))
            lines.append(f"| `{one['core']}`: `{machine['register']}` | {states} | {moves} |")
    lines += ["", "| bits that never changed | why |", "|---|---|"]
    for one in found["rows"]:
        by_reason: dict[str, list[str]] = {}
        for path, bits in one["resting"].items():
            by_reason.setdefault(reason(one["core"], path) or "**not known**", []).append(f"`{path}` {bits}")
        lines += [f"| `{one['core']}`: {', '.join(nets)} | {text} |" for text, nets in by_reason.items()]
    return "\n".join(lines) + "\n"
