"""Files that users hand over, spoilt at random: descriptions, coefficients, sound, HDL; the commands that read them answer in one line.

Every file goes through the command line as a user calls it, in a process that is forked for it from one that has everything loaded: a
signal, a hang or memory without end are seen, and cost nothing but that process.
"""

from __future__ import annotations

import copy
import io
import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from hypothesis import strategies as st
from scipy.io import savemat

from ip_cores.core import make_core
from ip_cores.description import descriptions_in
from ip_cores.description_text import to_toml
from ip_cores.generate import vhdl
from testbenches.fuzz.strategies import DESCRIPTIONS, descriptions

HOUSE_ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = HOUSE_ROOT / "examples"

LIMIT_S, PATIENCE_S, LIMIT_BYTES = 60, 1800, 8 << 30
"""Processor time of a command, the time in which even a busy machine is done with it, and its memory."""

SERVER = f"""
import json, os, resource, signal, sys
sys.path.insert(0, {str(HOUSE_ROOT)!r})  # what is imported late is of this tree too, wherever a command works
import scipy.io, scipy.signal, soundfile
from ossicle.command_line import main
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
for arguments in {[["show", "fir"], ["list"]]}:
    main(arguments)
for line in sys.stdin:
    asked = json.loads(line)
    child = os.fork()
    if not child:
        resource.setrlimit(resource.RLIMIT_CPU, ({LIMIT_S}, {LIMIT_S} + 1))
        if asked["bytes"]:
            resource.setrlimit(resource.RLIMIT_AS, (asked["bytes"], asked["bytes"]))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        signal.alarm({PATIENCE_S})
        os.chdir(asked["folder"])
        for number, name in ((1, "said"), (2, "complained")):
            os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
        status = main(asked["arguments"])
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    _, ended = os.waitpid(child, 0)
    print(os.waitstatus_to_exitcode(ended), file=answers, flush=True)
"""
"""A process that forks one for each command and answers with its exit status, negative for a signal."""


MOST_LINES = 4
"""What has to be said of a description, a note a line, and why it is refused."""


@cache
def server() -> subprocess.Popen[str]:
    """The process that forks; one for each process that asks, ended with it since its input ends then."""
    pipe = subprocess.PIPE
    return subprocess.Popen([sys.executable, "-c", SERVER], stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True)


@dataclass(frozen=True)
class Reply:
    """What a command said.

    Attributes
    ----------
    status : int
        Exit status; negative for a signal.
    complained : str
        Standard error.
    """

    status: int
    complained: str

    @property
    def wrong(self) -> str:
        """What no user should see: another status than 0 and 2, words of Python, with 2 anything but a line, and notes before it.

        Empty if there is nothing.
        """
        lines = self.complained.strip().splitlines()
        if self.status not in (0, 2):
            how = f"signal {-self.status}" if self.status < 0 else f"exit status {self.status}"
            return f"{how}: {' | '.join(lines[-2:])}"
        if "Traceback" in self.complained or "Warning:" in self.complained:
            return f"words of Python: {' | '.join(lines[-3:])}"
        if self.status == 2 and (not lines or len(lines) > MOST_LINES or not all(line.startswith("ossicle: ") for line in lines)):
            return f"exit status 2 with {len(lines)} lines: {' | '.join(lines[:3])}"
        return ""


def ask(files: Mapping[str, bytes], arguments: Sequence[str], memory: int = LIMIT_BYTES) -> Reply:
    """Call a command in a folder of its own that holds some files; with `memory` bytes of address space, 0 for any."""
    with tempfile.TemporaryDirectory(prefix="ossicle-") as folder:
        for name, content in files.items():
            (Path(folder) / name).write_bytes(content)
        process = server()
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps({"folder": folder, "arguments": list(arguments), "bytes": memory}) + "\n")
        process.stdin.flush()
        status = process.stdout.readline()
        if not status:
            raise RuntimeError("the process that forks commands has ended")
        return Reply(int(status), (Path(folder) / "complained").read_text(errors="replace"))


