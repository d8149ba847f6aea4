"""Say where the generator's core file stands: ``python -m ossicle.fusesoc``."""

from __future__ import annotations

from pathlib import Path

if __name__ == "__main__":
    print(Path(__file__).resolve().parent)
