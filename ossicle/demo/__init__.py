"""The demonstration: sections that each show one thing the library does, and one report of them all.

A section is a module with `make`; it is listed in `SECTIONS`.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from ip_cores.folders import whole_folder
from ossicle.demo import band_filter, denoising, listener, network
from ossicle.demo.report import write_report
from ossicle.demo.section import Section
from ossicle.terminal import Progress

SECTIONS = (band_filter, denoising, network, listener)

MARK = "demo.json"


def run_demo(folder: str | Path, progress: Progress) -> tuple[list[Section], dict[str, Any]]:
    """Make every section, and write VHDL, audio, plots, ``demo.json`` and ``report.html``.

    Parameters
    ----------
    folder : path
        Appears when all is done.
    progress : Progress

    Returns
    -------
    sections : list of Section
    facts : dict
        What ``demo.json`` says.
    """
    start = time.perf_counter()
    with whole_folder(folder, MARK) as scratch:
        sections = [module.make(scratch, progress) for module in SECTIONS]
        seconds = round(time.perf_counter() - start, 1)
        facts = {
            "passed": all(section.passed for section in sections),
            "seconds": seconds,
            "sections": {section.name: section.facts for section in sections},
        }
        (scratch / MARK).write_text(json.dumps(facts, indent=2) + "\n")
        write_report(scratch, sections, seconds)
    return sections, facts
