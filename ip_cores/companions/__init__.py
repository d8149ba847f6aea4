"""Everything that `generate` writes beside the VHDL of a core."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version

from ip_cores.companions.datasheet import datasheet
from ip_cores.companions.fusesoc_file import fusesoc_core
from ip_cores.companions.pin_bench import has_pin_bench, pin_bench
from ip_cores.companions.quartus_files import instantiation_template, platform_designer, qip, sdc
from ip_cores.companions.register_headers import register_headers
from ip_cores.companions.self_check import do_file, has_test_bench, test_bench
from ip_cores.core import Core

BENCH_FOLDER = "simulation"


def companion_files(core: Core, files: Sequence[str], estimate: Sequence[tuple[str, str]] = ()) -> dict[str, str]:
    """Texts for Quartus, Platform Designer, simulators and the reader.

    Parameters
    ----------
    core : Core
    files : sequence of str
        VHDL files in compile order.
    estimate : sequence of (str, str)
        Rows of the datasheet's table of cost, from whoever can estimate it.

    Returns
    -------
    dict of str to str
        Text by file name, relative to the folder of the VHDL.
    """
    name = core.name
    texts = {
        f"{name}.qip": qip(files),
        f"{name}.sdc": sdc(core),
        f"{name}_inst.vhd": instantiation_template(core),
    }
    if core is core.on_avalon:
        texts[f"{name}_hw.tcl"] = platform_designer(core, files, version("ossicle"))
    bench = test_bench if has_test_bench(core) else pin_bench if has_pin_bench(core) else None
    if bench is not None:
        texts[f"{BENCH_FOLDER}/{name}_tb.vhd"] = bench(core)
        texts[f"{BENCH_FOLDER}/{name}_tb.do"] = do_file(core, files)
    tested = f"{BENCH_FOLDER}/{name}_tb.vhd" if bench is not None else None
    texts[f"{name}.core"] = fusesoc_core(name, core.summary, files, tested, version("ossicle"))
    return texts | register_headers(core, version("ossicle")) | datasheet(core, files, estimate)