TOKENS = (
    b"0", b"-1", b"1e999", b"nan", b"-inf", b"1e-320", b"9" * 40, b"0x7fffffffffffffff", b"true", b"''", b'"', b"[", b"]]", b"{}", b"=",
    b"\n", b"\r", b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b"\xe2\x88\x9e", b",", b";;", b"#", b"--", b"/*", b"sfix99_En0", b"2147483648",
    b"../../x", b"%s",
)  # fmt: skip
"""What readers stumble over."""

spoilings = st.lists(
    st.tuples(
        st.sampled_from(("insert", "replace a number", "delete", "double", "flip", "cut off", "swap")),
        st.integers(0, 9999), st.integers(1, 60), st.sampled_from(TOKENS),
    ),
    min_size=1, max_size=5,
)  # fmt: skip
"""What is done to a file: how, where in parts of ten thousand, how many bytes, and with what."""


def spoilt(content: bytes, done: Sequence[tuple[str, int, int, bytes]]) -> bytes:
    """A file after some accidents.

    Examples
    --------
    >>> spoilt(b"taps = 5", [("replace a number", 9999, 1, b"nan"), ("cut off", 5000, 1, b"")])
    b'taps '
    """
    for how, part, count, token in done:
        at = part * len(content) // 10_000
        if how == "insert":
            content = content[:at] + token + content[at:]
        elif how == "replace a number":
            content = with_number(content, at, token)
        elif how == "delete":
            content = content[:at] + content[at + count :]
        elif how == "double":
            content = content[: at + count] + content[at:]
        elif how == "flip":
            content = content[:at] + bytes(byte ^ 1 << count % 8 for byte in content[at : at + 1]) + content[at + 1 :]
        elif how == "cut off":
            content = content[:at]
        else:
            content = content[at : at + count] + content[:at] + content[at + count :]
    return content


def with_number(content: bytes, at: int, token: bytes) -> bytes:
    """Another number in the place of the last one that begins before a place."""
    digits = b"0123456789.-"
    end = min(at + 1, len(content))
    while end and content[end - 1 : end] not in (bytes([one]) for one in digits):
        end -= 1
    start = end
    while start and content[start - 1] in digits:
        start -= 1
    while end < len(content) and content[end] in digits:
        end += 1
    return content[:start] + token + content[end:]


def saved(save: Any, *arguments: Any, **others: Any) -> bytes:
    """What a function writes into a file."""
    buffer = io.BytesIO()
    save(buffer, *arguments, **others)
    return buffer.getvalue()


TAPS = np.array([0.125, -0.25, 0.5, -0.25, 0.125])
TONE = 0.5 * np.sin(np.arange(200))
COUNTER = b"""library ieee;
use ieee.std_logic_1164.all;
use ieee.numeric_std.all;
entity top is
  generic (bits : integer := 8);
  port (clk, reset : in std_logic; count : out std_logic_vector(bits - 1 downto 0));
end top;
architecture rtl of top is
  signal value : unsigned(bits - 1 downto 0);
begin
  process (clk) begin
    if rising_edge(clk) then
      if reset = '1' then value <= (others => '0'); else value <= value + 3; end if;
    end if;
  end process;
  count <= std_logic_vector(value);
end rtl;
"""
VERILOG = b"""module top #(parameter W = 6) (input clk, input signed [W-1:0] a, b, output reg signed [2*W-1:0] y);
  reg [3:0] state;
  always @(posedge clk) begin
    case (state) 4'd0: y <= a * b; 4'd1: y <= y + a; default: y <= 0; endcase
    state <= state + 1'b1;
  end
endmodule
"""


