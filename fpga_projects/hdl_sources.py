"""Design sources as Verilog that Yosys reads: VHDL through GHDL's synthesis, Verilog as it is.

What Quartus accepts and Yosys does not (``synthesis translate_off`` written as a comment pragma, ``always_comb`` that keeps a value) is smoothed here.
"""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

VHDL_SUFFIXES = (".vhd", ".vhdl")
VERILOG_SUFFIXES = (".v", ".sv")
DATA_SUFFIXES = (".h", ".vh", ".svh", ".hex", ".mem", ".mif", ".dat", ".txt")
OLDEST_GHDL = 4
"""GHDL 2 loses the default of every case in its Verilog: latches appear and the last word of a ROM is gone."""
GHDL_TIME_LIMIT_S = 300


@dataclass(frozen=True)
class Sources:
    """Sources as text.

    Attributes
    ----------
    verilog : dict
        File name to text, in the order to read them.
    data : dict
        Files beside the sources that they may include or load.
    vhdl : bool
        Whether the text came out of GHDL, whose invented names (``n12_q``) are not the designer's.
    """

    verilog: dict[str, str]
    data: dict[str, bytes]
    vhdl: bool


def read_sources(files: list[str | Path], top: str) -> Sources:
    """Read a design's files, all VHDL or all Verilog.

    Raises
    ------
    ValueError
        A file has an unknown suffix, the languages are mixed, or GHDL refuses the design.
    OSError
        A file cannot be read, or there is no GHDL new enough.
    """
    if not files:
        raise ValueError("no HDL files given")
    paths = [Path(f) for f in files]
    for path in paths:
        if path.suffix.lower() not in VHDL_SUFFIXES + VERILOG_SUFFIXES + DATA_SUFFIXES:
            raise ValueError(f"{path}: not an HDL file (expected {', '.join(VHDL_SUFFIXES + VERILOG_SUFFIXES)})")
        if not path.is_file():
            raise OSError(f"{path}: no such file")
    vhdl = [path for path in paths if path.suffix.lower() in VHDL_SUFFIXES]
    verilog = [path for path in paths if path.suffix.lower() in VERILOG_SUFFIXES]
    if vhdl and verilog:
        raise ValueError(f"VHDL and Verilog mixed ({vhdl[0].name}, {verilog[0].name}): give one language")
    if vhdl:
        return Sources({"design.v": synthesize_vhdl(vhdl, top)}, {}, vhdl=True)
    texts = {}
    for number, path in enumerate(verilog):
        name = f"source{number}_{re.sub(r'[^A-Za-z0-9_]', '_', path.stem)}{path.suffix.lower()}"
        texts[name] = _smooth(path.read_text(encoding="latin-1"))
    data = {}
    for folder in dict.fromkeys(path.parent for path in paths):
        for beside in sorted(folder.iterdir()):
            if beside.suffix.lower() in DATA_SUFFIXES and beside.is_file() and beside.stat().st_size < 4_000_000:
                data[beside.name] = _smooth(beside.read_text(encoding="latin-1")).encode("latin-1")
    return Sources(texts, data, vhdl=False)


def _smooth(text: str) -> str:
    """Verilog that Quartus takes, as Yosys takes it."""
    text = re.sub(r"(?is)//\s*(synopsys|synthesis|pragma)\s+translate_off.*?//\s*(synopsys|synthesis|pragma)\s+translate_on", "", text)
    text = re.sub(r"(?i)//\s*(synopsys|synthesis|altera)\b", "// ", text)
    text = re.sub(r"(?is)/\*\s*(synopsys|synthesis)\b.*?\*/", "", text)
    return re.sub(r"\balways_(comb|latch)\b", "always @*", text)


def find_ghdl() -> str:
    """GHDL to synthesise with: ``$GHDL``, then PATH, then the checkout's own under ``.tools``."""
    own = Path(__file__).resolve().parent.parent / ".tools" / "bin" / "ghdl"
    found = []
    for candidate in (os.environ.get("GHDL"), shutil.which("ghdl"), str(own) if own.exists() else None):
        if not candidate:
            continue
        try:
            line = subprocess.run([candidate, "--version"], capture_output=True, text=True, timeout=30, check=False).stdout
        except (OSError, subprocess.TimeoutExpired):
            continue
        match = re.search(r"GHDL (\d+)", line)
        if match and int(match[1]) >= OLDEST_GHDL:
            return candidate
        found.append(f"{candidate} is {match[0] if match else 'no GHDL'}")
    reason = "; ".join(found) or "none found"
    raise OSError(f"GHDL {OLDEST_GHDL} or newer is needed to read VHDL ({reason}): set GHDL to one, or run scripts/private_ghdl.sh")


def synthesize_vhdl(files: list[Path], top: str) -> str:
    """Verilog of a VHDL design, files in compile order. VHDL-93 is tried first, as Quartus 13.0 does, then 2008."""
    import tempfile

    ghdl = find_ghdl()
    names = [str(path.resolve()) for path in files]
    failures = []
    for standard in ("93c", "08"):
        flags = [f"--std={standard}", "-fsynopsys", "-fexplicit", "-frelaxed"]
        with tempfile.TemporaryDirectory() as scratch:
            for arguments in (["-a", *flags, *names], ["--synth", *flags, "--latches", "--out=verilog", top]):
                try:
                    done = subprocess.run([ghdl, *arguments], cwd=scratch, capture_output=True, text=True, timeout=GHDL_TIME_LIMIT_S, check=False)
                except subprocess.TimeoutExpired:
                    raise ValueError(f"{top}: GHDL was not done after {GHDL_TIME_LIMIT_S} s") from None
                if done.returncode:
                    failures.append(_first_error(done.stderr, standard))
                    break
            else:
                return done.stdout
    raise ValueError(f"{top}: GHDL refuses it: " + "; ".join(dict.fromkeys(failures)))


def _first_error(stderr: str, standard: str) -> str:
    """The first line of GHDL's messages that is an error, without the folder."""
    lines = [line.strip() for line in stderr.splitlines() if "error" in line.lower()] or stderr.strip().splitlines() or ["no message"]
    return f"{re.sub(r'^/?(?:[^:]*/)', '', lines[0])} (VHDL-{standard})"
