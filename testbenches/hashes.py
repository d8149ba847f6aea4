"""The VHDL of every example against kept hashes: what a change of structure must not touch, and what a change of text must own up to.

    python -m testbenches.hashes            names each example whose VHDL differs from `hashes.json`; exit status 1 if any does
    python -m testbenches.hashes --write    keeps what is there now
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Mapping
from pathlib import Path

from ip_cores.description import descriptions_in, load_core
from ip_cores.generate import vhdl

KEPT = Path(__file__).with_name("hashes.json")
EXAMPLES = Path(__file__).resolve().parent.parent / "examples"


def digest(texts: Mapping[str, str]) -> str:
    """One hash for the VHDL of a core: of its entities' names and texts, in compile order."""
    whole = "".join(f"{entity}\n{text}\n" for entity, text in texts.items())
    return hashlib.sha256(whole.encode()).hexdigest()


def current() -> dict[str, str]:
    """Hash of the VHDL of every example, by its file's name."""
    return {path.stem: digest(vhdl(load_core(path))) for path in descriptions_in(EXAMPLES)}


def differences(kept: Mapping[str, str], found: Mapping[str, str]) -> list[str]:
    """A line for each example that is new, gone, or whose VHDL is another than the one kept."""
    lines = [f"{name}: not kept yet" for name in found.keys() - kept.keys()]
    lines += [f"{name}: kept, but no example" for name in kept.keys() - found.keys()]
    lines += [f"{name}: its VHDL has changed" for name in found.keys() & kept.keys() if found[name] != kept[name]]
    return sorted(lines)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m testbenches.hashes", description=__doc__.partition("\n")[0])
    parser.add_argument("--write", action="store_true", help=f"keep the hashes of now in {KEPT.name}")
    arguments = parser.parse_args()
    found = current()
    if arguments.write:
        KEPT.write_text(json.dumps(found, indent=2) + "\n")
        print(f"{len(found)} examples kept")
        return 0
    lines = differences(json.loads(KEPT.read_text()), found)
    print("\n".join(lines) or f"{len(found)} examples: VHDL as kept")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