@cache
def corpus() -> dict[str, dict[str, bytes]]:
    """Good files of each kind, by name."""
    listed = ", ".join(map(str, TAPS))
    coefficients = {
        "taps.csv": "\n".join(map(str, TAPS)).encode(),
        "taps.txt": b"tap\n" + listed.replace(", ", ";").replace(".", ",").encode(),
        "taps.coe": b"Radix = 16;\nCoefficient_Width = 8;\nCoefData = 10,f0,\n40, F0, 10;\n",
        "taps.fcf": b"% Coefficient Format: Decimal\n% Discrete-Time FIR Filter (real)\nNumerator:\n" + listed.replace(", ", "\n").encode(),
        "taps.h": f"const int BL = 5;\nconst real64_T B[5] = {{ {listed} }};\n".encode(),
        "taps.npy": saved(np.save, TAPS),
        "taps.mat": saved(savemat, {"b": TAPS}),
    }
    kinds = (
        ("wav", "WAV", "PCM_16"),
        ("24.wav", "WAV", "PCM_24"),
        ("float.wav", "WAV", "FLOAT"),
        ("flac", "FLAC", "PCM_16"),
        ("aiff", "AIFF", "PCM_16"),
    )
    sound = {f"in.{name}": saved(soundfile.write, TONE, 16000, format=way, subtype=subtype) for name, way, subtype in kinds}
    queue = vhdl(make_core({"core": "fifo", "name": "top", "depth": 4, "sink": "sfix4_En3"}))
    return {
        "toml": {path.name: path.read_bytes() for path in descriptions_in(EXAMPLES)},
        "coefficients": coefficients,
        "sound": sound,
        "hdl": {"counter.vhd": COUNTER, "state.v": VERILOG, "queue.vhd": "\n".join(queue.values()).encode()},
    }


READERS = ("toml", "coefficients", "sound", "hdl")

FILTER = b'core = "fir"\nname = "filter"\ncoefficients = [0.5, 0.25]\n'


def answer_to(reader: str, name: str, content: bytes) -> Reply:
    """What the command says that reads a file."""
    if reader == "toml":
        shown = ask({name: content}, ["show", name])
        return shown if shown.wrong or shown.status else ask({name: content}, ["estimate", name, "--effort", "quick"])
    if reader == "coefficients":
        gain = 1 / 128 if name.endswith(".coe") else 1.0
        description = f'core = "fir"\nname = "filter"\ngain = {gain}\ncoefficients = "{name}"\n'
        return ask({name: content, "D.toml": description.encode()}, ["show", "D.toml"])
    if reader == "sound":
        return ask({name: content, "D.toml": FILTER}, ["process", "D.toml", name, "out.wav"])
    # The WebAssembly of which Yosys may consist takes more address space than any machine has memory.
    return ask({name: content}, ["estimate", "--hdl", name, "--top", "top"], memory=0)


ODD_VALUES: tuple[Any, ...] = (
    -1, 0, 3, 2**31, 2**70, 1e300, -0.5, float("nan"), float("inf"), True, "", "x", "auto", "sfix1_En0", "ufix64_En64", "sfix16_En9999", [],
    [[1]], [0.5] * 2000, ["a"], {}, {"method": "firwin"}, {"core": "fir"}, "\u00e9\n\t", "none", "../taps.csv", "/dev/null",
)  # fmt: skip
"""Values that somebody may put in the place of another."""


@st.composite
def odd_descriptions(draw: Any) -> bytes:
    """A good description with an odd value somewhere, in a stage or a calculation too; keys may get lost or another name."""
    kind = draw(st.sampled_from(list(DESCRIPTIONS)))
    description = draw(descriptions(kind))
    for _ in range(draw(st.integers(1, 2))):
        table = description
        while draw(st.booleans()):
            rows = (value if isinstance(value, list) else [value] for value in table.values())
            tables = [one for row in rows for one in row if isinstance(one, dict)]
            if not tables:
                break
            table = draw(st.sampled_from(tables))
        key = draw(st.sampled_from([*table, *KEYS]))
        if draw(st.integers(0, 5)):
            table[key] = copy.deepcopy(draw(st.sampled_from(ODD_VALUES)))
        else:
            table.pop(key, None)
    return to_toml(description).encode()


KEYS = (
    "sample_rate", "minimum_snr", "levels", "wavelet", "filters", "exact", "window", "rounding", "name", "core", "stages", "calculation",
)  # fmt: skip
"""Keys that some cores have and others refuse."""


@st.composite
def spoilt_files(draw: Any, reader: str) -> tuple[str, bytes]:
    """A file of a kind after some accidents, or in one of ten draws random bytes; of descriptions half have odd values instead."""
    if reader == "toml" and draw(st.booleans()):
        return "odd.toml", draw(odd_descriptions())
    name = draw(st.sampled_from(sorted(corpus()[reader])))
    if draw(st.integers(0, 9)) == 9:
        return name, draw(st.binary(max_size=200))
    return name, spoilt(corpus()[reader][name], draw(spoilings))
