"""What a device cannot do, said in one sentence."""

from fpga_projects.device import Device


def check_clock(clock_mhz: float, device: Device, *ceilings: str) -> None:
    """Raise when a clock is no positive number or above a ceiling of what is used."""
    for name in ceilings:
        if not 0 < clock_mhz <= device.ceiling_mhz[name]:
            raise ValueError(
                f"clock_mhz = {clock_mhz:g}: must be above 0 and at most {device.ceiling_mhz[name]:g}, the ceiling of {device.name}"
                f" ({name.replace('_', ' ')})"
            )


def check_fit(used: dict[str, int], device: Device, entity: str) -> None:
    """Raise when a design needs more than the device has; the message says by how much and what helps."""
    advice = {
        "logic_elements": "use a serial form, shorter words, or embedded multipliers",
        "m4k_blocks": "shorten memories, or share one between channels",
        "multiplier_elements": "use a form that shares its multiplier, or words of at most 9 or 18 bits, or multipliers in logic",
    }
    for name, count in used.items():
        room = device.capacity[name]
        if count > room:
            raise ValueError(
                f"{entity}: does not fit {device.name}: {count} {name.replace('_', ' ')},"
                f" {count - room} more than its {room}; {advice[name]}"
            )
